"""`Registrations`: the registrations of our trunks: Registration machines, the resolver and the user agent joined."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from xunhu.net.sip_net import SipNet
from xunhu.sip.address import Address, Credentials, Tokens
from xunhu.sip.events import ResponseReceived
from xunhu.sip.message import NameAddr, SipParseError
from xunhu.sip.registration import Register, Registration, RegistrationState, Resolve, StateChanged
from xunhu.sip.uri import SipUri
from xunhu.sip.user_agent import UserAgent

NS = 1_000_000_000


class Clock(Protocol):
    def now_ns(self) -> int: ...


@dataclass(frozen=True, slots=True)
class RegistrationSettings:
    """registrar: of the Request-URI; aor: whom we register, sip:user@domain; proxy: where it goes in the place of the registrar;
    user: of our Contact, "" = that of aor."""

    name: str
    registrar: SipUri
    aor: SipUri
    credentials: Credentials | None = None
    proxy: SipUri | None = None
    user: str = ""
    expires_s: int = 600


class _Entry:
    def __init__(self, settings: RegistrationSettings, machine: Registration, on_state: Callable[[StateChanged], None]) -> None:
        self.settings = settings
        self.machine = machine
        self.on_state = on_state
        self.contact: SipUri | None = None
        self.handle = 0
        self.gone = asyncio.Event()


class Registrations:
    """`heard` is given the user agent's ResponseReceived. chance(): from 0 up to 1."""

    def __init__(
        self,
        net: SipNet,
        ua: UserAgent,
        clock: Clock,
        tokens: Tokens,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._net = net
        self._ua = ua
        self._clock = clock
        self._tokens = tokens
        self._chance = chance
        self._loop = asyncio.get_running_loop()
        self._entries: dict[str, _Entry] = {}
        self._handles: dict[int, _Entry] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, settings: RegistrationSettings, on_state: Callable[[StateChanged], None] = lambda state: None) -> None:
        """Registers from now on; on_state hears of each change. ValueError: the name is taken."""
        if settings.name in self._entries:
            raise ValueError(f"{settings.name} registers already")
        machine = Registration(self._tokens.call_id("xunhu"), expires_s=settings.expires_s, chance=self._chance)
        entry = self._entries[settings.name] = _Entry(settings, machine, on_state)
        machine.start(self._clock.now_ns())
        self._turn(entry)

    async def remove(self, name: str, within_s: float = 3.0) -> None:
        """Takes the registration away at the registrar, when it answers in time. KeyError: there is none of this name."""
        entry = self._entries[name]
        entry.machine.stop(self._clock.now_ns())
        self._turn(entry)
        with suppress(TimeoutError):  # then it ends by itself at the registrar
            await asyncio.wait_for(entry.gone.wait(), within_s)
        self._entries.pop(name, None)
        self._handles.pop(entry.handle, None)

    async def close(self, within_s: float = 3.0) -> None:
        """Before SipNet.close()."""
        await asyncio.gather(*(self.remove(name, within_s) for name in list(self._entries)))
        if self._timer is not None:
            self._timer.cancel()
        for task in list(self._tasks):
            task.cancel()

    def restart(self, name: str) -> None:
        """Now. KeyError."""
        entry = self._entries[name]
        entry.machine.restart(self._clock.now_ns())
        self._turn(entry)

    def flow_lost(self, flow_peer: Address) -> None:
        """A connection to this registrar has gone: what came by it cannot come any more."""
        for entry in list(self._entries.values()):
            if entry.machine.place == flow_peer and entry.machine.registered:
                entry.machine.restart(self._clock.now_ns())
                self._turn(entry)

    def rows(self) -> list[dict[str, Any]]:
        """name, state, registered, text, place ("" none), failures: for `xunhu sip`."""
        return [
            {
                "name": name,
                "state": entry.machine.state.value,
                "registered": entry.machine.registered,
                "text": entry.machine.text,
                "place": str(entry.machine.place.hostport) if entry.machine.place is not None else "",
                "failures": entry.machine.failures,
            }
            for name, entry in self._entries.items()
        ]

    def heard(self, event: ResponseReceived) -> bool:
        """False: it is the answer to somebody else's request."""
        entry = self._handles.pop(event.handle, None)
        if entry is None:
            return False
        status = event.status
        try:
            if event.message is not None:
                event.message.check()
            entry.machine.answered(status, event.message, entry.contact, self._clock.now_ns())
        except SipParseError:
            entry.machine.answered(500, None, None, self._clock.now_ns())  # an answer that cannot be read is none
        self._turn(entry)
        return True

    # -- turns ---------------------------------------------------------------------------------------------------

    def _turn(self, entry: _Entry) -> None:
        while entry.machine.outputs:
            outputs, entry.machine.outputs = entry.machine.outputs, []
            for output in outputs:
                if isinstance(output, Resolve):
                    task = self._loop.create_task(self._resolve(entry))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                elif isinstance(output, Register):
                    self._send(entry, output)
                else:
                    if output.state is RegistrationState.STOPPED:
                        entry.gone.set()
                    entry.on_state(output)
        self._arm()

    async def _resolve(self, entry: _Entry) -> None:
        settings = entry.settings
        found = await self._net.resolve(settings.proxy or settings.registrar)
        entry.machine.resolved(found, self._clock.now_ns())
        self._turn(entry)

    def _send(self, entry: _Entry, wanted: Register) -> None:
        settings = entry.settings
        local = self._net.local_for(wanted.to)
        params = {} if local.transport == "udp" else {"transport": local.transport}
        entry.contact = SipUri("sip", settings.user or settings.aor.user, local.host, local.port, params)
        contact = f"{NameAddr('', entry.contact)};expires={wanted.expires}"
        headers = [("Call-ID", wanted.call_id), ("Contact", contact), ("Expires", str(wanted.expires))]
        if settings.proxy is not None:
            route = settings.proxy.replace(params={**settings.proxy.params, "lr": ""})
            headers.insert(0, ("Route", f"<{route}>"))
        aor = f"<{settings.aor}>"
        entry.handle = self._ua.request(
            "REGISTER", wanted.to, str(settings.registrar), aor, aor, headers, credentials=settings.credentials, cseq=wanted.cseq, now=self._clock.now_ns(),
        )  # fmt: skip
        self._handles[entry.handle] = entry
        self._net.wake()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadlines = [entry.machine.next_deadline for entry in self._entries.values()]
        due = min((deadline for deadline in deadlines if deadline is not None), default=None)
        if due is not None:
            wait = max(due - self._clock.now_ns(), 0) / NS
            self._timer = self._loop.call_later(wait, self._due)

    def _due(self) -> None:
        self._timer = None
        now = self._clock.now_ns()
        for entry in list(self._entries.values()):
            deadline = entry.machine.next_deadline
            if deadline is not None and deadline <= now:
                entry.machine.handle_timeout(now)
                self._turn(entry)
        self._arm()
