"""A bank of echo cancellers as the tests of G.168 use it: one test on many lines at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import g168_sounds as g168
import numpy as np
from dtmf_sounds import alaw, ulaw
from g168_sounds import Heard, Phase, Samples, Sound

from xunhu._media.echo import EchoBank

DELAYS_MS = (0, 30, 64, 100)
ERLS_DB = (6, 10)


@dataclass(frozen=True, slots=True)
class Line:
    model: int
    delay_ms: float
    erl_db: float
    own: bool = False  # scaled by the k_i of the header

    def __str__(self) -> str:
        return f"D.{self.model} {self.delay_ms} ms {self.erl_db} dB{' own' if self.own else ''}"

    @property
    def path(self) -> Sound:
        return g168.path(self.model, self.delay_ms, self.erl_db, own=self.own)

    @property
    def other(self) -> Sound:
        """The path after a change: the next model, another delay."""
        delay = DELAYS_MS[(DELAYS_MS.index(self.delay_ms) + 1) % len(DELAYS_MS)] if self.delay_ms in DELAYS_MS else 10
        return g168.path(2 + (self.model - 1) % 8, delay, self.erl_db)


ALL_LINES = [Line(*x) for x in product(g168.MODELS, DELAYS_MS, ERLS_DB)]
SOME_LINES = [Line(2, 0, 6), Line(3, 100, 6), Line(5, 30, 10), Line(6, 64, 6), Line(8, 0, 6), Line(8, 100, 10), Line(9, 30, 6), Line(9, 100, 6)]
FLOOR = -50.0  # dBm0: a residual echo below it, 34 dB below an echo of -16 dBm0, is nearly what a codec's noise hides
LAWS = {None: None, alaw: "A", ulaw: "U"}


class Cancellers:
    """One a line. Each line's paths: 0 its own, 1 after a change, 2 none."""

    def __init__(self, lines: Sequence[Line] = ALL_LINES, *, nlp: bool = False, comfort_noise: bool = False, **options: object) -> None:
        """Other options as EchoBank has them; law None, that is a linear line, where it is not given."""
        self.lines = lines
        self.bank = EchoBank(len(lines), nlp=nlp, comfort_noise=comfort_noise, **({"law": None} | options))

    def freeze(self, on: bool = True) -> None:
        """Inhibits adaptation: what G.168's tests do before they measure."""
        for channel in range(len(self.lines)):
            self.bank.freeze(channel, on)

    def nlp(self, on: bool) -> None:
        for channel in range(len(self.lines)):
            self.bank.nlp(channel, on)

    def through(self, phases: Sequence[Phase], law: Callable[[Sound], Sound] | None = None) -> Heard:
        paths = [[line.path, line.other, g168.OPEN] for line in self.lines]
        return g168.course(self.run, phases, paths, law)

    def run(self, rout: Samples, sin: Samples) -> Samples:
        return self.bank.run(rout, sin)

    def failing(self, value: Sound, limit: Sound | float) -> dict[str, str]:
        """The lines on which a value is above its limit, how far at most six of them are off, and how many there are; empty in a
        test that is passed."""
        value, limit = np.asarray(value), np.broadcast_to(limit, np.shape(value))
        off = [i for i in np.argsort(limit - value) if not value[i] <= limit[i]]
        out = {str(self.lines[i]): f"{value[i]:.1f} over {limit[i]:.1f}" for i in off[:6]}
        return out | ({"lines": f"{len(off)} of {len(value)}"} if off else {})
