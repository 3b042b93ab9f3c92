"""Fax and modem tones by T.30, V.25 and V.8, with sounds made by NumPy; beside libspandsp: tests/interop."""

from collections.abc import Callable

import numpy as np
import pytest
from dtmf_sounds import FULL, RATE, Sound, alaw, noise, pcm, silence, sine, ulaw
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu._media import fax_tones, fsk
from xunhu._media.fax_tones import (
    ANS,
    ANS_PR,
    ANSAM,
    ANSAM_PR,
    BELL_ANS,
    CALLING,
    CNG,
    NONE,
    TONE_1100,
    V21_PREAMBLE,
    FaxBank,
    Hit,
)
from xunhu._media.tone_catalogue import CATALOGUE


def heard_all(sounds: list[Sound], *, lead: int = 203) -> list[list[Hit]]:
    rows = np.zeros((len(sounds), lead + max(map(len, sounds)) + 800), np.int16)
    for row, x in zip(rows, sounds, strict=True):
        row[lead : lead + len(x)] = pcm(x)
    out: list[list[Hit]] = [[] for _ in sounds]
    for hit in FaxBank(len(sounds)).feed(rows):
        out[hit.channel].append(hit)
    return out


def heard(x: Sound, **options: int) -> list[tuple[int, int]]:
    return [(hit.code, hit.ended) for hit in heard_all([x], **options)[0]]


def answer(
    ms: float = 3300, *, hz: float = 2100, level: float = -13, am: float = 0, am_hz: float = 15, every_ms: float = 0
) -> Sound:
    t = np.arange(round(ms * 8)) / RATE
    sign = np.where(np.floor(t / (every_ms / 1000)) % 2, -1, 1) if every_ms else 1
    envelope = 1 + am * np.sin(2 * np.pi * am_hz * t)
    return FULL * 10 ** (level / 20) * envelope * sign * np.sin(2 * np.pi * hz * t + 0.4)


def bursts(hz: float, on_ms: float, off_ms: float, count: int = 2, level: float = -13) -> Sound:
    one = np.concatenate([sine(hz, level, round(on_ms * 8), 1.0), silence(off_ms)])
    return np.tile(one, count)


def flags(count: int, *, level: float = -13, rate: float = 1.0, tail: bytes = b"") -> Sound:
    return np.array(
        fsk.fsk_samples(fsk.V21_CHANNEL2, bytes((0, 1, 1, 1, 1, 1, 1, 0)) * count + tail, level_dbm0=level, rate=rate),
        float,
    )


@pytest.mark.parametrize("hz", [1062, 1100, 1138])
@pytest.mark.parametrize("on_ms", [425, 500, 575])
@pytest.mark.parametrize("level", [0, -13, -43])
def test_t30_calling_tone(hz: float, on_ms: float, level: float) -> None:
    """1100 +-38 Hz, 0.5 s and 3 s, each +-15 %."""
    for off_ms in (2550, 3000, 3450):
        hits = heard_all([bursts(hz, on_ms, off_ms, level=level)])[0]
        assert [(hit.code, hit.ended) for hit in hits] == [(CNG, NONE)] * 2
        assert all(abs(hit.length / 8 - on_ms) <= 10 for hit in hits)
        assert all(abs(hit.level_dbm0 - level) <= 1 for hit in hits)


@pytest.mark.parametrize("on_ms", [200, 390, 620, 645])
def test_other_bursts_of_1100_hz_are_none(on_ms: float) -> None:
    assert heard(bursts(1100, on_ms, 3000)) == []


@pytest.mark.parametrize("hz", [1030, 1050, 1160, 1209])
def test_bursts_beside_1100_hz_are_none(hz: float) -> None:
    assert heard(bursts(hz, 500, 3000)) == []


def test_1100_hz_that_stays() -> None:
    hits = heard_all([sine(1100, -20, 2 * RATE)])[0]
    assert [(hit.code, hit.ended) for hit in hits] == [(TONE_1100, NONE), (NONE, TONE_1100)]
    assert abs(hits[1].length - 2 * RATE) <= 80


