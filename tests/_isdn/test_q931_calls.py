"""Q.931 §5.1 to §5.4, §5.7: calls between two machines, both ways."""

from __future__ import annotations

import pytest
from q931_pair import NORMAL, End, Pair

from xunhu._isdn import q931_codec as c
from xunhu._isdn import q931_ie as ie
from xunhu._isdn.primitives import (
    AlertingIndication,
    Bearer,
    Cause,
    DisconnectIndication,
    InformationIndication,
    NotifyIndication,
    Number,
    ProceedingIndication,
    Progress,
    ProgressIndication,
    ReleaseIndication,
    SetupAckIndication,
    SetupCompleteIndication,
    SetupConfirm,
    SetupIndication,
    SetupRequest,
)
from xunhu._isdn.q931 import NoChannelError
from xunhu.protocol.errors import LocalError

INBAND = Progress(8)


@pytest.fixture
def pair() -> Pair:
    return Pair()


def ends(pair: Pair, caller: str) -> tuple[End, End]:
    return (pair.user, pair.network) if caller == "user" else (pair.network, pair.user)


both_ways = pytest.mark.parametrize("caller", ["user", "network"])


@both_ways
@pytest.mark.parametrize("variant", ["NET5", "TR41459"])
def test_whole_call(caller: str, variant: str) -> None:
    pair = Pair(variant)
    a_end, b_end = ends(pair, caller)
    a, b = pair.talk(a_end)
    assert b_end.take(SetupCompleteIndication).call == b
    assert pair.state(a_end, a) == pair.state(b_end, b) == 10
    assert a_end.q.running_timers() == b_end.q.running_timers() == []
    channel = next(k.channel for k in a_end.q.calls())
    assert b_end.q.channel_states()[channel] == a_end.q.channel_states()[channel] == "busy"
    pair.clear(b_end, b, Cause(16, 0))
    over = pair.released(a_end, a)
    assert (over.cause.value, over.channel, over.by_peer) == (16, channel, True)
    assert pair.released(b_end, b).by_peer is False
    assert a_end.names() == ["SETUP", "CONNECT ACKNOWLEDGE", "RELEASE"]
    assert b_end.names() == ["CALL PROCEEDING", "ALERTING", "CONNECT", "DISCONNECT", "RELEASE COMPLETE"]
    pair.at_rest()


@both_ways
def test_setup_carries_everything(pair: Pair, caller: str) -> None:
    a_end, b_end = ends(pair, caller)
    a_end.q.setup_request(
        SetupRequest(
            called=Number("4006000998", 2),
            calling=Number("13800138000", 2, 1, 1, 3),
            redirecting=Number("8001", 0, 1, 0, 0),
            redirecting_reason=15,
            bearer=Bearer(16),
            channel=7,
            exclusive=True,
            display="xunhu",
            progress=(Progress(3),),
        ),
        0,
    )
    pair.run()
    said = b_end.take(SetupIndication)
    assert said.called == Number("4006000998", 2)
    assert said.calling == Number("13800138000", 2, 1, 1, 3)
    assert said.redirecting == Number("8001", 0, 1, 0, 0)
    assert (said.redirecting_reason, said.bearer, said.channel) == (15, Bearer(16), 7)
    assert (said.sending_complete, said.display, said.progress) == (True, "xunhu", (Progress(3),))


def test_tr41459_is_u_law_and_en_bloc() -> None:
    pair = Pair("TR41459")
    _, b = pair.offer(pair.user)
    setup = c.decode(pair.user.sent[-1])
    bearer = setup.find(ie.BearerCapability)
    assert bearer is not None
    assert bearer.layer1 == 2
    assert not setup.has_octet(ie.SENDING_COMPLETE)
    with pytest.raises(LocalError, match="overlap"):
        pair.network.q.more_info_request(b, 0)
    with pytest.raises(LocalError, match="overlap"):
        pair.user.q.setup_request(SetupRequest(sending_complete=False), 0)


@both_ways
def test_connect_at_once(pair: Pair, caller: str) -> None:
    """CONNECT as the first answer names the channel (§5.1.8)."""
    a_end, b_end = ends(pair, caller)
    a, b = pair.offer(a_end)
    b_end.q.setup_response(b, 0, connected=Number("8001"))
    pair.run()
    confirm = a_end.take(SetupConfirm)
    assert confirm.call == a
    assert confirm.connected is not None
    assert confirm.connected.digits == "8001"
    assert not a_end.got(ProceedingIndication)
    pair.clear(a_end, a)
    pair.at_rest()


