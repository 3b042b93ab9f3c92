"""[Conference0] in Tce1-32.ini and routes to conferences: what is accepted, and what is said of faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from xunhu.call.room_settings import RoomSettings, restored
from xunhu.config import inspect, load
from xunhu.text import set_language

INI = """\
[Trunk0]
Driver = dahdi
Span = 1
"""
YAML = """\
trunk_groups:
  carrier: {trunks: [Trunk0]}
routes:
  - {called: "8800", conference: "8800"}
  - {called: "88??", conference: "{called}"}
"""
ROOM = """\
[Conference0]
Number = 8800
Name = Monday
Pin = 1234
LeaderPin = 99
MaxParties = 20
MaxTalkers = 10
WhenFull = refuse
Talkers = 3
Agc = -20
WaitForLeader = yes
EndWithLeader = yes
EntryTone = no
AnnounceNames = yes
Record = yes
Lock = no
MuteOnEntry = yes
UnmuteSelf = no
Music = no
Language = en
Keys = *1:leave, **0:none
"""


@pytest.fixture(autouse=True)
def english() -> None:
    set_language("en")


def put(folder: Path, ini: str, yaml: str = YAML) -> Path:
    (folder / "Tce1-32.ini").write_text(ini)
    (folder / "xunhu.yaml").write_text(yaml)
    return folder


def test_every_key(tmp_path: Path) -> None:
    config = load(put(tmp_path, INI + ROOM))
    room = config.lines.conferences["8800"]
    assert (room.name, room.pin, room.leader_pin) == ("Monday", "1234", "99")
    assert (room.max_parties, room.max_talkers, room.when_full, room.loudest) == (20, 10, "refuse", 3)
    assert (room.wait_for_leader, room.end_with_leader, room.entry_tone, room.announce_names) == (True, True, False, True)
    assert (room.record, room.locked, room.muted, room.unmute_self, room.music) == (True, False, True, False, False)
    assert (room.language, room.agc) == ("en", -20.0)
    assert (room.keys["*1"], room.keys["**0"], room.keys["*0"]) == ("leave", "", "leave")
    assert config.site.calls.rooms == {"8800": room}
    assert [route.conference for route in config.site.calls.routes] == ["8800", "{called}"]


def test_a_room_of_its_number_alone_has_the_defaults(tmp_path: Path) -> None:
    config = load(put(tmp_path, INI + "[Conference7]\nNumber = 8800\n"))
    assert config.lines.conferences == {"8800": RoomSettings("8800")}


@pytest.mark.parametrize(
    ("room", "said"),
    [
        ("[Conference0]\nName = x\n", "has no Number"),
        ("[Conference0]\nNumber = a b\n", "Number = a b is not right"),
        ("[Conference0]\nNumber = 1\nPin = 12a\n", "Pin = 12a is not right"),
        ("[Conference0]\nNumber = 1\nPin = 1\nLeaderPin = 1\n", "LeaderPin is the same as Pin"),
        ("[Conference0]\nNumber = 1\nTalkers = 129\n", "Talkers = 129 is not right"),
        ("[Conference0]\nNumber = 1\nAgc = 3\n", "Agc = 3 is not right"),
        ("[Conference0]\nNumber = 1\nKeys = 5:mute\n", "is not right"),
        ("[Conference0]\nNumber = 1\nKeys = *5:sing\n", "is not right"),
        ("[Conference0]\nNumber = 1\nPins = 5\n", "unknown key"),
        ("[Conference0]\nNumber = 1\n[Conference1]\nNumber = 1\n", "is that of line"),
        ("[Conference9999]\nNumber = 1\n", "unknown section"),
    ],
)
def test_faults_are_named(tmp_path: Path, room: str, said: str) -> None:
    _, problems = inspect(put(tmp_path, INI + room, YAML[: YAML.index("routes")]))
    assert any(problem.fatal and said in str(problem) for problem in problems), problems


def test_a_room_that_only_a_flow_can_begin_is_a_warning(tmp_path: Path) -> None:
    _, problems = inspect(put(tmp_path, INI + "[Conference0]\nNumber = 8800\nWaitForLeader = yes\n"))
    assert ["LeaderPin" in str(problem) for problem in problems if not problem.fatal] == [True]
    assert not any(problem.fatal for problem in problems)


def test_a_route_to_no_conference(tmp_path: Path) -> None:
    _, problems = inspect(put(tmp_path, INI))
    assert any("there is no conference '8800'" in str(problem) for problem in problems)


def test_settings_that_differ_are_restored() -> None:
    room = RoomSettings("1", name="x", pin="1", loudest=4, music=False, keys={"*1": "leave"})
    assert restored("1", room.changed()) == RoomSettings("1", name="x", loudest=4, music=False, keys={"*1": "leave"})
    assert RoomSettings("2").changed() == {}
