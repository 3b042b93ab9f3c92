# Thin wrapper of the span drivers; documented in span.pyi.
import os

from libc.errno cimport EBADMSG
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t


cdef extern from "xunhu/span.h" nogil:
    struct xh_span_status:
        uint32_t alarms, running
        uint64_t frames_rx, frames_tx, lost, late, reordered, duplicated, underruns, overruns, slips
        uint64_t crc4_errors, fas_errors, ebit_errors, bpv
        int32_t jitter_us, error
        uint64_t malformed, rejected
    struct xh_span_ops:
        const char *name
        int (*start)(xh_span *s) noexcept nogil
        void (*stop)(xh_span *s) noexcept nogil
        int (*read)(xh_span *s, uint8_t *octets, size_t stride, int frames, uint32_t mask) noexcept nogil
        int (*write)(xh_span *s, const uint8_t *octets, size_t stride, int frames, uint32_t mask) noexcept nogil
        int (*link_open)(xh_span *s, int timeslot, int mtp2) noexcept nogil
        int (*link_read)(xh_span *s, int timeslot, uint8_t *frame, size_t room) noexcept nogil
        int (*link_write)(xh_span *s, int timeslot, const uint8_t *frame, size_t n) noexcept nogil
        void (*status)(xh_span *s, xh_span_status *out) noexcept nogil
        int (*cas_write)(xh_span *s, int timeslot, int abcd) noexcept nogil
        int (*cas_read)(xh_span *s, int timeslot) noexcept nogil
        int (*send_rai)(xh_span *s, int on) noexcept nogil
        void (*free)(xh_span *s) noexcept nogil
    struct xh_span:
        const xh_span_ops *ops
        int number
        uint8_t idle
    struct xh_loop_params:
        int number
        uint8_t idle
    int xh_loop_pair_new(const xh_loop_params *a, const xh_loop_params *b, xh_span **span_a, xh_span **span_b)
    int xh_loop_cut(xh_span *s, int on)
    int xh_loop_alarm(xh_span *s, uint32_t alarms)
    struct xh_ces_params:
        int number
        uint8_t idle
        const char *local
        const char *remote
        int frames, jitter_ms, rtp
    xh_span *xh_ces_new(const xh_ces_params *p, int *err)
    struct xh_dahdi_params:
        int number
        uint8_t idle
        int law, span, block
        const char *root
        uint32_t hdlc_mask, cas_mask
    xh_span *xh_dahdi_new(const xh_dahdi_params *p, int *err)

ALARM_LOS = 1
ALARM_LOF = 2
ALARM_AIS = 4
ALARM_RAI = 8
ALARM_MISSING = 16
ALL_TIMESLOTS = 0xFFFFFFFE
FRAMES_MAX = 320


cdef int check(int err) except -1:
    if err < 0:
        raise OSError(-err, os.strerror(-err))
    return 0


cdef uint8_t idle_of(str law) except? 0:
    if law not in ("A", "U"):
        raise ValueError(f"law is A or U, not {law!r}")
    return 0xD5 if law == "A" else 0xFF


