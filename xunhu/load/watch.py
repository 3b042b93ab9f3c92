"""What runs over E1 and over SIP have in common: the switch asked once a second, the quiet between two steps, the search for the knee."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Any

from xunhu.api.local import NotRunningError, RequestError, ask
from xunhu.load.figures import percentile
from xunhu.load.knee import KneeSearch
from xunhu.load.plan import Limits
from xunhu.load.probe import Probe
from xunhu.load.progress import Progress
from xunhu.load.tally import beyond
from xunhu.text import tr

_SETTLE_S = 15.0
_ASK_S = 2.0


class LoadError(Exception):
    """A run cannot begin; with a remedy."""

    def __init__(self, text: str, remedy: str = "") -> None:
        super().__init__(text)
        self.remedy = remedy


class SwitchWatch:
    """socket: of the running switch, None: nobody can be asked. ask_mos: its RTP lines are asked too. far: pid of what places the calls. trunks: whose
    circuits must all be free before calls begin: one that is being reset refuses them."""

    def __init__(self, socket: Path | None, far: int, *, ask_mos: bool = False, trunks: Collection[str] = ()) -> None:
        self._socket = socket
        self._trunks = frozenset(trunks)
        self._ask_mos = ask_mos
        self.far = far
        self.probe = Probe()
        self.row: dict[str, float] = {}
        self.mos: list[float] = []

    async def _ask(self, do: str) -> Any:
        """None: no answer."""
        if self._socket is None:
            return None
        try:
            return await asyncio.to_thread(ask, self._socket, {"do": do}, timeout_s=_ASK_S)
        except (NotRunningError, RequestError):
            return None

    async def look(self) -> dict[str, float]:
        """The figures since the last look."""
        status = await self._ask("status")
        pids = {"far": self.far}
        if status is not None:
            pids["control"] = status["pid"]
            if status["media_pid"] != status["pid"]:
                pids["media"] = status["media_pid"]
        row = self.probe.look(status, asyncio.get_running_loop().time(), pids)
        if self._ask_mos and status is not None:
            calls = await self._ask("sip-calls") or []
            heard = sorted(float(call["mos"]) for call in calls if call.get("mos") is not None)
            if heard:
                row["mos_p50"] = round(percentile(heard, 0.5), 2)
                self.mos += heard
        self.row = row
        return row

    def mos_summary(self) -> dict[str, float] | None:
        """Of all looks at all calls: p50, what one in a hundred is below, the least."""
        ordered = sorted(self.mos)
        if not ordered:
            return None
        return {
            "count": len(ordered),
            "p50": round(percentile(ordered, 0.5), 2),
            "p1": round(percentile(ordered, 0.01), 2),
            "least": round(ordered[0], 2),
        }

    def _free(self, row: dict[str, Any]) -> bool:
        return row["busy"] == 0 and (row["blocked"] == 0 or row["name"] not in self._trunks)

    async def until_quiet(self, stopped: Callable[[], bool]) -> None:
        """Between two steps: the calls of the one before are over, all circuits are free."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _SETTLE_S
        while loop.time() < end and not stopped():
            status = await self._ask("status")
            if status is None or (status["calls"] == 0 and all(self._free(row) for row in status["trunks"])):
                return
            await asyncio.sleep(0.1)


async def search_knee(
    search: KneeSearch,
    once: Callable[[float], Awaitable[tuple[dict[str, Any], int]]],
    limits: Limits,
    progress: Progress,
    watch: SwitchWatch,
    stopped: Callable[[], bool],
) -> tuple[list[dict[str, Any]], int]:
    """once(rate): a step; its figures and the late ticks of the switch. The figures of all steps; late ticks of the best one. A step that was
    interrupted does not count."""
    steps: list[dict[str, Any]] = []
    lates: list[int] = []
    while not stopped() and (rate := search.next_rate()) is not None:
        n = len(search.steps) + 1
        progress.title(tr(f"step {n}: {rate:.3g} calls/s", f"第 {n} 步：{rate:.3g} 呼叫/秒"))
        figures, late = await once(rate)
        if stopped():
            break
        why = "; ".join(beyond(figures, limits, late))
        steps.append(figures)
        lates.append(late)
        search.went(rate, why)
        progress.say(_step_line(rate, figures, why))
        await watch.until_quiet(stopped)
    best = best_step(search)
    return steps, lates[best] if lates else 0


def best_step(search: KneeSearch) -> int:
    """Number of the step at the knee; when none was good, of the last."""
    return next((n for n, step in enumerate(search.steps) if step.good and step.rate == search.best), len(search.steps) - 1)


def _step_line(rate: float, figures: dict[str, Any], why: str) -> str:
    p99 = (figures["setup_ms"] or {}).get("p99", "-")
    verdict = why or tr("good", "合格")
    return tr(
        f"{rate:8.3g} calls/s  {figures['attempts']:6} calls  {figures['failed_percent']:6.2f} % failed  set-up p99 {p99} ms  {verdict}",
        f"{rate:8.3g} 呼叫/秒  {figures['attempts']:6} 次  失败 {figures['failed_percent']:6.2f} %  建立 p99 {p99} 毫秒  {verdict}",
    )
