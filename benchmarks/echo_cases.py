"""Sounds on which echo cancellers are compared, the cancellers, and what is measured: for plot_echo.py.

Lines: hybrids of G.168 with 0, 30 and 100 ms of pure delay, losses of 6 and 10 dB. Every canceller gets the same samples, a
tail of 128 ms and blocks of 10 ms.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import common
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(common.ROOT / "tests" / "_media"))

import g168_sounds as g168
from dtmf_sounds import alaw
from g168_speech import voice

from xunhu._media.echo import EchoBank

Samples = NDArray[np.int16]
Sound = NDArray[np.float64]
OURS = "xunhu"
PEERS = {"speexdsp": ["speexdsp"], "webrtc": ["pkg:webrtc-audio-processing", "stdc++"], "spandsp": ["spandsp", "m"]}
NAMES = (OURS, *PEERS)
TAIL_MS = 128
WINDOW_MS = 50


@dataclass(slots=True)
class Case:
    """rout, sin, near, echo: (lines, samples)."""

    name: str
    rout: Samples
    sin: Samples
    near: Sound
    law: str | None

    @property
    def echo(self) -> Sound:
        """What was added to the near end's sound."""
        return self.sin - self.near


def lines(quick: bool) -> list[Sound]:
    chosen = [(2, 0, 6), (5, 30, 10), (8, 100, 6)] if quick else [(m, d, e) for m in (2, 5, 7, 9) for d, e in ((0, 6), (30, 10), (100, 6))]
    return [g168.path(*line) for line in chosen]


def music(ms: float, level: float) -> Sound:
    """A slow piece for plucked strings and a drum: chords whose harmonics decay, tuned to no grid of the filter."""
    n = round(ms * 8)
    t, rng, out = np.arange(n) / 8000, np.random.default_rng(5), np.zeros(n)
    for beat in range(round(ms / 400)):
        at = beat * 3200
        rest = t[: n - at]
        root = (196.0, 233.1, 261.6, 174.6)[beat // 4 % 4]
        for note in (1, 1.26, 1.5, (2, 2.25, 2.52, 3)[beat % 4]):
            for k in range(1, 9):
                if root * note * k < 3400:
                    decay = np.exp(-rest * (1.5 + k))
                    out[at:] += decay * np.sin(2 * np.pi * root * note * k * rest + k) / k
        hit = rng.normal(0, 1, n - at) * np.exp(-rest * 40)
        out[at:] += hit
    spectrum, f = np.fft.rfft(out), np.fft.rfftfreq(n, 1 / 8000)
    return g168.at_level(np.fft.irfft(np.where((f > 200) & (f < 3400), spectrum, 0), n), level)


def cases(quick: bool) -> list[Case]:
    taps = lines(quick)
    rng = np.random.default_rng(3)

    def case(name: str, rin: Sound, near: Sound | float = 0.0, *, law: Callable[[Sound], Sound] | None = None, changed: int | None = None) -> Case:
        rout = g168.pcm(np.tile(rin, (len(taps), 1)))
        sgen = np.zeros(rout.shape) + near
        paths = [[a, b] for a, b in zip(taps, [*taps[1:], taps[0]], strict=True)]
        which = [(0, 0)] if changed is None else [(0, 0), (changed, 1)]
        return Case(name, rout, g168.line(rout, sgen, paths, which, law), sgen, "A" if law else None)

    css = g168.css(12_000, -10)
    talk = np.concatenate([np.zeros(40_000), g168.css(5000, -13, double=True), np.zeros(16_000)])
    speech = np.concatenate([voice("en-gb", 6000, -15), voice("cmn", 6000, -15)])
    return [
        case("convergence", css, changed=48_000),
        case("double talk", css, talk),
        case("noise", css, g168.hoth(rng, 12_000, -40)),
        case("A-law", css, law=alaw),
        case("speech", speech, g168.hoth(rng, 12_000, -65)),
        case("music", music(12_000, -15), g168.hoth(rng, 12_000, -65)),
    ]


def ours(case: Case, nlp: bool) -> Samples:
    return EchoBank(len(case.rout), tail_ms=TAIL_MS, nlp=nlp, comfort_noise=nlp, law=case.law).run(case.rout, case.sin)


def peers(name: str, case: Case, nlp: bool) -> Samples:
    program: Path = common.peer_program(f"{name}_echo", PEERS[name])
    out = np.zeros_like(case.sin)
    for row, rout, sin in zip(out, case.rout, case.sin, strict=True):
        pairs = np.stack([rout, sin], axis=1).tobytes()
        command = [program, "filter", str(TAIL_MS), "NLP" if nlp else "PLAIN"]
        got = np.frombuffer(subprocess.run(command, input=pairs, capture_output=True, check=True, timeout=300).stdout, np.int16)
        row[: len(got)] = got
    return out


def run(name: str, case: Case, nlp: bool) -> Samples:
    return ours(case, nlp) if name == OURS else peers(name, case, nlp)


def aligned(case: Case, sout: Samples) -> Samples:
    """Sout without the delay a canceller may have (webrtc's blocks), found where Sin says most: at most 40 ms."""
    one, two = case.sin[0].astype(float), sout[0].astype(float)
    n = 1 << (len(one) - 1).bit_length()
    lag = int(np.argmax(np.fft.irfft(np.conj(np.fft.rfft(one, 2 * n)) * np.fft.rfft(two, 2 * n))[:320]))
    return np.pad(sout, ((0, 0), (0, lag)))[:, lag:]


def curve(case: Case, sout: Samples) -> Sound:
    """ERLE each WINDOW_MS, median over the lines: the echo over what is left of it (Sout less the near end). nan: no echo."""
    left = sout - case.near if case.near.any() else sout.astype(float)
    gains = g168.erle(case.echo, left, WINDOW_MS)
    heard = ~np.all(np.isnan(gains), axis=0)
    out = np.full(gains.shape[1], np.nan)
    out[heard] = np.nanmedian(gains[:, heard], axis=0)
    return out


def smooth(values: Sound, count: int = 7) -> Sound:
    """Mean over count windows (350 ms: a period of the composite source), as it becomes known."""
    out = np.full(len(values), np.nan)
    for n in range(len(values)):
        part = values[max(n - count + 1, 0) : n + 1]
        if not np.all(np.isnan(part)):
            out[n] = np.nanmean(part)
    return out
