"""What the detectors of a timeslot have heard, as objects: `MediaPlane.listen` and `MediaPlane.answered` give them to whoever asked.

The engine tells numbers in events (include/xunhu/engine.h); `heard` reads them.
"""

from __future__ import annotations

from dataclasses import dataclass

from xunhu._media import answer_class
from xunhu._media import engine as en
from xunhu._media.tone_rows import TONE_NAMES


@dataclass(frozen=True, slots=True)
class Sound:
    """What a tone sounds like. hz: up to two, the stronger first; on_ms, off_ms: the newest complete burst and gap, 0 none."""

    hz: tuple[int, ...]
    on_ms: int
    off_ms: int
    level_dbm0: float


@dataclass(frozen=True, slots=True)
class Progress:
    """A call progress tone of the port's country, by its name there; None: it has gone."""

    tone: str | None
    sound: Sound


@dataclass(frozen=True, slots=True)
class CustomTone:
    """A tone of the site's own (`EngineControl.tone_row`), by its number; 0: it has gone."""

    number: int
    sound: Sound


@dataclass(frozen=True, slots=True)
class Repeat:
    """A tone on and off in a period that no table knows; not there: it has gone."""

    there: bool
    sound: Sound


@dataclass(frozen=True, slots=True)
class R2Signal:
    """An MFC/R2 register signal, 1 to 15, begins (0: none does); `ended`: one is over (0: none is), which lasted ended_ms."""

    signal: int
    backward: bool
    level_dbm0: float
    ended: int
    ended_ms: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Who has answered: "human", "machine", "beep" (the machine records now), "quiet" (it probably does), "announcement", "fax",
    "silence"; confidence 0.5 is a guess."""

    who: str
    confidence: float
    greeting_ms: int
    initial_ms: int
    words: int
    beep_hz: int


Heard = Progress | CustomTone | Repeat | R2Signal | Answer

_WHO = {
    **{answer_class.HUMAN: "human", answer_class.MACHINE: "machine", answer_class.BEEP: "beep"},
    **{answer_class.QUIET: "quiet", answer_class.ANNOUNCEMENT: "announcement", answer_class.FAX: "fax"},
    answer_class.SILENCE: "silence",
}
EVENTS = frozenset((en.EV_PROGRESS, en.EV_TONE, en.EV_REPEAT, en.EV_R2, en.EV_ANSWER))


def _sound(event: en.Event) -> Sound:
    hz = tuple(f for f in (event.a1 & 0xFFFF, event.a1 >> 16 & 0xFFFF) if f)
    return Sound(hz, event.a2 & 0xFFFF, event.a2 >> 16 & 0xFFFF, event.a3 / 10)


def heard(event: en.Event) -> Heard:
    """Of an event of EVENTS."""
    if event.type == en.EV_PROGRESS:
        return Progress(TONE_NAMES.get(event.a0), _sound(event))
    if event.type == en.EV_TONE:
        return CustomTone(event.a0, _sound(event))
    if event.type == en.EV_REPEAT:
        return Repeat(bool(event.a0), _sound(event))
    if event.type == en.EV_R2:
        return R2Signal(event.a0, bool(event.a1), event.a2 / 10, event.a3, event.samples / 8)
    return Answer(
        *(_WHO[event.a0], event.a1 / 1000, event.a2, event.a3),
        *(event.samples & 0xFFFFFFFF, event.samples >> 32),
    )
