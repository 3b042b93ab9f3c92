"""Comfort noise: what is generated beside what was heard, payloads beside RFC 3389 and beside ffmpeg's coder, and DTX."""

import subprocess

import numpy as np
import pytest
from g168_speech import voice
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xunhu._media.cng import SILENCE, Dtx, NoiseAnalyser, NoiseGenerator, pack, parse

Samples = NDArray[np.int16]


def shaped(kind: str, rms: float, n: int = 16000, seed: int = 1) -> Samples:
    """Noise of some background's spectrum."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(0, 1, n))
    f = np.fft.rfftfreq(n, 1 / 8000)
    shapes = {
        "white": np.ones_like(f),
        "office": 1 / (1 + (f / 500) ** 2) + 0.01,  # falls from 500 Hz on
        "car": 1 / (1 + (f / 150) ** 2) + 0.003,
        "hiss": 0.05 + (f / 4000) ** 2,
        "band": np.exp(-(((f - 1500) / 500) ** 2)) + 0.02,
    }
    x = np.fft.irfft(spectrum * shapes[kind], n)
    return np.asarray(np.rint(x * rms / np.sqrt(np.mean(x**2))), np.int16)


def bands(x: Samples) -> NDArray[np.float64]:
    """Power in dB in 16 equal bands of 250 Hz, by Welch."""
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(float), 256)[::128] * np.hanning(256)
    power = np.mean(np.abs(np.fft.rfft(windows)) ** 2, axis=0)[:128]
    return 10 * np.log10(power.reshape(16, 8).mean(axis=1) + 1e-3)


def dbov(x: Samples) -> float:
    return float(10 * np.log10(np.mean(x.astype(float) ** 2) / 32768**2))


def generated(sid: bytes, n: int = 16000, seed: int = 7) -> Samples:
    g, x = NoiseGenerator(seed), np.zeros(n, np.int16)
    g.hear(sid)
    g.make(x)
    return x


def heard(x: Samples, order: int = 10) -> bytes:
    a = NoiseAnalyser()
    a.feed(x)
    return a.sid(order)


@pytest.mark.parametrize("rms", [3000.0, 300.0, 40.0])
@pytest.mark.parametrize("kind", ["white", "office", "car", "hiss", "band"])
def test_level_within_1_db_and_spectrum(kind: str, rms: float) -> None:
    x = shaped(kind, rms)
    sids = [heard(x[at : at + 2400]) for at in range(0, 12000, 2400)]
    levels = [dbov(generated(sid)) for sid in sids]
    assert abs(float(np.mean(levels)) - dbov(x)) < 1.0  # half a dB of it is the SID's own step
    y = generated(sids[0])
    there = bands(x) > bands(x).max() - 35  # a SID of 8 bits a coefficient says nothing of what is weaker
    d = (bands(y) - bands(x))[there]
    assert np.abs(d).max() < 6.0
    assert np.sqrt(np.mean(d**2)) < 2.5


@pytest.mark.parametrize("level", [10, 30, 50, 70])
@pytest.mark.parametrize("k", [(), (0.5,), (-0.9, 0.3), (-0.97, 0.9, -0.5, 0.2)])
def test_level_is_the_sids(level: int, k: tuple[float, ...]) -> None:
    assert dbov(generated(pack(level, k), 80000)) == pytest.approx(-level, abs=0.5)


@pytest.mark.parametrize("k", [(0.6,), (-0.6,), (-0.8, 0.5), (0.2, -0.4, 0.3)])
def test_spectrum_is_the_filters(k: tuple[float, ...]) -> None:
    """1/A by NumPy from the step-up recursion a[m] = k[m]."""
    a = np.array([1.0])
    for m in k:
        a = np.append(a, 0) + m * np.append(a, 0)[::-1]
    f = np.fft.rfftfreq(256, 1)[:128]
    wanted = -20 * np.log10(np.abs(np.exp(-2j * np.pi * np.outer(f, np.arange(len(a)))) @ a))
    wanted = 10 * np.log10((10 ** (wanted / 10)).reshape(16, 8).mean(axis=1))
    got = bands(generated(pack(25, k), 160000))
    d = got - wanted
    assert np.abs(d - d.mean()).max() < 0.7


def test_white_noise_is_white_and_of_no_period() -> None:
    x = generated(pack(30), 80000).astype(float)
    assert abs(x.mean()) < 0.02 * x.std()
    r = np.fft.irfft(np.abs(np.fft.rfft(x, 160000)) ** 2)
    assert np.abs(r[1:40000]).max() < 0.03 * r[0]


def test_layout_of_rfc_3389() -> None:
    """§3.1: level in the low seven bits; §3.2: k = 258 (N - 127) / 32768 in the order of the coefficients."""
    assert parse(bytes([0x2A])) == (42, ())
    assert parse(bytes([0xAA])) == (42, ())  # the highest bit is to be 0, and is not looked at
    level, k = parse(bytes([127, 127, 0, 254, 128]))
    assert level == SILENCE
    assert k == pytest.approx((0.0, -127 * 258 / 32768, 127 * 258 / 32768, 258 / 32768))
    assert pack(42, (0.0, -0.9999, 0.9999, 258 / 32768)) == bytes([42, 127, 0, 254, 128])
    assert pack(127) == b"\x7f"
    assert len(parse(bytes([30, *range(100, 120)]))[1]) == 10
    assert parse(bytes([30, 100, 255, 100]))[1] == pytest.approx((-27 * 258 / 32768,))


@given(st.binary(min_size=1, max_size=11))
def test_round_trip(sid: bytes) -> None:
    clean = bytes([sid[0] & 127, *sid[1:].split(b"\xff")[0]])
    assert pack(*parse(sid)) == clean


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_any_sid_can_be_heard(sids: list[bytes], seed: int) -> None:
    """However it was damaged: nothing oscillates, nothing is louder than it says by more than noise can be."""
    g, x = NoiseGenerator(seed), np.zeros(1600, np.int16)
    for sid in sids:
        g.hear(sid)
        g.make(x)
    g.hear(b"\x7f")
    g.make(x)
    g.make(x)
    assert np.abs(x[800:].astype(int)).max() <= 1


FFMPEG = ("ffmpeg", "-v", "error")
RAW = ("-f", "s16le", "-ar", "8000", "-ac", "1")


def ffmpeg_coded(x: Samples, form: str) -> bytes:
    command = [*FFMPEG, *RAW, "-i", "-", "-map", "0:a", "-c:a", "comfortnoise", "-strict", "-2", "-f", form, "-"]
    return subprocess.run(command, input=x.tobytes(), capture_output=True, check=True).stdout


def ffmpeg_decoded(container: bytes) -> Samples:
    command = [*FFMPEG, "-f", "nut", "-i", "-", *RAW, "-"]
    return np.frombuffer(subprocess.run(command, input=container, capture_output=True, check=True).stdout, np.int16)


def distance(y: Samples, x: Samples) -> float:
    """dB, root mean square over the bands that are less than 25 dB below the loudest, level included."""
    there = bands(x) > bands(x).max() - 25
    return float(np.sqrt(np.mean((bands(y) - bands(x))[there] ** 2)))


@pytest.mark.parametrize("kind", ["white", "office", "band"])
def test_ffmpegs_sid(kind: str) -> None:
    """ffmpeg's coder is another reading of the RFC: what it says of a noise is heard as such."""
    x = shaped(kind, 500.0, 32000)
    coded = ffmpeg_coded(x, "data")  # a SID of 11 octets each 80 ms
    assert len(coded) == 50 * 11
    levels = [parse(coded[at : at + 11])[0] for at in range(0, len(coded), 11)]
    assert abs(float(np.mean(levels)) - parse(heard(x))[0]) <= 2.5
    g, y = NoiseGenerator(5), np.zeros(len(x), np.int16)
    for i, at in enumerate(range(0, len(coded), 11)):
        g.hear(coded[at : at + 11])
        g.make(y[i * 640 : i * 640 + 640])
    d = bands(y) - bands(x)
    assert distance(y, x) < 4.0
    assert np.abs(d - d.mean())[bands(x) > bands(x).max() - 25].max() < 5.0


