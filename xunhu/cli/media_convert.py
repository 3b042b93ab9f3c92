"""`xunhu media convert`: sound files to 8 kHz in any format that is written, many at once.

A file appears under its name only when it is whole: it is made beside it under another name and then takes its place. One that fails
stops no other.
"""

from __future__ import annotations

import os
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from math import log10
from pathlib import Path
from typing import Any

from xunhu._media import media_reasons
from xunhu._media.media_file import CODECS, FORMATS, FormatInfo, MediaError, Meter, Reader, Writer, format_of_path, gain
from xunhu.cli.media_inputs import Input, check_source, inputs, known_format, open_input, shown_path, why
from xunhu.cli.output import FOUND, OK, USAGE, CommandError, complain, console, print_json, print_table
from xunhu.text import language, tr

RATE = 8000
HEAD_KEPT_S, TAIL_KEPT_S = 0.05, 0.15  # of silence when it is cut
HIGHEST_PEAK = 32000
MOST_JOBS = 64
_numbers = count()


@dataclass(slots=True)
class Job:
    source: Path
    target: Path
    form: FormatInfo


@dataclass(slots=True)
class Done:
    job: Job
    seconds: float = 0.0
    gain_db: float = 0.0
    notes: tuple[str, ...] = ()
    error: str = ""
    remedy: str = ""


class StoppedError(Exception):
    """The user wants no more."""


# -- one file ------------------------------------------------------------------------------------------------


@contextmanager
def appearing(target: Path, *, force: bool) -> Iterator[Path]:
    """A name beside the target to write to, which then becomes the target; on an error nothing is left. FileExistsError."""
    part = target.with_name(f".{target.name[:180]}.{os.getpid()}-{next(_numbers)}.part")
    try:
        yield part
        mask = os.umask(0)
        os.umask(mask)
        part.chmod(0o666 & ~mask)
        if force:
            part.replace(target)
        else:
            try:
                os.link(part, target)  # unlike rename it does not overwrite
            except FileExistsError:
                raise
            except OSError:  # a file system without links
                if target.exists():
                    raise FileExistsError(17, "File exists") from None
                part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _blocks(reader: Reader, first: int, last: int | None, stop: threading.Event, salvage: bool) -> Iterator[Any]:
    """Frames first to last of a reader, block by block."""
    channels = reader.info.out_channels
    reader.seek(first)
    while last is None or reader.position < last:
        if stop.is_set():
            raise StoppedError
        try:
            block = reader.read()
        except MediaError as error:
            if salvage and error.reason == media_reasons.DAMAGED and reader.position:
                return
            raise
        if not block:
            return
        yield block if last is None or reader.position <= last else block[: len(block) - (reader.position - last) * channels]


@dataclass(slots=True)
class Plan:
    first: int = 0
    last: int | None = None
    factor: float = 1.0
    zero: float = 0.0
    notes: tuple[str, ...] = ()


def _damaged() -> str:
    return tr("damaged: only what stands before it", "已损坏：只转换了之前的部分")


def _plan(path: Path, arguments: Namespace, channels: int, stop: threading.Event) -> Plan:
    """Reads the file once for its level and its silence."""
    plan = Plan()
    with open_input(path, arguments, out_channels=channels) as reader:
        width = reader.info.out_channels
        meters = [Meter(RATE, channels=width, channel=n) for n in range(width)]
        for block in _blocks(reader, 0, None, stop, arguments.salvage):
            for meter in meters:
                meter.run(block)
        if reader.reason[0] == media_reasons.DAMAGED:
            plan.notes = (_damaged(),)
    found = [meter.end() for meter in meters]
    loudest = max(found, key=lambda m: m.active_dbm0)
    if loudest.active_s == 0:
        return Plan(notes=(*plan.notes, tr("silent: left as it is", "全部静音：保持原样")))
    if arguments.trim:
        plan.first = max(0, round((min(m.head_s for m in found) - HEAD_KEPT_S) * RATE))
        plan.last = min(loudest.frames, loudest.frames - round((min(m.tail_s for m in found) - TAIL_KEPT_S) * RATE))
    if arguments.normalise is not None:
        plan.zero = sum(m.zero for m in found) / len(found)
        wanted = 10 ** ((arguments.normalise - loudest.active_dbm0) / 20)
        peak = max(m.peak for m in found) + abs(plan.zero)
        plan.factor = min(wanted, HIGHEST_PEAK / peak)
        if plan.factor < wanted * 0.98:
            reached = loudest.active_dbm0 + 20 * log10(plan.factor)
            plan.notes += (tr(f"held at {reached:.1f} dBm0, more would clip", f"限制在 {reached:.1f} dBm0，再大会削波"),)
    return plan


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:  # a file stands there
        raise NotADirectoryError(20, os.strerror(20), str(folder)) from None


