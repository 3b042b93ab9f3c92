"""`Ss7Shell`: the asyncio shell around a node of No.7 (xunhu/_ss7/node.py): it reads, feeds, drains and arms one timer.

    engine's links  -> units -> node -> user parts' outputs -> trunks, continuity audio
    node's wanting  -> units -> engine's links, only as many as a few ticks of the line carry

Level 2 keeps what it has to send until the line can take it, so that a retransmission, a change of state or an acknowledgement is not behind
a second of messages. While a link has more than the line takes now, it is looked at again each few milliseconds.

A line that is away for longer than the error rate monitor would bear takes its links out of service; so does the loss of the engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from xunhu._media import engine as en
from xunhu._ss7 import circuit_primitives as p
from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp3 import Mtp3
from xunhu._ss7.mtp_primitives import ManagementIndication, PauseIndication, ResumeIndication
from xunhu._ss7.node import MANAGEMENT, Node
from xunhu.call.link_handle import LinkHandle
from xunhu.call.media import MediaPlane
from xunhu.call.ss7_continuity import ContinuityAudio
from xunhu.call.ss7_trunk import DOWN, Ss7Trunk
from xunhu.protocol.errors import LocalError
from xunhu.vclock import NS, Clock

_AHEAD = {"4k8": 30, "64k": 200, "2M": 6200}  # octets given to the framer ahead of the line: 25 ms
_AGAIN_S = 0.005
_LINE_HOLD_S = 0.15  # what SUERM bears of a dead line: 64 times 16 octets

Tracer = Callable[[int, str, bytes], None]  # link, "rx" | "tx", unit


class PartShell:
    """One user part with the trunks whose circuits it controls; what `Ss7Trunk` knows as Ss7Part."""

    def __init__(self, shell: Ss7Shell, number: int, part: p.CircuitUserPart, network: int) -> None:
        self._shell = shell
        self._part = part
        self._number = number
        self.network = network
        self._trunks: dict[int, Ss7Trunk] = {}  # by circuit
        self._calls: dict[int, Ss7Trunk] = {}
        self._audio = ContinuityAudio(shell.media, self._continuity)
        self.on_output: Callable[[Any], None] = lambda output: None  # charging, user information and others that no trunk knows

    @property
    def part(self) -> p.CircuitUserPart:
        return self._part

    def ask(self, request: Callable[[p.CircuitUserPart, int], Any]) -> Any:
        try:
            return request(self._part, self._shell.now())
        finally:
            self._shell.node.touch_user(self._number)
            self._shell.turn()

    def serve(self, trunk: Ss7Trunk) -> None:
        """The trunk hears of its circuits from now on."""
        self._trunks.update(dict.fromkeys(trunk.cics, trunk))

    def begun(self, call: int, trunk: Ss7Trunk) -> None:
        """A call that the trunk has made: it hears of it."""
        self._calls[call] = trunk

    def accessible(self, dpc: int) -> bool:
        return self._shell.node.network(self.network).accessible(dpc)

    def trunks(self) -> list[Ss7Trunk]:
        return list(dict.fromkeys(self._trunks.values()))

    def _continuity(self, circuit: int, good: bool) -> None:
        try:
            self.ask(lambda part, now: part.continuity_detected(circuit, good, now))
        except LocalError:
            return  # the check is over already

    def heard(self, output: Any) -> None:
        if isinstance(output, p.ContinuityRequest):
            self._audio.do(output)
        elif isinstance(output, p.SetupIndication):
            trunk = self._trunks.get(output.circuit)
            if trunk is not None:
                self._calls[output.call] = trunk
                trunk.heard(output)
        elif isinstance(output, p.CircuitIndication):
            trunk = self._trunks.get(output.circuit)
            if trunk is not None:
                trunk.heard(output)
        elif isinstance(output, p.ReleaseIndication):
            trunk = self._calls.pop(output.call, None)
            if trunk is not None:
                trunk.heard(output)
        elif isinstance(output, ManagementIndication):
            self._shell.management(output)
        elif isinstance(output, p.ChargeIndication | p.UserInformationIndication):
            self.on_output(output)
        else:
            trunk = self._calls.get(output.call)
            if trunk is not None:
                trunk.heard(output)


class _Line:
    """A link's timeslot in the engine."""

    def __init__(self, handle: LinkHandle, ahead: int) -> None:
        self.handle = handle
        self.ahead = ahead
        self.monitored = False
        self.up = True
        self.hold: asyncio.TimerHandle | None = None


