"""What is shown while a run goes on: on a terminal a bar and the figures so far, elsewhere a line every five seconds. All of it goes to standard
error, so that the report on standard output stays whole."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from xunhu.load.words import failure
from xunhu.text import tr

_EVERY_S = 5.0


class Progress:
    """show() as often as one likes; say() for a line that stays."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())
        self._terminal = sys.stderr.isatty() and not quiet
        self._quiet = quiet
        self._live: Live | None = None
        self._said_s = -_EVERY_S
        self._title = ""

    def __enter__(self) -> Self:
        if self._terminal:
            self._live = Live(Text(""), console=self._console, refresh_per_second=4, transient=True)
            self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.__exit__(kind, value, trace)
            self._live = None

    def say(self, text: str) -> None:
        if not self._quiet:
            self._console.print(Text(text))

    def title(self, text: str) -> None:
        """Above the bar from now on, such as the step of a search."""
        self._title = text
        self._said_s = -_EVERY_S
        if not self._terminal and text:
            self.say(text)

    def show(self, at_s: float, share: float, figures: dict[str, Any], row: dict[str, float], up: int) -> None:
        """at_s: since the run's beginning; share: how much of it is done, 0 to 1; figures: Tally.as_dict(); row: what the probe saw last."""
        if self._live is not None:
            self._live.update(self._picture(at_s, share, figures, row, up))
        elif not self._quiet and at_s - self._said_s >= _EVERY_S:
            self._said_s = at_s
            self.say(f"{at_s:6.1f} s  {_line(figures, row, up)}")

    def _picture(self, at_s: float, share: float, figures: dict[str, Any], row: dict[str, float], up: int) -> Group:
        head = Table.grid(padding=(0, 1))
        width = max(10, min(50, self._console.width - 30))
        left_s = at_s / share - at_s if 0.02 < share < 1 else 0.0
        head.add_row(
            ProgressBar(total=1.0, completed=min(share, 1.0), width=width),
            Text(f"{100 * min(share, 1.0):3.0f} %"),
            Text(_clock(at_s) + (tr(f", {_clock(left_s)} left", f"，剩余 {_clock(left_s)}") if left_s else ""), style="dim"),
        )
        rows = Table.grid(padding=(0, 2))
        for name, value, style in _cells(figures, row, up):
            rows.add_row(Text(name, style="dim"), Text(value, style=style))
        title = [Text(self._title, style="bold")] if self._title else []
        return Group(*title, head, rows)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _of(summary: dict[str, Any] | None) -> str:
    return "-" if summary is None else f"p50 {summary['p50']:g}  p99 {summary['p99']:g}  {tr('most', '最大')} {summary['most']:g} ms"


def _cells(figures: dict[str, Any], row: dict[str, float], up: int) -> list[tuple[str, str, str]]:
    """Name, value, style."""
    failed = f"{figures['failed']} ({figures['failed_percent']:.2f} %)"
    worst = ", ".join(f"{failure(name)}: {count}" for name, count in list(figures["failures"].items())[:3])
    cells = [
        (tr("calls", "呼叫"), tr(f"{figures['attempts']} tried, {figures['answered']} answered, {up} up", f"发起 {figures['attempts']}，应答 {figures['answered']}，并发 {up}"), ""),
        (tr("failed", "失败"), failed + (f"  {worst}" if worst else ""), "red" if figures["failed"] else "green"),
        (tr("set-up", "建立"), _of(figures["setup_ms"]), ""),
    ]
    paths = figures.get("talk_paths") or {}
    if paths:
        right, all_of_them = paths.get("right", 0), sum(paths.values())
        cells.append((tr("talk paths", "话路"), tr(f"{right} of {all_of_them} right", f"{all_of_them} 中 {right} 正确"), "" if right == all_of_them else "red"))
    if figures.get("key_ms"):
        cells.append((tr("keys", "按键"), _of(figures["key_ms"]), ""))
    if row:
        cpu = "  ".join(
            f"{name} {row[key]:.0f} %"
            for key, name in (("control_cpu_percent", tr("control", "控制")), ("media_cpu_percent", tr("media", "媒体")), ("far_cpu_percent", tr("load tool", "压测工具")))
            if key in row
        )
        late = int(row.get("late_ticks", 0))
        cells.append((tr("processor", "处理器"), cpu, ""))
        if late:
            cells.append((tr("late ticks", "迟到节拍"), tr(f"{late} in the last second", f"最近一秒 {late}"), "yellow"))
    return cells


def _line(figures: dict[str, Any], row: dict[str, float], up: int) -> str:
    return "; ".join(f"{name} {value}" for name, value, _ in _cells(figures, row, up))
