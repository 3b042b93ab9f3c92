"""A whole xunhu as a process of its own: two spans by circuit emulation, `xunhu run`, its ledger, its trace.

    with SwitchProcess(tmp_path, side="user", flows=(FLOW,)) as switch:
        with FarEnd(**switch.far("carrier"), calls=30) as carrier: ...
        assert switch.quiet()
    switch.cdrs(), switch.judged()

Trunk0 is the group `carrier`, where callers come from; Trunk1 the group `pbx` with the extensions. `side` is ours on Trunk0; on
Trunk1 it is the other one, so that each run shows both.
"""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import numpy as np
from far_end import ROOT, FarEnd, Program, free_addresses

from xunhu._e1 import span as _span  # noqa: F401 - fails here, and clearly, where nothing has been built
from xunhu.api.local import NotRunningError, ask
from xunhu.ledger import Ledger
from xunhu.ledger.event import Event
from xunhu.records.cdr import Cdr, CdrProjection

START_S = 20.0
EXPERT_WARN = 0x600000  # of _ws.expert.severity
SPANS = ("carrier", "pbx")

_INI = """\
[System]
Law = A
TickMs = 10
[Trunk0]
Driver = ces
Local = {0}
Remote = {1}
JitterMs = 60
Signalling = PRI
Side = {side}
[Trunk1]
Driver = ces
Local = {2}
Remote = {3}
JitterMs = 60
Signalling = PRI
Side = {other}
"""
_YAML = """\
trunk_groups:
  carrier: {trunks: [Trunk0]}
  pbx: {trunks: [Trunk1]}
extensions:
  "8???": {trunk_group: pbx, lines: 30}
  "6???": {trunk_group: carrier, lines: 30}
routes:
"""
_TAIL = """\
recording: {calls: all}
calls: {ring_seconds: 2}
"""


