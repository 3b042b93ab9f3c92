"""Objects of which a call makes many, made from octets. Compiled code takes the C form of these functions from make.pxd, which
writes octets and fields in place; this is the same in Python.
"""

from __future__ import annotations

from xunhu._isdn.primitives import DataRequest
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


def part(data: bytes, start: int, end: int) -> bytes:
    """data[start:end], of which the caller knows 0 <= start <= end <= len(data)."""
    return data[start:end]


def message_head(discriminator: int, reference_octets: int, reference: int, message_type: int) -> bytearray:
    """What every Q.931 message starts with (§4.1); `reference` has the flag in its highest bit."""
    return bytearray(
        (discriminator, reference_octets, *reference.to_bytes(reference_octets, "big"), message_type)
    )


def frozen(octets: bytearray) -> bytes:
    return bytes(octets)


def data_request(payload: bytes) -> DataRequest:
    return DataRequest(payload)
