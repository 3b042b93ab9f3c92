# cython: annotation_typing=False
"""MTP level 2, ITU-T Q.703 (07/96) with Annex A: one signalling link terminal.

Left out: Annex B (links over ATM), allocation of terminals by automatic means (§7.1: a terminal is of one link),
hypothetical links of 4.8 kbit/s with modems (their timers and thresholds are there).

How it works: the blocks of Figure 7 are objects of their own, each with its table in mtp2_tables; here they are
connected. Signal units without flags and check bits go in by `receive`, requests of level 3 by `request`, time by
`handle_timeout`; units for the line are pulled by `next_signal_unit`; what level 3 must hear is drained. Delimitation,
octet counting, the filter for repeated FISUs and LSSUs and their repetition are the framer's (include/xunhu/su.h).
Nothing that a peer sends raises; what has no meaning is counted.

The path of an MSU (message, next_signal_unit, receive, drain) touches transmission and reception control only; all
other blocks are asked when a state may change. Their deadlines are looked at then and kept as one number.

Choices: the FISU or LSSU that came last counts as received again when the link is started and when it has been
aligned, for the line may be repeating it and the framer passes up a repeated one no more. FISUs and MSUs mean nothing
until the link is aligned, so numbers of a far end that is still in service do not fail it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cython

from xunhu._ss7.mtp2_aerm import AlignmentErrorRateMonitor, ProvingResult
from xunhu._ss7.mtp2_cc import CongestionControl
from xunhu._ss7.mtp2_eim import ErroredIntervalMonitor
from xunhu._ss7.mtp2_iac import AlignmentResult, InitialAlignmentControl
from xunhu._ss7.mtp2_lsc import LinkStateControl
from xunhu._ss7.mtp2_measurements import Measurements
from xunhu._ss7.mtp2_poc import ProcessorOutageControl
from xunhu._ss7.mtp2_rc import ACKNOWLEDGE, FAIL_BSN, FAIL_FIB, INVALID, LSSU, MSU, TAKE, ReceptionControl
from xunhu._ss7.mtp2_suerm import SignalUnitErrorRateMonitor
from xunhu._ss7.mtp2_tables import (
    AlignmentEvent,
    BusyEvent,
    BusyState,
    LinkEvent,
    LinkState,
    ProvingEvent,
    ProvingState,
    RateEvent,
    RateState,
    describe,
)
from xunhu._ss7.mtp2_timers import T1, T5, T6, T7, T8, parameters_of, timers_ns
from xunhu._ss7.mtp2_txc import NEVER, TransmissionControl
from xunhu._ss7.mtp2_units import (
    BASIC_HEADER,
    EXTENDED_HEADER,
    LONGEST_MESSAGE,
    SHORTEST_MESSAGE,
    SIB,
    SIE,
    SIN,
    SIO,
    SIOS,
    SIPO,
    STATUS_BITS,
)
from xunhu._ss7.mtp_primitives import (
    LinkFailure,
    LinkIndication,
    LinkIndicationKind,
    LinkRequestKind,
    ManagementIndication,
)
from xunhu.protocol.errors import LocalError

if not cython.compiled:  # else its C form
    from xunhu._ss7.mtp2_units import message_indication

__all__ = ["Mtp2"]

Trace = Callable[[str, str, int, int, int, int], None]
"""block of Q.703, name of the link, state, event, next state, now"""

_NEVER = NEVER  # C integers in mtp2.pxd
_INVALID, _LSSU, _MSU = INVALID, LSSU, MSU
_TAKE, _ACKNOWLEDGE, _FAIL_BSN, _FAIL_FIB = TAKE, ACKNOWLEDGE, FAIL_BSN, FAIL_FIB
_SHORTEST, _LONGEST = SHORTEST_MESSAGE, LONGEST_MESSAGE
_MESSAGE = int(LinkRequestKind.MESSAGE)
_ERRORED = 2  # octets of the record of an errored unit
_OFF, _ALIGNED_READY, _IN_SERVICE = LinkState.POWER_OFF, LinkState.ALIGNED_READY, LinkState.IN_SERVICE

_REQUESTS: dict[int, LinkEvent] = {
    LinkRequestKind.START: LinkEvent.START,
    LinkRequestKind.STOP: LinkEvent.STOP,
    LinkRequestKind.EMERGENCY: LinkEvent.EMERGENCY,
    LinkRequestKind.EMERGENCY_CEASES: LinkEvent.EMERGENCY_CEASES,
    LinkRequestKind.LOCAL_PROCESSOR_OUTAGE: LinkEvent.LOCAL_PROCESSOR_OUTAGE,
    LinkRequestKind.LOCAL_PROCESSOR_RECOVERED: LinkEvent.LOCAL_PROCESSOR_RECOVERED,
    LinkRequestKind.RETRIEVE_BSNT: LinkEvent.RETRIEVE_BSNT,
    LinkRequestKind.RETRIEVE: LinkEvent.RETRIEVE,
    LinkRequestKind.FLUSH_BUFFERS: LinkEvent.FLUSH_BUFFERS,
    LinkRequestKind.CONTINUE: LinkEvent.CONTINUE,
    LinkRequestKind.POWER_ON: LinkEvent.POWER_ON,
    LinkRequestKind.CONGESTION_ACCEPT: LinkEvent.CONGESTION_ACCEPT,
    LinkRequestKind.CONGESTION_DISCARD: LinkEvent.CONGESTION_DISCARD,
    LinkRequestKind.CONGESTION_CEASES: LinkEvent.CONGESTION_CEASES,
}
_STATUS_EVENTS = {
    SIO: LinkEvent.SIO,
    SIN: LinkEvent.SIN,
    SIE: LinkEvent.SIE,
    SIOS: LinkEvent.SIOS,
    SIPO: LinkEvent.SIPO,
    SIB: LinkEvent.SIB,
}
_ALIGNMENT_EVENTS = {
    SIO: AlignmentEvent.SIO,
    SIN: AlignmentEvent.SIN,
    SIE: AlignmentEvent.SIE,
    SIOS: AlignmentEvent.SIOS,
}
_FAILURE_OF_STATUS = {
    SIO: LinkFailure.SIO_RECEIVED,
    SIN: LinkFailure.SIN_RECEIVED,
    SIE: LinkFailure.SIE_RECEIVED,
    SIOS: LinkFailure.SIOS_RECEIVED,
}
# where a state may be entered while what means something to it has come before
_LISTENING: dict[LinkState, tuple[LinkState, ...]] = dict.fromkeys(LinkState, ())
_LISTENING[LinkState.OUT_OF_SERVICE] = (LinkState.INITIAL_ALIGNMENT,)
_LISTENING[LinkState.INITIAL_ALIGNMENT] = (LinkState.ALIGNED_READY, LinkState.ALIGNED_NOT_READY)


class Mtp2:
    """One signalling link terminal.

    rate: "64k", "2M" (Annex A: sequence numbers of 12 bits, EIM) or "4k8"; correction: "basic" or "PCR"; timers_ms,
    parameters: values in the place of the defaults of mtp2_timers. `trace` is called after every event of a block and
    must not call back. LocalError: a value that is not permitted."""

    def __init__(
        self,
        name: str,
        *,
        rate: str = "64k",
        correction: str = "basic",
        timers_ms: Mapping[str, int] | None = None,
        parameters: Mapping[str, int] | None = None,
        trace: Trace | None = None,
    ) -> None:
        ns = timers_ns(rate, correction, timers_ms or {})
        values = parameters_of(rate, parameters or {})
        self.name = name
        self.rate = rate
        self.correction = correction
        self._trace = trace
        thresholds = ("onset1", "abate1", "onset2", "abate2", "onset3", "abate3", "limit")
        self._txc = TransmissionControl(
            rate == "2M",
            correction == "PCR",
            values["N1"],
            values["N2"],
            ns[T6],
            ns[T7],
            tuple(values[name] for name in thresholds),
        )
        self._rc = ReceptionControl(self._txc)
        self._header = EXTENDED_HEADER if rate == "2M" else BASIC_HEADER
        self._aerm = AlignmentErrorRateMonitor(values["Tin"], values["Tie"])
        self._iac = InitialAlignmentControl(self._txc, self._aerm, ns, values["M"])
        self._poc = ProcessorOutageControl()
        self._cc = CongestionControl(self._txc, ns[T5])
        self._error_rate: SignalUnitErrorRateMonitor | ErroredIntervalMonitor
        if rate == "2M":
            self._error_rate = ErroredIntervalMonitor(values["Te"], values["Ue"], values["De"], ns[T8])
        else:
            self._error_rate = SignalUnitErrorRateMonitor(values["T"], values["D"])
        self._lsc = LinkStateControl(self._txc, self._rc, self._iac, self._poc, self._cc, self._error_rate, ns[T1])
        self._measurements = Measurements()
        self._out: list[LinkIndication | ManagementIndication] = []
        self._state = int(_OFF)  # of link state control
        self._aligned = False  # FISUs and MSUs have a meaning
        self._in_service = False  # they mean nothing to link state control
        self._aborted = False  # AERM waits for a unit without error
        self._monitoring = False
        self._slow_at = _NEVER  # T1 to T5, T8
        self._last: bytes | None = None  # the unit that came last
        self._now = 0  # of the last call
        self._errored = 0
        self._invalid = 0
        self._losing = False  # messages are being discarded
        self._level_told = 0  # of congestion

    # -- what the owner sees -----------------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """For people: "in service"."""
        return describe(self._state)

    @property
    def in_service(self) -> bool:
        return self._in_service

    @property
    def counters(self) -> dict[str, int]:
        """Measurements of Q.752 by their names in mtp2_measurements, durations (ms) up to the last call."""
        return self.measurements(self._now)

    def measurements(self, now: int) -> dict[str, int]:
        """As `counters`, durations up to now."""
        counts = self._measurements.counts
        txc = self._txc
        rc = self._rc
        counts["errored_units"] = self._errored
        counts["invalid_units"] = self._invalid
        counts["nacks_received"] = txc.nacks
        counts["sibs_sent"] = txc.sibs
        counts["octets_sent"] = txc.octets_sent
        counts["octets_retransmitted"] = txc.octets_again
        counts["messages_sent"] = txc.messages_sent
        counts["messages_retransmitted"] = txc.messages_again
        counts["messages_discarded"] = txc.discarded
        counts["octets_received"] = rc.octets_received
        counts["messages_received"] = rc.messages_received
        counts["nacks_sent"] = rc.nacks_sent
        counts["out_of_sequence"] = rc.out_of_sequence
        counts["abnormal_units"] = rc.abnormal
        counts["ignored"] = self._lsc.ignored + self._iac.ignored
        return self._measurements.values(now)

    @property
    def congestion(self) -> int:
        """Level of the transmission and retransmission buffers, 0 to 3."""
        return self._txc.level

    @property
    def queued(self) -> int:
        """Messages not yet sent or not acknowledged."""
        return self._txc.waiting + self._txc.unacknowledged

    @property
    def wants_line(self) -> bool:
        """next_signal_unit would give a unit."""
        return self._txc.wants_line()

    @property
    def monitoring(self) -> bool:
        """Errored units are wanted: proving, or aligned. While a proving period has been aborted they are not; the
        framer gives the unit that is being repeated anew when this changes, and that begins the next period (Figure
        17)."""
        return self._monitoring

    @property
    def next_deadline(self) -> int | None:
        """When handle_timeout is due; None: no timer runs."""
        at = self._deadline()
        return None if at == _NEVER else at

    def _deadline(self) -> int:
        at = self._slow_at
        txc = self._txc
        at = min(at, txc.t7_at)
        return min(at, txc.t6_at)

    def drain(self) -> list[LinkIndication | ManagementIndication]:
        """All that has come out since the last call, in order."""
        if self._txc.level_changed:
            self._tell_congestion()
        out = self._out
        self._out = []
        return out

    # -- what the owner does -----------------------------------------------------------------------------------------

    def request(self, kind: int, octets: bytes, value: int, now: int) -> None:
        """What level 3 asks (LinkRequestKind). octets: with MESSAGE the SIO and SIF; value: with RETRIEVE the FSNC, -1
        where it is not known. LocalError: a message that is too short or too long, a kind that is none."""
        self._now = now
        if kind == _MESSAGE:
            self.message_for_transmission(octets)
            return
        event = _REQUESTS.get(kind)
        if event is None:
            raise LocalError(f"link {self.name}: request {kind} is not known")
        if event == LinkEvent.FLUSH_BUFFERS:
            value = self._rc.bsn
        self._run_lsc(event, value, now)

    def message_for_transmission(self, octets: bytes) -> None:
        """A message, which is sent as soon as the link is in service. What is beyond the limit of the buffers is
        discarded and counted."""
        if not _SHORTEST <= len(octets) <= _LONGEST:
            raise LocalError(f"link {self.name}: a message of {len(octets)} octets, not {_SHORTEST} to {_LONGEST}")
        if not self._txc.message(octets) and not self._losing:
            self._losing = True
            self._measurements.counts["discard_events"] += 1
            text = f"{self._txc.limit} messages wait, further ones are lost"
            self._out.append(ManagementIndication("warning", "messages-discarded", self.name, text))

    def next_signal_unit(self, now: int) -> bytes | None:
        """The next unit for the line. None: nothing new; the framer repeats the last FISU or LSSU, or after an MSU a
        FISU of its numbers. SIB is given once each T5. With preventive cyclic retransmission messages not acknowledged
        come again without end."""
        return self._txc.next_unit(now)

    def receive(self, su: bytes, now: int) -> None:
        """A unit without error, without flags and check bits; raises nothing."""
        self._now = now
        rc = self._rc
        kind = rc.parse(su)
        if kind == _INVALID:
            self._invalid += 1
            return
        self._last = su
        if self._aborted:
            self._correct_su(now)
        if kind == _LSSU:
            status = su[self._header] & STATUS_BITS
            self._link_status(status, now)
            return
        if not self._aligned:
            return
        verdict = rc.check()
        if verdict == _TAKE:
            if not self._in_service:
                self._run_lsc(LinkEvent.FISU_MSU, 0, now)
            if rc.take(now):
                self._out.append(message_indication(su, self._header))
        elif verdict == _ACKNOWLEDGE:
            rc.acknowledge(now)
        elif verdict == _FAIL_BSN:
            self._fail(LinkFailure.ABNORMAL_BSN, now)
        elif verdict == _FAIL_FIB:
            self._fail(LinkFailure.ABNORMAL_FIB, now)

    def errored(self, good: int, now: int) -> None:
        """An errored unit, or N octets in octet counting mode, after `good` units without error since the report
        before."""
        self._now = now
        if good and self._aborted:
            self._correct_su(now)
        if not self._monitoring:
            return
        self._errored += 1
        if self._aligned:
            if self._error_rate.run(RateEvent.SU_IN_ERROR, good, now):
                self._fail(LinkFailure.ERROR_RATE, now)
            else:
                self._settle(now)
            return
        if self._aerm.run(ProvingEvent.SU_IN_ERROR) == ProvingResult.ABORT_PROVING:
            self._run_iac(AlignmentEvent.ABORT_PROVING, now)

    def receive_all(self, units: list[bytes], now: int) -> None:
        """Units as `receive`; those of two octets are `errored`, the octets being the number of good ones, high octet
        first."""
        for unit in units:
            if len(unit) == _ERRORED:
                self.errored(unit[0] << 8 | unit[1], now)
            else:
                self.receive(unit, now)

    def line(self, up: bool, now: int) -> None:
        """The line below is gone or back. A link that is in service or being aligned fails."""
        self._now = now
        self._lsc.line_up = up
        self._last = None
        if not up and self._state > LinkState.OUT_OF_SERVICE:
            self._fail(LinkFailure.LINE, now)

    def handle_timeout(self, now: int) -> None:
        """To be called when next_deadline is reached; earlier does nothing."""
        self._now = now
        while self._deadline() <= now:
            at = self._deadline()
            txc, iac = self._txc, self._iac
            if at == txc.t7_at:
                txc.t7_at = _NEVER
                self._fail(LinkFailure.ACK_DELAY, now)
            elif at == txc.t6_at:
                txc.t6_at = _NEVER
                self._fail(LinkFailure.REMOTE_CONGESTION, now)
            elif at == self._lsc.t1_at:
                self._run_lsc(LinkEvent.T1, LinkFailure.ALIGNED_READY_TIMEOUT, now)
            elif at == iac.t2_at:
                self._run_iac(AlignmentEvent.T2, now)
            elif at == iac.t3_at:
                self._run_iac(AlignmentEvent.T3, now)
            elif at == iac.t4_at:
                self._run_iac(AlignmentEvent.T4, now)
            elif at == self._cc.t5_at:
                self._run_cc(now)
            elif self._error_rate.run(RateEvent.T8, 0, now):
                self._fail(LinkFailure.ERROR_RATE, now)
            else:
                self._settle(now)

    # -- Figure 7: what the blocks say to one another ----------------------------------------------------------------

    def _link_status(self, status: int, now: int) -> None:
        """An LSSU, for initial alignment control and for link state control."""
        alignment = _ALIGNMENT_EVENTS.get(status)
        if alignment is not None and self._state == LinkState.INITIAL_ALIGNMENT:
            self._run_iac(alignment, now)
            return
        event = _STATUS_EVENTS.get(status)
        if event is not None:  # 6 and 7 are spare
            self._run_lsc(event, _FAILURE_OF_STATUS.get(status, LinkFailure.MANAGEMENT), now)

    def _fail(self, why: LinkFailure, now: int) -> None:
        self._run_lsc(LinkEvent.LINK_FAILURE, why, now)

    def _correct_su(self, now: int) -> None:
        if self._aerm.run(ProvingEvent.CORRECT_SU) == ProvingResult.CORRECT_SU:
            self._run_iac(AlignmentEvent.CORRECT_SU, now)

    def _run_cc(self, now: int) -> None:
        before = self._cc.state
        self._cc.run(BusyEvent.T5, now)
        if self._trace is not None:
            self._trace("CC", self.name, before, BusyEvent.T5, self._cc.state, now)
        self._settle(now)

    def _run_iac(self, event: AlignmentEvent, now: int) -> None:
        before = self._iac.state
        result = self._iac.run(event, now)
        if self._trace is not None:
            self._trace("IAC", self.name, before, event, self._iac.state, now)
        if result == AlignmentResult.COMPLETE:
            self._run_lsc(LinkEvent.ALIGNMENT_COMPLETE, 0, now)
        elif result == AlignmentResult.NOT_POSSIBLE:
            self._run_lsc(LinkEvent.ALIGNMENT_NOT_POSSIBLE, LinkFailure.ALIGNMENT_NOT_POSSIBLE, now)
        else:
            self._settle(now)

    def _run_lsc(self, event: LinkEvent, value: int, now: int) -> None:
        lsc = self._lsc
        before = lsc.state
        remote = self._poc.remote
        lsc.run(event, value, now)
        if self._trace is not None:
            self._trace("LSC", self.name, before, event, lsc.state, now)
        self._measure(before, remote, now)
        self._settle(now)
        if lsc.state != before and lsc.state in _LISTENING[before]:
            self._repeat(now)

    def _repeat(self, now: int) -> None:
        """The line goes on repeating the FISU or LSSU that came last: once more, and once again."""
        last = self._last
        if last is not None and self._rc.parse(last) != _MSU:
            self.receive(last, now)
            self.receive(last, now)

    def _settle(self, now: int) -> None:
        """What the fast path and the owner look at, after an event of any other block."""
        lsc = self._lsc
        if lsc.said:
            self._out.extend(lsc.said)
            lsc.said.clear()
        self._state = lsc.state
        self._aligned = lsc.state >= _ALIGNED_READY
        self._in_service = lsc.state == _IN_SERVICE
        self._aborted = self._aerm.state == ProvingState.ABORTED
        proving = self._aerm.state == ProvingState.MONITORING
        self._monitoring = proving or self._error_rate.state == RateState.MONITORING
        iac = self._iac
        self._slow_at = min(lsc.t1_at, iac.t2_at, iac.t3_at, iac.t4_at, self._cc.t5_at, self._error_rate.t8_at)

    def _measure(self, before: LinkState, remote: bool, now: int) -> None:
        """Q.752: a state has been left for another."""
        lsc = self._lsc
        measurements = self._measurements
        measurements.turn("local_busy", self._cc.state == BusyState.BUSY, now)
        if self._poc.remote != remote:
            measurements.counts["remote_recoveries" if remote else "remote_outages"] += 1
            measurements.turn("unavailable_remote_outage", self._poc.remote, now)
        if lsc.state == before:
            return
        failed = lsc.state == LinkState.OUT_OF_SERVICE and lsc.failure != LinkFailure.MANAGEMENT
        if failed:
            measurements.failed(lsc.failure, before >= _ALIGNED_READY)
        measurements.turn("in_service", lsc.state == _IN_SERVICE, now)
        measurements.turn("unavailable", lsc.state not in (_OFF, _IN_SERVICE), now)
        if lsc.state in (LinkState.OUT_OF_SERVICE, _IN_SERVICE):
            measurements.turn("unavailable_failure", failed, now)

    def _tell_congestion(self) -> None:
        txc = self._txc
        txc.level_changed = False
        level = txc.level
        measurements = self._measurements
        for other in (1, 2, 3):
            measurements.turn(f"congestion_{other}", other == level, self._now)
        for passed in range(self._level_told + 1, level + 1):
            measurements.counts[f"congestion_onsets_{passed}"] += 1
        self._level_told = level
        if not level and self._losing:
            self._losing = False
            text = "messages are lost no more"
            self._out.append(ManagementIndication("info", "messages-discarded", self.name, text, True))
        self._out.append(LinkIndication(LinkIndicationKind.TRANSMIT_CONGESTION, b"", level))
