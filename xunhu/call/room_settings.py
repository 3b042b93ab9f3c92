"""What a conference room is told by the configuration, and what its parties' keys do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

ROLES = ("talk", "listen", "leader", "whisper")
WHEN_FULL = ("listen", "refuse")
MOST_TALKERS = 128
MOST_LISTENERS = 2048
MOST_ROOMS = 3584
GAIN_STEP_DB = 3.0
GAIN_LEAST_DB, GAIN_MOST_DB = -24.0, 12.0

#: what keys can do, and whether a leader alone may
ACTIONS: Mapping[str, bool] = MappingProxyType(
    {
        "mute": False,  # mute oneself, or let oneself be heard again
        "deaf": False,  # hear nothing, or hear again
        "hear-softer": False,
        "hear-louder": False,
        "talk-softer": False,
        "talk-louder": False,
        "leave": False,
        "count": False,  # how many are there, said to who asks
        "names": False,  # the names recorded at entry, said to who asks
        "lock": True,
        "unlock": True,
        "mute-all": True,
        "unmute-all": True,
        "remove-last": True,  # of those who came in, leaders excepted
        "record": True,  # on, or off again
        "end": True,
    }
)

KEYS: Mapping[str, str] = MappingProxyType(
    {
        "*1": "mute",
        "*2": "deaf",
        "*4": "hear-softer",
        "*6": "hear-louder",
        "*7": "talk-softer",
        "*9": "talk-louder",
        "*8": "count",
        "*5": "names",
        "*0": "leave",
        "**1": "lock",
        "**2": "unlock",
        "**3": "mute-all",
        "**4": "unmute-all",
        "**5": "remove-last",
        "**6": "record",
        "**8": "count",
        "**0": "end",
    }
)


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """A room. pin, leader_pin: "" none is asked for; who gives the leader's is one. loudest: so many voices are heard, 0 all. agc: each voice is brought to this
    level first, dBm0, 0: it comes as its line has it. max_talkers: who
    comes after them listens, or is refused (when_full). locked: from its beginning on, so that leaders alone come in until one unlocks it.
    entry_tone: two tones for all when somebody who talks comes or goes. announce_names: everybody is asked for his name, which all hear when he
    comes and goes. unmute_self: who was muted by a leader may end that himself. music: for one who is alone, and for all who wait for a leader.
    language: of prompts to all. keys: begin with *, end with the first digit; "" as the action: none."""

    number: str
    name: str = ""
    pin: str = ""
    leader_pin: str = ""
    max_parties: int = MOST_TALKERS + MOST_LISTENERS
    max_talkers: int = MOST_TALKERS
    when_full: str = "listen"
    loudest: int = 0
    agc: float = 0.0
    wait_for_leader: bool = False
    end_with_leader: bool = False
    entry_tone: bool = True
    announce_names: bool = False
    record: bool = False
    locked: bool = False
    muted: bool = False
    unmute_self: bool = True
    music: bool = True
    language: str = "zh"
    keys: Mapping[str, str] = field(default_factory=lambda: KEYS)

    def __post_init__(self) -> None:
        if self.when_full not in WHEN_FULL:
            raise ValueError(f"when_full {self.when_full!r} of conference {self.number}: one of {', '.join(WHEN_FULL)}")
        if not 1 <= self.max_talkers <= MOST_TALKERS:
            raise ValueError(f"max_talkers of conference {self.number} is 1 to {MOST_TALKERS}")
        if not 1 <= self.max_parties <= MOST_TALKERS + MOST_LISTENERS:
            raise ValueError(f"max_parties of conference {self.number} is 1 to {MOST_TALKERS + MOST_LISTENERS}")
        if not 0 <= self.loudest <= MOST_TALKERS:
            raise ValueError(f"loudest of conference {self.number} is 0 to {MOST_TALKERS}")
        if self.pin and self.pin == self.leader_pin:
            raise ValueError(f"conference {self.number}: its leaders' PIN has to differ from its members'")
        for keys, action in self.keys.items():
            if not is_key_command(keys) or (action and action not in ACTIONS):
                raise ValueError(f"conference {self.number}: no such key command {keys}:{action}")

    @property
    def asks_pin(self) -> bool:
        return bool(self.pin or self.leader_pin)

    def changed(self) -> dict[str, Any]:
        """What differs from the default, number and PINs excepted: for the ledger. See `restored`."""
        usual = RoomSettings(self.number)
        out = {row.name: getattr(self, row.name) for row in fields(self) if row.name not in ("number", "pin", "leader_pin")}
        out["keys"] = dict(self.keys)
        return {name: value for name, value in out.items() if value != (getattr(usual, name) if name != "keys" else dict(KEYS))}


def restored(number: str, changed: Mapping[str, Any]) -> RoomSettings:
    """From `RoomSettings.changed`, without PINs. TypeError, ValueError for what another version has written."""
    return RoomSettings(number, **changed)


def is_key_command(keys: str) -> bool:
    """* or **, then a digit."""
    return 2 <= len(keys) <= 3 and keys[:-1] in ("*", "**") and keys[-1] in "0123456789"


class KeyCommands:
    """Keys one by one into commands; what is none is passed over. `reset` after a while without a key."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = keys
        self.begun = ""

    def key(self, key: str) -> str:
        """The action of a command that is whole with this key, else ""."""
        if key == "*" and self.begun in ("", "*"):
            self.begun += key
            return ""
        command, self.begun = self.begun + key, ""
        if key == "*":  # a third one begins anew
            self.begun = key
            return ""
        return self._keys.get(command, "") if len(command) > 1 else ""

    def reset(self) -> None:
        self.begun = ""
