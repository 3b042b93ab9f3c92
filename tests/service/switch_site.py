"""A site under test: its configuration, `xunhu run` as a process with its media process, and the far sides of its lines.

The lines are circuit emulation on loopback. The far sides live in the test's own process: an engine with the other
end of every span, and a PRI trunk of the other side on each. A far party has a voice (a tone of its own frequency), presses keys in band,
and records what it hears, so that a gap can be seen.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xunhu._media import g711
from xunhu._media.engine import Engine, EngineClient
from xunhu._media.files import ALAW, write_wav
from xunhu.api.local import NotRunningError, ask
from xunhu.call.media import Job, MediaPlane
from xunhu.call.pri_trunk import PriTrunk
from xunhu.call.trunk import CallRequest, Party, Trunk, TrunkCall
from xunhu.ledger import Ledger
from xunhu.ledger.event import Event
from xunhu.records.cdr import Cdr, CdrProjection
from xunhu.vclock import LoopClock

ROOT = Path(__file__).resolve().parents[2]
RATE = 8000
PATIENCE_S = 30.0  # how long anything may take on a busy machine before a test gives up; nothing is measured by it

HOTLINE = "4006000998"
FLOW = """\
<flow name="main" title="under blows" language="en">
  <node code="menu" type="play" files="hum" digits="1" valid="5" repeat="20" timeout="2">
    <node code="done" type="play" key="5" files="ping">
      <node code="bye" type="hangup"/>
    </node>
  </node>
</flow>
"""
_YAML = """\
trunk_groups:
  carrier: {{trunks: [{carrier}]}}
  pbx: {{trunks: [{pbx}]}}
extensions:
  "8???": {{trunk_group: pbx, lines: 30}}
routes:
  - {{called: "4006000998", flow: main}}
  - {{called: "8???", extension: "{{called}}"}}
recording: {{calls: all}}
{more}
"""


def free_ports(count: int) -> list[int]:
    """UDP ports on loopback that nobody uses now."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def tone(hz: float, seconds: float) -> np.ndarray[Any, np.dtype[np.int16]]:
    n = np.arange(int(seconds * RATE))
    return (8000 * np.sin(2 * np.pi * hz / RATE * n)).astype(np.int16)


