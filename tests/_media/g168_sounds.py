"""Sounds, lines and meters of ITU-T G.168, to judge an echo canceller by.

Numbers of the recommendation (echo path models D.2 to D.9, the voiced parts of the composite source signal, the filter of the
level meter) are read at run time from the header that libspandsp installs; they are not kept here. The construction of the
signals and the limits in tests/_media/test_g168_*.py are written down from knowledge of the recommendation and of published
test programs; its text was not at hand.

Sounds are float, 8 kHz, 0 dBm0 sine = 22779 peak; levels are RMS levels in dBm0. Names as in the recommendation: Rin = Rout
(what the far end sends, and what goes into the line), Sgen (the near end's own sound), Sin = echo + Sgen, Sout.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from dtmf_sounds import FULL, RATE, Sound, pcm
from numpy.typing import NDArray

Samples = NDArray[np.int16]
HEADER = Path("/usr/include/spandsp/g168models.h")
RMS_0 = FULL / np.sqrt(2)  # of 0 dBm0
MODELS = tuple(range(2, 10))  # D.2 to D.9
NOTHING = -120.0  # level of digital silence, dBm0


@cache
def _header() -> str:
    return HEADER.read_text()


def _table(name: str) -> Sound:
    found = re.search(rf"\b{name}\[\]\s*=\s*{{(.*?)}}", _header(), re.DOTALL)
    assert found, name
    return np.array([float(x) for x in re.findall(r"-?\d+\.?\d*", found[1])])


@cache
def hybrid(model: int, own: bool = False) -> Sound:
    """Coefficients of model D.`model`, scaled so that their loss on the composite source signal is 0 dB.

    own: scaled by k_i as in the header. That is the same within 0.7 dB for D.2, D.3, D.4 and D.7, but 2 dB less echo for D.6
    and 1.7, 3.8 and 2.3 dB more for D.5, D.8 and D.9: with a nominal loss of 6 dB, D.8 then has 2 dB, and returns the
    frequency it likes best 5 dB louder.
    """
    gain = re.search(rf"LINE_MODEL_D{model}_GAIN\s+([\d.E-]+)", _header())
    assert gain
    taps = _table(f"line_model_d{model}_coeffs") * float(gain[1])
    x = css(1400, 0)
    return taps if own else taps * 10 ** ((dbm0(x) - dbm0(convolved(x, taps))) / 20)


def path(model: int, delay_ms: float, erl_db: float, *, own: bool = False) -> Sound:
    """An echo path's impulse response: pure delay, then the hybrid; at most what fits a tail of 128 ms."""
    out = np.concatenate([np.zeros(round(delay_ms * RATE / 1000)), hybrid(model, own) * 10 ** (-erl_db / 20)])
    assert len(out) <= 1024
    return out


OPEN: Sound = np.zeros(1)  # no echo


def dbm0(x: Sound | Samples) -> float:
    power = float(np.mean(np.square(np.asarray(x, float))))
    return 10 * np.log10(power / RMS_0**2) if power > 0 else NOTHING


def at_level(x: Sound, level: float) -> Sound:
    return x * (RMS_0 * 10 ** (level / 20) / np.sqrt(np.mean(x**2)))


