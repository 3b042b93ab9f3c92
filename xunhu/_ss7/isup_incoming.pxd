# C layout of the class of isup_incoming.py; the code is there.
cimport cython

from xunhu._ss7.circuit_primitives cimport Cause, Number, SetupIndication
from xunhu._ss7.isup_circuit cimport Circuit
from xunhu._ss7.isup_codec cimport Message
from xunhu._ss7.isup_outgoing cimport Outgoing
from xunhu._ss7.isup_parameters_numbers cimport decode_called_party_number, decode_calling_party_number

cdef int _ACM, _CON, _ANM, _CPG, _NCI, _CATEGORY, _TMR, _CALLED, _CALLING, _CONVEYED, _TEST, _LAST_NARROW
cdef int _ICC_WAIT_DIGITS, _ICC_WAIT_ACM, _ICC_WAIT_ANM, _ICC_ANSWERED, _OGC_WAIT_ACM

cdef class Incoming(Outgoing):
    @cython.locals(category=cython.int, medium=cython.int, refusal=cython.int, octets=bytes)
    cpdef _incoming_call(self, Circuit circuit, Message message, now)
    cdef int _refusal(self, Circuit circuit, int medium, int category, now) except -1
    @cython.locals(others=tuple, call=cython.longlong, nature=cython.int, check=cython.int, parameters=tuple, optional=list, calling=Number, octets=bytes)
    cdef _offer(self, Circuit circuit, Message message, Number called, bint complete, int category, int medium, now)
    cdef Number _calling_number(self, Message message)
    @cython.locals(which=cython.int, body=bytes)
    cdef _acm(self, Circuit circuit, bint alerting, bint inband, Cause cause, bint charge, now)
    cpdef _send_acm(self, Circuit circuit, arg, now)
    @cython.locals(wanted=cython.int)
    cpdef _send_anm(self, Circuit circuit, charge, now)


cdef inline SetupIndication setup_indication(
    long long call, int circuit, Number called, Number calling, Number redirecting, Number original, reason, int category, int medium,
    bint complete, bint continuity, tuple parameters
):
    cdef SetupIndication out = SetupIndication.__new__(SetupIndication)
    out.call = call
    out.circuit = circuit
    out.called = called
    out.calling = calling
    out.redirecting = redirecting
    out.original_called = original
    out.redirecting_reason = reason
    out.category = category
    out.medium = medium
    out.complete = complete
    out.continuity = continuity
    out.parameters = parameters
    return out
