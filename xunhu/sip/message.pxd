# C layout of the classes and C functions of message.py; the code is there.
cimport cython

from xunhu.sip.chars cimport find, find_octets, lines_end_well, number, only, pieces, stripped
from xunhu.sip.headers cimport NameAddr, Via, parse_cseq, parse_name_addr, parse_name_addrs, parse_via, parse_vias, split_rows
from xunhu.sip.uri cimport SipUri, parse_uri

cdef int _TOKEN
cdef int _URI
cdef int _VIA, _FROM, _TO, _CALL_ID, _CSEQ, _LENGTH, _MAX_FORWARDS
cdef dict _SPELLINGS
cdef dict _REASONS

cpdef SipMessage parse(bytes datagram, Py_ssize_t max_octets=*)
@cython.locals(length="long long")
cdef long long _parse_head(SipMessage out, bytes octets) except? -2
cdef void _start_line(SipMessage out, str line) except *
cdef void _status_line(SipMessage out, str line) except *
@cython.locals(length="long long")
cdef long long _rows(SipMessage out, str head, Py_ssize_t start) except? -2
cdef tuple _unfolded(str head, Py_ssize_t start)
cdef void _first_views(SipMessage out, str via, tuple values, str forwards) except *
cdef str _call_id_of(str text)
cdef long long _counted(str text, long long limit, str header) except? -2
cdef bint _has_tag(SipMessage req, str text) except *

cdef class SipMessage:
    cdef public str method
    cdef public str uri
    cdef public int status
    cdef public str reason
    cdef public list headers
    cdef public bytes body
    cdef Via _via
    cdef NameAddr _from
    cdef NameAddr _to
    cdef tuple _cseq
    cdef str _call_id
    cdef list _contacts
    cdef void _forget(self)
    cpdef str get(self, str name, str default=*)
    cpdef list all(self, str name)
    cpdef list items(self, str name)
    cpdef add(self, str name, str value, bint first=*)
    cpdef set(self, str name, str value)
    cpdef remove(self, str name)
    cpdef bytes encode(self)
    cdef tuple _top_via(self)
