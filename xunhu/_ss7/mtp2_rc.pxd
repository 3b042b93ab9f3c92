# C layout of mtp2_rc.py; the code is there.
cimport cython
from xunhu._ss7.mtp2_txc cimport TransmissionControl

cdef int _INVALID, _FISU, _LSSU, _MSU, _TAKE, _DISCARD, _ACKNOWLEDGE, _FAIL_BSN, _FAIL_FIB, _LONGEST
cdef int _NORMAL, _GOOD, _BAD, _BAD_AWAITING, _SEQUENCE_EVENTS
cdef bytes _VERDICT, _NEXT, _ACCEPT
cdef int _EXPECTED, _LAST, _OTHER, _NONE, _DELIVER, _WITHHOLD, _NACK, _REMEMBER, _DROP

cdef class ReceptionControl:
    cdef TransmissionControl _txc
    cdef readonly bint extended
    cdef readonly int mask
    cdef int _correction
    cdef readonly bint running, accepting
    cdef readonly int fsnx
    cdef int _fibx
    cdef bint _awaiting
    cdef int _bsn_check, _fib_check
    cdef readonly int congestion
    cdef bint _served
    cdef int _kept_bsnt
    cdef readonly int bsn, bib, fsn, fib, kind, length
    cdef readonly long long messages_received, octets_received, nacks_sent, out_of_sequence, abnormal

    @cython.locals(size=cython.Py_ssize_t, bsn=cython.int, fsn=cython.int, bib=cython.int, fib=cython.int, length=cython.Py_ssize_t)
    cpdef int parse(self, bytes unit)
    @cython.locals(outside=cython.bint, verdict=cython.int)
    cpdef int check(self)
    @cython.locals(cell=cython.int)
    cdef int _check_bsn(self, int event)
    @cython.locals(event=cython.int, cell=cython.int, verdict=cython.int)
    cdef int _check_fib(self)
    cpdef acknowledge(self, long long now)
    @cython.locals(ahead=cython.int, numbered=cython.int, action=cython.int)
    cpdef bint take(self, long long now)
    cdef _nack(self)
