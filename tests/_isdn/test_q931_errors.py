"""Q.931 §5.5, §5.8, §9: timers that run out, wrong messages, the data link lost, RESTART, SERVICE."""

from __future__ import annotations

import pytest
from q931_pair import NORMAL, End, Pair, S

from xunhu._isdn import q931_codec as c
from xunhu._isdn import q931_ie as ie
from xunhu._isdn.primitives import (
    AlertingIndication,
    Cause,
    ChannelIndication,
    DisconnectIndication,
    EstablishRequest,
    ManagementIndication,
    ProceedingIndication,
    Progress,
    ReleaseIndication,
    RestartIndication,
    SetupIndication,
    SetupRequest,
    StatusIndication,
)
from xunhu._isdn.q931 import Q931, NoChannelError
from xunhu.protocol.errors import LocalError

BEARER = ie.BearerCapability(0, 16, b"\xa3")


@pytest.fixture
def pair() -> Pair:
    return Pair()


def ends(pair: Pair, caller: str) -> tuple[End, End]:
    return (pair.user, pair.network) if caller == "user" else (pair.network, pair.user)


both_ways = pytest.mark.parametrize("caller", ["user", "network"])
both_sides = pytest.mark.parametrize("side", ["user", "network"])


def cause_of(message: c.Message) -> int:
    cause = message.find(Cause)
    assert cause is not None
    return cause.value


def inject(end: End, message_type: int, call: int, *elements: object, raw: bytes = b"") -> None:
    """A message of the peer in a call."""
    info = next(k for k in end.q.calls() if k.call == call)
    message = c.Message(message_type, info.reference, info.originated, tuple(elements))
    end.q.receive(c.encode(message) + raw, 0)


def answer_to(end: End) -> tuple[str, int, int]:
    """Name, cause, call state of the last message sent."""
    message = end.last_sent()
    state = message.find(ie.CallState)
    return message.name, cause_of(message), -1 if state is None else state.value


# -- timers ----------------------------------------------------------------------------------------------------


@both_ways
def test_t303_twice(pair: Pair, caller: str) -> None:
    end, _ = ends(pair, caller)
    call = end.q.setup_request(SetupRequest(), 0)
    pair.lose()
    pair.turn(3.9, carry=False)
    assert end.names() == ["SETUP"]
    pair.turn(0.2, carry=False)
    assert end.names() == ["SETUP", "SETUP"]
    assert end.sent[0] == end.sent[1]
    pair.turn(4, carry=False)
    assert end.names()[-1] == "RELEASE COMPLETE"
    assert pair.released(end, call).cause.value == (102 if caller == "user" else 18)
    pair.at_rest()


@both_ways
def test_t303_once_is_no_harm(pair: Pair, caller: str) -> None:
    a_end, b_end = ends(pair, caller)
    _, b = pair.offer(a_end)
    pair.turn(5)
    assert b_end.q.counters == {"ignored": 1}
    b_end.q.setup_response(b, pair.now)
    pair.run()
    assert pair.state(b_end, b) in (8, 10)
    pair.turn(10)
    assert pair.state(b_end, b) == 10


@both_ways
@pytest.mark.parametrize(
    ("answer", "seconds", "cause"),
    [(c.SETUP_ACKNOWLEDGE, 30, 102), (c.CALL_PROCEEDING, 120, 102), (c.ALERTING, 180, 19)],
)
def test_t304_t310_t301(pair: Pair, caller: str, answer: int, seconds: int, cause: int) -> None:
    """No further answer: DISCONNECT, T305, RELEASE twice (T308), end, channel in maintenance."""
    end, _ = ends(pair, caller)
    call = end.q.setup_request(SetupRequest(channel=3), 0)
    pair.lose()
    inject(end, answer, call)
    if caller == "network":
        seconds = {30: 20, 120: 10, 180: 180}[seconds]
    pair.turn(seconds - 0.1, carry=False)
    assert end.names() == ["SETUP"]
    pair.turn(0.2, carry=False)
    assert end.names()[1:] == ["DISCONNECT"]
    assert cause_of(end.last_sent()) == cause
    pair.turn(30, carry=False)
    assert end.names()[2:] == ["RELEASE"]
    pair.turn(4, carry=False)
    assert end.names()[2:] == ["RELEASE", "RELEASE"]
    pair.turn(4, carry=False)
    assert pair.released(end, call).cause.value == cause
    assert end.take(ChannelIndication) == ChannelIndication(3, "maintenance", "T308: release not confirmed")
    assert end.q.channel_states()[3] == "maintenance"
    assert end.q.running_timers() == []
    with pytest.raises(NoChannelError):
        end.q.setup_request(SetupRequest(channel=3), pair.now)
    end.q.restart_request([3], pair.now)
    pair.run()
    assert end.q.channel_states()[3] == "idle"
    assert end.got(RestartIndication)


