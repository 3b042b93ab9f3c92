"""What all benchmarks share: options, measuring in turns, one form of output.

A benchmark makes a `Report`, adds rows and ends with `report.print()`. Options of every benchmark:

    --quick   smallest run: shows that it works, its figures mean nothing
    --json    one JSON object on standard output in the place of the table

The JSON: {"bench", "title", "cpu", "quick", "notes", "rows": [row ...]}; a row is {"name", "value", "unit", "budget", "limit",
"peer", "peer_value", "ratio", "headline"}. budget: what the value must stay below; limit: how it is written (`< 30`); ratio:
value / peer_value; headline: it stands in docs/performance.md. Absent things are null.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PEER = ROOT / "benchmarks" / "peer"
PEER_BUILT = ROOT / "build" / "peer"


def parser(text: str | None) -> argparse.ArgumentParser:
    """With --quick and --json; text: the benchmark's docstring, whose first line is shown."""
    out = argparse.ArgumentParser(description=(text or "").strip().splitlines()[0])
    out.add_argument("--quick", action="store_true", help="smallest run; its figures mean nothing")
    out.add_argument("--json", action="store_true", help="JSON in the place of a table")
    return out


def cpu_model() -> str:
    """Model of the processor and the number of them that this process may use."""
    name = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            name = line.partition(":")[2].strip()
            break
    return f"{name}, {len(os.sched_getaffinity(0))} cores"


def cpu_us(work: Callable[[], object], times: int = 1) -> float:
    """us of this process's CPU that one of `times` takes."""
    begin = time.process_time_ns()
    work()
    return (time.process_time_ns() - begin) / times / 1000


def in_turns(rounds: int, *works: Callable[[], float]) -> list[float]:
    """The median of each work's figures, one round of each after the other: what else the machine does meets all alike."""
    figures: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, got in zip(works, figures, strict=True):
            got.append(work())
    return [statistics.median(got) for got in figures]


def resident(pid: int | str = "self") -> int:
    """Octets of a process in memory (RSS)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peer_program(name: str, libraries: Sequence[str]) -> Path:
    """benchmarks/peer/NAME.c or NAME.cpp, compiled when it, or a header beside it, is newer than what was built.

    libraries: names for the linker; "pkg:NAME" asks pkg-config. CalledProcessError: the compiler says why.
    """
    source, built = PEER / f"{name}.c", PEER_BUILT / name
    compiler = ["gcc", "-std=gnu11"]
    if not source.exists():
        source, compiler = PEER / f"{name}.cpp", ["g++", "-std=gnu++14"]
    newest = max(path.stat().st_mtime for path in (source, *PEER.glob("*.h")))
    if not built.exists() or built.stat().st_mtime < newest:
        PEER_BUILT.mkdir(parents=True, exist_ok=True)
        links, flags = [f"-l{name}" for name in libraries if not name.startswith("pkg:")], []
        for package in (name.removeprefix("pkg:") for name in libraries if name.startswith("pkg:")):
            links += _pkg_config("--libs", package)
            flags += [flag.replace("-I", "-isystem") for flag in _pkg_config("--cflags", package)]
        command = [*compiler, "-O2", "-Wall", "-Wextra", *flags, "-o", f"{built}.{os.getpid()}", str(source)]
        subprocess.run([*command, *links], check=True)
        Path(f"{built}.{os.getpid()}").rename(built)
    return built


def _pkg_config(option: str, package: str) -> list[str]:
    done = subprocess.run(["pkg-config", option, package], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()


def peer_run(program: Path, *arguments: str | int, stdin: bytes | None = None) -> dict[str, float]:
    """The JSON object that a peer program prints."""
    done = subprocess.run([program, *map(str, arguments)], input=stdin, stdout=subprocess.PIPE, check=True, timeout=60)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


@dataclass(slots=True)
class Row:
    name: str
    value: float
    unit: str
    budget: float | None = None
    limit: str | None = None
    peer: str | None = None
    peer_value: float | None = None
    ratio: float | None = None
    headline: bool = False


@dataclass(slots=True)
class Report:
    bench: str
    title: str
    quick: bool = False
    cpu: str = field(default_factory=cpu_model)
    notes: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        budget: float | None = None,
        peer: str | None = None,
        peer_value: float | None = None,
        headline: bool = False,
    ) -> None:
        """A figure. budget: it must stay below. headline: it belongs into docs/performance.md; one with a budget or a peer
        does anyway."""
        ratio = value / peer_value if peer_value else None
        limit = None if budget is None else f"< {figure(budget)}"
        shown = headline or budget is not None or peer is not None
        self.rows.append(Row(name, value, unit, budget, limit, peer, peer_value, ratio, shown))

    @staticmethod
    def of(values: dict[str, Any]) -> Report:
        """From its JSON."""
        return Report(**{**values, "rows": [Row(**row) for row in values["rows"]]})

    def note(self, text: str) -> None:
        self.notes.append(text)

    def print(self, options: argparse.Namespace) -> None:
        if options.json:
            print(json.dumps(asdict(self), ensure_ascii=False))
        else:
            self.show()

    def show(self) -> None:
        """The table."""
        print(f"{self.title}  [{self.cpu}]{'  QUICK: figures mean nothing' if self.quick else ''}")
        for row in self.rows:
            line = f"  {row.name:<56} {figure(row.value):>9} {row.unit}"
            if row.limit:
                over = row.budget is not None and row.value >= row.budget
                line += f"  (budget {row.limit}{', OVER' if over else ''})"
            if row.peer_value is not None and row.ratio is not None:
                line += f"  ({row.peer}: {figure(row.peer_value)}, ratio {row.ratio:.2f})"
            print(line)
        for text in self.notes:
            print(f"  {text}")


def figure(value: float) -> str:
    """Three figures that count, for people."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
