"""Whatever comes in, the telephone user part keeps to its tables and every circuit comes to idle: random walks of one machine, and two
machines over a network that loses, doubles, delays and damages."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tup_pair import POINTS, SECOND, A, B, Pair

from xunhu._ss7 import circuit_primitives as p
from xunhu._ss7.mtp_primitives import StatusCause, TransferIndication, TransferRequest
from xunhu._ss7.tup import Tup
from xunhu._ss7.tup_call_tables import TRANSITIONS, Event, State
from xunhu._ss7.tup_circuit_tables import BLOCKING, CONTINUITY, GROUP, RESET
from xunhu._ss7.tup_codec import label
from xunhu._ss7.tup_tables import VARIANTS
from xunhu.protocol.errors import LocalError

CORPUS = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "fuzz" / "corpus" / "tup").glob("*.bin"))]
CIRCUITS = (1, 2, 3)
OWN, PEER = POINTS
ENDS = {
    name: {(int(row.state), int(row.event)): {int(after) for after in row.ends_in} for row in rows}
    for name, rows in (
        ("call", TRANSITIONS),
        ("blocking", BLOCKING),
        ("reset", RESET),
        ("continuity", CONTINUITY),
        ("group", GROUP),
    )
}
SEEN: set[tuple[str, int, int]] = set()


class Walk:
    """One machine whose owner answers at random, and a peer that says anything."""

    def __init__(self, variant: str = "TUP-CHINA", own: int = OWN, peer: int = PEER) -> None:
        self.now = SECOND
        self.peer, self.own = peer, own
        self.nested = 0
        self.tup = Tup(own, variant, bits=24, trace=self.traced)
        for n in CIRCUITS:
            self.tup.add_circuit(n, peer, 32 + n)
        self.begun: set[int] = set()
        self.ended: list[int] = []
        self.told: set[int] = set()
        self.sent: list[TransferRequest] = []

    def traced(self, machine: str, circuit: int, state: int, event: int, after: int, now: int) -> None:
        SEEN.add((machine, state, event))
        assert after in ENDS[machine][state, event], (machine, state, event, after)

    def message(self, cic: int, octets: bytes) -> None:
        sls, head = label(cic, 24)
        self.tup.receive(TransferIndication(4, self.peer, self.own, sls, 0, head + octets), self.now)
        self.collect()

    def collect(self) -> None:
        for output in self.tup.drain():
            if isinstance(output, TransferRequest):
                self.sent.append(output)
            elif isinstance(output, p.SetupIndication):
                assert output.call not in self.begun
                self.begun.add(output.call)
                self.told.add(output.call)
            elif isinstance(output, p.ReleaseIndication):
                assert output.call in self.begun, "a call that was not there has ended"
                assert output.call not in self.ended, "a call has ended twice"
                self.ended.append(output.call)
            elif hasattr(output, "call"):
                assert output.call in self.begun - set(self.ended), output

    def call(self) -> int | None:
        running = self.begun - set(self.ended)
        return max(running) if running else None

    def owner(self, what: int, circuit: int, flag: bool) -> None:
        call = self.call()
        tup, now = self.tup, self.now
        try:
            if what == 0:
                request = p.SetupRequest(called=p.Number("123456"), calling=p.Number("77"), continuity=flag, complete=not flag)
                self.begun.add(tup.setup_request(request, circuit, now))
            elif what == 1:
                tup.block_request([circuit], now, flag)
            elif what == 2:
                tup.unblock_request([circuit], now, flag)
            elif what == 3:
                tup.reset_request([circuit] if flag else CIRCUITS, now)
            elif what == 4:
                tup.continuity_request(circuit, now)
            elif what == 5:
                tup.continuity_detected(circuit, flag, now)
            elif what == 6:
                tup.block_request(CIRCUITS, now) if flag else tup.unblock_request(CIRCUITS, now)
            elif call is not None:
                self.owner_of_call(what, call, flag)
        except LocalError:
            pass
        self.collect()

    def owner_of_call(self, what: int, call: int, flag: bool) -> None:
        tup, now = self.tup, self.now
        if what == 7:
            tup.release_request(call, p.Cause(17 if flag else 16), now)
        elif what == 8:
            tup.address_complete_request(call, flag, True, now)
        elif what == 9:
            tup.answer_request(call, now, flag)
        elif what == 10:
            tup.suspend_request(call, now)
        elif what == 11:
            tup.resume_request(call, now)
        elif what == 12:
            tup.information_request(call, "89", flag, now)
        else:
            tup.progress_request(call, flag, True, None, now)

    def pass_time(self, seconds: float) -> None:
        end = self.now + int(seconds * SECOND)
        while (at := self.tup.next_deadline) is not None and at <= end:
            self.now = max(self.now, at)
            self.tup.handle_timeout(self.now)
            self.collect()
        self.now = end

    def check(self) -> None:
        """No timer of a call in idle, no call without state, no state without timer or call where something must come."""
        for info in self.tup.circuits():
            if info.call_state == "IDLE":
                assert info.call is None
            elif info.call_state != "OUT_WAIT_RELEASE_GUARD":
                assert info.call is not None

    def bring_to_idle(self) -> None:
        """Owner and peer do what they must: the owner gives up its calls, the peer answers; then all is quiet."""
        for call in self.begun - set(self.ended):
            self.tup.release_request(call, p.Cause(16), self.now)
            self.collect()
        self.sent = []
        answers = {0x46: b"\x17", 0x77: b"\x17", 0x27: b"\x37", 0x47: b"\x57", 0x36: b"\x46"}
        for n in CIRCUITS:
            self.message(32 + n, b"\x77")
        for _ in range(40):
            self.pass_time(70)
            for n in CIRCUITS:
                self.message(32 + n, b"\x46")
            for _round in range(3):
                for n in CIRCUITS:
                    self.message(32 + n, b"\x17")
                pending, self.sent = self.sent, []
                for output in pending:
                    cic = output.sls | (output.octets[0] & 15) << 8
                    if (reply := answers.get(output.octets[1])) is not None:
                        self.message(cic, reply)
            self.settle_groups()
            if not self.tup.running_timers():
                break

    def settle_groups(self) -> None:
        for operation in list(self.tup._operations.values()):
            status = operation.status.to_bytes(operation.range // 8 + 1, "little")
            answer = bytes((operation.row.answer, operation.range)) + (status if operation.row.condition else bytes(len(status)))
            self.message(operation.first, answer)


steps = st.one_of(
    st.tuples(st.just("owner"), st.integers(0, 13), st.sampled_from(CIRCUITS), st.booleans()),
    st.tuples(st.just("corpus"), st.integers(0, len(CORPUS) - 1), st.sampled_from(CIRCUITS), st.booleans()),
    st.tuples(st.just("bytes"), st.binary(min_size=1, max_size=6), st.sampled_from(CIRCUITS), st.booleans()),
    st.tuples(st.just("signal"), st.sampled_from(sorted(VARIANTS["TUP-CHINA"].rows)), st.sampled_from(CIRCUITS), st.booleans()),
    st.tuples(st.just("time"), st.sampled_from((0.1, 2, 9, 30, 61, 200)), st.just(1), st.just(False)),
    st.tuples(st.just("network"), st.integers(0, 3), st.just(1), st.just(False)),
)


def take(walk: Walk, step: tuple[Any, ...]) -> None:
    kind, value, circuit, flag = step
    if kind == "owner":
        walk.owner(value, circuit, flag)
    elif kind == "corpus":
        for _ in range(1 + flag):
            walk.message(32 + circuit, CORPUS[value] or b"\x00")
    elif kind == "bytes":
        walk.message(32 + circuit, value)
    elif kind == "signal":
        walk.message(32 + circuit, bytes((value,)) + b"\x0a\x02\x20\x21"[: 4 * flag])
    elif kind == "time":
        walk.pass_time(value)
    elif value == 0:
        walk.tup.pause(walk.peer, walk.now)
    elif value == 1:
        walk.tup.resume(walk.peer, walk.now)
    else:
        walk.tup.status(walk.peer, StatusCause.CONGESTED if value == 2 else StatusCause.USER_UNEQUIPPED, 1, walk.now)
    walk.collect()
    walk.check()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=40), st.booleans())
def test_any_sequence_leaves_every_circuit_able_to_reach_idle(sequence: list[tuple[Any, ...]], controls: bool) -> None:
    walk = Walk(own=PEER if controls else OWN, peer=OWN if controls else PEER)
    for step in sequence:
        take(walk, step)
    walk.tup.resume(walk.peer, walk.now)
    walk.bring_to_idle()
    assert walk.tup.running_timers() == []
    assert walk.tup.next_deadline is None
    assert {info.call_state for info in walk.tup.circuits()} == {"IDLE"}
    assert {info.state for info in walk.tup.circuits()} <= {"idle", "blocked-local", "blocked-remote", "blocked-both"}
    assert sorted(walk.ended) == sorted(walk.begun)


@pytest.mark.parametrize("seed", range(4))
def test_long_walks_end_in_idle(seed: int) -> None:
    dice = random.Random(seed)
    signals = sorted(VARIANTS["TUP-CHINA"].rows)
    walk = Walk(own=PEER if seed % 2 else OWN, peer=OWN if seed % 2 else PEER)
    for turn in range(6000):
        if turn % 60 == 59:  # nobody blocks for ever
            walk.bring_to_idle()
            walk.tup.unblock_request(CIRCUITS, walk.now)
            walk.tup.unblock_request(CIRCUITS, walk.now, True)
            for heading in (0x48 - 0x10, 0x78, 0xD8):
                walk.message(33, bytes((heading, 2, 7)))
            walk.bring_to_idle()
            assert {info.state for info in walk.tup.circuits()} == {"idle"}
        circuit = dice.choice(CIRCUITS)
        match dice.randrange(6):
            case 0 | 1:
                take(walk, ("owner", dice.randrange(14), circuit, dice.random() < 0.5))
            case 2:
                take(walk, ("corpus", dice.randrange(len(CORPUS)), circuit, False))
            case 3 | 4:
                take(walk, ("signal", dice.choice(signals), circuit, dice.random() < 0.5))
            case _:
                take(walk, ("time", dice.choice((0.1, 2, 9, 30, 61)), 1, False))
    walk.bring_to_idle()
    assert walk.tup.running_timers() == []
    assert sorted(walk.ended) == sorted(walk.begun)


# -- every cell ------------------------------------------------------------------------------------------------------

# How a circuit comes to each state; "o" steps are requests of the owner, the others messages of the peer.
IAM_ST = "11 0a 02 50 08 10 0f"
RECIPES: dict[State, list[str]] = {
    State.IDLE: [],
    State.OUT_WAIT_COMPLETE: ["o setup"],
    State.OUT_WAIT_ANSWER: ["o setup", "14 05"],
    State.OUT_ANSWERED: ["o setup", "14 05", "16"],
    State.OUT_CLEARED_BACK: ["o setup", "14 05", "16", "36"],
    State.OUT_WAIT_RELEASE_GUARD: ["o setup", "14 05", "16", "o release"],
    State.IN_WAIT_INFORMATION: [IAM_ST],
    State.IN_WAIT_COMPLETE: [IAM_ST, "12 02 20 21"],
    State.IN_WAIT_ANSWER: [IAM_ST, "12 02 20 21", "o complete"],
    State.IN_ANSWERED: [IAM_ST, "12 02 20 21", "o complete", "o answer"],
    State.IN_CLEARED_BACK: [IAM_ST, "12 02 20 21", "o complete", "o answer", "o suspend"],
    State.IN_WAIT_CLEAR_FORWARD: [IAM_ST, "12 02 20 21", "o release"],
}
REQUESTS = {
    "setup": 0,
    "release": 7,
    "complete": 8,
    "answer": 9,
    "suspend": 10,
    "resume": 11,
    "information": 12,
    "progress": 13,
}
MESSAGES = {
    Event[row.kind.name]: bytes((row.heading,))
    for row in VARIANTS["TUP-CHINA"].rows.values()
    if row.kind.name in Event.__members__
} | {
    Event.IAM: bytes.fromhex(IAM_ST),
    Event.SAM: b"\x41\x03",
    Event.GSM: b"\x12\x00",
    Event.GRQ: b"\x13\x03",
    Event.ACM: b"\x14\x05",
}


def in_state(state: State, controls: bool) -> Walk:
    walk = Walk(own=PEER if controls else OWN, peer=OWN if controls else PEER)
    for step in RECIPES[state]:
        if step.startswith("o "):
            walk.owner(REQUESTS[step[2:]], 2, False)
        else:
            walk.message(34, bytes.fromhex(step))
    assert walk.tup.circuits()[1].call_state == state.name
    return walk


@pytest.mark.parametrize("state", State)
def test_every_cell_of_messages_and_requests_runs(state: State) -> None:
    """The table and the machine say the same: `traced` compares each step; then the circuit still comes to idle."""
    for controls in (False, True):
        for event, octets in MESSAGES.items():
            for damaged in (False, True):
                walk = in_state(state, controls)
                walk.message(34, octets[:1] if damaged else octets)
                assert ("call", state, event) in SEEN
                walk.bring_to_idle()
                assert walk.tup.running_timers() == []
                assert sorted(walk.ended) == sorted(walk.begun)
        for request in REQUESTS.values():
            walk = in_state(state, controls)
            walk.owner(request, 2, True)
            walk.bring_to_idle()
            assert walk.tup.running_timers() == []
            assert sorted(walk.ended) == sorted(walk.begun)


@pytest.mark.parametrize("state", State)
def test_every_state_ends_by_itself_or_waits_for_people(state: State) -> None:
    """Without owner and peer: set-up and clearing are given up in time; a call that is answered stays."""
    walk = in_state(state, True)
    walk.pass_time(1200)
    after = walk.tup.circuits()[1]
    stays = {State.OUT_ANSWERED, State.IN_ANSWERED, State.IN_CLEARED_BACK, State.IN_WAIT_ANSWER, State.IN_WAIT_COMPLETE}
    if state in stays:
        assert after.call_state == state.name
        assert walk.tup.running_timers() == []
    elif state is State.IDLE:
        assert after.state == "idle"
    elif state is State.IN_WAIT_INFORMATION:
        assert after.call_state == "IN_WAIT_COMPLETE"
    else:
        assert (after.call_state, after.state) == ("IDLE", "reset")
        assert sorted(walk.ended) == sorted(walk.begun)


@pytest.mark.parametrize("state", State)
def test_what_others_do_to_a_call(state: State) -> None:
    """RSC, BLO, HGB, GRS and CCR in every state of a call, and our own reset, block and taking away."""
    for controls in (False, True):
        for octets in (b"\x77", b"\x27", b"\x58\x02\x07", b"\x98\x02", b"\x67", b"\xe7"):
            walk = in_state(state, controls)
            walk.message(33 if len(octets) > 1 else 34, octets)
            walk.bring_to_idle()
            assert walk.tup.running_timers() == []
            assert sorted(walk.ended) == sorted(walk.begun)
        for what, flag in ((1, False), (1, True), (3, True), (3, False), (4, True)):
            walk = in_state(state, controls)
            walk.owner(what, 2, flag)
            walk.bring_to_idle()
            assert walk.tup.running_timers() == []
            assert sorted(walk.ended) == sorted(walk.begun)
        walk = in_state(state, controls)
        walk.tup.remove_circuit(2)
        walk.collect()
        assert walk.tup.running_timers() == []
        assert walk.ended == list(walk.begun)


# -- two machines --------------------------------------------------------------------------------------------------


def live(pair: Pair, dice: random.Random) -> None:
    """Owners of both sides at random: calls begun, answered, ended; circuits blocked and reset."""
    side = dice.choice((A, B))
    tup = pair.sides[side]
    circuit = dice.randint(1, 4)
    running = [info for info in tup.circuits() if info.call is not None]
    try:
        match dice.randrange(10):
            case 0 | 1 | 2 | 3:
                request = p.SetupRequest(called=p.Number("8001"), calling=p.Number("77"), continuity=dice.random() < 0.1)
                tup.setup_request(request, circuit, pair.now)
            case 4 if running:
                tup.address_complete_request(dice.choice(running).call or 0, True, True, pair.now)
            case 5 if running:
                tup.answer_request(dice.choice(running).call or 0, pair.now)
            case 6 | 7 if running:
                tup.release_request(dice.choice(running).call or 0, p.Cause(16), pair.now)
            case 8:
                tup.block_request([circuit], pair.now, dice.random() < 0.3)
            case _:
                if dice.random() < 0.5:
                    tup.unblock_request([circuit], pair.now, dice.random() < 0.3)
                elif dice.random() < 0.3:
                    tup.reset_request([circuit] if dice.random() < 0.7 else [1, 2, 3, 4], pair.now)
                else:
                    tup.continuity_detected(circuit, dice.random() < 0.5, pair.now)
    except LocalError:
        pass
    pair.settle()


def end(pair: Pair) -> None:
    """The network is whole again, owners end their calls, nobody blocks; then quiet."""
    pair.loss = pair.doubling = pair.damage = 0.0
    pair.delay = 0
    pair.hears = True
    pair.run(30)
    for _ in range(2):
        for side in (A, B):
            for info in pair.sides[side].circuits():
                if info.call is not None and info.call_state != "IN_WAIT_INFORMATION":
                    pair.sides[side].release_request(info.call, p.Cause(16), pair.now)
                    pair.settle()
        pair.run(300)
    for side in (A, B):
        pair.sides[side].unblock_request([1, 2, 3, 4], pair.now)
        pair.sides[side].unblock_request([1, 2, 3, 4], pair.now, True)
        pair.settle()
    pair.run(700)


@pytest.mark.parametrize("seed", range(12))
def test_two_sides_agree_after_quiet(seed: int) -> None:
    dice = random.Random(seed)
    pair = Pair(seed=seed, bits=24 if seed % 2 else 14, variant="TUP-CHINA" if seed % 3 else "TUP-ITU")
    pair.loss, pair.doubling, pair.damage = ((0.1, 0, 0), (0.0, 0.15, 0), (0.05, 0.1, 0.05))[seed % 3]
    pair.delay = (0, SECOND // 5, 2 * SECOND)[seed // 3 % 3]
    for _ in range(250):
        live(pair, dice)
        pair.run(dice.choice((0, 0.1, 1, 10)))
    end(pair)
    assert pair.states() == [("idle", "IDLE", "idle", "IDLE")] * 4
    for side in (A, B):
        assert pair.sides[side].running_timers() == []
        begun = [event.call for event in pair.told(side, p.SetupIndication)]
        ended = [event.call for event in pair.told(side, p.ReleaseIndication)]
        assert len(set(ended)) == len(ended)
        assert set(begun) <= set(ended)
    # and both work
    pair.call()


@pytest.mark.parametrize("delay_ms", [0, 50, 400])
def test_no_double_seizure_stands(delay_ms: int) -> None:
    """Both sides seize the same circuits at once, again and again: one call of each pair goes on, the other may be tried again."""
    pair = Pair(seed=1)
    pair.delay = delay_ms * SECOND // 1000
    for turn in range(40):
        circuit = turn % 4 + 1
        calls = []
        for side in (A, B):
            request = p.SetupRequest(called=p.Number("8001"), calling=p.Number("77"))
            calls.append(pair.sides[side].setup_request(request, circuit, pair.now))
        pair.run(2)
        winner = A if pair.sides[A].circuits()[circuit - 1].state == "out" else B
        controls = B if (32 + circuit - 1) % 2 == 0 else A
        assert winner == controls
        lost = pair.told(1 - winner, p.ReleaseIndication)[-1]
        assert (lost.call, lost.again) == (calls[1 - winner], True)
        incoming = pair.told(1 - winner, p.SetupIndication)[-1]
        pair.sides[1 - winner].answer_request(incoming.call, pair.now)
        pair.run(2)
        assert pair.states()[circuit - 1][1 + 2 * winner] == "OUT_ANSWERED"
        pair.sides[winner].release_request(calls[winner], p.Cause(16), pair.now)
        pair.run(3)
        assert pair.states()[circuit - 1] == ("idle", "IDLE", "idle", "IDLE")
