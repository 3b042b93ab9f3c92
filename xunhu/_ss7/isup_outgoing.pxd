# C layout of the class of isup_outgoing.py; the code is there.
cimport cython

from xunhu._ss7.circuit_primitives cimport AddressCompleteIndication, AnswerIndication, Number, SetupRequest
from xunhu._ss7.isup_circuit cimport Circuit
from xunhu._ss7.isup_codec cimport Message, encode
from xunhu._ss7.isup_parameters_numbers cimport encode_called_party_number, encode_calling_party_number
from xunhu._ss7.isup_release cimport Release

cdef int _IAM, _BCI, _OGC_WAIT_ACM, _OGC_WAIT_ANM, _OGC_ANSWERED, _SETUP, _LAST_NARROW

cdef class Outgoing(Release):
    cpdef long long setup_request(self, SetupRequest request, int circuit, now) except -1
    cpdef _seizable(self, Circuit circuit, category, now)
    @cython.locals(medium=cython.int, nature=cython.int, digital=cython.bint, octets=bytes)
    cdef tuple _iam(self, SetupRequest request)
    @cython.locals(request=SetupRequest)
    cpdef _seize(self, Circuit circuit, arg, now)
    cdef bint _inband(self, Message message)
    @cython.locals(charge=cython.int)
    cdef _charge_of(self, bytes content)
    @cython.locals(indicators=bytes)
    cpdef _address_complete(self, Circuit circuit, Message message, now)
    @cython.locals(indicators=bytes)
    cdef _answer(self, Circuit circuit, Message message, bint direct)
    cpdef _connected(self, Circuit circuit, Message message, now)
    cpdef _answered(self, Circuit circuit, Message message, now)


cdef inline AddressCompleteIndication address_complete_indication(long long call, bint alerting, bint inband, charge, cause):
    cdef AddressCompleteIndication out = AddressCompleteIndication.__new__(AddressCompleteIndication)
    out.call = call
    out.alerting = alerting
    out.inband = inband
    out.charge = charge
    out.cause = cause
    return out


cdef inline AnswerIndication answer_indication(long long call, Number connected, charge, bint direct):
    cdef AnswerIndication out = AnswerIndication.__new__(AnswerIndication)
    out.call = call
    out.connected = connected
    out.charge = charge
    out.direct = direct
    return out
