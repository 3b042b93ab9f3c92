"""Caller id messages: ETSI EN 300 659-3 (ES 200 778) and Bellcore GR-30/GR-31/GR-1188, and their DTMF counterpart.

A message as FSK carries it: type, length, contents, checksum (sum of all octets, modulo 256, is 0). In the multiple data
format (MDMF; call setup 0x80 ...) the contents are parameters: type, length, value. In the single data format (SDMF, 0x04) they
are MMDDHHMM and the number. China (YD/T 1277.1) has both formats over Bell 202, and DTMF digits with start A or D and end C.

Layers: octets <-> `Message` (nothing is lost, encode(decode(x)) == x) <-> `CallSetup` (what a call wants to know, by the
rows of `PARAMETERS`). A parameter that is unknown, repeated or not as its row says stays raw in `CallSetup.other`.
Modulation and the data link below: xunhu._media.fsk.

Left out: charging and SMS contents, which keep their raw parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, NamedTuple

from xunhu.protocol.errors import LocalError, RemoteError

SDMF_CALL = 0x04
SDMF_MESSAGE_WAITING = 0x06
CALL_SETUP = 0x80
MESSAGE_WAITING = 0x82
ADVICE_OF_CHARGE = 0x86
SHORT_MESSAGE = 0x89

UNAVAILABLE = "O"  # reason for absence: "out of area"
PRIVATE = "P"

# EN 300 659-3 §5.4, type of forwarded call
FORWARDED = MappingProxyType(
    {
        0: "unknown",
        1: "on busy",
        2: "on no reply",
        3: "unconditional",
        4: "deflected after alerting",
        5: "deflected immediately",
        6: "mobile not reached",
    }
)
# type of calling user
CALLING_USERS = MappingProxyType(
    {
        0: "unknown",
        1: "voice",
        2: "text",
        3: "VPN",
        4: "mobile",
        5: "mobile VPN",
        6: "fax",
        7: "video",
        8: "e-mail",
        9: "operator",
        10: "ordinary",
        11: "priority",
        12: "data",
        13: "test",
        14: "telemetry",
        15: "payphone",
    }
)
# call type
CALL_TYPES = MappingProxyType(
    {1: "voice", 2: "ring back when free", 3: "calling name delivery", 0x81: "message waiting"}
)


class DateTime(NamedTuple):
    """No year, no zone: the caller's exchange's clock."""

    month: int
    day: int
    hour: int
    minute: int


@dataclass(frozen=True, slots=True)
class Parameter:
    type: int
    value: bytes


def _checksum(octets: bytes) -> int:
    return -sum(octets) & 255


@dataclass(frozen=True, slots=True)
class Message:
    """contents: what stands between length and checksum."""

    type: int
    contents: bytes

    @classmethod
    def decode(cls, octets: bytes) -> Message:
        """A whole message with its checksum. RemoteError: too short or long, or the checksum is wrong."""
        if len(octets) < 3:
            raise RemoteError(f"caller id message of {len(octets)} octets: type, length and checksum are 3")
        if octets[1] != len(octets) - 3:
            raise RemoteError(f"caller id message: length {octets[1]} but {len(octets) - 3} octets of contents")
        if sum(octets) & 255:
            raise RemoteError(f"caller id message: checksum {octets[-1]:#04x}, should be {_checksum(octets[:-1]):#04x}")
        return cls(octets[0], bytes(octets[2:-1]))

    def encode(self, *, checksum: bool = True) -> bytes:
        """LocalError: the contents are longer than 255 octets."""
        if len(self.contents) > 255:
            raise LocalError(f"a caller id message has at most 255 octets, not {len(self.contents)}")
        head = bytes((self.type, len(self.contents))) + self.contents
        return head + bytes((_checksum(head),)) if checksum else head

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Of a message in the multiple data format. RemoteError: a parameter goes beyond the end."""
        out, at = [], 0
        while at < len(self.contents):
            if at + 2 > len(self.contents) or at + 2 + self.contents[at + 1] > len(self.contents):
                raise RemoteError(f"caller id parameter {self.contents[at]:#04x} goes beyond the end of the message")
            end = at + 2 + self.contents[at + 1]
            out.append(Parameter(self.contents[at], self.contents[at + 2 : end]))
            at = end
        return tuple(out)

    @classmethod
    def of(cls, message_type: int, parameters: tuple[Parameter, ...]) -> Message:
        """LocalError: a value is longer than 255 octets."""
        if any(len(p.value) > 255 for p in parameters):
            raise LocalError("a caller id parameter has at most 255 octets")
        return cls(message_type, b"".join(bytes((p.type, len(p.value))) + p.value for p in parameters))


