"""The arguments of `xunhu ss7 ...`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from xunhu.text import tr

Add = Callable[..., argparse.ArgumentParser]
Commands = Any  # what add_subparsers gives


def add(sub: Commands, add_command: Add) -> None:
    """add_command: that of main.py, which makes a command with its text, examples, --json and --conf."""
    ss7 = sub.add_parser(
        "ss7",
        help=tr("No.7: links, routes, circuits", "七号信令：链路、路由、电路"),
        description=tr("Signalling system No.7 of the running xunhu", "运行中讯呼的七号信令"),
    )
    commands = ss7.add_subparsers(dest="ss7_command", metavar="COMMAND", required=True)
    _shown(commands, add_command)
    link = commands.add_parser("link", help=tr("command a signalling link", "操作信令链路"))
    _links(link.add_subparsers(dest="verb", metavar="COMMAND", required=True), add_command)
    circuit = commands.add_parser("circuit", help=tr("command circuits", "操作电路"))
    _circuits(circuit.add_subparsers(dest="verb", metavar="COMMAND", required=True), add_command)


def _shown(commands: Commands, add_command: Add) -> None:
    add_command(
        commands,
        "status",
        "ss7:status",
        tr("points, linksets, circuits and standing alarms", "信令点、链路组、电路和当前告警"),
        "xunhu ss7 status\nxunhu ss7 status --json | jq .alarms",
    )
    add_command(
        commands,
        "links",
        "ss7:links",
        tr("signalling links: state, level 2, messages", "信令链路：状态、二级、消息数"),
        "xunhu ss7 links\nxunhu ss7 links --json",
    )
    add_command(
        commands,
        "routes",
        "ss7:routes",
        tr("destinations and the linksets that lead there", "目的地及通往它的链路组"),
        "xunhu ss7 routes",
    )
    circuits = add_command(
        commands,
        "circuits",
        "ss7:circuits",
        tr("circuits of ISUP and TUP", "ISUP 和 TUP 电路"),
        "xunhu ss7 circuits\nxunhu ss7 circuits Trunk0/1-15\nxunhu ss7 circuits 34-56-1:33-63 --state blocked-remote",
    )
    circuits.add_argument("circuits", nargs="*", metavar="CIRCUIT", help=_circuit_help())
    circuits.add_argument("--state", metavar="STATE", help=tr("only those in this state, such as idle", "仅该状态的电路，例如 idle"))
    counters = add_command(
        commands,
        "counters",
        "ss7:counters",
        tr("measurements of Q.752 that are not 0", "不为 0 的 Q.752 测量值"),
        "xunhu ss7 counters\nxunhu ss7 counters --all --json",
    )
    counters.add_argument("--all", action="store_true", help=tr("those that are 0 too", "同时显示为 0 的计数"))


def _circuit_help() -> str:
    return tr("Trunk0/5, Trunk0/1-15, Trunk0, or DPC:CIC such as 34-56-1:33-63", "Trunk0/5、Trunk0/1-15、Trunk0，或 DPC:CIC，例如 34-56-1:33-63")


def _links(commands: Commands, add_command: Add) -> None:
    texts = {
        "activate": tr("bring a link into service", "激活链路"),
        "deactivate": tr("take a link out of service; its traffic goes to others", "去激活链路；业务转到其他链路"),
        "restart": tr("align a link anew", "重新启动（定位）链路"),
        "inhibit": tr("keep traffic off a link for tests; it stays aligned", "阻断链路（用于测试）；保持定位"),
        "uninhibit": tr("give an inhibited link its traffic back", "解除链路阻断"),
        "add": tr("add a link to a linkset while traffic runs", "在业务运行时向链路组添加链路"),
        "remove": tr("remove a link; its traffic goes to others", "删除链路；业务转到其他链路"),
    }
    for verb, text in texts.items():
        example = f"xunhu ss7 link {verb} LinkSet0/1"
        if verb == "restart":
            example += f"\n{example} --emergency"
        elif verb == "add":
            example = "xunhu ss7 link add LinkSet0/2 Trunk1/16\nxunhu ss7 link add LinkSet1/0 Trunk4 --rate 2M"
        parser = add_command(commands, verb, "ss7:link", text, example)
        parser.add_argument("link", metavar="LINK", help=tr("LINKSET/SLC, such as LinkSet0/1", "链路组/SLC，例如 LinkSet0/1"))
        if verb == "restart":
            parser.add_argument("--emergency", action="store_true", help=tr("with the short proving period", "使用紧急验收周期"))
        elif verb == "add":
            parser.add_argument("place", metavar="LINE", help=tr("Trunk1/16, or Trunk4 for 2M", "Trunk1/16，2M 时为 Trunk4"))
            parser.add_argument("--rate", choices=["64k", "2M"], default="64k", help=tr("default 64k", "默认 64k"))
            parser.add_argument(
                "--pcr", action="store_true", help=tr("preventive cyclic retransmission (satellite)", "预防循环重发（卫星电路）")
            )


def _circuits(commands: Commands, add_command: Add) -> None:
    texts = {
        "block": tr("no new calls on circuits; those that are up go on", "闭塞电路：不再接受新呼叫，已有呼叫继续"),
        "unblock": tr("calls on circuits again", "解闭电路"),
        "reset": tr("bring circuits to idle at both ends; calls on them end", "两端复原电路为空闲；其上的呼叫结束"),
        "continuity": tr("check the speech path of idle circuits by a tone", "用导通音检验空闲电路的话路"),
    }
    for verb, text in texts.items():
        example = f"xunhu ss7 circuit {verb} Trunk0/5\nxunhu ss7 circuit {verb} Trunk0/1-15 34-56-1:33"
        parser = add_command(commands, verb, "ss7:circuit", text, example)
        parser.add_argument("circuits", nargs="+", metavar="CIRCUIT", help=_circuit_help())
        if verb in ("block", "unblock"):
            parser.add_argument(
                "--hardware", action="store_true", help=tr("for hardware failure: calls on the circuits end", "硬件故障闭塞：电路上的呼叫结束")
            )
