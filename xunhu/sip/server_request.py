"""A request of somebody else that its owner answers: OPTIONS, MESSAGE, REGISTER and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xunhu.sip.address import Address, UaPeer
from xunhu.sip.message import SipMessage
from xunhu.sip.transaction import UNANSWERED, ClientTransaction, ServerTransaction

if TYPE_CHECKING:
    from xunhu.sip.user_agent import UserAgent

__all__ = ["ServerRequest"]


class ServerRequest:
    """message, peer (as admitted), source, flow, local (our address that it came to). `respond` or `answer` once; nobody is told when it is not done: the other side
    repeats until it gives up, and the transaction is closed by our 504 after 64 T1."""

    __slots__ = ("_tx", "_ua", "flow", "local", "message", "peer", "source")

    def __init__(self, ua: UserAgent, tx: ServerTransaction, peer: UaPeer | None, now: int) -> None:
        self._ua = ua
        self._tx = tx
        self.message = tx.request
        self.peer = peer
        self.source: Address = tx.source
        self.flow: int = tx.flow
        self.local: Address | None = tx.local
        tx.user = self
        ua.layer.timers.start(tx.number, UNANSWERED, now + ua.layer.t64)

    def respond(self, message: SipMessage, *, now: int) -> None:
        """Any response, made by message.response from the request."""
        self._tx.respond(message, now)

    def answer(
        self,
        status: int,
        reason: str = "",
        headers: list[tuple[str, str]] | None = None,
        body: bytes = b"",
        content_type: str = "",
        *,
        now: int,
    ) -> None:
        """One with a tag of ours and what every response of ours carries."""
        ua = self._ua
        self.respond(
            ua.reply(self.message, status, reason, ua.tokens.tag(), headers or [], body, content_type), now=now
        )

    def on_response(self, tx: ClientTransaction, message: SipMessage, now: int) -> None:
        """No client."""

    def on_failure(self, tx: Any, status: int, now: int) -> None:
        """The other side repeats its request, if it still wants an answer."""

    def on_terminated(self, tx: Any, now: int) -> None:
        """Answered and over."""

    def on_ack(self, tx: ServerTransaction, message: SipMessage, now: int) -> None:
        """No INVITE."""
