# C layout of the classes made most often; the code is in q921_primitives.py.

cdef class Frame:
    cdef readonly bytes octets

cdef class DlDataIndication:
    cdef readonly bytes payload
