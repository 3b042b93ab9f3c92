"""The engine with threads of its own: in this process, and as the process xunhu-media with clients that die."""

import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xunhu._media import engine as media
from xunhu._media.engine import Engine, EngineBusyError, EngineClient, EngineControl, Event
from xunhu._media.service import MediaError, MediaProcess, spawn_media

LOOPS = [{"number": 2 * i, "driver": "loop", "peer": 2 * i + 1} for i in range(32)]
POOL = media.LINE_PORTS
PATIENCE_S = 60.0
TONE = [(1000.0, 0.0, -10.0, -99.0, 0)]


def until(what: Callable[[], Any]) -> Any:
    """Wait for something to become true; how long that takes is the machine's affair."""
    deadline = time.monotonic() + PATIENCE_S
    while not (result := what()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)
    return result


def event_of(control: EngineControl, kind: int) -> Event:
    """The next event of this kind, woken by the descriptor."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        select.select([control.event_fd], [], [], 1.0)
        for event in control.events():
            assert event.type != media.EV_REFUSED, event
            if event.type == kind:
                return event
    raise AssertionError("it never came")


def not_busy(control: EngineControl, opening: Callable[[], int], port: int) -> None:
    """Open a port; a machine that is too slow for the tick at this moment refuses for a while, which is right."""
    while True:
        tag = opening()
        while control.port(port).kind == media.PORT_FREE:
            time.sleep(0.005)
            if any(e.type == media.EV_REFUSED and e.tag == tag for e in control.events()):
                break
        else:
            return
        time.sleep(0.1)


def unbroken_tone(path: Path, at_least_s: float) -> None:
    """1000 Hz at 8 kHz repeats each 8 samples: nowhere from its begin to its end may it do otherwise."""
    with wave.open(str(path), "rb") as f:
        sound = np.frombuffer(f.readframes(f.getnframes()), dtype="<i2").astype(int)
    loud = np.flatnonzero(np.abs(sound) > 500)
    sound = sound[loud[0] + 160 : loud[-1] - 160]
    assert len(sound) > at_least_s * 8000
    assert np.max(np.abs(sound[8:] - sound[:-8])) <= 600  # one step of A-law at this level is 256 or 512


@pytest.fixture
def process(tmp_path: Path) -> Iterator[MediaProcess]:
    with spawn_media(str(tmp_path / "m.sock"), LOOPS[:1], log=str(tmp_path / "log")) as p:
        yield p


def test_own_threads_play_record_and_wake(tmp_path: Path) -> None:
    engine = Engine(LOOPS[:1])
    assert engine.event_fd == -1
    engine.start()
    try:
        with pytest.raises(RuntimeError, match="thread"):
            engine.tick()
        not_busy(engine, lambda: engine.ts_open(1), 1)
        not_busy(engine, lambda: engine.ts_open(33), 33)
        not_busy(engine, lambda: engine.tone(POOL, TONE), POOL)
        path = tmp_path / "a.wav"
        not_busy(engine, lambda: engine.record(POOL + 1, str(path), fmt=media.REC_PCM16), POOL + 1)
        engine.connect(POOL, 1)
        engine.connect(33, POOL + 1)
        until(lambda: engine.port(POOL + 1).samples > 4000)
        engine.close(POOL + 1)
        recorded = event_of(engine, media.EV_RECORDED)
        assert (recorded.a0, recorded.port) == (media.END_STOPPED, POOL + 1)
        assert engine.event_fd >= 0
    finally:
        engine.stop()
    assert engine.stats()["ticks"] > 50
    engine.tick()  # by hand again
    unbroken_tone(path, 0.3)


def test_ces_packets_leave_one_by_one() -> None:
    """Ten packets a tick, each at its own time; a busy machine may need several attempts, bunches never pass."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        far.bind(("127.0.0.1", 0))
        far.settimeout(PATIENCE_S)
        far.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
        s.bind(("127.0.0.1", 0))
        local, remote = (f"127.0.0.1:{end.getsockname()[1]}" for end in (s, far))
        s.close()
        engine = Engine([{"number": 0, "driver": "ces", "local": local, "remote": remote, "frames": 8, "jitter_ms": 20}])
        engine.start()

        def typical_gap_ms() -> float:
            times = []
            for _ in range(301):
                seconds, ns = struct.unpack("qq", far.recvmsg(2000, 100)[1][0][2])
                times.append(seconds * 1e3 + ns / 1e6)
            return float(np.median(np.diff(times)))

        try:
            until(lambda: 0.8 < typical_gap_ms() < 1.2)
        finally:
            engine.shut()


