"""What the detectors of a timeslot have heard, as objects: `MediaPlane.listen` and `MediaPlane.answered` give them to whoever asked.

The engine tells numbers in events (include/xunhu/engine.h); an `Ear` reads them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from struct import pack

from xunhu._media import answer_class, fax_tones
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


@dataclass(frozen=True, slots=True)
class Fax:
    """A tone of a fax machine or modem (a name of FAX_NAMES) begins, or what was heard turns out to be this one; None: it is over.
    `ended`: what did, after ended_ms. "cng" and "calling" are bursts, told when they are over, with their length."""

    tone: str | None
    level_dbm0: float
    ended: str | None
    ended_ms: float


@dataclass(frozen=True, slots=True)
class CallerIdMessage:
    """A caller id message as FSK brought it: type, length, contents, checksum (`xunhu.protocol.caller_id.Message.decode`). Not good: it
    broke off, or its checksum is wrong."""

    good: bool
    octets: bytes


Heard = Progress | CustomTone | Repeat | R2Signal | Answer | Fax | CallerIdMessage

_WHO = {
    **{answer_class.HUMAN: "human", answer_class.MACHINE: "machine", answer_class.BEEP: "beep"},
    **{answer_class.QUIET: "quiet", answer_class.ANNOUNCEMENT: "announcement", answer_class.FAX: "fax"},
    answer_class.SILENCE: "silence",
}
FAX_NAMES = {
    **{fax_tones.CNG: "cng", fax_tones.TONE_1100: "1100", fax_tones.ANS: "ced", fax_tones.ANS_PR: "ans-pr"},
    **{fax_tones.ANSAM: "ansam", fax_tones.ANSAM_PR: "ansam-pr", fax_tones.V21_PREAMBLE: "v21-preamble"},
    **{fax_tones.CALLING: "calling", fax_tones.BELL_ANS: "bell-ans"},
}
#: those that only fax machines send
FAX_ALONE = frozenset(("cng", "v21-preamble"))
#: and those that a called machine, fax or modem, answers with
FAX_ANSWERS = frozenset(("ced", "ans-pr", "ansam", "ansam-pr"))
EVENTS = frozenset((en.EV_PROGRESS, en.EV_TONE, en.EV_REPEAT, en.EV_R2, en.EV_ANSWER, en.EV_FAX, en.EV_CALLER_ID))


def _sound(event: en.Event) -> Sound:
    hz = tuple(f for f in (event.a1 & 0xFFFF, event.a1 >> 16 & 0xFFFF) if f)
    return Sound(hz, event.a2 & 0xFFFF, event.a2 >> 16 & 0xFFFF, event.a3 / 10)


def _whole(event: en.Event) -> Heard:
    if event.type == en.EV_PROGRESS:
        return Progress(TONE_NAMES.get(event.a0), _sound(event))
    if event.type == en.EV_TONE:
        return CustomTone(event.a0, _sound(event))
    if event.type == en.EV_REPEAT:
        return Repeat(bool(event.a0), _sound(event))
    if event.type == en.EV_R2:
        return R2Signal(event.a0, bool(event.a1), event.a2 / 10, event.a3, event.samples / 8)
    if event.type == en.EV_FAX:
        return Fax(FAX_NAMES.get(event.a0), event.a2 / 10, FAX_NAMES.get(event.a3), event.samples / 8)
    return Answer(
        *(_WHO[event.a0], event.a1 / 1000, event.a2, event.a3),
        *(event.samples & 0xFFFFFFFF, event.samples >> 32),
    )


class Ear:
    """Makes objects of one timeslot's events, which come in parts where one event has no room for all, and gives them to who wants them:
    on_fax those of fax machines, on_heard all."""

    def __init__(self) -> None:
        self.on_heard: Callable[[Heard], None] | None = None
        self.on_fax: Callable[[Fax], None] | None = None
        self._message = b""

    def hear(self, event: en.Event) -> None:
        """An event of EVENTS."""
        what = self.take(event)
        if isinstance(what, Fax) and self.on_fax is not None:
            self.on_fax(what)
        if what is not None and self.on_heard is not None:
            self.on_heard(what)

    def take(self, event: en.Event) -> Heard | None:
        """Of an event of EVENTS; None: more of it is to come. A message of which a part was lost comes to nothing."""
        if event.type != en.EV_CALLER_ID:
            return _whole(event)
        length = event.a0 & 0xFFFF
        if event.a1 == 0:
            self._message = b""
        if event.a1 != len(self._message):
            self._message = b""
            return None
        self._message += pack("=iiQ", event.a2, event.a3, event.samples)[: length - event.a1]
        if len(self._message) < length:
            return None
        octets, self._message = self._message, b""
        return CallerIdMessage(bool(event.a0 >> 16), octets)
