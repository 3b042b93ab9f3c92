"""What a user agent tells its owner, drained from `UserAgent.events` in order.

Every session that was told of by `Invited` or `Replaced`, or was made by `UserAgent.invite`, ends with exactly one `Refused` (our
INVITE failed) or `Ended` (anything else), after which nothing of it comes. Bodies are session descriptions as octets, b"" where
there is none; what else a message carried is in `message`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from xunhu.sip.message import NameAddr, SipMessage

if TYPE_CHECKING:
    from xunhu.sip.server_request import ServerRequest
    from xunhu.sip.session import InviteSession
    from xunhu.sip.session_refer import Referral
    from xunhu.sip.subscription import Subscription


class Invited(NamedTuple):
    """An INVITE outside a dialog. offer b"": the answer of the session must be an offer."""

    session: InviteSession
    message: SipMessage
    offer: bytes


class Replaced(NamedTuple):
    """In the place of Invited(new): it has a Replaces that names `old` (RFC 3891). The owner answers `new` and ends `old`."""

    old: InviteSession
    new: InviteSession
    message: SipMessage
    offer: bytes


class Provisional(NamedTuple):
    """101 to 199 for our INVITE. body: early media's description; message.to.tag tells forks apart."""

    session: InviteSession
    status: int
    message: SipMessage
    body: bytes


class Answered(NamedTuple):
    """2xx for our INVITE. body b"" where `Offered` follows, the INVITE having had no offer."""

    session: InviteSession
    message: SipMessage
    body: bytes


class Acknowledged(NamedTuple):
    """The ACK of our 2xx for the INVITE that made the session has come."""

    session: InviteSession


class Offered(NamedTuple):
    """A new offer of the other side; answer_offer or refuse_offer follows. body b"": it wants an offer of ours."""

    session: InviteSession
    body: bytes
    message: SipMessage


class OfferAnswered(NamedTuple):
    """The answer to an offer of ours: of reoffer, of an INVITE without one, in the ACK."""

    session: InviteSession
    body: bytes


class OfferRefused(NamedTuple):
    """An offer of ours came to nothing; what was agreed before stands."""

    session: InviteSession
    status: int


class OfferWithdrawn(NamedTuple):
    """The offer of an `Offered` no longer stands: cancelled, or not answered in time."""

    session: InviteSession


class InfoReceived(NamedTuple):
    """INFO (RFC 6086), answered with 200."""

    session: InviteSession
    content_type: str
    body: bytes
    message: SipMessage


class InfoAnswered(NamedTuple):
    """What became of our INFO or MESSAGE in a dialog."""

    session: InviteSession
    method: str
    status: int


class Referred(NamedTuple):
    """REFER (RFC 3515). session None: outside a dialog. replaces: Call-ID, To tag, From tag of the Refer-To's Replaces."""

    session: InviteSession | None
    referral: Referral
    message: SipMessage
    refer_to: NameAddr
    replaces: tuple[str, str, str] | None
    referred_by: str

    def accept(self, *, now: int) -> None:
        """202, and NOTIFY with 100 where notifications are wanted."""
        self.referral.accept(now=now)

    def refuse(self, status: int = 603, *, now: int) -> None:
        self.referral.refuse(status, now=now)

    def notify(self, status: int, reason: str = "", *, now: int) -> None:
        """How the referred call does; 200 and more is the last word."""
        self.referral.notify(status, reason, now=now)


class ReferProgress(NamedTuple):
    """What became of our REFER. final: nothing more comes. status 202: it was accepted, news may follow."""

    session: InviteSession
    status: int
    reason: str
    final: bool


class Refused(NamedTuple):
    """Our INVITE failed. status 408: no answer, 503: the transport failed, each with message None. 3xx: message.contacts."""

    session: InviteSession
    status: int
    message: SipMessage | None


class Ended(NamedTuple):
    """The session is over. message: the other side's BYE or CANCEL, None where it said nothing. status: 200 a BYE, 487
    cancelled, 408 it did not answer, 481 it knows of no such call, 503 the transport failed."""

    session: InviteSession
    by_peer: bool
    status: int
    message: SipMessage | None


class RequestReceived(NamedTuple):
    """OPTIONS, MESSAGE, REGISTER, PUBLISH (where allowed) outside a dialog, MESSAGE inside one. `request.respond` answers it."""

    request: ServerRequest
    message: SipMessage
    session: InviteSession | None


class ResponseReceived(NamedTuple):
    """The final response to `UserAgent.request`. message None: status is 408 or 503."""

    handle: int
    status: int
    message: SipMessage | None


class Subscribed(NamedTuple):
    """SUBSCRIBE of somebody: accept or refuse it, then notify. refresh: one that stands was prolonged, or ends with the next
    notification (subscription.expires 0); it has been answered, and the whole state is due."""

    subscription: Subscription
    message: SipMessage
    refresh: bool


class SubscriptionAccepted(NamedTuple):
    """Our SUBSCRIBE got its 2xx. expires: seconds granted."""

    subscription: Subscription
    expires: int
    message: SipMessage


class Notified(NamedTuple):
    """NOTIFY of a subscription of ours, answered with 200. state: "active" or "pending" (RFC 6665 §4.1.3)."""

    subscription: Subscription
    message: SipMessage
    body: bytes
    state: str


class SubscriptionEnded(NamedTuple):
    """Of either kind. reason: of Subscription-State (RFC 6665 §4.1.3), "timeout", or "refused", with the status."""

    subscription: Subscription
    reason: str
    status: int
    retry_after: int


class Log(NamedTuple):
    """Something that an operator may want to know. severity: info or warning."""

    severity: str
    text: str
