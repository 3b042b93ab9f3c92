# cython: annotation_typing=False
"""Reset of single circuits with RSC (ITU-T Q.724 (11/88), reset of circuits), and messages that make no sense (unreasonable messages).

RSC is answered by what brings the circuit to idle: RLG where it is idle or seized by the side that resets, CLF where it is seized by the
other, BLO where it is idle and blocked by the other. The side that resets answers CLF with RLG and BLO with BLA as always. Own
decision: a circuit whose clearing has found no end (T5, T7) is reset with RSC every T20 until the peer answers, so that none stays stuck.
"""

from __future__ import annotations

from xunhu._ss7.tup_call_tables import Event
from xunhu._ss7.tup_circuit import MAINTENANCE, Circuit, Int
from xunhu._ss7.tup_circuit_tables import BlockingEvent, ContinuityEvent, Reset, ResetEvent
from xunhu._ss7.tup_groups import TupGroups
from xunhu._ss7.tup_tables import RLG, RSC
from xunhu._ss7.tup_timers import T18, T19, T20

_QUIET, _WAIT, _ALERTED, _GROUP = (int(state) for state in Reset)
_RESET_REQUEST = int(ResetEvent.RESET_REQUEST)
_RESET, _IDLED = int(Event.RESET), int(Event.IDLED)
_CANCEL_CHECK = int(ContinuityEvent.CANCEL)
_BLOCK_AGAIN, _BLO = int(BlockingEvent.AGAIN), int(BlockingEvent.BLO)
_TIMERS = sum(1 << timer for timer in (T18, T19, T20))


class TupReset(TupGroups):
    """See `tup.Tup`."""

    # -- ours ------------------------------------------------------------------------------------------------------

    def _reset_circuit(self, c: Circuit, now: Int) -> None:
        """Whatever there is ends, and RSC is sent."""
        self._run_continuity(c, _CANCEL_CHECK, now)
        self._run_call(c, _IDLED, now)
        self._run_reset(c, _RESET_REQUEST, now)

    def _send_reset(self, c: Circuit, now: int) -> None:
        self._stop_mask(c, _TIMERS)
        c.reset = _WAIT
        self._signal(c, RSC)
        self._start(c, T18, now)
        self._start(c, T19, now)

    def _reset_by_group(self, c: Circuit, now: int) -> None:
        """GRS waits for its answer."""
        self._stop_mask(c, _TIMERS)
        c.reset = _GROUP

    def _reset_later(self, c: Circuit, now: int) -> None:
        self._stop_mask(c, _TIMERS)
        c.reset = _ALERTED
        self._start(c, T20, now)
        self._indicate(c, "no answer, to be reset")

    def _repeat_reset(self, c: Circuit, now: int) -> None:
        self._signal(c, RSC)
        self._start(c, T18, now)

    def _reset_unanswered(self, c: Circuit, now: int) -> None:
        self._stop(c, T18)
        c.reset = _ALERTED
        self._start(c, T20, now)
        self._alarm(c, "reset", "no answer to RSC for a minute")
        self._signal(c, RSC)

    def _repeat_reset_slowly(self, c: Circuit, now: int) -> None:
        self._signal(c, RSC)
        self._start(c, T20, now)

    def _end_reset(self, c: Circuit, now: int) -> None:
        self._stop_mask(c, _TIMERS)
        c.reset = _QUIET
        self._alarm_over(c, "release", "reset")

    def _reset_confirmed(self, c: Circuit, now: int) -> None:
        """The peer has forgotten what it knew of this circuit, our blocking too."""
        self._end_reset(c, now)
        if c.remote & MAINTENANCE:
            c.remote &= ~MAINTENANCE
        self._indicate(c, "reset")
        if self._blocks(c):
            self._run_blocking(c, _BLOCK_AGAIN, now)

    def _reset_confirmed_by_clear(self, c: Circuit, now: int) -> None:
        self._signal(c, RLG)
        self._reset_confirmed(c, now)

    def _reset_confirmed_by_blocking(self, c: Circuit, now: int) -> None:
        self._reset_confirmed(c, now)
        self._run_blocking(c, _BLO, now)

    # -- the peer's ------------------------------------------------------------------------------------------------

    def _take_reset(self, c: Circuit, now: int) -> None:
        self._end_reset(c, now)
        self._run_continuity(c, _CANCEL_CHECK, now)
        c.remote = 0
        self._run_call(c, _RESET, now)
        self._indicate(c, "reset by the other side")
        if self._blocks(c):
            self._run_blocking(c, _BLOCK_AGAIN, now)
        if c.wanted & ~MAINTENANCE:
            self._block_again([c], now)

    def _guard_reset(self, c: Circuit, now: int) -> None:
        """On an idle circuit; BLO, which follows where it is blocked, is the answer by itself."""
        if not self._blocks(c):
            self._signal(c, RLG)

    def _blocks(self, c: Circuit) -> bool:
        """The peer should know of a blocking for maintenance."""
        return bool(c.wanted & MAINTENANCE)

    def _reset_unreasonable(self, c: Circuit, now: int) -> None:
        self._count("unreasonable")
        self._run_reset(c, _RESET_REQUEST, now)