def test_a_burst_in_loud_noise_counts_when_another_follows_in_the_rhythm() -> None:
    rng = np.random.default_rng(1)
    x = np.concatenate([bursts(1100, 500, 3000, 3), silence(100)])
    assert heard(x + noise(rng, -13 - 7, len(x))) == [(CNG, NONE)] * 2
    x = np.concatenate([bursts(1100, 500, 1500, 3), silence(100)])
    assert heard(x + noise(rng, -13 - 7, len(x))) == []


@pytest.mark.parametrize("hz", [2085, 2100, 2115])
@pytest.mark.parametrize("level", [0, -13, -43])
@pytest.mark.parametrize("ms", [2600, 3300, 4000])
def test_t30_called_tone(hz: float, level: float, ms: float) -> None:
    """2100 +-15 Hz for 2.6 to 4 s. Heard within 650 ms (ours)."""
    hits = heard_all([answer(ms, hz=hz, level=level)])[0]
    assert [(hit.code, hit.ended) for hit in hits] == [(ANS, NONE), (NONE, ANS)]
    assert hits[0].offset / 8 < 25 + 650
    assert abs(hits[1].length / 8 - ms) <= 10
    assert abs(hits[0].level_dbm0 - level) <= 1


@pytest.mark.parametrize("hz", [2085, 2100, 2115])
@pytest.mark.parametrize("every_ms", [425, 450, 475])
@pytest.mark.parametrize(("am", "codes"), [(0.0, (ANS, ANS_PR)), (0.2, (ANSAM, ANSAM_PR))])
def test_v25_reversals_and_v8_modulation(hz: float, every_ms: float, am: float, codes: tuple[int, int]) -> None:
    for level in (-6, -31):
        hits = heard_all([answer(hz=hz, every_ms=every_ms, am=am, level=level)])[0]
        assert [(hit.code, hit.ended) for hit in hits] == [(codes[0], NONE), (codes[1], codes[0]), (NONE, codes[1])]
        assert hits[1].offset / 8 < 25 + 2 * every_ms + 50


@pytest.mark.parametrize(
    ("am", "am_hz", "want"),
    [(0.2, 14.9, ANSAM), (0.2, 15.1, ANSAM), (0.19, 15, ANSAM), (0.21, 15, ANSAM), (0.05, 15, ANS), (0.2, 25, ANS)],
)
def test_v8_modulation(am: float, am_hz: float, want: int) -> None:
    """15 +-0.1 Hz, 20 +-1 %; what is modulated otherwise is no ANSam (ours)."""
    assert heard(answer(am=am, am_hz=am_hz)) == [(want, NONE), (NONE, want)]


@pytest.mark.parametrize("every_ms", [300, 350, 550, 700])
def test_reversals_in_another_rhythm_are_none(every_ms: float) -> None:
    assert ANS_PR not in [code for code, _ in heard(answer(every_ms=every_ms))]


@pytest.mark.parametrize("hz", [2060, 2150, 2000, 2250])
def test_tones_beside_are_none(hz: float) -> None:
    assert heard(answer(hz=hz)) == []


def test_a_gap_of_20_ms_ends_no_answer_and_50_ms_do() -> None:
    for gap, want in ((20, 2), (60, 4)):
        x = answer(3300)
        x[12000 : 12000 + gap * 8] = 0
        assert len(heard(x)) == want


@pytest.mark.parametrize("hz", [2210, 2225, 2240])
def test_bell_answer_tone(hz: float) -> None:
    assert heard(answer(1500, hz=hz)) == [(BELL_ANS, NONE), (NONE, BELL_ANS)]


@pytest.mark.parametrize("hz", [1285, 1300, 1315])
@pytest.mark.parametrize("on_ms", [500, 600, 700])
def test_v25_calling_tone(hz: float, on_ms: float) -> None:
    assert heard(bursts(hz, on_ms, 1700)) == [(CALLING, NONE)] * 2


