"""Bad input to a site: damaged files, taken folders, hostile askers. A clear word each time, and nothing lost."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from switch_site import HOTLINE, ROOT, Site, running, until
from test_kill_media import some_calls


def refused(conf: Path, *before: str) -> str:
    """What `xunhu run` says when it does not start; status 1 and no traceback. before: a command that runs it."""
    command = [*before, sys.executable, "-m", "xunhu.cli.main", "--lang", "en", "run", "--conf", str(conf)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr, done.stderr
    assert not done.stdout, done.stdout
    return done.stderr


def replaced(old: str, new: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return damage


def binary(path: Path) -> None:
    path.write_bytes(b"\x00\xff\xfe" + path.read_bytes()[:40])


@pytest.mark.parametrize(
    ("name", "damage", "line", "words"),
    [
        ("ini", replaced("Driver = ces", "Driver = cse"), 5, ("cse", "ces")),
        ("ini", replaced("Local = 127.0.0.1:", "Local = 127.0.0.1.9:"), 6, ("127.0.0.1.9",)),
        ("ini", replaced("[Trunk0]", "[Trunk0"), 4, ("[Trunk0",)),
        ("ini", binary, 0, ("UTF-8",)),
        ("yaml", replaced("trunks: [Trunk0]", "trunks: [Trunk7]"), 2, ("Trunk7", "Trunk0")),
        ("yaml", replaced("trunks: [Trunk0]}", "trunks: [Trunk0"), 3, ()),
        ("yaml", replaced("flow: main", "flwo: main"), 7, ("flwo", "flow")),
        ("yaml", binary, 0, ("UTF-8",)),
    ],
)
def test_a_damaged_configuration_is_refused(
    tmp_path: Path, name: str, damage: Callable[[Path], None], line: int, words: tuple[str, ...]
) -> None:
    site = Site(tmp_path)
    path = getattr(site, name)
    damage(path)
    said = refused(tmp_path)
    assert f"{path}:{line}: " in said if line else f"{path}: " in said, said
    for word in words:
        assert word in said, said
    assert not site.data.exists(), "nothing has been begun"


def test_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    site = Site(tmp_path, more="data: taken/data\n")
    (tmp_path / "taken").write_text("no folder")
    assert str(tmp_path / "taken" / "data") in refused(tmp_path)
    site.yaml.write_text(site.yaml.read_text().replace("data: taken/data", "data: /proc/no/data"))
    assert "/proc/no" in refused(tmp_path)


def test_a_socket_path_that_is_too_long_leaves_no_engine_behind(tmp_path: Path) -> None:
    Site(tmp_path, more=f"data: {'d' * 100}\n")
    said = refused(tmp_path)
    assert "d" * 100 in said
    assert "octets" in said


def test_a_full_disk_at_the_start(tmp_path: Path) -> None:
    """No file may grow beyond a page: like a full disk, but without one."""
    site = Site(tmp_path)
    for octets in ("4096", "12288"):
        said = refused(tmp_path, "prlimit", f"--fsize={octets}")
        assert str(site.data / "ledger") in said


async def test_a_second_one_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with running(site) as far:
        (caller,) = await some_calls(site, far, 0, 1)
        said = await asyncio.to_thread(refused, tmp_path)
        assert "another xunhu" in said
        await caller.press("5")
        assert await asyncio.wait_for(caller.gone, 30) == 16
        await site.quiet()


async def test_flows_and_prompts_are_damaged_while_calls_run(tmp_path: Path) -> None:
    site = Site(tmp_path)
    good = site.flow.read_text()
    site.data.mkdir()
    (site.data / "flow-globals.json").write_text('{"damaged')
    async with running(site) as far:
        assert any("flow-globals.json" in alarm for alarm in site.ask("status")["alarms"])
        assert (site.data / "flow-globals.json.damaged").read_text() == '{"damaged'
        before, old = await some_calls(site, far, 0, 2)
        # a faulty file is refused with line and reason, and the old one stays in force
        site.flow.write_text(good.replace('type="hangup"/>', 'type="hangup">'))
        (outcome,) = site.ask("flow-reload")
        assert outcome["status"] == "refused"
        assert any("flowconfig.xml:" in finding for finding in outcome["findings"]), outcome
        newer = far.call(0, "1361", HOTLINE)
        await asyncio.wait_for(newer.answered, 30)
        await newer.press("5")
        assert await asyncio.wait_for(newer.gone, 30) == 16
        # a good one serves new calls; who is in the old one ends in it
        site.flow.write_text(
            good.replace('code="done"', 'code="finished"')
            .replace('key="5"', 'key="6"')
            .replace('valid="5"', 'valid="6"')
        )
        (outcome,) = site.ask("flow-reload")
        assert outcome["status"] == "loaded", outcome
        await before.press("5")
        assert await asyncio.wait_for(before.gone, 30) == 16
        # a prompt is damaged: it is left out with a note, and the call goes on
        prompt = tmp_path / "voice/en/ping.wav"
        prompt.write_bytes(prompt.read_bytes()[:30] + b"\xff" * 200)
        await old.press("5")
        assert await asyncio.wait_for(old.gone, 30) == 16
        # with a child for 0009 that is taken
        site.flow.write_text(
            '<flow name="main" language="en"><node code="a" type="play" files="ping">'
            '<node code="lost" type="play" result="0009" files="hum"/></node></flow>'
        )
        site.ask("flow-reload")
        third = far.call(0, "1362", HOTLINE)
        await asyncio.wait_for(third.answered, 30)
        await until(lambda: any(row["where"] == "main/lost" for row in site.calls().values()), "0009 leads on")
        third.call.release(16)
        await site.quiet()
        nodes = {cdr.calling: cdr.nodes for cdr in site.cdrs()}
        assert nodes[before.number] == nodes[old.number] == nodes["1361"] == ["menu", "done", "bye"]
        assert nodes["1362"] == ["a", "lost"]
        notes = [event.data["text"] for event in site.events("call.note")]
        assert any("ping" in text for text in notes), notes


def talk(path: Path, octets: bytes) -> bytes:
    """Say something to the socket, and hear all it says until it closes or has answered a line."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(20)
        link.connect(str(path))
        heard = b""
        try:
            link.sendall(octets)
            while not heard.endswith(b"\n"):
                part = link.recv(65536)
                if not part:
                    break
                heard += part
        except ConnectionError:
            pass  # closed while we were still talking
        return heard


