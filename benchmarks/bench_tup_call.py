"""TUP: a whole call, both ends, codec and state machines: us of CPU a call."""

from __future__ import annotations

from typing import Any

import common

import xunhu._ss7.tup as machine
import xunhu._ss7.tup_codec as codec
from xunhu._ss7.circuit_primitives import Cause, Number, SetupIndication, SetupRequest
from xunhu._ss7.mtp_primitives import TransferIndication, TransferRequest
from xunhu._ss7.tup import Tup

NORMAL = Cause(16)
CIRCUITS = 1920
BUSY = 1900  # other calls that are up


def carry(source: Tup, sink: Tup, now: int) -> list[Any]:
    """Messages over; what the owner is told comes back."""
    told = []
    for out in source.drain():
        if type(out) is TransferRequest:
            sink.receive(TransferIndication(4, out.opc, out.dpc, out.sls, 0, out.octets), now)
        else:
            told.append(out)
    return told


def set_up(a: Tup, b: Tup, request: SetupRequest, circuit: int, now: int) -> int:
    """IAI, ACM, ANC."""
    call = a.setup_request(request, circuit, now)
    carry(a, b, now)
    offered = next(out for out in carry(b, a, now) if type(out) is SetupIndication).call
    b.address_complete_request(offered, True, True, now)
    carry(b, a, now)
    b.answer_request(offered, now)
    carry(b, a, now)
    carry(a, b, now)
    return call


def one_call(a: Tup, b: Tup, request: SetupRequest, circuit: int, now: int) -> None:
    """Five messages: IAI to RLG."""
    call = set_up(a, b, request, circuit, now)
    a.release_request(call, NORMAL, now)
    carry(a, b, now)
    carry(b, a, now)
    carry(a, b, now)


def main() -> None:
    options = common.parser(__doc__).parse_args()
    calls, rounds = (20, 1) if options.quick else (2000, 7)
    request = SetupRequest(called=Number("4006000998"), calling=Number("13800138000"))

    def ends() -> tuple[Tup, Tup]:
        a, b = Tup(1, bits=24), Tup(2, bits=24)
        for n in range(CIRCUITS):
            a.add_circuit(n, 2, n)
            b.add_circuit(n, 1, n)
        return a, b

    idle, busy = ends(), ends()
    for n in range(BUSY):
        set_up(*busy, request, n, n)

    def many(a: Tup, b: Tup) -> None:
        for i in range(calls):
            one_call(a, b, request, BUSY + i % (CIRCUITS - BUSY), BUSY + i)

    alone, among = common.in_turns(
        rounds, lambda: common.cpu_us(lambda: many(*idle), calls), lambda: common.cpu_us(lambda: many(*busy), calls)
    )
    assert idle[0].running_timers() == []
    report = common.Report("tup_call", "TUP, both ends in memory", options.quick)
    report.add("call, 5 messages, without MTP", alone, "us", budget=30.0)
    report.add(f"the same with {BUSY:,} other calls up", among, "us", budget=30.0)
    compiled = not str(machine.__file__).endswith(".py") and not str(codec.__file__).endswith(".py")
    report.note("compiled" if compiled else "NOT COMPILED")
    report.print(options)


if __name__ == "__main__":
    main()
