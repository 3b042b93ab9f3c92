"""Telephones: forks, hold, transfer, pickup, forward; over a wire in memory, on a virtual clock."""

from typing import Any

import pytest
from sip_world import OURS, Far, SipWorld, description, ev, simulate_sip

from xunhu.ivr.session import Session

PHONES = ("7001", "7002", "7003")


def answers(far: Far, after_s: float = 0.1, port: int = 4000) -> None:
    """The telephone rings and answers, if the caller still waits."""

    def answer(session: Any, body: bytes) -> None:
        if not any(ended.session is session for ended in far.of(ev.Ended)):
            far.do(lambda now: session.answer(body, now=now))

    def on_event(event: object) -> None:
        if isinstance(event, ev.Invited):
            session = event.session
            far.do(lambda now: session.ring(now=now))
            if after_s >= 0:
                body = description(far.address.host, port=port)
                far.wire.loop.call_later(after_s, answer, session, body)
        elif isinstance(event, ev.Offered):
            far.do(lambda now: event.session.answer_offer(description(far.address.host, port=port), now=now))

    far.on_event = on_event


async def calls(w: SipWorld, number: str = "7001") -> Any:
    """An E1 caller talks with a telephone; the caller."""
    answers(w.far[number])
    caller = w.carrier.offer(number)
    await w.sleep(0.5)
    assert caller.did[-1] == "answer"
    return caller


def session_of(far: Far) -> Any:
    """The session of the telephone's last call."""
    return (far.of(ev.Invited) or far.of(ev.Answered))[-1].session


def test_all_telephones_of_an_extension_ring_and_the_first_has_it() -> None:
    async def main(w: SipWorld) -> None:
        second = w.add_phone("7001", "198.51.100.77")
        answers(w.far["7001"], after_s=-1)
        answers(second, after_s=0.2, port=5500)
        caller = w.carrier.offer("7001")
        await w.sleep(1.0)
        assert caller.did[-1] == "answer"
        (line,) = w.lines_open
        assert line.remote == ("198.51.100.77", 5500)
        (ended,) = w.far["7001"].of(ev.Ended)
        assert ended.status == 487
        assert ended.message.get("Reason") == 'SIP;cause=200;text="Call completed elsewhere"'
        caller.far_disconnect(16)
        await w.sleep()
        assert second.of(ev.Ended)

    simulate_sip(main, phones=PHONES)


def test_the_answer_that_says_most_ends_a_fork() -> None:
    async def main(w: SipWorld) -> None:
        others = [w.far["7001"], w.add_phone("7001", "198.51.100.77"), w.add_phone("7001", "198.51.100.78")]
        for far, status in zip(others, (480, 486, 404), strict=True):

            def on_event(event: object, far: Far = far, status: int = status) -> None:
                if isinstance(event, ev.Invited):
                    far.do(lambda now: event.session.reject(status, now=now))

            far.on_event = on_event
        caller = w.carrier.offer("7001")
        await w.sleep()
        assert caller.did[-1] == "release 17"

    simulate_sip(main, phones=PHONES)


def test_a_decline_ends_all_of_it() -> None:
    async def main(w: SipWorld) -> None:
        second = w.add_phone("7001", "198.51.100.77")
        answers(w.far["7001"], after_s=-1)
        second.on_event = lambda event: (
            second.do(lambda now: event.session.reject(603, now=now)) if isinstance(event, ev.Invited) else None
        )
        caller = w.carrier.offer("7001")
        await w.sleep()
        assert caller.did[-1] == "release 21"
        assert w.far["7001"].of(ev.Ended)[0].status == 487

    simulate_sip(main, phones=PHONES)


def test_nobody_has_registered() -> None:
    async def main(w: SipWorld) -> None:
        w.places.pop("7001")
        caller = w.carrier.offer("7001")
        await w.sleep()
        assert caller.did[-1] == "release 20"

    simulate_sip(main, phones=PHONES)


