# C types for q921.py when compiled; the Python file is complete without this one.
cdef class DataLink:
    cdef public object counters
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
    cdef list _out
    cdef object _queue, _trace
    cdef _run(self, int event, long long now)
    cdef _send(self, bytes octets)
    cdef _send_unnumbered(self, int control, int pf, bint command)
    cdef _send_supervisory(self, int pf, bint command)
    cdef _acknowledge(self)
    cdef _mdl_error(self, str code)
    cdef _discard_queue(self)
    cdef _clear_exceptions(self)
    cdef _establish(self, int why, long long now)
    cdef _enter_multiple_frame(self, long long now)
    cdef _disconnected(self, object output)
    cdef _push(self, long long now)
    cdef int _take_nr(self, long long now) except -2
    cdef _retransmit(self)
    cdef _poll_or_final(self)
    cdef _reject_i(self)
    cpdef receive(self, bytes frame, long long now)
    cpdef drain(self)
