# cython: language_level=3
"""FSK senders and receivers for Python (include/xunhu/fsk.h, include/xunhu/caller_id.h)."""

from cpython cimport array
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

cdef extern from "xunhu/caller_id.h" nogil:
    struct xh_caller_id_tx:
        xh_fsk_tx fsk
    int xh_caller_id_tx_init(xh_caller_id_tx *t, xh_fsk_modem modem, double level_dbm0, unsigned seizure_bits,
                             unsigned mark_bits, const uint8_t *message, size_t length)
    size_t xh_caller_id_tx_run(xh_caller_id_tx *t, int16_t *out, size_t n)

V23 = XH_FSK_V23
BELL202 = XH_FSK_BELL202
V21_CHANNEL1 = XH_FSK_V21_CHANNEL1
V21_CHANNEL2 = XH_FSK_V21_CHANNEL2

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
