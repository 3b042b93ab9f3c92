# C layout of the classes of q931_base.py; the code is there.

from xunhu._isdn.make cimport data_request
from xunhu._isdn.primitives cimport Cause, ChannelIndication, DataRequest, ManagementIndication, ReleaseIndication, SetupRequest
from xunhu._isdn.q931_ie cimport CallState, ChannelIdentification, Raw
from xunhu._isdn.q931_channels cimport Channel, Channels
from xunhu._isdn.q931_codec cimport Message, encode_octets

cdef long long _NEVER

cdef class Call:
    cdef public object number
    cdef public int reference
    cdef public bint originated
    cdef public int reference_octets
    cdef public object key
    cdef public int state
    cdef public object channel
    cdef public bint exclusive
    cdef public bint channel_confirmed
    cdef public str timer
    cdef public long long deadline
    cdef public int expiries
    cdef public long long t309
    cdef public long long t322
    cdef public int enquiries
    cdef public Cause cause
    cdef public bint by_peer
    cdef public Cause reply_cause
    cdef public SetupRequest setup
    cdef public str digits
    cdef public bint digits_complete
    cdef public bint inband

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
    cdef long long _deadline
    cdef bint _deadline_stale
    cdef object _limit
    cdef dict _said

    cdef _count(self, what)
    cdef _send(self, Call call, int message_type, elements=*)
    cdef _send_to(self, Message to, message_type, elements)
    cdef _cause(self, value, diagnostics=*)
    cdef _send_status(self, Call call, value, diagnostics=*)
    cdef _respond(self, Call call, int message_type, elements)
    cdef _start(self, Call call, timer, now)
    cdef _stop(self, Call call)
    cdef _start_beside(self, Call call, timer, now)
    cdef _stop_beside(self, Call call)
    cdef Call _new_call(self, reference, originated, reference_octets)
    cdef _next_reference(self)
    cdef _give_channel(self, Call call, number)
    cdef _clearing(self, Call call, Cause cause, by_peer)
    cdef _end(self, Call call)
