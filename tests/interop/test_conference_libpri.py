"""Conferences of the whole switch: callers behind libpri dial into a room, with PIN and commands by DTMF in the channel and a tone of his own
each. What everybody hears is written down by the far end and judged by its spectrum; operators use `xunhu conf`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from far_end import ROOT, FarEnd
from switch_process import SwitchProcess

pytestmark = pytest.mark.interop

PIN, LEADER_PIN = "1234", "98765"
PARTIES = 10
LEVEL_DBM0 = -22.0  # of each tone: all of them together are below full scale
TONES = {n: 400 + 130 * n for n in range(PARTIES)}  # Hz, by number of the call; no one is another's harmonic
GONE_DBM0 = -55.0
ROOMS = f"""\
[Conference0]
Number = 8800
Name = Board
Pin = {PIN}
LeaderPin = {LEADER_PIN}
EndWithLeader = yes
Language = en
Music = no
[Conference1]
Number = 8801
WaitForLeader = yes
LeaderPin = {LEADER_PIN}
Language = en
EntryTone = no
Music = no
"""
#: a flow in which the caller is told apart by how he comes out of the room
FLOW = """\
<flow name="main" language="en">
  <node code="room" type="conference" room="8801">
    <node code="left" type="hangup" cause="16"/>
    <node code="ended" type="hangup" result="0011" cause="31"/>
    <node code="removed" type="hangup" result="0012" cause="21"/>
    <node code="other" type="hangup" result="0010,0013,0014,0015,0016" cause="127"/>
  </node>
