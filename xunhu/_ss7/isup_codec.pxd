# C layout of the class and C functions of isup_codec.py; the code is there.
from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_GET_SIZE
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize

from xunhu._ss7.isup_variants cimport Layout, Variant

cpdef Message decode(bytes octets, Variant variant)
cpdef Message joined(Message message, Message segment)
cpdef bytes encode(int cic, int message_type, parameters, Variant variant)

cdef class Message:
    cdef readonly int cic
    cdef readonly int type
    cdef readonly bint known
    cdef readonly bytes octets
    cdef readonly Layout layout
    cdef readonly int optional_at
    cpdef bytes get(self, int code)
    cpdef list all(self, int code)
    cpdef list items(self)
    cpdef list optional(self)


cdef inline bytes part(bytes octets, Py_ssize_t start, Py_ssize_t end):
    return PyBytes_FromStringAndSize(PyBytes_AS_STRING(octets) + start, end - start)


cdef inline bytes frozen(bytearray octets):
    return PyBytes_FromStringAndSize(PyByteArray_AS_STRING(octets), PyByteArray_GET_SIZE(octets))


cdef inline Message _message(int cic, int message_type, bint known, bytes octets, Layout layout, int optional_at):
    cdef Message out = Message.__new__(Message)
    out.cic = cic
    out.type = message_type
    out.known = known
    out.octets = octets
    out.layout = layout
    out.optional_at = optional_at
    return out