@both_ways
def test_overlap(pair: Pair, caller: str) -> None:
    """§5.1.3, §5.2.4: digits before and after they are asked for."""
    a_end, b_end = ends(pair, caller)
    a = a_end.q.setup_request(SetupRequest(called=Number("80"), sending_complete=False), 0)
    a_end.q.information_request(a, "0", False, 0)
    pair.run()
    said = b_end.take(SetupIndication)
    assert said.sending_complete is False
    b_end.q.more_info_request(said.call, 0, (INBAND,))
    pair.run()
    assert a_end.take(SetupAckIndication).progress == (INBAND,)
    assert b_end.take(InformationIndication).digits == "0"
    a_end.q.information_request(a, "1", True, 0)
    pair.run()
    more = b_end.take(InformationIndication)
    assert (more.digits, more.sending_complete) == ("1", True)
    assert b_end.q.running_timers() == []
    b_end.q.proceeding_request(said.call, 0)
    pair.run()
    assert a_end.take(ProceedingIndication).call == a
    a_end.q.information_request(a, "9", False, 0)
    assert a_end.q.counters["digits too late"] == 1
    b_end.q.setup_response(said.call, 0)
    pair.run()
    pair.clear(a_end, a)
    pair.at_rest()


def test_overlap_digits_end_with_t302(pair: Pair) -> None:
    a = pair.user.q.setup_request(SetupRequest(called=Number("80"), sending_complete=False), 0)
    pair.run()
    b = pair.network.take(SetupIndication).call
    pair.network.q.more_info_request(b, 0)
    pair.run()
    pair.turn(11)
    pair.user.q.information_request(a, "0", False, pair.now)
    pair.run()
    pair.turn(11.9)
    assert pair.network.take(InformationIndication).digits == "0"
    assert not pair.network.got(InformationIndication)
    pair.turn(0.2)
    last = pair.network.take(InformationIndication)
    assert (last.digits, last.sending_complete) == ("", True)
    pair.network.q.disconnect_request(b, Cause(28), pair.now)
    pair.run()
    assert pair.user.take(DisconnectIndication).cause.value == 28


@both_ways
def test_progress_and_notify(pair: Pair, caller: str) -> None:
    a_end, b_end = ends(pair, caller)
    a, b = pair.offer(a_end)
    b_end.q.progress_request(b, 0, (INBAND,), Cause(31))
    pair.run()
    assert a_end.take(ProceedingIndication).progress == (INBAND,)
    assert a_end.q.running_timers() == []  # no T310 where the answer is heard
    b_end.q.progress_request(b, 0, (INBAND, Progress(2)), Cause(17))
    pair.run()
    said = a_end.take(ProgressIndication)
    assert said.progress == (INBAND, Progress(2))
    assert said.cause is not None
    assert said.cause.value == 17
    b_end.q.alerting_request(b, 0, (INBAND,))
    b_end.q.setup_response(b, 0)
    pair.run()
    assert a_end.take(AlertingIndication).progress == (INBAND,)
    a_end.q.notify_request(a, 0, 0)
    pair.run()
    assert b_end.take(NotifyIndication).notification == 0
    with pytest.raises(LocalError):
        b_end.q.alerting_request(b, 0)
    pair.clear(a_end, a)
    pair.at_rest()


@both_ways
@pytest.mark.parametrize("value", [1, 3, 17, 18, 21, 22, 27, 28, 34, 42, 58, 63, 88, 127])
def test_refused(pair: Pair, caller: str, value: int) -> None:
    """A SETUP not yet answered is refused by RELEASE COMPLETE (§5.3.2)."""
    a_end, b_end = ends(pair, caller)
    a, b = pair.offer(a_end)
    b_end.q.release_request(b, Cause(value), 0)
    pair.run()
    assert b_end.names() == ["RELEASE COMPLETE"]
    assert pair.released(a_end, a).cause.value == value
    assert pair.released(a_end, a).by_peer
    assert not pair.released(b_end, b).by_peer
    pair.at_rest()


