"""Offer and answer of sessions of one audio stream: RFC 3264 (06/2002) with RFC 3551, 4733, 3389, 4568, 5761, 8643.

`make_offer` and `make_answer` write SDP, `read_answer` reads what came to an offer; the last two say what has been agreed (`Agreed`), from which the RTP
line is set. Every m-line of an offer is answered, those we have no use for with port 0 (§6), and a later offer of ours has as many
lines as the session has by then, in their order (§8). Both styles of hold are known: a=sendonly and a=inactive, and the connection address 0.0.0.0
of RFC 2543. An answer names one codec, so that nobody changes it in the midst of a talk; our preference decides, not that of the offer.

Sans-IO: keys, session numbers and addresses are given by the owner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from xunhu.sip import sdp

SEND, RECEIVE = 1, 2
Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
_NAMES: dict[int, Direction] = {0: "inactive", SEND: "sendonly", RECEIVE: "recvonly", SEND | RECEIVE: "sendrecv"}
_DIRECTIONS: dict[str, int] = {name: bits for bits, name in _NAMES.items()}
_PLAIN = ("RTP/AVP", "RTP/AVPF")
_SECURE = ("RTP/SAVP", "RTP/SAVPF")
_DTLS = ("UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF")
_EVENTS = "telephone-event"
_PTIMES = range(10, 61, 10)
#: of RFC 4568 and 7714, the strongest last: an answer takes the first of the offer that is here
SUITES = ("AES_CM_128_HMAC_SHA1_32", "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM")


@dataclass(frozen=True, slots=True)
class Codec:
    """A row of the codec table as SDP sees it. payload_type: the static one of RFC 3551, else the one we give it in offers; fmtp: of
    what we receive."""

    name: str
    encoding: str
    payload_type: int
    clock: int = 8000
    channels: int = 1
    fmtp: str = ""

    @property
    def rtpmap(self) -> str:
        return f"{self.encoding}/{self.clock}" + (f"/{self.channels}" if self.channels > 1 else "")


CODECS: dict[str, Codec] = {
    codec.name: codec
    for codec in (
        Codec("alaw", "PCMA", 8),
        Codec("ulaw", "PCMU", 0),
        Codec("gsm", "GSM", 3),
        Codec("g723", "G723", 4),
        Codec("g729", "G729", 18, fmtp="annexb=yes"),
        Codec("ilbc", "iLBC", 97, fmtp="mode=30"),
        Codec("amr", "AMR", 98, fmtp="octet-align=1"),
        Codec("g726-16", "G726-16", 99),
        Codec("g726-24", "G726-24", 100),
        Codec("g726-32", "G726-32", 102),
        Codec("g726-40", "G726-40", 103),
        Codec("opus", "opus", 104, 48000, 2),
    )
}
_EVENT_TYPE = 101
_NOISE_TYPE = 13


@dataclass(frozen=True, slots=True)
class Capability:
    """What we can and want. codecs: names of CODECS in the order of preference; events: RFC 4733; srtp: no | offer | sdes | dtls."""

    codecs: tuple[str, ...] = ("alaw", "ulaw")
    events: bool = True
    noise: bool = True
    ptime_ms: int = 20
    srtp: str = "no"
    rtcp_mux: bool = True


@dataclass(frozen=True, slots=True)
class Local:
    """Our end. session: number of the session in o=, version: grows with each offer or answer that differs; keys: base64 of key and salt by suite, for
    SDES; fingerprint: "sha-256 AB:CD:.." of our certificate, for DTLS."""

    address: str
    port: int
    session: int
    version: int
    keys: Mapping[str, str] = field(default_factory=dict)
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Crypto:
    """SDES. suite: of SUITES; ours: what we send with, theirs: what they send with, base64."""

    suite: str
    tag: int
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """host "" or port 0: they want nothing. codec, payload_type: what we send; receive: what may come, by payload type; events, noise: payload types
    of what we send, None: not agreed; ptime_ms: of what we send; sends, receives: whether we do; setup: DTLS role of ours; layout: kind, transport and formats of
    all lines of the session, `line` is ours."""

    host: str
    port: int
    rtcp_port: int
    codec: str
    payload_type: int
    fmtp: str
    receive: Mapping[int, str]
    events: int | None
    events_receive: int | None
    noise: int | None
    ptime_ms: int
    sends: bool
    receives: bool
    rtcp_mux: bool = False
    crypto: Crypto | None = None
    fingerprint: str = ""
    setup: str = ""
    line: int = 0
    layout: tuple[tuple[str, str, str], ...] = ()

    @property
    def held(self) -> bool:
        """The other side has put us on hold: it does not listen."""
        return not self.sends

    @property
    def direction(self) -> Direction:
        return _NAMES[SEND * self.sends | RECEIVE * self.receives]


class NotAcceptableError(Exception):
    """No line of it can be agreed on: 488. warning: for the header, "304 media type not available"."""

    def __init__(self, warning: str) -> None:
        super().__init__(warning)
        self.warning = warning


# -- reading -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """A format of a line that we have a name for."""

    payload_type: int
    codec: str
    fmtp: str


def _formats(media: sdp.Media, known: Sequence[str]) -> tuple[list[_Found], int | None, int | None]:
    """Codecs among `known`, in the order of the line; payload types of events and of comfort noise."""
    found: list[_Found] = []
    events: int | None = None
    noise: int | None = None
    for text in media.formats:
        if not text.isdigit() or int(text) > 127:
            continue
        number = int(text)
        rtpmap = media.rtpmap.get(number)
        if rtpmap is None:
            continue
        encoding, clock, channels = rtpmap.encoding.lower(), rtpmap.clock, rtpmap.channels
        if encoding == _EVENTS:
            events = number if events is None and clock == 8000 else events
        elif encoding == "cn" and clock == 8000:
            noise = number
        else:
            for name in known:
                codec = CODECS[name]
                if (codec.encoding.lower(), codec.clock, codec.channels) == (encoding, clock, channels):
                    found.append(_Found(number, name, media.fmtp.get(number, "")))
                    break
    return found, events, noise


def _ptime(media: sdp.Media, wanted: int) -> int:
    """Of what we send: what they ask for, not more than they can, in steps of 10 ms."""
    ptime = media.ptime or wanted
    if media.maxptime:
        ptime = min(ptime, media.maxptime)
    return max(_PTIMES[0], min(ptime // 10 * 10, _PTIMES[-1]))


def _bits(session: sdp.Session, media: sdp.Media) -> int:
    """What the other side does: SEND, RECEIVE."""
    bits = _DIRECTIONS.get(media.direction or session.direction or "sendrecv", SEND | RECEIVE)
    if _host(session, media) in ("0.0.0.0", "::"):
        bits &= ~RECEIVE  # RFC 3264 §8.4: the hold of RFC 2543
    return bits


def _host(session: sdp.Session, media: sdp.Media) -> str:
    return media.connection or session.connection or ""


def _mirror(bits: int) -> int:
    return (SEND if bits & RECEIVE else 0) | (RECEIVE if bits & SEND else 0)


def _security(media: sdp.Media, session: sdp.Session, capability: Capability) -> str:
    """ "plain" | "sdes" | "dtls" | "" (not to be had)."""
    wish = capability.srtp
    fingerprint = media.fingerprint or session.fingerprint
    sdes = any(row.suite in SUITES for row in media.crypto)
    if media.proto in _DTLS:
        return "dtls" if wish in ("dtls", "offer") and fingerprint else ""
    if media.proto in _SECURE:
        if sdes:
            return "sdes" if wish in ("sdes", "offer") else ""
        return "dtls" if fingerprint and wish in ("dtls", "offer") else ""
    if media.proto in _PLAIN:
        if wish in ("sdes", "offer") and sdes:
            return "sdes"  # opportunistic, RFC 8643
        if wish in ("dtls", "offer") and fingerprint:
            return "dtls"
        return "plain" if wish in ("no", "offer") else ""
    return ""


def _crypto(media: sdp.Media, local: Local) -> Crypto | None:
    for row in media.crypto:
        if row.suite in SUITES and row.suite in local.keys:
            return Crypto(row.suite, row.tag, local.keys[row.suite], row.key)
    return None


# -- answering -----------------------------------------------------------------------------------------------------------


def make_answer(
    offer: sdp.Session, capability: Capability, local: Local, *, listens: bool = True
) -> tuple[bytes, Agreed]:
    """The answer and what it agrees on. listens: False: we are on hold of our own and receive nothing. NotAcceptableError."""
    agreed: Agreed | None = None
    warning = "304 media type not available"
    for number, media in enumerate(offer.media):
        if media.kind != "audio" or not media.port:
            continue
        try:
            agreed = _agree(offer, media, capability, local, number)
        except NotAcceptableError as error:
            warning = error.warning
            continue
        break
    if agreed is None:
        held = next((n for n, media in enumerate(offer.media) if media.kind == "audio" and not media.port), None)
        if held is None:
            raise NotAcceptableError(warning)
        agreed = _nothing(held)  # the stream is taken out of the session: not refused, answered with 0 (RFC 3264 §8.2)
    if not listens:
        agreed = replace(agreed, receives=False)
    agreed = replace(agreed, layout=tuple((m.kind, m.proto, " ".join(m.formats) or "0") for m in offer.media))
    return _write(capability, local, agreed, _lines_of(agreed, capability, local, offered=offer)), agreed


def _nothing(line: int) -> Agreed:
    return Agreed("", 0, 0, "alaw", 8, "", {}, None, None, None, 20, False, False, line=line)


def _agree(offer: sdp.Session, media: sdp.Media, capability: Capability, local: Local, number: int) -> Agreed:
    security = _security(media, offer, capability)
    crypto = _crypto(media, local) if security == "sdes" else None
    if not security or (security == "sdes" and crypto is None) or (security == "dtls" and not local.fingerprint):
        raise NotAcceptableError("302 incompatible transport protocol")
    found, events, noise = _formats(media, capability.codecs)
    if not found:
        raise NotAcceptableError("305 incompatible media format")
    best = min(found, key=lambda row: capability.codecs.index(row.codec))
    bits = _mirror(_bits(offer, media))
    mux = capability.rtcp_mux and media.rtcp_mux
    receive = {best.payload_type: best.codec}
    if not capability.events:
        events = None
    if not capability.noise:
        noise = None
    return Agreed(
        _host(offer, media),
        media.port,
        media.port if mux else media.rtcp_port or media.port + 1,
        best.codec,
        best.payload_type,
        best.fmtp,
        receive,
        events,
        events,
        noise,
        _ptime(media, capability.ptime_ms),
        bool(bits & SEND),
        bool(bits & RECEIVE),
        mux,
        crypto,
        (media.fingerprint or offer.fingerprint) if security == "dtls" else "",
        ("active" if (media.setup or offer.setup) == "passive" else "passive") if security == "dtls" else "",
        number,
    )


def _lines_of(agreed: Agreed, capability: Capability, local: Local, *, offered: sdp.Session) -> list[str]:
    """All m-lines of an answer."""
    lines: list[str] = []
    for number, media in enumerate(offered.media):
        if number != agreed.line or not agreed.port:
            lines.append(f"m={media.kind} 0 {media.proto} {' '.join(media.formats) or '0'}")
            continue
        codec = CODECS[agreed.codec]
        rows = [(agreed.payload_type, codec.rtpmap, _answer_fmtp(codec, agreed.fmtp))]
        if agreed.noise is not None:
            rows.append((agreed.noise, "CN/8000", ""))
        if agreed.events_receive is not None:
            rows.append((agreed.events_receive, f"{_EVENTS}/8000", "0-15"))
        lines += _audio(local, media.proto, rows, agreed.ptime_ms, agreed.direction)
        if agreed.rtcp_mux:
            lines.append("a=rtcp-mux")
        if agreed.crypto is not None:
            lines.append(f"a=crypto:{agreed.crypto.tag} {agreed.crypto.suite} inline:{agreed.crypto.ours}")
        if agreed.setup:
            lines += [f"a=fingerprint:{local.fingerprint}", f"a=setup:{agreed.setup}"]
    return lines


def _answer_fmtp(codec: Codec, theirs: str) -> str:
    """A format whose parameters must be the same both ways is answered as it was offered."""
    if codec.name == "g729":
        return "annexb=no" if "annexb=no" in theirs.replace(" ", "") else codec.fmtp
    return theirs if codec.name in ("amr", "ilbc") else codec.fmtp


def _audio(local: Local, proto: str, rows: Sequence[tuple[int, str, str]], ptime_ms: int, direction: str) -> list[str]:
    lines = [f"m=audio {local.port} {proto} {' '.join(str(number) for number, _, _ in rows)}"]
    for number, rtpmap, fmtp in rows:
        lines.append(f"a=rtpmap:{number} {rtpmap}")
        if fmtp:
            lines.append(f"a=fmtp:{number} {fmtp}")
    return [*lines, f"a=ptime:{ptime_ms}", f"a={direction}"]


def _write(_capability: Capability, local: Local, _agreed: Agreed | None, media: Sequence[str]) -> bytes:
    family = "IP6" if ":" in local.address else "IP4"
    head = [
        "v=0",
        f"o=- {local.session} {local.version} IN {family} {local.address}",
        "s=-",
        f"c=IN {family} {local.address}",
        "t=0 0",
    ]
    return ("\r\n".join([*head, *media]) + "\r\n").encode()


# -- offering ------------------------------------------------------------------------------------------------------------


def make_offer(
    capability: Capability, local: Local, *, direction: str = "sendrecv", before: Agreed | None = None
) -> bytes:
    """An offer. before: what has been agreed until now, whose lines and payload types are kept."""
    rows: list[tuple[int, str, str]] = []
    taken: dict[int, str] = dict(before.receive) if before is not None else {}
    numbers = {name: number for number, name in taken.items()}
    events = before.events_receive if before is not None and before.events_receive is not None else _EVENT_TYPE
    for name in capability.codecs:
        codec = CODECS[name]
        number = numbers.get(name, codec.payload_type)
        if number == events or (name not in numbers and number in taken):
            number = next(n for n in range(105, 128) if n not in taken and n != events)
        taken[number] = name
        rows.append((number, codec.rtpmap, codec.fmtp))
    if capability.noise:
        rows.append((_NOISE_TYPE, "CN/8000", ""))
    if capability.events:
        rows.append((events, f"{_EVENTS}/8000", "0-15"))
    secure = capability.srtp
    proto = {"sdes": "RTP/SAVP", "dtls": "UDP/TLS/RTP/SAVP"}.get(secure, "RTP/AVP")
    audio = _audio(local, proto, rows, capability.ptime_ms, direction)
    if capability.rtcp_mux:
        audio.append("a=rtcp-mux")
    if secure in ("sdes", "offer"):
        wanted = [suite for suite in reversed(SUITES) if suite in local.keys]
        audio += [f"a=crypto:{n} {suite} inline:{local.keys[suite]}" for n, suite in enumerate(wanted, 1)]
    if secure == "dtls":
        audio += [f"a=fingerprint:{local.fingerprint}", "a=setup:actpass"]
    lines: list[str] = []
    for number, (kind, their_proto, formats) in enumerate(before.layout if before is not None else ()):
        lines += audio if before is not None and number == before.line else [f"m={kind} 0 {their_proto} {formats}"]
    return _write(capability, local, before, lines or audio)


def offered_types(offer: bytes) -> dict[int, str]:
    """By payload type, the codecs of an offer of ours."""
    session = sdp.parse(offer)
    return {
        row.payload_type: row.codec
        for media in session.media
        if media.kind == "audio" and media.port
        for row in _formats(media, tuple(CODECS))[0]
    }


def read_answer(answer: sdp.Session, offer: bytes, capability: Capability, local: Local) -> Agreed:
    """What an answer to `offer` (of ours) agrees on. NotAcceptableError: nothing that we could use."""
    ours = sdp.parse(offer)
    number = next(n for n, media in enumerate(ours.media) if media.kind == "audio" and media.port)
    mine = ours.media[number]
    if len(answer.media) <= number or answer.media[number].kind != "audio":
        raise NotAcceptableError("304 media type not available")
    media = answer.media[number]
    layout = tuple((m.kind, m.proto, " ".join(m.formats) or "0") for m in ours.media)
    if not media.port:
        raise NotAcceptableError("304 media type not available")
    offered, our_events, our_noise = _formats(mine, capability.codecs)
    found, events, noise = _formats(media, capability.codecs)
    known = {row.codec for row in offered}
    best = next((row for row in found if row.codec in known), None)
    if best is None:
        raise NotAcceptableError("305 incompatible media format")
    crypto: Crypto | None = None
    setup = fingerprint = ""
    if media.crypto and capability.srtp in ("sdes", "offer"):
        row = media.crypto[0]
        sent = {offered.tag: offered for offered in mine.crypto}
        if row.tag not in sent or sent[row.tag].suite != row.suite:
            raise NotAcceptableError("302 incompatible transport protocol")
        crypto = Crypto(row.suite, row.tag, local.keys[row.suite], row.key)
    elif capability.srtp == "dtls":
        fingerprint = media.fingerprint or answer.fingerprint
        if not fingerprint:
            raise NotAcceptableError("302 incompatible transport protocol")
        setup = "passive" if (media.setup or answer.setup) == "active" else "active"
    elif capability.srtp == "sdes":
        raise NotAcceptableError("302 incompatible transport protocol")
    bits = _mirror(_bits(answer, media)) & _DIRECTIONS[mine.direction or "sendrecv"]
    mux = capability.rtcp_mux and media.rtcp_mux
    receive = {row.payload_type: row.codec for row in offered}
    receive.setdefault(best.payload_type, best.codec)  # asymmetric numbers are against RFC 3264 §6.1, but are met
    return Agreed(
        _host(answer, media),
        media.port,
        media.port if mux else media.rtcp_port or media.port + 1,
        best.codec,
        best.payload_type,
        best.fmtp,
        receive,
        events if our_events is not None else None,
        our_events if events is not None else None,
        noise if our_noise is not None else None,
        _ptime(media, capability.ptime_ms),
        bool(bits & SEND),
        bool(bits & RECEIVE),
        mux,
        crypto,
        fingerprint,
        setup,
        number,
        layout,
    )
