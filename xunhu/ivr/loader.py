"""flowconfig.xml -> Flow. Whatever the bytes are, the outcome is a Flow or a FlowError with file, line, reason and remedy.

The XML is read without DTD, entities and network, and within limits (size, depth, number of nodes, length of a value). Here each node
is checked by itself; what concerns nodes together (targets, loops, children never taken) is in checks.py.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lxml import etree

from xunhu.ivr import checks, expressions, speak, urls
from xunhu.ivr.messages import ERROR, Finding, FlowError, finding
from xunhu.ivr.model import (
    ALL_KEYS,
    ANSWER_VARIABLES,
    CONTROLS,
    OK,
    RECORD_ACTIONS,
    RESULTS,
    ROLES,
    SYSTEM_VARIABLES,
    USUAL_KEYS,
    WALK_VARIABLES,
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
    Spec,
    Voicemail,
)
from xunhu.ivr.prompts import PromptStore, is_stem

MAX_BYTES = 2 << 20
MAX_DEPTH = 200
MAX_NODES = 5000
MAX_VALUE = 4000
LANGUAGES = ("zh", "en")

_FLOW_ATTRIBUTES = ("name", "title", "language")
_COMMON = ("code", "name", "type", "result", "key")
_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "play": ("files", "store", "digits", "valid", "interrupt", "end", "firstend", "repeat", "timeout", "between", "control", "step"),
    "agent": ("extensions", "groups", "wait", "queue", "music"),
    "voicemail": ("startkeys", "stopkeys", "seconds", "timeout", "box", "beep", "silence", "lead", "cut"),
    "conference": ("room", "role", "pin", "ask", "create", "to"),
    "record": ("do",),
    "background": ("files", "gain", "duck"),
    "jump": ("goto",),
    "hangup": ("cause",),
    "set": ("values", "branch"),
}
_CODE = re.compile(r"[\w.-]{1,64}")
_FLOW_NAME = re.compile(r"[A-Za-z0-9_\-\u4e00-\u9fff]{1,64}")
_EXTENSION = re.compile(r"[0-9*#]{1,32}")
_ROOM = re.compile(r"[A-Za-z0-9_-]{1,32}")
_PIN = re.compile(r"[0-9]{1,16}")
_PREFIXES = ("PS", "PD", "PY", "PT", "PV")


def load_flow(path: Path, *, prompts: PromptStore | None = None) -> tuple[Flow, tuple[Finding, ...]]:
    """Read a flow file. Returns the flow and warnings. Raises FlowError. With `prompts`, missing prompts are warned of."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        size = path.stat().st_size
    except OSError as error:
        raise FlowError((finding(str(path), 0, "unreadable", why=error.strerror or str(error)),)) from error
    if len(data) > MAX_BYTES:
        raise FlowError((finding(str(path), 0, "too-large", size=max(size, len(data)), limit=MAX_BYTES),))
    return parse_flow(data, path, prompts=prompts)


def check_flow(path: Path, *, prompts: PromptStore | None = None) -> tuple[Flow | None, tuple[Finding, ...]]:
    """As load_flow, for those who want to see the findings in either case: no flow, when there is an error among them."""
    try:
        return load_flow(path, prompts=prompts)
    except FlowError as error:
        return None, error.findings


def flow_name_of(path: Path) -> str:
    """The name a file gives its flow: flowconfig.xml is "main", every other the name of the file."""
    return "main" if path.stem == "flowconfig" else path.stem


def version_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def parse_flow(data: bytes, path: Path, *, prompts: PromptStore | None = None) -> tuple[Flow, tuple[Finding, ...]]:
    """As load_flow, from the content of a file. `path` names it in findings and gives the flow its name."""
    reader = _Reader(str(path))
    root = reader.parse(data)
    flow = reader.flow(root, path, version_of(data)) if root is not None else None
    if flow is not None:
        faulty = {f.line for f in reader.findings if f.severity == ERROR}
        whole = checks.check(flow, prompts, LANGUAGES)
        # Beside errors of single nodes only what surely does not follow from them.
        reader.findings += [f for f in whole if not faulty or (f.severity == ERROR and f.line not in faulty)]
    findings = tuple(sorted(reader.findings, key=lambda f: (f.line, f.severity)))
    if flow is None or any(f.severity == ERROR for f in findings):
        raise FlowError(findings)
    return flow, findings


