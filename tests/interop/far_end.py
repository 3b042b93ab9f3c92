"""Drivers of the far ends, programs of their own: FarEnd is a PRI gateway of libpri, Exchange one of libss7.

    with FarEnd(network=True, local=a, remote=b, calls=30, rate=10) as peer:
        peer.wait("link-up")
        peer.send("drop-link", ms=3000)
        summary = peer.wait_summary(30)

Options are those of the program (`build/far_end --help`, `build/far_end_ss7 --help`) with underscores. Events are dicts as
printed, `mono_ns` on CLOCK_MONOTONIC, which all processes share. The programs are built once into build/.
"""

from __future__ import annotations

import fcntl
import json
import socket
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
BUILT = ROOT / "build"

Event = dict[str, Any]


def build(folder: str, name: str) -> Path:
    """Compile the program build/`name` where it is older than its sources; safe from several processes."""
    program = BUILT / name
    BUILT.mkdir(exist_ok=True)
    with open(BUILT / f".{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            ["make", "-s", "-C", str(HERE / folder), f"OUT={program}"], capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise RuntimeError(f"{name} does not build (packages libpri-dev, libss7-dev, libspandsp-dev):\n{done.stderr}")
    return program


def free_addresses(n: int = 2) -> list[str]:
    """n addresses on loopback whose UDP ports nobody uses now."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(n)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{s.getsockname()[1]}" for s in sockets]
    finally:
        for s in sockets:
            s.close()


class Program:
    """One far end process; start() or `with`."""

    def __init__(self, program: Path, **options: Any) -> None:
        self.command = [str(program)]
        for name, value in options.items():
            flag = "--" + name.replace("_", "-")
            if value is True:
                self.command.append(flag)
            elif value is not False and value is not None:
                self.command += [flag, str(value)]
        self.events: list[Event] = []
        self.stderr = ""
        self._changed = threading.Condition()
        self._process: subprocess.Popen[str] | None = None
        self._threads: list[threading.Thread] = []
        self._over = False

    # -- life ------------------------------------------------------------------------------------------------

    def start(self) -> Self:
        self._process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for target in (self._read_events, self._read_errors):
            thread = threading.Thread(target=target, daemon=True)
            thread.start()
            self._threads.append(thread)
        self.wait("ready", 10)
        return self

    def stop(self) -> Event:
        """End the program; its summary."""
        process = self._process
        assert process is not None, "not started"
        if process.poll() is None:
            try:
                self.send("quit")
                process.wait(5)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                process.kill()
                process.wait()
        for thread in self._threads:
            thread.join(5)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None and not stream.closed:
                stream.close()
        summaries = self.of("summary")
        if not summaries:
            raise RuntimeError(f"far_end ended without a summary (status {process.returncode}): {self.stderr}")
        return summaries[-1]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    # -- commands --------------------------------------------------------------------------------------------

    def send(self, cmd: str, **members: Any) -> None:
        """drop-link ms [line], cut-link ms [line], los ms [line], hangup-all [cause], quit, call [called calling digits hold channel],
        calls n, hangup call, answer call, digits call digits, tone call hz, refuse cause, summary; those of FarEnd and Exchange."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"cmd": cmd, **members}) + "\n")
        self._process.stdin.flush()

    # -- events ----------------------------------------------------------------------------------------------

    def of(self, event: str, **members: Any) -> list[Event]:
        """All such events so far."""
        with self._changed:
            return [e for e in self.events if _matches(e, event, members)]

    def wait(self, event: str, timeout: float = 10, *, count: int = 1, since: int = 0, **members: Any) -> Event:
        """The count-th such event, counted from self.events[since]. TimeoutError tells what came last."""
        end = time.monotonic() + timeout
        with self._changed:
            while True:
                found = [e for e in self.events[since:] if _matches(e, event, members)]
                if len(found) >= count:
                    return found[count - 1]
                left = end - time.monotonic()
                if left <= 0 or self._over:
                    raise TimeoutError(f"{event} {members or ''} did not come; last: {self.events[-5:]} {self.stderr}")
                self._changed.wait(left)

    def wait_summary(self, timeout: float) -> Event:
        """Wait until all of --calls are over, then ask for the summary."""
        self.wait("done", timeout)
        since = len(self.events)
        self.send("summary")
        return self.wait("summary", 5, since=since)

    # -- threads ---------------------------------------------------------------------------------------------

    def _read_events(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = json.loads(line)
            with self._changed:
                self.events.append(event)
                self._changed.notify_all()
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _read_errors(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.stderr = (self.stderr + line)[-20000:]


class FarEnd(Program):
    """A PRI gateway. Commands besides: restart channel."""

    def __init__(self, *, network: bool, local: str, remote: str, **options: Any) -> None:
        side = "network" if network else "user"
        super().__init__(build("libpri_far_end", "far_end"), **{side: True}, local=local, remote=remote, **options)


class Exchange(Program):
    """An exchange behind one or two lines, `local` and `remote` with a comma between two addresses. Channels are CICs. Commands
    besides: suspend, resume or progress call; block, unblock or reset channel; block-group, unblock-group or reset-group channel
    last [hardware]."""

    def __init__(self, *, local: str, remote: str, **options: Any) -> None:
        super().__init__(build("libss7_far_end", "far_end_ss7"), local=local, remote=remote, **options)


def _matches(event: Event, name: str, members: dict[str, Any]) -> bool:
    return event["event"] == name and all(event.get(k) == v for k, v in members.items())
