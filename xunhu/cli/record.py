"""`xunhu record ...`: the recordings of calls that are up."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from xunhu.text import tr

Add = Callable[..., argparse.ArgumentParser]
_EXAMPLE_CALL = "20261123T140327-000123"


def add(sub: Any, add_command: Add) -> None:
    """add_command: that of main.py, which makes a command with its text, examples, --json and --conf."""
    record = sub.add_parser(
        "record",
        help=tr("recordings of calls: list, start, stop, mask, pause", "通话录音：列出、开始、停止、屏蔽、暂停"),
        description=tr("Recordings of the calls that are up", "当前呼叫的录音"),
    )
    commands = record.add_subparsers(dest="record_command", metavar="COMMAND", required=True)
    add_command(
        commands,
        "list",
        "record:show",
        tr("the calls that are up and their recordings", "当前呼叫及其录音"),
        "xunhu record list\nxunhu record list --json | jq '.[] | select(.state == \"mask\")'",
    )
    for name, text in _actions().items():
        command = add_command(commands, name, f"record:{name}", text, f"xunhu record {name} {_EXAMPLE_CALL}")
        command.add_argument("call", metavar="CALL", help=tr("the call's id, as xunhu calls shows it", "呼叫标识，见 xunhu calls"))


def _actions() -> dict[str, str]:
    return {
        "start": tr("record this call from now on, in a file of its own", "从现在起录制该呼叫，存为单独文件"),
        "stop": tr("end the recording, the call goes on", "结束录音，通话继续"),
        "mask": tr(
            "silence in the place of what is said, and keys hidden: the number of a card", "以静音代替通话内容并隐藏按键：例如报卡号时"
        ),
        "unmask": tr("record what is said again", "恢复录制通话内容"),
        "pause": tr("leave out what is said, keys hidden; the recording gets shorter", "略去通话内容并隐藏按键，录音因此变短"),
        "resume": tr("record what is said again", "恢复录制通话内容"),
    }


def _ask(arguments: Namespace, action: str, **more: str) -> int:
    from xunhu.cli.common import request
    from xunhu.cli.operate import seconds
    from xunhu.cli.output import OK, print_json, print_table, state_word

    answer: list[dict[str, Any]] = request(arguments, "record", action=action, **more)
    if arguments.json:
        print_json(answer)
        return OK
    print_table(
        [tr("call", "呼叫"), tr("recording", "录音"), tr("length", "长度"), tr("file", "文件")],
        [(row["call"], state_word(row["state"]), seconds(row["seconds"]), row["path"]) for row in answer],
        empty=tr("no call is up", "当前没有呼叫"),
    )
    return OK


def show(arguments: Namespace) -> int:
    return _ask(arguments, "list")


def start(arguments: Namespace) -> int:
    return _ask(arguments, "start", call=arguments.call)


def stop(arguments: Namespace) -> int:
    return _ask(arguments, "stop", call=arguments.call)


def mask(arguments: Namespace) -> int:
    return _ask(arguments, "mask", call=arguments.call)


def unmask(arguments: Namespace) -> int:
    return _ask(arguments, "unmask", call=arguments.call)


def pause(arguments: Namespace) -> int:
    return _ask(arguments, "pause", call=arguments.call)


def resume(arguments: Namespace) -> int:
    return _ask(arguments, "resume", call=arguments.call)
