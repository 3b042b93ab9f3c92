"""Subscriptions and notifications, RFC 6665, both roles, for any event package; bodies go through as they are.

Notifier: `Subscribed` brings a `Subscription`; the owner accepts or refuses it and notifies: at once after accept and after each
refresh (§4.2.1.2), later whenever there is news. One NOTIFY is on its way at a time; of those that wait the last goes.
Subscriber: `UserAgent.subscribe` makes one; it refreshes itself at three quarters of its time. The first NOTIFY makes the dialog
(§4.4.1), also when it comes before the 2xx; a second fork is refused with 481.
Either ends with exactly one `SubscriptionEnded`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xunhu.protocol.errors import LocalError
from xunhu.sip.address import Address, UaPeer
from xunhu.sip.dialog import Dialog
from xunhu.sip.event_header import event_of, seconds_of, state_of, usage_key
from xunhu.sip.events import Notified, Subscribed, SubscriptionAccepted, SubscriptionEnded
from xunhu.sip.message import SipMessage, SipParseError, request
from xunhu.sip.outgoing import Authentication, Outgoing
from xunhu.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from xunhu.sip.user_agent import UserAgent

__all__ = ["Subscription"]

Headers = list[tuple[str, str]]

_S = 1_000_000_000
_EXPIRY, _REFRESH, _FIRST_NOTIFY = 33, 34, 35  # timers in the queue of all
_DEFAULT_S = 3600
_LONGEST_S = 86_400
_RETRY_S = 30


class Subscription:
    """package, id: of Event. expires: seconds granted, or asked for. notifier: we notify. owner: the owner's own. over: ended."""

    def __init__(self, ua: UserAgent, package: str, known: str, notifier: bool, peer: UaPeer | None) -> None:
        self.ua = ua
        self.package = package
        self.id = known
        self.notifier = notifier
        self.peer = peer
        self.owner: Any = None
        self.expires = 0
        self.over = False
        self.dialog: Dialog | None = None
        self.number = ua.layer.number(self)
        self.auth: Authentication | None = None
        if peer is not None and peer.credentials is not None:
            self.auth = Authentication(peer.credentials)
        self._tx: ServerTransaction | None = None  # the SUBSCRIBE that waits for the owner
        self._deadline = 0
        self._on_its_way: Outgoing | None = None
        self._next: tuple[str, bytes, str, Headers] | None = None  # NOTIFY that waits: state, body, type, headers
        self._pending = False
        self._ending = ""  # reason of the end that is on its way
        self._early_key = ""
        self._call: tuple[str, str, str, Address, int, Headers] | None = None
        self._brief = 0

    def _timer(self, name: int, at: int) -> None:
        self.ua.layer.timers.start(self.number, name, at)

    # -- notifier ----------------------------------------------------------------------------------------------

    def asked(self, tx: ServerTransaction, dialog: Dialog, now: int) -> None:
        """A SUBSCRIBE that makes it. Called by the user agent."""
        self._tx = tx
        self.dialog = dialog
        wanted = tx.request.expires
        self.expires = _DEFAULT_S if wanted is None else min(wanted, _LONGEST_S)
        self.ua.hold(tx, now)

    def accept(self, expires: int | None = None, pending: bool = False, *, now: int) -> None:
        """200, for so many seconds, not more than were asked for; pending: RFC 6665 §4.1.3. `notify` must follow at once.
        LocalError: it has been answered."""
        tx = self._answering()
        assert self.dialog is not None
        if expires is not None:
            self.expires = min(expires, self.expires)
        self._pending = pending
        self._granted(tx, now)

    def _granted(self, tx: ServerTransaction, now: int) -> None:
        assert self.dialog is not None
        self._deadline = now + self.expires * _S
        if self.expires:
            self._timer(_EXPIRY, self._deadline)
        headers = [("Expires", str(self.expires)), ("Contact", self.dialog.contact)]
        headers += [("Record-Route", row) for row in tx.request.all("Record-Route")]
        tx.respond(self.ua.reply(tx.request, 200, "", self.dialog.local_tag, headers), now)

    def refuse(self, status: int = 603, headers: Headers | None = None, *, now: int) -> None:
        """LocalError: it has been answered."""
        tx = self._answering()
        assert self.dialog is not None
        tx.respond(self.ua.reply(tx.request, status, "", self.dialog.local_tag, headers or []), now)
        self._end("refused", status)

    def _answering(self) -> ServerTransaction:
        if self._tx is None:
            raise LocalError("SUBSCRIBE has been answered")
        tx, self._tx = self._tx, None
        return tx

    def activate(self) -> None:
        """No longer pending; notify next."""
        self._pending = False

    def notify(self, body: bytes = b"", content_type: str = "", headers: Headers | None = None, *, now: int) -> None:
        """The state of what is watched. Nothing happens after the end; LocalError: accept it first."""
        if self._tx is not None:
            raise LocalError("accept the subscription first")
        if self.over or self._ending:
            return
        left = max(self._deadline - now, 0) // _S
        if self.expires == 0:
            self._ending = "timeout"
            state = "terminated;reason=timeout"
        else:
            state = f"{'pending' if self._pending else 'active'};expires={left}"
        self._notify(state, body, content_type, headers or [], now)

    def terminate(self, reason: str = "noresource", body: bytes = b"", content_type: str = "", *, now: int) -> None:
        """The last NOTIFY; reason of RFC 6665 §4.1.3. `SubscriptionEnded` follows."""
        if self._tx is not None:
            self.refuse(480, now=now)
        elif not (self.over or self._ending):
            self._ending = reason
            self._notify(f"terminated;reason={reason}", body, content_type, [], now)

    def _notify(self, state: str, body: bytes, content_type: str, headers: Headers, now: int) -> None:
        if self._on_its_way is not None:
            self._next = (state, body, content_type, headers)
            return
        dialog = self.dialog
        assert dialog is not None
        event = self.package + (f";id={self.id}" if self.id else "")
        rows = [("Contact", dialog.contact), ("Event", event), ("Subscription-State", state), *headers]
        self._on_its_way = self.ua.ask(dialog, "NOTIFY", rows, body, content_type, self, "NOTIFY", self.auth, now)

    def _notified(self, message: SipMessage | None, status: int, now: int) -> None:
        self._on_its_way = None
        waiting, self._next = self._next, None
        if status in (408, 481) or (400 <= status < 700 and (message is None or not message.get("Retry-After"))):
            self._end(self._ending or "gone", status)  # §4.2.2
        elif waiting is not None:
            self._notify(*waiting, now)
        elif self._ending:
            self._end(self._ending, 200)

    # -- subscriber --------------------------------------------------------------------------------------------

    def subscribe(
        self, to: Address, uri: str, from_: str, to_: str, expires: int, headers: Headers, flow: int, now: int
    ) -> None:
        """The first SUBSCRIBE. Called by UserAgent.subscribe."""
        ua = self.ua
        tag = ua.tokens.tag()
        call_id = ua.tokens.call_id(ua.local_for(to).host)
        self.expires = expires
        contact = ua.contact(to, from_)
        branch = ua.tokens.branch()
        rows: Headers = [
            ("Via", ua.via(to, branch)),
            ("From", f"{from_};tag={tag}"),
            ("To", to_),
            ("Call-ID", call_id),
            ("CSeq", f"{1 + ua.tokens.below(1000)} SUBSCRIBE"),
            ("Contact", contact),
            *self._subscribe_headers(expires),
            *headers,
            *ua.common,
        ]
        message = request("SUBSCRIBE", uri, rows)
        self._call = (f"{from_};tag={tag}", to_, contact, to, flow, headers)
        self._early_key = f"{call_id} {tag}"
        ua.subscribing[self._early_key] = self
        out = Outgoing(ua, message, to, flow, None, self.auth, None, self, "SUBSCRIBE")
        self._on_its_way = out
        out.start(branch, now)

    def _subscribe_headers(self, expires: int) -> Headers:
        event = self.package + (f";id={self.id}" if self.id else "")
        return [("Event", event), ("Expires", str(expires)), ("Allow", self.ua.allow)]

    def unsubscribe(self, *, now: int) -> None:
        """SUBSCRIBE with Expires 0; `SubscriptionEnded` follows, at the latest after timer N."""
        if self.over or self._ending:
            return
        self._ending = "unsubscribed"
        self._timer(_FIRST_NOTIFY, now + self.ua.ns["TN"])
        if self.dialog is not None and self._on_its_way is None:
            self._again(0, now)

    def _again(self, expires: int, now: int) -> None:
        dialog = self.dialog
        assert dialog is not None
        rows = [("Contact", dialog.contact), *self._subscribe_headers(expires)]
        self._on_its_way = self.ua.ask(dialog, "SUBSCRIBE", rows, b"", "", self, "SUBSCRIBE", self.auth, now)

    def _subscribed(self, out: Outgoing, message: SipMessage | None, status: int, now: int) -> None:
        self._on_its_way = None
        if message is not None and 200 <= status < 300:
            granted = seconds_of(message.get("Expires"))
            if self._ending:
                if self.dialog is not None and out.message.get("Expires") != "0":
                    self._again(0, now)
                return
            self.expires = granted if granted >= 0 else self.expires
            self._lasts(self.expires, now)
            if self.dialog is None:
                self._timer(_FIRST_NOTIFY, now + self.ua.ns["TN"])
            self.ua.events.append(SubscriptionAccepted(self, self.expires, message))
        elif status == 423 and message is not None and self._brief < 2:
            self._brief += 1
            least = seconds_of(message.get("Min-Expires"))
            self.expires = max(self.expires, least)
            out.message.set("Expires", str(self.expires))
            self._on_its_way = out
            out.again(now)
        elif self.dialog is None or status in (404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604):
            retry = (
                -1
                if message is None
                else seconds_of(message.get("Retry-After").partition(";")[0].partition("(")[0].strip())
            )
            self._end(self._ending or "refused", status, retry)
        elif not self._ending:
            self._timer(_REFRESH, now + _RETRY_S * _S)  # §4.1.2.2: what stands lasts until its time is over

    def _lasts(self, seconds: int, now: int) -> None:
        self._timer(_EXPIRY, now + seconds * _S)
        self._timer(_REFRESH, now + max(seconds * _S * 3 // 4, _S))

    def first_notify(self, tx: ServerTransaction, now: int) -> bool:
        """The NOTIFY that makes the dialog. False: it is none of ours. SipParseError: no Contact."""
        message = tx.request
        if self.over or self.dialog is not None or event_of(message) != (self.package, self.id) or self._call is None:
            return False
        local, _, contact, _, _, _ = self._call
        dialog = Dialog(message.call_id, message.to.tag, message.from_.tag, local, message.get("From"), contact)
        dialog.remote_seq = message.cseq[0]
        dialog.local_seq = 2000
        dialog.nat = self.peer is not None and self.peer.nat
        dialog.learn_route(message, reverse=False)
        if not dialog.learn_target(message):
            raise SipParseError(400, "missing", "Contact")
        dialog.heard(tx.source, tx.local, tx.flow)
        self.dialog = dialog
        dialog.subscriptions = {usage_key(self.package, self.id): self}
        self.ua.dialogs[dialog.key] = dialog
        self.ua.layer.timers.stop(self.number, _FIRST_NOTIFY)
        if self._ending and self._on_its_way is None:
            self._again(0, now)
        return True

    # -- both --------------------------------------------------------------------------------------------------

    def receive(self, tx: ServerTransaction, now: int) -> None:
        """SUBSCRIBE or NOTIFY of the dialog. SipParseError: what it needs is missing."""
        message = tx.request
        assert self.dialog is not None
        tag = self.dialog.local_tag
        if message.method == "SUBSCRIBE" and self.notifier:
            if self._tx is not None or self._ending:
                tx.respond(self.ua.reply(message, 500 if self._tx is not None else 481, "", tag, []), now)
                return
            self.dialog.learn_target(message)
            wanted = message.expires
            self.expires = _DEFAULT_S if wanted is None else min(wanted, _LONGEST_S)
            self.ua.layer.timers.stop(self.number, _EXPIRY)
            self._granted(tx, now)
            self.ua.events.append(Subscribed(self, message, True))
        elif message.method == "NOTIFY" and not self.notifier:
            state, params = state_of(message)
            self.dialog.learn_target(message)
            tx.respond(self.ua.reply(message, 200, "", tag, []), now)
            self.ua.events.append(Notified(self, message, message.body, state))
            left = seconds_of(params.get("expires", ""))
            if state == "terminated":
                reason = self._ending or params.get("reason", "") or "noresource"
                self._end(reason, 200, seconds_of(params.get("retry-after", "")))
            elif left > 0 and left < self.expires and not self._ending:
                self.expires = left
                self._lasts(left, now)
        else:
            tx.respond(self.ua.reply(message, 481, "", tag, []), now)

    def on_timer(self, name: int, now: int) -> None:
        if name == _EXPIRY and self.notifier:
            self.terminate("timeout", now=now)
        elif name in (_EXPIRY, _FIRST_NOTIFY):
            self._end(self._ending or "timeout", 408)
        elif self.dialog is not None and self._on_its_way is None and not self._ending:
            self._again(self.expires, now)

    def on_answer(self, out: Outgoing, message: SipMessage | None, status: int, now: int) -> None:
        if status < 200 or self.over or out is not self._on_its_way:
            return
        if self.notifier:
            self._notified(message, status, now)
        else:
            self._subscribed(out, message, status, now)

    def on_over(self, out: Outgoing, now: int) -> None:
        """Nothing hangs on it."""

    def _end(self, reason: str, status: int, retry_after: int = -1) -> None:
        if self.over:
            return
        self.over = True
        ua = self.ua
        for name in (_EXPIRY, _REFRESH, _FIRST_NOTIFY):
            ua.layer.timers.stop(self.number, name)
        ua.layer.forget(self.number)
        ua.subscribing.pop(self._early_key, None)
        ua.subscriptions -= 1
        dialog = self.dialog
        if dialog is not None:
            if dialog.subscriptions:
                dialog.subscriptions.pop(usage_key(self.package, self.id), None)
            if dialog.unused():
                ua.dialogs.pop(dialog.key, None)
        ua.events.append(SubscriptionEnded(self, reason, status, retry_after))