def test_t313(pair: Pair) -> None:
    _, b = pair.offer(pair.network)
    pair.user.q.setup_response(b, 0)
    pair.lose()
    pair.turn(4.1, carry=False)
    assert cause_of(pair.user.last_sent()) == 102
    assert pair.user.last_sent().name == "DISCONNECT"
    assert pair.state(pair.user, b) == 11


def test_t306(pair: Pair) -> None:
    _, b = pair.talk(pair.user)
    pair.network.q.disconnect_request(b, Cause(17), 0, (Progress(8),))
    pair.lose()
    assert pair.network.q.running_timers() == [("T306", b)]
    pair.turn(30.1)
    pair.at_rest()


@both_ways
def test_t322(pair: Pair, caller: str) -> None:
    """Three STATUS ENQUIRY without an answer: cleared with cause 41."""
    end, _ = ends(pair, caller)
    a, _ = pair.talk(end)
    end.q.status_enquiry_request(a, 0)
    end.q.status_enquiry_request(a, 0)
    pair.turn(8.5, carry=False)
    assert end.names()[-3:] == ["STATUS ENQUIRY"] * 3
    pair.turn(4, carry=False)
    assert (end.last_sent().name, cause_of(end.last_sent())) == ("DISCONNECT", 41)


def test_timer_values_are_checked() -> None:
    assert Q931("user", timers={"T310": 30_000, "T309": 6_000})
    for timers in ({"T310": 5}, {"T99": 1}, {"T303": 10_000}):
        with pytest.raises(LocalError, match="timer T"):
            Q931("user", timers=timers)


def test_arguments_are_checked() -> None:
    for arguments in (("middle",), ("user", "NI9"), ("user", "NET5", (0,)), ("user", "NET5", ())):
        with pytest.raises(LocalError):
            Q931(*arguments)


# -- status ----------------------------------------------------------------------------------------------------


@both_ways
def test_status_enquiry(pair: Pair, caller: str) -> None:
    a_end, b_end = ends(pair, caller)
    a, b = pair.talk(a_end)
    a_end.q.status_enquiry_request(a, 0)
    pair.run()
    assert answer_to(b_end) == ("STATUS", 30, 10)
    said = a_end.take(StatusIndication)
    assert (said.state, said.cause.value) == (10, 30)
    assert a_end.q.running_timers() == []
    assert pair.state(b_end, b) == 10


@both_ways
def test_peer_does_not_know_the_call(pair: Pair, caller: str) -> None:
    """STATUS with call state 0 ends the call without a further message (§5.8.11)."""
    end, other = ends(pair, caller)
    call = end.q.restore_call(77, True, 9, 0)
    pair.run()
    assert end.names() == ["STATUS ENQUIRY"]
    assert answer_to(other) == ("STATUS", 30, 0)
    assert pair.released(end, call).cause.value == 101
    pair.at_rest()


@both_ways
def test_incompatible_state_clears(pair: Pair, caller: str) -> None:
    end, _ = ends(pair, caller)
    call = end.q.restore_call(77, True, 9, 0)
    inject(end, c.STATUS, call, Cause(30), ie.CallState(3))
    assert (end.last_sent().name, cause_of(end.last_sent())) == ("DISCONNECT", 101)
    assert pair.state(end, call) in (11, 12)


