"""The `xunhu` command: reads its arguments and calls the command's file. Everything heavy is imported by the command
itself."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from xunhu import __version__
from xunhu.cli import conf_commands, load, media, record, sip_commands, ss7_commands
from xunhu.cli.output import BROKEN_PIPE, USAGE, CommandError, complain
from xunhu.text import set_language, tr

Arguments = argparse.Namespace
Command = Callable[[Arguments], int]


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, tr("usage: ", "用法：") if prefix is None else prefix)


class _Parser(argparse.ArgumentParser):
    """Headings in the language of the output, and a word on where help is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": _Formatter, "add_help": False, **options})
        self._positionals.title = tr("arguments", "参数")
        self._optionals.title = tr("options", "选项")
        self.add_argument("-h", "--help", action="help", help=tr("show this help", "显示帮助"))

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, tr(f"error: {message}\n", f"错误：{message}\n") + f"  {self.prog} --help\n")


def _add_language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lang", choices=["en", "zh"], help=tr("language of the output", "输出语言"))


def _add(
    commands: argparse._SubParsersAction[_Parser],
    name: str,
    handler: str,
    text: str,
    examples: str,
    *,
    conf: bool = True,
) -> _Parser:
    """A command: its one-line text, its examples, --json and --conf."""
    lines = "\n".join("  " + line for line in examples.strip().splitlines())
    parser = commands.add_parser(name, help=text, description=text, epilog=tr("examples:", "示例：") + "\n" + lines)
    parser.add_argument("--json", action="store_true", help=tr("print JSON", "输出 JSON"))
    _add_language(parser)
    if conf:
        parser.add_argument(
            "--conf",
            metavar="DIR",
            type=Path,
            default=Path(os.environ.get("XUNHU_CONF", "conf")),
            help=tr("configuration directory (default: $XUNHU_CONF or conf)", "配置目录（默认：$XUNHU_CONF 或 conf）"),
        )
    parser.set_defaults(handler=handler)
    return parser


def build_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="xunhu",
        description=tr("xunhu, a call-centre switch on E1 lines", "讯呼：基于 E1 线路的呼叫中心交换机"),
        epilog=tr(
            "xunhu COMMAND --help shows a command with examples.\nexit status: 0 done, 1 something is wrong, 2 usage, 3 not running, 4 refused",
            "xunhu 命令 --help 显示命令说明和示例。\n退出状态：0 完成，1 有问题，2 用法错误，3 未运行，4 被拒绝",
        ),
    )
    parser.add_argument("--version", action="version", version=f"xunhu {__version__}")
    _add_language(parser)
    sub = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _service_commands(sub)
    _operator_commands(sub)
    sip_commands.add(sub, _add)
    ss7_commands.add(sub, _add)
    conf_commands.add(sub, _add)
    media.add(sub, _add)
    record.add(sub, _add)
    load.add(sub, _add)
    _tool_commands(sub)
    return parser


def _service_commands(sub: argparse._SubParsersAction[_Parser]) -> None:
    run = _add(
        sub,
        "run",
        "serve:run",
        tr("serve calls until SIGTERM", "运行服务，直到收到 SIGTERM"),
        "xunhu run --conf /etc/xunhu\nxunhu run --conf conf --trace trace.pcap",
    )
    run.add_argument(
        "--trace", metavar="FILE", type=Path, help=tr("write all signalling to a file: .pcap, else text", "把全部信令写入文件：.pcap，否则为文本")
    )
    run.add_argument(
        "--media",
        choices=["process", "thread"],
        default="process",
        help=tr(
            "the media engine in a process of its own (default) or in this one", "媒体引擎在独立进程（默认）或本进程内"
        ),
    )
    _add(
        sub,
        "check",
        "configure:check",
        tr("check the configuration, flows and prompts", "检查配置、流程和语音文件"),
        "xunhu check --conf conf\nxunhu check --conf /etc/xunhu --json",
    )
    demo = _add(
        sub,
        "demo",
        "demo:demo",
        tr("callers pass through the sample flow, no hardware needed", "演示：主叫走完示例流程，无需硬件"),
        "xunhu demo\nxunhu demo --calls 10 --lines ces\nxunhu demo --signalling isup\nxunhu --lang zh demo",
        conf=False,
    )
    demo.add_argument(
        "--calls", type=int, default=8, metavar="N", help=tr("how many calls (1 to 30; 10: two of them in a conference)", "呼叫数量（1 到 30；10 个时其中两个开会）")
    )
    demo.add_argument(
        "--lines",
        choices=["loop", "ces"],
        default="loop",
        help=tr("spans inside the program, or over UDP", "程序内的线路，或 UDP 线路"),
    )
    demo.add_argument(
        "--signalling",
        choices=["pri", "isup", "isup-itu", "tup"],
        default="pri",
        help=tr("of the carrier's line: PRI, or No.7 (isup, tup: China, 24 bits)", "运营商线路信令：PRI 或七号信令（isup、tup：中国 24 位）"),
    )
    demo.add_argument(
        "--out",
        type=Path,
        default=Path("demo-data"),
        metavar="DIR",
        help=tr("where recordings and CDRs go", "录音和话单的存放目录"),
    )


