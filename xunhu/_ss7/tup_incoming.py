# cython: annotation_typing=False
"""Calls that come in (ITU-T Q.724 (11/88), incoming side; GF 001-9001). See `tup.Tup` and the table in tup_call_tables."""

from __future__ import annotations

from xunhu._ss7.circuit_primitives import (
    Cause,
    DisconnectIndication,
    InformationIndication,
    Number,
    SetupIndication,
)
from xunhu._ss7.tup_call_tables import Event, State
from xunhu._ss7.tup_causes import MESSAGE_OF
from xunhu._ss7.tup_circuit import MAINTENANCE, Circuit
from xunhu._ss7.tup_circuit_tables import Blocking, ContinuityEvent
from xunhu._ss7.tup_codec import read_forward, read_initial, read_subsequent
from xunhu._ss7.tup_messages import (
    ASK_CALLING_LINE,
    CALLING_LINE,
    CHECK_REQUIRED,
    COMPLETE_CHARGE,
    COMPLETE_NO_CHARGE,
    CONTINUITY_CHECK,
    DIGITAL_PATH,
    NATURE_IN,
    NATURE_OF_ADDRESS,
    REDIRECTED,
    SUBSCRIBER_FREE,
    InitialAddress,
)
from xunhu._ss7.tup_outgoing import TupOutgoing
from xunhu._ss7.tup_tables import ACM, ADI, ANC, ANN, BLO, CBK, CFL, GRQ, RAN, RLG
from xunhu._ss7.tup_timers import CLF, DIGITS, GSM, T3, T4, T5
from xunhu.protocol.errors import LocalError, RemoteError

_IDLE = int(State.IDLE)
_OUT_WAIT_COMPLETE = int(State.OUT_WAIT_COMPLETE)
_IN_WAIT_INFORMATION = int(State.IN_WAIT_INFORMATION)
_IN_WAIT_COMPLETE = int(State.IN_WAIT_COMPLETE)
_IN_WAIT_ANSWER = int(State.IN_WAIT_ANSWER)
_IN_ANSWERED = int(State.IN_ANSWERED)
_IN_CLEARED_BACK = int(State.IN_CLEARED_BACK)
_IN_WAIT_CLEAR_FORWARD = int(State.IN_WAIT_CLEAR_FORWARD)
_ADDRESS_COMPLETE_REQUEST, _PROGRESS_REQUEST, _ANSWER_REQUEST = (
    int(event) for event in (Event.ADDRESS_COMPLETE_REQUEST, Event.PROGRESS_REQUEST, Event.ANSWER_REQUEST)
)
_SUSPEND_REQUEST, _RESUME_REQUEST, _RELEASE_REQUEST = (
    int(event) for event in (Event.SUSPEND_REQUEST, Event.RESUME_REQUEST, Event.RELEASE_REQUEST)
)
_IN_CALL, _CALL_ENDS = int(ContinuityEvent.IN_CALL), int(ContinuityEvent.CALL_ENDS)
_BLOCKING_QUIET = int(Blocking.QUIET)

_TEST_CALL = 13  # Q.763 §3.11, Q.723 §3.3.1 c
_PEER = 4  # location of causes that come from the line
_NORMAL = Cause(16, _PEER)
_DUAL_SEIZURE = Cause(44, _PEER)
_MAXIMUM_DIGITS = 32  # of a called number, in all messages of it together
_SPEECH, _UNRESTRICTED = 0, 2  # Q.763 §3.54


