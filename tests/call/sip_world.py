"""Call control with SIP trunks, and user agents at their far ends, over a wire in memory, on a virtual clock.

    w = SipWorld(peers=("carrier1",), phones=("8001",))
    far = w.far["carrier1"]          a user agent at 192.0.2.1; its events are in far.heard
    far.call("4000")                 an INVITE of its own
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from world import EXTENSIONS, GROUPS, ROUTES, World

from xunhu import vclock
from xunhu._media import engine as en
from xunhu.call.media import MediaFullError
from xunhu.call.settings import Extension, Route, TrunkGroup
from xunhu.call.sip_branch import Target
from xunhu.call.sip_features import SipFeatures
from xunhu.call.sip_peer import PeerTrunk
from xunhu.call.sip_phones import PhonesTrunk
from xunhu.call.sip_shell import SipShell
from xunhu.call.sip_voice import Wish
from xunhu.config.sip import PHONES, SipMedia, SipRtp, SipTrunkLine
from xunhu.sip import events as ev
from xunhu.sip.address import Address, Admission, UaPeer, UaSettings, counting_tokens
from xunhu.sip.message import SipMessage, parse, response
from xunhu.sip.user_agent import UserAgent

OURS = Address("udp", "192.0.2.100", 5060)
DELAY_S = 0.002

SDP = (
    "v=0\r\no=far {session} {version} IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP {formats}\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
)


def description(host: str, *, port: int = 4000, formats: str = "8 0 101", direction: str = "sendrecv", version: int = 1) -> bytes:
    return SDP.format(session=1, version=version, host=host, port=port, formats=formats, direction=direction).encode()


class Line:
    """An RTP line without an engine's socket."""

    def __init__(self, world: SipWorld, port: int) -> None:
        self.world = world
        self.port = port
        self.address = OURS.host
        self.udp_port = 20_000 + 2 * (port - en.TS_PORTS)
        self.inband_dtmf = False
        self.remote: tuple[str, int] | None = None
        self.options: dict[str, Any] = {}
        self.direction = ""
        self.keys_sent = ""
        self.closed = False

    def set_remote(self, host: str, port: int, **options: Any) -> None:
        self.remote, self.options = (host, port), options

    def hold(self, direction: str) -> None:
        self.direction = direction

    def key(self, digit: str) -> None:
        slot = self.world.media._slots.get(self.port)
        if slot is not None:
            slot.on_digit(digit, 0)

    def send_digits(self, digits: str) -> None:
        self.keys_sent += digits

    def stats(self) -> None:
        return None

    def close(self) -> None:
        assert not self.closed
        self.closed = True
        self.world.free_lines.append(self.port)


class Far:
    """A user agent at another address."""

    def __init__(self, wire: Wire, host: str) -> None:
        self.wire = wire
        self.address = Address("udp", host, 5060)
        self.ua = UserAgent(UaSettings(user_agent="far"), counting_tokens(len(wire.ends) + 7), lambda _to: self.address, admit=self._admit)
        self.heard: list[Any] = []
        self.answers_options = True
        self.on_event: Callable[[Any], None] = lambda event: None
        wire.ends[host] = self

    def _admit(self, message: SipMessage, source: Address, flow: int) -> Admission:
        return Admission.accept(UaPeer("switch"))

    def turn(self) -> None:
        while self.ua.events:
            events, self.ua.events = self.ua.events, []
            for event in events:
                self.heard.append(event)
                if isinstance(event, ev.RequestReceived) and event.message.method == "OPTIONS" and self.answers_options:
                    event.request.answer(200, now=self.wire.now())
                self.on_event(event)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.heard if isinstance(event, kind)]

    def do(self, action: Callable[[int], Any]) -> Any:
        done = action(self.wire.now())
        self.wire.wake()
        return done

    def call(self, number: str, *, caller: str = "13800138000", body: bytes | None = None, headers: Sequence[tuple[str, str]] = ()) -> Any:
        uri = f"sip:{number}@{OURS.host}"
        offer = description(self.address.host) if body is None else body
        return self.do(
            lambda now: self.ua.invite(
                OURS, uri, f"<sip:{caller}@{self.address.host}>", f"<{uri}>", headers=list(headers), body=offer, now=now
            )
        )


