"""SIP user agent: calls INVITE to BYE in memory, transactions, and what a held dialog takes."""

from __future__ import annotations

import gc
import os
import time

import common

import xunhu.sip.message as codec
from xunhu.sip.address import Address, Tokens, UaSettings
from xunhu.sip.events import Invited, RequestReceived
from xunhu.sip.message import parse
from xunhu.sip.user_agent import UserAgent

A, B = Address("udp", "192.0.2.1", 5060), Address("udp", "192.0.2.2", 5060)
URI, FROM, TO = "sip:4006000998@192.0.2.2:5060", '"Zhang" <sip:13800138000@192.0.2.1>', "<sip:4006000998@192.0.2.2>"
OFFER = (
    b"v=0\r\no=- 3900 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 8 0 18 101\r\n"
    b"a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
)
MS = 1_000_000


class Side:
    """A user agent and the CPU time that went into it."""

    def __init__(self, address: Address) -> None:
        self.address = address
        settings = UaSettings(transactions=1 << 20, sessions=1 << 20)
        self.ua = UserAgent(settings, Tokens(os.urandom), lambda to: address)
        self.ns = 0
        self.messages = 0

    def feed(self, other: Side, now: int) -> list[object]:
        """What the other side has sent, and what came of it here."""
        octets = [send.data for send in other.ua.sends]
        other.ua.sends.clear()
        begin = time.thread_time_ns()
        for data in octets:
            self.ua.receive(parse(data), other.address, self.address, 0, now)
        self.ns += time.thread_time_ns() - begin
        self.messages += len(octets)
        told = list(self.ua.events)
        self.ua.events.clear()
        return told


def one_call(a: Side, b: Side, now: int, *, hold: bool = False) -> None:
    """Seven messages: INVITE, 100, 180, 200, ACK, BYE, 200."""
    begin = time.thread_time_ns()
    session = a.ua.invite(B, URI, FROM, TO, body=OFFER, now=now)
    a.ns += time.thread_time_ns() - begin
    (invited,) = b.feed(a, now)
    assert type(invited) is Invited
    begin = time.thread_time_ns()
    invited.session.ring(now=now)
    invited.session.answer(OFFER, now=now)
    b.ns += time.thread_time_ns() - begin
    a.feed(b, now)
    b.feed(a, now)
    if hold:
        return
    begin = time.thread_time_ns()
    session.bye(now=now)
    a.ns += time.thread_time_ns() - begin
    b.feed(a, now)
    a.feed(b, now)
    for side in (a, b):
        begin = time.thread_time_ns()
        side.ua.handle_timeout(now)
        side.ns += time.thread_time_ns() - begin


def one_transaction(a: Side, b: Side, now: int) -> None:
    """OPTIONS and its 200."""
    begin = time.thread_time_ns()
    a.ua.request("OPTIONS", B, URI, FROM, TO, now=now)
    a.ns += time.thread_time_ns() - begin
    (asked,) = b.feed(a, now)
    assert type(asked) is RequestReceived
    begin = time.thread_time_ns()
    asked.request.answer(200, now=now)
    b.ns += time.thread_time_ns() - begin
    a.feed(b, now)
    for side in (a, b):
        begin = time.thread_time_ns()
        side.ua.handle_timeout(now)
        side.ns += time.thread_time_ns() - begin


class World:
    """Two sides whose clock goes on, so that transactions end as they do in service."""

    def __init__(self) -> None:
        self.a, self.b = Side(A), Side(B)
        self.now = 0

    def calls(self, count: int) -> None:
        for _ in range(count):
            self.now += 20 * MS  # 50 calls a second: 1600 transactions wait for their timers
            one_call(self.a, self.b, self.now)

    def transactions(self, count: int) -> None:
        for _ in range(count):
            self.now += 20 * MS
            one_transaction(self.a, self.b, self.now)

    def take(self) -> tuple[float, float]:
        """us of each side since the last time."""
        out = self.a.ns / 1000, self.b.ns / 1000
        self.a.ns = self.b.ns = 0
        return out


def held(count: int) -> float:
    """Octets of a call that stands, one side, its transactions over."""
    world = World()
    world.calls(20)
    gc.collect()
    before = common.resident()
    for _ in range(count):
        world.now += MS
        one_call(world.a, world.b, world.now, hold=True)
    world.now += 100_000 * MS
    for side in (world.a, world.b):
        side.ua.handle_timeout(world.now)
        side.ua.sends.clear()
    gc.collect()
    after = common.resident()
    assert world.a.ua.sessions == count
    return max(after - before, 0) / count / 2


def main() -> None:
    options = common.parser(__doc__).parse_args()
    calls, rounds, standing = (20, 1, 200) if options.quick else (2000, 5, 5000)
    world = World()
    world.calls(10 if options.quick else 2000)
    world.take()
    callers, called, asking, asked = [], [], [], []
    for _ in range(rounds):
        world.calls(calls)
        us = world.take()
        callers.append(us[0] / calls)
        called.append(us[1] / calls)
        world.transactions(calls)
        us = world.take()
        asking.append(us[0] / calls)
        asked.append(us[1] / calls)
    report = common.Report("sip_calls", "SIP user agent, in memory", options.quick)
    report.add("call INVITE..BYE, called side, 7 messages", min(called), "us", budget=300.0)
    report.add("call INVITE..BYE, calling side, 7 messages", min(callers), "us", budget=300.0)
    report.add("calls a second and core, called side", 1e6 / min(called), "calls/s")
    report.add("OPTIONS and its answer, server", min(asked), "us")
    report.add("OPTIONS and its answer, client", min(asking), "us")
    report.add("memory of a held call", held(standing), "octets", budget=65536.0)
    report.note("parser compiled" if not str(codec.__file__).endswith(".py") else "parser NOT COMPILED")
    report.print(options)


if __name__ == "__main__":
    main()
