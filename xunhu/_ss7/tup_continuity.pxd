# C layout of the class of tup_continuity.py; the code is there.
cimport cython

from xunhu._ss7.tup_circuit cimport Circuit
from xunhu._ss7.tup_reset cimport TupReset

cdef int _QUIET, _OUT_CHECK, _DELAY, _TONE, _CLEARING, _IN_CHECK, _IN_WAIT, _IN_LOOP, _IDLE, _OUT_WAIT_COMPLETE
cdef int _CHECK_FAILED, _CONTINUITY_FAILED, _NO_CONTINUITY, _STUCK

cdef class TupContinuity(TupReset):
    cdef _leave(self, Circuit c)
    cpdef _end_check(self, Circuit c, long long now)
    cpdef _check_outgoing(self, Circuit c, long long now)
    cpdef _check_passed(self, Circuit c, long long now)
    cpdef _check_failed(self, Circuit c, long long now)
    cpdef _send_request(self, Circuit c, long long now)
    cpdef _recheck_passed(self, Circuit c, long long now)
    cpdef _recheck_failed(self, Circuit c, long long now)
    cpdef _recheck_ended(self, Circuit c, long long now)
    cpdef _recheck_stuck(self, Circuit c, long long now)
    cpdef _give_way(self, Circuit c, long long now)
    cpdef _seizure_in_recheck(self, Circuit c, long long now)
    cpdef _request_in_recheck(self, Circuit c, long long now)
    cpdef _check_incoming(self, Circuit c, long long now)
    cpdef _continuity_given(self, Circuit c, long long now)
    cpdef _continuity_failed(self, Circuit c, long long now)
    cpdef _continuity_unknown(self, Circuit c, long long now)
    cpdef _take_request(self, Circuit c, long long now)
    cpdef _request_on_quiet_circuit(self, Circuit c, long long now)
    cpdef _guard_after_check(self, Circuit c, long long now)
    cpdef _recheck_not_given(self, Circuit c, long long now)
    cpdef _recheck_missing(self, Circuit c, long long now)