def convert_one(job: Job, arguments: Namespace, stop: threading.Event) -> Done:
    """Raises OSError, MediaError, StoppedError."""
    channels = -1 if arguments.stereo and job.form.channels_max == 2 else 1
    plan = Plan()
    if not arguments.force and job.target.exists():
        raise FileExistsError(17, "File exists")
    if arguments.normalise is not None or arguments.trim:
        plan = _plan(job.source, arguments, channels, stop)
    _make_folder(job.target.parent)
    with open_input(job.source, arguments, out_channels=channels) as reader:
        notes = list(plan.notes)
        if reader.info.note:
            notes.append(media_reasons.explain(reader.info.note, lang=language())[0])
        width = reader.info.out_channels
        with (
            appearing(job.target, force=arguments.force) as part,
            Writer(part, job.form.name, channels=width, replace=True, bitrate=arguments.bitrate) as writer,
        ):
            for block in _blocks(reader, plan.first, plan.last, stop, arguments.salvage):
                if plan.factor != 1.0 or plan.zero:
                    gain(block, plan.factor, plan.zero)
                writer.write(block)
            frames = writer.frames
        if reader.reason[0] == media_reasons.DAMAGED and _damaged() not in notes:
            notes.append(_damaged())
    return Done(job, frames / RATE, 20 * log10(plan.factor), tuple(notes))


# -- all of them -----------------------------------------------------------------------------------------------


def _target_format(arguments: Namespace) -> tuple[FormatInfo, bool]:
    """The format, and whether the output is a file."""
    named = known_format(arguments.format)
    output: Path = arguments.output
    by_suffix = format_of_path(output)
    is_file = len(arguments.files) == 1 and not arguments.files[0].is_dir() and not output.is_dir() and bool(output.suffix)
    if is_file and by_suffix is None and named is None:
        raise CommandError(
            tr(f"{output}: no format has this suffix", f"{output}：没有格式使用此后缀"),
            tr("name the format with --format (--formats lists them), or a folder", "请用 --format 指定格式（--formats 列出全部），或指定目录"),
            USAGE,
        )
    if named is None:
        named = by_suffix if is_file and by_suffix is not None else FORMATS["wav"]
    elif is_file and by_suffix is not None and by_suffix.container != named.container:
        raise CommandError(
            tr(f"{output}: the suffix says {by_suffix.name}, --format says {named.name}", f"{output}：后缀是 {by_suffix.name}，--format 是 {named.name}"),
            tr(f"name it *{named.suffix}", f"请命名为 *{named.suffix}"),
            USAGE,
        )
    return named, is_file


def plan_jobs(items: list[Input], arguments: Namespace) -> list[Job]:
    """CommandError: two inputs would become one file."""
    form, is_file = _target_format(arguments)
    if is_file:
        return [Job(items[0].path, arguments.output, form)]
    jobs: list[Job] = []
    taken: dict[Path, Path] = {}
    for item in items:
        target = arguments.output / item.below.with_suffix(form.suffix)
        other = taken.setdefault(target, item.path)
        if other is not item.path:
            raise CommandError(
                tr(f"{shown_path(other)} and {shown_path(item.path)} would both become {shown_path(target)}", f"{shown_path(other)} 和 {shown_path(item.path)} 都会成为 {shown_path(target)}"),
                tr("convert them one after the other into different folders", "请分别转换到不同目录"),
            )
        jobs.append(Job(item.path, target, form))
    return jobs


def _careful(job: Job, arguments: Namespace, stop: threading.Event) -> Done:
    """What is wrong with the file, or with where it goes, becomes part of the result."""
    try:
        return convert_one(job, arguments, stop)
    except FileExistsError:
        text, remedy = media_reasons.explain(media_reasons.EXISTS, lang=language())
        return Done(job, error=f"{shown_path(job.target)}: {text}", remedy=remedy)
    except OSError as error:
        text, remedy = why(error)
        where = "" if isinstance(error, MediaError) or error.filename is None else f"{error.filename}: "
        return Done(job, error=f"{shown_path(job.source)}: {where}{text}", remedy=remedy)


