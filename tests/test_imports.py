"""Dependencies point one way: control imports signalling and media, nothing below imports control (docs/architecture.md)."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "xunhu"
BELOW = {"_media", "_e1", "_isdn", "_ss7", "protocol", "sip", "net"}
NEUTRAL = {"xunhu", "xunhu.errors"}  # the package itself: its version
CLOCKS = {"time", "random", "socket", "asyncio", "threading"}


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("plane", sorted(BELOW))
def test_nothing_below_imports_control(plane: str) -> None:
    files = sorted((PACKAGE / plane).glob("*.py"))
    assert files
    for path in files:
        for name in imports(path):
            if name.startswith("xunhu") and name not in NEUTRAL:
                assert name.split(".")[1] in BELOW, f"{path.name} imports {name}"


@pytest.mark.parametrize("plane", ["_isdn", "_ss7", "protocol", "sip"])
def test_signalling_has_no_clock_and_no_socket(plane: str) -> None:
    for path in sorted((PACKAGE / plane).glob("*.py")):
        used = {name.split(".")[0] for name in imports(path)} & CLOCKS
        if path.name == "trace.py":
            used -= {"time"}  # formats times it is given
        assert not used, f"{path.name} imports {used}"


def test_flows_know_calls_only_through_the_session() -> None:
    for path in sorted((PACKAGE / "ivr").glob("*.py")):
        assert not {name for name in imports(path) if name.startswith("xunhu.call")}, path.name
