"""Errors of the protocol stacks: whose fault it is decides what happens next."""

from __future__ import annotations


class ProtocolError(Exception):
    """Base of the two below."""


class LocalError(ProtocolError):
    """Our own caller asked for what cannot be done; nothing has been sent."""


class RemoteError(ProtocolError):
    """The peer's octets are wrong. `cause` is the Q.850 cause that answers them, None where none fits."""

    def __init__(self, text: str, cause: int | None = None) -> None:
        super().__init__(text)
        self.cause = cause