@both_ways
def test_disconnect_that_was_lost_with_our_former_self(pair: Pair, caller: str) -> None:
    """The peer hung up while control was away: its answer to STATUS ENQUIRY tells, and the call is released at once."""
    a_end, b_end = ends(pair, caller)
    a, b = pair.talk(a_end, channel=12)
    info = next(k for k in a_end.q.calls() if k.call == a)
    fresh = End(caller)
    if caller == "user":
        pair.user = fresh
    else:
        pair.network = fresh
    b_end.q.release_request(b, Cause(16), pair.now)
    assert b_end.last_sent().name == "DISCONNECT"
    b_end.outbox.clear()
    call = fresh.q.restore_call(info.reference, info.originated, 12, pair.now)
    b_end.q.data_link_established(pair.now)
    fresh.q.data_link_established(pair.now)
    pair.run()
    assert fresh.take(DisconnectIndication).cause.value == 31
    fresh.q.release_request(call, Cause(16), pair.now)
    pair.run()
    assert pair.released(fresh, call)
    assert pair.released(b_end, b).cause.value == 16
    pair.at_rest()


def test_status_of_a_crossing_message_does_not_clear(pair: Pair) -> None:
    a, _ = pair.talk(pair.user)
    inject(pair.user, c.STATUS, a, Cause(99), ie.CallState(4))
    assert pair.state(pair.user, a) == 10
    assert pair.user.take(StatusIndication).cause.value == 99
    inject(pair.user, c.STATUS, a, Cause(99), ie.CallState(0))
    assert pair.state(pair.user, a) == 0


@both_ways
def test_restored_call_goes_on(pair: Pair, caller: str) -> None:
    """Control comes back at one end with nothing but reference, origin and channel."""
    a_end, b_end = ends(pair, caller)
    a, b = pair.talk(a_end, channel=12)
    info = next(k for k in a_end.q.calls() if k.call == a)
    fresh = End(caller)
    if caller == "user":
        pair.user = fresh
    else:
        pair.network = fresh
    b_end.q.data_link_released(pair.now)
    call = fresh.q.restore_call(info.reference, info.originated, 12, pair.now)
    assert fresh.q.running_timers() == [("T309", call)]
    pair.link_up()
    assert b_end.take(StatusIndication).state == fresh.take(StatusIndication).state == 10
    assert fresh.q.running_timers() == b_end.q.running_timers() == []
    with pytest.raises(LocalError):
        fresh.q.restore_call(1, True, 12, 0)
    with pytest.raises(LocalError):
        fresh.q.restore_call(info.reference, info.originated, 13, 0)
    pair.clear(fresh, call)
    assert pair.released(b_end, b).cause.value == 16
    pair.at_rest()


# -- wrong messages --------------------------------------------------------------------------------------------


@both_sides
@pytest.mark.parametrize("octets", [b"", b"\x08", b"\x09\x02\x00\x01\x05", b"\x08\x03\x00\x00\x01\x05", b"\x08\x02\x00"])
def test_no_message_at_all(side: str, octets: bytes) -> None:
    """§5.8.1, §5.8.2, §5.8.3.1: ignored, counted."""
    end = End(side)
    end.q.data_link_established(0)
    end.q.receive(octets, 0)
    end.collect()
    assert end.sent == []
    assert end.q.counters == {"undecodable messages": 1}


@both_sides
@pytest.mark.parametrize(
    ("message_type", "elements", "answer"),
    [
        (c.ALERTING, (), ("RELEASE COMPLETE", 81, -1)),
        (c.DISCONNECT, (Cause(16),), ("RELEASE COMPLETE", 81, -1)),
        (0x33, (), ("RELEASE COMPLETE", 81, -1)),
        (c.RELEASE, (Cause(16),), ("RELEASE COMPLETE", 81, -1)),
        (c.STATUS, (Cause(30), ie.CallState(10)), ("RELEASE COMPLETE", 101, -1)),
        (c.STATUS_ENQUIRY, (), ("STATUS", 30, 0)),
    ],
)
def test_unknown_reference(
    side: str, message_type: int, elements: tuple[object, ...], answer: tuple[str, int, int]
) -> None:
    """§5.8.3.2."""
    end = End(side)
    end.q.data_link_established(0)
    for octets in (1, 2):
        end.q.receive(c.encode(c.Message(message_type, 99, False, elements, octets)), 0)
        assert answer_to(end) == answer
        reply = end.last_sent()
        assert (reply.reference, reply.flag, reply.reference_octets) == (99, True, octets)


