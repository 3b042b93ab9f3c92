"""Voice activity detector: voices in noise beside speexdsp's and webrtc's detectors, what is no voice, bounds, kernels."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from dtmf_sounds import DIGITS, FULL, alaw, noise, pair, pcm, silence, sine, ulaw
from hypothesis import given, settings
from hypothesis import strategies as st
from level_sounds import HOP, NOISES, RMS_0, conversation, noise_of, spoken, where_speech
from numpy.typing import NDArray

from xunhu._media.level import VadBank

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
import common

Decisions = NDArray[np.bool_]
LANGUAGES = ("es", "it", "ko", "vi", "tr", "pl")  # none of those by which the weights were found
LEVEL = -20.0  # dBm0 of the loud parts of the voice
SNRS = (20, 15, 10, 5)


def decisions(sounds: NDArray[np.int16], strictness: float = 0) -> Decisions:
    """(channels, hops): is there a voice?"""
    found = VadBank(len(sounds), strictness=strictness).voices(sounds)
    return np.frombuffer(found, np.uint8).reshape(len(sounds), -1).astype(bool)


def peer(name: str, x: NDArray[np.int16], option: int = 0) -> Decisions:
    libraries = {"speexdsp_level": ["speexdsp", "m"], "webrtc_level": ["pkg:webrtc-audio-processing"]}[name]
    program = common.peer_program(name, libraries)
    done = subprocess.run([program, "vad", str(option)], input=x.tobytes(), stdout=subprocess.PIPE, check=True)
    return np.frombuffer(done.stdout, np.uint8).astype(bool)


@cache
def talk(language: str) -> tuple[NDArray[np.float64], Decisions, Decisions]:
    clean = conversation(language, 77, 20, ("", "+f2", "+m3")[LANGUAGES.index(language) % 3]) * 10 ** (LEVEL / 20)
    return clean, *where_speech(clean)


@cache
def mixed(kind: str, snr: int) -> NDArray[np.int16]:
    """A language a row."""
    clean = np.stack([talk(language)[0] for language in LANGUAGES])
    noises = np.stack([noise_of(kind, clean.shape[1], i) for i in range(len(LANGUAGES))])
    return pcm(clean + noises * RMS_0 * 10 ** ((LEVEL - snr) / 20))


def rates(found: Decisions) -> tuple[float, float]:
    """Detection and false alarms, means over the languages."""
    hits = [row[talk(language)[1]].mean() for row, language in zip(found, LANGUAGES, strict=True)]
    false = [row[talk(language)[2]].mean() for row, language in zip(found, LANGUAGES, strict=True)]
    return float(np.mean(hits)), float(np.mean(false))


@pytest.mark.parametrize("snr", SNRS)
@pytest.mark.parametrize("kind", ["white", "pink", "car"])
def test_voices_in_steady_noise(kind: str, snr: int) -> None:
    hits, false = rates(decisions(mixed(kind, snr)))
    assert false < 0.01
    assert hits > {20: 0.92, 15: 0.91, 10: 0.88, 5: 0.8}[snr]


def test_voices_on_a_quiet_line() -> None:
    clean = np.stack([talk(language)[0] for language in LANGUAGES])
    for law in (alaw, ulaw):
        hits, false = rates(
            decisions(pcm(law(clean + noise(np.random.default_rng(3), -65, clean.size).reshape(clean.shape))))
        )
        assert hits > 0.96
        assert false < 0.002


def test_voices_before_others_in_the_background() -> None:
    hits, false = rates(decisions(mixed("babble", 20), strictness=1))
    assert hits > 0.94
    assert false < 0.1


@pytest.mark.parametrize("snr", SNRS)
@pytest.mark.parametrize("kind", NOISES)
def test_never_worse_than_speexdsp_or_webrtc(kind: str, snr: int) -> None:
    """What hears no more where nobody speaks hears no more of the voices: neither speexdsp's detector nor webrtc's, at any of its
    four likelihoods, is better in one and not worse in the other than ours at some strictness. In babble webrtc's is stricter."""
    ours = [rates(decisions(mixed(kind, snr), strictness=s)) for s in ((0,) if kind != "babble" else (0, 1, 2, 3))]
    sounds = mixed(kind, snr)
    peers = {"speexdsp": np.stack([peer("speexdsp_level", x) for x in sounds])}
    for likelihood in range(4):
        peers[f"webrtc {likelihood}"] = np.stack([peer("webrtc_level", x, likelihood) for x in sounds])
    for name, found in peers.items():
        hits, false = rates(found)
        for our_hits, our_false in ours:
            assert not (hits >= our_hits + 0.005 and false <= our_false - 0.005) or any(
                h >= hits - 0.005 and f <= false + 0.005 for h, f in ours
            ), (name, hits, false, ours)


