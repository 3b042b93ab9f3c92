"""Link state control of MTP level 2 (ITU-T Q.703 (07/96) Figure 8): the state of the link, and orders to all other
blocks.

What level 3 must hear is in `said`, for the owner to pass on after each event. `NO_PROCESSOR_OUTAGE` of processor
outage control and the end of an alignment come back as events.

Choices: MSUs that wait are sent when the link is aligned ready (Q.781 case 1.9), without T7; Figure 8 sends FISUs
until it is in service. Level 3 hears of a processor outage and of its end once, not at each SIPO or FISU. "Processor
outage" of Figure 8 is the state of Figure 10, not a mark.
"""

from __future__ import annotations

from collections.abc import Callable

from xunhu._ss7.mtp2_cc import CongestionControl
from xunhu._ss7.mtp2_eim import ErroredIntervalMonitor
from xunhu._ss7.mtp2_iac import InitialAlignmentControl
from xunhu._ss7.mtp2_poc import ProcessorOutageControl
from xunhu._ss7.mtp2_rc import ReceptionControl
from xunhu._ss7.mtp2_suerm import SignalUnitErrorRateMonitor
from xunhu._ss7.mtp2_tables import (
    LSC,
    AlignmentEvent,
    BusyEvent,
    Congestion,
    LinkEvent,
    LinkState,
    OutageEvent,
    OutageState,
    RateEvent,
)
from xunhu._ss7.mtp2_txc import NEVER, TransmissionControl
from xunhu._ss7.mtp2_units import SIOS, SIPO
from xunhu._ss7.mtp_primitives import LinkFailure, LinkIndication, LinkIndicationKind

_K = LinkIndicationKind


