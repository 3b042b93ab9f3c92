# C layout of mtp2_txc.py, and the C form of the functions of mtp2_units.py that make octets; the code is there.
cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcpy

cdef long long _NEVER
cdef int _IDLE, _LSSU, _FISU, _MSU
cdef int _W_SIB, _W_RETRANSMISSION, _W_NEW, _W_CYCLE, _W_NOTHING
cdef int _U_NONE, _U_LSSU, _U_SIB, _U_FISU, _U_OLD, _U_NEW
cdef int _WAITINGS, _SIB, _NO_STATUS, _DEAD
cdef bytes _UNITS, _EMPTY
cdef list _STATUS


cdef inline bytes basic_unit(int bsn, int bib, int fsn, int fib, bytes octets):
    cdef Py_ssize_t size = PyBytes_GET_SIZE(octets)
    cdef bytes unit = PyBytes_FromStringAndSize(NULL, 3 + size)
    cdef unsigned char *at = <unsigned char *>PyBytes_AS_STRING(unit)
    at[0] = <unsigned char>(bsn | bib << 7)
    at[1] = <unsigned char>(fsn | fib << 7)
    at[2] = <unsigned char>(63 if size > 63 else size)
    memcpy(at + 3, PyBytes_AS_STRING(octets), size)
    return unit


cdef inline bytes extended_unit(int bsn, int bib, int fsn, int fib, bytes octets):
    cdef Py_ssize_t size = PyBytes_GET_SIZE(octets)
    cdef bytes unit = PyBytes_FromStringAndSize(NULL, 6 + size)
    cdef unsigned char *at = <unsigned char *>PyBytes_AS_STRING(unit)
    at[0] = <unsigned char>bsn
    at[1] = <unsigned char>(bsn >> 8 | bib << 7)
    at[2] = <unsigned char>fsn
    at[3] = <unsigned char>(fsn >> 8 | fib << 7)
    at[4] = <unsigned char>size
    at[5] = <unsigned char>(size >> 8)
    memcpy(at + 6, PyBytes_AS_STRING(octets), size)
    return unit


cdef class TransmissionControl:
    cdef readonly bint extended, pcr
    cdef readonly int mask, n1, limit
    cdef readonly long long n2
    cdef long long _t6_ns, _t7_ns
    cdef list _onset, _abate
    cdef readonly int transmission, status
    cdef readonly bint timed, sib_waits
    cdef list _tb, _rtb
    cdef Py_ssize_t _tb_head
    cdef readonly int waiting, unacknowledged
    cdef readonly long long octets
    cdef readonly int fsnf, fsnt, fsnx, fib, bib
    cdef int _z
    cdef bint _retransmitting
    cdef readonly bint sib_received
    cdef long long _given
    cdef public long long t6_at, t7_at
    cdef readonly int level
    cdef long long _up, _down
    cdef public bint level_changed
    cdef int _kept_first
    cdef list _kept, _kept_new
    cdef readonly long long messages_sent, octets_sent, messages_again, octets_again, nacks, sibs, discarded

    cdef _inhibit(self)
    cpdef acknowledge_up_to(self, int fsnx)
    cpdef nack_to_be_sent(self)
    cpdef bint message(self, bytes octets)
    cpdef bint outside(self, int bsn)
    @cython.locals(n=cython.int)
    cpdef acknowledged(self, int bsn, int bib, long long now)
    cdef _stop_t6(self)
    @cython.locals(fsn=cython.int, mask=cython.int, rtb=list, done=cython.bint, i=cython.int, old=bytes)
    cdef _release(self, int n)
    @cython.locals(held=cython.longlong, level=cython.int)
    cdef _measure(self)
    @cython.locals(bsn=cython.int)
    cdef long long _idle(self, int status)
    @cython.locals(waiting=cython.int)
    cdef int _choose(self)
    @cython.locals(unit=cython.int)
    cpdef bint wants_line(self)
    @cython.locals(unit=cython.int)
    cpdef next_unit(self, long long now)
    @cython.locals(packed=cython.longlong)
    cdef _idle_unit(self, int status, bytes octets)
    @cython.locals(bsn=cython.int)
    cdef bytes _unit(self, int fsn, bytes octets)
    @cython.locals(octets=bytes, fsn=cython.int)
    cdef bytes _new_message(self, long long now)
    @cython.locals(octets=bytes, fsn=cython.int, bsn=cython.int)
    cdef bytes _message_again(self)
    cdef bint _limit_reached(self)
    @cython.locals(tb=list, head=cython.Py_ssize_t, octets=bytes)
    cdef bytes _take(self)
    cdef list _drop_new(self)
    cdef _drop_old(self)
    cdef _keep(self)
