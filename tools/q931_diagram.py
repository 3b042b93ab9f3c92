#!/usr/bin/env python3
"""Writes docs/q931.md: the text below, and diagrams and tables drawn from xunhu/_isdn/q931_tables.py.

python tools/q931_diagram.py
"""

from __future__ import annotations

from pathlib import Path

from xunhu._isdn.q931_tables import DEFAULTS, STATE_NAMES, TIMERS_OF_STATE, transitions

ROOT = Path(__file__).resolve().parents[1]

HEAD = """\
# Q.931 call control

This page is written by `tools/q931_diagram.py` from `xunhu/_isdn/q931_tables.py`; a test holds it current.

One `Q931` serves one D-channel, as user or as network. Messages, the state of the data link, time and requests go in;
primitives come out by `drain()`. What a call does with an event is one cell of the table. The diagrams leave out what every
call does alike: RELEASE and RELEASE COMPLETE, RESTART, T309 and the loss of the data link end it, and STATUS may.

| file | subject | clause |
| --- | --- | --- |
| `q931_ie.py`, `q931_ie_codec.py`, `q931_codec.py` | information elements, their coding, and messages as tables | §3, §4 |
| `q931_tables.py` | states, events, transitions | §2.1, §5 |
| `q931_establish.py` | calls made and offered, channels, glare | §5.1, §5.2, §5.7 |
| `q931_clearing.py` | clearing, wrong messages and elements, STATUS, T309 | §5.3, §5.8 |
| `q931_management.py` | RESTART, segments, SERVICE | §5.5, Annex H, TR 41459 |
| `q931.py` | the machine: requests, messages, time | |
| `variants.py` | NET5, TR 41459 | |
| `causes.py` | cause values | Q.850 |

What is decided here and not by the recommendation: a network acknowledges CONNECT at once (N8 is passed through); T301 runs
at both sides; a user keeps active calls over the loss of the data link too (T309); STATUS ENQUIRY is sent thrice before a call
is cleared with cause 41; a channel whose release (T308) or restart (T316) the peer did not confirm is out of service until
RESTART, which is sent by itself when the data link comes back; the end of the digits after T302 is told as
`InformationIndication(digits="", sending_complete=True)`, and the owner goes on or clears with cause 28.
"""

# Events left out of the diagrams: the same from every state.
_ALIKE = frozenset(("RELEASE", "RELEASE_COMPLETE", "RESTARTED", "DL_RELEASED", "T309", "STATUS", "T322", "RESTORE_REQUEST"))


def diagram(side: str) -> str:
    """A mermaid state diagram: one arrow a pair of states, its events beside it."""
    letter = side[0].upper()
    arrows: dict[tuple[int, int], list[str]] = {}
    for (state, event), cell in transitions(side).items():
        for end in cell.ends_in:
            if end != state and event.name not in _ALIKE:
                arrows.setdefault((state, end), []).append(event.name)
    lines = ["```mermaid", "stateDiagram-v2"]
    states = sorted({s for pair in arrows for s in pair})
    lines += [f"    {letter}{s} : {letter}{s} {STATE_NAMES[s]}" for s in states]
    lines.append(f"    [*] --> {letter}0")
    for (state, end), events in sorted(arrows.items()):
        lines.append(f"    {letter}{state} --> {letter}{end} : {', '.join(events)}")
    lines.append("```")
    return "\n".join(lines)


def _table(side: str) -> str:
    """Every cell that is not a default."""
    letter = side[0].upper()
    lines = ["| state | event | action | ends in | timers | clause |", "| --- | --- | --- | --- | --- | --- |"]
    defaults = {default.action for default in DEFAULTS}
    for (state, event), cell in sorted(transitions(side).items()):
        if cell.action in defaults and cell.action != "ignore":
            continue
        if cell.action == "ignore" and "§" not in cell.clause:
            continue
        ends = ", ".join(f"{letter}{end}" for end in dict.fromkeys(cell.ends_in))
        timers = ", ".join(TIMERS_OF_STATE[side].get(state, ()))
        lines.append(f"| {letter}{state} | {event.name} | {cell.action} | {ends} | {timers} | {cell.clause} |")
    return "\n".join(lines)


def page() -> str:
    parts = [HEAD]
    for side in ("user", "network"):
        parts.append(f"## The {side} side\n\n{diagram(side)}\n")
    parts.append("## Where no row is\n\n| events | in null | action | clause |\n| --- | --- | --- | --- |")
    for default in DEFAULTS:
        events = default.events[0].name if len(default.events) == 1 else f"{default.events[0].name} ..."
        parts[-1] += f"\n| {events} | {'yes' if default.null else 'no'} | {default.action} | {default.clause} |"
    parts[-1] += "\n"
    for side in ("user", "network"):
        parts.append(f"## Cells of the {side} side\n\n{_table(side)}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    (ROOT / "docs" / "q931.md").write_text(page(), encoding="utf-8")
