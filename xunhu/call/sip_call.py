"""`SipCall`: a `TrunkCall` (xunhu/call/trunk.py) that is one or several dialogs of SIP with one RTP line.

A call of ours to a telephone with several contacts has a branch for each; they share the line, the first one that answers has the call and the others are
cancelled (RFC 3261 §16.7 as a forking proxy does it). A call that comes has one branch.

| asked        | call that came, before the answer   | call of ours, before the answer | answered          |
| ---          | ---                                 | ---                             | ---               |
| alert        | 180, with SDP when inband           | -                               | -                 |
| progress     | 183 with SDP                        | -                               | -                 |
| answer       | 200                                 | -                               | -                 |
| want_digits  | 484                                 | -                               | -                 |
| release      | final response by the cause         | CANCEL                          | BYE with Reason   |

Whatever is asked too late does nothing. The circuit is free as soon as the release has been sent: what is left of the transaction needs neither
a circuit nor an RTP line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from xunhu.call import causes, sip_causes
from xunhu.call.sip_dtmf import relay_body
from xunhu.call.sip_voice import SipVoice
from xunhu.call.trunk import CallRequest, TrunkCallState
from xunhu.protocol.errors import LocalError
from xunhu.sip.offer_answer import NotAcceptableError

if TYPE_CHECKING:
    from xunhu.call.sip_branch import Branch
    from xunhu.call.sip_trunk import SipTrunk

S = TrunkCallState
_TONE_S = 30.0  # how long a tone or announcement of the side that clears may go on
_HEAR_S = 1.0  # for a telephone to hear that its transfer is done; mostly it clears itself then
_CLEARED = (S.RELEASING, S.RELEASED)


class SipCall:
    """See the module's text. user: the extension, where it is a telephone that has registered."""

    clear_channel = False

    def __init__(self, trunk: SipTrunk, number: int, voice: SipVoice, *, incoming: bool, user: str = "") -> None:
        self._trunk = trunk
        self.number = number
        self.voice = voice
        self.user = user
        self.request: CallRequest | None = None
        self.branches: list[Branch] = []
        self.chosen: Branch | None = None  # the one that is answered, or that came
        self.best = 0  # of the final responses so far, the one that says most
        self.best_cause = 0
        self.told = ""  # "proceeding" | "alerting": what call control knows of a call of ours
        self.hold_told = False
        self.before_release: Callable[[int], object] | None = None  # said in the dialog before it ends; is given the time
        self._incoming = incoming
        self._state = S.OFFERED if incoming else S.PROCEEDING
        self.answered = False
        self._waits = False  # the release is decided, and comes in a while
        self._answer = b""  # the description for 180, 183 and 200

    def __repr__(self) -> str:
        return f"<SipCall {self.circuit} {self._state.value}>"

    @property
    def trunk(self) -> SipTrunk:
        return self._trunk

    @property
    def state(self) -> TrunkCallState:
        return self._state

    @state.setter
    def state(self, state: TrunkCallState) -> None:
        self._state = state

    @property
    def circuit(self) -> str:
        return f"{self._trunk.name}/{self.number}"

    @property
    def port(self) -> int | None:
        return self.voice.line.port

    @property
    def incoming(self) -> bool:
        return self._incoming

    @property
    def open(self) -> bool:
        return self._state not in _CLEARED

    @property
    def session(self) -> Any | None:
        """The dialog that is answered, or that came."""
        return self.chosen.session if self.chosen is not None else None

    @property
    def restore_data(self) -> dict[str, int | str | bool]:
        """number, port, incoming, user; of the dialog as `InviteSession.snapshot` has it, with dialog_ before; of the voice, with voice_ before."""
        data: dict[str, int | str | bool] = {
            "number": self.number,
            "port": self.port or 0,
            "incoming": self._incoming,
            "user": self.user,
            **{f"voice_{key}": value for key, value in self.voice.restore_data.items()},
        }
        if self.chosen is None:
            return data
        try:
            dialog = self.chosen.session.snapshot()
        except LocalError:
            return data  # it has ended meanwhile, and call control hears of it in a moment
        return data | {f"dialog_{key}": value for key, value in dialog.items()}

    # -- TrunkCall -----------------------------------------------------------------------------------------------

    def want_digits(self, inband_tone: bool) -> None:
        """There is no asking for more in SIP: the caller sends another INVITE with the whole number (RFC 3578 §3)."""
        self.release(causes.INCOMPLETE)

    def proceed(self) -> None:
        if self.open and self._state is not S.ACTIVE:
            self._state = S.PROCEEDING  # the 100 has long been sent, by the transaction

    def alert(self, inband: bool) -> None:
        if self._before_answer():
            self._state = S.ALERTING
            self._do(lambda session, now: session.ring(180, self._description() if inband else b"", now=now))

    def progress(self, inband: bool, cause: int | None = None) -> None:
        if self._before_answer() and inband:
            headers = [] if cause is None else [("Reason", sip_causes.reason(cause))]
            self._do(lambda session, now: session.progress(self._description(), headers=headers, now=now))

    def answer(self) -> None:
        if self._before_answer():
            self._state = S.ACTIVE
            self.answered = True
            session = self.session
            # an answer that has gone out reliably is not repeated (RFC 6337 §2.1)
            said = session is not None and session.dialog is not None and session.dialog.negotiated
            body = b"" if said else self._description()
            self._do(lambda session, now: session.answer(body, now=now))

    def send_digits(self, digits: str, complete: bool = False) -> None:
        """Nothing: our INVITE has the whole number."""

    def release(self, cause: int, inband: bool = False) -> None:
        cause = causes.valid(cause)
        if self._state is S.RELEASED or (self._waits and inband):
            return
        if not self._waits and self.open:
            if inband and self._before_answer():
                self.progress(True, cause)
                self._wait(_TONE_S, cause)
                return
            if self.before_release is not None:
                self._trunk.ask(self.before_release)
                self._wait(_HEAR_S, cause)
                return
        self._clear(cause)
        self._trunk.finished(self, cause, by_peer=False)

    def _wait(self, seconds: float, cause: int) -> None:
        """The release follows later, or with the next `release`."""
        self._waits = True
        self._state = S.RELEASING
        self._trunk.later(seconds, lambda: self.release(cause))

    # -- keys ----------------------------------------------------------------------------------------------------

    @property
    def keys_aside(self) -> bool:
        """Its keys come beside the voice: who talks with it has to be given them."""
        return not self.voice.line.inband_dtmf

    def send_key(self, key: str) -> bool:
        """False: it has to be sounded."""
        if self._state is not S.ACTIVE:
            return False
        if self.voice.events:
            self.voice.line.send_digits(key)
        elif self.voice.wish.dtmf == "info":
            kind, body = relay_body(key)
            self._do(lambda session, now: session.info(kind, body, now=now))
        else:
            return False
        return True

    # -- what it is made of --------------------------------------------------------------------------------------

    def offered(self, offer: bytes) -> None:
        """A call that has come: agree on the voice at once. NotAcceptableError."""
        if offer:
            self._answer = self.voice.answer(offer)

    def _description(self) -> bytes:
        """Ours, of a call that came: the answer, or where the INVITE had no offer, an offer."""
        if not self._answer:
            self._answer = self.voice.offer()
        return self._answer

    def _before_answer(self) -> bool:
        return self._incoming and self._state in (S.OFFERED, S.PROCEEDING, S.ALERTING)

    def _do(self, action: Any) -> None:
        session = self.session
        if session is not None:
            self._trunk.ask(lambda now: action(session, now))

    def _clear(self, cause: int) -> None:
        """Send the release on every branch that is still there."""
        reason = [("Reason", sip_causes.reason(cause))]
        if self.answered:
            self._do(lambda session, now: session.bye(headers=reason, now=now))
        elif self._incoming:
            status = sip_causes.to_status(cause)
            again = sip_causes.RETRY_AFTER_S.get(cause) if status == 503 else None
            headers = [*reason, *([("Retry-After", str(again))] if again else [])]
            self._do(lambda session, now: session.reject(status, headers=headers, now=now))
        else:
            for branch in self.branches:
                branch.cancel(reason)
        self.let_go()

    def let_go(self) -> None:
        """Nothing of the dialogs is for this call any more."""
        for branch in self.branches:
            branch.session.owner = None
        self.branches.clear()

    # -- what the dialogs say ------------------------------------------------------------------------------------

    def take_description(self, body: bytes) -> bool:
        """An answer of the other side's; False: it cannot be used."""
        if not body:
            return True
        try:
            self.voice.take_answer(body)
        except NotAcceptableError:
            return False
        return True
