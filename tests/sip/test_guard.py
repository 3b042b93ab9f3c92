"""Failures, waits, bans that grow, what is trusted, limits, restart; on a clock that is only a number."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu.sip.guard import NS, WEIGHTS, Alarm, Banned, Guard, GuardLimits, Unbanned, source_of

A, B = "192.0.2.1", "192.0.2.2"


def test_three_mistakes_are_free_then_waits_double() -> None:
    guard = Guard()
    now, waits = 0, []
    for _ in range(9):
        guard.failed(A, "password", now, "8001")
        wait = 0
        while guard.holds(A, "8001", now + wait):
            wait += NS // 10
        waits.append(wait / NS)
        now += wait
    assert waits == [0, 0, 0, 1, 2, 4, 8, 16, 16]
    assert not guard.holds(B, "8001", now - NS)


def test_ten_failures_ban_and_the_next_ban_is_longer() -> None:
    guard = Guard()
    now, lengths = 0, []
    for _ in range(7):
        for _ in range(10):
            assert not guard.banned(A, now)
            guard.failed(A, "user", now)
        assert guard.banned(A, now)
        (row,) = guard.bans(now)
        lengths.append(row.seconds)
        assert not guard.admits(A, now)
        now += row.seconds * NS
    assert lengths == [300, 1200, 4800, 19200, 76800, 86400, 86400]
    now += 8 * 86400 * NS  # a good week, and the first length again
    for _ in range(10):
        guard.failed(A, "password", now)
    assert guard.bans(now)[0].seconds == 300
    assert guard.refused["banned"] == 7


def test_alarms_are_one_a_minute_and_source() -> None:
    guard = Guard(GuardLimits(ban_at=10_000))
    for second in range(120):
        guard.failed(A, "password", second * NS, f"80{second % 10:02}")
        guard.failed(B, "password", second * NS, "admin")
    alarms = [output for output in guard.outputs if isinstance(output, Alarm)]
    assert len(alarms) == 4
    assert alarms[1] == Alarm(B, "password", 4, "admin")


def test_a_telephone_that_is_challenged_each_time_is_no_offender() -> None:
    guard = Guard()
    for call in range(10_000):
        now = call * NS
        assert guard.admits(A, now)
        guard.challenged(A, now)
        guard.succeeded(A, "8001", now)
    assert not guard.outputs
    assert not guard.bans(now)


def test_one_who_never_answers_challenges_is_banned() -> None:
    guard = Guard()
    for n in range(499):
        guard.challenged(A, n)
    assert guard.admits(A, 499)
    guard.challenged(A, 499)
    assert guard.bans(500)[0].why == "unanswered"
    peer = Guard(peer=lambda host: True)
    for n in range(1000):
        peer.challenged(A, n)
    assert not peer.outputs


def test_three_hundred_telephones_start_behind_one_address() -> None:
    guard = Guard()
    for n in range(300):
        assert guard.admits(A, n)
        guard.challenged(A, n)
    for n in range(100):
        assert guard.admits(A, NS + n)
        guard.succeeded(A, str(n), NS + n)
    assert not guard.bans(2 * NS)


def test_one_valid_password_is_no_licence_to_guess_others() -> None:
    guard = Guard()
    for n in range(10):
        guard.failed(A, "password", n, f"80{n:02}")
        guard.succeeded(A, "9000", n)
    assert guard.banned(A, 10)


def test_behind_a_trusted_address_only_the_user_who_fails_waits() -> None:
    guard = Guard(trusted=lambda host: host == A)
    for n in range(100):
        guard.failed(A, "password", n, "8001")
    assert not guard.banned(A, 100)
    assert guard.admits(A, 100)
    assert guard.holds(A, "8001", 100)
    assert not guard.holds(A, "8002", 100)


def test_peers_are_never_looked_at() -> None:
    guard = Guard(peer=lambda host: host == A)
    for n in range(1000):
        guard.failed(A, "stranger", n)
        assert guard.admits(A, n)
    assert not guard.banned(A, 1000)
    assert not guard.outputs


def test_failures_are_forgotten_when_none_follows() -> None:
    guard = Guard()
    for n in range(9):
        guard.failed(A, "password", n, "8001")
    now = 1000 * NS
    guard.failed(A, "password", now, "8001")
    assert not guard.banned(A, now)
    assert not guard.holds(A, "8001", now)


def test_rate_of_requests_outside_of_dialogs() -> None:
    guard = Guard(GuardLimits(rate=10.0, burst=5.0))
    assert sum(guard.admits(A, 0) for _ in range(100)) == 5
    assert sum(guard.admits(A, n * NS // 100) for n in range(1000)) == 99
    assert guard.admits(B, 0)


def test_dialogs_of_a_source() -> None:
    guard = Guard(GuardLimits(dialogs=3))
    assert [guard.dialog_begun(A, 0) for _ in range(4)] == [True, True, True, False]
    guard.dialog_ended(A)
    assert guard.dialog_begun(A, 0)
    guard.dialog_ended(B)  # of which nothing is known


def test_ipv6_sources_are_networks_of_64_bits() -> None:
    assert source_of("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::"
    assert source_of("fe80::1%eth0") == "fe80::"
    assert source_of("::ffff:192.0.2.1") == A
    guard = Guard()
    for n in range(10):
        guard.failed(f"2001:db8::{n:x}", "user", n)
    assert guard.banned("2001:db8::ffff", 10)
    assert not guard.banned("2001:db8:0:1::1", 10)


def test_by_hand_and_lifted() -> None:
    guard = Guard()
    guard.ban(A, 60, "operator", 0)
    assert guard.outputs == [Banned(A, 60 * NS, "operator")]
    assert guard.unban(A, 1)
    assert not guard.unban(A, 1)
    assert not guard.unban(B, 1)
    assert guard.outputs[1:] == [Unbanned(A)]
    assert guard.admits(A, 1)


def test_bans_outlive_a_restart_and_a_new_clock() -> None:
    guard = Guard()
    for n in range(10):
        guard.failed(A, "password", n, "8001")
    guard.ban(B, 1000, "operator", 5 * NS)
    kept = json.loads(json.dumps(guard.snapshot(100 * NS, 10**18)))
    again = Guard()
    again.restore(kept, 7 * NS, 10**18 + 50 * NS)
    assert [(row.host, row.seconds) for row in again.bans(7 * NS)] == [(B, 1000 - 95 - 50), (A, 300 - 100 - 50 + 1)]
    assert len(again.outputs) == 2
    later = Guard()
    later.restore(kept, 7 * NS, 10**18 + 3600 * NS)  # over, but remembered
    assert not later.bans(7 * NS)
    for n in range(10):
        later.failed(A, "password", 8 * NS + n)
    assert later.bans(9 * NS)[0].seconds == 1200
    much_later = Guard()
    much_later.restore(kept, 7 * NS, 10**18 + 9 * 86400 * NS)
    assert not much_later.snapshot(7 * NS, 0)


def test_sources_are_bounded_and_the_banned_stay() -> None:
    guard = Guard(GuardLimits(sources=100))
    guard.ban(A, 10_000, "operator", 0)
    for n in range(5000):
        guard.failed(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", "user", n)
    assert guard.banned(A, 5000)
    assert len(guard._sources) <= 100


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(WEIGHTS)), st.sampled_from("abc"), st.integers(0, 40), st.booleans()),
        max_size=120,
    )
)
def test_a_ban_comes_only_with_weight_enough_and_waits_are_bounded(walk: list[tuple[str, str, int, bool]]) -> None:
    guard = Guard()
    now, weight = 0, 0
    for what, user, seconds, good in walk:
        now += seconds * NS
        if good:
            guard.succeeded(A, user, now)
            continue
        weight += WEIGHTS[what]
        guard.failed(A, what, now, user)
        assert not guard.holds(A, user, now + 17 * NS)
        if guard.banned(A, now):
            assert weight >= 100
            break
    assert {type(output) for output in guard.outputs} <= {Alarm, Banned}
