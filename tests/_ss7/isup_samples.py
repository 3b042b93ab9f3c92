"""One sensible value of every parameter and one message of every type, for the tests of the ISUP codec and for its judge from outside."""

from __future__ import annotations

from typing import Any

from xunhu._ss7 import isup_parameters as ip
from xunhu._ss7.circuit_primitives import Cause, Number
from xunhu._ss7.isup_names import MessageType as M
from xunhu._ss7.isup_names import ParameterCode as P
from xunhu._ss7.isup_parameters import VIEWS

CALLED = Number("4006000998", nature=3)
CALLING = Number("13800138000", nature=3)

VALUES: dict[int, Any] = {
    P.CALL_REFERENCE: ip.CallReference(0x123456, 0x1234),
    P.TRANSMISSION_MEDIUM_REQUIREMENT: ip.Medium.AUDIO,
    P.ACCESS_TRANSPORT: ((0x1E, b"\x82\x83"), (0x7D, b"\x91\x81")),
    P.CALLED_PARTY_NUMBER: (CALLED, True),
    P.SUBSEQUENT_NUMBER: ("0998", True),
    P.NATURE_OF_CONNECTION_INDICATORS: ip.NatureOfConnection(satellite=1, continuity=1, echo_control=True),
    P.FORWARD_CALL_INDICATORS: ip.ForwardCallIndicators(international=True, preference=1, isdn_access=True),
    P.OPTIONAL_FORWARD_CALL_INDICATORS: ip.OptionalForwardCallIndicators(segmentation=True, connected_line=True),
    P.CALLING_PARTYS_CATEGORY: ip.Category.PRIORITY,
    P.CALLING_PARTY_NUMBER: CALLING,
    P.REDIRECTING_NUMBER: Number("87654321", nature=1, presentation=1),
    P.REDIRECTION_NUMBER: Number("87654322", nature=1),
    P.CONNECTION_REQUEST: ip.ConnectionRequest(0x010203, 0x0456, 2, 7),
    P.INFORMATION_REQUEST_INDICATORS: ip.InformationRequestIndicators(calling_party=True, category=True),
    P.INFORMATION_INDICATORS: ip.InformationIndicators(calling_party=3, category=True),
    P.CONTINUITY_INDICATORS: True,
    P.BACKWARD_CALL_INDICATORS: ip.BackwardCallIndicators(charge=2, status=1, category=1, isdn_access=True),
    P.CAUSE_INDICATORS: Cause(17, 4),
    P.REDIRECTION_INFORMATION: ip.RedirectionInformation(3, 3, 1, 1),
    P.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE: ip.GroupSupervision.HARDWARE,
    P.RANGE_AND_STATUS: ip.RangeAndStatus(11, ip.status_of((0, 3, 11))),
    P.FACILITY_INDICATOR: 2,
    P.CLOSED_USER_GROUP_INTERLOCK_CODE: ip.ClosedUserGroup("9086", 0x1234),
    P.USER_SERVICE_INFORMATION: ip.UserService(16, 0, 16, b"\xa3"),
    P.SIGNALLING_POINT_CODE: (0x1234, 2),
    P.USER_TO_USER_INFORMATION: ip.UserToUser(4, b"hello"),
    P.CONNECTED_NUMBER: Number("87654323", nature=1),
    P.SUSPEND_RESUME_INDICATORS: True,
    P.TRANSIT_NETWORK_SELECTION: ip.TransitNetwork("193", 2, 1),
    P.EVENT_INFORMATION: ip.EventInformation(ip.Event.ALERTING),
    P.CIRCUIT_ASSIGNMENT_MAP: ip.CircuitMap((1, 2, 31)),
    P.CIRCUIT_STATE_INDICATOR: (ip.IDLE, ip.UNEQUIPPED, ip.CircuitState(maintenance=2, call=3), ip.TRANSIENT),
    P.AUTOMATIC_CONGESTION_LEVEL: 2,
    P.ORIGINAL_CALLED_NUMBER: Number("87654320", nature=1),
    P.OPTIONAL_BACKWARD_CALL_INDICATORS: ip.OptionalBackwardCallIndicators(inband=True),
    P.USER_TO_USER_INDICATORS: ip.UserToUserRequest(service1=2),
    P.ORIGINATION_ISC_POINT_CODE: 0x1234,
    P.GENERIC_NOTIFICATION_INDICATOR: (0x79,),
    P.CALL_HISTORY_INFORMATION: 120,
    P.ACCESS_DELIVERY_INFORMATION: ip.AccessDelivery(),
    P.NETWORK_SPECIFIC_FACILITY: ip.NetworkFacility(b"\xa1\x31", b"\x01"),
    P.USER_SERVICE_INFORMATION_PRIME: ip.UserService(0, 0, 16, b"\xa3"),
    P.PROPAGATION_DELAY_COUNTER: 90,
    P.REMOTE_OPERATIONS: ip.RemoteOperations(17, bytes.fromhex("a106020101020101")),
    P.SERVICE_ACTIVATION: (1,),
    P.USER_TELESERVICE_INFORMATION: ip.Teleservice(1),
    P.TRANSMISSION_MEDIUM_USED: ip.Medium.SPEECH,
    P.CALL_DIVERSION_INFORMATION: ip.CallDiversion(notification=2, reason=3),
    P.ECHO_CONTROL_INFORMATION: ip.EchoControl(outgoing=2, incoming=3, incoming_request=1),
    P.MESSAGE_COMPATIBILITY_INFORMATION: ip.MessageInstructions(notify=True, discard=True),
    P.PARAMETER_COMPATIBILITY_INFORMATION: (
        ip.UpgradedParameter(0x31, ip.ParameterInstructions(discard_parameter=True)),
        ip.UpgradedParameter(0x3D, ip.ParameterInstructions(pass_on_impossible=2)),
    ),
    P.MLPP_PRECEDENCE: ip.Precedence(1, 3, "9086", 0x010203),
    P.MCID_REQUEST_INDICATORS: ip.McidRequest(mcid=True),
    P.MCID_RESPONSE_INDICATORS: ip.McidResponse(mcid=True, holding=True),
    P.HOP_COUNTER: 15,
    P.TRANSMISSION_MEDIUM_REQUIREMENT_PRIME: ip.Medium.SPEECH,
    P.LOCATION_NUMBER: Number("1062345678", nature=3, inn=1),
    P.REDIRECTION_NUMBER_RESTRICTION: ip.RedirectionNumberRestriction(1),
    P.CALL_TRANSFER_REFERENCE: 7,
    P.LOOP_PREVENTION_INDICATORS: ip.LoopPrevention(response=True, answer=1),
    P.CALL_TRANSFER_NUMBER: Number("87654324", nature=1),
    P.CCSS: ip.Ccss(call=True),
    P.FORWARD_GVNS: ip.ForwardGvns("123", "4567", "89012", 1, 3),
    P.BACKWARD_GVNS: ip.BackwardGvns(2),
    P.REDIRECT_CAPABILITY: ip.RedirectCapability(2),
    P.NETWORK_MANAGEMENT_CONTROLS: ip.NetworkManagement(alternative=True),
    P.CORRELATION_ID: b"\x12\x34",
    P.SCF_ID: b"\x01\x02\x03",
    P.CALL_DIVERSION_TREATMENT_INDICATORS: ip.CallDiversionTreatment(1),
    P.CALLED_IN_NUMBER: Number("8008100000", nature=3),
    P.CALL_OFFERING_TREATMENT_INDICATORS: ip.CallOfferingTreatment(2),
    P.CHARGED_PARTY_IDENTIFICATION: b"\x01\x23",
    P.CONFERENCE_TREATMENT_INDICATORS: ip.ConferenceTreatment(1),
    P.DISPLAY_INFORMATION: b"xunhu",
    P.UID_ACTION_INDICATORS: ip.UidAction(through_connection=True),
    P.UID_CAPABILITY_INDICATORS: ip.UidCapability(stop_t9=True),
    P.REDIRECT_COUNTER: 2,
    P.APPLICATION_TRANSPORT: ip.ApplicationTransport(3, octets=b"\x01\x02\x03"),
    P.COLLECT_CALL_REQUEST: ip.CollectCall(requested=True),
    P.CCNR_POSSIBLE_INDICATOR: ip.CcnrPossible(possible=True),
    P.PIVOT_CAPABILITY: ip.PivotCapability(1),
    P.PIVOT_ROUTING_INDICATORS: ip.PivotRouting(1),
    P.CALLED_DIRECTORY_NUMBER: Number("87654325", nature=1),
    P.ORIGINAL_CALLED_IN_NUMBER: Number("8008100001", nature=3),
    P.CALLING_GEODETIC_LOCATION: ip.GeodeticLocation(0, bytes(6)),
    P.HTR_INFORMATION: Number("87654326", nature=1),
    P.NETWORK_ROUTING_NUMBER: ip.NetworkRoutingNumber("1234567"),
    P.QOR_CAPABILITY: ip.QorCapability(supported=True),
    P.PIVOT_STATUS: ip.PivotStatus(1),
    P.PIVOT_COUNTER: 3,
    P.PIVOT_ROUTING_FORWARD_INFORMATION: ((1, b""), (4, b"\x83")),
    P.PIVOT_ROUTING_BACKWARD_INFORMATION: ((1, b"\x12\x34"),),
    P.REDIRECT_STATUS: ip.RedirectStatus(2),
    P.REDIRECT_FORWARD_INFORMATION: ((1, b""), (4, b"\x81")),
    P.REDIRECT_BACKWARD_INFORMATION: ((3, b"\x81"),),
    P.NUMBER_PORTABILITY_FORWARD_INFORMATION: ip.NumberPortabilityForward(3),
    P.GENERIC_NUMBER: ip.GenericNumber(6, Number("87654321", nature=1)),
    P.GENERIC_DIGITS: ip.GenericDigits(1, 0, b"\x21\x03"),
    P.CHARGE_INFORMATION: b"\x01\x00",
}

