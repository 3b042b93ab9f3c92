"""The report of a load test as text."""

from __future__ import annotations

from typing import Any

from xunhu.cli.output import print_table
from xunhu.load.words import TIME_KEYS, failure, talk_path, time_name
from xunhu.text import tr


def show(report: dict[str, Any]) -> None:
    figures = report["figures"]
    ramp = report["ramp"]
    if ramp is not None:
        _show_ramp(ramp)
    rate = f"{report['rate']:g}"
    head = tr(
        f"{figures['attempts']} calls at {rate} a second: {figures['answered']} answered, {figures['failed']} failed ({figures['failed_percent']:g} %)",
        f"{figures['attempts']} 次呼叫，每秒 {rate} 次：应答 {figures['answered']}，失败 {figures['failed']}（{figures['failed_percent']:g} %）",
    )
    print(head)
    for name, count in figures["failures"].items():
        print(f"  {failure(name)}: {count}")
    times = [(time_name(key), figures[key]) for key in TIME_KEYS if figures.get(key)]
    if times:
        print_table(
            [tr("ms", "毫秒"), "p50", "p90", "p99", tr("most", "最大"), tr("count", "次数")],
            [(name, of["p50"], of["p90"], of["p99"], of["most"], of["count"]) for name, of in times],
        )
    paths = figures.get("talk_paths") or {}
    if paths:
        print(tr("talk paths: ", "话路：") + ", ".join(f"{talk_path(name)} {count}" for name, count in paths.items()))
    keys = figures.get("keys") or {}
    if any(keys.values()):
        right, missed, wrong = (keys.get(name, 0) for name in ("right", "missed", "wrong"))
        print(tr(f"keys: {right} right, {missed} missed, {wrong} wrong", f"按键：正确 {right}，丢失 {missed}，错误 {wrong}"))
    if mos := figures.get("mos"):
        print(f"MOS: p50 {mos['p50']:.2f}, p1 {mos['p1']:.2f}, {tr('least', '最低')} {mos['least']:.2f} ({mos['count']})")
    if figures.get("retransmissions"):
        print(tr(f"retransmissions: {figures['retransmissions']}", f"重发：{figures['retransmissions']}"))
    _show_switch(report)
    for note in report["notes"]:
        print(f"! {note}")
    if report["interrupted"]:
        print(tr("interrupted", "已中断"))
    if report["good"]:
        print(tr("within all limits", "全部符合限值"))
    else:
        print(tr("beyond limits: ", "超出限值：") + "; ".join(report["beyond"]))


def _show_switch(report: dict[str, Any]) -> None:
    switch = report["switch"]
    if switch is None:
        return
    parts = []
    for name, text in (("control", tr("control", "控制")), ("media", tr("media", "媒体")), ("far", tr("load tool", "压测工具"))):
        cpu, rss = (switch["figures"].get(f"{name}_{what}") for what in ("cpu_percent", "rss_mib"))
        if cpu is not None and rss is not None:
            parts.append(f"{text} {cpu['mean']:g} % (≤ {cpu['most']:g}), {rss['most']:g} MiB")
    if parts:
        print(tr("processor, memory: ", "处理器、内存：") + "; ".join(parts))
    if "switch_calls" not in switch["figures"]:
        return  # it was not asked
    far = report["far"] or {}
    late = tr(f"late ticks: switch {switch['late_ticks']}", f"迟到节拍：交换机 {switch['late_ticks']}")
    if "late_ticks" in far:
        late += tr(f", load tool {far['late_ticks']}", f"，压测工具 {far['late_ticks']}")
    print(late)


def _show_ramp(ramp: dict[str, Any]) -> None:
    knee = ramp["knee"]
    if knee is None:
        print(tr("no knee: not even the lowest rate was good", "没有拐点：最低速率也不合格"))
    elif ramp["beyond"]:
        print(tr(f"the knee is above {knee:g} calls/s", f"拐点高于 {knee:g} 呼叫/秒"))
    else:
        print(tr(f"knee: {knee:g} calls/s", f"拐点：{knee:g} 呼叫/秒"))
