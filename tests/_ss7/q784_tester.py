"""Runs a case of tests/_ss7/conformance/q784.yaml: SP B, call control, management and the audio of SP A, which is an `Isup`.

Steps are read as the file says, by the words of q784_words.py; a word that is not known fails the case. What the IUT puts out waits in
`pending`; a step that expects takes the first that fits, and before anything is done to the IUT no message may be left over."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from q784_words import CALLING, DATA, OUTGOING, STRANGE, apply, base, bits_of, holds, indication, maintenance

from xunhu._ss7 import circuit_primitives as p
from xunhu._ss7.circuit_primitives import Cause, Number, SetupRequest
from xunhu._ss7.isup import Isup
from xunhu._ss7.isup_codec import Message, decode, encode
from xunhu._ss7.isup_names import MessageType as M
from xunhu._ss7.isup_names import ParameterCode as P
from xunhu._ss7.isup_variants import VARIANTS
from xunhu._ss7.mtp_primitives import ManagementIndication, StatusCause, TransferIndication, TransferRequest
from xunhu.protocol.errors import LocalError

CATALOGUE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "conformance" / "q784.yaml").read_text(encoding="utf-8"))
SECOND = 1_000_000_000
LONG = ("T5", "T13", "T15", "T17", "T19", "T21", "T23")
GROUPS = (M.GRS, M.GRA, M.CGB, M.CGBA, M.CGU, M.CGUA, M.CQM, M.CQR)
BANDWIDTHS = {"384 kbit/s": 8, "64 kbit/s, preferred": 6, "64 kbit/s": 2, "3.1 kHz": 3}


def expanded(steps: list[str]) -> list[str]:
    """Macros written out."""
    out: list[str] = []
    for step in steps:
        out += expanded(CATALOGUE["macros"][step[1:]]) if step.startswith("@") else [step]
    return out


class Exchange:
    """One case."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        self.steps = expanded(case["steps"])
        self.cfg = [word.strip() for word in case.get("cfg", "").split(";")]
        self.own, self.peer = (99, 100) if any(word.startswith("tester controls") for word in self.cfg) else (100, 99)
        self.now = SECOND
        main = self.part_of("Q.767" if "Q.767" in self.cfg else "ISUP-ITU")
        self.parts = [main]
        self.leg: dict[int, Isup] = {}
        for cic, word in ((11, "incoming leg Q.767"), (12, "outgoing leg Q.767")):
            if word in self.cfg:
                self.leg[cic] = self.part_of("Q.767", first_call=1000)
                self.parts.append(self.leg[cic])
        for cic in range(1, 32):
            if cic != 16 or "CIC 16 unequipped" not in self.cfg:
                self.leg.get(cic, main).add_circuit(cic, self.peer, cic)
        self.pending: list[Any] = []
        self.audio: dict[int, list[str]] = {}
        self.names: dict[str, int] = {}
        self.cic = 12  # of the call that is spoken of
        self.heard = 12  # of the tester's last message
        self.calls: dict[int, int] = {}  # call -> CIC
        self.over: list[int] = []
        self.call = 0
        self.disconnecting: set[int] = set()
        self.offered: p.SetupIndication | None = None
        self.request: SetupRequest | None = None
        self.marks: dict[str, int] = {}
        self.sent: dict[int, Message] = {}  # by type, what the IUT sent last
        self.group: dict[int, bytes] = {}  # by kind, what the tester sent last
        self.last = -1
        self.repeating = True
        if case["pre"] == "circuit 12 locally blocked":
            main.block_request([12], self.now)
            self.collect()
            self.play("< BLO")
            self.play("> BLA")

    def part_of(self, variant: str, **more: Any) -> Isup:
        options: dict[str, Any] = dict(more)
        for word in self.cfg:
            if word in ("fallback", "multirate", "interworking", "international"):
                options[word] = True
        if "propagation delay 10 ms" in self.cfg:
            options["propagation_delay_ms"] = 10
        options["echo_control"] = "echo control" in self.cfg
        options["exchange"] = "B" if "transit" in self.cfg else "A"
        options["answer"] = "CON" if "< CON" in self.steps else "ACM+ANM"
        options["isdn_access"] = not any("non-ISDN" in step for step in self.steps)
        if variant == "ISUP-ITU":
            options["timers_ms"] = {
                name: round(value * 1000) for name, value in CATALOGUE["defaults"]["timers"].items() if name[0] == "T"
            }
        else:
            variant = "ISUP-Q767"
        return Isup(self.own, variant, **options)

    # -- running ---------------------------------------------------------------------------------------------------

    def run(self) -> None:
        for number, step in enumerate(self.steps):
            try:
                self.play(step)
            except AssertionError as reason:
                raise AssertionError(f"{self.case['id']} step {number} {step!r}: {reason}; pending {self.pending}") from None
        self.quiet()
        if "tidy" in self.cfg:
            self.tidy()
        self.finish()

    def finish(self) -> None:
        """Idle, no timer, one last word for each call; but what the case leaves blocked."""
        assert sorted(self.over) == sorted(self.calls), f"calls {self.calls}, released {self.over}"
        blocked: set[int] = set()
        expect = self.case["expect"]
        if "locally blocked" in expect:
            blocked = set(range(1, 32)) if "group" in expect else {12}
        for part in self.parts:
            for info in part.circuits():
                assert info.state == ("blocked-local" if info.cic in blocked else "idle"), info
                assert part.running_timers(info.circuit) == (), info
            assert part.next_deadline is None
        for cic, actions in self.audio.items():
            assert not actions or actions[-1] in ("UNLOOP", "UNTONE"), f"circuit {cic}: {actions}"

    def tidy(self) -> None:
        """The case leaves calls up: call control releases them."""
        for call in [call for call in self.calls if call not in self.over]:
            cic = self.calls[call]
            self.leg_of(cic).release_request(call, Cause(16), self.now)
            self.collect()
            self.play(f"< REL {{CIC {cic}}}")
            self.play(f"> RLC {{CIC {cic}}}")
        self.quiet()

    def leg_of(self, cic: int) -> Isup:
        return self.leg.get(cic, self.parts[0])

    def play(self, step: str) -> None:
        word, _, rest = step.partition(" ")
        word = word.rstrip(":")
        plain = re.sub(r"\s*\([^)]*\)", "", rest).strip()
        if word == "<":
            self.expect(plain)
        elif word == "IND":
            self.take(indication(plain), plain)
        elif word == "MNT":
            self.take(maintenance(plain), plain)
        elif word == "START":
            self.marks[plain] = self.now
        elif word in ("LOOP", "TONE", "HOLD") and "NONE" not in rest:
            self.listen(word, plain)
        elif word == "CHECK":
            self.check(plain)
        elif word == "NONE" or "NONE" in step:
            self.silence(rest)
        else:
            self.quiet()
            if word == "CC":
                self.control(rest)
            elif word == "MGM":
                self.manage(rest)
            elif word == ">":
                self.send(plain)
            elif word == "PT":
                self.network(plain)
            else:
                self.time(word, plain)
            self.collect()

    def collect(self) -> None:
        for part in self.parts:
            for output in part.drain():
                if isinstance(output, p.ContinuityRequest):
                    self.audio.setdefault(output.circuit, []).append(output.action.name)
                    continue
                if isinstance(output, p.SetupIndication):
                    assert output.call not in self.calls
                    self.calls[output.call] = self.cic = output.circuit
                    self.call = output.call
                    self.offered = output
                elif isinstance(output, p.DisconnectIndication):
                    self.disconnecting.add(output.call)
                elif isinstance(output, p.ReleaseIndication):
                    assert output.call not in self.over, "two last words"
                    self.over.append(output.call)
                    self.disconnecting.discard(output.call)
                self.pending.append(output)

    def quiet(self) -> None:
        """No message is left over; indications that the case does not speak of are dropped."""
        left = [self.text(o) for o in self.pending if isinstance(o, TransferRequest)]
        assert not left, f"not expected: {left}"
        self.pending.clear()

    def text(self, request: TransferRequest) -> str:
        message = self.message(request)
        return f"{message.acronym} {message.cic} {message.octets[3:].hex()}"

    def message(self, request: TransferRequest) -> Message:
        assert (request.service, request.opc, request.dpc, request.priority) == (5, self.own, self.peer, 0)
        cic = request.octets[0] | request.octets[1] << 8
        assert request.sls == cic & 15
        return decode(request.octets, self.leg_of(cic).variant)

    def take(self, fits: Any, text: str) -> Any:
        for place, output in enumerate(self.pending):
            if fits(output):
                return self.pending.pop(place)
        raise AssertionError(f"{text} has not come")

    # -- messages --------------------------------------------------------------------------------------------------

    def parse(self, text: str) -> tuple[str, list[str]]:
        """REL {ACL 1} cause 42 -> "REL", ["ACL 1", "cause 42"]"""
        inside = re.findall(r"[\[{]([^]}]*)[]}]", text)
        name, _, tail = re.sub(r"\s*[\[{][^]}]*[]}]", " ", text).strip().partition(" ")
        tokens = [token.strip() for part in inside for token in part.split(",")]
        return name, [*tokens, *([tail.strip()] if tail.strip() else [])]

    def circuit_of(self, kind: int, tokens: list[str]) -> int:
        """The circuit that the tokens name, which are taken out."""
        for token in list(tokens):
            if token in ("x", "y"):
                tokens.remove(token)
                return self.names.setdefault(token, self.cic)
            if re.fullmatch(r"CIC \d+", token):
                tokens.remove(token)
                return int(token[4:])
        if kind in (M.BLA, M.UBA):
            return self.heard
        return 1 if kind in GROUPS else self.cic

    def expect(self, text: str) -> None:
        """A message; where it is the answer to the peer's REL, call control gives its response first."""
        name, tokens = self.parse(text)
        if name == "RLC" and self.disconnecting and not any(isinstance(o, TransferRequest) for o in self.pending):
            self.control("release response")
            self.collect()
        if name == "IAM" and "y" in tokens:
            self.names["y"] = self.cic
            assert self.cic != self.names["x"] if "x" in self.names else True
        kind = M[name]
        cic = self.circuit_of(kind, tokens)
        request = self.take(
            lambda o: isinstance(o, TransferRequest) and o.octets[2] == kind and (kind is M.UPT or o.octets[0] == cic),
            f"{name} of circuit {cic}",
        )
        message = self.message(request)
        for token in tokens:
            self.hold(message, token)
        self.sent[kind] = message
        self.last = kind

    def hold(self, message: Message, token: str) -> None:
        if token in ("same", "same type", "range", "status"):
            assert message.octets[3:] == self.group[message.type - 2], "another range, status or type"
        elif token.startswith("status of "):
            content = message.get(P.RANGE_AND_STATUS) or b""
            expected = 1 << 11 if self.case["pre"] != "idle" else 0
            assert content == bytes((30,)) + expected.to_bytes(4, "little"), content.hex()
        else:
            assert holds(message, token), f"{token}: {message.octets.hex()}"

    def send(self, text: str) -> None:
        name, tokens = self.parse(text)
        if name in ("LOOP", "TONE"):
            if name == "TONE":
                assert self.audio[self.cic][-1] == "LOOP"
            return
        if name == "MSG":
            self.deliver(self.cic, self.strange(tokens))
            return
        kind = M[name]
        cic = self.circuit_of(kind, tokens)
        variant = self.leg_of(cic).variant
        parameters = self.group_content(kind, tokens) if kind in GROUPS else base(kind)
        if kind is M.SGM:
            parameters[P.USER_TO_USER_INFORMATION] = DATA
        if kind not in GROUPS:
            for token in tokens:
                assert apply(kind, token, parameters), f"token {token!r} is not known"
        self.heard = cic
        if kind in (M.IAM, M.ACM, M.ANM):
            self.cic = cic
        octets = encode(cic, kind, list(parameters.items()), variant)
        self.group[kind] = octets[3:]
        self.deliver(cic, octets)

    def group_content(self, kind: M, tokens: list[str]) -> dict[int, bytes]:
        """Range, status and type of a group message."""
        echo = {M.GRA: M.GRS, M.CGBA: M.CGB, M.CGUA: M.CGU}.get(kind)
        out: dict[int, bytes] = {}
        if echo is not None:
            asked = self.sent[echo]
            content = asked.get(P.RANGE_AND_STATUS) or b""
            out[P.RANGE_AND_STATUS] = content if kind is not M.GRA else content + bytes(content[0] // 8 + 1)
        elif "same" in tokens:
            before = decode(b"\x01\x00" + bytes((M.CGB,)) + self.group[M.CGB], VARIANTS["ISUP-ITU"])
            return dict(before.items())
        else:
            span = next((int(token.split()[1]) for token in tokens if token.startswith("range ")), 30)
            status = (1 << (span + 1)) - 1
            bits = next((bytes.fromhex(t.partition(": ")[2]) for t in tokens if "status bits set" in t), None)
            if kind is not M.GRS:
                bits = status.to_bytes(span // 8 + 1, "little") if bits is None else bits
            out[P.RANGE_AND_STATUS] = bytes((span,)) + (bits or b"")
        if kind in (M.CGB, M.CGU, M.CGBA, M.CGUA):
            asked_kind = self.sent[echo].get(P.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE) if echo is not None else None
            out[P.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE] = asked_kind or bytes(("hardware failure" in tokens,))
        return out

    def strange(self, tokens: list[str]) -> bytes:
        """A message of a type that is not known, with or without message compatibility information."""
        head = self.cic.to_bytes(2, "little") + bytes((STRANGE,))
        for token in tokens:
            if token.startswith("MCI "):
                return head + bytes((1, P.MESSAGE_COMPATIBILITY_INFORMATION, 1, bits_of(token), 0))
        return head + b"\x00"

    def deliver(self, cic: int, octets: bytes) -> None:
        self.strange_octets = octets
        self.leg_of(cic).receive(TransferIndication(5, self.peer, self.own, cic & 15, 0, octets), self.now)

    # -- call control and management ---------------------------------------------------------------------------------

    def setup(self, text: str) -> SetupRequest:
        medium = next((code for word, code in BANDWIDTHS.items() if f"setup {word}" in text or f"setup, {word}" in text), 0)
        extra: list[tuple[int, bytes]] = []
        if medium == 6 or "preferred" in text:
            medium = 6
            extra = [
                (P.TRANSMISSION_MEDIUM_REQUIREMENT_PRIME, b"\x00"),
                (P.USER_SERVICE_INFORMATION, b"\x90\x90\xa3"),
                (P.USER_SERVICE_INFORMATION_PRIME, b"\x88\x90"),
            ]
        if "more optional data" in text:
            extra = [(P.USER_TO_USER_INFORMATION, DATA), (P.ACCESS_TRANSPORT, b"\x1e\x02\x82\x88" * 50)]
        if "onward" in text:
            assert self.offered is not None
            extra = list(self.offered.parameters)
        digits = "B" if "code 11" in text else "1780" if "first digits" in text else OUTGOING
        return SetupRequest(
            Number(digits),
            Number(CALLING),
            complete="first digits" not in text,
            medium=medium,
            continuity="continuity" in text,
            satellite=int("satellite" in text),
            parameters=tuple(extra),
        )

    def begin(self, text: str) -> None:
        """A setup on the circuit that is named, or the next idle one of the route."""
        if "again" in text:
            assert self.request is not None
            self.cic = next(cic for cic in range(13, 32) if self.parts[0].circuit_state(cic) == "idle")
        else:
            self.request = self.setup(text)
            named = re.search(r"on CIC (\d+)", text)
            self.cic = int(named.group(1)) if named else 1 if self.request.medium == 8 else 12
        self.call = self.leg_of(self.cic).setup_request(self.request, self.cic, self.now)
        assert self.call not in self.calls
        self.calls[self.call] = self.cic

    def control(self, text: str) -> None:
        part, call, now = self.leg_of(self.cic), self.call, self.now
        if text.startswith("setup"):
            self.begin(text)
        elif text == "accept":
            pass
        elif text == "alerting on CIC 11":
            assert self.offered is not None
            self.leg_of(11).address_complete_request(self.offered.call, True, False, now)
        elif text in ("alerting", "proceeding", "in-band information"):
            alerting, inband = text == "alerting", text == "in-band information"
            state = next(info.call_state for info in part.circuits() if info.circuit == self.cic)
            if state == "ICC_WAIT_ANM":
                part.progress_request(call, alerting, inband, None, now)
            else:
                part.address_complete_request(call, alerting, inband, now)
        elif text == "accept fallback bearer":
            part.fallback_request(call, 0)
            part.address_complete_request(call, True, False, now)
        elif text == "answer":
            part.answer_request(call, now)
        elif text.startswith("release cause"):
            part.release_request(call, Cause(int(text.split()[2])), now)
        elif text == "release response":
            for number in sorted(self.disconnecting):
                self.leg_of(self.calls[number]).release_request(number, Cause(16), now)
        elif text.startswith("suspend"):
            self.network_initiated = "network" in text
            part.suspend_request(call, now, self.network_initiated)
        elif text == "resume":
            part.resume_request(call, now, self.network_initiated)
        elif text == "more digits":
            part.information_request(call, "4901140", True, now)
        elif text == "forward transfer":
            part.message_request(call, M.FOT, b"", now)
        elif text == "ask for the calling number":
            part.enquiry_request(call, now)
        else:
            raise AssertionError(f"call control: {text!r} is not known")

    def manage(self, text: str) -> None:
        part, now = self.parts[0], self.now
        all_circuits = range(1, 32)
        circuits = all_circuits if "group" in text else [12]
        hardware = "hardware" in text or (text.startswith("unblock") and part.circuits()[0].locally_blocked == ("hardware",))
        if text.startswith("block"):
            part.block_request(circuits, now, hardware)
        elif text.startswith("unblock"):
            part.unblock_request(circuits, now, hardware)
        elif text.startswith("reset"):
            part.reset_request(circuits, now)
        elif text == "continuity check":
            part.continuity_request(12, now)
        elif text == "query group":
            part.query_request(all_circuits, now)
        else:
            raise AssertionError(f"management: {text!r} is not known")

    def network(self, text: str) -> None:
        part = self.parts[0]
        if text == "the IUT switch cannot idle the circuit":
            part.block_request([self.cic], self.now)
        elif text == "MTP-STATUS user part unavailable":
            part.status(self.peer, StatusCause.USER_INACCESSIBLE, 0, self.now)
        elif text == "MTP-STATUS congestion":
            part.status(self.peer, StatusCause.CONGESTED, 1, self.now)
        elif text == "IUT overloaded, level 2":
            part.congestion_request(2)
        else:
            raise AssertionError(f"environment: {text!r} is not known")

    def listen(self, word: str, text: str) -> None:
        """What the owner of the audio does."""
        cic = self.names["x"] if "on x" in text else self.cic
        if word == "TONE":
            assert self.audio[cic][-1] == "TONE", self.audio
            self.leg_of(cic).continuity_detected(cic, True, self.now)
            self.collect()
        else:
            assert self.audio[cic][-1] == "LOOP", self.audio

    # -- time --------------------------------------------------------------------------------------------------------

    def time(self, word: str, text: str) -> None:
        if word == "WAIT":
            seconds = CATALOGUE["defaults"]["timers"].get(text) or float(text.split(maxsplit=1)[0])
            self.advance(self.now + round(seconds * SECOND), stop=False)
        else:
            low, high = (float(value) for value in re.findall(r"\d+(?:\.\d+)?", text))
            self.timer(word, low, high)

    def silence(self, text: str) -> None:
        """Nothing comes, now or within 0.1 s, but confusion where the case permits it."""
        self.advance(self.now + SECOND // 10, stop=False)
        if "permitted" in text or "other than" in text:
            self.pending = [o for o in self.pending if not (isinstance(o, TransferRequest) and o.octets[2] == M.CFN)]
        self.quiet()

    def advance(self, until: int, *, stop: bool) -> None:
        """Let time pass; `stop` at the first thing that comes out, or at a change of traffic."""
        while True:
            deadlines = [part.next_deadline for part in self.parts if part.next_deadline is not None]
            if not deadlines or min(deadlines) > until:
                self.now = max(self.now, until)
                return
            self.now = max(self.now, min(deadlines))
            for part in self.parts:
                part.handle_timeout(self.now)
            self.collect()
            if stop and any(not isinstance(o, p.CircuitIndication) for o in self.pending):
                return

    def timer(self, name: str, low: float, high: float) -> None:
        mark = self.marks[name]
        until = mark + round(high * SECOND)
        if name == "T30":  # nothing is said, traffic changes
            while self.now < mark + round(low * SECOND):
                deadline = self.parts[0].next_deadline
                assert deadline is not None
                self.advance(deadline, stop=False)
        elif name in LONG:
            while not any(isinstance(o, ManagementIndication) and o.code == name for o in self.pending):
                assert self.now < until, f"{name} has not expired"
                self.advance(until, stop=True)
                if not any(isinstance(o, ManagementIndication) and o.code == name for o in self.pending):
                    assert self.repeating, f"{self.pending} after {name}"
                    assert all(o.octets[2] == self.last for o in self.pending if isinstance(o, TransferRequest))
                    self.pending.clear()
            self.repeating = False
            said = [o for o in self.pending if isinstance(o, TransferRequest)]
            for repeated in said[:-1]:  # a repetition that was due at the same time
                assert repeated.octets[2] == self.last
                self.pending.remove(repeated)
        else:
            self.advance(until, stop=True)
            assert self.pending, f"nothing has come at {name}"
        assert low * SECOND <= self.now - mark <= high * SECOND, f"{name}: {(self.now - mark) / SECOND} s"

    # -- checks ------------------------------------------------------------------------------------------------------

    def check(self, text: str) -> None:
        getattr(self, CHECKS[text])(text)

    def check_up(self, _: str) -> None:
        info = next(info for info in self.leg_of(self.cic).circuits() if info.circuit == self.cic)
        assert info.call_state.endswith("ANSWERED"), info
        assert info.call == self.call, info

    def check_residual_tone(self, _: str) -> None:
        assert self.audio[self.cic] == ["TONE", "UNTONE"]
        assert M.COT in self.sent

    def attempt(self, cic: int) -> bool:
        """A trial call from the IUT; it is released at once."""
        part = self.leg_of(cic)
        try:
            call = part.setup_request(SetupRequest(Number(OUTGOING)), cic, self.now)
        except LocalError:
            return False
        self.calls[call] = cic
        part.release_request(call, Cause(16), self.now)
        self.collect()
        self.play(f"< IAM {{CIC {cic}}}")
        self.play(f"< REL {{CIC {cic}}}")
        self.play(f"> RLC {{CIC {cic}}}")
        return True

    def incoming(self) -> bool:
        """A trial call from the tester."""
        before = len(self.calls)
        self.play("> IAM")
        if len(self.calls) == before:
            self.play("< BLO")
            self.play("> BLA")
            return False
        self.play("> REL")
        self.play("< RLC")
        return True

    def check_outgoing(self, text: str) -> None:
        assert self.attempt(self.cic) == ("no outgoing" not in text)

    def check_both(self, _: str) -> None:
        assert self.attempt(self.cic)
        assert self.incoming()

    def check_neither(self, _: str) -> None:
        assert not self.attempt(self.cic)
        assert not self.incoming()
        self.play("> BLO")
        self.play("< BLA")

    def check_group(self, _: str) -> None:
        assert not any(self.attempt(cic) for cic in range(1, 32))

    def check_next_leg(self, _: str) -> None:
        """What was passed up is sent on another call and leaves unchanged."""
        told = self.take(lambda o: isinstance(o, p.UserInformationIndication), "a message to be passed on")
        octets = self.strange_octets[2:]
        assert bytes((told.message,)) + told.octets == octets
        self.quiet()
        here, call = self.cic, self.call
        self.play("> IAM {CIC 20}")
        self.leg_of(20).message_request(self.call, told.message, told.octets, self.now)
        self.collect()
        request = self.take(lambda o: isinstance(o, TransferRequest), "the message on the next leg")
        assert request.octets[2:] == octets
        self.play("> REL {CIC 20}")
        self.play("< RLC {CIC 20}")
        self.cic, self.call = here, call

    def traffic(self) -> int:
        """How many of eight calls are held back."""
        self.quiet()
        return sum(not self.attempt(cic) for cic in range(20, 28))

    def check_traffic(self, text: str) -> None:
        steps = re.search(r"\d", text)
        held = self.traffic()
        if text == "full traffic":
            assert held == 0
        elif steps:
            assert held == int(steps.group())
        else:
            assert 0 < held < 8

    def check_six_busy(self, _: str) -> None:
        states = [self.parts[0].circuit_state(cic) for cic in range(1, 8)]
        assert set(states[:6]) in ({"in"}, {"out"}), states
        assert states[6] == "idle", states

    def check_all_idle(self, _: str) -> None:
        assert {info.state for info in self.parts[0].circuits()} == {"idle"}

    def check_five(self, _: str) -> None:
        assert self.parts[0].circuits()[4].call_state == "ICC_ANSWERED"

    def check_outside(self, _: str) -> None:
        assert self.names["y"] > 6


CHECKS = {
    "speech path": "check_up",
    "speech path both ways": "check_up",
    "speech path still through": "check_up",
    "call not affected": "check_up",
    "speech path switched through only after the residual tone has gone": "check_residual_tone",
    "no outgoing call on the circuit": "check_outgoing",
    "still remotely blocked, no outgoing call": "check_outgoing",
    "outgoing call possible": "check_outgoing",
    "calls possible": "check_outgoing",
    "both sides can set up calls": "check_both",
    "no call either way": "check_neither",
    "IUT sets up no calls on the group": "check_group",
    "message appears unchanged on the next leg": "check_next_leg",
    "parameter on the next leg": "check_next_leg",
    "traffic reduced": "check_traffic",
    "traffic reduced by 1 step": "check_traffic",
    "traffic reduced by 2 steps": "check_traffic",
    "full traffic": "check_traffic",
    "circuits 1 to 6 busy": "check_six_busy",
    "all idle": "check_all_idle",
    "call on CIC 5 answered": "check_five",
    "y is outside circuits 1 to 6": "check_outside",
}
