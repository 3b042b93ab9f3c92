"""A telephone message in a line of text, for traces (ITU-T Q.723, GF 001-9001). Reads whatever it is given; raises nothing."""

from __future__ import annotations

from xunhu._ss7.circuit_primitives import Number
from xunhu._ss7.tup_codec import decode, split_label
from xunhu._ss7.tup_messages import (
    CHECK_REQUIRED,
    COMPLETE_TYPE,
    CONTINUITY_CHECK,
    DIGITAL_PATH,
    FORWARDED,
    NATURE_IN,
    NATURE_OF_ADDRESS,
    NATURE_OF_CIRCUIT,
    REDIRECTED,
    SUBSCRIBER_FREE,
    CircuitGroup,
    GeneralForward,
    Indicators,
    InitialAddress,
    Message,
    SubsequentAddress,
    Unsuccessful,
)
from xunhu._ss7.tup_tables import CATEGORIES, VARIANTS, Form, Variant
from xunhu.protocol.errors import RemoteError

_NATURE = {1: "subscriber", 2: "unknown", 3: "national", 4: "international"}
_COMPLETE = ("no charge indication", "charge", "no charge", "coinbox")
_REQUESTS = ("category", "calling line", "original called", "malicious call", "hold", "echo control")
_RESPONSES = ("category", "calling line", "incoming trunk", "original called", "echo control", "malicious call", "hold")


def _named(bits: int, names: tuple[str, ...]) -> str:
    return ", ".join(name for bit, name in enumerate(names) if bits >> bit & 1) or "nothing"


def _number(what: str, number: Number | None) -> list[str]:
    if number is None:
        return []
    marks = (" restricted" if number.presentation == 1 else "") + (" incomplete" if number.incomplete else "")
    return [f"{what} {number.digits or '-'} ({_NATURE[number.nature]}{marks})"]


def _circuits(cic: int, group: CircuitGroup, with_status: bool) -> list[str]:
    out = [f"circuits {cic}-{cic + group.range}"]
    if with_status:
        marked = [str(cic + n) for n in range(group.range + 1) if group.status >> n & 1]
        out.append(f"marked {','.join(marked) if len(marked) <= group.range else 'all'}" if marked else "none marked")
    return out


def _details(message: Message, cic: int, form: Form) -> list[str]:
    if isinstance(message, InitialAddress):
        marks = message.indicators
        out = [f"called {message.digits}{'+ST' if message.st else ''} ({_NATURE[NATURE_IN[marks & NATURE_OF_ADDRESS]]})"]
        out.append(CATEGORIES.get(message.category, f"category {message.category}"))
        out += _number("calling", message.calling) + _number("originally", message.original)
        out += ["satellite"] if marks & NATURE_OF_CIRCUIT else []
        out += ["continuity check"] if marks & CONTINUITY_CHECK == CHECK_REQUIRED else []
        out += ["redirected"] if marks & REDIRECTED else []
        return out + (["digital path"] if marks & DIGITAL_PATH else [])
    if isinstance(message, SubsequentAddress):
        return [f"digits {message.digits}{'+ST' if message.st else ''}"]
    if isinstance(message, GeneralForward):
        out = [_named(message.indicators, _RESPONSES)]
        if message.category is not None:
            out.append(CATEGORIES.get(message.category, f"category {message.category}"))
        return out + _number("calling", message.calling) + _number("originally", message.original)
    if isinstance(message, CircuitGroup):
        return _circuits(cic, message, form == Form.GROUP)
    if isinstance(message, Unsuccessful):
        return ["subscriber busy" if message.indicator == 1 else f"indicator {message.indicator}"]
    if isinstance(message, Indicators):
        if form == Form.REQUEST:
            return [_named(message.indicators, _REQUESTS)]
        if form == Form.CONGESTION:
            return [f"level {message.indicators & 3}"]
        out = [_COMPLETE[message.indicators & COMPLETE_TYPE]]
        out += ["subscriber free"] if message.indicators & SUBSCRIBER_FREE else []
        return out + (["forwarded"] if message.indicators & FORWARDED else [])
    return [message.octets.hex(" ")] if message.octets else []


def describe(octets: bytes, sls: int, variant: str, bits: int | None = None) -> str:
    """What a message of service 4 says. octets, sls: as level 3 gives them (tup_codec); bits: of point codes, None: 24 for China's
    variant, 14 else."""
    table: Variant = VARIANTS.get(variant, VARIANTS["TUP-ITU"])
    if bits is None:
        bits = 24 if table.name == "TUP-CHINA" else 14
    try:
        cic, message_octets = split_label(sls, octets, bits)
        heading = message_octets[0]
        row = table.rows.get(heading)
        if row is None:
            return f"TUP CIC {cic} heading {heading:02x}, not known: {message_octets[1:].hex(' ')}"
        message = decode(message_octets, table, 2 if bits == 14 else 3)
    except RemoteError as why:
        return f"TUP {octets.hex(' ')}: {why}"
    return ", ".join([f"TUP {row.acronym} CIC {cic}", *_details(message, cic, row.form)])
