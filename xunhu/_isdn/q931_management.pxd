from xunhu._isdn.q931_base cimport Call
from xunhu._isdn.q931_channels cimport Channel
from xunhu._isdn.q931_establish cimport Establishment

cdef class Management(Establishment):
    cdef tuple _restarting
    cdef object _restart_waiting
    cdef object _restart_sent
    cdef object _t316
    cdef dict _segments

    cdef _dispatch(self, Call call, int event, arg, now)
