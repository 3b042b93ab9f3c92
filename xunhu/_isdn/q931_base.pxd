# C layout of the classes of q931_base.py; the code is there.

from xunhu._isdn.primitives cimport Cause, ChannelIndication, DataRequest, ManagementIndication, ReleaseIndication, SetupRequest
from xunhu._isdn.q931_ie cimport CallState, ChannelIdentification, Raw
from xunhu._isdn.q931_channels cimport Channel, Channels
from xunhu._isdn.q931_codec cimport Message, encode_octets

cdef class Call:
    cdef public object number
    cdef public object reference
    cdef public object originated
    cdef public object reference_octets
    cdef public object key
    cdef public object state
    cdef public object channel
    cdef public object exclusive
    cdef public object channel_confirmed
    cdef public object timer
    cdef public object deadline
    cdef public object expiries
    cdef public object t309
    cdef public object t322
    cdef public object enquiries
    cdef public object cause
    cdef public object by_peer
    cdef public object reply_cause
    cdef public object setup
    cdef public object digits
    cdef public object digits_complete
    cdef public object inband

cdef class Q931Base:
    cdef public object side
    cdef public object variant
    cdef public object trace
    cdef public dict counters
    cdef bint _network
    cdef Channels _channels
    cdef dict _ns
    cdef list _out
    cdef dict _calls
    cdef dict _by_key
    cdef object _last_call
    cdef object _last_reference
    cdef bint _link_up
    cdef object _deadline
    cdef bint _deadline_stale
    cdef object _limit
    cdef dict _said

    cdef _count(self, what)
    cdef _send(self, Call call, message_type, elements=*)
    cdef _send_to(self, Message to, message_type, elements)
    cdef _cause(self, value, diagnostics=*)
    cdef _send_status(self, Call call, value, diagnostics=*)
    cdef _respond(self, Call call, message_type, elements)
    cdef _start(self, Call call, timer, now)
    cdef _stop(self, Call call)
    cdef _start_beside(self, Call call, timer, now)
    cdef _stop_beside(self, Call call)
    cdef Call _new_call(self, reference, originated, reference_octets)
    cdef _next_reference(self)
    cdef _give_channel(self, Call call, number)
    cdef _clearing(self, Call call, Cause cause, by_peer)
    cdef _end(self, Call call)
