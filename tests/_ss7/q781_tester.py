"""The tester ("SP B") of conformance/q781.yaml: speaks its step language with one Mtp2, on a virtual clock, through
its public interface.

A unit takes a millisecond of the line, whatever its length. Each step of the tester is followed by one unit of the
implementation, as on a line that always runs. What the framer would do is done here: repeated FISUs and LSSUs are
passed up twice, errored units and octet counting become records. A step "> X" that is followed by another ">" sends X
once; one that is followed by anything else goes on (FISU and LSSU).

Level 3 of the implementation answers the end of a processor outage by "continue" (Q.704 §6.4, Q.703 §8), unless a step
has flushed the buffers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp2_units import STATUS_NAMES, basic_unit, extended_unit
from xunhu._ss7.mtp_primitives import LinkFailure, LinkIndication, LinkIndicationKind, LinkRequestKind

MS = 1_000_000
UNIT = MS
SECOND = 1_000 * MS
PATIENCE = 15 * SECOND  # for a unit that has no time of its own
OCTETS_COUNTED_MS = {"64k": 2.0, "2M": 16 / 248}  # of 16 octets of the line

REQUESTS = {
    "power on": LinkRequestKind.POWER_ON,
    "start": LinkRequestKind.START,
    "stop": LinkRequestKind.STOP,
    "emergency": LinkRequestKind.EMERGENCY,
    "emergency ceases": LinkRequestKind.EMERGENCY_CEASES,
    "set LPO": LinkRequestKind.LOCAL_PROCESSOR_OUTAGE,
    "clear LPO": LinkRequestKind.LOCAL_PROCESSOR_RECOVERED,
    "clear buffers": LinkRequestKind.FLUSH_BUFFERS,
    "congestion accept": LinkRequestKind.CONGESTION_ACCEPT,
    "congestion discard": LinkRequestKind.CONGESTION_DISCARD,
    "no congestion": LinkRequestKind.CONGESTION_CEASES,
}
FAILURES = {
    LinkFailure.ALIGNMENT_NOT_POSSIBLE: "alignment not possible",
    LinkFailure.ALIGNED_READY_TIMEOUT: "T1",
    LinkFailure.ABNORMAL_BSN: "abnormal BSNR",
    LinkFailure.ABNORMAL_FIB: "abnormal FIBR",
    LinkFailure.ERROR_RATE: "SUERM",
    LinkFailure.ACK_DELAY: "T7",
    LinkFailure.REMOTE_CONGESTION: "T6",
    LinkFailure.SIO_RECEIVED: "SIO",
    LinkFailure.SIN_RECEIVED: "SIN",
    LinkFailure.SIE_RECEIVED: "SIE",
    LinkFailure.SIOS_RECEIVED: "SIOS",
    LinkFailure.LINE: "line",
}
# answers to requests, and what no case is about
UNHEARD = {LinkIndicationKind.BUFFERS_CLEARED, LinkIndicationKind.TRANSMIT_CONGESTION}
PRECONDITIONS: dict[str, list[str]] = {
    "power_off": [],
    "out_of_service": ["L3: power on"],
    "aligned_ready": ["L3: power on", "< SIOS", "L3: start", "< SIO", "> SIO", "< SIN", "> SIE", "< FISU", "> SIN"],
    "in_service_basic": ["L3: power on", "< SIOS", "L3: start", "< SIO", "> SIO", "< SIN", "> SIE", "< FISU", "> FISU"],
}
PRECONDITIONS["in_service_pcr"] = PRECONDITIONS["in_service_basic"]
TIMER_NAMES = ("T1", "T2", "T3", "T4(Pn)", "T4(Pe)", "T5", "T6", "T7")


class Seen:
    """A unit that the implementation has sent."""

    def __init__(self, unit: bytes, extended: bool) -> None:
        if extended:
            bsn, fsn = int.from_bytes(unit[:2], "little"), int.from_bytes(unit[2:4], "little")
            self.numbers = (bsn & 4095, bsn >> 15, fsn & 4095, fsn >> 15)
            self.octets = unit[6:]
        else:
            self.numbers = (unit[0] & 127, unit[0] >> 7, unit[1] & 127, unit[1] >> 7)
            self.octets = unit[3:]
        self.bsn, _, self.fsn, self.fib = self.numbers
        size = len(self.octets)
        self.kind = "FISU" if size == 0 else "MSU" if size > 2 else STATUS_NAMES[self.octets[0]]

    def __repr__(self) -> str:
        bsn, bib, fsn, fib = self.numbers
        return f"{self.kind} BSN {bsn} BIB {bib} FSN {fsn} FIB {fib}"


class PeerTester:
    def __init__(self, case: dict[str, Any], configuration: dict[str, float], rate: str) -> None:
        self.case = case
        self.rate = rate
        self.extended = rate == "2M"
        self.last_number = 4095 if self.extended else 127
        self.seconds = {name: float(configuration[name]) for name in TIMER_NAMES}
        self.n1, self.n2 = int(configuration["N1"]), int(configuration["N2"])
        correction = "PCR" if case["pre"] == "in_service_pcr" else "basic"
        timers = {name: round(seconds * 1_000) for name, seconds in self.seconds.items()}
        self.mtp2 = Mtp2(
            case["id"],
            rate=rate,
            correction=correction,
            timers_ms=timers,
            parameters={"N1": self.n1, "N2": self.n2},
        )
        self.now = 0
        self.bsn, self.bib = self.last_number, 1  # of the tester's next unit
        self.fsn, self.fib = self.last_number, 1
        self.said: list[str] = []
        self.queue: list[Seen] = []  # units seen and not yet asked for
        self.current: Seen | None = None  # what the line of the implementation repeats
        self.before = ""  # kind of the unit asked for last
        self.mark: int | None = None
        self.window: tuple[float, float] | None = None
        self.every: tuple[int, int] | None = None  # next time and period of SIB, FISU (case 10.3)
        self.broken_since: int | None = None
        self.flushed = False
        self.sent = 0  # messages given to level 2
        self.good = 0
        self.size = 35
        self.n = 0  # of case 9.4, 9.6
        self.following = ""  # the next step

    # -- time and the line -------------------------------------------------------------------------------------------

    def listen(self) -> None:
        """What level 3 hears."""
        for output in self.mtp2.drain():
            if not isinstance(output, LinkIndication):
                continue
            kind = LinkIndicationKind(output.kind)
            if kind in UNHEARD:
                continue
            if kind == LinkIndicationKind.MESSAGE:
                self.said.append("msu")
            elif kind == LinkIndicationKind.OUT_OF_SERVICE:
                self.said.append(f"out of service: {FAILURES[LinkFailure(output.value)]}")
            else:
                self.said.append(kind.name.lower().replace("_", " "))
            if kind == LinkIndicationKind.REMOTE_PROCESSOR_RECOVERED and not self.flushed:
                self.mtp2.request(LinkRequestKind.CONTINUE, b"", 0, self.now)

    def pull(self) -> bool:
        """One unit of the line; False: it repeats what it has."""
        unit = self.mtp2.next_signal_unit(self.now)
        if unit is None:
            return False
        assert len(unit) >= (6 if self.extended else 3)
        self.now += UNIT
        seen = Seen(unit, self.extended)
        self.queue.append(seen)
        self.current = seen
        if seen.kind == "MSU":
            self.current = Seen(unit[: -len(seen.octets)], self.extended)
        return True

    def pass_time(self, until: int, one: bool = False) -> None:
        """Let the line and the timers run until then, or until one unit has been seen."""
        while self.now < until:
            self.time_out()
            if self.pull() and one:
                return
            if self.mtp2.wants_line:
                continue
            at = until
            due = self.mtp2.next_deadline
            if due is not None:
                at = min(at, due)
            if self.every is not None:
                at = min(at, self.every[0])
            if self.broken_since is not None:
                at = min(at, self.now + int(OCTETS_COUNTED_MS[self.rate] * MS))
            self.now = max(self.now, at)
            if self.broken_since is not None:
                self.deliver_nothing()
            if self.every is not None and self.now >= self.every[0]:
                self.every = (self.now + self.every[1], self.every[1])
                self.receive("SIB", (self.bsn, self.bib, self.fsn, self.fib))
                self.receive("FISU", (self.bsn, self.bib, self.fsn, self.fib))
            self.time_out()

    def time_out(self) -> None:
        due = self.mtp2.next_deadline
        if due is not None and due <= self.now:
            self.mtp2.handle_timeout(self.now)
        self.listen()

    def receive(self, kind: str, numbers: tuple[int, int, int, int], octets: bytes | None = None) -> None:
        if octets is None:
            octets = b"" if kind == "FISU" else bytes((STATUS_NAMES.index(kind),))
        make = extended_unit if self.extended else basic_unit
        self.deliver(make(*numbers, octets))
        self.listen()

    # What the framer makes of the line; q781_bits.py has a real one.

    def deliver(self, unit: bytes) -> None:
        self.mtp2.receive(unit, self.now)
        self.good += 1

    def deliver_together(self, units: list[bytes], flags: int) -> None:
        """With that many flags between."""
        for unit in units:
            self.deliver(unit)

    def deliver_errored(self, fault: str) -> None:
        """fault: bad CRC, seven ones, too short."""
        assert self.mtp2.monitoring
        self.mtp2.receive_all([min(self.good, 65535).to_bytes(2, "big")], self.now)
        self.good = 0

    def deliver_nothing(self) -> None:
        """Sixteen octets of a broken line."""
        if self.mtp2.monitoring:
            self.mtp2.receive_all([b"\0\0"], self.now)

    def errored(self, times: int = 1) -> None:
        for _ in range(times):
            self.deliver_errored("bad CRC")
        self.listen()

    # -- steps -------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        for step in PRECONDITIONS[self.case["pre"]]:
            self.step(step, "")
        self.pass_time(self.now + 5 * MS)
        self.queue.clear()
        self.said.clear()
        if self.current is not None:
            self.before = self.current.kind
        steps: list[str] = self.case["steps"]
        for step, following in zip(steps, [*steps[1:], ""], strict=True):
            self.step(step, following)
        self.pass_time(self.now + 5 * MS)
        self.check_end()

    def step(self, step: str, following: str) -> None:
        for pattern, action in STEPS:
            found = re.fullmatch(pattern, step)
            if found:
                self.following = following
                action(self, **found.groupdict())
                return
        raise AssertionError(f"step {step!r} is not understood")

    def numbers_of(self, octets: str) -> tuple[int, int, int, int]:
        """ "XX/YY" as BSN, BIB, FSN, FIB."""
        out = []
        for octet in octets.split("/"):
            value = int(octet, 16)
            out += [self.last_number if value & 127 == 127 else value & 127, value >> 7]
        return out[0], out[1], out[2], out[3]

    def level3(self, what: str) -> None:
        if what == "clear buffers":
            self.flushed = True
        self.mtp2.request(REQUESTS[what], b"", 0, self.now)
        if what == "clear LPO":
            self.mtp2.request(LinkRequestKind.CONTINUE, b"", 0, self.now)
        self.listen()
        self.pull()

    def level3_sends(self, times: str | None) -> None:
        text = times or "1"
        if text == "(N1+1)":
            count, self.size, self.n = self.n1 + 1, 12, self.n1
        elif text == "(n+1)":
            self.size = 273
            header = 6 if self.extended else 3
            self.n = -(-self.n2 // (self.size + header))
            count = self.n + 1
            assert self.n < self.n1
        else:
            count = int(text)
            self.size = 12 if count > 100 else 35
        for _ in range(count):
            self.mtp2.request(LinkRequestKind.MESSAGE, self.message(self.sent), 0, self.now)
            self.sent += 1
        self.listen()
        self.pull()

    def message(self, number: int) -> bytes:
        return bytes((0x85, number & 255, number >> 8)) + bytes(self.size - 3)

    def tester_sends(
        self, kind: str, octets: str | None = None, field: str | None = None, times: str | None = None
    ) -> None:
        count = int(times) if times else 1
        if field == "bad CRC":
            if count == 64:  # case 6.3: not at one less than T
                self.errored(count - 1)
                assert self.mtp2.state == "in service"
                count = 1
            self.errored(count)
            self.pull()
            return
        if octets:
            self.bsn, self.bib, self.fsn, self.fib = self.numbers_of(octets)
        elif self.current is not None and kind == "FISU":
            self.bsn = self.current.fsn
        numbers = (self.bsn, self.bib, self.fsn, self.fib)
        payload = self.message(0) if kind == "MSU" else None
        if field == "FIB inverted":
            numbers = (*numbers[:3], self.fib ^ 1)
        elif field == "LI=2":
            payload = bytes((STATUS_NAMES.index(kind), 0))
        elif field == "SF=6":
            payload = b"\x06"
        elif field == "LI=2,SF=6":
            payload = b"\x06\0"
        elif field is not None:
            raise AssertionError(f"field {field!r} is not understood")
        if count == 1 and kind != "MSU" and not self.following.startswith(">"):
            count = 2  # it goes on, and the framer passes up two
        for _ in range(count):
            self.receive(kind if kind != "LSSU" else "SIOS", numbers, payload)
        self.pull()

    def tester_sends_seven_ones(self) -> None:
        self.deliver_errored("seven ones")
        self.pull()

    def tester_sends_too_little(self) -> None:
        self.deliver_errored("too short")
        self.pull()

    def tester_acknowledges_last(self, bsn: str) -> None:
        self.bsn = int(bsn)
        self.receive("FISU", (self.bsn, self.bib, self.fsn, self.fib))

    def tester_sends_two(
        self, kind: str, first: str | None = None, second: str | None = None, more: str | None = None
    ) -> None:
        """Two units with one flag between, or more."""
        make = extended_unit if self.extended else basic_unit
        units = []
        for octets in (first, second):
            if octets:
                self.bsn, self.bib, self.fsn, self.fib = self.numbers_of(octets)
            payload = self.message(0) if kind == "MSU" else b""
            units.append(make(self.bsn, self.bib, self.fsn, self.fib, payload))
        self.deliver_together(units, 3 if more else 1)
        self.listen()
        self.pull()

    def tester_repeats_messages(self, upto: str | None = None) -> None:
        """Case 9.6: MSUs with FSN 0 ... n - 1, once more in the next step; then n."""
        self.n = self.n or 20
        numbers = [self.n] if upto == "n" else list(range(self.n))
        for fsn in numbers:
            self.fsn = fsn
            self.receive("MSU", (self.bsn, self.bib, fsn, self.fib), self.message(fsn))
        self.pull()

    def tester_waits_for_copies(self, octets: str, copies: str) -> None:
        self.bsn, self.bib, self.fsn, self.fib = self.numbers_of(octets)
        self.receive("FISU", (self.bsn, self.bib, self.fsn, self.fib))
        for _ in range(int(copies)):
            seen = self.next_message(0.1)
            assert seen.fsn == 0, seen

    def tester_is_busy(self) -> None:
        period = int(self.seconds["T5"] * SECOND)
        self.every = (self.now, period)

    def errors_among_good(self, times: str, good: str) -> None:
        for _ in range(int(times)):
            self.good = int(good)
            self.errored()
        self.pull()

    def break_line(self, ms: str | None = None) -> None:
        self.broken_since = self.now
        if ms is not None:
            self.pass_time(self.now + int(ms) * MS)

    def reconnect(self) -> None:
        self.broken_since = None

    # -- what must be seen -------------------------------------------------------------------------------------------

    def allowed_meanwhile(self, seen: Seen) -> bool:
        return seen.kind == self.before or (seen.kind == "FISU" and self.before in ("SIB", "MSU"))

    def expect(self, kind: str, octets: str | None = None) -> None:
        def fits(seen: Seen) -> bool:
            return seen.kind == kind and (octets is None or seen.numbers == self.numbers_of(octets))

        self.wait_for(fits, f"{kind} {octets or ''}")
        self.before = kind

    def wait_for(self, fits: Callable[[Seen], bool], what: str) -> Seen:
        end = self.now + PATIENCE
        if self.window is not None and self.mark is not None:
            end = self.mark + int(self.window[1] * SECOND) + 1
        while True:
            while self.queue:
                seen = self.queue.pop(0)
                if fits(seen):
                    self.in_time(what)
                    return seen
                assert self.allowed_meanwhile(seen), f"{seen} in the place of {what}, after {self.before}"
            if self.window is None and self.current is not None and fits(self.current):
                return self.current
            assert self.now < end, f"{what} has not come: {self.current}, {self.mtp2.state}, {self.said}"
            self.pass_time(end, one=True)

    def in_time(self, what: str) -> None:
        if self.window is not None and self.mark is not None:
            after = (self.now - self.mark) / SECOND
            assert self.window[0] <= after <= self.window[1] + 0.002, (
                f"{what} after {after} s, not within {self.window}"
            )
            self.window = None
            self.mark = None

    def next_message(self, seconds: float) -> Seen:
        """The next MSU, FISUs passed over."""
        end = self.now + int(seconds * SECOND)
        while True:
            while self.queue:
                seen = self.queue.pop(0)
                assert seen.kind in ("MSU", "FISU"), seen
                if seen.kind == "MSU":
                    return seen
            assert self.now < end, f"no MSU within {seconds} s"
            self.pass_time(end, one=True)

    def expect_numbers(self, numbers: list[int]) -> None:
        got = [self.next_message(0.1) for _ in numbers]
        assert [seen.fsn for seen in got] == numbers
        for seen in got:
            assert seen.octets == self.message(seen.fsn), "the message of another number"
        self.before = "MSU"

    def expect_list(self, numbers: str) -> None:
        self.expect_numbers([int(number) for number in numbers.split(",")])

    def expect_up_to(self, last: str) -> None:
        self.expect_numbers(list(range(self.n)))

    def expect_range(self, first: str, last: str) -> None:
        low, high = self.numbers_of(first), self.numbers_of(last)
        for fsn in range(low[2], high[2] + 1):
            seen = self.next_message(0.1)
            assert seen.numbers == (low[0], low[1], fsn, low[3]), seen
            assert seen.octets == self.message(fsn)
        self.before = "MSU"

    def expect_rest(self) -> None:
        self.expect_numbers(list(range(2, self.n)))

    def expect_new(self) -> None:
        self.expect_numbers([self.n])

    def expect_at_once(self, number: str, numbers: str) -> None:
        self.expect_numbers([int(number)])
        self.expect_cycle(numbers)

    def expect_cycle(self, numbers: str) -> None:
        """Twice around, from any place."""
        wanted = [int(number) for number in numbers.split(",")]
        got = [self.next_message(0.1).fsn for _ in range(2 * len(wanted))]
        start = wanted.index(got[0])
        assert got == 2 * (wanted[start:] + wanted[:start])
        self.before = "MSU"

    def expect_fsn(self, number: str) -> None:
        self.wait_for(lambda seen: seen.kind == "FISU" and seen.fsn == int(number), f"FISU FSN {number}")
        self.before = "FISU"

    def expect_bsn(self, number: str) -> None:
        value = self.n if number == "n" else self.n - 1 if number == "n-1" else int(number)
        self.wait_for(lambda seen: seen.kind in ("FISU", "MSU") and seen.bsn == value, f"BSN {value}")
        self.before = "FISU"

    def hold(self, kinds: str | None = None, octets: str | None = None, time: str | None = None) -> None:
        seconds = 1.0
        if time:
            seconds = 1.5 * self.seconds["T7"] if "T7" in time else float(time[:-1])
        self.pass_time(self.now + int(seconds * SECOND))
        allowed = kinds.split(" or ") if kinds else [self.before]
        assert self.current is not None
        for seen in [*self.queue, self.current]:
            assert seen.kind in allowed, f"{seen} while only {kinds} may come"
            assert octets is None or seen.numbers == self.numbers_of(octets), seen
        self.queue.clear()
        assert self.mtp2.state != "out of service" or allowed == ["SIOS"]

    def hold_sending(self) -> None:
        self.receive("FISU", (self.bsn, self.bib, self.fsn, self.fib))
        self.hold("FISU")

    def none(self, kind: str, timer: str) -> None:
        self.queue.clear()
        self.pass_time(self.now + int(1.5 * self.seconds[timer] * SECOND))
        assert all(seen.kind != kind for seen in self.queue)

    def start_timer(self, timer: str) -> None:
        self.mark = self.now

    def within(self, timer: str, low: str, high: str) -> None:
        self.window = (float(low), float(high))

    def wait(self, factor: str | None = None, timer: str = "", part: str | None = None) -> None:
        seconds = self.seconds[timer] * (float(factor) if factor else 0.5 if part else 0.9)
        self.pass_time(self.now + int(seconds * SECOND))

    def wait_less(self, timer: str, part: str | None = None) -> None:
        self.pass_time(self.now + int(self.seconds[timer] * (0.3 if part else 0.9) * SECOND))

    def heard(self, what: str) -> None:
        assert what in self.said, f"{what} is not among {self.said}"

    def check_end(self) -> None:
        expect = self.case["expect"]
        assert self.mtp2.state.replace(" ", "_") == expect["final"], self.mtp2.state
        wanted: list[str] = list(expect["ind"])
        if wanted == ["each msu exactly once"]:
            wanted = ["msu"] * (self.n + 1)
        allowed = set(expect.get("allow", []))
        for said in self.said:
            if wanted and said == wanted[0]:
                wanted.pop(0)
            else:
                assert said in allowed or said.partition(":")[0] in allowed, f"{said} in {self.said}"
        assert not wanted, f"{wanted} has not come: {self.said}"


_OCTETS = r"(?: (?P<octets>[0-9A-F]{2}/[0-9A-F]{2}))"
_NOTE = r"(?: \([^)]*\))?"
_STATUS = "SIOS|SIO|SIN|SIE|SIPO|SIB"
_TIMER = r"(?P<timer>T\d(?:\(P[ne]\))?|T)"

# pattern -> method; the first that fits a step
STEPS: list[tuple[str, Callable[..., None]]] = [
    (r"L3: send msu(?: x(?P<times>\d+|\(N1\+1\)|\(n\+1\)))?(?:,.*| \(N1\))?", PeerTester.level3_sends),
    (r"L3: (?P<what>.+)", PeerTester.level3),
    (r"IND: (?P<what>.+)", PeerTester.heard),
    (rf"START {_TIMER}", PeerTester.start_timer),
    (rf"{_TIMER} (?P<low>[\d.]+)\.\.(?P<high>[\d.]+)s{_NOTE}", PeerTester.within),
    (rf"WAIT (?P<factor>[\d.]+)\*{_TIMER}", PeerTester.wait),
    (rf"WAIT {_TIMER}(?P<part>/2)", PeerTester.wait),
    (rf"WAIT (?:less than|<) {_TIMER}(?P<part>/2)?", PeerTester.wait_less),
    (r"PT: break Tx(?: (?P<ms>\d+)ms)?", PeerTester.break_line),
    (r"PT: reconnect Tx", PeerTester.reconnect),
    (r"REPEAT (?P<times>\d+): > FISU\[bad CRC\], > FISU x(?P<good>\d+)", PeerTester.errors_among_good),
    (
        rf"HOLD(?: (?P<time>[\d.]+s|> T7))?(?: < (?P<kinds>(?:{_STATUS}|FISU or MSU|FISU)){_OCTETS}?)?{_NOTE}",
        PeerTester.hold,
    ),
    (r"HOLD 1s: > FISU, < FISU", PeerTester.hold_sending),
    (r"NONE < (?P<kind>SIB) for more than (?P<timer>T5)", PeerTester.none),
    # the implementation
    (rf"< (?P<kind>{_STATUS}|FISU){_OCTETS}?{_NOTE}", PeerTester.expect),
    (
        r"< MSU (?P<first>[0-9A-F]{2}/[0-9A-F]{2}) \.\. (?P<last>[0-9A-F]{2}/[0-9A-F]{2})" + _NOTE,
        PeerTester.expect_range,
    ),
    (rf"< (?P<kind>MSU){_OCTETS}{_NOTE}", PeerTester.expect),
    (r"< MSU FSN 0 \.\. (?P<last>N1-1|n-1)", PeerTester.expect_up_to),
    (r"< MSU FSN (?:N1|n)", PeerTester.expect_new),
    (r"< MSU FSN (?P<number>\d+) at once, then cycle (?P<numbers>[\d, ]+)", PeerTester.expect_at_once),
    (r"< MSU FSN (?P<numbers>\d+(?:, \d+)*),? \.\.\." + _NOTE, PeerTester.expect_list),
    (r"< cycle (?P<numbers>[\d, ]+)", PeerTester.expect_cycle),
    (r"< retransmission of the rest(?: up to N1-1)?", PeerTester.expect_rest),
    (r"< FISU FSN (?P<number>\d+)", PeerTester.expect_fsn),
    (r"< (?:SU with |FISU or MSU with )?BSN (?P<number>\d+|n-1|n)", PeerTester.expect_bsn),
    # the tester
    (r"> FISU BSN (?P<bsn>\d+)", PeerTester.tester_acknowledges_last),
    (r"> (?P<kind>FISU),F(?P<more>,F)?,FISU" + _NOTE, PeerTester.tester_sends_two),
    (rf"> (?P<kind>MSU) (?P<first>../..),F(?P<more>,F)?,MSU (?P<second>../..){_NOTE}", PeerTester.tester_sends_two),
    (r"> MSU\[>=7 consecutive ones inside\]", PeerTester.tester_sends_seven_ones),
    (r"> SU FF/80\[only the two sequence octets and the CRC\]", PeerTester.tester_sends_too_little),
    (r"> MSU FSN 0 \.\. n-1", PeerTester.tester_repeats_messages),
    (r"> MSU FSN (?P<upto>n)", PeerTester.tester_repeats_messages),
    (r"> the same MSUs again" + _NOTE, PeerTester.tester_repeats_messages),
    (rf"> FISU{_OCTETS} until (?P<copies>\d) copies seen", PeerTester.tester_waits_for_copies),
    (r"> SIB every T5, > FISU FF/FF between" + _NOTE, PeerTester.tester_is_busy),
    (
        rf"> (?P<kind>{_STATUS}|FISU|MSU|LSSU){_OCTETS}?(?:\[(?P<field>[^\]]+)\])?(?: x(?P<times>\d+))?"
        rf"(?: during all of it| \.\.\.| or more)?{_NOTE}",
        PeerTester.tester_sends,
    ),
]
