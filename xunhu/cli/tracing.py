"""`xunhu trace`: signalling of the running xunhu, or of a capture, as text; or into a capture."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xunhu._isdn.trace import TracedFrame, Tracer, frame_of
from xunhu._ss7.trace import channel_of, unit_of
from xunhu.cli.common import configuration, request
from xunhu.cli.output import OK, USAGE, CommandError, print_json
from xunhu.config import Config
from xunhu.protocol.pcap import LINUX_LAPD, MTP2, MTP2_WITH_PHDR, CaptureError, packets
from xunhu.protocol.trace import Source, capture
from xunhu.service.link_trace import link_channels
from xunhu.text import tr

_POLL_S = 0.3


def trace(arguments: Namespace) -> int:
    if arguments.read is not None:
        return _read(arguments)
    config = configuration(arguments)
    sources = _sources(config, arguments.trunk, arguments.link)
    sides = {line.number: line.side == "network" for line in config.lines.trunks}
    tracer = Tracer(sides=sides, channels=link_channels(config.lines))
    if arguments.pcap is not None:
        frames = _known(tracer, _fetch(arguments, sources, 0))
        try:
            arguments.pcap.write_bytes(capture(frames, tracer.channel))
        except OSError as error:
            raise CommandError(f"{arguments.pcap}: {error.strerror}") from error
        print(tr(f"{len(frames)} frames in {arguments.pcap}", f"{arguments.pcap} 中有 {len(frames)} 帧"))
        return OK
    after = 0
    while True:
        frames = _known(tracer, _fetch(arguments, sources, after))
        _show(arguments, tracer, frames)
        if not arguments.follow:
            return OK
        after = max([after, *(f.time_ns for f in frames)])
        time.sleep(_POLL_S)


def _sources(config: Config, trunk: str | None, link: str | None) -> list[Source] | None:
    """What is to be traced; None: all."""
    links = () if config.lines.ss7 is None else config.lines.ss7.links
    if link is not None:
        names: list[str] = [found.name for found in links]
        if link.lower() not in (name.lower() for name in names):
            raise _unknown(tr(f"there is no signalling link {link}", f"没有信令链路 {link}"), names)
        return [name for name in names if name.lower() == link.lower()]
    if trunk is None:
        return None
    for line in config.lines.trunks:
        if line.name.lower() == trunk.lower():
            return [line.number, *(found.name for found in links if found.trunk == line.number)]
    raise _unknown(tr(f"there is no trunk {trunk}", f"没有中继 {trunk}"), [line.name for line in config.lines.trunks])


def _unknown(text: str, names: Sequence[str]) -> CommandError:
    listed = ", ".join(names) or "-"
    return CommandError(text, tr(f"there are: {listed}", f"可用的有：{listed}"), USAGE)


def _fetch(arguments: Namespace, sources: list[Source] | None, after: int) -> list[TracedFrame]:
    answer: dict[str, Any] = request(arguments, "trace", sources=sources, after=after)
    return [
        TracedFrame(t, source, direction, bytes.fromhex(octets)) for t, source, direction, octets in answer["frames"]
    ]


def _known(tracer: Tracer, frames: list[TracedFrame]) -> list[TracedFrame]:
    """A link that was added while xunhu ran is not in the file: it reads like the others of its linkset."""
    for source in {f.source for f in frames if isinstance(f.source, str)} - tracer.channels.keys():
        name = str(source)
        like = next((c for c in tracer.channels.values() if c.name.partition("/")[0] == name.partition("/")[0]), None)
        tracer.channels[name] = channel_of(MTP2 if like is None else like.link_type, name, like.description if like else "", b"")
    return frames


def _show(arguments: Namespace, tracer: Tracer, frames: list[TracedFrame]) -> None:
    if not arguments.json:
        for frame in frames:
            print(tracer.line(frame), flush=arguments.follow)
        return
    rows = []
    for f in frames:
        channel = tracer.channel(f.source)
        row = {"time_ns": f.time_ns, "trunk" if isinstance(f.source, int) else "link": channel.name, "direction": f.direction}
        rows.append(row | {"text": channel.text(f.frame, f.direction), "octets": f.frame.hex()})
    if not arguments.follow:
        print_json(rows)
        return
    import json

    for row in rows:
        print(json.dumps(row, ensure_ascii=False), flush=True)


def _read(arguments: Namespace) -> int:
    tracer = Tracer()
    frames = _captured(arguments.read, tracer)
    wanted = (arguments.link or arguments.trunk or "").lower()
    if wanted:
        frames = [f for f in frames if tracer.channel(f.source).name.lower() == wanted]
    _show(arguments, tracer, frames)
    return OK


def _captured(path: Path, tracer: Tracer) -> list[TracedFrame]:
    """The frames of a capture as `xunhu trace --pcap` and `run --trace` write it, and of those of others with the same link types. What they
    are of is declared in the tracer."""
    frames: list[TracedFrame] = []
    try:
        found = list(packets(path.read_bytes()))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    except CaptureError as error:
        raise CommandError(
            tr(f"{path} is no capture: {error}", f"{path} 不是抓包文件：{error}"),
            tr("files of `xunhu trace --pcap` can be read", "可读取 `xunhu trace --pcap` 写的文件"),
        ) from error
    for packet in found:
        if packet.link_type == LINUX_LAPD:
            frame = frame_of(packet.data)
            if frame is not None:
                trunk, network, direction, octets = frame
                tracer.sides[trunk] = network
                frames.append(TracedFrame(packet.time_ns, trunk, direction, octets))
        elif packet.link_type in (MTP2, MTP2_WITH_PHDR):
            name = packet.name or "MTP2"
            if name not in tracer.channels:
                tracer.channels[name] = channel_of(packet.link_type, name, packet.description, packet.data)
            said, unit = unit_of(packet.link_type, packet.data)
            frames.append(TracedFrame(packet.time_ns, name, packet.direction or said or "rx", unit))
    if found and not frames:
        types = ", ".join(sorted({str(packet.link_type) for packet in found}))
        raise CommandError(
            tr(
                f"{path} has no signalling that is known: link type {types}, wanted {LINUX_LAPD}, {MTP2} or {MTP2_WITH_PHDR}",
                f"{path} 中没有可识别的信令：链路类型 {types}，应为 {LINUX_LAPD}、{MTP2} 或 {MTP2_WITH_PHDR}",
            )
        )
    return frames
