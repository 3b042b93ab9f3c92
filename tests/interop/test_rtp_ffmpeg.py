"""RTP lines with a far end that nobody here wrote: ffmpeg sends and receives, in the clear and by SRTP; sipp sends back what it gets; tshark looks at
what leaves. In real time; how long a machine takes for it is its affair."""

from __future__ import annotations

import base64
import json
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xunhu._media import engine as media
from xunhu._media.engine import Engine

LOOP = [{"number": 0, "driver": "loop", "peer": 1}]
LINE, POOL = media.TS_PORTS, media.LINE_PORTS
HOST = "127.0.0.1"
SUITE = "AES_CM_128_HMAC_SHA1_80"
KEY = bytes(range(30))
PATIENCE_S = 60.0
TONE = [(1000.0, 0.0, -10.0, -99.0, 0)]
FFMPEG = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y"]


def until(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (result := what()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)
    return result


def two_ports() -> int:
    """An even UDP port that is free with the next."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as a, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as b:
            a.bind((HOST, 0))
            port: int = a.getsockname()[1]
            if port % 2 == 0:
                try:
                    b.bind((HOST, port + 1))
                except OSError:
                    continue
                return port


def share_of_tone(sound: np.ndarray) -> float:
    """Of the power, what is at 1000 Hz and 50 Hz beside it."""
    power = np.abs(np.fft.rfft(sound.astype(float) * np.hanning(len(sound)))) ** 2
    hz = np.fft.rfftfreq(len(sound), 1 / 8000)
    return float(power[np.abs(hz - 1000) < 50].sum() / power.sum())


def is_tone(path: Path, seconds: float) -> None:
    sound = np.frombuffer(path.read_bytes()[44:], dtype="<i2")
    loud = np.flatnonzero(np.abs(sound) > 300)
    assert len(loud), "nothing was heard"
    sound = sound[loud[0] : loud[-1]]
    assert len(sound) > seconds * 8000
    assert share_of_tone(sound) > 0.98


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine(LOOP)
    made.start()
    yield made
    made.shut()


def row(engine: Engine) -> media.RtpRow:
    found = engine.rtp_row(LINE)
    assert found is not None
    return found


def open_line(engine: Engine, codec: str, payload_type: int, far: int, srtp: bool) -> int:
    """Our UDP port."""

    def opened() -> bool:
        engine.rtp_open(LINE, HOST)
        time.sleep(0.05)
        return engine.rtp_row(LINE) is not None

    until(opened)
    key = (SUITE, KEY) if srtp else None
    engine.rtp_receive(LINE, [(payload_type, codec)], srtp=key)
    engine.rtp_send(LINE, HOST, far, codec=codec, payload_type=payload_type, source="host", srtp=key)
    local = row(engine).local
    assert local is not None
    return local[1]


CASES = [("PCMA", 8, "pcm_alaw", False), ("PCMU", 0, "pcm_mulaw", False), ("PCMA", 8, "pcm_alaw", True)]


@pytest.mark.parametrize(("codec", "payload_type", "theirs", "srtp"), CASES)
def test_what_ffmpeg_sends_is_heard(engine: Engine, tmp_path: Path, codec: str, payload_type: int, theirs: str, srtp: bool) -> None:
    far = two_ports()
    port = open_line(engine, codec, payload_type, far, srtp)
    out = tmp_path / "heard.wav"
    engine.record(POOL, str(out), fmt=media.REC_PCM16)
    engine.connect(LINE, POOL)
    secure = ["-srtp_out_suite", SUITE, "-srtp_out_params", base64.b64encode(KEY).decode()] if srtp else []
    subprocess.run(
        [*FFMPEG, "-re", "-f", "lavfi", "-i", "sine=f=1000:r=8000:d=3", "-ac", "1", "-c:a", theirs, "-f", "rtp", *secure,
         f"{'srtp' if srtp else 'rtp'}://{HOST}:{port}?localrtpport={far}&pkt_size=172"],
        check=True, timeout=PATIENCE_S, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    until(lambda: row(engine).remote_packets > 140)
    engine.close(POOL)
    until(lambda: any(event.type == media.EV_RECORDED for event in engine.events()))
    is_tone(out, 2.5)
    seen = row(engine)
    assert seen.remote == (HOST, far)
    assert seen.invalid == seen.unauthentic == 0
    assert bool(seen.state & media.RTP_STATE_SECURE) == srtp


@pytest.mark.parametrize(("codec", "payload_type", "theirs", "srtp"), CASES)
def test_what_we_send_ffmpeg_hears(engine: Engine, tmp_path: Path, codec: str, payload_type: int, theirs: str, srtp: bool) -> None:
    far = two_ports()
    description = tmp_path / "far.sdp"
    crypto = f"a=crypto:1 {SUITE} inline:{base64.b64encode(KEY).decode()}\n" if srtp else ""
    description.write_text(
        f"v=0\no=- 1 1 IN IP4 {HOST}\ns=-\nc=IN IP4 {HOST}\nt=0 0\nm=audio {far} RTP/{'S' if srtp else ''}AVP {payload_type}\n"
        f"a=rtpmap:{payload_type} {codec}/8000\n{crypto}"
    )
    out = tmp_path / "heard.wav"
    process = subprocess.Popen(
        [*FFMPEG, "-protocol_whitelist", "file,rtp,udp,srtp,crypto", "-i", str(description), "-t", "2", "-c:a", "pcm_s16le", "-bitexact",
         "-f", "wav", str(out)],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        open_line(engine, codec, payload_type, far, srtp)
        engine.tone(POOL, TONE)
        engine.connect(POOL, LINE)
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.wait()
    is_tone(out, 1.5)


def test_sipp_sends_back_what_it_gets(engine: Engine, tmp_path: Path) -> None:
    far, sip = two_ports(), two_ports()
    process = subprocess.Popen(
        ["sipp", "-sn", "uas", "-i", HOST, "-mi", HOST, "-p", str(sip), "-mp", str(far), "-rtp_echo", "-nostdin"], cwd=tmp_path,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        open_line(engine, "PCMA", 8, far, False)
        engine.tone(POOL, TONE)
        engine.connect(POOL, LINE)
        out = tmp_path / "heard.wav"
        engine.record(POOL + 1, str(out), fmt=media.REC_PCM16)
        engine.connect(LINE, POOL + 1)
        until(lambda: row(engine).remote_packets > 120)
        engine.close(POOL + 1)
        until(lambda: any(event.type == media.EV_RECORDED for event in engine.events()))
    finally:
        process.kill()
        process.wait()
    is_tone(out, 2.0)


def pcap(path: Path, packets: list[tuple[float, int, int, bytes]]) -> None:
    """(seconds, from port, to port, datagram), raw IPv4."""
    with path.open("wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for at, source, to, octets in packets:
            udp = struct.pack(">HHHH", source, to, 8 + len(octets), 0) + octets
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes((127, 0, 0, 1)), bytes((127, 0, 0, 1)))
            f.write(struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(ip + udp), len(ip + udp)) + ip + udp)


def test_tshark_finds_no_fault(tmp_path: Path) -> None:
    """On the virtual clock: what leaves in 12 s of talk, keys in it, RTP and RTCP."""
    engine = Engine(LOOP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtcp:
        far = two_ports()
        rtp.bind((HOST, far))
        rtcp.bind((HOST, far + 1))
        engine.rtp_open(LINE, HOST, two_ports(), xr=True, cname="line@here")
        engine.rtp_receive(LINE, [(8, "PCMA")], key_types=[101])
        engine.rtp_send(LINE, HOST, far, key_type=101)
        engine.tone(POOL, TONE)
        engine.connect(POOL, LINE)
        got: list[tuple[float, int, int, bytes]] = []
        for tick in range(1200):
            if tick == 300:
                engine.rtp_digits(LINE, "12#")
            engine.tick()
            for s in (rtp, rtcp):
                s.setblocking(False)
                while True:
                    try:
                        octets, source = s.recvfrom(2000)
                    except BlockingIOError:
                        break
                    got.append((1_600_000_000 + tick / 100, source[1], s.getsockname()[1], octets))
                    if s is rtp:  # so that there is something to report on
                        rtp.sendto(octets, source)
    engine.shut()
    path = tmp_path / "sent.pcap"
    pcap(path, got)
    decode = ["tshark", "-n", "-r", str(path), "-d", f"udp.port=={far},rtp", "-d", f"udp.port=={far + 1},rtcp", "-o", "rtp.heuristic_rtp:FALSE"]
    streams = subprocess.run([*decode, "-q", "-z", "rtp,streams"], check=True, capture_output=True, text=True, timeout=PATIENCE_S).stdout
    (line,) = [line for line in streams.splitlines() if HOST in line]
    assert " 0 (0.0%)" in line or " 0 (0%)" in line, line
    fields = ["rtp.p_type", "rtp.marker", "rtpevent.event_id", "rtpevent.duration", "rtcp.pt", "rtcp.sdes.text", "_ws.malformed"]
    arguments = [part for name in fields for part in ("-e", name)]
    shown = json.loads(
        subprocess.run([*decode, "-T", "json", *arguments], check=True, capture_output=True, text=True, timeout=PATIENCE_S).stdout
    )
    layers = [packet["_source"]["layers"] for packet in shown]
    assert not [layer for layer in layers if "_ws.malformed" in layer]
    events = [int(layer["rtpevent.event_id"][0]) for layer in layers if "rtpevent.event_id" in layer]
    assert list(dict.fromkeys(events)) == [1, 2, 11]
    kinds = {kind for layer in layers for kind in layer.get("rtcp.pt", [])}
    assert {"202", "207"} <= kinds
    assert kinds & {"200", "201"}
    assert "line@here" in str([layer.get("rtcp.sdes.text") for layer in layers])