@pytest.mark.parametrize("level", [-45, -30, -20, -10, 0])
def test_levels_are_told(level: float) -> None:
    voice = np.concatenate([silence(1000), spoken("en-gb")[:24000] * 10 ** (level / 20)])
    bank = VadBank(1)
    changes = bank.feed(pcm(voice)[None])
    assert changes
    assert changes[0].voice
    assert 8000 < changes[0].offset < 8000 + 1600
    state = bank.state(0)
    assert state.known
    assert state.speech_dbm0 < level + 6
    ended = bank.feed(pcm(silence(1000))[None])
    assert [c.voice for c in ended] == [False]
    assert 1500 <= ended[0].offset <= 1600 + 80 * 5
    assert abs(ended[0].level_dbm0 - level) < 4
    assert bank.state(0).speech_dbm0 == -100


def test_level_of_ten_milliseconds_is_the_mean_square_without_its_mean() -> None:
    rng = np.random.default_rng(1)
    bank = VadBank(1)
    for level in (-70, -40, -10, 0):
        x = pcm(noise(rng, level, HOP) + 300)
        bank.run(x[None])
        assert abs(bank.state(0).level_dbm0 - 20 * np.log10(x.std() / RMS_0)) < 0.06
    bank.run(np.zeros((1, HOP), np.int16))
    assert bank.state(0).level_dbm0 == -100


def test_noise_of_a_new_level_is_no_voice_for_long() -> None:
    rng = np.random.default_rng(2)
    x = np.concatenate([silence(1000), *[noise(rng, level, 24000) for level in (-50, -30, -45, -20)]])
    found = decisions(pcm(x)[None])[0]
    for begin in (100, 400, 700, 1000):
        assert not found[begin + 70 : begin + 300].any()


def test_a_voice_does_not_lift_the_floor_of_the_noise_before_it() -> None:
    rng = np.random.default_rng(6)
    for level in (-60, -50, -40):
        x = noise(rng, level, 20000)
        x[12000:17840] += spoken("en-gb")[:5840] * 10 ** (-15 / 20)
        bank = VadBank(1)
        (begin,) = [c for c in bank.feed(pcm(x[:13600])[None]) if c.voice]
        assert 12400 <= begin.offset <= 13600
        assert abs(bank.state(0).noise_dbm0 - level) < 5


def test_floor_of_noise() -> None:
    rng = np.random.default_rng(4)
    for level in (-60, -45, -30):
        bank = VadBank(1)
        bank.feed(pcm(noise(rng, level, 24000))[None])
        assert abs(bank.state(0).noise_dbm0 - level) < 2


TONES = {
    "dial 425": sine(425, -10, 16000),
    "dial 350+440": sine(350, -13, 16000) + sine(440, -13, 16000),
    "ringing 440+480": sine(440, -19, 16000) + sine(480, -19, 16000),
    "busy 480+620": sine(480, -24, 16000) + sine(620, -24, 16000),
    "fax 1100": sine(1100, -12, 16000),
    "fax 2100": sine(2100, -12, 16000),
    "2000": sine(2000, -12, 16000),
    "R2 540+660": sine(540, -9, 16000) + sine(660, -9, 16000),
    "quiet": sine(425, -35, 16000),
}


