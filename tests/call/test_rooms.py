"""Conference rooms in call control, with an engine without sound: who is let in, keys, leaders, the end, the ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from world import World, simulate

from xunhu._media import engine as en
from xunhu.call import rooms as rooms_module
from xunhu.call.call_recording import HIDDEN_KEY
from xunhu.call.errors import NoSuchRoomError, NotPossibleError, RoomFullError, RoomLockedError
from xunhu.call.room_settings import ACTIONS, KEYS, KeyCommands, RoomSettings
from xunhu.call.settings import Route
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


def press(w: World, port: int, keys: str) -> None:
    for key in keys:
        w.engine.key(port, key)


async def outcome_of(w: World, keys: str, results: list[ConferenceResult], *, calling: str = "9", **how: Any) -> Any:
    """A caller who presses keys once he is asked; his fake call."""
    w.flows.walks["main"] = walker(results, **how)
    caller = w.carrier.offer("4000", calling=calling)
    await w.sleep(0.5)
    for part in keys.split():
        press(w, caller.port, part)
        await w.sleep(1)
    return caller


def test_pin_three_tries_leaders_pin_and_given_pin() -> None:
    results: list[ConferenceResult] = []
    room = RoomSettings("8800", pin="1234", leader_pin="99")

    async def main(w: World) -> None:
        said: list[str] = []

        def prompts(name: str, language: str) -> str:
            said.append(f"{name}.{language}")
            return f"/p/{name}-200.wav"

        w.control._prompts = prompts
        await outcome_of(w, "1# 1235 4444", results)
        assert results == [ConferenceResult("wrong-pin")]
        assert said.count("conf-pin-wrong.zh") == 3
        assert said.count("conf-pin.zh") == 3
        member = await outcome_of(w, "1# 1234", results, language="en")
        leader = await outcome_of(w, "99#", results, pin="1111")  # what the flow knew was wrong
        given = await outcome_of(w, "", results, pin="1234")
        parties = [(party.role, party.language) for party in w.control.rooms.room("8800").parties.values()]
        assert parties == [("talk", "en"), ("leader", "zh"), ("talk", "zh")]
        await outcome_of(w, "", results, pin="1", ask=False)
        assert results[-1].outcome == "wrong-pin"
        await outcome_of(w, "1234 1234 1234", results, role="leader")  # the members' PIN makes no leader
        assert results[-1].outcome == "wrong-pin"
        for caller in (member, leader, given):
            caller.far_disconnect()

    w = simulate(main, rooms=rooms(room))
    assert [row["why"] for row in kinds(w, "conference.refused")] == ["wrong-pin"] * 3
    assert {row["digit"] for row in kinds(w, "leg.digit")} == {HIDDEN_KEY}  # no PIN is in the ledger


def test_no_room_and_one_made_on_use() -> None:
    results: list[ConferenceResult] = []

    async def main(w: World) -> None:
        await outcome_of(w, "", results, number="777")
        assert results == [ConferenceResult("no-room")]
        first = await outcome_of(w, "", results, number="777", create=True)
        second = await outcome_of(w, "", results, number="777")
        assert len(w.control.rooms.room("777").parties) == 2
        with pytest.raises(NoSuchRoomError):
            w.control.rooms.settings("778")
        for caller in (first, second):
            caller.far_disconnect()
        await w.sleep()
        with pytest.raises(NoSuchRoomError):
            w.control.rooms.room("777")

    simulate(main, rooms=rooms(ROOM))


def test_the_129th_listens_or_is_refused() -> None:
    for when_full in ("listen", "refuse"):
        results: list[ConferenceResult] = []

        async def main(w: World, when_full: str = when_full, results: list[ConferenceResult] = results) -> None:
            for n in range(2, 7):
                w.control.add_trunks([trunk := type(w.carrier)(f"Trunk{n}", n, w.control)])
                w.flows.walks["main"] = walker(results)
                for m in range(26):
                    if (n - 2) * 26 + m < 128:
                        trunk.offer("4000", calling=str(m))
                        await w.sleep(0.01)
            await w.sleep()
            room = w.control.rooms.room("8800")
            assert [party.role for party in room.parties.values()] == ["talk"] * 128
            await come(w, "last")
            await w.sleep(0.2)
            if when_full == "listen":
                assert room.party("129").role == "listen"
                assert not w.engine.hears(room.media.port, room.party("129").port)
                with pytest.raises(RoomFullError):
                    room.set_role(room.party("129"), "talk", "operator")
                room.remove(room.party("1"), "operator")
                room.set_role(room.party("129"), "talk", "operator")
                assert w.engine.hears(room.media.port, room.party("129").port)
            else:
                assert len(room.parties) == 128
            room.end("by an operator", "operator")

        w = simulate(main, rooms=rooms(RoomSettings("8800", when_full=when_full, entry_tone=False, music=False)))
        assert [row["why"] for row in kinds(w, "conference.refused")] == (["full"] if when_full == "refuse" else [])
        assert kinds(w, "conference.closed")[0]["most"] == (129 if when_full == "listen" else 128)


def test_as_many_rooms_as_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms_module, "MOST_ROOMS", 2)
    results: list[ConferenceResult] = []

    async def main(w: World) -> None:
        callers = [await outcome_of(w, "", results, number=number, create=True) for number in ("1", "2", "3")]
        assert results == [ConferenceResult("full")]
        for caller in callers[:2]:
            caller.far_disconnect()

    simulate(main)


def test_the_engine_has_no_room_for_one() -> None:
    results: list[ConferenceResult] = []

    async def main(w: World) -> None:
        w.engine.refuse = {"conference": 28}
        await outcome_of(w, "", results)
        w.engine.refuse = {}

    w = simulate(main, rooms=rooms(ROOM))
    assert [result.outcome for result in results] == ["lost"]
    assert kinds(w, "conference.closed")[0]["why"] == "lost"


def test_a_route_straight_to_a_room_and_somebody_invited() -> None:
    async def main(w: World) -> None:
        w.carrier.offer("8800", calling="1")
        await w.sleep()
        press(w, w.carrier.made[0].port, "12")
        await w.sleep()
        w.control.originate("8001", flow="invited:8800")
        await w.sleep()
        w.pbx.made[0].far_answer()
        await w.sleep()
        room = w.control.rooms.room("8800")
        assert [party.leg.party for party in room.parties.values()] == ["1", "8001"]
        assert [info.flow for info in w.control.calls()] == ["conference:8800", "invited:8800"]
        room.end("by an operator", "operator")
        await w.sleep()
        nobody = w.carrier.offer("8899", calling="2")
        await w.sleep()
        assert nobody.cause == 1

    routes = (Route(called="88??", conference="{called}"),)
    w = simulate(main, rooms=rooms(RoomSettings("8800", pin="12")), routes=routes)
    assert next(row["target"] for row in kinds(w, "call.route")) == "flow:conference:8800"
    assert [row["cause"] for row in kinds(w, "call.ended")] == [16, 16, 1]


def test_who_is_bridged_leaves_the_room_and_the_flow_goes_on_after_the_talk() -> None:
    results: list[ConferenceResult] = []

    async def main(w: World) -> None:
        await outcome_of(w, "", results)
        leg = w.leg("1")
        room = w.control.rooms.room("8800")
        with pytest.raises(NotPossibleError):
            w.control.rooms.enter(leg, "8800")
        w.control.consult(leg, "8001")
        await w.sleep()
        w.pbx.made[0].far_answer()
        await w.sleep()
        assert room.ending
        assert leg.call.bridged is not None
        assert results == []
        w.pbx.made[0].far_disconnect()
        await w.sleep()
        assert [result.outcome for result in results] == ["moved"]

    simulate(main, rooms=rooms(ROOM))


def test_waiting_for_the_leader_mute_on_entry_and_the_end_with_him() -> None:
    results: list[ConferenceResult] = []
    room = RoomSettings("8800", wait_for_leader=True, end_with_leader=True, muted=True, record=True, music=True)

    async def main(w: World) -> None:
        await outcome_of(w, "", results)
        there = w.control.rooms.room("8800")
        one = there.party("1")
        assert (there.begun, one.muted, there.recording) == (False, True, False)
        music = [row for row in w.engine.rows.values() if row.get("files") == ["/m/music.wav"]]
        assert len(music) == 1
        leader = await outcome_of(w, "", results, role="leader")
        assert (there.begun, there.recording) == (True, True)
        assert not any(row.get("files") == ["/m/music.wav"] for row in w.engine.rows.values())
        press(w, one.port, "*1")
        await w.sleep()
        assert one.talks
        leader.far_disconnect()
        await w.sleep()
        assert [result.outcome for result in results] == ["ended"]

    w = simulate(main, rooms=rooms(room), music="/m/music.wav")
    assert kinds(w, "conference.closed")[0]["why"] == "the leader has left"
    assert [row["why"] for row in kinds(w, "rec.end")] == ["stopped"]


def test_key_commands() -> None:
    commands = KeyCommands(KEYS)
    for keys, action in KEYS.items():
        assert [commands.key(key) for key in keys] == [""] * (len(keys) - 1) + [action]
    assert [commands.key(key) for key in "5#*#1***1"] == [""] * 8 + ["mute"]
    commands.key("*")
    commands.reset()
    assert commands.key("1") == ""
    assert set(KEYS.values()) == set(ACTIONS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"when_full": "x"},
        {"max_talkers": 129},
        {"max_parties": 0},
        {"loudest": 200},
        {"pin": "1", "leader_pin": "1"},
        {"keys": {"1": "mute"}},
        {"keys": {"*1": "sing"}},
    ],
)
def test_settings_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"1"):
        RoomSettings("1", **wrong)


def test_without_music_a_tone_is_heard_by_those_who_wait() -> None:
    for music in ("", "/m/missing.wav"):

        async def main(w: World) -> None:
            first = await come(w, "1")
            await w.sleep(0.5)
            tones = [port for port, row in w.engine.rows.items() if row["kind"] == en.PORT_TONE]
            room = w.control.rooms.room("8800")
            assert [w.engine.hears(room.media.port, port) for port in tones] == [True]
            leader = await come(w, "2", role="leader")
            await w.sleep(1)
            assert not any(row["kind"] == en.PORT_TONE for row in w.engine.rows.values())
            for caller in (first, leader):
                caller.far_disconnect()

        w = simulate(main, rooms=rooms(RoomSettings("8800", wait_for_leader=True)), music=music)
        assert len(kinds(w, "conference.note")) == (1 if music else 0)
