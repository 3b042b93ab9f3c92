"""The DTMF receiver against ITU-T Q.24, with sounds made here; against another implementation: tests/interop."""

from itertools import pairwise

import numpy as np
import pytest
from dtmf_sounds import DIGITS, Sound, alaw, heard, noise, pair, pcm, silence, sine, ulaw
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu._media.dtmf import DtmfBank, Hit

LEADS = (0, 5, 10, 15)  # samples: where in the receiver's hop of 20 a digit begins


def each(make: object, leads: tuple[int, ...] = LEADS, seed: int = 1) -> list[str]:
    """The digits heard in make(digit, rng) for each digit and lead, in the order of DIGITS."""
    assert callable(make)
    rng = np.random.default_rng(seed)
    return heard([np.concatenate([silence(50), np.zeros(lead), make(d, rng)]) for d in DIGITS for lead in leads])


def wanted(times: int = 1, leads: tuple[int, ...] = LEADS) -> list[str]:
    return [d * times for d in DIGITS for _ in leads]


def phases(rng: np.random.Generator) -> tuple[float, float]:
    return (rng.uniform(0, 6.28), rng.uniform(0, 6.28))


def test_each_digit_begins_and_ends_once() -> None:
    sound = np.concatenate([np.concatenate([silence(50), pair(d, 50, level=-9)]) for d in DIGITS] + [silence(100)])
    hits = DtmfBank(1).feed(pcm(sound)[None, :])
    assert [h.digit for h in hits[::2]] == list(DIGITS)
    assert [h.ended for h in hits[1::2]] == list(DIGITS)
    assert all(a.offset < b.offset for a, b in pairwise(hits))


@pytest.mark.parametrize("sign", [(1, 1), (-1, -1), (1, -1), (-1, 1)])
@pytest.mark.parametrize("twist", [0.0, 4.0, -8.0])
def test_q24_frequencies_within_1_5_percent_and_2_hz_are_accepted(sign: tuple[int, int], twist: float) -> None:
    off = (0.015 * sign[0], 0.015 * sign[1])
    got = each(lambda d, rng: pair(d, 40, off=off, off_hz=2, twist=twist, phase=phases(rng)))
    assert got == wanted()


@pytest.mark.parametrize("off", [(0.035, 0.0), (-0.035, 0.0), (0.0, 0.035), (0.0, -0.035), (0.035, -0.035), (-0.05, 0.0), (0.0, 0.05)])
@pytest.mark.parametrize("ms", [50, 500])
def test_q24_frequencies_off_by_3_5_percent_are_rejected(off: tuple[float, float], ms: int) -> None:
    assert each(lambda d, rng: pair(d, ms, off=off, phase=phases(rng))) == [""] * 16 * len(LEADS)


@pytest.mark.parametrize("twist", [-8, -7, -6, -4, -2, 0, 2, 4, 6])
@pytest.mark.parametrize("level", [0, -9, -25, -30])
def test_q24_twist_and_level_are_accepted(twist: int, level: int) -> None:
    assert each(lambda d, rng: pair(d, 40, level=level, twist=twist, phase=phases(rng)), (0, 7, 13)) == wanted(leads=(0, 7, 13))


@pytest.mark.parametrize("twist", [-14, 12])
def test_twist_far_beyond_is_rejected(twist: int) -> None:
    assert set(each(lambda d, rng: pair(d, 60, twist=twist, phase=phases(rng)))) == {""}


@pytest.mark.parametrize("level", [-43, -45, -60])
def test_q24_weak_signals_are_rejected(level: int) -> None:
    assert set(each(lambda d, rng: pair(d, 100, level=level, phase=phases(rng)))) == {""}


def test_q24_duration_40_ms_is_a_digit() -> None:
    assert each(lambda d, rng: pair(d, 40, phase=phases(rng)), tuple(range(20))) == wanted(leads=tuple(range(20)))


