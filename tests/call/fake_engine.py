"""An engine without sound, for call control's own tests: ports, crosspoints and events as the real one has them."""

from __future__ import annotations

import errno
from typing import Any

from xunhu._media import engine as en

KEYS = 200  # ms that a fake file lasts when its name does not say (name-1500.wav)


class FakeEngine:
    """Ticked by hand, 10 ms each. `key` is a digit heard on a timeslot."""

    event_fd = -1
    tick_samples = 80

    def __init__(self, ring: int = 4096) -> None:
        self.acts: list[tuple[object, ...]] = []
        self.now = 0
        self.ring = ring
        self.pending = 0
        self.tags = 0
        self.rows: dict[int, dict[str, Any]] = {}
        self.crosspoints: dict[tuple[int, int], int] = {}
        self.gains: dict[tuple[int, int], float] = {}
        self.out: list[en.Event] = []
        self.refuse: dict[str, int] = {}  # kind of command -> errno
        self.link_rows: list[tuple[int, int, int]] = []
        self.link_kinds: dict[int, int] = {}
        self.monitored: dict[int, bool] = {}
        self.frames: dict[int, list[bytes]] = {}
        self.sent: list[tuple[int, bytes]] = []
        self.deaf = False  # closes nothing and answers nothing
        self.alarm_bits: dict[int, int] = {}

    @property
    def sample(self) -> int:
        return self.now * self.tick_samples

    def _tag(self) -> int:
        if self.pending >= self.ring:
            raise BlockingIOError
        self.pending += 1
        self.tags += 1
        return self.tags

    def event(self, type_: int, port: int = 0, tag: int = 0, a: tuple[int, ...] = (), samples: int = 0) -> None:
        values = (*a, 0, 0, 0, 0)[:4]
        self.out.append(en.Event(type_, port, tag, self.now * 80, *values, samples))

    def _open(self, name: str, port: int, kind: int, **row: Any) -> int:
        tag = self._tag()
        error = self.refuse.get(name, 0) or (errno.EBUSY if port in self.rows else 0)
        if error:
            self.event(en.EV_REFUSED, port, tag, (error, 0))
        else:
            self.rows[port] = {"kind": kind, "tag": tag, "opened": self.now, "detect": 0, "keys": "", "key_port": None, **row}
        return tag

    def ts_open(self, port: int) -> int:
        return self._open("ts_open", port, en.PORT_TIMESLOT, left=None)

    def play(self, port: int, files: list[str], *, gain_db: float = 0.0, loop: bool = False, loops: int = 0, keep: bool = False,
             key_port: int | None = None, keys: str = "") -> int:  # fmt: skip
        left, failed = _length(files)
        return self._open("play", port, en.PORT_PLAYER, left=None if loop and failed < 0 else left, failed=failed, files=files,
                          keys=keys, key_port=key_port, keep=keep)  # fmt: skip

    def play_more(self, port: int, files: list[str]) -> int:
        row = self.rows[port]
        left, failed = _length(files)
        row["left"] += left
        if failed >= 0:
            row["failed"] = failed + len(row["files"])
        row["files"] = [*row["files"], *files]
        return self._tag()

    def record(self, port: int, path: str, *, tracks: int = 1, fmt: int = 0, longest_s: float = 0.0, silence_s: float = 0.0,
               key_port: int | None = None, keys: str = "", **_: Any) -> int:  # fmt: skip
        failed = 0 if "full-disk" in path else -1
        left = round(longest_s * 1000) if longest_s else None
        return self._open("record", port, en.PORT_RECORDER, left=20 if failed == 0 else left, failed=failed, path=path, keys=keys,
                          key_port=key_port)  # fmt: skip

    def _act(self, what: str, *how: object) -> int:
        self.acts.append((what, *how))
        return self._tag()

    def pause(self, port: int, on: bool) -> int:
        return self._act("pause", on)

    def play_seek(self, port: int, ms: int, *, relative: bool = False) -> int:
        return self._act("seek", ms, relative)

    def play_skip(self, port: int, n: int) -> int:
        return self._act("skip", n)

    def play_speed(self, port: int, percent: int) -> int:
        return self._act("speed", percent)

    def record_pause(self, port: int, how: int) -> int:
        return self._act("record_pause", how)

    def play_gain(self, port: int, gain_db: float) -> int:
        return self._act("gain", gain_db)

    def tone(self, port: int, steps: Any, *, repeats: int = 0) -> int:
        left = sum(step[4] for step in steps) * repeats or None
        return self._open("tone", port, en.PORT_TONE, left=left, failed=-1)

    def dtmf(self, port: int, digits: str, **_: Any) -> int:
        return self._open("tone", port, en.PORT_TONE, left=200 * len(digits), failed=-1)

    def conference(self, port: int, *, loudest: int = 0, floor: bool = False, talkers: bool = False, every_ms: int = 0,
                   hold_keys: bool = False) -> int:  # fmt: skip
        return self._open("conference", port, en.PORT_CONFERENCE, left=None, loudest=loudest)

    def conference_set(self, port: int, *, loudest: int = 0, floor: bool = False, talkers: bool = False, every_ms: int = 0,
                   hold_keys: bool = False) -> int:  # fmt: skip
        if port in self.rows:
            self.rows[port]["loudest"] = loudest
        return self._tag()

    def detect(self, port: int, mask: int) -> int:
        if port in self.rows:
            self.rows[port]["detect"] = mask
        return self._tag()

    def detect_with(self, port: int, *, country: str = "china", r2_four: bool = False) -> int:
        return self._tag()

    def close(self, port: int) -> int:
        tag = self._tag()
        if not self.deaf and port in self.rows:
            self._finish(port, en.END_STOPPED)
        return tag

    def connect(self, source: int, destination: int, *, gain_db: float = 0.0, track: int = 0) -> int:
        tag = self._tag()
        if source in self.rows and destination in self.rows:
            self.crosspoints[source, destination] = track
            self.gains[source, destination] = gain_db
        else:
            self.event(en.EV_REFUSED, source, tag, (errno.ENOENT, 0))
        return tag

    def disconnect(self, source: int, destination: int) -> int:
        self.crosspoints.pop((source, destination), None)
        return self._tag()

    def link_open(
        self, link: int, span: int, timeslot: int, kind: int = 0, timeslots: int = 0, extended: bool | None = None
    ) -> int:
        self.link_rows.append((link, span, timeslot))
        self.link_kinds[link] = kind
        return self._tag()

    def link_monitor(self, link: int, on: bool) -> int:
        self.monitored[link] = on
        return self._tag()

    def link_waiting(self, link: int) -> int:
        return 0

    def link_status(self, link: int) -> dict[str, int]:
        return {"kind": self.link_kinds[link]}

    def link_close(self, link: int) -> int:
        self.link_rows = [row for row in self.link_rows if row[0] != link]
        return self._tag()

    def link_send(self, link: int, frame: bytes) -> bool:
        self.sent.append((link, frame))
        return True

    def link_receive(self, link: int) -> list[bytes]:
        return self.frames.pop(link, [])

    def links(self) -> list[tuple[int, int, int]]:
        return list(self.link_rows)

    def events(self) -> list[en.Event]:
        out, self.out = self.out, []
        return out

    def ports(self) -> list[int]:
        return sorted(self.rows)

    def port(self, port: int) -> en.PortRow:
        row = self.rows.get(port)
        if row is None:
            return en.PortRow(en.PORT_FREE, 0, 0, 0, 0, None, None, None, None, (), 0)
        heard = tuple(source for source, destination in self.crosspoints if destination == port)[:4]
        return en.PortRow(row["kind"], row["detect"], row["tag"], row["opened"], 0, None, None, None, None, heard, 0)

    def span_status(self, span: int) -> dict[str, int]:
        return {"alarms": self.alarm_bits.get(span, 0)}

    # -- what happens in it

    def tick(self, n: int = 1) -> None:
        for _ in range(n):
            self.now += 1
            self.pending = 0
            for port, row in list(self.rows.items()):
                if row["left"] is not None:
                    row["left"] -= 10
                    if row["left"] <= 0:
                        self._finish(port, en.END_DONE)

    def _finish(self, port: int, reason: int) -> None:
        row = self.rows.pop(port)
        self.crosspoints = {pair: track for pair, track in self.crosspoints.items() if port not in pair}
        samples = (self.now - row["opened"]) * 80
        done = {
            en.PORT_PLAYER: en.EV_PLAYED,
            en.PORT_RECORDER: en.EV_RECORDED,
            en.PORT_TONE: en.EV_TONE_DONE,
        }.get(row["kind"])
        if done is not None:
            failed = row["failed"]
            if failed >= 0 and reason == en.END_DONE:
                error = errno.ENOSPC if row["kind"] == en.PORT_RECORDER else errno.ENOENT
                self.event(done, port, row["tag"], (en.END_ERROR, failed, error), samples)
            elif row["kind"] == en.PORT_RECORDER and reason == en.END_DONE:
                self.event(done, port, row["tag"], (en.END_LONGEST,), samples)
            else:
                self.event(done, port, row["tag"], (reason,), samples)
        self.event(en.EV_CLOSED, port, row["tag"])

    def key(self, port: int, digit: str) -> None:
        """A key is heard on the timeslot."""
        row = self.rows[port]
        if not row["detect"] & en.DETECT_DTMF:
            return
        for other, listening in list(self.rows.items()):
            if listening["key_port"] == port and digit in listening["keys"]:
                self._finish(other, en.END_KEY)
        self.event(en.EV_DIGIT, port, row["tag"], (ord(digit), -90))

    def fax(self, port: int, code: int) -> None:
        """A tone of fax_tones.py is heard on the timeslot."""
        row = self.rows[port]
        if row["detect"] & en.DETECT_FAX:
            self.event(en.EV_FAX, port, row["tag"], (code, 0, -200))

    def hears(self, destination: int, source: int) -> bool:
        return (source, destination) in self.crosspoints and self.gains[source, destination] > -100

    def pool(self) -> list[int]:
        return [port for port in self.rows if port >= en.LINE_PORTS]


def _length(files: list[str]) -> tuple[int, int]:
    """How long the files last, and the index of the first that is missing (-1 none)."""
    total, failed = 0, -1
    for index, path in enumerate(files):
        if "missing" in path:
            failed = index
            break
        last = path.removesuffix(".wav").rpartition("-")[2]
        total += int(last) if last.isdigit() else KEYS
    return max(total, 10), failed