def _date_time(value: bytes) -> DateTime:
    text = _digits(value)
    out = DateTime(*(int(text[i : i + 2]) for i in range(0, 8, 2)))
    if not (1 <= out.month <= 12 and 1 <= out.day <= 31 and out.hour <= 23 and out.minute <= 59):
        raise ValueError
    return out


def _put_date_time(value: DateTime) -> bytes:
    octets = "".join(f"{part:02}" for part in value).encode()
    _date_time(octets)
    return octets


def _digits(value: bytes) -> str:
    text = value.decode("ascii")
    if not (text.isascii() and text.isdigit()):
        raise ValueError
    return text


def _number(value: bytes) -> str:
    """Digits, * and #, and + where the exchange sends it; GR-31 has letters in none."""
    text = value.decode("ascii")
    if not text or set(text) - set("0123456789*#+"):
        raise ValueError
    return text


def _text(value: bytes) -> str:
    """ETSI's alphabet is ISO 646 with national letters; China's exchanges send GB 18030 (of which ASCII is a part)."""
    text = value.decode("gb18030")
    if text.encode("gb18030") != value or not text.isprintable():
        raise ValueError
    return text


def _absence(value: bytes) -> str:
    text = value.decode("ascii")
    if text not in (UNAVAILABLE, PRIVATE):
        raise ValueError
    return text


def _qualifier(value: bytes) -> bool:
    if value != b"L":
        raise ValueError
    return True


