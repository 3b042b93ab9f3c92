# C layout of the classes of sdp.py; the code is there.

cpdef Session parse(bytes octets)
cdef Media _media(str text)

cdef class Section:
    cdef public list lines
    cdef dict _attributes
    cdef dict _rtpmap
    cdef dict _fmtp
    cdef dict _named(self)
    cdef void _forget(self)

cdef class Media(Section):
    cdef public str kind
    cdef public int port
    cdef public int port_count
    cdef public str proto
    cdef public list formats

cdef class Session(Section):
    cdef public list media
