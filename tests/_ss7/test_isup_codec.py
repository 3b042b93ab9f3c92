"""The ISUP codec against ITU-T Q.763: messages as octets, real ones and ours, whole, cut short and damaged."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from isup_samples import sample

from xunhu._ss7.isup_codec import MAXIMUM, REST, decode, encode, joined
from xunhu._ss7.isup_names import MessageType as M
from xunhu._ss7.isup_names import ParameterCode as P
from xunhu._ss7.isup_tables import MESSAGES
from xunhu._ss7.isup_variants import ISUP_CHINA, ISUP_ITU, ISUP_ITU_1997, ISUP_Q767, VARIANTS, Variant
from xunhu.protocol.errors import LocalError, RemoteError

# From networks, by way of public repositories.  Routing label and what is below it cut off.
# hepgen: sipcapture/hepgen.js, config/isup_call.js: one call of a live network, over M2UA.
# osmo: the tests of isup_codec in osmo_ss7, from a live network too.
# yate: yatevoip/yate issue 12, what Yate sends for a call from ISDN.
CAPTURED: dict[str, str] = {
    "hepgen-iam": "a900011020010a00020a0803102618850325f80a088313982648224619fe01001d038090a33102005a3d011e03047d0291813906"
    "fed031c03dc000",
    "hepgen-acm": "a90006000000",
    "hepgen-cpg-progress": "a9002c0201110216342901" + "0100",
    "hepgen-cpg-alerting": "a9002c0101110216342901" + "0100",
    "hepgen-rel": "a9000c02000280" + "90",
    "hepgen-rlc": "a9001000",
    "osmo-iam": "0900011048000a03020a08831029992400800f0a08031394034230932"
    "0f21536190800001" + "5ffffffffffffffffffff1d4538cb2000",
    "osmo-grs": "01001701010e",
    "yate-iam": "0f0001000000" + "0a00020b098490245054120320" + "0f0a08041194032143121" + "11d038090a300",
}
WHOLE = {name: bytes.fromhex(text) for name, text in CAPTURED.items()}


def ours(variant: Variant) -> list[tuple[str, bytes]]:
    return [
        (row.acronym, encode(1234, row.type, sample(row), variant))
        for row in sorted(variant.messages.values(), key=lambda row: row.type)
    ]


OURS = ours(ISUP_ITU) + [(name, octets) for name, octets in ours(ISUP_CHINA) if name in {"CCL", "MPM", "OPR"}]


# -- real ones -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_captured_messages_come_back_octet_for_octet(name: str) -> None:
    message = decode(WHOLE[name], ISUP_ITU)
    assert message.octets == WHOLE[name]
    assert encode(message.cic, message.type, message.items(), ISUP_ITU) == WHOLE[name]


def test_captured_call_says_what_it_said() -> None:
    iam = decode(WHOLE["hepgen-iam"], ISUP_ITU)
    assert (iam.cic, iam.type, iam.known, iam.acronym) == (169, M.IAM, True, "IAM")
    assert iam.get(P.NATURE_OF_CONNECTION_INDICATORS) == b"\x10"
    assert iam.get(P.FORWARD_CALL_INDICATORS) == b"\x20\x01"
    assert iam.get(P.CALLED_PARTY_NUMBER) == bytes.fromhex("03102618850325f8")
    assert iam.get(P.CALLING_PARTY_NUMBER) == bytes.fromhex("8313982648224619")
    assert iam.get(P.HOP_COUNTER) == b"\x1e"
    assert iam.get(0xFE) == b"\x00"  # of this network; kept as it came
    assert iam.get(P.REDIRECTING_NUMBER) is None
    assert [code for code, _ in iam.optional()] == [0x0A, 0xFE, 0x1D, 0x31, 0x3D, 0x03, 0x39]
    assert decode(WHOLE["hepgen-cpg-alerting"], ISUP_ITU).get(P.EVENT_INFORMATION) == b"\x01"
    assert decode(WHOLE["hepgen-rel"], ISUP_ITU).get(P.CAUSE_INDICATORS) == b"\x80\x90"
    assert decode(WHOLE["hepgen-rlc"], ISUP_ITU).items() == []
    assert decode(WHOLE["osmo-iam"], ISUP_ITU).get(0xF2) == WHOLE["osmo-iam"][-22:-1]
    assert decode(WHOLE["osmo-grs"], ISUP_ITU).items() == [(P.RANGE_AND_STATUS, b"\x0e")]


# -- by hand from Q.763: octets of Figures 3 to 5 and of the tables of §4 ----------------------------------------------

BY_HAND: list[tuple[int, int, list[tuple[int, bytes]], str]] = [
    # cic, type, parameters, octets
    (0x0ABC, M.RSC, [], "bc 0a 12"),
    (1, M.RLC, [], "01 00 10 00"),
    (1, M.REL, [(P.CAUSE_INDICATORS, b"\x82\x90")], "01 00 0c 02 00 02 82 90"),
    (1, M.COT, [(P.CONTINUITY_INDICATORS, b"\x01")], "01 00 05 01"),
    (1, M.SUS, [(P.SUSPEND_RESUME_INDICATORS, b"\x01")], "01 00 0d 01 00"),
    (4095, M.ANM, [], "ff 0f 09 00"),
    (1, M.ANM, [(P.CONNECTED_NUMBER, b"\x03\x10\x21")], "01 00 09 01 21 03 03 10 21 00"),
    (1, M.GRA, [(P.RANGE_AND_STATUS, b"\x04\x02")], "01 00 29 01 02 04 02"),
    (
        1,
        M.CGB,
        [(P.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE, b"\x01"), (P.RANGE_AND_STATUS, b"\x07\xff")],
        "01 00 18 01 01 02 07 ff",
    ),
    (
        1,
        M.CQR,
        [(P.RANGE_AND_STATUS, b"\x01"), (P.CIRCUIT_STATE_INDICATOR, b"\x0c\x03")],
        "01 00 2b 02 03 01 01 02 0c 03",
    ),
    (1, M.SAM, [(P.SUBSEQUENT_NUMBER, b"\x00\x21")], "01 00 02 02 00 02 00 21"),
    (1, M.PAM, [(REST, b"\x2c\x01\x00")], "01 00 28 2c 01 00"),
]


@pytest.mark.parametrize(("cic", "message_type", "parameters", "text"), BY_HAND)
def test_octets_by_hand(cic: int, message_type: int, parameters: list[tuple[int, bytes]], text: str) -> None:
    octets = bytes.fromhex(text)
    assert encode(cic, message_type, parameters, ISUP_ITU) == octets
    message = decode(octets, ISUP_ITU)
    assert (message.cic, message.type, message.items()) == (cic, message_type, parameters)


def test_order_of_the_mandatory_does_not_matter() -> None:
    parameters = sample(MESSAGES[M.IAM])
    assert encode(7, M.IAM, parameters, ISUP_ITU) == encode(7, M.IAM, parameters[4::-1] + parameters[5:], ISUP_ITU)


def test_get_and_all() -> None:
    twice = [(P.GENERIC_NOTIFICATION_INDICATOR, b"\x80"), (P.GENERIC_NOTIFICATION_INDICATOR, b"\x81")]
    message = decode(encode(1, M.ANM, twice, ISUP_ITU), ISUP_ITU)
    assert message.get(P.GENERIC_NOTIFICATION_INDICATOR) == b"\x80"
    assert message.all(P.GENERIC_NOTIFICATION_INDICATOR) == [b"\x80", b"\x81"]
    assert message.all(P.CONNECTED_NUMBER) == []
    assert [message.get(code) for code in (-1, 0, 256, 100_000)] == [None] * 4


def test_spare_bits_of_the_cic_are_not_read() -> None:
    message = decode(bytes.fromhex("bcfa12"), ISUP_ITU)
    assert message.cic == 0xABC
    assert message.octets == bytes.fromhex("bcfa12")


# -- cut short and damaged -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "octets"), OURS, ids=[name for name, _ in OURS])
def test_cut_short(name: str, octets: bytes) -> None:
    """A fault of format at every length but those where a shorter message ends: the last octet of an optional part may be missing
    (Q.764 §2.9.5.1 does not say that it is a fault), and with it whole parameters."""
    message = decode(octets, ISUP_CHINA if name in {"CCL", "MPM", "OPR"} else ISUP_ITU)
    assert message.acronym == name
    variant = ISUP_CHINA if name in {"CCL", "MPM", "OPR"} else ISUP_ITU
    ends = {len(octets)}
    if message.layout.raw:
        ends |= set(range(3, len(octets)))
    if at := message.optional_at:
        while octets[at]:
            at += 2 + octets[at + 1]
            ends.add(at)
    for length in range(len(octets)):
        cut = octets[:length]
        if length in ends:
            assert decode(cut, variant).type == message.type
            continue
        with pytest.raises(RemoteError) as why:
            decode(cut, variant)
        assert why.value.cause is None  # Q.764 §2.9.5.1: thrown away, not answered


@pytest.mark.parametrize("octets", [octets for _, octets in OURS], ids=[name for name, _ in OURS])
def test_every_octet_set_to_what_hurts(octets: bytes) -> None:
    variant = ISUP_CHINA
    for at in range(3, len(octets)):
        for value in (0, 1, 0x7F, 0xFE, 0xFF):
            damaged = octets[:at] + bytes((value,)) + octets[at + 1 :]
            try:
                message = decode(damaged, variant)
            except RemoteError:
                continue
            assert message.octets == damaged
            for code, content in message.items():
                assert message.get(code) is not None
                assert content in damaged


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("01 00 01 00 60 01 0a 00 00 00 03 03 10 21", "leads out"),  # no called party number: pointer 0
        ("01 00 01 00 60 01 0a 00 ff 00 03 03 10 21", "leads out"),  # pointer beyond the end
        ("01 00 01 00 60 01 0a 00 02 00 04 03 10 21", "leads out"),  # length beyond the end
        ("01 00 01 00 60 01 0a 00 02 05 03 03 10 21", "optional part"),  # pointer to the optional part at the end
        ("01 00 01 00 60 01 0a 00 02 05 03 03 10 21 0a 04 00", "optional part"),  # an optional parameter beyond the end
        ("01 00 01 00 60 01 0a 00 02 05 03 03 10 21 0a", "optional part"),  # a code without a length
        ("01 00 01 00 60 01 0a 00 01 00 03 03 10 21", "overlap"),  # pointer to the other pointer, whose 0 is a length
        ("01 00 01 00 60 01 0a 00 02 02 04 03 01 21 00", "overlap"),  # the optional part inside the number
        ("01 00 2b 02 02 01 01 0c 03", "overlap"),  # both parameters of CQR in one another
        ("01 00 06 00", "at least"),
        ("01 00", "2 octets"),
        ("", "0 octets"),
    ],
)
def test_faults_of_format(text: str, why: str) -> None:
    with pytest.raises(RemoteError, match=why):
        decode(bytes.fromhex(text), ISUP_ITU)


def test_pointers_may_leave_gaps_and_go_back() -> None:
    """Q.763 §1.4: a pointer says where a parameter is; nothing says that they must follow each other."""
    gap = bytes.fromhex("01 00 01 00 60 01 0a 00 04 00 ee ee 03 03 10 21")
    assert decode(gap, ISUP_ITU).get(P.CALLED_PARTY_NUMBER) == b"\x03\x10\x21"
    back = bytes.fromhex("01 00 0c 06 01 3d 01 05 00 02 82 90")  # the optional part before the cause
    message = decode(back, ISUP_ITU)
    assert message.items() == [(P.CAUSE_INDICATORS, b"\x82\x90"), (P.HOP_COUNTER, b"\x05")]
    assert decode(WHOLE["hepgen-rel"] + b"\x00\x00", ISUP_ITU).get(P.CAUSE_INDICATORS) == b"\x80\x90"


# -- messages that are not known, Q.764 §2.9.5.2 -----------------------------------------------------------------------


def test_unknown_message_with_instructions() -> None:
    message = decode(bytes.fromhex("0500 7f 01 38 01 84 00"), ISUP_ITU)
    assert (message.cic, message.type, message.known, message.acronym) == (5, 0x7F, False, "message 0x7f")
    assert message.get(P.MESSAGE_COMPATIBILITY_INFORMATION) == b"\x84"
    assert message.items() == [(P.MESSAGE_COMPATIBILITY_INFORMATION, b"\x84")]


@pytest.mark.parametrize("text", ["05007f", "05007f00", "05007f01", "05007fff3801", "05007f0138058400", "05007f0138"])
def test_unknown_message_without(text: str) -> None:
    message = decode(bytes.fromhex(text), ISUP_ITU)
    assert (message.cic, message.known, message.items()) == (5, False, [])


def test_messages_of_variants() -> None:
    mpm = encode(9, M.MPM, [(P.CHARGE_INFORMATION, b"\x01\x02")], ISUP_CHINA)
    assert mpm == bytes.fromhex("0900fd010200")
    assert decode(mpm, ISUP_CHINA).get(P.CHARGE_INFORMATION) == b"\x01\x02"
    assert not decode(mpm, ISUP_ITU).known
    assert not decode(bytes.fromhex("01002a010103"), ISUP_Q767).known
    sdn = encode(9, M.SDN, [(P.SUBSEQUENT_NUMBER, b"\x00\x21")], ISUP_ITU)
    assert not decode(sdn, ISUP_ITU_1997).known


# -- messages in segments, Q.764 §2.1.12 -------------------------------------------------------------------------------

SEGMENT = encode(5, M.SGM, [(P.USER_TO_USER_INFORMATION, b"\x04AB")], ISUP_ITU)


@pytest.mark.parametrize(
    "text",
    [
        "0500 01 00 2001 0a 00 02 05 03 03 10 21 08 01 04 00",  # as usual
        "0500 01 00 2001 0a 00 06 01 08 01 04 00 03 03 10 21",  # the optional part before the called party number
        "0500 01 00 2001 0a 00 02 00 03 03 10 21",  # none
    ],
)
def test_a_message_and_its_segment(text: str) -> None:
    octets = bytes.fromhex(text)
    message, segment = decode(octets, ISUP_ITU), decode(SEGMENT, ISUP_ITU)
    whole = joined(message, segment)
    assert whole.items() == message.items() + segment.items()
    assert whole.get(P.CALLED_PARTY_NUMBER) == b"\x03\x10\x21"
    assert whole.get(P.USER_TO_USER_INFORMATION) == b"\x04AB"
    assert (whole.cic, whole.type, whole.known) == (5, M.IAM, True)
    assert message.octets == octets


def test_a_segment_makes_the_usual_message() -> None:
    parameters = sample(MESSAGES[M.ACM])
    message = decode(encode(5, M.ACM, parameters, ISUP_ITU), ISUP_ITU)
    whole = joined(message, decode(SEGMENT, ISUP_ITU))
    assert whole.octets == encode(5, M.ACM, [*parameters, (P.USER_TO_USER_INFORMATION, b"\x04AB")], ISUP_ITU)


# -- encoding: our caller's mistakes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cic", "message_type", "parameters", "why"),
    [
        (4096, M.RLC, [], "out of range"),
        (-1, M.RLC, [], "out of range"),
        (1, 0x7F, [], "no message"),
        (1, 256, [], "out of range"),
        (1, M.REL, [], "REL without CAUSE_INDICATORS"),
        (1, M.IAM, [(P.CALLED_PARTY_NUMBER, b"\x03\x10")], "IAM without NATURE_OF_CONNECTION_INDICATORS, FORWARD"),
        (1, M.ACM, [(P.BACKWARD_CALL_INDICATORS, b"\x00")], "parameter 17 of 1 octets"),
        (1, M.RSC, [(P.CAUSE_INDICATORS, b"\x80\x90")], "no place"),
        (1, M.RLC, [(P.USER_TO_USER_INFORMATION, bytes(256))], "no place"),
        (1, M.REL, [(P.CAUSE_INDICATORS, bytes(256))], "256 octets"),
        (1, M.RLC, [(0, b"")], "code 0"),
        (1, M.RLC, [(256, b"")], "code 256"),
        (1, M.PAM, [(1, b"")], "PAM has no parameter 1"),
        (1, M.PAM, [(REST, bytes(300))], "PAM of 303"),
        (1, M.REL, [(P.CAUSE_INDICATORS, bytes(254)), (P.HOP_COUNTER, b"\x01")], "no pointer"),
        (1, M.RLC, [(P.USER_TO_USER_INFORMATION, bytes(129))] * 3, "RLC of"),
    ],
)
def test_local_errors(cic: int, message_type: int, parameters: list[tuple[int, bytes]], why: str) -> None:
    with pytest.raises(LocalError, match=why):
        encode(cic, message_type, parameters, ISUP_ITU)


def test_the_longest_message() -> None:
    octets = encode(1, M.RLC, [(P.USER_TO_USER_INFORMATION, bytes(130)), (P.REMOTE_OPERATIONS, bytes(129))], ISUP_ITU)
    assert len(octets) == MAXIMUM
    with pytest.raises(LocalError):
        encode(1, M.RLC, [(P.USER_TO_USER_INFORMATION, bytes(130)), (P.REMOTE_OPERATIONS, bytes(130))], ISUP_ITU)


# -- properties ------------------------------------------------------------------------------------------------------


@st.composite
def messages(draw: st.DrawFn) -> tuple[Variant, int, int, list[tuple[int, bytes]]]:
    """A message of a variant: any mandatory contents of the right length, any optional parameters."""
    variant = VARIANTS[draw(st.sampled_from(sorted(VARIANTS)))]
    row = variant.messages[draw(st.sampled_from(sorted(variant.messages)))]
    cic = draw(st.integers(0, 4095))
    if row.raw:
        return variant, cic, row.type, [(REST, draw(st.binary(max_size=30)))]
    parameters = [(int(code), draw(st.binary(min_size=size, max_size=size))) for code, size in row.fixed]
    parameters += [(int(code), draw(st.binary(max_size=20))) for code in row.variable]
    if row.optional:
        parameters += draw(st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=12)), max_size=8))
    return variant, cic, row.type, parameters


@settings(max_examples=300, deadline=None)
@given(messages())
def test_what_is_encoded_is_decoded(drawn: tuple[Variant, int, int, list[tuple[int, bytes]]]) -> None:
    variant, cic, message_type, parameters = drawn
    octets = encode(cic, message_type, parameters, variant)
    message = decode(octets, variant)
    assert (message.cic, message.type, message.known, message.items()) == (cic, message_type, True, parameters)
    assert encode(cic, message_type, message.items(), variant) == octets
    for code, content in parameters:
        assert content in message.all(code)
        assert message.get(code) == message.all(code)[0]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.binary(max_size=40))
def test_any_two_messages_can_be_joined(first: bytes, second: bytes) -> None:
    try:
        message, segment = decode(first, ISUP_ITU), decode(second, ISUP_ITU)
    except RemoteError:
        return
    if not message.layout.raw:
        assert joined(message, segment).items() == message.items() + segment.optional()


@settings(max_examples=1000, deadline=None)
@given(st.binary(max_size=40), st.sampled_from(sorted(VARIANTS)))
def test_any_octets(octets: bytes, name: str) -> None:
    """A message or RemoteError, nothing else; what is a message gives its parameters without more ado."""
    try:
        message = decode(octets, VARIANTS[name])
    except RemoteError:
        return
    assert message.octets == octets
    total = sum(len(content) for _, content in message.items())
    assert total <= len(octets)
