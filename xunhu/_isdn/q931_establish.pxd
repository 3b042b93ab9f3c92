from xunhu._isdn.q931_base cimport Call
from xunhu._isdn.q931_channels cimport Channel
from xunhu._isdn.q931_clearing cimport Clearing

cdef class Establishment(Clearing):
    pass
