# C layout of the class and C functions of uri.py; the code is there.
from xunhu.sip.chars cimport find, is_ipv6, number, only

cdef int _HOST
cdef int _ALLOWED
cdef int _HEX

cpdef SipUri parse_uri(str text)
cpdef str unescaped(str text)
cpdef tuple host_and_port(str text, str header)
cdef dict _parameters(str text)
cdef dict _headers(str text)

cdef class SipUri:
    cdef readonly str scheme
    cdef readonly str user
    cdef readonly str password
    cdef readonly str host
    cdef readonly object port
    cdef readonly dict params
    cdef readonly dict headers
    cdef str _text
    cdef str _user
