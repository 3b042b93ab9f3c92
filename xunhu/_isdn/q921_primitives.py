"""What a data link gives its owner: frames to be sent, and the primitives of ITU-T Q.921 §4 (upwards and to management)."""

from __future__ import annotations

from dataclasses import dataclass

import cython


@cython.freelist(64)
@cython.cclass
@dataclass(frozen=True)
class Frame:
    """To be sent: address, control and information field, without flags and FCS."""

    octets: bytes


@cython.cclass
@dataclass(frozen=True)
class DlEstablishIndication:
    """The peer has established the link, or established it anew and what was not acknowledged is lost."""


@cython.cclass
@dataclass(frozen=True)
class DlEstablishConfirm:
    """The link we asked for is up."""


@cython.cclass
@dataclass(frozen=True)
class DlReleaseIndication:
    """The link is down, by the peer or because it does not answer."""


@cython.cclass
@dataclass(frozen=True)
class DlReleaseConfirm:
    """The release we asked for is done."""


@cython.freelist(64)
@cython.cclass
@dataclass(frozen=True)
class DlDataIndication:
    """Information of an I frame, in sequence, exactly once."""

    payload: bytes


@cython.cclass
@dataclass(frozen=True)
class DlUnitDataIndication:
    """Information of a UI frame; neither sequence nor delivery is certain."""

    payload: bytes


@cython.cclass
@dataclass(frozen=True)
class MdlError:
    """MDL-ERROR indication: the letter of Q.921 Appendix II and what it means."""

    code: str
    text: str


Output = (
    Frame
    | DlEstablishIndication
    | DlEstablishConfirm
    | DlReleaseIndication
    | DlReleaseConfirm
    | DlDataIndication
    | DlUnitDataIndication
    | MdlError
)
