"""Call control of ITU-T Q.931 (05/98) §5, user and network side of a primary rate access; variants as tables.

How it works: `Q931` is sans-IO. Messages of the data link go in by `receive`, its state by `data_link_established` and
`data_link_released`, time by `handle_timeout` when `next_deadline` is reached, wishes by the `*_request` methods; `now` is
integer nanoseconds of any monotonic clock. What comes out is drained as the primitives of primitives.py, in order:
`DataRequest` and `EstablishRequest` for the data link, the rest for the owner. What a call does with an event is one
cell of q931_tables.py; the actions are methods, by subject:

    q931_base.py        calls, timers, the end of a call
    q931_clearing.py    clearing and errors, §5.3, §5.8
    q931_establish.py   establishment and channels, §5.1, §5.2, §5.7
    q931_management.py  RESTART, segments, SERVICE, §5.5

The peer's octets raise nothing: what is wrong is counted (`counters`) and answered as §5.8 says. A request that cannot be
raises LocalError and changes nothing; one for a call that has ended, or is being cleared, comes too late and is counted.
Every call that had SetupIndication or a number from setup_request ends with exactly one ReleaseIndication.

Left out, for primary rate access has no use of it: suspend and resume (refused politely), broadcast SETUP (T312), packet
calls (T320), D-channel back-up (T321), supplementary services by FACILITY (ignored).
Choices: T322 is sent thrice; T301 runs on both sides; a user starts T309 too; a network acknowledges CONNECT at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cython

from xunhu._isdn.primitives import Cause, EstablishRequest, Number, Progress, SetupRequest
from xunhu._isdn.q931_base import E1_CHANNELS, NEVER, Call, Int, Trace
from xunhu._isdn.q931_channels import NoChannelError
from xunhu._isdn.q931_codec import (
    DISCONNECT,
    MAINTENANCE,
    RELEASE,
    RELEASE_COMPLETE,
    SEGMENT,
    SETUP,
    STATUS,
    Codes,
    Fault,
    Message,
    decode,
    missing_of,
)
from xunhu._isdn.q931_establish import check_cause, check_number, check_progress, check_request
from xunhu._isdn.q931_management import Management
from xunhu._isdn.q931_tables import Event, transitions
from xunhu._isdn.variants import Variant
from xunhu.protocol.errors import LocalError, RemoteError

__all__ = ["Q931", "CallInfo", "NoChannelError"]

_CELLS = 192  # events a state
_MAINTENANCE, _SEGMENT, _SETUP = MAINTENANCE, SEGMENT, SETUP

# Events as plain numbers: to look one up in its enumeration costs more than what it starts.
_ALERTING_REQUEST = int(Event.ALERTING_REQUEST)
_DISCONNECT_REQUEST = int(Event.DISCONNECT_REQUEST)
_DL_ESTABLISHED = int(Event.DL_ESTABLISHED)
_DL_RELEASED = int(Event.DL_RELEASED)
_DL_RESET = int(Event.DL_RESET)
_INFORMATION_REQUEST = int(Event.INFORMATION_REQUEST)
_MORE_INFO_REQUEST = int(Event.MORE_INFO_REQUEST)
_NOTIFY_REQUEST = int(Event.NOTIFY_REQUEST)
_PROCEEDING_REQUEST = int(Event.PROCEEDING_REQUEST)
_PROGRESS_REQUEST = int(Event.PROGRESS_REQUEST)
_RELEASE_REQUEST = int(Event.RELEASE_REQUEST)
_RESTORE_REQUEST = int(Event.RESTORE_REQUEST)
_SETUP_RESPONSE = int(Event.SETUP_RESPONSE)
_STATUS_ENQUIRY_REQUEST = int(Event.STATUS_ENQUIRY_REQUEST)


@dataclass(frozen=True, slots=True)
class CallInfo:
    """A call as `Q931.calls` tells of it; (reference, originated, channel) is what `restore_call` needs."""

    call: int
    reference: int
    originated: bool
    state: int
    channel: int | None
    timer: str


class Q931(Management):
    """One D-channel's call control.

    side: "user" or "network". variant: of variants.py, or its name. channels: timeslots of the B-channels, 1 to 31.
    timers: milliseconds by name, in the place of defaults (timers.py gives ranges). trace: called on every transition
    with (side, call, state, event, next state, now); it must not call back.
    LocalError for arguments that make no sense.
    """

    def __init__(
        self,
        side: str,
        variant: Variant | str = "NET5",
        channels: Sequence[int] = E1_CHANNELS,
        timers: Mapping[str, int] | None = None,
        trace: Trace | None = None,
    ) -> None:
        super().__init__(side, variant, channels, timers, trace)
        self._init_management()
        self._actions: list[Callable[..., None]] = _ACTIONS[side]
        # by message type: what the peer's must have; None: no message of this variant
        self._wanted: list[tuple[int, ...] | None] = [None] * 256
        for kind, row in self.variant.messages.items():
            self._wanted[kind] = row.mandatory if self._network else row.mandatory + row.mandatory_from_network

    # -- in and out --------------------------------------------------------------------------------------------

    def drain(self) -> list[Any]:
        """What has come out since the last time, in order."""
        out = self._out
        self._out = []
        return out

    def receive(self, payload: bytes, now: int) -> None:
        """A message of the data link (DL-DATA indication). Nothing it may hold raises."""
        try:
            message = decode(payload)
        except RemoteError as why:
            self._count("undecodable messages")  # §5.8.1 to §5.8.3.1: ignored
            self._tell("info", f"message ignored: {why}")
            return
        if not self._link_up:
            self.data_link_established(now)
        if message.discriminator == _MAINTENANCE:
            self._receive_service(message, now)
        elif message.reference_octets == 0:
            self._count("dummy call reference")  # Q.932 services, none offered
        elif message.reference == 0:
            self._receive_global(message, now)
        elif message.type == _SEGMENT and self._wanted[_SEGMENT] is not None:
            whole = self._receive_segment(message, payload, now)
            if whole is not None:
                self._receive_call(decode(whole), now)
        else:
            self._receive_call(message, now)

    def _receive_call(self, message: Message, now: Int) -> None:
        key = message.reference << 1 | message.flag
        call = self._by_key.get(key)
        if call is None:
            self._receive_null(message, now)
            return
        wanted = self._wanted[message.type]
        if wanted is None:
            self._dispatch(call, 128, message, now)
            return
        faults: tuple[Fault, ...] = missing_of(message, wanted) if wanted else ()
        if message.faults:
            self._receive_faulty(call, message, faults, now)
        elif faults:
            self._receive_lacking(call, message, faults, now)
        else:
            self._dispatch(call, message.type, message, now)

    def _receive_lacking(
        self, call: Call, message: Message, faults: tuple[Fault, ...], now: int
    ) -> None:
        """§5.8.6, §5.8.7.1: something the message cannot do without. Clearing messages are acted upon all the same."""
        if message.type in (DISCONNECT, RELEASE, RELEASE_COMPLETE):
            call.reply_cause = self._cause_of_faults(faults)
            self._dispatch(call, message.type, message, now)
        elif message.type == SETUP:
            self._dispatch(call, message.type, message, now)  # repeated: ignored
        else:
            self._reject_faulty(call, message, faults)

    def _receive_faulty(
        self, call: Call, message: Message, missing: tuple[Fault, ...], now: int
    ) -> None:
        """§5.8.7: elements unknown or faulty, none of them mandatory: the message counts, they are reported."""
        required = tuple([f for f in message.faults if f.required])
        if missing or required:
            self._receive_lacking(call, message, missing + required, now)
            return
        report = self._worth_reporting(message)
        if message.type in (DISCONNECT, RELEASE) and report:
            call.reply_cause = self._cause_of_faults(report)
        self._dispatch(call, message.type, message, now)
        if report and call.state and message.type not in (DISCONNECT, RELEASE, STATUS, SETUP):
            self._count("faulty elements")
            cause = self._cause_of_faults(report)
            self._send_status(call, cause.value, cause.diagnostics)

    def _worth_reporting(self, message: Message) -> tuple[Fault, ...]:
        if self.variant.report_unknown_elements:
            return message.faults
        return tuple([f for f in message.faults if f.cause != 99])

    def _receive_null(self, message: Message, now: Int) -> None:
        """§5.8.3.2: no call has this reference."""
        wanted = self._wanted[message.type]
        if wanted is None or message.type != _SETUP:
            event = 128 if wanted is None else message.type
            self._actions[event](self, message, now)
        elif message.flag:
            self._count("ignored")  # §5.8.3.2 b: SETUP never comes in answer
        else:
            self._receive_new(message, wanted, now)

    def _receive_new(self, message: Message, wanted: Codes, now: Int) -> None:
        faults = missing_of(message, wanted)
        if message.faults:
            faults += tuple([f for f in message.faults if f.required])
        if faults:
            self._count("faulty messages")
            self._send_to(message, RELEASE_COMPLETE, (self._cause_of_faults(faults),))
            return
        if len(self._calls) >= self._limit:
            self._count("calls beyond the limit")
            self._send_to(message, RELEASE_COMPLETE, (self._cause(42),))
            return
        call = self._new_call(message.reference, False, message.reference_octets)
        self._dispatch(call, 0x05, message, now)
        report = self._worth_reporting(message) if message.faults else ()
        if report and call.state:
            cause = self._cause_of_faults(report)
            self._send_status(call, cause.value, cause.diagnostics)

    def _dispatch(self, call: Call, event: Int, arg: Any, now: Int) -> None:
        """One cell of the table."""
        state: cython.int = call.state
        cell: cython.Py_ssize_t = event
        cell += state * 192
        self._actions[cell](self, call, arg, now)
        if self.trace is not None:
            self.trace(self.side, call.number, state, int(event), call.state, now)

    # -- the data link -----------------------------------------------------------------------------------------

    @property
    def link_up(self) -> bool:
        return self._link_up

    def data_link_established(self, now: int) -> None:
        """DL-ESTABLISH confirm or indication. Already up: it was reset, messages may be lost (§5.8.8)."""
        event = _DL_RESET if self._link_up else _DL_ESTABLISHED
        self._link_up = True
        for call in list(self._calls.values()):
            self._dispatch(call, event, None, now)
        self._restart_after_link(now)
        if event == _DL_ESTABLISHED:
            self._service_after_link()

    def data_link_released(self, now: int) -> None:
        """DL-RELEASE indication: active calls wait T309 for its return, others end with cause 27 (§5.8.9)."""
        if not self._link_up:
            return
        self._link_up = False
        for call in list(self._calls.values()):
            self._dispatch(call, _DL_RELEASED, None, now)
        self._segments.clear()
        self._deadline_stale = True
        self._out.append(EstablishRequest())
        waiting = len(self._calls)
        self._tell("warning", f"data link released; {waiting} active calls wait T309" if waiting else "data link released")

    # -- time --------------------------------------------------------------------------------------------------

    def handle_timeout(self, now: int) -> None:
        """Timers that have run out by `now`, in the order of their deadlines; none is no error."""
        due = []
        for call in self._calls.values():
            if call.deadline <= now:
                due.append((call.deadline, call.number, call.timer))
            if call.t309 <= now:
                due.append((call.t309, call.number, "T309"))
            if call.t322 <= now:
                due.append((call.t322, call.number, "T322"))
        due.sort()
        for deadline, number, timer in due:
            due_call = self._calls.get(number)
            if due_call is not None and self._is_due(due_call, timer, deadline):
                self._dispatch(due_call, int(Event[timer]), None, now)
        self._other_timers(now)
        self._deadline_stale = True

    @staticmethod
    def _is_due(call: Call, timer: str, deadline: int) -> bool:
        """An earlier timer of this turn may have stopped it."""
        if timer == "T309":
            return call.t309 == deadline
        if timer == "T322":
            return call.t322 == deadline
        return call.timer == timer and call.deadline == deadline

    # -- requests: calls made ----------------------------------------------------------------------------------

    def setup_request(self, request: SetupRequest, now: int) -> int:
        """Make a call; its number. NoChannelError (cause 34, 38, 42, 44, 82); LocalError: a field is out of range."""
        check_request(request)
        if not request.sending_complete and not self.variant.overlap:
            raise LocalError(f"{self.variant.name} has no overlap sending")
        if not self._link_up:
            raise NoChannelError(38, "the data link is down")
        if len(self._calls) >= self._limit:
            raise NoChannelError(42, "too many calls")
        if request.channel is None:
            channel = self._channels.first_idle()
            if channel is None:
                raise NoChannelError(34, "no idle channel")
        else:
            channel = self._channels.get(request.channel)
            if channel is None:
                raise NoChannelError(82, f"no channel {request.channel}")
            if not channel.idle:
                raise NoChannelError(44, f"channel {request.channel} is {channel.state}")
        call = self._new_call(self._next_reference(), True, self.variant.reference_octets)
        call.setup = request
        call.exclusive = request.exclusive
        self._give_channel(call, channel.number)
        self._dispatch(call, 130, request, now)
        return call.number

    def information_request(self, call: int, digits: str, complete: bool, now: int) -> None:
        """More digits of a call made in overlap sending; before they are asked for they are kept. In states after the
        number was complete they are dropped and counted."""
        check_number(Number(digits), "digits", 20)
        self._request(call, _INFORMATION_REQUEST, (digits, complete), now)

    # -- requests: calls offered -------------------------------------------------------------------------------

    def more_info_request(self, call: int, now: int, progress: Sequence[Progress] = ()) -> None:
        """SETUP ACKNOWLEDGE: more digits are wanted. progress 8: a dial tone is in the channel."""
        self._request(call, _MORE_INFO_REQUEST, _progress(progress), now)

    def proceeding_request(self, call: int, now: int, progress: Sequence[Progress] = ()) -> None:
        """CALL PROCEEDING: the number is complete."""
        self._request(call, _PROCEEDING_REQUEST, _progress(progress), now)

    def alerting_request(self, call: int, now: int, progress: Sequence[Progress] = ()) -> None:
        """ALERTING. progress 8: ringing tone or a prompt is in the channel."""
        self._request(call, _ALERTING_REQUEST, _progress(progress), now)

    def progress_request(
        self, call: int, now: int, progress: Sequence[Progress], cause: Cause | None = None
    ) -> None:
        """PROGRESS; as the first answer to SETUP it goes as CALL PROCEEDING. At least one progress is needed."""
        if not progress:
            raise LocalError("PROGRESS needs a progress indicator")
        if cause is not None:
            check_cause(cause)
        self._request(call, _PROGRESS_REQUEST, (_progress(progress), cause), now)

    def setup_response(
        self, call: int, now: int, connected: Number | None = None, progress: Sequence[Progress] = ()
    ) -> None:
        """CONNECT: the call is answered. SetupCompleteIndication follows."""
        check_number(connected, "connected number", 20)
        self._request(call, _SETUP_RESPONSE, (connected, _progress(progress)), now)

    # -- requests: any call ------------------------------------------------------------------------------------

    def disconnect_request(
        self, call: int, cause: Cause, now: int, progress: Sequence[Progress] = ()
    ) -> None:
        """Clear. progress 8: leave the channel open for a tone or announcement (T306), until release_request. A call
        offered and not yet answered is refused at once; one the peer clears is released."""
        check_cause(cause)
        self._request(call, _DISCONNECT_REQUEST, (cause, _progress(progress)), now)

    def release_request(self, call: int, cause: Cause, now: int) -> None:
        """Clear, from any state, by the message that fits it: RELEASE COMPLETE, DISCONNECT or RELEASE."""
        check_cause(cause)
        self._request(call, _RELEASE_REQUEST, (cause, ()), now)

    def notify_request(self, call: int, notification: int, now: int) -> None:
        """NOTIFY: 0 user suspended, 1 user resumed, 2 bearer service change."""
        if not 0 <= notification <= 127:
            raise LocalError(f"notification {notification} is not 0 to 127")
        self._request(call, _NOTIFY_REQUEST, notification, now)

    def status_enquiry_request(self, call: int, now: int) -> None:
        """STATUS ENQUIRY (T322); StatusIndication follows where the peer knows the call, else its end."""
        self._request(call, _STATUS_ENQUIRY_REQUEST, None, now)

    def restore_call(self, reference: int, originated: bool, channel: int, now: int) -> int:
        """Take over a call in the active state after a restart of control; its number. STATUS ENQUIRY confirms it, at
        once or when the data link is up (T309 runs until then). LocalError: the channel or the reference is in use."""
        held = self._channels.get(channel)
        if held is None or held.call:
            raise LocalError(f"channel {channel} cannot be had")
        limit = 0x7FFF if self.variant.reference_octets == 2 else 0x7F
        if not 1 <= reference <= limit or reference << 1 | originated in self._by_key:
            raise LocalError(f"call reference {reference} cannot be had")
        call = self._new_call(reference, originated, self.variant.reference_octets)
        self._give_channel(call, channel)
        call.channel_confirmed = True
        self._dispatch(call, _RESTORE_REQUEST, None, now)
        return call.number

    def _restore(self, call: Call, arg: object, now: int) -> None:
        call.state = 10
        if self._link_up:
            self._send_status_enquiry(call, None, now)
        else:
            self._start_beside(call, "T309", now)

    def _request(self, number: Int, event: Int, arg: Any, now: Int) -> None:
        call = self._calls.get(number)
        if call is not None:
            self._dispatch(call, event, arg, now)
        elif 0 < number <= self._last_call:
            self._count("requests too late")
        else:
            raise LocalError(f"there never was a call {number}")

    # -- to look at --------------------------------------------------------------------------------------------

    def calls(self) -> list[CallInfo]:
        return [
            CallInfo(k.number, k.reference, k.originated, k.state, k.channel, k.timer)
            for k in self._calls.values()
        ]

    def channel_states(self) -> dict[int, str]:
        """By timeslot: idle, busy, restarting, maintenance, out-of-service, blocked."""
        return {channel.number: channel.state for channel in self._channels}

    def running_timers(self) -> list[tuple[str, int | None]]:
        """(timer, call) of every timer that runs; call None: of the interface."""
        out: list[tuple[str, int | None]] = []
        for call in self._calls.values():
            if call.timer:
                out.append((call.timer, call.number))
            if call.t309 != NEVER:
                out.append(("T309", call.number))
            if call.t322 != NEVER:
                out.append(("T322", call.number))
        if self._t316 != NEVER:
            out.append(("T316", None))
        out += [("T314", None)] * len(self._segments)
        return out


def _progress(progress: Sequence[Progress]) -> tuple[Progress, ...]:
    if not progress:
        return ()
    check_progress(progress)
    return tuple(progress)


def _resolve(side: str) -> list[Callable[..., None]]:
    """The table of a side as a flat list: state times _CELLS plus event."""

    def impossible(*arg: object) -> None:
        raise AssertionError(f"no such state or event on the {side} side")

    flat: list[Callable[..., None]] = [impossible] * (26 * _CELLS)
    for (state, event), cell in transitions(side).items():
        flat[state * _CELLS + event] = getattr(Q931, f"_{cell.action}")
    return flat


_ACTIONS: dict[str, list[Callable[..., None]]] = {side: _resolve(side) for side in ("user", "network")}
