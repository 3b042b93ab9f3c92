from xunhu._isdn.primitives cimport Cause, DisconnectIndication, Progress, StatusIndication
from xunhu._isdn.q931_codec cimport Fault, Message
from xunhu._isdn.q931_ie cimport CallState
from xunhu._isdn.q931_base cimport Call, Q931Base

cdef class Clearing(Q931Base):
    pass
