"""Flows as data: nodes, their attributes by type, the result codes. Everything here is immutable.

A flow is a tree. The walk begins at `Flow.start`; after a node has given a result, the first child whose `results` hold that
result is taken, and for 0000 the child's `keys` must hold what the caller pressed (no keys: any). `jump` leads anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

OK = "0000"
NO_KEY = "0001"
INVALID_KEY = "0002"
CALLER_GONE = "0003"
BUSY = "0004"
NO_ANSWER = "0005"
REFUSED = "0006"
WAITED = "0007"
NOBODY = "0008"
FILE_MISSING = "0009"
SERVICE_ERROR = "0010"
ROOM_ENDED = "0011"
REMOVED = "0012"
WRONG_PIN = "0013"
ROOM_LOCKED = "0014"
ROOM_FULL = "0015"
NO_ROOM = "0016"
FAX = "0017"

# code -> (English, Chinese)
RESULTS: Mapping[str, tuple[str, str]] = {
    OK: ("ok", "成功"),
    NO_KEY: ("no key in time", "超时未按键"),
    INVALID_KEY: ("invalid key", "按键无效"),
    CALLER_GONE: ("caller gone", "主叫已挂机"),
    BUSY: ("busy", "忙"),
    NO_ANSWER: ("no answer", "无应答"),
    REFUSED: ("unreachable or refused", "无法接通或被拒绝"),
    WAITED: ("waited too long", "等待超时"),
    NOBODY: ("nobody to wait for", "无人值守"),
    FILE_MISSING: ("file missing", "语音文件缺失"),
    SERVICE_ERROR: ("service error", "服务故障"),
    ROOM_ENDED: ("conference ended", "会议已结束"),
    REMOVED: ("removed from the conference", "被请出会议"),
    WRONG_PIN: ("wrong PIN", "密码错误"),
    ROOM_LOCKED: ("conference locked", "会议已锁定"),
    ROOM_FULL: ("conference full", "会议已满"),
    NO_ROOM: ("no such conference", "没有此会议"),
    FAX: ("a fax machine", "传真机"),
}

# What each type of node can result in; a child for another result can never be reached.
TYPE_RESULTS: Mapping[str, frozenset[str]] = {
    "play": frozenset({OK, NO_KEY, INVALID_KEY, CALLER_GONE, FILE_MISSING, SERVICE_ERROR, FAX}),
    "agent": frozenset({OK, CALLER_GONE, BUSY, NO_ANSWER, REFUSED, WAITED, NOBODY, SERVICE_ERROR}),
    "voicemail": frozenset({OK, NO_KEY, CALLER_GONE, SERVICE_ERROR, FAX}),
    "conference": frozenset(
        {OK, CALLER_GONE, SERVICE_ERROR, ROOM_ENDED, REMOVED, WRONG_PIN, ROOM_LOCKED, ROOM_FULL, NO_ROOM}
    ),
    "record": frozenset({OK, CALLER_GONE, SERVICE_ERROR}),
    "background": frozenset({OK, CALLER_GONE, FILE_MISSING, SERVICE_ERROR}),
    "set": frozenset({OK, SERVICE_ERROR}),
    "jump": frozenset(),
    "hangup": frozenset(),
}

ALL_KEYS = "0123456789*#ABCD"
USUAL_KEYS = "0123456789*#"
#: what a record node may do with the recording of the call: (what, whether it begins), as `Session.recording` takes them
RECORD_ACTIONS: Mapping[str, tuple[str, bool]] = {
    "start": ("start", True),
    "stop": ("stop", True),
    "mask": ("mask", True),
    "unmask": ("mask", False),
    "pause": ("pause", True),
    "resume": ("pause", False),
}
#: what a key may do while a node plays (`control`)
CONTROLS = ("pause", "back", "forward", "again", "previous", "next", "slower", "faster", "softer", "louder")
#: of a party of a conference
ROLES = ("talk", "listen", "leader", "whisper")
SYSTEM_VARIABLES = ("calling", "called", "call", "trunk", "date", "time", "weekday")
# Set by the walk itself; all but `language` are read-only for flows.
WALK_VARIABLES = ("language", "result", "key", "extension", "cause", "voicemail", "seconds", "member")
#: of a call that was made with `classify`: who has answered. Read-only as well
ANSWER_VARIABLES = ("answered", "confidence", "greeting")
GLOBAL_PREFIX = "global."


@dataclass(frozen=True, slots=True)
class FileItem:
    """One entry of `files`. kind: "file" (a prompt), "URL" (of a web server), "PS", "PD", "PY" (reading aloud), "PT" (text to speech) or "PV" (a recording by
    path). text: what follows the prefix, with @variables still in it."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Play:
    files: tuple[FileItem, ...]
    store: str = ""
    digits: int = 0  # at most so many keys; 0: play only
    least: int = 1  # fewer keys than this are invalid
    valid: str = USUAL_KEYS
    interrupt: str = ""
    end: str = ""
    first_end: str = ""
    repeat: int = 1  # plays in all
    timeout_s: float = 5.0
    between_s: float = 5.0
    control: tuple[tuple[str, str], ...] = ()  # (key, one of CONTROLS) while it plays
    step_s: float = 5.0  # of back and forward


