# C layout of the class of tup_incoming.py; the code is there.
cimport cython

from xunhu._ss7.circuit_primitives cimport Cause, DisconnectIndication, InformationIndication, Number, SetupIndication
from xunhu._ss7.tup_circuit cimport Circuit
from xunhu._ss7.tup_codec cimport read_forward, read_initial, read_subsequent
from xunhu._ss7.tup_messages cimport InitialAddress
from xunhu._ss7.tup_outgoing cimport TupOutgoing

cdef int _IDLE, _OUT_WAIT_COMPLETE, _IN_WAIT_INFORMATION, _IN_WAIT_COMPLETE, _IN_WAIT_ANSWER, _IN_ANSWERED, _IN_CLEARED_BACK
cdef int _IN_WAIT_CLEAR_FORWARD, _ADDRESS_COMPLETE_REQUEST, _PROGRESS_REQUEST, _ANSWER_REQUEST, _SUSPEND_REQUEST, _RESUME_REQUEST
cdef int _RELEASE_REQUEST, _IN_CALL, _CALL_ENDS, _BLOCKING_QUIET, _TEST_CALL, _MAXIMUM_DIGITS, _SPEECH, _UNRESTRICTED

cdef class TupIncoming(TupOutgoing):
    cpdef _take_initial_address(self, Circuit c, long long now)
    cdef _take_seizure(self, Circuit c, InitialAddress message, long long now)
    cdef bint _whole(self, str digits, bint st) except -1
    cpdef _dual_seizure(self, Circuit c, long long now)
    cpdef _seizure_while_clearing(self, Circuit c, long long now)
    cdef _read_digits(self, Circuit c)
    cpdef _keep_digits(self, Circuit c, long long now)
    cpdef _more_digits(self, Circuit c, long long now)
    cpdef _take_information(self, Circuit c, long long now)
    cpdef _information_missing(self, Circuit c, long long now)
    cpdef _send_address_complete(self, Circuit c, long long now)
    cpdef _send_answer_at_once(self, Circuit c, long long now)
    cpdef _send_answer(self, Circuit c, long long now)
    cpdef _send_clear_back(self, Circuit c, long long now)
    cpdef _clear_back_for_good(self, Circuit c, long long now)
    cpdef _wait_for_clear_forward(self, Circuit c, long long now)
    cpdef _send_re_answer(self, Circuit c, long long now)
    cdef _fail(self, Circuit c, long long heading, long long now)
    cpdef _refuse_call(self, Circuit c, long long now)
    cpdef _fail_call(self, Circuit c, long long now)
    cpdef _digits_missing(self, Circuit c, long long now)
    cpdef _continuity_missing(self, Circuit c, long long now)
    cpdef _no_clear_forward(self, Circuit c, long long now)
    cpdef _repeat_call_failure(self, Circuit c, long long now)
    cpdef _calling_party_clears(self, Circuit c, long long now)
    cdef _over(self, Circuit c, Cause other, long long now)
    cpdef _cleared(self, Circuit c, long long now)
    cpdef _reset_incoming(self, Circuit c, long long now)
    cpdef _continuity_not_given(self, Circuit c, long long now)
