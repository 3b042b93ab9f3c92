"""Recordings under command: begun late and with pre-roll, stopped and begun anew, masked and paused; by sound through the engine, read back
with sox."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_sound import RATE, FarEnd, level, simulate, spans
from world import World, talk

from xunhu import vclock
from xunhu._media.engine import Engine
from xunhu.call.errors import NoSuchCallError, NotPossibleError
from xunhu.call.recovery import open_calls, recover
from xunhu.ivr.session import Session
from xunhu.ledger.event import Event
from xunhu.records.cdr import Cdr, CdrProjection


def by_sox(path: str) -> list[np.ndarray]:
    """Left and right as sox reads them."""
    out = []
    for track in ("1", "2"):
        command = ["sox", path, "-t", "raw", "-e", "signed", "-b", "16", "-L", "-", "remix", track]
        out.append(np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, "<i2").astype(float))
    return out


def loud(samples: np.ndarray, hz: float) -> np.ndarray:
    """Seconds, to 0.1 s, in which a tone is there."""
    blocks = samples[: len(samples) // 800 * 800].reshape(-1, 800)
    return np.flatnonzero([level(block, hz) > -20 for block in blocks]) / 10


def hidden(samples: np.ndarray, begin: float, end: float) -> bool:
    """Not a trace of anything: A-law's smallest value throughout."""
    return set(samples[round((begin + 0.03) * RATE) : round((end - 0.03) * RATE)]) == {8.0}


def of(w: World, kind: str) -> list[dict[str, Any]]:
    return [data for name, data in w.ledger.of(w.call_id()) if name == kind]


class Talk:
    """A caller with a voice of 700 Hz and an extension of 1700 Hz."""

    def __init__(self, w: World, caller: Any, callee: Any) -> None:
        self.w, self._caller = w, caller
        self._parties = [FarEnd(w, caller.port), FarEnd(w, callee.port)]
        self._voices = [party.voice(hz) for party, hz in zip(self._parties, (700, 1700), strict=True)]

    async def press(self, key: str) -> None:
        """The caller, who says nothing meanwhile."""
        self._voices.pop(0).stop()
        await self.w.sleep(0.1)
        await self._parties[0].press(key)
        await self.w.sleep(0.1)
        self._voices.insert(0, self._parties[0].voice(700))

    async def over(self) -> None:
        self._caller.far_disconnect()
        for voice in self._voices:
            voice.stop()
        for party in self._parties:
            party.leave()
        await self.w.sleep(0.3)


async def talking(w: World) -> Talk:
    out = Talk(w, *await talk(w))
    await w.sleep(0.1)
    return out


def test_masked_speech_is_silence_and_paused_speech_is_left_out(tmp_path: Path) -> None:
    async def main(w: World) -> None:
        parties = await talking(w)
        call = w.call_id()
        await w.sleep(0.9)
        assert w.control.record(call, "mask").state == "mask"
        await w.sleep(1.0)
        assert w.control.record(call, "mask", False).state == "recording"
        await w.sleep(1.0)
        w.control.record(call, "pause")
        await w.sleep(1.0)
        w.control.record(call, "pause", False)
        await w.sleep(1.0)
        await parties.over()

    w = simulate(main, recording="all", recordings=tmp_path / "rec")
    path, seconds = of(w, "rec.end")[0]["path"], of(w, "rec.end")[0]["seconds"]
    left, right = by_sox(path)
    assert len(left) == pytest.approx(seconds * RATE, abs=2)
    marks = of(w, "rec.mask")
    assert [(m["how"], m["on"]) for m in marks] == [("mask", True), ("", False), ("pause", True), ("", False)]
    begin, end, paused, resumed = (m["at"] for m in marks)
    assert end - begin == pytest.approx(1.0, abs=0.03)
    assert resumed == pytest.approx(paused, abs=0.03)
    for track, hz in ((left, 700), (right, 1700)):
        there = loud(track, hz)
        assert not len(there[(there > begin) & (there < end - 0.11)])
        assert hidden(track, begin, end)
        for span in ((0.2, begin - 0.2), (end + 0.1, paused - 0.2), (resumed + 0.1, resumed + 0.7)):
            assert np.array_equal(there[(there >= span[0]) & (there < span[1])], np.round(np.arange(np.ceil(span[0] * 10), np.ceil(span[1] * 10)) / 10, 1))
    assert seconds == pytest.approx(4.1, abs=0.3)  # of five seconds


