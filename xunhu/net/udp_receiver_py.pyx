# cython: language_level=3
"""The receiver thread of SIP over UDP (include/xunhu/udp_receiver.h, udp_filter.h) and batched sending."""

import os
import socket as _socket

from libc.errno cimport EAGAIN
from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset


cdef extern from "xunhu/udp_filter.h" nogil:
    enum:
        XH_UDP_WORDS, XH_UDP_WORD, XH_UDP_NETWORKS, XH_UDP_VERDICTS
    struct xh_udp_source:
        uint8_t address[16]
    struct xh_udp_limits:
        uint32_t octets, rate, burst, unknown_rate, unknown_burst
    struct xh_udp_suspect:
        xh_udp_source source
        uint64_t scanner, rate, banned, last_ns
    struct xh_udp_filter:
        pass
    int xh_udp_filter_limits(xh_udp_filter *f, const xh_udp_limits *limits)
    int xh_udp_filter_words(xh_udp_filter *f, const char *const *words, size_t n)
    int xh_udp_filter_trust(xh_udp_filter *f, const xh_udp_source *source)
    int xh_udp_filter_distrust(xh_udp_filter *f, const xh_udp_source *source)
    void xh_udp_filter_networks_clear(xh_udp_filter *f)
    int xh_udp_filter_network(xh_udp_filter *f, const xh_udp_source *source, unsigned bits)
    int xh_udp_filter_trusts(const xh_udp_filter *f, const xh_udp_source *source)
    void xh_udp_filter_ban(xh_udp_filter *f, const xh_udp_source *source, uint64_t until, uint64_t now)
    void xh_udp_filter_unban(xh_udp_filter *f, const xh_udp_source *source)
    uint64_t xh_udp_filter_banned(const xh_udp_filter *f, const xh_udp_source *source, uint64_t now)
    void xh_udp_filter_counts(const xh_udp_filter *f, uint64_t *counts)
    size_t xh_udp_filter_suspects(const xh_udp_filter *f, xh_udp_suspect *out, size_t n)


cdef extern from "xunhu/udp_receiver.h" nogil:
    enum:
        XH_UDP_SOCKETS, XH_UDP_BATCH
    struct xh_udp_packet:
        uint64_t at_ns
        uint32_t octets, scope
        int32_t error
        xh_udp_source peer, local
        uint16_t port
        uint8_t socket, trusted
    struct xh_udp_receiver:
        pass
    struct xh_udp_receiver_counts_ "xh_udp_receiver_counts":
        uint64_t received, kernel_dropped, errors, error_full, cpu_ns
    struct xh_udp_send_ "xh_udp_send":
        int fd
        const uint8_t *octets
        size_t n
        xh_udp_source to, local
        uint32_t scope
        uint16_t port
        int error
    int xh_udp_receiver_new(xh_udp_receiver **out, const xh_udp_limits *limits, uint64_t seed, size_t ring, int wake)
    int xh_udp_receiver_add(xh_udp_receiver *r, int fd)
    int xh_udp_receiver_start(xh_udp_receiver *r)
    void xh_udp_receiver_stop(xh_udp_receiver *r)
    void xh_udp_receiver_free(xh_udp_receiver *r)
    xh_udp_filter *xh_udp_receiver_lock(xh_udp_receiver *r)
    void xh_udp_receiver_unlock(xh_udp_receiver *r)
    const xh_udp_packet *xh_udp_receiver_next(xh_udp_receiver *r, const uint8_t **octets)
    void xh_udp_receiver_done(xh_udp_receiver *r)
    int xh_udp_receiver_wait(xh_udp_receiver *r)
    void xh_udp_receiver_counts(xh_udp_receiver *r, xh_udp_receiver_counts_ *counts)
    size_t xh_udp_send(xh_udp_send_ *sends, size_t n)


VERDICTS = ("passed", "passed_trusted", "empty", "not_sip", "too_long", "scanner", "banned", "rate", "unknown_rate", "full")
WORDS_MAX = XH_UDP_WORDS
NETWORKS_MAX = XH_UDP_NETWORKS
SOCKETS_MAX = XH_UDP_SOCKETS
WOULD_BLOCK = EAGAIN
_KNOWN_MAX = 8192

# Texts of addresses seen and their octets; both are emptied when they grow too long.
cdef dict _texts = {}
cdef dict _packed = {}


cdef bytes _pack(str host):
    """16 octets of a literal address; a scope (%eth0, %2) is left out."""
    cdef bytes octets = _packed.get(host)
    if octets is not None:
        return octets
    text = host.partition("%")[0]
    try:
        if ":" in text:
            octets = _socket.inet_pton(_socket.AF_INET6, text)
        else:
            octets = b"\0" * 10 + b"\xff\xff" + _socket.inet_pton(_socket.AF_INET, text)
    except OSError:
        raise ValueError(f"not a literal address: {host!r}") from None
    if len(_packed) >= _KNOWN_MAX:
        _packed.clear()
    _packed[host] = octets
    return octets


