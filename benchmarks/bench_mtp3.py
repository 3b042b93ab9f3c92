"""Cost of MTP level 3: a message of a user sent, one received, and one passed on by a signalling transfer point.

In memory, without level 2: LinkIndication in, LinkRequest or TransferIndication out and drained. The second row of a kind has 4,000 other
destinations, which must cost nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import common

from xunhu._ss7 import mtp3
from xunhu._ss7.mtp3_messages import SNM, Label, Message, decode_message, encode_label, encode_message
from xunhu._ss7.mtp_primitives import LinkIndicationKind, LinkRequest, TransferIndication

MESSAGE = int(LinkIndicationKind.MESSAGE)
OWN, NEAR, FAR = 1, 2, 3
ISUP = 5
BATCH = 16  # messages between two drains
PAYLOAD = bytes(30)


def station(bits: int, transfer: bool, others: int) -> mtp3.Mtp3:
    """Two linksets of two links, to NEAR and FAR, in service."""
    node = mtp3.Mtp3(OWN, 2, bits, transfer=transfer)
    for linkset, point in enumerate((NEAR, FAR)):
        node.add_linkset(linkset, f"L{linkset}", point)
        for slc in (0, 1):
            node.add_link(2 * linkset + slc, linkset, slc)
    for other in range(others):
        node.add_route(100 + other, other % 2, 0)
    node.attach_user(ISUP)
    node.start(0)
    for linkset in (0, 1):
        node.activate_linkset(linkset, 0)
    for link in range(4):
        node.link_indication(link, LinkIndicationKind.IN_SERVICE, b"", 0, 0)
    for output in node.drain():
        if isinstance(output, LinkRequest) and output.octets and output.octets[0] & 15 == 1:
            test = decode_message(output.octets, bits)
            label = Label(1, 2, 0, OWN, test.label.dpc, test.slc)
            node.link_indication(output.link, MESSAGE, encode_message(Message("SLTA", label, pattern=test.pattern), bits), 0, 0)
    for link, point in ((0, NEAR), (2, FAR)):
        node.link_indication(link, MESSAGE, encode_message(Message("TRA", Label(SNM, 2, 0, OWN, point, 0)), bits), 0, 0)
    node.drain()
    assert node.accessible(NEAR)
    assert node.accessible(FAR)
    return node


def sending(bits: int, others: int) -> Callable[[int], int]:
    node = station(bits, False, others)

    def work(times: int) -> int:
        count = 0
        for _ in range(times):
            for sls in range(BATCH):
                node.transfer_request(ISUP, OWN, FAR, sls, 0, PAYLOAD, 0)
            count += len(node.drain())
        return count

    return work


def receiving(bits: int, others: int, transfer: bool) -> Callable[[int], int]:
    node = station(bits, transfer, others)
    to = FAR if transfer else OWN
    messages = [encode_label(Label(ISUP, 2, 0, to, NEAR, sls), bits) + PAYLOAD for sls in range(BATCH)]
    expected = LinkRequest if transfer else TransferIndication

    def work(times: int) -> int:
        count = 0
        for _ in range(times):
            for octets in messages:
                node.link_indication(0, MESSAGE, octets, 0, 0)
            out = node.drain()
            assert type(out[0]) is expected
            count += len(out)
        return count

    return work


def best(work: Callable[[int], int], rounds: int) -> float:
    """us of CPU that one message takes, in the best round."""
    times, found = 200, 1e9
    for _ in range(rounds):
        begin = time.process_time_ns()
        count = work(times)
        found = min(found, (time.process_time_ns() - begin) / count / 1000)
        assert count == times * BATCH
    return found


def main() -> None:
    options = common.parser(__doc__).parse_args()
    rounds = 1 if options.quick else 60
    report = common.Report("mtp3", "MTP level 3, in memory", options.quick)
    for bits in (14, 24):
        for others in (0, 4000):
            more = f", {others:,} other destinations" if others else ""
            report.add(f"a message sent, {bits} bits{more}", best(sending(bits, others), rounds), "us", budget=0.5)
            report.add(f"a message received, {bits} bits{more}", best(receiving(bits, others, False), rounds), "us", budget=0.5)
            passed = best(receiving(bits, others, True), rounds)
            report.add(f"a message passed on (STP), {bits} bits{more}", passed, "us", budget=0.5)
    report.add("messages passed on (STP) by one core", 1e6 / best(receiving(14, 0, True), rounds), "MSU/s")
    report.note("compiled" if mtp3.__file__.endswith(".so") else "NOT COMPILED")
    report.print(options)


if __name__ == "__main__":
    main()