@both_sides
@pytest.mark.parametrize(
    "message",
    [
        c.Message(c.RELEASE_COMPLETE, 99, False, (Cause(16),)),
        c.Message(c.STATUS, 99, False, (Cause(30), ie.CallState(0))),
        c.Message(c.SETUP, 99, True, (BEARER, ie.ChannelIdentification((1,)))),
        c.Message(c.FACILITY, 0, False, (), 0),
        c.Message(c.RESTART_ACKNOWLEDGE, 0, True, (ie.RestartIndicator(7),)),
        c.Message(c.RESTART, 0, True, (ie.RestartIndicator(7),)),
        c.Message(c.SERVICE, 0, False, (ie.ChangeStatus(2),), 2, c.MAINTENANCE),
    ],
)
def test_ignored(side: str, message: c.Message) -> None:
    end = End(side)
    end.q.data_link_established(0)
    end.q.receive(c.encode(message), 0)
    end.collect()
    assert end.sent == []
    assert end.heard == []
    assert end.q.calls() == []


@both_sides
def test_suspend_and_resume_are_refused(side: str) -> None:
    pair = Pair()
    a, b = pair.talk(pair.user)
    end, call = (pair.user, a) if side == "user" else (pair.network, b)
    inject(end, c.SUSPEND, call)
    assert answer_to(end)[:2] == (("STATUS", 101) if side == "user" else ("SUSPEND REJECT", 69))
    end.q.receive(c.encode(c.Message(c.RESUME, 99, False)), 0)
    assert answer_to(end)[:2] == (("RELEASE COMPLETE", 81) if side == "user" else ("RESUME REJECT", 69))


@both_ways
def test_unexpected_and_unknown_messages(pair: Pair, caller: str) -> None:
    """§5.8.4: STATUS 101 and 97, nothing else happens."""
    end, _ = ends(pair, caller)
    a, _ = pair.talk(end)
    for message_type, cause in ((c.SETUP_ACKNOWLEDGE, 101), (c.CALL_PROCEEDING, 101), (0x34, 97), (0x80, 97)):
        inject(end, message_type, a)
        assert answer_to(end) == ("STATUS", cause, 10)
    inject(end, c.SETUP, a, BEARER)
    inject(end, c.CONNECT_ACKNOWLEDGE, a)
    inject(end, c.FACILITY, a)
    assert end.q.counters["ignored"] == 3
    assert pair.state(end, a) == 10


@both_sides
def test_setup_lacking_something(side: str) -> None:
    end = End(side)
    end.q.data_link_established(0)
    channel = ie.ChannelIdentification((1,))
    bad_bearer = ie.Raw(4, 0, b"\x04\x02\x00\x90")
    required = ie.Raw(0x0B, 0, b"\x0b\x01\x00")
    for elements, cause in (((channel,), 96), ((bad_bearer, channel), 100), ((BEARER, channel, required), 96)):
        end.q.receive(c.encode(c.Message(c.SETUP, 5, False, elements)), 0)
        assert answer_to(end) == ("RELEASE COMPLETE", cause, -1)
    if side == "user":
        end.q.receive(c.encode(c.Message(c.SETUP, 5, False, (BEARER,))), 0)
        assert answer_to(end) == ("RELEASE COMPLETE", 96, -1)
        assert end.last_sent().find(Cause) == Cause(96, 1, b"\x18")
    assert end.q.calls() == []
    assert end.heard == []


def test_setup_with_something_unknown_is_served(pair: Pair) -> None:
    """§5.8.7: STATUS 99 or 100 beside; other codesets are none of our business."""
    for number, (raw, cause) in enumerate(((b"\x3b\x01\x00", 99), (b"\x6c\x00", 100), (b"\x96\x3b\x01\x00", 0))):
        setup = c.encode(c.Message(c.SETUP, 5 + number, False, (BEARER, ie.ChannelIdentification((1 + number,)))))
        pair.user.collect()
        before = len(pair.user.sent)
        pair.user.q.receive(setup + raw, 0)
        assert pair.user.take(SetupIndication).channel == 1 + number
        pair.user.collect()
        if cause:
            assert answer_to(pair.user) == ("STATUS", cause, 6)
        else:
            assert len(pair.user.sent) == before


