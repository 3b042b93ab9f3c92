"""What the demo shows: on a terminal a table that lives, elsewhere a line for each event."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections import deque
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.box import HEAVY_HEAD
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from xunhu.call.trunk import Trunk
from xunhu.cli.output import CommandError, state_word
from xunhu.ledger import Event
from xunhu.service.switch import Switch
from xunhu.text import tr

_WIDE = 80  # columns; a smaller terminal has fewer of the table's
_SILENT = {"rec.start", "rec.end", "leg.proceeding", "flow.result", "media.attached", "control.start", "trunk.state"}


class View:
    """A context manager around the demo's run."""

    def __init__(self, switch: Switch, *, quiet: bool) -> None:
        self._switch = switch
        self._quiet = quiet
        self._terminal = sys.stdout.isatty() and not quiet
        self._began_ns = switch.clock.wall_ns()
        self._lines: deque[str] = deque(maxlen=12)
        self._numbers: dict[str, str] = {}
        self._wishes: dict[str, str] = {}
        self._live: Live | None = None
        self._seen = switch.ledger.last_seq
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        if self._terminal:
            self._live = Live(self._picture(), refresh_per_second=8)
            self._live.__enter__()
        self._task = asyncio.get_running_loop().create_task(self._follow())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
        self._events()
        if self._live is not None:
            self._live.update(self._picture())
            self._live.__exit__(kind, value, trace)

    def say(self, who: str, what: str) -> None:
        self._wishes[who] = what
        self._line(f"{who}  {what}")

    def _line(self, text: str, time_ns: int | None = None) -> None:
        """time_ns: wall clock, of an event of the ledger; else now."""
        when = self._switch.clock.wall_ns() if time_ns is None else time_ns
        stamp = f"{(when - self._began_ns) / 1e9:7.2f}"
        if self._terminal:
            self._lines.append(f"{stamp}  {text}")
        elif not self._quiet:
            print(f"{stamp}  {text}", flush=True)

    async def wait_up(self, trunks: Iterable[Trunk]) -> None:
        """Until all D channels are up and every circuit has been reset."""
        waiting = list(trunks)
        for _ in range(200):
            waiting = [trunk for trunk in waiting if set(trunk.circuits().values()) != {"idle"}]
            if not waiting:
                self._line(tr("all D channels are up", "所有 D 信道已建立"))
                return
            await asyncio.sleep(0.05)
        names = ", ".join(trunk.name for trunk in waiting)
        raise CommandError(
            tr(f"{names}: the D channel does not come up", f"{names}：D 信道未建立"),
            tr("is the machine overloaded? try again", "机器是否过载？请重试"),
        )

    async def settle(self) -> None:
        """Until the switch has no call any more."""
        for _ in range(200):
            if not self._switch.control.call_count:
                return
            await asyncio.sleep(0.05)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(0.125)
            self._events()
            if self._live is not None:
                self._live.update(self._picture())

    def _events(self) -> None:
        ledger = self._switch.ledger
        ledger.flush()
        for event in ledger.read(self._seen + 1):
            self._seen = event.seq
            if event.kind == "call.new":
                self._numbers[event.call] = str(event.data.get("calling", ""))
            text = "" if event.kind in _SILENT else self._words(event)
            if text:
                who = self._numbers.get(event.call, "")
                self._line(f"{who:12} {text}" if who else text, event.time_ns)

    @staticmethod
    def _words(event: Event) -> str:
        data = event.data
        match event.kind:
            case "call.new":
                return tr(
                    f"calls {data.get('called')} on {data.get('circuit')}",
                    f"呼叫 {data.get('called')}，电路 {data.get('circuit')}",
                )
            case "leg.answered" if data.get("leg") == "A" or data.get("role") == "caller":
                return tr("is answered", "已应答")
            case "flow.node":
                return tr(f"is at {data.get('node')}", f"到达节点 {data.get('node')}")
            case "leg.digit":
                return tr(f"key {data.get('digit')}", f"按键 {data.get('digit')}")
            case "leg.new" if data.get("role") != "caller":
                return tr(f"extension {data.get('called')} rings", f"分机 {data.get('called')} 振铃")
            case "call.bridged":
                return tr("talks", "通话")
            case "conference.joined":
                return tr(f"joins conference {data.get('room')}", f"加入会议 {data.get('room')}")
            case "conference.left":
                return tr(f"leaves the conference: {data.get('why')}", f"离开会议：{data.get('why')}")
            case "call.ended":
                cause, by = data.get("cause"), data.get("by")
                who = {"caller": "主叫", "called": "被叫", "system": "系统"}.get(str(by), by)
                return tr(f"released, cause {cause}, by {by}", f"挂机，原因 {cause}，挂机方 {who}")
            case "alarm":
                return f"! {data.get('text')}"
            case _:
                return ""

    def _picture(self) -> Group:
        columns, rows = shutil.get_terminal_size()
        wide = columns >= _WIDE
        calls = self._switch.control.calls()
        if not wide:  # a small terminal: what is needed to follow, and no frame
            calls = calls[: max(1, rows - 4)]
        table = Table(
            title=tr("xunhu demo: the hotline", "讯呼演示：热线") if wide else None,
            expand=True,
            box=HEAVY_HEAD if wide else None,
        )
        table.add_column(tr("caller", "主叫"), no_wrap=True)
        if wide:
            table.add_column(tr("wants", "意图"), no_wrap=True, ratio=1)
        table.add_column(tr("state", "状态"), no_wrap=True)
        table.add_column(tr("node", "节点"), no_wrap=True)
        if wide:
            table.add_column(tr("with", "通话方"), no_wrap=True)
            table.add_column(tr("hears", "听到"), no_wrap=True)
        engine = self._switch.media.engine
        for info in calls:
            port = info.legs[0].port if info.legs else None
            level = engine.port(port).rms_out_dbm0 if engine is not None and port is not None else None
            others = " ".join(leg.party for leg in info.legs[1:]) or info.room
            cells = (
                info.calling,
                self._wishes.get(info.calling, ""),
                state_word(info.state),
                info.node,
                others,
                _bar(level),
            )
            table.add_row(*(cells if wide else (cells[0], *cells[2:4])))
        stats = engine.stats() if engine is not None else {}
        foot = tr("engine load", "引擎负载") + f" {stats.get('load_permille', 0) / 10:.1f} %"
        room = max(1, rows - len(calls) - (7 if wide else 3))  # what fits below the table
        lines = [Text(line, no_wrap=True, overflow="ellipsis") for line in list(self._lines)[-room:]]
        return Group(table, *lines, Text(foot, style="dim"))


def _bar(level_dbm0: float | None) -> Text:
    """A level meter: -50 to 0 dBm0 in 10 steps."""
    steps = 0 if level_dbm0 is None else max(0, min(10, round((level_dbm0 + 50) / 5)))
    return Text("█" * steps + "·" * (10 - steps), style="green" if steps < 9 else "yellow")
