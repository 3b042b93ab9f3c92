"""What lines cost: HDLC an idle and a full link, CESoPSN and loop a span and tick of 10 ms, as share of a core."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable

import common

from xunhu._e1.hdlc import Receiver, Transmitter
from xunhu._e1.span import Span

TICK = 80
TICK_NS = 10_000_000
Show = Callable[[str, float], None]
BLOCKS = 100  # a call of HDLC: a second of the line, so that Python's own cost is small


def best(work: Callable[[], object], calls: int, rounds: int = 5) -> float:
    """ns a call, of the quickest round."""
    took = []
    for _ in range(rounds):
        begin = time.perf_counter_ns()
        for _ in range(calls):
            work()
        took.append((time.perf_counter_ns() - begin) / calls)
    return min(took)


def hdlc(report: common.Report, show: Show, less: int) -> None:
    theirs = common.peer_run(common.peer_program("spandsp_lines", ["spandsp", "m"]), "hdlc", 1_000_000 // less)
    rng = random.Random(1)
    idle = Transmitter()
    show("HDLC sending, idle", best(lambda: idle.octets(TICK * BLOCKS), 200 // less) / BLOCKS)
    flags = idle.octets(TICK * BLOCKS)
    receiver = Receiver()
    show("HDLC receiving, idle", best(lambda: receiver.receive(flags), 200 // less) / BLOCKS)
    frames = [rng.randbytes(rng.randint(4, 60)) for _ in range(400)]
    tx, line = Transmitter(), bytearray()
    waiting = list(frames)
    while waiting:
        while waiting and tx.send(waiting[-1]):
            waiting.pop()
        line += tx.octets(TICK)
    octet = best(lambda: receiver.receive(line), 5 // less) / len(line)
    show("HDLC receiving, full", octet * TICK)
    report.add("HDLC receiving, full: an octet", octet, "ns", budget=5.0, peer="libspandsp", peer_value=theirs["receiving"])
    report.rows[-1].headline = True
    octet = sending([rng.randbytes(250) for _ in range(4)])
    show("HDLC sending, full", octet * TICK)
    report.add("HDLC sending, full: an octet", octet, "ns", budget=5.0, peer="libspandsp", peer_value=theirs["sending"])
    report.rows[-1].headline = True


def sending(frames: list[bytes]) -> float:
    """ns an octet of the line: as many frames as the ring takes, long ones so that Python's part is small, then their octets in one go."""
    took = octets = 0
    for _ in range(20):
        tx, given = Transmitter(), 0
        begin = time.perf_counter_ns()
        for frame in frames:
            if not tx.send(frame):
                break
            given += len(frame) + 3
        tx.octets(given)
        took += time.perf_counter_ns() - begin
        octets += given
    return took / octets


def spans(show: Show, less: int) -> None:
    block = bytearray(range(256)) * (32 * TICK // 256)
    a, b = Span.loop_pair()

    def both(x: Span, y: Span) -> Callable[[], None]:
        def tick() -> None:
            for span in (x, y):
                span.read(TICK)
            for span in (x, y):
                span.write(block)

        return tick

    for span in (a, b):
        span.start()
    show("loop, one span", best(both(a, b), 300 // less) / 2)
    for frames in (40, 8):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as t:
            s.bind(("127.0.0.1", 0))
            t.bind(("127.0.0.1", 0))
            names = [f"127.0.0.1:{x.getsockname()[1]}" for x in (s, t)]
        c, d = Span.ces(*names, frames=frames), Span.ces(*names[::-1], frames=frames)
        for span in (c, d):
            span.start()
        show(f"ces, one span, {frames} frames a packet", best(both(c, d), 300 // less) / 2)
        for span in (c, d):
            assert span.status()["lost"] == 0
            span.close()


def main() -> None:
    options = common.parser(__doc__).parse_args()
    less = 5 if options.quick else 1
    report = common.Report("lines", "Lines, a tick of 10 ms", options.quick)

    def show(what: str, ns_per_tick: float) -> None:
        report.add(what, ns_per_tick, "ns/tick")
        report.add(f"{what}: share of a core", ns_per_tick / TICK_NS * 100, "%")

    hdlc(report, show, less)
    spans(show, less)
    report.print(options)


if __name__ == "__main__":
    main()