class Ss7Shell:
    """See the module's text. All of it belongs to the loop's thread."""

    def __init__(self, media: MediaPlane, clock: Clock) -> None:
        self.media = media
        self.node = Node()
        self.on_management: list[Callable[[ManagementIndication], None]] = []
        self.on_unit: Tracer | None = None
        self.units_refused = 0  # by the engine's transmit queue
        self._clock = clock
        self._loop = media.loop
        self._lines: dict[int, _Line] = {}
        self._parts: dict[int, PartShell] = {}
        self._turning = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: int | None = None
        self._again: asyncio.TimerHandle | None = None
        media.on_alarm.append(self._alarm)
        media.on_attach.append(self._attached)

    def close(self) -> None:
        """Let go of the lines: nothing more is sent or reported."""
        for timer in (self._timer, self._again, *(line.hold for line in self._lines.values())):
            if timer is not None:
                timer.cancel()
        self._timer = self._again = None
        self._turning = True  # no turn any more
        self.media.on_alarm.remove(self._alarm)
        self.media.on_attach.remove(self._attached)
        for line in self._lines.values():
            self.media.close_link(line.handle)
        self._lines.clear()

    def now(self) -> int:
        return self._clock.now_ns()

    # -- what it is made of --------------------------------------------------------------------------------------

    def add_network(self, number: int, mtp3: Mtp3) -> None:
        self.node.add_network(number, mtp3)

    def add_link(self, number: int, mtp2: Mtp2, network: int, span: int, timeslot: int, rate: str) -> None:
        """timeslot: 0 for a link over all of the span. The network is told of the link behind this, and powers it on."""
        self.node.add_link(number, mtp2, network)

        def units(found: list[bytes]) -> None:
            self._received(number, found)

        kind = en.LINK_MTP2_HIGH_SPEED if rate == "2M" else en.LINK_MTP2
        handle = self.media.open_link(span, timeslot or 1, on_frames=units, kind=kind)
        line = _Line(handle, _AHEAD[rate])
        self._lines[number] = line
        if self.media.alarms(span) & DOWN or self.media.engine is None:
            self._line(number, False)

    def remove_link(self, number: int) -> None:
        self.node.remove_link(number)
        line = self._lines.pop(number)
        if line.hold is not None:
            line.hold.cancel()
        self.media.close_link(line.handle)

    def add_part(
        self, number: int, part: p.CircuitUserPart, network: int, service: int, points: list[int] | None
    ) -> PartShell:
        self.node.add_user(number, part, network, service, points)
        shell = PartShell(self, number, part, network)
        self._parts[number] = shell
        return shell

    def manage(self, network: int, request: Callable[[Mtp3, int], Any]) -> Any:
        """A request of management to a network. LocalError passes through."""
        try:
            return request(self.node.network(network), self.now())
        finally:
            self.node.touch_network(network)
            self.turn()

    # -- carrying ------------------------------------------------------------------------------------------------

    def _received(self, number: int, units: list[bytes]) -> None:
        if self.on_unit is not None:
            for unit in units:
                if len(unit) > 2:  # no record of an errored one
                    self.on_unit(number, "rx", unit)
        self.node.received(number, units, self.now())
        self.turn()

    def turn(self) -> None:
        """Carry until all is silent, feed the lines, set the timer."""
        if self._turning:
            return
        self._turning = True
        try:
            now = self.now()
            while True:
                self.node.turn(now)
                outputs = self.node.drain()
                for source, output in outputs:
                    self._heard(source, output)
                if not outputs and not self._feed():
                    break
        finally:
            self._turning = False
        self._watch()
        self._arm()

    def _heard(self, source: int, output: Any) -> None:
        if source >= 0:
            self._parts[source].heard(output)
        elif source == MANAGEMENT:
            self.management(output)
        elif isinstance(output, PauseIndication | ResumeIndication):
            network = MANAGEMENT - 1 - source
            for part in self._parts.values():
                if part.network == network:
                    for trunk in part.trunks():
                        if output.dpc in trunk.destinations():
                            trunk.destination(output.dpc)

    def management(self, output: ManagementIndication) -> None:
        for listener in self.on_management:
            listener(output)

    def _feed(self) -> bool:
        """Units to the lines that want some; whether any was given."""
        given, waiting = False, False
        for number in self.node.wanting():
            line = self._lines.get(number)
            if line is None:
                continue
            room = line.ahead - line.handle.waiting()
            units = self.node.signal_units(number, room, self.now()) if room > 0 else []
            for unit in units:
                if self.on_unit is not None:
                    self.on_unit(number, "tx", unit)
                if not line.handle.send(unit):
                    self.units_refused += 1
            given = given or bool(units)
            waiting = True
        if waiting and not given and self._again is None:
            self._again = self._loop.call_later(_AGAIN_S, self._feed_again)
        return given

    def _feed_again(self) -> None:
        self._again = None
        self.turn()

    def _watch(self) -> None:
        """Errored units are reported of the links that want to hear of them."""
        for number, line in self._lines.items():
            wanted = self.node.link(number).monitoring
            if wanted != line.monitored:
                line.monitored = wanted
                line.handle.monitor(wanted)

    # -- time ----------------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        due = self.node.next_deadline
        if due is not None and self._timer_at is not None and self._timer_at <= due:
            return  # it comes early, finds nothing to do, and is set right then
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = due
        self._timer = None if due is None else self._loop.call_at(due / NS, self._timeout, due)

    def _timeout(self, due: int) -> None:
        self._timer = self._timer_at = None
        self.node.handle_timeout(max(due, self.now()))
        self.turn()

    # -- lines ---------------------------------------------------------------------------------------------------

    def _alarm(self, span: int, alarms: int, _before: int) -> None:
        for number, line in self._lines.items():
            if line.handle.span != span:
                continue
            if alarms & DOWN and line.hold is None and line.up:
                line.hold = self._loop.call_later(_LINE_HOLD_S, self._line, number, False)
            elif not alarms & DOWN:
                if line.hold is not None:
                    line.hold.cancel()
                    line.hold = None
                if not line.up:
                    self._line(number, True)

    def _line(self, number: int, up: bool) -> None:
        line = self._lines[number]
        line.hold = None
        line.up = up
        self.node.line(number, up, self.now())
        self.turn()

    def media_lost(self) -> None:
        """The engine is gone, and with it every line."""
        for number, line in self._lines.items():
            if line.up:
                self._line(number, False)

    def _attached(self) -> None:
        """Another engine: its framer knows nothing of what was sent, so each link starts anew."""
        for number, line in self._lines.items():
            line.monitored = False
            if line.up:
                self._line(number, False)
            if not self.media.alarms(line.handle.span) & DOWN:
                self._line(number, True)
