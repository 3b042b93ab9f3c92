"""`xunhu media tone`: test tones as files."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from xunhu._media import media_reasons
from xunhu._media.media_file import FORMATS, Writer, format_of_path
from xunhu._media.tone_catalogue import CATALOGUE, Sound
from xunhu.cli.media_convert import appearing
from xunhu.cli.media_inputs import known_format, shown_path, why
from xunhu.cli.output import OK, USAGE, CommandError, print_json, print_table
from xunhu.text import language, tr

# Seconds that each digit or signal of the argument takes: so long is the sound when nothing else is said.
_EACH_S = {"dtmf": 0.2, "caller-id-dtmf": 0.14, "r2-forward": 0.14, "r2-backward": 0.14}


def _text(sound: Sound) -> str:
    return tr(sound.en, sound.zh)


def show_list(arguments: Namespace) -> int:
    if arguments.json:
        rows = [
            {"name": name, "text": _text(s), "argument": s.argument, "level_dbm0": s.level_dbm0, "seconds": s.seconds}
            for name, s in CATALOGUE.items()
        ]
        print_json(rows)
        return OK
    heads = (tr("NAME", "名称"), tr("ARGUMENT", "参数"), "dBm0", tr("SECONDS", "秒"), tr("WHAT", "说明"))
    print_table(heads, [(name, s.argument, f"{s.level_dbm0:g}", f"{s.seconds:g}", _text(s)) for name, s in CATALOGUE.items()])
    return OK


def _seconds(name: str, sound: Sound, argument: str | None) -> float:
    each = _EACH_S.get(name)
    if argument is None or each is None:
        return sound.seconds
    signals = argument.count(",") + 1 if name.startswith("r2") else len(argument) + 2 * (name == "caller-id-dtmf")
    return max(each, each * signals)


def _samples(name: str, sound: Sound, arguments: Namespace) -> bytes:
    seconds = arguments.seconds if arguments.seconds is not None else _seconds(name, sound, arguments.argument)
    try:
        return sound.samples(seconds, arguments.level, arguments.argument)
    except ValueError as error:
        raise CommandError(f"{name}: {error}", tr("`xunhu media tone` lists what each takes", "`xunhu media tone` 列出每种音的参数"), USAGE) from None


def tone(arguments: Namespace) -> int:
    name: str | None = arguments.name
    if name is None:
        return show_list(arguments)
    sound = CATALOGUE.get(name)
    if sound is None:
        raise CommandError(
            tr(f"there is no tone {name!r}", f"没有测试音 {name!r}"),
            tr(f"tones: {', '.join(CATALOGUE)}", f"测试音：{', '.join(CATALOGUE)}"),
            USAGE,
        )
    form = known_format(arguments.format)
    output: Path = arguments.output or Path(f"{name}{form.suffix if form else '.wav'}")
    form = form or format_of_path(output)
    if form is None:
        raise CommandError(
            tr(f"{output}: no format has this suffix", f"{output}：没有格式使用此后缀"),
            tr(f"name the format with --format: {', '.join(FORMATS)}", f"请用 --format 指定格式：{', '.join(FORMATS)}"),
            USAGE,
        )
    samples = memoryview(_samples(name, sound, arguments)).cast("h")
    try:
        with appearing(output, force=arguments.force) as part, Writer(part, form.name, replace=True) as writer:
            writer.write(samples)
    except FileExistsError:
        text, remedy = media_reasons.explain(media_reasons.EXISTS, lang=language())
        raise CommandError(f"{shown_path(output)}: {text}", remedy) from None
    except OSError as error:
        text, remedy = why(error)
        raise CommandError(f"{shown_path(output)}: {text}", remedy) from None
    seconds = len(samples) / 8000
    if arguments.json:
        print_json({"file": shown_path(output), "format": form.name, "seconds": round(seconds, 3)})
    else:
        print(tr(f"{shown_path(output)}: {_text(sound)}, {seconds:.2f} s, {form.name}", f"{shown_path(output)}：{_text(sound)}，{seconds:.2f} 秒，{form.name}"))
    return OK
