"""Session timers (RFC 4028): who refreshes, by what, and what happens when nobody does."""

from __future__ import annotations

from typing import Any

import pytest
from agents import ANSWER, MS, Agent, Net, S, empty, pair

from xunhu.sip.address import Admission, UaPeer, UaSettings
from xunhu.sip.events import Answered, Ended, Invited, Offered
from xunhu.sip.session import SessionState
from xunhu.sip.session_timer import delta_seconds, refresher_of


def talk(mine: int, theirs: int, allow: tuple[str, ...] | None = None) -> tuple[Net, Agent, Agent, Any, Any]:
    """mine, theirs: seconds that each side wants, 0 none."""
    settings = UaSettings() if allow is None else UaSettings(allow=allow)
    net, a, b = pair(settings=settings)
    b.ua.admit = lambda message, source, flow: Admission.accept(UaPeer(session_timer=theirs))

    def answer(event: Any) -> None:
        if type(event) is Offered:
            event.session.answer_offer(ANSWER, now=net.now)

    a.on_event = b.on_event = answer
    session = a.invite(b, peer=UaPeer(session_timer=mine))
    net.pass_by(20 * MS)
    called = b.take(Invited).session
    called.answer(ANSWER, now=net.now)
    net.pass_by(20 * MS)
    a.take(Answered)
    net.log.clear()
    return net, a, b, session, called


@pytest.mark.parametrize(
    ("mine", "theirs", "interval", "caller_refreshes"),
    [(600, 0, 600, True), (0, 600, 600, False), (600, 200, 200, True), (200, 600, 200, True), (0, 0, 0, False)],
)
def test_who_refreshes(mine: int, theirs: int, interval: int, caller_refreshes: bool) -> None:
    net, a, b, session, called = talk(mine, theirs)
    assert session.session_interval == called.session_interval == interval
    if interval:
        assert (session.refresher, called.refresher) == (caller_refreshes, not caller_refreshes)
    net.pass_by(3610 * S)
    assert session.state == called.state == SessionState.CONFIRMED
    assert net.log.count("UPDATE") == (3600 // (interval // 2) if interval else 0)
    session.bye(now=net.now)
    net.run()
    assert empty(a)
    assert empty(b)


def test_refresh_by_invite_where_update_is_not_allowed() -> None:
    allow = tuple(method for method in UaSettings().allow if method != "UPDATE")
    net, _a, _b, session, called = talk(600, 0, allow)
    net.pass_by(1000 * S)
    assert net.log == ["INVITE", "200 INVITE", "ACK"] * 3
    assert session.state == called.state == SessionState.CONFIRMED


def test_nobody_refreshes() -> None:
    """The other side is gone: the one that refreshes finds out by its refresh, the one that waits by its timer (§10)."""
    net, a, b, _session, _called = talk(600, 0)
    begin = net.now
    net.fate = lambda data, source, to: []
    net.run()
    assert b.take(Ended)[1:3] == (False, 408)
    assert a.take(Ended)[1:3] == (False, 408)
    byes = {host: at for at, host, data in reversed(net.sent) if data.startswith(b"BYE")}
    assert (byes["10.0.0.2"] - begin) // S == 600 - 32 - 1
    assert (byes["10.0.0.1"] - begin) // S == 300 + 32 - 1
    assert empty(a)
    assert empty(b)


def test_a_short_timer_is_refused_and_prolonged() -> None:
    net, a, b = pair()
    b.ua.admit = lambda message, source, flow: Admission.accept(UaPeer(min_se=500))
    session = a.invite(b, peer=UaPeer(session_timer=120))
    net.pass_by(50 * MS)
    b.take(Invited).session.answer(ANSWER, now=net.now)
    net.pass_by(20 * MS)
    assert net.log[:4] == ["INVITE", "422 INVITE", "ACK", "INVITE"]
    assert session.session_interval == 500


@pytest.mark.parametrize(
    ("text", "seconds", "refresher"),
    [
        ("1800", 1800, ""),
        ("90 ; refresher=uas", 90, "uas"),
        ("90;x=y;Refresher=UAC", 90, "uac"),
        ("", -1, ""),
        ("x", -1, ""),
        ("99999999999", -1, ""),
        ("4294967295", 86400, ""),
        ("5;refresher=both", 5, ""),
    ],
)
def test_values(text: str, seconds: int, refresher: str) -> None:
    assert delta_seconds(text) == seconds
    assert refresher_of(text) == refresher
