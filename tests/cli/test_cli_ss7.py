"""`xunhu ss7` against a service that answers by the socket as the running switch does: what is shown, what is asked, errors and exit codes."""

import asyncio
import json
import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from xunhu._isdn.trace import Tracer
from xunhu._ss7.mtp2_units import basic_unit
from xunhu._ss7.mtp_primitives import ManagementIndication
from xunhu._ss7.trace import link_channel
from xunhu.api.local import LocalServer, RequestError
from xunhu.service import requests
from xunhu.service.ss7_requests import handlers, link_name, link_place, named_circuits

ROOT = Path(__file__).parents[2]
INI = """\
[Trunk0]
Driver = ces
Local = 127.0.0.1:1
Remote = 127.0.0.1:2
Signalling = SS7
[SS7]
Point0 = 34-56-78, national, 24
[LinkSet0]
Adjacent = 34-56-1
Link0 = Trunk0/16
[Circuits0]
Trunk = Trunk0
Destination = 34-56-1
FirstCIC = 33
Variant = ISUP-CHINA
"""
LINK: dict[str, Any] = {
    "name": "LinkSet0/0", "linkset": "LinkSet0", "slc": 0, "trunk": "Trunk0", "timeslot": 16, "rate": "64k", "correction": "basic",
    "state": "available", "level2": "IN_SERVICE", "inhibited": [False, False], "blocked": False, "congestion": 0, "failures": 2,
    "since_s": 3725.0, "msu_rx": 123456, "msu_tx": 123400,
}  # fmt: skip
WHOLE = LINK | {
    "name": "LinkSet0/1", "slc": 1, "trunk": "Trunk4", "timeslot": 0, "rate": "2M", "correction": "PCR",
    "state": "unavailable: aligning, inhibited", "level2": "INITIAL_ALIGNMENT", "inhibited": [True, True], "congestion": 1,
}  # fmt: skip


