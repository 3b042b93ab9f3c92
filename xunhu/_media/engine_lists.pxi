# File names as payloads of commands: part of engine.pyx.


def _path(path) -> bytes:
    url = isinstance(path, str) and path[:8].lower().startswith(("http://", "https://"))
    raw = path.encode() if url else os.fsencode(os.path.abspath(path))
    if b"\0" in raw:
        raise ValueError(f"a file name cannot contain NUL: {path!r}")
    if len(raw) >= XH_PAYLOAD:
        raise ValueError(f"a file name can have {XH_PAYLOAD - 1} octets, this one has {len(raw)}: {path!r}")
    return raw


def _lists(files) -> list:
    """File names, NUL-separated, in as few payloads as will hold them."""
    if isinstance(files, (str, bytes)):
        raise ValueError("files is a sequence of file names, not one name")
    parts = []
    total = 0
    for raw in map(_path, files):
        total += len(raw) + 1
        last = parts.pop() if parts else b""
        if last and len(last) + 1 + len(raw) <= XH_PAYLOAD:
            parts.append(last + b"\0" + raw)
        else:
            parts.extend((last, raw) if last else (raw,))
    if total > LIST_MAX:
        raise ValueError(f"the list has {total} octets of file names, more than {LIST_MAX}: give some later with play_more")
    return parts
