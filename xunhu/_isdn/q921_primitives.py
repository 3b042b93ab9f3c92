"""What a data link gives its owner: frames to be sent, and the primitives of ITU-T Q.921 §4 (upwards and to management)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """To be sent: address, control and information field, without flags and FCS."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class DlEstablishIndication:
    """The peer has established the link, or established it anew and what was not acknowledged is lost."""


@dataclass(frozen=True, slots=True)
class DlEstablishConfirm:
    """The link we asked for is up."""


@dataclass(frozen=True, slots=True)
class DlReleaseIndication:
    """The link is down, by the peer or because it does not answer."""


@dataclass(frozen=True, slots=True)
class DlReleaseConfirm:
    """The release we asked for is done."""


@dataclass(frozen=True, slots=True)
class DlDataIndication:
    """Information of an I frame, in sequence, exactly once."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class DlUnitDataIndication:
    """Information of a UI frame; neither sequence nor delivery is certain."""

    payload: bytes


@dataclass(frozen=True, slots=True)
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
