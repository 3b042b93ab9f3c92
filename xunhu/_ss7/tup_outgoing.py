# cython: annotation_typing=False
"""Calls that we make (ITU-T Q.724 (11/88), outgoing side; GF 001-9001). See `tup.Tup` and the table in tup_call_tables."""

from __future__ import annotations

from xunhu._ss7.circuit_primitives import (
    AddressCompleteIndication,
    AnswerIndication,
    Cause,
    ChargeIndication,
    DisconnectIndication,
    ReleaseIndication,
    ResumeIndication,
    SetupRequest,
    SuspendIndication,
    UserInformationIndication,
)
from xunhu._ss7.tup_call_tables import Event, State
from xunhu._ss7.tup_causes import CAUSE_OF, extended_cause
from xunhu._ss7.tup_circuit import Circuit, Destination, Int
from xunhu._ss7.tup_circuit_tables import ContinuityEvent, ResetEvent
from xunhu._ss7.tup_codec import MAXIMUM_SIGNALS, line_number, write_forward, write_initial, write_subsequent
from xunhu._ss7.tup_continuity import TupContinuity
from xunhu._ss7.tup_messages import (
    ASK_CALLING_LINE,
    ASK_CATEGORY,
    ASK_ORIGINAL_CALLED,
    CALLING_LINE,
    CHECK_REQUIRED,
    COMPLETE_CHARGE,
    COMPLETE_NO_CHARGE,
    COMPLETE_TYPE,
    DIGITAL_PATH,
    NATURE_OUT,
    ORIGINAL_CALLED,
    REDIRECTED,
    SUBSCRIBER_FREE,
    TELL_CALLING_LINE,
    TELL_CATEGORY,
    TELL_ORIGINAL_CALLED,
    GeneralForward,
)
from xunhu._ss7.tup_tables import ANC, ANN, CLF, EUM, GSM, IAI, IAM, RLG, SAM, SAO
from xunhu._ss7.tup_timers import ANSWER, CLEARBACK, T2, T6, T7
from xunhu.protocol.errors import LocalError

_IDLE = int(State.IDLE)
_OUT_WAIT_COMPLETE = int(State.OUT_WAIT_COMPLETE)
_OUT_WAIT_ANSWER = int(State.OUT_WAIT_ANSWER)
_OUT_ANSWERED = int(State.OUT_ANSWERED)
_OUT_CLEARED_BACK = int(State.OUT_CLEARED_BACK)
_OUT_WAIT_RELEASE_GUARD = int(State.OUT_WAIT_RELEASE_GUARD)
_SETUP_REQUEST, _INFORMATION_REQUEST = int(Event.SETUP_REQUEST), int(Event.INFORMATION_REQUEST)
_OUT_CALL = int(ContinuityEvent.OUT_CALL)
_RESET_REQUEST, _STUCK = int(ResetEvent.RESET_REQUEST), int(ResetEvent.STUCK)

_ORDINARY, _TEST_CALL = 10, 13  # Q.763 §3.11
_UNRESTRICTED = 2  # Q.763 §3.54
_CHARGE_OF = {ANC: 2, ANN: 1}
_COMPLETE_CHARGE_OF = {COMPLETE_CHARGE: 2, COMPLETE_NO_CHARGE: 1}
_PEER = 4  # location of causes that come from the line: public network of the other side
_CLEARED_FORWARD = Cause(16, _PEER)
_DUAL_SEIZURE = Cause(44, _PEER)
_STEPS = 4


