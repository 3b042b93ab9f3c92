"""Messages: rows, views, writing, framing on a stream."""

from __future__ import annotations

import pytest

from xunhu.protocol.errors import LocalError
from xunhu.sip.message import NameAddr, SipMessage, SipParseError, SipUri, StreamReader, Via, parse, request, response

INVITE = (
    b"INVITE sip:bob@biloxi.example.com;transport=tcp SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP pc33.atlanta.example.com:5062;branch=z9hG4bKnashds8;rport\r\n"
    b"Max-Forwards: 70\r\n"
    b'f: "Alice \\"A\\"" <sip:alice@atlanta.example.com>;tag=1928301774\r\n'
    b"To: Bob <sip:bob@biloxi.example.com>\r\n"
    b"call-id: a84b4c76e66710@pc33\r\n"
    b"CSEQ: 314159 INVITE\r\n"
    b"m: <sip:alice@[2001:db8::1]:5070;transport=udp>;q=0.7\r\n"
    b"Record-Route: <sip:p2.example.com;lr>,\r\n <sip:p1.example.com;lr>\r\n"
    b"Content-Type: application/SDP ; charset=utf-8\r\n"
    b"k: 100rel, timer\r\n"
    b"X-Foo: caf\xe9\r\n"
    b"Content-Length: 3\r\n\r\nv=0"
)


def test_views_of_a_request() -> None:
    m = parse(INVITE)
    assert (m.method, m.uri, m.status, m.body) == ("INVITE", "sip:bob@biloxi.example.com;transport=tcp", 0, b"v=0")
    assert m.request_uri.transport == "tcp"
    assert (m.via.transport, m.via.host, m.via.port, m.via.branch) == (
        "UDP",
        "pc33.atlanta.example.com",
        5062,
        "z9hG4bKnashds8",
    )
    assert (m.via.rport, m.via.received, m.via.sent_by) == (0, "", "pc33.atlanta.example.com:5062")
    assert (m.from_.display, m.from_.tag, m.to.display, m.to.tag) == ('Alice "A"', "1928301774", "Bob", "")
    assert m.to.uri == SipUri("sip", "bob", "biloxi.example.com")
    assert (m.call_id, m.cseq, m.max_forwards) == ("a84b4c76e66710@pc33", (314159, "INVITE"), 70)
    (contact,) = m.contacts
    assert isinstance(contact.uri, SipUri)
    assert (contact.uri.host, contact.uri.port, contact.params) == ("2001:db8::1", 5070, {"q": "0.7"})
    assert [str(route.uri) for route in m.record_routes] == ["sip:p2.example.com;lr", "sip:p1.example.com;lr"]
    assert m.content_type == "application/sdp"
    assert m.items("Supported") == ["100rel", "timer"]
    assert [name for name, _ in m.headers][2:7] == ["From", "To", "Call-ID", "CSeq", "Contact"]


def test_octets_that_are_no_utf8_are_carried() -> None:
    assert b"\r\nX-Foo: caf\xe9\r\n" in parse(INVITE).encode()


def test_rows() -> None:
    m = parse(INVITE)
    m.add("x-foo", "2")
    assert m.all("X-FOO") == ["caf\udce9", "2"]
    m.set("x-Foo", "3")
    assert m.all("X-Foo") == ["3"]
    m.remove("X-foo")
    assert m.get("X-Foo", "none") == "none"
    m.set("Contact", "*")
    assert [c.uri for c in m.contacts] == ["*"]
    m.add("v", "SIP/2.0/TCP first.example", first=True)
    assert m.via.host == "first.example"
    assert len(m.vias) == 2


def test_line_end_within_a_value_is_refused() -> None:
    with pytest.raises(LocalError):
        request("OPTIONS", "sip:x", [("Subject", "a\r\nEvil: 1")]).encode()


