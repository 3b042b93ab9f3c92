# C layout of the classes of node.py; the code is there.
cimport cython

from xunhu._ss7.mtp2 cimport Mtp2
from xunhu._ss7.mtp3 cimport Mtp3
from xunhu._ss7.mtp_primitives cimport LinkIndication, LinkRequest, TransferIndication, TransferRequest
from xunhu.protocol.timer_queue cimport TimerQueue

cdef long long _NEVER
cdef int _LINK, _NETWORK, _USER, _OVERHEAD
cdef long long _SERVICES

cdef class Place:
    cdef public int kind
    cdef public int number
    cdef public long long index
    cdef public bint touched
    cdef public long long deadline
    cdef public Mtp2 mtp2
    cdef public Mtp3 mtp3
    cdef public object part
    cdef public Place network
    cdef public dict users
    cdef public dict any_user
    cdef public bint wanting

cdef class Node:
    cdef dict _links
    cdef dict _networks
    cdef dict _users
    cdef dict _by_index
    cdef long long _indexes
    cdef TimerQueue _timers
    cdef list _touched
    cdef list _wanting
    cdef list _out

    cdef _touch(self, Place place)
    @cython.locals(place=Place)
    cpdef received(self, int link, list units, long long now)
    @cython.locals(place=Place, touched=list)
    cpdef turn(self, long long now)
    @cython.locals(at=cython.longlong)
    cdef _arm(self, Place place)
    @cython.locals(mtp2=Mtp2, mtp3=Mtp3, network=Place, indication=LinkIndication)
    cdef _from_link(self, Place place, long long now)
    @cython.locals(link=Place, user=Place, mtp2=Mtp2, request=LinkRequest, message=TransferIndication)
    cdef _from_network(self, Place place, long long now)
    @cython.locals(network=Place, mtp3=Mtp3, message=TransferRequest)
    cdef _from_user(self, Place place, long long now)
    @cython.locals(place=Place, mtp2=Mtp2, units=list)
    cpdef signal_units(self, int link, long long room, long long now)