class TupOutgoing(TupContinuity):
    """See `tup.Tup`."""

    def setup_request(self, request: SetupRequest, circuit: int, now: int) -> int:
        """The number of the call. LocalError: the circuit is not idle, or a number cannot be sent. Under congestion a part of the
        calls is refused at once: ReleaseIndication with cause 42."""
        c = self._of_circuit(circuit)
        if not request.called.digits:
            raise LocalError("there is no called number")
        state = self._state_of(c)
        if state != "idle" and not (state == "blocked-local" and request.category == _TEST_CALL):
            raise LocalError(f"circuit {circuit} is not idle: {state}")
        destination: Destination = c.destination
        if destination.step:
            destination.attempts += 1
            if destination.attempts % _STEPS < destination.step:
                return self._refused_by_congestion(c)
        self._request = request
        self._run_call(c, _SETUP_REQUEST, now)
        return c.call

    def _refused_by_congestion(self, c: Circuit) -> int:
        call = self._next_call
        self._next_call += 1
        self._count("refused_by_congestion")
        self._out.append(ReleaseIndication(call, c.circuit, Cause(42), False, False))
        return call

    def information_request(self, call: int, digits: str, complete: bool, now: int) -> None:
        """More digits of the called number; dropped where the address is complete already. LocalError: no such call, no digits."""
        c = self._of_call(call)
        if not digits and not complete:
            raise LocalError("there are no digits")
        self._more = digits
        self._complete = complete
        self._run_call(c, _INFORMATION_REQUEST, now)

    # -- set-up ----------------------------------------------------------------------------------------------------

    def _send_initial_address(self, c: Circuit, now: int) -> None:
        """IAM, or IAI where there is more to tell; what does not fit follows in SAM."""
        request = self._request
        assert request is not None
        calling = line_number(request.calling)
        original = line_number(request.original_called if request.original_called is not None else request.redirecting)
        called = request.called
        category = request.category
        if category == _ORDINARY:
            category = self.variant.ordinary
        elif not 0 <= category <= 63:
            raise LocalError(f"calling party's category {category} is out of range: 0 to 63")
        indicators = NATURE_OUT[called.nature if 1 <= called.nature <= 4 else 3] | min(request.satellite, 3) << 2
        if request.continuity:
            indicators |= CHECK_REQUIRED
        if request.medium == _UNRESTRICTED:
            indicators |= DIGITAL_PATH
        present = 0
        if calling is not None:
            present = CALLING_LINE
        if original is not None:
            present |= ORIGINAL_CALLED
            indicators |= REDIRECTED
        signals = called.digits
        if request.complete and self._st:
            signals += "F"
        first = signals if len(signals) <= MAXIMUM_SIGNALS else signals[:MAXIMUM_SIGNALS]
        heading = IAI if present else IAM
        message = write_initial(heading, category, indicators, first, present, b"", calling, original)
        rest = self._subsequent(signals[MAXIMUM_SIGNALS:]) if len(signals) > MAXIMUM_SIGNALS else []
        self._begin(c)
        c.setup = request
        c.complete = request.complete
        self._send(c, message)
        for message in rest:
            self._send(c, message)
        self._enter(c, _OUT_WAIT_COMPLETE, now)
        self._start(c, T2, now)
        if request.continuity:
            self._run_continuity(c, _OUT_CALL, now)

    def _subsequent(self, signals: str) -> list[bytes]:
        parts = [signals[at : at + MAXIMUM_SIGNALS] for at in range(0, len(signals), MAXIMUM_SIGNALS)]
        return [write_subsequent(SAO if len(part) == 1 else SAM, part) for part in parts]

    def _send_subsequent_address(self, c: Circuit, now: int) -> None:
        if c.complete:
            self._too_late(c, now)
            return
        signals = self._more + "F" if self._complete and self._st else self._more
        messages = self._subsequent(signals)
        c.complete = self._complete
        for message in messages:
            self._send(c, message)
        if messages:
            self._start(c, T2, now)

    def _answer_request(self, c: Circuit, now: int) -> None:
        """GSM with what is asked for and known (general request)."""
        if len(self._octets) < 3:
            self._count("damaged")
            return
        asked = self._octets[2]
        request = c.setup
        told = 0
        category = calling = original = None
        if request is not None:
            if asked & ASK_CATEGORY:
                told |= TELL_CATEGORY
                category = self.variant.ordinary if request.category == _ORDINARY else request.category
            if asked & ASK_CALLING_LINE:
                calling = line_number(request.calling)
            if asked & ASK_ORIGINAL_CALLED:
                original = line_number(request.original_called if request.original_called is not None else request.redirecting)
        if calling is not None:
            told |= TELL_CALLING_LINE
        if original is not None:
            told |= TELL_ORIGINAL_CALLED
        self._send(c, write_forward(told, GeneralForward(GSM, told, category, calling, b"", original)))

    def _address_complete(self, c: Circuit, now: int) -> None:
        indicators = self._octets[2] if len(self._octets) > 2 else 0
        self._enter(c, _OUT_WAIT_ANSWER, now)
        self._start(c, ANSWER, now)
        charge = _COMPLETE_CHARGE_OF.get(indicators & COMPLETE_TYPE)
        # the tone that the caller hears comes from the other end, as in all telephone networks before ISDN
        self._out.append(AddressCompleteIndication(c.call, indicators & SUBSCRIBER_FREE != 0, True, charge, None))

    def _answered(self, c: Circuit, now: int) -> None:
        direct = c.state == _OUT_WAIT_COMPLETE
        self._enter(c, _OUT_ANSWERED, now)
        self._out.append(AnswerIndication(c.call, None, _CHARGE_OF.get(self._heading), direct))

    def _cleared_back(self, c: Circuit, now: int) -> None:
        self._enter(c, _OUT_CLEARED_BACK, now)
        self._start(c, CLEARBACK, now)
        self._out.append(SuspendIndication(c.call, True))

    def _re_answered(self, c: Circuit, now: int) -> None:
        self._enter(c, _OUT_ANSWERED, now)
        self._out.append(ResumeIndication(c.call, True))

    def _tell_charge(self, c: Circuit, now: int) -> None:
        self._out.append(ChargeIndication(c.call, self._octets[2:]))

    def _tell_information(self, c: Circuit, now: int) -> None:
        if c.call:
            self._out.append(UserInformationIndication(c.call, self._heading, self._octets[2:]))

    # -- the end -----------------------------------------------------------------------------------------------------

    def _send_clear_forward(self, c: Circuit, now: Int) -> None:
        self._signal(c, CLF)
        self._enter(c, _OUT_WAIT_RELEASE_GUARD, now)
        self._start(c, T6, now)
        self._start(c, T7, now)

    def _fails(self, c: Circuit, cause: Cause, by_peer: bool, now: int) -> None:
        """The call is cleared without having been asked to; the owner is told why, and the end with RLG."""
        c.cause = cause
        c.by_peer = by_peer
        self._out.append(DisconnectIndication(c.call, cause))
        self._send_clear_forward(c, now)

    def _clear_forward(self, c: Circuit, now: int) -> None:
        c.cause = self._why
        self._send_clear_forward(c, now)

    def _unsuccessful(self, c: Circuit, now: int) -> None:
        value = CAUSE_OF.get(self._heading, 31)
        if self._heading == EUM and len(self._octets) > 2:
            value = extended_cause(self._octets[2] & 15)
        self._fails(c, Cause(value, _PEER), True, now)

    def _address_complete_missing(self, c: Circuit, now: int) -> None:
        self._fails(c, Cause(102 if c.complete else 28), False, now)

    def _answer_missing(self, c: Circuit, now: int) -> None:
        self._fails(c, Cause(19), False, now)

    def _re_answer_missing(self, c: Circuit, now: int) -> None:
        self._fails(c, _CLEARED_FORWARD, True, now)

    def _guard_without_clear(self, c: Circuit, now: int) -> None:
        """RLG without CLF: the other side takes the circuit as idle."""
        self._count("unreasonable")
        if c.state == _OUT_WAIT_COMPLETE:
            self._elsewhere(c, Cause(41, _PEER))
            self._send_clear_forward(c, now)
        else:
            self._fails(c, Cause(41, _PEER), True, now)

    def _elsewhere(self, c: Circuit, cause: Cause) -> None:
        """Automatic repeat attempt: nothing has been heard of the called party, the owner may try another circuit."""
        self._end(c, cause, True, True)

    def _blocked_while_seizing(self, c: Circuit, now: int) -> None:
        self._elsewhere(c, _DUAL_SEIZURE)
        self._send_clear_forward(c, now)

    def _unreasonable_while_seizing(self, c: Circuit, now: int) -> None:
        self._count("unreasonable")
        self._elsewhere(c, Cause(41, _PEER))
        self._enter(c, _IDLE, now)
        self._run_reset(c, _RESET_REQUEST, now)

    def _continuity_check_failed(self, c: Circuit, now: int) -> None:
        self._elsewhere(c, Cause(41, _PEER))
        self._enter(c, _IDLE, now)

    def _reset_outgoing(self, c: Circuit, now: int) -> None:
        if c.state == _OUT_WAIT_COMPLETE:
            self._elsewhere(c, Cause(41, _PEER))
            self._send_clear_forward(c, now)
        else:
            self._fails(c, Cause(41, _PEER), True, now)

    def _clear_again(self, c: Circuit, now: int) -> None:
        self._signal(c, CLF)

    def _repeat_clear_forward(self, c: Circuit, now: int) -> None:
        self._signal(c, CLF)
        self._start(c, T6, now)

    def _released(self, c: Circuit, now: int) -> None:
        """RLG."""
        if c.call:
            cause = c.cause
            self._end(c, _CLEARED_FORWARD if cause is None else cause, c.by_peer, False)
            self._enter(c, _IDLE, now)
        else:
            self._enter(c, _IDLE, now)
            self._indicate(c, "cleared")

    def _lose_call(self, c: Circuit, now: int) -> None:
        """Both sides take the circuit as idle without further messages."""
        cause = c.cause
        self._end(c, Cause(41, _PEER) if cause is None else cause, True, c.state == _OUT_WAIT_COMPLETE)
        self._enter(c, _IDLE, now)

    def _stuck(self, c: Circuit, now: int) -> None:
        """Clearing has found no end; from here on by reset."""
        self._alarm(c, "release", "no answer to clearing for a minute")
        cause = c.cause
        self._end(c, Cause(102) if cause is None else cause, c.by_peer, False)
        self._enter(c, _IDLE, now)
        self._run_reset(c, _STUCK, now)

    def _guard(self, c: Circuit, now: int) -> None:
        self._signal(c, RLG)
