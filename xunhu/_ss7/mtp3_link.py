"""Signalling link management and the signalling link test (ITU-T Q.704 (07/96) §12 and §3.2, Q.707 (07/96) §2.2).

LinkActivity (LSAC with LSLA, LSLR, LSLD): a link that is wanted is aligned, tested and then used; when it fails it is given up (changeover) and
aligned anew after T17, for ever. Emergency proving is asked for where the linkset has no other link in service (Q.703 §7.2).
LinkTest (SLTC): SLTM with a pattern before a link is used, and each SLT-T2 while it is. A periodic test that fails twice takes the link
down, which Q.707 leaves to us: it is the one sign that two ends of a line have been exchanged.
LinkOutage: processor outage, ours or the far end's, blocks a link without taking it down.

Automatic allocation of data links and terminals (§12.3 to §12.6) is left out: our data links are time slots that are given.
"""

from __future__ import annotations

from xunhu._ss7.mtp3_core import Block, counted
from xunhu._ss7.mtp3_messages import SLT, Label, Message, encode_message
from xunhu._ss7.mtp3_routing import Link, LinkSet
from xunhu._ss7.mtp3_tables import Activity, ActivityEvent, ChangeoverEvent, OutageEvent, TestEvent
from xunhu._ss7.mtp3_timers import Timer
from xunhu._ss7.mtp_primitives import LinkFailure, LinkRequestKind


class LinkActivity(Block):
    key, field = "activity", "activity"

    def _align(self, link: Link, value: int, now: int) -> None:
        core = self.core
        core.stop(link, Timer.T17)
        alone = not any(other.usable for other in link.linkset.links)
        core.request(link, LinkRequestKind.EMERGENCY if alone or link.emergency else LinkRequestKind.EMERGENCY_CEASES)
        core.request(link, LinkRequestKind.START)

    def hurry(self, linkset: LinkSet) -> None:
        """The last link of a linkset is lost: those that are being aligned prove themselves in emergency (Q.703 §7.2)."""
        for link in linkset.links:
            if link.activity == Activity.ALIGNING:
                self.core.request(link, LinkRequestKind.EMERGENCY)

    def _stop(self, link: Link, value: int, now: int) -> None:
        self.core.stop(link, Timer.T17)
        self.core.test.event(link, TestEvent.STOP, now)
        self.core.outage.event(link, OutageEvent.OUT_OF_SERVICE, now)
        self.core.request(link, LinkRequestKind.STOP)
        self.core.clear("link-failure", link.name, "not wanted any more")
        self.core.restart.look(now)

    def _stop_again(self, link: Link, value: int, now: int) -> None:
        self.core.request(link, LinkRequestKind.STOP)

    def _stop_and_wait(self, link: Link, value: int, now: int) -> None:
        link.emergency = value > 0
        self.core.test.event(link, TestEvent.STOP, now)
        self.core.outage.event(link, OutageEvent.OUT_OF_SERVICE, now)
        self.core.request(link, LinkRequestKind.STOP)
        self.core.start(link, Timer.T17, now)

    def _test(self, link: Link, value: int, now: int) -> None:
        self.core.test.event(link, TestEvent.START, now)

    def _not_aligned(self, link: Link, value: int, now: int) -> None:
        core = self.core
        counted(link.counts, f"alignment failed: {_word(value)}")
        core.test.event(link, TestEvent.STOP, now)
        core.outage.event(link, OutageEvent.OUT_OF_SERVICE, now)
        core.start(link, Timer.T17, now)
        core.alarm("link-failure", link.name, f"does not come into service: {_word(value)}")

    def _become_active(self, link: Link, value: int, now: int) -> None:
        core = self.core
        link.emergency = False
        link.flushed = False
        link.bsnt = link.order = -1
        link.since = now
        link.durations.turn("in service", True, now)
        counted(link.counts, "restorations")
        core.clear("link-failure", link.name, "in service")
        core.restart.link_in_service(link, now)
        core.traffic.refresh(link, ChangeoverEvent.FAILED, now)

    def _fail_test(self, link: Link, value: int, now: int) -> None:
        """The test has failed twice: in service for level 2, but not for us."""
        core = self.core
        counted(link.counts, "tests failed")
        core.inform("link-test-failed", link.name, "no answer to the signalling link test", "warning")
        core.request(link, LinkRequestKind.STOP)
        self._down(link, "signalling link test", now)
        core.start(link, Timer.T17, now)

    def _deactivate(self, link: Link, value: int, now: int) -> None:
        """Level 2 stops before the changeover: only then its sequence numbers stand still (§5.4)."""
        self.core.request(link, LinkRequestKind.STOP)
        self._down(link, "deactivated", now)
        self.core.clear("link-failure", link.name, "not wanted any more")
        self.core.restart.look(now)

    def _take_down(self, link: Link, value: int, now: int) -> None:
        link.emergency = value > 0
        self.core.request(link, LinkRequestKind.STOP)
        self._down(link, "restart" if value >= 0 else "changeover order of the far end", now)
        self.core.start(link, Timer.T17, now)

    def _fail(self, link: Link, value: int, now: int) -> None:
        counted(link.counts, f"failures: {_word(value)}")
        self._down(link, _word(value), now)
        self.core.start(link, Timer.T17, now)

    def _down(self, link: Link, why: str, now: int) -> None:
        """What was active is so no more."""
        core = self.core
        counted(link.counts, "failures")
        link.last_failure = why
        link.since = now
        link.durations.turn("in service", False, now)
        core.test.event(link, TestEvent.STOP, now)
        core.outage.event(link, OutageEvent.OUT_OF_SERVICE, now)
        core.congestion.link_level(link, 0, now)
        core.alarm("link-failure", link.name, f"out of service: {why}")
        core.traffic.refresh(link, ChangeoverEvent.FAILED, now)
        core.restart.link_out_of_service(link, now)


