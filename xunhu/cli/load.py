"""`xunhu load ...`: calls at a rate against a switch, and a report of what became of them. The work is done in xunhu/load."""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
from argparse import Namespace
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xunhu.cli import load_sip
from xunhu.text import tr

if TYPE_CHECKING:
    from xunhu.load.knee import KneeSearch
    from xunhu.load.plan import Limits, Plan

Add = Callable[..., argparse.ArgumentParser]
_INTERRUPTED = 130


def add(sub: Any, add_command: Add) -> None:
    """add_command: that of main.py."""
    load = sub.add_parser(
        "load",
        help=tr("load tests: calls at a rate, with the talk paths proved", "压力测试：按速率呼叫，并验证话路"),
        description=tr("Calls at a rate against a switch, and a report of what became of them", "按速率对交换机发起呼叫，并给出报告"),
    )
    commands = load.add_subparsers(dest="load_command", metavar="COMMAND", required=True)
    _add_e1(commands, add_command)
    load_sip.add(commands, add_command, _add_common)
    _add_site(commands, add_command)


def _add_e1(commands: Any, add_command: Add) -> None:
    e1 = add_command(
        commands,
        "e1",
        "load:e1",
        tr("over E1 lines (PRI, No.7): the tool is the far end of a site's ces spans", "经 E1 线路（PRI、七号）：本工具作为站点 ces 线路的对端"),
        "xunhu load e1 --own pri --rate 10 --seconds 30 --html load.html\n"
        "xunhu load e1 --own pri,ss7 --ramp 200 --setup-above 300\n"
        "xunhu load e1 --conf /etc/xunhu --menu 4006000998:1 --bridge 8001-8030x3 --rate 5 --seconds 600 --json",
    )
    e1.add_argument(
        "--own",
        metavar="LIST",
        help=tr(
            "start a switch of the tool's own with a carrier line for each of LIST: pri, ss7", "启动自带交换机，LIST 中每项一条运营商线路：pri、ss7"
        ),
    )
    call = "NUMBER[:KEYS][xSHARE]"
    for name, text in _kinds().items():
        e1.add_argument(f"--{name}", action="append", default=[], metavar=call, help=text)
    e1.add_argument("--plan", type=Path, metavar="FILE", help=tr("a load.yaml in the place of these (docs/load.md)", "用 load.yaml 代替以上选项（docs/load.md）"))
    e1.add_argument("--via", metavar="LIST", help=tr("trunks to call by (default: those that lead to no extension)", "呼入所用中继（默认：不通向分机的中继）"))
    e1.add_argument("--calling", metavar="DIGITS", default="139", help=tr("first digits of the callers' numbers (139)", "主叫号码前缀（139）"))
    e1.add_argument("--answer-after", type=int, default=0, metavar="MS", help=tr("when a called party of ours answers (0)", "被叫应答延时，毫秒（0）"))
    e1.add_argument("--poisson", action="store_true", help=tr("arrivals at random, in place of even ones", "随机到达，而非均匀到达"))
    e1.add_argument("--seed", type=int, default=1, help=tr("of the random arrivals (1)", "随机到达的种子（1）"))
    _add_common(e1)


def _kinds() -> dict[str, str]:
    return {
        "answer": tr("calls that the switch answers; KEYS are not used", "由交换机应答的呼叫；不使用 KEYS"),
        "prompt": tr("and something must be heard", "并且必须听到声音"),
        "menu": tr("calls to the load flow: each key must bring its prompt", "呼叫压测流程：每个按键必须引出其提示音"),
        "echo": tr("calls to somebody who sends back what he hears: the caller must hear itself", "呼叫会回送声音的一方：主叫必须听到自己"),
        "bridge": tr("calls that the switch puts through to the tool: both must hear each other", "由交换机接续到本工具的呼叫：双方必须互相听到"),
    }