@both_ways
@pytest.mark.parametrize("step", ["setup", "ack", "proceeding", "alerting", "talk"])
@pytest.mark.parametrize("by_caller", [True, False])
def test_cleared_in_every_state(pair: Pair, caller: str, step: str, by_caller: bool) -> None:
    a_end, b_end = ends(pair, caller)
    a, b = pair.offer(a_end)
    todo = {
        "setup": [],
        "ack": [b_end.q.more_info_request],
        "proceeding": [b_end.q.proceeding_request],
        "alerting": [b_end.q.proceeding_request, b_end.q.alerting_request],
        "talk": [b_end.q.setup_response],
    }
    for request in todo[step]:
        request(b, 0)
        pair.run()
    end, call, other = (a_end, a, b_end) if by_caller else (b_end, b, a_end)
    end.q.release_request(call, NORMAL, 0)
    end.q.release_request(call, NORMAL, 0)
    pair.run()
    if other.got(DisconnectIndication):
        said = other.take(DisconnectIndication)
        other.q.release_request(said.call, said.cause, 0)
        pair.run()
    assert pair.released(a_end, a).cause.value == 16
    assert pair.released(b_end, b).cause.value == 16
    assert pair.released(end, call).by_peer is False
    pair.at_rest()


@both_ways
def test_disconnect_with_a_tone(pair: Pair, caller: str) -> None:
    """§5.3.4.1, §5.4: the channel stays until one side releases, at most T306."""
    a_end, b_end = ends(pair, caller)
    a, b = pair.talk(a_end)
    b_end.q.disconnect_request(b, Cause(17), 0, (INBAND,))
    pair.run()
    assert a_end.take(DisconnectIndication).progress == (INBAND,)
    assert b_end.q.running_timers() == [("T306", b)]
    b_end.q.release_request(b, Cause(17), 0)
    pair.run()
    assert pair.released(a_end, a).cause.value == 17
    pair.at_rest()


def test_network_refuses_with_an_announcement(pair: Pair) -> None:
    a, b = pair.offer(pair.user)
    pair.network.q.disconnect_request(b, Cause(1), 0, (INBAND,))
    pair.run()
    assert pair.network.names() == ["CALL PROCEEDING", "DISCONNECT"]
    pair.turn(31)
    assert pair.released(pair.user, a).cause.value == 1
    pair.at_rest()


def test_clear_collision(pair: Pair) -> None:
    """§5.3.5: both DISCONNECT at once, then both RELEASE at once."""
    a, b = pair.talk(pair.user)
    pair.user.q.disconnect_request(a, Cause(16), 0)
    pair.network.q.disconnect_request(b, Cause(19), 0)
    pair.run()
    assert pair.user.names()[-2:] == ["DISCONNECT", "RELEASE"]
    assert pair.network.names()[-2:] == ["DISCONNECT", "RELEASE"]
    assert (pair.released(pair.user, a).cause.value, pair.released(pair.network, b).cause.value) == (16, 19)
    pair.at_rest()


def test_all_channels(pair: Pair) -> None:
    """30 calls at once, from both ends by turns; the 31st is refused on the spot."""
    calls = [pair.talk(pair.user if i % 2 else pair.network) for i in range(30)]
    with pytest.raises(NoChannelError) as none_left:
        pair.user.q.setup_request(SetupRequest(), 0)
    assert none_left.value.cause == 34
    channels = [k.channel for k in pair.user.q.calls()]
    assert sorted(channels) == [*range(1, 16), *range(17, 32)]
    assert pair.user.q.counters == {}
    for i, (a, _) in enumerate(calls):
        pair.clear(pair.user if i % 2 else pair.network, a)
    pair.at_rest()


def test_request_for_a_busy_or_unknown_channel(pair: Pair) -> None:
    pair.talk(pair.user, channel=5)
    for channel, cause in ((5, 44), (16, 82)):
        with pytest.raises(NoChannelError) as refused:
            pair.user.q.setup_request(SetupRequest(channel=channel), 0)
        assert refused.value.cause == cause


def test_glare_preferred(pair: Pair) -> None:
    """§5.7: the network's call keeps the channel, the user's gets another."""
    a = pair.user.q.setup_request(SetupRequest(channel=4), 0)
    b = pair.network.q.setup_request(SetupRequest(channel=4), 0)
    pair.run()
    at_user = pair.user.take(SetupIndication)
    at_network = pair.network.take(SetupIndication)
    assert at_user.channel == 4
    assert at_network.channel == 1
    pair.user.q.setup_response(at_user.call, 0)
    pair.network.q.setup_response(at_network.call, 0)
    pair.run()
    assert pair.user.take(SetupConfirm).channel == 1
    assert pair.network.take(SetupConfirm).channel == 4
    assert {k.call: k.channel for k in pair.user.q.calls()} == {a: 1, at_user.call: 4}
    assert {k.call: k.channel for k in pair.network.q.calls()} == {b: 4, at_network.call: 1}
    pair.clear(pair.user, a)
    pair.clear(pair.network, b)
    pair.at_rest()


