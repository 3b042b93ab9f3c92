"""What a stream of RTP costs, CPU of one core: 1,500 streams of G.711 in packets of 20 ms, ticks of 10 ms; ns a packet to send, to receive, and a tick
of hearing; memory of a stream; delay and gaps on bad networks, on the virtual clock.

Beside libspeexdsp's jitter buffer, decoded by libspandsp, on as many streams: its put, get, tick and decoding of a packet against our packet and two
ticks (order, statistics, concealment, clock, keys included); and its delay on the same packets.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import common
import numpy as np
from numpy.typing import NDArray

from xunhu._media import rtp

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "_media"))

from rtp_traces import first_sample_ms, hear, speex, trace

BUDGET_SEND_NS = 600.0
BUDGET_RECEIVE_NS = 1200.0  # a packet and the two ticks in which it is heard
BUDGET_RECEIVER = 8192.0


def streams(n: int, rounds: int) -> tuple[float, float, float]:
    """ns: a packet sent (two ticks), a packet taken, a tick of hearing. Medians of the rounds."""
    receivers = [rtp.Receiver(adaptive=False, fixed_ms=40) for _ in range(n)]
    for r in receivers:
        r.accept(8, "PCMA")
    bank = rtp.Streams(receivers, [rtp.Sender("PCMA", seed=i) for i in range(n)])
    packets, octets, out = np.zeros((n, 256), np.uint8), np.zeros(n, np.int32), np.zeros((n, 80), np.int16)
    sound = np.random.default_rng(1).normal(0, 2000, (50, 80)).astype(np.int16)
    sent, taken, heard = [], [], []
    for k in range(rounds):
        at = time.thread_time_ns()
        for tick in (2 * k, 2 * k + 1):
            bank.send(sound[tick % 50], packets, octets)
        sent.append((time.thread_time_ns() - at) / n)
        at = time.thread_time_ns()
        bank.receive(packets, octets, 20_000_000 * k)
        taken.append((time.thread_time_ns() - at) / n)
        at = time.thread_time_ns()
        bank.read(out)
        bank.read(out)
        heard.append((time.thread_time_ns() - at) / n / 2)
    warm = rounds // 5
    return float(np.median(sent[warm:])), float(np.median(taken[warm:])), float(np.median(heard[warm:]))


def voiced(n: int) -> NDArray[np.int16]:
    """Harmonics of a pitch that glides, with pauses and some noise."""
    at = np.arange(n)
    phase = 2 * np.pi * np.cumsum(120 + 30 * np.sin(at / 4000)) / 8000
    x = sum(3000 / k * np.sin(k * phase) for k in range(1, 10)) * (np.sin(at / 3000) > 0)
    return np.asarray(np.rint(x + np.random.default_rng(1).normal(0, 30, n)), np.int16)


def networks(report: common.Report, seconds: float) -> None:
    for name, how in (
        ("1 % lost", {"loss": 0.01}),
        ("3 % lost", {"loss": 0.03}),
        ("10 % lost in bursts of 4", {"loss": 0.10, "burst": 4.0}),
        ("100 ms jitter", {"jitter_ms": 100.0}),
        ("5 % reordered", {"reorder": 0.05}),
        ("200 ppm", {"skew_ppm": 200.0}),
    ):
        t = trace(name, seconds, **how)
        h, theirs, least = hear(t, sound=voiced(t.sent * 160)), speex(t), first_sample_ms(t)
        ours = float(h.delay_ms[100:].mean()) - least
        report.add(
            f"{name}: delay over the quickest packet",
            ours,
            "ms",
            peer="libspeexdsp",
            peer_value=theirs.delay_ms - least,
        )
        report.add(f"{name}: not heard", 100 * h.lost, "%", headline=True)
        report.add(f"{name}: made up", float(h.stats["concealed"]) / 8 / seconds, "ms a s", headline=True)


def main() -> None:
    options = common.parser(__doc__).parse_args()
    n, rounds, seconds = (32, 20, 10.0) if options.quick else (1500, 150, 120.0)
    report = common.Report("rtp", f"RTP kernels, {n} streams of G.711 20 ms", options.quick)
    sent, taken, heard = streams(n, rounds)
    program = common.peer_program("speexdsp_jitter", ["speexdsp", "spandsp", "m"])
    theirs = common.peer_run(program, n, max(rounds // 2, 20))
    report.add("a packet sent", sent, "ns", budget=BUDGET_SEND_NS)
    report.add("a packet received", taken, "ns", headline=True)
    report.add("a tick of hearing", heard, "ns", headline=True)
    both = taken + 2 * heard
    report.add(
        "a packet received and heard",
        both,
        "ns",
        budget=BUDGET_RECEIVE_NS,
        peer="libspeexdsp",
        peer_value=theirs["packet"],
    )
    report.add(
        "all of it, 50 packets a second both ways", 50 * (sent + both) / 1e7, "% of a core a stream", headline=True
    )
    report.add("memory of a stream received", float(rtp.RECEIVER_SIZE), "octets", budget=BUDGET_RECEIVER)
    report.add(
        "memory both ways with RTCP",
        float(rtp.RECEIVER_SIZE + rtp.SENDER_SIZE + rtp.RTCP_SIZE),
        "octets",
        headline=True,
    )
    networks(report, seconds)
    report.note("delay and gaps: virtual clock, the same on every machine")
    report.print(options)


if __name__ == "__main__":
    main()