def suggest(value: str, right: Sequence[str]) -> dict[str, str]:
    """For a remedy: the nearest right value, or all of them."""
    close = difflib.get_close_matches(value.lower(), right, 1, 0.6)
    if close:
        return {"suggestion": f"did you mean {close[0]!r}?", "suggestion_zh": f"是否应为 {close[0]!r}?"}
    shown = ", ".join(right[:20])
    return {"suggestion": f"right are: {shown}", "suggestion_zh": f"可用: {shown}"}


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []

    def say(self, line: int, code: str, **values: object) -> None:
        self.findings.append(finding(self.file, line, code, **values))

    def parse(self, data: bytes) -> etree._Element | None:
        if len(data) > MAX_BYTES:
            self.say(0, "too-large", size=len(data), limit=MAX_BYTES)
            return None
        # Before the parser sees it: an entity that expands for ever is then no matter of its version and limits. The zeros are
        # those of UTF-16 and UTF-32.
        bare = data.replace(b"\0", b"")
        if b"<!DOCTYPE" in bare or b"<!ENTITY" in bare:
            at = bare.find(b"<!")
            self.say(bare[:at].count(b"\n") + 1, "doctype")
            return None
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
            remove_comments=True, remove_pis=True,
        )
        try:
            root = etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            self.say(error.lineno or 0, "xml", why=str(error.msg).split(", line")[0] or "nothing in it")
            return None
        except (ValueError, LookupError, etree.LxmlError) as error:  # an encoding that does not exist, and the like
            self.say(0, "xml", why=str(error)[:200])
            return None
        return root

    def flow(self, root: etree._Element, path: Path, version: str) -> Flow | None:
        if root.tag != "flow":
            self.say(_line(root), "root", tag=_tag(root))
            return None
        self.attributes(root, _FLOW_ATTRIBUTES, "<flow>")
        name = root.get("name") or flow_name_of(path)
        if not _FLOW_NAME.fullmatch(name):
            self.say(_line(root), "name", value=name)
        language = root.get("language", LANGUAGES[0])
        if language not in LANGUAGES:
            self.say(_line(root), "language", value=language, right=", ".join(LANGUAGES))
        nodes: dict[str, Node] = {}
        roots = self.tree(root, nodes)
        if roots is None:
            return None
        if not roots:
            self.say(_line(root), "empty")
            return None
        return Flow(name, version, str(path), language, root.get("title", ""), tuple(roots), MappingProxyType(nodes))

    def tree(self, root: etree._Element, nodes: dict[str, Node]) -> list[Node] | None:
        """All nodes below root, from the leaves up and without recursion: depth is the file's choice."""
        order: list[tuple[etree._Element, etree._Element | None]] = []
        stack: list[tuple[etree._Element, etree._Element | None, int]] = [(root, None, 0)]
        while stack:
            element, parent, depth = stack.pop()
            if depth > MAX_DEPTH:
                self.say(_line(element), "too-deep", limit=MAX_DEPTH)
                return None
            order.append((element, parent))
            if len(order) > MAX_NODES + 1:
                self.say(_line(element), "too-many", limit=MAX_NODES)
                return None
            self.text_between(element)
            for child in reversed(element):
                if child.tag == "node":
                    stack.append((child, element, depth + 1))
                else:
                    self.say(_line(child), "element", tag=_tag(child))
        lines: dict[str, int] = {}
        codes = {element: self.code(element, lines) for element, _ in order[1:]}
        built: dict[etree._Element, list[Node]] = {}
        made: dict[str, Node] = {}
        for element, parent in reversed(order[1:]):
            children = tuple(reversed(built.pop(element, [])))
            node = self.node(element, parent, codes[element], children)
            built.setdefault(element if parent is None else parent, []).append(node)
            made[node.code] = node
        nodes.update((code, made[code]) for code in codes.values())
        return list(reversed(built.get(root, [])))

    def text_between(self, element: etree._Element) -> None:
        for text, line in ((element.text, _line(element)), *((child.tail, _line(child)) for child in element)):
            if text and text.strip():
                self.say(line, "text", text=repr(text.strip()[:40]))

    def attributes(self, element: etree._Element, right: Sequence[str], what: str) -> None:
        for key, value in element.attrib.items():
            name = str(key)
            if name not in right:
                self.say(_line(element), "attribute", name=name, type=what, **suggest(name, right))
            if len(value) > MAX_VALUE:
                self.say(_line(element), "long-value", name=name, size=len(value), limit=MAX_VALUE)

    def code(self, element: etree._Element, lines: dict[str, int]) -> str:
        """The code of the node; an invented one when it has none that is right, so that checking can go on."""
        code, line = element.get("code", ""), _line(element)
        if not code:
            self.say(line, "missing", type=element.get("type", "node"), name="code")
        elif not _CODE.fullmatch(code):
            self.say(line, "code", value=code[:80])
        elif code in lines:
            self.say(line, "duplicate", value=code, other=lines[code])
        else:
            lines[code] = line
            return code
        invented = f"?{len(lines)}"
        lines[invented] = line
        return invented

    def node(self, element: etree._Element, parent: etree._Element | None, code: str, children: tuple[Node, ...]) -> Node:
        line, kind = _line(element), element.get("type", "")
        spec: Spec
        if not kind:
            self.say(line, "missing", type=f"node {code}", name="type")
        elif kind not in _ATTRIBUTES:
            self.say(line, "type", value=kind[:80], **suggest(kind, tuple(_ATTRIBUTES)))
        if kind in _ATTRIBUTES:
            self.attributes(element, (*_COMMON, *_ATTRIBUTES[kind]), kind)
            spec = _SPECS[kind](_Values(self, element, line))
        else:
            kind, spec = "?", Hangup()
        results = self.results(element, line)
        keys = self.child_keys(element, parent, line, results)
        return Node(code, element.get("name", ""), kind, spec, line, results, keys, children)

    def results(self, element: etree._Element, line: int) -> frozenset[str]:
        results = set()
        for result in expressions.split_list(element.get("result", OK)) or [OK]:
            if result not in RESULTS:
                self.say(line, "result", value=result[:40], right=", ".join(RESULTS))
            results.add(result)
        return frozenset(results)

    def child_keys(
        self, element: etree._Element, parent: etree._Element | None, line: int, results: frozenset[str]
    ) -> frozenset[str]:
        """`key`: single keys, or whole inputs set off by commas where the parent takes whole inputs."""
        text = element.get("key", "")
        if not text:
            return frozenset()
        if OK not in results:
            self.say(line, "key-result")
        if parent is None or not _takes_whole(parent):
            keys = [c for c in text if c not in ", "]
            bad = next((c for c in keys if c not in ALL_KEYS), None)
            if bad is not None:
                self.say(line, "keys", name="key", value=text[:40], bad=bad)
            return frozenset(keys)
        return frozenset(expressions.split_list(text))


