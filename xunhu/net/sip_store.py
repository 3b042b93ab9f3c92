"""`SipStore`: registrations and bans in an LMDB environment of their own, so that a restart of control, or its death, loses none.

A commit is in the kernel's page cache before the answer of a registration is sent: kill -9 loses nothing. A thread brings it to the disk once a
second: a power failure loses at most that, and telephones register again. An environment that cannot be read is put aside and begun anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import lmdb

_MAP_START = 32 << 20
_MAP_MAX = 1 << 30
_SYNC_S = 1.0


class SipStore:
    """folder: made when missing. on_trouble(text) is called from the thread as well. OSError: the folder cannot be made or written."""

    def __init__(self, folder: Path, on_trouble: Callable[[str], None] = lambda text: None) -> None:
        self._folder = folder
        self._on_trouble = on_trouble
        self._troubled = False
        self._dirty = threading.Event()
        self._stop = threading.Event()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._open()
        except lmdb.Error as error:
            aside = folder / f"damaged-{time.time_ns()}.mdb"
            (folder / "data.mdb").rename(aside)
            on_trouble(f"{folder}: registrations cannot be read ({error}); put aside as {aside.name}, telephones register again")
            self._open()
        self._thread = threading.Thread(target=self._run, name="sip-store", daemon=True)
        self._thread.start()

    def _open(self) -> None:
        self._env = lmdb.open(str(self._folder), map_size=_MAP_START, max_dbs=4, sync=False, mode=0o640)
        try:
            self._bindings = self._env.open_db(b"bindings")
            self._bans = self._env.open_db(b"bans")
            with self._env.begin() as txn:
                txn.stat(self._bindings)
        except lmdb.Error:
            self._env.close()
            raise

    def bindings(self) -> list[tuple[bytes, bytes]]:
        with self._env.begin(db=self._bindings) as txn:
            return [(bytes(key), bytes(value)) for key, value in txn.cursor()]

    def bans(self) -> bytes:
        """What keep_bans was given last, b"" before."""
        with self._env.begin(db=self._bans) as txn:
            return bytes(txn.get(b"all") or b"")

    def write(self, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Keys and octets, None to delete. What cannot be written is reported: calls go on without it."""

        def work(txn: lmdb.Transaction) -> None:
            for key, octets in rows:
                if octets is None:
                    txn.delete(key, db=self._bindings)
                else:
                    txn.put(key, octets, db=self._bindings)

        self._commit(work)

    def keep_bans(self, octets: bytes) -> None:
        self._commit(lambda txn: txn.put(b"all", octets, db=self._bans))

    def _commit(self, work: Callable[[lmdb.Transaction], object]) -> None:
        while True:
            try:
                with self._env.begin(write=True) as txn:
                    work(txn)
            except lmdb.MapFullError:
                size = self._env.info()["map_size"] * 2
                if size > _MAP_MAX:
                    self._trouble("registrations fill a GiB; none more are kept over a restart")
                    return
                self._env.set_mapsize(size)
                continue
            except (lmdb.Error, OSError) as error:
                self._trouble(f"registrations are not kept over a restart: {error}; is the disk full?")
                return
            self._troubled = False
            self._dirty.set()
            return

    def _trouble(self, text: str) -> None:
        if not self._troubled:
            self._troubled = True
            self._on_trouble(f"{self._folder}: {text}")

    def _run(self) -> None:
        while not self._stop.wait(_SYNC_S):
            if self._dirty.is_set():
                self._dirty.clear()
                self._sync()

    def _sync(self) -> None:
        try:
            self._env.sync(True)
        except (lmdb.Error, OSError) as error:
            self._trouble(f"registrations cannot be brought to the disk: {error}")

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._sync()
        self._env.close()
