# C functions of message_parse.py; the code is there.
cimport cython

from xunhu.sip.chars cimport find, find_octets, lines_end_well, number, only, stripped
from xunhu.sip.headers cimport parse_cseq, parse_name_addr, parse_via
from xunhu.sip.message_base cimport SipMessage, call_id_of, counted

cdef int _TOKEN
cdef int _URI
cdef int _VIA, _FROM, _TO, _CALL_ID, _CSEQ, _LENGTH, _MAX_FORWARDS
cdef dict _SPELLINGS

cpdef SipMessage parse(bytes datagram, Py_ssize_t max_octets=*)
@cython.locals(length="long long")
cpdef long long parse_head(SipMessage out, bytes octets) except? -2
cdef void _start_line(SipMessage out, str line) except *
cdef void _status_line(SipMessage out, str line) except *
@cython.locals(length="long long")
cdef long long _rows(SipMessage out, str head, Py_ssize_t start) except? -2
cdef tuple _unfolded(str head, Py_ssize_t start)
cdef void _first_views(SipMessage out, str via, tuple values, str forwards) except *
