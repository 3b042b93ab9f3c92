"""`Lamps`: the calls of an extension as those see them who watch it (xunhu/sip/notifier.py): busy lamps of telephones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xunhu.call.sip_call import SipCall
from xunhu.call.trunk import TrunkCallState
from xunhu.sip.notifier_bodies import DialogState

if TYPE_CHECKING:
    from xunhu.service.sip import SipService

S = TrunkCallState
_STATES = {S.OFFERED: "trying", S.OVERLAP: "trying", S.PROCEEDING: "trying", S.ALERTING: "early", S.ACTIVE: "confirmed"}


class Lamps:
    def __init__(self, service: SipService) -> None:
        self._service = service

    def calls_of(self, extension: str) -> list[DialogState]:
        phones = self._service.shell.phones
        if phones is None:
            return []
        return [self._state(call) for call in phones.calls.values() if call.user == extension and call.state in _STATES]

    def _state(self, call: SipCall) -> DialogState:
        """A call that came from the telephone is one that its extension has begun."""
        leg = self._service.control.leg_of(call)
        number = f"{leg.call.id}-{leg.name}" if leg is not None else call.circuit
        calling = call.request.calling if call.request is not None else None
        shown = calling is not None and calling.presentation == "allowed"
        remote = f"sip:{calling.digits}@{self._service.site.realm}" if calling is not None and shown and calling.digits else ""
        return DialogState(number, _STATES[call.state], initiator=call.incoming, remote=remote)
