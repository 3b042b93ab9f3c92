"""What is heard of called parties, by sound through the engine: tones made by sox of each country's figures, people and machines by espeak-ng."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_sound import FarEnd, level, simulate, tracks
from world import World

from xunhu.call.errors import NotPossibleError
from xunhu.call.line_audio import LineAudio
from xunhu.ivr.session import Session
from xunhu.ledger.event import Event
from xunhu.records.cdr import Cdr, CdrProjection

# of the networks' own documents: Hz, and ms on and off in turn
TONES = {
    ("china", "busy"): ((450,), (350, 350)),
    ("china", "congestion"): ((450,), (700, 700)),
    ("uk", "busy"): ((400,), (375, 375)),
    ("usa", "busy"): ((480, 620), (500, 500)),
    ("usa", "congestion"): ((480, 620), (250, 250)),
    ("germany", "busy"): ((425,), (480, 480)),
}
SIT = ("china", "sit")


def sox_tone(path: Path, hz: tuple[int, ...], on_off: tuple[int, int]) -> str:
    """Eight periods."""
    on, off = (ms / 1000 for ms in on_off)
    sines = ["synth", str(on), "sine", str(hz[0]), *(word for f in hz[1:] for word in ("synth", str(on), "sine", "mix", str(f)))]
    tone, gap = path.with_suffix(".on.wav"), path.with_suffix(".off.wav")
    make = ["sox", "-n", "-r", "8000", "-b", "16", "-c", "1"]
    subprocess.run([*make, str(tone), *sines, "vol", "0.3"], check=True)
    subprocess.run([*make, str(gap), "trim", "0", str(off)], check=True)
    subprocess.run(["sox", *[str(tone), str(gap)] * 8, str(path)], check=True)
    return str(path)


def sox_sit(path: Path) -> str:
    parts = []
    for hz in (950, 1400, 1800):
        part = path.with_suffix(f".{hz}.wav")
        subprocess.run(["sox", "-n", "-r", "8000", "-b", "16", str(part), "synth", "0.33", "sine", str(hz), "vol", "0.3"], check=True)
        parts.append(str(part))
    gap = path.with_suffix(".gap.wav")
    subprocess.run(["sox", "-n", "-r", "8000", "-b", "16", str(gap), "trim", "0", "1"], check=True)
    subprocess.run(["sox", *([*parts, str(gap)] * 3), str(path)], check=True)
    return str(path)


def spoken(path: Path, voice: str, text: str, beep: bool = False) -> str:
    raw = path.with_suffix(".raw.wav")
    subprocess.run(["espeak-ng", "-v", voice, "-s", "165", "-w", str(raw), text], check=True)
    command = ["sox", str(raw), "-r", "8000", "-b", "16", "-c", "1", str(path), "gain", "-n", "-9", "pad", "0.4", "0.9" if beep else "2"]
    subprocess.run(command, check=True)
    if beep:
        tone, whole = path.with_suffix(".beep.wav"), path.with_suffix(".whole.wav")
        make = ["sox", "-n", "-r", "8000", "-b", "16", str(tone), "synth", "0.4", "sine", "1000", "vol", "0.3", "pad", "0", "3"]
        subprocess.run(make, check=True)
        subprocess.run(["sox", str(path), str(tone), str(whole)], check=True)
        return str(whole)
    return str(path)


def heard(w: World) -> list[dict[str, Any]]:
    return [data for kind, data in w.ledger.of(w.call_id()) if kind == "leg.heard"]


def ring_and_hear(file: str, audio: LineAudio | None, seconds: float) -> World:
    """A caller rings an extension whose line gives him a sound instead of an answer."""

    async def main(w: World) -> None:
        if audio is not None:
            w.media.line_audio[1] = audio
        caller = w.carrier.offer("8001")
        await w.sleep()
        callee = w.pbx.made[-1]
        callee.far_progress(inband=True)
        far = FarEnd(w, callee.port or 0)
        await w.sleep(0.3)
        job = w.media.play([file])
        job.feed(far.port)
        await w.sleep(seconds)
        job.stop()
        caller.far_disconnect()
        far.leave()
        await w.sleep(0.3)

    return simulate(main)


@pytest.mark.parametrize(("country", "name"), [*TONES, SIT])
def test_tones_of_a_called_line_are_told_by_the_country_of_its_trunk(country: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    file = sox_sit(path) if name == "sit" else sox_tone(path, *TONES[country, name])
    w = ring_and_hear(file, LineAudio(country=country, hear_tones=True), 4.5)
    assert [row["what"] for row in heard(w)] == [name]
    if name != "sit":
        (row,) = heard(w)
        assert [round(hz) for hz in sorted(row["hz"])] == pytest.approx(sorted(TONES[country, name][0]), abs=3)
        assert (row["on_ms"], row["off_ms"]) == pytest.approx(TONES[country, name][1], abs=25)
    projection = CdrProjection()
    rows = [row for seq, ns, kind, call, party, data in w.ledger.rows for row in projection.feed(Event(seq, ns, kind, call, party, data))]
    assert Cdr.decode(rows[0]).heard == [name]


def test_nothing_is_told_where_it_is_not_asked_for_nor_of_ringing(tmp_path: Path) -> None:
    busy = sox_tone(tmp_path / "busy.wav", (450,), (350, 350))
    assert not heard(ring_and_hear(busy, None, 3))
    assert not heard(ring_and_hear(busy, LineAudio(), 3))
    ringing = sox_tone(tmp_path / "ringing.wav", (450,), (1000, 4000))
    assert not heard(ring_and_hear(ringing, LineAudio(hear_tones=True), 12))


# -- who has answered


def called(tmp_path: Path, file: str | None, classify: str, seconds: float) -> tuple[World, list[tuple[float, dict[str, str]]]]:
    """We call somebody, who answers with a sound; when the flow began after the answer, and its variables."""
    began: list[tuple[float, dict[str, str]]] = []

    async def main(w: World) -> None:
        async def walk(session: Session) -> str:
            began.append((w.loop.time(), dict(w.flows.started[-1][2])))
            await session.hangup()
            return "0000"

        w.flows.walks["main"] = walk
        w.control.originate("8001", flow="main", classify=classify)
        await w.sleep()
        callee = w.pbx.made[-1]
        callee.far_alerting()
        await w.sleep()
        far = FarEnd(w, callee.port or 0)
        callee.far_answer()
        answered = w.loop.time()
        await w.sleep(0.02)
        job = w.media.play([file]) if file else None
        if job is not None:
            job.feed(far.port)
        await w.sleep(seconds)
        if job is not None:
            job.stop()
        far.leave()
        await w.sleep(0.3)
        began[:] = [(at - answered, known) for at, known in began]

    return simulate(main, recordings=tmp_path / "rec"), began


def test_a_person_is_told_and_what_he_said_is_kept(tmp_path: Path) -> None:
    w, began = called(tmp_path, spoken(tmp_path / "a.wav", "en-us", "Hello?"), "answer", 5)
    ((at, known),) = began
    assert known["answered"] == "human"
    assert float(known["confidence"]) >= 0.5
    assert at < 3
    (row,) = heard(w)
    assert (row["what"], row["confidence"]) == ("human", pytest.approx(float(known["confidence"]), abs=0.01))
    (clip,) = tracks(Path(row["clip"]))
    assert len(clip) / 8000 == pytest.approx(at, abs=0.2)
    assert np.abs(clip).max() > 3000  # the greeting is in it


@pytest.mark.parametrize("classify", ["answer", "beep"])
def test_a_machine_is_told_at_once_or_when_it_records(classify: str, tmp_path: Path) -> None:
    text = "Hi, you have reached the voice mail of Peter Jones. I can not take your call right now. Please leave a message after the tone."
    w, began = called(tmp_path, spoken(tmp_path / "m.wav", "en-us", text, beep=True), classify, 14)
    ((at, known),) = began
    if classify == "answer":
        assert known["answered"] == "machine"
        assert at < 5
        return
    assert known["answered"] == "beep"
    assert [row["what"] for row in heard(w)] == ["machine", "beep"]
    (clip,) = tracks(Path(heard(w)[0]["clip"]))
    assert max(level(clip[i : i + 800], 1000) for i in range(len(clip) - 8000, len(clip) - 800, 400)) > -20  # the beep is the end of it


def test_silence_and_a_party_that_hangs_up_meanwhile(tmp_path: Path) -> None:
    _, began = called(tmp_path, None, "answer", 6)
    assert began[0][1]["answered"] == "silence"

    async def main(w: World) -> None:
        w.flows.walks["main"] = lambda session: pytest.fail("nobody is there")
        w.control.originate("8001", flow="main", classify="answer")
        await w.sleep()
        callee = w.pbx.made[-1]
        callee.far_answer()
        await w.sleep(0.5)
        callee.far_disconnect()
        await w.sleep(6)

    simulate(main, recordings=tmp_path / "rec2")


def test_without_it_the_flow_begins_at_once(tmp_path: Path) -> None:
    w, began = called(tmp_path, None, "", 1)
    assert began[0][0] < 0.1
    assert began[0][1] == {}
    assert not heard(w)
    assert not (tmp_path / "rec").exists()

    async def wrong(w: World) -> None:
        with pytest.raises(NotPossibleError, match="answer, beep"):
            w.control.originate("8001", flow="main", classify="maybe")

    simulate(wrong)


