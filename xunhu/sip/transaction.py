"""Transactions of RFC 3261 §17 with RFC 6026: requests of ours until they are answered, requests of others until it is over.

What a transaction does with an event is one cell of transaction_tables.py; the actions are functions below. `Transactions` holds
them all, matches messages to them (§17.1.3, §17.2.3) and has one queue of timers for everything above as well. The user of a
client transaction is told by `on_response`, `on_failure` (408: no answer, 503: the transport failed), `on_ring_out` (an INVITE that
rang for too long) and `on_terminated`; of a
server transaction by `on_ack` (after a 2xx), `on_failure` and `on_terminated`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from xunhu.protocol.timer_queue import NEVER, TimerQueue
from xunhu.sip.address import Address, Send
from xunhu.sip.message import SipMessage, request, response
from xunhu.sip.transaction_tables import CLIENT, INVITE_CLIENT, INVITE_SERVER, SERVER, Event, State, Table

__all__ = ["ClientTransaction", "ServerTransaction", "Transactions"]

COOKIE = "z9hG4bK"

# Names of timers in the queue. Those of RFC 3261 first; above 32 they belong to sessions and subscriptions.
TIMERS = {name: number for number, name in enumerate("ABDEFGHIJKLM", 1)}
A, B, D, E, F, G, H, I, J, K, L, M = range(1, 13)  # noqa: E741
TRYING = 14  # 100 for a re-INVITE that the owner has not answered at once (§17.2.1)
TRYING_NS = 200_000_000
UNANSWERED = 13  # the owner has not answered a request that is no INVITE for 64 T1

_CALLING = int(State.CALLING)
_TRYING = int(State.TRYING)
_PROCEEDING = int(State.PROCEEDING)
_COMPLETED = int(State.COMPLETED)
_ACCEPTED = int(State.ACCEPTED)
_CONFIRMED = int(State.CONFIRMED)
_TERMINATED = int(State.TERMINATED)
_PROVISIONAL = int(Event.PROVISIONAL)
_SUCCESS = int(Event.SUCCESS)
_FAILURE = int(Event.FAILURE)
_REPEAT = int(Event.REPEAT)
_TIMEOUT = int(Event.TIMEOUT)
_EXPIRY = int(Event.EXPIRY)
_TRANSPORT_ERROR = int(Event.TRANSPORT_ERROR)
_REQUEST = int(Event.REQUEST)
_ACK = int(Event.ACK)
_EVENTS = len(Event)

# timer -> event
_EVENT_OF = [_EXPIRY] * 16
for _name in (A, E, G):
    _EVENT_OF[_name] = _REPEAT
for _name in (B, F, H):
    _EVENT_OF[_name] = _TIMEOUT


class TransactionUser(Protocol):
    """Who made a transaction, or answers its request."""

    def on_response(self, tx: ClientTransaction, message: SipMessage, now: int) -> None: ...
    def on_failure(self, tx: Any, status: int, now: int) -> None: ...
    def on_ring_out(self, tx: ClientTransaction, now: int) -> None: ...
    def on_terminated(self, tx: Any, now: int) -> None: ...
    def on_ack(self, tx: ServerTransaction, message: SipMessage, now: int) -> None: ...


class ClientTransaction:
    """A request of ours. data: what is sent again; to, flow, local: where to."""

    __slots__ = (
        "ack",
        "data",
        "flow",
        "interval",
        "invite",
        "key",
        "layer",
        "local",
        "number",
        "provisional",
        "request",
        "rung_out",
        "state",
        "to",
        "user",
    )

    def __init__(
        self,
        layer: Transactions,
        number: int,
        key: str,
        message: SipMessage,
        to: Address,
        flow: int,
        local: Address | None,
        user: Any,
    ) -> None:
        self.layer = layer
        self.number = number
        self.key = key
        self.request = message
        self.invite = message.method == "INVITE"
        self.state = _CALLING if self.invite else _TRYING
        self.data = message.encode()
        self.to = to
        self.flow = flow
        self.local = local
        self.user = user
        self.interval = layer.t1
        self.ack: bytes | None = None
        self.provisional = False  # a 1xx has come: it may be cancelled (§9.1)
        self.rung_out = False  # timer C has passed

    def event(self, event: int, message: SipMessage | None, now: int) -> None:
        """One cell of the table."""
        action = (_ICT if self.invite else _NICT)[self.state * _EVENTS + event]
        if action is None:
            self.layer.count("absorbed by a client transaction")
        else:
            action(self, message, now)

    def on_timer(self, name: int, now: int) -> None:
        self.event(_EVENT_OF[name], None, now)

    def send(self) -> None:
        self.layer.sends.append(Send(self.data, self.to, self.flow, self.local))


class ServerTransaction:
    """A request of somebody else. reply_to, flow, local: where its answers go (§18.2.2, RFC 3581)."""

    __slots__ = (
        "flow",
        "interval",
        "invite",
        "key",
        "last",
        "layer",
        "local",
        "merge_key",
        "number",
        "reply_to",
        "request",
        "source",
        "state",
        "to_tag",
        "user",
    )

    def __init__(
        self,
        layer: Transactions,
        number: int,
        key: str,
        message: SipMessage,
        source: Address,
        reply_to: Address,
        flow: int,
        local: Address | None,
    ) -> None:
        self.layer = layer
        self.number = number
        self.key = key
        self.request = message
        self.invite = message.method == "INVITE"
        self.state = _PROCEEDING if self.invite else _TRYING
        self.source = source
        self.reply_to = reply_to
        self.flow = flow
        self.local = local
        self.user: Any = None
        self.last: bytes | None = None
        self.interval = layer.t1
        self.to_tag = ""
        self.merge_key = ""

    def respond(self, message: SipMessage, now: int) -> None:
        """A response of the user's; one after the final one is absorbed."""
        status = message.status
        self.event(_PROVISIONAL if status < 200 else _SUCCESS if status < 300 else _FAILURE, message, now)

    def event(self, event: int, message: SipMessage | None, now: int) -> None:
        """One cell of the table."""
        action = (_IST if self.invite else _NIST)[self.state * _EVENTS + event]
        if action is None:
            self.layer.count("absorbed by a server transaction")
        else:
            action(self, message, now)

    def on_timer(self, name: int, now: int) -> None:
        if name == UNANSWERED:
            self.respond(response(self.request, 504, to_tag=self.to_tag or f"t{self.number:x}"), now)
        elif name == TRYING:
            if self.last is None:
                trying(self, now)
        else:
            self.event(_EVENT_OF[name], None, now)

    def send(self, data: bytes) -> None:
        """Octets to whom the request came from: repetitions of a 2xx and of reliable provisional responses as well."""
        self.layer.sends.append(Send(data, self.reply_to, self.flow, self.local))


