"""Objects of which a call makes many, made from octets. Compiled code takes the C form of these functions from make.pxd, which
writes octets and fields in place; this is the same in Python.
"""

from __future__ import annotations

from xunhu._isdn.q921_primitives import DlDataIndication, Frame


def short_frame(address: int, tei: int, control: int, second: int) -> Frame:
    """A frame of four octets."""
    return Frame(bytes((address, tei, control, second)))


def information_frame(address: int, tei: int, control: int, second: int, payload: bytes) -> Frame:
    """Four octets and the payload."""
    return Frame(bytes((address, tei, control, second)) + payload)


def data_indication(frame: bytes) -> DlDataIndication:
    """What follows the four octets of an I frame, which are there."""
    return DlDataIndication(frame[4:])
