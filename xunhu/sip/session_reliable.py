"""Reliable provisional responses, RFC 3262, at both sides.

As the answering side one reliable response at a time waits for its PRACK; further responses, the final one too, wait behind it:
so order is kept and no description is overtaken (§3, §5). Without PRACK within 64 T1 the INVITE is refused with 504.
"""

from __future__ import annotations

from xunhu.sip.bodies import session_description
from xunhu.sip.dialog import LOCAL_OFFER, NO_OFFER, REMOTE_OFFER, Dialog
from xunhu.sip.events import Offered
from xunhu.sip.message import SipMessage
from xunhu.sip.session_base import (
    EARLY,
    INCOMING,
    RELIABLE_REPEAT,
    RELIABLE_TIMEOUT,
    Headers,
    SessionBase,
)
from xunhu.sip.transaction import ServerTransaction

MAX_WAITING = 16  # responses behind one whose PRACK has not come


class SessionReliable(SessionBase):
    """See `session.InviteSession`."""

    def _init_parts(self) -> None:
        super()._init_parts()
        self._reliable: bytes | None = None  # awaits PRACK
        self._reliable_seq = 0  # RSeq of the last
        self._reliable_cseq = 0
        self._reliable_interval = 0
        self._reliable_body = False
        self._behind: list[tuple[int, bytes, Headers, bool | None]] = []  # responses that wait: as `_respond` has them
        self._peer_100rel = False
        self._peer_wants_100rel = False
        self._prack_offer: tuple[Dialog, SipMessage] | None = None  # a 1xx whose offer waits for the owner's answer

    # -- answering side ----------------------------------------------------------------------------------------

    def _use_reliable(self, wanted: bool | None, body: bytes) -> bool:
        if self._peer_wants_100rel:
            return True
        if not self._peer_100rel or self.peer.prack == "no":
            return False
        return wanted if wanted is not None else bool(body) or self.peer.prack == "require"

    def _send_reliable(self, status: int, body: bytes, headers: Headers, now: int) -> None:
        tx = self._invite_tx
        dialog = self.dialog
        assert tx is not None
        assert dialog is not None
        if self._reliable_seq == 0:
            self._reliable_seq = 1 + self.ua.tokens.below(1 << 30)  # §3: anywhere below 2^31
        else:
            self._reliable_seq += 1
        message = self._reply(
            tx.request,
            status,
            [*headers, *self.ua.abilities, ("Require", "100rel"), ("RSeq", str(self._reliable_seq))],
            body,
        )
        self._said(dialog, body)
        tx.respond(message, now)
        self._reliable = tx.last
        self._reliable_body = bool(body)
        self._reliable_cseq = tx.request.cseq[0]
        self._reliable_interval = self.ua.layer.t1
        self._start(RELIABLE_REPEAT, now + self._reliable_interval)
        self._start(RELIABLE_TIMEOUT, now + self.ua.layer.t64)

    def _said(self, dialog: Dialog, body: bytes) -> None:
        """A description of ours went out reliably: the answer to an offer, or an offer."""
        if not body:
            return
        self.local_description = body
        if dialog.offer == REMOTE_OFFER:
            dialog.offer = NO_OFFER
            dialog.negotiated = True
        elif dialog.offer == NO_OFFER and not dialog.negotiated:
            dialog.offer = LOCAL_OFFER

    def _repeat_reliable(self, now: int) -> None:
        if self._reliable is not None and self._invite_tx is not None:
            self._invite_tx.send(self._reliable)
            self._reliable_interval *= 2
            self._start(RELIABLE_REPEAT, now + self._reliable_interval)

    def _reliable_timeout(self, now: int) -> None:
        self._reliable_done()
        self._behind = []
        self._reject(504, "No PRACK", [], now)
        self._end(True, 408, None)

    def _reliable_done(self) -> None:
        self._reliable = None
        self._stop(RELIABLE_REPEAT)
        self._stop(RELIABLE_TIMEOUT)

    def _received_prack(self, tx: ServerTransaction, now: int) -> None:
        """§3: 481 when nothing matches; a description in it is an answer, or an offer (§5)."""
        message = tx.request
        dialog = self.dialog
        rack = message.get("RAck").split()
        wanted = [str(self._reliable_seq), str(self._reliable_cseq), "INVITE"]
        if self._reliable is None or rack != wanted or dialog is None:
            self._refuse(tx, 481 if len(rack) == 3 else 400, now)
            return
        body = session_description(message)
        self._reliable_done()
        if body and dialog.offer == LOCAL_OFFER:
            dialog.offer = NO_OFFER
            dialog.negotiated = True
            self._heard_answer(body)
            tx.respond(self._reply(message, 200, []), now)
        elif body and dialog.offer == NO_OFFER:
            dialog.offer = REMOTE_OFFER
            self._await_owner("PRACK", tx, now)
            self.ua.events.append(Offered(self, body, message))  # type: ignore[arg-type]
        elif body:
            self._refuse(tx, 488, now)
        else:
            tx.respond(self._reply(message, 200, []), now)
        self._go_on(now)

    def _go_on(self, now: int) -> None:
        """Responses that waited for the PRACK, until the next reliable one."""
        while self._behind and self._reliable is None and self.state == INCOMING:
            status, body, headers, reliable = self._behind.pop(0)
            self._respond(status, body, headers, reliable, now)

    # -- calling side ------------------------------------------------------------------------------------------

    def _reliable_came(self, dialog: Dialog, message: SipMessage, body: bytes, now: int) -> bool:
        """A 1xx with RSeq: PRACK. False: it came before, or one before it is missing; the owner hears nothing (§4)."""
        text = message.get("RSeq")
        if not (text.isascii() and text.isdigit() and len(text) < 11):
            return False
        rseq = int(text)
        if dialog.rseq >= 0 and rseq != dialog.rseq + 1:
            return False
        dialog.rseq = rseq
        if body and dialog.offer == NO_OFFER and not dialog.negotiated:
            dialog.offer = REMOTE_OFFER  # our INVITE had none: PRACK must have the answer
            self._prack_offer = (dialog, message)
            return True
        if body and dialog.offer == LOCAL_OFFER:
            dialog.offer = NO_OFFER
            dialog.negotiated = True
        self._prack(dialog, message, b"", now)
        return True

    def _prack(self, dialog: Dialog, message: SipMessage, body: bytes, now: int) -> None:
        rack = ("RAck", f"{message.get('RSeq')} {message.cseq[0]} INVITE")
        self._ask(dialog, "PRACK", [rack], body, "application/sdp" if body else "", "PRACK", now)

    def _answer_prack(self, body: bytes, now: int) -> None:
        """The owner's answer to the offer of a reliable 1xx."""
        assert self._prack_offer is not None
        dialog, message = self._prack_offer
        self._prack_offer = None
        if body:
            dialog.offer = NO_OFFER
            dialog.negotiated = True
            self.local_description = body
        if self.state <= EARLY or dialog.confirmed:
            self._prack(dialog, message, body, now)

    # -- of other parts ----------------------------------------------------------------------------------------

    def _respond(self, status: int, body: bytes, headers: Headers, reliable: bool | None, now: int) -> None:
        raise NotImplementedError

    def _reject(self, status: int, reason: str, headers: Headers, now: int) -> None:
        raise NotImplementedError

    def _heard_answer(self, body: bytes) -> None:
        raise NotImplementedError

    def _await_owner(self, kind: str, tx: ServerTransaction, now: int) -> None:
        raise NotImplementedError
