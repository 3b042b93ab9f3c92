"""What a party of a call has heard, and what follows for the talk path.

An `Ear` collects the words (code.py) that one party hears; `judge` says of both ears of a call whether its talk path was right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from xunhu.load.code import Reader


class Audio(StrEnum):
    """Of one party: what it heard."""

    RIGHT = "right"  # the other party of its call, and nobody else
    SILENT = "silent"  # nothing
    CROSSED = "crossed"  # a party of another call, perhaps beside its own
    SELF = "self"  # itself: the path is looped
    GARBLED = "garbled"  # bursts that are no word


class Path(StrEnum):
    """Of a call: both directions."""

    RIGHT = "right"
    ONE_WAY = "one-way"
    SILENT = "silent"
    CROSSED = "crossed"
    LOOPED = "looped"
    GARBLED = "garbled"


@dataclass(slots=True)
class Ear:
    """own, other: identities of the two parties of the call; backward: this party speaks in backward signals. known(identity, backward): this
    party has been given out in this run, so that noise which looks like a word accuses nobody."""

    own: int
    other: int
    backward: bool
    known: Callable[[int, bool], bool]
    first_at: float | None = None  # when the first burst of the other direction began, in the clock of who calls `hear`
    signals: int = 0
    right: int = 0  # words of the other party
    itself: int = 0
    foreign: Counter[tuple[int, bool]] = field(default_factory=Counter)  # words of others: identity, backward
    _readers: tuple[Reader, Reader] = field(default_factory=lambda: (Reader(), Reader()))

    def hear(self, signal: int, backward: bool, at: float) -> None:
        """A signal begins in what this party hears."""
        self.signals += 1
        if backward != self.backward and self.first_at is None:
            self.first_at = at
        identity = self._readers[backward].hear(signal)
        if identity is None:
            return
        if backward != self.backward and identity == self.other:
            self.right += 1
        elif backward == self.backward and identity == self.own:
            self.itself += 1
        elif self.known(identity, backward):
            self.foreign[identity, backward] += 1

    @property
    def broken(self) -> int:
        return self._readers[0].broken + self._readers[1].broken

    @property
    def audio(self) -> Audio:
        if self.foreign:
            return Audio.CROSSED
        if self.right:
            return Audio.RIGHT
        if self.itself:
            return Audio.SELF
        return Audio.GARBLED if self.signals > 1 else Audio.SILENT


def judge(caller: Audio, called: Audio) -> Path:
    """Of both ears, the worst that can be said."""
    both = (caller, called)
    if Audio.CROSSED in both:
        return Path.CROSSED
    if Audio.SELF in both:
        return Path.LOOPED
    if both == (Audio.RIGHT, Audio.RIGHT):
        return Path.RIGHT
    if Audio.RIGHT in both:
        return Path.ONE_WAY
    if Audio.GARBLED in both:
        return Path.GARBLED
    return Path.SILENT
