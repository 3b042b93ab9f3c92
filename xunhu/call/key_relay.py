"""A key that came beside the voice, by RFC 4733 or INFO, goes on to the other party of the talk: as a key where its signalling has a way for it, else
sounded, for an E1 knows keys in no other form (RFC 4733 §1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xunhu.call.media import MediaFullError

if TYPE_CHECKING:
    from xunhu.call.leg import Leg

_ON_MS, _OFF_MS = 100, 60


def relay_key(leg: Leg, key: str) -> None:
    call = leg.call
    if call.bridged is None or leg not in call.bridged:
        return
    other = call.partner(leg)
    if other is None or not other.open or other.trunk_call.send_key(key):
        return
    try:
        job = call.control.media.dtmf(key, on_ms=_ON_MS, off_ms=_OFF_MS)
    except MediaFullError as error:
        call.note(f"key of leg {leg.name} not sounded to leg {other.name}: {error}")
        return
    other.hear_job(job)