</flow>
"""

Samples = np.ndarray[Any, np.dtype[np.float64]]


class Conference(SwitchProcess):
    """A switch with two rooms, and what one does with them."""

    def lines(self) -> str:
        return super().lines() + ROOMS

    def kill_control(self) -> None:
        """kill -9; the engine goes on, and with it whoever talks."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def operator(self, *words: str) -> Any:
        """`xunhu conf ... --json`."""
        command = [sys.executable, "-m", "xunhu.cli.main", "--lang", "en", "conf", *words, "--json", "--conf", str(self.conf)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert (done.returncode, done.stderr) == (0, ""), words
        return json.loads(done.stdout)

    def members(self, room: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("conference", room=room)["members"]
        return found


class Callers:
    """The far end of the callers' span; pbx: that of the extensions."""

    def __init__(self, end: FarEnd, pbx: FarEnd) -> None:
        self.end = end
        self.pbx = pbx

    def call(self, number: int, called: str, digits: str) -> None:
        self.end.send("call", called=called, calling=f"13900000{number:03}", digits=digits, hold=0)

    def still(self, calls: Collection[int], seconds: float = 20.0) -> None:
        """Wait until none of these has heard anything for 0.7 s: no prompt, no tone. What has just been asked for is on its way for a moment."""
        end = time.monotonic() + seconds
        time.sleep(0.7)
        while True:
            last = {call: self.end.of("audio", call=call)[-1:] for call in calls}
            now = time.monotonic_ns()
            if all(e and not e[0]["on"] and now - e[0]["mono_ns"] > 7e8 for e in last.values()):
                return
            assert time.monotonic() < end, f"somebody still hears something: {last}"
            time.sleep(0.1)

    def sing(self, calls: Collection[int], on: bool = True) -> None:
        for call in calls:
            self.end.send("tone", call=call, hz=TONES[call] if on else 0)

    def heard(self, call: int, begin_ns: int, seconds: float) -> Samples:
        """Full scale 1. begin_ns: on the clock of all processes."""
        event = self.end.of("listening", call=call)[0]
        samples = np.fromfile(event["file"], np.int16).astype(np.float64) / 32768
        at = int((begin_ns - event["mono_ns"]) / 1e9 * 8000)
        part: Samples = samples[at : at + int(seconds * 8000)]
        assert len(part) == int(seconds * 8000), f"call {call} has heard {len(samples) / 8000:.1f} s"
        return part


def levels(samples: Samples) -> tuple[dict[int, float], float]:
    """dBm0 of each tone, by number of its call, and of all that is no tone."""
    window = np.hanning(len(samples))
    power = np.abs(np.fft.rfft(samples * window)) ** 2 / (len(samples) * np.sum(window**2)) * 4
    at = np.fft.rfftfreq(len(samples), 1 / 8000)
    near = {n: np.abs(at - hz) <= 6 for n, hz in TONES.items()}

    def dbm0(share: float) -> float:
        return float(10 * np.log10(max(share, 1e-12)) + 3.14)

    rest = power[~np.logical_or.reduce(list(near.values())) & (at > 50)].sum()
    return {n: dbm0(power[mask].sum()) for n, mask in near.items()}, dbm0(rest)


def check_heard(samples: Samples, who: Collection[int], what: str) -> None:
    """These tones at the level at which they were sent, none of the others, and nothing else but the noise of A-law."""
    found, rest = levels(samples)
    for n, level in found.items():
        if n in who:
            assert level == pytest.approx(LEVEL_DBM0, abs=0.6), f"{what}: tone {n} at {level:.1f} dBm0"
        else:
            assert level < GONE_DBM0, f"{what}: tone {n} at {level:.1f} dBm0"
    limit = LEVEL_DBM0 - 30 + 10 * np.log10(max(len(who), 1))
    assert rest < limit, f"{what}: {rest:.1f} dBm0 that nobody has sent"


@pytest.fixture
def switch(tmp_path: Path) -> Iterator[Conference]:
    """Afterwards it must be as good as new, and its frames are judged."""
    made = Conference(
        tmp_path,
        side="user",
        flows=(FLOW,),
        routes=('{called: "8800", conference: "8800"}',),
    )
    yield made.start()
    assert made.stop() == 0, made.log()
    assert "Traceback" not in made.log(), made.log()
    frames, complaints = made.judged()
    assert (frames > 10, complaints) == (True, [])


@pytest.fixture
def callers(switch: Conference, tmp_path: Path) -> Iterator[Callers]:
    folder = tmp_path / "heard"
    folder.mkdir()
    with ExitStack() as stack:
        end = FarEnd(**switch.far("carrier"), hold=0, tone_level=int(LEVEL_DBM0), audio_events=True, heard=folder, t309_ms=30_000)
        pbx = FarEnd(**switch.far("pbx"), answer_ms=200, t309_ms=30_000)
        for peer in (end, pbx):
            stack.enter_context(peer)
        switch.up(end, pbx)
        yield Callers(end, pbx)


def listen(callers: Callers, calls: Collection[int], singing: Collection[int], but: dict[int, Collection[int]] | None = None) -> None:
    """For a second now each of `calls` must hear those that sing, himself excepted; but: who hears others."""
    begin = time.monotonic_ns() + 600_000_000  # the line, two jitter buffers, gains that move
    time.sleep(2.0)
    for call in calls:
        right = (but or {}).get(call, [n for n in singing if n != call])
        check_heard(callers.heard(call, begin, 1.0), right, f"call {call}")


def come_in(switch: Conference, callers: Callers) -> None:
    """Call 0 is the leader; call 4 tries a wrong PIN first."""
    for n in range(PARTIES):
        digits = LEADER_PIN if n == 0 else f"1111#,,,,,,{PIN}#" if n == 4 else f"{PIN}#"
        callers.call(n, "8800", digits)
        callers.end.wait("setup", call=n)  # numbers of calls are numbers of tones
    switch.wait("all are in the room", lambda: len(switch.members("8800")) == PARTIES, 30)
    callers.still(range(PARTIES))


def member_of(switch: Conference, call: int) -> str:
    number = f"13900000{call:03}"
    return next(str(row["member"]) for row in switch.members("8800") if row["party"] == number)


@pytest.mark.slow
def test_ten_callers_hear_all_but_themselves_and_nothing_else(switch: Conference, callers: Callers) -> None:
    everybody = range(PARTIES)
    come_in(switch, callers)
    roles = {row["party"]: row["role"] for row in switch.members("8800")}
    assert roles == {f"13900000{n:03}": "leader" if n == 0 else "talk" for n in everybody}

    callers.sing(everybody)
    listen(callers, everybody, everybody)
    look = switch.operator("show", "8800")
    assert sum(row["speaks"] for row in look["members"]) >= 1
    for row in look["members"]:
        assert row["level_dbm0"] == pytest.approx(LEVEL_DBM0, abs=1.0), row

    # an operator mutes one, by his telephone number
    switch.operator("mute", "8800", "13900000003")
    listen(callers, everybody, [n for n in everybody if n != 3])
    switch.operator("unmute", "8800", "13900000003")

    # whispers: 5 to 2 alone; deaf: 6 hears nothing
    switch.operator("whisper", "8800", "13900000005", "13900000002")
    switch.operator("deaf", "8800", "13900000006")
    rest = [n for n in everybody if n != 5]
    listen(callers, everybody, rest, {2: [n for n in everybody if n != 2], 6: []})
    switch.operator("role", "8800", "13900000005", "talk")
    switch.operator("undeaf", "8800", "13900000006")

    # 6 dB less of one
    switch.operator("gain", "8800", "13900000007", "-24")
    begin = time.monotonic_ns() + 600_000_000
    time.sleep(2.0)
    assert levels(callers.heard(1, begin, 1.0))[0][7] == pytest.approx(LEVEL_DBM0 - 24, abs=1.0)
    switch.operator("gain", "8800", "13900000007", "0")

    # one is taken out: the others hear him no more, he is told so and released
    switch.operator("remove", "8800", "13900000009")
    callers.end.wait("end", call=9, timeout=10)
    rest = [n for n in everybody if n != 9]
    callers.sing(rest, on=False)
    callers.still(rest)
    callers.sing(rest)
    listen(callers, rest, rest)
    switch.operator("end", "8800")
    callers.end.wait("end", 20, count=PARTIES)
    switch.quiet(10)
    check_ledger_of_ten(switch)


def check_ledger_of_ten(switch: Conference) -> None:
    joined = switch.events("conference.joined", room="8800")
    left = switch.events("conference.left", room="8800")
    assert sorted(e.party for e in joined) == [f"13900000{n:03}" for n in range(PARTIES)]
    assert sorted(e.data["why"] for e in left) == ["ended"] * (PARTIES - 1) + ["removed"]
    changed = [(e.party[-1], e.data["by"], e.data["role"], e.data["muted"], e.data["deaf"]) for e in switch.events("conference.changed", room="8800")]
    assert ("3", "operator", "talk", True, False) in changed
    assert ("5", "operator", "whisper", False, False) in changed
    assert ("6", "operator", "talk", False, True) in changed
    (opened,), (closed,) = switch.events("conference.opened"), switch.events("conference.closed")
    assert opened.call == closed.call
    assert (closed.data["parties"], closed.data["most"], closed.data["by"]) == (PARTIES, PARTIES, "operator")
    assert switch.events("conference.floor"), "somebody had the floor"
    cdrs = switch.cdrs()
    assert [cdr.parties for cdr in cdrs] == [["conference:8800"]] * PARTIES
    assert {cdr.cause for cdr in cdrs} == {16}
    seconds = {cdr.calling: cdr.talk_s for cdr in cdrs}
    for e in left:
        assert seconds[e.party] == pytest.approx(e.data["seconds"], abs=0.2)


@pytest.mark.slow
def test_a_leader_records_locks_and_ends_by_keys(switch: Conference, callers: Callers) -> None:
    everybody = range(4)
    for n in everybody:
        callers.call(n, "8800", LEADER_PIN if n == 0 else f"{PIN}#")
        callers.end.wait("setup", call=n)
    switch.wait("all are in the room", lambda: len(switch.members("8800")) == 4, 20)
    callers.still(everybody)

    callers.end.send("digits", call=0, digits="**6")
    switch.wait("it is recorded", lambda: bool(switch.ask("conference", room="8800")["recording"]))
    callers.still(everybody)
    callers.sing(everybody)
    listen(callers, everybody, everybody)
    sung_ns = time.time_ns()
    callers.sing(everybody, on=False)

    callers.end.send("digits", call=2, digits="**1")  # no leader: nothing is locked
    callers.end.send("digits", call=3, digits="*1")  # mutes himself
    switch.wait("muted", lambda: [row["muted"] for row in switch.members("8800") if row["party"].endswith("3")] == [True])
    assert not switch.ask("conference", room="8800")["locked"]
    callers.still(everybody)
    callers.sing(everybody)
    listen(callers, everybody, [0, 1, 2])
    callers.sing(everybody, on=False)

    callers.end.send("digits", call=0, digits="**1")
    switch.wait("locked", lambda: bool(switch.ask("conference", room="8800")["locked"]))
    callers.call(4, "8800", f"{PIN}#")
    assert callers.end.wait("end", 20, call=4)["cause"] == 16
    callers.call(5, "8800", "1#,,,,,,,2#,,,,,,,3#")
    assert callers.end.wait("end", 30, call=5)["answered"]
    assert len(switch.members("8800")) == 4

    callers.end.send("digits", call=0, digits="**0")
    callers.end.wait("end", 20, count=6)
    assert {e["cause"] for e in callers.end.of("end")} == {16}
    switch.quiet(10)

    assert [e.data["why"] for e in switch.events("conference.refused")] == ["locked", "wrong-pin"]
    assert [(e.data["on"], e.data["by"]) for e in switch.events("conference.locked")] == [(True, "1")]
    assert [e.data["why"] for e in switch.events("conference.left")] == ["ended"] * 4
    (closed,) = switch.events("conference.closed")
    assert closed.data["by"] == "1"
    check_recording(switch, sung_ns)
    heard = {e["call"]: e["digits"] for e in callers.end.of("end")}
    assert heard == dict.fromkeys(range(6), ""), "nobody hears another's keys"


def decoded(path: str) -> Samples:
    """A recording as sox reads it; full scale 1."""
    done = subprocess.run(["sox", path, "-t", "s16", "-r", "8000", "-"], capture_output=True, check=True)
    samples: Samples = np.frombuffer(done.stdout, np.int16).astype(np.float64) / 32768
    return samples


def check_recording(switch: Conference, sung_ns: int) -> None:
    """sox reads it; all four sang in the second before sung_ns. The records of all four calls name it."""
    begin, end = switch.events("conference.recording", on=True)[0], switch.events("rec.end")
    path = begin.data["path"]
    assert [cdr.recordings[-1] for cdr in sorted(switch.cdrs(), key=lambda c: c.calling)[:4]] == [path] * 4
    samples = decoded(path)
    ended = next(e for e in end if e.call == begin.call)
    assert len(samples) / 8000 == pytest.approx(ended.data["seconds"], abs=0.1)
    at = int((sung_ns - begin.time_ns) / 1e9 * 8000)
    check_heard(samples[at - 8000 : at], range(4), "the recording")


@pytest.mark.slow
def test_a_flow_leads_into_a_room_that_waits_for_its_leader(switch: Conference, callers: Callers) -> None:
    """Before he comes nobody hears anybody; each comes out of the room in his own way, which is an edge of the flow."""
    for n in range(3):
        callers.call(n, "4006000998", "#")  # no PIN: a member
        callers.end.wait("setup", call=n)
    switch.wait("all are in the room", lambda: len(switch.members("8801")) == 3, 20)
    callers.still(range(3))
    callers.sing(range(3))
    listen(callers, range(3), [])
    callers.call(3, "4006000998", LEADER_PIN)
    switch.wait("the leader has come", lambda: len(switch.members("8801")) == 4, 20)
    listen(callers, range(3), range(3))
    callers.sing(range(3), on=False)
    callers.still(range(4))
    callers.end.send("digits", call=1, digits="*0")  # leaves by key
    assert callers.end.wait("end", 10, call=1)["cause"] == 16
    switch.operator("remove", "8801", "13900000002")
    assert callers.end.wait("end", 10, call=2)["cause"] == 21
    callers.end.send("digits", call=3, digits="**0")
    assert callers.end.wait("end", 10, call=0)["cause"] == 31
    assert callers.end.wait("end", 10, call=3)["cause"] == 31
    switch.quiet(10)
    results = {e.call: e.data["result"] for e in switch.events("flow.result", node="room")}
    by_caller = {cdr.calling: results[cdr.call] for cdr in switch.cdrs()}
    assert by_caller == {f"13900000{n:03}": result for n, result in enumerate(("0011", "0000", "0012", "0011"))}


def test_an_operator_invites_into_a_room_that_nobody_is_in(switch: Conference, callers: Callers) -> None:
    assert not switch.operator("invite", "8800", "8005", "--calling", "4006000998")["open"]
    assert callers.pbx.wait("ring")["calling"] == "4006000998"
    callers.pbx.wait("answered")
    switch.wait("he is in", lambda: [row["party"] for row in switch.members("8800")] == ["8005"])
    switch.operator("invite", "8800", "8006")
    callers.pbx.wait("answered", count=2)
    switch.wait("both are in", lambda: len(switch.members("8800")) == 2)
    row = switch.operator("lock", "8800")
    assert (row["parties"], row["locked"]) == (2, True)
    assert switch.operator("end", "8800") is None
    callers.pbx.wait("end", 15, count=2)
    switch.quiet()
    (switch.conf / "flows" / "late.xml").write_text('<flow><node code="a" type="conference" room="8899"/></flow>')
    late = next(outcome for outcome in switch.ask("flow-reload") if outcome["flow"] == "late")
    assert late["status"] == "loaded"
    assert "there is no conference '8899'" in late["findings"][0]
    assert {cdr.called: cdr.parties for cdr in switch.cdrs()} == {"8005": ["conference:8800"], "8006": ["conference:8800"]}


@pytest.mark.slow
def test_a_conference_outlives_control(switch: Conference, callers: Callers) -> None:
    """Nobody misses anything while control is dead, nor does the recording; the next control knows who is there, who is muted, whose keys these are."""
    for n in range(4):
        callers.call(n, "8800", LEADER_PIN if n == 0 else f"{PIN}#")
        callers.end.wait("setup", call=n)
    switch.wait("all are in the room", lambda: len(switch.members("8800")) == 4, 20)
    switch.operator("record", "8800", "on")
    switch.operator("mute", "8800", "13900000003")
    switch.operator("lock", "8800")
    callers.still(range(4))
    before = switch.ask("conference", room="8800")
    callers.sing(range(4))
    sung_ns = time.monotonic_ns() + 600_000_000
    wall_ns = time.time_ns() + 600_000_000
    time.sleep(1.0)
    switch.kill_control()
    listen(callers, range(4), range(3))
    switch.start()
    switch.wait("they are known again", lambda: len(switch.members("8800")) == 4, 15)
    after = switch.ask("conference", room="8800")
    for key in ("id", "locked", "recording", "leaders", "muted", "waiting"):
        assert after[key] == before[key], key
    for then, now in zip(before["members"], after["members"], strict=True):
        assert {k: then[k] for k in ("member", "party", "call", "role", "muted", "muted_by")} == {k: now[k] for k in ("member", "party", "call", "role", "muted", "muted_by")}
    listen(callers, range(4), range(3))
    whole = int((time.monotonic_ns() - sung_ns) / 1e9 - 0.3)
    for second in range(whole):
        check_heard(callers.heard(3, sung_ns + second * 1_000_000_000, 1.0), range(3), f"second {second}")
    switch.operator("unmute", "8800", "13900000003")
    listen(callers, range(4), range(4))
    callers.sing(range(4), on=False)
    callers.end.send("digits", call=0, digits="**0")
    callers.end.wait("end", 20, count=4)
    assert {e["cause"] for e in callers.end.of("end")} == {16}
    switch.quiet(15)
    (closed,) = switch.events("conference.closed")
    assert (closed.call, closed.data["by"], closed.data["parties"]) == (before["id"], "1", 4)
    recorded = decoded(before["recording"])
    at = int((wall_ns - switch.events("conference.recording", on=True)[0].time_ns) / 1e9 * 8000)
    for second in range(whole):
        check_heard(recorded[at + second * 8000 : at + (second + 1) * 8000], range(3), f"recording, second {second}")
