"""The tester of ITU-T Q.782: an implementation under test (SP A) with level 2 and all other points simulated, on a virtual clock.

Points are letters, links "1-1" (linkset 1, its first link, signalling link code 0). What the IUT puts out becomes words, read in order:

    messages   "COO 1-1 {5} to B on 1-2", "TFP D to C on 2-1", "MSU 3 {data} to D on 1-1", "TRA to B on 1-1"
    others     "REQ 1-1 STOP", "PAUSE B", "RESUME B", "STATUS B congested ...", "MNT code subject", "USER 5 {data}"

Signalling link tests are answered by the tester itself and not shown, unless a case takes them over (`slt = False`).
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from xunhu._ss7.mtp3 import Mtp3
from xunhu._ss7.mtp3_messages import (
    MANAGEMENT_MESSAGES,
    SLT,
    SNM,
    Body,
    Label,
    Message,
    decode_label,
    decode_message,
    encode_label,
    encode_message,
    label_octets,
)
from xunhu._ss7.mtp_primitives import (
    LinkIndicationKind,
    LinkRequest,
    LinkRequestKind,
    ManagementIndication,
    PauseIndication,
    ResumeIndication,
    StatusIndication,
    TransferIndication,
)

S = 1_000_000_000
NI = 2
ISUP = 5
PLANS = {
    14: {letter: 0x800 + number for number, letter in enumerate("ABCDEFX")},
    24: {letter: 0x160B00 + number for number, letter in enumerate("ABCDEFX")},
}
K = LinkIndicationKind
_OF_LINK = {"COO", "COA", "ECO", "ECA", "CBD", "CBA", "LIN", "LUN", "LIA", "LUA", "LID", "LFU", "LLT", "LRT"}


class Tester:
    """config: A to D as in q782.yaml; links: of each linkset; transfer: the IUT is an STP."""

    __test__ = False  # no test case of pytest

    def __init__(
        self, config: str = "A", bits: int = 14, *, transfer: bool | None = None, links: dict[int, int] | None = None, congestion: str = "international"
    ) -> None:
        self.bits = bits
        self.points = PLANS[bits]
        self.letters = {point: letter for letter, point in self.points.items()}
        self.now = 0
        self.slt = True
        self.rows: list[tuple[str, str, int, int, int]] = []
        self.messages: list[tuple[int, str]] = []
        self.others: list[tuple[int, str]] = []
        transfer = config == "D" if transfer is None else transfer
        self.iut = Mtp3(self.points["A"], NI, bits, transfer=transfer, congestion=congestion, name="IUT", trace=self._trace)
        adjacent = {"A": "B", "B": "BC", "C": "BC", "D": "BCF"}[config]
        counts = {"A": {1: 2}, "B": {1: 1, 2: 1}, "C": {1: 2, 2: 2}, "D": {1: 1, 2: 1, 3: 1}}[config]
        counts = {**counts, **(links or {})}
        self.far: dict[int, str] = dict(enumerate(adjacent, 1))
        for number, letter in self.far.items():
            self.iut.add_linkset(number, f"LS{number}", self.points[letter])
            for slc in range(counts[number]):
                self.iut.add_link(number * 100 + slc, number, slc)
        self._routes(config)
        self.iut.attach_user(ISUP)
        self.collect()
        self.others.clear()

    def _routes(self, config: str) -> None:
        p, add = self.points, self.iut.add_route
        if config in "BC":
            add(p["B"], 2, 1)
            add(p["C"], 1, 1)
            for letter in "DE":
                add(p[letter], 1, 0)
                add(p[letter], 2, 1 if config == "B" else 0)
        if config == "D":
            for letter in "DE":
                add(p[letter], 2, 0)
                add(p[letter], 1, 1)

    def _trace(self, key: str, subject: str, state: Any, event: Any, after: Any, now: int) -> None:
        self.rows.append((key, subject, int(state), int(event), int(after)))

    # -- names --------------------------------------------------------------------------------------------------------

    @staticmethod
    def number(link: str) -> int:
        linkset, _, place = link.partition("-")
        return int(linkset) * 100 + int(place) - 1

    @staticmethod
    def link(number: int) -> str:
        return f"{number // 100}-{number % 100 + 1}"

    def _letter(self, point: int) -> str:
        return self.letters.get(point, f"?{point}")

    def _word(self, octets: bytes, link: str) -> str:
        label = decode_label(octets, self.bits)
        to = self._letter(label.dpc)
        if label.service > 2:
            return f"MSU {label.sls} {{{octets[label_octets(self.bits) :].decode('latin-1')}}} to {to} on {link}"
        message = decode_message(octets, self.bits)
        about = ""
        if message.name in _OF_LINK:
            linkset = next(number for number, letter in self.far.items() if letter == to)
            about = f" {linkset}-{message.slc + 1}"
        body = MANAGEMENT_MESSAGES[message.name].body if message.name in MANAGEMENT_MESSAGES else Body.TEST
        if body in (Body.FSN, Body.CODE):
            about += f" {{{message.value}}}"
        elif body in (Body.DESTINATION, Body.CONGESTED):
            about += f" {self._letter(message.destination)}"
            if message.value:
                about += f" {{{message.value}}}"
        elif body is Body.USER:
            about += f" {self._letter(message.destination)} user {message.value & 15} cause {message.value >> 4}"
        elif body is Body.TEST:
            about += f" {{{message.slc} {message.pattern.hex()}}}"
        if message.name == "RCT":
            about += f" priority {message.label.priority}"
        return f"{message.name}{about} to {to} on {link}"

    # -- the IUT's output -----------------------------------------------------------------------------------------------

    def collect(self) -> None:
        while True:
            out = self.iut.drain()
            if not out:
                return
            for output in out:
                self._take(output)

    def _take(self, output: Any) -> None:
        if isinstance(output, LinkRequest) and output.kind == LinkRequestKind.MESSAGE:
            link = self.link(output.link)
            if self.slt and output.octets[0] & 15 == SLT:
                self._answer_test(link, output.octets)
            else:
                self.messages.append((self.now, self._word(output.octets, link)))
            return
        if isinstance(output, LinkRequest):
            value = f" {output.value}" if output.kind == LinkRequestKind.RETRIEVE else ""
            word = f"REQ {self.link(output.link)} {LinkRequestKind(output.kind).name}{value}"
        elif isinstance(output, PauseIndication):
            word = f"PAUSE {self._letter(output.dpc)}"
        elif isinstance(output, ResumeIndication):
            word = f"RESUME {self._letter(output.dpc)}"
        elif isinstance(output, StatusIndication):
            word = f"STATUS {self._letter(output.dpc)} {output.cause.name} user {output.service} level {output.level}"
        elif isinstance(output, ManagementIndication):
            word = f"MNT {output.code}{' cleared' if output.cleared else ''} {output.subject}"
        else:
            assert isinstance(output, TransferIndication)
            word = f"USER {output.service} {{{output.octets.decode('latin-1')}}}"
        self.others.append((self.now, word))

    def _answer_test(self, link: str, octets: bytes) -> None:
        message = decode_message(octets, self.bits)
        if message.name == "SLTM":
            self.slta(link, message)

    def slta(self, link: str, message: Message) -> None:
        label = Label(SLT, NI, 0, message.label.opc, message.label.dpc, message.slc)
        self.raw(link, encode_message(Message("SLTA", label, pattern=message.pattern), self.bits))

    # -- into the IUT -----------------------------------------------------------------------------------------------------

    def raw(self, link: str, octets: bytes) -> None:
        self.l2(link, K.MESSAGE, octets)

    def l2(self, link: str, kind: LinkIndicationKind, octets: bytes = b"", value: int = 0) -> None:
        self.iut.link_indication(self.number(link), kind, octets, value, self.now)
        self.collect()

    def send(
        self, name: str, on: str, *, about: str = "", origin: str = "", to: str = "A", value: int = 0, destination: str = "", slc: int | None = None
    ) -> None:
        """A management message of the point at the other end of `on`, or of `origin`. about: a link; its code is in the label."""
        opc = self.points[origin or self.far[int(on[0])]]
        if slc is None:
            slc = int(about.partition("-")[2]) - 1 if about else 0
        label = Label(SNM, NI, 0, self.points[to], opc, slc)
        point = self.points[destination] if destination else 0
        self.raw(on, encode_message(Message(name, label, value, point), self.bits))

    def cut(self, name: str, on: str, *, origin: str = "", less: int = 1, slc: int = 0, service: int = SNM, heading: int | None = None) -> None:
        """The same, `less` octets too short, or with another heading."""
        row = MANAGEMENT_MESSAGES[name]
        label = Label(service, NI, 0, self.points["A"], self.points[origin or self.far[int(on[0])]], slc)
        whole = encode_message(Message(name, Label(SNM, *_rest(label)), 0, self.points["B"] if "DEST" in row.body.name else 0), self.bits)
        octets = bytearray(whole[: len(whole) - less])
        octets[0] = octets[0] & 0xF0 | service
        if heading is not None:
            octets[label_octets(self.bits)] = heading
        self.raw(on, bytes(octets))

    def msu(self, on: str, *, origin: str = "", to: str = "A", sls: int = 0, service: int = ISUP, data: str = "m", ni: int = NI) -> None:
        """A user's message from elsewhere."""
        label = Label(service, ni, 0, self.points[to], self.points[origin or self.far[int(on[0])]], sls)
        self.raw(on, encode_label(label, self.bits) + data.encode("latin-1"))

    def l4(self, to: str, sls: int = 0, data: str = "d", priority: int = 0) -> None:
        """A message of our own user."""
        self.iut.transfer_request(ISUP, self.points["A"], self.points[to], sls, priority, data.encode("latin-1"), self.now)
        self.collect()

    def do(self, action: Callable[..., None], *args: Any) -> None:
        """A management command, with the time of the clock."""
        action(*args, now=self.now)
        self.collect()

    # -- time -------------------------------------------------------------------------------------------------------------

    def advance(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        end = self.now + int(seconds * S)
        while not until():
            due = self.iut.next_deadline
            if due is None or due > end:
                self.now = end
                return
            self.now = max(self.now, due)
            self.iut.handle_timeout(self.now)
            self.collect()

    # -- what is expected -----------------------------------------------------------------------------------------------------

    def expect(self, pattern: str, between: tuple[float, float] | None = None) -> str:
        """The next message of the IUT is this one; between: seconds from now at which it is sent."""
        mark = self.now
        if between is not None:
            assert not self.messages, self.messages
            self.advance(between[1], lambda: bool(self.messages))
        assert self.messages, f"no message; {pattern} was expected; others: {self.others}"
        at, word = self.messages.pop(0)
        assert fnmatchcase(word, pattern), f"{word}; {pattern} was expected; more: {self.messages}"
        if between is not None:
            assert between[0] * S <= at - mark <= between[1] * S, (word, (at - mark) / S)
        return word

    def expect_all(self, *patterns: str) -> list[str]:
        """The next messages are these, in any order."""
        return [self.expect_any(list(patterns)) for _ in patterns]

    def expect_any(self, patterns: list[str]) -> str:
        assert self.messages, f"no message; one of {patterns} was expected"
        _, word = self.messages.pop(0)
        for pattern in patterns:
            if fnmatchcase(word, pattern):
                patterns.remove(pattern)
                return word
        raise AssertionError(f"{word}; one of {patterns} was expected")

    def ind(self, pattern: str, between: tuple[float, float] | None = None) -> str:
        """The IUT has said so (or will, between these seconds from now); what came before is kept for other looks."""
        mark = self.now
        found = self._find(pattern)
        if found is None and between is not None:
            self.advance(between[1], lambda: self._find(pattern) is not None)
            found = self._find(pattern)
        assert found is not None, f"{pattern} was expected; others: {self.others}; messages: {self.messages}"
        at, word = self.others.pop(found)
        if between is not None:
            assert between[0] * S <= at - mark <= between[1] * S, (word, (at - mark) / S)
        return word

    def _find(self, pattern: str) -> int | None:
        return next((i for i, (_, word) in enumerate(self.others) if fnmatchcase(word, pattern)), None)

    def no(self, pattern: str) -> None:
        assert self._find(pattern) is None, self.others

    def silent(self, seconds: float = 1.0) -> None:
        """NONE <: no message for that long."""
        self.advance(seconds)
        assert not self.messages, self.messages

    def quiet(self) -> None:
        """No message is left unread; forget the others."""
        assert not self.messages, self.messages
        self.others.clear()

    def quiet_all(self) -> None:
        """Forget what has come out."""
        self.messages.clear()
        self.others.clear()

    # -- what many cases begin with ---------------------------------------------------------------------------------------------

    def in_service(self, *links: str) -> None:
        for link in links:
            self.l2(link, K.IN_SERVICE)

    def up(self, *but: str, restart: bool = True) -> Tester:
        """Everything in service, but the links named; the restart is over."""
        self.do(self.iut.start)
        for number in self.far:
            self.do(self.iut.activate_linkset, number)
        names = [self.link(link.link) for link in self.iut.links()]
        self.in_service(*[name for name in names if name not in but])
        if restart:
            for number, letter in self.far.items():
                ready = [name for name in names if name not in but and int(name[0]) == number]
                if ready:
                    self.send("TRA", ready[0], origin=letter)
            self.advance(61)
        self.messages.clear()
        self.others.clear()
        return self

    def fail(self, *links: str, value: int = 5) -> None:
        for link in links:
            self.l2(link, K.OUT_OF_SERVICE, value=value)

    def path(self, to: str, selections: range = range(16)) -> dict[int, str]:
        """Which link each selection takes: by sending one message each. Nothing may wait."""
        assert not self.messages, self.messages
        for sls in selections:
            self.l4(to, sls)
        words = [word for _, word in self.messages]
        self.messages.clear()
        assert all(word.startswith("MSU") for word in words), words
        return {int(word.split()[1]): word.rpartition(" ")[2] for word in words}

    def state(self, link: str) -> Any:
        return next(status for status in self.iut.links() if status.link == self.number(link))

    def changeover(self, link: str, by: str, fsn: int = 9) -> None:
        """The macro: our side fails first."""
        self.ind(f"REQ {link} RETRIEVE_BSNT")
        self.l2(link, K.BSNT, value=fsn)
        self.expect(f"COO {link} {{{fsn}}} to * on {by}")
        self.send("COA", by, about=link, value=3, origin=self.far[int(link[0])])
        self.ind(f"REQ {link} RETRIEVE 3")
        self.l2(link, K.RETRIEVAL_COMPLETE)

    def changeback(self, link: str, by: str) -> None:
        """The macro, after the link has come into service."""
        word = self.expect(f"CBD {link} * to * on {by}")
        self.send("CBA", by, about=link, value=code_of(word), origin=self.far[int(link[0])])

    def restore(self, link: str) -> None:
        """Level 2 comes back after T17."""
        self.ind(f"REQ {link} START", (0.8, 1.5))
        self.in_service(link)


def code_of(word: str) -> int:
    """The number in braces."""
    return int(word[word.index("{") + 1 : word.index("}")])


def _rest(label: Label) -> tuple[int, int, int, int, int]:
    return label.network, label.priority, label.dpc, label.opc, label.sls
