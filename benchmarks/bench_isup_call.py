"""ISUP: a whole call, both ends, codec and state machines: us of CPU a call."""

from __future__ import annotations

from typing import Any

import common

import xunhu._ss7.isup as machine
import xunhu._ss7.isup_codec as codec
from xunhu._ss7.circuit_primitives import Cause, Number, SetupIndication, SetupRequest
from xunhu._ss7.isup import Isup
from xunhu._ss7.mtp_primitives import TransferIndication, TransferRequest

NORMAL = Cause(16)
CIRCUITS = 1940
BUSY = 1920  # other calls that are up


def carry(source: Isup, sink: Isup, now: int) -> list[Any]:
    """Messages over; what the owner is told comes back."""
    told = []
    for out in source.drain():
        if type(out) is TransferRequest:
            sink.receive(TransferIndication(5, out.opc, out.dpc, out.sls, 0, out.octets), now)
        else:
            told.append(out)
    return told


def set_up(a: Isup, b: Isup, request: SetupRequest, circuit: int, now: int) -> int:
    """IAM, ACM, ANM."""
    call = a.setup_request(request, circuit, now)
    carry(a, b, now)
    offered = next(out for out in carry(b, a, now) if type(out) is SetupIndication).call
    b.address_complete_request(offered, True, False, now)
    carry(b, a, now)
    b.answer_request(offered, now)
    carry(b, a, now)
    a.drain()
    return call


def one_call(a: Isup, b: Isup, request: SetupRequest, circuit: int, now: int) -> None:
    """Five messages: IAM to RLC."""
    call = set_up(a, b, request, circuit, now)
    a.release_request(call, NORMAL, now)
    carry(a, b, now)
    b.release_request(carry(b, a, now)[0].call, NORMAL, now)
    carry(b, a, now)
    a.drain()


def main() -> None:
    options = common.parser(__doc__).parse_args()
    calls, rounds = (20, 1) if options.quick else (2000, 7)
    request = SetupRequest(called=Number("4006000998"), calling=Number("13800138000"))

    def ends() -> tuple[Isup, Isup]:
        a, b = Isup(1), Isup(2)
        for n in range(CIRCUITS):
            a.add_circuit(n, 2, n)
            b.add_circuit(n, 1, n)
        return a, b

    idle, busy = ends(), ends()
    for n in range(BUSY):
        set_up(*busy, request, n, n)

    def many(a: Isup, b: Isup) -> None:
        for i in range(calls):
            one_call(a, b, request, BUSY + i % (CIRCUITS - BUSY), BUSY + i)

    alone, among = common.in_turns(
        rounds, lambda: common.cpu_us(lambda: many(*idle), calls), lambda: common.cpu_us(lambda: many(*busy), calls)
    )
    assert idle[0].next_deadline is None
    report = common.Report("isup_call", "ISUP, both ends in memory", options.quick)
    report.add("call, 5 messages, without MTP", alone, "us", budget=15.0)
    report.add(f"the same with {BUSY:,} other calls up", among, "us", budget=15.0)
    compiled = not str(machine.__file__).endswith(".py") and not str(codec.__file__).endswith(".py")
    report.note("compiled" if compiled else "NOT COMPILED")
    report.print(options)


if __name__ == "__main__":
    main()
