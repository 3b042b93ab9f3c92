# C layout of the class of isup_release.py; the code is there.

from xunhu._ss7.circuit_primitives cimport Cause, DisconnectIndication
from xunhu._ss7.isup_circuit cimport Circuit
from xunhu._ss7.isup_codec cimport Message
from xunhu._ss7.isup_continuity cimport Continuity
from xunhu._ss7.isup_parameters_call cimport decode_cause_indicators

cdef int _REL, _RLC, _CAUSE, _ACL, _ICC_LAST, _ICC_WAIT_RELEASE, _ICC_WAIT_RLC, _OGC_WAIT_ACM, _OGC_WAIT_RELEASE, _OGC_WAIT_RLC

cdef class Release(Continuity):
    cdef Cause _why(self, Circuit circuit)
    cdef bytes _rel_body(self, Cause cause)
    cpdef _send_rel(self, Circuit circuit, Cause cause, now)
    cpdef _release(self, Circuit circuit, Cause cause, now)
    cpdef _confirm_release(self, Circuit circuit, cause, now)
    cdef Cause _cause_of(self, Message message)
    cpdef _peer_releases(self, Circuit circuit, Message message, now)
    cpdef _release_complete(self, Circuit circuit, message, now)


cdef inline DisconnectIndication disconnect_indication(long long call, Cause cause):
    cdef DisconnectIndication out = DisconnectIndication.__new__(DisconnectIndication)
    out.call = call
    out.cause = cause
    return out
