"""Call progress tones as lines carry them, and speech and music without any, for the tests of the receiver. 8 kHz, int16."""

import numpy as np
from answer_sounds import MACHINES, NETWORK, PEOPLE, Sound, level, music, quiet, spoken
from numpy.typing import NDArray

from xunhu._media import g711, tones
from xunhu._media.tone_countries import Row
from xunhu._media.tone_tables import steps_of

Samples = NDArray[np.int16]
FULL = 22779.0


def sounding(row: Row, level_dbm0: float, frequency: float, cadence: float, seconds: float) -> Sound:
    """The row with its frequencies and times multiplied; level: of all of it (of a modulated one, of its carrier)."""
    if len(row.hz) > 2 and not row.in_turn:
        t = np.arange(round(seconds * 8000)) / 8000
        amplitude = FULL * 10 ** (level_dbm0 / 20) / np.sqrt(len(row.hz))
        on, off = (ms * cadence / 1000 for ms in row.on_off_ms)
        x: Sound = amplitude * sum(np.sin(2 * np.pi * hz * frequency * t + hz) for hz in row.hz) * (t % (on + off) < on)
        return x
    steps = [
        (f1 * frequency, f2 * frequency if f2 > 0 else f2, l1, l2, round(ms * cadence))
        for f1, f2, l1, l2, ms in steps_of(row, level_dbm0)
    ]
    return np.array(tones.ToneGenerator(steps).run(round(seconds * 8000)), dtype=float)


def on_line(x: Sound, rng: np.random.Generator, snr_db: float | None) -> Samples:
    """Behind some silence, with white noise below the tone, through A-law."""
    x = np.concatenate([np.zeros(int(rng.integers(800, 2400))), x])
    if snr_db is not None:
        x = x + rng.normal(0, np.sqrt(np.mean(x[x != 0] ** 2) * 10 ** (-snr_db / 10)), len(x))
    coded = g711.alaw_encode(np.clip(np.rint(x), -32768, 32767).astype(np.int16))
    return np.array(g711.alaw_decode(coded), dtype=np.int16)


def long_enough(row: Row) -> float:
    return max(8.0, 3.6 * sum(row.on_off_ms) / 1000)


def pcm(x: Sound) -> Samples:
    return np.clip(np.rint(x), -32768, 32767).astype(np.int16)


def speech(seconds: float, rng: np.random.Generator) -> Samples:
    """Sentences in eleven languages and other voices, speeds, pitches, levels; some drawn out, some higher."""
    parts: list[Sound] = []
    total = 0
    texts = (*MACHINES, *NETWORK, *PEOPLE)
    made = [
        spoken(v + variant, text, 160, pitch)
        for v, text in texts
        for variant, pitch in (("", 50), ("+f2", 70), ("+m3", 25))
    ]
    while total < seconds * 8000:
        x = made[int(rng.integers(len(made)))]
        n = round(len(x) * float(rng.uniform(0.8, 1.3)))
        x = np.interp(np.linspace(0, len(x) - 1, n), np.arange(len(x)), x)
        parts += [level(x, float(rng.uniform(-25, -5))), quiet(float(rng.uniform(0.1, 1.5)))]
        total += n + len(parts[-1])
    return pcm(np.concatenate(parts))


def tunes(seconds: float, rng: np.random.Generator) -> Samples:
    parts = []
    for _ in range(max(1, round(seconds / 30))):
        parts += [level(music(29, rng), float(rng.uniform(-25, -8))), quiet(1)]
    return pcm(np.concatenate(parts))
