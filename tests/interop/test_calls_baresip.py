"""baresip as telephones of `xunhu run`: register, call both ways, hold, transfer, keys; by UDP, TCP, TLS with SRTP."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from baresip import Baresip
from sip_site import SECRETS, SipSite
from switch_site import RATE, Far, pitch_hz, running, tracks, until, voiced

pytestmark = pytest.mark.interop
HZ = {"7001": 440, "7002": 880, "7003": 1320}


@asynccontextmanager
async def phones(folder: Path, *numbers: str, transport: str = "udp", secure: str = "", **options: Any) -> AsyncIterator[tuple[SipSite, Far, list[Baresip]]]:
    site = SipSite(folder, **options)
    async with running(site) as far, AsyncExitStack() as stack:
        made = []
        for number in numbers:
            phone = Baresip(
                folder / number,
                number,
                SECRETS[number],
                registrar=f"127.0.0.1:{site.sips if transport == 'tls' else site.sip}",
                hz=HZ[number],
                transport=transport,
                options=f";mediaenc={secure}" if secure else "",
            )
            made.append(await stack.enter_async_context(phone))
            await phone.registered(site)
        yield site, far, made


async def talking(site: SipSite, count: int = 1) -> None:
    await until(lambda: sum(1 for row in site.calls().values() if row["bridged"]) == count, f"{count} talks")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_two_telephones_call_each_other(tmp_path: Path, transport: str) -> None:
    async with phones(tmp_path, "7001", "7002", transport=transport) as (site, _, (one, other)):
        rows = {row["extension"]: row["contacts"] for row in site.ask("sip-phones")}
        assert [len(rows[number]) for number in ("7001", "7002", "7003")] == [1, 1, 0]
        assert "baresip" in rows["7001"][0]["agent"]
        await one.command("dial", f"sip:7002@127.0.0.1:{site.sip}")
        await other.event("CALL_INCOMING")
        await one.event("CALL_PROGRESS")
        await other.command("accept")
        await one.event("CALL_ESTABLISHED")
        await talking(site)
        await asyncio.sleep(2.0)
        (row, other_row) = site.ask("sip-calls")
        assert (row["codec"], other_row["codec"]) == ("alaw", "alaw")
        await one.command("hangup")
        await other.event("CALL_CLOSED")
        await site.quiet()
        await until(lambda: len(site.cdrs()) == 1, "the record")
        (record,) = site.cdrs()
        assert (record.calling, record.called, record.parties) == ("7001", "7002", ["7002"])
        left, right = tracks(record.recordings[0])
        assert abs(pitch_hz(voiced(left)[:RATE]) - 440) < 6
        assert abs(pitch_hz(voiced(right)[:RATE]) - 880) < 6


async def answered_by(site: SipSite, phone: Baresip) -> None:
    """A call that rings at a telephone is taken there."""
    await phone.event("CALL_INCOMING")
    await phone.command("accept")
    await phone.event("CALL_ESTABLISHED")
    await talking(site)


async def test_an_e1_caller_is_held_and_transferred(tmp_path: Path) -> None:
    async with phones(tmp_path, "7001") as (site, far, (phone,)):
        caller = far.call(0, "13800138000", "7001", 600.0)
        await answered_by(site, phone)
        caller.speak()
        await phone.command("hold")
        await until(lambda: [row["state"] for row in site.calls().values()] == ["held"], "on hold")
        await phone.command("resume")
        await talking(site)
        await phone.command("transfer", f"sip:8001@127.0.0.1:{site.sip}")
        await until(lambda: len(far.agents) == 1, "8001 is rung")
        await asyncio.wait_for(far.agents[0].answered, 20)
        await phone.event("CALL_CLOSED")
        await talking(site)
        caller.listen(tmp_path / "heard.wav")
        await asyncio.sleep(1.0)
        await caller.stop_listening()
        assert abs(pitch_hz(voiced(tracks(caller.heard)[0])) - far.agents[0].hz) < 6
        caller.call.release(16)
        await asyncio.wait_for(far.agents[0].gone, 20)
        await site.quiet()
        await until(lambda: len(site.cdrs()) == 1, "the record")
        assert site.cdrs()[0].parties == ["7001", "8001"]


async def test_a_telephone_in_the_menu_presses_a_key(tmp_path: Path) -> None:
    async with phones(tmp_path, "7001") as (site, _, (phone,)):
        await phone.command("dial", f"sip:4006000998@127.0.0.1:{site.sip}")
        await phone.event("CALL_ESTABLISHED")
        await asyncio.sleep(1.0)
        await phone.command("sndcode", "5")
        await phone.event("CALL_CLOSED")
        await site.quiet()
        await until(lambda: len(site.cdrs()) == 1, "the record")
        assert (site.cdrs()[0].digits, site.cdrs()[0].cause) == ("5", 16)


@pytest.mark.parametrize(("transport", "srtp", "secure"), [("tls", "sdes", "srtp-mand"), ("udp", "dtls", "dtls_srtp")])
async def test_srtp(tmp_path: Path, transport: str, srtp: str, secure: str) -> None:
    certificate = tmp_path / "tls.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(certificate), "-out", str(tmp_path / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    certificate.write_text(certificate.read_text() + (tmp_path / "cert.pem").read_text())
    options = {"transports": ("udp", "tls"), "certificate": f"  certificate: tls.pem\n  srtp: {srtp}"}
    async with phones(tmp_path, "7001", "7002", transport=transport, secure=secure, **options) as (site, _, (one, other)):
        await one.command("dial", f"sip:7002@127.0.0.1:{site.sips if transport == 'tls' else site.sip}")
        await answered_by(site, other)
        await asyncio.sleep(2.0)
        assert [row["source"].split()[0] for phone in site.ask("sip-phones") for row in phone["contacts"]] == [transport] * 2
        await one.command("hangup")
        await other.event("CALL_CLOSED")
        await site.quiet()
        await until(lambda: len(site.cdrs()) == 1, "the record")
        left, right = tracks(site.cdrs()[0].recordings[0])
        assert abs(pitch_hz(voiced(left)[:RATE]) - 440) < 6
        assert abs(pitch_hz(voiced(right)[:RATE]) - 880) < 6
