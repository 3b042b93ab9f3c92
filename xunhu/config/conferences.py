"""[Conference0] .. in Tce1-32.ini: the conference rooms. Every key is a row of a table below."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from xunhu.call.room_settings import (
    ACTIONS,
    KEYS,
    MOST_LISTENERS,
    MOST_ROOMS,
    MOST_TALKERS,
    WHEN_FULL,
    RoomSettings,
    is_key_command,
)
from xunhu.config.ini import Section
from xunhu.config.levels import agc_target
from xunhu.config.problems import Problems
from xunhu.config.values import ValueFaultError, choice, value_of, whole, yes
from xunhu.text import tr

SECTION = re.compile(r"conference([0-9]{1,4})")
LANGUAGES = ("zh", "en")


def is_conference(section: str) -> bool:
    """Whether this is the name (in lower case) of such a section."""
    found = SECTION.fullmatch(section)
    return found is not None and int(found[1]) < MOST_ROOMS


def _number(value: str) -> str:
    if re.fullmatch(r"[0-9A-Za-z_-]{1,32}", value):
        return value
    raise ValueFaultError(tr("digits, such as 8800, or a name of letters", "数字，例如 8800，或字母组成的名称"))


def _pin(value: str) -> str:
    if re.fullmatch(r"[0-9]{1,16}", value):
        return value
    raise ValueFaultError(tr("1 to 16 digits; without the line there is no PIN", "1 到 16 位数字；不写该行表示没有密码"))


def _keys(value: str) -> dict[str, str]:
    """ "*1:mute, **0:none": over the usual ones."""
    out = dict(KEYS)
    for part in value.split(","):
        keys, colon, action = (piece.strip() for piece in part.partition(":"))
        if not colon or not is_key_command(keys) or action not in (*ACTIONS, "none"):
            raise ValueFaultError(
                tr(
                    f"KEYS:ACTION with commas between, such as *1:mute, **0:end; KEYS are * or ** and a digit, ACTION is one of {', '.join(ACTIONS)}, none",
                    f"按键:动作，以逗号分隔，例如 *1:mute, **0:end；按键为 * 或 ** 加一位数字，动作为 {', '.join(ACTIONS)}、none 之一",
                )
            )
        out[keys] = "" if action == "none" else action
    return out


# key -> (field of RoomSettings, reader)
CONFERENCE: dict[str, tuple[str, Callable[[str], Any]]] = {
    "Number": ("number", _number),
    "Name": ("name", str),
    "Pin": ("pin", _pin),
    "LeaderPin": ("leader_pin", _pin),
    "MaxParties": ("max_parties", whole(1, MOST_TALKERS + MOST_LISTENERS)),
    "MaxTalkers": ("max_talkers", whole(1, MOST_TALKERS)),
    "WhenFull": ("when_full", choice(*WHEN_FULL)),
    "Talkers": ("loudest", whole(0, MOST_TALKERS)),
    "Agc": ("agc", agc_target),
    "WaitForLeader": ("wait_for_leader", yes),
    "EndWithLeader": ("end_with_leader", yes),
    "EntryTone": ("entry_tone", yes),
    "AnnounceNames": ("announce_names", yes),
    "Record": ("record", yes),
    "Lock": ("locked", yes),
    "MuteOnEntry": ("muted", yes),
    "UnmuteSelf": ("unmute_self", yes),
    "Music": ("music", yes),
    "Language": ("language", choice(*LANGUAGES)),
    "Keys": ("keys", _keys),
}


def read_conferences(sections: dict[str, Section], problems: Problems) -> dict[str, RoomSettings]:
    """Rooms by number; what is wrong goes to `problems`."""
    out: dict[str, RoomSettings] = {}
    lines: dict[str, int] = {}
    for key, section in sections.items():
        if not is_conference(key):
            continue
        room = _room(section, problems)
        if room is None:
            continue
        if room.number in out:
            problems.add(
                section.line,
                tr(
                    f"[{section.name}]: Number = {room.number} is that of line {lines[room.number]} too",
                    f"[{section.name}]：Number = {room.number} 与第 {lines[room.number]} 行重复",
                ),
                tr("give each room its own", "每个会议室请用不同的号码"),
                value=room.number,
            )
            continue
        out[room.number], lines[room.number] = room, section.line
    return out


def _room(section: Section, problems: Problems) -> RoomSettings | None:
    known = {key.lower(): row for key, row in CONFERENCE.items()}
    values: dict[str, Any] = {}
    before = len(problems.found)
    for key, entry in section.entries.items():
        if key not in known:
            problems.unknown(entry.line, "key", "键", entry.key, list(CONFERENCE))
            continue
        value = value_of(entry, known[key][1], problems)
        if value is not None:
            values[known[key][0]] = value
    if "number" not in section.entries:
        problems.add(
            section.line,
            tr(f"[{section.name}] has no Number", f"[{section.name}] 没有 Number"),
            tr("add Number = 8800", "请添加 Number = 8800"),
        )
    if len(problems.found) > before:
        return None
    if values.get("pin") and values["pin"] == values.get("leader_pin"):
        problems.add(
            section.entries["leaderpin"].line,
            tr("LeaderPin is the same as Pin", "LeaderPin 与 Pin 相同"),
            tr("take another one: it tells leaders from members", "请另取一个：主持人与成员以此区分"),
        )
        return None
    if (values.get("wait_for_leader") or values.get("locked")) and not values.get("leader_pin"):
        key = "waitforleader" if values.get("wait_for_leader") else "lock"
        entry = section.entries[key]
        problems.add(
            entry.line,
            tr(
                f"{entry.key} = yes, but there is no LeaderPin: only a flow can let a leader in",
                f"{entry.key} = yes，但没有 LeaderPin：只有流程能让主持人进入",
            ),
            tr("add LeaderPin, if no flow gives the role", "若没有流程给出该角色，请添加 LeaderPin"),
            fatal=False,
        )
    return RoomSettings(**values)
