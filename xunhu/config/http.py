"""[Http] of Tce1-32.ini: prompts from web servers. It stands there because the media engine reads it when it starts, as its lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from xunhu.config.ini import Section
from xunhu.config.problems import Problems
from xunhu.config.values import ValueFaultError, value_of, whole
from xunhu.text import tr

_HOST = re.compile(r"(\*\.)?[A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*|\[[0-9A-Fa-f:.]+\]|\*")


@dataclass(frozen=True, slots=True)
class HttpPrompts:
    """hosts: names, *.x is every host below x, * every host; none: no prompt comes from a web server. Times and sizes as include/xunhu/fetch.h."""

    hosts: tuple[str, ...] = ()
    connect_ms: int = 3000
    first_ms: int = 3000
    stall_s: int = 5
    fresh_s: int = 30
    file_mib: int = 64
    cache_mib: int = 256

    def limits(self) -> dict[str, Any]:
        """As `Engine` takes them."""
        return {
            "hosts": list(self.hosts),
            "connect_ms": self.connect_ms,
            "first_ms": self.first_ms,
            "low_ms": self.stall_s * 1000,
            "fresh_ms": self.fresh_s * 1000,
            "file_octets": self.file_mib << 20,
            "all_octets": self.cache_mib << 20,
        }


def _hosts(value: str) -> tuple[str, ...]:
    if value.lower() == "none":
        return ()
    names = tuple(part.strip().lower() for part in value.split(","))
    if all(len(name) <= 253 and _HOST.fullmatch(name) for name in names) and sum(len(name) + 1 for name in names) < 2048:
        return names
    raise ValueFaultError(
        tr(
            "names of hosts with commas between, without http:// and port: prompts.example.com, *.media.example.com; or none",
            "主机名，以逗号分隔，不带 http:// 和端口：prompts.example.com, *.media.example.com；或 none",
        )
    )


# key -> (field, reader)
KEYS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "Hosts": ("hosts", _hosts),
    "ConnectMs": ("connect_ms", whole(100, 60_000)),
    "FirstMs": ("first_ms", whole(100, 60_000)),
    "StallSeconds": ("stall_s", whole(1, 60)),
    "FreshSeconds": ("fresh_s", whole(0, 86_400)),
    "FileMiB": ("file_mib", whole(1, 256)),
    "CacheMiB": ("cache_mib", whole(1, 4096)),
}


def read_http(section: Section | None, problems: Problems) -> HttpPrompts:
    out: dict[str, Any] = {}
    known = {key.lower(): row for key, row in KEYS.items()}
    for key, entry in (section.entries if section else {}).items():
        if key not in known:
            problems.unknown(entry.line, "key", "键", entry.key, list(KEYS))
            continue
        value = value_of(entry, known[key][1], problems)
        if value is not None:
            out[known[key][0]] = value
    http = HttpPrompts(**out)
    if section is not None and http.cache_mib < http.file_mib:
        problems.add(
            section.line,
            tr(f"CacheMiB = {http.cache_mib} is less than FileMiB = {http.file_mib}", f"CacheMiB = {http.cache_mib} 小于 FileMiB = {http.file_mib}"),
            tr("one file must find room: raise CacheMiB", "至少要容纳一个文件：请增大 CacheMiB"),
            value=str(http.cache_mib),
        )
    return http
