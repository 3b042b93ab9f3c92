"""Conference rooms in call control: us of CPU for somebody to come in and go again, in a room of 3 and of 128; how much the floor costs.

Call control, media plane, the engine's command ring and a real ledger; signalling is a fake, the engine's own work (its tick) is not in the
figures. Coming in and going: two crosspoints made and two cut, two ledger events, with a tone for all a player's port besides.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import common

sys.path.insert(0, str(common.ROOT / "tests" / "call"))

from fake_trunk import FakeTrunk
from world import WalkFlows

from xunhu import vclock
from xunhu._media import engine as en
from xunhu.call.control import CallControl
from xunhu.call.leg import Leg
from xunhu.call.media import MediaPlane
from xunhu.call.room import Room
from xunhu.call.room_settings import RoomSettings
from xunhu.call.settings import CallSettings, Route, TrunkGroup
from xunhu.ivr.session import Session
from xunhu.ledger import Ledger
from xunhu.records.cdr import CdrProjection

COME_AND_GO_US = 400.0
FLOOR_US = 5.0
A_ROUND = 100
ROOMS = {
    "tones": RoomSettings("tones", music=False),
    "silent": RoomSettings("silent", music=False, entry_tone=False),
}


class Switch:
    """`parties` callers who have been answered, and wait."""

    def __init__(self, folder: Path, parties: int) -> None:
        loop = asyncio.get_running_loop()
        clock = vclock.LoopClock(loop)
        spans = (parties + 30) // 30
        self.engine = en.Engine([{"number": n, "driver": "loop", "peer": (n + spans) % (2 * spans)} for n in range(2 * spans)])
        self.media = MediaPlane(loop)
        self.media.attach(self.engine)
        self.ledger = Ledger(folder / f"ledger-{parties}", clock=clock.wall_ns, projections=(CdrProjection(),))
        names = tuple(f"Trunk{n}" for n in range(spans))
        settings = CallSettings(
            groups={"carrier": TrunkGroup("carrier", names)}, routes=(Route(called="4000", flow="main"),), rooms=ROOMS, recordings=folder
        )
        flows = WalkFlows()
        flows.walks["main"] = waits
        self.control = CallControl(settings, self.media, self.ledger, clock, flows)
        self.trunks = [FakeTrunk(name, n, self.control) for n, name in enumerate(names)]
        self.control.add_trunks(self.trunks)
        for n in range(parties):
            self.trunks[n % spans].offer("4000", calling=f"1380013{n:04d}")

    def turn(self, ticks: int = 1) -> None:
        self.engine.tick(ticks)
        self.media.pump()

    @property
    def legs(self) -> list[Leg]:
        return [self.control.leg(info.call, "1") for info in self.control.calls()]

    async def close(self) -> None:
        await self.control.shutdown(clear_s=0.0)
        for _ in range(3):
            self.turn()
            await asyncio.sleep(0.01)
        self.ledger.close()
        self.engine.shut()


async def waits(session: Session) -> str:
    await session.answer()
    await session.wait_key("D", 1e6)
    return "0000"


async def settle(switch: Switch) -> None:
    for _ in range(10):
        switch.turn()
        await asyncio.sleep(0.01)


async def come_and_go(folder: Path, parties: int, number: str, rounds: int) -> tuple[float, float]:
    """us a coming in and going, the best round; us of the room's end, a party."""
    switch = Switch(folder / number, parties)
    await settle(switch)
    *others, last = switch.legs
    for leg in others:
        switch.control.rooms.enter(leg, number)
        await asyncio.sleep(0)
        switch.turn()
    room = switch.control.rooms.room(number)
    best = float("inf")
    for _ in range(rounds):
        spent = 0
        for _ in range(A_ROUND):
            begin = time.thread_time_ns()
            party = switch.control.rooms.enter(last, number)
            room.leave(party, "left")
            spent += time.thread_time_ns() - begin
            for _ in range(3):
                switch.turn(25)  # tones are heard to their end
                await asyncio.sleep(0.25)
        best = min(best, spent / A_ROUND / 1000)
    assert len(room.parties) == parties - 1
    begin = time.thread_time_ns()
    room.end("by an operator", "operator")
    end = (time.thread_time_ns() - begin) / (parties - 1) / 1000
    await switch.close()
    return best, end


async def floor(folder: Path, rounds: int) -> float:
    """us for a word of the engine of who has the floor, the best round."""
    switch = Switch(folder / "floor", 3)
    await settle(switch)
    for leg in switch.legs:
        switch.control.rooms.enter(leg, "silent")
    await settle(switch)
    room: Room = switch.control.rooms.room("silent")
    ports = [party.port for party in room.parties.values()]
    events = [
        en.Event(en.EV_FLOOR, room.media.port, 1, n * 80, ports[n % 3] + 1, n % 3, 0, 0, 0) for n in range(1000)
    ]
    best = float("inf")
    for _ in range(rounds):
        begin = time.thread_time_ns()
        for event in events:
            switch.media._dispatch(event)
        best = min(best, (time.thread_time_ns() - begin) / len(events) / 1000)
        await asyncio.sleep(3)
    await switch.close()
    return best


def main() -> None:
    options = common.parser(__doc__).parse_args()
    report = common.Report("rooms", "Conference rooms in call control", options.quick)
    rounds = 1 if options.quick else 7
    with tempfile.TemporaryDirectory() as name:
        for parties in (3, 128):
            for number, how in (("silent", ""), ("tones", ", with tones")):
                us, end_us = vclock.run(come_and_go(Path(name), parties, number, rounds))
                report.add(f"come in and go, room of {parties}{how}", us, "us", budget=COME_AND_GO_US)
        report.add("the end of a room of 128, a party", end_us, "us", budget=COME_AND_GO_US)
        us = vclock.run(floor(Path(name), rounds))
        report.add("a word of the floor", us, "us", budget=FLOOR_US)
        report.note(f"{1e6 / us:,.0f} words of the floor a second on one core; a lively room gives two a second")
    report.print(options)


if __name__ == "__main__":
    main()
