# C layout of the class of isup_congestion.py; the code is there.

from xunhu._ss7.isup_query cimport Query

cdef class Congestion(Query):
    pass
