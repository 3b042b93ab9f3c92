"""Variants of the ISDN user part: their tables, their timers, and what a trace says of a message."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from isup_samples import sample

from xunhu._ss7.isup_codec import decode, encode
from xunhu._ss7.isup_describe import describe, describe_parameter
from xunhu._ss7.isup_names import MessageType as M
from xunhu._ss7.isup_names import ParameterCode as P
from xunhu._ss7.isup_tables import MESSAGES
from xunhu._ss7.isup_variants import (
    ISUP_CHINA,
    ISUP_ITU,
    ISUP_ITU_1997,
    ISUP_Q767,
    TIMERS,
    VARIANTS,
    Variant,
)
from xunhu.protocol.timers import with_values

ALL = sorted(VARIANTS)


@pytest.mark.parametrize("name", ALL)
def test_rows_are_whole(name: str) -> None:
    variant = VARIANTS[name]
    assert variant.name == name
    assert variant.edition
    for message_type, row in variant.messages.items():
        assert row.type == message_type
        assert re.match(r"Q\.763 Table \d+|YDN 038-1997", row.clause)
        assert row.name
        for code, size in row.fixed:
            parameter = variant.parameters[code]
            assert parameter.minimum == parameter.maximum == size
        for code in row.variable:
            assert code in variant.parameters
        assert variant.layouts[message_type].row is row
    assert [t for t in range(256) if variant.layouts[t]] == sorted(variant.messages)
    for row in variant.parameters.values():
        assert row.clause


def test_every_message_type_has_a_row() -> None:
    china = {M.CCL, M.MPM, M.OPR}
    assert set(MESSAGES) == set(M) - china
    assert set(ISUP_CHINA.messages) == set(M) - {M.SDN}


def test_message_tables_of_the_recommendation() -> None:
    """Q.763 Tables 21 to 53, each message by its table; those of one table have one format."""
    tables: dict[int, list[str]] = {}
    for row in MESSAGES.values():
        tables.setdefault(int(re.findall(r"Table (\d+)", row.clause)[0]), []).append(row.acronym)
    assert sorted(tables) == [4, *range(21, 54)]
    assert sorted(tables[38]) == ["RES", "SUS"]
    assert sorted(tables[40]) == ["CGB", "CGBA", "CGU", "CGUA"]
    assert sorted(tables[41]) == ["CQM", "GRS"]
    assert sorted(tables[39]) == ["BLA", "BLO", "CCR", "LPA", "OLM", "RSC", "UBA", "UBL", "UCIC"]


def test_overlays_change_only_what_differs() -> None:
    assert set(ISUP_ITU.messages) - set(ISUP_ITU_1997.messages) == {M.SDN}
    assert set(ISUP_CHINA.messages) - set(ISUP_ITU_1997.messages) == {M.CCL, M.MPM, M.OPR}
    assert set(ISUP_ITU_1997.messages) <= set(ISUP_CHINA.messages)
    for variant in (ISUP_ITU_1997, ISUP_CHINA, ISUP_Q767):
        for message_type in set(variant.messages) & set(ISUP_ITU.messages):
            assert variant.messages[message_type] is ISUP_ITU.messages[message_type]
    new = {row.code for row in ISUP_ITU.parameters.values() if row.since > 1997}
    assert set(ISUP_ITU.parameters) - set(ISUP_ITU_1997.parameters) == new
    assert {int(row.clause.split(".")[-1]) for row in ISUP_ITU.parameters.values() if row.since > 1997} == set(
        range(83, 102)
    )
    assert set(ISUP_Q767.messages) < set(ISUP_ITU.messages)


def test_procedures_are_told() -> None:
    assert ISUP_ITU.compatibility
    assert ISUP_ITU.confusion
    assert not ISUP_Q767.compatibility
    assert not ISUP_Q767.confusion
    assert [v.metering for v in (ISUP_ITU, ISUP_ITU_1997, ISUP_CHINA, ISUP_Q767)] == [False, False, True, False]
    assert ISUP_CHINA.point_code_octets == 3
    assert ISUP_ITU.point_code_octets == 2
    for variant in VARIANTS.values():
        # a procedure whose message the variant does not have cannot be used
        used = {
            M.CQM: variant.cqm,
            M.UCIC: variant.ucic,
            M.CFN: variant.confusion,
            M.UPT: variant.user_part_test,
            M.SGM: variant.segmentation,
            M.INR: variant.information_request,
            M.OLM: variant.overload,
            M.MPM: variant.metering,
        }
        for message_type, is_used in used.items():
            assert not is_used or message_type in variant.messages, (variant.name, message_type)
        assert {variant.range_maximum[t] for t in (M.GRS, M.GRA, M.CQM, M.CQR)} == {31}


def test_timers_are_those_of_the_recommendation() -> None:
    assert list(TIMERS) == [f"T{n}" for n in range(1, 40)]
    for name in ALL:
        variant = VARIANTS[name]
        for row in variant.timers.values():
            assert row.minimum_ms is None or row.minimum_ms <= row.default_ms
            assert row.maximum_ms is None or row.default_ms <= row.maximum_ms
            assert row.clause
        assert with_values(variant.timers, {}) == {n: row.default_ms for n, row in variant.timers.items()}
    assert (TIMERS["T1"].minimum_ms, TIMERS["T1"].maximum_ms) == (15_000, 60_000)
    assert (TIMERS["T5"].minimum_ms, TIMERS["T5"].maximum_ms) == (300_000, 900_000)
    assert ISUP_Q767.timers["T1"].minimum_ms == 4_000
    assert ISUP_Q767.timers["T17"].default_ms == 60_000


# -- the kept corpus ---------------------------------------------------------------------------------------------------

CORPUS = Path(__file__).parents[1] / "fuzz" / "corpus" / "isup"


def test_corpus_has_every_message() -> None:
    """One of ours of every type, by acronym; those named `net` came from networks (test_isup_codec.py says which)."""
    ours = {path.stem.split("-")[0] for path in CORPUS.glob("*.bin")}
    assert {row.acronym.lower() for variant in VARIANTS.values() for row in variant.messages.values()} <= ours
    for path in CORPUS.glob("*-sample.bin"):
        message = decode(path.read_bytes(), ISUP_ITU if path.stem.startswith("sdn") else ISUP_CHINA)
        assert message.acronym.lower() == path.stem.split("-")[0]
        assert message.items() == [(int(code), content) for code, content in sample(message.layout.row)]


# -- descriptions --------------------------------------------------------------------------------------------------------


def line(message_type: int, parameters: list[tuple[int, bytes]], variant: Variant = ISUP_ITU) -> str:
    return describe(encode(5, message_type, parameters, variant), variant)


def test_lines_of_a_trace() -> None:
    assert line(M.REL, [(P.CAUSE_INDICATORS, b"\x84\x91")]) == "REL cic 5: cause 17 user busy, location 4"
    assert line(M.RLC, []) == "RLC cic 5"
    assert line(M.RSC, []) == "RSC cic 5"
    assert line(M.CPG, [(P.EVENT_INFORMATION, b"\x01")]) == "CPG cic 5: event alerting"
    assert line(M.GRS, [(P.RANGE_AND_STATUS, b"\x1e")]) == "GRS cic 5: range 31 circuits"
    kind = (P.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE, b"\x00")
    assert line(M.CGB, [kind, (P.RANGE_AND_STATUS, b"\x03\x05")]) == "CGB cic 5: for maintenance; range 4 circuits, bits 0,2"
    assert line(M.COT, [(P.CONTINUITY_INDICATORS, b"\x01")]) == "COT cic 5: check successful"
    assert line(M.CRG, [(0, b"\x01\x02")]) == "CRG cic 5: 01 02"
    assert line(M.MPM, [(P.CHARGE_INFORMATION, b"\x01\x02")], ISUP_CHINA) == "MPM cic 5: charge information 01 02"


def test_line_of_an_iam() -> None:
    text = line(M.IAM, sample(MESSAGES[M.IAM]))
    assert text.startswith("IAM cic 5: called 4006000998 ST; calling 13800138000; connection 1 satellites, continuity check")
    for words in ("category priority", "medium 3.1 kHz audio", "redirecting 87654321 subscriber restricted", "A-law"):
        assert words in text


def test_categories_by_variant() -> None:
    assert describe_parameter(P.CALLING_PARTYS_CATEGORY, b"\xf1", ISUP_CHINA) == "category ordinary, charged periodically"
    assert describe_parameter(P.CALLING_PARTYS_CATEGORY, b"\xf1", ISUP_ITU) == "category 241"
    assert describe_parameter(P.CALLING_PARTYS_CATEGORY, b"\x0a", ISUP_ITU) == "category ordinary"


def test_point_codes_by_variant() -> None:
    content = bytes.fromhex("000001 030201 02")
    text = describe_parameter(P.CONNECTION_REQUEST, content, ISUP_CHINA)
    assert text == f"connection request 1 of point code {0x010203}, class 2"


def test_what_cannot_be_read_is_said_to_be_so() -> None:
    assert describe(b"\x01") == "malformed ISUP message (message of 1 octets): 01"
    assert describe(bytes.fromhex("05000602")).startswith("malformed ISUP message (ACM of 4 octets")
    assert describe(bytes.fromhex("05007f00")) == "message 0x7f cic 5"
    assert describe_parameter(P.CAUSE_INDICATORS, b"\x02") == "cause 02 (cause indicators of 1 octets)"
    assert describe_parameter(0xFE, b"\x01") == "parameter 0xfe 01"


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(ALL))
def test_describe_never_raises(octets: bytes, name: str) -> None:
    text = describe(octets, VARIANTS[name])
    assert text
    assert "\n" not in text
    json.dumps(text)


@settings(max_examples=500, deadline=None)
@given(st.integers(0, 300), st.binary(max_size=40), st.sampled_from(ALL))
def test_describe_parameter_never_raises(code: int, content: bytes, name: str) -> None:
    assert describe_parameter(code, content, VARIANTS[name])
