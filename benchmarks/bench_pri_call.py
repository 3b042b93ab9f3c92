"""A PRI call, both ends in memory: us of CPU for Q.921 and Q.931 together, beside libpri with the same call.

Eight messages, SETUP to RELEASE COMPLETE, in I frames with their acknowledgements. What carries frames and primitives between
the four machines is part of our figure (here: plain Python; libpri: C). Rounds of ours and of libpri's take turns.
"""

from __future__ import annotations

import common

from xunhu._isdn import q921
from xunhu._isdn import q931 as q931_module
from xunhu._isdn.primitives import (
    Cause,
    DataRequest,
    DisconnectIndication,
    Number,
    SetupConfirm,
    SetupIndication,
    SetupRequest,
)
from xunhu._isdn.q921 import DataLink, DlDataIndication, Frame
from xunhu._isdn.q931 import Q931

BUDGET_US = 30.0
NORMAL = Cause(16)
REQUEST = SetupRequest(called=Number("4006000998"), calling=Number("13800138000", 2, 1, 0, 3))


class End:
    """One side: data link and calls; answers what is offered."""

    def __init__(self, side: str) -> None:
        self.link = DataLink(side == "network")
        self.q931 = Q931(side)
        self.frames = self.octets = self.messages = self.answered = 0
        self.awake = False  # frames have come
        self.other = self

    def turn(self, now: int) -> None:
        """Carry what both machines have said, until both are silent; frames go to the other end, which then has its turn."""
        link, q931, other = self.link, self.q931, self.other
        self.awake = False
        while True:
            for output in link.drain():
                kind = type(output)
                if kind is Frame:
                    self.frames += 1
                    self.octets += len(output.octets)
                    other.link.receive(output.octets, now)
                    other.awake = True
                elif kind is DlDataIndication:
                    q931.receive(output.payload, now)
                else:
                    q931.data_link_established(now)
            above = q931.drain()
            if not above:
                return
            for output in above:
                kind = type(output)
                if kind is DataRequest:
                    self.messages += 1
                    link.dl_data_request(output.payload, now)
                elif kind is SetupIndication:
                    q931.proceeding_request(output.call, now)
                    q931.alerting_request(output.call, now)
                    q931.setup_response(output.call, now)
                elif kind is SetupConfirm:
                    self.answered += 1
                    q931.disconnect_request(output.call, NORMAL, now)
                elif kind is DisconnectIndication:
                    q931.release_request(output.call, output.cause, now)


def carry(a: End, b: End, now: int) -> None:
    """From `a`, which has been asked something, until no frame is left on either side."""
    a.turn(now)
    while b.awake or a.awake:
        if b.awake:
            b.turn(now)
        if a.awake:
            a.turn(now)


def main() -> None:
    options = common.parser(__doc__).parse_args()
    calls, rounds = (50, 1) if options.quick else (2000, 9)
    report = common.Report("pri_call", "PRI call, both ends in memory", options.quick)
    user, network = End("user"), End("network")
    user.other, network.other = network, user
    user.link.dl_establish_request(0)
    carry(user, network, 0)
    for end in (user, network):
        end.frames = end.octets = end.messages = 0

    def many() -> None:
        for now in range(calls):
            user.q931.setup_request(REQUEST, now)
            carry(user, network, now)

    program = common.peer_program("libpri_call", ["pri"])
    peer: dict[str, float] = {}

    def theirs() -> float:
        peer.update(common.peer_run(program, calls))
        return peer["us_a_call"]

    ours_us, peer_us = common.in_turns(rounds, lambda: common.cpu_us(many, calls), theirs)
    total = calls * rounds
    assert user.answered == total
    assert not user.q931.calls() + network.q931.calls()
    report.add("call: Q.921 + Q.931, both ends", ours_us, "us", budget=BUDGET_US, peer="libpri", peer_value=peer_us)
    for name, mine in (("messages", user.messages + network.messages), ("frames", user.frames + network.frames)):
        report.add(f"{name} a call", mine / total, name, peer="libpri", peer_value=peer[f"{name}_a_call"])
        report.rows[-1].headline = False
    report.add("octets a call, without FCS", (user.octets + network.octets) / total, "octets")
    forms = {module.__name__: str(module.__file__).endswith(".so") for module in (q921, q931_module)}
    report.note("stacks are compiled" if all(forms.values()) else f"NOT ALL COMPILED: {forms}")
    report.print(options)


if __name__ == "__main__":
    main()
