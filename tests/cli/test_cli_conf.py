"""`xunhu conf` against a service that answers by the socket as the running switch does: what is shown, what is asked, errors and exit codes."""

import asyncio
import json
import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from xunhu.api.local import LocalServer, RequestError
from xunhu.cli.conf_watch import bar, changes
from xunhu.cli.main import main
from xunhu.service import conference_requests
from xunhu.text import set_language

ROOT = Path(__file__).parents[2]
INI = """\
[Trunk0]
Driver = ces
Local = 127.0.0.1:1
Remote = 127.0.0.1:2
Signalling = PRI
[Conference0]
Number = 8800
Name = Board
"""
ROOM: dict[str, Any] = {
    "room": "8800", "name": "Board", "open": True, "id": "20261125T140327-C000012", "seconds": 3725.0, "parties": 4, "leaders": 1,
    "talkers": 3, "listeners": 1, "muted": 1, "locked": True, "waiting": False, "recording": "/data/recordings/b.wav", "loudest": 3,
    "floor": "2", "floor_party": "13900000002", "speakers": 1,
}  # fmt: skip
EMPTY: dict[str, Any] = ROOM | {
    "room": "8801", "name": "", "open": False, "id": "", "seconds": 0.0, "parties": 0, "leaders": 0, "talkers": 0, "listeners": 0,
    "muted": 0, "locked": False, "waiting": True, "recording": "", "loudest": 0, "floor": "", "floor_party": "", "speakers": 0,
}  # fmt: skip
MEMBER: dict[str, Any] = {
    "member": "1", "party": "13900000001", "call": "20261125T140327-000123", "leg": "1", "circuit": "Trunk0/1", "role": "leader",
    "to": "", "muted": False, "muted_by": "", "deaf": False, "gain_db": 0.0, "hear_db": 0.0, "speaks": False, "floor": False,
    "level_dbm0": -70.0, "seconds": 3700.0,
}  # fmt: skip
MEMBERS = [
    MEMBER,
    MEMBER | {"member": "2", "party": "13900000002", "role": "talk", "speaks": True, "floor": True, "level_dbm0": -18.4, "gain_db": 6.0},
    MEMBER | {"member": "3", "party": "13900000003", "role": "talk", "muted": True, "muted_by": "operator", "deaf": True},
    MEMBER | {"member": "5", "party": "13900000003", "role": "whisper", "to": "2", "level_dbm0": None, "hear_db": -3.0},
]


