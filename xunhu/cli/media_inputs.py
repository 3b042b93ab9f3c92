"""What the media commands share: which files are meant, how a file is opened, and what is said of one that is no good."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xunhu._media.media_file import FORMATS, FormatInfo, MediaError, Reader, format_of_path
from xunhu._media.media_reasons import explain
from xunhu.cli.output import USAGE, CommandError
from xunhu.text import language, tr


@dataclass(frozen=True, slots=True)
class Input:
    path: Path
    below: Path  # its place below the folder that was named; the name of a file that was named


def _walk(folder: Path) -> Iterator[Path]:
    """Sound files below a folder, sorted; links to folders are not followed."""
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(root, name)
            if not name.startswith(".") and format_of_path(path) is not None and path.is_file():
                yield path


def inputs(named: Sequence[Path]) -> list[Input]:
    """CommandError: a folder without any."""
    found: list[Input] = []
    for path in named:
        if not path.is_dir():
            found.append(Input(path, Path(path.name)))
            continue
        below = [Input(file, file.relative_to(path)) for file in _walk(path)]
        if not below:
            raise CommandError(
                tr(f"{path}: no sound files in this folder", f"{path}：目录中没有声音文件"),
                tr("name the files themselves, and their format with --from", "请直接指定文件，并用 --from 说明格式"),
            )
        found += below
    return found


def known_format(name: str | None) -> FormatInfo | None:
    """CommandError: no such format."""
    if name is None:
        return None
    if name not in FORMATS:
        raise CommandError(
            tr(f"there is no format {name!r}", f"没有格式 {name!r}"),
            tr(f"formats: {', '.join(FORMATS)}", f"格式：{', '.join(FORMATS)}"),
            USAGE,
        )
    return FORMATS[name]


def check_source(arguments: Namespace) -> None:
    """CommandError: --from or --rate that cannot be."""
    form = known_format(arguments.source_format)
    if form is not None and form.container != "raw":
        raise CommandError(
            tr(f"--from {form.name}: that format tells by itself", f"--from {form.name}：该格式有文件头"),
            tr("leave --from away", "请去掉 --from"),
            USAGE,
        )
    if arguments.rate and not 1000 <= arguments.rate <= 384000:
        raise CommandError(tr("--rate is 1000 to 384000", "--rate 为 1000 到 384000"), "", USAGE)


def open_input(path: Path, arguments: Namespace, *, out_rate: int = 0, out_channels: int = 0) -> Reader:
    return Reader(path, fmt=arguments.source_format, rate=arguments.rate, out_rate=out_rate, out_channels=out_channels)


def why(error: OSError) -> tuple[str, str]:
    """Text and remedy, without the file's name."""
    if isinstance(error, MediaError):
        text, remedy = explain(error.reason, error.detail, lang=language())
        system = error.reason <= 1
        return (f"{error.strerror}" if system or not text else text), remedy
    return error.strerror or str(error), ""


def shown_path(path: Path) -> str:
    """A name that is no UTF-8 is shown as well as can be."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