def test_elements_lacking_in_a_call(pair: Pair) -> None:
    """§5.8.6: STATUS 96, 100; clearing messages clear all the same and their answer says what was wrong."""
    a, _ = pair.talk(pair.user)
    inject(pair.user, c.NOTIFY, a)
    assert answer_to(pair.user) == ("STATUS", 96, 10)
    inject(pair.user, c.PROGRESS, a, raw=b"\x1e\x01\x80")
    assert answer_to(pair.user) == ("STATUS", 100, 10)
    inject(pair.user, c.INFORMATION, a, raw=b"\x3b\x00")
    assert answer_to(pair.user) == ("STATUS", 99, 10)
    inject(pair.user, c.INFORMATION, a, raw=b"\x28\x20x")
    assert answer_to(pair.user) == ("STATUS", 100, 10)
    sent = len(pair.user.sent)
    inject(pair.user, c.STATUS, a, Cause(97))
    pair.user.collect()
    assert len(pair.user.sent) == sent
    inject(pair.user, c.DISCONNECT, a)
    assert pair.user.take(DisconnectIndication).cause.value == 31
    pair.user.q.release_request(a, Cause(31), 0)
    assert (pair.user.last_sent().name, cause_of(pair.user.last_sent())) == ("RELEASE", 96)
    inject(pair.user, c.RELEASE, a, raw=b"\x3b\x00")
    assert pair.released(pair.user, a).cause.value == 31


def test_release_with_something_unknown(pair: Pair) -> None:
    a, _ = pair.talk(pair.user)
    inject(pair.user, c.RELEASE, a, Cause(16), raw=b"\x3b\x00")
    assert (pair.user.last_sent().name, cause_of(pair.user.last_sent())) == ("RELEASE COMPLETE", 99)
    assert pair.released(pair.user, a).cause.value == 16


def test_calls_are_bounded() -> None:
    end = End("network", channels=(1, 2))
    end.q.data_link_established(0)
    for reference in range(1, 100):
        end.q.receive(c.encode(c.Message(c.SETUP, reference, False, (BEARER,))), 0)
        end.collect()
    assert len(end.q.calls()) == 2
    assert answer_to(end)[:2] == ("RELEASE COMPLETE", 34)
    for call in [k.call for k in end.q.calls()]:
        end.q.release_request(call, NORMAL, 0)
    assert end.q.calls() == []


# -- segments --------------------------------------------------------------------------------------------------


def segments(message: c.Message, pieces: int) -> list[bytes]:
    octets = c.encode(message)
    head, body = octets[:4], octets[5:]
    size = len(body) // pieces + 1
    parts = [body[i : i + size] for i in range(0, len(body), size)]
    return [
        head + b"\x60\x00\x02" + bytes(((0x80 if i == 0 else 0) | len(parts) - 1 - i, octets[4])) + part
        for i, part in enumerate(parts)
    ]


def test_segments(pair: Pair) -> None:
    elements = (BEARER, ie.ChannelIdentification((1,)), ie.Display("long"), ie.CalledPartyNumber("8001"))
    whole = segments(c.Message(c.SETUP, 7, False, elements), 3)
    for octets in whole:
        pair.user.q.receive(octets, 0)
    assert pair.user.take(SetupIndication).display == "long"
    assert ("T314", None) not in pair.user.q.running_timers()


def test_segments_missing(pair: Pair) -> None:
    elements = (BEARER, ie.ChannelIdentification((1,)), ie.Display("long"), ie.CalledPartyNumber("8001"))
    whole = segments(c.Message(c.SETUP, 7, False, elements), 3)
    pair.user.q.receive(whole[0], 0)
    pair.user.q.receive(whole[2], 0)
    pair.user.q.receive(whole[2], 0)
    assert pair.user.q.counters["faulty segments"] == 2
    pair.user.q.receive(whole[0], 0)
    assert pair.user.q.next_deadline == 4 * S
    pair.turn(5)
    assert pair.user.q.counters["T314: segments missing"] == 1
    pair.user.q.receive(whole[1], pair.now)
    assert not pair.user.got(SetupIndication)
    for reference in range(1, 20):
        pair.user.q.receive(segments(c.Message(c.SETUP, reference, False, elements), 3)[0], pair.now)
    assert len(pair.user.q.running_timers()) == 4


# -- the data link ---------------------------------------------------------------------------------------------


