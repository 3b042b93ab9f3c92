"""A flow for people to look at: rows of a tree (`rows`), the tree as text (`render`), and JSON (`as_json`)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from xunhu.ivr.model import (
    OK,
    RESULTS,
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


@dataclass(frozen=True, slots=True)
class Row:
    """One node. branch: lines of the tree before it; when: result and key for which it is taken; does: what it does, in short."""

    branch: str
    code: str
    name: str
    type: str
    when: str
    does: str
    line: int


def rows(flow: Flow, language: str = "en") -> list[Row]:
    """One row a node, in the order of the file."""
    out: list[Row] = []
    stack = [(node, "", True, True) for node in reversed(flow.roots)]
    while stack:
        node, before, last, top = stack.pop()
        branch = "" if top else before + ("└─ " if last else "├─ ")
        out.append(Row(branch, node.code, node.name, node.type, "" if top else _when(node, language), _does(node), node.line))
        below = "" if top else before + ("   " if last else "│  ")
        count = len(node.children)
        stack += [(child, below, i == count - 1, False) for i, child in reversed(list(enumerate(node.children)))]
    return out


def render(flow: Flow, language: str = "en") -> str:
    """The tree as plain text."""
    title = f"{flow.name}  {flow.version}  {flow.title}".rstrip()
    lines = [title]
    for row in rows(flow, language):
        when = f"[{row.when}] " if row.when else ""
        name = f" {row.name}" if row.name else ""
        lines.append(f"{row.branch}{when}{row.code}{name}: {row.type} {row.does}".rstrip())
    return "\n".join(lines)


def as_json(flow: Flow) -> dict[str, Any]:
    """Everything of the flow in JSON's types."""
    return {
        "name": flow.name,
        "version": flow.version,
        "file": flow.path,
        "language": flow.language,
        "title": flow.title,
        "nodes": [
            {
                "code": node.code,
                "name": node.name,
                "type": node.type,
                "line": node.line,
                "depth": depth,
                "results": sorted(node.results),
                "keys": sorted(node.keys),
                "children": [child.code for child in node.children],
                "attributes": _attributes(node),
            }
            for depth, node in flow.walk()
        ],
    }


def _attributes(node: Node) -> dict[str, Any]:
    if isinstance(node.spec, Play | Background):
        return {**asdict(node.spec), "files": [file_text(item) for item in node.spec.files]}
    if isinstance(node.spec, Set):
        return {"values": [list(pair) for pair in node.spec.values], "branch": node.spec.branch}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(node.spec).items()}


def file_text(item: FileItem) -> str:
    return item.text if item.kind in ("file", "URL") else item.kind + item.text


def _when(node: Node, language: str) -> str:
    parts = []
    for result in sorted(node.results):
        if result == OK:
            parts.append(",".join(sorted(node.keys)) if node.keys else ("ok" if language == "en" else "成功"))
        else:
            parts.append(f"{result} {RESULTS[result][0 if language == 'en' else 1]}")
    return "; ".join(parts)


def _does(node: Node) -> str:
    spec = node.spec
    if isinstance(spec, Play):
        keys = ""
        if spec.digits:
            low = f"{spec.least}-" if spec.least not in (1, spec.digits) else ""
            keys = f" <{low}{spec.digits}>" + (f" -> @{spec.store}" if spec.store else "")
        return ", ".join(file_text(item) for item in spec.files) + keys
    if isinstance(spec, Agent):
        return ", ".join((*spec.extensions, *spec.groups)) + f" {spec.wait_s:g} s" + (" queue" if spec.queue else "")
    if isinstance(spec, Voicemail):
        return f"{spec.seconds} s -> {spec.box}"
    if isinstance(spec, Conference):
        to = f" -> {spec.to}" if spec.to else ""
        pin = "" if spec.ask else " no PIN asked"
        return f"{spec.room} {spec.role}{to}{pin}" + (" create" if spec.create else "")
    if isinstance(spec, Background):
        return ", ".join(file_text(item) for item in spec.files) or "-"
    if isinstance(spec, Record):
        return spec.do
    if isinstance(spec, Jump):
        return f"-> {spec.goto}"
    if isinstance(spec, Hangup):
        return str(spec.cause)
    values = "; ".join(f"{name}={value}" for name, value in spec.values)
    return values + (f" ? {spec.branch}" if spec.branch else "")
