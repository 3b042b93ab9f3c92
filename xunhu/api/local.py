"""The socket of a running xunhu for the command line: a Unix socket, one JSON object a line, one answer a line.

Request: {"do": NAME, ...arguments}. Answer: {"ok": true, "result": ...} or {"ok": false, "error": TEXT, "code":
"no-such-call"}. Only the user who runs xunhu, and root, may connect (mode 0600).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

SOCKET_NAME = "xunhu.sock"
_LONGEST = 1 << 16
_CONNECTIONS = 32
_ANSWER_S = 10.0
_LET_HEAR_S = 1.0
_SILENT_S = 10.0  # a connection on which nothing is asked for so long is closed


class RequestError(Exception):
    """A request that cannot be done; code is for programs, the text for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class NotRunningError(Exception):
    """Nobody listens at the socket."""


Handler = Callable[[dict[str, Any]], Awaitable[Any]]


class LocalServer:
    """handlers: by the request's `do`. A fault of one request is answered to its asker and harms nobody else."""

    def __init__(self, path: Path, handlers: dict[str, Handler]) -> None:
        self._path = path
        self._handlers = handlers
        self._server: asyncio.Server | None = None
        self._open = 0

    async def start(self) -> None:
        """OSError when the path cannot be used; ConnectionError when another process answers there."""
        if self._path.exists():
            try:
                ask(self._path, {"do": "ping"}, timeout_s=1.0)
            except (NotRunningError, RequestError):
                self._path.unlink(missing_ok=True)
            else:
                raise ConnectionError(f"{self._path}: another xunhu answers here")
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=_LONGEST)
        self._path.chmod(0o600)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open > _CONNECTIONS:
                writer.write(_line(_refusal("busy", f"{_CONNECTIONS} others are asking already; try again")))
                await _let_hear(reader, writer)
                return
            while line := await asyncio.wait_for(reader.readline(), _SILENT_S):
                writer.write(_line(await self._answer(line)))
                await writer.drain()
        except ValueError:  # readline's: the line has no end
            writer.write(_line(_refusal("bad-request", f"a request is a line of at most {_LONGEST} octets")))
            with contextlib.suppress(ConnectionError):
                await _let_hear(reader, writer)
        except (ConnectionError, TimeoutError):
            return  # the asker went away, or has nothing to ask
        finally:
            self._open -= 1
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            name = request.get("do") if isinstance(request, dict) else None
            handler = self._handlers.get(name) if isinstance(name, str) else None
            if handler is None:
                return _refusal("unknown", "no such request")
            return {"ok": True, "result": await handler(request)}
        except RequestError as error:
            return _refusal(error.code, str(error))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError, OSError) as error:
            return _refusal("bad-request", f"{type(error).__name__}: {error}")


async def _let_hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Before a connection is closed on which more was said than we have read: the kernel would throw our last answer away with it.
    Reads on until the asker closes, or `_LET_HEAR_S` have passed."""
    writer.write_eof()
    await writer.drain()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LET_HEAR_S):
            while await reader.read(_LONGEST):
                pass


def _refusal(code: str, text: str) -> dict[str, Any]:
    return {"ok": False, "code": code, "error": text}


def _line(answer: dict[str, Any]) -> bytes:
    """Surrogates, which a request may smuggle into an error's text, become question marks."""
    return json.dumps(answer, ensure_ascii=False).encode(errors="replace") + b"\n"


def ask(path: Path, request: dict[str, Any], *, timeout_s: float = _ANSWER_S) -> Any:
    """One request; its result. NotRunningError, RequestError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(timeout_s)
        octets = b""
        try:
            link.connect(str(path))
            link.sendall(json.dumps(request).encode() + b"\n")
            while not octets.endswith(b"\n"):
                part = link.recv(1 << 16)
                if not part:
                    raise NotRunningError(f"{path}: closed without an answer")
                octets += part
        except OSError as error:
            raise NotRunningError(f"{path}: {error}") from error
    answer = json.loads(octets)
    if answer["ok"]:
        return answer["result"]
    raise RequestError(str(answer.get("code", "")), str(answer.get("error", "")))
