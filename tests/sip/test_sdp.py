"""SDP: lines kept, views of offer and answer, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu.protocol.errors import LocalError
from xunhu.sip.errors import SipParseError
from xunhu.sip.sdp import Crypto, Media, Origin, RtpMap, Session, parse

OFFER = b"""v=0\r
o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r
s=Call to \xe5\x8c\x97\xe4\xba\xac \xff\r
i=SDP Offer #1\r
u=http://www.example.com/sdp.html\r
e=Jane Doe <jane@example.com>\r
p=+1 617 555-6011\r
c=IN IP4 198.51.100.1\r
b=CT:154798\r
t=0 0\r
r=604800 3600 0 90000\r
z=3730928400 -1h\r
k=clear:x\r
a=group:BUNDLE a1 v1\r
a=recvonly\r
a=fingerprint:SHA-256 19:E2:1C\r
m=audio 49170/2 RTP/SAVP 0 8 18 97 101 13 35 9\r
i=Audio\r
c=IN IP6 2001:db8::2\r
b=AS:64\r
a=rtpmap:97 iLBC/8000\r
a=rtpmap:101 telephone-event/8000\r
a=rtpmap:18 G729/8000/1\r
a=fmtp:97 mode=20\r
a=fmtp:101 0-15\r
a=fmtp:18 annexb=no\r
a=ptime:20.5\r
a=maxptime:60\r
a=rtcp:53020 IN IP6 2001:db8::3\r
a=rtcp-mux\r
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:32 KDR=1 UNENCRYPTED_SRTCP\r
a=crypto:2 AEAD_AES_128_GCM inline:AAAA;inline:BBBB\r
a=setup:actpass\r
a=mid:a1\r
a=candidate:1 1 UDP 2130706431 198.51.100.1 49170 typ host\r
a=ice-ufrag:8hhY\r
a=ice-pwd:asd88fgpdd777uzjYhagZg\r
a=sendonly\r
a=inactive\r
m=image 4000 udptl t38\r
a=T38FaxVersion:0\r
a=T38MaxBitRate:14400\r
a=T38FaxFillBitRemoval\r
m=video 0 RTP/AVP 31\r
"""


def test_every_line_is_kept() -> None:
    assert parse(OFFER).encode() == OFFER


def test_views_of_the_session() -> None:
    s = parse(OFFER)
    assert s.origin == Origin("jdoe", 3724394400, 3724394405, "IP4", "198.51.100.1")
    assert s.name == "Call to 北京 \udcff"
    assert (s.connection, s.direction, s.setup) == ("198.51.100.1", "recvonly", "")
    assert s.fingerprint == "SHA-256 19:E2:1C"
    assert s.groups == [("BUNDLE", ["a1", "v1"])]
    assert s.times == ["0 0"]
    assert s.bandwidth == {"CT": 154798}
    assert s.attributes[:2] == [("group", "BUNDLE a1 v1"), ("recvonly", None)]


def test_views_of_the_media() -> None:
    audio, image, video = parse(OFFER).media
    assert (audio.kind, audio.port, audio.port_count, audio.proto) == ("audio", 49170, 2, "RTP/SAVP")
    assert audio.formats == ["0", "8", "18", "97", "101", "13", "35", "9"]
    assert audio.rtpmap == {
        0: RtpMap("PCMU", 8000),
        8: RtpMap("PCMA", 8000),
        18: RtpMap("G729", 8000),
        97: RtpMap("iLBC", 8000),
        101: RtpMap("telephone-event", 8000),
        13: RtpMap("CN", 8000),
        9: RtpMap("G722", 8000),
    }
    assert audio.fmtp == {97: "mode=20", 101: "0-15", 18: "annexb=no"}
    assert (audio.ptime, audio.maxptime, audio.direction) == (20, 60, "inactive")
    assert (audio.connection, audio.bandwidth) == ("2001:db8::2", {"AS": 64})
    assert (audio.rtcp_port, audio.rtcp_address, audio.rtcp_mux) == (53020, "2001:db8::3", True)
    first, second = audio.crypto
    assert first == Crypto(
        1,
        "AES_CM_128_HMAC_SHA1_80",
        ("inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:32",),
        ("KDR=1", "UNENCRYPTED_SRTCP"),
    )
    assert (first.key, second.keys) == ("d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj", ("inline:AAAA", "inline:BBBB"))
    assert f"a=crypto:{first}\r\n".encode() in OFFER
    assert (audio.setup, audio.mid, audio.ice) == ("actpass", "a1", ("8hhY", "asd88fgpdd777uzjYhagZg"))
    assert audio.candidates == ["1 1 UDP 2130706431 198.51.100.1 49170 typ host"]
    assert (image.kind, image.proto, image.formats, image.rtpmap) == ("image", "udptl", ["t38"], {})
    assert (image.attribute("t38faxversion"), image.has("T38FaxFillBitRemoval")) == ("0", True)
    assert (video.port, video.rtpmap[31].clock) == (0, 90000)


def test_made_here() -> None:
    audio = Media("audio", 4000, "RTP/AVP", ["8", "101"], [("a", "rtpmap:101 telephone-event/8000")])
    s = Session.make(
        Origin("-", 1, 2, "IP6", "::1"), connection="IN IP6 ::1", attributes=[("sendonly", None)], media=[audio]
    )
    assert s.encode() == (
        b"v=0\r\no=- 1 2 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\na=sendonly\r\n"
        b"m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
    )
    audio.add("ptime", "30")
    assert audio.ptime == 30
    audio.remove("Ptime")
    assert audio.ptime == 0
    audio.add("x", "a\r\nb")
    with pytest.raises(LocalError):
        s.encode()


@pytest.mark.parametrize(
    ("attribute", "view", "value"),
    [
        ("rtpmap:96", "rtpmap", {}),
        ("rtpmap:96 X/0", "rtpmap", {}),
        ("rtpmap:96 X/8000/0", "rtpmap", {}),
        ("rtpmap:96 X/8000/1/1", "rtpmap", {}),
        ("rtpmap:x X/8000", "rtpmap", {}),
        ("rtpmap:96  x/8000", "rtpmap", {96: RtpMap("x", 8000)}),
        ("fmtp:", "fmtp", {}),
        ("ptime:much", "ptime", 0),
        ("rtcp:70000", "rtcp_port", 0),
        ("crypto:1 AES", "crypto", []),
        ("crypto:", "crypto", []),
        ("setup:maybe", "setup", ""),
        ("sendrecv:x", "direction", ""),
    ],
)
def test_faulty_attribute_is_not_there(attribute: str, view: str, value: object) -> None:
    data = f"v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nm=audio 1 RTP/AVP 96\r\na={attribute}\r\n".encode()
    session = parse(data)
    assert getattr(session.media[0], view) == value
    assert session.encode() == data


def test_line_ends_of_others() -> None:
    assert parse(OFFER.replace(b"\r\n", b"\n")).encode() == OFFER
    assert parse(OFFER.rstrip()).encode() == OFFER
    assert parse(OFFER + b"\r\n\r\n").encode() == OFFER


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"o=- 1 1 IN IP4 a\r\nv=0\r\n",
        b"v=1\r\no=- 1 1 IN IP4 a\r\n",
        b"v=0\r\n",
        b"v=0\r\no=- 1 1 IN IP4\r\n",
        b"v=0\r\no=- x 1 IN IP4 a\r\n",
        b"v=0\r\no=- 1 1 IN IP4 a\r\n =x\r\nxx=1\r\n",
        b"v=0\r\no=- 1 1 IN IP4 a\r\nm=audio\r\n",
        b"v=0\r\no=- 1 1 IN IP4 a\r\nm=audio x RTP/AVP 0\r\n",
        b"v=0\r\no=- 1 1 IN IP4 a\r\nm=audio 65536 RTP/AVP 0\r\n",
        b"v=0\r\no=- 1 1 IN IP4 a\r\nm=audio 1/0 RTP/AVP 0\r\n",
        b"v=0\r\no=- 1 1 IN IP4 a\r\n" + b"m=audio 1 RTP/AVP 0\r\n" * 65,
        b"v=0\r\no=- 1 1 IN IP4 a\r\n" + b"a=x\r\n" * 2048,
    ],
)
def test_refused(data: bytes) -> None:
    with pytest.raises(SipParseError) as caught:
        parse(data)
    assert caught.value.status == 400


VIEWS = (
    *("attributes", "connection", "bandwidth", "direction", "fingerprint", "setup", "ice"),
    *(
        "rtpmap",
        "fmtp",
        "ptime",
        "maxptime",
        "rtcp_port",
        "rtcp_address",
        "rtcp_mux",
        "crypto",
        "candidates",
        "mid",
        "m_line",
    ),
)
PIECES = [
    b"a=rtpmap:",
    b"a=fmtp:",
    b"a=crypto:",
    b"m=audio ",
    b"c=IN ",
    b"a=ptime:",
    b"a=rtcp:",
    b"\r\n",
    b" ",
    b"/",
    b"1",
    b"b=AS:",
]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=8)), max_size=40))
def test_any_octets(parts: list[bytes]) -> None:
    data = b"v=0\r\no=- 1 1 IN IP4 a\r\nm=audio 1 RTP/AVP 0\r\n" + b"".join(parts)
    try:
        session = parse(data)
    except SipParseError:
        return
    for media in session.media:
        for view in VIEWS:
            getattr(media, view)
    assert parse(session.encode()).encode() == session.encode()
