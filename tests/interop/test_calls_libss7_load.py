"""A thousand ISUP calls at twenty a second, both ways at once, through the whole switch, libss7 at the other end."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from far_end import Event, Exchange
from ss7_switch import Ss7Switch

pytestmark = [pytest.mark.interop, pytest.mark.slow]

ROUNDS, ROUND_S = 100, 0.5
TO_FLOW, THROUGH = (
    4,
    3,
)  # of a round: calls to the flow, and calls to extensions behind the exchange itself, which are two ISUP calls each
ISUP_CALLS = ROUNDS * (TO_FLOW + 2 * THROUGH)
HOTLINE = "4006000998"
TONES = 600
FLOW = """\
<flow name="main" language="en">
  <node code="menu" type="play" files="welcome" digits="1" valid="123456789" timeout="10">
    <node code="end" type="hangup" key="123456789" cause="16"/>
  </node>
</flow>
"""


def place_all(exchange: Exchange) -> None:
    begin = time.monotonic()
    calls = TO_FLOW + THROUGH
    for n in range(ROUNDS * calls):
        time.sleep(max(0.0, begin + n * ROUND_S / calls - time.monotonic()))
        if n % calls % 2 == 0:  # four of seven
            exchange.send("call", called=HOTLINE, calling=f"139{n:04d}", digits=key_of(n), hold=0)
        else:
            exchange.send("call", called=f"8{n % 1000:03d}", calling=f"139{n:04d}", hold=1200)


def key_of(n: int) -> str:
    return str(1 + n % 9)


def test_a_thousand_calls_at_twenty_a_second(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """None is lost, every key is heard, each pair of parties hears itself and nobody else, no circuit is out of idle at the end."""
    with (
        Ss7Switch(tmp_path, flows=(FLOW,)) as switch,
        Exchange(**switch.far("carrier"), digits_after=200, guard_ms=30_000, tone_base=TONES, tone_by="d") as exchange,
    ):
        exchange.wait("mtp2-up", 20, count=2)
        switch.up(exchange)
        begin = time.monotonic()
        place_all(exchange)
        placed_s = time.monotonic() - begin
        exchange.wait("end", 30, count=ISUP_CALLS)
        switch.quiet()
        exchange.send("summary")
        summary = exchange.wait("summary")
        cdrs = switch.cdrs()
    calls = ROUNDS * (TO_FLOW + THROUGH)
    with capsys.disabled():
        seized = len(exchange.of("dual-seizure"))
        print(f"\n{ISUP_CALLS / placed_s:.1f} ISUP calls a second, {seized} dual seizures:", json.dumps(summary))
    lost = {"attempts": calls, "answered": calls, "lost": 0, "stuck": 0, "busy": 0, "link_downs": 0}
    assert lost.items() <= summary.items()
    assert {"incoming": ROUNDS * THROUGH, "incoming_answered": ROUNDS * THROUGH}.items() <= summary.items()
    assert summary["causes"] == {"16": ISUP_CALLS}
    assert not exchange.of("error") + exchange.of("collision") + exchange.of("call-lost-by-libss7")
    by_caller = {int(cdr.calling[-4:]): cdr for cdr in cdrs}
    assert sorted(by_caller) == list(range(calls))
    for n, cdr in by_caller.items():
        assert (cdr.cause, cdr.digits) == (16, key_of(n) if n % (TO_FLOW + THROUGH) % 2 == 0 else "")
    heard_each_other([e for e in exchange.of("end") if e["called"] != HOTLINE])
    units, complaints = switch.judged()
    assert (units > 5 * ISUP_CALLS / 2, complaints) == (True, [])


def heard_each_other(ends: list[Event]) -> None:
    """Both ends of a call to extension n send tone n."""
    assert len(ends) == 2 * ROUNDS * THROUGH
    for e in ends:
        right = e["tones"].pop(str(TONES + 10 * (int(e["called"][-3:]) % 32)), 0)
        assert right >= 8, f"{e['called']} heard its party for {right} windows of 100 ms"
        assert not e["tones"], f"{e['called']} heard {e['tones']}"
