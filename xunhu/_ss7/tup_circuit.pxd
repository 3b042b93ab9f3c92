# C layout of the classes of tup_circuit.py; the code is there.
cimport cython

from xunhu._ss7.circuit_primitives cimport Cause, ReleaseIndication, SetupRequest
from xunhu._ss7.mtp_primitives cimport TransferRequest
from xunhu._ss7.tup_messages cimport InitialAddress
from xunhu.protocol.timer_queue cimport TimerQueue

cdef int _SERVICE, _IDLE, _FIRST_IN, _EVENTS, _RESET_EVENTS, _CONTINUITY_EVENTS, _BLOCKING_EVENTS, _CALL_ENDS
cdef list _OCTET, _STOPPED
cdef bytes _CHECKED

cdef class Destination:
    cdef public object dpc
    cdef public object index
    cdef public bint available
    cdef public bint user_available
    cdef public int step
    cdef public bint hold
    cdef public long long attempts
    cdef public bint alerted
    cdef public dict circuits

cdef class Circuit:
    cdef public object circuit
    cdef public long long index
    cdef public Destination destination
    cdef public int dpc
    cdef public int cic
    cdef public long long key
    cdef public int sls
    cdef public bytes head
    cdef public bint controls
    cdef public int state
    cdef public int blocking
    cdef public int reset
    cdef public int continuity
    cdef public long long running
    cdef public int wanted
    cdef public int local
    cdef public int remote
    cdef public int rechecks
    cdef public int call
    cdef public bint told
    cdef public bint checking
    cdef public bint complete
    cdef public bint released
    cdef public bint by_peer
    cdef public int alarms
    cdef public str digits
    cdef public SetupRequest setup
    cdef public InitialAddress initial
    cdef public Cause cause

cdef class TupCircuits:
    cdef readonly object own
    cdef readonly int bits
    cdef readonly object variant
    cdef readonly object name
    cdef public object trace
    cdef readonly dict counters
    cdef bint _st
    cdef bint _ask_calling
    cdef long long _number_length
    cdef list _ns
    cdef TimerQueue _timers
    cdef list _out
    cdef dict _circuits
    cdef dict _by_key
    cdef dict _by_index
    cdef dict _destinations
    cdef dict _calls
    cdef object _next_call
    cdef object _next_index
    cdef list _call_actions
    cdef list _blocking_actions
    cdef list _reset_actions
    cdef list _continuity_actions
    cdef list _group_actions
    cdef int _heading
    cdef bytes _octets
    cdef SetupRequest _request
    cdef str _more
    cdef bint _complete
    cdef bint _alerting
    cdef bint _charge
    cdef Cause _why

    cdef _count(self, str what)
    cdef _alarm(self, Circuit c, str code, str text)
    cdef _warn(self, Circuit c, str code, str text)
    cdef _subject(self, Circuit c)
    cdef _indicate(self, Circuit c, str why)
    cdef _signal(self, Circuit c, long long heading)
    cdef _send(self, Circuit c, bytes message)
    cdef _start(self, Circuit c, long long timer, long long now)
    cdef _stop(self, Circuit c, long long timer)
    @cython.locals(timer=cython.int)
    cdef _stop_mask(self, Circuit c, long long mask)
    @cython.locals(stopped=cython.longlong)
    cdef _enter(self, Circuit c, long long state, long long now)
    @cython.locals(state=cython.int)
    cdef _run_call(self, Circuit c, long long event, long long now)
    @cython.locals(state=cython.int)
    cdef _run_blocking(self, Circuit c, long long event, long long now)
    @cython.locals(state=cython.int)
    cdef bint _run_reset(self, Circuit c, long long event, long long now) except -1
    @cython.locals(state=cython.int)
    cdef bint _run_continuity(self, Circuit c, long long event, long long now) except -1
    cpdef _ignore(self, Circuit c, long long now)
    cpdef _discard(self, Circuit c, long long now)
    cpdef _too_late(self, Circuit c, long long now)
    cpdef _refuse(self, Circuit c, long long now)
    cpdef _pass_on(self, Circuit c, long long now)
    cdef _begin(self, Circuit c)
    cdef _end(self, Circuit c, Cause cause, bint by_peer, bint again)
    cdef Circuit _of_call(self, long long call)
    cdef Circuit _of_circuit(self, long long circuit)
    cdef _destination(self, long long dpc)
    cdef _new_index(self)
    cdef _state_of(self, Circuit c)
