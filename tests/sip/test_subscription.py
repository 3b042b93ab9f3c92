"""Subscriptions (RFC 6665), both roles, on the virtual clock."""

from __future__ import annotations

from typing import Any

import pytest
from agents import MS, Agent, Net, S, empty, pair
from hypothesis import given, settings
from hypothesis import strategies as st
from test_session_lossy import Lossy

from xunhu.protocol.errors import LocalError
from xunhu.sip.events import Notified, Subscribed, SubscriptionAccepted, SubscriptionEnded


def watched(expires: int = 3600, granted: int | None = None) -> tuple[Net, Agent, Agent, Any, Any]:
    net, a, b = pair()

    def again(event: Any) -> None:
        if type(event) is Subscribed and event.refresh:
            event.subscription.notify(b"again", "text/plain", now=net.now)

    b.on_event = again
    mine = a.ua.subscribe(b.address, "sip:8001@10.0.0.2", "<sip:a@a>", event="dialog", expires=expires, now=0)
    net.pass_by(20 * MS)
    theirs = b.take(Subscribed).subscription
    theirs.accept(granted, now=net.now)
    theirs.notify(b"idle", "text/plain", now=net.now)
    net.pass_by(20 * MS)
    return net, a, b, mine, theirs


def test_news_come_in_order() -> None:
    net, a, b, _mine, theirs = watched()
    assert a.take(SubscriptionAccepted).expires == 3600
    notified = a.take(Notified)
    assert (notified.body, notified.state) == (b"idle", "active")
    for body in (b"1", b"2", b"3"):
        theirs.notify(body, "text/plain", now=net.now)
    net.pass_by(100 * MS)
    assert [event.body for event in a.seen(Notified)] == [b"1", b"3"], "one on its way, of the others the last"
    theirs.terminate("giveup", now=net.now)
    net.pass_by(20 * MS)
    assert a.take(SubscriptionEnded)[1:] == ("giveup", 200, -1)
    assert b.take(SubscriptionEnded).reason == "giveup"
    net.run()
    assert empty(a)
    assert empty(b)


def test_it_refreshes_itself() -> None:
    net, a, b, mine, theirs = watched(granted=600)
    net.pass_by(3600 * S)
    assert not mine.over
    assert not theirs.over
    assert net.log.count("SUBSCRIBE") == 1 + 3600 // 450
    mine.unsubscribe(now=net.now)
    net.pass_by(1 * S)
    assert a.take(SubscriptionEnded).reason == "unsubscribed"
    assert b.take(SubscriptionEnded).reason == "timeout"
    net.run()
    assert empty(a)
    assert empty(b)


def test_the_watcher_goes_away() -> None:
    net, a, b, _mine, _theirs = watched(granted=600)
    net.fate = lambda data, source, to: []
    net.run(700 * S)
    assert b.take(SubscriptionEnded).reason == "timeout"
    assert a.take(SubscriptionEnded).reason == "timeout"
    net.run()
    assert empty(a)
    assert empty(b)


def test_a_notification_that_fails_ends_it() -> None:
    net, a, b, _mine, theirs = watched()
    a.ua.dialogs.clear()
    theirs.notify(b"x", "text/plain", now=net.now)
    net.pass_by(1 * S)
    assert b.take(SubscriptionEnded)[1:3] == ("gone", 481)


def test_refused() -> None:
    net, a, b = pair()
    a.ua.subscribe(b.address, "sip:8001@10.0.0.2", "<sip:a@a>", event="dialog", now=0)
    net.pass_by(20 * MS)
    b.take(Subscribed).subscription.refuse(489, now=net.now)
    net.pass_by(20 * MS)
    assert a.take(SubscriptionEnded)[1:3] == ("refused", 489)
    net.run()
    assert empty(a)
    assert empty(b)


def test_a_fetch() -> None:
    """Expires 0: one notification, and that was it."""
    net, a, b, _mine, _theirs = watched(expires=0)
    assert a.take(Notified).state == "terminated"
    a.take(SubscriptionEnded)
    b.take(SubscriptionEnded)
    net.run()
    assert empty(a)
    assert empty(b)


