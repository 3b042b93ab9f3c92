"""kill -9 of control: talks, prompts and recordings go on, and the next control knows the calls again."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import pytest
from switch_site import HOTLINE, RATE, Far, Site, longest_gap_ms, pitch_hz, running, tracks, until, voiced

EACH = 30


async def sixty_calls(site: Site, far: Far) -> None:
    """Thirty talk with extensions, thirty are in the flow."""
    callers = []
    for n in range(EACH):
        callers.append(far.call(0, f"138{n:04}", f"80{n:02}", 400.0 + 20 * n))
        callers.append(far.call(2, f"139{n:04}", HOTLINE, 2500.0))
        await asyncio.sleep(0.02)
    await asyncio.wait_for(asyncio.gather(*(party.answered for party in callers)), 30)
    for party in callers:
        if party.call.trunk is far.trunks[0]:
            party.speak()

    def settled() -> bool:
        rows = site.calls().values()
        return sorted(row["state"] for row in rows) == ["flow"] * EACH + ["talking"] * EACH

    await until(settled, "30 talk, 30 in the flow")


@pytest.mark.slow
async def test_sixty_calls_live_through_it(tmp_path: Path) -> None:
    site = Site(tmp_path, carrier=(0, 2), pbx=(1,), jitter_ms=100)
    async with running(site) as far:
        await sixty_calls(site, far)
        before = site.calls()
        assert len(before) == 2 * EACH
        media = site.media_pid
        talkers = [party for party in far.parties.values() if party.call.trunk is not far.trunks[2]]
        waiting = [party for party in far.parties.values() if party.call.trunk is far.trunks[2]]
        assert len(talkers) == 2 * EACH
        await asyncio.sleep(0.5)  # the way of the voices through both jitter buffers
        for party in talkers:
            party.listen(tmp_path / f"heard-{party.number}.wav")
        troubles = site.line_trouble() + far.line_trouble()
        await asyncio.sleep(1.0)

        assert await site.strike(signal.SIGKILL) == -signal.SIGKILL
        await asyncio.sleep(1.0)
        began = time.monotonic()
        await site.start()
        after = site.calls()
        print(f"calls known again after {time.monotonic() - began:.2f} s")
        assert site.media_pid == media
        assert set(after) == set(before)
        for call, row in before.items():
            for name in ("calling", "called", "where", "legs", "bridged", "recording", "answered", "state"):
                assert after[call][name] == row[name], (call, name)
        await far.up_again()
        await asyncio.sleep(1.0)

        troubles = site.line_trouble() + far.line_trouble() - troubles
        for party in talkers:
            await party.stop_listening()
        gaps = {party.number: longest_gap_ms(tracks(party.heard)[0]) for party in talkers}
        print(f"longest gap of {len(gaps)} listeners: {max(gaps.values())} ms, troubles of the lines: {troubles}")
        assert max(gaps.values()) <= 20 or troubles, gaps
        for party in talkers:
            own = party.number.startswith("138")
            expected = 1500.0 + 20 * int(party.number[-2:]) if own else 400.0 + 20 * int(party.number[-2:])
            assert abs(pitch_hz(tracks(party.heard)[0]) - expected) < 6, party.number

        # they end as ever: released by callers, by agents, by the flow
        for party in talkers:
            if party.number.startswith("138") == (int(party.number[-2:]) % 2 == 0):
                party.call.release(16)
        await asyncio.gather(*(party.press("5") for party in waiting))
        causes = await asyncio.wait_for(asyncio.gather(*(party.gone for party in waiting)), 30)
        assert causes == [16] * EACH
        await site.quiet()

        cdrs = {cdr.call: cdr for cdr in site.cdrs()}
        assert set(cdrs) == set(before)
        assert len(site.cdrs()) == 2 * EACH
        lengths = {e.data["path"]: e.data["seconds"] for e in site.events("rec.end")}
        for cdr in cdrs.values():
            assert cdr.cause == 16
            if cdr.called == HOTLINE:
                assert (cdr.digits, cdr.released_by, cdr.nodes[-2:]) == ("5", "system", ["done", "bye"])
            else:
                even = int(cdr.calling[-2:]) % 2 == 0
                assert (cdr.parties, cdr.released_by) == ([cdr.called], "caller" if even else "called")
                assert cdr.talk_s > 3.0
            (recording,) = cdr.recordings
            left, right = tracks(recording)
            assert round(len(left) / RATE, 3) == round(len(right) / RATE, 3) == lengths[recording]
            if cdr.called != HOTLINE:
                for track, hz in ((left, 400.0), (right, 1500.0)):
                    voice = voiced(track)[: -RATE // 2]  # not the moment of the release
                    assert len(voice) > 3 * RATE
                    assert longest_gap_ms(voice) <= 20 or troubles, recording
                    assert abs(pitch_hz(voice) - (hz + 20 * int(cdr.calling[-2:]))) < 6
        assert await site.strike(signal.SIGTERM) == 0
