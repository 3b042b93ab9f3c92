"""Traces of signalling links of No.7: a signal unit as a line of text for people, and as it stands in a capture (xunhu/protocol/trace.py keeps them).

    FISU      BSN 5/1 FSN 9/0
    LSSU SIOS BSN 127/1 FSN 127/1
    MSU       BSN 5/1 FSN 10/0  nat 34-56-78 > 34-56-1 sls 9  ISUP IAM cic 169: called 4006000998 ST; ...

Numbers are followed by their indicator bits (BSN/BIB, FSN/FIB); then the network indicator, the originating and the destination point code, the link
selection or, in management and test messages, the link code. What cannot be read is said to be so, in hexadecimal; nothing raises.

In captures: LINKTYPE_MTP2 (140), signal units from the BSN on without check bits. Units of Annex A (12-bit numbers) have LINKTYPE_MTP2_WITH_PHDR (139), whose
pseudo header of four octets says so: sent, Annex A, link number.
"""

from __future__ import annotations

import re

from xunhu._ss7 import isup_describe, tup_describe
from xunhu._ss7.isup_variants import ISUP_ITU, VARIANTS
from xunhu._ss7.mtp2_units import (
    BASIC_HEADER,
    BASIC_LONG,
    BASIC_MASK,
    EXTENDED_HEADER,
    EXTENDED_MASK,
    STATUS_BITS,
    STATUS_NAMES,
)
from xunhu._ss7.mtp3_messages import (
    MANAGEMENT_MESSAGES,
    SLT_SPECIAL,
    TEST_MESSAGES,
    Body,
    Label,
    Message,
    decode_label,
    decode_message,
    label_octets,
)
from xunhu._ss7.mtp_primitives import StatusCause
from xunhu._ss7.tup_tables import VARIANTS as TUP_VARIANTS
from xunhu.protocol.errors import RemoteError
from xunhu.protocol.pcap import MTP2, MTP2_WITH_PHDR
from xunhu.protocol.trace import Channel, Direction

__all__ = ["channel_of", "describe", "describe_message", "link_channel", "unit_of"]

NETWORKS = ("intl", "intl-spare", "nat", "nat-spare")
SERVICES = {0: "SNM", 1: "SLT", 2: "SLT-special", 3: "SCCP", 4: "TUP", 5: "ISUP", 6: "DUP", 7: "DUP", 9: "B-ISUP"}
_TUP, _ISUP = 4, 5
_CAUSES = {int(cause) - 1: cause.name[5:].lower() for cause in StatusCause if cause}  # of UPU, Q.704 §15.17.5
_PSEUDO_HEADER = 4


def point(code: int, bits: int) -> str:
    """As people write it: 3-8-3 bits, or three octets."""
    if bits == 14:
        return f"{code >> 11}-{code >> 3 & 255}-{code & 7}"
    return f"{code >> 16}-{code >> 8 & 255}-{code & 255}"


# -- text ------------------------------------------------------------------------------------------------------------


def _status(octets: bytes) -> str:
    value = octets[0] & STATUS_BITS
    return STATUS_NAMES[value] if value < len(STATUS_NAMES) else f"status {octets.hex()}"


def _management(message: Message, bits: int) -> str:
    """Name and fields of a message of level 3."""
    row = MANAGEMENT_MESSAGES.get(message.name) or TEST_MESSAGES[message.name]
    where = point(message.destination, bits)
    if row.body is Body.FSN:
        return f"{message.name} fsn {message.value}"
    if row.body is Body.CODE:
        return f"{message.name} code {message.value}"
    if row.body is Body.DATA_LINK:
        return f"{message.name} data link {message.value}"
    if row.body is Body.TEST:
        return f"{message.name} pattern {message.pattern.hex()}"
    if row.body is Body.CONGESTED:
        return f"{message.name} {where} level {message.value}"
    if row.body is Body.USER:
        user, cause = message.value & 15, message.value >> 4
        return f"{message.name} {where} {SERVICES.get(user, user)} {_CAUSES.get(cause, f'cause {cause}')}"
    return f"{message.name} {where}" if row.body is Body.DESTINATION else message.name


def describe_message(octets: bytes, bits: int, isup: str = "ISUP-ITU", tup: str = "TUP-ITU") -> str:
    """SIO and SIF of an MSU as text. bits: of point codes; isup, tup: names of the variants."""
    try:
        label = decode_label(octets, bits)
    except RemoteError as why:
        return f"{why}: {octets.hex()}"
    lowest = label.service <= SLT_SPECIAL
    priority = f" prio {label.priority}" if label.priority and not lowest else ""
    head = f"{NETWORKS[label.network]} {point(label.opc, bits)} > {point(label.dpc, bits)} {'slc' if lowest else 'sls'} {label.sls}{priority}  "
    return head + _user(octets, label, bits, isup, tup)


