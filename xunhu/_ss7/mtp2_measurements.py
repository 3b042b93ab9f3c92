"""Measurements of a signalling link, ITU-T Q.752 (06/97) Table 1 and the transmission part of Table 3.

Numbers and names stand in LINK_MEASUREMENTS. Durations are milliseconds and run up to the time that is asked for; all
others are counts since the link was made.
"""

from __future__ import annotations

from typing import NamedTuple

from xunhu._ss7.mtp_primitives import LinkFailure


class Measurement(NamedTuple):
    name: str
    number: str  # of Q.752; "" where it has none
    unit: str
    meaning: str


LINK_MEASUREMENTS: tuple[Measurement, ...] = (
    Measurement("in_service", "1.1", "ms", "duration in service"),
    Measurement("failures", "1.2", "", "link failures, all reasons"),
    Measurement("failures_abnormal", "1.3", "", "link failures, abnormal FIBR or BSNR"),
    Measurement("failures_ack_delay", "1.4", "", "link failures, excessive delay of acknowledgement (T7)"),
    Measurement("failures_error_rate", "1.5", "", "link failures, excessive error rate (SUERM, EIM)"),
    Measurement("failures_congestion", "1.6", "", "link failures, excessive duration of congestion (T6)"),
    Measurement("alignment_failures", "1.7", "", "alignment or proving failures"),
    Measurement("errored_units", "1.8", "", "signal units in error, while they are monitored"),
    Measurement("nacks_received", "1.9", "", "negative acknowledgements received"),
    Measurement("failures_line", "", "", "link failures, the line is gone"),
    Measurement("failures_far_end", "", "", "link failures, SIO, SIN, SIE or SIOS of the far end"),
    Measurement("unavailable", "2.1", "ms", "duration of unavailability, any reason"),
    Measurement("unavailable_failure", "2.7", "ms", "duration of unavailability, link failure"),
    Measurement("unavailable_remote_outage", "2.9", "ms", "duration of unavailability, remote processor outage"),
    Measurement("remote_outages", "2.10", "", "starts of remote processor outage"),
    Measurement("remote_recoveries", "2.11", "", "ends of remote processor outage"),
    Measurement("sibs_sent", "2.15", "", "SIBs sent"),
    Measurement("local_busy", "2.15", "ms", "duration of local congestion (SIB)"),
    Measurement("octets_sent", "3.1", "octets", "SIO and SIF sent for the first time"),
    Measurement("octets_retransmitted", "3.2", "octets", "SIO and SIF sent again"),
    Measurement("messages_sent", "3.3", "", "MSUs sent for the first time"),
    Measurement("octets_received", "3.4", "octets", "SIO and SIF received and accepted"),
    Measurement("messages_received", "3.5", "", "MSUs received and accepted"),
    Measurement("congestion_onsets_1", "3.6", "", "onsets of congestion level 1"),
    Measurement("congestion_onsets_2", "3.6", "", "onsets of congestion level 2"),
    Measurement("congestion_onsets_3", "3.6", "", "onsets of congestion level 3"),
    Measurement("congestion_1", "3.7", "ms", "duration of congestion level 1"),
    Measurement("congestion_2", "3.7", "ms", "duration of congestion level 2"),
    Measurement("congestion_3", "3.7", "ms", "duration of congestion level 3"),
    Measurement("messages_discarded", "3.10", "", "MSUs discarded, buffers full"),
    Measurement("discard_events", "3.11", "", "times of congestion with MSUs lost"),
    Measurement("messages_retransmitted", "", "", "MSUs sent again"),
    Measurement("nacks_sent", "", "", "negative acknowledgements sent"),
    Measurement("out_of_sequence", "", "", "FISUs and MSUs received that told of a loss, or came in congestion"),
    Measurement("abnormal_units", "", "", "units received with an abnormal BSN or FIB"),
    Measurement("invalid_units", "", "", "units received whose length indicator is wrong"),
    Measurement("ignored", "", "", "events without a meaning in their state"),
)

_MS = 1_000_000
_BY_FAILURE = {
    LinkFailure.ALIGNMENT_NOT_POSSIBLE: "alignment_failures",
    LinkFailure.ALIGNED_READY_TIMEOUT: "alignment_failures",
    LinkFailure.ABNORMAL_BSN: "failures_abnormal",
    LinkFailure.ABNORMAL_FIB: "failures_abnormal",
    LinkFailure.ERROR_RATE: "failures_error_rate",
    LinkFailure.ACK_DELAY: "failures_ack_delay",
    LinkFailure.REMOTE_CONGESTION: "failures_congestion",
    LinkFailure.SIO_RECEIVED: "failures_far_end",
    LinkFailure.SIN_RECEIVED: "failures_far_end",
    LinkFailure.SIE_RECEIVED: "failures_far_end",
    LinkFailure.SIOS_RECEIVED: "failures_far_end",
    LinkFailure.LINE: "failures_line",
}


class Measurements:
    """Counts, and durations by what is the case: `turn` says what is from now on."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {row.name: 0 for row in LINK_MEASUREMENTS}
        self._running: dict[str, int] = {}  # duration -> since when

    def turn(self, name: str, on: bool, now: int) -> None:
        """A duration begins or ends; nothing if it has."""
        since = self._running.get(name)
        if on and since is None:
            self._running[name] = now
        elif not on and since is not None:
            del self._running[name]
            self.counts[name] += now - since

    def failed(self, why: LinkFailure, was_aligned: bool) -> None:
        """was_aligned: it had been aligned at least. Failures before are those of an alignment, not of a link (1.2,
        1.7)."""
        name = _BY_FAILURE.get(why)
        if name is None:
            return
        if was_aligned:
            self.counts["failures"] += 1
            self.counts[name] += 1
        else:
            self.counts["alignment_failures"] += 1

    def values(self, now: int) -> dict[str, int]:
        """By name; durations in milliseconds up to now."""
        out = dict(self.counts)
        for name, since in self._running.items():
            out[name] += now - since
        for row in LINK_MEASUREMENTS:
            if row.unit == "ms":
                out[row.name] //= _MS
        return out
