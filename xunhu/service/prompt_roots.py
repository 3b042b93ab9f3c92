"""Where the prompts of a site are: its own folder first, then those made when xunhu was built."""

from __future__ import annotations

from pathlib import Path

from xunhu.config import Config
from xunhu.ivr.prompts import PromptStore

BUILT = Path(__file__).resolve().parents[2] / "voice-built"


def prompt_store(config: Config) -> PromptStore:
    return PromptStore([config.site.voices, BUILT])
