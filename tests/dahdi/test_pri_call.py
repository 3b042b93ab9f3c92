"""A whole PRI call, xunhu to xunhu, through two spans of the real DAHDI driver; then the line goes under it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dahdi_site import (
    BRANCH_HZ,
    DYNAMIC_CREATE,
    DYNAMIC_DESTROY,
    HOTLINE,
    MENU_HZ,
    PATIENCE_S,
    RATE,
    VOICE_HZ,
    Caller,
    DahdiSite,
    FarEnd,
    both_up,
    cdrs,
    dahdi_cfg,
    dynamic,
    engines,
    heard_ms,
    jumps,
    refusals,
    show,
    unrefused,
    until,
    wav,
)  # fmt: skip

from xunhu._media.engine import ALARM_LOS, ALARM_MISSING
from xunhu._media.files import wav_info
from xunhu.api.local import ask
from xunhu.records.cdr import Cdr
from xunhu.service.switch import Switch


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """The spans as the machine has made them, for whoever comes next."""
    yield
    dahdi_cfg()


def listener(recording: Path) -> dict[str, float]:
    """What the far end has heard, in seconds: the menu, the branch, and the time between them where neither was."""
    heard = wav(recording)
    menu, branch = (heard_ms(heard, hz) > 2000 for hz in (MENU_HZ, BRANCH_HZ))
    ends, begins = np.flatnonzero(menu), np.flatnonzero(branch)
    assert len(ends), "no prompt was heard"
    assert len(begins), "the branch was not heard"
    inside = branch[begins[0] : begins[-1] + 1]
    steady = heard[80 * (begins[0] + 1) : 80 * begins[-1]]
    return {
        "menu": float(menu.sum() / 100),
        "branch": float(branch.sum() / 100),
        "key to branch": float(begins[0] - ends[-1]) / 100,
        "holes": float((~inside).sum() / 100),
        "jumps": jumps(steady, BRANCH_HZ),
    }


def concealed(switch: Switch, far: FarEnd) -> int:
    """Blocks that were lost, as the counters have it; a late tick may be one."""
    count = 0
    for engine in engines(switch, far):
        (span,) = engine.span_drivers()
        status = engine.span_status(span)
        count += status["underruns"] + status["overruns"] + status["lost"]
        count += engine.stats()["skipped_ticks"] + engine.stats()["late_ticks"]
    return count


def recorded(switch: Switch, cdr: Cdr) -> Path:
    """The recording is as long as the call."""
    assert switch.media.engine is not None
    (recording,) = cdr.recordings
    info = wav_info(recording)
    skipped_s = switch.media.engine.stats()["skipped_ticks"] * switch.media.engine.tick_samples / RATE
    assert cdr.duration_s - 2.0 - skipped_s < info.frames / info.rate < cdr.duration_s + 1.0
    return Path(recording)


async def asked(switch: Switch, do: str) -> Any:
    """What the command line would be told."""
    return await asyncio.to_thread(ask, switch.config.socket, {"do": do}, timeout_s=60.0)


async def heard_call(switch: Switch, far: FarEnd) -> Caller:
    """A call that is answered and hears the prompt."""

    async def attempt() -> Caller:
        before = refusals(switch, far)
        caller = await far.call()
        await until(
            lambda: caller.level_dbm0 > -20 or caller.gone.done() or refusals(switch, far) != before, "the prompt is heard"
        )
        return caller

    return await unrefused(switch, far, attempt)


async def one_call(site: DahdiSite, switch: Switch, far: FarEnd) -> Caller:
    """Answered by the flow, menu heard, key 2 taken, branch heard."""

    async def attempt() -> Caller:
        caller = await heard_call(switch, far)
        before = refusals(switch, far)
        if caller.gone.done():
            return caller
        caller.listen(site.folder)
        caller.speak()
        await asyncio.sleep(1.0)
        began = time.monotonic()
        while not caller.gone.done() and [c.node for c in switch.control.calls()] != ["second"]:
            assert time.monotonic() - began < PATIENCE_S, "the branch is not taken"
            if refusals(switch, far) != before:
                return caller
            await caller.press("2")  # pressed again where the machine has swallowed a key
            await asyncio.sleep(0.5)
        print(f"key pressed and branch taken in {1000 * (time.monotonic() - began):.0f} ms")
        await asyncio.sleep(3.0)
        return caller

    return await unrefused(switch, far, attempt)


@pytest.mark.parametrize(("signalling", "tick_ms"), [("PRI", 10), ("NONE", 20)])
async def test_a_flow_answers_a_call(tmp_path: Path, signalling: str, tick_ms: int) -> None:
    site = DahdiSite(tmp_path / "conf", far=signalling, tick_ms=tick_ms)
    async with site.running() as switch, site.far_end() as far:
        cpu, wall = time.process_time(), time.monotonic()
        caller = await one_call(site, switch, far)
        print(f"processor during the call: {100 * (time.process_time() - cpu) / (time.monotonic() - wall):.0f} %")
        await caller.stop_listening()
        assert await caller.hang_up() == 16
        await free(switch)
        cdr = (await until(lambda: cdrs(switch), "the CDR"))[-1]
        show(switch, far)
        assert (cdr.calling, cdr.called, cdr.cause, cdr.released_by) == ("13800138000", HOTLINE, 16, "caller")
        assert (set(cdr.digits), cdr.nodes) == ({"2"}, ["menu", "second"])
        assert (heard_ms(wav(recorded(switch, cdr)), VOICE_HZ) > 500).sum() > 200
        heard = listener(caller.heard)
        print(heard)
        assert heard["menu"] > 0.8
        assert heard["branch"] > 2.0
        # Nothing is lost unless a counter says so: a late tick of this machine conceals a block, or drops one.
        assert heard["jumps"] <= 2 * concealed(switch, far)  # where a block is missing, the tone breaks off and begins
        for engine in engines(switch, far):
            link = engine.link_status(0)
            assert link["rx"] > 5
            assert (link["rx_lost"], link["tx_lost"]) == (0, 0)


async def free(switch: Switch) -> None:
    """The circuit is given back."""
    await until(lambda: set(switch.control.trunks["Trunk0"].circuits().values()) == {"idle"}, "the circuit is free")


async def test_the_line_goes_under_a_call_and_comes_back(tmp_path: Path) -> None:
    """The other side of the pair is destroyed: LOS."""
    site = DahdiSite(tmp_path / "conf")
    async with site.running() as switch:
        (trunk,) = switch.control.trunks.values()
        async with site.far_end() as far:
            await heard_call(switch, far)
        dynamic(DYNAMIC_DESTROY, "1:1")
        began = time.monotonic()
        await until(lambda: trunk.alarms & ALARM_LOS, "the alarm is seen")
        print(f"alarm after {time.monotonic() - began:.2f} s")
        (row,) = (await asked(switch, "status"))["trunks"]
        assert (row["up"], row["alarms"], row["idle"]) == (False, ["LOS"], 0)
        cdr = (await until(lambda: [row for row in cdrs(switch) if row.cause == 27], "the CDR"))[0]
        print(f"call cleared after {time.monotonic() - began:.2f} s")
        assert cdr.released_by == "system"
        recorded(switch, cdr)
        assert any("LOS" in text for text in switch.alarms)

        assert dynamic(DYNAMIC_CREATE, "1:1") == 2
        site.configure(2)
        await until(lambda: not trunk.alarms, "the line is well again")
        async with site.far_end() as far:
            caller = await heard_call(switch, far)
            assert await caller.hang_up() == 16
            await until(lambda: cdrs(switch)[-1].cause == 16, "the second CDR")
            await free(switch)
            show(switch, far)


async def test_the_card_is_taken_away_under_a_call_and_put_back(tmp_path: Path) -> None:
    """Our own span goes: MISSING."""
    site = DahdiSite(tmp_path / "conf")
    async with site.running() as switch, site.far_end() as far:
        (trunk,) = switch.control.trunks.values()
        caller = await heard_call(switch, far)
        (place,) = (found.parent for found in Path("/sys/bus/dahdi_devices/devices").glob("*/span-1"))
        began = time.monotonic()
        (place / "unassign_span").write_text("1")
        await until(lambda: trunk.alarms & ALARM_MISSING, "the alarm is seen")
        print(f"alarm after {time.monotonic() - began:.2f} s")
        (row,) = (await asked(switch, "status"))["trunks"]
        assert (row["up"], row["alarms"], row["idle"]) == (False, ["MISSING"], 0)
        cdr = (await until(lambda: [row for row in cdrs(switch) if row.cause == 27], "the CDR"))[0]
        print(f"call cleared after {time.monotonic() - began:.2f} s")
        assert cdr.released_by == "system"
        await asyncio.sleep(2.5)  # the engine tries to open it, in vain

        (place / "assign_span").write_text("1:1:1")
        site.configure(1)
        await until(lambda: not trunk.alarms, "the span is back")
        await both_up(switch, far)
        cause = await asyncio.wait_for(caller.gone, 120)
        print(f"far end told after {time.monotonic() - began:.2f} s, cause {cause}")
        caller = await heard_call(switch, far)
        assert await caller.hang_up() == 16
        await until(lambda: cdrs(switch)[-1].cause == 16, "the second CDR")
        await free(switch)
        show(switch, far)


async def test_media_in_a_process_of_its_own_outlives_control(tmp_path: Path) -> None:
    """The talk goes on while there is no control; the next one takes the call and the D channel over."""
    site = DahdiSite(tmp_path / "conf")
    async with site.far_end() as far:
        async with site.running(own_process=True, keep_media=True) as first:
            caller = await one_call(site, first, far)
            media = first.media_link.pid
            assert media != os.getpid()
        await asyncio.sleep(2.0)
        assert caller.level_dbm0 > -20
        assert not caller.gone.done()
        async with site.running(own_process=True) as switch:
            assert (switch.media_link.pid, switch.media_link.found_running) == (media, True)
            assert switch.recovered.taken_over == 1
            (trunk,) = switch.control.trunks.values()
            await until(lambda: trunk.up and far.trunk.up, "the D channel is up")
            await asyncio.sleep(1.0)
            # An engine that refuses, see dahdi_site, leaves the flow nothing to go on with.
            await until(lambda: caller.level_dbm0 > -20 or switch.media.refused, "the flow goes on")
            assert not caller.gone.done() or switch.media.refused
            await caller.hang_up()
            await free(switch)
            cdr = (await until(lambda: cdrs(switch), "the CDR"))[-1]
            assert (set(cdr.digits), cdr.nodes[0], cdr.nodes[-1]) == ({"2"}, "menu", "second")
            assert cdr.cause == (41 if switch.media.refused else 16)
            show(switch, far)
        assert first.media_link._process is not None
        first.media_link._process.process.wait()  # a child of the first control, which the second has ended