class Service:
    """What xunhu/service/ss7_desk.py does, without a network."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.rows = [dict(LINK), dict(WHOLE)]
        failed = ManagementIndication("error", "link-failure", "LinkSet0/1", "alignment not possible")
        self.standing = {("LinkSet0/1", "link-failure"): failed}

    def points(self) -> list[dict[str, Any]]:
        return [{"name": "Point0", "code": "34-56-78", "network": "national", "bits": 24, "state": "RUNNING"}]

    def links(self) -> list[dict[str, Any]]:
        return self.rows

    def linksets(self) -> list[dict[str, Any]]:
        row = {"name": "LinkSet0", "point": "34-56-78", "adjacent": "34-56-1", "state": "available"}
        return [row | {"links": ["LinkSet0/0", "LinkSet0/1"], "available": ["LinkSet0/0"]}]

    def routes(self) -> list[dict[str, Any]]:
        by = [
            {"name": "LinkSet0", "priority": 1, "status": "allowed", "usable": True},
            {"name": "LinkSet1", "priority": 2, "status": "prohibited", "usable": False},
        ]
        row = {"point": "34-56-78", "network": "national", "linksets": by}
        return [
            row | {"dpc": "34-56-1", "state": "accessible", "current": ["LinkSet0"]},
            row | {"dpc": "34-56-9", "state": "inaccessible", "current": []},
        ]

    def circuits(self) -> list[dict[str, Any]]:
        row = {"trunk": "Trunk0", "dpc": "34-56-1", "variant": "ISUP-CHINA", "call": ""}
        slots = [t for t in range(1, 32) if t != 16]
        return [
            row | {"circuit": f"Trunk0/{t}", "cic": 32 + t, "state": "blocked-remote" if t == 5 else "idle"} for t in slots
        ]

    def counters(self) -> dict[str, Any]:
        return {"links": {"LinkSet0/0": {"failures": 2, "sibs_sent": 0}}, "networks": {"Point0": {"TFP received": 3}}}

    def link_command(self, verb: str, name: str, **options: bool) -> None:
        if verb == "inhibit" and name == "LinkSet0/0":
            raise RequestError("refused", "34-56-1 would not be reached any more")
        self.asked.append((verb, name, options))

    def add_link(self, *place: Any) -> None:
        self.asked.append(("add", *place))
        self.rows.append(LINK | {"name": f"{place[0]}/{place[1]}"})

    def remove_link(self, name: str) -> None:
        self.asked.append(("remove", name))
        self.rows = [row for row in self.rows if row["name"] != name]

    def circuit_command(self, verb: str, circuits: list[str], hardware: bool = False) -> None:
        self.asked.append((verb, circuits, hardware))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, Service]]:
    """A configuration whose socket is answered by the fake service, in a thread of its own."""
    (tmp_path / "Tce1-32.ini").write_text(INI)
    (tmp_path / "xunhu.yaml").write_text("data: d\n")
    (tmp_path / "d").mkdir()
    service = Service()
    tracer = Tracer(channels={"LinkSet0/0": link_channel("LinkSet0/0", 24)})
    tracer.add(1_763_859_600_000_000_000, "LinkSet0/0", "tx", basic_unit(5, 1, 9, 0, b""))
    tracer.add(1_763_859_601_000_000_000, 3, "rx", bytes.fromhex("02017f"))
    tracer.add(1_763_859_602_000_000_000, "LinkSet0/9", "rx", basic_unit(127, 1, 127, 1, b"\0"))  # added while it runs
    switch: Any = SimpleNamespace(ss7=service, tracer=tracer, clock=SimpleNamespace(wall_ns=lambda: 0))
    loop = asyncio.new_event_loop()
    server = LocalServer(tmp_path / "d" / "xunhu.sock", requests.handlers(switch))
    loop.run_until_complete(server.start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield tmp_path, service
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def xunhu(folder: Path, *words: str, lang: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "LANG": lang, "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    words = words if words[0] == "trace" else ("ss7", *words)
    command = [sys.executable, "-m", "xunhu.cli.main", *words, "--conf", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    return done


def test_links_as_text_and_json_and_in_chinese(site: tuple[Path, Service]) -> None:
    folder, _ = site
    lines = xunhu(folder, "links").stdout.splitlines()
    assert lines[1].split() == [
        "LinkSet0/0", "Trunk0/16", "64k", "available", "2", "1:02:05", "123456", "123400",
    ]  # fmt: skip
    assert "Trunk4" in lines[2].split()
    assert "unavailable: aligning (initial alignment), inhibited here+there, congestion 1" in lines[2]
    assert json.loads(xunhu(folder, "links", "--json").stdout) == [LINK, WHOLE]
    chinese = xunhu(folder, "links", lang="zh_CN.UTF-8").stdout
    assert "不可用：定位中 (初始定位)，阻断：本端+对端，拥塞 1 级" in chinese
    assert "\x1b" not in chinese


def test_status_and_its_alarms(site: tuple[Path, Service]) -> None:
    folder, _ = site
    text = xunhu(folder, "status").stdout
    assert "Point0" in text
    assert "34-56-78" in text
    assert "idle 29  blocked-remote 1" in text
    assert "! LinkSet0/1: alignment not possible" in text
    answer = json.loads(xunhu(folder, "status", "--json").stdout)
    assert answer["trunks"] == [
        {"name": "Trunk0", "variant": "ISUP-CHINA", "dpc": "34-56-1", "states": {"idle": 29, "blocked-remote": 1}}
    ]
    assert answer["alarms"][0]["code"] == "link-failure"


def test_routes_circuits_counters(site: tuple[Path, Service]) -> None:
    folder, _ = site
    rows = xunhu(folder, "routes").stdout.splitlines()
    assert rows[1].split()[:4] == ["34-56-78", "34-56-1", "accessible", "LinkSet0"]
    assert "LinkSet0 (1), LinkSet1 (2) prohibited" in rows[1]
    assert rows[2].split()[:4] == ["34-56-78", "34-56-9", "inaccessible", "-"]
    circuits = json.loads(xunhu(folder, "circuits", "34-56-1:36-38", "--json").stdout)
    assert [row["circuit"] for row in circuits] == ["Trunk0/4", "Trunk0/5", "Trunk0/6"]
    assert len(xunhu(folder, "circuits").stdout.splitlines()) == 31
    blocked = xunhu(folder, "circuits", "--state", "blocked-remote").stdout
    assert blocked.splitlines()[1].split() == ["Trunk0/5", "34-56-1", "37", "ISUP-CHINA", "blocked-remote", "-"]
    counters = xunhu(folder, "counters").stdout
    assert "1.2" in counters
    assert "SIBs" not in counters
    assert "TFP received" in counters
    assert "SIBs sent" in xunhu(folder, "counters", "--all").stdout


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["link", "activate", "linkset0/0"], ("activate", "LinkSet0/0", {})),
        (["link", "restart", "LinkSet0/1", "--emergency"], ("restart", "LinkSet0/1", {"emergency": True})),
        (["link", "uninhibit", "LinkSet0/1"], ("uninhibit", "LinkSet0/1", {})),
        (["link", "add", "LinkSet0/2", "trunk1/16", "--pcr"], ("add", "LinkSet0", 2, "Trunk1", 16, "64k", "PCR")),
        (["link", "add", "LinkSet0/3", "Trunk5", "--rate", "2M"], ("add", "LinkSet0", 3, "Trunk5", 0, "2M", "basic")),
        (["link", "remove", "LinkSet0/1"], ("remove", "LinkSet0/1")),
        (["circuit", "block", "Trunk0/5"], ("block", ["Trunk0/5"], False)),
        (["circuit", "unblock", "Trunk0/5", "--hardware"], ("unblock", ["Trunk0/5"], True)),
        (["circuit", "reset", "Trunk0/14-18", "34-56-1:33"], ("reset", ["Trunk0/14", "Trunk0/15", "Trunk0/17", "Trunk0/18", "Trunk0/1"], False)),
        (["circuit", "continuity", "Trunk0/1", "Trunk0/1"], ("continuity", ["Trunk0/1"], False)),
    ],
)  # fmt: skip
def test_commands(site: tuple[Path, Service], words: list[str], asked: tuple[Any, ...]) -> None:
    folder, service = site
    done = xunhu(folder, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert service.asked == [asked]
    assert done.stdout


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["link", "inhibit", "LinkSet0/0"], "34-56-1 would not be reached"),
        (["link", "activate", "LinkSet0/7"], "there is no link LinkSet0/7; there are: LinkSet0/0, LinkSet0/1"),
        (["link", "activate", "0"], "LinkSet0/1"),
        (["link", "add", "LinkSet0/16", "Trunk1/16"], "names no link"),
        (["link", "add", "LinkSet4/0", "Trunk1/16"], "there is no LinkSet4"),
        (["link", "add", "LinkSet0/2", "Trunk1"], "Trunk0/16"),
        (["link", "add", "LinkSet0/2", "Trunk1/16", "--rate", "2M"], "the trunk alone for 2M"),
        (["circuit", "block", "Trunk0/16"], "there is no circuit Trunk0/16"),
        (["circuit", "block", "Trunk7/1"], "there are circuits of 34-56-1, Trunk0"),
        (["circuit", "block", "Trunk0/9-1"], "names no circuit"),
    ],
)
def test_what_cannot_be_done_is_refused_with_4(site: tuple[Path, Service], words: list[str], text: str) -> None:
    folder, service = site
    done = xunhu(folder, *words)
    assert (done.returncode, done.stdout) == (4, "")
    assert text in done.stderr
    assert service.asked == []


def test_a_site_without_ss7_says_so(tmp_path: Path) -> None:
    async def ask() -> str:
        with pytest.raises(RequestError) as caught:
            await handlers(lambda: None)["ss7-links"]({})
        return caught.value.code

    assert asyncio.run(ask()) == "no-ss7"
    (tmp_path / "Tce1-32.ini").write_text(INI)
    (tmp_path / "xunhu.yaml").write_text("data: d\n")
    assert xunhu(tmp_path, "status").returncode == 3


COMMANDS = [
    ["status"], ["links"], ["routes"], ["circuits"], ["counters"],
    *[["link", verb] for verb in ("activate", "deactivate", "restart", "inhibit", "uninhibit", "add", "remove")],
    *[["circuit", verb] for verb in ("block", "unblock", "reset", "continuity")],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_examples(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    from xunhu.cli.main import main
    from xunhu.text import set_language

    for language, heading in (("en", "examples:"), ("zh", "示例：")):
        with pytest.raises(SystemExit) as ended:
            main(["--lang", language, "ss7", *command, "--help"])
        assert ended.value.code == 0
        text = capsys.readouterr().out
        assert f"{heading}\n  xunhu ss7 {' '.join(command)}" in text
        assert "--json" in text
    set_language(None)


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_it_is_coloured_and_fits(site: tuple[Path, Service], columns: int) -> None:
    folder, _ = site
    for command in ("status", "links", "routes"):
        main, other = pty.openpty()
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), "COLUMNS": str(columns), "TERM": "xterm"}
        words = [sys.executable, "-m", "xunhu.cli.main", "ss7", command, "--conf", str(folder)]
        with subprocess.Popen(words, stdout=other, stderr=other, env=environment) as shown:
            os.close(other)
            text = ""
            while True:
                try:
                    part = os.read(main, 65536)
                except OSError:  # the other side is closed
                    break
                text += part.decode()
            shown.wait(10)
        os.close(main)
        assert shown.returncode == 0, text
        assert "\x1b[32m" in text
        assert max(len(line) for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()) <= columns


def test_trace_of_links_and_d_channels(site: tuple[Path, Service], tmp_path: Path) -> None:
    folder, _ = site
    lines = [line.split("  ", 1)[1] for line in xunhu(folder, "trace").stdout.splitlines()]
    assert len(lines) == 3
    assert lines[0] == "LinkSet0/0 -> FISU      BSN 5/1 FSN 9/0"
    assert lines[1].startswith("Trunk3   <- SABME")
    assert lines[2] == "LinkSet0/9 <- LSSU SIO  BSN 127/1 FSN 127/1"
    rows = json.loads(xunhu(folder, "trace", "--trunk", "trunk0", "--json").stdout)
    assert [(row["link"], row["direction"], row["text"]) for row in rows] == [("LinkSet0/0", "tx", "FISU      BSN 5/1 FSN 9/0")]
    assert len(xunhu(folder, "trace", "--link", "LinkSet0/0").stdout.splitlines()) == 1
    wrong = xunhu(folder, "trace", "--link", "LinkSet4/0")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "there are: LinkSet0/0" in wrong.stderr
    xunhu(folder, "trace", "--pcap", str(tmp_path / "t.pcap"))
    assert xunhu(folder, "trace", "--read", str(tmp_path / "t.pcap")).stdout == xunhu(folder, "trace").stdout


def test_names() -> None:
    assert link_name(" linkset03/15 ") == ("LinkSet3", 15)
    assert link_place("TRUNK1/31", "64k") == ("Trunk1", 31)
    rows = Service().circuits()
    assert len(named_circuits(["Trunk0"], rows)) == 30
    assert named_circuits(["34-56-1:33"], rows) == ["Trunk0/1"]
    for wrong in ([], ["Trunk0/"], ["34-56-1:"], [":"], ["34-56-2:33"], ["Trunk0/1-99999"], "Trunk0", None, ["Trunk0/1"] * 3000):
        with pytest.raises(RequestError):
            named_circuits(wrong, rows)
