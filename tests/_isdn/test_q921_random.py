"""LAPD under loss, doubling, delay and rubbish: nothing raises, transitions stay in the table, data come in order."""

from __future__ import annotations

import random
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from q921_forms import FORMS, MS, Pair

from xunhu._isdn import q921
from xunhu._isdn.q921_frames import decode_frame
from xunhu._isdn.q921_table import TRANSITIONS, Event, State

ENDS = {(row.state, row.event): row.ends_in for row in TRANSITIONS}


def check_rows(pair: Pair) -> None:
    for name, state, event, after in pair.rows:
        assert State(after) in ENDS[State(state), Event(event)], (name, state, event, after)


@pytest.mark.parametrize("form", list(FORMS))
@pytest.mark.parametrize("modulus", [4, 5, 7, 11, 13])
def test_every_nth_frame_lost(form: str, modulus: int) -> None:
    pair = Pair(FORMS[form]).up()
    pair.fate = lambda name, n, frame: 0 if n % modulus == 0 else 1
    sent = [bytes([i]) for i in range(60)]
    for payload in sent:
        pair.a.dl_data_request(payload, pair.now)
        pair.b.dl_data_request(payload, pair.now)
        pair.run(30)
    pair.run(120_000)
    check_rows(pair)
    assert pair.data("a") == pair.data("b") == sent
    assert pair.errors("a") == pair.errors("b") == ""
    assert pair.a.counters["retransmitted"] > 0


@pytest.mark.parametrize("form", list(FORMS))
@pytest.mark.parametrize("modulus", [2, 3, 7])
def test_every_nth_frame_doubled(form: str, modulus: int) -> None:
    pair = Pair(FORMS[form]).up()
    pair.fate = lambda name, n, frame: 2 if n % modulus == 0 else 1
    sent = [bytes([i]) for i in range(60)]
    for payload in sent:
        pair.a.dl_data_request(payload, pair.now)
        pair.run(3)
    pair.run(60_000)
    check_rows(pair)
    assert pair.data("b") == sent
    assert set(pair.errors("a") + pair.errors("b")) <= {"A"}


@pytest.mark.parametrize("delay_ms", [1, 100, 450, 900])
def test_delay_of_the_line(delay_ms: int) -> None:
    pair = Pair(q921)
    pair.delay = delay_ms * MS
    pair.a.dl_establish_request(0)
    pair.run(5000)
    sent = [bytes([i]) for i in range(40)]
    for payload in sent:
        pair.a.dl_data_request(payload, pair.now)
    pair.run(200_000)
    check_rows(pair)
    assert pair.data("b") == sent  # T200 below the round trip costs enquiries, not data


def test_the_same_run_gives_the_same_octets() -> None:
    def run(q: ModuleType) -> list[tuple[str, bytes]]:
        dice = random.Random(5)
        pair = Pair(q, fate=lambda name, n, frame: dice.choice((0, 1, 1, 1, 1, 1, 2)))
        pair.a.dl_establish_request(0)
        for i in range(200):
            pair.a.dl_data_request(bytes([i]), pair.now)
            pair.b.dl_data_request(bytes([i]), pair.now)
            pair.run(100)
        return pair.frames

    assert run(FORMS["built"]) == run(FORMS["source"]) == run(FORMS["built"])


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("data"), st.sampled_from("ab"), st.integers(0, 40)),
        st.tuples(st.just("establish"), st.sampled_from("ab"), st.just(0)),
        st.tuples(st.just("release"), st.sampled_from("ab"), st.just(0)),
        st.tuples(st.just("busy"), st.sampled_from("ab"), st.integers(0, 1)),
        st.tuples(st.just("line"), st.sampled_from("ab"), st.just(0)),
        st.tuples(st.just("run"), st.just("a"), st.integers(1, 12_000)),
        st.tuples(st.just("noise"), st.sampled_from("ab"), st.integers(0, 2**32 - 1)),
    ),
    max_size=60,
)


def noise(seed: int) -> bytes:
    """A frame of our own address with any control field, numbers near what is valid, some length."""
    dice = random.Random(seed)
    control = dice.choice((0x6F, 0x7F, 0x43, 0x53, 0x63, 0x73, 0x0F, 0x1F, 0x87, 0xAF, 0x03, 0x01, 0x05, 0x09, 0, 2, 4))
    rest = bytes(dice.choice((0, 1, 2, 3, 4, 5, 255)) for _ in range(dice.choice((0, 1, 1, 1, 2, 5, 9))))
    return bytes((dice.choice((0, 2)), 1, control)) + rest


@settings(max_examples=150, deadline=None)
@given(steps=STEPS, losses=st.lists(st.integers(0, 2), min_size=1, max_size=20))
def test_random_walks_stay_in_the_table(steps: list[tuple[str, str, int]], losses: list[int]) -> None:
    pair = Pair(q921, fate=lambda name, n, frame: losses[n % len(losses)])
    for step, name, value in steps:
        link = pair.a if name == "a" else pair.b
        if step == "data":
            if link.queued < link.queue_limit:
                link.dl_data_request(bytes(value), pair.now)
        elif step == "establish":
            link.dl_establish_request(pair.now)
        elif step == "release":
            link.dl_release_request(pair.now)
        elif step == "busy":
            link.set_own_receiver_busy(bool(value), pair.now)
        elif step == "line":
            link.ph_deactivate_indication(pair.now)
        elif step == "noise":
            link.receive(noise(value), pair.now)
        else:
            pair.run(value)
        for side in (pair.a, pair.b):
            vs, va, _ = side.variables
            assert (vs - va) & 0x7F <= side.k
    check_rows(pair)
    # the line is good again: released from above, nothing runs any more
    pair.fate = None
    pair.run(10_000)
    pair.a.dl_release_request(pair.now)
    pair.b.dl_release_request(pair.now)
    pair.run(20_000)
    for side in (pair.a, pair.b):
        assert side.state is State.TEI_ASSIGNED
        assert side.next_deadline is None
    check_rows(pair)


@settings(max_examples=300, deadline=None)
@given(frames=st.lists(st.binary(max_size=300), max_size=20), state=st.integers(4, 8))
def test_rubbish_raises_nothing(frames: list[bytes], state: int) -> None:
    link = q921.DataLink(False)
    if state in (5, 6):
        link.dl_establish_request(0)
    if state == 6:
        link.dl_release_request(0)
    if state >= 7:
        link.receive(bytes((2, 1, 0x7F)), 0)
    if state == 8:
        link.handle_timeout(link.t203_ns)
    for i, frame in enumerate(frames):
        link.receive(frame, i)
        link.receive(bytes((2, 1)) + frame, i)
        decode_frame(frame)
    link.drain()
    assert link.counters["frames_received"] == 2 * len(frames) + (state >= 7)


def test_every_single_bit_error_in_a_dialogue() -> None:
    """Each octet of each frame of a dialogue damaged bit by bit: FCS would catch it; without, nothing must break."""
    clean = Pair(q921).up()
    for i in range(4):
        clean.a.dl_data_request(bytes([i, 0x55]), clean.now)
    clean.run(12_000)
    frames = [f for name, f in clean.frames if name == "a"]
    assert len(frames) > 5
    for index, frame in enumerate(frames):
        for bit in range(len(frame) * 8):
            link = q921.DataLink(False)
            for i, good in enumerate(frames):
                bad = bytearray(good)
                if i == index:
                    bad[bit // 8] ^= 1 << bit % 8
                link.receive(bytes(bad), i)
            assert link.counters["frames_received"] == len(frames)
            assert all(decode_frame(f).kind != "invalid" for f in [frame])
