"""Level control: fixed gain, automatic gain, limiter."""

from __future__ import annotations

import numpy as np
import pytest
from dtmf_sounds import FULL, alaw, noise, pair, pcm, silence, sine
from hypothesis import given, settings
from hypothesis import strategies as st
from level_sounds import HOP, RMS_0, active_level, conversation, hop_power, noise_of, spoken
from numpy.typing import NDArray

from xunhu._media.level import LevelBank, VadBank

Samples = NDArray[np.int16]


def levelled(x: Samples, mode: str = "agc", block: int = HOP, **options: float) -> tuple[Samples, LevelBank]:
    bank, out = LevelBank(1), x[None].copy()
    bank.set(0, mode, **options)  # type: ignore[arg-type]
    bank.feed(out, VadBank(1), block)
    return out[0], bank


def db(x: NDArray[np.float64] | Samples) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(np.square(x.astype(float)))) / RMS_0))


@pytest.mark.parametrize("gain", [-30, -12.3, -0.1, 0, 0.1, 6, 17.7, 30])
def test_fixed_gain_is_exact(gain: float) -> None:
    x = pcm(sine(1020, -33, 8000))
    out, bank = levelled(x, "fixed", gain_db=gain)
    assert abs(db(out[HOP:]) - db(x[HOP:]) - gain) < 0.05
    assert bank.state(0).gain_db == gain
    want = x[HOP:] * 10 ** (gain / 20)
    assert np.abs(out[HOP:] - want).max() <= 0.51 + 1e-5 * np.abs(want).max()


def test_no_gain_changes_no_sample() -> None:
    x = pcm(noise(np.random.default_rng(1), -20, 8000))
    assert (levelled(x, "fixed")[0] == x).all()
    assert (levelled(x, "off")[0] == x).all()


