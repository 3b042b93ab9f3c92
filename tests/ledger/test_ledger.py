"""The ledger: order, batches, kill -9, torn journals, full disks, readers beside the writer."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xunhu.ledger import Event, Ledger, LedgerError
from xunhu.ledger.journal import Journal
from xunhu.records.cdr import CdrProjection


def test_events_come_back_in_order(tmp_path: Path) -> None:
    clock = iter(range(1000, 10_000))
    ledger = Ledger(tmp_path / "l", clock=lambda: next(clock))
    for n in range(50):
        assert ledger.append("leg.digit", call=f"c{n % 3}", leg="a", digit=str(n)) == n + 1
    ledger.flush()
    events = list(ledger.read())
    assert [e.seq for e in events] == list(range(1, 51))
    assert [e.time_ns for e in events] == list(range(1000, 1050))
    assert [e.data["digit"] for e in ledger.call_events("c1")] == [str(n) for n in range(1, 50, 3)]
    assert [e.seq for e in ledger.read(48)] == [48, 49, 50]
    assert [e.seq for e in ledger.read(3, 5)] == [3, 4, 5]
    ledger.close()
    again = Ledger(tmp_path / "l")
    assert again.append("control.start") == 51
    again.close()


def test_open_calls_are_those_without_end(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    for call in ("a", "b", "c"):
        ledger.append("call.new", call=call)
    ledger.append("call.ended", call="b", cause=16)
    ledger.flush()
    assert sorted(ledger.open_calls()) == ["a", "c"]
    ledger.close()


def test_a_second_writer_is_refused_and_a_reader_is_not(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    ledger.append("control.start")
    ledger.flush()
    script = (
        "import sys; from pathlib import Path; from xunhu.ledger import *\n"
        "p = Path(sys.argv[1])\n"
        "try: Ledger(p)\n"
        "except LedgerError as e: print('refused', 'another xunhu' in str(e))\n"
        "print(len(list(Ledger(p, readonly=True).read())))\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "l")]
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    assert out.stdout.split("\n")[:2] == ["refused True", "1"]
    ledger.close()


def test_reading_where_nothing_is(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no ledger here"):
        Ledger(tmp_path / "none", readonly=True)


WRITER = """
import sys
from pathlib import Path
from xunhu.ledger import Ledger
from xunhu.records.cdr import CdrProjection
ledger = Ledger(Path(sys.argv[1]), projections=(CdrProjection(),))
n = 0
while True:
    n += 1
    ledger.append("call.new", call=f"c{n}", calling=str(n))
    ledger.append("call.ended", call=f"c{n}", cause=16)
    sys.stdout.write(f"{n}\\n")
    sys.stdout.flush()
