"""Diversion of traffic to a better link: changeback (TCBC, ITU-T Q.704 (07/96) §6, Figure 30), time-controlled diversion (§6.4) and controlled
rerouting (TCRC, §8, Figure 32).

One Move for each pair of links and each time it happens. Changeback keeps the order of messages by a declaration (CBD) sent after them on the
old link: when the far end acknowledges it, nothing is left on the way. Its code tells apart the moves of one adjacent point (§6.3.2). Where
the old link does not lead to that point, T3 passes instead.
"""

from __future__ import annotations

from xunhu._ss7.mtp3_core import Block, Core, counted
from xunhu._ss7.mtp3_messages import Message
from xunhu._ss7.mtp3_routing import Link, Move
from xunhu._ss7.mtp3_tables import DiversionEvent
from xunhu._ss7.mtp3_timers import Timer

_CODES = 256


class DiversionControl(Block):
    key = "diversion"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.moves: dict[int, Move] = {}  # by their timers' index
        self._codes = 0

    def new(self, origin: Link, goal: Link) -> Move:
        """A code comes again after 255 others; one that is in use by then only means that CBA ends both."""
        self._codes = (self._codes + 1) % _CODES
        move = Move(self._codes, origin, goal, self.core.next_index())
        self.core.subjects[move.index] = move
        self.moves[move.index] = move
        return move

    def has_path(self, move: Move) -> bool:
        """Whether the old link leads to the far end of the new one."""
        core, origin = self.core, move.origin
        point = move.goal.linkset.neighbour.point
        if origin.linkset.neighbour.point == point:
            return True
        route = core.destinations[point].route_by(origin.linkset)
        return route is not None and route.usable()

    def sweep(self, now: int) -> None:
        """End those whose flows have all been taken over."""
        for move in list(self.moves.values()):
            if not move.flows:
                self.event(move, DiversionEvent.EMPTY, now)

    def receive(self, link: Link, message: Message, now: int) -> None:
        """CBD is acknowledged always, with its code (§6.5.2); CBA ends the move of that link and code."""
        if message.name == "CBD":
            self.core.tell_about("CBA", link, value=message.value)
            return
        found = False
        for move in list(self.moves.values()):
            if move.goal is link and move.code == message.value:
                found = True
                self.event(move, DiversionEvent.CBA, now)
        if not found:
            self.core.count("CBA not asked for")

    # -- actions -------------------------------------------------------------------------------------------------------

    def _declare(self, move: Move, value: int, now: int) -> None:
        counted(move.goal.counts, "changebacks")
        self._tell(move)
        self.core.start(move, Timer.T4, now)

    def _declare_again(self, move: Move, value: int, now: int) -> None:
        self._tell(move)
        self.core.start(move, Timer.T5, now)

    def _tell(self, move: Move) -> None:
        self.core.tell_about("CBD", move.goal, value=move.code, by=move.origin)

    def _wait_t3(self, move: Move, value: int, now: int) -> None:
        counted(move.goal.counts, "time-controlled diversions")
        self.core.start(move, Timer.T3, now)

    def _wait_t6(self, move: Move, value: int, now: int) -> None:
        counted(move.goal.counts, "controlled reroutings")
        self.core.start(move, Timer.T6, now)

    def _give_up(self, move: Move, value: int, now: int) -> None:
        self.core.inform("changeback-not-acknowledged", move.goal.name, "no answer to two declarations; traffic starts", "warning")
        self._finish(move, value, now)

    def _finish(self, move: Move, value: int, now: int) -> None:
        self._end(move, value, now)
        self.core.traffic.release(move, now)

    def _end(self, move: Move, value: int, now: int) -> None:
        self.moves.pop(move.index, None)
        self.core.forget(move.index)
