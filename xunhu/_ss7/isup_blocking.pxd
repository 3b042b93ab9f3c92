# C layout of the class of isup_blocking.py; the code is there.

from xunhu._ss7.isup_groups cimport Groups

cdef class Blocking(Groups):
    pass
