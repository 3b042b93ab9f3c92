"""What NOTIFY carries of the event packages dialog (RFC 4235), presence (PIDF, RFC 3863, with activities of RFC 4480) and message-summary
(RFC 3842). States in, octets out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

DIALOG, PRESENCE, MESSAGES = "dialog", "presence", "message-summary"
CONTENT_TYPES = {
    DIALOG: "application/dialog-info+xml",
    PRESENCE: "application/pidf+xml",
    MESSAGES: "application/simple-message-summary",
}
DIALOG_STATES = ("trying", "proceeding", "early", "confirmed", "terminated")


@dataclass(frozen=True, slots=True)
class DialogState:
    """One call of an extension. id: the same as long as it lasts; state: of DIALOG_STATES; initiator: the extension has called; remote: URI and
    name of the other party; call_id and tags: of the dialog as the watcher would write them into a Replaces, "" where nobody may."""

    id: str
    state: str
    initiator: bool = False
    remote: str = ""
    remote_name: str = ""
    call_id: str = ""
    local_tag: str = ""
    remote_tag: str = ""


@dataclass(frozen=True, slots=True)
class PresenceState:
    """open: it can be reached; busy: it is in a call; note: for people."""

    open: bool
    busy: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class MessageSummary:
    """Voice messages: new and old, of these urgent."""

    new: int = 0
    old: int = 0
    new_urgent: int = 0
    old_urgent: int = 0


def _text(text: str) -> str:
    """Without what no XML can hold."""
    kept = "".join(
        c for c in text if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    )
    return escape(kept)


def _attribute(text: str) -> str:
    return quoteattr("".join(c for c in text if c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff"))


def dialog_info(entity: str, version: int, states: Iterable[DialogState], *, full: bool) -> bytes:
    """entity: URI of the extension; version: one more each time of one subscription, from 0."""
    kind = "full" if full else "partial"
    out = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" '
        f'version="{version}" state="{kind}" entity={_attribute(entity)}>\n'
    ]
    for row in states:
        direction = "initiator" if row.initiator else "recipient"
        ids = "".join(
            f" {name}={_attribute(value)}"
            for name, value in (("call-id", row.call_id), ("local-tag", row.local_tag), ("remote-tag", row.remote_tag))
            if value
        )
        out.append(f'<dialog id={_attribute(row.id)}{ids} direction="{direction}">\n<state>{row.state}</state>\n')
        out.append(f"<local><identity>{_text(entity)}</identity><target uri={_attribute(entity)}/></local>\n")
        if row.remote:
            name = f" display={_attribute(row.remote_name)}" if row.remote_name else ""
            out.append(
                f"<remote><identity{name}>{_text(row.remote)}</identity><target uri={_attribute(row.remote)}/></remote>\n"
            )
        out.append("</dialog>\n")
    out.append("</dialog-info>\n")
    return "".join(out).encode()


def pidf(entity: str, state: PresenceState) -> bytes:
    """entity: URI of the extension."""
    basic = "open" if state.open else "closed"
    note = f"<note>{_text(state.note)}</note>" if state.note else ""
    person = ""
    if state.busy:
        person = '<dm:person id="p"><rpid:activities><rpid:on-the-phone/></rpid:activities></dm:person>\n'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
        f'xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity={_attribute(entity)}>\n'
        f'<tuple id="t"><status><basic>{basic}</basic></status>{note}</tuple>\n{person}</presence>\n'
    ).encode()


def message_summary(account: str, state: MessageSummary) -> bytes:
    """account: URI to call for the messages."""
    waiting = "yes" if state.new else "no"
    counts = f"{state.new}/{state.old} ({state.new_urgent}/{state.old_urgent})"
    return f"Messages-Waiting: {waiting}\r\nMessage-Account: {account}\r\nVoice-Message: {counts}\r\n".encode()
