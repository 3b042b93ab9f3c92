"""`FrontDesk`: who comes in at the SIP ports: authentication, limits and bans, registrations, and what has to be kept of them.

It joins the machines of xunhu/sip (authority.py, guard.py, registrar.py, location.py) with the sockets (sip_net.py) and the store (sip_store.py):

    a request outside of a dialog -> authenticate: the extension, an answer, or nothing
    REGISTER that was let in      -> requests: stored, answered; in the store before the answer is sent
    bindings that come and go     -> the source is trusted, or no more; on_change
    failures                      -> waits, bans: in the receiver's thread, in the store; on_alarm
    SUBSCRIBE                     -> notifier.py: lamps and presence of extensions that somebody watches, looked at each second

Telephones behind a NAT hear two line ends each 25 s, which keeps the way to them open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import orjson

from xunhu.net.settings import SCANNERS
from xunhu.net.sip_net import SipNet
from xunhu.net.sip_store import SipStore
from xunhu.sip.address import Address, Send, Tokens
from xunhu.sip.authority import Authority, Secret
from xunhu.sip.events import RequestReceived, Subscribed, SubscriptionEnded
from xunhu.sip.guard import Alarm, Banned, BanRow, Guard, GuardLimits, source_of
from xunhu.sip.location import GONE, Binding, Change, Location
from xunhu.sip.message import SipMessage, SipParseError, response
from xunhu.sip.notifier import Notifier
from xunhu.sip.notifier_bodies import DIALOG, PRESENCE, DialogState, PresenceState
from xunhu.sip.registrar import Registrar
from xunhu.sip.uri import SipUri

NS = 1_000_000_000
_TICK_S = 1.0
_KEEP_S = 25  # half a minute is what most NATs keep a UDP binding
_CRLF = b"\r\n\r\n"
#: User agents, by the beginning of what they call themselves, that fail when SHA-256 is among the challenges at all
_MD5_ONLY = ("baresip v0.", "baresip v1.")
_ONLY = ("MD5",)


class Clock(Protocol):
    def now_ns(self) -> int: ...
    def wall_ns(self) -> int: ...


class FrontDesk:
    """secrets: of the extensions; realm; random(n): n octets, os.urandom; folder: of the store; domains: ours, lower case, none: any; min_s,
    max_s: of registrations; contacts: telephones of one extension at once; algorithms: of digest, in the
    order they are offered in: MD5 first, because SIPp and many telephones look at the first challenge alone; on_change: registrations that have come and gone;
    on_alarm(severity, text). peer(host): a configured peer, of which nothing is asked."""

    def __init__(
        self,
        net: SipNet,
        clock: Clock,
        secrets: Mapping[str, Secret],
        *,
        realm: str,
        folder: Path,
        random: Callable[[int], bytes],
        domains: frozenset[str] = frozenset(),
        min_s: int = 60,
        max_s: int = 3600,
        contacts: int = 10,
        algorithms: tuple[str, ...] = ("MD5", "SHA-256"),
        peer: Callable[[str], bool] = lambda host: False,
        limits: GuardLimits | None = None,
        scanners: Sequence[str] = SCANNERS,
        on_change: Callable[[list[Change]], None] = lambda changes: None,
        on_alarm: Callable[[str, str], None] = lambda severity, text: None,
    ) -> None:
        self.secrets = secrets
        self.location = Location(most=contacts)
        self.guard = Guard(limits, trusted=net.trusts, peer=peer)
        self.authority = Authority(realm, random(32), random, self._secret_of, algorithms=algorithms)
        self.registrar = Registrar(self.location, min_s=min_s, max_s=max_s, default_s=max_s, domains=domains)
        # message-summary is not among them: nobody counts messages
        self.notifier = Notifier(lambda extension: extension in self.secrets, packages=(DIALOG, PRESENCE))
        #: the calls of an extension, for lamps; given by who knows them
        self.calls_of: Callable[[str], Sequence[DialogState]] = lambda extension: ()
        self.on_change = on_change
        self.on_alarm = on_alarm
        self._net = net
        self._clock = clock
        self._tokens = Tokens(random)
        self._folder = folder
        self._scanners = tuple(word.lower() for word in scanners)
        self._store: SipStore | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._turns = 0
        self._bans_kept = b""

    # -- start and end -------------------------------------------------------------------------------------------

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Before SipNet.start(): what is registered and banned is read. OSError: the folder cannot be made or written."""
        store = self._store = SipStore(self._folder, lambda text: self.on_alarm("error", text))
        now, wall = self._clock.now_ns(), self._clock.wall_ns()
        self.location.load(store.bindings(), now, wall)
        for binding in [row for row in self.location if row.aor not in self.secrets]:
            self.location.remove(binding, "unregistered")
        kept = store.bans()
        try:
            self.guard.restore(orjson.loads(kept) if kept else [], now, wall)
        except (ValueError, KeyError, TypeError) as error:
            self.on_alarm("warning", f"{self._folder}: the bans of before cannot be read: {error}")
        self._net.before_send = self.keep
        self._net.on_flow_lost = self._flow_lost
        self._net.banned = self.guard.banned
        self.keep()
        self._drain_guard()
        self._loop = loop
        self._timer = loop.call_later(_TICK_S, self._tick)

    def close(self) -> None:
        """After SipNet.close()."""
        if self._timer is not None:
            self._timer.cancel()
        if self._store is not None:
            self.keep()
            self._keep_bans()
            self._store.close()
            self._store = None

    def _secret_of(self, user: str) -> Secret | None:
        return self.secrets.get(user)

    # -- who it is -----------------------------------------------------------------------------------------------

    def authenticate(self, message: SipMessage, source: Address, flow: int) -> str | SipMessage | None:
        """Of a request outside of a dialog that comes from no configured peer: the extension; what to answer; None: nothing."""
        now = self._clock.now_ns()
        host = source.host
        guard = self.guard
        if not guard.admits(host, now) or (source.reliable and self._scanner(message, host, now)):
            self._drain_guard()
            return None
        if message.method == "OPTIONS" and not message.get("Authorization"):
            # Somebody we know asks whether we are there; nobody else learns it.
            return self._answer(message, 200) if self._net.trusts(host) else None
        user = _named(message)
        if user and guard.holds(host, user, now):
            return None
        outcome = self.authority.check(message, now)
        if outcome.ok:
            guard.succeeded(host, outcome.user, now)
            return outcome.user
        if outcome.what in ("none", "stale"):
            stale = outcome.what == "stale"
            if not stale:
                guard.challenged(host, now)
                self._drain_guard()
            old = message.get("User-Agent").startswith(_MD5_ONLY)
            return self._answer(message, 401, self.authority.challenges(now, stale=stale, only=_ONLY if old else ()))
        guard.failed(host, outcome.what, now, outcome.user)
        self._drain_guard()
        return self._answer(message, 400 if outcome.what == "malformed" else 403)

    def _answer(self, message: SipMessage, status: int, headers: Sequence[tuple[str, str]] = ()) -> SipMessage:
        return response(message, status, "", self._tokens.tag(), list(headers))

    def _scanner(self, message: SipMessage, host: str, now: int) -> bool:
        """What the receiver's thread looks for in datagrams, in messages of connections."""
        if self._net.trusts(host):
            return False
        text = f"{message.get('User-Agent')}\n{message.get('From')}".lower()
        found = any(word in text for word in self._scanners)
        if found:
            self.guard.failed(host, "stranger", now)
        return found

    # -- requests that were let in -------------------------------------------------------------------------------

    def requests(self, event: RequestReceived | Subscribed | SubscriptionEnded) -> None:
        """REGISTER, OPTIONS and SUBSCRIBE are served, all else is not here (501). The peer's name is that of a trunk, or phones/8001."""
        if isinstance(event, Subscribed):
            self._subscribed(event)
            return
        if isinstance(event, SubscriptionEnded):
            self.notifier.ended(event)
            return
        request, message, now = event.request, event.message, self._clock.now_ns()
        if message.method == "OPTIONS":
            request.answer(200, now=now)
            return
        user = (request.peer.name if request.peer is not None else "").partition("/")[2]
        if message.method != "REGISTER":
            request.answer(501, now=now)
        elif not user:
            request.answer(403, "Not an extension", now=now)
        else:
            self._register(event, user, now)

    def _register(self, event: RequestReceived, user: str, now: int) -> None:
        request, message = event.request, event.message
        local = request.local or self._net.local_for(request.source)
        try:
            reply = self.registrar.handle(message, user, request.source, local, request.flow, now, self._clock.wall_ns())
        except SipParseError as error:
            request.answer(error.status, error.reason, now=now)
            return
        self._changed()
        request.answer(reply.status, reply.reason, list(reply.headers), now=now)

    def _subscribed(self, event: Subscribed) -> None:
        """The extension is the user of the Request-URI, or that of the dialog's refreshes, which the notifier knows already."""
        peer, now = event.subscription.peer, self._clock.now_ns()
        uri = event.message.request_uri if event.message.uri[:4].lower() != "tel:" else SipUri()
        watcher = (peer.name if peer is not None else "").partition("/")[2]
        if not event.refresh:
            self._show(uri.user)
        entity = f"sip:{uri.user}@{uri.host}"
        self.notifier.subscribed(event, uri.user, entity, now, watcher)

    def _show(self, extension: str) -> None:
        """What there is to say of an extension now."""
        now = self._clock.now_ns()
        calls = self.calls_of(extension)
        self.notifier.dialogs(extension, calls, now)
        busy = any(call.state == "confirmed" for call in calls)
        self.notifier.presence(extension, PresenceState(bool(self.location.find(extension, now)), busy), now)

    def contacts(self, extension: str) -> list[Binding]:
        """Where it is reached, the highest q first."""
        return self.location.find(extension, self._clock.now_ns())

    def unregister(self, extension: str) -> int:
        """By an operator: how many contacts there were."""
        count = self.location.remove_all(extension)
        self.keep()
        return count

    def set_secrets(self, secrets: Mapping[str, Secret]) -> None:
        """In the place of those before; who has none any more is registered no more."""
        self.secrets = secrets
        for aor in self.location.aors():
            if aor not in secrets:
                self.location.remove_all(aor)
        for extension in self.notifier.watched():
            if extension not in secrets:
                self.notifier.gone(extension, self._clock.now_ns())
        self.keep()

    # -- what follows --------------------------------------------------------------------------------------------

    def keep(self) -> None:
        """Before anything is sent: what was answered is in the store."""
        self._changed()
        rows = self.location.rows
        if rows and self._store is not None:
            self._store.write(rows)
            self.location.rows = []

    def _changed(self) -> None:
        changes, self.location.changes = self.location.changes, []
        for change in changes:
            if change.what == "registered":
                self._net.trust(change.binding.source.host)
            elif change.what in GONE:
                self._net.distrust(change.binding.source.host)
            elif change.before is not None and change.before.source.host != change.binding.source.host:
                self._net.trust(change.binding.source.host)
                self._net.distrust(change.before.source.host)
            if change.binding.flow and change.what not in GONE:
                flow = self._net.flow(change.binding.flow)
                if flow is not None:
                    flow.trusted = True
        if changes:
            self.on_change(changes)

    def _flow_lost(self, number: int) -> None:
        self.location.flow_lost(number, self._clock.now_ns(), self._clock.wall_ns())
        self.keep()

    def _drain_guard(self) -> None:
        outputs, self.guard.outputs = self.guard.outputs, []
        for output in outputs:
            if isinstance(output, Banned):
                self._net.ban(output.host, output.until)
            elif isinstance(output, Alarm):
                tried = f" as {output.user}" if output.user else ""
                self.on_alarm("warning", f"{output.host}: {output.failures} failed attempts of SIP{tried}, the last one: {output.what}")
            else:
                self._net.unban(output.host)
        if any(not isinstance(output, Alarm) for output in outputs):
            self._keep_bans()

    def _keep_bans(self) -> None:
        octets = orjson.dumps(self.guard.snapshot(self._clock.now_ns(), self._clock.wall_ns()))
        if octets != self._bans_kept and self._store is not None:
            self._store.keep_bans(octets)
            self._bans_kept = octets

    def _tick(self) -> None:
        if self._loop is None:
            return
        self._timer = self._loop.call_later(_TICK_S, self._tick)
        self.location.handle_timeout(self._clock.now_ns())
        self.keep()
        for extension in self.notifier.watched():
            self._show(extension)
        self.notifier.handle_timeout(self._clock.now_ns())
        self._turns += 1
        sends = self._net.ua.sends
        for number, binding in enumerate(self.location):
            # a 25th of them each second
            if number % _KEEP_S == self._turns % _KEEP_S and binding.nat and not binding.flow and binding.source.transport == "udp":
                sends.append(Send(_CRLF, binding.source, 0, binding.local))
        if sends:
            self._net.wake()

    # -- operators -----------------------------------------------------------------------------------------------

    def ban_rows(self) -> list[BanRow]:
        return self.guard.bans(self._clock.now_ns())

    def ban(self, host: str, seconds: float) -> None:
        """ValueError: no literal address."""
        self.guard.ban(host, seconds, "operator", self._clock.now_ns())
        self._drain_guard()

    def unban(self, host: str) -> bool:
        """False: it was not banned. ValueError: no literal address."""
        done = self.guard.unban(source_of(host), self._clock.now_ns())
        self._drain_guard()
        return done


def _named(message: SipMessage) -> str:
    """The user of the credentials, "" when there are none that can be read; before they are verified."""
    text = message.get("Authorization")
    _, found, rest = text.partition('username="')
    return rest.partition('"')[0] if found else ""
