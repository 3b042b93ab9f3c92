"""Suffixes of sound files, by which prompts are found and folders searched: those of media_format.c, in the order of preference."""

from __future__ import annotations

SUFFIXES = (
    ".wav", ".wave", ".al", ".alaw", ".pcma", ".ul", ".ulaw", ".mulaw", ".pcmu", ".raw", ".pcm", ".sln", ".slin", ".s16", ".sw", ".s16be",
    ".sln16", ".sln12", ".sln24", ".sln32", ".sln44", ".sln48", ".u8", ".ub", ".au", ".snd", ".mp3", ".mp2", ".mpga",
    ".vox", ".vox6k", ".dvi4", ".dvi", ".ima", ".g726", ".g721", ".g726le", ".g726-32", ".g726-40", ".g726-24", ".g726-16",
    ".g726-aal2", ".g726-32-aal2", ".g726-40-aal2", ".g726-24-aal2", ".g726-16-aal2", ".gsm",
)  # fmt: skip
RANK = {suffix: n for n, suffix in enumerate(SUFFIXES)}


def split(name: str) -> tuple[str, str]:
    """("welcome", ".wav") of welcome.wav; a name without a suffix of these has ""."""
    stem, dot, suffix = name.rpartition(".")
    known = f".{suffix}".lower()
    return (stem, known) if dot and stem and known in RANK else (name, "")