@both_ways
def test_t309_saves_a_talk(pair: Pair, caller: str) -> None:
    a_end, b_end = ends(pair, caller)
    a, b = pair.talk(a_end)
    c_call = b_end.q.setup_request(SetupRequest(), 0)
    pair.run()
    pair.link_down()
    assert pair.released(b_end, c_call).cause.value == 27
    assert a_end.q.running_timers() == [("T309", a)]
    with pytest.raises(NoChannelError) as refused:
        a_end.q.setup_request(SetupRequest(), pair.now)
    assert refused.value.cause == 38
    pair.turn(80)
    pair.link_up()
    assert a_end.take(StatusIndication).state == b_end.take(StatusIndication).state == 10
    assert a_end.q.running_timers() == b_end.q.running_timers() == []
    pair.clear(b_end, b)
    pair.at_rest()


def test_t309_runs_out(pair: Pair) -> None:
    a, b = pair.talk(pair.user)
    pair.link_down()
    pair.turn(91)
    assert pair.released(pair.user, a).cause.value == 27
    assert pair.released(pair.network, b).cause.value == 27
    pair.at_rest()


@both_ways
def test_cleared_while_the_link_is_down(pair: Pair, caller: str) -> None:
    end, other = ends(pair, caller)
    a, _ = pair.talk(end)
    pair.link_down()
    end.q.disconnect_request(a, NORMAL, pair.now)
    end.collect()
    assert end.outbox == []
    assert end.q.running_timers() == [("T309", a)]
    pair.turn(10)
    pair.link_up()
    said = other.take(DisconnectIndication)
    other.q.release_request(said.call, said.cause, pair.now)
    pair.run()
    assert pair.released(end, a).cause.value == 16
    pair.at_rest()


def test_link_down_says_so(pair: Pair) -> None:
    pair.user.q.drain()
    pair.user.q.data_link_released(0)
    pair.user.q.data_link_released(0)
    assert [type(o) for o in pair.user.q.drain()] == [EstablishRequest, ManagementIndication]
    assert not pair.user.q.link_up


def test_link_reset(pair: Pair) -> None:
    """§5.8.8: calls in overlap are cleared with cause 41, others go on."""
    talking, _ = pair.talk(pair.user)
    _, b = pair.offer(pair.user, sending_complete=False)
    pair.network.q.more_info_request(b, 0)
    pair.run()
    pair.user.q.data_link_established(0)
    assert (pair.user.last_sent().name, cause_of(pair.user.last_sent())) == ("DISCONNECT", 41)
    assert pair.state(pair.user, talking) == 10


def test_message_means_the_link_is_up() -> None:
    end = End("user")
    end.q.receive(c.encode(c.Message(c.SETUP, 5, False, (BEARER, ie.ChannelIdentification((1,))))), 0)
    assert end.q.link_up
    assert end.got(SetupIndication)


# -- restart ---------------------------------------------------------------------------------------------------


@both_ways
def test_restart_of_all(pair: Pair, caller: str) -> None:
    end, other = ends(pair, caller)
    a, b = pair.talk(end)
    end.q.restart_request(None, 0)
    assert set(end.q.channel_states().values()) == {"restarting"}
    assert end.q.running_timers() == [("T316", None)]
    pair.run()
    assert pair.released(end, a).by_peer is False
    assert pair.released(other, b).by_peer is True
    assert pair.released(other, b).cause.value == 41
    mine, theirs = end.take(RestartIndication), other.take(RestartIndication)
    assert (mine.by_peer, theirs.by_peer) == (False, True)
    assert mine.channels == theirs.channels == (*range(1, 16), *range(17, 32))
    pair.at_rest()


def test_restart_of_some(pair: Pair) -> None:
    """One RESTART a channel, one after the other; other calls are not touched."""
    a, _ = pair.talk(pair.user, channel=3)
    pair.talk(pair.user, channel=4)
    pair.user.q.restart_request([3, 7], 0)
    pair.user.q.restart_request([7], 0)
    pair.run()
    assert pair.user.names()[-2:] == ["RESTART", "RESTART"]
    assert [pair.user.take(RestartIndication).channels for _ in range(2)] == [(3,), (7,)]
    assert pair.released(pair.user, a).cause.value == 41
    assert len(pair.network.q.calls()) == 1
    with pytest.raises(LocalError):
        pair.user.q.restart_request([16], 0)


