"""What a call costs control: an incoming PRI call, routed to an extension on a second span, answered, bridged, recorded, released.

Both far ends, the engine's ticks and the ledger (a list) are part of the run, so the figure is an upper bound. Prints JSON lines.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "call"))

from test_pri_trunk import PriWorld

from xunhu import vclock

CALLS = 300


async def _calls(folder: Path) -> tuple[float, float]:
    world = PriWorld(recording="all", recordings=folder)
    await world.sleep(1)
    world.pbx_far.auto = "answer"
    begin = time.process_time()
    await world.sleep(CALLS * 0.1)
    idle = time.process_time() - begin
    begin = time.process_time()
    for n in range(CALLS):
        world.call_in("8001")
        await world.sleep(0.1)
        if n >= 10:
            world.pbx_far.calls[n - 10].release(16)
    busy = time.process_time() - begin
    assert sum(row[2] == "call.ended" for row in world.ledger.rows) >= CALLS - 30
    return idle, busy


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        idle, busy = vclock.run(_calls(Path(folder)))
    print(json.dumps({"bench": "call, all of it", "calls": CALLS, "us_a_call": round((busy - idle) / CALLS * 1e6)}))
    print(json.dumps({"bench": "idle, 10 ms of two spans with four ends", "us": round(idle / (CALLS * 10) * 1e6)}))


if __name__ == "__main__":
    main()
