"""A SipNet with a user agent on loopback ports of its own, and certificates made for the tests."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from xunhu.net.settings import Bind, NetLimits, TlsSettings
from xunhu.net.sip_net import SipNet
from xunhu.sip.address import Address, Tokens, UaSettings
from xunhu.sip.events import RequestReceived, ResponseReceived
from xunhu.sip.user_agent import UserAgent
from xunhu.vclock import LoopClock

Answer = Callable[[RequestReceived], None]


class Node:
    """answers 200 to every request outside a dialog; `heard` has the events, `responses` those of ours by handle."""

    def __init__(self, binds: list[Bind], **options: Any) -> None:
        loop = asyncio.get_running_loop()
        self.clock = LoopClock(loop)
        self.net = SipNet(loop, self.clock, binds, **options)
        self.ua = UserAgent(UaSettings(), Tokens(os.urandom), self.net.local_for)
        self.net.ua = self.ua
        self.net.on_events = self.turn
        self.heard: list[Any] = []
        self.lost: list[int] = []
        self.net.on_flow_lost = self.lost.append
        self.waiting: dict[int, asyncio.Future[ResponseReceived]] = {}

    def turn(self) -> None:
        events, self.ua.events = self.ua.events, []
        for event in events:
            self.heard.append(event)
            if isinstance(event, RequestReceived):
                event.request.answer(200, now=self.clock.now_ns())
            elif isinstance(event, ResponseReceived) and event.handle in self.waiting:
                self.waiting.pop(event.handle).set_result(event)

    def place(self, transport: str = "udp") -> Address:
        return next(place for place in self.net.places if place.transport == transport)

    async def ask(self, to: Address, method: str = "OPTIONS") -> ResponseReceived:
        uri = f"sip:node@{to.hostport}"
        handle = self.ua.request(method, to, uri, "<sip:me@example.com>", f"<{uri}>", now=self.clock.now_ns())
        future = self.waiting[handle] = asyncio.get_running_loop().create_future()
        self.net.wake()
        async with asyncio.timeout(20):
            return await future


@asynccontextmanager
async def node(*binds: Bind, **options: Any):  # type: ignore[no-untyped-def]
    made = Node(list(binds) or [Bind("udp", "127.0.0.1", 0)], **options)
    await made.net.start()
    try:
        yield made
    finally:
        await made.net.close()


def certificates(folder: Path) -> TlsSettings:
    """A CA, and a certificate of it for localhost, 127.0.0.1, ::1 and sip.example.com."""
    if not (folder / "node.pem").exists():
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-subj", "/CN=Test CA", "-days", "30", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
        issue(folder, "node")
    return TlsSettings(certificate=folder / "node.pem", key=folder / "node.key", ca=folder / "ca.pem")


def issue(folder: Path, name: str, host: str = "sip.example.com") -> None:
    (folder / "ext").write_text(f"subjectAltName=DNS:localhost,DNS:{host},IP:127.0.0.1,IP:::1\nbasicConstraints=CA:FALSE\n")
    _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / f"{name}.key", "-out", folder / "csr", "-subj", f"/CN={host}")
    _openssl("x509", "-req", "-in", folder / "csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "30", "-extfile", folder / "ext", "-out", folder / f"{name}.pem")


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


__all__ = ["Bind", "NetLimits", "Node", "certificates", "issue", "node"]
