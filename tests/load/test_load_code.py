"""The tone code and what is made of it: words there and back, noise that accuses nobody, and paths judged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu._media.r2mf import BACKWARD, FORWARD, R2Bank
from xunhu._media.tones import ToneGenerator
from xunhu.load.code import BASE, IDS, SYNC, WORD_MS, Reader, check_of, digits_of, signals_of, word
from xunhu.load.heard import Audio, Ear, Path, judge

IDENTITY = st.integers(0, IDS - 1)


def read(signals: list[int]) -> list[int]:
    reader = Reader()
    return [identity for signal in signals if (identity := reader.hear(signal)) is not None]


@given(IDENTITY, IDENTITY)
def test_words_come_back(one: int, other: int) -> None:
    assert read([*signals_of(one), *signals_of(other), *signals_of(one)]) == [one, other, one]


@given(IDENTITY, st.integers(0, 3), st.integers(1, BASE - 1))
def test_one_wrong_digit_makes_no_word(identity: int, place: int, by: int) -> None:
    signals = list(signals_of(identity))
    signals[1 + place] = (signals[1 + place] - 1 + by) % BASE + 1
    assert read(signals) == []


@given(IDENTITY, st.integers(0, 5))
def test_a_lost_burst_spoils_one_word_and_no_more(identity: int, place: int) -> None:
    signals = list(signals_of(identity)) * 3
    del signals[place]
    assert read(signals)[-2:] == [identity] * 2
    assert set(read(signals)) == {identity}


@given(st.lists(st.integers(1, 15), max_size=200))
def test_any_bursts_are_words_with_their_check_digit_or_nothing(signals: list[int]) -> None:
    for identity in read(signals):
        digits = digits_of(identity)
        wanted = [SYNC, *(digit + 1 for digit in (*digits, check_of(digits)))]
        assert any(signals[n : n + 6] == wanted for n in range(len(signals)))


def test_identities_out_of_range() -> None:
    for wrong in (-1, IDS):
        with pytest.raises(ValueError, match="identity"):
            signals_of(wrong)


@pytest.mark.parametrize("noise_db", [None, 20])
def test_what_is_sounded_is_read_by_the_receiver(noise_db: int | None) -> None:
    """Sixty parties of either side, two seconds each, without and with noise 20 dB below."""
    count, random = 60, np.random.default_rng(1)
    identities = [int(n) for n in random.integers(0, IDS, count)]
    for backward, direction in ((False, FORWARD), (True, BACKWARD)):
        tones = [ToneGenerator(word(identity, backward=backward)).run(16_000) for identity in identities]
        samples = np.array([np.frombuffer(tone, np.int16) for tone in tones])
        if noise_db is not None:
            rms = np.sqrt((samples.astype(np.float64) ** 2).mean()) * 10 ** (-noise_db / 20)
            samples = (samples + random.normal(0, rms, samples.shape)).clip(-32768, 32767).astype(np.int16)
        readers = [Reader() for _ in range(count)]
        got: list[list[int]] = [[] for _ in range(count)]
        for hit in R2Bank(count, direction).feed(samples):
            if hit.code and (identity := readers[hit.channel].hear(hit.code)) is not None:
                got[hit.channel].append(identity)
        whole = 2000 // WORD_MS
        assert got == [[identity] * whole for identity in identities]
        assert sum(reader.broken for reader in readers) == 0


def ear(backward: bool = False) -> Ear:
    return Ear(7, 7, backward, lambda identity, backward: identity < 100)


def hear(listener: Ear, identity: int, backward: bool, at: float = 1.0) -> None:
    for signal in signals_of(identity):
        listener.hear(signal, backward, at)


def test_an_ear_knows_its_party_itself_and_others() -> None:
    assert ear().audio is Audio.SILENT
    right = ear()
    hear(right, 7, True, 2.5)
    assert (right.audio, right.first_at, right.right) == (Audio.RIGHT, 2.5, 1)
    looped = ear()
    hear(looped, 7, False)
    assert (looped.audio, looped.first_at) == (Audio.SELF, None)
    crossed = ear()
    hear(crossed, 7, True)
    hear(crossed, 8, True)  # beside its own party another one
    assert crossed.audio is Audio.CROSSED
    other_caller = ear()
    hear(other_caller, 8, False)
    assert other_caller.audio is Audio.CROSSED
    noise = ear()
    hear(noise, 5000, True)  # a word, but no such call was ever made
    assert noise.audio is Audio.GARBLED
    single = ear()
    single.hear(3, True, 1.0)
    assert single.audio is Audio.SILENT


def test_paths_are_judged_by_the_worst() -> None:
    expected = {
        (Audio.RIGHT, Audio.RIGHT): Path.RIGHT,
        (Audio.RIGHT, Audio.SILENT): Path.ONE_WAY,
        (Audio.RIGHT, Audio.GARBLED): Path.ONE_WAY,
        (Audio.SILENT, Audio.SILENT): Path.SILENT,
        (Audio.GARBLED, Audio.SILENT): Path.GARBLED,
        (Audio.SELF, Audio.RIGHT): Path.LOOPED,
        (Audio.SELF, Audio.CROSSED): Path.CROSSED,
        (Audio.CROSSED, Audio.RIGHT): Path.CROSSED,
    }
    for (one, other), path in expected.items():
        assert judge(one, other) is judge(other, one) is path
