"""Messages of the telephone user part as objects (ITU-T Q.723 (11/88), GF 001-9001): what tup_codec makes of octets and back.

Indicator fields are kept whole, spare bits too, so that what was read is written again octet by octet; the bits have names below.
Digits are 0 to 9 and A to E for codes 10 to 14 (B code 11, C code 12); code 15, ST, is the field `st`.
"""

from __future__ import annotations

from dataclasses import dataclass

import cython

from xunhu._ss7.circuit_primitives import NatureOfAddress, Number

# Message indicators of IAM and IAI, bits A to L (Q.723 §3.3.1 d)
NATURE_OF_ADDRESS = 0x003
NATURE_OF_CIRCUIT = 0x00C
CONTINUITY_CHECK = 0x030
CHECK_REQUIRED = 0x010
OUTGOING_ECHO = 0x040
INCOMING_INTERNATIONAL = 0x080
REDIRECTED = 0x100
DIGITAL_PATH = 0x200
ALL_SS7 = 0x400

# First indicator octet of IAI (§3.3.2)
NETWORK_CAPABILITY, USER_GROUP, CALLING_INFORMATION, ROUTING_INFORMATION, CALLING_LINE, ORIGINAL_CALLED, CHARGING = (
    1 << bit for bit in range(7)
)

# Request type of GRQ (§3.5.1) and response type of GSM (§3.4.1)
ASK_CATEGORY, ASK_CALLING_LINE, ASK_ORIGINAL_CALLED, ASK_MALICIOUS, ASK_HOLD, ASK_ECHO = (1 << bit for bit in range(6))
TELL_CATEGORY, TELL_CALLING_LINE, TELL_TRUNK, TELL_ORIGINAL_CALLED, TELL_ECHO, TELL_MALICIOUS, TELL_HOLD = (
    1 << bit for bit in range(7)
)

# Message indicators of ACM (§3.6.1)
COMPLETE_TYPE = 0x03
COMPLETE, COMPLETE_CHARGE, COMPLETE_NO_CHARGE, COMPLETE_COINBOX = range(4)
SUBSCRIBER_FREE = 0x04
INCOMING_ECHO = 0x08
FORWARDED = 0x10
ACM_ALL_SS7 = 0x20

_NATURE_IN = (NatureOfAddress.SUBSCRIBER, NatureOfAddress.UNKNOWN, NatureOfAddress.NATIONAL, NatureOfAddress.INTERNATIONAL)
NATURE_IN: tuple[int, ...] = tuple(int(nature) for nature in _NATURE_IN)
NATURE_OUT: tuple[int, ...] = (0, 0, 1, 2, 3)  # by NatureOfAddress; 0 does not occur


@cython.cclass
@dataclass(frozen=True)
class InitialAddress:
    """IAM and IAI. category: 6 bits as on the line; indicators: 12 bits; present: first indicator octet (0 in IAM); others: the fields
    of bits A to D as octets, one behind the other; rest: what follows (charging information, later extensions)."""

    heading: int
    category: int
    indicators: int
    digits: str
    st: bool = False
    present: int = 0
    others: bytes = b""
    calling: Number | None = None
    original: Number | None = None
    rest: bytes = b""


@cython.cclass
@dataclass(frozen=True)
class SubsequentAddress:
    """SAM and SAO."""

    heading: int
    digits: str
    st: bool = False


@cython.cclass
@dataclass(frozen=True)
class GeneralForward:
    """GSM. indicators: response type; trunk: incoming trunk and transit exchange identity as octets."""

    heading: int
    indicators: int
    category: int | None = None
    calling: Number | None = None
    trunk: bytes = b""
    original: Number | None = None
    rest: bytes = b""


@cython.cclass
@dataclass(frozen=True)
class Indicators:
    """GRQ, ACM and ACC: one octet of indicators."""

    heading: int
    indicators: int
    rest: bytes = b""


@cython.cclass
@dataclass(frozen=True)
class Unsuccessful:
    """EUM. indicator: 4 bits, 1 subscriber busy; point: the octets that follow, the point code of the exchange that says so."""

    heading: int
    indicator: int
    point: bytes = b""


@cython.cclass
@dataclass(frozen=True)
class CircuitGroup:
    """Group messages. range: circuits beside the first, 1 to 255; status: bit n for circuit n, 0 in GRS."""

    heading: int
    range: int
    status: int = 0


@cython.cclass
@dataclass(frozen=True)
class Plain:
    """Signals, which are a heading code alone; charging messages and what is unknown, with their octets."""

    heading: int
    octets: bytes = b""


Message = InitialAddress | SubsequentAddress | GeneralForward | Indicators | Unsuccessful | CircuitGroup | Plain
