"""Watchers of lamps, presence and messages: what is refused, full and partial states, the pace of notifications; bodies read back as XML."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from xunhu.sip.events import Subscribed, SubscriptionEnded
from xunhu.sip.message import request
from xunhu.sip.notifier import INTERVALS, NS, Notifier
from xunhu.sip.notifier_bodies import (
    DIALOG_STATES,
    DialogState,
    MessageSummary,
    PresenceState,
    dialog_info,
    message_summary,
    pidf,
)

INFO = "{urn:ietf:params:xml:ns:dialog-info}"
PIDF = "{urn:ietf:params:xml:ns:pidf}"
E = "sip:8001@xunhu"


class Watched:
    """A subscription that writes down what is done with it."""

    def __init__(self, package: str, expires: int = 600) -> None:
        self.package = package
        self.expires = expires
        self.said: list[object] = []
        self.bodies: list[bytes] = []

    def accept(self, expires: int | None = None, pending: bool = False, *, now: int) -> None:
        self.said.append("accept")

    def refuse(self, status: int = 603, headers: list[tuple[str, str]] | None = None, *, now: int) -> None:
        self.said.append(status)

    def notify(self, body: bytes = b"", content_type: str = "", headers: object = None, *, now: int) -> None:
        self.said.append(content_type)
        self.bodies.append(body)

    def terminate(self, reason: str = "noresource", body: bytes = b"", content_type: str = "", *, now: int) -> None:
        self.said.append(reason)

    @property
    def state(self) -> tuple[str, int, dict[str, str]]:
        """Kind, version and calls of the last body."""
        root = etree.fromstring(self.bodies[-1])
        calls = {row.get("id"): row.findtext(f"{INFO}state") for row in root.iter(f"{INFO}dialog")}
        return root.get("state"), int(root.get("version")), calls


def notifier(**options: int) -> Notifier:
    return Notifier(
        lambda extension: extension in ("8001", "8002"), lambda watcher, extension: watcher != "8666", **options
    )


def watch(
    n: Notifier,
    package: str,
    *,
    extension: str = "8001",
    expires: int = 600,
    watcher: str = "",
    accept: str = "",
    now: int = 0,
) -> Watched:
    made = Watched(package, expires)
    rows = [
        ("Via", "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1"), ("From", "<sip:w@a>;tag=1"), ("To", f"<{E}>"), ("Call-ID", "c"), ("CSeq", "1 SUBSCRIBE"),
        ("Event", package), *([("Accept", accept)] if accept else []),
    ]  # fmt: skip
    n.subscribed(Subscribed(made, request("SUBSCRIBE", E, rows), False), extension, E, now, watcher)  # type: ignore[arg-type]
    return made


def refresh(n: Notifier, subscription: Watched, now: int) -> None:
    n.subscribed(Subscribed(subscription, request("SUBSCRIBE", E, []), True), "8001", E, now)  # type: ignore[arg-type]


def end(n: Notifier, subscription: Watched) -> None:
    n.ended(SubscriptionEnded(subscription, "timeout", 200, 0))  # type: ignore[arg-type]


def test_who_may_watch_what() -> None:
    n = notifier(total=3)
    assert watch(n, "conference").said == [489]
    assert watch(n, "dialog", extension="9999").said == [404]
    assert watch(n, "dialog", watcher="8666").said == [403]
    assert watch(n, "dialog", expires=30).said == [423]
    assert watch(n, "dialog", accept="application/pidf+xml").said == [406]
    assert watch(n, "dialog", accept="text/plain, application/dialog-info+xml;q=0.5").said == [
        "accept",
        "application/dialog-info+xml",
    ]
    assert watch(n, "presence", accept="application/*").said == ["accept", "application/pidf+xml"]
    assert watch(n, "message-summary").said == ["accept", "application/simple-message-summary"]
    assert watch(n, "dialog").said == [503]
    assert len(n) == 3


def test_a_package_of_which_nobody_tells_is_refused() -> None:
    n = Notifier(lambda extension: True, packages=("dialog", "presence"))
    assert watch(n, "message-summary").said == [489]
    assert watch(n, "presence").said[0] == "accept"


def test_a_lamp_through_a_call() -> None:
    n = notifier()
    lamp = watch(n, "dialog")
    assert lamp.state == ("full", 0, {})
    now = 10 * NS
    for version, state in enumerate(("early", "confirmed"), start=1):
        n.dialogs("8001", [DialogState("1", state, remote="sip:13800138000@a")], now)
        assert lamp.state == ("partial", version, {"1": state})
        now += 10 * NS
    n.dialogs("8001", [], now)
    assert lamp.state == ("partial", 3, {"1": "terminated"})
    n.dialogs("8001", [], now + 10 * NS)
    assert lamp.state[1] == 3  # nothing new
    refresh(n, lamp, now + 20 * NS)
    assert lamp.state == ("full", 4, {})


def test_changes_within_a_second_go_together() -> None:
    n = notifier()
    lamp = watch(n, "dialog")
    for ms in range(1, 900, 100):
        n.dialogs("8001", [DialogState("1", "early"), DialogState(str(ms), "trying")], ms * NS // 1000)
    assert len(lamp.bodies) == 1
    assert n.next_deadline == NS
    n.handle_timeout(NS - 1)
    assert len(lamp.bodies) == 1
    n.handle_timeout(NS)
    assert lamp.state == ("partial", 1, {"1": "early", "801": "trying"})
    assert n.next_deadline is None
    # a call that begins and ends in between is not told at all
    n.dialogs("8001", [DialogState("1", "early"), DialogState("801", "trying"), DialogState("x", "early")], NS + 1)
    n.dialogs("8001", [DialogState("1", "early"), DialogState("801", "trying")], NS + 2)
    n.handle_timeout(2 * NS)
    assert len(lamp.bodies) == 2


def test_one_who_comes_later_sees_all() -> None:
    n = notifier()
    n.dialogs("8001", [DialogState("1", "confirmed", True)], 0)
    assert watch(n, "dialog").state == ("full", 0, {"1": "confirmed"})


def test_the_end_of_a_subscription_and_of_an_extension() -> None:
    n = notifier()
    lamp, other = watch(n, "dialog"), watch(n, "dialog")
    n.dialogs("8001", [DialogState("1", "early")], 1)  # waits for its time
    end(n, lamp)
    end(n, lamp)
    n.handle_timeout(NS)
    assert (len(lamp.bodies), len(other.bodies), n.watchers("dialog", "8001")) == (1, 2, 1)
    n.gone("8001", 2 * NS)
    assert other.said[-1] == "noresource"
    end(n, other)
    assert (len(n), n._by_state, n._dialogs, n._due) == (0, {}, {}, {})


def test_presence_and_messages() -> None:
    n = notifier()
    seen, mail = watch(n, "presence"), watch(n, "message-summary")
    n.presence("8001", PresenceState(True, True, "at 讯虎 <desk>"), 10 * NS)
    n.presence("8001", PresenceState(True, True, "at 讯虎 <desk>"), 20 * NS)
    n.messages("8001", MessageSummary(2, 8, 1, 0), 10 * NS)
    n.messages("8001", MessageSummary(2, 8, 1, 0), 20 * NS)
    assert (len(seen.bodies), len(mail.bodies)) == (2, 2)
    root = etree.fromstring(seen.bodies[-1])
    assert root.findtext(f"{PIDF}tuple/{PIDF}status/{PIDF}basic") == "open"
    assert root.findtext(f"{PIDF}tuple/{PIDF}note") == "at 讯虎 <desk>"
    assert root.find(".//{urn:ietf:params:xml:ns:pidf:rpid}on-the-phone") is not None
    assert b"<basic>closed</basic>" in seen.bodies[0]
    assert mail.bodies[-1] == f"Messages-Waiting: yes\r\nMessage-Account: {E}\r\nVoice-Message: 2/8 (1/0)\r\n".encode()
    assert mail.bodies[0].startswith(b"Messages-Waiting: no\r\n")


@pytest.mark.parametrize("full", [True, False])
@given(text=st.text(max_size=40), state=st.sampled_from(DIALOG_STATES))
@settings(max_examples=60, deadline=None)
def test_bodies_are_well_formed_whatever_is_in_them(full: bool, text: str, state: str) -> None:
    row = DialogState("1", state, remote=f"sip:{text}", remote_name=text, call_id=text, local_tag=text, remote_tag=text)
    assert etree.fromstring(dialog_info(f"sip:{text}", 1, [row], full=full)).get("state") == (
        "full" if full else "partial"
    )
    assert etree.fromstring(pidf(f"sip:{text}", PresenceState(True, False, text))) is not None
    assert message_summary("sip:a@b", MessageSummary()).endswith(b"\r\n")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1500), st.sampled_from("abc"), st.sampled_from(("early", "confirmed", ""))),
        max_size=50,
    )
)
def test_a_watcher_who_adds_up_the_parts_knows_the_whole(walk: list[tuple[int, str, str]]) -> None:
    n = notifier()
    lamp = watch(n, "dialog")
    now, calls, heard, times = 0, dict[str, str](), dict[str, str](), [0]
    for ms, number, state in [*walk, (5000, "a", "")]:
        deadline = n.next_deadline
        now += ms * NS // 1000
        if deadline is not None and deadline <= now:
            before = len(lamp.bodies)
            n.handle_timeout(deadline)
            times += [deadline] * (len(lamp.bodies) - before)
        calls.pop(number, None)
        if state:
            calls[number] = state
        before = len(lamp.bodies)
        n.dialogs("8001", [DialogState(key, value) for key, value in calls.items()], now)
        times += [now] * (len(lamp.bodies) - before)
    n.handle_timeout(now + NS)
    assert all(b - a >= INTERVALS["dialog"] for a, b in itertools.pairwise(times))
    bodies = list(lamp.bodies)
    for version, body in enumerate(bodies):
        lamp.bodies = [body]
        _, told, rows = lamp.state
        assert told == version
        heard.update(rows)
    assert {key: value for key, value in heard.items() if value != "terminated"} == calls