def _takes_whole(parent: etree._Element) -> bool:
    if parent.get("type") == "set":
        return True
    return bool(parent.get("store")) and parent.get("digits", "0").strip() not in ("", "0", "1", "0-1", "1-1")


class _Values:
    """Attributes of one node with their checks."""

    def __init__(self, reader: _Reader, element: etree._Element, line: int) -> None:
        self.reader, self.element, self.line = reader, element, line

    def say(self, code: str, **values: object) -> None:
        self.reader.say(self.line, code, **values)

    def text(self, name: str, default: str = "") -> str:
        return self.element.get(name, default).strip()

    def needed(self, name: str) -> str:
        value = self.text(name)
        if not value:
            self.say("missing", type=self.element.get("type"), name=name)
        return value

    def number(self, name: str, default: float, low: float, high: float, *, whole: bool = False) -> float:
        text = self.text(name)
        if not text:
            return default
        pattern = r"\d{1,9}" if whole else r"\d{1,9}(\.\d{1,3})?"
        value = float(text) if re.fullmatch(pattern, text, re.ASCII) else -1.0
        if not low <= value <= high:
            self.say("number", name=name, value=text[:40], low=f"{low:g}", high=f"{high:g}")
            return default
        return value

    def decibels(self, name: str, low: int, high: int) -> float | None:
        text = self.text(name)
        if not text:
            return None
        value = float(text) if re.fullmatch(r"[-+]?\d{1,2}(\.\d)?", text, re.ASCII) else None
        if value is None or not low <= value <= high:
            self.say("number", name=name, value=text[:40], low=low, high=high)
            return None
        return value

    def yes(self, name: str, default: bool) -> bool:
        text = self.text(name).lower()
        if text in ("yes", "true", "1"):
            return True
        if text in ("no", "false", "0"):
            return False
        if text:
            self.say("yes-no", name=name, value=text[:40])
        return default

    def control(self) -> tuple[tuple[str, str], ...]:
        """`control="1:back, 2:pause"`"""
        out: dict[str, str] = {}
        names = ", ".join(CONTROLS)
        for entry in expressions.split_list(self.text("control")):
            key, colon, what = (part.strip() for part in entry.partition(":"))
            if not colon or len(key) != 1 or key not in ALL_KEYS:
                self.say("control", value=entry[:40], why="no key before the colon", why_zh="冒号前不是一个键", names=names)
            elif what.lower() not in CONTROLS:
                self.say("control", value=entry[:40], why="unknown", why_zh="未知", names=names)
            elif key in out:
                self.say("control", value=entry[:40], why="the key has a meaning already", why_zh="该键已有动作", names=names)
            else:
                out[key] = what.lower()
        return tuple(out.items())

    def keys(self, name: str, default: str) -> str:
        if self.element.get(name) is None:
            return default
        text = self.text(name)
        if text.lower() in ("", "none"):
            return ""
        if text.lower() == "all":
            return USUAL_KEYS
        keys = "".join(dict.fromkeys(c for c in text if c not in ", "))
        bad = next((c for c in keys if c not in ALL_KEYS), None)
        if bad is not None:
            self.say("keys", name=name, value=text[:40], bad=bad)
        return keys

    def variable(self, name: str, value: str) -> str:
        """A variable that the flow may set."""
        if not expressions.NAME.fullmatch(value):
            self.say("variable", value=value[:80])
        elif value in (*SYSTEM_VARIABLES, *ANSWER_VARIABLES) or (value in WALK_VARIABLES and value != "language"):
            self.say("read-only", value=value)
        return value

    def expression(self, value: str) -> str:
        try:
            expressions.check(value)
        except expressions.ExpressionError as error:
            self.say("expression", value=value[:80], why=error)
        return value


