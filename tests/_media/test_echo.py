"""The echo canceller's kernel: properties that hold for every input.  The tests of G.168 by their numbers are in test_g168*.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xunhu._media.echo import EchoBank

RATE = 8000
FULL = 22779 / np.sqrt(2)  # RMS at 0 dBm0
Floats = NDArray[np.float64]
Samples = NDArray[np.int16]


def to_int16(x: Floats) -> Samples:
    return np.clip(np.round(x), -32768, 32767).astype(np.int16)


def noise(seconds: float, dbm0: float, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).normal(0, FULL * 10 ** (dbm0 / 20), round(seconds * RATE))


def bursts(seconds: float, dbm0: float, seed: int = 1) -> Floats:
    """Noise of the colour of speech in syllables, 200 ms on, 100 ms off."""
    x = noise(seconds, 0, seed)
    x = np.convolve(x, [1, 0.8, 0.4])[: len(x)]
    x *= np.arange(len(x)) % 2400 < 1600
    return np.asarray(x * FULL * 10 ** (dbm0 / 20) / np.sqrt((x[x != 0] ** 2).mean()))


def path(delay: int, erl_db: float, seed: int = 3) -> Floats:
    """A hybrid: 8 ms that die away, `delay` samples late."""
    h = np.random.default_rng(seed).normal(0, 1, 64) * np.exp(-np.arange(64) / 12)
    return np.concatenate([np.zeros(delay), h / np.sqrt((h**2).sum()) * 10 ** (-erl_db / 20)])


def echo_of(x: Samples, h: Floats) -> Floats:
    out: Floats = np.convolve(x.astype(float), h)[: len(x)]
    return out


def db(a: Floats | Samples, b: Floats | Samples) -> float:
    return float(10 * np.log10(((a.astype(float) ** 2).sum() + 1) / ((b.astype(float) ** 2).sum() + 1)))


def level(x: Floats | Samples) -> float:
    return float(20 * np.log10(np.sqrt((x.astype(float) ** 2).mean()) / FULL + 1e-9))


def cancel(x: Samples, d: Samples, bank: EchoBank, block: int = 80) -> Floats:
    return bank.run(x[None], d[None], block)[0].astype(float)


@pytest.mark.parametrize("delay", [0, 240, 800])
@pytest.mark.parametrize("plain", [False, True])
def test_an_echo_is_taken_away(delay: int, plain: bool) -> None:
    x = to_int16(noise(2, -17))
    echo = echo_of(x, path(delay, 10))
    bank = EchoBank(1, nlp=False, law=None, plain=plain)
    out = cancel(x, to_int16(echo), bank)
    assert db(echo[-RATE:], out[-RATE:]) > 45
    state = bank.state(0)
    assert state.erl_db == pytest.approx(10, abs=0.5)
    assert abs(state.delay_ms - delay / 8) <= 10
    assert state.converged
    assert not state.double_talk
    assert state.erle_db > 30


@pytest.mark.parametrize("delay", [0, 240, 800])
def test_fast(delay: int) -> None:
    """20 dB within 300 ms of the first echo, 30 dB within 600 ms of it."""
    x = to_int16(bursts(1, -10))
    echo = echo_of(x, path(delay, 8))
    out = cancel(x, to_int16(echo), EchoBank(1, nlp=False))
    for dbs, ms in ((20, 300), (30, 600)):
        part = slice(delay + ms * 8, delay + ms * 8 + 400)
        part = part if np.abs(echo[part]).max() > 100 else slice(part.start + 800, part.stop + 800)
        assert db(echo[part], out[part]) > dbs


@pytest.mark.parametrize("tail_ms", [8, 10, 16, 32, 64, 128])
def test_every_tail_reaches_its_end(tail_ms: int) -> None:
    x = to_int16(noise(2, -17))
    echo = echo_of(x, np.concatenate([np.zeros(tail_ms * 8 - 2), [0.3, -0.2]]))
    bank = EchoBank(1, tail_ms, nlp=False, law=None)
    out = cancel(x, to_int16(echo), bank)
    assert db(echo[RATE:], out[RATE:]) > 35
    assert bank.size < 24 * 1024


def test_ticks_of_5_10_and_20_ms_give_the_same() -> None:
    x = to_int16(bursts(3, -12))
    d = to_int16(echo_of(x, path(300, 8)) + noise(3, -55, 7))
    ten, twenty, five = (cancel(x, d, EchoBank(1, nlp=False), block) for block in (80, 160, 40))
    assert (ten == twenty).all()
    assert db(d, five - ten) > 15  # while it learns, a new path is faded in over 5 ms and not over 10
    assert db(d[RATE:], (five - ten)[RATE:]) > 40


def test_ticks_may_change() -> None:
    x = to_int16(noise(2, -17))
    d = to_int16(echo_of(x, path(200, 8)))
    bank = EchoBank(1, nlp=False)
    out, at = [], 0
    for n in [40, 80, 160, 80, 40] * 40:
        out.append(bank.run(x[None, at : at + n].copy(), d[None, at : at + n].copy(), n)[0])
        at += n
    assert db(d[at - RATE // 2 : at], np.concatenate(out)[-RATE // 2 :]) > 30


def test_plain_and_wide_kernels_agree() -> None:
    """They differ in fused multiply-adds alone: 50 dB below the signal, and that only while they learn."""
    x = to_int16(bursts(3, -12))
    d = to_int16(echo_of(x, path(300, 8)) + noise(3, -50, 5))
    for nlp in (False, True):
        wide, plain = (cancel(x, d, EchoBank(1, nlp=nlp, plain=p)) for p in (False, True))
        assert db(d, wide - plain) > 50


def test_nothing_is_changed_without_far_side() -> None:
    rng = np.random.default_rng(4)
    near = to_int16(noise(1, -12))
    idle = (rng.integers(0, 2, RATE) * 16 - 8).astype(np.int16)  # the two idle codes of A-law
    for x in (np.zeros(RATE, np.int16), idle):
        assert (cancel(x, near, EchoBank(1)) == near).all()


def test_frozen_from_the_start_nothing_is_changed() -> None:
    bank = EchoBank(1, nlp=False)
    bank.freeze(0)
    x, near = to_int16(noise(1, -12, 1)), to_int16(noise(1, -12, 2))
    assert (cancel(x, near, bank) == near).all()


def test_frozen_later_the_path_stays() -> None:
    x = to_int16(noise(3, -17))
    d = to_int16(echo_of(x, path(100, 8)))
    bank = EchoBank(1, nlp=False)
    cancel(x[:RATE], d[:RATE], bank)
    bank.freeze(0)
    before = bank.state(0)
    out = cancel(x[RATE:], to_int16(noise(2, -10, 9) + d[RATE:]), bank)
    assert bank.state(0).erl_db == before.erl_db
    assert db(d[RATE:], out - noise(2, -10, 9)) > 25
    bank.freeze(0, False)


def modem_tone(seconds: float) -> Samples:
    t = np.arange(round(seconds * RATE))
    sign = np.where(t // 3600 % 2, -1, 1)  # a reversal each 450 ms
    return to_int16(sign * 22779 * 10 ** (-12 / 20) * np.sin(2 * np.pi * 2100 * t / RATE))


def test_disabled_it_is_a_wire() -> None:
    tone = modem_tone(3)
    quiet = np.zeros(len(tone), np.int16)
    bank = EchoBank(1)
    cancel(quiet, tone, bank)
    assert bank.state(0).disabled
    x, near = to_int16(noise(1, -12, 1)), to_int16(noise(1, -12, 2))
    assert (cancel(x, near, bank) == near).all()
    cancel(quiet[:RATE], quiet[:RATE], bank)
    assert not bank.state(0).disabled
    off = EchoBank(1, tone_disabler=False)
    cancel(quiet, tone, off)
    assert not off.state(0).disabled


def test_a_path_is_kept_over_a_modem_call() -> None:
    x = to_int16(noise(2, -17))
    d = to_int16(echo_of(x, path(100, 8)))
    bank = EchoBank(1, nlp=False)
    cancel(x, d, bank)
    tone = modem_tone(2)
    cancel(tone, to_int16(echo_of(tone, path(100, 8))), bank)
    assert bank.state(0).disabled
    cancel(np.zeros(RATE, np.int16), np.zeros(RATE, np.int16), bank)
    out = cancel(x, d, bank)
    assert db(d[400:RATE], out[400:RATE]) > 30


def test_double_talk_costs_little_and_leaves_the_near_side_alone() -> None:
    x, near = to_int16(bursts(8, -12, 1)), bursts(8, -18, 2)
    near[: 3 * RATE] = near[6 * RATE :] = 0
    echo = echo_of(x, path(240, 8))
    d = to_int16(echo + near)
    rest = cancel(x, d, EchoBank(1, nlp=False, law=None)) - near
    before, during, after = (
        db(echo[a * RATE : b * RATE], rest[a * RATE : b * RATE]) for a, b in ((2, 3), (3, 6), (6, 7))
    )
    assert before > 35
    assert during > 30
    assert after > 35
    bank = EchoBank(1, law=None)
    cancel(x[: 4 * RATE], d[: 4 * RATE], bank)
    assert bank.state(0).double_talk
    out = cancel(x, d, EchoBank(1, law=None))
    speaks = slice(3 * RATE, 6 * RATE)
    through = (out[speaks] * near[speaks]).sum() / (near[speaks] ** 2).sum()
    assert through > 0.95


@pytest.mark.parametrize(("delay", "seed"), [(240, 8), (720, 8), (0, 3)])
def test_a_new_path_is_learned(delay: int, seed: int) -> None:
    x = to_int16(bursts(5, -12))
    echo = echo_of(x, path(240, 8))
    echo[2 * RATE :] = echo_of(x, path(delay, 8, seed))[2 * RATE :]
    d = to_int16(echo)
    out = cancel(x, d, EchoBank(1, nlp=False))
    assert db(echo[RATE : 2 * RATE], out[RATE : 2 * RATE]) > 33
    assert db(echo[2 * RATE : 3 * RATE], out[2 * RATE : 3 * RATE]) > 0  # never worse than without
    assert db(echo[3 * RATE :], out[3 * RATE :]) > 30


def test_an_echo_that_ends_is_not_put_in() -> None:
    x = to_int16(bursts(4, -12))
    echo = echo_of(x, path(240, 6))
    echo[2 * RATE :] = 0
    out = cancel(x, to_int16(echo), EchoBank(1, nlp=False))
    assert level(out[2 * RATE + 4000 :]) < -50


@pytest.mark.parametrize("hz", [(697,), (2100,), (425,), (697, 1209), (941, 1633)])
def test_tones_do_not_spoil_a_path(hz: tuple[int, ...]) -> None:
    t = np.arange(3 * RATE) / RATE
    tone = sum((np.sin(2 * np.pi * f * t) for f in hz), np.zeros(len(t))) * 22779 * 10 ** (-10 / 20) / len(hz)
    x = to_int16(np.concatenate([bursts(2, -12), tone, bursts(1, -12, 5)]))
    d = to_int16(echo_of(x, path(240, 8)))
    bank = EchoBank(1, nlp=False)
    out = cancel(x[: 5 * RATE], d[: 5 * RATE], bank)
    assert bank.state(0).narrow_band
    out = np.concatenate([out, cancel(x[5 * RATE :], d[5 * RATE :], bank)])
    assert db(d[3 * RATE : 5 * RATE], out[3 * RATE : 5 * RATE]) > 30
    assert db(d[5 * RATE + 160 :], out[5 * RATE + 160 :]) > 33


@pytest.mark.parametrize("dbm0", [-55, -45, -35])
def test_comfort_noise_is_like_the_near_side(dbm0: float) -> None:
    back = noise(6, 0, 5)
    back = np.convolve(back, [1, 0.9])[: len(back)]
    back *= FULL * 10 ** (dbm0 / 20) / np.sqrt((back**2).mean())
    x = bursts(6, -12)
    x[: 2 * RATE] = 0
    x = to_int16(x)
    bank = EchoBank(1, law=None)
    out = cancel(x, to_int16(echo_of(x, path(240, 8)) + back), bank)
    assert bank.state(0).noise_dbm0 == pytest.approx(dbm0, abs=1)
    assert bank.state(0).suppressing
    part = out[4 * RATE :]
    assert level(part) == pytest.approx(dbm0, abs=1.5)

    def half(v: Floats) -> float:
        spectrum = np.abs(np.fft.rfft(v)) ** 2
        return float(10 * np.log10(spectrum[: len(spectrum) // 2].sum() / spectrum[len(spectrum) // 2 :].sum()))

    assert half(part) == pytest.approx(half(back), abs=2)


def test_suppressed_echo_is_not_heard() -> None:
    x = to_int16(bursts(4, -10))
    out = cancel(x, to_int16(echo_of(x, path(240, 6))), EchoBank(1, comfort_noise=False))
    assert level(out[RATE:]) < -65
    bank = EchoBank(1, comfort_noise=False)
    bank.nlp(0, False)
    off = cancel(x, to_int16(echo_of(x, path(240, 6))), bank)
    assert (off == cancel(x, to_int16(echo_of(x, path(240, 6))), EchoBank(1, nlp=False))).all()


def test_cleared_is_new() -> None:
    x = to_int16(bursts(1, -12))
    d = to_int16(echo_of(x, path(240, 8)) + noise(1, -50, 3))
    bank = EchoBank(2)
    first = bank.run(np.stack([x, x]), np.stack([d, d]))
    assert (first[0] == first[1]).all()
    bank.clear(1)
    second = bank.run(np.stack([x, x]), np.stack([d, d]))
    assert (second[1] == first[1]).all()
    assert (second[0] != first[0]).any()


@given(
    far=st.lists(st.tuples(st.integers(0, 5), st.integers(-50, 3)), min_size=1, max_size=6),
    near=st.lists(st.tuples(st.integers(0, 5), st.integers(-50, 3)), min_size=1, max_size=6),
    seed=st.integers(0, 1000),
    tail=st.sampled_from([8, 32, 128]),
    law=st.sampled_from(["A", "U", None]),
)
@example(far=[(5, -12), (2, -14), (4, -2)], near=[(2, -11), (2, -12), (4, 0)], seed=0, tail=8, law=None)
@settings(max_examples=60, deadline=None)
def test_nothing_makes_it_diverge(
    far: list[tuple[int, int]], near: list[tuple[int, int]], seed: int, tail: int, law: str | None
) -> None:
    """Two sides that know nothing of each other: what leaves is hardly more than what came."""
    rng = np.random.default_rng(seed)

    def sound(parts: list[tuple[int, int]]) -> Samples:
        t = np.arange(2000)
        out = []
        for kind, dbm0 in parts:
            amplitude = 22779 * 10 ** (dbm0 / 20)
            wave = {
                0: np.zeros(2000),
                1: rng.normal(0, 0.7, 2000),
                2: np.where(t // 7 % 2, 1, -1),
                3: np.ones(2000),
                4: np.sin(2 * np.pi * rng.uniform(100, 3800) * t / RATE),
                5: (t % 311 == 0) * 1.4,
            }[kind]
            out.append(amplitude * wave)
        return to_int16(np.concatenate(out))

    x, d = sound(far * 3), sound(near * 3)
    n = min(len(x), len(d)) // 80 * 80
    out = cancel(x[:n], d[:n], EchoBank(1, tail, nlp=False, law=law))
    came, left, sent = (float((v[:n].astype(float) ** 2).sum()) for v in (d, out, x))
    # a path that was right for one sound, and is wrong for the next, is found out within 100 ms of it
    assert left <= 1.1 * came + 0.25 * sent + 100 * n
    assert len(out) == n


def test_silence_after_noise_is_cheap_and_clean() -> None:
    """Half-precision spectra of near silence, and no noise that dies away for ever."""
    x = to_int16(np.concatenate([bursts(1, -12), np.zeros(2 * RATE)]))
    d = to_int16(echo_of(x, path(240, 8)))
    out = cancel(x, d, EchoBank(1, comfort_noise=False))
    assert (out[2 * RATE :] == 0).all()


def test_what_is_out_of_range_is_refused() -> None:
    for wrong in ({"tail_ms": 7}, {"tail_ms": 129}, {"law": "X"}, {"channels": 0}):
        with pytest.raises(ValueError, match="must be"):
            EchoBank(**{"channels": 1, **wrong})  # type: ignore[arg-type]
    bank = EchoBank(2)
    for rows, n, block, text in (
        (2, 81, 80, "multiple"),
        (2, 80, 50, "40, 80 or 160"),
        (1, 80, 80, "same shape"),
        (2, 0, 80, "multiple"),
    ):
        zeros = np.zeros((rows, n), np.int16)
        with pytest.raises(ValueError, match=text):
            bank.run(zeros, zeros, block)
    for channel in (-1, 2):
        with pytest.raises(IndexError):
            bank.state(channel)
