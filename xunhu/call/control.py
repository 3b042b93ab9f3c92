"""`CallControl`: all calls, and what may be asked of them.

Trunks report to it (`TrunkEvents`), services and the command line ask it. Every public call is safe at any moment: it either
does what it says or raises a `CallControlError` or `NoCircuitError` with the reason, and changes nothing then.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from xunhu.call import causes, tones
from xunhu.call.background import set_background
from xunhu.call.call import Call
from xunhu.call.call_facts import CallFacts, CallState
from xunhu.call.call_recording import RecordingInfo
from xunhu.call.ears import CLASSIFY
from xunhu.call.errors import NoSuchCallError, NotPossibleError
from xunhu.call.hunting import Hunter
from xunhu.call.leg import Leg
from xunhu.call.log import EventLog
from xunhu.call.media import Job, MediaFullError, MediaPlane, alarm_names
from xunhu.call.room_entry import RoomFlows
from xunhu.call.rooms import Rooms
from xunhu.call.routing import Router
from xunhu.call.settings import CallSettings
from xunhu.call.trunk import CallRequest, NoCircuitError, Party, Trunk, TrunkCall
from xunhu.ivr.session import ServiceError, Session
from xunhu.vclock import Clock

TROUBLE_QUIET_S = 60.0


class Flows(Protocol):
    """The flows of the site and their interpreter."""

    def get(self, name: str, version: str = "") -> Any | None:
        """The flow in force; with a version that one, as long as it is kept. None: there is none."""

    def version(self, flow: Any) -> str: ...
    async def run(
        self, flow: Any, session: Session, *, start_node: str | None, variables: Mapping[str, str]
    ) -> str:
        """Walk a flow to its end; its result."""


class Queued(Protocol):
    """Who waits until one of some places is idle."""

    places: Any
    wake: asyncio.Future[None] | None


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody who can be rung: digits over a trunk group; extension when it is one."""

    group: str
    digits: str
    extension: str = ""
    lines: int = 1

    def __str__(self) -> str:
        return f"extension:{self.extension}" if self.extension else f"{self.group}/{self.digits}"


@dataclass(frozen=True, slots=True)
class LegInfo:
    leg: str
    role: str
    state: str
    party: str
    trunk: str
    circuit: str
    port: int | None
    held: bool


@dataclass(frozen=True, slots=True)
class CallInfo:
    """A call as it is now. bridged: names of the two legs that talk."""

    call: str
    state: str
    direction: str
    calling: str
    called: str
    began_ns: int
    answered: bool
    legs: tuple[LegInfo, ...]
    bridged: tuple[str, str] | None
    flow: str
    node: str
    recording: str
    room: str = ""  # the conference its primary leg is in


def _no_prompts(_name: str, _language: str) -> str:
    return ""


async def _no_speech(_text: str, _language: str) -> str:
    raise ServiceError("no text to speech is configured")


class _Silence:
    """The ledger of a control that has left its calls to another."""

    def append(self, kind: str, call: str = "", party: str = "", **data: Any) -> int:
        return 0


