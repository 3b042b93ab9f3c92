"""The ledger as call control writes to it."""

from __future__ import annotations

from typing import Any, Protocol


class EventLog(Protocol):
    """Where events go (docs/architecture.md, "The ledger"): `xunhu.ledger.Ledger`, or a list in tests."""

    def append(self, kind: str, call: str = "", party: str = "", **data: Any) -> int:
        """Add an event; returns its number. Never blocks and never fails for a full disk."""
