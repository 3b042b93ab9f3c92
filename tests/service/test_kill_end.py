"""The orderly ends: SIGTERM releases calls, SIGHUP leaves them to the next control."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

from switch_site import HOTLINE, Site, longest_gap_ms, running, tracks, until
from test_kill_media import some_calls


async def test_sigterm_releases_calls_and_ends(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with running(site) as far:
        callers = await some_calls(site, far, 4, 4)
        ringing = far.agents  # of a call that is not answered yet
        far.answer_after_s = -1.0
        late = far.call(0, "1370000", "8099")
        await until(lambda: len(ringing) == 5, "the fifth is rung")
        media, known = site.media_pid, set(site.calls())
        began = time.monotonic()
        assert await site.strike(signal.SIGTERM) == 0
        print(f"ended after {time.monotonic() - began:.2f} s")
        await asyncio.wait_for(asyncio.gather(*(party.gone for party in [*callers, late])), 30)
        assert not far.parties
        assert {cdr.call for cdr in site.cdrs()} == known
        assert {(cdr.cause, cdr.released_by) for cdr in site.cdrs()} == {(16, "system")}
        assert not Path(f"/proc/{media}").exists(), "the engine has ended before control"
        assert not list(site.data.glob("*.sock"))
        assert site.events()[-1].kind == "control.stop"
        # the next one can begin at once, on the same ports
        await site.start()
        await far.up()


async def test_sighup_leaves_calls_to_the_next_control(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with running(site) as far:
        callers = await some_calls(site, far, 4, 4)
        await asyncio.sleep(0.5)
        talkers = callers[:4] + far.agents
        for party in talkers:
            party.listen(tmp_path / f"heard-{party.number}.wav")
        media, before = site.media_pid, site.calls()
        troubles = site.line_trouble() + far.line_trouble()
        events = len(site.events())
        assert await site.strike(signal.SIGHUP) == 0
        left = site.events()[events:]
        assert [event.kind for event in left] == ["control.stop"], "nothing is written of calls that go on"
        os.kill(media, 0)
        await site.start()
        after = site.calls()
        assert set(after) == set(before)
        assert {c: (row["state"], row["where"], row["recording"]) for c, row in after.items()} == {
            c: (row["state"], row["where"], row["recording"]) for c, row in before.items()
        }
        assert site.media_pid == media
        await far.up_again()
        await asyncio.sleep(0.5)
        troubles = site.line_trouble() + far.line_trouble() - troubles
        for party in talkers:
            await party.stop_listening()
            assert longest_gap_ms(tracks(party.heard)[0]) <= 20 or troubles, party.number
        for party in callers[:4]:
            party.call.release(16)
        for party in callers[4:]:
            await party.press("5")
        await site.quiet()
        cdrs = site.cdrs()
        assert {cdr.call for cdr in cdrs} == set(before)
        assert {cdr.cause for cdr in cdrs} == {16}
        assert {cdr.digits for cdr in cdrs if cdr.called == HOTLINE} == {"5"}
        stopped = {event.data["why"] for event in site.events("rec.end")}
        assert stopped == {"stopped"}
