"""The search for the knee: the highest rate at which a switch still does what is asked of it.

From `first` on the rate grows by `factor` until a step is bad; then the gap between the best good and the worst bad one is halved until it is
smaller than `resolution` of it. No clock, no calls: whoever drives it asks for the next rate, does the step, and says how it went.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Step:
    rate: float
    good: bool
    why: str = ""  # what was beyond its limit


@dataclass(slots=True)
class KneeSearch:
    """Rates are calls a second. most: the highest that is tried. steps: of the search so far, in order."""

    first: float
    most: float
    factor: float = 1.5
    resolution: float = 0.05
    most_steps: int = 30
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not 0 < self.first <= self.most:
            raise ValueError(f"rates from {self.first} to {self.most}")
        if self.factor <= 1 or not 0 < self.resolution < 1:
            raise ValueError("the factor is above 1, the resolution between 0 and 1")

    @property
    def best(self) -> float | None:
        """The highest rate below all bad ones that was good; None: not even the first."""
        good = [step.rate for step in self.steps if step.good]
        limit = min((step.rate for step in self.steps if not step.good), default=float("inf"))
        return max((rate for rate in good if rate < limit), default=None)

    @property
    def worst(self) -> float | None:
        """The lowest rate that was bad; None: none was, the knee is beyond what was tried."""
        return min((step.rate for step in self.steps if not step.good), default=None)

    def next_rate(self) -> float | None:
        """None: the search is over."""
        if len(self.steps) >= self.most_steps:
            return None
        if not self.steps:
            return self.first
        best, worst = self.best, self.worst
        if worst is None:
            assert best is not None
            return None if best >= self.most else min(best * self.factor, self.most)
        if best is None:
            lower = worst / 2
            return lower if lower >= self.first / 16 else None
        return None if worst - best <= self.resolution * worst else (best + worst) / 2

    def went(self, rate: float, why: str = "") -> None:
        """How the step at this rate went; why: what was beyond its limit, "" it was good."""
        self.steps.append(Step(rate, not why, why))
