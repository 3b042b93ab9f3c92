# Thin wrapper of hdlc.c; documented in hdlc.pyi.
from libc.errno cimport EAGAIN
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint16_t, uint64_t


cdef extern from "xunhu/hdlc.h" nogil:
    const int XH_HDLC_MAX
    const int XH_HDLC_MIN
    struct xh_hdlc_rx:
        uint64_t frames, fcs_errors, aborts, too_long, too_short, not_octets
    void xh_hdlc_rx_init(xh_hdlc_rx *h)
    int xh_hdlc_rx_octets(xh_hdlc_rx *h, const uint8_t *data, size_t n, size_t *used, uint8_t *frame, size_t room)
    struct xh_hdlc_tx:
        uint64_t frames
    void xh_hdlc_tx_init(xh_hdlc_tx *h)
    int xh_hdlc_tx_ready(const xh_hdlc_tx *h)
    int xh_hdlc_tx_idle(const xh_hdlc_tx *h)
    int xh_hdlc_tx_put(xh_hdlc_tx *h, const uint8_t *frame, size_t n)
    void xh_hdlc_tx_octets(xh_hdlc_tx *h, uint8_t *out, size_t n)
    uint16_t xh_hdlc_fcs(const uint8_t *data, size_t n)

FRAME_MAX = XH_HDLC_MAX
FRAME_MIN = XH_HDLC_MIN


def fcs(data):
    cdef const uint8_t[::1] view = data
    return xh_hdlc_fcs(&view[0] if len(view) else NULL, len(view))


cdef class Receiver:
    cdef xh_hdlc_rx state

    def __cinit__(self):
        xh_hdlc_rx_init(&self.state)

    def receive(self, octets):
        cdef const uint8_t[::1] view = octets
        cdef uint8_t frame[300]
        cdef size_t used = 0
        cdef size_t n = len(view)
        cdef int got
        frames = []
        while used < n:
            got = xh_hdlc_rx_octets(&self.state, &view[0], n, &used, frame, sizeof(frame))
            if got > 0:
                frames.append(PyBytes_FromStringAndSize(<char *>frame, got))
        return frames

    def counters(self):
        return {
            "frames": self.state.frames,
            "fcs_errors": self.state.fcs_errors,
            "aborts": self.state.aborts,
            "too_long": self.state.too_long,
            "too_short": self.state.too_short,
            "not_octets": self.state.not_octets,
        }


cdef class Transmitter:
    cdef xh_hdlc_tx state

    def __cinit__(self):
        xh_hdlc_tx_init(&self.state)

    def send(self, frame):
        cdef const uint8_t[::1] view = frame
        cdef int err = xh_hdlc_tx_put(&self.state, &view[0] if len(view) else NULL, len(view))
        if err and err != -EAGAIN:
            raise ValueError(f"a frame has {XH_HDLC_MIN} to {XH_HDLC_MAX} octets, not {len(view)}")
        return err == 0

    def octets(self, Py_ssize_t n):
        if n < 0:
            raise ValueError("n is negative")
        out = bytearray(n)
        cdef uint8_t[::1] view = out
        if n:
            xh_hdlc_tx_octets(&self.state, &view[0], n)
        return bytes(out)

    @property
    def ready(self):
        return bool(xh_hdlc_tx_ready(&self.state))

    @property
    def idle(self):
        return bool(xh_hdlc_tx_idle(&self.state))

    @property
    def frames(self):
        return self.state.frames
