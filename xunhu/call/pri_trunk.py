"""`PriTrunk`: a `Trunk` (xunhu/call/trunk.py) over ISDN primary rate access: one span with its D channel.

engine link <-> q921.DataLink <-> q931.Q931 <-> PriCall

The stacks have no clock and call nobody; here they are fed, drained and given one timer, the earliest deadline of both. What Q.931
says becomes events, delivered from a turn of the loop of their own, so that nobody is called back from inside a call.

Line alarms: LOS, LOF, AIS or no device for half a second put the data link down (Q.921 §5.9.5 PH-DEACTIVATE), its calls in talk then
live on T309; shorter ones layer 2 bridges by repeating. When the alarm lasts longer than `alarm_hold_s` there is nothing left to talk over: calls are released with cause 27. RAI
alone is shown and changes nothing. Left out: several spans under one D channel (NFAS).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from xunhu._isdn import primitives as p
from xunhu._isdn import q921
from xunhu._isdn.q931 import Q931, NoChannelError
from xunhu._media import engine as en
from xunhu.call import causes
from xunhu.call.media import MediaPlane, alarm_names
from xunhu.call.trunk import CallRequest, NoCircuitError, Party, TrunkCallState, TrunkEvents
from xunhu.call.trunk_reports import Reports
from xunhu.protocol.errors import LocalError
from xunhu.vclock import NS, Clock

S = TrunkCallState
DOWN = en.ALARM_LOS | en.ALARM_LOF | en.ALARM_AIS | en.ALARM_MISSING
_LINK_TIMERS = ("T200", "T203")
_LINK_HOLD_NS = NS // 2  # how long a line may be away until its data link is given up
_AGAIN_NS = NS  # until establishment is tried again
_TRIES = 3  # channels for one call, when the peer has taken what we asked for (Q.931 §5.7)
_TONE_S = 30.0  # how long in-band information of the side that clears may go on, Q.931 T306
_NUMBER_TYPES = ("unknown", "international", "national", "", "subscriber")
_PRESENTATIONS = ("allowed", "restricted", "unavailable")
_SCREENINGS = ("user", "passed", "failed", "network")
_BEARERS = {"speech": p.Bearer(0), "audio": p.Bearer(16), "unrestricted": p.Bearer(8, layer1=None)}
_INBAND = (p.Progress(8),)
_NO_PROGRESS: tuple[p.Progress, ...] = ()


def _party(number: p.Number | None) -> Party | None:
    if number is None:
        return None
    kind = _NUMBER_TYPES[number.type] if number.type < len(_NUMBER_TYPES) else "unknown"
    shown = _PRESENTATIONS[number.presentation] if number.presentation in (0, 1, 2) else "allowed"
    return Party(number.digits, kind or "unknown", shown, _SCREENINGS[number.screening & 3])


def _number(party: Party | None) -> p.Number | None:
    if party is None:
        return None
    kind = _NUMBER_TYPES.index(party.type) if party.type in _NUMBER_TYPES else 0
    shown = _PRESENTATIONS.index(party.presentation) if party.presentation in _PRESENTATIONS else 0
    screening = _SCREENINGS.index(party.screening) if party.screening in _SCREENINGS else 0
    return p.Number(party.digits, kind, presentation=shown, screening=screening)


def _heard(progress: Sequence[p.Progress]) -> bool:
    """Whether there is something to be heard in the channel (Q.931 §5.1.6: 1 and 8)."""
    return any(row.description in (1, 8) for row in progress)


class PriCall:
    """A `TrunkCall`. Requests that come too late, because the call is being cleared, do nothing."""

    keys_aside = False

    def __init__(self, trunk: PriTrunk, number: int, channel: int, incoming: bool) -> None:
        self._trunk = trunk
        self.number = number
        self.channel = channel
        self._incoming = incoming
        self._state = S.OFFERED if incoming else S.PROCEEDING
        self.again: p.SetupRequest | None = None  # to be tried on another channel, until the peer has answered
        self.tries = _TRIES
        self.clear_channel = False

    @property
    def trunk(self) -> PriTrunk:
        return self._trunk

    @property
    def state(self) -> TrunkCallState:
        return self._state

    @state.setter
    def state(self, state: TrunkCallState) -> None:
        self._state = state

    @property
    def incoming(self) -> bool:
        return self._incoming

    @property
    def circuit(self) -> str:
        return f"{self._trunk.name}/{self.channel}"

    @property
    def port(self) -> int | None:
        return self._trunk.span * 32 + self.channel

    @property
    def restore_data(self) -> dict[str, int | str | bool]:
        """reference, originated, channel: what the line knows of the call."""
        for info in self._trunk.q931.calls():
            if info.call == self.number:
                return {"reference": info.reference, "originated": info.originated, "channel": self.channel}
        return {}

    @property
    def _open(self) -> bool:
        return self._state not in (S.RELEASING, S.RELEASED)

    def send_key(self, key: str) -> bool:
        return False

    def want_digits(self, inband_tone: bool) -> None:
        if self._open:
            self._state = S.OVERLAP
            progress = _INBAND if inband_tone else _NO_PROGRESS
            self._trunk.ask(lambda q, now: q.more_info_request(self.number, now, progress))

    def proceed(self) -> None:
        if self._open:
            self._state = S.PROCEEDING
            self._trunk.ask(lambda q, now: q.proceeding_request(self.number, now))

    def alert(self, inband: bool) -> None:
        if self._open:
            self._state = S.ALERTING
            progress = _INBAND if inband else _NO_PROGRESS
            self._trunk.ask(lambda q, now: q.alerting_request(self.number, now, progress))

    def progress(self, inband: bool, cause: int | None = None) -> None:
        if self._open and inband:  # without an indicator the message would say nothing
            why = None if cause is None else p.Cause(causes.valid(cause))
            self._trunk.ask(lambda q, now: q.progress_request(self.number, now, _INBAND, why))

    def answer(self) -> None:
        if self._open:
            self._state = S.ACTIVE
            self._trunk.ask(lambda q, now: q.setup_response(self.number, now))

    def send_digits(self, digits: str, complete: bool = False) -> None:
        if self._open:
            self._trunk.ask(lambda q, now: q.information_request(self.number, digits, complete, now))

    def release(self, cause: int, inband: bool = False) -> None:
        if self._state is S.RELEASED:
            return
        why = p.Cause(causes.valid(cause))
        if inband and self._open:
            self._trunk.ask(lambda q, now: q.disconnect_request(self.number, why, now, _INBAND))
        else:
            self._trunk.ask(lambda q, now: q.release_request(self.number, why, now))
        self._state = S.RELEASING


class PriTrunk:
    """See the module's text. timers_ms: T200 and T203 for layer 2, names of Q.931 for layer 3.

    ValueError, LocalError: parameters that make no sense. `close` undoes it all."""

    def __init__(
        self,
        name: str,
        span: int,
        media: MediaPlane,
        clock: Clock,
        events: TrunkEvents,
        *,
        side: str = "user",
        variant: str = "NET5",
        d_channel: int = 16,
        skip: Sequence[int] = (16,),
        timers_ms: Mapping[str, int] | None = None,
        alarm_hold_s: float = 2.5,
    ) -> None:
        timers = dict(timers_ms or {})
        layer2: dict[str, Any] = {f"{key.lower()}_ms": timers.pop(key) for key in _LINK_TIMERS if key in timers}
        channels = [slot for slot in range(1, 32) if slot not in skip and slot != d_channel]
        self._name = name
        self.span = span
        self.on_frame: Callable[[str, bytes], None] | None = None  # "rx" | "tx", octets without flags and FCS
        self.q931 = Q931(side, variant, channels, timers)
        self.link = q921.DataLink(side == "network", name=name, **layer2)
        self.frames_refused = 0  # by the engine's transmit queue
        self._media = media
        self._loop = media.loop
        self._clock = clock
        self._events = events
        self._calls: dict[int, PriCall] = {}
        self._reports = Reports(media.loop, clock)
        self._turning = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: int | None = None
        self._establish_at: int | None = None
        self._alarms = 0
        self._alarm_hold_ns = round(alarm_hold_s * NS)
        self._deactivate_at: int | None = None  # the data link is given up then
        self._clear_at: int | None = None  # calls are released then, for the line is still down
        self._was_up = False
        self._engine_link = media.open_link(span, d_channel, self._receive)
        media.on_alarm.append(self._alarm)
        media.on_attach.append(self._attached)
        self._alarm(span, media.alarms(span), 0)
        if not self._alarms & DOWN:
            self._establish_at = self._now()  # in the next turn of the loop, when the owner has set its hooks
        self._turn()

    def close(self) -> None:
        """Let go of the line: nothing more is sent or reported."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._reports.clear()
        self._media.on_alarm.remove(self._alarm)
        self._media.on_attach.remove(self._attached)
        self._media.close_link(self._engine_link)

    # -- Trunk ---------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._name

    @property
    def up(self) -> bool:
        return self.q931.link_up and not self._alarms & DOWN

    @property
    def alarms(self) -> int:
        return self._alarms

    def circuits(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for channel, state in self.q931.channel_states().items():
            if state in ("restarting", "out-of-service"):
                state = "maintenance"
            if state in ("idle", "maintenance") and not self.up:
                state = "down"
            found[f"{self._name}/{channel}"] = state
        return found

    def idle(self) -> list[int]:
        if not self.up:
            return []
        return [self.span * 32 + channel for channel, state in self.q931.channel_states().items() if state == "idle"]

    def setup(self, request: CallRequest, port: int | None = None) -> PriCall:
        if self._alarms & DOWN:
            raise NoCircuitError(causes.NETWORK_OUT_OF_ORDER, f"{self._name}: {alarm_names(self._alarms)}")
        if port is not None and port // 32 != self.span:
            raise NoCircuitError(44, f"port {port} is not on {self._name}")
        wanted = p.SetupRequest(
            called=p.Number(request.called),
            calling=_number(request.calling),
            redirecting=_number(request.redirecting),
            bearer=_BEARERS.get(request.bearer, _BEARERS["speech"]),
            channel=None if port is None else port % 32,
            sending_complete=request.complete,
            display=request.display,
        )
        try:
            number = self.q931.setup_request(wanted, self._now())
        except NoChannelError as error:
            raise NoCircuitError(error.cause, f"{self._name}: {error}") from error
        except LocalError as error:
            raise NoCircuitError(causes.INCOMPLETE, f"{self._name}: {error}") from error
        channel = wanted.channel
        if channel is None:
            channel = next(info.channel for info in self.q931.calls() if info.call == number)
            assert channel is not None
        call = PriCall(self, number, channel, False)
        call.again = replace(wanted, channel=None)
        call.clear_channel = request.bearer == "unrestricted"
        self._calls[number] = call
        self._turn()
        return call

    def _again(self, call: PriCall, output: p.ReleaseIndication) -> bool:
        """Both sides have seized a channel at once and we have lost it: the call goes on on another one, if there is one."""
        request, call.tries = call.again, call.tries - 1
        lost = output.by_peer and output.cause.value == causes.CHANNEL_TAKEN
        if request is None or not lost or call.tries <= 0 or call.state is S.RELEASING:
            return False
        try:
            number = self.q931.setup_request(request, self._now())
        except LocalError:
            return False
        channel = next(info.channel for info in reversed(self.q931.calls()) if info.call == number)
        assert channel is not None
        call.number, call.channel = number, channel
        self._calls[number] = call
        return True

    def restore(self, data: dict[str, int | str | bool]) -> PriCall | None:
        try:
            reference, originated, channel = int(data["reference"]), bool(data["originated"]), int(data["channel"])
            number = self.q931.restore_call(reference, originated, channel, self._now())
        except (LocalError, KeyError, ValueError):
            return None
        call = PriCall(self, number, channel, not originated)
        call.state = S.ACTIVE
        self._calls[number] = call
        self._turn()
        return call

    def restart_idle(self) -> None:
        states = self.q931.channel_states()
        free = [channel for channel, state in states.items() if state != "busy"]
        if free:
            self.q931.restart_request(None if len(free) == len(states) else free, self._now())
            self._turn()

    # -- feeding the stacks --------------------------------------------------------------------------------------

    def _now(self) -> int:
        return self._clock.now_ns()

    def ask(self, request: Callable[[Q931, int], None]) -> None:
        """A request of a call to Q.931; one that cannot be is an alarm, for the caller of it can do nothing about it."""
        try:
            request(self.q931, self._now())
        except LocalError as error:
            self._complain("error", str(error))
        self._turn()

    def _receive(self, frame: bytes) -> None:
        if self.on_frame is not None:
            self.on_frame("rx", frame)
        if not self._alarms & DOWN:
            self.link.receive(frame, self._now())
            self._turn()

    def _turn(self) -> None:
        """Carry what has come out of each stack into the other, until both are silent; then set the timer."""
        if self._turning:
            return
        self._turning = True
        try:
            while True:
                above = self.q931.drain()
                below = self.link.drain()
                if not above and not below:
                    break
                for output in below:
                    self._from_link(output)
                for output in above:
                    self._from_q931(output)
        finally:
            self._turning = False
        if self.up != self._was_up:
            self._was_up = self.up
            why = alarm_names(self._alarms) or ("data link up" if self._was_up else "data link down")
            self._post(lambda up=self._was_up: self._events.trunk_state(self, up, why))  # type: ignore[misc]
        self._arm()

    def _from_link(self, output: q921.Output) -> None:
        now = self._now()
        if isinstance(output, q921.Frame):
            if self.on_frame is not None:
                self.on_frame("tx", output.octets)
            if not self._engine_link.send(output.octets):
                self.frames_refused += 1  # layer 2 sends it again
        elif isinstance(output, q921.DlDataIndication):
            self.q931.receive(output.payload, now)
        elif isinstance(output, q921.DlEstablishIndication | q921.DlEstablishConfirm):
            self._establish_at = None
            self.q931.data_link_established(now)
        elif isinstance(output, q921.DlReleaseIndication):
            self.q931.data_link_released(now)
            self._establish_at = None if self._alarms & DOWN else now + _AGAIN_NS
        elif isinstance(output, q921.MdlError):
            self._complain("info", f"layer 2: {output.code} {output.text}")

    def _from_q931(self, output: Any) -> None:
        if isinstance(output, p.DataRequest):
            try:
                self.link.dl_data_request(output.payload, self._now())
            except LocalError as error:
                self._complain("error", str(error))  # Q.931 repeats or clears by its timers
        elif isinstance(output, p.EstablishRequest):
            if not self._alarms & DOWN and self._establish_at is None and not self.link.established:
                self._establish_at = self._now() + _AGAIN_NS
        elif isinstance(output, p.SetupIndication):
            self._offered(output)
        elif isinstance(output, p.ManagementIndication):
            self._complain(output.severity, output.text)
        elif isinstance(output, p.ChannelIndication):
            self._complain("warning", f"channel {output.channel} is {output.state}: {output.why}")
        elif not isinstance(output, p.RestartIndication):
            call = self._calls.get(output.call)
            if call is not None:
                self._call_event(call, output)

    def _offered(self, output: p.SetupIndication) -> None:
        if output.channel is None:
            self._complain("warning", "a call was refused: no channel for it")
            return
        call = PriCall(self, output.call, output.channel, True)
        call.clear_channel = output.bearer.capability == _BEARERS["unrestricted"].capability
        self._calls[output.call] = call
        called = _party(output.called) or Party("")
        calling, redirecting = _party(output.calling), _party(output.redirecting)
        complete = output.sending_complete
        self._post(lambda: self._events.trunk_offered(call, called, calling, redirecting, complete))

    def _call_event(self, call: PriCall, output: Any) -> None:
        channel = getattr(output, "channel", None)
        if channel is not None:
            call.channel = channel
        events = self._events
        if not isinstance(output, p.ReleaseIndication):
            call.again = None
        if isinstance(output, p.ReleaseIndication):
            del self._calls[call.number]
            if self._again(call, output):
                return
            call.state = S.RELEASED
            self._post(lambda: events.trunk_released(call, output.cause.value, output.by_peer))
        elif call.state is S.RELEASING:
            return
        elif isinstance(output, p.InformationIndication):
            self._post(lambda: events.trunk_digits(call, output.digits, output.sending_complete))
        elif isinstance(output, p.SetupAckIndication):
            call.state = S.OVERLAP
            self._post(lambda: events.trunk_wants_digits(call))
        elif isinstance(output, p.ProceedingIndication):
            call.state = S.PROCEEDING
            self._post(lambda: events.trunk_proceeding(call, _heard(output.progress)))
        elif isinstance(output, p.ProgressIndication):
            cause = None if output.cause is None else output.cause.value
            self._post(lambda: events.trunk_progress(call, _heard(output.progress), cause))
        elif isinstance(output, p.AlertingIndication):
            call.state = S.ALERTING
            self._post(lambda: events.trunk_alerting(call, _heard(output.progress)))
        elif isinstance(output, p.SetupConfirm):
            call.state = S.ACTIVE
            self._post(lambda: events.trunk_answered(call))
        elif isinstance(output, p.DisconnectIndication):
            self._post(lambda: self._disconnecting(call, output))

    def _disconnecting(self, call: PriCall, output: p.DisconnectIndication) -> None:
        """Whoever listens may release at once; else it is done here, after an announcement where there is one."""
        inband = _heard(output.progress)
        self._events.trunk_disconnecting(call, output.cause.value, inband)
        if call.state not in (S.RELEASING, S.RELEASED):
            self._loop.call_later(_TONE_S if inband else 0.0, call.release, causes.NORMAL)

    # -- events --------------------------------------------------------------------------------------------------

    def _post(self, event: Callable[[], None]) -> None:
        self._reports.post(event)

    def _complain(self, severity: str, text: str) -> None:
        """What an operator should hear of."""
        if self._reports.new(text):
            self._post(lambda: self._events.trunk_alarm(self, severity, text))

    # -- time ----------------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        own = (self._establish_at, self._deactivate_at, self._clear_at)
        deadlines = (self.link.next_deadline, self.q931.next_deadline, *own)
        due = min((deadline for deadline in deadlines if deadline is not None), default=None)
        # A timer that is due earlier is left alone: it finds nothing to do and sets the right one. Deadlines move on with each frame.
        if due is not None and self._timer_at is not None and self._timer_at <= due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = due
        self._timer = None if due is None else self._loop.call_at(due / NS, self._timeout, due)

    def _timeout(self, due: int) -> None:
        self._timer = self._timer_at = None
        now = max(due, self._now())
        if self._deactivate_at is not None and self._deactivate_at <= now:
            self._deactivate_at = None
            self.link.ph_deactivate_indication(now)
        if self._clear_at is not None and self._clear_at <= now:
            self._clear_at = None
            self._clear_calls()
        if self._establish_at is not None and self._establish_at <= now:
            self._establish_at = None
            self.link.dl_establish_request(now)
        self.link.handle_timeout(now)
        self.q931.handle_timeout(now)
        self._turn()

    # -- the line ------------------------------------------------------------------------------------------------

    def _alarm(self, span: int, alarms: int, _before: int) -> None:
        if span != self.span or alarms == self._alarms:
            return
        before, self._alarms = self._alarms, alarms
        severity = "error" if alarms & DOWN else "warning" if alarms else "info"
        text = alarm_names(alarms) or "line is well again"
        self._post(lambda: self._events.trunk_alarm(self, severity, text))
        now = self._now()
        if alarms & DOWN and not before & DOWN:
            self._clear_at = now + self._alarm_hold_ns
            self._deactivate_at = now + _LINK_HOLD_NS
            self._establish_at = None
        elif before & DOWN and not alarms & DOWN:
            self._clear_at = self._deactivate_at = None
            if not self.link.established:
                self._establish_at = now
        self._turn()

    def _attached(self) -> None:
        """Another engine: the line may look otherwise to it."""
        self._alarm(self.span, self._media.alarms(self.span), self._alarms)

    def _clear_calls(self) -> None:
        """The line stays away: its calls are over. Q.931 clears them with its peer when the line is back."""
        calls, self._calls = list(self._calls.values()), {}
        for call in calls:
            call.state = S.RELEASED
            self.q931.release_request(call.number, p.Cause(causes.OUT_OF_ORDER), self._now())
            self._post(lambda call=call: self._events.trunk_released(call, causes.OUT_OF_ORDER, False))  # type: ignore[misc]
