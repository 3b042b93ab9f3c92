"""What sessions, subscriptions and requests of a user agent use of it: tables, texts, requests in dialogs, answers at the door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zlib import crc32

from xunhu.protocol.errors import LocalError
from xunhu.sip.address import Address, Admission, Send, Tokens, UaSettings, default_port
from xunhu.sip.dialog import Dialog
from xunhu.sip.message import SipMessage, SipParseError, SipUri, request, response
from xunhu.sip.names import REASONS
from xunhu.sip.outgoing import Authentication, Outgoing
from xunhu.sip.session import InviteSession
from xunhu.sip.session_refer import Referral
from xunhu.sip.subscription import Subscription
from xunhu.sip.transaction import UNANSWERED, ServerTransaction, Transactions

Headers = list[tuple[str, str]]


class UserAgentBase:
    """See `user_agent.UserAgent`."""

    def __init__(
        self,
        settings: UaSettings,
        tokens: Tokens,
        local_for: Callable[[Address], Address],
        admit: Callable[[SipMessage, Address, int], Admission] | None = None,
        resolve: Callable[[SipUri], Address | None] | None = None,
    ) -> None:
        self.settings = settings
        self.tokens = tokens
        self.local_for = local_for
        self.admit = admit
        self.resolve: Callable[[SipUri], Address | None] = resolve or _no_name
        self.ns = settings.nanoseconds()
        self.layer = Transactions(self.ns)
        self.late = False  # its owner is behind with its work: new calls are refused, those that are up go on
        self.sends: list[Send] = self.layer.sends
        self.events: list[Any] = []
        self.dialogs: dict[str, Dialog] = {}
        # Call-ID and our tag -> a session whose INVITE may get further forks
        self.calling: dict[str, InviteSession] = {}
        self.subscribing: dict[str, Subscription] = {}  # Call-ID and our tag -> a SUBSCRIBE whose NOTIFY has not come
        self.sessions = 0
        self.subscriptions = 0
        self.allow = ", ".join(settings.allow)
        self.accept = ", ".join(settings.accept)
        self.common: Headers = [("User-Agent", settings.user_agent)] if settings.user_agent else []
        self.abilities: Headers = [("Allow", self.allow), ("Supported", ", ".join(settings.supported))]
        self._supported = {option.lower() for option in settings.supported}
        self._allowed = set(settings.allow)
        self._handles = 0

    @property
    def next_deadline(self) -> int | None:
        """When handle_timeout has something to do; None: nothing waits."""
        return self.layer.next_deadline

    def via(self, to: Address | None, branch: str) -> str:
        """Our Via for a request that goes there."""
        local = self.local_for(to or _NOWHERE)
        return f"SIP/2.0/{local.transport.upper()} {local.hostport};branch={branch};rport"

    def contact(self, to: Address, user_of: str) -> str:
        """Where requests of a dialog with that end come to us. user_of: the URI whose user it has."""
        local = self.local_for(to)
        user = user_of.partition("<")[2].partition(">")[0] or user_of
        user = user.partition(":")[2]
        user = user.partition("@")[0].partition(":")[0] + "@" if "@" in user else ""
        transport = "" if local.transport == "udp" else f";transport={local.transport}"
        return f"<sip:{user}{local.hostport}{transport}>"

    def request_message(self, method: str, uri: str, rows: Headers, body: bytes, content_type: str) -> SipMessage:
        return request(method, uri, [*rows, *self.common], body, content_type)

    def reply(
        self,
        message: SipMessage,
        status: int,
        reason: str,
        tag: str,
        headers: Headers,
        body: bytes = b"",
        content_type: str = "",
    ) -> SipMessage:
        return response(message, status, reason, tag, [*headers, *self.common], body, content_type)

    def reason(self, status: int) -> str:
        return REASONS.get(status, "Unknown")

    def ask(
        self,
        dialog: Dialog,
        method: str,
        headers: Headers,
        body: bytes,
        content_type: str,
        user: Any,
        kind: str,
        auth: Authentication | None,
        now: int,
    ) -> Outgoing:
        """A request inside a dialog, for who has no session."""
        dialog.local_seq += 1
        message, branch = dialog.build(self, method, dialog.local_seq, headers, body, content_type)
        to = dialog.next_hop(self)
        assert to is not None
        out = Outgoing(self, message, to, dialog.flow, dialog.on, auth, dialog, user, kind)
        out.start(branch, now)
        return out

    def send_in(self, dialog: Dialog, data: bytes) -> None:
        """ACK."""
        to = dialog.next_hop(self)
        if to is not None:
            self.sends.append(Send(data, to, dialog.flow, dialog.on))

    def hold(self, tx: ServerTransaction, now: int) -> None:
        """The owner will answer; if it does not, 504 after 64 T1."""
        self.layer.timers.start(tx.number, UNANSWERED, now + self.layer.t64)

    def _counted(self, session: InviteSession) -> None:
        self.sessions += 1
        session.peer.sessions += 1

    def session_over(self, session: Any) -> None:
        self.sessions -= 1
        session.peer.sessions -= 1

    def referral_over(self, referral: Referral, dialog: Dialog, session: Any) -> None:
        if session is not None:
            if referral in session.referrals:
                session.referrals.remove(referral)
            return
        dialog.subscriptions = None
        self.dialogs.pop(dialog.key, None)

    def _answer(
        self, tx: ServerTransaction, status: int, now: int, headers: Headers | None = None, reason: str = ""
    ) -> None:
        message = tx.request
        tx.respond(self.reply(message, status, reason, self.stateless_tag(message), headers or []), now)

    def stateless_tag(self, message: SipMessage) -> str:
        """The same for each repetition (§8.2.7), without remembering."""
        text = f"{message.get('From')} {message.get('Call-ID')} {message.get('CSeq')}"
        return f"s{crc32(text.encode('utf-8', 'surrogateescape')):08x}"

    def _stateless(
        self,
        message: SipMessage,
        status: int,
        source: Address,
        local: Address | None,
        flow: int,
        reason: str = "",
        headers: Headers | None = None,
    ) -> None:
        out = self.reply(message, status, reason, self.stateless_tag(message), headers or [])
        try:
            to = reply_to(message, source)
            data = out.encode()
        except (SipParseError, LocalError):
            self.layer.count("malformed and not answered")  # nobody could say to whom
            return
        self.sends.append(Send(data, to, flow, local))

    def _overload(self, message: SipMessage, source: Address, local: Address | None, flow: int) -> None:
        headers = [("Retry-After", str(self.settings.retry_after))]
        self._stateless(message, 503, source, local, flow, "", headers)


_NOWHERE = Address("udp", "", 0)


def _no_name(uri: SipUri) -> Address | None:
    return None


def reply_to(message: SipMessage, source: Address) -> Address:
    """Where responses go (§18.2.2, RFC 3581 §4): where it came from, to the port of the Via unless rport asks for that as well."""
    via = message.via
    if source.transport != "udp":
        return Address(source.transport, source.host, via.port or default_port(source.transport))
    if via.rport is not None:
        return source
    port = via.port or 5060
    return source if port == source.port else Address("udp", source.host, port)