def test_a_telephone_calls_another_and_its_extension_is_the_caller() -> None:
    async def main(w: SipWorld) -> None:
        answers(w.far["7002"])
        w.far["7001"].call("7002", caller="4711")
        await w.sleep(0.5)
        (invited,) = w.far["7002"].of(ev.Invited)
        assert invited.message.from_.uri.user == "7001"
        (info,) = w.control.calls()
        assert (info.calling, info.called, info.bridged) == ("7001", "7002", ("1", "2"))
        one, other = w.lines_open
        assert w.engine.hears(one.port, other.port)
        assert w.engine.hears(other.port, one.port)
        one.key("4")
        await w.sleep()
        assert other.keys_sent == "4", "as an event, not sounded"
        session = session_of(w.far["7002"])
        w.far["7002"].do(lambda now: session.bye(now=now))
        await w.sleep()
        assert w.far["7001"].of(ev.Ended)

    simulate_sip(main, phones=PHONES)


@pytest.mark.parametrize("style", ["sendonly", "inactive", "0.0.0.0"])
def test_hold_and_talk_again(style: str) -> None:
    async def main(w: SipWorld) -> None:
        caller = await calls(w)
        far = w.far["7001"]
        session = session_of(far)
        if style == "0.0.0.0":
            body = description("0.0.0.0", version=2)
        else:
            body = description(far.address.host, direction=style, version=2)
        far.do(lambda now: session.reoffer(body, now=now))
        await w.sleep()
        (line,) = w.lines_open
        ours = far.of(ev.OfferAnswered)[-1].body
        assert (b"a=inactive" if style == "inactive" else b"a=recvonly") in ours
        (info,) = w.control.calls()
        assert (info.state, info.bridged, [leg.held for leg in info.legs]) == ("held", None, [True, False])
        (music,) = [port for port in w.engine.pool() if w.engine.hears(caller.port, port)]
        assert not w.engine.hears(caller.port, line.port)
        far.do(lambda now: session.reoffer(description(far.address.host, version=3), now=now))
        await w.sleep()
        assert b"a=sendrecv" in far.of(ev.OfferAnswered)[-1].body
        assert w.control.calls()[0].bridged is not None
        assert w.engine.hears(caller.port, line.port)
        assert music not in w.engine.ports()
        kinds = w.ledger.kinds(w.call_id())
        assert [kind for kind in kinds if "hold" in kind] == ["leg.hold", "leg.unhold"]
        far.do(lambda now: session.bye(now=now))
        await w.sleep()

    simulate_sip(main, phones=PHONES, music="/music-100000.wav")


def test_hold_by_update() -> None:
    async def main(w: SipWorld) -> None:
        await calls(w)
        far = w.far["7001"]
        session = session_of(far)
        body = description(far.address.host, direction="sendonly", version=2)
        far.do(lambda now: session.reoffer(body, "UPDATE", now=now))
        await w.sleep()
        assert w.sent("192.0.2.100", "UPDATE")
        assert w.control.calls()[0].state == "held"
        far.do(lambda now: session.bye(now=now))
        await w.sleep()

    simulate_sip(main, phones=PHONES)


def test_blind_transfer() -> None:
    async def main(w: SipWorld) -> None:
        caller = await calls(w)
        far = w.far["7001"]
        session = session_of(far)
        answers(w.far["7002"])
        far.do(lambda now: session.refer("sip:7002@192.0.2.100", now=now))
        await w.sleep(0.5)
        news = [(e.status, e.final) for e in far.of(ev.ReferProgress)]
        assert news[-1] == (200, True)
        (info,) = w.control.calls()
        assert [leg.party for leg in info.legs if leg.state == "talking"] == ["13800138000", "7002"]
        assert info.bridged == ("1", "3")
        await w.sleep(2.0)
        assert far.of(ev.Ended), "the telephone is released when it does not clear itself"
        assert "call.transferred" in w.ledger.kinds(w.call_id())
        caller.far_disconnect(16)
        await w.sleep()

    simulate_sip(main, phones=PHONES)


