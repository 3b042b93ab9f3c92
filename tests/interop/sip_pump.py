"""A user agent on a real UDP socket of the loopback, that answers as the called number says: SIPp's other side."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from xunhu.sip.address import Address, Admission, Credentials, Tokens, UaPeer, UaSettings
from xunhu.sip.digest import Challenge, parse_credentials, verify
from xunhu.sip.events import (
    Acknowledged,
    Answered,
    Invited,
    Offered,
    Referred,
    Replaced,
    RequestReceived,
)
from xunhu.sip.message import SipMessage, SipParseError, parse, response
from xunhu.sip.user_agent import UserAgent

SCENARIOS = Path(__file__).parent / "sipp"
SDP = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0\r\n"


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Pump(asyncio.DatagramProtocol):
    """Numbers: ring answers after 180; early and reliable with 183; timer, refer, hold do it in the call; busy 486; wait never
    answers; secret asks for a password; anything else is answered at once."""

    def __init__(self) -> None:
        self.port = 0
        self.told: list[Any] = []
        self.ua: UserAgent
        self.peer = UaPeer()
        self.in_call: Any = None  # called with the session when the call stands
        self._transport: asyncio.DatagramTransport
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self.answered = 0
        self.lose = 0  # every so manieth datagram of either way; 0: none
        self._passed = 0

    @classmethod
    async def open(cls, settings: UaSettings | None = None) -> Pump:
        pump = cls()
        transport, _ = await pump._loop.create_datagram_endpoint(lambda: pump, local_addr=("127.0.0.1", 0))
        pump._transport = transport
        # A machine that stops for a while shall not lose what came: SIPp takes a repeated 200 of its INVITE for that of its BYE.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        pump.port = transport.get_extra_info("sockname")[1]
        address = Address("udp", "127.0.0.1", pump.port)
        pump.ua = UserAgent(settings or UaSettings(), Tokens(os.urandom), lambda to: address, admit=pump.admit)
        return pump

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._transport.close()
        await asyncio.sleep(0)

    @property
    def now(self) -> int:
        return time.monotonic_ns()

    def _lost(self) -> bool:
        self._passed += 1
        return self.lose > 0 and self._passed % self.lose == 0

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._lost():
            return
        source = Address("udp", addr[0], addr[1])
        local = Address("udp", "127.0.0.1", self.port)
        try:
            self.ua.receive(parse(data), source, local, 0, self.now)
        except SipParseError as error:
            self.ua.malformed(error, source, local, 0, self.now)
        self.turn()

    def turn(self) -> None:
        """Events, what follows from them, sends, the timer."""
        ua = self.ua
        while ua.events or ua.sends:
            sends, ua.sends[:] = list(ua.sends), []
            for send in sends:
                if not self._lost():
                    self._transport.sendto(send.data, (send.to.host, send.to.port))
            events, ua.events[:] = list(ua.events), []
            for event in events:
                self.told.append(event)
                self.on_event(event)
        if self._timer is not None:
            self._timer.cancel()
        deadline = ua.next_deadline
        self._timer = None
        if deadline is not None:
            self._timer = self._loop.call_later(max(deadline - self.now, 0) / 1e9, self._time)

    def _time(self) -> None:
        self.ua.handle_timeout(self.now)
        self.turn()

    def admit(self, message: SipMessage, source: Address, flow: int) -> Admission:
        if message.uri.startswith("sip:secret@") and message.method != "ACK":
            given = message.get("Authorization")
            if not given or not verify(parse_credentials(given), message.method, "pass", message.body):
                challenge = Challenge("xunhu", "0123456789abcdef")
                return Admission.answer(response(message, 401, to_tag="c", headers=[("WWW-Authenticate", str(challenge))]))
        return Admission.accept(self.peer)

    def on_event(self, event: Any) -> None:
        now = self.now
        kind = type(event)
        if kind is Invited:
            self._invited(event.session, event.message.request_uri.user)
        elif kind is Replaced:
            event.new.answer(SDP, now=now)
            event.old.bye(now=now)
        elif kind is Offered:
            event.session.answer_offer(SDP, now=now)
        elif kind is Referred:
            event.accept(now=now)
            event.notify(200, now=now)
        elif kind is RequestReceived:
            event.request.answer(200, headers=[("Allow", self.ua.allow)], now=now)
        elif kind in (Acknowledged, Answered):
            self.answered += 1
            if self.in_call is not None:
                self._loop.call_soon(self._in_call, event.session)

    def _in_call(self, session: Any) -> None:
        self.in_call(session)
        self.turn()

    def _invited(self, session: Any, number: str) -> None:
        now = self.now
        if number == "busy":
            session.reject(486, now=now)
        elif number == "wait":
            session.ring(now=now)
        else:
            if number == "ring":
                session.ring(now=now)
            elif number in ("early", "reliable"):
                session.progress(SDP, reliable=number == "reliable", now=now)
            session.answer(SDP, now=now)

    async def quiet(self, seconds: float = 5.0) -> None:
        """Until no session is left."""
        end = self.now + int(seconds * 1e9)
        while self.ua.sessions and self.now < end:
            await asyncio.sleep(0.02)
        left = [(key, dialog.session.state) for key, dialog in self.ua.dialogs.items() if dialog.session is not None]
        assert self.ua.sessions == 0, f"sessions are left: {left[:10]}"


async def sipp(scenario: str, pump: Pump, *options: str, calls: int = 1, port: int = 0, number: str = "service") -> str:
    """Run SIPp against the pump; its screen. AssertionError: a call failed, with what SIPp says of it."""
    path = SCENARIOS / f"{scenario}.xml"
    which = ["-sf", str(path)] if path.exists() else ["-sn", scenario]
    remote = [f"127.0.0.1:{pump.port}"] if not scenario.startswith("uas") else []
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"sipp-{os.getpid()}-{free_port()}"
    folder.mkdir()
    command = ["sipp", *which, "-m", str(calls), "-i", "127.0.0.1", "-nostdin", "-timeout", "30s", "-timeout_error"]
    command += ["-trace_err", "-error_file", str(folder / "errors"), "-s", number]
    command += ["-p", str(port or free_port()), "-mp", str(free_port()), *options, *remote]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder, env={**os.environ, "TERM": "xterm"}
    )
    out, _ = await process.communicate()
    errors = (folder / "errors").read_text(errors="replace") if (folder / "errors").exists() else ""
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    screen = out.decode(errors="replace")
    assert process.returncode == 0, f"sipp {scenario}: exit {process.returncode}\n{errors[-3000:]}\n{screen[-3000:]}"
    return screen


def caller(pump: Pump, port: int, number: str = "service", **kwargs: Any) -> Any:
    """A call of the pump's to SIPp."""
    to = Address("udp", "127.0.0.1", port)
    out = pump.ua.invite(to, f"sip:{number}@127.0.0.1:{port}", "<sip:xunhu@127.0.0.1>", body=SDP, now=pump.now, **kwargs)
    pump.turn()
    return out


SECRET = Credentials("alice", "pass")
