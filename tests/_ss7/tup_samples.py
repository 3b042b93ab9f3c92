"""Messages of the telephone user part as octets, from the heading code on, each written down from the figures of Q.723 or GF 001-9001.

name: (variant, octets, what must be read). They are the vectors of test_tup_codec and, as files, of tests/fuzz/corpus/tup."""

from __future__ import annotations

from typing import Any

from xunhu._ss7.circuit_primitives import Number
from xunhu._ss7.tup_messages import (
    CircuitGroup,
    GeneralForward,
    Indicators,
    InitialAddress,
    Plain,
    SubsequentAddress,
    Unsuccessful,
)

ITU, CHINA = "TUP-ITU", "TUP-CHINA"

SAMPLES: dict[str, tuple[str, str, Any]] = {
    # Q.723 Figure 7: category 10; national number, check on this circuit; 4 signals 8 0 0 1
    "iam-check": (ITU, "11 0a 12 40 08 10", InitialAddress(0x11, 10, 0x012, "8001")),
    # 9 signals with ST: 8 digits and code 15, filler in the last octet
    "iam-st": (ITU, "11 0a 02 90 21 43 65 87 0f", InitialAddress(0x11, 10, 0x002, "12345678", True)),
    # 15 signals, international, code 11 and 12 among them; incoming international, all digital, all No.7
    "iam-long": (ITU, "11 0d 83 f6 11 62 b8 0c 00 01 00 05", InitialAddress(0x11, 13, 0x683, "11268BC00010005")),
    "iam-empty": (ITU, "11 02 00 00", InitialAddress(0x11, 2, 0, "")),
    # China: category 24, 10 signals; what follows is kept
    "iam-china": (CHINA, "11 18 02 a0 04 60 00 90 89", InitialAddress(0x11, 24, 2, "4006000998")),
    # Figure 8: first indicator octet E: calling line, national, 11 signals
    "iai-calling": (
        CHINA,
        "21 18 02 40 08 10 10 b2 31 08 31 08 00 00",
        InitialAddress(0x21, 24, 2, "8001", False, 0x10, b"", Number("13801380000", 3)),
    ),
    # presentation restricted, incomplete; original called address, subscriber number
    "iai-both": (
        ITU,
        "21 0a 02 41 08 10 30 7e 02 38 31 01 40 08 20",
        InitialAddress(0x21, 10, 0x102, "8001", False, 0x30, b"", Number("2083131", 3, 1, 1, 3, 0, True), Number("8002", 1)),
    ),
    # all indicators: capability, CUG (indicator and interlock code), two opaque octets, calling line not available, charging behind
    "iai-all": (
        ITU,
        "21 0a 02 10 05 7f 01 02 11 22 33 44 aa bb 02 12 05 c0 ff",
        InitialAddress(
            0x21, 10, 2, "5", False, 0x7F, bytes.fromhex("01 02 11 22 33 44 aa bb"), Number("", 3), Number("5", 3), b"\xc0\xff"
        ),
    ),
    # Figure 9: filler, 3 signals
    "sam": (ITU, "31 30 21 03", SubsequentAddress(0x31, "123")),
    "sam-st": (ITU, "31 10 0f", SubsequentAddress(0x31, "", True)),
    # Figure 10
    "sao": (ITU, "41 07", SubsequentAddress(0x41, "7")),
    # GSM: category and calling line
    "gsm": (CHINA, "12 03 18 70 02 38 31 01", GeneralForward(0x12, 3, 24, Number("2083131", 1))),
    # GSM: transit exchange by point code (3 octets), incoming trunk of 2 octets, original called address
    "gsm-trunk": (
        CHINA,
        "12 0c 31 11 22 33 20 44 55 22 81",
        GeneralForward(0x12, 0x0C, None, None, bytes.fromhex("31 11 22 33 20 44 55"), Number("18", 3)),
    ),
    "gsm-nothing": (ITU, "12 00", GeneralForward(0x12, 0)),
    "grq": (ITU, "13 03", Indicators(0x13, 3)),
    "acm-charge-free": (ITU, "14 05", Indicators(0x14, 5)),
    "acm-extended": (ITU, "14 16 99", Indicators(0x14, 0x16, b"\x99")),
    "chg": (ITU, "24 01 02 03", Plain(0x24, b"\x01\x02\x03")),
    "ssb": (ITU, "65", Plain(0x65)),
    "mpr": (ITU, "c5", Plain(0xC5)),
    "eum-busy": (ITU, "f5 01 23 01", Unsuccessful(0xF5, 1, b"\x23\x01")),
    "anc": (ITU, "16", Plain(0x16)),
    "anu": (ITU, "06", Plain(0x06)),
    "clf": (ITU, "46", Plain(0x46)),
    "rlg": (ITU, "17", Plain(0x17)),
    "ccl": (CHINA, "76", Plain(0x76)),
    "rsc": (ITU, "77", Plain(0x77)),
    # range 31: 32 circuits, 4 octets of status
    "mgb-32": (ITU, "18 1f ff ff ff ff", CircuitGroup(0x18, 31, 0xFFFFFFFF)),
    "hgb-some": (ITU, "58 09 05 02", CircuitGroup(0x58, 9, 0x205)),
    "mba-256": (ITU, "28 ff" + " 00" * 31 + " 80", CircuitGroup(0x28, 255, 1 << 255)),
    "grs": (ITU, "98 1e", CircuitGroup(0x98, 30)),
    "gra": (ITU, "a8 1e 00 10 00 00", CircuitGroup(0xA8, 30, 0x1000)),
    "sgu": (ITU, "d8 01 03", CircuitGroup(0xD8, 1, 3)),
    "acc": (ITU, "1a 02", Indicators(0x1A, 2)),
    "mpm": (CHINA, "2c 03 00", Plain(0x2C, b"\x03\x00")),
    "slb": (CHINA, "1e", Plain(0x1E)),
    "opr": (CHINA, "1d", Plain(0x1D)),
    "unknown": (ITU, "1e 01 02", Plain(0x1E, b"\x01\x02")),
}
