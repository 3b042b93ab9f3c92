"""Our registrar (tests/net/desk_node.py) as a process, and what it says; other programs likewise."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = Path(__file__).parents[1] / "net" / "desk_node.py"


class Process:
    """A program whose lines are kept."""

    def __init__(self, *command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [*map(str, command)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.PIPE,
            cwd=cwd,
            env=env,
            text=True,
            errors="replace",
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip())

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def wait_line(self, fits: Callable[[str], bool], seconds: float = 30.0) -> str:
        """The first line that fits, which may have come already."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in list(self.lines):
                if fits(line):
                    return line
            time.sleep(0.02)
        raise TimeoutError("\n".join(self.lines[-40:]))

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._thread.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


class Registrar(Process):
    def __init__(self, folder: Path, *options: str) -> None:
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        super().__init__(sys.executable, PROGRAM, folder, "0", *options, env=env)
        _, udp, tcp, tls = self.wait_line(lambda line: line.startswith("ports ")).split()
        self.ports = {"udp": int(udp), "tcp": int(tcp), "tls": int(tls)}
        self.folder = folder

    def told(self, what: str, user: str, transport: str) -> str:
        """Waits for a line of this beginning."""
        return self.wait_line(lambda line: line.startswith(f"{what} {user} {transport} "))


@contextmanager
def registrar(folder: Path, *options: str) -> Iterator[Registrar]:
    made = Registrar(folder, *options)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def running(*command: str | Path, cwd: Path | None = None) -> Iterator[Process]:
    made = Process(*command, cwd=cwd)
    try:
        yield made
    finally:
        made.close()
