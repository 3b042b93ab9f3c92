"""REFER (RFC 3515) at both sides, with its implicit subscription; Replaces (RFC 3891), Referred-By (3892), norefersub (4488).

Of our own REFER in a session news come as `ReferProgress`; of the other side's the owner gets a `Referral` by `Referred`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xunhu.protocol.errors import LocalError
from xunhu.sip.dialog import Dialog
from xunhu.sip.event_header import event_of
from xunhu.sip.events import InfoAnswered, InfoReceived, ReferProgress, Referred, RequestReceived
from xunhu.sip.message import NameAddr, SipMessage, SipParseError, SipUri
from xunhu.sip.outgoing import Outgoing
from xunhu.sip.server_request import ServerRequest
from xunhu.sip.session_base import CONFIRMED, EARLY, ENDED, Headers
from xunhu.sip.session_timer import SessionTimer
from xunhu.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from xunhu.sip.user_agent import UserAgent

__all__ = ["Referral", "SessionRefer", "parse_replaces", "sipfrag_status"]

_FRAGMENT = "message/sipfrag;version=2.0"
_EXPIRES_S = 120
_MAX_REFERRALS = 4  # of a session at the same time


def parse_replaces(text: str) -> tuple[str, str, str, bool] | None:
    """Call-ID, to-tag, from-tag, early-only (RFC 3891 §6.1); None: it is none."""
    call_id, *rows = text.split(";")
    found: dict[str, str] = {}
    for row in rows:
        name, _, value = row.partition("=")
        found[name.strip().lower()] = value.strip()
    if not call_id.strip() or not found.get("to-tag") or not found.get("from-tag"):
        return None
    return call_id.strip(), found["to-tag"], found["from-tag"], "early-only" in found


def sipfrag_status(body: bytes) -> tuple[int, str]:
    """Status and reason of the status line in a NOTIFY's body; (0, "") where there is none."""
    line = body.lstrip(b"\r\n").partition(b"\r\n")[0].partition(b"\n")[0].decode("utf-8", "replace")
    version, _, rest = line.partition(" ")
    if version.upper() != "SIP/2.0" or not (rest[:3].isascii() and rest[:3].isdigit() and len(rest[:3]) == 3):
        return 0, ""
    return int(rest[:3]), rest[3:].strip()


def refer_target(message: SipMessage) -> tuple[NameAddr, tuple[str, str, str] | None]:
    """Refer-To and the Replaces in its URI. SipParseError 400: not exactly one Refer-To."""
    rows = message.all("Refer-To")
    if len(rows) != 1:
        raise SipParseError(400, "not exactly one", "Refer-To")
    target = NameAddr.parse(rows[0], "Refer-To")
    replaces = None
    if isinstance(target.uri, SipUri):
        for name, value in target.uri.headers.items():
            if name.lower() == "replaces":
                found = parse_replaces(value)
                if found is None:
                    raise SipParseError(400, "no Replaces in its URI", "Refer-To")
                replaces = found[:3]
    return target, replaces


