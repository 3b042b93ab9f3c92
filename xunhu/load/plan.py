"""What a run does: which calls, how many a second, for how long, and what is asked of them. From options of the command line or a load.yaml."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from xunhu.config.problems import ConfigError, Problems, read_text
from xunhu.config.tree import Tree, parse
from xunhu.text import tr

DO = ("answer", "prompt", "menu", "bridge", "echo")
_RANGE = re.compile(r"([0-9]{1,15})-([0-9]{1,15})")
_NUMBER = re.compile(r"[0-9*#?]{1,20}")
_KEYS = re.compile(r"[0-9*#A-D]{1,32}")


@dataclass(frozen=True, slots=True)
class CallKind:
    """A kind of call.

    do: "answer" - the site answers, the call is held and released; "prompt" - and something must be heard; "menu" - and each
    of `keys` must be followed by its prompt of the load flow (own_site.py); "bridge" - the site calls a party at another line of ours,
    and both must hear each other's code; "echo" - whoever is called sends back what it hears (an echo of SIPp, docs/load.md), and the caller must hear itself.
    called: a number, a range (8001-8030) or a pattern (8???) whose ? are filled from 0 on. hold_s: from the answer to the release.
    """

    do: str
    called: str
    share: int = 1
    hold_s: float = 2.0
    keys: str = ""

    def __post_init__(self) -> None:
        if self.do not in DO:
            raise ValueError(tr(f"'{self.do}' is no kind of call: {', '.join(DO)}", f"'{self.do}' 不是呼叫类型：{', '.join(DO)}"))
        bounds = _RANGE.fullmatch(self.called)
        if not bounds and not _NUMBER.fullmatch(self.called):
            raise ValueError(
                tr(f"'{self.called}' is no number, range (8001-8030) or pattern (8???)", f"'{self.called}' 不是号码、范围（8001-8030）或模式（8???）")
            )
        if bounds and not (len(bounds[1]) == len(bounds[2]) and int(bounds[1]) <= int(bounds[2])):
            raise ValueError(tr(f"the range {self.called} goes backwards", f"范围 {self.called} 前后颠倒"))
        if self.keys and not _KEYS.fullmatch(self.keys):
            raise ValueError(tr(f"keys '{self.keys}': 0-9 * # A-D", f"按键 '{self.keys}'：应为 0-9 * # A-D"))

    def number(self, n: int) -> str:
        """What call n of this kind dials."""
        bounds = _RANGE.fullmatch(self.called)
        if bounds:
            first, last = int(bounds[1]), int(bounds[2])
            return str(first + n % (last - first + 1)).zfill(len(bounds[1]))
        wild = self.called.count("?")
        digits = iter(str(n % 10**wild).zfill(wild)) if wild else iter("")
        return "".join(next(digits) if sign == "?" else sign for sign in self.called)


def call_kind(do: str, text: str) -> CallKind:
    """Of an option: NUMBER[:KEYS][xSHARE]. ValueError."""
    body, sign, share = text.partition("x")
    if sign and not (share.isascii() and share.isdigit() and 1 <= int(share) <= 1000):
        raise ValueError(tr(f"'{text}': a share is 1 to 1000", f"'{text}'：份额为 1 到 1000"))
    number, _, keys = body.partition(":")
    return CallKind(do, number, int(share or 1), keys=keys or ("1" if do == "menu" else ""))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run must keep to be good. Absent ones (None) are not looked at."""

    failed_share: float | None = 0.005  # of all attempts
    setup_p99_ms: float | None = None
    audio_p99_ms: float | None = None
    key_p99_ms: float | None = None
    late_ticks: int | None = None  # of the switch


@dataclass(frozen=True, slots=True)
class Plan:
    """rate: calls a second; calls: how many, 0: as many as `seconds` have room for. answer_after_s: of a called party of ours. calling: the
    first digits of the callers' numbers, of which each call has its own."""

    kinds: tuple[CallKind, ...] = ()
    rate: float = 5.0
    seconds: float = 30.0
    calls: int = 0
    poisson: bool = False
    seed: int = 1
    via: tuple[str, ...] = ()
    calling: str = "139"
    answer_after_s: float = 0.0
    patience_s: float = 20.0  # for an answer, a prompt's beginning, a release
    limits: Limits = field(default_factory=Limits)

    @property
    def total(self) -> int:
        return self.calls or max(1, round(self.rate * self.seconds))

    def kind_of(self, n: int) -> tuple[CallKind, int]:
        """Call n: its kind, and how many of this kind were before it. Kinds take turns by their shares."""
        period = sum(kind.share for kind in self.kinds)
        turn, place = divmod(n, period)
        for kind in self.kinds:
            if place < kind.share:
                return kind, turn * kind.share + place
            place -= kind.share
        raise AssertionError


