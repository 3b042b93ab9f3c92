"""`xunhu media echo-test`: a line's echo, from recordings of both of its directions; and the echo of channels that are up."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xunhu.cli.output import FOUND, OK, USAGE, CommandError, print_json, print_table
from xunhu.text import tr

if TYPE_CHECKING:
    from array import array

    from xunhu._media.echo_measure import Measurement

_BARS = " ▁▂▃▄▅▆▇█"
_CHART_DB = 48.0  # from the top of the chart to its bottom
_CHART_COLUMNS = 64
_LONGEST_SHIFT_MS = 5000
_AUDIBLE_ERL_DB = 50.0
_ADDED_LOSS_DB = 6.0  # a hybrid loses at least this; less is a fault (G.168 6.1)


def _whole_ms(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise ArgumentTypeError(tr(f"{text}: {low} to {high}", f"{text}：应为 {low} 到 {high}"))
        return value

    return read


def add_echo_test(commands: Any, add_command: Callable[..., ArgumentParser]) -> None:
    """commands: of `xunhu media`; add_command: that of main.py."""
    parser = add_command(
        commands,
        "echo-test",
        "media_echo:echo_test",
        tr("measure a line's echo from recordings of what was sent and received", "用收发录音测量线路回声"),
        "xunhu media echo-test call.wav\n"
        "xunhu media echo-test sent.wav received.wav\n"
        "xunhu media echo-test call.wav --swap --span 1000\n"
        "xunhu media echo-test sent.al received.al --law A --json | jq .erl_db",
        conf=False,
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help=tr("a stereo file (left sent, right received), or two files: sent, received", "一个立体声文件（左为发送，右为接收），或两个文件：发送、接收"),
    )
    parser.add_argument("--swap", action="store_true", help=tr("received comes first", "先接收后发送"))
    parser.add_argument(
        "--shift",
        type=_whole_ms(-_LONGEST_SHIFT_MS, _LONGEST_SHIFT_MS),
        default=0,
        metavar="MS",
        help=tr("the recording of received began so much later than that of sent", "接收录音比发送录音晚开始的毫秒数"),
    )
    parser.add_argument(
        "--span",
        type=_whole_ms(16, 1000),
        default=512,
        metavar="MS",
        help=tr("how late an echo is looked for, 16 to 1000 (default 512)", "回声搜索的最大延时，16 到 1000（默认 512）"),
    )
    parser.add_argument(
        "--law",
        choices=["A", "U", "none"],
        default="A",
        help=tr("coding of the line (default A)", "线路编码律（默认 A）"),
    )


def _read(path: Path, channels: int) -> tuple[array[int], int]:
    """Samples of 8 kHz, and the channels of the file."""
    from xunhu._media.echo_measure import LONGEST_S, RATE
    from xunhu._media.media_file import Reader
    from xunhu.cli.media_inputs import why

    try:
        with Reader(path, out_channels=channels) as reader:
            most = (LONGEST_S + 2 * _LONGEST_SHIFT_MS // 1000) * RATE * max(channels, reader.info.channels)
            return reader.read_all(most)[:most], reader.info.channels
    except OSError as error:  # MediaError among them
        reason, _ = why(error)
        look = tr(f"`xunhu media probe {path}` says what it is", f"`xunhu media probe {path}` 显示文件信息")
        raise CommandError(tr(f"{path}: {reason}", f"{path}：{reason}"), look) from error


def _both(arguments: Namespace) -> tuple[array[int], array[int]]:
    files: list[Path] = arguments.files
    if len(files) > 2:
        raise CommandError(
            tr(f"{len(files)} files", f"给出了 {len(files)} 个文件"), tr("one stereo file, or two", "应为一个立体声文件或两个文件"), USAGE
        )
    if len(files) == 2:
        sent, received = (_read(path, 0)[0] for path in files)
    else:
        samples, channels = _read(files[0], -1)
        if channels != 2:
            raise CommandError(
                tr(f"{files[0]} has one channel", f"{files[0]} 只有一个声道"),
                tr("give a stereo file, or two files: SENT RECEIVED", "请给出立体声文件，或两个文件：发送 接收"),
            )
        sent, received = samples[0::2], samples[1::2]
    if arguments.swap:
        sent, received = received, sent
    shift = arguments.shift * 8
    if shift > 0:
        sent = sent[shift:]
    elif shift < 0:
        received = received[-shift:]
    n = min(len(sent), len(received))
    return sent[:n], received[:n]


def echo_test(arguments: Namespace) -> int:
    """0: no echo, or one that a canceller of xunhu takes away; 1: there is something to be done about it."""
    from xunhu._media.echo_measure import TooLittleError, measure

    sent, received = _both(arguments)
    try:
        found = measure(sent, received, span_ms=arguments.span, law=None if arguments.law == "none" else arguments.law)
    except TooLittleError as error:
        raise CommandError(
            tr(f"too little was sent to measure by: {error}", f"发送的声音不足以测量：{error}"),
            tr("record some seconds of speech or noise, louder than -45 dBm0", "请录制数秒高于 -45 dBm0 的语音或噪声"),
        ) from error
    advice = _advice(found)
    if arguments.json:
        print_json({**found.as_dict(), "advice": [text for _, text in advice]})
    else:
        _show(found, advice)
    return FOUND if any(fault for fault, _ in advice) else OK


def _advice(m: Measurement) -> list[tuple[bool, str]]:
    """What an operator is told: (it is a fault, text)."""
    from xunhu._media.echo_measure import TAIL_MS

    if not m.reflections or m.erl_db > _AUDIBLE_ERL_DB:
        return [(False, tr("no echo", "无回声"))]
    out = []
    late = [r for r in m.reflections if r.to_ms > TAIL_MS]
    if late:
        first = late[0].delay_ms
        out.append(
            (
                True,
                tr(
                    f"an echo comes {first:.0f} ms late, beyond the longest tail of {TAIL_MS} ms: it must be cancelled nearer to its source",
                    f"回声延时 {first:.0f} 毫秒，超出最长 {TAIL_MS} 毫秒的尾长：须在更靠近源头处消除",
                ),
            )
        )
    else:
        tail = next(ms for ms in (8, 16, 32, 64, TAIL_MS) if ms >= m.tail_ms)
        out.append((False, tr(f"a tail of {tail} ms covers it", f"{tail} 毫秒的尾长即可覆盖")))
    if m.erl_db < _ADDED_LOSS_DB:
        out.append(
            (
                True,
                tr(
                    f"the line returns too much: {m.erl_db:.1f} dB of loss, {_ADDED_LOSS_DB:g} dB are the least; look at levels and the hybrid's balance",
                    f"线路反射过强：损耗仅 {m.erl_db:.1f} dB，至少应为 {_ADDED_LOSS_DB:g} dB；请检查电平和混合线圈平衡",
                ),
            )
        )
    if not late and m.reachable_db < 10:
        out.append(
            (
                False,
                tr(
                    "what comes back is mostly not echo (the near end speaks, or the path changes or distorts): measure while it is silent",
                    "返回的声音大部分不是回声（近端在讲话，或回声路径变化、失真）：请在近端安静时测量",
                ),
            )
        )
    return out


def chart(profile_db: Sequence[float], to_ms: float) -> list[str]:
    """The impulse response over time: a line of bars, and a scale below."""
    from xunhu._media.echo_measure import TAIL_MS

    span = next((ms for ms in (64, TAIL_MS, 256, 512, 1024) if ms >= to_ms + 8), 1024)
    shown = list(profile_db[:span]) + [-99.0] * (span - len(profile_db))
    step = span // _CHART_COLUMNS
    columns = [max(shown[at : at + step]) for at in range(0, span, step)]
    top = max(columns)
    bars = "".join(_BARS[max(0, min(8, round(8 + (db - top) * 8 / _CHART_DB)))] for db in columns)
    marks = [0, span // 4, span // 2, span * 3 // 4]
    scale = "".join(str(ms).ljust(_CHART_COLUMNS // 4) for ms in marks) + f"{span} ms"
    return [bars.rstrip(), scale]


def _show(m: Measurement, advice: list[tuple[bool, str]]) -> None:
    db = "dB"
    rows: list[tuple[str, str]] = [
        (tr("sound used", "使用的声音"), f"{m.seconds:.1f} s"),
        (tr("sent", "发送"), f"{m.sent_dbm0:.1f} dBm0"),
        (tr("received", "接收"), f"{m.received_dbm0:.1f} dBm0"),
    ]
    if m.reflections:
        rows += [
            (tr("echo return loss (ERL)", "回声返回损耗（ERL）"), f"{m.erl_db:.1f} {db}"),
            (tr("received without its echo", "去除回声后的接收"), f"{m.rest_dbm0:.1f} dBm0"),
            (tr("a linear canceller may reach (ERLE)", "线性消除可达（ERLE）"), f"{m.reachable_db:.1f} {db}"),
            (tr("xunhu's reaches on this recording", "讯呼在此录音上达到"), f"{m.canceller_db:.1f} {db}"),
        ]
        if m.canceller_s is not None:
            rows.append((tr("it is there after", "达到所需时间"), f"{m.canceller_s:.1f} s"))
    for name, value in rows:
        print(f"{_padded(name, 38)}{value}")
    if m.reflections:
        print()
        print_table(
            [tr("echo", "回声"), tr("delay ms", "延时 ms"), tr("from", "起"), tr("to", "止"), tr("dispersion ms", "展宽 ms"), tr("loss dB", "损耗 dB")],
            [
                (n, f"{r.delay_ms:.1f}", f"{r.from_ms:.0f}", f"{r.to_ms:.0f}", f"{r.dispersion_ms:.0f}", f"{r.loss_db:.1f}")
                for n, r in enumerate(m.reflections, 1)
            ],
        )
        print()
        print("\n".join(chart(m.profile_db, m.tail_ms)))
    print()
    for _, text in advice:
        print(text)


def _padded(text: str, width: int) -> str:
    from rich.cells import cell_len

    return text + " " * max(width - cell_len(text), 1)


def add_echo(commands: Any, add_command: Callable[..., ArgumentParser]) -> None:
    """As add_echo_test."""
    add_command(
        commands,
        "echo",
        "media_echo:echo",
        tr("what the echo cancellers of lines that talk hear and do now", "通话线路回声消除器的当前状态"),
        "xunhu media echo\nxunhu media echo --json | jq '.[] | select(.low_erl) | .circuit'",
    )


def echo(arguments: Namespace) -> int:
    """Asks the running xunhu. Status 1 where a line returns more than it may."""
    from xunhu.cli.common import request

    rows: list[dict[str, Any]] = request(arguments, "echo")
    low = [row for row in rows if row["low_erl"]]
    if arguments.json:
        print_json(rows)
        return FOUND if low else OK
    show_live((row["circuit"], row) for row in rows)
    for row in low:
        name, loss = row["circuit"], f"{row['erl_db']:.1f}"
        print(
            tr(
                f"! {name} returns its echo only {loss} dB softer; at least 6 dB is right. Look at the hybrid's balance, the levels and the wiring",
                f"! {name} 的回声损耗仅 {loss} dB，应不低于 6 dB。请检查二四线混合器的平衡、电平和接线",
            )
        )
    return FOUND if low else OK


def show_live(channels: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """The echo of channels that are up, a row each. channels: name, and the fields of EchoState (xunhu._media.echo)."""
    print_table(
        [
            tr("circuit", "电路"),
            tr("echo", "回声"),
            tr("ERL dB", "ERL dB"),
            tr("ERLE dB", "ERLE dB"),
            tr("delay ms", "延时 ms"),
            tr("residual dBm0", "残留 dBm0"),
            tr("noise dBm0", "噪声 dBm0"),
        ],
        [
            (
                name,
                live_word(state),
                _number(state["erl_db"], state["erl_db"] < 99),
                _number(state["erle_db"], state["erl_db"] < 99),
                _number(state["delay_ms"], state["erl_db"] < 99),
                _number(state["residual_dbm0"], state["residual_dbm0"] > -90),
                _number(state["noise_dbm0"], state["noise_dbm0"] > -90),
            )
            for name, state in channels
        ],
        empty=tr("no echo canceller is at work", "没有回声消除在工作"),
    )


def _number(value: float, known: bool) -> str:
    return f"{value:.1f}" if known else ""


def live_word(state: Mapping[str, Any]) -> str:
    """What a canceller is doing, in a word."""
    if state["disabled"]:
        return tr("off for a modem", "为调制解调器关闭")
    if state["narrow_band"]:
        return tr("hears tones", "正在听音")
    if state["double_talk"]:
        return tr("both speak", "双方讲话")
    if state["converged"]:
        return tr("cancelled", "已消除")
    return tr("no echo", "无回声") if state["erl_db"] >= 99 else tr("learning", "学习中")
