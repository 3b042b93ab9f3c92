"""Our INVITE: forks, early media, CANCEL, and what its answers make (RFC 3261 §13.2, §9.1). See session.py."""

from __future__ import annotations

from xunhu.protocol.errors import LocalError
from xunhu.sip.address import Address
from xunhu.sip.bodies import session_description
from xunhu.sip.dialog import LOCAL_OFFER, NO_OFFER, REMOTE_OFFER, Dialog
from xunhu.sip.events import Answered, Offered, Provisional, Refused
from xunhu.sip.message import SipMessage, SipParseError
from xunhu.sip.outgoing import Outgoing
from xunhu.sip.session_base import (
    CALLING,
    CANCEL_WAIT,
    CANCELLING,
    CONFIRMED,
    EARLY,
    ENDED,
    ENDING,
    Headers,
)
from xunhu.sip.session_refer import SessionRefer

_MAX_FORKS = 12


class SessionInvite(SessionRefer):
    """See `session.InviteSession`."""

    def _init_parts(self) -> None:
        super()._init_parts()
        self._from = ""
        self._contact = ""
        self._offered = False  # our INVITE has an offer
        self._cancel_wanted: Headers | None = None  # CANCEL may not go out before a provisional response (§9.1)
        self._cancel_headers: Headers = []
        self._early_key = ""
        self._brief = 0  # 422s that we followed
        self._rung_out = False  # cancelled by timer C

    def call(
        self,
        uri: str,
        from_: str,
        to: str,
        headers: Headers,
        body: bytes,
        to_address: Address,
        flow: int,
        contact: str,
        now: int,
    ) -> None:
        """Send the INVITE. from_ and to: name-addrs without tags. Called by UserAgent.invite."""
        ua = self.ua
        self.local_tag = ua.tokens.tag()
        self._from = f"{from_};tag={self.local_tag}"
        self._contact = contact
        self._offered = bool(body)
        self.local_description = body
        given = {name.lower() for name, _ in headers}
        self.call_id = next((value for name, value in headers if name.lower() == "call-id"), "")
        if not self.call_id:
            self.call_id = ua.tokens.call_id(ua.local_for(to_address).host)
        branch = ua.tokens.branch()
        rows: Headers = [
            ("Via", ua.via(to_address, branch)),
            ("Max-Forwards", "70"),
            ("From", self._from),
            ("To", to),
            ("Call-ID", self.call_id),
            ("CSeq", f"{1 + ua.tokens.below(1000)} INVITE"),
        ]
        if "contact" not in given:
            rows.append(("Contact", contact))
        rows += [pair for pair in ua.abilities if pair[0].lower() not in given]
        if self.peer.prack == "require" and "require" not in given:
            rows.append(("Require", "100rel"))
        rows += self._timer_headers(None, "INVITE")
        if "max-forwards" in given:
            del rows[1]
        rows += [pair for pair in headers if pair[0].lower() != "call-id"]
        message = ua.request_message("INVITE", uri, rows, body, "application/sdp" if body else "")
        self._invite = Outgoing(ua, message, to_address, flow, None, self.auth, None, self, "INVITE")
        self._early_key = f"{self.call_id} {self.local_tag}"
        ua.calling[self._early_key] = self  # type: ignore[assignment]
        self._invite.start(branch, now)

    # -- answers -----------------------------------------------------------------------------------------------

    def _invite_answered(self, out: Outgoing, message: SipMessage | None, status: int, now: int) -> None:
        if message is None:
            self._failed(None, status)
        elif status < 200:
            self._invite_provisional(out, message, now)
        elif status < 300:
            self._invite_accepted(out, message, now)
        elif status == 422 and self._brief < 2 and self.state in (CALLING, EARLY):
            self._brief += 1
            self._too_brief(message)
            out.message.remove("Session-Expires")
            out.message.remove("Min-SE")
            for name, value in self._timer_headers(None, "INVITE"):
                out.message.add(name, value)
            out.again(now)
        else:
            self._failed(message, status)

    def on_ring_out(self, out: Outgoing, now: int) -> None:
        """Nobody answered for as long as timer C is: the INVITE is given up, as if refused with 408. A re-INVITE of ours ends as one
        that was not answered."""
        if out is self._invite and self.state in (CALLING, EARLY):
            self._rung_out = True
            self.cancel([("Reason", 'SIP;cause=408;text="No answer"')], now=now)
        elif out is self._reinvite:
            self._offer_answered(out, None, 408, now)

    def _failed(self, message: SipMessage | None, status: int) -> None:
        if self.state == CANCELLING and self._rung_out:
            self._end(False, 408, message, Refused(self, 408, message))  # type: ignore[arg-type]
        elif self.state == CANCELLING:
            self._end(False, 487, message)
        elif self.state in (CALLING, EARLY):
            self._end(False, status, message, Refused(self, status, message))  # type: ignore[arg-type]

    def _fork(self, out: Outgoing, message: SipMessage) -> Dialog | None:
        """The dialog of a response, made when it is the first of its fork (§12.1.2). None: it can make none."""
        tag = message.to.tag
        for dialog in self._forks:
            if dialog.remote_tag == tag:
                return dialog
        if len(self._forks) >= _MAX_FORKS:
            return None
        dialog = Dialog(self.call_id, self.local_tag, tag, self._from, message.get("To"), self._contact)
        dialog.local_seq = out.message.cseq[0]
        dialog.nat = self.peer.nat
        dialog.learn_route(message, reverse=True)
        dialog.heard(out.to, None, out.flow)
        try:
            found = dialog.learn_target(message)
        except SipParseError:
            found = False
        if not found:
            dialog.target = out.message.uri  # against the rules; where the INVITE went is the best guess
        dialog.offer = LOCAL_OFFER if self._offered else NO_OFFER
        return dialog

    def _invite_provisional(self, out: Outgoing, message: SipMessage, now: int) -> None:
        if self.state == CANCELLING:
            if self._cancel_wanted is not None:
                self._send_cancel(now)
            return
        if self.state not in (CALLING, EARLY) or message.status == 100:
            return
        body = session_description(message)
        if message.to.tag:
            dialog = self._fork(out, message)
            if dialog is None:
                return
            if dialog.session is None:
                self._enter(dialog)
            self.dialog = dialog
            self.state = EARLY
            allow = message.get("Allow")
            if allow:
                dialog.allow = allow
            if "100rel" in message.get("Require") and message.get("RSeq"):
                if not self._reliable_came(dialog, message, body, now):
                    return
                if self._prack_offer is not None and self._prack_offer[1] is message:
                    event = Provisional(self, message.status, message, b"")  # type: ignore[arg-type]
                    self.ua.events.append(event)
                    self.ua.events.append(Offered(self, body, message))  # type: ignore[arg-type]
                    return
            elif body:
                dialog.preview = body
        self.ua.events.append(Provisional(self, message.status, message, body))  # type: ignore[arg-type]
        self._next_offer(now)

    def _invite_accepted(self, out: Outgoing, message: SipMessage, now: int) -> None:
        """§13.2.2.4, of each fork: one is ours, the others are acknowledged and ended."""
        dialog = self._fork(out, message)
        if dialog is None:
            return
        if dialog.ack_seq == message.cseq[0] and dialog.ack is not None:
            self.ua.send_in(dialog, dialog.ack)  # the 2xx came again: our ACK was lost
            return
        if self._ack_for is not None and self._ack_for[0] is dialog:
            return  # the owner is still thinking of its answer
        if self.state in (CALLING, EARLY):
            self._won(out, dialog, message, now)
            return
        first = self.state == CANCELLING
        dialog.learn_route(message, reverse=True)
        self._last_invite = out.message
        self._acknowledge(dialog, message, b"", now)
        if first:  # it was faster than our CANCEL
            if dialog.session is None:
                self._enter(dialog)
            self.dialog = dialog
            self._cancel_wanted = None
            self._stop(CANCEL_WAIT)
            self.state = CONFIRMED
            self._bye_status = 487
            self.bye(self._cancel_headers, now=now)
            return
        if dialog not in self._forks:
            self._forks.append(dialog)
        self._ask(dialog, "BYE", [("Reason", 'SIP;cause=200;text="Answered elsewhere"')], b"", "", "fork BYE", now)

    def _won(self, out: Outgoing, dialog: Dialog, message: SipMessage, now: int) -> None:
        if dialog.session is None:
            self._enter(dialog)
        self.dialog = dialog
        dialog.confirmed = True
        dialog.learn_route(message, reverse=True)  # §13.2.2.4: made anew
        try:
            dialog.learn_target(message)
        except SipParseError:
            self.ua.layer.count("2xx with a faulty Contact")
        dialog.local_seq = max(dialog.local_seq, out.message.cseq[0])
        dialog.allow = message.get("Allow") or dialog.allow
        self._last_invite = out.message
        self.state = CONFIRMED
        body = session_description(message)
        if not self._offered and body and not dialog.negotiated and dialog.offer == NO_OFFER:
            dialog.offer = REMOTE_OFFER
            self._ack_for = (dialog, message)
            self.ua.events.append(Answered(self, message, b""))  # type: ignore[arg-type]
            self.ua.events.append(Offered(self, body, message))  # type: ignore[arg-type]
            self._refreshed(dialog, message, now)
            return
        if dialog.offer == LOCAL_OFFER:
            dialog.offer = NO_OFFER
            body = body or dialog.preview  # some leave out of the 2xx what they said before
            dialog.negotiated = bool(body)
        self._acknowledge(dialog, message, b"", now)
        if not dialog.negotiated and dialog.offer != REMOTE_OFFER:
            self._bye_status = 488
            self.bye([("Reason", 'SIP;cause=488;text="No session description in the answer"')], now=now)
            return
        self._refreshed(dialog, message, now)
        dialog.preview = b""
        self.ua.events.append(Answered(self, message, body))  # type: ignore[arg-type]
        self._next_offer(now)

    def on_over(self, out: Outgoing, now: int) -> None:
        """The INVITE's transaction has gone: no further fork can answer."""
        if out is self._invite:
            self._invite = None
            self._last_invite = out.message if self.auth is not None and self.state < ENDING else None
            self.ua.calling.pop(self._early_key, None)
            if self.state in (CALLING, EARLY, CANCELLING):
                self._failed(None, 502)  # answered by what could not be read
            elif self.state != ENDED:
                self._leave_others()

    # -- CANCEL ------------------------------------------------------------------------------------------------

    def cancel(self, headers: Headers | None = None, *, now: int) -> None:
        """Give up our INVITE. `Ended` follows, whatever the other side does. LocalError: it has been answered."""
        if self.state not in (CALLING, EARLY):
            raise LocalError("there is no INVITE to cancel")
        self.state = CANCELLING
        self._cancel_wanted = headers or []
        invite = self._invite
        if invite is not None:
            invite.auth = None  # a challenge is the end now, not a reason to ask again
            if invite.tx is not None and invite.tx.provisional:
                self._send_cancel(now)

    def _send_cancel(self, now: int) -> None:
        """§9.1: as the INVITE, with the same branch; its answer says nothing."""
        invite = self._invite
        assert invite is not None
        headers = self._cancel_wanted or []
        self._cancel_wanted = None
        self._cancel_headers = headers
        message = invite.message
        rows: Headers = [("Via", message.get("Via")), ("Max-Forwards", "70")]
        rows += [("Route", route) for route in message.all("Route")]
        rows += [
            ("From", message.get("From")),
            ("To", message.get("To")),
            ("Call-ID", self.call_id),
            ("CSeq", f"{message.cseq[0]} CANCEL"),
            *headers,
        ]
        cancel = self.ua.request_message("CANCEL", message.uri, rows, b"", "")
        out = Outgoing(self.ua, cancel, invite.to, invite.flow, invite.local, None, None, self, "CANCEL")
        out.start(message.via.branch, now)
        self._start(CANCEL_WAIT, now + self.ua.layer.t64)

    def _cancel_waited(self, now: int) -> None:
        """§9.1: no final response for 64 T1 after CANCEL."""
        self._failed(None, 487)
