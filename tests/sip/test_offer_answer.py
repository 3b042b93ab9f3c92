"""RFC 3264: what is offered, answered and agreed; both sides of a session are ours in some, descriptions of others in the rest."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu.sip import sdp
from xunhu.sip.offer_answer import (
    CODECS,
    SUITES,
    Agreed,
    Capability,
    Local,
    NotAcceptableError,
    make_answer,
    make_offer,
    read_answer,
)

KEYS = {suite: f"{n}" * 40 for n, suite in enumerate(SUITES)}
HERE = Local("192.0.2.1", 16384, 7, 7)
THERE = Local("192.0.2.2", 30000, 9, 9)
G711 = Capability()


def offer(*media: str, head: str = "c=IN IP4 198.51.100.7\n") -> sdp.Session:
    text = f"v=0\no=- 1 1 IN IP4 198.51.100.7\ns=x\n{head}t=0 0\n" + "".join(line + "\n" for line in media)
    return sdp.parse(text.replace("\n", "\r\n").encode())


def answered(session: sdp.Session, capability: Capability = G711) -> tuple[sdp.Session, Agreed]:
    octets, agreed = make_answer(session, capability, HERE)
    return sdp.parse(octets), agreed


AUDIO = ("m=audio 4000 RTP/AVP 0 8 101", "a=rtpmap:101 telephone-event/8000")


def test_an_answer_names_one_codec_the_one_that_we_like_most() -> None:
    answer, agreed = answered(offer(*AUDIO))
    (media,) = answer.media
    assert (agreed.host, agreed.port, agreed.codec, agreed.payload_type) == ("198.51.100.7", 4000, "alaw", 8)
    assert (agreed.events, agreed.noise, agreed.ptime_ms) == (101, None, 20)
    assert (agreed.sends, agreed.receives, agreed.held) == (True, True, False)
    assert dict(agreed.receive) == {8: "alaw"}
    assert (media.port, media.formats, media.direction, media.ptime) == (16384, ["8", "101"], "sendrecv", 20)
    assert media.fmtp[101] == "0-15"
    assert answer.connection == "192.0.2.1"
    assert answered(offer(*AUDIO), Capability(("ulaw", "alaw")))[1].codec == "ulaw"


def test_every_line_is_answered() -> None:
    answer, agreed = answered(
        offer(
            "m=video 5000 RTP/AVP 31",
            "m=audio 4002 RTP/AVP 97",
            "a=rtpmap:97 speex/8000",
            *AUDIO,
            "m=audio 4004 RTP/AVP 8",
            "m=image 6000 udptl t38",
            "m=application 7000 UDP/BFCP *",
        )
    )
    assert [(m.kind, m.proto, m.port) for m in answer.media] == [
        ("video", "RTP/AVP", 0),
        ("audio", "RTP/AVP", 0),
        ("audio", "RTP/AVP", 16384),
        ("audio", "RTP/AVP", 0),
        ("image", "udptl", 0),
        ("application", "UDP/BFCP", 0),
    ]
    assert agreed.line == 2
    assert len(agreed.layout) == 6
    # an offer of ours, later, has all of them in the same order (§8)
    again = sdp.parse(make_offer(G711, HERE, before=agreed))
    assert [(m.kind, m.proto, m.port) for m in again.media] == [(m.kind, m.proto, m.port) for m in answer.media]
    assert again.media[4].formats == ["t38"]
    assert "101" in again.media[2].formats


@pytest.mark.parametrize(
    ("media", "warning"),
    [
        (("m=video 5000 RTP/AVP 31",), "304"),
        (("m=audio 4000 RTP/AVP 97", "a=rtpmap:97 speex/8000"), "305"),
        (("m=audio 4000 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"), "305"),
        (("m=audio 4000 RTP/SAVP 8", f"a=crypto:1 {SUITES[1]} inline:{KEYS[SUITES[1]]}"), "302"),
        (("m=audio 4000 TCP/RTP/AVP 8",), "302"),
        ((), "304"),
    ],
)
def test_what_nobody_can_agree_on(media: tuple[str, ...], warning: str) -> None:
    with pytest.raises(NotAcceptableError) as caught:
        make_answer(offer(*media), G711, HERE)
    assert caught.value.warning.startswith(warning)


def test_a_stream_that_is_taken_out_is_answered_with_port_0() -> None:
    answer, agreed = answered(offer("m=audio 0 RTP/AVP 8"))
    assert answer.media[0].port == 0
    assert (agreed.port, agreed.held) == (0, True)


@pytest.mark.parametrize(
    ("head", "line", "ours", "held"),
    [
        ("c=IN IP4 198.51.100.7\n", "a=sendonly", "recvonly", True),
        ("c=IN IP4 198.51.100.7\n", "a=inactive", "inactive", True),
        ("c=IN IP4 198.51.100.7\n", "a=recvonly", "sendonly", False),
        ("c=IN IP4 198.51.100.7\n", "a=sendrecv", "sendrecv", False),
        ("c=IN IP4 198.51.100.7\na=sendonly\n", "a=ptime:20", "recvonly", True),
        ("c=IN IP4 0.0.0.0\n", "a=sendrecv", "recvonly", True),
        ("c=IN IP4 198.51.100.7\n", "c=IN IP4 0.0.0.0", "recvonly", True),
        ("c=IN IP6 ::\n", "a=inactive", "inactive", True),
    ],
)
def test_both_styles_of_hold(head: str, line: str, ours: str, held: bool) -> None:
    answer, agreed = answered(offer(*AUDIO, line, head=head))
    assert (answer.media[0].direction, agreed.direction, agreed.held) == (ours, ours, held)


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (("a=ptime:30",), 30),
        (("a=ptime:30", "a=maxptime:20"), 20),
        (("a=ptime:25",), 20),
        (("a=ptime:500",), 60),
        (("a=ptime:1",), 10),
        ((), 20),
    ],
)
def test_ptime(lines: tuple[str, ...], wanted: int) -> None:
    assert answered(offer(*AUDIO, *lines))[1].ptime_ms == wanted


def test_rtcp() -> None:
    assert answered(offer(*AUDIO))[1].rtcp_port == 4001
    assert answered(offer(*AUDIO, "a=rtcp:5555"))[1].rtcp_port == 5555
    answer, agreed = answered(offer(*AUDIO, "a=rtcp-mux"))
    assert (agreed.rtcp_port, agreed.rtcp_mux, answer.media[0].rtcp_mux) == (4000, True, True)
    assert not answered(offer(*AUDIO, "a=rtcp-mux"), replace(G711, rtcp_mux=False))[1].rtcp_mux


def test_what_we_do_not_want_is_not_answered() -> None:
    lines = ("m=audio 4000 RTP/AVP 8 13 96", "a=rtpmap:96 telephone-event/8000")
    answer, agreed = answered(offer(*lines))
    assert (agreed.events, agreed.noise, answer.media[0].formats) == (96, 13, ["8", "13", "96"])
    answer, agreed = answered(offer(*lines), Capability(events=False, noise=False))
    assert (agreed.events, agreed.noise, answer.media[0].formats) == (None, None, ["8"])


def test_g729_without_annex_b_stays_so() -> None:
    lines = ("m=audio 4000 RTP/AVP 18", "a=fmtp:18 annexb=no")
    answer, agreed = answered(offer(*lines), Capability(("g729",)))
    assert (agreed.codec, agreed.fmtp, answer.media[0].fmtp[18]) == ("g729", "annexb=no", "annexb=no")


def both(caller: Capability, callee: Capability, direction: str = "sendrecv") -> tuple[Agreed, Agreed]:
    """What the two ends of a session make of it."""
    local, remote = replace(HERE, keys=KEYS), replace(THERE, keys={s: k[::-1] for s, k in KEYS.items()})
    octets = make_offer(caller, local, direction=direction)
    answer, theirs = make_answer(sdp.parse(octets), callee, remote)
    return read_answer(sdp.parse(answer), octets, caller, local), theirs


@given(
    st.lists(st.sampled_from(sorted(CODECS)), min_size=1, unique=True),
    st.lists(st.sampled_from(sorted(CODECS)), min_size=1, unique=True),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["sendrecv", "sendonly", "recvonly", "inactive"]),
)
def test_two_ends_agree_on_the_same(
    ours: list[str], theirs: list[str], events: bool, noise: bool, direction: str
) -> None:
    caller, callee = Capability(tuple(ours)), Capability(tuple(theirs), events=events, noise=noise)
    if not set(ours) & set(theirs):
        with pytest.raises(NotAcceptableError):
            both(caller, callee, direction)
        return
    one, other = both(caller, callee, direction)
    assert one.codec == other.codec == next(name for name in theirs if name in ours)
    assert one.payload_type == other.payload_type
    assert other.payload_type in one.receive
    assert one.payload_type in other.receive
    assert (one.host, one.port, other.host, other.port) == ("192.0.2.2", 30000, "192.0.2.1", 16384)
    assert (one.events, one.noise) == (other.events, other.noise)
    assert (one.events is not None) == events
    assert (one.sends, one.receives) == (other.receives, other.sends)
    assert one.direction == direction
    assert one.rtcp_mux
    assert len({*one.receive, one.events_receive}) == len(one.receive) + 1, "no number means two things"


@pytest.mark.parametrize(
    ("caller", "callee", "secure"),
    [
        ("sdes", "sdes", True),
        ("offer", "sdes", True),
        ("offer", "offer", True),
        ("offer", "no", False),
        ("no", "offer", False),
        ("sdes", "no", None),
        ("no", "sdes", None),
    ],
)
def test_srtp(caller: str, callee: str, secure: bool | None) -> None:
    ours, theirs = Capability(srtp=caller), Capability(srtp=callee)
    if secure is None:
        with pytest.raises(NotAcceptableError):
            both(ours, theirs)
        return
    one, other = both(ours, theirs)
    if not secure:
        assert one.crypto is other.crypto is None
        return
    assert one.crypto is not None
    assert other.crypto is not None
    assert one.crypto.suite == other.crypto.suite == SUITES[-1], "the strongest first"
    assert (one.crypto.ours, one.crypto.theirs) == (other.crypto.theirs, other.crypto.ours)


def test_an_answer_with_a_key_for_what_was_not_offered_is_none() -> None:
    local = replace(HERE, keys=KEYS)
    octets = make_offer(Capability(srtp="sdes"), local)
    bad = offer("m=audio 4000 RTP/SAVP 8", f"a=crypto:9 {SUITES[1]} inline:{KEYS[SUITES[1]]}")
    with pytest.raises(NotAcceptableError):
        read_answer(bad, octets, Capability(srtp="sdes"), local)


def test_answers_that_are_none() -> None:
    octets = make_offer(G711, HERE)
    for answer in (
        offer(),
        offer("m=video 4000 RTP/AVP 31"),
        offer("m=audio 0 RTP/AVP 8"),
        offer("m=audio 4000 RTP/AVP 4"),
    ):
        with pytest.raises(NotAcceptableError):
            read_answer(answer, octets, G711, HERE)


def test_an_answer_of_several_codecs_means_the_first() -> None:
    agreed = read_answer(offer("m=audio 4000 RTP/AVP 0 8"), make_offer(G711, HERE), G711, HERE)
    assert (agreed.codec, dict(agreed.receive), agreed.events) == ("ulaw", {8: "alaw", 0: "ulaw"}, None)


def test_ipv6() -> None:
    octets, agreed = make_answer(
        offer(*AUDIO, head="c=IN IP6 2001:db8::7\n"), G711, replace(HERE, address="2001:db8::1")
    )
    assert agreed.host == "2001:db8::7"
    assert b"c=IN IP6 2001:db8::1\r\n" in octets


@given(st.lists(st.text("amcbvotrpi=:/ 0123456789\n*", max_size=40), max_size=12))
def test_any_description_is_answered_or_refused(lines: list[str]) -> None:
    try:
        session = offer(*lines)
    except sdp.SipParseError:
        return
    try:
        octets, agreed = make_answer(session, G711, HERE)
    except NotAcceptableError:
        return
    assert len(sdp.parse(octets).media) == len(session.media)
    assert agreed.line < len(session.media)
