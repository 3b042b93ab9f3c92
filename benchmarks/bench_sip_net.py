"""SIP at the sockets: a flood of scanner packets shed, a call's messages in the midst of it, registrations with digest, restart.

The flood comes from another process of the same machine at 100,000 datagrams a second, as far as it gets the time for it.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import common

from xunhu.net.front_desk import FrontDesk
from xunhu.net.settings import Bind
from xunhu.net.sip_net import SipNet
from xunhu.sip.address import Address, Admission, Tokens, UaPeer, UaSettings
from xunhu.sip.digest import authorization, parse_challenge
from xunhu.sip.events import RequestReceived
from xunhu.sip.message import SipMessage, parse
from xunhu.sip.user_agent import UserAgent
from xunhu.vclock import LoopClock

RATE = 100_000
SCANNER = (
    b"OPTIONS sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK-1;rport\r\nMax-Forwards: 70\r\n"
    b'To: "sipvicious"<sip:100@1.1.1.1>\r\nFrom: "sipvicious"<sip:100@1.1.1.1>;tag=1\r\nUser-Agent: friendly-scanner\r\n'
    b"Call-ID: 1\r\nContact: sip:100@127.0.0.1:5060\r\nCSeq: 1 OPTIONS\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n"
)
FLOOD = """
import socket, sys, time
from xunhu.net import udp_receiver as udp
port, rate, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
made.bind(("127.0.0.66", 0))
batch = [(made.fileno(), sys.stdin.buffer.read(), "127.0.0.1", port, "")] * (rate // 500)
begin, sent = time.monotonic(), 0
while (now := time.monotonic() - begin) < seconds:
    if sent < now * rate:
        udp.send(batch)
        sent += len(batch)
    else:
        time.sleep(0.0005)
print(sent)
"""
MESSAGE = (
    "{method} sip:xunhu SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{n}\r\nMax-Forwards: 70\r\nFrom: <sip:{user}@xunhu>;tag=1\r\n"
    "To: <sip:{user}@xunhu>\r\nCall-ID: c{call}\r\nCSeq: {n} {method}\r\n{more}Content-Length: 0\r\n\r\n"
)


class Desk:
    def __init__(self, folder: Path, users: int) -> None:
        loop = asyncio.get_running_loop()
        self.clock = LoopClock(loop)
        self.net = SipNet(loop, self.clock, [Bind("udp", "127.0.0.1", 0)])
        secrets = {str(number): f"secret-{number}" for number in range(users)}
        self.desk = FrontDesk(self.net, self.clock, secrets, realm="xunhu", folder=folder, random=os.urandom)
        self.ua = UserAgent(UaSettings(transactions=1 << 20), Tokens(os.urandom), self.net.local_for, self.admit)
        self.net.ua = self.ua
        self.net.on_events = self.turn

    def admit(self, message: SipMessage, source: Address, flow: int) -> Admission:
        found = self.desk.authenticate(message, source, flow)
        if found is None:
            return Admission.drop()
        return Admission.accept(UaPeer(f"phones/{found}")) if isinstance(found, str) else Admission.answer(found)

    def turn(self) -> None:
        events, self.ua.events = self.ua.events, []
        for event in events:
            if isinstance(event, RequestReceived):
                self.desk.requests(event)


class Echo(asyncio.DatagramProtocol):
    """The trusted peer: when its answers came."""

    def __init__(self) -> None:
        self.came: list[int] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.came.append(time.monotonic_ns())


async def flood(seconds: float) -> dict[str, float]:
    """A trusted peer asks 50 times a second while the flood comes."""
    loop = asyncio.get_running_loop()
    with tempfile.TemporaryDirectory() as name:
        desk = Desk(Path(name), 10)
        desk.desk.open(loop)
        await desk.net.start()
        desk.net.trust("127.0.0.1")
        port = desk.net.places[0].port
        peer, protocol = await loop.create_datagram_endpoint(Echo, ("127.0.0.1", 0))
        own = peer.get_extra_info("sockname")[1]
        sender = await asyncio.create_subprocess_exec(
            sys.executable, "-c", FLOOD, str(port), str(RATE), str(seconds), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        asking = asyncio.ensure_future(sender.communicate(SCANNER))
        while not desk.net.counts()["received"]:
            await asyncio.sleep(0.005)
        before, cpu, begin = desk.net.counts(), time.thread_time_ns(), time.monotonic_ns()
        asked: list[int] = []
        while not asking.done():
            text = MESSAGE.format(method="OPTIONS", host="127.0.0.1", port=own, n=len(asked) + 1, user="1", call=len(asked), more="")
            asked.append(time.monotonic_ns())
            peer.sendto(text.encode(), ("127.0.0.1", port))
            await asyncio.sleep(0.02)
        sent = int((await asking)[0])
        await asyncio.sleep(0.1)
        after, cpu, elapsed = desk.net.counts(), time.thread_time_ns() - cpu, time.monotonic_ns() - begin
        shed = sum(after[name] - before[name] for name in ("scanner", "rate", "banned"))
        delays = sorted(came - at for at, came in zip(asked, protocol.came, strict=False))
        peer.close()
        await desk.net.close()
        desk.desk.close()
        return {
            "offered": sent / (elapsed / 1e9),
            "shed": shed / (elapsed / 1e9),
            "lost": 100 * (after["kernel_dropped"] - before["kernel_dropped"]) / max(sent, 1),
            "thread_ns": (after["cpu_ns"] - before["cpu_ns"]) / max(shed, 1),
            "loop_percent": 100 * cpu / elapsed,
            "answered": 100 * len(protocol.came) / len(asked),
            "p50_ms": statistics.median(delays) / 1e6 if delays else 0.0,
            "p99_ms": delays[len(delays) * 99 // 100] / 1e6 if delays else 0.0,
        }


async def registrations(users: int) -> dict[str, float]:
    """In memory but for the store: REGISTER, 401, REGISTER, 200; then refreshes with the same nonce; then a restart."""
    loop = asyncio.get_running_loop()
    with tempfile.TemporaryDirectory() as name:
        desk = Desk(Path(name), users)
        desk.desk.open(loop)
        local, now = Address("udp", "127.0.0.1", 5060), desk.clock.now_ns()
        desk.net.trust("127.0.0.1")

        def register(user: int, n: int, more: str) -> bytes:
            contact = f"Contact: <sip:{user}@127.0.0.1:{10_000 + user}>\r\nExpires: 3600\r\n{more}"
            text = MESSAGE.format(method="REGISTER", host="127.0.0.1", port=10_000 + user, n=n, user=user, call=user, more=contact)
            source = Address("udp", "127.0.0.1", 10_000 + user)
            desk.ua.receive(parse(text.encode()), source, local, 0, now)
            if desk.ua.events:
                desk.turn()
            desk.desk.keep()
            (send,) = desk.ua.sends
            desk.ua.sends.clear()
            return send.data

        challenges = {}

        def answer(user: int, nc: int) -> str:
            text = authorization(challenges[user], "REGISTER", "sip:xunhu", str(user), f"secret-{user}", "c", nc)
            return f"Authorization: {text}\r\n"

        def first() -> None:
            for user in range(users):
                challenges[user] = parse_challenge(parse(register(user, 1, "")).get("WWW-Authenticate"))

        first_us = common.cpu_us(first, users)
        headers = [answer(user, 1) for user in range(users)]
        second_us = common.cpu_us(lambda: [register(user, 2, headers[user]) for user in range(users)], users)
        assert len(desk.desk.location) == users
        headers = [answer(user, 2) for user in range(users)]
        again_us = common.cpu_us(lambda: [register(user, 3, headers[user]) for user in range(users)], users)
        desk.desk.close()
        anew = Desk(Path(name), users)
        restart_us = common.cpu_us(lambda: anew.desk.open(loop))
        assert len(anew.desk.location) == users
        anew.desk.close()
        return {"register": first_us + second_us, "refresh": again_us, "restart": restart_us / 1000}


def main() -> None:
    options = common.parser(__doc__).parse_args()
    report = common.Report("sip_net", "SIP at the sockets", quick=options.quick)
    flooded = asyncio.run(flood(0.5 if options.quick else 5.0))
    report.add("scanner packets offered", flooded["offered"], "1/s")
    report.add("scanner packets shed", flooded["shed"], "1/s", headline=True)
    report.add("scanner packets the kernel had no room for", flooded["lost"], "%")
    report.add("CPU of the receiver's thread a shed packet, the kernel's part in it", flooded["thread_ns"] / 1000, "us", budget=8)
    report.add("CPU of the loop meanwhile", flooded["loop_percent"], "%", headline=True)
    report.add("requests of a trusted peer answered meanwhile", flooded["answered"], "%", headline=True)
    report.add("their answers, median", flooded["p50_ms"], "ms")
    report.add("their answers, p99", flooded["p99_ms"], "ms", headline=True)
    users = 200 if options.quick else 10_000
    made = asyncio.run(registrations(users))
    report.add("registration with digest: two requests, stored", made["register"], "us", budget=1000)
    report.add("refresh with the same nonce, stored", made["refresh"], "us", headline=True)
    report.add("restart with 10,000 registrations", made["restart"] * 10_000 / users, "ms", budget=2000)
    report.print(options)


if __name__ == "__main__":
    main()
