# C layout of the classes of circuit_primitives.py; the code is there.

cdef class Number:
    cdef readonly str digits
    cdef readonly object nature
    cdef readonly object plan
    cdef readonly object presentation
    cdef readonly object screening
    cdef readonly object inn
    cdef readonly object incomplete

cdef class Cause:
    cdef readonly object value
    cdef readonly object location
    cdef readonly bytes diagnostics
    cdef readonly object coding

cdef class SetupRequest:
    cdef readonly Number called
    cdef readonly Number calling
    cdef readonly Number redirecting
    cdef readonly Number original_called
    cdef readonly object redirecting_reason
    cdef readonly object category
    cdef readonly object medium
    cdef readonly object complete
    cdef readonly object continuity
    cdef readonly object satellite
    cdef readonly tuple parameters

cdef class SetupIndication:
    cdef readonly int call
    cdef readonly int circuit
    cdef readonly Number called
    cdef readonly Number calling
    cdef readonly Number redirecting
    cdef readonly Number original_called
    cdef readonly object redirecting_reason
    cdef readonly object category
    cdef readonly object medium
    cdef readonly object complete
    cdef readonly object continuity
    cdef readonly tuple parameters

cdef class InformationIndication:
    cdef readonly int call
    cdef readonly str digits
    cdef readonly object complete

cdef class ContinuityReport:
    cdef readonly int call

cdef class AddressCompleteIndication:
    cdef readonly int call
    cdef readonly object alerting
    cdef readonly object inband
    cdef readonly object charge
    cdef readonly object cause

cdef class ProgressIndication:
    cdef readonly int call
    cdef readonly object alerting
    cdef readonly object inband
    cdef readonly object cause

cdef class AnswerIndication:
    cdef readonly int call
    cdef readonly Number connected
    cdef readonly object charge
    cdef readonly object direct

cdef class SuspendIndication:
    cdef readonly int call
    cdef readonly object network

cdef class ResumeIndication:
    cdef readonly int call
    cdef readonly object network

cdef class ReleaseIndication:
    cdef readonly int call
    cdef readonly int circuit
    cdef readonly Cause cause
    cdef readonly object by_peer
    cdef readonly object again

cdef class DisconnectIndication:
    cdef readonly int call
    cdef readonly Cause cause
