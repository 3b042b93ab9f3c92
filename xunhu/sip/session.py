"""INVITE sessions of RFC 3261 §13 to §15: one class for both sides, its parts by subject.

    session_base.py      state, dialogs, timers, the end
    session_reliable.py  reliable provisional responses, PRACK
    session_offer.py     re-INVITE, UPDATE, glare, whose offer stands
    session_timer.py     session timers
    session_refer.py     REFER, NOTIFY, INFO, MESSAGE
    session_invite.py    our INVITE: forks, CANCEL
    session.py           the other side's INVITE, BYE, requests inside the dialog

What a request of the owner needs is said at each method; one that cannot be raises LocalError and changes nothing. What the other
side sends raises nothing. A session is told of by events.py.
"""

from __future__ import annotations

from xunhu.protocol.errors import LocalError
from xunhu.sip.address import Address
from xunhu.sip.bodies import session_description
from xunhu.sip.dialog import LOCAL_OFFER, NO_OFFER, REMOTE_OFFER, Dialog
from xunhu.sip.events import Acknowledged
from xunhu.sip.message import SipMessage
from xunhu.sip.outgoing import Outgoing
from xunhu.sip.session_base import (
    ACCEPTED,
    CALLING,
    CANCEL_WAIT,
    CONFIRMED,
    EARLY,
    ENDED,
    ENDING,
    EXPIRES,
    GLARE,
    INCOMING,
    OK_REPEAT,
    OK_TIMEOUT,
    OWNER_ANSWER,
    PROVISIONAL_REFRESH,
    RELIABLE_REPEAT,
    RELIABLE_TIMEOUT,
    SESSION_EXPIRE,
    SESSION_REFRESH,
    Headers,
    SessionState,
)
from xunhu.sip.session_invite import SessionInvite
from xunhu.sip.session_reliable import MAX_WAITING
from xunhu.sip.transaction import ServerTransaction

__all__ = ["InviteSession", "SessionState"]

_S = 1_000_000_000