class SwitchProcess:
    """start() or `with`. flows: XML of the flows, one of them main; routes: lines of xunhu.yaml before those to main and to the extensions."""

    made: ClassVar[list[SwitchProcess]] = []  # in this test
    groups: ClassVar[tuple[str, ...]] = SPANS  # trunk group of each span
    protocol: ClassVar[str] = "lapd"  # what tshark judges
    circuits_in_all: ClassVar[int] = 60

    def __init__(self, folder: Path, *, side: str, flows: tuple[str, ...], routes: tuple[str, ...] = ()) -> None:
        self.conf = folder / "conf"
        self.data = self.conf / "data"
        self.trace = folder / "trace.pcap"
        self.side = side
        self.addresses = free_addresses(2 * len(self.groups))
        (self.conf / "flows").mkdir(parents=True)
        (self.conf / "voice").mkdir()
        (self.conf / "Tce1-32.ini").write_text(self.lines())
        (self.conf / "xunhu.yaml").write_text(self.site(routes))
        for n, flow in enumerate(flows):
            (self.conf / "flows" / f"flow{n}.xml").write_text(flow)
        self._process: subprocess.Popen[str] | None = None
        self._media_pid = 0
        self._log = folder / "xunhu.log"
        self.made.append(self)

    def lines(self) -> str:
        """Tce1-32.ini."""
        other = "network" if self.side == "user" else "user"
        return _INI.format(*self.addresses, side=self.side, other=other)

    def site(self, routes: tuple[str, ...]) -> str:
        """xunhu.yaml."""
        rules = (
            *routes,
            '{called: "4006000998", flow: main}',
            '{called: "8???", extension: "{called}"}',
            '{called: "6???", extension: "{called}"}',
        )
        return _YAML + "".join(f"  - {rule}\n" for rule in rules) + _TAIL

    # -- life ------------------------------------------------------------------------------------------------

    def start(self) -> Self:
        command = [sys.executable, "-m", "xunhu.cli.main", "--lang", "en", "run", "--conf", str(self.conf)]
        with open(self._log, "w") as log:
            self._process = subprocess.Popen(
                [*command, "--trace", str(self.trace)], stdout=log, stderr=subprocess.STDOUT, text=True, cwd=ROOT
            )
        end = time.monotonic() + START_S
        while True:
            try:
                self._media_pid = self.ask("status")["media_pid"]
                return self
            except NotRunningError:
                if self._process.poll() is not None or time.monotonic() > end:
                    self.stop()
                    raise RuntimeError(f"xunhu does not start: {self.log()}") from None
            time.sleep(0.05)

    def stop(self) -> int:
        """SIGTERM; its exit status. What does not end is killed."""
        process = self._process
        assert process is not None, "not started"
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                if self._media_pid:
                    os.kill(self._media_pid, signal.SIGKILL)
        return process.returncode

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        status = self.stop()
        if kind is None:
            assert status == 0, self.log()
            assert "Traceback" not in self.log(), self.log()

    def log(self) -> str:
        return self._log.read_text()

    # -- asking ----------------------------------------------------------------------------------------------

    def far(self, group: str) -> dict[str, Any]:
        """The first arguments of the FarEnd behind a trunk group."""
        at = 2 * self.groups.index(group)
        network = (self.side == "user") == (group == "carrier")
        return {"network": network, "local": self.addresses[at + 1], "remote": self.addresses[at]}

    def ask(self, do: str, **members: Any) -> Any:
        return ask(self.data / "xunhu.sock", {"do": do, **members})

    def circuits(self, group: str) -> dict[str, str]:
        rows: list[dict[str, Any]] = self.ask("spans")
        found: dict[str, str] = {}
        for row, of in zip(rows, self.groups, strict=True):
            if of == group:
                found |= row["circuits"]
        return found

    def wait(self, what: str, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{what}: {self.ask('calls')} {self.ask('status')} {self.ask('spans')}"
            time.sleep(0.05)

    def up(self, *peers: Program) -> None:
        """Wait until both trunks carry calls: links up on both sides, circuits restarted (Q.931 §5.5)."""
        for peer in peers:
            peer.wait("link-up")
        self.quiet(10.0)

    def quiet(self, seconds: float = 5.0) -> None:
        """No call is up, all circuits are idle, no port is open in the engine, no call is open in the ledger."""

        def quiet() -> bool:
            status = self.ask("status")
            states = [state for group in set(self.groups) for state in self.circuits(group).values()]
            idle = states == ["idle"] * self.circuits_in_all
            return status["calls"] == 0 and status["media"]["ports_open"] == 0 and idle

        self.wait("quiet", quiet, seconds)
        last = self.ask("status")["ledger"]["last"]
        self.wait("ledger written", lambda: self._ledger(lambda ledger: ledger.last_seq) >= last)
        assert not self._ledger(lambda ledger: ledger.open_calls())

    # -- what it has written ---------------------------------------------------------------------------------

    def _ledger(self, read: Callable[[Ledger], Any]) -> Any:
        ledger = Ledger(self.data / "ledger", readonly=True, projections=(CdrProjection(),))
        try:
            return read(ledger)
        finally:
            ledger.close()

    def events(self, kind: str = "", **data: Any) -> list[Event]:
        found: list[Event] = self._ledger(lambda ledger: list(ledger.read()))
        return [
            e for e in found if kind in ("", e.kind) and all(e.data.get(name) == value for name, value in data.items())
        ]

    def disturbances(self) -> list[str]:
        """Lines lost after they had been up, and overload: what a machine that stands still does to calls."""
        seen: list[str] = []
        up: set[str] = set()
        for event in self.events():
            trunk = str(event.data.get("trunk", ""))
            if event.kind == "trunk.state" and event.data.get("up"):
                up.add(trunk)
            elif event.kind == "span.alarm" and trunk in up and event.data.get("alarms"):
                seen.append(f"{trunk} {event.data['alarms']}")
            elif event.kind == "media.overload":
                seen.append(f"overload {event.data.get('how')}")
        return seen

    def cdrs(self) -> list[Cdr]:
        found: list[Cdr] = self._ledger(lambda ledger: [Cdr.decode(row) for row in ledger.rows("cdr")])
        return found

    def judged(self) -> tuple[int, list[str]]:
        """How many frames we have sent, and tshark's complaints of them: what is malformed or worse than a note."""
        fields = [w for name in ("_ws.malformed", "_ws.expert.severity", "_ws.expert.message") for w in ("-e", name)]
        command = [
            "tshark",
            "-n",
            "-r",
            str(self.trace),
            "-Y",
            f"frame.p2p_dir == 0 && {self.protocol}",
            "-T",
            "fields",
            *fields,
        ]
        done = subprocess.run([*command, "-e", "_ws.col.Info"], capture_output=True, text=True, check=True)
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        worst = [max((int(word, 0) for word in row[1].split(",") if word), default=0) for row in rows]
        return len(rows), ["\t".join(row) for row, at in zip(rows, worst, strict=True) if row[0] or at >= EXPERT_WARN]


@dataclass(frozen=True, slots=True)
class Recording:
    """samples: float, shape (n, 2), left what the caller said, right what the caller was given; full scale 1."""

    seconds: float
    samples: np.ndarray[Any, np.dtype[np.float64]]

    def level_dbm0(self, track: int, begin_s: float, end_s: float) -> float:
        part = self.samples[int(begin_s * 8000) : int(end_s * 8000), track]
        power = float(np.mean(part**2)) if len(part) else 0.0
        return 10 * np.log10(2 * power) + 3.14 if power > 1e-10 else -99.0

    def share(self, track: int, hz: float, begin_s: float, end_s: float) -> float:
        """Of a track's power, how much is at this frequency, within 5 Hz."""
        part = self.samples[int(begin_s * 8000) : int(end_s * 8000), track]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
        at = np.fft.rfftfreq(len(part), 1 / 8000)
        return float(spectrum[np.abs(at - hz) <= 5].sum() / max(spectrum.sum(), 1e-12))


def read_recording(path: str) -> Recording:
    """A WAV of two tracks in A-law, as recordings are."""
    octets = Path(path).read_bytes()
    assert octets[:4] == b"RIFF"
    assert octets[8:12] == b"WAVE"
    at, data, form = 12, b"", b""
    while at + 8 <= len(octets):
        name, size = octets[at : at + 4], struct.unpack_from("<I", octets, at + 4)[0]
        body = octets[at + 8 : at + 8 + size]
        assert len(body) == size, f"{path}: {name!r} is cut off"
        data, form = (body if name == b"data" else data), (body if name == b"fmt " else form)
        at += 8 + size + size % 2
    assert struct.unpack_from("<HHI", form) == (6, 2, 8000), "A-law, two tracks, 8 kHz"
    samples = _ALAW[np.frombuffer(data, np.uint8)].reshape(-1, 2)
    return Recording(len(samples) / 8000, samples)


def _alaw_table() -> np.ndarray[Any, np.dtype[np.float64]]:
    """ITU-T G.711 table 1a, in our own arithmetic: sign, chord, step; full scale 1."""
    octets = np.arange(256) ^ 0x55
    chord, step = (octets >> 4) & 7, octets & 15
    size = np.where(chord == 0, 2 * step + 1, (2 * step + 33) << np.maximum(chord - 1, 0))
    return np.where(octets & 0x80, size, -size) / 4096.0


_ALAW = _alaw_table()

__all__ = ["FarEnd", "Recording", "SwitchProcess", "read_recording"]
