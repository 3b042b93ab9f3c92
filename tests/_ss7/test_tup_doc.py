"""docs/tup.md is drawn from the tables and lists the cases that are held."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_document_is_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "make-tup-doc"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
