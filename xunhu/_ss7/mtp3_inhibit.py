"""Management inhibiting (ITU-T Q.704 (07/96) §10): a link that stays in service, for tests, and carries no user traffic.

Two marks a link: ours (LocalInhibiting) and the far end's (RemoteInhibiting); traffic returns when both are gone. A link is not inhibited where a
destination would be lost by it, and is asked back when one is (RELIEVE: LUN where the mark is ours, LFU where it is theirs). All inhibited
links of the routes concerned are asked back at once, not one after the other. LLT and LRT hold the marks of both ends together (§10.6).

Q.704 takes an inhibited link out of traffic by time-controlled changeover (§10.2 d, §5.6.2).
"""

from __future__ import annotations

from xunhu._ss7.mtp3_core import Block, Core
from xunhu._ss7.mtp3_routing import Link
from xunhu._ss7.mtp3_tables import ChangeoverEvent, Local, Remote
from xunhu._ss7.mtp3_timers import Timer


def needed(core: Core, link: Link) -> bool:
    """Whether a destination would be lost without the link."""
    if not link.usable:
        return False
    for destination in core.destinations.values():
        if destination.accessible and not any(
            route.usable() and (route.linkset is not link.linkset or len(route.linkset.carriers) > 1) for route in destination.routes
        ):
            return True
    return False


class LocalInhibiting(Block):
    key, field = "local", "local"

    def _ask(self, link: Link, value: int, now: int) -> None:
        core = self.core
        if needed(core, link):
            core.inform("inhibit-denied", link.name, "a destination would be lost", "warning")
        elif not core.tell_about("LIN", link):
            core.inform("inhibit-denied", link.name, "the far end is not reached", "warning")
        else:
            self.enter(link, Local.LIN_SENT)
            core.start(link, Timer.T14, now)

    def _ask_again(self, link: Link, value: int, now: int) -> None:
        self.core.tell_about("LIN", link)
        self.core.start(link, Timer.T14, now)

    def _denied(self, link: Link, value: int, now: int) -> None:
        self.core.stop(link, Timer.T14)
        self.core.inform("inhibit-denied", link.name, "the far end refuses", "warning")

    def _give_up_inhibiting(self, link: Link, value: int, now: int) -> None:
        self.core.inform("inhibit-failed", link.name, "no answer of the far end", "warning")

    def _inhibited(self, link: Link, value: int, now: int) -> None:
        core = self.core
        core.stop(link, Timer.T14)
        core.start(link, Timer.T22, now)
        link.durations.turn("inhibited locally", True, now)
        core.alarm("link-inhibited", link.name, "inhibited from this end", "info")
        core.traffic.refresh(link, ChangeoverEvent.DIVERT, now)

    def _test_mark(self, link: Link, value: int, now: int) -> None:
        self.core.tell_about("LLT", link)
        self.core.start(link, Timer.T22, now)

    def _withdraw(self, link: Link, value: int, now: int) -> None:
        """LUA is not waited for: if LUN is lost, the far end's LRT brings it again."""
        self.core.stop(link, Timer.T14)
        self.core.tell_about("LUN", link)

    def _ask_back(self, link: Link, value: int, now: int) -> None:
        self.core.stop(link, Timer.T22)
        self._ask_back_again(link, value, now)

    def _ask_back_again(self, link: Link, value: int, now: int) -> None:
        self.core.tell_about("LUN", link)
        self.core.start(link, Timer.T12, now)

    def _say_free(self, link: Link, value: int, now: int) -> None:
        """The far end thinks that we have inhibited the link; LUA will come, and is not waited for."""
        self.core.tell_about("LUN", link)

    def _uninhibited(self, link: Link, value: int, now: int) -> None:
        core = self.core
        core.stop(link, Timer.T12)
        link.durations.turn("inhibited locally", False, now)
        core.clear("link-inhibited", link.name, "not inhibited from this end")
        core.traffic.refresh(link, ChangeoverEvent.DIVERT, now)

    def _give_up_uninhibiting(self, link: Link, value: int, now: int) -> None:
        """The mark stays, and is tested again."""
        self.core.inform("uninhibit-failed", link.name, "no answer of the far end", "warning")
        self.core.start(link, Timer.T22, now)

    def _reset(self, link: Link, value: int, now: int) -> None:
        self.core.stop(link, Timer.T12, Timer.T14, Timer.T22)
        link.durations.turn("inhibited locally", False, now)
        self.core.clear("link-inhibited", link.name, "not inhibited from this end")
        self.core.traffic.refresh(link, ChangeoverEvent.DIVERT, now)


class RemoteInhibiting(Block):
    key, field = "remote", "remote"

    def _decide(self, link: Link, value: int, now: int) -> None:
        core = self.core
        if needed(core, link):
            core.tell_about("LID", link)
            return
        self.enter(link, Remote.INHIBITED)
        core.tell_about("LIA", link)
        core.start(link, Timer.T23, now)
        link.durations.turn("inhibited remotely", True, now)
        core.alarm("link-inhibited-remotely", link.name, "inhibited from the far end", "info")
        core.traffic.refresh(link, ChangeoverEvent.DIVERT, now)

    def _confirm(self, link: Link, value: int, now: int) -> None:
        self.core.tell_about("LIA", link)

    def _confirm_free(self, link: Link, value: int, now: int) -> None:
        self.core.tell_about("LUA", link)

    def _free(self, link: Link, value: int, now: int) -> None:
        self.core.tell_about("LUA", link)
        self._reset_remote(link, value, now)

    def _reset_remote(self, link: Link, value: int, now: int) -> None:
        core = self.core
        core.stop(link, Timer.T13, Timer.T23)
        link.durations.turn("inhibited remotely", False, now)
        core.clear("link-inhibited-remotely", link.name, "not inhibited from the far end")
        core.traffic.refresh(link, ChangeoverEvent.DIVERT, now)

    def _say_not_marked(self, link: Link, value: int, now: int) -> None:
        """The far end has the link inhibited and we know nothing of it: it shall take that back (§10.6.1)."""
        self.core.tell_about("LFU", link)

    def _test_remote_mark(self, link: Link, value: int, now: int) -> None:
        self.core.tell_about("LRT", link)
        self.core.start(link, Timer.T23, now)

    def _force(self, link: Link, value: int, now: int) -> None:
        self._force_again(link, value, now)

    def _force_again(self, link: Link, value: int, now: int) -> None:
        self.core.tell_about("LFU", link)
        self.core.start(link, Timer.T13, now)

    def _give_up_forcing(self, link: Link, value: int, now: int) -> None:
        self.core.inform("uninhibit-failed", link.name, "the far end does not take its inhibition back", "warning")
