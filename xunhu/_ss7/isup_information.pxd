# C layout of the class of isup_information.py; the code is there.

from xunhu._ss7.isup_incoming cimport Incoming

cdef class Information(Incoming):
    pass
