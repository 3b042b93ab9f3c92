# C layout of the class of isup_reset.py; the code is there.

from xunhu._ss7.isup_blocking cimport Blocking

cdef class Reset(Blocking):
    pass
