"""Telephone events, RFC 4733: one key is one key, whatever is lost; and how they are sent."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu._media import rtp

CODES = {c: i for i, c in enumerate("0123456789*#ABCD!")}
Packet = tuple[int, int, bytes]  # sample of coming, timestamp, payload


def event(digit: str, duration: int, *, end: bool = False, volume: int = 10) -> bytes:
    return struct.pack("!BBH", CODES[digit], end << 7 | volume, duration)


def said(digit: str, at: int, length: int = 800, *, step: int = 400, ends: int = 3) -> list[Packet]:
    """As a telephone does: updates each 50 ms, the end three times."""
    out = [(at, at, event(digit, min(160, length)))]
    out += [(at + d, at, event(digit, d)) for d in range(step, length, step)]
    return out + [(at + length + 160 * i, at, event(digit, length, end=True)) for i in range(ends)]


def heard(packets: list[Packet], *, until: int = 0) -> list[tuple[str, bool, int]]:
    keys, out = rtp.Keys(), []
    end = max([until, *(at for at, _, _ in packets)]) + 4000
    waiting = sorted(packets, key=lambda p: p[0])
    for now in range(0, end, 80):
        while waiting and waiting[0][0] <= now:
            _, timestamp, payload = waiting.pop(0)
            out += keys.payload(timestamp & 0xFFFFFFFF, payload, now)
        out += keys.tick(now)
    return out


def pairs(text: str, length: int = 800) -> list[tuple[str, bool, int]]:
    return [(d, e, length if e else n) for d in text for e, n in ((False, 0), (True, 1))]


def test_each_key_once() -> None:
    packets = [p for i, d in enumerate("0123456789*#ABCD!") for p in said(d, 2000 * i)]
    got = heard(packets)
    assert [(d, e) for d, e, _ in got] == [(d, e) for d in "0123456789*#ABCD!" for e in (False, True)]
    assert all(n == 800 for _, e, n in got if e)


def test_the_same_key_twice_is_two() -> None:
    assert [(d, e) for d, e, _ in heard(said("5", 0) + said("5", 1200))] == [("5", False), ("5", True)] * 2


@given(st.data())
def test_whatever_is_lost(data: st.DataObject) -> None:
    """Of each key any packets but one may be lost; others come twice. Each is one key, in its order."""
    digits = data.draw(st.text("0123456789", min_size=1, max_size=6))
    packets: list[Packet] = []
    for i, digit in enumerate(digits):
        all_of_it = said(digit, 3000 * i)
        kept = data.draw(st.lists(st.sampled_from(all_of_it), min_size=1, max_size=12))
        packets += kept
    got = heard(packets)
    assert "".join(d for d, e, _ in got if not e) == digits
    assert "".join(d for d, e, _ in got if e) == digits
    assert [e for _, e, _ in got] == [False, True] * len(digits)


@given(st.permutations(range(len(said("7", 0)))))
def test_order_makes_no_difference(order: list[int]) -> None:
    packets = said("7", 0)
    mixed = [(80 * i, packets[k][1], packets[k][2]) for i, k in enumerate(order)]
    assert [(d, e) for d, e, _ in heard(mixed)] == [("7", False), ("7", True)]


def test_a_lost_end_is_found_by_time_or_by_the_next_key() -> None:
    got = heard(said("3", 0, ends=0))
    assert [(d, e) for d, e, _ in got] == [("3", False), ("3", True)]
    assert got[1][2] == 400
    got = heard(said("3", 0, ends=0) + said("4", 1000))
    assert [(d, e) for d, e, _ in got] == [("3", False), ("3", True), ("4", False), ("4", True)]


def test_overlapping_events_end_each_other() -> None:
    """RFC 4733 §2.5.1.5 has none of this within one stream; it has been seen: the newer ends the older, whose late packets are passed over."""
    packets = [
        (0, 0, event("1", 160)),
        (400, 300, event("2", 160)),
        (480, 0, event("1", 480, end=True)),
        (900, 300, event("2", 600, end=True)),
    ]
    assert [(d, e) for d, e, _ in heard(packets)] == [("1", False), ("1", True), ("2", False), ("2", True)]


def test_a_long_key_in_segments_is_one() -> None:
    """§2.5.1.3: 0xFFFF ticks each; the last packet of a segment may be lost."""
    for lost in (False, True):
        packets = [(d, 0, event("8", d)) for d in range(400, 0xFFFF, 400)]
        packets += [] if lost else [(0xFFFF, 0, event("8", 0xFFFF))]
        packets += [(0xFFFF + d, 0xFFFF, event("8", d)) for d in range(400, 8000, 400)]
        packets += [(0xFFFF + 8000, 0xFFFF, event("8", 8000, end=True))]
        got = heard(packets)
        assert [(d, e) for d, e, _ in got] == [("8", False), ("8", True)]
        assert got[1][2] == 0xFFFF + 8000


def test_a_sender_that_moves_the_timestamp() -> None:
    packets = [(160 * i, 160 * i, event("6", 160 * (i + 1))) for i in range(6)]
    packets += [(960 + 160 * i, 960, event("6", 1120, end=True)) for i in range(3)]
    assert [(d, e) for d, e, _ in heard(packets)] == [("6", False), ("6", True)]


def test_blocks_of_several_events_and_other_clocks() -> None:
    """§2.3: blocks follow each other in time. 48 kHz: lengths are of 8 kHz."""
    keys = rtp.Keys()
    got = keys.payload(0, event("1", 800, end=True) + event("2", 400), 0) + keys.payload(
        800, event("2", 800, end=True), 800
    )
    assert [(d, e) for d, e, _ in got] == [("1", False), ("1", True), ("2", False), ("2", True)]
    assert [n for _, e, n in got if e] == [800, 800]
    keys = rtp.Keys()
    assert keys.payload(0, event("1", 4800, end=True), 0, 48000)[-1] == ("1", True, 800)
    for bad in (b"", b"abc", event("1", 1) * 17, event("1", 1) + b"x"):
        with pytest.raises(ValueError, match="no telephone events"):
            keys.payload(0, bad, 0)


def test_other_events_have_no_digit() -> None:
    keys = rtp.Keys()
    assert [(d, e) for d, e, _ in keys.payload(0, struct.pack("!BBH", 36, 0x8A, 80), 0)] == [("", False), ("", True)]
    assert keys.take() == []


# -- sent --------------------------------------------------------------------------------------------


def sent(sender: rtp.Sender, ticks: int, block: int = 80) -> list[tuple[int, dict[str, object]]]:
    x = np.full(block, 1000, np.int16)
    return [(t * block + block, rtp.parse(p)) for t in range(ticks) for p in sender.write(x)]


@pytest.mark.parametrize("ptime", [10, 20, 30, 40, 60])
def test_how_a_key_is_sent(ptime: int) -> None:
    sender = rtp.Sender("PCMA", ptime_ms=ptime, key_type=101)
    before = sent(sender, 13)
    sender.digits("5", 120, 50)
    now = sender.timestamp
    got = sent(sender, 60)
    keys = [(at, h) for at, h in got if h["payload_type"] == 101]
    assert keys[0][0] == 80  # with the next tick, whatever is pending
    assert {h["timestamp"] for _, h in keys} == {(now + 80) % 2**32}
    assert [h["marker"] for _, h in keys] == [True] + [False] * (len(keys) - 1)
    blocks = [struct.unpack("!BBH", h["payload"]) for _, h in keys]  # type: ignore[arg-type]
    assert {b[0] for b in blocks} == {5}
    ends = [(at, b[2]) for (at, _), b in zip(keys, blocks, strict=True) if b[1] & 0x80]
    length = -(-960 // (8 * ptime)) * 8 * ptime
    assert [n for _, n in ends] == [length] * 3
    assert [at - ends[0][0] for at, _ in ends] == [0, 8 * ptime, 16 * ptime]
    assert ends[0][0] - keys[0][0] == length
    updates = [b[2] for b in blocks if not b[1] & 0x80]
    assert updates == sorted(updates)
    assert all(at - keys[0][0] == n for (at, _), n in list(zip(keys, updates, strict=False))[1:])
    gaps = np.diff([at for at, _ in keys[: len(updates)]])
    assert all(g <= max(480, 8 * ptime) for g in gaps)
    sound = [(at, h) for at, h in got if h["payload_type"] == 8]
    during = [at for at, _ in sound if keys[0][0] <= at <= ends[0][0]]
    assert not during
    after = next(h for at, h in sound if at > ends[0][0])
    assert after["marker"]
    assert after["timestamp"] == (now + 80 + length) % 2**32  # no sound twice, none left out
    numbers = [h["sequence"] for _, h in before + got]
    assert numbers == [(numbers[0] + i) % 65536 for i in range(len(numbers))]  # type: ignore[operator]


def test_many_digits_with_pauses() -> None:
    sender = rtp.Sender("PCMU", key_type=96)
    sender.digits("12,#", 100, 60)
    sender.digits("a!", 60, 40)
    keys, out = rtp.Keys(), []
    began = {}
    for at, h in sent(sender, 300):
        if h["payload_type"] == 96:
            for key in keys.payload(h["timestamp"], h["payload"], at):  # type: ignore[arg-type]
                out.append(key)
                if not key[1]:
                    began[key[0]] = at
    assert [(d, e) for d, e, _ in out] == [(d, e) for d in "12#A!" for e in (False, True)]
    assert not sender.dialing
    assert began["2"] - began["1"] == 800 + 480
    assert began["#"] - began["2"] >= 800 + 480 + 4000


def test_ten_seconds_are_sent_in_segments() -> None:
    sender = rtp.Sender("PCMA", key_type=101)
    sender.digits("9", 10000, 50)
    keys, out = rtp.Keys(), []
    stamps = set()
    for at, h in sent(sender, 1100):
        if h["payload_type"] == 101:
            stamps.add(h["timestamp"])
            out += keys.payload(h["timestamp"], h["payload"], at)  # type: ignore[arg-type]
    assert [(d, e) for d, e, _ in out] == [("9", False), ("9", True)]
    assert out[-1][2] == 80000
    assert len(stamps) == 2


def test_stopped_at_once() -> None:
    sender = rtp.Sender("PCMA", key_type=101)
    sender.digits("123", 5000, 50)
    sent(sender, 20)
    sender.digits_stop()
    keys = [h for _, h in sent(sender, 100) if h["payload_type"] == 101]
    assert [struct.unpack("!BBH", h["payload"])[1] >> 7 for h in keys] == [1, 1, 1]  # type: ignore[arg-type]
    assert not sender.dialing


def test_what_cannot_be_sent() -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        rtp.Sender("PCMA").digits("1")
    sender = rtp.Sender("PCMA", key_type=101)
    for digits, on, off in (("x", 100, 50), ("1", 10, 50), ("1", 100, 70000), ("1" * 65, 100, 50)):
        with pytest.raises(ValueError, match="cannot be sent"):
            sender.digits(digits, on, off)
    assert not sender.dialing
