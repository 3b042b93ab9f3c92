# C layout of the classes of q931_ie.py; the code is there.

from xunhu._isdn.primitives cimport Bearer, Number

cdef class Raw:
    cdef readonly object code
    cdef readonly object codeset
    cdef readonly bytes octets

cdef class Opaque:
    cdef readonly object code
    cdef readonly bytes contents

cdef class Shift:
    cdef readonly object codeset
    cdef readonly object locking

cdef class SingleOctet:
    cdef readonly object code
    cdef readonly object value

cdef class BearerCapability:
    cdef readonly object capability
    cdef readonly object rate
    cdef readonly bytes layers
    cdef readonly object mode
    cdef readonly object multiplier
    cdef readonly object coding

cdef class CallState:
    cdef readonly object value
    cdef readonly object coding

cdef class ChannelIdentification:
    cdef readonly tuple channels
    cdef readonly object exclusive
    cdef readonly object selection
    cdef readonly object slot_map
    cdef readonly object d_channel
    cdef readonly bytes interface

cdef class Notification:
    cdef readonly object description
    cdef readonly bytes rest

cdef class Display:
    cdef readonly str text

cdef class DateTime:
    cdef readonly object year
    cdef readonly object month
    cdef readonly object day
    cdef readonly object hour
    cdef readonly object minute
    cdef readonly object second

cdef class Keypad:
    cdef readonly str text

cdef class Signal:
    cdef readonly object value

cdef class CalledPartyNumber:
    cdef readonly str digits
    cdef readonly object type
    cdef readonly object plan

cdef class CallingPartyNumber:
    cdef readonly str digits
    cdef readonly object type
    cdef readonly object plan
    cdef readonly object presentation
    cdef readonly object screening

cdef class ConnectedNumber:
    cdef readonly str digits
    cdef readonly object type
    cdef readonly object plan
    cdef readonly object presentation
    cdef readonly object screening

cdef class RedirectingNumber:
    cdef readonly str digits
    cdef readonly object type
    cdef readonly object plan
    cdef readonly object presentation
    cdef readonly object screening
    cdef readonly object reason

cdef class Subaddress:
    cdef readonly object code
    cdef readonly object type
    cdef readonly object odd
    cdef readonly bytes contents

cdef class RestartIndicator:
    cdef readonly object restart_class

cdef class HighLayerCompatibility:
    cdef readonly object characteristics
    cdef readonly object interpretation
    cdef readonly object presentation
    cdef readonly object coding
    cdef readonly bytes rest

cdef class LowLayerCompatibility:
    cdef readonly bytes contents

cdef class UserUser:
    cdef readonly object protocol
    cdef readonly bytes contents

cdef class SegmentedMessage:
    cdef readonly object first
    cdef readonly object remaining
    cdef readonly object type

cdef class ChangeStatus:
    cdef readonly object status
    cdef readonly object preference
