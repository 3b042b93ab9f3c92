"""What an acceptance engineer's tester does to a call, in every state it can stand in, on both sides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from q931_pair import NORMAL, End, Pair

from xunhu._isdn import q931_codec as c
from xunhu._isdn import q931_ie as ie
from xunhu._isdn.primitives import Cause, Progress

STEPS = ("setup", "ack", "proceeding", "alerting", "talk", "disconnect")


def _walk(pair: Pair, caller: str, step: str) -> Iterator[tuple[End, int]]:
    """Bring a call to a state: both ends of it."""
    a_end, b_end = (pair.user, pair.network) if caller == "user" else (pair.network, pair.user)
    a, b = pair.offer(a_end)
    requests = {
        "setup": [],
        "ack": [b_end.q.more_info_request],
        "proceeding": [b_end.q.proceeding_request],
        "alerting": [b_end.q.proceeding_request, b_end.q.alerting_request],
        "talk": [b_end.q.setup_response],
        "disconnect": [b_end.q.setup_response],
    }
    for request in requests[step]:
        request(b, 0)
        pair.run()
    if step == "disconnect":
        a_end.q.disconnect_request(a, NORMAL, 0)
        pair.run()
    yield a_end, a
    yield b_end, b


def _send(end: End, call: int, kind: int, *elements: object) -> list[c.Message]:
    """A message of the peer in the call; what is answered."""
    info = next(k for k in end.q.calls() if k.call == call)
    end.collect()
    before = len(end.sent)
    end.q.receive(c.encode(c.Message(kind, info.reference, info.originated, tuple(elements))), 0)
    end.collect()
    return [c.decode(octets) for octets in end.sent[before:]]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("caller", ["user", "network"])
def test_status_enquiry_in_every_state(caller: str, step: str) -> None:
    """§5.8.10: STATUS with cause 30 and the state; nothing else changes."""
    pair = Pair()
    for end, call in _walk(pair, caller, step):
        state = pair.state(end, call)
        (answer,) = _send(end, call, c.STATUS_ENQUIRY)
        told, cause = answer.find(ie.CallState), answer.find(Cause)
        assert told is not None
        assert cause is not None
        assert (answer.name, cause.value, told.value) == ("STATUS", 30, state)
        assert pair.state(end, call) == state


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("caller", ["user", "network"])
@pytest.mark.parametrize("at", [0, 1])
def test_release_in_every_state(caller: str, step: str, at: int) -> None:
    """§5.3: RELEASE COMPLETE, the channel is free, the call is gone."""
    pair = Pair()
    end, call = list(_walk(pair, caller, step))[at]
    assert [m.name for m in _send(end, call, c.RELEASE, NORMAL)] == ["RELEASE COMPLETE"]
    assert pair.released(end, call).by_peer == ((step, at) != ("disconnect", 0)), "who began"
    assert end.q.calls() == []
    assert "busy" not in end.q.channel_states().values()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("caller", ["user", "network"])
@pytest.mark.parametrize("at", [0, 1])
def test_release_complete_in_every_state(caller: str, step: str, at: int) -> None:
    pair = Pair()
    end, call = list(_walk(pair, caller, step))[at]
    assert _send(end, call, c.RELEASE_COMPLETE, NORMAL) == []
    assert end.q.calls() == []
    assert "busy" not in end.q.channel_states().values()


@pytest.mark.parametrize("step", STEPS[:-1])
@pytest.mark.parametrize("caller", ["user", "network"])
@pytest.mark.parametrize("at", [0, 1])
def test_disconnect_with_tones_in_every_state(caller: str, step: str, at: int) -> None:
    """Progress 8 in DISCONNECT: the owner hears of it and ends it, at the latest when it likes."""
    pair = Pair()
    end, call = list(_walk(pair, caller, step))[at]
    _send(end, call, c.DISCONNECT, NORMAL, Progress(8))
    end.q.release_request(call, NORMAL, 0)
    end.collect()
    assert c.decode(end.sent[-1]).name == "RELEASE"
    assert _send(end, call, c.RELEASE_COMPLETE) == []
    assert end.q.calls() == []


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("caller", ["user", "network"])
def test_unknown_message_in_every_state(caller: str, step: str) -> None:
    """§5.8.4: STATUS 97 with the state."""
    pair = Pair()
    for end, call in _walk(pair, caller, step):
        state = pair.state(end, call)
        (answer,) = _send(end, call, 0x34)
        told, cause = answer.find(ie.CallState), answer.find(Cause)
        assert told is not None
        assert cause is not None
        assert (answer.name, cause.value, told.value) == ("STATUS", 97, state)


@pytest.mark.parametrize("side", ["user", "network"])
@pytest.mark.parametrize("octets", ["080005", "08010505", "0803000105" "05", "08810505"])
def test_setup_with_odd_references_takes_no_channel(side: str, octets: str) -> None:
    """Dummy, one octet, three octets, flag of the wrong side, and nothing that SETUP must have: answered or not, nothing stays."""
    end = End(side)
    end.q.data_link_established(0)
    end.q.receive(bytes.fromhex(octets), 0)
    end.collect()
    assert end.q.calls() == []
    assert end.heard == []
    assert set(end.q.channel_states().values()) == {"idle"}
    for answer in map(c.decode, end.sent):
        assert answer.name in ("RELEASE", "RELEASE COMPLETE")
