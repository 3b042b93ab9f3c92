"""Holds the sections of No.7 in Tce1-32.ini against each other and against the trunks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from xunhu._ss7.isup_variants import VARIANTS as ISUP_VARIANTS
from xunhu.config import ss7
from xunhu.config.problems import Problems
from xunhu.config.ss7_read import Read, fault
from xunhu.config.values import timer_ms

if TYPE_CHECKING:
    from xunhu.config.lines import TrunkLine

_LINKS = 128  # of the media engine, D channels among them
_SHARING = 2  # linksets of a combined linkset, Q.704 §2.3.5
_PCR_T7_MS = 800  # Q.703 §12.3


def check(read: Read, trunks: Mapping[int, TrunkLine], sections: Iterable[int], problems: Problems, *, whole: bool) -> ss7.Ss7Lines:
    """trunks: by number; sections: numbers of all trunks of the file, also of those with faults; whole: all sections were understood, so that
    what is missing is missing."""
    places = _Places(read, trunks, frozenset(sections), problems)
    places.links()
    places.circuits()
    _codes(read, problems)
    _timers(read, problems)
    if whole and not problems.fatal:
        _linkset_names(read, problems)
        _routes(read, problems)
    _variants(read, problems)
    routes = (*read.routes, *_implied(read))
    if whole and not problems.fatal:
        _destinations(read, routes, problems)
    return ss7.Ss7Lines(
        points=tuple(read.points.values()),
        linksets=tuple(read.linksets),
        routes=routes,
        circuits=tuple(read.circuits),
        transfer=read.transfer,
        congestion=read.congestion,
        timers=read.timers,
    )


def _implied(read: Read) -> tuple[ss7.RouteLine, ...]:
    """The adjacent point over its own linksets, where no section names it (Q.704 §2.3.4)."""
    named = {(route.own, route.dpc) for route in read.routes}
    out: dict[tuple[int, int], ss7.RouteLine] = {}
    for linkset in read.linksets:
        key = linkset.own, linkset.adjacent
        if key in named:
            continue
        before = out[key].linksets if key in out else ()
        out[key] = ss7.RouteLine(ss7.IMPLIED, *key, (*before, (linkset.number, 0)), linkset.line)
    return tuple(out.values())


# -- trunks and timeslots --------------------------------------------------------------------------------------------


class _Places:
    """Who has which timeslot."""

    def __init__(self, read: Read, trunks: Mapping[int, TrunkLine], sections: frozenset[int], problems: Problems) -> None:
        self._read = read
        self._trunks = trunks
        self._sections = sections
        self._problems = problems
        self._taken: dict[tuple[int, int], str] = {}  # (trunk, timeslot) -> name of the link
        self._cics: dict[tuple[int, int, int], tuple[ss7.CircuitsLine, int]] = {}

    def _trunk(self, number: int, who: str, line: int) -> TrunkLine | None:
        """The trunk, if it is there and for No.7. What has faults of its own has been complained of."""
        trunk = self._trunks.get(number)
        if trunk is None:
            if number not in self._sections:
                fault(
                    self._problems,
                    line,
                    (f"{who}: Trunk{number} is not a section of this file", f"{who}：本文件没有 Trunk{number} 小节"),
                    (f"add [Trunk{number}] with Signalling = SS7, or name another", f"添加 [Trunk{number}]，写 Signalling = SS7，或改用其他中继"),
                    f"Trunk{number}",
                )
            return None
        if trunk.signalling != "SS7":
            fault(
                self._problems,
                line,
                (f"{who}: {trunk.name} has Signalling = {trunk.signalling}", f"{who}：{trunk.name} 的 Signalling = {trunk.signalling}"),
                (f"write Signalling = SS7 in [{trunk.name}] (line {trunk.line})", f"在 [{trunk.name}]（第 {trunk.line} 行）中写 Signalling = SS7"),
                trunk.name,
            )
            return None
        return trunk

    def links(self) -> None:
        links = [link for linkset in self._read.linksets for link in linkset.links]
        if len(links) > _LINKS:
            fault(
                self._problems,
                links[_LINKS].line,
                (f"{len(links)} links are too many", f"链路过多：{len(links)} 条"),
                (f"at most {_LINKS} in one xunhu", f"一个讯呼最多 {_LINKS} 条"),
            )
        for link in links:
            trunk = self._trunk(link.trunk, link.name, link.line)
            if trunk is None:
                continue
            for timeslot in link.timeslots:
                other = self._taken.setdefault((link.trunk, timeslot), link.name)
                if other != link.name:
                    place = f"Trunk{link.trunk}" if link.rate == "2M" else f"Trunk{link.trunk}/{timeslot}"
                    self._twice(link.name, other, place, link.line)
                    break

    def _twice(self, who: str, other: str, place: str, line: int) -> None:
        fault(
            self._problems,
            line,
            (f"{who}: {place} is already used by {other}", f"{who}：{place} 已被 {other} 使用"),
            ("give each link its own timeslot", "每条链路使用各自的时隙"),
            place,
        )

    def circuits(self) -> None:
        first: dict[int, ss7.CircuitsLine] = {}
        for circuits in self._read.circuits:
            trunk = self._trunk(circuits.trunk, circuits.name, circuits.line)
            before = first.setdefault(circuits.trunk, circuits)
            if before is not circuits:
                fault(
                    self._problems,
                    circuits.line,
                    (f"{circuits.name}: Trunk{circuits.trunk} has its circuits in [{before.name}] already", f"{circuits.name}：Trunk{circuits.trunk} 的电路已在 [{before.name}] 中"),
                    ("a trunk has one section of circuits", "一条中继只有一个电路小节"),
                    f"Trunk{circuits.trunk}",
                )
            elif trunk is not None:
                self._circuits(circuits, trunk)

    def _circuits(self, circuits: ss7.CircuitsLine, trunk: TrunkLine) -> None:
        links = [link for linkset in self._read.linksets for link in linkset.links]
        whole = next((link.name for link in links if link.trunk == circuits.trunk and link.rate == "2M"), "")
        if whole:
            fault(
                self._problems,
                circuits.line,
                (f"{circuits.name}: {trunk.name} is taken as a whole by the 2M link {whole}", f"{circuits.name}：{trunk.name} 整条被 2M 链路 {whole} 占用"),
                ("put the circuits on another trunk", "请把电路放到其他中继"),
                trunk.name,
            )
            return
        voice = [t for t in trunk.voice if (circuits.trunk, t) not in self._taken]
        if not voice:
            fault(
                self._problems,
                circuits.line,
                (f"{circuits.name}: no timeslot of {trunk.name} is left for circuits", f"{circuits.name}：{trunk.name} 没有可用于电路的时隙"),
                (f"look at [SkipTS] {trunk.name}", f"请检查 [SkipTS] 中的 {trunk.name}"),
                trunk.name,
            )
            return
        last = circuits.cic(voice[-1])
        if last > ss7.LAST_CIC:
            fault(
                self._problems,
                circuits.line,
                (f"{circuits.name}: timeslot {voice[-1]} would have CIC {last}", f"{circuits.name}：时隙 {voice[-1]} 的 CIC 将为 {last}"),
                (f"CICs are 0 to {ss7.LAST_CIC}; FirstCIC is that of timeslot 1", f"CIC 为 0 到 {ss7.LAST_CIC}；FirstCIC 是时隙 1 的 CIC"),
                str(circuits.first_cic),
            )
            return
        self._overlap(circuits, voice)

    def _overlap(self, circuits: ss7.CircuitsLine, voice: Sequence[int]) -> None:
        """CICs are unique between two points. Those of different user parts could be told apart, but are hardly meant."""
        for timeslot in voice:
            cic = circuits.cic(timeslot)
            other, its = self._cics.setdefault((circuits.own, circuits.dpc, cic), (circuits, timeslot))
            if other is circuits:
                continue
            dpc = _text(self._read, circuits.own, circuits.dpc)
            fault(
                self._problems,
                circuits.line,
                (
                    f"{circuits.name}: CIC {cic} to {dpc} (Trunk{circuits.trunk}/{timeslot}) is that of Trunk{other.trunk}/{its} in [{other.name}] too",
                    f"{circuits.name}：到 {dpc} 的 CIC {cic}（Trunk{circuits.trunk}/{timeslot}）与 [{other.name}] 的 Trunk{other.trunk}/{its} 重复",
                ),
                ("FirstCIC is the CIC of timeslot 1; each trunk has 32 of its own, such as 1, 33, 65", "FirstCIC 是时隙 1 的 CIC；每条中继占 32 个，例如 1、33、65"),
                str(circuits.first_cic),
                fatal=circuits.variant[:3] == other.variant[:3],
            )
            return


def _text(read: Read, own: int, code: int) -> str:
    return ss7.point_text(code, read.points[own].bits)


# -- point codes -----------------------------------------------------------------------------------------------------


def _codes(read: Read, problems: Problems) -> None:
    """Nothing far is ourselves; two linksets to one point share its sixteen codes."""
    slcs: dict[tuple[int, int, int], ss7.SignallingLinkLine] = {}
    far: list[tuple[str, int, int, int]] = [(linkset.name, linkset.own, linkset.adjacent, linkset.line) for linkset in read.linksets]
    far += [(f"Route{route.number}", route.own, route.dpc, route.line) for route in read.routes]
    far += [(circuits.name, circuits.own, circuits.dpc, circuits.line) for circuits in read.circuits]
    for name, own, code, line in far:
        if code == read.points[own].point_code:
            text = _text(read, own, code)
            fault(
                problems,
                line,
                (f"{name}: {text} is our own point code (Point{own})", f"{name}：{text} 是本局信令点编码（Point{own}）"),
                ("write that of the other end", "请写对端的编码"),
                text,
            )
    for linkset in read.linksets:
        for link in linkset.links:
            other = slcs.setdefault((linkset.own, linkset.adjacent, link.slc), link)
            if other is not link:
                fault(
                    problems,
                    link.line,
                    (f"{link.name}: SLC {link.slc} to the same point is that of {other.name}", f"{link.name}：到同一信令点的 SLC {link.slc} 与 {other.name} 重复"),
                    ("the code is unique among all links between two points", "两个信令点之间所有链路的编码不能重复"),
                    str(link.slc),
                )


# -- routes ----------------------------------------------------------------------------------------------------------


def _linkset_names(read: Read, problems: Problems) -> None:
    known = {linkset.number: linkset for linkset in read.linksets}
    listed = ", ".join(linkset.name for linkset in read.linksets) or "-"
    for route in read.routes:
        for number, _ in route.linksets:
            linkset = known.get(number)
            if linkset is None:
                fault(
                    problems,
                    route.line,
                    (f"Route{route.number}: there is no LinkSet{number}", f"Route{route.number}：没有 LinkSet{number}"),
                    (f"there are: {listed}", f"可用的有：{listed}"),
                    f"LinkSet{number}",
                )
            elif linkset.own != route.own:
                fault(
                    problems,
                    route.line,
                    (
                        f"Route{route.number}: LinkSet{number} belongs to Point{linkset.own}, the route to Point{route.own}",
                        f"Route{route.number}：LinkSet{number} 属于 Point{linkset.own}，路由属于 Point{route.own}",
                    ),
                    ("a route goes by linksets of its own network", "路由只能使用本网络的链路组"),
                    f"LinkSet{number}",
                )


def _routes(read: Read, problems: Problems) -> None:
    seen: dict[tuple[int, int], ss7.RouteLine] = {}
    for route in read.routes:
        name, text = f"Route{route.number}", _text(read, route.own, route.dpc)
        first = seen.setdefault((route.own, route.dpc), route)
        if first is not route:
            fault(
                problems,
                route.line,
                (f"{name}: {text} has its linksets in [Route{first.number}] already", f"{name}：{text} 的链路组已在 [Route{first.number}] 中"),
                ("join the two", "请合并"),
                text,
            )
        priorities = [priority for _, priority in route.linksets]
        if any(priorities.count(priority) > _SHARING for priority in priorities):
            fault(
                problems,
                route.line,
                (f"{name}: more than two linksets of equal priority", f"{name}：相同优先级的链路组超过两个"),
                ("two of equal priority share the load; give the others a higher number", "两个相同优先级的链路组负荷分担；其余请用更大的数"),
            )
        missing = [
            linkset.name
            for linkset in read.linksets
            if linkset.own == route.own and linkset.adjacent == route.dpc and linkset.number not in dict(route.linksets)
        ]
        if missing:
            fault(
                problems,
                route.line,
                (f"{name}: {missing[0]} goes straight to {text} and is not in LinkSets", f"{name}：{missing[0]} 直达 {text}，但不在 LinkSets 中"),
                (f"add {missing[0]} with the priority it is to have", f"请添加 {missing[0]} 及其优先级"),
                missing[0],
            )


def _destinations(read: Read, routes: Sequence[ss7.RouteLine], problems: Problems) -> None:
    reached = {(route.own, route.dpc) for route in routes}
    said: set[tuple[int, int]] = set()
    for circuits in read.circuits:
        key = circuits.own, circuits.dpc
        if key in reached or key in said:
            continue
        said.add(key)
        text = _text(read, *key)
        names = ", ".join(linkset.name for linkset in read.linksets if linkset.own == circuits.own) or "LinkSet0"
        fault(
            problems,
            circuits.line,
            (f"{circuits.name}: no route leads to {text}", f"{circuits.name}：没有到 {text} 的路由"),
            (f"add [Route{len(read.routes)}] with Destination = {text} and LinkSets = {names}", f"添加 [Route{len(read.routes)}]，写 Destination = {text} 和 LinkSets = {names}"),
            text,
        )


def _variants(read: Read, problems: Problems) -> None:
    """A message says which user part it is for, not which variant of it: one to a destination."""
    seen: dict[tuple[int, int, str], ss7.CircuitsLine] = {}
    for circuits in read.circuits:
        part = circuits.variant.partition("-")[0]
        first = seen.setdefault((circuits.own, circuits.dpc, part), circuits)
        if first.variant != circuits.variant:
            text = _text(read, circuits.own, circuits.dpc)
            fault(
                problems,
                circuits.line,
                (
                    f"{circuits.name}: {circuits.variant} to {text}, but [{first.name}] has {first.variant}",
                    f"{circuits.name}：到 {text} 为 {circuits.variant}，而 [{first.name}] 为 {first.variant}",
                ),
                (f"one variant of {part} to a destination", f"到同一目的地只能使用一种 {part} 变体"),
                circuits.variant,
            )


# -- timers ----------------------------------------------------------------------------------------------------------


def _timers(read: Read, problems: Problems) -> None:
    """What depends on the links and variants in use."""
    variants = sorted({c.variant for c in read.circuits if c.variant in ISUP_VARIANTS}) or ["ISUP-ITU"]
    for (level, name), entry in read.timer_lines.items():
        if level != "isup":
            continue
        for variant in variants:
            value = timer_ms(entry, ISUP_VARIANTS[variant].timers[name], problems)
            if value is None:
                break
            read.timers.setdefault(level, {})[name] = value
    entry_t7 = read.timer_lines.get(("mtp2", "T7"))
    preventive = any(link.correction == "PCR" for linkset in read.linksets for link in linkset.links)
    if entry_t7 is not None and preventive and read.timers.get("mtp2", {}).get("T7", _PCR_T7_MS) < _PCR_T7_MS:
        fault(
            problems,
            entry_t7.line,
            (f"{entry_t7.key} = {entry_t7.value} is too short for links with PCR", f"{entry_t7.key} = {entry_t7.value} 对 PCR 链路过短"),
            ("0.8 s to 2 s (Q.703 §12.3)", "0.8 到 2 秒（Q.703 §12.3）"),
            entry_t7.value,
        )