def test_a_transfer_where_the_telephone_might_not_call_itself() -> None:
    async def main(w: SipWorld) -> None:
        caller = await calls(w)
        far = w.far["7001"]
        session = session_of(far)
        far.do(lambda now: session.refer("sip:5550@192.0.2.100", now=now))
        await w.sleep()
        assert [(e.status, e.final) for e in far.of(ev.ReferProgress)] == [(403, True)]
        assert w.control.calls()[0].bridged == ("1", "2"), "they still talk"
        caller.far_disconnect(16)
        await w.sleep()

    simulate_sip(main, phones=PHONES)


def test_a_transfer_of_no_call_is_refused() -> None:
    async def main(w: SipWorld) -> None:
        far = w.far["7001"]
        rows = [("Refer-To", "<sip:7002@192.0.2.100>"), ("Contact", f"<sip:7001@{far.address.host}>")]
        far.do(lambda now: far.ua.request("REFER", OURS, "sip:7003@192.0.2.100", "<sip:7001@192.0.2.100>", headers=rows, now=now))
        await w.sleep()
        assert [event.status for event in far.of(ev.ResponseReceived)] == [403]
        assert not w.ua.dialogs
        assert not w.control.calls()

    simulate_sip(main, phones=PHONES)


def test_a_transfer_to_who_is_not_there() -> None:
    async def main(w: SipWorld) -> None:
        caller = await calls(w)
        far = w.far["7001"]
        session = session_of(far)
        w.places.pop("7002")
        far.do(lambda now: session.refer("sip:7002@192.0.2.100", now=now))
        await w.sleep()
        assert far.of(ev.ReferProgress)[-1].status == 480
        assert w.control.calls()[0].bridged == ("1", "2")
        caller.far_disconnect(16)
        await w.sleep()

    simulate_sip(main, phones=PHONES)


async def asks(w: SipWorld, number: str = "7002") -> tuple[Any, Any, Any]:
    """An E1 caller on hold at 7001, which asks 7002: caller, first and second session of 7001."""
    caller = await calls(w)
    far = w.far["7001"]
    first = session_of(far)
    far.do(lambda now: first.reoffer(description(far.address.host, direction="sendonly", version=2), now=now))
    await w.sleep()
    second = far.call(number)
    await w.sleep(0.5)
    return caller, first, second


def replaces(session: Any) -> tuple[str, str, str]:
    """Of a session at the telephone, as it stands in its Refer-To: the other side's tag first."""
    return session.dialog.call_id, session.dialog.remote_tag, session.dialog.local_tag


def test_attended_transfer() -> None:
    async def main(w: SipWorld) -> None:
        answers(w.far["7002"])
        caller, first, second = await asks(w)
        assert len(w.control.calls()) == 2
        far = w.far["7001"]
        far.do(lambda now: first.refer("sip:7002@192.0.2.100", replaces=replaces(second), now=now))
        await w.sleep(0.3)
        assert far.of(ev.ReferProgress)[-1].status == 200
        (info,) = w.control.calls()
        talking = [leg.party for leg in info.legs if leg.state == "talking"]
        assert talking == ["13800138000", "7002"]
        line = next(line for line in w.lines_open if line.remote and line.remote[0] == w.far["7002"].address.host)
        assert w.engine.hears(caller.port, line.port)
        assert w.engine.hears(line.port, caller.port)
        await w.sleep(2.0)
        assert len(far.of(ev.Ended)) == 2
        caller.far_disconnect(16)
        await w.sleep()
        assert w.far["7002"].of(ev.Ended)

    simulate_sip(main, phones=PHONES)


def test_attended_transfer_while_the_second_still_rings() -> None:
    async def main(w: SipWorld) -> None:
        answers(w.far["7002"], after_s=3.0)
        caller, first, second = await asks(w)
        far = w.far["7001"]
        far.do(lambda now: first.refer("sip:7002@192.0.2.100", replaces=replaces(second), now=now))
        await w.sleep(6.0)
        assert far.of(ev.ReferProgress)[-1].status == 200
        (info,) = w.control.calls()
        assert [leg.party for leg in info.legs if leg.state == "talking"] == ["13800138000", "7002"]
        caller.far_disconnect(16)
        await w.sleep()

    simulate_sip(main, phones=PHONES)


