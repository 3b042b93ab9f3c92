"""A node of ours in real time: MTP 2, MTP 3 and a user part over E1 lines by circuit emulation, without the switch around it.

A link in timeslot 16 of each line, SLC 0 and 1. Framing is what xunhu._e1.hdlc gives, with octet counting and the filter for repeated units here. Every
unit either way is kept for tshark (`write_pcap`).
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from xunhu._e1.hdlc import Receiver, Transmitter
from xunhu._e1.span import Span
from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp3 import Mtp3
from xunhu._ss7.mtp_primitives import LinkRequestKind, ManagementIndication
from xunhu._ss7.node import Node

FRAMES = 40
TIMESLOT = 16
IDLE = 0xD5
NATIONAL = 2
LINKTYPE_MTP2 = 140
STALL_NS = 15_000_000  # between two ticks; the jitter buffers are 20 ms deep
COUNTED = 16  # N of octet counting, Q.703 §10.2.3


class SignalUnits:
    """Units of one link, to and from the octets of its timeslot."""

    def __init__(self) -> None:
        self.rx, self.tx = Receiver(), Transmitter()
        self.filler = b""
        self._last = b""
        self._same = 0
        self._good = 0
        self._ones = 0
        self._errors = 0

    def _errored(self) -> bytes:
        good, self._good = self._good, 0
        return min(good, 0xFFFF).to_bytes(2, "big")

    def receive(self, octets: bytes) -> list[bytes]:
        """As the engine's framer gives them: units, and records of two octets of errored ones."""
        units = []
        if octets.count(0xFF) == len(octets):
            self._ones += len(octets)
            while self._ones >= COUNTED:
                self._ones -= COUNTED
                units.append(self._errored())
        for unit in self.rx.receive(octets):
            self._ones = 0
            self._good += 1
            self._same = self._same + 1 if unit == self._last and len(unit) <= 5 else 0
            self._last = unit
            if self._same < 2:
                units.append(unit)
        counters = self.rx.counters()
        errors = sum(counters.values()) - counters["frames"]
        while self._errors < errors:
            self._errors += 1
            units.append(self._errored())
        return units

    def send(self, unit: bytes) -> None:
        assert self.tx.send(unit)
        self.filler = unit if len(unit) <= 5 else unit[:2] + b"\x00"

    def octets(self) -> bytes:
        out = b""
        for _ in range(FRAMES // 8):
            if self.filler and self.tx.idle:
                self.tx.send(self.filler)
            out += self.tx.octets(8)
        return out


class Line:
    """An E1 with a link."""

    def __init__(self, local: str, remote: str) -> None:
        self.span = Span.ces(local, remote, frames=FRAMES)
        self.span.start()
        self.units = SignalUnits()
        self.deaf_until = 0.0  # ones in the place of what comes, until then

    def receive(self) -> list[bytes]:
        block, _ = self.span.read(FRAMES)
        octets = bytes(block[TIMESLOT * FRAMES : (TIMESLOT + 1) * FRAMES])
        if time.monotonic() < self.deaf_until:
            octets = b"\xff" * FRAMES
        return self.units.receive(octets)

    def transmit(self) -> None:
        block = bytearray([IDLE]) * (32 * FRAMES)
        block[TIMESLOT * FRAMES : (TIMESLOT + 1) * FRAMES] = self.units.octets()
        self.span.write(block)


class OurNode:
    """`local`, `remote`: addresses of the lines, with a comma between. part: the user part, for messages of `service`; `link`: options of
    Mtp2. What the node has said: `told` by the user part, `alarms` for management; `act` may be set to act on the former."""

    made: ClassVar[list[OurNode]] = []  # in this test

    def __init__(
        self, local: str, remote: str, *, own: int, adjacent: int, part: Any, service: int, **link: Any
    ) -> None:
        self.own, self.adjacent, self.part = own, adjacent, part
        self.node = Node()
        self.mtp3 = Mtp3(own, NATIONAL, 14)
        self.node.add_network(0, self.mtp3)
        self.lines = [Line(a, b) for a, b in zip(local.split(","), remote.split(","), strict=True)]
        now = time.monotonic_ns()
        self.mtp3.add_linkset(0, "LinkSet0", adjacent, now)
        for number in range(len(self.lines)):
            self.node.add_link(number, Mtp2(f"LinkSet0/{number}", **link), 0)
            self.mtp3.add_link(number, 0, number, False, now)
        self.node.add_user(0, part, 0, service, None)
        self.told: list[Any] = []
        self.alarms: list[ManagementIndication] = []
        self.units: list[tuple[int, int, bool, bytes]] = []  # ns, link, ours, unit
        self.act: Callable[[Any, int], None] = lambda output, now: None
        self.next_tick = time.monotonic()
        self.stalls: list[str] = []
        self._stepped = 0
        self.made.append(self)

    def start(self) -> None:
        now = time.monotonic_ns()
        for number in range(len(self.lines)):
            self.node.link(number).request(LinkRequestKind.POWER_ON, b"", 0, now)
            self.node.touch_link(number)
        self.mtp3.start(now)
        self.mtp3.activate_linkset(0, now)
        self.node.touch_network(0)

    def close(self) -> None:
        for line in self.lines:
            line.span.close()

    @property
    def accessible(self) -> bool:
        return self.mtp3.accessible(self.adjacent)

    def in_service(self) -> int:
        return sum(self.node.link(number).in_service for number in range(len(self.lines)))

    def links(self) -> list[str]:
        return [self.node.link(number).state for number in range(len(self.lines))]

    # -- time ------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """5 ms of the lines."""
        now = time.monotonic_ns()
        if self._stepped and now - self._stepped > STALL_NS:
            self.stalls.append(f"stood still for {(now - self._stepped) / 1e6:.0f} ms")
        self._stepped = now
        for number, line in enumerate(self.lines):
            units = line.receive()
            self.units += [(time.time_ns(), number, False, unit) for unit in units if len(unit) > 2]
            if units:
                self.node.received(number, units, now)
        self.node.handle_timeout(now)
        self.turn(now)
        for number, line in enumerate(self.lines):
            if line.units.tx.idle:
                for unit in self.node.signal_units(number, FRAMES + 20, now):
                    line.units.send(unit)
                    self.units.append((time.time_ns(), number, True, unit))
            line.transmit()
        self.turn(now)

    def tick(self) -> None:
        self.step()
        self.next_tick += FRAMES / 8000
        time.sleep(max(0.0, self.next_tick - time.monotonic()))

    def turn(self, now: int) -> None:
        while True:
            self.node.turn(now)
            outputs = self.node.drain()
            if not outputs:
                return
            for source, output in outputs:
                if isinstance(output, ManagementIndication):
                    self.alarms.append(output)
                elif source == 0:
                    self.told.append(output)
                    self.act(output, now)
                    self.node.touch_user(0)

    def until(self, what: Callable[[], object], seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, f"did not happen; {self.told[-6:]} {self.alarms[-4:]} {self.links()}"
            self.tick()

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.tick()

    # -- for tshark ------------------------------------------------------------------------------------------

    def write_pcap(self, path: Path, link: int | None = None) -> int:
        """The units that we sent, as LINKTYPE_MTP2; their number."""
        out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, LINKTYPE_MTP2)]
        count = 0
        for ns, number, ours, unit in self.units:
            if ours and link in (None, number):
                out.append(
                    struct.pack("<IIII", ns // 1_000_000_000, ns // 1000 % 1_000_000, len(unit), len(unit)) + unit
                )
                count += 1
        path.write_bytes(b"".join(out))
        return count
