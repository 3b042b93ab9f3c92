"""MTP2 signal units over the octets of a line (C below: include/xunhu/su.h; ITU-T Q.703 §§2-4, Annex A).

extended: the header of Annex A, 6 octets with 12-bit sequence numbers; else 3 octets."""

UNIT_MAX: int

class Receiver:
    def __init__(self, *, extended: bool = False) -> None: ...
    def monitor(self, on: bool) -> None:
        """Whether errored units are given: 2 octets, the number of good units since the last, big-endian."""
    def again(self) -> None:
        """Forget the unit that came last: it is given again."""
    def receive(self, octets: bytes | bytearray | memoryview) -> list[bytes]:
        """Units without check bits, a FISU or LSSU equal to the one before at most twice, and errored units, in order; any
        split of the line gives the same."""
    def counters(self) -> dict[str, int]:
        """units (all good ones), filtered (those of them not given), fcs_errors, aborts, too_long, too_short, not_octets,
        octets_counted."""

class Transmitter:
    def __init__(self, *, extended: bool = False) -> None: ...
    def send(self, unit: bytes | bytearray | memoryview) -> bool:
        """False: no room now. ValueError: shorter than the header or longer than UNIT_MAX."""
    def outage(self, on: bool) -> None:
        """SIPO in the place of FISUs that nobody gave."""
    def octets(self, n: int) -> bytes:
        """The next n octets of the line."""
    @property
    def waiting(self) -> int:
        """Octets of units that are still to be sent."""
    @property
    def units(self) -> int:
        """Units sent whole, repetitions not counted."""
