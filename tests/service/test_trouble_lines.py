"""Lines and disks that fail: shown, survived, mended by themselves when the cause has gone."""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from switch_site import HOTLINE, Site, longest_gap_ms, running, tracks, until
from test_kill_media import some_calls

CARD = """\
[Trunk2]
Driver = dahdi
Span = 63
Framing = CCS,HDB3,CRC4
Sync = 1
Signalling = PRI
Side = user
"""


async def test_a_missing_card_is_an_alarm_and_the_rest_works(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.ini.write_text(site.ini.read_text() + CARD)
    text = site.yaml.read_text().replace("  pbx:", "  card: {trunks: [Trunk2]}\n  pbx:")
    text = text.replace("extensions:\n", 'extensions:\n  "7???": {trunk_group: card}\n')
    site.yaml.write_text(
        text.replace('  - {called: "8???"', '  - {called: "7???", extension: "{called}"}\n  - {called: "8???"')
    )
    async with running(site, awaited=("Trunk0", "Trunk1")) as far:
        trunk = site.ask("status")["trunks"][2]
        assert (trunk["name"], trunk["up"], trunk["alarms"]) == ("Trunk2", False, ["MISSING"])
        assert any("Trunk2" in alarm and "cannot be opened" in alarm for alarm in site.ask("status")["alarms"])
        refused = far.call(0, "1381", "7001")
        assert await asyncio.wait_for(refused.gone, 30) == 38
        (caller,) = await some_calls(site, far, 0, 1)
        await caller.press("5")
        assert await asyncio.wait_for(caller.gone, 30) == 16
        await until(lambda: len(site.cdrs()) == 2, "both have their record")
        assert sorted(cdr.cause for cdr in site.cdrs()) == [16, 38]
        assert await site.strike(signal.SIGTERM) == 0


async def test_a_port_in_use_is_said_and_taken_when_free(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
        thief.bind(("127.0.0.1", site.ports[0]))
        async with running(site, awaited=("Trunk1",)) as far:
            (alarm,) = (alarm for alarm in site.ask("status")["alarms"] if "cannot be opened" in alarm)
            assert f"Trunk0: 127.0.0.1:{site.ports[0]}" in alarm
            assert "in use" in alarm
            assert site.ask("status")["trunks"][0]["alarms"] == ["MISSING"]
            thief.close()
            await far.up()
            (caller,) = await some_calls(site, far, 1, 0)
            caller.call.release(16)
            await site.quiet()
            assert [cdr.cause for cdr in site.cdrs()] == [16]


def limit(pid: int, octets: int) -> None:
    """No file of this process may grow beyond so many octets (write fails with EFBIG): a disk that is full for it."""
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (octets, hard))


@pytest.mark.slow
async def test_a_full_disk_ends_recordings_and_no_call(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with running(site) as far:
        callers = await some_calls(site, far, 2, 2)
        await asyncio.sleep(1.5)
        assert site.process is not None
        pids = (site.process.pid, site.media_pid)
        before = site.calls()
        full, free = 8192, resource.RLIM_INFINITY
        for pid in pids:
            limit(pid, full)
        alarms = lambda: "\n".join(site.ask("status")["alarms"])  # noqa: E731
        await until(lambda: alarms().count("broke off") == 4, "the recordings' end is an alarm")
        later = far.call(0, "1370000", HOTLINE)
        await asyncio.wait_for(later.answered, 30)
        await until(lambda: "ledger" in alarms(), "the ledger's trouble is an alarm")
        assert set(before) < set(site.calls())

        talkers = [*callers[:2], *far.agents]
        troubles = site.line_trouble() + far.line_trouble()
        (tmp_path / "heard").mkdir()
        for party in talkers:
            party.listen(tmp_path / "heard" / f"{party.number}.wav")
        await asyncio.sleep(0.8)
        for party in talkers:
            await party.stop_listening()
            troubled = site.line_trouble() + far.line_trouble() - troubles
            assert longest_gap_ms(tracks(party.heard)[0]) <= 20 or troubled, "talks go on"
        callers[0].call.release(16)
        await later.press("5")
        assert await asyncio.wait_for(later.gone, 30) == 16
        ended = len(site.cdrs())
        assert ended == 0, "nothing of it can be on disk"
        assert site.ask("status")["ledger"]["lost"] == 0

        for pid in pids:
            limit(pid, free)
        await until(lambda: len(site.cdrs()) == 2, "the ledger has caught up")
        await until(lambda: "ledger writes again" in alarms(), "and says so")
        newest = far.call(0, "1370001", HOTLINE)
        await asyncio.wait_for(newest.answered, 30)
        callers[1].call.release(16)
        for party in (*callers[2:], newest):
            await party.press("5")
        await site.quiet()
        cdrs = site.cdrs()
        assert len(cdrs) == 6
        assert {cdr.cause for cdr in cdrs} == {16}
        for cdr in cdrs:
            if cdr.calling != "1370000":
                (path,) = cdr.recordings
                done = subprocess.run(["soxi", "-D", path], capture_output=True, text=True, check=True)
                assert not done.stderr
                assert float(done.stdout) >= 0.5, cdr
        assert not site.ask("status")["ledger"]["lost"]
        seqs = [event.seq for event in site.events()]
        assert seqs == list(range(1, len(seqs) + 1))
        assert await site.strike(signal.SIGTERM) == 0


@pytest.mark.parametrize(("octets", "status"), [(12288, 0), (1024, 1)])
async def test_stopped_on_a_full_disk(tmp_path: Path, octets: int, status: int) -> None:
    """With room for the journal only nothing is lost; without, the last word says what is."""
    site = Site(tmp_path)
    async with running(site) as far:
        assert site.process is not None
        limit(site.process.pid, octets)
        (caller,) = await some_calls(site, far, 0, 1)
        assert await site.strike(signal.SIGTERM) == status
        assert await asyncio.wait_for(caller.gone, 30) == 16
        assert ("events could not be written" in site.said()) == (status == 1)
        await site.start()
        assert not site.calls()
        await site.quiet()
        assert [cdr.cause for cdr in site.cdrs()] == ([] if status else [16])
