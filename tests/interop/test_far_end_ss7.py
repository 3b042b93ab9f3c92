"""The exchange of libss7 against itself: what the SS7 tests measure with must be right."""

from __future__ import annotations

import pytest
from far_end import Exchange, free_addresses

pytestmark = pytest.mark.interop


def two(
    lines: int = 1, high: dict[str, object] | None = None, low: dict[str, object] | None = None
) -> tuple[Exchange, Exchange]:
    """Exchanges 1 and 2, the second one with the higher point code, which controls even circuits."""
    at = free_addresses(2 * lines)
    mine, other = ",".join(at[:lines]), ",".join(at[lines:])
    return (
        Exchange(local=mine, remote=other, own=1, adjacent=2, **(low or {})),
        Exchange(local=other, remote=mine, own=2, adjacent=1, **(high or {})),
    )


def test_calls_both_sides() -> None:
    caller, callee = two(
        low={"calls": 30, "rate": 20, "hold": 2500, "digits": "12#", "tone_base": 1000, "hear_base": 500},
        high={"answer_ms": 100, "tone_base": 500, "hear_base": 1000},
    )
    with caller, callee:
        caller.wait("link-up", 20)
        summary = caller.wait_summary(20)
        assert (summary["attempts"], summary["answered"], summary["busy"], summary["stuck"]) == (30, 30, 0, 0)
        assert summary["causes"] == {"16": 30}
        ends = caller.of("end")
        assert {e["channel"] for e in ends} == set(range(1, 32)) - {16}, "all thirty at once"
        for e in ends:  # each hears the tone of its own channel and no other
            assert list(e["tones"]) == [str(500 + 10 * (e["channel"] % 32))]
        callee.wait("end", 5, count=30)
        assert {e["digits"] for e in callee.of("end")} == {"12#"}
        assert {e["called"] for e in callee.of("ring")} == {"4006000998"}


def test_two_lines_and_a_link_cut_between() -> None:
    """Talks go on. Messages not acknowledged at the cut are lost between two of libss7, which drops each changeover order for
    another link than the one it comes by; T7 and T1 end such calls."""
    common = {"t7_ms": 4000, "t1_ms": 4000}
    caller, callee = two(
        2,
        low={"calls": 60, "rate": 20, "hold": 3000, "tone_base": 1000, "hear_base": 500, **common},
        high={"tone_base": 500, "hear_base": 1000, **common},
    )
    with caller, callee:
        for peer in (caller, callee):
            peer.wait("mtp2-up", 20, count=2)
        caller.wait("answer", 20, count=20)
        talks = {e["call"] for e in caller.of("answer")}
        for peer in (caller, callee):
            peer.send("cut-link", line=1, ms=3000)
        for peer in (caller, callee):
            peer.wait("link-alarm", 5, line=1, on=True)
            peer.wait("mtp2-up", 5, count=3)
        summary = caller.wait_summary(40)
        assert (summary["stuck"], summary["link_downs"]) == (0, 0)
        ends = {e["call"]: e for e in caller.of("end")}
        assert {ends[call]["cause"] for call in talks} == {16}
        assert all(ends[call]["longest_gap_ms"] < 100 for call in talks)
        assert set(summary["causes"]) <= {"16", "31"}


def test_dual_seizure() -> None:
    low, high = two(low={"hold": 500}, high={"hold": 500})
    with low, high:
        low.wait("link-up", 20)
        high.wait("link-up", 20)
        for channel in (5, 6):
            low.send("call", channel=channel, called=f"10{channel}")
            high.send("call", channel=channel, called=f"20{channel}")
        for peer in (low, high):
            peer.wait("end", 10, count=2, dir="out")
            peer.wait("end", 10, count=2, dir="in")
            assert {(e["cause"], e["answered"]) for e in peer.of("end")} == {(16, True)}


def test_blocking_and_resetting() -> None:
    low, high = two()
    with low, high:
        low.wait("link-up", 20)
        high.wait("link-up", 20)
        low.send("block", channel=3)
        assert high.wait("blo")["channel"] == 3
        assert low.wait("bla")["channel"] == 3
        low.send("unblock", channel=3)
        assert low.wait("uba")["channel"] == 3
        low.send("block-group", channel=1, last=31, hardware=1)
        seen = high.wait("cgb")
        assert (seen["status"], seen["hardware"]) == ("1" * 15 + "0" + "1" * 15, 1)
        assert low.wait("cgba")["status"] == seen["status"]
        low.send("unblock-group", channel=1, last=31, hardware=1)
        assert low.wait("cgua")["hardware"] == 1
        high.send("reset", channel=7)
        assert low.wait("rsc")["channel"] == 7
        assert high.wait("rlc", of="rsc")["channel"] == 7
        high.send("reset-group", channel=1, last=15)
        assert (low.wait("grs")["last"], high.wait("gra")["last"]) == (15, 15)


def test_suspended_and_resumed() -> None:
    low, high = two(low={"hold": 0})
    with low, high:
        low.wait("link-up", 20)
        low.send("call", called="3333")
        low.wait("answer")
        call = high.wait("answered")["call"]
        high.send("suspend", call=call)
        low.wait("suspended", network=True)
        high.send("resume", call=call)
        low.wait("resumed", network=True)
        high.send("hangup", call=call, cause=17)
        assert low.wait("end")["cause"] == 17
