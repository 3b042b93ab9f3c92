"""What the DTMF receiver costs: ns a channel and 10 ms, 1,920 channels (64 E1), beside libspandsp's on the same sound.

Both are given blocks of 80 samples of all channels, one block after the other; CPU, median of the blocks.
"""

from __future__ import annotations

import time

import common
import numpy as np
from numpy.typing import NDArray

from xunhu._media.dtmf import DtmfBank

BUDGET_NS = 150.0
COMMON = ("silence", "noise", "vowel")  # what lines carry nearly always: the budget is meant for these
HEADLINES = ("noise", "vowel", "a digit each 100 ms, all channels")


def sounds(channels: int, blocks: int) -> dict[str, NDArray[np.int16]]:
    """(channels, samples); each channel alike but for the noise."""
    rng = np.random.default_rng(1)
    t = np.arange(blocks * 80) / 8000
    row = np.zeros((channels, 1))
    digit = 6000 * (np.sin(2 * np.pi * 770 * t) + np.sin(2 * np.pi * 1336 * t))
    off = 6000 * (np.sin(2 * np.pi * 770 * 1.03 * t) + np.sin(2 * np.pi * 1336 * t))
    keyed = np.where(t % 0.1 < 0.05, digit, 0)
    vowel = sum((3000 / k * np.sin(2 * np.pi * 140 * k * t) for k in range(1, 20)), np.zeros(len(t)))
    return {
        "silence": np.zeros((channels, len(t)), np.int16),
        "noise": rng.normal(0, 3000, (channels, len(t))).astype(np.int16),
        "vowel": (row + vowel).astype(np.int16),
        "a digit each 100 ms, all channels": (row + keyed).astype(np.int16),
        "a pair 3 % off, all channels": (row + off).astype(np.int16),
    }


def cut(sound: NDArray[np.int16]) -> list[NDArray[np.int16]]:
    return [np.ascontiguousarray(sound[:, at : at + 80]) for at in range(0, sound.shape[1], 80)]


def cost(blocks: list[NDArray[np.int16]], *, plain: bool) -> float:
    channels = blocks[0].shape[0]
    bank = DtmfBank(channels, plain=plain)
    took = []
    for block in blocks:
        begin = time.thread_time_ns()
        bank.run(block)
        took.append(time.thread_time_ns() - begin)
    return float(np.median(took)) / channels


def main() -> None:
    options = common.parser(__doc__).parse_args()
    channels, blocks = (64, 10) if options.quick else (1920, 60)
    program = common.peer_program("spandsp_dtmf", ["spandsp", "m"])
    report = common.Report("dtmf", f"DTMF receiver, {channels} channels, blocks of 10 ms", options.quick)
    for name, sound in sounds(channels, blocks).items():
        parts = cut(sound)
        stream = b"".join(part.tobytes() for part in parts)
        ours, plain, theirs = common.in_turns(
            1 if options.quick else 3,
            lambda parts=parts: cost(parts, plain=False),
            lambda parts=parts: cost(parts, plain=True),
            lambda stream=stream: common.peer_run(program, channels, blocks, stdin=stream)["ns"],
        )
        budget = BUDGET_NS if name in COMMON else None
        report.add(name, ours, "ns/channel", budget=budget, peer="libspandsp", peer_value=theirs)
        report.rows[-1].headline = name in HEADLINES
        report.add(f"{name}, in plain C", plain, "ns/channel")
    report.add("memory", DtmfBank(channels).size / channels, "octets/channel")
    report.print(options)


if __name__ == "__main__":
    main()
