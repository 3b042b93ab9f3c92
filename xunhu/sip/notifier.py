"""Who watches what: lamps of telephones (dialog), presence, waiting messages; the notifier of RFC 6665 for these packages. Sans-IO.

The owner gives it the user agent's Subscribed and SubscriptionEnded, and the states as they change; it answers and notifies through the
subscriptions. What changes within a package's interval (RFC 4235 §3.10, RFC 3856 §6.10, RFC 3842 §3.10) goes in one NOTIFY at its end.
The first NOTIFY and that of each refresh carry the full state, others of the dialog package only the calls that have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from xunhu.sip.events import Subscribed, SubscriptionEnded
from xunhu.sip.notifier_bodies import (
    CONTENT_TYPES,
    DIALOG,
    MESSAGES,
    PRESENCE,
    DialogState,
    MessageSummary,
    PresenceState,
    dialog_info,
    message_summary,
    pidf,
)

NS = 1_000_000_000
#: nanoseconds between two NOTIFYs of one subscription
INTERVALS = {DIALOG: NS, PRESENCE: 5 * NS, MESSAGES: NS}
_SHORTEST_S, _LONGEST_S = 60, 3600
_WATCHERS = 500  # of one extension and package


class Watched(Protocol):
    """What of xunhu/sip/subscription.Subscription is used here."""

    package: str
    expires: int

    def accept(self, expires: int | None = None, pending: bool = False, *, now: int) -> None: ...
    def refuse(self, status: int = 603, headers: list[tuple[str, str]] | None = None, *, now: int) -> None: ...
    def notify(
        self, body: bytes = b"", content_type: str = "", headers: list[tuple[str, str]] | None = None, *, now: int
    ) -> None: ...
    def terminate(self, reason: str = "noresource", body: bytes = b"", content_type: str = "", *, now: int) -> None: ...


class _Watch:
    __slots__ = ("due", "entity", "sent", "shown", "subscription", "version", "who")

    def __init__(self, subscription: Watched, who: str, entity: str) -> None:
        self.subscription = subscription
        self.who = who
        self.entity = entity
        self.version = 0
        self.sent = 0  # when it was notified last
        self.due: int | None = None  # when it is to be notified next
        self.shown: dict[str, DialogState] = {}  # the calls that its last NOTIFYs have told of


class Notifier:
    """exists(extension): whether there is such a one; allowed(watcher, extension): "" and "" unknown; packages: those that somebody tells the states of."""

    def __init__(
        self,
        exists: Callable[[str], bool],
        allowed: Callable[[str, str], bool] = lambda watcher, extension: True,
        *,
        total: int = 20_000,
        packages: tuple[str, ...] = (DIALOG, PRESENCE, MESSAGES),
    ) -> None:
        self._packages = packages
        self._exists = exists
        self._allowed = allowed
        self._total = total
        self._watches: dict[int, _Watch] = {}  # by id() of the subscription, which the watch holds
        self._by_state: dict[tuple[str, str], dict[int, _Watch]] = {}
        self._dialogs: dict[str, tuple[DialogState, ...]] = {}
        self._presence: dict[str, PresenceState] = {}
        self._messages: dict[str, MessageSummary] = {}
        self._due: dict[int, _Watch] = {}

    def __len__(self) -> int:
        return len(self._watches)

    def watchers(self, package: str, extension: str) -> int:
        return len(self._by_state.get((package, extension), {}))

    def watched(self) -> set[str]:
        """Extensions that somebody watches."""
        return {extension for _, extension in self._by_state}

    # -- subscriptions -------------------------------------------------------------------------------------------

    def subscribed(self, event: Subscribed, extension: str, entity: str, now: int, watcher: str = "") -> None:
        """SUBSCRIBE for an extension. entity: its URI as the watcher wrote it; watcher: the extension that asks, where it is one."""
        subscription = event.subscription
        if event.refresh:
            watch = self._watches.get(id(subscription))
            if watch is not None:
                self._notify(watch, now, full=True)
            return
        package = subscription.package
        key = (package, extension)
        if package not in self._packages:
            subscription.refuse(489, [("Allow-Events", ", ".join(self._packages))], now=now)
        elif not self._exists(extension):
            subscription.refuse(404, now=now)
        elif not self._allowed(watcher, extension):
            subscription.refuse(403, now=now)
        elif not _accepts(event, CONTENT_TYPES[package]):
            subscription.refuse(406, [("Accept", CONTENT_TYPES[package])], now=now)
        elif 0 < subscription.expires < _SHORTEST_S:
            subscription.refuse(423, [("Min-Expires", str(_SHORTEST_S))], now=now)
        elif subscription.expires and (len(self) >= self._total or self.watchers(*key) >= _WATCHERS):
            subscription.refuse(503, [("Retry-After", "60")], now=now)
        else:
            subscription.accept(_LONGEST_S, now=now)
            watch = _Watch(subscription, extension, entity)
            self._watches[id(subscription)] = watch
            self._by_state.setdefault(key, {})[id(subscription)] = watch
            self._notify(watch, now, full=True)

    def ended(self, event: SubscriptionEnded) -> None:
        watch = self._watches.pop(id(event.subscription), None)
        if watch is None:
            return
        key = (watch.subscription.package, watch.who)
        members = self._by_state[key]
        del members[id(event.subscription)]
        if not members:
            del self._by_state[key]
        self._due.pop(id(event.subscription), None)

    def gone(self, extension: str, now: int) -> None:
        """There is no such extension any more: all who watch it are told."""
        for package in CONTENT_TYPES:
            for watch in list(self._by_state.get((package, extension), {}).values()):
                watch.subscription.terminate("noresource", now=now)
        for states in (self._dialogs, self._presence, self._messages):
            states.pop(extension, None)

    # -- states --------------------------------------------------------------------------------------------------

    def dialogs(self, extension: str, states: Sequence[DialogState], now: int) -> None:
        """All calls of an extension; those that are over are left out, or stand here as terminated once more."""
        alive = tuple(state for state in states if state.state != "terminated")
        if alive:
            self._dialogs[extension] = alive
        else:
            self._dialogs.pop(extension, None)
        self._changed(DIALOG, extension, now)

    def presence(self, extension: str, state: PresenceState, now: int) -> None:
        if self._presence.get(extension) != state:
            self._presence[extension] = state
            self._changed(PRESENCE, extension, now)

    def messages(self, extension: str, state: MessageSummary, now: int) -> None:
        if self._messages.get(extension, MessageSummary()) != state:
            self._messages[extension] = state
            self._changed(MESSAGES, extension, now)

    def _changed(self, package: str, extension: str, now: int) -> None:
        for number, watch in self._by_state.get((package, extension), {}).items():
            if watch.due is not None:
                continue
            at = watch.sent + INTERVALS[package]
            if at <= now:
                self._notify(watch, now, full=False)
            else:
                watch.due = at
                self._due[number] = watch

    @property
    def next_deadline(self) -> int | None:
        return min((watch.due for watch in self._due.values() if watch.due is not None), default=None)

    def handle_timeout(self, now: int) -> None:
        for watch in [row for row in self._due.values() if row.due is not None and row.due <= now]:
            self._notify(watch, now, full=False)

    # -- notifications -------------------------------------------------------------------------------------------

    def _notify(self, watch: _Watch, now: int, *, full: bool) -> None:
        watch.due = None
        self._due.pop(id(watch.subscription), None)
        package = watch.subscription.package
        if package == DIALOG:
            body = self._dialog_body(watch, full=full)
            if body is None:
                return  # what had changed is as it was
        elif package == PRESENCE:
            body = pidf(watch.entity, self._presence.get(watch.who, PresenceState(False)))
        else:
            body = message_summary(watch.entity, self._messages.get(watch.who, MessageSummary()))
        watch.sent = now
        watch.subscription.notify(body, CONTENT_TYPES[package], now=now)

    def _dialog_body(self, watch: _Watch, *, full: bool) -> bytes | None:
        """None: nothing that the watcher does not know."""
        states = {state.id: state for state in self._dialogs.get(watch.who, ())}
        if full:
            rows = list(states.values())
        else:
            rows = [state for number, state in states.items() if watch.shown.get(number) != state]
            rows += [_terminated(state) for number, state in watch.shown.items() if number not in states]
            if not rows:
                return None
        watch.shown = states
        body = dialog_info(watch.entity, watch.version, rows, full=full)
        watch.version += 1
        return body


def _terminated(state: DialogState) -> DialogState:
    return DialogState(
        state.id,
        "terminated",
        state.initiator,
        state.remote,
        state.remote_name,
        state.call_id,
        state.local_tag,
        state.remote_tag,
    )


def _accepts(event: Subscribed, content_type: str) -> bool:
    """RFC 6665 §3.1.3: without Accept, what is the package's own."""
    rows = event.message.items("Accept")
    named = {row.partition(";")[0].strip().lower() for row in rows}
    return not rows or bool(named & {content_type, "*/*", f"{content_type.partition('/')[0]}/*"})
