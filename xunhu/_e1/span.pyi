"""One E1 span from Python (C below: include/xunhu/span.h); for tests, far ends and load tools.

No call blocks. Errors that are the line's are errno values in the answer of read and write; errors that are the
caller's or the device's raise (ValueError, OSError, NotImplementedError where the driver has no such thing).
"""

from collections.abc import Iterable
from typing import Literal

ALARM_LOS: int
ALARM_LOF: int
ALARM_AIS: int
ALARM_RAI: int
ALARM_MISSING: int
ALL_TIMESLOTS: int
FRAMES_MAX: int

def mask_of(timeslots: Iterable[int]) -> int:
    """Bit t for every timeslot t, 1..31."""

class Span:
    @staticmethod
    def loop_pair(*, number_a: int = 0, number_b: int = 1, law: Literal["A", "U"] = "A") -> tuple[Span, Span]:
        """Two spans back to back: what one writes the other reads next."""
    @staticmethod
    def ces(
        local: str,
        remote: str,
        *,
        number: int = 0,
        law: Literal["A", "U"] = "A",
        frames: int = 40,
        jitter_ms: int = 20,
        rtp: bool = False,
    ) -> Span:
        """RFC 5086 over UDP. OSError: EADDRINUSE, EADDRNOTAVAIL, EINVAL (address, frames 8..40, jitter_ms 1..500)."""
    @staticmethod
    def dahdi(
        span: int,
        *,
        number: int = 0,
        law: Literal["A", "U"] = "A",
        block: int = 80,
        root: str = "/dev/dahdi",
        hdlc: Iterable[int] = (),
        cas: Iterable[int] = (),
    ) -> Span:
        """Span number `span` of DAHDI. OSError: ENODEV, ENXIO, ENOENT, EACCES, EBUSY, EINVAL."""
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> None:
        """Stop and free; any call but this one then raises ValueError."""
    def read(self, frames: int, mask: int = ...) -> tuple[bytearray, int]:
        """(block, errno): 32 rows of `frames` octets, row t = timeslot t, row 0 unused; idle where the line is
        down (errno not 0) or the timeslot not in mask."""
    def write(self, block: bytes | bytearray | memoryview, mask: int = ...) -> int:
        """A block as read gives it; errno of a line that is down, else 0."""
    def status(self) -> dict[str, int]:
        """alarms, running, frames_rx, ... as in struct xh_span_status."""
    def cas_write(self, timeslot: int, abcd: int) -> None: ...
    def cas_read(self, timeslot: int) -> int: ...
    def send_rai(self, on: bool) -> None: ...
    def link_open(self, timeslot: int, *, mtp2: bool = False) -> None:
        """Drivers that frame HDLC themselves (dahdi)."""
    def link_read(self, timeslot: int) -> bytes | None:
        """A frame without FCS, b"" when there is none, None for a bad one that was dropped."""
    def link_write(self, timeslot: int, frame: bytes | bytearray | memoryview) -> bool:
        """False: no room now."""
    def cut(self, on: bool) -> None:
        """loop: cut the line, both ends see LOS."""
    def force_alarms(self, alarms: int) -> None:
        """loop: this end reports these alarms besides its own."""
    @property
    def driver(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def idle(self) -> int: ...
