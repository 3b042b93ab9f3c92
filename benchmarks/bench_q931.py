"""Q.931: a whole call, both ends, codec and state machines: us of CPU a call."""

from __future__ import annotations

import common

import xunhu._isdn.q931 as machine
import xunhu._isdn.q931_codec as codec
from xunhu._isdn.primitives import Cause, DataRequest, DisconnectIndication, Number, SetupIndication, SetupRequest
from xunhu._isdn.q931 import Q931

NORMAL = Cause(16)


def one_call(a: Q931, b: Q931, request: SetupRequest, now: int) -> int:
    """Eight messages: SETUP to RELEASE COMPLETE. Returns how many were carried."""

    def carry(source: Q931, sink: Q931) -> list[object]:
        told: list[object] = []
        for out in source.drain():
            if type(out) is DataRequest:
                sink.receive(out.payload, now)
                count[0] += 1
            else:
                told.append(out)
        return told

    count = [0]
    call = a.setup_request(request, now)
    carry(a, b)
    offered = next(o for o in carry(b, a) if type(o) is SetupIndication).call
    b.proceeding_request(offered, now)
    carry(b, a)
    b.alerting_request(offered, now)
    carry(b, a)
    b.setup_response(offered, now)
    carry(b, a)
    carry(a, b)
    a.disconnect_request(call, NORMAL, now)
    carry(a, b)
    cleared = next(o for o in carry(b, a) if type(o) is DisconnectIndication)
    b.release_request(offered, cleared.cause, now)
    carry(b, a)
    carry(a, b)
    carry(b, a)
    return count[0]


def main() -> None:
    options = common.parser(__doc__).parse_args()
    calls, rounds = (20, 1) if options.quick else (2000, 7)
    a, b = Q931("user"), Q931("network")
    a.data_link_established(0)
    b.data_link_established(0)
    request = SetupRequest(called=Number("4006000998"), calling=Number("13800138000", 2, 1, 0, 3))
    assert one_call(a, b, request, 0) == 8

    def many() -> None:
        for i in range(calls):
            one_call(a, b, request, i)

    (us,) = common.in_turns(rounds, lambda: common.cpu_us(many, calls))
    report = common.Report("q931", "Q.931, both ends in memory", options.quick)
    report.add("call, 8 messages, without layer 2", us, "us", budget=30.0)
    compiled = not str(machine.__file__).endswith(".py") and not str(codec.__file__).endswith(".py")
    report.note("compiled" if compiled else "NOT COMPILED")
    report.print(options)


if __name__ == "__main__":
    main()
