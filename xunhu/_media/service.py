"""`xunhu-media`: the media engine as a process of its own, and how control starts and finds it.

The process ticks the engine in its real-time thread; this Python only opens the lines, accepts one control at a time
on a Unix socket (SOCK_SEQPACKET) and waits for signals. A control that connects gets one message: JSON with `pid` and
`control` (its number), and two descriptors, the memory (memfd) and the wake-up (eventfd); or JSON with `error`. The
connection then says nothing more: its end is how each side learns of the other's death. When control goes the engine
goes on, and the next control finds ports, links and alarms as they are.

Signals: SIGTERM and SIGINT end it, recordings are finished first; SIGHUP and SIGPIPE are ignored.
"""

import argparse
import contextlib
import fcntl
import json
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from xunhu import __version__
from xunhu._media.engine import ALARM_MISSING, Engine

__all__ = ["MediaError", "MediaProcess", "MediaService", "main", "spawn_media"]

SOCKET_PATH_MAX = 107  # octets, sockaddr_un


class MediaError(RuntimeError):
    """The media process cannot start: the message says why."""


class Notices:
    """What an operator should know, a JSON line each. A log that cannot be written (its reader died, disk full) must not
    end the talks: what is lost is counted, and the next control is told."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.lost = 0

    def say(self, what: str, **more: object) -> None:
        line = json.dumps({"time": round(time.time(), 3), "media": what, **more}) + "\n"
        try:
            os.write(self.fd, line.encode())
        except OSError:
            self.lost += 1


def _peer_pid(connection: socket.socket) -> int:
    """Process at the other end, unix(7) SO_PEERCRED."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid: int = struct.unpack("3i", raw)[0]
    return pid


