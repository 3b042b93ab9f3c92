"""Our registrar before SIPp (registrations with digest, a storm of them) and sipsak."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from registrar_process import registrar

pytestmark = pytest.mark.interop
SCENARIO = Path(__file__).parent / "sipp" / "register_digest.xml"


def sipp(folder: Path, port: int, *arguments: str, users: int) -> dict[str, int]:
    """Successful and failed calls."""
    rows = "".join(f"{8000 + n};[authentication username={8000 + n} password=secret-{8000 + n}]\n" for n in range(users))
    (folder / "users.csv").write_text("SEQUENTIAL\n" + rows)
    done = subprocess.run(
        ["sipp", "-sf", SCENARIO, "-inf", folder / "users.csv", "-i", "127.0.0.1", "-p", "0", "-nostdin", "-trace_err", *arguments, f"127.0.0.1:{port}"],
        cwd=folder, capture_output=True, text=True, errors="replace", timeout=100, check=False,
    )  # fmt: skip
    found = {word: int(re.findall(rf"{word} call +\|.*?\| +(\d+)", done.stdout)[-1]) for word in ("Successful", "Failed")}
    errors = "".join(path.read_text() for path in folder.glob("*errors.log"))
    assert done.returncode == 0, errors[:2000]
    return found


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_registrations_with_digest(transport: str, tmp_path: Path) -> None:
    with registrar(tmp_path / "data", "storm") as server:
        mode = {"udp": "u1", "tcp": "t1"}[transport]
        assert sipp(tmp_path, server.ports[transport], "-t", mode, "-m", "300", "-r", "300", users=300) == {"Successful": 300, "Failed": 0}
        server.told("registered", "8299", transport)
        assert len([line for line in server.lines if line.startswith("registered ")]) == 300


def test_a_storm_of_registrations(tmp_path: Path) -> None:
    """Three thousand telephones, as many at once as there is room for; SIPp repeats what it gets no answer to."""
    with registrar(tmp_path / "data", "storm") as server:
        result = sipp(tmp_path, server.ports["udp"], "-m", "3000", "-r", "3000", "-l", "3000", users=3000)
        assert result == {"Successful": 3000, "Failed": 0}
        server.wait_line(lambda line: line.startswith("registered 10999 "))
        assert len({line.split()[1] for line in server.lines if line.startswith("registered ")}) == 3000


def test_many_telephones_of_an_unknown_address_get_in_by_and_by(tmp_path: Path) -> None:
    """With the limits of service: the burst is let in, the first registration makes the address a trusted one."""
    with registrar(tmp_path / "data") as server:
        assert sipp(tmp_path, server.ports["udp"], "-m", "300", "-r", "1000", users=300) == {"Successful": 300, "Failed": 0}


def test_sipsak(tmp_path: Path) -> None:
    with registrar(tmp_path / "data") as server:
        port = server.ports["udp"]

        def run(*arguments: str) -> tuple[int, str]:
            done = subprocess.run(["sipsak", *arguments], capture_output=True, text=True, timeout=30, check=False)
            return done.returncode, done.stdout + done.stderr

        user = ("-u", "8005", "-a", "secret-8005", "-s", f"sip:8005@127.0.0.1:{port}")
        code, text = run("-U", "-C", "sip:8005@127.0.0.1:5099", *user, "-x", "120", "-i")
        assert code == 0, text
        assert server.told("registered", "8005", "udp").split()[3] == "sip:8005@127.0.0.1:5099"
        code, text = run("-s", f"sip:8005@127.0.0.1:{port}", "-vv")  # OPTIONS of an address that has registered
        assert code == 0, text
        assert "SIP/2.0 200" in text
        code, text = run("-U", "-C", "sip:8006@127.0.0.1:5099", "-u", "8006", "-a", "wrong", "-s", f"sip:8006@127.0.0.1:{port}", "-i")
        assert code != 0, text
