"""MTP2 links of the engine over loop spans: what one control gives the other gets, and what nobody gives the engine does itself."""

from __future__ import annotations

import asyncio
import errno
import random
import socket
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from xunhu._media import engine as media
from xunhu._media.engine import Engine
from xunhu.call.media import MediaPlane

LSSU, FISU = bytes((0xFF, 0xFF, 1, 0)), bytes((0x80, 0x81, 0))
SIPO = 4
TICK_S = 0.01


@pytest.fixture
def engine() -> Iterator[Engine]:
    e = Engine([{"number": 0, "driver": "loop", "peer": 1}])
    yield e
    e.shut()


def pair(engine: Engine, kind: int = media.LINK_MTP2, **how: object) -> None:
    """Link 0 on span 0, link 1 on span 1."""
    engine.link_open(0, 0, 16, kind, **how)  # type: ignore[arg-type]
    engine.link_open(1, 1, 16, kind, **how)  # type: ignore[arg-type]
    engine.tick()
    assert engine.events() == []


def msu(number: int, length: int = 20, *, extended: bool = False) -> bytes:
    body = random.Random(number).randbytes(length)
    if extended:
        return number.to_bytes(2, "little") + b"\x34\x12" + length.to_bytes(2, "little") + body
    return bytes((number & 0x7F, 0x55, min(length, 63))) + body


def received(engine: Engine, link: int, ticks: int) -> list[bytes]:
    """As a control does: it looks after each tick."""
    out = []
    for _ in range(ticks):
        engine.tick()
        out += engine.link_receive(link)
    return out


def test_the_last_unit_is_repeated_and_repetitions_are_counted(engine: Engine) -> None:
    pair(engine)
    assert received(engine, 1, 5) == []  # flags
    assert engine.link_send(0, LSSU)
    assert received(engine, 1, 100) == [LSSU, LSSU]
    status = engine.link_status(1)
    assert status["kind"] == media.LINK_MTP2
    assert status["repeats"] > 8000 * 0.8 / 7  # a second of 8000 octets, 7 and a bit each
    assert status["bad"] == 0
    assert engine.link_send(0, FISU)
    assert received(engine, 1, 100) == [FISU, FISU]


def test_an_msu_is_followed_by_its_fisu(engine: Engine) -> None:
    pair(engine)
    engine.link_send(0, FISU)
    received(engine, 1, 10)
    units = [msu(n) for n in range(5)]
    for unit in units:
        assert engine.link_send(0, unit)
    assert received(engine, 1, 10) == [*units, *[units[-1][:2] + b"\0"] * 2]


def test_waiting_counts_the_queue_and_the_unit_under_way(engine: Engine) -> None:
    pair(engine)
    assert engine.link_waiting(0) == 0
    for n in range(20):
        engine.link_send(0, msu(n, 37))
    assert engine.link_waiting(0) == 20 * 42
    left = []
    while engine.link_waiting(0):
        engine.tick()
        left.append(engine.link_waiting(0))
    assert 10 <= len(left) <= 13  # 20 units of 43 octets and their stuffing
    assert all(75 <= a - b <= 95 for a, b in pairwise(left[:-1]))


def test_errored_units_come_only_while_they_are_wanted(engine: Engine) -> None:
    pair(engine)
    engine.link_send(0, FISU)
    assert received(engine, 1, 10) == [FISU, FISU]
    engine.link_monitor(1, True)
    assert received(engine, 1, 10) == [FISU, FISU]  # anew
    engine.loop_cut(0, True)
    got = received(engine, 1, 64)
    # 64 ticks of 80 octets, one of which was still on the way; 5 records a tick
    assert set(map(len, got)) == {2}
    assert 63 * 5 - 1 <= len(got) <= 64 * 5
    assert int.from_bytes(got[0], "big") > 100
    assert set(got[1:]) == {b"\0\0"}
    engine.loop_cut(0, False)
    got = received(engine, 1, 10)
    assert [unit for unit in got if len(unit) > 2] == []  # it is known, and comes again
    engine.link_monitor(1, False)
    assert received(engine, 1, 20) == [FISU, FISU]
    engine.loop_cut(0, True)
    assert received(engine, 1, 20) == []


