"""`xunhu load sip`: calls of SIPp against a switch, by the scenarios of xunhu/load/sipp."""

from __future__ import annotations

import argparse
import re
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xunhu.text import tr

if TYPE_CHECKING:
    from xunhu.config import Config
    from xunhu.load.knee import KneeSearch
    from xunhu.load.plan import Limits
    from xunhu.load.sipp import SipPlan

Add = Callable[..., argparse.ArgumentParser]
PLACING = ("answer", "rtp", "menu", "info", "hold", "transfer", "register")  # xunhu.load.sipp.PLACING, not imported for the help alone
_TO = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})")


def add(commands: Any, add_command: Add, add_common: Callable[[argparse.ArgumentParser], None]) -> None:
    sip = add_command(
        commands,
        "sip",
        "load_sip:sip",
        tr("over SIP, by scenarios of SIPp", "经 SIP，使用 SIPp 场景"),
        "xunhu load sip --own --scenario answer --rate 50 --seconds 20 --html load.html\n"
        "xunhu load sip --own --scenario register --users 200 --rate 100 --calls 2000\n"
        "xunhu load sip --to 192.0.2.10:5060 --scenario rtp --called 4006000998 --rate 20 --ramp 500 --setup-above 200",
    )
    sip.add_argument(
        "--scenario",
        choices=PLACING,
        default="answer",
        help=tr(
            "answer: set up, hold, release; rtp: with voice both ways; menu: a key by RFC 4733, info: by INFO, upon which the switch releases; "
            "hold: held and retrieved; transfer: REFER; register: registrations with digest",
            "answer：建立、保持、释放；rtp：双向语音；menu：RFC 4733 按键后由交换机释放，info：INFO 按键；hold：保持与恢复；transfer：REFER 转接；register：带鉴权注册",
        ),
    )
    sip.add_argument("--own", action="store_true", help=tr("start a switch of the tool's own", "启动自带交换机"))
    sip.add_argument(
        "--to", metavar="HOST:PORT", help=tr("the switch (default: where --conf says that it listens)", "交换机地址（默认：--conf 中的监听地址）")
    )
    sip.add_argument("--called", metavar="NUMBER", help=tr("what is dialled (default: the load flow; for a transfer 7000)", "被叫号码（默认：压测流程；转接时 7000）"))
    sip.add_argument("--target", metavar="NUMBER", default="7001", help=tr("of a transfer (7001)", "转接目标（7001）"))
    sip.add_argument("--key", metavar="KEY", default="5", help=tr("of menu and info (5)", "menu 与 info 的按键（5）"))
    sip.add_argument("--calling", metavar="DIGITS", default="139", help=tr("first digits of the callers' numbers (139)", "主叫号码前缀（139）"))
    sip.add_argument(
        "--users",
        metavar="N|NUMBER:SECRET",
        action="append",
        default=[],
        help=tr("who registers: with --own how many; else NUMBER:SECRET, or all of --conf", "注册用户：--own 时为数量；否则为 号码:密码，或 --conf 中全部"),
    )
    sip.add_argument("--transport", choices=["udp", "tcp"], default="udp", help=tr("udp (default) or tcp", "udp（默认）或 tcp"))
    sip.add_argument("--local", metavar="ADDRESS", default="127.0.0.1", help=tr("our address (127.0.0.1)", "本端地址（127.0.0.1）"))
    sip.add_argument("--most-up", type=int, default=0, metavar="N", help=tr("calls at once at most", "最大并发呼叫"))
    sip.add_argument(
        "--answer-at",
        metavar="PORT",
        type=int,
        help=tr("also be called: a second SIPp answers at this port and sends the voice back", "同时作为被叫：另一 SIPp 在此端口应答并回送语音"),
    )
    add_common(sip)


def sip(arguments: Namespace) -> int:
    from xunhu.cli.load import check_common, limits_of, run, search_of

    check_common(arguments)
    plan = _plan(arguments)
    limits = limits_of(arguments)
    search = search_of(arguments, plan.rate)
    return run(lambda: _sip(arguments, plan, limits, search), arguments)


