"""REFER at both sides, Replaces (RFC 3515, 3891, 3892, 4488), INFO and MESSAGE in a call."""

from __future__ import annotations

from typing import Any

import pytest
from agents import ANSWER, MS, OFFER, Agent, Net, S, empty, pair

from xunhu.sip.events import (
    Acknowledged,
    Answered,
    Ended,
    InfoAnswered,
    InfoReceived,
    Invited,
    ReferProgress,
    Referred,
    Refused,
    Replaced,
    RequestReceived,
)
from xunhu.sip.message import parse
from xunhu.sip.session_refer import parse_replaces, sipfrag_status


def talk(net: Net, a: Agent, b: Agent) -> tuple[Any, Any]:
    session = a.invite(b)
    net.pass_by(20 * MS)
    called = b.take(Invited).session
    called.answer(ANSWER, now=net.now)
    net.pass_by(20 * MS)
    a.take(Answered)
    b.take(Acknowledged)
    net.log.clear()
    return session, called


def test_a_transfer_told_to_its_end() -> None:
    net, a, b = pair()
    session, called = talk(net, a, b)
    called.refer("sip:charlie@10.0.0.3", "<sip:bob@b>", now=net.now)
    net.pass_by(20 * MS)
    referred = a.take(Referred)
    assert (str(referred.refer_to.uri), referred.referred_by, referred.replaces) == (
        "sip:charlie@10.0.0.3",
        "<sip:bob@b>",
        None,
    )
    assert referred.session is session
    referred.accept(now=net.now)
    referred.notify(180, now=net.now)
    referred.notify(183, now=net.now)
    referred.notify(200, now=net.now)  # of those that wait the last goes
    referred.notify(200, now=net.now)
    net.pass_by(100 * MS)
    news = [(event.status, event.reason, event.final) for event in b.seen(ReferProgress)]
    assert sorted(news) == [(100, "Trying", False), (200, "OK", True), (202, "", False)]
    notifies = [parse(data) for _, _, data in net.sent if data.startswith(b"NOTIFY")]
    assert [row.get("Subscription-State") for row in notifies] == ["active;expires=120", "terminated;reason=noresource"]
    assert notifies[0].get("Event").startswith("refer;id=")
    assert notifies[0].body == b"SIP/2.0 100 Trying\r\n"
    session.bye(now=net.now)
    net.run()
    assert empty(a)
    assert empty(b)


def test_a_transfer_refused() -> None:
    net, a, b = pair()
    _, called = talk(net, a, b)
    called.refer("sip:charlie@10.0.0.3", now=net.now)
    net.pass_by(20 * MS)
    a.take(Referred).refuse(603, now=net.now)
    net.pass_by(20 * MS)
    assert b.take(ReferProgress)[1:] == (603, "Decline", True)
    called.bye(now=net.now)
    net.run()
    assert empty(a)
    assert empty(b)


def test_a_transfer_that_nobody_answers() -> None:
    net, a, b = pair()
    _, called = talk(net, a, b)
    called.refer("sip:charlie@10.0.0.3", now=net.now)
    net.pass_by(40 * S)
    assert b.take(ReferProgress).final
    called.bye(now=net.now)
    net.run()
    assert empty(a)
    assert empty(b)


def test_without_notifications() -> None:
    """RFC 4488."""
    net, a, b = pair()
    _, called = talk(net, a, b)
    called.refer("sip:charlie@10.0.0.3", headers=[("Refer-Sub", "false"), ("Supported", "norefersub")], now=net.now)
    net.pass_by(20 * MS)
    referred = a.take(Referred)
    referred.accept(now=net.now)
    referred.notify(200, now=net.now)
    net.pass_by(100 * MS)
    assert net.log == ["REFER", "202 REFER"]
    assert b.take(ReferProgress)[1:] == (202, "Accepted", True)


def test_refer_outside_a_dialog() -> None:
    net, a, b = pair()
    a.ua.request("REFER", b.address, "sip:b@10.0.0.2", "<sip:a@a>", headers=[("Refer-To", "<sip:c@c>")], now=0)
    net.pass_by(20 * MS)
    referred = b.take(Referred)
    assert referred.session is None
    referred.accept(now=net.now)
    net.pass_by(20 * MS)
    assert net.log[:3] == ["REFER", "202 REFER", "NOTIFY"]
    net.run()
    assert empty(b), "the other side knows of no such dialog: 481 ends it"


@pytest.mark.parametrize(
    "headers", [[], [("Refer-To", "<sip:a@a>, <sip:b@b>")], [("Refer-To", "<sip:a@a?Replaces=x>")]]
)
def test_a_faulty_refer(headers: list[tuple[str, str]]) -> None:
    net, a, b = pair()
    session, _ = talk(net, a, b)
    session._ask(session.dialog, "REFER", headers, b"", "", "REFER", net.now)
    net.pass_by(20 * MS)
    assert net.log == ["REFER", "400 REFER"]
    assert b.seen(Referred) == []


