"""tshark as the judge of our RTP, telephone events, RTCP and XR, and ffmpeg as a sender."""

from __future__ import annotations

import socket
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from ss7_tshark import rows

from xunhu._media import g711, rtp

pytestmark = pytest.mark.interop
SECOND = 1_000_000_000


def capture(path: Path, packets: list[tuple[int, int, bytes]]) -> Path:
    """pcap of raw IPv4 (link type 101): (ns, UDP port of both ends, payload)."""
    out = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 101)
    for at, port, data in packets:
        udp = struct.pack("!HHHH", port, port, 8 + len(data), 0) + data
        ip = bytearray(
            struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\2")
        )
        total = sum(struct.unpack("!10H", ip))
        struct.pack_into("!H", ip, 10, ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF)
        frame = bytes(ip) + udp
        out += struct.pack("<IIII", at // SECOND, at % SECOND, len(frame), len(frame)) + frame
    path.write_bytes(out)
    return path


def test_a_stream_with_keys(tmp_path: Path) -> None:
    sender = rtp.Sender("PCMA", key_type=101, noise_type=13)
    sender.digits("1#", 120, 80)
    x = np.full(80, 300, np.int16)
    packets = [(t * 10_000_000, 4000, p) for t in range(200) for p in sender.write(x)]
    path = capture(tmp_path / "stream.pcap", packets)
    fields = (
        "rtp.p_type",
        "rtp.seq",
        "rtp.marker",
        "rtpevent.event_id",
        "rtpevent.end_of_event",
        "rtpevent.volume",
        "rtpevent.duration",
    )
    got = rows(path, *fields, options=("-d", "udp.port==4000,rtp"))
    assert len(got) == len(packets) == sender.packets
    keys = [row for row in got if row["rtp.p_type"] == "101"]
    assert [row["rtpevent.event_id"] for row in keys if row["rtp.marker"] == "1"] == ["1", "11"]
    assert [row["rtpevent.duration"] for row in keys if row["rtpevent.end_of_event"] == "1"] == ["960"] * 6
    assert {row["rtpevent.volume"] for row in keys} == {"10"}
    done = subprocess.run(
        ["tshark", "-n", "-q", "-r", str(path), "-d", "udp.port==4000,rtp", "-z", "rtp,streams"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    (line,) = [row.split() for row in done.stdout.splitlines() if "127.0.0.1" in row]
    assert f"0x{sender.ssrc:08X}" in line
    assert "0" in line
    assert "(0.0%)" in line


def test_rtcp_of_two_ends(tmp_path: Path) -> None:
    a, b, out = rtp.Sender("PCMA", seed=1), rtp.Sender("PCMA", seed=2), np.zeros(80, np.int16)
    receiver = rtp.Receiver()
    receiver.accept(8, "PCMA")
    rtcp = rtp.Rtcp(receiver, a, b"switch@example.org", seed=3, interval_ms=1000)
    x, packets = np.full(80, 300, np.int16), []
    ntp = 0xE1234567 << 32
    for t in range(1000):
        now = t * 10_000_000
        for p in b.write(x):
            if t % 26:
                receiver.packet(p, now)
        a.write(x)
        receiver.read(out)
        if now >= rtcp.due:
            rtcp.receive(
                rtp.rtcp_report(b.ssrc, (ntp + now, 0, 0, 0)) + rtp.rtcp_reference_time(b.ssrc, ntp + now),
                now,
                ntp + now,
            )
            packets.append((now, 4001, rtcp.send(now, ntp + now)))
    packets.append((10 * SECOND, 4001, rtcp.bye(10 * SECOND, ntp, b"call over")))
    wanted = (
        "rtcp.pt",
        "rtcp.ssrc.identifier",
        "rtcp.ssrc.fraction",
        "rtcp.ssrc.cum_nr",
        "rtcp.sender.packetcount",
        "rtcp.sdes.text",
        "rtcp.xr.bt",
    )
    more = (
        "rtcp.xr.voipmetrics.gmin",
        "rtcp.xr.voipmetrics.rfactor",
        "rtcp.xr.voipmetrics.plc",
        "rtcp.xr.voipmetrics.jba",
    )
    last = rows(capture(tmp_path / "rtcp.pcap", packets), *wanted, *more, options=("-d", "udp.port==4001,rtcp"))
    assert len(last) == len(packets)
    stats = receiver.stats()
    assert last[-1]["rtcp.pt"] == "200,202,207,207,203"
    assert last[-1]["rtcp.ssrc.cum_nr"] == str(stats["lost"])
    assert int(last[-1]["rtcp.ssrc.identifier"].split(",")[0], 0) == b.ssrc
    assert int(last[-1]["rtcp.sender.packetcount"]) == a.packets
    assert last[-1]["rtcp.sdes.text"] == "switch@example.org,call over"
    assert last[-1]["rtcp.xr.bt"] == "7,5"
    assert last[-1]["rtcp.xr.voipmetrics.gmin"] == "16"
    assert (last[-1]["rtcp.xr.voipmetrics.plc"], last[-1]["rtcp.xr.voipmetrics.jba"]) == ("2", "3")
    assert 50 < int(last[-1]["rtcp.xr.voipmetrics.rfactor"]) < 94


@pytest.mark.parametrize(("codec", "name", "kind"), [("pcm_alaw", "PCMA", 8), ("pcm_mulaw", "PCMU", 0)])
def test_ffmpeg_speaks(tmp_path: Path, codec: str, name: str, kind: int) -> None:
    """Packets as ffmpeg's RTP muxer makes them, caught from loopback: heard whole."""
    rng = np.random.default_rng(1)
    x = np.asarray(np.convolve(rng.normal(0, 3000, 16000), [0.3, 0.4, 0.3], "same"), np.int16)
    (tmp_path / "in.raw").write_bytes(x.tobytes())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(20)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        port = s.getsockname()[1]
        command = [
            "ffmpeg",
            "-v",
            "error",
            "-f",
            "s16le",
            "-ar",
            "8000",
            "-ac",
            "1",
            "-i",
            str(tmp_path / "in.raw"),
            "-c:a",
            codec,
        ]
        subprocess.run(
            [*command, "-f", "rtp", "-pkt_size", "172", f"rtp://127.0.0.1:{port}"],
            check=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        packets = []
        while sum(len(rtp.parse(p)["payload"]) for p in packets) < len(x):
            p = s.recv(2000)
            if not rtp.is_rtcp(p):
                packets.append(p)
    decode = g711.alaw_decode if kind == 8 else g711.ulaw_decode
    want = np.asarray(decode(b"".join(rtp.parse(p)["payload"] for p in packets)), np.int16)
    receiver, out, sound = rtp.Receiver(adaptive=False, fixed_ms=60), np.zeros(80, np.int16), []
    receiver.accept(kind, name)
    at = 0
    for tick in range(210):
        while packets and at <= tick * 80:
            at += len(rtp.parse(packets[0])["payload"])
            receiver.packet(packets.pop(0), tick * 10_000_000)
        receiver.read(out)
        sound.append(out.copy())
    y = np.concatenate(sound)
    begin = int(np.correlate(y.astype(float), want[:800].astype(float)).argmax())
    assert np.array_equal(y[begin : begin + 14000], want[:14000])
    assert np.corrcoef(want, x[: len(want)])[0, 1] > 0.999
    assert receiver.stats()["lost"] == 0
