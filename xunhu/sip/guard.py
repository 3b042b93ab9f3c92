"""Who has failed too often, and what follows: answers that wait, then bans that grow. Limits of rate and dialogs of a source. Sans-IO.

A source is an IPv4 address or an IPv6 network of 64 bits. Each failure (a wrong password, a user who does not exist) counts with its weight.
Challenges that are never answered count by themselves: a hundred telephones that start behind one address are no attack. Beyond `free` of them nothing is answered for a while that doubles: a client that means it repeats its
request (RFC 3261 timer E) and is answered late, without anything being kept for it here. At `ban_at` the source is banned; each
further ban lasts four times as long, up to a day, and is remembered for a week.

Sources that are trusted (configured peers, addresses that hold a registration) are never banned, because of all the others behind the same
address; there the failures are those of a user, and only that user waits.

`outputs` is drained by the owner: Banned, Unbanned, Alarm (one a minute and source). `now`: monotonic nanoseconds. Bans outlive a restart:
`snapshot` and `restore` with the wall clock.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import Any, NamedTuple

NS = 1_000_000_000

#: what counts as a failure, and how much: tenths of a wrong password
WEIGHTS = {
    "password": 10,  # digest does not fit
    "user": 10,  # no such user
    "stranger": 5,  # what only peers may ask
    "malformed": 5,
}


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """free, ban_at: in tenths of a wrong password; unanswered: challenges since credentials came last, then a ban; hold_s, hold_max_s: the first wait and the longest; ban_s, ban_max_s: likewise; forget_s: failures without a
    further one are forgotten then; remember_s: so are bans; rate, burst: requests outside of dialogs of an unknown source; dialogs: of any
    source but peers; sources: remembered at all."""

    free: int = 30
    ban_at: int = 100
    unanswered: int = 500
    hold_s: float = 0.5
    hold_max_s: float = 16.0
    ban_s: float = 300.0
    ban_max_s: float = 86_400.0
    forget_s: float = 900.0
    remember_s: float = 604_800.0
    rate: float = 50.0
    burst: float = 400.0
    dialogs: int = 500
    sources: int = 20_000


class Banned(NamedTuple):
    host: str
    until: int
    why: str


class Unbanned(NamedTuple):
    host: str


class Alarm(NamedTuple):
    """For an operator. failures: since the source was first seen; user: the last one it has tried."""

    host: str
    what: str
    failures: int
    user: str


class BanRow(NamedTuple):
    host: str
    failures: int
    seconds: int
    why: str


@dataclass(slots=True)
class _Failures:
    weight: int = 0
    hold_until: int = 0


@dataclass(slots=True)
class _Source:
    last: int
    count: int = 0
    users: dict[str, _Failures] = field(default_factory=dict)
    challenges: int = 0
    hold_until: int = 0
    banned_until: int = 0
    ban_ended: int = 0
    bans: int = 0
    why: str = ""
    user: str = ""
    alarm_at: int | None = None
    tokens: float = 0.0
    tokens_at: int = 0
    dialogs: int = 0


_USERS = 16  # of one source, with counts of their own; the rest is counted together
_ALARM_NS = 60 * NS


def source_of(host: str) -> str:
    """What is counted and banned: the address, or the network of 64 bits as its first address. ValueError: no literal address."""
    address = ip_address(host.partition("%")[0])
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped is not None else str(IPv6Address(int(address) >> 64 << 64))
    return str(address)


class Guard:
    """trusted(host): it is never banned; peer(host): a configured one, which no limit is for."""

    def __init__(
        self,
        limits: GuardLimits | None = None,
        *,
        trusted: Callable[[str], bool] = lambda host: False,
        peer: Callable[[str], bool] = lambda host: False,
    ) -> None:
        self.limits = limits or GuardLimits()
        self.outputs: list[Banned | Unbanned | Alarm] = []
        self.refused: dict[str, int] = {}  # requests by why they were
        self._trusted = trusted
        self._peer = peer
        self._sources: OrderedDict[str, _Source] = OrderedDict()
        self._names: dict[str, str] = {}  # host -> source, of those seen lately

    # -- sources -------------------------------------------------------------------------------------------------

    def _key(self, host: str) -> str:
        key = self._names.get(host)
        if key is None:
            if len(self._names) >= 8192:
                self._names.clear()
            key = self._names[host] = source_of(host)
        return key

    def _of(self, host: str, now: int) -> _Source:
        key = self._key(host)
        source = self._sources.get(key)
        if source is None:
            if len(self._sources) >= self.limits.sources:
                self._give_up(now)
            source = self._sources[key] = _Source(now, tokens=self.limits.burst, tokens_at=now)
        else:
            self._sources.move_to_end(key)
            forget = round(self.limits.forget_s * NS)
            if now - source.last > forget:
                source.users.clear()
                source.challenges = 0
        source.last = now
        return source

    def _give_up(self, now: int) -> None:
        """The one that was silent longest and is not banned; when the first hundred all are, the first."""
        for n, (key, source) in enumerate(self._sources.items()):
            if (source.banned_until <= now and not source.dialogs) or n >= 100:
                del self._sources[key]
                return

    def _count(self, why: str) -> None:
        self.refused[why] = self.refused.get(why, 0) + 1

    # -- before a request is looked at -----------------------------------------------------------------------------

    def banned(self, host: str, now: int) -> bool:
        source = self._sources.get(self._key(host))
        return source is not None and source.banned_until > now

    def admits(self, host: str, now: int) -> bool:
        """False: a request outside of dialogs is to be dropped: the source is banned, or above its rate."""
        if self._peer(host):
            return True
        trusted = self._trusted(host)
        if self.banned(host, now) and not trusted:
            self._count("banned")
            return False
        if trusted:
            return True
        limits = self.limits
        source = self._of(host, now)
        source.tokens = min(source.tokens + (now - source.tokens_at) / NS * limits.rate, limits.burst)
        source.tokens_at = now
        if source.tokens < 1.0:
            self._count("rate")
            return False
        source.tokens -= 1.0
        return True

    def holds(self, host: str, user: str, now: int) -> bool:
        """True: what comes with credentials of this user is to be dropped for now; the client repeats it."""
        source = self._sources.get(self._key(host))
        if source is None or self._peer(host):
            return False
        own = source.users.get(user)
        until = own.hold_until if own is not None else 0
        if not self._trusted(host):
            until = max(until, source.hold_until)
        if until > now:
            self._count("held")
            return True
        return False

    # -- what came of it -------------------------------------------------------------------------------------------

    def challenged(self, host: str, now: int) -> None:
        """It was asked for credentials."""
        if self._peer(host):
            return
        source = self._of(host, now)
        source.challenges += 1
        if source.challenges >= self.limits.unanswered and not self._trusted(host):
            self._alarm(host, source, "unanswered", now)
            self._ban(host, source, "unanswered", now)

    def failed(self, host: str, what: str, now: int, user: str = "") -> None:
        """what: of WEIGHTS."""
        if self._peer(host):
            return
        source = self._of(host, now)
        source.challenges = 0
        weight = WEIGHTS[what]
        name = user if user in source.users or len(source.users) < _USERS else ""
        own = source.users.setdefault(name, _Failures())
        own.weight += weight
        own.hold_until = now + self._hold(own.weight)
        source.count += 1
        source.user = user or source.user
        total = sum(row.weight for row in source.users.values())
        source.hold_until = now + self._hold(total)
        if total > self.limits.free:
            self._alarm(host, source, what, now)
        if total >= self.limits.ban_at and not self._trusted(host):
            self._ban(host, source, what, now)

    def _hold(self, weight: int) -> int:
        over = weight - self.limits.free
        if over <= 0:
            return 0
        factor: float = 2.0 ** min(over / 10, 30.0)
        return round(min(self.limits.hold_s * factor, self.limits.hold_max_s) * NS)

    def succeeded(self, host: str, user: str, now: int) -> None:
        """This user's failures are forgotten, those of others are not: one valid password is no licence to guess others."""
        source = self._sources.get(self._key(host))
        if source is None:
            return
        source.challenges = 0
        if source.users.pop(user, None) is not None:
            source.hold_until = now + self._hold(sum(row.weight for row in source.users.values()))

    def _ban(self, host: str, source: _Source, why: str, now: int) -> None:
        limits = self.limits
        if source.bans and now - source.ban_ended > limits.remember_s * NS:
            source.bans = 0
        seconds = min(limits.ban_s * 4.0 ** min(source.bans, 20), limits.ban_max_s)
        self._set_ban(host, source, now + round(seconds * NS), why)
        source.bans += 1
        source.users.clear()
        source.challenges = 0

    def _set_ban(self, host: str, source: _Source, until: int, why: str) -> None:
        source.banned_until = source.ban_ended = until
        source.why = why
        self.outputs.append(Banned(self._key(host), until, why))

    def _alarm(self, host: str, source: _Source, what: str, now: int) -> None:
        if source.alarm_at is None or now - source.alarm_at >= _ALARM_NS:
            source.alarm_at = now
            self.outputs.append(Alarm(host, what, source.count, source.user))

    # -- dialogs ---------------------------------------------------------------------------------------------------

    def dialog_begun(self, host: str, now: int) -> bool:
        """False: it has too many; nothing was counted."""
        source = self._of(host, now)
        if source.dialogs >= self.limits.dialogs and not self._peer(host):
            self._count("dialogs")
            return False
        source.dialogs += 1
        return True

    def dialog_ended(self, host: str) -> None:
        source = self._sources.get(self._key(host))
        if source is not None and source.dialogs:
            source.dialogs -= 1

    # -- operators -------------------------------------------------------------------------------------------------

    def ban(self, host: str, seconds: float, why: str, now: int) -> None:
        """By hand. ValueError: no literal address."""
        self._set_ban(host, self._of(host, now), now + round(seconds * NS), why)

    def unban(self, host: str, now: int) -> bool:
        """False: it was not banned. What it did before is forgotten."""
        key = self._key(host)
        source = self._sources.get(key)
        if source is None or source.banned_until <= now:
            return False
        dialogs = source.dialogs
        self._sources[key] = _Source(now, tokens=self.limits.burst, tokens_at=now, dialogs=dialogs)
        self.outputs.append(Unbanned(key))
        return True

    def bans(self, now: int) -> list[BanRow]:
        """Those that last longest first."""
        rows = [
            BanRow(key, source.count, -(-(source.banned_until - now) // NS), source.why)
            for key, source in self._sources.items()
            if source.banned_until > now
        ]
        return sorted(rows, key=lambda row: -row.seconds)

    # -- restart ---------------------------------------------------------------------------------------------------

    def snapshot(self, now: int, wall: int) -> list[dict[str, Any]]:
        """Of all who were ever banned, as JSON can hold it; times are wall clock, nanoseconds."""
        return [
            {
                "host": key,
                "until": source.ban_ended - now + wall,
                "bans": source.bans,
                "why": source.why,
                "count": source.count,
            }
            for key, source in self._sources.items()
            if source.bans or source.banned_until > now
        ]

    def restore(self, rows: Iterable[dict[str, Any]], now: int, wall: int) -> None:
        """ValueError, KeyError, TypeError: not what snapshot makes."""
        for row in rows:
            until = int(row["until"]) - wall + now
            if now - until > self.limits.remember_s * NS:
                continue
            source = self._of(str(row["host"]), now)
            source.bans, source.why, source.count = int(row["bans"]), str(row["why"]), int(row["count"])
            source.ban_ended = until
            if until > now:
                source.banned_until = until
                self.outputs.append(Banned(self._key(str(row["host"])), until, source.why))
