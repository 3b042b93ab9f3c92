"""How well echo is cancelled, beside speexdsp, webrtc-audio-processing and libspandsp on the same samples: charts and a table.

    benchmarks/plot_echo.py              docs/figures/echo-*.svg and the table in docs/echo-quality.md
    benchmarks/plot_echo.py --json       the figures alone, nothing is written
    benchmarks/plot_echo.py --out DIR    charts and table (echo-quality.md, from markers) there

Takes a minute or two, nearly all of it the peers'.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import common
import echo_cases
import g168_sounds as g168
import numpy as np
from echo_cases import NAMES, OURS, WINDOW_MS, Case, Samples, Sound
from echo_svg import Chart

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
TITLES = {
    "convergence": "Convergence; at 6 s the echo path changes",
    "double talk": "Double talk from 5 to 10 s, near end 3 dB below",
    "noise": "Room noise of -40 dBm0 at the near end",
    "A-law": "A-law both ways",
    "speech": "Speech, English, from 6 s on Chinese",
    "music": "Music",
}
MARKS = {"convergence": [(6.0, "path changes")], "double talk": [(5.0, "near end speaks"), (10.0, "ends")], "speech": [(6.0, "another voice")]}
Figures = dict[str, dict[str, float | None]]  # row -> canceller -> value


def seconds_to(gains: Sound, db: float, begin_ms: float = 0) -> float | None:
    at = g168.reached_ms(gains[round(begin_ms / WINDOW_MS) :], db, WINDOW_MS)
    return round(at / 1000, 2) if np.isfinite(at) else None


def mean(gains: Sound, from_s: float, to_s: float) -> float:
    return round(float(np.nanmean(gains[round(from_s * 1000 / WINDOW_MS) : round(to_s * 1000 / WINDOW_MS)])), 1)


def near_level(case: Case, sout: Samples) -> float:
    """Sout over Sgen while both speak, dB, median of lines; 0 is right."""
    part = slice(44_000, 80_000)
    a, b = (np.mean(np.square(x[:, part].astype(float)), axis=1) for x in (sout, case.near))
    return round(float(np.median(10 * np.log10(np.maximum(a, 1e-2) / b))), 1)


def residual(case: Case, sout: Samples, from_s: float, to_s: float) -> float:
    """Level of Sout, dBm0, median of lines."""
    part = slice(round(from_s * 8000), round(to_s * 8000))
    power = np.maximum(np.mean(np.square(sout[:, part].astype(float)), axis=1), 1e-2)
    return round(float(np.median(10 * np.log10(power / g168.RMS_0**2))), 1)


def measured(case: Case, gains: Sound) -> dict[str, float | None]:
    """The table's rows that a case gives, without the non-linear processor."""
    if case.name == "convergence":
        return {
            "20 dB after, s": seconds_to(gains[:120], 20),
            "30 dB after, s": seconds_to(gains[:120], 30),
            "ERLE at 5 s, dB": mean(gains, 4.5, 6),
            "20 dB after a change of the path, s": seconds_to(gains, 20, 6000),
        }
    if case.name == "double talk":
        before, after = mean(gains, 3.5, 5), mean(gains, 10.15, 11)
        return {"ERLE during double talk, dB": mean(gains, 6, 10), "ERLE lost by double talk, dB": round(before - after, 1)}
    if case.name == "noise":
        return {"ERLE under noise at 10 s, dB": mean(gains, 8, 12)}
    if case.name == "A-law":
        return {"ERLE with A-law at 5 s, dB": mean(gains, 4.5, 6)}
    if case.name == "speech":
        wide = np.array([np.nanmean(x) if not np.all(np.isnan(x)) else np.nan for x in gains[: len(gains) // 4 * 4].reshape(-1, 4)])
        at = g168.reached_ms(wide[:30], 20, 4 * WINDOW_MS)
        return {"speech: 20 dB after, s": round(at / 1000, 1) if np.isfinite(at) else None, "speech: ERLE from 3 to 12 s, dB": mean(gains, 3, 12)}
    return {"music: ERLE from 5 to 12 s, dB": mean(gains, 5, 12)}


def chart(case: Case, curves: dict[str, Sound]) -> Chart:
    out = Chart(TITLES[case.name], "seconds", "ERLE, dB", (0, 12), (-10, 70), 1, 10, marks=MARKS.get(case.name, []))
    for name, gains in curves.items():
        shown = echo_cases.smooth(gains)
        out.lines.append((name, (np.arange(len(shown)) + 1) * WINDOW_MS / 1000, shown))
    return out


def everything(quick: bool) -> tuple[Figures, dict[str, Chart]]:
    figures: Figures = {}
    charts = {}
    for case in echo_cases.cases(quick):
        curves = {}
        for name in NAMES:
            sout = echo_cases.aligned(case, echo_cases.run(name, case, nlp=False))
            curves[name] = echo_cases.curve(case, sout)
            for row, value in measured(case, curves[name]).items():
                figures.setdefault(row, {})[name] = value
        charts[case.name] = chart(case, curves)
        if case.name in ("double talk", "convergence"):
            for name in NAMES:
                sout = echo_cases.aligned(case, echo_cases.run(name, case, nlp=True))
                if case.name == "convergence":
                    figures.setdefault("Sout at 5 s with suppression, dBm0", {})[name] = residual(case, sout, 4.5, 6)
                else:
                    figures.setdefault("near talker's level with suppression, dB", {})[name] = near_level(case, sout)
    return figures, charts


def table(figures: Figures) -> str:
    rows = ["| | " + " | ".join(NAMES) + " |", "| --- |" + " ---: |" * len(NAMES)]
    for row, values in figures.items():
        cells = ["never" if values[name] is None else f"{values[name]:g}" for name in NAMES]
        rows.append(f"| {row} | " + " | ".join(f"**{c}**" if n == OURS else c for n, c in zip(NAMES, cells, strict=True)) + " |")
    return "\n".join(rows)


def write(folder: Path, page: Path, figures: Figures, charts: dict[str, Chart]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, one in charts.items():
        (folder / f"echo-{name.replace(' ', '-').lower()}.svg").write_text(one.svg())
    text = page.read_text()
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{page}: no {BEGIN} ... {END}")
    page.write_text(f"{before}{BEGIN}\n{table(figures)}\n{END}{after}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="three lines only")
    parser.add_argument("--json", action="store_true", help="the figures as JSON; nothing is written")
    parser.add_argument("--out", type=Path, default=common.ROOT / "docs", help="where figures/ and echo-quality.md are (default docs)")
    options = parser.parse_args()
    figures, charts = everything(options.quick)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        write(options.out / "figures", options.out / "echo-quality.md", figures, charts)
        print(table(figures))


if __name__ == "__main__":
    main()