async def until(what: Callable[[], Any], text: str = "", seconds: float = PATIENCE_S) -> Any:
    """Wait until it is true; what it gives."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < end, f"does not come: {text}"
        await asyncio.sleep(0.03)


class Site:
    """carrier, pbx: numbers of the trunks in the two groups; our side is user to a carrier and network to a PBX."""

    def __init__(
        self,
        folder: Path,
        *,
        carrier: Sequence[int] = (0,),
        pbx: Sequence[int] = (1,),
        more: str = "",
        flow: str = FLOW,
        jitter_ms: int = 60,
    ) -> None:
        self.conf = folder
        self.data = folder / "data"
        self.carrier, self.pbx = tuple(carrier), tuple(pbx)
        self.jitter_ms = jitter_ms
        self.count = len(self.carrier) + len(self.pbx)
        self.ports = free_ports(2 * self.count)
        self.log = folder / "xunhu.log"
        self.process: subprocess.Popen[bytes] | None = None
        for name in ("flows", "voice/en"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.ini = folder / "Tce1-32.ini"
        self.yaml = folder / "xunhu.yaml"
        self.flow = folder / "flows" / "flowconfig.xml"
        self.ini.write_text("[System]\nLaw = A\nTickMs = 10\n" + "".join(map(self.section, range(self.count))))
        names = {name: ", ".join(f"Trunk{n}" for n in trunks) for name, trunks in (("carrier", carrier), ("pbx", pbx))}
        self.yaml.write_text(_YAML.format(**names, more=more))
        self.flow.write_text(flow)
        write_wav(folder / "voice/en/hum.wav", tone(700, 20), fmt=ALAW)
        write_wav(folder / "voice/en/ping.wav", tone(1100, 0.5), fmt=ALAW)

    def section(self, n: int) -> str:
        """A trunk's lines. 60 ms of jitter buffer: a busy machine is not what is looked at here."""
        side = "user" if n in self.carrier else "network"
        local, remote = self.ports[2 * n], self.ports[2 * n + 1]
        return (
            f"[Trunk{n}]\nDriver = ces\nLocal = 127.0.0.1:{local}\nRemote = 127.0.0.1:{remote}\nJitterMs = {self.jitter_ms}\n"
            f"Signalling = PRI\nSide = {side}\n"
        )

    # -- the process -------------------------------------------------------------------------------------------

    def launch(self) -> subprocess.Popen[bytes]:
        """Start `xunhu run`; do not wait."""
        assert self.process is None or self.process.poll() is not None
        command = [sys.executable, "-m", "xunhu.cli.main", "--lang", "en", "run", "--conf", str(self.conf)]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT)
        return self.process

    async def start(self) -> float:
        """Start it; seconds until it answers."""
        began = time.monotonic()
        process = self.launch()

        def answers() -> bool:
            assert process.poll() is None, f"xunhu has ended: {self.log.read_text()}"
            with contextlib.suppress(NotRunningError):
                return bool(ask(self.data / "xunhu.sock", {"do": "ping"}) == "pong")
            return False

        await until(answers, "xunhu answers")
        return time.monotonic() - began

    async def ended(self) -> int:
        """Wait for the end of the process; its status."""
        process = self.process
        assert process is not None
        await until(lambda: process.poll() is not None, "xunhu ends")
        return int(process.returncode)

    async def strike(self, number: signal.Signals) -> int:
        """Send a signal to control and wait for its end."""
        assert self.process is not None
        self.process.send_signal(number)
        return await self.ended()

    def ask(self, do: str, **members: Any) -> Any:
        return ask(self.data / "xunhu.sock", {"do": do, **members}, timeout_s=PATIENCE_S)

    @property
    def media_pid(self) -> int:
        return int(self.ask("status")["media_pid"])

    def clean(self) -> None:
        """End whatever still runs, by its number."""
        process = self.process
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
        for _ in range(20):
            try:
                client = EngineClient(str(self.data / "media.sock"))
            except ConnectionError:
                return
            pid = client.pid
            client.detach()
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)

    def said(self) -> str:
        return self.log.read_text()

    # -- what it knows -----------------------------------------------------------------------------------------

    def calls(self) -> dict[str, dict[str, Any]]:
        return {row["call"]: row for row in self.ask("calls")}

    def circuits(self) -> list[str]:
        return [state for span in self.ask("spans") for state in span["circuits"].values()]

    def line_trouble(self) -> int:
        return sum(row["lost"] + row["late"] + row["slips"] + row["underruns"] for row in self.ask("spans"))

    def ledger_read(self, read: Callable[[Ledger], Any]) -> Any:
        ledger = Ledger(self.data / "ledger", readonly=True, projections=(CdrProjection(),))
        try:
            return read(ledger)
        finally:
            ledger.close()

    def events(self, kind: str = "") -> list[Event]:
        return [e for e in self.ledger_read(lambda ledger: list(ledger.read())) if kind in ("", e.kind)]

    def cdrs(self) -> list[Cdr]:
        found: list[Cdr] = self.ledger_read(lambda ledger: [Cdr.decode(row) for row in ledger.rows("cdr")])
        return found

    async def quiet(self) -> None:
        """No call, every circuit idle, no port open, no call open in the ledger."""

        def still() -> bool:
            status = self.ask("status")
            return bool(
                status["calls"] == 0 and status["media"]["ports_open"] == 0 and set(self.circuits()) == {"idle"}
            )

        try:
            await until(still)
        except AssertionError:
            raise AssertionError(f"not quiet: {self.ask('calls')} {self.ask('status')} {self.ask('spans')}") from None
        await until(
            lambda: not self.ledger_read(lambda ledger: ledger.open_calls()), "the ledger's calls have their end"
        )


