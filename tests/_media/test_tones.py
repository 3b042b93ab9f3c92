"""xunhu._media.tones: levels, frequencies and edges of what is made; what the call progress receiver hears."""

import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from xunhu._media import g711, tones
from xunhu._media.files import read_wav
from xunhu._media.tone_tables import CHINA, ITU, SETS, cadence

Samples = npt.NDArray[np.int16]
PEAK_0DBM0 = 22779.0


def make(steps: tuple[tones.Step, ...] | list[tones.Step], seconds: float, repeats: int = 0) -> Samples:
    return np.array(tones.ToneGenerator(steps, repeats=repeats).run(round(seconds * 8000)), dtype=np.int16)


def level_dbm0(x: npt.NDArray[np.float64]) -> float:
    return float(20 * np.log10(np.sqrt(2 * np.mean(x * x)) / PEAK_0DBM0))


def sine_at(x: npt.NDArray[np.float64], hz: float) -> complex:
    """Amplitude and phase at one frequency, over whole periods of 1 Hz."""
    return complex(2 * np.mean(x * np.exp(-2j * np.pi * hz * np.arange(len(x)) / 8000)))


# -- generator ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dbm0", [3.0, 0.0, -10.0, -25.0, -40.0])
@pytest.mark.parametrize("hz", [350.0, 425.0, 450.0, 1633.0, 3400.0])
def test_level_and_frequency_are_exact(hz: float, dbm0: float) -> None:
    x = make([(hz, 0, dbm0, 0, 0)], 9)[8000:].astype(float)
    assert level_dbm0(x) == pytest.approx(dbm0, abs=0.05 if dbm0 > -30 else 0.1)
    # The phase turns by nothing but the frequency's own between the first and the eighth second.
    turned = np.angle(sine_at(x[-8000:], hz) / sine_at(x[:8000], hz))
    apart_hz = abs(turned) / (2 * np.pi * 7)
    assert apart_hz / hz < 1e-4


def test_level_stays_for_an_hour() -> None:
    generator = tones.ToneGenerator([(450, 0, -10, 0, 0)])
    for _ in range(3600):
        last = generator.run(8000)
    assert level_dbm0(np.array(last, dtype=float)) == pytest.approx(-10, abs=0.01)


def test_two_tones_have_their_own_levels() -> None:
    x = make([(697, 1209, -9, -6, 0)], 2)[8000:].astype(float)
    for hz, dbm0 in ((697, -9), (1209, -6)):
        assert 20 * np.log10(abs(sine_at(x, hz)) / PEAK_0DBM0) == pytest.approx(dbm0, abs=0.05)


def test_starts_and_ends_without_a_click() -> None:
    """A click is energy far from the tone: none beyond 2 kHz above -50 dB of the tone in any 20 ms."""
    x = make([(450, 0, 0, 0, 100), (0, 0, 0, 0, 100)], 1).astype(float)
    windowed = np.array([x[i : i + 160] * np.hanning(160) for i in range(0, len(x) - 160, 20)])
    spectrum = np.abs(np.fft.rfft(windowed, axis=1))
    assert spectrum[:, 40:].max() < spectrum.max() * 10 ** (-50 / 20)
    assert np.abs(np.diff(x)).max() < PEAK_0DBM0 * 2 * np.pi * 450 / 8000 * 1.1


def test_length_between_half_levels_is_exact() -> None:
    x = make([(1000, 0, 0, 0, 100), (0, 0, 0, 0, 100)], 0.6)
    loud = np.convolve(np.abs(x.astype(float)), np.ones(8) / 8, "same") > PEAK_0DBM0 * (2 / np.pi) / 2
    edges = np.flatnonzero(np.diff(loud.astype(int)))
    assert np.diff(edges) == pytest.approx([800] * (len(edges) - 1), abs=4)
    assert len(edges) == 6


def test_phase_goes_on_from_step_to_step() -> None:
    stepped = make([(450, 0, -10, 0, 37), (450, 0, -10, 0, 41)], 2)
    assert np.array_equal(stepped, make([(450, 0, -10, 0, 0)], 2))


