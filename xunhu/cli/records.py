"""`xunhu cdr`: reads the ledger, whether xunhu runs or not."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo

from xunhu.cli.common import configuration
from xunhu.cli.output import FOUND, OK, USAGE, CommandError, print_json, print_table, state_word
from xunhu.config import Config
from xunhu.ledger import Event, Ledger, LedgerError
from xunhu.records.cdr import Cdr, CdrProjection
from xunhu.text import tr


@contextmanager
def _ledger(config: Config) -> Iterator[Ledger]:
    try:
        ledger = Ledger(config.site.data / "ledger", readonly=True, projections=(CdrProjection(),))
    except LedgerError as error:
        raise CommandError(str(error)) from error
    try:
        yield ledger
    finally:
        ledger.close()


def cdr(arguments: Namespace) -> int:
    if arguments.last < 0:
        raise CommandError(tr("--last is 0 (all) or more", "--last 为 0（全部）或更大"), "", USAGE)
    config = configuration(arguments)
    zone = config.site.calls.timezone
    with _ledger(config) as ledger:
        if arguments.call:
            return _one(ledger, arguments)
        filtered = arguments.calling or arguments.called
        newest = arguments.last if arguments.last > 0 and not filtered else None
        rows = [Cdr.decode(row) for row in ledger.rows("cdr", newest=newest)]
    if arguments.calling:
        rows = [r for r in rows if r.calling == arguments.calling]
    if arguments.called:
        rows = [r for r in rows if r.called == arguments.called]
    if arguments.last > 0:
        rows = rows[-arguments.last :]
    if arguments.json:
        print_json([r.as_dict() for r in rows])
        return OK
    show_cdrs(rows, zone)
    return OK


def show_cdrs(rows: list[Cdr], zone: tzinfo | None) -> None:
    """A table, oldest first; times in the zone of the configuration, as in the calls' ids (None: the machine's)."""
    rows = sorted(rows, key=lambda row: (row.start, row.call))
    print_table(
        [
            tr("start", "开始"),
            tr("call", "呼叫"),
            tr("calling", "主叫"),
            tr("called", "被叫"),
            tr("circuit", "电路"),
            tr("with", "通话方"),
            tr("seconds", "时长"),
            tr("talk", "通话"),
            tr("keys", "按键"),
            tr("cause", "原因"),
            tr("by", "挂机方"),
        ],
        [
            (
                _local(r.start, zone),
                r.call,
                r.calling,
                r.called,
                r.circuit,
                ",".join(r.parties),
                f"{r.duration_s:.1f}",
                f"{r.talk_s:.1f}",
                r.digits,
                r.cause,
                state_word(r.released_by),
            )
            for r in rows
        ],
        empty=tr("no calls yet", "还没有话单"),
    )


def _local(stamp: str, zone: tzinfo | None) -> str:
    return datetime.fromisoformat(stamp).astimezone(zone).strftime("%m-%d %H:%M:%S") if stamp else ""


def _one(ledger: Ledger, arguments: Namespace) -> int:
    events = ledger.call_events(arguments.call)
    if not events:
        raise CommandError(
            tr(f"there is no call {arguments.call}", f"没有呼叫 {arguments.call}"),
            tr("`xunhu cdr` lists them", "`xunhu cdr` 可列出呼叫"),
            FOUND,
        )
    projection = CdrProjection()
    rows = [row for event in events for row in projection.feed(event)]
    record = Cdr.decode(rows[0]) if rows else None
    if arguments.json:
        print_json({"cdr": record.as_dict() if record else None, "events": [e.as_dict() for e in events]})
        return OK
    if record is not None:
        for name, value in record.as_dict().items():
            if value not in ("", [], 0):
                print(f"{name:14} {', '.join(value) if isinstance(value, list) else value}")
        print()
    first = events[0].time_ns
    for event in events:
        print(f"{(event.time_ns - first) / 1e9:9.3f}  {event.kind:18} {_words(event)}")
    return OK


def _words(event: Event) -> str:
    return "  ".join(f"{k}={v}" for k, v in event.data.items() if v not in (None, "", {}, []) and k != "restore")
