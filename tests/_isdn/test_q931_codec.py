"""Q.931 messages: vectors, round trips, damage. Only RemoteError may leave `decode`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu._isdn import q931_codec as c
from xunhu._isdn import q931_ie as ie
from xunhu._isdn.primitives import Cause, Progress
from xunhu.protocol.errors import LocalError, RemoteError

# SETUP written out by hand from §3.1.14 and §4.5: sending complete, speech A-law, channel 1 exclusive on an E1, calling
# 02012345678 national verified, called 8001.
SETUP_OCTETS = bytes.fromhex(
    "0802000105a104038090a31803a983816c0d2181303230313233343536373870058138303031"
)

digits = st.text("0123456789*#ABCD", max_size=20)
small = st.binary(max_size=8)


def opt(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


bits = {n: st.integers(0, 2**n - 1) for n in range(1, 9)}
channels = st.sets(st.integers(1, 31), min_size=1, max_size=31).map(lambda s: tuple(sorted(s)))
party = {"digits": digits, "type": bits[3], "plan": bits[4]}


def screened(cls: type) -> st.SearchStrategy[Any]:
    return st.builds(cls, **party, presentation=bits[2], screening=bits[2]) | st.builds(cls, **party)


elements: st.SearchStrategy[Any] = st.one_of(
    st.builds(
        ie.BearerCapability,
        capability=bits[5],
        rate=bits[5].filter(lambda r: r != 24),
        layers=st.binary(max_size=7),
        mode=bits[2],
        coding=bits[2],
    ),
    st.builds(ie.BearerCapability, capability=bits[5], rate=st.just(24), multiplier=bits[7]),
    st.builds(
        Cause,
        value=bits[7],
        location=bits[4],
        diagnostics=small,
        coding=bits[2],
        recommendation=opt(bits[7]),
    ),
    st.builds(ie.CallState, value=bits[6], coding=bits[2]),
    st.builds(
        ie.ChannelIdentification,
        channels=channels,
        exclusive=st.booleans(),
        selection=st.sampled_from((0, 1, 3)),
        slot_map=st.booleans(),
        d_channel=st.booleans(),
        interface=opt(st.sampled_from((b"\x80", b"\x01\x82"))),
    ),
    st.builds(ie.ChannelIdentification, exclusive=st.booleans(), selection=st.sampled_from((0, 3))),
    st.builds(Progress, description=bits[7], location=bits[4], coding=bits[2]),
    st.builds(ie.Notification, description=bits[7], rest=small),
    st.builds(ie.Display, text=st.text(st.characters(max_codepoint=255), max_size=82)),
    st.builds(ie.DateTime, bits[7], bits[4], bits[5]),
    st.builds(ie.DateTime, bits[7], bits[4], bits[5], bits[5], bits[6], bits[6]),
    st.builds(ie.Keypad, text=digits),
    st.builds(ie.Signal, value=bits[8]),
    st.builds(ie.CalledPartyNumber, **party),
    screened(ie.CallingPartyNumber),
    screened(ie.ConnectedNumber),
    screened(ie.RedirectingNumber),
    st.builds(ie.RedirectingNumber, **party, presentation=bits[2], screening=bits[2], reason=bits[4]),
    st.builds(
        ie.Subaddress,
        code=st.sampled_from((0x6D, 0x71)),
        type=bits[3],
        odd=st.booleans(),
        contents=st.binary(max_size=20),
    ),
    st.builds(ie.RestartIndicator, st.sampled_from((0, 6, 7))),
    st.builds(
        ie.HighLayerCompatibility,
        characteristics=bits[7],
        interpretation=bits[3],
        presentation=bits[2],
        coding=bits[2],
        rest=st.binary(max_size=3),
    ),
    st.builds(ie.LowLayerCompatibility, st.binary(min_size=2, max_size=16)),
    st.builds(ie.UserUser, protocol=bits[8], contents=st.binary(max_size=100)),
    st.builds(ie.SegmentedMessage, first=st.booleans(), remaining=bits[7], type=bits[8]),
    st.builds(ie.Opaque, code=st.sampled_from((0x10, 0x1C, 0x20, 0x78)), contents=small),
    st.just(ie.SingleOctet(0xA0)),
    st.just(ie.SingleOctet(0xA1)),
    st.builds(ie.SingleOctet, code=st.sampled_from((0xB0, 0xD0)), value=bits[4]),
    st.binary(max_size=9).map(lambda b: ie.Raw(0x3B, 0, bytes((0x3B, len(b))) + b)),
)

messages = st.builds(
    c.Message,
    type=st.sampled_from([row.type for row in c.MESSAGE_ROWS]),
    reference=bits[7],
    flag=st.booleans(),
    elements=st.lists(elements, max_size=8).map(tuple),
    reference_octets=st.sampled_from((1, 2)),
)


def test_setup_by_hand() -> None:
    message = c.decode(SETUP_OCTETS)
    assert message == c.Message(
        c.SETUP,
        1,
        False,
        (
            ie.SingleOctet(0xA1),
            ie.BearerCapability(0, 16, b"\xa3"),
            ie.ChannelIdentification((1,), True),
            ie.CallingPartyNumber("02012345678", 2, 1, 0, 1),
            ie.CalledPartyNumber("8001", 0, 1),
        ),
    )
    assert c.encode(message) == SETUP_OCTETS
    assert message.name == "SETUP"


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("0802800102 1803a98381", c.Message(c.CALL_PROCEEDING, 1, True, (ie.ChannelIdentification((1,)),))),
        ("0802800145 08028290 1e028288", c.Message(c.DISCONNECT, 1, True, (Cause(16, 2), Progress(8, 2)))),
        ("080200014d 0803819133", c.Message(c.RELEASE, 1, False, (Cause(17, 1, b"\x33"),))),
        ("080105 5a", c.Message(c.RELEASE_COMPLETE, 5, False, (), 1)),
        ("0800 62", c.Message(c.FACILITY, 0, False, (), 0)),
        ("0802000046 790187", c.Message(c.RESTART, 0, False, (ie.RestartIndicator(7),))),
        (
            "0802000046 1806a99380000002 790180",
            c.Message(
                c.RESTART,
                0,
                False,
                (ie.ChannelIdentification((1, 31), True, 1, True), ie.RestartIndicator(0)),
            ),
        ),
        (
            "030200000f 0101c2 1803a98385",
            c.Message(
                c.SERVICE, 0, False, (ie.ChangeStatus(2), ie.ChannelIdentification((5,))), 2, c.MAINTENANCE
            ),
        ),
        # shifts: codeset 6 for one element, codeset 5 to the end
        (
            "080200016e 9e280141 270180 280141 95 280142",
            c.Message(
                c.NOTIFY,
                1,
                False,
                (
                    ie.Shift(6, False),
                    ie.Raw(0x28, 6, b"\x28\x01A"),
                    ie.Notification(0),
                    ie.Display("A"),
                    ie.Shift(5, True),
                    ie.Raw(0x28, 5, b"\x28\x01B"),
                ),
            ),
        ),
    ],
)
def test_by_hand(octets: str, message: c.Message) -> None:
    raw = bytes.fromhex(octets.replace(" ", ""))
    assert c.decode(raw) == message
    assert c.encode(message) == raw


@given(messages)
def test_round_trip(message: c.Message) -> None:
    octets = c.encode(message)
    again = c.decode(octets)
    assert c.encode(again) == octets
    assert [f.cause for f in again.faults] == [99] * sum(isinstance(e, ie.Raw) for e in message.elements)
    if not again.faults:
        assert again == message


def settled(octets: bytes) -> None:
    """Whatever comes, `decode` gives a message that is stable, or RemoteError."""
    refused = None
    try:
        message = c.decode(octets)
    except RemoteError as why:
        refused = why.cause
    if refused is not None:
        assert refused in (81, 95, 111)
        return
    once = c.encode(message)
    again = c.decode(once)
    assert again.elements == message.elements
    assert c.encode(again) == once
    row = c.MESSAGES.get(message.type)
    if row is not None:
        c.missing_elements(message, row, True)
        c.unexpected_elements(message, row)


@given(st.binary(max_size=60))
def test_any_octets(octets: bytes) -> None:
    settled(octets)
    settled(b"\x08\x02\x00\x01\x05" + octets)
    settled(b"\x03\x02\x00\x00\x0f" + octets)


@given(messages, st.data())
def test_damaged(message: c.Message, data: st.DataObject) -> None:
    octets = bytearray(c.encode(message))
    for _ in range(3):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(bits[8])
    settled(bytes(octets))


def test_truncated_at_every_octet() -> None:
    for n in range(len(SETUP_OCTETS)):
        settled(SETUP_OCTETS[:n])


@pytest.mark.parametrize(
    ("contents", "code"),
    [
        ("0480", 0x04), ("0401", 0x04), ("04028010", 0x04), ("0402 00 90", 0x04), ("040280 98", 0x04),
        ("0801 80", 0x08), ("0802 80 10", 0x08), ("0802 0010", 0x08), ("080300 8010", 0x08),
        ("1801 29", 0x18), ("1801 a1", 0x18), ("1801 a2", 0x18), ("1802 e1 01", 0x18), ("1803 a1 83 05", 0x18),
        ("1802 a1 83", 0x18), ("1803 a1 93 00", 0x18), ("1806 a1 93 00000001", 0x18),
        ("1e0180", 0x1E), ("1e020080", 0x1E), ("1e03808080", 0x1E), ("2902 0101", 0x29), ("7000", 0x70),
        ("7001 01", 0x70), ("7002 81 07", 0x70), ("7002 81 b1", 0x70), ("6c02 0100", 0x6C), ("7403 01 00 00", 0x74),
        ("790183", 0x79), ("7900", 0x79), ("7d0191", 0x7D), ("7c0188", 0x7C), ("2020", 0x20), ("28", 0x28),
    ],
)  # fmt: skip
def test_faulty_element_is_kept(contents: str, code: int) -> None:
    octets = b"\x08\x02\x00\x01\x05" + bytes.fromhex(contents.replace(" ", ""))
    message = c.decode(octets)
    assert [(f.code, f.cause) for f in message.faults] == [(code, 100)]
    assert c.encode(message) == octets


@pytest.mark.parametrize("contents", ["180189", "1803a1a385", "1803a1 86 85", "270100", "7d021191"])
def test_form_that_is_not_read_is_no_fault(contents: str) -> None:
    octets = b"\x08\x02\x00\x01\x05" + bytes.fromhex(contents.replace(" ", ""))
    message = c.decode(octets)
    assert message.faults == ()
    assert isinstance(message.elements[0], ie.Raw)
    assert c.encode(message) == octets


@pytest.mark.parametrize(
    "message",
    [
        c.Message(c.SETUP, 0x8000, False),
        c.Message(c.SETUP, 0x80, False, (), 1),
        c.Message(c.SETUP, -1, False),
        c.Message(c.SETUP, 1, False, (ie.Display("张"),)),
        c.Message(c.SETUP, 1, False, (ie.Display("x" * 256),)),
        c.Message(c.SETUP, 1, False, (ie.Signal(256),)),
        c.Message(c.SETUP, 1, False, (ie.Opaque(0x1C, bytes(256)),)),
        c.Message(c.SETUP, 1, False, ("display",)),
    ],
)
def test_what_cannot_be_coded(message: c.Message) -> None:
    with pytest.raises(LocalError):
        c.encode(message)
