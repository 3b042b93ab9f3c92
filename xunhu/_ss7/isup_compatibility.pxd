# C layout of the class of isup_compatibility.py; the code is there.
cimport cython

from xunhu._ss7.isup_codec cimport Message
from xunhu._ss7.isup_congestion cimport Congestion

cdef class Compatibility(Congestion):
    @cython.locals(octets=bytes, codes=bytes, at=cython.int, end=cython.int)
    cdef bint _strange(self, Message message)
