"""What several commands need: the configuration, and a word with the running xunhu."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from xunhu.api.local import NotRunningError, RequestError, ask
from xunhu.cli.output import FOUND, NOT_RUNNING, REFUSED, CommandError
from xunhu.config import Config, ConfigError, load
from xunhu.text import tr


def configuration(arguments: Namespace) -> Config:
    """CommandError with all faults."""
    folder: Path = arguments.conf
    if not folder.is_dir():
        raise CommandError(
            tr(f"{folder} is no directory", f"{folder} 不是目录"),
            tr(
                "name the configuration directory with --conf DIR or XUNHU_CONF",
                "请用 --conf 目录 或 XUNHU_CONF 指定配置目录",
            ),
        )
    try:
        return load(folder)
    except ConfigError as error:
        raise CommandError(
            str(error),
            tr(f"`xunhu check --conf {folder}` shows it all", f"`xunhu check --conf {folder}` 显示全部"),
            FOUND,
        ) from error


def request(arguments: Namespace, do: str, **more: Any) -> Any:
    """Ask the running xunhu of this configuration."""
    config = configuration(arguments)
    try:
        return ask(config.socket, {"do": do, **more})
    except NotRunningError as error:
        raise CommandError(
            tr(
                f"xunhu does not run with this configuration ({config.socket})",
                f"使用此配置的讯呼未运行（{config.socket}）",
            ),
            tr(f"start it: xunhu run --conf {arguments.conf}", f"启动：xunhu run --conf {arguments.conf}"),
            NOT_RUNNING,
        ) from error
    except RequestError as error:
        raise CommandError(str(error), "", REFUSED) from error
