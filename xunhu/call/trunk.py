"""The trunk interface: what call control asks of a signalling system, and what it hears from it.

One `Trunk` serves the circuits of one D channel, linkset or peer. The call layer cannot tell PRI from SS7 from SIP:
it sees `TrunkCall`s. All methods are called on the loop's thread; events come by `TrunkEvents` from there too, never from inside a
method of the same call (no re-entry: an implementation queues and delivers from its own turn of the loop).
Every release carries a Q.850 cause value.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class TrunkCallState(Enum):
    OFFERED = "offered"  # incoming, not yet acknowledged
    OVERLAP = "overlap"  # digits are still coming (in) or wanted (out)
    PROCEEDING = "proceeding"
    ALERTING = "alerting"
    ACTIVE = "active"
    RELEASING = "releasing"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Party:
    """A number with what the signalling says of it."""

    digits: str
    type: str = "unknown"  # unknown | international | national | subscriber
    presentation: str = "allowed"  # allowed | restricted | unavailable
    screening: str = "user"  # user | passed | failed | network


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A call to be made."""

    called: str
    calling: Party | None = None
    redirecting: Party | None = None
    display: str = ""
    bearer: str = "speech"  # speech | audio | unrestricted
    complete: bool = True  # False: overlap, more by TrunkCall.send_digits


class TrunkCall(Protocol):
    """One call on one circuit. `port` is the media port of its circuit, None as long as there is no circuit."""

    @property
    def trunk(self) -> Trunk: ...
    @property
    def state(self) -> TrunkCallState: ...
    @property
    def circuit(self) -> str:
        """For people and records: "Trunk0/5"."""
    @property
    def port(self) -> int | None: ...
    @property
    def incoming(self) -> bool: ...
    @property
    def clear_channel(self) -> bool:
        """64 kbit/s of data, of which no octet may be changed: bearer "unrestricted"."""
    @property
    def restore_data(self) -> dict[str, int | str | bool]:
        """What `Trunk.restore` needs to take this call over after a restart of control."""

    @property
    def keys_aside(self) -> bool:
        """Keys of this party do not come in its voice: who talks with it does not hear them."""

    def send_key(self, key: str) -> bool:
        """A key pressed towards this party, in a talk. False: the signalling has no way for it, it has to be sounded."""

    def want_digits(self, inband_tone: bool) -> None:
        """Incoming overlap: acknowledge, ask for more digits; inband_tone: a dial tone is played."""

    def proceed(self) -> None: ...
    def alert(self, inband: bool) -> None:
        """Ringing; inband: ringing tone or a prompt is in the channel."""

    def progress(self, inband: bool, cause: int | None = None) -> None: ...
    def answer(self) -> None: ...
    def send_digits(self, digits: str, complete: bool = False) -> None: ...
    def release(self, cause: int, inband: bool = False) -> None:
        """Clear from any state. inband: leave the channel open for a tone or announcement, until the other side
        releases or `release` is called again."""


class TrunkEvents(Protocol):
    """Who hears of the calls of a trunk: call control."""

    def trunk_offered(
        self, call: TrunkCall, called: Party, calling: Party | None, redirecting: Party | None, complete: bool
    ) -> None: ...
    def trunk_digits(self, call: TrunkCall, digits: str, complete: bool) -> None: ...
    def trunk_wants_digits(self, call: TrunkCall) -> None: ...
    def trunk_proceeding(self, call: TrunkCall, inband: bool) -> None: ...
    def trunk_progress(self, call: TrunkCall, inband: bool, cause: int | None) -> None: ...
    def trunk_alerting(self, call: TrunkCall, inband: bool) -> None: ...
    def trunk_answered(self, call: TrunkCall) -> None: ...
    def trunk_disconnecting(self, call: TrunkCall, cause: int, inband: bool) -> None:
        """The other side clears; the circuit is still ours until trunk_released. Release follows by itself within
        the protocol's timers; calling `release` hastens it."""

    def trunk_released(self, call: TrunkCall, cause: int, by_peer: bool) -> None:
        """The last word of each call; its circuit is free."""

    def trunk_state(self, trunk: Trunk, up: bool, why: str) -> None: ...
    def trunk_alarm(self, trunk: Trunk, severity: str, text: str) -> None: ...


class NoCircuitError(Exception):
    """No circuit to be had; cause is the Q.850 value for it (34 none idle, 38 out of order, 42 congestion)."""

    def __init__(self, cause: int, text: str) -> None:
        super().__init__(text)
        self.cause = cause


class Trunk(Protocol):
    @property
    def name(self) -> str:
        """"Trunk0"."""

    @property
    def up(self) -> bool: ...
    def circuits(self) -> dict[str, str]:
        """circuit -> "idle" | "busy" | "blocked" | "maintenance" | "down"."""

    def idle(self) -> list[int]:
        """Media ports of circuits that can take a call now, in circuit order."""

    def setup(self, request: CallRequest, port: int | None = None) -> TrunkCall:
        """Make a call on the circuit of `port` (None: any idle). NoCircuitError."""

    def restore(self, data: dict[str, int | str | bool]) -> TrunkCall | None:
        """Take over an active call after a restart of control; None: it cannot be."""

    def restart_idle(self) -> None:
        """After start-up: reset every circuit that no restored call holds (RESTART, GRS)."""