def test_glare_exclusive(pair: Pair) -> None:
    """The user's call may have no other: refused with cause 44, and heard of at the network all the same."""
    a = pair.user.q.setup_request(SetupRequest(channel=4, exclusive=True), 0)
    pair.network.q.setup_request(SetupRequest(channel=4, exclusive=True), 0)
    pair.run()
    assert pair.released(pair.user, a).cause.value == 44
    assert pair.user.take(SetupIndication).channel == 4
    refused = pair.network.take(SetupIndication)
    assert refused.channel is None
    assert pair.released(pair.network, refused.call).cause.value == 44
    assert pair.network.q.channel_states()[4] == "busy"


def test_glare_lost_on_the_last_channel() -> None:
    pair = Pair(channels=(1,))
    a = pair.user.q.setup_request(SetupRequest(), 0)
    pair.network.q.setup_request(SetupRequest(), 0)
    pair.run()
    assert pair.released(pair.user, a).cause.value == 34
    assert pair.user.take(SetupIndication).channel == 1


def test_channel_unacceptable(pair: Pair) -> None:
    """§5.1.2: the answer names another channel than the exclusive one: RELEASE with cause 6."""
    a = pair.user.q.setup_request(SetupRequest(channel=4, exclusive=True), 0)
    pair.user.collect()
    reference = c.decode(pair.user.sent[-1]).reference
    pair.lose()
    answer = c.Message(c.CALL_PROCEEDING, reference, True, (ie.ChannelIdentification((9,)),))
    pair.user.q.receive(c.encode(answer), 0)
    cause = pair.user.last_sent().find(Cause)
    assert cause is not None
    assert (pair.user.last_sent().name, cause.value) == ("RELEASE", 6)
    pair.user.q.receive(c.encode(c.Message(c.RELEASE_COMPLETE, reference, True)), 0)
    assert pair.released(pair.user, a).cause.value == 6


@pytest.mark.parametrize(
    ("element", "cause"),
    [
        (ie.ChannelIdentification((16,), True), 82),
        (ie.ChannelIdentification((3,), True), 44),
        (ie.ChannelIdentification((), False, 0), 34),
        (ie.ChannelIdentification((), True, 1, False, True), 66),
    ],
)
def test_offered_on_a_channel_that_cannot_be(pair: Pair, element: ie.ChannelIdentification, cause: int) -> None:
    pair.talk(pair.network, channel=3)
    setup = c.Message(c.SETUP, 99, False, (ie.BearerCapability(0, 16, b"\xa3"), element))
    pair.user.q.receive(c.encode(setup), 0)
    said = pair.user.last_sent().find(Cause)
    assert said is not None
    assert (pair.user.last_sent().name, said.value) == ("RELEASE COMPLETE", cause)
    assert pair.user.take(ReleaseIndication).channel is None


@pytest.mark.parametrize(
    "element",
    [None, ie.ChannelIdentification((), False, 3), ie.ChannelIdentification((3,), False)],
)
def test_network_chooses_where_the_user_does_not(pair: Pair, element: ie.ChannelIdentification | None) -> None:
    pair.talk(pair.network, channel=3)
    elements = [ie.BearerCapability(0, 16, b"\xa3")] + ([] if element is None else [element])
    pair.network.q.receive(c.encode(c.Message(c.SETUP, 99, False, tuple(elements))), 0)
    assert pair.network.take(SetupIndication).channel == 1


@pytest.mark.parametrize(
    "request_",
    [
        SetupRequest(called=Number("1" * 21)),
        SetupRequest(called=Number("1", 8)),
        SetupRequest(calling=Number("1", 0, 1, 4)),
        SetupRequest(calling=Number("张")),
        SetupRequest(bearer=Bearer(99)),
        SetupRequest(display="x" * 81),
        SetupRequest(redirecting=Number("1"), redirecting_reason=16),
        SetupRequest(progress=(Progress(200),)),
    ],
)
def test_request_out_of_range(pair: Pair, request_: SetupRequest) -> None:
    with pytest.raises(LocalError):
        pair.user.q.setup_request(request_, 0)
    pair.at_rest()


def test_requests_for_calls_that_never_were_or_are_over(pair: Pair) -> None:
    with pytest.raises(LocalError, match="never was"):
        pair.user.q.alerting_request(1, 0)
    a, _ = pair.talk(pair.user)
    pair.clear(pair.user, a)
    pair.user.q.disconnect_request(a, NORMAL, 0)
    assert pair.user.q.counters["requests too late"] == 1
    pair.at_rest()
