"""`PeerTrunk`: the SIP trunk of a carrier or a branch: one host, perhaps registered with.

It is up while its name is known to the resolver, its OPTIONS are answered (any answer but 408 and 503 is one) and, where it has to be, the
registration is in force. Two OPTIONS in a row without an answer take it down; calls that are up stay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING

from xunhu.call import causes
from xunhu.call.sip_branch import Target
from xunhu.call.sip_call import SipCall
from xunhu.call.sip_party import digits_of, from_header, identity_headers, uri_user
from xunhu.call.sip_trunk import SipTrunk
from xunhu.call.sip_voice import Wish
from xunhu.call.trunk import CallRequest, NoCircuitError, TrunkEvents
from xunhu.config.sip import SipTrunkLine
from xunhu.sip.address import Address, UaPeer
from xunhu.sip.message import NameAddr, SipParseError
from xunhu.sip.uri import SipUri
from xunhu.vclock import Clock

if TYPE_CHECKING:
    from xunhu.call.sip_shell import SipShell

_SILENT = (408, 503)  # also what the user agent says when nothing has come
_AGAIN_S = 5.0  # after OPTIONS without an answer, and while a name is not known
_NAME_HOLDS_S = 60.0
_DOWN_AFTER = 2


def host_text(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class PeerTrunk(SipTrunk):
    """See the module's text. `start` lets it look for its peer."""

    def __init__(
        self, line: SipTrunkLine, index: int, wish: Wish, peer: UaPeer, shell: SipShell, clock: Clock, events: TrunkEvents
    ) -> None:
        super().__init__(line.name, index, line.calls, wish, peer, shell, clock, events)
        self.line = line
        self.trusted = line.asserted
        self.places: tuple[Address, ...] = ()
        self.registered = not line.register
        self.registration = ""  # its state, for people
        self.missed = 0  # OPTIONS without an answer, in a row
        self.last_status = 0
        self.on_places: Callable[[], None] = lambda: None  # it has other addresses now
        self._watch: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._watch is None:
            self._watch = self.shell.loop.create_task(self._look_after(), name=f"SIP trunk {self.name}")

    def close(self) -> None:
        super().close()
        if self._watch is not None:
            self._watch.cancel()

    @property
    def up(self) -> bool:
        return bool(self.places) and self.registered and self.missed < _DOWN_AFTER

    @property
    def uri(self) -> str:
        """Of the peer itself."""
        port = f":{self.line.port}" if self.line.port else ""
        transport = "" if self.line.transport == "udp" else f";transport={self.line.transport}"
        return f"sip:{host_text(self.line.host)}{port}{transport}"

    @property
    def domain(self) -> str:
        """Behind @ in our addresses towards it."""
        if self.line.domain:
            return self.line.domain
        return host_text(self.line.host) if self.line.register else self.shell.domain(self.places[0] if self.places else None)

    def owns(self, host: str) -> bool:
        """Whether a message from this address is of this peer."""
        if any(place.host == host for place in self.places):
            return True
        address = ip_address(host)
        return any(address.version == network.version and address in network for network in self.line.sources)

    # -- calls of ours -------------------------------------------------------------------------------------------

    def targets(self, request: CallRequest) -> list[Target]:
        return [self._target(request.called)]

    def _target(self, number: str) -> Target:
        if not self.places:
            raise NoCircuitError(causes.NETWORK_OUT_OF_ORDER, f"{self.name}: {self.line.host} is not known")
        user = "".join(sign if sign.isalnum() or sign in "+*-._!~'()&=$,?/" else f"%{ord(sign):02X}" for sign in number if sign.isascii())
        route = (f"<sip:{host_text(self.line.proxy)};lr>",) if self.line.proxy else ()
        return Target(f"sip:{user}@{self.uri.removeprefix('sip:')}", self.places, route=route)

    def headers(self, request: CallRequest, target: Target) -> tuple[str, str, list[tuple[str, str]]]:
        sender = from_header(request, self.line.number or self.line.user, self.domain)
        return sender, f"<{target.uri}>", identity_headers(request, self.domain, trusted=self.line.asserted)

    def redirected(self, call: SipCall, contacts: Sequence[str]) -> list[Target]:
        """Another number at the same peer. Elsewhere we do not follow: nobody there is known to us."""
        if self.line.redirect != "follow":
            return []
        for text in contacts:
            try:
                uri = NameAddr.parse(text).uri
            except SipParseError:
                continue
            if isinstance(uri, SipUri) and uri.user and self._is_here(uri.host):
                return [self._target(digits_of(uri_user(uri)))]
        return []

    def _is_here(self, host: str) -> bool:
        return host.lower() == self.line.host.lower() or any(place.host == host.strip("[]") for place in self.places)

    # -- whether it is there -------------------------------------------------------------------------------------

    async def _look_after(self) -> None:
        while True:
            await self._resolve()
            if self.places and self.line.options_s:
                await self._ask()
            wait = float(self.line.options_s) or _NAME_HOLDS_S
            if not self.places or self.missed:
                wait = min(_AGAIN_S, wait)
            await asyncio.sleep(wait)

    async def _resolve(self) -> None:
        where = f"sip:{host_text(self.line.proxy)}" if self.line.proxy else self.uri
        found = tuple(await self.shell.resolve(SipUri.parse(where)))
        if found:
            changed = set(found) != set(self.places)
            if changed:  # else the order is that of what has answered
                self.places = found
                self.on_places()
        elif not self.places:
            self.complain("error", f"{self.line.proxy or self.line.host} is not known to the resolver")
        self.look("address known" if self.places else "address not known")

    async def _ask(self) -> None:
        status = await self.shell.options(self.uri, self.places[0], self.domain, self.peer)
        self.last_status = status
        if status in _SILENT or not status:
            self.missed += 1
            if len(self.places) > 1:
                self.places = (*self.places[1:], self.places[0])
        else:
            self.missed = 0
        self.look("OPTIONS answered" if not self.missed else "OPTIONS not answered")

    def registration_changed(self, registered: bool, state: str) -> None:
        """Of the registration with the peer, where there is one."""
        self.registration = state
        if self.line.register and registered != self.registered:
            self.registered = registered
            if not registered:
                self.complain("error", f"registration: {state}")
            self.look("registered" if registered else f"not registered: {state}")