cdef int _source(xh_udp_source *out, str host) except -1:
    cdef bytes octets = _pack(host)
    memcpy(out.address, <const char *>octets, 16)
    return 0


cdef str _text(const xh_udp_source *s, uint32_t scope=0):
    cdef bytes octets = (<const char *>s.address)[:16]
    cdef str text = _texts.get(octets)
    if text is None:
        if octets[:12] == b"\0" * 10 + b"\xff\xff":
            text = _socket.inet_ntop(_socket.AF_INET, octets[12:])
        else:
            text = _socket.inet_ntop(_socket.AF_INET6, octets)
        if len(_texts) >= _KNOWN_MAX:
            _texts.clear()
        _texts[octets] = text
    return f"{text}%{scope}" if scope and text.startswith("fe80") else text


cdef uint32_t _scope(str host) except? 0xffffffff:
    if "%" not in host:
        return 0
    name = host.partition("%")[2]
    if name.isdecimal():
        return int(name)
    try:
        return _socket.if_nametoindex(name)
    except OSError:
        raise ValueError(f"no such interface: {host!r}") from None


cdef int _limits(xh_udp_limits *l, octets, rate, burst, unknown_rate, unknown_burst) except -1:
    l.octets, l.rate, l.burst, l.unknown_rate, l.unknown_burst = octets, rate, burst, unknown_rate, unknown_burst
    return 0


