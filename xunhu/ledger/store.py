"""`Ledger`: one ordered, append-only log in LMDB, written by one process, read by many.

append -> journal (at once, survives kill -9) -> batch -> LMDB (a writer thread, each transaction flushed to disk).
Indexes kept in the same transaction: the events of a call, the calls that are open, and the rows that projections
(CDR) derive. A projection has a version; when it changes, its rows are made anew from the events.

A full disk does not stop calls: events wait in memory (at most `PENDING_LIMIT`), are tried again each second, and
what finds no room is counted in `lost` and reported through `on_trouble`.
"""

from __future__ import annotations

import fcntl
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import lmdb

from xunhu.ledger.event import Event
from xunhu.ledger.journal import Journal

PENDING_LIMIT = 200_000
_KEY = struct.Struct(">Q")
_JOURNAL_LIMIT = 8 << 20
_JOURNAL_AGAIN_S = 5.0
_BATCH_WAIT_S = 0.05
_MAP_START = 64 << 20
_CALL_KEY = 400  # octets; LMDB keys are at most 511
# conference rooms have their events under an id of their own, as calls have
_BEGINS = ("call.new", "conference.opened")
_ENDS = ("call.ended", "conference.closed")


Row = tuple[Any, bytes, bytes]  # database of lmdb, key, value


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An event on its way into LMDB, with the rows derived from it: (database, key, row)."""

    event: Event
    octets: bytes
    rows: list[Row]


class LedgerError(Exception):
    """The ledger cannot be opened; the text says which file and what to do."""


class Projection(Protocol):
    """Rows derived from events, kept beside them."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...
    def feed(self, event: Event) -> list[bytes]:
        """Rows that are finished with this event; the first is stored under the event's number."""