@pytest.mark.parametrize(
    ("via", "host", "port", "text"),
    [
        (
            "SIP/2.0/UDP a.example;branch=1;rport",
            "192.0.2.1",
            999,
            "SIP/2.0/UDP a.example;branch=1;rport=999;received=192.0.2.1",
        ),
        ("SIP/2.0/UDP a.example;branch=1", "192.0.2.1", 999, "SIP/2.0/UDP a.example;branch=1;received=192.0.2.1"),
        ("SIP/2.0/UDP 192.0.2.1;branch=1", "192.0.2.1", 999, "SIP/2.0/UDP 192.0.2.1;branch=1"),
        (
            "SIP/2.0/UDP [2001:db8::1];rport;branch=1",
            "2001:db8::1",
            7,
            "SIP/2.0/UDP [2001:db8::1];rport=7;branch=1;received=2001:db8::1",
        ),
        ("SIP/2.0/UDP a;x, SIP/2.0/TCP b;y", "192.0.2.1", 9, "SIP/2.0/UDP a;x;received=192.0.2.1, SIP/2.0/TCP b;y"),
    ],
)
def test_stamped_via(via: str, host: str, port: int, text: str) -> None:
    m = request("OPTIONS", "sip:x", [("Via", via)])
    m.stamp_via(host, port)
    assert m.get("Via") == text
    assert str(m.via) == text.partition(", ")[0]


def test_response_copies_what_it_must() -> None:
    m = parse(INVITE)
    ringing = response(m, 180, to_tag="xyz", headers=[("m", "<sip:here>")])
    assert ringing.encode().splitlines() == [
        b"SIP/2.0 180 Ringing",
        *INVITE.splitlines()[1:2],
        b'From: "Alice \\"A\\"" <sip:alice@atlanta.example.com>;tag=1928301774',
        b"To: Bob <sip:bob@biloxi.example.com>;tag=xyz",
        b"Call-ID: a84b4c76e66710@pc33",
        b"CSeq: 314159 INVITE",
        b"Contact: <sip:here>",
        b"Content-Length: 0",
        b"",
    ]
    assert ringing.to.tag == "xyz"
    assert parse(ringing.encode()).status == 180
    m.set("To", "<sip:bob@b>;tag=1")
    assert response(m, 200, to_tag="other").to.tag == "1"


def test_faulty_request_can_be_answered() -> None:
    with pytest.raises(SipParseError) as caught:
        parse(INVITE.replace(b"CSEQ: 314159 INVITE", b"CSEQ: 314159 BYE"))
    error = caught.value
    assert (error.status, error.header) == (400, "CSeq")
    assert error.message is not None
    assert response(error.message, error.status, error.reason).get("Via") == parse(INVITE).get("Via")


def test_stream_in_any_pieces() -> None:
    whole = b"\r\n\r\n" + INVITE + b"\r\n" + INVITE.replace(b"CSEQ: 314159 INVITE", b"CSEQ: nonsense") + INVITE
    for size in (1, 2, 3, 7, 64, 1000, len(whole)):
        reader = StreamReader()
        got = [m for at in range(0, len(whole), size) for m in reader.feed(whole[at : at + size])]
        assert [type(m) for m in got] == [SipMessage, SipParseError, SipMessage]
        assert reader.pings == 1
        assert not reader.broken


def test_stream_without_length_breaks() -> None:
    reader = StreamReader()
    (error,) = reader.feed(INVITE.replace(b"Content-Length: 3\r\n", b""))
    assert isinstance(error, SipParseError)
    assert (error.status, error.header) == (400, "Content-Length")
    assert error.message is not None
    assert reader.broken
    assert reader.feed(INVITE) == []


def test_values_made_here() -> None:
    assert (
        str(Via("TLS", "::1", 5061, {"branch": "z9hG4bK1", "rport": ""}))
        == "SIP/2.0/TLS [::1]:5061;branch=z9hG4bK1;rport"
    )
    name = NameAddr('O"B', SipUri(user="1 2", host="h"), {"tag": "1"})
    assert str(name) == '"O\\"B" <sip:1%202@h>;tag=1'
    assert NameAddr.parse(str(name)).display == 'O"B'
    assert str(name.with_tag("")) == '"O\\"B" <sip:1%202@h>'
