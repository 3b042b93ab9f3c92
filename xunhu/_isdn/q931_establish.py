"""Q.931 §5.1, §5.2: calls made and calls offered, en bloc and overlap, and the choice of the channel (§5.1.2, §5.2.3, §5.7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from xunhu._isdn.primitives import (
    AlertingIndication,
    Bearer,
    Cause,
    InformationIndication,
    NotifyIndication,
    Number,
    ProceedingIndication,
    Progress,
    ProgressIndication,
    SetupAckIndication,
    SetupCompleteIndication,
    SetupConfirm,
    SetupIndication,
    SetupRequest,
)
from xunhu._isdn.q931_base import MAXIMUM_KEPT_DIGITS, Call, Elements, Flag, Int, Text
from xunhu._isdn.q931_clearing import Clearing
from xunhu._isdn.q931_codec import (
    ALERTING,
    CALL_PROCEEDING,
    CONNECT,
    CONNECT_ACKNOWLEDGE,
    INFORMATION,
    NOTIFY,
    PROGRESS,
    RELEASE_COMPLETE,
    SETUP,
    SETUP_ACKNOWLEDGE,
    Message,
)
from xunhu._isdn.q931_ie import (
    SENDING_COMPLETE,
    BearerCapability,
    CalledPartyNumber,
    CallingPartyNumber,
    ChannelIdentification,
    ConnectedNumber,
    Display,
    Element,
    Keypad,
    Notification,
    RedirectingNumber,
    SingleOctet,
)
from xunhu.protocol.errors import LocalError

# For signatures that q931_establish.pxd declares: C functions there.
MaybeNumber: TypeAlias = Number | None
Progresses: TypeAlias = Iterable[Progress]

_COMPLETE = SingleOctet(SENDING_COMPLETE)
# Progress that says the answer will be heard, not signalled: timers of the next message do not apply (§5.1.6).
_HEARD = (1, 2, 8)


def _heard(progress: Iterable[Progress]) -> bool:
    return any(p.description in _HEARD for p in progress)


def check_number(number: MaybeNumber, what: Text, maximum: Int) -> None:
    if number is None:
        return
    digits = number.digits
    if len(digits) > maximum or not (not digits or (digits.isascii() and digits.isprintable())):
        raise LocalError(f"{what} {digits!r}: at most {maximum} digits")
    presentation = 0 if number.presentation is None else number.presentation
    if not (
        0 <= number.type <= 7
        and 0 <= number.plan <= 15
        and 0 <= presentation <= 3
        and 0 <= number.screening <= 3
    ):
        raise LocalError(f"{what}: {number!r} has values out of range")


def check_progress(progress: Progresses) -> None:
    for p in progress:
        if not (0 <= p.description <= 127 and 0 <= p.location <= 15 and 0 <= p.coding <= 3):
            raise LocalError(f"{p!r} has values out of range")


def check_cause(cause: Cause) -> None:
    if not (
        0 <= cause.value <= 127
        and 0 <= cause.location <= 15
        and 0 <= cause.coding <= 3
        and len(cause.diagnostics) <= 27
        and (cause.recommendation is None or 0 <= cause.recommendation <= 127)
    ):
        raise LocalError(f"{cause!r} has values out of range")


def check_request(request: SetupRequest) -> None:
    """LocalError where a field does not fit its element; before anything has changed."""
    check_number(request.called, "called number", 20)
    check_number(request.calling, "calling number", 20)
    check_number(request.redirecting, "redirecting number", 20)
    check_progress(request.progress)
    bearer = request.bearer
    if not (0 <= bearer.capability <= 31 and 0 <= bearer.rate <= 31 and bearer.rate != 24):
        raise LocalError(f"{bearer!r} has values out of range")
    if bearer.layer1 is not None and not 0 <= bearer.layer1 <= 31:
        raise LocalError(f"{bearer!r} has values out of range")
    if request.redirecting_reason is not None and not 0 <= request.redirecting_reason <= 15:
        raise LocalError(f"redirecting reason {request.redirecting_reason} is not 0 to 15")
    if len(request.display) > 80 or not request.display.isascii():
        raise LocalError("display: at most 80 characters of ASCII")


class Establishment(Clearing):
    """Actions of calls on their way to the active state."""

    # -- a call we make ----------------------------------------------------------------------------------------

    def _send_setup(self, call: Call, request: SetupRequest, now: int) -> None:
        call.state = 6 if self._network else 1
        self._start(call, "T303", now)
        self._send(call, SETUP, self._setup_elements(call, request))

    def _setup_elements(self, call: Call, request: SetupRequest) -> Elements:
        variant = self.variant
        out: list[Element] = []
        if request.sending_complete and variant.sending_complete:
            out.append(_COMPLETE)
        bearer = request.bearer
        layer1 = variant.layer1 if bearer.layer1 == 3 else bearer.layer1
        layers = b"" if layer1 is None else bytes((0xA0 | layer1,))
        out.append(BearerCapability(bearer.capability, bearer.rate, layers))
        if call.channel is not None:
            out.append(ChannelIdentification((call.channel,), request.exclusive))
        out += request.progress
        if request.display:
            out.append(Display(request.display))
        n = request.calling
        if n is not None:
            out.append(CallingPartyNumber(n.digits, n.type, n.plan, n.presentation, n.screening))
        n = request.called
        if n is not None:
            out.append(CalledPartyNumber(n.digits, n.type, n.plan))
        n = request.redirecting
        if n is not None:
            out.append(
                RedirectingNumber(
                    n.digits, n.type, n.plan, n.presentation, n.screening, request.redirecting_reason
                )
            )
        return tuple(out)

    def _t303_expired(self, call: Call, arg: object, now: int) -> None:
        """§5.1.1, §5.2.5.3: once more, then cleared; a peer that has heard it all the same is told."""
        if call.expiries == 0 and call.setup is not None:
            call.expiries = 1
            self._start(call, "T303", now)
            self._send(call, SETUP, self._setup_elements(call, call.setup))
            return
        self._tell("warning", "T303: no answer to SETUP", call)
        self._clearing(call, self._cause(18 if self._network else 102), False)
        self._send(call, RELEASE_COMPLETE, (self._cause(102, b"303"),))
        self._end(call)

    def _accept_channel(self, call: Call, message: Message, now: Int) -> Flag:
        """The first answer settles the channel (§5.1.2, §5.2.3); False: it cannot be, RELEASE with cause 6 is sent."""
        if call.channel_confirmed:
            return True
        said = message.find(ChannelIdentification)
        wanted = call.channel
        if said is not None and said.selection == 1 and said.channels:
            wanted = said.channels[0]
        if wanted is not None and (wanted == call.channel or (not call.exclusive and self._take(wanted))):
            if wanted != call.channel:
                self._give_channel(call, wanted)
            call.channel_confirmed = True
            return True
        self._clearing(call, self._cause(6), False)
        self._release(call, self._cause(6), now)
        return False

    def _take(self, number: Int) -> Flag:
        """Can the peer have this channel? A user gives up one it has only asked for (§5.7): the network decides."""
        channel = self._channels.get(number)
        if channel is None:
            return False
        if channel.idle:
            return True
        holder = self._calls.get(channel.call)
        if self._network or holder is None or holder.state != 1 or channel.blocked:
            return False
        self._count("glare")
        self._give_channel(holder, None)
        return True

    def _receive_setup_acknowledge(self, call: Call, message: Message, now: int) -> None:
        if not self._accept_channel(call, message, now):
            return
        call.state = 25 if self._network else 2
        call.expiries = 0
        self._start(call, "T304", now)
        self._out.append(SetupAckIndication(call.number, call.channel, message.find_all(Progress)))
        if call.digits or call.digits_complete:
            self._send_information(call, (call.digits, call.digits_complete), now)
            call.digits = ""

    def _receive_call_proceeding(self, call: Call, message: Message, now: int) -> None:
        if not self._accept_channel(call, message, now):
            return
        call.state = 9 if self._network else 3
        progress = message.find_all(Progress)
        self._stop(call)
        if not _heard(progress):
            self._start(call, "T310", now)
        self._out.append(ProceedingIndication(call.number, call.channel, progress))

    def _receive_alerting(self, call: Call, message: Message, now: int) -> None:
        if not self._accept_channel(call, message, now):
            return
        call.state = 7 if self._network else 4
        call.expiries = 0
        self._start(call, "T301", now)
        self._out.append(AlertingIndication(call.number, call.channel, message.find_all(Progress)))

    def _receive_connect(self, call: Call, message: Message, now: int) -> None:
        if not self._accept_channel(call, message, now):
            return
        self._stop(call)
        call.state = 10
        call.setup = None
        self._send(call, CONNECT_ACKNOWLEDGE)
        connected = message.find(ConnectedNumber)
        number = None if connected is None else connected.number()
        self._out.append(SetupConfirm(call.number, call.channel, number, message.find_all(Progress)))

    def _receive_progress(self, call: Call, message: Message, now: int) -> None:
        """§5.1.6: T304 and T310 wait for what will now be heard; T301, T302 and T313 go on."""
        if call.timer in ("T304", "T310"):
            self._stop(call)
        self._out.append(ProgressIndication(call.number, message.find_all(Progress), message.find(Cause)))

    def _keep_digits(self, call: Call, arg: tuple[str, bool], now: int) -> None:
        if len(call.digits) + len(arg[0]) > MAXIMUM_KEPT_DIGITS:
            raise LocalError(f"more than {MAXIMUM_KEPT_DIGITS} digits before the first was asked for")
        call.digits += arg[0]
        call.digits_complete = call.digits_complete or arg[1]

    def _drop_digits(self, call: Call, arg: tuple[str, bool], now: int) -> None:
        self._count("digits too late")

    def _send_information(self, call: Call, arg: tuple[str, bool], now: int) -> None:
        digits, complete = arg
        asked = call.setup
        called = None if asked is None else asked.called
        out: list[Element] = [_COMPLETE] if complete and self.variant.sending_complete else []
        if digits:
            kind, plan = (0, 1) if called is None else (called.type, called.plan)
            out.append(CalledPartyNumber(digits, kind, plan))
        self._send(call, INFORMATION, tuple(out))
        self._start(call, "T304", now)

    # -- a call we are offered ---------------------------------------------------------------------------------

    def _receive_setup(self, call: Call, message: Message, now: int) -> None:
        """§5.1.1, §5.2.1. The call is told of even where it must be refused for want of a channel."""
        refused = self._choose_channel(call, message)
        call.state = 1 if self._network else 6
        called = message.find(CalledPartyNumber)
        calling = message.find(CallingPartyNumber)
        redirecting = message.find(RedirectingNumber)
        keypad = message.find(Keypad)
        bearer = message.find(BearerCapability)
        display = message.find(Display)
        number = None if called is None else called.number()
        if number is None and keypad is not None:
            number = Number(keypad.text, 0, 0)
        self._out.append(
            SetupIndication(
                call.number,
                call.reference,
                call.channel,
                number,
                None if calling is None else calling.number(),
                None if redirecting is None else redirecting.number(),
                None if redirecting is None else redirecting.reason,
                Bearer() if bearer is None else bearer.bearer(),
                not self.variant.overlap or message.has_octet(SENDING_COMPLETE),
                "" if display is None else display.text,
                message.find_all(Progress),
            )
        )
        if refused:
            self._reject(call, self._cause(refused), now)

    def _choose_channel(self, call: Call, message: Message) -> Int:
        """§5.1.2, §5.2.3, §5.7: give the call its channel; else the cause of refusal: 34, 44, 82."""
        said = message.find(ChannelIdentification)
        cause = 34
        if said is not None:
            if said.d_channel or (said.selection == 0 and not self._network):
                return 66 if said.d_channel else 34
            if said.selection == 1:
                for number in said.channels:
                    if self._take(number):
                        self._give_channel(call, number)
                        return 0
                if said.exclusive:
                    return 44 if self._channels.known(said.channels) else 82
        channel = self._channels.first_idle()
        if channel is None:
            return cause
        self._give_channel(call, channel.number)
        return 0

    def _send_setup_acknowledge(self, call: Call, progress: tuple[Progress, ...], now: int) -> None:
        if not self.variant.overlap:
            raise LocalError(f"{self.variant.name} has no overlap receiving")
        call.state = 2 if self._network else 25
        self._start(call, "T302", now)
        self._respond(call, SETUP_ACKNOWLEDGE, progress)

    def _send_call_proceeding(self, call: Call, progress: tuple[Progress, ...], now: int) -> None:
        self._stop(call)
        call.state = 3 if self._network else 9
        self._respond(call, CALL_PROCEEDING, progress)

    def _send_alerting(self, call: Call, progress: tuple[Progress, ...], now: int) -> None:
        self._stop(call)
        call.state = 4 if self._network else 7
        self._respond(call, ALERTING, progress)

    def _send_progress(self, call: Call, arg: tuple[tuple[Progress, ...], Cause | None], now: int) -> None:
        progress, cause = arg
        self._respond(call, PROGRESS, progress if cause is None else (cause, *progress))

    def _send_proceeding_for_progress(
        self, call: Call, arg: tuple[tuple[Progress, ...], Cause | None], now: int
    ) -> None:
        self._send_call_proceeding(call, arg[0], now)

    def _send_connect(self, call: Call, arg: tuple[Number | None, tuple[Progress, ...]], now: int) -> None:
        connected, progress = arg
        elements: tuple[Element, ...] = progress
        if connected is not None:
            n = connected
            elements = (*progress, ConnectedNumber(n.digits, n.type, n.plan, n.presentation, n.screening))
        self._respond(call, CONNECT, elements)
        if self._network:
            self._stop(call)
            call.state = 10
            self._out.append(SetupCompleteIndication(call.number))
        else:
            call.state = 8
            self._start(call, "T313", now)

    def _receive_connect_acknowledge(self, call: Call, message: Message, now: int) -> None:
        self._stop(call)
        call.state = 10
        self._out.append(SetupCompleteIndication(call.number))

    def _receive_digits(self, call: Call, message: Message, now: int) -> None:
        """Overlap receiving (§5.1.3): T302 between digits, until the number is said to be complete."""
        if message.has_octet(SENDING_COMPLETE):
            self._stop(call)
        else:
            self._start(call, "T302", now)
        self._receive_information(call, message, now)

    def _receive_information(self, call: Call, message: Message, now: int) -> None:
        called = message.find(CalledPartyNumber)
        keypad = message.find(Keypad)
        digits = called.digits if called is not None else keypad.text if keypad is not None else ""
        complete = message.has_octet(SENDING_COMPLETE)
        if digits or complete:
            self._out.append(InformationIndication(call.number, digits, complete))

    def _t302_expired(self, call: Call, arg: object, now: int) -> None:
        """No more digits come: the owner goes on with those it has, or clears with cause 28 (§5.1.3)."""
        self._stop(call)
        self._out.append(InformationIndication(call.number, "", True))

    # -- in any call -------------------------------------------------------------------------------------------

    def _receive_notify(self, call: Call, message: Message, now: int) -> None:
        said = message.find(Notification)
        if said is not None:
            self._out.append(NotifyIndication(call.number, said.description))

    def _send_notify(self, call: Call, notification: int, now: int) -> None:
        self._send(call, NOTIFY, (Notification(notification),))
