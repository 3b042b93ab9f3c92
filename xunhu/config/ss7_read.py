"""Reads the sections [SS7], [LinkSetN], [RouteN] and [CircuitsN] of Tce1-32.ini, each for itself; ss7_check.py looks at them together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xunhu._ss7.isup_variants import VARIANTS as ISUP_VARIANTS
from xunhu._ss7.mtp2_timers import TIMERS as MTP2_TIMERS
from xunhu._ss7.mtp3_timers import MTP3_TIMERS
from xunhu._ss7.tup_timers import TUP_TIMERS
from xunhu.config import ss7
from xunhu.config.ini import Entry, Section
from xunhu.config.problems import Problems
from xunhu.config.values import Reader, ValueFaultError, choice, timer_ms, value_of, whole, yes
from xunhu.protocol.timers import TimerRow
from xunhu.text import tr

POINTS = 16
LINKSETS = 64
ROUTES = 1024
CIRCUITS = 64

# section -> how many of it there may be
NUMBERED: Mapping[str, int] = {"linkset": LINKSETS, "route": ROUTES, "circuits": CIRCUITS}
NAMES = ["SS7", "LinkSet0 .. LinkSet63", "Route0 .. Route1023", "Circuits0 .. Circuits63"]


def section_number(key: str) -> tuple[str, int] | None:
    """"linkset12" -> ("linkset", 12); None: no section of No.7 with a number."""
    found = re.fullmatch(r"([a-z]+)([0-9]{1,4})", key)
    if found and found[1] in NUMBERED and int(found[2]) < NUMBERED[found[1]] and found[2] == str(int(found[2])):
        return found[1], int(found[2])
    return None


def fault(problems: Problems, line: int, what: tuple[str, str], remedy: tuple[str, str], value: str = "", *, fatal: bool = True) -> None:
    """what, remedy: in English and Chinese."""
    problems.add(line, tr(*what), tr(*remedy), value=value, fatal=fatal)


@dataclass(slots=True)
class Read:
    """What the sections say. timer_lines: by level and name, where each stands."""

    points: dict[int, ss7.OwnPoint] = field(default_factory=dict)
    linksets: list[ss7.LinkSetLine] = field(default_factory=list)
    routes: list[ss7.RouteLine] = field(default_factory=list)
    circuits: list[ss7.CircuitsLine] = field(default_factory=list)
    transfer: bool = False
    congestion: str = "international"
    timers: dict[str, dict[str, int]] = field(default_factory=dict)
    timer_lines: dict[tuple[str, str], Entry] = field(default_factory=dict)


def read(sections: Mapping[str, Section], problems: Problems) -> Read | None:
    """None: the file has nothing of No.7."""
    mine = {key: section for key, section in sections.items() if key == "ss7" or section_number(key)}
    if not mine:
        return None
    out = Read()
    head = sections.get("ss7")
    if head is None:
        first = min(mine.values(), key=lambda section: section.line)
        fault(
            problems,
            first.line,
            (f"[{first.name}] needs a section [SS7]", f"[{first.name}] 需要 [SS7] 小节"),
            ("add [SS7] with Point0 = CODE, NETWORK, BITS", "添加 [SS7]，写 Point0 = 编码, 网络, 位数"),
        )
        return out
    _head(head, out, problems)
    if not out.points:
        return out
    readers: dict[str, Callable[[int, Section, Read, Problems], None]] = {
        "linkset": _linkset,
        "route": _route,
        "circuits": _circuits,
    }
    for kind, reader in readers.items():
        numbered = sorted(
            (found[1], section) for key, section in mine.items() if (found := section_number(key)) and found[0] == kind
        )
        for number, section in sorted(numbered, key=lambda item: item[0]):
            reader(number, section, out, problems)
    return out


# -- [SS7] -----------------------------------------------------------------------------------------------------------


def _network(value: str) -> int:
    if value.lower() in ss7.NETWORKS:
        return ss7.NETWORKS.index(value.lower())
    if value in ("0", "1", "2", "3"):
        return int(value)
    raise ValueFaultError(
        tr("network indicator: ", "网络指示语：") + ", ".join(ss7.NETWORKS) + tr(", or 0 to 3", "，或 0 到 3")
    )


def _own_point(value: str) -> tuple[int, int, int]:
    """CODE, NETWORK, BITS."""
    parts = [p.strip() for p in value.split(",")]
    if len(parts) != 3 or not all(parts):
        raise ValueFaultError(
            tr(
                "CODE, NETWORK, BITS such as 34-56-78, national, 24 or 2-100-3, international, 14",
                "编码, 网络, 位数，例如 34-56-78, national, 24 或 2-100-3, international, 14",
            )
        )
    if parts[2] not in ("14", "24"):
        raise ValueFaultError(tr(f"bits are 14 or 24, not {parts[2]}", f"位数为 14 或 24，不是 {parts[2]}"))
    bits = int(parts[2])
    return ss7.point_code(parts[0], bits), _network(parts[1]), bits


def _head(section: Section, out: Read, problems: Problems) -> None:
    timers: list[Entry] = []
    wrong = 0
    for key, entry in section.entries.items():
        point = re.fullmatch(r"point([0-9]{1,2})", key)
        if point and int(point[1]) < POINTS:
            value: tuple[int, int, int] | None = value_of(entry, _own_point, problems)
            wrong += value is None
            if value is not None:
                out.points[int(point[1])] = ss7.OwnPoint(int(point[1]), *value, entry.line)
        elif key == "transfer":
            out.transfer = bool(value_of(entry, yes, problems))
        elif key == "congestion":
            out.congestion = value_of(entry, choice(*ss7.CONGESTION), problems) or out.congestion
        elif "." in key:
            timers.append(entry)
        else:
            names = [f"Point0 .. Point{POINTS - 1}", "Transfer", "Congestion", "MTP2.T1", "MTP3.T2", "ISUP.T7", "TUP.T6"]
            problems.unknown(entry.line, "key", "键", entry.key, names)
    out.points = dict(sorted(out.points.items()))
    for entry in timers:
        _timer(entry, out, problems)
    if not out.points and not wrong:
        fault(
            problems,
            section.line,
            ("[SS7] has no point code of ours", "[SS7] 没有本局信令点编码"),
            ("add Point0 = CODE, NETWORK, BITS such as 34-56-78, national, 24", "添加 Point0 = 编码, 网络, 位数，例如 34-56-78, national, 24"),
        )
    seen: dict[tuple[int, int, int], ss7.OwnPoint] = {}
    for own in out.points.values():
        first = seen.setdefault((own.point_code, own.ni, own.bits), own)
        if first is not own:
            fault(
                problems,
                own.line,
                (f"Point{own.number} is the same as Point{first.number}", f"Point{own.number} 与 Point{first.number} 相同"),
                ("give it another code or network, or remove it", "请改用其他编码或网络，或删除"),
                own.text,
            )


def _timer_tables() -> dict[str, Mapping[str, TimerRow]]:
    """By level; the ranges of ISUP are those of the variants in use, which ss7_check knows."""
    return {
        "mtp2": MTP2_TIMERS["64k"],
        "mtp2-2M": MTP2_TIMERS["2M"],
        "mtp3": MTP3_TIMERS,
        "isup": ISUP_VARIANTS["ISUP-ITU"].timers,
        "tup": TUP_TIMERS,
    }


def _timer(entry: Entry, out: Read, problems: Problems) -> None:
    """LEVEL.NAME = seconds."""
    tables = _timer_tables()
    head, _, name = entry.key.partition(".")
    level = next((known for known in tables if known.lower() == head.lower()), None)
    if level is None:
        names = [known.upper() for known in tables]
        problems.unknown(entry.line, "level", "层", head, names)
        return
    row = next((row for known, row in tables[level].items() if known.lower() == name.lower()), None)
    if row is None:
        problems.unknown(entry.line, "timer", "定时器", entry.key, [f"{level.upper()}.{known}" for known in tables[level]])
        return
    if level == "isup":
        out.timer_lines[level, row.name] = entry  # its range is that of the variants in use
        return
    value = timer_ms(entry, row, problems)
    if value is not None:
        out.timers.setdefault(level, {})[row.name] = value
        out.timer_lines[level, row.name] = entry


# -- the numbered sections ----------------------------------------------------------------------------------------------


def _values(section: Section, table: Mapping[str, Reader], required: tuple[str, ...], problems: Problems) -> dict[str, Any] | None:
    """Values by key; None: a key is unknown, missing or wrong, and it has been said."""
    out: dict[str, Any] = {}
    before = len(problems.found)
    names = {key.lower(): key for key in table}
    for key, entry in section.entries.items():
        if key not in names:
            problems.unknown(entry.line, "key", "键", entry.key, list(table))
            continue
        out[names[key]] = value_of(entry, table[names[key]], problems)
    for key in required:
        if key not in out:
            fault(
                problems,
                section.line,
                (f"[{section.name}] has no {key}", f"[{section.name}] 没有 {key}"),
                (f"add {key} = ...", f"请添加 {key} = ..."),
            )
    return out if len(problems.found) == before else None


def _own(section: Section, read: Read, problems: Problems) -> ss7.OwnPoint | None:
    """The point of ours that a section belongs to; needs not be said where there is only one."""
    entry = section.entries.get("own")
    listed = ", ".join(f"Point{n}" for n in read.points)
    if entry is None:
        if len(read.points) == 1:
            return next(iter(read.points.values()))
        fault(
            problems,
            section.line,
            (f"[{section.name}] does not say to which point of ours it belongs", f"[{section.name}] 没有说明属于本局哪个信令点"),
            (f"add Own = one of {listed}", f"添加 Own = 其中之一：{listed}"),
        )
        return None
    found = re.fullmatch(r"(?i)(?:point)?([0-9]{1,2})", entry.value)
    own = read.points.get(int(found[1])) if found else None
    if own is None:
        fault(
            problems,
            entry.line,
            (f"Own = {entry.value} is no point of [SS7]", f"Own = {entry.value} 不是 [SS7] 中的信令点"),
            (f"there are: {listed}", f"可用的有：{listed}"),
            entry.value,
        )
    return own


def _code(own: ss7.OwnPoint) -> Reader:
    return lambda value: ss7.point_code(value, own.bits)


def _any(value: str) -> str:
    return value


def _trunk(value: str) -> int:
    found = re.fullmatch(r"(?i)trunk([0-9]{1,2})", value)
    if found and int(found[1]) < 64:
        return int(found[1])
    raise ValueFaultError(tr("a trunk, such as Trunk0", "应为中继，例如 Trunk0"))


def _link(value: str) -> tuple[int, int, str, str]:
    """Trunk0/16, 64k, basic; the whole trunk for 2M: Trunk4, 2M. -> trunk, timeslot, rate, correction."""
    place, *words = [p.strip() for p in value.split(",")]
    found = re.fullmatch(r"(?i)trunk([0-9]{1,2})(?:/([0-9]{1,2}))?", place)
    rates = [rate for rate in ss7.RATES for word in words if word.lower() == rate.lower()]
    corrections = [name for name in ss7.CORRECTIONS for word in words if word.lower() == name.lower()]
    if not found or int(found[1]) > 63 or len(rates) > 1 or len(corrections) > 1 or len(rates) + len(corrections) != len(words):
        raise ValueFaultError(
            tr(
                "TRUNK/TIMESLOT, then 64k or 2M, then basic or PCR, e.g. Trunk0/16, 64k, basic or Trunk4, 2M",
                "中继/时隙，然后 64k 或 2M，然后 basic 或 PCR，例如 Trunk0/16, 64k, basic 或 Trunk4, 2M",
            )
        )
    rate = rates[0] if rates else "64k"
    timeslot = int(found[2] or 0)
    if rate == "2M" and found[2]:
        raise ValueFaultError(
            tr(f"a 2M link takes the whole trunk: Trunk{found[1]}, 2M", f"2M 链路占用整条中继：Trunk{found[1]}, 2M")
        )
    if rate == "64k" and not 1 <= timeslot <= 31:
        raise ValueFaultError(
            tr(f"a timeslot from 1 to 31, such as Trunk{found[1]}/16", f"1 到 31 的时隙，例如 Trunk{found[1]}/16")
        )
    return int(found[1]), timeslot, rate, corrections[0] if corrections else "basic"


def _linkset(number: int, section: Section, out: Read, problems: Problems) -> None:
    own = _own(section, out, problems)
    entries: dict[int, Entry] = {}
    rest = Section(section.name, section.line)
    for key, entry in section.entries.items():
        found = re.fullmatch(r"link([0-9]{1,4})", key)
        if not found:
            rest.entries[key] = entry
        elif int(found[1]) < ss7.LINKS:
            entries[int(found[1])] = entry
        else:
            fault(
                problems,
                entry.line,
                (f"{entry.key}: the signalling link code (SLC) is 0 to 15", f"{entry.key}：信令链路编码（SLC）为 0 到 15"),
                ("a linkset has at most 16 links, Link0 to Link15", "一个链路组最多 16 条链路，Link0 到 Link15"),
                entry.key,
            )
    if own is None:
        return
    values = _values(rest, {"Own": _any, "Adjacent": _code(own), "Link0 .. Link15": _any}, ("Adjacent",), problems)
    before = len(problems.found)
    links: list[ss7.SignallingLinkLine] = []
    first = sum(len(linkset.links) for linkset in out.linksets)
    for slc, entry in sorted(entries.items()):
        value: tuple[int, int, str, str] | None = value_of(entry, _link, problems)
        if value is not None:
            links.append(ss7.SignallingLinkLine(first + len(links), number, slc, *value, entry.line))
    if values is None or len(problems.found) > before:
        return
    if not links:
        fault(
            problems,
            section.line,
            (f"[{section.name}] has no links", f"[{section.name}] 没有链路"),
            ("add Link0 = Trunk0/16 (0: the signalling link code)", "添加 Link0 = Trunk0/16（0 为信令链路编码 SLC）"),
        )
        return
    name = f"LinkSet{number}"
    out.linksets.append(ss7.LinkSetLine(number, name, own.number, values["Adjacent"], tuple(links), section.line))


def _linksets(value: str) -> tuple[tuple[int, int], ...]:
    """LinkSet0:1, LinkSet1:2; without numbers each is one less preferred than the one before."""
    out: list[tuple[int, int]] = []
    before = 0
    for part in value.split(","):
        found = re.fullmatch(r"(?i)\s*linkset([0-9]{1,2})\s*(?::\s*([0-9]{1,2}))?\s*", part)
        if not found:
            raise ValueFaultError(
                tr(
                    "linksets with priority, 1 is best, such as LinkSet0:1, LinkSet1:2",
                    "链路组及优先级，1 最优先，例如 LinkSet0:1, LinkSet1:2",
                )
            )
        before = int(found[2]) if found[2] else before + 1
        if before < 1:
            raise ValueFaultError(tr("priorities begin with 1", "优先级从 1 开始"))
        if int(found[1]) in (number for number, _ in out):
            raise ValueFaultError(tr(f"LinkSet{found[1]} only once", f"LinkSet{found[1]} 只能出现一次"))
        out.append((int(found[1]), before))
    return tuple(sorted(out, key=lambda item: (item[1], item[0])))


def _route(number: int, section: Section, out: Read, problems: Problems) -> None:
    own = _own(section, out, problems)
    if own is None:
        return
    table: dict[str, Reader] = {"Own": _any, "Destination": _code(own), "LinkSets": _linksets}
    values = _values(section, table, ("Destination", "LinkSets"), problems)
    if values is not None:
        out.routes.append(ss7.RouteLine(number, own.number, values["Destination"], values["LinkSets"], section.line))


def _circuits(number: int, section: Section, out: Read, problems: Problems) -> None:
    own = _own(section, out, problems)
    if own is None:
        return
    table: dict[str, Reader] = {
        "Own": _any,
        "Trunk": _trunk,
        "Destination": _code(own),
        "FirstCIC": whole(0, ss7.LAST_CIC),
        "Variant": choice(*ss7.VARIANTS),
    }
    values = _values(section, table, ("Trunk", "Destination", "FirstCIC", "Variant"), problems)
    if values is None:
        return
    out.circuits.append(
        ss7.CircuitsLine(
            number, f"Circuits{number}", own.number, values["Trunk"], values["Destination"], values["FirstCIC"], values["Variant"], section.line
        )
    )