class Referral:
    """A REFER of the other side. `accept` or `refuse`, then `notify` until a final status; over with the dialog."""

    def __init__(self, ua: UserAgent, tx: ServerTransaction, dialog: Dialog, session: Any) -> None:
        self._ua = ua
        self._tx: ServerTransaction | None = tx
        self._dialog = dialog
        self._session = session
        self._id = tx.request.cseq[0]
        self._quiet = tx.request.get("Refer-Sub").strip().lower() == "false"  # RFC 4488
        self._silent = self._quiet
        self._on_its_way: Outgoing | None = None
        self._next: tuple[int, str] | None = None
        self.over = False

    def accept(self, *, now: int) -> None:
        """202 and the first NOTIFY (RFC 3515 §2.4.4). LocalError: answered before."""
        tx = self._answering()
        headers = [("Contact", self._dialog.contact)]
        if self._quiet:
            headers.append(("Refer-Sub", "false"))
        tx.respond(self._ua.reply(tx.request, 202, "", self._dialog.local_tag, headers), now)
        if self._quiet:
            self._close()
        else:
            self.notify(100, "Trying", now=now)

    def refuse(self, status: int = 603, *, now: int) -> None:
        """LocalError: answered before."""
        tx = self._answering()
        tx.respond(self._ua.reply(tx.request, status, "", self._dialog.local_tag, []), now)
        self._close()

    def _answering(self) -> ServerTransaction:
        if self._tx is None:
            raise LocalError("REFER has been answered")
        tx = self._tx
        self._tx = None
        return tx

    def notify(self, status: int, reason: str = "", *, now: int) -> None:
        """What the referred request got. Two do not run at the same time: of several the last goes. Nothing happens after a final one,
        after the dialog's end and where no notifications are wanted."""
        if self.over or self._tx is not None:
            return
        if self._on_its_way is not None:
            self._next = (status, reason)
            return
        final = status >= 200
        state = "terminated;reason=noresource" if final else f"active;expires={_EXPIRES_S}"
        headers = [
            ("Contact", self._dialog.contact),
            ("Event", f"refer;id={self._id}"),
            ("Subscription-State", state),
        ]
        body = f"SIP/2.0 {status} {reason or self._ua.reason(status)}\r\n".encode()
        self._on_its_way = self._ua.ask(
            self._dialog, "NOTIFY", headers, body, _FRAGMENT, self, "NOTIFY", self._auth(), now
        )
        if final:
            self._next = None
            self.over = True

    def _auth(self) -> Any:
        return None if self._session is None else self._session.auth

    def on_answer(self, out: Outgoing, message: SipMessage | None, status: int, now: int) -> None:
        if status < 200:
            return
        self._on_its_way = None
        if self.over or status in (408, 481, 489):
            self._close()
        elif self._next is not None:
            status, reason = self._next
            self._next = None
            self.notify(status, reason, now=now)

    def on_over(self, out: Outgoing, now: int) -> None:
        """Nothing hangs on it."""

    def receive(self, tx: ServerTransaction, now: int) -> None:
        """SUBSCRIBE that prolongs it, or ends it (RFC 3515 §2.4.6)."""
        ended = tx.request.expires == 0
        headers = [("Expires", "0" if ended else str(_EXPIRES_S)), ("Contact", self._dialog.contact)]
        tx.respond(self._ua.reply(tx.request, 200, "", self._dialog.local_tag, headers), now)
        if ended and not self.over:
            self.notify(487, now=now)

    def _close(self) -> None:
        self.over = True
        self._next = None
        self._ua.referral_over(self, self._dialog, self._session)

    def dropped(self) -> None:
        """The dialog has gone."""
        self.over = True
        self._next = None


