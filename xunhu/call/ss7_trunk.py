"""`Ss7Trunk`: a `Trunk` (xunhu/call/trunk.py) over the circuits of one E1 that a user part of No.7 controls, ISUP or TUP.

    user part <-> node (xunhu/_ss7/node.py) <-> Ss7Shell <-> Ss7Trunk <-> call control

The signalling links are the shell's; here are circuits and calls. A circuit's number is the media port of its timeslot.

Line alarms: LOS, LOF, AIS or no device for longer than `alarm_hold_s`: there is nothing to talk over, the calls are released with cause 27 and the circuits
blocked for hardware failure, until the line is back (Q.764 §2.8.2). A destination that cannot be reached (MTP-PAUSE) leaves calls in talk alone;
new ones are not made. After a start every circuit that no restored call holds is reset, as soon as the destination is there (Q.764 §2.9.3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from xunhu._media import engine as en
from xunhu._ss7 import circuit_primitives as p
from xunhu.call import causes
from xunhu.call.media import MediaPlane, alarm_names
from xunhu.call.trunk import CallRequest, NoCircuitError, Party, TrunkCallState, TrunkEvents
from xunhu.call.trunk_reports import Reports
from xunhu.protocol.errors import LocalError
from xunhu.vclock import Clock

S = TrunkCallState
DOWN = en.ALARM_LOS | en.ALARM_LOF | en.ALARM_AIS | en.ALARM_MISSING
_TRIES = 3  # circuits for one call, when the peer has taken the one we asked for (Q.764 §2.8.1)
_TONE_S = 30.0  # how long a tone or announcement of ours may go on before the release
_ACM_AFTER_S = 10.0  # a call that is nowhere yet has its address complete by then: the far end's T7 is 20 s at least
_NATURES = {"subscriber": 1, "unknown": 2, "national": 3, "international": 4}
_TYPES = {1: "subscriber", 2: "unknown", 3: "national", 4: "international"}
_PRESENTATIONS = ("allowed", "restricted", "unavailable")
_SCREENINGS = ("user", "passed", "failed", "network")
_MEDIA = {"speech": 0, "audio": 3, "unrestricted": 2}
_CIRCUIT_STATES = {
    "idle": "idle",
    "in": "busy",
    "out": "busy",
    "blocked-local": "blocked",
    "blocked-remote": "blocked",
    "blocked-both": "blocked",
    "reset": "maintenance",
    "test": "maintenance",
    "unavailable": "down",
}


class Ss7Part(Protocol):
    """What a trunk asks of the shell around its user part."""

    @property
    def part(self) -> p.CircuitUserPart: ...
    def ask(self, request: Callable[[p.CircuitUserPart, int], Any]) -> Any:
        """Let the user part do something, carry what comes of it. LocalError passes through."""

    def begun(self, call: int, trunk: Ss7Trunk) -> None:
        """A call of this trunk, which is told of it from now on."""

    def trunks(self) -> list[Ss7Trunk]:
        """All trunks of the user part, in order."""

    def serve(self, trunk: Ss7Trunk) -> None:
        """This trunk is told of its circuits from now on."""

    def accessible(self, dpc: int) -> bool: ...


def _party(number: p.Number | None) -> Party | None:
    if number is None:
        return None
    shown = _PRESENTATIONS[number.presentation] if number.presentation in (0, 1, 2) else "allowed"
    return Party(number.digits, _TYPES.get(number.nature, "unknown"), shown, _SCREENINGS[number.screening & 3])


def _number(party: Party | None) -> p.Number | None:
    if party is None:
        return None
    shown = _PRESENTATIONS.index(party.presentation) if party.presentation in _PRESENTATIONS else 0
    screening = _SCREENINGS.index(party.screening) if party.screening in _SCREENINGS else 3
    return p.Number(party.digits, _NATURES.get(party.type, 2), presentation=shown, screening=screening)


def _called(digits: str) -> p.Number:
    """+86 755 ... is an international number; of any other the exchange at the other end knows better than we what it is."""
    return p.Number(digits[1:], _NATURES["international"]) if digits.startswith("+") else p.Number(digits, _NATURES["unknown"])


def _ranges(numbers: list[int]) -> str:
    """1, 2, 3, 5 -> "1-3, 5"."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


