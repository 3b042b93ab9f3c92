"""Messages and parameters of ITU-T Q.763 (12/99), one row each. Variants (isup_variants.py) change rows; the codec reads nothing else.

Message rows: Q.763 §4, Tables 21 to 53. Parameter rows: Q.763 Table 5, lengths of the content in octets by the clauses and by the
tables of §4. Where the recommendation gives no upper bound, it is what an optional parameter can hold (255).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from xunhu._ss7.isup_names import MessageType as M
from xunhu._ss7.isup_names import ParameterCode as P


class MessageRow(NamedTuple):
    """fixed: mandatory parameters of fixed length, (code, octets), in order; variable: mandatory ones of variable length, in order;
    optional: the message has a pointer to an optional part; raw: what follows the message type is carried as it is."""

    type: int
    name: str
    fixed: tuple[tuple[int, int], ...]
    variable: tuple[int, ...]
    optional: bool
    clause: str
    raw: bool = False

    @property
    def acronym(self) -> str:
        return M(self.type).name


class ParameterRow(NamedTuple):
    """minimum, maximum: octets of the content; national: for national use or a network's option; since: edition of Q.763."""

    code: int
    name: str
    minimum: int
    maximum: int
    clause: str
    since: int = 1997
    national: bool = False


_M = MessageRow
_BCI = ((P.BACKWARD_CALL_INDICATORS, 2),)
_CGSMT = ((P.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE, 1),)
_FACILITY = ((P.FACILITY_INDICATOR, 1),)
_SUSPEND = ((P.SUSPEND_RESUME_INDICATORS, 1),)
_RANGE = (P.RANGE_AND_STATUS,)
_CAUSE = (P.CAUSE_INDICATORS,)