cdef class Span:
    cdef xh_span *span
    cdef bint started

    def __init__(self):
        raise TypeError("made by loop_pair, ces or dahdi")

    @staticmethod
    def loop_pair(*, number_a=0, number_b=1, law="A"):
        cdef xh_loop_params a = xh_loop_params(number_a, idle_of(law))
        cdef xh_loop_params b = xh_loop_params(number_b, idle_of(law))
        cdef Span one = Span.__new__(Span)
        cdef Span two = Span.__new__(Span)
        check(xh_loop_pair_new(&a, &b, &one.span, &two.span))
        return one, two

    @staticmethod
    def ces(str local, str remote, *, number=0, law="A", frames=40, jitter_ms=20, rtp=False):
        local_bytes, remote_bytes = local.encode(), remote.encode()
        cdef xh_ces_params p
        cdef int err = 0
        cdef Span self = Span.__new__(Span)
        p.number, p.idle = number, idle_of(law)
        p.local, p.remote = local_bytes, remote_bytes
        p.frames, p.jitter_ms, p.rtp = frames, jitter_ms, rtp
        self.span = xh_ces_new(&p, &err)
        if not self.span:
            raise OSError(err, f"{os.strerror(err)}: ces {local} to {remote}")
        return self

    @staticmethod
    def dahdi(int span, *, number=0, law="A", block=80, str root="/dev/dahdi", hdlc=(), cas=()):
        root_bytes = root.encode()
        cdef xh_dahdi_params p
        cdef int err = 0
        cdef Span self = Span.__new__(Span)
        p.number, p.idle, p.law = number, idle_of(law), ord(law)
        p.span, p.block, p.root = span, block, root_bytes
        p.hdlc_mask, p.cas_mask = mask_of(hdlc), mask_of(cas)
        self.span = xh_dahdi_new(&p, &err)
        if not self.span:
            raise OSError(err, f"{os.strerror(err)}: dahdi span {span} under {root}")
        return self

    def __dealloc__(self):
        if self.span:
            if self.started:
                self.span.ops.stop(self.span)
            self.span.ops.free(self.span)

    def close(self):
        if self.span:
            self.stop()
            self.span.ops.free(self.span)
            self.span = NULL

    cdef int alive(self) except -1:
        if not self.span:
            raise ValueError("the span is closed")
        return 0

    def start(self):
        self.alive()
        if not self.started:
            check(self.span.ops.start(self.span))
            self.started = True

    def stop(self):
        self.alive()
        if self.started:
            self.span.ops.stop(self.span)
            self.started = False

    def read(self, int frames, uint32_t mask=0xFFFFFFFE):
        self.alive()
        if not 1 <= frames <= 320:
            raise ValueError(f"frames is 1..320, not {frames}")
        block = bytearray(32 * frames)
        cdef uint8_t[::1] view = block
        cdef int err
        with nogil:
            err = self.span.ops.read(self.span, &view[0], frames, frames, mask)
        return block, -err

    def write(self, block, uint32_t mask=0xFFFFFFFE):
        self.alive()
        cdef const uint8_t[::1] view = block
        cdef int frames = len(view) // 32
        if len(view) % 32 or not 1 <= frames <= 320:
            raise ValueError(f"a block is 32 rows of 1..320 octets, not {len(view)} octets")
        cdef int err
        with nogil:
            err = self.span.ops.write(self.span, &view[0], frames, frames, mask)
        return -err

    def status(self):
        self.alive()
        cdef xh_span_status st
        self.span.ops.status(self.span, &st)
        return dict(st)

    def cas_write(self, int timeslot, int abcd):
        self.alive()
        self.has(self.span.ops.cas_write != NULL, "CAS bits")
        check(self.span.ops.cas_write(self.span, timeslot, abcd))

    def cas_read(self, int timeslot):
        self.alive()
        self.has(self.span.ops.cas_read != NULL, "CAS bits")
        cdef int abcd = self.span.ops.cas_read(self.span, timeslot)
        check(abcd)
        return abcd

    def send_rai(self, on):
        self.alive()
        self.has(self.span.ops.send_rai != NULL, "RAI")
        check(self.span.ops.send_rai(self.span, bool(on)))

    def link_open(self, int timeslot, *, bint mtp2=False):
        self.alive()
        self.has(self.span.ops.link_open != NULL, "HDLC")
        check(self.span.ops.link_open(self.span, timeslot, mtp2))

    def link_read(self, int timeslot):
        self.alive()
        self.has(self.span.ops.link_read != NULL, "HDLC")
        cdef uint8_t frame[300]
        cdef int n = self.span.ops.link_read(self.span, timeslot, frame, sizeof(frame))
        if n == -EBADMSG:
            return None
        check(n)
        return bytes(frame[:n])

    def link_write(self, int timeslot, frame):
        self.alive()
        self.has(self.span.ops.link_write != NULL, "HDLC")
        cdef const uint8_t[::1] view = frame
        if not len(view):
            raise ValueError("the frame is empty")
        cdef int n = self.span.ops.link_write(self.span, timeslot, &view[0], len(view))
        check(n)
        return n > 0

    def cut(self, on):
        self.alive()
        check(xh_loop_cut(self.span, bool(on)))

    def force_alarms(self, uint32_t alarms):
        self.alive()
        check(xh_loop_alarm(self.span, alarms))

    cdef int has(self, bint it, str what) except -1:
        if not it:
            raise NotImplementedError(f"the driver {self.driver} has no {what}")
        return 0

    @property
    def driver(self):
        self.alive()
        return self.span.ops.name.decode()

    @property
    def number(self):
        self.alive()
        return self.span.number

    @property
    def idle(self):
        self.alive()
        return self.span.idle


def mask_of(timeslots):
    mask = 0
    for t in timeslots:
        if not 1 <= t <= 31:
            raise ValueError(f"a timeslot is 1..31, not {t}")
        mask |= 1 << t
    return mask
