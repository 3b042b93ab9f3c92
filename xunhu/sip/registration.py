"""Our own registration with somebody else's registrar (RFC 3261 §10.2): of a trunk. Sans-IO.

    start -> RESOLVING -> REGISTERING -> REGISTERED -> (refresh) -> REGISTERING ...
                              | failure
                              v
                           WAITING -> RESOLVING      stop -> REMOVING -> STOPPED

It asks its owner for addresses (Resolve) and for requests (Register, with the credentials the user agent answers challenges with), and
tells what has become of it (StateChanged). 423 is answered with what the registrar wants; when one address does not answer or answers
503, 500, 504 or 408, the next one is tried; after all of them it waits, twice as long each time, with chance in it, so that a thousand trunks do not
come back at the same moment. A refusal (401, 403, 404 ...) waits longer: it will not get better by itself.

What a registrar had granted counts until it is over: a refresh that fails leaves the trunk registered until then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple

from xunhu.sip.address import Address
from xunhu.sip.message import SipMessage
from xunhu.sip.uri import SipUri

NS = 1_000_000_000
_NEXT = frozenset({408, 500, 502, 503, 504})  # another address may do better
_FIRST_WAIT_S, _MOST_WAIT_S, _REFUSED_WAIT_S = 5.0, 300.0, 120.0
_EARLY_S = 5.0  # a refresh is at least so long before the end
_SHORTEST_S = 10  # a registration is not shorter, whatever the registrar says: it would be asked without a pause
_LONGEST_S = 86_400


class RegistrationState(Enum):
    STOPPED = "stopped"
    RESOLVING = "resolving"
    REGISTERING = "registering"
    REGISTERED = "registered"
    WAITING = "waiting"
    REMOVING = "removing"


class Resolve(NamedTuple):
    """The addresses of the registrar are wanted: `resolved`."""


class Register(NamedTuple):
    """A REGISTER is to be sent: `answered`. The same Call-ID and a rising CSeq; expires 0: it is taken away."""

    to: Address
    call_id: str
    cseq: int
    expires: int


class StateChanged(NamedTuple):
    """registered: calls may go that way; text: for people."""

    registered: bool
    state: RegistrationState
    text: str


class Registration:
    """call_id: of all its requests; expires_s: asked for; chance(): from 0 up to 1."""

    def __init__(self, call_id: str, *, expires_s: int, chance: Callable[[], float]) -> None:
        self.state = RegistrationState.STOPPED
        self.outputs: list[Resolve | Register | StateChanged] = []
        self._timer: int | None = None
        self.place: Address | None = None  # the registrar that was asked last
        self.text = "stopped"
        self.failures = 0  # in a row
        self._call_id = call_id
        self._asked_s = min(max(expires_s, _SHORTEST_S), _LONGEST_S)
        self._expires_s = self._asked_s
        self._chance = chance
        self._cseq = 0
        self._places: list[Address] = []
        self._until: int | None = None  # end of what was granted
        self._told: tuple[bool, str] = (False, "stopped")
        self._raised = 0  # answers of 423 in a row

    @property
    def registered(self) -> bool:
        return self._until is not None

    @property
    def next_deadline(self) -> int | None:
        if self._until is None or self._timer is None:
            return self._until if self._timer is None else self._timer
        return min(self._until, self._timer)

    # -- owner ---------------------------------------------------------------------------------------------------

    def start(self, now: int) -> None:
        if self.state is RegistrationState.STOPPED:
            self._resolve("looking for the registrar")

    def stop(self, now: int) -> None:
        """Takes the registration away where there is one; StateChanged STOPPED is the last word."""
        if self.state in (RegistrationState.STOPPED, RegistrationState.REMOVING):
            return
        if self._until is not None and self.place is not None:
            self.state = RegistrationState.REMOVING
            self._timer = None
            self._ask(self.place, 0)
        else:
            self._stopped()

    def restart(self, now: int) -> None:
        """The connection it came by has gone, or an operator wants it: registered anew at once."""
        if self.state in (RegistrationState.REGISTERED, RegistrationState.WAITING):
            self._resolve("registering anew")

    def resolved(self, places: Sequence[Address], now: int) -> None:
        if self.state is not RegistrationState.RESOLVING:
            return
        self._places = list(places)
        if self._places:
            self._next()
        else:
            self._wait("the registrar has no address", now)

    def answered(self, status: int, message: SipMessage | None, contact: SipUri | None, now: int) -> None:
        """The final response. contact: what we had registered, to be found in it; None: the first is ours."""
        if message is not None:
            self._cseq = max(self._cseq, message.cseq[0])  # challenges use numbers up
        if self.state is RegistrationState.REMOVING:
            self._stopped()
        elif self.state is not RegistrationState.REGISTERING:
            return
        elif 200 <= status < 300 and message is not None:
            self._granted(message, contact, now)
        elif status == 423 and message is not None and self._raise(message):
            assert self.place is not None
            self._ask(self.place, self._expires_s)
        elif status in _NEXT and self._places:
            self._next()
        else:
            self._refused(status, message, now)

    def handle_timeout(self, now: int) -> None:
        if self._until is not None and now >= self._until:
            self._until = None
            self._tell(f"not registered any more: {self.text}")
        if self._timer is None or now < self._timer:
            return
        self._timer = None
        if self.state is RegistrationState.REGISTERED and self.place is not None:
            # first the one that knows us, then the others
            self._places = [self.place]
            self._next()
        elif self.state is RegistrationState.WAITING:
            self._resolve("looking for the registrar")

    # -- steps ---------------------------------------------------------------------------------------------------

    def _resolve(self, text: str) -> None:
        self.state = RegistrationState.RESOLVING
        self._timer = None
        self.outputs.append(Resolve())
        self._tell(text)

    def _next(self) -> None:
        self.state = RegistrationState.REGISTERING
        self._timer = None
        self._raised = 0
        self.place = self._places.pop(0)
        self._ask(self.place, self._expires_s)

    def _ask(self, to: Address, expires: int) -> None:
        self._cseq += 1
        self.outputs.append(Register(to, self._call_id, self._cseq, expires))

    def _granted(self, message: SipMessage, contact: SipUri | None, now: int) -> None:
        seconds = min(max(_granted_seconds(message, contact, self._expires_s), _SHORTEST_S), _LONGEST_S)
        self.state = RegistrationState.REGISTERED
        self.failures = 0
        self._until = now + seconds * NS
        # Between a half and nine tenths of it, by chance: many that registered together do not refresh together.
        early = max(seconds * (0.5 + 0.4 * self._chance()), 1.0)
        self._timer = now + round(min(early, max(seconds - _EARLY_S, seconds / 2)) * NS)
        self._tell("registered")

    def _raise(self, message: SipMessage) -> bool:
        """423: what the registrar wants at least; False: it says nothing that helps."""
        text = message.get("Min-Expires")
        if not text.isascii() or not text.isdigit() or self._raised >= 2:
            return False
        wanted = int(text[:11])
        if not self._expires_s < wanted <= _LONGEST_S:
            return False
        self._raised += 1
        self._expires_s = wanted
        return True

    def _refused(self, status: int, message: SipMessage | None, now: int) -> None:
        if self._until is not None and status in _NEXT and self.failures == 0:
            # the one that knew us does not answer: all of them again, at once
            self.failures = 1
            self._resolve(f"the registrar does not answer ({status})")
            return
        if status not in _NEXT and status >= 400:
            self._until = None  # it knows us and says no
        self._expires_s = self._asked_s
        reason = "no answer" if message is None else f"{status} {message.reason}"
        after = message.get("Retry-After") if message is not None else ""
        least = float(after.partition(";")[0].partition("(")[0].strip()) if _is_number(after) else 0.0
        floor = _REFUSED_WAIT_S if 400 <= status < 500 and status != 408 else _FIRST_WAIT_S
        self._wait(reason, now, max(floor, min(least, _MOST_WAIT_S * 12)))

    def _wait(self, text: str, now: int, floor: float = _FIRST_WAIT_S) -> None:
        self.failures += 1
        factor: float = 2.0 ** min(self.failures - 1, 10)
        most = max(_MOST_WAIT_S, floor)
        seconds = min(max(floor, _FIRST_WAIT_S * factor), most) * (0.75 + 0.5 * self._chance())
        self.state = RegistrationState.WAITING
        self._timer = now + round(seconds * NS)
        self._tell(text)

    def _stopped(self) -> None:
        self.state = RegistrationState.STOPPED
        self._until = None
        self._timer = None
        self._tell("stopped")

    def _tell(self, text: str) -> None:
        self.text = text
        if (self.registered, text) != self._told:
            self._told = (self.registered, text)
            self.outputs.append(StateChanged(self.registered, self.state, text))


def _is_number(text: str) -> bool:
    digits = text.partition(";")[0].partition("(")[0].strip()
    return digits.isascii() and digits.isdigit() and len(digits) < 10


def _granted_seconds(message: SipMessage, contact: SipUri | None, asked: int) -> int:
    """Of our contact among those of the answer, else of the Expires header, else what was asked for (§10.2.4)."""
    rows = [row for row in message.contacts if isinstance(row.uri, SipUri)]
    ours = [row for row in rows if row.uri == contact] or (rows if len(rows) == 1 or contact is None else [])
    text = ours[0].params.get("expires", "") if ours else ""
    if text.isascii() and text.isdigit():
        return int(text[:11])
    given = message.expires
    return asked if given is None else given
