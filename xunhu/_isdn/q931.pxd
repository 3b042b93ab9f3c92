from xunhu._isdn.primitives cimport Cause, Number, Progress, SetupRequest
from xunhu._isdn.q931_codec cimport Fault, Message, decode
from xunhu._isdn.q931_base cimport Call
from xunhu._isdn.q931_channels cimport Channel
from xunhu._isdn.q931_management cimport Management

cdef class Q931(Management):
    cdef list _actions

    cdef _receive_call(self, Message message, now)
    cdef _receive_null(self, Message message, now)
    cdef _receive_new(self, Message message, row, now)
    cdef _dispatch(self, Call call, event, arg, now)
    cdef _request(self, number, event, arg, now)
