# RTP lines: part of engine.pyx.

from secrets import randbits

RtpRow = namedtuple(
    "RtpRow",
    "state local remote ssrc remote_ssrc codec payload_type remote_codec remote_type ptime_ms packets octets send_failed "
    "remote_packets remote_octets late early duplicates reordered invalid strange unauthentic concealed_ms lost remote_lost "
    "jitter_ms remote_jitter_ms delay_ms wanted_ms round_trip_ms loss skew_ppm mos_in mos_out r_in r_out",
    module=__name__,
)
RtpType = namedtuple(
    "RtpType", "payload_type codec clock_hz bits_per_second mode", defaults=(0, 0, 0), module=__name__
)
RtpJitter = namedtuple(
    "RtpJitter", "adaptive fixed_ms min_ms max_ms start_ms late_cost_ms", defaults=(True, 60, 0, 200, 40, 150), module=__name__
)
SRTP_SUITES = {
    "AES_CM_128_HMAC_SHA1_80": (XH_SRTP_AES_CM_128_80, 30),
    "AES_CM_128_HMAC_SHA1_32": (XH_SRTP_AES_CM_128_32, 30),
    "AES_256_CM_HMAC_SHA1_80": (XH_SRTP_AES_256_CM_80, 46),
    "AES_256_CM_HMAC_SHA1_32": (XH_SRTP_AES_256_CM_32, 46),
    "AEAD_AES_128_GCM": (XH_SRTP_AEAD_AES_128_GCM, 28),
    "AEAD_AES_256_GCM": (XH_SRTP_AEAD_AES_256_GCM, 44),
}
_HASHES = {"sha-1": 20, "sha-256": 32, "sha-384": 48, "sha-512": 64}  # in the order of enum xh_dtls_hash
_RTP_FROM = ("exact", "host", "any")


cdef int _rtp_port(object port) except? -1:
    return _whole("port of an RTP line", port, XH_TS_PORTS, XH_LINE_PORTS - 1)


cdef int _line_port(object port) except? -1:
    cdef int n = _whole("port of a line", port, 0, XH_LINE_PORTS - 1)
    return n if n >= <int>XH_TS_PORTS else _timeslot_port(port)


cdef int _address(str what, object host, object port, xh_rtp_address *out) except -1:
    """host: an IP address, IPv6 with %scope where it needs one."""
    memset(out, 0, sizeof(xh_rtp_address))
    out.port = _whole(f"{what}: port", port, 0, 65535)
    name, _, scope = str(host).partition("%")
    for family, number in ((socket.AF_INET, 4), (socket.AF_INET6, 6)):
        try:
            raw = socket.inet_pton(family, name)
        except OSError:
            continue
        out.family = number
        memcpy(out.ip, <const char *>raw, len(raw))
        if scope:
            out.scope = int(scope) if scope.isdecimal() else socket.if_nametoindex(scope)
        return 0
    raise ValueError(f"{what} must be an IP address, not {host!r}")


cdef object _address_of(const xh_rtp_address *a):
    if a.family == 4:
        return socket.inet_ntop(socket.AF_INET, (<char *>a.ip)[:4]), a.port
    if a.family == 6:
        text = socket.inet_ntop(socket.AF_INET6, (<char *>a.ip)[:16])
        return (f"{text}%{a.scope}" if a.scope else text), a.port
    return None


cdef int _secret(object srtp, xh_srtp_secret *out) except -1:
    memset(out, 0, sizeof(xh_srtp_secret))
    if srtp is None:
        return 0
    suite, key = srtp
    if suite not in SRTP_SUITES:
        raise ValueError(f"no SRTP suite {suite!r}; there are {', '.join(SRTP_SUITES)}")
    number, octets = SRTP_SUITES[suite]
    raw = bytes(key)
    if len(raw) != octets:
        raise ValueError(f"a key of {suite} has {octets} octets with its salt, not {len(raw)}")
    out.suite, out.octets = number, octets
    memcpy(out.key, <const char *>raw, octets)
    return 0


cdef int _codec(object name, object clock_hz) except? -1:
    cdef size_t i = 0
    cdef const xh_rtp_codec *found = xh_rtp_codec_named(str(name).encode(), _whole("clock_hz", clock_hz, 0, 192_000))
    if found == NULL:
        raise ValueError(f"no codec {name!r} of {clock_hz} Hz; there are {', '.join(codec.name for codec in rtp_codecs())}")
    while xh_rtp_codec_at(i) != found:
        i += 1
    return <int>i


cdef int _type(str what, object value, bint none) except? -1:
    if none and value is None:
        return XH_RTP_NO_TYPE
    return _whole(what, value, 0, 127)


RtpCodec = namedtuple("RtpCodec", "name payload_type clock_hz frame_ms ptime_ms available", module=__name__)