@dataclass(frozen=True, slots=True)
class Agent:
    extensions: tuple[str, ...]
    groups: tuple[str, ...] = ()
    wait_s: float = 30.0
    queue: bool = False
    music: str = ""


@dataclass(frozen=True, slots=True)
class Voicemail:
    start_keys: str = ""
    stop_keys: str = "#"
    seconds: int = 60
    timeout_s: float = 5.0
    box: str = "@called"
    beep: bool = True
    silence_s: float = 0.0  # ends the message; 0: nothing does
    lead_s: float = 0.0  # instead, as long as nothing was said
    cut: bool = True  # silence at the end is left out, where silence ends the message


@dataclass(frozen=True, slots=True)
class Conference:
    """room, pin, to: may hold @variables. ask: for the PIN, where the room has one and `pin` is empty or wrong. create: the room is made
    where the configuration has none of that number. to: number of the party that a whisperer speaks to."""

    room: str
    role: str = "talk"
    pin: str = ""
    ask: bool = True
    create: bool = False
    to: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """do: one of RECORD_ACTIONS, with the recording of the call."""

    do: str = "mask"


@dataclass(frozen=True, slots=True)
class Background:
    """files: as of Play; none: the sound ends. gain_db, duck_db: None as the site says."""

    files: tuple[FileItem, ...] = ()
    gain_db: float | None = None
    duck_db: float | None = None


@dataclass(frozen=True, slots=True)
class Jump:
    goto: str


@dataclass(frozen=True, slots=True)
class Hangup:
    cause: int = 16


@dataclass(frozen=True, slots=True)
class Set:
    values: tuple[tuple[str, str], ...]  # name, expression
    branch: str = ""  # expression; its value chooses the child by `key`


Spec = Play | Agent | Voicemail | Conference | Record | Background | Jump | Hangup | Set


@dataclass(frozen=True, slots=True)
class Node:
    """`results`: results of the parent for which this node is taken; `keys`: what must have been pressed then (empty: anything)."""

    code: str
    name: str
    type: str
    spec: Spec
    line: int
    results: frozenset[str] = frozenset({OK})
    keys: frozenset[str] = frozenset()
    children: tuple[Node, ...] = ()

    def child(self, result: str, key: str = "") -> Node | None:
        """The child to take after `result` with `key` pressed; the first in the order of the file."""
        for child in self.children:
            if result in child.results and (result != OK or not child.keys or key in child.keys):
                return child
        return None

    @property
    def whole_input(self) -> bool:
        """Children's `key` are compared with all that was entered, not with its first key."""
        if isinstance(self.spec, Play):
            return bool(self.spec.store) and self.spec.digits > 1
        return isinstance(self.spec, Set)


@dataclass(frozen=True, slots=True)
class Flow:
    """One version of one flow. `version`: first 12 hex digits of SHA-256 of the file. `roots`: the start node, then nodes that only
    jumps lead to."""

    name: str
    version: str
    path: str
    language: str
    title: str
    roots: tuple[Node, ...]
    nodes: Mapping[str, Node]  # by code, in the order of the file

    @property
    def start(self) -> Node:
        return self.roots[0]

    def walk(self) -> Iterator[tuple[int, Node]]:
        """(depth, node) in the order of the file."""
        stack = [(0, node) for node in reversed(self.roots)]
        while stack:
            depth, node = stack.pop()
            yield depth, node
            stack.extend((depth + 1, child) for child in reversed(node.children))
