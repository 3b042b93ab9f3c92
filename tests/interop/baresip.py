"""baresip as a telephone: its own folder, commands by ctrl_tcp, a tone as its voice, what it hears in a WAV file.

    async with Baresip(folder, "7001", secret, registrar="127.0.0.1:5060", hz=440) as phone:
        await phone.registered(site)
        await phone.command("dial", "8001")
        await phone.event("CALL_ESTABLISHED")
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import wave
from pathlib import Path
from typing import Any, Self

from sip_site import SipSite, free_port
from switch_site import PATIENCE_S, RATE, tone, until

CONFIG = """\
poll_method epoll
sip_listen 127.0.0.1:{port}
{tls}
call_local_timeout 120
call_max_calls 4
audio_player aubridge,nil
audio_source aufile,{folder}/voice.wav
audio_alert aubridge,nil
ausrc_srate 8000
auplay_srate 8000
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module srtp.so
module dtls_srtp.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {folder}
rtp_ports {rtp}-{rtp_end}
"""


class Baresip:
    """options: parameters of the account, as ";mediaenc=srtp-mand"."""

    rtp = 30_000

    def __init__(
        self, folder: Path, number: str, secret: str, *, registrar: str, hz: int = 440, transport: str = "udp", options: str = "", ca: Path | None = None
    ) -> None:
        self.number = number
        self.folder = folder
        folder.mkdir(parents=True)
        self.control = free_port("127.0.0.1")
        self.log = folder / "baresip.log"
        Baresip.rtp += 20
        tls = f"sip_cafile {ca}" if ca is not None else ""
        (folder / "config").write_text(
            CONFIG.format(
                port=free_port("127.0.0.1"), control=self.control, folder=folder, rtp=self.rtp, rtp_end=self.rtp + 18, tls=tls
            )
        )
        (folder / "accounts").write_text(
            f'"{number}" <sip:{number}@{registrar};transport={transport}>;auth_user={number};auth_pass={secret};regint=60{options}\n'
        )
        with wave.open(str(folder / "voice.wav"), "wb") as voice:
            voice.setparams((1, 2, RATE, 0, "NONE", ""))
            voice.writeframes(tone(hz, 60.0).tobytes())
        (folder / "contacts").write_text("")
        self.events: list[dict[str, Any]] = []
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._count = 0

    async def __aenter__(self) -> Self:
        with open(self.log, "wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                "baresip", "-f", str(self.folder), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        for _ in range(100):
            try:
                reader, self._writer = await asyncio.open_connection("127.0.0.1", self.control)
                break
            except ConnectionError:
                await asyncio.sleep(0.1)
        else:
            raise AssertionError(f"baresip does not listen: {self.said()}")
        self._reader = asyncio.create_task(self._read(reader))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._reader is not None:
            self._reader.cancel()
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), 5)
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Netstrings of JSON."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length = await reader.readuntil(b":")
                octets = await reader.readexactly(int(length[:-1]) + 1)
                row = json.loads(octets[:-1])
                if row.get("event"):
                    self.events.append(row)
                else:
                    future = self._answers.pop(str(row.get("token", "")), None)
                    if future is not None and not future.done():
                        future.set_result(row)

    async def command(self, name: str, parameters: str = "") -> str:
        """What it answers."""
        self._count += 1
        token = str(self._count)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[token] = future
        octets = json.dumps({"command": name, "params": parameters, "token": token}).encode()
        assert self._writer is not None
        self._writer.write(f"{len(octets)}:".encode() + octets + b",")
        row = await asyncio.wait_for(future, PATIENCE_S)
        return str(row.get("data", ""))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [row for row in self.events if row.get("type") == kind]

    async def event(self, kind: str, count: int = 1) -> dict[str, Any]:
        try:
            await until(lambda: len(self.of(kind)) >= count, f"{self.number}: {kind}")
        except AssertionError:
            raise AssertionError(f"{self.number}: no {kind}: {self.events} {self.said()[-3000:]}") from None
        return self.of(kind)[count - 1]

    async def registered(self, site: SipSite) -> None:
        def there() -> bool:
            return any(row["extension"] == self.number and row["contacts"] for row in site.ask("sip-phones"))

        try:
            await until(there, f"{self.number} has registered")
        except AssertionError:
            raise AssertionError(f"{self.number} has not registered: {self.said()[-3000:]} {site.said()}") from None

    def heard(self) -> Path:
        """What it has heard in its last call."""
        found = sorted(self.folder.glob("dump-*-dec.wav"), key=lambda path: path.stat().st_mtime)
        assert found, list(self.folder.iterdir())
        return found[-1]
