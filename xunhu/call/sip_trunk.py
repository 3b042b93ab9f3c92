"""`SipTrunk`: a `Trunk` (xunhu/call/trunk.py) over SIP: what carriers, branches and telephones have in common.

    SipNet <-> UserAgent <-> SipShell <-> SipTrunk, SipCall <-> call control

A circuit is a number from 1 to `calls`: it counts, and names a call in records. Its media port is an RTP line taken when the call begins. Where
calls go, and whom we believe, say the two kinds: `PeerTrunk` (sip_peer.py) and `PhonesTrunk` (sip_phones.py).

Of a call with several branches the last final response ends it, with the cause of the one that says most: 6xx before busy before the others (RFC 3261
§16.7 step 6). A response for which another address of the same name is worth a try is followed there, as long as nothing came before it (RFC 3263 §4.3).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from xunhu.call import causes, sip_causes
from xunhu.call.media import MediaFullError
from xunhu.call.sip_branch import TRY_NEXT, Branch, Target
from xunhu.call.sip_call import SipCall
from xunhu.call.sip_dtmf import key_of
from xunhu.call.sip_party import called_party, calling_party, redirecting_party
from xunhu.call.sip_voice import Wish
from xunhu.call.trunk import CallRequest, NoCircuitError, Party, TrunkCallState, TrunkEvents
from xunhu.call.trunk_reports import Reports
from xunhu.protocol.errors import LocalError
from xunhu.sip import events as ev
from xunhu.sip.address import UaPeer
from xunhu.sip.message import SipMessage
from xunhu.sip.offer_answer import NotAcceptableError
from xunhu.vclock import Clock

if TYPE_CHECKING:
    from xunhu.call.sip_shell import SipShell
    from xunhu.sip.session import InviteSession

S = TrunkCallState
_SHOWN = 8  # idle circuits that hunting sees; they are all the same
_MOST_HOPS = 5  # redirections one behind the other
_ELSEWHERE = [("Reason", 'SIP;cause=200;text="Call completed elsewhere"')]
#: circuits of trunks as hunting sees them; beyond every media port
FIRST_CIRCUIT, CIRCUITS_OF_TRUNK = 1_000_000, 10_000


class Features(Protocol):
    """What a telephone may ask of call control beside making and ending calls (sip_features.py)."""

    def held(self, call: SipCall, on: bool) -> None: ...
    def referred(self, call: SipCall, request: ev.Referred) -> None: ...
    def replaced(self, old: SipCall, new: SipCall) -> None: ...


def _weight(status: int) -> int:
    """How much a final response says."""
    if status >= 600:
        return 4
    if status in (486, 603):
        return 3
    return 1 if status in (408, 487, 503) else 2


class SipTrunk:
    """See the module's text. index: among the SIP trunks of the switch; circuits: calls at once, both ways; peer: what the user agent has to know."""

    trusted = False  # what it asserts of callers is believed
    redirects = False  # 3xx is followed

    def __init__(
        self, name: str, index: int, circuits: int, wish: Wish, peer: UaPeer, shell: SipShell, clock: Clock, events: TrunkEvents
    ) -> None:
        self._name = name
        self.wish = wish
        self.peer = peer
        self.shell = shell
        self.clock = clock
        self.events = events
        self._first = FIRST_CIRCUIT + index * CIRCUITS_OF_TRUNK
        self._free = deque(range(1, circuits + 1))
        self._circuits = circuits
        self.calls: dict[int, SipCall] = {}  # by circuit
        self._reports = Reports(shell.loop, clock)
        self._was_up = False

    def close(self) -> None:
        """Nothing more is sent or reported."""
        self._reports.clear()

    # -- Trunk ---------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._name

    @property
    def up(self) -> bool:
        raise NotImplementedError

    def circuits(self) -> dict[str, str]:
        idle = "idle" if self.up else "down"
        return {f"{self._name}/{n}": "busy" if n in self.calls else idle for n in range(1, self._circuits + 1)}

    def idle(self) -> list[int]:
        return [self._first + number for number in islice(self._free, _SHOWN)] if self.up else []

    def setup(self, request: CallRequest, port: int | None = None) -> SipCall:
        if not self.up:
            raise NoCircuitError(causes.NETWORK_OUT_OF_ORDER, f"{self._name} is down")
        number = self._free[0] if port is None and self._free else (port or 0) - self._first
        if number not in self._free:
            raise NoCircuitError(causes.NO_CIRCUIT if port is None else causes.CHANNEL_TAKEN, f"{self._name}: no circuit")
        if request.bearer == "unrestricted":
            raise NoCircuitError(65, f"{self._name}: no 64 kbit/s of data over RTP")
        targets = self.targets(request)
        if not targets:
            raise NoCircuitError(20, f"{self._name}: nobody is registered for {request.called}")
        wish = self.wish_for(request.called)
        try:
            voice = self.shell.open_voice(targets[0].places[0], wish, lambda cause: self._lost(call, cause), nat=self.peer.nat)
        except MediaFullError as error:
            raise NoCircuitError(causes.CONGESTION, str(error)) from error
        call = SipCall(self, number, voice, incoming=False, user=self.user_of(request.called))
        call.request = request
        self._take(call)
        voice.offer()
        for target in targets:
            self._begin(call, target)
        return call

    def restore(self, data: dict[str, int | str | bool]) -> SipCall | None:
        return self.shell.restore(self, data)

    def restart_idle(self) -> None:
        """Nothing: a circuit is a number, no peer has a state of it."""

    # -- of the two kinds ----------------------------------------------------------------------------------------

    def targets(self, request: CallRequest) -> list[Target]:
        """Where a call goes, all at once; each has a place. [] nobody is there. NoCircuitError."""
        raise NotImplementedError

    def wish_for(self, _number: str) -> Wish:
        return self.wish

    def user_of(self, _number: str) -> str:
        """The extension that is called."""
        return ""

    def headers(self, request: CallRequest, target: Target) -> tuple[str, str, list[tuple[str, str]]]:
        """From, To, further headers of an INVITE."""
        raise NotImplementedError

    def redirected(self, call: SipCall, contacts: Sequence[str]) -> list[Target]:
        """Where the contacts of a 3xx lead; [] nowhere that we go."""
        return []

    def caller(self, message: SipMessage, user: str) -> Party | None:
        return calling_party(message, trusted=self.trusted)

    # -- circuits ------------------------------------------------------------------------------------------------

    def _take(self, call: SipCall) -> None:
        self._free.remove(call.number)
        self.calls[call.number] = call

    def adopt(self, call: SipCall) -> None:
        """One that was up before a restart of control."""
        if call.number in self._free:
            self._take(call)

    def free_number(self) -> int:
        """0: there is none."""
        return self._free[0] if self._free else 0

    def finished(self, call: SipCall, cause: int, *, by_peer: bool) -> None:
        """The last word of a call. Its line is closed behind the leg's."""
        if call.state is S.RELEASED:
            return
        call.state = S.RELEASED
        call.let_go()

        def told() -> None:
            self.events.trunk_released(call, cause, by_peer)
            call.voice.close()
            if self.calls.pop(call.number, None) is not None:
                self._free.append(call.number)

        self.post(told)

    def _lost(self, call: SipCall, cause: int) -> None:
        """The line is silent for longer than is borne, which is right while the other side is on hold; or the engine has none."""
        if cause == causes.CONGESTION or (call.state is S.ACTIVE and call.voice.agreed is not None and call.voice.agreed.receives and not call.voice.held):
            call.release(cause)

    # -- asking and telling --------------------------------------------------------------------------------------

    def ask(self, request: Callable[[int], Any]) -> None:
        """A request of a call to its dialog. One that cannot be any more has been overtaken, by a CANCEL or a timer of the user agent's."""
        try:
            self.shell.ask(request)
        except LocalError as error:
            self.complain("info", str(error))

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        self.shell.loop.call_later(seconds, action)

    def post(self, event: Callable[[], None]) -> None:
        self._reports.post(event)

    def complain(self, severity: str, text: str) -> None:
        if self._reports.new(text):
            self.post(lambda: self.events.trunk_alarm(self, severity, text))

    def look(self, why: str) -> None:
        """Tell of `up` where it has changed."""
        up = self.up
        if up != self._was_up:
            self._was_up = up
            self.post(lambda: self.events.trunk_state(self, up, why))

    # -- calls of ours -------------------------------------------------------------------------------------------

    def _begin(self, call: SipCall, target: Target, tried: int = 0, hops: int = 0) -> None:
        assert call.request is not None
        sender, to, headers = self.headers(call.request, target)
        session = self.shell.invite(
            target, target.places[tried], sender, to, headers, call.voice.pending_offer, self.peer
        )
        branch = Branch(call, session, target, tried, hops=hops)
        session.owner = branch
        call.branches.append(branch)

    # -- calls that come -----------------------------------------------------------------------------------------

    def invited(self, session: InviteSession, offer: bytes, user: str) -> SipCall | None:
        """An INVITE of this peer, or of this extension; None: it is refused already."""
        number = self.free_number()
        source = session.dialog.source if session.dialog is not None else None
        if not number or source is None:
            self._refuse(session, causes.NO_CIRCUIT)
            return None
        try:
            voice = self.shell.open_voice(source, self.wish_for(user), lambda cause: self._lost(call, cause), nat=self.peer.nat)
        except MediaFullError:
            self._refuse(session, causes.CONGESTION)
            return None
        call = SipCall(self, number, voice, incoming=True, user=user)
        try:
            call.offered(offer)
        except NotAcceptableError as error:
            voice.close()
            warning = [("Warning", f'{error.warning[:3]} xunhu "{error.warning[4:]}"')]
            self.ask(lambda now: session.reject(488, headers=warning, now=now))
            return None
        self._take(call)
        call.chosen = Branch(call, session)
        session.owner = call.chosen
        call.branches.append(call.chosen)
        return call

    def offer(self, call: SipCall, message: SipMessage) -> None:
        """Tell call control of a call that has come."""
        called = called_party(message)
        calling, redirecting = self.caller(message, call.user), redirecting_party(message)
        self.post(lambda: self.events.trunk_offered(call, called, calling, redirecting, True))

    def _refuse(self, session: InviteSession, cause: int) -> None:
        headers = [("Reason", sip_causes.reason(cause)), ("Retry-After", "5")]
        self.ask(lambda now: session.reject(sip_causes.to_status(cause), headers=headers, now=now))

    # -- what the user agent says --------------------------------------------------------------------------------

    def heard(self, branch: Branch, event: Any) -> None:
        """An event of a dialog of one of our calls."""
        call = branch.call
        if not call.open and not isinstance(event, ev.Ended):
            return
        match event:
            case ev.Provisional():
                self._provisional(call, branch, event)
            case ev.Answered():
                self._answered(call, branch, event)
            case ev.Refused():
                self._refused(call, branch, event)
            case ev.Ended():
                self._ended(call, branch, event)
            case ev.Offered():
                self._offered(call, event)
            case ev.OfferAnswered():
                self._offer_answered(call, event.body)
            case ev.OfferRefused():
                call.voice.drop_offer()
            case ev.InfoReceived():
                key = key_of(event.content_type, event.body)
                if key:
                    call.voice.line.key(key)
            case ev.Referred():
                self.post(lambda: self.shell.features.referred(call, event))
            case _:
                pass

    def _provisional(self, call: SipCall, branch: Branch, event: ev.Provisional) -> None:
        branch.progressed = True
        inband = bool(event.body) and call.take_description(event.body)
        if event.status == 180:
            call.state = S.ALERTING
            if call.told != "alerting" or inband:
                call.told = "alerting"
                self.post(lambda: self.events.trunk_alerting(call, inband))
        elif inband:
            reasons = event.message.all("Reason")
            cause = sip_causes.cause_of(reasons) if reasons else None
            call.told = call.told or "proceeding"
            self.post(lambda: self.events.trunk_progress(call, True, cause))
        elif not call.told:
            call.told = "proceeding"
            self.post(lambda: self.events.trunk_proceeding(call, False))

    def _answered(self, call: SipCall, branch: Branch, event: ev.Answered) -> None:
        call.chosen = branch
        for other in list(call.branches):
            if other is not branch:
                other.cancel(_ELSEWHERE)
                other.session.owner = None
        call.branches = [branch]
        call.state = S.ACTIVE
        call.answered = True
        fits = call.take_description(event.body) and call.voice.agreed is not None
        call.voice.settled()
        if not fits:
            call.release(88)
            return
        self.post(lambda: self.events.trunk_answered(call))
        self._tell_hold(call)

    def _refused(self, call: SipCall, branch: Branch, event: ev.Refused) -> None:
        branch.alive = False
        branch.session.owner = None
        if branch in call.branches:
            call.branches.remove(branch)
        status, message = event.status, event.message
        target = branch.target
        if target is not None and not branch.progressed and status in TRY_NEXT and branch.tried + 1 < len(target.places):
            self._begin(call, target, branch.tried + 1, branch.hops)
            return
        if 300 <= status < 400 and message is not None and branch.hops < _MOST_HOPS:
            found = self.redirected(call, message.all("Contact"))
            for further in found:
                self._begin(call, further, hops=branch.hops + 1)
            if found:
                return
        if not call.best or _weight(status) > _weight(call.best):
            call.best = status
            call.best_cause = sip_causes.cause_of([] if message is None else message.all("Reason"), status)
        if status >= 600:
            for other in call.branches:
                other.cancel([])
            call.let_go()
        if not any(other.alive for other in call.branches):
            self.finished(call, call.best_cause, by_peer=message is not None)

    def _ended(self, call: SipCall, branch: Branch, event: ev.Ended) -> None:
        branch.alive = False
        if branch is not call.chosen and any(other.alive for other in call.branches):
            return
        if event.by_peer:
            cause = sip_causes.cause_of([] if event.message is None else event.message.all("Reason"))
        else:
            cause = sip_causes.to_cause(event.status) if event.status >= 300 else causes.RECOVERY_ON_TIMER
        self.finished(call, cause, by_peer=event.by_peer)

    def _offered(self, call: SipCall, event: ev.Offered) -> None:
        session = event.session
        try:
            body = call.voice.answer(event.body) if event.body else call.voice.offer()
        except NotAcceptableError:
            self.ask(lambda now: session.refuse_offer(488, now=now))
            return
        self.ask(lambda now: session.answer_offer(body, now=now))
        if event.body:
            self._tell_hold(call)

    def _offer_answered(self, call: SipCall, body: bytes) -> None:
        fits = call.take_description(body)
        call.voice.settled()
        if not fits or call.voice.agreed is None:
            call.release(88)
        else:
            self._tell_hold(call)

    def _tell_hold(self, call: SipCall) -> None:
        """A telephone holds by a session description that does not listen."""
        held = call.voice.held
        if held != call.hold_told and call.state is S.ACTIVE:
            call.hold_told = held
            self.post(lambda: self.shell.features.held(call, held))