def _add_common(parser: argparse.ArgumentParser) -> None:
    """Rate, length, limits, reports: of calls over E1 and over SIP."""
    parser.add_argument("--rate", type=float, default=5.0, metavar="N", help=tr("calls a second (5)", "每秒呼叫数（5）"))
    parser.add_argument("--seconds", type=float, default=30.0, metavar="S", help=tr("how long, of a search how long each step (30)", "持续时间；搜索时为每步时间（30）"))
    parser.add_argument("--calls", type=int, default=0, metavar="N", help=tr("so many calls in the place of --seconds", "呼叫总数，代替 --seconds"))
    parser.add_argument("--hold", type=float, default=2.0, metavar="S", help=tr("from the answer to the release (2)", "从应答到释放的时间（2）"))
    parser.add_argument(
        "--ramp", type=float, metavar="MOST", help=tr("search the highest good rate, from --rate up to MOST", "从 --rate 到 MOST 搜索最高合格速率")
    )
    parser.add_argument("--fail-above", metavar="PERCENT", default="0.5%", help=tr("share of failed calls that is too much (0.5%%)", "失败率上限（0.5%%）"))
    parser.add_argument("--setup-above", type=float, metavar="MS", help=tr("p99 of the time to the answer that is too much", "应答时间 p99 上限，毫秒"))
    parser.add_argument("--audio-above", type=float, metavar="MS", help=tr("the same of answer to audio", "应答到出声 p99 上限，毫秒"))
    parser.add_argument("--key-above", type=float, metavar="MS", help=tr("the same of a key to its prompt", "按键到提示音 p99 上限，毫秒"))
    parser.add_argument("--late-above", type=int, metavar="N", help=tr("late ticks of the switch that are too many", "交换机迟到节拍上限"))
    parser.add_argument("--html", type=Path, metavar="FILE", help=tr("write the report as a page", "报告写成网页"))
    parser.add_argument("--save", type=Path, metavar="FILE", help=tr("write the report as JSON", "报告写成 JSON"))


def _add_site(commands: Any, add_command: Add) -> None:
    site = add_command(
        commands,
        "site",
        "load:site",
        tr("write a site for load tests: lines, flow, prompts", "生成用于压测的站点：线路、流程、语音"),
        "xunhu load site /tmp/site --lines pri,ss7\nxunhu run --conf /tmp/site &\nxunhu load e1 --conf /tmp/site --menu 4006000998:1",
        conf=False,
    )
    site.add_argument("folder", type=Path, metavar="DIR", help=tr("a folder that is not there yet", "尚不存在的目录"))
    site.add_argument("--lines", default="pri", metavar="LIST", help=tr("a carrier line for each: pri, ss7 (pri)", "每项一条运营商线路：pri、ss7（pri）"))
    site.add_argument("--jitter", type=int, default=20, metavar="MS", help=tr("jitter buffer of the lines (20)", "线路抖动缓冲，毫秒（20）"))


# -- what is asked for -----------------------------------------------------------------------------------------


def usage(text: str, remedy: str = "") -> Exception:
    from xunhu.cli.output import USAGE, CommandError

    return CommandError(text, remedy, USAGE)


def carriers(text: str) -> list[str]:
    """ "pri,ss7" -> ["PRI", "SS7"]."""
    names = [name.strip().upper() for name in text.split(",") if name.strip()]
    if not names or not set(names) <= {"PRI", "SS7"} or len(names) > 16:
        raise usage(tr(f"'{text}': lines are a list of pri and ss7, at most 16", f"'{text}'：应为 pri、ss7 的列表，最多 16 项"), "--own pri,ss7")
    return names


def percent(text: str) -> float:
    """ "0.5%" or "0.5" -> 0.005."""
    found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,4})?) ?%?", text)
    if not found or float(found[1]) > 100:
        raise usage(tr(f"'{text}' is no percentage", f"'{text}' 不是百分比"), "--fail-above 0.5%")
    return float(found[1]) / 100


def limits_of(arguments: Namespace) -> Limits:
    from xunhu.load.plan import Limits

    return Limits(
        percent(arguments.fail_above),
        arguments.setup_above,
        arguments.audio_above,
        arguments.key_above,
        arguments.late_above,
    )


def search_of(arguments: Namespace, rate: float) -> KneeSearch | None:
    from xunhu.load.knee import KneeSearch

    if arguments.ramp is None:
        return None
    if not 0 < rate <= arguments.ramp <= 10_000:
        raise usage(tr("--ramp is --rate at least, 10000 at most", "--ramp 不小于 --rate，最大 10000"), "--rate 10 --ramp 200")
    return KneeSearch(rate, arguments.ramp)


def check_common(arguments: Namespace) -> None:
    """The numbers of `_add_common`."""
    for name, value, low, high in (
        ("--rate", arguments.rate, 0.01, 10_000),
        ("--seconds", arguments.seconds, 1, 604_800),
        ("--calls", arguments.calls, 0, 100_000_000),
        ("--hold", arguments.hold, 0, 86_400),
    ):
        if not low <= value <= high:
            raise usage(tr(f"{name} {value:g}: {low:g} to {high:g}", f"{name} {value:g}：应为 {low:g} 到 {high:g}"))


