from xunhu._isdn.q931_base cimport Call
from xunhu._isdn.q931_channels cimport Channel
from xunhu._isdn.q931_management cimport Management

cdef class Q931(Management):
    cdef list _actions