def _visual(value: bytes) -> bool:
    if value not in (b"\x00", b"\xff"):
        raise ValueError
    return value == b"\xff"


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter: where it stands in CallSetup, its length, how it is read (ValueError: not so) and written."""

    field: str
    least: int
    most: int
    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]
    clause: str


def _ascii(field: str, least: int, most: int, decode: Callable[[bytes], Any], clause: str) -> Row:
    return Row(field, least, most, decode, lambda value: str(value).encode("ascii"), clause)


def _octet(field: str, clause: str) -> Row:
    return Row(field, 1, 1, lambda value: value[0], lambda value: bytes((value,)), clause)


PARAMETERS: Mapping[int, Row] = MappingProxyType(
    {
        0x01: Row("date_time", 8, 8, _date_time, _put_date_time, "EN 300 659-3 §5.4"),
        0x02: _ascii("number", 1, 20, _number, "EN 300 659-3 §5.4"),
        0x03: _ascii("called", 1, 20, _number, "EN 300 659-3 §5.4"),
        0x04: _ascii("absence", 1, 1, _absence, "EN 300 659-3 §5.4"),
        0x05: Row("redirection", 1, 1, lambda value: value[0], lambda value: bytes((value,)), "GR-1188"),
        0x06: Row("long_distance", 1, 1, _qualifier, lambda _: b"L", "GR-31"),
        0x07: Row("name", 1, 50, _text, lambda value: str(value).encode("gb18030"), "EN 300 659-3 §5.4"),
        0x08: _ascii("name_absence", 1, 1, _absence, "EN 300 659-3 §5.4"),
        0x0B: Row("visual", 1, 1, _visual, lambda value: b"\xff" if value else b"\x00", "EN 300 659-3 §5.4"),
        0x0F: Row("complementary_date_time", 8, 8, _date_time, _put_date_time, "EN 300 659-3 §5.4"),
        0x10: _ascii("complementary_number", 1, 20, _number, "EN 300 659-3 §5.4"),
        0x11: _octet("call_type", "EN 300 659-3 §5.4"),
        0x12: _ascii("first_called", 1, 20, _number, "EN 300 659-3 §5.4"),
        0x13: _octet("messages", "EN 300 659-3 §5.4"),
        0x15: _octet("forwarded", "EN 300 659-3 §5.4"),
        0x16: _octet("calling_user", "EN 300 659-3 §5.4"),
        0x1A: _ascii("redirecting", 1, 20, _number, "EN 300 659-3 §5.4"),
    }
)


def _read(row: Row, value: bytes) -> Any:
    """None: the value is not as the row says."""
    try:
        return row.decode(value) if row.least <= len(value) <= row.most else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSetup:
    """What an exchange says of a call before it is answered. None: it said nothing of it."""

    date_time: DateTime | None = None
    number: str | None = None
    called: str | None = None
    absence: str | None = None  # why there is no number: UNAVAILABLE or PRIVATE
    redirection: int | None = None
    long_distance: bool | None = None
    name: str | None = None
    name_absence: str | None = None
    visual: bool | None = None  # messages are waiting
    complementary_date_time: DateTime | None = None
    complementary_number: str | None = None
    call_type: int | None = None  # CALL_TYPES
    first_called: str | None = None
    messages: int | None = None
    forwarded: int | None = None  # FORWARDED
    calling_user: int | None = None  # CALLING_USERS
    redirecting: str | None = None
    type: int = CALL_SETUP  # of the message
    other: tuple[Parameter, ...] = ()  # unknown, repeated, or not as the table says

    @classmethod
    def decode(cls, octets: bytes) -> CallSetup:
        """A whole message with its checksum, in either format. RemoteError: it is damaged, or of no format known."""
        message = Message.decode(octets)
        if message.type in (SDMF_CALL, SDMF_MESSAGE_WAITING):
            return cls._of_single(message)
        if not message.type & 0x80:
            raise RemoteError(f"caller id message of type {message.type:#04x}")
        found: dict[str, Any] = {}
        other = []
        for parameter in message.parameters:
            row = PARAMETERS.get(parameter.type)
            value = _read(row, parameter.value) if row and row.field not in found else None
            if row is None or value is None:
                other.append(parameter)
            else:
                found[row.field] = value
        return cls(**found, type=message.type, other=tuple(other))

    @classmethod
    def _of_single(cls, message: Message) -> CallSetup:
        if message.type == SDMF_MESSAGE_WAITING:
            waiting = {b"\x42" * 3: True, b"\x6f" * 3: False}.get(message.contents)  # GR-30: on, off
            if waiting is None:
                raise RemoteError("caller id: message waiting is neither on nor off")
            return cls(visual=waiting, type=message.type)
        try:
            date_time, rest = _date_time(message.contents[:8]), message.contents[8:]
            if rest in (b"O", b"P"):
                return cls(date_time=date_time, absence=_absence(rest), type=message.type)
            return cls(date_time=date_time, number=_number(rest) if rest else None, type=message.type)
        except ValueError:
            raise RemoteError("caller id in the single data format is not MMDDHHMM and a number") from None

    def message(self) -> Message:
        """LocalError: a value its parameter cannot hold, or one the single data format has no place for."""
        if self.type == SDMF_CALL:
            return self._single()
        parameters = []
        for code, row in PARAMETERS.items():
            value = getattr(self, row.field)
            if value is None:
                continue
            try:
                octets = row.encode(value)
                fits = row.least <= len(octets) <= row.most and row.decode(octets) == value
            except ValueError:
                fits = False
            if not fits:
                raise LocalError(f"caller id cannot say {row.field} {value!r}")
            parameters.append(Parameter(code, octets))
        return Message.of(self.type, (*parameters, *self.other))

    def _single(self) -> Message:
        said = {f.name for f in fields(self) if getattr(self, f.name) not in (None, ())} - {"type"}
        try:
            if "date_time" not in said or said - {"date_time", "number", "absence"} or {"number", "absence"} <= said:
                raise ValueError
            assert self.date_time is not None
            rest = (self.number or self.absence or "").encode("ascii")
            contents = _put_date_time(self.date_time) + rest
            if rest and not self.absence:
                _number(rest)
        except ValueError:
            raise LocalError("the single data format holds date and time and a number or the reason for none") from None
        return Message(SDMF_CALL, contents)

    def encode(self, *, checksum: bool = False) -> bytes:
        """Octets of the message; the sender (xunhu._media.fsk) adds the checksum. LocalError: as `message`."""
        return self.message().encode(checksum=checksum)


@dataclass(frozen=True, slots=True, kw_only=True)
class DtmfClip:
    """Caller id as DTMF digits."""

    number: str | None = None
    redirecting: str | None = None  # diverted by
    absence: str | None = None  # UNAVAILABLE or PRIVATE
    international: bool = False  # absence: the call comes from abroad (hash form alone can say so)


ETSI = "etsi"  # EN 300 659-1 Annex: A number, D redirecting number, B reason, end C
HASH = "hash"  # A number #; D1 # private, D2 # from abroad, D3 # not available
CHINA = "china"  # D number C (YD/T 1277.1; A as a start also occurs); also Taiwan's, Kuwait's
_REASONS = MappingProxyType({"00": UNAVAILABLE, "10": PRIVATE})
_HASH_REASONS = MappingProxyType({"1": (PRIVATE, False), "2": (UNAVAILABLE, True), "3": (UNAVAILABLE, False)})


def _plain(digits: str) -> str:
    if not digits or not (digits.isascii() and digits.isdigit()) or len(digits) > 20:
        raise RemoteError(f"caller id in DTMF: {digits!r} is no number")
    return digits


def encode_dtmf(clip: DtmfClip, form: str = ETSI) -> str:
    """The digits to be sent. LocalError: that form cannot say it, or a number is not 1 to 20 digits."""
    try:
        number = _plain(clip.number) if clip.number is not None else None
        redirecting = _plain(clip.redirecting) if clip.redirecting is not None else None
    except RemoteError as error:
        raise LocalError(str(error)) from None
    reasons = {reason: code for code, reason in _REASONS.items()}
    hash_reasons = {reason: code for code, reason in _HASH_REASONS.items()}
    if form == ETSI and (number or clip.absence) and not clip.international and clip.absence in (None, *reasons):
        reason = f"B{reasons[clip.absence]}" if clip.absence else ""
        return (f"A{number}" if number else "") + (f"D{redirecting}" if redirecting else "") + reason + "C"
    if form == HASH and redirecting is None:
        if number and not clip.absence:
            return f"A{number}#"
        if not number and (clip.absence, clip.international) in hash_reasons:
            return f"D{hash_reasons[clip.absence or '', clip.international]}#"
    if form == CHINA and number and redirecting is None and not clip.absence:
        return f"D{number}C"
    raise LocalError(f"caller id in DTMF, form {form}, cannot say {clip}")


def _decode_hash(body: str) -> DtmfClip:
    if body[:1] == "D" and body[1:] in _HASH_REASONS:
        absence, international = _HASH_REASONS[body[1:]]
        return DtmfClip(absence=absence, international=international)
    return DtmfClip(number=_plain(body.removeprefix("A")))


def decode_dtmf(digits: str) -> DtmfClip:
    """A whole sequence with its end, C or #, in any of the forms. RemoteError: it is none.

    D number C is the caller's number where nothing else is said (`CHINA`), the redirecting number beside A or B (`ETSI`).
    """
    if digits.endswith("#"):
        return _decode_hash(digits[:-1])
    if not digits.endswith("C"):
        raise RemoteError(f"caller id in DTMF: {digits!r} has no end")
    parts: dict[str, str] = {}
    body = digits[:-1]
    while body:
        start = body[0]
        end = next((i for i in range(1, len(body)) if body[i] in "ABD"), len(body))
        if start not in "ABD" or start in parts:
            raise RemoteError(f"caller id in DTMF: {digits!r} has no start, or one twice")
        parts[start] = body[1:end]
        body = body[end:]
    if not parts:
        raise RemoteError("caller id in DTMF says nothing")
    if set(parts) == {"D"}:
        return DtmfClip(number=_plain(parts["D"]))
    if "B" in parts and parts["B"] not in _REASONS:
        raise RemoteError(f"caller id in DTMF: reason {parts['B']!r}")
    return DtmfClip(
        number=_plain(parts["A"]) if "A" in parts else None,
        redirecting=_plain(parts["D"]) if "D" in parts else None,
        absence=_REASONS[parts["B"]] if "B" in parts else None,
    )
