# cython: annotation_typing=False
"""Codec of the telephone user part: ITU-T Q.723 (11/88), and GF 001-9001 by the variant's rows (tup_tables).

The label. Telephone messages have a circuit identification code of 12 bits in their label, the lowest four of which are the SLS of the
message transfer part (Q.723 §2.2). Level 3 gives what it has read of the label as `sls` and everything behind it as octets:

    14-bit point codes   sls: CIC bits 0-3     octets[0]: CIC bits 4-11                     octets[1]: heading code
    24-bit point codes   sls: CIC bits 0-7     octets[0]: CIC bits 8-11, four spare bits    octets[1]: heading code

so with 24 bits `sls` is the whole octet behind the point codes, of which level 3 itself uses the lower half.

What a message does not end with is not thrown away: octets behind the known fields are kept in `rest`. RemoteError: a message that is
cut short, or whose heading the variant does not know is not among them: that is kept raw. Left out: the fields of IAI for network
capability, additional calling party and additional routing information are one octet each and opaque (for further study in Q.723).
"""

from __future__ import annotations

from typing import TypeAlias

from xunhu._ss7.circuit_primitives import Number
from xunhu._ss7.tup_messages import (
    CALLING_INFORMATION,
    CALLING_LINE,
    NATURE_IN,
    NATURE_OUT,
    NETWORK_CAPABILITY,
    ORIGINAL_CALLED,
    ROUTING_INFORMATION,
    TELL_CALLING_LINE,
    TELL_CATEGORY,
    TELL_ORIGINAL_CALLED,
    TELL_TRUNK,
    USER_GROUP,
    CircuitGroup,
    GeneralForward,
    Indicators,
    InitialAddress,
    Message,
    Plain,
    SubsequentAddress,
    Unsuccessful,
)
from xunhu._ss7.tup_tables import IAI, SAO, Form, Variant
from xunhu.protocol.errors import LocalError, RemoteError

# Names for types in the signatures that tup_codec.pxd declares: there they are C functions with untyped arguments.
Int: TypeAlias = int
Flag: TypeAlias = bool
Octets: TypeAlias = bytes
Text: TypeAlias = str
MaybeNumber: TypeAlias = Number | None

MAXIMUM_SIGNALS = 15  # address signals a message: their number is four bits
_PAIR = [f"{octet & 15:X}{octet >> 4:X}" for octet in range(256)]
_ONE = [f"{octet & 15:X}" for octet in range(256)]
_ZERO, _NINE, _A, _F = ord("0"), ord("9"), ord("A"), ord("F")
_OCTET = [bytes((i,)) for i in range(256)]

# -- pieces ----------------------------------------------------------------------------------------------------


