from xunhu._isdn.q931_base cimport Call, Q931Base

cdef class Clearing(Q931Base):
    pass
