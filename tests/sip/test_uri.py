"""URIs: RFC 3261 §19.1.3 and §19.1.4."""

from __future__ import annotations

import pytest

from xunhu.sip.errors import SipParseError
from xunhu.sip.uri import SipUri


@pytest.mark.parametrize(
    ("text", "scheme", "user", "password", "host", "port", "params", "headers"),
    [
        ("sip:alice@atlanta.com", "sip", "alice", "", "atlanta.com", None, {}, {}),
        (
            "sip:alice:secretword@atlanta.com;transport=tcp",
            "sip",
            "alice",
            "secretword",
            "atlanta.com",
            None,
            {"transport": "tcp"},
            {},
        ),
        (
            "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sips",
            "alice",
            "",
            "atlanta.com",
            None,
            {},
            {"subject": "project x", "priority": "urgent"},
        ),
        (
            "sip:+1-212-555-1212:1234@gateway.com;user=phone",
            "sip",
            "+1-212-555-1212",
            "1234",
            "gateway.com",
            None,
            {"user": "phone"},
            {},
        ),
        ("sips:1212@gateway.com", "sips", "1212", "", "gateway.com", None, {}, {}),
        ("sip:alice@192.0.2.4:5070", "sip", "alice", "", "192.0.2.4", 5070, {}, {}),
        (
            "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
            "sip",
            "",
            "",
            "atlanta.com",
            None,
            {"method": "REGISTER"},
            {"to": "alice@atlanta.com"},
        ),
        ("sip:alice;day=tuesday@atlanta.com", "sip", "alice;day=tuesday", "", "atlanta.com", None, {}, {}),
        (
            "SIP:Alice@Atlanta.COM;LR;Maddr=[2001:db8::1]",
            "sip",
            "Alice",
            "",
            "Atlanta.COM",
            None,
            {"lr": "", "maddr": "[2001:db8::1]"},
            {},
        ),
        ("sip:%E5%8C%97@b_c.d", "sip", "北", "", "b_c.d", None, {}, {}),
    ],
)
def test_parts(
    text: str,
    scheme: str,
    user: str,
    password: str,
    host: str,
    port: int | None,
    params: dict[str, str],
    headers: dict[str, str],
) -> None:
    uri = SipUri.parse(text)
    assert (uri.scheme, uri.user, uri.password, uri.host, uri.port) == (scheme, user, password, host, port)
    assert (uri.params, uri.headers) == (params, headers)
    assert str(uri) == text
    made = SipUri(scheme, user, host, port, params, headers, password)
    assert made == uri
    assert SipUri.parse(str(made)) == uri


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
        ("sip:a%2cb@x", "sip:a%2Cb@x"),
    ],
)
def test_equal(one: str, other: str) -> None:
    a, b = SipUri.parse(one), SipUri.parse(other)
    assert a == b
    assert b == a
    assert hash(a) == hash(b)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ("sip:bob@biloxi.com", "sips:bob@biloxi.com"),
        ("sip:bob:a@biloxi.com", "sip:bob:b@biloxi.com"),
        ("sip:a%2cb@x", "sip:a,b@x"),  # "," is reserved
    ],
)
def test_not_equal(one: str, other: str) -> None:
    assert SipUri.parse(one) != SipUri.parse(other)
    assert SipUri.parse(one) != one


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 400),
        ("alice", 400),
        ("tel:+1", 416),
        ("http://x", 416),
        ("sip:", 400),
        ("sip:a b@c", 400),
        ("sip:a@b;", 400),
        ("sip:a@b;x;x", 400),
        ("sip:a@b?", 400),
        ("sip:a@b?=1", 400),
        ("sip:a@b@c", 400),
        ("sip:a@b:", 400),
        ("sip::p@b", 400),
        ("sip:a@b%2", 400),
        ("sip:" + "a" * 3000, 414),
    ],
)
def test_refused(text: str, status: int) -> None:
    with pytest.raises(SipParseError) as caught:
        SipUri.parse(text)
    assert caught.value.status == status


def test_replace() -> None:
    uri = SipUri.parse("sip:alice@atlanta.com:5070;transport=tcp?a=b")
    assert str(uri.replace(port=None, headers={}, user="bob")) == "sip:bob@atlanta.com;transport=tcp"
    assert str(uri.replace(params={}, host="::1")) == "sip:alice@[::1]:5070?a=b"
    assert uri.transport == "tcp"
