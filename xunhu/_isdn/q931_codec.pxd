# C layout of the classes and C functions of q931_codec.py; the code is there.

from xunhu._isdn.make cimport frozen, message_head, part
from xunhu._isdn.q931_ie cimport Raw, Shift, SingleOctet
from xunhu._isdn.q931_ie_codec cimport decode_contents, encode_element

cpdef Message decode(bytes octets)
cpdef encode_octets(int message_type, int reference, bint flag, elements, int reference_octets, int discriminator)
cpdef missing_of(Message message, tuple wanted)

cdef class Fault:
    cdef readonly object code
    cdef readonly object codeset
    cdef readonly object cause
    cdef readonly object required

cdef class Message:
    cdef readonly int type
    cdef readonly int reference
    cdef readonly bint flag
    cdef readonly tuple elements
    cdef readonly int reference_octets
    cdef readonly int discriminator
    cdef readonly tuple faults
    cpdef find(self, cls)
    cpdef tuple find_all(self, cls)
    cpdef has_octet(self, code)


cdef inline Message _message(
    int message_type, int reference, bint flag, tuple elements, int reference_octets, int discriminator, tuple faults
):
    cdef Message out = Message.__new__(Message)
    out.type = message_type
    out.reference = reference
    out.flag = flag
    out.elements = elements
    out.reference_octets = reference_octets
    out.discriminator = discriminator
    out.faults = faults
    return out
