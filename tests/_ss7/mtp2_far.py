"""The other end of one Mtp2, unit by unit, for tests of single procedures."""

from __future__ import annotations

from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp2_units import SIN, SIO, basic_unit, extended_unit
from xunhu._ss7.mtp_primitives import LinkIndication, LinkIndicationKind, LinkRequestKind

MS = 1_000_000
R, K = LinkRequestKind, LinkIndicationKind


class Far:
    """The other end of one link, unit by unit; no time passes by itself."""

    def __init__(self, rate: str = "64k", correction: str = "basic", **parameters: int) -> None:
        self.link = Mtp2("a", rate=rate, correction=correction, parameters=parameters)
        self.last = 4095 if rate == "2M" else 127
        self.now = 0

    def unit(self, bsn: int, fsn: int, octets: bytes = b"", bib: int = 1, fib: int = 1) -> None:
        make = extended_unit if self.last == 4095 else basic_unit
        self.link.receive(make(bsn & self.last, bib, fsn & self.last, fib, octets), self.now)

    def status(self, status: int, bsn: int = -1) -> None:
        self.unit(bsn, -1, bytes((status,)))

    def ask(self, kind: R, octets: bytes = b"", value: int = 0) -> list[tuple[str, object]]:
        self.link.request(kind, octets, value, self.now)
        return self.heard()

    def heard(self) -> list[tuple[str, object]]:
        """(kind, octets or value) of what level 3 hears."""
        return [
            (K(said.kind).name, said.octets or said.value)
            for said in self.link.drain()
            if isinstance(said, LinkIndication)
        ]

    def send(self, *messages: bytes) -> list[bytes]:
        for octets in messages:
            self.link.request(R.MESSAGE, octets, 0, self.now)
        return self.pull()

    def pull(self, most: int = 10_000) -> list[bytes]:
        units = []
        for _ in range(most):
            unit = self.link.next_signal_unit(self.now)
            if unit is None:
                break
            units.append(unit)
        return units

    def align(self) -> None:
        self.ask(R.EMERGENCY)
        self.ask(R.START)
        self.status(SIO)
        self.status(SIN)
        self.now += 500 * MS
        self.link.handle_timeout(self.now)

    def up(self) -> Far:
        self.ask(R.POWER_ON)
        self.align()
        self.unit(-1, -1)
        assert self.heard() == [("IN_SERVICE", 0)]
        self.pull()
        return self


def message(number: int, size: int = 20) -> bytes:
    return bytes((0x85, number & 255, number >> 8)) + bytes(size - 3)


def numbers(units: list[bytes]) -> list[int]:
    return [unit[1] & 127 for unit in units if len(unit) > 5]
