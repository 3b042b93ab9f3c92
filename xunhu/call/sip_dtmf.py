"""Keys in the bodies of INFO requests: application/dtmf-relay (Signal= and Duration= lines) and application/dtmf (the key alone).

No RFC has them; they are as telephones and gateways send them. What else comes by INFO is not for us.
"""

from __future__ import annotations

import re

_KEYS = "0123456789*#ABCD"
_NUMBERED = {str(number): key for number, key in enumerate(_KEYS)}
_SIGNAL = re.compile(r"^\s*signal\s*=\s*(\S+)\s*$", re.IGNORECASE | re.MULTILINE)


def key_of(content_type: str, body: bytes) -> str:
    """The key, "" when there is none in it. "10" and "11" are * and # in both forms, 12 to 15 A to D (RFC 4733 §3.2)."""
    kind = content_type.partition(";")[0].strip().lower()
    text = body[:512].decode("ascii", "replace")
    if kind == "application/dtmf-relay":
        found = _SIGNAL.search(text)
        text = found[1] if found else ""
    elif kind != "application/dtmf":
        return ""
    text = text.strip().upper()
    if len(text) == 1 and text in _KEYS:
        return text
    return _NUMBERED.get(text, "")


def is_dtmf(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() in ("application/dtmf-relay", "application/dtmf")


def relay_body(key: str, duration_ms: int = 160) -> tuple[str, bytes]:
    """Content type and body that send a key."""
    return "application/dtmf-relay", f"Signal={key}\r\nDuration={duration_ms}\r\n".encode()
