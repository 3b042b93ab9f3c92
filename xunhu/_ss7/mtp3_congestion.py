"""Signalling traffic flow control (TSFC, RTCC, RCAT, ITU-T Q.704 (07/96) §3.8, §11.2, §13.6 to §13.9).

Level 2 tells the congestion level of a link's buffers. A message for a congested link is sent all the same, unless its priority is too low for the
level (networks with priorities, §3.8.2.4; the level below the one told is the discard status, for level 2 tells one level alone). For the
first and every eighth one the origin hears of it: our own users by MTP-STATUS, another point by TFC.

A destination of which TFC tells a level: our users hear of it. With the route set congestion test (national option) the level is kept, and lowered by
RCT each T16 that brings no TFC. Every user indication is given anew by each TFC; a user's own timers (such as Q.764's T29 and T30) abate.
T31, a national option, takes down a link that stays congested: its far end acknowledges, but passes nothing on.
"""

from __future__ import annotations

from xunhu._ss7.mtp3_core import Block, counted
from xunhu._ss7.mtp3_messages import SNM, Label, Message, encode_message
from xunhu._ss7.mtp3_routing import Destination, Link
from xunhu._ss7.mtp3_tables import Activity, ActivityEvent, Congestion, CongestionEvent
from xunhu._ss7.mtp3_timers import Timer
from xunhu._ss7.mtp_primitives import StatusCause, StatusIndication

EVERY = 8  # messages between two indications, §11.2.3.1
ALL_USERS = -1


class CongestionControl(Block):
    key, field = "congestion", "congestion"

    # -- a link -------------------------------------------------------------------------------------------------------

    def link_level(self, link: Link, level: int, now: int) -> None:
        """TRANSMIT_CONGESTION of level 2."""
        core = self.core
        level = max(0, min(level, 3))
        if level == link.congestion:
            return
        rises = level > link.congestion
        if link.congestion == 0:
            link.congested_messages = 0
            counted(link.counts, "congestions")
        link.congestion = level
        link.durations.turn("congested", level > 0, now)
        if level:
            core.alarm("link-congested", link.name, f"congested, level {level}")
        else:
            core.clear("link-congested", link.name, "not congested")
        if core.options.guard:
            if level == 0:
                core.stop(link, Timer.T31)
            elif rises or not core.timers.runs(link.index, Timer.T31):
                core.start(link, Timer.T31, now)

    def guard_timeout(self, link: Link, now: int) -> None:
        if link.congestion and link.activity == Activity.ACTIVE:
            self.core.inform("link-false-congestion", link.name, "congested for too long; restarted", "warning")
            self.core.links_block.event(link, ActivityEvent.RESTART, now)

    def admits(self, link: Link, destination: Destination, opc: int, priority: int, now: int) -> bool:
        """A message for a congested link: tell its origin if it is its turn; whether it may be sent."""
        core = self.core
        level = link.congestion if core.options.levels > 1 else 1
        if not (core.options.priorities and priority >= level):
            link.congested_messages += 1
            if link.congested_messages % EVERY == 1:
                self._tell_origin(destination, opc, level)
        if core.options.priorities and priority < level - 1:
            counted(link.counts, "discarded: congestion")
            return False
        return True

    def _tell_origin(self, destination: Destination, opc: int, level: int) -> None:
        core = self.core
        if opc == core.own or opc in core.aliases:
            core.out.append(StatusIndication(destination.point, StatusCause.CONGESTED, ALL_USERS, level))
        else:
            core.tell("TFC", opc, value=level if core.options.levels > 1 else 0, destination=destination.point)

    # -- a destination ----------------------------------------------------------------------------------------------------

    def receive(self, message: Message, now: int) -> None:
        """TFC (§13.6.4, §13.7)."""
        destination = self.core.destinations.get(message.destination)
        if destination is None:
            self.core.count("TFC about no route")
            return
        counted(destination.counts, "TFC received")
        self.event(destination, CongestionEvent.TFC, now, message.value)

    def _note(self, destination: Destination, value: int, now: int) -> None:
        core = self.core
        core.stop(destination, Timer.T15, Timer.T16)
        if core.options.test:
            destination.level = value
            self.enter(destination, Congestion.TOLD if value else Congestion.NONE)
            if value:
                core.start(destination, Timer.T15, now)
        else:
            value = max(1, value) if core.options.levels > 1 else 1
        core.out.append(StatusIndication(destination.point, StatusCause.CONGESTED, ALL_USERS, value))

    def _test(self, destination: Destination, value: int, now: int) -> None:
        """RCT with the priority below the level: who passes it on has TFC to say if the level is still that high (§13.9.3)."""
        core = self.core
        label = Label(SNM, core.ni, max(0, destination.level - 1), destination.point, core.own, 0)
        link = core.way_to(destination.point)
        if link is not None:
            core.count("RCT sent")
            core.send(link, encode_message(Message("RCT", label), core.bits))
        core.start(destination, Timer.T16, now)

    def _lower(self, destination: Destination, value: int, now: int) -> None:
        core = self.core
        destination.level = max(0, destination.level - 1)
        core.out.append(StatusIndication(destination.point, StatusCause.CONGESTED, ALL_USERS, destination.level))
        if destination.level:
            self.enter(destination, Congestion.TESTING)
            self._test(destination, value, now)
        else:
            self.enter(destination, Congestion.NONE)

    def _forget(self, destination: Destination, value: int, now: int) -> None:
        destination.level = 0
        self.core.stop(destination, Timer.T15, Timer.T16)