def test_keys_of_a_card_are_neither_in_the_recording_nor_in_the_ledger(tmp_path: Path) -> None:
    got: list[str] = []

    async def main(w: World) -> None:
        async def flow(session: Session) -> str:
            await session.answer()
            session.node_entered("main", "v1", "ask", {"language": "en"})
            await session.recording("mask")
            session.node_entered("main", "v1", "card", {"language": "en", "key": ""})
            got.append((await session.play_collect([], digits=6, timeout_s=5, between_s=5)).digits)
            session.node_result("card", "0000", got[0])
            session.node_entered("main", "v1", "unmask", {"language": "en", "key": got[0], "card": got[0], "result": "0000"})
            await session.recording("mask", False)
            session.node_entered("main", "v1", "more", {"language": "en", "key": "", "card": got[0], "result": "0000"})
            got.append((await session.play_collect([], digits=1, timeout_s=5)).digits)
            return "0000"

        w.flows.walks["main"] = flow
        caller = w.carrier.offer("4000")
        await w.sleep(0.3)
        a = FarEnd(w, caller.port or 0)
        await w.sleep(0.3)
        await a.press("491827")
        await w.sleep(0.6)
        await a.press("5")
        await w.sleep(0.5)
        a.leave()
        await w.sleep(0.5)

    w = simulate(main, recording="all", recordings=tmp_path / "rec")
    assert got == ["491827", "5"]
    assert "491827" not in w.ledger.octets().decode()
    assert "".join(data["digit"] for data in of(w, "leg.digit")) == "------5"
    assert [data["variables"].get("card") for data in of(w, "flow.node")] == [None] * 4
    assert of(w, "flow.result")[0]["key"] == "------"
    left, _ = by_sox(of(w, "rec.end")[0]["path"])
    begin, end = (m["at"] for m in of(w, "rec.mask"))
    assert hidden(left, begin, end)
    assert np.abs(left[round((end + 0.03) * RATE) :]).max() > 1000  # the 5


def test_begun_late_stopped_and_begun_anew_each_in_a_file_of_its_own(tmp_path: Path) -> None:
    async def main(w: World) -> None:
        parties = await talking(w)
        call = w.call_id()
        assert [info.state for info in w.control.recordings()] == ["none"]
        with pytest.raises(NotPossibleError, match="not being recorded"):
            w.control.record(call, "stop")
        with pytest.raises(NoSuchCallError):
            w.control.record("nobody", "start")
        await w.sleep(0.5)
        assert w.control.record(call, "start").state == "recording"
        with pytest.raises(NotPossibleError, match="already"):
            w.control.record(call, "start")
        await w.sleep(1.0)
        stopped = w.control.record(call, "stop")
        assert (stopped.state, stopped.seconds) == ("none", pytest.approx(1.0, abs=0.05))
        await w.sleep(0.5)
        w.control.record(call, "start")
        await w.sleep(0.6)
        await parties.over()

    w = simulate(main, recordings=tmp_path / "rec")
    first, second = of(w, "rec.end")
    assert Path(second["path"]).name == Path(first["path"]).name.replace(".wav", "-2.wav")
    assert first["seconds"] == pytest.approx(1.0, abs=0.05)
    for path, seconds in ((first["path"], 1.0), (second["path"], 0.6)):
        left, right = by_sox(path)
        assert len(left) == pytest.approx(seconds * RATE, abs=0.05 * RATE)
        assert level(left[800:-800], 700) == pytest.approx(-10, abs=1)
        assert level(right[800:-800], 1700) == pytest.approx(-10, abs=1)


