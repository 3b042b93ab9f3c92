"""Steady tones of both parties at once: what the near party sends reaches the far one, whatever was heard before, echo or none.

Where no echo comes back, what leaves has the level of the near tone within 2 dB, 200 ms after both tones began (400 ms after speech
of 0.3 s, which taught half a path). Where one does, the near tone is not lost; echo of tones may stay as long as nothing else has
shown the path, and goes where it is known. Levels are of tones apart: by least squares, so none is taken for the other.
"""

from __future__ import annotations

import g168_sounds as g168
import numpy as np
import pytest
from dtmf_sounds import Sound, alaw, sine
from g168_cancellers import Cancellers, Line
from g168_sounds import Phase, css, quiet

LAST_MS = 2000
PAIRS = (  # far, near, dBm0 of each
    ((425,), (1004,), -10, -12),
    ((1004,), (425,), -6, -20),
    ((1004,), (1004,), -10, -10),
    ((2000,), (1780,), -12, -12),
    ((500,), (520,), -6, -20),
    ((440, 480), (350, 440), -10, -13),
    ((400, 450), (1400,), -10, -13),
    ((697, 1209), (941, 1633), -8, -8),
)
LINES = [Line(2 + i, (0, 30, 64, 100)[i % 4], (6, 10)[i % 2]) for i in range(len(PAIRS))]


def tones(frequencies: tuple[int, ...], level: float, ms: float, phase: float = 0.0) -> Sound:
    each = level - 10 * np.log10(len(frequencies))
    return np.sum([sine(f, each, round(ms * 8), phase + 0.3 * f) for f in frequencies], axis=0)


def keyed() -> Sound:
    return np.resize(np.concatenate([tones((697, 1209), -10, 70), quiet(70)]), 1400 * 8)


def cadence() -> Sound:
    return np.concatenate([tones((425,), -10, 1000), quiet(1000)])


#: what the far and the near party sent before
BEFORE = {
    "nothing": (quiet(0), quiet(0)),
    "far tone": (tones((425,), -10, 500), quiet(500)),
    "near tone": (quiet(500), tones((620,), -10, 500)),
    "a word": (css(300, -15), quiet(300)),
    "speech": (css(3000, -15), quiet(3000)),
    "both speak": (css(3000, -15), css(3000, -15, double=True)),
    "digits": (keyed(), quiet(1400)),
    "ringing": (cadence(), quiet(2000)),
}


def levels(x: Sound, wanted: tuple[int, ...], others: tuple[int, ...]) -> Sound:
    """Level of the `wanted` tones beside the others, dBm0, in windows of 100 ms."""
    windows = x[: len(x) // 800 * 800].reshape(-1, 800)
    every = [*wanted, *(f for f in others if f not in wanted)]
    t = np.arange(800) / 8000
    columns = np.array([g(2 * np.pi * f * t) for f in every for g in (np.cos, np.sin)]).T
    found = np.linalg.lstsq(columns, windows.T, rcond=None)[0][: 2 * len(wanted)]
    return 10 * np.log10(np.maximum((found**2).sum(axis=0) / 2, 1e-3) / g168.RMS_0**2)


def near_against_sent(before: str, path: int) -> list[Sound]:
    """Of each pair: by how many dB the near tones leave above what they were sent with, in windows of 100 ms."""
    far, near = BEFORE[before]
    rin = np.array([np.concatenate([far, tones(a, level, LAST_MS)]) for a, _, level, _ in PAIRS])
    sgen = np.array([np.concatenate([near, tones(b, level, LAST_MS, 1.0)]) for _, b, _, level in PAIRS])
    on = Cancellers(LINES, nlp=True, comfort_noise=True, law="A")
    got = on.through([Phase(rin.shape[1] / 8, rin, sgen, path=path)], alaw)
    begin = len(far)
    return [
        levels(got.sout[i, begin:].astype(float), b, a) - levels(got.sgen[i, begin:], b, a)
        for i, (a, b, _, _) in enumerate(PAIRS)
    ]


@pytest.mark.parametrize("before", BEFORE)
def test_a_near_tone_passes_where_there_is_no_echo(before: str) -> None:
    begin = 4 if before == "a word" else 2
    off = [np.abs(x[begin:]).max() for x in near_against_sent(before, 2)]
    assert {str(p): float(x) for p, x in zip(PAIRS, off, strict=True) if x > 2} == {}


@pytest.mark.parametrize("before", BEFORE)
def test_a_near_tone_is_not_lost_where_there_is_an_echo(before: str) -> None:
    """Of the same frequency, an echo that stays may weaken it: a loss of 6 dB at least leaves 6 dB. After a word the path is known
    by halves, and a tone 8 dB softer than the echo is taken for what is left of it."""
    lost = {}
    for (a, b, far, near), x in zip(PAIRS, near_against_sent(before, 0), strict=True):
        if before != "a word" or near > far - 10:
            lost[f"{a} {b}"] = -x[4:].min() - (6 if set(a) & set(b) else 2)
    assert {name: float(value) for name, value in lost.items() if value > 0} == {}


def test_a_known_path_goes_on_cancelling_tones() -> None:
    """After 3 s of speech the echo of the far tones is 20 dB below what comes back, or below -40 dBm0, beside the near ones."""
    far = np.array([np.concatenate([css(3000, -15), tones(a, level, LAST_MS)]) for a, _, level, _ in PAIRS])
    sgen = np.array([np.concatenate([quiet(3000), tones(b, level, LAST_MS, 1.0)]) for _, b, _, level in PAIRS])
    on = Cancellers(LINES, nlp=False, law="A")
    got = on.through([Phase(3000 + LAST_MS, far, sgen)], alaw)
    apart = [(i, a, b) for i, (a, b, _, _) in enumerate(PAIRS) if not set(a) & set(b)]
    left = {}
    for i, a, b in apart:
        sin, sout = (levels(x[i, 3300 * 8 :].astype(float), a, b) for x in (got.sin, got.sout))
        left[str(PAIRS[i])] = float((sout - np.maximum(sin - 20, -40)).max())
    assert {name: value for name, value in left.items() if value > 0} == {}