def test_t316_twice(pair: Pair) -> None:
    pair.user.q.restart_request([3, 4], 0)
    pair.turn(121, carry=False)
    assert pair.user.names() == ["RESTART", "RESTART"]
    pair.turn(120, carry=False)
    assert pair.user.q.channel_states()[3] == "maintenance"
    assert pair.user.names()[2:] == ["RESTART"]
    pair.turn(240, carry=False)
    assert pair.user.q.channel_states()[4] == "maintenance"
    assert pair.user.q.running_timers() == []
    # when the link comes back the doubtful ones are restarted
    pair.link_down()
    pair.link_up()
    pair.at_rest()


def test_restart_while_the_link_is_down(pair: Pair) -> None:
    pair.link_down()
    pair.user.q.restart_request(None, 0)
    pair.user.collect()
    assert pair.user.outbox == []
    pair.link_up()
    pair.at_rest()


@pytest.mark.parametrize(
    ("elements", "cause"),
    [
        ((), 96),
        ((ie.RestartIndicator(0),), 96),
        ((ie.Raw(0x79, 0, b"\x79\x01\x83"),), 100),
        ((ie.ChannelIdentification((16,)), ie.RestartIndicator(0)), 82),
    ],
)
def test_restart_that_is_wrong(pair: Pair, elements: tuple[object, ...], cause: int) -> None:
    pair.user.q.receive(c.encode(c.Message(c.RESTART, 0, False, elements)), 0)
    assert answer_to(pair.user) == ("STATUS", cause, 0)
    assert not pair.user.got(RestartIndication)


def test_restart_by_slot_map(pair: Pair) -> None:
    elements = (ie.ChannelIdentification((1, 5, 31), True, 1, True), ie.RestartIndicator(0))
    pair.user.q.receive(c.encode(c.Message(c.RESTART, 0, False, elements)), 0)
    assert pair.user.last_sent().elements == elements
    assert pair.user.take(RestartIndication).channels == (1, 5, 31)


def test_global_reference_is_for_restart_only(pair: Pair) -> None:
    pair.user.q.receive(c.encode(c.Message(c.DISCONNECT, 0, False, (Cause(16),))), 0)
    assert answer_to(pair.user) == ("STATUS", 81, 0)
    sent = len(pair.user.sent)
    pair.user.q.receive(c.encode(c.Message(c.STATUS, 0, False, (Cause(97), ie.CallState(0)))), 0)
    pair.user.collect()
    assert len(pair.user.sent) == sent


# -- service of channels ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["NET5", "TR41459"])
def test_block(variant: str) -> None:
    pair = Pair(variant)
    pair.user.q.block_channel(5, 0)
    pair.user.q.block_channel(5, 0)
    pair.run()
    assert pair.user.q.channel_states()[5] == "blocked"
    with pytest.raises(LocalError):
        pair.user.q.block_channel(16, 0)
    if variant == "TR41459":
        assert pair.user.names() == ["SERVICE"]
        assert pair.network.names() == ["SERVICE ACKNOWLEDGE"]
        assert pair.network.take(ChannelIndication).state == "out-of-service"
        assert pair.network.q.channel_states()[5] == "out-of-service"
        pair.link_down()
        pair.link_up()
        assert pair.user.names() == ["SERVICE", "SERVICE"]
    else:
        assert pair.user.names() == []
        pair.network.q.setup_request(SetupRequest(channel=5, exclusive=True), 0)
        pair.run()
        assert pair.network.take(ReleaseIndication).cause.value == 44
    pair.user.q.unblock_channel(5, 0)
    pair.run()
    assert pair.user.q.channel_states()[5] == pair.network.q.channel_states()[5] == "idle"


def test_progress_ends_t310(pair: Pair) -> None:
    a, b = pair.offer(pair.user)
    pair.network.q.proceeding_request(b, 0)
    pair.run()
    assert pair.user.take(ProceedingIndication).call == a
    assert pair.user.q.running_timers() == [("T310", a)]
    pair.network.q.progress_request(b, 0, (Progress(8),))
    pair.run()
    assert pair.user.q.running_timers() == []
    with pytest.raises(LocalError, match="progress"):
        pair.network.q.progress_request(b, 0, ())
    pair.network.q.alerting_request(b, 0)
    pair.run()
    assert pair.user.take(AlertingIndication).call == a