class Transactions:
    """All transactions and all timers of a user agent. timers: nanoseconds by name, of timers.py."""

    def __init__(self, timers: dict[str, int]) -> None:
        self.t1 = timers["T1"]
        self.t2 = timers["T2"]
        self.t4 = timers["T4"]
        self.td = timers["TD"]
        self.tc = timers["TC"]
        self.t64 = 64 * self.t1
        self.sends: list[Send] = []
        self.timers = TimerQueue()
        self.owners: dict[int, Any] = {}  # number -> what has timers
        self.clients: dict[str, ClientTransaction] = {}
        self.servers: dict[str, ServerTransaction] = {}
        self.merged: dict[str, str] = {}  # From tag, Call-ID, CSeq -> key of the transaction (§8.2.2.2)
        self.counters: dict[str, int] = {}
        self._last = 0

    def count(self, what: str) -> None:
        self.counters[what] = self.counters.get(what, 0) + 1

    def number(self, owner: Any) -> int:
        """A number for something that has timers; `forget` gives it back."""
        self._last += 1
        self.owners[self._last] = owner
        return self._last

    def forget(self, number: int) -> None:
        self.owners.pop(number, None)

    # -- time --------------------------------------------------------------------------------------------------

    @property
    def next_deadline(self) -> int | None:
        found = self.timers.deadline()
        return None if found == NEVER else found

    def handle_timeout(self, now: int) -> None:
        """Everything whose time has come, the earliest first."""
        while True:
            expired = self.timers.expired(now)
            if expired is None:
                return
            owner = self.owners.get(expired[0])
            if owner is not None:
                owner.on_timer(expired[1], now)

    # -- clients -----------------------------------------------------------------------------------------------

    def start(
        self, message: SipMessage, branch: str, to: Address, flow: int, local: Address | None, user: Any, now: int
    ) -> ClientTransaction:
        """Send a request whose top Via has this branch."""
        key = branch + message.method
        self._last += 1
        number = self._last
        tx = ClientTransaction(self, number, key, message, to, flow, local, user)
        self.owners[number] = tx
        self.clients[key] = tx
        tx.send()
        timers = self.timers
        timers.start(number, B if tx.invite else F, now + self.t64)
        if to.transport == "udp":
            timers.start(number, A if tx.invite else E, now + self.t1)
        return tx

    def match_response(self, message: SipMessage) -> ClientTransaction | None:
        """§17.1.3: by the branch of the top Via and the method of CSeq."""
        return self.clients.get(message.via.branch + message.cseq[1])

    # -- servers -----------------------------------------------------------------------------------------------

    def server_key(self, message: SipMessage, method: str) -> str:
        """§17.2.3. Without the magic cookie the old rule of RFC 2543 holds: Request-URI, tags, Call-ID, CSeq, top Via."""
        via = message.via
        branch = via.branch
        if branch.startswith(COOKIE) and len(branch) > len(COOKIE):
            return f"{branch} {via.sent_by} {method}"
        to_tag = "" if method == "INVITE" else message.to.tag
        return f"{message.uri} {message.from_.tag} {to_tag} {message.call_id} {message.cseq[0]} {via} {method}"

    def serve(
        self, key: str, message: SipMessage, source: Address, reply_to: Address, flow: int, local: Address | None
    ) -> ServerTransaction:
        """A request that no transaction has."""
        self._last += 1
        number = self._last
        tx = ServerTransaction(self, number, key, message, source, reply_to, flow, local)
        self.owners[number] = tx
        self.servers[key] = tx
        if not message.to.tag:
            merge = f"{message.from_.tag} {message.call_id} {message.cseq[0]} {message.method}"
            if merge not in self.merged:
                self.merged[merge] = key
                tx.merge_key = merge
        return tx

    def merged_with(self, message: SipMessage, key: str) -> bool:
        """§8.2.2.2: the same request has come by another way."""
        found = self.merged.get(f"{message.from_.tag} {message.call_id} {message.cseq[0]} {message.method}")
        return found is not None and found != key

    def transport_failed(self, to: Address, flow: int, now: int) -> None:
        """Requests on their way there fail at once; a connection that is gone is not used again."""
        for client in list(self.clients.values()):
            if (flow and client.flow == flow) or (not flow and client.to == to):
                client.flow = 0
                client.event(_TRANSPORT_ERROR, None, now)
        for server in list(self.servers.values()):
            if (flow and server.flow == flow) or (not flow and server.reply_to == to):
                server.flow = 0
                server.event(_TRANSPORT_ERROR, None, now)


