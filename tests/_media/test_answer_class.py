"""xunhu._media.answer_class on answers in eleven languages made by espeak-ng, on tones, noise and music; error rates are limits."""

from collections.abc import Iterator

import numpy as np
import pytest
from answer_sounds import (
    COMPANIES,
    MACHINES,
    NETWORK,
    PEOPLE,
    VARIANTS,
    Samples,
    Sound,
    level,
    line,
    music,
    quiet,
    sit,
    spoken,
    tone,
)

from xunhu._media.answer_class import (
    ANNOUNCEMENT,
    BEEP,
    FAX,
    HUMAN,
    MACHINE,
    QUIET,
    SILENCE,
    AnswerClassifier,
    AnswerEvent,
    parameters,
)

NOISE = (-65.0, -55.0, -48.0)


def heard(x: Samples, **given: float) -> list[AnswerEvent]:
    return AnswerClassifier(**given).hear(x)  # type: ignore[arg-type]


def voices(texts: tuple[tuple[str, str], ...], rng: np.random.Generator) -> Iterator[tuple[str, Sound]]:
    """Each text in five voices, at speeds, pitches and levels as people have them."""
    for voice, text in texts:
        for variant in VARIANTS:
            speech = spoken(voice + variant, text, int(rng.integers(140, 200)), int(rng.integers(20, 80)))
            yield text, level(speech, float(rng.uniform(-28, -8)))


def lead(rng: np.random.Generator) -> Sound:
    return quiet(float(rng.uniform(0.2, 1.5)))


@pytest.mark.parametrize(("texts", "least"), [(PEOPLE, 0.93), (COMPANIES, 0.80)], ids=["people", "companies"])
def test_people_say_little_and_wait(texts: tuple[tuple[str, str], ...], least: float) -> None:
    rng = np.random.default_rng(11)
    wrong = []
    count = 0
    for text, speech in voices(texts, rng):
        count += 1
        events = heard(line(np.concatenate([lead(rng), speech, quiet(4)]), rng.choice(NOISE), rng))
        if events[0].answer != HUMAN:
            wrong.append((text, events))
        else:
            assert len(events) == 1
            assert 0.5 <= events[0].confidence <= 1.0
    print(f"{count} greetings of people, {len(wrong)} not taken for a person: {wrong}")
    assert 1 - len(wrong) / count >= least


def test_machines_go_on_and_beep() -> None:
    rng = np.random.default_rng(12)
    wrong, missed, count = [], [], 0
    for text, speech in voices(MACHINES, rng):
        count += 1
        hz, seconds = float(rng.choice([440, 500, 800, 950, 1000, 1400, 1900, 2400])), float(rng.uniform(0.13, 1.6))
        gap = quiet(float(rng.uniform(0.1, 0.9)))
        before = np.concatenate([lead(rng), speech, gap, tone(hz, seconds, -14)])
        events = heard(line(np.concatenate([before, quiet(3)]), rng.choice(NOISE), rng))
        if events[0].answer not in (MACHINE, BEEP):
            wrong.append((text, events))
        elif events[-1].answer != BEEP:
            missed.append((text, hz, seconds, events))
        else:
            assert events[-1].at_ms == pytest.approx(len(before) / 8, abs=250)  # soon after the beep is over
            assert events[-1].beep_hz == pytest.approx(hz, abs=15)
    print(f"{count} machines, {len(wrong)} not taken for one: {wrong}; beeps not heard: {missed}")
    assert len(wrong) / count <= 0.06
    assert len(missed) / count <= 0.04


def test_a_machine_without_a_beep_records_when_it_is_quiet() -> None:
    rng = np.random.default_rng(13)
    for voice, text in MACHINES[:4]:
        events = heard(line(np.concatenate([quiet(0.5), level(spoken(voice, text), -15), quiet(4)]), -60, rng))
        assert [e.answer for e in events] == [MACHINE, QUIET]


def test_announcements_begin_with_the_special_information_tone() -> None:
    rng = np.random.default_rng(14)
    for text, speech in voices(NETWORK, rng):
        x = np.concatenate([lead(rng), sit(float(rng.uniform(-25, -8))), quiet(0.3), speech, quiet(2)])
        assert [e.answer for e in heard(line(x, rng.choice(NOISE), rng))] == [ANNOUNCEMENT], text


