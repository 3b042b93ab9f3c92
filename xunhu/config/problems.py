"""What is wrong in a configuration: each with file, line, value and remedy, in English and Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from xunhu.text import tr


@dataclass(frozen=True, slots=True)
class Problem:
    """line: from 1; 0 when the whole file is meant. fatal: xunhu does not start."""

    file: Path
    line: int
    what: str
    remedy: str
    value: str = ""
    fatal: bool = True

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {self.what}" + (tr("; ", "；") + self.remedy if self.remedy else "")

    def as_dict(self) -> dict[str, object]:
        return {
            "file": str(self.file),
            "line": self.line,
            "severity": "error" if self.fatal else "warning",
            "what": self.what,
            "value": self.value,
            "remedy": self.remedy,
        }


class ConfigError(Exception):
    """The configuration cannot be used; `problems` says why, all of it at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(p) for p in problems if p.fatal))
        self.problems = problems


class Problems:
    """Collects what is found in one file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.found: list[Problem] = []

    def add(self, line: int, what: str, remedy: str = "", *, value: str = "", fatal: bool = True) -> None:
        self.found.append(Problem(self.file, line, what, remedy, value, fatal))

    def unknown(self, line: int, what_en: str, what_zh: str, name: str, known: list[str]) -> None:
        """A name nobody knows: says which is meant, or which there are."""
        near = get_close_matches(name.lower(), [k.lower() for k in known], 1, 0.6)
        if near:
            meant = next(k for k in known if k.lower() == near[0])
            remedy = tr(f"did you mean {meant}?", f"是否应为 {meant}？")
        else:
            names = ", ".join(known)
            remedy = tr(f"there are: {names}", f"可用的有：{names}")
        self.add(line, tr(f"unknown {what_en} '{name}'", f"未知的{what_zh} '{name}'"), remedy, value=name)

    @property
    def fatal(self) -> bool:
        return any(p.fatal for p in self.found)


def read_text(path: Path, problems: Problems) -> str | None:
    """The file as text: UTF-8 (with or without mark), else GB 18030 as Windows editors in China write it."""
    try:
        octets = path.read_bytes()
    except OSError as error:
        problems.add(
            0,
            tr(f"cannot be read: {error.strerror}", f"无法读取：{error.strerror}"),
            tr("put the file there, or give the directory with --conf", "请放置该文件，或用 --conf 指定目录"),
        )
        return None
    if len(octets) > 4 << 20:
        problems.add(0, tr("is larger than 4 MiB", "超过 4 MiB"), tr("is this the right file?", "文件是否正确？"))
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = octets.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    problems.add(
        0,
        tr("is not text in UTF-8 or GB 18030", "不是 UTF-8 或 GB 18030 文本"),
        tr("save it as UTF-8", "请另存为 UTF-8"),
    )
    return None
