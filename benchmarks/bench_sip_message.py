"""SIP messages: us of CPU to parse, to answer and to write one, beside sipmessage."""

from __future__ import annotations

from collections.abc import Callable

import common
import sipmessage

from xunhu.sip import digest, message_parse, sdp
from xunhu.sip.message import SipMessage, StreamReader, parse, response

SDP = (
    b"v=0\r\no=- 1636465382 1943763752 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n"
    b"m=audio 6682 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    b"a=fmtp:101 0-15\r\na=sendrecv\r\na=ptime:20\r\n"
)
INVITE = (
    b"INVITE sip:8001@192.0.2.1:5060 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.2:5071;branch=z9hG4bK944717453c48f7a9;rport\r\n"
    b"Max-Forwards: 70\r\n"
    b'From: "Anna" <sip:anna@192.0.2.1:5060>;tag=48bb6c4b62fae062\r\n'
    b"To: <sip:8001@192.0.2.1:5060>\r\n"
    b"Call-ID: d19dddbba7aede2c\r\n"
    b"CSeq: 53050 INVITE\r\n"
    b"Contact: <sip:anna@192.0.2.2:5071;transport=udp>\r\n"
    b"User-Agent: telephone 1.0.0\r\n"
    b"Allow: INVITE,ACK,BYE,CANCEL,OPTIONS,NOTIFY,SUBSCRIBE,INFO,MESSAGE,REFER\r\n"
    b"Supported: 100rel, timer, replaces\r\n"
    b"Content-Type: application/sdp\r\n"
    b"Content-Length: %d\r\n\r\n" % len(SDP)
) + SDP
CONTACT = [("Contact", "<sip:8001@192.0.2.1:5060>")]


def views() -> SipMessage:
    """Parsed, with what a stack looks at."""
    got = parse(INVITE)
    _ = (got.via, got.from_, got.to, got.call_id, got.cseq, got.contacts)
    return got


def their_views() -> sipmessage.Request:
    got = sipmessage.Message.parse(INVITE)
    assert isinstance(got, sipmessage.Request)
    _ = (got.via, got.from_address, got.to_address, got.call_id, got.cseq, got.contact)
    return got


def answered(request: SipMessage) -> bytes:
    return response(request, 200, to_tag="1234", headers=CONTACT, body=SDP, content_type="application/sdp").encode()


def their_answer(request: sipmessage.Request) -> bytes:
    """The same rows by their means: values that were read once are set as text."""
    out = sipmessage.Response(200, "OK", SDP)
    for name in ("Via", "From", "Call-ID", "CSeq"):
        out.headers.setlist(name, request.headers.getlist(name))
    out.headers.set("To", f"{request.headers['To']};tag=1234")
    out.headers.set("Contact", CONTACT[0][1])
    out.headers.set("Content-Type", "application/sdp")
    out.headers.set("Content-Length", str(len(SDP)))
    return bytes(out)


def offer() -> sdp.Session:
    """Parsed, with what an answer is made of."""
    session = sdp.parse(SDP)
    audio = session.media[0]
    _ = (
        audio.rtpmap,
        audio.fmtp,
        audio.ptime,
        audio.direction,
        audio.connection or session.connection,
        audio.crypto,
        audio.rtcp_mux,
    )
    return session


def main() -> None:
    options = common.parser(__doc__).parse_args()
    times, rounds = (20, 1) if options.quick else (4000, 9)
    ours, theirs = views(), their_views()
    challenge = digest.Challenge("example.com", "84f1c1ae6cbe5ua9c8e88dfa3ecm3459", "SHA-256")
    header = digest.authorization(challenge, "REGISTER", "sip:example.com", "8001", "secret", "0a4f113b", 1)
    reader = StreamReader()

    def each(work: Callable[[], object], count: int = times) -> float:
        def many() -> None:
            for _ in range(count):
                work()

        return common.cpu_us(many, count)

    few = max(times // 10, 5)
    figures = common.in_turns(
        rounds,
        lambda: each(views),
        lambda: each(their_views, few),
        lambda: each(lambda: answered(ours)),
        lambda: each(lambda: their_answer(theirs), few),
        lambda: each(lambda: answered(views())),
        lambda: each(lambda: their_answer(their_views()), few),
        lambda: each(lambda: reader.feed(INVITE)),
        lambda: each(offer),
        lambda: each(lambda: digest.verify(header, "REGISTER", "secret")),
    )
    report = common.Report("sip_message", "SIP messages, one core", options.quick)
    peer = "sipmessage"
    report.add(
        "INVITE with SDP, parsed, views of a stack", figures[0], "us", budget=10.0, peer=peer, peer_value=figures[1]
    )
    report.add("200 with SDP, built and written", figures[2], "us", budget=5.0, peer=peer, peer_value=figures[3])
    report.add("request parsed, response written", 1e6 / figures[4], "pairs/s", peer=peer, peer_value=1e6 / figures[5])
    report.add("INVITE from a stream, parsed", figures[6], "us")
    report.add("SDP parsed, views of an answer", figures[7], "us")
    report.add("digest verified, SHA-256", figures[8], "us")
    compiled = not str(message_parse.__file__).endswith(".py") and not str(sdp.__file__).endswith(".py")
    report.note("compiled" if compiled else "NOT COMPILED")
    report.print(options)


if __name__ == "__main__":
    main()
