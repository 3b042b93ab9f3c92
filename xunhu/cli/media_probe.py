"""`xunhu media probe`: what a sound file is, and whether it will do as a prompt."""

from __future__ import annotations

from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import log10
from pathlib import Path
from typing import Any

from xunhu._media import media_reasons
from xunhu._media.media_file import CODECS, Measured, MediaError, Meter, Reader, ReaderInfo
from xunhu.cli.media_inputs import Input, check_source, inputs, open_input, shown_path, why
from xunhu.cli.output import FOUND, OK, print_json, print_table
from xunhu.text import language, tr

LOWEST_DBM0, BEST_DBM0, HIGHEST_DBM0 = -24.0, -16.0, -9.0  # of speech
LONGEST_HEAD_S, LONGEST_TAIL_S = 0.5, 1.0
MOST_ZERO = 330.0  # 1 % of full scale
CLIPPED_SHARE = 0.0005
JOBS = 4


@dataclass(slots=True)
class Probed:
    path: Path
    info: ReaderInfo | None = None
    channels: list[Measured] = field(default_factory=list)
    heard: Measured | None = None  # as a caller hears it: 8 kHz, mixed down
    problems: list[tuple[str, str]] = field(default_factory=list)  # text, remedy: it should not be used so
    hints: list[tuple[str, str]] = field(default_factory=list)  # it would be better otherwise
    readable: bool = False

    @property
    def seconds(self) -> float:
        return self.channels[0].frames / self.info.out_rate if self.info and self.channels else 0.0


def look(item: Input, arguments: Namespace) -> Probed:
    """Reads the whole file. Never raises for what is wrong with it."""
    found = Probed(item.path)
    try:
        with open_input(item.path, arguments, out_rate=-1, out_channels=-1) as reader:
            _measure(reader, found)
        found.heard = _as_heard(item, arguments, found)
    except OSError as error:
        found.problems.append(why(error))
        damaged = isinstance(error, MediaError) and error.reason == media_reasons.DAMAGED
        found.readable = damaged and bool(found.channels)
    if found.readable:
        _judge(found)
    return found


def _measure(reader: Reader, found: Probed) -> None:
    found.info = info = reader.info
    meters = [Meter(info.out_rate, channels=info.channels, channel=n) for n in range(info.channels)]
    try:
        while block := reader.read():
            for meter in meters:
                meter.run(block)
    finally:
        found.channels = [meter.end() for meter in meters]
        found.info = reader.info
    found.readable = True


def _as_heard(item: Input, arguments: Namespace, found: Probed) -> Measured:
    if found.info is not None and found.info.channels == 1:
        return found.channels[0]
    meter = Meter()
    with open_input(item.path, arguments) as reader:
        while block := reader.read():
            meter.run(block)
    return meter.end()


def _fix(path: Path, options: str) -> str:
    return f"xunhu media convert {shown_path(path)} {options} -o {tr('DIR', '目录')}"


def _judge(found: Probed) -> None:
    """As a prompt."""
    info, path = found.info, found.path
    assert info is not None
    heard = found.heard or found.channels[0]
    level = heard.active_dbm0
    if info.note:
        found.hints.append(media_reasons.explain(info.note, lang=language()))
    if heard.frames == 0:
        found.problems.append((tr("no sound in it", "没有声音数据"), tr("make it again", "请重新生成")))
        return
    if heard.active_s == 0:
        found.problems.append((tr("silent from beginning to end", "全部静音"), tr("record it again", "请重新录制")))
        return
    if max(m.clipped / max(1, m.frames) for m in found.channels) > CLIPPED_SHARE:
        found.problems.append(
            (tr("clipped: distorted where it is loud", "削波：大声处失真"), tr("record it again 6 dB lower; nothing repairs it", "请降低 6 dB 重新录制；无法修复"))
        )
    if level < LOWEST_DBM0:
        found.problems.append((tr(f"too quiet: {level:.0f} dBm0", f"太轻：{level:.0f} dBm0"), _fix(path, "--normalise")))
    elif level > HIGHEST_DBM0:
        found.problems.append((tr(f"too loud: {level:.0f} dBm0", f"太响：{level:.0f} dBm0"), _fix(path, "--normalise")))
    if max(abs(m.zero) for m in found.channels) > MOST_ZERO:
        found.problems.append((tr("its zero line is off (DC): it clicks at begin and end", "有直流偏移：首尾有咔嗒声"), _fix(path, "--normalise")))
    head, tail = heard.head_s, heard.tail_s
    if head > LONGEST_HEAD_S or tail > LONGEST_TAIL_S:
        found.hints.append(
            (tr(f"callers wait: silence of {head:.1f} s before and {tail:.1f} s behind", f"首部静音 {head:.1f} 秒，尾部 {tail:.1f} 秒，主叫要等待"), _fix(path, "--trim"))
        )
    if info.rate < 8000:
        found.hints.append((tr(f"sampled at {info.rate} Hz: duller than the line", f"采样率 {info.rate} Hz，音质低于线路"), tr("use a better original", "请使用更好的原始文件")))


def _sine_dbm0(peak: int) -> float:
    return 20 * log10(max(peak, 1) / 22779)