class Service:
    """What xunhu/service/conference_requests.py does, without a switch. looks: further states of the room, one for each look."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.room: dict[str, Any] | RequestError = ROOM | {"members": MEMBERS}
        self.looks: list[dict[str, Any] | RequestError] = []
        self.rows = [ROOM, EMPTY]

    async def conferences(self, _request: dict[str, Any]) -> list[dict[str, Any]]:
        return self.rows

    async def conference(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["room"] == "8801":
            return EMPTY | {"members": []}
        if request["room"] != "8800":
            raise RequestError("no-such-room", f"nobody is in a conference {request['room']}; open are: 8800")
        now = self.room
        if isinstance(now, RequestError):
            raise now
        if self.looks:
            self.room = self.looks.pop(0)
        return now

    async def conference_do(self, request: dict[str, Any]) -> dict[str, Any] | None:
        if request["action"] not in conference_requests.ACTIONS:
            raise RequestError("bad-request", "unknown action")
        self.asked.append({name: value for name, value in request.items() if name not in ("do", "room")})
        return None if request["action"] == "end" else ROOM


Site = tuple[Path, Service]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A configuration whose socket is answered by the fake service, in a thread of its own."""
    (tmp_path / "Tce1-32.ini").write_text(INI)
    (tmp_path / "xunhu.yaml").write_text("data: d\n")
    (tmp_path / "d").mkdir()
    service = Service()
    names = conference_requests.handlers(lambda: None)  # type: ignore[arg-type, return-value]
    loop = asyncio.new_event_loop()
    server = LocalServer(tmp_path / "d" / "xunhu.sock", {name: getattr(service, name) for name in names})
    loop.run_until_complete(server.start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield tmp_path, service

    async def stop() -> None:
        await server.stop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0.01)  # sockets that are being closed

    asyncio.run_coroutine_threadsafe(stop(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def run(site: Site, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """run("show", "8800"): exit status, output, complaints."""

    def go(*words: str, lang: str = "en") -> tuple[int, str, str]:
        status = main(["--lang", lang, "conf", *words, "--conf", str(site[0])])
        told = capsys.readouterr()
        return status, told.out, told.err

    yield go
    set_language(None)


def test_list(run: Run, site: Site) -> None:
    lines = run("list")[1].splitlines()
    assert re.split(" {2,}", lines[1]) == ["8800", "Board", "4", "3", "1", "open, locked, recording", "1:02:05", "2 13900000002"]
    assert re.split(" {2,}", lines[2]) == ["8801", "-", "0", "0", "0", "empty", "-", "-"]
    assert json.loads(run("list", "--json")[1]) == [ROOM, EMPTY]
    assert len(run("list", "--open")[1].splitlines()) == 2
    assert "进行中、已锁定、录音中" in run("list", lang="zh")[1]
    site[1].rows = []
    assert run("list") == (0, "no conference\n", "")


def test_show(run: Run) -> None:
    text = run("show", "8800")[1]
    lines = text.splitlines()
    assert lines[0] == "8800 Board  open, locked, recording  1:02:05  4 parties  the loudest 3 are heard"
    assert lines[1] == "recording: /data/recordings/b.wav"
    rows = [re.split(" {2,}", line) for line in lines[4:]]
    assert rows[0] == ["1", "13900000001", "leader", "-", "-", "-", "1:01:40", "Trunk0/1", "20261125T140327-000123"]
    assert rows[1][4:6] == ["+6 dB", "-18 dBm0"]
    assert rows[2][3] == "muted by operator, deaf"
    assert rows[3][2:5] == ["whisper to 2", "-", "hears -3 dB"]
    assert json.loads(run("show", "8800", "--json")[1]) == ROOM | {"members": MEMBERS}
    chinese = run("show", "8800", lang="zh")[1]
    assert "被操作员静音、不收听" in chinese
    assert "耳语 → 2" in chinese
    assert run("show", "8801")[1] == "8801  empty\n"


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["mute", "8800", "3"], [{"action": "mute", "party": "3"}]),
        (["mute", "8800", "all"], [{"action": "mute", "party": "all"}]),
        (["unmute", "8800", "13900000001", "2", "1"], [{"action": "unmute", "party": "1"}, {"action": "unmute", "party": "2"}]),
        (["deaf", "8800", "5"], [{"action": "deaf", "party": "5"}]),
        (["undeaf", "8800", "5"], [{"action": "undeaf", "party": "5"}]),
        (["remove", "8800", "13900000002"], [{"action": "remove", "party": "2"}]),
        (["role", "8800", "3", "listen"], [{"action": "role", "party": "3", "role": "listen"}]),
        (["role", "8800", "3", "whisper", "--to", "13900000001"], [{"action": "role", "party": "3", "role": "whisper", "to": "1"}]),
        (["whisper", "8800", "5", "2"], [{"action": "whisper", "party": "5", "to": "2"}]),
        (["floor", "8800", "2"], [{"action": "floor", "party": "2"}]),
        (["gain", "8800", "2", "-6"], [{"action": "gain", "party": "2", "db": -6.0, "of": "talk"}]),
        (["gain", "8800", "2", "4.5", "--hear"], [{"action": "gain", "party": "2", "db": 4.5, "of": "hear"}]),
        (["talkers", "8800", "3"], [{"action": "talkers", "talkers": 3}]),
        (["talkers", "8800", "0"], [{"action": "talkers", "talkers": 0}]),
        (["lock", "8800"], [{"action": "lock"}]),
        (["unlock", "8800"], [{"action": "unlock"}]),
        (["end", "8800"], [{"action": "end"}]),
        (["record", "8800", "on"], [{"action": "record"}]),
        (["record", "8800", "off"], [{"action": "stop-record"}]),
        (["play", "8800", "welcome"], [{"action": "play", "file": "welcome"}]),
        (["play", "8800", "welcome", "--party", "1"], [{"action": "play", "file": "welcome", "party": "1"}]),
        (["invite", "8800", "8001"], [{"action": "invite", "target": "8001", "calling": ""}]),
        (["invite", "8800", "carrier/139", "--calling", "400"], [{"action": "invite", "target": "carrier/139", "calling": "400"}]),
    ],
)
def test_commands(run: Run, site: Site, words: list[str], asked: list[dict[str, Any]]) -> None:
    status, text, complaint = run(*words)
    assert (status, complaint) == (0, "")
    assert site[1].asked == asked
    assert text.startswith("conference 8800")
    assert run(*words, lang="zh")[1].startswith("会议 8800")
    answer = json.loads(run(*words, "--json")[1])
    assert answer == (None if words[0] == "end" else ROOM)


