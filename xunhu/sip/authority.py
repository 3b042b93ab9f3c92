"""The server's side of digest authentication (RFC 7616, RFC 8760): who has sent a request. Sans-IO.

A nonce carries the time it was made at and a keyed hash: none has to be kept before it was used. One that was used has a window of the last 64
counts; a count seen before, or further back, is a replay. Credentials that fit a nonce which is too old, not ours any more (another
process has made it) or whose window was given up are answered with stale=true: the client goes on without asking its user.

One challenge an algorithm is offered, the strongest first. Without qop (RFC 2069) a nonce is good for one request. The digest-URI is not compared with
the Request-URI: proxies on the way may have changed the latter.

Whether a user exists cannot be told from the answer, nor from the time it takes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from xunhu.sip.digest import Challenge, Credentials, parse_credentials, verify
from xunhu.sip.errors import SipParseError
from xunhu.sip.message import SipMessage

MS = 1_000_000
_TIME, _CHANCE, _MAC = 12, 8, 32  # hexadecimal digits of a nonce
_WINDOW = 64

#: The password, or H(A1) by algorithm as digest.ha1 makes it.
Secret = str | Mapping[str, str]


class Outcome(NamedTuple):
    """what: ok; none (no credentials), stale (they fit, the nonce does not any more): challenge again; password, user: they do
    not fit, there is no such user: refuse; malformed. user: whom they name, "" when there are none."""

    what: str
    user: str

    @property
    def ok(self) -> bool:
        return self.what == "ok"


@dataclass(slots=True)
class _Used:
    """Counts of one nonce: the highest, and a bit for each of those below it."""

    issued: int
    highest: int = 0
    seen: int = 0
    single: bool = False


class Authority:
    """realm; key: of the nonces' hash, secret and 16 octets or more; random(n): n octets; secret_of(user): None where there is no such
    user; algorithms: offered, best first; nonce_s: how long a nonce lasts; nonces: used ones remembered at once.

    ValueError: a key that is too short."""

    def __init__(
        self,
        realm: str,
        key: bytes,
        random: Callable[[int], bytes],
        secret_of: Callable[[str], Secret | None],
        *,
        algorithms: tuple[str, ...] = ("SHA-256", "MD5"),
        nonce_s: float = 300.0,
        nonces: int = 50_000,
    ) -> None:
        if len(key) < 16:
            raise ValueError("the key has less than 16 octets")
        self.realm = realm
        self._key = key
        self._random = random
        self._secret_of = secret_of
        self._algorithms = algorithms
        self._lasts_ms = round(nonce_s * 1000)
        self._most = nonces
        self._used: OrderedDict[str, _Used] = OrderedDict()  # in the order of their first use
        self._horizon_ms = -1  # nonces up to here, whose counts are not remembered, are stale
        self._decoy = random(16).hex()

    # -- nonces ----------------------------------------------------------------------------------------------------

    def nonce(self, now: int) -> str:
        head = f"{now // MS:0{_TIME}x}{self._random(_CHANCE // 2).hex()}"
        return head + self._mac(head)

    def _mac(self, head: str) -> str:
        text = f"{head}:{self.realm}".encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()[:_MAC]

    def _issued(self, nonce: str) -> int | None:
        """When we have made it, in milliseconds; None: we have not."""
        head, mac = nonce[: _TIME + _CHANCE], nonce[_TIME + _CHANCE :]
        if not hmac.compare_digest(self._mac(head).encode(), mac.encode("utf-8", "surrogateescape")):
            return None
        return int(head[:_TIME], 16)

    def _fresh(self, credentials: Credentials, now: int) -> bool:
        """The nonce lasts still and the count was not used before; it is now. Asked only for credentials that fit."""
        issued, now_ms = self._issued(credentials.nonce), now // MS
        if issued is None or not now_ms - self._lasts_ms <= issued <= now_ms:
            return False
        used = self._used.get(credentials.nonce)
        if used is None:
            if issued <= self._horizon_ms:
                return False
            self._tidy(now_ms)
            used = self._used[credentials.nonce] = _Used(issued)
        if not credentials.qop:
            if used.single or used.highest:
                return False
            used.single = True
            return True
        return not used.single and _count(used, credentials.nc)

    def _tidy(self, now_ms: int) -> None:
        """Room for one more; what is given up before its time moves the horizon."""
        while self._used:
            nonce, used = next(iter(self._used.items()))
            over = now_ms - used.issued > self._lasts_ms
            if not over and len(self._used) < self._most:
                return
            if not over:
                self._horizon_ms = max(self._horizon_ms, used.issued)
            del self._used[nonce]

    # -- requests --------------------------------------------------------------------------------------------------

    def challenges(
        self, now: int, *, stale: bool = False, proxy: bool = False, only: tuple[str, ...] = ()
    ) -> list[tuple[str, str]]:
        """Headers of a 401 (proxy: of a 407). only: of the algorithms these, for one who chokes at others; (): all."""
        nonce = self.nonce(now)
        name = "Proxy-Authenticate" if proxy else "WWW-Authenticate"
        offered = [algorithm for algorithm in self._algorithms if algorithm in only] or self._algorithms
        return [(name, str(Challenge(self.realm, nonce, algorithm, stale=stale))) for algorithm in offered]

    def check(self, message: SipMessage, now: int, *, proxy: bool = False) -> Outcome:
        """Of a request. Credentials for other realms are passed over."""
        found: Credentials | None = None
        for text in message.all("Proxy-Authorization" if proxy else "Authorization"):
            try:
                credentials = parse_credentials(text)
            except SipParseError:
                if text.lstrip()[:6].lower() == "digest":
                    return Outcome("malformed", "")
                continue  # of another scheme
            if credentials.realm == self.realm and (found is None or credentials.algorithm == self._algorithms[0]):
                found = credentials
        if found is None:
            return Outcome("none", "")
        return Outcome(self._judge(found, message, now), found.username)

    def _judge(self, credentials: Credentials, message: SipMessage, now: int) -> str:
        if credentials.algorithm.removesuffix("-sess") not in self._algorithms:
            return "none"  # challenged again, with those that are offered
        secret = self._secret_of(credentials.username)
        fits = verify(credentials, message.method, self._decoy if secret is None else secret, message.body)
        if secret is None:
            return "user"
        if not fits:
            return "password"
        return "ok" if self._fresh(credentials, now) else "stale"


def _count(used: _Used, nc: int) -> bool:
    """True: this count is new, and marked."""
    if nc < 1:
        return False
    ahead = nc - used.highest
    if ahead > 0:
        used.seen = ((used.seen << min(ahead, _WINDOW)) | 1) & ((1 << _WINDOW) - 1)
        used.highest = nc
        return True
    if -ahead >= _WINDOW or used.seen >> -ahead & 1:
        return False
    used.seen |= 1 << -ahead
    return True