CONTENTS: dict[int, bytes] = {code: VIEWS[code].encode(value) for code, value in VALUES.items()}

# Optional parameters of each message (Q.763 §4): those by which it is mostly known.
_OPTIONAL: dict[int, tuple[int, ...]] = {
    M.IAM: (
        *(P.CALLING_PARTY_NUMBER, P.OPTIONAL_FORWARD_CALL_INDICATORS, P.REDIRECTING_NUMBER, P.REDIRECTION_INFORMATION),
        *(P.CLOSED_USER_GROUP_INTERLOCK_CODE, P.CONNECTION_REQUEST, P.ORIGINAL_CALLED_NUMBER),
        *(P.USER_TO_USER_INFORMATION, P.ACCESS_TRANSPORT, P.USER_SERVICE_INFORMATION, P.USER_TO_USER_INDICATORS),
        *(P.GENERIC_NUMBER, P.PROPAGATION_DELAY_COUNTER, P.USER_TELESERVICE_INFORMATION, P.MLPP_PRECEDENCE),
        *(P.HOP_COUNTER, P.LOCATION_NUMBER, P.PARAMETER_COMPATIBILITY_INFORMATION, P.TRANSIT_NETWORK_SELECTION),
    ),
    M.SAM: (P.DISPLAY_INFORMATION,),
    M.INR: (P.CALL_REFERENCE, P.PARAMETER_COMPATIBILITY_INFORMATION),
    M.INF: (P.CALLING_PARTYS_CATEGORY, P.CALLING_PARTY_NUMBER, P.CALL_REFERENCE),
    M.ACM: (
        *(P.OPTIONAL_BACKWARD_CALL_INDICATORS, P.CAUSE_INDICATORS, P.USER_TO_USER_INDICATORS, P.ACCESS_TRANSPORT),
        *(P.GENERIC_NOTIFICATION_INDICATOR, P.TRANSMISSION_MEDIUM_USED, P.ECHO_CONTROL_INFORMATION),
        *(P.ACCESS_DELIVERY_INFORMATION, P.REDIRECTION_NUMBER, P.CALL_DIVERSION_INFORMATION),
    ),
    M.CON: (P.CONNECTED_NUMBER, P.OPTIONAL_BACKWARD_CALL_INDICATORS, P.CALL_HISTORY_INFORMATION),
    M.FOT: (P.CALL_REFERENCE,),
    M.ANM: (
        *(P.BACKWARD_CALL_INDICATORS, P.CONNECTED_NUMBER, P.CALL_HISTORY_INFORMATION, P.GENERIC_NUMBER),
        *(P.REDIRECTION_NUMBER_RESTRICTION, P.BACKWARD_GVNS),
    ),
    M.REL: (P.REDIRECTION_INFORMATION, P.REDIRECTION_NUMBER, P.AUTOMATIC_CONGESTION_LEVEL, P.SIGNALLING_POINT_CODE),
    M.SUS: (P.CALL_REFERENCE,),
    M.RES: (P.CALL_REFERENCE,),
    M.RLC: (P.CAUSE_INDICATORS,),
    M.FAR: (P.USER_TO_USER_INDICATORS,),
    M.FAA: (P.USER_TO_USER_INDICATORS,),
    M.FRJ: (P.USER_TO_USER_INDICATORS,),
    M.CPG: (P.CAUSE_INDICATORS, P.BACKWARD_CALL_INDICATORS, P.OPTIONAL_BACKWARD_CALL_INDICATORS, P.CALL_TRANSFER_NUMBER),
    M.USR: (P.ACCESS_TRANSPORT,),
    M.CFN: (),
    M.NRM: (P.ECHO_CONTROL_INFORMATION, P.MESSAGE_COMPATIBILITY_INFORMATION),
    M.FAC: (P.MESSAGE_COMPATIBILITY_INFORMATION, P.REMOTE_OPERATIONS, P.SERVICE_ACTIVATION, P.CALL_TRANSFER_NUMBER),
    M.UPT: (P.PARAMETER_COMPATIBILITY_INFORMATION,),
    M.UPA: (),
    M.IDR: (P.MCID_REQUEST_INDICATORS, P.MESSAGE_COMPATIBILITY_INFORMATION),
    M.IRS: (P.MCID_RESPONSE_INDICATORS, P.CALLING_PARTY_NUMBER, P.GENERIC_NUMBER),
    M.SGM: (P.GENERIC_DIGITS, P.USER_TO_USER_INFORMATION, P.GENERIC_NOTIFICATION_INDICATOR),
    M.LOP: (P.CALL_TRANSFER_REFERENCE, P.LOOP_PREVENTION_INDICATORS),
    M.APM: (P.APPLICATION_TRANSPORT,),
    M.PRI: (P.OPTIONAL_FORWARD_CALL_INDICATORS,),
    M.SDN: (P.SUBSEQUENT_NUMBER,),
    M.CCL: (),
    M.MPM: (),
    M.OPR: (),
}
_REST: dict[int, bytes] = {
    M.PAM: bytes((M.FAC, 1, P.SERVICE_ACTIVATION, 1, 1, 0)),  # a facility message passed along
    M.CRG: b"\x01\x02",
}
_RANGE_ONLY = frozenset({M.GRS, M.CQM, M.CQR})


def content_of(message_type: int, code: int) -> bytes:
    """The sample content of a parameter, as it suits the message."""
    if code == P.RANGE_AND_STATUS and message_type in _RANGE_ONLY:
        return b"\x03"
    return CONTENTS[code]


def sample(row: Any) -> list[tuple[int, bytes]]:
    """Parameters of a message of this row: the mandatory ones and the usual optional ones."""
    if row.raw:
        return [(0, _REST[row.type])]
    codes = [code for code, _ in row.fixed] + list(row.variable) + list(_OPTIONAL.get(row.type, ()))
    return [(code, content_of(row.type, code)) for code in codes]