class LinkStateControl:
    """error_rate: SUERM, or EIM on a link of Annex A."""

    def __init__(
        self,
        txc: TransmissionControl,
        rc: ReceptionControl,
        iac: InitialAlignmentControl,
        poc: ProcessorOutageControl,
        cc: CongestionControl,
        error_rate: SignalUnitErrorRateMonitor | ErroredIntervalMonitor,
        t1_ns: int,
    ) -> None:
        self._txc = txc
        self._rc = rc
        self._iac = iac
        self._poc = poc
        self._cc = cc
        self._error_rate = error_rate
        self._t1_ns = t1_ns
        self.state = LinkState.POWER_OFF
        self.emergency = False
        self.local_outage = False  # to be told when the link is aligned
        self._level3_said = False  # flush or continue has come (level 3 indication received)
        self.line_up = True
        self.t1_at = NEVER
        self.failure = LinkFailure.MANAGEMENT  # why it is out of service
        self.said: list[LinkIndication] = []
        self.ignored = 0

    def run(self, event: LinkEvent, value: int, now: int) -> None:
        """value: LinkFailure with what fails the link, FSNC with RETRIEVE, BSN seen last with FLUSH_BUFFERS."""
        _ACTIONS[self.state, event](self, value, now)

    # -- parts of actions --------------------------------------------------------------------------------------------

    def _tell(self, kind: LinkIndicationKind, value: int = 0, octets: bytes = b"") -> None:
        self.said.append(LinkIndication(kind, octets, value))

    def _out_of_service(self, why: LinkFailure, now: int) -> None:
        self._iac.run(AlignmentEvent.STOP, now)
        self.t1_at = NEVER
        self._error_rate.run(RateEvent.STOP, 0, now)
        self._rc.stop()
        self._cc.run(BusyEvent.NORMAL, now)
        self._poc.run(OutageEvent.STOP)
        self._txc.send_lssu(SIOS)
        self.emergency = False
        self.local_outage = False
        self._level3_said = False
        self.failure = why
        self.state = LinkState.OUT_OF_SERVICE

    def _send_sipo(self, now: int) -> None:
        self.local_outage = True
        self._cc.run(BusyEvent.NORMAL, now)
        self._poc.run(OutageEvent.LOCAL_OUTAGE)
        self._txc.send_lssu(SIPO)
        self._rc.reject()

    def _back_in_service(self, now: int) -> None:
        """Out of processor outage, Figure 8 (sheets 13, 14)."""
        self._level3_said = False
        self.local_outage = False
        self._txc.send_msu(True, now)
        self._rc.accept()
        self.state = LinkState.IN_SERVICE

    # -- actions: names as in the table ------------------------------------------------------------------------------

    def _ignore(self, value: int, now: int) -> None:
        self.ignored += 1

    def _nothing(self, value: int, now: int) -> None:
        pass

    def _power_on(self, value: int, now: int) -> None:
        self._txc.start()
        self._txc.send_lssu(SIOS)
        self.local_outage = False
        self.emergency = False
        self.state = LinkState.OUT_OF_SERVICE

    def _start(self, value: int, now: int) -> None:
        if not self.line_up:
            self.failure = LinkFailure.LINE
            self._tell(_K.OUT_OF_SERVICE, LinkFailure.LINE)
            return
        self._rc.start()
        self._txc.start()
        if self.emergency:
            self._iac.run(AlignmentEvent.EMERGENCY, now)
        self._iac.run(AlignmentEvent.START, now)
        self.state = LinkState.INITIAL_ALIGNMENT

    def _stop(self, value: int, now: int) -> None:
        self._out_of_service(LinkFailure.MANAGEMENT, now)

    def _fail(self, value: int, now: int) -> None:
        why = LinkFailure(value)
        self._out_of_service(why, now)
        self._tell(_K.OUT_OF_SERVICE, why)

    def _mark_emergency(self, value: int, now: int) -> None:
        self.emergency = True

    def _emergency_while_aligning(self, value: int, now: int) -> None:
        self.emergency = True
        self._iac.run(AlignmentEvent.EMERGENCY, now)

    def _cancel_emergency(self, value: int, now: int) -> None:
        self.emergency = False

    def _mark_local_outage(self, value: int, now: int) -> None:
        self.local_outage = True

    def _cancel_local_outage(self, value: int, now: int) -> None:
        self.local_outage = False

    def _aligned(self, value: int, now: int) -> None:
        self._error_rate.run(RateEvent.START, 0, now)
        self.t1_at = now + self._t1_ns
        if self.local_outage:
            self._send_sipo(now)
            self.state = LinkState.ALIGNED_NOT_READY
        else:
            self._become_ready(now)

    def _become_ready(self, now: int) -> None:
        self._txc.send_msu(False, now)
        self._rc.accept()
        self.state = LinkState.ALIGNED_READY

    def _in_service(self, value: int, now: int) -> None:
        self.t1_at = NEVER
        self._rc.in_service()
        self._txc.send_msu(True, now)
        self.state = LinkState.IN_SERVICE
        self._tell(_K.IN_SERVICE)

    def _in_service_with_outage(self, value: int, now: int) -> None:
        self.t1_at = NEVER
        self._rc.in_service()
        self.state = LinkState.PROCESSOR_OUTAGE
        self._tell(_K.IN_SERVICE)

    def _local_outage(self, value: int, now: int) -> None:
        self._send_sipo(now)
        ready = self.state == LinkState.ALIGNED_READY
        self.state = LinkState.ALIGNED_NOT_READY if ready else LinkState.PROCESSOR_OUTAGE

    def _local_outage_again(self, value: int, now: int) -> None:
        self._send_sipo(now)

    def _ready_again(self, value: int, now: int) -> None:
        self.local_outage = False
        self._poc.run(OutageEvent.LOCAL_RECOVERED)
        self._become_ready(now)

    def _local_recovered(self, value: int, now: int) -> None:
        if not self._poc.local:
            return
        self.local_outage = False
        over = self._poc.run(OutageEvent.LOCAL_RECOVERED)
        self._rc.retrieve_fsnx()
        self._txc.send_fisu()
        if over:
            self.run(LinkEvent.NO_PROCESSOR_OUTAGE, 0, now)

    def _remote_outage(self, value: int, now: int) -> None:
        if self.state != LinkState.IN_SERVICE:
            self.t1_at = NEVER
            self._rc.in_service()
        self._poc.run(OutageEvent.REMOTE_OUTAGE)
        if not self._poc.local:
            self._txc.send_fisu()
        self.state = LinkState.PROCESSOR_OUTAGE
        self._tell(_K.REMOTE_PROCESSOR_OUTAGE)

    def _remote_outage_again(self, value: int, now: int) -> None:
        if not self._poc.remote:
            self._poc.run(OutageEvent.REMOTE_OUTAGE)
            self._tell(_K.REMOTE_PROCESSOR_OUTAGE)

    def _remote_recovered(self, value: int, now: int) -> None:
        if self._poc.remote:
            over = self._poc.run(OutageEvent.REMOTE_RECOVERED)
            self._tell(_K.REMOTE_PROCESSOR_RECOVERED)
            if over:
                self.run(LinkEvent.NO_PROCESSOR_OUTAGE, 0, now)

    def _no_outage(self, value: int, now: int) -> None:
        if self._level3_said:
            self._back_in_service(now)

    def _resume(self, value: int, now: int) -> None:
        self._level3_said = True
        if self._poc.state == OutageState.IDLE:
            self._back_in_service(now)

    def _flush_and_resume(self, value: int, now: int) -> None:
        self._flush_buffers(value, now)
        self._resume(value, now)

    def _flush_buffers(self, value: int, now: int) -> None:
        self._txc.flush(value)
        self._tell(_K.BUFFERS_CLEARED)

    def _remote_busy(self, value: int, now: int) -> None:
        self._txc.sib_has_come(now)

    def _congestion_accept(self, value: int, now: int) -> None:
        self._congested(Congestion.ACCEPT, now)

    def _congestion_discard(self, value: int, now: int) -> None:
        self._congested(Congestion.DISCARD, now)

    def _congested(self, how: Congestion, now: int) -> None:
        if not self._poc.local:  # SIPO says more than SIB
            self._rc.congested(how)
            self._cc.run(BusyEvent.BUSY, now)

    def _congestion_ceases(self, value: int, now: int) -> None:
        self._cc.run(BusyEvent.NORMAL, now)
        self._rc.congestion_ceases()

    def _retrieve_bsnt(self, value: int, now: int) -> None:
        self._tell(_K.BSNT, self._rc.retrieve_bsnt())

    def _refuse_bsnt(self, value: int, now: int) -> None:
        self._tell(_K.BSNT, -1)

    def _retrieve(self, value: int, now: int) -> None:
        for octets in self._txc.retrieve(value):
            self._tell(_K.RETRIEVED, 0, octets)
        self._tell(_K.RETRIEVAL_COMPLETE)

    def _refuse_retrieval(self, value: int, now: int) -> None:
        self._tell(_K.RETRIEVAL_COMPLETE)


_ACTIONS: dict[tuple[int, int], Callable[[LinkStateControl, int, int], None]] = {
    (row.state, row.event): getattr(LinkStateControl, "_" + row.action) for row in LSC
}
