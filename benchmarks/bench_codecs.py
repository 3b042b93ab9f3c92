"""What codecs of files cost: ns a sample, beside libspandsp's and libgsm's on the same sound; and whole files read and written.

One second of one channel is 8,000 samples: 100 ns a sample is 0.08 % of a core a channel.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import common
import numpy as np
from numpy.typing import NDArray

from xunhu._media import media_file as mf
from xunhu._media.media_file import FORMATS, Coder, Reader, Writer

PEERS = {
    "g726-16": "libspandsp", "g726-24": "libspandsp", "g726-32": "libspandsp", "g726-40": "libspandsp",
    "dvi4": "libspandsp", "vox": "libspandsp", "gsm": "libgsm",
}  # fmt: skip
BLOCK = 320 * 25
HEADLINES = ("g726-32 encode", "g726-32 decode", "vox decode", "gsm decode")


def sound(seconds: int) -> NDArray[np.int16]:
    """Something like a voice: a buzz that comes and goes."""
    t = np.arange(8000 * seconds) / 8000
    x = sum((np.sin(2 * np.pi * 140 * k * t + k) / k for k in range(1, 25)), np.zeros(len(t)))
    noise = np.random.default_rng(1).normal(0, 200, len(t))
    return np.asarray(3000 * x * (np.sin(2 * np.pi * 1.7 * t) > -0.3) + noise).astype(np.int16)


def best_ns(work: Callable[[], object], rounds: int) -> float:
    took = []
    for _ in range(rounds):
        begin = time.thread_time_ns()
        work()
        took.append(time.thread_time_ns() - begin)
    return min(took)


def codec(name: str, x: NDArray[np.int16], rounds: int) -> dict[str, float]:
    number = FORMATS[name].codec
    ima = {"block_octets": 256} if mf.CODECS[number].startswith("IMA") else {}
    there, back = Coder(number, encoding=True, **ima), Coder(number, **ima)
    each = there.block_frames * max(1, BLOCK // there.block_frames)
    pieces = [x[at : at + each] for at in range(0, len(x) - each + 1, each)]
    octets = [there.encode(piece) for piece in pieces]
    n = each * len(pieces)
    return {
        f"{name} encode": best_ns(lambda: [there.encode(piece) for piece in pieces], rounds) / n,
        f"{name} decode": best_ns(lambda: [back.decode(piece) for piece in octets], rounds) / n,
    }


def codecs(report: common.Report, x: NDArray[np.int16], rounds: int) -> None:
    program = common.peer_program("spandsp_codecs", ["spandsp", "gsm", "m"])
    theirs = common.peer_run(program, rounds, stdin=x.tobytes())
    for name in ("g726-16", "g726-24", "g726-32", "g726-40", "dvi4", "vox", "gsm", "wav-ima", "pcm8", "pcm-be"):
        for what, ns in codec(name, x, rounds).items():
            report.add(what, ns, "ns/sample", peer=PEERS.get(name), peer_value=theirs.get(what))
            report.rows[-1].headline = what in HEADLINES
    mf.g726_plain(True)
    try:
        for what, ns in codec("g726-32", x, rounds).items():
            report.add(f"{what}, in plain C", ns, "ns/sample")
    finally:
        mf.g726_plain(False)


def read_all(path: Path) -> None:
    with Reader(path) as reader:
        while reader.read():
            pass


def write_all(path: Path, fmt: str, x: NDArray[np.int16]) -> None:
    with Writer(path, fmt, replace=True) as writer:
        for at in range(0, len(x), 2000):
            writer.write(x[at : at + 2000])


def files(report: common.Report, x: NDArray[np.int16], folder: Path, rounds: int) -> None:
    for fmt in ("wav-alaw", "wav-ima", "wav-gsm", "vox", "vox-6k", "g726-32", "mp3"):
        path = folder / f"x{FORMATS[fmt].suffix}"
        report.add(f"write a file of {fmt}", best_ns(lambda: write_all(path, fmt, x), rounds) / len(x), "ns/sample")  # noqa: B023
        report.add(f"read a file of {fmt}", best_ns(lambda: read_all(path), rounds) / len(x), "ns/sample")  # noqa: B023
    wide = np.repeat(x, 12).astype("<i2").tobytes()  # 48 kHz, two channels
    head = b"RIFF" + (36 + len(wide)).to_bytes(4, "little") + b"WAVEfmt \x10\0\0\0\1\0\2\0" + (48000).to_bytes(4, "little")
    path = folder / "wide.wav"
    path.write_bytes(head + (192000).to_bytes(4, "little") + b"\4\0\x10\0data" + len(wide).to_bytes(4, "little") + wide)
    report.add("read WAV of 48 kHz, stereo, as 8 kHz", best_ns(lambda: read_all(path), rounds) / len(x), "ns/sample")
    begin = best_ns(lambda: Reader(folder / "x.vox").close(), max(20, rounds)) / 1000
    report.add("open and close a file", begin, "us")


def main() -> None:
    options = common.parser(__doc__).parse_args()
    seconds, rounds = (1, 1) if options.quick else (10, 9)
    x = sound(seconds)
    report = common.Report("codecs", f"Codecs and files of sound, {seconds} s", options.quick)
    codecs(report, x, rounds)
    with tempfile.TemporaryDirectory() as folder:
        files(report, x, Path(folder), rounds)
    report.note("samples of files are of 8 kHz as given out; Python's calls and the file system's cache are included")
    report.print(options)


if __name__ == "__main__":
    main()
