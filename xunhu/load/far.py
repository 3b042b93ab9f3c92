"""The far end of a site's lines: a media engine of its own, a trunk for every mirrored span, and who speaks on them.

The stack is xunhu's own in the other role; it runs in the process of the load tool, its engine in a thread of that. What a test must know to the
tick - when a key's tone ended, when a burst began - is taken from the engine's sample count, not from the clock of a loop that may be late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from xunhu._media import engine as en
from xunhu.call.media import Job, MediaFullError, MediaPlane
from xunhu.call.media_detect import Heard, R2Signal
from xunhu.call.media_level import Voice
from xunhu.call.pri_trunk import PriTrunk
from xunhu.call.ss7_trunk import Ss7Trunk
from xunhu.call.trunk import Party, Trunk, TrunkCall
from xunhu.config import Lines
from xunhu.service.media_link import span_rows
from xunhu.service.ss7 import Ss7Service
from xunhu.vclock import Clock

RATE = 8000
_RECEIVER_S = 0.020  # a receiver of register signals is sure of a burst so long after its beginning (tests/load/test_load_far.py)
_AFTER_KEY_MS = 10  # of silence that belong to a key


class FarPlane(MediaPlane):
    """A `MediaPlane` that knows of each event when it was, in seconds of the engine's samples."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.event_s = 0.0  # of the event that is being told
        self._done_s: dict[int, float] = {}  # by port, of tones that are over

    @property
    def sample_s(self) -> float:
        """The engine's time now; 0 without one."""
        return 0.0 if self.engine is None else self.engine.sample / RATE

    def _dispatch(self, event: en.Event) -> None:
        self.event_s = event.sample / RATE
        if event.type == en.EV_TONE_DONE:
            self._done_s[event.port] = self.event_s
        super()._dispatch(event)

    def done_s(self, job: Job) -> float:
        """When a tone whose `done` has come was over, to the tick."""
        return self._done_s.pop(job.port, self.sample_s)


class Listener(Protocol):
    """Who is told of a call of the far end."""

    def alerting(self) -> None: ...
    def answered(self) -> None: ...
    def released(self, cause: int, by_peer: bool) -> None:
        """The last word."""

    def heard(self, signal: int, backward: bool, at_s: float) -> None:
        """A burst begins; engine's seconds."""

    def voice(self, at_s: float) -> None:
        """Somebody begins to speak."""


class Line:
    """One call of ours on its circuit: its port, what is sounded on it, who listens."""

    def __init__(self, far: FarEnd, call: TrunkCall, listener: Listener) -> None:
        self.far = far
        self.call = call
        self.listener = listener
        self.port: int | None = None
        self.refused = 0  # errno: the far end's own engine would not
        self._jobs: list[Job] = []

    def open(self) -> None:
        """Take the circuit's timeslot into use and listen. The circuit may be another one by now: two seizures that met."""
        port = self.call.port
        if port is None or port == self.port:
            return
        self._let_go()
        self.port = port
        self.far.ports[port] = self
        media = self.far.media
        media.open_timeslot(port, lambda digit, level: None, self._refuse, dtmf=False, voice=False)
        media.listen(port, en.DETECT_R2F | en.DETECT_R2B, self._hear)

    def _let_go(self) -> None:
        """Nobody else's timeslot is closed: whoever won the circuit uses it already."""
        if self.port is not None and self.far.ports.get(self.port) is self:
            del self.far.ports[self.port]
            self.far.media.close_timeslot(self.port)
        self.port = None

    def watch_voice(self) -> None:
        assert self.port is not None
        self.far.media.watch_voice(self.port, self._voice)

    def _refuse(self, error: int) -> None:
        self.refused = error

    def _hear(self, what: Heard) -> None:
        if isinstance(what, R2Signal) and what.signal:
            self.listener.heard(what.signal, what.backward, self.far.media.event_s - _RECEIVER_S)

    def _voice(self, voice: Voice) -> None:
        if voice.speaks:
            self.listener.voice(voice.sample / RATE)

    def sound(self, steps: list[tuple[float, float, float, float, int]]) -> None:
        """Repeat a tone until the call is over. MediaFullError."""
        assert self.port is not None
        job = self.far.media.tone(steps)
        self._jobs.append(job)
        job.feed(self.port)

    async def press(self, key: str, on_ms: int = 80) -> float:
        """Sound a key; the engine's second at which its tone ended."""
        assert self.port is not None
        job = self.far.media.dtmf(key, on_ms=on_ms, off_ms=_AFTER_KEY_MS)
        self._jobs.append(job)
        job.feed(self.port)
        ended = await job.done
        if ended.failed:
            self.refused = ended.error
        return self.far.media.done_s(job) - _AFTER_KEY_MS / 1000

    def close(self) -> None:
        for job in self._jobs:
            job.stop()
        self._jobs.clear()
        self._let_go()