class InviteSession(SessionInvite):
    """owner: the owner's own. peer: settings. state: SessionState. caller: we sent the INVITE. dialog: the current one."""

    def _init_parts(self) -> None:
        super()._init_parts()
        self._last_provisional: tuple[int, bytes, Headers] | None = None

    # -- the other side's INVITE ---------------------------------------------------------------------------------

    def incoming(self, tx: ServerTransaction, contact: str, now: int) -> None:
        """A new INVITE (§12.1.1). SipParseError: its Contact or Record-Route. Called by the user agent."""
        ua = self.ua
        message = tx.request
        tag = ua.tokens.tag()
        dialog = Dialog(
            message.call_id, tag, message.from_.tag, f"{message.get('To')};tag={tag}", message.get("From"), contact
        )
        dialog.remote_seq = message.cseq[0]
        dialog.local_seq = ua.tokens.below(1000)
        dialog.nat = self.peer.nat
        dialog.learn_route(message, reverse=False)
        dialog.learn_target(message)
        dialog.heard(tx.source, tx.local, tx.flow)
        dialog.allow = message.get("Allow")
        self.call_id = message.call_id
        self.local_tag = tag
        self.dialog = dialog
        self._invite_tx = tx
        self._peer_wants_100rel = "100rel" in message.get("Require")
        self._peer_100rel = self._peer_wants_100rel or "100rel" in message.get("Supported")
        tx.user = self
        self._enter(dialog)
        if session_description(message):
            dialog.offer = REMOTE_OFFER
        expires = message.expires
        if expires and ua.settings.follow_expires:
            self._start(EXPIRES, now + expires * _S)

    def ring(
        self,
        status: int = 180,
        body: bytes = b"",
        reliable: bool | None = None,
        headers: Headers | None = None,
        *,
        now: int,
    ) -> None:
        """A provisional response, 101 to 199. reliable None: where a description or the peer's settings ask for it and it is
        supported there. LocalError: the INVITE has been answered."""
        if self.state != INCOMING:
            raise LocalError("there is no INVITE to answer")
        if not 101 <= status <= 199:
            raise LocalError(f"{status} is no provisional response")
        self._respond(status, body, headers or [], reliable, now)

    def progress(
        self,
        body: bytes = b"",
        status: int = 183,
        reliable: bool | None = None,
        headers: Headers | None = None,
        *,
        now: int,
    ) -> None:
        """Early media: as `ring`."""
        self.ring(status, body, reliable, headers, now=now)

    def answer(self, body: bytes = b"", headers: Headers | None = None, *, now: int) -> None:
        """200. body: the answer to the INVITE's offer, or an offer where it had none; b"" where it was said reliably before.
        LocalError: the INVITE has been answered, or a description is missing."""
        if self.state != INCOMING:
            raise LocalError("there is no INVITE to answer")
        dialog = self.dialog
        assert dialog is not None
        if not body and not dialog.negotiated and not self._reliable_body:
            raise LocalError("the answer needs a description")
        self._respond(200, body, headers or [], None, now)

    def _respond(self, status: int, body: bytes, headers: Headers, reliable: bool | None, now: int) -> None:
        """A response that goes out now, or when the PRACK before it has come."""
        if self._reliable is not None:
            if len(self._behind) >= MAX_WAITING or (self._behind and self._behind[-1][0] >= 200):
                raise LocalError("too many responses wait for PRACK, or the INVITE has been answered")
            self._behind.append((status, body, headers, reliable))
            return
        dialog = self.dialog
        tx = self._invite_tx
        assert dialog is not None
        if tx is None:
            raise LocalError("the INVITE has gone")
        self._stop(PROVISIONAL_REFRESH)
        if status >= 200:
            self._accept(dialog, tx, body, headers, now)
            return
        headers = [("Contact", dialog.contact), *self._record_routes(tx.request), *headers]
        if self._use_reliable(reliable, body):
            self._last_provisional = None
            self._send_reliable(status, body, headers, now)
        else:
            self._last_provisional = (status, body, headers)
            tx.respond(self._reply(tx.request, status, headers, body), now)
            self._start(PROVISIONAL_REFRESH, now + self.ua.ns["TPROV"])

    def _accept(self, dialog: Dialog, tx: ServerTransaction, body: bytes, headers: Headers, now: int) -> None:
        rows = [*self._record_routes(tx.request), *self._dialog_headers(dialog, tx.request, now), *headers]
        if body:
            self.local_description = body
            if dialog.offer == REMOTE_OFFER:
                dialog.offer = NO_OFFER
                dialog.negotiated = True
            elif not dialog.negotiated:
                dialog.offer = LOCAL_OFFER
        self.state = ACCEPTED
        dialog.confirmed = True
        self._stop(EXPIRES)
        self._last_provisional = None
        self._send_ok(tx, self._reply(tx.request, 200, rows, body), now)

    def _record_routes(self, message: SipMessage) -> Headers:
        return [("Record-Route", row) for row in message.all("Record-Route")]

    def _dialog_headers(self, dialog: Dialog, message: SipMessage, now: int) -> Headers:
        return [("Contact", dialog.contact), *self.ua.abilities, *self._timer_answer(message, now)]

    def redirect(self, contacts: list[str], status: int = 302, *, now: int) -> None:
        """300 to 399 with these URIs. LocalError: the INVITE has been answered."""
        self.reject(status, "", [("Contact", ", ".join(f"<{uri}>" for uri in contacts))], now=now)

    def reject(self, status: int, reason: str = "", headers: Headers | None = None, *, now: int) -> None:
        """300 to 699; the session is over. LocalError: the INVITE has been answered."""
        if self.state != INCOMING:
            raise LocalError("there is no INVITE to answer")
        if not 300 <= status <= 699:
            raise LocalError(f"{status} refuses nothing")
        self._reject(status, reason, headers or [], now)
        self._end(False, status, None)

    def _reject(self, status: int, reason: str, headers: Headers, now: int) -> None:
        tx = self._invite_tx
        if tx is not None:
            message = self._reply(tx.request, status, headers)
            if reason:
                message.reason = reason
            tx.respond(message, now)

    def cancelled(self, message: SipMessage, now: int) -> None:
        """CANCEL of an INVITE that waits: of the first one, or of a re-INVITE (§9.2)."""
        if self.state == INCOMING:
            self._reject(487, "", [], now)
            self._end(True, 487, message)
        elif self._reinvite_tx is not None:
            self._withdraw(487, now)

    def _expired_invite(self, now: int) -> None:
        self._reject(487, "", [], now)
        self._end(True, 487, None)

    def on_ack(self, tx: ServerTransaction, message: SipMessage, now: int) -> None:
        self._received_ack(message, now)

    def _acknowledged(self, now: int) -> None:
        if self.state != ACCEPTED:
            return
        self.state = CONFIRMED
        self.ua.events.append(Acknowledged(self))
        if self._bye_wanted is not None:
            headers, self._bye_wanted = self._bye_wanted, None
            self.bye(headers, now=now)

    # -- the end -----------------------------------------------------------------------------------------------

    def bye(self, headers: Headers | None = None, *, now: int) -> None:
        """End the session in whatever state it is: BYE, CANCEL or a refusal (480). `Ended` follows. Nothing happens after its end."""
        if self.state in (CALLING, EARLY):
            self.cancel(headers, now=now)
        elif self.state == INCOMING:
            self.reject(480, "", headers, now=now)
        elif self.state == ACCEPTED:
            self._bye_wanted = headers or []  # §15: not before the ACK
        elif self.state == CONFIRMED:
            dialog = self.dialog
            assert dialog is not None
            if self._ack_for is not None:
                self._answer_in_ack(b"", now)
            self._drop_offer(487, now)
            self._wanted = None
            self._stop_all()
            self.state = ENDING
            self._ask(dialog, "BYE", headers or [], b"", "", "BYE", now)

    def _received_bye(self, tx: ServerTransaction, now: int) -> None:
        """§15.1.2. Before our final response it ends the INVITE as well."""
        tx.respond(self._reply(tx.request, 200, []), now)
        if self.state == INCOMING:
            self._reject(487, "", [], now)
        self._drop_offer(487, now)
        if self.state == ENDING:
            self._end(False, self._bye_status or 200, None)
        else:
            self._end(True, 200, tx.request)

    # -- requests inside the dialog ------------------------------------------------------------------------------

    def receive(self, tx: ServerTransaction, dialog: Dialog, now: int) -> None:
        """One with a number in order; any method but ACK and CANCEL. SipParseError: a header that it needs."""
        method = tx.request.method
        if method == "BYE":
            self._received_bye(tx, now)
        elif self.state in (ENDING, ENDED) or dialog is not self.dialog:
            self._refuse(tx, 481, now)
        elif method == "INVITE":
            self._received_reinvite(tx, now)
        elif method == "UPDATE":
            self._received_update(tx, now)
        elif method == "PRACK":
            self._received_prack(tx, now)
        elif method == "INFO":
            self._received_info(tx, now)
        elif method == "REFER":
            self._received_refer(tx, now)
        elif method == "NOTIFY":
            self._received_notify(tx, now)
        elif method == "MESSAGE":
            self._received_message(tx, now)
        elif method == "OPTIONS":
            tx.respond(self._reply(tx.request, 200, [*self.ua.abilities, ("Accept", self.ua.accept)]), now)
        else:
            self._refuse(tx, 405, now, [("Allow", self.ua.allow)])

    # -- responses and time --------------------------------------------------------------------------------------

    def on_answer(self, out: Outgoing, message: SipMessage | None, status: int, now: int) -> None:
        kind = out.kind
        if kind == "INVITE":
            self._invite_answered(out, message, status, now)
        elif kind == "BYE":
            if status >= 200:
                self._end(False, self._bye_status or status, message)
        elif kind in ("reINVITE", "reUPDATE"):
            self._offer_answered(out, message, status, now)
        elif kind == "REFER":
            self._refer_answered(out, message, status)
        elif kind in ("INFO", "MESSAGE"):
            self._info_answered(out, status)
        elif kind == "PRACK" and message is not None and 200 <= status < 300:
            self._prack_answered(out, message, now)

    def _prack_answered(self, out: Outgoing, message: SipMessage, now: int) -> None:
        """PRACKs of ours have no offers, so their answers have nothing but the way free."""
        if self.state != ENDED:
            self._next_offer(now)

    def on_timer(self, name: int, now: int) -> None:
        self._timers &= ~(1 << (name - OK_REPEAT))
        _ON_TIMER[name](self, now)

    def _owner_slow(self, now: int) -> None:
        self._withdraw(504, now)

    def _glare(self, now: int) -> None:
        self._next_offer(now)

    def _refresh_provisional(self, now: int) -> None:
        """§13.3.1.1."""
        tx = self._invite_tx
        if self._last_provisional is not None and self.state == INCOMING and tx is not None:
            status, body, headers = self._last_provisional
            tx.respond(self._reply(tx.request, status, headers, body), now)
            self._start(PROVISIONAL_REFRESH, now + self.ua.ns["TPROV"])

    # -- kept over a restart -------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, int | str | bool]:
        """All of a dialog that a new process needs to go on with it, once it is answered (an answer may wait for PRACK or ACK yet); JSON
        has all of its types. LocalError: it is neither answered nor about to be."""
        dialog = self._need(CONFIRMED, ACCEPTED, INCOMING)
        source = dialog.source or Address("udp", "", 0)
        local = dialog.on or Address("udp", "", 0)
        return {
            "call_id": dialog.call_id,
            "local_tag": dialog.local_tag,
            "remote_tag": dialog.remote_tag,
            "local": dialog.local,
            "remote": dialog.remote,
            "contact": dialog.contact,
            "local_seq": dialog.local_seq,
            "remote_seq": dialog.remote_seq,
            "routes": "\n".join(dialog.routes),
            "target": dialog.target,
            "source": f"{source.transport} {source.host} {source.port}",
            "on": f"{local.transport} {local.host} {local.port}",
            "nat": dialog.nat,
            "allow": dialog.allow,
            "caller": self.caller,
            "interval": self.session_interval,
            "refresher": self.refresher,
            "description": self.local_description.decode("utf-8", "surrogateescape"),
        }

    def restored(self, kept: dict[str, int | str | bool], now: int) -> None:
        """From a snapshot; called by UserAgent.restore. Our numbers go on a thousand further: some may have been used since."""
        text = {name: str(value) for name, value in kept.items()}
        dialog = Dialog(
            text["call_id"], text["local_tag"], text["remote_tag"], text["local"], text["remote"], text["contact"]
        )
        dialog.local_seq = int(kept["local_seq"]) + 1000
        dialog.remote_seq = int(kept["remote_seq"])
        dialog.routes = text["routes"].split("\n") if text["routes"] else []
        dialog.target = text["target"]
        dialog.source = _address(text["source"])
        dialog.on = _address(text["on"])
        dialog.nat = bool(kept["nat"])
        dialog.allow = text["allow"]
        dialog.confirmed = dialog.negotiated = True
        self.state = CONFIRMED
        self.call_id, self.local_tag = dialog.call_id, dialog.local_tag
        self.local_description = text["description"].encode("utf-8", "surrogateescape")
        self.dialog = dialog
        self._enter(dialog)
        self._run(int(kept["interval"]), bool(kept["refresher"]), now)


def _address(text: str) -> Address | None:
    transport, host, port = text.split(" ")
    return Address(transport, host, int(port)) if host else None


_ON_TIMER = {
    OK_REPEAT: InviteSession._repeat_ok,
    OK_TIMEOUT: InviteSession._ok_timeout,
    RELIABLE_REPEAT: InviteSession._repeat_reliable,
    RELIABLE_TIMEOUT: InviteSession._reliable_timeout,
    PROVISIONAL_REFRESH: InviteSession._refresh_provisional,
    EXPIRES: InviteSession._expired_invite,
    SESSION_REFRESH: InviteSession._refresh,
    SESSION_EXPIRE: InviteSession._expired,
    GLARE: InviteSession._glare,
    OWNER_ANSWER: InviteSession._owner_slow,
    CANCEL_WAIT: InviteSession._cancel_waited,
}
