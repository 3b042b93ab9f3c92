# C layout of the classes of isup_circuit.py; the code is there.

from xunhu._ss7.circuit_primitives cimport Cause
from xunhu._ss7.isup_codec cimport Message

cdef class Destination:
    cdef readonly int dpc, index
    cdef public int state, congestion, steps, share, limited
    cdef public long long limited_until
    cdef readonly dict circuits
    cdef readonly list members

cdef class Circuit:
    cdef readonly int number, dpc, cic, sls, index
    cdef readonly bytes prefix
    cdef readonly Destination destination
    cdef readonly bint controls
    cdef public unsigned long long timers
    cdef public bint unequipped
    cdef public set alarms
    cdef public int state, maintenance, hardware, remote, reset, check, suspension
    cdef public Message segment
    cdef public Group maintenance_group, hardware_group, reset_group
    cdef public Circuit master
    cdef public long long call
    cdef public tuple others
    cdef public Cause cause
    cdef public bint by_peer, enquired
    cdef public bytes rel, rlc, calling
    cdef public int category, digits, charge, medium_used

    cpdef begin_call(self, long long call)

cdef class Group:
    cdef readonly int index, message, kind, span
    cdef public int state, pending
    cdef readonly Circuit base
    cdef readonly list circuits
    cdef readonly bytes body
    cdef public unsigned long long timers
    cdef public bint alarmed
