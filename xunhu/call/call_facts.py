"""What a call consists of beside its legs: its state, what was known at its begin, who is rung, who is on hold, digits so far."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from xunhu.call.leg import Leg
from xunhu.call.media import Job
from xunhu.call.trunk import Party


class CallState(Enum):
    COLLECTING = "collecting"
    FLOW = "flow"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    ENDING = "ending"
    ENDED = "ended"


@dataclass(slots=True)
class Ring:
    """A leg that is rung, and who listens meanwhile."""

    listener: Leg | None
    ringback: bool
    job: Job | None = None
    cut_through: int | None = None  # port of the rung leg that the listener hears


@dataclass(slots=True)
class Hold:
    partner: Leg
    job: Job | None


@dataclass(slots=True)
class Digits:
    """Overlap receiving: what has come."""

    called: str
    timer: asyncio.TimerHandle | None = None
    tone: Job | None = None


@dataclass(slots=True)
class CallFacts:
    """What was known when the call began."""

    direction: str
    calling: str
    called: str
    trunk: str
    circuit: str
    redirecting: str = ""
    group: str = ""
    caller: Party | None = None  # calling, with what the signalling says of it
    redirector: Party | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def party(self, number: str) -> Party | None:
        """A number as the calling one of a further leg: with type and presentation where it is that of the caller."""
        if self.caller is not None and self.caller.digits == number:
            return self.caller
        return Party(number) if number else None