def rtp_codecs():
    """See engine.pyi."""
    cdef size_t i = 0
    cdef const xh_rtp_codec *c
    out = []
    while True:
        c = xh_rtp_codec_at(i)
        if c == NULL:
            return out
        static = None if c.payload_type == XH_RTP_DYNAMIC else c.payload_type
        out.append(RtpCodec(c.name.decode(), static, c.clock_hz, c.frame / 8, c.ptime_ms, c.available == NULL or c.available() != 0))
        i += 1


cdef object _codec_name(int row):
    cdef const xh_rtp_codec *c = xh_rtp_codec_at(row)
    return None if row == 255 or c == NULL else c.name.decode()


cdef class EngineRtp(EngineLevel):
    """See engine.pyi."""

    def rtp_open(self, port, local, udp_port=0, *, group=None, bint mux=False, bint rtcp=True, bint xr=False, double silent_s=0.0,
                 tos=0, ttl=1, str cname="", seed=None):
        cdef xh_command c
        cdef xh_rtp_open o
        memset(&c, 0, sizeof(c))
        memset(&o, 0, sizeof(o))
        c.op, c.port = XH_CMD_RTP_OPEN, _rtp_port(port)
        _address("local", local, udp_port, &o.local)
        if group is not None:
            _address("group", group, 0, &o.group)
        o.flags = (XH_RTP_MUX if mux else 0) | (0 if rtcp else XH_RTP_NO_RTCP) | (XH_RTP_XR if xr else 0)
        o.silent_ms = _ms("silent_s", silent_s)
        o.tos = _whole("tos", tos, 0, 255)
        o.ttl = _whole("ttl", ttl, 1, 255)
        o.seed = randbits(64) if seed is None else seed
        raw = cname.encode()[:63]
        memcpy(o.cname, <const char *>raw, len(raw))
        return self._send(&c, (<char *>&o)[:sizeof(o)])

    def rtp_send(self, port, host, udp_port=0, *, str codec="PCMA", clock_hz=0, payload_type=8, key_type=None, noise_type=None,
                 ptime_ms=0, bint dtx=False, str source="exact", rtcp=None, bint mux=False, bint xr=False, key_clock_hz=0,
                 bits_per_second=0, mode=0, srtp=None):
        cdef xh_command c
        cdef xh_rtp_send s
        memset(&c, 0, sizeof(c))
        memset(&s, 0, sizeof(s))
        c.op, c.port = XH_CMD_RTP_SEND, _rtp_port(port)
        if host is not None:
            _address("host", host, udp_port, &s.remote)
        if rtcp is not None:
            _address("rtcp", rtcp[0], rtcp[1], &s.remote_rtcp)
        if source not in _RTP_FROM:
            raise ValueError(f"source must be one of {', '.join(_RTP_FROM)}, not {source!r}")
        s.codec = _codec(codec, clock_hz)
        s.payload_type = _type("payload_type", payload_type, False)
        s.key_type, s.noise_type = _type("key_type", key_type, True), _type("noise_type", noise_type, True)
        s.ptime_ms = _whole("ptime_ms", ptime_ms, 0, 60)
        s.dtx = dtx
        s.source = _RTP_FROM.index(source)
        s.flags = (XH_RTP_MUX if mux else 0) | (XH_RTP_XR if xr else 0)
        s.key_clock_hz = _whole("key_clock_hz", key_clock_hz, 0, 192_000)
        s.bits_per_second = _whole("bits_per_second", bits_per_second, 0, 1_000_000)
        s.mode = _whole("mode", mode, -1_000_000, 1_000_000)
        _secret(srtp, &s.secret)
        return self._send(&c, (<char *>&s)[:sizeof(s)])

    def rtp_receive(self, port, types, *, key_types=(), noise_types=(), jitter=None, srtp=None):
        """types: RtpType, or payload type and codec's name. key_types, noise_types: payload type, or (payload type, clock_hz)."""
        cdef xh_command c
        cdef xh_rtp_receive r
        cdef int n = 0
        memset(&c, 0, sizeof(c))
        memset(&r, 0, sizeof(r))
        c.op, c.port = XH_CMD_RTP_RECEIVE, _rtp_port(port)
        rows = [(RtpType(*row), XH_RTP_AUDIO) for row in types]
        for others, kind in ((noise_types, XH_RTP_NOISE), (key_types, XH_RTP_KEY)):
            for row in others:
                number, clock = row if isinstance(row, tuple) else (row, 0)
                rows.append((RtpType(number, None, clock), kind))
        if len(rows) > XH_RTP_ACCEPTS:
            raise ValueError(f"a line takes {XH_RTP_ACCEPTS} payload types at most, not {len(rows)}")
        for row, kind in rows:
            r.accept[n].payload_type = _type("payload_type", row.payload_type, False)
            r.accept[n].kind = kind
            if kind == XH_RTP_AUDIO:
                r.accept[n].codec = _codec(row.codec, row.clock_hz)
            else:
                r.accept[n].clock_hz = _whole("clock_hz", row.clock_hz, 0, 192_000)
            r.accept[n].bits_per_second = _whole("bits_per_second", row.bits_per_second, 0, 1_000_000)
            r.accept[n].mode = _whole("mode", row.mode, -1_000_000, 1_000_000)
            n += 1
        r.count = n
        if jitter is not None:
            r.adaptive = bool(jitter.adaptive)
            r.fixed_ms = _whole("fixed_ms", jitter.fixed_ms, 0, 300)
            r.min_ms, r.max_ms = _whole("min_ms", jitter.min_ms, 0, 300), _whole("max_ms", jitter.max_ms, 0, 300)
            r.start_ms = _whole("start_ms", jitter.start_ms, 1, 300)
            r.late_cost_ms = _whole("late_cost_ms", jitter.late_cost_ms, 10, 1000)
        _secret(srtp, &r.secret)
        return self._send(&c, (<char *>&r)[:sizeof(r)])

    def rtp_dtls(self, port, *, bint client, str fingerprint, suites=()):
        cdef xh_command c
        cdef xh_rtp_dtls d
        memset(&c, 0, sizeof(c))
        memset(&d, 0, sizeof(d))
        c.op, c.port = XH_CMD_RTP_DTLS, _rtp_port(port)
        name, _, digits = fingerprint.strip().partition(" ")
        raw = bytes.fromhex(digits.replace(":", ""))
        if name.lower() not in _HASHES or len(raw) != _HASHES[name.lower()]:
            raise ValueError(f"a fingerprint is a hash of {', '.join(_HASHES)} and its octets, not {fingerprint!r}")
        d.client, d.hash, d.octets = client, list(_HASHES).index(name.lower()), len(raw)
        for suite in suites:
            if suite not in SRTP_SUITES:
                raise ValueError(f"no SRTP suite {suite!r}; there are {', '.join(SRTP_SUITES)}")
            d.suites |= <uint32_t>1 << <int>SRTP_SUITES[suite][0]
        memcpy(d.fingerprint, <const char *>raw, len(raw))
        return self._send(&c, (<char *>&d)[:sizeof(d)])

    def dtls_fingerprint(self):
        cdef xh_shm *shm = self._live()
        if not shm.dtls_known:
            return None
        return "sha-256 " + (<char *>shm.dtls_fingerprint)[:32].hex(":").upper()

    def rtp_digits(self, port, str digits, *, on_ms=100, off_ms=60):
        cdef xh_command c
        memset(&c, 0, sizeof(c))
        c.op, c.port = XH_CMD_RTP_DIGITS, _rtp_port(port)
        if any(d not in _KEYS + "!," for d in digits) or len(digits) > XH_RTP_DIGITS:
            raise ValueError(f"digits are at most {XH_RTP_DIGITS} of {_KEYS}, ! for a flash and the comma for a pause: {digits!r}")
        c.a0 = _whole("on_ms", on_ms, 20, 60_000)
        c.a1 = _whole("off_ms", off_ms, 0, 60_000)
        return self._send(&c, digits.encode())

    def key(self, port, str digit, *, ms=100):
        if len(digit) != 1 or digit not in _KEYS:
            raise ValueError(f"a key is one of {_KEYS}, not {digit!r}")
        return self._plain(XH_CMD_KEY, _line_port(port), ord(digit), _whole("ms", ms, 0, 10_000))

    def rtp_direction(self, port, *, bint sends, bint hears):
        return self._plain(
            XH_CMD_RTP_DIRECTION, _rtp_port(port), (XH_RTP_SENDS if sends else 0) | (XH_RTP_HEARS if hears else 0)
        )

    def rtp_row(self, port):
        cdef xh_shm *shm = self._live()
        cdef xh_rtp_row *row = &shm.rtp[_rtp_port(port) - XH_TS_PORTS]
        cdef xh_rtp_row r
        xh_row_read(&row.sequence, row, &r, sizeof(r))
        if not r.state & XH_RTP_STATE_OPEN:
            return None
        return RtpRow(
            r.state, _address_of(&r.local), _address_of(&r.remote), r.ssrc, r.remote_ssrc,
            _codec_name(r.codec), r.payload_type if r.payload_type != 255 else None,
            _codec_name(r.remote_codec), r.remote_type if r.remote_type != 255 else None, r.ptime_ms,
            r.packets, r.octets, r.send_failed, r.remote_packets, r.remote_octets, r.late, r.early, r.duplicates, r.reordered,
            r.invalid, r.strange, r.unauthentic, r.concealed / 8, r.lost, r.remote_lost, r.jitter_us / 1000, r.remote_jitter_us / 1000,
            r.delay_ms, r.wanted_ms, r.round_trip_ms, r.loss_x10000 / 10000, r.skew_ppm, r.mos_in_x100 / 100, r.mos_out_x100 / 100,
            r.r_in_x10 / 10, r.r_out_x10 / 10,
        )
