"""User agents on a virtual network and clock: every message is encoded, carried, and parsed again."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from xunhu.sip.address import Address, Tokens, UaSettings, counting_tokens
from xunhu.sip.message import parse
from xunhu.sip.user_agent import UserAgent

MS = 1_000_000
S = 1_000 * MS
OFFER = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
ANSWER = OFFER.replace(b"4000", b"5000")


class Agent:
    """A user agent, its address, and everything it has told."""

    def __init__(self, net: Net, host: str, **kwargs: Any) -> None:
        self.net = net
        self.address = Address(kwargs.pop("transport", "udp"), host, 5060)
        settings = kwargs.pop("settings", None) or UaSettings()
        tokens: Tokens = counting_tokens(len(net.agents) + 1)
        self.ua = UserAgent(settings, tokens, lambda to: self.address, **kwargs)
        self.told: list[Any] = []
        self.on_event: Callable[[Any], None] | None = None
        net.agents[(self.address.host, self.address.port)] = self

    def invite(self, to: Agent, body: bytes = OFFER, **kwargs: Any) -> Any:
        session = self.ua.invite(
            to.address, f"sip:bob@{to.address.hostport}", "<sip:alice@a>", body=body, now=self.net.now, **kwargs
        )
        self.net.drain()
        return session

    def take(self, kind: type) -> Any:
        """The next event of that class; those before it are passed over."""
        while self.told:
            event = self.told.pop(0)
            if type(event) is kind:
                return event
        raise AssertionError(f"no {kind.__name__}")

    def seen(self, kind: type) -> list[Any]:
        return [event for event in self.told if type(event) is kind]


class Net:
    """Carries what agents send. fate: (data, source, destination) -> delays in ns of each copy that arrives; [] loses it."""

    def __init__(self, delay: int = 1 * MS) -> None:
        self.now = 0
        self.agents: dict[tuple[str, int], Agent] = {}
        self.fate: Callable[[bytes, Address, Address], list[int]] = lambda data, source, to: [delay]
        self.log: list[str] = []
        self.sent: list[tuple[int, str, bytes]] = []  # time, source host, octets
        self._wire: list[tuple[int, int, bytes, Address, Address, int]] = []
        self._count = 0

    def drain(self) -> None:
        for agent in list(self.agents.values()):
            self._drain(agent)

    def _drain(self, agent: Agent) -> None:
        ua = agent.ua
        while ua.sends or ua.events:
            sends, ua.sends[:] = list(ua.sends), []
            for send in sends:
                self.sent.append((self.now, agent.address.host, send.data))
                for delay in self.fate(send.data, agent.address, send.to):
                    self._count += 1
                    entry = (self.now + delay, self._count, send.data, agent.address, send.to, send.flow)
                    heapq.heappush(self._wire, entry)
            events, ua.events[:] = list(ua.events), []
            for event in events:
                agent.told.append(event)
                if agent.on_event is not None:
                    agent.on_event(event)

    def run(self, until: int | None = None) -> None:
        """Until that time, or until nothing is on its way and no timer runs."""
        self.drain()
        while True:
            times = [self._wire[0][0]] if self._wire else []
            times += [at for agent in self.agents.values() if (at := agent.ua.next_deadline) is not None]
            if not times or (until is not None and min(times) > until):
                break
            self.now = max(self.now, min(times))
            while self._wire and self._wire[0][0] <= self.now:
                _, _, data, source, to, _ = heapq.heappop(self._wire)
                agent = self.agents.get((to.host, to.port))
                if agent is not None:
                    message = parse(data)
                    start = message.method or str(message.status)
                    self.log.append(f"{start} {message.cseq[1]}" if message.status else start)
                    agent.ua.receive(message, source, agent.address, 1 if source.transport != "udp" else 0, self.now)
                    self._drain(agent)
            for agent in self.agents.values():
                agent.ua.handle_timeout(self.now)
            self.drain()
        if until is not None:
            self.now = max(self.now, until)

    def pass_by(self, ns: int) -> None:
        self.run(self.now + ns)


def pair(**kwargs: Any) -> tuple[Net, Agent, Agent]:
    net = Net()
    return net, Agent(net, "10.0.0.1", **kwargs), Agent(net, "10.0.0.2", **kwargs)


def empty(agent: Agent) -> bool:
    """Nothing is left of anything."""
    ua = agent.ua
    layer = ua.layer
    return not (
        ua.dialogs
        or ua.calling
        or ua.sessions
        or layer.owners
        or layer.clients
        or layer.servers
        or layer.merged
        or len(layer.timers)
    )
