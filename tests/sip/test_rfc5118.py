"""RFC 5118: IPv6 in SIP; what each of its messages tests, by messages of our own."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu.sip import sdp
from xunhu.sip.chars import is_ipv6
from xunhu.sip.errors import SipParseError
from xunhu.sip.message import SipUri, Via, parse

HEAD = b"Via: %s\r\nFrom: <sip:a@example.org>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"
VIA = b"SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3"


def options(uri: bytes, via: bytes = VIA) -> bytes:
    return b"OPTIONS " + uri + b" SIP/2.0\r\n" + HEAD % via


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("sip:[2001:db8::10]", "2001:db8::10", None),  # 4.1
        ("sip:[2001:db8::10:5070]", "2001:db8::10:5070", None),  # 4.3: what looks like a port belongs to the address
        ("sip:[2001:db8::10]:5070", "2001:db8::10", 5070),  # 4.4
        ("sip:[::ffff:192.0.2.2]:5060", "::ffff:192.0.2.2", 5060),  # 4.10
        ("sip:[0:0:0:0:0:FFFF:129.144.52.38]", "0:0:0:0:0:FFFF:129.144.52.38", None),
    ],
)
def test_address_in_uri(text: str, host: str, port: int | None) -> None:
    uri = SipUri.parse(text)
    assert (uri.host, uri.port, str(uri), str(uri.replace(user="x"))) == (
        host,
        port,
        text,
        text.replace("sip:", "sip:x@"),
    )
    parse(options(text.encode())).check()


@pytest.mark.parametrize(
    "text",
    [
        "sip:2001:db8::10",  # 4.2
        "sip:[2001:db8::10",
        "sip:2001:db8::10]",
        "sip:[2001:db8:::10]",  # 4.10: three colons
        "sip:[:::ffff:192.0.2.2]",
        "sip:[2001:db8::10]5060",
        "sip:[fe80::1%25eth0]",
        "sip:[192.0.2.1]",
        "sip:[]",
    ],
)
def test_not_an_address(text: str) -> None:
    with pytest.raises(SipParseError) as caught:
        parse(options(text.encode())).check()
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("text", "received"),
    [
        (
            "SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3",
            "2001:db8::9:255",
        ),  # 4.5, with brackets
        (
            "SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3",
            "2001:db8::9:255",
        ),  # 4.5, as the grammar wants
    ],
)
def test_received(text: str, received: str) -> None:
    via = Via.parse(text)
    assert (via.host, via.received, via.branch, str(via)) == ("2001:db8::9:1", received, "z9hG4bKas3", text)


@given(
    st.one_of(
        st.ip_addresses(v=6).map(str),
        st.ip_addresses(v=6).map(lambda a: a.exploded),
        st.text(alphabet="0:12fFg.%5", max_size=24),
    )
)
def test_same_as_ipaddress(text: str) -> None:
    try:
        known = ipaddress.IPv6Address(text).scope_id is None
    except ipaddress.AddressValueError:
        known = False
    assert is_ipv6(text) == known


@pytest.mark.parametrize(
    "text", ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:1.2.3.4", "::1.2.3.4", "1:2:3:4:5:6:7::", "fe80::a:b"]
)
def test_addresses(text: str) -> None:
    assert is_ipv6(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        ":1",
        "1:",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1::2::3",
        ":::",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::1.2.3",
        "::1.2.3.04",
        "12345::",
    ],
)
def test_no_addresses(text: str) -> None:
    assert not is_ipv6(text)


def test_two_addresses_written_differently_compare() -> None:
    via = Via.parse("SIP/2.0/TCP [2001:DB8::9:1]:5061")
    assert via.sent_by == "[2001:db8::9:1]:5061"
    assert SipUri.parse("sip:[2001:DB8::1]") == SipUri.parse("sip:[2001:db8::1]")


def test_both_families_in_one_message() -> None:
    """4.6 and 4.8: a signalling path of both, media of the other one."""
    data = b"v=0\r\no=a 1 1 IN IP6 2001:db8::20\r\ns=-\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\nc=IN IP6 2001:db8::20\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n"
    assert [media.connection for media in sdp.parse(data).media] == ["2001:db8::20", "192.0.2.1"]
    message = parse(
        options(b"sip:b@[2001:db8::1]", VIA + b"\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx;received=192.0.2.99")
    )
    assert [via.host for via in message.vias] == ["2001:db8::9:1", "192.0.2.1"]
