"""`xunhu demo`: the switch as delivered, with callers and agents at the far ends of its lines; leaves recordings and CDRs."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from xunhu._media.engine import EngineBusyError
from xunhu._media.service import MediaError
from xunhu.call.pri_trunk import PriTrunk
from xunhu.call.ss7_trunk import Ss7Trunk
from xunhu.cli.demo_parties import Agents, Callers, Script, Step
from xunhu.cli.demo_view import View
from xunhu.cli.output import FOUND, OK, USAGE, CommandError, print_json
from xunhu.cli.records import show_cdrs
from xunhu.config import Config, ConfigError, Lines, load
from xunhu.config.ss7 import Ss7Lines
from xunhu.ivr.tts import installed
from xunhu.ledger import LedgerError
from xunhu.records.cdr import Cdr
from xunhu.service.prompt_roots import prompt_store
from xunhu.service.ss7 import Ss7Service
from xunhu.service.switch import Switch
from xunhu.text import language, tr

HOTLINE = "4006000998"
ROOM, PIN, LEADER_PIN = "8800", "246810", "135791"
SAMPLES = Path(__file__).resolve().parents[2] / "conf"

_INI = """\
; Lines of `xunhu demo`: two spans of the switch, each with its far end.
[System]
Law = A
TickMs = 10
{trunks}
[SkipTS]
Trunk0 = 16
Trunk1 = 16
[Conference0]
Number = {room}
Name = Team
Pin = {pin}
LeaderPin = {leader_pin}
EndWithLeader = yes
{ss7}"""
_SS7 = """
[SS7]
Point0 = {own}

[LinkSet0]
Adjacent = {far}
Link0 = Trunk{trunk}/16

[Circuits0]
Trunk = Trunk{trunk}
Destination = {far}
FirstCIC = 1
Variant = {variant}
"""
# variant, our point code with its network, the carrier's
_SIGNALLING = {
    "isup": ("ISUP-CHINA", "34-56-78, national, 24", "34-56-1, national, 24"),
    "isup-itu": ("ISUP-ITU", "2-100-3, international, 14", "2-100-1, international, 14"),
    "tup": ("TUP-CHINA", "34-56-78, national, 24", "34-56-1, national, 24"),
}
_CALLS = """
# Of the demo: the callers find the office open, whatever the hour.
calls:
  timezone: {timezone}
  ring_seconds: 15
"""
_LOOP = {n: f"Driver = loop\nPeer = Trunk{peer}\n" for n, peer in ((0, 2), (1, 3), (2, 0), (3, 1))}
_ROLES = (
    "Signalling = PRI\nSide = user\n",
    "Signalling = PRI\nSide = network\n",
    "Signalling = NONE\n",
    "Signalling = NONE\n",
)


def _scripts(speech: str) -> list[Script]:
    return [
        Script(
            "order status, then the menu again, then a message",
            "查订单，返回菜单，再留言",
            (Step(1.5, "1"), Step(3.0, "1"), Step(2.0, "20261123#"), Step(17.0, "#"), Step(3.0, "9"), Step(5.5, speech=speech), Step(0.5, "#")),
            hangs_up=False,
        ),
        Script("wants an adviser", "要人工座席", (Step(1.5, "2"), Step(3.0, "2"), Step(20.0)), hangs_up=False),
        Script("order status in English", "英语查订单", (Step(2.0, "2"), Step(2.0, "1"), Step(2.0, "61880123#"), Step(14.0))),
        Script("presses the wrong keys", "按错键", (Step(1.0, "1"), Step(2.0, "5"), Step(4.0, "0"), Step(16.0))),
        Script("says nothing", "不按键", (Step(12.0),)),
        Script("a message in English", "英语留言", (Step(1.0, "2"), Step(2.5, "9"), Step(5.0, speech=speech), Step(0.5))),
        Script("an adviser, in Chinese", "中文要人工座席", (Step(1.0, "1"), Step(2.5, "2"), Step(25.0)), hangs_up=False),
        Script("hangs up during the welcome", "欢迎词中挂机", (Step(2.0),)),
        Script("leads a conference and ends it", "主持会议并结束", (Step(1.0, LEADER_PIN), Step(12.0, "**0"), Step(9.0)), hangs_up=False, called=ROOM),
        Script("talks in the conference", "在会议中发言", (Step(1.0, f"{PIN}#"), Step(3.0, speech=speech), Step(9.0)), hangs_up=False, called=ROOM),
    ]  # fmt: skip


def _free_ports(count: int) -> list[int]:
    import socket

    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _trunks(lines: str, signalling: str) -> Iterator[str]:
    ports = _free_ports(4) if lines == "ces" else []
    for n, role in enumerate(_ROLES):
        if n == 0 and signalling in _SIGNALLING:
            role = "Signalling = SS7\n"
        driver = _LOOP[n]
        if ports:
            driver = f"Driver = ces\nLocal = 127.0.0.1:{ports[n]}\nRemote = 127.0.0.1:{ports[n ^ 2]}\n"
        yield f"[Trunk{n}]\n{driver}{role}"


def _ss7(signalling: str) -> str:
    """The sections of No.7 in the demo's Tce1-32.ini; none for PRI."""
    if signalling not in _SIGNALLING:
        return ""
    variant, own, far = _SIGNALLING[signalling]
    return _SS7.format(own=own, far=far.partition(",")[0], trunk=0, variant=variant)


