"""`Branch`: one dialog of a call, and the addresses it may still be tried at (RFC 3263 §4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from xunhu.sip.address import Address

if TYPE_CHECKING:
    from xunhu.call.sip_call import SipCall

#: responses after which another address of the same name is worth a try
TRY_NEXT = (408, 500, 503, 504)


@dataclass(frozen=True, slots=True)
class Target:
    """Where an INVITE goes. uri: its Request-URI; places: addresses, the best first; flow: the connection of a telephone, 0 none; route: values
    of Route headers (Path of a registration, an outbound proxy)."""

    uri: str
    places: tuple[Address, ...]
    flow: int = 0
    route: tuple[str, ...] = ()


@dataclass(slots=True)
class Branch:
    call: SipCall
    session: Any
    target: Target | None = None
    tried: int = 0
    progressed: bool = False  # a provisional response has come
    hops: int = 0  # redirections that have led here
    alive: bool = True
    contacts: Sequence[str] = field(default_factory=tuple)

    def cancel(self, headers: Sequence[tuple[str, str]]) -> None:
        if self.alive:
            self.alive = False
            session = self.session
            self.call.trunk.ask(lambda now: session.cancel(headers=list(headers), now=now))
