# C layout of the classes of q931_channels.py; the code is there.

cdef class Channel:
    cdef public object number
    cdef public object call
    cdef public object service
    cdef public bint restarting
    cdef public bint blocked
    cdef public bint suspect

cdef class Channels:
    cdef dict _all
    cdef list _order
    cpdef Channel get(self, number)
    cpdef Channel first_idle(self)
