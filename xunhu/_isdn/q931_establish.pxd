from xunhu._isdn.primitives cimport (
    AlertingIndication,
    Bearer,
    Cause,
    InformationIndication,
    NotifyIndication,
    Number,
    ProceedingIndication,
    Progress,
    ProgressIndication,
    SetupAckIndication,
    SetupCompleteIndication,
    SetupConfirm,
    SetupIndication,
    SetupRequest,
)
from xunhu._isdn.q931_codec cimport Message
from xunhu._isdn.q931_ie cimport (
    BearerCapability,
    CalledPartyNumber,
    CallingPartyNumber,
    ChannelIdentification,
    ConnectedNumber,
    Display,
    Keypad,
    Notification,
    RedirectingNumber,
    SingleOctet,
)
from xunhu._isdn.q931_base cimport Call
from xunhu._isdn.q931_channels cimport Channel
from xunhu._isdn.q931_clearing cimport Clearing

cdef class Establishment(Clearing):
    pass
