"""A run over E1 lines from beginning to end: the far end, the calls, a look at the switch each second, the search for the knee, the report."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import Any

from xunhu.api.local import NotRunningError, RequestError, ask
from xunhu.config import Config
from xunhu.load.drive import Driver
from xunhu.load.far import FarEnd, FarPlane, far_engine
from xunhu.load.knee import KneeSearch
from xunhu.load.lines import Mirror
from xunhu.load.plan import Plan
from xunhu.load.probe import Probe
from xunhu.load.progress import Progress
from xunhu.load.report import make_report, ramp_of
from xunhu.load.tally import Tally, beyond
from xunhu.text import tr
from xunhu.vclock import LoopClock

_UP_S = 30.0
_SETTLE_S = 15.0
_SHORTEST_BRIDGE_S = 1.5  # two code words, and the time to begin


class LoadError(Exception):
    """A run cannot begin; with a remedy."""

    def __init__(self, text: str, remedy: str = "") -> None:
        super().__init__(text)
        self.remedy = remedy


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
        self._row: dict[str, float] = {}
        self._rows: list[dict[str, Any]] = []
        self._steps: list[dict[str, Any]] = []
        self._engine = far_engine(mirror.lines)
        self._media = FarPlane(self._loop)
        self._began_s = 0.0
        self._number = 0
        self._late = 0  # ticks of the switch in the step that was last
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
            if kind.do == "bridge" and kind.hold_s < _SHORTEST_BRIDGE_S:
                raise LoadError(
                    tr(f"a talk of {kind.hold_s:g} s is too short for its code", f"{kind.hold_s:g} 秒的通话不足以验证编码"),
                    tr(f"--hold {_SHORTEST_BRIDGE_S:g} or more", f"--hold 至少 {_SHORTEST_BRIDGE_S:g}"),
                )

    @property
    def stopped(self) -> bool:
        return self._stopped

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
            probe = Probe()
            if search is None:
                figures = (await self._once(far, self._plan, probe)).as_dict()
                late = probe.late_ticks
            else:
                figures, late = await self._search(far, search, probe)
            return self._report(began_ns, figures, probe, late, far, search)
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
        await self._until_quiet()
        far.complaints.clear()  # until now the lines have come up one after the other

    async def _status(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = await asyncio.to_thread(ask, self._config.socket, {"do": "status"}, timeout_s=2.0)
        except (NotRunningError, RequestError):
            return None
        return found

    async def _until_quiet(self) -> None:
        """Between two steps: the calls of the one before are over, all circuits are free."""
        end = self._loop.time() + _SETTLE_S
        while self._loop.time() < end and not self._stopped:
            status = await self._status()
            if status is None or (status["calls"] == 0 and all(row["blocked"] == 0 for row in status["trunks"])):
                return
            await asyncio.sleep(0.1)

    async def _once(self, far: FarEnd, plan: Plan, probe: Probe) -> Tally:
        driver = self._driver = Driver(far, plan, first=self._number)
        if self._stopped:
            driver.stop()
        offset = int(self._loop.time() - self._began_s)
        late = probe.late_ticks
        watch = asyncio.ensure_future(self._watch(driver, probe))
        try:
            tally = await driver.run()
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        await self._look(driver, probe)
        self._number += driver.placed
        self._lag_ms = max(self._lag_ms, driver.lag_ms)
        self._rows += [row | {"at": row["at"] + offset} for row in tally.seconds.rows()]
        self._late = probe.late_ticks - late
        return tally

    async def _watch(self, driver: Driver, probe: Probe) -> None:
        """The first look is before the first call."""
        due = self._loop.time()
        while True:
            await self._look(driver, probe)
            for _ in range(4):  # the picture moves four times a second
                self._show(driver)
                due += 0.25
                await asyncio.sleep(max(0.0, due - self._loop.time()))

    async def _look(self, driver: Driver, probe: Probe) -> None:
        status = await self._status()
        pids = {"far": os.getpid()}
        if status is not None:
            pids["control"] = status["pid"]
            if status["media_pid"] != status["pid"]:
                pids["media"] = status["media_pid"]
        self._row = probe.look(status, self._loop.time(), pids)
        if driver.placed:  # before, the driver's own time has not begun
            driver.tally.seconds.at(driver.now_s).probe = self._row

    def _show(self, driver: Driver) -> None:
        tally, total = driver.tally, driver.plan.total
        share = (driver.placed + tally.done) / (2 * total) if total else 1.0
        self._progress.show(max(0.0, self._loop.time() - self._began_s), share, tally.as_dict(), self._row, tally.up)

    async def _search(self, far: FarEnd, search: KneeSearch, probe: Probe) -> tuple[dict[str, Any], int]:
        """Figures and late ticks of the best step; when none was good, of the last."""
        lates: list[int] = []
        while not self._stopped and (rate := search.next_rate()) is not None:
            self._progress.title(tr(f"step {len(search.steps) + 1}: {rate:.3g} calls/s", f"第 {len(search.steps) + 1} 步：{rate:.3g} 呼叫/秒"))
            tally = await self._once(far, replace(self._plan, rate=rate, calls=0), probe)
            if self.stopped:
                break
            figures = tally.as_dict()
            why = "; ".join(beyond(figures, self._plan.limits, self._late))
            self._steps.append(figures)
            lates.append(self._late)
            search.went(rate, why)
            self._progress.say(_step_line(rate, figures, why))
            await self._until_quiet()
        if not self._steps:
            return Tally().as_dict(), 0
        n = next((n for n, step in enumerate(search.steps) if step.rate == search.best), len(self._steps) - 1)
        return self._steps[n], lates[n]

    def _report(
        self,
        began_ns: int,
        figures: dict[str, Any],
        probe: Probe,
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
            switch=probe.as_dict(),
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


def _step_line(rate: float, figures: dict[str, Any], why: str) -> str:
    p99 = (figures["setup_ms"] or {}).get("p99", "-")
    verdict = why or tr("good", "合格")
    return tr(
        f"{rate:8.3g} calls/s  {figures['attempts']:6} calls  {figures['failed_percent']:6.2f} % failed  set-up p99 {p99} ms  {verdict}",
        f"{rate:8.3g} 呼叫/秒  {figures['attempts']:6} 次  失败 {figures['failed_percent']:6.2f} %  建立 p99 {p99} 毫秒  {verdict}",
    )


