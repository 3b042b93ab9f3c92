"""The prompt folders, and the making of spoken prompts from text tables.

A prompt is found by name and language. Roots are searched in order (the operator's own recordings before what was made by
espeak-ng), each with a folder a language: ROOT/zh/welcome.wav. Where a language lacks it, the other languages follow. Any sound file
that xunhu reads will do (welcome.mp3, welcome.vox); of several with one name the first of media_names.SUFFIXES counts.

A text table (conf/voice/zh.txt) has one prompt a line, `name = text`, or `name [voice] = text` for another espeak-ng voice than that
of the language; # begins a comment. `make_voices` makes of each line a WAV file of 8 kHz, PCM16, -16 dBm0, and only of those lines that
have changed since.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from xunhu._media import media_names, media_reasons
from xunhu._media.media_file import MediaError, Reader
from xunhu._media.media_reasons import explain
from xunhu.ivr.tts import SPEEDS, VOICES, TtsError, installed, synthesise, write_wav

LANGUAGES = ("zh", "en")
_RECIPE = "2"  # part of each line's fingerprint: raise it when the sound processing changes
_SETTLED_NS = 2_000_000_000
_STEM = re.compile(r"[\w][\w.-]{0,79}")
_LINE = re.compile(r"(?P<stem>[^=\[\]]+?)\s*(?:\[(?P<voice>[^\]]*)\])?\s*=\s*(?P<text>.*)")


class PromptError(Exception):
    """A text table is faulty or a prompt could not be made; says file, line and remedy."""


def is_stem(name: str) -> bool:
    """A prompt name: letters of any script, digits, _ - and points; nothing that could leave its folder."""
    return _STEM.fullmatch(name) is not None


def unplayable(path: str) -> tuple[str, str] | None:
    """Why a file is no sound that can be played, in English and Chinese; only its beginning is looked at."""
    try:
        Reader(path).close()
    except MediaError as error:
        if error.reason == media_reasons.SYSTEM:
            return str(error.strerror), str(error.strerror)
        return explain(error.reason, error.detail)[0], explain(error.reason, error.detail, lang="zh")[0]
    return None


class PromptStore:
    """Finds prompts. roots: folders with a folder a language in each; languages: in the order of falling back; hosts: of web servers that prompts may
    come from (`urls.allowed`), None: every one."""

    def __init__(self, roots: Sequence[Path], languages: Sequence[str] = LANGUAGES, *, hosts: Sequence[str] | None = None) -> None:
        self.hosts = None if hosts is None else tuple(hosts)
        self.roots = tuple(Path(root).absolute() for root in roots)
        self.languages = tuple(languages)
        self._folders = tuple(str(root) for root in self.roots)
        self._listed: dict[str, tuple[int, dict[str, str]]] = {}
        self._orders = {first: (first, *(other for other in self.languages if other != first)) for first in self.languages}

    def find(self, name: str, language: str, *, fall_back: bool = True) -> str:
        """Absolute path of the prompt (with or without the suffix of a sound file in its name), "" when there is none."""
        stem, _ = media_names.split(name)
        if not is_stem(stem):
            return ""
        for wanted in self._orders.get(language, (language, *self.languages)) if fall_back else (language,):
            for root in self._folders:
                folder = f"{root}/{wanted}"
                found = self._files(folder).get(stem)  # a call reads dozens of these: no Path here
                if found is not None:
                    return f"{folder}/{found}"
        return ""

    def _files(self, folder: str) -> dict[str, str]:
        """Prompt -> file of a folder; read again when something in it has changed."""
        try:
            changed = os.stat(folder).st_mtime_ns
        except OSError:
            return {}
        known = self._listed.get(folder)
        if known is not None and known[0] == changed:
            return known[1]
        best: dict[str, tuple[int, str]] = {}
        with os.scandir(folder) as entries:
            for entry in entries:
                stem, suffix = media_names.split(entry.name)
                if suffix and is_stem(stem) and entry.is_file():
                    best[stem] = min(best.get(stem, (len(media_names.SUFFIXES), "")), (media_names.RANK[suffix], entry.name))
        files = {stem: name for stem, (_, name) in best.items()}
        # What changes within the same tick of the file system's clock is not seen in its time: such a list is not kept.
        settled = abs(time.time_ns() - changed) > _SETTLED_NS
        self._listed[folder] = (changed if settled else -1, files)
        return files

    def lookup(self, name: str, language: str, *, fall_back: bool = True) -> Path | None:
        """As `find`, for those who want a Path; None when there is none."""
        path = self.find(name, language, fall_back=fall_back)
        return Path(path) if path else None

    def names(self, language: str) -> list[str]:
        """All prompts of a language, sorted."""
        return sorted({stem for root in self._folders for stem in self._files(f"{root}/{language}")})


@dataclass(frozen=True, slots=True)
class Line:
    stem: str
    voice: str
    text: str
    line: int


def read_table(path: Path, language: str) -> list[Line]:
    """The lines of a text table. Raises PromptError."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PromptError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PromptError(f"{path}: not UTF-8 at byte {error.start}; remedy: save the file as UTF-8") from None
    lines: dict[str, Line] = {}
    for number, raw in enumerate(content.splitlines(), 1):
        text = raw.strip()
        if not text or text.startswith("#"):
            continue
        match = _LINE.fullmatch(text)
        if not match or not match["text"]:
            raise PromptError(f"{path}:{number}: {text[:60]!r} is not `name = text`")
        stem = match["stem"].strip()
        if not is_stem(stem):
            raise PromptError(f"{path}:{number}: {stem!r} cannot be the name of a prompt; letters, digits, _ - . are right")
        if stem in lines:
            raise PromptError(f"{path}:{number}: {stem!r} is there already, in line {lines[stem].line}; remove one")
        lines[stem] = Line(stem, (match["voice"] or "").strip() or VOICES.get(language, language), match["text"], number)
    return list(lines.values())


