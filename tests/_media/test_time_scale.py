"""Speed without a change of pitch: beside sox tempo on the same speech, and by what must hold of any signal."""

from __future__ import annotations

import subprocess
from array import array
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu._media.time_scale import PERCENT_MAX, PERCENT_MIN, STATE_SIZE, TimeScale

Samples = npt.NDArray[np.int16]
Real = npt.NDArray[np.float64]
SPEEDS = (50, 75, 90, 110, 130, 150, 175, 200)


def scale(x: Samples, percent: int, block: int = 80) -> Samples:
    return np.array(TimeScale(percent).run(x, block=block), dtype=np.int16)


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Two voices of espeak-ng at 8 kHz."""
    folder = tmp_path_factory.mktemp("speech")
    parts = []
    for voice, pitch in (("en", "35"), ("en+f3", "70")):
        raw = folder / f"{pitch}.wav"
        text = "Your call is important to us. Please hold the line, or leave a message after the tone."
        subprocess.run(["espeak-ng", "-v", voice, "-p", pitch, "-w", raw, text], check=True)
        out = subprocess.run(
            ["sox", raw, "-t", "raw", "-r", "8000", "-b", "16", "-e", "signed", "-c", "1", "-", "gain", "-n", "-6"],
            check=True,
            capture_output=True,
        ).stdout
        parts.append(np.frombuffer(out, dtype=np.int16))
    return np.concatenate(parts)


def tempo(x: Samples, percent: int, folder: Path) -> Samples:
    """sox's own, its speech setting."""
    raw = ["-t", "raw", "-r", "8000", "-b", "16", "-e", "signed", "-c", "1"]
    (folder / "in.raw").write_bytes(x.tobytes())
    out = subprocess.run(
        ["sox", *raw, folder / "in.raw", *raw, "-", "tempo", "-s", str(percent / 100)], check=True, capture_output=True
    ).stdout
    return np.frombuffer(out, dtype=np.int16)


def spectrogram(x: Samples, hop: float) -> Real:
    """Log power in 24 bands a frame of 32 ms; frames `hop` samples apart."""
    n = 256
    count = int((len(x) - n) / hop)
    window = np.hanning(n)
    frames = np.array([x[int(i * hop) : int(i * hop) + n] * window for i in range(count)], dtype=np.float64)
    power = np.abs(np.fft.rfft(frames)) ** 2
    edges = np.unique(np.geomspace(3, 129, 25).astype(int))
    bands = np.add.reduceat(power, edges[:-1], axis=1)
    return np.asarray(10 * np.log10(bands + 1e6))


def distance(x: Samples, y: Samples, percent: int) -> float:
    """Mean difference in dB between the spectrum of y and that of x where y should have it (best of +- 20 ms)."""
    a = spectrogram(x, 80 * percent / 100)
    b = spectrogram(y, 80)
    best = 1e9
    for shift in range(-2, 3):
        p, q = a[max(0, shift) :], b[max(0, -shift) :]
        m = min(len(p), len(q))
        best = min(best, float(np.abs(p[:m] - q[:m]).mean()))
    return best


def test_a_hundred_is_bit_exact(speech: Samples) -> None:
    for block in (1, 40, 80, 160):
        assert np.array_equal(scale(speech[:20000], 100, block), speech[:20000])


@pytest.mark.parametrize("percent", SPEEDS)
def test_length(percent: int, speech: Samples) -> None:
    assert abs(len(scale(speech, percent)) - len(speech) * 100 / percent) <= 240


@pytest.mark.parametrize("percent", SPEEDS)
@pytest.mark.parametrize("hz", [100.0, 150.0, 210.0, 440.0, 1004.0, 2100.0])
def test_a_tone_keeps_its_pitch_and_level(percent: int, hz: float) -> None:
    x = (8000 * np.sin(2 * np.pi * hz * np.arange(16000) / 8000)).astype(np.int16)
    y = scale(x, percent)[1000:-1000].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(y * np.hanning(len(y)), 65536)) ** 2
    peak = spectrum.argmax() * 8000 / 65536
    assert abs(peak - hz) < max(1.0, 0.003 * hz)  # frames are joined at whole samples: up to 5 cents off
    around = slice(int((hz - 20) * 65536 / 8000), int((hz + 20) * 65536 / 8000))
    assert spectrum[around].sum() / spectrum.sum() > 0.995  # -23 dB of anything else
    assert 20 * np.log10(y.std() / (8000 / np.sqrt(2))) == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("percent", SPEEDS)
