"""Whole calls between SIPp and `xunhu run`: a menu, refusals, talk with E1 parties both ways, hold, transfer, CANCEL; what is heard is looked at."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sip_site import SipSite
from switch_site import RATE, Far, Samples, longest_gap_ms, pitch_hz, running, tracks, until, voiced

pytestmark = pytest.mark.interop


@asynccontextmanager
async def site_with_far(folder: Path, **options: Any) -> AsyncIterator[tuple[SipSite, Far]]:
    site = SipSite(folder, **options)
    async with running(site) as far:
        yield site, far


async def done(site: SipSite, scenario: str, process: subprocess.Popen[bytes]) -> None:
    """SIPp has ended, and every call of it was as the scenario says."""
    await until(lambda: process.poll() is not None, f"sipp {scenario} ends")
    assert process.returncode == 0, site.sipp_said(scenario)


async def cdrs(site: SipSite, count: int = 1) -> list[Any]:
    """Of all calls, once they are quiet and written."""
    await site.quiet()
    await until(lambda: len(site.cdrs()) == count, f"{count} records")
    return site.cdrs()


async def cdr(site: SipSite) -> Any:
    return (await cdrs(site))[0]


def frequencies(heard: Samples) -> list[int]:
    """By tenths of a second in which there is sound."""
    found = []
    for n in range(0, len(heard) - RATE // 10, RATE // 10):
        part = heard[n : n + RATE // 10]
        if np.abs(part).max() > 1000:
            found.append(round(pitch_hz(part), -1))
    return [int(hz) for hz in found]


@pytest.mark.parametrize("scenario", ["menu", "menu_info"])
async def test_a_menu_is_answered_by_a_key(tmp_path: Path, scenario: str) -> None:
    async with site_with_far(tmp_path) as (site, _):
        await done(site, scenario, site.sipp(scenario, number="4006000998"))
        record = await cdr(site)
        assert (record.calling, record.called, record.digits, record.cause) == ("13800001", "4006000998", "5", 16)
        assert record.nodes[-2:] == ["done", "bye"]
        hz = frequencies(tracks(record.recordings[0])[1])
        assert hz[0] == 700, "the prompt"
        assert hz[-1] == 1100, "what the key leads to"


async def test_many_calls_at_once(tmp_path: Path) -> None:
    async with site_with_far(tmp_path) as (site, _):
        await done(site, "menu", site.sipp("menu", number="4006000998", calls=60, rate=20))
        records = await cdrs(site, 60)
        assert [record.digits for record in records] == ["5"] * 60
        assert {record.cause for record in records} == {16}


async def test_a_number_that_is_refused(tmp_path: Path) -> None:
    async with site_with_far(tmp_path) as (site, _):
        await done(site, "refused", site.sipp("refused", number="5550"))
        assert (await cdr(site)).cause == 21


async def test_sip_calls_e1_and_they_hear_each_other(tmp_path: Path) -> None:
    async with site_with_far(tmp_path) as (site, far):
        process = site.sipp("talk", "-rtp_echo", number="8001")
        await until(lambda: len(far.agents) == 1, "the extension is rung")
        agent = far.agents[0]
        await asyncio.wait_for(agent.answered, 20)
        await asyncio.sleep(0.5)
        agent.listen(tmp_path / "heard.wav")
        await asyncio.sleep(2.0)
        await agent.stop_listening()
        await done(site, "talk", process)
        assert await asyncio.wait_for(agent.gone, 20) == 16
        # SIPp sends back what it gets, so the agent hears its own voice: both ways have carried it
        heard = voiced(tracks(agent.heard)[0])
        assert len(heard) > RATE
        assert abs(pitch_hz(heard) - agent.hz) < 6
        assert (await cdr(site)).parties == ["8001"]


async def test_e1_calls_sip_and_hears_it(tmp_path: Path) -> None:
    async with site_with_far(tmp_path) as (site, far):
        process = site.sipp("answer", "-rtp_echo")
        caller = far.call(0, "13800138000", "9001", 520.0)
        await asyncio.wait_for(caller.answered, 20)
        caller.speak()
        await asyncio.sleep(0.5)
        caller.listen(tmp_path / "heard.wav")
        await asyncio.sleep(2.0)
        await caller.stop_listening()
        caller.call.release(16)
        await done(site, "answer", process)
        heard = voiced(tracks(caller.heard)[0])
        assert len(heard) > RATE
        assert abs(pitch_hz(heard) - 520.0) < 6
        await site.quiet()


async def test_early_media_reaches_the_e1_caller(tmp_path: Path) -> None:
    async with site_with_far(tmp_path) as (site, far):
        process = site.sipp("early")
        caller = far.call(0, "13800138000", "9001", 520.0)
        caller.listen(tmp_path / "heard.wav")
        await asyncio.wait_for(caller.answered, 20)
        await caller.stop_listening()
        caller.call.release(16)
        await done(site, "early", process)
        # speech of SIPp's own, for three seconds before it answers
        heard = voiced(tracks(caller.heard)[0])
        assert len(heard) > RATE
        assert np.abs(heard).mean() > 200
        await site.quiet()


@pytest.mark.parametrize(("scenario", "cause"), [("busy", 17), ("noanswer", 16)])
async def test_causes_on_their_way_to_e1(tmp_path: Path, scenario: str, cause: int) -> None:
    async with site_with_far(tmp_path) as (site, far):
        process = site.sipp(scenario)
        caller = far.call(0, "13800138000", "9001")
        if scenario == "noanswer":
            await asyncio.sleep(1.0)
            caller.call.release(16)
        assert await asyncio.wait_for(caller.gone, 20) == cause
        await done(site, scenario, process)
        assert (await cdr(site)).cause == cause


async def test_hold_by_reinvite(tmp_path: Path) -> None:
    async with site_with_far(tmp_path) as (site, far):
        process = site.sipp("hold", "-rtp_echo", number="8001")
        await done(site, "hold", process)
        await site.quiet()
        kinds = [e.kind for e in site.events() if e.kind in ("leg.hold", "call.held", "leg.unhold", "call.retrieved")]
        assert kinds == ["leg.hold", "call.held", "leg.unhold", "call.retrieved"]
        assert await asyncio.wait_for(far.agents[0].gone, 20) == 16


async def test_refer(tmp_path: Path) -> None:
    async with site_with_far(tmp_path) as (site, far):
        process = site.sipp("refer", number="8001")
        await done(site, "refer", process)
        await until(lambda: len(far.agents) == 2, "8002 is rung")
        first, second = far.agents
        await asyncio.wait_for(second.answered, 20)
        assert (first.number, second.number) == ("8001", "8002")
        await until(lambda: any(row["bridged"] for row in site.calls().values()), "they talk")
        first.call.release(16)
        await asyncio.wait_for(second.gone, 20)
        assert (await cdr(site)).parties == ["8001", "8002"]


async def test_cancel_while_it_rings(tmp_path: Path) -> None:
    async with site_with_far(tmp_path) as (site, far):
        far.answer_after_s = -1
        await done(site, "cancel", site.sipp("cancel", number="8001"))
        agent = far.agents[0]
        assert await asyncio.wait_for(agent.gone, 20) == 16
        assert (await cdr(site)).cause == 16


@pytest.mark.slow
async def test_kill_of_control_with_sip_calls_up(tmp_path: Path) -> None:
    """Voice goes on in the engine; the next control answers the re-INVITE and the BYE of one call, and sends the BYE of the other."""
    async with site_with_far(tmp_path, jitter_ms=100) as (site, far):
        one = site.sipp("long", "-rtp_echo", number="8001")
        await until(lambda: len(far.agents) == 1, "the extension is rung")
        await asyncio.wait_for(far.agents[0].answered, 20)
        await until(lambda: any(row["bridged"] for row in site.calls().values()), "they talk")
        before = site.calls()
        agent = far.agents[0]
        await asyncio.sleep(0.5)
        agent.listen(tmp_path / "heard.wav")
        assert await site.strike(signal.SIGKILL) == -signal.SIGKILL
        await asyncio.sleep(0.5)
        await site.start()
        after = site.calls()
        assert set(after) == set(before)
        for call, row in before.items():
            for name in ("calling", "called", "legs", "bridged", "state"):
                assert after[call][name] == row[name], name
        assert [row["state"] for row in site.ask("sip-calls")] == ["active"]
        await agent.stop_listening()
        heard = voiced(tracks(agent.heard)[0])
        assert longest_gap_ms(heard) <= 20 or site.line_trouble() + far.line_trouble()
        assert abs(pitch_hz(heard) - agent.hz) < 6
        await done(site, "long", one)
        assert await asyncio.wait_for(agent.gone, 20) == 16
        kinds = [e.kind for e in site.events() if e.kind in ("leg.hold", "call.held")]
        assert kinds == ["leg.hold", "call.held"]
        await site.quiet()


@pytest.mark.slow
async def test_control_that_was_killed_releases_its_sip_call(tmp_path: Path) -> None:
    async with site_with_far(tmp_path, jitter_ms=100) as (site, far):
        process = site.sipp("until_bye", "-rtp_echo", number="8001")
        await until(lambda: len(far.agents) == 1, "the extension is rung")
        await asyncio.wait_for(far.agents[0].answered, 20)
        await until(lambda: any(row["bridged"] for row in site.calls().values()), "they talk")
        assert await site.strike(signal.SIGKILL) == -signal.SIGKILL
        await site.start()
        await far.up_again()
        far.agents[0].call.release(16)
        await done(site, "until_bye", process)
        await site.quiet()