def _user(octets: bytes, label: Label, bits: int, isup: str, tup: str) -> str:
    rest = octets[label_octets(bits) :]
    service = SERVICES.get(label.service, f"service {label.service}")
    if label.service <= SLT_SPECIAL:
        try:
            return f"{service} {_management(decode_message(octets, bits), bits)}"
        except RemoteError as why:
            return f"{service} {rest.hex()} ({why})"
    if label.service == _ISUP:
        return f"ISUP {isup_describe.describe(rest, VARIANTS.get(isup, ISUP_ITU))}"
    if label.service == _TUP:
        sls = octets[label_octets(bits) - 1] if bits == 24 else label.sls  # with 24 bits the whole octet is the CIC's
        return tup_describe.describe(rest, sls, tup, bits)
    return f"{service} {rest.hex()}"


def _split(unit: bytes, extended: bool) -> tuple[int, int, int, int, int] | None:
    """BSN, BIB, FSN, FIB, LI."""
    if not extended:
        if len(unit) < BASIC_HEADER:
            return None
        return unit[0] & BASIC_MASK, unit[0] >> 7, unit[1] & BASIC_MASK, unit[1] >> 7, unit[2] & BASIC_LONG
    if len(unit) < EXTENDED_HEADER:
        return None
    first, second, third = (int.from_bytes(unit[at : at + 2], "little") for at in (0, 2, 4))
    return first & EXTENDED_MASK, first >> 15, second & EXTENDED_MASK, second >> 15, third & 511


def describe(unit: bytes, bits: int = 14, isup: str = "ISUP-ITU", tup: str = "TUP-ITU", *, extended: bool = False) -> str:
    """One signal unit as text; extended: numbers of 12 bits."""
    found = _split(unit, extended)
    if found is None:
        return f"invalid   {unit.hex()}"
    bsn, bib, fsn, fib, length = found
    rest = unit[EXTENDED_HEADER if extended else BASIC_HEADER :]
    numbers = f"BSN {bsn}/{bib} FSN {fsn}/{fib}"
    if length != len(rest) and not (length == BASIC_LONG and len(rest) > BASIC_LONG and not extended):
        return f"invalid   {numbers}  length {length}, {len(rest)} octets: {rest.hex()}"
    if length == 0:
        return f"FISU      {numbers}"
    if length <= 2:
        return f"LSSU {_status(rest):<4} {numbers}"
    return f"MSU       {numbers}  {describe_message(rest, bits, isup, tup)}"


# -- captures ----------------------------------------------------------------------------------------------------------


def link_channel(
    name: str, bits: int, isup: str = "", tup: str = "", *, number: int = 0, extended: bool = False
) -> Channel:
    """A link as a channel to be traced. bits: of its network's point codes; isup, tup: variants of the network's circuits, "" by the width;
    number: of the link in the pseudo header."""
    isup = isup or ("ISUP-CHINA" if bits == 24 else "ISUP-ITU")
    tup = tup or ("TUP-CHINA" if bits == 24 else "TUP-ITU")

    def text(unit: bytes, _direction: Direction) -> str:
        return describe(unit, bits, isup, tup, extended=extended)

    def data(unit: bytes, direction: Direction) -> bytes:
        if not extended:
            return unit
        return bytes((direction == "tx", 1)) + (number & 0xFFFF).to_bytes(2, "big") + unit

    described = f"MTP2, point codes of {bits} bits, {isup}, {tup}"
    return Channel(name, MTP2_WITH_PHDR if extended else MTP2, described, text, data)


def channel_of(link_type: int, name: str, description: str, data: bytes) -> Channel:
    """The channel of a packet of a capture; what its interface does not say (a capture of others) is taken as ITU, 14 bits."""
    bits = 24 if re.search(r"\b24 bits", description) else 14
    isup = next((variant for variant in re.findall(r"ISUP-[A-Z0-9-]+", description) if variant in VARIANTS), "")
    tup = next((variant for variant in re.findall(r"TUP-[A-Z0-9-]+", description) if variant in TUP_VARIANTS), "")
    extended = link_type == MTP2_WITH_PHDR and len(data) >= _PSEUDO_HEADER and data[1] == 1
    number = int.from_bytes(data[2:4], "big") if link_type == MTP2_WITH_PHDR and len(data) >= _PSEUDO_HEADER else 0
    return link_channel(name, bits, isup, tup, number=number, extended=extended)


def unit_of(link_type: int, data: bytes) -> tuple[Direction | None, bytes]:
    """Direction, where the pseudo header says it, and signal unit of a packet of a capture."""
    if link_type != MTP2_WITH_PHDR or len(data) < _PSEUDO_HEADER:
        return None, data
    return ("tx" if data[0] else "rx"), data[_PSEUDO_HEADER:]
