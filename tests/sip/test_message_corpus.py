"""Messages of SIPp, sipsak, baresip and Linphone (tests/fuzz/corpus/sip_message), whole and damaged in a thousand ways: parsed or
refused by SipParseError, never anything else; what is parsed is written and read again as the same."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from xunhu.sip import sdp
from xunhu.sip.digest import parse_challenges, parse_credentials, verify
from xunhu.sip.errors import SipParseError
from xunhu.sip.message import SipMessage, StreamReader, parse, response

CORPUS = sorted((Path(__file__).parents[1] / "fuzz" / "corpus" / "sip_message").glob("*.sip"))
PIECES = (
    *(
        b"\r\n",
        b"\r\n\r\n",
        b"\r",
        b"\n",
        b"\r\n ",
        b'"',
        b"<",
        b">",
        b"\\",
        b";",
        b",",
        b":",
        b"@",
        b"%",
        b"%41",
        b"[",
        b"]",
        b"=",
        b"?",
        b"\x00",
    ),
    *(
        b"\xff",
        b"\xe5\x8c",
        b"SIP/2.0",
        b"Via: ",
        b"v:",
        b"Content-Length: 99999999999",
        b"l: -1",
        b"sip:",
        b";tag=",
        b"*",
    ),
)


def damaged(octets: bytes, dice: random.Random) -> bytes:
    """Cut, bits turned, parts doubled, taken out or moved, marks of the grammar put in."""
    out = bytearray(octets)
    for _ in range(dice.randint(1, 5)):
        at = dice.randrange(len(out)) if out else 0
        match dice.randrange(8):
            case 0:
                del out[at:]
            case 1 if out:
                out[at] ^= 1 << dice.randrange(8)
            case 2:
                del out[at : at + dice.randint(1, 20)]
            case 3:
                out[at:at] = out[dice.randrange(at + 1) :][: dice.randint(1, 60)]
            case _:
                out[at:at] = dice.choice(PIECES)
    return bytes(out)


def read_all(message: SipMessage) -> None:
    """Every view; SipParseError where one cannot be read."""
    views = (
        *("request_uri", "via", "vias", "from_", "to", "call_id", "cseq", "contacts", "routes", "record_routes"),
        *("max_forwards", "expires", "content_type"),
    )
    for view in views:
        try:
            got = getattr(message, view)
        except SipParseError as found:
            error = found
            got = None
        assert got is not None or view == "expires" or 400 <= error.status < 600
    for name, value in message.headers:
        message.items(name)
        parse_challenges([value])
        assert not verify(value, "INVITE", "none of theirs")


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_as_it_came(path: Path) -> None:
    octets = path.read_bytes()
    message = parse(octets)
    message.check()
    read_all(message)
    again = parse(message.encode())
    assert [row for row in again.headers if row[0] != "Content-Length"] == [
        row for row in message.headers if row[0] != "Content-Length"
    ]
    assert again.body == message.body
    if message.content_type == "application/sdp":
        session = sdp.parse(message.body)
        assert session.encode() == message.body
        assert session.media[0].rtpmap[0].encoding == "PCMU"
        assert session.connection
    if message.get("Authorization"):
        assert parse_credentials(message.get("Authorization")).nonce == "abc"
        assert verify(message.get("Authorization"), message.method, "secret")


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_damaged(path: Path) -> None:
    octets = path.read_bytes()
    dice = random.Random(path.name)
    read = 0
    for _ in range(600):
        data = damaged(octets, dice)
        fault = None
        try:
            message = parse(data)
        except SipParseError as error:
            fault = error
        if fault is None:
            read += 1
            assert parse(message.encode()).encode() == message.encode()
        else:
            assert fault.status in (400, 414, 416, 505)
            if fault.message is None:
                continue
            message = fault.message
            assert response(message, fault.status, fault.reason, to_tag="t").encode().startswith(b"SIP/2.0 ")
        read_all(message)
        try:
            body = sdp.parse(message.body)
        except SipParseError:
            continue
        assert sdp.parse(body.encode()).encode() == body.encode()
    assert read > 20


@pytest.mark.parametrize("seed", range(20))
def test_streams_in_pieces(seed: int) -> None:
    """Whatever comes in whatever pieces: the same messages as in one piece."""
    dice = random.Random(seed)
    parts = [path.read_bytes() for path in dice.sample(CORPUS, 6)]
    data = b"".join(damaged(part, dice) if dice.random() < 0.3 else part for part in parts)

    def read(sizes: list[int]) -> list[str]:
        reader, out, at = StreamReader(), [], 0
        for size in sizes:
            for got in reader.feed(data[at : at + size]):
                out.append(
                    f"{got.status} {got.reason}"
                    if isinstance(got, SipParseError)
                    else got.encode().decode("utf-8", "backslashreplace")
                )
            at += size
        return [*out, str(reader.broken)]

    whole = read([len(data)])
    assert read([1] * len(data)) == whole
    for _ in range(20):
        sizes: list[int] = []
        while sum(sizes) < len(data):
            sizes.append(dice.randint(1, 400))
        assert read(sizes) == whole
