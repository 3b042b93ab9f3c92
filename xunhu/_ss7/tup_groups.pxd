# C layout of the class of tup_groups.py; the code is there.
cimport cython

from xunhu._ss7.tup_circuit cimport Circuit, Destination
from xunhu._ss7.tup_blocking cimport TupBlocking

cdef class TupGroups(TupBlocking):
    cdef readonly dict _operations
    cdef dict _operation_keys
    cdef _prepare_groups(self)
    cdef _idle_at_once(self, Circuit c, long long event, long long now)
    cdef _group_message(self, long long dpc, long long cic, long long now)