cdef class UdpReceiver:
    cdef xh_udp_receiver *r
    cdef readonly int fd
    cdef bint started

    def __cinit__(self, *, octets=65535, rate=50, burst=200, unknown_rate=2000, unknown_burst=4000, ring=8 << 20, seed=None):
        cdef xh_udp_limits limits
        cdef int e
        self.fd = -1
        _limits(&limits, octets, rate, burst, unknown_rate, unknown_burst)
        if seed is None:
            seed = int.from_bytes(os.urandom(8), "little")
        self.fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        e = xh_udp_receiver_new(&self.r, &limits, seed, ring, self.fd)
        if e < 0:
            os.close(self.fd)
            self.fd = -1
            raise ValueError("limits are at least 1, octets at most 65535, ring a power of 2 and 1 MiB or more") if e == -22 else MemoryError()

    def __dealloc__(self):
        with nogil:
            xh_udp_receiver_free(self.r)
        if self.fd >= 0:
            os.close(self.fd)

    def add(self, int fd):
        cdef int number
        if self.started:
            raise RuntimeError("the thread runs already")
        number = xh_udp_receiver_add(self.r, fd)
        if number < 0:
            raise ValueError(f"at most {XH_UDP_SOCKETS} sockets")
        return number

    def start(self):
        cdef int e = xh_udp_receiver_start(self.r)
        if e < 0:
            raise OSError(-e, os.strerror(-e))
        self.started = True

    def stop(self):
        with nogil:
            xh_udp_receiver_stop(self.r)
        self.started = False

    def receive(self, int most=256):
        cdef const xh_udp_packet *p
        cdef const uint8_t *octets
        cdef list out = []
        while len(out) < most:
            p = xh_udp_receiver_next(self.r, &octets)
            if p == NULL:
                break
            out.append((
                p.error, (<const char *>octets)[: p.octets], _text(&p.peer, p.scope), p.port, _text(&p.local), p.socket, p.at_ns, p.trusted != 0
            ))
            xh_udp_receiver_done(self.r)
        return out

    def wait(self):
        try:
            os.eventfd_read(self.fd)
        except BlockingIOError:
            pass  # it was not written since it was read last
        return xh_udp_receiver_wait(self.r) != 0

    def limit(self, *, octets=65535, rate=50, burst=200, unknown_rate=2000, unknown_burst=4000):
        cdef xh_udp_limits limits
        cdef int e
        _limits(&limits, octets, rate, burst, unknown_rate, unknown_burst)
        e = xh_udp_filter_limits(xh_udp_receiver_lock(self.r), &limits)
        xh_udp_receiver_unlock(self.r)
        if e < 0:
            raise ValueError("limits are at least 1, octets at most 65535")

    def words(self, words):
        cdef const char *pointers[64]
        cdef int e
        cdef list kept = [word.encode() for word in words]
        if len(kept) > XH_UDP_WORDS or not all(0 < len(word) < XH_UDP_WORD and word.isascii() and 0 not in word for word in kept):
            raise ValueError(f"at most {XH_UDP_WORDS} words of 1 to {XH_UDP_WORD - 1} ASCII characters")
        for i, word in enumerate(kept):
            pointers[i] = <const char *><bytes>word
        e = xh_udp_filter_words(xh_udp_receiver_lock(self.r), pointers, len(kept))
        xh_udp_receiver_unlock(self.r)
        if e < 0:
            raise ValueError(f"words: {os.strerror(-e)}")

    def trust(self, str host not None):
        cdef xh_udp_source s
        cdef int e
        _source(&s, host)
        e = xh_udp_filter_trust(xh_udp_receiver_lock(self.r), &s)
        xh_udp_receiver_unlock(self.r)
        return e == 0

    def distrust(self, str host not None):
        cdef xh_udp_source s
        cdef int e
        _source(&s, host)
        e = xh_udp_filter_distrust(xh_udp_receiver_lock(self.r), &s)
        xh_udp_receiver_unlock(self.r)
        if e < 0:
            raise KeyError(host)

    def networks(self, networks):
        cdef xh_udp_source s[256]
        cdef unsigned bits[256]
        cdef xh_udp_filter *f
        cdef size_t n = 0, i
        for host, prefix in networks:
            if n >= <size_t>XH_UDP_NETWORKS:
                raise ValueError(f"at most {XH_UDP_NETWORKS} networks")
            _source(&s[n], host)
            most = 128 if ":" in host else 32
            if not 0 <= prefix <= most:
                raise ValueError(f"a prefix has 0 to {most} bits: {host}/{prefix}")
            bits[n] = prefix if ":" in host else 96 + prefix
            n += 1
        f = xh_udp_receiver_lock(self.r)
        xh_udp_filter_networks_clear(f)
        for i in range(n):
            xh_udp_filter_network(f, &s[i], bits[i])
        xh_udp_receiver_unlock(self.r)

    def trusts(self, str host not None):
        cdef xh_udp_source s
        cdef int yes
        _source(&s, host)
        yes = xh_udp_filter_trusts(xh_udp_receiver_lock(self.r), &s)
        xh_udp_receiver_unlock(self.r)
        return yes != 0

    def ban(self, str host not None, uint64_t until, uint64_t now):
        cdef xh_udp_source s
        _source(&s, host)
        xh_udp_filter_ban(xh_udp_receiver_lock(self.r), &s, until, now)
        xh_udp_receiver_unlock(self.r)

    def unban(self, str host not None):
        cdef xh_udp_source s
        _source(&s, host)
        xh_udp_filter_unban(xh_udp_receiver_lock(self.r), &s)
        xh_udp_receiver_unlock(self.r)

    def banned(self, str host not None, uint64_t now):
        cdef xh_udp_source s
        cdef uint64_t until
        _source(&s, host)
        until = xh_udp_filter_banned(xh_udp_receiver_lock(self.r), &s, now)
        xh_udp_receiver_unlock(self.r)
        return until

    def counts(self):
        cdef uint64_t counts[16]
        cdef xh_udp_receiver_counts_ c
        memset(counts, 0, sizeof(counts))
        xh_udp_filter_counts(xh_udp_receiver_lock(self.r), counts)
        xh_udp_receiver_unlock(self.r)
        xh_udp_receiver_counts(self.r, &c)
        out = {name: counts[i] for i, name in enumerate(VERDICTS)}
        out.update(received=c.received, kernel_dropped=c.kernel_dropped, errors=c.errors, error_full=c.error_full, cpu_ns=c.cpu_ns)
        return out

    def suspects(self, int most=20):
        cdef xh_udp_suspect found[100]
        cdef size_t n, i
        cdef xh_udp_filter *f
        if not 0 <= most <= 100:
            raise ValueError("0 to 100")
        with nogil:
            f = xh_udp_receiver_lock(self.r)
            n = xh_udp_filter_suspects(f, found, most)
            xh_udp_receiver_unlock(self.r)
        return [(_text(&found[i].source), found[i].scanner, found[i].rate, found[i].banned, found[i].last_ns) for i in range(n)]


def send(list datagrams not None):
    cdef xh_udp_send_ s[64]
    cdef size_t n = 0, first = 0
    cdef list failed = []
    cdef bytes octets
    for fd, octets, host, port, local in datagrams:
        memset(&s[n], 0, sizeof(xh_udp_send_))
        s[n].fd = fd
        s[n].octets = <const uint8_t *><const char *>octets
        s[n].n = len(octets)
        s[n].port = port
        _source(&s[n].to, host)
        s[n].scope = _scope(host)
        if local:
            _source(&s[n].local, local)
        n += 1
        if n == XH_UDP_BATCH:
            _flush(s, n, first, failed)
            first += n
            n = 0
    _flush(s, n, first, failed)
    return failed


cdef int _flush(xh_udp_send_ *s, size_t n, size_t first, list failed) except -1:
    cdef size_t i
    if not n or not xh_udp_send(s, n):
        return 0
    for i in range(n):
        if s[i].error:
            failed.append((first + i, s[i].error))
    return 0