class FarParty:
    """Somebody at the far end of a circuit."""

    def __init__(self, far: Far, call: TrunkCall, number: str, hz: float) -> None:
        self.far = far
        self.call = call
        self.number = number
        self.hz = hz
        self.port = call.port
        loop = far.loop
        self.answered: asyncio.Future[None] = loop.create_future()
        self.gone: asyncio.Future[int] = loop.create_future()
        self.voice: Job | None = None
        self.recording: Job | None = None
        self.heard = Path()
        assert self.port is not None
        far.media.open_timeslot(self.port, lambda digit, level: None, lambda error: None, dtmf=False)

    def speak(self) -> None:
        self.voice = self.far.media.tone([(self.hz, 0.0, -12.0, 0.0, 0)])
        assert self.port is not None
        self.voice.feed(self.port)

    async def press(self, keys: str) -> None:
        job = self.far.media.dtmf(keys, on_ms=80, off_ms=80)
        assert self.port is not None
        job.feed(self.port)
        await job.done

    def listen(self, path: Path) -> None:
        self.heard = path
        self.recording = self.far.media.record(str(path))
        assert self.port is not None
        self.far.media.connect(self.port, self.recording.port)

    async def stop_listening(self) -> None:
        assert self.recording is not None
        self.recording.stop()
        await self.recording.done

    def released(self, cause: int) -> None:
        for job in (self.voice, self.recording):
            if job is not None:
                job.stop()
        assert self.port is not None
        self.far.media.close_timeslot(self.port)
        if not self.gone.done():
            self.gone.set_result(cause)
        if not self.answered.done():
            self.answered.cancel()


class Far:
    """The far sides of all lines of a site (`TrunkEvents` of their trunks). answers: what happens to a call to an extension."""

    def __init__(
        self, site: Site, *, timers_ms: Mapping[str, int] | None = None, spans: Sequence[int] | None = None
    ) -> None:
        self.site = site
        self.loop = asyncio.get_running_loop()
        self.media = MediaPlane(self.loop)
        wanted = range(site.count) if spans is None else spans
        rows = [
            {
                "number": n,
                "driver": "ces",
                "local": f"127.0.0.1:{site.ports[2 * n + 1]}",
                "remote": f"127.0.0.1:{site.ports[2 * n]}",
                "jitter_ms": site.jitter_ms,
            }
            for n in wanted
        ]
        self.engine = Engine(rows)
        self.engine.start()
        self.media.attach(self.engine)
        self.answer_after_s = 0.0
        self.parties: dict[int, FarParty] = {}
        self.agents: list[FarParty] = []
        self.complaints: list[str] = []
        self.trunks: dict[int, PriTrunk] = {
            n: PriTrunk(
                f"Far{n}",
                n,
                self.media,
                LoopClock(self.loop),
                self,
                side="network" if n in site.carrier else "user",
                timers_ms=timers_ms,
            )
            for n in wanted
        }

    def close(self) -> None:
        for trunk in self.trunks.values():
            trunk.close()
        self.media.detach()
        self.engine.shut()

    async def up(self) -> None:
        await until(lambda: all(trunk.up for trunk in self.trunks.values()), "the lines are up")
        await until(lambda: all(trunk["up"] for trunk in self.site.ask("status")["trunks"]), "both sides know it")
        await until(lambda: set(self.site.circuits()) == {"idle"}, "circuits are idle")

    async def up_again(self) -> None:
        """The data links are set up anew after a restart of control."""
        await until(lambda: all(trunk["up"] for trunk in self.site.ask("status")["trunks"]), "the lines are up again")
        await until(lambda: set(self.site.circuits()) <= {"idle", "busy"}, "circuits are restarted")

    def call(self, span: int, number: str, called: str, hz: float = 600.0) -> FarParty:
        call = self.trunks[span].setup(CallRequest(called, Party(number, screening="network")))
        party = self.parties[id(call)] = FarParty(self, call, number, hz)
        return party

    def line_trouble(self) -> int:
        rows = [self.engine.span_status(n) for n in self.trunks]
        return sum(row["lost"] + row["late"] + row["slips"] + row["underruns"] for row in rows)

    # -- TrunkEvents -------------------------------------------------------------------------------------------

    def trunk_offered(
        self, call: TrunkCall, called: Party, calling: Party | None, redirecting: Party | None, complete: bool
    ) -> None:
        number = called.digits
        party = self.parties[id(call)] = FarParty(self, call, number, 1500.0 + 20 * int(number[-2:] or 0))
        self.agents.append(party)
        call.alert(inband=False)
        if self.answer_after_s >= 0:
            self.loop.call_later(self.answer_after_s, self._answer, party)

    def _answer(self, party: FarParty) -> None:
        if not party.gone.done():
            party.call.answer()
            party.speak()
            party.answered.set_result(None)

    def trunk_digits(self, call: TrunkCall, digits: str, complete: bool) -> None: ...
    def trunk_wants_digits(self, call: TrunkCall) -> None: ...
    def trunk_proceeding(self, call: TrunkCall, inband: bool) -> None: ...
    def trunk_progress(self, call: TrunkCall, inband: bool, cause: int | None) -> None: ...
    def trunk_alerting(self, call: TrunkCall, inband: bool) -> None: ...

    def trunk_answered(self, call: TrunkCall) -> None:
        party = self.parties.get(id(call))
        if party is not None and not party.answered.done():
            party.answered.set_result(None)

    def trunk_disconnecting(self, call: TrunkCall, cause: int, inband: bool) -> None:
        call.release(cause)

    def trunk_released(self, call: TrunkCall, cause: int, by_peer: bool) -> None:
        party = self.parties.pop(id(call), None)
        if party is not None:
            party.released(cause)

    def trunk_state(self, trunk: Trunk, up: bool, why: str) -> None: ...
    def trunk_alarm(self, trunk: Trunk, severity: str, text: str) -> None:
        self.complaints.append(f"{trunk.name}: {severity}: {text}")