class SessionRefer(SessionTimer):
    """See `session.InviteSession`."""

    def _init_parts(self) -> None:
        super()._init_parts()
        self.referrals: list[Referral] = []
        self._refers: list[Outgoing] = []  # ours whose last NOTIFY has not come

    def refer(
        self,
        refer_to: str,
        referred_by: str = "",
        replaces: tuple[str, str, str] | None = None,
        headers: Headers | None = None,
        *,
        now: int,
    ) -> None:
        """Ask the other side to call refer_to (a URI), in the place of the dialog `replaces` (Call-ID, to-tag, from-tag) of its target."""
        dialog = self._need(CONFIRMED, EARLY)
        uri = refer_to
        if replaces is not None:
            value = f"{replaces[0]};to-tag={replaces[1]};from-tag={replaces[2]}"
            mark = "&" if "?" in uri else "?"
            uri = f"{uri}{mark}Replaces={_escaped(value)}"
        rows = [("Contact", dialog.contact), ("Refer-To", f"<{uri}>")]
        if referred_by:
            rows.append(("Referred-By", referred_by))
        rows += headers or []
        if len(self._refers) >= _MAX_REFERRALS:
            del self._refers[0]  # the other side owes its end, and will not say it any more
        # From now on: a NOTIFY may overtake the 202 (RFC 6665 §4.1.2.4).
        self._refers.append(self._ask(dialog, "REFER", [*rows, *self.ua.abilities], b"", "", "REFER", now))

    def _refer_answered(self, out: Outgoing, message: SipMessage | None, status: int) -> None:
        if status < 200 or self.state == ENDED:
            return
        accepted = message is not None and status < 300
        quiet = message is not None and message.get("Refer-Sub").strip().lower() == "false"
        if accepted and not quiet:
            if out in self._refers:  # else its last NOTIFY was faster
                self.ua.events.append(ReferProgress(self, 202, "", False))  # type: ignore[arg-type]
            return
        if out in self._refers:
            self._refers.remove(out)
        reason = "" if message is None else message.reason
        self.ua.events.append(ReferProgress(self, status, reason, True))  # type: ignore[arg-type]

    def _received_refer(self, tx: ServerTransaction, now: int) -> None:
        message = tx.request
        dialog = self.dialog
        assert dialog is not None
        if len(self.referrals) >= _MAX_REFERRALS:
            self._refuse(tx, 486, now)
            return
        target, replaces = refer_target(message)
        dialog.learn_target(message)
        referral = Referral(self.ua, tx, dialog, self)
        self.referrals.append(referral)
        self.ua.hold(tx, now)
        by = message.get("Referred-By")
        self.ua.events.append(Referred(self, referral, message, target, replaces, by))  # type: ignore[arg-type]

    def _received_notify(self, tx: ServerTransaction, now: int) -> None:
        """Of our REFER. One of another event, or that no REFER asked for, has no subscription here: 481 (RFC 6665 §4.1.3)."""
        message = tx.request
        package, known = event_of(message)
        of = next((out for out in self._refers if not known or str(out.message.cseq[0]) == known), None)
        if package != "refer" or of is None:
            self._refuse(tx, 481 if package == "refer" else 489, now)
            return
        tx.respond(self._reply(message, 200, []), now)
        status, reason = sipfrag_status(message.body)
        ended = message.get("Subscription-State").strip().lower().startswith("terminated")
        final = ended or status >= 200
        if final:
            self._refers.remove(of)
        if status or final:
            self.ua.events.append(ReferProgress(self, status, reason, final))  # type: ignore[arg-type]

    # -- INFO and MESSAGE --------------------------------------------------------------------------------------

    def info(self, content_type: str, body: bytes, headers: Headers | None = None, *, now: int) -> None:
        """INFO; what becomes of it comes as `InfoAnswered`."""
        dialog = self._need(CONFIRMED, EARLY)
        self._ask(dialog, "INFO", headers or [], body, content_type, "INFO", now)

    def message(self, content_type: str, body: bytes, headers: Headers | None = None, *, now: int) -> None:
        """MESSAGE inside the dialog; `InfoAnswered` as well."""
        dialog = self._need(CONFIRMED, EARLY)
        self._ask(dialog, "MESSAGE", headers or [], body, content_type, "MESSAGE", now)

    def _info_answered(self, out: Outgoing, status: int) -> None:
        if status >= 200 and self.state != ENDED:
            self.ua.events.append(InfoAnswered(self, out.kind, status))  # type: ignore[arg-type]

    def _received_info(self, tx: ServerTransaction, now: int) -> None:
        message = tx.request
        package = message.get("Info-Package").partition(";")[0].strip()
        if package and package not in self.ua.settings.info_packages:
            self._refuse(tx, 469, now, [("Recv-Info", ", ".join(self.ua.settings.info_packages))])  # RFC 6086 §4.2.2
            return
        tx.respond(self._reply(message, 200, []), now)
        kind = message.content_type
        self.ua.events.append(InfoReceived(self, kind, message.body, message))  # type: ignore[arg-type]

    def _received_message(self, tx: ServerTransaction, now: int) -> None:
        request = ServerRequest(self.ua, tx, self.peer, now)
        self.ua.events.append(RequestReceived(request, tx.request, self))  # type: ignore[arg-type]

    def _finish(self) -> None:
        for referral in self.referrals:
            referral.dropped()
        self.referrals = []
        super()._finish()


def _escaped(text: str) -> str:
    """Into a URI's header (§19.1.1)."""
    out = []
    for octet in text.encode("utf-8", "surrogateescape"):
        character = chr(octet)
        out.append(
            character if character.isascii() and (character.isalnum() or character in "-_.!~*'()") else f"%{octet:02X}"
        )
    return "".join(out)
