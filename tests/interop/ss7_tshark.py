"""tshark as the judge of signal units."""

from __future__ import annotations

import subprocess
from pathlib import Path

EXPERT_WARN = 0x600000  # of _ws.expert.severity


def judge(capture: Path) -> int:
    """How many units there are, all of them well formed."""
    return len(rows(capture))


def rows(capture: Path, *fields: str, only: str = "", options: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """The fields of each frame of a capture; AssertionError for a frame that is malformed or worse than a note."""
    wanted = ["_ws.malformed", "_ws.expert.severity", "_ws.expert.message", "_ws.col.Info", *fields]
    arguments = [a for field in wanted for a in ("-e", field)]
    done = subprocess.run(
        ["tshark", "-n", "-r", str(capture), *options, "-Y", only, "-T", "fields", "-E", "separator=|", *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = [dict(zip(wanted, line.split("|"), strict=True)) for line in done.stdout.splitlines()]
    for row in found:
        worst = max((int(word, 0) for word in row["_ws.expert.severity"].split(",") if word), default=0)
        assert not row["_ws.malformed"], row
        assert worst < EXPERT_WARN, row
    return found
