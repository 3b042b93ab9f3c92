"""`xunhu conf ...`: conference rooms, shown and commanded (xunhu/service/conference_requests.py answers)."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from xunhu.cli.common import request
from xunhu.cli.operate import seconds
from xunhu.cli.output import OK, REFUSED, USAGE, CommandError, print_json, print_table
from xunhu.text import tr

Row = dict[str, Any]
GAIN_DB = (-24, 12)
TALKERS_MOST = 128


# -- words -----------------------------------------------------------------------------------------------------------


def role_word(row: Row) -> str:
    """"leader", "whisper to 2"."""
    role = str(row["role"])
    zh = {"talk": "发言", "listen": "旁听", "leader": "主持人", "whisper": "耳语"}.get(role, role)
    if row["to"]:
        return tr(f"whisper to {row['to']}", f"耳语 → {row['to']}")
    return tr(role, zh)


def state_words(row: Row) -> str:
    """What is not as usual with a party: "muted by 1, deaf"."""
    words: list[str] = []
    if row["muted"]:
        by = str(row["muted_by"])
        if by == "operator":
            words.append(tr("muted by operator", "被操作员静音"))
        elif by == "entry":
            words.append(tr("muted on entry", "入会静音"))
        elif by:
            words.append(tr(f"muted by {by}", f"被 {by} 静音"))
        else:
            words.append(tr("muted itself", "自行静音"))
    if row["deaf"]:
        words.append(tr("deaf", "不收听"))
    return tr(", ", "、").join(words)


def gains(row: Row) -> str:
    """"+6 dB", "hears -3 dB"."""
    words = [f"{row['gain_db']:+g} dB"] if row["gain_db"] else []
    if row["hear_db"]:
        words.append(tr(f"hears {row['hear_db']:+g} dB", f"收听 {row['hear_db']:+g} dB"))
    return tr(", ", "、").join(words)


def room_state(row: Row) -> str:
    """"open, locked, recording"."""
    if not row["open"]:
        words = [tr("empty", "空")]
    elif row["waiting"]:
        words = [tr("waiting for a leader", "等待主持人")]
    else:
        words = [tr("open", "进行中")]
    if row["locked"]:
        words.append(tr("locked", "已锁定"))
    if row["recording"]:
        words.append(tr("recording", "录音中"))
    return tr(", ", "、").join(words)


def floor_words(row: Row) -> str:
    return f"{row['floor']} {row['floor_party']}".strip()


def level(row: Row) -> str:
    value = row["level_dbm0"]
    return "" if value is None or value < LEAST_DBM0 else f"{value:.0f} dBm0"


LEAST_DBM0 = -60.0  # below that nothing is said of the level


# -- shown -----------------------------------------------------------------------------------------------------------


def list_rooms(arguments: Namespace) -> int:
    rows: list[Row] = request(arguments, "conferences")
    if arguments.open:
        rows = [row for row in rows if row["open"]]
    if arguments.json:
        print_json(rows)
        return OK
    print_table(
        [
            tr("room", "会议号"),
            tr("name", "名称"),
            tr("parties", "人数"),
            tr("talk", "发言"),
            tr("listen", "旁听"),
            tr("state", "状态"),
            tr("for", "历时"),
            tr("floor", "发言权"),
        ],
        [
            (
                row["room"],
                row["name"],
                row["parties"],
                row["talkers"],
                row["listeners"],
                room_state(row),
                seconds(row["seconds"]) if row["open"] else "",
                floor_words(row),
            )
            for row in rows
        ],
        empty=tr("no conference", "没有会议"),
        fold=1,
    )
    return OK


def heading(row: Row) -> str:
    name = f" {row['name']}" if row["name"] else ""
    told = f"{row['room']}{name}  {room_state(row)}"
    if row["open"]:
        told += f"  {seconds(row['seconds'])}"
        count = row["parties"]
        told += "  " + tr(f"{count} {'party' if count == 1 else 'parties'}", f"{count} 人")
    if row["loudest"]:
        told += tr(f"  the loudest {row['loudest']} are heard", f"  最响的 {row['loudest']} 人可闻")
    return told


def show(arguments: Namespace) -> int:
    row: Row = request(arguments, "conference", room=arguments.room)
    if arguments.json:
        print_json(row)
        return OK
    print(heading(row))
    if row["recording"]:
        print(tr(f"recording: {row['recording']}", f"录音：{row['recording']}"))
    if not row["open"]:
        return OK
    print()
    print_table(
        [
            tr("no.", "成员号"),
            tr("party", "号码"),
            tr("role", "角色"),
            tr("state", "状态"),
            tr("gain", "增益"),
            tr("level", "电平"),
            tr("for", "历时"),
            tr("circuit", "电路"),
            tr("call", "呼叫"),
        ],
        [
            (
                member["member"],
                member["party"],
                role_word(member),
                state_words(member),
                gains(member),
                level(member),
                seconds(member["seconds"]),
                member["circuit"],
                member["call"],
            )
            for member in row["members"]
        ],
        fold=3,
    )
    return OK


# -- commands --------------------------------------------------------------------------------------------------------


class Members:
    """Who is in a room, for parties named by their telephone."""

    def __init__(self, arguments: Namespace) -> None:
        self._arguments = arguments
        self._rows: list[Row] = request(arguments, "conference", room=arguments.room)["members"]

    def number(self, name: str) -> str:
        """The number in the room of a party. CommandError: nobody, or several."""
        if any(row["member"] == name for row in self._rows):
            return name
        found = [row["member"] for row in self._rows if row["party"] == name]
        if len(found) == 1:
            return str(found[0])
        room = self._arguments.room
        if found:
            listed = ", ".join(found)
            raise CommandError(
                tr(f"{name} is in conference {room} more than once", f"{name} 在会议 {room} 中不止一个"),
                tr(f"name one by the number in the room: {listed}", f"请用成员号指定：{listed}"),
                REFUSED,
            )
        listed = ", ".join(f"{row['member']} ({row['party'] or '-'})" for row in self._rows[:20]) or "-"
        raise CommandError(
            tr(f"conference {room} has no party {name}", f"会议 {room} 中没有成员 {name}"),
            tr(f"there are: {listed}", f"现有：{listed}"),
            REFUSED,
        )


def _do(arguments: Namespace, action: str, **more: Any) -> Row | None:
    answer: Row | None = request(arguments, "conference_do", room=arguments.room, action=action, **more)
    return answer


def _say(arguments: Namespace, answer: Row | None, en: str, zh: str) -> int:
    if arguments.json:
        print_json(answer)
        return OK
    room = arguments.room
    print(tr(f"conference {room}: {en}", f"会议 {room}：{zh}"))
    if answer is None:
        print(tr("it has ended", "会议已结束"))
    return OK


def parties(arguments: Namespace) -> int:
    """mute, unmute, deaf, undeaf, remove."""
    verb = arguments.verb
    if arguments.party == ["all"] and verb in ("mute", "unmute"):
        numbers, shown_en, shown_zh = ["all"], "all but leaders", "主持人以外全体"
    else:
        members = Members(arguments)
        numbers = list(dict.fromkeys(members.number(name) for name in arguments.party))
        shown_en = f"{'party' if len(numbers) == 1 else 'parties'} {', '.join(numbers)}"
        shown_zh = f"成员 {'、'.join(numbers)}"
    answer: Row | None = None
    for number in numbers:
        answer = _do(arguments, verb, party=number)
    said = {
        "mute": ("muted", "已静音"),
        "unmute": ("heard again", "已取消静音"),
        "deaf": ("hears the conference no more", "不再收听"),
        "undeaf": ("hears the conference again", "已恢复收听"),
        "remove": ("removed", "已请出"),
    }[verb]
    return _say(arguments, answer, f"{shown_en} {said[0]}", f"{shown_zh}{said[1]}")


def role(arguments: Namespace) -> int:
    members = Members(arguments)
    number = members.number(arguments.party)
    if arguments.to and arguments.role != "whisper":
        raise CommandError(
            tr("--to is for the role whisper", "--to 只用于角色 whisper"),
            f"xunhu conf whisper {arguments.room} {arguments.party} {arguments.to}",
            USAGE,
        )
    to = {"to": members.number(arguments.to)} if arguments.to else {}
    answer = _do(arguments, "role", party=number, role=arguments.role, **to)
    word = role_word({"role": arguments.role, "to": to.get("to", "")})
    return _say(arguments, answer, f"party {number}: {word}", f"成员 {number}：{word}")


def whisper(arguments: Namespace) -> int:
    members = Members(arguments)
    number, to = members.number(arguments.party), members.number(arguments.to)
    answer = _do(arguments, "whisper", party=number, to=to)
    return _say(arguments, answer, f"party {number} speaks to {to} alone", f"成员 {number} 只对 {to} 讲话")


def floor(arguments: Namespace) -> int:
    number = Members(arguments).number(arguments.party)
    answer = _do(arguments, "floor", party=number)
    return _say(
        arguments,
        answer,
        f"party {number} has the floor; `xunhu conf unmute {arguments.room} all` lets all speak again",
        f"成员 {number} 有发言权；`xunhu conf unmute {arguments.room} all` 恢复全体发言",
    )


def gain(arguments: Namespace) -> int:
    low, high = GAIN_DB
    if not low <= arguments.db <= high:
        raise CommandError(tr(f"DB is {low} to {high}", f"DB 为 {low} 到 {high}"), "", USAGE)
    number = Members(arguments).number(arguments.party)
    of = "hear" if arguments.hear else "talk"
    answer = _do(arguments, "gain", party=number, db=arguments.db, of=of)
    db = f"{arguments.db:+g} dB"
    if arguments.hear:
        return _say(arguments, answer, f"party {number} hears with {db}", f"成员 {number} 收听增益 {db}")
    return _say(arguments, answer, f"party {number} is heard with {db}", f"成员 {number} 讲话增益 {db}")


def talkers(arguments: Namespace) -> int:
    if not 0 <= arguments.count <= TALKERS_MOST:
        raise CommandError(tr(f"N is 0 to {TALKERS_MOST}", f"N 为 0 到 {TALKERS_MOST}"), "", USAGE)
    count = arguments.count
    answer = _do(arguments, "talkers", talkers=count)
    if not count:
        return _say(arguments, answer, "all voices are heard", "全部声音可闻")
    return _say(arguments, answer, f"the loudest {count} are heard", f"最响的 {count} 人可闻")


def play(arguments: Namespace) -> int:
    """A file of this machine is named by its whole path: the switch has another working directory."""
    path = Path(arguments.file)
    name = str(path.resolve()) if path.is_file() else arguments.file
    party = {"party": Members(arguments).number(arguments.party)} if arguments.party else {}
    answer = _do(arguments, "play", file=name, **party)
    if party:
        return _say(arguments, answer, f"party {party['party']} hears {name}", f"向成员 {party['party']} 播放 {name}")
    return _say(arguments, answer, f"all hear {name}", f"向全体播放 {name}")


def record(arguments: Namespace) -> int:
    on = arguments.state == "on"
    answer = _do(arguments, "record" if on else "stop-record")
    if on and answer is not None:
        path = answer["recording"]
        return _say(arguments, answer, f"is recorded in {path}", f"录音写入 {path}")
    return _say(arguments, answer, "is not recorded", "未在录音")


def invite(arguments: Namespace) -> int:
    answer = _do(arguments, "invite", target=arguments.target, calling=arguments.calling)
    return _say(arguments, answer, f"{arguments.target} is being called", f"正在呼叫 {arguments.target}")


def room(arguments: Namespace) -> int:
    """lock, unlock, end."""
    answer = _do(arguments, arguments.verb)
    if arguments.verb == "end" and not arguments.json:
        print(tr(f"conference {arguments.room} has ended", f"会议 {arguments.room} 已结束"))
        return OK
    said = {"lock": ("locked", "已锁定"), "unlock": ("open to all again", "已解除锁定"), "end": ("ended", "已结束")}[arguments.verb]
    return _say(arguments, answer, *said)
