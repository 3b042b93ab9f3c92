"""Tce1-32.ini: the lines. Sections [System], [Trunk0].., [SkipTS]; every key is a row in a table below. Those of No.7 are read by ss7_read.py,
[Conference0].. by conferences.py."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from xunhu._isdn.timers import Q931_TIMERS_NETWORK, Q931_TIMERS_USER
from xunhu.call.media_level import Level
from xunhu.call.room_settings import RoomSettings
from xunhu.call.tones import COUNTRIES
from xunhu.config.conferences import is_conference, read_conferences
from xunhu.config.http import HttpPrompts, read_http
from xunhu.config.ini import Entry, Section, parse
from xunhu.config.levels import agc_target, check_levels, gain, level_of
from xunhu.config.problems import Problems, read_text
from xunhu.config.ss7 import Ss7Lines
from xunhu.config.ss7_check import check
from xunhu.config.ss7_read import NAMES, read, section_number
from xunhu.config.values import ValueFaultError, choice, timer_ms, timeslots, value_of, whole, yes
from xunhu.text import tr

MAX_SPANS = 64
FRAMING = ("CCS", "CAS", "HDB3", "AMI", "CRC4")


@dataclass(frozen=True, slots=True)
class TrunkLine:
    """One span. line: of its section in the file. skip: timeslots that carry no voice, signalling links among them; d_channel: of a PRI."""

    number: int
    line: int
    driver: str  # dahdi | ces | loop
    span: int = 0
    framing: tuple[str, ...] = ("CCS", "HDB3", "CRC4")
    sync: int = 0
    signalling: str = "PRI"  # PRI | SS7 | R2 | NONE
    side: str = "user"
    variant: str = "NET5"
    local: str = ""
    remote: str = ""
    frames: int = 40
    jitter_ms: int = 20
    rtp: bool = False
    peer: int | None = None  # loop: the other span
    skip: tuple[int, ...] = (16,)
    timers_ms: dict[str, int] = field(default_factory=dict)
    echo_ms: int = 0  # tail of the echo canceller of each timeslot, 0 off
    echo_nlp: bool = True
    country: str = "china"  # whose call progress tones the far end sends: of xunhu/_media/tone_countries.py
    hear_tones: bool = False  # they are listened for while a called line is rung
    conceal: bool = True  # ces: voice that is lost on the way is made up
    rx_gain: float = 0.0  # dB, of what comes in
    tx_gain: float = 0.0
    rx_agc: float = 0.0  # level of the voice that an automatic gain aims at, dBm0; 0 off
    tx_agc: float = 0.0

    @property
    def rx(self) -> Level:
        return level_of(self.rx_gain, self.rx_agc)

    @property
    def tx(self) -> Level:
        return level_of(self.tx_gain, self.tx_agc)

    @property
    def name(self) -> str:
        return f"Trunk{self.number}"

    @property
    def d_channel(self) -> int | None:
        if self.signalling != "PRI" or not self.skip:
            return None
        return 16 if 16 in self.skip else self.skip[0]

    @property
    def voice(self) -> tuple[int, ...]:
        """Timeslots that carry calls."""
        return tuple(t for t in range(1, 32) if t not in self.skip)


@dataclass(frozen=True, slots=True)
class Lines:
    law: str = "A"
    tick_ms: int = 10
    threads: int = 1  # that share a tick of the media engine
    trunks: tuple[TrunkLine, ...] = ()
    ss7: Ss7Lines | None = None  # what the file says of No.7
    conferences: dict[str, RoomSettings] = field(default_factory=dict)  # by number
    http: HttpPrompts = field(default_factory=HttpPrompts)


def _tick(value: str) -> int:
    if value in ("5", "10", "20"):
        return int(value)
    raise ValueFaultError(tr("5, 10 or 20", "应为 5、10 或 20"))


def _echo(value: str) -> int:
    if value.isascii() and value.isdigit() and len(value) <= 3 and (value == "0" or 8 <= int(value) <= 128):
        return int(value)
    raise ValueFaultError(tr("8 to 128 ms, or 0 for none", "应为 8 到 128 毫秒，0 表示不用"))


def _country(value: str) -> str:
    return COUNTRIES[choice(*COUNTRIES)(value)]


def _framing(value: str) -> tuple[str, ...]:
    parts = tuple(p.strip().upper() for p in value.split(",") if p.strip())
    good = all(p in FRAMING for p in parts) and len(set(parts)) == len(parts)
    if good and ("CCS" in parts) != ("CAS" in parts) and ("HDB3" in parts) != ("AMI" in parts):
        return parts
    raise ValueFaultError(
        tr(
            "CCS or CAS, then HDB3 or AMI, then CRC4 where the line has it, e.g. CCS,HDB3,CRC4",
            "CCS 或 CAS，HDB3 或 AMI，线路有 CRC4 时再加 CRC4，例如 CCS,HDB3,CRC4",
        )
    )


def _is_address(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return (address.version == 6) == host.startswith("[")


def _address(value: str) -> str:
    host, _, port = value.rpartition(":")
    if _is_address(host) and re.fullmatch(r"[0-9]{1,5}", port) and 1 <= int(port) <= 65535:
        return value
    raise ValueFaultError(tr("address:port, such as 192.168.1.20:40000", "应为 地址:端口，例如 192.168.1.20:40000"))


def _peer(value: str) -> int:
    found = re.fullmatch(r"(?i)trunk([0-9]{1,2})", value)
    if found and int(found[1]) < MAX_SPANS:
        return int(found[1])
    raise ValueFaultError(tr("the other loop section, such as Trunk1", "应为另一个 loop 小节，例如 Trunk1"))


# key -> (field, reader, drivers it belongs to; "" all)
_SYSTEM: dict[str, tuple[str, Callable[[str], Any]]] = {
    "Law": ("law", choice("A", "U")),
    "TickMs": ("tick_ms", _tick),
    "Threads": ("threads", whole(1, 16)),
}
_TRUNK: dict[str, tuple[str, Callable[[str], Any], str]] = {
    "Driver": ("driver", choice("dahdi", "ces", "loop"), ""),
    "Span": ("span", whole(1, 128), "dahdi"),
    "Framing": ("framing", _framing, ""),
    "Sync": ("sync", whole(0, 64), "dahdi"),
    "Signalling": ("signalling", choice("PRI", "SS7", "R2", "NONE"), ""),
    "Side": ("side", choice("user", "network"), ""),
    "Variant": ("variant", choice("NET5", "TR41459"), ""),
    "Local": ("local", _address, "ces"),
    "Remote": ("remote", _address, "ces"),
    "Frames": ("frames", whole(8, 40), "ces"),
    "JitterMs": ("jitter_ms", whole(1, 500), "ces"),
    "Rtp": ("rtp", yes, "ces"),
    "Peer": ("peer", _peer, "loop"),
    "EchoCancel": ("echo_ms", _echo, ""),
    "EchoNlp": ("echo_nlp", yes, ""),
    "RxGain": ("rx_gain", gain, ""),
    "TxGain": ("tx_gain", gain, ""),
    "RxAgc": ("rx_agc", agc_target, ""),
    "TxAgc": ("tx_agc", agc_target, ""),
    "Country": ("country", _country, ""),
    "HearTones": ("hear_tones", yes, ""),
    "Conceal": ("conceal", yes, "ces"),
}


def load_lines(path: Path) -> tuple[Lines, Problems]:
    """Never raises; when `problems.fatal`, what is returned is only what could be understood."""
    problems = Problems(path)
    text = read_text(path, problems)
    if text is None:
        return Lines(), problems
    sections = parse(text, problems)
    skips = _skips(sections.get("skipts"), problems)
    system = _system(sections.get("system"), problems)
    trunks: list[TrunkLine] = []
    refused: set[int] = set()
    for key, section in sections.items():
        if key in ("system", "skipts", "ss7", "http") or section_number(key) or is_conference(key):
            continue
        found = re.fullmatch(r"trunk([0-9]{1,2})", key)
        if not found or int(found[1]) >= MAX_SPANS:
            problems.unknown(section.line, "section", "小节", section.name, ["System", "SkipTS", "Http", "Trunk0 .. Trunk63", *NAMES, "Conference0"])
            continue
        trunk = _trunk(int(found[1]), section, skips, problems)
        if trunk is not None:
            trunks.append(trunk)
        else:
            refused.add(int(found[1]))
    trunks.sort(key=lambda t: t.number)
    trunks = _pair_loops(trunks, refused, problems)
    ss7, trunks = _ss7(sections, trunks, problems)
    _check_together(trunks, problems)
    numbers = {t.number for t in trunks} | {t for t, _ in skips.values() if problems.fatal}
    for number, (_, line) in skips.items():
        if number not in numbers and not problems.fatal:
            problems.add(
                line,
                tr(f"Trunk{number} is not a section of this file", f"本文件没有 Trunk{number} 小节"),
                tr("remove the line, or add the section", "删除该行或添加小节"),
                value=f"Trunk{number}",
            )
    conferences = read_conferences(sections, problems)
    http = read_http(sections.get("http"), problems)
    return Lines(**system, trunks=tuple(trunks), ss7=ss7, conferences=conferences, http=http), problems


def _ss7(
    sections: dict[str, Section], trunks: list[TrunkLine], problems: Problems
) -> tuple[Ss7Lines | None, list[TrunkLine]]:
    """What the sections of No.7 say, and the trunks without the timeslots of its links."""
    before = len(problems.found)
    found = read(sections, problems)
    lines = None
    if found is not None:
        numbers = {int(key[5:]) for key in sections if re.fullmatch(r"trunk[0-9]{1,2}", key)}
        whole = len(problems.found) == before
        lines = check(found, {t.number: t for t in trunks}, numbers, problems, whole=whole)
    out: list[TrunkLine] = []
    for trunk in trunks:
        if trunk.signalling == "SS7":
            links = lines.links_of(trunk.number) if lines else ()
            used = {timeslot for link in links for timeslot in link.timeslots}
            trunk = replace(trunk, skip=tuple(sorted(used | set(trunk.skip))))
            if not problems.fatal and not links and not (lines and lines.circuits_of(trunk.number)):
                problems.add(
                    trunk.line,
                    tr(
                        f"{trunk.name} has Signalling = SS7, but no links and no circuits",
                        f"{trunk.name} 的 Signalling = SS7，但没有链路也没有电路",
                    ),
                    tr(
                        "name it in [LinkSet0] (Link0 = TRUNK/TIMESLOT) or [Circuits0]",
                        "请在 [LinkSet0]（Link0 = 中继/时隙）或 [Circuits0] 中写明",
                    ),
                    value=trunk.name,
                )
        out.append(trunk)
    return lines, out


def _system(section: Section | None, problems: Problems) -> dict[str, Any]:
    out: dict[str, Any] = {}
    known = {k.lower(): row for k, row in _SYSTEM.items()}
    for key, entry in (section.entries if section else {}).items():
        if key not in known:
            problems.unknown(entry.line, "key", "键", entry.key, list(_SYSTEM))
            continue
        value = value_of(entry, known[key][1], problems)
        if value is not None:
            out[known[key][0]] = value
    return out


def _skips(section: Section | None, problems: Problems) -> dict[int, tuple[tuple[int, ...], int]]:
    out: dict[int, tuple[tuple[int, ...], int]] = {}
    for key, entry in (section.entries if section else {}).items():
        found = re.fullmatch(r"trunk([0-9]{1,2})", key)
        if not found:
            problems.add(
                entry.line,
                tr(f"unknown key '{entry.key}'", f"未知的键 '{entry.key}'"),
                tr("write Trunk0 = 16", "应写作 Trunk0 = 16"),
                value=entry.key,
            )
            continue
        slots = value_of(entry, timeslots, problems)
        if slots is not None:
            out[int(found[1])] = (slots, entry.line)
    return out


def _trunk(
    number: int, section: Section, skips: dict[int, tuple[tuple[int, ...], int]], problems: Problems
) -> TrunkLine | None:
    known = {k.lower(): row for k, row in _TRUNK.items()}
    out: dict[str, Any] = {}
    lines: dict[str, int] = {}
    timers: dict[str, Entry] = {}
    before = len(problems.found)
    for key, entry in section.entries.items():
        if re.fullmatch(r"t[0-9]{3}", key):
            timers[key.upper()] = entry
        elif key not in known:
            problems.unknown(entry.line, "key", "键", entry.key, list(_TRUNK))
        else:
            value = value_of(entry, known[key][1], problems)
            lines[known[key][0]] = entry.line
            if value is not None:
                out[known[key][0]] = value
    if "driver" not in section.entries:
        problems.add(
            section.line,
            tr(f"[{section.name}] has no Driver", f"[{section.name}] 没有 Driver"),
            tr("add Driver = dahdi, ces or loop", "添加 Driver = dahdi、ces 或 loop"),
        )
    if len(problems.found) > before:
        return None
    driver = out["driver"]
    for key, (name, _, belongs) in _TRUNK.items():
        if name in out and belongs not in ("", driver):
            problems.add(
                lines[name],
                tr(f"{key} has no meaning with Driver = {driver}", f"{key} 对 Driver = {driver} 没有意义"),
                tr("remove it", "请删除"),
                value=str(out[name]),
            )
    for key, name, wanted in (("Span", "span", "dahdi"), ("Local", "local", "ces"), ("Remote", "remote", "ces")):
        if driver == wanted and name not in out:
            problems.add(
                section.line,
                tr(f"[{section.name}] has no {key}", f"[{section.name}] 没有 {key}"),
                tr(f"Driver = {driver} needs it", f"Driver = {driver} 需要该项"),
            )
    slots, skip_line = skips.get(number, ((16,), section.line))
    trunk = TrunkLine(number, section.line, **out, skip=slots)
    if trunk.signalling == "PRI" and not slots:
        problems.add(
            skip_line,
            tr(f"{trunk.name}: PRI needs a D channel", f"{trunk.name}：PRI 需要 D 信道"),
            tr(f"write {trunk.name} = 16 in [SkipTS]", f"在 [SkipTS] 中写 {trunk.name} = 16"),
            value="none",
        )
    check_levels(trunk.name, out, lines, problems)
    if trunk.signalling == "R2":
        problems.add(
            lines["signalling"],
            tr("Signalling = R2 is not in this version", "本版本不支持 Signalling = R2"),
            tr("write PRI, SS7 or NONE", "应为 PRI、SS7 或 NONE"),
            value=trunk.signalling,
        )
    if trunk.signalling == "SS7":
        _ss7_keys(trunk, out, lines, problems)
    values = _timers(trunk, timers, problems)
    return replace(trunk, timers_ms=values)


def _ss7_keys(trunk: TrunkLine, given: dict[str, Any], lines: dict[str, int], problems: Problems) -> None:
    """What belongs to a PRI, and a line that cannot carry links."""
    for key, name in (("Side", "side"), ("Variant", "variant")):
        if name in given:
            problems.add(
                lines[name],
                tr(f"{key} has no meaning with Signalling = SS7", f"{key} 对 Signalling = SS7 没有意义"),
                tr("remove it; variants stand in [Circuits0]", "请删除；信令变体在 [Circuits0] 中写明"),
                value=given[name],
            )
    if "CAS" in trunk.framing:
        problems.add(
            lines["framing"],
            tr("No.7 has no CAS", "七号信令没有 CAS"),
            tr("write Framing = CCS,HDB3,CRC4", "应写 Framing = CCS,HDB3,CRC4"),
            value=",".join(trunk.framing),
        )


def _timers(trunk: TrunkLine, entries: dict[str, Entry], problems: Problems) -> dict[str, int]:
    """T303 = 4.0: seconds, within the range of the recommendation."""
    table = Q931_TIMERS_USER if trunk.side == "user" else Q931_TIMERS_NETWORK
    out: dict[str, int] = {}
    for name, entry in entries.items():
        row = table.get(name)
        if row is None or trunk.signalling != "PRI":
            problems.unknown(
                entry.line, "timer", "定时器", entry.key, sorted(table) if trunk.signalling == "PRI" else ["-"]
            )
            continue
        value = timer_ms(entry, row, problems)
        if value is not None:
            out[name] = value
    return out


def _pair_loops(trunks: list[TrunkLine], refused: set[int], problems: Problems) -> list[TrunkLine]:
    """Two loop sections make one pair: as Peer says, else in the order of their numbers. What a refused section leaves alone is not
    wrong in itself, and where one is missing the order says nothing."""
    by_number = {t.number: t for t in trunks if t.driver == "loop"}
    pair: dict[int, int] = {}
    for trunk in by_number.values():
        if trunk.peer is None or trunk.peer in refused:
            continue
        other = by_number.get(trunk.peer)
        if (
            other is None
            or other is trunk
            or other.peer not in (None, trunk.number)
            or pair.get(trunk.peer, trunk.number) != trunk.number
        ):
            problems.add(
                trunk.line,
                tr(
                    f"{trunk.name}: Peer = Trunk{trunk.peer} is no free loop section",
                    f"{trunk.name}：Peer = Trunk{trunk.peer} 不是空闲的 loop 小节",
                ),
                tr("name another section with Driver = loop", "请指定另一个 Driver = loop 的小节"),
                value=f"Trunk{trunk.peer}",
            )
            return trunks
        pair[trunk.number], pair[trunk.peer] = trunk.peer, trunk.number
    left = [] if refused else [n for n in sorted(by_number) if n not in pair]
    if len(left) % 2:
        odd = by_number[left[-1]]
        problems.add(
            odd.line,
            tr(
                f"{odd.name}: loop spans go in pairs, this one is alone",
                f"{odd.name}：loop 线路必须成对，此线路没有配对",
            ),
            tr("add a second section with Driver = loop", "再添加一个 Driver = loop 的小节"),
        )
        return trunks
    for a, b in zip(left[::2], left[1::2], strict=True):
        pair[a], pair[b] = b, a
    return [replace(t, peer=pair[t.number]) if t.number in pair else t for t in trunks]


def _check_together(trunks: list[TrunkLine], problems: Problems) -> None:
    """What two sections may not have in common."""
    for what, key in (("span", "Span"), ("local", "Local")):
        seen: dict[object, TrunkLine] = {}
        for trunk in trunks:
            value = getattr(trunk, what)
            if not value:
                continue
            first = seen.setdefault(value, trunk)
            if first is not trunk:
                problems.add(
                    trunk.line,
                    tr(
                        f"{trunk.name}: {key} = {value} is that of {first.name} too",
                        f"{trunk.name}：{key} = {value} 与 {first.name} 重复",
                    ),
                    tr("give each its own", "请各用各的"),
                    value=str(value),
                )
    for trunk in trunks:
        other = next((t for t in trunks if t.number == trunk.peer), None)
        if other is None or trunk.number > other.number:
            continue
        if trunk.signalling == other.signalling == "PRI" and trunk.side == other.side:
            problems.add(
                other.line,
                tr(
                    f"{trunk.name} and {other.name} are looped and both Side = {trunk.side}",
                    f"{trunk.name} 与 {other.name} 对接，但 Side 都是 {trunk.side}",
                ),
                tr("set one to user and one to network", "应一端为 user，一端为 network"),
                value=trunk.side,
            )
