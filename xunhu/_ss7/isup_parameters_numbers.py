"""Numbers inside the parameters of ITU-T Q.763 (12/99): §§3.9, 3.10, 3.16, 3.24, 3.26, 3.30, 3.39, 3.44, 3.46, 3.51, 3.53, 3.64, 3.73, 3.86,
3.87, 3.89, 3.90.

All share one form: odd/even and nature of address; an octet of indicators, different from clause to clause; two address signals an
octet, the first in the low half. Codes 0 to 9 are digits, 10 to 14 are given as A to E (11 and 12 are codes 11 and 12 of the
recommendation, here B and C); 15 is ST, the end of a complete number: it is not among the digits but told beside them, and where it
has no meaning, taken for a filler and dropped.

Every `decode_` raises RemoteError, cause 28 for a called number and 100 for the others; every `encode_` raises LocalError.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cython

from xunhu._ss7.circuit_primitives import Number
from xunhu.protocol.errors import LocalError, RemoteError

# Names for types in signatures that the .pxd declares: C functions there.
Int: TypeAlias = int
Flag: TypeAlias = bool

_SWAPPED = bytes(((octet & 15) << 4) | octet >> 4 for octet in range(256))

if not cython.compiled:  # else the C form in isup_parameters_numbers.pxd, which makes these in place

    def number(
        digits: str, nature: int, plan: int, presentation: int, screening: int, inn: int, incomplete: bool
    ) -> Number:
        return Number(digits, nature, plan, presentation, screening, inn, incomplete)

    def text_of(content: bytes, start: int, count: int) -> str:
        """`count` half octets from octet `start` on, which are there, as 0-9 and A-F."""
        return content[start:].translate(_SWAPPED).hex().upper()[:count]

    def octets_of(first: int, second: int, digits: str, st: bool) -> bytes | None:
        """One octet, a second one where it is not below 0, and the half octets; the highest bit of the first says that they are
        odd. None: not digits."""
        if st:
            digits += "F"
        if len(digits) & 1:
            first |= 0x80
            digits += "0"
        head = bytes((first,)) if second < 0 else bytes((first, second))
        try:
            return head + bytes.fromhex(digits).translate(_SWAPPED) if digits.isalnum() or not digits else None
        except ValueError:
            return None


SUBSCRIBER, UNKNOWN, NATIONAL, INTERNATIONAL, NETWORK_SPECIFIC = 1, 2, 3, 4, 5  # nature of address, §3.9 b
PRESENTATION_ALLOWED, PRESENTATION_RESTRICTED, NOT_AVAILABLE = 0, 1, 2  # §3.10 e
DEFAULT_SCREENING = 3  # network provided


# -- address signals -------------------------------------------------------------------------------------------------


def signals_of(content: bytes, start: Int, odd: Flag, cause: Int) -> str:
    """The address signals from octet `start` on: 0-9, A-E, and F for ST; `odd`: the last half octet is a filler."""
    count: cython.int = (len(content) - start) * 2
    if odd:
        count -= 1
        if count < 0:
            raise RemoteError("number without digits, odd", cause)
    return text_of(content, start, count) if count > 0 else ""


def packed(signals: str) -> bytes:
    """Octets of address signals, the inverse of `signals_of`."""
    octets = octets_of(0, -1, signals, False)
    if octets is None:
        raise LocalError(f"digits {signals!r}")
    return octets[1:]


def without_st(signals: str, cause: Int) -> str:
    """The digits before ST. Nothing may follow it."""
    digits: str = signals.rstrip("F")
    if "F" in digits:
        raise RemoteError("address signals after ST", cause)
    return digits


def encode_number(number_: Number, indicators: Int, st: Flag) -> bytes:
    """A number with its second octet given."""
    nature: cython.int = number_.nature
    plan: cython.int = number_.plan
    presentation: cython.int = number_.presentation
    screening: cython.int = number_.screening
    inn: cython.int = number_.inn
    if nature < 0 or nature > 127 or plan < 0 or plan > 7:
        raise LocalError(f"nature {nature} or numbering plan {plan} of a number")
    if presentation & ~3 or screening & ~3 or inn & ~1:
        raise LocalError("presentation, screening or INN of a number")
    return _octets(nature, indicators & 0xFF, number_.digits, st)


def _octets(first: Int, second: Int, digits: str, st: Flag) -> bytes:
    octets = octets_of(first, second, digits, st)
    if octets is None or "F" in digits or "f" in digits:
        raise LocalError(f"digits {digits!r}")
    return octets


# -- called: §3.9, and those that look like it -------------------------------------------------------------------------


def encode_called_party_number(number_: Number, complete: Flag = False) -> bytes:
    """§3.9. complete: ST follows the digits."""
    indicators: cython.int = number_.inn << 7 | number_.plan << 4
    return encode_number(number_, indicators, complete)


def decode_called_party_number(content: bytes) -> tuple[Number, bool]:
    """§3.9: the number, and whether ST says that it is complete."""
    if len(content) < 2:
        raise RemoteError(f"called party number of {len(content)} octets", 28)
    head: cython.int = content[0]
    indicators: cython.int = content[1]
    digits: str = signals_of(content, 2, head & 0x80 != 0, 28)
    complete: bool = digits.endswith("F")
    if complete:
        digits = without_st(digits, 28)
    elif not digits.isdecimal() and "F" in digits:
        raise RemoteError("address signals after ST", 28)
    return number(digits, head & 0x7F, indicators >> 4 & 7, 0, 3, indicators >> 7, False), complete


def encode_subsequent_number(digits: str, complete: Flag = False) -> bytes:
    """§3.51: more digits, perhaps none but ST."""
    if not digits and not complete:
        raise LocalError("subsequent number without digits")
    return _octets(0, -1, digits, complete)


def decode_subsequent_number(content: bytes) -> tuple[str, bool]:
    """§3.51: the digits, and whether ST says that there are no more."""
    if len(content) < 2:
        raise RemoteError(f"subsequent number of {len(content)} octets", 28)
    digits: str = signals_of(content, 1, content[0] & 0x80 != 0, 28)
    complete = digits.endswith("F")
    return without_st(digits, 28), complete


def encode_redirection_number(number_: Number) -> bytes:
    """§3.46, §3.86 (called directory number), §3.89 (HTR information): the form of a called number, no ST."""
    return encode_number(number_, number_.inn << 7 | number_.plan << 4, False)


def decode_redirection_number(content: bytes) -> Number:
    return _decode(content, 0, 1)


# -- calling: §3.10, and those that look like it -----------------------------------------------------------------------


def _decode(content: bytes, start: Int, form: Int) -> Number:
    """form: what the second octet has beside the plan: 0 presentation; 1 INN; 2 incomplete, presentation and screening;
    3 presentation and screening; 4 INN, presentation and screening."""
    n: cython.int = len(content)
    if n < start + 2:
        raise RemoteError(f"number of {n} octets", 100)
    head: cython.int = content[start]
    indicators: cython.int = content[start + 1]
    digits: str = signals_of(content, start + 2, head & 0x80 != 0, 100)
    if not digits.isdecimal():
        digits = without_st(digits, 100)
    return number(
        digits,
        head & 0x7F,
        indicators >> 4 & 7,
        0 if form == 1 else indicators >> 2 & 3,
        indicators & 3 if form >= 2 else 3,
        indicators >> 7 if form in {1, 4} else 0,
        form == 2 and indicators & 0x80 != 0,
    )


def encode_calling_party_number(number_: Number) -> bytes:
    """§3.10."""
    indicators: cython.int = number_.plan << 4 | number_.presentation << 2 | number_.screening
    if number_.incomplete:
        indicators |= 0x80
    return encode_number(number_, indicators, False)


def decode_calling_party_number(content: bytes) -> Number:
    return _decode(content, 0, 2)


def encode_connected_number(number_: Number) -> bytes:
    """§3.16, §3.64 (call transfer number)."""
    return encode_number(number_, number_.plan << 4 | number_.presentation << 2 | number_.screening, False)


def decode_connected_number(content: bytes) -> Number:
    return _decode(content, 0, 3)


def encode_original_called_number(number_: Number) -> bytes:
    """§3.39, §3.44 (redirecting number), §3.73 (called IN number), §3.87 (original called IN number)."""
    return encode_number(number_, number_.plan << 4 | number_.presentation << 2, False)


def decode_original_called_number(content: bytes) -> Number:
    return _decode(content, 0, 0)


def encode_location_number(number_: Number) -> bytes:
    """§3.30."""
    indicators: cython.int = number_.inn << 7 | number_.plan << 4 | number_.presentation << 2 | number_.screening
    return encode_number(number_, indicators, False)


def decode_location_number(content: bytes) -> Number:
    return _decode(content, 0, 4)


encode_redirecting_number = encode_original_called_number
decode_redirecting_number = decode_original_called_number
encode_called_in_number = encode_original_called_number
decode_called_in_number = decode_original_called_number
encode_original_called_in_number = encode_original_called_number
decode_original_called_in_number = decode_original_called_number
encode_call_transfer_number = encode_connected_number
decode_call_transfer_number = decode_connected_number
encode_called_directory_number = encode_redirection_number
decode_called_directory_number = decode_redirection_number
encode_htr_information = encode_redirection_number
decode_htr_information = decode_redirection_number


# -- numbers of another form -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GenericNumber:
    """§3.26. qualifier: 1 additional called, 5 additional connected, 6 additional calling, 7 additional original called,
    8 additional redirecting, 9 additional redirection number."""

    qualifier: int
    number: Number


def encode_generic_number(generic: GenericNumber) -> bytes:
    if not 0 <= generic.qualifier <= 255:
        raise LocalError(f"number qualifier {generic.qualifier}")
    return bytes((generic.qualifier,)) + encode_calling_party_number(generic.number)


def decode_generic_number(content: bytes) -> GenericNumber:
    if len(content) < 3:
        raise RemoteError(f"generic number of {len(content)} octets", 100)
    return GenericNumber(content[0], _decode(content, 1, 2))


@dataclass(frozen=True, slots=True)
class TransitNetwork:
    """§3.53. type: 0 ITU-T, 2 national; plan: 1 X.121, 3 E.212."""

    digits: str
    type: int = 2
    plan: int = 0


def encode_transit_network_selection(network: TransitNetwork) -> bytes:
    if not network.digits or not 0 <= network.type <= 7 or not 0 <= network.plan <= 15:
        raise LocalError(f"transit network {network}")
    return bytes(((len(network.digits) & 1) << 7 | network.type << 4 | network.plan,)) + packed(network.digits)


def decode_transit_network_selection(content: bytes) -> TransitNetwork:
    if len(content) < 2:
        raise RemoteError(f"transit network selection of {len(content)} octets", 100)
    digits = signals_of(content, 1, content[0] & 0x80 != 0, 100)
    return TransitNetwork(digits, content[0] >> 4 & 7, content[0] & 15)


@dataclass(frozen=True, slots=True)
class NetworkRoutingNumber:
    """§3.90. nature: 1 national format, 2 network specific format."""

    digits: str
    nature: int = 1
    plan: int = 1


def encode_network_routing_number(routing: NetworkRoutingNumber) -> bytes:
    if not routing.digits or not 0 <= routing.nature <= 15 or not 0 <= routing.plan <= 7:
        raise LocalError(f"network routing number {routing}")
    return bytes(((len(routing.digits) & 1) << 7 | routing.plan << 4 | routing.nature,)) + packed(routing.digits)


def decode_network_routing_number(content: bytes) -> NetworkRoutingNumber:
    if len(content) < 2:
        raise RemoteError(f"network routing number of {len(content)} octets", 100)
    digits = signals_of(content, 1, content[0] & 0x80 != 0, 100)
    return NetworkRoutingNumber(digits, content[0] & 15, content[0] >> 4 & 7)


@dataclass(frozen=True, slots=True)
class GenericDigits:
    """§3.24. encoding: 0 BCD, even; 1 BCD, odd; 2 IA5; 3 binary; type: 0 account code, 1 authorization code, 2 private network
    travelling class mark, 3 business communication group identity, 31 extension."""

    encoding: int
    type: int
    octets: bytes

    @property
    def digits(self) -> str | None:
        """As text; None: binary."""
        if self.encoding in {0, 1}:
            return signals_of(self.octets, 0, self.encoding == 1, 100)
        return self.octets.decode("ascii", "replace") if self.encoding == 2 else None


def encode_generic_digits(generic: GenericDigits) -> bytes:
    if not 0 <= generic.encoding <= 7 or not 0 <= generic.type <= 31:
        raise LocalError(f"generic digits {generic}")
    return bytes((generic.encoding << 5 | generic.type,)) + generic.octets


def decode_generic_digits(content: bytes) -> GenericDigits:
    if not content or (content[0] >> 5 == 1 and len(content) < 2):
        raise RemoteError(f"generic digits of {len(content)} octets", 100)
    return GenericDigits(content[0] >> 5, content[0] & 31, content[1:])
