"""Detectors of the engine: what crosses for each of them, over a loop, on the virtual clock."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from xunhu._media import answer_class, r2mf
from xunhu._media import engine as en
from xunhu._media.engine import Engine, Event
from xunhu._media.tone_countries import COUNTRIES
from xunhu._media.tone_rows import TONES, custom_row
from xunhu._media.tone_tables import SETS, steps_of
from xunhu._media.tones import Step

LOOP = [{"number": 0, "driver": "loop", "peer": 1}, {"number": 1, "driver": "loop", "peer": 0}]
FAR = 33  # hears what timeslot 1 of span 0 sends
POOL = en.LINE_PORTS


def engine_of(tick_ms: int = 10) -> Engine:
    engine = Engine(LOOP, tick_ms=tick_ms)
    engine.ts_open(1)
    engine.ts_open(FAR)
    return engine


def sound(engine: Engine, steps: Sequence[Step], seconds: float, port: int = POOL) -> list[Event]:
    """What is told while timeslot 1 sends these steps."""
    engine.tone(port, list(steps))
    engine.connect(port, 1)
    engine.tick(round(seconds * 8000) // engine.tick_samples)
    events = engine.events()
    assert [e for e in events if e.type == en.EV_REFUSED] == []
    return events


def of_type(events: list[Event], kind: int) -> list[Event]:
    return [e for e in events if e.type == kind and e.port == FAR]


def quiet(engine: Engine, seconds: float = 2.0, port: int = POOL) -> list[Event]:
    engine.close(port)
    engine.tick(round(seconds * 8000) // engine.tick_samples)
    return engine.events()


@pytest.mark.parametrize("tick_ms", [5, 10, 20])
@pytest.mark.parametrize("country", ["china", "usa", "japan", "hong-kong"])
def test_progress_tones_of_the_country_of_the_port(country: str, tick_ms: int) -> None:
    engine = engine_of(tick_ms)
    engine.detect_with(FAR, country=country)
    engine.detect(FAR, en.DETECT_PROGRESS)
    (event,) = of_type(sound(engine, SETS[country]["busy"].steps, 4), en.EV_PROGRESS)
    assert event.a0 == TONES["busy"]
    hz = sorted(h for h in (event.a1 & 0xFFFF, event.a1 >> 16) if h)
    busy = next(row for row in COUNTRIES[country] if row.name == "busy")
    assert hz == pytest.approx(sorted(busy.hz), abs=3)
    assert (event.a2 & 0xFFFF, event.a2 >> 16) == pytest.approx(busy.on_off_ms, abs=15)
    assert event.a3 / 10 == pytest.approx(-10, abs=1)
    assert [e.a0 for e in of_type(quiet(engine), en.EV_PROGRESS)] == [0]


def test_the_country_holds_until_the_port_is_closed() -> None:
    engine = engine_of()
    engine.detect_with(FAR, country="usa")
    engine.close(FAR)
    engine.ts_open(FAR)
    engine.detect(FAR, en.DETECT_PROGRESS)
    assert of_type(sound(engine, SETS["usa"]["busy"].steps, 4), en.EV_PROGRESS) == []
    quiet(engine)
    assert [e.a0 for e in of_type(sound(engine, SETS["china"]["busy"].steps, 4), en.EV_PROGRESS)] == [TONES["busy"]]


def test_a_country_that_is_chosen_later_counts_at_once() -> None:
    engine = engine_of()
    engine.detect(FAR, en.DETECT_PROGRESS)
    assert of_type(sound(engine, SETS["usa"]["busy"].steps, 3), en.EV_PROGRESS) == []
    engine.detect_with(FAR, country="usa")
    engine.tick(300)
    assert [e.a0 for e in of_type(engine.events(), en.EV_PROGRESS)] == [TONES["busy"]]


def test_tones_of_ones_own_come_and_go() -> None:
    engine = engine_of()
    engine.tone_row(0, custom_row(700, hz=(600, 900), windows=[(150, 260, 250, 360)]))
    engine.tone_row(5, custom_row(701, hz=(1000,), after_ms=500, least_dbm0=-25))
    engine.detect(FAR, en.DETECT_TONE | en.DETECT_PROGRESS)
    beeps = ((600.0, 900.0, -13.0, -13.0, 200), (0.0, 0.0, 0.0, 0.0, 300))
    (event,) = of_type(sound(engine, beeps, 3), en.EV_TONE)
    assert event.a0 == 700
    assert sorted((event.a1 & 0xFFFF, event.a1 >> 16)) == pytest.approx([600, 900], abs=3)
    assert [e.a0 for e in of_type(quiet(engine), en.EV_TONE)] == [0]
    assert of_type(sound(engine, [(1000.0, 0.0, -30.0, 0.0, 0)], 2), en.EV_TONE) == []
    quiet(engine)
    assert [e.a0 for e in of_type(sound(engine, [(1000.0, 0.0, -20.0, 0.0, 0)], 2), en.EV_TONE)] == [701]
    quiet(engine)
    engine.tone_row(5, None)
    assert of_type(sound(engine, [(1000.0, 0.0, -20.0, 0.0, 0)], 2), en.EV_TONE) == []


def test_what_is_repeated_and_unknown_is_told_with_its_figures() -> None:
    engine = engine_of()
    engine.detect(FAR, en.DETECT_PROGRESS | en.DETECT_REPEAT)
    odd = ((620.0, 0.0, -12.0, 0.0, 300), (0.0, 0.0, 0.0, 0.0, 450))
    (event,) = of_type(sound(engine, odd, 6), en.EV_REPEAT)
    assert event.a0 == 1
    assert event.a1 == pytest.approx(620, abs=3)
    assert (event.a2 & 0xFFFF, event.a2 >> 16) == pytest.approx((300, 450), abs=10)
    assert [e.a0 for e in of_type(quiet(engine), en.EV_REPEAT)] == [0]
    assert of_type(sound(engine, SETS["china"]["busy"].steps, 6), en.EV_REPEAT) == []


@pytest.mark.parametrize("country", COUNTRIES)
def test_what_the_engine_sends_as_busy_is_heard_as_busy(country: str) -> None:
    engine = engine_of()
    engine.detect_with(FAR, country=country)
    engine.detect(FAR, en.DETECT_PROGRESS)
    row = next(row for row in COUNTRIES[country] if row.name == "busy")
    assert [e.a0 for e in of_type(sound(engine, steps_of(row), 5), en.EV_PROGRESS)] == [TONES["busy"]]


def r2_signals(direction: int, signals: Sequence[int]) -> list[Step]:
    pause = (0.0, 0.0, 0.0, 0.0, 80)
    return [step for s in signals for step in (r2mf.r2_step(direction, s, ms=100), pause)]


@pytest.mark.parametrize(
    ("direction", "bit", "four"),
    [
        (r2mf.FORWARD, en.DETECT_R2F, False),
        (r2mf.BACKWARD, en.DETECT_R2B, False),
        (r2mf.BACKWARD_4, en.DETECT_R2B, True),
    ],
)
def test_r2_signals_begin_and_end(direction: int, bit: int, four: bool) -> None:
    engine = engine_of()
    engine.detect_with(FAR, r2_four=four)
    engine.detect(FAR, bit)
    signals = range(1, 7) if four else range(1, 11)
    events = of_type(sound(engine, r2_signals(direction, signals), 3), en.EV_R2)
    assert [e.a0 for e in events if e.a0][: len(signals)] == list(signals)
    assert [e.a3 for e in events if e.a3][: len(signals)] == list(signals)
    assert {e.a1 for e in events} == {int(direction != r2mf.FORWARD)}
    for e in events[: 2 * len(signals)]:
        if e.a3:
            assert e.samples / 8 == pytest.approx(100, abs=12)
        else:
            assert e.a2 / 10 == pytest.approx(r2mf.LEVEL_DBM0, abs=1.5)


def test_r2_of_one_direction_is_not_heard_as_the_other() -> None:
    engine = engine_of()
    engine.detect(FAR, en.DETECT_R2B)
    assert of_type(sound(engine, r2_signals(r2mf.FORWARD, range(1, 11)), 3), en.EV_R2) == []
    engine.detect(FAR, 0)
    engine.tick(10)
    engine.detect(FAR, en.DETECT_R2F)
    engine.tick(200)
    assert of_type(engine.events(), en.EV_R2) != []


def test_a_signal_heard_before_the_port_changed_hands_is_forgotten() -> None:
    engine = engine_of()
    engine.detect(FAR, en.DETECT_R2F)
    assert of_type(sound(engine, [r2mf.r2_step(r2mf.FORWARD, 3)], 0.5), en.EV_R2) != []
    engine.close(FAR)
    engine.ts_open(FAR)
    engine.close(POOL)
    engine.tick(10)
    engine.detect(FAR, en.DETECT_R2F)
    engine.tick(50)
    assert of_type(engine.events(), en.EV_R2) == []


def test_all_detectors_of_all_channels_at_once() -> None:
    engine = Engine([{"number": n, "driver": "loop", "peer": n ^ 1} for n in range(4)])
    everything = (
        en.DETECT_DTMF
        | en.DETECT_PROGRESS
        | en.DETECT_TONE
        | en.DETECT_REPEAT
        | en.DETECT_MACHINE
        | en.DETECT_R2F
        | en.DETECT_R2B
    )
    ports = [span * 32 + ts for span in range(4) for ts in range(1, 32)]
    for port in ports:
        engine.ts_open(port)
        engine.detect(port, everything)
    engine.tone(POOL, [(450.0, 0.0, -10.0, 0.0, 0)])
    for port in ports[:62]:
        engine.connect(POOL, port)
    engine.tick(400)
    events = engine.events()
    assert {e.port for e in events if e.type == en.EV_PROGRESS and e.a0 == TONES["dial"]} == set(ports[:62])
    assert [e for e in events if e.type in (en.EV_R2, en.EV_DIGIT, en.EV_REFUSED)] == []
    for port in ports:
        engine.detect(port, 0)
    engine.tick()
    assert engine.stats()["detectors"] == 0


def test_who_has_answered_is_told_from_the_moment_of_answer() -> None:
    engine = engine_of()
    engine.tick(500)  # the call rings: nothing is asked for yet
    engine.answer(FAR, initial_silence_ms=2000)
    engine.tick(300)
    (event,) = of_type(engine.events(), en.EV_ANSWER)
    assert (event.a0, event.a3) == (answer_class.SILENCE, 2000)
    engine.answer(FAR)
    (event,) = of_type(sound(engine, [(0.0, 0.0, 0.0, 0.0, 500), (2100.0, 0.0, -12.0, 0.0, 3000)], 3), en.EV_ANSWER)
    assert event.a0 == answer_class.FAX
    assert event.a1 > 900


@pytest.mark.parametrize(
    "wrong",
    [
        lambda e: e.detect_with(FAR, country="atlantis"),
        lambda e: e.tone_row(32, None),
        lambda e: e.tone_row(0, custom_row(0, hz=(450,))),
        lambda e: e.tone_row(0, custom_row(1, hz=(450, 451, 452, 453, 454))),
        lambda e: e.tone_row(0, custom_row(1, hz=(4000,))),
        lambda e: e.tone_row(0, custom_row(1, hz=(450,), windows=[(300, 200, 100, 200)])),
        lambda e: e.tone_row(0, custom_row(1, hz=(450,), windows=[(1, 10, 100, 200)])),
        lambda e: e.tone_row(0, custom_row(70000, hz=(450,))),
        lambda e: e.tone_row(0, custom_row(1, any_sound=True, hz=(450,))),
        lambda e: e.tone_row(0, custom_row(1, hz=(450,), after_ms=1)),
    ],
)
def test_what_is_out_of_range_is_refused_at_once(wrong: Callable[[Engine], int]) -> None:
    with pytest.raises(ValueError, match=r"tone|place"):
        wrong(engine_of())


def test_a_broken_control_gets_refusals() -> None:
    engine = engine_of()
    before = len(engine.events())
    for op, port, a0, payload in (
        (72, FAR, 99, b""),
        (72, 7777, 0, b""),
        (73, 0, 99, b""),
        (73, 0, 0, b"x" * 92),
        (73, 0, 0, b"x"),
        (74, FAR, 0, b"\xff" * 30),
        (74, 9000, 0, b""),
    ):
        record = np.zeros(512, np.uint8)
        record[:8] = np.frombuffer(np.array([op, port], np.uint32).tobytes(), np.uint8)
        record[16:20] = np.frombuffer(np.array([a0], np.int32).tobytes(), np.uint8)
        record[40:44] = np.frombuffer(np.array([len(payload)], np.uint32).tobytes(), np.uint8)
        record[64 : 64 + len(payload)] = np.frombuffer(payload, np.uint8)
        engine.put_raw(record.tobytes())
    engine.tick()
    assert [e.type for e in engine.events()[before:]] == [en.EV_REFUSED] * 7