# -- actions: clients ----------------------------------------------------------------------------------------------


def _end_client(tx: ClientTransaction, now: int) -> None:
    layer = tx.layer
    timers = layer.timers
    timers.stop(tx.number, A if tx.invite else E)
    timers.stop(tx.number, B if tx.invite else F)
    tx.state = _TERMINATED
    if layer.clients.get(tx.key) is tx:
        del layer.clients[tx.key]
    layer.forget(tx.number)
    tx.user.on_terminated(tx, now)


def send_again_doubled(tx: ClientTransaction, message: SipMessage | None, now: int) -> None:
    tx.interval *= 2
    tx.layer.timers.start(tx.number, A, now + tx.interval)
    tx.send()


def send_again_to_t2(tx: ClientTransaction, message: SipMessage | None, now: int) -> None:
    tx.interval = min(2 * tx.interval, tx.layer.t2)
    tx.layer.timers.start(tx.number, E, now + tx.interval)
    tx.send()


def send_again_at_t2(tx: ClientTransaction, message: SipMessage | None, now: int) -> None:
    tx.layer.timers.start(tx.number, E, now + tx.layer.t2)
    tx.send()


def time_out(tx: ClientTransaction, message: SipMessage | None, now: int) -> None:
    tx.user.on_failure(tx, 408, now)  # §8.1.3.1
    _end_client(tx, now)


