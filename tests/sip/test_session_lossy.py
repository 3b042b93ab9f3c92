"""Two agents on a network that loses, doubles and reorders: whatever it does, both end in states that agree, and nothing stays."""

from __future__ import annotations

from typing import Any

import pytest
from agents import ANSWER, MS, OFFER, Agent, Net, S, empty
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu.protocol.errors import LocalError
from xunhu.sip.address import Address
from xunhu.sip.events import Acknowledged, Answered, Ended, Invited, Offered, ReferProgress, Referred, Refused
from xunhu.sip.session import SessionState

OTHER = OFFER.replace(b"4000", b"6000")
# what the owners do, each at its time (ms)
ACTS = st.lists(
    st.tuples(
        st.integers(0, 6000),
        st.sampled_from(["ring", "progress", "answer", "reject", "cancel", "bye", "called bye"]),
    ),
    max_size=8,
)
LATER = st.lists(
    st.tuples(
        st.integers(0, 20_000),
        st.sampled_from(
            ["reoffer", "called reoffer", "update", "called update", "info", "called info", "refer", "called refer"]
        ),
    ),
    max_size=8,
)


class Lossy:
    """Fates drawn from a list; then the network is good."""

    def __init__(self, fates: list[int]) -> None:
        self.fates = fates
        self.at = 0

    def __call__(self, data: bytes, source: Address, to: Address) -> list[int]:
        fate = self.fates[self.at] if self.at < len(self.fates) else 10
        self.at += 1
        if fate == 0:
            return []
        if fate == 1:
            return [5 * MS, 700 * MS]
        if fate == 2:
            return [900 * MS]
        return [fate * MS]


def world(fates: list[int], transport: str = "udp") -> tuple[Net, Agent, Agent]:
    net = Net()
    a, b = Agent(net, "10.0.0.1", transport=transport), Agent(net, "10.0.0.2", transport=transport)
    net.fate = Lossy(fates)

    def willing(event: Any) -> None:
        if type(event) is Offered:
            event.session.answer_offer(ANSWER, now=net.now)
        if type(event) is Referred:
            event.accept(now=net.now)
            event.notify(200, now=net.now)

    a.on_event = b.on_event = willing
    return net, a, b


def act(name: str, session: Any, called: Any, now: int) -> None:
    """One wish of an owner; LocalError where it comes at a wrong time."""
    mine = called if name.startswith("called") else session
    if mine is None:
        return
    if name == "ring":
        called and called.ring(now=now)
    elif name == "progress":
        called and called.progress(ANSWER, now=now)
    elif name == "answer":
        called and called.answer(ANSWER, now=now)
    elif name == "reject":
        called and called.reject(486, now=now)
    elif name == "cancel":
        session.cancel(now=now)
    elif name.endswith("bye"):
        mine.bye(now=now)
    elif name.endswith("info"):
        mine.info("application/dtmf-relay", b"Signal=1\r\n", now=now)
    elif name.endswith("refer"):
        mine.refer("sip:charlie@10.0.0.3", now=now)
    else:
        mine.reoffer(OTHER, "UPDATE" if name.endswith("update") else "INVITE", now=now)


def play(net: Net, a: Agent, b: Agent, acts: list[tuple[int, str]], session: Any) -> Any:
    begin = net.now
    called = None
    for at, name in sorted(acts):
        net.run(begin + at * MS)
        for event in b.told:
            if type(event) is Invited:
                called = event.session
        try:
            act(name, session, called, net.now)
        except LocalError:
            continue
    return called


def ends(agent: Agent) -> list[Any]:
    return [event for event in agent.told if type(event) in (Ended, Refused)]


@settings(deadline=None, max_examples=150)
@given(acts=ACTS, fates=st.lists(st.integers(0, 12), max_size=60), transport=st.sampled_from(["udp", "tcp"]))
def test_calls_on_a_bad_network(acts: list[tuple[int, str]], fates: list[int], transport: str) -> None:
    net, a, b = world(fates if transport == "udp" else [5], transport)
    session = a.invite(b)
    play(net, a, b, acts, session)
    net.pass_by(200 * S)
    called = [event.session for event in b.seen(Invited)]
    assert len(called) <= 1
    for other in called:
        if other.state != SessionState.ENDED or session.state != SessionState.ENDED:
            assert (other.state == SessionState.CONFIRMED) == (session.state == SessionState.CONFIRMED)
    if session.state != SessionState.ENDED:
        session.bye(now=net.now)
    for other in called:
        if other.state != SessionState.ENDED:
            other.bye(now=net.now)
    net.run()
    assert len(ends(a)) == 1
    assert len(ends(b)) == len(called)
    assert len(a.seen(Answered)) <= 1
    assert len(b.seen(Acknowledged)) <= 1
    assert empty(a)
    assert empty(b)


@settings(deadline=None, max_examples=150)
@given(acts=LATER, fates=st.lists(st.integers(0, 12), max_size=80), by_caller=st.booleans())
def test_answered_calls_on_a_bad_network(acts: list[tuple[int, str]], fates: list[int], by_caller: bool) -> None:
    net, a, b = world([])
    session = a.invite(b)
    net.pass_by(20 * MS)
    called = b.seen(Invited)[0].session
    called.answer(ANSWER, now=net.now)
    net.pass_by(100 * MS)
    net.fate = Lossy(fates)
    play(net, a, b, acts, session)
    net.pass_by(100 * S)
    for mine in (session, called):
        if mine.state == SessionState.CONFIRMED:
            assert mine.dialog.offer == 0
            assert mine._wanted is None
            assert not mine._refers
    assert (session.state == SessionState.ENDED) == (called.state == SessionState.ENDED)
    (session if by_caller else called).bye(now=net.now)
    net.run()
    assert len(ends(a)) == len(ends(b)) == 1
    assert all(event.final or event.status < 200 or event.status == 202 for event in a.seen(ReferProgress))
    assert empty(a)
    assert empty(b)


@pytest.mark.parametrize("lost", range(1, 8))
@pytest.mark.parametrize("count", [1, 2, 3])
def test_each_message_lost(lost: int, count: int) -> None:
    """The first copies of each message of a call in turn."""
    net, a, b = world([])
    seen: dict[bytes, int] = {}

    def fate(data: bytes, source: Address, to: Address) -> list[int]:
        order = seen.setdefault(data, len(seen) + 1)
        if order == lost and left[0]:
            left[0] -= 1
            return []
        return [MS]

    left = [count]
    net.fate = fate
    session = a.invite(b)
    net.pass_by(8 * S)
    called = b.seen(Invited)[0].session
    called.ring(now=net.now)
    net.pass_by(8 * S)
    called.answer(ANSWER, now=net.now)
    net.pass_by(10 * S)
    assert session.state == called.state == SessionState.CONFIRMED
    session.bye(now=net.now)
    net.run()
    assert a.seen(Ended)[0][1:3] == (False, 200)
    assert b.seen(Ended)[0].by_peer
    assert empty(a)
    assert empty(b)
