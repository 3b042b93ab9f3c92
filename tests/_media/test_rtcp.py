"""RTCP: RFC 3550 §6 and RFC 3611, taken apart, built, and spoken between two."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu._media import rtp

SECOND = 1_000_000_000
REPORT = (0x11223344, 64, -5, 0x1FFFF, 77, 0xAABBCCDD, 0x10000)
VOIP = {
    "ssrc": 7,
    "loss_rate": 1,
    "discard_rate": 2,
    "burst_density": 3,
    "gap_density": 4,
    "burst_ms": 500,
    "gap_ms": 6000,
    "round_trip_ms": 70,
    "end_system_ms": 80,
    "signal_dbm0": -20,
    "noise_dbm0": -60,
    "rerl": 55,
    "gmin": 16,
    "r_factor": 90,
    "ext_r_factor": 127,
    "mos_lq": 43,
    "mos_cq": 42,
    "rx_config": 0xB0,
    "jb_nominal": 40,
    "jb_maximum": 60,
    "jb_abs_max": 200,
}


def ntp(now: int) -> int:
    return ((now // SECOND + 2_208_988_800) << 32) | (now % SECOND * 2**32 // SECOND)


def test_a_sender_report_octet_for_octet() -> None:
    got = rtp.rtcp_report(0xDEADBEEF, (0x0102030405060708, 0x10, 0x20, 0x30), [REPORT])
    assert got == bytes.fromhex(
        "81c8000c deadbeef 0102030405060708 00000010 00000020 00000030 11223344 40fffffb 0001ffff 0000004d aabbccdd 00010000"
    )
    sender, report = rtp.rtcp_parse(got)
    assert sender == {
        "kind": "SR",
        "ssrc": 0xDEADBEEF,
        "ntp": 0x0102030405060708,
        "timestamp": 16,
        "packets": 32,
        "octets": 48,
    }
    assert report == {
        "kind": "report",
        "by": 0xDEADBEEF,
        "ssrc": 0x11223344,
        "fraction": 64,
        "lost": -5,
        "highest": 0x1FFFF,
        "jitter": 77,
        "lsr": 0xAABBCCDD,
        "dlsr": 65536,
    }


def test_all_kinds_in_one() -> None:
    packet = (
        rtp.rtcp_report(9)
        + rtp.rtcp_cname(9, b"me@here")
        + rtp.rtcp_voip(9, VOIP)
        + rtp.rtcp_reference_time(9, 0x1122334455667788)
        + rtp.rtcp_dlrr(9, 7, 0x5566, 0x77)
        + struct.pack("!BBHI4s", 0x80, 204, 2, 9, b"test")
        + rtp.rtcp_bye(9, b"end")
    )
    assert rtp.rtcp_parse(packet) == [
        {"kind": "SDES", "ssrc": 9, "item": 1, "text": b"me@here"},
        {"kind": "voip", "by": 9, **VOIP},
        {"kind": "reference", "ssrc": 9, "ntp": 0x1122334455667788},
        {"kind": "dlrr", "by": 9, "ssrc": 7, "lrr": 0x5566, "dlrr": 0x77},
        {"kind": "BYE", "ssrc": 9, "reason": b"end"},
    ]


def test_what_others_put_in() -> None:
    """Several chunks, items and sources; several sub-blocks of DLRR; padding; profile extensions behind the reports; unknown blocks."""
    sdes = (
        struct.pack("!BBHI", 0x82, 202, 7, 1)
        + b"\1\2ab\2\3xyz\0\0\0"
        + struct.pack("!I", 2)
        + b"\1\1c\0"
        + b"\0\0\0\0" * 1
    )
    sdes = sdes[:2] + struct.pack("!H", len(sdes) // 4 - 1) + sdes[4:]
    bye = struct.pack("!BBHII", 0x82, 203, 4, 5, 6) + b"\2ok\0" + b"\0\0\0\4"
    bye = bytes([bye[0] | 0x20]) + bye[1:]
    xr = (
        struct.pack("!BBHI", 0x80, 207, 0, 3)
        + b"\xc8\0\0\1abcd"
        + struct.pack("!BBH6I", 5, 0, 6, 10, 11, 12, 20, 21, 22)
    )
    xr = xr[:2] + struct.pack("!H", len(xr) // 4 - 1) + xr[4:]
    rr = struct.pack("!BBHI", 0x80, 201, 2, 4) + b"ext!"
    assert rtp.rtcp_parse(rr + sdes + xr + bye) == [
        {"kind": "SDES", "ssrc": 1, "item": 1, "text": b"ab"},
        {"kind": "SDES", "ssrc": 1, "item": 2, "text": b"xyz"},
        {"kind": "SDES", "ssrc": 2, "item": 1, "text": b"c"},
        {"kind": "dlrr", "by": 3, "ssrc": 10, "lrr": 11, "dlrr": 12},
        {"kind": "dlrr", "by": 3, "ssrc": 20, "lrr": 21, "dlrr": 22},
        {"kind": "BYE", "ssrc": 5, "reason": b"ok"},
        {"kind": "BYE", "ssrc": 6, "reason": b"ok"},
    ]


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        rtp.rtcp_report(1)[:7],
        rtp.rtcp_cname(1, b"x"),  # no report in front
        b"\x40" + rtp.rtcp_report(1)[1:],
        rtp.rtcp_report(1) + b"\0\0\0\0",
        rtp.rtcp_report(1) + rtp.rtcp_bye(1)[:-1],
        b"\xa0" + rtp.rtcp_report(1)[1:],  # padding in the first
        rtp.rtcp_report(1) + b"\xa1\xcb\0\1\0\0\0\0",  # padding of 0
        rtp.rtcp_report(1) + b"\xa1\xcb\0\1\0\0\0\x09",
    ],
)
def test_what_is_not_valid(packet: bytes) -> None:
    assert not rtp.rtcp_valid(packet)
    with pytest.raises(ValueError, match="no compound"):
        rtp.rtcp_parse(packet)


def test_reduced_size() -> None:
    """RFC 5506."""
    packet = rtp.rtcp_voip(9, VOIP)
    assert not rtp.rtcp_valid(packet)
    assert rtp.rtcp_parse(packet, reduced=True) == [{"kind": "voip", "by": 9, **VOIP}]


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_anything_may_come(tail: bytes) -> None:
    tail = tail[: len(tail) // 4 * 4]
    for packet in (tail, rtp.rtcp_report(1) + tail, b"\x9f\xcf" + struct.pack("!H", len(tail) // 4) + tail):
        if rtp.rtcp_valid(packet, reduced=True):
            assert isinstance(rtp.rtcp_parse(packet, reduced=True), list)


@given(
    st.integers(0, 2**32 - 1),
    st.lists(
        st.tuples(*[st.integers(0, 2**32 - 1)] * 5, st.integers(0, 255), st.integers(-(2**23), 2**23 - 1)), max_size=31
    ),
)
def test_what_is_built_is_read(ssrc: int, rows: list[tuple[int, ...]]) -> None:
    reports = [(a, f, n, b, c, d, e) for a, b, c, d, e, f, n in rows]
    got = rtp.rtcp_parse(rtp.rtcp_report(ssrc, None, reports))
    assert [
        tuple(r[k] for k in ("ssrc", "fraction", "lost", "highest", "jitter", "lsr", "dlsr")) for r in got
    ] == reports
    cname = bytes(str(ssrc), "ascii")
    assert rtp.rtcp_parse(rtp.rtcp_report(ssrc) + rtp.rtcp_cname(ssrc, cname)) == [
        {"kind": "SDES", "ssrc": ssrc, "item": 1, "text": cname}
    ]


class End:
    def __init__(self, seed: int, **more: Any) -> None:
        self.receiver, self.sender = rtp.Receiver(), rtp.Sender("PCMA", seed=seed)
        self.receiver.accept(8, "PCMA")
        self.rtcp = rtp.Rtcp(self.receiver, self.sender, b"end@%d" % seed, seed=seed, **more)
        self.out = np.zeros(80, np.int16)
        self.reports: list[list[dict[str, Any]]] = []


def talk(
    a: End,
    b: End,
    seconds: int,
    *,
    way_ms: int = 0,
    loss: float = 0.0,
    speaks: tuple[bool, bool] = (True, True),
    seed: int = 1,
) -> int:
    """Both, with `way_ms` each way and loss from a to b. Returns now."""
    rng = np.random.default_rng(seed)
    wire: list[tuple[int, End, bytes, bool]] = []
    now = 0
    for tick in range(seconds * 100):
        now = tick * 10_000_000
        due, wire = [w for w in wire if w[0] <= now], [w for w in wire if w[0] > now]
        for _, to, packet, control in due:
            if control:
                to.rtcp.receive(packet, now, ntp(now))
            else:
                to.receiver.packet(packet, now)
        for me, other, speaking in ((a, b, speaks[0]), (b, a, speaks[1])):
            packets = me.sender.write(np.full(80, 500, np.int16)) if speaking else me.sender.idle()
            for p in packets:
                if me is not a or rng.random() >= loss:
                    wire.append((now + way_ms * 1_000_000, other, p, False))
            me.receiver.read(me.out)
            if now >= me.rtcp.due:
                packet = me.rtcp.send(now, ntp(now))
                assert len(packet) <= 256
                me.reports.append(rtp.rtcp_parse(packet))
                wire.append((now + way_ms * 1_000_000, other, packet, True))
    return now


def test_two_ends() -> None:
    a, b = End(1), End(2)
    talk(a, b, 60, way_ms=40, loss=0.05)
    for end in (a, b):
        assert 8 <= len(end.reports) <= 25
        assert end.rtcp.round_trip_ms == pytest.approx(80, abs=1)
    kinds = [[item["kind"] for item in r] for r in a.reports[2:]]
    assert all(k == ["SR", "report", "SDES", "voip"] for k in kinds)
    last = b.reports[-1]
    report = next(i for i in last if i["kind"] == "report")
    assert report["ssrc"] == a.sender.ssrc
    assert report["lost"] == pytest.approx(0.05 * 3000, rel=0.35)
    voip = next(i for i in last if i["kind"] == "voip")
    assert voip["loss_rate"] == pytest.approx(0.05 * 256, rel=0.35)
    assert voip["round_trip_ms"] == pytest.approx(80, abs=2)
    assert voip["gap_ms"] > 100
    assert voip["mos_cq"] < voip["mos_lq"] or voip["mos_cq"] < 42
    heard, told = b.rtcp.quality(), a.rtcp.quality()
    assert heard["delay_ms"] == pytest.approx(40 + 20 + b.receiver.stats()["delay_ms"], abs=1)
    assert heard["r_in"] == pytest.approx(told["r_out"], abs=4)
    assert heard["r_in"] < 85 < b.rtcp.quality()["r_out"]
    assert a.rtcp.report is not None
    assert a.rtcp.report["lost"] == report["lost"]
    assert a.rtcp.voip is not None
    info = next(i for i in a.reports[-1] if i["kind"] == "SR")
    assert info["packets"] == pytest.approx(a.sender.packets, abs=300)
    assert info["octets"] == info["packets"] * 160


def test_who_sends_nothing_knows_its_round_trip_too() -> None:
    """RFC 3611 §4.4, §4.5: reference time and DLRR."""
    a, b = End(1), End(2)
    talk(a, b, 60, way_ms=70, speaks=(True, False))
    assert b.rtcp.round_trip_ms == pytest.approx(140, abs=1)
    kinds = {i["kind"] for r in b.reports[1:] for i in r}
    assert kinds == {"report", "SDES", "voip", "reference"}
    assert "dlrr" in {i["kind"] for i in a.reports[-1]}


def test_intervals() -> None:
    """A.7: half to one and a half times five seconds, over e - 3/2; the first half of it. Not two ends at once."""
    first, later = [], []
    for seed in range(200):
        end = End(seed)
        first.append(end.rtcp.due / SECOND)
        end.rtcp.send(0, ntp(0))
        later.append(end.rtcp.due / SECOND)
    scale = 1 / (np.e - 1.5)
    assert 2.5 * 0.5 * scale <= min(first)
    assert max(first) <= 2.5 * 1.5 * scale
    assert 5 * 0.5 * scale <= min(later)
    assert max(later) <= 5 * 1.5 * scale
    assert np.mean(later) == pytest.approx(5 * scale, rel=0.08)
    assert len(set(first)) == 200
    assert End(1, interval_ms=1000).rtcp.due < 1.5 * SECOND


def test_bye() -> None:
    a, b = End(1), End(2)
    now = talk(a, b, 2)
    packet = a.rtcp.bye(now, ntp(now), b"done")
    assert rtp.rtcp_parse(packet)[-1] == {"kind": "BYE", "ssrc": a.sender.ssrc, "reason": b"done"}
    assert not b.rtcp.ended
    b.rtcp.receive(packet, now, ntp(now))
    assert b.rtcp.ended


def test_round_trips_that_are_none() -> None:
    """LSR 0, a report from the future, another's report: nothing is measured; rubbish is counted."""
    end = End(1)
    now = 10 * SECOND
    middle = ntp(now) >> 16 & 0xFFFFFFFF
    for ssrc, lsr, dlsr in (
        (end.sender.ssrc, 0, 0),
        (end.sender.ssrc, (middle + 65536) & 0xFFFFFFFF, 0),
        (99, middle - 100, 0),
    ):
        end.rtcp.receive(rtp.rtcp_report(5, None, [(ssrc, 0, 0, 0, 0, lsr, dlsr)]), now, ntp(now))
    assert end.rtcp.round_trip_ms == 0
    with pytest.raises(ValueError, match="no compound"):
        end.rtcp.receive(b"\x80\xc8rubbish", now, ntp(now))
    assert end.rtcp.invalid == 1


