"""Measures a line's echo from recordings of both directions: where it is, how strong, and what a canceller makes of it.

The impulse response comes from least squares over the whole recording (echo_path), so that what the near end says meanwhile does
little; the canceller's own result from running it over the recording. Nothing here needs more than the samples: no test call, no
known signal. Speech does, noise is better, tones do not.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import log10
from statistics import median
from typing import Any

from xunhu._media import echo_path
from xunhu._media.echo import EchoBank

RATE = 8000
RMS_0_DBM0 = 22779 / 2**0.5
NOTHING_DB = 99.0
TAIL_MS = 128  # longest of our canceller
FRAME = 160
_MS = 8  # samples
_QUIETEST_DBM0 = -45.0  # frames of what was sent that count
_SHORTEST_S = 2.0
_GAP_MS = 5  # between two echoes; less is one
_WEAKEST_DB = 25.0  # below the strongest millisecond: belongs to no echo
_FAINTEST_DB = 40.0  # a reflection of more loss, or so much weaker than the strongest, is not told from the estimate's errors
_BESIDE_DB = 15.0
_SURE = 8.0  # times the mean of milliseconds in which there is no echo
_ROUNDS = 2
_DISTURBED = 4.0  # times the median rest: the near end speaks
_EXPLAINED_DB = 0.5  # what the echo found must take away at least, or there is none
LONGEST_S = 30  # of a recording that are looked at


class TooLittleError(ValueError):
    """What was sent is too short or too quiet to measure by."""


@dataclass(frozen=True, slots=True)
class Reflection:
    delay_ms: float  # of its strongest part
    from_ms: float
    to_ms: float
    loss_db: float  # for white sound

    @property
    def dispersion_ms(self) -> float:
        return self.to_ms - self.from_ms


@dataclass(frozen=True, slots=True)
class Measurement:
    seconds: float
    sent_dbm0: float  # while something was sent
    received_dbm0: float
    rest_dbm0: float  # received without the echo: the near end and its noise
    erl_db: float  # echo return loss on this sound; 99: no echo found
    reachable_db: float  # by how much a linear canceller may lower what comes back: median of frames
    reflections: tuple[Reflection, ...]
    profile_db: tuple[float, ...]  # each millisecond of the impulse response; -99: nothing
    canceller_db: float  # ERLE of xunhu's canceller on this recording at its end, without its non-linear processor
    canceller_s: float | None  # after which sound sent for so long it had 20 dB, or 3 dB less than reachable

    @property
    def tail_ms(self) -> float:
        """The canceller's tail must be this long."""
        return max((r.to_ms for r in self.reflections), default=0.0)

    def as_dict(self) -> dict[str, Any]:
        """Rounded to what can be told."""
        return {k: _rounded(v) for k, v in {**asdict(self), "tail_ms": self.tail_ms}.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    return [_rounded(v) for v in value] if isinstance(value, tuple) else value


def dbm0(power: float) -> float:
    """Of a mean square of samples."""
    return 10 * log10(power / RMS_0_DBM0**2) if power > 0 else -NOTHING_DB


def _powers(x: Sequence[int]) -> list[float]:
    """Mean square of each frame of 20 ms."""
    view = memoryview(x) if isinstance(x, array) else x
    return [sum(v * v for v in view[at : at + FRAME]) / FRAME for at in range(0, len(x) - FRAME + 1, FRAME)]


def _active(powers: Sequence[float]) -> list[int]:
    """Frames of what was sent that are loud enough to hear an echo of: within 20 dB of the loudest."""
    floor = max(RMS_0_DBM0**2 * 10 ** (_QUIETEST_DBM0 / 10), max(powers, default=0.0) * 10**-2)
    return [n for n, power in enumerate(powers) if power >= floor]


def _response(sent: array[int], received: array[int], active: Sequence[int], count: int) -> array[float]:
    """The impulse response. Frames in which the near end speaks are then replaced by what the response found says of them, and it
    is sought again: so they have no say."""
    taps = echo_path.estimate(sent, received, count)
    for _ in range(_ROUNDS):
        rest = echo_path.residual(sent, received, taps)
        powers = _powers(rest)
        least = median(powers[n] for n in active) * _DISTURBED
        disturbed = [n for n, power in enumerate(powers) if power > least]
        if len(disturbed) < len(powers) / 20:
            break
        heard = received[:]
        for n in disturbed:
            for i in range(n * FRAME, (n + 1) * FRAME):
                heard[i] = max(-32768, min(32767, received[i] - rest[i]))
        taps = echo_path.estimate(sent, heard, count)
    return taps


def _reflections(energies: Sequence[float], taps: Sequence[float]) -> tuple[Reflection, ...]:
    """Runs of milliseconds above the estimate's own noise, which is what most of them hold."""
    noise = median(energies) / 0.92  # median of 8 squares over their mean
    least = max(noise * _SURE, max(energies) * 10 ** (-_WEAKEST_DB / 10))
    runs: list[list[int]] = []
    for n in (n for n, e in enumerate(energies) if e > least):
        if runs and n - runs[-1][-1] <= _GAP_MS:
            runs[-1].append(n)
        else:
            runs.append([n])
    found = []
    for run in runs:
        first, last = run[0], run[-1] + 1
        energy = sum(energies[first:last]) - noise * (last - first)
        if energy > 10 ** (-_FAINTEST_DB / 10):
            strongest = max(range(first * _MS, last * _MS), key=lambda k: abs(taps[k]))
            found.append(Reflection(strongest / _MS, float(first), float(last), -10 * log10(energy)))
    strongest_db = min((r.loss_db for r in found), default=0.0)
    return tuple(r for r in found if r.loss_db < strongest_db + _BESIDE_DB)


def _canceller(sent: array[int], received: array[int], active: list[int], law: str | None) -> tuple[float, list[float]]:
    """ERLE over the last third of the active frames; and frame by frame."""
    n = len(sent) // 80 * 80
    bank = EchoBank(1, tail_ms=TAIL_MS, nlp=False, comfort_noise=False, law=law)
    out = received[:n]
    rows: Any = [memoryview(x).cast("B").cast("h", (1, n)) for x in (sent[:n], out)]  # any buffer does
    bank.run_in_place(*rows)
    left, before = _powers(out), _powers(received[:n])
    frames = [k for k in active if k < len(left)]
    gains = [10 * log10(max(before[k], 1.0) / max(left[k], 1.0)) for k in frames]
    return (median(gains[-max(len(gains) // 3, 1) :]) if gains else 0.0), gains


def _kept(taps: array[float], reflections: Sequence[Reflection]) -> array[float]:
    """The response where it is an echo, with what fades before and after it; 0 elsewhere."""
    out = array("d", bytes(8 * len(taps)))
    for r in reflections:
        part = slice(max(int(r.from_ms) - 2, 0) * _MS, (int(r.to_ms) + 10) * _MS)
        out[part] = taps[part]
    return out


def _gain(before: Sequence[float], after: Sequence[float], frames: Sequence[int]) -> float:
    """Median over frames, dB."""
    return median(10 * log10(max(before[n], 1.0) / max(after[n], 1.0)) for n in frames)


def measure(sent: array[int], received: array[int], *, span_ms: int = 512, law: str | None = "A") -> Measurement:
    """sent, received: int16 of 8 kHz, recorded together. span_ms: how late an echo is looked for. law: "A", "U" or None, which the
    line codes by. TooLittleError: there is not enough to measure by. ValueError: unequal lengths. Of a long recording the first
    LONGEST_S count."""
    if len(sent) != len(received):
        raise ValueError(f"{len(sent)} samples sent, {len(received)} received")
    sent, received = sent[: LONGEST_S * RATE], received[: LONGEST_S * RATE]
    powers = _powers(sent)
    active = _active(powers)
    if len(active) * FRAME < _SHORTEST_S * RATE:
        raise TooLittleError(f"{len(active) * FRAME / RATE:.1f} s of sound sent, {_SHORTEST_S:g} s are needed")
    count = min(span_ms * _MS, len(sent) // 4 // _MS * _MS, echo_path.TAPS)
    taps = _response(sent, received, active, count)
    energies = [sum(v * v for v in taps[at : at + _MS]) for at in range(0, count, _MS)]
    reflections = _reflections(energies, taps)
    kept = _kept(taps, reflections)
    came, left = _powers(received), _powers(echo_path.residual(sent, received, kept))
    reachable = _gain(came, left, active)
    if reachable < _EXPLAINED_DB:
        reflections, reachable, kept, left = (), 0.0, array("d", bytes(8 * count)), came
    back = _powers(echo_path.residual(sent, array("h", bytes(2 * len(sent))), kept))
    echo_power = sum(back)
    erle, gains = _canceller(sent, received, active, law)
    enough = min(20.0, reachable - 3)
    runs = (n for n in range(len(gains) - 4) if median(gains[n : n + 5]) >= enough)
    at = next(runs, None) if reachable >= 10 else None
    return Measurement(
        seconds=len(sent) / RATE,
        sent_dbm0=dbm0(sum(powers[n] for n in active) / len(active)),
        received_dbm0=dbm0(sum(came[n] for n in active) / len(active)),
        rest_dbm0=dbm0(median(left[n] for n in active)),
        erl_db=10 * log10(sum(powers) / echo_power) if echo_power > 0 else NOTHING_DB,
        reachable_db=reachable,
        reflections=reflections,
        profile_db=tuple(max(10 * log10(e), -NOTHING_DB) if e > 0 else -NOTHING_DB for e in energies),
        canceller_db=max(erle, 0.0),
        canceller_s=None if at is None else (at + 5) * FRAME / RATE,
    )
