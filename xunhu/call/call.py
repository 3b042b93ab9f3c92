"""`Call`: everything between the first and the last event of one call.

A call owns its legs, the sounds they are given, its recorder and its flow. At any moment at most two legs talk with each other (`bridged`);
others ring, are on hold or clear. `primary` is the leg the call is for: when it goes the call ends. When
the last other one goes, a flow that waits takes the primary back, and without a flow the call ends.

However a call ends, it goes through `end` once: every leg is released with the cause, sounds stop, the flow hears that its caller is
gone, the recording is closed; and when the last of these is done `call.ended` is written, once, as the last event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xunhu.call import causes
from xunhu.call.background import Background
from xunhu.call.call_facts import CallFacts, CallState, Digits, Hold, Ring
from xunhu.call.call_recording import CallRecording
from xunhu.call.ears import known_of
from xunhu.call.errors import LegGoneError, NotPossibleError
from xunhu.call.flow_session import FlowSession
from xunhu.call.leg import Leg, LegState, Outcome
from xunhu.call.media import Job, MediaFullError
from xunhu.call.media_detect import Answer
from xunhu.call.routing import Target
from xunhu.call.trunk import NoCircuitError, Party, TrunkCall
from xunhu.ivr.session import CallerGoneError

if TYPE_CHECKING:
    from xunhu.call.control import CallControl, Place

FLOW_GRACE_S = 5.0


class Call:
    """See the module's text."""

    def __init__(self, control: CallControl, call_id: str, facts: CallFacts) -> None:
        self.control = control
        self.id = call_id
        self.facts = facts
        self.state = CallState.COLLECTING
        self.legs: dict[str, Leg] = {}
        self.primary: Leg | None = None
        self.bridged: tuple[Leg, Leg] | None = None
        self.answered = False
        self.cause = 0
        self.ended_by = ""
        self.why = ""
        self.began_ns = control.clock.wall_ns()
        self.recorder = CallRecording(self, self._check_ended)
        self.record = control.settings.recording == "all"
        self.background: Background | None = None
        self.session: FlowSession | None = None
        self.talk: asyncio.Future[int] | None = None  # a flow waits here for the end of a talk; its cause
        self.flow_place = ("", "", "")  # flow, version, node
        self._flow_task: asyncio.Task[None] | None = None
        self._flow_grace: asyncio.TimerHandle | None = None
        self._rings: dict[str, Ring] = {}
        self._holds: dict[str, Hold] = {}
        self._digits: Digits | None = None
        self._legs_made = 0

    def begin(self) -> None:
        """Write call.new."""
        facts = self.facts
        extra = {"redirecting": facts.redirecting} if facts.redirecting else {}
        self.log(
            "call.new",
            party=facts.calling,
            direction=facts.direction,
            calling=facts.calling,
            called=facts.called,
            trunk=facts.trunk,
            circuit=facts.circuit,
            **extra,
        )

    def log(self, kind: str, *, party: str = "", **data: Any) -> None:
        self.control.ledger.append(kind, call=self.id, party=party, **data)

    def note(self, text: str) -> None:
        """A remark in the ledger."""
        self.log("call.note", text=text)

    @property
    def ending(self) -> bool:
        return self.state in (CallState.ENDING, CallState.ENDED)

    def open_legs(self) -> list[Leg]:
        return [leg for leg in self.legs.values() if leg.open]

    def held(self, leg: Leg) -> bool:
        return leg.name in self._holds

    # -- legs ----------------------------------------------------------------------------------------------------

    def add_leg(
        self, role: str, trunk_call: TrunkCall, *, calling: str, called: str, extension: str = "", **extra: Any
    ) -> Leg:
        self._legs_made += 1
        leg = Leg(self, str(self._legs_made), role, trunk_call, calling=calling, called=called, extension=extension)
        self._enter(leg, **extra)
        return leg

    def _enter(self, leg: Leg, **extra: Any) -> None:
        self.legs[leg.name] = leg
        self.control.own_leg(leg)
        if leg.extension:
            extra["extension"] = leg.extension
        self.log(
            "leg.new",
            party=leg.party,
            leg=leg.name,
            role=leg.role,
            trunk=leg.trunk_call.trunk.name,
            circuit=leg.trunk_call.circuit,
            calling=leg.calling,
            called=leg.called,
            direction="in" if leg.trunk_call.incoming else "out",
            port=leg.trunk_call.port,
            **extra,
        )

    def restore_leg(
        self, name: str, role: str, trunk_call: TrunkCall, *, calling: str, called: str, extension: str
    ) -> Leg:
        """After a restart of control: a leg that is in the ledger already and talks."""
        leg = Leg(self, name, role, trunk_call, calling=calling, called=called, extension=extension)
        self._legs_made = max(self._legs_made, int(name) if name.isdigit() else 0)
        leg.state = LegState.TALKING
        self.legs[name] = leg
        self.control.own_leg(leg)
        leg.adopt_port()
        return leg

    # -- an incoming call finds its way --------------------------------------------------------------------------

    def offered(self, trunk_call: TrunkCall, called: Party, calling: Party | None, complete: bool) -> None:
        leg = self.add_leg(
            "caller", trunk_call, calling=calling.digits if calling else "", called=called.digits
        )
        self.primary = leg
        leg.take_port()
        if complete:
            self._route(called.digits)
            return
        self._digits = Digits("")
        self._more_digits(called.digits, False, first=True)

    def digits(self, digits: str, complete: bool) -> None:
        """More digits of the called number."""
        if self.state is CallState.COLLECTING and self._digits is not None:
            self._more_digits(digits, complete, first=False)

    def _more_digits(self, digits: str, complete: bool, *, first: bool) -> None:
        collected = self._digits
        assert collected is not None
        assert self.primary is not None
        settings = self.control.settings
        collected.called += digits
        called = collected.called
        found = self.control.router.find(called, self.facts.calling, self.facts.group, self.control.local_time())
        enough = complete or len(called) >= settings.overlap_digits or not found.more
        if enough:
            self._route(called)
            return
        if first:
            self.primary.trunk_call.want_digits(inband_tone=not called)
            if not called:
                collected.tone = self._sound(self.primary, lambda: self.control.tone("dial"))
        elif collected.tone is not None:
            collected.tone.stop()
        if collected.timer is not None:
            collected.timer.cancel()
        wait = settings.overlap_between_s if called else settings.overlap_first_s
        collected.timer = self.control.loop.call_later(wait, self._route, called)

    def _stop_collecting(self) -> None:
        if self._digits is not None:
            if self._digits.timer is not None:
                self._digits.timer.cancel()
            if self._digits.tone is not None:
                self._digits.tone.stop()
            self._digits = None

    def _route(self, called: str) -> None:
        self._stop_collecting()
        assert self.primary is not None
        self.facts.called = called
        self.primary.called = called
        self.control.route(self, called)

    def go(self, target: Target) -> None:
        """Follow a rule. The route is in the ledger before anything happens."""
        why = {"why": target.why} if target.why else {}
        self.log("call.route", rule=target.rule, target=str(target), called=self.facts.called, **why)
        self.record = self.record or (self.control.settings.recording == "route" and target.record)
        if target.kind == "refused":
            self.end(target.cause, "system", target.why)
            return
        assert self.primary is not None
        self.primary.trunk_call.proceed()
        if target.kind == "flow":
            self.start_flow(target.name)
        else:
            self._ring_extension(target.name)

    def _ring_extension(self, number: str) -> None:
        place = self.control.place_or_none(number)
        if place is None:
            self.end(causes.UNALLOCATED, "system", f"there is no extension {number}")
            return
        assert self.primary is not None
        self.state = CallState.RINGING
        try:
            self.ring(place, self.primary, self._extension_outcome)
        except NoCircuitError as error:
            self.end(error.cause, "system", str(error))

    def _extension_outcome(self, leg: Leg, outcome: Outcome) -> None:
        if self.ending or self.primary is None:
            return
        if outcome[0] == "answered":
            self.primary.answer()
            self._join(self.primary, leg)
        else:
            self.end(outcome[1], "called" if leg.by_peer else "system")

    def place_first(
        self, place: Place, trunk_call: TrunkCall, *, calling: str, flow: str, connect_to: str, ring_s: float, classify: str
    ) -> None:
        """A call that we make: its first leg is set up already. When it answers (and, with classify, it is known who), the flow or the other party follows."""
        target = Target("flow", flow) if flow else Target("extension", connect_to)
        self.log("call.route", rule=-1, target=str(target), called=place.digits, why="originated")
        leg = self.add_leg("callee", trunk_call, calling=calling, called=place.digits, extension=place.extension)
        leg.track = 0  # it is whom the call is for
        self.primary = leg
        self.state = CallState.RINGING

        def outcome(rung: Leg, result: Outcome) -> None:
            if self.ending:
                return
            if result[0] != "answered":
                self.end(result[1], "called" if rung.by_peer else "system")
            else:
                leg.ears.classify(classify, go_on)

        def go_on(who: Answer | None) -> None:
            if flow:
                self.start_flow(flow, variables=known_of(who) if classify else None)
            else:
                self._ring_extension(connect_to)

        leg.on_outcome = outcome  # its port is taken with the first answer, for that settles the circuit
        leg.start_ringing_timer(ring_s or self.control.settings.ring_s)

    # -- ringing somebody ----------------------------------------------------------------------------------------

    def ring(
        self,
        place: Place,
        listener: Leg | None,
        on_outcome: Callable[[Leg, Outcome], None],
        *,
        role: str = "callee",
        ring_s: float = 0.0,
        ringback: bool = True,
        calling: str = "",
    ) -> Leg:
        """Ring a place; on_outcome comes exactly once, never from inside this call. listener hears the far end's tones, or our ringing tone when
        it sends none and `ringback` is set. NoCircuitError."""
        number = calling or (listener.party if listener is not None else "")
        trunk_call = self.control.setup(place, self.facts.party(number), self.facts.redirector)
        leg = self.add_leg(role, trunk_call, calling=number, called=place.digits, extension=place.extension)
        if listener is not None:
            leg.track = 1 - listener.track
        self._rings[leg.name] = Ring(listener, ringback)

        def outcome(rung: Leg, result: Outcome) -> None:
            self._ring_over(rung)
            on_outcome(rung, result)

        leg.on_outcome = outcome  # its port is taken with the first answer, for that settles the circuit
        leg.start_ringing_timer(ring_s or self.control.settings.ring_s)
        return leg

    def _ring_over(self, leg: Leg) -> None:
        ring = self._rings.pop(leg.name, None)
        if ring is None:
            return
        if ring.job is not None:
            ring.job.stop()
        if ring.cut_through is not None and ring.listener is not None:
            ring.listener.unhear(ring.cut_through)

    def leg_early(self, leg: Leg, cause: int | None) -> None:
        """The rung party's line has tones or an announcement for whoever listens."""
        ring = self._rings.get(leg.name)
        if ring is None or ring.listener is None or not ring.listener.open:
            return
        self._cut_through(ring, leg)
        if not ring.listener.answered:
            ring.listener.trunk_call.progress(True, cause)

    def _cut_through(self, ring: Ring, leg: Leg) -> None:
        if ring.job is not None:
            ring.job.stop()
            ring.job = None
        if ring.ringback and ring.cut_through is None and leg.port is not None and ring.listener is not None:
            ring.cut_through = leg.port
            ring.listener.hear(leg.port)

    def leg_alerting(self, leg: Leg) -> None:
        ring = self._rings.get(leg.name)
        if ring is None or ring.listener is None or not ring.listener.open:
            return
        listener = ring.listener
        if leg.early_media:
            self._cut_through(ring, leg)
        elif ring.ringback and ring.job is None:
            ring.job = self._sound(listener, lambda: self.control.tone("ringback"))
        if listener.state is LegState.SETUP and listener.trunk_call.incoming:
            listener.state = LegState.RINGING
            self.log("leg.alerting", party=listener.party, leg=listener.name)
            listener.trunk_call.alert(inband=ring.job is not None or ring.cut_through is not None)

    # -- sounds --------------------------------------------------------------------------------------------------

    def feed(self, leg: Leg, job: Job) -> None:
        """Let a leg hear a job, and the recording hear what the caller hears."""
        leg.hear_job(job)
        if leg.track == 0 and job.port >= 0:
            self.recorder.add(job.port, 1)

    def _sound(self, leg: Leg, make: Callable[[], Job]) -> Job | None:
        """A sound that may be missing: without a port for it the call goes on."""
        try:
            job = make()
        except (MediaFullError, ValueError) as error:
            self.note(f"no sound for leg {leg.name}: {error}")
            return None
        self.feed(leg, job)
        return job

    def music(self, leg: Leg, path: str) -> Job | None:
        """Music for a leg, over and over, until the job is stopped. None: there is none, or no port for it."""
        path = path or self.control.settings.music
        if not path:
            return None
        job = self._sound(leg, lambda: self.control.media.play([path], loop=True))
        if job is not None:
            job.done.add_done_callback(
                lambda done: self.note(f"music {path} cannot be played: errno {done.result().error}")
                if done.result().failed and not self.ending
                else None
            )
        return job

    def ringback(self, leg: Leg) -> Job | None:
        return self._sound(leg, lambda: self.control.tone("ringback"))

    # -- talk ----------------------------------------------------------------------------------------------------

    def check_talking(self, leg: Leg) -> None:
        """LegGoneError, NotPossibleError: this leg cannot talk now."""
        if not leg.open or self.legs.get(leg.name) is not leg:
            raise LegGoneError(f"leg {leg.name} of call {self.id} is gone")
        if not leg.answered or leg.port is None:
            raise NotPossibleError(f"leg {leg.name} of call {self.id} has not answered")

    def _join(self, one: Leg, other: Leg) -> None:
        """Bridge where both are still there; a release that came between has its own way."""
        if one.answered and other.answered:
            self.bridge(one, other)

    def bridge(self, one: Leg, other: Leg) -> None:
        """Let two legs talk; whoever talked or was on hold of them before does no more."""
        self.check_talking(one)
        self.check_talking(other)
        if one is other:
            raise NotPossibleError(f"leg {one.name} of call {self.id} cannot talk with itself")
        if self.bridged is not None and set(self.bridged) == {one, other}:
            return
        self.unbridge()
        self._drop_hold(one)
        self._drop_hold(other)
        assert one.port is not None
        assert other.port is not None
        one.hear(other.port)
        other.hear(one.port)
        self.bridged = (one, other)
        self.state = CallState.TALKING
        self.log("call.bridged", legs=[one.name, other.name])

    def unbridge(self) -> tuple[Leg, Leg] | None:
        """End the talk; returns who talked."""
        pair, self.bridged = self.bridged, None
        if pair is None:
            return None
        one, other = pair
        if other.port is not None:
            one.unhear(other.port)
        if one.port is not None:
            other.unhear(one.port)
        self.log("call.unbridged", legs=[one.name, other.name])
        return pair

    def partner(self, leg: Leg) -> Leg | None:
        """With whom a leg talks, or talked before it was put on hold."""
        if self.bridged is not None and leg in self.bridged:
            return self.bridged[1] if self.bridged[0] is leg else self.bridged[0]
        hold = self._holds.get(leg.name)
        if hold is not None:
            return hold.partner
        return next((self.legs[name] for name, row in self._holds.items() if row.partner is leg), None)

    def hold(self, leg: Leg, music: str = "") -> None:
        self.check_talking(leg)
        partner = self.partner(leg)
        if leg.name in self._holds:
            return
        if self.bridged is None or leg not in self.bridged or partner is None:
            raise NotPossibleError(f"leg {leg.name} of call {self.id} talks with nobody")
        self.unbridge()
        self._holds[leg.name] = Hold(partner, self.music(leg, music))
        self.state = CallState.HELD
        self.log("call.held", legs=[leg.name])

    def retrieve(self, leg: Leg) -> None:
        hold = self._holds.get(leg.name)
        if hold is None:
            raise NotPossibleError(f"leg {leg.name} of call {self.id} is not on hold")
        self.check_talking(hold.partner)
        self.bridge(leg, hold.partner)
        self.log("call.retrieved", legs=[leg.name])

    def _drop_hold(self, leg: Leg) -> None:
        if leg.seat is not None:
            leg.seat.room.leave(leg.seat, "moved")
        hold = self._holds.pop(leg.name, None)
        if hold is not None and hold.job is not None:
            hold.job.stop()

    def restore_bridge(self, one: Leg, other: Leg) -> None:
        """After a restart of control: these two talk already; the crosspoints are made again where they are missing."""
        assert one.port is not None
        assert other.port is not None
        one.hear(other.port)
        other.hear(one.port)
        self.bridged = (one, other)
        self.state = CallState.TALKING

    def restore_hold(self, leg: Leg, partner: Leg) -> None:
        self._holds[leg.name] = Hold(partner, self.music(leg, ""))
        self.state = CallState.HELD

    # -- transfer ------------------------------------------------------------------------------------------------

    def consult(self, leg: Leg, place: Place) -> Leg:
        """`leg` asks somebody while its partner is on hold; they are joined when that party answers. Returns the new leg. NoCircuitError."""
        self.check_talking(leg)
        if any(ring.listener is leg for ring in self._rings.values()):
            raise NotPossibleError(f"leg {leg.name} of call {self.id} is calling somebody already")

        def outcome(rung: Leg, result: Outcome) -> None:
            if result[0] == "answered" and not self.ending:
                self._join(leg, rung)

        asked = self.ring(place, leg, outcome, role="consult")
        partner = self.partner(leg)
        if self.bridged is not None and partner is not None:
            self.hold(partner)
        return asked

    def transfer_blind(self, leg: Leg, place: Place) -> Leg:
        """`leg` stays and is taken to another place; its partner is released. Returns the new leg. NoCircuitError: nothing has changed."""
        self.check_talking(leg)
        partner = self.partner(leg)
        if partner is None:
            raise NotPossibleError(f"leg {leg.name} of call {self.id} talks with nobody")

        def outcome(rung: Leg, result: Outcome) -> None:
            if self.ending:
                return
            if result[0] == "answered":
                self._join(leg, rung)
            elif leg.open:
                self._talk_over(result[1], "called" if rung.by_peer else "system")

        rung = self.ring(place, leg, outcome)
        self.unbridge()
        self._drop_hold(leg)
        self.log("call.transferred", how="blind", **{"from": partner.party, "to": str(place)})
        if self.primary is partner:
            self.primary = leg
        self.state = CallState.RINGING
        partner.release(causes.NORMAL)
        return rung

    def transfer_attended(self, one: Leg, other: Leg) -> None:
        """Join two legs for good; everybody else of the call is released."""
        self.check_talking(one)
        self.check_talking(other)
        rest = [leg for leg in self.open_legs() if leg not in (one, other)]
        self.bridge(one, other)
        for leg in (one, other):
            if leg.role == "consult":
                leg.role = "callee"
        if self.primary not in (one, other):
            self.primary = one
        sender = next((leg.party for leg in rest), "")
        self.log("call.transferred", how="attended", **{"from": sender, "to": other.party})
        for leg in rest:
            leg.release(causes.NORMAL)

    def take_over(self, leg: Leg) -> Leg:
        """A leg of another call becomes one of ours; the other call has done with it."""
        other = leg.call
        other.give_away(leg, self.id)
        self._legs_made += 1
        leg.call = self
        leg.name = str(self._legs_made)
        leg.role = "callee"
        leg.track = 1
        self._enter(leg, came_from=other.id)
        self.log(
            "leg.answered", party=leg.party, leg=leg.name, port=leg.port, restore=leg.trunk_call.restore_data
        )
        self.recorder.add_leg(leg)
        return leg

    def give_away(self, leg: Leg, to: str) -> None:
        """The leg goes to another call; what is left of this one ends."""
        if self.bridged is not None and leg in self.bridged:
            self.unbridge()
        self._drop_hold(leg)
        self._forget_hold_partner(leg)
        del self.legs[leg.name]
        self.log("leg.released", party=leg.party, leg=leg.name, cause=causes.NORMAL, by="us", why=f"taken over by {to}")
        self.end(causes.NORMAL, "system", f"taken over by {to}")

    # -- what legs tell ------------------------------------------------------------------------------------------

    def leg_answered(self, leg: Leg) -> None:
        if leg is self.primary:
            self.answered = True
            if not self.recorder.active and not self.ending:
                (self.recorder.begin if self.record else self.recorder.arm)()
                return
        self.recorder.add_leg(leg)

    def leg_without_media(self, leg: Leg) -> None:
        """The engine has no room for this leg."""
        if leg is self.primary:
            self.end(causes.CONGESTION, "system", "the media engine refuses the channel")
        else:
            leg.release(causes.CONGESTION, outcome_cause=causes.CONGESTION)

    def leg_gone(self, leg: Leg) -> None:
        """A party is lost for the call; its circuit may still be on its way out."""
        if self.session is not None and self.session.leg is leg:
            self.session.caller_gone()
        if self.ending:
            return
        self._ring_over(leg)
        if self.bridged is not None and leg in self.bridged:
            self.unbridge()
        self._drop_hold(leg)
        self._forget_hold_partner(leg)
        by = "system"
        if leg.by_peer:
            by = "caller" if leg.role == "caller" else "called"
        if leg is self.primary or self.primary is None:
            self.end(leg.cause, by)
            return
        if leg.role == "consult":
            return
        if not any(other is not self.primary and other.role != "consult" for other in self.open_legs()):
            for other in self.open_legs():
                if other.role == "consult":
                    other.release(causes.NORMAL)
            self._talk_over(leg.cause, by)

    def _forget_hold_partner(self, leg: Leg) -> None:
        """Whoever was on hold for this leg is so no more."""
        for name in [name for name, hold in self._holds.items() if hold.partner is leg]:
            self._drop_hold(self.legs[name])

    def _talk_over(self, cause: int, by: str) -> None:
        if self.ending:
            return
        if self.talk is not None:
            talk, self.talk = self.talk, None
            self.state = CallState.FLOW
            talk.set_result(cause)
        elif self._flow_task is None or self.session is None or self.session.leg is not self.primary:
            self.end(cause, by)

    def leg_released(self, leg: Leg) -> None:
        self.control.disown_leg(leg)
        self._check_ended()

    # -- flow ----------------------------------------------------------------------------------------------------

    def start_flow(
        self, name: str, *, version: str = "", node: str | None = None, variables: Mapping[str, str] | None = None
    ) -> None:
        """Let a flow serve the primary leg."""
        assert self.primary is not None
        flow = self.control.flows.get(name, version)
        if flow is None:
            self.end(causes.TEMPORARY_FAILURE, "system", f"there is no flow {name}")
            return
        self.state = CallState.FLOW
        self.session = FlowSession(self, self.primary)
        resumed: dict[str, Any] = {"resumed": True} if node is not None else {}
        self.flow_place = (name, self.control.flows.version(flow), node or "")
        self.log("flow.start", flow=name, version=self.flow_place[1], **resumed)
        self._flow_task = self.control.loop.create_task(
            self._run_flow(flow, self.session, node, dict(variables or {})), name=f"flow of {self.id}"
        )

    async def _run_flow(self, flow: Any, session: FlowSession, node: str | None, variables: dict[str, str]) -> None:
        result, cause, why = "0010", causes.NORMAL, "end of the flow"
        try:
            result = await self.control.flows.run(flow, session, start_node=node, variables=variables)
        except CallerGoneError:
            result = "0003"
        except asyncio.CancelledError:
            why = "the flow was stopped"
        except Exception as error:  # noqa: BLE001 - a faulty flow must not leave a call behind
            cause, why = causes.TEMPORARY_FAILURE, f"the flow failed: {error!r}"
            self.control.alarm("error", f"call {self.id}: {why}", self.id)
        self._flow_task = None
        if self._flow_grace is not None:
            self._flow_grace.cancel()
        session.close()
        self.log("flow.end", flow=self.flow_place[0], version=self.flow_place[1], result=str(result or ""))
        if not self.ending and self.primary is session.leg:
            self.end(cause, "system", why)
        self._check_ended()

    def _stop_flow(self) -> None:
        if self.session is not None:
            self.session.caller_gone()
        if self._flow_task is not None and self._flow_grace is None:
            self._flow_grace = self.control.loop.call_later(FLOW_GRACE_S, self._flow_task.cancel)

    # -- the end -------------------------------------------------------------------------------------------------

    def end(self, cause: int, by: str, why: str = "") -> None:
        """End the call from any state. by: "caller" | "called" | "system". Only the first one counts."""
        if self.ending:
            return
        self._stop_collecting()
        self.unbridge()
        self.state = CallState.ENDING
        self.cause, self.ended_by, self.why = causes.valid(cause), by, why
        for name in list(self._rings):
            self._ring_over(self.legs[name])
        for name in list(self._holds):
            self._drop_hold(self.legs[name])
        for leg in list(self.legs.values()):
            leg.release(self.cause)
        self._stop_flow()
        self.recorder.stop()
        if self.background is not None:
            self.background.stop()
        # Not from inside the trunk's or the caller's own call: whoever has ended the call may look at it once more.
        self.control.loop.call_soon(self._check_ended)

    def _check_ended(self) -> None:
        if self.state is not CallState.ENDING or self._flow_task is not None or self.recorder.active:
            return
        if any(leg.state is not LegState.RELEASED for leg in self.legs.values()):
            return
        self.state = CallState.ENDED
        why = {"why": self.why} if self.why else {}
        self.log("call.ended", cause=self.cause, by=self.ended_by, answered=self.answered, **why)
        self.control.forget(self)

    # -- recovery ------------------------------------------------------------------------------------------------

    @property
    def on_hold(self) -> bool:
        """Whether anybody is on hold."""
        return bool(self._holds)

    def restore_recorder(self, path: Path, port: int) -> None:
        """The recorder has gone on in the engine, and so have its crosspoints; what was hidden from it still is."""
        self.recorder.adopt(path, port)


__all__ = ["Call", "CallFacts", "CallState"]
