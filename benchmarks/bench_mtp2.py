"""Cost of MTP level 2: one MSU through both ends, and the share of a core that a full link takes, level 2 only.

A full link carries MSUs of 40 octets (SIO and SIF) one after the other in both directions; units are exchanged each 10
ms, as by the engine.
"""

import time

import common

from xunhu._ss7 import mtp2
from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp_primitives import LinkRequestKind

MS = 1_000_000
SIZE = 40
LINE = {"64k": 8_000, "2M": 248_000}  # octets a second
POWER_ON, START, EMERGENCY = int(LinkRequestKind.POWER_ON), int(LinkRequestKind.START), int(LinkRequestKind.EMERGENCY)
MESSAGE = int(LinkRequestKind.MESSAGE)


def link_pair(rate: str, correction: str) -> tuple[Mtp2, Mtp2, int]:
    a, b = (Mtp2(name, rate=rate, correction=correction) for name in "ab")
    now = 0
    for end in (a, b):
        for kind in (POWER_ON, EMERGENCY, START):
            end.request(kind, b"", 0, now)
    for _ in range(10_000):
        if a.in_service and b.in_service:
            break
        for sender, receiver in ((a, b), (b, a)):
            unit = sender.next_signal_unit(now)
            if unit is not None:
                receiver.receive_all([unit, unit], now)  # repeated, as every LSSU
        now += MS
        for end in (a, b):
            end.handle_timeout(now)
    for end in (a, b):
        carry(a, b, now, 2)
        end.drain()
    return a, b, now


def carry(sender: Mtp2, receiver: Mtp2, now: int, most: int) -> int:
    """At most so many units; how many there were."""
    units = []
    for _ in range(most):
        unit = sender.next_signal_unit(now)
        if unit is None:
            break
        units.append(unit)
    receiver.receive_all(units, now)
    return len(units)


def one_message(rounds: int, correction: str) -> float:
    """us for an MSU to pass, be given to level 3 and be acknowledged by a FISU."""
    a, b, now = link_pair("64k", correction)
    payload = bytes(SIZE)
    begin = time.process_time_ns()
    for _ in range(rounds):
        a.request(MESSAGE, payload, 0, now)
        carry(a, b, now, 1)
        b.drain()
        carry(b, a, now, 1)
    took = time.process_time_ns() - begin
    assert b.counters["messages_received"] == rounds
    return took / rounds / 1000


def full_link(rate: str, correction: str, seconds: int) -> float:
    """Percent of a core for one end of a link that is full in both directions."""
    a, b, now = link_pair(rate, correction)
    payload = bytes(SIZE)
    unit = SIZE + (9 if rate == "2M" else 6)  # header, check bits, flag
    owed = 0.0
    sent = 0
    begin = time.process_time_ns()
    for _ in range(seconds * 100):
        now += 10 * MS
        owed += LINE[rate] / 100 / unit
        count = int(owed)
        owed -= count
        for sender, receiver in ((a, b), (b, a)):
            for _ in range(count):
                sender.request(MESSAGE, payload, 0, now)
            carry(sender, receiver, now, count)
            receiver.drain()
        sent += count
    took = time.process_time_ns() - begin
    assert b.counters["messages_received"] >= sent - 2 * LINE[rate] // 100
    assert a.in_service
    assert b.in_service
    return took / (seconds * 1e9) / 2 * 100


def main() -> None:
    options = common.parser(__doc__).parse_args()
    rounds, seconds, turns = (200, 1, 1) if options.quick else (20_000, 20, 5)
    report = common.Report("mtp2", "MTP level 2, in memory", options.quick)
    for correction in ("basic", "PCR"):
        cost = min(one_message(rounds, correction) for _ in range(turns))
        report.add(f"an MSU through both ends and its acknowledgement, {correction}", cost, "us", headline=True)
    for rate, budget in (("64k", 0.3), ("2M", None)):
        for correction in ("basic", "PCR"):
            share = min(full_link(rate, correction, seconds) for _ in range(turns))
            report.add(f"a full link of {rate}, both ways, one end, {correction}", share, "% of a core", budget=budget)
    report.note("compiled" if mtp2.__file__.endswith(".so") else "NOT COMPILED")
    report.print(options)


if __name__ == "__main__":
    main()