def _far_lines(config: Config) -> Lines:
    """The same from the carrier's side, on Trunk2."""
    lines = config.lines
    assert lines.ss7 is not None
    (own,), (linkset,), (circuits,) = lines.ss7.points, lines.ss7.linksets, lines.ss7.circuits
    link = replace(linkset.links[0], linkset=1, trunk=2)
    there = Ss7Lines(
        points=(replace(own, point_code=linkset.adjacent),),
        linksets=(replace(linkset, number=1, name="LinkSet1", adjacent=own.point_code, links=(link,)),),
        circuits=(replace(circuits, trunk=2, dpc=own.point_code),),
    )
    return replace(lines, ss7=there)


def _prepare(out: Path, lines: str, signalling: str) -> Config:
    """The demo's own configuration in OUT/conf, so that `xunhu cdr --conf OUT/conf` can be asked afterwards."""
    conf = out / "conf"
    conf.mkdir(parents=True, exist_ok=True)
    parts = {"trunks": "\n".join(_trunks(lines, signalling)), "ss7": _ss7(signalling)}
    (conf / "Tce1-32.ini").write_text(_INI.format(**parts, room=ROOM, pin=PIN, leader_pin=LEADER_PIN))
    for name in ("flows", "voice"):
        shutil.copytree(SAMPLES / name, conf / name, dirs_exist_ok=True)
    text = (SAMPLES / "xunhu.yaml").read_text()
    # JSON is YAML, whatever signs the folder's name has.
    text = text.replace("\ndata: data ", f"\ndata: {json.dumps(str(out / 'data'), ensure_ascii=False)} ", 1)
    (conf / "xunhu.yaml").write_text(text + _CALLS.format(timezone=_office_hours(datetime.now(UTC).hour)))
    return load(conf)


def _office_hours(utc_hour: int) -> str:
    """A time zone where it is ten o'clock now (eleven at 23 h UTC): the sample flow has advisers in office hours only."""
    east = max(-12, 10 - utc_hour)
    return f"Etc/GMT{-east:+d}" if east else "Etc/GMT"  # the sign of these names is that of POSIX: + is west


def _other_folder() -> str:
    return tr("choose another folder with --out", "请用 --out 指定其他目录")


def demo(arguments: Namespace) -> int:
    if not 1 <= arguments.calls <= 30:
        raise CommandError(tr("--calls is 1 to 30", "--calls 为 1 到 30"), "", USAGE)
    if not installed():
        raise CommandError(
            tr("espeak-ng is not installed; the prompts cannot be spoken", "未安装 espeak-ng，无法合成语音"),
            tr("apt-get install espeak-ng, then make build", "apt-get install espeak-ng，然后 make build"),
        )
    try:
        config = _prepare(arguments.out.resolve(), arguments.lines, arguments.signalling)
    except (OSError, ConfigError) as error:
        raise CommandError(str(error), _other_folder()) from error
    if prompt_store(config).lookup("welcome", "zh") is None:
        raise CommandError(
            tr("the prompts have not been made", "语音文件尚未合成"), tr("run: make build", "请运行：make build")
        )
    try:
        return asyncio.run(_run(config, arguments))
    except (LedgerError, MediaError, EngineBusyError, OSError) as error:
        raise CommandError(str(error), _other_folder()) from error
    except KeyboardInterrupt:
        folder = config.folder
        print(
            tr(
                f"\nstopped; what was there: xunhu cdr --conf {folder}",
                f"\n已停止；已有话单：xunhu cdr --conf {folder}",
            ),
            file=sys.stderr,
        )
        raise


