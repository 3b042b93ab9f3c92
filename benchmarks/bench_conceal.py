"""What concealment, comfort noise and resampling cost, CPU of one core: ns a channel and 10 ms, and ns a sample.

Concealment: 1,920 channels of speech (64 E1), each tenth block lost, beside libspandsp's on the same sound. Resampler: ticks of 10 ms,
beside libspeexdsp's at quality 5 and libsoxr at its usual one.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import common
import numpy as np
from numpy.typing import NDArray

from xunhu._media import g711
from xunhu._media.cng import NoiseAnalyser, NoiseGenerator, pack
from xunhu._media.plc import PlcBank
from xunhu._media.resample import Resampler

BUDGET_GOOD_NS = 30.0  # what a channel costs always: the copy of 80 octets into its past
BUDGET_LOST_NS = 5000.0  # all 1,920 at once: one tick of 10 ms


def voiced(blocks: int) -> NDArray[np.int16]:
    """Harmonics of a pitch that glides, with some noise."""
    n = np.arange(80 * blocks)
    phase = 2 * np.pi * np.cumsum(120 + 30 * np.sin(n / 4000)) / 8000
    x = sum((3000 / k * np.sin(k * phase) for k in range(1, 20)), np.random.default_rng(1).normal(0, 100, len(n)))
    return np.asarray(np.rint(x), np.int16)


def least(work: Callable[[], object], times: int, runs: int = 10) -> float:
    """ns of this thread's CPU that one of `times` takes, the least of the runs."""
    best = float("inf")
    for _ in range(runs):
        begin = time.thread_time_ns()
        for _ in range(times):
            work()
        best = min(best, (time.thread_time_ns() - begin) / times)
    return best


def concealment(channels: int, sound: NDArray[np.int16], *, plain: bool) -> tuple[float, float]:
    """ns a channel and block: of one that came, of the first of a hole."""
    bank = PlcBank(channels, "A", plain=plain)
    good, lost, block = [], [], np.zeros((channels, 80), np.uint8)
    octets = np.frombuffer(bytes(g711.alaw_encode(sound)), np.uint8).reshape(-1, 80)
    for b, one in enumerate(octets):
        block[:] = one
        begin = time.thread_time_ns()
        (bank.lost if b % 10 == 9 else bank.good)(block)
        took = (time.thread_time_ns() - begin) / channels
        if b % 10 == 9:
            lost.append(took)
        elif b % 10:
            good.append(took)
    return float(np.median(good)), float(np.median(lost))


def resampler(a: int, b: int, ticks: int, *, plain: bool = False) -> float:
    """ns a sample of the higher rate."""
    r = Resampler(a, b, plain=plain)
    x = np.random.default_rng(1).integers(-10000, 10000, a // 100 * ticks).astype(np.int16)
    out = np.zeros(b // 100 * ticks, np.int16)
    return least(lambda: r.stream(x, out, a // 100), 1) / (max(a, b) // 100 * ticks)


def main() -> None:
    options = common.parser(__doc__).parse_args()
    channels, blocks, ticks = (64, 40, 10) if options.quick else (1920, 200, 500)
    report = common.Report("conceal", f"Concealment ({channels} channels), comfort noise, resampler", options.quick)
    sound = voiced(blocks)
    program = common.peer_program("spandsp_plc", ["spandsp", "m"])
    good, lost = concealment(channels, sound, plain=False)
    theirs = common.peer_run(program, channels, blocks, stdin=sound.tobytes())
    _, plain_lost = concealment(channels, sound, plain=True)
    report.add(
        "concealment, 10 ms that came",
        good,
        "ns/channel",
        budget=BUDGET_GOOD_NS,
        peer="libspandsp",
        peer_value=theirs["good"],
    )
    report.add(
        "concealment, 10 ms lost",
        lost,
        "ns/channel",
        budget=BUDGET_LOST_NS,
        peer="libspandsp",
        peer_value=theirs["lost"],
    )
    report.add("concealment, 10 ms lost, in plain C", plain_lost, "ns/channel")
    noise, generator, analyser = np.zeros(80 * ticks, np.int16), NoiseGenerator(), NoiseAnalyser()
    generator.hear(pack(40, (-0.8, 0.3, 0.1)))
    report.add("comfort noise, made", least(lambda: generator.make(noise), 1) / len(noise), "ns/sample", headline=True)
    report.add("comfort noise, analysed", least(lambda: analyser.feed(noise), 1) / len(noise), "ns/sample")
    program = common.peer_program("resamplers", ["speexdsp", "soxr", "m"])
    for a, b in ((8000, 16000), (16000, 8000), (8000, 48000), (48000, 8000), (16000, 48000), (48000, 16000)):
        ours, peers = resampler(a, b, ticks), common.peer_run(program, a, b, ticks)
        name = f"resampler, {a // 1000} to {b // 1000} kHz"
        report.add(name, ours, "ns/sample", peer="libspeexdsp", peer_value=peers["speexdsp"])
        report.add(f"{name}, beside libsoxr", ours, "ns/sample", peer="libsoxr", peer_value=peers["soxr"])
    report.add("resampler, 8 to 16 kHz, in plain C", resampler(8000, 16000, ticks, plain=True), "ns/sample")
    report.print(options)


if __name__ == "__main__":
    main()
