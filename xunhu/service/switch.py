"""`Switch`: a running xunhu. The one place where configuration, ledger, media, trunks, call control and flows meet."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xunhu import __version__
from xunhu._isdn.trace import Tracer
from xunhu._media.engine import ALARM_MISSING, EngineControl
from xunhu.api.local import LocalServer
from xunhu.call.control import CallControl
from xunhu.call.line_audio import LineAudio
from xunhu.call.media import MediaPlane
from xunhu.call.pri_trunk import PriTrunk
from xunhu.call.recovery import open_calls, open_rooms, recover
from xunhu.call.ss7_trunk import Ss7Trunk
from xunhu.call.trunk import TrunkEvents
from xunhu.config import Config, Lines, TrunkLine
from xunhu.ledger import Ledger
from xunhu.records.cdr import CdrProjection
from xunhu.service.link_trace import channel, link_channels
from xunhu.service.media_link import MediaLink
from xunhu.service.prompt_roots import music_file, prompt_store
from xunhu.service.requests import handlers, line_of
from xunhu.service.site_flows import SiteFlows
from xunhu.service.ss7 import Ss7Service
from xunhu.service.ss7_desk import Ss7Desk
from xunhu.vclock import LoopClock

if TYPE_CHECKING:
    from xunhu.call.sip_trunk import SipTrunk
    from xunhu.service.sip import SipService
    from xunhu.service.sip_desk import SipDesk

_ALARMS_KEPT = 50


class Switch:
    """start, then wait until stopped, then stop. LedgerError, MediaError, EngineBusyError and OSError come out of start."""

    def __init__(self, config: Config, *, own_process: bool = True, trace: Path | None = None) -> None:
        self.config = config
        self.loop = asyncio.get_running_loop()
        self.clock = LoopClock(self.loop)
        self.started = self.loop.time()
        self.on_alarm: Callable[[str], None] = lambda text: None
        self.alarms: deque[str] = deque(maxlen=_ALARMS_KEPT)
        sides = {line.number: line.side == "network" for line in config.lines.trunks}
        self.tracer = Tracer(sides=sides, path=trace)
        self.flows = SiteFlows(config)
        self.media = MediaPlane(self.loop)
        self.media.line_audio = {
            line.number: LineAudio(
                line.echo_ms,
                line.echo_nlp,
                line.rx,
                line.tx,
                line.country,
                line.hear_tones,
                conceal=line.conceal and line.driver == "ces",
            )
            for line in config.lines.trunks
        }
        self.media_link = MediaLink(config, own_process=own_process)
        self._server = LocalServer(config.socket, handlers(self))
        self._trunks: list[PriTrunk | Ss7Trunk | SipTrunk] = []
        self._ss7: Ss7Service | None = None
        self.ss7: Ss7Desk | None = None  # what people ask of it
        self._sip: SipService | None = None
        self.sip: SipDesk | None = None

    async def start(self) -> None:
        data = self.config.site.data
        data.mkdir(parents=True, exist_ok=True)
        self.ledger = Ledger(
            data / "ledger", clock=self.clock.wall_ns, projections=(CdrProjection(),), on_trouble=self._ledger_trouble
        )
        self.ledger.append("control.start", version=__version__)
        # a transfer point has none, and nothing that asks for one
        wanted = self.config.site.flows.exists() or self.config.site.calls.routes
        for outcome in self.flows.library.reload() if wanted else ():
            if outcome.status == "refused":
                self.alarm(f"flow {outcome.file} is refused: {outcome.findings[0].text if outcome.findings else ''}")
        self.control = CallControl(
            replace(self.config.site.calls, music=music_file(self.config)),
            self.media,
            self.ledger,
            self.clock,
            self.flows.service,
            speak=self.flows.speak,
            prompts=prompt_store(self.config).find,
            first_number=self.ledger.last_seq,
        )
        self.control.on_alarm.append(lambda severity, text: self.alarm(text))
        self.media.on_alarm.append(lambda span, alarms, before: self._say_why_missing(span, alarms & ~before))
        self.media_link.on_lost = self._media_lost
        self.media_link.on_back = self._media_back
        self.media_link.on_trouble = self.alarm
        try:
            await self._attach_media()
            await self._server.start()
        except BaseException:
            await self._undo_start()
            raise

    async def _attach_media(self) -> None:
        engine = await self.media_link.start()
        self.media.attach(engine)
        self.ledger.append("media.attached", pid=self.media_link.pid, found_running=self.media_link.found_running)
        if self.media_link.other_lines:
            self.alarm(
                "the media engine runs with the lines of an older Tce1-32.ini, because calls are up; restart it later"
            )
        for line in self.config.lines.trunks:
            self._say_why_missing(line.number, self.media.alarms(line.number))
        self._trunks = self._make_trunks()
        self.control.add_trunks(self._trunks)
        self._recover()
        if self._ss7 is not None:
            self._ss7.start()
        if self._sip is not None:
            await self._sip.start()

    async def _undo_start(self) -> None:
        """An engine that was there before goes on with its calls; one that we have started ends with us."""
        self.ledger.append("control.stop", why="could not start")
        self.control.leave()
        await self._close_trunks()
        await self.media_link.stop(end_media=not self.media_link.found_running)
        await self._close()

    def _make_trunks(self) -> list[PriTrunk | Ss7Trunk | SipTrunk]:
        trunks: list[PriTrunk | Ss7Trunk | SipTrunk] = []
        for line in self.config.lines.trunks:
            if line.signalling == "PRI":
                trunks.append(self.make_trunk(line, self.control))
        if self.config.lines.ss7 is not None:
            self._ss7 = self.make_ss7(self.config.lines, self.control)
            self.ss7 = Ss7Desk(self._ss7, self.clock)
            trunks += self._ss7.trunks
        if self.config.site.sip is not None:
            folder = self.config.site.data / "sip"
            # only where it is wanted: with the resolver and TLS it is a third of control's memory
            from xunhu.service.sip import SipService
            from xunhu.service.sip_desk import SipDesk

            self._sip = SipService(self.config.site.sip, folder, self.media, self.clock, self.control, self.control.alarm)
            self.sip = SipDesk(self._sip)
            trunks += self._sip.trunks
        return trunks

    async def _close_trunks(self) -> None:
        if self._sip is not None:
            await self._sip.close()
        for trunk in self._trunks:
            trunk.close()
        if self._ss7 is not None:
            self._ss7.close()

    def make_trunk(self, line: TrunkLine, events: TrunkEvents) -> PriTrunk:
        """A trunk over a line of this switch's engine; its frames are traced."""
        assert line.d_channel is not None
        trunk = PriTrunk(
            line.name,
            line.number,
            self.media,
            self.clock,
            events,
            side=line.side,
            variant=line.variant,
            d_channel=line.d_channel,
            skip=line.skip,
            timers_ms=line.timers_ms,
        )
        self.tracer.sides[line.number] = line.side == "network"
        trunk.on_frame = lambda direction, frame: self._trace(line.number, direction, frame)
        return trunk

    def make_ss7(self, lines: Lines, events: TrunkEvents) -> Ss7Service:
        """No.7 over lines of this switch's engine; its units are traced."""
        service = Ss7Service(lines, self.media, self.clock, events, self.control.alarm)
        assert lines.ss7 is not None
        ss7 = lines.ss7
        self.tracer.channels.update(link_channels(lines))
        service.on_link = lambda link: self.tracer.channels.update({link.name: channel(ss7, link)})
        service.on_unit = lambda name, direction, unit: self.tracer.add(
            self.clock.wall_ns(), name, "tx" if direction == "tx" else "rx", unit
        )
        return service

    def _trace(self, number: int, direction: str, frame: bytes) -> None:
        self.tracer.add(self.clock.wall_ns(), number, "tx" if direction == "tx" else "rx", frame)

    def _recover(self) -> None:
        self.ledger.flush()
        events = sorted((e for events in self.ledger.open_calls().values() for e in events), key=lambda e: e.seq)
        done = self.recovered = recover(self.control, open_calls(events), open_rooms(events))
        if done.taken_over or done.ended or done.ports_closed:
            self.ledger.append(
                "control.recovered",
                taken_over=done.taken_over,
                ended=done.ended,
                ports_closed=done.ports_closed,
                rooms=done.rooms,
            )

    # -- while it runs -----------------------------------------------------------------------------------------

    @property
    def calls_total(self) -> int:
        return self.control.calls_begun

    def alarm(self, text: str) -> None:
        """For `xunhu status`; what is worth keeping stands in the ledger as well."""
        self.alarms.append(f"{self.control.local_time():%m-%d %H:%M:%S} {text}" if hasattr(self, "control") else text)
        self.on_alarm(text)

    def _say_why_missing(self, span: int, alarms: int) -> None:
        line = next((line for line in self.config.lines.trunks if line.number == span), None)
        if alarms & ALARM_MISSING and line is not None and self.media.engine is not None:
            why = os.strerror(self.media.engine.span_status(span)["error"])
            self.alarm(f"{line.name}: {line_of(line)} cannot be opened: {why}; it is tried again each second")

    def _ledger_trouble(self, text: str) -> None:
        self.loop.call_soon_threadsafe(self.alarm, text)

    def _media_lost(self, why: str) -> None:
        self.control.media_lost(why)
        if self._ss7 is not None:
            self._ss7.media_lost()
        self.alarm(f"media engine lost: {why}")

    def _media_back(self, engine: EngineControl) -> None:
        self.media.attach(engine)
        for line in self.config.lines.trunks:
            self._say_why_missing(line.number, self.media.alarms(line.number))
        self.ledger.append("media.attached", pid=self.media_link.pid, found_running=False)
        self.alarm("media engine is back")
        for trunk in self.control.trunks.values():
            trunk.restart_idle()

    async def stop(self, *, why: str, drain_s: float = 0.0, keep_media: bool = False) -> None:
        """keep_media: leave calls and engine as they are, for the next control (upgrade)."""
        await self._server.stop()
        if keep_media:
            self.ledger.append("control.stop", why=why)
            self.control.leave()
        else:
            await self.control.shutdown(drain_s=drain_s)
            self.ledger.append("control.stop", why=why)
            self.media.detach()
        await self._close_trunks()
        await self.media_link.stop(end_media=not keep_media)
        await self._close()

    async def _close(self) -> None:
        await self.flows.tts.close()
        self.tracer.close()
        self.ledger.close()