Offered = Callable[[TrunkCall, Party, Party | None], Listener | None]


class FarEnd:
    """`TrunkEvents` of its trunks. on_offered: a call that comes to us; who listens to it, or None (it is refused, cause 21)."""

    def __init__(self, lines: Lines, media: FarPlane, clock: Clock, on_offered: Offered | None = None) -> None:
        self.media = media
        self.on_offered = on_offered
        self.complaints: list[str] = []
        self.lines: dict[int, Line] = {}
        self.ports: dict[int, Line] = {}  # who uses a timeslot
        self.trunks: dict[str, Trunk] = {}
        self._own: list[PriTrunk | Ss7Trunk] = []
        self._ss7: Ss7Service | None = None
        for line in lines.trunks:
            if line.signalling == "PRI" and line.d_channel is not None:
                trunk = PriTrunk(
                    line.name,
                    line.number,
                    media,
                    clock,
                    self,
                    side=line.side,
                    variant=line.variant,
                    d_channel=line.d_channel,
                    skip=line.skip,
                )
                self._own.append(trunk)
        if lines.ss7 is not None:
            self._ss7 = Ss7Service(lines, media, clock, self, self._complain)
            self._own += self._ss7.trunks
            self._ss7.start()
        self.trunks = {trunk.name: trunk for trunk in self._own}

    def close(self) -> None:
        for line in self.lines.values():
            line.close()
        self.lines.clear()
        for trunk in self._own:
            trunk.close()
        if self._ss7 is not None:
            self._ss7.close()

    def _complain(self, severity: str, text: str) -> None:
        if severity != "info":
            self.complaints.append(text)
            del self.complaints[:-200]

    def begin(self, call: TrunkCall, listener: Listener) -> Line:
        """A call that has just been made or offered. Its line is opened when the site has said that it takes the circuit."""
        line = self.lines[id(call)] = Line(self, call, listener)
        return line

    async def up(self, patience_s: float) -> list[str]:
        """Wait until every circuit that is not blocked can take a call; names of trunks of which none can."""
        end = self.media.loop.time() + patience_s
        while True:
            states = {name: set(trunk.circuits().values()) for name, trunk in self.trunks.items()}
            ready = all(found <= {"idle", "busy", "blocked"} for found in states.values())
            down = [name for name, trunk in self.trunks.items() if not trunk.idle()]
            if (ready and not down) or self.media.loop.time() > end:
                return down
            await asyncio.sleep(0.05)

    # -- TrunkEvents -------------------------------------------------------------------------------------------

    def trunk_offered(
        self, call: TrunkCall, called: Party, calling: Party | None, redirecting: Party | None, complete: bool
    ) -> None:
        listener = self.on_offered(call, called, calling) if self.on_offered is not None else None
        if listener is None:
            call.release(21)

    def trunk_digits(self, call: TrunkCall, digits: str, complete: bool) -> None: ...
    def trunk_wants_digits(self, call: TrunkCall) -> None: ...
    def trunk_proceeding(self, call: TrunkCall, inband: bool) -> None: ...
    def trunk_progress(self, call: TrunkCall, inband: bool, cause: int | None) -> None: ...

    def trunk_alerting(self, call: TrunkCall, inband: bool) -> None:
        line = self.lines.get(id(call))
        if line is not None:
            line.listener.alerting()

    def trunk_answered(self, call: TrunkCall) -> None:
        line = self.lines.get(id(call))
        if line is not None:
            line.open()
            line.listener.answered()

    def trunk_disconnecting(self, call: TrunkCall, cause: int, inband: bool) -> None:
        call.release(cause)

    def trunk_released(self, call: TrunkCall, cause: int, by_peer: bool) -> None:
        line = self.lines.pop(id(call), None)
        if line is not None:
            line.close()
            line.listener.released(cause, by_peer)

    def trunk_state(self, trunk: Trunk, up: bool, why: str) -> None: ...
    def trunk_alarm(self, trunk: Trunk, severity: str, text: str) -> None:
        self._complain(severity, f"{trunk.name}: {text}")


def far_engine(lines: Lines) -> en.Engine:
    """The engine of the far end, not started."""
    return en.Engine(span_rows(lines), tick_ms=lines.tick_ms, law=lines.law)


__all__ = ["FarEnd", "FarPlane", "Line", "Listener", "MediaFullError", "far_engine"]
