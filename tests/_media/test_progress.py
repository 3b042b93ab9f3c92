"""The call progress receiver on the tones of all its countries, on tones of one's own and repeated ones, on speech and music."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from progress_sounds import FULL, long_enough, on_line, pcm, sounding, speech, tunes
from spandsp_super_tone import hears as spandsp_hears

from xunhu._media import tones
from xunhu._media.tone_countries import COUNTRIES, Row
from xunhu._media.tone_rows import TONES, custom_row
from xunhu._media.tone_tables import CHINA, cadence
from xunhu._media.tones import FROM_COUNTRY, FROM_CUSTOM, FROM_REPEAT, ProgressReceiver, ToneEvent, ToneGenerator

ROOT = Path(__file__).resolve().parents[2]
ROWS = [(country, row) for country, rows in COUNTRIES.items() for row in rows]
NAMES = [f"{country}-{row.name}-{row.hz[0]:.0f}-{len(row.hz)}" for country, row in ROWS]


def told(receiver: ProgressReceiver, x: np.ndarray) -> list[ToneEvent]:
    return [event for _, event in receiver.hear(x)]


def by(events: list[ToneEvent], source: int) -> list[int]:
    return [event.tone for event in events if event.source == source]


def test_the_compiled_tables_are_those_of_the_data() -> None:
    subprocess.run([sys.executable, ROOT / "tools" / "make-tone-tables", "--check"], check=True)


@pytest.mark.parametrize(("country", "row"), ROWS, ids=NAMES)
def test_every_tone_of_every_country_within_its_tolerances(country: str, row: Row) -> None:
    """Once, and no other: levels, frequencies +-1.5 %, times +-15 %, with noise 20 dB below; what is known is no repetition."""
    rng = np.random.default_rng(5)
    # Singapore's call waiting, 15 % slower, is nearer to its ringback than to itself.
    most = 0.10 if (country, row.name) == ("singapore", "call-waiting") else 0.15
    for level in (-5, -20, -35):
        for frequency, times, snr in (
            *(
                (1.0, 1.0, None),
                (1.015, 1 + most, 20),
                (0.985, 1 - most, 20),
                (1.015, 1 - most, 20),
                (0.985, 1 + most, None),
            ),
        ):
            x = on_line(sounding(row, level, frequency, times, long_enough(row)), rng, snr)
            events = told(ProgressReceiver(country, repeat=True), x)
            assert by(events, FROM_COUNTRY) == [TONES[row.name]], (level, frequency, times, snr, events)
            assert by(events, FROM_REPEAT) == []
            assert next(e for e in events if e.tone).level_dbm0 == pytest.approx(
                level + (1.3 if row.am_hz else 0), abs=3.5
            )


def test_at_least_as_good_as_spandsp_on_the_same_sound() -> None:
    rng = np.random.default_rng(6)
    ours = theirs = count = 0
    for country, row in ROWS:
        if len(row.hz) > 2 and not row.in_turn:
            continue
        good = their_good = n = 0
        for level in (-5, -20, -35):
            for frequency, times, snr in ((1.0, 1.0, None), (1.015, 1.1, 20), (0.985, 0.9, 20)):
                x = on_line(sounding(row, level, frequency, times, long_enough(row)), rng, snr)
                n += 1
                good += by(told(ProgressReceiver(country), x), FROM_COUNTRY) == [TONES[row.name]]
                their_good += spandsp_hears(COUNTRIES[country], row, x)
        assert good >= their_good, (country, row, good, their_good)
        ours, theirs, count = ours + good, theirs + their_good, count + n
    print(f"of {count} tones ours names {ours} and nothing else, libspandsp cuts {theirs} rightly")
    assert ours == count


def false_hits(sound: np.ndarray) -> list[tuple[str, ToneEvent]]:
    return [
        (country, event)
        for country in COUNTRIES
        for event in told(ProgressReceiver(country, repeat=True), sound)
        if event.tone
    ]


def test_minutes_of_speech_and_music_are_no_tone() -> None:
    rng = np.random.default_rng(7)
    assert false_hits(speech(120, rng)) == []
    assert false_hits(tunes(120, rng)) == []


@pytest.mark.slow
def test_an_hour_of_speech_and_an_hour_of_music_are_no_tone() -> None:
    rng = np.random.default_rng(8)
    for make in (speech, tunes):
        hits: list[tuple[str, ToneEvent]] = []
        for _ in range(6):
            hits += false_hits(make(600, rng))
        print(make.__name__, "one hour, thirteen tables each:", hits)
        assert hits == []


# -- tones of one's own --------------------------------------------------------------------------------------------


def mixed(hz: tuple[float, ...], on_ms: int, off_ms: int, seconds: float, level: float = -15.0) -> np.ndarray:
    t = np.arange(round(seconds * 8000)) / 8000
    gate = t * 1000 % (on_ms + off_ms) < on_ms
    return gate * sum(FULL * 10 ** (level / 20) / np.sqrt(len(hz)) * np.sin(2 * np.pi * f * t + f) for f in hz)


@pytest.mark.parametrize("hz", [(700.0,), (500.0, 1100.0), (600.0, 1000.0, 1700.0), (420.0, 900.0, 1500.0, 2300.0)])
def test_up_to_four_frequencies_with_windows(hz: tuple[float, ...]) -> None:
    rng = np.random.default_rng(9)
    row = custom_row(42, hz=hz, windows=[(180, 240, 270, 340)])
    right = on_line(mixed(hz, 210, 300, 4), rng, 20)
    assert by(told(ProgressReceiver(None, [row]), right), FROM_CUSTOM) == [42]
    for wrong in (
        mixed(hz, 140, 300, 4),
        mixed(hz, 210, 420, 4),
        mixed(tuple(f * 1.05 for f in hz), 210, 300, 4),
        mixed((*hz[:-1], hz[-1] * 1.1), 210, 300, 4),
        mixed((*hz, 3000.0), 210, 300, 4),
    ):
        assert by(told(ProgressReceiver(None, [row]), on_line(wrong, rng, 20)), FROM_CUSTOM) == []


def test_two_windows() -> None:
    row = custom_row(7, hz=(1000,), windows=[(80, 130, 80, 130), (270, 340, 560, 660)])
    steps = cadence(1000, 100, 100, 300, 600)
    x = pcm(np.array(ToneGenerator(steps).run(40000), dtype=float))
    assert by(told(ProgressReceiver(None, [row]), x), FROM_CUSTOM) == [7]
    other = pcm(np.array(ToneGenerator(cadence(1000, 100, 100, 100, 600)).run(40000), dtype=float))
    assert by(told(ProgressReceiver(None, [row]), other), FROM_CUSTOM) == []


def test_a_level_that_is_asked_for() -> None:
    row = custom_row(7, hz=(1000,), after_ms=300, least_dbm0=-30)
    for level, expected in ((-27, [7]), (-33, [])):
        x = pcm(mixed((1000.0,), 1000, 0, 2, level))
        assert by(told(ProgressReceiver(None, [row]), x), FROM_CUSTOM) == expected


def test_any_tone_and_any_sound_by_their_envelope() -> None:
    rng = np.random.default_rng(10)
    windows = [(350, 450, 550, 650)]
    any_tone, any_sound = custom_row(1, windows=windows), custom_row(2, windows=windows, any_sound=True)
    noise = pcm(mixed((0.0,), 400, 600, 6) + rng.normal(0, 3000, 48000) * (np.arange(48000) % 8000 < 3200))
    tone = pcm(mixed((1234.0,), 400, 600, 6))
    for sound, expected in ((tone, {1, 2}), (noise, {2})):
        heard = by(told(ProgressReceiver(None, [any_tone, any_sound]), sound), FROM_CUSTOM)
        assert set(heard) - {0} == expected


# -- repeated and unknown --------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(
    hz=st.floats(300, 3000),
    on=st.integers(100, 1500),
    off=st.integers(100, 1500),
    level=st.floats(-35, -5),
)
def test_any_period_is_learned_or_known(hz: float, on: int, off: int, level: float) -> None:
    x = on_line(mixed((hz,), on, off, max(5.0, 5.8 * (on + off) / 1000), level), np.random.default_rng(1), 25)
    events = told(ProgressReceiver("china", repeat=True), x)
    if 395 <= hz <= 480 or 895 <= hz <= 1005 or 1365 <= hz <= 1435:
        return  # a tone of the table, or near one
    assert [e.tone for e in events] == [1], events
    (event,) = events
    assert event.source == FROM_REPEAT
    assert event.hz[0] == pytest.approx(hz, abs=2)
    assert (event.on_ms, event.off_ms) == pytest.approx((on, off), abs=12)


def test_pairs_and_longer_periods_are_learned() -> None:
    steps = (
        (620.0, 0.0, -12.0, 0.0, 200),
        (0.0, 0.0, 0.0, 0.0, 200),
        (620.0, 0.0, -12.0, 0.0, 500),
        (0.0, 0.0, 0.0, 0.0, 700),
    )
    for x, hz in (
        (mixed((520.0, 760.0), 300, 300, 5), (520, 760)),
        (np.array(ToneGenerator(steps).run(96000), dtype=float), (620,)),
    ):
        (event,) = told(ProgressReceiver("china", repeat=True), pcm(x))
        assert (event.source, event.tone) == (FROM_REPEAT, 1)
        assert sorted(event.hz) == pytest.approx(hz, abs=3)


def test_three_periods_are_too_few_and_an_irregular_one_is_none() -> None:
    assert (
        told(
            ProgressReceiver("china", repeat=True),
            pcm(np.concatenate([mixed((620.0,), 300, 300, 2.2), np.zeros(16000)])),
        )
        == []
    )
    steps = [
        (620.0, 0.0, -12.0, 0.0, on) if on > 0 else (0.0, 0.0, 0.0, 0.0, -on)
        for on in (200, -300, 420, -300, 300, -500, 600, -300)
    ]
    x = pcm(np.array(ToneGenerator(steps).run(80000), dtype=float))
    assert [e.tone for e in told(ProgressReceiver(None, repeat=True), x)][:1] in (
        [],
        [1],
    )  # the eight make a period of 2.9 s


def test_a_tone_that_becomes_known_is_no_repetition() -> None:
    x = np.concatenate(
        [mixed((620.0,), 300, 300, 4), np.array(ToneGenerator(CHINA["busy"].steps).run(32000), dtype=float)]
    )
    events = told(ProgressReceiver("china", repeat=True), pcm(x))
    assert [(e.source, e.tone) for e in events] == [(FROM_REPEAT, 1), (FROM_REPEAT, 0), (FROM_COUNTRY, TONES["busy"])]


# -- what must not matter ----------------------------------------------------------------------------------------------


def test_split_of_blocks_changes_nothing() -> None:
    x = pcm(np.array(ToneGenerator(CHINA["ringback"].steps).run(80000), dtype=float))
    receiver = ProgressReceiver("china")
    parts = [e for at in range(0, len(x), 37) for _, e in receiver.hear(x[at : at + 37])]
    assert parts == told(ProgressReceiver("china"), x)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1, 300, 10000, 32767]))
def test_garbage_is_no_tone(seed: int, scale: int) -> None:
    x = np.random.default_rng(seed).integers(-scale, scale + 1, 40000).astype(np.int16)
    assert told(ProgressReceiver("china", repeat=True), x) == []


def test_full_scale_squares_and_constants_do_no_harm() -> None:
    square = np.tile(np.repeat(np.array([32767, -32768], np.int16), 9), 4000)
    for x in (square, np.full(60000, 32767, np.int16), np.full(60000, -32768, np.int16)):
        for event in told(ProgressReceiver("china", repeat=True), x):
            assert -60 <= event.level_dbm0 <= 10


def test_a_constant_beside_the_tone_is_not_heard() -> None:
    x = np.array(ToneGenerator(CHINA["busy"].steps).run(24000), dtype=float) + 3000
    assert by(told(ProgressReceiver("china"), pcm(x)), FROM_COUNTRY) == [tones.TONE_BUSY]