def _word(failure: int) -> str:
    try:
        return LinkFailure(failure).name.lower().replace("_", " ")
    except ValueError:
        return f"reason {failure}"


class LinkOutage(Block):
    key, field = "outage", "outage"

    def _block(self, link: Link, value: int, now: int) -> None:
        counted(link.counts, "processor outages")
        link.durations.turn("blocked", True, now)
        self.core.alarm("link-blocked", link.name, "processor outage")
        self.core.traffic.refresh(link, ChangeoverEvent.DIVERT, now)

    def _note(self, link: Link, value: int, now: int) -> None:
        if not link.outage:
            link.durations.turn("blocked", False, now)
            self.core.clear("link-blocked", link.name, "out of service")

    def _unblock(self, link: Link, value: int, now: int) -> None:
        """What was sent before is out of date if the traffic has been diverted meanwhile (§5.6.2); else level 2 goes on with it."""
        core = self.core
        link.durations.turn("blocked", False, now)
        core.clear("link-blocked", link.name, "processor outage has ended")
        if not link.flushed:
            core.request(link, LinkRequestKind.CONTINUE)
        link.flushed = False
        core.traffic.refresh(link, ChangeoverEvent.DIVERT, now)


class LinkTest(Block):
    key, field = "test", "test"

    def _send(self, link: Link, value: int, now: int) -> None:
        """A new pattern each time, so that a late answer of an earlier test is told apart."""
        link.tests += 1
        pattern = (self.core.own ^ link.tests * 0x9E3779B1) & 0xFFFFFFFF
        link.pattern = bytes((link.number & 255,)) + pattern.to_bytes(4, "little")
        self.core.stop(link, Timer.SLT_T2)
        self._transmit(link, now)

    def _repeat(self, link: Link, value: int, now: int) -> None:
        self._transmit(link, now)

    def _transmit(self, link: Link, now: int) -> None:
        core = self.core
        label = Label(SLT, core.ni, 3 if core.options.priorities else 0, link.linkset.neighbour.point, link.linkset.neighbour.own, link.slc)
        core.count("SLTM sent")
        core.send(link, encode_message(Message("SLTM", label, pattern=link.pattern), core.bits))
        core.start(link, Timer.SLT_T1, now)

    def _pass(self, link: Link, value: int, now: int) -> None:
        self.core.stop(link, Timer.SLT_T1)
        self.core.start(link, Timer.SLT_T2, now)
        self.core.links_block.event(link, ActivityEvent.TEST_PASSED, now)

    def _end(self, link: Link, value: int, now: int) -> None:
        self.core.stop(link, Timer.SLT_T1, Timer.SLT_T2)

    def _give_up(self, link: Link, value: int, now: int) -> None:
        self.core.links_block.event(link, ActivityEvent.TEST_FAILED, now)

    def receive(self, link: Link, message: Message, now: int) -> None:
        """A test message that came over `link` (Q.707 §2.2). One with another code or other points is not answered: the line ends elsewhere."""
        core, label = self.core, message.label
        fits = label.sls == link.slc and label.opc == link.linkset.neighbour.point  # to us: an alias will do
        if message.name == "SLTM":
            if not fits:
                core.count("SLTM for another link")
                core.alarm("link-test-mismatch", link.name, f"test message of {core.point_name(label.opc)}, link code {label.sls}")
                return
            core.clear("link-test-mismatch", link.name, "test messages fit")
            answer = Label(label.service, core.ni, label.priority, label.opc, label.dpc, link.slc)
            core.count("SLTA sent")
            core.send(link, encode_message(Message("SLTA", answer, pattern=message.pattern), core.bits))
        else:
            good = fits and message.pattern == link.pattern
            self.event(link, TestEvent.SLTA if good else TestEvent.OTHER_SLTA, now)