def test_attended_transfer() -> None:
    """a talks with b and, apart, with c; it sends b to c, in the place of its own call there."""
    net, a, b = pair()
    c = Agent(net, "10.0.0.3")
    with_b, _ = talk(net, a, b)
    with_c, at_c = talk(net, a, c)
    dialog = with_c.dialog
    with_b.refer("sip:c@10.0.0.3", "<sip:a@a>", (dialog.call_id, dialog.remote_tag, dialog.local_tag), now=net.now)
    net.pass_by(20 * MS)
    referred = b.take(Referred)
    assert referred.replaces == (dialog.call_id, dialog.remote_tag, dialog.local_tag)
    referred.accept(now=net.now)
    call_id, to_tag, from_tag = referred.replaces
    value = f"{call_id};to-tag={to_tag};from-tag={from_tag}"
    b.invite(c, headers=[("Replaces", value), ("Require", "replaces")])
    net.pass_by(20 * MS)
    replaced = c.take(Replaced)
    assert replaced.old is at_c
    assert replaced.offer == OFFER
    replaced.new.answer(ANSWER, now=net.now)
    replaced.old.bye(now=net.now)
    net.pass_by(20 * MS)
    assert a.take(Ended).session is with_c
    b.take(Answered)
    referred.notify(200, now=net.now)
    net.pass_by(20 * MS)
    assert a.take(ReferProgress).status in (100, 200, 202)
    assert c.seen(Invited) == []


@pytest.mark.parametrize(
    ("value", "status"),
    [("nobody;to-tag=1;from-tag=2", 481), ("x", 400), ("{};early-only", 486)],
)
def test_replaces_of_what_is_not_there(value: str, status: int) -> None:
    net, a, b = pair()
    _, called = talk(net, a, b)
    dialog = called.dialog
    mine = f"{dialog.call_id};to-tag={dialog.local_tag};from-tag={dialog.remote_tag}"
    a.invite(b, headers=[("Replaces", value.format(mine))])
    net.pass_by(20 * MS)
    assert a.take(Refused).status == status


def test_replaces_of_an_early_dialog_only_by_its_caller() -> None:
    """RFC 3891 §3: an early dialog that did not begin here is not to be replaced."""
    net, a, b = pair()
    a.invite(b)
    net.pass_by(20 * MS)
    called = b.take(Invited).session
    called.ring(now=net.now)
    net.pass_by(20 * MS)
    dialog = called.dialog
    value = f"{dialog.call_id};to-tag={dialog.local_tag};from-tag={dialog.remote_tag}"
    a.invite(b, headers=[("Replaces", value)])
    net.pass_by(20 * MS)
    assert a.take(Refused).status == 481
    mine = next(iter(a.ua.dialogs.values()))
    value = f"{mine.call_id};to-tag={mine.local_tag};from-tag={mine.remote_tag}"
    b.invite(a, headers=[("Replaces", value)])
    net.pass_by(20 * MS)
    assert a.take(Replaced).old is mine.session


def test_info_and_message() -> None:
    net, a, b = pair()
    session, called = talk(net, a, b)
    session.info("application/dtmf-relay", b"Signal=1\r\nDuration=100\r\n", now=net.now)
    net.pass_by(20 * MS)
    info = b.take(InfoReceived)
    assert (info.session, info.content_type) == (called, "application/dtmf-relay")
    assert a.take(InfoAnswered)[1:] == ("INFO", 200)
    called.message("text/plain", b"hello", now=net.now)
    net.pass_by(20 * MS)
    received = a.take(RequestReceived)
    assert received.session is session
    received.request.answer(202, now=net.now)
    net.pass_by(20 * MS)
    assert b.take(InfoAnswered)[1:] == ("MESSAGE", 202)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"SIP/2.0 200 OK\r\n", (200, "OK")),
        (b"SIP/2.0 100 Trying", (100, "Trying")),
        (b"\r\nsip/2.0 486 Busy Here\nTo: x\n", (486, "Busy Here")),
        (b"SIP/2.0 4 x", (0, "")),
        (b"", (0, "")),
        (b"\xff\xfe", (0, "")),
    ],
)
def test_fragments(body: bytes, status: tuple[int, str]) -> None:
    assert sipfrag_status(body) == status


def test_values_of_replaces() -> None:
    assert parse_replaces("a@b;to-tag=1;from-tag=2") == ("a@b", "1", "2", False)
    assert parse_replaces("a@b ; From-Tag=2;to-tag=1 ;early-only") == ("a@b", "1", "2", True)
    assert parse_replaces("a@b;to-tag=1") is None
    assert parse_replaces(";to-tag=1;from-tag=2") is None
