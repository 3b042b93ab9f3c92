"""kill -9 of control with a conference up: it goes on being mixed and recorded, and the next control knows the room and who is in it."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import numpy as np
import pytest
from switch_site import RATE, Far, FarParty, Site, running, tracks, until

from xunhu.api.local import RequestError

HERTZ = (500.0, 700.0, 900.0, 1100.0)
ROOM = """\
[Conference0]
Number = 8800
Pin = 1234
LeaderPin = 99
Record = yes
EntryTone = no
Music = no
"""


async def come(far: Far, n: int, pin: str) -> FarParty:
    party = far.call(0, f"138{n:04}", "8800", HERTZ[n])
    await asyncio.wait_for(party.answered, 30)
    await asyncio.sleep(0.3)
    await party.press(pin)
    return party


def heard(path: Path) -> list[bool]:
    """Which of the voices are in the last second of what was heard."""
    sound = tracks(path)[0][-RATE:].astype(float)
    t = np.arange(len(sound)) / RATE
    return [bool(abs(np.mean(sound * np.exp(-2j * np.pi * hz * t))) > 500) for hz in HERTZ]


@pytest.mark.slow
async def test_a_conference_lives_through_it(tmp_path: Path) -> None:
    site = Site(tmp_path, carrier=(0,), pbx=(1,), jitter_ms=100)
    site.ini.write_text(site.ini.read_text() + ROOM)
    site.yaml.write_text(site.yaml.read_text().replace("routes:\n", 'routes:\n  - {called: "8800", conference: "8800"}\n'))
    async with running(site) as far:
        parties = [await come(far, n, "99#" if n == 0 else "1234") for n in range(4)]
        await until(lambda: site.ask("conferences")[0]["parties"] == 4, "four are in the room")
        for party in parties:
            party.speak()
        site.ask("conference_do", room="8800", action="mute", party="4")
        site.ask("conference_do", room="8800", action="lock")
        before = site.ask("conference", room="8800")
        media = site.media_pid
        await asyncio.sleep(1.0)

        await site.strike(signal.SIGKILL)
        for party in parties:
            party.listen(tmp_path / f"alone-{party.number}.wav")
        await asyncio.sleep(2.0)  # the engine alone
        for n, party in enumerate(parties):
            await party.stop_listening()
            assert heard(party.heard) == [m not in (n, 3) for m in range(4)], n
        await site.start()
        assert site.media_pid == media
        after = site.ask("conference", room="8800")
        for name in ("id", "locked", "recording", "parties", "leaders", "waiting"):
            assert after[name] == before[name], name
        kept = ("member", "party", "call", "role", "muted", "muted_by", "deaf", "gain_db", "hear_db")
        assert [{name: row[name] for name in kept} for row in after["members"]] == [
            {name: row[name] for name in kept} for row in before["members"]
        ]
        await far.up_again()
        site.ask("conference_do", room="8800", action="unmute", party="4")
        for party in parties:
            party.listen(tmp_path / f"after-{party.number}.wav")
        await asyncio.sleep(2.0)
        for n, party in enumerate(parties):
            await party.stop_listening()
            assert heard(party.heard) == [m != n for m in range(4)], n
        leader = parties[0]
        assert leader.voice is not None
        leader.voice.stop()
        await leader.press("**0")
        assert await asyncio.wait_for(asyncio.gather(*(party.gone for party in parties)), 30) == [16] * 4
        await site.quiet()
        with pytest.raises(RequestError):
            site.ask("conference_do", room="8800", action="lock")
        (opened,), (closed,) = site.events("conference.opened"), site.events("conference.closed")
        assert opened.call == closed.call
        assert len(site.events("conference.joined")) == len(site.events("conference.left")) == 4
        (recording,) = {event.data["path"] for event in site.events("rec.start") if event.call == opened.call}
        (ended,) = [event for event in site.events("rec.end") if event.call == opened.call]
        assert len(tracks(recording)[0]) / RATE == pytest.approx(ended.data["seconds"], abs=0.01)
        for cdr in site.cdrs():
            assert cdr.parties == ["conference:8800"]
            assert recording in cdr.recordings
            assert cdr.talk_s > 5
        assert await site.strike(signal.SIGTERM) == 0
