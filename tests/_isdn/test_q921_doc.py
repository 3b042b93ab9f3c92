"""docs/q921.md is drawn from the table."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_diagram_is_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "make-q921-doc"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
