"""docs/mtp2.md is drawn from the tables, and says what a run of Q.781 has shown."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "make-mtp2-doc"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_case_of_q781_passes_in_it() -> None:
    page = (ROOT / "docs" / "mtp2.md").read_text(encoding="utf-8").partition("## Q.781\n")[2]
    rows = [line for line in page.splitlines() if line.startswith("| ") and line[2].isdigit()]
    assert len(rows) == 96
    assert [line for line in rows if not line.endswith("| passes | passes |")] == [
        "| 6.1 | Error rate of 1 in 256 - link remains in service | passes | no SUERM |",
        "| 6.3 | Consecutive corrupt SUs | passes | no SUERM |",
    ]