def test_every_action_can_be_asked_for() -> None:
    verbs = {words[0] for words in COMMANDS} - {"list", "show", "watch"}
    assert verbs | {"stop-record"} == set(conference_requests.ACTIONS)


def test_a_file_is_named_by_its_whole_path(run: Run, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, service = site
    (folder / "notice.wav").write_bytes(b"RIFF")
    monkeypatch.chdir(folder)
    assert run("play", "8800", "notice.wav")[0] == 0
    assert service.asked == [{"action": "play", "file": str(folder / "notice.wav")}]


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (["show", "8899"], 4, "nobody is in a conference 8899; open are: 8800"),
        (["mute", "8800", "9"], 4, "there are: 1 (13900000001), 2 (13900000002)"),
        (["mute", "8800", "13900000003"], 4, "more than once"),
        (["mute", "8801", "1"], 4, "conference 8801 has no party 1"),
        (["remove", "8800", "all"], 4, "has no party all"),
        (["whisper", "8800", "1", "9"], 4, "has no party 9"),
        (["gain", "8800", "1", "40"], 2, "DB is -24 to 12"),
        (["talkers", "8800", "200"], 2, "N is 0 to 128"),
        (["role", "8800", "1", "listen", "--to", "2"], 2, "xunhu conf whisper 8800 1 2"),
    ],
)
def test_what_cannot_be_done(run: Run, site: Site, words: list[str], status: int, text: str) -> None:
    assert run(*words)[0] == status
    told = run(*words)
    assert told[1] == ""
    assert text in told[2]
    assert run(*words, lang="zh")[0] == status
    assert site[1].asked == []


