"""Two links back to back over lines that lose, damage and delay: every MSU once and in order (Q.703 §5, §6)."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mtp2_pair import ARRIVES, ERRORED, LOST, Pair

from xunhu._ss7.mtp_primitives import LinkRequestKind

FORMS = [("64k", "basic"), ("64k", "PCR"), ("2M", "basic"), ("2M", "PCR")]
forms = pytest.mark.parametrize(("rate", "correction"), FORMS)


def message(number: int, size: int = 20) -> bytes:
    return bytes((0x85, number & 255, number >> 8)) + bytes(size - 3)


def every(n: int, what: int = LOST) -> Callable[[int], int]:
    return lambda number: what if number % n == 0 else ARRIVES


def exchange(pair: Pair, count: int, gap_ms: float = 10, rest_ms: float = 4_000) -> list[bytes]:
    sent = [message(number) for number in range(count)]
    for octets in sent:
        pair.send("a", octets)
        pair.send("b", octets)
        pair.run(gap_ms)
    pair.run(rest_ms)
    assert pair.a.state == pair.b.state == "in service", (pair.heard("a"), pair.heard("b"))
    assert pair.messages("a") == pair.messages("b") == sent
    assert pair.a.queued == pair.b.queued == 0
    assert pair.a.next_deadline is None
    return sent


@forms
def test_a_clean_line_sends_nothing_twice_in_basic(rate: str, correction: str) -> None:
    pair = Pair(rate=rate, correction=correction).up()
    exchange(pair, 300)
    for link in (pair.a, pair.b):
        counters = link.counters
        assert counters["messages_sent"] == counters["messages_received"] == 300
        assert counters["octets_sent"] == counters["octets_received"] == 6_000
        assert counters["failures"] == counters["nacks_received"] == counters["nacks_sent"] == 0
        if correction == "basic":
            assert counters["messages_retransmitted"] == counters["out_of_sequence"] == 0


@forms
@pytest.mark.parametrize("n", [5, 11, 17])
def test_every_nth_unit_lost(rate: str, correction: str, n: int) -> None:
    pair = Pair(rate=rate, correction=correction, fate_a=every(n), fate_b=every(n + 2)).up()
    exchange(pair, 200)
    assert pair.a.counters["messages_retransmitted"] > 0
    assert (pair.a.counters["nacks_received"] > 0) is (correction == "basic")


@forms
def test_errors_below_what_fails_a_link(rate: str, correction: str) -> None:
    """SUERM bears one unit in 256, EIM one in two seconds."""
    n = 307 if rate == "64k" else 997
    pair = Pair(rate=rate, correction=correction, fate_a=every(n, ERRORED), fate_b=every(n + 2, ERRORED)).up()
    exchange(pair, 400)
    assert pair.a.counters["errored_units"] > 0


@forms
@pytest.mark.parametrize("delay_ms", [1, 40, 300])
def test_delay(rate: str, correction: str, delay_ms: int) -> None:
    """A loss costs the loop twice, which T7 must allow."""
    timers = {"T7": 2_000}
    pair = Pair(
        rate=rate, correction=correction, delay_ms=delay_ms, fate_a=every(23), fate_b=every(31), timers_ms=timers
    )
    pair.up()
    exchange(pair, 60)


@forms
def test_a_full_window_of_traffic_in_both_directions(rate: str, correction: str) -> None:
    """All at once: N1 messages outstanding, the rest in the transmission buffer."""
    pair = Pair(rate=rate, correction=correction, delay_ms=10, fate_a=every(97), fate_b=every(89)).up()
    exchange(pair, 500, gap_ms=0, rest_ms=20_000)


def test_6_4_forced_retransmission_on_a_long_loop() -> None:
    """PCR with few numbers and a long delay: N1 is reached again and again."""
    pair = Pair(correction="PCR", delay_ms=200, parameters={"N1": 8}, fate_a=every(13)).up()
    exchange(pair, 100, gap_ms=15, rest_ms=20_000)


def test_6_4_forced_retransmission_by_octets() -> None:
    pair = Pair(correction="PCR", delay_ms=100, parameters={"N2": 300}, fate_a=every(17), fate_b=every(19)).up()
    exchange(pair, 60, gap_ms=20, rest_ms=20_000)


@pytest.mark.parametrize(("rate", "correction"), FORMS)
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    loss=st.integers(0, 12),
    delay=st.integers(0, 120),
    gap=st.sampled_from([0, 3, 12]),
)
def test_any_line(rate: str, correction: str, seed: int, loss: int, delay: int, gap: int) -> None:
    dice = random.Random(seed)
    fates = [LOST if dice.randrange(100) < loss else ARRIVES for _ in range(997)]
    pair = Pair(
        rate=rate,
        correction=correction,
        delay_ms=delay,
        fate_a=lambda n: fates[n % 997],
        fate_b=lambda n: fates[(3 * n + 1) % 997],
        timers_ms={"T7": 2_000},
    ).up()
    exchange(pair, 80, gap_ms=gap, rest_ms=8_000)


@forms
def test_a_link_that_fails_and_comes_back_loses_nothing_that_is_retrieved(rate: str, correction: str) -> None:
    """Changeover to the link itself: what b has not accepted is retrieved by its BSNT and sent again (Q.704 §5)."""
    pair = Pair(rate=rate, correction=correction, delay_ms=5).up()
    for number in range(100):
        pair.send("a", message(number))
    pair.run(60)
    pair.a.line(False, pair.now)
    pair.b.line(False, pair.now)
    pair.run(20)
    pair.ask("b", LinkRequestKind.RETRIEVE_BSNT)
    bsnt = [value for kind, value in pair.heard("b") if kind == "BSNT"]
    pair.ask("a", LinkRequestKind.RETRIEVE, value=bsnt[0])
    left = [said.octets for said in pair.said["a"] if said.kind == 6]
    assert pair.messages("b") + left == [message(number) for number in range(100)]
    for link in (pair.a, pair.b):
        link.line(True, pair.now)
    for end in "ab":
        pair.ask(end, LinkRequestKind.START)
    pair.run(40_000)
    assert pair.a.state == pair.b.state == "in service"
    for octets in left:
        pair.send("a", octets)
    pair.run(3_000)
    assert pair.messages("b") == [message(number) for number in range(100)]


def test_the_same_run_gives_the_same_octets() -> None:
    def run() -> list[tuple[int, int, bytes]]:
        seen: list[tuple[int, int, bytes]] = []
        pair = Pair(fate_a=every(7), fate_b=every(9), delay_ms=3).up()
        for way in pair.ways:
            carry = way.carry
            number = pair.ways.index(way)
            way.carry = lambda unit, short, carry=carry, number=number: (  # type: ignore[method-assign, misc]
                seen.append((pair.now, number, unit)),
                carry(unit, short),
            )
        exchange(pair, 50)
        return seen

    first = run()
    assert len(first) > 150
    assert first == run()