def _listen(path: Path) -> socket.socket:
    """Bind; a socket file that nobody listens on any more is taken away. MediaError: somebody does."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
            try:
                probe.connect(str(path))
            except (FileNotFoundError, ConnectionRefusedError):
                path.unlink(missing_ok=True)
            else:
                raise MediaError(f"a media process already serves {path}")
        server.bind(str(path))
        path.chmod(0o600)
        server.listen(8)
        server.setblocking(False)
    except MediaError:
        server.close()
        raise
    except OSError as e:
        server.close()
        raise MediaError(f"cannot listen on {path}: {e.strerror}; give a --socket path that can be written") from e
    return server


class MediaService:
    """One engine, one socket, at most one control. Errors of set-up are MediaError or ValueError (spans). options: tick_ms, law, threads, http of
    the engine."""

    def __init__(self, socket_path: str, spans: Sequence[dict[str, Any]], *, notices: Notices, **options: Any) -> None:
        self.path = Path(socket_path).absolute()
        if len(os.fsencode(self.path)) > SOCKET_PATH_MAX:
            raise MediaError(f"the socket path has more than {SOCKET_PATH_MAX} octets: {self.path}")
        self.notices = notices
        self.control: socket.socket | None = None
        self.control_pid = 0
        self.controls = 0
        self._lock = self._take_lock()
        try:
            self.engine = Engine(spans, shared=True, **options)
            self._server = _listen(self.path)
        except BaseException:
            os.close(self._lock)
            raise

    def _take_lock(self) -> int:
        """Two processes started at once must not both think the socket file stale."""
        name = f"{self.path}.lock"
        try:
            fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as e:
            raise MediaError(f"cannot make {name}: {e.strerror}; give a --socket path that can be written") from e
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            os.close(fd)
            raise MediaError(f"a media process already serves {self.path}") from e
        return fd

    def start(self) -> dict[str, Any]:
        """Begin to tick; what the ready line says."""
        self.engine.start(lock=True)
        stats = self.engine.stats()
        if not stats["realtime"]:
            self.notices.say("no real-time priority: ticks may be late on a busy machine; run with CAP_SYS_NICE")
        if not stats["locked"]:
            self.notices.say("memory is not locked: a page fault may delay a tick; run with CAP_IPC_LOCK")
        missing = {}
        for span in self.engine.span_drivers():
            status = self.engine.span_status(span)
            if status["alarms"] & ALARM_MISSING:
                missing[span] = os.strerror(status["error"])
                self.notices.say("span cannot be opened, tried again each second", span=span, error=missing[span])
        return {
            "ready": True,
            "pid": os.getpid(),
            "socket": str(self.path),
            "version": __version__,
            "realtime": bool(stats["realtime"]),
            "locked": bool(stats["locked"]),
            "missing": missing,
        }

    def serve(self, stop: socket.socket) -> None:
        """Until `stop` becomes readable."""
        with selectors.DefaultSelector() as selector:
            selector.register(stop, selectors.EVENT_READ, "stop")
            selector.register(self._server, selectors.EVENT_READ, "server")
            while True:
                ready = {key.data for key, _ in selector.select()}
                if "stop" in ready and self._is_stop(stop):
                    return
                if "control" in ready:
                    self._watch_control(selector)
                if "server" in ready:
                    self._accept(selector)

    @staticmethod
    def _is_stop(stop: socket.socket) -> bool:
        numbers = stop.recv(64)
        return signal.SIGTERM in numbers or signal.SIGINT in numbers

    def _watch_control(self, selector: selectors.BaseSelector) -> None:
        """Its end of the connection: gone, or saying something, which is against the protocol and of no effect."""
        assert self.control is not None
        try:
            data = self.control.recv(4096)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if data:
            return
        selector.unregister(self.control)
        self.control.close()
        self.control = None
        self.engine.control_gone()
        self.notices.say("control is gone, the engine goes on", control=self.controls, pid=self.control_pid)

    def _accept(self, selector: selectors.BaseSelector) -> None:
        try:
            connection, _ = self._server.accept()
        except (BlockingIOError, ConnectionError):
            return  # it went away between the wake-up and now
        connection.setblocking(False)
        if self.control is not None:
            self._watch_control(selector)  # it may have died a moment ago
        try:
            pid = _peer_pid(connection)
            if self.control is not None:
                why = f"another control is attached (pid {self.control_pid})"
                connection.send(json.dumps({"error": why, "busy": True}).encode())
                connection.close()
                self.notices.say("a second control was refused", pid=pid, attached=self.control_pid)
                return
            memory, wake = self.engine.share()
            self.controls += 1
            hello = {"pid": os.getpid(), "control": self.controls, "log_lost": self.notices.lost}
            socket.send_fds(connection, [json.dumps(hello).encode()], [memory, wake])
        except OSError as e:
            connection.close()
            self.notices.say("a control could not be served", error=str(e))
            return
        self.control, self.control_pid = connection, pid
        selector.register(connection, selectors.EVENT_READ, "control")
        self.notices.say("control attached", control=self.controls, pid=pid)

    def close(self) -> None:
        """Recordings are finished, lines closed, the socket file taken away."""
        self._server.close()
        self.path.unlink(missing_ok=True)
        self.engine.shut()
        if self.control is not None:
            self.control.close()
        os.close(self._lock)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="xunhu-media", description="The media engine of xunhu, in the foreground.")
    parser.add_argument("--socket", required=True, help="where control attaches")
    parser.add_argument("--spans", required=True, help="JSON list of spans, or @FILE that has it")
    parser.add_argument("--tick-ms", type=int, choices=(5, 10, 20), default=10)
    parser.add_argument("--law", choices=("A", "U"), default="A")
    parser.add_argument("--threads", type=int, choices=range(1, 17), default=1, metavar="N", help="that share a tick, 1 to 16")
    parser.add_argument("--http", type=json.loads, default={}, metavar="JSON", help="limits of prompts from web servers (Engine)")
    parser.add_argument("--log", help="file for notices, added to; standard error if not given")
    return parser.parse_args(argv)


def _spans_of(text: str) -> list[dict[str, Any]]:
    try:
        spans = json.loads(Path(text[1:]).read_text() if text.startswith("@") else text)
    except (OSError, ValueError) as e:
        raise MediaError(f"--spans: {e}") from e
    if not isinstance(spans, list) or not all(isinstance(row, dict) for row in spans):
        raise MediaError("--spans: a JSON list of objects is wanted")
    return spans


def _say_first(line: dict[str, Any]) -> None:
    """The one line on standard output. Whoever started us may be gone by now, which is no reason to end."""
    with contextlib.suppress(OSError):
        os.write(1, (json.dumps(line) + "\n").encode())


def main(argv: Sequence[str] | None = None) -> int:
    """0 ended by a signal; 1 could not start (the line on standard output says why)."""
    options = _arguments(argv)
    for ignored in (signal.SIGHUP, signal.SIGPIPE):
        signal.signal(ignored, signal.SIG_IGN)
    wake, wakened = socket.socketpair()
    wake.setblocking(False)
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda _number, _frame: None)  # only so that its number comes out of the socket
    signal.set_wakeup_fd(wake.fileno())
    try:
        log = os.open(options.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640) if options.log else 2
        notices = Notices(log)
        service = MediaService(
            options.socket,
            _spans_of(options.spans),
            notices=notices,
            tick_ms=options.tick_ms,
            law=options.law,
            threads=options.threads,
            http=options.http,
        )
    except (MediaError, ValueError, OSError) as e:
        _say_first({"error": str(e)})
        return 1
    try:
        _say_first(service.start())
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)  # nobody need keep reading
        service.serve(wakened)
    finally:
        service.close()
        signal.set_wakeup_fd(-1)
        wake.close()
        wakened.close()
    notices.say("ended")
    return 0


# -- control's side --------------------------------------------------------------------------------


class MediaProcess:
    """A media process that this process has started; it outlives us unless `stop` is called."""

    def __init__(self, process: subprocess.Popen[bytes], ready: dict[str, Any]) -> None:
        self.process = process
        self.ready = ready
        self.pid = process.pid
        self.socket_path: str = ready["socket"]

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self, timeout_s: float = 10.0) -> int:
        """SIGTERM, wait until recordings are finished; SIGKILL after timeout_s. The exit status."""
        if self.alive:
            self.process.terminate()
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()


def _first_line(process: subprocess.Popen[bytes], timeout_s: float) -> bytes:
    assert process.stdout is not None
    fd = process.stdout.fileno()
    deadline = time.monotonic() + timeout_s
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise MediaError(f"the media process did not become ready in {timeout_s} s")
            part = os.read(fd, 65536)
            if not part:
                raise MediaError(f"the media process ended with status {process.wait()} before it was ready")
            line += part
    return line


def spawn_media(
    socket_path: str,
    spans: Sequence[dict[str, Any]],
    *,
    tick_ms: int = 10,
    law: str = "A",
    threads: int = 1,
    http: dict[str, Any] | None = None,
    log: str | None = None,
    timeout_s: float = 30.0,
) -> MediaProcess:
    """Start `xunhu-media` in a session of its own, so that neither our death nor our terminal's ends it, and wait until
    it is ready. None of our descriptors goes with it. log: file for its notices (our standard error if None).
    MediaError: it could not start, and why."""
    command = [sys.executable, "-m", "xunhu._media.service", "--socket", socket_path, "--spans", json.dumps(list(spans))]
    command += ["--tick-ms", str(tick_ms), "--law", law, "--threads", str(threads)]
    if http is not None:
        command += ["--http", json.dumps(http)]
    if log is not None:
        command += ["--log", log]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True, close_fds=True
    )
    assert process.stdout is not None
    try:
        ready = json.loads(_first_line(process, timeout_s))
        if "error" in ready:
            raise MediaError(ready["error"])
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        process.stdout.close()
    return MediaProcess(process, ready)


if __name__ == "__main__":
    sys.exit(main())
