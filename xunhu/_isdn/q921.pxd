# C types for q921.py when compiled; the Python file is complete without this one.
cimport cython

from xunhu._isdn.make cimport data_indication, information_frame, short_frame
from xunhu._isdn.q921_frames cimport fields

cdef int _OFF, _S4, _S5, _S6, _S7, _S8, _RNR_RECEIVED, _BY_LAYER3, _AGAIN, _PENDING_RELEASE, _EVENTS, _ERROR
cdef int _RR, _RNR, _REJ
cdef list _ACTIONS, _OCTET
cdef bytes _NEVER_IN, _OFTEN_CELLS

cdef class DataLink:
    cdef dict _counts
    cdef long long _received, _transmitted
    cdef bytes _head_command, _head_response
    cdef readonly object name
    cdef readonly bint network, own_busy, peer_busy
    cdef readonly int k, n200, n201, queue_limit
    cdef readonly long long t200_ns, t203_ns
    cdef bint _ack_pending, _command, _reestablish, _reject_exception
    cdef int _address_command, _address_response, _command_bit, _tei_octet
    cdef int _establishing, _kind, _nr, _ns, _pf, _rc, _resend, _sent, _state, _va, _vr
    cdef long long _t200_at, _t203_at
    cdef bytes _frame
    cdef str _letter
    cdef list _out, _queue
    cdef object _trace
    @cython.locals(state=cython.int, cell=cython.int, often=cython.int)
    cdef _run(self, int event, long long now)
    cdef _send(self, bytes octets)
    cdef _send_unnumbered(self, int control, int pf, bint command)
    @cython.locals(address=cython.int, control=cython.int)
    cdef _send_supervisory(self, int pf, bint command)
    cdef _acknowledge(self)
    cdef _mdl_error(self, str code)
    cdef _discard_queue(self)
    cdef _clear_exceptions(self)
    cdef _establish(self, int why, long long now)
    cdef _enter_multiple_frame(self, long long now)
    cdef _disconnected(self, object output)
    @cython.locals(sent=cython.int, ns=cython.int, waiting=cython.int)
    cdef _push(self, long long now)
    @cython.locals(n=cython.int, i=cython.int)
    cdef int _take_nr(self, long long now) except -2
    cdef _retransmit(self)
    cdef _poll_or_final(self)
    cdef _reject_i(self)
    @cython.locals(n=cython.int)
    cpdef _receive_i(self, long long now)
    @cython.locals(n=cython.int)
    cpdef _receive_rr(self, long long now)
    cpdef _queue_data(self, long long now)
    cpdef dl_data_request(self, bytes payload, long long now)
    @cython.locals(packed=cython.int, kind=cython.int, address=cython.int, command=cython.bint)
    cpdef receive(self, bytes frame, long long now)
    cpdef drain(self)
