"""xunhu.yaml: everything but the lines, read into call control's settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from xunhu.call.room_settings import RoomSettings
from xunhu.call.settings import (
    HUNTING,
    RECORDING,
    RECORDING_FORMATS,
    CallSettings,
    Extension,
    Route,
    TimeWindow,
    TrunkGroup,
)
from xunhu.call.tones import COUNTRIES
from xunhu.config.problems import Problems, read_text
from xunhu.config.sip import PHONES, SipMedia, SipPhone, SipSite
from xunhu.config.sip_read import PHONE_KEYS, read_phone, read_sip, trunk_names
from xunhu.config.tree import Tree, parse

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TARGETS = ("flow", "extension", "conference", "refuse")
_PATTERN = re.compile(r"[0-9?*#A-D+]{1,32}")


@dataclass(frozen=True, slots=True)
class Site:
    """Paths are absolute."""

    data: Path
    flows: Path
    voices: Path
    calls: CallSettings
    agent_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # for agent nodes: name -> extensions
    sip: SipSite | None = None


def load_site(
    path: Path, *, law: str, trunks: Iterable[str], rooms: Mapping[str, RoomSettings] | None = None
) -> tuple[Site, Problems]:
    """trunks, rooms: what Tce1-32.ini defines (rooms None: not known). Never raises; see `Problems.fatal`."""
    problems = Problems(path)
    base = path.parent.resolve()
    site = Site(
        base / "data",
        base / "flows",
        base / "voice",
        CallSettings(law=law, recordings=base / "data" / "recordings", rooms=rooms or {}),
    )
    text = read_text(path, problems)
    tree = parse(text, problems) if text is not None else None
    if tree is None:
        return site, problems
    fields = tree.fields(
        "data", "flows", "voices", "trunk_groups", "extensions", "agent_groups", "routes", "recording", "background", "calls",
        "sip",
    )  # fmt: skip
    folders = {name: base / fields[name].text(name) for name in ("data", "flows", "voices") if name in fields}
    site = replace(site, **folders)  # type: ignore[arg-type]
    sip = read_sip(fields["sip"], base) if "sip" in fields else None
    groups = _groups(fields.get("trunk_groups"), (*trunks, *trunk_names(sip)))
    phones: dict[str, SipPhone] | None = None if sip is None else {}
    extensions = _extensions(fields.get("extensions"), groups, phones, sip.media if sip else SipMedia())
    if sip is not None and phones:
        sip = replace(sip, phones=phones)
    routes = _routes(fields.get("routes"), groups, extensions, rooms)
    calls = replace(
        site.calls,
        groups=groups,
        extensions=extensions,
        routes=routes,
        recordings=site.data / "recordings",
    )
    calls = _background(fields.get("background"), _recording(fields.get("recording"), calls))
    site = replace(site, agent_groups=_agent_groups(fields.get("agent_groups"), extensions), sip=sip)
    return replace(site, calls=_limits(fields.get("calls"), calls)), problems


def _groups(tree: Tree | None, trunks: tuple[str, ...]) -> dict[str, TrunkGroup]:
    out: dict[str, TrunkGroup] = {}
    for name, group in tree.pairs() if tree else ():
        fields = group.fields("trunks", "hunting")
        if "trunks" not in fields:
            group.wrong("no trunks", "没有 trunks", "write trunks: [Trunk0]", "请写 trunks: [Trunk0]")
            continue
        members: list[str] = []
        for item in fields["trunks"].items():
            trunk = next((t for t in trunks if t.lower() == item.text().lower()), "")
            if not trunk:
                listed = ", ".join(trunks) or "-"
                item.wrong(
                    f"'{item.text()}' is no trunk of Tce1-32.ini or of sip",
                    f"'{item.text()}' 不是 Tce1-32.ini 或 sip 中的中继",
                    f"there are: {listed}",
                    f"可用的有：{listed}",
                )
            elif trunk in members:
                item.wrong(f"{trunk} stands twice", f"{trunk} 重复", "name it once", "只写一次")
            else:
                members.append(trunk)
        hunting = fields["hunting"].choice(HUNTING, "circular") if "hunting" in fields else "circular"
        out[name] = TrunkGroup(name, tuple(members), hunting)
    return out


def _known_group(tree: Tree, groups: dict[str, TrunkGroup]) -> str:
    name = tree.text()
    if name in groups:
        return name
    listed = ", ".join(groups) or "-"
    tree.wrong(
        f"there is no trunk group '{name}'", f"没有中继组 '{name}'", f"there are: {listed}", f"可用的有：{listed}"
    )
    return ""


def _pattern(tree: Tree) -> str:
    text = tree.text()
    if _PATTERN.fullmatch(text):
        return text
    tree.wrong(
        f"'{text}' is no number pattern",
        f"'{text}' 不是号码模式",
        "digits, ? for one digit, * for any number of digits",
        "数字，? 代表一位，* 代表任意多位",
    )
    return ""


def _extensions(
    tree: Tree | None, groups: dict[str, TrunkGroup], phones: dict[str, SipPhone] | None, media: SipMedia
) -> dict[str, Extension]:
    """phones: is filled with those that have a secret; None where there is no `sip:`. The group they are reached by is made with the first."""
    out: dict[str, Extension] = {}
    for number, extension in tree.pairs() if tree else ():
        if not _PATTERN.fullmatch(number):
            extension.wrong(
                f"'{number}' is no number",
                f"'{number}' 不是号码",
                "digits, or a pattern such as 8???",
                "数字，或如 8??? 的模式",
            )
            continue
        fields = extension.fields("trunk_group", "dial", "lines", *PHONE_KEYS)
        if ("trunk_group" in fields) == ("secret" in fields):
            extension.wrong(
                "an extension has a trunk_group, or a secret to register with",
                "分机应有 trunk_group，或注册用的 secret",
                "write trunk_group: NAME, or secret: ... for a SIP telephone",
                "请写 trunk_group: 名称；SIP 话机请写 secret: ...",
            )
            continue
        lines = fields["lines"].number(1, 2000, 1) if "lines" in fields else 1
        if "secret" in fields:
            group = _phone(number, extension, fields, groups, phones, media)
        else:
            group = _known_group(fields["trunk_group"], groups)
        dial = fields["dial"].text() if "dial" in fields else ""
        if group:
            out[number] = Extension(number, group, dial, lines)
    return out


def _phone(
    number: str,
    extension: Tree,
    fields: dict[str, Tree],
    groups: dict[str, TrunkGroup],
    phones: dict[str, SipPhone] | None,
    media: SipMedia,
) -> str:
    """The trunk group of an extension that registers; "" when something is wrong with it."""
    if phones is None:
        extension.wrong("a secret, but there is no section sip", "有 secret，但没有 sip 小节", "write sip: {}", "请写 sip: {}")
        return ""
    found = read_phone(number, fields, media)
    if found is None:
        return ""
    if PHONES in groups and groups[PHONES].trunks != (PHONES,):
        extension.wrong(
            f"the trunk group {PHONES} is that of extensions with a secret",
            f"中继组 {PHONES} 专用于有 secret 的分机",
            "give the one under trunk_groups another name",
            "请为 trunk_groups 中的该组改名",
        )
        return ""
    phones[number] = found
    return groups.setdefault(PHONES, TrunkGroup(PHONES, (PHONES,), "linear")).name


def _agent_groups(tree: Tree | None, extensions: dict[str, Extension]) -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for name, members in tree.pairs() if tree else ():
        numbers: list[str] = []
        for item in members.items():
            if item.text() in extensions:
                numbers.append(item.text())
            else:
                item.wrong(
                    f"there is no extension '{item.text()}'",
                    f"没有分机 '{item.text()}'",
                    "add it under extensions",
                    "请在 extensions 中添加",
                )
        out[name] = tuple(numbers)
    return out


def _routes(
    tree: Tree | None,
    groups: dict[str, TrunkGroup],
    extensions: dict[str, Extension],
    rooms: Mapping[str, RoomSettings] | None,
) -> tuple[Route, ...]:
    out: list[Route] = []
    for rule in tree.items() if tree else ():
        fields = rule.fields("called", "calling", "trunk_group", "times", *TARGETS, "record")
        targets = [name for name in TARGETS if name in fields]
        if len(targets) != 1:
            rule.wrong(
                "a route has exactly one of flow, extension, conference, refuse",
                "路由必须有且只有 flow、extension、conference、refuse 之一",
                "remove or add one",
                "请删除或添加",
            )
            continue
        patterns = {name: _pattern(fields[name]) for name in ("called", "calling") if name in fields}
        group = _known_group(fields["trunk_group"], groups) if "trunk_group" in fields else "*"
        times = tuple(w for item in fields["times"].items() if (w := _window(item))) if "times" in fields else ()
        target = fields[targets[0]]
        if targets == ["extension"] and "{" not in target.text() and target.text() not in extensions:
            target.wrong(
                f"there is no extension '{target.text()}'",
                f"没有分机 '{target.text()}'",
                "add it under extensions",
                "请在 extensions 中添加",
            )
        if targets == ["conference"] and rooms is not None and "{" not in target.text() and target.text() not in rooms:
            target.wrong(
                f"there is no conference '{target.text()}'",
                f"没有会议室 '{target.text()}'",
                f"add a section [Conference0] with Number = {target.text()} to Tce1-32.ini",
                f"请在 Tce1-32.ini 中添加 Number = {target.text()} 的 [Conference0] 小节",
            )
        if not all(patterns.values()) or not group:
            continue
        out.append(
            Route(
                **patterns,
                trunk_group=group,
                times=times,
                flow=target.text() if targets == ["flow"] else "",
                extension=target.text() if targets == ["extension"] else "",
                conference=target.text() if targets == ["conference"] else "",
                refuse=target.number(1, 127, 21) if targets == ["refuse"] else None,
                record=fields["record"].flag(False) if "record" in fields else False,
                line=target.line,
            )
        )
    return tuple(out)


def _window(tree: Tree) -> TimeWindow | None:
    """ "mon-fri 09:00-18:00", "sat,sun", "22:00-06:00"."""
    text = tree.text().strip().lower()
    found = re.fullmatch(r"(?:([a-z,\-]+))?\s*(?:(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d))?", text)
    days = _days(found[1]) if found and text else None
    if not found or days is None:
        tree.wrong(
            f"'{text}' is no time", f"'{text}' 不是时间", 'write "mon-fri 09:00-18:00"', '请写 "mon-fri 09:00-18:00"'
        )
        return None
    begin, end = 0, 24 * 60
    if found[2]:
        begin, end = int(found[2]) * 60 + int(found[3]), int(found[4]) * 60 + int(found[5])
    try:
        return TimeWindow(days, begin, end)
    except ValueError:
        tree.wrong(
            f"'{text}' is no time",
            f"'{text}' 不是时间",
            "times lie between 00:00 and 24:00",
            "时间应在 00:00 与 24:00 之间",
        )
        return None


def _days(text: str | None) -> frozenset[int] | None:
    if not text:
        return frozenset(range(1, 8))
    out: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in _DAYS or (last and last not in _DAYS):
            return None
        a, b = _DAYS.index(first), _DAYS.index(last or first)
        out.update((a + n) % 7 + 1 for n in range((b - a) % 7 + 1))
    return frozenset(out)


# key -> (field of CallSettings, the most)
_RECORDING_SECONDS = {
    "preroll_seconds": ("recording_preroll_s", 120),
    "longest_seconds": ("recording_longest_s", 86_400),
    "silence_seconds": ("recording_silence_s", 3600),
    "beep_seconds": ("recording_beep_s", 3600),
}


def _recording(tree: Tree | None, calls: CallSettings) -> CallSettings:
    """`recording:` which calls, in what format, how surely on the disk."""
    if tree is None:
        return calls
    fields = tree.fields("calls", "format", "sync_seconds", *_RECORDING_SECONDS)
    if "calls" in fields:
        calls = replace(calls, recording=fields["calls"].choice((*RECORDING, "by route"), "none").removeprefix("by "))
    if "format" in fields:
        calls = replace(calls, recording_format=fields["format"].choice(RECORDING_FORMATS, ""))
    if "sync_seconds" in fields:
        calls = replace(calls, recording_sync_s=fields["sync_seconds"].number(0, 3600, 0))
    seconds = {
        attribute: float(fields[name].number(0, most, 0))
        for name, (attribute, most) in _RECORDING_SECONDS.items()
        if name in fields
    }
    return replace(calls, **seconds)  # type: ignore[arg-type]


def _background(tree: Tree | None, calls: CallSettings) -> CallSettings:
    """`background:` of sounds under talks and flows: how much softer they are, and by how much they are lowered under speech; dB."""
    if tree is None:
        return calls
    fields = tree.fields("softer", "duck")
    if "softer" in fields:
        calls = replace(calls, background_gain_db=-float(fields["softer"].number(0, 60, 18)))
    if "duck" in fields:
        calls = replace(calls, background_duck_db=float(fields["duck"].number(0, 60, 12)))
    return calls


def _limits(tree: Tree | None, calls: CallSettings) -> CallSettings:
    """`calls:` the numbers an operator may turn."""
    if tree is None:
        return calls
    fields = tree.fields("max", "ring_seconds", "max_waiting", "music", "tones", "timezone")
    changes: dict[str, object] = {}
    readers: dict[str, tuple[str, Callable[[Tree], object]]] = {
        "max": ("max_calls", lambda t: t.number(1, 20_000, calls.max_calls)),
        "ring_seconds": ("ring_s", lambda t: float(t.number(1, 600, int(calls.ring_s)))),
        "max_waiting": ("max_waiting", lambda t: t.number(0, 20_000, calls.max_waiting)),
        "music": ("music", lambda t: t.text()),
        "tones": ("tones", lambda t: t.choice(tuple(COUNTRIES), calls.tones)),
        "timezone": ("timezone", _timezone),
    }
    for name, (attribute, read) in readers.items():
        if name in fields:
            changes[attribute] = read(fields[name])
    return replace(calls, **changes)  # type: ignore[arg-type]


def _timezone(tree: Tree) -> ZoneInfo | None:
    try:
        return ZoneInfo(tree.text())
    except (ZoneInfoNotFoundError, ValueError):
        tree.wrong(
            f"'{tree.text()}' is no time zone", f"'{tree.text()}' 不是时区", "write Asia/Shanghai", "请写 Asia/Shanghai"
        )
        return None
