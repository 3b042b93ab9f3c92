"""The tables of the framer are what their program makes (what they do is held by test_hdlc.py)."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_file_is_what_its_program_makes() -> None:
    assert subprocess.run([sys.executable, ROOT / "tools" / "make-hdlc-table", "--check"], check=False).returncode == 0
