"""Media files (include/xunhu/media_file.h) and codecs (include/xunhu/codec.h)."""

from array import array
from collections.abc import Callable
from os import PathLike
from typing import NamedTuple, Self

from typing_extensions import Buffer

BLOCK: int
"""Most frames of one read."""
CONTAINERS: tuple[str, ...]
CODECS: tuple[str, ...]
"""Names for people, by number."""

class FormatInfo(NamedTuple):
    number: int
    name: str
    suffix: str
    container: str
    codec: int
    rate: int
    channels_max: int
    octets_a_second: int

FORMATS: dict[str, FormatInfo]
"""What can be written, by name, in the order of the numbers."""

def format_of_path(path: str | bytes | PathLike[str]) -> FormatInfo | None:
    """What a suffix stands for; None: nothing known."""

class ReaderInfo(NamedTuple):
    container: str
    codec: int
    channels: int
    rate: int
    out_channels: int
    out_rate: int
    block_octets: int
    block_frames: int
    frames: int | None
    """At out_rate; None: not known."""
    estimated: bool
    seekable: bool
    note: int
    """A reason (media_reasons.py) that is no error; 0."""

class MediaError(OSError):
    reason: int
    detail: int

class Reader:
    """Samples of a media file, by default mono of 8 kHz. Raises MediaError."""

    def __init__(
        self,
        source: str | PathLike[str] | Buffer | int | Callable[[int], bytes | None],
        *,
        name: str | None = None,
        fmt: str | None = None,
        rate: int = 0,
        out_rate: int = 0,
        out_channels: int = 0,
        size: int | None = None,
    ) -> None:
        """source: a path, octets, a descriptor (taken over), or a function that gives at most n octets, b"" at the end, None when it
        has none yet. name: its suffix tells headerless formats. fmt: a name of FORMATS for headerless octets, rate: theirs. out_rate,
        out_channels: 0 is 8,000 and mono, -1 as in the file. size: octets in all of a function, where known."""

    @property
    def info(self) -> ReaderInfo: ...
    @property
    def reason(self) -> tuple[int, int]:
        """Reason and detail of the last error, or the note."""

    @property
    def position(self) -> int:
        """The frame that is read next, at out_rate."""

    def read(self, n: int = ...) -> array[int] | None:
        """At most n (0 to BLOCK) frames, channels interleaved; empty: the end; None: a function that has nothing yet."""

    def read_all(self, most: int | None = None) -> array[int]:
        """All that is left, or a block more than `most` samples."""

    def seek(self, frame: int) -> None: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *what: object) -> None: ...

class Writer:
    """A file made from samples of 8 kHz. Raises MediaError."""

    def __init__(
        self,
        path: str | PathLike[str],
        fmt: str = "wav",
        *,
        channels: int = 1,
        append: bool = False,
        replace: bool = False,
        bitrate: int = 0,
    ) -> None: ...
    def write(self, samples: Buffer) -> None:
        """int16, channels interleaved, whole frames."""

    def mend(self) -> None:
        """The header tells of all whole blocks given."""

    @property
    def frames(self) -> int: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *what: object) -> None: ...

class Coder:
    """A codec on state of its own. codec: a number or a name of CODECS; block_octets: of IMA ADPCM."""

    def __init__(self, codec: str | int, *, channels: int = 1, block_octets: int = 0, encoding: bool = False) -> None: ...
    @property
    def block_octets(self) -> int: ...
    @property
    def block_frames(self) -> int: ...
    def reset(self) -> None: ...
    def decode(self, octets: Buffer) -> array[int]:
        """Whole blocks. MediaError: a damaged block."""

    def encode(self, samples: Buffer) -> bytes:
        """Whole blocks of int16."""

class Measured(NamedTuple):
    """Levels are RMS about the zero line, -100 where there is nothing; active: blocks of 10 ms that are not silent."""

    frames: int
    peak: int
    """Magnitude, to 32,768."""
    rms_dbm0: float
    active_dbm0: float
    active_s: float
    zero: float
    """The mean: where the zero line lies."""
    clipped: int
    """Samples in runs of three and more alike at 32,000 or beyond."""
    head_s: float
    tail_s: float

SILENT_DBM0: float
RMS_0DBM0: float

def dbm0(mean_square: float) -> float: ...

class Meter:
    """Measures one channel of a sound given piece by piece. silence_dbm0: what is below is silence."""

    def __init__(self, rate: int = 8000, *, silence_dbm0: float = -50.0, channels: int = 1, channel: int = 0) -> None: ...
    def run(self, samples: Buffer) -> None: ...
    def end(self) -> Measured: ...

def gain(samples: Buffer, factor: float, zero: float = 0.0) -> int:
    """(sample - zero) * factor in place, limited; how many had to be."""

def g726_plain(on: bool) -> None:
    """For tests: G.726 without vector instructions, in this process."""
