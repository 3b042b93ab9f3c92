"""A run over SIP from beginning to end: SIPp places the calls of a scenario, perhaps another SIPp is called, the switch is asked once a second, the
report is of the same form as that of calls over E1."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from xunhu.load.figures import Seconds
from xunhu.load.knee import KneeSearch
from xunhu.load.plan import Limits
from xunhu.load.progress import Progress
from xunhu.load.report import make_report, ramp_of
from xunhu.load.sipp import Sipp, SipPlan
from xunhu.load.sipp_stats import SippFigures
from xunhu.load.tally import beyond
from xunhu.load.watch import SwitchWatch, best_step, search_knee
from xunhu.text import tr


class SipRun:
    """socket: of the switch that is called, None: it cannot be asked. seconds: of each step of a search."""

    def __init__(self, plan: SipPlan, socket: Path | None, limits: Limits, progress: Progress, *, seconds: float) -> None:
        self._plan = plan
        self._limits = limits
        self._progress = progress
        self._seconds = seconds
        self._watch = SwitchWatch(socket, 0, ask_mos=True)
        self._sipp: Sipp | None = None
        self._stopped = False
        self._began_s = 0.0
        self._rows: list[dict[str, Any]] = []
        self._notes: list[str] = []

    def stop(self) -> None:
        self._stopped = True
        if self._sipp is not None:
            self._sipp.stop()

    async def run(self, search: KneeSearch | None = None) -> dict[str, Any]:
        """The report. LoadError: SIPp is not there, or cannot begin."""
        began_ns = time.time_ns()
        self._began_s = asyncio.get_running_loop().time()
        steps: list[dict[str, Any]] = []
        if search is None:
            figures, late = await self._once(self._plan)
        else:

            async def once(rate: float) -> tuple[dict[str, Any], int]:
                return await self._once(replace(self._plan, rate=rate, calls=max(1, round(rate * self._seconds))))

            steps, late = await search_knee(search, once, self._limits, self._progress, self._watch, lambda: self._stopped)
            figures = steps[best_step(search)] if steps else SippFigures().as_dict()
        mos = self._watch.mos_summary()
        if mos is not None:
            figures["mos"] = mos
        found = beyond(figures, self._limits, late)
        if search is not None and search.best is None and not found:
            found = [tr("no step was good", "没有一步合格")]
        return make_report(
            "sip",
            began_ns=began_ns,
            seconds=asyncio.get_running_loop().time() - self._began_s,
            what=self._what(search),
            rate=(search.best or search.first) if search is not None else self._plan.rate,
            figures=figures,
            switch=self._watch.probe.as_dict(),
            far={},
            rows=self._rows,
            limits=self._limits,
            beyond=found,
            interrupted=self._stopped,
            ramp=ramp_of(search, steps) if search is not None else None,
            notes=self._notes,
        )

    async def _once(self, plan: SipPlan) -> tuple[dict[str, Any], int]:
        """One run of SIPp; late ticks of the switch meanwhile."""
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        offset = int(begin_s - self._began_s)
        seconds = Seconds()
        before = self._watch.probe.late_ticks
        probed: dict[int, dict[str, float]] = {}
        with Sipp(plan) as sipp:
            self._sipp = sipp
            if self._stopped:
                sipp.stop()
            self._watch.far = sipp.pid
            looking = asyncio.ensure_future(self._look_on(begin_s, probed))
            try:
                await sipp.ended(lambda: self._show(plan, sipp), _patience_s(plan))
            finally:
                looking.cancel()
                await asyncio.gather(looking, return_exceptions=True)
                self._sipp = None
            figures = sipp.figures(seconds)
            self._notes += sipp.errors()
        for n, row in probed.items():
            seconds.at(n).probe = row
        self._rows += [row | {"at": row["at"] + offset} for row in seconds.rows()]
        return figures.as_dict(), self._watch.probe.late_ticks - before

    async def _look_on(self, begin_s: float, probed: dict[int, dict[str, float]]) -> None:
        loop = asyncio.get_running_loop()
        due = begin_s
        while True:
            probed[int(loop.time() - begin_s)] = await self._watch.look()
            due += 1.0
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _show(self, plan: SipPlan, sipp: Sipp) -> None:
        found = sipp.now()
        figures = found.as_dict()
        figures["answered"] = found.good
        share = (found.created + found.good + found.failed) / (2 * plan.calls)
        at_s = asyncio.get_running_loop().time() - self._began_s
        self._progress.show(at_s, share, figures, self._watch.row, found.up)

    def _what(self, search: KneeSearch | None) -> list[tuple[str, str]]:
        plan = self._plan
        rows = [
            (tr("scenario", "场景"), plan.scenario),
            (tr("switch", "交换机"), f"{plan.transport}:{plan.to}"),
            (tr("called", "被叫"), plan.called),
            (tr("held", "保持时间"), f"{plan.hold_s:g} s"),
        ]
        if plan.scenario == "transfer":
            rows.append((tr("transferred to", "转接到"), plan.target))
        if plan.scenario == "register":
            rows.append((tr("users", "用户数"), str(len(plan.users))))
        if search is not None:
            rows.append((tr("search", "搜索"), f"{search.first:g} .. {search.most:g}, {self._seconds:g} s {tr('a step', '每步')}"))
        return rows


def _patience_s(plan: SipPlan) -> float:
    """For all calls at their rate, and the last one's end."""
    return plan.calls / plan.rate + 2 * plan.hold_s + 40.0
