# C layout of the classes of primitives.py; the code is there.

cdef class Number:
    cdef readonly str digits
    cdef readonly object type
    cdef readonly object plan
    cdef readonly object presentation
    cdef readonly object screening

cdef class Progress:
    cdef readonly object description
    cdef readonly object location
    cdef readonly object coding

cdef class Cause:
    cdef readonly object value
    cdef readonly object location
    cdef readonly bytes diagnostics
    cdef readonly object coding
    cdef readonly object recommendation

cdef class Bearer:
    cdef readonly object capability
    cdef readonly object rate
    cdef readonly object layer1

cdef class SetupRequest:
    cdef readonly Number called
    cdef readonly Number calling
    cdef readonly Number redirecting
    cdef readonly object redirecting_reason
    cdef readonly Bearer bearer
    cdef readonly object channel
    cdef readonly object exclusive
    cdef readonly object sending_complete
    cdef readonly str display
    cdef readonly tuple progress

cdef class DataRequest:
    cdef readonly bytes payload

cdef class EstablishRequest:
    pass

cdef class SetupIndication:
    cdef readonly object call
    cdef readonly object reference
    cdef readonly object channel
    cdef readonly Number called
    cdef readonly Number calling
    cdef readonly Number redirecting
    cdef readonly object redirecting_reason
    cdef readonly Bearer bearer
    cdef readonly object sending_complete
    cdef readonly str display
    cdef readonly tuple progress

cdef class InformationIndication:
    cdef readonly object call
    cdef readonly str digits
    cdef readonly object sending_complete

cdef class SetupAckIndication:
    cdef readonly object call
    cdef readonly object channel
    cdef readonly tuple progress

cdef class ProceedingIndication:
    cdef readonly object call
    cdef readonly object channel
    cdef readonly tuple progress

cdef class ProgressIndication:
    cdef readonly object call
    cdef readonly tuple progress
    cdef readonly Cause cause

cdef class AlertingIndication:
    cdef readonly object call
    cdef readonly object channel
    cdef readonly tuple progress

cdef class SetupConfirm:
    cdef readonly object call
    cdef readonly object channel
    cdef readonly Number connected
    cdef readonly tuple progress

cdef class SetupCompleteIndication:
    cdef readonly object call

cdef class DisconnectIndication:
    cdef readonly object call
    cdef readonly Cause cause
    cdef readonly tuple progress

cdef class ReleaseIndication:
    cdef readonly object call
    cdef readonly Cause cause
    cdef readonly object channel
    cdef readonly object by_peer

cdef class NotifyIndication:
    cdef readonly object call
    cdef readonly object notification

cdef class StatusIndication:
    cdef readonly object call
    cdef readonly object state
    cdef readonly Cause cause

cdef class RestartIndication:
    cdef readonly tuple channels
    cdef readonly object by_peer

cdef class ChannelIndication:
    cdef readonly object channel
    cdef readonly str state
    cdef readonly str why

cdef class ManagementIndication:
    cdef readonly str severity
    cdef readonly str text
    cdef readonly object call