def test_link_frames_wake_control() -> None:
    engine = Engine(LOOPS[:1])
    engine.start()
    engine.link_open(0, 0, 16)
    engine.link_open(1, 1, 16)
    until(lambda: len(engine.links()) == 2)
    engine.events()
    assert engine.link_send(0, b"over there")
    until(lambda: select.select([engine.event_fd], [], [], 1.0)[0])
    assert engine.events() == []
    assert select.select([engine.event_fd], [], [], 0)[0] == []
    assert engine.links_ready() == [1]
    assert engine.link_receive(1) == [b"over there"]
    engine.shut()


def test_starts_with_64_spans_and_ends_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "m.sock"
    process = spawn_media(str(path), LOOPS)
    assert process.ready["missing"] == {}
    assert process.ready["pid"] == process.pid
    client = EngineClient(str(path))
    assert len(client.span_drivers()) == 64
    assert (client.pid, client.tick_samples, client.law) == (process.pid, 80, "A")
    record = tmp_path / "a.wav"
    not_busy(client, lambda: client.record(POOL, str(record)), POOL)
    until(lambda: client.port(POOL).samples >= 800)
    assert os.getsid(process.pid) == process.pid
    process.process.send_signal(signal.SIGHUP)
    process.process.send_signal(signal.SIGPIPE)
    sample = client.sample
    until(lambda: client.sample > sample + 800)
    assert process.stop() == 0
    assert select.select([client.alive_fd], [], [], PATIENCE_S)[0]
    raw = record.read_bytes()
    assert int.from_bytes(raw[4:8], "little") + 8 == len(raw)
    assert len(raw) >= 858
    assert not path.exists()
    client.detach()
    with pytest.raises(RuntimeError, match="no engine"):
        client.events()


def test_no_descriptor_of_ours_goes_along(tmp_path: Path) -> None:
    leak = os.open("/dev/zero", os.O_RDONLY)
    os.set_inheritable(leak, True)
    try:
        with spawn_media(str(tmp_path / "m.sock"), LOOPS[:1], log=str(tmp_path / "log")) as process:
            folder = Path(f"/proc/{process.pid}/fd")
            assert "/dev/zero" not in {os.readlink(fd) for fd in folder.iterdir()}
    finally:
        os.close(leak)


def test_a_second_control_is_refused(process: MediaProcess) -> None:
    first = EngineClient(process.socket_path)
    with pytest.raises(EngineBusyError, match=f"another control is attached .pid {os.getpid()}."):
        EngineClient(process.socket_path)
    assert first.stats()["controls"] == 1
    first.detach()
    second = EngineClient(process.socket_path)
    assert second.stats()["controls"] == 2
    second.detach()


def test_no_engine_is_a_connection_error(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match="no media engine"):
        EngineClient(str(tmp_path / "none"))


CLIENT = """
import sys, time
from xunhu._media import engine as media
client = media.EngineClient(sys.argv[1])
POOL = media.LINE_PORTS

def opened(opening, port):
    while client.port(port).kind == media.PORT_FREE:
        opening()
        time.sleep(0.1)

opened(lambda: client.ts_open(1), 1)
opened(lambda: client.ts_open(33), 33)
opened(lambda: client.tone(POOL, [(1000.0, 0.0, -10.0, -99.0, 0)]), POOL)
opened(lambda: client.record(POOL + 1, sys.argv[2], fmt=media.REC_PCM16), POOL + 1)
client.connect(POOL, 1)
client.connect(33, POOL + 1)
client.link_open(0, 0, 16)
client.link_open(1, 1, 16)
while len(client.links()) < 2 or client.port(POOL + 1).samples < 4000:
    time.sleep(0.01)
for i in range(20):
    client.close(7)          # refused: events that nobody will read
client.link_send(0, b"nobody reads this")
print("up", flush=True)
time.sleep(1000)
"""