def test_pending() -> None:
    net, a, b = pair()
    a.ua.subscribe(b.address, "sip:8001@10.0.0.2", "<sip:a@a>", event="presence", now=0)
    net.pass_by(20 * MS)
    theirs = b.take(Subscribed).subscription
    with pytest.raises(LocalError):
        theirs.notify(now=net.now)
    theirs.accept(pending=True, now=net.now)
    theirs.notify(now=net.now)
    net.pass_by(20 * MS)
    theirs.activate()
    theirs.notify(b"open", "text/plain", now=net.now)
    net.pass_by(20 * MS)
    assert [event.state for event in a.seen(Notified)] == ["pending", "active"]


def test_a_notification_before_the_answer() -> None:
    net, a, b = pair()
    net.fate = lambda data, source, to: [500 * MS if data.startswith(b"SIP/2.0 200") else MS]
    a.ua.subscribe(b.address, "sip:8001@10.0.0.2", "<sip:a@a>", event="dialog;id=7", now=0)
    net.pass_by(20 * MS)
    theirs = b.take(Subscribed).subscription
    assert (theirs.package, theirs.id) == ("dialog", "7")
    theirs.accept(now=net.now)
    theirs.notify(b"idle", "text/plain", now=net.now)
    net.pass_by(50 * MS)
    assert [type(event).__name__ for event in a.told] == ["Notified"]
    net.pass_by(1 * S)
    assert [type(event).__name__ for event in a.told] == ["Notified", "SubscriptionAccepted"]


def test_nobody_notifies() -> None:
    net, a, b = pair()
    a.ua.subscribe(b.address, "sip:8001@10.0.0.2", "<sip:a@a>", event="dialog", now=0)
    net.pass_by(20 * MS)
    b.take(Subscribed).subscription.accept(now=net.now)
    net.pass_by(40 * S)
    assert a.take(SubscriptionEnded)[1:3] == ("timeout", 408), "timer N"


@pytest.mark.parametrize(("headers", "status"), [([], 489), ([("Event", "refer")], 481)])
def test_subscriptions_without_a_package(headers: list[tuple[str, str]], status: int) -> None:
    net, a, b = pair()
    a.ua.request("SUBSCRIBE", b.address, "sip:b@10.0.0.2", "<sip:a@a>", headers=headers, now=0)
    net.pass_by(20 * MS)
    assert net.log == ["SUBSCRIBE", f"{status} SUBSCRIBE"]


@settings(deadline=None, max_examples=80)
@given(
    fates=st.lists(st.integers(0, 12), max_size=40),
    acts=st.lists(st.tuples(st.integers(0, 5000), st.sampled_from(["notify", "terminate", "unsubscribe"])), max_size=6),
)
def test_on_a_bad_network(fates: list[int], acts: list[tuple[int, str]]) -> None:
    net, a, b = pair()
    net.fate = Lossy(fates)

    def willing(event: Any) -> None:
        if type(event) is Subscribed:
            if not event.refresh:
                event.subscription.accept(now=net.now)
            event.subscription.notify(b"state", "text/plain", now=net.now)

    b.on_event = willing
    mine = a.ua.subscribe(b.address, "sip:8001@10.0.0.2", "<sip:a@a>", event="dialog", expires=100, now=0)
    for at, name in sorted(acts):
        net.run(at * MS)
        theirs = [event.subscription for event in b.seen(Subscribed)]
        if name == "unsubscribe":
            mine.unsubscribe(now=net.now)
        for subscription in theirs[:1]:
            if name == "notify":
                subscription.notify(b"more", "text/plain", now=net.now)
            elif name == "terminate":
                subscription.terminate(now=net.now)
    net.pass_by(60 * S)
    mine.unsubscribe(now=net.now)
    net.pass_by(300 * S)
    net.run()
    assert len(a.seen(SubscriptionEnded)) == 1
    assert len(b.seen(SubscriptionEnded)) == len({id(event.subscription) for event in b.seen(Subscribed)})
    assert empty(a)
    assert empty(b)
