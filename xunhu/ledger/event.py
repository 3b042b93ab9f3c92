"""One event of the ledger and its bytes: compact JSON, keys in a fixed order, so that equal runs give equal bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Event:
    """seq: from 1 without a gap; time_ns: wall clock, UTC nanoseconds since 1970; kind: docs/architecture.md."""

    seq: int
    time_ns: int
    kind: str
    call: str = ""
    party: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    def encode(self) -> bytes:
        """TypeError for what JSON cannot hold. A lone surrogate (a number that came as rubbish) becomes a question mark."""
        row = [self.seq, self.time_ns, self.kind, self.call, self.party, self.data]
        try:
            return orjson.dumps(row)
        except TypeError:
            return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    @staticmethod
    def decode(octets: bytes | memoryview) -> Event:
        """ValueError when it is no event."""
        row = orjson.loads(octets)
        match row:
            case [int(seq), int(time_ns), str(kind), str(call), str(party), dict(data)]:
                return Event(seq, time_ns, kind, call, party, data)
        raise ValueError("not a ledger event")

    def as_dict(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "time_ns": self.time_ns,
            "kind": self.kind,
            "call": self.call,
            "party": self.party,
            **self.data,
        }
