"""`xunhu conf watch`: a conference as it goes on. On a terminal a table that lives, elsewhere a line for whatever changes, with --json an object a
look."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from xunhu.api.local import RequestError
from xunhu.cli.common import request
from xunhu.cli.conf import LEAST_DBM0, floor_words, gains, heading, level, role_word, state_words
from xunhu.cli.operate import seconds
from xunhu.cli.output import OK, CommandError, console
from xunhu.text import tr

Row = dict[str, Any]

_EVERY_S = 0.3
_EVERY_S_A_MEMBER = 0.001  # more seldom where a look costs the switch more: 2 s with 2,000
_BAR = 20  # cells
_MOST_DBM0 = 0.0
_NARROW = 90  # columns; a smaller terminal has fewer of the table's
_LEAST_WIDTHS = (3, 1, 11, 7, _BAR, 9, 16)  # so that nothing jumps when somebody begins to speak or is muted


def watch(arguments: Namespace) -> int:
    """Ends with the conference, after --for seconds, or with Ctrl-C; all of them are well."""
    end = None if arguments.seconds is None else time.monotonic() + arguments.seconds
    looks = _looks(arguments, end)
    try:
        first = next(looks)
        if arguments.json:
            _print(first)
            for row in looks:
                _print(row)
        elif console().is_terminal:
            _live(first, looks)
        else:
            _lines(first, looks)
    except KeyboardInterrupt:
        return OK
    return OK


def _looks(arguments: Namespace, end: float | None) -> Iterator[Row]:
    """The room again and again; nothing more when it has ended. The first look fails as every request does."""
    row: Row = request(arguments, "conference", room=arguments.room)
    yield row
    was_open = row["open"]
    while end is None or time.monotonic() < end:
        wait = max(_EVERY_S, len(row["members"]) * _EVERY_S_A_MEMBER)
        time.sleep(wait if end is None else max(0.0, min(wait, end - time.monotonic())))
        try:
            row = request(arguments, "conference", room=arguments.room)
        except CommandError as error:
            why = error.__cause__
            if not was_open or not isinstance(why, RequestError) or why.code != "no-such-room":
                raise
            row = row | {"open": False, "members": []}  # one that is in no configuration is unknown when it has ended
        if was_open and not row["open"]:
            yield row
            return
        was_open = row["open"]
        yield row


def _print(row: Row) -> None:
    print(json.dumps(row, ensure_ascii=False), flush=True)


# -- lines -----------------------------------------------------------------------------------------------------------


def _who(row: Row) -> str:
    return f"{row['member']} {row['party']}".strip()


def _lines(first: Row, looks: Iterator[Row]) -> None:
    began = time.monotonic()
    print(heading(first))
    for member in first.get("members", ()):
        print("  ".join(word for word in (_who(member), role_word(member), state_words(member), gains(member)) if word), flush=True)
    before, was_open = first, first["open"]
    for row in looks:
        stamp = f"{time.monotonic() - began:8.1f}"
        for text in changes(before, row):
            print(f"{stamp}  {text}", flush=True)
        before, was_open = row, was_open or row["open"]
    if was_open and not before["open"]:
        print(f"{time.monotonic() - began:8.1f}  {tr('the conference has ended', '会议已结束')}", flush=True)


def changes(before: Row, now: Row) -> Iterator[str]:
    """What has changed between two looks, in words."""
    then = {member["member"]: member for member in before["members"]}
    there = {member["member"]: member for member in now["members"]}
    for number, member in there.items():
        if number not in then:
            yield tr(f"{_who(member)} joins: {role_word(member)}", f"{_who(member)} 加入：{role_word(member)}")
        else:
            yield from _party_changes(then[number], member)
    for number, member in then.items():
        if number not in there and now["open"]:
            yield tr(f"{_who(member)} leaves", f"{_who(member)} 离开")
    if now["open"] and now["floor"] != before["floor"]:
        yield tr(f"floor: {floor_words(now) or '-'}", f"发言权：{floor_words(now) or '-'}")
    for key, words in _ROOM_WORDS.items():
        if now["open"] and bool(now[key]) != bool(before[key]):
            yield tr(*words[bool(now[key])])


_ROOM_WORDS = {
    "locked": (("unlocked", "已解除锁定"), ("locked", "已锁定")),
    "waiting": (("begins: a leader is there", "会议开始：主持人已到"), ("waits for a leader", "等待主持人")),
    "recording": (("recording ends", "录音结束"), ("recording begins", "录音开始")),
}


def _party_changes(before: Row, now: Row) -> Iterator[str]:
    who = _who(now)
    if now["speaks"] != before["speaks"]:
        yield tr(f"{who} speaks", f"{who} 开始讲话") if now["speaks"] else tr(f"{who} is silent", f"{who} 停止讲话")
    if (now["role"], now["to"]) != (before["role"], before["to"]):
        yield f"{who}: {role_word(now)}"
    if state_words(now) != state_words(before):
        yield f"{who}: {state_words(now) or tr('talks and hears', '可讲可听')}"
    if gains(now) != gains(before):
        yield f"{who}: {gains(now) or '0 dB'}"


# -- a table that lives ----------------------------------------------------------------------------------------------


def _live(first: Row, looks: Iterator[Row]) -> None:
    from rich.live import Live

    out = console()
    with Live(picture(first, out.width, out.height), console=out, refresh_per_second=8) as live:
        row, was_open = first, first["open"]
        for row in looks:
            was_open = was_open or row["open"]
            live.update(picture(row, out.width, out.height))
    if was_open and not row["open"]:
        print(tr("the conference has ended", "会议已结束"))


def bar(row: Row) -> str:
    """The level from LEAST_DBM0 to 0 dBm0."""
    value = row["level_dbm0"]
    share = 0.0 if value is None else (value - LEAST_DBM0) / (_MOST_DBM0 - LEAST_DBM0)
    filled = round(min(max(share, 0.0), 1.0) * _BAR)
    return "█" * filled + "·" * (_BAR - filled)


def picture(row: Row, width: int, height: int) -> Any:
    """What there is to see now. Of more parties than fit those who speak, then leaders, then the others by number."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    head = Text(heading(row), style="bold")
    lines: list[Any] = [head]
    if row["open"]:
        lines.append(Text(tr(f"floor: {floor_words(row) or '-'}", f"发言权：{floor_words(row) or '-'}"), style="green" if row["floor"] else ""))
    members = sorted(row["members"], key=lambda m: (not m["speaks"], m["role"] != "leader", int(m["member"])))
    room = max(height - 6, 1)
    shown = members if len(members) <= room else members[:room]
    shown = sorted(shown, key=lambda m: int(m["member"]))
    wide = width >= _NARROW
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=bool(shown))
    titles = (tr("no.", "成员号"), "", tr("party", "号码"), tr("role", "角色"), tr("level", "电平"), "", tr("state", "状态"))
    for title, least in zip(titles, _LEAST_WIDTHS, strict=True):
        table.add_column(title, no_wrap=True, min_width=least)
    if wide:
        table.add_column(tr("for", "历时"), no_wrap=True, justify="right")
    for member in shown:
        style = "green" if member["speaks"] else "dim" if member["muted"] else ""
        words = tr(", ", "、").join(word for word in (state_words(member), gains(member)) if word)
        cells = [
            member["member"],
            ("▶" if member["floor"] else "●") if member["speaks"] else "",
            member["party"],
            role_word(member),
            bar(member),
            level(member),
            words,
        ]
        table.add_row(*(Text(cell) for cell in cells), *([Text(seconds(member["seconds"]))] if wide else []), style=style)
    lines.append(table)
    if len(shown) < len(members):
        left = len(members) - len(shown)
        lines.append(Text(tr(f"and {left} more", f"另有 {left} 人"), style="dim"))
    return Group(*lines)
