"""What call control is told by the configuration: small immutable records, checked where they are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path

from xunhu._media.media_file import FORMATS, FormatInfo
from xunhu.call.room_settings import RoomSettings

HUNTING = ("linear", "circular", "least-used", "odd", "even")
RECORDING = ("none", "all", "route")
# Formats of call recordings, which have two tracks.
RECORDING_FORMATS = tuple(name for name, info in FORMATS.items() if info.channels_max == 2)


@dataclass(frozen=True, slots=True)
class TrunkGroup:
    """Trunks used as one. hunting: in which order circuits are taken (xunhu/call/hunting.py)."""

    name: str
    trunks: tuple[str, ...]
    hunting: str = "circular"

    def __post_init__(self) -> None:
        if self.hunting not in HUNTING:
            raise ValueError(f"hunting {self.hunting!r} of trunk group {self.name}: one of {', '.join(HUNTING)}")


@dataclass(frozen=True, slots=True)
class Extension:
    """Somebody to be reached over a trunk group. number: digits, or a pattern of digits, ? and *.

    dial: what is sent to the line, "" = the number. lines: how many calls at once until flows take it for busy."""

    number: str
    trunk_group: str
    dial: str = ""
    lines: int = 1


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """Days (1 Monday .. 7 Sunday) and minutes of the day, begin included, end not; begin > end goes over midnight."""

    days: frozenset[int] = frozenset(range(1, 8))
    begin_min: int = 0
    end_min: int = 24 * 60

    def __post_init__(self) -> None:
        if not self.days <= frozenset(range(1, 8)):
            raise ValueError("days of a time window are 1 (Monday) to 7 (Sunday)")
        if not (0 <= self.begin_min < 24 * 60 and 0 < self.end_min <= 24 * 60):
            raise ValueError("times of a time window lie between 00:00 and 24:00")

    def holds(self, when: datetime) -> bool:
        """Whether `when` (local time) lies in the window."""
        minute = when.hour * 60 + when.minute
        day = when.isoweekday()
        if self.begin_min < self.end_min:
            return day in self.days and self.begin_min <= minute < self.end_min
        if minute >= self.begin_min:
            return day in self.days
        return minute < self.end_min and (day - 1 or 7) in self.days


@dataclass(frozen=True, slots=True)
class Route:
    """One rule; all that is given must fit. Exactly one of flow, extension, conference, refuse is the target.

    Patterns: digits, ? (one sign), * (any number of signs). flow, extension and conference may contain {called} and {calling}.
    refuse: Q.850 cause. record: with the recording policy "route" these calls are recorded.
    line: of its target in xunhu.yaml, 0 when it does not come from there; two routes that differ in nothing else are the same."""

    called: str = "*"
    calling: str = "*"
    trunk_group: str = "*"
    times: tuple[TimeWindow, ...] = ()
    flow: str = ""
    extension: str = ""
    refuse: int | None = None
    record: bool = False
    conference: str = ""
    line: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        if bool(self.flow) + bool(self.extension) + bool(self.conference) + (self.refuse is not None) != 1:
            raise ValueError(f"route for {self.called}: give exactly one of flow, extension, conference and refuse")
        if self.refuse is not None and not 1 <= self.refuse <= 127:
            raise ValueError(f"route for {self.called}: refuse {self.refuse} is no Q.850 cause (1 to 127)")


@dataclass(frozen=True, slots=True)
class CallSettings:
    """All of it. Times in seconds."""

    groups: Mapping[str, TrunkGroup] = field(default_factory=dict)
    extensions: Mapping[str, Extension] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    recording: str = "none"
    recording_format: str = ""  # of RECORDING_FORMATS; "": WAV in the law of the lines
    recordings: Path = Path("recordings")
    recording_sync_s: int = 0  # on the disk for sure so often; 0: when the system likes
    recording_preroll_s: float = 0.0  # of every answered call so much is kept, for a recording that is begun later
    recording_longest_s: float = 0.0  # 0: as long as the call
    recording_silence_s: float = 0.0  # so much silence of both ends it; 0: none does
    recording_beep_s: float = 0.0  # a tone that tells the parties, so often; 0: none
    background_gain_db: float = -18.0  # of a sound under a talk or a flow
    background_duck_db: float = 12.0  # by so much it is lowered while a prompt is played or somebody speaks
    law: str = "A"
    tones: str = "cn"  # a country of xunhu/call/tones.py
    music: str = ""  # file for hold and waiting where none is named; "": ringing tone, or silence on hold
    timezone: tzinfo | None = None  # None: the machine's
    max_calls: int = 2000
    max_waiting: int = 200  # callers waiting in flows for a busy extension
    ring_s: float = 30.0
    overlap_first_s: float = 15.0
    overlap_between_s: float = 5.0
    overlap_digits: int = 32
    busy_retry_s: float = 5.0
    detect_in_talk: bool = True
    rooms: Mapping[str, RoomSettings] = field(default_factory=dict)  # conferences, by number

    def __post_init__(self) -> None:
        if self.recording not in RECORDING:
            raise ValueError(f"recording {self.recording!r}: one of {', '.join(RECORDING)}")
        if self.recording_format and self.recording_format not in RECORDING_FORMATS:
            raise ValueError(f"recording_format {self.recording_format!r}: one of {', '.join(RECORDING_FORMATS)}")
        for extension in self.extensions.values():
            if extension.trunk_group not in self.groups:
                raise ValueError(f"extension {extension.number}: there is no trunk group {extension.trunk_group!r}")

    @property
    def recorded_as(self) -> FormatInfo:
        return FORMATS[self.recording_format or ("wav-alaw" if self.law == "A" else "wav-ulaw")]

    def group_of(self, trunk: str) -> str:
        """The name of the first group with this trunk; "" when it is in none."""
        for group in self.groups.values():
            if trunk in group.trunks:
                return group.name
        return ""
