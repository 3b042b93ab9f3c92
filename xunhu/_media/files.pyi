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

class Player:
    def __init__(
        self,
        paths: Sequence[str | PathLike[str]],
        *,
        loop: bool = False,
        loops: int = 0,
        keep: bool = False,
        gain_q12: int = 4096,
    ) -> None:
        """gain_q12: factor * 4096, 0..32767. loops: rounds with loop, 0 for ever."""
    def add(self, paths: Sequence[str | PathLike[str]]) -> None:
        """OSError ENOSPC: the list is full (2,048 octets); EINVAL: an empty or overlong name, or the list has failed."""
    def pump(self) -> bool:
        """File side: open, read ahead. False: nothing to do now."""
    def read(self, n: int) -> tuple[array[int], int]:
        """Tick side: n samples (zeros beyond the end), and how many came from files."""
    def state(self) -> PlayerState: ...
    def release(self) -> None: ...

class Recorder:
    def __init__(self, path: str | PathLike[str], *, tracks: int = 1, fmt: int = ...) -> None: ...
    def write(self, left: Buffer, right: Buffer | None = None) -> bool:
        """Tick side. False: the file side is behind, these samples become silence. OSError: the recording has failed, or
        was finished (EINVAL)."""
    def finish(self) -> None: ...
    def pump(self) -> bool: ...
    def state(self) -> RecorderState: ...
    def release(self) -> None:
        """Write out what was given and close."""
