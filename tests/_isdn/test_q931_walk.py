"""Random walks: whatever owners, line, clock and garbage do, calls stay in the table, end once, and leave nothing behind."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from q931_pair import End, Pair, S

from xunhu._isdn import q931_codec as c
from xunhu._isdn import q931_ie as ie
from xunhu._isdn.primitives import Cause, Number, Progress, ReleaseIndication, SetupIndication, SetupRequest
from xunhu.protocol.errors import LocalError

INBAND = (Progress(8),)

steps = st.lists(
    st.tuples(
        st.sampled_from(
            (
                *("setup", "overlap", "more", "proceed", "alert", "progress", "answer", "digits"),
                *("disconnect", "tone", "release", "notify", "enquire", "restart", "restart_all"),
                *("carry", "carry", "carry", "lose", "wait", "wait_long", "down", "up", "reset", "garbage", "forge"),
            )
        ),
        st.booleans(),
        st.integers(0, 255),
    ),
    max_size=60,
)

FORGED = [row.type for row in c.MESSAGE_ROWS] + [0x34, 0xFF]
ELEMENTS: list[Any] = [
    Cause(16),
    Progress(8),
    ie.ChannelIdentification((2,)),
    ie.ChannelIdentification((9,)),
    ie.BearerCapability(0, 16, b"\xa3"),
    ie.CallState(0),
    ie.CallState(10),
    ie.CallState(3),
    ie.RestartIndicator(0),
    ie.RestartIndicator(7),
    ie.CalledPartyNumber("12"),
    ie.SingleOctet(0xA1),
    ie.Notification(1),
    ie.SegmentedMessage(True, 1, 5),
]


def forge(end: End, number: int, now: int) -> None:
    """A well-formed message at a wrong moment, of a call there is or of none."""
    calls = end.q.calls()
    reference, flag = number % 7, bool(number & 1)
    if calls and number % 5:
        info = calls[number % len(calls)]
        reference, flag = info.reference, info.originated
    some = tuple(e for i, e in enumerate(ELEMENTS) if (number * 7 >> i % 8) & 1)
    end.q.receive(c.encode(c.Message(FORGED[number % len(FORGED)], reference, flag, some)), now)


def ask(pair: Pair, end: End, what: str, number: int) -> None:
    """One wish of an owner; one that cannot be must say so and change nothing."""
    q, now = end.q, pair.now
    calls = [k.call for k in q.calls()]
    call = calls[number % len(calls)] if calls else number % 3
    requests = {
        "setup": lambda: q.setup_request(SetupRequest(Number("1"), channel=1 + number % 3 or None), now),
        "overlap": lambda: q.setup_request(SetupRequest(Number("1"), sending_complete=False), now),
        "more": lambda: q.more_info_request(call, now),
        "proceed": lambda: q.proceeding_request(call, now),
        "alert": lambda: q.alerting_request(call, now, INBAND),
        "progress": lambda: q.progress_request(call, now, INBAND),
        "answer": lambda: q.setup_response(call, now),
        "digits": lambda: q.information_request(call, "5", number % 2 == 1, now),
        "disconnect": lambda: q.disconnect_request(call, Cause(16), now),
        "tone": lambda: q.disconnect_request(call, Cause(17), now, INBAND),
        "release": lambda: q.release_request(call, Cause(16), now),
        "notify": lambda: q.notify_request(call, 0, now),
        "enquire": lambda: q.status_enquiry_request(call, now),
        "restart": lambda: q.restart_request([1 + number % 3], now),
        "restart_all": lambda: q.restart_request(None, now),
    }
    before = q.calls()
    try:
        requests[what]()
    except LocalError:
        assert q.calls() == before


def move(pair: Pair, what: str, user: bool, number: int) -> None:
    end = pair.user if user else pair.network
    if what == "carry":
        pair.run()
    elif what == "lose":
        pair.lose()
    elif what in ("wait", "wait_long"):
        pair.turn(number / 50 if what == "wait" else number, carry=number % 3 != 0)
    elif what == "down":
        pair.link_down()
    elif what == "up":
        pair.link_up()
    elif what == "reset":
        end.q.data_link_established(pair.now)
    elif what == "garbage":
        end.q.receive(bytes((8, 2, number & 0x80, number % 5, number)) + bytes(range(number % 9)), pair.now)
    elif what == "forge":
        forge(end, number, pair.now)
    else:
        ask(pair, end, what, number)
    for e in (pair.user, pair.network):
        e.collect()
        assert len(e.q.calls()) <= 2 * 3 + 8


def finish(pair: Pair) -> None:
    """Owners release everything; then only time passes."""
    for _ in range(3):
        pair.link_up()
        for end in (pair.user, pair.network):
            for info in end.q.calls():
                end.q.release_request(info.call, Cause(16), pair.now)
        pair.turn(1000)


@settings(max_examples=150, deadline=None)
@given(steps, st.sampled_from(("NET5", "TR41459")))
def test_walk(moves: list[tuple[str, bool, int]], variant: str) -> None:
    pair = Pair(variant, channels=(1, 2, 3))
    asked: dict[str, set[int]] = {"user": set(), "network": set()}
    for what, user, number in moves:
        move(pair, what, user, number)
        for end in (pair.user, pair.network):
            asked[end.q.side] |= {info.call for info in end.q.calls()}
    finish(pair)
    for end in (pair.user, pair.network):
        end.collect()
        assert end.q.calls() == []
        assert end.q.running_timers() == []
        assert end.q.next_deadline is None
        assert "busy" not in end.q.channel_states().values()
        over = [h.call for h in end.heard if isinstance(h, ReleaseIndication)]
        assert len(over) == len(set(over))
        told = {h.call for h in end.heard if isinstance(h, SetupIndication)}
        assert set(over) >= asked[end.q.side] | told
        for octets in end.sent:
            message = c.decode(octets)
            assert message.faults == ()
            table = c.SERVICE_MESSAGES if message.discriminator == c.MAINTENANCE else c.MESSAGES
            row = table[message.type]
            assert c.missing_elements(message, row, end.q.side == "network") == ()
            assert c.unexpected_elements(message, row) == ()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=12), st.sampled_from(("user", "network")))
def test_octets_raise_nothing(payloads: list[bytes], side: str) -> None:
    end = End(side, channels=(1, 2, 3))
    end.q.data_link_established(0)
    for i, payload in enumerate(payloads):
        end.q.receive(payload, i)
        end.q.receive(b"\x08\x02\x00\x01" + payload, i)
        end.q.receive(b"\x08\x02\x00\x00" + payload, i)
        end.collect()
    end.q.handle_timeout(1000 * S)


def test_same_run_same_octets() -> None:
    """No clock, no chance: two runs send the same."""
    runs = []
    for _ in range(2):
        pair = Pair()
        pair.talk(pair.user)
        pair.talk(pair.network)
        pair.turn(500)
        runs.append((pair.user.sent, pair.network.sent))
    assert runs[0] == runs[1]


def test_thousand_calls_leave_nothing() -> None:
    """References go on, channels come back."""
    pair = Pair(channels=(1, 2))
    for i in range(300):
        end = pair.user if i % 2 else pair.network
        a, _ = pair.talk(end)
        pair.clear(end, a)
    pair.at_rest()


@pytest.mark.parametrize("side", ["user", "network"])
def test_timeouts_without_timers(side: str) -> None:
    end = End(side)
    end.q.handle_timeout(S)
    assert end.q.next_deadline is None
