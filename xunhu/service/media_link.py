"""The media engine of a running xunhu: attached, watched, brought back when it dies.

In service it is the process `xunhu-media`, which outlives control: on start control attaches to the one that is there, and starts
one only when there is none. When it dies, `on_lost` is called at once, a new one is started, and `on_back` is called.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xunhu._media.engine import Engine, EngineBusyError, EngineClient, EngineControl
from xunhu._media.service import MediaError, MediaProcess, spawn_media
from xunhu.config import Config, Lines

_RETRY_S = 0.5
_END_S = 10.0  # how long an engine may write at its recordings


def span_rows(lines: Lines) -> list[dict[str, Any]]:
    """What the engine is told of the lines."""
    rows: list[dict[str, Any]] = []
    for trunk in lines.trunks:
        row: dict[str, Any] = {"number": trunk.number, "driver": trunk.driver}
        if trunk.driver == "loop":
            row["peer"] = trunk.peer
        elif trunk.driver == "ces":
            row |= {"local": trunk.local, "remote": trunk.remote, "frames": trunk.frames}
            row |= {"jitter_ms": trunk.jitter_ms, "rtp": trunk.rtp}
        else:
            d_channel = trunk.d_channel
            row |= {"span": trunk.span, "hdlc": [] if d_channel is None else [d_channel]}
            row["cas"] = list(trunk.voice) if trunk.signalling == "R2" else []
        rows.append(row)
    return rows


class MediaLink:
    """Owns the engine or the connection to it."""

    def __init__(self, config: Config, *, own_process: bool) -> None:
        self._config = config
        self._own_process = own_process
        self._loop = asyncio.get_running_loop()
        self._client: EngineClient | None = None
        self._engine: Engine | None = None
        self._process: MediaProcess | None = None
        self._returning: asyncio.Task[None] | None = None
        self.on_lost: Callable[[str], None] = lambda why: None
        self.on_back: Callable[[EngineControl], None] = lambda engine: None
        self.on_trouble: Callable[[str], None] = lambda text: None
        self.pid = os.getpid()
        self.found_running = False
        self.other_lines = False  # the engine that was found runs with lines of an older Tce1-32.ini

    async def start(self) -> EngineControl:
        """The engine, running. MediaError: it cannot start. EngineBusyError: another control is attached."""
        lines = self._config.lines
        if not self._own_process:
            self._engine = Engine(
                span_rows(lines), tick_ms=lines.tick_ms, law=lines.law, threads=lines.threads, http=lines.http.limits()
            )
            self._engine.start()
            return self._engine
        try:
            client = EngineClient(str(self._config.media_socket))
        except EngineBusyError:
            raise
        except ConnectionError:
            return self._watch(await self._spawn())
        return self._watch(await self._found(client))

    async def _found(self, client: EngineClient) -> EngineClient:
        """An engine was there. With other lines than ours it is of use only to the calls in it."""
        if self._told() == self._tell():
            self.found_running = True
            return client
        if client.ports():
            self.found_running = self.other_lines = True
            return client
        pid = client.pid
        client.detach()
        await _end_process(pid)
        return await self._spawn()

    def _tell(self) -> str:
        lines = self._config.lines
        told = {"tick_ms": lines.tick_ms, "law": lines.law, "threads": lines.threads, "spans": span_rows(lines)}
        told["http"] = lines.http.limits()
        return json.dumps(told, indent=1)

    def _told(self) -> str:
        """What the running engine was started with."""
        try:
            return self._note.read_text()
        except OSError:
            return ""

    @property
    def _note(self) -> Path:
        return self._config.site.data / "media.json"

    async def _spawn(self) -> EngineClient:
        lines, site = self._config.lines, self._config.site
        self._process = await asyncio.to_thread(
            spawn_media,
            str(self._config.media_socket),
            span_rows(lines),
            tick_ms=lines.tick_ms,
            law=lines.law,
            threads=lines.threads,
            http=lines.http.limits(),
            log=str(site.data / "media.log"),
        )
        self._keep_note()
        return EngineClient(str(self._config.media_socket))

    def _keep_note(self) -> None:
        """The next control compares it with its lines. Without it (disk full) that one starts the engine anew when no call is up."""
        if self._told() == self._tell():
            return
        try:
            self._note.write_text(self._tell())
        except OSError as error:
            self.on_trouble(f"{self._note} cannot be written: {error}")

    def _watch(self, client: EngineClient) -> EngineClient:
        self._client = client
        self.pid = client.pid
        self._loop.add_reader(client.alive_fd, self._died)
        return client

    def _died(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        self._loop.remove_reader(client.alive_fd)
        self.on_lost(f"process {self.pid} ended")
        client.detach()
        self._returning = self._loop.create_task(self._bring_back())

    async def _bring_back(self) -> None:
        while True:
            try:
                client = self._watch(await self._spawn())
            except (MediaError, OSError) as error:
                self.on_trouble(f"the media engine does not come back: {error}")
                await asyncio.sleep(_RETRY_S)
                continue
            self.on_back(client)
            return

    async def stop(self, *, end_media: bool) -> None:
        """end_media: the engine's process finishes its recordings and ends; else it goes on with what it has."""
        if self._returning is not None:
            self._returning.cancel()
            await asyncio.gather(self._returning, return_exceptions=True)
        if self._engine is not None:
            self._engine.shut()
        client, self._client = self._client, None
        if client is not None:
            self._loop.remove_reader(client.alive_fd)
            client.detach()
            if end_media:
                await _end_process(self.pid)
                if self._process is not None:
                    await asyncio.to_thread(self._process.stop)


async def _end_process(pid: int) -> None:
    """Ask an engine to end and wait until it has: its recordings are whole then, and its lines free for the next one."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(fd, ended.set)
    try:
        signal.pidfd_send_signal(fd, signal.SIGTERM)
        await asyncio.wait_for(ended.wait(), _END_S)
    except ProcessLookupError:
        return
    except TimeoutError:
        signal.pidfd_send_signal(fd, signal.SIGKILL)
    finally:
        loop.remove_reader(fd)
        os.close(fd)
