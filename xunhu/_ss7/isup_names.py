"""Codes of the ISDN user part by the names of the recommendations: message types (ITU-T Q.763 (12/99) Table 4, acronyms of Q.762
Table 1; YDN 038-1997 for China's) and parameters (Q.763 Table 5).

Reserved codes that only the 1984 and 1988 editions used (call modification, delayed release, facility information, ...) are left
out: they are messages that are not known, and are answered as such.
"""

from __future__ import annotations

from enum import IntEnum


class MessageType(IntEnum):
    """Message type code, the octet after the CIC."""

    IAM = 0x01  # initial address
    SAM = 0x02  # subsequent address
    INR = 0x03  # information request
    INF = 0x04  # information
    COT = 0x05  # continuity
    ACM = 0x06  # address complete
    CON = 0x07  # connect
    FOT = 0x08  # forward transfer
    ANM = 0x09  # answer
    REL = 0x0C  # release
    SUS = 0x0D  # suspend
    RES = 0x0E  # resume
    RLC = 0x10  # release complete
    CCR = 0x11  # continuity check request
    RSC = 0x12  # reset circuit
    BLO = 0x13  # blocking
    UBL = 0x14  # unblocking
    BLA = 0x15  # blocking acknowledgement
    UBA = 0x16  # unblocking acknowledgement
    GRS = 0x17  # circuit group reset
    CGB = 0x18  # circuit group blocking
    CGU = 0x19  # circuit group unblocking
    CGBA = 0x1A  # circuit group blocking acknowledgement
    CGUA = 0x1B  # circuit group unblocking acknowledgement
    FAR = 0x1F  # facility request
    FAA = 0x20  # facility accepted
    FRJ = 0x21  # facility reject
    LPA = 0x24  # loop back acknowledgement
    PAM = 0x28  # pass-along
    GRA = 0x29  # circuit group reset acknowledgement
    CQM = 0x2A  # circuit group query
    CQR = 0x2B  # circuit group query response
    CPG = 0x2C  # call progress
    USR = 0x2D  # user-to-user information
    UCIC = 0x2E  # unequipped circuit identification code
    CFN = 0x2F  # confusion
    OLM = 0x30  # overload
    CRG = 0x31  # charge information
    NRM = 0x32  # network resource management
    FAC = 0x33  # facility
    UPT = 0x34  # user part test
    UPA = 0x35  # user part available
    IDR = 0x36  # identification request
    IRS = 0x37  # identification response
    SGM = 0x38  # segmentation
    LOP = 0x40  # loop prevention
    APM = 0x41  # application transport
    PRI = 0x42  # pre-release information
    SDN = 0x43  # subsequent directory number
    # China, YDN 038-1997
    CCL = 0xFC  # calling party clear
    MPM = 0xFD  # metering pulse
    OPR = 0xFE  # operator


