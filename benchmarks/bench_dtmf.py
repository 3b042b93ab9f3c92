"""What the DTMF receiver costs: ns per channel and 10 ms block, 1,920 channels (64 E1). Budget: 150 ns."""

import time

import numpy as np
from numpy.typing import NDArray

from xunhu._media.dtmf import DtmfBank

CHANNELS = 1920
BLOCKS = 40
BUDGET_NS = 150.0


def sounds() -> dict[str, NDArray[np.int16]]:
    """One sound a row of channels, BLOCKS blocks long."""
    rng = np.random.default_rng(1)
    t = np.arange(BLOCKS * 80) / 8000
    row = np.zeros((CHANNELS, 1))
    digit = 6000 * (np.sin(2 * np.pi * 770 * t) + np.sin(2 * np.pi * 1336 * t))
    off = 6000 * (np.sin(2 * np.pi * 770 * 1.03 * t) + np.sin(2 * np.pi * 1336 * t))
    keyed = np.where(t % 0.1 < 0.05, digit, 0)
    vowel = sum((3000 / k * np.sin(2 * np.pi * 140 * k * t) for k in range(1, 20)), np.zeros(len(t)))
    return {
        "silence": np.zeros((CHANNELS, len(t)), np.int16),
        "noise": rng.normal(0, 3000, (CHANNELS, len(t))).astype(np.int16),
        "vowel": (row + vowel).astype(np.int16),
        "a digit each 100 ms on all channels": (row + keyed).astype(np.int16),
        "a pair 3 % off, all channels, for ever": (row + off).astype(np.int16),
    }


def cost(sound: NDArray[np.int16], *, plain: bool) -> float:
    bank = DtmfBank(CHANNELS, plain=plain)
    blocks = [np.ascontiguousarray(sound[:, at : at + 80]) for at in range(0, sound.shape[1], 80)]
    took = []
    for block in blocks:
        begin = time.perf_counter_ns()
        bank.run(block)
        took.append(time.perf_counter_ns() - begin)
    return float(np.median(took)) / CHANNELS


def main() -> None:
    print(f"{CHANNELS} channels, {DtmfBank(CHANNELS).size / CHANNELS:.0f} octets each; ns per channel and 10 ms, median")
    for name, sound in sounds().items():
        best, plain = cost(sound, plain=False), cost(sound, plain=True)
        print(f"  {name:42} {best:6.0f} (plain C {plain:.0f}), {best * CHANNELS / 1e7 * 100:.1f} % of a core")


if __name__ == "__main__":
    main()
