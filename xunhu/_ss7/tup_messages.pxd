# C layout of the classes of tup_messages.py; the code is there.
from xunhu._ss7.circuit_primitives cimport Number

cdef class InitialAddress:
    cdef readonly int heading
    cdef readonly int category
    cdef readonly int indicators
    cdef readonly str digits
    cdef readonly bint st
    cdef readonly int present
    cdef readonly bytes others
    cdef readonly Number calling
    cdef readonly Number original
    cdef readonly bytes rest

cdef class SubsequentAddress:
    cdef readonly int heading
    cdef readonly str digits
    cdef readonly bint st

cdef class GeneralForward:
    cdef readonly int heading
    cdef readonly int indicators
    cdef readonly object category
    cdef readonly Number calling
    cdef readonly bytes trunk
    cdef readonly Number original
    cdef readonly bytes rest

cdef class Indicators:
    cdef readonly int heading
    cdef readonly int indicators
    cdef readonly bytes rest

cdef class Unsuccessful:
    cdef readonly int heading
    cdef readonly int indicator
    cdef readonly bytes point

cdef class CircuitGroup:
    cdef readonly int heading
    cdef readonly int range
    cdef readonly object status

cdef class Plain:
    cdef readonly int heading
    cdef readonly bytes octets
