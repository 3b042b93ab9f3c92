# cython: annotation_typing=False
"""Blocking and unblocking of single circuits (ITU-T Q.724 (11/88), blocking; BLO, BLA, UBL, UBA). What is blocked here is for maintenance;
hardware and software have group messages alone (tup_groups). See `tup.Tup`.
"""

from __future__ import annotations

from xunhu._ss7.tup_call_tables import Event
from xunhu._ss7.tup_circuit import MAINTENANCE, Circuit, Int, TupCircuits
from xunhu._ss7.tup_circuit_tables import Blocking, BlockingEvent
from xunhu._ss7.tup_tables import BLA, BLO, UBA, UBL
from xunhu._ss7.tup_timers import T11, T12, T13, T14, T15, T16

_QUIET, _WAIT_BLA, _WAIT_UBA = (int(state) for state in Blocking)
_BLOCKED = int(Event.BLOCKED)
_TIMERS = sum(1 << timer for timer in (T11, T12, T13, T14, T15, T16))
_EVENT_OF = {
    BLO: int(BlockingEvent.BLO),
    BLA: int(BlockingEvent.BLA),
    UBL: int(BlockingEvent.UBL),
    UBA: int(BlockingEvent.UBA),
}


class TupBlocking(TupCircuits):
    """See `tup.Tup`."""

    def _blocking_message(self, c: Circuit, now: Int) -> None:
        self._run_blocking(c, _EVENT_OF[self._heading], now)

    # -- the peer blocks -------------------------------------------------------------------------------------------

    def _set_remote(self, c: Circuit, condition: Int, on: bool, now: Int) -> None:
        """A fact about the other side; a call of ours of which nothing has been heard goes elsewhere."""
        before = c.remote
        c.remote = before | condition if on else before & ~condition
        if c.remote != before:
            self._indicate(c, "blocked by the other side" if on else "unblocked by the other side")
        if on:
            self._run_call(c, _BLOCKED, now)

    def _take_blocking(self, c: Circuit, now: int) -> None:
        self._signal(c, BLA)
        self._set_remote(c, MAINTENANCE, True, now)

    def _take_unblocking(self, c: Circuit, now: int) -> None:
        self._signal(c, UBA)
        self._set_remote(c, MAINTENANCE, False, now)

    # -- we block --------------------------------------------------------------------------------------------------

    def _send_blocking(self, c: Circuit, now: int) -> None:
        self._stop_mask(c, _TIMERS)
        c.blocking = _WAIT_BLA
        c.wanted |= MAINTENANCE
        if not c.local & MAINTENANCE:
            c.local |= MAINTENANCE
            self._indicate(c, "blocked by us")
        self._signal(c, BLO)
        self._start(c, T11, now)
        self._start(c, T12, now)

    def _repeat_blocking(self, c: Circuit, now: int) -> None:
        self._signal(c, BLO)
        self._start(c, T11, now)

    def _blocking_unanswered(self, c: Circuit, now: int) -> None:
        self._stop(c, T11)
        self._start(c, T13, now)
        self._alarm(c, "blocking", "no BLA to BLO for a minute")
        self._signal(c, BLO)

    def _repeat_blocking_slowly(self, c: Circuit, now: int) -> None:
        self._signal(c, BLO)
        self._start(c, T13, now)

    def _blocking_confirmed(self, c: Circuit, now: int) -> None:
        self._stop_mask(c, _TIMERS)
        c.blocking = _QUIET
        self._alarm_over(c, "blocking", "unblocking")
        self._indicate(c, "blocking acknowledged")

    def _send_unblocking(self, c: Circuit, now: int) -> None:
        self._stop_mask(c, _TIMERS)
        c.blocking = _WAIT_UBA
        c.wanted &= ~MAINTENANCE
        self._signal(c, UBL)
        self._start(c, T14, now)
        self._start(c, T15, now)

    def _repeat_unblocking(self, c: Circuit, now: int) -> None:
        self._signal(c, UBL)
        self._start(c, T14, now)

    def _unblocking_unanswered(self, c: Circuit, now: int) -> None:
        self._stop(c, T14)
        self._start(c, T16, now)
        self._alarm(c, "unblocking", "no UBA to UBL for a minute")
        self._signal(c, UBL)

    def _repeat_unblocking_slowly(self, c: Circuit, now: int) -> None:
        self._signal(c, UBL)
        self._start(c, T16, now)

    def _unblocking_confirmed(self, c: Circuit, now: int) -> None:
        self._stop_mask(c, _TIMERS)
        c.blocking = _QUIET
        c.local &= ~MAINTENANCE
        self._alarm_over(c, "blocking", "unblocking")
        self._indicate(c, "unblocking acknowledged")

    def _stray_blocking_acknowledgement(self, c: Circuit, now: int) -> None:
        if c.wanted & MAINTENANCE:
            self._discard(c, now)
        else:
            self._send_unblocking(c, now)

    def _stray_unblocking_acknowledgement(self, c: Circuit, now: int) -> None:
        if c.wanted & MAINTENANCE:
            self._send_blocking(c, now)
        else:
            self._discard(c, now)

    def _stop_blocking(self, c: Circuit) -> None:
        """A group message does what the single one was to do."""
        self._stop_mask(c, _TIMERS)
        c.blocking = _QUIET
        self._alarm_over(c, "blocking", "unblocking")
