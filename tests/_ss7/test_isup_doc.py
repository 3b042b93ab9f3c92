"""docs/isup.md is drawn from the tables."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_diagram_is_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "make-isup-doc"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