def ring_out(tx: ClientTransaction, message: SipMessage | None, now: int) -> None:
    """Timer C (§16.6): the user cancels; what is still not answered 64 T1 later never will be."""
    if tx.rung_out:
        time_out(tx, message, now)
        return
    tx.rung_out = True
    tx.layer.timers.start(tx.number, B, now + tx.layer.t64)
    tx.user.on_ring_out(tx, now)


def transport_error(tx: ClientTransaction, message: SipMessage | None, now: int) -> None:
    tx.user.on_failure(tx, 503, now)  # §8.1.3.1
    _end_client(tx, now)


def expire(tx: Any, message: SipMessage | None, now: int) -> None:
    if type(tx) is ClientTransaction:
        _end_client(tx, now)
    else:
        _end_server(tx, now)


def pass_up(tx: ClientTransaction, message: SipMessage, now: int) -> None:
    tx.user.on_response(tx, message, now)


def invite_provisional(tx: ClientTransaction, message: SipMessage, now: int) -> None:
    if tx.state == _CALLING:
        tx.state = _PROCEEDING
        tx.layer.timers.stop(tx.number, A)
    # Not in the transaction's figure: timer C of §16.6, lest a lost peer hold the call for ever.
    if not tx.rung_out:
        tx.layer.timers.start(tx.number, B, now + tx.layer.tc)
    tx.provisional = True
    tx.user.on_response(tx, message, now)


def invite_success(tx: ClientTransaction, message: SipMessage, now: int) -> None:
    tx.state = _ACCEPTED
    timers = tx.layer.timers
    timers.stop(tx.number, A)
    timers.stop(tx.number, B)
    timers.start(tx.number, M, now + tx.layer.t64)
    tx.user.on_response(tx, message, now)


def invite_failure(tx: ClientTransaction, message: SipMessage, now: int) -> None:
    timers = tx.layer.timers
    timers.stop(tx.number, A)
    timers.stop(tx.number, B)
    tx.ack = _ack(tx.request, message)
    tx.layer.sends.append(Send(tx.ack, tx.to, tx.flow, tx.local))
    tx.state = _COMPLETED
    if tx.to.transport == "udp":
        timers.start(tx.number, D, now + tx.layer.td)
        tx.user.on_response(tx, message, now)
    else:
        tx.user.on_response(tx, message, now)
        _end_client(tx, now)


def _ack(invite: SipMessage, message: SipMessage) -> bytes:
    """§17.1.1.3: for 300 to 699, inside the transaction."""
    headers = [("Via", invite.get("Via"))]
    headers += [("Route", route) for route in invite.all("Route")]
    headers += [
        ("Max-Forwards", "70"),
        ("From", invite.get("From")),
        ("To", message.get("To")),
        ("Call-ID", invite.call_id),
        ("CSeq", f"{invite.cseq[0]} ACK"),
    ]
    return request("ACK", invite.uri, headers).encode()


def acknowledge_again(tx: ClientTransaction, message: SipMessage, now: int) -> None:
    assert tx.ack is not None
    tx.layer.sends.append(Send(tx.ack, tx.to, tx.flow, tx.local))


def provisional(tx: ClientTransaction, message: SipMessage, now: int) -> None:
    tx.state = _PROCEEDING
    tx.provisional = True
    tx.user.on_response(tx, message, now)


def final(tx: ClientTransaction, message: SipMessage, now: int) -> None:
    timers = tx.layer.timers
    timers.stop(tx.number, E)
    timers.stop(tx.number, F)
    tx.state = _COMPLETED
    if tx.to.transport == "udp":
        timers.start(tx.number, K, now + tx.layer.t4)
        tx.user.on_response(tx, message, now)
    else:
        tx.user.on_response(tx, message, now)
        _end_client(tx, now)


# -- actions: servers ----------------------------------------------------------------------------------------------


