"""Our ends of a line in real time: LAPD alone, or with Q.931 on top; circuit emulation and HDLC are ours too."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from xunhu._e1.hdlc import Receiver, Transmitter
from xunhu._e1.span import Span
from xunhu._isdn import primitives as p
from xunhu._isdn.q921 import (
    DataLink,
    DlDataIndication,
    DlEstablishConfirm,
    DlEstablishIndication,
    DlReleaseIndication,
    Frame,
    MdlError,
)
from xunhu._isdn.q931 import Q931
from xunhu._isdn.trace import Tracer

FRAMES = 40
D_CHANNEL = 16
IDLE = 0xD5


class OurEnd:
    """A D channel of ours in real time, a tick of 5 ms a packet."""

    def __init__(self, network: bool, local: str, remote: str, **options: Any) -> None:
        self.span = Span.ces(local, remote, frames=FRAMES)
        self.span.start()
        self.rx, self.tx = Receiver(), Transmitter()
        self.link = DataLink(network, **options)
        self.outputs: list[Any] = []
        self.waiting: list[bytes] = []
        self.lose: Callable[[bytes], bool] = lambda octets: False  # of the frames either way
        self.seen = 0
        self.taken = 0
        self.tracer = Tracer(sides={0: network}, per_trunk=100_000)
        self.next_tick = time.monotonic()

    def tick(self) -> None:
        now = time.monotonic_ns()
        block, _ = self.span.read(FRAMES)
        for frame in self.rx.receive(block[D_CHANNEL * FRAMES : (D_CHANNEL + 1) * FRAMES]):
            self.seen += 1
            if not self.lose(frame):
                self.tracer.add(time.time_ns(), 0, "rx", frame)
                self.link.receive(frame, now)
        self.link.handle_timeout(now)
        self.drain_link()
        self.layers(now)
        self.drain_link()
        while self.waiting and self.tx.send(self.waiting[0]):
            self.waiting.pop(0)
        block = bytearray([IDLE]) * (32 * FRAMES)
        block[D_CHANNEL * FRAMES : (D_CHANNEL + 1) * FRAMES] = self.tx.octets(FRAMES)
        self.span.write(block)
        self.next_tick += FRAMES / 8000
        time.sleep(max(0.0, self.next_tick - time.monotonic()))

    def drain_link(self) -> None:
        for out in self.link.drain():
            if not isinstance(out, Frame):
                self.outputs.append(out)
                continue
            self.seen += 1
            if not self.lose(out.octets):
                self.tracer.add(time.time_ns(), 0, "tx", out.octets)
                self.waiting.append(out.octets)

    def layers(self, now: int) -> None:
        """What is above LAPD: nothing here."""

    def until(self, what: Callable[[], bool], seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, f"did not happen; {self.link.state!r} {self.outputs[-8:]}"
            self.tick()

    def data(self, message_type: int) -> list[bytes]:
        """Q.931 messages of a type that came."""
        return [o.payload for o in self.outputs if isinstance(o, DlDataIndication) and o.payload[4] == message_type]

    def errors(self) -> str:
        return "".join(o.code for o in self.outputs if isinstance(o, MdlError))

    def said(self, name: str) -> int:
        return sum(type(o).__name__ == name for o in self.outputs)


class OurPri(OurEnd):
    """LAPD and Q.931. Calls offered go by `answer`: alerted and answered, or released with its cause."""

    def __init__(self, network: bool, local: str, remote: str, *, layer3: dict[str, Any] | None = None, **link: Any):
        super().__init__(network, local, remote, **link)
        self.q931 = Q931("network" if network else "user", **(layer3 or {}))
        self.heard: list[Any] = []
        self.refuse: p.Cause | None = None
        self.want_digits = 0  # overlap receiving: so many make a number
        self.digits: dict[int, str] = {}
        self.link.dl_establish_request(time.monotonic_ns())

    def layers(self, now: int) -> None:
        for out in self.outputs[self.taken :]:
            if isinstance(out, DlDataIndication):
                self.q931.receive(out.payload, now)
            elif isinstance(out, DlEstablishIndication | DlEstablishConfirm):
                self.q931.data_link_established(now)
            elif isinstance(out, DlReleaseIndication):
                self.q931.data_link_released(now)
                self.link.dl_establish_request(now)
        self.taken = len(self.outputs)
        self.q931.handle_timeout(now)
        for out in self.q931.drain():
            if isinstance(out, p.DataRequest):
                self.link.dl_data_request(out.payload, now)
            else:
                self.heard.append(out)
                self._act(out, now)

    def _act(self, out: Any, now: int) -> None:
        if isinstance(out, p.SetupIndication):
            self.digits[out.call] = out.called.digits if out.called else ""
            self._offered(out.call, out.sending_complete, now)
        elif isinstance(out, p.InformationIndication):
            self.digits[out.call] += out.digits
            self._offered(out.call, out.sending_complete, now)
        elif isinstance(out, p.DisconnectIndication):
            self.q931.release_request(out.call, out.cause, now)

    def _offered(self, call: int, complete: bool, now: int) -> None:
        if self.refuse is not None:
            self.q931.release_request(call, self.refuse, now)
        elif not complete and len(self.digits[call]) < self.want_digits:
            if self.digits[call] and not self.got(p.InformationIndication, call):
                self.q931.more_info_request(call, now)
        else:
            self.q931.proceeding_request(call, now)
            self.q931.alerting_request(call, now)
            self.q931.setup_response(call, now)

    def got(self, kind: type, call: int | None = None) -> list[Any]:
        return [o for o in self.heard if isinstance(o, kind) and (call is None or o.call == call)]
