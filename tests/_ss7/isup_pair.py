"""Two ISDN user parts back to back on a virtual clock, over a network that may lose, double, delay and damage."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from xunhu._ss7 import circuit_primitives as p
from xunhu._ss7 import isup_call_tables as calls
from xunhu._ss7 import isup_circuit_tables as circuit_tables
from xunhu._ss7.circuit_primitives import Cause, ContinuityAction
from xunhu._ss7.isup import Isup
from xunhu._ss7.mtp_primitives import TransferIndication, TransferRequest

SECOND = 1_000_000_000
A, B = 0, 1
POINTS = (100, 201)  # B, the higher one, controls the even circuits
CALL_TIMERS = {"T1", "T2", "T3", "T5", "T6", "T7", "T8", "T9", "T10", "T11", "T33", "T35", "T38"}


MACHINES = (
    calls.CALL,
    calls.SUSPENSION,
    calls.SEGMENTATION,
    circuit_tables.MAINTENANCE,
    circuit_tables.HARDWARE,
    circuit_tables.REMOTE,
    circuit_tables.RESET,
    circuit_tables.CHECK,
    circuit_tables.GROUP,
    circuit_tables.DESTINATION,
    circuit_tables.CONGESTION,
)
ENDS = {m.name: {(int(row.state), int(row.event)): {int(s) for s in row.ends_in} for row in m.rows} for m in MACHINES}


def in_the_table(machine: str, circuit: int, state: int, event: int, after: int, now: int) -> None:
    """A trace that holds every transition against its row."""
    assert after in ENDS[machine][state, event], (machine, circuit, state, event, after)


def indication(request: TransferRequest) -> TransferIndication:
    return TransferIndication(request.service, request.opc, request.dpc, request.sls, request.priority, request.octets)


def held(part: Isup) -> None:
    """What must be true of every circuit at every moment."""
    for info in part.circuits():
        timers = set(part.running_timers(info.circuit))
        if info.call_state == "IDLE":
            assert not timers & CALL_TIMERS - ({"T8"} if info.state == "test" else set()), (info, timers)
        if info.state == "idle":
            assert not timers, (info, timers)
            assert info.call is None


class Pair:
    """circuits: their numbers and CICs at both ends; the owner of each side is the test: `events` is what it was told."""

    def __init__(self, circuits: int = 4, seed: int | None = None, **options: Any) -> None:
        self.now = SECOND
        self.sides = tuple(Isup(own, name="AB"[side], trace=in_the_table, **options) for side, own in enumerate(POINTS))
        for side in (A, B):
            for n in range(1, circuits + 1):
                self.sides[side].add_circuit(n, POINTS[1 - side], n)
        self.events: tuple[list[Any], list[Any]] = ([], [])
        self.wire: list[tuple[int, int, int, TransferIndication]] = []  # when, order, to, message
        self.order = 0
        self.sent: list[tuple[int, bytes]] = []
        self.dice = None if seed is None else random.Random(seed)
        self.loss = self.doubling = self.damage = 0.0
        self.delay = 0  # at most, in ns; messages may overtake each other
        self.cut = False
        self.begun: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
        self.ended: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
        self.audio: tuple[dict[int, int], dict[int, int]] = ({}, {})  # circuit -> what is connected
        self.line_good = True

    # -- carrying --------------------------------------------------------------------------------------------------

    def collect(self) -> None:
        """Take what both have put out; messages go on the wire."""
        for side, part in enumerate(self.sides):
            for output in part.drain():
                if isinstance(output, TransferRequest):
                    self.sent.append((side, output.octets))
                    self.carry(1 - side, indication(output))
                else:
                    self.note(side, output)

    def note(self, side: int, output: Any) -> None:
        self.events[side].append(output)
        if isinstance(output, p.SetupIndication):
            self.begun[side][output.call] += 1
        elif isinstance(output, p.ReleaseIndication):
            self.ended[side][output.call] += 1
            assert self.ended[side][output.call] == 1, "two last words"
        elif isinstance(output, p.ContinuityRequest):
            self.audio[side][output.circuit] = output.action

    def carry(self, to: int, message: TransferIndication) -> None:
        copies = 1
        octets = message.octets
        wait = 0
        if self.cut:
            return
        if self.dice is not None:
            if self.dice.random() < self.loss:
                return
            copies += self.dice.random() < self.doubling
        for _ in range(copies):
            if self.dice is not None:
                wait = self.dice.randrange(self.delay) if self.delay else 0
                if self.dice.random() < self.damage:
                    octets = self.damaged(octets)
            self.order += 1
            part = TransferIndication(message.service, message.opc, message.dpc, message.sls, 0, octets)
            self.wire.append((self.now + wait, self.order, to, part))

    def damaged(self, octets: bytes) -> bytes:
        assert self.dice is not None
        changed = bytearray(octets)
        kind = self.dice.randrange(3)
        if kind == 0:
            changed[self.dice.randrange(len(changed))] ^= 1 << self.dice.randrange(8)
        elif kind == 1:
            del changed[self.dice.randrange(len(changed)) :]
        else:
            changed += bytes(self.dice.randrange(256) for _ in range(self.dice.randrange(9)))
        return bytes(changed)

    def turn(self) -> None:
        """Everything that can happen now."""
        while True:
            self.collect()
            self.listen()
            self.collect()
            due = sorted(item for item in self.wire if item[0] <= self.now)
            if not due:
                return
            self.wire = [item for item in self.wire if item[0] > self.now]
            for _, _, to, message in due:
                self.sides[to].receive(message, self.now)
                self.collect()

    def listen(self) -> None:
        """The tone comes back where the other side has the loop on; else T24 decides."""
        for side in (A, B):
            for circuit, action in list(self.audio[side].items()):
                other = self.audio[1 - side].get(circuit)
                if action == ContinuityAction.TONE and other == ContinuityAction.LOOP and self.line_good:
                    self.sides[side].continuity_detected(circuit, True, self.now)

    def until(self, when: int) -> None:
        """Let time pass."""
        self.turn()
        while True:
            deadlines = [part.next_deadline for part in self.sides if part.next_deadline is not None]
            deadlines += [item[0] for item in self.wire]
            if not deadlines or min(deadlines) > when:
                self.now = max(self.now, when)
                return
            self.now = max(self.now, min(deadlines))
            for part in self.sides:
                part.handle_timeout(self.now)
            self.turn()

    def wait(self, seconds: float) -> None:
        self.until(self.now + round(seconds * SECOND))

    # -- the owners ------------------------------------------------------------------------------------------------

    def take(self, side: int, kind: type[Any]) -> Any:
        """The first event of a kind, taken out."""
        for place, event in enumerate(self.events[side]):
            if isinstance(event, kind):
                return self.events[side].pop(place)
        raise AssertionError(f"no {kind.__name__}: {self.events[side]}")

    def setup(self, side: int, request: p.SetupRequest, circuit: int) -> int:
        call = self.sides[side].setup_request(request, circuit, self.now)
        self.begun[side][call] += 1
        return call

    def up(self, side: int) -> list[int]:
        """Calls that have had no last word."""
        return [call for call in self.begun[side] if call not in self.ended[side]]

    def release_all(self) -> None:
        for side in (A, B):
            for call in self.up(side):
                self.sides[side].release_request(call, Cause(16), self.now)
        self.turn()

    def respond(self) -> None:
        """Owners answer DisconnectIndication, which nothing else reminds them of."""
        for side in (A, B):
            for event in [e for e in self.events[side] if isinstance(e, p.DisconnectIndication)]:
                self.events[side].remove(event)
                self.sides[side].release_request(event.call, event.cause, self.now)
        self.turn()

    def talk(self, request: p.SetupRequest, circuit: int = 1) -> tuple[int, int]:
        """An answered call from A to B; its numbers there and here."""
        call = self.setup(A, request, circuit)
        self.turn()
        offered = self.take(B, p.SetupIndication).call
        self.sides[B].address_complete_request(offered, True, False, self.now)
        self.sides[B].answer_request(offered, self.now)
        self.turn()
        self.take(A, p.AnswerIndication)
        return call, offered
