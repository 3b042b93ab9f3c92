"""A node with a front desk: a registrar on loopback. As a program: `python desk_node.py FOLDER PORT [storm]`, which prints its ports (udp,
tcp, tls), then what registers, a line each; its certificate is in FOLDER. storm: without limits for unknown sources."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from net_pair import certificates

from xunhu.net.front_desk import FrontDesk
from xunhu.net.settings import Bind, NetLimits
from xunhu.net.sip_net import SipNet
from xunhu.sip.address import Address, Admission, Tokens, UaPeer, UaSettings
from xunhu.sip.events import RequestReceived, Subscribed, SubscriptionEnded
from xunhu.sip.guard import GuardLimits
from xunhu.sip.location import Change
from xunhu.sip.message import SipMessage
from xunhu.sip.user_agent import UserAgent
from xunhu.vclock import LoopClock

SECRETS = {str(number): f"secret-{number}" for number in range(8000, 18_000)}


class Desk:
    def __init__(self, folder: Path, binds: list[Bind], net: dict[str, Any] | None = None, **options: Any) -> None:
        self.loop = asyncio.get_running_loop()
        self.clock = LoopClock(self.loop)
        self.net = SipNet(self.loop, self.clock, binds, **(net or {}))
        self.changes: list[Change] = []
        self.alarms: list[str] = []
        self.desk = FrontDesk(
            self.net,
            self.clock,
            SECRETS,
            realm="xunhu",
            folder=folder,
            random=os.urandom,
            on_change=self.changed,
            on_alarm=lambda severity, text: self.alarms.append(text),
            **options,
        )
        self.ua = UserAgent(UaSettings(), Tokens(os.urandom), self.net.local_for, self.admit)
        self.net.ua = self.ua
        self.net.on_events = self.turn

    def changed(self, changes: list[Change]) -> None:
        self.changes += changes

    def admit(self, message: SipMessage, source: Address, flow: int) -> Admission:
        found = self.desk.authenticate(message, source, flow)
        if found is None:
            return Admission.drop()
        return Admission.accept(UaPeer(f"phones/{found}")) if isinstance(found, str) else Admission.answer(found)

    def turn(self) -> None:
        events, self.ua.events = self.ua.events, []
        for event in events:
            if isinstance(event, RequestReceived | Subscribed | SubscriptionEnded):
                self.desk.requests(event)

    async def start(self) -> None:
        self.desk.open(self.loop)
        await self.net.start()

    async def close(self) -> None:
        await self.net.close()
        self.desk.close()

    def place(self, transport: str = "udp") -> Address:
        return next(place for place in self.net.places if place.transport == transport)


async def main() -> None:
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    binds = [Bind(transport, "127.0.0.1", port) for transport in ("udp", "tcp", "tls")]
    net: dict[str, Any] = {"tls": certificates(folder)}
    if "storm" in sys.argv[3:]:
        # thousands of telephones of one address at once, none of which holds a registration
        net["limits"] = NetLimits(rate=100_000, burst=100_000, unknown_rate=100_000, unknown_burst=100_000, per_source=1000)
        limits = GuardLimits(rate=100_000.0, burst=100_000.0, unanswered=100_000)
    else:
        limits = None
    desk = Desk(folder, binds, net, limits=limits)

    def told(changes: list[Change]) -> None:
        for change in changes:
            binding = change.binding
            print(change.what, binding.aor, binding.source.transport, binding.contact, binding.agent, flush=True)

    desk.desk.on_change = told
    await desk.start()
    print("ports", *(place.port for place in desk.net.places), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
