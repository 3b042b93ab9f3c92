"""Signal units as octets, without flags and check bits (ITU-T Q.703 (07/96) §2, §11.1 and Annex A §A.2).

Basic header, 3 octets:     BSN | BIB << 7,  FSN | FIB << 7,  LI (63: 63 or more)
Extended header, 6 octets:  16-bit words, low octet first: BSN of 12 bits | BIB << 15,  FSN | FIB << 15,  LI of 9 bits

LI 0: FISU; 1 or 2: LSSU, status in the first octet; 3 and more: MSU, service information octet and signalling
information field. Compiled code takes the C form of the functions that make octets from mtp2_txc.pxd and mtp2_rc.pxd.
"""

from __future__ import annotations

from xunhu._ss7.mtp_primitives import LinkIndication

SIO, SIN, SIE, SIOS, SIPO, SIB = range(6)  # status, §11.1.2
STATUS_NAMES = ("SIO", "SIN", "SIE", "SIOS", "SIPO", "SIB")
STATUS_BITS = 7  # of the status field; the others are spare

BASIC_HEADER, EXTENDED_HEADER = 3, 6
BASIC_MASK, EXTENDED_MASK = 127, 4095  # of sequence numbers
BASIC_LONG = 63  # LI of all that is as long or longer
SHORTEST_MESSAGE, LONGEST_MESSAGE = 3, 273  # octets: SIO and SIF of 2 to 272


def basic_unit(bsn: int, bib: int, fsn: int, fib: int, octets: bytes) -> bytes:
    """A unit; octets: status field or message."""
    return bytes((bsn | bib << 7, fsn | fib << 7, min(len(octets), BASIC_LONG))) + octets


def extended_unit(bsn: int, bib: int, fsn: int, fib: int, octets: bytes) -> bytes:
    words = (bsn | bib << 15, fsn | fib << 15, len(octets))
    return b"".join(word.to_bytes(2, "little") for word in words) + octets


def message_indication(unit: bytes, header: int) -> LinkIndication:
    """The message of an MSU, for level 3."""
    return LinkIndication(0, unit[header:], 0)
