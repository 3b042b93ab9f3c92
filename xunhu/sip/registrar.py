"""The registrar of RFC 3261 §10.3, with Path (RFC 3327) and outbound (RFC 5626), over location.py. Sans-IO.

Who may register is settled before (authority.py): `handle` is given the user. An address of record is that user; a To that names another
one is refused. All contacts of a request are taken, or none. Contacts with the same instance give way to the newer one; when there are
more than may be, the one that would end first gives way: a telephone that has lost its memory does not lock itself out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from xunhu.sip.address import Address
from xunhu.sip.chars import quoted, unquoted
from xunhu.sip.headers import NameAddr
from xunhu.sip.location import Binding, Location
from xunhu.sip.message import SipMessage
from xunhu.sip.uri import SipUri

NS = 1_000_000_000
_CONTACTS = 20  # of one request
_TEXT = 255  # characters of what is only remembered


class Reply(NamedTuple):
    """What to answer."""

    status: int
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Wanted:
    contact: SipUri
    seconds: int
    q: float
    instance: str
    reg_id: int


class _RefusedError(Exception):
    def __init__(self, status: int, reason: str = "", headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(reason)
        self.reply = Reply(status, reason, headers)


class Registrar:
    """min_s, max_s, default_s: of registrations, seconds. domains: those that are ours, lower case; none: any."""

    def __init__(
        self,
        location: Location,
        *,
        min_s: int = 60,
        max_s: int = 3600,
        default_s: int = 3600,
        domains: frozenset[str] = frozenset(),
    ) -> None:
        self.location = location
        self._min_s = min_s
        self._max_s = max_s
        self._default_s = min(default_s, max_s)
        self._domains = domains

    def handle(
        self, message: SipMessage, user: str, source: Address, local: Address, flow: int, now: int, wall: int
    ) -> Reply:
        """A REGISTER of an authenticated user. SipParseError: one of its headers cannot be read (400)."""
        try:
            self._check(message, user)
            wanted = self._wanted(message)
            self._in_order(message, user, wanted, now)
            if wanted is None:
                for binding in self.location.find(user, now):
                    self.location.remove(binding)
            elif wanted:
                self._store(message, user, wanted, (source, local, flow), now, wall)
        except _RefusedError as refused:
            return refused.reply
        return self._answer(message, user, now)

    def _check(self, message: SipMessage, user: str) -> None:
        to = message.to.uri
        if not isinstance(to, SipUri):
            raise _RefusedError(404, "Not a SIP address")
        if self._domains and to.host.lower() not in self._domains:
            raise _RefusedError(404, "Not our domain")
        if to.user != user:
            raise _RefusedError(403, "Another user's address")

    def _wanted(self, message: SipMessage) -> list[_Wanted] | None:
        """None: all are to be removed; []: they are only asked for."""
        contacts = message.contacts
        if len(contacts) > _CONTACTS:
            raise _RefusedError(403, "Too many contacts")
        if contacts and contacts[0].uri == "*":
            if message.expires != 0:
                raise _RefusedError(400, "Contact * without Expires: 0")
            return None
        return [self._one(message, contact) for contact in contacts]

    def _one(self, message: SipMessage, contact: NameAddr) -> _Wanted:
        uri = contact.uri
        if not isinstance(uri, SipUri):
            raise _RefusedError(400, "Contact is no SIP address")
        seconds = self._seconds(contact.params.get("expires", ""), message)
        instance = unquoted(contact.params.get("+sip.instance", ""))[:_TEXT]
        reg_id = contact.params.get("reg-id", "")
        number = int(reg_id) if instance and reg_id.isascii() and reg_id.isdigit() and len(reg_id) < 10 else 0
        if number and "outbound" not in message.items("Supported"):
            number = 0
        if number and len(message.vias) > 1 and not any(";ob" in text.lower() for text in message.items("Path")[-1:]):
            raise _RefusedError(439, "First Hop Lacks Outbound Support")
        return _Wanted(uri, seconds, _quality(contact.params.get("q", "1")), instance, number)

    def _seconds(self, text: str, message: SipMessage) -> int:
        """Of the parameter, else of the header, else ours (§10.3 item 7); one that cannot be read counts as none."""
        if text.isascii() and text.isdigit():
            seconds = int(text[:11])
        else:
            asked = message.expires
            seconds = self._default_s if asked is None else asked
        if 0 < seconds < self._min_s:
            raise _RefusedError(423, "", (("Min-Expires", str(self._min_s)),))
        return min(seconds, self._max_s)

    def _in_order(self, message: SipMessage, user: str, wanted: list[_Wanted] | None, now: int) -> None:
        """A request that is older than what it would change is refused (§10.3 items 6 and 7)."""
        call_id, cseq = message.call_id, message.cseq[0]
        touched = None if wanted is None else [row.contact for row in wanted]
        for binding in self.location.find(user, now):
            if binding.call_id == call_id and cseq <= binding.cseq and (touched is None or binding.contact in touched):
                raise _RefusedError(400, "CSeq out of order")

    def _store(
        self,
        message: SipMessage,
        user: str,
        wanted: list[_Wanted],
        way: tuple[Address, Address, int],
        now: int,
        wall: int,
    ) -> None:
        source, local, flow = way
        adding = sum(1 for row in wanted if row.seconds)
        if adding and len(self.location) + adding > self.location.total:
            raise _RefusedError(503, "", (("Retry-After", "60"),))
        path = tuple(message.items("Path"))
        have = self.location.find(user, now)
        for row in wanted:
            old = next((one for one in have if one.contact == row.contact and one.reg_id == row.reg_id), None)
            if not row.seconds:
                if old is not None:
                    self.location.remove(old)
                continue
            self.location.put(
                Binding(
                    aor=user,
                    # the URI of before, where the two are equal but not the same: one key for both
                    contact=old.contact if old is not None and str(old.contact) != str(row.contact) else row.contact,
                    expires=now + row.seconds * NS,
                    call_id=message.call_id[:_TEXT],
                    cseq=message.cseq[0],
                    source=source,
                    local=local,
                    flow=flow,
                    q=row.q,
                    path=path,
                    instance=row.instance,
                    reg_id=row.reg_id,
                    agent=message.get("User-Agent")[:_TEXT],
                ),
                now,
                wall,
            )

    def _answer(self, message: SipMessage, user: str, now: int) -> Reply:
        headers = [("Contact", _written(binding, now)) for binding in self.location.find(user, now)]
        path = message.items("Path")
        if path and "path" in message.items("Supported"):
            headers += [("Path", value) for value in path]
        if any(binding.reg_id for binding in self.location.find(user, now)):
            headers.append(("Require", "outbound"))
        return Reply(200, "", tuple(headers))


def _quality(text: str) -> float:
    """0 to 1 by thousandths; one that cannot be read counts as 1."""
    try:
        value = float(text)
    except ValueError:
        return 1.0
    return round(min(max(value, 0.0), 1.0), 3) if value == value else 1.0  # noqa: PLR0124 - no number


def _written(binding: Binding, now: int) -> str:
    out = f"<{binding.contact}>;expires={binding.seconds(now)}"
    if binding.q != 1.0:
        out += f";q={binding.q:g}"
    if binding.instance:
        out += f";+sip.instance={quoted(binding.instance)}"
    if binding.reg_id:
        out += f";reg-id={binding.reg_id}"
    return out
