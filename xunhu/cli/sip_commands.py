"""The arguments of `xunhu sip ...`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from xunhu.text import tr

Add = Callable[..., argparse.ArgumentParser]
Commands = Any  # what add_subparsers gives


def add(sub: Commands, add_command: Add) -> None:
    """add_command: that of main.py, which makes a command with its text, examples, --json and --conf."""
    sip = sub.add_parser(
        "sip",
        help=tr("SIP: trunks, telephones, calls, bans", "SIP：中继、话机、呼叫、封禁"),
        description=tr("SIP of the running xunhu", "运行中讯呼的 SIP"),
    )
    commands = sip.add_subparsers(dest="sip_command", metavar="COMMAND", required=True)
    for name, text, examples in (
        (
            "status",
            tr("where it listens, trunks, numbers", "监听地址、中继、数量"),
            "xunhu sip status\nxunhu sip status --json | jq .registered",
        ),
        (
            "trunks",
            tr("trunks: state, registration, calls", "中继：状态、注册、呼叫数"),
            "xunhu sip trunks\nxunhu sip trunks --json | jq '.[] | select(.up == false)'",
        ),
        ("phones", tr("telephones: where they have registered", "话机：注册位置"), "xunhu sip phones\nxunhu sip phones --free"),
        (
            "calls",
            tr("calls: codec, loss, jitter, MOS", "呼叫：编码、丢包、抖动、MOS"),
            "xunhu sip calls\nxunhu sip calls --json | jq '.[] | select(.mos < 3.5)'",
        ),
        ("bans", tr("addresses that are answered nothing", "被封禁的地址"), "xunhu sip bans\nxunhu sip bans --json"),
        ("unban", tr("answer an address again", "解除封禁"), "xunhu sip unban 192.0.2.77"),
    ):
        command = add_command(commands, name, f"sip:{name}", text, examples)
        if name == "phones":
            command.add_argument(
                "--free", action="store_true", help=tr("only those that have not registered", "仅显示未注册的")
            )
        if name == "unban":
            command.add_argument("address", metavar="ADDRESS", help=tr("as `xunhu sip bans` shows it", "如 `xunhu sip bans` 所示"))
