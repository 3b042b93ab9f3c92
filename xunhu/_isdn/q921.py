# cython: annotation_typing=False
"""LAPD data link, ITU-T Q.921 (09/97): one point-to-point link, modulo 128, network or user side.

Left out, for primary rate access has no use of it: TEI assignment (§5.3; the TEI is 0), negotiation of parameters
by XID (§5.4; XID is ignored and counted), modulo 8.

How it works: `DataLink` is sans-IO. Frames without flags and FCS go in by `receive`, primitives by `dl_*_request`,
time by `handle_timeout` when `next_deadline` is reached; `now` is integer nanoseconds of any monotonic clock. What
comes out is drained as the dataclasses of q921_primitives, in order. Which action a state takes on an event is one
cell of `q921_table.TRANSITIONS`. Peer input raises nothing: what is wrong is counted, reported as `MdlError` and
answered as §5.8 says. An acknowledgement waits for `drain`, so frames received in one go are acknowledged by one RR.

Choices the recommendation leaves open: on expiry of T200 the peer is asked by RR or RNR with P = 1, the last I frame
is not repeated (§5.6.7 allows both). Deviation: own receiver busy is the owner's fact and outlives re-establishment.
"""

from __future__ import annotations

from collections.abc import Callable

import cython

from xunhu._isdn.q921_frames import DISC, DM, ERROR, POLL, REJ, RNR, RR, SABME, UA, UI, fields
from xunhu._isdn.q921_primitives import (
    DlDataIndication,
    DlEstablishConfirm,
    DlEstablishIndication,
    DlReleaseConfirm,
    DlReleaseIndication,
    DlUnitDataIndication,
    Frame,
    MdlError,
    Output,
)
from xunhu._isdn.q921_table import COMMANDS, COUNTERS, MDL_ERRORS, RESPONSES, Event, State, actions
from xunhu._isdn.timers import Q921_PARAMETERS, Q921_TIMERS, check_parameters
from xunhu.protocol.errors import LocalError

if not cython.compiled:  # else their C form
    from xunhu._isdn.make import data_indication, information_frame, short_frame

__all__ = [
    "DataLink",
    "DlDataIndication",
    "DlEstablishConfirm",
    "DlEstablishIndication",
    "DlReleaseConfirm",
    "DlReleaseIndication",
    "DlUnitDataIndication",
    "Frame",
    "MdlError",
    "Output",
]

_ESTABLISH_INDICATION = DlEstablishIndication()
_ESTABLISH_CONFIRM = DlEstablishConfirm()
_RELEASE_INDICATION = DlReleaseIndication()
_RELEASE_CONFIRM = DlReleaseConfirm()

# -- the machine -----------------------------------------------------------------------------------------------

_EVENTS = len(Event)
# [command * events + event]: a frame that is never a command, or never a response
_NEVER_IN = bytes(event in never for never in (COMMANDS, RESPONSES) for event in Event)
_ERROR = int(ERROR)
_RNR_RECEIVED = int(Event.RNR)

_S4, _S5, _S6, _S7, _S8 = (int(s) for s in State)
_OCTET = [bytes((i,)) for i in range(256)]
_RR, _RNR, _REJ = RR, RNR, REJ
_OFF = -1  # a timer that does not run

# Why a link is being established (Q.921 Table D.1, states 5.0, 5.1 and 5.2)
_BY_LAYER3, _AGAIN, _PENDING_RELEASE = 0, 1, 2

TransitionHook = Callable[[str, State, Event, State, int], None]


