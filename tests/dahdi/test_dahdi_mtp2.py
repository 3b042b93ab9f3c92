"""Links of MTP2 over the kernel module: spans 5-6 have one framed by the driver at timeslot 16, and at 17 the driver at one end and
our framer at the other; spans 7-8 are one clear channel each, for a link of 2 Mbit/s."""

from __future__ import annotations

import errno
import fcntl
import random
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from xunhu._media import engine as media
from xunhu._media.engine import Engine

PATIENCE_S = 60.0
DYNAMIC_DESTROY = 0x4048DA51
SIOS, FISU = bytes((0xFF, 0xFF, 1, 3)), bytes((0x80, 0x81, 0))


class Ends:
    """Two ends of a line in one engine; each unit received is taken at once."""

    def __init__(self, a: int, b: int) -> None:
        self.engine = Engine(
            [{"number": n, "driver": "dahdi", "span": span} for n, span in enumerate((a, b))], tick_ms=20
        )
        self.engine.start()
        self.got: list[list[bytes]] = [[], []]
        self.events: list[media.Event] = []

    def open(self, timeslot: int, kind: int = media.LINK_MTP2, **how: bool) -> None:
        for n in range(2):
            self.engine.link_open(n, n, timeslot, kind, **how)
        self.until(lambda: len(self.engine.links()) == 2)

    def look(self) -> None:
        for n in range(2):
            self.got[n] += self.engine.link_receive(n)
        self.events += self.engine.events()

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            self.look()
            assert time.monotonic() < end, f"it did not happen: {self.got} {self.events}"
            time.sleep(0.005)

    def units(self, n: int) -> list[bytes]:
        return [unit for unit in self.got[n] if len(unit) > 2]

    def send(self, n: int, unit: bytes) -> None:
        assert self.engine.link_send(n, unit)


@pytest.fixture
def ends() -> Iterator[Callable[[int, int], Ends]]:
    made: list[Ends] = []

    def make(a: int, b: int) -> Ends:
        made.append(Ends(a, b))
        return made[-1]

    yield make
    for each in made:
        each.engine.shut()


def msus(seed: int, count: int, header: int = 3, longest: int = 272) -> list[bytes]:
    rng = random.Random(seed)
    out = []
    for n in range(count):
        length = rng.choice((3, 10, 40, longest))
        if header == 6:
            out.append(bytes((n & 0xFF, n >> 8, 7, 0)) + length.to_bytes(2, "little") + rng.randbytes(length))
        else:
            out.append(bytes((n & 0x7F, 0x85, min(length, 63))) + rng.randbytes(length))
    return out