def test_with_preroll_a_recording_begins_with_what_was_before(tmp_path: Path) -> None:
    async def main(w: World) -> None:
        parties = await talking(w)
        await w.sleep(3.0)
        assert w.control.recordings()[0].state == "armed"
        assert not (tmp_path / "rec").exists()
        w.control.record(w.call_id(), "start")
        await w.sleep(1.0)
        await parties.over()

    w = simulate(main, recordings=tmp_path / "rec", recording_preroll_s=2.0)
    left, right = by_sox(of(w, "rec.end")[0]["path"])
    assert len(left) == pytest.approx(3.0 * RATE, abs=0.1 * RATE)
    assert level(left[800 : 2 * RATE], 700) == pytest.approx(-10, abs=1)
    assert level(right[800 : 2 * RATE], 1700) == pytest.approx(-10, abs=1)
    simulate(talk_and_leave, recordings=tmp_path / "never", recording_preroll_s=2.0)
    assert not (tmp_path / "never").exists()


async def talk_and_leave(w: World) -> None:
    parties = await talking(w)
    await parties.over()


def test_limits_of_the_site_and_the_tone_that_tells(tmp_path: Path) -> None:
    async def main(w: World) -> None:
        caller, callee = await talk(w)
        a, b = FarEnd(w, caller.port or 0), FarEnd(w, callee.port or 0)
        heard = [await party.listen(tmp_path / f"{n}.wav", 1.5) for n, party in enumerate((a, b))]
        for samples in heard:
            assert len(loud_at(samples, 1400)) >= 2  # each party hears it
        await w.sleep(4)
        caller.far_disconnect()
        a.leave()
        b.leave()
        await w.sleep(0.3)

    w = simulate(main, recording="all", recordings=tmp_path / "rec", recording_beep_s=1.0, recording_longest_s=3.0)
    assert of(w, "rec.end")[0] == {"path": of(w, "rec.start")[0]["path"], "seconds": 3.0, "why": "longest"}
    w = simulate(silent, recording="all", recordings=tmp_path / "quiet", recording_silence_s=2.0)
    assert of(w, "rec.end")[0]["why"] == "silence"
    assert of(w, "rec.end")[0]["seconds"] == pytest.approx(2.0, abs=0.05)


