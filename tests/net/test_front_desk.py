"""The front desk behind real sockets: registration with digest, trust, bans, what is kept over kill -9, keep-alive through NATs."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from desk_node import Desk
from net_pair import Bind

from xunhu.sip.digest import authorization, choose, parse_challenges
from xunhu.sip.message import SipMessage, parse, request, response
from xunhu.sip.names import REASONS
from xunhu.sip.notifier_bodies import DialogState

UDP = Bind("udp", "127.0.0.1", 0)


class Phone:
    """Registers over UDP from an address of its own; answers challenges."""

    uri = "sip:xunhu"

    def __init__(self, port: int, user: str = "8001", host: str = "127.0.0.1", secret: str = "") -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.host, self.own = host, self.socket.getsockname()[1]
        self.to = ("127.0.0.1", port)
        self.user, self.secret = user, secret or f"secret-{user}"
        self.cseq = 0

    def message(self, method: str, headers: list[tuple[str, str]]) -> SipMessage:
        self.cseq += 1
        uri = self.uri
        rows = [
            ("Via", f"SIP/2.0/UDP {self.host}:{self.own};rport;branch=z9hG4bK{self.own}x{self.cseq}"), ("From", f"<sip:{self.user}@xunhu>;tag=1"),
            ("To", f"<sip:{self.user}@xunhu>"), ("Call-ID", f"{self.own}"), ("CSeq", f"{self.cseq} {method}"),
        ]  # fmt: skip
        return request(method, uri, [*rows, *headers])

    async def exchange(self, method: str, headers: list[tuple[str, str]], wait_s: float = 5.0) -> SipMessage | None:
        """The answer, None when there is none."""
        self.socket.sendto(self.message(method, headers).encode(), self.to)
        return await self.hear(wait_s)

    async def hear(self, wait_s: float) -> SipMessage | None:
        loop = asyncio.get_running_loop()
        try:
            octets = await asyncio.wait_for(loop.sock_recv(self.socket, 65536), wait_s)
        except TimeoutError:
            return None
        return parse(octets)

    async def authorized(self, method: str, headers: list[tuple[str, str]]) -> SipMessage | None:
        """The answer to the request with credentials."""
        first = await self.exchange(method, headers)
        assert first is not None
        challenge = choose(parse_challenges(first.all("WWW-Authenticate")))
        assert challenge is not None
        text = authorization(challenge, method, self.uri, self.user, self.secret, "c", 1)
        return await self.exchange(method, [*headers, ("Authorization", text)])

    async def register(self, contact: str = "", expires: int = 600, wait_s: float = 5.0) -> int:
        """The final status; 0: nothing was said."""
        headers = [("Contact", contact or f"<sip:{self.user}@{self.host}:{self.own}>"), ("Expires", str(expires))]
        first = await self.exchange("REGISTER", headers, wait_s)
        if first is None or first.status != 401:
            return 0 if first is None else first.status
        challenge = choose(parse_challenges(first.all("WWW-Authenticate")))
        assert challenge is not None
        text = authorization(challenge, "REGISTER", "sip:xunhu", self.user, self.secret, "c", 1)
        second = await self.exchange("REGISTER", [*headers, ("Authorization", text)], wait_s)
        return 0 if second is None else second.status

    def close(self) -> None:
        self.socket.close()


@asynccontextmanager
async def desk(folder: Path, *binds: Bind, **options: object) -> AsyncIterator[Desk]:
    made = Desk(folder, list(binds) or [UDP], **options)  # type: ignore[arg-type]
    await made.start()
    try:
        yield made
    finally:
        await made.close()


async def test_a_telephone_registers_and_its_address_is_trusted(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        phone = Phone(d.place().port)
        assert not d.net.trusts("127.0.0.1")
        assert await phone.register() == 200
        assert d.net.trusts("127.0.0.1")
        (binding,) = d.desk.contacts("8001")
        assert (binding.place.port, binding.nat, binding.local.port) == (phone.own, False, d.place().port)
        answer = await phone.exchange("OPTIONS", [])
        assert answer is not None
        assert (answer.status, answer.reason) == (200, REASONS[200])
        assert await phone.register(expires=0) == 200
        assert not d.net.trusts("127.0.0.1")
        assert [change.what for change in d.changes] == ["registered", "removed"]
        assert await phone.exchange("OPTIONS", [], 0.3) is None  # a stranger again
        phone.close()


async def test_calls_of_strangers_and_other_requests(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        phone = Phone(d.place().port)
        for method in ("INVITE", "MESSAGE", "SUBSCRIBE"):
            answer = await phone.exchange(method, [("Contact", "<sip:x@127.0.0.1>")])
            while answer is not None and answer.status == 100:
                answer = await phone.hear(5)
            assert answer is not None
            assert answer.status == 401
            assert answer.to.tag
        phone.close()


async def test_wrong_passwords_wait_then_are_banned_over_a_restart(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        thief = Phone(d.place().port, secret="guess", host="127.0.0.66")
        statuses = [await thief.register(wait_s=0.2) for _ in range(4)]
        assert statuses == [403, 403, 403, 403]
        assert await thief.register(wait_s=0.2) == 0  # it waits now
        assert await thief.register(wait_s=0.2) == 0
        for _ in range(6):  # what it may not do sooner, time would let it do
            d.desk.guard.failed("127.0.0.66", "password", d.clock.now_ns(), "8001")
        d.desk._drain_guard()
        assert [(row.host, row.why) for row in d.desk.ban_rows()] == [("127.0.0.66", "password")]
        assert await thief.exchange("REGISTER", [], 0.2) is None
        assert d.net.counts()["banned"] >= 1
        assert any("127.0.0.66" in text and "8001" in text for text in d.alarms)
        honest = Phone(d.place().port)
        assert await honest.register() == 200
        thief.close()
        honest.close()
    async with desk(tmp_path) as d:
        thief = Phone(d.place().port, host="127.0.0.66")
        assert await thief.exchange("REGISTER", [], 0.2) is None
        assert d.net.counts()["banned"] == 1
        assert d.desk.unban("127.0.0.66")
        assert not d.desk.unban("127.0.0.66")
        assert await thief.register() == 200
        thief.close()


async def test_telephones_behind_a_nat_are_kept_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xunhu.net.front_desk._KEEP_S", 1)
    async with desk(tmp_path) as d:
        phone = Phone(d.place().port)
        assert await phone.register("<sip:8001@10.0.0.5:5060>") == 200
        (binding,) = d.desk.contacts("8001")
        assert binding.nat
        assert binding.place.port == phone.own
        octets = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(phone.socket, 100), 5)
        assert octets == b"\r\n\r\n"
        phone.close()


async def test_lamps_of_watched_extensions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SUBSCRIBE for 8002 by 8001: full state at once, then what changes; presence follows the registration."""
    monkeypatch.setattr("xunhu.net.front_desk._TICK_S", 0.05)
    monkeypatch.setattr("xunhu.sip.notifier.INTERVALS", dict.fromkeys(("dialog", "presence", "message-summary"), 0))
    monkeypatch.setattr(Phone, "uri", "sip:8002@xunhu")
    async with desk(tmp_path) as d:
        calls: list[DialogState] = []
        d.desk.calls_of = lambda extension: calls if extension == "8002" else []
        for package, first, later in (("dialog", b'state="full"', b"<state>confirmed</state>"), ("presence", b"closed", b"open")):
            phone = Phone(d.place().port)
            contact = f"<sip:8001@127.0.0.1:{phone.own}>"
            answer = await phone.authorized("SUBSCRIBE", [("Event", package), ("Contact", contact), ("Expires", "600")])
            bodies: list[bytes] = []

            async def heard(text: bytes, message: SipMessage | None, phone: Phone = phone, bodies: list[bytes] = bodies) -> None:
                """Answers NOTIFYs until one has the text."""
                while not any(text in body for body in bodies):
                    if message is not None and message.method == "NOTIFY":
                        bodies.append(message.body)
                        phone.socket.sendto(response(message, 200).encode(), phone.to)
                        if text in message.body:
                            return
                    message = await phone.hear(5)
                    assert message is not None

            await heard(first, answer)
            calls.append(DialogState("1", "confirmed"))
            other = Phone(d.place().port, "8002")
            if package == "presence":
                monkeypatch.setattr(Phone, "uri", "sip:xunhu")
                assert await other.register() == 200
            await heard(later, None)
            phone.close()
            other.close()
        assert len(d.desk.notifier) == 2


