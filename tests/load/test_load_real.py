"""A switch of the tool's own as processes, calls over PRI and No.7 against it: every talk path is right, every key is heard. Interrupted runs report."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from xunhu.load.e1 import E1Run
from xunhu.load.knee import KneeSearch
from xunhu.load.lines import mirror
from xunhu.load.own_site import EXTENSIONS, HOTLINE
from xunhu.load.own_switch import OwnSwitch
from xunhu.load.plan import CallKind, Limits, Plan
from xunhu.load.progress import Progress
from xunhu.load.watch import LoadError

pytestmark = pytest.mark.interop

ROOT = Path(__file__).resolve().parents[2]
MIX = (CallKind("bridge", EXTENSIONS, share=2), CallKind("menu", HOTLINE, keys="16", hold_s=1), CallKind("answer", HOTLINE, hold_s=0.3))


def test_calls_over_pri_and_ss7() -> None:
    async def body() -> None:
        # 100 ms: a busy machine is not what is looked at here
        async with OwnSwitch(["PRI", "SS7"], jitter_ms=100) as switch:
            with Progress(quiet=True) as progress:
                plan = Plan(kinds=MIX, rate=8, calls=32, limits=Limits(0.0))
                report = await E1Run(switch.config, mirror(switch.config), plan, progress).run()
        figures = report["figures"]
        assert report["good"], report["beyond"]
        assert (figures["attempts"], figures["answered"], figures["failed"]) == (32, 32, 0), figures
        assert figures["talk_paths"] == {"right": 16}
        assert figures["keys"] == {"right": 8 * 4, "missed": 0, "wrong": 0}
        assert figures["causes"] == {"16": 32}
        assert report["switch"]["figures"]["media_rss_mib"]["most"] > 0
        assert report["switch"]["figures"]["switch_calls"]["most"] > 0
        assert sum(row["attempts"] for row in report["seconds_rows"]) == 32

    asyncio.run(body())


def test_a_search_ends_where_there_are_no_more_circuits() -> None:
    """Thirty circuits, calls of two seconds: some fifteen a second find one."""

    async def body() -> None:
        async with OwnSwitch(["PRI"], jitter_ms=100) as switch:
            with Progress(quiet=True) as progress:
                plan = Plan(kinds=(CallKind("answer", HOTLINE, hold_s=2),), seconds=4, limits=Limits(0.02))
                search = KneeSearch(8, 40, factor=2.5, resolution=0.6)
                report = await E1Run(switch.config, mirror(switch.config), plan, progress).run(search)
        assert report["ramp"]["knee"] == 8, report["ramp"]
        assert [step["good"] for step in report["ramp"]["steps"]] == [True, False]
        assert report["ramp"]["steps"][1]["figures"]["failures"].keys() == {"no-circuit"}
        assert report["good"]
        assert report["figures"]["attempts"] == 32

    asyncio.run(body())


def test_lines_that_do_not_come_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from xunhu.config import load
    from xunhu.load import e1
    from xunhu.load.own_site import write_site

    monkeypatch.setattr(e1, "_UP_S", 0.3)
    write_site(tmp_path / "site", ["PRI"])
    config = load(tmp_path / "site")

    async def body() -> None:
        with Progress(quiet=True) as progress:
            await E1Run(config, mirror(config), Plan(kinds=MIX), progress).run()

    with pytest.raises(LoadError, match="Trunk0"):
        asyncio.run(body())


def test_ctrl_c_reports_what_was_seen() -> None:
    command = [sys.executable, "-m", "xunhu.cli.main", "--lang", "en", "load", "e1", "--own", "pri", "--rate", "5", "--seconds", "600", "--json"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    begin = time.monotonic()
    for line in process.stderr:  # the second line of figures is there after five seconds of calls
        if "answered" in line and " 0 answered" not in line:
            break
        assert time.monotonic() - begin < 60
    process.send_signal(signal.SIGINT)
    out, rest = process.communicate(timeout=60)
    assert process.returncode == 130, rest
    assert "Traceback" not in rest
    report = json.loads(out)
    assert report["interrupted"]
    figures = report["figures"]
    assert figures["attempts"] == figures["finished"] > 10
    assert figures["failed"] == 0, figures
