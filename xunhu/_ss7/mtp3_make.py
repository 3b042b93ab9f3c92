"""Objects of which every message makes some. Compiled code takes the C form of these functions from mtp3_routing.pxd; this is the same in
Python."""

from __future__ import annotations

from xunhu._ss7.mtp_primitives import LinkRequest, TransferIndication


def unit(sio: int, dpc: int, opc: int, sls: int, wide: bool, octets: bytes) -> bytes:
    """Service information octet, label (Q.704 §2.2, or with 24 bits) and what follows it."""
    if wide:
        return (sio | dpc << 8 | opc << 32 | sls << 56).to_bytes(8, "little") + octets
    return (sio | dpc << 8 | opc << 22 | sls << 36).to_bytes(5, "little") + octets


def head_of(octets: bytes, size: int) -> int:
    """Service information octet and label as one number, low octet first. size: 5 or 8, not more than there are octets."""
    return int.from_bytes(octets[:size], "little")


def message_request(link: int, octets: bytes) -> LinkRequest:
    return LinkRequest(link, 0, octets, 0)


def transfer_indication(service: int, opc: int, dpc: int, sls: int, priority: int, octets: bytes, head: int) -> TransferIndication:
    """head: octets of the unit before the user's part of it."""
    return TransferIndication(service, opc, dpc, sls, priority, octets[head:])
