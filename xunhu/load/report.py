"""The report of a run: one form for calls over E1 and over SIP, with or without a search for the knee. It is a plain dictionary, so that the JSON
that is written and the page that is made of it (html.py) cannot say different things.

    kind        "e1" | "sip"
    began, seconds, interrupted
    what        a line each on what was done: (name, value) pairs
    rate, calls what was asked for
    figures     Tally.as_dict(), or sipp_stats.figures()
    switch      Probe.as_dict(): processor, memory, late ticks of xunhu
    far         the load tool itself: late_ticks, lag_ms (calls placed late); a run is worth what these are
    seconds_rows  what happened in each second
    limits, beyond, good
    ramp        None, or {"knee", "steps": [{"rate", "good", "why", "figures"}]}
    notes       what was left out, alarms
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xunhu import __version__
from xunhu.load.knee import KneeSearch
from xunhu.load.plan import Limits


def make_report(
    kind: str,
    *,
    began_ns: int,
    seconds: float,
    what: list[tuple[str, str]],
    rate: float,
    figures: dict[str, Any],
    switch: dict[str, Any] | None,
    far: dict[str, Any] | None,
    rows: list[dict[str, Any]],
    limits: Limits,
    beyond: list[str],
    interrupted: bool = False,
    ramp: dict[str, Any] | None = None,
    notes: list[str] | None = None,
) -> dict[str, Any]:
    """Of one run. began_ns: wall clock, UTC. With a ramp the figures are those of its best step."""
    return {
        "xunhu": __version__,
        "kind": kind,
        "began": datetime.fromtimestamp(began_ns / 1e9, UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "interrupted": interrupted,
        "what": [list(pair) for pair in what],
        "rate": round(rate, 3),
        "figures": figures,
        "switch": switch,
        "far": far,
        "limits": {name: value for name, value in asdict(limits).items() if value is not None},
        "beyond": beyond,
        "good": not beyond,
        "ramp": ramp,
        "notes": notes or [],
        "seconds_rows": rows,
    }


def ramp_of(search: KneeSearch, figures: list[dict[str, Any]]) -> dict[str, Any]:
    """figures: of each step, in order."""
    steps = [
        {"rate": round(step.rate, 3), "good": step.good, "why": step.why, "figures": of}
        for step, of in zip(search.steps, figures, strict=True)
    ]
    best = search.best
    return {"knee": None if best is None else round(best, 3), "beyond": search.worst is None, "steps": steps}


def write_report(report: dict[str, Any], page: Path | None, data: Path | None) -> None:
    """The page (HTML) and the JSON, each where one is wanted. OSError."""
    from xunhu.load.html import page_of

    if data is not None:
        data.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    if page is not None:
        page.write_text(page_of(report))
