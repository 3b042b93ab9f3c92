"""Judged from outside: whole networks on the virtual clock, every unit that a node sends decoded by tshark.

Nothing may be malformed or worse than a note, and what management, tests and calls say is what was meant: in 14 and 24 bits, with basic and with
extended sequence numbers, through failures and restorations of links.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from node_wire import Net, Way, add_linkset, add_network, start, user_part

from xunhu._ss7 import circuit_primitives as p
from xunhu._ss7.node import Node
from xunhu._ss7.trace import link_channel
from xunhu.protocol.trace import TracedFrame, capture

pytestmark = pytest.mark.interop

A, B = 0x0123, 0x2456
EXPERT_WARN = 0x600000  # of _ws.expert.severity
FIELDS = (
    *("mtp2.li", "mtp2.sf", "mtp3.service_indicator", "mtp3.network_indicator", "mtp3.opc", "mtp3.dpc", "mtp3.sls"),
    *("mtp3.chinese_opc", "mtp3.chinese_dpc", "mtp3mg.h0", "mtp3mg.h1", "mtp3mg.slc", "mtp3mg.fsn", "mtp3mg.cbc"),
    *(
        "mtp3mg.test.h0",
        "mtp3mg.test.h1",
        "mtp3mg.test.pattern",
        "isup.cic",
        "isup.message_type",
        "isup.cause_indicator",
    ),
    *("isup.called", "isup.calling", "isup.calling_partys_category", "isup.transmission_medium_requirement"),
    *("isup.range_indicator", "isup.suspend_resume_indicator"),
)
STANDARD = {14: "ITU", 24: "Chinese ITU"}
Row = dict[str, str]


class Recorded(Net):
    """A net that keeps what crosses its lines: time, number of the line, number of the side that sent, unit."""

    def __init__(self) -> None:
        super().__init__()
        self.units: list[tuple[int, int, int, bytes]] = []

    def _arrive(self, way: Way, unit: bytes, message: bool) -> None:
        self.units.append((self.now, self.lines.index(way.line), way.line.ways.index(way), unit))
        super()._arrive(way, unit, message)

    def judged(self, folder: Path, line: int, side: int, bits: int, extended: bool) -> list[Row]:
        """What tshark makes of all that one side has sent on one line; of each unit, the fields that are there."""
        channel = link_channel("link", line, bits, extended=extended)
        units = [(at, unit) for at, n, who, unit in self.units if (n, who) == (line, side)]
        frames = [TracedFrame(at, "link", "tx", unit) for at, unit in units]
        path = folder / f"line{line}-side{side}.pcapng"
        path.write_bytes(capture(frames, lambda source: channel))
        wanted = ("_ws.malformed", "_ws.expert.severity", "_ws.expert.message", *FIELDS)
        arguments = [word for field in wanted for word in ("-e", field)]
        options = ["-o", f"mtp3.standard:{STANDARD[bits]}"]
        done = subprocess.run(
            ["tshark", "-n", "-r", str(path), *options, "-T", "fields", "-E", "separator=|", *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        rows = [dict(zip(wanted, line.split("|"), strict=True)) for line in done.stdout.splitlines()]
        assert len(rows) == len(units)
        for row, (_, unit) in zip(rows, units, strict=True):
            worst = max((int(word, 0) for word in row["_ws.expert.severity"].split(",") if word), default=0)
            assert not row["_ws.malformed"], (row, unit.hex())
            assert worst < EXPERT_WARN, (row, unit.hex())
        return [{name: value for name, value in row.items() if value} for row in rows]


class Office:
    """Answers what comes, releases what is released."""

    def __init__(self, net: Net, own: int, far: int, variant: str, bits: int, links: int, **link: Any) -> None:
        self.net, self.far = net, far
        self.node: Node = net.node(self.heard)
        self.mtp3 = add_network(self.node, 0, own, bits)
        self.part: Any = user_part(variant, own, bits)
        self.up: list[int] = []
        self.ended: list[int] = []
        add_linkset(self.node, 0, 0, far, links, 0, **link)

    def ready(self) -> None:
        self.node.add_user(0, self.part, 0, 5, None)
        for cic in range(1, 32):
            self.part.add_circuit(cic, self.far, cic)
        start(self.node, 0, self.net.now)

    def heard(self, source: int, output: Any) -> None:
        now = self.net.now
        if isinstance(output, p.SetupIndication):
            self.part.address_complete_request(output.call, True, False, now)
            self.part.answer_request(output.call, now)
        elif isinstance(output, p.AnswerIndication):
            self.up.append(output.call)
        elif isinstance(output, p.DisconnectIndication):
            self.part.release_request(output.call, output.cause, now)
        elif isinstance(output, p.ReleaseIndication):
            self.ended.append(output.call)
        self.node.touch_user(0)

    def ask(self, request: Any) -> Any:
        done = request(self.part, self.net.now)
        self.node.touch_user(0)
        return done


NETWORKS = [("ISUP-ITU", 14, "64k"), ("ISUP-CHINA", 24, "64k"), ("ISUP-ITU", 14, "2M"), ("ISUP-CHINA", 24, "2M")]


def two(variant: str, bits: int, rate: str) -> tuple[Recorded, Office, Office]:
    net = Recorded()
    extended = rate == "2M"
    a, b = (Office(net, own, far, variant, bits, 2, rate=rate) for own, far in ((A, B), (B, A)))
    for link in (0, 1):
        net.join((a.node, link), (b.node, link), octets_s=248_000 if extended else 8000, extended=extended)
    a.ready()
    b.ready()
    net.run_for(30)
    assert a.mtp3.accessible(B)
    assert b.mtp3.accessible(A)
    return net, a, b


def point(row: Row, which: str) -> int | None:
    """opc or dpc, in either width; tshark writes 24-bit codes as three numbers."""
    if f"mtp3.{which}" in row:
        return int(row[f"mtp3.{which}"].split(",")[0])
    text = row.get(f"mtp3.chinese_{which}")
    return (
        None
        if text is None
        else int(text, 0)
        if "-" not in text
        else sum(int(part) << shift for part, shift in zip(text.split("-"), (16, 8, 0), strict=True))
    )


def kinds(rows: Iterable[Row]) -> Counter[tuple[int, int]]:
    """Headings (H0, H1) of management messages."""
    return Counter((int(row["mtp3mg.h0"], 0), int(row["mtp3mg.h1"], 0)) for row in rows if "mtp3mg.h0" in row)


COO, COA, CBD, CBA, LIN, LIA, TRA = (1, 1), (1, 2), (1, 5), (1, 6), (6, 1), (6, 3), (7, 1)


@pytest.mark.parametrize(("variant", "bits", "rate"), NETWORKS)
def test_links_fail_and_come_back(variant: str, bits: int, rate: str, tmp_path: Path) -> None:
    """Alignment, tests, restart, changeover, changeback, inhibiting: all of level 2 and 3 that two points say to each other."""
    net, a, _b = two(variant, bits, rate)
    for circuit in range(1, 16):
        a.ask(lambda part, now, c=circuit: part.setup_request(p.SetupRequest(p.Number("8001")), c, now))
    net.run_for(0.02)
    net.cut(net.lines[1], True)
    net.run_for(5)
    net.cut(net.lines[1], False)
    net.run_for(60)
    a.mtp3.inhibit_link(1, net.now)
    a.node.touch_network(0)
    net.run_for(3)
    assert len(a.up) == 15
    extended = rate == "2M"
    by_side: list[list[Row]] = []
    for side, own, far in ((0, A, B), (1, B, A)):
        lines = [net.judged(tmp_path, line, side, bits, extended) for line in (0, 1)]
        rows = [row for line in lines for row in line]
        by_side.append(rows)
        for row in rows:
            assert point(row, "opc") in (own, None)
            assert point(row, "dpc") in (far, None)
            assert row.get("mtp3.network_indicator", "2") in ("2", "0x02")
        said = kinds(rows)
        assert said[TRA] >= 1
        assert said[CBD] + said[CBA] >= 1
        # changeover of link 1, told by link 0
        over = [row for row in lines[0] if "mtp3mg.h0" in row and kinds([row]).keys() & {COO, COA}]
        assert over
        assert {int(row["mtp3mg.slc" if bits == 24 and "mtp3mg.slc" in row else "mtp3.sls"], 0) for row in over} == {1}
        tests = Counter(int(row["mtp3mg.test.h1"], 0) for row in rows if "mtp3mg.test.h1" in row)
        assert tests[1] >= 2, "SLTM"
        assert tests[2] >= 2, "SLTA"
    both = kinds(by_side[0]) + kinds(by_side[1])
    assert both[LIN] == both[LIA] == 1
    assert {row["mtp2.sf"] for rows in by_side for row in rows if "mtp2.sf" in row} >= {"0", "1"} or extended


@pytest.mark.parametrize(("variant", "bits", "rate"), NETWORKS)
def test_calls_and_circuits(variant: str, bits: int, rate: str, tmp_path: Path) -> None:
    net, a, b = two(variant, bits, rate)
    wanted = p.SetupRequest(p.Number("4006000998"), p.Number("13800138000"), category=10, medium=3)
    call = a.ask(lambda part, now: part.setup_request(wanted, 7, now))
    net.run_for(1)
    assert a.up == [call]
    a.ask(lambda part, now: part.release_request(call, p.Cause(17), now))
    net.run_for(1)
    a.ask(lambda part, now: part.block_request(range(1, 9), now))
    a.ask(lambda part, now: part.block_request([20], now))
    net.run_for(1)
    b.ask(lambda part, now: part.reset_request([21], now))
    b.ask(lambda part, now: part.reset_request(range(9, 17), now))
    net.run_for(8)
    assert a.ended == [call]
    sent = {}
    for side in (0, 1):
        rows = [row for line in (0, 1) for row in net.judged(tmp_path, line, side, bits, rate == "2M")]
        sent[side] = [row for row in rows if "isup.message_type" in row]
    types = [Counter(int(row["isup.message_type"], 0) for row in sent[side]) for side in (0, 1)]
    # IAM REL BLO CGB and RLC, GRA by a; ACM ANM RLC BLA CGBA, RSC GRS by b (Q.763 Table 4)
    assert types[0] >= Counter({1: 1, 12: 1, 19: 1, 24: 1, 16: 1, 41: 1})
    assert types[1] >= Counter({6: 1, 9: 1, 16: 1, 21: 1, 26: 1, 18: 1, 23: 1})
    iam = next(row for row in sent[0] if int(row["isup.message_type"], 0) == 1)
    assert iam["isup.cic"] == "7"
    assert iam["isup.called"].startswith("4006000998")
    assert iam["isup.calling"] == "13800138000"
    assert (int(iam["isup.calling_partys_category"], 0), int(iam["isup.transmission_medium_requirement"], 0)) == (10, 3)
    assert int(next(row for row in sent[0] if int(row["isup.message_type"], 0) == 12)["isup.cause_indicator"], 0) == 17
    groups = {
        int(row["isup.cic"]): int(row["isup.range_indicator"], 0)
        for row in (*sent[0], *sent[1])
        if "isup.range_indicator" in row
    }
    assert groups == {1: 8, 9: 8}, "tshark gives the number of circuits, the range and one"