@pytest.mark.parametrize("extended", [False, True])
def test_full_both_ways(engine: Engine, extended: bool) -> None:
    pair(engine, extended=extended)
    rng = random.Random(1)
    sent: list[list[bytes]] = [[], []]
    got: list[list[bytes]] = [[], []]
    for tick in range(300):
        for link in (0, 1):
            while tick < 290 and engine.link_waiting(link) < 160:
                unit = msu(len(sent[link]) & 0xFFF, rng.choice((3, 20, 40, 62, 63, 100, 272)), extended=extended)
                assert engine.link_send(link, unit)
                sent[link].append(unit)
        engine.tick()
        for link in (0, 1):
            got[link] += engine.link_receive(link)
    header = 6 if extended else 3
    for link in (0, 1):
        assert [unit for unit in got[1 - link] if len(unit) > header] == sent[link]
        assert len(got[1 - link]) == len(sent[link]) + 2  # no FISU between: the next unit follows at once
        assert engine.link_status(link)["bad"] == 0
        octets = sum(map(len, sent[link])) + 3 * len(sent[link])
        assert octets > 290 * 80 * 0.95 - 300


@pytest.mark.parametrize("timeslots", [0, 0x0001_0000, 0x8001_0100])
def test_high_speed(engine: Engine, timeslots: int) -> None:
    pair(engine, media.LINK_MTP2_HIGH_SPEED, timeslots=timeslots)
    rng = random.Random(2)
    slots = bin(timeslots).count("1") or 31
    sent: list[bytes] = []
    got: list[bytes] = []
    for _ in range(100):
        while engine.link_waiting(0) < 160 * slots:
            unit = msu(len(sent) & 0xFFF, rng.randint(10, 50), extended=True)
            assert engine.link_send(0, unit)
            sent.append(unit)
        engine.tick()
        got += engine.link_receive(1)
    got += received(engine, 1, 10)
    assert [unit for unit in got if len(unit) > 6] == sent
    assert engine.link_status(1)["rx_lost"] == 0
    assert sum(len(unit) + 3 for unit in sent) > 100 * 80 * slots * 0.94
    free = [t for t in range(1, 32) if not (timeslots or 0xFFFFFFFE) >> t & 1]
    for timeslot in free[:2]:
        engine.ts_open(timeslot)
    engine.ts_open(16)
    engine.tick()
    assert [(e.type, e.a0) for e in engine.events()] == [(media.EV_REFUSED, errno.EBUSY)]


def test_the_octets_of_a_frame_stand_in_their_order(engine: Engine) -> None:
    """Two timeslots read by their own: each has every other octet of the line."""
    engine.link_open(0, 0, 3, media.LINK_MTP2_HIGH_SPEED, timeslots=1 << 3 | 1 << 9, extended=False)
    engine.link_open(1, 1, 9, media.LINK_MTP2_HIGH_SPEED, timeslots=1 << 9 | 1 << 3, extended=False)
    engine.tick()
    engine.link_send(0, msu(1, 200))
    assert msu(1, 200) in received(engine, 1, 5)
    engine.link_close(1)
    engine.link_open(1, 1, 3, media.LINK_MTP2, extended=False)
    assert received(engine, 1, 10) == []


def test_a_control_that_does_not_look_is_a_processor_outage(engine: Engine) -> None:
    pair(engine)
    engine.link_send(0, FISU)
    engine.link_send(1, FISU)
    assert received(engine, 1, 10) == [FISU, FISU]
    engine.tick(60)  # nobody looks at link 0, where FISUs of the far end wait
    assert engine.link_receive(1) == [FISU[:2] + bytes((1, SIPO))] * 2
    assert engine.link_status(0)["outage"] == 1
    assert engine.link_status(1)["outage"] == 0  # its queue was empty
    assert engine.link_receive(0) != []
    assert received(engine, 1, 10) == [FISU, FISU]
    assert engine.link_status(0)["outage"] == 0


def test_a_link_out_of_service_goes_on_as_it_is(engine: Engine) -> None:
    pair(engine)
    engine.link_send(0, LSSU)
    engine.link_send(1, FISU)
    assert received(engine, 1, 100) == [LSSU, LSSU]
    assert engine.link_status(0)["outage"] == 1


