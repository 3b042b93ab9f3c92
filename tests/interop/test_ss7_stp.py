"""`xunhu run` as a transfer point, with nothing but signalling: two nodes in real time at its ends, no flow, no extension, no voice."""

from __future__ import annotations

import time
from pathlib import Path
from typing import ClassVar

import pytest
from numbered_user import SELECTIONS, SERVICE, NumberedUser, findings, settled
from our_node import FRAMES, OurNode
from switch_process import SwitchProcess

pytestmark = pytest.mark.interop

A, B, STP = 0x0123, 0x2456, 0x0777

_INI = """\
[SS7]
Point0 = {stp}, national, 14
Transfer = yes
MTP3.T18 = 19
[LinkSet0]
Adjacent = {a}
Link0 = Trunk0/16
[LinkSet1]
Adjacent = {b}
Link0 = Trunk1/16
[Trunk0]
Driver = ces
Local = {0}
Remote = {1}
JitterMs = 60
Signalling = SS7
[Trunk1]
Driver = ces
Local = {2}
Remote = {3}
JitterMs = 60
Signalling = SS7
"""


class Stp(SwitchProcess):
    groups: ClassVar[tuple[str, ...]] = ("a", "b")
    protocol: ClassVar[str] = "mtp2"
    circuits_in_all: ClassVar[int] = 0

    def lines(self) -> str:
        return _INI.format(*self.addresses, stp=STP, a=A, b=B)

    def site(self, routes: tuple[str, ...]) -> str:
        return "data: data\n"


def test_messages_pass_and_no_port_is_open(tmp_path: Path) -> None:
    with Stp(tmp_path, side="user", flows=()) as stp:
        a, b, c, d = stp.addresses
        users = (NumberedUser(A, B), NumberedUser(B, A))
        nodes = (
            OurNode(b, a, own=A, adjacent=STP, part=users[0], service=SERVICE),
            OurNode(d, c, own=B, adjacent=STP, part=users[1], service=SERVICE),
        )
        for node, far in zip(nodes, (B, A), strict=True):
            node.mtp3.add_route(far, 0, 1)
            node.start()
        due, ticks = time.monotonic(), 0

        def tick(messages: int = 0) -> None:
            nonlocal due, ticks
            for node, user in zip(nodes, users, strict=True):
                for n in range(messages):
                    user.say((ticks * messages + n) % SELECTIONS)
                if messages:
                    node.node.touch_user(0)
                node.step()
            ticks += 1
            due += FRAMES / 8000
            time.sleep(max(0.0, due - time.monotonic()))

        try:
            end = time.monotonic() + 60
            while not (nodes[0].mtp3.accessible(B) and nodes[1].mtp3.accessible(A)):
                assert time.monotonic() < end, [stp.ask("ss7-links"), stp.ask("ss7-routes"), stp.log()]
                tick()
            for _ in range(600):
                tick(1)
            end = time.monotonic() + 5
            while not settled(*users):
                assert time.monotonic() < end, findings(*users)
                tick()
        finally:
            for node in nodes:
                node.close()
        status = stp.ask("status")
        assert status["media"]["ports_open"] == 0
        assert status["calls_total"] == 0
        assert not [text for text in status["alarms"] if "flow" in text]
        counters = stp.ask("ss7-counters")["networks"]["Point0"]
        assert sum(counters.values()) >= 1200
