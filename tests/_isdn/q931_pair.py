"""Two Q.931 machines back to back over a perfect data link, on a clock turned by hand."""

from __future__ import annotations

from typing import Any

from xunhu._isdn import q931_codec as c
from xunhu._isdn.primitives import (
    AlertingIndication,
    Cause,
    DataRequest,
    DisconnectIndication,
    EstablishRequest,
    ManagementIndication,
    Number,
    ProceedingIndication,
    ReleaseIndication,
    SetupConfirm,
    SetupIndication,
    SetupRequest,
)
from xunhu._isdn.q931 import Q931
from xunhu._isdn.q931_tables import Event, transitions

MS = 1_000_000
S = 1_000_000_000
NORMAL = Cause(16)


class End:
    """One machine, what it told its owner, and what it sent."""

    def __init__(self, side: str, **options: Any) -> None:
        self.q = Q931(side, trace=self._trace, **options)
        self.heard: list[Any] = []
        self.sent: list[bytes] = []
        self.outbox: list[bytes] = []
        self.table = transitions(side)
        self.seen: set[tuple[int, int, int]] = set()

    def _trace(self, side: str, call: int, state: int, event: int, following: int, now: int) -> None:
        """Every transition must be one the table allows."""
        cell = self.table[state, Event(event)]
        assert following in cell.ends_in, f"{side} {state} {Event(event).name} -> {following}: {cell}"
        self.seen.add((state, event, following))

    def collect(self) -> None:
        for out in self.q.drain():
            if isinstance(out, DataRequest):
                self.sent.append(out.payload)
                self.outbox.append(out.payload)
            elif not isinstance(out, (EstablishRequest, ManagementIndication)):
                self.heard.append(out)

    def take(self, kind: type) -> Any:
        """The oldest thing heard of a kind, taken out."""
        self.collect()
        for i, what in enumerate(self.heard):
            if isinstance(what, kind):
                return self.heard.pop(i)
        raise AssertionError(f"no {kind.__name__} among {self.heard}")

    def got(self, kind: type) -> bool:
        self.collect()
        return any(isinstance(what, kind) for what in self.heard)

    def last_sent(self) -> c.Message:
        self.collect()
        return c.decode(self.sent[-1])

    def names(self) -> list[str]:
        self.collect()
        return [c.decode(octets).name for octets in self.sent]


class Pair:
    def __init__(self, variant: str = "NET5", up: bool = True, **options: Any) -> None:
        self.user = End("user", variant=variant, **options)
        self.network = End("network", variant=variant, **options)
        self.now = 0
        self.connected = True
        if up:
            self.link_up()

    def link_up(self) -> None:
        self.connected = True
        self.user.q.data_link_established(self.now)
        self.network.q.data_link_established(self.now)
        self.run()

    def link_down(self) -> None:
        self.connected = False
        for end in (self.user, self.network):
            end.q.data_link_released(self.now)
            end.collect()
            end.outbox.clear()

    def run(self) -> None:
        """Carry messages to and fro until there are none."""
        for _ in range(1000):
            self.user.collect()
            self.network.collect()
            if not self.user.outbox and not self.network.outbox:
                return
            for end, other in ((self.user, self.network), (self.network, self.user)):
                outbox, end.outbox = end.outbox, []
                for octets in outbox:
                    if self.connected:
                        other.q.receive(octets, self.now)
        raise AssertionError("the machines do not come to rest")

    def lose(self) -> None:
        """What is on the way is lost."""
        for end in (self.user, self.network):
            end.collect()
            end.outbox.clear()

    def turn(self, seconds: float, *, carry: bool = True) -> None:
        """Let time pass, every timer at its moment; carry False: all messages are lost."""
        until = self.now + int(seconds * S)
        while True:
            deadlines = [d for d in (self.user.q.next_deadline, self.network.q.next_deadline) if d is not None]
            if not deadlines or min(deadlines) > until:
                break
            self.now = max(self.now, min(deadlines))
            self.user.q.handle_timeout(self.now)
            self.network.q.handle_timeout(self.now)
            self.run() if carry else self.lose()
        self.now = until

    def other(self, end: End) -> End:
        return self.network if end is self.user else self.user

    def offer(self, caller: End, **fields: Any) -> tuple[int, int]:
        """A call from one end, offered at the other: its number at both."""
        fields.setdefault("called", Number("4006000998"))
        fields.setdefault("calling", Number("13800138000", 2, 1, 0, 3))
        call = caller.q.setup_request(SetupRequest(**fields), self.now)
        self.run()
        return call, self.other(caller).take(SetupIndication).call

    def talk(self, caller: End, **fields: Any) -> tuple[int, int]:
        """A call from one end, answered by the other."""
        called = self.other(caller)
        a, b = self.offer(caller, **fields)
        called.q.proceeding_request(b, self.now)
        self.run()
        called.q.alerting_request(b, self.now)
        self.run()
        called.q.setup_response(b, self.now)
        self.run()
        for kind in (ProceedingIndication, AlertingIndication, SetupConfirm):
            assert caller.take(kind).call == a
        return a, b

    def state(self, end: End, call: int) -> int:
        return {k.call: k.state for k in end.q.calls()}.get(call, 0)

    def clear(self, end: End, call: int, cause: Cause = NORMAL) -> None:
        """Cleared by `end`, released by the other."""
        end.q.disconnect_request(call, cause, self.now)
        self.run()
        other = self.other(end)
        said = other.take(DisconnectIndication)
        other.q.release_request(said.call, said.cause, self.now)
        self.run()

    def at_rest(self) -> None:
        """No call, no timer, every channel idle at both ends."""
        self.run()
        for end in (self.user, self.network):
            assert end.q.calls() == []
            assert end.q.running_timers() == []
            assert end.q.next_deadline is None
            assert set(end.q.channel_states().values()) == {"idle"}

    def released(self, end: End, call: int) -> ReleaseIndication:
        """The one ReleaseIndication of a call."""
        end.collect()
        found = [h for h in end.heard if isinstance(h, ReleaseIndication) and h.call == call]
        assert len(found) == 1
        return found[0]