@dataclass(frozen=True, slots=True)
class Made:
    """What make_voices did for one language."""

    language: str
    made: tuple[str, ...]
    kept: int
    removed: tuple[str, ...]


def _fingerprint(line: Line, speed: int) -> str:
    return hashlib.sha256(f"{_RECIPE}\0{line.voice}\0{speed}\0{line.text}".encode()).hexdigest()[:24]


def _make_one(job: tuple[str, str, int, str, str]) -> str:
    """Runs in a worker process; returns "" or what went wrong."""
    text, voice, speed, program, path = job
    try:
        write_wav(Path(path), synthesise(text, voice, speed=speed, program=program))
    except (TtsError, OSError) as error:
        return str(error)
    return ""


def make_voices(
    source: Path, target: Path, *, languages: Sequence[str] = LANGUAGES, program: str = "espeak-ng", workers: int = 2
) -> list[Made]:
    """Make the prompts of SOURCE/LANGUAGE.txt into TARGET/LANGUAGE/. Raises PromptError; what was made by then stays."""
    if not installed(program):
        raise PromptError(f"{program} is not installed; remedy: apt-get install espeak-ng")
    out = []
    with ProcessPoolExecutor(workers) as pool:
        for language in languages:
            table = source / f"{language}.txt"
            out.append(_make_language(table, target / language, language, program, pool))
    return out


def _make_language(table: Path, folder: Path, language: str, program: str, pool: ProcessPoolExecutor) -> Made:
    lines, speed = read_table(table, language), SPEEDS.get(language, 160)
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "made.json"
    try:
        known = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}  # a missing or damaged list only means that all are made again
    known = known if isinstance(known, dict) else {}
    wanted = {line.stem: _fingerprint(line, speed) for line in lines}
    todo = [line for line in lines if known.get(line.stem) != wanted[line.stem] or not (folder / f"{line.stem}.wav").exists()]
    jobs = [(line.text, line.voice, speed, program, str(folder / f"{line.stem}.wav")) for line in todo]
    failed: list[str] = []
    for line, error in zip(todo, pool.map(_make_one, jobs, chunksize=8), strict=True):
        known[line.stem] = "" if error else wanted[line.stem]
        if error:
            failed.append(f"{table}:{line.line}: {line.stem}: {error}")
    removed = [path for path in folder.glob("*.wav") if path.stem not in wanted]
    for path in removed:
        path.unlink()
    temporary = manifest.with_name(f".made.{os.getpid()}")
    kept = {stem: mark for stem, mark in known.items() if stem in wanted and mark}
    temporary.write_text(json.dumps(kept, indent=0, sort_keys=True, ensure_ascii=False), encoding="utf-8")
    temporary.replace(manifest)
    if failed:
        raise PromptError("\n".join(failed))
    return Made(language, tuple(line.stem for line in todo), len(lines) - len(todo), tuple(sorted(p.stem for p in removed)))


def main(arguments: Sequence[str] | None = None) -> int:
    """python -m xunhu.ivr.prompts [--source conf/voice] [--target voice-built]"""
    parser = argparse.ArgumentParser(prog="make-voices", description="Make spoken prompts of the text tables with espeak-ng")
    parser.add_argument("--source", type=Path, default=Path("conf/voice"))
    parser.add_argument("--target", type=Path, default=Path("voice-built"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args(arguments)
    try:
        done = make_voices(options.source, options.target, workers=options.workers)
    except (PromptError, OSError) as error:
        print(f"make-voices: {error}", file=sys.stderr)
        return 1
    for made in done:
        if not options.quiet:
            print(f"{made.language}: {len(made.made)} made, {made.kept} as they were, {len(made.removed)} removed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