class Ss7Call:
    """A `TrunkCall`. Requests that come too late, because the call is being cleared, do nothing."""

    keys_aside = False

    def __init__(self, trunk: Ss7Trunk, number: int, circuit: int, incoming: bool) -> None:
        self._trunk = trunk
        self.number = number
        self.circuit_number = circuit
        self._incoming = incoming
        self._state = S.OFFERED if incoming else S.PROCEEDING
        self.again: p.SetupRequest | None = None  # to be tried on another circuit, until the peer has answered
        self.tries = _TRIES
        self.waiting: Callable[[], None] | None = None  # offers the call, once its continuity check was good
        self.address_complete = False
        self.announcing = False  # we are clearing, and an announcement is heard before
        self.clear_channel = False
        self.hung_up = False  # the called party has: whoever sends the release, it is the peer's

    @property
    def trunk(self) -> Ss7Trunk:
        return self._trunk

    def moved_to(self, trunk: Ss7Trunk) -> None:
        self._trunk = trunk

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
        return f"{self._trunk.name}/{self.circuit_number % 32}"

    @property
    def port(self) -> int | None:
        return self.circuit_number

    @property
    def restore_data(self) -> dict[str, int | str | bool]:
        """circuit, incoming: what the user part needs to know of an answered call."""
        return {"circuit": self.circuit_number, "incoming": self._incoming}

    @property
    def _open(self) -> bool:
        return self._state not in (S.RELEASING, S.RELEASED)

    def send_key(self, key: str) -> bool:
        return False

    def want_digits(self, inband_tone: bool) -> None:
        if self._open:
            self._state = S.OVERLAP  # digits follow in SAM without being asked for (Q.764 §2.2.2)

    def proceed(self) -> None:
        """Nothing is sent at once: the address complete message may well say more in a moment."""
        if self._open:
            self._state = S.PROCEEDING
            self._trunk.later(_ACM_AFTER_S, self._late_address_complete)

    def _late_address_complete(self) -> None:
        if self._state is S.PROCEEDING:
            self._backward(False, False, None)

    def alert(self, inband: bool) -> None:
        if self._open:
            self._state = S.ALERTING
            self._backward(True, inband, None)

    def progress(self, inband: bool, cause: int | None = None) -> None:
        if self._open and inband:
            self._backward(False, True, cause)

    def _backward(self, alerting: bool, inband: bool, cause: int | None) -> None:
        """Address complete, and call progress from then on."""
        number = self.number
        if not self.address_complete:
            self.address_complete = True
            self._trunk.ask(lambda part, now: part.address_complete_request(number, alerting, inband, now))
            if cause is None:
                return
        why = None if cause is None else p.Cause(causes.valid(cause))
        self._trunk.ask(lambda part, now: part.progress_request(number, alerting, inband, why, now))

    def answer(self) -> None:
        if self._open:
            self._state = S.ACTIVE
            self.address_complete = True
            self._trunk.ask(lambda part, now: part.answer_request(self.number, now))

    def send_digits(self, digits: str, complete: bool = False) -> None:
        if self._open:
            self._trunk.ask(lambda part, now: part.information_request(self.number, digits, complete, now))

    def release(self, cause: int, inband: bool = False) -> None:
        if self._state is S.RELEASED:
            return
        if inband and self._open and self._state is not S.ACTIVE and self._incoming:
            # the announcement is heard while the call is still being set up (Q.764 §2.1.7)
            self._backward(False, True, cause)
            self._state = S.RELEASING
            self.announcing = True
            self._trunk.later(_TONE_S, lambda: self.release(cause))
            return
        self.announcing = False
        self._state = S.RELEASING
        self._trunk.ask(lambda part, now: part.release_request(self.number, p.Cause(causes.valid(cause)), now))