def _end_server(tx: ServerTransaction, now: int) -> None:
    layer = tx.layer
    tx.state = _TERMINATED
    if tx.invite:
        layer.timers.stop(tx.number, G)
        layer.timers.stop(tx.number, H)
    if layer.servers.get(tx.key) is tx:
        del layer.servers[tx.key]
    if tx.merge_key:
        layer.merged.pop(tx.merge_key, None)
    layer.forget(tx.number)
    if tx.user is not None:
        tx.user.on_terminated(tx, now)


def respond(tx: ServerTransaction, message: SipMessage, now: int) -> None:
    if not tx.invite:
        tx.state = _PROCEEDING
    tx.last = message.encode()
    tx.send(tx.last)


def respond_again(tx: ServerTransaction, message: SipMessage | None, now: int) -> None:
    if tx.last is not None:
        tx.send(tx.last)


def respond_lost(tx: ServerTransaction, message: SipMessage | None, now: int) -> None:
    """A provisional response did not get through; the next one finds its way by the address."""


def respond_success(tx: ServerTransaction, message: SipMessage, now: int) -> None:
    tx.state = _ACCEPTED
    tx.layer.timers.start(tx.number, L, now + tx.layer.t64)
    tx.last = message.encode()
    tx.send(tx.last)


def respond_failure(tx: ServerTransaction, message: SipMessage, now: int) -> None:
    tx.state = _COMPLETED
    tx.to_tag = message.to.tag
    _challenged(tx, message)
    tx.last = message.encode()
    tx.send(tx.last)
    tx.layer.timers.start(tx.number, H, now + tx.layer.t64)
    if tx.reply_to.transport == "udp":
        tx.layer.timers.start(tx.number, G, now + tx.interval)


def _challenged(tx: ServerTransaction, message: SipMessage) -> None:
    """What answers a challenge should have the next CSeq (§22.2); where an old agent keeps the number, it is no merged request."""
    if message.status in (401, 407) and tx.merge_key:
        tx.layer.merged.pop(tx.merge_key, None)
        tx.merge_key = ""


def respond_again_doubled(tx: ServerTransaction, message: SipMessage | None, now: int) -> None:
    tx.interval = min(2 * tx.interval, tx.layer.t2)
    tx.layer.timers.start(tx.number, G, now + tx.interval)
    respond_again(tx, message, now)


def acknowledged(tx: ServerTransaction, message: SipMessage, now: int) -> None:
    timers = tx.layer.timers
    timers.stop(tx.number, G)
    timers.stop(tx.number, H)
    tx.state = _CONFIRMED
    if tx.reply_to.transport == "udp":
        timers.start(tx.number, I, now + tx.layer.t4)
    else:
        _end_server(tx, now)


def pass_ack(tx: ServerTransaction, message: SipMessage, now: int) -> None:
    if tx.user is not None:
        tx.user.on_ack(tx, message, now)


def server_time_out(tx: ServerTransaction, message: SipMessage | None, now: int) -> None:
    if tx.user is not None:
        tx.user.on_failure(tx, 408, now)
    _end_server(tx, now)


def respond_final(tx: ServerTransaction, message: SipMessage, now: int) -> None:
    tx.state = _COMPLETED
    _challenged(tx, message)
    tx.layer.timers.stop(tx.number, UNANSWERED)
    tx.last = message.encode()
    tx.send(tx.last)
    if tx.reply_to.transport == "udp":
        tx.layer.timers.start(tx.number, J, now + tx.layer.t64)
    else:
        _end_server(tx, now)


def _row(table: Table) -> list[Callable[..., None] | None]:
    out: list[Callable[..., None] | None] = [None] * (len(State) * _EVENTS)
    for (state, event), (action, _) in table.items():
        out[state * _EVENTS + event] = globals()[action]
    return out


_ICT = _row(INVITE_CLIENT)
_NICT = _row(CLIENT)
_IST = _row(INVITE_SERVER)
_NIST = _row(SERVER)


def trying(tx: ServerTransaction, now: int) -> None:
    """100 at once (§17.2.1 wants it within 200 ms, and nobody knows how long the owner takes)."""
    tx.respond(response(tx.request, 100), now)
