# C layout of the classes of mtp3_routing.py, and the C form of mtp3_make.py; the Python files are complete without this one.
cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcpy

from xunhu._ss7.mtp_primitives cimport LinkRequest, TransferIndication


cdef class Link:
    cdef public int number, slc, index
    cdef public LinkSet linkset
    cdef public bint extended, usable, emergency, flushed, removing
    cdef public object name
    cdef public int activity, outage, test, local, remote, changeover
    cdef public int congestion, bsnt, order
    cdef public long long congested_messages, tests, since
    cdef public object pattern
    cdef public Held held
    cdef public long long tx_msus, tx_octets, rx_msus, rx_octets
    cdef public dict counts
    cdef public object last_failure, durations


cdef class LinkSet:
    cdef public int number
    cdef public object name
    cdef public NeighbourPoint neighbour
    cdef public list links, carriers
    cdef public dict counts
    cdef public long long since
    cdef public object durations
    cdef public bint was_available
    @cython.locals(link=Link)
    cpdef Link carrier(self, int value)


cdef class NeighbourPoint:
    cdef public int point, own, index, state
    cdef public bint open
    cdef public list linksets
    cdef public dict by_slc


cdef class Route:
    cdef public Destination destination
    cdef public LinkSet linkset
    cdef public int priority, index, status
    cdef public dict counts
    cpdef bint usable(self)


cdef class Held:
    cdef public dict flows
    cdef public list retrieved


cdef class Move(Held):
    cdef public int code, index, state
    cdef public Link origin, goal


cdef class Destination:
    cdef public int point, index
    cdef public list routes, choices, usable, table, current, held, waiting
    cdef public bint accessible, restricted
    cdef public int congestion, level
    cdef public set used
    cdef public dict told, counts
    cdef public long long since
    cdef public object durations
    @cython.locals(best=Route, route=Route)
    cpdef bint choose(self)
    @cython.locals(value=cython.int, rest=cython.int, linkset=LinkSet)
    cpdef Link target(self, int sls, int rotation)
    @cython.locals(route=Route)
    cpdef Route route_by(self, LinkSet linkset)


cdef inline unsigned long long head_of(bytes octets, int size):
    cdef unsigned char *at = <unsigned char *>PyBytes_AS_STRING(octets)
    cdef unsigned long long word = 0
    while size:
        size -= 1
        word = word << 8 | at[size]
    return word


cdef inline bytes unit(unsigned long long sio, unsigned long long dpc, unsigned long long opc, unsigned long long sls, bint wide, bytes octets):
    cdef Py_ssize_t size = PyBytes_GET_SIZE(octets)
    cdef int head = 8 if wide else 5
    cdef unsigned long long word = sio | dpc << 8
    cdef bytes out = PyBytes_FromStringAndSize(NULL, head + size)
    cdef unsigned char *at = <unsigned char *>PyBytes_AS_STRING(out)
    cdef int i
    if wide:
        word |= opc << 32 | sls << 56
    else:
        word |= opc << 22 | sls << 36
    for i in range(head):
        at[i] = <unsigned char>(word >> 8 * i)
    memcpy(at + head, PyBytes_AS_STRING(octets), size)
    return out


cdef inline LinkRequest message_request(int link, bytes octets):
    cdef LinkRequest out = LinkRequest.__new__(LinkRequest)
    out.link = link
    out.kind = 0
    out.octets = octets
    out.value = 0
    return out


cdef inline TransferIndication transfer_indication(int service, int opc, int dpc, int sls, int priority, bytes octets, int head):
    cdef TransferIndication out = TransferIndication.__new__(TransferIndication)
    out.service = service
    out.opc = opc
    out.dpc = dpc
    out.sls = sls
    out.priority = priority
    out.octets = PyBytes_FromStringAndSize(PyBytes_AS_STRING(octets) + head, PyBytes_GET_SIZE(octets) - head)
    return out
