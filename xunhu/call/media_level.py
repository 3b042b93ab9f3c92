"""Level control of timeslots, and who speaks on them: part of `MediaPlane` (media.py).

What is set holds in the engine until the timeslot is closed, whatever becomes of control; docs/level.md says what it does.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from xunhu._media import engine as en

if TYPE_CHECKING:
    from xunhu.call.line_audio import LineAudio
    from xunhu.call.media import Command, Refused, Timeslot


@dataclass(frozen=True, slots=True)
class Level:
    """What is done to the level of one direction of a timeslot; ranges: `EngineControl.level`. All but "off" have a limiter behind them:
    nothing is above a sine of ceiling_dbm0."""

    mode: Literal["off", "fixed", "agc"] = "off"
    gain_db: float = 0.0  # fixed
    target_dbm0: float = -18.0  # agc: level of the voice
    most_db: float = 18.0  # agc: greatest gain
    least_db: float = 12.0  # agc: greatest loss
    rise_db: float = 6.0  # agc: dB a second
    fall_db: float = 20.0
    ceiling_dbm0: float = 2.0


OFF = Level()


def fixed(gain_db: float) -> Level:
    """0: off, samples stay what they are."""
    return Level("fixed", gain_db) if gain_db else OFF


def agc(target_dbm0: float = -18.0) -> Level:
    return Level("agc", target_dbm0=target_dbm0)


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody has begun to speak, 50 ms ago or more, or has ceased to. level_dbm0: as it came in, so far or on the whole; sample: the engine's
    count (8 kHz) at which it was certain."""

    speaks: bool
    level_dbm0: float
    sample: int


OnVoice = Callable[[Voice], None]


class Levels:
    """Mixed into `MediaPlane`."""

    if TYPE_CHECKING:
        engine: en.EngineControl | None
        line_audio: dict[int, LineAudio]
        _slots: dict[int, Timeslot]

        def command(
            self, command: Command, sent: Callable[[int], None] | None = None, refused: Refused | None = None
        ) -> None: ...
        def detect(self, port: int, dtmf: bool) -> None: ...
        def _trouble(self, text: str) -> None: ...

    def set_level(self, port: int, *, rx: Level | None = None, tx: Level | None = None) -> None:
        """Of what comes in from an open timeslot (all who hear it get it so) and of what goes out to it; None: as it is."""

        def refused(error: int) -> None:
            if error not in (errno.ENOENT, errno.ENODEV):  # else it has just been closed
                self._trouble(f"level of port {port} refused: {errno.errorcode.get(error, str(error))}")

        if rx is not None:
            wanted_rx = rx
            self.command(lambda engine: _send(engine, port, "rx", wanted_rx), refused=refused)
        if tx is not None:
            wanted_tx = tx
            self.command(lambda engine: _send(engine, port, "tx", wanted_tx), refused=refused)

    def level_state(self, port: int) -> en.LevelRow | None:
        """Gains, limiter, levels now; None: no engine."""
        return None if self.engine is None else self.engine.level_state(port)

    def watch_voice(self, port: int, on_voice: OnVoice | None) -> None:
        """Hear when somebody begins and ceases to speak on an open timeslot, until it is closed; None: no more. After a restart of control
        it is to be asked for anew."""
        slot = self._slots[port]
        slot.on_voice = on_voice
        self.detect(port, slot.dtmf)

    def line_level(self, port: int) -> tuple[Level, Level]:
        """What its line's settings say of a timeslot: rx, tx."""
        audio = self.line_audio.get(port // 32)
        return (audio.rx, audio.tx) if audio is not None else (OFF, OFF)

    def _apply_audio(self, port: int) -> None:
        """To a timeslot that has just been opened: what `line_audio` says of its line."""
        audio = self.line_audio.get(port // 32)
        if audio is None:
            return
        if audio.echo_tail_ms:
            tail, nlp = audio.echo_tail_ms, audio.echo_nlp
            self.command(lambda engine: engine.echo(port, tail, nlp=nlp))
        if audio.conceal:
            self.command(lambda engine: engine.conceal(port, True))
        self.set_level(port, rx=audio.rx if audio.rx != OFF else None, tx=audio.tx if audio.tx != OFF else None)

    def _voice(self, event: en.Event) -> None:
        slot = self._slots.get(event.port)
        if slot is not None and event.tag == slot.tag and slot.on_voice is not None:
            slot.on_voice(Voice(bool(event.a0), event.a1 / 10, event.sample))


def _send(engine: en.EngineControl, port: int, direction: Literal["rx", "tx"], level: Level) -> int:
    return engine.level(
        port,
        direction,
        level.mode,
        gain_db=level.gain_db,
        target_dbm0=level.target_dbm0,
        most_db=level.most_db,
        least_db=level.least_db,
        rise_db=level.rise_db,
        fall_db=level.fall_db,
        ceiling_dbm0=level.ceiling_dbm0,
    )
