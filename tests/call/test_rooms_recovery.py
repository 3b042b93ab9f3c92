"""Control is killed with conferences up and comes back: rooms and their parties are known again, or closed in the ledger."""

from __future__ import annotations

from pathlib import Path

from test_recovery import after, rows_of
from world import World

from xunhu import vclock
from xunhu._media import engine as en
from xunhu.call import recovery
from xunhu.call.room_settings import RoomSettings
from xunhu.ivr.session import Session
from xunhu.records.cdr import CdrProjection

ROOMS = {"8800": RoomSettings("8800", record=True), "8801": RoomSettings("8801", wait_for_leader=True, leader_pin="9")}
ROUTES_OF = {"1": "8800", "2": "8800", "3": "8800", "4": "8801"}


async def room_walk(session: Session) -> str:
    """By the caller's number: into a room; number 5 makes one of its own."""
    calling = session.variables["calling"]
    session.node_entered("main", "v1", "conf", {})
    await session.conference(ROUTES_OF.get(calling, "777"), ask=False, create=True, role="leader" if calling == "1" else "talk")
    return "0000"


async def before(folder: Path) -> World:
    w = World(recordings=folder, rooms=ROOMS)
    w.flows.walks["main"] = room_walk
    for calling in "12345":
        w.carrier.offer("4000", calling=calling)
        await w.sleep()
    room = w.control.rooms.room("8800")
    room.lock(True, "1")
    two, three = room.party("2"), room.party("3")
    two.mute(True, "1")
    two.set_hear_gain(-6)
    room.set_role(three, "whisper", "operator", two)
    w.control.rooms.room("777").set_loudest(3, "operator")
    await w.sleep(1)
    return w


def heard(w: World) -> dict[tuple[int, int], float]:
    """Who hears whom, in dB; the tone for those who wait begins anew, at another port."""
    return {
        pair: w.engine.gains[pair]
        for pair in w.engine.crosspoints
        if w.engine.hears(pair[1], pair[0]) and w.engine.rows[pair[0]]["kind"] != en.PORT_TONE
    }


def test_rooms_go_on_and_end_as_usual(tmp_path: Path) -> None:
    async def body() -> World:
        old = await before(tmp_path)
        ports = {room.number: room.media.port for room in old.control.rooms}
        rows = rows_of(old)
        w = after(old, tmp_path, rows, rooms=ROOMS)
        w.flows.walks["main"] = room_walk
        audible = heard(old)
        result = recovery.recover(w.control, recovery.open_calls(rows), recovery.open_rooms(rows))
        await w.sleep()
        assert (result.taken_over, result.ended, result.rooms, result.ports_closed) == (5, 0, 3, 1)
        assert heard(w) == audible
        assert {room.number: room.media.port for room in w.control.rooms} == ports
        room = w.control.rooms.room("8800")
        assert room.locked
        assert room.recording
        one, two, three = (room.party(member) for member in "123")
        assert one.is_leader
        assert (two.muted, two.muted_by, two.hear_db) == (True, "1", -6)
        assert three.to is two
        assert w.engine.hears(two.port, three.port)
        assert not w.control.rooms.room("8801").begun
        assert w.control.rooms.room("777").media.loudest == 3
        w.engine.key(one.port, "*")  # keys are commands again
        w.engine.key(one.port, "*")
        w.engine.key(one.port, "2")
        await w.sleep()
        assert not room.locked
        late = w.carrier.offer("4000", calling="2")
        await w.sleep()
        assert room.party("4").leg.party == "2"
        late.far_disconnect()
        room.end("by an operator", "operator")
        for call in w.carrier.made:
            call.far_disconnect()
        for info in w.control.calls():
            w.control.hangup(info.call)
        await w.sleep(1)
        w.check_clean()
        assert len(w.control.rooms) == 0
        return w

    w = vclock.run(body())
    kinds = [row[2] for row in w.ledger.rows]
    assert kinds.count("conference.opened") == kinds.count("conference.closed") == 3
    assert kinds.count("conference.joined") == kinds.count("conference.left") == 6
    assert kinds.count("rec.start") == kinds.count("rec.end") == 2  # the room's, and that of the last call
    assert recovery.open_rooms(rows_of(w)) == []
    (path,) = {row[5]["path"] for row in w.ledger.rows if row[2] == "rec.start" and row[5].get("room")}
    projection, records = CdrProjection(), []
    for row in rows_of(w):
        records += projection.feed(row)  # type: ignore[arg-type]
    with_recording = [record for record in records if path.encode() in record]
    assert len(records) == 6
    assert len(with_recording) == 4
    assert all(b'"conference:' in record for record in records)


def test_a_conference_that_the_engine_lacks_is_closed_and_its_parties_come_in_anew(tmp_path: Path) -> None:
    async def body() -> World:
        old = await before(tmp_path)
        rows = rows_of(old)
        port = old.control.rooms.room("8800").media.port
        old.engine._finish(port, 1)
        old.engine.out.clear()  # what a control has not read is gone when the next one comes
        w = after(old, tmp_path, rows, rooms=ROOMS)
        w.flows.walks["main"] = room_walk
        result = recovery.recover(w.control, recovery.open_calls(rows), recovery.open_rooms(rows))
        await w.sleep()
        assert (result.taken_over, result.rooms) == (5, 2)
        room = w.control.rooms.room("8800")
        assert not room.locked
        assert [party.leg.party for party in room.parties.values()] == ["1", "2", "3"]
        for info in w.control.calls():
            w.control.hangup(info.call)
        await w.sleep(1)
        w.check_clean()
        return w

    w = vclock.run(body())
    kinds = [row[2] for row in w.ledger.rows]
    assert kinds.count("conference.joined") == kinds.count("conference.left") == 8
    assert kinds.count("conference.opened") == kinds.count("conference.closed") == 4
    assert kinds.count("rec.start") == kinds.count("rec.end")


def test_a_dead_engine_ends_rooms_in_the_ledger(tmp_path: Path) -> None:
    async def body() -> World:
        old = await before(tmp_path)
        rows = rows_of(old)
        old.engine.rows.clear()
        old.engine.crosspoints.clear()
        w = after(old, tmp_path, rows, rooms=ROOMS)
        result = recovery.recover(w.control, recovery.open_calls(rows), recovery.open_rooms(rows))
        assert (result.taken_over, result.ended, result.rooms) == (0, 5, 0)
        await w.sleep(1)
        w.check_clean()
        return w

    w = vclock.run(body())
    kinds = [row[2] for row in w.ledger.rows]
    assert kinds.count("conference.joined") == kinds.count("conference.left") == 5
    assert kinds.count("conference.opened") == kinds.count("conference.closed") == 3
    assert recovery.open_rooms(rows_of(w)) == []
