"""Session timers, RFC 4028: a session that nobody refreshes ends; both sides can be the one who does.

Interval and refresher are settled by every 2xx to an INVITE or UPDATE. We refresh at half the interval, by UPDATE where the other
side allows it, else by a re-INVITE that offers again what we said last; where the other side refreshes, we end the session when
a third of the interval, or 32 s, is left (§10).
"""

from __future__ import annotations

from xunhu.sip.dialog import NO_OFFER, Dialog
from xunhu.sip.message import SipMessage
from xunhu.sip.session_base import CONFIRMED, SESSION_EXPIRE, SESSION_REFRESH, Headers
from xunhu.sip.session_offer import SessionOffer
from xunhu.sip.transaction import ServerTransaction

_S = 1_000_000_000
_LONGEST = 86_400  # s; a longer interval counts as this


def delta_seconds(text: str) -> int:
    """The number in front of a value's parameters; -1: there is none."""
    number = text.partition(";")[0].strip()
    return min(int(number), _LONGEST) if number.isascii() and number.isdigit() and len(number) < 11 else -1


def refresher_of(text: str) -> str:
    """uac, uas, or ""."""
    for row in text.split(";")[1:]:
        name, _, value = row.partition("=")
        if name.strip().lower() == "refresher":
            value = value.strip().lower()
            return value if value in ("uac", "uas") else ""
    return ""


class SessionTimer(SessionOffer):
    """See `session.InviteSession`."""

    def _init_parts(self) -> None:
        super()._init_parts()
        self.session_interval = 0  # s; 0: the session has no timer
        self.refresher = False  # we refresh
        self._min_se = 0  # the other side's, from a 422

    # -- what we ask for ---------------------------------------------------------------------------------------

    def _timer_headers(self, dialog: Dialog | None, method: str) -> Headers:
        """Of our INVITE or UPDATE. Once there is a timer, requests ask for the same again, with the same refresher."""
        wanted = self.session_interval or self.peer.session_timer
        if not wanted or (method == "UPDATE" and not self.session_interval):
            return []
        wanted = max(wanted, self._min_se)
        text = str(wanted)
        if self.session_interval:
            text += ";refresher=uac" if self.refresher else ";refresher=uas"
        headers = [("Session-Expires", text)]
        if self._min_se:
            headers.append(("Min-SE", str(self._min_se)))
        return headers

    def _too_brief(self, message: SipMessage) -> None:
        """422: Min-SE says what the other side allows (§7.4)."""
        self._min_se = max(self._min_se, delta_seconds(message.get("Min-SE")))

    # -- what the other side asks for --------------------------------------------------------------------------

    def _timer_accepts(self, tx: ServerTransaction, now: int) -> bool:
        """False: it was refused with 422."""
        text = tx.request.get("Session-Expires")
        if not text:
            return True
        interval = delta_seconds(text)
        if interval < 0:
            self._refuse(tx, 400, now)
            return False
        if interval < self.peer.min_se and "timer" in tx.request.get("Supported"):
            self._refuse(tx, 422, now, [("Min-SE", str(self.peer.min_se))])
            return False
        return True

    def _timer_answer(self, message: SipMessage, now: int) -> Headers:
        """For the 2xx to an INVITE or UPDATE of the other side; the timer runs from now on (§9)."""
        text = message.get("Session-Expires")
        theirs = delta_seconds(text) if text else -1
        ours = self.peer.session_timer
        supports = "timer" in message.get("Supported")
        if theirs < 0 and not ours:
            self._run(0, False, now)
            return []
        interval = theirs if theirs >= 0 else ours
        if ours and theirs > ours:
            interval = ours
        least = max(self.peer.min_se, delta_seconds(message.get("Min-SE")))
        interval = max(interval, least) if theirs < 0 or theirs >= least else max(interval, theirs)
        refresher = refresher_of(text) if supports else "uas"
        if not refresher:
            # Whoever asked refreshes; if nobody asked, we do, who want it.
            refresher = "uac" if theirs >= 0 else "uas"
        self._run(interval, refresher == "uas", now)
        headers = [("Session-Expires", f"{interval};refresher={refresher}")]
        if refresher == "uac":
            headers.append(("Require", "timer"))
        return headers

    # -- running -----------------------------------------------------------------------------------------------

    def _refreshed(self, dialog: Dialog, message: SipMessage, now: int) -> None:
        """A 2xx to our INVITE or UPDATE (§7.2)."""
        text = message.get("Session-Expires")
        interval = delta_seconds(text) if text else -1
        if interval > 0:
            self._run(interval, refresher_of(text) != "uas", now)
        elif message.cseq[1] == "INVITE" or self.session_interval:
            # Without it in the answer there is no timer there; what we wanted for ourselves we do alone.
            wanted = self.peer.session_timer
            self._run(max(wanted, self._min_se) if wanted else 0, True, now)

    def _run(self, interval: int, refresher: bool, now: int) -> None:
        self.session_interval = interval
        self.refresher = refresher
        self._stop(SESSION_REFRESH)
        self._stop(SESSION_EXPIRE)
        if not interval:
            return
        if refresher:
            self._start(SESSION_REFRESH, now + interval * _S // 2)
            self._start(SESSION_EXPIRE, now + interval * _S)
        else:
            self._start(SESSION_EXPIRE, now + (interval - min(32, interval // 3)) * _S)

    def _refresh(self, now: int) -> None:
        """Half the interval has gone."""
        dialog = self.dialog
        if dialog is None or self.state != CONFIRMED:
            return
        busy = dialog.offer != NO_OFFER or self._reinvite is not None or self._reinvite_tx is not None
        if busy or self._wanted is not None:
            self._start(SESSION_REFRESH, now + _S)  # what runs now refreshes as well, or makes room
        elif self._allows(dialog, "UPDATE"):
            self._offer(dialog, "UPDATE", b"", now)
        else:
            self._offer(dialog, "INVITE", self.local_description, now)

    def _refresh_failed(self, status: int, now: int) -> None:
        """Not a reason to end (§10): again after a tenth of the interval; the session ends when its time is over."""
        if self.session_interval and self.refresher and self.state == CONFIRMED:
            wait = _S if status == 422 else max(self.session_interval * _S // 10, _S)
            self._start(SESSION_REFRESH, now + wait)

    def _expired(self, now: int) -> None:
        self._bye_status = 408
        self.bye([("Reason", 'SIP;cause=408;text="Session timer expired"')], now=now)
