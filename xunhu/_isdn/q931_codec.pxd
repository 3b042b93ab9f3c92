# C layout of the classes and C functions of q931_codec.py; the code is there.

from xunhu._isdn.q931_ie cimport Raw, Shift, SingleOctet, decode_contents, encode_element

cpdef Message decode(bytes octets)
cpdef encode_octets(message_type, reference, flag, elements, reference_octets, discriminator)

cdef class Fault:
    cdef readonly object code
    cdef readonly object codeset
    cdef readonly object cause
    cdef readonly object required

cdef class Message:
    cdef readonly object type
    cdef readonly object reference
    cdef readonly object flag
    cdef readonly tuple elements
    cdef readonly object reference_octets
    cdef readonly object discriminator
    cdef readonly tuple faults
    cpdef find(self, cls)
    cpdef tuple find_all(self, cls)
    cpdef has_octet(self, code)
