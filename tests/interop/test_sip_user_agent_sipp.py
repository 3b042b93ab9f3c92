"""The user agent held against SIPp: every scenario is one that SIPp itself judges."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sip_pump import SECRET, Pump, caller, free_port, sipp

from xunhu.sip.address import UaPeer
from xunhu.sip.events import Answered, Ended, InfoReceived, OfferAnswered, ReferProgress, Refused

pytestmark = pytest.mark.interop

CALLED = {
    "uac": "service",
    "uac_100rel": "reliable",
    "uac_100rel_late": "reliable",
    "uac_no_offer": "service",
    "uac_reinvite": "service",
    "uac_update": "service",
    "uac_timer": "service",
    "uac_cancel": "wait",
    "uac_cancel_late": "service",
    "uac_cancel_none": "service",
    "uac_bye_none": "service",
    "uac_busy": "busy",
    "uac_auth": "secret",
    "uac_refer": "service",
    "uac_info": "service",
    "uac_late_ack": "service",
    "uac_refused": "service",
}


@pytest.mark.parametrize("scenario", sorted(CALLED))
async def test_sipp_calls(scenario: str) -> None:
    pump = await Pump.open()
    try:
        await sipp(scenario, pump, calls=5, number=CALLED[scenario])
        await pump.quiet()
        assert not pump.ua.dialogs
    finally:
        await pump.close()


async def test_digits_by_info_are_told() -> None:
    pump = await Pump.open()
    try:
        await sipp("uac_info", pump)
        (info,) = [event for event in pump.told if type(event) is InfoReceived]
        assert (info.content_type, info.body.split()[0]) == ("application/dtmf-relay", b"Signal=5")
    finally:
        await pump.close()


async def test_many_calls_with_loss() -> None:
    """Every eleventh datagram is lost, either way: SIPp repeats, we repeat, and SIPp releases every call (BYE may come where the ACK
    was lost)."""
    pump = await Pump.open()
    pump.lose = 11
    try:
        await sipp("uac", pump, "-r", "30", calls=60, number="ring")
        await pump.quiet(75)
        ends = [event for event in pump.told if type(event) is Ended]
        assert len(ends) == 60
        assert {event.status for event in ends} <= {200, 408}
        assert pump.answered >= 40
    finally:
        await pump.close()


async def test_a_thousand_calls() -> None:
    pump = await Pump.open()
    try:
        await sipp("uac", pump, "-r", "200", calls=1000, number="ring")
        await pump.quiet(75)  # calls whose ACK and BYE the kernel had no room for end by their timers
        ends = [event for event in pump.told if type(event) is Ended]
        assert len(ends) == 1000
        assert {event.status for event in ends} <= {200, 408}
        assert not pump.ua.dialogs
    finally:
        await pump.close()


async def calls_of_ours(scenario: str, number: int = 1, **kwargs: Any) -> tuple[Pump, list[Any]]:
    """The pump calls SIPp, ends what was answered, and tells what came."""
    pump = await Pump.open()
    port = free_port()
    run = asyncio.create_task(sipp(scenario, pump, port=port, calls=number))
    await asyncio.sleep(0.3)  # SIPp has no sign that it listens; a repetition of the INVITE covers the rest
    action = kwargs.pop("in_call", None)
    pump.in_call = action or (lambda session: session.bye(now=pump.now))
    sessions = [caller(pump, port, **kwargs) for _ in range(number)]
    if scenario == "uas_cancel":
        while not all(session.state == 1 for session in sessions):
            await asyncio.sleep(0.02)
        for session in sessions:
            session.cancel(now=pump.now)
        pump.turn()
    try:
        await run
        await pump.quiet()
    finally:
        await pump.close()
    return pump, [event for event in pump.told if type(event) in (Ended, Refused)]


async def test_calls_to_sipp() -> None:
    _, ends = await calls_of_ours("uas", 20)
    assert [(event.by_peer, event.status) for event in ends] == [(False, 200)] * 20


@pytest.mark.parametrize("scenario", ["uas_auth", "uas_auth_stale"])
async def test_challenges_are_answered(scenario: str) -> None:
    _, ends = await calls_of_ours(scenario, credentials=SECRET)
    assert [event.status for event in ends] == [200]


async def test_a_wrong_password_is_not_tried_for_ever() -> None:
    _, ends = await calls_of_ours("uas_auth_wrong", credentials=SECRET)
    assert [(type(event), event.status) for event in ends] == [(Refused, 401)]


async def test_session_timer_too_short() -> None:
    pump, ends = await calls_of_ours("uas_timer", peer=UaPeer(session_timer=120))
    assert [event.status for event in ends] == [200]
    (answered,) = [event for event in pump.told if type(event) is Answered]
    assert answered.session.session_interval == 300
    assert answered.session.refresher


async def test_cancel_to_sipp() -> None:
    _, ends = await calls_of_ours("uas_cancel", 3)
    assert [(type(event), event.status) for event in ends] == [(Ended, 487)] * 3


async def test_glare_with_sipp() -> None:
    pump = await Pump.open()
    port = free_port()
    run = asyncio.create_task(sipp("uas_reinvite", pump, port=port))
    await asyncio.sleep(0.3)
    pump.in_call = lambda session: session.reoffer(session.local_description, now=pump.now)
    session = caller(pump, port)
    try:
        for _ in range(600):
            await asyncio.sleep(0.02)
            if any(type(event) is OfferAnswered for event in pump.told):
                break
        session.bye(now=pump.now)
        pump.turn()
        await run
        await pump.quiet()
    finally:
        await pump.close()


async def test_refer_to_sipp() -> None:
    pump = await Pump.open()
    port = free_port()
    run = asyncio.create_task(sipp("uas_refer", pump, port=port))
    await asyncio.sleep(0.3)
    pump.in_call = lambda session: session.refer(
        "sip:other@127.0.0.1", "<sip:xunhu@127.0.0.1>", ("x@y", "1", "2"), now=pump.now
    )
    session = caller(pump, port)
    try:
        for _ in range(300):
            await asyncio.sleep(0.02)
            if any(type(event) is ReferProgress and event.final for event in pump.told):
                break
        session.bye(now=pump.now)
        pump.turn()
        await run
        await pump.quiet()
        news = [(event.status, event.final) for event in pump.told if type(event) is ReferProgress]
        assert sorted(news) == [(200, True), (202, False)]
    finally:
        await pump.close()
