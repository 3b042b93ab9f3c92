"""Two switches, one DAHDI pair: a site on span 1, and at span 2 a far end with an engine of its own.

Everything runs in an emulated machine, many times slower than what xunhu is made for: nothing here waits for less than
PATIENCE_S, and what is measured is printed, not judged. When that machine stands still for a while, an engine says that it is
overloaded and refuses new ports, as it should; a call to which that happens is made again (`unrefused`).
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import io
import struct
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from xunhu._media.engine import Engine, EngineControl
from xunhu._media.files import ALAW, read_wav, write_wav
from xunhu.call.media import Job, MediaPlane
from xunhu.call.pri_trunk import PriTrunk
from xunhu.call.trunk import CallRequest, Party, TrunkCall
from xunhu.cli.demo_parties import Callers
from xunhu.cli.main import main as xunhu
from xunhu.config import Config, load
from xunhu.records.cdr import Cdr
from xunhu.service.media_link import span_rows
from xunhu.service.switch import Switch
from xunhu.vclock import LoopClock

RATE = 8000
PATIENCE_S = 90.0
HOTLINE = "4006000998"
MENU_HZ, BRANCH_HZ, VOICE_HZ = 700.0, 1100.0, 400.0

INI = """\
[System]
Law = A
TickMs = {tick_ms}
[Trunk0]
Driver = dahdi
Span = 1
Sync = 1
Signalling = PRI
Side = user
[Trunk1]                    ; the far end, which another engine drives
Driver = dahdi
Span = 2
Signalling = {far}
{side}
[SkipTS]
Trunk0 = 16
Trunk1 = {skip}
"""
YAML = """\
trunk_groups:
  carrier: {trunks: [Trunk0]}
routes:
  - {called: "4006000998", flow: main}
recording: {calls: all}
"""
FLOW = """\
<flow name="main" title="over a card" language="en">
  <node code="menu" type="play" files="menu" digits="1" valid="12" repeat="20" timeout="2">
    <node code="first" type="play" key="1" files="menu"/>
    <node code="second" type="play" key="2" files="branch">
      <node code="over" type="hangup"/>
    </node>
  </node>
</flow>
"""

# -- the driver ------------------------------------------------------------------------------------------------

DYNAMIC_CREATE, DYNAMIC_DESTROY = 0xC048DA50, 0x4048DA51
_SPAN = "20s40siii"  # struct dahdi_dynamic_span: driver, address, channels, timing, span


def dynamic(request: int, address: str) -> int:
    """Make or unmake a side of a pair; the number of the span that was made."""
    record = bytearray(struct.pack(_SPAN, b"loc", address.encode(), 31, 0, 0))
    with Path("/dev/dahdi/ctl").open("rb", buffering=0) as ctl:
        fcntl.ioctl(ctl, request, record)
    return int(struct.unpack(_SPAN, record)[4])


def dahdi_cfg(*options: str) -> None:
    done = subprocess.run(["dahdi_cfg", *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"dahdi_cfg {options}: {done.stdout}{done.stderr}"


async def until(what: Callable[[], Any], text: str, seconds: float = PATIENCE_S) -> Any:
    """Wait until it is true; what it gives."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"does not come: {text}"
        await asyncio.sleep(0.05)
    return found


# -- sound -----------------------------------------------------------------------------------------------------

Samples = np.ndarray[Any, np.dtype[np.float64]]


def tone(hz: float, seconds: float) -> np.ndarray[Any, np.dtype[np.int16]]:
    n = np.arange(int(seconds * RATE))
    return (8000 * np.sin(2 * np.pi * hz / RATE * n)).astype(np.int16)


