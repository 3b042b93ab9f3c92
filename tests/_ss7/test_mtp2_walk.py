"""Any sequence of requests, units, damage and time: nothing raises, every transition stands in its table, and the link
comes back."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mtp2_pair import ARRIVES, LOST, MS, Pair

from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp2_tables import BLOCKS
from xunhu._ss7.mtp2_units import basic_unit, extended_unit
from xunhu._ss7.mtp_primitives import LinkIndication, LinkIndicationKind, LinkRequestKind, ManagementIndication

FORMS = [("64k", "basic"), ("64k", "PCR"), ("2M", "basic"), ("2M", "PCR")]
ENDS = {block: {(row.state, row.event): row.ends_in for row in rows} for block, (rows, _, _) in BLOCKS.items()}


def in_table(block: str, name: str, state: int, event: int, after: int, now: int) -> None:
    """An event that brings another one (the end of an outage) ends where that one does."""
    ends = ENDS[block][state, event]
    if block == "LSC" and after not in ends:
        rows = BLOCKS["LSC"][0]
        after_outage = {
            end for row in rows if row.event.name == "NO_PROCESSOR_OUTAGE" and row.state in ends for end in row.ends_in
        }
        assert after in after_outage, (state, event, after)
        return
    assert after in ends, (block, state, event, after)


def some_unit(dice: random.Random, extended: bool) -> bytes:
    """Near what is valid, now and then nowhere near."""
    kind = dice.randrange(12)
    if kind == 0:
        return dice.randbytes(dice.choice((0, 1, 3, 4, 5, 6, 7, 9, 20, 280)))
    last = 4095 if extended else 127
    bsn, fsn = (dice.choice((last, last, 0, 0, 1, 2, dice.randrange(last + 1))) for _ in range(2))
    bib, fib = (dice.choice((1, 1, 1, 0)) for _ in range(2))
    if kind < 6:
        octets = bytes((dice.choice((0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 7)),)) + bytes(dice.randrange(2))
    elif kind < 9:
        octets = b""
    else:
        octets = bytes((0x85, dice.randrange(256))) + bytes(dice.choice((1, 10, 70, 271)))
    return (extended_unit if extended else basic_unit)(bsn, bib, fsn, fib, octets)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            (
                "request",
                "request",
                "message",
                "unit",
                "unit",
                "unit",
                "doubled",
                "errored",
                "pull",
                "pull",
                "time",
                "timer",
                "line",
            )
        ),
        st.integers(0, 2**32 - 1),
    ),
    max_size=120,
)


def take(link: Mtp2, step: str, seed: int, now: int) -> int:
    """One step of a walk; the time after it."""
    dice = random.Random(seed)
    if step == "request":
        link.request(dice.randrange(1, 15), b"", dice.choice((-1, 0, 1, 127, 5_000)), now)
    elif step == "message":
        for _ in range(dice.choice((1, 3, 150))):
            link.request(0, bytes(dice.choice((3, 20, 273))), 0, now)
    elif step in ("unit", "doubled"):
        unit = some_unit(dice, link.rate == "2M")
        for _ in range(2 if step == "doubled" else 1):
            link.receive_all([unit] if len(unit) != 2 else [], now)
    elif step == "errored":
        link.receive_all([dice.randbytes(2)] * dice.choice((1, 4, 70)), now)
    elif step == "pull":
        for _ in range(dice.choice((1, 5, 300))):
            wanted = link.wants_line
            unit = link.next_signal_unit(now)
            assert (unit is not None) is wanted
            if unit is None:
                break
    elif step == "time":
        now += dice.choice((1, 50, 600, 3_000, 50_000)) * MS
        link.handle_timeout(now)
    elif step == "timer":
        due = link.next_deadline
        if due is not None:
            now = max(now, due)
            link.handle_timeout(now)
            after = link.next_deadline
            assert after is None or after > now
    else:
        link.line(bool(dice.randrange(4)), now)
    return now


@pytest.mark.parametrize(("rate", "correction"), FORMS)
@settings(max_examples=120, deadline=None)
@given(steps=STEPS)
def test_walks_of_one_link(rate: str, correction: str, steps: list[tuple[str, int]]) -> None:
    link = Mtp2("a", rate=rate, correction=correction, trace=in_table)
    link.request(LinkRequestKind.POWER_ON, b"", 0, 0)
    link.request(LinkRequestKind.START, b"", 0, 0)
    now = 0
    for step, seed in steps:
        now = take(link, step, seed, now)
        for output in link.drain():
            assert isinstance(output, LinkIndication | ManagementIndication)
            if isinstance(output, LinkIndication) and output.kind == LinkIndicationKind.MESSAGE:
                assert 3 <= len(output.octets) <= 273
        assert link.queued <= 9_216  # the limit of 2 Mbit/s links
        if link.state in ("power off", "out of service"):
            assert link.next_deadline is None
            assert not link.monitoring
        assert all(value >= 0 for value in link.counters.values())


PAIR_STEPS = st.lists(
    st.tuples(
        st.sampled_from(("send", "send", "send", "run", "run", "request", "noise", "line", "errors")),
        st.sampled_from("ab"),
        st.integers(0, 2**32 - 1),
    ),
    max_size=25,
)


@pytest.mark.parametrize(("rate", "correction"), FORMS)
@settings(max_examples=20, deadline=None)
@given(steps=PAIR_STEPS)
def test_whatever_happened_a_clean_line_brings_both_ends_back(
    rate: str, correction: str, steps: list[tuple[str, str, int]]
) -> None:
    fate = [ARRIVES]
    pair = Pair(
        rate=rate, correction=correction, delay_ms=4, fate_a=lambda n: fate[0], fate_b=lambda n: fate[0], trace=in_table
    ).up()
    for step, end, seed in steps:
        dice = random.Random(seed)
        link = pair.a if end == "a" else pair.b
        if step == "send":
            for _ in range(dice.choice((1, 20))):
                pair.send(end, bytes(dice.choice((3, 60))))
        elif step == "run":
            pair.run(dice.choice((1, 30, 700, 6_000)))
        elif step == "request":
            pair.ask(end, LinkRequestKind(dice.randrange(1, 15)), value=dice.choice((-1, 0, 127)))
        elif step == "noise":
            link.receive_all([some_unit(dice, link.rate == "2M")], pair.now)
        elif step == "line":
            link.line(bool(dice.randrange(2)), pair.now)
        else:
            fate[0] = dice.choice((ARRIVES, LOST))
    fate[0] = ARRIVES
    for link in (pair.a, pair.b):
        link.line(True, pair.now)
    for end in "ab":
        pair.ask(end, LinkRequestKind.STOP)
        pair.ask(end, LinkRequestKind.LOCAL_PROCESSOR_RECOVERED)  # that mark outlives STOP when the link is stopped
    pair.run(500)
    for end in "ab":
        pair.ask(end, LinkRequestKind.EMERGENCY)
        pair.ask(end, LinkRequestKind.START)
    pair.run(3_000)
    assert pair.a.state == pair.b.state == "in service"
    begin = {end: len(pair.messages(end)) for end in "ab"}
    sent = [bytes((0x85, number, 7)) for number in range(30)]
    for octets in sent:
        pair.send("a", octets)
        pair.send("b", octets)
    pair.run(2_000)
    # what was given before the alignment may be sent first
    for end in "ab":
        assert pair.messages(end)[begin[end] :][-30:] == sent
    assert pair.a.next_deadline is None
    assert pair.b.next_deadline is None


@pytest.mark.parametrize("extended", [False, True])
@settings(max_examples=400, deadline=None)
@given(units=st.lists(st.binary(max_size=290), max_size=30), in_service=st.booleans())
def test_fuzz_of_receive(extended: bool, units: list[bytes], in_service: bool) -> None:
    """Octets without any sense; the list includes records of errored units (two octets)."""
    link = Mtp2("a", rate="2M" if extended else "64k", trace=in_table)
    link.request(LinkRequestKind.POWER_ON, b"", 0, 0)
    link.request(LinkRequestKind.START, b"", 0, 0)
    now = 0
    if in_service:
        make, last = (extended_unit, 4095) if extended else (basic_unit, 127)
        for status in (0, 2):
            link.receive(make(last, 1, last, 1, bytes((status,))), 0)
        now = 500 * MS
        link.handle_timeout(now)
        link.receive(make(last, 1, last, 1, b""), now)
        assert link.state == "in service"
    link.receive_all(units, now)
    for unit in units:
        link.receive(unit, now)
    link.handle_timeout(now + 100_000 * MS)
    link.drain()
    while link.next_signal_unit(now) is not None:
        pass
