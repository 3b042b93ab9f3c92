# C layout of the class of tup_outgoing.py; the code is there.
cimport cython

from xunhu._ss7.circuit_primitives cimport (
    AddressCompleteIndication,
    AnswerIndication,
    Cause,
    DisconnectIndication,
    Number,
    ReleaseIndication,
    SetupRequest,
)
from xunhu._ss7.tup_circuit cimport Circuit, Destination
from xunhu._ss7.tup_codec cimport line_number, write_forward, write_initial, write_subsequent
from xunhu._ss7.tup_continuity cimport TupContinuity

cdef int _IDLE, _OUT_WAIT_COMPLETE, _OUT_WAIT_ANSWER, _OUT_ANSWERED, _OUT_CLEARED_BACK, _OUT_WAIT_RELEASE_GUARD
cdef int _SETUP_REQUEST, _INFORMATION_REQUEST, _OUT_CALL, _RESET_REQUEST, _STUCK, _ORDINARY, _TEST_CALL, _UNRESTRICTED, _STEPS

cdef class TupOutgoing(TupContinuity):
    cdef _refused_by_congestion(self, Circuit c)
    @cython.locals(request=SetupRequest, calling=Number, original=Number, called=Number, indicators=cython.int, present=cython.int, heading=cython.int, signals=str, first=str)
    cpdef _send_initial_address(self, Circuit c, long long now)
    cdef _subsequent(self, str signals)
    cpdef _send_subsequent_address(self, Circuit c, long long now)
    cpdef _answer_request(self, Circuit c, long long now)
    @cython.locals(indicators=cython.int)
    cpdef _address_complete(self, Circuit c, long long now)
    @cython.locals(direct=cython.bint)
    cpdef _answered(self, Circuit c, long long now)
    cpdef _cleared_back(self, Circuit c, long long now)
    cpdef _re_answered(self, Circuit c, long long now)
    cpdef _tell_charge(self, Circuit c, long long now)
    cpdef _tell_information(self, Circuit c, long long now)
    cpdef _send_clear_forward(self, Circuit c, long long now)
    cdef _fails(self, Circuit c, Cause cause, bint by_peer, long long now)
    cpdef _clear_forward(self, Circuit c, long long now)
    cpdef _unsuccessful(self, Circuit c, long long now)
    cpdef _address_complete_missing(self, Circuit c, long long now)
    cpdef _answer_missing(self, Circuit c, long long now)
    cpdef _re_answer_missing(self, Circuit c, long long now)
    cpdef _guard_without_clear(self, Circuit c, long long now)
    cdef _elsewhere(self, Circuit c, Cause cause)
    cpdef _blocked_while_seizing(self, Circuit c, long long now)
    cpdef _unreasonable_while_seizing(self, Circuit c, long long now)
    cpdef _continuity_check_failed(self, Circuit c, long long now)
    cpdef _reset_outgoing(self, Circuit c, long long now)
    cpdef _clear_again(self, Circuit c, long long now)
    cpdef _repeat_clear_forward(self, Circuit c, long long now)
    cpdef _released(self, Circuit c, long long now)
    cpdef _lose_call(self, Circuit c, long long now)
    cpdef _stuck(self, Circuit c, long long now)
    cpdef _guard(self, Circuit c, long long now)