def plan_of(arguments: Namespace) -> Plan:
    """CommandError."""
    from xunhu.cli.output import CommandError
    from xunhu.config import ConfigError
    from xunhu.load.own_site import EXTENSIONS, HOTLINE
    from xunhu.load.plan import CallKind, Plan, call_kind, load_plan

    check_common(arguments)
    if arguments.plan is not None:
        try:
            return load_plan(arguments.plan)
        except ConfigError as error:
            raise CommandError(str(error)) from error
    try:
        kinds = [call_kind(do, text) for do in _kinds() for text in getattr(arguments, do)]
    except ValueError as error:
        raise usage(str(error), "--bridge 8001-8030x3 --menu 4006000998:12") from error
    if not kinds and arguments.own:
        kinds = [CallKind("answer", HOTLINE), CallKind("menu", HOTLINE, keys="15"), CallKind("bridge", EXTENSIONS, share=2)]
    if not kinds:
        raise usage(tr("no calls are named", "没有指定呼叫"), "--answer 4006000998, --menu 4006000998:1, --bridge 8001-8030, --plan load.yaml")
    return Plan(
        kinds=tuple(replace(kind, hold_s=arguments.hold) for kind in kinds),
        rate=arguments.rate,
        seconds=arguments.seconds,
        calls=arguments.calls,
        poisson=arguments.poisson,
        seed=arguments.seed,
        via=tuple(name.strip() for name in arguments.via.split(",")) if arguments.via else (),
        calling=arguments.calling,
        answer_after_s=arguments.answer_after / 1000,
        limits=limits_of(arguments),
    )


# -- the commands ----------------------------------------------------------------------------------------------


def e1(arguments: Namespace) -> int:
    plan = plan_of(arguments)
    search = search_of(arguments, plan.rate)
    own = carriers(arguments.own) if arguments.own else None
    return run(lambda: _e1(arguments, plan, search, own), arguments)


async def _e1(arguments: Namespace, plan: Plan, search: KneeSearch | None, own: list[str] | None) -> dict[str, Any]:
    from xunhu.cli.common import configuration
    from xunhu.load.called import CalledSipp
    from xunhu.load.own_site import OwnSip, free_ports
    from xunhu.load.own_switch import OwnSwitch
    from xunhu.load.sipp import SipPlan

    if own is None:
        return await _e1_on(configuration(arguments), plan, search)
    if not any(kind.do == "echo" for kind in plan.kinds):
        async with OwnSwitch(own) as switch:
            return await _e1_on(switch.config, plan, search)
    port, peer = free_ports(2)
    async with OwnSwitch(own, sip=OwnSip(port, peer)) as switch:
        with CalledSipp(SipPlan("answer", ""), peer, free_ports(1)[0]):
            return await _e1_on(switch.config, plan, search)


async def _e1_on(config: Any, plan: Plan, search: KneeSearch | None) -> dict[str, Any]:
    from xunhu.load.e1 import E1Run
    from xunhu.load.lines import mirror
    from xunhu.load.progress import Progress

    with Progress() as progress:
        work = E1Run(config, mirror(config), plan, progress)
        return await stoppable(work.stop, work.run(search))


async def stoppable(stop: Callable[[], None], work: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """Ctrl-C and SIGTERM end a run in order; the second one ends it at once."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    asked = False

    def end() -> None:
        nonlocal asked
        if asked:
            task.cancel()
        asked = True
        stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    try:
        return await task
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def run(work: Callable[[], Coroutine[Any, Any, dict[str, Any]]], arguments: Namespace) -> int:
    """Do it, show and write the report; 1 when it is beyond a limit, 130 when it was interrupted."""
    from xunhu.cli.load_report import show
    from xunhu.cli.output import FOUND, OK, CommandError, print_json
    from xunhu.load.report import write_report
    from xunhu.load.watch import LoadError

    try:
        report = asyncio.run(work())
    except asyncio.CancelledError:
        return _INTERRUPTED
    except LoadError as error:
        raise CommandError(str(error), error.remedy) from error
    write_report(report, arguments.html, arguments.save)
    if arguments.json:
        print_json(report)
    else:
        show(report)
    if report["interrupted"]:
        return _INTERRUPTED
    return OK if report["good"] else FOUND


def site(arguments: Namespace) -> int:
    from xunhu.cli.output import OK, CommandError, print_json
    from xunhu.load.own_site import EXTENSIONS, HOTLINE, write_site

    names = carriers(arguments.lines)
    if not 1 <= arguments.jitter <= 500:
        raise usage(tr("--jitter is 1 to 500 ms", "--jitter 为 1 到 500 毫秒"))
    folder: Path = arguments.folder
    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        raise CommandError(tr(f"{folder} is there already", f"{folder} 已存在"), tr("choose another folder", "请选择其他目录"))
    write_site(folder, names, jitter_ms=arguments.jitter)
    if arguments.json:
        print_json({"folder": str(folder), "hotline": HOTLINE, "extensions": EXTENSIONS})
    else:
        print(tr(f"start it:  xunhu run --conf {folder}", f"启动：xunhu run --conf {folder}"))
        calls = f"--menu {HOTLINE}:1 --bridge '{EXTENSIONS}'"
        print(tr(f"load it:   xunhu load e1 --conf {folder} {calls}", f"压测：xunhu load e1 --conf {folder} {calls}"))
    return OK
