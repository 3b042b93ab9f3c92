"""The streaming resampler: its response by single tones, beside libsoxr on sweeps and speech, and its edges."""

from ctypes import CDLL, POINTER, Structure, byref, c_char_p, c_double, c_float, c_size_t, c_uint, c_ulong, c_void_p

import numpy as np
import pytest
from g168_speech import voice
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xunhu._media.resample import Resampler

RATES = (8000, 16000, 32000, 48000)
PAIRS = [(a, b) for a in RATES for b in RATES if a != b]
Samples = NDArray[np.int16]


def resampled(a: int, b: int, x: Samples, *, tick_ms: int = 10, plain: bool = False) -> Samples:
    r, n = Resampler(a, b, plain=plain), a * tick_ms // 1000
    x = x[: len(x) // n * n]
    out = np.zeros(len(x) * b // a, np.int16)
    r.stream(x, out, n)
    return out


def tone(rate: int, hz: float, seconds: float = 1.0, amplitude: float = 10000.0) -> Samples:
    return np.asarray(np.rint(amplitude * np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate)), np.int16)


def spectrum(y: Samples, rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Hz, and dB below a tone of amplitude 10,000."""
    w = np.hanning(len(y))
    return np.fft.rfftfreq(len(y), 1 / rate), 20 * np.log10(np.abs(np.fft.rfft(y * w)) * 2 / w.sum() / 10000 + 1e-9)


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_flat_and_nothing_beside(a: int, b: int) -> None:
    """Within 0.02 dB up to 3.5, 7 or 14 kHz; images are 70 dB below."""
    low = min(a, b)
    for share in (0.01, 0.1, 0.25, 0.375, 0.42, 0.4375):
        hz, db = spectrum(resampled(a, b, tone(a, share * low))[b // 10 :], b)
        at = np.abs(hz - share * low) < 20
        assert abs(db[at].max()) < 0.02
        assert db[np.abs(hz - share * low) > 50].max() < -70


@pytest.mark.parametrize(("a", "b"), [(a, b) for a, b in PAIRS if a > b])
def test_nothing_folds_back(a: int, b: int) -> None:
    """From 4.5, 9 or 18 kHz on 70 dB are taken away."""
    for hz in np.linspace(0.5625 * b, 0.49 * a, 12):
        y = resampled(a, b, tone(a, float(hz)))[b // 10 :]
        assert np.sqrt(2 * np.mean(y.astype(float) ** 2)) < 10000 * 10 ** (-70 / 20)


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_delay_is_as_said(a: int, b: int) -> None:
    delay = Resampler(a, b).delay_ms
    assert delay == 20_000 / min(a, b)
    x = np.zeros(a // 10, np.int16)
    x[a // 20] = 20000
    y = resampled(a, b, x)
    assert int(np.argmax(y)) == round((50 + delay) * b / 1000)


class _Quality(Structure):
    _fields_ = (
        *((name, c_double) for name in ("precision", "phase_response", "passband_end", "stopband_begin")),
        ("e", c_void_p),
        ("flags", c_ulong),
    )


def _soxr() -> CDLL:
    lib = CDLL("libsoxr.so.0")
    lib.soxr_quality_spec.restype = _Quality
    lib.soxr_quality_spec.argtypes = [c_ulong, c_ulong]
    lib.soxr_oneshot.restype = c_char_p
    lib.soxr_oneshot.argtypes = [
        *(c_double, c_double, c_uint, c_void_p, c_size_t, POINTER(c_size_t), c_void_p, c_size_t, POINTER(c_size_t)),
        *(c_void_p, c_void_p, c_void_p),
    ]
    return lib


_lib = _soxr()


def soxr(a: int, b: int, x: Samples) -> NDArray[np.float64]:
    """libsoxr at its highest quality (28 bits), floats, without delay."""
    quality = _lib.soxr_quality_spec(6, 0)
    given, got = np.ascontiguousarray(x, np.float32), np.zeros(len(x) * b // a, np.float32)
    taken, made = c_size_t(), c_size_t()
    error = _lib.soxr_oneshot(
        *(a, b, 1, given.ctypes.data_as(POINTER(c_float)), len(given), byref(taken)),
        *(got.ctypes.data_as(POINTER(c_float)), len(got), byref(made), None, byref(quality), None),
    )
    assert error is None
    return got[: made.value].astype(float)


def beside_soxr(a: int, b: int, x: Samples) -> float:
    """dB of the difference below the sound, without both ends."""
    ours, theirs = resampled(a, b, x), soxr(a, b, x)
    delay, edge = 20 * b // min(a, b), b // 20
    n = min(len(ours) - delay, len(theirs))
    d = ours[delay:][edge : n - edge] - theirs[edge : n - edge]
    return float(10 * np.log10(np.mean(d**2) / np.mean(theirs[edge : n - edge] ** 2)))


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_a_sweep_as_libsoxr(a: int, b: int) -> None:
    n = np.arange(2 * a)
    top = 0.4375 * min(a, b)
    x = 10000 * np.sin(2 * np.pi * (50 * n / a + (top - 50) / (4 * a * a) * n * n))
    assert beside_soxr(a, b, np.asarray(np.rint(x), np.int16)) < -70


@pytest.mark.parametrize("language", ["en-gb", "cmn"])
@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_speech_as_libsoxr(a: int, b: int, language: str) -> None:
    """Of 200 to 3,600 Hz."""
    x = np.asarray(np.rint(voice(language, 3000, -16)), np.int16)
    if a != 8000:
        x = np.asarray(np.rint(soxr(8000, a, x)), np.int16)
    assert beside_soxr(a, b, x) < -60


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_plain_differs_by_one_at_most(a: int, b: int) -> None:
    x = np.random.default_rng(1).integers(-32768, 32768, a // 5).astype(np.int16)
    d = resampled(a, b, x).astype(int) - resampled(a, b, x, plain=True)
    assert np.abs(d).max() <= 1
    assert np.mean(d != 0) < 0.01


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PAIRS), st.lists(st.integers(1, 130), min_size=1, max_size=12), st.integers(0, 1 << 32))
def test_pieces_make_no_difference(pair: tuple[int, int], lengths: list[int], seed: int) -> None:
    a, b = pair
    step = a // np.gcd(a, b)
    x = np.random.default_rng(seed).integers(-30000, 30000, sum(lengths) * step).astype(np.int16)
    whole, pieces = np.zeros(len(x) * b // a, np.int16), np.zeros(len(x) * b // a, np.int16)
    Resampler(a, b).run(x, whole)
    r, at = Resampler(a, b), 0
    for n in lengths:
        end = at + n * step
        r.run(x[at:end], pieces[at * b // a : end * b // a])
        at = end
    assert np.array_equal(whole, pieces)


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_silence_dc_and_full_scale(a: int, b: int) -> None:
    assert not resampled(a, b, np.zeros(a // 10, np.int16)).any()
    for value in (32767, -32768, 100):
        y = resampled(a, b, np.full(a // 10, value, np.int16))
        assert np.abs(y[b // 50 :].astype(int) - value).max() <= abs(value) // 1000 + 1
    square = np.where(np.arange(a // 5) % (a // 200) < a // 400, 32767, -32768).astype(np.int16)
    y = resampled(a, b, square)  # what swings over is limited, and does not wrap
    middle = np.abs(y.astype(int)).min() if b < a else 0
    assert middle >= 0
    assert np.count_nonzero(np.abs(np.diff(np.sign(y[b // 50 :].astype(int)))) == 2) <= 2 * (len(y) * 200 // b) + 2


def test_reset() -> None:
    r, x, y, z = Resampler(8000, 16000), tone(8000, 440, 0.01), np.zeros(160, np.int16), np.zeros(160, np.int16)
    r.run(x, y)
    r.reset()
    r.run(x, z)
    assert np.array_equal(y, z)


def test_wrong_calls() -> None:
    for pair in ((8000, 8000), (8000, 44100), (0, 8000), (-8000, 8000)):
        with pytest.raises(ValueError, match="different ones"):
            Resampler(*pair)
    with pytest.raises(ValueError, match="multiple of 6"):
        Resampler(48000, 8000).run(np.zeros(100, np.int16), np.zeros(16, np.int16))
    with pytest.raises(ValueError, match="room for 100"):
        Resampler(8000, 16000).run(np.zeros(80, np.int16), np.zeros(100, np.int16))
    with pytest.raises(ValueError, match="pieces of 30"):
        Resampler(8000, 16000).stream(np.zeros(80, np.int16), np.zeros(160, np.int16), 30)