def _plan(arguments: Namespace) -> SipPlan:
    from xunhu.cli.load import usage
    from xunhu.load.own_site import HOTLINE, RELEASE_NUMBER, TALK_NUMBER
    from xunhu.load.sipp import SipPlan

    if arguments.to and not _TO.fullmatch(arguments.to):
        raise usage(tr(f"--to '{arguments.to}' is no HOST:PORT", f"--to '{arguments.to}' 不是 主机:端口"), "--to 192.0.2.10:5060")
    if not re.fullmatch(r"[0-9*#A-D]", arguments.key):
        raise usage(tr(f"--key '{arguments.key}': one of 0-9 * # A-D", f"--key '{arguments.key}'：应为 0-9 * # A-D 之一"))
    usual = {"menu": RELEASE_NUMBER, "info": RELEASE_NUMBER, "transfer": TALK_NUMBER}.get(arguments.scenario, HOTLINE)
    return SipPlan(
        scenario=arguments.scenario,
        to=arguments.to or "",
        called=arguments.called or usual,
        target=arguments.target,
        key=arguments.key,
        transport=arguments.transport,
        local=arguments.local,
        rate=arguments.rate,
        calls=arguments.calls or max(1, round(arguments.rate * arguments.seconds)),
        most_up=arguments.most_up,
        hold_s=arguments.hold,
        calling=arguments.calling,
    )


async def _sip(arguments: Namespace, plan: SipPlan, limits: Limits, search: KneeSearch | None) -> dict[str, Any]:
    from xunhu.load.own_site import OwnSip, free_ports
    from xunhu.load.own_switch import OwnSwitch

    if not arguments.own:
        config = _configuration(arguments)
        return await _run(arguments, replace(plan, to=plan.to or _listens(config), users=_users(arguments, config)), config, limits, search)
    port, peer = free_ports(2)
    own = OwnSip(port, arguments.answer_at or peer, phones=_count(arguments))
    async with OwnSwitch(["PRI"], sip=own) as switch:
        # who registers must not come from the address of the trunk: that one is no telephone
        local = "127.0.0.2" if plan.scenario == "register" and plan.local == "127.0.0.1" else plan.local
        plan = replace(plan, to=f"127.0.0.1:{port}", users=tuple(own.users()), local=local)
        return await _run(arguments, plan, switch.config, limits, search)


async def _run(
    arguments: Namespace, plan: SipPlan, config: Config | None, limits: Limits, search: KneeSearch | None
) -> dict[str, Any]:
    from contextlib import ExitStack

    from xunhu.cli.load import stoppable
    from xunhu.load.called import CalledSipp
    from xunhu.load.own_site import free_ports
    from xunhu.load.progress import Progress
    from xunhu.load.sip import SipRun

    answer_at = arguments.answer_at
    if arguments.own and config is not None and config.site.sip is not None and config.site.sip.trunks:
        answer_at = config.site.sip.trunks[0].port
    with ExitStack() as stack:
        if answer_at:
            stack.enter_context(CalledSipp(plan, answer_at, free_ports(1, plan.local)[0]))
        progress = stack.enter_context(Progress())
        work = SipRun(plan, None if config is None else config.socket, limits, progress, seconds=arguments.seconds)
        return await stoppable(work.stop, work.run(search))


def _configuration(arguments: Namespace) -> Config | None:
    """With --to a configuration need not be there: then the switch itself is not asked anything."""
    from xunhu.cli.common import configuration
    from xunhu.cli.output import CommandError

    folder: Path = arguments.conf
    if arguments.to and not folder.is_dir():
        return None
    try:
        return configuration(arguments)
    except CommandError:
        if arguments.to:
            return None
        raise


def _listens(config: Config | None) -> str:
    from xunhu.cli.load import usage

    site = config.site.sip if config is not None else None
    if site is None:
        raise usage(tr("this configuration has no section sip", "此配置没有 sip 小节"), tr("--to HOST:PORT, or --own", "--to 主机:端口，或 --own"))
    for listen in site.listen:
        if listen.transport == "udp":
            host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(listen.host, listen.host)
            return f"{host}:{listen.port}"
    raise usage(tr("it listens on no UDP port", "未监听 UDP 端口"), "--to HOST:PORT --transport tcp")


def _count(arguments: Namespace) -> int:
    from xunhu.cli.load import usage

    if arguments.scenario != "register":
        return 0
    text = arguments.users[-1] if arguments.users else "100"
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 999):
        raise usage(tr(f"--users '{text}': with --own 1 to 999", f"--users '{text}'：--own 时为 1 到 999"), "--users 100")
    return int(text)


def _users(arguments: Namespace, config: Config | None) -> tuple[tuple[str, str], ...]:
    from xunhu.cli.load import usage

    if arguments.scenario != "register":
        return ()
    users = []
    for text in arguments.users:
        number, sign, secret = text.partition(":")
        if not (number and sign and secret) or ";" in secret or "]" in secret:
            raise usage(tr(f"--users '{text}' is no NUMBER:SECRET", f"--users '{text}' 不是 号码:密码"), "--users 8001:secret")
        users.append((number, secret))
    site = config.site.sip if config is not None else None
    if not users and site is not None:
        users = [(phone.number, phone.secret) for phone in site.phones.values()]
    if not users:
        raise usage(tr("nobody is named who could register", "没有可注册的用户"), "--users 8001:secret")
    return tuple(users)