MESSAGE_ROWS: tuple[MessageRow, ...] = (
    _M(
        M.IAM,
        "initial address",
        (
            (P.NATURE_OF_CONNECTION_INDICATORS, 1),
            (P.FORWARD_CALL_INDICATORS, 2),
            (P.CALLING_PARTYS_CATEGORY, 1),
            (P.TRANSMISSION_MEDIUM_REQUIREMENT, 1),
        ),
        (P.CALLED_PARTY_NUMBER,),
        True,
        "Q.763 Table 32",
    ),
    _M(M.SAM, "subsequent address", (), (P.SUBSEQUENT_NUMBER,), True, "Q.763 Table 35"),
    _M(M.INR, "information request", ((P.INFORMATION_REQUEST_INDICATORS, 2),), (), True, "Q.763 Table 31"),
    _M(M.INF, "information", ((P.INFORMATION_INDICATORS, 2),), (), True, "Q.763 Table 30"),
    _M(M.COT, "continuity", ((P.CONTINUITY_INDICATORS, 1),), (), False, "Q.763 Table 28"),
    _M(M.ACM, "address complete", _BCI, (), True, "Q.763 Table 21"),
    _M(M.CON, "connect", _BCI, (), True, "Q.763 Table 27"),
    _M(M.FOT, "forward transfer", (), (), True, "Q.763 Table 37"),
    _M(M.ANM, "answer", (), (), True, "Q.763 Table 22"),
    _M(M.REL, "release", (), _CAUSE, True, "Q.763 Table 33"),
    _M(M.SUS, "suspend", _SUSPEND, (), True, "Q.763 Table 38"),
    _M(M.RES, "resume", _SUSPEND, (), True, "Q.763 Table 38"),
    _M(M.RLC, "release complete", (), (), True, "Q.763 Table 34"),
    _M(M.CCR, "continuity check request", (), (), False, "Q.763 Table 39"),
    _M(M.RSC, "reset circuit", (), (), False, "Q.763 Table 39"),
    _M(M.BLO, "blocking", (), (), False, "Q.763 Table 39"),
    _M(M.UBL, "unblocking", (), (), False, "Q.763 Table 39"),
    _M(M.BLA, "blocking acknowledgement", (), (), False, "Q.763 Table 39"),
    _M(M.UBA, "unblocking acknowledgement", (), (), False, "Q.763 Table 39"),
    _M(M.GRS, "circuit group reset", (), _RANGE, False, "Q.763 Table 41"),
    _M(M.CGB, "circuit group blocking", _CGSMT, _RANGE, False, "Q.763 Table 40"),
    _M(M.CGU, "circuit group unblocking", _CGSMT, _RANGE, False, "Q.763 Table 40"),
    _M(M.CGBA, "circuit group blocking acknowledgement", _CGSMT, _RANGE, False, "Q.763 Table 40"),
    _M(M.CGUA, "circuit group unblocking acknowledgement", _CGSMT, _RANGE, False, "Q.763 Table 40"),
    _M(M.FAR, "facility request", _FACILITY, (), True, "Q.763 Table 42"),
    _M(M.FAA, "facility accepted", _FACILITY, (), True, "Q.763 Table 42"),
    _M(M.FRJ, "facility reject", _FACILITY, _CAUSE, True, "Q.763 Table 29"),
    _M(M.LPA, "loop back acknowledgement", (), (), False, "Q.763 Table 39"),
    _M(M.PAM, "pass-along", (), (), False, "Q.763 Table 43", True),
    _M(M.GRA, "circuit group reset acknowledgement", (), _RANGE, False, "Q.763 Table 25"),
    _M(M.CQM, "circuit group query", (), _RANGE, False, "Q.763 Table 41"),
    _M(
        M.CQR,
        "circuit group query response",
        (),
        (P.RANGE_AND_STATUS, P.CIRCUIT_STATE_INDICATOR),
        False,
        "Q.763 Table 24",
    ),
    _M(M.CPG, "call progress", ((P.EVENT_INFORMATION, 1),), (), True, "Q.763 Table 23"),
    _M(M.USR, "user-to-user information", (), (P.USER_TO_USER_INFORMATION,), True, "Q.763 Table 36"),
    _M(M.UCIC, "unequipped circuit identification code", (), (), False, "Q.763 Table 39"),
    _M(M.CFN, "confusion", (), _CAUSE, True, "Q.763 Table 26"),
    _M(M.OLM, "overload", (), (), False, "Q.763 Table 39"),
    _M(M.CRG, "charge information", (), (), False, "Q.763 Table 4, format of national use", True),
    _M(M.NRM, "network resource management", (), (), True, "Q.763 Table 46"),
    _M(M.FAC, "facility", (), (), True, "Q.763 Table 45"),
    _M(M.UPT, "user part test", (), (), True, "Q.763 Table 44"),
    _M(M.UPA, "user part available", (), (), True, "Q.763 Table 44"),
    _M(M.IDR, "identification request", (), (), True, "Q.763 Table 47"),
    _M(M.IRS, "identification response", (), (), True, "Q.763 Table 48"),
    _M(M.SGM, "segmentation", (), (), True, "Q.763 Table 49"),
    _M(M.LOP, "loop prevention", (), (), True, "Q.763 Table 50"),
    _M(M.APM, "application transport", (), (), True, "Q.763 Table 51"),
    _M(M.PRI, "pre-release information", (), (), True, "Q.763 Table 52"),
    _M(M.SDN, "subsequent directory number", (), (), True, "Q.763 Table 53"),
)

# YDN 038-1997; lengths as in the manuals of exchanges that carry it: charge information is two octets, fixed.
CHINA_MESSAGE_ROWS: tuple[MessageRow, ...] = (
    _M(M.CCL, "calling party clear", (), (), True, "YDN 038-1997"),
    _M(M.MPM, "metering pulse", ((P.CHARGE_INFORMATION, 2),), (), True, "YDN 038-1997"),
    _M(M.OPR, "operator", (), (), True, "YDN 038-1997"),
)

_R = ParameterRow

