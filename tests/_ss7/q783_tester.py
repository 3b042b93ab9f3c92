"""Runs a case of tests/_ss7/conformance/q783.yaml: SP B, call control, management and the audio of SP A, which is a `Tup`.

Steps are read as the file says. What the machine puts out waits in `pending`; a step that expects takes the first that fits, and before
anything is done to the machine nothing may be left over."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from xunhu._ss7 import circuit_primitives as p
from xunhu._ss7 import tup_messages as m
from xunhu._ss7.mtp_primitives import ManagementIndication, StatusCause, TransferIndication, TransferRequest
from xunhu._ss7.tup import Tup
from xunhu._ss7.tup_codec import decode, encode, label, split_label
from xunhu._ss7.tup_tables import VARIANTS, Form
from xunhu.protocol.errors import LocalError

CATALOGUE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "conformance" / "q783.yaml").read_text(encoding="utf-8"))
SECOND = 1_000_000_000
CHARGES = {None: "", 1: " no charge", 2: " charge"}
COMPLETES = {"charge": 1, "no charge": 2, "coinbox": 3}
ASKS = {"category": 1, "calling line": 2, "original called": 4, "malicious": 8, "hold": 16, "echo": 32}
AUDIO = {"LOOP": 1, "UNLOOP": 2, "TONE": 3, "UNTONE": 4}


def expanded(steps: list[str]) -> list[str]:
    """Macros written out."""
    out: list[str] = []
    for step in steps:
        out += expanded(CATALOGUE["macros"][step[1:]]) if step.startswith("@") else [step]
    return out


def fields_of(text: str) -> dict[str, str]:
    """{digits 12, ST, check} -> {"digits": "12", "ST": "", "check": ""}"""
    out = {}
    for field in filter(None, (part.strip() for part in text.split(","))):
        word, _, value = field.partition(" ")
        if field in ("no charge", "calling line"):
            word, value = field, ""
        out[word] = value
    return out


def words_of(text: str, first: str) -> dict[str, str]:
    """setup 80 from 123 check -> {"setup": "80", "from": "123", "check": ""}"""
    out: dict[str, str] = {}
    at = first
    for word in text.split()[1:]:
        if word in ("from", "original", "category", "overlap", "check", "satellite", "digital", "refused", "on"):
            at = word
            out[at] = ""
        else:
            out[at] = word
    return out


class Exchange:
    """One case with one variant."""

    def __init__(self, case: dict[str, Any], variant: str) -> None:
        self.case = case
        self.bits = 24 if variant == "TUP-CHINA" else 14
        self.variant = VARIANTS[variant]
        cfg = case.get("cfg", "")
        self.cic = int(cfg.split()[1]) if cfg.startswith("cic") else 12
        high, low = (0xFFFFFE, 0xFF0001) if self.bits == 24 else (0x3FFE, 0x3F01)
        self.a, self.b = (high, low) if cfg != "tester controls" else (low, high)
        options: dict[str, Any] = {"ask_calling": cfg == "ask" if cfg != "variant's own" else None}
        if cfg.startswith("length"):
            options["number_length"] = int(cfg.split()[1])
        self.tup = Tup(self.a, variant, bits=self.bits, **options)
        for cic in (*range(1, 32), *(() if self.cic < 32 else (self.cic,))):
            self.tup.add_circuit(cic, self.b, cic)
        self.now = SECOND
        self.pending: list[Any] = []
        self.call = 0
        self.marks: dict[str, int] = {}

    # -- running ---------------------------------------------------------------------------------------------------

    def run(self) -> None:
        for number, step in enumerate(expanded(self.case["steps"])):
            try:
                self.step(step)
            except AssertionError as why:
                raise AssertionError(f"{self.case['id']} step {number} {step!r}: {why}") from None
        self.quiet()
        assert self.tup.running_timers() == []
        assert self.tup.next_deadline is None
        assert {info.state for info in self.tup.circuits()} == {"idle"}, self.tup.circuits()

    def step(self, step: str) -> None:
        word, _, rest = step.partition(" ")
        word = word.rstrip(":")
        if word in ("<", "IND", "MNT", *AUDIO):
            self.expect(word, rest)
        elif word == "STATE":
            cic, state = rest.split()
            found = self.tup.circuit_state(int(cic))
            assert found == state, f"circuit is {found}"
        elif word == "START":
            self.marks[rest] = self.now
        else:
            self.quiet()
            {"CC": self.call_control, "MGM": self.manage, ">": self.send, "PT": self.network}.get(word, self.time)(
                rest if word in ("CC", "MGM", ">", "PT") else step
            )
            self.collect()

    def collect(self) -> None:
        for output in self.tup.drain():
            if isinstance(output, p.SetupIndication):
                self.call = output.call
            if not isinstance(output, p.CircuitIndication):
                self.pending.append(output)

    def quiet(self) -> None:
        assert not self.pending, f"not expected: {[self.show(output) for output in self.pending]}"

    # -- what happens to the machine -------------------------------------------------------------------------------

    def call_control(self, text: str) -> None:
        word = text.split(maxsplit=1)[0]
        refused = text.endswith("refused")
        try:
            if word == "setup":
                self.setup(words_of(text, "setup"))
            elif word == "more":
                digits = text.split()[1]
                self.tup.information_request(self.call, digits, text.endswith("end"), self.now)
            elif word in ("alerting", "complete"):
                self.tup.address_complete_request(self.call, word == "alerting", True, self.now, "no charge" not in text)
            elif word == "answer":
                self.tup.answer_request(self.call, self.now, "no charge" not in text)
            elif word == "suspend":
                self.tup.suspend_request(self.call, self.now)
            elif word == "resume":
                self.tup.resume_request(self.call, self.now)
            elif word == "release":
                self.tup.release_request(self.call, p.Cause(int(text.split()[1])), self.now)
            else:
                raise AssertionError("no such request")
        except LocalError:
            if not refused:
                raise
        else:
            assert not refused, "should have been refused"

    def setup(self, words: dict[str, str]) -> None:
        request = p.SetupRequest(
            called=p.Number(words.get("setup") or "4006000998"),
            calling=p.Number(words["from"]) if "from" in words else None,
            original_called=p.Number(words["original"]) if "original" in words else None,
            category=int(words.get("category", 10)),
            complete="overlap" not in words,
            continuity="check" in words,
            satellite=int("satellite" in words),
            medium=2 if "digital" in words else 0,
        )
        self.call = self.tup.setup_request(request, self.cic, self.now)

    def manage(self, text: str) -> None:
        word, *_, which = text.split()
        first, _, last = which.partition("-")
        circuits = list(range(int(first), int(last or first) + 1))
        if word == "block":
            self.tup.block_request(circuits, self.now, "hardware" in text)
        elif word == "unblock":
            self.tup.unblock_request(circuits, self.now, "hardware" in text)
        elif word == "reset":
            self.tup.reset_request(circuits, self.now)
        else:
            assert word == "continuity"
            self.tup.continuity_request(circuits[0], self.now)

    def network(self, text: str) -> None:
        if text == "pause":
            self.tup.pause(self.b, self.now)
        elif text == "resume":
            self.tup.resume(self.b, self.now)
        else:
            assert text == "user unavailable"
            self.tup.status(self.b, StatusCause.USER_UNEQUIPPED, 0, self.now)

    def send(self, text: str) -> None:
        match = re.fullmatch(r"(\w+)(?: \{(.*)\}| (.*))?", text)
        assert match, "cannot be read"
        name, inside, plain = match.groups()
        if name == "TONE":
            self.tup.continuity_detected(self.cic, plain == "good", self.now)
            return
        fields = fields_of(inside or "")
        octets = bytes.fromhex(plain) if name == "RAW" else encode(self.message(name, fields), self.variant)
        sls, head = label(int(fields.get("cic", self.cic)), self.bits)
        self.tup.receive(TransferIndication(4, self.b, self.a, sls, 0, head + octets), self.now)

    def message(self, name: str, fields: dict[str, str]) -> m.Message:
        rows = {row.acronym: row for v in VARIANTS.values() for row in v.rows.values()}
        row = rows[name]
        heading = row.heading
        digits = fields.get("digits", "")
        if row.form in (Form.INITIAL, Form.INITIAL_ADDITIONAL):
            indicators = 2 | (m.CHECK_REQUIRED if "check" in fields else 0) | (m.DIGITAL_PATH if "digital" in fields else 0)
            calling = p.Number(fields["from"]) if "from" in fields else None
            original = p.Number(fields["original"]) if "original" in fields else None
            present = (m.CALLING_LINE if calling else 0) | (m.ORIGINAL_CALLED if original else 0)
            category = int(fields.get("category", 10))
            return m.InitialAddress(heading, category, indicators, digits, "ST" in fields, present, b"", calling, original)
        if row.form in (Form.SUBSEQUENT, Form.SUBSEQUENT_ONE):
            return m.SubsequentAddress(heading, digits, "ST" in fields)
        if row.form is Form.FORWARD:
            return m.GeneralForward(heading, m.TELL_CALLING_LINE, None, p.Number(fields["from"]))
        if row.form is Form.REQUEST:
            return m.Indicators(heading, sum(ASKS[field] for field in fields))
        if row.form is Form.COMPLETE:
            kind = next((code for word, code in COMPLETES.items() if word in fields), 0)
            return m.Indicators(heading, kind | (m.SUBSCRIBER_FREE if "free" in fields else 0))
        if row.form is Form.UNSUCCESSFUL:
            return m.Unsuccessful(heading, 1 if "busy" in fields else 0, b"\x01\x02")
        if row.form in (Form.GROUP, Form.GROUP_RANGE):
            return m.CircuitGroup(heading, int(fields["range"]), self.status_bits(fields))
        return m.Plain(heading, bytes.fromhex(fields.get("octets", "")))

    @staticmethod
    def status_bits(fields: dict[str, str]) -> int:
        if "all" in fields:
            return (2 << int(fields["range"])) - 1
        return sum(1 << int(cic) - int(fields["cic"]) for cic in fields.get("marked", "").split())

    def time(self, text: str) -> None:
        word, *rest = text.split()
        if word == "REPEATS":
            for _ in range(int(rest[1])):
                self.until_output()
                self.expect("<", rest[0])
        elif word == "AFTER":
            low, high = (float(n) for n in rest[1].split(".."))
            self.until_output()
            took = (self.now - self.marks[rest[0]]) / SECOND
            assert low <= took <= high, f"came after {took} s"
        else:
            assert word in ("WAIT", "NONE"), "no such step"
            end = self.now + int(float(rest[-1]) * SECOND)
            while (at := self.tup.next_deadline) is not None and at <= end:
                self.now = at
                self.tup.handle_timeout(at)
                self.collect()
            self.now = end
            if word == "NONE":
                self.quiet()

    def until_output(self) -> None:
        while not self.pending:
            at = self.tup.next_deadline
            assert at is not None, "nothing will ever come"
            self.now = at
            self.tup.handle_timeout(at)
            self.collect()

    # -- what the machine says -------------------------------------------------------------------------------------

    def expect(self, word: str, text: str) -> None:
        for output in self.pending:
            if self.fits(output, word, text):
                self.pending.remove(output)
                return
        raise AssertionError(f"what came is {[self.show(output) for output in self.pending]}")

    def fits(self, output: Any, word: str, text: str) -> bool:
        if word == "<":
            return isinstance(output, TransferRequest) and self.message_fits(output, text)
        if word == "MNT":
            return isinstance(output, ManagementIndication) and self.show(output) == text
        if word == "IND":
            return bool(self.show(output) == text or self.setup_fits(output, text))
        return isinstance(output, p.ContinuityRequest) and output.action == AUDIO[word] and output.circuit == self.cic

    def message_fits(self, output: TransferRequest, text: str) -> bool:
        assert (output.service, output.opc, output.dpc) == (4, self.a, self.b)
        match = re.fullmatch(r"(\w+)(?: \{(.*)\})?", text)
        assert match, "cannot be read"
        name, inside = match.groups()
        wanted = fields_of(inside or "")
        cic, octets = split_label(output.sls, output.octets, self.bits)
        message = decode(octets, self.variant, 3 if self.bits == 24 else 2)
        if self.variant.rows[message.heading].acronym not in (name, "IAI" if name == "IAM" else name):
            return False
        if cic != int(wanted.pop("cic", self.cic)):
            return False
        if isinstance(message, m.CircuitGroup) and "all" not in wanted:
            wanted.setdefault("marked", "")
        return all(self.field_fits(message, field, value, cic) for field, value in wanted.items())

    def field_fits(self, message: Any, field: str, value: str, cic: int) -> bool:
        if isinstance(message, m.CircuitGroup):
            if field == "range":
                return message.range == int(value)
            wanted = self.status_bits({"cic": str(cic), "range": str(message.range), field: value})
            return message.status == wanted
        tests: dict[str, Any] = {
            "digits": lambda: message.digits == value,
            "ST": lambda: message.st,
            "from": lambda: message.calling is not None and message.calling.digits == value,
            "original": lambda: message.original is not None and message.original.digits == value,
            "category": lambda: message.category is not None and (not value or message.category == int(value)),
            "check": lambda: message.indicators & m.CONTINUITY_CHECK == m.CHECK_REQUIRED,
            "satellite": lambda: message.indicators & m.NATURE_OF_CIRCUIT == 4,
            "digital": lambda: message.indicators & m.DIGITAL_PATH,
            "charge": lambda: message.indicators & 3 == 1,
            "no charge": lambda: message.indicators & 3 == 2,
            "free": lambda: message.indicators & m.SUBSCRIBER_FREE,
            "calling line": lambda: message.indicators == m.ASK_CALLING_LINE,
            "nothing": lambda: message.indicators == 0,
        }
        return bool(tests[field]())

    @staticmethod
    def setup_fits(output: Any, text: str) -> bool:
        """IND: setup ...: the words that are there; overlap, check and digital must be said."""
        if not (isinstance(output, p.SetupIndication) and text.startswith("setup")):
            return False
        words = words_of(text, "setup")
        calling = "" if output.calling is None else output.calling.digits
        original = "" if output.original_called is None else output.original_called.digits
        return (
            output.called.digits == words["setup"]
            and calling == words.get("from", "")
            and original == words.get("original", "")
            and output.complete == ("overlap" not in words)
            and output.continuity == ("check" in words)
            and output.medium == (2 if "digital" in words else 0)
            and ("category" not in words or output.category == int(words["category"]))
        )

    def show(self, output: Any) -> str:
        """An indication in the words of the catalogue."""
        if isinstance(output, TransferRequest):
            cic, octets = split_label(output.sls, output.octets, self.bits)
            row = self.variant.rows.get(octets[0])
            return f"< {row.acronym if row else octets.hex()} CIC {cic} {octets[1:].hex()}"
        if isinstance(output, p.AddressCompleteIndication):
            return "alerting" if output.alerting else "complete"
        if isinstance(output, p.AnswerIndication):
            return f"answer{CHARGES[output.charge]}{' direct' if output.direct else ''}"
        if isinstance(output, p.DisconnectIndication):
            return f"disconnect {output.cause.value}"
        if isinstance(output, p.ReleaseIndication):
            return f"released {output.cause.value}{' by peer' if output.by_peer else ''}{' again' if output.again else ''}"
        if isinstance(output, p.InformationIndication):
            return " ".join(["digits", *([output.digits] if output.digits else []), *(["end"] if output.complete else [])])
        if isinstance(output, p.ChargeIndication):
            return f"charge {output.octets.hex()}"
        if isinstance(output, p.UserInformationIndication):
            return f"information {self.variant.rows[output.message].acronym}"
        if isinstance(output, ManagementIndication):
            return output.code + (" over" if output.cleared else "")
        names = {p.SuspendIndication: "suspend", p.ResumeIndication: "resume", p.ContinuityReport: "continuity"}
        return names.get(type(output), repr(output))