@pytest.mark.parametrize("hz", [(914, 1371, 1777), (985, 1429, 1777), (950, 1400, 1800)])
def test_special_information_tones_of_north_america(hz: tuple[int, int, int]) -> None:
    x = np.concatenate(
        [quiet(0.3), *[tone(f, s, -15) for f, s in zip(hz, (0.276, 0.274, 0.38), strict=True)], quiet(2)]
    )
    assert [e.answer for e in heard(line(x, -60, np.random.default_rng(1)))] == [ANNOUNCEMENT]


def test_before_the_answer_who_talks_is_the_network() -> None:
    rng = np.random.default_rng(15)
    for voice, text in NETWORK:
        x = line(np.concatenate([quiet(0.5), level(spoken(voice, text), -15), quiet(2)]), -60, rng)
        assert heard(x, before_answer=True)[0].answer == ANNOUNCEMENT
        assert heard(x)[0].answer == MACHINE


@pytest.mark.parametrize(("hz", "seconds"), [(2100, 3.0), (2100, 0.7), (2090, 3.0), (1100, 0.5), (1110, 0.52)])
def test_fax_machines(hz: float, seconds: float) -> None:
    x = np.concatenate([quiet(1), tone(hz, seconds, -15), quiet(2)])
    assert [e.answer for e in heard(line(x, -55, np.random.default_rng(2)))] == [FAX]


@pytest.mark.parametrize("noise", [-70.0, -50.0, -40.0, -30.0, -20.0])
def test_nobody_is_silence_however_loud_the_line(noise: float) -> None:
    (event,) = heard(line(quiet(8), noise, np.random.default_rng(3)))
    assert (event.answer, event.words) == (SILENCE, 0)
    assert event.at_ms == pytest.approx(3500, abs=20)


def test_music_is_no_person() -> None:
    rng = np.random.default_rng(4)
    for _ in range(5):
        events = heard(line(level(music(8, rng), float(rng.uniform(-28, -12))), -60, rng))
        assert [e.answer for e in events] == [MACHINE]


def test_a_click_is_no_word() -> None:
    x = np.concatenate([quiet(1), level(np.ones(80), -10), quiet(0.5), level(np.ones(240), -10), quiet(5)])
    assert [e.answer for e in heard(line(x, -60, np.random.default_rng(5)))] == [SILENCE]


def test_a_late_hello_counts_until_the_initial_silence_is_over() -> None:
    hello = level(spoken("en-us", "Hello?"), -15)
    x = line(np.concatenate([quiet(3), hello, quiet(3)]), -60, np.random.default_rng(6))
    assert [e.answer for e in heard(x)] == [HUMAN]
    assert [e.answer for e in heard(x, initial_silence_ms=2000)] == [SILENCE]


def test_parameters_move_the_border() -> None:
    speech = level(spoken("en-us", "Good morning, this is Anna Miller of the support team."), -15)
    x = line(np.concatenate([quiet(0.5), speech, quiet(3)]), -60, np.random.default_rng(7))
    assert heard(x, greeting_ms=6000)[0].answer == HUMAN
    assert heard(x, greeting_ms=1000)[0].answer == MACHINE


def test_split_of_blocks_changes_nothing() -> None:
    x = line(np.concatenate([quiet(0.5), level(spoken("cmn", "喂?"), -15), quiet(2)]), -60, np.random.default_rng(8))
    classifier = AnswerClassifier()
    parts = [event for at in range(0, len(x), 37) for event in classifier.hear(x[at : at + 37])]
    assert parts == heard(x)


def test_silence_full_scale_and_garbage_do_no_harm() -> None:
    rng = np.random.default_rng(9)
    square = np.tile(np.repeat(np.array([32767, -32768], np.int16), 40), 400)
    for x in (np.full(40000, -32768, np.int16), square, rng.integers(-32768, 32767, 40000).astype(np.int16)):
        assert all(0 <= e.confidence <= 1 for e in heard(x))


@pytest.mark.parametrize(
    "given",
    [
        {"greeting_ms": 0},
        {"beep_low_hz": 3000},
        {"beep_low_ms": 3000},
        {"threshold_dbm0": 1},
        {"no_such": 1},
        {"max_words": 1.5},
    ],
)
def test_bad_parameters_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"parameter|must be"):
        parameters(**given)