@contextlib.asynccontextmanager
async def running(site: Site, *, awaited: Sequence[str] = (), **options: Any) -> AsyncIterator[Far]:
    """The site with its far sides, started and up; ended at the end whatever has happened. awaited: only these trunks need to come up."""
    far = Far(site, **options)
    try:
        await site.start()
        if awaited:
            await until(
                lambda: {t["name"] for t in site.ask("status")["trunks"] if t["up"]} == set(awaited), "lines up"
            )
            await until(lambda: all(len(far.trunks[int(name[5:])].idle()) == 30 for name in awaited), "far sides up")
            rows = lambda: [row for row in site.ask("spans") if row["name"] in awaited]  # noqa: E731
            await until(lambda: {s for row in rows() for s in row["circuits"].values()} == {"idle"}, "circuits idle")
        else:
            await far.up()
        yield far
        assert "Traceback" not in site.said(), site.said()
    finally:
        far.close()
        site.clean()


# -- looking at sound ------------------------------------------------------------------------------------------

Samples = np.ndarray[Any, np.dtype[np.int16]]


def tracks(path: Path | str) -> list[Samples]:
    """The tracks of an A-law WAV file as 16-bit samples."""
    octets = Path(path).read_bytes()
    assert octets[:4] == b"RIFF"
    count = int.from_bytes(octets[22:24], "little")
    at = octets.index(b"data") + 8
    samples = np.asarray(g711.alaw_decode(octets[at:]))
    return [samples[n::count] for n in range(count)]


def longest_gap_ms(samples: Samples) -> int:
    """Of a steady tone: the longest time below a quarter of its usual strength, looked at in steps of 5 ms."""
    steps = samples[: len(samples) // 40 * 40].reshape(-1, 40).astype(np.float64)
    power = (steps**2).mean(axis=1)
    quiet = power < np.median(power) / 16
    longest = run = 0
    for one in quiet:
        run = run + 1 if one else 0
        longest = max(longest, run)
    return 5 * longest


def voiced(samples: Samples) -> Samples:
    """From where the tone has begun."""
    return samples[int(np.argmax(np.abs(samples) > 1000)) + RATE // 10 :]


def pitch_hz(samples: Samples) -> float:
    """The strongest frequency."""
    part = samples.astype(np.float64)
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    spectrum[:4] = 0
    return float(np.argmax(spectrum) * RATE / len(part))
