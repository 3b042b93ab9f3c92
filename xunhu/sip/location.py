"""Where registered telephones are: bindings of addresses of record to contacts (RFC 3261 §10.3). Sans-IO.

`changes` tells the owner what came and went, `rows` what has to be stored so that nothing is lost by a restart: key and octets, octets None to
delete. Both are drained. Times in memory are monotonic, those in rows are wall clock. Connections (flows) do not survive a
restart: a binding read from a row has flow 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from ipaddress import ip_address
from typing import Any, NamedTuple

import orjson

from xunhu.sip.address import Address, default_port
from xunhu.sip.errors import SipParseError
from xunhu.sip.uri import SipUri

NS = 1_000_000_000
_KEY_AOR = 200  # octets of a key that are the address of record


@dataclass(frozen=True, slots=True)
class Binding:
    """One contact. expires: monotonic; q 0 to 1; path: values of Route headers, first hop first; source: where the REGISTER came from; local: our
    address that it came to; flow: the connection, 0 none; instance, reg_id: of RFC 5626, "" and 0 where there is none."""

    aor: str
    contact: SipUri
    expires: int
    call_id: str
    cseq: int
    source: Address
    local: Address
    flow: int = 0
    q: float = 1.0
    path: tuple[str, ...] = ()
    instance: str = ""
    reg_id: int = 0
    agent: str = ""
    since: int = 0

    @property
    def nat(self) -> bool:
        """Something on the way changes addresses: the contact is not where the request came from."""
        return not self.path and not _same_host(self.contact.host, self.source.host)

    @property
    def place(self) -> Address:
        """Where requests for it go. A connection, and whatever has gone through a NAT: where the REGISTER came from; else the port of the
        contact, since a telephone may send from another one than it listens at."""
        source = self.source
        if self.flow or source.reliable or self.nat or self.path:
            return source
        port = self.contact.port
        return Address(source.transport, source.host, default_port(source.transport) if port is None else port)

    def seconds(self, now: int) -> int:
        """Left, rounded up; 0: over."""
        return max(-(-(self.expires - now) // NS), 0)


class Change(NamedTuple):
    """what: registered, refreshed, moved (another source or connection), or gone: expired, removed, replaced, flow, and unregistered by an
    operator. Of those gone and moved, before is what was."""

    what: str
    binding: Binding
    before: Binding | None = None


GONE = frozenset({"expired", "removed", "replaced", "flow", "unregistered"})


def _same_host(a: str, b: str) -> bool:
    try:
        return ip_address(a) == ip_address(b.partition("%")[0])
    except ValueError:
        return False  # a name: nothing says that it is reached there


class Location:
    """most: bindings of one address of record; total: of all."""

    def __init__(self, *, most: int = 10, total: int = 50_000) -> None:
        self.most = most
        self.total = total
        self.changes: list[Change] = []
        self.rows: list[tuple[bytes, bytes | None]] = []
        self._aors: dict[str, dict[bytes, Binding]] = {}
        self._flows: dict[int, set[tuple[str, bytes]]] = {}
        self._heap: list[tuple[int, str, bytes]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Binding]:
        for bindings in self._aors.values():
            yield from bindings.values()

    def find(self, aor: str, now: int) -> list[Binding]:
        """Those that last, the highest q first, of the same q the latest first."""
        rows = [row for row in self._aors.get(aor, {}).values() if row.expires > now]
        return sorted(rows, key=lambda row: (-row.q, -row.since))

    def aors(self) -> list[str]:
        return list(self._aors)

    # -- writing -------------------------------------------------------------------------------------------------

    def put(self, binding: Binding, now: int, wall: int) -> None:
        """New, or in the place of the one with the same contact; older ones of the same instance give way."""
        bindings = self._aors.setdefault(binding.aor, {})
        key = _key(binding)
        before = bindings.get(key)
        if before is None and binding.instance:
            for other_key, other in list(bindings.items()):
                if (other.instance, other.reg_id) == (binding.instance, binding.reg_id):
                    self._drop(other_key, other, "replaced")
            bindings = self._aors.setdefault(binding.aor, {})
        if before is None and len(bindings) >= self.most:
            oldest = min(bindings.items(), key=lambda item: item[1].expires)
            self._drop(*oldest, "replaced")
            bindings = self._aors.setdefault(binding.aor, {})
        binding = replace(binding, since=now if before is None else before.since)
        if before is not None:
            self._unflow(key, before)
        else:
            self._count += 1
        bindings[key] = binding
        if binding.flow:
            self._flows.setdefault(binding.flow, set()).add((binding.aor, key))
        heappush(self._heap, (binding.expires, binding.aor, key))
        if len(self._heap) > 4 * self._count + 1000:
            self._heap = [(row.expires, row.aor, _key(row)) for row in self]
            heapify(self._heap)
        self.rows.append((key, _row(binding, now, wall)))
        if before is None:
            self.changes.append(Change("registered", binding))
        else:
            moved = (before.source, before.flow) != (binding.source, binding.flow)
            self.changes.append(Change("moved" if moved else "refreshed", binding, before))

    def remove(self, binding: Binding, why: str = "removed") -> None:
        key = _key(binding)
        if self._aors.get(binding.aor, {}).get(key) is not None:
            self._drop(key, self._aors[binding.aor][key], why)

    def remove_all(self, aor: str, why: str = "unregistered") -> int:
        """How many there were."""
        rows = list(self._aors.get(aor, {}).items())
        for key, binding in rows:
            self._drop(key, binding, why)
        return len(rows)

    def _drop(self, key: bytes, binding: Binding, why: str) -> None:
        bindings = self._aors[binding.aor]
        del bindings[key]
        if not bindings:
            del self._aors[binding.aor]
        self._unflow(key, binding)
        self._count -= 1
        self.rows.append((key, None))
        self.changes.append(Change(why, binding, binding))

    def _unflow(self, key: bytes, binding: Binding) -> None:
        members = self._flows.get(binding.flow)
        if members is not None:
            members.discard((binding.aor, key))
            if not members:
                del self._flows[binding.flow]

    def flow_lost(self, flow: int, now: int, wall: int) -> None:
        """The connection has gone: bindings of RFC 5626 with it; others are tried at their address from now on."""
        for aor, key in sorted(self._flows.get(flow, ())):
            binding = self._aors[aor][key]
            if binding.reg_id:
                self._drop(key, binding, "flow")
            else:
                self.put(replace(binding, flow=0), now, wall)

    # -- time ----------------------------------------------------------------------------------------------------

    @property
    def next_deadline(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def handle_timeout(self, now: int) -> None:
        while self._heap and self._heap[0][0] <= now:
            expires, aor, key = heappop(self._heap)
            binding = self._aors.get(aor, {}).get(key)
            if binding is not None and binding.expires == expires:
                self._drop(key, binding, "expired")

    # -- restart -------------------------------------------------------------------------------------------------

    def load(self, rows: Iterable[tuple[bytes, bytes]], now: int, wall: int) -> int:
        """What was stored and lasts still; the rest is deleted. How many there are."""
        for key, octets in rows:
            try:
                binding = _binding(orjson.loads(octets), now, wall)
            except (ValueError, KeyError, TypeError, SipParseError):
                self.rows.append((key, None))  # of another version, or damaged: the telephone registers again
                continue
            if binding.expires <= now or _key(binding) != key:
                self.rows.append((key, None))
                continue
            self.put(binding, now, wall)
            self.rows.pop()  # it stands there already
        return self._count


def _key(binding: Binding) -> bytes:
    """At most 511 octets, as LMDB wants."""
    text = f"{binding.contact.scheme}:{binding.contact.user}@{binding.contact.host.lower()}:{binding.contact.port}"
    told = f"{text};{binding.contact.transport};{binding.reg_id};{binding.instance if binding.reg_id else ''}"
    head = binding.aor.encode("utf-8", "surrogateescape")
    return head[:_KEY_AOR] + b"\0" + hashlib.sha256(head + told.encode("utf-8", "surrogateescape")).digest()[:16]


def _row(b: Binding, now: int, wall: int) -> bytes:
    return orjson.dumps(
        {
            "aor": b.aor, "contact": str(b.contact), "expires": b.expires - now + wall, "call_id": b.call_id, "cseq": b.cseq,
            "source": list(b.source), "local": list(b.local), "q": b.q, "path": list(b.path), "instance": b.instance, "reg_id": b.reg_id,
            "agent": b.agent, "since": b.since - now + wall,
        }
    )  # fmt: skip


def _binding(row: dict[str, Any], now: int, wall: int) -> Binding:
    return Binding(
        aor=row["aor"],
        contact=SipUri.parse(row["contact"]),
        expires=row["expires"] - wall + now,
        call_id=row["call_id"],
        cseq=row["cseq"],
        source=Address(*row["source"]),
        local=Address(*row["local"]),
        q=row["q"],
        path=tuple(row["path"]),
        instance=row["instance"],
        reg_id=row["reg_id"],
        agent=row["agent"],
        since=row["since"] - wall + now,
    )
