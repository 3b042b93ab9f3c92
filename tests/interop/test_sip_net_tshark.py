"""What the registrar, the authority and the notifier write, as tshark reads it: nothing malformed, and the same values."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from xunhu.sip.address import Address
from xunhu.sip.authority import Authority
from xunhu.sip.location import Location
from xunhu.sip.message import SipMessage, request, response
from xunhu.sip.notifier_bodies import (
    CONTENT_TYPES,
    DialogState,
    MessageSummary,
    PresenceState,
    dialog_info,
    message_summary,
    pidf,
)
from xunhu.sip.registrar import Registrar

pytestmark = pytest.mark.interop
E = "sip:8001@example.com"


def decoded(folder: Path, message: SipMessage, *fields: str) -> list[list[str]]:
    """Of one message in a UDP datagram: all values of each field, as tshark reads them."""
    octets = message.encode()
    lines = [f"{at:06x} {octets[at : at + 16].hex(' ')}" for at in range(0, len(octets), 16)]
    (folder / "hex").write_text("\n".join(lines) + "\n")
    subprocess.run(["text2pcap", "-q", "-u", "5060,5060", folder / "hex", folder / "pcap"], check=True, capture_output=True)
    options = [word for field in ("_ws.malformed", *fields) for word in ("-e", field)]
    done = subprocess.run(
        ["tshark", "-r", folder / "pcap", "-T", "fields", "-E", "aggregator=|", *options], check=True, capture_output=True, text=True
    )  # fmt: skip
    malformed, *rows = done.stdout.rstrip("\n").split("\t")
    assert not malformed
    return [row.split("|") if row else [] for row in rows]


def made(method: str, *headers: tuple[str, str], body: bytes = b"", content_type: str = "") -> SipMessage:
    base = [("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"), ("From", f"<{E}>;tag=1"), ("To", f"<{E}>"), ("Call-ID", "c1"), ("CSeq", f"1 {method}")]
    return request(method, "sip:example.com", [*base, *headers], body, content_type)


def test_challenges(tmp_path: Path) -> None:
    authority = Authority("example.com", b"k" * 32, lambda n: b"r" * n, {}.get)
    message = response(made("REGISTER"), 401, "", "t", authority.challenges(10**9, stale=True))
    realm, algorithm, qop, stale = decoded(tmp_path, message, "sip.auth.realm", "sip.auth.algorithm", "sip.auth.qop", "sip.auth.stale")
    assert (realm, algorithm, qop, stale) == (['"example.com"'] * 2, ["SHA-256", "MD5"], ['"auth"'] * 2, ["true"] * 2)


def test_contacts_of_an_answer(tmp_path: Path) -> None:
    registrar = Registrar(Location())
    contacts = ("<sip:8001@192.0.2.5:5070;transport=tcp>;q=0.5", '<sip:8001@[2001:db8::5]>;+sip.instance="<urn:uuid:1>";reg-id=1')
    headers = [("Contact", contact) for contact in contacts]
    message = made("REGISTER", *headers, ("Supported", "outbound, path"), ("Path", "<sip:p@192.0.2.9;lr;ob>"))
    source = Address("udp", "192.0.2.5", 5070)
    reply = registrar.handle(message, "8001", source, source, 0, 0, 10**18)
    answer = response(message, reply.status, "", "t", list(reply.headers))
    host, port, status = decoded(tmp_path, answer, "sip.contact.host", "sip.contact.port", "sip.Status-Code")
    assert (sorted(host), port, status) == (["192.0.2.5", "[2001:db8::5]"], ["5070"], ["200"])


def notify(package: str, body: bytes) -> SipMessage:
    return made("NOTIFY", ("Event", package), ("Subscription-State", "active;expires=60"), body=body, content_type=CONTENT_TYPES[package])


def test_dialog_info(tmp_path: Path) -> None:
    """tshark does not look into this kind of XML; tests/sip/test_notifier.py reads it with lxml."""
    call = DialogState("1", "early", remote="sip:13800138000@example.com", remote_name='讯虎 "<&>"')
    message = notify("dialog", dialog_info(E, 3, [call], full=False))
    event, kind, length = decoded(tmp_path, message, "sip.Event", "sip.Content-Type", "sip.Content-Length")
    assert (event, kind, length) == (["dialog"], ["application/dialog-info+xml"], [str(len(message.body))])


def test_presence_and_messages(tmp_path: Path) -> None:
    (tags,) = decoded(tmp_path, notify("presence", pidf(E, PresenceState(True, True, "<&> 讯虎"))), "xml.tag")
    assert any("on-the-phone" in tag for tag in tags)
    event, kind = decoded(tmp_path, notify("message-summary", message_summary(E, MessageSummary(2, 8))), "sip.Event", "sip.Content-Type")
    assert (event, kind) == (["message-summary"], ["application/simple-message-summary"])