async def _run(config: Config, arguments: Namespace) -> int:
    switch = Switch(config, own_process=False)
    await switch.start()
    began = switch.ledger.last_seq + 1
    try:
        causes = await _calls(switch, config, arguments)
    finally:  # also when interrupted: the calls that are up get their end, the recordings theirs
        await switch.stop(why="demo")
    return _report(config, arguments, began, causes)


async def _calls(switch: Switch, config: Config, arguments: Namespace) -> list[int]:
    """The callers one after the other, until the last is gone; the causes their calls ended with."""
    view = View(switch, quiet=arguments.json)
    store = prompt_store(config)
    greeting = store.lookup("adviser-greeting", language()) or store.lookup("thanks-talk", language())
    speech = store.lookup("music", language()) or greeting
    assert greeting is not None
    assert speech is not None
    callers = Callers(switch.media, view.say)
    agents = Agents(switch.media, view.say, ring_s=2.0, talk_s=4.0, greeting=str(greeting))
    far = [
        replace(line, signalling="PRI", side=side)
        for line, side in zip(config.lines.trunks[2:], ("network", "user"), strict=True)
    ]
    office: Ss7Service | None = None
    carrier: PriTrunk | Ss7Trunk
    if config.lines.ss7 is not None:
        office = switch.make_ss7(_far_lines(config), callers)
        office.start()
        carrier = office.trunks[0]
    else:
        carrier = switch.make_trunk(far[0], callers)
    pbx: PriTrunk = switch.make_trunk(far[1], agents)
    calls: list[asyncio.Future[int]] = []
    try:
        with view:
            await view.wait_up([*switch.control.trunks.values(), carrier, pbx])
            scripts = _scripts(str(speech))
            for n in range(arguments.calls):
                script = scripts[n % len(scripts)]
                number = f"1380013{8000 + n}"
                view.say(number, tr(script.title_en, script.title_zh))
                calls.append(asyncio.ensure_future(callers.call(carrier, number, script.called or HOTLINE, script)))
                await asyncio.sleep(1.2)
            causes = await asyncio.gather(*calls)
            await view.settle()
        return list(causes)
    finally:
        for call in calls:
            call.cancel()
        await switch.control.shutdown(clear_s=3.0)  # while the far ends are still there to answer
        carrier.close()
        if office is not None:
            office.close()
        pbx.close()


def _report(config: Config, arguments: Namespace, began: int, causes: list[int]) -> int:
    from xunhu.ledger import Ledger
    from xunhu.records.cdr import CdrProjection

    ledger = Ledger(config.site.data / "ledger", readonly=True, projections=(CdrProjection(),))
    started = {e.call for e in ledger.read(began) if e.kind == "call.new"}
    rows = [cdr for cdr in map(Cdr.decode, ledger.rows("cdr")) if cdr.call in started]
    ledger.close()
    good = len(rows) == len(causes) and all(cause == 16 for cause in causes)
    if arguments.json:
        print_json({"ok": good, "cdrs": [row.as_dict() for row in rows]})
        return OK if good else FOUND
    print()
    show_cdrs(rows, config.site.calls.timezone)
    folder = config.site.data / "recordings"
    recordings = [Path(p) for row in rows for p in row.recordings]
    size = sum(p.stat().st_size for p in recordings if p.exists())
    print()
    print(
        tr(
            f"{len(recordings)} recordings, {size / 1e6:.1f} MB, in {folder}",
            f"{len(recordings)} 个录音，{size / 1e6:.1f} MB，位于 {folder}",
        )
    )
    print(tr(f"messages in {config.site.data / 'mailboxes'}", f"留言位于 {config.site.data / 'mailboxes'}"))
    print(
        tr(
            f"look further: xunhu cdr --conf {config.folder} --call ID",
            f"进一步查看：xunhu cdr --conf {config.folder} --call 标识",
        )
    )
    if not good:
        print(tr(f"not every call ended as it should: causes {causes}", f"有呼叫未正常结束：原因 {causes}"))
    return OK if good else FOUND
