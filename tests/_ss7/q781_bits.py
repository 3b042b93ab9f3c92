"""The tester of q781_tester.py, with a line of bits and our framer between it and the link (Q.703 §§2-4;
include/xunhu/su.h)."""

from __future__ import annotations

from typing import Any

from q781_tester import PeerTester

from xunhu._e1.su import Receiver

FLAG = "01111110"


def check_bits(octets: bytes) -> int:
    """Q.703 §4.2.1."""
    register = 0xFFFF
    for octet in octets:
        for _ in range(8):
            out = (register ^ octet) & 1
            register >>= 1
            octet >>= 1
            if out:
                register ^= 0x8408
    return ~register & 0xFFFF


def in_order(octets: bytes) -> str:
    """Bits as they are sent, lowest first."""
    return "".join(format(octet, "08b")[::-1] for octet in octets)


def stuffed(unit: bytes) -> str:
    """A unit with its check bits and a zero after each five ones (§3.2)."""
    return in_order(unit + check_bits(unit).to_bytes(2, "little")).replace("11111", "111110")


class BitTester(PeerTester):
    def __init__(self, case: dict[str, Any], configuration: dict[str, float], rate: str) -> None:
        super().__init__(case, configuration, rate)
        self.framer = Receiver(extended=self.extended)
        self.monitoring = False
        self.bits = ""  # not yet a whole octet
        self.shape(FLAG * 4)

    def shape(self, bits: str) -> None:
        """Bits of the line, followed by two flags, to the link."""
        self.follow()
        self.bits += bits + FLAG * 2
        whole = len(self.bits) // 8 * 8
        # the first bit of an octet of the line is its highest
        octets = bytes(int(self.bits[at : at + 8], 2) for at in range(0, whole, 8))
        self.bits = self.bits[whole:]
        self.mtp2.receive_all(self.framer.receive(octets), self.now)

    def follow(self) -> None:
        """As the engine does for the owner of a link (link_monitor)."""
        if self.mtp2.monitoring != self.monitoring:
            self.monitoring = self.mtp2.monitoring
            self.framer.monitor(self.monitoring)
            self.framer.again()

    def deliver(self, unit: bytes) -> None:
        self.shape(stuffed(unit))

    def deliver_together(self, units: list[bytes], flags: int) -> None:
        self.shape((FLAG * flags).join(stuffed(unit) for unit in units))

    def deliver_errored(self, fault: str) -> None:
        unit = bytes((127 | 128, 127 | 128, 0)) if not self.extended else b"\xff\x8f\xff\x8f\0\0"
        if fault == "bad CRC":
            damaged = bytearray(unit + check_bits(unit).to_bytes(2, "little"))
            damaged[1] ^= 4
            self.shape(in_order(bytes(damaged)).replace("11111", "111110"))
        elif fault == "seven ones":
            self.shape(in_order(unit[:2]).replace("11111", "111110") + "0" + "1" * 9 + "0" + in_order(b"\x55\x55"))
        else:
            self.shape(stuffed(unit[:2]))

    def deliver_nothing(self) -> None:
        whole = bytes(16)
        self.bits = ""
        if self.mtp2.monitoring:
            self.mtp2.receive_all(self.framer.receive(bytes(octet ^ 255 for octet in whole)), self.now)