class Wire:
    """All ends; messages take DELAY_S."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Any) -> None:
        self.loop = loop
        self.clock = clock
        self.ends: dict[str, Any] = {}
        self.sent: list[tuple[str, SipMessage]] = []  # to whom
        self._timers: dict[str, tuple[int, asyncio.TimerHandle]] = {}
        self._woken = False
        self._due = 0.0

    def now(self) -> int:
        return int(self.clock.now_ns())

    def wake(self) -> None:
        if not self._woken:
            self._woken = True
            self.loop.call_soon(self._pump)

    def _pump(self) -> None:
        self._woken = False
        for host, end in self.ends.items():
            sends = list(end.ua.sends)
            end.ua.sends.clear()
            for send in sends:
                message = parse(send.data)
                self.sent.append((send.to.host, message))
                # a hair later than the one before: timers of the same time run in no order
                self._due = max(self.loop.time() + DELAY_S, self._due + 1e-6)
                self.loop.call_at(self._due, self._arrive, host, send.to.host, send.data)
            end.turn()
            self._arm(host, end)
        if any(end.ua.sends for end in self.ends.values()):
            self.wake()

    def _arrive(self, source: str, to: str, data: bytes) -> None:
        end = self.ends.get(to)
        if end is not None:
            end.ua.receive(parse(data), Address("udp", source, 5060), Address("udp", to, 5060), 0, self.now())
            self.wake()

    def _arm(self, host: str, end: Any) -> None:
        due = end.ua.next_deadline
        armed = self._timers.get(host)
        if armed is not None:
            if due == armed[0]:
                return
            armed[1].cancel()
            del self._timers[host]
        if due is not None:
            self._timers[host] = (due, self.loop.call_at(due / vclock.NS, self._timeout, host, end, due))

    def _timeout(self, host: str, end: Any, due: int) -> None:
        self._timers.pop(host, None)
        end.ua.handle_timeout(max(due, self.now()))
        self.wake()

    # -- as SipNet

    async def resolve(self, uri: Any) -> Sequence[Address]:
        return [Address("udp", uri.host, uri.port or 5060)] if uri.host[0].isdigit() else []

    def local_for(self, to: Address) -> Address:
        return OURS


class SipWorld(World):
    """See the module's text. peers: options of SipTrunkLine by name, each at 192.0.2.1 and on; phones: numbers, each at 198.51.100.1 and on."""

    def __init__(
        self,
        *,
        peers: Mapping[str, dict[str, Any]] | None = None,
        phones: Sequence[str] = (),
        routes: Sequence[Route] = (),
        extensions: Mapping[str, Extension] | None = None,
        **settings: Any,
    ) -> None:
        peers = {"carrier1": {}} if peers is None else peers
        groups = GROUPS | {name: TrunkGroup(name, (name,)) for name in peers}
        more = dict(EXTENSIONS) | {"9???": Extension("9???", next(iter(peers), "pbx"), lines=30)} | dict(extensions or {})
        if phones:
            groups[PHONES] = TrunkGroup(PHONES, (PHONES,))
            more |= {number: Extension(number, PHONES, lines=4) for number in phones}
        super().__init__(groups=groups, extensions=more, routes=(*routes, *ROUTES, Route(called="9???", extension="{called}"), Route(called="7???", extension="{called}")), **settings)
        self.free_lines = list(range(en.TS_PORTS, en.TS_PORTS + 64))
        self.lines: list[Line] = []
        self.media.rtp_open = self._rtp_open  # type: ignore[method-assign]
        self.wire = Wire(self.loop, self.clock)
        self.places: dict[str, list[Target]] = {}
        self.shell = SipShell(
            self.media, self.clock, domain="", rtp=SipRtp(), authenticate=self._authenticate, requests=self._request
        )
        self.ua = UserAgent(UaSettings(), counting_tokens(1), lambda _to: OURS, admit=self.shell.admit)
        self.shell.join(self.ua, self.wire, SipFeatures(self.control, self.shell.find), lambda number: UaPeer(f"{PHONES}/{number}", nat=True))
        self.turn = self.shell.turn
        self.wire.ends[OURS.host] = self
        self.far: dict[str, Far] = {}
        for index, (name, options) in enumerate(peers.items()):
            host = f"192.0.2.{index + 1}"
            self.far[name] = Far(self.wire, host)
            media = options.get("media", SipMedia())
            line = SipTrunkLine(name, host, **({"options_s": 0} | options))
            peer = UaPeer(name, prack=line.prack, session_timer=line.session_timer)
            trunk = PeerTrunk(line, index, Wish.of(media), peer, self.shell, self.clock, self.control)
            self.shell.trunks[name] = trunk
        if phones:
            wishes = {number: Wish.of(SipMedia()) for number in phones}
            trunk = PhonesTrunk(len(peers), 50, wishes, lambda n: self.places.get(n, []), UaPeer(PHONES), self.shell, self.clock, self.control)
            self.shell.trunks[PHONES] = trunk
        for index, number in enumerate(phones):
            self.add_phone(number, f"198.51.100.{index + 1}")
        self.control.add_trunks(self.shell.trunks.values())
        for peer_trunk in self.shell.peers:
            peer_trunk.start()

    def add_phone(self, number: str, host: str) -> Far:
        name = number if number not in self.far else f"{number}@{host}"
        far = self.far[name] = Far(self.wire, host)
        self.places.setdefault(number, []).append(Target(f"sip:{number}@{host}", (far.address,)))
        return far

    def _authenticate(self, message: SipMessage, source: Address, flow: int) -> str | SipMessage | None:
        for number, targets in self.places.items():
            if any(place.host == source.host for target in targets for place in target.places):
                return number
        return response(message, 401, to_tag="1")

    def _request(self, event: ev.RequestReceived) -> None:
        event.request.answer(200, now=self.wire.now())

    def _rtp_open(self, family: int, **_options: Any) -> Line:
        if not self.free_lines:
            raise MediaFullError("no RTP line is free")
        line = Line(self, self.free_lines.pop(0))
        self.lines.append(line)
        return line

    @property
    def lines_open(self) -> list[Line]:
        return [line for line in self.lines if not line.closed]

    def sent(self, host: str, method: str = "", status: int = 0) -> list[SipMessage]:
        """What went to a host."""
        return [m for to, m in self.wire.sent if to == host and m.method == method and m.status == status]

    def check_clean(self) -> None:
        super().check_clean()
        assert self.lines_open == []
        for trunk in self.shell.trunks.values():
            assert not trunk.calls
            trunk.close()
        assert self.ua.sessions == 0


def simulate_sip(main: Callable[[SipWorld], Awaitable[None]], **settings: Any) -> SipWorld:
    """Run main in a world; after it everything has to be clean."""

    async def body() -> SipWorld:
        world = SipWorld(**settings)
        await world.sleep(0.05)
        await main(world)
        await world.sleep(40.0)  # timers of transactions
        world.check_clean()
        return world

    return vclock.run(body())


__all__ = ["OURS", "Far", "SipWorld", "description", "ev", "ip_network", "simulate_sip"]
