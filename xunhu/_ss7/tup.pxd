# C layout of the class of tup.py; the code is there.
cimport cython

from xunhu._ss7.mtp_primitives cimport TransferIndication
from xunhu._ss7.tup_circuit cimport Circuit, Destination
from xunhu._ss7.tup_incoming cimport TupIncoming

cdef class Tup(TupIncoming):
    cdef bytes _kinds
    @cython.locals(octets=bytes, cic=cython.int, first=cython.int, heading=cython.int, kind=cython.int, opc=cython.longlong, c=Circuit)
    cpdef receive(self, TransferIndication message, long long now)
    cpdef drain(self)
    @cython.locals(c=Circuit)
    cpdef handle_timeout(self, long long now)
    cdef _circuit_message(self, Circuit c, long long kind, long long opc, long long cic, long long now)
    cdef _unequipped(self, long long dpc, long long cic)
    cdef _user_returns(self, Destination destination)
    cdef _indicate_all(self, Destination destination, str why)
    cdef _congested(self, Destination destination, long long steps, long long now)
    cdef _congestion_message(self, long long dpc, long long now)
    cdef _circuit_timeout(self, Circuit c, long long timer, long long now)
