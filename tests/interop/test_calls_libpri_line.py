"""What the whole switch sends on the line: the packets of circuit emulation as tshark's CESoPSN decoder sees them."""

from __future__ import annotations

import ipaddress
import itertools
import select
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import pytest
from far_end import FarEnd, free_addresses
from switch_process import SwitchProcess

pytestmark = pytest.mark.interop

LINKTYPE_RAW = 101  # IPv4 without a link header


class Tap(threading.Thread):
    """Passes packets between the far end (`inner` faces it) and the switch, and keeps those of the switch: (time, octets)."""

    def __init__(self, inner: str, far: str, outer: str, switch: str) -> None:
        super().__init__(daemon=True)
        self._sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        self._ends = [_pair(far), _pair(switch)]
        for s, address in zip(self._sockets, (inner, outer), strict=True):
            s.bind(_pair(address))
        self.kept: list[tuple[int, bytes]] = []
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            for s in select.select(self._sockets, [], [], 0.1)[0]:
                octets = s.recv(2048)
                other = 1 - self._sockets.index(s)
                if other == 0:
                    self.kept.append((time.time_ns(), octets))
                self._sockets[other].sendto(octets, self._ends[other])
        for s in self._sockets:
            s.close()


def _pair(address: str) -> tuple[str, int]:
    host, port = address.split(":")
    return host, int(port)


def write_pcap(path: Path, packets: list[tuple[int, bytes]], port: int) -> None:
    parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, LINKTYPE_RAW)]
    host = ipaddress.IPv4Address("127.0.0.1").packed
    for when, octets in packets:
        udp = struct.pack("!HHHH", port, port, 8 + len(octets), 0) + octets
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, host, host) + udp
        parts.append(struct.pack("<IIII", when // 10**9, when % 10**9, len(ip), len(ip)) + ip)
    path.write_bytes(b"".join(parts))


def tshark(path: Path, port: int, *words: str) -> list[list[str]]:
    command = ["tshark", "-n", "-r", str(path), "-d", f"udp.port=={port},pwcesopsn", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.mark.parametrize("side", ["user", "network"])
def test_tshark_decodes_our_packets(tmp_path: Path, side: str) -> None:
    """Numbered one by one, at the pace of the line, no alarm in the control word, and nothing to complain of."""
    inner, far = free_addresses()
    with SwitchProcess(
        tmp_path, side=side, flows=('<flow name="main"><node code="x" type="hangup"/></flow>',)
    ) as switch:
        span = switch.far("carrier")
        tap = Tap(inner, far, span["local"], span["remote"])
        tap.start()
        with (
            FarEnd(network=span["network"], local=far, remote=inner, hold=500) as callers,
            FarEnd(**switch.far("pbx"), tone_base=1000) as agents,
        ):
            switch.up(callers, agents)
            since = len(tap.kept)
            callers.send("call", called="8001")
            assert callers.wait("end")["answered"]
            switch.quiet()
            packets = tap.kept[since:]
        tap.over.set()
        tap.join()
    path, port = tmp_path / "line.pcap", 40000
    write_pcap(path, packets, port)
    rows = tshark(path, port, "-T", "fields", *(w for f in FIELDS for w in ("-e", f)))
    assert len(rows) == len(packets) > 150
    numbers = [int(row[0], 0) for row in rows]
    assert [(b - a) % 65536 for a, b in itertools.pairwise(numbers)] == [1] * (len(rows) - 1)
    assert {(row[1], row[2], row[3]) for row in rows} == {("0", "0x00", "0")}
    assert tshark(path, port, "-Y", "_ws.malformed || _ws.expert.severity >= 0x600000") == []
    took = (packets[-1][0] - packets[0][0]) / 1e9
    assert len(rows) * 0.005 == pytest.approx(took, abs=0.2)


FIELDS = ("pwcesopsn.cw.seqno", "pwcesopsn.cw.rbit", "pwcesopsn.cw.lm", "pwcesopsn.cw.length")
