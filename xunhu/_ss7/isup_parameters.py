"""Parameters of ITU-T Q.763 (12/99) as values, in one place.

isup_parameters_numbers.py    numbers
isup_parameters_call.py       the basic call and circuit supervision
isup_parameters_services.py   supplementary services, intelligent network, China's charging
isup_parameters_network.py    compatibility, network management, application transport, pivot and redirect, location

`VIEWS` has a row for every parameter: content octets to a value, a value to octets, a value to a few words. Parameters whose content is
another recommendation's, or a network's own, are octets here and said as such.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from xunhu._isdn.causes import meaning_of
from xunhu._ss7 import isup_parameters_call as call
from xunhu._ss7 import isup_parameters_network as network
from xunhu._ss7 import isup_parameters_numbers as numbers
from xunhu._ss7 import isup_parameters_services as services
from xunhu._ss7.circuit_primitives import Cause, Number
from xunhu._ss7.isup_names import ParameterCode as P
from xunhu._ss7.isup_parameters_base import *  # noqa: F403
from xunhu._ss7.isup_parameters_call import *  # noqa: F403
from xunhu._ss7.isup_parameters_network import *  # noqa: F403
from xunhu._ss7.isup_parameters_numbers import *  # noqa: F403
from xunhu._ss7.isup_parameters_services import *  # noqa: F403


class View(NamedTuple):
    """decode: RemoteError; encode: LocalError; encode(decode(content)) == content where the spare bits are 0."""

    code: int
    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]
    describe: Callable[[Any], str]


# -- a few words -----------------------------------------------------------------------------------------------------------

_NATURES = {1: "subscriber", 2: "unknown", 3: "national", 4: "international", 5: "network specific"}
_PRESENTATIONS = {1: "restricted", 2: "not available"}


def describe_number(number: Number) -> str:
    """Digits with what is not usual about them."""
    said = [number.digits or "no digits"]
    if number.nature != 3:
        said.append(_NATURES.get(number.nature, f"nature {number.nature}"))
    if number.presentation:
        said.append(_PRESENTATIONS.get(number.presentation, f"presentation {number.presentation}"))
    if number.incomplete:
        said.append("incomplete")
    return " ".join(said)


def describe_cause(cause: Cause) -> str:
    """The value with its meaning, Q.850, and the location."""
    text = f"{cause.value} {meaning_of(cause.value).text}" if cause.coding == 0 else f"{cause.value}"
    return f"{text}, location {cause.location}" + (f", diagnostics {cause.diagnostics.hex()}" if cause.diagnostics else "")


def _describe_called(called: tuple[Number, bool]) -> str:
    return describe_number(called[0]) + (" ST" if called[1] else "")


def _describe_nature(nature: call.NatureOfConnection) -> str:
    check = ("", "continuity check", "continuity check on a previous circuit", "")[nature.continuity]
    satellites = f"{nature.satellite} satellites" if nature.satellite else ""
    return _listed(satellites, check, "echo control" if nature.echo_control else "") or "no satellite, no check"


def _describe_forward(f: call.ForwardCallIndicators) -> str:
    return _listed(
        "international" if f.international else "national",
        "interworking" if f.interworking else "",
        "" if f.isup else "not ISUP all the way",
        ("ISUP preferred", "ISUP not required", "ISUP required", "")[f.preference],
        "ISDN access" if f.isdn_access else "",
        "ported" if f.ported else "",
        "QoR attempt" if f.qor else "",
        f"end-to-end method {f.end_to_end_method}" if f.end_to_end_method else "",
    )


def _describe_backward(b: call.BackwardCallIndicators) -> str:
    return _listed(
        ("", "no charge", "charge", "")[b.charge],
        ("", "subscriber free", "connect when free", "")[b.status],
        ("", "ordinary", "payphone", "")[b.category],
        "interworking" if b.interworking else "",
        "" if b.isup else "not ISUP all the way",
        "holding" if b.holding else "",
        "ISDN access" if b.isdn_access else "",
        "echo control" if b.echo_control else "",
    )


def _describe_range(value: call.RangeAndStatus) -> str:
    if value.status is None:
        return f"{value.range + 1} circuits"
    return f"{value.range + 1} circuits, bits {','.join(str(k) for k in value.circuits()) or 'none'}"


def _describe_states(states: tuple[call.CircuitState, ...]) -> str:
    return "; ".join(state.describe() for state in states)


def _describe_upgraded(entries: tuple[network.UpgradedParameter, ...]) -> str:
    return "; ".join(f"{entry.code:#04x}: {entry.instructions.describe()}" for entry in entries)


def _describe_notifications(values: tuple[int, ...]) -> str:
    return ", ".join(services.NOTIFICATIONS.get(value, f"notification {value}") for value in values)


def _describe_elements(elements: tuple[tuple[int, bytes], ...]) -> str:
    return ", ".join(f"{identifier:#04x} {content.hex()}".rstrip() for identifier, content in elements)


def _listed(*texts: str) -> str:
    return ", ".join(text for text in texts if text)


def _hexadecimal(octets: bytes) -> str:
    return octets.hex(" ")


def _category(value: int) -> str:
    return "ordinary" if value == call.Category.ORDINARY else f"category {value}"


# -- the rows --------------------------------------------------------------------------------------------------------------


def _same(content: bytes) -> bytes:
    return content


def _whole(code: int) -> View:
    """Content of which this recommendation says nothing more."""
    return View(code, _same, _same, _hexadecimal)


def _table(code: int, cls: Any) -> View:
    return View(code, cls.decode, lambda value: bytes(value.encode()), lambda value: str(value.describe()))


def _value(code: int, decode: Callable[[bytes], Any], encode: Callable[[Any], bytes], text: str = "{}") -> View:
    return View(code, decode, encode, text.format)


def _say(code: int, decode: Callable[[bytes], Any], encode: Callable[[Any], bytes]) -> View:
    """Of a class that describes itself."""
    return View(code, decode, encode, lambda value: str(value.describe()))


def _number(code: int, decode: Callable[[bytes], Any], encode: Callable[[Any], bytes]) -> View:
    return View(code, decode, encode, describe_number)


_medium = (call.decode_transmission_medium_requirement, call.encode_transmission_medium_requirement)

_ROWS: tuple[View, ...] = (
    # the basic call
    View(
        P.NATURE_OF_CONNECTION_INDICATORS,
        call.decode_nature_of_connection_indicators,
        call.encode_nature_of_connection_indicators,
        _describe_nature,
    ),
    View(
        P.FORWARD_CALL_INDICATORS,
        call.decode_forward_call_indicators,
        call.encode_forward_call_indicators,
        _describe_forward,
    ),
    View(
        P.BACKWARD_CALL_INDICATORS,
        call.decode_backward_call_indicators,
        call.encode_backward_call_indicators,
        _describe_backward,
    ),
    View(
        P.CALLING_PARTYS_CATEGORY,
        call.decode_calling_partys_category,
        call.encode_calling_partys_category,
        _category,
    ),
    View(P.TRANSMISSION_MEDIUM_REQUIREMENT, *_medium, call.medium_name),
    View(P.TRANSMISSION_MEDIUM_REQUIREMENT_PRIME, *_medium, call.medium_name),
    View(P.TRANSMISSION_MEDIUM_USED, *_medium, call.medium_name),
    View(P.CAUSE_INDICATORS, call.decode_cause_indicators, call.encode_cause_indicators, describe_cause),
    _table(P.EVENT_INFORMATION, call.EventInformation),
    _table(P.OPTIONAL_BACKWARD_CALL_INDICATORS, call.OptionalBackwardCallIndicators),
    _table(P.OPTIONAL_FORWARD_CALL_INDICATORS, call.OptionalForwardCallIndicators),
    _table(P.INFORMATION_REQUEST_INDICATORS, call.InformationRequestIndicators),
    _table(P.INFORMATION_INDICATORS, call.InformationIndicators),
    _say(P.REDIRECTION_INFORMATION, call.decode_redirection_information, call.encode_redirection_information),
    View(
        P.CONTINUITY_INDICATORS,
        call.decode_continuity_indicators,
        call.encode_continuity_indicators,
        lambda good: "successful" if good else "failed",
    ),
    View(
        P.SUSPEND_RESUME_INDICATORS,
        call.decode_suspend_resume_indicators,
        call.encode_suspend_resume_indicators,
        lambda by_network: "network" if by_network else "user",
    ),
    _value(P.HOP_COUNTER, call.decode_hop_counter, call.encode_hop_counter, "{} hops left"),
    _value(
        P.AUTOMATIC_CONGESTION_LEVEL,
        call.decode_automatic_congestion_level,
        call.encode_automatic_congestion_level,
        "level {}",
    ),
    _value(
        P.PROPAGATION_DELAY_COUNTER,
        call.decode_propagation_delay_counter,
        call.encode_propagation_delay_counter,
        "{} ms",
    ),
    _value(
        P.CALL_HISTORY_INFORMATION,
        call.decode_propagation_delay_counter,
        call.encode_propagation_delay_counter,
        "{} ms",
    ),
    View(P.ACCESS_TRANSPORT, call.decode_access_transport, call.encode_access_transport, _describe_elements),
    _say(P.USER_SERVICE_INFORMATION, call.decode_user_service_information, call.encode_user_service_information),
    _say(P.USER_SERVICE_INFORMATION_PRIME, call.decode_user_service_information, call.encode_user_service_information),
    # circuits
    View(
        P.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE,
        call.decode_circuit_group_supervision_message_type,
        call.encode_circuit_group_supervision_message_type,
        lambda kind: ("maintenance", "hardware failure", "national", "type 3")[kind],
    ),
    View(P.RANGE_AND_STATUS, call.decode_range_and_status, call.encode_range_and_status, _describe_range),
    View(
        P.CIRCUIT_STATE_INDICATOR,
        call.decode_circuit_state_indicator,
        call.encode_circuit_state_indicator,
        _describe_states,
    ),
    # numbers
    View(
        P.CALLED_PARTY_NUMBER,
        numbers.decode_called_party_number,
        lambda value: numbers.encode_called_party_number(*value),
        _describe_called,
    ),
    View(
        P.SUBSEQUENT_NUMBER,
        numbers.decode_subsequent_number,
        lambda value: numbers.encode_subsequent_number(*value),
        lambda value: value[0] + (" ST" if value[1] else ""),
    ),
    _number(P.CALLING_PARTY_NUMBER, numbers.decode_calling_party_number, numbers.encode_calling_party_number),
    _number(P.CONNECTED_NUMBER, numbers.decode_connected_number, numbers.encode_connected_number),
    _number(P.CALL_TRANSFER_NUMBER, numbers.decode_connected_number, numbers.encode_connected_number),
    _number(P.REDIRECTING_NUMBER, numbers.decode_redirecting_number, numbers.encode_redirecting_number),
    _number(P.ORIGINAL_CALLED_NUMBER, numbers.decode_original_called_number, numbers.encode_original_called_number),
    _number(P.CALLED_IN_NUMBER, numbers.decode_called_in_number, numbers.encode_called_in_number),
    _number(
        P.ORIGINAL_CALLED_IN_NUMBER, numbers.decode_original_called_in_number, numbers.encode_original_called_in_number
    ),
    _number(P.REDIRECTION_NUMBER, numbers.decode_redirection_number, numbers.encode_redirection_number),
    _number(P.CALLED_DIRECTORY_NUMBER, numbers.decode_called_directory_number, numbers.encode_called_directory_number),
    _number(P.HTR_INFORMATION, numbers.decode_htr_information, numbers.encode_htr_information),
    _number(P.LOCATION_NUMBER, numbers.decode_location_number, numbers.encode_location_number),
    View(
        P.GENERIC_NUMBER,
        numbers.decode_generic_number,
        numbers.encode_generic_number,
        lambda value: f"qualifier {value.qualifier} {describe_number(value.number)}",
    ),
    _value(
        P.TRANSIT_NETWORK_SELECTION,
        numbers.decode_transit_network_selection,
        numbers.encode_transit_network_selection,
        "{0.digits}",
    ),
    _value(
        P.NETWORK_ROUTING_NUMBER,
        numbers.decode_network_routing_number,
        numbers.encode_network_routing_number,
        "{0.digits}",
    ),
    _value(P.GENERIC_DIGITS, numbers.decode_generic_digits, numbers.encode_generic_digits, "type {0.type}"),
    # supplementary services
    _table(P.ACCESS_DELIVERY_INFORMATION, services.AccessDelivery),
    _table(P.CALL_DIVERSION_INFORMATION, services.CallDiversion),
    _say(
        P.USER_TO_USER_INDICATORS, services.decode_user_to_user_indicators, services.encode_user_to_user_indicators
    ),
    _say(
        P.USER_TO_USER_INFORMATION, services.decode_user_to_user_information, services.encode_user_to_user_information
    ),
    _value(
        P.CLOSED_USER_GROUP_INTERLOCK_CODE,
        services.decode_closed_user_group_interlock_code,
        services.encode_closed_user_group_interlock_code,
        "network {0.network} code {0.code}",
    ),
    View(
        P.GENERIC_NOTIFICATION_INDICATOR,
        services.decode_generic_notification_indicator,
        services.encode_generic_notification_indicator,
        _describe_notifications,
    ),
    _value(P.MLPP_PRECEDENCE, services.decode_mlpp_precedence, services.encode_mlpp_precedence, "level {0.level}"),
    _table(P.MCID_REQUEST_INDICATORS, services.McidRequest),
    _table(P.MCID_RESPONSE_INDICATORS, services.McidResponse),
    _table(P.CCSS, services.Ccss),
    _table(P.CCNR_POSSIBLE_INDICATOR, services.CcnrPossible),
    _table(P.COLLECT_CALL_REQUEST, services.CollectCall),
    _table(P.REDIRECTION_NUMBER_RESTRICTION, services.RedirectionNumberRestriction),
    _table(P.LOOP_PREVENTION_INDICATORS, services.LoopPrevention),
    _table(P.CALL_DIVERSION_TREATMENT_INDICATORS, services.CallDiversionTreatment),
    _table(P.CALL_OFFERING_TREATMENT_INDICATORS, services.CallOfferingTreatment),
    _table(P.CONFERENCE_TREATMENT_INDICATORS, services.ConferenceTreatment),
    _table(P.UID_ACTION_INDICATORS, services.UidAction),
    _table(P.UID_CAPABILITY_INDICATORS, services.UidCapability),
    _table(P.NUMBER_PORTABILITY_FORWARD_INFORMATION, services.NumberPortabilityForward),
    _table(P.QOR_CAPABILITY, services.QorCapability),
    _value(P.FACILITY_INDICATOR, services.decode_facility_indicator, services.encode_facility_indicator, "facility {}"),
    _value(
        P.CALL_TRANSFER_REFERENCE,
        services.decode_call_transfer_reference,
        services.encode_call_transfer_reference,
        "reference {}",
    ),
    _value(P.SERVICE_ACTIVATION, services.decode_service_activation, services.encode_service_activation),
    _value(
        P.REMOTE_OPERATIONS,
        services.decode_remote_operations,
        services.encode_remote_operations,
        "profile {0.profile}",
    ),
    _value(
        P.NETWORK_SPECIFIC_FACILITY,
        services.decode_network_specific_facility,
        services.encode_network_specific_facility,
        "{0.facility}",
    ),
    _value(
        P.USER_TELESERVICE_INFORMATION,
        services.decode_user_teleservice_information,
        services.encode_user_teleservice_information,
        "teleservice {0.service}",
    ),
    _value(
        P.CALL_REFERENCE,
        services.decode_call_reference,
        services.encode_call_reference,
        "{0.identity} of point code {0.point_code}",
    ),
    _value(
        P.CONNECTION_REQUEST,
        services.decode_connection_request,
        services.encode_connection_request,
        "{0.reference} of point code {0.point_code}, class {0.protocol_class}",
    ),
    _table(P.BACKWARD_GVNS, services.BackwardGvns),
    _value(P.FORWARD_GVNS, services.decode_forward_gvns, services.encode_forward_gvns, "{0.provider} {0.group}"),
    View(
        P.CHARGE_INFORMATION,
        services.decode_charge_information,
        services.encode_charge_information,
        _hexadecimal,
    ),
    # network
    _table(P.MESSAGE_COMPATIBILITY_INFORMATION, network.MessageInstructions),
    View(
        P.PARAMETER_COMPATIBILITY_INFORMATION,
        network.decode_parameter_compatibility_information,
        network.encode_parameter_compatibility_information,
        _describe_upgraded,
    ),
    _table(P.ECHO_CONTROL_INFORMATION, network.EchoControl),
    _table(P.NETWORK_MANAGEMENT_CONTROLS, network.NetworkManagement),
    View(
        P.SIGNALLING_POINT_CODE,
        lambda content: (network.decode_signalling_point_code(content), min(len(content), 3)),
        lambda value: network.encode_signalling_point_code(*value),
        lambda value: f"{value[0]}",
    ),
    _value(
        P.ORIGINATION_ISC_POINT_CODE,
        network.decode_origination_isc_point_code,
        network.encode_origination_isc_point_code,
    ),
    _value(
        P.CIRCUIT_ASSIGNMENT_MAP,
        network.decode_circuit_assignment_map,
        network.encode_circuit_assignment_map,
        "timeslots {0.timeslots}",
    ),
    _value(
        P.APPLICATION_TRANSPORT,
        network.decode_application_transport,
        network.encode_application_transport,
        "context {0.context}, {0.remaining} segments to come",
    ),
    _table(P.REDIRECT_CAPABILITY, network.RedirectCapability),
    _table(P.REDIRECT_STATUS, network.RedirectStatus),
    _value(P.REDIRECT_COUNTER, network.decode_redirect_counter, network.encode_redirect_counter),
    View(P.REDIRECT_FORWARD_INFORMATION, network.decode_tagged, network.encode_tagged, _describe_elements),
    View(P.REDIRECT_BACKWARD_INFORMATION, network.decode_tagged, network.encode_tagged, _describe_elements),
    _table(P.PIVOT_CAPABILITY, network.PivotCapability),
    _table(P.PIVOT_ROUTING_INDICATORS, network.PivotRouting),
    _table(P.PIVOT_STATUS, network.PivotStatus),
    _value(P.PIVOT_COUNTER, network.decode_pivot_counter, network.encode_pivot_counter),
    View(P.PIVOT_ROUTING_FORWARD_INFORMATION, network.decode_tagged, network.encode_tagged, _describe_elements),
    View(P.PIVOT_ROUTING_BACKWARD_INFORMATION, network.decode_tagged, network.encode_tagged, _describe_elements),
    _value(
        P.CALLING_GEODETIC_LOCATION,
        network.decode_calling_geodetic_location,
        network.encode_calling_geodetic_location,
        "shape {0.shape}",
    ),
    # other recommendations', or a network's own
    _whole(P.CORRELATION_ID),  # §3.70, Q.1218
    _whole(P.SCF_ID),  # §3.71, Q.1218
    _whole(P.CHARGED_PARTY_IDENTIFICATION),  # §3.75
    _whole(P.DISPLAY_INFORMATION),  # §3.77, Q.931
)

VIEWS: Mapping[int, View] = MappingProxyType({row.code: row for row in _ROWS})
