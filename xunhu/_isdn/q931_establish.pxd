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

cpdef check_number(Number number, str what, int maximum)
cpdef check_progress(progress)
cpdef check_cause(Cause cause)
cpdef check_request(SetupRequest request)

cdef class Establishment(Clearing):
    cdef tuple _setup_elements(self, Call call, SetupRequest request)
    cdef bint _accept_channel(self, Call call, Message message, now) except -1
    cdef bint _take(self, number) except -1
    cdef int _choose_channel(self, Call call, Message message) except -1
