"""Signal units against a model of Q.703 that shares nothing with the C: the line as a text of bits, read with a pattern."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu._e1.su import UNIT_MAX, Receiver, Transmitter

FLAG = "01111110"


def check_bits(data: bytes) -> int:
    """X.25 §2.2.7 by long division: the remainder of the inverted first 16 bits, inverted."""
    register = 0xFFFF
    for octet in data:
        for k in range(8):
            feedback = (register ^ octet >> k) & 1
            register = register >> 1 ^ (0x8408 if feedback else 0)
    return register ^ 0xFFFF


def bits_of(unit: bytes) -> str:
    """Octets with their check bits in the order of transmission, zeros inserted (Q.703 §3.2)."""
    whole = unit + check_bits(unit).to_bytes(2, "little")
    return "".join(f"{octet:08b}"[::-1] for octet in whole).replace("11111", "111110")


def line_of(*parts: str) -> bytes:
    bits = "".join(parts)
    bits += FLAG * 2
    bits += (FLAG * 8)[: -len(bits) % 8]
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


class Model:
    """Q.703 §4 and §10.2 over a whole line."""

    def __init__(self, line: bytes, *, extended: bool, monitor: bool) -> None:
        self.header = 6 if extended else 3
        self.records: list[bytes] = []
        self.good = 0
        self.units = 0
        self.monitor = monitor
        self.same: bytes | None = None
        self.times = 0
        self.run("".join(f"{octet:08b}" for octet in line))

    def errored(self) -> None:
        if self.monitor:
            self.records.append(min(self.good, 65535).to_bytes(2, "big"))
            self.good = 0

    def run(self, bits: str) -> None:
        longest = 279 + 2 if self.header == 6 else 276 + 2
        counting, counted = True, 0
        begun: int | None = None  # bits since the last flag, while a unit is under way
        ones, kept, at = 0, "", 0
        while at < len(bits):
            was_counting = counting
            for bit in bits[at : at + 8]:
                before = ones
                ones = ones + 1 if bit == "1" else 0
                if ones == 7:
                    if begun is not None:
                        counted = counted if counting else 0
                        counting, begun = True, None
                    continue
                if bit == "0" and before == 6:
                    if begun is not None and self.ends(kept[:-7], counting=counting):
                        counting = False
                    begun, kept = 0, ""
                    continue
                if begun is None or (bit == "0" and before == 5):
                    continue
                kept += bit
                if len(kept) == 8 * (longest + 1):
                    counted = counted if counting else 0
                    counting, begun = True, None
            at += 8
            if was_counting and counting:
                counted += 1
                if counted == 16:
                    counted = 0
                    self.errored()
            elif not counting:
                counted = 0

    def ends(self, kept: str, *, counting: bool) -> bool:
        """Whether a good unit has ended."""
        if not kept:
            return False
        whole = len(kept) % 8 == 0
        octets = bytes(int(kept[k : k + 8][::-1], 2) for k in range(0, len(kept) // 8 * 8, 8))
        if whole and len(octets) >= self.header + 2 and check_bits(octets[:-2]) == int.from_bytes(octets[-2:], "little"):
            self.unit(octets[:-2])
            return True
        if not counting:
            self.errored()
        return False

    def unit(self, unit: bytes) -> None:
        self.units += 1
        self.good += 1
        li = int.from_bytes(unit[4:6], "little") & 0x1FF if self.header == 6 else unit[2] & 0x3F
        fill = li <= 2 and len(unit) == self.header + li
        self.times = self.times + 1 if fill and unit == self.same else 1
        self.same = unit if fill else None
        if not fill or self.times <= 2:
            self.records.append(unit)


def agree(line: bytes, *, extended: bool = False, monitor: bool = True) -> list[bytes]:
    model = Model(line, extended=extended, monitor=monitor)
    for size in (len(line), 80, 1):
        receiver = Receiver(extended=extended)
        receiver.monitor(monitor)
        got = [record for at in range(0, len(line), size) for record in receiver.receive(line[at : at + size])]
        assert got == model.records
        assert receiver.counters()["units"] == model.units
    return model.records


def fisu(bsn: int = 127, fsn: int = 127, *, extended: bool = False) -> bytes:
    if extended:
        return bytes((bsn, 0x80, fsn, 0x80, 0, 0))
    return bytes((0x80 | bsn, 0x80 | fsn, 0))


units = st.tuples(st.binary(min_size=3, max_size=40), st.booleans()).map(lambda t: t[0] if t[1] else t[0][:2] + b"\0")


@settings(max_examples=150, deadline=None)
@given(st.data(), st.booleans(), st.booleans())
def test_lines_of_other_senders(data: st.DataObject, extended: bool, monitor: bool) -> None:
    """Units, good and bad, with any flags between them, at any place in the octets."""
    parts = ["1" * data.draw(st.integers(0, 20)), FLAG]
    for _ in range(data.draw(st.integers(1, 12))):
        unit = data.draw(units)
        if extended:
            unit = fisu(extended=True) if len(unit) == 3 else unit[:2] * 2 + b"\x20\0" + unit
        bits = bits_of(unit)
        damage = data.draw(st.integers(0, 9))
        if damage == 0:
            at = data.draw(st.integers(0, len(bits) - 1))
            bits = bits[:at] + ("1" if bits[at] == "0" else "0") + bits[at + 1 :]
        elif damage == 1:
            bits = bits[: data.draw(st.integers(0, len(bits)))]
        elif damage == 2:
            bits += "1" * data.draw(st.integers(1, 300))
        between = data.draw(st.sampled_from([FLAG, FLAG * 2, FLAG[:-1] * 2 + "0", FLAG * 5, FLAG[:-1] + FLAG]))
        parts += [bits, between] * data.draw(st.sampled_from([1, 1, 1, 2, 3, 12, 40]))
    agree(line_of(*parts), extended=extended, monitor=monitor)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_noise(noise: bytes, extended: bool) -> None:
    agree(noise + b"\x7e" + noise[::-1] + line_of(FLAG, bits_of(fisu(extended=extended)), FLAG), extended=extended)


def test_the_longest_and_one_more() -> None:
    for extended, header in ((False, 3), (True, 6)):
        longest = bytes((1, 2, 63)) + bytes(273) if not extended else bytes((1, 0, 2, 0, 0x11, 1)) + bytes(273)
        assert len(longest) == header + 273
        good = FLAG + bits_of(fisu(extended=extended)) + FLAG
        assert longest in agree(line_of(good, bits_of(longest), FLAG), extended=extended)
        records = agree(line_of(good, bits_of(longest + b"\0"), good), extended=extended)
        assert [len(record) for record in records if len(record) > 2] == [header, header]


def test_octet_counting_is_one_error_for_16_octets() -> None:
    """Q.703 §10.2, and its end with a good unit (§4.1.4)."""
    good = FLAG + bits_of(fisu()) + FLAG
    records = agree(line_of(good, "1" * (8 * 16 * 10 + 15), good))
    assert [len(record) for record in records].count(2) == 10
    assert records[0] == records[-1] == fisu()


@pytest.mark.parametrize("extended", [False, True])
def test_what_is_sent(extended: bool) -> None:
    """The transmitter's line, read with a pattern: one flag between, and the right repetition."""
    rng = random.Random(7)
    tx = Transmitter(extended=extended)
    header = 6 if extended else 3
    line = tx.octets(20)
    assert line == b"\x7e" * 20
    sent: list[bytes] = []
    for number in range(60):
        if rng.random() < 0.5:
            unit = fisu(number, 5, extended=extended)
        else:
            length = rng.choice((3, 30, 273))
            size = length.to_bytes(2, "little") if extended else bytes((min(length, 63),))
            unit = fisu(number, 5, extended=extended)[: header // 3 * 2] + size + rng.randbytes(length)
        sent.append(unit)
        assert tx.send(unit)
        line += tx.octets(rng.choice((1, 9, 80, 400)))
    while tx.waiting:
        line += tx.octets(1)
    line += tx.octets(80)
    assert tx.units == len(sent)
    bits = "".join(f"{octet:08b}" for octet in line).removeprefix(FLAG * 19)
    between = re.split(FLAG, bits)[1:-1]
    assert "" not in between  # never two flags
    waiting = list(sent)
    fill = b""
    for stuffed in between:
        plain = re.sub("111110", "11111", stuffed)
        octets = bytes(int(plain[k : k + 8][::-1], 2) for k in range(0, len(plain), 8))
        assert bits_of(octets[:-2]) == stuffed
        unit = octets[:-2]
        if unit == fill and not (waiting and waiting[0] == unit):
            continue
        assert unit == waiting.pop(0)
        fill = unit[: header // 3 * 2] + bytes(header // 3)
    assert waiting == []


def test_processor_outage() -> None:
    tx, rx = Transmitter(), Receiver()
    tx.send(fisu(1, 2))
    assert rx.receive(tx.octets(100)) == [fisu(1, 2)] * 2
    tx.outage(True)
    assert rx.receive(tx.octets(100)) == [bytes((0x81, 0x82, 1, 4))] * 2
    tx.outage(False)
    assert rx.receive(tx.octets(100)) == [fisu(1, 2)] * 2
    rx.again()
    assert rx.receive(tx.octets(100)) == [fisu(1, 2)] * 2


def test_no_room_and_no_unit() -> None:
    tx = Transmitter()
    for unit in (b"", b"ab", bytes(UNIT_MAX + 1)):
        with pytest.raises(ValueError, match="header"):
            tx.send(unit)
    while tx.send(bytes(200)):
        pass
    assert tx.waiting > 7000
    with pytest.raises(ValueError, match="negative"):
        tx.octets(-1)
    assert tx.octets(0) == b""
    assert Receiver().receive(b"") == []
