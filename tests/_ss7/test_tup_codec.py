"""Codec of the telephone user part: vectors, their truncated and damaged siblings, round trips, corpus; and the trace line."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tup_samples import CHINA, ITU, SAMPLES

from xunhu._ss7 import tup_messages as m
from xunhu._ss7.circuit_primitives import Number
from xunhu._ss7.tup_codec import decode, encode, label, line_number, read_digits, split_label, write_digits
from xunhu._ss7.tup_describe import describe
from xunhu._ss7.tup_tables import VARIANTS, Form
from xunhu.protocol.errors import LocalError, RemoteError

CORPUS = Path(__file__).parents[1] / "fuzz" / "corpus" / "tup"
POINT_OCTETS = {ITU: 2, CHINA: 3}


@pytest.mark.parametrize("name", SAMPLES)
def test_vectors(name: str) -> None:
    variant, text, expected = SAMPLES[name]
    octets = bytes.fromhex(text)
    message = decode(octets, VARIANTS[variant], POINT_OCTETS[variant])
    assert message == expected
    assert encode(message, VARIANTS[variant]) == octets


@pytest.mark.parametrize("name", SAMPLES)
def test_truncated_siblings(name: str) -> None:
    """Cut anywhere: refused, or something shorter that is whole in itself; never more than was there."""
    variant, text, expected = SAMPLES[name]
    octets = bytes.fromhex(text)
    needed = octets if not getattr(expected, "rest", b"") else octets[: -len(expected.rest)]
    for size in range(len(octets)):
        try:
            message = decode(octets[:size], VARIANTS[variant], POINT_OCTETS[variant])
        except RemoteError:
            continue
        assert encode(message, VARIANTS[variant]) == octets[:size]
        fixed = isinstance(expected, m.InitialAddress | m.SubsequentAddress | m.GeneralForward | m.CircuitGroup)
        assert not fixed or size >= len(needed), f"{octets[:size].hex()} lacks fields and was taken"


def test_what_cannot_be_read() -> None:
    itu = VARIANTS[ITU]
    for text in ("", "11", "11 0a 02", "11 0a 02 40 08", "21 0a 02 10 05", "21 0a 02 10 05 10", "21 0a 02 10 05 10 32 11"):
        with pytest.raises(RemoteError):
            decode(bytes.fromhex(text), itu)
    for text in ("31", "31 00", "31 30 21", "41", "13", "14", "f5", "12", "12 01", "12 02", "12 04 01", "98", "98 00", "18 05", "18 00 01"):
        with pytest.raises(RemoteError) as caught:
            decode(bytes.fromhex(text), itu)
        assert caught.value.cause is None or 1 <= caught.value.cause <= 127


def test_what_cannot_be_written() -> None:
    itu = VARIANTS[ITU]
    with pytest.raises(LocalError, match="16"):
        encode(m.InitialAddress(0x11, 10, 2, "1234567890123456"), itu)
    for digits in ("12x", "1:", "1@", "1G", "a", " ", "\uff11", "-1"):
        with pytest.raises(LocalError, match="address signals"):
            encode(m.InitialAddress(0x11, 10, 2, digits), itu)


@given(st.text("0123456789ABCDE", max_size=40))
def test_digits_round_trip(digits: str) -> None:
    octets = write_digits(digits)
    assert len(octets) == (len(digits) + 1) // 2
    assert read_digits(octets, 0, len(digits)) == digits


@given(st.integers(0, 4095), st.sampled_from([14, 24]))
def test_label_round_trip(cic: int, bits: int) -> None:
    """Q.723 §2.2, GF 001-9001: the SLS is the four lowest bits of the CIC."""
    sls, head = label(cic, bits)
    assert sls & 15 == cic & 15
    assert sls <= (15 if bits == 14 else 255)
    assert split_label(sls, head + b"\x46", bits) == (cic, b"\x46")
    # spare bits of the longer label are not looked at
    if bits == 24:
        assert split_label(sls, bytes((head[0] | 0xF0, 0x46)), bits) == (cic, b"\x46")


def test_label_as_octets_of_the_line() -> None:
    """CIC 0x123. 14 bits: bits 0-3 in the upper half of the octet they share with the OPC, 4-11 in the next. 24 bits: 0-7, then 8-11."""
    assert label(0x123, 14) == (0x3, b"\x12")
    assert label(0x123, 24) == (0x23, b"\x01")


numbers = st.builds(
    Number,
    st.text("0123456789ABCDEF", max_size=15),
    st.integers(1, 4),
    st.just(1),
    st.integers(0, 1),
    st.just(3),
    st.just(0),
    st.booleans(),
)
originals = st.builds(Number, st.text("0123456789ABCDEF", max_size=15), st.integers(1, 4))


@st.composite
def initials(draw: Any) -> m.InitialAddress:
    digits = draw(st.text("0123456789ABCDE", max_size=14))
    if not draw(st.booleans()):
        return m.InitialAddress(0x11, draw(st.integers(0, 63)), draw(st.integers(0, 0xFFF)), digits, draw(st.booleans()))
    calling = draw(st.none() | numbers)
    original = draw(st.none() | originals)
    present = draw(st.integers(0, 15)) | (16 if calling else 0) | (32 if original else 0)
    size = (present & 1) + 5 * (present >> 1 & 1) + (present >> 2 & 1) + (present >> 3 & 1)
    return m.InitialAddress(
        0x21,
        draw(st.integers(0, 63)),
        draw(st.integers(0, 0xFFF)),
        digits,
        draw(st.booleans()),
        present,
        draw(st.binary(min_size=size, max_size=size)),
        calling,
        original,
        draw(st.binary(max_size=4)),
    )


@given(initials())
def test_initial_address_round_trip(message: m.InitialAddress) -> None:
    octets = encode(message, VARIANTS[ITU])
    read = decode(octets, VARIANTS[ITU])
    assert encode(read, VARIANTS[ITU]) == octets
    assert isinstance(read, m.InitialAddress)
    assert (read.digits, read.st, read.others, read.original) == (message.digits, message.st, message.others, message.original)
    # an unknown nature of address is sent as the subscriber's, and that of 2 is the spare code
    assert read.calling == message.calling or (message.calling is not None and message.calling.nature in (1, 2))


@given(st.integers(1, 255), st.data())
def test_group_round_trip(size: int, data: st.DataObject) -> None:
    status = data.draw(st.integers(0, (2 << size) - 1))
    message = m.CircuitGroup(0x18, size, status)
    assert decode(encode(message, VARIANTS[ITU]), VARIANTS[ITU]) == message


@given(st.binary(max_size=40), st.sampled_from([ITU, CHINA]))
def test_whatever_is_read_is_written_and_read_the_same(octets: bytes, variant: str) -> None:
    try:
        message = decode(octets, VARIANTS[variant], POINT_OCTETS[variant])
    except RemoteError:
        return
    again = decode(encode(message, VARIANTS[variant]), VARIANTS[variant], POINT_OCTETS[variant])
    assert again == message


def test_a_number_as_tup_carries_it() -> None:
    assert line_number(None) is None
    assert line_number(Number("")) is None
    assert line_number(Number("123", presentation=2)) is None
    kept = line_number(Number("12345678901234567", presentation=1))
    assert kept is not None
    assert (kept.digits, kept.presentation, kept.incomplete) == ("345678901234567", 1, True)


# -- the kept corpus ----------------------------------------------------------------------------------------------


def test_the_corpus_holds_the_samples() -> None:
    for name, (_variant, text, _expected) in SAMPLES.items():
        assert (CORPUS / f"{name}.bin").read_bytes() == bytes.fromhex(text)


def damaged(octets: bytes, dice: random.Random) -> bytes:
    out = bytearray(octets)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(out)) if out else 0
        match dice.randrange(4):
            case 0:
                del out[at:]
            case 1 if out:
                out[at] ^= 1 << dice.randrange(8)
            case 2:
                out[at:at] = dice.randbytes(dice.randint(1, 6))
            case _:
                out += out[at : at + 8]
    return bytes(out[:268])


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.bin")), ids=lambda path: path.stem)
def test_corpus(path: Path) -> None:
    octets = path.read_bytes()
    dice = random.Random(path.name)
    taken = 0
    for n in range(300):
        text = octets if n == 0 else damaged(octets, dice)
        for variant, table in VARIANTS.items():
            assert describe(b"\x01" + text, 5, variant).startswith("TUP ")
            try:
                message = decode(text, table, POINT_OCTETS[variant])
            except RemoteError:
                continue
            taken += 1
            assert decode(encode(message, table), table, POINT_OCTETS[variant]) == message
    assert taken > 100 or path.stem.startswith("bad")


# -- the trace line -----------------------------------------------------------------------------------------------


def test_describe() -> None:
    assert describe(bytes.fromhex("01 11 18 02 a0 04 60 00 90 89"), 0x23, CHINA) == (
        "TUP IAM CIC 291, called 4006000998 (national), ordinary, local"
    )
    assert describe(bytes.fromhex("02 21 0a 02 41 08 10 30 7e 02 38 31 01 40 08 20"), 3, ITU) == (
        "TUP IAI CIC 35, called 8001 (national), ordinary, calling 2083131 (national restricted incomplete), "
        "originally 8002 (subscriber), redirected"
    )
    assert describe(bytes.fromhex("00 14 05"), 9, ITU) == "TUP ACM CIC 9, charge, subscriber free"
    assert describe(bytes.fromhex("00 13 03"), 9, ITU) == "TUP GRQ CIC 9, category, calling line"
    assert describe(bytes.fromhex("00 58 09 05 02"), 1, ITU) == "TUP HGB CIC 1, circuits 1-10, marked 1,3,10"
    assert describe(bytes.fromhex("00 f5 01 23 01"), 1, ITU) == "TUP EUM CIC 1, subscriber busy"
    assert describe(bytes.fromhex("00 1e"), 1, CHINA) == "TUP SLB CIC 1"
    assert describe(bytes.fromhex("00 1e 07"), 1, ITU) == "TUP CIC 1 heading 1e, not known: 07"
    assert describe(bytes.fromhex("00 11 0a"), 1, ITU) == "TUP 00 11 0a: initial address message is cut short"
    assert describe(b"", 1, "no such variant") == "TUP : no heading code"


@given(st.binary(max_size=60), st.integers(0, 255), st.sampled_from([ITU, CHINA, ""]), st.sampled_from([None, 14, 24]))
def test_describe_raises_nothing(octets: bytes, sls: int, variant: str, bits: int | None) -> None:
    assert describe(octets, sls, variant, bits).startswith("TUP ")


def test_describe_knows_every_message() -> None:
    for name, table in VARIANTS.items():
        for row in table.rows.values():
            size = {Form.SIGNAL: 0, Form.GROUP: 40, Form.GROUP_RANGE: 1}.get(row.form, 20)
            octets = bytes((0, row.heading)) + b"\x11" * size
            assert describe(octets, 1, name).startswith(f"TUP {row.acronym} CIC 1"), row
