"""How commands speak: results to standard output (text or JSON), complaints to standard error, a status for scripts."""

from __future__ import annotations

import json
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


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str = "") -> None:
    """A table on a terminal; elsewhere, and on a terminal that is too narrow, columns with two blanks between, for grep and awk."""
    if not rows:
        print(empty or tr("nothing", "没有"))
        return
    out = console()
    cells = [list(columns), *[[_plain(cell) for cell in row] for row in rows]]
    widths = [max(_width(row[n]) for row in cells) for n in range(len(columns))]
    if out.is_terminal and sum(widths) + 2 * len(widths) <= out.width:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column)
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
}


def _cell(cell: object) -> str:
    from rich.markup import escape

    text = _plain(cell)
    colour = _COLOURS.get(text)
    return f"[{colour}]{text}[/{colour}]" if colour else escape(text)


def complain(error: CommandError) -> int:
    err = console(stderr=True)
    from rich.markup import escape

    err.print(f"[bold red]{tr('error: ', '错误：')}[/]{escape(str(error))}")
    if error.remedy:
        err.print(f"  {escape(error.remedy)}")
    return error.status
