"""Our exchange in real time: a node with ISUP over E1 lines by circuit emulation, without the switch around it.

exchange = OurExchange("127.0.0.1:5000,127.0.0.1:5001", "127.0.0.1:6000,127.0.0.1:6001", own=1, adjacent=2)
exchange.start()
exchange.until(lambda: exchange.accessible)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from our_node import TIMESLOT, OurNode

from xunhu._ss7 import circuit_primitives as p
from xunhu._ss7.isup import Isup

SERVICE = 5


class OurExchange(OurNode):
    """Circuits are CICs: 32 times the line and the timeslot. Calls that come are answered, refused with `refuse`, or left alone when
    `answers` is off; `want_digits` make a number in overlap. isup: options of the user part."""

    def __init__(
        self, local: str, remote: str, *, own: int, adjacent: int, isup: dict[str, Any] | None = None, **link: Any
    ) -> None:
        self.isup = Isup(own, "ISUP-ITU", **(isup or {}))
        super().__init__(local, remote, own=own, adjacent=adjacent, part=self.isup, service=SERVICE, **link)
        for line in range(len(self.lines)):
            for slot in range(1, 32):
                if slot != TIMESLOT:
                    self.isup.add_circuit(32 * line + slot, adjacent, 32 * line + slot)
        self.act = self._act
        self.answers = True
        self.refuse: int | None = None
        self.refuse_by_called = False
        self.want_digits = 0
        self.digits: dict[int, str] = {}
        self.ended: dict[int, p.ReleaseIndication] = {}
        self.up: set[int] = set()

    def _act(self, output: Any, now: int) -> None:
        if isinstance(output, p.SetupIndication):
            self.digits[output.call] = output.called.digits
            if not output.continuity:
                self._offered(output.call, output.complete, now)
        elif isinstance(output, p.InformationIndication):
            self.digits[output.call] += output.digits
            self._offered(output.call, output.complete, now)
        elif isinstance(output, p.AnswerIndication):
            self.up.add(output.call)
        elif isinstance(output, p.DisconnectIndication):
            self.isup.release_request(output.call, output.cause, now)
        elif isinstance(output, p.ReleaseIndication):
            assert output.call not in self.ended, "a call ends once"
            self.ended[output.call] = output
            self.up.discard(output.call)

    def _offered(self, call: int, complete: bool, now: int) -> None:
        cause = int(self.digits[call][-3:]) if self.refuse_by_called else self.refuse
        if cause:
            self.isup.release_request(call, p.Cause(cause), now)
        elif self.answers and (complete or len(self.digits[call]) >= self.want_digits):
            self.isup.address_complete_request(call, True, False, now)
            self.isup.answer_request(call, now)
            self.up.add(call)

    def ask(self, request: Callable[[int], Any]) -> Any:
        """What is asked of the user part now."""
        now = time.monotonic_ns()
        done = request(now)
        self.node.touch_user(0)
        self.turn(now)
        return done

    def call(self, circuit: int, called: str = "4006000998", **request: Any) -> int:
        wanted = p.SetupRequest(p.Number(called), p.Number("13800138000"), **request)
        number: int = self.ask(lambda now: self.isup.setup_request(wanted, circuit, now))
        return number

    def release(self, call: int, cause: int = 16) -> None:
        self.ask(lambda now: self.isup.release_request(call, p.Cause(cause), now))

    def got(self, kind: type, **members: Any) -> list[Any]:
        return [
            o
            for o in self.told
            if isinstance(o, kind) and all(getattr(o, name) == value for name, value in members.items())
        ]

    def states(self) -> dict[int, str]:
        return {info.circuit: info.state for info in self.isup.circuits()}

    def quiet(self, seconds: float = 10) -> None:
        """Every circuit idle, no timer of a circuit left."""
        self.until(lambda: set(self.states().values()) == {"idle"} and not self.up, seconds)
        self.until(lambda: self.isup.next_deadline is None, 2)
