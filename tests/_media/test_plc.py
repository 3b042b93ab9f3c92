"""Packet loss concealment, beside libspandsp's and beside silence, on espeak-ng's speech in eight languages."""

from functools import cache

import numpy as np
import pytest
from g168_speech import VOICES
from hypothesis import given, settings
from hypothesis import strategies as st
from plc_sounds import (
    Concealer,
    losses,
    loudness_error,
    ours,
    segmental_snr,
    spandsp,
    spectral_distance,
    speech,
    zeros,
)

from xunhu._media import g711
from xunhu._media.plc import Plc, PlcBank, PlcOctets

SECONDS = 6.0
JUDGED = 20.0
CASES = [("random", 40), ("random", 80), ("random", 160), ("2", 80), ("3", 80), ("6", 80)]


@cache
def judged(concealer: Concealer, kind: str, block: int, noise: float) -> tuple[float, float, float]:
    """Means over the voices: segmental SNR in dB, spectral distance in dB, per cent of loudness."""
    got = []
    for language in VOICES:
        x = speech(language, JUDGED, noise)
        lost = losses(kind, len(x) // block, np.random.default_rng(3))
        x = x[: len(lost) * block]
        y = concealer(x, lost, block)
        got.append((segmental_snr(x, y), spectral_distance(x, y), loudness_error(x, y)))
    snr, distance, loudness = np.mean(got, axis=0)
    return float(snr), float(distance), float(loudness)


@pytest.mark.parametrize(("kind", "block"), CASES)
def test_never_worse_than_spandsp(kind: str, block: int) -> None:
    snr, distance, loudness = judged(ours, kind, block, 0.0)
    peer_snr, peer_distance, peer_loudness = judged(spandsp, kind, block, 0.0)
    assert snr >= peer_snr
    assert distance <= peer_distance
    assert loudness <= peer_loudness


@pytest.mark.parametrize(("kind", "block"), CASES)
def test_with_noise_never_worse_than_spandsp(kind: str, block: int) -> None:
    """20 dB below the speech. In holes of 60 ms libspandsp, which is silent after 50, is ahead by 0.1 dB of SNR and behind in the rest."""
    snr, distance, loudness = judged(ours, kind, block, 150.0)
    peer_snr, peer_distance, peer_loudness = judged(spandsp, kind, block, 150.0)
    assert snr >= peer_snr - (0.15 if kind == "6" else 0.0)
    assert distance <= peer_distance
    assert loudness <= peer_loudness


@pytest.mark.parametrize(("kind", "block", "by"), [("random", 80, 5.0), ("random", 160, 7.0), ("3", 80, 2.0)])
def test_better_than_silence(kind: str, block: int, by: float) -> None:
    snr, distance, loudness = judged(ours, kind, block, 0.0)
    none_snr, none_distance, none_loudness = judged(zeros, kind, block, 0.0)
    assert snr >= none_snr + by
    assert distance <= 0.7 * none_distance
    assert loudness <= 0.7 * none_loudness


def test_nothing_lost_nothing_changed() -> None:
    x = speech("en-gb", SECONDS)
    assert np.array_equal(ours(x, np.zeros(len(x) // 80, bool), 80), x)


def test_only_the_hole_and_four_milliseconds_are_touched() -> None:
    x = speech("de", SECONDS)
    lost = losses("random", len(x) // 80, np.random.default_rng(1))
    y = ours(x[: len(lost) * 80], lost, 80)
    may = np.repeat(lost, 80)
    for at in np.flatnonzero(lost):
        may[(at + 1) * 80 : (at + 1) * 80 + 30] = True
    assert np.array_equal(y[~may], x[: len(y)][~may])


@pytest.mark.parametrize("period", [40, 41, 57, 80, 99, 113, 120])
def test_a_period_goes_on(period: int) -> None:
    n = np.arange(1200)
    x = sum(3000 / k * np.sin(2 * np.pi * k * n / period + k * k) for k in range(1, min(12, period // 3)))
    x = np.asarray(np.rint(x), np.int16)
    y = x.copy()
    plc = Plc()
    plc.good(y[:800])
    plc.lost(y[800:1040])
    plc.good(y[1040:])
    assert plc.period % period == 0
    wanted = x[800:1040] * (1 - np.arange(240) / 480)
    power, error = np.sum(wanted**2), (y[800:1040] - wanted) ** 2
    assert np.sum(error[:30]) < 0.08 * power  # the way out of what came
    assert np.sum(error[30:]) < 0.001 * power


def test_weaker_and_weaker_then_silence() -> None:
    x = speech("fr", SECONDS)[8000:12000].copy()
    plc = Plc()
    plc.good(x[:1600])
    plc.lost(x[1600:])
    energy = [float(np.abs(x[1600 + at : 1680 + at]).max()) for at in range(0, 480, 80)]
    assert energy[0] > 0
    assert energy[5] < energy[0] / 2
    assert not x[1600 + 480 :].any()


@pytest.mark.parametrize("language", VOICES)
def test_no_click_at_the_seams(language: str) -> None:
    """The largest step from sample to sample about a hole is one that the speech about it has too."""
    x = speech(language, SECONDS)
    lost = losses("2", len(x) // 80, np.random.default_rng(5))
    y = ours(x[: len(lost) * 80], lost, 80).astype(int)
    worst = []
    for at in np.flatnonzero(lost[:-4] & ~np.roll(lost, 1)[:-4]) * 80:
        near = np.abs(np.diff(x[max(at - 400, 0) : at + 400].astype(int))).max()
        for seam in (at, at + 160):
            worst.append(np.abs(np.diff(y[seam - 2 : seam + 32])).max() / (near + 50))
    assert len(worst) > 20
    assert max(worst) <= 1.25


def test_silence_stays_silence_and_what_follows_is_whole() -> None:
    x = np.zeros(2000, np.int16)
    x[1000:] = speech("en-gb", 1.0)[:1000]
    y = x.copy()
    plc = Plc()
    plc.good(y[:800])
    plc.lost(y[800:1000])
    plc.good(y[1000:])
    assert not y[800:1000].any()
    assert np.array_equal(y[1008:], x[1008:])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 700)), min_size=2, max_size=10),
    st.integers(0, 1 << 32),
    st.booleans(),
)
def test_pieces_make_no_difference(runs: list[tuple[bool, int]], seed: int, plain: bool) -> None:
    rng = np.random.default_rng(seed)
    x = speech("ru", SECONDS)[8000:]
    whole, pieces, one, other, at = x.copy(), x.copy(), Plc(), Plc(plain=plain), 0
    for missing, length in runs:
        end = at + length
        (one.lost if missing else one.good)(whole[at:end])
        while at < end:
            n = min(int(rng.integers(1, 200)), end - at)
            (other.lost if missing else other.good)(pieces[at : at + n])
            at += n
    assert np.array_equal(whole, pieces)


def test_plain_gives_the_same_bits() -> None:
    for language in VOICES[:3]:
        x = speech(language, SECONDS)
        lost = losses("random", len(x) // 40, np.random.default_rng(7)).tolist()
        a, b = x[: len(lost) * 40].copy(), x[: len(lost) * 40].copy()
        Plc().run(a, lost, 40)
        Plc(plain=True).run(b, lost, 40)
        assert np.array_equal(a, b)


@pytest.mark.parametrize("law", ["A", "U"])
def test_octets_as_samples(law: str) -> None:
    encode, decode = (g711.alaw_encode, g711.alaw_decode) if law == "A" else (g711.ulaw_encode, g711.ulaw_decode)
    octets = np.frombuffer(bytes(encode(speech("hi", 1.0))), np.uint8).copy()
    samples = np.array(decode(octets.tobytes()), np.int16)
    one, two = PlcOctets(law), Plc()
    for at in range(0, 8000, 80):
        hole = at == 4000
        (one.lost if hole else one.good)(octets[at : at + 80])
        (two.lost if hole else two.good)(samples[at : at + 80])
        there = decode(octets[at : at + 80].tobytes()), decode(bytes(encode(samples[at : at + 80])))
        assert np.array_equal(*there)


@pytest.mark.parametrize("law", ["A", "U"])
def test_many_channels_as_each_alone(law: str) -> None:
    encode = g711.alaw_encode if law == "A" else g711.ulaw_encode
    rows = [np.frombuffer(bytes(encode(speech(v, 1.0))), np.uint8)[:8000] for v in VOICES]
    bank, alone = PlcBank(len(rows), law), [PlcOctets(law) for _ in rows]
    for at in range(0, 8000, 80):
        block = np.array([row[at : at + 80] for row in rows])
        hole = at % 560 >= 400
        (bank.lost if hole else bank.good)(block)
        for row, one, got in zip(rows, alone, block, strict=True):
            part = row[at : at + 80].copy()
            (one.lost if hole else one.good)(part)
            assert np.array_equal(part, got)
    with pytest.raises(ValueError, match="8 channels"):
        bank.good(np.zeros((7, 80), np.uint8))
    with pytest.raises(ValueError, match="channels"):
        PlcBank(0)


LOUD = {
    "square": np.where(np.arange(4000) % 50 < 25, 32767, -32768),
    "alternating": np.where(np.arange(4000) % 2, 32767, -32768),
    "highest": np.full(4000, 32767),
    "lowest": np.full(4000, -32768),
    "noise": np.random.default_rng(2).integers(-32768, 32768, 4000),
    "least": np.arange(4000) % 3 - 1,
}


@pytest.mark.parametrize("sound", LOUD)
def test_any_sound(sound: str) -> None:
    """Nothing louder than full scale, nothing that oscillates: the next hole is no louder than the sound."""
    x = LOUD[sound].astype(np.int16)
    lost = losses("random", 100, np.random.default_rng(4))
    lost[3] = lost[50:60] = True
    y = ours(x, lost, 40).astype(int)
    assert np.abs(y).max() <= np.abs(x.astype(int)).max() * 1.5
    assert not y[2000 + 480 : 2400].any() or sound == "least"


def test_wrong_calls() -> None:
    with pytest.raises(ValueError, match="entries"):
        Plc().run(np.zeros(160, np.int16), [False])
    with pytest.raises(ValueError, match="block"):
        Plc().run(np.zeros(160, np.int16), [False], 0)
    with pytest.raises(ValueError, match="law"):
        PlcOctets("B")
