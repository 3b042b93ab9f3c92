"""Flows: loading, a walk through the sample flow, reading a number aloud. Prints microseconds of processor time."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import common

from xunhu.ivr import speak
from xunhu.ivr.interpreter import Environment, run
from xunhu.ivr.loader import load_flow, parse_flow
from xunhu.ivr.prompts import PromptStore
from xunhu.ivr.session import Collected, ConnectResult

ROOT = common.ROOT
KEYS = ("2", "1", "20261123", "#", "2")


class Caller:
    """Orders, then talks to an adviser; takes no time itself."""

    def __init__(self) -> None:
        self.keys = iter(KEYS)
        self.nodes = 0
        self.variables: Mapping[str, str] = {
            **dict.fromkeys(("calling", "called", "call", "trunk", "weekday"), "1"),
            "date": "2026-11-23",
            "time": "10:00:00",
        }

    async def answer(self) -> None: ...

    async def play_collect(self, files: Sequence[str], *, digits: int = 0, **how: object) -> Collected:
        return Collected(next(self.keys), "full") if digits else Collected("", "played")

    async def record(self, path: str, *, stop_keys: str = "", seconds: float = 60.0, beep: bool = True) -> float:
        return 1.0

    async def wait_key(self, keys: str, timeout_s: float) -> str:
        return ""

    async def connect(self, extensions: Sequence[str], *, wait_s: float, queue: bool, music: str = "") -> ConnectResult:
        return ConnectResult("ended", extensions[0])

    def mind_fax(self, on: bool) -> None: ...

    async def hangup(self, cause: int = 16) -> None: ...

    async def speak_text(self, text: str, language: str) -> str:
        return ""

    def node_entered(self, flow: str, version: str, node: str, variables: Mapping[str, str]) -> None:
        self.nodes += 1

    def node_result(self, node: str, result: str, key: str) -> None: ...

    def note(self, text: str) -> None: ...


def main() -> None:
    options = common.parser(__doc__).parse_args()
    less = 20 if options.quick else 1
    report = common.Report("flow", "Flows", options.quick)

    def timed(what: str, times: int, work: Callable[[], object]) -> None:
        times = max(1, times // less)
        work()
        report.add(what, common.cpu_us(lambda: [work() for _ in range(times)], times), "us")

    path = ROOT / "conf" / "flows" / "flowconfig.xml"
    flow, _ = load_flow(path)
    timed(f"load the sample flow ({len(flow.nodes)} nodes)", 100, lambda: load_flow(path))
    count = 2500 // less
    nodes = "".join(f'<node code="n{i}" type="play" files="x"><node code="j{i}" type="jump" goto="n0"/></node>' for i in range(count))
    large = f"<flow>{nodes}</flow>".encode()
    timed(f"load a flow of {2 * count:,} nodes", 2, lambda: parse_flow(large, Path("large.xml")))
    with tempfile.TemporaryDirectory() as folder:
        roots = [ROOT / "conf" / "voice", ROOT / "voice-built"]
        environment = Environment(PromptStore(roots), Path(folder))

        async def walks(count: int) -> int:
            entered = 0
            for _ in range(count):
                caller = Caller()
                await run(flow, caller, environment)
                entered += caller.nodes
            return entered

        entered = asyncio.run(walks(1))
        count = 300 // less
        took = common.cpu_us(lambda: asyncio.run(walks(count)), count)
        report.add(f"walk through the sample flow ({entered} nodes)", took, "us", headline=True)
        report.add("a node of it", took / entered, "us")
    for language in ("zh", "en"):
        timed(f"read 1234567.89 yuan aloud ({language})", 2000, lambda lang=language: speak.money("1234567.89", lang))
    report.print(options)


if __name__ == "__main__":
    main()
