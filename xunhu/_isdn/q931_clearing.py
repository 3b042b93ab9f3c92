"""Q.931 §5.3 clearing, §5.8 errors: of messages, of states (STATUS, STATUS ENQUIRY), of the data link (T309)."""

from __future__ import annotations

from typing import Any

from xunhu._isdn.primitives import (
    Cause,
    DisconnectIndication,
    Progress,
    StatusIndication,
)
from xunhu._isdn.q931_base import NEVER, Call, Q931Base
from xunhu._isdn.q931_codec import (
    CALL_PROCEEDING,
    DISCONNECT,
    RELEASE,
    RELEASE_COMPLETE,
    RESUME_REJECT,
    STATUS,
    STATUS_ENQUIRY,
    SUSPEND_REJECT,
    Fault,
    Message,
)
from xunhu._isdn.q931_ie import (
    CallState,
)
from xunhu._isdn.q931_tables import COMPATIBLE, COMPATIBLE_UNASKED, STATE_NAMES

_INBAND = 8
_NORMAL_UNSPECIFIED = Cause(31)


class Clearing(Q931Base):
    """Actions by which calls end, or by which it is found out whether they should."""

    # -- by us -------------------------------------------------------------------------------------------------

    def _reject(self, call: Call, cause: Cause, now: int) -> None:
        """§5.3.2 b: a SETUP not yet answered is refused by RELEASE COMPLETE."""
        self._clearing(call, cause, False)
        self._send(call, RELEASE_COMPLETE, (cause,))
        self._end(call)

    def _reject_or_disconnect(self, call: Call, arg: tuple[Cause, tuple[Progress, ...]], now: int) -> None:
        """With a tone or announcement the network keeps the channel: it names it first (§5.4)."""
        cause, progress = arg
        if not (self._network and any(p.description == _INBAND for p in progress)):
            self._reject(call, cause, now)
            return
        self._respond(call, CALL_PROCEEDING, ())
        self._send_disconnect(call, arg, now)

    def _reject_request(self, call: Call, arg: tuple[Cause, tuple[Progress, ...]], now: int) -> None:
        self._reject(call, arg[0], now)

    def _send_disconnect(self, call: Call, arg: tuple[Cause, tuple[Progress, ...]], now: int) -> None:
        cause, progress = arg
        self._clearing(call, cause, False)
        call.state = 12 if self._network else 11
        call.inband = any(p.description == _INBAND for p in progress)
        call.expiries = 0
        if not self._link_up:  # T309 runs; DISCONNECT when the link is back
            self._stop(call)
            return
        self._start(call, "T306" if call.inband else "T305", now)
        self._send(call, DISCONNECT, (cause, *progress))

    def _send_release(self, call: Call, arg: tuple[Cause, tuple[Progress, ...]], now: int) -> None:
        """The answer to DISCONNECT; of a faulty one it says what was wrong (§5.8.6.1, §5.8.7)."""
        self._release(call, arg[0] if call.reply_cause is None else call.reply_cause, now)

    def _release(self, call: Call, cause: Cause, now: int) -> None:
        self._clearing(call, cause, False)
        call.state = 19
        call.expiries = 0
        self._start(call, "T308", now)
        self._send(call, RELEASE, (cause,))

    def _end_of_tone(self, call: Call, arg: tuple[Cause, tuple[Progress, ...]], now: int) -> None:
        """A second wish to release: the tone is over. Without a tone RELEASE of the peer is on its way anyhow."""
        if call.inband and self._link_up:
            self._release(call, call.cause or arg[0], now)

    # -- by a timer --------------------------------------------------------------------------------------------

    def _clear_on_timer(self, call: Call, arg: Any, now: int) -> None:
        timer = call.timer
        self._tell("warning", f"{timer}: no answer in state {STATE_NAMES[call.state]}", call)
        self._send_disconnect(call, (self._cause(102, timer[1:].encode()), ()), now)

    def _t301_expired(self, call: Call, arg: Any, now: int) -> None:
        self._send_disconnect(call, (self._cause(19), ()), now)

    def _t305_expired(self, call: Call, arg: Any, now: int) -> None:
        """§5.3.3: RELEASE with the cause of DISCONNECT."""
        if call.timer == "T305":
            self._tell("info", "T305: no RELEASE after DISCONNECT", call)
        self._release(call, call.cause or self._cause(102), now)

    def _t308_expired(self, call: Call, arg: Any, now: int) -> None:
        """§5.3.3: RELEASE once more; then the reference is free and the channel is not to be trusted."""
        if call.expiries == 0:
            call.expiries = 1
            self._start(call, "T308", now)
            self._send(call, RELEASE, (call.cause or self._cause(102),))
            return
        channel = call.channel
        self._tell("warning", "T308: no RELEASE COMPLETE after two RELEASE", call)
        self._end(call)
        if channel is not None:
            self._set_service(channel, "maintenance", "T308: release not confirmed", suspect=True)

    # -- by the peer -------------------------------------------------------------------------------------------

    def _receive_disconnect(self, call: Call, message: Message, now: int) -> None:
        self._disconnected(call, message.find(Cause) or _NORMAL_UNSPECIFIED, message.find_all(Progress))

    def _disconnected(self, call: Call, cause: Cause, progress: tuple[Progress, ...]) -> None:
        self._stop(call)
        self._clearing(call, cause, True)
        call.state = 11 if self._network else 12
        self._out.append(DisconnectIndication(call.number, cause, progress))

    def _collide_disconnect(self, call: Call, message: Message, now: int) -> None:
        """§5.3.5: both sides have sent DISCONNECT."""
        self._release(call, call.cause or self._cause(31), now)

    def _receive_release(self, call: Call, message: Message, now: int) -> None:
        self._clearing(call, message.find(Cause) or _NORMAL_UNSPECIFIED, True)
        reply = call.reply_cause
        self._send(call, RELEASE_COMPLETE, () if reply is None else (reply,))
        self._end(call)

    def _collide_release(self, call: Call, message: Message, now: int) -> None:
        self._end(call)

    def _receive_release_complete(self, call: Call, message: Message, now: int) -> None:
        self._clearing(call, message.find(Cause) or _NORMAL_UNSPECIFIED, True)
        self._end(call)

    def _clear_on_restart(self, call: Call, by_peer: bool, now: int) -> None:
        self._clearing(call, self._cause(41), by_peer)
        self._end(call)

    # -- §5.8.4: message that does not fit ---------------------------------------------------------------------

    def _unexpected_message(self, call: Call, message: Message, now: int) -> None:
        self._count("unexpected messages")
        self._send_status(call, 101, bytes((message.type,)))

    def _unknown_message(self, call: Call, message: Message, now: int) -> None:
        self._count("unknown messages")
        self._send_status(call, 97, bytes((message.type,)))

    def _reject_suspend(self, call: Call, message: Message, now: int) -> None:
        self._send(call, SUSPEND_REJECT, (self._cause(69),))

    # -- §5.8.3.2: message of no call --------------------------------------------------------------------------

    def _null_ignore(self, message: Message, now: int) -> None:
        self._count("ignored")

    def _null_unexpected(self, message: Message, now: int) -> None:
        self._count("unknown call references")
        self._send_to(message, RELEASE_COMPLETE, (self._cause(81),))

    def _null_release(self, message: Message, now: int) -> None:
        self._send_to(message, RELEASE_COMPLETE, (self._cause(81),))

    def _null_status(self, message: Message, now: int) -> None:
        """§5.8.11: the peer has a call where we have none."""
        state = message.find(CallState)
        if state is not None and state.value != 0:
            self._send_to(message, RELEASE_COMPLETE, (self._cause(101),))

    def _null_status_enquiry(self, message: Message, now: int) -> None:
        self._send_to(message, STATUS, (self._cause(30), CallState(0)))

    def _null_resume(self, message: Message, now: int) -> None:
        self._send_to(message, RESUME_REJECT, (self._cause(69),))

    # -- §5.8.5 to §5.8.7: elements that are wrong -------------------------------------------------------------

    def _reject_faulty(self, call: Call, message: Message, faults: tuple[Fault, ...]) -> None:
        """A mandatory element is missing or faulty in a message that only asks for STATUS (§5.8.6)."""
        cause = self._cause_of_faults(faults)
        self._count("faulty messages")
        if message.type != STATUS:
            self._send(call, STATUS, (cause, CallState(call.state)))

    def _cause_of_faults(self, faults: tuple[Fault, ...]) -> Cause:
        """The worst: something mandatory or required (96), contents (100), unknown (99); with the codes (Q.850)."""
        missing = [f for f in faults if f.cause == 96 or f.required]
        value = 96 if missing else max(f.cause for f in faults)
        of = missing or [f for f in faults if f.cause == value]
        return self._cause(value, bytes([f.code for f in of[:8]]))

    # -- §5.8.10, §5.8.11: states ------------------------------------------------------------------------------

    def _answer_status_enquiry(self, call: Call, message: Message, now: int) -> None:
        self._send_status(call, 30)

    def _send_status_enquiry(self, call: Call, arg: Any, now: int) -> None:
        if call.t322 == NEVER:
            call.enquiries = 1
            self._start_beside(call, "T322", now)
            self._send(call, STATUS_ENQUIRY)

    def _t322_expired(self, call: Call, arg: Any, now: int) -> None:
        call.t322 = NEVER
        self._deadline_stale = True
        if call.state in (11, 12, 19):
            return
        if call.enquiries < self.variant.status_enquiries:
            call.enquiries += 1
            self._start_beside(call, "T322", now)
            self._send(call, STATUS_ENQUIRY)
            return
        self._tell("warning", "T322: no answer to STATUS ENQUIRY", call)
        self._send_disconnect_or_end(call, self._cause(41), now)

    def _send_disconnect_or_end(self, call: Call, cause: Cause, now: int) -> None:
        """DISCONNECT, or RELEASE COMPLETE where SETUP was not answered yet."""
        if call.state == (1 if self._network else 6):
            self._reject(call, cause, now)
        else:
            self._send_disconnect(call, (cause, ()), now)

    def _receive_status(self, call: Call, message: Message, now: int) -> None:
        cause = message.find(Cause)
        state = message.find(CallState)
        if cause is None or state is None:
            return  # _reject_faulty has seen to it
        theirs = state.value
        asked = cause.value == 30
        if asked and call.t322 != NEVER:
            call.t322 = NEVER
            call.enquiries = 0
            self._deadline_stale = True
        if theirs == 0:
            # The peer has no such call: over, without a further message.
            self._clearing(call, cause if not asked else self._cause(101), True)
            self._end(call)
            return
        fits = (COMPATIBLE if asked else COMPATIBLE_UNASKED)[call.state]
        self._out.append(StatusIndication(call.number, theirs, cause))
        if asked and call.state == 10 and theirs in (11, 12):
            # DISCONNECT went before this answer and never came: it was lost with the data link, or with a control of
            # ours that is no more. Without this the call would stand until the peer's T305.
            self._disconnected(call, _NORMAL_UNSPECIFIED, ())
        elif theirs not in fits:
            self._tell("warning", f"states do not fit: ours {call.state}, the peer's {theirs}", call)
            self._send_disconnect_or_end(call, self._cause(101), now)

    # -- §5.8.8, §5.8.9: the data link -------------------------------------------------------------------------

    def _clear_with_link(self, call: Call, arg: Any, now: int) -> None:
        """§5.8.9: a call that is not active does not outlive the data link."""
        if call.t309 != NEVER:
            return
        self._clearing(call, self._cause(27), False)
        self._end(call)

    def _wait_for_link(self, call: Call, arg: Any, now: int) -> None:
        self._stop_beside(call)
        self._start_beside(call, "T309", now)

    def _t309_expired(self, call: Call, arg: Any, now: int) -> None:
        self._clearing(call, self._cause(27), False)
        self._end(call)

    def _confirm_after_link(self, call: Call, arg: Any, now: int) -> None:
        self._stop_beside(call)
        self._send_status_enquiry(call, None, now)

    def _clear_after_link(self, call: Call, arg: Any, now: int) -> None:
        self._stop_beside(call)
        cause = call.cause or self._cause(31)
        call.inband = False
        self._start(call, "T305", now)
        self._send(call, DISCONNECT, (cause,))

    def _clear_on_reset(self, call: Call, arg: Any, now: int) -> None:
        """§5.8.8 a: digits may have been lost."""
        self._send_disconnect(call, (self._cause(41), ()), now)