class Ss7Trunk:
    """See the module's text. circuits: timeslot -> (DPC, CIC); own: our point code. `close` undoes it all."""

    def __init__(
        self,
        name: str,
        span: int,
        circuits: Mapping[int, tuple[int, int]],
        own: int,
        shell: Ss7Part,
        media: MediaPlane,
        clock: Clock,
        events: TrunkEvents,
        *,
        alarm_hold_s: float = 2.5,
    ) -> None:
        self._name = name
        self.span = span
        self.cics = {span * 32 + slot: place for slot, place in circuits.items()}
        self._own = own
        self._shell = shell
        self._media = media
        self._loop = media.loop
        self._clock = clock
        self._events = events
        self._reports = Reports(media.loop, clock)
        self._calls: dict[int, Ss7Call] = {}
        self._alarms = 0
        self._alarm_hold_s = alarm_hold_s
        self._hold: Any = None  # the timer of a line that is down
        self._failed = False  # the circuits are blocked for hardware failure
        self._was_up = False
        self._changed: dict[tuple[str, str], list[int]] = {}  # circuits by state and reason, to be told
        self._reset_wanted: set[int] = set()  # circuits to be reset when their destination is there
        self.closed = False
        for circuit, (dpc, cic) in self.cics.items():
            shell.ask(lambda part, now, c=circuit, d=dpc, i=cic: part.add_circuit(c, d, i))  # type: ignore[misc]
        shell.serve(self)
        media.on_alarm.append(self._alarm)
        media.on_attach.append(self._attached)
        self._alarm(span, media.alarms(span), 0)

    def close(self) -> None:
        """Let go of the circuits: nothing more is sent or reported."""
        self.closed = True
        if self._hold is not None:
            self._hold.cancel()
        self._reports.clear()
        self._media.on_alarm.remove(self._alarm)
        self._media.on_attach.remove(self._attached)

    # -- Trunk ---------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._name

    @property
    def up(self) -> bool:
        return not self._alarms & DOWN and any(self._shell.accessible(dpc) for dpc in self.destinations())

    @property
    def alarms(self) -> int:
        return self._alarms

    def destinations(self) -> set[int]:
        return {dpc for dpc, _ in self.cics.values()}

    def _usable(self, circuit: int) -> bool:
        return self._shell.accessible(self.cics[circuit][0])

    def circuits(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for circuit in self.cics:
            state = _CIRCUIT_STATES[self._shell.part.circuit_state(circuit)]
            if state in ("idle", "maintenance") and (self._alarms & DOWN or not self._usable(circuit)):
                state = "down"
            found[f"{self._name}/{circuit % 32}"] = state
        return found

    def idle(self) -> list[int]:
        if self._alarms & DOWN:
            return []
        state = self._shell.part.circuit_state
        return [
            circuit
            for circuit in self.cics
            if self._usable(circuit) and circuit not in self._reset_wanted and state(circuit) == "idle"
        ]

    def setup(self, request: CallRequest, port: int | None = None) -> Ss7Call:
        if self._alarms & DOWN:
            raise NoCircuitError(causes.NETWORK_OUT_OF_ORDER, f"{self._name}: {alarm_names(self._alarms)}")
        if port is not None and port not in self.cics:
            raise NoCircuitError(causes.CHANNEL_TAKEN, f"port {port} is no circuit of {self._name}")
        wanted = p.SetupRequest(
            called=_called(request.called),
            calling=_number(request.calling),
            redirecting=_number(request.redirecting),
            medium=_MEDIA.get(request.bearer, 0),
            complete=request.complete,
        )
        call = Ss7Call(self, 0, 0, False)
        call.clear_channel = request.bearer == "unrestricted"
        self._begin(call, wanted, self._choose() if port is None else port)
        return call

    def _choose(self) -> int:
        """An idle circuit; first those that we control, for the far end gives way on them (Q.764 §2.9.1.4)."""
        idle = self.idle()
        if not idle:
            raise NoCircuitError(causes.NO_CIRCUIT, f"{self._name}: no circuit is idle")
        ours = [circuit for circuit in idle if self._controls(circuit)]
        return ours[0] if ours else idle[-1]

    def _controls(self, circuit: int) -> bool:
        """The exchange with the higher point code controls the circuits with even CICs (Q.764 §2.9.1.4, Q.724 §3.6)."""
        dpc, cic = self.cics[circuit]
        return (self._own > dpc) == (cic % 2 == 0)

    def _begin(self, call: Ss7Call, wanted: p.SetupRequest, circuit: int) -> None:
        def setup(part: p.CircuitUserPart, now: int) -> None:
            call.number = part.setup_request(wanted, circuit, now)
            call.circuit_number = circuit
            call.again = wanted
            self._calls[call.number] = call
            self._shell.begun(call.number, self)

        try:
            self._shell.ask(setup)
        except LocalError as error:
            raise NoCircuitError(causes.CHANNEL_TAKEN, f"{self._name}: {error}") from error

    def restore(self, data: dict[str, int | str | bool]) -> Ss7Call | None:
        try:
            circuit, incoming = int(data["circuit"]), bool(data["incoming"])
            if circuit not in self.cics:
                return None
            number = self._shell.ask(lambda part, now: part.restore_call(circuit, incoming, now))
        except (LocalError, KeyError, ValueError):
            return None
        call = Ss7Call(self, number, circuit, incoming)
        call.state = S.ACTIVE
        call.address_complete = True
        self._calls[number] = call
        self._shell.begun(number, self)
        return call

    def restart_idle(self) -> None:
        held = {call.circuit_number for call in self._calls.values()}
        self._reset_wanted = set(self.cics) - held
        self._reset()

    def _reset(self) -> None:
        ready = sorted(circuit for circuit in self._reset_wanted if self._usable(circuit))
        if ready and not self._alarms & DOWN:
            self._reset_wanted.difference_update(ready)
            self.ask(lambda part, now: part.reset_request(ready, now))

    # -- the user part -------------------------------------------------------------------------------------------

    def ask(self, request: Callable[[p.CircuitUserPart, int], Any]) -> None:
        """A request of a call; one that cannot be is an alarm, for the caller of it can do nothing about it."""
        if self.closed:
            return
        try:
            self._shell.ask(request)
        except LocalError as error:
            self._complain("error", str(error))

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        self._loop.call_later(seconds, lambda: None if self.closed else action())

    def destination(self, _dpc: int) -> None:
        """A destination has been lost or is back."""
        self._reset()
        self._tell_state("")

    def _tell_state(self, why: str) -> None:
        up = self.up
        if up != self._was_up:
            self._was_up = up
            text = why or alarm_names(self._alarms) or ("destination accessible" if up else "destination inaccessible")
            self._post(lambda: self._events.trunk_state(self, up, text))

    def heard(self, output: Any) -> None:
        """An output of the user part that concerns a circuit or call of this trunk."""
        if isinstance(output, p.SetupIndication):
            self._offered(output)
        elif isinstance(output, p.CircuitIndication):
            self._circuit(output)
        else:
            call = self._calls.get(output.call)
            if call is not None:
                self._call_event(call, output)

    def _circuit(self, output: p.CircuitIndication) -> None:
        """What has happened to circuits of a group at once is told at once."""
        if not self._changed:
            self._post(self._tell_circuits)
        self._changed.setdefault((output.state, output.why), []).append(output.circuit % 32)

    def _tell_circuits(self) -> None:
        changed, self._changed = self._changed, {}
        for (state, why), slots in changed.items():
            if why and self._reports.new(f"{state} {why} {slots}"):
                self._events.trunk_alarm(self, "info", f"circuits {_ranges(slots)} {state}: {why}")

    def _offered(self, output: p.SetupIndication) -> None:
        call = Ss7Call(self, output.call, output.circuit, True)
        call.clear_channel = output.medium == _MEDIA["unrestricted"]
        self._calls[output.call] = call
        called = _party(output.called) or Party("")
        calling = _party(output.calling)
        redirecting = _party(output.redirecting or output.original_called)
        complete = output.complete

        def offer() -> None:
            self._post(lambda: self._events.trunk_offered(call, called, calling, redirecting, complete))

        if output.continuity:
            call.waiting = offer
        else:
            offer()

    def _call_event(self, call: Ss7Call, output: Any) -> None:
        events = self._events
        if isinstance(output, p.ReleaseIndication):
            self._released(call, output)
            return
        call.again = None
        if isinstance(output, p.ContinuityReport):
            offer, call.waiting = call.waiting, None
            if offer is not None:
                offer()
        elif call.state is S.RELEASING:
            if call.announcing and isinstance(output, p.DisconnectIndication):
                call.release(causes.NORMAL)  # the caller does not listen to the end
        elif isinstance(output, p.InformationIndication):
            self._post(lambda: events.trunk_digits(call, output.digits, output.complete))
        elif isinstance(output, p.AddressCompleteIndication | p.ProgressIndication):
            self._progress(call, output)
        elif isinstance(output, p.AnswerIndication):
            call.state = S.ACTIVE
            self._post(lambda: events.trunk_answered(call))
        elif isinstance(output, p.DisconnectIndication):
            self._post(lambda: self._disconnecting(call, output.cause.value))
        elif isinstance(output, p.SuspendIndication) and output.network and not call.incoming:
            # The called party has hung up and could come back within minutes (T6, T12): nobody here waits for that.
            call.hung_up = True
            self._post(lambda: self._disconnecting(call, causes.NORMAL))

    def _progress(self, call: Ss7Call, output: p.AddressCompleteIndication | p.ProgressIndication) -> None:
        events, inband, cause = self._events, output.inband, output.cause
        if output.alerting:
            call.state = S.ALERTING
            # with both-way circuits the ringing tone comes from the far exchange in any case (Q.764 §2.1.4.1)
            self._post(lambda: events.trunk_alerting(call, True))
        elif cause is not None or isinstance(output, p.ProgressIndication):
            self._post(lambda: events.trunk_progress(call, inband, cause))
        else:
            self._post(lambda: events.trunk_proceeding(call, inband))

    def _disconnecting(self, call: Ss7Call, cause: int) -> None:
        """Whoever listens may release at once; else it is done here."""
        self._events.trunk_disconnecting(call, cause, False)
        if call.state not in (S.RELEASING, S.RELEASED):
            call.release(causes.NORMAL)

    def _released(self, call: Ss7Call, output: p.ReleaseIndication) -> None:
        del self._calls[call.number]
        waiting, call.waiting = call.waiting, None
        if self._again(call, output):
            return
        call.state = S.RELEASED
        if waiting is None:  # else nobody has heard of the call
            by_peer = output.by_peer or call.hung_up
            self._post(lambda: self._events.trunk_released(call, output.cause.value, by_peer))

    def _again(self, call: Ss7Call, output: p.ReleaseIndication) -> bool:
        """The circuit was lost to the other side: the call goes on on another one, if there is one."""
        request, call.tries = call.again, call.tries - 1
        if request is None or not output.again or call.tries <= 0 or call.state is S.RELEASING:
            return False
        dpc = self.cics[call.circuit_number][0]
        others = [trunk for trunk in self._shell.trunks() if trunk is not self and dpc in trunk.destinations()]
        for trunk in (self, *others):
            try:
                trunk.take(call, request)
            except NoCircuitError:
                continue
            return True
        return False

    def take(self, call: Ss7Call, request: p.SetupRequest) -> None:
        """Go on with a call, of this trunk or another one, on an idle circuit. NoCircuitError: there is none."""
        if self._alarms & DOWN:
            raise NoCircuitError(causes.NETWORK_OUT_OF_ORDER, f"{self._name}: {alarm_names(self._alarms)}")
        self._begin(call, request, self._choose())
        call.moved_to(self)

    # -- events --------------------------------------------------------------------------------------------------

    def _post(self, event: Callable[[], None]) -> None:
        self._reports.post(event)

    def _complain(self, severity: str, text: str) -> None:
        if self._reports.new(text):
            self._post(lambda: self._events.trunk_alarm(self, severity, text))

    # -- the line ------------------------------------------------------------------------------------------------

    def _alarm(self, span: int, alarms: int, _before: int) -> None:
        if span != self.span or alarms == self._alarms:
            return
        before, self._alarms = self._alarms, alarms
        severity = "error" if alarms & DOWN else "warning" if alarms else "info"
        text = alarm_names(alarms) or "line is well again"
        self._post(lambda: self._events.trunk_alarm(self, severity, text))
        if alarms & DOWN and not before & DOWN:
            self._hold = self._loop.call_later(self._alarm_hold_s, self._line_failed)
        elif before & DOWN and not alarms & DOWN:
            if self._hold is not None:
                self._hold.cancel()
                self._hold = None
            if self._failed:
                self._failed = False
                self.ask(lambda part, now: part.unblock_request(list(self.cics), now, hardware=True))
            self._reset()
        self._tell_state("")

    def _attached(self) -> None:
        """Another engine: the line may look otherwise to it."""
        self._alarm(self.span, self._media.alarms(self.span), self._alarms)

    def _line_failed(self) -> None:
        """The line stays away: its calls are over, and the far end must not use its circuits."""
        self._hold = None
        self._failed = True
        calls, self._calls = list(self._calls.values()), {}
        for call in calls:
            call.state = S.RELEASED
            self.ask(lambda part, now, n=call.number: part.release_request(n, p.Cause(causes.OUT_OF_ORDER), now))  # type: ignore[misc]
            if call.waiting is None:
                self._post(lambda call=call: self._events.trunk_released(call, causes.OUT_OF_ORDER, False))  # type: ignore[misc]
        self.ask(lambda part, now: part.block_request(list(self.cics), now, hardware=True))