@pytest.mark.parametrize("ms", [10, 20, 23, 24])
@pytest.mark.parametrize("level", [0, -9, -25])
def test_q24_duration_24_ms_is_none(ms: int, level: int) -> None:
    assert set(each(lambda d, rng: pair(d, ms, level=level, phase=phases(rng)), tuple(range(0, 20, 2)))) == {""}


@pytest.mark.parametrize("twist", [-8, 0, 4])
@pytest.mark.parametrize("level", [-1, -12, -27, -38])
def test_the_limit_of_the_duration_is_25_ms(twist: int, level: int) -> None:
    """Administrations of Q.24 want no digit of 24 or 25 ms: from 26 ms all are heard, wherever in a hop they begin."""

    def kept(ms: float) -> list[str]:
        return each(lambda d, rng: pair(d, ms, level=level, twist=twist, phase=phases(rng)), tuple(range(20)))

    assert set(kept(25)) == {""}
    for ms in (26, 28, 30, 33):
        assert kept(ms) == wanted(leads=tuple(range(20)))


def interrupted(digit: str, gap_ms: float, rng: np.random.Generator) -> Sound:
    sound = pair(digit, 100 + gap_ms, phase=phases(rng))
    sound[400 : 400 + round(gap_ms * 8)] = 0
    return sound


@pytest.mark.parametrize("gap", [1, 5, 10, 15])
def test_q24_interruption_of_10_ms_does_not_split(gap: int) -> None:
    assert each(lambda d, rng: interrupted(d, gap, rng)) == wanted()


@pytest.mark.parametrize("gap", [25, 30, 40])
def test_q24_pause_of_40_ms_separates(gap: int) -> None:
    assert each(lambda d, rng: interrupted(d, gap, rng)) == wanted(2)


def test_other_digit_without_a_pause() -> None:
    sound = np.concatenate([silence(20), pair("1", 60), pair("D", 60), pair("5", 60), silence(60)])
    hits = DtmfBank(1).feed(pcm(sound)[None, :])
    assert [h.digit + h.ended.lower() for h in hits] == ["1", "1", "D", "d", "5", "5"]
    assert "".join(h.digit for h in hits) == "1D5"


@pytest.mark.parametrize("twist", [0.0, 4.0, -8.0])
def test_q24_white_noise_15_db_below(twist: float) -> None:
    """Of 1,600 digits at most one in 500 is missed and none is false."""

    def noisy(d: str, rng: np.random.Generator) -> Sound:
        tone = pair(d, 40, twist=twist, off=(0.015, -0.015), off_hz=2, phase=phases(rng))
        power = 10 * np.log10(np.mean(tone**2)) - 20 * np.log10(22779 / np.sqrt(2))
        sound = np.concatenate([tone, silence(40)])
        return sound + noise(rng, power - 15, len(sound))

    leads = tuple(range(100))
    got = each(noisy, leads)
    assert all(g in (w, "") for g, w in zip(got, wanted(leads=leads), strict=True))
    assert sum(not g for g in got) <= 3


@pytest.mark.parametrize("tones", [(350, 440), (425,), (450,)])
def test_dial_tone_is_borne(tones: tuple[int, ...]) -> None:
    """Each 15 dB below each tone: 40 ms are enough; 6 dB below: 70 ms."""
    for below, ms in ((15, 40), (6, 70)):

        def dialling(d: str, rng: np.random.Generator, below: int = below, ms: int = ms) -> Sound:
            sound = np.concatenate([silence(200), pair(d, ms, phase=phases(rng)), silence(50)])
            return sound + sum(sine(f, -9 - below, len(sound), rng.uniform(0, 6)) for f in tones)

        assert each(dialling) == wanted()


@pytest.mark.parametrize("delay_ms", [5, 10, 20, 30, 50, 60])
@pytest.mark.parametrize("loss", [10, 15, 25])
def test_echo_makes_no_second_digit(delay_ms: int, loss: int) -> None:
    def echoed(d: str, rng: np.random.Generator) -> Sound:
        one = pair(d, 50, phase=phases(rng))
        sound = np.concatenate([one, silence(50), one, silence(100)])
        return sound + np.concatenate([silence(delay_ms), sound])[: len(sound)] * 10 ** (-loss / 20)

    assert each(echoed) == wanted(2)


