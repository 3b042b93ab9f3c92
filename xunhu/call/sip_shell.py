"""`SipShell`: between the user agent of SIP (xunhu/sip/user_agent.py) and the trunks.

It says whose a request is (`admit`), opens RTP lines, asks the user agent on behalf of the trunks and gives its events to the call they belong to. The sockets
are another's (xunhu/net): `wake` tells it that there may be something to send and that the next deadline may be another one.

Who is who: a source address of a trunk is that trunk; everybody else has to be an extension with a secret, and shows it (`authenticate`). The name of
the peer at a session says which: that of a trunk, or phones/8001.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from xunhu.call import causes
from xunhu.call.media import MediaPlane
from xunhu.call.sip_branch import Branch, Target
from xunhu.call.sip_call import SipCall
from xunhu.call.sip_peer import PeerTrunk
from xunhu.call.sip_phones import PhonesTrunk
from xunhu.call.sip_trunk import Features, SipTrunk
from xunhu.call.sip_voice import SipVoice, Wish
from xunhu.call.trunk import TrunkCallState
from xunhu.config.sip import PHONES, SipRtp
from xunhu.protocol.errors import LocalError
from xunhu.sip import events as ev
from xunhu.sip.address import Address, Admission, UaPeer
from xunhu.sip.message import SipMessage
from xunhu.sip.uri import SipUri
from xunhu.sip.user_agent import UserAgent
from xunhu.vclock import Clock

_OPTIONS_S = 40.0  # longer than the user agent waits for an answer
Requests = Callable[[ev.RequestReceived | ev.Subscribed | ev.SubscriptionEnded], None]
#: message, source, flow -> the extension, or the answer that asks for it; None: nothing is answered
Authenticate = Callable[[SipMessage, Address, int], "str | SipMessage | None"]


class Net(Protocol):
    """What of xunhu/net.SipNet is used here."""

    def wake(self) -> None: ...
    def resolve(self, uri: SipUri) -> Awaitable[Sequence[Address]]: ...
    def local_for(self, to: Address) -> Address: ...


class SipShell:
    """See the module's text. domain: ours, "" = the address that the other side sees; requests: whatever is asked outside of calls."""

    def __init__(
        self,
        media: MediaPlane,
        clock: Clock,
        *,
        domain: str,
        rtp: SipRtp,
        authenticate: Authenticate,
        requests: Requests,
    ) -> None:
        self.media = media
        self.loop = media.loop
        self.open = False
        self.trunks: dict[str, SipTrunk] = {}
        self.features: Features
        self.ua: UserAgent
        self.net: Net
        self._clock = clock
        self._domain = domain
        self._rtp = rtp
        self._authenticate = authenticate
        self._requests = requests
        self.on_response: Callable[[ev.ResponseReceived], object] = lambda event: None  # of requests that are not the shell's
        self._asked: dict[int, asyncio.Future[int]] = {}  # OPTIONS of ours, by handle
        self._phone_peers: dict[str, UaPeer] = {}
        self._phones_are: Callable[[str], UaPeer] = lambda extension: UaPeer(f"{PHONES}/{extension}")

    def join(self, ua: UserAgent, net: Net, features: Features, phone: Callable[[str], UaPeer]) -> None:
        """The parts that know the shell. phone(extension): what the user agent has to know of its telephones."""
        self.ua, self.net, self.features, self._phones_are = ua, net, features, phone
        self.open = True

    def close(self) -> None:
        self.open = False
        for future in self._asked.values():
            future.cancel()

    @property
    def peers(self) -> list[PeerTrunk]:
        return [trunk for trunk in self.trunks.values() if isinstance(trunk, PeerTrunk)]

    @property
    def phones(self) -> PhonesTrunk | None:
        found = self.trunks.get(PHONES)
        return found if isinstance(found, PhonesTrunk) else None

    # -- asking --------------------------------------------------------------------------------------------------

    def now(self) -> int:
        return self._clock.now_ns()

    def ask(self, request: Callable[[int], Any]) -> Any:
        """A request to the user agent; what it has to send goes out."""
        try:
            return request(self.now())
        finally:
            self.net.wake()

    def invite(
        self, target: Target, to: Address, sender: str, called: str, headers: Sequence[tuple[str, str]], body: bytes, peer: UaPeer
    ) -> Any:
        routes = [("Route", value) for value in target.route]
        return self.ask(
            lambda now: self.ua.invite(
                to, target.uri, sender, called, headers=[*routes, *headers], body=body, peer=peer, flow=target.flow, now=now
            )
        )

    async def options(self, uri: str, to: Address, domain: str, peer: UaPeer) -> int:
        """The status of the answer, 0 when none has come."""
        future: asyncio.Future[int] = self.loop.create_future()
        handle = self.ask(
            lambda now: self.ua.request("OPTIONS", to, uri, f"<sip:{domain}>", credentials=peer.credentials, now=now)
        )
        self._asked[handle] = future
        try:
            return await asyncio.wait_for(future, _OPTIONS_S)
        except TimeoutError:
            return 0
        finally:
            del self._asked[handle]

    async def resolve(self, uri: SipUri) -> Sequence[Address]:
        return await self.net.resolve(uri)

    def domain(self, towards: Address | None) -> str:
        """Behind @ in our addresses."""
        if self._domain:
            return self._domain
        host = self.net.local_for(towards).host if towards is not None else "localhost"
        return f"[{host}]" if ":" in host else host

    # -- voice ---------------------------------------------------------------------------------------------------

    def open_voice(
        self, place: Address, wish: Wish, on_lost: Callable[[int], None], *, nat: bool = False
    ) -> SipVoice:
        """An RTP line for a call with this place. on_lost(cause): nothing comes by it, or the engine would not have it. MediaFullError."""
        line = self.media.rtp_open(
            6 if ":" in place.host else 4,
            on_silent=lambda _seconds: on_lost(causes.OUT_OF_ORDER),
            on_refused=lambda _errno: on_lost(causes.CONGESTION),
        )
        return SipVoice(line, self._told(place), wish, nat=nat)

    def _told(self, place: Address) -> str:
        """The address that stands in session descriptions."""
        own = self._rtp.address if (":" in self._rtp.address) == (":" in place.host) else ""
        return self._rtp.advertise or own or self.net.local_for(place).host

    # -- who it is -----------------------------------------------------------------------------------------------

    def admit(self, message: SipMessage, source: Address, flow: int) -> Admission:
        """The user agent asks this of each request outside of a dialog."""
        for trunk in self.peers:
            if trunk.owns(source.host):
                return Admission.accept(trunk.peer)
        found = self._authenticate(message, source, flow)
        if found is None:
            return Admission.drop()
        if isinstance(found, str):
            return Admission.accept(self.phone_peer(found))
        return Admission.answer(found)

    def phone_peer(self, extension: str) -> UaPeer:
        peer = self._phone_peers.get(extension)
        if peer is None:
            peer = self._phone_peers[extension] = self._phones_are(extension)
        return peer

    def _whose(self, peer: UaPeer | None) -> tuple[SipTrunk | None, str]:
        """The trunk, and the extension where it is a telephone."""
        name, _, user = (peer.name if peer is not None else "").partition("/")
        return self.trunks.get(name), user

    # -- what the user agent says --------------------------------------------------------------------------------

    def turn(self) -> None:
        """Give the events that have come to those they are for."""
        while self.ua.events:
            events, self.ua.events = self.ua.events, []
            for event in events:
                self._heard(event)

    def _heard(self, event: Any) -> None:
        session = getattr(event, "session", None)
        branch = session.owner if session is not None else None
        if isinstance(event, ev.Replaced):
            self._replaced(event)
        elif isinstance(event, ev.Invited):
            self._invited(event)
        elif isinstance(branch, Branch):
            branch.call.trunk.heard(branch, event)
        elif isinstance(event, ev.Answered):
            self.ask(lambda now: event.session.bye(now=now))  # our CANCEL came too late
        elif isinstance(event, ev.Referred):
            self.ask(lambda now: event.refuse(403, now=now))  # of no call: nobody places calls for others by it
        elif isinstance(event, ev.ResponseReceived):
            future = self._asked.get(event.handle)
            if future is None:
                self.on_response(event)
            elif not future.done():
                future.set_result(event.status)
        elif isinstance(event, ev.RequestReceived | ev.Subscribed | ev.SubscriptionEnded):
            self._requests(event)

    def _invited(self, event: ev.Invited) -> None:
        trunk, user = self._whose(event.session.peer)
        if trunk is None:
            self.ask(lambda now: event.session.reject(404, now=now))
            return
        call = trunk.invited(event.session, event.offer, user)
        if call is not None:
            trunk.offer(call, event.message)

    def _replaced(self, event: ev.Replaced) -> None:
        trunk, user = self._whose(event.new.peer)
        old = event.old.owner.call if isinstance(event.old.owner, Branch) else None
        if trunk is None or old is None:
            self.ask(lambda now: event.new.reject(481, now=now))
            return
        call = trunk.invited(event.new, event.offer, user)
        if call is not None:
            self.features.replaced(old, call)

    def find(self, dialog: tuple[str, str, str]) -> SipCall | None:
        """The call of a dialog: call id, our tag, theirs."""
        session = self.ua.session(*dialog)
        branch = session.owner if session is not None else None
        return branch.call if isinstance(branch, Branch) else None

    # -- after a restart of control ------------------------------------------------------------------------------

    def restore(self, trunk: SipTrunk, data: dict[str, int | str | bool]) -> SipCall | None:
        """None: its dialog or its line cannot be taken over."""
        dialog = {key.removeprefix("dialog_"): value for key, value in data.items() if key.startswith("dialog_")}
        said = {key.removeprefix("voice_"): value for key, value in data.items() if key.startswith("voice_")}
        line = self.media.rtp_adopt(int(data.get("port", 0)))
        if line is None or not dialog:
            return None
        user = str(data.get("user", ""))
        try:
            voice = SipVoice.restored(line, trunk.wish_for(user), said)
            peer = self.phone_peer(user) if trunk.name == PHONES else trunk.peer
            session = self.ua.restore(dialog, self.now(), peer)
        except (LocalError, KeyError, ValueError, TypeError):
            line.close()
            return None
        call = SipCall(trunk, int(data["number"]), voice, incoming=bool(data["incoming"]), user=user)
        call.state = TrunkCallState.ACTIVE
        call.answered = True
        call.chosen = session.owner = Branch(call, session)
        call.branches = [call.chosen]
        trunk.adopt(call)
        self.net.wake()
        return call
