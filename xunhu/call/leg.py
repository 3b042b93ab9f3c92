"""`Leg`: one party of a call, that is one trunk call with its media port.

States and what may happen in each (an event that has no row is ignored and changes nothing: it has been overtaken by a release):

| state | proceeding | progress | alerting | answered | disconnecting | released |
| --- | --- | --- | --- | --- | --- | --- |
| SETUP | noted | early media | RINGING | TALKING | CLEARING | RELEASED |
| RINGING | - | early media | early media | TALKING | CLEARING | RELEASED |
| TALKING | - | - | - | - | CLEARING | RELEASED |
| CLEARING | - | - | - | - | - | RELEASED |
| RELEASED | - | - | - | - | - | - |

The leg tells its call what has happened, never more than once: `leg_alerting`, `leg_progress`, `leg_answered`, `leg_gone` (the party is
lost for the call), `leg_released` (its circuit is free).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from xunhu.call import causes
from xunhu.call.call_recording import HIDDEN_KEY
from xunhu.call.ears import Ears
from xunhu.call.key_relay import relay_key
from xunhu.call.media import Job
from xunhu.call.trunk import TrunkCall

if TYPE_CHECKING:
    from xunhu.call.call import Call
    from xunhu.call.room_party import Party

KEYS_AHEAD = 64


class LegState(Enum):
    SETUP = "setup"
    RINGING = "ringing"
    TALKING = "talking"
    CLEARING = "clearing"
    RELEASED = "released"


_OPEN = (LegState.SETUP, LegState.RINGING, LegState.TALKING)
_BEFORE_ANSWER = (LegState.SETUP, LegState.RINGING)

#: outcome ("answered" | "busy" | "no-answer" | "refused" | "abandoned"), cause
Outcome = tuple[str, int]


class Leg:
    """See the module's text."""

    def __init__(
        self,
        call: Call,
        name: str,
        role: str,
        trunk_call: TrunkCall,
        *,
        calling: str,
        called: str,
        extension: str = "",
    ) -> None:
        self.call = call
        self.name = name
        self.role = role
        self.trunk_call = trunk_call
        self.calling = calling
        self.called = called
        self.extension = extension
        self.state = LegState.SETUP
        self.cause = 0
        self.by_peer = False
        self.track = 0 if role == "caller" else 1
        self.early_media = False  # the far end sends tones or speech before the answer
        self.port: int | None = None
        self.keys: deque[str] = deque(maxlen=KEYS_AHEAD)
        self.on_key: Callable[[], None] | None = None
        self.keys_are_secret = False  # a PIN: the ledger learns only that there were keys
        self.on_outcome: Callable[[Leg, Outcome], None] | None = None
        self.seat: Party | None = None  # its place in a conference room
        self.ears = Ears(self)
        self._sources: dict[int, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._why = ""

    def __repr__(self) -> str:
        return f"<Leg {self.call.id}/{self.name} {self.role} {self.state.value} {self.trunk_call.circuit}>"

    @property
    def party(self) -> str:
        """The number of who is at the other end."""
        return self.calling if self.trunk_call.incoming else self.called

    @property
    def open(self) -> bool:
        return self.state in _OPEN

    @property
    def answered(self) -> bool:
        return self.state is LegState.TALKING

    # -- media ---------------------------------------------------------------------------------------------------

    def take_port(self) -> None:
        """Open the timeslot of the circuit, once it is known; move to another when the two ends have agreed on another."""
        port = self.trunk_call.port
        if port is None or port == self.port:
            return
        media = self.call.control.media
        if self.port is not None:
            media.close_timeslot(self.port)
        self.port = port
        media.open_timeslot(
            port,
            self._digit,
            self._refused,
            dtmf=self.call.control.settings.detect_in_talk,
            voice=not self.trunk_call.clear_channel,
        )
        for source, gain in self._sources.items():
            media.connect(source, port, gain_db=gain)
        self.ears.rung()

    def adopt_port(self) -> None:
        """After a restart of control: the timeslot is open in the engine."""
        self.port = self.trunk_call.port
        if self.port is not None:
            self.call.control.media.adopt_timeslot(self.port, self._digit)

    def hear(self, source: int, gain_db: float = 0.0) -> None:
        """Let this party hear a port."""
        self._sources[source] = gain_db
        if self.port is not None:
            self.call.control.media.connect(source, self.port, gain_db=gain_db)

    @property
    def sources(self) -> tuple[int, ...]:
        """The ports this party hears."""
        return tuple(self._sources)

    def unhear(self, source: int) -> None:
        if self._sources.pop(source, None) is not None and self.port is not None:
            self.call.control.media.disconnect(source, self.port)

    def hear_job(self, job: Job) -> None:
        """Let this party hear a player or tone until that ends."""
        if job.closed or job.port < 0:
            return
        source = job.port
        self.hear(source)
        job.done.add_done_callback(lambda _ended: self._sources.pop(source, None))
        if self.call.background is not None:
            self.call.background.prompt(job)

    def _refused(self, error: int) -> None:
        if self.open:
            self.call.note(f"leg {self.name}: the media engine refuses the channel (errno {error})")
            self.call.leg_without_media(self)

    def _digit(self, digit: str, _level: int) -> None:
        if not self.open:
            return
        shown = HIDDEN_KEY if self.keys_are_secret or self.call.recorder.hidden else digit
        self.call.log("leg.digit", party=self.party, leg=self.name, digit=shown)
        self.keys.append(digit)
        if self.trunk_call.keys_aside:
            relay_key(self, digit)
        if self.on_key is not None:
            self.on_key()

    # -- what we do ----------------------------------------------------------------------------------------------

    def start_ringing_timer(self, seconds: float) -> None:
        self._timer = self.call.control.loop.call_later(seconds, self._no_answer)

    def _no_answer(self) -> None:
        if self.state in _BEFORE_ANSWER:
            self._why = "no answer in time"
            self.release(causes.NORMAL, outcome_cause=causes.NO_ANSWER)

    def answer(self) -> None:
        """Answer an incoming leg; nothing if that is done or too late."""
        if self.state in _BEFORE_ANSWER and self.trunk_call.incoming:
            self.trunk_call.answer()
            self._talking()

    def _talking(self) -> None:
        self.state = LegState.TALKING
        self._stop_timer()
        self.take_port()
        self.ears.answered()
        self.call.log(
            "leg.answered", party=self.party, leg=self.name, port=self.port, restore=self.trunk_call.restore_data
        )
        self.call.leg_answered(self)
        if self.call.background is not None:
            self.call.background.join(self)
        self._outcome("answered", 0)

    def release(self, cause: int, *, outcome_cause: int | None = None) -> None:
        """Clear the party from any state, with a Q.850 cause. outcome_cause: what an attempt to reach it reports (default: abandoned)."""
        if not self.open:
            return
        before = self.state
        self.state = LegState.CLEARING
        self._leave_all()
        self.cause = causes.valid(cause)
        self._stop_timer()
        self.trunk_call.release(self.cause)
        if before in _BEFORE_ANSWER:
            if outcome_cause is None:
                self._outcome("abandoned", self.cause)
            else:
                self._outcome(causes.outcome(outcome_cause), outcome_cause)
        self.call.leg_gone(self)

    # -- what the trunk says -------------------------------------------------------------------------------------

    def proceeding(self, inband: bool) -> None:
        if self.state is LegState.SETUP:
            self.take_port()
            self.call.log("leg.proceeding", party=self.party, leg=self.name)
            if inband:
                self._early(None)

    def progress(self, inband: bool, cause: int | None) -> None:
        if self.state in _BEFORE_ANSWER:
            self.take_port()
            if inband:
                self._early(cause)

    def _early(self, cause: int | None) -> None:
        self.early_media = True
        self.call.leg_early(self, cause)

    def alerting(self, inband: bool) -> None:
        if self.state not in _BEFORE_ANSWER:
            return
        self.take_port()
        self.early_media = self.early_media or inband
        if self.state is LegState.SETUP:
            self.state = LegState.RINGING
            self.call.log("leg.alerting", party=self.party, leg=self.name)
        self.call.leg_alerting(self)

    def peer_answered(self) -> None:
        """CONNECT for a leg we made. For one we answered it is the far end's acknowledgement and changes nothing."""
        if self.state in _BEFORE_ANSWER and not self.trunk_call.incoming:
            self._talking()

    def _leave_all(self) -> None:
        self.ears.close()
        if self.call.background is not None:
            self.call.background.gone(self)
        if self.seat is not None:
            self.seat.room.leave(self.seat, "hung-up")

    def disconnecting(self, cause: int) -> None:
        """The party clears: the circuit is given back at once, in-band announcements of a call that failed are not waited for."""
        if self.open:
            self._lost(cause, by_peer=True)
            self.trunk_call.release(causes.NORMAL)

    def _lost(self, cause: int, *, by_peer: bool) -> None:
        before = self.state
        self.state = LegState.CLEARING
        self._leave_all()
        self.cause = causes.valid(cause)
        self.by_peer = by_peer
        self._stop_timer()
        if before in _BEFORE_ANSWER:
            self._outcome(causes.outcome(self.cause), self.cause)
        self.call.leg_gone(self)

    def released(self, cause: int, by_peer: bool) -> None:
        """The trunk's last word: the circuit is free."""
        if self.state is LegState.RELEASED:
            return
        if self.open:
            self._lost(cause, by_peer=by_peer)
        self.state = LegState.RELEASED
        if self.port is not None:
            self.call.control.media.close_timeslot(self.port)
            self.port = None
        self._sources.clear()
        by = "peer" if self.by_peer else "us"
        why = {"why": self._why} if self._why else {}
        self.call.log("leg.released", party=self.party, leg=self.name, cause=self.cause, by=by, **why)
        self.call.leg_released(self)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _outcome(self, outcome: str, cause: int) -> None:
        listener, self.on_outcome = self.on_outcome, None
        if listener is not None:
            listener(self, (outcome, cause))
