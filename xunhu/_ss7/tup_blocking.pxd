# C layout of the class of tup_blocking.py; the code is there.
cimport cython

from xunhu._ss7.tup_circuit cimport Circuit
from xunhu._ss7.tup_circuit cimport TupCircuits

cdef int _QUIET, _WAIT_BLA, _WAIT_UBA, _BLOCKED

cdef class TupBlocking(TupCircuits):
    cpdef _blocking_message(self, Circuit c, long long now)
    cdef _set_remote(self, Circuit c, long long condition, bint on, long long now)
    cpdef _take_blocking(self, Circuit c, long long now)
    cpdef _take_unblocking(self, Circuit c, long long now)
    cpdef _send_blocking(self, Circuit c, long long now)
    cpdef _repeat_blocking(self, Circuit c, long long now)
    cpdef _blocking_unanswered(self, Circuit c, long long now)
    cpdef _repeat_blocking_slowly(self, Circuit c, long long now)
    cpdef _blocking_confirmed(self, Circuit c, long long now)
    cpdef _send_unblocking(self, Circuit c, long long now)
    cpdef _repeat_unblocking(self, Circuit c, long long now)
    cpdef _unblocking_unanswered(self, Circuit c, long long now)
    cpdef _repeat_unblocking_slowly(self, Circuit c, long long now)
    cpdef _unblocking_confirmed(self, Circuit c, long long now)
    cpdef _stray_blocking_acknowledgement(self, Circuit c, long long now)
    cpdef _stray_unblocking_acknowledgement(self, Circuit c, long long now)
    cdef _stop_blocking(self, Circuit c)
