"""From the end of a key's tone to the first sample of the next prompt, as the caller hears it.

The caller records both directions into one file of two tracks: left the own key, right what is heard. Two prompts take turns, each a steady
tone of its own frequency, so that the change of one into the other is seen to the millisecond.

Twice: under the virtual clock, where a tick is a tick however busy the machine is, the limit is asserted; with the real processes over
circuit emulation the figures are only printed (`pytest -s`; docs/performance.md).
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from switch_site import HOTLINE, RATE, FarParty, Site, running, tone, tracks

from xunhu import vclock
from xunhu._media.engine import Engine
from xunhu._media.files import ALAW, write_wav
from xunhu.call.control import CallControl
from xunhu.call.media import Job, MediaPlane
from xunhu.call.pri_trunk import PriTrunk
from xunhu.call.settings import CallSettings, Route, TrunkGroup
from xunhu.call.trunk import CallRequest, Party
from xunhu.ivr.interpreter import Environment
from xunhu.ivr.library import FlowLibrary
from xunhu.ivr.prompts import PromptStore
from xunhu.ivr.service import FlowService
from xunhu.vclock import LoopClock, Ticker

LOW_HZ, HIGH_HZ = 500.0, 2000.0
LIMIT_MS = 80.0
FLOW = """\
<flow name="main" language="en">
  <node code="low" type="play" files="low" digits="1" timeout="30">
    <node code="high" type="play" files="high" digits="1" timeout="30">
      <node code="again" type="jump" goto="low"/>
    </node>
  </node>
</flow>
"""


def write_site(folder: Path) -> None:
    """The flow and its two prompts."""
    for name in ("flows", "voice/en"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "flows/flowconfig.xml").write_text(FLOW)
    write_wav(folder / "voice/en/low.wav", tone(LOW_HZ, 30), fmt=ALAW)
    write_wav(folder / "voice/en/high.wav", tone(HIGH_HZ, 30), fmt=ALAW)


async def press_keys(party: FarParty, path: Path, keys: str, on_ms: int, pause_s: float) -> None:
    """Press keys one by one, with both directions recorded."""
    media = party.far.media
    assert party.port is not None
    recording: Job = media.record(str(path), tracks=2)
    media.connect(party.port, recording.port, track=1)
    await asyncio.sleep(0.5)
    for key in keys:
        job = media.dtmf(key, on_ms=on_ms, off_ms=50)
        job.feed(party.port)
        job.feed(recording.port, track=0)
        await job.done
        await asyncio.sleep(pause_s)
    recording.stop()
    await recording.done


def reactions_ms(path: Path) -> list[float]:
    """Of each key: from its last sample to the first of the next prompt (negative: while the key still sounded)."""
    key, heard = (track.astype(np.float64) for track in tracks(path))
    loud = np.flatnonzero(np.abs(key) > 500)
    ends = [int(i) for i, after in zip(loud, [*loud[1:], loud[-1] + RATE], strict=True) if after - i > RATE // 50]
    begins = [int(loud[0])] + [int(i) for i, before in zip(loud[1:], loud[:-1], strict=True) if i - before > RATE // 50]
    window, step = 32, 8  # of 4 ms, in steps of 1 ms: whole periods of both tones
    n = np.arange(window)
    starts = np.arange(0, len(heard) - window, step)
    blocks = np.stack([heard[i : i + window] for i in starts])
    low, high = (np.abs(blocks @ np.exp(-2j * np.pi * hz / RATE * n)) / window for hz in (LOW_HZ, HIGH_HZ))
    found = []
    for count, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        old, new = (low, high) if count % 2 == 0 else (high, low)
        hits = np.flatnonzero((starts >= begin) & (new > 1000) & (new > 4 * old))
        assert len(hits), f"no prompt after key {count + 1}"
        found.append((int(starts[hits[0]]) - end) * 1000 / RATE)
    return found


def say(what: str, values: list[float]) -> None:
    p50, p99 = np.percentile(values, [50, 99])
    print(f"{what}: {len(values)} keys, p50 {p50:.0f} ms, p99 {p99:.0f} ms, most {max(values):.0f} ms")


class _Far:
    """The caller's side under the virtual clock; what `FarParty` needs of it."""

    def __init__(self, media: MediaPlane) -> None:
        self.media = media
        self.loop = media.loop
        self.party: Any = None

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("trunk_"):
            raise AttributeError(name)
        return lambda *args, **more: None

    def trunk_answered(self, _call: Any) -> None:
        self.party.answered.set_result(None)

    def trunk_released(self, _call: Any, cause: int, _by_peer: bool) -> None:
        self.party.released(cause)


class _Ledger:
    def append(self, kind: str, call: str = "", party: str = "", **data: Any) -> int:
        return 1


@pytest.mark.parametrize("on_ms", [50, 65, 100])
def test_key_to_next_prompt_within_80_ms(tmp_path: Path, on_ms: int) -> None:
    write_site(tmp_path)

    async def body() -> None:
        loop = asyncio.get_running_loop()
        clock, media = LoopClock(loop), MediaPlane(loop)
        engine = Engine([{"number": 0, "driver": "loop", "peer": 1}, {"number": 1, "driver": "loop", "peer": 0}])
        media.attach(engine)
        ticker = Ticker(loop, lambda: (engine.tick(), media.pump()))
        prompts = PromptStore([tmp_path / "voice"])
        library = FlowLibrary(tmp_path / "flows", prompts=prompts)
        assert [outcome.status for outcome in library.reload()] == ["loaded"]
        settings = CallSettings(
            groups={"carrier": TrunkGroup("carrier", ("Trunk0",))}, routes=(Route(called=HOTLINE, flow="main"),)
        )
        flows = FlowService(library, Environment(prompts, tmp_path / "mailboxes"))
        control = CallControl(settings, media, _Ledger(), clock, flows)
        control.add_trunks([PriTrunk("Trunk0", 0, media, clock, control, side="user")])
        far = _Far(media)
        trunk = PriTrunk("Far0", 1, media, clock, far, side="network")
        while not (trunk.up and control.trunks["Trunk0"].up):
            await asyncio.sleep(0.1)
        far.party = FarParty(far, trunk.setup(CallRequest(HOTLINE, Party("138"))), "138", 0.0)  # type: ignore[arg-type]
        await far.party.answered
        # pauses that wander through the tick
        await press_keys(far.party, tmp_path / "keys.wav", "1234567890*#" * 3, on_ms, 0.2013)
        far.party.call.release(16)
        await far.party.gone
        await asyncio.sleep(6)
        assert not control.calls()
        ticker.stop()

    vclock.run(body())
    values = reactions_ms(tmp_path / "keys.wav")
    say(f"virtual clock, keys of {on_ms} ms", values)
    assert len(values) == 36
    assert max(values) < LIMIT_MS, values


async def test_key_to_next_prompt_of_real_processes(tmp_path: Path) -> None:
    site = Site(tmp_path, flow=FLOW, jitter_ms=10)
    write_site(tmp_path)
    async with running(site) as far:
        callers = [far.call(0, f"138{n:04}", HOTLINE) for n in range(10)]
        await asyncio.wait_for(asyncio.gather(*(party.answered for party in callers)), 30)
        jobs = [press_keys(party, tmp_path / f"{party.number}.wav", "147*2580" * 2, 65, 0.2) for party in callers]
        await asyncio.gather(*jobs)
        values = [ms for party in callers for ms in reactions_ms(tmp_path / f"{party.number}.wav")]
        say("real processes, both ways over circuit emulation with 10 ms of jitter buffer", values)
        assert len(values) == 160
        for party in callers:
            party.call.release(16)
        await site.quiet()
