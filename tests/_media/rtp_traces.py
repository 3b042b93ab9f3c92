"""Streams of RTP over networks that lose, delay and reorder, on a virtual clock; and libspeexdsp's jitter buffer on the same."""

from __future__ import annotations

from ctypes import CDLL, POINTER, Structure, byref, c_char_p, c_int, c_int32, c_uint16, c_uint32, c_void_p
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from plc_sounds import speech

from xunhu._media import g711, rtp

Samples = NDArray[np.int16]
MS = 1_000_000
FRAME = 160


@dataclass(frozen=True)
class Trace:
    """Packets of 20 ms in the order in which they come; packet k is sent when its 160 samples are there. Times in ns of our clock."""

    name: str
    number: NDArray[np.int64]
    arrival: NDArray[np.int64]
    sent: int  # packets, those lost too
    skew_ppm: float = 0.0


def _gilbert(n: int, loss: float, burst: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Two states: a mean of `burst` packets lost in a row."""
    out = np.zeros(n, bool)
    lost, leave, enter = False, 1 / burst, loss / burst / (1 - loss)
    for i, draw in enumerate(rng.random(n)):
        lost = draw >= leave if lost else draw < enter
        out[i] = lost
    return out


def trace(
    name: str,
    seconds: float,
    *,
    loss: float = 0.0,
    burst: float = 1.0,
    jitter_ms: float = 0.0,
    spikes: float = 0.0,
    reorder: float = 0.0,
    skew_ppm: float = 0.0,
    base_ms: float = 30.0,
    seed: int = 1,
) -> Trace:
    """jitter_ms: uniform from 0 to it, in the order of sending (a queue); spikes: so many a second, of 100 ms that die away; reorder: share of
    packets that come 30 ms later than those behind them; skew_ppm: the sender's clock is faster by it."""
    rng = np.random.default_rng(seed)
    n = int(seconds * 50 * (1 + skew_ppm * 1e-6))
    sent_at = (np.arange(n) + 1) * 20e6 / (1 + skew_ppm * 1e-6)
    delay = base_ms * 1e6 + rng.random(n) * jitter_ms * 1e6
    for at in np.flatnonzero(rng.random(n) < spikes / 50):
        delay[at : at + 5] += np.linspace(100e6, 20e6, 5)[: n - at]
    arrival = np.maximum.accumulate(sent_at + delay)
    arrival = np.where(rng.random(n) < reorder, arrival + 30e6, arrival)
    gone = rng.random(n) < loss if burst <= 1 else _gilbert(n, loss, burst, rng)
    number = np.flatnonzero(~gone)
    order = number[np.argsort(arrival[number], kind="stable")]
    return Trace(name, order.astype(np.int64), np.rint(arrival[order]).astype(np.int64), n, skew_ppm)


@dataclass
class Heard:
    sound: Samples
    delay_ms: NDArray[np.float64]  # of each tick: from a sample's being spoken to its being heard
    stats: dict[str, float]
    lost: float  # share of packets sent that were not played


def first_sample_ms(t: Trace) -> float:
    """Delay below which nobody can play anything: the quickest packet's way, its own 20 ms in it."""
    spoken = t.number * 20e6 / (1 + t.skew_ppm * 1e-6)
    return float((t.arrival - spoken).min() / 1e6)


def packets(t: Trace, sound: Samples, ptime: int = FRAME) -> tuple[bytes, NDArray[np.uint32]]:
    octets = bytes(g711.alaw_encode(sound))
    out = [
        rtp.build(8, k == 0, int(k) & 0xFFFF, int(k * ptime) & 0xFFFFFFFF, 77, octets[k * ptime : (k + 1) * ptime])
        for k in t.number
    ]
    return b"".join(out), np.cumsum([0, *map(len, out)]).astype(np.uint32)


def hear(t: Trace, *, sound: Samples | None = None, receiver: rtp.Receiver | None = None, block: int = 80) -> Heard:
    x = np.resize(speech("en-gb", 20.0), t.sent * FRAME) if sound is None else sound
    r = receiver or rtp.Receiver()
    r.accept(8, "PCMA")
    blob, offsets = packets(t, x)
    ticks = int(t.arrival.max() / 125_000) // block + 2
    delays = np.zeros(ticks, np.int32)
    y = np.asarray(r.run(blob, offsets, t.arrival, ticks, block, delays), np.int16)
    s = r.stats()
    lost = 1 - (s["played"] + s["left_out"] - s["said_twice"]) / (t.sent * FRAME)
    at = np.arange(ticks) * block
    spoken = (at - delays) * (t.skew_ppm * 1e-6)  # the sender's samples to ours
    return Heard(y, (delays + spoken) / 8, s, lost)


# -- libspeexdsp -------------------------------------------------------------------------------------


class _Packet(Structure):
    _fields_ = (
        ("data", c_char_p),
        ("len", c_uint32),
        ("timestamp", c_uint32),
        ("span", c_uint32),
        ("sequence", c_uint16),
        ("user_data", c_uint32),
    )


@cache
def _speex() -> CDLL:
    lib = CDLL("libspeexdsp.so.1")
    lib.jitter_buffer_init.restype = c_void_p
    lib.jitter_buffer_init.argtypes = [c_int]
    lib.jitter_buffer_put.argtypes = [c_void_p, POINTER(_Packet)]
    lib.jitter_buffer_get.argtypes = [c_void_p, POINTER(_Packet), c_int32, POINTER(c_int32)]
    lib.jitter_buffer_tick.argtypes = [c_void_p]
    lib.jitter_buffer_destroy.argtypes = [c_void_p]
    lib.jitter_buffer_ctl.argtypes = [c_void_p, c_int, c_void_p]
    return lib


@dataclass
class Speex:
    delay_ms: float  # mean over what was played
    lost: float
    longest_ms: float


def speex(t: Trace, *, margin: int = 0, late_rate: int = 4) -> Speex:
    """JitterBuffer with frames of 20 ms. margin: JITTER_BUFFER_SET_MARGIN, late_rate: JITTER_BUFFER_SET_MAX_LATE_RATE (per cent)."""
    lib = _speex()
    jb = lib.jitter_buffer_init(FRAME)
    for request, value in ((0, margin), (10, late_rate)):
        if lib.jitter_buffer_ctl(jb, request, byref(c_int(value))):
            raise ValueError(request)
    room, delays, played, at = b"\0" * 64, [], set(), 0
    for frame in range(int(t.arrival.max() / 20e6) + 2):
        now = frame * 20 * MS
        while at < len(t.number) and t.arrival[at] <= now:
            k = int(t.number[at])
            lib.jitter_buffer_put(jb, byref(_Packet(b"x", 1, k * FRAME, FRAME, k & 0xFFFF, 0)))
            at += 1
        got, offset = _Packet(room, 64, 0, 0, 0, 0), c_int32(0)
        if at and lib.jitter_buffer_get(jb, byref(got), FRAME, byref(offset)) == 0:
            k = got.timestamp // FRAME
            if k not in played:
                played.add(k)
                delays.append(frame * 20 - k * 20 / (1 + t.skew_ppm * 1e-6))
        if at:
            lib.jitter_buffer_tick(jb)
    lib.jitter_buffer_destroy(jb)
    return Speex(float(np.mean(delays)), 1 - len(played) / t.sent, float(np.max(delays)))