def _operator_commands(sub: argparse._SubParsersAction[_Parser]) -> None:
    _add(
        sub, "status", "operate:status", tr("how xunhu is", "运行状态"), "xunhu status\nxunhu status --json | jq .calls"
    )
    spans = _add(
        sub,
        "spans",
        "operate:spans",
        tr("lines: alarms, counters, circuits", "线路：告警、计数、电路"),
        "xunhu spans\nxunhu spans --circuits",
    )
    spans.add_argument("--circuits", action="store_true", help=tr("each circuit too", "同时显示每条电路"))
    _add(sub, "calls", "operate:calls", tr("calls that are up", "当前呼叫"), "xunhu calls\nxunhu calls --json")
    hangup = _add(
        sub,
        "hangup",
        "operate:hangup",
        tr("release a call", "挂断呼叫"),
        "xunhu hangup 20261123T140327-000123\nxunhu hangup all --cause 41",
    )
    hangup.add_argument("call", help=tr("the call's id, or all", "呼叫标识，或 all"))
    hangup.add_argument("--cause", type=int, default=16, help=tr("Q.850 cause (default 16)", "Q.850 原因值（默认 16）"))
    cdr = _add(
        sub,
        "cdr",
        "records:cdr",
        tr("call detail records", "话单"),
        "xunhu cdr\nxunhu cdr --last 100 --calling 13800138000\nxunhu cdr --call 20261123T140327-000123\nxunhu cdr --json --last 0 > all.json",
    )
    cdr.add_argument(
        "--last",
        type=int,
        default=20,
        metavar="N",
        help=tr("the last N (default 20; 0 all)", "最近 N 条（默认 20；0 为全部）"),
    )
    cdr.add_argument("--call", metavar="ID", help=tr("one call with all its events", "一个呼叫及其全部事件"))
    cdr.add_argument("--calling", metavar="NUMBER", help=tr("only from this number", "仅该主叫"))
    cdr.add_argument("--called", metavar="NUMBER", help=tr("only to this number", "仅该被叫"))
    trace = _add(
        sub,
        "trace",
        "tracing:trace",
        tr("signalling as text or pcap", "信令跟踪：文本或 pcap"),
        "xunhu trace\nxunhu trace --trunk Trunk0 --follow\nxunhu trace --link LinkSet0/1\nxunhu trace --pcap out.pcap\nxunhu trace --read out.pcap",
    )
    trace.add_argument(
        "--trunk",
        metavar="NAME",
        help=tr("only this trunk: its D channel or signalling links", "仅该中继：其 D 信道或信令链路"),
    )
    trace.add_argument("--link", metavar="NAME", help=tr("only this signalling link of No.7", "仅该七号信令链路"))
    trace.add_argument("--follow", action="store_true", help=tr("go on until interrupted", "持续跟踪直到中断"))
    trace.add_argument(
        "--pcap",
        type=Path,
        metavar="FILE",
        help=tr("write pcapng (tshark and Wireshark decode it)", "写入 pcapng（tshark、Wireshark 可解码）"),
    )
    trace.add_argument("--read", type=Path, metavar="FILE", help=tr("show such a file as text", "以文本显示该文件"))


def _tool_commands(sub: argparse._SubParsersAction[_Parser]) -> None:
    flow = sub.add_parser("flow", help=tr("flows: check, show, reload", "流程：检查、显示、重新加载"))
    flows = flow.add_subparsers(dest="flow_command", metavar="COMMAND", required=True)
    check = _add(
        flows,
        "check",
        "flows:check",
        tr("check flow files", "检查流程文件"),
        "xunhu flow check\nxunhu flow check conf/flows/flowconfig.xml",
    )
    check.add_argument(
        "files",
        nargs="*",
        type=Path,
        help=tr("flow files (default: all of the configuration)", "流程文件（默认：配置中的全部）"),
    )
    show = _add(flows, "show", "flows:show", tr("show a flow as a tree", "以树形显示流程"), "xunhu flow show main")
    show.add_argument(
        "name", nargs="?", default="main", help=tr("the flow's name (default main)", "流程名（默认 main）")
    )
    _add(
        flows,
        "reload",
        "flows:reload",
        tr("load changed flows; running calls keep their version", "加载修改过的流程；进行中的呼叫保持原版本"),
        "xunhu flow reload",
    )
    _add(
        sub,
        "dahdi-conf",
        "configure:dahdi_conf",
        tr("print the system.conf for dahdi_cfg", "输出 dahdi_cfg 使用的 system.conf"),
        "xunhu dahdi-conf --conf conf > /etc/dahdi/system.conf && dahdi_cfg -v",
    )


def _early_language(argv: Sequence[str]) -> None:
    """--lang must be known before the help texts are made."""
    for n, word in enumerate(argv):
        value = word.partition("=")[2]
        if word == "--lang" and n + 1 < len(argv):
            value = argv[n + 1]
        if word.startswith("--lang") and value in ("en", "zh"):
            set_language(value)


def main(argv: Sequence[str] | None = None) -> int:
    """The exit status. No traceback reaches a user for what is his, the configuration's or the network's fault."""
    argv = sys.argv[1:] if argv is None else argv
    _early_language(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that has no Chinese shows ? and nothing breaks
            stream.reconfigure(errors="replace")
    arguments = build_parser().parse_args(argv)
    module, _, name = arguments.handler.partition(":")
    try:
        command: Command = getattr(import_module(f"xunhu.cli.{module}"), name)
        status = command(arguments)
        sys.stdout.flush()
        return status
    except CommandError as error:
        return complain(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:  # the output's disk is full, a file is out of reach
        status = complain(CommandError(str(error)))
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return status


if __name__ == "__main__":
    sys.exit(main())
