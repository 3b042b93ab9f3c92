"""The B-channels of one D-channel: which are idle, which call holds which, which are out of service.

Facts of their own beside the calls (Q.931 §5.2.3, §5.5; SERVICE of TR 41459): a channel is held by a call or not, being
restarted or not, in service or not at the peer, blocked by us or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from xunhu.protocol.errors import LocalError


class NoChannelError(LocalError):
    """No channel to be had. cause: 34 none idle, 38 data link down, 42 too many calls, 44 the one wanted is not to be
    had, 82 there is no such channel."""

    def __init__(self, cause: int, text: str) -> None:
        super().__init__(text)
        self.cause = cause


class Channel:
    __slots__ = ("blocked", "call", "number", "restarting", "service", "suspect")

    def __init__(self, number: int) -> None:
        self.number = number
        self.call = 0  # number of the call that holds it, 0: none
        self.service = "in-service"  # or "maintenance", "out-of-service"
        self.restarting = False
        self.blocked = False  # by block_channel
        self.suspect = False  # out of service because the peer did not answer (T308, T316): RESTART may help

    @property
    def idle(self) -> bool:
        return not self.call and not self.restarting and not self.blocked and self.service == "in-service"

    @property
    def state(self) -> str:
        """idle, busy, restarting, maintenance, out-of-service, blocked; the first that applies of the list backwards
        but for busy, which comes first."""
        if self.call:
            return "busy"
        if self.blocked:
            return "blocked"
        if self.service != "in-service":
            return self.service
        return "restarting" if self.restarting else "idle"


# For signatures that q931_channels.pxd declares: C methods there.
MaybeInt: TypeAlias = int | None
MaybeChannel: TypeAlias = Channel | None


class Channels:
    """downwards: search from the highest number, as the user side does, so that both sides seldom meet (§5.7)."""

    def __init__(self, numbers: Sequence[int], *, downwards: bool) -> None:
        for number in numbers:
            if not 1 <= number <= 31:
                raise LocalError(f"channel {number} is no timeslot 1 to 31 of an E1")
        self._all = {number: Channel(number) for number in sorted(set(numbers))}
        if not self._all:
            raise LocalError("no channels")
        self._order = sorted(self._all.values(), key=lambda c: c.number, reverse=downwards)

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)

    def get(self, number: MaybeInt) -> MaybeChannel:
        return None if number is None else self._all.get(number)

    def first_idle(self) -> MaybeChannel:
        for channel in self._order:
            if not channel.call and channel.idle:
                return channel
        return None

    def known(self, numbers: Iterable[int]) -> list[int]:
        """Those of `numbers` that are ours, in their order, each once."""
        return [n for n in dict.fromkeys(numbers) if n in self._all]
