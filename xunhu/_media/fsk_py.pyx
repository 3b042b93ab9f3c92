# cython: language_level=3
"""FSK senders and receivers for Python (include/xunhu/fsk.h, include/xunhu/caller_id.h)."""

from cpython cimport array
from typing import NamedTuple
from libc.stdint cimport int16_t, uint8_t, uint16_t

import array

cdef extern from "xunhu/fsk.h" nogil:
    enum xh_fsk_modem:
        XH_FSK_V23
        XH_FSK_BELL202
        XH_FSK_V21_CHANNEL1
        XH_FSK_V21_CHANNEL2
        XH_FSK_MODEMS
    struct xh_fsk_tx:
        uint8_t over
    int xh_fsk_tx_init(xh_fsk_tx *t, xh_fsk_modem modem, double level_dbm0, double twist_db, double rate)
    size_t xh_fsk_tx_run(xh_fsk_tx *t, int16_t *out, size_t n, int (*next)(void *user) noexcept nogil, void *user)

    struct xh_fsk_rx:
        float power
    int xh_fsk_rx_init(xh_fsk_rx *r, xh_fsk_modem modem, int asynchronous)
    size_t xh_fsk_rx_run(xh_fsk_rx *r, const int16_t *samples, size_t n, uint16_t *out, size_t room)
    enum: XH_FSK_CARRIER_UP, XH_FSK_CARRIER_DOWN, XH_FSK_FRAMING, XH_FSK_MARK

cdef extern from "xunhu/caller_id.h" nogil:
    enum: XH_CALLER_ID_MESSAGE
    enum xh_caller_id_result:
        XH_CALLER_ID_NOTHING
        XH_CALLER_ID_MESSAGE_GOOD
        XH_CALLER_ID_MESSAGE_BAD
    struct xh_caller_id_rx:
        uint16_t length
        uint8_t message[XH_CALLER_ID_MESSAGE]
    void xh_caller_id_rx_init(xh_caller_id_rx *r)
    xh_caller_id_result xh_caller_id_rx_run(xh_caller_id_rx *r, const int16_t *samples, size_t n, size_t *taken)
    struct xh_caller_id_tx:
        xh_fsk_tx fsk
    int xh_caller_id_tx_init(xh_caller_id_tx *t, xh_fsk_modem modem, double level_dbm0, unsigned seizure_bits,
                             unsigned mark_bits, const uint8_t *message, size_t length)
    size_t xh_caller_id_tx_run(xh_caller_id_tx *t, int16_t *out, size_t n)

V23 = XH_FSK_V23
BELL202 = XH_FSK_BELL202
V21_CHANNEL1 = XH_FSK_V21_CHANNEL1
V21_CHANNEL2 = XH_FSK_V21_CHANNEL2
CARRIER_UP = XH_FSK_CARRIER_UP
CARRIER_DOWN = XH_FSK_CARRIER_DOWN
FRAMING = XH_FSK_FRAMING
MARK = XH_FSK_MARK

cdef array.array SAMPLES = array.array("h")
cdef enum: BLOCK = 800


cdef struct bit_source:
    const uint8_t *bits
    size_t at, count


cdef int next_bit(void *user) noexcept nogil:
    cdef bit_source *s = <bit_source *>user
    if s.at == s.count:
        return -1
    s.at += 1
    return s.bits[s.at - 1]


def fsk_samples(int modem, const uint8_t[::1] bits, *, double level_dbm0=-13.5, double twist_db=0.0, double rate=1.0):
    cdef xh_fsk_tx t
    cdef int16_t block[BLOCK]
    cdef bit_source source
    cdef size_t made = BLOCK
    source.bits = &bits[0] if bits.shape[0] else NULL
    source.at, source.count = 0, bits.shape[0]
    if not 0 <= modem < XH_FSK_MODEMS or xh_fsk_tx_init(&t, <xh_fsk_modem>modem, level_dbm0, twist_db, rate) != 0:
        raise ValueError("no such modem, or a level outside -90..+3.14 dBm0, or a rate outside 0.5..2")
    out = array.array("h")
    while made == BLOCK:
        with nogil:
            made = xh_fsk_tx_run(&t, block, BLOCK, next_bit, &source)
        out.frombytes((<char *>block)[:made * sizeof(int16_t)])
    return out


def caller_id_samples(int modem, const uint8_t[::1] message, *, double level_dbm0=-13.5, unsigned seizure_bits=300,
                      unsigned mark_bits=180):
    cdef xh_caller_id_tx t
    cdef int16_t block[BLOCK]
    cdef size_t made = BLOCK
    if message.shape[0] < 2 or not 0 <= modem < XH_FSK_MODEMS or xh_caller_id_tx_init(
            &t, <xh_fsk_modem>modem, level_dbm0, seizure_bits, mark_bits, &message[0], message.shape[0]) != 0:
        raise ValueError("the message is type, length and that many octets; V.23 or Bell 202; level -60..0 dBm0; at most 10000 bits")
    out = array.array("h")
    while made == BLOCK:
        with nogil:
            made = xh_caller_id_tx_run(&t, block, BLOCK)
        out.frombytes((<char *>block)[:made * sizeof(int16_t)])
    return out


cdef class FskReceiver:
    cdef xh_fsk_rx r

    def __init__(self, int modem, *, bint asynchronous=True):
        if not 0 <= modem < XH_FSK_MODEMS or xh_fsk_rx_init(&self.r, <xh_fsk_modem>modem, asynchronous) != 0:
            raise ValueError(f"no modem {modem}")

    def run(self, const int16_t[::1] samples):
        cdef uint16_t codes[BLOCK]
        cdef size_t at = 0, n, got
        found = []
        while at < <size_t>samples.shape[0]:
            n = min(<size_t>BLOCK, <size_t>samples.shape[0] - at)
            with nogil:
                got = xh_fsk_rx_run(&self.r, &samples[at], n, codes, BLOCK)
            found += [codes[i] for i in range(got)]
            at += n
        return found


class CallerIdMessage(NamedTuple):
    offset: int
    good: bool
    octets: bytes


cdef class CallerIdReceiver:
    cdef xh_caller_id_rx r

    def __init__(self):
        xh_caller_id_rx_init(&self.r)

    def run(self, const int16_t[::1] samples):
        cdef size_t at = 0, taken
        cdef xh_caller_id_result result
        found = []
        while at < <size_t>samples.shape[0]:
            with nogil:
                result = xh_caller_id_rx_run(&self.r, &samples[at], samples.shape[0] - at, &taken)
            at += taken
            if result != XH_CALLER_ID_NOTHING:
                found.append(CallerIdMessage(at, result == XH_CALLER_ID_MESSAGE_GOOD, (<char *>self.r.message)[:self.r.length]))
        return found
