"""We register with kamailio's registrar: digest, 423, refresh, taking it away, a wrong password, failover to the second address."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from registrar_process import Process, running

from xunhu.net.registrations import Registrations, RegistrationSettings
from xunhu.net.settings import Bind
from xunhu.net.sip_net import SipNet
from xunhu.sip.address import Address, Credentials, Tokens, UaSettings
from xunhu.sip.events import ResponseReceived
from xunhu.sip.registration import StateChanged
from xunhu.sip.uri import SipUri
from xunhu.sip.user_agent import UserAgent
from xunhu.vclock import LoopClock

pytestmark = pytest.mark.interop

CONFIG = """#!KAMAILIO
debug=1
log_stderror=yes
fork=no
children=1
{tcp}
listen={transport}:127.0.0.1:{port}
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("registrar", "min_expires", 20)
modparam("registrar", "max_expires", 30)
modparam("usrloc", "db_mode", 0)
request_route {{
  if (!is_method("REGISTER")) {{ exit; }}
  if (!pv_www_authenticate("carrier", "carrier-secret", "0")) {{
    auth_challenge("carrier", "1");
    exit;
  }}
  if ($hdr(Expires) > 0 && $hdr(Expires) < 20) {{
    append_to_reply("Min-Expires: 20\\r\\n");
    sl_send_reply("423", "Interval Too Brief");
    exit;
  }}
  save("location");
  xlog("L_ALERT", "SAVED $fU expires $hdr(Expires) cseq $cs contact $ct\\n");
}}
"""


def free_port(kind: int) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Trunks:
    def __init__(self, transport: str) -> None:
        loop = asyncio.get_running_loop()
        self.clock = LoopClock(loop)
        self.net = SipNet(loop, self.clock, [Bind(transport, "127.0.0.1", 0)])
        tokens = Tokens(os.urandom)
        self.ua = UserAgent(UaSettings(), tokens, self.net.local_for)
        self.net.ua = self.ua
        self.net.on_events = self.turn
        self.registrations = Registrations(self.net, self.ua, self.clock, tokens, chance=lambda: 0.0)
        self.states: list[StateChanged] = []

    def turn(self) -> None:
        events, self.ua.events = self.ua.events, []
        for event in events:
            if isinstance(event, ResponseReceived):
                assert self.registrations.heard(event)

    def add(self, port: int, transport: str, secret: str = "carrier-secret", expires_s: int = 600) -> None:
        self.registrations.add(
            RegistrationSettings(
                "carrier",
                SipUri.parse(f"sip:127.0.0.1:{port};transport={transport}"),
                SipUri.parse("sip:4008001@127.0.0.1"),
                Credentials("4008001", secret),
                expires_s=expires_s,
            ),
            self.states.append,
        )

    async def until(self, text: str) -> None:
        async with asyncio.timeout(20):
            while not self.states or self.states[-1].text != text:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def trunks(transport: str = "udp") -> AsyncIterator[Trunks]:
    made = Trunks(transport)
    await made.net.start()
    try:
        yield made
    finally:
        await made.registrations.close(0.5)
        await made.net.close()


def kamailio(folder: Path, transport: str) -> tuple[list[str | Path], int]:
    """The command, and the port."""
    port = free_port(socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM)
    tcp = "disable_tcp=yes" if transport == "udp" else ""
    (folder / "kamailio.cfg").write_text(CONFIG.format(transport=transport, port=port, tcp=tcp))
    options = ["-DD", "-E", "-m", "32", "-M", "4", "-w", folder, "-Y", folder]
    return ["kamailio", "-f", folder / "kamailio.cfg", *options], port


async def line(process: Process, text: str) -> str:
    return await asyncio.to_thread(process.wait_line, lambda found: text in found, 15.0)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_registered_refreshed_and_taken_away(transport: str, tmp_path: Path) -> None:
    command, port = kamailio(tmp_path, transport)
    with running(*command) as server:
        async with trunks(transport) as ours:
            ours.add(port, transport)
            await ours.until("registered")  # the first attempts may come before kamailio listens
            saved = await line(server, "SAVED 4008001 expires 600")
            assert f":{ours.net.places[0].port}" in saved
            # kamailio grants 30 s; half of them is the earliest refresh, and chance was made 0
            machine = ours.registrations._entries["carrier"].machine
            assert machine.next_deadline is not None
            left = machine.next_deadline - ours.clock.now_ns()
            assert 14e9 < left <= 15e9
            machine.handle_timeout(machine.next_deadline)
            ours.registrations._turn(ours.registrations._entries["carrier"])
            async with asyncio.timeout(10):
                while sum("SAVED" in row for row in server.lines) < 2:
                    await asyncio.sleep(0.02)
            assert ours.registrations.rows()[0]["registered"]
            await ours.registrations.remove("carrier")
            await line(server, "SAVED 4008001 expires 0")
            assert ours.states[-1].text == "stopped"


async def test_too_brief_an_interval(tmp_path: Path) -> None:
    command, port = kamailio(tmp_path, "udp")
    with running(*command) as server:
        async with trunks() as ours:
            ours.add(port, "udp", expires_s=15)
            await ours.until("registered")
            await line(server, "SAVED 4008001 expires 20")


async def test_a_wrong_password(tmp_path: Path) -> None:
    command, port = kamailio(tmp_path, "udp")
    with running(*command):
        async with trunks() as ours:
            ours.add(port, "udp", secret="wrong")
            async with asyncio.timeout(20):
                while not any(state.text.startswith("401") for state in ours.states):
                    await asyncio.sleep(0.02)
            assert not ours.registrations.rows()[0]["registered"]
            assert ours.registrations.rows()[0]["state"] == "waiting"


async def test_the_second_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command, port = kamailio(tmp_path, "udp")
    with running(*command) as server:
        async with trunks() as ours:

            async def both(uri: SipUri) -> list[Address]:
                return [Address("udp", "127.0.0.1", 1), Address("udp", "127.0.0.1", port)]

            monkeypatch.setattr(ours.net, "resolve", both)
            ours.add(port, "udp")
            await ours.until("registered")
            await line(server, "SAVED 4008001")
            assert ours.registrations.rows()[0]["place"] == f"127.0.0.1:{port}"
