"""What every part of an INVITE session stands on: state, dialogs, timers, requests out, the end. See session.py."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from xunhu.protocol.errors import LocalError
from xunhu.sip.address import Address, UaPeer
from xunhu.sip.dialog import Dialog
from xunhu.sip.events import Ended
from xunhu.sip.message import SipMessage, response
from xunhu.sip.outgoing import Authentication, Outgoing
from xunhu.sip.transaction import ClientTransaction, ServerTransaction

if TYPE_CHECKING:
    from xunhu.sip.user_agent import UserAgent

Headers = list[tuple[str, str]]


class SessionState(IntEnum):
    CALLING = 0  # our INVITE is out
    EARLY = 1  # and a provisional response with a tag has come
    CANCELLING = 2  # and we want it no more
    INCOMING = 3  # an INVITE of the other side waits for our final response
    ACCEPTED = 4  # our 2xx is out, its ACK has not come
    CONFIRMED = 5
    ENDING = 6  # our BYE is out
    ENDED = 7


CALLING, EARLY, CANCELLING, INCOMING, ACCEPTED, CONFIRMED, ENDING, ENDED = (int(state) for state in SessionState)

# Timers of a session in the queue of all; below 32 are those of transactions.
OK_REPEAT, OK_TIMEOUT, RELIABLE_REPEAT, RELIABLE_TIMEOUT, PROVISIONAL_REFRESH = range(33, 38)
EXPIRES, SESSION_REFRESH, SESSION_EXPIRE, GLARE, OWNER_ANSWER, CANCEL_WAIT = range(38, 44)
_FIRST_TIMER, _LAST_TIMER = OK_REPEAT, CANCEL_WAIT


class SessionBase:
    """See `session.InviteSession`."""

    def __init__(self, ua: UserAgent, peer: UaPeer, caller: bool) -> None:
        self.ua = ua
        self.peer = peer
        self.owner: Any = None  # the owner's own
        self.caller = caller  # we sent the INVITE
        self.state = CALLING if caller else INCOMING
        self.number = ua.layer.number(self)
        self.dialog: Dialog | None = None
        self.call_id = ""
        self.local_tag = ""
        self.auth = Authentication(peer.credentials) if peer.credentials is not None else None
        self.local_description = b""  # what we said last, for refreshes
        self._timers = 0  # those that run, a bit each
        self._forks: list[Dialog] = []  # dialogs that the INVITE made, the confirmed one among them
        self._invite: Outgoing | None = None
        self._invite_tx: ServerTransaction | None = None
        self._bye_wanted: Headers | None = None
        self._init_parts()

    def _init_parts(self) -> None:
        """Fields of the parts."""

    # -- timers ------------------------------------------------------------------------------------------------

    def _start(self, name: int, at: int) -> None:
        self._timers |= 1 << (name - _FIRST_TIMER)
        self.ua.layer.timers.start(self.number, name, at)

    def _stop(self, name: int) -> None:
        bit = 1 << (name - _FIRST_TIMER)
        if self._timers & bit:
            self._timers &= ~bit
            self.ua.layer.timers.stop(self.number, name)

    def _stop_all(self) -> None:
        timers = self._timers
        name = _FIRST_TIMER
        while timers:
            if timers & 1:
                self.ua.layer.timers.stop(self.number, name)
            timers >>= 1
            name += 1
        self._timers = 0

    # -- requests ----------------------------------------------------------------------------------------------

    def _ask(
        self,
        dialog: Dialog,
        method: str,
        headers: Headers,
        body: bytes,
        content_type: str,
        kind: str,
        now: int,
        note: Any = None,
    ) -> Outgoing:
        """A request inside a dialog; its answer comes to `on_answer` with `kind`."""
        ua = self.ua
        dialog.local_seq += 1
        message, branch = dialog.build(ua, method, dialog.local_seq, headers, body, content_type)
        to = dialog.next_hop(ua)
        assert to is not None
        out = Outgoing(ua, message, to, dialog.flow, dialog.on, self.auth, dialog, self, kind, note)
        out.start(branch, now)
        return out

    def _need(self, *states: int) -> Dialog:
        """LocalError: the session is in none of these states."""
        if self.state not in states:
            raise LocalError(f"not possible in state {SessionState(self.state).name}")
        assert self.dialog is not None
        return self.dialog

    def _reply(self, message: SipMessage, status: int, headers: Headers, body: bytes = b"") -> SipMessage:
        """A response to a request inside our dialog."""
        return response(
            message,
            status,
            "",
            self.local_tag or self.ua.stateless_tag(message),
            [*headers, *self.ua.common],
            body,
            "application/sdp" if body else "",
        )

    def _refuse(self, tx: ServerTransaction, status: int, now: int, headers: Headers | None = None) -> None:
        tx.respond(self._reply(tx.request, status, headers or []), now)

    # -- dialogs -----------------------------------------------------------------------------------------------

    def _enter(self, dialog: Dialog) -> None:
        """The dialog is one of ours and can be found."""
        dialog.session = self
        self._forks.append(dialog)
        self.ua.dialogs[dialog.key] = dialog

    def _leave(self, dialog: Dialog) -> None:
        dialog.session = None
        if dialog.unused():
            self.ua.dialogs.pop(dialog.key, None)

    def _leave_others(self) -> None:
        """Forks that were not answered are no dialogs any more (§13.2.2.4)."""
        for dialog in self._forks:
            if dialog is not self.dialog:
                self._leave(dialog)
        self._forks = [self.dialog] if self.dialog is not None else []

    # -- the end -----------------------------------------------------------------------------------------------

    def _end(self, by_peer: bool, status: int, message: SipMessage | None, event: Any = None) -> None:
        """Once; what comes later finds no session."""
        if self.state == ENDED:
            return
        self._finish()
        self.ua.events.append(event or Ended(self, by_peer, status, message))  # type: ignore[arg-type]

    def _finish(self) -> None:
        self.state = ENDED
        self._stop_all()
        for dialog in self._forks:
            self._leave(dialog)
        self._forks = []
        self.ua.layer.forget(self.number)
        self.ua.session_over(self)

    # -- what parts and transactions call ----------------------------------------------------------------------

    def on_answer(self, out: Outgoing, message: SipMessage | None, status: int, now: int) -> None:
        raise NotImplementedError

    def on_over(self, out: Outgoing, now: int) -> None:
        """A client transaction has gone."""

    def on_response(self, tx: ClientTransaction, message: SipMessage, now: int) -> None:
        """Transactions of ours are behind Outgoing."""

    def on_failure(self, tx: Any, status: int, now: int) -> None:
        """No ACK for a final response that is no 2xx: nothing follows from it (§17.2.1)."""

    def on_terminated(self, tx: Any, now: int) -> None:
        if tx is self._invite_tx:
            self._invite_tx = None

    def bye(self, headers: Headers | None = None, *, now: int) -> None:
        raise NotImplementedError

    def _target(self) -> Address | None:
        return self.dialog.source if self.dialog is not None else None
