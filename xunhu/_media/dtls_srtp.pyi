"""DTLS-SRTP: include/xunhu/dtls_srtp.h as objects. Hashes by their names in a=fingerprint; suites: XH_SRTP_* of engine_rtp.h."""

import os
from collections.abc import Iterable
from typing import NamedTuple

from typing_extensions import Buffer

STATES: tuple[str, ...]  # new, shaking, done, failed, closed
HASHES: tuple[str, ...]

class Keys(NamedTuple):
    """suite; master key and salt of what we send, of what they send."""

    suite: int
    ours: bytes
    theirs: bytes

class Identity:
    def __init__(self, pem: str | os.PathLike[str] | None = None) -> None:
        """Certificate and key of a PEM file; None: made now. OSError: not to be read, EBADMSG no such in it."""
    def fingerprint(self, hash: str = "sha-256") -> bytes: ...

class Dtls:
    def __init__(self, identity: Identity, client: bool, fingerprint: Buffer, *, hash: str = "sha-256", suites: Iterable[int] = ()) -> None:
        """fingerprint: of the far end's certificate. suites: (): all. ValueError."""
    def start(self) -> str: ...
    def receive(self, datagram: Buffer) -> str:
        """The state after it."""
    def due_ms(self) -> int | None: ...
    def timeout(self) -> str: ...
    def send(self) -> list[bytes]:
        """Datagrams to be sent now."""
    @property
    def state(self) -> str: ...
    @property
    def why(self) -> str: ...
    def keys(self) -> Keys | None: ...
    def close(self) -> None: ...
