"""A run over E1 lines from beginning to end: the far end, the calls, a look at the switch each second, the search for the knee, the report."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import Any

from xunhu.config import Config
from xunhu.load.drive import Driver
from xunhu.load.far import FarEnd, FarPlane, far_engine
from xunhu.load.knee import KneeSearch
from xunhu.load.lines import Mirror
from xunhu.load.plan import Plan
from xunhu.load.progress import Progress
from xunhu.load.report import make_report, ramp_of
from xunhu.load.tally import Tally, beyond
from xunhu.load.watch import LoadError, SwitchWatch, best_step, search_knee
from xunhu.text import tr
from xunhu.vclock import LoopClock

_UP_S = 30.0
_SHORTEST_BRIDGE_S = 1.5  # two code words, and the time to begin


class E1Run:
    """See the module's text. stop() from anywhere in the loop: what was seen until then is reported."""

    def __init__(self, config: Config, mirror: Mirror, plan: Plan, progress: Progress) -> None:
        self._config = config
        self._mirror = mirror
        self._plan = replace(plan, via=plan.via or mirror.calling)
        self._progress = progress
        self._loop = asyncio.get_running_loop()
        self._clock = LoopClock(self._loop)
        self._driver: Driver | None = None
        self._stopped = False
        self._watch = SwitchWatch(config.socket, os.getpid(), trunks={line.name for line in mirror.lines.trunks})
        self._rows: list[dict[str, Any]] = []
        self._steps: list[dict[str, Any]] = []
        self._engine = far_engine(mirror.lines)
        self._media = FarPlane(self._loop)
        self._began_s = 0.0
        self._number = 0
        self._lag_ms = 0.0
        self._check()

    def _check(self) -> None:
        names = {line.name for line in self._mirror.lines.trunks}
        if not names:
            why = "; ".join(f"{name}: {text}" for name, text in self._mirror.left_out)
            raise LoadError(
                tr(f"no line of this site has a far end here: {why}", f"该站点没有可由本工具承担对端的线路：{why}"),
                tr("let spans be Driver = ces, or use --own for a site of the tool's own", "请将线路设为 Driver = ces，或用 --own 使用自带站点"),
            )
        for name in self._plan.via:
            if name not in names:
                raise LoadError(
                    tr(f"--via {name}: no line of the far end", f"--via {name}：对端没有该线路"),
                    tr(f"one of {', '.join(sorted(names))}", f"应为其中之一：{', '.join(sorted(names))}"),
                )
        for kind in self._plan.kinds:
            if kind.do in ("bridge", "echo") and kind.hold_s < _SHORTEST_BRIDGE_S:
                raise LoadError(
                    tr(f"a talk of {kind.hold_s:g} s is too short for its code", f"{kind.hold_s:g} 秒的通话不足以验证编码"),
                    tr(f"--hold {_SHORTEST_BRIDGE_S:g} or more", f"--hold 至少 {_SHORTEST_BRIDGE_S:g}"),
                )

    def stop(self) -> None:
        self._stopped = True
        if self._driver is not None:
            self._driver.stop()

    async def run(self, search: KneeSearch | None = None) -> dict[str, Any]:
        """The report. With a search: steps of plan.seconds each. LoadError: the lines do not come up."""
        began_ns = self._clock.wall_ns()
        self._engine.start()
        self._media.attach(self._engine)
        far = FarEnd(self._mirror.lines, self._media, self._clock)
        try:
            await self._come_up(far)
            self._began_s = self._loop.time()
            if search is None:
                tally, late = await self._once(far, self._plan)
                figures = tally.as_dict()
            else:

                async def once(rate: float) -> tuple[dict[str, Any], int]:
                    tally, late = await self._once(far, replace(self._plan, rate=rate, calls=0))
                    return tally.as_dict(), late

                self._steps, late = await search_knee(
                    search, once, self._plan.limits, self._progress, self._watch, lambda: self._stopped
                )
                figures = self._steps[best_step(search)] if self._steps else Tally().as_dict()
            return self._report(began_ns, figures, late, far, search)
        finally:
            far.close()
            self._media.detach()
            self._engine.shut()

    async def _come_up(self, far: FarEnd) -> None:
        self._progress.say(tr("waiting for the lines ...", "等待线路开通 ..."))
        down = await far.up(_UP_S)
        wanted = [name for name in self._plan.via if name in down]
        if wanted:
            raise LoadError(
                tr(f"{', '.join(wanted)} does not come up", f"{', '.join(wanted)} 未开通")
                + (f" ({'; '.join(far.complaints[-3:])})" if far.complaints else ""),
                tr("does xunhu run with this configuration? xunhu spans --conf DIR", "讯呼是否以此配置运行？xunhu spans --conf 目录"),
            )
        await self._watch.until_quiet(lambda: self._stopped)
        far.complaints.clear()  # until now the lines have come up one after the other

    async def _once(self, far: FarEnd, plan: Plan) -> tuple[Tally, int]:
        """One run; late ticks of the switch meanwhile."""
        driver = self._driver = Driver(far, plan, first=self._number)
        if self._stopped:
            driver.stop()
        offset = int(self._loop.time() - self._began_s)
        late = self._watch.probe.late_ticks
        looking = asyncio.ensure_future(self._look_on(driver))
        try:
            tally = await driver.run()
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
        await self._look(driver)
        self._number += driver.placed
        self._lag_ms = max(self._lag_ms, driver.lag_ms)
        self._rows += [row | {"at": row["at"] + offset} for row in tally.seconds.rows()]
        return tally, self._watch.probe.late_ticks - late

    async def _look_on(self, driver: Driver) -> None:
        """The first look is before the first call."""
        due = self._loop.time()
        while True:
            await self._look(driver)
            for _ in range(4):  # the picture moves four times a second
                self._show(driver)
                due += 0.25
                await asyncio.sleep(max(0.0, due - self._loop.time()))

    async def _look(self, driver: Driver) -> None:
        row = await self._watch.look()
        if driver.placed:  # before, the driver's own time has not begun
            driver.tally.seconds.at(driver.now_s).probe = row

    def _show(self, driver: Driver) -> None:
        tally, total = driver.tally, driver.plan.total
        share = (driver.placed + tally.done) / (2 * total) if total else 1.0
        self._progress.show(max(0.0, self._loop.time() - self._began_s), share, tally.as_dict(), self._watch.row, tally.up)

    def _report(
        self,
        began_ns: int,
        figures: dict[str, Any],
        late: int,
        far: FarEnd,
        search: KneeSearch | None,
    ) -> dict[str, Any]:
        plan = self._plan
        stats = self._engine.stats()
        notes = [f"{name}: {why}" for name, why in self._mirror.left_out] + far.complaints[-20:]
        if self._media.lost_events:
            notes.append(tr(f"{self._media.lost_events} events of the far end's engine were lost", f"对端引擎丢失 {self._media.lost_events} 个事件"))
        found = beyond(figures, plan.limits, late)
        if search is not None and search.best is None and not found:
            found = [tr("no step was good", "没有一步合格")]
        return make_report(
            "e1",
            began_ns=began_ns,
            seconds=self._loop.time() - self._began_s,
            what=self._what(search),
            rate=(search.best or search.first) if search is not None else plan.rate,
            figures=figures,
            switch=self._watch.probe.as_dict(),
            far={"late_ticks": stats["late_ticks"], "lag_ms": round(self._lag_ms, 1), "refused": self._media.refused},
            rows=self._rows,
            limits=plan.limits,
            beyond=found,
            interrupted=self._stopped,
            ramp=ramp_of(search, self._steps) if search is not None else None,
            notes=notes,
        )

    def _what(self, search: KneeSearch | None) -> list[tuple[str, str]]:
        plan = self._plan
        rows = [(tr("configuration", "配置"), str(self._config.folder)), (tr("calls by", "呼入线路"), ", ".join(plan.via))]
        for line in self._mirror.lines.trunks:
            rows.append((line.name, f"{line.signalling}, {line.local} - {line.remote}, {tr('jitter buffer', '抖动缓冲')} {line.jitter_ms} ms"))
        for kind in plan.kinds:
            keys = f" {tr('keys', '按键')} {kind.keys}" if kind.keys else ""
            rows.append((kind.do, f"{kind.called}{keys}, {kind.hold_s:g} s, {tr('share', '份额')} {kind.share}"))
        if search is not None:
            rows.append((tr("search", "搜索"), f"{search.first:g} .. {search.most:g}, {plan.seconds:g} s {tr('a step', '每步')}"))
        return rows