def test_speech_is_not_worse_than_sox(percent: int, speech: Samples, tmp_path: Path) -> None:
    ours, theirs = scale(speech, percent), tempo(speech, percent, tmp_path)
    assert distance(speech, ours, percent) <= 1.1 * distance(speech, theirs, percent)


@pytest.mark.parametrize("percent", SPEEDS)
def test_voices_keep_their_pitch(percent: int, speech: Samples) -> None:
    """The period of a voiced frame is that of the frame of the source it stands for, by autocorrelation."""

    def period(x: Samples, at: int) -> int:
        f = x[at : at + 480].astype(np.float64)
        if len(f) < 480 or f.std() < 800:
            return 0
        r = np.correlate(f, f, "full")[479:]
        lag = int(r[25:130].argmax()) + 25
        return lag if r[lag] > 0.6 * r[0] else 0

    y = scale(speech, percent)
    ratios = []
    for at in range(0, len(y) - 480, 160):
        ours, source = period(y, at), period(speech, at * percent // 100)
        if ours and source:
            ratios.append(ours / source)
    assert len(ratios) > 50
    assert np.median(ratios) == pytest.approx(1, abs=0.03)


def test_no_clicks(speech: Samples) -> None:
    """The steepest step between two samples is not steeper than in the speech itself."""
    steepest = np.abs(np.diff(speech.astype(int))).max()
    for percent in SPEEDS:
        assert np.abs(np.diff(scale(speech, percent).astype(int))).max() <= steepest * 1.2


def test_speed_may_change_at_any_time(speech: Samples) -> None:
    s = TimeScale(100)
    out: array[int] = array("h")
    for i in range(20):
        s.set((100, 150, 50, 200, 100)[i % 5])
        out.extend(s.run(speech[i * 2000 : (i + 1) * 2000], end=i == 19))
    steepest = np.abs(np.diff(speech.astype(int))).max()
    assert np.abs(np.diff(np.array(out, dtype=int))).max() <= steepest * 1.2
    assert s.held == 0


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 3000),
    st.integers(PERCENT_MIN, PERCENT_MAX),
    st.integers(1, 160),
    st.sampled_from(["noise", "square", "dc", "zero", "low"]),
)
def test_any_sound_any_length(n: int, percent: int, block: int, kind: str) -> None:
    t = np.arange(n)
    x = {
        "noise": np.random.default_rng(n).integers(-32768, 32768, n),
        "square": np.where(t // 7 % 2, 32767, -32768),
        "dc": np.full(n, -32768),
        "zero": np.zeros(n),
        "low": np.full(n, 1),
    }[kind].astype(np.int16)
    y = scale(x, percent, block)
    assert abs(len(y) - n * 100 / percent) <= 240
    if kind in ("dc", "zero") and len(y) > 480:
        assert set(y[:-240].tolist()) <= {int(x[0])}


def test_blocks_make_no_difference(speech: Samples) -> None:
    whole = scale(speech[:16000], 140, 160)
    for block in (1, 7, 80):
        assert np.array_equal(scale(speech[:16000], 140, block), whole)


def test_arguments() -> None:
    for bad in (PERCENT_MIN - 1, PERCENT_MAX + 1, -5):
        with pytest.raises(ValueError, match="percent"):
            TimeScale(bad)
        with pytest.raises(ValueError, match="percent"):
            TimeScale().set(bad)
    with pytest.raises(ValueError, match="block"):
        TimeScale().run(np.zeros(10, dtype=np.int16), block=161)
    assert STATE_SIZE < 3 * 1024
