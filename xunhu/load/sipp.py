"""SIPp as the far end of SIP: our scenarios (sipp/*.xml), its command line, one run of it, what it has written.

SIPp is a program of its own (Debian: sip-tester). It runs in a folder that goes afterwards; USR1 asks it to place no more calls and to let those end
that are up.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from xunhu.load.figures import Seconds
from xunhu.load.sipp_files import write_files
from xunhu.load.sipp_stats import SippFigures, counters, read_run, rows_of
from xunhu.load.watch import LoadError
from xunhu.text import tr

SCENARIOS = Path(__file__).with_name("sipp")
#: those that place calls; "called" is the other end
PLACING = ("answer", "rtp", "menu", "info", "hold", "transfer", "register")
_END_S = 15.0


@dataclass(frozen=True, slots=True)
class SipPlan:
    """to: host:port of the switch; local: our host; port, media: ours, 0 one that is free. called: the number; target: of a transfer. users: of
    registrations. hold_s: of answer, rtp; of hold and transfer the talk before."""

    scenario: str
    to: str
    called: str = "4006000998"
    target: str = "8001"
    key: str = "5"
    users: tuple[tuple[str, str], ...] = ()
    transport: str = "udp"
    local: str = "127.0.0.1"
    port: int = 0
    media: int = 0
    rate: float = 10.0
    calls: int = 100
    most_up: int = 0
    hold_s: float = 2.0
    calling: str = "139"


def program() -> str:
    """LoadError: SIPp is not installed."""
    found = shutil.which("sipp")
    if found is None:
        raise LoadError(tr("SIPp is not installed", "未安装 SIPp"), "apt-get install sip-tester")
    return found


def command(plan: SipPlan, sipp: str, statistics: str = "stat.csv") -> list[str]:
    """Of a SIPp that places calls, to be run in the folder with its files."""
    # less than one a second: so many calls in more milliseconds
    whole, period_ms = (round(plan.rate), 1000) if plan.rate == round(plan.rate) else (round(plan.rate * 100), 100_000)
    up = plan.most_up or max(10, round(plan.rate * (plan.hold_s + 5) * 3))
    words = [
        *(sipp, plan.to, "-sf", f"{plan.scenario}.xml", "-nostdin", "-aa"),
        *("-i", plan.local, "-mi", plan.local, "-t", {"udp": "u1", "tcp": "t1"}[plan.transport]),
        *("-s", plan.called, "-key", "calling", plan.calling, "-key", "key", plan.key, "-key", "target", plan.target),
        *("-r", str(max(1, whole)), "-rp", str(period_ms), "-m", str(plan.calls), "-l", str(up)),
        *("-d", str(round(plan.hold_s * 1000)), "-recv_timeout", "20000", "-timer_resol", "1"),
        *("-trace_stat", "-stf", statistics, "-fd", "1", "-trace_rtt", "-rtt_freq", "1"),
        *("-trace_err", "-error_file", "errors.log", "-trace_error_codes", "-max_log_size", "10000000"),
    ]
    if plan.port:
        words += ["-p", str(plan.port)]
    if plan.media:
        words += ["-mp", str(plan.media)]
    if plan.scenario == "register":
        words += ["-inf", "users.csv"]
    return words


def called_command(plan: SipPlan, sipp: str, port: int, media: int) -> list[str]:
    """Of a SIPp that is called by the switch, and sends back what it hears."""
    return [
        *(sipp, "-sf", "called.xml", "-nostdin", "-aa", "-i", plan.local, "-mi", plan.local),
        *("-p", str(port), "-mp", str(media), "-rtp_echo", "-t", {"udp": "u1", "tcp": "t1"}[plan.transport]),
        *("-trace_stat", "-stf", "called.csv", "-fd", "1", "-trace_err", "-error_file", "called.log", "-max_log_size", "10000000"),
    ]


class Sipp:
    """One run of a plan; a context that leaves nothing behind."""

    def __init__(self, plan: SipPlan) -> None:
        self.plan = plan
        self._sipp = program()
        self._temporary = tempfile.TemporaryDirectory(prefix="xunhu-load-")
        self.folder = Path(self._temporary.name)
        self._process: subprocess.Popen[bytes] | None = None
        self._statistics = self.folder / "stat.csv"

    def __enter__(self) -> Self:
        write_files(self.folder, key=self.plan.key, users=self.plan.users)
        shutil.copy(SCENARIOS / f"{self.plan.scenario}.xml", self.folder)  # SIPp looks for captures beside it
        with open(self.folder / "screen.log", "wb") as screen:
            self._process = subprocess.Popen(
                command(self.plan, self._sipp),
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        end_process(self._process)
        self._temporary.cleanup()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def now(self) -> SippFigures:
        """Counters so far."""
        try:
            rows = rows_of(self._statistics.read_text(errors="replace"))
        except FileNotFoundError:
            rows = []
        return counters(rows[-1]) if rows else SippFigures()

    def stop(self) -> None:
        """No more calls."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGUSR1)

    async def ended(self, each_s: Callable[[], None], patience_s: float) -> None:
        """Until it has ended; `each_s` is called four times a second. One that does not end in time is ended: what it has written counts."""
        assert self._process is not None
        loop = asyncio.get_running_loop()
        end = loop.time() + patience_s
        while self._process.poll() is None and loop.time() < end:
            each_s()
            await asyncio.sleep(0.25)
        self.stop()
        if not await self._wait(_END_S):
            end_process(self._process)

    async def _wait(self, seconds: float) -> bool:
        assert self._process is not None
        for _ in range(round(seconds / 0.1)):
            if self._process.poll() is not None:
                return True
            await asyncio.sleep(0.1)
        return False

    def figures(self, seconds: Seconds, offset_s: float = 0.0) -> SippFigures:
        """Of a run that has ended. LoadError: it could not even begin, and what it said."""
        assert self._process is not None
        try:
            found = read_run(self.folder, self._statistics, seconds, offset_s)
        except FileNotFoundError:
            found = SippFigures()
        status = self._process.returncode
        if not found.created and status not in (0, 99, None):
            said = self.folder / "screen.log"
            text = said.read_text(errors="replace")[-600:].strip() if said.exists() else ""
            raise LoadError(tr(f"SIPp ended with status {status}: {text}", f"SIPp 退出状态 {status}：{text}"))
        return found

    def errors(self, most: int = 3) -> list[str]:
        """The first of what it complained of, a line each."""
        path = self.folder / "errors.log"
        if not path.exists():
            return []
        lines = [line for line in path.read_text(errors="replace").splitlines() if "while expecting" in line or "rror" in line]
        return [line.split(": ", 1)[-1][:200] for line in lines[:most]]


def end_process(process: subprocess.Popen[bytes]) -> None:
    """Whatever it does."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
