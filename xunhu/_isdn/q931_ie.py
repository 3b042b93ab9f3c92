"""Information elements of ITU-T Q.931 (05/98) §4.5, and of Q.951/Q.952 (redirecting, connected number): their codes, and one
class an element, frozen. How they are coded: q931_ie_codec.

`Raw` keeps a whole element as it came: unknown codes, other codesets, forms not read here (§4.5.1).
`Opaque` keeps the contents of elements that are named but passed on unread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cython

from xunhu._isdn.primitives import Bearer, Number

# -- codes, codeset 0 (Table 4-3/Q.931) ------------------------------------------------------------------------

SHIFT = 0x90
MORE_DATA = 0xA0
SENDING_COMPLETE = 0xA1
CONGESTION_LEVEL = 0xB0
REPEAT_INDICATOR = 0xD0
SEGMENTED_MESSAGE = 0x00
CHANGE_STATUS = 0x01
BEARER_CAPABILITY = 0x04
CAUSE = 0x08
CALL_IDENTITY = 0x10
CALL_STATE = 0x14
CHANNEL_IDENTIFICATION = 0x18
FACILITY = 0x1C
PROGRESS_INDICATOR = 0x1E
NETWORK_SPECIFIC_FACILITIES = 0x20
NOTIFICATION_INDICATOR = 0x27
DISPLAY = 0x28
DATE_TIME = 0x29
KEYPAD_FACILITY = 0x2C
SIGNAL = 0x34
CONNECTED_NUMBER = 0x4C
CALLING_PARTY_NUMBER = 0x6C
CALLING_PARTY_SUBADDRESS = 0x6D
CALLED_PARTY_NUMBER = 0x70
CALLED_PARTY_SUBADDRESS = 0x71
REDIRECTING_NUMBER = 0x74
TRANSIT_NETWORK_SELECTION = 0x78
RESTART_INDICATOR = 0x79
LOW_LAYER_COMPATIBILITY = 0x7C
HIGH_LAYER_COMPATIBILITY = 0x7D
USER_USER = 0x7E

# Anything that may stand in a message.
Element = Any

# -- the classes -----------------------------------------------------------------------------------------------


@cython.cclass
@dataclass(frozen=True)
class Raw:
    """An element as it came, code and length octets included; codeset as the shifts before it have set it."""

    code: int
    codeset: int
    octets: bytes


@cython.cclass
@dataclass(frozen=True)
class Opaque:
    """A named element whose contents are not read: facility, transit network selection, call identity ..."""

    code: int
    contents: bytes


@cython.cclass
@dataclass(frozen=True)
class Shift:
    """§4.5.3, §4.5.4. Locking: until the next locking shift; else for the next element only."""

    codeset: int
    locking: bool


@cython.cclass
@dataclass(frozen=True)
class SingleOctet:
    """More data, sending complete (value 0), congestion level, repeat indicator: the whole is one octet (§4.5.1)."""

    code: int
    value: int = 0


@cython.cclass
@dataclass(frozen=True)
class BearerCapability:
    """§4.5.5. `layers`: octets 5, 6, 7 as on the line; octet 5 without its upper bits is the layer 1 protocol."""

    capability: int
    rate: int = 16
    layers: bytes = b""
    mode: int = 0  # 0 circuit, 2 packet
    multiplier: int | None = None  # with rate 24 only
    coding: int = 0

    @property
    def layer1(self) -> int | None:
        """User information layer 1 protocol: 2 u-law, 3 A-law; None: absent."""
        if len(self.layers) == 0 or self.layers[0] & 0x60 != 0x20:
            return None
        return self.layers[0] & 0x1F

    def bearer(self) -> Bearer:
        return Bearer(self.capability, self.rate, self.layer1)


@cython.cclass
@dataclass(frozen=True)
class CallState:
    """§4.5.7. value: 0 to 25; 61, 62 for the global call reference."""

    value: int
    coding: int = 0


@cython.cclass
@dataclass(frozen=True)
class ChannelIdentification:
    """§4.5.13, primary rate, B-channels. `channels` are timeslots of an E1 (1 to 31).

    selection: 0 no channel, 1 as indicated, 3 any channel. interface: octets 3.1 of an explicit interface identifier,
    None where it is implicit. Another coding or channel type than B-channels by number or slot map stays `Raw`.
    """

    channels: tuple[int, ...] = ()
    exclusive: bool = True
    selection: int = 1
    slot_map: bool = False
    d_channel: bool = False
    interface: bytes | None = None


@cython.cclass
@dataclass(frozen=True)
class Notification:
    """§4.5.22. 0 user suspended, 1 user resumed, 2 bearer service change."""

    description: int
    rest: bytes = b""


@cython.cclass
@dataclass(frozen=True)
class Display:
    """§4.5.16. IA5 text; an octet above 127 (a character set of the national network) is kept as that character."""

    text: str


@cython.cclass
@dataclass(frozen=True)
class DateTime:
    """§4.5.15; all binary, year 0 to 99."""

    year: int
    month: int
    day: int
    hour: int | None = None
    minute: int | None = None
    second: int | None = None


@cython.cclass
@dataclass(frozen=True)
class Keypad:
    """§4.5.18."""

    text: str


@cython.cclass
@dataclass(frozen=True)
class Signal:
    """§4.5.28. 0 dial tone, 1 ring back, 2 intercept, 3 congestion, 4 busy, 63 tones off ..."""

    value: int


@cython.cclass
@dataclass(frozen=True)
class CalledPartyNumber:
    """§4.5.8."""

    digits: str
    type: int = 0
    plan: int = 1

    def number(self) -> Number:
        return Number(self.digits, self.type, self.plan)


@cython.cclass
@dataclass(frozen=True)
class CallingPartyNumber:
    """§4.5.10. presentation None: octet 3a absent."""

    digits: str
    type: int = 0
    plan: int = 1
    presentation: int | None = None
    screening: int = 0

    def number(self) -> Number:
        return Number(self.digits, self.type, self.plan, self.presentation, self.screening)


@cython.cclass
@dataclass(frozen=True)
class ConnectedNumber:
    """Q.951 §5.4.1, coded as the calling party number."""

    digits: str
    type: int = 0
    plan: int = 1
    presentation: int | None = None
    screening: int = 0

    def number(self) -> Number:
        return Number(self.digits, self.type, self.plan, self.presentation, self.screening)


@cython.cclass
@dataclass(frozen=True)
class RedirectingNumber:
    """Q.952 §5, reason in octet 3b: 1 busy, 2 no reply, 15 unconditional; None: octet absent."""

    digits: str
    type: int = 0
    plan: int = 1
    presentation: int | None = None
    screening: int = 0
    reason: int | None = None

    def number(self) -> Number:
        return Number(self.digits, self.type, self.plan, self.presentation, self.screening)


@cython.cclass
@dataclass(frozen=True)
class Subaddress:
    """§4.5.9, §4.5.11. code says whose: CALLED_PARTY_SUBADDRESS or CALLING_PARTY_SUBADDRESS."""

    code: int
    type: int
    odd: bool
    contents: bytes


@cython.cclass
@dataclass(frozen=True)
class RestartIndicator:
    """§4.5.25. 0 indicated channels, 6 this interface, 7 all interfaces of the D-channel."""

    restart_class: int


@cython.cclass
@dataclass(frozen=True)
class HighLayerCompatibility:
    """§4.5.17. characteristics 1: telephony, 4: fax group 2/3. rest: octets 4a and on."""

    characteristics: int
    interpretation: int = 4
    presentation: int = 1
    coding: int = 0
    rest: bytes = b""


@cython.cclass
@dataclass(frozen=True)
class LowLayerCompatibility:
    """§4.5.19; for the terminals, carried through."""

    contents: bytes


@cython.cclass
@dataclass(frozen=True)
class UserUser:
    """§4.5.30. protocol 4: IA5 characters."""

    protocol: int
    contents: bytes


@cython.cclass
@dataclass(frozen=True)
class SegmentedMessage:
    """§4.5.26. remaining: segments still to come; type: the message that is in pieces."""

    first: bool
    remaining: int
    type: int


@cython.cclass
@dataclass(frozen=True)
class ChangeStatus:
    """TR 41459, of SERVICE messages: preference 1 channel; status 0 in service, 1 maintenance, 2 out of service."""

    status: int
    preference: int = 1
