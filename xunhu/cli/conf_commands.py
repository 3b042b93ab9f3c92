"""The arguments of `xunhu conf ...`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from xunhu.text import tr

Add = Callable[..., argparse.ArgumentParser]
Commands = Any  # what add_subparsers gives


def add(sub: Commands, add_command: Add) -> None:
    """add_command: that of main.py, which makes a command with its text, examples, --json and --conf."""
    conf = sub.add_parser(
        "conf",
        help=tr("conferences: who is there, who speaks; mute, lock, end", "电话会议：成员与发言；静音、锁定、结束"),
        description=tr("Conference rooms of the running xunhu", "运行中讯呼的电话会议"),
        epilog=tr("examples:", "示例：") + "\n  xunhu conf list\n  xunhu conf watch 8800\n  xunhu conf mute 8800 3\n  xunhu conf invite 8800 8001",
    )
    commands = conf.add_subparsers(dest="conf_command", metavar="COMMAND", required=True)
    _shown(commands, add_command)
    _of_parties(commands, add_command)
    _of_sound(commands, add_command)
    _of_rooms(commands, add_command)


def _room(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("room", metavar="ROOM", help=tr("the conference's number", "会议号"))


def _party_help() -> str:
    return tr(
        "the number in the room, as `xunhu conf show` has it, or the telephone number",
        "会议内的成员号（见 `xunhu conf show`）或电话号码",
    )


def _shown(commands: Commands, add_command: Add) -> None:
    listed = add_command(
        commands,
        "list",
        "conf:list_rooms",
        tr("the conferences", "列出会议"),
        "xunhu conf list\nxunhu conf list --open\nxunhu conf list --json | jq '.[] | select(.open) | .room'",
    )
    listed.add_argument("--open", action="store_true", help=tr("only those somebody is in", "仅有人参加的会议"))
    show = add_command(
        commands,
        "show",
        "conf:show",
        tr("a conference with everybody in it", "会议及其全部成员"),
        "xunhu conf show 8800\nxunhu conf show 8800 --json | jq -r '.members[].party'",
    )
    _room(show)
    watch = add_command(
        commands,
        "watch",
        "conf_watch:watch",
        tr("who speaks, how loud, who has the floor; live", "实时显示发言、电平和发言权"),
        "xunhu conf watch 8800\nxunhu conf watch 8800 --for 60 > who-spoke.txt\nxunhu conf watch 8800 --json",
    )
    _room(watch)
    watch.add_argument(
        "--for",
        dest="seconds",
        metavar="SECONDS",
        type=float,
        help=tr("so long (default: until the conference ends, or Ctrl-C)", "时长（默认：直到会议结束或按 Ctrl-C）"),
    )


def _of_parties(commands: Commands, add_command: Add) -> None:
    texts = {
        "mute": tr("the others hear a party no more", "将成员静音"),
        "unmute": tr("the others hear a party again", "取消成员静音"),
        "deaf": tr("a party hears the conference no more", "使成员听不到会议"),
        "undeaf": tr("a party hears the conference again", "使成员恢复收听"),
        "remove": tr("take a party out of the conference", "把成员请出会议"),
    }
    for verb, text in texts.items():
        examples = f"xunhu conf {verb} 8800 3\nxunhu conf {verb} 8800 3 5 13900001234"
        if verb in ("mute", "unmute"):
            examples += f"\nxunhu conf {verb} 8800 all"
        parser = add_command(commands, verb, "conf:parties", text, examples)
        _room(parser)
        more = tr("; all: everybody but leaders", "；all：主持人以外的全体") if verb in ("mute", "unmute") else ""
        parser.add_argument("party", nargs="+", metavar="PARTY", help=_party_help() + more)
        parser.set_defaults(verb=verb)
    role = add_command(
        commands,
        "role",
        "conf:role",
        tr("give a party another role", "改变成员的角色"),
        "xunhu conf role 8800 3 listen\nxunhu conf role 8800 3 leader\nxunhu conf role 8800 5 whisper --to 2",
    )
    _room(role)
    role.add_argument("party", metavar="PARTY", help=_party_help())
    role.add_argument(
        "role", choices=["talk", "listen", "leader", "whisper"], metavar="ROLE", help=tr("talk, listen, leader or whisper", "talk 发言、listen 旁听、leader 主持人、whisper 耳语")
    )
    role.add_argument("--to", metavar="PARTY", help=tr("whom a whisperer speaks to", "耳语的对象"))
    whisper = add_command(
        commands,
        "whisper",
        "conf:whisper",
        tr("a party hears all and is heard by one alone", "成员听全体，但只对一人讲话"),
        "xunhu conf whisper 8800 5 2",
    )
    _room(whisper)
    whisper.add_argument("party", metavar="PARTY", help=_party_help())
    whisper.add_argument("to", metavar="TO", help=tr("who alone hears it", "唯一能听到的成员"))
    floor = add_command(
        commands,
        "floor",
        "conf:floor",
        tr("give one party the floor: all others but leaders are muted", "把发言权交给一人：主持人以外的其他人静音"),
        "xunhu conf floor 8800 3\nxunhu conf unmute 8800 all",
    )
    _room(floor)
    floor.add_argument("party", metavar="PARTY", help=_party_help())
    invite = add_command(
        commands,
        "invite",
        "conf:invite",
        tr("call somebody, who is in the conference when he answers", "呼叫某人，应答后进入会议"),
        "xunhu conf invite 8800 8001\nxunhu conf invite 8800 carrier/13900001234 --calling 4006000998",
    )
    _room(invite)
    invite.add_argument("target", metavar="TARGET", help=tr("an extension, or GROUP/DIGITS", "分机号，或 中继组/号码"))
    invite.add_argument("--calling", metavar="NUMBER", default="", help=tr("calling number that is shown", "显示的主叫号码"))


def _of_sound(commands: Commands, add_command: Add) -> None:
    gain = add_command(
        commands,
        "gain",
        "conf:gain",
        tr("make a party louder or softer for the others, or the conference for him", "调节成员的音量，或其收听音量"),
        "xunhu conf gain 8800 3 6\nxunhu conf gain 8800 3 -6\nxunhu conf gain 8800 3 3 --hear",
    )
    _room(gain)
    gain.add_argument("party", metavar="PARTY", help=_party_help())
    gain.add_argument("db", metavar="DB", type=float, help=tr("-24 to 12 dB; 0: as it comes", "-24 到 12 dB；0 为原样"))
    gain.add_argument("--hear", action="store_true", help=tr("what the party hears, not what it says", "调节其收听而非讲话"))
    talkers = add_command(
        commands,
        "talkers",
        "conf:talkers",
        tr("how many voices are heard at once, the loudest", "同时可闻的最响声音数"),
        "xunhu conf talkers 8800 3\nxunhu conf talkers 8800 0",
    )
    _room(talkers)
    talkers.add_argument("count", metavar="N", type=int, help=tr("1 to 128; 0: all", "1 到 128；0 为全部"))
    play = add_command(
        commands,
        "play",
        "conf:play",
        tr("let all, or one, hear a prompt or a file", "向全体或一人播放语音"),
        "xunhu conf play 8800 welcome\nxunhu conf play 8800 ./notice.wav\nxunhu conf play 8800 welcome --party 3",
    )
    _room(play)
    play.add_argument("file", metavar="FILE", help=tr("a prompt's name, or a file of this machine", "提示音名称，或本机文件"))
    play.add_argument("--party", metavar="PARTY", help=tr("this one alone hears it", "只对该成员播放"))
    record = add_command(
        commands,
        "record",
        "conf:record",
        tr("begin or end the recording of a conference", "开始或结束会议录音"),
        "xunhu conf record 8800 on\nxunhu conf record 8800 off",
    )
    _room(record)
    record.add_argument("state", choices=["on", "off"], metavar="on|off", help=tr("begin, end", "开始、结束"))


def _of_rooms(commands: Commands, add_command: Add) -> None:
    texts = {
        "lock": tr("nobody but leaders comes in any more", "锁定会议：主持人以外不得进入"),
        "unlock": tr("let people in again", "解除锁定"),
        "end": tr("end a conference for all", "结束会议"),
    }
    for verb, text in texts.items():
        parser = add_command(commands, verb, "conf:room", text, f"xunhu conf {verb} 8800")
        _room(parser)
        parser.set_defaults(verb=verb)