def test_frequency_change_keeps_the_amplitude() -> None:
    x = make([(950, 0, -10, 0, 330), (1400, 0, -10, 0, 330)], 0.6).astype(float)
    for at in range(320, len(x) - 160, 40):
        assert level_dbm0(x[at : at + 160]) == pytest.approx(-10, abs=0.6)


def test_repeats_and_end() -> None:
    generator = tones.ToneGenerator(cadence(450, 100, 50), repeats=3)
    assert not generator.done
    assert len(generator.run(3000)) == 3000
    assert len(generator.run(3000)) == 600
    assert generator.done
    assert len(generator.run(80)) == 0


def test_a_tone_that_is_last_falls_to_nothing() -> None:
    x = make([(450, 0, 0, 0, 100)], 1, repeats=1)
    assert len(x) == 800
    assert abs(int(x[-1])) < 300


def test_split_of_blocks_changes_nothing() -> None:
    whole = make(CHINA["busy"].steps, 3)
    generator = tones.ToneGenerator(CHINA["busy"].steps)
    parts: list[int] = []
    for n in [1, 79, 80, 160, 3, 7] * 200:
        parts.extend(generator.run(n))
    assert abs(np.array(parts[: len(whole)], dtype=int) - whole).max() <= 1


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [(4000.0, 0.0, -10.0, 0.0, 100)],
        [(-1.0, 0.0, -10.0, 0.0, 100)],
        [(float("nan"), 0.0, -10.0, 0.0, 100)],
        [(450.0, 0.0, 3.2, 0.0, 100)],
        [(450.0, 0.0, float("nan"), 0.0, 100)],
        [(450.0, 0.0, -100.0, 0.0, 100)],
        [(450.0, 0.0, -10.0, 0.0, -1)],
        [(450.0, 0.0, -10.0, 0.0, 1)] * 65,
    ],
)
def test_bad_steps_are_refused(steps: list[tones.Step]) -> None:
    with pytest.raises(ValueError, match="step"):
        tones.ToneGenerator(steps)


def test_sum_that_overflows_is_clipped() -> None:
    x = make([(450, 451, 3, 3, 0)], 1)
    assert x.max() == 32767
    assert x.min() == -32768


# -- DTMF --------------------------------------------------------------------------------------------


def test_dtmf_frequencies_of_q23() -> None:
    keys = {"123A": 697, "456B": 770, "789C": 852, "*0#D": 941}
    for row, low in keys.items():
        for key, high in zip(row, (1209, 1336, 1477, 1633), strict=True):
            assert tones.dtmf_steps(key, on_ms=70, off_ms=50, level_dbm0=-9, twist_db=2) == [
                (low, high, -9, -7, 70),
                (0, 0, 0, 0, 50),
            ]
    assert tones.dtmf_steps("d") == tones.dtmf_steps("D")


def test_dtmf_pause_and_no_gap() -> None:
    assert [step[4] for step in tones.dtmf_steps("1,2", on_ms=70, off_ms=0)] == [70, 500, 70]


@pytest.mark.parametrize("digits", ["", "x", "1\0", "1" * 33, "号"])
def test_dtmf_refuses(digits: str) -> None:
    with pytest.raises(ValueError, match=r"digits|steps"):
        tones.dtmf_steps(digits)
    with pytest.raises(ValueError, match="on_ms"):
        tones.dtmf_steps("1", on_ms=0)


# -- tables ------------------------------------------------------------------------------------------


def test_tables_have_the_same_names_and_play() -> None:
    assert set(CHINA) == set(ITU)
    for table in SETS.values():
        for tone in table.values():
            assert len(make(tone.steps, 2, tone.repeats)) == 16000


# -- call progress receiver --------------------------------------------------------------------------


def hear(x: Samples, block: int = 80) -> list[int]:
    receiver = tones.ProgressReceiver()
    out = (receiver.run(x[i : i + block]) for i in range(0, len(x), block))
    return [tone for tone in out if tone is not None]