def read_digits(octets: Octets, at: Int, count: Int) -> str:
    """`count` address signals from octet `at`, first one in the lower half (Q.723 §3.3.1 f); ST as F. RemoteError: cut short."""
    end = at + (count + 1) // 2
    if end > len(octets):
        raise RemoteError(f"{count} address signals do not fit into {len(octets) - at} octets", 111)
    out = [_PAIR[octets[i]] for i in range(at, at + count // 2)]
    if count & 1:
        out.append(_ONE[octets[end - 1]])
    return "".join(out)


def write_digits(digits: Text) -> bytes:
    """As read_digits reads them; the last half octet is 0 where their number is odd. LocalError: not an address signal."""
    out = bytearray()
    low = -1
    for digit in digits:
        code = ord(digit)
        if _ZERO <= code <= _NINE:
            code -= _ZERO
        elif _A <= code <= _F:
            code -= _A - 10
        else:
            raise LocalError(f"{digits!r} is not made of address signals")
        if low < 0:
            low = code
        else:
            out.append(low | code << 4)
            low = -1
    if low >= 0:
        out.append(low)
    return bytes(out)


def _read_line(octets: Octets, at: Int, restricted: Flag) -> Number:
    """Calling line identity or original called address: indicators and number of signals in one octet (§3.3.2 i, j)."""
    if at >= len(octets):
        raise RemoteError("no octet of address indicators", 111)
    first = octets[at]
    return Number(
        read_digits(octets, at + 1, first >> 4),
        NATURE_IN[first & 3],
        1,
        1 if restricted and first & 4 else 0,
        3,
        0,
        bool(restricted and first & 8),
    )


def _line_octets(number: Number) -> int:
    return 1 + (len(number.digits) + 1) // 2


def _write_line(number: Number, restricted: Flag) -> bytes:
    first = NATURE_OUT[number.nature] | len(number.digits) << 4
    if restricted:
        first |= (4 if number.presentation else 0) | (8 if number.incomplete else 0)
    return _OCTET[first] + write_digits(number.digits)


def line_number(number: MaybeNumber) -> Number | None:
    """A number as TUP can carry it: at most 15 signals, the last ones kept, of E.164; None where there is nothing to tell."""
    if number is None or not number.digits or number.presentation == 2:
        return None
    whole = number.digits
    digits = whole[len(whole) - MAXIMUM_SIGNALS :] if len(whole) > MAXIMUM_SIGNALS else whole
    return Number(
        digits,
        number.nature if 1 <= number.nature <= 4 else 3,
        1,
        1 if number.presentation else 0,
        3,
        0,
        number.incomplete or len(digits) < len(whole),
    )


# -- reading; `at` is the first octet behind the heading code -----------------------------------------------------


def read_initial(octets: Octets, at: Int, heading: Int) -> InitialAddress:
    if len(octets) < at + 3:
        raise RemoteError("initial address message is cut short", 111)
    category = octets[at] & 0x3F
    indicators = octets[at + 1] | (octets[at + 2] & 0x0F) << 8
    count = octets[at + 2] >> 4
    digits = read_digits(octets, at + 3, count)
    at += 3 + (count + 1) // 2
    st = digits.endswith("F")
    if st:
        digits = digits[: len(digits) - 1]
    if heading != IAI:
        return InitialAddress(heading, category, indicators, digits, st, 0, b"", None, None, octets[at:])
    if at >= len(octets):
        raise RemoteError("no first indicator octet", 111)
    present = octets[at]
    at += 1
    size = 0
    for bit, length in ((NETWORK_CAPABILITY, 1), (USER_GROUP, 5), (CALLING_INFORMATION, 1), (ROUTING_INFORMATION, 1)):
        if present & bit:
            size += length
    if at + size > len(octets):
        raise RemoteError("additional information is cut short", 111)
    others = octets[at : at + size]
    at += size
    calling = original = None
    if present & CALLING_LINE:
        calling = _read_line(octets, at, True)
        at += _line_octets(calling)
    if present & ORIGINAL_CALLED:
        original = _read_line(octets, at, False)
        at += _line_octets(original)
    return InitialAddress(heading, category, indicators, digits, st, present, others, calling, original, octets[at:])


def read_subsequent(octets: Octets, at: Int, heading: Int) -> SubsequentAddress:
    if at >= len(octets):
        raise RemoteError("subsequent address message is cut short", 111)
    digits = read_digits(octets, at, 1) if heading == SAO else read_digits(octets, at + 1, octets[at] >> 4)
    if not digits:
        raise RemoteError("no address signals", 111)
    st = digits.endswith("F")
    return SubsequentAddress(heading, digits[: len(digits) - 1] if st else digits, st)


def _trunk_octets(octets: Octets, at: Int, point_octets: Int) -> int:
    """Length of an incoming trunk and transit exchange identity (§3.4.1 d)."""
    if at >= len(octets):
        raise RemoteError("transit exchange identity is cut short", 111)
    length = 1 + (point_octets if octets[at] & 3 == 1 else (octets[at] >> 4) + 1 >> 1)
    if at + length >= len(octets):
        raise RemoteError("incoming trunk identity is cut short", 111)
    length += 1 + (octets[at + length] >> 4)
    if at + length > len(octets):
        raise RemoteError("incoming trunk identity is cut short", 111)
    return length


def read_forward(octets: Octets, at: Int, heading: Int, point_octets: Int) -> GeneralForward:
    """point_octets: of a signalling point code inside, 2 or 3."""
    if at >= len(octets):
        raise RemoteError("general forward set-up message is cut short", 111)
    indicators = octets[at]
    at += 1
    category = calling = original = None
    trunk = b""
    if indicators & TELL_CATEGORY:
        if at >= len(octets):
            raise RemoteError("calling party's category is cut short", 111)
        category = octets[at] & 0x3F
        at += 1
    if indicators & TELL_CALLING_LINE:
        calling = _read_line(octets, at, True)
        at += _line_octets(calling)
    if indicators & TELL_TRUNK:
        size = _trunk_octets(octets, at, point_octets)
        trunk = octets[at : at + size]
        at += size
    if indicators & TELL_ORIGINAL_CALLED:
        original = _read_line(octets, at, False)
        at += _line_octets(original)
    return GeneralForward(heading, indicators, category, calling, trunk, original, octets[at:])


def read_group(octets: Octets, at: Int, heading: Int, with_status: Flag) -> CircuitGroup:
    """RemoteError: no range, range 0 (a group agreed on bilaterally: there is none), or fewer status bits than circuits."""
    if at >= len(octets) or octets[at] == 0:
        raise RemoteError("circuit group message without range", 100)
    circuits = octets[at]
    if not with_status:
        return CircuitGroup(heading, circuits)
    size = circuits // 8 + 1
    if at + 1 + size > len(octets):
        raise RemoteError("status field is cut short", 111)
    status = int.from_bytes(octets[at + 1 : at + 1 + size], "little")
    return CircuitGroup(heading, circuits, status & ((2 << circuits) - 1))


def decode(octets: bytes, variant: Variant, point_octets: int = 2) -> Message:
    """A message from its heading code on. RemoteError: cut short."""
    if not octets:
        raise RemoteError("no heading code", 111)
    heading = octets[0]
    row = variant.rows.get(heading)
    form = Form.UNKNOWN if row is None else row.form
    if form in (Form.INITIAL, Form.INITIAL_ADDITIONAL):
        return read_initial(octets, 1, heading)
    if form in (Form.SUBSEQUENT, Form.SUBSEQUENT_ONE):
        return read_subsequent(octets, 1, heading)
    if form == Form.FORWARD:
        return read_forward(octets, 1, heading, point_octets)
    if form in (Form.GROUP, Form.GROUP_RANGE):
        return read_group(octets, 1, heading, form == Form.GROUP)
    if form in (Form.REQUEST, Form.COMPLETE, Form.CONGESTION, Form.UNSUCCESSFUL):
        if len(octets) < 2:
            raise RemoteError("no octet of indicators", 111)
        if form == Form.UNSUCCESSFUL:
            return Unsuccessful(heading, octets[1] & 15, octets[2:])
        return Indicators(heading, octets[1], octets[2:])
    return Plain(heading, octets[1:])


# -- writing --------------------------------------------------------------------------------------------------------


def write_initial(
    heading: Int, category: Int, indicators: Int, signals: Text, present: Int, others: Octets, calling: MaybeNumber, original: MaybeNumber
) -> bytes:
    """An IAM or IAI from its heading code on. signals: up to 15, ST as F."""
    out = bytes((heading, category, indicators & 0xFF, indicators >> 8 | len(signals) << 4)) + write_digits(signals)
    if heading != IAI:
        return out
    out += _OCTET[present] + others
    if calling is not None:
        out += _write_line(calling, True)
    if original is not None:
        out += _write_line(original, False)
    return out


def write_subsequent(heading: Int, signals: Text) -> bytes:
    if heading == SAO:
        return _OCTET[heading] + write_digits(signals)
    return bytes((heading, len(signals) << 4)) + write_digits(signals)


def write_forward(indicators: Int, message: GeneralForward) -> bytes:
    out = _OCTET[message.heading] + _OCTET[indicators]
    if message.category is not None:
        out += _OCTET[message.category]
    if message.calling is not None:
        out += _write_line(message.calling, True)
    out += message.trunk
    if message.original is not None:
        out += _write_line(message.original, False)
    return out


def write_group(heading: Int, circuits: Int, status: int, with_status: Flag) -> bytes:
    out = bytes((heading, circuits))
    return out + status.to_bytes(circuits // 8 + 1, "little") if with_status else out


def encode(message: Message, variant: Variant) -> bytes:
    """What `decode` has read, spare bits of the category, of the status field and fillers as 0. LocalError: it cannot be written."""
    if isinstance(message, InitialAddress):
        signals = message.digits + ("F" if message.st else "")
        if len(signals) > MAXIMUM_SIGNALS:
            raise LocalError(f"{len(signals)} address signals do not fit into one message")
        return (
            write_initial(
                message.heading,
                message.category,
                message.indicators,
                signals,
                message.present,
                message.others,
                message.calling,
                message.original,
            )
            + message.rest
        )
    if isinstance(message, SubsequentAddress):
        return write_subsequent(message.heading, message.digits + ("F" if message.st else ""))
    if isinstance(message, GeneralForward):
        return write_forward(message.indicators, message) + message.rest
    if isinstance(message, Indicators):
        return bytes((message.heading, message.indicators)) + message.rest
    if isinstance(message, Unsuccessful):
        return bytes((message.heading, message.indicator)) + message.point
    if isinstance(message, CircuitGroup):
        row = variant.rows.get(message.heading)
        return write_group(message.heading, message.range, message.status, row is None or row.form == Form.GROUP)
    return bytes((message.heading,)) + message.octets


# -- the label ------------------------------------------------------------------------------------------------------


def split_label(sls: int, octets: bytes, bits: int) -> tuple[int, bytes]:
    """CIC and the message from its heading code on. RemoteError: no heading code. bits: of point codes, 14 or 24."""
    if len(octets) < 2:
        raise RemoteError("no heading code", 111)
    if bits == 24:
        return sls & 0xFF | (octets[0] & 0x0F) << 8, octets[1:]
    return sls & 0x0F | octets[0] << 4, octets[1:]


def label(cic: int, bits: int) -> tuple[int, bytes]:
    """`sls` and the first octet for a CIC: what split_label reads."""
    return (cic & 0xFF, _OCTET[cic >> 8]) if bits == 24 else (cic & 0x0F, _OCTET[cic >> 4])