def test_not_running(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Tce1-32.ini").write_text(INI)
    (tmp_path / "xunhu.yaml").write_text("data: d\n")
    assert main(["--lang", "en", "conf", "list", "--conf", str(tmp_path)]) == 3
    assert "start it: xunhu run" in capsys.readouterr().err
    set_language(None)


def test_flow_check_and_check_warn_of_a_conference_that_there_is_not(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    flows = site[0] / "flows"
    flows.mkdir()
    (flows / "a.xml").write_text('<flow><node code="a" type="conference" room="8880"/></flow>')
    (flows / "b.xml").write_text('<flow><node code="a" type="conference" room="8800"/></flow>')
    for command in (["flow", "check"], ["check"]):
        status = main(["--lang", "en", *command, "--conf", str(site[0])])
        told = capsys.readouterr().out
        assert "a.xml:1: warning: there is no conference '8880' in the configuration; remedy: did you mean '8800'?" in told
        assert "b.xml" not in told
        assert status == 0, told
    set_language(None)


# -- watch -----------------------------------------------------------------------------------------------------------


def later(**changes_of_room: Any) -> dict[str, Any]:
    return ROOM | {"members": MEMBERS} | changes_of_room


def test_watch_tells_what_changes_until_the_end(run: Run, site: Site) -> None:
    quiet = [MEMBER, *[m | {"speaks": False, "floor": False} for m in MEMBERS[1:3]]]
    new = MEMBER | {"member": "6", "party": "13900000006", "role": "listen", "muted": True, "muted_by": "entry"}
    site[1].looks = [
        later(members=quiet, floor="", floor_party="", recording=""),
        later(members=[*quiet, new], floor="1", floor_party="13900000001", recording="", locked=False),
        later(members=[MEMBER | {"muted": True}, *quiet[1:], new | {"role": "talk", "gain_db": -3.0}], floor="1", recording="", locked=False),
        RequestError("no-such-room", "nobody is in a conference 8800; open are: -"),
    ]
    status, text, complaint = run("watch", "8800")
    assert (status, complaint) == (0, "")
    head, *lines = text.splitlines()
    assert head.startswith("8800 Board  open, locked")
    assert lines[:4] == [
        "1 13900000001  leader",
        "2 13900000002  talk  +6 dB",
        "3 13900000003  talk  muted by operator, deaf",
        "5 13900000003  whisper to 2  hears -3 dB",
    ]
    assert [re.sub(r"^ +[0-9]+[.][0-9]  ", "", line) for line in lines[4:]] == [
        "2 13900000002 is silent",
        "5 13900000003 leaves",
        "floor: -",
        "recording ends",
        "6 13900000006 joins: listen",
        "floor: 1 13900000001",
        "unlocked",
        "1 13900000001: muted itself",
        "6 13900000006: talk",
        "6 13900000006: -3 dB",
        "the conference has ended",
    ]


def test_watch_of_a_room_of_the_configuration_waits_and_ends_with_it(run: Run, site: Site) -> None:
    site[1].room = EMPTY | {"room": "8800", "members": []}
    site[1].looks = [later(waiting=True), later(), EMPTY | {"members": []}]
    text = run("watch", "8800")[1]
    assert text.splitlines()[0] == "8800  empty"
    for words in ("2 13900000002 joins: talk", "locked", "recording begins", "begins: a leader is there", "the conference has ended"):
        assert words in text
    assert "leaves" not in text


def test_watch_does_not_take_a_switch_that_stops_for_a_conference_that_ends(run: Run, site: Site) -> None:
    socket = site[0] / "d" / "xunhu.sock"
    gone = threading.Timer(0.5, socket.unlink)
    gone.start()
    status, text, complaint = run("watch", "8800")
    assert (status, "has ended" in text) == (3, False)
    assert "xunhu run" in complaint


def test_watch_of_a_room_that_stays_empty(run: Run) -> None:
    assert run("watch", "8801", "--for", "0.4") == (0, "8801  empty\n", "")


def test_watch_for_a_time_and_as_json(run: Run) -> None:
    status, text, _ = run("watch", "8800", "--for", "0.7", "--json")
    rows = [json.loads(line) for line in text.splitlines()]
    assert status == 0
    assert 2 <= len(rows) <= 5
    assert rows[0] == ROOM | {"members": MEMBERS}
    assert run("watch", "8899")[0] == 4


def test_changes_say_nothing_of_what_is_as_it_was() -> None:
    assert list(changes(later(), later())) == []


@pytest.mark.parametrize(("dbm0", "filled"), [(None, 0), (-90.0, 0), (-60.0, 0), (-30.0, 10), (0.0, 20), (3.0, 20)])
def test_bar(dbm0: float | None, filled: int) -> None:
    assert bar({"level_dbm0": dbm0}) == "█" * filled + "·" * (20 - filled)


# -- on a terminal ---------------------------------------------------------------------------------------------------


def on_terminal(folder: Path, columns: int, *words: str, lang: str = "C.UTF-8") -> str:
    main_end, other = pty.openpty()
    environment = {"PATH": "/usr/bin:/bin", "LANG": lang, "PYTHONPATH": str(ROOT), "COLUMNS": str(columns), "LINES": "24", "TERM": "xterm"}
    command = [sys.executable, "-m", "xunhu.cli.main", "conf", *words, "--conf", str(folder)]
    with subprocess.Popen(command, stdout=other, stderr=other, env=environment) as shown:
        os.close(other)
        text = b""
        while True:
            try:
                part = os.read(main_end, 65536)
            except OSError:  # the other side is closed
                break
            text += part
        shown.wait(10)
    os.close(main_end)
    assert shown.returncode == 0, text
    return text.decode()


@pytest.mark.parametrize(("columns", "lang"), [(80, "C.UTF-8"), (120, "zh_CN.UTF-8")])
def test_on_a_terminal_it_is_coloured_and_fits(site: Site, columns: int, lang: str) -> None:
    from rich.cells import cell_len

    folder, service = site
    crowd = [MEMBER | {"member": str(n), "party": f"139000000{n:02}", "speaks": n == 60, "floor": n == 60} for n in range(1, 61)]
    service.looks = [later(members=crowd)] * 3
    live = on_terminal(folder, columns, "watch", "8800", "--for", "1.2", lang=lang)
    assert "\x1b[32m" in live
    assert "▶" in live
    assert "13900000060" in live, "who speaks is seen, however many there are"
    assert ("另有" if lang.startswith("zh") else "and 42 more") in live
    for text in (live, on_terminal(folder, columns, "show", "8800", lang=lang), on_terminal(folder, columns, "list", lang=lang)):
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "\n")
        if columns >= 120 or text is live:
            assert max(cell_len(line) for line in plain.splitlines()) <= columns


COMMANDS = [
    ["list"], ["show"], ["watch"],
    *[[verb] for verb in ("mute", "unmute", "deaf", "undeaf", "remove", "role", "whisper", "floor", "invite")],
    *[[verb] for verb in ("gain", "talkers", "play", "record", "lock", "unlock", "end")],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_examples(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    for language, heading in (("en", "examples:"), ("zh", "示例：")):
        with pytest.raises(SystemExit) as ended:
            main(["--lang", language, "conf", *command, "--help"])
        assert ended.value.code == 0
        text = capsys.readouterr().out
        assert f"{heading}\n  xunhu conf {' '.join(command)}" in text
        assert "--json" in text
    set_language(None)
