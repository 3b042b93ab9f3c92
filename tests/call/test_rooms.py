"""Conference rooms in call control, with an engine without sound: who is let in, keys, leaders, the end, the ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from world import World, simulate

from xunhu.call.errors import RoomFullError, RoomLockedError
from xunhu.call.room_settings import RoomSettings
from xunhu.ivr.session import ConferenceResult, Session

ROOM = RoomSettings("8800")


def rooms(*settings: RoomSettings) -> dict[str, RoomSettings]:
    return {row.number: row for row in settings}


def walker(results: list[ConferenceResult], number: str = "8800", **how: Any) -> Callable[[Session], Awaitable[str]]:
    async def walk(session: Session) -> str:
        results.append(await session.conference(number, **how))
        return "0000"

    return walk


async def come(w: World, calling: str, **how: Any) -> Any:
    """A caller who is in the room a moment later; his fake call."""
    w.flows.walks["main"] = walker([], **how)
    caller = w.carrier.offer("4000", calling=calling)
    await w.sleep()
    return caller


def kinds(w: World, kind: str) -> list[dict[str, Any]]:
    return [row[5] for row in w.ledger.rows if row[2] == kind]


def test_parties_hear_each_other_and_the_last_ends_the_room() -> None:
    async def main(w: World) -> None:
        one, two = await come(w, "1"), await come(w, "2")
        (room,) = w.control.rooms
        assert [party.leg.party for party in room.parties.values()] == ["1", "2"]
        for fake in (one, two):
            assert w.engine.hears(room.media.port, fake.port)
            assert w.engine.hears(fake.port, room.media.port)
        assert [info.room for info in w.control.calls()] == ["8800", "8800"]
        one.far_disconnect()
        await w.sleep()
        assert [party.number for party in room.parties.values()] == ["2"]
        two.far_disconnect()
        await w.sleep()
        assert list(w.control.rooms) == []

    w = simulate(main, rooms=rooms(ROOM))
    assert [row["why"] for row in kinds(w, "conference.left")] == ["hung-up", "hung-up"]
    (closed,) = kinds(w, "conference.closed")
    assert (closed["why"], closed["parties"], closed["most"]) == ("empty", 2, 2)
    assert w.ledger.rows[-1][2] in ("conference.closed", "call.ended")


def test_locked_and_full() -> None:
    async def main(w: World) -> None:
        await come(w, "1", role="leader")
        room = w.control.rooms.room("8800")
        room.lock(True, "1")
        with pytest.raises(RoomLockedError):
            w.control.rooms.admit("8800")
        room.lock(False, "1")
        await come(w, "2")
        with pytest.raises(RoomFullError):
            w.control.rooms.admit("8800")
        room.end("by an operator", "operator")

    w = simulate(main, rooms=rooms(RoomSettings("8800", max_parties=2)))
    assert [row["why"] for row in kinds(w, "conference.left")] == ["ended", "ended"]
