"""Offers inside a dialog: re-INVITE (RFC 3261 §14) and UPDATE (RFC 3311), glare, and where offers may stand (RFC 3264, RFC 6337).

Bodies go through as they are; who said what and whose turn it is, is in `Dialog.offer`. An offer of the owner's that cannot go
out now (the other side's is not answered, its own last one is not, 491 came) waits; a later one takes its place.
"""

from __future__ import annotations

from xunhu.protocol.errors import LocalError
from xunhu.sip.bodies import session_description
from xunhu.sip.dialog import LOCAL_OFFER, NO_OFFER, REMOTE_OFFER, Dialog
from xunhu.sip.events import OfferAnswered, Offered, OfferRefused, OfferWithdrawn
from xunhu.sip.message import SipMessage
from xunhu.sip.outgoing import Outgoing
from xunhu.sip.session_base import (
    ACCEPTED,
    CONFIRMED,
    EARLY,
    ENDED,
    GLARE,
    INCOMING,
    OK_REPEAT,
    OK_TIMEOUT,
    OWNER_ANSWER,
    Headers,
)
from xunhu.sip.session_reliable import SessionReliable
from xunhu.sip.transaction import TRYING, TRYING_NS, ServerTransaction

_MS = 1_000_000


class SessionOffer(SessionReliable):
    """See `session.InviteSession`."""

    def _init_parts(self) -> None:
        super()._init_parts()
        self._asked: tuple[str, ServerTransaction | None] | None = None  # what an answer of the owner's will answer
        self._reinvite: Outgoing | None = None  # ours, on its way
        self._reinvite_tx: ServerTransaction | None = None  # the other side's, not answered
        self._wanted: tuple[bytes, str] | None = None  # an offer of ours that waits: body, method
        self._ok: bytes | None = None  # our 2xx to an INVITE, until its ACK
        self._ok_tx: ServerTransaction | None = None
        self._ok_seq = -1
        self._ok_interval = 0
        self._ack_for: tuple[Dialog, SipMessage] | None = None  # a 2xx whose ACK needs the owner's answer
        self._bye_status = 0  # what `Ended` is to say, 0: what BYE got
        self._last_invite: SipMessage | None = None  # of ours, for the credentials of its ACK

    # -- 2xx to INVITE until ACK, §13.3.1.4 ----------------------------------------------------------------------

    def _send_ok(self, tx: ServerTransaction, message: SipMessage, now: int) -> None:
        tx.respond(message, now)
        self._ok = tx.last
        self._ok_tx = tx
        self._ok_seq = tx.request.cseq[0]
        self._ok_interval = self.ua.layer.t1
        self._start(OK_REPEAT, now + self._ok_interval)
        self._start(OK_TIMEOUT, now + self.ua.layer.t64)

    def _repeat_ok(self, now: int) -> None:
        if self._ok is not None and self._ok_tx is not None:
            self._ok_tx.send(self._ok)
            self._ok_interval = min(2 * self._ok_interval, self.ua.layer.t2)
            self._start(OK_REPEAT, now + self._ok_interval)

    def _ok_timeout(self, now: int) -> None:
        """No ACK: the session is ended (§13.3.1.4)."""
        self._ok_done()
        self.state = CONFIRMED
        self._bye_status = 408
        self.bye([("Reason", 'SIP;cause=408;text="No ACK"')], now=now)

    def _ok_done(self) -> None:
        self._ok = None
        self._ok_tx = None
        self._stop(OK_REPEAT)
        self._stop(OK_TIMEOUT)

    def _received_ack(self, message: SipMessage, now: int) -> None:
        dialog = self.dialog
        if dialog is None or self._ok is None or message.cseq[0] != self._ok_seq:
            return
        self._ok_done()
        if dialog.offer == LOCAL_OFFER:
            dialog.offer = NO_OFFER
            body = session_description(message)
            if body:
                dialog.negotiated = True
                self._heard_answer(body)
            elif self.state == CONFIRMED:
                self.ua.events.append(OfferRefused(self, 488))  # type: ignore[arg-type]
            else:
                self._bye_wanted = [("Reason", 'SIP;cause=488;text="No answer in the ACK"')]
        self._acknowledged(now)
        self._next_offer(now)

    # -- our offers --------------------------------------------------------------------------------------------

    def reoffer(self, body: bytes, method: str = "INVITE", *, now: int) -> None:
        """A new offer. UPDATE where the other side allows it, else re-INVITE; before the answer only UPDATE can be. It goes out when it
        may. LocalError: the session is ending, or body is empty."""
        if self.state not in (EARLY, INCOMING, ACCEPTED, CONFIRMED):
            raise LocalError("no offer can be made any more")
        if not body:
            raise LocalError("an offer needs a description")
        self._wanted = (body, method)
        self._next_offer(now)

    def _next_offer(self, now: int) -> None:
        """What waits goes out, if it may (RFC 6337 §3.2)."""
        dialog = self.dialog
        if self._wanted is None or dialog is None or dialog.offer != NO_OFFER or self._timer_runs(GLARE):
            return
        if self._reinvite is not None or self._reinvite_tx is not None or self._asked is not None:
            return
        body, method = self._wanted
        if self.state == CONFIRMED:
            if method != "UPDATE" or not self._allows(dialog, "UPDATE"):
                method = "INVITE"
                if self._ok is not None:
                    return
        elif not (dialog.negotiated and self._allows(dialog, "UPDATE")) or self.state == ACCEPTED:
            return
        else:
            method = "UPDATE"
        self._wanted = None
        self._offer(dialog, method, body, now)

    def _offer(self, dialog: Dialog, method: str, body: bytes, now: int) -> None:
        dialog.offer = LOCAL_OFFER if body else NO_OFFER
        headers = [("Contact", dialog.contact), *self.ua.abilities, *self._timer_headers(dialog, method)]
        out = self._ask(dialog, method, headers, body, "application/sdp" if body else "", f"re{method}", now, body)
        if method == "INVITE":
            self._reinvite = out

    def _allows(self, dialog: Dialog, method: str) -> bool:
        return method in dialog.allow

    def _timer_runs(self, name: int) -> bool:
        return self.ua.layer.timers.runs(self.number, name)

    def _offer_answered(self, out: Outgoing, message: SipMessage | None, status: int, now: int) -> None:
        """To our re-INVITE or UPDATE."""
        if status < 200:
            return
        dialog = out.dialog
        assert dialog is not None
        invite = out.kind == "reINVITE"
        if invite and out is not self._reinvite:
            if (
                message is not None
                and 200 <= status < 300
                and dialog.ack_seq == message.cseq[0]
                and self.state != ENDED
            ):
                self._acknowledge_again(dialog)
            return
        if invite:
            self._reinvite = None
        body: bytes = out.note
        if self.state == ENDED:
            return
        if message is not None and 200 <= status < 300:
            dialog.learn_target(message)
            if invite:
                self._acknowledge(dialog, message, b"", now)
            self._refreshed(dialog, message, now)
            dialog.offer = NO_OFFER
            answer = session_description(message)
            if body:
                self.local_description = body
                self.ua.events.append(
                    OfferAnswered(self, answer) if answer else OfferRefused(self, 488)  # type: ignore[arg-type]
                )
            self._next_offer(now)
            return
        dialog.offer = NO_OFFER
        if status == 491 and self.state in (EARLY, INCOMING, CONFIRMED):
            if self._wanted is None and body:
                self._wanted = (body, out.message.method)
            below = self.ua.tokens.below
            wait = 2100 + 10 * below(190) if self.caller else 10 * below(201)  # §14.1
            self._start(GLARE, now + wait * _MS)
            if not body:
                self._refresh_failed(status, now)
        elif status in (408, 481):  # §12.2.1.2
            self._bye_status = status
            self.bye([("Reason", f"SIP;cause={status}")], now=now)
        else:
            if body:
                self.ua.events.append(OfferRefused(self, status))  # type: ignore[arg-type]
            if status == 422 and message is not None:
                self._too_brief(message)
            self._refresh_failed(status, now)
            self._next_offer(now)

    # -- offers of the other side --------------------------------------------------------------------------------

    def _received_reinvite(self, tx: ServerTransaction, now: int) -> None:
        """§14.2."""
        message = tx.request
        dialog = self.dialog
        assert dialog is not None
        if self._reinvite_tx is not None or self.state == INCOMING:
            self._refuse(tx, 500, now, [("Retry-After", str(self.ua.tokens.below(11)))])
            return
        if self._reinvite is not None or dialog.offer == LOCAL_OFFER:
            self._refuse(tx, 491, now)
            return
        if dialog.offer == REMOTE_OFFER:
            self._refuse(tx, 500, now, [("Retry-After", str(self.ua.tokens.below(11)))])
            return
        if not self._timer_accepts(tx, now):
            return
        body = session_description(message)
        tx.user = self
        self._reinvite_tx = tx
        if body:
            dialog.offer = REMOTE_OFFER
        self._await_owner("INVITE", tx, now)
        self.ua.layer.timers.start(tx.number, TRYING, now + TRYING_NS)
        self.ua.events.append(Offered(self, body, message))  # type: ignore[arg-type]

    def _received_update(self, tx: ServerTransaction, now: int) -> None:
        """RFC 3311 §5.2; without an offer it refreshes target and session timer."""
        message = tx.request
        dialog = self.dialog
        assert dialog is not None
        body = session_description(message)
        if body:
            if dialog.offer == LOCAL_OFFER or self._reinvite is not None:
                self._refuse(tx, 491, now)
                return
            if dialog.offer == REMOTE_OFFER or self._asked is not None:
                self._refuse(tx, 500, now, [("Retry-After", str(self.ua.tokens.below(11)))])
                return
        if not self._timer_accepts(tx, now):
            return
        dialog.learn_target(message)
        if not body:
            tx.respond(self._reply(message, 200, self._dialog_headers(dialog, message, now)), now)
            return
        dialog.offer = REMOTE_OFFER
        self._await_owner("UPDATE", tx, now)
        self.ua.events.append(Offered(self, body, message))  # type: ignore[arg-type]

    def _await_owner(self, kind: str, tx: ServerTransaction, now: int) -> None:
        self._asked = (kind, tx)
        self._start(OWNER_ANSWER, now + self.ua.ns["TANSWER"])

    def answer_offer(self, body: bytes, *, now: int) -> None:
        """The answer to the last `Offered` - or the offer, where its body was empty. LocalError: nothing waits for one."""
        dialog = self.dialog
        if self._prack_offer is not None:
            self._answer_prack(body, now)
            return
        if self._ack_for is not None:
            self._answer_in_ack(body, now)
            return
        if self._asked is None or dialog is None:
            raise LocalError("no offer waits for an answer")
        kind, tx = self._asked
        assert tx is not None
        self._asked = None
        self._stop(OWNER_ANSWER)
        message = tx.request
        if body:
            self.local_description = body
        if kind == "INVITE":
            self._reinvite_tx = None
            dialog.offer = NO_OFFER if dialog.offer == REMOTE_OFFER else LOCAL_OFFER
            dialog.learn_target(message)
            self._send_ok(tx, self._reply(message, 200, self._dialog_headers(dialog, message, now), body), now)
            return
        dialog.offer = NO_OFFER
        headers = self._dialog_headers(dialog, message, now) if kind == "UPDATE" else []
        tx.respond(self._reply(message, 200, headers, body), now)
        self._next_offer(now)

    def refuse_offer(self, status: int = 488, headers: Headers | None = None, *, now: int) -> None:
        """The offer of the last `Offered` is not for us; what was agreed before stands. After a 2xx or a reliable provisional
        response to our INVITE there is no such way: the call is given up."""
        if self._prack_offer is not None:
            self._prack_offer = None
            self.bye(now=now)
            return
        if self._ack_for is not None:
            self._answer_in_ack(b"", now)
            self.bye([("Reason", f"SIP;cause={status}")], now=now)
            return
        if self._asked is None:
            raise LocalError("no offer waits for an answer")
        self._drop_offer(status, now, headers)
        self._next_offer(now)

    def _drop_offer(self, status: int, now: int, headers: Headers | None = None) -> None:
        """An offer of the other side ends without an answer."""
        if self._asked is None:
            return
        tx = self._asked[1]
        assert tx is not None
        self._asked = None
        self._reinvite_tx = None
        self._stop(OWNER_ANSWER)
        if self.dialog is not None and self.dialog.offer == REMOTE_OFFER:
            self.dialog.offer = NO_OFFER
        self._refuse(tx, status, now, headers)

    def _withdraw(self, status: int, now: int) -> None:
        """CANCEL of a re-INVITE, or the owner was too slow."""
        if self._asked is not None:
            self._drop_offer(status, now)
            self.ua.events.append(OfferWithdrawn(self))  # type: ignore[arg-type]
            self._next_offer(now)

    def _heard_answer(self, body: bytes) -> None:
        self.ua.events.append(OfferAnswered(self, body))  # type: ignore[arg-type]

    # -- ACK of ours -------------------------------------------------------------------------------------------

    def _acknowledge(self, dialog: Dialog, message: SipMessage, body: bytes, now: int) -> None:
        """§13.2.2.4: a request of its own, with the INVITE's number and credentials; sent again whenever the 2xx is."""
        seq = message.cseq[0]
        headers: Headers = []
        if self.auth is not None and self._last_invite is not None:
            for name in ("Authorization", "Proxy-Authorization"):
                headers += [(name, value) for value in self._last_invite.all(name)]
        ack, _ = dialog.build(self.ua, "ACK", seq, headers, body, "application/sdp" if body else "")
        dialog.ack = ack.encode()
        dialog.ack_seq = seq
        self.ua.send_in(dialog, dialog.ack)

    def _acknowledge_again(self, dialog: Dialog) -> None:
        """The 2xx came again: our ACK was lost."""
        if dialog.ack is not None:
            self.ua.send_in(dialog, dialog.ack)

    def _answer_in_ack(self, body: bytes, now: int) -> None:
        assert self._ack_for is not None
        dialog, message = self._ack_for
        self._ack_for = None
        dialog.offer = NO_OFFER
        if body:
            dialog.negotiated = True
            self.local_description = body
        self._acknowledge(dialog, message, body, now)
        self._next_offer(now)

    # -- of other parts ----------------------------------------------------------------------------------------

    def _acknowledged(self, now: int) -> None:
        raise NotImplementedError

    def _dialog_headers(self, dialog: Dialog, message: SipMessage, now: int) -> Headers:
        """Of a 2xx to INVITE or UPDATE."""
        raise NotImplementedError

    def _timer_headers(self, dialog: Dialog, method: str) -> Headers:
        raise NotImplementedError

    def _timer_accepts(self, tx: ServerTransaction, now: int) -> bool:
        raise NotImplementedError

    def _refreshed(self, dialog: Dialog, message: SipMessage, now: int) -> None:
        raise NotImplementedError

    def _refresh_failed(self, status: int, now: int) -> None:
        raise NotImplementedError

    def _too_brief(self, message: SipMessage) -> None:
        raise NotImplementedError
