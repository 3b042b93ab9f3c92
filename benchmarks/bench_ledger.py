"""The ledger: us to append an event, events committed a second, reading of call data records.

Events are those of real calls (12 a call). The folder is in /tmp, so that commits flush to a file system as in service; on a
machine whose /tmp is memory they cost less than on a disk.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import common

from xunhu.ledger import Ledger
from xunhu.records.cdr import Cdr, CdrProjection

CALL = (
    ("call.new", {"direction": "in", "calling": "13800138000", "called": "8001", "trunk": "Trunk0", "circuit": "Trunk0/1"}),
    ("call.route", {"rule": 1, "target": "extension:8001", "why": ""}),
    ("leg.new", {"leg": "a", "role": "caller", "trunk": "Trunk0", "circuit": "Trunk0/1", "calling": "13800138000", "called": "8001"}),
    ("leg.new", {"leg": "b", "role": "callee", "trunk": "Trunk1", "circuit": "Trunk1/1", "calling": "13800138000", "called": "8001"}),
    ("leg.proceeding", {"leg": "b"}),
    ("leg.alerting", {"leg": "b"}),
    ("leg.answered", {"leg": "b", "restore": {"reference": 1, "originated": True, "channel": 1}}),
    ("leg.answered", {"leg": "a", "restore": {"reference": 1, "originated": False, "channel": 1}}),
    ("call.bridged", {"legs": ["a", "b"]}),
    ("leg.released", {"leg": "a", "cause": 16, "by": "peer", "why": ""}),
    ("leg.released", {"leg": "b", "cause": 16, "by": "us", "why": ""}),
    ("call.ended", {"cause": 16, "by": "caller", "answered": True}),
)


def main() -> None:
    options = common.parser(__doc__).parse_args()
    calls = 50 if options.quick else 3000
    report = common.Report("ledger", f"Ledger, {calls:,} calls of {len(CALL)} events", options.quick)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ledger = Ledger(folder, projections=(CdrProjection(),))

        def append() -> None:
            for n in range(calls):
                for kind, data in CALL:
                    ledger.append(kind, f"c{n}", "", **data)

        begin, thread = time.monotonic(), time.thread_time_ns()
        append()
        appended_us = (time.thread_time_ns() - thread) / calls / len(CALL) / 1000
        ledger.flush()
        took = time.monotonic() - begin
        events = calls * len(CALL)
        assert ledger.last_seq == events
        report.add("append an event, CPU of the thread that appends", appended_us, "us", headline=True)
        report.add("events appended and committed a second", events / took, "events/s", headline=True)

        def commits() -> None:
            for n in range(20):
                ledger.append("call.note", f"d{n}", text="x")
                ledger.flush()

        begin = time.monotonic()
        commits()
        report.add("a commit of one event, flushed to disk", (time.monotonic() - begin) / 20 * 1000, "ms")
        rows: list[Cdr] = []
        us = common.cpu_us(lambda: rows.extend(Cdr.decode(row) for row in ledger.rows("cdr")), calls)
        assert len(rows) == calls
        report.add("read a CDR", us, "us", headline=True)
        us = common.cpu_us(lambda: [ledger.call_events(f"c{n}") for n in range(50)], 50)
        report.add("read the events of a call", us, "us")
        ledger.close()
        size = sum(path.stat().st_size for path in folder.iterdir() if path.name != "journal")
        report.add("on disk an event, with its indexes", size / events, "octets")
    report.print(options)


if __name__ == "__main__":
    main()
