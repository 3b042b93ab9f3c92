# C form of make.py.
from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_FromStringAndSize, PyByteArray_GET_SIZE
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcpy

from xunhu._isdn.primitives cimport DataRequest
from xunhu._isdn.q921_primitives cimport DlDataIndication, Frame


cdef inline Frame information_frame(int address, int tei, int control, int second, bytes payload):
    cdef Py_ssize_t size = 0 if payload is None else PyBytes_GET_SIZE(payload)
    cdef bytes octets = PyBytes_FromStringAndSize(NULL, 4 + size)
    cdef char *at = PyBytes_AS_STRING(octets)
    cdef Frame frame
    at[0] = <char>address
    at[1] = <char>tei
    at[2] = <char>control
    at[3] = <char>second
    if size:
        memcpy(at + 4, PyBytes_AS_STRING(payload), size)
    frame = Frame.__new__(Frame)
    frame.octets = octets
    return frame


cdef inline Frame short_frame(int address, int tei, int control, int second):
    return information_frame(address, tei, control, second, None)


cdef inline DlDataIndication data_indication(bytes frame):
    cdef DlDataIndication out = DlDataIndication.__new__(DlDataIndication)
    out.payload = PyBytes_FromStringAndSize(PyBytes_AS_STRING(frame) + 4, PyBytes_GET_SIZE(frame) - 4)
    return out


cdef inline bytes part(bytes data, Py_ssize_t start, Py_ssize_t end):
    return PyBytes_FromStringAndSize(PyBytes_AS_STRING(data) + start, end - start)


cdef inline bytearray message_head(int discriminator, int reference_octets, int reference, int message_type):
    cdef char head[5]
    cdef int size = 2
    head[0] = <char>discriminator
    head[1] = <char>reference_octets
    if reference_octets == 2:
        head[2] = <char>(reference >> 8)
        size = 3
    if reference_octets:
        head[size] = <char>reference
        size += 1
    head[size] = <char>message_type
    return PyByteArray_FromStringAndSize(head, size + 1)


cdef inline bytes frozen(bytearray octets):
    return PyBytes_FromStringAndSize(PyByteArray_AS_STRING(octets), PyByteArray_GET_SIZE(octets))


cdef inline DataRequest data_request(bytes payload):
    cdef DataRequest out = DataRequest.__new__(DataRequest)
    out.payload = payload
    return out