@pytest.mark.parametrize("law", [alaw, ulaw])
@pytest.mark.parametrize("name", TONES)
def test_tones_are_no_voice(name: str, law) -> None:  # type: ignore[no-untyped-def]
    bank = VadBank(1)
    x = np.concatenate([silence(500), TONES[name]])
    tones = voices = 0
    for at in range(0, len(x) // HOP * HOP, HOP):
        bank.run(pcm(law(x[at : at + HOP]))[None])
        tones += bank.state(0).tone
        voices += bank.state(0).voice
    assert tones > 190
    assert voices <= 12


def test_digits_are_tones() -> None:
    for digit in DIGITS:
        bank = VadBank(1)
        bank.feed(pcm(alaw(np.concatenate([silence(300), pair(digit, 70)])))[None], HOP)
        assert bank.state(0).tone, digit


def test_voices_are_hardly_ever_tones() -> None:
    for language in LANGUAGES:
        bank, tones, hops = VadBank(1), 0, 0
        x = pcm(alaw(talk(language)[0]))
        for at in range(0, len(x) // HOP * HOP, HOP):
            bank.run(x[None, at : at + HOP])
            tones += bank.state(0).tone and bool(talk(language)[1][at // HOP])
            hops += bool(talk(language)[1][at // HOP])
        assert tones < 0.05 * hops


@pytest.mark.parametrize("kind", ["dc", "square", "clipped", "zeros", "hum", "step", "clicks"])
def test_what_is_no_voice(kind: str) -> None:
    t = np.arange(32000)
    rng = np.random.default_rng(5)
    x = {
        "dc": np.full(len(t), 20000.0),
        "square": np.where(t // 40 % 2, 32767.0, -32768.0),
        "clipped": np.clip(sine(300, 12, len(t)), -32768, 32767),
        "zeros": np.zeros(len(t)),
        "hum": sine(50, -20, len(t)) + sine(150, -40, len(t)) + noise(rng, -60, len(t)),
        "step": np.where(t > 16000, 8000.0, -8000.0),
        "clicks": np.where(t % 4000 == 0, 20000.0, 0) + noise(rng, -60, len(t)),
    }[kind]
    found = decisions(pcm(x)[None])[0]
    assert found[100:].mean() < {"square": 1.01, "clipped": 1.01, "clicks": 0.5}.get(kind, 0.02)
    bank = VadBank(1)
    bank.feed(pcm(x)[None])
    assert np.isfinite(bank.state(0).score)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(["voice", "noise", "tone", "zeros", "garbage", "full"]), min_size=1, max_size=6),
    st.sampled_from([1, 7, 40, 80, 160]),
    st.integers(0, 2**32 - 1),
)
def test_kernels_give_the_same_decisions_for_any_sound(kinds: list[str], block: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 2400
    made = {
        "voice": lambda: (
            np.resize(np.roll(spoken("de"), int(rng.integers(20000))), n) * 10 ** (rng.uniform(-50, 3) / 20)
        ),
        "noise": lambda: noise(rng, rng.uniform(-70, 0), n),
        "tone": lambda: sine(rng.uniform(50, 3900), rng.uniform(-60, 3), n),
        "zeros": lambda: np.zeros(n),
        "garbage": lambda: rng.integers(-32768, 32768, n).astype(float),
        "full": lambda: np.where(rng.integers(0, 2, n), 32767.0, -32768.0),
    }
    rows = np.stack([pcm(np.concatenate([made[k]() for k in kinds])) for _ in range(9)])
    fast, plain = VadBank(9), VadBank(9, plain=True)
    assert fast.feed(rows, block) == plain.feed(rows, block)
    for channel in range(9):
        state = fast.state(channel)
        assert state == plain.state(channel)
        assert np.isfinite(state.score)
        assert -100 <= state.level_dbm0 <= 6.3
        assert -100 <= state.noise_dbm0 <= 8
        assert not (state.speech_dbm0 > -100 and not state.voice)


@pytest.mark.parametrize("block", [40, 160, 33])
def test_blocks_of_any_length_give_the_same_decisions(block: int) -> None:
    sounds = np.ascontiguousarray(mixed("white", 20)[:, :80000])
    whole, parts = VadBank(len(sounds)), VadBank(len(sounds))
    changes = whole.feed(sounds)
    assert len(changes) > 20
    assert sorted(parts.feed(sounds, block)) == sorted(changes)
    for channel in range(len(sounds)):
        assert whole.state(channel) == parts.state(channel)


def test_channels_are_their_own() -> None:
    x = mixed("pink", 15)[0, :40000]
    alone = VadBank(1)
    alone.feed(x[None])
    for place in range(8):
        rows = np.random.default_rng(place).integers(-3000, 3000, (8, len(x))).astype(np.int16)
        rows[place] = x
        bank = VadBank(8)
        bank.feed(rows)
        assert bank.state(place) == alone.state(0)


def test_off_and_reset() -> None:
    bank = VadBank(2)
    x = np.stack([mixed("pink", 20)[0]] * 2)
    bank.feed(x)
    assert bank.state(0).known
    assert bank.state(1).known
    bank.reset(0)
    assert not bank.state(0).known
    assert bank.state(1).known
    bank.run(x[:, :HOP].copy(), active=[True, False])
    assert bank.state(0).known
    assert not bank.state(1).known
    with pytest.raises(IndexError):
        bank.state(2)
    with pytest.raises(IndexError):
        bank.reset(-1)


def test_bad_arguments() -> None:
    for options in (
        {"quietest_dbm0": -90},
        {"quietest_dbm0": 0},
        {"strictness": 5},
        {"strictness": -1},
        {"hang_ms": 5},
        {"hang_ms": 3000},
    ):
        with pytest.raises(ValueError, match="must be"):
            VadBank(1, **options)
    with pytest.raises(ValueError, match="channels"):
        VadBank(0)
    with pytest.raises(ValueError, match="wanted"):
        VadBank(2).run(np.zeros((3, HOP), np.int16))
    with pytest.raises(ValueError, match="samples"):
        VadBank(2).run(np.zeros((2, 161), np.int16))


def test_memory_is_below_a_kibibyte_a_channel() -> None:
    assert VadBank(1920).size < 1920 * 1024
    assert FULL == 22779
