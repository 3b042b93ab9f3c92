# C layout of the class of isup_query.py; the code is there.

from xunhu._ss7.isup_information cimport Information

cdef class Query(Information):
    pass
