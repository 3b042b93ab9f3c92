# C layout of the classes of mtp_primitives.py; the code is there.

cdef class LinkRequest:
    cdef readonly int link
    cdef readonly int kind
    cdef readonly bytes octets
    cdef readonly int value

cdef class LinkIndication:
    cdef readonly int kind
    cdef readonly bytes octets
    cdef readonly int value

cdef class TransferRequest:
    cdef readonly int service
    cdef readonly int opc
    cdef readonly int dpc
    cdef readonly int sls
    cdef readonly int priority
    cdef readonly bytes octets

cdef class TransferIndication:
    cdef readonly int service
    cdef readonly int opc
    cdef readonly int dpc
    cdef readonly int sls
    cdef readonly int priority
    cdef readonly bytes octets
