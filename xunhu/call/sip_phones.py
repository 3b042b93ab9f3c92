"""`PhonesTrunk`: the trunk of all telephones that register, the extensions with a secret.

A call to an extension rings every telephone that has registered as it. A call that comes from one has been authenticated (SipShell.admit), and its extension is
the calling party, whatever its From says. A telephone that redirects (302, "call forward") may send the call to another extension that registers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from xunhu.call.sip_branch import Target
from xunhu.call.sip_call import SipCall
from xunhu.call.sip_party import calling_party, digits_of, from_header, uri_user
from xunhu.call.sip_trunk import SipTrunk
from xunhu.call.sip_voice import Wish
from xunhu.call.trunk import CallRequest, Party, TrunkEvents
from xunhu.config.sip import PHONES
from xunhu.sip.address import UaPeer
from xunhu.sip.message import NameAddr, SipParseError
from xunhu.sip.uri import SipUri
from xunhu.vclock import Clock

if TYPE_CHECKING:
    from xunhu.call.sip_shell import SipShell


class PhonesTrunk(SipTrunk):
    """See the module's text. wishes: of each extension; contacts(extension): where its telephones are."""

    def __init__(
        self,
        index: int,
        circuits: int,
        wishes: Mapping[str, Wish],
        contacts: Callable[[str], Sequence[Target]],
        peer: UaPeer,
        shell: SipShell,
        clock: Clock,
        events: TrunkEvents,
    ) -> None:
        super().__init__(PHONES, index, circuits, next(iter(wishes.values())), peer, shell, clock, events)
        self._wishes = wishes
        self._contacts = contacts

    @property
    def up(self) -> bool:
        return self.shell.open

    def wish_for(self, number: str) -> Wish:
        return self._wishes.get(number, self.wish)

    def user_of(self, number: str) -> str:
        return number

    def targets(self, request: CallRequest) -> list[Target]:
        return list(self._contacts(request.called))

    def headers(self, request: CallRequest, target: Target) -> tuple[str, str, list[tuple[str, str]]]:
        domain = self.shell.domain(target.places[0])
        calling = request.calling
        privacy = [("Privacy", "id")] if calling is not None and calling.presentation == "restricted" else []
        return from_header(request, "", domain), f"<sip:{request.called}@{domain}>", privacy

    def redirected(self, call: SipCall, contacts: Sequence[str]) -> list[Target]:
        for text in contacts:
            try:
                uri = NameAddr.parse(text).uri
            except SipParseError:
                continue
            number = digits_of(uri_user(uri)) if isinstance(uri, SipUri) else ""
            if number in self._wishes and number != call.user:
                return list(self._contacts(number))
        return []

    def caller(self, message: Any, user: str) -> Party | None:
        shown = calling_party(message, trusted=False)
        hidden = shown is not None and shown.presentation == "restricted"
        return Party(user, presentation="restricted" if hidden else "allowed", screening="network")
