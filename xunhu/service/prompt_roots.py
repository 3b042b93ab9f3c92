"""Where the prompts of a site are: its own folder first, then those made when xunhu was built."""

from __future__ import annotations

from pathlib import Path

from xunhu.config import Config
from xunhu.ivr.prompts import LANGUAGES, PromptStore
from xunhu.ivr.urls import is_url

BUILT = Path(__file__).resolve().parents[2] / "voice-built"


def prompt_store(config: Config) -> PromptStore:
    return PromptStore([config.site.voices, BUILT], hosts=config.lines.http.hosts)


def music_file(config: Config) -> str:
    """The file of `calls: music`: a prompt's name, a path, a URL; "" when none is wanted or found."""
    name = config.site.calls.music
    if not name:
        return ""
    if is_url(name):
        return name
    path = config.folder / name
    if path.is_file():
        return str(path)
    for language in LANGUAGES:
        found = prompt_store(config).lookup(name, language)
        if found is not None:
            return str(found)
    return ""
