"""Who calls and who is called, out of SIP headers and into them."""

import pytest

from xunhu.call.sip_party import (
    called_party,
    calling_party,
    digits_of,
    from_header,
    identity_headers,
    redirecting_party,
)
from xunhu.call.trunk import CallRequest, Party
from xunhu.sip.message import NameAddr, SipMessage, parse

INVITE = """\
INVITE {uri} SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1
Max-Forwards: 70
From: {sender};tag=1
To: <sip:x@192.0.2.9>
Call-ID: 1@192.0.2.1
CSeq: 1 INVITE
{more}Content-Length: 0

"""


def invite(uri: str = "sip:4000@192.0.2.9", sender: str = '"Li" <sip:138@192.0.2.1>', *more: str) -> SipMessage:
    text = INVITE.format(uri=uri, sender=sender, more="".join(line + "\n" for line in more))
    return parse(text.replace("\n", "\r\n").encode())


@pytest.mark.parametrize(
    ("uri", "party"),
    [
        ("sip:4006000998@pbx.example.cn", Party("4006000998")),
        ("sip:+8675512345678@pbx.example.cn;user=phone", Party("8675512345678", "international")),
        ("sip:0755-1234(5678)@pbx.example.cn", Party("075512345678")),
        ("sip:8001;phone-context=pbx@pbx.example.cn", Party("8001")),
        ("sips:8001@pbx.example.cn", Party("8001")),
        ("sip:*98%23@pbx.example.cn", Party("*98#")),
        ("tel:+86-755-12345678", Party("8675512345678", "international")),
        ("tel:8001;phone-context=example.cn", Party("8001")),
        ("sip:alice@pbx.example.cn", Party("alice")),
        ("sip:pbx.example.cn", Party("")),
    ],
)
def test_called(uri: str, party: Party) -> None:
    assert called_party(invite(uri)) == party


@pytest.mark.parametrize(
    ("sender", "more", "trusted", "party"),
    [
        ('"Li" <sip:13800138000@192.0.2.1>', (), False, Party("13800138000")),
        ("<sip:+8613800138000@192.0.2.1;user=phone>", (), False, Party("8613800138000", "international")),
        ("sip:138@192.0.2.1", (), False, Party("138")),
        ('"Anonymous" <sip:anonymous@anonymous.invalid>', (), False, Party("", presentation="restricted")),
        ("<sip:192.0.2.1>", (), False, None),
        ("<sip:1@h>", ("P-Asserted-Identity: <sip:2@h>",), False, Party("1")),
        ("<sip:1@h>", ("P-Asserted-Identity: <sip:2@h>",), True, Party("2", screening="network")),
        ("<sip:1@h>", ("P-Asserted-Identity: <tel:+862>",), True, Party("862", "international", screening="network")),
        ("<sip:1@h>", ("P-Asserted-Identity: <sip:h>, <tel:3>",), True, Party("3", screening="network")),
        (
            '"Anonymous" <sip:anonymous@anonymous.invalid>',
            ("P-Asserted-Identity: <sip:13800138000@h>", "Privacy: id"),
            True,
            Party("13800138000", presentation="restricted", screening="network"),
        ),
        ("<sip:1@h>", ("Privacy: user;critical",), False, Party("1", presentation="restricted")),
        ("<sip:1@h>", ("Privacy: none",), False, Party("1")),
        ("<sip:1@h>", ("P-Asserted-Identity: <<<",), True, Party("1")),
    ],
)
def test_calling(sender: str, more: tuple[str, ...], trusted: bool, party: Party | None) -> None:
    assert calling_party(invite("sip:4000@h", sender, *more), trusted=trusted) == party


@pytest.mark.parametrize(
    ("more", "party"),
    [
        ((), None),
        (("Diversion: <sip:8001@h>;reason=no-answer",), Party("8001", screening="passed")),
        (("Diversion: <sip:8001@h>;reason=unconditional, <sip:8002@h>",), Party("8001", screening="passed")),
        (("Diversion: <sip:8001@h>;privacy=full",), Party("8001", presentation="restricted", screening="passed")),
        (("Diversion: <tel:+8613800138000>",), Party("8613800138000", "international", screening="passed")),
        (
            ("History-Info: <sip:8001@h>;index=1, <sip:8002@h>;index=1.1, <sip:8003@h>;index=1.1.1",),
            Party("8002", screening="passed"),
        ),
        (
            ("History-Info: <sip:8001@h?Privacy=history>;index=1", "History-Info: <sip:8002@h>;index=1.1"),
            Party("8001", presentation="restricted", screening="passed"),
        ),
        (("History-Info: <sip:8001@h>;index=1",), None),
    ],
)
def test_redirecting(more: tuple[str, ...], party: Party | None) -> None:
    assert redirecting_party(invite("sip:4000@h", "<sip:1@h>", *more)) == party


def test_digits() -> None:
    assert [digits_of(text) for text in ("+86 (755) 1", "1.2-3", "x-y", "+", "")] == ["+867551", "123", "x-y", "+", ""]


def test_what_we_send_is_what_a_trusted_peer_reads() -> None:
    for calling in (
        Party("13800138000"),
        Party("8613800138000", "international"),
        Party("13800138000", presentation="restricted"),
    ):
        request = CallRequest("4000", calling, Party("8001"), display='L"i\\')
        sender = from_header(request, "", "pbx.example.cn")
        headers = [f"{name}: {value}" for name, value in identity_headers(request, "pbx.example.cn", trusted=True)]
        read = invite("sip:4000@h", sender, *headers)
        party = calling_party(read, trusted=True)
        assert party == Party(calling.digits, calling.type, calling.presentation, "network")
        assert redirecting_party(read) == Party("8001", screening="passed")
        if calling.presentation == "restricted":
            assert calling_party(read, trusted=False) == Party("", presentation="restricted")
            assert "13800138000" not in sender
        else:
            assert NameAddr.parse(sender).display.replace("\\", "") == 'L"i'


def test_nothing_is_asserted_to_those_who_are_not_trusted() -> None:
    request = CallRequest("4000", Party("138", presentation="restricted"), Party("8001"))
    assert identity_headers(request, "h", trusted=False) == [("Privacy", "id")]


def test_a_caller_without_a_number_is_the_trunk() -> None:
    assert from_header(CallRequest("4000"), "075512345678", "h") == "<sip:075512345678@h>"
    assert from_header(CallRequest("4000"), "", "h") == "<sip:h>"