def run_jobs(jobs: list[Job], arguments: Namespace, told: Callable[[Done], None]) -> None:
    """All jobs, some at once; told is called in this thread as each is done."""
    stop = threading.Event()
    workers = arguments.jobs or len(os.sched_getaffinity(0))
    left = iter(jobs)
    with ThreadPoolExecutor(min(workers, MOST_JOBS)) as pool:
        running: set[Future[Done]] = set()
        try:
            while True:
                while len(running) < 2 * workers and (job := next(left, None)) is not None:
                    running.add(pool.submit(_careful, job, arguments, stop))
                if not running:
                    return
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for one in finished:
                    told(one.result())
        except BaseException:
            stop.set()
            for one in running:
                one.cancel()
            for one in running:
                with suppress(Exception, StoppedError):
                    one.exception()
            raise


def _line(done: Done) -> str:
    text = f"{shown_path(done.job.source)} -> {shown_path(done.job.target)}  {done.seconds:.2f} s"
    if done.gain_db:
        text += f"  {done.gain_db:+.1f} dB"
    return text + "".join(f"  ({note})" for note in done.notes)


def _as_json(done: Done) -> dict[str, Any]:
    out: dict[str, Any] = {"source": shown_path(done.job.source), "target": shown_path(done.job.target), "format": done.job.form.name}
    if done.error:
        return out | {"error": done.error, "remedy": done.remedy}
    return out | {"seconds": round(done.seconds, 3), "gain_db": round(done.gain_db, 2), "notes": list(done.notes)}


def _check(arguments: Namespace) -> None:
    check_source(arguments)
    wrong = ""
    if not arguments.files:
        wrong = tr("no files named", "没有指定文件")
    elif arguments.output is None:
        wrong = tr("where to? name a folder or a file with -o", "输出到哪里？请用 -o 指定目录或文件")
    elif not 0 <= arguments.jobs <= MOST_JOBS:
        wrong = tr(f"--jobs is 1 to {MOST_JOBS}", f"--jobs 为 1 到 {MOST_JOBS}")
    elif arguments.normalise is not None and not -60 <= arguments.normalise <= 3:
        wrong = tr("--normalise is -60 to 3 dBm0", "--normalise 为 -60 到 3 dBm0")
    elif arguments.bitrate and arguments.bitrate not in (8, 16, 24, 32, 40, 48, 56, 64):
        wrong = tr("--bitrate is 8, 16, 24, 32, 40, 48, 56 or 64", "--bitrate 为 8、16、24、32、40、48、56 或 64")
    if wrong:
        raise CommandError(wrong, "xunhu media convert --help", USAGE)


def show_formats(arguments: Namespace) -> int:
    if arguments.json:
        print_json([info._asdict() | {"codec": CODECS[info.codec]} for info in FORMATS.values()])
        return OK
    heads = (tr("NAME", "名称"), tr("SUFFIX", "后缀"), tr("CODEC", "编码"), "Hz", tr("CHANNELS", "声道"), tr("KiB A MINUTE", "KiB/分钟"))
    rows = [(f.name, f.suffix, CODECS[f.codec], f.rate, "1, 2" if f.channels_max == 2 else "1", f"{f.octets_a_second * 60 / 1024:.0f}") for f in FORMATS.values()]
    print_table(heads, rows)
    return OK


def convert(arguments: Namespace) -> int:
    """The exit status: 1 when a file could not be converted."""
    if arguments.formats:
        return show_formats(arguments)
    _check(arguments)
    jobs = plan_jobs(inputs(arguments.files), arguments)
    results: list[Done] = []
    with _progress(len(jobs)) as advance:

        def told(done: Done) -> None:
            results.append(done)
            if not (arguments.quiet or arguments.json or done.error):
                print(_line(done))
            advance()

        run_jobs(jobs, arguments, told)
    failed = [done for done in results if done.error]
    if arguments.json:
        print_json([_as_json(done) for done in results])
    elif len(jobs) > 1 or arguments.quiet:
        print(tr(f"converted {len(jobs) - len(failed)} of {len(jobs)} files", f"已转换 {len(jobs) - len(failed)}/{len(jobs)} 个文件"))
    for done in failed:
        complain(CommandError(done.error, done.remedy))
    return FOUND if failed else OK


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """A bar on the terminal when there is more than one file; gives what moves it."""
    err = console(stderr=True)
    if total < 2 or not err.is_terminal:
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=err, transient=True) as bar:
        task = bar.add_task(tr("converting", "转换中"), total=total)
        yield lambda: bar.advance(task)
