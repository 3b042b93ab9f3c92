"""Caller id messages, against octets written down by hand from EN 300 659-3 and GR-30, and properties."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu.protocol import caller_id
from xunhu.protocol.caller_id import CallSetup, DateTime, DtmfClip, Message, Parameter, decode_dtmf, encode_dtmf
from xunhu.protocol.errors import LocalError, RemoteError

# the example of SDMF that is handed on with GR-30: 30 September 12:24, 609-555-1212
SDMF = bytes.fromhex("041230393330313232343630393535353132313251")
MDMF = (
    bytes.fromhex("80 1e 01 08")
    + b"03301415"
    + bytes.fromhex("02 0b")
    + b"13800138000"
    + bytes.fromhex("07 05")
    + b"ZHANG"
)


def whole(head: bytes) -> bytes:
    return head + bytes((-sum(head) & 255,))


def test_single_data_format() -> None:
    got = CallSetup.decode(SDMF)
    assert got == CallSetup(date_time=DateTime(9, 30, 12, 24), number="6095551212", type=0x04)
    assert got.encode(checksum=True) == SDMF


def test_checksum_makes_the_sum_zero() -> None:
    assert sum(CallSetup(number="1").encode(checksum=True)) % 256 == 0


def test_multiple_data_format() -> None:
    octets = whole(bytes((MDMF[0], len(MDMF) - 2)) + MDMF[2:])
    got = CallSetup.decode(octets)
    assert got == CallSetup(date_time=DateTime(3, 30, 14, 15), number="13800138000", name="ZHANG")
    assert got.encode(checksum=True) == octets


@pytest.mark.parametrize(("octets", "want"), [(b"O", caller_id.UNAVAILABLE), (b"P", caller_id.PRIVATE)])
def test_why_there_is_no_number(octets: bytes, want: str) -> None:
    assert CallSetup.decode(whole(b"\x80\x03\x04\x01" + octets)).absence == want
    single = CallSetup.decode(whole(b"\x04\x0912312359" + octets))
    assert (single.absence, single.number) == (want, None)
    assert single.encode(checksum=True) == whole(b"\x04\x0912312359" + octets)


def test_a_chinese_name() -> None:
    setup = CallSetup(number="02112345678", name="上海客服")
    assert CallSetup.decode(setup.encode(checksum=True)) == setup


def test_what_is_unknown_repeated_or_wrong_stays_raw() -> None:
    parameters = (
        Parameter(0x01, b"99999999"),
        Parameter(0x02, b"12"),
        Parameter(0x02, b"34"),
        Parameter(0x60, b"\x00\x01"),
        Parameter(0x07, b""),
        Parameter(0x08, b"X"),
    )
    message = Message.of(0x80, parameters)
    got = CallSetup.decode(message.encode())
    assert got.number == "12"
    assert got.other == (parameters[0], *parameters[2:])


def test_message_waiting() -> None:
    assert CallSetup.decode(whole(b"\x06\x03BBB")).visual is True
    assert CallSetup.decode(whole(b"\x06\x03ooo")).visual is False
    waiting = CallSetup(visual=True, messages=3, type=caller_id.MESSAGE_WAITING)
    assert CallSetup.decode(waiting.encode(checksum=True)) == waiting


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x80",
        b"\x80\x00",
        b"\x80\x00\x81",  # checksum
        whole(b"\x80\x02\x01"),  # length
        whole(b"\x80\x01\x01"),  # half a parameter
        whole(b"\x80\x03\x02\x05\x31"),  # beyond the end
        whole(b"\x04\x03123"),
        whole(b"\x04\x0912312359X"),
        whole(b"\x06\x03BBo"),
        whole(b"\x10\x00"),
    ],
)
def test_damaged_messages_are_the_peers_fault(octets: bytes) -> None:
    with pytest.raises(RemoteError):
        CallSetup.decode(octets)


@given(st.binary(max_size=300))
def test_any_octets(octets: bytes) -> None:
    """Nothing but RemoteError; what is read is written as it was."""
    try:
        message = Message.decode(octets)
    except RemoteError:
        return
    assert message.encode() == octets


@given(st.integers(0, 255), st.binary(max_size=255))
def test_any_contents(kind: int, contents: bytes) -> None:
    octets = Message(kind, contents).encode()
    assert Message.decode(octets) == Message(kind, contents)
    try:
        setup = CallSetup.decode(octets)
    except RemoteError:
        return
    assert CallSetup.decode(setup.encode(checksum=True)) == setup


numbers = st.text("0123456789", min_size=1, max_size=20)
setups = st.builds(
    CallSetup,
    date_time=st.none()
    | st.builds(DateTime, st.integers(1, 12), st.integers(1, 31), st.integers(0, 23), st.integers(0, 59)),
    number=st.none() | numbers,
    called=st.none() | numbers,
    absence=st.sampled_from([None, "O", "P"]),
    name=st.none() | st.text("abc 张王李", min_size=1, max_size=25),
    name_absence=st.sampled_from([None, "O", "P"]),
    visual=st.none() | st.booleans(),
    call_type=st.none() | st.sampled_from(list(caller_id.CALL_TYPES)),
    forwarded=st.none() | st.sampled_from(list(caller_id.FORWARDED)),
    calling_user=st.none() | st.sampled_from(list(caller_id.CALLING_USERS)),
    redirecting=st.none() | numbers,
    other=st.lists(st.builds(Parameter, st.integers(0x60, 0xFF), st.binary(max_size=9)), max_size=3).map(tuple),
)


@given(setups)
def test_round_trip(setup: CallSetup) -> None:
    assert CallSetup.decode(setup.encode(checksum=True)) == setup


@pytest.mark.parametrize(
    "setup",
    [
        CallSetup(number="12a"),
        CallSetup(number=""),
        CallSetup(number="1" * 21),
        CallSetup(name="x" * 51),
        CallSetup(name="\udc80"),
        CallSetup(date_time=DateTime(13, 1, 0, 0)),
        CallSetup(absence="Q"),
        CallSetup(forwarded=256),
        CallSetup(other=(Parameter(0x60, bytes(256)),)),
        CallSetup(other=(Parameter(0x60, bytes(200)), Parameter(0x60, bytes(200)))),
        CallSetup(type=caller_id.SDMF_CALL, number="12"),
        CallSetup(type=caller_id.SDMF_CALL, date_time=DateTime(1, 1, 1, 1), number="12", absence="P"),
        CallSetup(type=caller_id.SDMF_CALL, date_time=DateTime(1, 1, 1, 1), name="x"),
        CallSetup(type=caller_id.SDMF_CALL, date_time=DateTime(1, 1, 1, 1), number="é"),
    ],
)
def test_what_cannot_be_said_is_the_callers_fault(setup: CallSetup) -> None:
    with pytest.raises(LocalError):
        setup.encode()


def test_every_row_names_a_field_and_a_source() -> None:
    names = [row.field for row in caller_id.PARAMETERS.values()]
    assert len(set(names)) == len(names)
    for row in caller_id.PARAMETERS.values():
        assert hasattr(CallSetup(), row.field)
        assert row.clause
        assert 1 <= row.least <= row.most <= 255


@pytest.mark.parametrize(
    ("digits", "form", "clip"),
    [
        ("A13800138000C", "etsi", DtmfClip(number="13800138000")),
        ("A1234D5678C", "etsi", DtmfClip(number="1234", redirecting="5678")),
        ("B00C", "etsi", DtmfClip(absence="O")),
        ("B10C", "etsi", DtmfClip(absence="P")),
        ("D99B10C", "etsi", DtmfClip(redirecting="99", absence="P")),
        ("A1234#", "hash", DtmfClip(number="1234")),
        ("D1#", "hash", DtmfClip(absence="P")),
        ("D2#", "hash", DtmfClip(absence="O", international=True)),
        ("D3#", "hash", DtmfClip(absence="O")),
        ("D02112345678C", "china", DtmfClip(number="02112345678")),
    ],
)
def test_dtmf_forms(digits: str, form: str, clip: DtmfClip) -> None:
    assert decode_dtmf(digits) == clip
    assert encode_dtmf(clip, form) == digits


def test_dtmf_without_a_start() -> None:
    assert decode_dtmf("1234#") == DtmfClip(number="1234")


@pytest.mark.parametrize(
    "digits",
    ["", "C", "#", "A12", "12C", "A12A3C", "AC", "A12B99C", "B1C", "D12345678901234567890123#", "A1*2C", "AD1C"],
)
def test_damaged_dtmf(digits: str) -> None:
    with pytest.raises(RemoteError):
        decode_dtmf(digits)


@given(st.text("0123456789ABCD#*", max_size=30))
def test_any_dtmf(digits: str) -> None:
    with contextlib.suppress(RemoteError):
        decode_dtmf(digits)


@pytest.mark.parametrize(
    ("clip", "form"),
    [
        (DtmfClip(), "etsi"),
        (DtmfClip(number="x"), "etsi"),
        (DtmfClip(redirecting="12"), "etsi"),
        (DtmfClip(number="1", redirecting="2"), "hash"),
        (DtmfClip(absence="P"), "china"),
        (DtmfClip(number="1"), "other"),
        (DtmfClip(absence="O", international=True), "etsi"),
    ],
)
def test_dtmf_that_cannot_be_said(clip: DtmfClip, form: str) -> None:
    with pytest.raises(LocalError):
        encode_dtmf(clip, form)