class TupIncoming(TupOutgoing):
    """See `tup.Tup`."""

    def address_complete_request(self, call: int, alerting: bool, inband: bool, now: int, charge: bool = True) -> None:
        """ACM. alerting: the called party is free. LocalError: no such call, or its continuity check is under way."""
        self._alerting = alerting
        self._charge = charge
        self._run_call(self._of_call(call), _ADDRESS_COMPLETE_REQUEST, now)

    def progress_request(self, call: int, alerting: bool, inband: bool, cause: Cause | None, now: int) -> None:
        """ACM where it has not been sent; TUP has no message of progress behind it."""
        self._alerting = alerting
        self._charge = True
        self._run_call(self._of_call(call), _PROGRESS_REQUEST, now)

    def answer_request(self, call: int, now: int, charge: bool = True) -> None:
        """ANC, or ANN; ACM goes before where it has not been sent."""
        self._alerting = True
        self._charge = charge
        self._run_call(self._of_call(call), _ANSWER_REQUEST, now)

    def suspend_request(self, call: int, now: int) -> None:
        """CBK: the called party has put down the telephone and may take it up again."""
        self._run_call(self._of_call(call), _SUSPEND_REQUEST, now)

    def resume_request(self, call: int, now: int) -> None:
        """RAN."""
        self._run_call(self._of_call(call), _RESUME_REQUEST, now)

    def release_request(self, call: int, cause: Cause, now: int) -> None:
        """The end of a call, whatever its state. ReleaseIndication follows when the circuit is free: an answered call that came in
        is cleared by the calling side alone, which is asked to by CBK."""
        self._why = cause
        self._run_call(self._of_call(call), _RELEASE_REQUEST, now)

    # -- set-up ------------------------------------------------------------------------------------------------------

    def _take_initial_address(self, c: Circuit, now: int) -> None:
        try:
            message = read_initial(self._octets, 2, self._heading)
        except RemoteError:
            self._count("damaged")
            return
        self._take_seizure(c, message, now)

    def _take_seizure(self, c: Circuit, message: InitialAddress, now: int) -> None:
        if c.wanted and message.category != _TEST_CALL:
            self._count("blocked")
            if c.wanted & MAINTENANCE and c.blocking == _BLOCKING_QUIET:
                self._signal(c, BLO)  # it seems to have forgotten
            return
        self._begin(c)
        c.digits = message.digits
        c.complete = self._whole(message.digits, message.st)
        c.initial = message
        if message.indicators & CONTINUITY_CHECK == CHECK_REQUIRED:
            self._run_continuity(c, _IN_CALL, now)
        if self._ask_calling and not message.present & CALLING_LINE and message.category != _TEST_CALL:
            self._send(c, bytes((GRQ, ASK_CALLING_LINE)))
            self._enter(c, _IN_WAIT_INFORMATION, now)
            self._start(c, GSM, now)
        else:
            self._offer(c, message.category, message.calling, message.original, now)

    def _whole(self, digits: str, st: bool) -> bool:
        """Whether no more digits come: told by ST, or by a length that all numbers here have."""
        return st or 0 < self._number_length <= len(digits)

    def _offer(self, c: Circuit, category: int, calling: Number | None, original: Number | None, now: int) -> None:
        message = c.initial
        assert message is not None
        c.initial = None
        c.told = True
        marks = message.indicators
        if calling is not None and not calling.digits:
            calling = None
        if original is not None and not original.digits:
            original = None
        self._enter(c, _IN_WAIT_COMPLETE, now)
        if not c.complete:
            self._start(c, DIGITS, now)
        self._out.append(
            SetupIndication(
                c.call,
                c.circuit,
                Number(c.digits, NATURE_IN[marks & NATURE_OF_ADDRESS]),
                calling,
                original if marks & REDIRECTED else None,
                original,
                None,
                self.variant.categories.get(category, category),
                _UNRESTRICTED if marks & DIGITAL_PATH else _SPEECH,
                c.complete,
                c.checking,
                (),
            )
        )

    def _dual_seizure(self, c: Circuit, now: int) -> None:
        """The side that controls the circuit goes on with its call; the other one gives its own up for the one that comes in."""
        self._count("dual_seizure")
        if c.controls:
            return
        try:
            message = read_initial(self._octets, 2, self._heading)
        except RemoteError:
            self._count("damaged")
            return
        if c.continuity:
            self._run_continuity(c, _CALL_ENDS, now)
        self._end(c, _DUAL_SEIZURE, True, True)
        self._enter(c, _IDLE, now)
        self._take_seizure(c, message, now)

    def _seizure_while_clearing(self, c: Circuit, now: int) -> None:
        """The other side seizes what we clear: our RLG is lost, or it has seized at the same time. Where it controls the circuit its
        call goes on; else CLF, repeated, brings both to idle."""
        if c.controls:
            self._count("dual_seizure")
            return
        self._released(c, now)
        self._take_initial_address(c, now)

    def _read_digits(self, c: Circuit) -> str | None:
        """Of SAM or SAO, added to those of the call; None: none to be taken."""
        try:
            message = read_subsequent(self._octets, 2, self._heading)
        except RemoteError:
            self._count("damaged")
            return None
        if c.complete or len(c.digits) + len(message.digits) > _MAXIMUM_DIGITS:
            self._count("discarded")
            return None
        c.digits += message.digits
        c.complete = self._whole(c.digits, message.st)
        return message.digits

    def _keep_digits(self, c: Circuit, now: int) -> None:
        self._read_digits(c)

    def _more_digits(self, c: Circuit, now: int) -> None:
        digits = self._read_digits(c)
        if digits is None:
            return
        if c.complete:
            self._stop(c, DIGITS)
        else:
            self._start(c, DIGITS, now)
        self._out.append(InformationIndication(c.call, digits, c.complete))

    def _take_information(self, c: Circuit, now: int) -> None:
        message = c.initial
        assert message is not None
        try:
            told = read_forward(self._octets, 2, self._heading, 3 if self.bits == 24 else 2)
        except RemoteError:
            self._count("damaged")
            return
        category = message.category if told.category is None else told.category
        original = message.original if told.original is None else told.original
        self._offer(c, category, told.calling, original, now)

    def _information_missing(self, c: Circuit, now: int) -> None:
        message = c.initial
        assert message is not None
        self._count("no_information")
        self._offer(c, message.category, None, message.original, now)

    # -- our answers ---------------------------------------------------------------------------------------------------

    def _send_address_complete(self, c: Circuit, now: int) -> None:
        if c.checking:
            raise LocalError(f"call {c.call}: its continuity is not known yet")
        indicators = COMPLETE_CHARGE if self._charge else COMPLETE_NO_CHARGE
        if self._alerting:
            indicators |= SUBSCRIBER_FREE
        self._send(c, bytes((ACM, indicators)))
        self._enter(c, _IN_WAIT_ANSWER, now)

    def _send_answer_at_once(self, c: Circuit, now: int) -> None:
        self._send_address_complete(c, now)
        self._send_answer(c, now)

    def _send_answer(self, c: Circuit, now: int) -> None:
        self._signal(c, ANC if self._charge else ANN)
        self._enter(c, _IN_ANSWERED, now)

    def _send_clear_back(self, c: Circuit, now: int) -> None:
        self._signal(c, CBK)
        self._enter(c, _IN_CLEARED_BACK, now)

    def _clear_back_for_good(self, c: Circuit, now: int) -> None:
        self._send_clear_back(c, now)
        self._wait_for_clear_forward(c, now)

    def _wait_for_clear_forward(self, c: Circuit, now: int) -> None:
        if c.released:
            self._too_late(c, now)
            return
        c.released = True
        c.cause = self._why
        self._start(c, CLF, now)

    def _send_re_answer(self, c: Circuit, now: int) -> None:
        if c.released:
            raise LocalError(f"call {c.call} has been released")
        self._signal(c, RAN)
        self._enter(c, _IN_ANSWERED, now)

    # -- the end -------------------------------------------------------------------------------------------------------

    def _fail(self, c: Circuit, heading: int, now: int) -> None:
        """An unsuccessful message; call failure is repeated, the others lead to it."""
        self._signal(c, heading)
        self._enter(c, _IN_WAIT_CLEAR_FORWARD, now)
        if heading == CFL:
            self._start(c, T4, now)
            self._start(c, T5, now)
        else:
            self._start(c, T3, now)

    def _refuse_call(self, c: Circuit, now: int) -> None:
        cause = self._why
        assert cause is not None
        c.cause = cause
        self._fail(c, MESSAGE_OF[self.variant.name].get(cause.value, CFL), now)

    def _fail_call(self, c: Circuit, now: int) -> None:
        c.cause = self._why
        self._fail(c, CFL, now)

    def _digits_missing(self, c: Circuit, now: int) -> None:
        c.cause = Cause(28)
        self._out.append(DisconnectIndication(c.call, c.cause))
        self._fail(c, ADI, now)

    def _continuity_missing(self, c: Circuit, now: int) -> None:
        c.cause = Cause(41)
        if c.told:
            self._out.append(DisconnectIndication(c.call, c.cause))
        self._fail(c, CFL, now)

    def _no_clear_forward(self, c: Circuit, now: int) -> None:
        self._fail(c, CFL, now)

    def _repeat_call_failure(self, c: Circuit, now: int) -> None:
        self._signal(c, CFL)
        self._start(c, T4, now)

    def _calling_party_clears(self, c: Circuit, now: int) -> None:
        """Where the called party controls the release: the calling party has gone, CLF comes when we clear (CBK)."""
        self._out.append(DisconnectIndication(c.call, _NORMAL))

    def _over(self, c: Circuit, other: Cause, now: int) -> None:
        """ours: why we were clearing already."""
        ours = c.cause
        if ours is None:
            self._end(c, other, True, False)
        else:
            self._end(c, ours, False, False)
        self._enter(c, _IDLE, now)

    def _cleared(self, c: Circuit, now: int) -> None:
        self._signal(c, RLG)
        self._over(c, _NORMAL, now)

    def _reset_incoming(self, c: Circuit, now: int) -> None:
        self._signal(c, RLG)
        self._over(c, Cause(41, _PEER), now)

    def _continuity_not_given(self, c: Circuit, now: int) -> None:
        self._over(c, Cause(41, _PEER), now)
