"""What a person reads at run time, in English or Chinese.

`tr` chooses by the language set with `set_language`, else by LC_ALL, LC_MESSAGES, LANG (zh... is Chinese). Texts
stand in pairs at the place where they are said, so that neither is forgotten.
"""

from __future__ import annotations

import os

_chosen: str | None = None


def set_language(language: str | None) -> None:
    """ "en", "zh" or None (by the environment)."""
    global _chosen  # noqa: PLW0603 - one process speaks one language
    if language not in (None, "en", "zh"):
        raise ValueError(f"language {language!r}: en or zh")
    _chosen = language


def language() -> str:
    """ "en" or "zh"."""
    if _chosen is not None:
        return _chosen
    for name in ("XUNHU_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def tr(en: str, zh: str) -> str:
    return zh if language() == "zh" else en
