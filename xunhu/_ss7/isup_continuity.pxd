# C layout of the class of isup_continuity.py; the code is there.

from xunhu._ss7.isup_reset cimport Reset

cdef class Continuity(Reset):
    pass
