"""The user agent: messages in, messages out, sessions, subscriptions and single requests (RFC 3261 §8), without a socket.

How it works: `UserAgent` is sans-IO. The owner feeds `receive` (a parsed message and where it came from), `malformed`,
`transport_failed` and, when `next_deadline` is reached, `handle_timeout`; it calls the methods of sessions and of this class; and
after each turn it takes what is in `sends` and `events` and empties both lists. `now` is integer nanoseconds of any monotonic
clock. What others send raises nothing: it is answered as RFC 3261 says, or counted (`layer.counters`) and dropped.

A request goes: transaction (repetitions end there) - checks of §8.2 - its dialog, or `admit` and then a session, a subscription
or a `RequestReceived`. Tables are bounded by UaSettings; beyond a bound, and to a new INVITE while the owner is `late`, the answer is 503 with
Retry-After, and no state is kept.

Choices: 100 for an INVITE goes out at once. Responses go where RFC 3581 or the Via says, never to a maddr (it would make us shoot
at others). Max-Forwards 0 refuses an INVITE (483, RFC 7332: most calls here go on as another one) but no other method. PUBLISH has
no use here: 405 unless settings.allow has it. rport is in every Via of ours.
"""

from __future__ import annotations

from typing import Any

from xunhu.protocol.errors import LocalError
from xunhu.sip.address import Address, Admission, Credentials, UaPeer
from xunhu.sip.bodies import session_description, unacceptable
from xunhu.sip.dialog import Dialog, dialog_key
from xunhu.sip.event_header import event_of, usage_key
from xunhu.sip.events import Invited, Referred, Replaced, RequestReceived, ResponseReceived, Subscribed
from xunhu.sip.message import SipMessage, SipParseError, response
from xunhu.sip.names import METHODS
from xunhu.sip.outgoing import Authentication, Outgoing
from xunhu.sip.server_request import ServerRequest
from xunhu.sip.session import InviteSession, SessionState
from xunhu.sip.session_refer import Referral, parse_replaces, refer_target
from xunhu.sip.subscription import Subscription
from xunhu.sip.transaction import ServerTransaction, trying
from xunhu.sip.user_agent_base import UserAgentBase, reply_to

__all__ = ["UserAgent"]

Headers = list[tuple[str, str]]


