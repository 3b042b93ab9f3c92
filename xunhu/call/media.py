"""`MediaPlane`: the media engine as call control uses it.

The engine knows numbers: ports, tags, links. Here they become objects with an end that can be awaited: a `Job` (player, recorder,
tone) has `done`, a `Timeslot` gives its digits to whoever opened it, a `LinkHandle` its frames. Control owns the numbering of pool ports;
a number is given out again only after the engine has said that the port is closed, so an event can never be taken for that of a
later job. Timeslot numbers are fixed; there the tag tells an earlier use from the present one.

Commands that find the ring full wait in a bounded backlog, in order. One that finds the backlog full is refused as the engine
would refuse it (EAGAIN). When the engine dies (`detach`), everything open ends with an error, once, and new commands are refused with ENODEV
until another engine is attached.
"""

from __future__ import annotations

import asyncio
import errno
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence

from xunhu._media import engine as en
from xunhu._media.tones import Step
from xunhu.call.line_audio import LineAudio
from xunhu.call.link_handle import LinkHandle, OnFrame, OnFrames
from xunhu.call.media_conference import MediaConference, OnFloor, OnTalk
from xunhu.call.media_detect import EVENTS as _HEARD
from xunhu.call.media_detect import Fax, Heard
from xunhu.call.media_play import MemoryFiles
from xunhu.call.media_ports import Ended, Job, MediaFullError, Timeslot, alarm_names
from xunhu.call.media_record import RecordOptions
from xunhu.call.media_rtp import EVENTS as _OF_RTP
from xunhu.call.media_rtp import RtpLines

__all__ = ["Command", "Ended", "Job", "MediaFullError", "MediaPlane", "Refused", "Timeslot", "alarm_names"]

_RESYNC_S = 0.1
_RETRY_S = 0.01
_REFUSALS = 4096
_TICKS_TO_REFUSE = (
    3  # a command is done in the tick after it came, its refusal lies in the event ring at that tick's end
)


Command = Callable[[en.EngineControl], int]
Refused = Callable[[int], None]


