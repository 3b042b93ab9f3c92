"""What the public calls of call control raise; each text says what is not so."""

from __future__ import annotations


class CallControlError(Exception):
    """Base of them all."""


class NoSuchCallError(CallControlError):
    """There is no call, leg, extension or trunk group of this name."""


class LegGoneError(CallControlError):
    """The party has left, or is leaving, the call."""


class NotPossibleError(CallControlError):
    """The leg is not in a state for that."""


class RoomError(CallControlError):
    """Somebody cannot be let into a conference room; `reason` is what a flow is told."""

    reason = "refused"


class NoSuchRoomError(RoomError):
    """There is no room of this number, or no such party in it."""

    reason = "no-room"


class WrongPinError(RoomError):
    reason = "wrong-pin"


class RoomLockedError(RoomError):
    reason = "locked"


class RoomFullError(RoomError):
    """It has as many parties as it may, or there are as many rooms as can be."""

    reason = "full"