def carry(e: Ends, seed: int, count: int, header: int = 3, ahead: int = 320) -> None:
    """MSUs both ways, none before there is room, all of them there and in order; then the FISU of the last."""
    waiting = [msus(seed + n, count, header) for n in range(2)]
    sent = [list(each) for each in waiting]
    e.got = [[], []]

    def done() -> bool:
        for n in range(2):
            while waiting[n] and e.engine.link_waiting(n) < ahead:
                e.send(n, waiting[n].pop(0))
        last = [sent[1 - n][-1][: header // 3 * 2] + bytes(header // 3) for n in range(2)]
        return all(e.units(n).count(last[n]) >= 2 for n in range(2))

    e.until(done)
    for n in range(2):
        assert [unit for unit in e.units(n) if len(unit) > header + 2] == sent[1 - n]


@pytest.mark.parametrize("timeslot", [16, 17])
def test_units_go_both_ways(ends: Callable[[int, int], Ends], timeslot: int) -> None:
    """16: the driver at both ends. 17: the driver at the first, su.c at the second."""
    e = ends(5, 6)
    e.open(timeslot)
    for unit in (SIOS, FISU, SIOS, FISU):
        e.got = [[], []]
        e.send(0, unit)
        e.send(1, unit)
        e.until(lambda unit=unit: all(e.units(n).count(unit) == 2 for n in range(2)))  # type: ignore[misc]
    carry(e, 1, 100)
    e.got = [[], []]
    time.sleep(0.5)
    e.look()
    assert e.got == [[], []]  # what is repeated is not told


def test_what_is_no_unit_is_units_in_error(ends: Callable[[int, int], Ends]) -> None:
    """A tone at the other end of the link: the driver drops what it takes for frames and says so."""
    e = ends(5, 6)
    e.engine.link_open(0, 0, 17, media.LINK_MTP2)
    e.engine.link_monitor(0, True)
    port, pool = 32 + 17, media.LINE_PORTS
    e.engine.ts_open(port)
    e.engine.tone(pool, [(450, 0, -6, 0, 0)])
    e.engine.connect(pool, port)
    e.until(lambda: len(e.got[0]) > 20)
    assert {len(unit) for unit in e.got[0]} == {2}
    assert e.engine.link_status(0)["bad"] >= len(e.got[0])
    e.engine.link_monitor(0, False)
    e.until(lambda: any(event.type == media.EV_LINK and event.a1 == errno.EBADMSG for event in e.events))
    e.got[0].clear()
    time.sleep(0.3)
    e.look()
    assert e.got[0] == []


def test_control_that_does_not_look_is_a_processor_outage(ends: Callable[[int, int], Ends]) -> None:
    e = ends(5, 6)
    e.open(16)
    e.send(0, FISU)
    e.until(lambda: e.units(1).count(FISU) == 2)
    e.send(1, SIOS)  # waits at 0, where nobody looks
    sipo = FISU[:2] + bytes((1, 4))
    end = time.monotonic() + PATIENCE_S
    got: list[bytes] = []
    while sipo not in got:
        got += e.engine.link_receive(1)
        assert time.monotonic() < end
        time.sleep(0.01)
    e.got = [[], []]
    e.until(lambda: FISU in e.units(1))  # looked at again


def test_two_megabits_over_a_bundle(ends: Callable[[int, int], Ends]) -> None:
    e = ends(7, 8)
    e.open(1, media.LINK_MTP2_HIGH_SPEED)
    fisu = bytes((0xFF, 0x8F, 0xFF, 0x8F, 0, 0))
    e.send(0, fisu)
    e.send(1, fisu)
    e.until(lambda: all(e.units(n).count(fisu) >= 2 for n in range(2)))
    carry(e, 5, 600, 6, 4 * 4960)
    assert e.engine.link_status(0)["bad"] == e.engine.link_status(1)["bad"] == 0


def test_what_cannot_be_is_refused(ends: Callable[[int, int], Ends]) -> None:
    e = ends(5, 1)
    for link, span, timeslot, kind in (
        (0, 0, 1, media.LINK_MTP2_HIGH_SPEED),  # nothing keeps these in step
        (1, 1, 16, media.LINK_MTP2),  # a D channel
        (2, 0, 16, media.LINK_HDLC),  # a link of MTP2
    ):
        e.engine.link_open(link, span, timeslot, kind)
    e.until(lambda: len([event for event in e.events if event.type == media.EV_REFUSED]) == 3)
    refused = [event.a0 for event in e.events if event.type == media.EV_REFUSED]
    assert refused == [errno.EOPNOTSUPP, errno.EPROTO, errno.EPROTO]


def test_a_line_that_goes_down_is_units_in_error(ends: Callable[[int, int], Ends]) -> None:
    """Of each 16 octets one, as in octet counting. The other side of the pair is unmade and, after this test, made anew."""
    e = ends(5, 7)
    e.engine.link_open(0, 0, 16, media.LINK_MTP2)
    e.engine.link_monitor(0, True)
    try:
        record = bytearray(struct.pack("20s40siii", b"loc", b"3:1", 31, 0, 0))
        with Path("/dev/dahdi/ctl").open("rb", buffering=0) as ctl:
            fcntl.ioctl(ctl, DYNAMIC_DESTROY, record)
        e.until(lambda: len(e.got[0]) > 100)
        assert {len(unit) for unit in e.got[0]} == {2}
        before, ticks = len(e.got[0]), e.engine.stats()["ticks"]
        e.until(lambda: e.engine.stats()["ticks"] > ticks + 20)
        e.look()
        ticks = e.engine.stats()["ticks"] - ticks
        assert abs(len(e.got[0]) - before - 10 * ticks) <= 20  # 160 octets a tick
    finally:
        e.engine.shut()
        subprocess.run(["dahdi_cfg"], check=True)