@pytest.mark.parametrize("codec", [alaw, ulaw])
@pytest.mark.parametrize("level", [0, -9, -25, -30])
def test_coded_signals(codec: object, level: int) -> None:
    assert callable(codec)
    assert each(lambda d, rng: codec(pair(d, 40, level=level, twist=-6, off=(0.015, -0.015), phase=phases(rng)))) == wanted()


def test_constant_offset_is_borne() -> None:
    assert each(lambda d, rng: np.pad(pair(d, 40, level=-20), (400, 400)) + 3000) == wanted()


def test_clipped_signals() -> None:
    """Two tones of +1 dBm0 each: far over what the codec carries."""
    assert each(lambda d, rng: np.clip(pair(d, 40, level=1, phase=phases(rng)), -32256, 32256)) == wanted()


def test_other_sounds_are_no_digits() -> None:
    rng = np.random.default_rng(7)
    n = 16000
    sweep = 9000 * np.sin(2 * np.pi * np.cumsum(np.linspace(300, 3400, n)) / 8000)
    clicks = np.where(rng.random(n) < 0.002, 20000.0, 0.0)
    sounds = [noise(rng, level, n) for level in (-3, -10, -30)] + [sweep, clicks]
    sounds += [sine(f, -9, n) for f in (425, 450, 697, 941, 1209, 1400, 1633, 2100)]
    sounds += [sine(a, -9, n) + sine(b, -9, n) for a, b in ((350, 440), (480, 620), (697, 770), (1209, 1336), (700, 900), (1100, 1700))]
    sounds += [sum((sine(k * f, -12 - k, n) for k in range(1, 12)), np.zeros(n)) for f in (85, 110, 155, 190, 233, 301)]
    assert heard(sounds) == [""] * len(sounds)


def test_times_and_level() -> None:
    for ms in (40, 55, 100, 333):
        for level in (0, -10, -25):
            hits = DtmfBank(1).feed(pcm(np.concatenate([silence(50), pair("5", ms, level=level, twist=-3), silence(100)]))[None, :])
            begin, end = hits
            assert begin.digit == "5"
            assert end == Hit(0, "", "5", 0.0, end.offset, end.length)
            assert abs(begin.level_dbm0 - level) <= 0.5
            assert begin.offset - 400 <= 45 * 8
            assert abs(end.length - ms * 8) <= 40
            assert end.offset - 400 - ms * 8 <= 30 * 8


def test_decided_within_45_ms() -> None:
    rng = np.random.default_rng(3)
    rows = [np.concatenate([np.zeros(400 + k), pair(DIGITS[k % 16], 60, off=(0.015, -0.015), twist=-8, phase=phases(rng))]) for k in range(160)]
    hits = [h for h in DtmfBank(160).feed(pcm(np.array([np.pad(r, (0, 1100 - len(r))) for r in rows]))) if h.digit]
    assert sorted(h.channel for h in hits) == list(range(160))
    assert max((h.offset - h.channel - 400) / 8 for h in hits) <= 45


def busy_sounds(channels: int, n: int, seed: int) -> np.ndarray:
    """Digits, noise and speech-like sounds over each other."""
    rng = np.random.default_rng(seed)
    out = np.zeros((channels, n), np.int16)
    for row in out:
        parts: list[Sound] = []
        while sum(map(len, parts)) < n:
            one = pair(rng.choice(list(DIGITS)), rng.uniform(20, 80), level=rng.uniform(-38, 0), twist=rng.uniform(-12, 10),
                       off=(rng.uniform(-0.03, 0.03), rng.uniform(-0.03, 0.03)))  # fmt: skip
            parts += [one + noise(rng, rng.uniform(-60, -15), len(one)), silence(rng.uniform(0, 50))]
        row[:] = pcm(np.concatenate(parts)[:n])
    return out