def test_a_new_gain_comes_without_a_click() -> None:
    x = pcm(sine(400, -20, 8000))
    bank, out = LevelBank(1), x[None].copy()
    for at in range(0, 8000, HOP):
        bank.set(0, "fixed", gain_db=12.0 if at // 800 % 2 else -12.0)
        bank.run(out[:, at : at + HOP])
    steps = np.abs(np.diff(out[0].astype(int)))
    assert steps.max() < 1.3 * np.abs(np.diff(x.astype(int))).max() * 10 ** (12 / 20)


@pytest.mark.parametrize("level", [-38, -30, -24, -18, -12, -6])
@pytest.mark.parametrize("language", ["en-gb", "cmn", "ar"])
def test_automatic_gain_brings_a_voice_to_its_target(level: float, language: str) -> None:
    x = pcm(conversation(language, 3, 16) * 10 ** (level / 20))
    out, bank = levelled(x)
    settled = out[64000:].astype(float)
    active = active_level(x.astype(float))
    gain = np.clip(-18 - active, -12, 18)
    assert abs(active_level(settled) - active - gain) < 1.5
    assert abs(bank.state(0).gain_db - gain) < 2.5


def test_gain_moves_as_fast_as_it_may() -> None:
    voice = np.tile(spoken("en-gb"), 4)
    x = pcm(np.concatenate([silence(500), voice[:40000] * 10 ** (-30 / 20), voice[:40000] * 10 ** (-8 / 20)]))
    bank, vad, out, gains = LevelBank(1), VadBank(1), x[None].copy(), []
    bank.set(0, "agc", rise_db=6, fall_db=20)
    for at in range(0, len(x), HOP):
        vad.run(out[:, at : at + HOP])
        bank.run(out[:, at : at + HOP], vad)
        gains.append(bank.state(0).gain_db)
    steps = np.diff(gains)
    assert steps.max() <= 0.06 + 0.1
    assert steps.min() >= -0.2 - 0.11
    assert gains[500] > 8
    assert gains[-1] < -6


def quiet_gains(x: NDArray[np.float64]) -> tuple[list[float], list[float]]:
    bank, vad, out = LevelBank(1), VadBank(1), pcm(x)[None].copy()
    bank.set(0, "agc")
    gains, levels = [], []
    for at in range(0, len(x) // HOP * HOP, HOP):
        vad.run(out[:, at : at + HOP])
        bank.run(out[:, at : at + HOP], vad)
        gains.append(bank.state(0).gain_db)
        levels.append(db(out[0, at : at + HOP] + 1e-9))
    return gains, levels


@pytest.mark.parametrize("kind", ["white", "pink", "car"])
@pytest.mark.parametrize("level", [-60, -45, -30])
def test_noise_is_never_pumped_up(kind: str, level: float) -> None:
    gains, _ = quiet_gains(noise_of(kind, 80000, 2) * RMS_0 * 10 ** (level / 20))
    assert np.abs(gains).max() < 0.8


@pytest.mark.parametrize("pause", ["silence", "noise"])
def test_gain_stands_still_in_pauses(pause: str) -> None:
    voice = spoken("en-gb")[:16000] * 10 ** (-32 / 20)
    gap = silence(5000) if pause == "silence" else noise(np.random.default_rng(1), -62, 40000)
    gains, _ = quiet_gains(np.concatenate([silence(1000), voice, gap]))
    assert gains[300] > 5
    after = gains[300 + 40 :]
    assert max(after) - min(after) < 0.2


@pytest.mark.parametrize("sound", ["425", "350+440", "440+480", "2100", "dtmf"])
@pytest.mark.parametrize("level", [-40.0, -25.0, -3.0])
def test_tones_keep_their_level(sound: str, level: float) -> None:
    """A gain found before stays through tones, digit by digit."""
    if sound == "dtmf":
        tone = np.concatenate([np.concatenate([pair(d, 80, level=level - 3), silence(60)]) for d in "159D*0#8"])
    else:
        tone = np.sum([sine(float(hz), level - 3, 16000) for hz in sound.split("+")], axis=0)
    gains, _ = quiet_gains(alaw(np.concatenate([silence(500), tone])))
    allowed = 2.0 if level < -30 else 1.0  # A-law's steps are 20 dB below such a digit
    assert np.abs(gains).max() < allowed
    voice = spoken("de")[:16000] * 10 ** (-26 / 20)
    gains, _ = quiet_gains(alaw(np.concatenate([silence(500), voice, silence(400), tone])))
    assert np.abs(np.array(gains[295:]) - gains[290]).max() < allowed


def test_distortion_of_a_steady_sine_in_the_limiter() -> None:
    """18 dB too loud: the limiter settles to a gain, so harmonics are 60 dB down."""
    for hz in (200.0, 400.0, 1000.0, 2000.0):
        out, bank = levelled(pcm(sine(hz, -10, 16000)), "fixed", gain_db=30)
        assert bank.state(0).limiting
        x = out[8000:].astype(float)
        spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x)))) ** 2
        at = round(hz * len(x) / 8000)
        fundamental = spectrum[at - 4 : at + 5].sum()
        assert spectrum.sum() - fundamental < fundamental * 10**-5.0
        assert np.abs(out).max() <= FULL * 10 ** (2 / 20) + 1


def test_first_block_of_a_loud_sound_is_bent_not_cut() -> None:
    """20 dB over from one sample to the next: the second harmonic and above stay 20 dB down within the first 10 ms, and no two
    samples in a row stand at the ceiling."""
    out, _ = levelled(pcm(np.concatenate([silence(100), sine(300, 0, 800)])), "fixed", gain_db=20)
    ceiling = FULL * 10 ** (2 / 20)
    first = out[800:880].astype(float)
    assert np.abs(out).max() <= ceiling + 1
    assert (np.abs(np.diff(first)) < 1).sum() < 6
    assert np.abs(first).max() > 0.8 * ceiling


