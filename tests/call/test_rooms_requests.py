"""What the command line may ask of conference rooms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_rooms import come, kinds
from world import World, simulate

from xunhu.api.local import RequestError
from xunhu.call.room_settings import RoomSettings
from xunhu.service.conference_requests import ACTIONS, handlers

ROOMS = {number: RoomSettings(number, pin="1") for number in ("8800", "8801")}


class Desk:
    def __init__(self, w: World) -> None:
        self._handlers = handlers(lambda: w.control)

    async def rooms(self) -> Any:
        return await self._handlers["conferences"]({})

    async def room(self, number: str = "8800") -> Any:
        return await self._handlers["conference"]({"room": number})

    async def do(self, action: str, **how: Any) -> Any:
        return await self._handlers["conference_do"]({"room": "8800", "action": action, **how})


async def filled(w: World) -> Desk:
    for calling in ("1", "2", "3"):
        await come(w, calling, ask=False, role="leader" if calling == "1" else "talk")
    return Desk(w)


def test_views() -> None:
    async def main(w: World) -> None:
        desk = await filled(w)
        open_row, closed_row = await desk.rooms()
        assert (open_row["room"], open_row["parties"], open_row["leaders"]) == ("8800", 3, 1)
        assert (closed_row["room"], closed_row["open"]) == ("8801", False)
        assert open_row.keys() == closed_row.keys()
        row = await desk.room()
        assert [member["party"] for member in row["members"]] == ["1", "2", "3"]
        assert (await desk.room("8801"))["members"] == []
        with pytest.raises(RequestError) as caught:
            await desk.room("1")
        assert caught.value.code == "no-such-room"
        assert await desk.do("end") is None

    simulate(main, rooms=ROOMS)


def test_actions(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(b"")
    asked: set[str] = set()

    async def main(w: World) -> None:
        desk = await filled(w)
        room = w.control.rooms.room("8800")

        async def do(action: str, **how: Any) -> Any:
            asked.add(action)
            return await desk.do(action, **how)

        two = room.party("2")
        await do("mute", party="2")
        assert two.muted
        assert not w.engine.hears(room.media.port, two.port)
        await do("unmute", party="all")
        assert w.engine.hears(room.media.port, two.port)
        await do("deaf", party="2")
        assert not w.engine.hears(two.port, room.media.port)
        await do("undeaf", party="2")
        await do("gain", party="2", db=-6)
        await do("gain", party="2", db="3", of="hear")
        assert (two.gain_db, two.hear_db) == (-6, 3)
        assert w.engine.gains[two.port, room.media.port] == -6
        assert w.engine.gains[room.media.port, two.port] == 3
        await do("whisper", party="2", to="1")
        assert w.engine.hears(room.party("1").port, two.port)
        assert not w.engine.hears(room.media.port, two.port)
        await do("role", party="2", role="talk")
        assert not w.engine.hears(room.party("1").port, two.port)
        await do("floor", party="3")
        assert (two.muted, room.party("3").muted, room.party("1").muted) == (True, False, False)
        assert (await do("talkers", talkers=2))["loudest"] == 2
        assert (await do("lock"))["locked"] is True
        assert (await do("unlock"))["locked"] is False
        assert (await do("record"))["recording"].endswith("-8800.wav")
        assert (await do("stop-record"))["recording"] == ""
        await do("play", file=str(file))
        await do("play", file=str(file), party="2")
        await do("invite", target="8001")
        await w.sleep()
        w.pbx.made[-1].far_answer()
        await w.sleep()
        assert room.party("4").leg.party == "8001"
        await do("remove", party="4")
        assert "4" not in room.parties
        for wrong in (
            {"action": "sing"},
            {"action": "mute", "party": "9"},
            {"action": "role", "party": "2", "role": "king"},
            {"action": "whisper", "party": "2", "to": "2"},
            {"action": "gain", "party": "2", "db": "loud"},
            {"action": "gain", "party": "2", "db": 100},
            {"action": "gain", "party": "2", "db": 1, "of": "nose"},
            {"action": "talkers", "talkers": 500},
            {"action": "play", "file": "no-such"},
            {"action": "invite", "target": "12345"},
        ):
            with pytest.raises(RequestError):
                await desk.do(**wrong)
        await do("end")

    w = simulate(main, rooms=ROOMS, recordings=tmp_path)
    assert asked == set(ACTIONS)
    assert kinds(w, "conference.closed")[0]["by"] == "operator"
    assert {row["why"] for row in kinds(w, "conference.left")} == {"removed", "ended"}
