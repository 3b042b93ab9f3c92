"""A trunk without signalling: the test is the far end."""

from __future__ import annotations

import asyncio

from xunhu.call.trunk import CallRequest, NoCircuitError, Party, TrunkCallState, TrunkEvents

S = TrunkCallState


class FakeCall:
    def __init__(self, trunk: FakeTrunk, port: int, incoming: bool, called: str, calling: str) -> None:
        self.trunk = trunk
        self.port: int | None = port
        self.incoming = incoming
        self.clear_channel = False
        self.keys_aside = False
        self.takes_keys = False
        self.called = called
        self.calling = calling
        self.state = S.OFFERED if incoming else S.PROCEEDING
        self.did: list[str] = []
        self.cause = 0

    @property
    def circuit(self) -> str:
        return f"{self.trunk.name}/{(self.port or 0) % 32}"

    @property
    def restore_data(self) -> dict[str, int | str | bool]:
        return {"trunk": self.trunk.name, "port": self.port or 0, "incoming": self.incoming}

    def _do(self, what: str) -> bool:
        if self.state in (S.RELEASING, S.RELEASED):
            return False
        self.did.append(what)
        return True

    def send_key(self, key: str) -> bool:
        return self.takes_keys and self._do(f"key {key}")

    def want_digits(self, inband_tone: bool) -> None:
        if self._do(f"want_digits {inband_tone}"):
            self.state = S.OVERLAP

    def proceed(self) -> None:
        if self._do("proceed"):
            self.state = S.PROCEEDING

    def alert(self, inband: bool) -> None:
        if self._do(f"alert {inband}"):
            self.state = S.ALERTING

    def progress(self, inband: bool, cause: int | None = None) -> None:
        self._do(f"progress {inband} {cause}")

    def answer(self) -> None:
        if self._do("answer"):
            self.state = S.ACTIVE

    def send_digits(self, digits: str, complete: bool = False) -> None:
        self._do(f"digits {digits} {complete}")

    def release(self, cause: int, inband: bool = False) -> None:
        if self.state is S.RELEASED:
            return
        if self.state is not S.RELEASING:
            self.did.append(f"release {cause}")
            self.cause = self.cause or cause
        self.state = S.RELEASING
        self.trunk.loop.call_later(self.trunk.release_s, self._released, self.cause, False)

    def _released(self, cause: int, by_peer: bool) -> None:
        if self.state is not S.RELEASED:
            self.state = S.RELEASED
            self.trunk.busy.discard(self.port or 0)
            self.trunk.events.trunk_released(self, cause, by_peer)

    # -- the far end

    def far_proceeding(self, inband: bool = False) -> None:
        self._event(lambda: self.trunk.events.trunk_proceeding(self, inband))

    def far_alerting(self, inband: bool = False) -> None:
        self._event(lambda: self.trunk.events.trunk_alerting(self, inband))

    def far_progress(self, inband: bool = True, cause: int | None = None) -> None:
        self._event(lambda: self.trunk.events.trunk_progress(self, inband, cause))

    def far_answer(self) -> None:
        def event() -> None:
            if self.state not in (S.RELEASING, S.RELEASED):
                self.state = S.ACTIVE
            self.trunk.events.trunk_answered(self)

        self._event(event)

    def far_digits(self, digits: str, complete: bool = False) -> None:
        self._event(lambda: self.trunk.events.trunk_digits(self, digits, complete))

    def far_disconnect(self, cause: int = 16) -> None:
        def event() -> None:
            if self.state not in (S.RELEASING, S.RELEASED):
                self.trunk.events.trunk_disconnecting(self, cause, False)

        self._event(event)

    def far_release(self, cause: int = 16) -> None:
        """At once, as by RELEASE COMPLETE."""
        self._event(lambda: self._released(cause, True))

    def _event(self, event: object) -> None:
        self.trunk.loop.call_soon(event)  # type: ignore[arg-type]


class FakeTrunk:
    release_s = 0.02

    def __init__(self, name: str, span: int, events: TrunkEvents | None = None, circuits: int = 31) -> None:
        self.name = name
        self.up = True
        self.loop = asyncio.get_running_loop()
        self.ports = [span * 32 + timeslot for timeslot in range(1, circuits + 1) if timeslot != 16]
        self.busy: set[int] = set()
        self.made: list[FakeCall] = []
        self.refuse = 0
        self.restarted = 0
        if events is not None:
            self.events = events

    def circuits(self) -> dict[str, str]:
        return {f"{self.name}/{p % 32}": "busy" if p in self.busy else "idle" for p in self.ports}

    def idle(self) -> list[int]:
        return [port for port in self.ports if port not in self.busy]

    def setup(self, request: CallRequest, port: int | None = None) -> FakeCall:
        if self.refuse:
            raise NoCircuitError(self.refuse, "refused by the fake")
        idle = self.idle()
        if not idle or (port is not None and port not in idle):
            raise NoCircuitError(34, "no circuit")
        port = idle[0] if port is None else port
        call = FakeCall(self, port, False, request.called, request.calling.digits if request.calling else "")
        self.busy.add(port)
        self.made.append(call)
        return call

    def restore(self, data: dict[str, int | str | bool]) -> FakeCall | None:
        port = int(data["port"])
        if port not in self.idle():
            return None
        call = FakeCall(self, port, bool(data["incoming"]), "", "")
        call.state = S.ACTIVE
        self.busy.add(port)
        self.made.append(call)
        return call

    def restart_idle(self) -> None:
        self.restarted += 1

    def offer(self, called: str, calling: str = "13800138000", complete: bool = True) -> FakeCall:
        port = self.idle()[0]
        call = FakeCall(self, port, True, called, calling)
        self.busy.add(port)
        self.made.append(call)
        self.loop.call_soon(
            lambda: self.events.trunk_offered(call, Party(called), Party(calling) if calling else None, None, complete)
        )
        return call
