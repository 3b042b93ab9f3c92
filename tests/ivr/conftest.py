"""Folders with (silent) prompts under every name the sample flow and the reading aloud need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ivr_caller import PROMPT

from xunhu.ivr import speak
from xunhu.ivr.interpreter import Environment
from xunhu.ivr.loader import parse_flow
from xunhu.ivr.model import Flow
from xunhu.ivr.prompts import PromptStore, read_table

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> PromptStore:
    root = tmp_path_factory.mktemp("voice")
    for language in ("zh", "en"):
        (root / language).mkdir()
        names = {line.stem for line in read_table(ROOT / "conf" / "voice" / f"{language}.txt", language)}
        for name in names | set(speak.stems(language)) | {"a", "b", "hello"}:
            (root / language / f"{name}.wav").write_bytes(PROMPT)
    return PromptStore([root])


@pytest.fixture
def env(prompts: PromptStore, tmp_path: Path) -> Environment:
    groups = {"sales": ["8001", "8002"], "none": []}
    return Environment(prompts, tmp_path / "mailboxes", groups=lambda name: groups.get(name, []))


@pytest.fixture
def flow_of() -> Callable[[str], Flow]:
    """A flow of the nodes given."""

    def make(nodes: str) -> Flow:
        return parse_flow(f"<flow>{nodes}</flow>".encode(), Path("test.xml"))[0]

    return make
