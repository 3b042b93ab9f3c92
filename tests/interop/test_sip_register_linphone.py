"""Linphone registers with us over UDP, TCP and TLS."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.interop
PROGRAM = Path(__file__).parent / "linphone_namespace.py"


@pytest.mark.parametrize(("transport", "user"), [("udp", "8201"), ("tcp", "8202"), ("tls", "8203")])
def test_linphone(transport: str, user: str, tmp_path: Path) -> None:
    options = ["-n"] if os.geteuid() == 0 else ["-r", "-n"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        ["unshare", *options, sys.executable, PROGRAM, tmp_path, transport, user], capture_output=True, text=True, timeout=90, env=env, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"registered {user} {transport} sip:{user}@127.0.0.1:")
