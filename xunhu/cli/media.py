"""The arguments of `xunhu media ...`; each command in a file of its own."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xunhu.cli import media_echo
from xunhu.text import tr

Add = Callable[..., argparse.ArgumentParser]
Commands = Any  # what add_subparsers gives


def add(sub: Commands, add_command: Add) -> None:
    """add_command: that of main.py, which makes a command with its text, examples and --json."""
    media = sub.add_parser(
        "media",
        help=tr("sound files and lines: look, convert, test tones, echo", "声音文件与线路：查看、转换、测试音、回声"),
        description=tr("Sound files of prompts and recordings, and what they tell of a line", "语音提示和录音文件，以及由录音测量线路"),
    )
    commands = media.add_subparsers(dest="media_command", metavar="COMMAND", required=True)
    _probe(commands, add_command)
    _convert(commands, add_command)
    _tone(commands, add_command)
    media_echo.add_echo_test(commands, add_command)
    media_echo.add_echo(commands, add_command)


def _headerless(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from",
        dest="source_format",
        metavar="FORMAT",
        help=tr("read files without header as this format (else by suffix)", "无头文件按此格式读取（默认按后缀）"),
    )
    parser.add_argument(
        "--rate", type=int, default=0, metavar="HZ", help=tr("their sampling rate, if not the usual", "无头文件的采样率（非默认时）")
    )


def _probe(commands: Commands, add_command: Add) -> None:
    probe = add_command(
        commands,
        "probe",
        "media_probe:probe",
        tr("look at sound files: format, length, level, fitness as a prompt", "查看声音文件：格式、时长、电平、是否适合作提示音"),
        "xunhu media probe welcome.wav\nxunhu media probe voice/ --json\nxunhu media probe old.vox --from vox-6k",
        conf=False,
    )
    probe.add_argument("files", nargs="+", type=Path, metavar="FILE", help=tr("files, or folders with all below them", "文件，或目录（含子目录）"))
    _headerless(probe)


def _convert(commands: Commands, add_command: Add) -> None:
    convert = add_command(
        commands,
        "convert",
        "media_convert:convert",
        tr("convert sound files to 8 kHz, many at once", "批量转换声音文件为 8 kHz"),
        "xunhu media convert welcome.mp3 -o welcome.wav\n"
        "xunhu media convert studio/ -o voice/zh --format wav-alaw --normalise --trim\n"
        "xunhu media convert *.vox -o out --from vox-6k --jobs 2\n"
        "xunhu media convert --formats",
        conf=False,
    )
    convert.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help=tr("files, or folders with all sound files below them", "文件，或目录（含其下全部声音文件）")
    )
    convert.add_argument(
        "-o", "--output", type=Path, metavar="PATH", help=tr("a folder, or a file when there is one input", "输出目录；只有一个输入时可为文件")
    )
    convert.add_argument(
        "--format", metavar="NAME", help=tr("of the output (default: by its suffix, else wav); --formats lists them", "输出格式（默认按后缀，否则 wav）；--formats 列出全部")
    )
    convert.add_argument("--formats", action="store_true", help=tr("list the formats", "列出格式"))
    convert.add_argument(
        "--normalise",
        "--normalize",
        dest="normalise",
        type=float,
        nargs="?",
        const=-16.0,
        metavar="DBM0",
        help=tr("bring speech to this level (default -16 dBm0) and the zero line to 0", "调整到此电平（默认 -16 dBm0）并消除直流"),
    )
    convert.add_argument("--trim", action="store_true", help=tr("cut silence before and behind", "去除首尾静音"))
    convert.add_argument("--stereo", action="store_true", help=tr("keep two channels (default: mixed down)", "保留双声道（默认混成单声道）"))
    convert.add_argument("--bitrate", type=int, default=0, metavar="KBIT", help=tr("of MP3: 8 to 64 kbit/s", "MP3 码率：8 到 64 kbit/s"))
    convert.add_argument(
        "--salvage", action="store_true", help=tr("of a damaged file convert what stands before the damage", "损坏的文件：转换损坏处之前的部分")
    )
    convert.add_argument("--force", action="store_true", help=tr("overwrite files that exist", "覆盖已有文件"))
    convert.add_argument("-j", "--jobs", type=int, default=0, metavar="N", help=tr("how many at once (default: all cores)", "并行数（默认全部核）"))
    convert.add_argument("-q", "--quiet", action="store_true", help=tr("only the summary and errors", "只输出汇总和错误"))
    _headerless(convert)


def _tone(commands: Commands, add_command: Add) -> None:
    tone = add_command(
        commands,
        "tone",
        "media_tone:tone",
        tr("make a test tone (without a name: list them)", "生成测试音（不带名称：列出全部）"),
        "xunhu media tone\nxunhu media tone tone 1020 --level -10 -o level.wav\nxunhu media tone dtmf 13800138000 -o digits.wav\n"
        "xunhu media tone busy germany --seconds 5 -o busy.al",
        conf=False,
    )
    tone.add_argument("name", nargs="?", help=tr("which one", "名称"))
    tone.add_argument("argument", nargs="?", help=tr("digits, a frequency or a country, as the list says", "号码、频率或国家，见列表"))
    tone.add_argument("--seconds", type=float, metavar="S", help=tr("length (default: as the list says)", "时长（默认见列表）"))
    tone.add_argument("--level", type=float, metavar="DBM0", help=tr("of each sine (default: as the list says)", "每个正弦的电平（默认见列表）"))
    tone.add_argument("-o", "--output", type=Path, metavar="FILE", help=tr("default: NAME.wav", "默认：名称.wav"))
    tone.add_argument("--format", metavar="NAME", help=tr("default: by the suffix", "默认按后缀"))
    tone.add_argument("--force", action="store_true", help=tr("overwrite a file that exists", "覆盖已有文件"))
