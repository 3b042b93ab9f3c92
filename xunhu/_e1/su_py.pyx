# Thin wrapper of su.c; documented in su.pyi.
from libc.errno cimport EAGAIN
from libc.stdint cimport uint8_t, uint64_t


cdef extern from "xunhu/su.h" nogil:
    const int XH_SU_MAX
    enum:
        XH_SU_BASIC, XH_SU_EXTENDED
    struct xh_su_rx:
        uint64_t units, filtered, fcs_errors, aborts, too_long, too_short, not_octets, octets_counted
    void xh_su_rx_init(xh_su_rx *h, int header)
    void xh_su_rx_monitor(xh_su_rx *h, int on)
    void xh_su_rx_again(xh_su_rx *h)
    int xh_su_rx_octets(xh_su_rx *h, const uint8_t *data, size_t n, size_t *used, uint8_t *unit)
    struct xh_su_tx:
        uint64_t units
    void xh_su_tx_init(xh_su_tx *t, int header)
    int xh_su_tx_put(xh_su_tx *t, const uint8_t *unit, size_t n)
    size_t xh_su_tx_waiting(const xh_su_tx *t)
    void xh_su_tx_outage(xh_su_tx *t, int on)
    void xh_su_tx_octets(xh_su_tx *t, uint8_t *out, size_t n)

UNIT_MAX = XH_SU_MAX


cdef class Receiver:
    cdef xh_su_rx state

    def __cinit__(self, *, bint extended=False):
        xh_su_rx_init(&self.state, XH_SU_EXTENDED if extended else XH_SU_BASIC)

    def monitor(self, bint on):
        xh_su_rx_monitor(&self.state, on)

    def again(self):
        xh_su_rx_again(&self.state)

    def receive(self, octets):
        cdef const uint8_t[::1] view = octets
        cdef uint8_t unit[279]
        cdef size_t used = 0
        cdef size_t n = len(view)
        cdef int got
        cdef list out = []
        if n:
            while (got := xh_su_rx_octets(&self.state, &view[0], n, &used, unit)) > 0:
                out.append((<char *>unit)[:got])
        return out

    def counters(self):
        return {
            "units": self.state.units,
            "filtered": self.state.filtered,
            "fcs_errors": self.state.fcs_errors,
            "aborts": self.state.aborts,
            "too_long": self.state.too_long,
            "too_short": self.state.too_short,
            "not_octets": self.state.not_octets,
            "octets_counted": self.state.octets_counted,
        }


cdef class Transmitter:
    cdef xh_su_tx state

    def __cinit__(self, *, bint extended=False):
        xh_su_tx_init(&self.state, XH_SU_EXTENDED if extended else XH_SU_BASIC)

    def send(self, unit):
        cdef const uint8_t[::1] view = unit
        cdef int err = xh_su_tx_put(&self.state, &view[0] if len(view) else NULL, len(view))
        if err and err != -EAGAIN:
            raise ValueError(f"a unit has its header to {XH_SU_MAX} octets, not {len(view)}")
        return err == 0

    def outage(self, bint on):
        xh_su_tx_outage(&self.state, on)

    def octets(self, Py_ssize_t n):
        if n < 0:
            raise ValueError("n is negative")
        out = bytearray(n)
        cdef uint8_t[::1] view = out
        if n:
            xh_su_tx_octets(&self.state, &view[0], n)
        return bytes(out)

    @property
    def waiting(self):
        return xh_su_tx_waiting(&self.state)

    @property
    def units(self):
        return self.state.units