"""


@pytest.mark.parametrize("after_s", [0.05, 0.31])
def test_kill_9_loses_no_finished_call(tmp_path: Path, after_s: float) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "l")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "1\n"
        time.sleep(after_s)
        os.kill(child.pid, signal.SIGKILL)
        said = [int(line) for line in child.stdout.read().split() if line.strip()]
    last = said[-2] if len(said) > 1 else 1  # the very last line may be torn by the kill
    ledger = Ledger(tmp_path / "l", projections=(CdrProjection(),))
    ended = [e.call for e in ledger.read() if e.kind == "call.ended"]
    assert len(ended) >= last
    assert ended == [f"c{n}" for n in range(1, len(ended) + 1)]
    assert len(ledger.rows("cdr")) == len(ended)
    ledger.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 400), junk=st.binary(max_size=20))
def test_a_torn_journal_keeps_its_whole_records(tmp_path: Path, cut: int, junk: bytes) -> None:
    path = tmp_path / "journal"
    path.unlink(missing_ok=True)
    journal = Journal(path)
    rows = [b"x" * (n + 1) for n in range(20)]
    for row in rows:
        journal.append(row)
    journal.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - min(cut, len(whole))] + junk)
    torn = Journal(path)
    kept = list(torn.records())
    assert kept == rows[: len(kept)]
    assert sum(8 + len(row) for row in kept) <= len(whole) - min(cut, len(whole)) + len(junk)
    torn.append(b"after")
    assert list(torn.records()) == [*kept, b"after"]
    torn.close()


def test_a_full_disk_stops_nothing_and_is_said_once(tmp_path: Path) -> None:
    said: list[str] = []
    ledger = Ledger(tmp_path / "l", on_trouble=said.append)
    whole = ledger._transact  # the disk is full from here on

    def full(work: object) -> None:
        raise OSError(28, "No space left on device")

    ledger._transact = full  # type: ignore[method-assign,assignment]
    for n in range(10):
        ledger.append("leg.digit", call="c", digit=str(n))
    deadline = time.monotonic() + 10
    while not said and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(said) == 1
    assert "No space left" in said[0]
    ledger._transact = whole  # type: ignore[method-assign]
    deadline = time.monotonic() + 10
    while len(said) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [e.data["digit"] for e in ledger.read()] == [str(n) for n in range(10)]
    ledger.close()
    assert said[1:] == ["the ledger writes again; 0 events were lost"]


def test_a_journal_that_fails_alone_is_said_once_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("xunhu.ledger.store._JOURNAL_AGAIN_S", 0.3)
    ledger = Ledger(tmp_path / "l", on_trouble=said.append)
    whole = ledger._journal.append
    tries = 0

    def full(payload: bytes) -> None:
        nonlocal tries
        tries += 1
        raise OSError(28, "No space left on device")

    ledger._journal.append = full  # type: ignore[method-assign]
    for n in range(20):
        ledger.append("leg.digit", call="c", digit=str(n))
        ledger.flush()
    assert tries < 20
    assert [text for text in said if "No space" in text] == said[:1]
    ledger._journal.append = whole  # type: ignore[method-assign]
    deadline = time.monotonic() + 10
    while len(said) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert said[1:] == ["the ledger writes again; 0 events were lost"]
    ledger.append("leg.digit", call="c", digit="#")
    assert ledger._journal.size > 0
    ledger.close()


def test_rows_are_made_anew_when_a_definition_changes(tmp_path: Path) -> None:
    class Count:
        name = "count"
        version = 1

        def feed(self, event: Event) -> list[bytes]:
            return [f"{self.version}:{event.seq}".encode()]

    ledger = Ledger(tmp_path / "l", projections=(Count(),))
    for _ in range(3):
        ledger.append("control.start")
    ledger.close()
    changed = Count()
    changed.version = 2
    ledger = Ledger(tmp_path / "l", projections=(changed,))
    assert ledger.rows("count") == [b"2:1", b"2:2", b"2:3"]
    assert ledger.rows("count", newest=2) == [b"2:2", b"2:3"]
    ledger.close()


def test_the_map_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xunhu.ledger.store._MAP_START", 1 << 17)
    ledger = Ledger(tmp_path / "l")
    for n in range(3000):
        ledger.append("flow.node", call=f"c{n}", node="x" * 200)
    ledger.flush()
    assert ledger.last_seq == 3000
    assert sum(1 for _ in ledger.read()) == 3000
    ledger.close()


def test_what_comes_during_a_commit_is_committed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = Ledger._commit

    def slow(self: Ledger, batch: list[object]) -> None:
        if len(batch) == 1 and self.last_seq == 1:
            self.append("call.ended", call="a")
        commit(self, batch)  # type: ignore[arg-type]

    monkeypatch.setattr(Ledger, "_commit", slow)
    ledger = Ledger(tmp_path / "l")
    ledger.append("call.new", call="a")
    end = time.monotonic() + 10
    while len(list(ledger.read())) < 2:
        assert time.monotonic() < end, "nobody has woken the writer"
        time.sleep(0.01)
    ledger.close()


def test_what_a_line_may_bring_is_kept_and_what_is_no_data_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    ledger.append("call.new", call="c", calling="\udc80\x00汉", big=1 << 70)
    with pytest.raises(TypeError):
        ledger.append("call.new", call="c", calling=object())
    ledger.flush()
    (event,) = ledger.read()
    assert event.data == {"calling": "?\x00汉", "big": 1 << 70}
    assert ledger.append("call.ended", call="c") == 2
    ledger.close()
