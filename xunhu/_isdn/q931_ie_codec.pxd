# C functions of q931_ie_codec.py; the code is there.

from xunhu._isdn.primitives cimport Cause, Progress
from xunhu._isdn.q931_ie cimport (
    Raw, Opaque, Shift, SingleOctet, BearerCapability, CallState, ChannelIdentification, Notification,
    Display, DateTime, Keypad, Signal, CalledPartyNumber, CallingPartyNumber, ConnectedNumber,
    RedirectingNumber, Subaddress, RestartIndicator, HighLayerCompatibility, LowLayerCompatibility,
    UserUser, SegmentedMessage, ChangeStatus,
)

cdef dict _ENCODERS

cpdef encode_element(bytearray out, element)
cpdef decode_contents(tuple row, bytes data)
