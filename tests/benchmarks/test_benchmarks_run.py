"""Every benchmark works: its smallest run gives figures of the one form. How large they are is not looked at here."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
NAMES = sorted(path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py"))
PEERS = {
    "pri_call": {"libpri"},
    "dtmf": {"libspandsp"},
    "progress": {"libspandsp"},
    "tones": {"libspandsp"},
    "g711": {"libspandsp"},
    "lines": {"libspandsp"},
    "conceal": {"libspandsp", "libspeexdsp", "libsoxr"},
    "conference": {"NumPy"},
    "ss7_call": {"libss7"},
    "codecs": {"libgsm", "libspandsp"},
    "rtp": {"libspeexdsp"},
    "rtp_codecs": {"libspandsp"},
    "sip_message": {"sipmessage"},
    "echo": {"libspandsp", "libspeexdsp", "webrtc-audio-processing"},
    "level": {"libspeexdsp", "webrtc-audio-processing"},
}
ROW = {"name", "value", "unit", "budget", "limit", "peer", "peer_value", "ratio", "headline"}

pytestmark = pytest.mark.interop  # peers are compiled against libpri, libss7 and libspandsp


def run(*arguments: str | Path) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def check(report: dict[str, Any], name: str) -> None:
    assert report["bench"] == name
    assert report["quick"] is True
    assert report["cpu"]
    assert report["rows"]
    assert len({row["name"] for row in report["rows"]}) == len(report["rows"])
    for row in report["rows"]:
        assert set(row) == ROW
        assert row["unit"]
        assert math.isfinite(row["value"])
        assert (row["budget"] is None) == (row["limit"] is None)
        assert (row["peer"] is None) == (row["peer_value"] is None)
        if row["ratio"] is not None:
            assert row["ratio"] == pytest.approx(row["value"] / row["peer_value"])
    assert {row["peer"] for row in report["rows"]} - {None} == PEERS.get(name, set())


@pytest.mark.parametrize("name", NAMES)
def test_smallest_run(name: str) -> None:
    check(json.loads(run(FOLDER / f"bench_{name}.py", "--quick", "--json")), name)


def test_table_for_people() -> None:
    lines = run(FOLDER / "bench_q921.py", "--quick").splitlines()
    assert "QUICK" in lines[0]
    assert any("us" in line and "budget < 3" in line for line in lines[1:])


def test_calls_beside_libpri_are_the_same_calls() -> None:
    report = json.loads(run(FOLDER / "bench_pri_call.py", "--quick", "--json"))
    (row,) = [row for row in report["rows"] if row["name"] == "messages a call"]
    assert (row["value"], row["peer_value"]) == (8, 8)


def test_page_is_written_between_its_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nafter\n")
    run(FOLDER / "run", "--quick", "--markdown", "--page", page, "q921", "pri_call")
    text = page.read_text()
    assert text.startswith("before\n<!-- figures: begin -->\n")
    assert text.endswith("\n<!-- figures: end -->\nafter\n")
    assert "old" not in text
    assert "libpri" in text
    assert "| what | budget | measured | peer | peer's | ratio |" in text


def test_page_without_markers_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("no markers\n")
    done = subprocess.run(
        [sys.executable, FOLDER / "run", "--quick", "--markdown", "--page", page, "q921"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    assert "markers" in done.stderr
    assert page.read_text() == "no markers\n"


def test_unknown_name_is_refused() -> None:
    done = subprocess.run([sys.executable, FOLDER / "run", "nonsense"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "no such benchmark: nonsense" in done.stderr