def loud_at(samples: np.ndarray, hz: float) -> np.ndarray:
    blocks = samples[: len(samples) // 800 * 800].reshape(-1, 800)
    return np.flatnonzero([level(block, hz) > -26 for block in blocks])


async def silent(w: World) -> None:
    caller, _ = await talk(w)
    await w.sleep(4)
    caller.far_disconnect()
    await w.sleep(0.3)


def test_marks_are_in_the_call_record_and_known_after_a_restart(tmp_path: Path) -> None:
    async def main(w: World) -> None:
        parties = await talking(w)
        await w.sleep(0.4)
        w.control.record(w.call_id(), "mask")
        await w.sleep(0.4)
        events = [Event(seq, ns, kind, call, party, data) for seq, ns, kind, call, party, data in w.ledger.rows]
        assert [known.hidden for known in open_calls(events)] == ["mask"]
        await parties.over()

    w = simulate(main, recording="all", recordings=tmp_path / "rec")
    projection = CdrProjection()
    rows = [
        row
        for seq, ns, kind, call, party, data in w.ledger.rows
        for row in projection.feed(Event(seq, ns, kind, call, party, data))
    ]
    (mask,) = Cdr.decode(rows[0]).masks
    assert mask["how"] == "mask"
    assert mask["recording"] == of(w, "rec.start")[0]["path"]
    assert mask["at"] == pytest.approx(0.5, abs=0.2)


def test_what_is_hidden_stays_hidden_over_a_restart_of_control(tmp_path: Path) -> None:
    async def body() -> World:
        old = World(engine=Engine(spans()), recording="all", recordings=tmp_path)
        parties = await talking(old)
        await old.sleep(0.5)
        old.control.record(old.call_id(), "mask")
        await old.sleep(0.3)
        old.ticker.stop()
        old.media.let_go()
        new = World(engine=old.engine, recording="all", recordings=tmp_path, first_number=1000)
        new.ledger.rows = list(old.ledger.rows)
        known = open_calls([Event(seq, ns, kind, call, party, data) for seq, ns, kind, call, party, data in old.ledger.rows])
        assert recover(new.control, known).taken_over == 1
        await new.sleep(0.1)
        (info,) = new.control.recordings()
        assert info.state == "mask"
        caller, callee = new.carrier.made[-1], new.pbx.made[-1]
        parties = Talk(new, caller, callee)
        await new.sleep(0.5)
        await parties.press("4")
        new.control.record(info.call, "mask", False)
        await new.sleep(0.5)
        await parties.over()
        await new.sleep(1)
        new.check_clean()
        return new

    w = vclock.run(body())
    left, _ = by_sox(of(w, "rec.end")[0]["path"])
    marks = of(w, "rec.mask")
    assert [m["how"] for m in marks] == ["mask", ""]
    assert hidden(left, marks[0]["at"], marks[1]["at"])
    assert marks[1]["at"] - marks[0]["at"] > 0.9
    assert level(left[round(marks[1]["at"] * RATE) + 800 :][:2400], 700) == pytest.approx(-10, abs=1)
    assert [row["digit"] for row in of(w, "leg.digit")] == ["-"]


def test_what_is_hidden_is_not_in_the_preroll_either(tmp_path: Path) -> None:
    async def main(w: World) -> None:
        parties = await talking(w)
        call = w.call_id()
        await w.sleep(1.0)
        w.control.record(call, "mask")
        await w.sleep(1.0)
        w.control.record(call, "mask", False)
        await w.sleep(0.5)
        w.control.record(call, "start")
        await w.sleep(0.5)
        await parties.over()

    w = simulate(main, recordings=tmp_path / "rec", recording_preroll_s=2.0)
    left, right = by_sox(of(w, "rec.end")[0]["path"])
    for samples, hz in ((left, 700), (right, 1700)):
        assert level(samples[800:3200], hz) > -12  # 0.5 s before the mask
        assert hidden(samples, 0.6, 1.4)
        assert level(samples[round(1.6 * RATE) : round(1.9 * RATE)], hz) > -12


def test_preroll_goes_on_after_a_restart_of_control(tmp_path: Path) -> None:
    async def body() -> World:
        settings: dict[str, Any] = {"recording_preroll_s": 1.0, "recordings": tmp_path}
        old = World(engine=Engine(spans()), **settings)
        await talk(old)
        await old.sleep(0.2)
        old.ticker.stop()
        old.media.let_go()
        new = World(engine=old.engine, first_number=1000, **settings)
        new.ledger.rows = list(old.ledger.rows)
        recover(new.control, open_calls([Event(*row) for row in old.ledger.rows]))
        assert [info.state for info in new.control.recordings()] == ["armed"]
        parties = Talk(new, new.carrier.made[-1], new.pbx.made[-1])
        await new.sleep(1.5)
        new.control.record(new.call_id(), "start")
        await new.sleep(0.5)
        await parties.over()
        await new.sleep(0.5)
        new.check_clean()
        return new

    w = vclock.run(body())
    left, right = by_sox(of(w, "rec.end")[0]["path"])
    assert len(left) == pytest.approx(1.5 * RATE, abs=0.1 * RATE)
    assert level(left[800:RATE], 700) == pytest.approx(-10, abs=1)
    assert level(right[800:RATE], 1700) == pytest.approx(-10, abs=1)


def test_asked_for_before_the_answer_it_begins_with_it(tmp_path: Path) -> None:
    async def main(w: World) -> None:
        caller = w.carrier.offer("8001")
        await w.sleep()
        assert w.control.record(w.call_id(), "start").state == "none"
        await w.sleep(1)
        w.pbx.made[-1].far_answer()
        await w.sleep(0.5)
        assert w.control.recordings()[0].state == "recording"
        caller.far_disconnect()
        await w.sleep(0.3)

    w = simulate(main, recordings=tmp_path / "rec")
    assert of(w, "rec.end")[0]["seconds"] == pytest.approx(0.5, abs=0.05)
