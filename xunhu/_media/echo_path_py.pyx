# cython: language_level=3
"""Echo path of a line by least squares (include/xunhu/echo_path.h)."""

from errno import ENODATA

from cpython cimport array
from libc.stdint cimport int16_t
from libc.stdlib cimport free, malloc

import array


cdef extern from "xunhu/echo_path.h" nogil:
    enum:
        XH_ECHO_PATH_TAPS
    size_t xh_echo_path_work(size_t n, size_t count)
    int xh_echo_path_estimate(const int16_t *sent, const int16_t *received, size_t n, double *taps, size_t count, double *work)
    void xh_echo_path_residual(const int16_t *sent, const int16_t *received, size_t n, const double *taps, size_t count, int16_t *residual)


TAPS = XH_ECHO_PATH_TAPS


def estimate(const int16_t[::1] sent, const int16_t[::1] received, size_t count):
    cdef size_t n = sent.shape[0]
    if <size_t>received.shape[0] != n:
        raise ValueError(f"{n} samples sent, {received.shape[0]} received")
    if not 1 <= count <= XH_ECHO_PATH_TAPS or n < count:
        raise ValueError(f"{count} taps of {n} samples: 1 to {XH_ECHO_PATH_TAPS}, and not more than samples")
    taps = array.array("d", bytes(8 * count))
    cdef double[::1] out = taps
    cdef double *work = <double *>malloc(xh_echo_path_work(n, count) * sizeof(double))
    cdef int status
    if work is NULL:
        raise MemoryError
    with nogil:
        status = xh_echo_path_estimate(&sent[0], &received[0], n, &out[0], count, work)
    free(work)
    if status == -ENODATA:
        raise ValueError("nothing was sent")
    return taps


def residual(const int16_t[::1] sent, const int16_t[::1] received, const double[::1] taps):
    cdef size_t n = sent.shape[0], count = taps.shape[0]
    if <size_t>received.shape[0] != n:
        raise ValueError(f"{n} samples sent, {received.shape[0]} received")
    left = array.array("h", bytes(2 * n))
    cdef int16_t[::1] out = left
    if n > 0 and count > 0:
        with nogil:
            xh_echo_path_residual(&sent[0], &received[0], n, &taps[0], count, &out[0])
    return left
