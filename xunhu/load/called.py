"""The other end of SIP trunks: a SIPp that is called by the switch, and sends back the voice that comes."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from xunhu.load.sipp import SCENARIOS, SipPlan, called_command, end_process, program
from xunhu.load.sipp_stats import SippFigures, counters, rows_of

_FOR_EVER_MS = "86400000"


class CalledSipp:
    """A context. port: where it is called; media: its RTP port, one for all calls. A party that was transferred to releases by itself: who has
    transferred is gone and nobody else would."""

    def __init__(self, plan: SipPlan, port: int, media: int) -> None:
        transfer = plan.scenario == "transfer"
        self._most_ms = round(2000 + 2 * plan.hold_s * 1000) if transfer else int(_FOR_EVER_MS)
        self._patience_s = self._most_ms / 1000 + 2 if transfer else 2.0
        self._command = called_command(plan, program(), port, media)
        self._temporary = tempfile.TemporaryDirectory(prefix="xunhu-load-")
        self._folder = Path(self._temporary.name)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        text = (SCENARIOS / "called.xml").read_text()
        (self._folder / "called.xml").write_text(text.replace(_FOR_EVER_MS, str(self._most_ms)))
        with open(self._folder / "screen.log", "wb") as screen:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGUSR1)  # it ends with its last call
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(self._patience_s)
        end_process(self._process)
        self._temporary.cleanup()

    def now(self) -> SippFigures:
        """Counters so far."""
        path = self._folder / "called.csv"
        rows = rows_of(path.read_text(errors="replace")) if path.exists() else []
        return counters(rows[-1]) if rows else SippFigures()
