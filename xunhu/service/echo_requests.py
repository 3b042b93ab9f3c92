"""What may be asked of the echo cancellers of lines (`xunhu media echo` asks; xunhu/api/local.py carries it).

    echo    a row for each timeslot whose canceller is at work: "circuit" (Trunk0/5) and the fields of EchoRow (xunhu/_media/engine.pyi), which
            are brought up to date every 160 ms; "low_erl": the line returns more than a hybrid may, and it is known
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xunhu.api.local import Handler

if TYPE_CHECKING:
    from xunhu.service.switch import Switch

TIMESLOTS = 32
LEAST_ERL_DB = 6.0  # a hybrid takes away so much at least; less is a fault of the line (G.168 6.1)


def handlers(switch: Switch) -> dict[str, Handler]:
    async def echo(_request: dict[str, Any]) -> list[dict[str, Any]]:
        return rows(switch)

    return {"echo": echo}


def rows(switch: Switch) -> list[dict[str, Any]]:
    engine = switch.media.engine
    out: list[dict[str, Any]] = []
    if engine is None:
        return out
    for line in switch.config.lines.trunks:
        for timeslot in range(1, TIMESLOTS) if line.echo_ms else ():
            state = engine.echo_state(line.number * TIMESLOTS + timeslot)
            if state is not None:
                low = bool(state.converged and state.erl_db < LEAST_ERL_DB)
                out.append({"circuit": f"{line.name}/{timeslot}", **state._asdict(), "low_erl": low})
    return out
