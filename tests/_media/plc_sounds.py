"""Lost pieces of speech, what others put in their place, and how far from the truth that is."""

from collections.abc import Callable
from ctypes import CDLL, POINTER, c_int, c_int16, c_void_p, create_string_buffer
from functools import cache

import numpy as np
from g168_speech import voice
from numpy.typing import NDArray

from xunhu._media.plc import Plc

Samples = NDArray[np.int16]
Lost = NDArray[np.bool_]
Concealer = Callable[[Samples, Lost, int], Samples]


@cache
def speech(language: str, seconds: float, noise: float = 0.0) -> Samples:
    """At -19 dBm0; noise: RMS of white noise on it."""
    x = voice(language, 1000 * seconds, -19.0)
    x = x + np.random.default_rng(9).normal(0, noise, len(x)) if noise else x
    return np.clip(np.rint(x), -32768, 32767).astype(np.int16)


def losses(kind: str, blocks: int, rng: np.random.Generator) -> Lost:
    """random: each block by itself, 5 in 100; "2", "3", "6": so many in a row, 15 to 40 between."""
    if kind == "random":
        return rng.random(blocks) < 0.05
    length = int(kind)
    lost = np.zeros(blocks, bool)
    at = 0
    while at < blocks:
        at += int(rng.integers(15, 40))
        lost[at : at + length] = True
        at += length
    return lost


def ours(x: Samples, lost: Lost, block: int) -> Samples:
    y = x.copy()
    Plc().run(y, lost.tolist(), block)
    return y


def zeros(x: Samples, lost: Lost, block: int) -> Samples:
    return np.where(np.repeat(lost, block), 0, x).astype(np.int16)


def _library() -> CDLL:
    lib = CDLL("libspandsp.so.2")
    lib.plc_init.argtypes = [c_void_p]
    lib.plc_rx.argtypes = lib.plc_fillin.argtypes = [c_void_p, POINTER(c_int16), c_int]
    return lib


_lib = _library()


def spandsp(x: Samples, lost: Lost, block: int) -> Samples:
    """libspandsp's plc_rx and plc_fillin."""
    state = create_string_buffer(4096)  # more than a plc_state_t
    _lib.plc_init(state)
    y = x.copy()
    for i, missing in enumerate(lost):
        part = y[i * block : (i + 1) * block]
        (_lib.plc_fillin if missing else _lib.plc_rx)(state, part.ctypes.data_as(POINTER(c_int16)), len(part))
    return y


def segmental_snr(x: Samples, y: Samples) -> float:
    """dB, mean over the 20 ms pieces in which there is speech and an error, each held to -10 to 35 dB."""
    n = 160
    a = x[: len(x) // n * n].reshape(-1, n).astype(float)
    b = y[: a.size].reshape(-1, n).astype(float)
    error, power = np.sum((a - b) ** 2, axis=1), np.sum(a**2, axis=1)
    heard = (power > n * 50**2) & (error > 0)
    return float(np.clip(10 * np.log10(power[heard] / error[heard]), -10, 35).mean())


def _bands(x: Samples) -> NDArray[np.float64]:
    """Power in 16 critical bands (Zwicker), 32 ms windows each 8 ms."""
    n, hop = 256, 64
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(float), n)[::hop] * np.hanning(n)
    power = np.abs(np.fft.rfft(windows)) ** 2
    f = np.arange(n // 2 + 1) * 8000 / n
    bark = 13 * np.arctan(0.00076 * f) + 3.5 * np.arctan((f / 7500) ** 2)
    return np.stack([power[:, (bark >= b) & (bark < b + 1)].sum(axis=1) for b in range(1, 17)], axis=1)


def spectral_distance(x: Samples, y: Samples) -> float:
    """dB: root mean square over critical bands, mean over the windows that differ at all."""
    a, b = (10 * np.log10(_bands(s) + 1e4) for s in (x, y))
    d = np.sqrt(np.mean((a - b) ** 2, axis=1))
    return float(d[d > 0.05].mean())


def loudness_error(x: Samples, y: Samples) -> float:
    """Per cent of the loudness (the 0.23rd power of each critical band's power) that is wrong, over all of the sound."""
    a, b = ((_bands(s) + 1e5) ** 0.23 for s in (x, y))
    return float(np.abs(a - b).mean() / a.mean() * 100)
