"""Congestion control of MTP level 2 (ITU-T Q.703 (07/96) §9.2, Figure 19): a SIB each T5 while level 3 is congested."""

from __future__ import annotations

from collections.abc import Callable

from xunhu._ss7.mtp2_tables import CC, BusyEvent, BusyState
from xunhu._ss7.mtp2_txc import NEVER, TransmissionControl


class CongestionControl:
    def __init__(self, txc: TransmissionControl, t5_ns: int) -> None:
        self._txc = txc
        self._t5_ns = t5_ns
        self.state = BusyState.IDLE
        self.t5_at = NEVER

    def run(self, event: BusyEvent, now: int) -> None:
        _ACTIONS[self.state, event](self, now)

    def _nothing(self, now: int) -> None:
        pass

    def _send_sib(self, now: int) -> None:
        self._txc.send_sib()
        self.t5_at = now + self._t5_ns
        self.state = BusyState.BUSY

    def _stop(self, now: int) -> None:
        self.t5_at = NEVER
        self.state = BusyState.IDLE


_ACTIONS: dict[tuple[int, int], Callable[[CongestionControl, int], None]] = {
    (row.state, row.event): getattr(CongestionControl, "_" + row.action) for row in CC
}
