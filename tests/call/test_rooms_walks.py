"""Conference rooms in any order of comings, goings, keys, locks and ends: at the end no crosspoint, port, job or timer is left, and each room
and party has one end in the ledger."""

from __future__ import annotations

import gc
from collections import Counter
from pathlib import Path
from typing import Any

from fake_engine import FakeEngine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_sound import prompt, spans
from test_walks import pairs
from world import World

from xunhu import vclock
from xunhu._media import engine as en
from xunhu._media.engine import Engine
from xunhu.call.errors import CallControlError
from xunhu.call.room_settings import RoomSettings
from xunhu.call.trunk import NoCircuitError
from xunhu.ivr.session import Session

ROOMS = {
    room.number: room
    for room in (
        RoomSettings("1", max_talkers=3, record=True),
        RoomSettings("2", pin="12", leader_pin="99", wait_for_leader=True, end_with_leader=True, max_parties=4, when_full="refuse"),
        RoomSettings("3", announce_names=True, muted=True, unmute_self=False, locked=True),
    )
}
ROLES = st.sampled_from(["talk", "talk", "leader", "listen", "whisper"])
STEP = st.one_of(
    st.tuples(st.just("come"), st.sampled_from("1234"), ROLES, st.booleans()),
    st.tuples(st.just("come"), st.sampled_from("1234"), ROLES, st.booleans()),
    st.tuples(st.just("go"), st.integers(0, 9), st.booleans()),
    st.tuples(st.just("keys"), st.integers(0, 9), st.sampled_from(["12", "99#", "*1", "*0", "**0", "**1", "**5", "**6", "**3", "*4", "*8", "*", "#"])),
    st.tuples(
        st.sampled_from(["mute", "deaf", "remove", "leader", "listen", "talk", "whisper", "gain", "blind", "consult", "bridge"]),
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    st.tuples(st.sampled_from(["lock", "unlock", "record", "end", "play", "watch", "loudest"]), st.integers(0, 3)),
    st.tuples(st.just("invite"), st.integers(0, 3)),
    st.tuples(st.just("sleep"), st.sampled_from([0.0, 0.01, 0.1, 1.0, 12.0])),
    st.tuples(st.just("refuse"), st.sampled_from(["play", "record", "tone", "conference", "ts_open", ""])),
)


async def walk(session: Session, number: str, role: str, create: bool) -> str:
    await session.conference(number, role=role, create=create, to="1", ask=role != "leader")
    await session.play_collect(["/p/after-100.wav"])
    return "0000"


def act(w: World, step: tuple[Any, ...]) -> None:
    what, *how = step
    open_rooms = list(w.control.rooms)
    parties = [party for room in open_rooms for party in room.parties.values()]
    fakes = [call for call in (*w.carrier.made, *w.pbx.made) if call.state.value not in ("releasing", "released")]
    if what == "come":
        number, role, create = how
        w.flows.walks["main"] = lambda session: walk(session, number, role, create)
        w.carrier.offer("4000", calling=str(len(w.carrier.made)))
    elif what == "refuse":
        if isinstance(w.engine, FakeEngine):
            w.engine.refuse = {how[0]: 28} if how[0] else {}
    elif what == "go" and fakes:
        fake = fakes[how[0] % len(fakes)]
        fake.far_release() if how[1] else fake.far_disconnect()
    elif what == "keys":
        ports = [port for port in w.engine.ports() if port < en.LINE_PORTS]
        for key in how[1] if ports else "":
            press(w, ports[how[0] % len(ports)], key)
    elif what in ("lock", "unlock", "record", "end", "play", "watch", "loudest", "invite") and open_rooms:
        _ask_room(w, open_rooms[how[0] % len(open_rooms)], what)
    elif parties:
        _ask_party(w, what, parties[how[0] % len(parties)], parties[how[1] % len(parties)])


def press(w: World, port: int, key: str) -> None:
    """A key is heard at a timeslot."""
    if isinstance(w.engine, FakeEngine):
        if port in w.engine.rows:
            w.engine.key(port, key)
        return
    for leg in list(w.control._legs.values()):
        if leg.port == port:
            leg._digit(key, -90)


def _ask_room(w: World, room: Any, what: str) -> None:
    if what in ("lock", "unlock"):
        room.lock(what == "lock", "operator")
    elif what == "record":
        room.record(not room.recording, "operator")
    elif what == "end":
        room.end("by an operator", "operator")
    elif what == "play":
        room.play(["/p/notice-300.wav"])
    elif what == "watch":
        room.watch()
    elif what == "loudest":
        room.set_loudest(2, "operator")
    elif what == "invite":
        w.control.originate("8001", flow=f"invited:{room.number}")
        w.pbx.made[-1].far_answer()


def _ask_party(w: World, what: str, party: Any, other: Any) -> None:
    room = party.room
    if what == "mute":
        party.mute(not party.muted, "operator")
    elif what == "deaf":
        party.make_deaf(not party.deaf, "operator")
    elif what == "remove":
        room.remove(party, "operator")
    elif what == "gain":
        party.set_gain(-3)
        party.set_hear_gain(6)
    elif what == "whisper":
        room.set_role(party, "whisper", "operator", other if other is not party and other.room is room else None)
    elif what == "blind":
        w.control.transfer_blind(party.leg, "8002")
    elif what == "consult":
        w.control.consult(party.leg, "8003")
        w.pbx.made[-1].far_answer()
    elif what == "bridge":
        w.control.bridge(party.leg, other.leg)
    else:
        room.set_role(party, what, "operator")


def consistent(w: World) -> None:
    """Who is in a room hears it, and is heard as his role and mute say; nobody else has anything to do with it."""
    for room in w.control.rooms:
        port = room.media.port
        if port not in w.engine.rows:
            continue
        for party in room.parties.values():
            assert party.leg.seat is party
            if party.port in w.engine.rows:
                assert w.engine.hears(party.port, port) != party.deaf
                assert w.engine.hears(port, party.port) == party.talks
                whispers = party.role == "whisper" and party.to is not None and not party.muted
                for other in room.parties.values():
                    if other is not party:
                        assert w.engine.hears(other.port, party.port) == (whispers and other is party.to)
        assert dict(+room.roles) == dict(Counter(party.role for party in room.parties.values()))
        ports = {party.port for party in room.parties.values()}
        for source, destination in w.engine.crosspoints:
            if destination == port and source < en.LINE_PORTS:
                assert source in ports
            if source == port and destination < en.LINE_PORTS:
                assert destination in ports


async def run(steps: list[tuple[Any, ...]], folder: Path, engine: Any, prompt: str, music: str) -> None:
    w = World(engine=engine, recordings=folder, rooms=ROOMS, max_calls=12, music=music, ring_s=8)
    w.control._prompts = lambda name, _language: prompt.format(name)
    for step in steps:
        if step[0] == "sleep":
            await w.sleep(step[1])
        else:
            try:
                act(w, step)
            except (CallControlError, NoCircuitError, ValueError):
                assert w.control is not None
            pairs(w)
            await w.sleep(0)
        if isinstance(w.engine, FakeEngine):
            consistent(w)
    act(w, ("refuse", ""))
    await w.sleep(0.1)
    for call in w.control.calls():
        w.control.hangup(call.call)
    await w.sleep(8)
    w.check_clean()
    assert len(w.control.rooms) == 0
    if isinstance(w.engine, FakeEngine):
        assert w.engine.crosspoints == {}
    else:
        assert w.engine.stats()["crosspoints"] == 0
    w.ticker.stop()
    gc.collect()
    timers = [handle for handle in w.loop._scheduled if not handle.cancelled()]  # type: ignore[attr-defined]
    assert timers == [], timers
    kinds = [row[2] for row in w.ledger.rows]
    for begin, end in (
        ("conference.opened", "conference.closed"),
        ("conference.joined", "conference.left"),
        ("rec.start", "rec.end"),
        ("flow.start", "flow.end"),
    ):
        assert kinds.count(begin) == kinds.count(end)
    names = folder / ".names"
    assert not names.exists() or list(names.iterdir()) == []


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(st.lists(STEP, min_size=3, max_size=60))
def test_walks_through_rooms_end_clean(tmp_path: Path, steps: list[tuple[Any, ...]]) -> None:
    vclock.run(run(steps, tmp_path, FakeEngine(), "/p/{}-200.wav", "/m/music.wav"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(st.lists(STEP, min_size=10, max_size=60))
def test_walks_with_the_real_engine_end_clean(tmp_path: Path, steps: list[tuple[Any, ...]]) -> None:
    said = tmp_path / "said.wav"
    if not said.exists():
        prompt(said, 700, 0.2)
    vclock.run(run(steps, tmp_path, Engine(spans()), str(said), str(said)))


async def _lost(steps: list[tuple[Any, ...]], folder: Path) -> None:
    w = World(recordings=folder, rooms=ROOMS, max_calls=12)
    for step in steps:
        if step[0] == "sleep":
            await w.sleep(step[1])
        else:
            try:
                act(w, step)
            except (CallControlError, NoCircuitError, ValueError):
                assert w.control is not None
            await w.sleep(0)
    w.ticker.stop()
    w.control.media_lost("killed")
    await w.sleep(8)
    assert len(w.control.rooms) == 0
    assert w.control.calls() == []
    kinds = [row[2] for row in w.ledger.rows]
    for begin, end in (("conference.opened", "conference.closed"), ("conference.joined", "conference.left"), ("rec.start", "rec.end")):
        assert kinds.count(begin) == kinds.count(end)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(st.lists(STEP, min_size=3, max_size=30))
def test_the_engine_dies_with_rooms_open(tmp_path: Path, steps: list[tuple[Any, ...]]) -> None:
    vclock.run(_lost(steps, tmp_path))
