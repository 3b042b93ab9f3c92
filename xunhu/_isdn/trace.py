"""Traces of D channels: a frame as a line of text for people, and as it stands in a capture (xunhu/protocol/trace.py keeps them).

`describe` is the text of one frame: Q.921 §3 and within it Q.931 §4.

In captures: LINKTYPE_LINUX_LAPD (177). Each frame follows a pseudo header of 16 octets: direction (0 received, 4 sent),
ARPHRD, length 1 and the address field, whose first octet says whether we are the network side and whose second is the
trunk's number here, protocol 0x0030 (LAPD).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any

from xunhu._isdn.causes import meaning_of
from xunhu._isdn.primitives import Cause, Progress
from xunhu._isdn.q921_frames import FrameInfo, decode_frame
from xunhu._isdn.q921_table import MDL_ERRORS
from xunhu._isdn.q931_codec import Message, decode
from xunhu._isdn.q931_ie import (
    BearerCapability,
    CalledPartyNumber,
    CallingPartyNumber,
    CallState,
    ChannelIdentification,
    ConnectedNumber,
    Display,
    Element,
    Keypad,
    Notification,
    RedirectingNumber,
    RestartIndicator,
    SingleOctet,
)
from xunhu.protocol import trace
from xunhu.protocol.errors import RemoteError
from xunhu.protocol.pcap import LINUX_LAPD
from xunhu.protocol.trace import Channel, Direction, Source, TracedFrame, capture

__all__ = ["Direction", "TracedFrame", "Tracer", "d_channel", "describe", "frame_of", "pcap_bytes"]

# -- text --------------------------------------------------------------------------------------------------------


def _number(label: str, digits: str, presentation: int | None = None) -> str:
    hidden = " (restricted)" if presentation == 1 else ""
    return f"{label} {digits or '-'}{hidden}"


def _channel(element: ChannelIdentification) -> str:
    if element.d_channel:
        return "D-channel"
    if element.selection != 1 or not element.channels:
        return "any channel" if element.selection == 3 else "no channel"
    numbers = ",".join(str(c) for c in element.channels)
    return f"channel {numbers}{' exclusive' if element.exclusive else ''}"


def _element(element: Element) -> str:
    """What a person looks for in a trace; "" for the rest."""
    match element:
        case ChannelIdentification():
            return _channel(element)
        case CalledPartyNumber():
            return _number("called", element.digits)
        case CallingPartyNumber():
            return _number("calling", element.digits, element.presentation)
        case ConnectedNumber():
            return _number("connected", element.digits, element.presentation)
        case RedirectingNumber():
            return _number("redirecting", element.digits, element.presentation)
        case Cause():
            return f"cause {element.value} {meaning_of(element.value).text}"
        case Progress():
            return f"progress {element.description}"
        case BearerCapability():
            return "" if element.capability == 0 else f"bearer {element.capability}"
        case CallState():
            return f"call state {element.value}"
        case Display():
            return f'display "{element.text}"'
        case Keypad():
            return f"keypad {element.text}"
        case Notification():
            return f"notification {element.description}"
        case RestartIndicator():
            return f"restart class {element.restart_class}"
        case SingleOctet():
            return "complete" if element.code == 0xA1 else ""
        case _:
            return ""


def _message(payload: bytes) -> str:
    try:
        message: Message = decode(payload)
    except RemoteError as error:
        return f"not Q.931 ({error}): {payload.hex()}"
    parts = [message.name, f"ref {message.reference}{'<' if message.flag else '>'}"]
    parts += [text for text in map(_element, message.elements) if text]
    parts += [f"fault in {fault.code:#04x}, cause {fault.cause}" for fault in message.faults]
    return "  ".join(parts)


def _letter(info: FrameInfo, sent: bool, network: bool | None) -> str:
    """P or F where the bit is set; without the side a supervisory frame's cannot be told apart."""
    if not info.pf:
        return ""
    if info.kind in ("I", "SABME", "DISC", "UI", "XID"):
        return " P"
    if info.kind in ("UA", "DM", "FRMR"):
        return " F"
    if network is None:
        return " P/F"
    from_network = network == sent
    return " P" if info.cr == int(from_network) else " F"


def describe(frame: bytes, direction: Direction = "rx", network: bool | None = None) -> str:
    """One frame as text. `network`: the side we are, None where it is not known. The call reference is followed by
    > from the side that chose it, < from the other."""
    info = decode_frame(frame)
    if info.kind == "invalid":
        return f"invalid  {frame.hex()}"
    where = "" if info.sapi == 0 and info.tei == 0 else f"  sapi {info.sapi} tei {info.tei}"
    if info.kind == "error":
        return f"error {info.error} ({MDL_ERRORS[info.error]}){where}  {frame.hex()}"
    head = info.kind + _letter(info, direction == "tx", network)
    numbers = "" if info.ns is None else f" S={info.ns}"
    numbers += "" if info.nr is None else f" R={info.nr}"
    text = f"{head:<7}{numbers}{where}".rstrip()
    if info.kind in ("I", "UI") and info.payload:
        return f"{text:<19}  {_message(info.payload)}"
    return f"{text}  {info.payload.hex()}" if info.payload else text


# -- captures ----------------------------------------------------------------------------------------------------

_SLL_OUTGOING, _SLL_HOST = 4, 0
_ARPHRD_LAPD = 8445
_ETH_P_LAPD = 0x0030
_PSEUDO_HEADER = 16


def d_channel(trunk: int, network: bool | None, name: str = "") -> Channel:
    """network: the side we are, None where it is not known."""

    def data(frame: bytes, direction: Direction) -> bytes:
        kind = _SLL_OUTGOING if direction == "tx" else _SLL_HOST
        address = struct.pack("!BB6x", bool(network), trunk & 0xFF)
        return struct.pack("!HHH", kind, _ARPHRD_LAPD, 1) + address + struct.pack("!H", _ETH_P_LAPD) + frame

    def text(frame: bytes, direction: Direction) -> str:
        return describe(frame, direction, network)

    return Channel(name or f"Trunk{trunk}", LINUX_LAPD, "D channel", text, data)


def frame_of(data: bytes) -> tuple[int, bool, Direction, bytes] | None:
    """Trunk, network side, direction and frame of a packet of a capture; None: it is too short."""
    if len(data) < _PSEUDO_HEADER:
        return None
    kind, _, _, network, trunk = struct.unpack_from("!HHHBB", data)
    return trunk, bool(network), "tx" if kind == _SLL_OUTGOING else "rx", data[_PSEUDO_HEADER:]


def pcap_bytes(frames: Iterable[TracedFrame], sides: Mapping[int, bool]) -> bytes:
    """A whole capture of D channels. `sides`: by trunk, True where we are the network side."""
    return capture(frames, lambda source: d_channel(int(source), sides.get(int(source), False)))


class Tracer(trace.Tracer):
    """A tracer that knows D channels by the numbers of their trunks; links of No.7 are declared in `channels`. `sides`: by trunk, True where we are
    the network side; `names`: what a trunk is called in text."""

    def __init__(self, *, sides: Mapping[int, bool] | None = None, names: Mapping[int, str] | None = None, **more: Any) -> None:
        self.sides: dict[int, bool] = dict(sides or {})
        self.names: dict[int, str] = dict(names or {})
        super().__init__(**more)

    def channel(self, source: Source) -> Channel:
        if isinstance(source, str):
            return super().channel(source)
        return d_channel(source, self.sides.get(source), self.names.get(source, ""))
