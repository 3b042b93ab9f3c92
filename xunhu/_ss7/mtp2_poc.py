"""Processor outage control of MTP level 2 (ITU-T Q.703 (07/96) §8, Figure 10): whose processor is out."""

from __future__ import annotations

from xunhu._ss7.mtp2_tables import POC, OutageEvent, OutageState

_CELLS = {(row.state, row.event): row for row in POC}


class ProcessorOutageControl:
    def __init__(self) -> None:
        self.state = OutageState.IDLE

    @property
    def local(self) -> bool:
        return self.state in (OutageState.LOCAL, OutageState.BOTH)

    @property
    def remote(self) -> bool:
        return self.state in (OutageState.REMOTE, OutageState.BOTH)

    def run(self, event: OutageEvent) -> bool:
        """True: no processor is out any more, which link state control must hear."""
        row = _CELLS[self.state, event]
        self.state = OutageState(row.ends_in[0])
        return row.action == "no_outage"