def test_nobody_transfers_calls_of_another() -> None:
    async def main(w: SipWorld) -> None:
        answers(w.far["7002"])
        caller, first, _ = await asks(w)
        other = session_of(w.far["7002"])
        key = (other.dialog.call_id, other.dialog.remote_tag, other.dialog.local_tag)
        w.far["7001"].do(lambda now: first.refer("sip:7002@192.0.2.100", replaces=key, now=now))
        await w.sleep()
        assert w.far["7001"].of(ev.ReferProgress)[-1].status == 481
        assert len(w.control.calls()) == 2
        caller.far_disconnect(16)
        session = session_of(w.far["7002"])
        w.far["7002"].do(lambda now: session.bye(now=now))
        await w.sleep()

    simulate_sip(main, phones=PHONES)


def test_pickup_of_a_talk() -> None:
    async def main(w: SipWorld) -> None:
        caller = await calls(w)
        old = session_of(w.far["7001"])
        header = f"{old.dialog.call_id};to-tag={old.dialog.remote_tag};from-tag={old.dialog.local_tag}"
        w.far["7003"].call("7001", headers=[("Replaces", header)])
        await w.sleep(0.3)
        (info,) = w.control.calls()
        assert [leg.party for leg in info.legs if leg.state == "talking"] == ["13800138000", "7003"]
        assert w.far["7001"].of(ev.Ended)
        assert w.far["7003"].of(ev.Answered)
        caller.far_disconnect(16)
        await w.sleep()

    simulate_sip(main, phones=PHONES)


def test_pickup_of_one_that_rings() -> None:
    async def main(w: SipWorld) -> None:
        answers(w.far["7001"], after_s=-1)
        caller = w.carrier.offer("7001")
        await w.sleep()
        ringing = w.far["7001"].of(ev.Invited)[0].session
        dialog = ringing.dialog
        header = f"{dialog.call_id};to-tag={dialog.remote_tag};from-tag={dialog.local_tag}"
        w.far["7003"].call("7001", headers=[("Replaces", header)])
        await w.sleep(0.3)
        assert caller.did[-1] == "answer"
        (info,) = w.control.calls()
        assert [leg.party for leg in info.legs if leg.state == "talking"] == ["13800138000", "7003"]
        assert w.far["7001"].of(ev.Ended)[0].status == 487
        caller.far_disconnect(16)
        await w.sleep()

    simulate_sip(main, phones=PHONES)


def test_forward_to_another_extension() -> None:
    async def main(w: SipWorld) -> None:
        answers(w.far["7002"])
        far = w.far["7001"]
        far.on_event = lambda event: (
            far.do(lambda now: event.session.redirect(["sip:7002@192.0.2.100"], now=now)) if isinstance(event, ev.Invited) else None
        )
        caller = w.carrier.offer("7001")
        await w.sleep(0.5)
        assert caller.did[-1] == "answer"
        assert w.far["7002"].of(ev.Invited)
        caller.far_disconnect(16)
        await w.sleep()

    simulate_sip(main, phones=PHONES)


def test_a_telephone_in_a_flow_is_not_put_on_hold_for_anybody() -> None:
    async def wait(session: Session) -> str:
        await session.answer()
        await session.wait_key("1", 5.0)
        await session.hangup(16)
        return ""

    async def main(w: SipWorld) -> None:
        w.flows.walks["main"] = wait
        far = w.far["7001"]
        session = far.call("4000")
        await w.sleep()
        far.do(lambda now: session.reoffer(description(far.address.host, direction="sendonly", version=2), now=now))
        await w.sleep()
        (line,) = w.lines_open
        assert line.direction == "recvonly"
        assert w.control.calls()[0].state == "flow"
        far.do(lambda now: session.refer("sip:7002@192.0.2.100", now=now))
        await w.sleep()
        assert far.of(ev.ReferProgress)[-1].status == 603
        await w.sleep(6.0)

    simulate_sip(main, phones=PHONES)
