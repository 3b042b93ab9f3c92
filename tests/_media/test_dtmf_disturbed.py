"""DTMF under noise, over speech, with the echo of a prompt, short and close together: libspandsp's receiver beside on the same
sound, never better."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from answer_sounds import PEOPLE, music, spoken
from dtmf_sounds import DIGITS, FULL, RATE, Sound, heard, noise, pair, pcm, silence
from hypothesis import given, settings
from hypothesis import strategies as st
from progress_sounds import speech

from xunhu._media.dtmf import DtmfBank


def _spandsp() -> ModuleType:
    path = Path(__file__).resolve().parents[1] / "interop" / "spandsp_dtmf.py"
    spec = importlib.util.spec_from_file_location("spandsp_dtmf_disturbed", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


spandsp = _spandsp()
KEYED = DIGITS * 15


def keyed(rng: np.random.Generator, ms: float, pause_ms: float, twist: float = 0.0, digits: str = KEYED) -> Sound:
    """Digits at -10 dBm0 (the stronger tone), each with phases of its own and a pause that is up to 3 ms longer."""
    parts = [silence(100)]
    for d in digits:
        phase = (rng.uniform(0, 6.28), rng.uniform(0, 6.28))
        parts += [pair(d, ms, level=-10, twist=twist, phase=phase), silence(pause_ms + rng.uniform(0, 3))]
    return np.concatenate([*parts, silence(60)])


def in_order(got: str) -> tuple[int, int]:
    """Of the digits heard: how many stand in the order sent, and how many do not (longest common subsequence)."""
    row = np.zeros(len(KEYED) + 1, int)
    sent = np.frombuffer(KEYED.encode(), np.uint8)
    for c in got.encode():
        best = np.maximum(row[1:], np.where(sent == c, row[:-1] + 1, 0))
        row[1:] = np.maximum.accumulate(best)
    return int(row[-1]), len(got) - int(row[-1])


def beside(sound: Sound, what: str) -> tuple[int, int, int, int]:
    mine, other = in_order(heard([sound])[0]), in_order(spandsp.receive(pcm(sound)))
    print(f"{what}: ours {mine[0]} (+{mine[1]}), libspandsp {other[0]} (+{other[1]}) of {len(KEYED)}")
    return (*mine, *other)


@pytest.mark.parametrize("ms", [35, 40, 50, 70])
@pytest.mark.parametrize("twist", [-6, 0, 2])
def test_white_noise_down_to_6_db(ms: int, twist: int) -> None:
    """Noise of the whole 4 kHz below the power of both tones together: 10 dB and more take none away."""
    for snr in (15, 12, 10, 8, 6):
        rng = np.random.default_rng(snr * 100 + ms)
        x = keyed(rng, ms, 50, twist)
        x = x + noise(rng, -10 + 10 * np.log10(1 + 10 ** (-abs(twist) / 10)) - snr, len(x))
        right, wrong, other, _ = beside(x, f"{ms} ms, {twist:+} dB, {snr} dB of noise")
        assert right >= other
        assert wrong == 0
        if snr >= 10:
            assert right == len(KEYED)
        if snr == 8:
            assert right >= 0.95 * len(KEYED)


@pytest.fixture(scope="module")
def talk() -> Sound:
    """Speech whose active parts have about 0 dBm0."""
    x = np.concatenate([spoken(voice, text, 160, 50) for voice, text in PEOPLE[:8]])
    frames = x[: len(x) // 160 * 160].reshape(-1, 160)
    power = np.mean(frames**2, axis=1)
    gain = np.ones(len(power))
    for i in range(len(power)):  # every second its own level, so that none is much louder than the rest
        near = power[max(0, i - 25) : i + 25]
        near = near[near >= near.max() * 0.003]
        gain[i] = FULL / np.sqrt(2) / np.sqrt(max(float(np.mean(near)), 1.0))
    return (frames * gain[:, None]).ravel()


@pytest.mark.parametrize(("ms", "pause_ms"), [(40, 40), (50, 50), (70, 70), (100, 100)])
@pytest.mark.parametrize("below", [20, 15, 10, 6])
def test_digits_over_speech(talk: Sound, ms: int, pause_ms: int, below: int) -> None:
    """Talk-down: somebody speaks while keys are pressed, so far below each digit's stronger tone."""
    x = keyed(np.random.default_rng(below), ms, pause_ms, -2)
    x = x + np.resize(talk, len(x)) * 10 ** ((-10 - below) / 20)
    right, _, other, _ = beside(x, f"{ms} ms over speech {below} dB below")
    assert right >= other
    if below >= 15:
        assert right == len(KEYED)


