"""`SipNet`: the asyncio shell around the user agent of SIP: it reads, feeds, drains and arms one timer.

    UDP sockets -> receiver's thread (sheds floods) -> ring -> parse -> UserAgent.receive
    TCP, TLS    -> Flow (limits, framing)           -> parse -> UserAgent.receive
    UserAgent.events -> on_events (the owner drains them)      UserAgent.sends -> before_send, then sockets

A turn takes many messages and then drains once. Whoever asks something of the user agent outside of a turn calls `wake`.

A message that makes the user agent fail is a fault of ours: it is reported to the loop's exception handler, and all others are served.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from xunhu.net.resolver import Resolver
from xunhu.net.settings import SCANNERS, Bind, NetLimits, Network, TlsSettings, within
from xunhu.net.stream import Flow, FlowTable
from xunhu.net.udp_ports import UdpPorts
from xunhu.sip.address import Address, Send, default_port
from xunhu.sip.message import SipMessage, SipParseError, parse
from xunhu.sip.uri import SipUri

NS = 1_000_000_000
_BATCH = 256
_ROUNDS = 64  # of events and sends in one turn; what is left waits for the next
_ROUTES = 4096  # local addresses remembered
_ROUTE_S = 30.0
_NAMES = 4096
_AGAIN_S = 1.0  # accepting, when no descriptor was left


class Clock(Protocol):
    def now_ns(self) -> int: ...


class Agent(Protocol):
    """What of xunhu/sip/user_agent.UserAgent is used here."""

    sends: list[Send]
    events: list[Any]
    late: bool

    @property
    def next_deadline(self) -> int | None: ...
    def handle_timeout(self, now: int) -> None: ...
    def receive(self, message: SipMessage, source: Address, local: Address | None, flow: int, now: int) -> None: ...
    def malformed(
        self, error: SipParseError, source: Address, local: Address | None, flow: int, now: int
    ) -> None: ...
    def transport_failed(self, to: Address, flow: int, now: int) -> None: ...


class _Listener:
    """A socket that accepts; it may stop for a while when no descriptor is left."""

    def __init__(self, bind: Bind, made: socket.socket) -> None:
        self.bind = bind
        self.socket = made
        self.place = Address(bind.transport, bind.host, made.getsockname()[1])


class SipNet:
    """All of it belongs to the loop's thread. `ua` is given before start().

    advertise: the address that others than those of `inside` are told for ours (behind a NAT); peers: networks that are trusted from
    the start; banned(host, now): asked for every connection; on_events: after a turn in which there are events of the user agent;
    before_send: before anything goes out in a turn (registrations are made safe there); on_flow_lost(number): a connection has
    gone; on_peer_lost(its other end): likewise, of those that we had made."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        clock: Clock,
        binds: Sequence[Bind],
        *,
        tls: TlsSettings | None = None,
        limits: NetLimits | None = None,
        advertise: str = "",
        inside: Sequence[Network] = (),
        peers: Sequence[Network] = (),
        scanners: Sequence[str] = SCANNERS,
        resolver: Resolver | None = None,
    ) -> None:
        self.ua: Agent
        self.limits = limits or NetLimits()
        self.resolver = resolver or Resolver()
        self.on_events: Callable[[], None] = lambda: None
        self.before_send: Callable[[], None] = lambda: None
        self.on_flow_lost: Callable[[int], None] = lambda number: None
        self.on_peer_lost: Callable[[Address], None] = lambda peer: None
        self.banned: Callable[[str, int], bool] = lambda host, now: False
        self.faults = 0
        self._loop = loop
        self._clock = clock
        self._binds = list(binds)
        self._tls = tls or TlsSettings()
        self._advertise = advertise
        self._inside = list(inside)
        self._peers = list(peers)
        self._udp = UdpPorts([bind for bind in binds if bind.transport == "udp"], self.limits)
        self._udp.receiver.words(scanners)
        self._udp.receiver.networks(_prefixes(self._peers))
        self._trusted: dict[str, int] = {}
        self._flows = FlowTable(loop, self.limits, self._stream_received, self._flow_lost)
        self._listeners: list[_Listener] = []
        self._server_tls: ssl.SSLContext | None = None
        self._client_tls: ssl.SSLContext | None = None
        self._connecting: dict[Address, list[Send]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._routes: dict[str, tuple[str, float]] = {}
        self._names: dict[tuple[str, int], str] = {}  # of servers, for their certificates
        self._timer: asyncio.TimerHandle | None = None
        self._armed: int | None = None
        self._look: asyncio.TimerHandle | None = None
        self._waking = False
        self._reading = False  # the next batch of datagrams is on its way
        self._turning = False
        self._closed = True

    # -- start and end -------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """OSError, ssl.SSLError: an address is taken, a certificate cannot be read; then nothing is open."""
        self._client_tls = self._tls.client()
        if any(bind.transport == "tls" for bind in self._binds):
            self._server_tls = self._tls.server()
        self._udp.open()
        try:
            for bind in self._binds:
                if bind.transport != "udp":
                    self._listeners.append(_Listener(bind, _listen(bind)))
        except OSError:
            self._udp.close()
            self._close_listeners()
            raise
        self._closed = False
        for listener in self._listeners:
            self._loop.add_reader(listener.socket.fileno(), self._accept, listener)
        self._loop.add_reader(self._udp.receiver.fd, self._udp_ready)
        self._look = self._loop.call_later(1.0, self._look_at_flows)
        self._settle()

    async def close(self) -> None:
        """What the user agent still has to send goes out first, what is written on connections is given a moment."""
        if self._closed:
            return
        self._settle()
        self._closed = True
        self._loop.remove_reader(self._udp.receiver.fd)
        for handle in (self._timer, self._look):
            if handle is not None:
                handle.cancel()
        self._close_listeners()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        flows = self._flows.all()
        for flow in flows:
            flow.close()
        if flows:
            await asyncio.sleep(0.05)
        for flow in self._flows.all():
            flow.abort()
        await asyncio.sleep(0)
        self._udp.close()

    def _close_listeners(self) -> None:
        for listener in self._listeners:
            self._loop.remove_reader(listener.socket.fileno())
            listener.socket.close()
        self._listeners.clear()

    def reload_certificates(self) -> None:
        """For connections from now on. OSError, ssl.SSLError: the files are not good; those before stay in use."""
        client = self._tls.client()
        if self._server_tls is not None:
            self._server_tls = self._tls.server()
        self._client_tls = client

    @property
    def places(self) -> list[Address]:
        """Where we listen; the ports are those that were found for 0."""
        return [*self._udp.places, *(listener.place for listener in self._listeners)]

    # -- whom we know --------------------------------------------------------------------------------------------

    def trust(self, host: str) -> None:
        """A host that holds a registration (once more)."""
        if self._udp.receiver.trust(host):
            self._trusted[host] = self._trusted.get(host, 0) + 1

    def distrust(self, host: str) -> None:
        have = self._trusted.get(host, 0)
        if not have:
            return
        self._udp.receiver.distrust(host)
        if have > 1:
            self._trusted[host] = have - 1
        else:
            del self._trusted[host]

    def set_peers(self, peers: Sequence[Network]) -> None:
        """In the place of those before."""
        self._udp.receiver.networks(_prefixes(peers))
        self._peers = list(peers)

    def trusts(self, host: str) -> bool:
        return host in self._trusted or self._udp.receiver.trusts(host)

    def ban(self, host: str, until: int) -> None:
        """Nothing of it is looked at until then; its connections are cut."""
        self._udp.receiver.ban(host, until, self._clock.now_ns())
        if not self.trusts(host):
            for flow in self._flows.all():
                if flow.peer.host == host:
                    flow.abort()

    def unban(self, host: str) -> None:
        self._udp.receiver.unban(host)

    def suspects(self, most: int = 20) -> list[tuple[str, int, int, int, int]]:
        """UdpReceiver.suspects."""
        return self._udp.receiver.suspects(most)

    def counts(self) -> dict[str, int]:
        """UdpReceiver.counts, send_errors, connections, and why connections were refused or closed."""
        return {
            **self._udp.receiver.counts(),
            "send_errors": self._udp.send_errors,
            "faults": self.faults,
            "connections": len(self._flows),
            **self._flows.counts,
        }

    # -- addresses -----------------------------------------------------------------------------------------------

    async def resolve(self, uri: SipUri) -> list[Address]:
        """Where a request for this URI goes, best first; [] when it has no address (RFC 3263)."""
        found = await self.resolver.resolve(uri)
        if len(self._names) > _NAMES:
            self._names.clear()
        for address in found:
            if address.transport == "tls":
                self._names[address.host, address.port] = uri.host
        return found

    def local_for(self, to: Address) -> Address:
        """Our address as the other end is to write it."""
        place = self._listening(to)
        port = place.port if place is not None else default_port(to.transport)
        host = place.host if place is not None and place.host not in ("0.0.0.0", "::") else self._route(to.host)
        if self._advertise and (":" in self._advertise) == (":" in host) and not within(to.host, self._inside):
            host = self._advertise
        return Address(to.transport, host, port)

    def _listening(self, to: Address) -> Address | None:
        places = [p for p in self.places if p.transport == to.transport and (":" in p.host) == (":" in to.host)]
        if len(places) > 1:
            route = self._route(to.host)
            return next((place for place in places if place.host == route), places[0])
        return places[0] if places else None

    def _route(self, host: str) -> str:
        """The source address the kernel takes towards a host; remembered for half a minute."""
        now = self._loop.time()
        known = self._routes.get(host)
        if known is not None and known[1] > now:
            return known[0]
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((host, 9))
                found: str = probe.getsockname()[0]
            except OSError:  # no route: nothing will be sent there either
                found = "::1" if ":" in host else "127.0.0.1"
        if len(self._routes) >= _ROUTES:
            self._routes.clear()
        self._routes[host] = (found, now + _ROUTE_S)
        return found

    # -- messages in ---------------------------------------------------------------------------------------------

    def _udp_ready(self) -> None:
        receiver = self._udp.receiver
        packets = receiver.receive(_BATCH)
        now = self._clock.now_ns()
        late = now - round(self.limits.late_s * NS)
        for error, octets, host, port, local, number, at, _ in packets:
            source = Address("udp", host, port)
            if error:
                self.ua.transport_failed(source, 0, now)
                continue
            try:
                message: SipMessage | SipParseError = parse(octets)
            except SipParseError as fault:
                message = fault
            self.ua.late = at < late
            self._give(message, source, self._udp.place(number, local), 0, now)
        self._settle()
        # There is more: others have their turn before the next batch.
        if (len(packets) == _BATCH or not receiver.wait()) and not self._reading:
            self._reading = True
            self._loop.call_soon(self._udp_again)

    def _udp_again(self) -> None:
        self._reading = False
        if not self._closed:
            self._udp_ready()

    def _stream_received(self, flow: Flow, found: list[SipMessage | SipParseError]) -> None:
        now = self._clock.now_ns()
        for message in found:
            self._give(message, flow.peer, flow.local, flow.number, now)
        self._settle()

    def _give(self, message: SipMessage | SipParseError, source: Address, local: Address, flow: int, now: int) -> None:
        try:
            if isinstance(message, SipParseError):
                self.ua.malformed(message, source, local, flow, now)
            else:
                self.ua.receive(message, source, local, flow, now)
        except Exception as error:  # noqa: BLE001 - reported; the other messages of the batch are served
            self._fault("a SIP message was not understood", error)

    def _fault(self, text: str, error: Exception) -> None:
        self.faults += 1
        self._loop.call_exception_handler({"message": text, "exception": error})

    # -- turns ---------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """The user agent was asked something: what it has to send goes out, its deadline is looked at, soon."""
        if not self._waking and not self._closed:
            self._waking = True
            self._loop.call_soon(self._woken)

    def _woken(self) -> None:
        self._waking = False
        if not self._closed:
            self._settle()

    def _settle(self) -> None:
        """Timers that are due, events, sends, until nothing is left; then the next deadline."""
        if self._turning:
            return  # asked by a callback of this very turn
        self._turning = True
        ua = self.ua
        try:
            for _ in range(_ROUNDS):
                deadline = ua.next_deadline
                now = self._clock.now_ns()
                if deadline is not None and deadline <= now:
                    ua.handle_timeout(now)
                if ua.events:
                    self.on_events()
                if ua.sends:
                    self.before_send()
                    self._drain()
                elif not ua.events:
                    break
            else:
                self.wake()
        except Exception as error:  # noqa: BLE001 - reported; the next turn goes on
            self._fault("a turn of SIP failed", error)
        finally:
            self._turning = False
        self._arm()

    def _arm(self) -> None:
        deadline = self.ua.next_deadline
        if deadline == self._armed and self._timer is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._armed = deadline
        if deadline is not None and not self._closed:
            wait = max(deadline - self._clock.now_ns(), 0) / NS
            self._timer = self._loop.call_later(wait, self._due)

    def _due(self) -> None:
        self._timer = None
        self._settle()

    # -- messages out --------------------------------------------------------------------------------------------

    def _drain(self) -> None:
        ua = self.ua
        sends = ua.sends[:]
        ua.sends.clear()
        datagrams: list[Send] = []
        for send in sends:
            if send.to.transport == "udp":
                datagrams.append(send)
                continue
            flow = self._flows.find(send.flow, send.to)
            if flow is not None:
                flow.write(send.data)
            else:
                self._connect(send)
        if datagrams:
            now = self._clock.now_ns()
            for to in self._udp.send(datagrams):
                ua.transport_failed(to, 0, now)

    def _connect(self, send: Send) -> None:
        """A message for a connection that is not there yet."""
        waiting = self._connecting.get(send.to)
        if waiting is not None and len(waiting) < self.limits.waiting:
            waiting.append(send)
        elif waiting is None and len(self._connecting) < self.limits.connecting and not self._closed:
            self._connecting[send.to] = [send]
            self._spawn(self._connection(send.to))
        else:
            self._flows.count("no connection")
            self.ua.transport_failed(send.to, 0, self._clock.now_ns())

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connection(self, to: Address) -> None:
        """Made, or not: then the user agent hears that nothing gets there."""
        flow: Flow | None = None
        counted = self._flows.admit(to.host, True)
        try:
            if counted:
                flow = self._flows.make(to.transport, to, ours=True, trusted=True)
                await self._open(flow, to)
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            self._flows.count("not connected")
            self._flows.last_error = f"{to.transport}:{to.hostport}: {error}"
            flow = None
        finally:
            waiting = self._connecting.pop(to)
            if counted and (flow is None or not flow.made):
                self._flows.leave(to.host)
        if flow is not None and flow.open:
            for send in waiting:
                flow.write(send.data)
            return
        self.ua.transport_failed(to, 0, self._clock.now_ns())
        self._settle()

    async def _open(self, flow: Flow, to: Address) -> None:
        async with asyncio.timeout(self.limits.connect_s):
            made = socket.socket(socket.AF_INET6 if ":" in to.host else socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
            try:
                made.setblocking(False)
                _tune(made)
                await self._loop.sock_connect(made, (to.host, to.port))
                tls: dict[str, Any] = {}
                if to.transport == "tls":
                    name = self._names.get((to.host, to.port), to.host)
                    tls = {"ssl": self._client_tls, "server_hostname": name, "ssl_handshake_timeout": self.limits.handshake_s}
                await self._loop.create_connection(lambda: flow, sock=made, **tls)
            except BaseException:
                made.close()
                raise

    # -- connections of others -----------------------------------------------------------------------------------

    def _accept(self, listener: _Listener) -> None:
        for _ in range(64):
            try:
                made, name = listener.socket.accept()
            except BlockingIOError:
                return
            except OSError as error:
                self._flows.count("not accepted")
                self._flows.last_error = f"{listener.bind}: {error}"
                self._loop.remove_reader(listener.socket.fileno())
                self._loop.call_later(_AGAIN_S, self._accept_again, listener)
                return
            host: str = name[0]
            trusted = self.trusts(host)
            if not trusted and self.banned(host, self._clock.now_ns()):
                self._flows.count("banned connections")
                made.close()
            elif not self._flows.admit(host, trusted):
                made.close()
            else:
                peer = Address(listener.bind.transport, host, name[1])
                self._spawn(self._accepted(made, peer, trusted))

    def _accept_again(self, listener: _Listener) -> None:
        if listener in self._listeners:
            self._loop.add_reader(listener.socket.fileno(), self._accept, listener)

    async def _accepted(self, made: socket.socket, peer: Address, trusted: bool) -> None:
        flow = self._flows.make(peer.transport, peer, ours=False, trusted=trusted)
        tls: dict[str, Any] = {}
        if peer.transport == "tls":
            tls = {"ssl": self._server_tls, "ssl_handshake_timeout": self.limits.handshake_s}
        try:
            made.setblocking(False)
            _tune(made)
            await self._loop.connect_accepted_socket(lambda: flow, made, **tls)
        except (OSError, TimeoutError) as error:
            self._flows.count("handshake failed")
            self._flows.last_error = f"{peer.transport}:{peer.hostport}: {error}"
        finally:
            if not flow.made:
                self._flows.leave(peer.host)
                made.close()

    def _flow_lost(self, flow: Flow) -> None:
        if self._closed:
            return
        now = self._clock.now_ns()
        self.ua.transport_failed(flow.peer, flow.number, now)
        if flow.ours and not flow.messages:
            # Nothing ever came by it: the other side refuses us (as servers of TLS 1.3 do after the handshake).
            self.ua.transport_failed(flow.peer, 0, now)
        self.on_flow_lost(flow.number)
        if flow.ours:
            self.on_peer_lost(flow.peer)
        self._settle()

    def flow(self, number: int) -> Flow | None:
        """The connection that the user agent calls so: its certificate, for trust by name."""
        return self._flows.get(number)

    def _look_at_flows(self) -> None:
        self._look = self._loop.call_later(1.0, self._look_at_flows)
        self._flows.look()


def _prefixes(networks: Sequence[Network]) -> list[tuple[str, int]]:
    return [(str(network.network_address), network.prefixlen) for network in networks]


def _tune(made: socket.socket) -> None:
    """A peer that is gone is noticed: probes after a minute, unacknowledged octets for half a minute at most."""
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 30_000)


def _listen(bind: Bind) -> socket.socket:
    v6 = ":" in bind.host
    made = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if v6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((bind.host, bind.port))
        made.listen(1024)
    except OSError:
        made.close()
        raise
    return made
