"""`Flow`: one TCP or TLS connection of SIP, with its limits; `FlowTable`: all of them.

A connection that is slow to say something (half a message, no message at all, an unfinished handshake) is closed; one that sends more than an
unknown source may is read more slowly; one that does not take what we send is cut off.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any, cast

from xunhu.net.settings import NetLimits
from xunhu.sip.address import Address
from xunhu.sip.message import SipMessage, SipParseError, StreamReader

PONG = b"\r\n"
PING = b"\r\n\r\n"

Received = Callable[["Flow", list[SipMessage | SipParseError]], None]


class Flow(asyncio.Protocol):
    """number: what the user agent calls it; ours: we have made the connection; peer and local: its ends."""

    def __init__(
        self, table: FlowTable, number: int, transport: str, peer: Address, *, ours: bool, trusted: bool
    ) -> None:
        self.number = number
        self.peer = peer
        self.local = Address(transport, "", 0)
        self.ours = ours
        self.trusted = trusted
        self.open = False
        self.made = False  # it was open once; the table has counted it out when it is over
        self.messages = 0
        self._table = table
        self._limits = table.limits
        self._loop = table.loop
        self._reader = StreamReader(table.limits.octets)
        self._transport: asyncio.Transport | None = None
        self._heard = table.loop.time()  # the last octet
        self._since: float | None = self._heard  # since when a message is awaited that has begun, or the first one
        self._credit = float(table.limits.burst)
        self._credit_at = self._heard
        self._pinged: float | None = None
        self._pongs = False
        self._paused: asyncio.TimerHandle | None = None

    # -- asyncio ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        name = transport.get_extra_info("sockname")
        self.local = Address(self.peer.transport, name[0], name[1])
        self.open = self.made = True
        self._table.opened(self)
        self._transport.set_write_buffer_limits(high=self._limits.unsent)

    def data_received(self, data: bytes) -> None:
        now = self._loop.time()
        self._heard = now
        if self._pinged is not None:
            self._pinged, self._pongs = None, True
        reader = self._reader
        found = reader.feed(data)
        if reader.pings:
            reader.pings = 0
            self.write(PONG)
        if found:
            self.messages += len(found)
            self._spend(len(found), now)
            self._table.received(self, found)
        if reader.broken:
            self.close()
            return
        if self.ours and not self.messages:
            self._since = None  # nothing is owed to us
        elif reader.partial:
            if found or self._since is None:
                self._since = now
        elif self.messages:
            self._since = None

    def pause_writing(self) -> None:
        """More than `unsent` octets wait: the other side does not read."""
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        if self._paused is not None:
            self._paused.cancel()
        self._table.lost(self)

    # -- limits ------------------------------------------------------------------------------------------------

    def _spend(self, messages: int, now: float) -> None:
        """A bucket of messages: when it is empty, nothing is read until it has one again."""
        if self.trusted:
            return
        limits = self._limits
        self._credit = min(self._credit + (now - self._credit_at) * limits.rate, limits.burst) - messages
        self._credit_at = now
        if self._credit < 0 and self._paused is None and self._transport is not None and self.open:
            self._transport.pause_reading()
            self._paused = self._loop.call_later(-self._credit / limits.rate, self._resume)

    def _resume(self) -> None:
        self._paused = None
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def look(self, now: float) -> None:
        """Each second: what has gone on too long."""
        limits = self._limits
        quiet = now - self._heard
        if self._since is not None and now - self._since > limits.first_s and self._paused is None:
            self._table.count("slow")
            self.abort()
        elif not self.ours and not self.trusted and quiet > limits.idle_s:
            self._table.count("idle")
            self.close()
        elif self.ours and self._pinged is not None and now - self._pinged > limits.pong_s:
            if self._pongs:
                self._table.count("no pong")
                self.abort()
            self._pinged = None
        elif self.ours and self._pinged is None and quiet > limits.ping_s:
            self._heard = now
            self._pinged = now
            self.write(PING)

    # -- for the shell ------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        if self._transport is not None and self.open:
            self._transport.write(data)

    def close(self) -> None:
        """What was written is still sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def certificate(self) -> dict[str, Any] | None:
        """Of the other side, verified, as ssl.SSLSocket.getpeercert gives it; None: it has shown none."""
        tls: ssl.SSLObject | None = None if self._transport is None else self._transport.get_extra_info("ssl_object")
        return (tls.getpeercert() or None) if tls is not None else None


class FlowTable:
    """Connections by number and by their other end, counted by source. Those that are still being accepted count, too."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, limits: NetLimits, received: Received, lost: Callable[[Flow], None]
    ) -> None:
        self.loop = loop
        self.limits = limits
        self.received = received
        self._lost = lost
        self._numbers = 0
        self._flows: dict[int, Flow] = {}
        self._by_peer: dict[Address, Flow] = {}
        self._sources: dict[str, int] = {}
        self._total = 0
        self.counts: dict[str, int] = {}
        self.last_error = ""

    def count(self, why: str) -> None:
        self.counts[why] = self.counts.get(why, 0) + 1

    def __len__(self) -> int:
        return self._total

    def admit(self, host: str, trusted: bool) -> bool:
        """One more of this source; `leave` when it has gone before it became a flow."""
        limits = self.limits
        if len(self) >= limits.connections:
            self.count("too many connections")
            return False
        have = self._sources.get(host, 0)
        if have >= (limits.per_peer if trusted else limits.per_source):
            self.count("too many of a source")
            return False
        self._sources[host] = have + 1
        self._total += 1
        return True

    def leave(self, host: str) -> None:
        self._total -= 1
        have = self._sources[host] - 1
        if have:
            self._sources[host] = have
        else:
            del self._sources[host]

    def make(self, transport: str, peer: Address, *, ours: bool, trusted: bool) -> Flow:
        """For a connection that was admitted; it is in the table when it is there."""
        self._numbers += 1
        return Flow(self, self._numbers, transport, peer, ours=ours, trusted=trusted)

    def opened(self, flow: Flow) -> None:
        self._flows[flow.number] = flow
        self._by_peer[flow.peer] = flow

    def lost(self, flow: Flow) -> None:
        if self._flows.pop(flow.number, None) is None:
            return
        if self._by_peer.get(flow.peer) is flow:
            del self._by_peer[flow.peer]
        self.leave(flow.peer.host)
        self._lost(flow)

    def find(self, number: int, to: Address) -> Flow | None:
        """The connection of this number; when there is none (any more), one with this other end."""
        flow = self._flows.get(number)
        if flow is None or not flow.open:
            flow = self._by_peer.get(to)
        return flow if flow is not None and flow.open else None

    def get(self, number: int) -> Flow | None:
        return self._flows.get(number)

    def look(self) -> None:
        now = self.loop.time()
        for flow in list(self._flows.values()):
            flow.look(now)

    def all(self) -> list[Flow]:
        return list(self._flows.values())
