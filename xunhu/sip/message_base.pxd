# C layout of the class and C functions of message_base.py; the code is there.
from xunhu.sip.chars cimport number, only, pieces
from xunhu.sip.headers cimport NameAddr, Via, parse_cseq, parse_name_addr, parse_name_addrs, parse_via, parse_vias, split_rows
from xunhu.sip.uri cimport SipUri, parse_uri

cdef int _TOKEN
cdef int _MAX_FORWARDS
cdef dict _SPELLINGS
cdef dict _REASONS

cpdef str call_id_of(str text)
cpdef long long counted(str text, long long limit, str header) except? -2
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
