# C layout of the class of isup_segmentation.py; the code is there.
cimport cython

from xunhu._ss7.isup_circuit cimport Circuit
from xunhu._ss7.isup_codec cimport Message
from xunhu._ss7.isup_compatibility cimport Compatibility

cdef int _FORWARD, _BACKWARD, _IAM, _SGM, _HELD
cdef bytes _ANNOUNCING

cdef class Segmentation(Compatibility):
    @cython.locals(content=bytes)
    cdef bint _announces(self, Message message)
    cpdef _take(self, Circuit circuit, Message message, now)
