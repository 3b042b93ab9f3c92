"""The four transactions: tables whole and kept, every timer at its time (RFC 3261 §17, RFC 6026), on the virtual clock."""

from __future__ import annotations

from typing import Any

import pytest

import xunhu.sip.transaction as machine
from xunhu.protocol.timers import with_values
from xunhu.sip.address import Address
from xunhu.sip.message import SipMessage, request, response
from xunhu.sip.timers import DERIVED, SIP_TIMERS
from xunhu.sip.transaction import ClientTransaction, ServerTransaction, Transactions
from xunhu.sip.transaction_tables import CLIENT, INVITE_CLIENT, INVITE_SERVER, SERVER, TABLES, Event, State

MS = 1_000_000
S = 1_000 * MS
THERE = {name: Address(name, "192.0.2.1", 5060) for name in ("udp", "tcp")}


class User:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def on_response(self, tx: ClientTransaction, message: SipMessage, now: int) -> None:
        self.told.append(message.status)

    def on_failure(self, tx: Any, status: int, now: int) -> None:
        self.told.append(("failure", status))

    def on_ring_out(self, tx: ClientTransaction, now: int) -> None:
        self.told.append("rung out")

    def on_terminated(self, tx: Any, now: int) -> None:
        self.told.append("over")

    def on_ack(self, tx: ServerTransaction, message: SipMessage, now: int) -> None:
        self.told.append("ACK")


def layer(**timers: int) -> Transactions:
    return Transactions({name: ms * MS for name, ms in with_values(SIP_TIMERS, timers).items()})


def message(method: str, branch: str = "z9hG4bKx", to: str = "<sip:b@b>") -> SipMessage:
    number = method if method != "ACK" else "ACK"
    headers = [
        ("Via", f"SIP/2.0/UDP 192.0.2.9:5060;branch={branch}"),
        ("From", "<sip:a@a>;tag=1"),
        ("To", to),
        ("Call-ID", "c"),
        ("CSeq", f"1 {number}"),
    ]
    return request(method, "sip:b@b", headers)


def client(method: str, transport: str, **timers: int) -> tuple[Transactions, ClientTransaction, User]:
    made = layer(**timers)
    user = User()
    tx = made.start(message(method), "z9hG4bKx", THERE[transport], 0, None, user, 0)
    return made, tx, user


def server(method: str, transport: str) -> tuple[Transactions, ServerTransaction, User]:
    made = layer()
    asked = message(method)
    there = THERE[transport]
    tx = made.serve(made.server_key(asked, method), asked, there, there, 0, None)
    tx.user = User()
    return made, tx, tx.user


def answer(tx: Any, status: int) -> SipMessage:
    return response(tx.request, status, to_tag="t")


def event_of(status: int) -> Event:
    return Event.PROVISIONAL if status < 200 else Event.SUCCESS if status < 300 else Event.FAILURE


