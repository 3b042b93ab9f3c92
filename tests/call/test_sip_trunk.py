"""Calls over SIP through call control: a trunk at a user agent's far end, over a wire in memory, on a virtual clock."""

import pytest
from fake_trunk import FakeCall
from sip_world import SipWorld, description, ev, simulate_sip
from world import walk_hangup

from xunhu.call.trunk import CallRequest, NoCircuitError, Party
from xunhu.ivr.session import Session


async def menu(session: Session) -> str:
    """Answer, a key within 5 s, hang up with 16."""
    await session.answer()
    key = await session.wait_key("0123456789", 5.0)
    session.note(f"key {key}")
    await session.hangup(16)
    return key


def test_a_call_comes_in_presses_a_key_and_is_released() -> None:
    async def main(w: SipWorld) -> None:
        w.flows.walks["main"] = menu
        far = w.far["carrier1"]
        session = far.call("4000", caller="13800138000")
        await w.sleep()
        (answered,) = far.of(ev.Answered)
        assert answered.session is session
        assert b"m=audio 20000 RTP/AVP 8 101" in answered.body
        (line,) = w.lines_open
        assert line.remote == ("192.0.2.1", 4000)
        assert (line.options["codec"], line.options["payload_type"], line.options["dtmf_pt"]) == ("PCMA", 8, 101)
        assert not line.inband_dtmf
        (info,) = w.control.calls()
        assert (info.calling, info.called, info.legs[0].circuit, info.legs[0].port) == ("13800138000", "4000", "carrier1/1", line.port)
        line.key("7")
        await w.sleep(1.0)
        (ended,) = far.of(ev.Ended)
        assert (ended.by_peer, ended.message.get("Reason")) == (True, 'Q.850;cause=16;text="normal call clearing"')
        assert w.ended() == {"cause": 16, "by": "system", "answered": True, "why": "hung up by the flow"}
        assert "key 7" in [data.get("text") for kind, data in w.ledger.of(w.call_id()) if kind == "call.note"]

    simulate_sip(main)


def test_the_caller_hangs_up() -> None:
    async def main(w: SipWorld) -> None:
        w.flows.walks["main"] = menu
        far = w.far["carrier1"]
        session = far.call("4000")
        await w.sleep()
        far.do(lambda now: session.bye([("Reason", "Q.850;cause=31")], now=now))
        await w.sleep()
        assert w.ended()["cause"] == 31
        assert w.ended()["by"] == "caller"

    simulate_sip(main)


@pytest.mark.parametrize(
    ("number", "status", "cause"),
    [("5550", 403, 21), ("7777", 404, 1), ("400", 484, 28), ("8009", 404, 1)],
)
def test_numbers_that_lead_nowhere(number: str, status: int, cause: int) -> None:
    async def main(w: SipWorld) -> None:
        far = w.far["carrier1"]
        far.call(number)
        await w.sleep()
        (refused,) = far.of(ev.Refused)
        assert refused.status == status
        assert refused.message.get("Reason").startswith(f"Q.850;cause={cause};")
        assert w.ended()["cause"] == cause

    simulate_sip(main)


def test_an_offer_that_nobody_can_use_is_refused_before_call_control_hears_of_it() -> None:
    async def main(w: SipWorld) -> None:
        far = w.far["carrier1"]
        far.call("4000", body=description("192.0.2.1", formats="4"))
        await w.sleep()
        (refused,) = far.of(ev.Refused)
        assert refused.status == 488
        assert refused.message.get("Warning") == '305 xunhu "incompatible media format"'
        assert not w.ledger.rows or all(row[2] != "call.new" for row in w.ledger.rows)

    simulate_sip(main)


def test_a_cancel_before_the_answer() -> None:
    async def main(w: SipWorld) -> None:
        far = w.far["carrier1"]
        session = far.call("8001")
        await w.sleep()
        w.pbx.made[-1].far_alerting()
        await w.sleep()
        (ringing,) = far.of(ev.Provisional)
        assert ringing.status == 180
        assert ringing.body, "we sound the ringing tone"
        far.do(lambda now: session.cancel(now=now))
        await w.sleep()
        assert w.ended()["cause"] == 16
        assert w.ended()["by"] == "caller"

    simulate_sip(main)


def test_sip_to_e1_and_its_cause() -> None:
    async def main(w: SipWorld) -> None:
        far = w.far["carrier1"]
        far.call("8001")
        await w.sleep()
        w.pbx.made[-1].far_disconnect(17)
        await w.sleep()
        (refused,) = far.of(ev.Refused)
        assert refused.status == 486

    simulate_sip(main)