async def test_secrets_taken_away(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        phone = Phone(d.place().port)
        assert await phone.register() == 200
        d.desk.set_secrets({"8002": "secret-8002"})
        assert d.desk.contacts("8001") == []
        assert await phone.register() == 403
        phone.close()


async def test_scanners_on_connections_are_cut_off_too(tmp_path: Path) -> None:
    async with desk(tmp_path, Bind("tcp", "127.0.0.1", 0)) as d:
        phone = Phone(0)
        _, writer = await asyncio.open_connection("127.0.0.1", d.place("tcp").port)
        for _ in range(20):
            writer.write(phone.message("REGISTER", [("User-Agent", "friendly-scanner")]).encode().replace(b"UDP", b"TCP"))
        await writer.drain()
        while not d.desk.ban_rows():
            await asyncio.sleep(0.01)
        assert [row.why for row in d.desk.ban_rows()] == ["stranger"]
        writer.close()
        phone.close()


async def test_registrations_survive_kill_9(tmp_path: Path) -> None:
    """A process that answered 200 dies at once; the next one knows the telephone, and trusts its address."""

    async def start() -> tuple[asyncio.subprocess.Process, int]:
        here = Path(__file__).parent
        process = await asyncio.create_subprocess_exec(
            sys.executable, here / "desk_node.py", tmp_path, "0", stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        )  # fmt: skip
        assert process.stdout is not None
        line = b""
        while not line.startswith(b"ports"):
            line = await asyncio.wait_for(process.stdout.readline(), 20)
        return process, int(line.split()[1])

    process, port = await start()
    try:
        phones = [Phone(port, str(8000 + n)) for n in range(50)]
        assert await asyncio.gather(*(phone.register() for phone in phones)) == [200] * 50
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with desk(tmp_path) as d:
        assert len(d.desk.location) == 50
        assert {(b.aor, b.place.port) for b in d.desk.location} == {(phone.user, phone.own) for phone in phones}
        assert d.net.trusts("127.0.0.1")
        phones[0].to = ("127.0.0.1", d.place().port)
        assert await phones[0].register(expires=0) == 200
    for phone in phones:
        phone.close()


async def test_a_damaged_store_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").write_bytes(b"no such thing" * 1000)
    async with desk(tmp_path) as d:
        assert any("put aside" in text for text in d.alarms)
        phone = Phone(d.place().port)
        assert await phone.register() == 200
        phone.close()
    assert list(tmp_path.glob("damaged-*.mdb"))
