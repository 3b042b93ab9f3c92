"""A report as one page that needs nothing else: tables, charts as inline SVG, light and dark, in the language of the run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from xunhu.load.svg import Chart, Line
from xunhu.load.words import TIME_KEYS, cause, failure, talk_path, time_name
from xunhu.text import language, tr

_STYLE = """
:root{--bg:#fff;--fg:#1c2430;--dim:#66707d;--rule:#d9dee5;--card:#f6f8fa;--good:#1a7f37;--bad:#c62828;
--c0:#0b62c4;--c1:#d1495b;--c2:#2a9134;--c3:#8a5cc2;--c4:#c77d0a}
@media(prefers-color-scheme:dark){:root{--bg:#12161c;--fg:#dfe5ec;--dim:#93a0ae;--rule:#2c3540;--card:#1a2028;--good:#57c072;--bad:#ff7b72;
--c0:#63a4ff;--c1:#ff8896;--c2:#6fd07b;--c3:#c3a3f5;--c4:#f0b252}}
body{margin:0 auto;max-width:1360px;padding:24px;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,"Noto Sans CJK SC",sans-serif}
h1{font-size:24px;margin:0 0 4px}h2{font-size:17px;margin:28px 0 8px}
.dim{color:var(--dim)}.verdict{font-size:18px;font-weight:600;margin:12px 0}.good{color:var(--good)}.bad{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px}
.tile{background:var(--card);border-radius:8px;padding:10px 14px}.tile b{display:block;font-size:22px;font-variant-numeric:tabular-nums}
.tile span{color:var(--dim);font-size:13px}
.cols{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:0 28px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:4px 8px;border-bottom:1px solid var(--rule);text-align:right}th:first-child,td:first-child{text-align:left}
th{color:var(--dim);font-weight:500}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:14px}
.chart{width:100%;height:auto;background:var(--card);border-radius:8px;font:11.5px system-ui,"Noto Sans CJK SC",sans-serif}
.chart text{fill:var(--dim)}.chart .title{fill:var(--fg);font-size:13px;font-weight:600}.grid{stroke:var(--rule)}
.line{fill:none;stroke-width:1.8;stroke-linejoin:round}.limit{stroke:var(--bad);stroke-dasharray:5 4}
""" + "".join(
    f".c{n}.line{{stroke:var(--c{n})}}.c{n}.bar,.c{n}.dot{{fill:var(--c{n})}}" for n in range(5)
)


def page_of(report: dict[str, Any]) -> str:
    """The whole page."""
    kind = tr("E1 lines", "E1 线路") if report["kind"] == "e1" else "SIP"
    title = tr(f"xunhu load: {kind}", f"讯呼压力测试：{kind}")
    parts = [
        f'<!doctype html><html lang="{"zh-CN" if language() == "zh" else "en"}"><head><meta charset="utf-8">',
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title><style>{_STYLE}</style></head><body>',
        f"<h1>{escape(title)}</h1><div class=dim>{escape(_when(report))}</div>",
        _verdict(report),
        _tiles(report),
        *_ramp(report),
        '<div class="cols">',
        _section(tr("Times, ms", "时间（毫秒）"), _times(report["figures"])),
        _section(tr("Failures", "失败原因"), _failures(report["figures"])),
        _section(tr("Talk paths and keys", "话路与按键"), _paths(report["figures"])),
        _section(tr("Release causes (Q.850)", "释放原因（Q.850）"), _causes(report["figures"])),
        _section(tr("The switch", "交换机"), _switch(report)),
        _section(tr("What was done", "测试内容"), _what(report)),
        "</div>",
        _section(tr("Over time", "随时间变化"), _charts(report)),
        _notes(report),
        "</body></html>\n",
    ]
    return "".join(parts)


def _when(report: dict[str, Any]) -> str:
    text = f"{report['began'].replace('T', ' ').replace('+00:00', ' UTC')}, {report['seconds']:g} s, xunhu {report['xunhu']}"
    return text + (tr("; interrupted", "；被中断") if report["interrupted"] else "")


def _verdict(report: dict[str, Any]) -> str:
    if report["good"]:
        return f'<div class="verdict good">{escape(tr("within all limits", "全部符合限值"))}</div>'
    return f'<div class="verdict bad">{escape(tr("beyond limits: ", "超出限值：") + "; ".join(report["beyond"]))}</div>'


def _tiles(report: dict[str, Any]) -> str:
    figures = report["figures"]
    tiles: list[tuple[str, str]] = []
    if report["ramp"] is not None:
        knee = report["ramp"]["knee"]
        tiles.append((tr("knee, calls/s", "拐点（呼叫/秒）"), "-" if knee is None else f"{knee:g}"))
    tiles += [
        (tr("attempts", "呼叫次数"), f"{figures['attempts']:,}"),
        (tr("answered", "应答"), f"{figures['answered']:,}"),
        (tr("failed", "失败"), f"{figures['failed']:,} ({figures['failed_percent']:g} %)"),
        (tr("calls/s", "呼叫/秒"), f"{report['rate']:g}"),
    ]
    for key, label in (("setup_ms", tr("set-up p99", "建立时间 p99")), ("key_ms", tr("key p99", "按键 p99"))):
        if figures.get(key):
            tiles.append((label, f"{figures[key]['p99']:g} ms"))
    paths = figures.get("talk_paths") or {}
    if paths:
        tiles.append((tr("talk paths right", "话路正确"), f"{paths.get('right', 0):,} / {sum(paths.values()):,}"))
    if figures.get("mos"):
        tiles.append(("MOS p50", f"{figures['mos']['p50']:.2f}"))
    if report["switch"] is not None and "switch_calls" in report["switch"]["figures"]:
        tiles.append((tr("late ticks", "迟到节拍"), f"{report['switch']['late_ticks']:,}"))
    rows = "".join(f"<div class=tile><span>{escape(name)}</span><b>{escape(value)}</b></div>" for name, value in tiles)
    return f'<div class="tiles">{rows}</div>'


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>" if body else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    if not body:
        return ""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _times(figures: dict[str, Any]) -> str:
    rows = [(time_name(key), figures[key]) for key in TIME_KEYS if figures.get(key)]
    cells = [(name, of["count"], of["p50"], of["p90"], of["p99"], of["most"]) for name, of in rows]
    return _table(["", tr("count", "次数"), "p50", "p90", "p99", tr("most", "最大")], cells)


def _failures(figures: dict[str, Any]) -> str:
    return _table(["", tr("calls", "呼叫")], [(failure(name), count) for name, count in figures["failures"].items()])


def _paths(figures: dict[str, Any]) -> str:
    rows: list[tuple[str, object]] = [(talk_path(name), count) for name, count in figures.get("talk_paths", {}).items()]
    words, keys = figures.get("words", {}), figures.get("keys", {})
    if words.get("right"):
        rows.append((tr("code words heard right", "正确听到的编码"), words["right"]))
        rows.append((tr("code words broken", "损坏的编码"), words["broken"]))
    if any(keys.values()):
        names = {"right": tr("keys right", "按键正确"), "missed": tr("keys missed", "按键丢失"), "wrong": tr("keys wrong", "按键错误")}
        rows += [(names[name], keys.get(name, 0)) for name in names]
    return _table(["", ""], rows)


def _causes(figures: dict[str, Any]) -> str:
    causes = figures.get("causes", {})
    return _table(["", tr("calls", "呼叫")], [(f"{number} {cause(int(number))}", count) for number, count in causes.items()])


_SWITCH = {
    "control_cpu_percent": ("control: processor, %", "控制进程：处理器 %"),
    "media_cpu_percent": ("media: processor, %", "媒体进程：处理器 %"),
    "control_rss_mib": ("control: memory, MiB", "控制进程：内存 MiB"),
    "media_rss_mib": ("media: memory, MiB", "媒体进程：内存 MiB"),
    "engine_load_percent": ("engine load, %", "引擎负载 %"),
    "switch_calls": ("calls up", "当前呼叫"),
    "far_cpu_percent": ("load tool: processor, %", "压测工具：处理器 %"),
    "far_rss_mib": ("load tool: memory, MiB", "压测工具：内存 MiB"),
}


def _switch(report: dict[str, Any]) -> str:
    if report["switch"] is None:
        return ""
    figures = report["switch"]["figures"]
    rows = [(tr(*_SWITCH[key]), figures[key]["mean"], figures[key]["most"]) for key in _SWITCH if key in figures]
    if "switch_calls" in figures:
        rows.append((tr("late ticks", "迟到节拍"), "", report["switch"]["late_ticks"]))
    far = report["far"] or {}
    if "late_ticks" in far:
        rows.append((tr("load tool: late ticks", "压测工具：迟到节拍"), "", far["late_ticks"]))
    if "lag_ms" in far:
        rows.append((tr("load tool: calls placed late, ms", "压测工具：呼叫发起迟到（毫秒）"), "", far["lag_ms"]))
    return _table(["", tr("mean", "平均"), tr("most", "最大")], rows)


def _what(report: dict[str, Any]) -> str:
    return _table(["", ""], report["what"])


def _ramp(report: dict[str, Any]) -> list[str]:
    ramp = report["ramp"]
    if ramp is None:
        return []
    steps = ramp["steps"]
    rows = [
        (
            f"{step['rate']:g}",
            step["figures"]["attempts"],
            f"{step['figures']['failed_percent']:g} %",
            (step["figures"].get("setup_ms") or {}).get("p99", "-"),
            tr("good", "合格") if step["good"] else step["why"],
        )
        for step in steps
    ]
    head = [tr("calls/s", "呼叫/秒"), tr("attempts", "次数"), tr("failed", "失败"), tr("set-up p99, ms", "建立 p99（毫秒）"), ""]
    ordered = sorted(steps, key=lambda step: step["rate"])
    rates = [step["rate"] for step in ordered]
    p99 = [(step["figures"].get("setup_ms") or {}).get("p99") for step in ordered]
    lost = [step["figures"]["failed_percent"] for step in ordered]
    unit = tr("calls/s", "呼叫/秒")
    charts = [
        Chart(tr("set-up over the rate", "建立时间与速率"), rates, unit, "ms", [Line("p99", p99)], report["limits"].get("setup_p99_ms"), dots=True),
        Chart(tr("failures over the rate", "失败率与速率"), rates, unit, "%", [Line(tr("failed", "失败"), lost)], dots=True),
    ]
    body = _table(head, rows) + '<div class="charts">' + "".join(chart.svg() for chart in charts) + "</div>"
    return [_section(tr("The search for the knee", "寻找拐点"), body)]


def _charts(report: dict[str, Any]) -> str:
    rows = report["seconds_rows"]
    x = [float(row["at"]) for row in rows]

    def of(*names: tuple[str, str], bars: bool = False) -> list[Line]:
        lines = [Line(label, [row.get(name) for row in rows], bars) for name, label in names]
        return [line for line in lines if any(value is not None for value in line.values)]

    control, media, far = tr("control", "控制"), tr("media", "媒体"), tr("load tool", "压测工具")
    limit = report["limits"].get("setup_p99_ms")
    charts = [
        Chart(
            tr("Calls a second", "每秒呼叫"),
            x,
            "s",
            "",
            of(("attempts", tr("attempts", "发起")), ("failed", tr("failed", "失败")), ("answered", tr("answered", "应答"))),
        ),
        Chart(tr("Calls up", "并发呼叫"), x, "s", "", of(("up", tr("calls", "呼叫")))),
        Chart(tr("Set-up to answer", "建立到应答"), x, "s", "ms", of(("setup_p50_ms", "p50"), ("setup_p99_ms", "p99")), limit),
        Chart(tr("Processor", "处理器"), x, "s", "%", of(("control_cpu_percent", control), ("media_cpu_percent", media), ("far_cpu_percent", far))),
        Chart(tr("Memory", "内存"), x, "s", "MiB", of(("control_rss_mib", control), ("media_rss_mib", media))),
        Chart("MOS", x, "s", "", of(("mos_p50", "p50"))),
        Chart(tr("Late ticks", "迟到节拍"), x, "s", "", of(("late_ticks", tr("late ticks", "迟到节拍")), bars=True)),
    ]
    shares = [float(share) for share in range(0, 101, 5)]
    curves = [Line(time_name(key), of_key["curve"]) for key in TIME_KEYS if (of_key := report["figures"].get(key)) and of_key.get("curve")]
    charts.append(Chart(tr("Times by percentile", "时间百分位"), shares, "%", "ms", curves))
    drawn = "".join(chart.svg() for chart in charts)
    return f'<div class="charts">{drawn}</div>' if drawn else ""


def _notes(report: dict[str, Any]) -> str:
    rows = "".join(f"<li>{escape(note)}</li>" for note in report["notes"])
    return _section(tr("Notes", "备注"), f"<ul>{rows}</ul>" if rows else "")