@pytest.mark.parametrize("loss", [10, 15, 20])
def test_digits_while_the_echo_of_a_prompt_comes_back(talk: Sound, loss: int) -> None:
    """A prompt at -10 dBm0 through a hybrid of so much loss, a long way off; digits of 50 ms at -10 dBm0."""
    x = keyed(np.random.default_rng(loss), 50, 50, -2)
    hybrid = np.concatenate([np.zeros(7 * 8), np.exp(-np.arange(48) / 9) * np.cos(np.arange(48) * 0.9)])
    hybrid *= 10 ** (-loss / 20) / np.sqrt(np.sum(hybrid**2))
    x = x + np.convolve(np.resize(talk, len(x)) * 10 ** (-10 / 20), hybrid)[: len(x)]
    right, wrong, other, _ = beside(x, f"echo of a prompt {loss} dB below")
    assert right >= other
    if loss >= 15:
        assert (right, wrong) == (len(KEYED), 0)


@pytest.mark.parametrize("ms", [35, 40, 50, 65])
@pytest.mark.parametrize("pause_ms", [22, 25, 30, 35, 40])
def test_pauses_of_22_to_40_ms(ms: int, pause_ms: int) -> None:
    x = keyed(np.random.default_rng(pause_ms), ms, pause_ms)
    right, wrong, other, _ = beside(x, f"{ms} ms, pause {pause_ms} ms")
    assert (right, wrong) == (len(KEYED), 0)
    assert right >= other


@pytest.mark.parametrize("same", [False, True])
def test_the_shortest_pauses(same: bool) -> None:
    """Different digits are told apart by any pause; one digit twice needs 22 ms for sure, so that 15 ms are bridged."""
    digits = DIGITS * 4 if not same else "".join(d * 2 for d in DIGITS)
    x = keyed(np.random.default_rng(3), 45, 20 if not same else 22, digits=digits)
    assert heard([x]) == [digits]


def test_lengths_from_26_ms_on_wherever_they_begin() -> None:
    """libspandsp's shortest digit depends on where its blocks of 12.75 ms fall; at no length does it hear more."""
    for tenths in range(260, 410, 15):
        rng = np.random.default_rng(tenths)
        x = keyed(rng, tenths / 10, 60)
        right, wrong, other, _ = beside(x, f"{tenths / 10} ms")
        assert (right, wrong) == (len(KEYED), 0)
        assert right >= other


@pytest.mark.parametrize("digit", ["1", "6", "8", "D"])
@pytest.mark.parametrize("twist", [-4, 0, 2])
def test_levels_down_to_where_spandsp_ends(digit: str, twist: int) -> None:
    for level in range(-20, -46, -1):
        sounds = [
            np.concatenate([silence(37 + k), pair(digit, 50, level=level, twist=twist), silence(60)]) for k in range(12)
        ]
        right = sum(got == digit for got in heard(sounds))
        other = sum(spandsp.receive(pcm(x)) == digit for x in sounds)
        assert right >= other, level


def test_music_makes_no_digit() -> None:
    rng = np.random.default_rng(11)
    x = np.concatenate([pcm(music(29, rng) * 10 ** (rng.uniform(-20, 0) / 20)) for _ in range(6)])
    assert "".join(h.digit for h in DtmfBank(1).feed(x[None, :])) == ""


def test_weak_speech_makes_no_digit() -> None:
    """What the wide range of levels hears more of: the crosstalk of voices at -40 to -25 dBm0."""
    x = speech(120, np.random.default_rng(31)).astype(np.float64)
    assert heard([x * 10 ** (down / 20) for down in (0, -10, -18, -25)]) == [""] * 4


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(DIGITS), st.floats(27, 80), st.floats(-38, -1), st.floats(-8, 4), st.floats(-0.014, 0.014),
    st.floats(-0.014, 0.014), st.integers(0, 200),
)  # fmt: skip
def test_any_digit_within_the_limits_is_heard_once(
    digit: str, ms: float, level: float, twist: float, low: float, high: float, lead: int
) -> None:
    x = np.concatenate([np.zeros(lead), pair(digit, ms, level=level, twist=twist, off=(low, high)), silence(60)])
    assert heard([x]) == [digit]
    hits = DtmfBank(1).feed(pcm(x)[None, :])
    assert hits[0].offset - lead <= 0.045 * RATE
    assert abs(hits[1].length - ms * RATE / 1000) <= 40
