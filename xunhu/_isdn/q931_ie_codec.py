# cython: boundscheck=True
"""How the information elements of q931_ie are coded, as a table: one row an element in `ELEMENT_ROWS`: code, name, class, decoder,
encoder, lengths, clause (ITU-T Q.931 (05/98) §4.5, Q.951, Q.952).

A decoder gets the contents (what follows the length octet) and raises `RemoteError` with cause 100, or IndexError where
the contents end too early, which `decode_contents` makes the same RemoteError; nothing else. Octets are indexed with
bounds checks, compiled too (directive above). An encoder appends the contents to a bytearray.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import cython

from xunhu._isdn.primitives import Cause, Progress
from xunhu._isdn.q931_ie import (
    CALLED_PARTY_SUBADDRESS,
    CALLING_PARTY_SUBADDRESS,
    SHIFT,
    BearerCapability,
    CalledPartyNumber,
    CallingPartyNumber,
    CallState,
    ChangeStatus,
    ChannelIdentification,
    ConnectedNumber,
    DateTime,
    Display,
    Element,
    HighLayerCompatibility,
    Keypad,
    LowLayerCompatibility,
    Notification,
    Opaque,
    Raw,
    RedirectingNumber,
    RestartIndicator,
    SegmentedMessage,
    Shift,
    Signal,
    SingleOctet,
    Subaddress,
    UserUser,
)
from xunhu.protocol.errors import LocalError, RemoteError

# In the signature of a C function (q931_ie_codec.pxd).
Buffer: TypeAlias = bytearray

# -- decoders --------------------------------------------------------------------------------------------------


def _bad(text: str) -> RemoteError:
    return RemoteError(text, 100)


def _text(data: bytes, at: cython.Py_ssize_t) -> str:
    return data[at:].decode("latin-1")


def _digits(data: bytes, at: cython.Py_ssize_t) -> str:
    """IA5 characters of a number (§4.5.8 octet 4): printable ones, bit 8 zero."""
    digits: str = data[at:].decode("latin-1")
    if digits and not (digits.isascii() and digits.isprintable()):
        raise _bad("number with characters that are no digits")
    return digits


def _decode_bearer_capability(data: bytes) -> Element:
    n: cython.Py_ssize_t = len(data)
    a: cython.int = data[0]
    b: cython.int = data[1]
    if a & 0x80 == 0 or b & 0x80 == 0:
        raise _bad("bearer capability: octets 3a or 4a are not defined")
    at: cython.Py_ssize_t = 2
    multiplier = None
    if b & 0x1F == 0x18:
        multiplier = data[2] & 0x7F
        at = 3
    layers: bytes = data[at:n]
    return BearerCapability(a & 0x1F, b & 0x1F, layers, (b >> 5) & 3, multiplier, (a >> 5) & 3)


def _decode_cause(data: bytes) -> Element:
    a: cython.int = data[0]
    at: cython.Py_ssize_t = 1
    recommendation = None
    if a & 0x80 == 0:
        b: cython.int = data[1]
        if b & 0x80 == 0:
            raise _bad("cause: octet 3a is extended")
        recommendation = b & 0x7F
        at = 2
    c: cython.int = data[at]
    if c & 0x80 == 0:
        raise _bad("cause: octet 4 is extended")
    diagnostics: bytes = data[at + 1 :]
    return Cause(c & 0x7F, a & 0x0F, diagnostics, (a >> 5) & 3, recommendation)


def _decode_call_state(data: bytes) -> Element:
    a: cython.int = data[0]
    return CallState(a & 0x3F, a >> 6)


def _channels_of_map(data: bytes, at: cython.Py_ssize_t) -> tuple[int, ...]:
    """Slot map of an E1: four octets, the first of timeslots 31 to 24, its highest bit timeslot 31 (Figure 4-18)."""
    if len(data) - at != 4:
        raise _bad("slot map that is not of 4 octets")
    bits = int.from_bytes(data[at:], "big")
    if bits & 1:
        raise _bad("slot map with timeslot 0")
    return tuple([slot for slot in range(1, 32) if bits >> slot & 1])


def _channels_of_numbers(data: bytes, at: cython.Py_ssize_t) -> tuple[int, ...]:
    """Octets 3.3: channel numbers, the last with bit 8 set. Peers that set it in each are understood too."""
    channels = []
    i: cython.Py_ssize_t
    for i in range(at, len(data)):
        channels.append(data[i] & 0x7F)
    if not channels or data[len(data) - 1] & 0x80 == 0:
        raise _bad("channel numbers without an end")
    return tuple(channels)


def _decode_channel_identification(data: bytes) -> Element:
    n: cython.Py_ssize_t = len(data)
    a: cython.int = data[0]
    if a & 0x80 == 0:
        raise _bad("channel identification: octet 3 is extended")
    if a & 0x20 == 0:
        return None  # basic interface
    at: cython.Py_ssize_t = 1
    interface = None
    if a & 0x40:
        while data[at] & 0x80 == 0:
            at += 1
        at += 1
        interface = data[1:at]
    selection: cython.int = a & 3
    exclusive = a & 8 != 0
    if selection == 2:
        raise _bad("channel identification: channel selection 2 is reserved")
    if at == n:
        if selection == 1 and a & 4 == 0 and interface is None:
            raise _bad("channel identification: as indicated, and nothing is")
        return ChannelIdentification((), exclusive, selection, False, a & 4 != 0, interface)
    b: cython.int = data[at]
    if b & 0xEF != 0x83:
        return None  # other coding standard, or H channels
    slot_map = b & 0x10 != 0
    channels = _channels_of_map(data, at + 1) if slot_map else _channels_of_numbers(data, at + 1)
    return ChannelIdentification(channels, exclusive, selection, slot_map, a & 4 != 0, interface)


def _decode_progress(data: bytes) -> Element:
    a: cython.int = data[0]
    b: cython.int = data[1]
    if len(data) != 2 or a & 0x80 == 0 or b & 0x80 == 0:
        raise _bad("progress indicator is extended")
    return Progress(b & 0x7F, a & 0x0F, (a >> 5) & 3)


def _decode_notification(data: bytes) -> Element:
    a: cython.int = data[0]
    if a & 0x80 == 0:
        return None  # extended, Q.932
    return Notification(a & 0x7F, data[1:])


def _decode_display(data: bytes) -> Element:
    return Display(_text(data, 0))


def _decode_date_time(data: bytes) -> Element:
    n: cython.Py_ssize_t = len(data)
    if n > 6:
        raise _bad("date and time is too long")
    return DateTime(
        data[0],
        data[1],
        data[2],
        data[3] if n > 3 else None,
        data[4] if n > 4 else None,
        data[5] if n > 5 else None,
    )


def _decode_keypad(data: bytes) -> Element:
    return Keypad(_digits(data, 0))


def _decode_signal(data: bytes) -> Element:
    return Signal(data[0])


def _decode_called_number(data: bytes) -> Element:
    a: cython.int = data[0]
    if a & 0x80 == 0:
        raise _bad("called party number: octet 3 is extended")
    return CalledPartyNumber(_digits(data, 1), (a >> 4) & 7, a & 0x0F)


def _decode_calling_number(data: bytes) -> Element:
    a: cython.int = data[0]
    if a & 0x80:
        return CallingPartyNumber(_digits(data, 1), (a >> 4) & 7, a & 0x0F, None, 0)
    b: cython.int = data[1]
    if b & 0x80 == 0:
        raise _bad("number: octet 3a is extended")
    return CallingPartyNumber(_digits(data, 2), (a >> 4) & 7, a & 0x0F, (b >> 5) & 3, b & 3)


def _decode_connected_number(data: bytes) -> Element:
    as_calling: CallingPartyNumber = _decode_calling_number(data)
    return ConnectedNumber(
        as_calling.digits, as_calling.type, as_calling.plan, as_calling.presentation, as_calling.screening
    )


def _decode_redirecting_number(data: bytes) -> Element:
    a: cython.int = data[0]
    at: cython.Py_ssize_t = 1
    presentation = None
    screening: cython.int = 0
    reason = None
    if a & 0x80 == 0:
        b: cython.int = data[1]
        presentation = (b >> 5) & 3
        screening = b & 3
        at = 2
        if b & 0x80 == 0:
            c: cython.int = data[2]
            if c & 0x80 == 0:
                raise _bad("redirecting number: octet 3b is extended")
            reason = c & 0x0F
            at = 3
    return RedirectingNumber(_digits(data, at), (a >> 4) & 7, a & 0x0F, presentation, screening, reason)


def _decode_called_subaddress(data: bytes) -> Element:
    a: cython.int = data[0]
    return Subaddress(CALLED_PARTY_SUBADDRESS, (a >> 4) & 7, a & 8 != 0, data[1:])


def _decode_calling_subaddress(data: bytes) -> Element:
    a: cython.int = data[0]
    return Subaddress(CALLING_PARTY_SUBADDRESS, (a >> 4) & 7, a & 8 != 0, data[1:])


def _decode_restart_indicator(data: bytes) -> Element:
    value: cython.int = data[0] & 7
    if value not in (0, 6, 7):
        raise _bad("restart indicator: reserved class")
    return RestartIndicator(value)


def _decode_high_layer(data: bytes) -> Element:
    a: cython.int = data[0]
    b: cython.int = data[1]
    if a & 0x80 == 0 or b & 0x80 == 0:
        return None  # octets 4a, 4b: for the terminals
    return HighLayerCompatibility(b & 0x7F, (a >> 2) & 7, a & 3, (a >> 5) & 3, data[2:])


def _decode_low_layer(data: bytes) -> Element:
    return LowLayerCompatibility(data)


def _decode_user_user(data: bytes) -> Element:
    return UserUser(data[0], data[1:])


def _decode_segmented(data: bytes) -> Element:
    a: cython.int = data[0]
    if len(data) != 2:
        raise _bad("segmented message that is not of 2 octets")
    return SegmentedMessage(a & 0x80 != 0, a & 0x7F, data[1])


def _decode_change_status(data: bytes) -> Element:
    a: cython.int = data[0]
    return ChangeStatus(a & 7, (a >> 6) & 1)


# -- encoders --------------------------------------------------------------------------------------------------


def _encode_bearer_capability(out: bytearray, e: BearerCapability) -> None:
    out.append(0x80 | e.coding << 5 | e.capability)
    out.append(0x80 | e.mode << 5 | e.rate)
    if e.multiplier is not None:
        out.append(0x80 | e.multiplier)
    out += e.layers


def _encode_cause(out: bytearray, e: Cause) -> None:
    if e.recommendation is None:
        out.append(0x80 | e.coding << 5 | e.location)
    else:
        out.append(e.coding << 5 | e.location)
        out.append(0x80 | e.recommendation)
    out.append(0x80 | e.value)
    out += e.diagnostics


def _encode_call_state(out: bytearray, e: CallState) -> None:
    out.append(e.coding << 6 | e.value)


def _encode_channel_identification(out: bytearray, e: ChannelIdentification) -> None:
    first = 0xA0 | e.selection
    if e.interface is not None:
        first |= 0x40
    if e.exclusive:
        first |= 0x08
    if e.d_channel:
        first |= 0x04
    out.append(first)
    if e.interface is not None:
        out += e.interface
    channels = e.channels
    if not channels:
        return
    if e.slot_map:
        bits = 0
        for slot in channels:
            bits |= 1 << slot
        out.append(0x93)
        out += bits.to_bytes(4, "big")
        return
    out.append(0x83)
    for slot in channels[: len(channels) - 1]:
        out.append(slot)
    out.append(0x80 | channels[len(channels) - 1])


def _encode_progress(out: bytearray, e: Progress) -> None:
    out.append(0x80 | e.coding << 5 | e.location)
    out.append(0x80 | e.description)


def _encode_notification(out: bytearray, e: Notification) -> None:
    out.append(0x80 | e.description)
    out += e.rest


def _encode_display(out: bytearray, e: Display) -> None:
    out += e.text.encode("latin-1")


def _encode_date_time(out: bytearray, e: DateTime) -> None:
    for value in (e.year, e.month, e.day, e.hour, e.minute, e.second):
        if value is None:
            return
        out.append(value)


def _encode_keypad(out: bytearray, e: Keypad) -> None:
    out += e.text.encode("latin-1")


def _encode_signal(out: bytearray, e: Signal) -> None:
    out.append(e.value)


def _encode_called_number(out: bytearray, e: CalledPartyNumber) -> None:
    out.append(0x80 | e.type << 4 | e.plan)
    out += e.digits.encode("latin-1")


def _encode_calling_number(out: bytearray, e: CallingPartyNumber) -> None:
    if e.presentation is None:
        out.append(0x80 | e.type << 4 | e.plan)
    else:
        out.append(e.type << 4 | e.plan)
        out.append(0x80 | e.presentation << 5 | e.screening)
    out += e.digits.encode("latin-1")


def _encode_connected_number(out: bytearray, e: ConnectedNumber) -> None:
    _encode_calling_number(out, CallingPartyNumber(e.digits, e.type, e.plan, e.presentation, e.screening))


def _encode_redirecting_number(out: bytearray, e: RedirectingNumber) -> None:
    if e.reason is None:
        _encode_calling_number(out, CallingPartyNumber(e.digits, e.type, e.plan, e.presentation, e.screening))
        return
    # Octet 3b needs 3a before it; a presentation that is not known is "allowed" (Q.952 §5).
    presentation = 0 if e.presentation is None else e.presentation
    out.append(e.type << 4 | e.plan)
    out.append(presentation << 5 | e.screening)
    out.append(0x80 | e.reason)
    out += e.digits.encode("latin-1")


def _encode_subaddress(out: bytearray, e: Subaddress) -> None:
    out.append(0x80 | e.type << 4 | (8 if e.odd else 0))
    out += e.contents


def _encode_restart_indicator(out: bytearray, e: RestartIndicator) -> None:
    out.append(0x80 | e.restart_class)


def _encode_high_layer(out: bytearray, e: HighLayerCompatibility) -> None:
    out.append(0x80 | e.coding << 5 | e.interpretation << 2 | e.presentation)
    out.append(0x80 | e.characteristics)
    out += e.rest


def _encode_low_layer(out: bytearray, e: LowLayerCompatibility) -> None:
    out += e.contents


def _encode_user_user(out: bytearray, e: UserUser) -> None:
    out.append(e.protocol)
    out += e.contents


def _encode_segmented(out: bytearray, e: SegmentedMessage) -> None:
    out.append((0x80 if e.first else 0) | e.remaining)
    out.append(e.type)


def _encode_change_status(out: bytearray, e: ChangeStatus) -> None:
    out.append(0x80 | e.preference << 6 | e.status)


# -- the table -------------------------------------------------------------------------------------------------


class ElementRow(NamedTuple):
    """minimum and maximum: length of the contents in octets. cls None: carried as `Opaque`."""

    code: int
    name: str
    cls: type | None
    decode: Callable[[bytes], Element] | None
    encode: Callable[[bytearray, Any], None] | None
    minimum: int
    maximum: int
    clause: str


_R = ElementRow
_Row = tuple[ElementRow, ...]
ELEMENT_ROWS: _Row = (
    _R(0x00, "segmented message", SegmentedMessage, _decode_segmented, _encode_segmented, 2, 2, "§4.5.26"),
    _R(0x04, "bearer capability", BearerCapability, _decode_bearer_capability, _encode_bearer_capability, 2, 10, "§4.5.5"),
    _R(0x08, "cause", Cause, _decode_cause, _encode_cause, 2, 30, "§4.5.12, Q.850 §2"),
    _R(0x10, "call identity", None, None, None, 0, 8, "§4.5.6"),
    _R(0x14, "call state", CallState, _decode_call_state, _encode_call_state, 1, 1, "§4.5.7"),
    _R(0x18, "channel identification", ChannelIdentification, _decode_channel_identification,
       _encode_channel_identification, 1, 40, "§4.5.13"),
    _R(0x1C, "facility", None, None, None, 0, 253, "§4.6.2, Q.932"),
    _R(0x1E, "progress indicator", Progress, _decode_progress, _encode_progress, 2, 2, "§4.5.23"),
    _R(0x20, "network-specific facilities", None, None, None, 0, 253, "§4.5.21"),
    _R(0x27, "notification indicator", Notification, _decode_notification, _encode_notification, 1, 253, "§4.5.22"),
    _R(0x28, "display", Display, _decode_display, _encode_display, 0, 82, "§4.5.16"),
    _R(0x29, "date/time", DateTime, _decode_date_time, _encode_date_time, 3, 6, "§4.5.15"),
    _R(0x2C, "keypad facility", Keypad, _decode_keypad, _encode_keypad, 0, 32, "§4.5.18"),
    _R(0x34, "signal", Signal, _decode_signal, _encode_signal, 1, 1, "§4.5.28"),
    _R(0x40, "information rate", None, None, None, 0, 4, "§4.6.3"),
    _R(0x42, "end-to-end transit delay", None, None, None, 0, 9, "§4.6.5"),
    _R(0x43, "transit delay selection and indication", None, None, None, 0, 3, "§4.6.9"),
    _R(0x44, "packet layer binary parameters", None, None, None, 0, 1, "§4.6.4"),
    _R(0x45, "packet layer window size", None, None, None, 0, 2, "§4.6.7"),
    _R(0x46, "packet size", None, None, None, 0, 2, "§4.6.8"),
    _R(0x47, "closed user group", None, None, None, 0, 5, "§4.6.1"),
    _R(0x4A, "reverse charging indication", None, None, None, 0, 1, "§4.6.6"),
    _R(0x4C, "connected number", ConnectedNumber, _decode_connected_number, _encode_connected_number, 1, 24, "Q.951 §5.4"),
    _R(0x6C, "calling party number", CallingPartyNumber, _decode_calling_number, _encode_calling_number, 1, 24, "§4.5.10"),
    _R(0x6D, "calling party subaddress", Subaddress, _decode_calling_subaddress, _encode_subaddress, 1, 21, "§4.5.11"),
    _R(0x70, "called party number", CalledPartyNumber, _decode_called_number, _encode_called_number, 1, 35, "§4.5.8"),
    _R(0x71, "called party subaddress", Subaddress, _decode_called_subaddress, _encode_subaddress, 1, 21, "§4.5.9"),
    _R(0x74, "redirecting number", RedirectingNumber, _decode_redirecting_number, _encode_redirecting_number, 1, 26,
       "§4.6.7, Q.952"),
    _R(0x78, "transit network selection", None, None, None, 0, 253, "§4.5.29"),
    _R(0x79, "restart indicator", RestartIndicator, _decode_restart_indicator, _encode_restart_indicator, 1, 1, "§4.5.25"),
    _R(0x7C, "low layer compatibility", LowLayerCompatibility, _decode_low_layer, _encode_low_layer, 2, 18, "§4.5.19"),
    _R(0x7D, "high layer compatibility", HighLayerCompatibility, _decode_high_layer, _encode_high_layer, 2, 6, "§4.5.17"),
    _R(0x7E, "user-user", UserUser, _decode_user_user, _encode_user_user, 1, 129, "§4.5.30"),
)

# SERVICE messages have an element of their own at code 1 (TR 41459); in call control it is unknown.
MAINTENANCE_ROWS: _Row = (
    _R(0x01, "change status", ChangeStatus, _decode_change_status, _encode_change_status, 1, 1, "TR 41459"),
)

# Elements of one octet with their code in bits 8 to 5, or in the whole octet (Table 4-3/Q.931).
SINGLE_OCTETS: dict[int, str] = {
    0xA0: "more data",
    0xA1: "sending complete",
    0xB0: "congestion level",
    0xD0: "repeat indicator",
}
LONGEST_CONTENTS = 255

_ENCODERS: dict[type, tuple[int, Callable[[bytearray, Any], None]]] = {
    row.cls: (row.code, row.encode)
    for row in ELEMENT_ROWS + MAINTENANCE_ROWS
    if row.cls is not None and row.encode is not None
}


# What the decoder needs of a row: code, name, decoder, lengths. A plain tuple is read faster than a row.
DecoderRow = tuple[int, str, Callable[[bytes], Element] | None, int, int]


def decoder_row(row: ElementRow) -> DecoderRow:
    return (row.code, row.name, row.decode, row.minimum, row.maximum)


def decode_contents(row: DecoderRow, data: bytes) -> Element:
    """Contents of one element by its row; RemoteError (cause 100). None: a form that is kept `Raw`."""
    n: cython.Py_ssize_t = len(data)
    minimum: cython.Py_ssize_t
    maximum: cython.Py_ssize_t
    code, name, decode, minimum, maximum = row
    if n < minimum or n > maximum:
        raise RemoteError(f"{name} of {n} octets", 100)
    if decode is None:
        return Opaque(code, data)
    try:
        return decode(data)
    except IndexError:
        raise RemoteError(f"{name} is cut short", 100) from None


def encode_element(out: Buffer, element: Element) -> None:
    """Append one element, code and length included. LocalError for values that do not fit their field."""
    cls = type(element)
    if cls is Raw:
        kept: Raw = element
        out += kept.octets
        return
    found = _ENCODERS.get(cls)
    if found is None:
        _encode_other(out, element)
        return
    code, encode = found
    if cls is Subaddress:
        code = element.code
    out.append(code)
    out.append(0)
    at: cython.Py_ssize_t = len(out)
    try:
        encode(out, element)
    except (ValueError, UnicodeEncodeError) as why:
        raise LocalError(f"{element!r} cannot be coded: {why}") from None
    n: cython.Py_ssize_t = len(out) - at
    if n > 255:
        raise LocalError(f"{element!r} is too long")
    out[at - 1] = n


def _encode_other(out: bytearray, element: Element) -> None:
    if isinstance(element, SingleOctet):
        out.append(element.code | element.value)
    elif isinstance(element, Shift):
        out.append(SHIFT | (0 if element.locking else 8) | element.codeset)
    elif isinstance(element, Opaque):
        if len(element.contents) > LONGEST_CONTENTS:
            raise LocalError(f"element {element.code:#x} is too long")
        out.append(element.code)
        out.append(len(element.contents))
        out += element.contents
    else:
        raise LocalError(f"{element!r} is no information element")
