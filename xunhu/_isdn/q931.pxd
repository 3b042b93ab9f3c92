from xunhu._isdn.primitives cimport Cause, Number, Progress, SetupRequest
from xunhu._isdn.q931_codec cimport Fault, Message, decode, missing_of
from xunhu._isdn.q931_base cimport Call
from xunhu._isdn.q931_channels cimport Channel
from xunhu._isdn.q931_establish cimport check_cause, check_number, check_progress, check_request
from xunhu._isdn.q931_management cimport Management

cdef int _MAINTENANCE, _SEGMENT, _SETUP

cdef class Q931(Management):
    cdef list _actions
    cdef list _wanted

    cdef _receive_call(self, Message message, now)
    cdef _receive_null(self, Message message, now)
    cdef _receive_new(self, Message message, tuple wanted, now)
    cdef _dispatch(self, Call call, int event, arg, now)
    cdef _request(self, number, int event, arg, now)
