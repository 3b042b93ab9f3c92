"""Properties of the ISDN user part under chance: one against everything a peer may say, and two against each other over a bad network."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from isup_pair import A, B, Pair, held, in_the_table

from xunhu._ss7.circuit_primitives import (
    Cause,
    ContinuityAction,
    ContinuityRequest,
    Number,
    ReleaseIndication,
    SetupIndication,
    SetupRequest,
)
from xunhu._ss7.isup import Isup
from xunhu._ss7.isup_codec import encode
from xunhu._ss7.isup_names import MessageType as M
from xunhu._ss7.isup_names import ParameterCode as P
from xunhu._ss7.isup_parameters import encode_called_party_number, encode_subsequent_number
from xunhu._ss7.isup_variants import VARIANTS, Variant
from xunhu._ss7.mtp_primitives import StatusCause, TransferIndication, TransferRequest
from xunhu.protocol.errors import LocalError

SECOND = 1_000_000_000
OWN, PEER = 100, 99
CICS = range(1, 9)
HOUR = 3600 * SECOND
EXTRA: tuple[tuple[int, bytes], ...] = (
    (P.OPTIONAL_FORWARD_CALL_INDICATORS, b"\x04"),
    (P.OPTIONAL_BACKWARD_CALL_INDICATORS, b"\x05"),
    (P.USER_TO_USER_INFORMATION, b"\x04hello"),
    (P.CALLING_PARTY_NUMBER, b"\x03\x13\x21\x43"),
    (P.PARAMETER_COMPATIBILITY_INFORMATION, b"\xee\x83"),
    (0xEE, b"\x01"),
)


def content(code: int, size: int, dice: random.Random) -> bytes:
    """A mandatory parameter: mostly one that makes sense."""
    if code == P.CALLED_PARTY_NUMBER:
        return encode_called_party_number(Number(str(dice.randrange(10**6))), dice.random() < 0.6)
    if code == P.SUBSEQUENT_NUMBER:
        return encode_subsequent_number(str(dice.randrange(100)), dice.random() < 0.5)
    if code == P.CAUSE_INDICATORS:
        return bytes((0x80 | dice.randrange(16), 0x80 | dice.randrange(128)))
    if code == P.RANGE_AND_STATUS:
        span = dice.choice((0, 1, 3, 7, 7, 30, 40))
        return bytes((span,)) + (dice.randbytes(span // 8 + 1) if dice.random() < 0.8 else b"")
    if code == P.TRANSMISSION_MEDIUM_REQUIREMENT:
        return bytes((dice.choice((0, 0, 0, 2, 3, 6, 7, 8, 10, 99)),))
    if code == P.NATURE_OF_CONNECTION_INDICATORS:
        return bytes((dice.choice((0, 0, 0, 4, 8, 0x11)),))
    if code in (P.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE, P.CONTINUITY_INDICATORS, P.SUSPEND_RESUME_INDICATORS):
        return bytes((dice.randrange(3),))
    return dice.randbytes(size or dice.randrange(1, 9))


def message(kind: int, cic: int, variant: Variant, dice: random.Random) -> bytes:
    """A message of a peer, right or nearly."""
    row = variant.messages.get(kind)
    if row is None:
        return cic.to_bytes(2, "little") + bytes((kind,)) + dice.randbytes(dice.randrange(8))
    if row.raw:
        octets = cic.to_bytes(2, "little") + bytes((kind,)) + dice.randbytes(4)
    else:
        parts = [(code, content(code, size, dice)) for code, size in row.fixed]
        parts += [(code, content(code, 0, dice)) for code in row.variable]
        if row.optional:
            parts += dice.sample(EXTRA, dice.choice((0, 0, 0, 1, 2)))
        octets = encode(cic, kind, parts, variant)
    if dice.random() < 0.1:
        changed = bytearray(octets)
        changed[dice.randrange(2, len(changed))] ^= 1 << dice.randrange(8)
        octets = bytes(changed)
    return octets[: dice.randrange(len(octets))] if dice.random() < 0.03 else octets


class Walk:
    """One user part, its owner and its peer, who do what chance wants; then everything is to become idle."""

    def __init__(self, variant: str, seed: int, steps: int) -> None:
        self.dice = random.Random(seed)
        self.variant = VARIANTS[variant]
        options = {
            word: self.dice.random() < 0.5
            for word in ("multirate", "fallback", "interworking", "international", "ucic", "echo_control")
        }
        self.part = Isup(
            OWN, variant, answer=self.dice.choice(("CON", "ACM+ANM")), exchange=self.dice.choice("AB"), trace=in_the_table, **options
        )  # type: ignore[arg-type]
        for cic in CICS:
            self.part.add_circuit(cic, PEER, cic)
        self.now = SECOND
        self.calls: list[int] = []
        self.over: list[int] = []
        self.tones: set[int] = set()
        self.seen: list[bytes] = []
        self.polite = False
        self.manners = self.dice.choice((0.0, 0.5, 0.95))  # how often the peer answers as it should
        for _ in range(steps):
            self.dice.choice((self.hear, self.hear, self.hear, self.ask, self.ask, self.pass_time))()
            self.collect()
            held(self.part)
        self.settle()

    def deliver(self, octets: bytes) -> None:
        self.part.receive(TransferIndication(5, PEER, OWN, 0, 0, octets), self.now)

    def hear(self) -> None:
        cic = self.dice.choice((*CICS, *CICS, 20))
        known = list(self.variant.messages)
        kind = self.dice.choice((*known, M.IAM, M.IAM, M.REL, M.RLC, M.ACM, M.ANM, M.COT, M.CCR, 0xF0))
        octets = message(kind, cic, self.variant, self.dice)
        if self.seen and self.dice.random() < 0.1:
            octets = self.dice.choice(self.seen)  # late, or doubled
        self.seen.append(octets)
        self.deliver(octets)

    def ask(self) -> None:
        """A request, at random; those that cannot be say so and change nothing."""
        dice, part, now = self.dice, self.part, self.now
        call = dice.choice(self.calls) if self.calls else 1
        cic = dice.choice(CICS)
        some = dice.sample(CICS, dice.randrange(1, 6))
        request = SetupRequest(
            Number("12345"),
            Number("67890"),
            complete=dice.random() < 0.7,
            continuity=dice.random() < 0.2,
            medium=dice.choice((0, 0, 0, 2, 7, 8)),
            category=dice.choice((10, 10, 11, 13)),
        )
        which = dice.randrange(24)
        try:
            if which < 5:
                self.calls.append(part.setup_request(request, cic, now))
            elif which == 5:
                part.information_request(call, "12", dice.random() < 0.5, now)
            elif which == 6:
                part.address_complete_request(call, dice.random() < 0.5, dice.random() < 0.5, now)
            elif which == 7:
                part.progress_request(call, dice.random() < 0.5, dice.random() < 0.5, dice.choice((None, Cause(17))), now)
            elif which in (8, 9):
                part.answer_request(call, now, dice.random() < 0.5)
            elif which == 10:
                part.suspend_request(call, now)
            elif which == 11:
                part.resume_request(call, now)
            elif which in (12, 13):
                part.release_request(call, Cause(dice.randrange(1, 127)), now)
            elif which == 14:
                part.block_request(some, now, dice.random() < 0.3)
            elif which == 15:
                part.unblock_request(some, now, dice.random() < 0.3)
            elif which == 16:
                part.reset_request(some, now)
            elif which == 17:
                part.continuity_request(cic, now)
            elif which == 18:
                part.continuity_detected(cic, dice.random() < 0.5, now)
            elif which == 19:
                self.network()
            elif which == 20:
                part.query_request(some, now)
            elif which == 21:
                part.message_request(call, dice.choice((M.FOT, M.FAC, M.USR)), b"", now)
            elif which == 22:
                self.calls.append(part.restore_call(cic, dice.random() < 0.5, now))
            else:
                part.enquiry_request(call, now)
        except LocalError:
            pass

    def network(self) -> None:
        which = self.dice.randrange(5)
        if which == 0:
            self.part.pause(PEER, self.now)
        elif which == 1:
            self.part.resume(PEER, self.now)
        else:
            self.part.status(PEER, self.dice.choice(list(StatusCause)), 1, self.now)

    def pass_time(self) -> None:
        self.advance(self.now + round(10 ** self.dice.uniform(-1, 2.8) * SECOND))

    def advance(self, until: int) -> None:
        while self.part.next_deadline is not None and self.part.next_deadline <= until:
            self.now = max(self.now, self.part.next_deadline)
            self.part.handle_timeout(self.now)
            self.collect()
        self.now = max(self.now, until)

    def collect(self) -> None:
        while True:
            outputs = self.part.drain()
            if not outputs:
                return
            for output in outputs:
                self.take(output)

    def take(self, output: Any) -> None:
        if isinstance(output, SetupIndication):
            assert output.call not in self.calls
            self.calls.append(output.call)
        elif isinstance(output, ReleaseIndication):
            assert output.call in self.calls
            assert output.call not in self.over, "two last words"
            self.over.append(output.call)
        elif isinstance(output, ContinuityRequest):
            if output.action == ContinuityAction.TONE:
                self.tones.add(output.circuit)
            else:
                self.tones.discard(output.circuit)
        elif isinstance(output, TransferRequest) and (self.polite or self.dice.random() < self.manners):
            self.answer(output.octets)

    def answer(self, octets: bytes) -> None:
        """A peer that answers everything as it should."""
        head, kind, rest = octets[:2], octets[2], octets[3:]
        plain = {M.REL: M.RLC, M.RSC: M.RLC, M.BLO: M.BLA, M.UBL: M.UBA, M.UPT: M.UPA}
        group = {M.CGB: M.CGBA, M.CGU: M.CGUA}
        if kind in plain:
            self.deliver(encode(octets[0], plain[M(kind)], (), self.variant))
        elif kind in group:
            self.deliver(head + bytes((group[M(kind)],)) + rest)
        elif kind == M.GRS:
            span = rest[-1]
            status = bytes((span,)) + bytes(span // 8 + 1)
            self.deliver(encode(octets[0], M.GRA, ((P.RANGE_AND_STATUS, status),), self.variant))
        elif kind == M.IAM:
            self.proceed(head)
        elif kind == M.CCR:
            self.part.continuity_detected(octets[0], True, self.now)

    def proceed(self, head: bytes) -> None:
        """The called side goes on as calls do, as far as chance lets it."""
        steps = (b"\x06\x16\x14\x00", b"\x2c\x01\x00", b"\x09\x00", b"\x0d\x01\x00", b"\x0d\x00\x00", b"\x0e\x01\x00", b"\x0e\x00\x00")
        for octets in steps:  # ACM, CPG, ANM, SUS of network and user, RES of network and user
            if self.dice.random() < 0.7:
                self.deliver(head + octets)

    def settle(self) -> None:
        """From now on the peer is polite, and both sides want peace."""
        self.polite = True
        self.part.resume(PEER, self.now)
        for octets in (encode(1, M.UPA, (), self.variant), *(encode(cic, M.UBL, (), self.variant) for cic in CICS)):
            self.deliver(octets)
        free = ((P.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE, b"\x01"), (P.RANGE_AND_STATUS, b"\x07\xff"))
        self.deliver(encode(1, M.CGU, free, self.variant))
        self.collect()
        self.advance(self.now + HOUR)
        for _ in range(2):  # what was under way while the owner asked is asked again
            self.part.unblock_request(list(CICS), self.now)
            self.part.unblock_request(list(CICS), self.now, hardware=True)
            for call in self.calls:
                if call not in self.over:
                    self.part.release_request(call, Cause(16), self.now)
            self.collect()
            self.advance(self.now + HOUR)
            for cic in CICS:  # a circuit that the peer was said not to have is reset
                if self.part.circuit_state(cic) == "unavailable":
                    self.part.reset_request([cic], self.now)
            self.collect()
        assert sorted(self.over) == sorted(self.calls)
        assert {info.state for info in self.part.circuits()} == {"idle"}, self.part.circuits()
        assert all(self.part.running_timers(cic) == () for cic in CICS)
        assert self.part.next_deadline is None
        assert not self.tones


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(("ISUP-ITU", "ISUP-ITU-1997", "ISUP-CHINA")), st.integers(0, 2**32), st.integers(1, 250))
def test_everything_becomes_idle(variant: str, seed: int, steps: int) -> None:
    Walk(variant, seed, steps)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=20))
def test_octets_of_any_kind_raise_nothing(messages: list[bytes]) -> None:
    part = Isup(OWN)
    for cic in range(256):
        part.add_circuit(cic, PEER, cic)
    for now, octets in enumerate(messages):
        part.receive(TransferIndication(5, PEER, OWN, 0, 0, octets), now)
    held(part)
    part.handle_timeout(HOUR)


# -- two user parts ----------------------------------------------------------------------------------------------------


def act(pair: Pair, dice: random.Random, circuits: int) -> None:
    """Something an owner might do at one side."""
    side = dice.choice((A, B))
    part = pair.sides[side]
    circuit = dice.randrange(1, circuits + 1)
    some = dice.sample(range(1, circuits + 1), dice.randrange(1, circuits + 1))
    up = pair.up(side)
    call = dice.choice(up) if up else 0
    which = dice.randrange(14)
    try:
        if which < 5:
            pair.setup(side, SetupRequest(Number("12345"), continuity=dice.random() < 0.1), circuit)
        elif which < 8 and call:
            dice.choice(
                (
                    lambda: part.address_complete_request(call, True, False, pair.now),
                    lambda: part.answer_request(call, pair.now),
                    lambda: part.suspend_request(call, pair.now),
                    lambda: part.release_request(call, Cause(16), pair.now),
                )
            )()
        elif which == 8:
            part.block_request(some, pair.now, dice.random() < 0.3)
        elif which == 9:
            part.unblock_request(some, pair.now, dice.random() < 0.3)
        elif which == 10:
            part.reset_request(some, pair.now)
        elif which == 11:
            part.continuity_request(circuit, pair.now)
    except LocalError:
        pass


def agree(pair: Pair) -> None:
    """Both ends see the same of every circuit."""
    for here, there in zip(pair.sides[A].circuits(), pair.sides[B].circuits(), strict=True):
        assert here.locally_blocked == there.remotely_blocked, (here, there)
        assert here.remotely_blocked == there.locally_blocked, (here, there)
        for info in (here, there):
            assert info.call_state == "IDLE", (here, there)
            assert info.call is None
        assert here.state not in ("reset", "test", "unavailable"), (here, there)
        assert (here.state == "idle") == (there.state == "idle"), (here, there)


def no_double_seizure(pair: Pair) -> None:
    for here, there in zip(pair.sides[A].circuits(), pair.sides[B].circuits(), strict=True):
        assert not (here.state == "out" and there.state == "out"), (here, there)
        assert not (here.state == "in" and there.state == "in"), (here, there)


def run(seed: int, steps: int, variant: str, circuits: int, **faults: float) -> None:
    dice = random.Random(seed)
    pair = Pair(circuits, seed, variant=variant)
    pair.loss, pair.doubling, pair.damage = faults["loss"], faults["doubling"], faults["damage"]
    pair.delay = round(faults["delay"] * SECOND)
    for _ in range(steps):
        act(pair, dice, circuits)
        pair.turn()
        pair.respond()
        pair.wait(10 ** dice.uniform(-1.5, 1.3))
        for part in pair.sides:
            held(part)
    pair.loss = pair.doubling = pair.damage = pair.delay = 0
    pair.wait(60)
    pair.respond()
    if faults["loss"] == faults["doubling"] == faults["damage"] == 0:  # a doubled IAM is a call to who gets it
        pair.wait(2)
        no_double_seizure(pair)
    pair.release_all()
    for _ in range(3):
        pair.wait(3600)
        pair.respond()
        pair.release_all()
    # §2.8.3: what messages lost, doubled or damaged may have left different is found by query
    for part in pair.sides:
        part.query_request(range(1, circuits + 1), pair.now)
        pair.wait(60)
    pair.wait(3600)
    agree(pair)
    for part in pair.sides:
        part.unblock_request(range(1, circuits + 1), pair.now)
        part.unblock_request(range(1, circuits + 1), pair.now, hardware=True)
        pair.wait(60)
    agree(pair)
    for side, part in enumerate(pair.sides):
        assert {info.state for info in part.circuits()} == {"idle"}
        assert part.next_deadline is None
        assert pair.begun[side] == pair.ended[side]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.sampled_from((0, 0.2, 2.0)))
def test_two_agree_over_a_good_network(seed: int, steps: int, delay: float) -> None:
    """Nothing is lost; messages take their time, and may overtake each other."""
    run(seed, steps, "ISUP-ITU", 4, loss=0, doubling=0, damage=0, delay=delay)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.floats(0, 0.3), st.floats(0, 0.2), st.sampled_from((0, 0.5, 3.0)))
def test_two_agree_over_a_bad_network(seed: int, steps: int, loss: float, doubling: float, delay: float) -> None:
    run(seed, steps, "ISUP-CHINA", 5, loss=loss, doubling=doubling, damage=0, delay=delay)


@pytest.mark.parametrize("seed", range(20))
def test_two_agree_after_damage(seed: int) -> None:
    run(seed, 80, "ISUP-ITU", 5, loss=0.05, doubling=0.05, damage=0.1, delay=0.5)
