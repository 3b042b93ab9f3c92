"""What G.711 costs: ns a sample, blocks of all 1,920 channels' 10 ms, beside libspandsp's functions and a copy of the octets."""

from __future__ import annotations

import time
from collections.abc import Callable

import common
import numpy as np

from xunhu._media import g711

CHANNELS, TICK = 1920, 80


def best(work: Callable[[], object], samples: int, rounds: int) -> float:
    """ns a sample, of the quickest round."""
    took = []
    for _ in range(rounds):
        begin = time.thread_time_ns()
        work()
        took.append(time.thread_time_ns() - begin)
    return min(took) / samples


def main() -> None:
    options = common.parser(__doc__).parse_args()
    n = CHANNELS * TICK
    rounds = 3 if options.quick else 200
    program = common.peer_program("spandsp_lines", ["spandsp", "m"])
    theirs = common.peer_run(program, "g711", n)
    linear = np.random.default_rng(1).integers(-32768, 32767, n, dtype=np.int16)
    octets = {"A-law": g711.alaw_encode(linear), "u-law": g711.ulaw_encode(linear)}
    report = common.Report("g711", f"G.711, {CHANNELS} channels, blocks of 10 ms", options.quick)
    ways: list[tuple[str, Callable[[], object], float, str]] = [
        ("A-law decode", lambda: g711.alaw_decode(octets["A-law"]), 0.3, "decode"),
        ("A-law encode", lambda: g711.alaw_encode(linear), 1.0, "encode"),
        ("u-law decode", lambda: g711.ulaw_decode(octets["u-law"]), 0.3, ""),
        ("u-law encode", lambda: g711.ulaw_encode(linear), 1.0, ""),
    ]
    for name, work, budget, peer in ways:
        value = best(work, n, rounds)
        if peer:
            report.add(name, value, "ns/sample", budget=budget, peer="libspandsp", peer_value=theirs[peer])
        else:
            report.add(name, value, "ns/sample", budget=budget)
        report.rows[-1].headline = bool(peer)
    report.add("a copy of the samples, the least a decoder can take", theirs["copy"], "ns/sample")
    report.print(options)


if __name__ == "__main__":
    main()