class MediaPlane(RtpLines):
    """See the module's text. All of it belongs to the loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, backlog: int = 4096) -> None:
        super().__init__()
        self.loop = loop
        self.engine: en.EngineControl | None = None
        self.overloaded = False
        self.refused = 0  # commands that failed
        self.lost_events = 0
        self.late_ticks = 0
        self.line_audio: dict[int, LineAudio] = {}  # by span; holds for timeslots opened from now on
        self.on_alarm: list[Callable[[int, int, int], None]] = []  # span, alarms now, alarms before
        self.on_overload: list[Callable[[bool, int], None]] = []  # begins, load in 1/1000
        self.on_attach: list[Callable[[], None]] = []
        self.on_trouble: list[Callable[[str], None]] = []
        self._backlog: deque[tuple[Command, Callable[[int], None] | None, Refused | None]] = deque()
        self._backlog_limit = backlog
        self._free: deque[int] = deque()
        self._foreign: set[int] = set()  # pool ports that were open when the engine was attached, and are nobody's yet
        self._jobs: dict[int, Job] = {}
        self._slots: dict[int, Timeslot] = {}
        self._links: list[LinkHandle] = []
        self._refusals: OrderedDict[int, tuple[int, Refused]] = OrderedDict()  # by tag; engine's sample when sent
        self._events: deque[en.Event] = deque()
        self.memory = MemoryFiles()
        self._draining = False
        self._resync: asyncio.TimerHandle | None = None
        self._retry: asyncio.TimerHandle | None = None

    # -- the engine comes and goes -------------------------------------------------------------------------------

    def attach(self, engine: en.EngineControl) -> None:
        """Use this engine. Ports that are open in it are left alone and their numbers not given out (see `adopt_job`)."""
        assert self.engine is None
        self.engine = engine
        used = set(engine.ports())
        self._foreign = {port for port in used if port >= en.LINE_PORTS}
        self._rtp_attach(used)
        self._free = deque(port for port in range(en.LINE_PORTS, en.MAX_PORTS) if port not in used)
        if engine.event_fd >= 0:
            self.loop.add_reader(engine.event_fd, self.pump)
        for link in self._links:
            self._open_link(link)
        for listener in self.on_attach:
            listener()

    def detach(self, error: int = errno.ENODEV) -> None:
        """The engine is gone: whatever is open ends with an error."""
        engine, self.engine = self.engine, None
        if engine is not None and engine.event_fd >= 0:
            self.loop.remove_reader(engine.event_fd)
        waiting, self._backlog = self._backlog, deque()
        for _, _, refused in waiting:
            if refused is not None:
                refused(error)
        self._refusals.clear()
        self._events.clear()
        self.overloaded = False
        for handle in (self._resync, self._retry):
            if handle is not None:
                handle.cancel()
        self._resync = self._retry = None
        self._slots.clear()
        self._rtp_detach(error)
        for job in list(self._jobs.values()):
            self._end_job(job, Ended(en.END_ERROR, error=error))
        for link in self._links:
            link.number = -1

    def let_go(self) -> None:
        """Leave the engine to the next control: everything in it goes on, and nobody here hears of an end. New commands are refused."""
        engine, self.engine = self.engine, None
        if engine is not None and engine.event_fd >= 0:
            self.loop.remove_reader(engine.event_fd)
        for handle in (self._resync, self._retry):
            if handle is not None:
                handle.cancel()
        self._resync = self._retry = None
        self._backlog.clear()
        self._refusals.clear()
        self._events.clear()
        self._slots.clear()
        self._rtp_detach(0)
        self._jobs.clear()
        for link in self._links:
            link.number = -1

    def pump(self) -> None:
        """Take what the engine has to say, send what waits. Called when event_fd is readable, or after a hand-made tick."""
        engine = self.engine
        if engine is None:
            return
        self._flush(engine)
        seen = engine.sample
        self._events.extend(engine.events())
        self._drain()
        if not self._events and self.engine is engine:
            self._forget_refusals(seen - _TICKS_TO_REFUSE * engine.tick_samples)
        for link in tuple(self._links):
            if link.number >= 0 and self.engine is engine:
                frames = engine.link_receive(link.number)
                if frames:
                    link.on_frames(frames)

    def _drain(self) -> None:
        # An error in a listener goes to the loop's exception handler; the events behind it are still delivered.
        try:
            while self._events:
                self._dispatch(self._events.popleft())
        finally:
            if self._events:
                self.loop.call_soon(self._drain)

    # -- commands ------------------------------------------------------------------------------------------------

    def command(
        self, command: Command, sent: Callable[[int], None] | None = None, refused: Refused | None = None
    ) -> None:
        """Give the engine a command. sent(tag) once it is in the ring; refused(errno) if it comes to nothing (never from inside this
        call)."""
        if self.engine is None:
            self._refuse_soon(refused, errno.ENODEV)
        elif self._backlog or not self._try(self.engine, command, sent, refused):
            if len(self._backlog) >= self._backlog_limit:
                self._refuse_soon(refused, errno.EAGAIN)
            else:
                self._backlog.append((command, sent, refused))
                self._retry_soon()

    def _retry_soon(self) -> None:
        """An engine that has nothing to say does not call for `pump`: look again after a tick."""
        if self._retry is None:
            self._retry = self.loop.call_later(_RETRY_S, self._flush_again)

    def _flush_again(self) -> None:
        self._retry = None
        if self.engine is not None:
            self._flush(self.engine)

    def _try(
        self,
        engine: en.EngineControl,
        command: Command,
        sent: Callable[[int], None] | None,
        refused: Refused | None,
    ) -> bool:
        try:
            tag = command(engine)
        except BlockingIOError:
            return False
        except ValueError as error:
            self._trouble(f"the media engine takes no such command: {error}")
            self._refuse_soon(refused, errno.EINVAL)
            return True
        if refused is not None:
            self._refusals[tag] = (engine.sample, refused)
            if len(self._refusals) > _REFUSALS:
                self._refusals.popitem(last=False)
        if sent is not None:
            sent(tag)
        return True

    def _flush(self, engine: en.EngineControl) -> None:
        while self._backlog:
            command, sent, refused = self._backlog[0]
            if not self._try(engine, command, sent, refused):
                self._retry_soon()
                return
            self._backlog.popleft()

    def _forget_refusals(self, before: int) -> None:
        """Commands of that time were not refused: whoever waited for it, a leg and its call, need not be kept."""
        while self._refusals and next(iter(self._refusals.values()))[0] < before:
            self._refusals.popitem(last=False)

    def _refuse_soon(self, refused: Refused | None, error: int) -> None:
        self.refused += 1
        if refused is not None:
            self.loop.call_soon(refused, error)

    def _trouble(self, text: str) -> None:
        for listener in self.on_trouble:
            listener(text)

    # -- timeslots -----------------------------------------------------------------------------------------------

    def open_timeslot(
        self,
        port: int,
        on_digit: Callable[[str, int], None],
        on_refused: Callable[[int], None],
        *,
        dtmf: bool,
        voice: bool = True,
    ) -> None:
        """Take a timeslot into use. on_refused(errno): the engine would not (EBUSY under overload). voice: what `line_audio` says of its
        line is done to what it carries. An RTP line is open already: its digits are heard from now on."""
        if port in self._rtp:
            self.adopt_timeslot(port, on_digit)
            self.detect(port, dtmf)
            return
        slot = Timeslot(port, on_digit)
        self._slots[port] = slot

        def sent(tag: int) -> None:
            slot.tag = tag

        self.command(lambda engine: engine.ts_open(port), sent, on_refused)
        if voice:
            self._apply_audio(port)
        self.detect(port, dtmf)

    def adopt_timeslot(self, port: int, on_digit: Callable[[str, int], None]) -> None:
        """After a restart of control: the timeslot is open already; hear its digits from now on."""
        slot = Timeslot(port, on_digit)
        line = self._rtp.get(port)
        if line is not None:
            slot.tag = line.tag
        elif self.engine is not None:
            row = self.engine.port(port)
            slot.tag, slot.dtmf = row.tag, bool(row.detect & en.DETECT_DTMF)
            slot.detectors = row.detect & ~(en.DETECT_DTMF | en.DETECT_METER)
        self._slots[port] = slot

    def detect(self, port: int, dtmf: bool) -> None:
        slot = self._slots.get(port)
        others = slot.detectors | (en.DETECT_VOICE if slot.on_voice else 0) if slot is not None else 0
        if slot is not None and slot.ear.on_fax is not None:
            others |= en.DETECT_FAX
        listens = dtmf and self._rtp_wants_detector(port)
        mask = en.DETECT_METER | (en.DETECT_DTMF if listens else 0) | others  # levels of every leg, for whoever watches
        if slot is not None:
            slot.dtmf = dtmf
        self.command(lambda engine: engine.detect(port, mask))

    def listen(
        self,
        port: int,
        detectors: int,
        on_heard: Callable[[Heard], None] | None,
        *,
        country: str = "china",
        r2_four: bool = False,
    ) -> None:
        """Hear what these DETECT_* of an open timeslot (PROGRESS, TONE, REPEAT, R2F, R2B, FAX, FSK, MACHINE) say, until it is closed or
        this is called anew (0: none). country, r2_four: `EngineControl.detect_with`."""
        slot = self._slots[port]
        slot.ear.on_heard, slot.detectors = on_heard, detectors
        if detectors:
            self.command(lambda engine: engine.detect_with(port, country=country, r2_four=r2_four))
        self.detect(port, slot.dtmf)

    def answered(self, port: int, on_heard: Callable[[Heard], None], **parameters: float) -> None:
        """The outbound call on this timeslot is answered now: on_heard gets an `Answer` when it is known by whom, beside what `listen` asked
        for. parameters: `answer_class.AnswerClassifier`. Record the port to keep what was said."""
        slot = self._slots[port]
        slot.ear.on_heard = on_heard
        slot.detectors |= en.DETECT_MACHINE
        self.command(lambda engine: engine.answer(port, **parameters))

    def watch_fax(self, port: int, on_fax: Callable[[Fax], None] | None) -> None:
        """Hear of fax machines beside what `listen` and `answered` ask for, until the timeslot is closed."""
        slot = self._slots.get(port)
        if slot is not None:
            slot.ear.on_fax = on_fax
            self.detect(port, slot.dtmf)

    def watch_continuity(self, port: int, on_tone: Callable[[bool], None]) -> None:
        """Hear of the continuity check tone on an open timeslot: on_tone(whether it is there), until it is closed."""
        self._slots[port].on_continuity = on_tone
        self.command(lambda engine: engine.detect(port, en.DETECT_CONTINUITY))

    def close_timeslot(self, port: int) -> None:
        """Put a timeslot out of use; its crosspoints go with it."""
        if self._slots.pop(port, None) is not None and port not in self._rtp:
            self.close_port(port)

    def close_port(self, port: int) -> None:
        self.command(lambda engine: engine.close(port))

    def connect(self, source: int, destination: int, *, gain_db: float = 0.0, track: int = 0) -> None:
        def refused(error: int) -> None:
            if error in (errno.ENOENT, errno.ENODEV):
                return  # one of the two has just gone: nothing is left to be heard
            self._trouble(f"crosspoint {source} to {destination} refused: {errno.errorcode.get(error, str(error))}")

        self.command(lambda engine: engine.connect(source, destination, gain_db=gain_db, track=track), refused=refused)

    def disconnect(self, source: int, destination: int) -> None:
        self.command(lambda engine: engine.disconnect(source, destination))

    # -- jobs ----------------------------------------------------------------------------------------------------

    def play(
        self,
        files: Sequence[str],
        *,
        loop: bool = False,
        gain_db: float = 0.0,
        speed: int = 100,
        start_ms: int = 0,
        key_port: int | None = None,
        keys: str = "",
    ) -> Job:
        """Play files (paths, http and https URLs) without a gap, from start_ms of the first on. MediaFullError; ValueError for an empty list."""
        if not files:
            raise ValueError("no file to play")
        job = self._job(en.PORT_PLAYER)
        self._start(
            job,
            lambda engine: engine.play(job.port, files, gain_db=gain_db, loop=loop, key_port=key_port, keys=keys),
        )
        if speed != 100:
            job.speed(speed)
        if start_ms:
            job.seek(start_ms)
        return job

    def play_memory(
        self,
        octets: bytes,
        *,
        suffix: str = ".wav",
        loop: bool = False,
        gain_db: float = 0.0,
        key_port: int | None = None,
        keys: str = "",
    ) -> Job:
        """Play what is in memory, a whole file of the kind that `suffix` says. MediaFullError, OSError (ENOSPC: too much at once)."""
        path = self.memory.put(octets, suffix)
        try:
            job = self.play([str(path)], loop=loop, gain_db=gain_db, key_port=key_port, keys=keys)
        except (MediaFullError, ValueError):
            self.memory.drop(path)
            raise
        job.done.add_done_callback(lambda _done: self.memory.drop(path))
        return job

    def record(
        self,
        path: str,
        options: RecordOptions | None = None,
        *,
        tracks: int = 1,
        fmt: int | None = None,
        longest_s: float = 0.0,
        key_port: int | None = None,
        keys: str = "",
    ) -> Job:
        """Record into path; connect what is to be heard. options stand in the place of tracks, fmt and longest_s. MediaFullError."""
        if options is None:
            options = RecordOptions(en.REC_ALAW if fmt is None else fmt, tracks, longest_s)
        return self._record(path, options, key_port, keys)

    def arm(self, options: RecordOptions) -> Job:
        """A recorder without a file: connect what is to be heard, it keeps the last preroll_s, and `Job.begin` gives it a file. MediaFullError."""
        return self._record(None, options, None, "")

    def _record(self, path: str | None, options: RecordOptions, key_port: int | None, keys: str) -> Job:
        job = self._job(en.PORT_RECORDER)
        usual = RecordOptions()
        given = {
            name: getattr(options, name)
            for name in RecordOptions.__slots__
            if getattr(options, name) != getattr(usual, name)
        }
        given.update(tracks=options.tracks, fmt=options.fmt, longest_s=options.longest_s)
        self._start(job, lambda engine: engine.record(job.port, path, key_port=key_port, keys=keys, **given))
        return job

    def tone(self, steps: Sequence[Step], *, repeats: int = 0) -> Job:
        """Sound a tone: repeats times, 0 = until stopped. MediaFullError."""
        job = self._job(en.PORT_TONE)
        self._start(job, lambda engine: engine.tone(job.port, steps, repeats=repeats))
        return job

    def dtmf(self, digits: str, *, on_ms: int = 100, off_ms: int = 100) -> Job:
        """Sound keys. MediaFullError."""
        job = self._job(en.PORT_TONE)
        self._start(job, lambda engine: engine.dtmf(job.port, digits, on_ms=on_ms, off_ms=off_ms))
        return job

    def open_conference(
        self, *, loudest: int = 0, on_floor: OnFloor | None = None, on_talk: OnTalk | None = None
    ) -> MediaConference:
        """A conference (media_conference.py). loudest: so many voices are heard, 0 all. MediaFullError."""
        return MediaConference(self, loudest=loudest, on_floor=on_floor, on_talk=on_talk)

    def begin(self, kind: int, command: Callable[[en.EngineControl, int], int]) -> Job:
        """A job at a port of the pool, begun by command(engine, port). MediaFullError."""
        job = self._job(kind)
        self._start(job, lambda engine: command(engine, job.port))
        return job

    def adopt_job(self, port: int, kind: int) -> Job:
        """After a restart of control: take over a port that is open in the engine."""
        job = Job(self, port, kind)
        self._foreign.discard(port)
        self._jobs[port] = job
        return job

    def _job(self, kind: int) -> Job:
        if not self._free:
            if self.engine is not None:
                raise MediaFullError("all media ports are in use")
            port = -1 - len(self._jobs)  # no engine: the job is refused in a moment
            while port in self._jobs:
                port -= 1
        else:
            port = self._free.popleft()
        job = Job(self, port, kind)
        self._jobs[port] = job
        return job

    def _start(self, job: Job, command: Command) -> None:
        self.command(command, refused=lambda error: self._end_job(job, Ended(en.END_ERROR, error=error)))

    def _end_job(self, job: Job, ended: Ended) -> None:
        """The port is free again."""
        job.finish(ended)
        job.closed = True
        if self._jobs.get(job.port) is job:
            del self._jobs[job.port]
            if self.engine is not None and job.port >= 0:
                self._free.append(job.port)

    # -- links ---------------------------------------------------------------------------------------------------

    def open_link(
        self,
        span: int,
        timeslot: int,
        on_frame: OnFrame | None = None,
        *,
        on_frames: OnFrames | None = None,
        kind: int = en.LINK_HDLC,
        timeslots: int = 0,
        extended: bool | None = None,
    ) -> LinkHandle:
        """A link, kept open over the life of several engines; one of this kind that the engine has open is taken over. What is received
        goes to on_frame one by one, or to on_frames all that a tick brought. kind, timeslots, extended: `EngineControl.link_open`."""
        if (on_frame is None) == (on_frames is None):
            raise ValueError("a link has on_frame or on_frames")

        def one_by_one(frames: list[bytes]) -> None:
            assert on_frame is not None
            for frame in frames:
                on_frame(frame)

        link = LinkHandle(
            self, span, timeslot, on_frames or one_by_one, kind=kind, timeslots=timeslots, extended=extended
        )
        self._links.append(link)
        if self.engine is not None:
            self._open_link(link)
        return link

    def close_link(self, link: LinkHandle) -> None:
        self._links.remove(link)
        number, link.number = link.number, -1
        if number >= 0:
            self._close_link(number)

    def _close_link(self, number: int) -> None:
        self.command(lambda engine: engine.link_close(number))

    def _open_link(self, link: LinkHandle) -> None:
        assert self.engine is not None
        there = self.engine.links()
        for number, span, timeslot in there:
            if (span, timeslot) != (link.span, link.timeslot):
                continue
            if self.engine.link_status(number)["kind"] == link.kind:
                link.number = number
                if link.kind != en.LINK_HDLC:
                    link.monitor(link.monitored)
                return
            self._close_link(number)  # it was configured in another way then
        used = {number for number, _, _ in there} | {other.number for other in self._links}
        number = next(free for free in range(len(used) + 1) if free not in used)
        link.number = number
        self.command(
            lambda engine: engine.link_open(number, link.span, link.timeslot, link.kind, link.timeslots, link.extended),
            refused=lambda error: self._trouble(
                f"link on span {link.span} timeslot {link.timeslot}: {errno.errorcode.get(error, str(error))}"
            ),
        )
        if link.monitored:
            link.monitor(True)

    # -- events --------------------------------------------------------------------------------------------------

    def _dispatch(self, event: en.Event) -> None:
        kind = event.type
        if kind == en.EV_DIGIT:
            slot = self._slots.get(event.port)
            if slot is not None and event.tag == slot.tag:
                slot.on_digit(chr(event.a0), event.a1)
        elif kind == en.EV_CONTINUITY:
            slot = self._slots.get(event.port)
            if slot is not None and event.tag == slot.tag and slot.on_continuity is not None:
                slot.on_continuity(bool(event.a0))
        elif kind == en.EV_VOICE:
            self._voice(event)
        elif kind in _HEARD:
            slot = self._slots.get(event.port)
            if slot is not None and event.tag == slot.tag:
                slot.ear.hear(event)
        elif kind in (en.EV_PLAYED, en.EV_RECORDED, en.EV_TONE_DONE):
            self._job_done(event)
        elif kind in (en.EV_FLOOR, en.EV_TALK):
            job = self._jobs.get(event.port)
            if job is not None and job.on_event is not None:
                job.on_event(event)
        elif kind in _OF_RTP:
            self._rtp_event(event)
        elif kind == en.EV_CLOSED and en.TS_PORTS <= event.port < en.LINE_PORTS:
            self._rtp_closed(event.port)
        elif kind == en.EV_CLOSED:
            job = self._jobs.get(event.port)
            if job is not None:
                self._end_job(job, Ended(en.END_STOPPED, samples=event.samples))
            elif event.port in self._foreign:
                self._foreign.discard(event.port)
                self._free.append(event.port)
        elif kind == en.EV_REFUSED:
            self.refused += 1
            waiting = self._refusals.pop(event.tag, None)
            if waiting is not None:
                waiting[1](event.a0)
        elif kind == en.EV_ALARM:
            for on_alarm in self.on_alarm:
                on_alarm(event.a0, event.a1, event.a2)
        elif kind == en.EV_OVERLOAD:
            self.overloaded = bool(event.a0)
            for on_overload in self.on_overload:
                on_overload(self.overloaded, event.a1)
        elif kind == en.EV_LATE:
            self.late_ticks += event.a0
        elif kind == en.EV_LINK:
            self._link_trouble(event)
        elif kind == en.EV_LOST_EVENTS:
            self._lost(event.a0)
        elif kind == en.EV_FILES and event.a0 > event.a1:
            self._trouble(f"a disk or file server does not answer: {event.a0} file threads wait for it")

    def _job_done(self, event: en.Event) -> None:
        job = self._jobs.get(event.port)
        if job is None:
            return
        reason = event.a0 if event.type != en.EV_TONE_DONE else en.END_DONE
        job.finish(Ended(reason, event.a1, event.a2, event.samples))

    def _link_trouble(self, event: en.Event) -> None:
        for link in self._links:
            if link.number == event.a0:
                link.lost += event.a2
                if event.a1:
                    self._trouble(
                        f"link on span {link.span} timeslot {link.timeslot}: {errno.errorcode.get(event.a1, str(event.a1))}"
                    )

    def _lost(self, count: int) -> None:
        """Events found no room in the ring: what has ended unheard is seen from the port table, once commands under way are done."""
        self.lost_events += count
        self._trouble(f"{count} events of the media engine were lost")
        if self._resync is None:
            suspects = [job for job in self._jobs.values() if job.port >= 0]
            self._resync = self.loop.call_later(_RESYNC_S, self._compare, suspects)

    def _compare(self, suspects: list[Job]) -> None:
        self._resync = None
        if self.engine is None or self._backlog:
            return
        there = set(self.engine.ports())
        for job in suspects:
            if not job.closed and job.port not in there:
                self._end_job(job, Ended(en.END_ERROR, error=errno.EIO))

    # -- numbers for people --------------------------------------------------------------------------------------

    def jobs_open(self) -> int:
        return len(self._jobs)

    def timeslots_open(self) -> int:
        return len(self._slots)

    def alarms(self, span: int) -> int:
        """Alarms of a span now; 0 without an engine (its loss is an alarm of its own)."""
        return 0 if self.engine is None else self.engine.span_status(span)["alarms"]
