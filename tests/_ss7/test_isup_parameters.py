"""Parameters of ITU-T Q.763 §3: octets by hand, there and back, cut short, and any octets at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from isup_samples import CONTENTS, VALUES

from xunhu._ss7 import isup_parameters as ip
from xunhu._ss7.circuit_primitives import Cause, NatureOfAddress, Number
from xunhu._ss7.isup_names import ParameterCode as P
from xunhu._ss7.isup_parameters import VIEWS
from xunhu._ss7.isup_tables import CHINA_PARAMETER_ROWS, PARAMETER_ROWS, PARAMETERS
from xunhu.protocol.errors import LocalError, RemoteError

ROWS = {row.code: row for row in (*PARAMETER_ROWS, *CHINA_PARAMETER_ROWS)}
NATIONAL = NatureOfAddress.NATIONAL


# -- the tables ----------------------------------------------------------------------------------------------------------


def test_every_parameter_has_a_row_a_view_and_a_sample() -> None:
    codes = {int(code) for code in P} - {P.END_OF_OPTIONAL_PARAMETERS}
    assert codes == set(ROWS) == set(VIEWS) == set(VALUES)
    for row in ROWS.values():
        assert row.clause.startswith(("Q.763 §3.", "YDN 038"))
        assert 1 <= row.minimum <= row.maximum <= 255
        assert row.name


def test_clauses_are_all_different_and_none_is_left_out() -> None:
    """Clauses 3.2 to 3.101: a parameter each, but 3.20 (end of optional parameters), 3.27 (reserved), and 3.1."""
    clauses = sorted(int(row.clause.split(".")[-1]) for row in PARAMETER_ROWS)
    assert clauses == [n for n in range(2, 102) if n not in {20, 27}]


@pytest.mark.parametrize("code", sorted(VALUES), ids=lambda code: P(code).name)
def test_samples_come_back(code: int) -> None:
    content = CONTENTS[code]
    assert ROWS[code].minimum <= len(content) <= ROWS[code].maximum
    assert VIEWS[code].decode(content) == VALUES[code]
    assert VIEWS[code].encode(VIEWS[code].decode(content)) == content
    text = VIEWS[code].describe(VALUES[code])
    assert text
    assert "\n" not in text


@pytest.mark.parametrize("code", sorted(VALUES), ids=lambda code: P(code).name)
def test_content_below_the_minimum_is_refused(code: int) -> None:
    view, row = VIEWS[code], ROWS[code]
    if code in {P.CORRELATION_ID, P.SCF_ID, P.CHARGED_PARTY_IDENTIFICATION, P.DISPLAY_INFORMATION}:
        return  # as it comes
    for length in range(row.minimum):
        with pytest.raises(RemoteError) as why:
            view.decode(CONTENTS[code][:length])
        assert why.value.cause in {28, 100}


# -- by hand: octets of the figures of §3 -----------------------------------------------------------------------------------

BY_HAND: list[tuple[int, Any, str]] = [
    (P.CALLED_PARTY_NUMBER, (Number("12345", NATIONAL), False), "83 10 21 43 05"),
    (P.CALLED_PARTY_NUMBER, (Number("12345", NATIONAL), True), "03 10 21 43 f5"),
    (P.CALLED_PARTY_NUMBER, (Number("1234", 4, inn=1), True), "84 90 21 43 0f"),
    (P.CALLED_PARTY_NUMBER, (Number("", NATIONAL), False), "03 10"),
    (P.CALLED_PARTY_NUMBER, (Number("1BC", 1), False), "81 10 b1 0c"),  # codes 11 and 12
    (P.SUBSEQUENT_NUMBER, ("678", False), "80 76 08"),
    (P.SUBSEQUENT_NUMBER, ("", True), "80 0f"),
    (P.CALLING_PARTY_NUMBER, Number("12345", NATIONAL, presentation=1, screening=1), "83 15 21 43 05"),
    (P.CALLING_PARTY_NUMBER, Number("123", NATIONAL, incomplete=True), "83 93 21 03"),
    (P.CALLING_PARTY_NUMBER, Number("", 0, plan=0, presentation=2, screening=3), "00 0b"),  # not available
    (P.CONNECTED_NUMBER, Number("1234", 3, presentation=1, screening=3), "03 17 21 43"),
    (P.REDIRECTING_NUMBER, Number("1234", 3, presentation=1), "03 14 21 43"),
    (P.ORIGINAL_CALLED_NUMBER, Number("1234", 3), "03 10 21 43"),
    (P.REDIRECTION_NUMBER, Number("1234", 3, inn=1), "03 90 21 43"),
    (P.LOCATION_NUMBER, Number("1234", 3, inn=1, presentation=1, screening=1), "03 95 21 43"),
    (P.GENERIC_NUMBER, ip.GenericNumber(6, Number("1234", 4, screening=0)), "06 04 10 21 43"),
    (P.TRANSIT_NETWORK_SELECTION, ip.TransitNetwork("288", 2, 1), "a1 82 08"),
    (P.NETWORK_ROUTING_NUMBER, ip.NetworkRoutingNumber("1234", 2, 1), "12 21 43"),
    (P.GENERIC_DIGITS, ip.GenericDigits(0, 3, b"\x21"), "03 21"),
    (P.NATURE_OF_CONNECTION_INDICATORS, ip.NatureOfConnection(), "00"),
    (P.NATURE_OF_CONNECTION_INDICATORS, ip.NatureOfConnection(2, 2, True), "1a"),
    (P.FORWARD_CALL_INDICATORS, ip.ForwardCallIndicators(isup=True, preference=1, isdn_access=True), "60 01"),
    (P.FORWARD_CALL_INDICATORS, ip.ForwardCallIndicators(True, 2, True, True, False, 2, False, 1, True, True), "9d 32"),
    (P.BACKWARD_CALL_INDICATORS, ip.BackwardCallIndicators(2, 1, 1, isdn_access=True), "16 14"),
    (P.BACKWARD_CALL_INDICATORS, ip.BackwardCallIndicators(1, 2, 2, 3, True, True, False, True, False, True, 2), "e9 ab"),
    (P.CALLING_PARTYS_CATEGORY, 10, "0a"),
    (P.CAUSE_INDICATORS, Cause(16, 2), "82 90"),
    (P.CAUSE_INDICATORS, Cause(96, 10, b"\x0a", 3), "ea e0 0a"),
    (P.EVENT_INFORMATION, ip.EventInformation(2, True), "82"),
    (P.OPTIONAL_BACKWARD_CALL_INDICATORS, ip.OptionalBackwardCallIndicators(True, False, True, False), "05"),
    (P.OPTIONAL_FORWARD_CALL_INDICATORS, ip.OptionalForwardCallIndicators(3, True, True), "87"),
    (P.INFORMATION_REQUEST_INDICATORS, ip.InformationRequestIndicators(True, True, True, True, True), "9b 00"),
    (P.INFORMATION_INDICATORS, ip.InformationIndicators(3, True, True, True, True), "e7 00"),
    (P.CONTINUITY_INDICATORS, False, "00"),
    (P.SUSPEND_RESUME_INDICATORS, False, "00"),
    (P.REDIRECTION_INFORMATION, ip.RedirectionInformation(4, 2, 5, 6), "24 65"),
    (P.REDIRECTION_INFORMATION, ip.RedirectionInformation(3, 1, None), "13"),
    (P.RANGE_AND_STATUS, ip.RangeAndStatus(1, 0), "01 00"),
    (P.RANGE_AND_STATUS, ip.RangeAndStatus(8, 0x100), "08 00 01"),
    (P.RANGE_AND_STATUS, ip.RangeAndStatus(7, 0x81), "07 81"),
    (P.RANGE_AND_STATUS, ip.RangeAndStatus(31), "1f"),
    (P.CIRCUIT_STATE_INDICATOR, (ip.CircuitState(maintenance=1, call=2, hardware=2), ip.IDLE), "29 0c"),
    (P.ACCESS_TRANSPORT, ((0xA1, b""), (0x1E, b"\x81\x83")), "a1 1e 02 81 83"),
    (P.USER_SERVICE_INFORMATION, ip.UserService(0, 0, 16, b"\xa3"), "80 90 a3"),
    (P.HOP_COUNTER, 31, "1f"),
    (P.PROPAGATION_DELAY_COUNTER, 0x0102, "01 02"),
    (P.USER_TO_USER_INDICATORS, ip.UserToUserRequest(3, 2, 0), "16"),
    (P.USER_TO_USER_INDICATORS, ip.UserToUserResponse(service1=2, service3=1, discarded=True), "a5"),
    (P.CLOSED_USER_GROUP_INTERLOCK_CODE, ip.ClosedUserGroup("0123", 0x4567), "01 23 45 67"),
    (P.GENERIC_NOTIFICATION_INDICATOR, (0x79, 0x60), "79 e0"),
    (P.CALL_REFERENCE, ip.CallReference(1, 0x3FFF), "00 00 01 ff 3f"),
    (P.CALL_REFERENCE, ip.CallReference(1, 0x010203, 3), "00 00 01 03 02 01"),
    (P.SIGNALLING_POINT_CODE, (0x010203, 3), "03 02 01"),
    (P.ECHO_CONTROL_INFORMATION, ip.EchoControl(1, 2, 1, 2), "99"),
    (P.MESSAGE_COMPATIBILITY_INFORMATION, ip.MessageInstructions(True, True, True, True, True, 2), "df"),
    (
        P.PARAMETER_COMPATIBILITY_INFORMATION,
        (ip.UpgradedParameter(0xF2, ip.ParameterInstructions(True, False, True), b"\x02"),),
        "f2 05 82",
    ),
    (P.MLPP_PRECEDENCE, ip.Precedence(2, 4, "1234", 5), "44 12 34 00 00 05"),
    (P.CIRCUIT_ASSIGNMENT_MAP, ip.CircuitMap((1, 9, 31), 1), "01 01 01 00 40"),
    (P.APPLICATION_TRANSPORT, ip.ApplicationTransport(5, octets=b"\xaa"), "85 80 c0 aa"),
    (P.APPLICATION_TRANSPORT, ip.ApplicationTransport(300, True, True, False, 2, 9, b"\xaa"), "2c 82 83 02 89 aa"),
    (P.USER_TELESERVICE_INFORMATION, ip.Teleservice(0x5E, 1), "91 5e 81"),
    (P.FORWARD_GVNS, ip.ForwardGvns("1", "", "", 1, 0), "81 01 00 10"),
    (P.PIVOT_CAPABILITY, ip.PivotCapability(3, True), "c3"),
    (P.CALLING_GEODETIC_LOCATION, ip.GeodeticLocation(1, b"\x12", 1, 1), "05 81 12"),
    (P.CONNECTION_REQUEST, ip.ConnectionRequest(1, 2, 3), "00 00 01 02 00 03"),
]


@pytest.mark.parametrize(("code", "value", "text"), BY_HAND)
def test_octets_by_hand(code: int, value: Any, text: str) -> None:
    content = bytes.fromhex(text)
    assert VIEWS[code].encode(value) == content
    assert VIEWS[code].decode(content) == value


def test_medium_and_category_names() -> None:
    assert [ip.medium_name(v) for v in (0, 2, 3, 7, 8, 16, 38, 1, 255)] == [
        *("speech", "64 kbit/s unrestricted", "3.1 kHz audio", "2 x 64 kbit/s", "384 kbit/s", "3 x 64 kbit/s"),
        *("25 x 64 kbit/s", "medium 1", "medium 255"),
    ]


# -- what peers send that is not quite so ---------------------------------------------------------------------------------


def test_fillers_and_octets_to_spare() -> None:
    assert ip.decode_calling_party_number(bytes.fromhex("03132143f5")).digits == "12345"  # F as a filler, said to be even
    assert ip.decode_cause_indicators(bytes.fromhex("028090")) == Cause(16, 2)  # octet 1a, recommendation
    assert ip.decode_range_and_status(bytes.fromhex("03ff")) == ip.RangeAndStatus(3, 0x0F)  # bits beyond the range
    assert ip.MessageInstructions.decode(b"\x04\x80").notify  # a second octet of instructions
    assert ip.decode_backward_call_indicators(b"\x16\x14\x00").charge == 2


@pytest.mark.parametrize(
    ("code", "text", "cause"),
    [
        (P.CALLED_PARTY_NUMBER, "83 10", 28),  # odd and no digits
        (P.CALLED_PARTY_NUMBER, "03 10 f1 21", 28),  # digits after ST
        (P.CALLED_PARTY_NUMBER, "03 10 f1 f2", 28),
        (P.SUBSEQUENT_NUMBER, "00 1f f2", 28),
        (P.CALLING_PARTY_NUMBER, "03 13 f1 21", 100),
        (P.RANGE_AND_STATUS, "07 01 02", 100),
        (P.RANGE_AND_STATUS, "08 01", 100),
        (P.CAUSE_INDICATORS, "02 90", 100),
        (P.ACCESS_TRANSPORT, "1e 03 81", 100),
        (P.ACCESS_TRANSPORT, "1e", 100),
        (P.PARAMETER_COMPATIBILITY_INFORMATION, "f2 05", 100),
        (P.PARAMETER_COMPATIBILITY_INFORMATION, "f2 80 f3", 100),
        (P.APPLICATION_TRANSPORT, "05 80 c0", 100),
        (P.APPLICATION_TRANSPORT, "85 80 40", 100),
        (P.FORWARD_GVNS, "81 01 02", 100),
        (P.NETWORK_SPECIFIC_FACILITY, "05 01", 100),
        (P.USER_TELESERVICE_INFORMATION, "91 5e", 100),
        (P.REDIRECT_FORWARD_INFORMATION, "01 05 00", 100),
        (P.GENERIC_DIGITS, "20", 100),
        (P.CHARGE_INFORMATION, "01 02 03", 100),
    ],
)
def test_contents_that_mean_nothing(code: int, text: str, cause: int) -> None:
    with pytest.raises(RemoteError) as why:
        VIEWS[code].decode(bytes.fromhex(text))
    assert why.value.cause == cause


@pytest.mark.parametrize(
    ("code", "value"),
    [
        (P.CALLED_PARTY_NUMBER, (Number("12F"), False)),
        (P.CALLED_PARTY_NUMBER, (Number("1 2"), False)),
        (P.CALLED_PARTY_NUMBER, (Number("12#"), False)),
        (P.CALLED_PARTY_NUMBER, (Number("1", nature=128), False)),
        (P.CALLED_PARTY_NUMBER, (Number("1", plan=8), False)),
        (P.CALLING_PARTY_NUMBER, Number("1", presentation=4)),
        (P.SUBSEQUENT_NUMBER, ("", False)),
        (P.SUBSEQUENT_NUMBER, ("1f", False)),
        (P.NATURE_OF_CONNECTION_INDICATORS, ip.NatureOfConnection(4)),
        (P.FORWARD_CALL_INDICATORS, ip.ForwardCallIndicators(preference=4)),
        (P.BACKWARD_CALL_INDICATORS, ip.BackwardCallIndicators(charge=4)),
        (P.CAUSE_INDICATORS, Cause(128)),
        (P.CAUSE_INDICATORS, Cause(16, 16)),
        (P.HOP_COUNTER, 32),
        (P.RANGE_AND_STATUS, ip.RangeAndStatus(3, 0x10)),
        (P.RANGE_AND_STATUS, ip.RangeAndStatus(256)),
        (P.EVENT_INFORMATION, ip.EventInformation(128)),
        (P.CIRCUIT_STATE_INDICATOR, ()),
        (P.CLOSED_USER_GROUP_INTERLOCK_CODE, ip.ClosedUserGroup("123", 0)),
        (P.CLOSED_USER_GROUP_INTERLOCK_CODE, ip.ClosedUserGroup("12a4", 0)),
        (P.CALL_REFERENCE, ip.CallReference(0, 0x4000)),
        (P.CIRCUIT_ASSIGNMENT_MAP, ip.CircuitMap((0,))),
        (P.USER_TO_USER_INFORMATION, ip.UserToUser(4, bytes(129))),
        (P.ACCESS_TRANSPORT, ()),
        (P.GENERIC_NOTIFICATION_INDICATOR, ()),
        (P.CHARGE_INFORMATION, b"\x01"),
        (P.APPLICATION_TRANSPORT, ip.ApplicationTransport(1 << 14)),
        (P.REDIRECTION_INFORMATION, ip.RedirectionInformation(8)),
    ],
)
def test_values_that_cannot_be_sent(code: int, value: Any) -> None:
    with pytest.raises(LocalError):
        VIEWS[code].encode(value)


def test_circuit_states_in_words() -> None:
    said = [ip.CircuitState.decode(bytes((octet,))).describe() for octet in (0x00, 0x03, 0x0C, 0x0D, 0x16, 0x39)]
    assert said == [
        "transient",
        "unequipped",
        "idle",
        "idle, locally blocked",
        "incoming busy, remotely blocked, hardware locally blocked",
        "outgoing busy, locally blocked, hardware locally and remotely blocked",
    ]


def test_range_and_status_by_circuit() -> None:
    assert ip.RangeAndStatus(9, ip.status_of([0, 9])).circuits() == [0, 9]
    assert ip.RangeAndStatus(9).circuits() == []


# -- properties ----------------------------------------------------------------------------------------------------------

digits = st.text("0123456789ABCDE", max_size=32)
naturals = st.integers(0, 127)
two_bits = st.integers(0, 3)


@settings(max_examples=300, deadline=None)
@given(digits, naturals, st.integers(0, 7), st.integers(0, 1), st.booleans())
def test_called_numbers(text: str, nature: int, plan: int, inn: int, complete: bool) -> None:
    number = Number(text, nature, plan, inn=inn)
    content = ip.encode_called_party_number(number, complete)
    assert len(content) == 2 + (len(text) + complete + 1) // 2
    assert ip.decode_called_party_number(content) == (number, complete)


@settings(max_examples=300, deadline=None)
@given(digits, naturals, st.integers(0, 7), two_bits, two_bits, st.booleans())
def test_calling_numbers(text: str, nature: int, plan: int, shown: int, screening: int, incomplete: bool) -> None:
    number = Number(text, nature, plan, shown, screening, 0, incomplete)
    assert ip.decode_calling_party_number(ip.encode_calling_party_number(number)) == number
    generic = ip.GenericNumber(nature, number)
    assert ip.decode_generic_number(ip.encode_generic_number(generic)) == generic


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 255), st.data())
def test_ranges(last: int, data: st.DataObject) -> None:
    circuits = data.draw(st.lists(st.integers(0, last), unique=True, max_size=32))
    value = ip.RangeAndStatus(last, ip.status_of(circuits))
    content = ip.encode_range_and_status(value)
    assert len(content) == 1 + (last + 8) // 8
    assert ip.decode_range_and_status(content) == value
    assert value.circuits() == sorted(circuits)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 127), st.integers(0, 15), st.integers(0, 3), st.binary(max_size=20))
def test_cause_values(value: int, location: int, coding: int, diagnostics: bytes) -> None:
    cause = Cause(value, location, diagnostics, coding)
    assert ip.decode_cause_indicators(ip.encode_cause_indicators(cause)) == cause


@pytest.mark.parametrize("code", sorted(VIEWS), ids=lambda code: P(code).name)
@settings(max_examples=120, deadline=None)
@given(content=st.binary(max_size=24))
def test_any_content(code: int, content: bytes) -> None:
    """A value or RemoteError; a value can be told and sent, and what is sent is read as the same value."""
    view = VIEWS[code]
    try:
        value = view.decode(content)
    except RemoteError:
        return
    assert isinstance(view.describe(value), str)
    try:
        again = view.encode(value)
    except LocalError:
        return  # of a value that a later edition may give, beyond what we may send
    assert view.decode(again) == value


@pytest.mark.parametrize("code", sorted(VIEWS), ids=lambda code: P(code).name)
def test_every_octet_of_the_sample_set_to_anything(code: int) -> None:
    """Where all bits that are set are read, content comes back octet for octet."""
    content, view = CONTENTS[code], VIEWS[code]
    for at in range(len(content)):
        for octet in range(256):
            damaged = content[:at] + bytes((octet,)) + content[at + 1 :]
            try:
                value = view.decode(damaged)
                again = view.encode(value)
            except (RemoteError, LocalError):
                continue
            assert view.decode(again) == value
            view.describe(value)


def test_table_of_the_recommendation_is_whole() -> None:
    """Q.763 Table 5: lowest and highest codes, and the codes that Table 5 reserves are not there."""
    assert min(PARAMETERS) == 0x01
    assert max(PARAMETERS) == 0xC1
    reserved = {0x14, 0x17, 0x19, 0x1B, 0x1C, 0x1F, 0x41, 0x42, 0x76, 0x7E, 0x80, 0x83}
    assert not reserved & set(PARAMETERS)
