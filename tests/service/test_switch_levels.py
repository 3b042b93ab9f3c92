"""RxGain and TxGain of a trunk in Tce1-32.ini are heard and recorded, also after control was killed in the middle of the call."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from switch_site import RATE, FarParty, Site, running, tracks, until

CALLER_HZ, AGENT_HZ = 600.0, 1580.0
SAID_DBM0 = -12.0


def loudness(samples: NDArray[np.int16], hz: float) -> float:
    """dBm0 of a tone: the median of the pieces of 50 ms, for a busy machine loses some."""
    pieces = samples[: len(samples) // 400 * 400].reshape(-1, 400).astype(float)
    wave = np.exp(-2j * np.pi * hz / RATE * np.arange(400))
    return float(np.median(20 * np.log10(np.maximum(np.abs(pieces @ wave) * 2 / 400 / 22779, 1e-6))))


async def heard(party: FarParty, path: Path, hz: float) -> float:
    party.listen(path)
    await asyncio.sleep(1.0)
    await party.stop_listening()
    return loudness(tracks(path)[0][-RATE // 2 :], hz)


async def test_gains_of_a_trunk(tmp_path: Path) -> None:
    site = Site(tmp_path)
    text = site.ini.read_text()
    site.ini.write_text(text.replace("[Trunk0]\n", "[Trunk0]\nRxGain = 6\nTxGain = -4\n"))
    async with running(site) as far:
        caller = far.call(0, "1380001", "8004", CALLER_HZ)
        await asyncio.wait_for(caller.answered, 30)
        caller.speak()
        await until(lambda: [row["state"] for row in site.calls().values()] == ["talking"], "they talk")
        (agent,) = far.agents
        await asyncio.sleep(0.5)
        for turn in ("before", "after"):
            assert await heard(agent, tmp_path / f"agent-{turn}.wav", CALLER_HZ) == pytest.approx(
                SAID_DBM0 + 6, abs=0.3
            )
            assert await heard(caller, tmp_path / f"caller-{turn}.wav", AGENT_HZ) == pytest.approx(
                SAID_DBM0 - 4, abs=0.3
            )
            if turn == "before":
                await site.strike(signal.SIGKILL)
                await site.start()
                await far.up_again()
        assert site.ask("status")["media"]["levels"] == 2
        caller.call.release(16)
        await site.quiet()
        path = Path(site.events("rec.start")[0].data["path"])
        await until(path.exists, "the recording")
    left, right = tracks(path)
    assert loudness(left[RATE:-RATE], CALLER_HZ) == pytest.approx(SAID_DBM0 + 6, abs=0.3)
    assert loudness(right[RATE:-RATE], AGENT_HZ) == pytest.approx(SAID_DBM0, abs=0.3)
