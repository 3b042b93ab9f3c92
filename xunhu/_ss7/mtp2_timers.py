"""Timers and parameters of MTP level 2 as tables (ITU-T Q.703 (07/96) §12.3 and Annex A; xunhu/protocol/timers.py).

One table for each rate: 64 kbit/s, 4.8 kbit/s, and Annex A at 2048 kbit/s. Thresholds of congestion are numbers of
messages waiting or not acknowledged; the recommendation leaves them to the implementation (Q.704 §3.8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from xunhu.protocol.errors import LocalError
from xunhu.protocol.timers import ParameterRow, TimerRow, timer_table, with_values

RATES = ("64k", "2M", "4k8")
CORRECTIONS = ("basic", "PCR")

T1, T2, T3, T4N, T4E, T5, T6, T7, T8 = ("T1", "T2", "T3", "T4(Pn)", "T4(Pe)", "T5", "T6", "T7", "T8")

_MEANING = {
    T1: "aligned ready, waiting for the far end",
    T2: "not aligned: sending SIO, waiting for the far end's",
    T3: "aligned: waiting for the far end to prove",
    T4N: "normal proving period",
    T4E: "emergency proving period",
    T5: "from one SIB to the next",
    T6: "the far end is congested and acknowledges nothing",
    T7: "MSU sent, waiting for its acknowledgement",
    T8: "interval of the errored interval monitor",
}


def _table(clause: str, *rows: tuple[str, int, int, int]) -> Mapping[str, TimerRow]:
    return timer_table(clause, *((name, default, low, high, _MEANING[name]) for name, default, low, high in rows))


TIMERS_64K = _table(
    "Q.703 §12.3",
    (T1, 45_000, 40_000, 50_000),
    (T2, 5_000, 5_000, 150_000),
    (T3, 1_000, 1_000, 2_000),
    (T4N, 8_200, 7_500, 9_500),
    (T4E, 500, 400, 600),
    (T5, 100, 80, 120),
    (T6, 4_000, 3_000, 6_000),
    (T7, 1_000, 500, 2_000),
)
TIMERS_4K8 = _table(
    "Q.703 §12.3, 4.8 kbit/s",
    (T1, 550_000, 500_000, 600_000),
    (T2, 5_000, 5_000, 150_000),
    (T3, 1_000, 1_000, 2_000),
    (T4N, 110_000, 100_000, 120_000),
    (T4E, 7_000, 6_000, 8_000),
    (T5, 100, 80, 120),
    (T6, 10_000, 8_000, 12_000),
    (T7, 5_000, 4_000, 6_000),
)
TIMERS_2M = _table(
    "Q.703 Annex A",
    (T1, 300_000, 25_000, 360_000),
    (T2, 5_000, 5_000, 150_000),
    (T3, 1_000, 1_000, 2_000),
    (T4N, 30_000, 3_000, 70_000),
    (T4E, 500, 400, 600),
    (T5, 100, 80, 120),
    (T6, 4_000, 3_000, 6_000),
    (T7, 1_000, 500, 2_000),
    (T8, 100, 100, 100),
)
TIMERS: Mapping[str, Mapping[str, TimerRow]] = MappingProxyType({"64k": TIMERS_64K, "2M": TIMERS_2M, "4k8": TIMERS_4K8})
_PCR_T7_MINIMUM_MS = 800  # §12.3: a loop of PCR is a long one


def _parameters(rows: tuple[ParameterRow, ...]) -> Mapping[str, ParameterRow]:
    return MappingProxyType({row.name: row for row in rows})


_COMMON = (
    ParameterRow("M", 5, 1, 16, "", "Q.703 §7.3", "proving periods before alignment is given up"),
    ParameterRow("Tin", 4, 1, 64, "units", "Q.703 §10.3.4", "AERM: errored units that abort normal proving"),
    ParameterRow("Tie", 1, 1, 64, "units", "Q.703 §10.3.4", "AERM: errored units that abort emergency proving"),
)
_LINK = (
    ParameterRow("N1", 127, 1, 127, "MSUs", "Q.703 §6.4.1", "not acknowledged, at most; PCR: forces retransmission"),
    ParameterRow("N2", 8_192, 300, 1_000_000, "octets", "Q.703 §6.4.1", "the same, PCR only"),
)
_CONGESTION = (
    ("onset1", 256, "messages that are congestion level 1"),
    ("abate1", 128, "fewer of them: level 0"),
    ("onset2", 640, "level 2"),
    ("abate2", 512, "fewer: level 1"),
    ("onset3", 1_024, "level 3"),
    ("abate3", 896, "fewer: level 2"),
    ("limit", 1_152, "one more is discarded"),
)


def _congestion(times: int) -> tuple[ParameterRow, ...]:
    return tuple(
        ParameterRow(name, value * times, 1, 1_000_000, "messages", "Q.704 §3.8", meaning)
        for name, value, meaning in _CONGESTION
    )


_SUERM = (
    ParameterRow("T", 64, 1, 1_024, "units", "Q.703 §10.2.2", "SUERM: threshold"),
    ParameterRow("D", 256, 1, 65_536, "units", "Q.703 §10.2.2", "SUERM: units for which one error is forgotten"),
)
_EIM = (
    ParameterRow("Te", 793_544, 1, 100_000_000, "", "Q.703 Table A.1", "EIM: threshold"),
    ParameterRow("Ue", 198_384, 1, 100_000_000, "", "Q.703 Table A.1", "EIM: for an interval with errors"),
    ParameterRow("De", 11_328, 1, 100_000_000, "", "Q.703 Table A.1", "EIM: off for one without"),
)

# A link of 2 Mbit/s carries 31 times as much, and holds for its round trip what the window of 12 bits lets through.
PARAMETERS: Mapping[str, Mapping[str, ParameterRow]] = MappingProxyType(
    {
        "64k": _parameters((*_COMMON, *_LINK, *_SUERM, *_congestion(1))),
        "4k8": _parameters((*_COMMON, *_LINK, replace(_SUERM[0], default=32), _SUERM[1], *_congestion(1))),
        "2M": _parameters(
            (
                *_COMMON,
                replace(_LINK[0], default=4_095, maximum=4_095),
                replace(_LINK[1], default=262_144),
                *_EIM,
                *_congestion(8),
            )
        ),
    }
)


def timers_ns(rate: str, correction: str, values: Mapping[str, int]) -> dict[str, int]:
    """Nanoseconds by timer name. LocalError: rate, correction, a name or a value that is not permitted, and what would
    be."""
    if rate not in RATES:
        raise LocalError(f"rate {rate!r} is not known; known: {', '.join(RATES)}")
    if correction not in CORRECTIONS:
        raise LocalError(f"error correction {correction!r} is not known; known: {', '.join(CORRECTIONS)}")
    rows = dict(TIMERS[rate])
    if correction == "PCR" and rate != "4k8":
        rows[T7] = replace(rows[T7], minimum_ms=_PCR_T7_MINIMUM_MS)
    try:
        return {name: ms * 1_000_000 for name, ms in with_values(rows, values).items()}
    except ValueError as why:
        raise LocalError(str(why)) from None


def parameters_of(rate: str, values: Mapping[str, int]) -> dict[str, int]:
    """Values by parameter name. LocalError as above, or thresholds of congestion that are not in order."""
    rows = PARAMETERS[rate]
    out = {name: row.default for name, row in rows.items()}
    for name, value in values.items():
        row = rows.get(name)
        if row is None:
            raise LocalError(f"parameter {name} is not known on a link of {rate}; known: {', '.join(rows)}")
        if not row.minimum <= value <= row.maximum:
            raise LocalError(f"{name} = {value} is out of range: {row.minimum} to {row.maximum} ({row.clause})")
        out[name] = value
    order = [out[name] for name in ("onset1", "onset2", "onset3")]
    if order != sorted(order) or out["limit"] < order[-1]:
        raise LocalError(f"onset1, onset2, onset3 and limit must not descend: {order} and {out['limit']}")
    for level in ("1", "2", "3"):
        if out["abate" + level] > out["onset" + level]:
            raise LocalError(f"abate{level} = {out['abate' + level]} must not be above onset{level}")
    return out
