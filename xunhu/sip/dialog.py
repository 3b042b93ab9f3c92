"""Dialogs, RFC 3261 §12: who speaks with whom, by which way, and how far the numbers have come.

A dialog has usages: an INVITE session, subscriptions, or both (RFC 5057). It lives as long as one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xunhu.sip.address import Address, default_port
from xunhu.sip.message import SipMessage, SipParseError, SipUri, request

if TYPE_CHECKING:
    from xunhu.sip.user_agent_base import UserAgentBase

__all__ = ["Dialog", "address_of", "dialog_key", "transport_of"]

# dialog.offer: whose offer waits for an answer (RFC 3264, RFC 6337 §2)
NO_OFFER, LOCAL_OFFER, REMOTE_OFFER = 0, 1, 2


def dialog_key(call_id: str, local_tag: str, remote_tag: str) -> str:
    return f"{call_id} {local_tag} {remote_tag}"


def transport_of(uri: SipUri) -> str:
    """RFC 3263 §4.1 without NAPTR: what the URI says, else TLS for sips and UDP."""
    named = uri.transport
    if uri.scheme == "sips":
        return "tls"
    return named if named in ("udp", "tcp", "tls") else "udp"


def address_of(uri: SipUri) -> Address | None:
    """Where a URI with a literal address leads; None: its host is a name."""
    host = uri.host
    if not host or (":" not in host and not host.replace(".", "").isdigit()):
        return None
    transport = transport_of(uri)
    return Address(transport, host, uri.port or default_port(transport))


class Dialog:
    """call_id, tags, local and remote (From and To of our requests as text), numbers, route set, target; and where the other
    side's last message came from. offer: NO_OFFER, LOCAL_OFFER, REMOTE_OFFER; negotiated: an answer has passed.
    """

    __slots__ = (
        "ack",
        "ack_seq",
        "allow",
        "call_id",
        "confirmed",
        "contact",
        "flow",
        "hop",
        "key",
        "local",
        "local_seq",
        "local_tag",
        "nat",
        "negotiated",
        "offer",
        "on",
        "preview",
        "remote",
        "remote_seq",
        "remote_tag",
        "routes",
        "rseq",
        "session",
        "source",
        "subscriptions",
        "target",
    )

    def __init__(self, call_id: str, local_tag: str, remote_tag: str, local: str, remote: str, contact: str) -> None:
        self.call_id = call_id
        self.local_tag = local_tag
        self.remote_tag = remote_tag
        self.key = dialog_key(call_id, local_tag, remote_tag)
        self.local = local
        self.remote = remote
        self.contact = contact  # ours, <sip:...>
        self.local_seq = 0
        self.remote_seq = -1  # none yet
        self.routes: list[str] = []
        self.target = ""
        self.source: Address | None = None
        self.flow = 0
        self.on: Address | None = None  # our address that the other side uses
        self.nat = False
        self.hop: Address | None = None  # next hop of requests, None: to be found
        self.confirmed = False
        self.allow = ""  # methods of the other side
        self.session: Any = None
        self.subscriptions: dict[str, Any] | None = None
        self.offer = NO_OFFER
        self.negotiated = False
        self.preview = b""  # description in an unreliable provisional response
        self.rseq = -1  # of the last reliable provisional response received
        self.ack: bytes | None = None  # of the last 2xx, for its repetitions
        self.ack_seq = -1

    def learn_route(self, message: SipMessage, reverse: bool) -> None:
        """The route set: Record-Route of a request as it stands (§12.1.1), of a response backwards (§12.1.2).
        SipParseError: it is none."""
        rows = message.all("Record-Route")
        if rows:
            _ = message.record_routes  # raises where they are none
            self.routes = message.items("Record-Route")
            if reverse:
                self.routes.reverse()
        else:
            self.routes = []
        self.hop = None

    def learn_target(self, message: SipMessage) -> bool:
        """Contact, of what makes a dialog or refreshes its target (§12.2). False: there is none. SipParseError: it is no URI."""
        contacts = message.contacts
        if not contacts:
            return False
        uri = str(contacts[0].uri)
        if uri == "*":
            raise SipParseError(400, "* names no target", "Contact")
        if uri != self.target:
            self.target = uri
            self.hop = None
        return True

    def heard(self, source: Address, local: Address | None, flow: int) -> None:
        """The other side's last message came from there."""
        if source != self.source or flow != self.flow:
            self.source = source
            self.flow = flow
            self.hop = None
        self.on = local

    def next_hop(self, ua: UserAgentBase) -> Address | None:
        """Where requests go: first route, else target (§12.2.1.1); a peer behind NAT where it spoke from. None: nobody knows."""
        if self.hop is None:
            self.hop = self._next_hop(ua)
        return self.hop

    def _next_hop(self, ua: UserAgentBase) -> Address | None:
        source = self.source
        if self.nat and source is not None:
            return source
        text = self.routes[0] if self.routes else self.target
        try:
            uri = SipUri.parse(_bare(text))
        except SipParseError:
            return self.source
        hop = address_of(uri) or ua.resolve(uri) or source
        if self.flow and hop is not None and source is not None and hop.transport != source.transport:
            return Address(source.transport, hop.host, hop.port)  # the connection is used; Via must say what it is
        return hop

    def build(
        self,
        ua: UserAgentBase,
        method: str,
        seq: int,
        headers: list[tuple[str, str]],
        body: bytes = b"",
        content_type: str = "",
    ) -> tuple[SipMessage, str]:
        """A request inside the dialog and the branch of its Via (§12.2.1.1)."""
        to = self.next_hop(ua) or self.source
        branch = ua.tokens.branch()
        rows = [("Via", ua.via(to, branch)), ("Max-Forwards", "70")]
        uri = self.target
        routes = self.routes
        if routes:
            if _loose(routes[0]):
                rows += [("Route", route) for route in routes]
            else:  # a strict router wants its own address there
                uri = _bare(routes[0])
                rows += [("Route", route) for route in routes[1:]]
                rows.append(("Route", f"<{self.target}>"))
        rows += [
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{seq} {method}"),
        ]
        rows += headers
        return request(method, uri, rows, body, content_type), branch

    def unused(self) -> bool:
        """No usage is left."""
        return self.session is None and not self.subscriptions


def _bare(text: str) -> str:
    """The URI of a name-addr."""
    if "<" in text:
        return text.partition("<")[2].partition(">")[0]
    return text.partition(";")[0] if not text.lower().startswith(("sip:", "sips:")) else text


def _loose(text: str) -> bool:
    """§19.1.1: the URI has the parameter lr."""
    parameters = _bare(text).lower().split(";")[1:]
    return any(parameter.partition("=")[0] == "lr" for parameter in parameters)
