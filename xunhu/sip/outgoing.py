"""A request of ours until its final response: transaction after transaction while challenges of digest are answered (§22)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xunhu.sip.address import Address, Credentials
from xunhu.sip.digest import Challenge, authorization, choose, parse_challenges
from xunhu.sip.message import SipMessage
from xunhu.sip.transaction import ClientTransaction, ServerTransaction

if TYPE_CHECKING:
    from xunhu.sip.dialog import Dialog
    from xunhu.sip.user_agent_base import UserAgentBase

__all__ = ["Authentication", "Outgoing"]

_MAX_REALMS = 4
_ATTEMPTS = 4  # of one request


class Authentication:
    """What we know of the realms on the way: challenges answered once come with the next request by themselves."""

    __slots__ = ("_known", "credentials")

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self._known: dict[tuple[bool, str], tuple[Challenge, int]] = {}  # (proxy, realm) -> challenge, nonce count

    def learn(self, message: SipMessage) -> bool:
        """Of a 401 or 407. False: nothing here answers it - other realms, unknown algorithms, or a fresh nonce was answered and a
        fresh one came: the password is wrong."""
        proxy = message.status == 407
        header = "Proxy-Authenticate" if proxy else "WWW-Authenticate"
        by_realm: dict[str, list[Challenge]] = {}
        for challenge in parse_challenges(message.all(header), header):
            by_realm.setdefault(challenge.realm, []).append(challenge)
        learnt = False
        for realm, challenges in by_realm.items():
            best = choose(challenges)
            if best is None or self.credentials.realm not in ("", realm):
                continue
            before = self._known.get((proxy, realm))
            if before is None and len(self._known) >= _MAX_REALMS:
                continue
            if before is not None and not best.stale and (before[0].nonce == best.nonce or before[1] == 1):
                return False
            self._known[(proxy, realm)] = (best, 0)
            learnt = True
        return learnt

    def apply(self, message: SipMessage, ua: UserAgentBase) -> None:
        """Authorization and Proxy-Authorization in the place of those that are there."""
        if not self._known:
            return
        message.remove("Authorization")
        message.remove("Proxy-Authorization")
        for key, (challenge, count) in list(self._known.items()):
            self._known[key] = (challenge, count + 1)
            text = authorization(
                challenge,
                message.method,
                message.uri,
                self.credentials.user,
                self.credentials.password,
                ua.tokens.tag(),
                count + 1,
                message.body,
            )
            message.add("Proxy-Authorization" if key[0] else "Authorization", text)


class Outgoing:
    """user.on_answer(outgoing, message, status, now) hears of every response that it must; message None: status is 408 or 503.
    kind and note: the user's own."""

    __slots__ = ("attempts", "auth", "dialog", "flow", "kind", "local", "message", "note", "to", "tx", "ua", "user")

    def __init__(
        self,
        ua: UserAgentBase,
        message: SipMessage,
        to: Address,
        flow: int,
        local: Address | None,
        auth: Authentication | None,
        dialog: Dialog | None,
        user: Any,
        kind: str,
        note: Any = None,
    ) -> None:
        self.ua = ua
        self.message = message
        self.to = to
        self.flow = flow
        self.local = local
        self.auth = auth
        self.dialog = dialog
        self.user = user
        self.kind = kind
        self.note = note
        self.attempts = 0
        self.tx: ClientTransaction | None = None

    def start(self, branch: str, now: int) -> None:
        if self.auth is not None:
            self.auth.apply(self.message, self.ua)
        self.tx = self.ua.layer.start(self.message, branch, self.to, self.flow, self.local, self, now)

    def on_response(self, tx: ClientTransaction, message: SipMessage, now: int) -> None:
        if tx is not self.tx:
            return  # of a challenge that has been answered
        status = message.status
        if status in (401, 407) and self.auth is not None and self.attempts < _ATTEMPTS and self.auth.learn(message):
            self.attempts += 1
            self.again(now)
            return
        if status == 500 and self._overtaken(message) and self.attempts < _ATTEMPTS:
            self.attempts += 1
            self.again(now)
            return
        self.user.on_answer(self, message, status, now)

    def _overtaken(self, message: SipMessage) -> bool:
        """§12.2.2 refuses a request whose number is below one that came before it: the network has turned two of ours round."""
        dialog = self.dialog
        if dialog is None or self.message.method == "INVITE" or message.get("Retry-After"):
            return False
        return dialog.local_seq > self.message.cseq[0]

    def again(self, now: int) -> None:
        """The same request anew: next CSeq, a branch of its own."""
        ua = self.ua
        before = self.message
        message = before.copy()
        seq = before.cseq[0] + 1
        if self.dialog is not None:
            self.dialog.local_seq += 1
            seq = self.dialog.local_seq
        branch = ua.tokens.branch()
        message.set("Via", ua.via(self.to, branch))
        message.set("CSeq", f"{seq} {message.method}")
        self.message = message
        self.start(branch, now)

    def on_failure(self, tx: Any, status: int, now: int) -> None:
        if tx is self.tx:
            self.user.on_answer(self, None, status, now)

    def on_ring_out(self, tx: ClientTransaction, now: int) -> None:
        if tx is self.tx:
            self.user.on_ring_out(self, now)

    def on_terminated(self, tx: Any, now: int) -> None:
        if tx is self.tx:
            self.user.on_over(self, now)

    def on_ack(self, tx: ServerTransaction, message: SipMessage, now: int) -> None:
        """No server."""