def on_line(x: Samples, rng: np.random.Generator, snr_db: float | None) -> Samples:
    """With white noise below the tone (300..3400 Hz is not cut out: worse than a line), through A-law."""
    wide = x.astype(float)
    if snr_db is not None:
        power = np.mean(wide[wide != 0] ** 2) * 10 ** (-snr_db / 10)
        wide = wide + rng.normal(0, np.sqrt(power), len(wide))
    coded = g711.alaw_encode(np.clip(np.rint(wide), -32768, 32767).astype(np.int16))
    return np.array(g711.alaw_decode(coded), dtype=np.int16)


def scaled(steps: tuple[tones.Step, ...], factor: float, level: float, shift_hz: float) -> list[tones.Step]:
    return [(f1 + shift_hz if f1 else 0.0, 0.0, level, 0.0, round(ms * factor)) for f1, _, _, _, ms in steps]


RECOGNISED = [
    (CHINA["dial"], tones.TONE_DIAL),
    (CHINA["special-dial"], tones.TONE_SPECIAL_DIAL),
    (CHINA["ringback"], tones.TONE_RINGBACK),
    (CHINA["busy"], tones.TONE_BUSY),
    (CHINA["congestion"], tones.TONE_CONGESTION),
    (CHINA["unobtainable"], tones.TONE_UNOBTAINABLE),
    (CHINA["call-waiting"], tones.TONE_CALL_WAITING),
    (CHINA["howler"], tones.TONE_HOWLER),
    (CHINA["sit"], tones.TONE_SIT),
    (ITU["dial"], tones.TONE_DIAL),
    (ITU["ringback"], tones.TONE_RINGBACK),
    (ITU["busy"], tones.TONE_BUSY),
    (ITU["congestion"], tones.TONE_CONGESTION),
]
NAMES = [f"{number}-{tone}" for number, (_, tone) in enumerate(RECOGNISED)]


@pytest.mark.parametrize(("tone", "expected"), RECOGNISED, ids=NAMES)
@pytest.mark.parametrize("level", [-5, -20, -35])
@pytest.mark.parametrize("factor", [0.9, 1.0, 1.1])
def test_tones_with_timing_and_level_off(tone: object, expected: int, level: float, factor: float) -> None:
    rng = np.random.default_rng(7)
    for start, shift_hz, snr in ((0, 0, None), (37, 15, 20), (90, -15, 15), (143, 0, 12)):
        steps = scaled(tone.steps, factor, level, shift_hz)  # type: ignore[attr-defined]
        x = np.concatenate([np.zeros(800 + start, dtype=np.int16), make(steps, 13)])
        assert hear(on_line(x, rng, snr)) == [expected], (start, shift_hz, snr)


@pytest.mark.parametrize(("tone", "expected"), RECOGNISED, ids=NAMES)
def test_the_end_is_told(tone: object, expected: int) -> None:
    x = np.concatenate([make(scaled(tone.steps, 1, -15, 0), 8), np.zeros(12 * 8000, dtype=np.int16)])  # type: ignore[attr-defined]
    heard = hear(x)
    assert heard[-2:] == [expected, tones.TONE_NONE]


@pytest.mark.parametrize("block", [1, 80, 160, 333])
def test_block_length_does_not_matter(block: int) -> None:
    assert hear(make(CHINA["busy"].steps, 3), block) == [tones.TONE_BUSY]


def test_ringback_then_busy() -> None:
    x = np.concatenate([make(CHINA["ringback"].steps, 11), make(CHINA["busy"].steps, 5)])
    heard = [tone for tone in hear(x) if tone != tones.TONE_NONE]
    assert heard == [tones.TONE_RINGBACK, tones.TONE_BUSY]


def test_a_single_cycle_is_not_busy() -> None:
    x = np.concatenate([make(cadence(450, 350, 350), 0.7), np.zeros(1600, dtype=np.int16)])
    assert hear(x) == []


