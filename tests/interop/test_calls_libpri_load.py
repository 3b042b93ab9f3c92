"""A thousand calls at ten a second through the whole switch, libpri at both ends."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from far_end import Event, FarEnd
from switch_process import SwitchProcess, read_recording

pytestmark = [pytest.mark.interop, pytest.mark.slow]

CALLS, RATE = 1000, 10
HOTLINE = "4006000998"
FLOW = """\
<flow name="main" language="en">
  <node code="menu" type="play" files="welcome" digits="1" valid="1" timeout="10">
    <node code="agent" type="agent" key="1" extensions="8001" wait="20">
      <node code="end" type="hangup"/>
    </node>
  </node>
</flow>
"""


def place_all(callers: FarEnd) -> None:
    """At ten a second by the clock. Every other caller hangs up after 0.9 s, the others leave it to the extension, after 1.2 s."""
    begin = time.monotonic()
    for n in range(CALLS):
        time.sleep(max(0.0, begin + n / RATE - time.monotonic()))
        hold = 900 if n % 2 == 0 else 0
        callers.send("call", called=HOTLINE, calling=f"139{n:04d}", digits="1", hold=hold)


def test_a_thousand_calls_at_ten_a_second(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is lost, nothing stays busy, and each call has its record and its recording."""
    with (
        SwitchProcess(tmp_path, side="user", flows=(FLOW,)) as switch,
        FarEnd(**switch.far("carrier"), digits_after=100, guard_ms=20_000) as callers,
        FarEnd(**switch.far("pbx"), guard_ms=20_000, callee_hold=1200) as agents,
    ):
        switch.up(callers, agents)
        place_all(callers)
        callers.wait("end", 30, count=CALLS)
        agents.wait("end", 10, count=CALLS)
        switch.quiet()
        summary, answered = (end_of(peer) for peer in (callers, agents))
        cdrs = switch.cdrs()
    with capsys.disabled():
        print("\ncallers:", json.dumps(summary))
    lost = {"attempts": CALLS, "answered": CALLS, "lost": 0, "stuck": 0, "busy": 0, "causes": {"16": CALLS}}
    assert lost.items() <= summary.items()
    assert not callers.of("error")
    got = {"incoming": CALLS, "incoming_answered": CALLS, "stuck": 0, "busy": 0, "causes": {"16": CALLS}}
    assert got.items() <= answered.items()
    assert sorted(cdr.calling for cdr in cdrs) == [f"139{n:04d}" for n in range(CALLS)]
    assert len({cdr.call for cdr in cdrs}) == CALLS
    assert {(cdr.cause, cdr.digits, tuple(cdr.parties)) for cdr in cdrs} == {(16, "1", ("8001",))}
    assert all(cdr.released_by == ("caller" if int(cdr.calling) % 2 == 0 else "system") for cdr in cdrs)
    for cdr in cdrs:
        length = cdr.flow_s + cdr.wait_s + cdr.talk_s  # of which the clearing of the circuits is some 0.1 s
        assert read_recording(cdr.recordings[0]).seconds == pytest.approx(length, abs=0.3)
    frames, complaints = switch.judged()
    assert (frames > 10_000, complaints) == (True, [])


def end_of(peer: FarEnd) -> Event:
    peer.send("summary")
    return peer.wait("summary")
