# C layout of mtp2.py, and the C form of mtp2_units.message_indication; the code is there.
cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

from xunhu._ss7.mtp2_rc cimport ReceptionControl
from xunhu._ss7.mtp2_txc cimport TransmissionControl
from xunhu._ss7.mtp_primitives cimport LinkIndication

cdef long long _NEVER
cdef int _INVALID, _LSSU, _MSU, _TAKE, _ACKNOWLEDGE, _FAIL_BSN, _FAIL_FIB, _SHORTEST, _LONGEST, _MESSAGE, _ERRORED


cdef inline LinkIndication message_indication(bytes unit, Py_ssize_t header):
    cdef LinkIndication out = LinkIndication.__new__(LinkIndication)
    out.kind = 0
    out.octets = PyBytes_FromStringAndSize(PyBytes_AS_STRING(unit) + header, PyBytes_GET_SIZE(unit) - header)
    out.value = 0
    return out


cdef class Mtp2:
    cdef readonly object name, rate, correction
    cdef object _trace
    cdef TransmissionControl _txc
    cdef ReceptionControl _rc
    cdef Py_ssize_t _header
    cdef object _aerm, _iac, _poc, _cc, _error_rate, _lsc, _measurements
    cdef list _out
    cdef int _state
    cdef bint _aligned, _in_service, _aborted, _monitoring
    cdef long long _slow_at, _now
    cdef bytes _last
    cdef long long _errored, _invalid
    cdef bint _losing
    cdef int _level_told

    @cython.locals(at=cython.longlong, txc=TransmissionControl)
    cdef long long _deadline(self)
    cpdef drain(self)
    cpdef request(self, int kind, bytes octets, long long value, long long now)
    cpdef message_for_transmission(self, bytes octets)
    cpdef next_signal_unit(self, long long now)
    @cython.locals(rc=ReceptionControl, kind=cython.int, verdict=cython.int)
    cpdef receive(self, bytes su, long long now)
    cpdef errored(self, int good, long long now)
    @cython.locals(unit=bytes)
    cpdef receive_all(self, list units, long long now)