def heard_ms(samples: Samples, hz: float) -> Samples:
    """For each 10 ms, the strength of this frequency in 16-bit units (amplitude)."""
    rows = samples[: len(samples) // 80 * 80].reshape(-1, 80)
    turn = np.exp(-2j * np.pi * hz / RATE * np.arange(80))
    return np.asarray(np.abs(rows @ turn) / 40.0)


def jumps(samples: Samples, hz: float) -> int:
    """How often a tone is broken: places where its phase is not what it must be. One octet lost at 1100 Hz is 50 degrees.
    hz: a multiple of 100."""
    rows = samples[: len(samples) // 80 * 80].reshape(-1, 80)
    turned = np.angle(rows @ np.exp(-2j * np.pi * hz / RATE * np.arange(80)))
    steps = np.abs(np.angle(np.exp(1j * np.diff(turned)))) > 0.2
    return int((steps & ~np.concatenate(([False], steps[:-1]))).sum())


def wav(path: Path | str) -> Samples:
    return np.asarray(read_wav(path)[1], dtype=np.float64)


# -- the far end -----------------------------------------------------------------------------------------------


class FarEnd:
    """Span 2: an engine, a D channel as the network has it, and callers."""

    def __init__(self, config: Config) -> None:
        (line,) = config.lines.trunks[1:]
        self.loop = asyncio.get_running_loop()
        lines = replace(config.lines, trunks=(line,))
        self.engine = Engine(span_rows(lines), tick_ms=lines.tick_ms, law=lines.law)
        self.engine.start()
        self.media = MediaPlane(self.loop)
        self.media.attach(self.engine)
        self.said: list[str] = []
        self.callers = Callers(self.media, lambda who, what: self.said.append(f"{who}: {what}"))
        self.trunk = PriTrunk("Far", line.number, self.media, LoopClock(self.loop), self.callers, side="network")
        self.number = line.number

    async def call(self) -> Caller:
        """A call that is answered, or was refused (`gone`)."""
        await until(self.trunk.idle, "a circuit is free")
        call = self.trunk.setup(CallRequest(HOTLINE, Party("13800138000", screening="network")))
        asked = time.monotonic()
        self.callers.begin(call)
        caller = Caller(self, call)
        await asyncio.wait_for(self.callers.answered[id(call)], PATIENCE_S)
        print(f"call set up in {1000 * (time.monotonic() - asked):.0f} ms")
        return caller

    def close(self) -> None:
        self.trunk.close()
        self.media.detach()
        self.engine.shut()


class Caller:
    def __init__(self, far: FarEnd, call: TrunkCall) -> None:
        self.far = far
        self.call = call
        assert call.port is not None
        self.port = call.port
        self.gone = far.callers.gone[id(call)]
        self.ear: Job | None = None
        self.heard = Path()

    def listen(self, folder: Path) -> None:
        """A recording of this call's own; it ends with the call at the latest."""
        self.heard = folder / f"heard-{time.monotonic_ns()}.wav"
        self.ear = self.far.media.record(str(self.heard))
        self.far.callers.jobs[id(self.call)].append(self.ear)
        self.far.media.connect(self.port, self.ear.port)

    async def stop_listening(self) -> None:
        assert self.ear is not None
        self.ear.stop()
        await self.ear.done

    def speak(self) -> None:
        voice = self.far.media.tone([(VOICE_HZ, 0.0, -16.0, 0.0, 0)])
        self.far.callers.jobs[id(self.call)].append(voice)
        voice.feed(self.port)

    async def press(self, keys: str) -> None:
        job = self.far.media.dtmf(keys, on_ms=100, off_ms=100)
        job.feed(self.port)
        await job.done

    @property
    def level_dbm0(self) -> float:
        """Of what is heard, by the engine's own meter."""
        found = self.far.engine.port(self.port).rms_in_dbm0
        return -99.0 if found is None else found

    async def hang_up(self) -> int:
        self.call.release(16)
        return await asyncio.wait_for(self.gone, PATIENCE_S)


# -- the site --------------------------------------------------------------------------------------------------


class DahdiSite:
    """Our switch on span 1. far: Signalling of Trunk1, which says what dahdi_cfg makes of the far span: PRI, a D channel from
    the start; NONE, clear channels, timeslot 16 is told to frame when the link is opened."""

    def __init__(self, folder: Path, *, far: str = "PRI", tick_ms: int = 20) -> None:
        self.folder = folder
        self.data = folder / "data"
        for name in ("flows", "voice/en"):
            (folder / name).mkdir(parents=True)
        more = {"side": "Side = network", "skip": "16"} if far == "PRI" else {"side": "", "skip": "none"}
        ini = INI.format(far=far, tick_ms=tick_ms, **more)
        (folder / "Tce1-32.ini").write_text(ini)
        (folder / "xunhu.yaml").write_text(YAML)
        (folder / "flows" / "flowconfig.xml").write_text(FLOW)
        write_wav(folder / "voice/en/menu.wav", tone(MENU_HZ, 15), fmt=ALAW)
        write_wav(folder / "voice/en/branch.wav", tone(BRANCH_HZ, 60), fmt=ALAW)
        self.both = load(folder)
        self.config = replace(self.both, lines=replace(self.both.lines, trunks=self.both.lines.trunks[:1]))
        self.system_conf = folder / "system.conf"
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            assert xunhu(["dahdi-conf", "--conf", str(folder)]) == 0
        self.system_conf.write_text(said.getvalue())
        dahdi_cfg("-c", str(self.system_conf))

    def configure(self, span: int) -> None:
        """The channels of one span anew, as the file says."""
        first = 31 * (span - 1) + 1
        dahdi_cfg("-c", str(self.system_conf), "-S", str(span), "-C", f"{first}-{first + 30}")

    @contextlib.asynccontextmanager
    async def running(self, *, own_process: bool = False, keep_media: bool = False) -> AsyncIterator[Switch]:
        """keep_media: the engine's process and what is in it outlive this control."""
        switch = Switch(self.config, own_process=own_process)
        began = time.monotonic()
        await switch.start()
        print(f"switch started in {time.monotonic() - began:.1f} s")
        try:
            yield switch
        except BaseException:
            tell(switch)
            raise
        finally:
            await switch.stop(why="test", keep_media=keep_media)

    @contextlib.asynccontextmanager
    async def far_end(self) -> AsyncIterator[FarEnd]:
        """A far end, up."""
        far = FarEnd(self.both)
        try:
            yield far
        finally:
            far.close()


async def both_up(switch: Switch, far: FarEnd) -> None:
    """The D channel is up, every circuit idle, and the engines are in time."""
    (trunk,) = switch.control.trunks.values()
    began = time.monotonic()
    await until(lambda: trunk.up and far.trunk.up, "the D channel is up")
    print(f"D channel up after {time.monotonic() - began:.2f} s")
    await until(lambda: set(trunk.circuits().values()) == {"idle"}, "circuits are idle")
    await until(lambda: not switch.media.overloaded and not far.media.overloaded, "the engines are in time")


def engines(switch: Switch, far: FarEnd) -> tuple[EngineControl, EngineControl]:
    assert switch.media.engine is not None
    return switch.media.engine, far.engine


def refusals(switch: Switch, far: FarEnd) -> int:
    return sum(engine.stats()["commands_refused"] for engine in engines(switch, far))


async def unrefused(switch: Switch, far: FarEnd, attempt: Callable[[], Awaitable[Caller]]) -> Caller:
    """A call in which no engine has refused anything."""
    end = time.monotonic() + 2 * PATIENCE_S
    while True:
        await both_up(switch, far)
        before = refusals(switch, far)
        caller = await attempt()
        if refusals(switch, far) == before:
            assert not caller.gone.done(), f"the call has ended with cause {caller.gone.result()}"
            return caller
        print("the machine stood still: again")
        await caller.hang_up()
        assert time.monotonic() < end, "an engine refuses each time"


def cdrs(switch: Switch) -> list[Cdr]:
    switch.ledger.flush()
    return [Cdr.decode(row) for row in switch.ledger.rows("cdr")]


def tell(switch: Switch) -> None:
    """All that a failed test may be explained with."""
    switch.ledger.flush()
    for event in switch.ledger.read():
        print(event.time_ns // 1_000_000, event.kind, event.data)
    for line in switch.tracer.lines():
        print(line)
    print(*switch.alarms, sep="\n")


def show(switch: Switch, far: FarEnd) -> None:
    """Counters of both ends, for the report of the run."""
    for name, engine in zip(("ours", "far"), engines(switch, far), strict=True):
        (span,) = engine.span_drivers()
        status = {key: value for key, value in engine.span_status(span).items() if value}
        stats = {key: value for key, value in engine.stats().items() if value}
        print(f"{name}: span {status}\n  link {engine.link_status(0)}\n  engine {stats}")