def test_bursts_and_gaps_of_the_rfc() -> None:
    """RFC 3611 Appendix A.2 in its own words, on random and on bursty loss, against ours."""
    for kind in range(3):
        rng = np.random.default_rng(kind)
        lost = np.zeros(3000, bool)
        if kind == 0:
            lost = rng.random(3000) < 0.03
        else:
            for at in rng.integers(100, 2900, 10 * kind):
                lost[at : at + 12] |= rng.random(12) < 0.6
        lost[:5] = lost[-3:] = False
        receiver, out = rtp.Receiver(), np.zeros(80, np.int16)
        receiver.accept(8, "PCMA")
        for k in range(3000):
            if not lost[k]:
                receiver.packet(rtp.build(8, False, k, k * 160, 3, bytes(160)), k * 20_000_000)
            receiver.read(out)
            receiver.read(out)
        for _ in range(20):
            receiver.read(out)
        c = dict.fromkeys(("c11", "c13", "c14", "c22", "c23", "c33"), 0)
        run = pkt = 0
        for gone in lost:
            if not gone:
                pkt += 1
                continue
            if pkt >= 16:
                c["c14" if run == 1 else "c13"] += 1
                run = 1
                c["c11"] += pkt
            else:
                run += 1
                if pkt == 0:
                    c["c33"] += 1
                else:
                    c["c23"] += 1
                    c["c22"] += pkt - 1
            pkt = 0
        c["c11"] += pkt
        c31, c32 = c["c13"], c["c23"]
        p32 = c32 / (c31 + c32 + c["c33"]) if c32 else 0.0
        p23 = 0.0 if c["c22"] + c["c23"] < 1 else 1 - c["c22"] / (c["c22"] + c["c23"])
        total = c["c11"] + c["c14"] + c["c13"] + c["c22"] + c["c23"] + c31 + c32 + c["c33"]
        gap = (c["c11"] + c["c14"] + c["c13"]) * 20 / c["c13"]
        s = receiver.stats()
        assert s["gap_ms"] == pytest.approx(min(gap, 65535), abs=2)
        assert s["burst_ms"] == pytest.approx(total * 20 / c["c13"] - gap, abs=2)
        assert s["gap_density"] == int(256 * c["c14"] / (c["c11"] + c["c14"]))
        assert s["burst_density"] == min(int(256 * p23 / (p23 + p32)), 255)
        assert s["loss"] == pytest.approx(lost.mean(), abs=0.0005)
