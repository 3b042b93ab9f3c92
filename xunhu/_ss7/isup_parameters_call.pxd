# C layout of the classes and C functions of isup_parameters_call.py; the code is there.

from xunhu._ss7.circuit_primitives cimport Cause

cdef class NatureOfConnection:
    cdef readonly int satellite
    cdef readonly int continuity
    cdef readonly bint echo_control

cdef class ForwardCallIndicators:
    cdef readonly bint international
    cdef readonly int end_to_end_method
    cdef readonly bint interworking
    cdef readonly bint end_to_end_information
    cdef readonly bint isup
    cdef readonly int preference
    cdef readonly bint isdn_access
    cdef readonly int sccp_method
    cdef readonly bint ported
    cdef readonly bint qor

cdef class BackwardCallIndicators:
    cdef readonly int charge
    cdef readonly int status
    cdef readonly int category
    cdef readonly int end_to_end_method
    cdef readonly bint interworking
    cdef readonly bint end_to_end_information
    cdef readonly bint isup
    cdef readonly bint holding
    cdef readonly bint isdn_access
    cdef readonly bint echo_control
    cdef readonly int sccp_method

cpdef bytes encode_nature_of_connection_indicators(NatureOfConnection nature)
cpdef NatureOfConnection decode_nature_of_connection_indicators(bytes content)
cpdef bytes encode_forward_call_indicators(ForwardCallIndicators forward)
cpdef ForwardCallIndicators decode_forward_call_indicators(bytes content)
cpdef bytes encode_backward_call_indicators(BackwardCallIndicators backward)
cpdef BackwardCallIndicators decode_backward_call_indicators(bytes content)
cpdef bytes encode_cause_indicators(Cause cause)
cpdef Cause decode_cause_indicators(bytes content)
