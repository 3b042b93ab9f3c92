# C layout of the class of tup_reset.py; the code is there.
cimport cython

from xunhu._ss7.tup_circuit cimport Circuit
from xunhu._ss7.tup_groups cimport TupGroups

cdef int _QUIET, _WAIT, _ALERTED, _GROUP, _RESET_REQUEST, _RESET, _IDLED, _CANCEL_CHECK, _BLOCK_AGAIN, _BLO

cdef class TupReset(TupGroups):
    cpdef _reset_circuit(self, Circuit c, long long now)
    cpdef _send_reset(self, Circuit c, long long now)
    cpdef _reset_by_group(self, Circuit c, long long now)
    cpdef _reset_later(self, Circuit c, long long now)
    cpdef _repeat_reset(self, Circuit c, long long now)
    cpdef _reset_unanswered(self, Circuit c, long long now)
    cpdef _repeat_reset_slowly(self, Circuit c, long long now)
    cpdef _end_reset(self, Circuit c, long long now)
    cpdef _reset_confirmed(self, Circuit c, long long now)
    cpdef _reset_confirmed_by_clear(self, Circuit c, long long now)
    cpdef _reset_confirmed_by_blocking(self, Circuit c, long long now)
    cpdef _take_reset(self, Circuit c, long long now)
    cpdef _guard_reset(self, Circuit c, long long now)
    cdef bint _blocks(self, Circuit c) except -1
    cpdef _reset_unreasonable(self, Circuit c, long long now)