def _resampled(x: Sound, n: int) -> Sound:
    """One period of a periodic sound, to n samples."""
    return np.fft.irfft(np.fft.rfft(x)[: n // 2 + 1], n) * (n / len(x))


def _lfsr(n: int) -> Sound:
    """n signs of a maximal sequence (x^15 + x^14 + 1)."""
    state, out = 0x4A35, np.empty(n)
    for i in range(n):
        bit = (state ^ state >> 1) & 1
        state = state >> 1 | bit << 14
        out[i] = 1 if bit else -1
    return out


def _pseudo_noise() -> Sound:
    """Flat from 200 to 3,400 Hz: 8192 points at 44.1 kHz, of equal magnitude and phases +-90 degrees, repeated to 200 ms."""
    n = 1486  # 8192 points' time at 8 kHz
    f = np.fft.rfftfreq(n, 1 / RATE)
    period = np.fft.irfft(np.where((f >= 200) & (f <= 3400), 1j * _lfsr(len(f)), 0), n)
    return np.resize(period, 1600)


@cache
def _css_period(double: bool) -> tuple[Sound, float]:
    """Two periods, the second inverted, and which part of them is sound; its RMS 1."""
    if double:
        voice, times, all_44k1 = _table("css_c3"), 14, 17640  # 72.69 ms, 200 ms, 127.31 ms
        noise = np.random.default_rng(168).normal(0, 1, 1600)
        f = np.fft.rfftfreq(1600, 1 / RATE)
        noise = np.fft.irfft(np.where((f >= 200) & (f <= 3400), np.fft.rfft(noise), 0), 1600)
    else:
        voice, times, all_44k1 = _table("css_c1"), 16, 15435  # 48.62 ms, 200 ms, 101.38 ms
        noise = _pseudo_noise()
    n = round(all_44k1 * RATE / 44100)
    voiced = np.tile(voice - voice.mean(), times)
    both = np.zeros(2 * all_44k1)
    both[: len(voiced)], both[all_44k1 : all_44k1 + len(voiced)] = voiced, -voiced
    spectrum, f = np.fft.rfft(both), np.fft.rfftfreq(2 * all_44k1, 1 / 44100)
    both = _resampled(np.fft.irfft(np.where(f <= 3600, spectrum, 0), 2 * all_44k1), 2 * n)
    begin = round(len(voiced) * RATE / 44100)
    both[:begin] /= np.sqrt(np.mean(both[:begin] ** 2))
    both[n : n + begin] /= np.sqrt(np.mean(both[n : n + begin] ** 2))
    noise = noise / np.sqrt(np.mean(noise**2))
    both[begin : begin + 1600] = noise
    both[n + begin : n + begin + 1600] = -noise
    both[begin + 1600 : n] = both[n + begin + 1600 :] = 0  # the filter's ringing
    return both / np.sqrt(np.mean(both**2)), (begin + 1600) / n


def css(ms: float, level: float, *, double: bool = False, pauses_count: bool = False) -> Sound:
    """The composite source signal of Annex C: a voiced sound, pseudo noise and a pause, 350 ms, each other one inverted.

    double: the near end's in double talk, another voice and Gaussian noise, 400 ms. level: of the sound without its pauses, as
    the peaks of a meter of 35 ms show it, or with them.
    """
    period, share = _css_period(double)
    x = np.resize(period, round(ms * RATE / 1000))
    return x * (RMS_0 * 10 ** (level / 20) * (1.0 if pauses_count else np.sqrt(share)))


_HOTH = {
    100: 32.4, 125: 30.9, 160: 29.1, 200: 27.6, 250: 26.0, 315: 24.4, 400: 22.7, 500: 21.1, 630: 19.5,
    800: 17.8, 1000: 16.2, 1250: 14.6, 1600: 12.9, 2000: 11.3, 2500: 9.6, 3150: 7.8, 4000: 5.4,
}  # P.800, dB SPL/Hz; fmt: skip


def _shaped(rng: np.random.Generator, n: int, gain: Callable[[Sound], Sound]) -> Sound:
    size = 1 << (n - 1).bit_length()
    f = np.fft.rfftfreq(size, 1 / RATE)
    return np.fft.irfft(np.fft.rfft(rng.normal(0, 1, size)) * gain(f), size)[:n]


def hoth(rng: np.random.Generator, ms: float, level: float) -> Sound:
    """Room noise, in the telephone band."""

    def gain(f: Sound) -> Sound:
        db = np.interp(np.log(np.maximum(f, 1)), np.log(list(_HOTH)), list(_HOTH.values()))
        return np.where((f >= 200) & (f <= 3600), 10 ** (db / 20), 0)

    return at_level(_shaped(rng, round(ms * RATE / 1000), gain), level)


def white(rng: np.random.Generator, ms: float, level: float) -> Sound:
    return at_level(_shaped(rng, round(ms * RATE / 1000), lambda f: np.where((f >= 200) & (f <= 3600), 1.0, 0)), level)


def quiet(ms: float) -> Sound:
    return np.zeros(round(ms * RATE / 1000))


def convolved(x: Sound, taps: Sound) -> Sound:
    n = 1 << (x.shape[-1] + len(taps) - 1).bit_length()
    return np.fft.irfft(np.fft.rfft(x, n) * np.fft.rfft(taps, n), n)[..., : x.shape[-1]]


def meter(x: Sound | Samples) -> Sound:
    """Level over the last 35 ms through the meter's filter (6.4.1.2.1), dBm0, one a sample; any leading shape."""
    power = np.square(convolved(np.asarray(x, float), _table("level_measurement_bp_coeffs")))
    total = np.cumsum(power, axis=-1)
    total[..., 280:] -= total[..., :-280].copy()
    return 10 * np.log10(np.maximum(total / 280, RMS_0**2 * 10 ** (NOTHING / 10)) / RMS_0**2)


def peak_level(x: Sound | Samples, from_ms: float = 0) -> Sound:
    """Highest level the meter shows from from_ms on; per channel."""
    return meter(x)[..., round(from_ms * RATE / 1000) :].max(axis=-1)


def figure_11(rin: float | Sound) -> float | Sound:
    """Residual level allowed without the non-linear processor, dBm0: -30 at 0 dBm0, -55 at -30 dBm0."""
    return np.clip(rin, -30, 0) * 25 / 30 - 30


def erle(sin: Samples, sout: Samples, window_ms: float = 50, below_db: float = 20) -> Sound:
    """By how many dB Sout is below Sin; a value for each window (..., windows). nan where Sin is more than below_db weaker than
    in its loudest window: pauses and the ends of the echo."""
    n = round(window_ms * RATE / 1000)
    k = sin.shape[-1] // n
    shape = (*sin.shape[:-1], k, n)
    a, b = (np.mean(np.square(np.asarray(x[..., : k * n], float).reshape(shape)), axis=-1) for x in (sin, sout))
    loud = a > np.maximum(a.max(axis=-1, keepdims=True) * 10 ** (-below_db / 10), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(loud, 10 * np.log10(a / np.maximum(b, 1e-2)), np.nan)


def reached_ms(curve: Sound, db: float, window_ms: float = 50) -> float:
    """When an ERLE curve has db for good: the end of the first window with it after which no three heard windows in a row are
    below it again. inf: never. Counted from the begin of the curve."""
    heard = np.flatnonzero(~np.isnan(curve))
    low = curve[heard] < db
    three = low.copy()
    three[2:] &= low[1:-1] & low[:-2]
    three[:2] = False
    begin = int(np.flatnonzero(three)[-1]) + 1 if three.any() else 0
    good = heard[begin:][~low[begin:]]
    return float((good[0] + 1) * window_ms) if len(good) else float("inf")


@dataclass(slots=True)
class Phase:
    """A part of a test's course, alike on all channels but for the path."""

    ms: float
    rin: Sound | float = 0.0  # (n) or (channels, n), used up to its length
    sgen: Sound | float = 0.0
    path: int = 0  # which of a channel's paths is up
    before: Callable[[], None] | None = None  # done to the canceller when it begins


@dataclass(slots=True)
class Heard:
    """What a course gave: (channels, samples), and where each phase begins."""

    rout: Samples
    sgen: Sound
    sin: Samples
    sout: Samples
    begins: list[int]

    def part(self, phase: int, from_ms: float = 0, to_ms: float | None = None) -> slice:
        begin, end = self.begins[phase], self.begins[phase + 1]
        return slice(begin + round(from_ms * 8), end if to_ms is None else begin + round(to_ms * 8))

    def peak(self, what: str, phase: int, from_ms: float = 0, to_ms: float | None = None) -> Sound:
        """Highest level of "rout", "sgen", "sin" or "sout" in a part of a phase, per channel."""
        return meter(getattr(self, what))[..., self.part(phase, from_ms, to_ms)].max(axis=-1)


def line(
    rout: Samples, sgen: Sound, paths: Sequence[Sequence[Sound]], which: Sequence[tuple[int, int]], law: Callable[[Sound], Sound] | None
) -> Samples:
    """Sin of each channel. paths[channel][k]: its impulse responses; which: (first sample, k) in order; law: a codec both on
    the way into the line and back."""
    sent = np.asarray(rout, float)
    if law:
        sent = law(sent)
    out = np.array(sgen, float)
    for channel, responses in enumerate(paths):
        echoes = {k: convolved(sent[channel], responses[k]) for _, k in which if responses[k].any()}
        for (begin, k), (end, _) in zip(which, [*which[1:], (rout.shape[1], 0)], strict=True):
            if k in echoes:
                out[channel, begin:end] += echoes[k][begin:end]
    return pcm(law(out) if law else out)


def course(
    run: Callable[[Samples, Samples], Samples],
    phases: Sequence[Phase],
    paths: Sequence[Sequence[Sound]],
    law: Callable[[Sound], Sound] | None = None,
) -> Heard:
    """Runs a test: all channels through all phases."""
    lengths = [round(p.ms * RATE / 1000) // 80 * 80 for p in phases]
    begins = [0, *np.cumsum(lengths).tolist()]
    rin, sgen = np.zeros((len(paths), begins[-1])), np.zeros((len(paths), begins[-1]))
    for p, begin, n in zip(phases, begins[:-1], lengths, strict=True):
        for into, sound in ((rin, p.rin), (sgen, p.sgen)):
            if isinstance(sound, np.ndarray):
                into[:, begin : begin + n] = sound[..., :n]
    rout = pcm(rin)
    sin = line(rout, sgen, paths, [(b, p.path) for b, p in zip(begins, phases, strict=False)], law)
    sout = np.empty_like(sin)
    for p, begin, n in zip(phases, begins[:-1], lengths, strict=True):
        if p.before:
            p.before()
        part = slice(begin, begin + n)
        sout[:, part] = run(np.ascontiguousarray(rout[:, part]), np.ascontiguousarray(sin[:, part]))
    return Heard(rout, sgen, sin, sout, begins)