async def test_hostile_askers(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with running(site) as far:
        (caller,) = await some_calls(site, far, 0, 1)
        path = site.data / "xunhu.sock"
        for line in (
            b"garbage\n",
            b"\xff\xfe\x00\n",
            b"[]\n",
            b'"status"\n',
            b'{"do": ["status"]}\n',
            b'{"do": null}\n',
            b'{"do": "hangup"}\n',
            b'{"do": "hangup", "call": "all", "cause": 1e999}\n',
            b'{"do": "hangup", "call": "all", "cause": "x"}\n',
            b'{"do": "hangup", "call": "\\ud800"}\n',
            b'{"do": "trace", "after": [], "trunk": {}}\n',
            b"[" * 60_000 + b"\n",
        ):
            answer = json.loads(await asyncio.to_thread(talk, path, line))
            assert answer["ok"] is False, line[:60]
            assert answer["error"], line[:60]
        heard = await asyncio.to_thread(talk, path, b"x" * 1_000_000)
        assert json.loads(heard)["code"] == "bad-request"
        links = []
        for _ in range(100):
            link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            link.connect(str(path))
            links.append(link)
        await asyncio.sleep(0.5)
        told = await asyncio.to_thread(talk, path, b'{"do": "ping"}\n')
        assert json.loads(told)["code"] == "busy"
        for link in links:
            link.close()
        await until(lambda: json.loads(talk(path, b'{"do": "ping"}\n'))["ok"], "it answers again")
        assert len(site.calls()) == 1
        await caller.press("5")
        assert await asyncio.wait_for(caller.gone, 30) == 16
        await site.quiet()
