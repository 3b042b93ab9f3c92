"""The words of tests/_ss7/conformance/q784.yaml: what a token in a message, an indication or a check is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from xunhu._ss7 import circuit_primitives as p
from xunhu._ss7.circuit_primitives import Number
from xunhu._ss7.isup_codec import Message
from xunhu._ss7.isup_names import MessageType as M
from xunhu._ss7.isup_names import ParameterCode as P
from xunhu._ss7.isup_parameters import (
    decode_called_party_number,
    decode_cause_indicators,
    decode_subsequent_number,
    encode_called_party_number,
    encode_subsequent_number,
)
from xunhu._ss7.mtp_primitives import ManagementIndication

CALLED = "17805551212"
OUTGOING = "17804901140"
CALLING = "17804901241"
UNKNOWN = 0xEE  # a parameter of no edition
STRANGE = 0xF0  # a message type of none
MEDIA = {
    "TMR 384 kbit/s": 8,
    "TMR 1920 kbit/s": 10,
    "TMR 64 kbit/s unrestricted": 2,
    "TMR 64 kbit/s preferred": 6,
    "TMR 3.1 kHz audio": 3,
}
DATA = b"\x04" + b"xunhu" * 20  # user-to-user information, for segments
Parameters = dict[int, bytes]


# -- tokens of messages that the tester sends --------------------------------------------------------------------------


def bits_of(token: str) -> int:
    """PCI A=1 B=0 FG=10 -> the instruction octet, bit A lowest."""
    value = 0x80
    for names, digits in re.findall(r"\b([A-G]+)=([01]+)", token):
        for name, digit in zip(reversed(names), digits, strict=True):
            value |= int(digit) << "ABCDEFG".index(name)
    return value


def base(kind: M) -> Parameters:
    """What a message has when nothing is said of it."""
    if kind is M.IAM:
        return {
            P.NATURE_OF_CONNECTION_INDICATORS: b"\x00",
            P.FORWARD_CALL_INDICATORS: b"\x21\x01",
            P.CALLING_PARTYS_CATEGORY: b"\x0a",
            P.TRANSMISSION_MEDIUM_REQUIREMENT: b"\x00",
            P.CALLED_PARTY_NUMBER: encode_called_party_number(Number(CALLED), True),
        }
    if kind in (M.ACM, M.CON):
        return {P.BACKWARD_CALL_INDICATORS: b"\x16\x14"}
    if kind is M.REL:
        return {P.CAUSE_INDICATORS: b"\x82\x90"}
    if kind is M.CPG:
        return {P.EVENT_INFORMATION: b"\x02"}
    if kind in (M.SUS, M.RES):
        return {P.SUSPEND_RESUME_INDICATORS: b"\x01"}
    return {}


def apply(kind: M, token: str, out: Parameters) -> bool:
    """Put into a message what a token says; False: the token is not known."""
    if kind is M.IAM and apply_iam(token, out):
        return True
    if kind in (M.ACM, M.CON) and apply_backward(token, out):
        return True
    number = re.search(r"\d+$", token)
    if token.startswith("cause "):
        out[P.CAUSE_INDICATORS] = bytes((0x82, 0x80 | int(token.split()[1])))
    elif token.startswith("ACL") and number:
        out[P.AUTOMATIC_CONGESTION_LEVEL] = bytes((int(number.group()),))
    elif token.startswith("event "):
        out[P.EVENT_INFORMATION] = bytes(({"alerting": 1, "progress": 2}.get(token[6:], 3),))
    elif token in ("user initiated", "network initiated"):
        out[P.SUSPEND_RESUME_INDICATORS] = bytes((token.startswith("network"),))
    elif token in ("success", "failure"):
        out[P.CONTINUITY_INDICATORS] = bytes((token == "success",))
    elif kind is M.SAM:
        digits = token.removesuffix(" ST")
        out[P.SUBSEQUENT_NUMBER] = encode_subsequent_number(digits, token != digits)
    elif token in ("unknown optional parameter", "unknown parameter", "no PCI"):
        out[UNKNOWN] = b"\x01\x02"
    elif token.startswith("PCI "):
        out[P.PARAMETER_COMPATIBILITY_INFORMATION] = bytes((UNKNOWN, bits_of(token)))
    else:
        return False
    return True


def apply_iam(token: str, out: Parameters) -> bool:
    called = {"no ST": CALLED[:6], "1780": "1780", "code 11": "B"}
    if token in called:
        out[P.CALLED_PARTY_NUMBER] = encode_called_party_number(Number(called[token]), token == "code 11")
    elif token in MEDIA:
        out[P.TRANSMISSION_MEDIUM_REQUIREMENT] = bytes((MEDIA[token],))
        if token == "TMR 64 kbit/s preferred":
            out[P.USER_SERVICE_INFORMATION] = b"\x90\x90\xa3"
    elif token == "TMR prime speech":
        out[P.TRANSMISSION_MEDIUM_REQUIREMENT_PRIME] = b"\x00"
    elif token.startswith("PDC"):
        out[P.PROPAGATION_DELAY_COUNTER] = int(token.split()[1]).to_bytes(2, "big")
    elif token == "SGM will follow":
        out[P.OPTIONAL_FORWARD_CALL_INDICATORS] = b"\x04"
    elif token in {"spare value in a known parameter", "unrecognized value in a recognized parameter"}:
        out[P.CALLING_PARTYS_CATEGORY] = b"\x1f"
    elif token in NATURES:
        out[P.NATURE_OF_CONNECTION_INDICATORS] = bytes((NATURES[token],))
    else:
        return token in ("ST", "all digits", "e.g. calling party category")
    return True


NATURES = {
    "continuity check required": 4,
    "continuity check on previous circuit": 8,
    "NCI one satellite circuit": 1,
    "outgoing half echo control device included": 0x10,
    "outgoing half echo control device not included": 0,
}


def apply_backward(token: str, out: Parameters) -> bool:
    first, second = out[P.BACKWARD_CALL_INDICATORS]
    if token == "subscriber free":
        first |= 4
    elif token == "no indication":
        first &= ~0x0C
    elif token in ("ISDN terminating access", "ISDN access", "BCI ordinary subscriber"):
        second |= 0x10
    elif token == "non-ISDN terminating access":
        second &= ~0x10
    elif token == "incoming half echo control device included":
        second |= 0x20
    elif token in ("spare value in backward call indicators", "unrecognized value in a recognized parameter"):
        first |= 0x3C
    elif token == "transmission medium used speech":
        out[P.TRANSMISSION_MEDIUM_USED] = b"\x00"
    elif token == "CHI":
        out[P.CALL_HISTORY_INFORMATION] = b"\x00\x0a"
    else:
        return False
    out[P.BACKWARD_CALL_INDICATORS] = bytes((first, second))
    return True


# -- tokens of messages that the IUT sends -----------------------------------------------------------------------------


def bits(message: Message, code: P, octet: int, mask: int) -> int:
    content = message.get(code)
    assert content is not None, f"no {code.name}"
    return content[octet] & mask


def called(message: Message) -> tuple[str, bool]:
    number, complete = decode_called_party_number(message.get(P.CALLED_PARTY_NUMBER) or b"")
    return number.digits, complete


def cause(message: Message) -> int:
    return decode_cause_indicators(message.get(P.CAUSE_INDICATORS) or b"").value


def delay(message: Message) -> int | None:
    content = message.get(P.PROPAGATION_DELAY_COUNTER)
    return None if content is None else int.from_bytes(content, "big")


_NCI, _BCI, _OFCI = P.NATURE_OF_CONNECTION_INDICATORS, P.BACKWARD_CALL_INDICATORS, P.OPTIONAL_FORWARD_CALL_INDICATORS
HOLDS: dict[str, Callable[[Message], bool]] = {
    "all digits": lambda m: called(m)[0] == OUTGOING,
    "ST": lambda m: called(m)[1],
    "1780": lambda m: called(m) == ("1780", False),
    "4901140 ST": lambda m: decode_subsequent_number(m.get(P.SUBSEQUENT_NUMBER) or b"") == ("4901140", True),
    "code 11": lambda m: called(m)[0] == "B",
    "continuity check required": lambda m: bits(m, _NCI, 0, 0x0C) == 4,
    "NCI one satellite circuit": lambda m: bits(m, _NCI, 0, 3) == 1,
    "outgoing half echo control device included": lambda m: bits(m, _NCI, 0, 0x10) == 0x10,
    "incoming half echo control device not included": lambda m: bits(m, _BCI, 1, 0x20) == 0,
    "additional information in SGM": lambda m: bits(m, _OFCI, 0, 4) == 4,
    "rest": lambda m: m.get(P.USER_TO_USER_INFORMATION) == DATA,
    "TMR prime speech": lambda m: m.get(P.TRANSMISSION_MEDIUM_REQUIREMENT_PRIME) == b"\x00",
    "USI": lambda m: m.get(P.USER_SERVICE_INFORMATION) is not None,
    "USI prime": lambda m: m.get(P.USER_SERVICE_INFORMATION_PRIME) is not None,
    "PDC": lambda m: delay(m) is not None,
    "no PDC": lambda m: delay(m) is None,
    "PDC 10 ms": lambda m: delay(m) == 10,
    "PDC 40 ms": lambda m: delay(m) == 40,
    "no CHI": lambda m: m.get(P.CALL_HISTORY_INFORMATION) is None,
    "subscriber free": lambda m: bits(m, _BCI, 0, 0x0C) == 4,
    "no indication": lambda m: bits(m, _BCI, 0, 0x0C) == 0,
    "ISDN terminating access": lambda m: bits(m, _BCI, 1, 0x10) == 0x10,
    "non-ISDN terminating access": lambda m: bits(m, _BCI, 1, 0x10) == 0,
    "transmission medium used speech": lambda m: m.get(P.TRANSMISSION_MEDIUM_USED) == b"\x00",
    "event alerting": lambda m: bits(m, P.EVENT_INFORMATION, 0, 0x7F) == 1,
    "event in-band information or appropriate pattern available": lambda m: bits(m, P.EVENT_INFORMATION, 0, 0x7F) == 3,
    "user initiated": lambda m: m.get(P.SUSPEND_RESUME_INDICATORS) == b"\x00",
    "network initiated": lambda m: m.get(P.SUSPEND_RESUME_INDICATORS) == b"\x01",
    "success": lambda m: m.get(P.CONTINUITY_INDICATORS) == b"\x01",
    "failure": lambda m: m.get(P.CONTINUITY_INDICATORS) == b"\x00",
    "ACL 2": lambda m: m.get(P.AUTOMATIC_CONGESTION_LEVEL) == b"\x02",
    "range 30": lambda m: (m.get(P.RANGE_AND_STATUS) or b"")[0] == 30,
}


def holds(message: Message, token: str) -> bool:
    """Does a message say what a token says? AssertionError: the token is not known."""
    if token in MEDIA:
        return message.get(P.TRANSMISSION_MEDIUM_REQUIREMENT) == bytes((MEDIA[token],))
    if token.startswith("cause "):
        return cause(message) in [int(value) for value in re.findall(r"\d+", token)]
    assert token in HOLDS, f"token {token!r} is not known"
    return HOLDS[token](message)


# -- indications -------------------------------------------------------------------------------------------------------


def why(*starts: str) -> Callable[[Any], bool]:
    return lambda o: isinstance(o, p.CircuitIndication) and o.why.startswith(starts)


def of(kind: type[Any], *conditions: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda o: isinstance(o, kind) and all(condition(o) for condition in conditions)


def progress(condition: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda o: isinstance(o, p.AddressCompleteIndication | p.ProgressIndication) and condition(o)


INDICATIONS: dict[str, Callable[[Any], bool]] = {
    "setup": of(p.SetupIndication),
    "setup {one satellite circuit}": of(p.SetupIndication, lambda o: (6, b"\x01") in o.parameters),
    "setup with the data of both": of(p.SetupIndication, lambda o: (int(P.USER_TO_USER_INFORMATION), DATA) in o.parameters),
    "digits": of(p.InformationIndication),
    "address complete": of(p.InformationIndication, lambda o: o.complete and not o.digits),
    "alerting": progress(lambda o: o.alerting),
    "proceeding": of(p.AddressCompleteIndication, lambda o: not o.alerting),
    "progress": of(p.ProgressIndication, lambda o: not o.alerting),
    "progress or alerting": progress(lambda o: True),
    "in-band information": of(p.ProgressIndication, lambda o: o.inband),
    "connect": of(p.AnswerIndication),
    "suspend": of(p.SuspendIndication),
    "resume": of(p.ResumeIndication),
    "release": of(p.DisconnectIndication),
    "released": of(p.ReleaseIndication, lambda o: not o.again),
    "call failure": of(p.ReleaseIndication, lambda o: not o.again),
    "reattempt": of(p.ReleaseIndication, lambda o: o.again),
    "forward transfer": of(p.UserInformationIndication, lambda o: o.message == M.FOT),
    "fallback": of(p.UserInformationIndication, lambda o: o.message == M.ACM),
    "continuity report": of(p.ContinuityReport),
    "continuity check": why("continuity check by the far end"),
    "continuity failure": why("continuity check failed"),
    "continuity check over": why("continuity check is over"),
    "blocking": why("blocked by the far end"),
    "unblocking": why("unblocked by the far end"),
    "group blocking": why("blocked by the far end"),
    "group unblocking": why("unblocked by the far end"),
    "blocking confirm": why("blocked for"),
    "unblocking confirm": why("unblocked for"),
    "group blocking confirm": why("blocked for"),
    "group unblocking confirm": why("unblocked for"),
    "reset": why("reset by the far end"),
    "group reset": why("reset by the far end"),
    "reset confirm": why("reset is done"),
    "group reset confirm": why("reset is done"),
}


def indication(text: str) -> Callable[[Any], bool]:
    """AssertionError: the word is not known."""
    if text.startswith("release cause "):
        value = int(text.split()[2])
        return of(p.DisconnectIndication, lambda o: o.cause.value == value)
    assert text in INDICATIONS, f"indication {text!r} is not known"
    return INDICATIONS[text]


def maintenance(text: str) -> Callable[[Any], bool]:
    code = {"continuity failure": "continuity", "unequipped CIC 16": "unequipped circuit"}.get(text, text)
    return of(ManagementIndication, lambda o: o.code == code and not o.cleared)
