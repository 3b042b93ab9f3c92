"""Messages of the telephone user part and their variants, as tables: ITU-T Q.723 (11/88) and China's GF 001-9001 (08/90).

One row a message: heading code, acronym, title, direction, format, what it is to a call, clause. The heading code is the octet on the
line, H1 in its upper half and H0 in its lower (Q.723 §3.1.2). A variant is the rows it adds or drops and a few numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import NamedTuple

# Heading codes (Q.723 Table 3 and following); those of China stand at the end.
IAM, IAI, SAM, SAO = 0x11, 0x21, 0x31, 0x41
GSM, COT, CCF = 0x12, 0x32, 0x42
GRQ = 0x13
ACM, CHG = 0x14, 0x24
SEC, CGC, NNC, ADI, CFL, SSB, UNN, LOS = 0x15, 0x25, 0x35, 0x45, 0x55, 0x65, 0x75, 0x85
SST, ACB, DPN, MPR, EUM = 0x95, 0xA5, 0xB5, 0xC5, 0xF5
ANU, ANC, ANN, CBK, CLF, RAN, FOT, CCL = 0x06, 0x16, 0x26, 0x36, 0x46, 0x56, 0x66, 0x76
RLG, BLO, BLA, UBL, UBA, CCR, RSC = 0x17, 0x27, 0x37, 0x47, 0x57, 0x67, 0x77
MGB, MBA, MGU, MUA, HGB, HBA, HGU, HUA = 0x18, 0x28, 0x38, 0x48, 0x58, 0x68, 0x78, 0x88
GRS, GRA, SGB, SBA, SGU, SUA = 0x98, 0xA8, 0xB8, 0xC8, 0xD8, 0xE8
ACC = 0x1A
MPM, OPR, SLB, STB, MAL = 0x2C, 0x1D, 0x1E, 0x2E, 0x1F


class Form(IntEnum):
    """How the octets after the heading code are laid out."""

    UNKNOWN = 0  # kept raw
    SIGNAL = 1  # nothing follows
    INITIAL = 2  # Q.723 §3.3.1
    INITIAL_ADDITIONAL = 3  # §3.3.2
    SUBSEQUENT = 4  # §3.3.3
    SUBSEQUENT_ONE = 5  # §3.3.4
    FORWARD = 6  # §3.4.1
    REQUEST = 7  # §3.5.1
    COMPLETE = 8  # §3.6.1
    CHARGE = 9  # §3.6.2 and GF 001-9001: kept as octets
    UNSUCCESSFUL = 10  # §3.7.3
    GROUP = 11  # §3.10: range and status
    GROUP_RANGE = 12  # §3.10: range alone
    CONGESTION = 13  # §3.11


class Kind(IntEnum):
    """Which machine a message is for; those of `call` are events of tup_call_tables."""

    NONE = 0
    IAM = 1
    SAM = 2
    GSM = 3
    COT = 4
    CCF = 5
    GRQ = 6
    ACM = 7
    CHARGE = 8
    UNSUCCESSFUL = 9
    ANSWER = 10
    CBK = 11
    RAN = 12
    CLF = 13
    RLG = 14
    FOT = 15
    CCL = 16
    OPR = 17
    MAL = 18
    CCR = 19
    BLOCKING = 20
    RESET = 21
    GROUP = 22
    CONGESTION = 23


class MessageRow(NamedTuple):
    """direction: "f" from the side that seized the circuit, "b" to it, "-" either."""

    heading: int
    acronym: str
    title: str
    direction: str
    form: Form
    kind: Kind
    clause: str


_F, _K = Form, Kind

ITU_MESSAGES: tuple[MessageRow, ...] = (
    MessageRow(IAM, "IAM", "initial address", "f", _F.INITIAL, _K.IAM, "Q.723 §3.3.1"),
    MessageRow(IAI, "IAI", "initial address with additional information", "f", _F.INITIAL_ADDITIONAL, _K.IAM, "Q.723 §3.3.2"),
    MessageRow(SAM, "SAM", "subsequent address", "f", _F.SUBSEQUENT, _K.SAM, "Q.723 §3.3.3"),
    MessageRow(SAO, "SAO", "subsequent address with one signal", "f", _F.SUBSEQUENT_ONE, _K.SAM, "Q.723 §3.3.4"),
    MessageRow(GSM, "GSM", "general forward set-up information", "f", _F.FORWARD, _K.GSM, "Q.723 §3.4.1"),
    MessageRow(COT, "COT", "continuity", "f", _F.SIGNAL, _K.COT, "Q.723 §3.4.2"),
    MessageRow(CCF, "CCF", "continuity failure", "f", _F.SIGNAL, _K.CCF, "Q.723 §3.4.2"),
    MessageRow(GRQ, "GRQ", "general request", "b", _F.REQUEST, _K.GRQ, "Q.723 §3.5.1"),
    MessageRow(ACM, "ACM", "address complete", "b", _F.COMPLETE, _K.ACM, "Q.723 §3.6.1"),
    MessageRow(CHG, "CHG", "charging", "b", _F.CHARGE, _K.CHARGE, "Q.723 §3.6.2"),
    MessageRow(SEC, "SEC", "switching equipment congestion", "b", _F.SIGNAL, _K.UNSUCCESSFUL, "Q.723 §3.7.1"),
    MessageRow(CGC, "CGC", "circuit group congestion", "b", _F.SIGNAL, _K.UNSUCCESSFUL, "Q.723 §3.7.1"),
    MessageRow(NNC, "NNC", "national network congestion", "b", _F.SIGNAL, _K.UNSUCCESSFUL, "Q.723 §3.7.1"),
    MessageRow(ADI, "ADI", "address incomplete", "b", _F.SIGNAL, _K.UNSUCCESSFUL, "Q.723 §3.7.1"),
    MessageRow(CFL, "CFL", "call failure", "b", _F.SIGNAL, _K.UNSUCCESSFUL, "Q.723 §3.7.1"),
    MessageRow(SSB, "SSB", "subscriber busy", "b", _F.SIGNAL, _K.UNSUCCESSFUL, "Q.723 §3.7.1"),
    MessageRow(UNN, "UNN", "unallocated number", "b", _F.SIGNAL, _K.UNSUCCESSFUL, "Q.723 §3.7.1"),
    MessageRow(LOS, "LOS", "line out of service", "b", _F.SIGNAL, _K.UNSUCCESSFUL, "Q.723 §3.7.1"),
    MessageRow(SST, "SST", "send special information tone", "b", _F.SIGNAL, _K.UNSUCCESSFUL, "Q.723 §3.7.1"),
    MessageRow(ACB, "ACB", "access barred", "b", _F.SIGNAL, _K.UNSUCCESSFUL, "Q.723 §3.7.1"),
    MessageRow(DPN, "DPN", "digital path not provided", "b", _F.SIGNAL, _K.UNSUCCESSFUL, "Q.723 §3.7.1"),
    MessageRow(MPR, "MPR", "misdialled trunk prefix", "b", _F.SIGNAL, _K.UNSUCCESSFUL, "Q.723 §3.7.1"),
    MessageRow(EUM, "EUM", "extended unsuccessful", "b", _F.UNSUCCESSFUL, _K.UNSUCCESSFUL, "Q.723 §3.7.3"),
    MessageRow(ANU, "ANU", "answer, unqualified", "b", _F.SIGNAL, _K.ANSWER, "Q.723 §3.8"),
    MessageRow(ANC, "ANC", "answer, charge", "b", _F.SIGNAL, _K.ANSWER, "Q.723 §3.8"),
    MessageRow(ANN, "ANN", "answer, no charge", "b", _F.SIGNAL, _K.ANSWER, "Q.723 §3.8"),
    MessageRow(CBK, "CBK", "clear-back", "b", _F.SIGNAL, _K.CBK, "Q.723 §3.8"),
    MessageRow(CLF, "CLF", "clear-forward", "f", _F.SIGNAL, _K.CLF, "Q.723 §3.8"),
    MessageRow(RAN, "RAN", "re-answer", "b", _F.SIGNAL, _K.RAN, "Q.723 §3.8"),
    MessageRow(FOT, "FOT", "forward transfer", "f", _F.SIGNAL, _K.FOT, "Q.723 §3.8"),
    MessageRow(CCL, "CCL", "calling party clear", "f", _F.SIGNAL, _K.CCL, "Q.723 §3.8"),
    MessageRow(RLG, "RLG", "release guard", "b", _F.SIGNAL, _K.RLG, "Q.723 §3.9"),
    MessageRow(BLO, "BLO", "blocking", "-", _F.SIGNAL, _K.BLOCKING, "Q.723 §3.9"),
    MessageRow(BLA, "BLA", "blocking acknowledgement", "-", _F.SIGNAL, _K.BLOCKING, "Q.723 §3.9"),
    MessageRow(UBL, "UBL", "unblocking", "-", _F.SIGNAL, _K.BLOCKING, "Q.723 §3.9"),
    MessageRow(UBA, "UBA", "unblocking acknowledgement", "-", _F.SIGNAL, _K.BLOCKING, "Q.723 §3.9"),
    MessageRow(CCR, "CCR", "continuity check request", "f", _F.SIGNAL, _K.CCR, "Q.723 §3.9"),
    MessageRow(RSC, "RSC", "reset circuit", "-", _F.SIGNAL, _K.RESET, "Q.723 §3.9"),
    MessageRow(MGB, "MGB", "maintenance group blocking", "-", _F.GROUP, _K.GROUP, "Q.723 §3.10"),
    MessageRow(MBA, "MBA", "maintenance group blocking acknowledgement", "-", _F.GROUP, _K.GROUP, "Q.723 §3.10"),
    MessageRow(MGU, "MGU", "maintenance group unblocking", "-", _F.GROUP, _K.GROUP, "Q.723 §3.10"),
    MessageRow(MUA, "MUA", "maintenance group unblocking acknowledgement", "-", _F.GROUP, _K.GROUP, "Q.723 §3.10"),
    MessageRow(HGB, "HGB", "hardware failure group blocking", "-", _F.GROUP, _K.GROUP, "Q.723 §3.10"),
    MessageRow(HBA, "HBA", "hardware failure group blocking acknowledgement", "-", _F.GROUP, _K.GROUP, "Q.723 §3.10"),
    MessageRow(HGU, "HGU", "hardware failure group unblocking", "-", _F.GROUP, _K.GROUP, "Q.723 §3.10"),
    MessageRow(HUA, "HUA", "hardware failure group unblocking acknowledgement", "-", _F.GROUP, _K.GROUP, "Q.723 §3.10"),
    MessageRow(GRS, "GRS", "circuit group reset", "-", _F.GROUP_RANGE, _K.GROUP, "Q.723 §3.10"),
    MessageRow(GRA, "GRA", "circuit group reset acknowledgement", "-", _F.GROUP, _K.GROUP, "Q.723 §3.10"),
    MessageRow(SGB, "SGB", "software generated group blocking", "-", _F.GROUP, _K.GROUP, "Q.723 §3.10"),
    MessageRow(SBA, "SBA", "software generated group blocking acknowledgement", "-", _F.GROUP, _K.GROUP, "Q.723 §3.10"),
    MessageRow(SGU, "SGU", "software generated group unblocking", "-", _F.GROUP, _K.GROUP, "Q.723 §3.10"),
    MessageRow(SUA, "SUA", "software generated group unblocking acknowledgement", "-", _F.GROUP, _K.GROUP, "Q.723 §3.10"),
    MessageRow(ACC, "ACC", "automatic congestion control", "-", _F.CONGESTION, _K.CONGESTION, "Q.723 §3.11"),
)

CHINA_DROPPED: tuple[int, ...] = (MPR,)
CHINA_MESSAGES: tuple[MessageRow, ...] = (
    MessageRow(MPM, "MPM", "metering pulses", "b", _F.CHARGE, _K.CHARGE, "GF 001-9001, NSB"),
    MessageRow(OPR, "OPR", "operator", "-", _F.SIGNAL, _K.OPR, "GF 001-9001, NCB"),
    MessageRow(SLB, "SLB", "subscriber local busy", "b", _F.SIGNAL, _K.UNSUCCESSFUL, "GF 001-9001, NUB"),
    MessageRow(STB, "STB", "subscriber toll busy", "b", _F.SIGNAL, _K.UNSUCCESSFUL, "GF 001-9001, NUB"),
    MessageRow(MAL, "MAL", "malicious call identification", "b", _F.SIGNAL, _K.MAL, "GF 001-9001, NAM"),
)

# Calling party's category on the line -> as of Q.763 §3.11 above. GF 001-9001 splits ordinary and priority subscribers by how the call
# is charged: 16 free, 17 periodic, 18 meter, 19 printer, 24 between local exchanges; 20 and 21 priority.
CHINA_CATEGORIES: Mapping[int, int] = MappingProxyType({16: 10, 17: 10, 18: 10, 19: 10, 24: 10, 20: 11, 21: 11})

CATEGORIES: Mapping[int, str] = MappingProxyType(
    {
        0: "unknown",
        1: "operator, French",
        2: "operator, English",
        3: "operator, German",
        4: "operator, Russian",
        5: "operator, Spanish",
        9: "national operator",
        10: "ordinary",
        11: "priority",
        12: "data call",
        13: "test call",
        15: "payphone",
        16: "ordinary, free",
        17: "ordinary, periodic",
        18: "ordinary, meter",
        19: "ordinary, printer",
        20: "priority, free",
        21: "priority, periodic",
        24: "ordinary, local",
    }
)


class Variant(NamedTuple):
    """A network's telephone user part.

    rows: by heading code. categories: see CHINA_CATEGORIES. ordinary: code for an ordinary subscriber's call that we make. st: the end of
    a complete number is told (code 15). ask_calling: a caller who is not named in the initial address message is asked for (GRQ).
    busy: the message for cause 17."""

    name: str
    rows: Mapping[int, MessageRow]
    categories: Mapping[int, int]
    ordinary: int
    st: bool
    ask_calling: bool
    busy: int
    text: str


def _variant(
    name: str, added: tuple[MessageRow, ...], dropped: tuple[int, ...], categories: Mapping[int, int], ordinary: int, st: bool, ask: bool, busy: int, text: str
) -> Variant:
    rows = {row.heading: row for row in (*ITU_MESSAGES, *added) if row.heading not in dropped}
    return Variant(name, MappingProxyType(rows), categories, ordinary, st, ask, busy, text)


VARIANTS: Mapping[str, Variant] = MappingProxyType(
    {
        variant.name: variant
        for variant in (
            _variant("TUP-ITU", (), (), MappingProxyType({}), 10, True, False, SSB, "ITU-T Q.721 to Q.724"),
            _variant("TUP-CHINA", CHINA_MESSAGES, CHINA_DROPPED, CHINA_CATEGORIES, 24, False, True, SLB, "GF 001-9001"),
        )
    }
)