def test_control_is_killed_and_the_next_finds_all_as_it_was(process: MediaProcess, tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    victim = subprocess.Popen(
        [sys.executable, "-c", CLIENT, process.socket_path, str(path)], stdout=subprocess.PIPE, start_new_session=True
    )
    assert victim.stdout is not None
    assert victim.stdout.readline() == b"up\n"
    victim.kill()
    victim.wait()
    victim.stdout.close()

    def attach() -> EngineClient | None:
        try:
            return EngineClient(process.socket_path)
        except EngineBusyError:
            return None  # its death has not been noticed yet

    client = until(attach)
    assert client.events() == []
    assert client.ports() == [1, 33, POOL, POOL + 1]
    assert client.port(1).sources == (POOL,)
    assert client.links() == [(0, 0, 16), (1, 1, 16)]
    assert client.span_status(0)["alarms"] == 0
    assert client.link_receive(1) in ([], [b"nobody reads this"])  # it may have come after we attached
    old_tag = client.port(POOL).tag
    samples = client.port(POOL + 1).samples
    until(lambda: client.port(POOL + 1).samples > samples + 4000)
    assert client.link_send(1, b"a new voice")
    assert until(lambda: client.link_receive(0)) == [b"a new voice"]
    assert client.close(POOL + 1) > old_tag
    assert event_of(client, media.EV_RECORDED).a0 == media.END_STOPPED
    client.detach()
    unbroken_tone(path, 0.8)
    log = [json.loads(line)["media"] for line in (tmp_path / "log").read_text().splitlines()]
    assert [line for line in log if "control" in line and "refused" not in line][:3] == [
        "control attached",
        "control is gone, the engine goes on",
        "control attached",
    ]


def test_a_stale_socket_file_is_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "m.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as dead:
        dead.bind(str(path))
    with spawn_media(str(path), LOOPS[:1], log=str(tmp_path / "log")) as process:
        EngineClient(process.socket_path).detach()
        with pytest.raises(MediaError, match="already serves"):
            spawn_media(str(path), LOOPS[:1])
        EngineClient(process.socket_path).detach()
    process = spawn_media(str(path), LOOPS[:1], log=str(tmp_path / "log"))
    process.process.kill()
    process.process.wait()
    assert path.exists()
    with spawn_media(str(path), LOOPS[:1], log=str(tmp_path / "log")) as process:
        assert process.alive


@pytest.mark.parametrize(
    ("spans", "where", "why"),
    [
        ([{"number": 0, "driver": "isa"}], "m.sock", "driver must be"),
        ([], "no/such/folder/m.sock", "cannot make"),
        ([], "x" * 120, "more than 107 octets"),
    ],
)
def test_what_cannot_start_says_why(tmp_path: Path, spans: list[dict[str, Any]], where: str, why: str) -> None:
    with pytest.raises(MediaError, match=why):
        spawn_media(str(tmp_path / where), spans)


def test_a_missing_span_does_not_stop_it_and_is_told(tmp_path: Path) -> None:
    spans = [{"number": 3, "driver": "dahdi", "span": 1, "root": str(tmp_path / "dahdi")}]
    with spawn_media(str(tmp_path / "m.sock"), spans, log=str(tmp_path / "log")) as process:
        assert list(process.ready["missing"]) == ["3"]
        assert "span cannot be opened" in (tmp_path / "log").read_text()


def test_a_client_that_writes_nonsense_does_no_harm(process: MediaProcess) -> None:
    """It maps the memory and fills all of it, indices and all; the next control finds an engine that works."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as hostile:
        hostile.connect(process.socket_path)
        _, fds, _, _ = socket.recv_fds(hostile, 4096, 2)
        size = os.fstat(fds[0]).st_size
        noise = np.random.default_rng(3).bytes(1 << 20)
        for offset in range(64, size, len(noise)):
            os.pwrite(fds[0], noise[: size - offset], offset)
        with pytest.raises(OSError, match="not permitted"):
            os.ftruncate(fds[0], 0)
        for fd in fds:
            os.close(fd)
        hostile.send(b"hello?" * 100)

    def attach() -> EngineClient | None:
        try:
            return EngineClient(process.socket_path)
        except EngineBusyError:
            return None

    client = until(attach)
    before = client.sample
    until(lambda: client.sample > before)
    tag = client.ts_open(1)
    until(lambda: client.port(1).tag == tag)
    client.detach()


def test_links_of_mtp2_are_out_while_no_control_is_there(process: MediaProcess) -> None:
    """The far end must not be acknowledged by nobody: SIPO until the next control sends (Q.703 §8)."""
    fisu, sios = bytes((0xFF, 0xFF, 0)), bytes((0xFF, 0xFF, 1, 3))
    sipo = bytes((0xFF, 0xFF, 1, 4))
    client = EngineClient(process.socket_path)
    for n in range(2):
        client.link_open(n, n, 16, media.LINK_MTP2)
        assert client.link_send(n, fisu)
    until(lambda: fisu in client.link_receive(1) and not client.link_waiting(0))
    assert [client.link_status(n)["outage"] for n in range(2)] == [0, 0]
    client.detach()

    def attach() -> EngineClient | None:
        try:
            return EngineClient(process.socket_path)
        except EngineBusyError:
            return None

    client = until(attach)
    assert sipo in until(lambda: client.link_receive(1))
    assert client.link_status(0)["outage"] == 1
    assert client.link_send(0, sios)
    until(lambda: sios in client.link_receive(1))
    assert [client.link_status(n)["outage"] for n in range(2)] == [0, 1]
    client.detach()