class DataLink:
    """One data link connection.

    `network`: which side we are (C/R bit, Table 1). `queue_limit`: I frames waiting or not acknowledged; one more is a
    LocalError. `trace` is called after every event with (name, state, event, next state, now); it must not call back.
    ValueError: a parameter out of its range."""

    # fmt: off
    __slots__ = (
        "_ack_pending", "_address_command", "_address_response", "_command", "_command_bit", "_counts",
        "_establishing", "_frame", "_head_command", "_head_response", "_kind", "_letter", "_nr", "_ns",
        "_out", "_pf", "_queue", "_rc", "_received", "_reestablish", "_reject_exception", "_resend",
        "_sent", "_state", "_t200_at", "_t203_at", "_tei_octet", "_trace", "_transmitted", "_va", "_vr",
        "k", "n200", "n201", "name", "network", "own_busy", "peer_busy", "queue_limit", "t200_ns", "t203_ns",
    )
    # fmt: on

    def __init__(
        self,
        network: bool,
        *,
        t200_ms: int = Q921_TIMERS["T200"].default_ms,
        t203_ms: int = Q921_TIMERS["T203"].default_ms,
        n200: int = Q921_PARAMETERS["N200"].default,
        n201: int = Q921_PARAMETERS["N201"].default,
        k: int = Q921_PARAMETERS["k"].default,
        queue_limit: int = 256,
        sapi: int = 0,
        tei: int = 0,
        name: str = "",
        trace: TransitionHook | None = None,
    ) -> None:
        check_parameters(Q921_PARAMETERS, {"N200": n200, "N201": n201, "k": k})
        if t200_ms < 1 or t203_ms < t200_ms:
            raise ValueError(f"T200 = {t200_ms} ms, T203 = {t203_ms} ms: T200 must be above 0 and not above T203")
        if not 0 <= sapi <= 63 or not 0 <= tei <= 126 or queue_limit < k:
            raise ValueError(f"sapi {sapi}, tei {tei} or queue_limit {queue_limit} is out of range")
        self.network = network
        self.name = name
        self.n200 = n200
        self.n201 = n201
        self.k = k
        self.queue_limit = queue_limit
        self.t200_ns = t200_ms * 1_000_000
        self.t203_ns = t203_ms * 1_000_000
        # §3.3.2: commands of the network carry C/R = 1, its responses 0; the user's the other way round
        self._address_command = sapi << 2 | (2 if network else 0)
        self._address_response = sapi << 2 | (0 if network else 2)
        self._command_bit = 0 if network else 2  # of a command received
        self._tei_octet = tei << 1 | 1
        self._head_command = bytes((self._address_command, self._tei_octet))
        self._head_response = bytes((self._address_response, self._tei_octet))
        self._trace = trace
        self._state = _S4
        self._establishing = _BY_LAYER3
        self._reestablish = False  # establishment asked for while the release was under way
        self._queue: list[bytes] = []  # first `sent` of them are sent and not acknowledged
        self._sent = 0
        self._resend = 0  # of those to be sent next, how many have been sent before
        self._va = 0
        self._vr = 0
        self._rc = 0
        self.peer_busy = False
        self.own_busy = False
        self._reject_exception = False
        self._ack_pending = False
        self._t200_at = _OFF
        self._t203_at = _OFF
        self._out: list[Output] = []
        # the frame at hand
        self._kind = 0
        self._command = False
        self._pf = 0
        self._ns = 0
        self._nr = 0
        self._letter = ""
        self._frame = b""
        self._received = 0
        self._transmitted = 0
        self._counts: dict[str, int] = dict.fromkeys(COUNTERS, 0)

    # -- what the owner sees ---------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        return State(self._state)

    @property
    def established(self) -> bool:
        """Data may be sent (states 7 and 8)."""
        return self._state >= _S7

    @property
    def counters(self) -> dict[str, int]:
        """A copy: frames_received, frames_sent, and what was unusual."""
        return {"frames_received": self._received, "frames_sent": self._transmitted, **self._counts}

    @property
    def queued(self) -> int:
        """I frames waiting or not acknowledged."""
        return len(self._queue)

    @property
    def variables(self) -> tuple[int, int, int]:
        """V(S), V(A), V(R) (§3.5.2)."""
        return (self._va + self._sent) & 0x7F, self._va, self._vr

    @property
    def next_deadline(self) -> int | None:
        """When handle_timeout is due, or None."""
        t200 = self._t200_at
        t203 = self._t203_at
        if t200 == _OFF:
            return None if t203 == _OFF else t203
        return t200 if t203 == _OFF or t200 < t203 else t203

    def drain(self) -> list[Output]:
        """All that has come out since the last call, in order."""
        if self._ack_pending:
            self._acknowledge()
        out = self._out
        self._out = []
        return out

    # -- what the owner does ---------------------------------------------------------------------------------

    def dl_establish_request(self, now: int) -> None:
        """Establish; on an established link: establish anew, what is queued is lost."""
        self._run(0, now)

    def dl_release_request(self, now: int) -> None:
        self._run(1, now)

    def dl_data_request(self, payload: bytes, now: int) -> bool:
        """Send in an I frame. False: the link is not up, the payload is dropped (counted as data_refused).
        LocalError: payload longer than N201, or the queue is full."""
        if len(payload) > self.n201:
            raise LocalError(f"{len(payload)} octets do not fit into an I frame (N201 = {self.n201})")
        if len(self._queue) >= self.queue_limit:
            raise LocalError(f"data link {self.name}: {self.queue_limit} I frames are waiting, one more is refused")
        self._frame = payload
        taken = self._state >= _S7 or (self._state == _S5 and self._establishing == _AGAIN)
        self._run(2, now)
        return taken

    def dl_unit_data_request(self, payload: bytes, now: int) -> None:
        """Send in a UI frame, in any state. LocalError: longer than N201."""
        if len(payload) > self.n201:
            raise LocalError(f"{len(payload)} octets do not fit into a UI frame (N201 = {self.n201})")
        self._frame = payload
        self._run(3, now)

    def set_own_receiver_busy(self, on: bool, now: int) -> None:
        """While busy, information received is not taken and the peer is told so (RNR)."""
        if on != self.own_busy:
            self._run(4 if on else 5, now)

    def ph_deactivate_indication(self, now: int) -> None:
        """The line below is lost: the link is down at once."""
        self._run(6, now)

    def handle_timeout(self, now: int) -> None:
        """To be called when next_deadline is reached; earlier does nothing."""
        if _OFF < self._t200_at <= now:
            self._t200_at = _OFF
            self._run(7, now)
        if _OFF < self._t203_at <= now:
            self._t203_at = _OFF
            self._run(8, now)

    def receive(self, frame: bytes, now: int) -> None:
        """A frame of the line, without flags and FCS; raises nothing."""
        self._received += 1
        if len(frame) < 3 or frame[0] & 1:
            self._counts["invalid"] += 1
            return
        address = frame[0]
        if (address & 0xFD) != (self._address_command & 0xFD) or frame[1] != self._tei_octet:
            self._counts["foreign" if frame[1] & 1 else "invalid"] += 1
            return
        packed = fields(frame, self.n201)
        if packed < 0:
            self._counts["invalid"] += 1
            return
        kind = packed >> 24
        self._pf = packed >> 16 & 0xFF
        command = (address & 2) == self._command_bit
        if _NEVER_IN[command * _EVENTS + kind]:
            kind = _ERROR  # our own frame come back on a looped line, among others
            self._pf = 76
        if kind == _ERROR:
            self._letter = chr(self._pf)
        self._kind = kind
        self._ns = packed >> 8 & 0xFF
        self._nr = packed & 0xFF
        self._frame = frame
        self._command = command
        self._run(kind, now)

    # -- inside: one place each for what several actions do --------------------------------------------------

    def _run(self, event: int, now: int) -> None:
        state = self._state
        cell = (state - 4) * _EVENTS + event
        often = _OFTEN_CELLS[cell]
        if often == 1:
            self._receive_i(now)
        elif often == 2:
            self._receive_rr(now)
        elif often == 3:
            self._queue_data(now)
        else:
            _ACTIONS[cell](self, now)
        if self._trace is not None:
            self._trace(self.name, State(state), Event(event), State(self._state), now)

    def _send(self, octets: bytes) -> None:
        self._transmitted += 1
        self._out.append(Frame(octets))

    def _send_unnumbered(self, control: int, pf: int, command: bool) -> None:
        head = self._head_command if command else self._head_response
        self._send(head + _OCTET[control | (POLL if pf else 0)])

    def _send_supervisory(self, pf: int, command: bool) -> None:
        """RR, or RNR when we are busy; either acknowledges."""
        self._ack_pending = False
        self._transmitted += 1
        address = self._address_command if command else self._address_response
        control = _RNR if self.own_busy else _RR
        self._out.append(short_frame(address, self._tei_octet, control, self._vr << 1 | pf))

    def _acknowledge(self) -> None:
        self._send_supervisory(0, False)

    def _mdl_error(self, code: str) -> None:
        self._counts["mdl_errors"] += 1
        self._out.append(MdlError(code, MDL_ERRORS[code]))

    def _discard_queue(self) -> None:
        self._counts["discarded"] += len(self._queue)
        self._queue.clear()
        self._sent = 0
        self._resend = 0

    def _clear_exceptions(self) -> None:
        self.peer_busy = False
        self._reject_exception = False
        self._ack_pending = False

    def _establish(self, why: int, now: int) -> None:
        """Figure B.9, "establish data link"."""
        self._clear_exceptions()
        self._rc = 0
        self._establishing = why
        self._send_unnumbered(SABME, 1, True)
        self._t200_at = now + self.t200_ns
        self._t203_at = _OFF
        self._state = _S5

    def _enter_multiple_frame(self, now: int) -> None:
        self._clear_exceptions()
        self._va = 0
        self._vr = 0
        self._sent = 0
        self._resend = 0
        self._t200_at = _OFF
        self._t203_at = now + self.t203_ns
        self._state = _S7
        if self.own_busy:
            self._send_supervisory(0, False)
        self._push(now)

    def _disconnected(self, output: Output) -> None:
        self._discard_queue()
        self._clear_exceptions()
        self._out.append(output)
        self._t200_at = _OFF
        self._t203_at = _OFF
        self._state = _S4

    def _push(self, now: int) -> None:
        """§5.6.1: send what the window lets through. Only in state 7."""
        queue = self._queue
        sent = self._sent
        waiting = min(len(queue), self.k)
        if self.peer_busy or sent >= waiting:
            return
        while sent < waiting:
            ns = (self._va + sent) & 0x7F
            self._transmitted += 1
            self._out.append(
                information_frame(self._address_command, self._tei_octet, ns << 1, self._vr << 1, queue[sent])
            )
            sent += 1
            if self._resend > 0:
                self._resend -= 1
                self._counts["retransmitted"] += 1
        self._sent = sent
        self._ack_pending = False
        if self._t200_at == _OFF:
            self._t203_at = _OFF
            self._t200_at = now + self.t200_ns

    def _take_nr(self, now: int) -> int:
        """Acknowledge up to N(R): how many that were, or -1 after N(R) error recovery (§5.8.4) has begun."""
        n = (self._nr - self._va) & 0x7F
        if n > self._sent:
            self._mdl_error("J")
            self._establish(_AGAIN, now)
            return -1
        if n:
            del self._queue[:n]
            self._sent -= n
            self._va = self._nr
        return n

    def _retransmit(self) -> None:
        """Figure B.9, "invoke retransmission": V(S) goes back to N(R), which is V(A) by now."""
        self._resend += self._sent
        self._sent = 0

    def _poll_or_final(self) -> None:
        """A supervisory frame at hand: answer P = 1 (§5.6.3.2), report F = 1 that nobody asked for (A)."""
        if self._pf:
            if self._command:
                self._send_supervisory(1, False)
            else:
                self._mdl_error("A")

    # -- actions: names as in the table ----------------------------------------------------------------------

    def _ignore(self, now: int) -> None:
        self._counts["ignored"] += 1

    def _establish_by_layer3(self, now: int) -> None:
        self._establish(_BY_LAYER3, now)

    def _confirm_release(self, now: int) -> None:
        self._out.append(_RELEASE_CONFIRM)

    def _refuse_data(self, now: int) -> None:
        self._counts["data_refused"] += 1

    def _send_ui(self, now: int) -> None:
        self._send(bytes((self._address_command, self._tei_octet, UI)) + self._frame)

    def _deliver_ui(self, now: int) -> None:
        self._out.append(DlUnitDataIndication(self._frame[3:]))

    def _note_busy(self, now: int) -> None:
        self.own_busy = True

    def _note_ready(self, now: int) -> None:
        self.own_busy = False

    def _accept_establishment(self, now: int) -> None:
        self._send_unnumbered(UA, self._pf, False)
        self._out.append(_ESTABLISH_INDICATION)
        self._enter_multiple_frame(now)

    def _answer_ua(self, now: int) -> None:
        self._send_unnumbered(UA, self._pf, False)

    def _answer_dm(self, now: int) -> None:
        self._send_unnumbered(DM, self._pf, False)

    def _unsolicited_ua(self, now: int) -> None:
        self._mdl_error("C" if self._pf else "D")

    def _dm_in_tei_assigned(self, now: int) -> None:
        # DM with F = 0 is the peer's wish that we establish (§5.5.4)
        if self._pf:
            self._counts["ignored"] += 1
        else:
            self._establish(_BY_LAYER3, now)

    def _report_frame_error(self, now: int) -> None:
        self._mdl_error(self._letter)

    def _layer3_wants_establishment(self, now: int) -> None:
        self._discard_queue()
        self._establishing = _BY_LAYER3

    def _release_when_established(self, now: int) -> None:
        self._establishing = _PENDING_RELEASE

    def _queue_while_reestablishing(self, now: int) -> None:
        if self._establishing == _AGAIN:
            self._queue.append(self._frame)
        else:
            self._counts["data_refused"] += 1

    def _line_lost(self, now: int) -> None:
        pending = self._state == _S5 and self._establishing == _PENDING_RELEASE
        self._disconnected(_RELEASE_CONFIRM if pending else _RELEASE_INDICATION)

    def _repeat_sabme(self, now: int) -> None:
        if self._rc < self.n200:
            self._rc += 1
            self._send_unnumbered(SABME, 1, True)
            self._t200_at = now + self.t200_ns
        else:
            self._mdl_error("G")
            self._line_lost(now)

    def _ua_to_sabme(self, now: int) -> None:
        if not self._pf:
            self._mdl_error("D")
        elif self._establishing == _PENDING_RELEASE:
            self._release(now)
        else:
            if self._establishing == _BY_LAYER3:
                self._discard_queue()
                self._out.append(_ESTABLISH_CONFIRM)
            elif self._sent:
                # frames the peer may or may not have taken: layer 3 must know (Figure B.5)
                self._discard_queue()
                self._out.append(_ESTABLISH_INDICATION)
            self._enter_multiple_frame(now)

    def _dm_to_sabme(self, now: int) -> None:
        if self._pf:
            self._line_lost(now)
        else:
            self._counts["ignored"] += 1

    def _establish_when_released(self, now: int) -> None:
        self._reestablish = True

    def _release_after_all(self, now: int) -> None:
        self._reestablish = False

    def _released(self, now: int) -> None:
        self._disconnected(_RELEASE_CONFIRM)
        if self._reestablish:
            self._reestablish = False
            self._establish(_BY_LAYER3, now)

    def _repeat_disc(self, now: int) -> None:
        if self._rc < self.n200:
            self._rc += 1
            self._send_unnumbered(DISC, 1, True)
            self._t200_at = now + self.t200_ns
        else:
            self._mdl_error("H")
            self._released(now)

    def _ua_to_disc(self, now: int) -> None:
        if self._pf:
            self._released(now)
        else:
            self._mdl_error("D")

    def _dm_to_disc(self, now: int) -> None:
        if self._pf:
            self._released(now)
        else:
            self._counts["ignored"] += 1

    def _establish_anew(self, now: int) -> None:
        self._discard_queue()
        self._establish(_BY_LAYER3, now)

    def _release(self, now: int) -> None:
        self._discard_queue()
        self._clear_exceptions()
        self._rc = 0
        self._reestablish = False
        self._send_unnumbered(DISC, 1, True)
        self._t203_at = _OFF
        self._t200_at = now + self.t200_ns
        self._state = _S6

    def _queue_data(self, now: int) -> None:
        self._queue.append(self._frame)
        if self._state == _S7:
            self._push(now)

    def _become_busy(self, now: int) -> None:
        self.own_busy = True
        self._send_supervisory(0, False)

    def _become_ready(self, now: int) -> None:
        self.own_busy = False
        self._send_supervisory(0, False)

    def _enquire(self, now: int) -> None:
        self._rc = 0
        self._send_supervisory(1, True)
        self._t200_at = now + self.t200_ns
        self._t203_at = _OFF
        self._state = _S8

    def _enquire_again(self, now: int) -> None:
        if self._rc < self.n200:
            self._rc += 1
            self._send_supervisory(1, True)
            self._t200_at = now + self.t200_ns
        else:
            self._mdl_error("I")
            self._establish(_AGAIN, now)

    def _peer_reestablishes(self, now: int) -> None:
        self._send_unnumbered(UA, self._pf, False)
        self._mdl_error("F")
        if self._sent:
            self._discard_queue()
            self._out.append(_ESTABLISH_INDICATION)
        self._enter_multiple_frame(now)

    def _peer_releases(self, now: int) -> None:
        self._send_unnumbered(UA, self._pf, False)
        self._disconnected(_RELEASE_INDICATION)

    def _dm_in_multiple_frame(self, now: int) -> None:
        if self._pf:
            self._mdl_error("B")
        else:
            self._mdl_error("E")
            self._establish(_AGAIN, now)

    def _dm_in_timer_recovery(self, now: int) -> None:
        self._mdl_error("B" if self._pf else "E")
        self._establish(_AGAIN, now)

    def _frmr(self, now: int) -> None:
        self._mdl_error("K")
        self._establish(_AGAIN, now)

    def _frame_rejected(self, now: int) -> None:
        self._mdl_error(self._letter)
        self._establish(_AGAIN, now)

    def _receive_i(self, now: int) -> None:
        if self.own_busy:
            if self._pf:
                self._send_supervisory(1, False)
        elif self._ns == self._vr:
            self._vr = (self._vr + 1) & 0x7F
            self._reject_exception = False
            self._out.append(data_indication(self._frame))
            if self._pf:
                self._send_supervisory(1, False)
            else:
                self._ack_pending = True
        else:
            self._reject_i()
        n = self._take_nr(now)
        if n < 0 or self._state == _S8:
            return
        if not self.peer_busy:
            if not self._sent:
                self._t200_at = _OFF
                self._t203_at = now + self.t203_ns
            elif n:
                self._t200_at = now + self.t200_ns
        if n:
            self._push(now)

    def _reject_i(self) -> None:
        """N(S) sequence error, §5.8.1: one REJ at a time."""
        self._counts["out_of_sequence"] += 1
        if not self._reject_exception:
            self._reject_exception = True
            self._ack_pending = False
            self._transmitted += 1
            self._out.append(short_frame(self._address_response, self._tei_octet, _REJ, self._vr << 1 | self._pf))
        elif self._pf:
            self._send_supervisory(1, False)

    def _receive_rr(self, now: int) -> None:
        self._poll_or_final()
        self.peer_busy = False
        n = self._take_nr(now)
        if n < 0:
            return
        if not self._sent:
            self._t200_at = _OFF
            self._t203_at = now + self.t203_ns
        elif n:
            self._t200_at = now + self.t200_ns
        self._push(now)

    def _receive_rnr(self, now: int) -> None:
        self._poll_or_final()
        self.peer_busy = True
        if self._take_nr(now) >= 0:
            self._t203_at = _OFF
            self._t200_at = now + self.t200_ns

    def _receive_rej(self, now: int) -> None:
        self._poll_or_final()
        self.peer_busy = False
        if self._take_nr(now) >= 0:
            self._t200_at = _OFF
            self._t203_at = now + self.t203_ns
            self._retransmit()
            self._push(now)

    def _supervisory_in_recovery(self, now: int) -> None:
        self.peer_busy = self._kind == _RNR_RECEIVED
        if self._command and self._pf:
            self._send_supervisory(1, False)
        if self._take_nr(now) < 0 or self._command or not self._pf:
            return
        # the answer to our enquiry
        self._retransmit()
        self._state = _S7
        if self.peer_busy:
            self._t200_at = now + self.t200_ns
        else:
            self._t200_at = _OFF
            self._t203_at = now + self.t203_ns
            self._push(now)


_ACTIONS: list[Callable[[DataLink, int], None]] = [getattr(DataLink, "_" + name) for name in actions()]
# The same table for what happens all the time: these are called as C methods (`_run`); 0: by _ACTIONS.
_OFTEN = [getattr(DataLink, name) for name in ("_receive_i", "_receive_rr", "_queue_data")]
_OFTEN_CELLS = bytes(_OFTEN.index(action) + 1 if action in _OFTEN else 0 for action in _ACTIONS)
