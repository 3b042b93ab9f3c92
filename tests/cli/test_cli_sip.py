"""`xunhu sip` against a desk that answers by the socket as the running switch does: what is shown, what is asked, errors and exit codes."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xunhu.api.local import LocalServer
from xunhu.cli.main import main
from xunhu.service.sip_requests import handlers
from xunhu.text import set_language

INI = "[Trunk0]\nDriver = ces\nLocal = 127.0.0.1:1\nRemote = 127.0.0.1:2\nSide = user\n"
TRUNK: dict[str, Any] = {
    "name": "carrier1", "host": "sip.example.cn", "transport": "udp", "up": True, "registration": "registered", "calls": 3,
    "circuits": 30, "status": 200, "addresses": ["192.0.2.1:5060"],
}  # fmt: skip
PHONE: dict[str, Any] = {
    "extension": "8001",
    "display": "Li Lei",
    "contacts": [{"uri": "sip:8001@10.0.0.7:5062", "source": "udp 10.0.0.7:5062", "agent": "baresip v1", "expires_s": 3599}],
}
CALL: dict[str, Any] = {
    "call": "20261123T140327-000123", "leg": "2", "circuit": "carrier1/7", "peer": "13800138000", "state": "active", "codec": "alaw",
    "remote": "192.0.2.9:4000", "lost_percent": 1.25, "jitter_ms": 3.0, "delay_ms": None, "mos": 4.31,
}  # fmt: skip


class Desk:
    def __init__(self) -> None:
        self.rows = [dict(TRUNK)]
        self.banned = {"192.0.2.77"}

    def listening(self) -> list[str]:
        return ["udp:0.0.0.0:5060", "tls:[::]:5061"]

    def trunks(self) -> list[dict[str, Any]]:
        return self.rows

    def phones(self) -> list[dict[str, Any]]:
        return [PHONE, {"extension": "8002", "display": "", "contacts": []}]

    def calls(self) -> list[dict[str, Any]]:
        return [CALL]

    def bans(self) -> list[dict[str, Any]]:
        return [{"address": a, "failures": 12, "seconds": 3725.0, "why": "digest"} for a in sorted(self.banned)]

    def unban(self, address: str) -> bool:
        known = address in self.banned
        self.banned.discard(address)
        return known


class Running:
    """The socket of a switch, answered in a thread of its own."""

    def __init__(self, folder: Path, desk: Desk | None) -> None:
        self.folder, self.desk = folder, desk
        (folder / "Tce1-32.ini").write_text(INI)
        (folder / "xunhu.yaml").write_text("sip: {}\n")
        (folder / "data").mkdir()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(10)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = LocalServer(self.folder / "data" / "xunhu.sock", handlers(lambda: self.desk))
        await server.start()
        self._ready.set()
        await self._stop.wait()
        await server.stop()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def ask(self, *words: str, lang: str = "en") -> int:
        return main(["--lang", lang, "sip", words[0], "--conf", str(self.folder), *words[1:]])


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    one = Running(tmp_path, Desk())
    yield one
    one.close()
    set_language(None)


Capture = pytest.CaptureFixture[str]


def test_status_in_both_languages(running: Running, capsys: Capture) -> None:
    assert running.ask("status") == 0
    out = capsys.readouterr().out
    assert "listening: udp:0.0.0.0:5060  tls:[::]:5061" in out
    assert "telephones: 1 of 2 registered; calls: 1; banned addresses: 1" in out
    assert out.splitlines()[-1].split() == ["carrier1", "sip.example.cn", "udp", "up", "registered", "200", "3/30", "192.0.2.1:5060"]
    assert running.ask("status", lang="zh") == 0
    out = capsys.readouterr().out
    assert "话机：已注册 1 / 2" in out
    assert "已注册" in out.splitlines()[-1]


def test_a_trunk_that_is_down_is_a_finding(running: Running, capsys: Capture) -> None:
    assert running.ask("trunks") == 0
    assert running.desk is not None
    running.desk.rows[0] |= {"up": False, "registration": "", "status": 0}
    assert running.ask("trunks") == 1
    assert capsys.readouterr().out.splitlines()[-1].split()[3:6] == ["down", "-", "-"]
    assert running.ask("trunks", "--json") == 1
    assert json.loads(capsys.readouterr().out) == running.desk.rows


def test_phones(running: Running, capsys: Capture) -> None:
    assert running.ask("phones") == 0
    first, second = capsys.readouterr().out.splitlines()[1:]
    assert [word.strip() for word in first.split("  ") if word] == [
        "8001",
        "Li Lei",
        "sip:8001@10.0.0.7:5062",
        "udp 10.0.0.7:5062",
        "59:59",
        "baresip v1",
    ]
    assert second.split() == ["8002", "-", "-", "-", "-", "-"]
    assert running.ask("phones", "--free", "--json") == 0
    assert [row["extension"] for row in json.loads(capsys.readouterr().out)] == ["8002"]


def test_calls(running: Running, capsys: Capture) -> None:
    assert running.ask("calls") == 0
    row = capsys.readouterr().out.splitlines()[-1].split()
    assert row[2:] == ["carrier1/7", "13800138000", "active", "alaw", "192.0.2.9:4000", "1.2", "3.0", "-", "4.31"]


def test_bans(running: Running, capsys: Capture) -> None:
    assert running.ask("bans") == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == ["192.0.2.77", "12", "1:02:05", "digest"]
    assert running.ask("unban", "192.0.2.77") == 0
    assert capsys.readouterr().out == "192.0.2.77 is answered again\n"
    assert running.ask("unban", "192.0.2.77") == 4
    assert "192.0.2.77 is not banned" in capsys.readouterr().err
    assert running.ask("unban", "here") == 4
    assert "'here' is no address; write 192.0.2.1" in capsys.readouterr().err
    assert running.ask("bans") == 0
    assert capsys.readouterr().out == "nobody is banned\n"


def test_without_sip(running: Running, capsys: Capture) -> None:
    running.desk = None
    assert running.ask("status") == 4
    assert "xunhu.yaml has no section sip" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["status", "trunks", "phones", "calls", "bans", "unban"])
def test_help_has_examples(command: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as done:
        main(["--lang", "en", "sip", command, "--help"])
    assert done.value.code == 0
    assert f"xunhu sip {command}" in capsys.readouterr().out
