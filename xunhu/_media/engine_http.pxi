# Limits of prompts from HTTP servers: part of engine.pyx.

cdef int _http_limits(xh_fetch_limits *limits, dict given) except -1:
    """What is not given is as XH_FETCH_DEFAULTS of fetch.h says."""
    cdef bytes names
    usual = {
        "file_octets": (64 << 20, 1 << 30), "all_octets": (256 << 20, 1 << 40), "transfers": (256, 4096),
        "connect_ms": (3000, 600_000), "first_ms": (3000, 600_000), "low_octets": (400, 1 << 30), "low_ms": (5000, 600_000),
        "fresh_ms": (30_000, 1 << 30),
    }
    memset(limits, 0, sizeof(limits[0]))
    unknown = set(given) - set(usual) - {"hosts"}
    if unknown:
        raise ValueError(f"http has no {', '.join(sorted(unknown))}; there are hosts, {', '.join(usual)}")
    value = {name: _whole(name, given.get(name, there), 0 if name == "fresh_ms" else 1, most) for name, (there, most) in usual.items()}
    limits.file_octets, limits.all_octets, limits.transfers = value["file_octets"], value["all_octets"], value["transfers"]
    limits.connect_ms, limits.first_ms, limits.fresh_ms = value["connect_ms"], value["first_ms"], value["fresh_ms"]
    limits.low_octets, limits.low_ms = value["low_octets"], value["low_ms"]
    if given.get("hosts") is not None:
        names = ",".join(given["hosts"]).encode()
        if len(names) >= sizeof(limits.hosts):
            raise ValueError(f"the names of http hosts have more than {sizeof(limits.hosts) - 1} octets")
        limits.only_hosts = 1
        memcpy(limits.hosts, <const char *>names, len(names))
    return 0
