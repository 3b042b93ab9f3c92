"""Reads the form of an .ini: sections, keys, values, each with its line. What they mean is said in lines.py.

A comment begins with ; or # at the start of a line or after a blank. Sections and keys are compared without case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from xunhu.config.problems import Problems
from xunhu.text import tr

_COMMENT = re.compile(r"(^|\s)[;#].*$")


@dataclass(frozen=True, slots=True)
class Entry:
    key: str
    value: str
    line: int


@dataclass(slots=True)
class Section:
    name: str
    line: int
    entries: dict[str, Entry] = field(default_factory=dict)  # by key in lower case


def parse(text: str, problems: Problems) -> dict[str, Section]:
    """Sections by name in lower case; faults of form go to `problems`."""
    sections: dict[str, Section] = {}
    current: Section | None = None
    for number, raw in enumerate(text.splitlines(), 1):
        line = _COMMENT.sub("", raw).strip()
        if not line:
            continue
        if line.startswith("["):
            current = _section(line, number, sections, problems)
        elif current is None:
            problems.add(
                number,
                tr("a line before the first section", "第一个小节之前的内容"),
                tr("put [System] above it", "请在其上方写 [System]"),
            )
        else:
            _entry(line, number, current, problems)
    return sections


def _section(line: str, number: int, sections: dict[str, Section], problems: Problems) -> Section:
    name = line[1:-1].strip()
    if not line.endswith("]") or not name:
        problems.add(
            number,
            tr(f"'{line}' is no section", f"'{line}' 不是小节"),
            tr("write it as [Trunk0]", "应写作 [Trunk0]"),
            value=line,
        )
        name = name or "?"
    section = Section(name, number)
    before = sections.get(name.lower())
    if before is not None:
        problems.add(
            number,
            tr(f"[{name}] stands already in line {before.line}", f"[{name}] 已在第 {before.line} 行出现"),
            tr("join the two", "请合并"),
            value=name,
        )
        return section
    sections[name.lower()] = section
    return section


def _entry(line: str, number: int, section: Section, problems: Problems) -> None:
    key, equals, value = (part.strip() for part in line.partition("="))
    if not equals or not key:
        problems.add(
            number,
            tr(f"'{line}' is no setting", f"'{line}' 不是设置项"),
            tr("write it as Key = value", "应写作 键 = 值"),
            value=line,
        )
        return
    before = section.entries.get(key.lower())
    if before is not None:
        problems.add(
            number,
            tr(f"{key} is set already in line {before.line}", f"{key} 已在第 {before.line} 行设置"),
            tr("remove one of the two", "请删除其中一个"),
            value=value,
        )
        return
    section.entries[key.lower()] = Entry(key, value, number)
