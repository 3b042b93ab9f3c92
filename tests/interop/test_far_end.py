"""The far end against itself: what the other interop tests measure with must be right."""

import pytest
from far_end import FarEnd, free_addresses

pytestmark = pytest.mark.interop


def test_thirty_calls_both_sides() -> None:
    a, b = free_addresses()
    with (
        FarEnd(network=True, local=a, remote=b, answer_ms=100, tone_base=500, hear_base=1000) as callee,
        FarEnd(
            network=False, local=b, remote=a, calls=30, rate=20, hold=2500, digits="12#", tone_base=1000, hear_base=500
        ) as caller,
    ):
        caller.wait("link-up")
        summary = caller.wait_summary(20)
        assert (summary["attempts"], summary["answered"], summary["busy"], summary["stuck"]) == (30, 30, 0, 0)
        assert summary["causes"] == {"16": 30}
        ends = caller.of("end")
        assert len({e["channel"] for e in ends}) == 30, "all thirty at once"
        for e in ends:  # each hears the tone of its own channel and no other
            assert list(e["tones"]) == [str(500 + 10 * (e["channel"] % 32))]
        callee.wait("end", 5, count=30)
        assert {e["digits"] for e in callee.of("end")} == {"12#"}


def test_overlap_with_digits_one_by_one() -> None:
    a, b = free_addresses()
    with (
        FarEnd(network=False, local=a, remote=b, overlap=True, expect_digits=6) as callee,
        FarEnd(network=True, local=b, remote=a, overlap=True, calls=2, called="801234", hold=300) as caller,
    ):
        summary = caller.wait_summary(20)
        assert summary["answered"] == 2
        assert [e["called"] for e in callee.of("ring")] == ["80", "80"]
        callee.wait("end", 5, count=2)
        assert [e["called"] for e in callee.of("end")] == ["801234", "801234"]


@pytest.mark.parametrize(("cause", "at_once"), [(17, False), (1, True)])
def test_refusal_brings_its_cause(cause: int, at_once: bool) -> None:
    a, b = free_addresses()
    with (
        FarEnd(network=False, local=a, remote=b, refuse=cause, no_proceeding=at_once),
        FarEnd(network=True, local=b, remote=a, calls=3) as caller,
    ):
        summary = caller.wait_summary(6)
        assert (summary["lost"], summary["causes"]) == (3, {str(cause): 3})


@pytest.mark.slow
def test_talk_outlives_a_short_loss_of_the_link() -> None:
    a, b = free_addresses()
    with (
        FarEnd(network=False, local=a, remote=b, t309_ms=20000, tone_base=600),
        FarEnd(network=True, local=b, remote=a, calls=1, hold=0, t309_ms=20000, tone_base=600) as caller,
    ):
        caller.wait("answer")
        since = len(caller.events)
        caller.send("drop-link", ms=14000)
        caller.wait("link-down", 14, since=since)
        caller.wait("link-up", 14, since=since)
        assert not caller.of("end")
        caller.send("hangup-all")
        end = caller.wait("end", 5)
        assert end["cause"] == 16
        assert end["longest_gap_ms"] < 200, "sound went on"


def test_reaction_to_a_digit_is_measured() -> None:
    a, b = free_addresses()
    with (
        FarEnd(network=False, local=a, remote=b) as callee,
        FarEnd(network=True, local=b, remote=a, calls=1, hold=0, react_hz=700) as caller,
    ):
        call = caller.wait("answer")["call"]
        callee_call = callee.wait("answered")["call"]
        for digit, hz in (("5", 700), ("6", 0), ("7", 700)):
            caller.send("digits", call=call, digits=digit)
            heard = callee.wait("digit", digit=digit)
            callee.send("tone", call=callee_call, hz=hz)
            if hz:
                reacted = caller.wait("react", count=1 + (digit == "7"))
                assert reacted["mono_ns"] > heard["mono_ns"]
                sent = caller.of("digit-sent", digit=digit)[0]
                assert reacted["ms"] == pytest.approx((reacted["mono_ns"] - sent["end_ns"]) / 1e6, abs=5)
        caller.send("hangup-all")
        assert caller.wait("end")["by"] == "us"
        assert caller.stop()["react_ms_max"] is not None


def test_redirecting_number_and_restart() -> None:
    a, b = free_addresses()
    with (
        FarEnd(network=False, local=a, remote=b) as callee,
        FarEnd(network=True, local=b, remote=a, calls=1, hold=100, redirecting="4001") as caller,
    ):
        caller.wait_summary(20)
        assert callee.of("ring")[0]["redirecting"] == "4001"
        caller.send("restart", channel=3)
        assert callee.wait("restart")["channel"] == 3
        assert caller.wait("restart-ack")["channel"] == 3


def test_loss_of_signal_is_seen() -> None:
    a, b = free_addresses()
    with FarEnd(network=False, local=a, remote=b) as one, FarEnd(network=True, local=b, remote=a) as other:
        one.wait("link-up")
        since = len(other.events)
        one.send("los", ms=400)
        other.wait("alarm", since=since, los=1)
        other.wait("alarm", since=since, los=0)
        one.wait("alarm", rai=1)