class CallControl:
    """See the module's text. first_number: begin of the count in the calls' numbers; give the ledger's last number + 1, so that no
    call gets a number again after a restart. prompts(name, language): the path of a prompt of ours, "" when there is none."""

    def __init__(
        self,
        settings: CallSettings,
        media: MediaPlane,
        ledger: EventLog,
        clock: Clock,
        flows: Flows,
        *,
        speak: Callable[[str, str], Awaitable[str]] = _no_speech,
        prompts: Callable[[str, str], str] = _no_prompts,
        first_number: int = 1,
    ) -> None:
        self.settings = settings
        self.media = media
        self.loop = media.loop
        self.ledger = ledger
        self.clock = clock
        self.flows: Flows = RoomFlows(flows)
        self.speak = speak
        self._prompts = prompts
        self.router = Router(settings)
        self.trunks: dict[str, Trunk] = {}
        self.on_alarm: list[Callable[[str, str], None]] = []  # severity, text
        self.accepting = True
        self._hunters: dict[str, Hunter] = {}
        self._calls: dict[str, Call] = {}
        self._legs: dict[int, Leg] = {}  # id(trunk call) -> leg; the leg keeps the trunk call alive
        self._next = self.first_number = first_number
        self.rooms = Rooms(self)
        self._queue: dict[int, Queued] = {}
        self._idle: asyncio.Future[None] | None = None
        self._troubles: dict[str, float] = {}
        media.on_trouble.append(self._trouble)
        media.on_overload.append(self._overload)
        media.on_alarm.append(self._span_alarm)

    def add_trunks(self, trunks: Iterable[Trunk]) -> None:
        """Make trunks known, and the groups over them anew."""
        for trunk in trunks:
            self.trunks[trunk.name] = trunk
        for group in self.settings.groups.values():
            there = [self.trunks[name] for name in group.trunks if name in self.trunks]
            self._hunters[group.name] = Hunter(group, there)

    # -- what calls need -----------------------------------------------------------------------------------------

    def local_time(self) -> datetime:
        """Local time, to the microsecond."""
        moment = datetime.fromtimestamp(self.clock.wall_ns() // 1000 / 1_000_000, UTC)
        return moment.astimezone(self.settings.timezone)

    def new_id(self) -> str:
        """Local time and a number: 20261123T140327-000123. Sorts in the order of the calls."""
        number, self._next = self._next, self._next + 1
        return f"{self.local_time():%Y%m%dT%H%M%S}-{number:06d}"

    def recording_path(self, call_id: str) -> Path:
        day = self.local_time()
        return self.settings.recordings / f"{day:%Y}" / f"{day:%m}" / f"{day:%d}" / f"{call_id}{self.settings.recorded_as.suffix}"

    def alarm(self, severity: str, text: str, call: str = "") -> None:
        """Something an operator should see. severity: "info" | "warning" | "error"."""
        self.ledger.append("alarm", call="", party="", severity=severity, text=text, **({"of": call} if call else {}))
        for listener in self.on_alarm:
            listener(severity, text)

    def tone(self, name: str) -> Job:
        return self.media.tone(tones.steps(self.settings.tones, name))

    def prompt_files(self, stems: Iterable[str], language: str) -> list[str]:
        """Of our own prompts; one that there is not is left out."""
        return [path for path in (self._prompts(stem, language) for stem in stems) if path]

    def place(self, target: str) -> Place:
        """An extension's number, or "group/digits". NoSuchCallError."""
        found = self.place_or_none(target)
        if found is None:
            raise NoSuchCallError(f"there is no extension and no trunk group for {target!r}")
        return found

    def place_or_none(self, target: str) -> Place | None:
        extension = self.router.extension(target)
        if extension is not None:
            return Place(extension.trunk_group, extension.dial or target, target, extension.lines)
        group, slash, digits = target.partition("/")
        if slash and digits and group in self.settings.groups:
            return Place(group, digits)
        return None

    def busy(self, place: Place) -> bool:
        """Whether an extension has as many of our calls as it has lines."""
        if not place.extension:
            return False
        using = sum(1 for leg in self._legs.values() if leg.extension == place.extension)
        return using >= place.lines

    def setup(self, place: Place, calling: Party | None, redirecting: Party | None = None) -> TrunkCall:
        """Make a call on a circuit. NoCircuitError."""
        if self.media.overloaded or self.media.engine is None:
            raise NoCircuitError(causes.CONGESTION, "the media engine is overloaded or gone")
        hunter = self._hunters.get(place.group)
        if hunter is None:
            raise NoCircuitError(causes.NETWORK_OUT_OF_ORDER, f"trunk group {place.group} has no trunk")
        request = CallRequest(place.digits, calling, redirecting)
        return hunter.setup(request)

    def route(self, call: Call, called: str) -> None:
        """Find the rule for a whole number and follow it."""
        call.go(self.router.route(called, call.facts.calling, call.facts.group, self.local_time()))

    def own_leg(self, leg: Leg) -> None:
        self._legs[id(leg.trunk_call)] = leg

    def leg_of(self, call: TrunkCall) -> Leg | None:
        """The leg that a call of a trunk is."""
        return self._legs.get(id(call))

    def disown_leg(self, leg: Leg) -> None:
        self._legs.pop(id(leg.trunk_call), None)
        if leg.extension:
            self._wake_first(leg.extension)

    def forget(self, call: Call) -> None:
        """The call has ended."""
        self._calls.pop(call.id, None)
        if self._idle is not None and not self._calls and not self._idle.done():
            self._idle.set_result(None)

    # -- callers who wait ----------------------------------------------------------------------------------------

    def join_queue(self, waiter: Queued) -> bool:
        """False: the queue is full. Who is in it keeps the place."""
        if id(waiter) not in self._queue:
            if len(self._queue) >= self.settings.max_waiting:
                return False
            self._queue[id(waiter)] = waiter
        return True

    def leave_queue(self, waiter: Queued) -> None:
        self._queue.pop(id(waiter), None)

    def _wake_first(self, extension: str) -> None:
        for waiter in self._queue.values():
            if any(place.extension == extension for place in waiter.places):
                if waiter.wake is not None and not waiter.wake.done():
                    waiter.wake.set_result(None)
                return

    # -- trunks report (TrunkEvents) -----------------------------------------------------------------------------

    def trunk_offered(
        self, call: TrunkCall, called: Party, calling: Party | None, redirecting: Party | None, complete: bool
    ) -> None:
        facts = CallFacts(
            "in",
            calling.digits if calling else "",
            called.digits,
            call.trunk.name,
            call.circuit,
            redirecting.digits if redirecting else "",
            self.settings.group_of(call.trunk.name),
            calling,
            redirecting,
        )
        new = Call(self, self.new_id(), facts)
        if call.port is not None and facts.group in self._hunters:
            self._hunters[facts.group].used(call.port)
        refused = self._refusal()
        self._calls[new.id] = new
        new.begin()
        if refused is not None:
            cause, why = refused
            new.primary = new.add_leg("caller", call, calling=facts.calling, called=facts.called)
            new.log("call.route", rule=-1, target="refused", called=facts.called, why=why)
            new.end(cause, "system", why)
            return
        new.offered(call, called, calling, complete)

    def _refusal(self) -> tuple[int, str] | None:
        if not self.accepting:
            return causes.TEMPORARY_FAILURE, "shutting down"
        if self.media.engine is None:
            return causes.TEMPORARY_FAILURE, "no media engine"
        if self.media.overloaded:
            return causes.CONGESTION, "the media engine is overloaded"
        if len(self._calls) >= self.settings.max_calls:
            return causes.CONGESTION, f"{self.settings.max_calls} calls are up"
        return None

    def trunk_digits(self, call: TrunkCall, digits: str, complete: bool) -> None:
        leg = self.leg_of(call)
        if leg is not None and leg is leg.call.primary:
            leg.call.digits(digits, complete)

    def trunk_wants_digits(self, call: TrunkCall) -> None:
        """We send whole numbers: there are no more, which the other side is told."""
        leg = self.leg_of(call)
        if leg is not None and leg.open:
            leg.take_port()
            call.send_digits("", complete=True)

    def trunk_proceeding(self, call: TrunkCall, inband: bool) -> None:
        leg = self.leg_of(call)
        if leg is not None:
            leg.proceeding(inband)

    def trunk_progress(self, call: TrunkCall, inband: bool, cause: int | None) -> None:
        leg = self.leg_of(call)
        if leg is not None:
            leg.progress(inband, cause)

    def trunk_alerting(self, call: TrunkCall, inband: bool) -> None:
        leg = self.leg_of(call)
        if leg is not None:
            leg.alerting(inband)

    def trunk_answered(self, call: TrunkCall) -> None:
        leg = self.leg_of(call)
        if leg is not None:
            leg.peer_answered()

    def trunk_disconnecting(self, call: TrunkCall, cause: int, inband: bool) -> None:
        leg = self.leg_of(call)
        if leg is not None:
            leg.disconnecting(cause)

    def trunk_released(self, call: TrunkCall, cause: int, by_peer: bool) -> None:
        leg = self.leg_of(call)
        if leg is not None:
            leg.released(cause, by_peer)

    def trunk_state(self, trunk: Trunk, up: bool, why: str) -> None:
        self.ledger.append("trunk.state", trunk=trunk.name, up=up, why=why)

    def trunk_alarm(self, trunk: Trunk, severity: str, text: str) -> None:
        self.alarm(severity, f"{trunk.name}: {text}")

    def _span_alarm(self, span: int, alarms: int, before: int) -> None:
        self.ledger.append("span.alarm", trunk=f"Trunk{span}", alarms=alarm_names(alarms), before=alarm_names(before))

    # -- the media engine ----------------------------------------------------------------------------------------

    def _trouble(self, text: str) -> None:
        """Trouble of the media plane, each kind once a minute, whatever its numbers: an engine in need would flood the ledger."""
        kind = re.sub(r"\d+", "#", text)
        now = self.loop.time()
        if now - self._troubles.get(kind, -TROUBLE_QUIET_S) >= TROUBLE_QUIET_S:
            if len(self._troubles) >= 200:
                self._troubles.clear()
            self._troubles[kind] = now
            self.alarm("warning", text)

    def _overload(self, begins: bool, load: int) -> None:
        self.ledger.append("media.overload", how="begins" if begins else "ends", load=load)

    def media_lost(self, why: str) -> None:
        """The media engine is gone: no call can live without it. All are cleared with cause 41."""
        self.ledger.append("media.lost", how=why)
        self.media.detach()
        self.rooms.media_lost()
        for call in list(self._calls.values()):
            call.end(causes.TEMPORARY_FAILURE, "system", f"media engine lost: {why}")

    # -- to be asked by services and people ----------------------------------------------------------------------

    def call(self, call_id: str) -> Call:
        """NoSuchCallError."""
        found = self._calls.get(call_id)
        if found is None:
            raise NoSuchCallError(f"there is no call {call_id}")
        return found

    def leg(self, call_id: str, leg: str) -> Leg:
        """NoSuchCallError."""
        found = self.call(call_id).legs.get(leg)
        if found is None:
            raise NoSuchCallError(f"call {call_id} has no leg {leg}")
        return found

    def adopt_call(self, call: Call) -> None:
        """After a restart of control: a call that was open before."""
        self._calls[call.id] = call

    @property
    def call_count(self) -> int:
        """Calls that are up."""
        return len(self._calls)

    @property
    def calls_begun(self) -> int:
        """Calls since this control began."""
        return self._next - self.first_number

    def originate(
        self, target: str, *, calling: str = "", flow: str = "", connect_to: str = "", ring_s: float = 0.0, classify: str = ""
    ) -> Call:
        """Call a target ("8001" or "group/digits"); when it answers, a flow serves it, or another target is rung and joined with it.

        classify: of ears.CLASSIFY: go on when it is known who has answered, "answer" at once, "beep" when a machine records.
        NoSuchCallError, NoCircuitError, NotPossibleError (neither or both of flow and connect_to; too many calls)."""
        if classify not in CLASSIFY:
            raise NotPossibleError(f"classify {classify!r}: one of {', '.join(CLASSIFY[1:])}")
        if bool(flow) == bool(connect_to):
            raise NotPossibleError("originate: give a flow or a target to connect to")
        refused = self._refusal()
        if refused is not None:
            raise NoCircuitError(*refused)
        place = self.place(target)
        if connect_to:
            self.place(connect_to)
        trunk_call = self.setup(place, Party(calling) if calling else None)
        facts = CallFacts("out", calling, place.digits, trunk_call.trunk.name, trunk_call.circuit, group=place.group)
        call = Call(self, self.new_id(), facts)
        self._calls[call.id] = call
        call.begin()
        call.place_first(
            place, trunk_call, calling=calling, flow=flow, connect_to=connect_to, ring_s=ring_s, classify=classify
        )
        return call

    def bridge(self, one: Leg, other: Leg) -> None:
        """Let two legs of a call talk. LegGoneError, NotPossibleError."""
        if one.call is not other.call:
            raise NotPossibleError("the legs belong to two calls: transfer_attended joins them")
        one.call.bridge(one, other)

    def unbridge(self, leg: Leg) -> None:
        """End the talk of a leg; both legs stay. NotPossibleError."""
        if leg.call.bridged is None or leg not in leg.call.bridged:
            raise NotPossibleError(f"leg {leg.name} of call {leg.call.id} talks with nobody")
        leg.call.unbridge()
        leg.call.state = CallState.HELD

    def hold(self, leg: Leg, music: str = "") -> None:
        """Take a leg out of its talk and let it hear music ("": the site's). LegGoneError, NotPossibleError."""
        leg.call.hold(leg, music)

    def retrieve(self, leg: Leg) -> None:
        """Join a leg on hold with its partner again. LegGoneError, NotPossibleError."""
        leg.call.retrieve(leg)

    def consult(self, leg: Leg, target: str) -> Leg:
        """`leg` calls somebody while its partner is on hold. NoCircuitError and all of CallControlError."""
        return leg.call.consult(leg, self.place(target))

    def transfer_blind(self, leg: Leg, target: str) -> Leg:
        """Take `leg` to another place; its partner is released. Returns the leg that rings. NoCircuitError and all of CallControlError."""
        return leg.call.transfer_blind(leg, self.place(target))

    def transfer_attended(self, leg_a: Leg, leg_b: Leg) -> None:
        """Join two legs for good, of one call or of two; everybody else of these calls is released."""
        leg_a.call.check_talking(leg_a)
        leg_b.call.check_talking(leg_b)
        if leg_a.call is not leg_b.call:
            leg_a.call.take_over(leg_b)
        leg_a.call.transfer_attended(leg_a, leg_b)

    def hangup(self, call_id: str, cause: int = causes.NORMAL) -> None:
        """End a call. NoSuchCallError; ValueError for a cause outside 1..127."""
        if not 1 <= cause <= 127:
            raise ValueError(f"cause {cause}: Q.850 has 1 to 127")
        self.call(call_id).end(cause, "system", "hung up")

    def record(self, call_id: str, what: str, on: bool = True) -> RecordingInfo:
        """Of the recording of a call: what `CallRecorder.act` says. NoSuchCallError, NotPossibleError."""
        return self.call(call_id).recorder.act(what, on)

    def recordings(self) -> list[RecordingInfo]:
        """Of all calls, oldest first."""
        return [call.recorder.info for call in self._calls.values()]

    def background(
        self, call_id: str, files: Sequence[str], *, gain_db: float | None = None, duck_db: float | None = None
    ) -> None:
        """A sound under a call (background.py), over and over; no files: none any more. NoSuchCallError, NotPossibleError."""
        try:
            set_background(self.call(call_id), files, gain_db, duck_db)
        except (MediaFullError, ValueError) as error:
            raise NotPossibleError(str(error)) from error

    def calls(self) -> list[CallInfo]:
        """All calls as they are now, oldest first."""
        return [_info(call) for call in self._calls.values()]

    def leave(self) -> None:
        """Another control takes over: the calls stay as they are in the engine, on the line and in the ledger, and nothing more is
        written of them here."""
        self.accepting = False
        self.ledger = _Silence()
        self.media.let_go()

    async def shutdown(self, *, drain_s: float = 0.0, cause: int = causes.NORMAL, clear_s: float = 10.0) -> bool:
        """Take no more calls, give those that are up drain_s to end, then clear them. Whether all are gone after clear_s more."""
        self.accepting = False
        gone = await self._all_gone(drain_s)
        if not gone:
            for call in list(self._calls.values()):
                call.end(cause, "system", "shutting down")
            gone = await self._all_gone(clear_s)
        return await self.rooms.all_closed(clear_s) and gone

    async def _all_gone(self, seconds: float) -> bool:
        if self._calls and seconds > 0:
            self._idle = self.loop.create_future()
            await asyncio.wait((self._idle,), timeout=seconds)
        return not self._calls


def _info(call: Call) -> CallInfo:
    legs = tuple(
        LegInfo(
            leg.name,
            leg.role,
            leg.state.value,
            leg.party,
            leg.trunk_call.trunk.name,
            leg.trunk_call.circuit,
            leg.port,
            call.held(leg),
        )
        for leg in call.legs.values()
    )
    flow, _, node = call.flow_place
    return CallInfo(
        call.id,
        call.state.value,
        call.facts.direction,
        call.facts.calling,
        call.facts.called,
        call.began_ns,
        call.answered,
        legs,
        (call.bridged[0].name, call.bridged[1].name) if call.bridged else None,
        flow,
        node,
        call.recorder.path if call.recorder.active else "",
        call.primary.seat.room.number if call.primary is not None and call.primary.seat is not None else "",
    )


__all__ = ["CallControl", "CallInfo", "Flows", "LegInfo", "Place"]
