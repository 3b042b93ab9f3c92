# Rows of spans as Python gives them, checked and made xh_span_spec: part of engine.pyx.

_SPAN_KEYS = {
    "loop": {"peer"},
    "ces": {"local", "remote", "frames", "jitter_ms", "rtp"},
    "dahdi": {"span", "hdlc", "cas", "root"},
}


cdef int _mask(str what, object timeslots, uint32_t *out) except -1:
    out[0] = 0
    for t in timeslots:
        out[0] |= <uint32_t>1 << _whole(f"{what}: timeslot", t, 1, 31)
    return 0


cdef int _text(str what, object value, char *out, size_t room) except -1:
    if not isinstance(value, str):
        raise ValueError(f"{what} must be text, not {value!r}")
    raw = os.fsencode(value)
    if not raw or b"\0" in raw or <size_t>len(raw) >= room:
        raise ValueError(f"{what} must have 1 to {room - 1} octets and no NUL, not {value!r}")
    memcpy(out, <const char *>raw, len(raw) + 1)
    return 0


cdef int _spec(dict row, str law, xh_span_spec *s) except -1:
    memset(s, 0, sizeof(xh_span_spec))
    s.number = _whole("span number", row.get("number"), 0, XH_MAX_SPANS - 1)
    who = f"span {s.number}"
    driver = row.get("driver")
    if driver not in _SPAN_KEYS:
        raise ValueError(f"{who}: driver must be loop, ces or dahdi, not {driver!r}")
    strange = set(row) - _SPAN_KEYS[driver] - {"number", "driver", "law"}
    if strange:
        raise ValueError(f"{who}: a {driver} span has no {', '.join(sorted(map(str, strange)))}")
    own_law = row.get("law", law)
    if own_law not in ("A", "U"):
        raise ValueError(f"{who}: law must be A or U, not {own_law!r}")
    s.law = ord(own_law)
    if driver == "loop":
        s.driver = XH_DRIVER_LOOP
        s.peer = _whole(f"{who}: peer", row.get("peer"), 0, XH_MAX_SPANS - 1)
    elif driver == "ces":
        s.driver = XH_DRIVER_CES
        _text(f"{who}: local", row.get("local"), s.local, sizeof(s.local))
        _text(f"{who}: remote", row.get("remote"), s.remote, sizeof(s.remote))
        s.frames = _whole(f"{who}: frames", row.get("frames", 40), 8, 40)
        s.jitter_ms = _whole(f"{who}: jitter_ms", row.get("jitter_ms", 20), 1, 500)
        s.rtp = 1 if row.get("rtp", False) else 0
    else:
        s.driver = XH_DRIVER_DAHDI
        s.dahdi_span = _whole(f"{who}: span", row.get("span"), 1, 1024)
        _text(f"{who}: root", row.get("root", "/dev/dahdi"), s.root, sizeof(s.root))
        _mask(f"{who}: hdlc", row.get("hdlc", ()), &s.hdlc_mask)
        _mask(f"{who}: cas", row.get("cas", ()), &s.cas_mask)
    return 0


def _rows_of(spans):
    """The rows with their defaults said; a loop whose peer has no row gets one."""
    rows = {}
    for row in spans:
        row = dict(row)
        number = _whole("span number", row.get("number"), 0, XH_MAX_SPANS - 1)
        if number in rows:
            raise ValueError(f"span {number} is there twice")
        rows[number] = row
    for row in list(rows.values()):
        if row.get("driver") != "loop":
            continue
        number, peer = row["number"], _whole(f"span {row['number']}: peer", row.get("peer"), 0, XH_MAX_SPANS - 1)
        other = rows.setdefault(peer, {"number": peer, "driver": "loop", "peer": number})
        if peer == number or other.get("driver") != "loop" or other.get("peer") != number:
            raise ValueError(f"span {number} is a loop to span {peer}: that one must be a loop to span {number}")
    return list(rows.values())