_KEYS_OF_PLAN = ("rate", "seconds", "calls", "poisson", "seed", "via", "calling", "answer_after_ms", "patience", "mix", "limits")
_KEYS_OF_KIND = ("do", "called", "share", "hold_ms", "keys")
_KEYS_OF_LIMITS = ("failed_percent", "setup_p99_ms", "audio_p99_ms", "key_p99_ms", "late_ticks")


def load_plan(path: Path) -> Plan:
    """A load.yaml. ConfigError with every fault at once."""
    problems = Problems(path)
    text = read_text(path, problems)
    tree = parse(text, problems) if text is not None else None
    plan = _plan(tree) if tree is not None else Plan()
    if problems.fatal:
        raise ConfigError(problems.found)
    return plan


def _fraction(tree: Tree, low: float, high: float, default: float) -> float:
    text = tree.text(str(default))
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text) and low <= float(text) <= high:
        return float(text)
    tree.wrong(f"'{text}' is not right", f"'{text}' 不正确", f"a number from {low:g} to {high:g}", f"应为 {low:g} 到 {high:g} 的数")
    return default


def _plan(tree: Tree) -> Plan:
    rows = tree.fields(*_KEYS_OF_PLAN)
    plan = Plan()
    kinds = tuple(kind for row in rows["mix"].items() if (kind := _kind(row)) is not None) if "mix" in rows else ()
    if not kinds:
        tree.wrong("names no calls", "没有列出呼叫", "mix: - {do: answer, called: 4006000998}", "mix: - {do: answer, called: 4006000998}")
    return Plan(
        kinds=kinds,
        rate=_fraction(rows["rate"], 0.01, 1000, 5.0) if "rate" in rows else plan.rate,
        seconds=_fraction(rows["seconds"], 1, 604800, 30.0) if "seconds" in rows else plan.seconds,
        calls=rows["calls"].number(0, 100_000_000, 0) if "calls" in rows else 0,
        poisson=rows["poisson"].flag(False) if "poisson" in rows else False,
        seed=rows["seed"].number(0, 999_999_999, 1) if "seed" in rows else 1,
        via=tuple(row.text() for row in rows["via"].items()) if "via" in rows else (),
        calling=rows["calling"].text("139") if "calling" in rows else plan.calling,
        answer_after_s=rows["answer_after_ms"].number(0, 60_000, 0) / 1000 if "answer_after_ms" in rows else 0.0,
        patience_s=_fraction(rows["patience"], 1, 120, 20.0) if "patience" in rows else plan.patience_s,
        limits=_limits(rows["limits"]) if "limits" in rows else Limits(),
    )


def _kind(tree: Tree) -> CallKind | None:
    rows = tree.fields(*_KEYS_OF_KIND)
    try:
        return CallKind(
            rows["do"].choice(DO, "answer") if "do" in rows else "answer",
            rows["called"].text() if "called" in rows else "",
            rows["share"].number(1, 1000, 1) if "share" in rows else 1,
            rows["hold_ms"].number(0, 86_400_000, 2000) / 1000 if "hold_ms" in rows else 2.0,
            rows["keys"].text() if "keys" in rows else "",
        )
    except ValueError as error:
        tree.wrong(str(error), str(error), "{do: bridge, called: 8001-8030, share: 1}", "{do: bridge, called: 8001-8030, share: 1}")
        return None


def _limits(tree: Tree) -> Limits:
    rows = tree.fields(*_KEYS_OF_LIMITS)

    def of(name: str, high: float) -> float | None:
        return _fraction(rows[name], 0, high, 0) if name in rows else None

    share = of("failed_percent", 100)
    late = of("late_ticks", 1_000_000)
    return Limits(
        0.005 if share is None else share / 100,
        of("setup_p99_ms", 600_000),
        of("audio_p99_ms", 600_000),
        of("key_p99_ms", 600_000),
        None if late is None else int(late),
    )
