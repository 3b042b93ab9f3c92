# C layout of the class of isup.py; the code is there.
cimport cython

from xunhu._ss7.isup_circuit cimport Circuit
from xunhu._ss7.isup_codec cimport Message, decode
from xunhu._ss7.isup_segmentation cimport Segmentation
from xunhu._ss7.mtp_primitives cimport TransferIndication

cdef int _IAM, _SGM, _RLC, _REL, _E_REL, _RELEASE_REQUEST, _ANSWER_REQUEST, _ADDRESS_COMPLETE_REQUEST
cdef list _EVENTS

cdef class Isup(Segmentation):
    @cython.locals(decoded=Message, circuit=Circuit, key=cython.longlong)
    cpdef receive(self, TransferIndication message, now)
    @cython.locals(event=cython.int)
    cpdef _take(self, Circuit circuit, Message message, now)
    @cython.locals(found=Circuit)
    cpdef address_complete_request(self, long long call, bint alerting, bint inband, now, bint charge=*)
    @cython.locals(found=Circuit)
    cpdef answer_request(self, long long call, now, bint charge=*)
    @cython.locals(found=Circuit)
    cpdef release_request(self, long long call, cause, now)
