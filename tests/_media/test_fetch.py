"""Prompts from HTTP servers that are good, slow, dead, endless or lie; on loopback, with limits short enough to wait for."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
import time
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from xunhu._media import engine as media
from xunhu._media import files, media_file
from xunhu._media.engine import Engine

TICK = 80
POOL = media.LINE_PORTS
Samples = npt.NDArray[np.int16]
Answer = Callable[[socket.socket, str], None]


def ramp(n: int) -> Samples:
    return (np.arange(n) % 20000 + 1).astype(np.int16)


class Server:
    """Answers each request (its text in `requests`) by a function of its path, one thread a connection."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[str] = []
        self.closing = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self._socket.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._accept = threading.Thread(target=self._run)
        self._accept.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def _run(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(0.2)
            text = b""
            while b"\r\n\r\n" not in text and not self.closing.is_set():
                with contextlib.suppress(TimeoutError):
                    part = connection.recv(65536)
                    if not part:
                        return
                    text += part
            connection.settimeout(5)
            self.requests.append(text.decode())
            self.answers[text.decode().split()[1]](connection, text.decode())

    def close(self) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in (self._accept, *self._threads):
            thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def ok(body: bytes, *headers: str, length: int | None = None) -> Answer:
    def answer(connection: socket.socket, _request: str) -> None:
        lines = [
            "HTTP/1.1 200 OK",
            f"Content-Length: {len(body) if length is None else length}",
            "Connection: close",
            *headers,
        ]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return answer


def status(code: int, *headers: str) -> Answer:
    def answer(connection: socket.socket, _request: str) -> None:
        lines = [f"HTTP/1.1 {code} X", "Content-Length: 4", "Connection: close", *headers]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\nbody")

    return answer


def wave(folder: Path, samples: Samples, name: str = "a.wav") -> bytes:
    files.write_wav(folder / name, samples)
    return (folder / name).read_bytes()


def quick(**more: int) -> files.Fetch:
    limits: dict[str, int] = {"connect_ms": 400, "first_ms": 300, "low_ms": 1000, **more}
    return files.Fetch(**limits)  # type: ignore[arg-type]


def play(player: files.Player, seconds: float = 10.0, most: int = 10_000_000) -> Samples:
    """All that comes, as fast as it comes."""
    out: array[int] = array("h")
    end = time.monotonic() + seconds
    while not player.state().done and len(out) < most and time.monotonic() < end:
        did = player.pump()
        got, n = player.read(TICK)
        out.extend(got[:n])
        if not did and not n:
            time.sleep(0.001)
    return np.array(out, dtype=np.int16)


def test_plays_what_the_server_has(server: Server, tmp_path: Path) -> None:
    x = ramp(50000)
    server.answers["/a.wav"] = ok(wave(tmp_path, x))
    player = files.Player([server.url("/a.wav")], fetch=quick())
    assert np.array_equal(play(player), x)
    assert player.state() == files.PlayerState(True, 0, 0, 50000, player.state().underruns)


@pytest.mark.parametrize("name", ["wav-alaw", "wav-ima", "wav-gsm", "vox", "mp3", "g726-32", "au"])
def test_every_kind_as_from_the_disk(name: str, server: Server, tmp_path: Path) -> None:
    info = media_file.FORMATS[name]
    path = tmp_path / f"a{info.suffix}"
    with media_file.Writer(path, name) as writer:
        writer.write((6000 * np.sin(np.arange(20000) / 9)).astype(np.int16))
    with media_file.Reader(path) as reader:
        expected = np.array(reader.read_all(), dtype=np.int16)
    server.answers[f"/x{info.suffix}"] = ok(path.read_bytes())
    got = play(files.Player([server.url(f"/x{info.suffix}")], fetch=quick()))
    assert np.array_equal(got[: len(expected)], expected)
    assert abs(len(got) - len(expected)) <= (3000 if name == "mp3" else 0)


def test_local_files_between(server: Server, tmp_path: Path) -> None:
    x = ramp(3000)
    server.answers["/a.wav"] = ok(wave(tmp_path, x))
    player = files.Player([tmp_path / "a.wav", server.url("/a.wav"), tmp_path / "a.wav"], fetch=quick())
    assert np.array_equal(play(player), np.concatenate([x, x, x]))


def test_begins_before_all_has_come(server: Server, tmp_path: Path) -> None:
    """In pieces of 50 ms, each when the one before has been heard; headers cut anywhere."""
    x = ramp(16000)
    body = wave(tmp_path, x)
    go = threading.Semaphore(0)

    def answer(connection: socket.socket, _request: str) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        for i in range(0, len(body), 1000):
            go.acquire(timeout=5)
            connection.sendall(body[i : i + 1000])

    server.answers["/a.wav"] = answer
    player = files.Player([server.url("/a.wav")], fetch=quick(low_ms=5000, first_ms=5000))
    heard = np.zeros(0, dtype=np.int16)
    for piece in range(1, len(body) // 1000 + 2):
        go.release()
        want = max(0, min(16000, (piece * 1000 - 44) // 2 - 1024))
        heard = np.concatenate([heard, play(player, most=max(0, want - len(heard)))]) if want > len(heard) else heard
        assert len(heard) >= want
    heard = np.concatenate([heard, play(player)])
    assert np.array_equal(heard, x)


def test_a_length_that_is_not_said(server: Server, tmp_path: Path) -> None:
    x = ramp(20000)
    body = wave(tmp_path, x)

    def answer(connection: socket.socket, _request: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        for i in range(0, len(body), 7000):
            part = body[i : i + 7000]
            connection.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        connection.sendall(b"0\r\n\r\n")

    server.answers["/a.wav"] = answer
    assert np.array_equal(play(files.Player([server.url("/a.wav")], fetch=quick())), x)


def test_seeks_forth_and_back(server: Server, tmp_path: Path) -> None:
    """Also while it is still coming."""
    x = ramp(64000)
    body = wave(tmp_path, x)
    go = threading.Event()

    def answer(connection: socket.socket, _request: str) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        connection.sendall(body[:40000])
        go.wait(5)
        connection.sendall(body[40000:])

    server.answers["/a.wav"] = answer
    player = files.Player([server.url("/a.wav")], fetch=quick(low_ms=5000))
    assert np.array_equal(play(player, most=800), x[:800])
    player.seek(15000)
    assert np.array_equal(play(player, most=800), x[15000:15800])
    player.seek(5000)
    assert np.array_equal(play(player, most=800), x[5000:5800])
    player.seek(60000)
    assert len(play(player, seconds=0.2)) == 0
    go.set()
    assert np.array_equal(play(player, most=800), x[60000:60800])
    player.seek(1000)
    assert np.array_equal(play(player), x[1000:])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (status(404), errno.ENOENT),
        (status(410), errno.ENOENT),
        (status(401), errno.EACCES),
        (status(403), errno.EACCES),
        (status(500), errno.EPROTO),
        (status(503), errno.EHOSTUNREACH),
        (status(504), errno.ETIMEDOUT),
        (status(302, "Location: /a.wav"), errno.ELOOP),
        (status(302, "Location: file:///etc/passwd"), errno.EPROTO),
        (status(302, "Location: ftp://127.0.0.1/x"), errno.EPROTO),
        (lambda c, _r: c.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"), errno.EPROTO),
        (lambda c, _r: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\nRIFF"), errno.EFBIG),
        (lambda c, _r: None, errno.ECONNRESET),
        (ok(b"<html>It works!</html>"), errno.EBADMSG),
    ],
    ids=lambda value: errno.errorcode[value] if isinstance(value, int) else "",
)
def test_servers_that_do_not_give_it(answer: Answer, error: int, server: Server) -> None:
    server.answers["/a.wav"] = answer
    player = files.Player([server.url("/a.wav")], fetch=quick())
    begin = time.monotonic()
    assert len(play(player)) == 0
    assert (player.state().done, player.state().error, player.state().file) == (True, error, 0)
    assert time.monotonic() - begin < 5


def test_nobody_listens(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    for url, error in (
        (f"http://127.0.0.1:{port}/a.wav", errno.ECONNREFUSED),
        ("http://no-such-name.invalid/a.wav", errno.EHOSTUNREACH),
        ("http://", errno.EINVAL),
        ("http://[broken/a.wav", errno.EINVAL),
    ):
        player = files.Player([url], fetch=quick())
        play(player)
        assert player.state().error == error, url


def test_without_a_fetch_urls_are_refused() -> None:
    player = files.Player(["http://127.0.0.1/a.wav"])
    play(player)
    assert player.state().error == errno.EPROTONOSUPPORT


def test_a_connection_that_is_never_taken() -> None:
    """The queue of the listener is full: the kernel drops what comes."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as s:
        fill = [socket.socket() for _ in range(4)]
        for one in fill:
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect(s.getsockname())
        player = files.Player([f"http://127.0.0.1:{s.getsockname()[1]}/a.wav"], fetch=quick())
        begin = time.monotonic()
        play(player)
        for one in fill:
            one.close()
    assert player.state().error == errno.ETIMEDOUT
    assert time.monotonic() - begin < 5


def test_a_server_that_says_nothing(server: Server) -> None:
    server.answers["/a.wav"] = lambda _c, _r: server.closing.wait(8) and None
    player = files.Player([server.url("/a.wav")], fetch=quick())
    begin = time.monotonic()
    play(player)
    assert player.state().error == errno.ETIMEDOUT
    assert time.monotonic() - begin < 3


def test_a_server_that_falls_asleep(server: Server, tmp_path: Path) -> None:
    """What had come is heard, then the error."""
    x = ramp(40000)
    body = wave(tmp_path, x)

    def answer(connection: socket.socket, _request: str) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:20044])
        server.closing.wait(8)

    server.answers["/a.wav"] = answer
    player = files.Player([server.url("/a.wav")], fetch=quick())
    assert np.array_equal(play(player), x[:10000])
    assert player.state().error == errno.ETIMEDOUT


def test_shorter_than_it_said(server: Server, tmp_path: Path) -> None:
    x = ramp(40000)
    body = wave(tmp_path, x)
    server.answers["/a.wav"] = ok(body[:20044], length=len(body))
    player = files.Player([server.url("/a.wav")], fetch=quick())
    assert np.array_equal(play(player), x[:10000])
    assert player.state().error == errno.EPROTO


def test_an_endless_stream(server: Server) -> None:
    """Is heard until the limit of a file, then EFBIG; memory stays below it."""
    sent = [0]

    def answer(connection: socket.socket, _request: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not server.closing.is_set():
            sent[0] += connection.send(b"\xd5" * 65536)

    server.answers["/a.al"] = answer
    fetch = quick(file_octets=1 << 20)
    player = files.Player([server.url("/a.al")], fetch=fetch)
    heard = play(player)
    assert (1 << 20) - 70000 <= len(heard) <= 1 << 20
    assert player.state().error == errno.EFBIG
    assert fetch.stats().kept_octets <= 1 << 20
    assert sent[0] < 20 << 20


def test_a_transfer_that_nobody_wants_any_more_is_broken_off(server: Server) -> None:
    broken = threading.Event()

    def answer(connection: socket.socket, _request: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while not server.closing.wait(0.01):
                connection.sendall(b"\xd5" * 800)
        except OSError:
            broken.set()

    server.answers["/a.al"] = answer
    fetch = quick()
    player = files.Player([server.url("/a.al")], fetch=fetch)
    play(player, most=400)
    player.release()
    assert broken.wait(5)
    end = time.monotonic() + 5
    while fetch.stats().active and time.monotonic() < end:
        time.sleep(0.01)
    assert (fetch.stats().active, fetch.stats().kept, fetch.stats().kept_octets) == (0, 0, 0)


# -- what is kept ---------------------------------------------------------------------------------------------------


def test_fresh_it_is_not_asked_for_again(server: Server, tmp_path: Path) -> None:
    x = ramp(4000)
    server.answers["/a.wav"] = ok(wave(tmp_path, x))
    fetch = quick()
    for _ in range(5):
        assert np.array_equal(play(files.Player([server.url("/a.wav")], fetch=fetch)), x)
    assert len(server.requests) == 1
    assert fetch.stats().hits == 4


def test_many_readers_one_transfer(server: Server, tmp_path: Path) -> None:
    x = ramp(4000)
    server.answers["/a.wav"] = ok(wave(tmp_path, x))
    fetch = quick()
    players = [files.Player([server.url("/a.wav")], fetch=fetch) for _ in range(50)]
    for player in players:
        player.pump()
    for player in players:
        assert np.array_equal(play(player), x)
    assert len(server.requests) == 1


@pytest.mark.parametrize("header", ['ETag: "v1"', "Last-Modified: Wed, 25 Nov 2026 08:00:00 GMT"])
def test_unchanged(header: str, server: Server, tmp_path: Path) -> None:
    x = ramp(4000)
    body = wave(tmp_path, x)

    def answer(connection: socket.socket, request: str) -> None:
        asked = f"If-None-Match: {header[6:]}" if header[0] == "E" else f"If-Modified-Since: {header[15:]}"
        (status(304) if asked in request else ok(body, header))(connection, request)

    server.answers["/a.wav"] = answer
    fetch = quick(fresh_ms=0)
    for _ in range(3):
        assert np.array_equal(play(files.Player([server.url("/a.wav")], fetch=fetch)), x)
    assert len(server.requests) == 3
    assert fetch.stats().unchanged == 2
    assert fetch.stats().octets == len(body)


def test_changed(server: Server, tmp_path: Path) -> None:
    x, y = ramp(4000), ramp(3000)[::-1].copy()
    server.answers["/a.wav"] = ok(wave(tmp_path, x), 'ETag: "v1"')
    fetch = quick(fresh_ms=0)
    assert np.array_equal(play(files.Player([server.url("/a.wav")], fetch=fetch)), x)
    server.answers["/a.wav"] = ok(wave(tmp_path, y), 'ETag: "v2"')
    assert np.array_equal(play(files.Player([server.url("/a.wav")], fetch=fetch)), y)
    server.answers["/a.wav"] = status(404)
    player = files.Player([server.url("/a.wav")], fetch=fetch)
    assert len(play(player)) == 0
    assert player.state().error == errno.ENOENT


def test_a_server_that_dies_leaves_its_prompts(server: Server, tmp_path: Path) -> None:
    x = ramp(4000)
    server.answers["/a.wav"] = ok(wave(tmp_path, x))
    fetch = quick(fresh_ms=0)
    assert np.array_equal(play(files.Player([server.url("/a.wav")], fetch=fetch)), x)
    server.answers["/a.wav"] = status(503)
    assert np.array_equal(play(files.Player([server.url("/a.wav")], fetch=fetch)), x)
    server.close()
    assert np.array_equal(play(files.Player([server.url("/a.wav")], fetch=fetch)), x)


def test_memory_is_bounded(server: Server, tmp_path: Path) -> None:
    """What nobody reads is forgotten, the oldest first; what is read is not."""
    body = wave(tmp_path, ramp(50000))
    for i in range(20):
        server.answers[f"/{i}.wav"] = ok(body)
    fetch = quick(all_octets=450_000)
    held = files.Player([server.url("/0.wav")], fetch=fetch)
    play(held, most=800)
    for i in range(20):
        assert len(play(files.Player([server.url(f"/{i}.wav")], fetch=fetch))) == 50000
        assert fetch.stats().kept_octets <= 450_000
    assert len(play(held)) == 49200
    assert len(server.requests) == 20


# -- in the engine ------------------------------------------------------------------------------------------------------


def test_in_the_engine_no_tick_waits(server: Server, tmp_path: Path) -> None:
    """One good server, one that says nothing; real threads. The local player and the good one are through in time."""
    x = ramp(8000)
    server.answers["/a.wav"] = ok(wave(tmp_path, x))
    server.answers["/dead.wav"] = lambda _c, _r: server.closing.wait(20) and None
    engine = Engine([{"number": 0, "driver": "loop", "peer": 1}])
    engine.start()
    events = []
    try:
        for i in range(20):
            engine.play(POOL + i, [server.url("/dead.wav")])
        engine.play(POOL + 100, [server.url("/a.wav")])
        engine.play(POOL + 101, [str(tmp_path / "a.wav")])
        begin = time.monotonic()
        while len([e for e in events if e.type == media.EV_PLAYED]) < 22 and time.monotonic() < begin + 12:
            events += engine.events()
            time.sleep(0.02)
    finally:
        server.closing.set()
        engine.stop()
    ended = {e.port: (e.a0, e.a2, e.samples) for e in events if e.type == media.EV_PLAYED}
    assert ended[POOL + 100] == ended[POOL + 101] == (media.END_DONE, 0, 8000)
    assert {ended[POOL + i] for i in range(20)} == {(media.END_ERROR, errno.ETIMEDOUT, 0)}
    assert engine.stats()["skipped_ticks"] == 0
