"""A switch of the load tool's own: `xunhu run` as a process on a site that was written for it, in a folder that goes afterwards."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from xunhu.api.local import NotRunningError, RequestError, ask
from xunhu.config import Config, load
from xunhu.load.own_site import OwnSip, write_site
from xunhu.load.watch import LoadError
from xunhu.text import tr

_START_S = 30.0
_END_S = 30.0


class OwnSwitch:
    """An asynchronous context: the switch answers inside of it. carriers: see own_site.write_site. LoadError: it does not start, with the end of what
    it said."""

    def __init__(
        self, carriers: Sequence[str], *, jitter_ms: int = 20, recording: str = "none", sip: OwnSip | None = None
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="xunhu-load-")
        folder = Path(self._temporary.name) / "site"
        write_site(folder, carriers, jitter_ms=jitter_ms, recording=recording, sip=sip)
        self.config: Config = load(folder)
        self._log = folder / "xunhu.log"
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        command = [sys.executable, "-m", "xunhu.cli.main", "run", "--conf", str(self.config.folder)]
        with open(self._log, "wb") as log:
            # a session of its own: Ctrl-C ends the load tool, which then ends it
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        end = asyncio.get_running_loop().time() + _START_S
        try:
            while not await asyncio.to_thread(self._answers):
                if self._process.poll() is not None or asyncio.get_running_loop().time() > end:
                    raise LoadError(
                        tr(f"the switch does not start: {self._said()}", f"交换机未能启动：{self._said()}"),
                        tr("xunhu check", "xunhu check"),
                    )
                await asyncio.sleep(0.05)
        except BaseException:
            self._end()
            raise
        return self

    def _answers(self) -> bool:
        try:
            return bool(ask(self.config.socket, {"do": "ping"}, timeout_s=1.0) == "pong")
        except (NotRunningError, RequestError):
            return False

    def _said(self) -> str:
        return self._log.read_text(errors="replace")[-400:].strip()

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._temporary.cleanup()
