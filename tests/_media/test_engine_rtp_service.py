"""RTP lines in real time, by several threads, and in the process xunhu-media, which goes on when control dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xunhu._media import engine as media
from xunhu._media.engine import Engine, EngineClient, EngineControl, RtpRow
from xunhu._media.service import spawn_media

LOOP = [{"number": 0, "driver": "loop", "peer": 1}]
HOST = "127.0.0.1"
PATIENCE_S = 60.0
KEY = ("AEAD_AES_128_GCM", bytes(range(28)))


def until(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (result := what()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)
    return result


def row(control: EngineControl, port: int) -> RtpRow:
    found = control.rtp_row(port)
    assert found is not None
    return found


def open_pair(control: EngineControl, first: int, srtp: tuple[str, bytes] | None = None) -> None:
    """Two lines that talk to each other; a machine that is too slow at this moment refuses for a while."""
    for port in (first, first + 1):

        def opened(port: int = port) -> bool:
            control.rtp_open(port, HOST)
            time.sleep(0.03)
            return control.rtp_row(port) is not None

        until(opened)
        control.rtp_receive(port, [(8, "PCMA")], srtp=srtp)
    for port, other in ((first, first + 1), (first + 1, first)):
        local = row(control, other).local
        assert local is not None
        control.rtp_send(port, *local, srtp=srtp)


@pytest.mark.parametrize("threads", [2, 4])
def test_threads_share_lines(threads: int) -> None:
    """On the virtual clock: what one thread does, several do."""
    engine = Engine(LOOP, threads=threads)
    ports = range(media.TS_PORTS, media.TS_PORTS + 80)
    for port in ports:
        engine.rtp_open(port, HOST, rtcp=False)
        engine.rtp_receive(port, [(8, "PCMA")], srtp=KEY if port % 3 == 0 else None)
    engine.tick()
    for port in ports:
        other = ports[(port - media.TS_PORTS) ^ 1]
        local = row(engine, other).local
        assert local is not None
        engine.rtp_send(port, *local, srtp=KEY if other % 3 == 0 else None)
    engine.tone(media.LINE_PORTS, [(1000.0, 0.0, -10.0, -99.0, 0)])
    for port in ports:
        engine.connect(media.LINE_PORTS, port)
        engine.detect(port, media.DETECT_METER)
    engine.tick(200)
    assert not [event for event in engine.events() if event.type == media.EV_REFUSED]
    for port in ports:
        seen = row(engine, port)
        assert seen.remote_packets > 60
        assert seen.lost == seen.strange == seen.unauthentic == seen.invalid == 0
        assert engine.port(port).rms_in_dbm0 == pytest.approx(-10, abs=0.3)
    engine.shut()


def test_in_real_time_with_srtp_made_by_its_own_thread() -> None:
    engine = Engine(LOOP)
    engine.start()
    try:
        open_pair(engine, media.TS_PORTS, KEY)
        until(lambda: row(engine, media.TS_PORTS).remote_packets > 100)
        seen = row(engine, media.TS_PORTS)
        assert seen.state & media.RTP_STATE_SECURE
        assert seen.unauthentic == seen.strange == 0
        for _ in range(20):  # opened and closed while their SRTP is being made
            engine.rtp_open(media.TS_PORTS + 5, HOST)
            engine.rtp_receive(media.TS_PORTS + 5, [(8, "PCMA")], srtp=KEY)
            engine.rtp_send(media.TS_PORTS + 5, HOST, 9, srtp=KEY)
            engine.close(media.TS_PORTS + 5)
        until(lambda: engine.stats()["ports_open"] == 2)
    finally:
        engine.shut()


CONTROL = """
import sys, time
sys.path.insert(0, sys.argv[2])
from test_engine_rtp_service import open_pair, row, until
from xunhu._media import engine as media
control = media.EngineClient(sys.argv[1])
open_pair(control, media.TS_PORTS)
until(lambda: row(control, media.TS_PORTS).remote_packets > 20)
print("talks", flush=True)
time.sleep(600)
"""


def test_lines_go_on_when_control_is_killed(tmp_path: Path) -> None:
    socket = str(tmp_path / "m.sock")
    with spawn_media(socket, LOOP, log=str(tmp_path / "log")):
        control = subprocess.Popen([sys.executable, "-c", CONTROL, socket, str(Path(__file__).parent)], stdout=subprocess.PIPE, text=True)
        try:
            assert control.stdout is not None
            assert control.stdout.readline() == "talks\n"
        finally:
            os.kill(control.pid, signal.SIGKILL)
            control.communicate()

        def attached() -> EngineClient | None:
            try:
                return EngineClient(socket)
            except media.EngineBusyError:
                return None

        client = until(attached)
        before = row(client, media.TS_PORTS)
        until(lambda: row(client, media.TS_PORTS).remote_packets > before.remote_packets + 50)
        assert client.port(media.TS_PORTS).kind == media.PORT_RTP
        client.close(media.TS_PORTS)
        until(lambda: client.rtp_row(media.TS_PORTS) is None)
        until(lambda: row(client, media.TS_PORTS + 1).state & media.RTP_STATE_BYE)
        client.detach()
