"""What a run has come to: outcomes of calls, counted; and whether that is within the limits."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from xunhu.load.figures import Seconds, Times, by_number
from xunhu.load.heard import Path
from xunhu.load.plan import Limits

OK = "ok"
STOPPED = "stopped"  # the run was ended before the call was through: neither good nor bad


@dataclass(slots=True)
class Outcome:
    """Of one call. began_s: since the beginning of the run. result: "ok" or why it failed: "cause:17", "no-answer" (within the patience),
    "no-circuit" (of ours), "cut-off" (released by the site while held), "stuck" (its release was not confirmed), "no-callee" (answered, and none
    of ours was rung), "no-prompt", "far-end-full" (our own engine), "key-missed", "key-wrong", "one-way", "silent", "crossed", "looped", "garbled"."""

    n: int
    do: str
    began_s: float
    result: str = OK
    setup_ms: float | None = None  # from our set-up to the answer
    alert_ms: float | None = None  # to the first sign that the called party is rung
    audio_ms: float | None = None  # from the answer to the first of the other party's sound
    cause: int = 0
    path: Path | None = None
    keys_ms: list[float] = field(default_factory=list)  # from a key's end to its prompt
    keys_missed: int = 0
    keys_wrong: int = 0
    words: int = 0  # good words heard by both
    words_broken: int = 0
    ended_s: float = 0.0


class Tally:
    """Takes attempts and outcomes, in any order of time."""

    def __init__(self) -> None:
        self.attempts = 0
        self.answered = 0
        self.done = 0
        self.up = 0
        self.stopped = 0
        self.strangers = 0  # calls that came to us and belong to none of ours
        self.keys = Counter[str]()  # right, missed, wrong
        self.words = Counter[str]()  # right, broken
        self.failures = Counter[str]()
        self.causes = Counter[int]()
        self.paths = Counter[str]()
        self.setup, self.alert, self.audio, self.key = Times(), Times(), Times(), Times()
        self.seconds = Seconds()

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    @property
    def failed_share(self) -> float:
        return self.failed / self.done if self.done else 0.0

    def begun(self, at_s: float) -> None:
        self.attempts += 1
        self.up += 1
        second = self.seconds.at(at_s)
        second.attempts += 1
        second.up = self.up

    def ended(self, outcome: Outcome) -> None:
        self.done += 1
        self.up -= 1
        last = self.seconds.at(outcome.ended_s)
        last.ended += 1
        last.up = self.up
        if outcome.setup_ms is not None:
            self.answered += 1
            self.setup.add(outcome.setup_ms)
            second = self.seconds.at(outcome.began_s + outcome.setup_ms / 1000)
            second.answered += 1
            second.setup_ms.append(outcome.setup_ms)
        if outcome.result == STOPPED:
            self.stopped += 1
        elif outcome.result != OK:
            self.failures[outcome.result] += 1
            last.failed += 1
        if outcome.cause:
            self.causes[outcome.cause] += 1
        if outcome.path is not None:
            self.paths[outcome.path.value] += 1
        if outcome.alert_ms is not None:
            self.alert.add(outcome.alert_ms)
        if outcome.audio_ms is not None:
            self.audio.add(outcome.audio_ms)
        for ms in outcome.keys_ms:
            self.key.add(ms)
        self.keys.update(right=len(outcome.keys_ms), missed=outcome.keys_missed, wrong=outcome.keys_wrong)
        self.words.update(right=outcome.words, broken=outcome.words_broken)

    def as_dict(self) -> dict[str, Any]:
        return {
            "attempts": self.attempts,
            "answered": self.answered,
            "finished": self.done,
            "stopped": self.stopped,
            "failed": self.failed,
            "failed_percent": round(100 * self.failed_share, 3),
            "failures": by_number(self.failures),
            "causes": {str(cause): count for cause, count in sorted(self.causes.items())},
            "talk_paths": by_number(self.paths),
            "words": dict(self.words),
            "keys": dict(self.keys),
            "strangers": self.strangers,
            "setup_ms": self.setup.summary(),
            "alert_ms": self.alert.summary(),
            "answer_to_audio_ms": self.audio.summary(),
            "key_ms": self.key.summary(),
        }


def beyond(figures: dict[str, Any], limits: Limits, late_ticks: int = 0) -> list[str]:
    """What of a run's figures (Tally.as_dict, or those of SIPp) is beyond its limit; empty: the run is good."""
    out: list[str] = []
    if not figures["attempts"]:
        out.append("attempts 0")
    share = figures["failed"] / max(1, figures["finished"])
    if limits.failed_share is not None and share > limits.failed_share:
        out.append(f"failed {100 * share:.2f} % > {100 * limits.failed_share:g} %")
    for name, key, limit in (
        ("set-up p99", "setup_ms", limits.setup_p99_ms),
        ("answer to audio p99", "answer_to_audio_ms", limits.audio_p99_ms),
        ("key p99", "key_ms", limits.key_p99_ms),
    ):
        summary = figures.get(key)
        if limit is not None and summary is not None and summary["p99"] > limit:
            out.append(f"{name} {summary['p99']:g} ms > {limit:g} ms")
    if limits.late_ticks is not None and late_ticks > limits.late_ticks:
        out.append(f"late ticks {late_ticks} > {limits.late_ticks}")
    return out
