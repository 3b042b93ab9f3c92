# C types for mtp3.py when compiled; the Python file is complete without this one.
cimport cython

from xunhu._ss7.mtp3_routing cimport Destination, Link, head_of, message_request, transfer_indication, unit
from xunhu.protocol.timer_queue cimport TimerQueue

cdef int _MESSAGE, _LAST_MANAGEMENT, _SNM, _RCT

cdef class Mtp3:
    cdef readonly object name
    cdef readonly int own, bits
    cdef readonly bint transfer
    cdef readonly object _core, _distribution
    cdef object _aliases
    cdef dict _timeouts, _links, _destinations
    cdef long long _now
    cdef int _ni, _priorities, _head, _longest, _selections, _mask, _opc_at, _sls_at
    cdef bint _wide
    cdef list _out, _attached
    cdef TimerQueue _timers
    cdef long long _transferred, _sent, _received
    @cython.locals(found=Link)
    cpdef link_indication(self, int link, int kind, bytes octets, int value, long long now)
    @cython.locals(size=cython.int, word=cython.ulonglong, sio=cython.int, dpc=cython.int, opc=cython.int, sls=cython.int, service=cython.int)
    cdef _message(self, Link link, bytes octets, long long now)
    @cython.locals(destination=Destination, onward=Link)
    cdef _transfer(self, Link link, bytes octets, int dpc, int opc, int sls, long long now)
    @cython.locals(onward=Link)
    cdef _transfer_slowly(self, Link link, Destination destination, bytes octets, int dpc, int opc, int sls, long long now)
    @cython.locals(link=Link)
    cdef _send_slowly(self, Destination destination, int sls, bytes octets, int opc, int priority, bint exempt, long long now)
    cdef _discard(self, str why)
    cdef _indication(self, Link link, int kind, bytes octets, int value, long long now)
    @cython.locals(destination=Destination, link=Link, message=bytes)
    cpdef transfer_request(self, int service, int opc, int dpc, int sls, int priority, bytes octets, long long now)
    cpdef drain(self)
