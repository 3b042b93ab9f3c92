"""The ledger: everything that happens to a call, in one order, never altered (docs/architecture.md, "The ledger").

event.py     one event, its bytes
journal.py   the journal that a killed process leaves whole
store.py     `Ledger`: append, commit into LMDB, read, open calls
"""

from xunhu.ledger.event import Event
from xunhu.ledger.store import Ledger, LedgerError

__all__ = ["Event", "Ledger", "LedgerError"]