def as_json(found: Probed) -> dict[str, Any]:
    info = found.info
    out: dict[str, Any] = {"file": shown_path(found.path), "readable": found.readable}
    if info is not None:
        out |= {
            "container": info.container, "codec": CODECS[info.codec], "channels": info.channels, "rate": info.rate,
            "seconds": round(found.seconds, 3), "samples": found.channels[0].frames if found.channels else 0,
        }  # fmt: skip
    if found.channels:
        out["levels"] = [
            {
                "active_dbm0": round(m.active_dbm0, 2), "rms_dbm0": round(m.rms_dbm0, 2), "peak": m.peak,
                "peak_dbm0": round(_sine_dbm0(m.peak), 2), "clipped_samples": m.clipped, "dc": round(m.zero, 1),
                "silence_before_s": round(m.head_s, 2), "silence_after_s": round(m.tail_s, 2), "active_s": round(m.active_s, 2),
            }
            for m in found.channels
        ]  # fmt: skip
    if found.heard is not None:
        out["mixed_active_dbm0"] = round(found.heard.active_dbm0, 2)
    out["good_prompt"] = found.readable and not found.problems
    out["problems"] = [{"text": text, "remedy": remedy} for text, remedy in found.problems]
    out["hints"] = [{"text": text, "remedy": remedy} for text, remedy in found.hints]
    return out


def _format_text(info: ReaderInfo) -> str:
    box = {"wav": "WAV, ", "au": ".au, ", "raw": tr("no header, ", "无文件头，"), "mp3": ""}[info.container]
    channels = tr("mono", "单声道") if info.channels == 1 else tr("stereo", "双声道")
    return f"{box}{CODECS[info.codec]}, {info.rate:,} Hz, {channels}"


def _verdict(found: Probed) -> str:
    if not found.readable:
        return tr("not readable", "不可读")
    return tr("no", "不适合") if found.problems else tr("yes", "适合") if not found.hints else tr("fair", "可用")


def _show_one(found: Probed) -> None:
    rows: list[tuple[str, str]] = []
    if found.info is not None:
        rows.append((tr("format", "格式"), _format_text(found.info)))
        rows.append((tr("length", "时长"), tr(f"{found.seconds:.2f} s", f"{found.seconds:.2f} 秒")))
    sides = [""] if len(found.channels) == 1 else [tr(" left", " 左"), tr(" right", " 右")]
    for side, m in zip(sides, found.channels, strict=False):
        rows.append((tr("level", "电平") + side, tr(f"{m.active_dbm0:.1f} dBm0 while there is sound, peak {_sine_dbm0(m.peak):+.1f}", f"有声部分 {m.active_dbm0:.1f} dBm0，峰值 {_sine_dbm0(m.peak):+.1f}")))
        rows.append((tr("silence", "静音") + side, tr(f"{m.head_s:.2f} s before, {m.tail_s:.2f} s behind", f"首部 {m.head_s:.2f} 秒，尾部 {m.tail_s:.2f} 秒")))
        rows.append((tr("clipped", "削波") + side, tr(f"{m.clipped:,} samples", f"{m.clipped:,} 个样点")))
        rows.append((tr("zero line", "直流") + side, f"{round(m.zero)}"))
    if len(found.channels) == 2 and found.heard:
        rows.append((tr("mixed down", "混音后"), f"{found.heard.active_dbm0:.1f} dBm0"))
    rows.append((tr("as a prompt", "作提示音"), _verdict(found)))
    print(shown_path(found.path))
    width = max(len(name.encode("gbk", "replace")) for name, _ in rows)
    for name, text in rows:
        print(f"  {name}{' ' * (width - len(name.encode('gbk', 'replace')))}  {text}")


def _show_remarks(found: Probed, *, named: bool) -> None:
    for text, remedy in [*found.problems, *found.hints]:
        print(f"  {shown_path(found.path) + ': ' if named else '- '}{text}")
        if remedy:
            print(f"    {remedy}")


def probe(arguments: Namespace) -> int:
    """The exit status: 1 when a file is not readable or should not be used as a prompt."""
    check_source(arguments)
    items = inputs(arguments.files)
    with ThreadPoolExecutor(JOBS) as pool:
        found = list(pool.map(lambda item: look(item, arguments), items))
    if arguments.json:
        print_json([as_json(one) for one in found])
    elif len(found) == 1:
        _show_one(found[0])
        _show_remarks(found[0], named=False)
    else:
        _show_table(found)
    return FOUND if any(one.problems for one in found) else OK


def _show_table(found: list[Probed]) -> None:
    rows = []
    for one in found:
        heard = one.heard or (one.channels[0] if one.channels else None)
        rows.append(
            (
                shown_path(one.path),
                _format_text(one.info) if one.info else "-",
                f"{one.seconds:.2f}" if one.info else "-",
                f"{heard.active_dbm0:.1f}" if heard else "-",
                _verdict(one),
            )
        )
    heads = (tr("FILE", "文件"), tr("FORMAT", "格式"), tr("SECONDS", "秒"), "dBm0", tr("PROMPT", "提示音"))
    print_table(heads, rows, fold=0)
    remarks = [one for one in found if one.problems or one.hints]
    if remarks:
        print()
    for one in remarks:
        _show_remarks(one, named=True)
