"""Configuration: Tce1-32.ini says what the lines are, xunhu.yaml the rest.

problems.py  what is wrong: file, line, value, remedy
ini.py       the form of an .ini         lines.py   Tce1-32.ini
tree.py      YAML with lines             site.py    xunhu.yaml
conferences.py  [Conference0] .. in Tce1-32.ini
http.py      [Http] in Tce1-32.ini: prompts from web servers
ss7.py       No.7 in Tce1-32.ini; ss7_read.py reads its sections, ss7_check.py holds them against each other
values.py    readers of single values
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xunhu.config.lines import Lines, TrunkLine, load_lines
from xunhu.config.problems import ConfigError, Problem, Problems
from xunhu.config.site import Site, load_site
from xunhu.config.ss7 import Ss7Lines
from xunhu.text import tr

__all__ = ["Config", "ConfigError", "Lines", "Problem", "Site", "Ss7Lines", "TrunkLine", "carries_calls", "inspect", "load"]

LINES_NAME = "Tce1-32.ini"
SITE_NAME = "xunhu.yaml"


@dataclass(frozen=True, slots=True)
class Config:
    folder: Path
    lines: Lines
    site: Site

    @property
    def socket(self) -> Path:
        return self.site.data / "xunhu.sock"

    @property
    def media_socket(self) -> Path:
        return self.site.data / "media.sock"


def inspect(folder: Path) -> tuple[Config, list[Problem]]:
    """All that can be said of the two files; `Config` is complete only when no problem is fatal."""
    lines, found = load_lines(folder / LINES_NAME)
    names = [t.name for t in lines.trunks if carries_calls(lines, t)]
    if found.fatal:  # sections with faults are not in `lines`; do not complain of them a second time
        names += [f"Trunk{n}" for n in range(64) if f"Trunk{n}" not in names]
    rooms = None if found.fatal else lines.conferences
    site, more = load_site(folder / SITE_NAME, law=lines.law, trunks=names, rooms=rooms)
    problems = found.found + more.found
    if not any(p.fatal for p in problems) and not lines.trunks and site.sip is None:
        nothing = Problems(folder / LINES_NAME)
        nothing.add(
            0,
            tr("no [Trunk0]: there is no line", "没有 [Trunk0]：没有线路"),
            tr("add a section a span, or sip: to xunhu.yaml", "每条线路添加一个小节，或在 xunhu.yaml 中写 sip:"),
        )
        problems += nothing.found
    if not any(p.fatal for p in problems):
        problems += _unused(folder, lines, site)
    return Config(folder.resolve(), lines, site), problems


def carries_calls(lines: Lines, trunk: TrunkLine) -> bool:
    """A trunk that may be in a trunk group: of No.7 only one with circuits."""
    if trunk.signalling == "SS7":
        return lines.ss7 is not None and lines.ss7.circuits_of(trunk.number) is not None
    return trunk.signalling != "NONE"


def _unused(folder: Path, lines: Lines, site: Site) -> list[Problem]:
    """Trunks that no call can go out by."""
    grouped = {name for group in site.calls.groups.values() for name in group.trunks}
    problems = Problems(folder / SITE_NAME)
    for trunk in lines.trunks:
        if carries_calls(lines, trunk) and trunk.name not in grouped:
            problems.add(
                0,
                tr(f"{trunk.name} is in no trunk group", f"{trunk.name} 不在任何中继组中"),
                tr("its calls come in, none can go out", "只能呼入，不能呼出"),
                fatal=False,
            )
    return problems.found


def load(folder: Path) -> Config:
    """ConfigError with every fault at once."""
    config, problems = inspect(folder)
    if any(p.fatal for p in problems):
        raise ConfigError(problems)
    return config
