"""The far end's lines: what a site's Tce1-32.ini says, looked at from the other side.

Every span of circuit emulation (Driver = ces) is mirrored: its addresses change places, a user becomes the network, of No.7 the adjacent
point becomes ours. What cannot be mirrored is left out with a reason: spans of cards and loops, which no other process can hold, and
circuits to a point behind a transfer point.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from xunhu.config import Config, Lines, TrunkLine
from xunhu.config.ss7 import CircuitsLine, LinkSetLine, OwnPoint, Ss7Lines
from xunhu.text import tr


@dataclass(frozen=True, slots=True)
class Mirror:
    """lines: of the far end. left_out: (name, why). called: names of the trunks over which the site calls its extensions."""

    lines: Lines
    left_out: tuple[tuple[str, str], ...]
    called: frozenset[str]

    @property
    def calling(self) -> tuple[str, ...]:
        """Trunks to call the site by, as long as nobody says otherwise: those that lead to no extension, or all."""
        names = tuple(line.name for line in self.lines.trunks if line.signalling == "PRI" or self._circuits(line))
        return tuple(name for name in names if name not in self.called) or names

    def _circuits(self, line: TrunkLine) -> bool:
        return self.lines.ss7 is not None and self.lines.ss7.circuits_of(line.number) is not None


def mirror(config: Config) -> Mirror:
    """Of a site."""
    lines = config.lines
    left_out: list[tuple[str, str]] = []
    trunks: list[TrunkLine] = []
    for line in lines.trunks:
        why = _why_not(line)
        if why:
            left_out.append((line.name, why))
        else:
            trunks.append(_other_side(line))
    ss7 = None
    if lines.ss7 is not None:
        ss7, more = _other_network(lines.ss7, {trunk.number for trunk in trunks})
        left_out += more
    extensions = config.site.calls.extensions.values()
    groups = {extension.trunk_group for extension in extensions}
    called = {trunk for name in groups if name in config.site.calls.groups for trunk in config.site.calls.groups[name].trunks}
    return Mirror(replace(lines, trunks=tuple(trunks), ss7=ss7, conferences={}), tuple(left_out), frozenset(called))


def _why_not(line: TrunkLine) -> str:
    if line.driver != "ces":
        return tr(
            f"Driver = {line.driver}: only spans of circuit emulation (ces) have a far end elsewhere",
            f"Driver = {line.driver}：只有电路仿真（ces）线路的对端可由其他程序承担",
        )
    if line.signalling not in ("PRI", "SS7"):
        return tr(f"Signalling = {line.signalling} is not placed by this tool", f"本工具不支持 Signalling = {line.signalling}")
    return ""


def _other_side(line: TrunkLine) -> TrunkLine:
    """Timers and what is done to voices are the site's own affair."""
    side = "network" if line.side == "user" else "user"
    plain = {"timers_ms": {}, "echo_ms": 0, "rx_gain": 0.0, "tx_gain": 0.0, "rx_agc": 0.0, "tx_agc": 0.0}
    return replace(line, local=line.remote, remote=line.local, side=side, conceal=False, **plain)  # type: ignore[arg-type]


def _other_network(ss7: Ss7Lines, spans: set[int]) -> tuple[Ss7Lines | None, list[tuple[str, str]]]:
    """The exchanges at the other ends of the links. A linkset of ours becomes one of the exchange's, its links keep their codes."""
    left_out: list[tuple[str, str]] = []
    points: list[OwnPoint] = []
    linksets: list[LinkSetLine] = []
    numbers: dict[tuple[int, int], int] = {}  # own point, adjacent point code -> number of the exchange
    for linkset in ss7.linksets:
        own = next(point for point in ss7.points if point.number == linkset.own)
        key = (linkset.own, linkset.adjacent)
        links = tuple(link for link in linkset.links if link.trunk in spans)
        if not links:
            left_out.append((linkset.name, tr("none of its links is on a mirrored span", "没有链路位于可镜像的线路上")))
            continue
        if key not in numbers:
            numbers[key] = len(points)
            points.append(replace(own, number=len(points), point_code=linkset.adjacent))
        linksets.append(replace(linkset, own=numbers[key], adjacent=own.point_code, links=links))
    circuits: list[CircuitsLine] = []
    for row in ss7.circuits:
        own = next(point for point in ss7.points if point.number == row.own)
        exchange = numbers.get((row.own, row.dpc))
        if row.trunk not in spans:
            continue
        if exchange is None:
            left_out.append((row.name, tr("its destination is behind a transfer point", "其目的点位于转接点之后")))
            continue
        circuits.append(replace(row, own=exchange, dpc=own.point_code))
    if not points:
        return None, left_out
    there = Ss7Lines(
        points=tuple(points),
        linksets=tuple(linksets),
        circuits=tuple(circuits),
        congestion=ss7.congestion,
    )
    return there, left_out
