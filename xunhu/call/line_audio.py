"""What is done to the voice of a line's timeslots beside carrying it."""

from __future__ import annotations

from dataclasses import dataclass

from xunhu.call.media_level import OFF, Level


@dataclass(frozen=True, slots=True)
class LineAudio:
    """Of one span. echo_tail_ms: 8 to 128, how long after we sent it an echo is cancelled, 0 off; echo_nlp: what the canceller leaves is
    suppressed too; rx, tx: levels of what comes in from it and goes out to it; country: whose tones its far end sends
    (xunhu/_media/tone_countries.py); hear_tones: those of lines that are rung are told; conceal: what it loses is
    made up."""

    echo_tail_ms: int = 0
    echo_nlp: bool = True
    rx: Level = OFF
    tx: Level = OFF
    country: str = "china"
    hear_tones: bool = False
    conceal: bool = False
