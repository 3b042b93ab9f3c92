"""Players, recorders and WAV files (C: include/xunhu/player.h, xunhu/_media/wav.h), for tests and tools.

Samples are int16 at 8 kHz: `array("h")` goes out, any contiguous int16 buffer comes in. Read are PCM16, A-law and
u-law, mono or stereo (mixed down), 8 or 16 kHz (made 8 kHz); without a header .al, .ul and .raw (PCM16) at 8 kHz.
OSError with errno: EBADMSG damaged or no WAV, ENOTSUP a format that is not read, EINVAL no plain file.
"""

from array import array
from collections.abc import Sequence
from os import PathLike
from typing import NamedTuple

from typing_extensions import Buffer

ALAW: int  # = engine.REC_ALAW and so on
ULAW: int
PCM16: int
PLAYER_SIZE: int  # octets of memory
RECORDER_SIZE: int

class WavInfo(NamedTuple):
    fmt: int
    channels: int
    rate: int  # of the file, Hz
    frames: int  # at that rate
    headerless: bool

class PlayerState(NamedTuple):
    done: bool  # all that was added is played, or an error has been reached
    error: int  # errno of the file that could not be read, 0
    file: int  # number of the file heard last, or of the one that failed
    samples: int
    underruns: int

class PlayerPlace(NamedTuple):
    position: int  # samples of 8 kHz in the file that is heard (or about to be)
    length: int | None  # of it, None: not known
    speed: int  # percent
    waiting: bool  # the file side owes samples

class FetchStats(NamedTuple):
    opened: int
    hits: int  # no transfer was needed
    transfers: int
    unchanged: int  # the server said so, or could not be reached
    failed: int
    octets: int
    active: int
    kept: int
    kept_octets: int

class RecorderState(NamedTuple):
    done: bool
    error: int  # errno that ended the recording, 0
    samples: int  # given so far, gaps included; when done: in the file
    lost: int  # of these, replaced by silence

def wav_info(path: str | PathLike[str]) -> WavInfo: ...
def read_wav(path: str | PathLike[str]) -> tuple[WavInfo, array[int]]:
    """The file as mono at 8 kHz."""

def write_wav(
    path: str | PathLike[str], samples: Buffer, *, fmt: int = ..., channels: int = 1, rate: int = 8000
) -> None:
    """Write (or overwrite) a whole file; stereo samples alternate left and right."""

def host_allowed(hosts: Sequence[str], url: str, location: str | None = None) -> bool:
    """Is the host of a URL, or of what it redirects to, among `hosts`: names, *.x (all below x), * (all)?"""

class Fetch:
    """Prompts from HTTP servers (include/xunhu/fetch.h); its thread begins with the first URL."""

    def __init__(
        self,
        *,
        file_octets: int = ...,
        all_octets: int = ...,
        transfers: int = 256,
        connect_ms: int = 3000,
        first_ms: int = 3000,
        low_octets: int = 400,
        low_ms: int = 5000,
        fresh_ms: int = 30000,
        insecure: bool = False,
    ) -> None: ...
    def stats(self) -> FetchStats: ...

class Player:
    def __init__(
        self,
        paths: Sequence[str | PathLike[str]],
        *,
        loop: bool = False,
        loops: int = 0,
        keep: bool = False,
        gain_q12: int = 4096,
        fetch: Fetch | None = None,
    ) -> None:
        """gain_q12: factor * 4096, 0..32767. loops: rounds with loop, 0 for ever. fetch: for URLs."""
    def add(self, paths: Sequence[str | PathLike[str]]) -> None:
        """OSError ENOSPC: the list is full (2,048 octets); EINVAL: an empty or overlong name, or the list has failed."""
    def pump(self) -> bool:
        """File side: open, read ahead. False: nothing to do now."""
    def wants(self) -> bool:
        """There may be something for the file side to do."""
    def read(self, n: int) -> tuple[array[int], int]:
        """Tick side: n samples (zeros beyond the end), and how many came from files."""
    def gain(self, gain_q12: int) -> None: ...
    def speed(self, percent: int) -> None: ...
    def seek(self, samples: int, *, relative: bool = False) -> None:
        """To a place in the file that is heard. OSError EINVAL: the list has failed."""
    def skip(self, n: int) -> None:
        """n files on: 1 the next, -1 the previous, 0 this one again. OSError EINVAL."""
    def state(self) -> PlayerState: ...
    def place(self) -> PlayerPlace: ...
    def release(self) -> None: ...

class Recorder:
    def __init__(
        self,
        path: str | PathLike[str] | None,
        *,
        tracks: int = 1,
        fmt: int = ...,
        append: bool = False,
        preroll_ms: int = 0,
        cut_silence: bool = False,
        sync_s: int = 0,
    ) -> None:
        """path None: armed, keeps the last preroll_ms until `start`. fmt: enum xh_format of media_file.h."""
    def write(self, left: Buffer, right: Buffer | None = None) -> bool:
        """Tick side. False: the file side is behind, these samples become silence. OSError: the recording has failed, or
        was finished (EINVAL)."""
    def heard(self) -> None:
        """Tick side: there was sound in what was written last (cut_silence)."""
    def start(self, path: str | PathLike[str]) -> None:
        """Tick side, armed: from now on into this file, which begins with what was kept."""
    def finish(self) -> None: ...
    def pump(self) -> bool: ...
    def wants(self) -> bool: ...
    def state(self) -> RecorderState: ...
    def release(self) -> None:
        """Write out what was given and close."""