def _files(values: _Values) -> tuple[FileItem, ...]:
    items = []
    for entry in expressions.split_list(values.text("files")):
        kind, text = (entry[:2], entry[2:].strip()) if entry.startswith(_PREFIXES) else ("file", entry)
        if urls.is_url(entry):
            kind = "URL"
            _url(values, entry)
        item = FileItem(kind, text)
        fixed = not expressions.references(text)
        if not text:
            values.say("file-item", value=entry, why="something must follow the prefix", why_zh="前缀后须有内容")
        elif kind == "file" and not _is_prompt(text):
            values.say("file-item", value=entry[:80], why="use letters, digits, _ - .", why_zh="使用字母、数字、_ - .")
        elif fixed and kind in ("PS", "PD", "PY"):
            try:
                for language in LANGUAGES:
                    _READERS[kind](text.replace("@@", "@"), language)
            except speak.SpeakError as error:
                values.say("unreadable-number", value=entry[:80], why=error)
        items.append(item)
    return tuple(items)


def _url(values: _Values, url: str) -> None:
    try:
        urls.check(url)
    except urls.UrlError as error:
        values.say("url", value=url[:80], why=error, why_zh=error.why_zh)


def _without_variables(text: str) -> str:
    return re.sub(r"@\{?(global\.)?\w+\}?", "x", text)


def _is_prompt(text: str) -> bool:
    """A name, or one put together with variables."""
    return is_stem(_without_variables(text))


_READERS: Mapping[str, Callable[[str, str], list[str]]] = {
    "PS": speak.spell,
    "PD": speak.number,
    "PY": speak.money,
}


def _play(values: _Values) -> Play:
    least, digits = 1, 0
    text = values.text("digits")
    if text:
        match = re.fullmatch(r"(?:(\d{1,2})-)?(\d{1,2})", text, re.ASCII)
        if match and int(match[2]) <= 64 and int(match[1] or 0) <= int(match[2]):
            least, digits = int(match[1] or 1), int(match[2])
        else:
            values.say("digits", value=text[:40])
    store = values.text("store")
    if store:
        values.variable("store", store)
    end = values.keys("end", "#" if digits > 1 else "")
    first_end = values.keys("firstend", "")
    default_valid = "".join(k for k in USUAL_KEYS if k not in end)
    valid = values.keys("valid", default_valid)
    both = "".join(k for k in end if k in valid)
    if both and digits:
        values.say("digits-end", keys=both)
    # By default every key interrupts where keys are asked for: a wrong one must be heard to be told invalid.
    control = values.control()
    all_keys = "".join(k for k in dict.fromkeys(USUAL_KEYS + valid + end + first_end) if k not in dict(control)) if digits else ""
    interrupt = values.keys("interrupt", all_keys)
    for key in interrupt:
        if key in dict(control):
            values.say("control", value=key, why="the key is in interrupt as well", why_zh="该键同时在 interrupt 中", names=", ".join(CONTROLS))
    files = _files(values)
    if not files and not digits:
        values.say("missing", type="play", name="files")
    return Play(
        files, store, digits, least, valid, interrupt, end, first_end,
        int(values.number("repeat", 3 if digits else 1, 1, 20, whole=True)),
        values.number("timeout", 5.0, 0, 300),
        values.number("between", 5.0, 0.5, 60),
        control,
        values.number("step", 5.0, 1, 600),
    )


