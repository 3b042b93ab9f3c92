"""What all procedures of Q.931 stand on: calls, timers, messages out, the end of a call.

A call's record is `Call`. Of its timers one runs at a time, T309 and T322 beside it; the next deadline is kept as a
minimum and counted anew only when the earliest timer has gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import cython

from xunhu._isdn.primitives import (
    Cause,
    ChannelIndication,
    DataRequest,
    ManagementIndication,
    ReleaseIndication,
    SetupRequest,
)
from xunhu._isdn.q931_channels import Channels
from xunhu._isdn.q931_codec import (
    CALL_CONTROL,
    STATUS,
    Message,
    encode_octets,
    encode_parts,
)
from xunhu._isdn.q931_ie import (
    CHANNEL_IDENTIFICATION,
    CallState,
    ChannelIdentification,
    Element,
    Raw,
)
from xunhu._isdn.q931_ie_codec import encode_element
from xunhu._isdn.timers import Q931_TIMERS_NETWORK, Q931_TIMERS_USER
from xunhu._isdn.variants import VARIANTS, Variant
from xunhu.protocol.errors import LocalError
from xunhu.protocol.timers import with_values

if not cython.compiled:  # else its C form
    from xunhu._isdn.make import data_request

NEVER = 1 << 62
_NEVER = NEVER  # a C integer in q931_base.pxd
E1_CHANNELS: tuple[int, ...] = (*range(1, 16), *range(17, 32))
MAXIMUM_MESSAGE = 260  # N201, Q.921 §5.9.3
MAXIMUM_KEPT_DIGITS = 64
SPARE_CALLS = 8  # calls beyond one a channel: being refused, being cleared, glare

# Names for types in the signatures that q931_base.pxd declares: there they are C methods with untyped arguments.
Int: TypeAlias = int
MaybeInt: TypeAlias = int | None
Text: TypeAlias = str
Flag: TypeAlias = bool
Octets: TypeAlias = bytes
Elements: TypeAlias = tuple[Element, ...]

# machine, call number, state, event, next state, now
Trace = Callable[[str, int, int, int, int, int], None]


class Call:
    """One call: its reference on the line, its state, its channel, its timers."""

    __slots__ = (
        "by_peer",
        "cause",
        "channel",
        "channel_confirmed",
        "deadline",
        "digits",
        "digits_complete",
        "enquiries",
        "exclusive",
        "expiries",
        "inband",
        "key",
        "number",
        "originated",
        "reference",
        "reference_octets",
        "reply_cause",
        "setup",
        "state",
        "t309",
        "t322",
        "timer",
    )

    def __init__(self, number: int, reference: int, originated: bool, reference_octets: int) -> None:
        self.number = number
        self.reference = reference
        self.originated = originated
        self.reference_octets = reference_octets
        self.key = reference << 1 | originated
        self.state = 0
        self.channel: int | None = None
        self.exclusive = False
        self.channel_confirmed = False  # the first answer, which settles the channel, has passed
        self.timer = ""
        self.deadline = _NEVER
        self.expiries = 0
        self.t309 = _NEVER
        self.t322 = _NEVER
        self.enquiries = 0
        self.cause: Cause | None = None  # why it is being cleared; the first cause counts
        self.by_peer = False
        self.reply_cause: Cause | None = None  # what RELEASE must say of a faulty DISCONNECT (§5.8.6.1)
        self.setup: SetupRequest | None = None
        self.digits = ""  # given before they were asked for
        self.digits_complete = False
        self.inband = False  # our DISCONNECT left a tone in the channel


class Q931Base:
    """State, output, timers. See `q931.Q931`."""

    def __init__(
        self,
        side: str,
        variant: Variant | str = "NET5",
        channels: Sequence[int] = E1_CHANNELS,
        timers: Mapping[str, int] | None = None,
        trace: Trace | None = None,
    ) -> None:
        if side not in ("user", "network"):
            raise LocalError(f"side {side!r} is neither user nor network")
        if isinstance(variant, str):
            if variant not in VARIANTS:
                raise LocalError(f"variant {variant!r} is not known; known: {', '.join(VARIANTS)}")
            variant = VARIANTS[variant]
        self.side = side
        self.variant = variant
        self.trace = trace
        self.counters: dict[str, int] = {}
        self._network = side == "network"
        self._channels = Channels(channels, downwards=not self._network)
        rows = Q931_TIMERS_NETWORK if self._network else Q931_TIMERS_USER
        try:
            values = with_values(rows, timers or {})
        except ValueError as why:
            raise LocalError(str(why)) from None
        self._ns = {name: ms * 1_000_000 for name, ms in values.items()}
        # §5.4 in-band clearing is of the network in Q.931; a user that plays a tone waits as long.
        self._ns.setdefault("T306", Q931_TIMERS_NETWORK["T306"].default_ns)
        self._out: list[Any] = []
        self._calls: dict[int, Call] = {}
        self._by_key: dict[int, Call] = {}
        self._last_call = 0
        self._last_reference = 0
        self._link_up = False
        self._deadline = NEVER
        self._deadline_stale = False
        self._limit = 2 * len(self._channels) + SPARE_CALLS
        self._said: dict[int, Raw] = {}  # elements of our answers, by channel

    # -- output ------------------------------------------------------------------------------------------------

    def _count(self, what: Text) -> None:
        self.counters[what] = self.counters.get(what, 0) + 1

    def _tell(self, severity: str, text: str, call: Call | None = None) -> None:
        self._out.append(ManagementIndication(severity, text, None if call is None else call.number))

    def _send(self, call: Call, message_type: Int, elements: Elements = ()) -> None:
        """A message of a call. While the data link is down nothing is sent: what must be said is said when it is back
        (§5.8.9)."""
        if self._link_up:
            self._out.append(
                data_request(
                    encode_octets(
                        message_type, call.reference, not call.originated, elements, call.reference_octets, CALL_CONTROL
                    )
                )
            )

    def _send_to(self, to: Message, message_type: Int, elements: Elements) -> None:
        """An answer to a message that belongs to no call: same reference, other flag."""
        if self._link_up:
            self._out.append(
                DataRequest(
                    encode_parts(
                        message_type, to.reference, not to.flag, elements, reference_octets=to.reference_octets
                    )
                )
            )

    def _respond(self, call: Call, message_type: Int, elements: Elements) -> None:
        """An answer to SETUP; the first names the channel."""
        channel = call.channel
        if not call.channel_confirmed and channel is not None:
            call.channel_confirmed = True
            said = self._said.get(channel)
            if said is None:  # made once a channel, and kept as octets
                octets = bytearray()
                encode_element(octets, ChannelIdentification((channel,)))
                said = Raw(CHANNEL_IDENTIFICATION, 0, bytes(octets))
                self._said[channel] = said
            elements = (said, *elements)
        self._send(call, message_type, elements)

    def _cause(self, value: Int, diagnostics: Octets = b"") -> Cause:
        return Cause(value, 1, diagnostics)

    def _send_status(self, call: Call, value: Int, diagnostics: Octets = b"") -> None:
        self._send(call, STATUS, (self._cause(value, diagnostics), CallState(call.state)))

    # -- timers ------------------------------------------------------------------------------------------------

    def _start(self, call: Call, timer: Text, now: Int) -> None:
        """Start the main timer of a call, in the place of any other."""
        if call.deadline <= self._deadline:
            self._deadline_stale = True
        call.timer = timer
        call.deadline = now + self._ns[timer]
        self._deadline = min(self._deadline, call.deadline)

    def _stop(self, call: Call) -> None:
        if call.timer:
            if call.deadline <= self._deadline:
                self._deadline_stale = True
            call.timer = ""
            call.deadline = _NEVER
            call.expiries = 0

    def _start_beside(self, call: Call, timer: Text, now: Int) -> None:
        """T309 or T322."""
        deadline = now + self._ns[timer]
        if timer == "T309":
            call.t309 = deadline
        else:
            call.t322 = deadline
        self._deadline = min(self._deadline, deadline)

    def _stop_beside(self, call: Call) -> None:
        if call.t309 != _NEVER or call.t322 != _NEVER:
            call.t309 = _NEVER
            call.t322 = _NEVER
            call.enquiries = 0
            self._deadline_stale = True

    def _earliest_other(self) -> int:
        """Timers that belong to no call: T314, T316."""
        return NEVER

    @property
    def next_deadline(self) -> int | None:
        """When `handle_timeout` wants to be called; None: no timer runs."""
        if self._deadline_stale:
            self._deadline_stale = False
            deadline = self._earliest_other()
            for call in self._calls.values():
                deadline = min(deadline, call.deadline, call.t309, call.t322)
            self._deadline = deadline
        return None if self._deadline == NEVER else self._deadline

    # -- calls and their end -----------------------------------------------------------------------------------

    def _new_call(self, reference: Int, originated: Flag, reference_octets: Int) -> Call:
        self._last_call += 1
        call = Call(self._last_call, reference, originated, reference_octets)
        self._calls[call.number] = call
        self._by_key[call.key] = call
        return call

    def _next_reference(self) -> Int:
        """A call reference value that is free, the one used longest ago (§4.3); 0 is the global one."""
        limit = 0x7FFF if self.variant.reference_octets == 2 else 0x7F
        reference = self._last_reference
        while True:
            reference = reference % limit + 1
            if reference << 1 | 1 not in self._by_key:
                self._last_reference = reference
                return reference

    def _give_channel(self, call: Call, number: MaybeInt) -> None:
        """Change the channel of a call; the one it had is free."""
        held = self._channels.get(call.channel)
        if held is not None and held.call == call.number:
            held.call = 0
        call.channel = number
        new = self._channels.get(number)
        if new is not None:
            new.call = call.number

    def _clearing(self, call: Call, cause: Cause, by_peer: Flag) -> None:
        """Note why a call is cleared; what comes later does not change it."""
        if call.cause is None:
            call.cause = cause
            call.by_peer = by_peer

    def _end(self, call: Call) -> None:
        """The call is over: null state, no timer, reference and channel free, the owner's last word."""
        self._stop(call)
        self._stop_beside(call)
        channel = call.channel
        self._give_channel(call, None)
        call.state = 0
        del self._calls[call.number]
        del self._by_key[call.key]
        cause = call.cause
        assert cause is not None, "a call is cleared with its cause noted"
        self._out.append(ReleaseIndication(call.number, cause, channel, call.by_peer))

    def _set_service(self, number: int, state: str, why: str, *, suspect: bool = False) -> None:
        channel = self._channels.get(number)
        if channel is not None:
            channel.suspect = suspect
            if channel.service != state:
                channel.service = state
                self._out.append(ChannelIndication(number, state, why))

    # -- what needs no procedure -------------------------------------------------------------------------------

    def _ignore(self, call: Call, arg: Any, now: int) -> None:
        self._count("ignored")

    def _refuse_request(self, call: Call, arg: Any, now: int) -> None:
        """While a call is being cleared a request comes too late, which is nobody's mistake."""
        if call.state not in (11, 12, 19):
            raise LocalError(f"call {call.number} in state {self.side[0].upper()}{call.state}: not possible")
        self._count("requests too late")
