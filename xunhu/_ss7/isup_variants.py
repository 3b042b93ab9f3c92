# cython: annotation_typing=False
"""Variants of the ISDN user part: rows of isup_tables.py that differ, and what the procedures must know.

ISUP-ITU        Q.763 and Q.764 (12/99), "ISUP 2000": the base.
ISUP-ITU-1997   Q.763 and Q.764 (09/97): without what clauses 3.83 ff. and Table 53 added.
ISUP-CHINA      YDN 038-1997: the above for the national network, with CCL, MPM and OPR and China's categories of calling party.
                Point codes of 24 bits are the message transfer part's matter, but they make longer parameters here.
ISUP-Q767       Q.767 (1991), the international interface: neither compatibility information nor messages of national use.

`Layout` is a message row made ready for the codec: where each mandatory parameter lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import cython

from xunhu._ss7.isup_names import MessageType as M
from xunhu._ss7.isup_names import ParameterCode as P
from xunhu._ss7.isup_tables import (
    CHINA_MESSAGE_ROWS,
    CHINA_PARAMETER_ROWS,
    MESSAGE_ROWS,
    PARAMETER_ROWS,
    MessageRow,
    ParameterRow,
)
from xunhu.protocol.timers import TimerRow, timer_table

HEAD = 3  # octets before the fixed part: CIC, message type
OPTIONAL = 0  # role of a parameter that is not mandatory in a message
VARIABLE = 64  # role of the first mandatory parameter of variable length; 1 is that of the first fixed one


@cython.cclass
@dataclass(frozen=True)
class Layout:
    """Where things lie in a message. All offsets count from the first octet of the CIC.

    fixed_codes, fixed_at, fixed_sizes: of each mandatory fixed parameter; variable_codes; pointers_at: of the first pointer;
    head: octets that every such message has (fixed part and pointers); roles: by parameter code; complete: a bit for each
    mandatory parameter; blank: `head` octets with zeros for all that is not the message type."""

    type: int
    row: Any  # MessageRow; None: a message that is not known
    fixed_codes: bytes
    fixed_at: bytes
    fixed_sizes: bytes
    variable_codes: bytes
    pointers_at: int
    head: int
    optional: bool
    raw: bool
    roles: bytes
    complete: int
    blank: bytes


def layout_of(row: MessageRow) -> Layout:
    at = HEAD
    codes, places, sizes = [], [], []
    roles = bytearray(256)
    complete = 0
    for number, (code, size) in enumerate(row.fixed):
        codes.append(code)
        places.append(at)
        sizes.append(size)
        roles[code] = 1 + number
        complete |= 1 << (1 + number)
        at += size
    for number, code in enumerate(row.variable):
        roles[code] = VARIABLE + number
        complete |= 1 << (16 + number)
    head = at + len(row.variable) + row.optional
    return Layout(
        type=row.type,
        row=row,
        fixed_codes=bytes(codes),
        fixed_at=bytes(places),
        fixed_sizes=bytes(sizes),
        variable_codes=bytes(row.variable),
        pointers_at=at,
        head=head,
        optional=row.optional,
        raw=row.raw,
        roles=bytes(roles),
        complete=complete,
        blank=bytes((0, 0, row.type)) + bytes(head - HEAD),
    )


# Q.764 §2.9.5.2: a message that is not known has, after its type, a pointer to an optional part
UNKNOWN = Layout(
    type=-1,
    row=None,
    fixed_codes=b"",
    fixed_at=b"",
    fixed_sizes=b"",
    variable_codes=b"",
    pointers_at=HEAD,
    head=HEAD + 1,
    optional=True,
    raw=False,
    roles=bytes(256),
    complete=0,
    blank=bytes(HEAD + 1),
)


@cython.cclass
@dataclass(frozen=True)
class Variant:
    """A variant as the codec and the procedures see it.

    layouts: by message type, None where there is no such message; categories: Q.763 §3.11, names for people;
    range_maximum: largest range (circuits - 1) by type of group message, Q.763 §3.43; affected_maximum: status bits that may be 1
    in one message; hop_counter: value that we begin with, 0 where it is not sent (Q.763 §3.80);
    cqm, ucic, cvr, confusion, user_part_test, segmentation, information_request, loop_back, overload: is the message (and its
    procedure) used; compatibility: are compatibility parameters read and answered (Q.764 §2.9.5.3); metering: MPM;
    point_code_octets: of point codes inside parameters."""

    name: str
    edition: str
    layouts: list[Layout | None]
    messages: Mapping[int, MessageRow]
    parameters: Mapping[int, ParameterRow]
    timers: Mapping[str, TimerRow]
    categories: Mapping[int, str]
    range_maximum: Mapping[int, int]
    affected_maximum: int
    hop_counter: int
    cqm: bool
    ucic: bool
    cvr: bool
    confusion: bool
    user_part_test: bool
    segmentation: bool
    information_request: bool
    loop_back: bool
    overload: bool
    compatibility: bool
    metering: bool
    point_code_octets: int


# -- timers --------------------------------------------------------------------------------------------------------

TIMERS: Mapping[str, TimerRow] = timer_table(
    "Q.764 Annex A, Table A.1",
    ("T1", 15_000, 15_000, 60_000, "REL sent; waiting for RLC, then REL again"),
    ("T2", 180_000, 180_000, 180_000, "SUS (user) received at the controlling exchange; then release, cause 102"),
    ("T3", 120_000, 120_000, 120_000, "OLM received; then release"),
    ("T4", 300_000, 300_000, 900_000, "user part inaccessible; then UPT again"),
    ("T5", 300_000, 300_000, 900_000, "first REL sent; then RSC, maintenance is told, T17"),
    ("T6", 10_000, 10_000, 32_000, "SUS (network) received at the controlling exchange; then release, cause 102"),
    ("T7", 20_000, 20_000, 30_000, "last address message sent; waiting for ACM or CON, then release"),
    ("T8", 10_000, 10_000, 15_000, "IAM with continuity check received; waiting for COT, then release"),
    ("T9", 120_000, 60_000, 240_000, "ACM received; waiting for the answer, then release, cause 19"),
    ("T10", 4_000, 4_000, 6_000, "last digit received in interworking; then the address is taken as complete"),
    ("T11", 15_000, 15_000, 20_000, "last address message received in interworking; then ACM"),
    ("T12", 15_000, 15_000, 60_000, "BLO sent; waiting for BLA, then BLO again"),
    ("T13", 300_000, 300_000, 900_000, "first BLO sent; then BLO again, maintenance is told"),
    ("T14", 15_000, 15_000, 60_000, "UBL sent; waiting for UBA, then UBL again"),
    ("T15", 300_000, 300_000, 900_000, "first UBL sent; then UBL again, maintenance is told"),
    ("T16", 15_000, 15_000, 60_000, "RSC sent; waiting for RLC, then RSC again"),
    ("T17", 300_000, 300_000, 900_000, "first RSC sent; then RSC again, maintenance is told"),
    ("T18", 15_000, 15_000, 60_000, "CGB sent; waiting for CGBA, then CGB again"),
    ("T19", 300_000, 300_000, 900_000, "first CGB sent; then CGB again, maintenance is told"),
    ("T20", 15_000, 15_000, 60_000, "CGU sent; waiting for CGUA, then CGU again"),
    ("T21", 300_000, 300_000, 900_000, "first CGU sent; then CGU again, maintenance is told"),
    ("T22", 15_000, 15_000, 60_000, "GRS sent; waiting for GRA, then GRS again"),
    ("T23", 300_000, 300_000, 900_000, "first GRS sent; then GRS again, maintenance is told"),
    ("T24", 1_000, None, 2_000, "check tone sent; waiting for it to come back, then failure"),
    ("T25", 1_000, 1_000, 10_000, "continuity failed for the first time; then CCR"),
    ("T26", 60_000, 60_000, 180_000, "continuity failed again; then CCR"),
    ("T27", 240_000, 240_000, 240_000, "continuity failure told by COT; waiting for CCR, then RSC"),
    ("T28", 10_000, 10_000, 10_000, "CQM sent; waiting for CQR"),
    ("T29", 300, 300, 600, "congestion told by the MTP; further ones are not counted"),
    ("T30", 5_000, 5_000, 10_000, "congestion told by the MTP; then traffic is restored by one step"),
    ("T31", 420_000, 360_000, None, "signalling connection released; then the call reference is free"),
    ("T32", 3_000, 3_000, 5_000, "no answer ready to an end-to-end request; then the pending message is sent"),
    ("T33", 12_000, 12_000, 15_000, "INR sent; waiting for INF, then release"),
    ("T34", 3_000, 2_000, 4_000, "segmented message announced; waiting for SGM, then on without it"),
    ("T35", 15_000, 15_000, 20_000, "latest digit received, too few of them; then release, cause 28"),
    ("T36", 12_000, 10_000, 15_000, "CCR received; waiting for COT or REL, then release"),
    ("T37", 3_000, 2_000, 4_000, "echo control awaited; then on without it"),
    ("T38", 15_000, 15_000, 20_000, "SUS (network) received at the incoming international exchange; then release"),
    ("T39", 10_000, 4_000, 15_000, "IDR sent; waiting for IRS, then on without it"),
)

# Repetition of supervision messages before the change of 1993: every 4 to 15 s, after 1 min the other way.
_SHORT = tuple(f"T{n}" for n in (1, 12, 14, 16, 18, 20, 22))
_LONG = tuple(f"T{n}" for n in (5, 13, 15, 17, 19, 21, 23))


def _timers_of_1988() -> Mapping[str, TimerRow]:
    rows = dict(TIMERS)
    for names, values in ((_SHORT, (15_000, 4_000, 15_000)), (_LONG, (60_000, 60_000, 60_000))):
        for name in names:
            rows[name] = TimerRow(name, *values, "Q.767 Annex C, Q.764 (1988) Annex A", TIMERS[name].meaning)
    return MappingProxyType(rows)


# -- calling party's category, Q.763 §3.11 ---------------------------------------------------------------------------

CATEGORIES: Mapping[int, str] = MappingProxyType(
    {
        0x00: "unknown",
        0x01: "operator, French",
        0x02: "operator, English",
        0x03: "operator, German",
        0x04: "operator, Russian",
        0x05: "operator, Spanish",
        0x06: "operator, language by agreement",
        0x07: "operator, language by agreement",
        0x08: "operator, language by agreement",
        0x09: "national operator",
        0x0A: "ordinary",
        0x0B: "priority",
        0x0C: "data call",
        0x0D: "test call",
        0x0F: "payphone",
    }
)

CHINA_CATEGORIES: Mapping[int, str] = MappingProxyType(
    {
        **CATEGORIES,
        0xF0: "ordinary, free of charge",
        0xF1: "ordinary, charged periodically",
        0xF2: "ordinary, charged at once, subscriber's meter",
        0xF3: "ordinary, charged at once, printer",
        0xF4: "priority, free of charge",
        0xF5: "priority, charged periodically",
        0xF8: "ordinary, between toll exchanges",
    }
)

# -- the variants ------------------------------------------------------------------------------------------------------

_RANGES: Mapping[int, int] = MappingProxyType(
    {
        **{M.GRS: 31, M.GRA: 31, M.CQM: 31, M.CQR: 31},
        **{M.CGB: 255, M.CGBA: 255, M.CGU: 255, M.CGUA: 255},
    }
)

_ITU: Mapping[str, Any] = MappingProxyType(
    {
        "name": "ISUP-ITU",
        "edition": "ITU-T Q.763, Q.764 (12/99)",
        "timers": TIMERS,
        "categories": CATEGORIES,
        "range_maximum": _RANGES,
        "affected_maximum": 32,
        "hop_counter": 0,
        "cqm": True,
        "ucic": True,
        "cvr": False,  # a message of ANSI T1.113; here so that the procedures need not know
        "confusion": True,
        "user_part_test": True,
        "segmentation": True,
        "information_request": True,
        "loop_back": False,
        "overload": True,
        "compatibility": True,
        "metering": False,
        "point_code_octets": 2,
    }
)


def _by_type(rows: Iterable[MessageRow]) -> Mapping[int, MessageRow]:
    return MappingProxyType({row.type: row for row in rows})


def _by_code(rows: Iterable[ParameterRow]) -> Mapping[int, ParameterRow]:
    return MappingProxyType({row.code: row for row in rows})


def _variant(
    messages: Mapping[int, MessageRow], parameters: Mapping[int, ParameterRow], changes: Mapping[str, Any]
) -> Variant:
    layouts: list[Layout | None] = [None] * 256
    for row in messages.values():
        layouts[row.type] = layout_of(row)
    return Variant(layouts=layouts, messages=messages, parameters=parameters, **{**_ITU, **changes})


# What Q.763 (09/97) did not have yet.
_NEW_MESSAGES = frozenset({M.SDN})
# Q.767 has no message of national use, none of end-to-end signalling and none of the services that came later.
_Q767_MESSAGES = frozenset(
    {
        *(M.IAM, M.SAM, M.COT, M.ACM, M.CON, M.FOT, M.ANM, M.CPG, M.REL, M.RLC, M.SUS, M.RES, M.CCR, M.RSC),
        *(M.BLO, M.BLA, M.UBL, M.UBA, M.GRS, M.GRA, M.CGB, M.CGBA, M.CGU, M.CGUA),
    }
)
_Q767_PARAMETERS = frozenset(
    {
        *(P.TRANSMISSION_MEDIUM_REQUIREMENT, P.ACCESS_TRANSPORT, P.CALLED_PARTY_NUMBER, P.SUBSEQUENT_NUMBER),
        *(P.NATURE_OF_CONNECTION_INDICATORS, P.FORWARD_CALL_INDICATORS, P.OPTIONAL_FORWARD_CALL_INDICATORS),
        *(P.CALLING_PARTYS_CATEGORY, P.CALLING_PARTY_NUMBER, P.CONTINUITY_INDICATORS, P.BACKWARD_CALL_INDICATORS),
        *(P.CAUSE_INDICATORS, P.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE, P.RANGE_AND_STATUS, P.CONNECTED_NUMBER),
        *(P.CLOSED_USER_GROUP_INTERLOCK_CODE, P.USER_SERVICE_INFORMATION, P.USER_TO_USER_INFORMATION),
        *(P.SUSPEND_RESUME_INDICATORS, P.EVENT_INFORMATION, P.AUTOMATIC_CONGESTION_LEVEL),
        *(P.OPTIONAL_BACKWARD_CALL_INDICATORS, P.USER_TO_USER_INDICATORS),
    }
)

ISUP_ITU = _variant(_by_type(MESSAGE_ROWS), _by_code(PARAMETER_ROWS), {})

_MESSAGES_1997 = tuple(row for row in MESSAGE_ROWS if row.type not in _NEW_MESSAGES)
_PARAMETERS_1997 = tuple(row for row in PARAMETER_ROWS if row.since <= 1997)

ISUP_ITU_1997 = _variant(
    _by_type(_MESSAGES_1997),
    _by_code(_PARAMETERS_1997),
    {"name": "ISUP-ITU-1997", "edition": "ITU-T Q.763, Q.764 (09/97)"},
)

ISUP_CHINA = _variant(
    _by_type((*_MESSAGES_1997, *CHINA_MESSAGE_ROWS)),
    _by_code((*_PARAMETERS_1997, *CHINA_PARAMETER_ROWS)),
    {
        "name": "ISUP-CHINA",
        "edition": "YDN 038-1997",
        "categories": CHINA_CATEGORIES,
        "metering": True,
        "point_code_octets": 3,
    },
)

ISUP_Q767 = _variant(
    _by_type(row for row in MESSAGE_ROWS if row.type in _Q767_MESSAGES),
    _by_code(row for row in PARAMETER_ROWS if row.code in _Q767_PARAMETERS),
    {
        "name": "ISUP-Q767",
        "edition": "ITU-T Q.767 (02/91)",
        "timers": _timers_of_1988(),
        "range_maximum": MappingProxyType({**_RANGES, **{M.CGB: 31, M.CGBA: 31, M.CGU: 31, M.CGUA: 31}}),
        "cqm": False,
        "ucic": False,
        "confusion": False,
        "user_part_test": False,
        "segmentation": False,
        "information_request": False,
        "overload": False,
        "compatibility": False,
    },
)

VARIANTS: Mapping[str, Variant] = MappingProxyType(
    {v.name: v for v in (ISUP_ITU, ISUP_ITU_1997, ISUP_CHINA, ISUP_Q767)}
)