def _agent(values: _Values) -> Agent:
    extensions = tuple(expressions.split_list(values.text("extensions")))
    groups = tuple(expressions.split_list(values.text("groups")))
    if not extensions and not groups:
        values.say("no-way")
    for extension in extensions:
        if not expressions.references(extension) and not _EXTENSION.fullmatch(extension):
            values.say("extension", value=extension[:40])
    music = values.text("music")
    if urls.is_url(music):
        _url(values, music)
    elif music and not _is_prompt(music):
        values.say("file-item", value=music[:80], why="music is one prompt name", why_zh="music 为一个语音名")
    wait_s = values.number("wait", 30.0, 1, 7200)
    return Agent(extensions, groups, wait_s, values.yes("queue", False), music)


def _voicemail(values: _Values) -> Voicemail:
    return Voicemail(
        values.keys("startkeys", ""),
        values.keys("stopkeys", "#"),
        int(values.number("seconds", 60, 1, 3600, whole=True)),
        values.number("timeout", 5.0, 0, 300),
        values.text("box", "@called") or "@called",
        values.yes("beep", True),
        values.number("silence", 0.0, 0, 60),
        values.number("lead", 0.0, 0, 60),
        values.yes("cut", True),
    )


def _conference(values: _Values) -> Conference:
    room, role = values.needed("room"), values.text("role", ROLES[0]) or ROLES[0]
    if room and not _ROOM.fullmatch(_without_variables(room)):
        values.say("room", value=room[:40])
    if role not in ROLES:
        values.say("role", value=role[:40], right=", ".join(ROLES), **suggest(role, ROLES))
    pin, to = values.text("pin"), values.text("to")
    if pin and not expressions.references(pin) and not _PIN.fullmatch(pin):
        values.say("pin", value=pin[:40])
    if to and role != "whisper":
        values.say("to", role=role)
    if to and not expressions.references(to) and not _PIN.fullmatch(to):
        values.say("party", value=to[:40])
    return Conference(room, role, pin, values.yes("ask", True), values.yes("create", False), to)


def _set(values: _Values) -> Set:
    pairs = []
    for entry in expressions.split_list(values.needed("values") if not values.text("branch") else values.text("values"), ";"):
        name, equals, value = entry.partition("=")
        if not equals:
            values.say("pair", value=entry[:80])
            continue
        pairs.append((values.variable("values", name.strip()), values.expression(value.strip())))
    return Set(tuple(pairs), values.expression(values.text("branch")))


def _background(values: _Values) -> Background:
    gain = values.decibels("gain", -60, 18)
    return Background(_files(values), gain, values.decibels("duck", 0, 60))


def _record(values: _Values) -> Record:
    do = values.needed("do").lower()
    if do and do not in RECORD_ACTIONS:
        values.say("record", value=do[:40], **suggest(do, tuple(RECORD_ACTIONS)))
    return Record(do if do in RECORD_ACTIONS else "mask")


def _jump(values: _Values) -> Jump:
    return Jump(values.needed("goto"))


def _hangup(values: _Values) -> Hangup:
    return Hangup(int(values.number("cause", 16, 1, 127, whole=True)))


_SPECS: Mapping[str, Callable[[_Values], Any]] = {
    "play": _play,
    "agent": _agent,
    "voicemail": _voicemail,
    "conference": _conference,
    "record": _record,
    "background": _background,
    "jump": _jump,
    "hangup": _hangup,
    "set": _set,
}


def _line(element: etree._Element) -> int:
    line: object = element.sourceline  # the stubs do not know that it is a number
    return line if isinstance(line, int) else 0


def _tag(element: etree._Element) -> str:
    return str(element.tag)[:80]


__all__ = ["Finding", "FlowError", "check_flow", "flow_name_of", "load_flow", "parse_flow", "version_of"]
