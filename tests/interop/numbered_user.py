"""A user part of the tests' own, with which Q.704's promise is checked: messages with numbers, on every signalling link selection.

What is sent is a selection and a number each; what comes must have the next number of its selection: none lost, doubled or out of order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xunhu._ss7.mtp_primitives import StatusCause, TransferIndication, TransferRequest

SERVICE = 13
SELECTIONS = 16
LENGTH = 20  # octets of a message


class NumberedUser:
    """A user part as xunhu._ss7.node wants one. `wrong`: what should not have been: (selection, number wanted, number that came)."""

    def __init__(self, own: int, far: int) -> None:
        self._own, self._far = own, far
        self._out: list[Any] = []
        self.sent = [0] * SELECTIONS
        self.taken = [0] * SELECTIONS
        self.wrong: list[tuple[int, int, int]] = []
        self.paused = 0

    def say(self, selection: int) -> None:
        number = self.sent[selection]
        self.sent[selection] += 1
        octets = number.to_bytes(4, "big") + bytes([selection]) * (LENGTH - 4)
        self._out.append(TransferRequest(SERVICE, self._own, self._far, selection, 0, octets))

    def receive(self, message: TransferIndication, now: int) -> None:
        number, selection = int.from_bytes(message.octets[:4], "big"), message.sls
        assert message.octets[4:] == bytes([selection]) * (LENGTH - 4)
        if number != self.taken[selection]:
            self.wrong.append((selection, self.taken[selection], number))
        self.taken[selection] = number + 1

    def pause(self, dpc: int, now: int) -> None:
        self.paused += 1

    def resume(self, dpc: int, now: int) -> None: ...

    def status(self, dpc: int, cause: StatusCause, level: int, now: int) -> None: ...

    @property
    def next_deadline(self) -> int | None:
        return None

    def handle_timeout(self, now: int) -> None: ...

    def drain(self) -> list[Any]:
        out, self._out = self._out, []
        return out


def settled(a: NumberedUser, b: NumberedUser) -> bool:
    """All that has been said has come."""
    return a.sent == b.taken and b.sent == a.taken


def findings(a: NumberedUser, b: NumberedUser) -> Mapping[str, Any]:
    return {"a": (a.sent, a.taken, a.wrong, a.paused), "b": (b.sent, b.taken, b.wrong, b.paused)}
