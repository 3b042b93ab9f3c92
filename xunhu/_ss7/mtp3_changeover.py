"""Changeover (TCOC, ITU-T Q.704 (07/96) §5, Figure 29).

With a path to the far end: each end tells by COO or COA the last message that it has accepted from the link (FSN); what the other has sent after
that is retrieved from level 2 and goes by the alternative links, before what has waited meanwhile. Where level 2 cannot tell, ECO and ECA
do without (§5.6.1), and only what was never sent on the link is retrieved (FSN -1); without a path, or where the link is only blocked or inhibited, T1 passes instead (§5.6.2).

T2 runs from the beginning of each changeover to its end, so that a level 2 that does not answer holds no traffic. An FSN that level 2 does not
have (§5.7.1) retrieves nothing: level 2 answers RETRIEVAL_COMPLETE alone.
"""

from __future__ import annotations

from xunhu._ss7.mtp3_core import Block, counted
from xunhu._ss7.mtp3_messages import Message
from xunhu._ss7.mtp3_routing import Link
from xunhu._ss7.mtp3_tables import Activity, ActivityEvent, Changeover, ChangeoverEvent, Outage
from xunhu._ss7.mtp3_timers import Timer
from xunhu._ss7.mtp_primitives import LinkRequestKind

RETRIEVED_LIMIT = 8192  # messages of one link
EMERGENCY = -1  # in the place of an FSN


class ChangeoverControl(Block):
    key, field = "changeover", "changeover"

    # -- from the far end ------------------------------------------------------------------------------------------

    def receive(self, link: Link, message: Message, now: int) -> None:
        """COO, COA, ECO or ECA for a link of ours."""
        name = message.name
        if message.value > (4095 if link.extended else 127):
            self.core.count("FSN out of range")
            return
        if name in ("COO", "ECO") and link.activity == Activity.ACTIVE:
            # §3.2.2: failed at the far end; ours has not noticed
            self.core.links_block.event(link, ActivityEvent.CHANGEOVER_ORDER, now, -1)
        self.event(link, ChangeoverEvent[name], now, message.value)

    # -- from level 2 ------------------------------------------------------------------------------------------------

    def bsnt(self, link: Link, value: int, now: int) -> None:
        """value: backward sequence number to be transmitted; below 0: level 2 cannot tell."""
        link.bsnt = value
        self.event(link, ChangeoverEvent.BSNT if value >= 0 else ChangeoverEvent.NO_BSNT, now, value)

    def retrieved(self, link: Link, octets: bytes) -> None:
        held = link.held
        if held is None or link.changeover != Changeover.RETRIEVING or len(held.retrieved) >= RETRIEVED_LIMIT:
            self.core.count("discarded: retrieved")
            return
        held.retrieved.append(octets)

    # -- actions -------------------------------------------------------------------------------------------------------

    def _ask_bsnt(self, link: Link, value: int, now: int) -> None:
        counted(link.counts, "changeovers")
        self.core.request(link, LinkRequestKind.RETRIEVE_BSNT)
        self.core.start(link, Timer.T2, now)

    def _ask_bsnt_instead(self, link: Link, value: int, now: int) -> None:
        self.core.stop(link, Timer.T1)
        self._ask_bsnt(link, value, now)

    def _order(self, link: Link, value: int, now: int) -> None:
        self.core.tell_about("COO", link, value=value)
        self.core.start(link, Timer.T2, now)

    def _order_emergency(self, link: Link, value: int, now: int) -> None:
        self.core.tell_about("ECO", link)
        self.core.start(link, Timer.T2, now)

    def _note_order(self, link: Link, value: int, now: int) -> None:
        link.order = value

    def _note_emergency_order(self, link: Link, value: int, now: int) -> None:
        link.order = EMERGENCY

    def _order_instead(self, link: Link, value: int, now: int) -> None:
        self._ask_bsnt_instead(link, value, now)
        link.order = value

    def _emergency_order_instead(self, link: Link, value: int, now: int) -> None:
        self._order_instead(link, EMERGENCY, now)

    def _acknowledge(self, link: Link, value: int, now: int) -> None:
        self.core.tell_about("COA", link, value=value)
        self._retrieve(link, link.order, now)

    def _acknowledge_emergency(self, link: Link, value: int, now: int) -> None:
        self.core.tell_about("ECA", link)
        self._retrieve(link, link.order, now)

    def _retrieve(self, link: Link, value: int, now: int) -> None:
        self.core.request(link, LinkRequestKind.RETRIEVE, value)
        self.core.start(link, Timer.T2, now)

    def _answer_late(self, link: Link, value: int, now: int) -> None:
        """An order after the changeover is done, or for a link that carried nothing: acknowledged, no further action (§5.7.3)."""
        if link.bsnt >= 0:
            self.core.tell_about("COA", link, value=link.bsnt)
        else:
            self.core.tell_about("ECA", link)

    def _crossed(self, link: Link, value: int, now: int) -> None:
        self._answer_late(link, value, now)
        self._retrieve(link, value, now)

    def _crossed_emergency(self, link: Link, value: int, now: int) -> None:
        self._answer_late(link, value, now)
        self._retrieve(link, EMERGENCY, now)

    def _retrieve_unsent(self, link: Link, value: int, now: int) -> None:
        self._retrieve(link, EMERGENCY, now)

    def _finish(self, link: Link, value: int, now: int) -> None:
        self.core.stop(link, Timer.T1, Timer.T2)
        if link.held is not None:
            self.core.traffic.release(link.held, now)
        self.core.configuration.may_end(link, now)

    def _give_up(self, link: Link, value: int, now: int) -> None:
        counted(link.counts, "changeovers without answer")
        self.core.inform("changeover-not-acknowledged", link.name, "no answer in time; messages of the link may be lost", "warning")
        self._finish(link, value, now)

    def _wait_t1(self, link: Link, value: int, now: int) -> None:
        counted(link.counts, "time-controlled changeovers")
        self.core.start(link, Timer.T1, now)

    def _take_back(self, link: Link, value: int, now: int) -> None:
        self._finish(link, value, now)

    def _finish_timed(self, link: Link, value: int, now: int) -> None:
        if link.activity == Activity.ACTIVE and link.outage != Outage.NONE:
            link.flushed = True
            self.core.request(link, LinkRequestKind.FLUSH_BUFFERS)
        self._finish(link, value, now)