def test_a_control_that_is_gone_is_a_processor_outage_until_another_sends() -> None:
    engine = Engine([{"number": 0, "driver": "loop", "peer": 1}], shared=True)
    engine.share()
    pair(engine)
    engine.link_send(0, FISU)
    assert received(engine, 1, 10) == [FISU, FISU]
    engine.control_gone()
    assert received(engine, 1, 10) == [FISU[:2] + bytes((1, SIPO))] * 2
    engine.share()
    again = received(engine, 1, 10)
    assert again == [FISU[:2] + bytes((1, SIPO))] * 2  # told anew, and still out
    engine.link_send(0, LSSU)
    assert received(engine, 1, 10) == [LSSU, LSSU]
    engine.link_send(0, FISU)
    assert received(engine, 1, 10) == [FISU, FISU]
    engine.shut()


def test_a_unit_that_is_none_is_told(engine: Engine) -> None:
    pair(engine, extended=True)
    engine.link_send(0, b"\1\2\3\4\5")  # shorter than the extended header
    received(engine, 1, 101)
    assert engine.link_status(0)["tx_lost"] == 1
    assert [(e.a0, e.a1) for e in engine.events() if e.type == media.EV_LINK] == [(0, errno.EMSGSIZE)]


def test_what_was_given_while_the_span_was_missing_is_repeated_when_it_is_back() -> None:
    """Level 2 gives a unit once; a FISU from before must not go on for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        taken.bind(("127.0.0.1", 0))
        free.bind(("127.0.0.1", 0))
        here, there = (f"127.0.0.1:{s.getsockname()[1]}" for s in (taken, free))
        free.close()
        engine = Engine(
            [
                {"number": 0, "driver": "ces", "local": here, "remote": there},
                {"number": 1, "driver": "ces", "local": there, "remote": here},
            ]
        )
        for n in range(2):
            engine.link_open(n, n, 16, media.LINK_MTP2)
        engine.tick(2)
        assert engine.link_send(0, FISU)
        assert engine.link_send(0, msu(3))
        engine.tick(2)
        assert engine.link_status(0)["tx_lost"] == 2
        assert engine.link_waiting(0) == 0
    got: list[bytes] = []
    for _ in range(300):
        got += received(engine, 1, 1)
        time.sleep(0.0005)
    assert {unit for unit in got if len(unit) > 2} == {msu(3)[:2] + b"\0"}
    engine.shut()


def test_the_media_plane_keeps_kind_and_monitoring() -> None:
    async def scene() -> None:
        plane = MediaPlane(asyncio.get_running_loop())
        got: list[list[bytes]] = []
        a = plane.open_link(0, 16, on_frames=lambda frames: None, kind=media.LINK_MTP2)
        b = plane.open_link(1, 16, on_frames=got.append, kind=media.LINK_MTP2)
        b.monitor(True)
        assert a.waiting() == 0
        assert not a.send(FISU)
        for _ in range(2):  # two engines, one after the other
            engine = Engine([{"number": 0, "driver": "loop", "peer": 1}])
            plane.attach(engine)
            engine.tick()
            plane.pump()
            assert a.send(FISU)
            assert a.waiting() == 5
            for _ in range(5):
                engine.tick()
                plane.pump()
            assert [unit for tick in got for unit in tick if len(unit) > 2] == [FISU, FISU]
            got.clear()
            engine.loop_cut(0, True)
            for _ in range(5):
                engine.tick()
                plane.pump()
            assert {len(unit) for tick in got for unit in tick} == {2}
            got.clear()
            plane.detach()
            engine.shut()
        # one that is open with another kind is opened anew
        engine = Engine([{"number": 0, "driver": "loop", "peer": 1}])
        engine.link_open(0, 0, 16)
        engine.tick()
        plane.attach(engine)
        engine.tick(3)
        plane.pump()
        assert {engine.link_status(number)["kind"] for number, _, _ in engine.links()} == {media.LINK_MTP2}
        assert len(engine.links()) == 2
        plane.detach()
        engine.shut()
        with pytest.raises(ValueError, match="on_frame"):
            plane.open_link(0, 1)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"kind": 3}, "kind"),
        ({"kind": media.LINK_MTP2, "timeslots": 0x10000}, "HIGH_SPEED"),
        ({"kind": media.LINK_MTP2_HIGH_SPEED, "timeslots": 0x10001}, "mask"),
        ({"kind": media.LINK_MTP2_HIGH_SPEED, "timeslots": 0x8}, "mask"),
        ({"kind": media.LINK_HDLC, "extended": True}, "header"),
    ],
)
def test_bad_arguments(engine: Engine, how: dict[str, int], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        engine.link_open(0, 0, 16, **how)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="link"):
        engine.link_waiting(128)