@pytest.mark.parametrize("kind", ["white", "office", "band"])
def test_ffmpeg_hears_ours(kind: str) -> None:
    """Our SIDs in the place of its own, decoded by ffmpeg."""
    x = shaped(kind, 500.0, 32000)
    container = unchanged = ffmpeg_coded(x, "nut")
    theirs = ffmpeg_coded(x, "data")
    for at in range(0, len(theirs), 11):
        block = x[at // 11 * 640 : at // 11 * 640 + 640]
        assert container.count(theirs[at : at + 11]) == 1
        container = container.replace(theirs[at : at + 11], heard(np.tile(block, 3)))
    y, own = ffmpeg_decoded(container), ffmpeg_decoded(unchanged)
    d = bands(y) - bands(x)
    assert np.abs(d - d.mean())[bands(x) > bands(x).max() - 25].max() < 5.0
    assert dbov(y) == pytest.approx(dbov(own), abs=1.0)  # its generator is some 5 dB weaker than any SID says


def test_new_sid_is_reached_smoothly() -> None:
    g, x = NoiseGenerator(3), np.zeros(800, np.int16)
    g.hear(pack(30, (0.3,)))
    g.make(x)
    g.hear(pack(50, (-0.3,)))
    steps = []
    for _ in range(10):
        y = np.zeros(80, np.int16)
        g.make(y)
        steps.append(dbov(y))
    assert steps[0] > -40
    assert np.mean(steps[6:]) == pytest.approx(-50, abs=1.5)


def test_silence() -> None:
    assert heard(np.zeros(1600, np.int16)) == b"\x7f"
    assert NoiseAnalyser().sid() == b"\x7f"
    assert not generated(b"\x7f").any()
    x = np.ones(80, np.int16)
    NoiseGenerator().make(x)
    assert not x.any()


@pytest.mark.parametrize("value", [32767, -32768])
def test_loudest(value: int) -> None:
    square = np.where(np.arange(1600) % 2, value, -value - 1).astype(np.int16)
    level, k = parse(heard(square))
    assert level <= 1
    assert np.abs(generated(pack(0, k), 8000).astype(int)).max() <= 32768
    assert parse(heard(np.full(1600, value, np.int16)))[0] <= 1


def pieces(x: Samples) -> list[Samples]:
    return [x[at : at + 80] for at in range(0, len(x) - 79, 80)]


def test_dtx_of_a_pause() -> None:
    """Speech, 6 s of background, speech: sound, hangover, one SID, then few."""
    spoken = np.asarray(np.rint(voice("en-gb", 1000, -19)), np.int16)
    dtx = Dtx()
    assert all(dtx.run(p, True) is True for p in pieces(spoken))
    sent = [dtx.run(p, False) for p in pieces(shaped("office", 60, 48000))]
    assert sent[:10] == [True] * 10
    assert isinstance(sent[10], bytes)
    sids = [i for i, s in enumerate(sent) if isinstance(s, bytes)]
    assert True not in sent[10:]
    assert 3 <= len(sids) <= 8
    assert all(10 <= apart <= 200 for apart in np.diff(sids))
    assert all(dtx.run(p, True) is True for p in pieces(spoken))


def test_dtx_tells_of_a_change() -> None:
    dtx = Dtx(most_ms=0)
    for p in pieces(shaped("office", 60, 16000)):
        dtx.run(p, False)
    louder = [dtx.run(p, False) for p in pieces(shaped("office", 240, 16000))]
    sids = [s for s in louder if s]
    assert isinstance(sids[0], bytes)
    assert abs(parse(bytes(sids[-1]))[0] - 42.7) <= 1.5
    other = [dtx.run(p, False) for p in pieces(shaped("hiss", 240, 16000))]
    assert any(isinstance(s, bytes) for s in other[:60])
    same = [dtx.run(p, False) for p in pieces(shaped("hiss", 240, 48000, seed=2))[:600]]
    assert sum(isinstance(s, bytes) for s in same) <= 30


def test_dtx_learns_nothing_from_voices() -> None:
    dtx = Dtx(hangover_ms=200)
    loud = np.asarray(np.rint(voice("de", 2000, -10)), np.int16)
    for p in pieces(loud):
        dtx.run(p, True)
    sent = [dtx.run(p, False) for p in pieces(shaped("white", 40, 16000))]
    first = next(s for s in sent if isinstance(s, bytes))
    assert parse(first)[0] == pytest.approx(20 * np.log10(32768 / 40), abs=1.5)


def test_wrong_calls() -> None:
    with pytest.raises(ValueError, match="octet"):
        parse(b"")
    with pytest.raises(ValueError, match="level"):
        pack(128)
    with pytest.raises(ValueError, match="coefficients"):
        pack(30, (1.0,))
    with pytest.raises(ValueError, match="coefficients"):
        pack(30, (0.0,) * 11)
    with pytest.raises(ValueError, match="order"):
        NoiseAnalyser().sid(11)
    for wrong in ({"order": 11}, {"least_ms": -1}, {"least_ms": 200, "most_ms": 100}, {"hangover_ms": 10001}):
        with pytest.raises(ValueError, match="order 0 to 10"):
            Dtx(**wrong)
