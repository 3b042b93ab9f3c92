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
