"""Flows whose prompts come from a web server, through the engine, with a server on loopback that is good, slow, dead or lies. The clock is the real
one: the server does not know of another. While a server keeps one caller waiting, somebody else's talk goes on without a gap."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_sound import FarEnd, level, spans, tracks
from world import World, talk

from xunhu._media.engine import Engine
from xunhu.ivr.interpreter import Environment, run
from xunhu.ivr.loader import parse_flow
from xunhu.ivr.model import Flow
from xunhu.ivr.prompts import PromptStore
from xunhu.ivr.session import Session

FLOW = """<flow language="en"><node code="ask" type="play" files="{}">
<node code="well" type="hangup" cause="16"/><node code="gone" type="hangup" result="0009" cause="88"/></node></flow>"""
LIMITS: dict[str, Any] = {"hosts": ["127.0.0.1"], "connect_ms": 300, "first_ms": 300, "low_ms": 1000}


class Handler(BaseHTTPRequestHandler):
    body = b""
    over: threading.Event

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def do_GET(self) -> None:
        name = self.path.removeprefix("/").removesuffix(".wav")
        getattr(self, f"give_{name}")()

    def head(self, length: int | None, status: int = 200) -> None:
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def give_good(self) -> None:
        self.head(len(self.body))
        self.wfile.write(self.body)

    def give_missing(self) -> None:
        self.send_error(404)

    def give_broken(self) -> None:
        self.send_error(500)

    def give_silent(self) -> None:
        self.over.wait(20)

    def give_stalling(self) -> None:
        self.head(len(self.body))
        self.wfile.write(self.body[:4000])
        self.wfile.flush()
        self.over.wait(20)

    def give_truncated(self) -> None:
        self.head(len(self.body))
        self.wfile.write(self.body[:4000])

    def give_boasting(self) -> None:
        self.head(1 << 40)
        self.wfile.write(self.body)

    def give_garbage(self) -> None:
        self.head(8000)
        self.wfile.write(bytes(n * 7919 % 251 for n in range(8000)))

    def give_endless(self) -> None:
        """Of the end nothing is said, and none comes."""
        self.head(None)
        at = self.body.index(b"data") + 4
        self.wfile.write(self.body[:at] + b"\xff" * 4 + self.body[at + 4 :])  # a length that cannot be
        while not self.over.is_set():
            self.wfile.write(bytes(1 << 16))

    def give_away(self) -> None:
        self.send_response(302)
        self.send_header("Location", f"http://localhost:{self.server.server_port}/good.wav")  # type: ignore[attr-defined]
        self.end_headers()


@contextmanager
def web(body: bytes) -> Iterator[str]:
    class Here(Handler):
        over = threading.Event()

    Here.body = body
    server = ThreadingHTTPServer(("127.0.0.1", 0), Here)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        Here.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def sound(path: Path, seconds: float = 0.6) -> bytes:
    """1 kHz, made by sox."""
    subprocess.run(["sox", "-n", "-r", "8000", "-b", "16", str(path), "synth", str(seconds), "sine", "1000", "vol", "0.3"], check=True)
    return path.read_bytes()


async def caller_hears(w: World, tmp_path: Path, url: str, most_s: float = 12.0) -> tuple[dict[str, Any], np.ndarray, list[str]]:
    """How the call ended, what the caller heard, and the remarks in the ledger."""
    flow, _ = parse_flow(FLOW.format(url).encode(), Path("x.xml"))
    environment = Environment(PromptStore([tmp_path], hosts=LIMITS["hosts"]), tmp_path)

    async def walk(session: Session) -> str:
        return (await run(flow, session, environment)).result

    assert isinstance(flow, Flow)
    w.flows.walks["main"] = walk
    call = w.carrier.offer("4000")
    party = FarEnd(w, call.port or 0)
    ear = w.media.record(str(tmp_path / "caller.wav"))
    w.media.connect(party.port, ear.port)
    await w.sleep(0.05)
    call_id = w.call_id()
    begin = w.loop.time()
    while w.ledger.kinds(call_id)[-1] != "call.ended" and w.loop.time() - begin < most_s:
        await w.sleep(0.05)
    ear.stop()
    await ear.done
    party.leave()
    (heard,) = tracks(tmp_path / "caller.wav")
    events = w.ledger.of(call_id)
    assert events[-1][0] == "call.ended", events
    return events[-1][1], heard, [data["text"] for kind, data in events if kind == "call.note"]


def served(tmp_path: Path, main: Callable[[World, str], Awaitable[None]]) -> None:
    """main with a server, while two others talk: the tone they hear has no gap at the end."""

    async def body(base: str) -> None:
        w = World(engine=Engine(spans(), http=LIMITS))
        caller, callee = await talk(w)
        a, b = FarEnd(w, caller.port or 0), FarEnd(w, callee.port or 0)
        voice = a.voice(700)
        await w.sleep(0.1)
        w.bystander = w.media.record(str(tmp_path / "bystander.wav"))  # type: ignore[attr-defined]
        w.media.connect(b.port, w.bystander.port)  # type: ignore[attr-defined]
        try:
            await main(w, base)
            await w.sleep(0.7)
        finally:
            w.bystander.stop()  # type: ignore[attr-defined]
            voice.stop()
            caller.far_disconnect()
            a.leave()
            b.leave()
            await w.sleep(0.3)
            w.ticker.stop()
            w.engine.shut()

    with web(sound(tmp_path / "good.wav")) as base:
        asyncio.run(body(base))
    (samples,) = tracks(tmp_path / "bystander.wav")
    blocks = samples[800 : len(samples) // 800 * 800].reshape(-1, 800)
    assert len(blocks) > 3
    assert all(level(block, 700) > -11 for block in blocks[:-1])


def test_a_prompt_of_a_web_server_is_heard(tmp_path: Path) -> None:
    async def main(w: World, base: str) -> None:
        ended, heard, notes = await caller_hears(w, tmp_path, f"{base}/good.wav")
        assert (ended["cause"], notes) == (16, [])
        there = [level(heard[at : at + 800], 1000) > -15 for at in range(0, len(heard) - 800, 800)]
        assert 4 <= sum(there) <= 7

    served(tmp_path, main)


@pytest.mark.parametrize("what", ["missing", "broken", "silent", "stalling", "truncated", "boasting", "garbage", "away"])
def test_what_a_server_does_not_give_is_the_flows_missing_file(what: str, tmp_path: Path) -> None:
    async def main(w: World, base: str) -> None:
        begin = w.loop.time()
        ended, heard, notes = await caller_hears(w, tmp_path, f"{base}/{what}.wav")
        assert ended["cause"] == 88, (ended, notes)
        assert any("cannot be played" in note for note in notes)
        assert w.loop.time() - begin < 10  # of limits of 0.6 s to the first octet and 1 s between
        if what in ("stalling", "truncated"):  # what had come is heard
            assert max(level(heard[at : at + 400], 1000) for at in range(0, len(heard) - 400, 400)) > -15

    served(tmp_path, main)


def test_nobody_listens_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def main(w: World, _base: str) -> None:
        ended, _, notes = await caller_hears(w, tmp_path, f"http://127.0.0.1:{port}/x.wav")
        assert ended["cause"] == 88
        assert any("Connection refused" in note for note in notes)

    served(tmp_path, main)


def test_an_endless_file_is_heard_until_the_caller_hangs_up(tmp_path: Path) -> None:
    async def main(w: World, base: str) -> None:
        w.flows.walks["main"] = lambda session: session.play_collect([f"{base}/endless.wav"])  # type: ignore[assignment,return-value]
        call = w.carrier.offer("4000")
        await w.sleep(1.5)
        assert w.ledger.kinds(w.call_id())[-1] != "call.ended"
        call.far_disconnect()
        await w.sleep(0.5)
        assert w.ledger.kinds(w.call_id())[-1] == "call.ended"

    served(tmp_path, main)


