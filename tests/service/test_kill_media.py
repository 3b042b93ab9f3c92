"""kill -9 of the media engine, and of engine and control together."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path

from switch_site import HOTLINE, RATE, Far, FarParty, Site, longest_gap_ms, running, tracks, until, voiced


async def some_calls(site: Site, far: Far, talks: int, flows: int) -> list[FarParty]:
    """Talks with extensions and callers in the flow, all answered; the callers."""
    callers = [far.call(0, f"138{n:04}", f"80{n:02}", 400.0 + 20 * n) for n in range(talks)]
    callers += [far.call(0, f"139{n:04}", HOTLINE, 2500.0) for n in range(flows)]
    await asyncio.wait_for(asyncio.gather(*(party.answered for party in callers)), 30)
    for party in callers:
        party.speak()
    wanted = ["flow"] * flows + ["talking"] * talks
    await until(lambda: sorted(row["state"] for row in site.calls().values()) == wanted, "calls are up")
    return callers


def recordings_are_whole(site: Site, at_least_s: float) -> None:
    """soxi reads every recording without a complaint; the talks have their tones in them up to the end."""
    for cdr in site.cdrs():
        (path,) = cdr.recordings
        done = subprocess.run(["soxi", "-D", path], capture_output=True, text=True, check=True)
        assert not done.stderr, done.stderr
        assert float(done.stdout) >= at_least_s, path
        if cdr.called != HOTLINE:
            for track in tracks(path):
                assert len(track) / RATE >= float(done.stdout)  # sound may be further than the header says
                assert len(voiced(track)) > RATE // 4
                assert longest_gap_ms(voiced(track)) <= 20 or site.line_trouble(), path


async def test_media_is_killed(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with running(site) as far:
        await some_calls(site, far, 6, 6)
        await asyncio.sleep(1.8)
        media, known = site.media_pid, set(site.calls())
        killed = time.monotonic()
        os.kill(media, signal.SIGKILL)
        await until(
            lambda: site.media_pid != media and site.ask("status")["media"]["ports_open"] >= 0, "the engine is back"
        )
        print(f"engine back after {time.monotonic() - killed:.2f} s")
        assert any("media engine lost" in alarm for alarm in site.ask("status")["alarms"])
        await until(
            lambda: any("media engine is back" in alarm for alarm in site.ask("status")["alarms"]), "and said so"
        )

        await until(lambda: not site.calls(), "calls are cleared")
        print(f"calls cleared after {time.monotonic() - killed:.2f} s")
        await until(lambda: not far.parties, "the far ends know")
        await far.up_again()
        await site.quiet()
        cdrs = site.cdrs()
        assert {cdr.call for cdr in cdrs} == known
        assert len(cdrs) == len(known)
        assert {(cdr.cause, cdr.released_by) for cdr in cdrs} == {(41, "system")}
        recordings_are_whole(site, 0.5)
        kinds = [event.kind for event in site.events() if event.kind.startswith("media.")]
        assert kinds == ["media.attached", "media.lost", "media.attached"]

        # and it serves as before
        talker, asker = await some_calls(site, far, 1, 1)
        await asyncio.sleep(0.5)
        talker.listen(tmp_path / "heard.wav")
        await asyncio.sleep(0.5)
        await talker.stop_listening()
        assert longest_gap_ms(tracks(talker.heard)[0]) <= 20 or site.line_trouble()
        talker.call.release(16)
        await asker.press("5")
        assert await asyncio.wait_for(asker.gone, 30) == 16
        await site.quiet()


async def test_both_are_killed(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with running(site) as far:
        await some_calls(site, far, 4, 4)
        await asyncio.sleep(1.8)
        media, known = site.media_pid, set(site.calls())
        os.kill(media, signal.SIGKILL)
        await site.strike(signal.SIGKILL)
        await site.start()
        await far.up_again()
        await until(lambda: not far.parties, "the far ends are told by RESTART")
        await site.quiet()
        assert {cdr.call for cdr in site.cdrs()} == known
        assert {(cdr.cause, cdr.released_by) for cdr in site.cdrs()} == {(41, "system")}
        recordings_are_whole(site, 0.5)
        (caller,) = await some_calls(site, far, 0, 1)
        await caller.press("5")
        assert await asyncio.wait_for(caller.gone, 30) == 16
        await site.quiet()
