"""What an echo canceller of 128 ms costs: ns a sample a channel, 1,920 channels (64 E1) on one core, ticks of 10 ms.

Complete: non-linear processor, comfort noise and tone disabler are on, all channels have an echo at 30 ms, syllables of noise 10 dB
below full load, A-law. Beside it libspeexdsp, webrtc-audio-processing and libspandsp on the same sound, with their suppressors; and
what the chip itself allows, arithmetic and memory measured in the same run. CPU of a thread, median of the ticks.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import common
import numpy as np
from numpy.typing import NDArray

from xunhu._media.echo import EchoBank

BUDGET_NS = 45.0
TAIL_MS = 128
PEERS = (
    ("libspeexdsp", "speexdsp_echo", ["speexdsp", "m"]),
    ("webrtc-audio-processing", "webrtc_echo", ["pkg:webrtc-audio-processing"]),
    ("libspandsp", "spandsp_echo", ["spandsp", "m"]),
)
PARTS, BINS, HOP = 13, 80, 80
# Multiply-adds that a block cannot do without: four a complex product, for foreground, background and its update.
FMA_A_SAMPLE = 3 * 4 * PARTS * BINS / HOP
Sound = NDArray[np.int16]


def sound(blocks: int) -> tuple[Sound, Sound]:
    """Rout and Sin of one channel: syllables of 200 ms with pauses of 100 ms, from the second half on without a pause."""
    rng = np.random.default_rng(1)
    n = blocks * HOP
    far = rng.normal(0, 5000, n)
    far *= (np.arange(n) % 2400 < 1600) | (np.arange(n) > n // 2)
    hybrid = rng.normal(0, 0.15, 64) * np.exp(-np.arange(64) / 12)
    near = np.convolve(far, np.concatenate([np.zeros(240), hybrid]))[:n] + rng.normal(0, 20, n)
    return tuple(np.clip(np.round(x), -32768, 32767).astype(np.int16) for x in (far, near))  # type: ignore[return-value]


def ticks(
    rout: Sound, sin: Sound, channels: int, *, plain: bool = False, tail_ms: int = TAIL_MS
) -> NDArray[np.float64]:
    """ns a sample a channel, of each tick."""
    bank = EchoBank(channels, tail_ms, plain=plain)
    took = []
    far, near = np.empty((channels, HOP), np.int16), np.empty((channels, HOP), np.int16)
    for at in range(0, len(rout), HOP):
        far[:], near[:] = rout[at : at + HOP], sin[at : at + HOP]
        begin = time.thread_time_ns()
        bank.run_in_place(far, near)
        took.append((time.thread_time_ns() - begin) / channels / HOP)
    return np.array(took)


def settled(took: NDArray[np.float64]) -> float:
    return float(np.median(took[len(took) // 2 :]))


def own_rows(report: common.Report, channels: int, blocks: int, peers: list[tuple[str, float]]) -> float:
    rout, sin = sound(blocks)
    took = ticks(rout, sin, channels)
    ours = settled(took)
    name, value = peers[0]
    report.add("complete, 128 ms", ours, "ns/sample", budget=BUDGET_NS, peer=name, peer_value=value)
    for name, value in peers[1:]:
        report.add(f"complete, beside {name}", ours, "ns/sample", peer=name, peer_value=value)
    report.add("while all channels learn a path at once", float(np.median(took[4:16])), "ns/sample", headline=True)
    silence = np.zeros_like(rout)
    report.add("far side silent, near side speaks", settled(ticks(silence, sin, channels)), "ns/sample", headline=True)
    report.add("tail of 32 ms", settled(ticks(rout, sin, channels, tail_ms=32)), "ns/sample")
    few = blocks // 4
    report.add("in plain C", settled(ticks(rout[-few * HOP :], sin[-few * HOP :], channels, plain=True)), "ns/sample")
    for count in (1, 30, 480):
        if count < channels:
            report.add(f"{count} channels", settled(ticks(rout, sin, count)), "ns/sample")
    return ours


def limit_rows(report: common.Report, channels: int, ours: float) -> None:
    size = EchoBank(1).size
    peak = common.peer_run(common.peer_program("chip_peak", []), channels * size)
    # all of it is read; what is not spectra of the far side or the foreground is written back
    read_only = 2 * BINS * 2 * (2 * PARTS + 1)
    octets = (2 * size - read_only) / HOP
    report.add("multiply-adds that the filters take", FMA_A_SAMPLE, "a sample")
    report.add("the chip's limit for these", FMA_A_SAMPLE / peak["gfma"] if peak["gfma"] else 0.0, "ns/sample")
    report.add("octets of a channel's memory to be moved", octets, "a sample")
    memory = (read_only / peak["gread"] + (2 * size - 2 * read_only) / peak["gupdate"]) / HOP
    report.add("the chip's limit for these, all channels", memory, "ns/sample", headline=True)
    report.add(
        "cost against the larger limit",
        ours / max(memory, FMA_A_SAMPLE / max(peak["gfma"], 1e-3)),
        "times",
        headline=True,
    )
    report.add("memory", size, "octets/channel", headline=True)
    report.note(f"the chip: {peak['gfma']} GFMA/s, reads {peak['gread']} GB/s, updates {peak['gupdate']} GB/s")


def main() -> None:
    options = common.parser(__doc__).parse_args()
    channels, blocks, peer_blocks = (16, 40, 4) if options.quick else (1920, 240, 24)
    report = common.Report("echo", f"Echo canceller, {channels} channels, ticks of 10 ms", options.quick)
    rout, sin = sound(peer_blocks)
    pairs = np.stack([rout, sin], 1).tobytes()
    run: Callable[[str, list[str]], dict[str, float]] = lambda program, libraries: common.peer_run(  # noqa: E731
        common.peer_program(program, libraries), "speed", TAIL_MS, "NLP", channels, peer_blocks, stdin=pairs
    )
    theirs = [(name, run(program, libraries)) for name, program, libraries in PEERS]
    ours = own_rows(report, channels, blocks, [(name, got["ns"]) for name, got in theirs])
    limit_rows(report, channels, ours)
    for name, got in theirs:
        report.add(f"memory of {name}", got["octets"], "octets/channel")
    report.print(options)


if __name__ == "__main__":
    main()
