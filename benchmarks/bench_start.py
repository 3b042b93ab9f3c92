"""`xunhu run` with 64 spans: from the start of the process until it serves and until all data links are up; memory a channel.

32 pairs of loop spans, PRI user side on one half and network side on the other: 1,920 channels. The clock is the wall's, so
what else the machine does is in the figures.
"""

from __future__ import annotations

import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import common

from xunhu.api.local import ask

BUDGET_S = 3.0
IDLE_KIB = 64.0
PATIENCE_S = 60.0


def write_configuration(folder: Path, pairs: int) -> None:
    lines = ["[System]", "Law = A", "TickMs = 10"]
    for number in range(2 * pairs):
        side = "user" if number < pairs else "network"
        lines += [f"[Trunk{number}]", "Driver = loop", f"Peer = Trunk{(number + pairs) % (2 * pairs)}"]
        lines += ["Signalling = PRI", f"Side = {side}"]
    (folder / "flows").mkdir()
    (folder / "Tce1-32.ini").write_text("\n".join(lines) + "\n")
    names = [f"Trunk{number}" for number in range(2 * pairs)]
    groups = f"  carrier: {{trunks: [{', '.join(names[:pairs])}]}}\n  pbx: {{trunks: [{', '.join(names[pairs:])}]}}\n"
    (folder / "xunhu.yaml").write_text(
        f"trunk_groups:\n{groups}"
        'extensions:\n  "8001": {trunk_group: pbx}\n'
        'routes:\n  - {called: "8???", extension: "{called}"}\nrecording: {calls: none}\n'
    )


class Start:
    """One run: figures in seconds from the start of the process, octets of both processes once all is up."""

    def __init__(self, folder: Path, pairs: int) -> None:
        write_configuration(folder, pairs)
        command = [sys.executable, "-m", "xunhu.cli.main", "--lang", "en", "run", "--conf", str(folder)]
        begin = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=common.ROOT)
        try:
            self.serves = self._wait_for_line(begin)
            self.links_up, self.circuits_idle, self.media_pid = self._wait_for_trunks(folder / "data" / "xunhu.sock", begin)
            # processes are looked at when the first work is done
            time.sleep(0.5)
            self.control_octets = common.resident(self.process.pid)
            self.media_octets = common.resident(self.media_pid)
        finally:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.rest = self.process.communicate(timeout=20)[0]
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.communicate()
                raise
        if self.process.returncode:
            raise RuntimeError(f"xunhu ended with {self.process.returncode}: {self.rest}")

    def _wait_for_line(self, begin: float) -> float:
        assert self.process.stdout is not None
        told = []
        for line in self.process.stdout:
            if " serves " in line:
                return time.monotonic() - begin
            told.append(line)
        raise RuntimeError(f"xunhu does not start: {''.join(told)}")

    def _wait_for_trunks(self, socket: Path, begin: float) -> tuple[float, float, int]:
        """When all data links are up; when all circuits are idle (restarted, Q.931 §5.5); the media process."""
        up = 0.0
        while time.monotonic() - begin < PATIENCE_S:
            found: dict[str, Any] = ask(socket, {"do": "status"})
            now = time.monotonic() - begin
            if not up and all(row["up"] for row in found["trunks"]):
                up = now
            if up and all(row["idle"] == 30 for row in found["trunks"]):
                return up, now, found["media_pid"]
            time.sleep(0.02)
        raise RuntimeError(f"trunks do not come up in {PATIENCE_S} s: {found['trunks']}")


def main() -> None:
    options = common.parser(__doc__).parse_args()
    pairs, rounds = (1, 1) if options.quick else (32, 3)
    channels = pairs * 60
    runs = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            runs.append(Start(Path(folder), pairs))
    report = common.Report("start", f"`xunhu run` with {2 * pairs} spans, {channels:,} channels, loop", options.quick)

    def middle(name: str) -> float:
        return float(statistics.median(getattr(run, name) for run in runs))

    report.add("start to the line that it serves", middle("serves"), "s", budget=BUDGET_S)
    report.add("start to all data links up", middle("links_up"), "s", budget=BUDGET_S)
    report.add("start to all circuits idle (restarted)", middle("circuits_idle"), "s")
    octets = middle("control_octets") + middle("media_octets")
    report.add("memory an idle channel, both processes", octets / channels / 1024, "KiB", budget=IDLE_KIB)
    report.add("memory of control", middle("control_octets") / 2**20, "MiB")
    report.add("memory of xunhu-media", middle("media_octets") / 2**20, "MiB")
    report.print(options)


if __name__ == "__main__":
    main()
