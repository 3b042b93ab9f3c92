"""The comparison of echo cancellers runs, its charts are SVG of a sensible size, its table is in its place."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from echo_svg import Chart

ROOT = Path(__file__).resolve().parents[2]


def test_chart_breaks_where_there_is_no_value_and_cuts_what_is_beyond() -> None:
    chart = Chart("a < b", "x", "y", (0, 10), (0, 50), 1, 10, marks=[(5, "here")])
    chart.lines.append(("one", [0, 1, 2, 3], [10, float("nan"), 99, -99]))
    text = chart.svg()
    path = next(e for e in ET.fromstring(text).iter() if e.get("class") == "l")
    assert (path.get("d") or "").count("M") == 2
    assert "a &lt; b" in text


@pytest.mark.interop
@pytest.mark.slow
def test_smallest_run(tmp_path: Path) -> None:
    page = tmp_path / "echo-quality.md"
    page.write_text("before\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nafter\n")
    command = [sys.executable, ROOT / "benchmarks" / "plot_echo.py", "--quick", "--out", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    text = page.read_text()
    assert text.startswith("before\n<!-- figures: begin -->\n| | xunhu | speexdsp | webrtc | spandsp |")
    assert text.endswith("<!-- figures: end -->\nafter\n")
    assert "old" not in text
    charts = sorted((tmp_path / "figures").glob("*.svg"))
    assert len(charts) == 6
    for chart in charts:
        assert chart.stat().st_size < 60_000
        assert sum(e.get("class") == "l" for e in ET.parse(chart).getroot().iter()) == 8
