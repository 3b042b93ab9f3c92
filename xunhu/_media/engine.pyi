"""The media engine as Python sees it (C below: include/xunhu/engine.h).

Two classes, one face. `Engine` owns an engine in this process: ticked by hand (`tick`, virtual clock,
bit for bit repeatable) or by its own real-time thread (`start`). `EngineClient` attaches to the engine
of the process `xunhu-media` over its socket; commands, events and link frames go through shared memory.
All methods of `EngineControl` may be called from one thread only.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

TS_PORTS: int
MAX_PORTS: int

class Event(NamedTuple):
    type: int  # EV_*
    port: int
    tag: int
    sample: int
    a0: int
    a1: int
    a2: int
    a3: int
    samples: int

EV_REFUSED: int
EV_CLOSED: int
EV_PLAYED: int
EV_RECORDED: int
EV_TONE_DONE: int
EV_DIGIT: int
EV_DIGIT_END: int
EV_PROGRESS: int
EV_ALARM: int
EV_CAS: int
EV_LINK: int
EV_OVERLOAD: int
EV_LATE: int
EV_LOST_EVENTS: int
END_DONE: int
END_STOPPED: int
END_KEY: int
END_LONGEST: int
END_SILENCE: int
END_ERROR: int
PLAY_LOOP: int
PLAY_KEEP: int
REC_ALAW: int
REC_ULAW: int
REC_PCM16: int
DETECT_DTMF: int
DETECT_PROGRESS: int
DETECT_METER: int
PORT_FREE: int
PORT_TIMESLOT: int
PORT_PLAYER: int
PORT_RECORDER: int
PORT_TONE: int
ALARM_LOS: int
ALARM_LOF: int
ALARM_AIS: int
ALARM_RAI: int
ALARM_MISSING: int

class PortRow(NamedTuple):
    kind: int
    detect: int
    tag: int
    opened: int
    samples: int
    rms_in_dbm0: float | None
    peak_in_dbm0: float | None
    rms_out_dbm0: float | None
    peak_out_dbm0: float | None
    sources: tuple[int, ...]  # ports heard by this port
    cas_rx: int

class EngineControl:
    """Commands return the tag (> 0) under which events of the port come back. A full command ring raises
    BlockingIOError; a bad argument ValueError."""

    event_fd: int  # readable when events or link frames wait; -1 for a hand-ticked engine
    def ts_open(self, port: int) -> int: ...
    def close(self, port: int) -> int: ...
    def play(
        self,
        port: int,
        files: Sequence[str],
        *,
        gain_db: float = 0.0,
        loop: bool = False,
        loops: int = 0,
        keep: bool = False,
        key_port: int | None = None,
        keys: str = "",
    ) -> int:
        """Play files without a gap. A digit of `keys` heard at `key_port` stops it (END_KEY)."""
    def play_more(self, port: int, files: Sequence[str]) -> int: ...
    def pause(self, port: int, on: bool) -> int: ...
    def record(
        self,
        port: int,
        path: str,
        *,
        tracks: int = 1,
        fmt: int = ...,
        longest_s: float = 0.0,
        silence_s: float = 0.0,
        key_port: int | None = None,
        keys: str = "",
    ) -> int: ...
    def tone(self, port: int, steps: Sequence[tuple[float, float, float, float, int]], *, repeats: int = 0) -> int:
        """steps: (f1_hz, f2_hz, level1_dbm0, level2_dbm0, ms)."""
    def dtmf(
        self,
        port: int,
        digits: str,
        *,
        on_ms: int = 100,
        off_ms: int = 100,
        level_dbm0: float = -9.0,
        twist_db: float = 0.0,
    ) -> int: ...
    def connect(self, source: int, destination: int, *, gain_db: float = 0.0, track: int = 0) -> int: ...
    def disconnect(self, source: int, destination: int) -> int: ...
    def detect(self, port: int, mask: int) -> int: ...
    def link_open(self, link: int, span: int, timeslot: int) -> int: ...
    def link_close(self, link: int) -> int: ...
    def cas(self, port: int, abcd: int) -> int: ...
    def rai(self, span: int, on: bool) -> int: ...
    def link_send(self, link: int, frame: bytes) -> bool:
        """False: the link's transmit queue is full."""
    def link_receive(self, link: int) -> list[bytes]: ...
    def events(self) -> list[Event]: ...
    def port(self, port: int) -> PortRow: ...
    def ports(self) -> list[int]:
        """Numbers of all ports that are open."""
    def span_status(self, span: int) -> dict[str, int]:
        """alarms, running, frames_rx, ... as in struct xh_span_status."""
    def links(self) -> list[tuple[int, int, int]]:
        """(link, span, timeslot) of the open links."""
    @property
    def sample(self) -> int: ...
    def stats(self) -> dict[str, int]:
        """ticks, late_ticks, load_permille, max_tick_us, ports_open, overload, events_lost, ..."""

class Engine(EngineControl):
    def __init__(self, spans: Sequence[dict[str, Any]], *, tick_ms: int = 10, law: str = "A") -> None:
        """spans, one a row: {"number": 0, "driver": "loop", "peer": 1} |
        {"number": 1, "driver": "ces", "local": "127.0.0.1:40000", "remote": ..., "frames": 40, "jitter_ms": 20,
        "rtp": False} | {"number": 2, "driver": "dahdi", "span": 1, "hdlc": [16], "cas": []}.
        A line that cannot be opened does not stop the engine: its status shows MISSING and errno; it is tried again
        each second."""
    def tick(self, n: int = 1) -> None:
        """n ticks now, with file input and output done in between in this thread (virtual clock)."""
    def start(self) -> None:
        """Run the tick in an own real-time thread (SCHED_FIFO where allowed), files in another."""
    def stop(self) -> None: ...

class EngineClient(EngineControl):
    def __init__(self, socket_path: str) -> None:
        """Attach. ConnectionError: no engine there, or another control is attached."""
    alive_fd: int  # becomes readable (end of file) when the media process dies
    pid: int
    def detach(self) -> None: ...
