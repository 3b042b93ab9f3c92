"""How commands speak: results to standard output (text or JSON), complaints to standard error, a status for scripts."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from xunhu.text import tr

OK = 0
FOUND = 1  # the command did its work and found something wrong
USAGE = 2
NOT_RUNNING = 3
REFUSED = 4
BROKEN_PIPE = 141


class CommandError(Exception):
    """Ends the command: text, what to do about it, exit status."""

    def __init__(self, text: str, remedy: str = "", status: int = FOUND) -> None:
        super().__init__(text)
        self.remedy = remedy
        self.status = status


def console(*, stderr: bool = False) -> Console:
    """Colours and width only on a terminal; elsewhere plain lines that are not wrapped."""
    stream = sys.stderr if stderr else sys.stdout
    terminal = stream.isatty()
    return Console(stderr=stderr, highlight=False, soft_wrap=not terminal, width=None if terminal else 200)


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


_NARROWEST = 14  # of a column that is folded


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str = "", fold: int | None = None
) -> None:
    """A table on a terminal; elsewhere, and on a terminal that is too narrow, columns with two blanks between, for grep and awk. fold: a column
    that may go over several lines on a terminal."""
    if not rows:
        print(empty or tr("nothing", "没有"))
        return
    out = console()
    cells = [list(columns), *[[_plain(cell) for cell in row] for row in rows]]
    widths = [max(_width(row[n]) for row in cells) for n in range(len(columns))]
    needed = sum(widths) + 2 * (len(widths) - 1) - (0 if fold is None else max(0, widths[fold] - _NARROWEST))
    if out.is_terminal and needed <= out.width:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for n, column in enumerate(columns):
            table.add_column(column, no_wrap=n != fold, overflow="fold")
        for row in rows:
            table.add_row(*[_cell(cell) for cell in row])
        out.print(table)
        return
    for row in cells:
        print("  ".join(text + " " * (widths[n] - _width(text)) for n, text in enumerate(row)).rstrip())


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _plain(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return text or "-"


_STATES = {
    "up": "正常", "down": "中断", "ok": "正常", "idle": "空闲", "busy": "占用", "maintenance": "维护", "blocked": "闭塞",
    "collecting": "收号", "flow": "流程", "ringing": "振铃", "talking": "通话", "held": "保持", "ending": "挂机中", "ended": "已结束",
    "caller": "主叫", "called": "被叫", "system": "系统",
    "available": "可用", "unavailable": "不可用", "restarting": "重启中", "running": "运行", "isolated": "孤立", "stopped": "停止",
    "deactivated": "未激活", "inhibited": "阻断", "out of service": "业务中断", "in service": "业务开通", "power off": "断电",
    "initial alignment": "初始定位", "aligned ready": "定位就绪", "aligned not ready": "定位未就绪", "processor outage": "处理机故障",
    "aligning": "定位中", "activating": "激活中", "restoring": "恢复中", "testing": "测试中", "failed": "故障", "waiting": "等待",
    "allowed": "允许", "restricted": "受限", "prohibited": "禁止", "accessible": "可达", "inaccessible": "不可达", "congested": "拥塞",
    "international": "国际", "international-spare": "国际备用", "national": "国内", "national-spare": "国内备用",
    "blocked-local": "本端闭塞", "blocked-remote": "对端闭塞", "blocked-both": "双端闭塞", "reset": "复原中", "test": "测试",
    "recording": "录音中", "mask": "已屏蔽", "pause": "已暂停", "armed": "预录", "none": "未录音",
    "registered": "已注册", "registering": "注册中", "rejected": "被拒绝", "alerting": "振铃", "active": "通话",
    "offered": "呼入", "proceeding": "接续中",
    "in": "入占用", "out": "出占用",
}  # fmt: skip


def state_word(state: str) -> str:
    """A state in the language of the output; in JSON it is always the English word."""
    return tr(state, _STATES.get(state, state))


_COLOURS = {
    "up": "green",
    "ok": "green",
    "down": "red",
    "busy": "yellow",
    "alarm": "red",
    "talking": "green",
    "正常": "green",
    "中断": "red",
    "占用": "yellow",
    "通话": "green",
    **dict.fromkeys(("available", "accessible", "running", "in service", "可用", "可达", "运行", "业务开通"), "green"),
    **dict.fromkeys(("unavailable", "inaccessible", "isolated", "stopped", "不可用", "不可达", "孤立", "停止"), "red"),
    **dict.fromkeys(("restarting", "initial alignment", "restricted", "重启中", "初始定位", "受限"), "yellow"),
}


def _cell(cell: object) -> str:
    from rich.markup import escape

    text = _plain(cell)
    colour = _COLOURS.get(text) or _COLOURS.get(re.split("[:：]", text)[0])
    return f"[{colour}]{text}[/{colour}]" if colour else escape(text)


def complain(error: CommandError) -> int:
    err = console(stderr=True)
    from rich.markup import escape

    err.print(f"[bold red]{tr('error: ', '错误：')}[/]{escape(str(error))}")
    if error.remedy:
        err.print(f"  {escape(error.remedy)}")
    return error.status
