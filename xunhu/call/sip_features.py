"""`SipFeatures`: what telephones do by their own keys, done by call control.

hold       a session description that does not listen: the other party hears music; one that listens again: they talk
transfer   REFER to a number: the other party is taken there, if this telephone might call that number itself
           REFER with Replaces (RFC 3891): the other parties of two calls of this telephone are joined; while the second still rings, its number is where the
           first goes
pickup     INVITE with Replaces: the newcomer takes the place of the one that is replaced, in its talk or while it rings
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from xunhu.call import causes, sip_causes
from xunhu.call.errors import CallControlError
from xunhu.call.leg import Leg
from xunhu.call.sip_call import SipCall
from xunhu.call.sip_party import digits_of, uri_user
from xunhu.call.trunk import NoCircuitError

if TYPE_CHECKING:
    from xunhu.call.control import CallControl
    from xunhu.sip import events as ev

Dialog = tuple[str, str, str]  # call id, our tag, their tag
_FAILED = (CallControlError, NoCircuitError)


class SipFeatures:
    """See the module's text. find: the call of a dialog."""

    def __init__(self, control: CallControl, find: Callable[[Dialog], SipCall | None]) -> None:
        self._control = control
        self._find = find

    def held(self, call: SipCall, on: bool) -> None:
        leg = self._control.leg_of(call)
        if leg is None or not leg.open or leg.call.ending:
            return
        whole = leg.call
        partner = whole.partner(leg)
        whole.log("leg.hold" if on else "leg.unhold", party=leg.party, leg=leg.name)
        if partner is None:
            return
        try:
            if not on and whole.held(partner):
                self._control.retrieve(partner)
            elif on and whole.bridged is not None:
                self._control.hold(partner)
        except CallControlError as error:
            whole.note(f"leg {leg.name}: {'hold' if on else 'talk after hold'} not possible: {error}")

    # -- transfer ------------------------------------------------------------------------------------------------

    def referred(self, call: SipCall, request: ev.Referred) -> None:
        leg = self._control.leg_of(call)
        partner = leg.call.partner(leg) if leg is not None and leg.open else None
        if leg is None or partner is None:
            call.trunk.ask(lambda now: request.refuse(603, now=now))
            return
        if request.replaces is not None:
            self._joined(call, leg, partner, request)
            return
        number = digits_of(uri_user(request.refer_to.uri))
        self._taken(call, leg, partner, request, number)

    def _taken(self, call: SipCall, leg: Leg, partner: Leg, request: ev.Referred, number: str) -> None:
        """Blind transfer."""
        control = self._control
        group = control.settings.group_of(call.trunk.name)
        target = control.router.route(number, leg.party, group, control.local_time())
        if target.kind != "extension":
            status = sip_causes.to_status(target.cause) if target.kind == "refused" else 403
            leg.call.note(f"leg {leg.name}: transfer to {number} refused")
            call.trunk.ask(lambda now: request.refuse(status, now=now))
            return
        self._transfer(call, request, lambda: control.transfer_blind(partner, target.name))

    def _joined(self, call: SipCall, leg: Leg, partner: Leg, request: ev.Referred) -> None:
        """Attended transfer."""
        assert request.replaces is not None
        other = self._find(request.replaces)
        second = self._control.leg_of(other) if other is not None else None
        if other is None or second is None or not second.open or other.user != call.user:
            call.trunk.ask(lambda now: request.refuse(481, now=now))
            return
        third = second.call.partner(second)
        if third is None or not third.answered:
            number = second.call.facts.called
            second.release(causes.NORMAL)
            self._taken(call, leg, partner, request, number)
            return
        self._transfer(call, request, lambda: self._control.transfer_attended(partner, third))

    def _transfer(self, call: SipCall, request: ev.Referred, action: Callable[[], object]) -> None:
        """The telephone hears of the success before it is released, which the transfer does."""
        call.trunk.ask(lambda now: request.accept(now=now))
        call.before_release = lambda now: request.notify(200, now=now)
        try:
            action()
        except _FAILED as error:
            call.before_release = None
            status = sip_causes.to_status(error.cause) if isinstance(error, NoCircuitError) else 603
            call.trunk.ask(lambda now: request.notify(status, now=now))
            leg = self._control.leg_of(call)
            if leg is not None:
                leg.call.note(f"leg {leg.name}: transfer not possible: {error}")

    # -- replacing -----------------------------------------------------------------------------------------------

    def replaced(self, old: SipCall, new: SipCall) -> None:
        leg = self._control.leg_of(old)
        whole = leg.call if leg is not None else None
        if leg is None or whole is None or not leg.open or whole.ending:
            new.release(causes.NORMAL_UNSPECIFIED)
            new.trunk.finished(new, causes.NORMAL_UNSPECIFIED, by_peer=False)
            return
        partner = whole.partner(leg)
        fresh = whole.add_leg("callee", new, calling=new.user or leg.party, called=whole.facts.called)
        fresh.track = leg.track
        fresh.answer()
        if leg.answered and partner is not None:
            self._control.transfer_attended(partner, fresh)
        elif leg.answered:
            fresh.release(causes.NORMAL_UNSPECIFIED)
        else:
            outcome, leg.on_outcome = leg.on_outcome, None
            if outcome is not None:
                outcome(fresh, ("answered", 0))
            leg.release(causes.NORMAL)
