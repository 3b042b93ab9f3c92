"""`xunhu media echo` against an engine whose lines send back what they hear, over the socket that the command asks."""

from __future__ import annotations

import asyncio
import json
import wave
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from test_cli import ROOT, xunhu

from xunhu._media import engine as media
from xunhu._media.engine import Engine
from xunhu.api.local import LocalServer
from xunhu.service import echo_requests
from xunhu.service.requests import handlers

LOUD, SOFT, MUTE = 1, 2, 3  # timeslots of Trunk0, by their echo
FAR = 32


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Noise of -20 dBm0 for 3 s to three timeslots: one gives it back 2 dB softer, one 12 dB, one not at all."""
    engine = Engine([{"number": 0, "driver": "loop", "peer": 1}])
    sound = np.random.default_rng(1).normal(0, 1600, 24_000).astype("<i2")
    path = tmp_path_factory.mktemp("echo") / "noise.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(sound.tobytes())
    for n, (slot, gain) in enumerate(((LOUD, -2.0), (SOFT, -12.0), (MUTE, None))):
        engine.ts_open(slot)
        engine.ts_open(FAR + slot)
        if gain is not None:
            engine.connect(FAR + slot, FAR + slot, gain_db=gain)
        engine.echo(slot, 64)
        engine.play(media.LINE_PORTS + n, [f"{path}"])
        engine.connect(media.LINE_PORTS + n, slot)
    engine.tick(280)
    lines = [SimpleNamespace(number=0, name="Trunk0", echo_ms=64), SimpleNamespace(number=1, name="Trunk1", echo_ms=0)]
    config = SimpleNamespace(lines=SimpleNamespace(trunks=lines))
    return SimpleNamespace(media=SimpleNamespace(engine=engine), config=config)


def test_rows(switch: Any) -> None:
    by_name = {row["circuit"]: row for row in echo_requests.rows(switch)}
    assert sorted(by_name) == ["Trunk0/1", "Trunk0/2", "Trunk0/3"]
    loud, soft, mute = (by_name[f"Trunk0/{slot}"] for slot in (LOUD, SOFT, MUTE))
    assert (loud["erl_db"], soft["erl_db"]) == (pytest.approx(2, abs=1.5), pytest.approx(12, abs=1.5))
    assert (loud["low_erl"], soft["low_erl"], mute["low_erl"]) == (True, False, False)
    assert loud["converged"]
    assert soft["erle_db"] > 20
    assert not mute["converged"]


def test_no_engine_no_rows(switch: Any) -> None:
    assert echo_requests.rows(SimpleNamespace(media=SimpleNamespace(engine=None), config=switch.config)) == []


@pytest.fixture
def conf(switch: Any, tmp_path: Path) -> Iterator[Path]:
    """A configuration whose socket is answered for by the switch."""
    for name in ("Tce1-32.ini", "xunhu.yaml"):
        (tmp_path / name).write_text((ROOT / "conf" / name).read_text())
    (tmp_path / "data").mkdir()
    loop = asyncio.new_event_loop()
    server = LocalServer(tmp_path / "data" / "xunhu.sock", handlers(switch))
    loop.run_until_complete(server.start())
    thread = Thread(target=loop.run_forever)
    thread.start()
    yield tmp_path
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_the_command(conf: Path) -> None:
    shown = xunhu("media", "echo", "--conf", str(conf))
    assert shown.returncode == 1, shown.stderr
    assert "Trunk0/1" in shown.stdout
    assert "! Trunk0/1 returns" in shown.stdout
    assert "! Trunk0/2" not in shown.stdout
    assert "cancelled" in shown.stdout
    chinese = xunhu("--lang", "zh", "media", "echo", "--conf", str(conf))
    assert "! Trunk0/1 的回声损耗" in chinese.stdout
    raw = xunhu("media", "echo", "--json", "--conf", str(conf))
    assert [row["circuit"] for row in json.loads(raw.stdout) if row["low_erl"]] == ["Trunk0/1"]


def test_help_and_not_running() -> None:
    help_text = xunhu("media", "echo", "--help")
    assert "examples:\n  xunhu media echo" in help_text.stdout
    assert xunhu("media", "echo", "--conf", str(ROOT / "conf")).returncode == 3