def test_plain_and_avx2_give_the_same_bits() -> None:
    sounds = busy_sounds(43, 24000, 1)
    assert DtmfBank(43).feed(sounds) == DtmfBank(43, plain=True).feed(sounds)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 160), min_size=1, max_size=60), st.integers(0, 2**32 - 1))
def test_blocks_may_be_cut_anywhere(cuts: list[int], seed: int) -> None:
    n = 3 * sum(cuts)
    sounds = busy_sounds(3, n, seed)
    whole = sorted(DtmfBank(3).feed(sounds, 80))
    bank, at, parts = DtmfBank(3), 0, []
    for cut in cuts * 3:
        parts += [h._replace(offset=h.offset + at) for h in bank.run(np.ascontiguousarray(sounds[:, at : at + cut]))]
        at += cut
    assert sorted(parts) == whole


def test_a_channel_that_is_off_forgets() -> None:
    tone = pcm(np.concatenate([pair("7", 50), silence(110)]))
    bank, got = DtmfBank(9), []
    for at in range(0, len(tone), 80):
        block = np.tile(tone[at : at + 80], (9, 1))
        got += bank.run(block, [not (c == 4 and at == 160) for c in range(9)])  # off for 10 ms in the middle
    assert sorted(h.channel for h in got if h.digit) == [c for c in range(9) if c != 4]
    bank.reset(4)
    again = [h for h in bank.feed(np.tile(tone, (9, 1))) if h.digit]
    assert len(again) == 9


def test_reset_is_like_new() -> None:
    tone = pcm(np.concatenate([silence(20), pair("3", 50), silence(80)]))[None, :]
    bank = DtmfBank(1)
    bank.run(np.ascontiguousarray(pcm(pair("3", 20))[None, :]))
    bank.reset(0)
    assert bank.feed(tone) == DtmfBank(1).feed(tone)


def test_hits_beyond_the_room_are_kept_in_order() -> None:
    sounds = np.tile(pcm(np.concatenate([silence(20), pair("9", 60), silence(200)])), (20, 1))
    bank = DtmfBank(20, room=1)
    hits = bank.feed(sounds)
    while more := bank.run(np.zeros((20, 80), np.int16)):
        hits += more
    assert sorted(h.channel for h in hits if h.digit) == list(range(20))
    assert sorted(h.channel for h in hits if h.ended) == list(range(20))
    assert bank.lost == 0


def test_hits_never_taken_are_counted() -> None:
    one = pcm(np.concatenate([pair("9", 40), silence(40)]))
    bank = DtmfBank(8, room=1)
    n = sum(len(bank.run(np.ascontiguousarray(block))) for block in np.split(np.tile(one, (8, 60)), 480, axis=1))
    left = 0
    while more := bank.run(np.zeros((8, 80), np.int16)):
        left += len(more)
    assert n + left + bank.lost == 8 * 60 * 2
    assert bank.lost > 0


def test_wrong_use_is_refused() -> None:
    bank = DtmfBank(2)
    with pytest.raises(ValueError, match="2 channels wanted, 3 given"):
        bank.run(np.zeros((3, 80), np.int16))
    with pytest.raises(ValueError, match="1 to 160 samples, not 161"):
        bank.run(np.zeros((2, 161), np.int16))
    with pytest.raises(ValueError, match="1 to 160 samples, not 0"):
        bank.run(np.zeros((2, 0), np.int16))
    with pytest.raises(ValueError, match="active has 1"):
        bank.run(np.zeros((2, 80), np.int16), [True])
    with pytest.raises(IndexError, match="channel 2 of 2"):
        bank.reset(2)
    with pytest.raises(ValueError, match="not 0"):
        DtmfBank(0)
    with pytest.raises(ValueError, match="room"):
        DtmfBank(1, room=0)


def test_memory_of_a_channel() -> None:
    assert DtmfBank(1920).size / 1920 < 2048