def test_sip_to_e1_talk_and_keys_are_sounded() -> None:
    async def main(w: SipWorld) -> None:
        far = w.far["carrier1"]
        session = far.call("8001")
        await w.sleep()
        callee = w.pbx.made[-1]
        callee.far_alerting()
        callee.far_answer()
        await w.sleep()
        (info,) = w.control.calls()
        assert info.bridged == ("1", "2")
        (line,) = w.lines_open
        assert w.engine.hears(line.port, callee.port)
        assert w.engine.hears(callee.port, line.port)
        before = set(w.engine.ports())
        line.key("5")
        await w.sleep(0.02)
        (tone,) = set(w.engine.ports()) - before
        assert w.engine.hears(callee.port, tone)
        far.do(lambda now: session.info("application/dtmf-relay", b"Signal=9\r\nDuration=100\r\n", now=now))
        await w.sleep(0.5)
        digits = [data["digit"] for kind, data in w.ledger.of(w.call_id()) if kind == "leg.digit"]
        assert digits == ["5", "9"]
        callee.far_disconnect(16)
        await w.sleep()
        assert far.of(ev.Ended)

    simulate_sip(main)


def answering(w: SipWorld, name: str, *provisional: tuple[int, bytes], body: bytes | None = None, after_s: float = 0.2) -> None:
    """The far end rings, then answers."""
    far = w.far[name]

    def on_event(event: object) -> None:
        if isinstance(event, ev.Invited):
            session = event.session
            for status, early in provisional:
                far.do(lambda now, s=status, e=early: session.ring(s, e, now=now))
            answer = description(far.address.host) if body is None else body
            w.loop.call_later(after_s, lambda: far.do(lambda now: session.answer(answer, now=now)))

    far.on_event = on_event


def test_e1_to_sip_with_local_ringing_tone() -> None:
    async def main(w: SipWorld) -> None:
        answering(w, "carrier1", (180, b""))
        caller = w.carrier.offer("9001")
        await w.sleep()
        assert caller.did[-1] == "alert True", "the tone is ours"
        far = w.far["carrier1"]
        (invited,) = far.of(ev.Invited)
        assert invited.message.uri == "sip:9001@192.0.2.1"
        assert invited.message.get("P-Asserted-Identity") == "<sip:13800138000@192.0.2.100>"
        await w.sleep(0.5)
        assert caller.did[-1] == "answer"
        (line,) = w.lines_open
        assert line.remote == ("192.0.2.1", 4000)
        (info,) = w.control.calls()
        assert info.bridged == ("1", "2")
        assert info.legs[1].circuit == "carrier1/1"
        caller.far_disconnect(16)
        await w.sleep()
        (ended,) = far.of(ev.Ended)
        assert ended.message.get("Reason").startswith("Q.850;cause=16;")

    simulate_sip(main)


def test_early_media_of_a_sip_trunk_is_cut_through() -> None:
    async def main(w: SipWorld) -> None:
        answering(w, "carrier1", (183, description("192.0.2.1", port=4444)))
        caller = w.carrier.offer("9001")
        await w.sleep()
        (line,) = w.lines_open
        assert line.remote == ("192.0.2.1", 4444)
        assert caller.did[-1].startswith("progress True")
        assert w.engine.hears(caller.port, line.port)
        await w.sleep(0.5)
        assert line.remote == ("192.0.2.1", 4000), "the answer's address"
        caller.far_disconnect(16)
        await w.sleep()

    simulate_sip(main)


@pytest.mark.parametrize(
    ("status", "headers", "cause"),
    [(486, [], 17), (404, [], 1), (480, [("Reason", "Q.850;cause=19")], 19), (503, [], 41), (603, [], 21), (302, [], 23)],
)
def test_refusals_have_causes(status: int, headers: list[tuple[str, str]], cause: int) -> None:
    async def main(w: SipWorld) -> None:
        far = w.far["carrier1"]

        def on_event(event: object) -> None:
            if isinstance(event, ev.Invited):
                far.do(lambda now: event.session.reject(status, headers=headers, now=now))

        far.on_event = on_event
        caller = w.carrier.offer("9001")
        await w.sleep()
        assert caller.did[-1] == f"release {cause}"
        assert w.ended()["by"] == "called"

    simulate_sip(main)


def test_nobody_answers_in_time_and_the_invite_is_cancelled() -> None:
    async def main(w: SipWorld) -> None:
        answering(w, "carrier1", (180, b""), after_s=100.0)
        w.carrier.offer("9001")
        await w.sleep(31.0)
        far = w.far["carrier1"]
        (ended,) = far.of(ev.Ended)
        assert (ended.status, ended.by_peer) == (487, True)
        assert ended.message.method == "CANCEL"
        await w.sleep(70.0)

    simulate_sip(main)


