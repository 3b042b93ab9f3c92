# cython: annotation_typing=False
"""LAPD frames: formats and fields of ITU-T Q.921 (09/97) §2 and §3, modulo 128.

`parse` is what the machine reads, `decode_frame` what traces read; both from the same rules. A frame here is address,
control and information field, without flags and FCS.
"""

from __future__ import annotations

from dataclasses import dataclass

from xunhu._isdn.q921_table import Event
from xunhu._isdn.timers import Q921_PARAMETERS

__all__ = [
    "DISC",
    "DM",
    "ERROR",
    "INVALID",
    "POLL",
    "REJ",
    "RNR",
    "RR",
    "SABME",
    "UA",
    "UI",
    "FrameInfo",
    "decode_frame",
    "fields",
    "parse",
]

POLL = 0x10  # P/F bit of an unnumbered control field
SABME, DM, UI, DISC, UA, FRMR, XID = 0x6F, 0x0F, 0x03, 0x43, 0x63, 0x87, 0xAF
RR, RNR, REJ = 0x01, 0x05, 0x09

_E_UI, _E_FRMR, _E_XID, _E_I = int(Event.UI), int(Event.FRMR), int(Event.XID), int(Event.I)
_E_RR, _E_RNR, _E_REJ = int(Event.RR), int(Event.RNR), int(Event.REJ)
ERROR = int(Event.FRAME_ERROR)
INVALID = -1  # §2.9: discarded without notification

_UNNUMBERED = {
    SABME: int(Event.SABME),
    DM: int(Event.DM),
    UI: _E_UI,
    DISC: int(Event.DISC),
    UA: int(Event.UA),
    FRMR: _E_FRMR,
    XID: _E_XID,
}
_RR, _RNR, _REJ, _INVALID = RR, RNR, REJ, INVALID
_I = _E_I << 24
_ERROR_L, _ERROR_M, _ERROR_N, _ERROR_O = (ERROR << 24 | ord(letter) << 16 for letter in "LMNO")
Packed = int  # a C int in q921_frames.pxd
_FRMR_OCTETS = 8  # address, control, five octets of information (§3.6.11, Figure 7b), for modulo 128


def fields(frame: bytes, n201: int) -> Packed:
    """event << 24 | P/F << 16 | N(S) << 8 | N(R) of a frame of three octets or more; INVALID: to be dropped. With FRAME_ERROR
    in the place of P/F is the code point of the letter (§5.8.5, Table II.1: L not implemented, M information not
    permitted, N wrong size, O longer than N201)."""
    size = len(frame)
    control = frame[2]
    if control & 1 == 0:  # I format, Table 4
        if size < 4:
            return _INVALID
        if size > n201 + 4:
            return _ERROR_O
        return _I | (frame[3] & 1) << 16 | (control >> 1) << 8 | frame[3] >> 1
    if control & 3 == 1:  # S format
        if size < 4:
            return _INVALID
        if control == _RR:
            kind = _E_RR
        elif control == _RNR:
            kind = _E_RNR
        elif control == _REJ:
            kind = _E_REJ
        else:
            return _ERROR_L
        if size > 4:
            return _ERROR_N
        return kind << 24 | (frame[3] & 1) << 16 | frame[3] >> 1
    kind = _UNNUMBERED.get(control & ~POLL, INVALID)
    if kind == INVALID:
        return _ERROR_L
    if kind in (_E_UI, _E_XID):
        if size > n201 + 3:
            return _ERROR_O
    elif kind == _E_FRMR:
        if size != _FRMR_OCTETS:
            return _ERROR_N
    elif size > 3:
        return _ERROR_M
    return kind << 24 | (control >> 4 & 1) << 16


def parse(frame: bytes, n201: int) -> tuple[int, int, int, int]:
    """(event, P/F, N(S), N(R)): `fields` taken apart."""
    packed = fields(frame, n201)
    if packed < 0:
        return INVALID, 0, 0, 0
    return packed >> 24, packed >> 16 & 0xFF, packed >> 8 & 0xFF, packed & 0xFF


@dataclass(frozen=True, slots=True)
class FrameInfo:
    """A frame taken apart, for traces. `kind` is the frame's name, or "invalid", or "error" with `error` a letter of
    Table II.1. ns and nr are None where the format has none."""

    kind: str
    sapi: int
    tei: int
    cr: int  # the C/R bit itself: 1 is a command from the network side, a response from the user side
    pf: int
    ns: int | None
    nr: int | None
    payload: bytes
    error: str = ""


def decode_frame(frame: bytes) -> FrameInfo:
    """Take a frame without FCS apart; never raises on what a line may bring."""
    if len(frame) < 3 or frame[0] & 1 or not frame[1] & 1:
        return FrameInfo("invalid", 0, 0, 0, 0, None, None, frame)
    sapi, tei, cr = frame[0] >> 2, frame[1] >> 1, frame[0] >> 1 & 1
    kind, pf, ns, nr = parse(frame, Q921_PARAMETERS["N201"].maximum)
    if kind == INVALID:
        return FrameInfo("invalid", sapi, tei, cr, 0, None, None, frame[2:])
    if kind == ERROR:
        return FrameInfo("error", sapi, tei, cr, 0, None, None, frame[2:], chr(pf))
    if kind == _E_I:
        return FrameInfo("I", sapi, tei, cr, pf, ns, nr, frame[4:])
    if kind in (_E_RR, _E_RNR, _E_REJ):
        return FrameInfo(Event(kind).name, sapi, tei, cr, pf, None, nr, b"")
    return FrameInfo(Event(kind).name, sapi, tei, cr, pf, None, None, frame[3:])
