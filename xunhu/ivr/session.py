"""What a flow may ask of the call it serves. Call control implements it; the interpreter knows nothing else of calls.

Each method is awaited by the one task that walks the flow. When the caller goes away the pending method raises
`CallerGoneError`; the walk ends there (result 0003).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol


class CallerGoneError(Exception):
    """The caller has hung up."""


class FaxHeardError(Exception):
    """A fax machine has been heard, and the flow has said that it minds (`Session.mind_fax`)."""


class ServiceError(Exception):
    """What was asked for failed for a reason of ours (no port, disk full, no speech); the flow goes on with result 0010."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What play_collect brings: keys pressed in order; why it ended."""

    digits: str
    reason: str  # "played" | "timeout" | "full" | "end-key" | "first-end" | "invalid" | "missing-file"
    missing: str = ""  # the file that could not be played


@dataclass(frozen=True, slots=True)
class ConnectResult:
    """How an attempt to reach somebody ended; `answered` only after the talk is over or handed on."""

    outcome: str  # "ended" | "caller-gone" | "busy" | "no-answer" | "refused" | "waited" | "nobody"
    extension: str = ""
    cause: int = 16


@dataclass(frozen=True, slots=True)
class ConferenceResult:
    """How it was in a conference room: "left" by key, "removed", "ended" (the room), "moved" (it talked with somebody then, which is over),
    "lost" (the media engine); or why it came to nothing: "wrong-pin", "locked", "full", "no-room", "refused". member: its number there."""

    outcome: str
    member: str = ""
    seconds: float = 0.0


class Session(Protocol):
    @property
    def variables(self) -> Mapping[str, str]:
        """System variables of the call: calling, called, call, trunk, date (2026-11-23), time (14:03:27), weekday 1-7."""

    async def answer(self) -> None: ...
    async def play_collect(
        self,
        files: Sequence[str],
        *,
        digits: int = 0,
        valid: str = "0123456789*#",
        interrupt: str = "",
        end: str = "",
        first_end: str = "",
        timeout_s: float = 0.0,
        between_s: float = 5.0,
        control: Mapping[str, str] = MappingProxyType({}),
        step_s: float = 5.0,
    ) -> Collected:
        """Play files (absolute paths) without a gap and collect at most `digits` keys.

        digits 0: play only. A key in `interrupt` stops the playing (and counts as a key). A key in `end` ends the collecting and is not part of
        the digits. A key in `first_end` ends it when it is the first one, and is the digits. A key outside `valid` (and outside end and
        first_end) ends with reason "invalid". timeout_s: how long after the last file to wait for the first key; between_s: between keys.
        control: keys that do something with the playing (`model.CONTROLS`) and are not taken otherwise while it lasts; step_s: how far back
        and forward go.
        Keys pressed ahead during the last node are taken into account (typed ahead), unless the caller pressed none of `interrupt`.
        """

    async def record(
        self,
        path: str,
        *,
        stop_keys: str = "",
        seconds: float = 60.0,
        beep: bool = True,
        silence_s: float = 0.0,
        lead_s: float = 0.0,
        cut: bool = True,
    ) -> float:
        """Record the caller into path; returns seconds recorded (0.0: nothing). silence_s: so much silence ends it, lead_s instead as long as
        nothing was said, which then counts as nothing; cut: silence that ended it is left out."""

    async def recording(self, what: str, on: bool = True) -> str:
        """Of the recording of the call: "start", "stop", "mask" (silence in the place of what is said, and hidden keys), "pause" (it is left
        out); on: of the last two, whether it begins or ends. "" or why it could not be done."""

    async def background(self, files: Sequence[str], *, gain_db: float | None = None, duck_db: float | None = None) -> str:
        """A sound under all that follows, over and over; no files: none any more. gain_db: of it; duck_db: by so much it is lowered while a prompt
        is played or somebody speaks; None: as the site says. "" or why it could not be done."""

    async def wait_key(self, keys: str, timeout_s: float) -> str:
        """One key out of `keys`; "" when none came."""

    async def connect(self, extensions: Sequence[str], *, wait_s: float, queue: bool, music: str = "") -> ConnectResult:
        """Ring extensions one after the other (all idle ones in order), bridge to the first that answers, return when the talk
        is over. queue: while all are busy wait up to wait_s with music."""

    async def conference(
        self,
        number: str,
        *,
        role: str = "talk",
        pin: str | None = None,
        ask: bool = True,
        create: bool = False,
        to: str = "",
        language: str = "",
    ) -> ConferenceResult:
        """Be in a conference room until it is over for this caller.

        role: "talk", "listen", "leader" or "whisper" (to the party `to`); the leaders' PIN makes a leader. pin: as known already, None: not. ask:
        where the room has a PIN the caller is asked for it, in three tries; without `ask` and without a pin he comes in as the flow says. create:
        a room of that number is made where the configuration has none. language: of what he is told, "" the room's."""

    def mind_fax(self, on: bool) -> None:
        """on: a fax machine that is heard from now on, or was heard since the call began or since the last FaxHeardError, ends what is waited
        for with FaxHeardError, once. Off when a flow begins."""

    async def hangup(self, cause: int = 16) -> None: ...
    async def speak_text(self, text: str, language: str) -> str:
        """Text to speech: path of a file with it, ready to play (cached)."""

    def node_entered(self, flow: str, version: str, node: str, variables: Mapping[str, str]) -> None:
        """For the ledger: the walk is at this node, with these flow variables."""

    def node_result(self, node: str, result: str, key: str) -> None: ...
    def note(self, text: str) -> None:
        """A remark for the ledger, such as a prompt file that is missing."""