@pytest.mark.parametrize("hz", [300.0, 350.0, 520.0, 600.0, 1100.0, 2100.0])
def test_other_frequencies_are_not_tones(hz: float) -> None:
    for on_off in ((0,), (350, 350), (1000, 4000)):
        assert hear(make(cadence(hz, *on_off), 7)) == []


def test_dtmf_and_noise_are_not_tones() -> None:
    digits = make(tones.dtmf_steps("1234567890*#ABCD"), 3.2)
    noise = np.random.default_rng(3).normal(0, 2000, 80000).astype(np.int16)
    assert hear(digits) == []
    assert hear(noise) == []


TEXTS = {
    "en": "Your call is important to us. Please hold the line, an agent will be with you shortly. One two three four five. "
    "Mum, I am in no hurry, mmm, oh no, we all know you owe more money than you own, so go home now, Joe. Hmm, yes, um.",
    "cmn": "您好,欢迎致电客户服务中心。普通话请按一,英语请按二。您的话费余额为一百二十三元八角。请稍候,正在为您转接人工服务,谢谢。嗯,好的。",
}


@pytest.mark.parametrize("voice", ["en", "en+f3", "en+m7", "cmn", "cmn+f2"])
@pytest.mark.parametrize("pitch", [20, 60, 95])
def test_speech_is_not_a_tone(voice: str, pitch: int, tmp_path: Path) -> None:
    wav, at_8k = tmp_path / "speech.wav", tmp_path / "speech8.wav"
    text = TEXTS[voice.split("+", maxsplit=1)[0]]
    subprocess.run(["espeak-ng", "-v", voice, "-p", str(pitch), "-w", str(wav), text], check=True)
    subprocess.run(["sox", str(wav), "-r", "8000", "-b", "16", str(at_8k)], check=True)
    _, samples = read_wav(at_8k)
    speech = np.array(samples, dtype=np.int16)
    assert len(speech) > 5 * 8000
    assert hear(speech) == []


def test_speech_in_even_syllables_is_not_congestion(tmp_path: Path) -> None:
    """Slow and high: two vowels near 450 Hz, each a quarter of a second, once passed for congestion 250/250."""
    text = (
        "Our opening hours are Monday to Friday from nine in the morning until six in the evening. Please have your account "
        "number ready. For security reasons this call may be recorded. No, no, no. I would like to know more about moving "
        "home. Who knows, who knows. Ooooh. Aaaah. Mmmm. We are open all morning. Hello? Hello hello?"
    )
    wav, at_8k = tmp_path / "speech.wav", tmp_path / "speech8.wav"
    for speed in (100, 110, 120, 130):
        subprocess.run(["espeak-ng", "-v", "en-us", "-p", "80", "-s", str(speed), "-w", str(wav), text], check=True)
        subprocess.run(["sox", str(wav), "-r", "8000", "-b", "16", str(at_8k)], check=True)
        assert hear(np.array(read_wav(at_8k)[1], dtype=np.int16)) == []


@pytest.mark.parametrize("step_db", [4, 8])
def test_howler_that_gets_louder_stays_one_tone(step_db: int) -> None:
    steps = [(950.0, 0.0, -30.0 + step_db * i, 0.0, 2000) for i in range(4)]
    assert hear(make(steps, 8)) == [tones.TONE_HOWLER]


def test_speech_ends_ringback(tmp_path: Path) -> None:
    """The called party answers and speaks: ringback is over before its next burst would be missed."""
    wav, at_8k = tmp_path / "speech.wav", tmp_path / "speech8.wav"
    subprocess.run(["espeak-ng", "-v", "en", "-w", str(wav), TEXTS["en"]], check=True)
    subprocess.run(["sox", str(wav), "-r", "8000", "-b", "16", str(at_8k)], check=True)
    speech = np.array(read_wav(at_8k)[1], dtype=np.int16)
    x = np.concatenate([make(CHINA["ringback"].steps, 7), speech[:16000]])
    assert hear(x) == [tones.TONE_RINGBACK, tones.TONE_NONE]
