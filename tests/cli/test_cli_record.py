"""`xunhu record` and the requests behind it, against calls that are up; the engine is the tests' silent one."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "call"))

import pytest
from world import World, talk

from xunhu.api.local import LocalServer, RequestError
from xunhu.service.requests import handlers

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def running(tmp_path: Path, **settings: Any) -> AsyncIterator[tuple[World, Path]]:
    """A call that is up and the socket of the xunhu that has it."""
    conf = tmp_path / "conf"
    conf.mkdir()
    for name in ("Tce1-32.ini", "xunhu.yaml"):
        (conf / name).write_text((ROOT / "conf" / name).read_text())
    (conf / "data").mkdir()
    world = World(recordings=tmp_path / "rec", **settings)
    server = LocalServer(conf / "data" / "xunhu.sock", handlers(SimpleNamespace(control=world.control)))  # type: ignore[arg-type]
    await server.start()
    caller, _ = await talk(world)
    try:
        yield world, conf
    finally:
        caller.far_disconnect()
        await world.sleep(0.2)
        world.ticker.stop()
        await server.stop()


async def xunhu(conf: Path, *words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "xunhu.cli.main", *words, "--conf", str(conf)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), "HOME": str(conf)},
    )
    out, complaint = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), complaint.decode()


async def test_an_operator_masks_pauses_stops_and_starts(tmp_path: Path) -> None:
    async with running(tmp_path, recording="all") as (world, conf):
        call = world.call_id()
        status, text, _ = await xunhu(conf, "record", "list")
        assert (status, text.splitlines()[1].split()[:2]) == (0, [call, "recording"])
        for action, state in (("mask", "mask"), ("unmask", "recording"), ("pause", "pause"), ("resume", "recording"), ("stop", "none")):
            status, text, _ = await xunhu(conf, "record", action, call, "--json")
            assert (status, json.loads(text)[0]["state"]) == (0, state)
            await world.sleep(0.05)
        status, _, complaint = await xunhu(conf, "record", "stop", call)
        assert (status, "not being recorded" in complaint) == (4, True)
        status, text, _ = await xunhu(conf, "record", "start", call, "--json")
        assert (status, json.loads(text)[0]["state"]) == (0, "recording")
        status, text, _ = await xunhu(conf, "record", "mask", call, "--lang", "zh")
        assert (status, "已屏蔽" in text) == (0, True)
        assert [data["how"] for kind, data in world.ledger.of(call) if kind == "rec.mask"] == ["mask", "", "pause", "", "mask"]


async def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    async with running(tmp_path) as (world, conf):
        status, _, complaint = await xunhu(conf, "record", "mask", "20260101T000000-000001")
        assert (status, "there is no call" in complaint) == (4, True)
        assert (await xunhu(conf, "record"))[0] == 2
        assert (await xunhu(conf, "record", "mask"))[0] == 2
        ask = handlers(SimpleNamespace(control=world.control))["record"]  # type: ignore[arg-type]
        with pytest.raises(RequestError, match="list, start, stop, mask"):
            await ask({"action": "burn", "call": "x"})
