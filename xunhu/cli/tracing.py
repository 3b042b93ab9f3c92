"""`xunhu trace`: signalling of the running xunhu, or of a pcap file, as text; or into a pcap file."""

from __future__ import annotations

import struct
import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xunhu._isdn.trace import TracedFrame, Tracer, describe, pcap_bytes
from xunhu.cli.common import configuration, request
from xunhu.cli.output import OK, USAGE, CommandError, print_json
from xunhu.config import Config
from xunhu.text import tr

_POLL_S = 0.3
_LINUX_LAPD = 177


def trace(arguments: Namespace) -> int:
    if arguments.read is not None:
        return _read(arguments)
    config = configuration(arguments)
    number = _trunk_number(config, arguments.trunk)
    sides = {line.number: line.side == "network" for line in config.lines.trunks}
    tracer = Tracer(sides=sides)
    if arguments.pcap is not None:
        frames = _fetch(arguments, number, 0)
        try:
            arguments.pcap.write_bytes(pcap_bytes(frames, sides))
        except OSError as error:
            raise CommandError(f"{arguments.pcap}: {error.strerror}") from error
        print(tr(f"{len(frames)} frames in {arguments.pcap}", f"{arguments.pcap} 中有 {len(frames)} 帧"))
        return OK
    after = 0
    while True:
        frames = _fetch(arguments, number, after)
        _show(arguments, tracer, frames)
        if not arguments.follow:
            return OK
        after = max([after, *(f.time_ns for f in frames)])
        time.sleep(_POLL_S)


def _trunk_number(config: Config, name: str | None) -> int | None:
    if name is None:
        return None
    for line in config.lines.trunks:
        if line.name.lower() == name.lower():
            return line.number
    names = ", ".join(line.name for line in config.lines.trunks)
    raise CommandError(
        tr(f"there is no trunk {name}", f"没有中继 {name}"), tr(f"there are: {names}", f"可用的有：{names}"), USAGE
    )


def _fetch(arguments: Namespace, trunk: int | None, after: int) -> list[TracedFrame]:
    answer: dict[str, Any] = request(arguments, "trace", trunk=trunk, after=after)
    return [
        TracedFrame(t, number, direction, bytes.fromhex(octets)) for t, number, direction, octets in answer["frames"]
    ]


def _show(arguments: Namespace, tracer: Tracer, frames: list[TracedFrame]) -> None:
    if not arguments.json:
        for frame in frames:
            print(tracer.line(frame), flush=arguments.follow)
        return
    rows = [
        {
            "time_ns": f.time_ns,
            "trunk": f"Trunk{f.trunk}",
            "direction": f.direction,
            "text": describe(f.frame, f.direction, tracer.sides.get(f.trunk)),
            "octets": f.frame.hex(),
        }
        for f in frames
    ]
    if not arguments.follow:
        print_json(rows)
        return
    import json

    for row in rows:
        print(json.dumps(row, ensure_ascii=False), flush=True)


def _read(arguments: Namespace) -> int:
    sides: dict[int, bool] = {}
    frames = list(_pcap_frames(arguments.read, sides))
    _show(arguments, Tracer(sides=sides), frames)
    return OK


def _pcap_frames(path: Path, sides: dict[int, bool]) -> Iterator[TracedFrame]:
    """The frames of a pcap file as `xunhu trace --pcap` and `run --trace` write it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    if len(data) < 24:
        raise CommandError(tr(f"{path} is no pcap file", f"{path} 不是 pcap 文件"))
    magic, _, _, _, _, _, link = struct.unpack_from("<IHHiIII", data)
    if magic not in (0xA1B23C4D, 0xA1B2C3D4) or link != _LINUX_LAPD:
        raise CommandError(
            tr(
                f"{path} is no pcap file of D channels (link type {_LINUX_LAPD})",
                f"{path} 不是 D 信道的 pcap 文件（链路类型 {_LINUX_LAPD}）",
            ),
            tr("files of `xunhu trace --pcap` can be read", "可读取 `xunhu trace --pcap` 写的文件"),
        )
    scale = 1 if magic == 0xA1B23C4D else 1000
    offset = 24
    while offset + 32 <= len(data):
        seconds, fraction, length, _ = struct.unpack_from("<IIII", data, offset)
        offset += 16
        if length < 16 or offset + length > len(data):
            break
        kind, _, _, network, trunk = struct.unpack_from("!HHHBB", data, offset)
        sides[trunk] = bool(network)
        when = seconds * 1_000_000_000 + fraction * scale
        yield TracedFrame(when, trunk, "tx" if kind == 4 else "rx", data[offset + 16 : offset + length])
        offset += length
