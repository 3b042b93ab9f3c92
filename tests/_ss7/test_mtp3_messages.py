"""Messages of Q.704 §15 and Q.707 §5: vectors of both widths, damaged siblings, rubbish."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu._ss7.mtp3_messages import (
    MANAGEMENT_MESSAGES,
    SLT,
    SNM,
    TEST_MESSAGES,
    Body,
    Label,
    Message,
    decode_label,
    decode_message,
    encode_label,
    encode_message,
    label_octets,
)
from xunhu.protocol.errors import LocalError, RemoteError

NARROW = Label(SNM, 2, 0, 0x1234, 0x0567, 3)
WIDE = Label(SNM, 2, 0, 0x010203, 0x040506, 3)
NARROW_TEST = Label(SLT, 2, 0, 0x1234, 0x0567, 3)
WIDE_TEST = Label(SLT, 2, 0, 0x010203, 0x040506, 3)

# Written by hand after Q.704 §15 and GF 001-9001; tshark 4.0 (mtp3.standard ITU and Chinese ITU) reads the same values out of them.
VECTORS = [
    (14, "80 34d25931 11 55", Message("COO", NARROW, 0x55)),
    (14, "80 34d25931 11 550a", Message("COO", NARROW, 0xA55)),
    (14, "80 34d25931 21 07", Message("COA", NARROW, 7)),
    (14, "80 34d25931 51 77", Message("CBD", NARROW, 0x77)),
    (14, "80 34d25931 61 ff", Message("CBA", NARROW, 0xFF)),
    (14, "80 34d25931 12", Message("ECO", NARROW)),
    (14, "80 34d25931 13", Message("RCT", NARROW)),
    (14, "80 34d25931 23 5680", Message("TFC", NARROW, 2, 0x56)),
    (14, "80 34d25931 14 ff3f", Message("TFP", NARROW, 0, 0x3FFF)),
    (14, "80 34d25931 54 0100", Message("TFA", NARROW, 0, 1)),
    (14, "80 34d25931 17", Message("TRA", NARROW)),
    (14, "80 34d25931 1a 5600 15", Message("UPU", NARROW, 0x15, 0x56)),
    (14, "81 34d25931 11 40aabbccdd", Message("SLTM", NARROW_TEST, pattern=b"\xaa\xbb\xcc\xdd")),
    (24, "80 030201060504 03 11 55", Message("COO", WIDE, 0x55)),
    (24, "80 030201060504 03 51 77", Message("CBD", WIDE, 0x77)),
    (24, "80 030201060504 03 23 090807 01", Message("TFC", WIDE, 1, 0x070809)),
    (24, "80 030201060504 03 14 090807", Message("TFP", WIDE, 0, 0x070809)),
    (24, "80 030201060504 03 1a 090807 15", Message("UPU", WIDE, 0x15, 0x070809)),
    (24, "80 030201060504 03 87", None),  # H0 7 has no H1 8
    (24, "81 030201060504 03 21 10aa", Message("SLTA", WIDE_TEST, pattern=b"\xaa")),
]


@pytest.mark.parametrize(("bits", "octets", "message"), VECTORS)
def test_vectors(bits: int, octets: str, message: Message | None) -> None:
    data = bytes.fromhex(octets)
    if message is None:
        with pytest.raises(RemoteError):
            decode_message(data, bits)
        return
    assert decode_message(data, bits) == message
    extended = message.name in ("COO", "COA") and len(data) == label_octets(bits) + 3
    assert encode_message(message, bits, extended=extended) == data


@pytest.mark.parametrize(("bits", "octets", "message"), [v for v in VECTORS if v[2] is not None])
def test_truncated_siblings(bits: int, octets: str, message: Message) -> None:
    """Every shorter one is refused, but an FSN of two octets cut to one is one of seven bits."""
    data = bytes.fromhex(octets)
    for size in range(len(data)):
        if size == label_octets(bits) + 2 and message.name == "COO":
            assert decode_message(data[:size], bits).value == data[size - 1] & 127
            continue
        with pytest.raises(RemoteError):
            decode_message(data[:size], bits)


def test_spare_bits_of_the_wide_label_are_not_looked_at() -> None:
    data = bytearray(bytes.fromhex("80 030201060504 03 11 55"))
    data[7] |= 0xF0
    assert decode_message(bytes(data), 24) == Message("COO", WIDE, 0x55)


def test_spare_bit_of_a_basic_fsn_is_not_looked_at() -> None:
    assert decode_message(bytes.fromhex("80 34d25931 11 d5"), 14).value == 0x55


@pytest.mark.parametrize("octets", ["81 34d25931 11 00", "81 34d25931 11 30aabb", "81 34d25931 11 10aabb", "81 34d25931 31 10aa"])
def test_damaged_test_messages(octets: str) -> None:
    with pytest.raises(RemoteError):
        decode_message(bytes.fromhex(octets), 14)


def test_a_user_parts_message_is_refused() -> None:
    with pytest.raises(RemoteError):
        decode_message(bytes.fromhex("85 34d25931 11 55"), 14)


def value_limit(body: Body, extended: bool) -> int:
    """Largest value, and 0 where there is none."""
    sizes = {Body.FSN: 12 if extended else 7, Body.CODE: 8, Body.CONGESTED: 2, Body.USER: 8, Body.DATA_LINK: 12}
    return (1 << sizes.get(body, 0)) - 1


@st.composite
def messages(draw: st.DrawFn) -> tuple[Message, int, bool]:
    bits = draw(st.sampled_from((14, 24)))
    row = draw(st.sampled_from([*MANAGEMENT_MESSAGES.values(), *TEST_MESSAGES.values()]))
    point = st.integers(0, (1 << bits) - 1)
    service = SNM if row.name in MANAGEMENT_MESSAGES else draw(st.sampled_from((1, 2)))
    label = Label(service, draw(st.integers(0, 3)), draw(st.integers(0, 3)), draw(point), draw(point), draw(st.integers(0, 15)))
    extended = draw(st.booleans())
    has_destination = row.body in (Body.DESTINATION, Body.CONGESTED, Body.USER)
    return (
        Message(
            row.name,
            label,
            draw(st.integers(0, value_limit(row.body, extended))),
            draw(point) if has_destination else 0,
            draw(st.binary(min_size=1, max_size=15)) if row.body is Body.TEST else b"",
        ),
        bits,
        extended,
    )


@given(messages())
def test_every_message_comes_back(case: tuple[Message, int, bool]) -> None:
    message, bits, extended = case
    assert decode_message(encode_message(message, bits, extended=extended), bits) == message


@settings(max_examples=500)
@given(st.binary(max_size=24), st.sampled_from((14, 24)))
def test_rubbish_is_refused_or_read(octets: bytes, bits: int) -> None:
    try:
        message = decode_message(octets, bits)
    except RemoteError:
        return
    assert message.label.service <= 2
    again = encode_message(message, bits, extended=len(octets) >= label_octets(bits) + 3)
    assert decode_message(again, bits) == message


@settings(max_examples=300)
@given(messages(), st.data())
def test_one_damaged_bit(case: tuple[Message, int, bool], data: st.DataObject) -> None:
    message, bits, extended = case
    octets = bytearray(encode_message(message, bits, extended=extended))
    bit = data.draw(st.integers(0, 8 * len(octets) - 1))
    octets[bit >> 3] ^= 1 << (bit & 7)
    outcome: object
    try:
        outcome = decode_message(bytes(octets), bits)
    except RemoteError as error:
        outcome = str(error)
    assert outcome


@given(st.binary(max_size=10), st.sampled_from((14, 24)))
def test_labels_come_back(octets: bytes, bits: int) -> None:
    try:
        label = decode_label(octets, bits)
    except RemoteError:
        assert len(octets) < label_octets(bits)
        return
    assert decode_label(encode_label(label, bits), bits) == label


@pytest.mark.parametrize(
    ("message", "bits"),
    [
        (Message("COO", NARROW, 128), 14),
        (Message("CBD", NARROW, 256), 14),
        (Message("TFC", NARROW, 4, 1), 14),
        (Message("TFP", NARROW, 0, 1 << 14), 14),
        (Message("TFP", WIDE, 0, 1), 14),
        (Message("TFP", NARROW, 0, 1), 16),
        (Message("SLTM", NARROW_TEST), 14),
        (Message("SLTM", NARROW_TEST, pattern=bytes(16)), 14),
        (Message("SLTM", NARROW, pattern=b"a"), 14),
        (Message("COO", NARROW_TEST, 1), 14),
        (Message("TRA", Label(SNM, 2, 0, -1, 1, 0)), 14),
    ],
)
def test_what_does_not_fit_is_our_own_mistake(message: Message, bits: int) -> None:
    with pytest.raises(LocalError):
        encode_message(message, bits)


def test_headings_are_those_of_the_data(q782: dict[str, object]) -> None:
    """H0/H1 as tests/_ss7/conformance/q782.yaml has them."""
    told = q782["messages"]
    assert isinstance(told, dict)
    for name, pair in {**told["snm"], **told["slt"]}.items():
        row = {**MANAGEMENT_MESSAGES, **TEST_MESSAGES}[name]
        h0, h1 = (int(part) for part in pair.split("/"))
        assert row.heading == h1 << 4 | h0, name
    assert len(told["snm"]) == len(MANAGEMENT_MESSAGES)


@pytest.fixture(scope="module")
def q782() -> dict[str, object]:
    from pathlib import Path

    import yaml

    loaded: dict[str, object] = yaml.safe_load((Path(__file__).parent / "conformance" / "q782.yaml").read_text())
    return loaded