def test_an_answer_that_crosses_our_cancel_is_taken_and_ended() -> None:
    async def main(w: SipWorld) -> None:
        answering(w, "carrier1", (180, b""), after_s=0.2)
        caller = w.carrier.offer("9001")
        await w.sleep(0.201)
        caller.far_disconnect(16)
        await w.sleep(2.0)
        assert w.far["carrier1"].of(ev.Ended)

    simulate_sip(main)


def test_a_peer_that_says_nothing_ends_the_call_after_timer_b() -> None:
    async def main(w: SipWorld) -> None:
        w.wire.ends.pop("192.0.2.1")
        caller = w.carrier.offer("9001")
        await w.sleep(40.0)
        assert caller.did[-1] in ("release 102", "release 16", "release 19")

    simulate_sip(main)


def test_redirection_is_followed_where_it_is_wanted() -> None:
    async def main(w: SipWorld) -> None:
        far = w.far["carrier1"]

        def on_event(event: object) -> None:
            if not isinstance(event, ev.Invited):
                return
            if "9001" in event.message.uri:
                far.do(lambda now: event.session.redirect(["sip:9002@192.0.2.1"], now=now))
            else:
                far.do(lambda now: event.session.answer(description("192.0.2.1"), now=now))

        far.on_event = on_event
        caller = w.carrier.offer("9001")
        await w.sleep()
        assert caller.did[-1] == "answer"
        assert [e.message.uri for e in far.of(ev.Invited)] == ["sip:9001@192.0.2.1", "sip:9002@192.0.2.1"]
        caller.far_disconnect(16)
        await w.sleep()

    simulate_sip(main, peers={"carrier1": {"redirect": "follow"}})


def test_a_redirection_in_a_circle_ends() -> None:
    async def main(w: SipWorld) -> None:
        far = w.far["carrier1"]

        def on_event(event: object) -> None:
            if isinstance(event, ev.Invited):
                far.do(lambda now: event.session.redirect(["sip:9001@192.0.2.1"], now=now))

        far.on_event = on_event
        caller = w.carrier.offer("9001")
        await w.sleep()
        assert caller.did[-1] == "release 23"
        assert len(far.of(ev.Invited)) == 6

    simulate_sip(main, peers={"carrier1": {"redirect": "follow"}})


def test_more_calls_than_circuits() -> None:
    async def main(w: SipWorld) -> None:
        w.flows.walks["main"] = menu
        far = w.far["carrier1"]
        for _ in range(3):
            far.call("4000")
        await w.sleep()
        assert len(far.of(ev.Answered)) == 2
        (refused,) = far.of(ev.Refused)
        assert refused.status == 503
        assert refused.message.get("Retry-After") == "5"
        assert "cause=34" in refused.message.get("Reason")
        trunk = w.control.trunks["carrier1"]
        assert list(trunk.circuits().values()) == ["busy", "busy"]
        assert trunk.idle() == []
        with pytest.raises(NoCircuitError):
            trunk.setup(CallRequest("9001"))
        await w.sleep(6.0)

    simulate_sip(main, peers={"carrier1": {"calls": 2}})


def test_without_rtp_lines_calls_are_refused_as_congestion() -> None:
    async def main(w: SipWorld) -> None:
        lines, w.free_lines = w.free_lines, []
        w.far["carrier1"].call("4000")
        caller = w.carrier.offer("9001")
        await w.sleep()
        assert w.far["carrier1"].of(ev.Refused)[0].status == 503
        assert caller.did[-1] == "release 42"
        w.free_lines = lines

    simulate_sip(main)


def test_an_invite_without_an_offer_gets_ours_and_its_answer_in_the_ack() -> None:
    async def main(w: SipWorld) -> None:
        w.flows.walks["main"] = menu
        far = w.far["carrier1"]
        session = far.call("4000", body=b"")
        await w.sleep()
        (offered,) = far.of(ev.Offered)
        assert b"m=audio 20000 RTP/AVP 8 0 13 101" in offered.body
        assert w.lines_open[0].remote is None
        far.do(lambda now: session.answer_offer(description("192.0.2.1", formats="0", port=5004), now=now))
        await w.sleep()
        (line,) = w.lines_open
        assert line.remote == ("192.0.2.1", 5004)
        assert line.options["codec"] == "PCMU"
        assert line.inband_dtmf, "no events agreed: keys are looked for in the voice"
        far.do(lambda now: session.bye(now=now))
        await w.sleep()

    simulate_sip(main)