class Ledger:
    """folder: made when missing. readonly: another process may be writing; only reading methods may be called.

    clock: wall clock in nanoseconds (tests pass a virtual one). on_trouble(text) is called from the writer thread.
    """

    def __init__(
        self,
        folder: Path,
        *,
        readonly: bool = False,
        clock: Callable[[], int] = time.time_ns,
        projections: tuple[Projection, ...] = (),
        on_trouble: Callable[[str], None] | None = None,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._readonly = readonly
        self._projections = projections
        self._on_trouble = on_trouble
        self._pending: list[_Waiting] = []
        self._mutex = threading.Lock()
        self._commit_mutex = threading.Lock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._journal_ok = True
        self._journal_failed = 0.0  # monotonic
        self._troubled = False
        self.lost = 0
        self._lock_fd = -1
        self._env = self._open_env()
        try:
            self._prepare()
        except (OSError, lmdb.Error) as error:
            self._env.close()
            if self._lock_fd >= 0:
                os.close(self._lock_fd)
            raise LedgerError(f"{folder}: the ledger cannot be read or written: {error}; is the disk full?") from error

    def _prepare(self) -> None:
        create = not self._readonly
        self._events = self._env.open_db(b"events", create=create)
        self._calls = self._env.open_db(b"calls", dupsort=True, create=create)
        self._open = self._env.open_db(b"open", create=create)
        self._meta = self._env.open_db(b"meta", create=create)
        self._rows = {
            p.name: self._env.open_db(b"row." + p.name.encode(), create=create) for p in self._projections
        }
        self._seq = self._last_seq()
        if not self._readonly:
            self._journal = Journal(self._folder / "journal")
            self._rebuild_projections()
            self._take_over_journal()
            self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
            self._thread.start()

    # -- opening ---------------------------------------------------------------------------------------------

    def _open_env(self) -> lmdb.Environment:
        try:
            if not self._readonly:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._take_lock()
            elif not (self._folder / "data.mdb").exists():
                raise LedgerError(f"{self._folder}: no ledger here; has xunhu been started with this configuration?")
            size = max(_MAP_START, self._file_size() * 2)
            return lmdb.open(
                str(self._folder), map_size=size, max_dbs=16, readonly=self._readonly, max_readers=256, mode=0o640
            )
        except (OSError, lmdb.Error) as error:
            raise LedgerError(f"{self._folder}: the ledger cannot be opened: {error}") from error

    def _file_size(self) -> int:
        path = self._folder / "data.mdb"
        return path.stat().st_size if path.exists() else 0

    def _take_lock(self) -> None:
        self._lock_fd = os.open(self._folder / "writer.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock_fd)
            raise LedgerError(f"{self._folder}: another xunhu writes this ledger; stop it first") from error

    def _last_seq(self) -> int:
        with self._env.begin(db=self._events) as txn, txn.cursor() as cursor:
            return int(_KEY.unpack(cursor.key())[0]) if cursor.last() else 0

    def _take_over_journal(self) -> None:
        kept: list[_Waiting] = []
        for octets in self._journal.records():
            event = Event.decode(octets)
            if event.seq == self._seq + 1:
                kept.append(_Waiting(event, octets, self._derive(event)))
                self._seq = event.seq
        if kept:
            self._commit(kept)
        self._journal.clear()

    def _rebuild_projections(self) -> None:
        """Bring each projection to the last event: from the oldest open call on, or from the start when its version
        is new."""
        for projection in self._projections:
            key = f"projection.{projection.name}".encode()
            with self._env.begin() as txn:
                stored = txn.get(key, db=self._meta)
            anew = stored != str(projection.version).encode()
            start = 1 if anew else self._oldest_open()
            rows = self._rows[projection.name]
            if anew:
                with self._env.begin(write=True) as txn:
                    txn.drop(rows, delete=False)
            batch: list[Row] = []
            for event in self.read(start):
                derived = self._project(projection, event)
                if anew:
                    batch.extend(derived)
                if len(batch) >= 1000:
                    self._put_rows(batch)
                    batch = []
            self._put_rows(batch)
            with self._env.begin(write=True) as txn:
                txn.put(key, str(projection.version).encode(), db=self._meta)

    def _put_rows(self, batch: list[Row]) -> None:
        def work(txn: lmdb.Transaction) -> None:
            for rows, key, row in batch:
                txn.put(key, row, db=rows)

        self._transact(work)

    def _project(self, projection: Projection, event: Event) -> list[Row]:
        rows = self._rows[projection.name]
        return [(rows, _KEY.pack(event.seq) + bytes([n]), row) for n, row in enumerate(projection.feed(event))]

    def _derive(self, event: Event) -> list[Row]:
        return [row for projection in self._projections for row in self._project(projection, event)]

    def _oldest_open(self) -> int:
        with self._env.begin(db=self._open) as txn, txn.cursor() as cursor:
            firsts = [_KEY.unpack(value)[0] for _, value in cursor]
        return min(firsts, default=self._seq + 1)

    # -- writing ---------------------------------------------------------------------------------------------

    def append(self, kind: str, call: str = "", party: str = "", **data: Any) -> int:
        """The event's number. Never raises for a full disk; TypeError for data JSON cannot hold."""
        with self._mutex:
            event = Event(self._seq + 1, self._clock(), kind, call, party, data)
            octets = event.encode()
            if len(self._pending) >= PENDING_LIMIT:
                self.lost += 1
                self._journal_ok = False
                return self._seq
            self._seq = event.seq
            if self._journal_ok:
                try:
                    self._journal.append(octets)
                except OSError as error:
                    self._journal_ok = False
                    self._journal_failed = time.monotonic()
                    self._trouble(f"ledger journal: {error}")
            self._pending.append(_Waiting(event, octets, self._derive(event)))
            first = len(self._pending) == 1
        if first:
            self._wake.set()
        return event.seq

    def flush(self) -> None:
        """All events so far are in LMDB and on disk when this returns (or an OSError/lmdb.Error says why not)."""
        self._commit_pending()

    def _run(self) -> None:
        while True:
            self._wake.wait(1.0 if self._troubled else None)
            if self._stop.is_set():
                return
            self._wake.clear()
            time.sleep(_BATCH_WAIT_S)
            try:
                self._commit_pending()
                self._well_again()
            except (lmdb.Error, OSError) as error:
                self._trouble(f"ledger: {error}; {len(self._pending)} events wait, {self.lost} lost")
                time.sleep(1.0)
                self._wake.set()

    def _trouble(self, text: str) -> None:
        if not self._troubled and self._on_trouble is not None:
            self._on_trouble(text)
        self._troubled = True

    def _well_again(self) -> None:
        if not self._troubled or not self._journal_ok:
            return
        if self._on_trouble is not None:
            self._on_trouble(f"the ledger writes again; {self.lost} events were lost")
        self._troubled = False

    def _commit_pending(self) -> None:
        with self._commit_mutex:
            with self._mutex:
                batch = list(self._pending)
            if batch:
                self._commit(batch)
            with self._mutex:
                del self._pending[: len(batch)]
                if self._pending:
                    self._wake.set()  # they came meanwhile, and only the first of a batch has woken the writer
                else:
                    self._tidy_journal()

    def _tidy_journal(self) -> None:
        """Everything is in LMDB: what is in the journal is not needed. One that failed is tried again after a while."""
        failed = not self._journal_ok
        if failed and time.monotonic() - self._journal_failed < _JOURNAL_AGAIN_S:
            return
        if failed or self._journal.size > _JOURNAL_LIMIT:
            self._journal.clear()
            self._journal_ok = True

    def _commit(self, batch: list[_Waiting]) -> None:
        def work(txn: lmdb.Transaction) -> None:
            for waiting in batch:
                event, key = waiting.event, _KEY.pack(waiting.event.seq)
                txn.put(key, waiting.octets, db=self._events, append=True)
                if event.call:
                    call = event.call.encode()[:_CALL_KEY]
                    txn.put(call, key, db=self._calls)
                    if event.kind in _BEGINS:
                        txn.put(call, key, db=self._open)
                    elif event.kind in _ENDS:
                        txn.delete(call, db=self._open)
                for rows, row_key, row in waiting.rows:
                    txn.put(row_key, row, db=rows)

        self._transact(work)

    def _transact(self, work: Callable[[lmdb.Transaction], None]) -> None:
        for _ in range(40):
            try:
                with self._env.begin(write=True) as txn:
                    work(txn)
                return
            except lmdb.MapFullError:
                self._env.set_mapsize(self._env.info()["map_size"] * 2)
        raise LedgerError("the ledger's map cannot grow any more")

    def close(self) -> None:
        """LedgerError: what was waiting could not be written and was in memory only; how much."""
        if self._readonly:
            self._env.close()
            return
        self._stop.set()
        self._wake.set()
        self._thread.join()
        try:
            self._commit_pending()
        except (lmdb.Error, OSError) as error:
            if not self._journal_ok:  # else the journal has them, for the next opening
                raise LedgerError(f"{self._folder}: {len(self._pending)} events could not be written: {error}") from error
        finally:
            self._journal.close()
            self._env.close()
            os.close(self._lock_fd)

    # -- reading ---------------------------------------------------------------------------------------------

    @property
    def last_seq(self) -> int:
        """Number of the last event (0: none); in a reading process: of the last committed one."""
        return self._last_seq() if self._readonly else self._seq

    def read(self, start: int = 1, end: int | None = None) -> Iterator[Event]:
        """Committed events start <= seq <= end in order."""
        key = _KEY.pack(max(start, 0))
        while True:
            batch: list[Event] = []
            with self._env.begin(db=self._events) as txn, txn.cursor() as cursor:
                if not cursor.set_range(key):
                    return
                for raw_key, value in cursor:
                    if end is not None and _KEY.unpack(raw_key)[0] > end:
                        break
                    batch.append(Event.decode(value))
                    if len(batch) >= 500:
                        break
            if not batch:
                return
            yield from batch
            key = _KEY.pack(batch[-1].seq + 1)

    def call_events(self, call: str) -> list[Event]:
        """All committed events of one call, in order."""
        with self._env.begin() as txn, txn.cursor(db=self._calls) as cursor:
            keys = list(cursor.iternext_dup()) if cursor.set_key(call.encode()[:_CALL_KEY]) else []
            found = (txn.get(key, db=self._events) for key in keys)
            return [Event.decode(octets) for octets in found if octets is not None]

    def open_calls(self) -> dict[str, list[Event]]:
        """Calls, and conference rooms, that have begun and not ended: their events. What a restart takes up."""
        with self._env.begin(db=self._open) as txn, txn.cursor() as cursor:
            calls = [bytes(key).decode() for key, _ in cursor]
        return {call: self.call_events(call) for call in calls}

    def rows(self, projection: str, *, newest: int | None = None) -> list[bytes]:
        """Rows of a projection, oldest first; newest: only so many of the last ones."""
        with self._env.begin(db=self._rows[projection]) as txn, txn.cursor() as cursor:
            if newest is None:
                return [bytes(value) for _, value in cursor]
            out: list[bytes] = []
            if newest > 0 and cursor.last():
                out.append(bytes(cursor.value()))
                while len(out) < newest and cursor.prev():
                    out.append(bytes(cursor.value()))
            return out[::-1]
