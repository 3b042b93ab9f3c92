# cython: language_level=3
"""Kernels of a conference for Python, see conference.pyi and include/xunhu/conference.h."""

from libc.stddef cimport size_t
from libc.stdint cimport int16_t, uint32_t
from libc.stdlib cimport free, malloc

cdef extern from "xunhu/conference.h" nogil:
    enum:
        XH_CONFERENCE_BLOCK
    struct xh_conference_kernels:
        void (*scale)(int16_t *out, const int16_t *x, int from_q12, int to_q12, size_t n) noexcept nogil
        void (*sum)(int16_t *low, int16_t *rest, const int16_t *const *rows, size_t parties, size_t n) noexcept nogil
        void (*minus)(int16_t *out, const int16_t *low, const int16_t *rest, const int16_t *own, size_t n) noexcept nogil
        uint32_t (*energy)(const int16_t *x, size_t n) noexcept nogil
    void xh_conference_kernels_of "xh_conference_kernels"(xh_conference_kernels *k, int plain)

BLOCK = XH_CONFERENCE_BLOCK
PARTIES = 65536


cdef int _fits(const int16_t[:, ::1] rows, int16_t[:, ::1] out) except -1:
    if rows.shape[1] > XH_CONFERENCE_BLOCK or rows.shape[0] > 65536:
        raise ValueError(f"a block is 65536 parties with {XH_CONFERENCE_BLOCK} samples at most, not {rows.shape[0]} x {rows.shape[1]}")
    if out.shape[0] != rows.shape[0] or out.shape[1] != rows.shape[1]:
        raise ValueError("what is heard has the form of what is said")
    return 0


def scale(const int16_t[::1] said, int16_t[::1] out, int from_q12, int to_q12, *, bint plain=False):
    cdef xh_conference_kernels k
    if said.shape[0] > XH_CONFERENCE_BLOCK or out.shape[0] != said.shape[0]:
        raise ValueError(f"at most {XH_CONFERENCE_BLOCK} samples, and room for as many")
    if not (0 <= from_q12 <= 32767 and 0 <= to_q12 <= 32767):
        raise ValueError("a gain is 0 to 32767")
    xh_conference_kernels_of(&k, plain)
    if said.shape[0]:
        k.scale(&out[0], &said[0], from_q12, to_q12, said.shape[0])


def energy(const int16_t[::1] said, *, bint plain=False):
    cdef xh_conference_kernels k
    if said.shape[0] > XH_CONFERENCE_BLOCK:
        raise ValueError(f"at most {XH_CONFERENCE_BLOCK} samples")
    xh_conference_kernels_of(&k, plain)
    return k.energy(&said[0], said.shape[0]) if said.shape[0] else 0


def mix_minus(const int16_t[:, ::1] said, int16_t[:, ::1] heard, *, bint plain=False, int times=1):
    cdef xh_conference_kernels k
    cdef int16_t low[160]
    cdef int16_t rest[160]
    cdef size_t parties = said.shape[0], n = said.shape[1], p
    cdef const int16_t **rows
    cdef int i
    _fits(said, heard)
    xh_conference_kernels_of(&k, plain)
    if not parties or not n:
        return
    rows = <const int16_t **>malloc(parties * sizeof(int16_t *))
    if rows == NULL:
        raise MemoryError
    with nogil:
        for p in range(parties):
            rows[p] = &said[p, 0]
        for i in range(times):
            k.sum(low, rest, rows, parties, n)
            for p in range(parties):
                k.minus(&heard[p, 0], low, rest, &said[p, 0], n)
    free(rows)


def copy(const int16_t[:, ::1] said, int16_t[:, ::1] heard, *, int times=1):
    cdef size_t parties = said.shape[0], n = said.shape[1], p, s
    cdef int i
    _fits(said, heard)
    if not parties or not n:
        return
    with nogil:
        for i in range(times):
            for p in range(parties):
                for s in range(n):
                    heard[p, s] = said[p, s]