def test_limiter_lets_go() -> None:
    x = pcm(np.concatenate([sine(800, 0, 4000), sine(800, -30, 16000)]))
    out, bank = levelled(x, "fixed", gain_db=12)
    assert not bank.state(0).limiting
    assert abs(db(out[-4000:]) + 18) < 0.1


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["fixed", "agc", "off"]),
    st.integers(-300, 300),
    st.integers(-200, 30),
    st.sampled_from([1, 5, 40, 80, 100, 160]),
    st.integers(0, 2**32 - 1),
)
def test_any_sound_stays_below_the_ceiling_and_kernels_agree(
    mode: str, gain: int, ceiling: int, block: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    rows = np.stack(
        [
            pcm(np.concatenate([f(1600) for f in rng.permutation(np.array(makers, object))[:3]]))
            for makers in [
                [
                    lambda n: rng.integers(-32768, 32768, n).astype(float),
                    lambda n: np.where(np.arange(n) // 9 % 2, 32767.0, -32768.0),
                    lambda n: noise(rng, rng.uniform(-70, 0), n),
                    lambda n: np.resize(spoken("ru"), n) * 10 ** (rng.uniform(-50, 3) / 20),
                    np.zeros,
                ]
            ]
            * 9
        ]
    )
    made = []
    for plain in (False, True):
        bank, out = LevelBank(9, plain=plain), rows.copy()
        for channel in range(9):
            bank.set(channel, mode, gain_db=gain / 10, ceiling_dbm0=ceiling / 10, most_db=30, least_db=30)  # type: ignore[arg-type]
        bank.feed(out, VadBank(9, plain=plain), block)
        made.append(out)
        for channel in range(9):
            state = bank.state(channel)
            assert -30 <= state.gain_db <= 30
            assert -100 < state.limiter_db <= 0
    assert (made[0] == made[1]).all()
    if mode != "off":
        limit = FULL * 10 ** ((ceiling or 20) / 200)
        assert np.abs(made[0][:, :].astype(int)).max() <= min(limit + 1, 32768)
        assert mode != "fixed" or abs(gain) > 0 or np.abs(made[0]).max() <= limit + 1
    else:
        assert (made[0] == rows).all()


def test_automatic_gain_follows_the_level_it_tells() -> None:
    """Hop by hop: only where the detector hears a voice, towards the target, never beyond it, never faster than it may."""
    x = pcm(conversation("fr-fr", 5, 12) * 10 ** (-27 / 20))
    vad, bank, out = VadBank(1), LevelBank(1), x[None].copy()
    bank.set(0, "agc")
    gain, moves = 0.0, 0
    for at in range(0, len(x) // HOP * HOP, HOP):
        vad.run(out[:, at : at + HOP])
        bank.run(out[:, at : at + HOP], vad)
        state = bank.state(0)
        step = state.gain_db - gain
        if not vad.state(0).active or vad.state(0).tone:
            assert step == 0
        wanted = np.clip(-18 - state.voice_dbm0, -12, 18)
        assert -0.31 <= step <= 0.16
        if abs(step) > 0.05:
            moves += 1
            assert np.sign(step) == np.sign(wanted - gain)
            assert abs(state.gain_db - wanted) <= abs(gain - wanted) + 0.11
        gain = state.gain_db
    assert moves > 50
    assert hop_power(out[0]).max() > hop_power(x).max()


def test_a_channel_off_keeps_its_gain_and_reset_forgets() -> None:
    x = pcm(conversation("ja", 5, 8) * 10 ** (-27 / 20))
    vad, bank, out = VadBank(2), LevelBank(2), np.stack([x, x])
    bank.set(0, "agc")
    bank.feed(out, vad)
    assert (out[1] == x).all()
    gain = bank.state(0).gain_db
    bank.run(out[:, :HOP].copy(), vad, active=[False, True])
    assert bank.state(0).gain_db == gain > 3
    bank.set(0, "agc", most_db=20)
    assert bank.state(0).gain_db == gain
    bank.set(0, "agc", most_db=2)
    assert bank.state(0).gain_db == 2
    bank.reset(0)
    assert bank.state(0) == ("off", False, 0, 0, -100)


def test_bad_parameters_change_nothing() -> None:
    bank = LevelBank(1)
    bank.set(0, "fixed", gain_db=3)
    bad: list[dict[str, float]] = [
        {"gain_db": 30.1},
        {"target_dbm0": -50},
        {"target_dbm0": -1},
        {"most_db": 31},
        {"least_db": -1},
    ]
    bad += [{"rise_db": 100}, {"fall_db": 200}, {"ceiling_dbm0": 4}, {"ceiling_dbm0": -21}, {"gain_db": 1e9}]
    for options in bad:
        with pytest.raises(ValueError):  # noqa: PT011
            bank.set(0, "agc", **options)
    assert bank.state(0).mode == "fixed"
    assert bank.state(0).gain_db == 3
    with pytest.raises(ValueError, match="mode"):
        bank.set(0, "loud")  # type: ignore[arg-type]
    with pytest.raises(IndexError):
        bank.set(1, "off")
    with pytest.raises(ValueError, match="detector"):
        bank.run(np.zeros((1, HOP), np.int16), VadBank(2))
