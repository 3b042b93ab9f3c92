"""Flows: loading, a walk through the sample flow, reading a number aloud. Prints microseconds of processor time."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from xunhu.ivr import speak
from xunhu.ivr.interpreter import Environment, run
from xunhu.ivr.loader import load_flow, parse_flow
from xunhu.ivr.prompts import PromptStore
from xunhu.ivr.session import Collected, ConnectResult

ROOT = Path(__file__).parents[1]
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

    async def hangup(self, cause: int = 16) -> None: ...

    async def speak_text(self, text: str, language: str) -> str:
        return ""

    def node_entered(self, flow: str, version: str, node: str, variables: Mapping[str, str]) -> None:
        self.nodes += 1

    def node_result(self, node: str, result: str, key: str) -> None: ...

    def note(self, text: str) -> None: ...


def timed(what: str, times: int, work: Callable[[], object]) -> None:
    work()
    begin = time.process_time()
    for _ in range(times):
        work()
    print(f"{what:<60}{(time.process_time() - begin) / times * 1e6:10.1f} us")


def main() -> None:
    path = ROOT / "conf" / "flows" / "flowconfig.xml"
    flow, _ = load_flow(path)
    timed(f"load the sample flow ({len(flow.nodes)} nodes)", 100, lambda: load_flow(path))
    nodes = "".join(f'<node code="n{i}" type="play" files="x"><node code="j{i}" type="jump" goto="n0"/></node>' for i in range(2500))
    large = f"<flow>{nodes}</flow>".encode()
    timed("load a flow of 5,000 nodes", 2, lambda: parse_flow(large, Path("large.xml")))
    with tempfile.TemporaryDirectory() as folder:
        roots = [ROOT / "conf" / "voice", ROOT / "voice-built"]
        environment = Environment(PromptStore(roots), Path(folder))

        async def walks(count: int) -> int:
            nodes = 0
            for _ in range(count):
                caller = Caller()
                await run(flow, caller, environment)
                nodes += caller.nodes
            return nodes

        nodes = asyncio.run(walks(1))
        begin = time.process_time()
        asyncio.run(walks(300))
        took = (time.process_time() - begin) / 300 * 1e6
        print(f"{f'walk through the sample flow ({nodes} nodes)':<60}{took:10.1f} us")
        print(f"{'  a node of it':<60}{took / nodes:10.1f} us")
    for language in ("zh", "en"):
        timed(f"read 1234567.89 yuan aloud ({language})", 2000, lambda lang=language: speak.money("1234567.89", lang))


if __name__ == "__main__":
    main()