@pytest.mark.parametrize("level", [0, -13, -43])
@pytest.mark.parametrize("rate", [0.999, 1.0, 1.001])
@pytest.mark.parametrize("off", [-18, 0, 18])
def test_t30_preamble(level: float, rate: float, off: float) -> None:
    """One second of flags at 300 bit/s +-0.01 %, 1650 and 1850 Hz +-6 Hz, and what a line adds."""
    x = flags(38, level=level, rate=rate)
    spectrum = np.fft.fft(x)
    spectrum[len(x) // 2 :] = 0
    x = np.real(2 * np.fft.ifft(spectrum) * np.exp(2j * np.pi * off * np.arange(len(x)) / RATE))
    hits = heard_all([x])[0]
    assert [(hit.code, hit.ended) for hit in hits] == [(V21_PREAMBLE, NONE), (NONE, V21_PREAMBLE)]
    assert hits[0].offset / 8 < 25 + 270
    assert abs(hits[0].level_dbm0 - level) <= 1.5


def test_the_frame_behind_the_preamble_ends_it() -> None:
    rng = np.random.default_rng(2)
    frame = bytes([1, 1, 1, 1, 1, 1, 1, 1, *rng.integers(0, 2, 300)])
    hits = heard_all([flags(38, tail=frame)])[0]
    assert [(hit.code, hit.ended) for hit in hits] == [(V21_PREAMBLE, NONE), (NONE, V21_PREAMBLE)]
    assert abs(hits[1].length / 8 - 1013) < 60


def test_bits_that_are_no_flags_are_none() -> None:
    rng = np.random.default_rng(3)
    for bits in (
        [0, 1] * 300,
        [1] * 600,
        [0] * 600,
        rng.integers(0, 2, 3000).tolist(),
        [0, 1, 1, 1, 1, 1, 0] * 80,
        ([0] + [1] * 6 + [0]) * 4 + [1, 0],
    ):
        assert heard(np.array(fsk.fsk_samples(fsk.V21_CHANNEL2, bytes(bits)), float)) == []


@pytest.mark.parametrize("codec", [alaw, ulaw])
@pytest.mark.parametrize("level", [-6, -40])
def test_coded(codec: Callable[[Sound], Sound], level: float) -> None:
    for name, code in (
        ("cng", CNG),
        ("ced", ANS),
        ("ans-pr", ANS_PR),
        ("ansam", ANSAM),
        ("ansam-pr", ANSAM_PR),
        ("calling", CALLING),
        ("v21-preamble", V21_PREAMBLE),
    ):
        x = np.frombuffer(CATALOGUE[name].samples(level_dbm0=level), np.int16).astype(float)
        assert code in [hit for hit, _ in heard(codec(x))], name


def test_noise_10_db_below() -> None:
    rng = np.random.default_rng(4)
    for name, code in (
        ("cng", CNG),
        ("ced", ANS),
        ("ans-pr", ANS_PR),
        ("ansam", ANSAM),
        ("ansam-pr", ANSAM_PR),
        ("calling", CALLING),
        ("v21-preamble", V21_PREAMBLE),
    ):
        x = np.frombuffer(CATALOGUE[name].samples(), np.int16).astype(float)
        for hits in heard_all([x + noise(rng, -13 - 10, len(x)) for _ in range(10)]):
            assert code in [hit.code for hit in hits], name


@pytest.mark.parametrize("offset", [-3000, 3000])
def test_a_constant_is_borne(offset: float) -> None:
    assert heard(answer(level=-20) + offset)[0] == (ANS, NONE)


def test_other_sounds_are_none() -> None:
    """Noise, sweeps, DTMF, call progress, R2, caller id, 2000 Hz, full scale squares, constants."""
    rng, n = np.random.default_rng(5), 4 * RATE
    sounds = [noise(rng, level, n) for level in (0, -10, -30)]
    sounds += [
        9000 * np.sin(2 * np.pi * np.cumsum(np.linspace(200, 3600, n)) / RATE),
        np.full(n, 32767.0),
        np.full(n, -32768.0),
    ]
    sounds += [np.where(sine(hz, 0, n) > 0, 32767.0, -32768.0) for hz in (60, 367, 700)]
    sounds += [sine(hz, -10, n) for hz in (350, 425, 450, 1000, 1004, 1400, 1800, 2000, 2600)]
    other = (
        "dtmf",
        "dial",
        "ringback",
        "busy",
        "congestion",
        "sit",
        "r2-forward",
        "r2-backward",
        "caller-id-v23",
        "caller-id-bell202",
        "caller-id-dtmf",
        "sweep",
    )
    sounds += [np.frombuffer(CATALOGUE[name].samples(), np.int16).astype(float) for name in other]
    assert heard_all(sounds) == [[]] * len(sounds)


def test_music_is_none() -> None:
    """Notes of equal temperament, 80 to 800 ms, with harmonics that fade: struck, plucked and blown. Ten minutes."""
    rng, sounds = np.random.default_rng(6), []
    for kind in range(20):
        parts: list[Sound] = []
        while sum(map(len, parts)) < 30 * RATE:
            n = int(
                rng.integers(640, 6400 if kind % 2 else 3600)
            )  # ours: what is held longer at the very pitch is a tone
            t = np.arange(n) / RATE
            hz = 440 * 2 ** (int(rng.integers(-20, 32)) / 12)
            strength, decay = rng.uniform(0.4, 0.9), np.exp(-t * (kind % 2) * 4)
            harmonics = [k for k in range(1, 7) if hz * k < 3900]
            parts.append(
                5000 * decay * sum((strength**k * np.sin(2 * np.pi * hz * k * t) for k in harmonics), np.zeros(n))
            )
        sounds.append(np.concatenate(parts)[: 30 * RATE])
    assert heard_all(sounds) == [[]] * len(sounds)


def mixed(rng: np.random.Generator, channels: int) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    names = ("cng", "ced", "ans-pr", "ansam", "ansam-pr", "calling", "v21-preamble", "dtmf")
    rows = np.zeros((channels, 2 * RATE), np.float64)
    for row in rows:
        x = np.frombuffer(CATALOGUE[names[int(rng.integers(len(names)))]].samples(1.6), np.int16)
        at = int(rng.integers(0, 2000))
        row[at : at + len(x)] += x
        row += noise(rng, float(rng.uniform(-60, -20)), len(row))
    return pcm(rows)


def test_plain_and_avx2_give_the_same() -> None:
    rows = mixed(np.random.default_rng(7), 40)
    fast = FaxBank(40).feed(rows)
    assert fast
    assert FaxBank(40, plain=True).feed(rows) == fast


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(1, 160), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_blocks_may_be_cut_anywhere(cuts: list[int], seed: int) -> None:
    rows = mixed(np.random.default_rng(seed), 3)
    bank, at, got = FaxBank(3), 0, []
    while at < rows.shape[1]:
        for cut in cuts:
            part = np.ascontiguousarray(rows[:, at : at + cut])
            if part.shape[1]:
                got += [hit._replace(offset=hit.offset + at) for hit in bank.run(part)]
            at += cut
    assert sorted(got) == sorted(FaxBank(3).feed(rows))


def test_channels_off_and_reset_forget() -> None:
    x = np.tile(pcm(answer(1500)), (9, 1))
    bank, got = FaxBank(9), []
    for at in range(0, 12000, 80):
        if at == 4000:
            bank.reset(2)
        part = np.ascontiguousarray(x[:, at : at + 80]) if at < 6400 else np.zeros((9, 80), np.int16)
        got += bank.run(part, [i != 4 or at % 4000 for i in range(9)])
    assert {hit.channel for hit in got} == set(range(9)) - {2, 4}


def test_wrong_use_is_refused() -> None:
    with pytest.raises(ValueError, match="channels"):
        FaxBank(0)
    with pytest.raises(ValueError, match="1 to 160"):
        FaxBank(1).run(np.zeros((1, 161), np.int16))
    with pytest.raises(IndexError):
        FaxBank(1).reset(1)
    for tone in (NONE, ANSAM, V21_PREAMBLE, -1, 99):
        with pytest.raises(ValueError, match="steps"):
            fax_tones.fax_steps(tone)
    for tone, level in ((CNG, -13.0), (ANS, 1.0), (ANS, float("nan")), (99, -13.0)):
        with pytest.raises(ValueError, match="answering tone"):
            fax_tones.AnswerToneGenerator(tone, level_dbm0=level)
    assert [step[0] for step in fax_tones.fax_steps(CNG)] == [1100, 0]
