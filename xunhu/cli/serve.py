"""`xunhu run`: the switch in the foreground, until SIGTERM or SIGINT.

SIGTERM: no more calls, those that are up are released, the engine ends. SIGHUP: control ends and leaves engine and calls as
they are, for the control that is started next (upgrade).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
from argparse import Namespace
from pathlib import Path

from xunhu import __version__
from xunhu._media.engine import EngineBusyError
from xunhu._media.service import MediaError
from xunhu.cli.common import configuration
from xunhu.cli.output import FOUND, OK, CommandError
from xunhu.config import Config
from xunhu.ledger import LedgerError
from xunhu.service.switch import Switch
from xunhu.text import tr


def run(arguments: Namespace) -> int:
    config = configuration(arguments)
    return asyncio.run(_serve(config, own_process=arguments.media == "process", trace=arguments.trace))


def _say(alarm: str) -> None:
    """For the journal; who reads it may have gone, which is no reason to end."""
    with contextlib.suppress(OSError):
        print(f"! {alarm}", file=sys.stderr, flush=True)


def _settle() -> None:
    """What is there after the start stays: the collector need not look at it again and again. Its looks at all there is hold up calls that
    come meanwhile by tens of milliseconds; those at the young find most of what calls leave behind."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def _serve(config: Config, *, own_process: bool, trace: Path | None) -> int:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[signal.Signals] = loop.create_future()

    def end(number: signal.Signals) -> None:
        if not ended.done():
            ended.set_result(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, end, number)
    try:
        switch = Switch(config, own_process=own_process, trace=trace)
        switch.on_alarm = _say
        await switch.start()
    except EngineBusyError as error:
        raise CommandError(
            str(error), tr("another xunhu runs with this configuration", "使用此配置的讯呼已在运行"), FOUND
        ) from error
    except (LedgerError, MediaError, OSError) as error:
        raise CommandError(
            str(error), tr(f"the data folder is {config.site.data}", f"数据目录为 {config.site.data}"), FOUND
        ) from error
    _settle()
    names = ", ".join(switch.control.trunks) or "-"
    taken = switch.recovered.taken_over
    more = tr(f"; {taken} calls taken over", f"；接管 {taken} 个呼叫") if taken else ""
    print(tr(f"xunhu {__version__} serves {names}{more}", f"讯呼 {__version__} 正在服务 {names}{more}"), flush=True)
    number = await ended
    keep = number == signal.SIGHUP and own_process
    try:
        await switch.stop(why=signal.Signals(number).name, keep_media=keep)
    except LedgerError as error:
        raise CommandError(str(error), tr("make room on the disk", "请清理磁盘空间"), FOUND) from error
    return OK
