"""Voice detectors and level control, 1,920 channels at once, beside speexdsp's preprocessor and webrtc's.

Each channel hears a voice of its own in noise (harmonics of a wandering pitch, words, pauses). A block is 10 ms. What is told is the
median over blocks, a channel and sample, of the processor's time. The peers do the same on the same sound, one channel after the other.

    python benchmarks/bench_level.py [--channels 1920] [--blocks 100]
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import common
import numpy as np
from numpy.typing import NDArray

from xunhu._media.level import LevelBank, VadBank

BLOCK = 80
PEERS = {
    "libspeexdsp": ("speexdsp_level", ["speexdsp", "m"]),
    "webrtc-audio-processing": ("webrtc_level", ["pkg:webrtc-audio-processing"]),
}
Sound = NDArray[np.int16]


def voice(seed: int, blocks: int) -> Sound:
    rng = np.random.default_rng(seed)
    n = blocks * BLOCK
    t = np.arange(n) / 8000
    phase = 2 * np.pi * np.cumsum(110 + 80 * rng.random() + 20 * np.sin(2 * np.pi * 0.4 * t + seed)) / 8000
    tone = sum((np.cos(k * phase + k * k) / (1 + abs(k - 5) / 3) for k in range(1, 20)), np.zeros(n))
    syllables = np.clip(np.sin(2 * np.pi * (2.8 + rng.random()) * t + seed) + 0.3, 0, 1)
    words = np.sin(2 * np.pi * (0.9 + 0.3 * rng.random()) * t) > -0.4
    return np.clip(400 * tone * syllables * words + rng.normal(0, 25, n), -32767, 32767).astype(np.int16)


def sounds(channels: int, blocks: int) -> Sound:
    """(blocks, channels, 80); sixteen voices, each channel with one of them at another place."""
    voices = [voice(i, blocks) for i in range(min(16, channels))]
    rows = np.stack([np.roll(voices[c % len(voices)], 997 * c) for c in range(channels)])
    return np.ascontiguousarray(rows.reshape(channels, blocks, BLOCK).swapaxes(0, 1))


def ns(work: Callable[[Sound], object], blocks: Sound) -> float:
    """A channel and sample."""
    took = []
    for block in blocks.copy():
        begin = time.thread_time_ns()
        work(block)
        took.append(time.thread_time_ns() - begin)
    return statistics.median(took) / blocks.shape[1] / BLOCK


def both(vad: VadBank, level: LevelBank) -> Callable[[Sound], object]:
    def work(block: Sound) -> None:
        vad.run(block)
        level.run(block, vad)

    return work


def banks(channels: int, mode: str, *, plain: bool = False) -> tuple[VadBank, LevelBank]:
    vad, level = VadBank(channels, plain=plain), LevelBank(channels, plain=plain)
    for channel in range(channels):
        level.set(channel, mode, gain_db=4.0)  # type: ignore[arg-type]
    return vad, level


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--channels", type=int, default=1920)
    parser.add_argument("--blocks", type=int, default=100)
    options = parser.parse_args()
    channels, blocks = (16, 20) if options.quick else (options.channels, options.blocks)
    report = common.Report("level", f"Voice detector and level control, {channels} channels", options.quick)
    given = sounds(channels, blocks)
    programs = {peer: common.peer_program(name, libraries) for peer, (name, libraries) in PEERS.items()}
    one = voice(1, blocks).tobytes()

    def peer(name: str) -> Callable[[], float]:
        return lambda: common.peer_run(programs[name], "speed", 0, channels, blocks, stdin=one)["ns"]

    def ours(*, plain: bool = False) -> Callable[[], float]:
        return lambda: ns(both(*banks(channels, "agc", plain=plain)), given)

    rounds = 1 if options.quick else 3
    us, plain, *theirs = common.in_turns(rounds, ours(), ours(plain=True), *[peer(name) for name in PEERS])
    for name, figure in zip(PEERS, theirs, strict=True):
        budget = 5.0 if name == "libspeexdsp" else None
        report.add(f"AGC + VAD beside {name}", us, "ns", budget=budget, peer=name, peer_value=figure)
    alone, fixed = common.in_turns(
        rounds, lambda: ns(VadBank(channels).run, given), lambda: ns(banks(channels, "fixed")[1].run, given)
    )
    report.add("VAD alone", alone, "ns", headline=True)
    report.add("fixed gain and limiter alone", fixed, "ns", headline=True)
    report.add("AGC + VAD, plain C", plain, "ns")
    vad, level = banks(channels, "agc")
    report.add("memory of a channel", (vad.size + level.size) / channels, "octets")
    report.note(
        "The VAD's arithmetic is about 45 operations a sample, 0.9 ns of AVX2 at 3 GHz without FMA; its state, some 900 octets a channel, is "
        "read and written once in 80 samples."
    )
    report.print(options)


if __name__ == "__main__":
    main()
