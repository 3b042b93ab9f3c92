"""One caller's walk through a flow.

`run` goes from node to node: enter, act through the session, result, child. It ends with hanging up, and says with what. What the
files leave open is decided so:

- 0001 and 0002 play the node again, up to `repeat` plays in all; 0002 only when no child is there for it. Then, without a child, the
  call is released.
- A key that is valid but leads to no child is 0002.
- A missing file or failed speech is left out and noted, unless a child for 0009 (0010) is there, which is then taken.
- A fax machine that is heard ends a play or voicemail with 0017 where a child for that is there, and nothing elsewhere.
- The caller's going away is 0003; a child for it may still set variables.
- Loops: 100 nodes on end that neither play nor wait, or 1,000 without a key or a talk, end the walk with 0010.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xunhu.ivr import speak, urls
from xunhu.ivr.expressions import ExpressionError, evaluate, expand, split_list
from xunhu.ivr.model import (
    BUSY,
    CALLER_GONE,
    FAX,
    FILE_MISSING,
    INVALID_KEY,
    NO_ANSWER,
    NO_KEY,
    NO_ROOM,
    NOBODY,
    OK,
    RECORD_ACTIONS,
    REFUSED,
    REMOVED,
    ROOM_ENDED,
    ROOM_FULL,
    ROOM_LOCKED,
    SERVICE_ERROR,
    WAITED,
    WRONG_PIN,
    Agent,
    Background,
    Conference,
    FileItem,
    Flow,
    Hangup,
    Jump,
    Node,
    Play,
    Record,
    Set,
    Voicemail,
)
from xunhu.ivr.prompts import PromptStore
from xunhu.ivr.session import CallerGoneError, Collected, FaxHeardError, ServiceError, Session
from xunhu.ivr.variables import GlobalVariables, Variables

MAX_HASTY = 100  # nodes on end that take no time
MAX_KEYLESS = 1000  # nodes on end without a key pressed or a talk
MAX_EXTENSIONS = 200

_OUTCOMES: Mapping[str, str] = {
    "ended": OK,
    "caller-gone": CALLER_GONE,
    "busy": BUSY,
    "no-answer": NO_ANSWER,
    "refused": REFUSED,
    "waited": WAITED,
    "nobody": NOBODY,
}
_CONFERENCE: Mapping[str, str] = {
    "left": OK,
    "moved": OK,
    "ended": ROOM_ENDED,
    "removed": REMOVED,
    "wrong-pin": WRONG_PIN,
    "locked": ROOM_LOCKED,
    "full": ROOM_FULL,
    "no-room": NO_ROOM,
}
# Q.850: busy, no answer from user, rejected, temporary failure; all else normal clearing
_END_CAUSES: Mapping[str, int] = {BUSY: 17, NO_ANSWER: 19, REFUSED: 21, SERVICE_ERROR: 41}
_READERS: Mapping[str, Callable[[str, str], list[str]]] = {
    "PS": speak.spell,
    "PD": speak.number,
    "PY": speak.money,
}


def _no_group(name: str) -> Sequence[str]:
    """Where no groups are configured none has members."""
    del name
    return ()


@dataclass(frozen=True)
class Environment:
    """What all walks share. mailboxes: folder of the messages; groups: extensions of a group, by its name."""

    prompts: PromptStore
    mailboxes: Path
    shared: GlobalVariables = field(default_factory=GlobalVariables)
    groups: Callable[[str], Sequence[str]] = _no_group
    max_hasty: int = MAX_HASTY
    max_keyless: int = MAX_KEYLESS


@dataclass(frozen=True, slots=True)
class FlowResult:
    """How a walk ended: the last result, the node it came from, the Q.850 cause the call was released with, nodes walked through."""

    result: str
    node: str
    cause: int
    steps: int
    variables: Mapping[str, str]


async def run(
    flow: Flow,
    session: Session,
    environment: Environment,
    *,
    start_node: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> FlowResult:
    """Walk until the call is released.

    start_node, variables: go on at this node with these flow variables, as `node_entered` had them, after a restart of
    control. ValueError when the flow has no such node. Exceptions of the session other than CallerGoneError, ServiceError and OSError
    come through.
    """
    node = flow.start
    if start_node is not None:
        if start_node not in flow.nodes:
            raise ValueError(f"flow {flow.name} {flow.version} has no node {start_node!r}")
        node = flow.nodes[start_node]
    return await _Walk(flow, session, environment, variables).run(node)


class _MissingError(Exception):
    """A file is missing or text could not be spoken, and a child is there for it."""

    def __init__(self, result: str) -> None:
        self.result = result


class _Walk:
    def __init__(self, flow: Flow, session: Session, environment: Environment, variables: Mapping[str, str] | None) -> None:
        self.flow = flow
        self.session = session
        self.env = environment
        own = {"language": flow.language, "result": OK, "key": "", **(variables or {})}
        self.variables = Variables(lambda: session.variables, environment.shared, own)
        self.steps = 0
        self.hasty = 0
        self.keyless = 0
        self.answered = False
        self.gone = False
        self.noted: set[str] = set()

    # -- the walk

    async def run(self, node: Node) -> FlowResult:
        step: Node | None = node
        while step is not None:
            node = step
            self.steps += 1
            self.hasty += 1
            self.keyless += 1
            self.session.node_entered(self.flow.name, self.flow.version, node.code, dict(self.variables.own))
            if isinstance(node.spec, Hangup):
                self.session.node_result(node.code, OK, "")
                return await self.end(node, CALLER_GONE if self.gone else OK, node.spec.cause)
            result, key = await self.act(node)
            self.variables.own.update(result=result, key=key)
            self.session.node_result(node.code, result, key)
            if result == CALLER_GONE:
                self.gone = True
            if self.gone and node.type not in ("set", "jump") and result != CALLER_GONE:
                break
            if isinstance(node.spec, Jump) and result == OK:
                step = self.flow.nodes[node.spec.goto]
            else:
                step = node.child(result, key)
        final = CALLER_GONE if self.gone else self.variables.own["result"]
        return await self.end(node, final, _END_CAUSES.get(final, 16))

    async def end(self, node: Node, result: str, cause: int) -> FlowResult:
        if not self.gone:
            try:
                await self.session.hangup(cause)
            except CallerGoneError:
                result = CALLER_GONE
        return FlowResult(result, node.code, cause, self.steps, dict(self.variables.own))

    async def act(self, node: Node) -> tuple[str, str]:
        """(result, key) of one node."""
        if self.hasty > self.env.max_hasty or self.keyless > self.env.max_keyless:
            self.note(f"loop: {self.steps} nodes, {self.keyless} without a key; ended")
            return SERVICE_ERROR, ""
        spec = node.spec
        try:
            if isinstance(spec, Jump):
                return OK, ""
            if isinstance(spec, Set):
                return self.set(spec)
            if self.gone:
                return CALLER_GONE, ""
            if not self.answered:
                await self.session.answer()
                self.answered = True
            self.session.mind_fax(isinstance(spec, Play | Voicemail) and node.child(FAX) is not None)
            if isinstance(spec, Play):
                return await self.play(node, spec)
            if isinstance(spec, Agent):
                return await self.agent(spec)
            if isinstance(spec, Conference):
                return await self.conference(spec)
            if isinstance(spec, Background):
                return await self.background(node, spec)
            if isinstance(spec, Record):
                return await self.record(node, spec)
            assert isinstance(spec, Voicemail)
            return await self.voicemail(spec)
        except _MissingError as missing:
            return missing.result, ""
        except FaxHeardError:
            self.hasty = 0
            return FAX, ""
        except CallerGoneError:
            return CALLER_GONE, ""
        except (ServiceError, OSError) as error:
            self.note(f"{node.code}: {error}")
            return SERVICE_ERROR, ""

    def note(self, text: str) -> None:
        """Each remark once a walk: a loop may not fill the ledger."""
        if text not in self.noted and len(self.noted) < 100:
            self.noted.add(text)
            self.session.note(text)

    def text(self, template: str) -> str:
        unknown: list[str] = []
        out = expand(template, self.variables, unknown)
        self.tell_unknown(unknown)
        return out

    def tell_unknown(self, unknown: Sequence[str]) -> None:
        for name in unknown:
            self.note(f"variable {name} has no value")

    @property
    def language(self) -> str:
        return self.variables.own["language"]

    # -- set

    def set(self, spec: Set) -> tuple[str, str]:
        unknown: list[str] = []
        try:
            for name, expression in spec.values:
                value = evaluate(expression, self.variables, unknown)
                if name == "language" and value not in self.env.prompts.languages:
                    self.note(f"language {value!r} is not there; it stays {self.language}")
                elif not self.variables.set(name, value):
                    self.note(f"no room for another global variable: {name}")
            key = evaluate(spec.branch, self.variables, unknown) if spec.branch else ""
            if self.env.shared.save_error:
                self.note(self.env.shared.save_error)
        except ExpressionError as error:
            self.note(f"set: {error}")
            return SERVICE_ERROR, ""
        finally:
            self.tell_unknown(unknown)
        return OK, key

    # -- play

    async def play(self, node: Node, spec: Play) -> tuple[str, str]:
        result, key = OK if not spec.digits else NO_KEY, ""
        for _ in range(spec.repeat):
            got = await self.play_once(node, spec)
            if got.digits or got.reason == "end-key":
                self.keyless = 0
            if not spec.digits:
                continue
            result, key = self.judge(node, spec, got)
            if result == OK:
                return result, key
            if result == INVALID_KEY and node.child(INVALID_KEY) is not None:
                break
        return result, key

    async def play_once(self, node: Node, spec: Play) -> Collected:
        """One playing and collecting. A file that the session cannot play is left out and the node begun anew."""
        bad: set[str] = set()
        while True:
            files = [path for path in await self.files(node, spec) if path not in bad]
            if not files and not spec.digits:
                return Collected("", "played")
            got = await self.session.play_collect(
                files,
                digits=spec.digits,
                valid=spec.valid,
                interrupt=spec.interrupt,
                end=spec.end,
                first_end=spec.first_end,
                timeout_s=spec.timeout_s if spec.digits else 0.0,
                between_s=spec.between_s,
                control=dict(spec.control),
                step_s=spec.step_s,
            )
            if got.reason != "missing-file":
                if files or got.digits or spec.timeout_s > 0:
                    self.hasty = 0
                return got
            self.missing(node, got.missing or "a file")
            if got.missing not in files:  # left out already, or unknown: no use in trying again
                return Collected("", "played")
            bad.add(got.missing)

    def judge(self, node: Node, spec: Play, got: Collected) -> tuple[str, str]:
        """Result and key of one collecting; stores what is to be stored."""
        digits = got.digits
        if got.reason == "invalid":
            return INVALID_KEY, digits
        if got.reason == "first-end":
            return self.accept(node, digits)
        if not digits and got.reason == "end-key":
            end_key = spec.end if len(spec.end) == 1 else ""
            if end_key and any(OK in child.results and end_key in child.keys for child in node.children):
                return OK, end_key
            if spec.least > 0:
                return INVALID_KEY, end_key
        elif not digits and spec.least > 0:
            return NO_KEY, ""
        if len(digits) < spec.least:
            return INVALID_KEY, digits
        result, key = self.accept(node, digits if node.whole_input else digits[:1])
        if result == OK and spec.store:
            self.variables.set(spec.store, digits)
        return result, key

    def accept(self, node: Node, key: str) -> tuple[str, str]:
        """Valid keys that lead nowhere are invalid, unless nothing is to follow 0000 at all."""
        wanted = any(OK in child.results for child in node.children)
        if wanted and node.child(OK, key) is None:
            return INVALID_KEY, key
        return OK, key

    # -- files

    def missing(self, node: Node, what: str, result: str = FILE_MISSING) -> None:
        self.note(f"{node.code}: {'missing' if result == FILE_MISSING else 'not spoken'}: {what}")
        if node.child(result) is not None:
            raise _MissingError(result)

    async def files(self, node: Node, spec: Play | Background) -> list[str]:
        out: list[str] = []
        for item in spec.files:
            value = self.text(item.text)
            if item.kind in _READERS:
                self.read(node, item, value, out)
            elif item.kind == "URL":
                self.url(node, item.text, out)
            elif item.kind == "PT":
                await self.speak(node, value, out)
            else:
                for name in split_list(value):
                    path = self.recording(name) if item.kind == "PV" else self.env.prompts.find(name, self.language)
                    if path:
                        out.append(path)
                    else:
                        self.missing(node, f"{name} ({self.language})")
        return out

    def url(self, node: Node, template: str, out: list[str]) -> None:
        """A prompt of a web server; what variables hold cannot lead to another one."""
        unknown: list[str] = []
        url = expand(template, urls.Escaped(self.variables), unknown)
        self.tell_unknown(unknown)
        try:
            host = urls.host_of(url)
        except urls.UrlError as error:
            self.missing(node, f"{url[:200]}: {error}")
            return
        if self.env.prompts.hosts is None or urls.allowed(host, self.env.prompts.hosts):
            out.append(url)
        else:
            self.missing(node, f"{url[:200]}: this host is not allowed")

    def read(self, node: Node, item: FileItem, value: str, out: list[str]) -> None:
        """PS, PD, PY. What is no number is read sign by sign; what has no sign is left out."""
        language = self.language if self.language in speak.LANGUAGES else speak.LANGUAGES[0]
        stems: list[str] = []
        try:
            stems = _READERS[item.kind](value, language) if value.strip() else []
        except speak.SpeakError as error:
            self.note(f"{node.code}: {item.kind}: {error}")
            try:
                stems = speak.spell(value, language)
            except speak.SpeakError as second:
                self.note(f"{node.code}: left out: {second}")
        for stem in stems:
            path = self.env.prompts.find(stem, language)
            if path:
                out.append(path)
            else:
                self.missing(node, f"{stem} ({language})")

    async def speak(self, node: Node, value: str, out: list[str]) -> None:
        if not value.strip():
            return
        try:
            out.append(await self.session.speak_text(value, self.language))
        except (ServiceError, OSError) as error:
            self.missing(node, str(error), SERVICE_ERROR)

    def recording(self, name: str) -> str:
        """A recording by path; nothing outside the mailboxes can be played."""
        base = self.env.mailboxes.resolve()
        if "\0" in name:
            return ""
        path = (base / name).resolve()
        return str(path) if path.is_relative_to(base) and path.is_file() else ""

    # -- agent, conference, voicemail

    async def agent(self, spec: Agent) -> tuple[str, str]:
        wanted = [number for entry in spec.extensions for number in split_list(self.text(entry))]
        for entry in spec.groups:
            for group in split_list(self.text(entry)):
                members = self.env.groups(group)
                if not members:
                    self.note(f"group {group} has nobody")
                wanted += members
        extensions = list(dict.fromkeys(wanted))[:MAX_EXTENSIONS]
        if not extensions:
            return NOBODY, ""
        music = ""
        if urls.is_url(spec.music):
            music = expand(spec.music, urls.Escaped(self.variables))
        elif spec.music:
            music = self.env.prompts.find(self.text(spec.music), self.language)
            if not music:
                self.note(f"missing: {spec.music} ({self.language})")
        got = await self.session.connect(extensions, wait_s=spec.wait_s, queue=spec.queue, music=music)
        result = _OUTCOMES.get(got.outcome)
        if result is None:
            raise ServiceError(f"connect ended with {got.outcome!r}")
        if result in (OK, NO_ANSWER, WAITED):
            self.hasty = 0
        if result == OK:
            self.keyless = 0
        self.variables.own.update(extension=got.extension, cause=str(got.cause))
        return result, ""

    async def conference(self, spec: Conference) -> tuple[str, str]:
        room = self.text(spec.room)
        self.variables.own.update(member="", seconds="0")
        got = await self.session.conference(
            room,
            role=spec.role,
            pin=self.text(spec.pin) or None,
            ask=spec.ask,
            create=spec.create,
            to=self.text(spec.to),
            language=self.language,
        )
        result = _CONFERENCE.get(got.outcome)
        if result is None:
            raise ServiceError(f"conference {room} ended with {got.outcome!r}")
        if got.member or result == WRONG_PIN:
            self.hasty = 0
        if got.member:
            self.keyless = 0
        self.variables.own.update(member=got.member, seconds=f"{got.seconds:.0f}")
        return result, ""

    async def background(self, node: Node, spec: Background) -> tuple[str, str]:
        """As with a recording: an error only where a child is there for it."""
        why = await self.session.background(await self.files(node, spec), gain_db=spec.gain_db, duck_db=spec.duck_db)
        if why:
            self.note(f"{node.code}: {why}")
        return (SERVICE_ERROR if why and node.child(SERVICE_ERROR) is not None else OK), ""

    async def record(self, node: Node, spec: Record) -> tuple[str, str]:
        """What could not be done is noted; it is an error only where a child is there for it, for callers are served all the same."""
        why = await self.session.recording(*RECORD_ACTIONS[spec.do])
        if why:
            self.note(f"{node.code}: {why}")
        return (SERVICE_ERROR if why and node.child(SERVICE_ERROR) is not None else OK), ""

    async def voicemail(self, spec: Voicemail) -> tuple[str, str]:
        if spec.start_keys:
            if not await self.session.wait_key(spec.start_keys, spec.timeout_s):
                self.hasty = 0 if spec.timeout_s > 0 else self.hasty
                return NO_KEY, ""
            self.keyless = 0
        relative, path = self.message_path(spec)
        self.variables.own.update(voicemail=relative, seconds="0")
        try:
            seconds = await self.session.record(
                str(path),
                stop_keys=spec.stop_keys,
                seconds=float(spec.seconds),
                beep=spec.beep,
                silence_s=spec.silence_s,
                lead_s=spec.lead_s,
                cut=spec.cut,
            )
        except FaxHeardError:
            path.unlink(missing_ok=True)  # its tones are no message
            self.variables.own.update(voicemail="")
            raise
        except (CallerGoneError, ServiceError, OSError):
            if not path.exists():
                self.variables.own.update(voicemail="")
            raise
        if seconds <= 0:
            self.variables.own.update(voicemail="")
            return NO_KEY, ""
        self.hasty = 0
        self.variables.own.update(seconds=f"{seconds:.0f}")
        return OK, ""

    def message_path(self, spec: Voicemail) -> tuple[str, Path]:
        """(relative, absolute) path of a new message: BOX/DATE-TIME-CALL[-n].wav. Makes the folder."""

        def clean(text: str) -> str:
            return re.sub(r"[^A-Za-z0-9_-]+", "", text)[:64]

        system = self.session.variables
        box = clean(self.text(spec.box)) or "general"
        stem = "-".join(part for part in (clean(system.get(name, "")) for name in ("date", "time", "call")) if part)
        stem = stem or "message"
        folder = self.env.mailboxes / box
        folder.mkdir(parents=True, exist_ok=True)
        path, number = folder / f"{stem}.wav", 1
        while path.exists():
            number += 1
            path = folder / f"{stem}-{number}.wav"
        return f"{box}/{path.name}", path.absolute()