class ParameterCode(IntEnum):
    """Parameter name code, the first octet of an optional parameter."""

    END_OF_OPTIONAL_PARAMETERS = 0x00
    CALL_REFERENCE = 0x01
    TRANSMISSION_MEDIUM_REQUIREMENT = 0x02
    ACCESS_TRANSPORT = 0x03
    CALLED_PARTY_NUMBER = 0x04
    SUBSEQUENT_NUMBER = 0x05
    NATURE_OF_CONNECTION_INDICATORS = 0x06
    FORWARD_CALL_INDICATORS = 0x07
    OPTIONAL_FORWARD_CALL_INDICATORS = 0x08
    CALLING_PARTYS_CATEGORY = 0x09
    CALLING_PARTY_NUMBER = 0x0A
    REDIRECTING_NUMBER = 0x0B
    REDIRECTION_NUMBER = 0x0C
    CONNECTION_REQUEST = 0x0D
    INFORMATION_REQUEST_INDICATORS = 0x0E
    INFORMATION_INDICATORS = 0x0F
    CONTINUITY_INDICATORS = 0x10
    BACKWARD_CALL_INDICATORS = 0x11
    CAUSE_INDICATORS = 0x12
    REDIRECTION_INFORMATION = 0x13
    CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE = 0x15
    RANGE_AND_STATUS = 0x16
    FACILITY_INDICATOR = 0x18
    CLOSED_USER_GROUP_INTERLOCK_CODE = 0x1A
    USER_SERVICE_INFORMATION = 0x1D
    SIGNALLING_POINT_CODE = 0x1E
    USER_TO_USER_INFORMATION = 0x20
    CONNECTED_NUMBER = 0x21
    SUSPEND_RESUME_INDICATORS = 0x22
    TRANSIT_NETWORK_SELECTION = 0x23
    EVENT_INFORMATION = 0x24
    CIRCUIT_ASSIGNMENT_MAP = 0x25
    CIRCUIT_STATE_INDICATOR = 0x26
    AUTOMATIC_CONGESTION_LEVEL = 0x27
    ORIGINAL_CALLED_NUMBER = 0x28
    OPTIONAL_BACKWARD_CALL_INDICATORS = 0x29
    USER_TO_USER_INDICATORS = 0x2A
    ORIGINATION_ISC_POINT_CODE = 0x2B
    GENERIC_NOTIFICATION_INDICATOR = 0x2C
    CALL_HISTORY_INFORMATION = 0x2D
    ACCESS_DELIVERY_INFORMATION = 0x2E
    NETWORK_SPECIFIC_FACILITY = 0x2F
    USER_SERVICE_INFORMATION_PRIME = 0x30
    PROPAGATION_DELAY_COUNTER = 0x31
    REMOTE_OPERATIONS = 0x32
    SERVICE_ACTIVATION = 0x33
    USER_TELESERVICE_INFORMATION = 0x34
    TRANSMISSION_MEDIUM_USED = 0x35
    CALL_DIVERSION_INFORMATION = 0x36
    ECHO_CONTROL_INFORMATION = 0x37
    MESSAGE_COMPATIBILITY_INFORMATION = 0x38
    PARAMETER_COMPATIBILITY_INFORMATION = 0x39
    MLPP_PRECEDENCE = 0x3A
    MCID_REQUEST_INDICATORS = 0x3B
    MCID_RESPONSE_INDICATORS = 0x3C
    HOP_COUNTER = 0x3D
    TRANSMISSION_MEDIUM_REQUIREMENT_PRIME = 0x3E
    LOCATION_NUMBER = 0x3F
    REDIRECTION_NUMBER_RESTRICTION = 0x40
    CALL_TRANSFER_REFERENCE = 0x43
    LOOP_PREVENTION_INDICATORS = 0x44
    CALL_TRANSFER_NUMBER = 0x45
    CCSS = 0x4B
    FORWARD_GVNS = 0x4C
    BACKWARD_GVNS = 0x4D
    REDIRECT_CAPABILITY = 0x4E
    NETWORK_MANAGEMENT_CONTROLS = 0x5B
    CORRELATION_ID = 0x65
    SCF_ID = 0x66
    CALL_DIVERSION_TREATMENT_INDICATORS = 0x6E
    CALLED_IN_NUMBER = 0x6F
    CALL_OFFERING_TREATMENT_INDICATORS = 0x70
    CHARGED_PARTY_IDENTIFICATION = 0x71
    CONFERENCE_TREATMENT_INDICATORS = 0x72
    DISPLAY_INFORMATION = 0x73
    UID_ACTION_INDICATORS = 0x74
    UID_CAPABILITY_INDICATORS = 0x75
    REDIRECT_COUNTER = 0x77
    APPLICATION_TRANSPORT = 0x78
    COLLECT_CALL_REQUEST = 0x79
    CCNR_POSSIBLE_INDICATOR = 0x7A
    PIVOT_CAPABILITY = 0x7B
    PIVOT_ROUTING_INDICATORS = 0x7C
    CALLED_DIRECTORY_NUMBER = 0x7D
    ORIGINAL_CALLED_IN_NUMBER = 0x7F
    CALLING_GEODETIC_LOCATION = 0x81
    HTR_INFORMATION = 0x82
    NETWORK_ROUTING_NUMBER = 0x84
    QOR_CAPABILITY = 0x85
    PIVOT_STATUS = 0x86
    PIVOT_COUNTER = 0x87
    PIVOT_ROUTING_FORWARD_INFORMATION = 0x88
    PIVOT_ROUTING_BACKWARD_INFORMATION = 0x89
    REDIRECT_STATUS = 0x8A
    REDIRECT_FORWARD_INFORMATION = 0x8B
    REDIRECT_BACKWARD_INFORMATION = 0x8C
    NUMBER_PORTABILITY_FORWARD_INFORMATION = 0x8D
    GENERIC_NUMBER = 0xC0
    GENERIC_DIGITS = 0xC1
    # China, YDN 038-1997: mandatory and fixed in MPM, so that the code is ours and never on the line
    CHARGE_INFORMATION = 0xFD
