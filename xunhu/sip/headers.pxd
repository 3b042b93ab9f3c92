# C layout of the classes and C functions of headers.py; the code is there.
from xunhu.sip.chars cimport after, after_blanks, end_of_quoted, find, number, only, pieces, quoted, stripped, unquoted
from xunhu.sip.uri cimport SipUri, host_and_port, parse_uri

cdef int _TOKEN
cdef int _LOWER
cdef int _PARAM

cpdef NameAddr parse_name_addr(str text, str header)
cpdef Via parse_via(str text)
cpdef tuple parse_cseq(str text)
cpdef dict parse_parameters(str text, Py_ssize_t start, str header)
cpdef list parse_name_addrs(list rows, str header)
cpdef list parse_vias(list rows)
cpdef list split_rows(list rows, str header)
cpdef str written(dict params)
cdef object _address(str text, str header)
cdef SipUri _sip(str text, str header)

cdef class NameAddr:
    cdef readonly str display
    cdef readonly object uri
    cdef readonly dict params
    cdef str _text

cdef class Via:
    cdef readonly str protocol
    cdef readonly str transport
    cdef readonly str host
    cdef readonly object port
    cdef readonly dict params
    cdef str _text
