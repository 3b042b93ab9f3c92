"""Two telephone user parts back to back on a virtual clock, over a network that may lose, double, delay and damage."""

from __future__ import annotations

import random
from typing import Any

from xunhu._ss7 import circuit_primitives as p
from xunhu._ss7.mtp_primitives import TransferIndication, TransferRequest
from xunhu._ss7.tup import Tup

SECOND = 1_000_000_000
A, B = 0, 1
POINTS = (0xE30A11, 0xE30A12)  # B, the higher one, controls the even circuits


def indication(message: TransferRequest) -> TransferIndication:
    return TransferIndication(message.service, message.opc, message.dpc, message.sls, message.priority, message.octets)


class Pair:
    """circuits: their numbers at both ends, CIC 32 onwards; the owner of each side is the test: `events` is what it was told."""

    def __init__(self, circuits: int = 4, seed: int | None = None, bits: int = 24, **options: Any) -> None:
        self.now = SECOND
        self.bits = bits
        points = POINTS if bits == 24 else (0x0123, 0x0124)
        self.sides = tuple(Tup(own, bits=bits, name="AB"[side], **options) for side, own in enumerate(points))
        for side in (A, B):
            for n in range(circuits):
                self.sides[side].add_circuit(n + 1, points[1 - side], 32 + n)
        self.events: tuple[list[Any], list[Any]] = ([], [])
        self.wire: list[tuple[int, int, TransferIndication]] = []  # when, to, message
        self.sent: list[tuple[int, TransferRequest]] = []
        self.dice = None if seed is None else random.Random(seed)
        self.hears = False  # check tones come back at once
        self.loss = self.doubling = self.damage = 0.0
        self.delay = 0  # at most, in ns; messages may overtake each other

    def collect(self) -> None:
        """Take what both have put out; messages go on the wire."""
        for side in (A, B):
            for output in self.sides[side].drain():
                if isinstance(output, TransferRequest):
                    self.sent.append((side, output))
                    self._carry(1 - side, output)
                else:
                    self.events[side].append(output)
                    if self.hears and isinstance(output, p.ContinuityRequest) and output.action == p.ContinuityAction.TONE:
                        self.sides[side].continuity_detected(output.circuit, True, self.now)
                        self.collect()

    def _carry(self, to: int, message: TransferRequest) -> None:
        dice = self.dice
        copies = 1
        if dice is not None:
            if dice.random() < self.loss:
                return
            copies += dice.random() < self.doubling
        for _ in range(copies):
            got = indication(message)
            at = self.now
            if dice is not None:
                at += dice.randint(0, self.delay) if self.delay else 0
                if dice.random() < self.damage:
                    octets = bytearray(got.octets)
                    octets[dice.randrange(len(octets))] ^= 1 << dice.randrange(8)
                    got = TransferIndication(4, got.opc, got.dpc, got.sls, 0, bytes(octets[: dice.randint(1, len(octets))]))
            self.wire.append((at, to, got))

    def settle(self) -> None:
        """Until nothing is on the wire that is due now."""
        self.collect()
        while True:
            due = [entry for entry in self.wire if entry[0] <= self.now]
            if not due:
                return
            for entry in due:
                self.wire.remove(entry)
                self.sides[entry[1]].receive(entry[2], self.now)
                self.collect()

    def run(self, seconds: float) -> None:
        """Let time pass, timer by timer."""
        end = self.now + int(seconds * SECOND)
        self.settle()
        while True:
            times = [side.next_deadline for side in self.sides] + [entry[0] for entry in self.wire]
            due = [time for time in times if time is not None and time <= end]
            if not due:
                break
            self.now = max(self.now, min(due))
            for side in self.sides:
                side.handle_timeout(self.now)
            self.settle()
        self.now = end

    def told(self, side: int, kind: type) -> list[Any]:
        return [event for event in self.events[side] if isinstance(event, kind)]

    def call(self, circuit: int = 1, side: int = A, **fields: Any) -> tuple[int, int]:
        """A call as far as SetupIndication; its numbers at the calling and the called side."""
        request = p.SetupRequest(called=p.Number("4006000998"), calling=p.Number("13800138000"), **fields)
        call = self.sides[side].setup_request(request, circuit, self.now)
        self.settle()
        return call, self.told(1 - side, p.SetupIndication)[-1].call

    def states(self) -> list[tuple[str, str, str, str]]:
        """Of each circuit: state and call state at A and B."""
        return [
            (a.state, a.call_state, b.state, b.call_state)
            for a, b in zip(self.sides[A].circuits(), self.sides[B].circuits(), strict=True)
        ]
