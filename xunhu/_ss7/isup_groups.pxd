# C layout of the class of isup_groups.py; the code is there.

from xunhu._ss7.isup_base cimport IsupBase

cdef class Groups(IsupBase):
    pass