def sends_until(made: Transactions, end: int) -> list[int]:
    """Milliseconds at which something went out, from now on."""
    made.sends.clear()
    times: list[int] = []
    while (at := made.next_deadline) is not None and at <= end:
        made.handle_timeout(at)
        times += [at // MS] * len(made.sends)
        made.sends.clear()
    return times


def gone(made: Transactions) -> bool:
    return not (made.clients or made.servers or made.owners or made.merged or len(made.timers))


# -- tables ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_every_action_exists_and_every_state_is_left(name: str) -> None:
    table = TABLES[name]
    states = {state for state, _ in table}
    for (_, _), (action, following) in table.items():
        assert callable(getattr(machine, action))
        assert set(following) <= states | {State.TERMINATED}
    reached = {to for (state, _), (_, following) in table.items() for to in following if to != state}
    begin = {
        "INVITE client": State.CALLING,
        "client": State.TRYING,
        "INVITE server": State.PROCEEDING,
        "server": State.TRYING,
    }
    assert states == (reached | {begin[name]}) - {State.TERMINATED}


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
@pytest.mark.parametrize("side", ["client", "server"])
def test_every_state_takes_every_event_as_its_table_says(side: str, method: str, transport: str) -> None:
    """Each cell, from each state: the next state is one that the row names, no row changes nothing."""
    invite = method == "INVITE"
    table = {("client", True): INVITE_CLIENT, ("client", False): CLIENT, ("server", True): INVITE_SERVER}.get(
        (side, invite), SERVER
    )
    for state in {state for state, _ in table}:
        for event in Event:
            made, tx, _ = client(method, transport) if side == "client" else server(method, transport)
            if side == "client" and invite and state in (State.COMPLETED,):
                tx.event(Event.FAILURE, answer(tx, 486), 0)
            if side == "server" and state not in (State.PROCEEDING, State.TRYING):
                tx.event(Event.SUCCESS if state == State.ACCEPTED else Event.FAILURE, answer(tx, 486), 0)
            tx.state = int(state)
            status = {Event.PROVISIONAL: 180, Event.SUCCESS: 200, Event.FAILURE: 486}.get(event)
            argument: SipMessage | None = answer(tx, status) if status else None
            if event == Event.ACK:
                argument = message("ACK")
            before = dict(made.counters)
            tx.event(int(event), argument, S)
            row = table.get((state, event))
            if row is None:
                assert tx.state == state
                assert made.counters != before
            else:
                assert tx.state in row[1], (state, event)


# -- clients ---------------------------------------------------------------------------------------------------


def test_timers_a_and_b() -> None:
    made, _, user = client("INVITE", "udp")
    assert sends_until(made, 100 * S) == [500, 1500, 3500, 7500, 15500, 31500]
    assert user.told == [("failure", 408), "over"]
    assert gone(made)


def test_timer_b_alone_on_a_reliable_transport() -> None:
    made, _, user = client("INVITE", "tcp")
    assert made.next_deadline == 32 * S
    assert sends_until(made, 100 * S) == []
    assert user.told == [("failure", 408), "over"]


def test_timer_b_does_not_end_a_call_that_rings() -> None:
    made, tx, user = client("INVITE", "udp")
    tx.event(Event.PROVISIONAL, answer(tx, 180), S)
    assert sends_until(made, 180 * S) == []
    assert user.told == [180]
    sends_until(made, 181 * S)
    assert user.told == [180, "rung out"], "timer C"
    tx.event(Event.PROVISIONAL, answer(tx, 180), 182 * S)
    sends_until(made, 181 * S + 32 * S)
    assert user.told == [180, "rung out", 180, ("failure", 408), "over"]
    assert gone(made)


@pytest.mark.parametrize(("transport", "lasts"), [("udp", 32 * S), ("tcp", 0)])
def test_timer_d(transport: str, lasts: int) -> None:
    made, tx, user = client("INVITE", transport)
    made.sends.clear()
    refusal = answer(tx, 486)
    tx.event(Event.FAILURE, refusal, S)
    (ack,) = made.sends
    assert ack.data.startswith(b"ACK sip:b@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKx\r\n")
    assert b"\r\nTo: <sip:b@b>;tag=t\r\n" in ack.data
    assert b"\r\nCSeq: 1 ACK\r\n" in ack.data
    if lasts:
        assert made.next_deadline == S + lasts
        tx.event(Event.FAILURE, refusal, 2 * S)
        assert [send.data for send in made.sends] == [ack.data] * 2
        made.handle_timeout(S + lasts)
    assert user.told == [486, "over"]
    assert gone(made)


def test_timer_m() -> None:
    made, tx, user = client("INVITE", "udp")
    made.sends.clear()
    for at in (S, 2 * S):
        tx.event(Event.SUCCESS, answer(tx, 200), at)
    assert made.next_deadline == S + 32 * S
    made.handle_timeout(S + 32 * S)
    assert user.told == [200, 200, "over"]
    assert made.sends == []
    assert gone(made)


def test_timers_e_and_f() -> None:
    made, _, user = client("OPTIONS", "udp")
    assert sends_until(made, 100 * S) == [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]
    assert user.told == [("failure", 408), "over"]
    assert gone(made)


def test_timer_e_in_proceeding_is_t2() -> None:
    made, tx, _ = client("OPTIONS", "udp")
    tx.event(Event.PROVISIONAL, answer(tx, 183), 100 * MS)
    assert sends_until(made, 100 * S) == [500, 4500, 8500, 12500, 16500, 20500, 24500, 28500]


@pytest.mark.parametrize(("transport", "lasts"), [("udp", 5 * S), ("tcp", 0)])
def test_timer_k(transport: str, lasts: int) -> None:
    made, tx, user = client("OPTIONS", transport)
    tx.event(Event.SUCCESS, answer(tx, 200), S)
    if lasts:
        tx.event(Event.SUCCESS, answer(tx, 200), 2 * S)  # absorbed
        assert made.next_deadline == S + lasts
        made.handle_timeout(S + lasts)
    assert user.told == [200, "over"]
    assert gone(made)


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_the_transport_fails(method: str) -> None:
    made, _, user = client(method, "udp")
    made.transport_failed(THERE["udp"], 0, S)
    assert user.told == [("failure", 503), "over"]
    assert gone(made)


# -- servers ---------------------------------------------------------------------------------------------------


def test_timers_g_and_h() -> None:
    made, tx, user = server("INVITE", "udp")
    tx.respond(answer(tx, 486), 0)
    assert sends_until(made, 100 * S) == [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]
    assert user.told == [("failure", 408), "over"]
    assert gone(made)


@pytest.mark.parametrize(("transport", "lasts"), [("udp", 5 * S), ("tcp", 0)])
def test_timer_i(transport: str, lasts: int) -> None:
    made, tx, user = server("INVITE", transport)
    tx.respond(answer(tx, 486), 0)
    tx.event(Event.ACK, message("ACK"), S)
    if lasts:
        made.sends.clear()
        tx.event(Event.REQUEST, message("INVITE"), 2 * S)
        tx.event(Event.ACK, message("ACK"), 2 * S)
        assert made.sends == []
        assert made.next_deadline == S + lasts
        made.handle_timeout(S + lasts)
    assert user.told == ["over"]
    assert gone(made)


def test_timer_l() -> None:
    """RFC 6026: repetitions of INVITE are absorbed, the 2xx is the user's to repeat, ACK goes up."""
    made, tx, user = server("INVITE", "udp")
    tx.respond(answer(tx, 200), 0)
    made.sends.clear()
    tx.event(Event.REQUEST, message("INVITE"), S)
    assert made.sends == []
    tx.event(Event.ACK, message("ACK"), S)
    assert made.next_deadline == 32 * S
    made.handle_timeout(32 * S)
    assert user.told == ["ACK", "over"]
    assert gone(made)


@pytest.mark.parametrize(("transport", "lasts"), [("udp", 32 * S), ("tcp", 0)])
def test_timer_j(transport: str, lasts: int) -> None:
    made, tx, user = server("OPTIONS", transport)
    made.sends.clear()
    tx.event(Event.REQUEST, message("OPTIONS"), 0)
    assert made.sends == [], "nothing has been answered yet"
    tx.respond(answer(tx, 200), S)
    if lasts:
        tx.event(Event.REQUEST, message("OPTIONS"), 2 * S)
        tx.respond(answer(tx, 500), 2 * S)  # too late
        assert len(made.sends) == 2
        assert made.sends[0].data == made.sends[1].data
        made.handle_timeout(S + lasts)
    assert user.told == ["over"]
    assert gone(made)


def test_a_provisional_response_is_repeated_with_the_request() -> None:
    made, tx, _ = server("INVITE", "udp")
    tx.respond(answer(tx, 180), 0)
    tx.event(Event.REQUEST, message("INVITE"), S)
    assert len(made.sends) == 2
    assert made.sends[0] == made.sends[1]


# -- matching --------------------------------------------------------------------------------------------------


def test_matching_by_branch() -> None:
    made, tx, _ = client("INVITE", "udp")
    assert made.match_response(answer(tx, 180)) is tx
    other = response(message("CANCEL"), 200)
    assert made.match_response(other) is None, "another method"
    assert made.match_response(response(message("INVITE", "z9hG4bKy"), 200)) is None


def test_matching_of_requests() -> None:
    made = layer()
    first = made.server_key(message("INVITE"), "INVITE")
    assert made.server_key(message("ACK"), "INVITE") == first
    assert made.server_key(message("CANCEL"), "CANCEL") != first
    assert made.server_key(message("INVITE", "z9hG4bKy"), "INVITE") != first


@pytest.mark.parametrize("branch", ["1", "z9hG4bK"])
def test_matching_without_the_magic_cookie(branch: str) -> None:
    """§17.2.3, the rule of RFC 2543: the ACK has the tag of the response, and belongs to the INVITE."""
    made = layer()
    first = made.server_key(message("INVITE", branch), "INVITE")
    assert made.server_key(message("ACK", branch, "<sip:b@b>;tag=t"), "INVITE") == first
    other = message("INVITE", branch)
    other.set("CSeq", "2 INVITE")
    assert made.server_key(other, "INVITE") != first
    tagged = made.server_key(message("OPTIONS", branch, "<sip:b@b>;tag=t"), "OPTIONS")
    assert made.server_key(message("OPTIONS", branch, "<sip:b@b>;tag=u"), "OPTIONS") != tagged


# -- timers as a table -----------------------------------------------------------------------------------------


def test_timers_have_rows_and_ranges() -> None:
    assert set(machine.TIMERS) == set(DERIVED)
    for row in SIP_TIMERS.values():
        assert row.minimum_ms is not None
        assert row.maximum_ms is not None
        assert row.minimum_ms <= row.default_ms <= row.maximum_ms
        assert row.clause
        assert row.meaning
    with pytest.raises(ValueError, match="out of range"):
        with_values(SIP_TIMERS, {"T1": 0})
    with pytest.raises(ValueError, match="not known"):
        with_values(SIP_TIMERS, {"T9": 1})


def test_configured_timers_are_used() -> None:
    made, _, user = client("OPTIONS", "udp", T1=10, T2=20)
    assert sends_until(made, 100 * S) == [10, *range(30, 640, 20)]
    assert user.told == [("failure", 408), "over"]