def test_a_new_codec_in_the_midst_of_a_talk() -> None:
    async def main(w: SipWorld) -> None:
        w.flows.walks["main"] = menu
        far = w.far["carrier1"]
        session = far.call("4000")
        await w.sleep()
        (line,) = w.lines_open
        far.do(lambda now: session.reoffer(description("192.0.2.1", formats="0 101", port=6000, version=2), now=now))
        await w.sleep()
        (answered,) = far.of(ev.OfferAnswered)
        assert (line.remote, line.options["codec"]) == (("192.0.2.1", 6000), "PCMU")
        first = far.of(ev.Answered)[0].body.decode().splitlines()[1].split()
        second = answered.body.decode().splitlines()[1].split()
        assert (int(second[2]) - int(first[2]), first[1]) == (1, second[1]), "the version of o= counts on (RFC 3264 §8)"
        far.do(lambda now: session.reoffer(description("192.0.2.1", formats="4", version=3), now=now))
        await w.sleep()
        assert far.of(ev.OfferRefused)[0].status == 488
        assert line.options["codec"] == "PCMU", "what was agreed before holds"
        far.do(lambda now: session.bye(now=now))
        await w.sleep()

    simulate_sip(main)


def test_reliable_early_media_and_an_answer_without_a_description() -> None:
    async def main(w: SipWorld) -> None:
        far = w.far["carrier1"]
        session = far.call("8001", headers=[("Require", "100rel")])
        await w.sleep()
        w.pbx.made[-1].far_alerting()
        await w.sleep()
        (ringing,) = far.of(ev.Provisional)
        assert ringing.message.get("RSeq")
        assert ringing.body
        w.pbx.made[-1].far_answer()
        await w.sleep()
        (answered,) = far.of(ev.Answered)
        assert answered.message.body == b""
        far.do(lambda now: session.bye(now=now))
        await w.sleep()

    simulate_sip(main)


def test_options_make_a_trunk_up_and_down() -> None:
    async def main(w: SipWorld) -> None:
        trunk = w.control.trunks["carrier1"]
        await w.sleep(1.0)
        assert trunk.up
        w.far["carrier1"].answers_options = False
        away = w.wire.ends.pop("192.0.2.1")
        await w.sleep(150.0)
        assert not trunk.up
        caller = w.carrier.offer("9001")
        await w.sleep()
        assert caller.did[-1] == "release 38"
        w.wire.ends["192.0.2.1"] = away
        w.far["carrier1"].answers_options = True
        await w.sleep(60.0)
        assert trunk.up
        rows = [row[5] for row in w.ledger.rows if row[2] == "trunk.state" and row[5]["trunk"] == "carrier1"]
        assert [row["up"] for row in rows] == [True, False, True]

    simulate_sip(main, peers={"carrier1": {"options_s": 30}})


def test_everybody_else_is_asked_for_a_secret() -> None:
    async def main(w: SipWorld) -> None:
        w.flows.walks["main"] = walk_hangup
        stranger = w.add_phone("1", "203.0.113.9")
        w.places.clear()
        stranger.call("4000")
        await w.sleep()
        assert stranger.of(ev.Refused)[0].status == 401
        assert all(row[2] != "call.new" for row in w.ledger.rows)

    simulate_sip(main)


def test_a_caller_who_wants_not_to_be_shown() -> None:
    async def main(w: SipWorld) -> None:
        call = w.control.trunks["carrier1"].setup(CallRequest("9001", Party("138", presentation="restricted"), Party("8001")))
        await w.sleep()
        (invited,) = w.far["carrier1"].of(ev.Invited)
        message = invited.message
        assert "138" not in message.get("From")
        assert message.get("Privacy") == "id"
        assert message.get("Diversion").startswith("<sip:8001@")
        call.release(16)
        await w.sleep()

    simulate_sip(main)


def test_what_an_e1_says_of_its_caller_goes_on_by_sip() -> None:
    async def main(w: SipWorld) -> None:
        port = w.carrier.idle()[0]
        call = FakeCall(w.carrier, port, True, "9001", "8613800138000")
        w.carrier.busy.add(port)
        w.carrier.made.append(call)
        caller = Party("8613800138000", "international", "restricted", "network")
        w.control.trunk_offered(call, Party("9001"), caller, Party("8001"), True)
        await w.sleep()
        message = w.far["carrier1"].of(ev.Invited)[0].message
        assert message.get("P-Asserted-Identity") == "<sip:+8613800138000@192.0.2.100>"
        assert (message.get("Privacy"), message.from_.uri.user) == ("id", "anonymous")
        assert message.get("Diversion").startswith("<sip:8001@192.0.2.100>")
        call.far_disconnect(16)
        await w.sleep()

    simulate_sip(main)