class UserAgent(UserAgentBase):
    """settings; tokens: random names; local_for: the address that the other end is to use for ours, of where something goes;
    admit: asked of every request outside a dialog, None: everything is let in; resolve: names of in-dialog targets.
    """

    # -- time --------------------------------------------------------------------------------------------------

    def handle_timeout(self, now: int) -> None:
        self.layer.handle_timeout(now)

    # -- messages in -------------------------------------------------------------------------------------------

    def receive(self, message: SipMessage, source: Address, local: Address | None, flow: int, now: int) -> None:
        """A message from source, that came to local. flow: the connection that it came by, 0 with UDP."""
        try:
            if message.status:
                self._receive_response(message, source, flow, now)
            else:
                self._receive_request(message, source, local, flow, now)
        except SipParseError as error:
            error.message = message
            self.malformed(error, source, local, flow, now)

    def malformed(self, error: SipParseError, source: Address, local: Address | None, flow: int, now: int) -> None:
        """What could not be read: answered where there is enough of it to answer, without a transaction."""
        message = error.message
        self.layer.count("malformed")
        if message is None or message.status or not message.method or message.method == "ACK":
            return
        self._stateless(message, error.status, source, local, flow, error.reason)

    def transport_failed(self, to: Address, flow: int, now: int) -> None:
        """Nothing can be sent there; flow: this connection has gone, 0: the address does not answer."""
        if flow:
            for dialog in self.dialogs.values():
                if dialog.flow == flow:
                    dialog.flow = 0
                    dialog.hop = None
        self.layer.transport_failed(to, flow, now)

    def _receive_response(self, message: SipMessage, source: Address, flow: int, now: int) -> None:
        tx = self.layer.match_response(message)
        if tx is None:
            self._stray_response(message)
            return
        status = message.status
        tx.event(0 if status < 200 else 1 if status < 300 else 2, message, now)

    def _stray_response(self, message: SipMessage) -> None:
        """Of no transaction (any more): 2xx for an INVITE whose dialog lives is acknowledged again, all else dropped."""
        self.layer.count("responses without a transaction")
        if 200 <= message.status < 300 and message.cseq[1] == "INVITE":
            dialog = self.dialogs.get(dialog_key(message.call_id, message.from_.tag, message.to.tag))
            if dialog is not None and dialog.ack is not None and dialog.ack_seq == message.cseq[0]:
                self.send_in(dialog, dialog.ack)

    def _receive_request(
        self, message: SipMessage, source: Address, local: Address | None, flow: int, now: int
    ) -> None:
        layer = self.layer
        message.stamp_via(source.host, source.port)
        method = message.method
        key = layer.server_key(message, "INVITE" if method == "ACK" else method)
        tx = layer.servers.get(key)
        if method == "ACK":
            self._receive_ack(tx, message, source, local, flow, now)
            return
        if tx is not None:
            tx.event(7, message, now)
            return
        if len(layer.servers) >= self.settings.transactions:
            layer.count("refused: too many transactions")
            self._overload(message, source, local, flow)
            return
        if self.late and method == "INVITE" and not message.to.tag:
            layer.count("refused: late")
            self._overload(message, source, local, flow)
            return
        if message.cseq[1] != method:
            raise SipParseError(400, "another method than the request", "CSeq")
        tag = message.to.tag
        if not tag and layer.merged_with(message, key):
            self._stateless(message, 482, source, local, flow)
            return
        if method == "CANCEL":
            tx = layer.serve(key, message, source, reply_to(message, source), flow, local)
            self._receive_cancel(tx, message, now)
            return
        dialog = self.dialogs.get(dialog_key(message.call_id, tag, message.from_.tag)) if tag else None
        tx = layer.serve(key, message, source, reply_to(message, source), flow, local)
        try:
            if not self._acceptable(tx, message, now):
                return
            if dialog is not None:
                self._in_dialog(tx, dialog, now)
            elif tag:
                self._lost_dialog(tx, message, now)
            else:
                self._new_request(tx, message, now)
        except SipParseError as error:
            layer.count("malformed")
            self._answer(tx, error.status, now, [], error.reason)

    def _receive_ack(
        self,
        tx: ServerTransaction | None,
        message: SipMessage,
        source: Address,
        local: Address | None,
        flow: int,
        now: int,
    ) -> None:
        """Of a refusal: in the INVITE's transaction; of a 2xx: of its dialog (§17.1.1.3, §13.2.2.4)."""
        if tx is not None and tx.state == 3:
            tx.event(8, message, now)
            return
        dialog = self.dialogs.get(dialog_key(message.call_id, message.to.tag, message.from_.tag))
        if dialog is None or dialog.session is None:
            self.layer.count("ACK without a dialog")
            return
        dialog.heard(source, local, flow)
        dialog.session._received_ack(message, now)

    def _receive_cancel(self, tx: ServerTransaction, message: SipMessage, now: int) -> None:
        """§9.2: 481 where no INVITE is; a final response that is out stands."""
        invite = self.layer.servers.get(self.layer.server_key(message, "INVITE"))
        if invite is None:
            self._answer(tx, 481, now)
            return
        session = invite.user
        tag = session.local_tag if isinstance(session, InviteSession) else self.stateless_tag(message)
        tx.respond(response(message, 200, "", tag, self.common), now)
        if isinstance(session, InviteSession) and invite.state == 2:
            session.cancelled(message, now)

    # -- checks, §8.2 ------------------------------------------------------------------------------------------

    def _acceptable(self, tx: ServerTransaction, message: SipMessage, now: int) -> bool:
        """False: it was answered."""
        method = message.method
        if method not in self._allowed:
            if method in METHODS:
                self._answer(tx, 405, now, [("Allow", self.allow)])
            else:
                self._answer(tx, 501, now, [("Allow", self.allow)])
            return False
        scheme = message.uri.partition(":")[0].lower()
        if scheme not in self.settings.schemes:
            self._answer(tx, 416, now)
            return False
        required = message.get("Require")
        if required:
            unknown = [option for option in message.items("Require") if option.strip().lower() not in self._supported]
            if unknown:
                self._answer(tx, 420, now, [("Unsupported", ", ".join(unknown))])
                return False
        if method == "INVITE" and message.max_forwards == 0:
            self._answer(tx, 483, now)
            return False
        if message.body and method in ("INVITE", "UPDATE", "PRACK"):
            encoding = message.get("Content-Encoding").lower()
            if encoding not in ("", "identity"):
                self._answer(tx, 415, now, [("Accept-Encoding", "identity")])
                return False
            if unacceptable(message, self.settings.accept):
                self._answer(tx, 415, now, [("Accept", self.accept)])
                return False
        return True

    # -- inside dialogs ----------------------------------------------------------------------------------------

    def _in_dialog(self, tx: ServerTransaction, dialog: Dialog, now: int) -> None:
        """§12.2.2."""
        message = tx.request
        seq = message.cseq[0]
        if seq <= dialog.remote_seq:
            self._answer(tx, 500, now, [], "Out of order")
            return
        dialog.remote_seq = seq
        dialog.heard(tx.source, tx.local, tx.flow)
        session = dialog.session
        usage = self._usage(dialog, message)
        if usage is not None:
            usage.receive(tx, now)
        elif message.method == "SUBSCRIBE" and session is not None and session.dialog is dialog:
            self._new_subscription(tx, dialog, session.peer, now)
        elif session is not None:
            session.receive(tx, dialog, now)
        elif message.method == "OPTIONS":
            self._answer(tx, 200, now, [*self.abilities, ("Accept", self.accept)])
        else:
            self._answer(tx, 481, now)

    def _usage(self, dialog: Dialog, message: SipMessage) -> Any:
        """The subscription of a SUBSCRIBE or NOTIFY (RFC 5057 §3.2); None: there is none."""
        if dialog.subscriptions is None or message.method not in ("SUBSCRIBE", "NOTIFY"):
            return None
        return dialog.subscriptions.get(usage_key(*event_of(message)))

    def _new_subscription(self, tx: ServerTransaction, dialog: Dialog, peer: UaPeer, now: int) -> None:
        """SUBSCRIBE of a package that the dialog has no subscription of. 489: it names none."""
        package, known = event_of(tx.request)
        if not package or package == "refer":
            self._answer(tx, 489 if not package else 481, now)
            return
        if self.subscriptions >= self.settings.subscriptions:
            self.layer.count("refused: too many subscriptions")
            self._answer(tx, 503, now, [("Retry-After", str(self.settings.retry_after))])
            return
        subscription = Subscription(self, package, known, True, peer)
        self.subscriptions += 1
        if dialog.subscriptions is None:
            dialog.subscriptions = {}
        dialog.subscriptions[usage_key(package, known)] = subscription
        self.dialogs[dialog.key] = dialog
        subscription.asked(tx, dialog, now)
        self.events.append(Subscribed(subscription, tx.request, False))

    def _lost_dialog(self, tx: ServerTransaction, message: SipMessage, now: int) -> None:
        """A tag that nobody here knows (§12.2.2) - or a NOTIFY that is faster than the 2xx to its SUBSCRIBE."""
        if message.method == "NOTIFY":
            waiting = self.subscribing.get(f"{message.call_id} {message.to.tag}")
            if waiting is not None and waiting.first_notify(tx, now):
                waiting.receive(tx, now)
                return
        self.layer.count("requests without a dialog")
        self._answer(tx, 481, now)

    # -- outside dialogs ---------------------------------------------------------------------------------------

    def _new_request(self, tx: ServerTransaction, message: SipMessage, now: int) -> None:
        message.check()
        method = message.method
        if method in ("BYE", "PRACK", "UPDATE", "INFO", "NOTIFY"):
            self._answer(tx, 481, now)
            return
        if method == "INVITE" and self._looped(message):
            self._answer(tx, 482, now)
            return
        admission = Admission.accept() if self.admit is None else self.admit(message, tx.source, tx.flow)
        if admission.response is not None:
            tx.respond(admission.response, now)
        elif admission.peer is None:
            self._forget(tx)
        elif method == "INVITE":
            self._new_session(tx, message, admission.peer, now)
        elif method == "REFER":
            self._refer_outside(tx, message, now)
        elif method == "SUBSCRIBE":
            self._new_subscription(tx, self._passive_dialog(tx), admission.peer, now)
        else:
            self.events.append(RequestReceived(ServerRequest(self, tx, admission.peer, now), message, None))

    def _forget(self, tx: ServerTransaction) -> None:
        """No answer, and the next repetition is asked about anew."""
        layer = self.layer
        layer.servers.pop(tx.key, None)
        layer.merged.pop(tx.merge_key, None)
        layer.forget(tx.number)

    def _looped(self, message: SipMessage) -> bool:
        """§8.2.2.2 as a caller: an INVITE of ours has come back as it went out; with another target it is a spiral, and may."""
        session = self.calling.get(f"{message.call_id} {message.from_.tag}")
        return session is not None and session._invite is not None and session._invite.message.uri == message.uri

    def _new_session(self, tx: ServerTransaction, message: SipMessage, peer: UaPeer, now: int) -> None:
        old: InviteSession | None = None
        replaces = message.get("Replaces")
        if replaces:
            found = self._replaced(tx, message, replaces, now)
            if found is None:
                return
            old = found
        if self.sessions >= self.settings.sessions or (peer.calls and peer.sessions >= peer.calls and old is None):
            self.layer.count("refused: too many sessions")
            self._answer(tx, 503, now, [("Retry-After", str(self.settings.retry_after))])
            return
        session = InviteSession(self, peer, caller=False)
        if not session._timer_accepts(tx, now):
            self.layer.forget(session.number)
            return
        try:
            session.incoming(tx, self.contact(tx.source, message.uri), now)
        except SipParseError:
            self.layer.forget(session.number)
            raise
        self._counted(session)
        trying(tx, now)
        offer = session_description(message)
        self.events.append(Invited(session, message, offer) if old is None else Replaced(old, session, message, offer))

    def _replaced(self, tx: ServerTransaction, message: SipMessage, text: str, now: int) -> InviteSession | None:
        """RFC 3891 §3. None: it was answered."""
        found = parse_replaces(text)
        if found is None or len(message.all("Replaces")) > 1:
            self._answer(tx, 400, now, [], "Replaces cannot be read")
            return None
        call_id, to_tag, from_tag, early_only = found
        session = self.session(call_id, to_tag, from_tag)
        if session is None:
            self._answer(tx, 481, now)
            return None
        if session.state in (SessionState.ENDING, SessionState.ENDED):
            self._answer(tx, 603, now)
            return None
        confirmed = session.state in (SessionState.CONFIRMED, SessionState.ACCEPTED)
        if confirmed and early_only:
            self._answer(tx, 486, now)
            return None
        if not confirmed and not session.caller:  # an early dialog of which we are not the caller
            self._answer(tx, 481, now)
            return None
        return session

    def _refer_outside(self, tx: ServerTransaction, message: SipMessage, now: int) -> None:
        """REFER that makes a dialog of its own (RFC 3515 §2.4.4)."""
        target, replaces = refer_target(message)
        dialog = self._passive_dialog(tx)
        referral = Referral(self, tx, dialog, None)
        self.hold(tx, now)
        self.dialogs[dialog.key] = dialog
        dialog.subscriptions = {"refer": referral}
        self.events.append(Referred(None, referral, message, target, replaces, message.get("Referred-By")))

    def _passive_dialog(self, tx: ServerTransaction) -> Dialog:
        """Of a request that makes a dialog and is no INVITE. SipParseError: without a Contact there is none."""
        message = tx.request
        tag = self.tokens.tag()
        dialog = Dialog(
            message.call_id,
            tag,
            message.from_.tag,
            f"{message.get('To')};tag={tag}",
            message.get("From"),
            self.contact(tx.source, message.uri),
        )
        dialog.remote_seq = message.cseq[0]
        dialog.local_seq = self.tokens.below(1000)
        dialog.learn_route(message, reverse=False)
        if not dialog.learn_target(message):
            raise SipParseError(400, "missing", "Contact")
        dialog.heard(tx.source, tx.local, tx.flow)
        return dialog

    # -- requests of ours --------------------------------------------------------------------------------------

    def invite(
        self,
        to: Address,
        uri: str,
        from_: str,
        to_: str = "",
        headers: Headers | None = None,
        body: bytes = b"",
        *,
        peer: UaPeer | None = None,
        credentials: Credentials | None = None,
        flow: int = 0,
        now: int,
    ) -> InviteSession:
        """Call uri by way of `to`. from_, to_: name-addrs, or URIs in < >, without tags; to_ "": <uri>. headers: further ones, Route,
        Call-ID, Contact and Max-Forwards among them. body: an offer; b"": the other side is to make one.
        LocalError: too many sessions, or a line end in a header."""
        peer = peer or UaPeer()
        if self.sessions >= self.settings.sessions or (peer.calls and peer.sessions >= peer.calls):
            raise LocalError("too many sessions")
        session = InviteSession(self, peer, caller=True)
        if credentials is not None:
            session.auth = Authentication(credentials)
        try:
            contact = self.contact(to, from_)
            session.call(uri, from_, to_ or f"<{uri}>", headers or [], body, to, flow, contact, now)
        except LocalError:
            session._stop_all()
            self.layer.forget(session.number)
            self.calling.pop(f"{session.call_id} {session.local_tag}", None)
            raise
        self._counted(session)
        return session

    def request(
        self,
        method: str,
        to: Address,
        uri: str,
        from_: str,
        to_: str = "",
        headers: Headers | None = None,
        body: bytes = b"",
        content_type: str = "",
        *,
        credentials: Credentials | None = None,
        flow: int = 0,
        cseq: int = 0,
        now: int,
    ) -> int:
        """A request outside a dialog (OPTIONS, MESSAGE, REGISTER); its handle, that comes back in `ResponseReceived`. cseq 0: any;
        Call-ID may be among headers. The final response's CSeq says how far the numbers went (challenges use them up)."""
        rows = headers or []
        given = {name.lower() for name, _ in rows}
        branch = self.tokens.branch()
        call_id = next((value for name, value in rows if name.lower() == "call-id"), "")
        all_rows: Headers = [
            ("Via", self.via(to, branch)),
            ("From", f"{from_};tag={self.tokens.tag()}"),
            ("To", to_ or f"<{uri}>"),
            ("Call-ID", call_id or self.tokens.call_id(self.local_for(to).host)),
            ("CSeq", f"{cseq or 1 + self.tokens.below(1000)} {method}"),
        ]
        if "contact" not in given and method not in ("MESSAGE", "PUBLISH"):
            all_rows.append(("Contact", self.contact(to, from_)))
        if "allow" not in given and method in ("OPTIONS", "REGISTER"):
            all_rows.append(("Allow", self.allow))
        all_rows += [pair for pair in rows if pair[0].lower() != "call-id"]
        message = self.request_message(method, uri, all_rows, body, content_type)
        auth = Authentication(credentials) if credentials is not None else None
        self._handles += 1
        handle = self._handles
        Outgoing(self, message, to, flow, None, auth, None, self, "request", handle).start(branch, now)
        return handle

    def subscribe(
        self,
        to: Address,
        uri: str,
        from_: str,
        to_: str = "",
        event: str = "",
        expires: int = 3600,
        headers: Headers | None = None,
        *,
        peer: UaPeer | None = None,
        credentials: Credentials | None = None,
        flow: int = 0,
        now: int,
    ) -> Subscription:
        """Watch something (RFC 6665). event: package, with ;id=... where it has one. LocalError: no package, or too many."""
        package, _, known = event.partition(";id=")
        if not package or self.subscriptions >= self.settings.subscriptions:
            raise LocalError("no event package" if not package else "too many subscriptions")
        out = Subscription(self, package.lower(), known, False, peer)
        if credentials is not None:
            out.auth = Authentication(credentials)
        self.subscriptions += 1
        out.subscribe(to, uri, from_, to_ or f"<{uri}>", expires, headers or [], flow, now)
        return out

    def on_answer(self, out: Outgoing, message: SipMessage | None, status: int, now: int) -> None:
        """To `request`."""
        if status >= 200:
            self.events.append(ResponseReceived(out.note, status, message))

    def on_over(self, out: Outgoing, now: int) -> None:
        """Nothing hangs on it."""

    def session(self, call_id: str, local_tag: str, remote_tag: str) -> InviteSession | None:
        """The session of a dialog; None: there is none."""
        dialog = self.dialogs.get(dialog_key(call_id, local_tag, remote_tag))
        return None if dialog is None else dialog.session

    def restore(self, kept: dict[str, int | str | bool], now: int, peer: UaPeer | None = None) -> InviteSession:
        """A session from its snapshot, after a restart. LocalError: it is no snapshot, or the dialog is there already."""
        session = InviteSession(self, peer or UaPeer(), caller=bool(kept.get("caller")))
        try:
            if self.session(str(kept["call_id"]), str(kept["local_tag"]), str(kept["remote_tag"])) is not None:
                raise LocalError("the dialog is there already")
            session.restored(kept, now)
        except (KeyError, ValueError) as error:
            self.layer.forget(session.number)
            raise LocalError(f"no snapshot of a session: {error}") from error
        self._counted(session)
        return session
