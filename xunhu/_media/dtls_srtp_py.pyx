# cython: language_level=3
"""DTLS-SRTP (include/xunhu/dtls_srtp.h). See dtls_srtp.pyi."""

import os
from typing import NamedTuple

from libc.stdint cimport uint8_t, uint32_t


cdef extern from "xunhu/dtls_srtp.h":
    struct xh_dtls_identity
    struct xh_dtls
    struct xh_dtls_keys:
        int suite, octets
        uint8_t ours[46]
        uint8_t theirs[46]
    xh_dtls_identity *xh_dtls_identity_new(const char *pem, int *err)
    void xh_dtls_identity_free(xh_dtls_identity *identity)
    int xh_dtls_identity_fingerprint(const xh_dtls_identity *identity, int hash, uint8_t *out)
    xh_dtls *xh_dtls_new(xh_dtls_identity *identity, int client, uint32_t suites, int hash, const uint8_t *fingerprint, size_t octets)
    void xh_dtls_free(xh_dtls *d)
    int xh_dtls_start(xh_dtls *d)
    int xh_dtls_receive(xh_dtls *d, const uint8_t *datagram, size_t octets)
    int xh_dtls_due(const xh_dtls *d)
    int xh_dtls_timeout(xh_dtls *d)
    size_t xh_dtls_send(xh_dtls *d, uint8_t *out, size_t room)
    int xh_dtls_state(const xh_dtls *d)
    const char *xh_dtls_why(const xh_dtls *d)
    int xh_dtls_agreed(const xh_dtls *d, xh_dtls_keys *keys)
    void xh_dtls_close(xh_dtls *d)


STATES = ("new", "shaking", "done", "failed", "closed")
HASHES = ("sha-1", "sha-256", "sha-384", "sha-512")


class Keys(NamedTuple):
    suite: int
    ours: bytes
    theirs: bytes


cdef class Identity:
    cdef xh_dtls_identity *identity

    def __cinit__(self, pem=None):
        cdef int err = 0
        cdef const char *path = NULL
        encoded = b"" if pem is None else os.fsencode(pem)
        if pem is not None:
            path = encoded
        self.identity = xh_dtls_identity_new(path, &err)
        if self.identity == NULL:
            raise OSError(-err, os.strerror(-err), pem)

    def __dealloc__(self):
        xh_dtls_identity_free(self.identity)

    def fingerprint(self, str hash="sha-256"):
        cdef uint8_t out[64]
        cdef int n = xh_dtls_identity_fingerprint(self.identity, HASHES.index(hash), out)
        return bytes(out[:n])


cdef class Dtls:
    cdef xh_dtls *d
    cdef Identity identity

    def __cinit__(self, Identity identity not None, bint client, const uint8_t[::1] fingerprint not None, *, str hash="sha-256", suites=()):
        cdef uint32_t bits = 0
        for suite in suites:
            bits |= (<uint32_t>1) << <int>suite
        self.identity = identity
        self.d = xh_dtls_new(identity.identity, client, bits, HASHES.index(hash), &fingerprint[0], <size_t>fingerprint.shape[0])
        if self.d == NULL:
            raise ValueError("no such fingerprint or suites")

    def __dealloc__(self):
        xh_dtls_free(self.d)

    def start(self):
        return STATES[xh_dtls_start(self.d)]

    def receive(self, const uint8_t[::1] datagram not None):
        return STATES[xh_dtls_receive(self.d, &datagram[0] if datagram.shape[0] else NULL, <size_t>datagram.shape[0])]

    def due_ms(self):
        cdef int ms = xh_dtls_due(self.d)
        return None if ms < 0 else ms

    def timeout(self):
        return STATES[xh_dtls_timeout(self.d)]

    def send(self):
        cdef uint8_t out[1200]
        cdef size_t n
        found = []
        while True:
            n = xh_dtls_send(self.d, out, 1200)
            if not n:
                return found
            found.append(bytes(out[:n]))

    @property
    def state(self):
        return STATES[xh_dtls_state(self.d)]

    @property
    def why(self):
        return xh_dtls_why(self.d).decode()

    def keys(self):
        cdef xh_dtls_keys keys
        if xh_dtls_agreed(self.d, &keys) < 0:
            return None
        return Keys(keys.suite, bytes(keys.ours[:keys.octets]), bytes(keys.theirs[:keys.octets]))

    def close(self):
        xh_dtls_close(self.d)
