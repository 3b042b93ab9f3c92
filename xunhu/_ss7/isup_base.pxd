# C layout of the class of isup_base.py; the code is there.
cimport cython

from xunhu._ss7.circuit_primitives cimport Cause, ReleaseIndication
from xunhu._ss7.isup_circuit cimport Circuit, Destination, Group
from xunhu._ss7.isup_variants cimport Variant
from xunhu._ss7.mtp_primitives cimport TransferRequest
from xunhu.protocol.timer_queue cimport TimerQueue

cdef int _CICS, _IDLE, _END, _CLEAR, _RELEASE, _CALL_EVENTS, _CHECK_EVENTS, _SUSPENSION_EVENTS
cdef unsigned long long _CALL_TIMERS
cdef list _bits, _call_cells, _check_cells, _suspension_cells, _state_timers

cdef class IsupBase:
    cdef readonly int own
    cdef readonly Variant variant
    cdef readonly str name
    cdef public object trace
    cdef readonly dict counters
    cdef readonly long long sent
    cdef public long long received
    cdef readonly list _ns
    cdef str _controls
    cdef list _out
    cdef readonly TimerQueue _timers
    cdef readonly dict _by_key, _by_number, _calls, _destinations, _owners, _bodies
    cdef readonly int _last_index
    cdef readonly long long _last_call
    cdef bytes _rlc_body
    cdef int _longest
    # of the classes that build on this one: see there
    cdef dict _groups
    cdef int _location, _level, _refused
    cdef bint _international, _echo_control, _con, _interworking, _multirate, _fallback, _ucic, _transit
    cdef dict _rel_bodies
    cdef list _causes, _acm_bodies
    cdef object _propagation_delay
    cdef int _hops, _bci_second
    cdef bytes _fci, _fci_digital, _anm_body, _dropped, _codes
    cdef set _unequipped, _paused

    cpdef bytes _body(self, message_type, parameters)
    cdef _send(self, Circuit circuit, bytes body)
    cdef _start(self, Circuit circuit, int timer, now)
    cdef _stop(self, Circuit circuit, int timer)
    @cython.locals(timer=cython.int, left=cython.ulonglong)
    cdef _stop_mask(self, Circuit circuit, unsigned long long timers)
    @cython.locals(before=cython.int)
    cdef _call_event(self, Circuit circuit, int event, arg, now)
    @cython.locals(timers=cython.ulonglong)
    cdef _enter(self, Circuit circuit, int state)
    cdef long long _begin(self, Circuit circuit)
    @cython.locals(call=cython.longlong)
    cdef _tell_release(self, Circuit circuit, Cause cause, bint by_peer, bint again)
    cdef _leave_talk(self, Circuit circuit, now)
    cdef _to_idle(self, Circuit circuit, now)


cdef inline TransferRequest transfer_request(int opc, int dpc, int sls, bytes octets):
    cdef TransferRequest out = TransferRequest.__new__(TransferRequest)
    out.service = 5
    out.opc = opc
    out.dpc = dpc
    out.sls = sls
    out.priority = 0
    out.octets = octets
    return out


cdef inline ReleaseIndication release_indication(long long call, int circuit, Cause cause, bint by_peer, bint again):
    cdef ReleaseIndication out = ReleaseIndication.__new__(ReleaseIndication)
    out.call = call
    out.circuit = circuit
    out.cause = cause
    out.by_peer = by_peer
    out.again = again
    return out
