# C form of make.py.
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcpy

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