PARAMETER_ROWS: tuple[ParameterRow, ...] = (
    _R(P.CALL_REFERENCE, "call reference", 5, 6, "Q.763 §3.8", national=True),
    _R(P.TRANSMISSION_MEDIUM_REQUIREMENT, "transmission medium requirement", 1, 1, "Q.763 §3.54"),
    _R(P.ACCESS_TRANSPORT, "access transport", 1, 255, "Q.763 §3.3"),
    _R(P.CALLED_PARTY_NUMBER, "called party number", 2, 255, "Q.763 §3.9"),
    _R(P.SUBSEQUENT_NUMBER, "subsequent number", 1, 255, "Q.763 §3.51"),
    _R(P.NATURE_OF_CONNECTION_INDICATORS, "nature of connection indicators", 1, 1, "Q.763 §3.35"),
    _R(P.FORWARD_CALL_INDICATORS, "forward call indicators", 2, 2, "Q.763 §3.23"),
    _R(P.OPTIONAL_FORWARD_CALL_INDICATORS, "optional forward call indicators", 1, 1, "Q.763 §3.38"),
    _R(P.CALLING_PARTYS_CATEGORY, "calling party's category", 1, 1, "Q.763 §3.11"),
    _R(P.CALLING_PARTY_NUMBER, "calling party number", 2, 255, "Q.763 §3.10"),
    _R(P.REDIRECTING_NUMBER, "redirecting number", 2, 255, "Q.763 §3.44"),
    _R(P.REDIRECTION_NUMBER, "redirection number", 2, 255, "Q.763 §3.46"),
    _R(P.CONNECTION_REQUEST, "connection request", 5, 9, "Q.763 §3.17"),
    _R(P.INFORMATION_REQUEST_INDICATORS, "information request indicators", 2, 2, "Q.763 §3.29", national=True),
    _R(P.INFORMATION_INDICATORS, "information indicators", 2, 2, "Q.763 §3.28", national=True),
    _R(P.CONTINUITY_INDICATORS, "continuity indicators", 1, 1, "Q.763 §3.18"),
    _R(P.BACKWARD_CALL_INDICATORS, "backward call indicators", 2, 2, "Q.763 §3.5"),
    _R(P.CAUSE_INDICATORS, "cause indicators", 2, 255, "Q.763 §3.12"),
    _R(P.REDIRECTION_INFORMATION, "redirection information", 1, 2, "Q.763 §3.45"),
    _R(P.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE, "circuit group supervision message type", 1, 1, "Q.763 §3.13"),
    _R(P.RANGE_AND_STATUS, "range and status", 1, 33, "Q.763 §3.43"),
    _R(P.FACILITY_INDICATOR, "facility indicator", 1, 1, "Q.763 §3.22"),
    _R(P.CLOSED_USER_GROUP_INTERLOCK_CODE, "closed user group interlock code", 4, 4, "Q.763 §3.15"),
    _R(P.USER_SERVICE_INFORMATION, "user service information", 2, 11, "Q.763 §3.57"),
    _R(P.SIGNALLING_POINT_CODE, "signalling point code", 2, 3, "Q.763 §3.50", national=True),
    _R(P.USER_TO_USER_INFORMATION, "user-to-user information", 1, 129, "Q.763 §3.61"),
    _R(P.CONNECTED_NUMBER, "connected number", 2, 255, "Q.763 §3.16"),
    _R(P.SUSPEND_RESUME_INDICATORS, "suspend/resume indicators", 1, 1, "Q.763 §3.52"),
    _R(P.TRANSIT_NETWORK_SELECTION, "transit network selection", 2, 255, "Q.763 §3.53", national=True),
    _R(P.EVENT_INFORMATION, "event information", 1, 1, "Q.763 §3.21"),
    _R(P.CIRCUIT_ASSIGNMENT_MAP, "circuit assignment map", 5, 5, "Q.763 §3.69"),
    _R(P.CIRCUIT_STATE_INDICATOR, "circuit state indicator", 1, 32, "Q.763 §3.14", national=True),
    _R(P.AUTOMATIC_CONGESTION_LEVEL, "automatic congestion level", 1, 1, "Q.763 §3.4"),
    _R(P.ORIGINAL_CALLED_NUMBER, "original called number", 2, 255, "Q.763 §3.39"),
    _R(P.OPTIONAL_BACKWARD_CALL_INDICATORS, "optional backward call indicators", 1, 1, "Q.763 §3.37"),
    _R(P.USER_TO_USER_INDICATORS, "user-to-user indicators", 1, 1, "Q.763 §3.60"),
    _R(P.ORIGINATION_ISC_POINT_CODE, "origination ISC point code", 2, 2, "Q.763 §3.40"),
    _R(P.GENERIC_NOTIFICATION_INDICATOR, "generic notification indicator", 1, 255, "Q.763 §3.25"),
    _R(P.CALL_HISTORY_INFORMATION, "call history information", 2, 2, "Q.763 §3.7"),
    _R(P.ACCESS_DELIVERY_INFORMATION, "access delivery information", 1, 1, "Q.763 §3.2"),
    _R(P.NETWORK_SPECIFIC_FACILITY, "network specific facility", 1, 255, "Q.763 §3.36", national=True),
    _R(P.USER_SERVICE_INFORMATION_PRIME, "user service information prime", 2, 11, "Q.763 §3.58"),
    _R(P.PROPAGATION_DELAY_COUNTER, "propagation delay counter", 2, 2, "Q.763 §3.42"),
    _R(P.REMOTE_OPERATIONS, "remote operations", 1, 255, "Q.763 §3.48", national=True),
    _R(P.SERVICE_ACTIVATION, "service activation", 1, 255, "Q.763 §3.49"),
    _R(P.USER_TELESERVICE_INFORMATION, "user teleservice information", 2, 3, "Q.763 §3.59"),
    _R(P.TRANSMISSION_MEDIUM_USED, "transmission medium used", 1, 1, "Q.763 §3.56"),
    _R(P.CALL_DIVERSION_INFORMATION, "call diversion information", 1, 1, "Q.763 §3.6"),
    _R(P.ECHO_CONTROL_INFORMATION, "echo control information", 1, 1, "Q.763 §3.19"),
    _R(P.MESSAGE_COMPATIBILITY_INFORMATION, "message compatibility information", 1, 255, "Q.763 §3.33"),
    _R(P.PARAMETER_COMPATIBILITY_INFORMATION, "parameter compatibility information", 2, 255, "Q.763 §3.41"),
    _R(P.MLPP_PRECEDENCE, "MLPP precedence", 6, 6, "Q.763 §3.34"),
    _R(P.MCID_REQUEST_INDICATORS, "MCID request indicators", 1, 1, "Q.763 §3.31"),
    _R(P.MCID_RESPONSE_INDICATORS, "MCID response indicators", 1, 1, "Q.763 §3.32"),
    _R(P.HOP_COUNTER, "hop counter", 1, 1, "Q.763 §3.80"),
    _R(P.TRANSMISSION_MEDIUM_REQUIREMENT_PRIME, "transmission medium requirement prime", 1, 1, "Q.763 §3.55"),
    _R(P.LOCATION_NUMBER, "location number", 2, 255, "Q.763 §3.30"),
    _R(P.REDIRECTION_NUMBER_RESTRICTION, "redirection number restriction", 1, 1, "Q.763 §3.47"),
    _R(P.CALL_TRANSFER_REFERENCE, "call transfer reference", 1, 1, "Q.763 §3.65"),
    _R(P.LOOP_PREVENTION_INDICATORS, "loop prevention indicators", 1, 1, "Q.763 §3.67"),
    _R(P.CALL_TRANSFER_NUMBER, "call transfer number", 2, 255, "Q.763 §3.64"),
    _R(P.CCSS, "CCSS", 1, 1, "Q.763 §3.63"),
    _R(P.FORWARD_GVNS, "forward GVNS", 3, 255, "Q.763 §3.66"),
    _R(P.BACKWARD_GVNS, "backward GVNS", 1, 255, "Q.763 §3.62"),
    _R(P.REDIRECT_CAPABILITY, "redirect capability", 1, 255, "Q.763 §3.96", 1999, True),
    _R(P.NETWORK_MANAGEMENT_CONTROLS, "network management controls", 1, 255, "Q.763 §3.68"),
    _R(P.CORRELATION_ID, "correlation id", 1, 255, "Q.763 §3.70"),
    _R(P.SCF_ID, "SCF id", 1, 255, "Q.763 §3.71"),
    _R(P.CALL_DIVERSION_TREATMENT_INDICATORS, "call diversion treatment indicators", 1, 255, "Q.763 §3.72"),
    _R(P.CALLED_IN_NUMBER, "called IN number", 2, 255, "Q.763 §3.73"),
    _R(P.CALL_OFFERING_TREATMENT_INDICATORS, "call offering treatment indicators", 1, 255, "Q.763 §3.74"),
    _R(P.CHARGED_PARTY_IDENTIFICATION, "charged party identification", 1, 255, "Q.763 §3.75", national=True),
    _R(P.CONFERENCE_TREATMENT_INDICATORS, "conference treatment indicators", 1, 255, "Q.763 §3.76"),
    _R(P.DISPLAY_INFORMATION, "display information", 1, 255, "Q.763 §3.77"),
    _R(P.UID_ACTION_INDICATORS, "UID action indicators", 1, 255, "Q.763 §3.78"),
    _R(P.UID_CAPABILITY_INDICATORS, "UID capability indicators", 1, 255, "Q.763 §3.79"),
    _R(P.REDIRECT_COUNTER, "redirect counter", 1, 255, "Q.763 §3.97", 1999, True),
    _R(P.APPLICATION_TRANSPORT, "application transport", 3, 255, "Q.763 §3.82"),
    _R(P.COLLECT_CALL_REQUEST, "collect call request", 1, 1, "Q.763 §3.81"),
    _R(P.CCNR_POSSIBLE_INDICATOR, "CCNR possible indicator", 1, 1, "Q.763 §3.83", 1999),
    _R(P.PIVOT_CAPABILITY, "pivot capability", 1, 255, "Q.763 §3.84", 1999),
    _R(P.PIVOT_ROUTING_INDICATORS, "pivot routing indicators", 1, 255, "Q.763 §3.85", 1999),
    _R(P.CALLED_DIRECTORY_NUMBER, "called directory number", 2, 255, "Q.763 §3.86", 1999, True),
    _R(P.ORIGINAL_CALLED_IN_NUMBER, "original called IN number", 2, 255, "Q.763 §3.87", 1999),
    _R(P.CALLING_GEODETIC_LOCATION, "calling geodetic location", 2, 255, "Q.763 §3.88", 1999),
    _R(P.HTR_INFORMATION, "HTR information", 2, 255, "Q.763 §3.89", 1999),
    _R(P.NETWORK_ROUTING_NUMBER, "network routing number", 2, 255, "Q.763 §3.90", 1999, True),
    _R(P.QOR_CAPABILITY, "QoR capability", 1, 255, "Q.763 §3.91", 1999, True),
    _R(P.PIVOT_STATUS, "pivot status", 1, 255, "Q.763 §3.92", 1999, True),
    _R(P.PIVOT_COUNTER, "pivot counter", 1, 1, "Q.763 §3.93", 1999),
    _R(P.PIVOT_ROUTING_FORWARD_INFORMATION, "pivot routing forward information", 1, 255, "Q.763 §3.94", 1999),
    _R(P.PIVOT_ROUTING_BACKWARD_INFORMATION, "pivot routing backward information", 1, 255, "Q.763 §3.95", 1999),
    _R(P.REDIRECT_STATUS, "redirect status", 1, 255, "Q.763 §3.98", 1999, True),
    _R(P.REDIRECT_FORWARD_INFORMATION, "redirect forward information", 1, 255, "Q.763 §3.99", 1999, True),
    _R(P.REDIRECT_BACKWARD_INFORMATION, "redirect backward information", 1, 255, "Q.763 §3.100", 1999, True),
    _R(
        P.NUMBER_PORTABILITY_FORWARD_INFORMATION,
        "number portability forward information",
        1,
        255,
        "Q.763 §3.101",
        1999,
        True,
    ),
    _R(P.GENERIC_NUMBER, "generic number", 3, 255, "Q.763 §3.26"),
    _R(P.GENERIC_DIGITS, "generic digits", 1, 255, "Q.763 §3.24", national=True),
)

CHINA_PARAMETER_ROWS: tuple[ParameterRow, ...] = (
    _R(P.CHARGE_INFORMATION, "charge information", 2, 2, "YDN 038-1997", national=True),
)

MESSAGES: Mapping[int, MessageRow] = MappingProxyType({row.type: row for row in MESSAGE_ROWS})
PARAMETERS: Mapping[int, ParameterRow] = MappingProxyType({row.code: row for row in PARAMETER_ROWS})
