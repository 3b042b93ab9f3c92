"""ITU-T G.711 for Python, see g711.pyi."""
from cpython cimport array
from libc.stddef cimport size_t
from libc.stdint cimport int16_t, uint8_t

import array

cdef extern from "xunhu/g711.h" nogil:
    void xh_alaw_decode(int16_t *out, const uint8_t *octets, size_t n)
    void xh_ulaw_decode(int16_t *out, const uint8_t *octets, size_t n)
    void xh_alaw_encode(uint8_t *out, const int16_t *samples, size_t n)
    void xh_ulaw_encode(uint8_t *out, const int16_t *samples, size_t n)

cdef array.array SAMPLES = array.array("h")
cdef array.array OCTETS = array.array("B")


def alaw_decode(const uint8_t[::1] octets):
    cdef array.array out = array.clone(SAMPLES, octets.shape[0], False)
    if octets.shape[0]:
        xh_alaw_decode(<int16_t *>out.data.as_voidptr, &octets[0], octets.shape[0])
    return out


def ulaw_decode(const uint8_t[::1] octets):
    cdef array.array out = array.clone(SAMPLES, octets.shape[0], False)
    if octets.shape[0]:
        xh_ulaw_decode(<int16_t *>out.data.as_voidptr, &octets[0], octets.shape[0])
    return out


def alaw_encode(const int16_t[::1] samples):
    cdef array.array out = array.clone(OCTETS, samples.shape[0], False)
    if samples.shape[0]:
        xh_alaw_encode(<uint8_t *>out.data.as_voidptr, &samples[0], samples.shape[0])
    return out.tobytes()


def ulaw_encode(const int16_t[::1] samples):
    cdef array.array out = array.clone(OCTETS, samples.shape[0], False)
    if samples.shape[0]:
        xh_ulaw_encode(<uint8_t *>out.data.as_voidptr, &samples[0], samples.shape[0])
    return out.tobytes()
