"""Calls in flows: keys, prompts, messages, extensions rung by a flow, the queue."""

from __future__ import annotations

from typing import Any

import pytest
from world import World, simulate, talk

from xunhu import vclock
from xunhu.ivr.session import CallerGoneError, Session


def test_flow_menu_with_keys_and_hangup() -> None:
    got: list[Any] = []

    async def walk(session: Session) -> str:
        session.node_entered("main", "v1", "n1", {"a": "1"})
        got.append(await session.play_collect(["/p/hello-1000.wav"], digits=1, interrupt="0123456789*#", timeout_s=3))
        session.node_result("n1", "0000", got[-1].digits)
        got.append(
            await session.play_collect(["/p/pin-1000.wav"], digits=4, interrupt="0123456789", end="#", timeout_s=3)
        )
        got.append(await session.play_collect(["/p/pin-1000.wav"], digits=4, end="#", timeout_s=3, between_s=2))
        got.append(await session.play_collect(["/p/pin-100.wav"], digits=1, valid="12", timeout_s=3))
        got.append(await session.play_collect(["/p/pin-100.wav"], digits=3, first_end="0", timeout_s=3))
        got.append(await session.play_collect(["/p/pin-100.wav"], digits=3, timeout_s=1))
        got.append(await session.play_collect(["/p/pin-100.wav", "/p/missing.wav"]))
        got.append(dict(session.variables))
        await session.hangup(16)
        with pytest.raises(CallerGoneError):
            await session.play_collect(["/p/x.wav"])
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep()
        assert caller.did == ["proceed", "answer"]
        (player,) = w.engine.pool()
        assert w.engine.hears(caller.port, player)
        w.engine.key(caller.port, "5")
        await w.sleep()
        assert got[0].digits == "5"
        assert got[0].reason == "full"
        for key in "12#":
            w.engine.key(caller.port, key)
            await w.sleep(0.2)
        assert (got[1].digits, got[1].reason) == ("12", "end-key")
        w.engine.key(caller.port, "7")  # not among the interrupting ones: the prompt goes on and the key is gone
        await w.sleep(1)
        w.engine.key(caller.port, "8")
        await w.sleep(2.1)
        assert (got[2].digits, got[2].reason) == ("8", "timeout")
        await w.sleep(0.2)
        w.engine.key(caller.port, "9")
        await w.sleep(0.3)
        assert (got[3].digits, got[3].reason) == ("9", "invalid")
        w.engine.key(caller.port, "0")
        await w.sleep(0.2)
        assert (got[4].digits, got[4].reason) == ("0", "first-end")
        await w.sleep(2)
        assert (got[5].digits, got[5].reason) == ("", "timeout")
        assert (got[6].reason, got[6].missing) == ("missing-file", "/p/missing.wav")
        assert got[7]["called"] == "4000"
        assert got[7]["date"] == "2026-11-23"
        assert got[7]["weekday"] == "1"

    world = simulate(main)
    kinds = world.ledger.kinds(world.call_id())
    assert kinds[:6] == ["call.new", "leg.new", "call.route", "flow.start", "flow.node", "leg.answered"]
    assert "flow.result" in kinds
    assert world.ended() == {"cause": 16, "by": "system", "answered": True, "why": "hung up by the flow"}


def test_keys_typed_ahead_answer_the_next_nodes() -> None:
    got: list[Any] = []

    async def walk(session: Session) -> str:
        got.append(await session.play_collect(["/p/welcome-2000.wav"], interrupt="0123456789"))
        got.append(await session.play_collect(["/p/menu-2000.wav"], digits=1, interrupt="0123456789", timeout_s=3))
        got.append(await session.play_collect(["/p/menu-2000.wav"], digits=2, interrupt="0123456789", timeout_s=3))
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep()
        for key in "123":
            w.engine.key(caller.port, key)
        await w.sleep()
        assert [(c.digits, c.reason) for c in got] == [("", "played"), ("1", "full"), ("23", "full")]

    simulate(main)


def test_caller_hangs_up_in_the_flow() -> None:
    ends: list[str] = []

    async def walk(session: Session) -> str:
        try:
            await session.play_collect(["/p/long-60000.wav"], digits=1, timeout_s=60)
        except CallerGoneError:
            ends.append("gone")
            raise
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep(1)
        caller.far_disconnect(16)
        await w.sleep()

    world = simulate(main)
    assert ends == ["gone"]
    assert world.ended() == {"cause": 16, "by": "caller", "answered": True}
    assert ("flow.end", {"flow": "main", "version": "v1", "result": "0003"}) in world.ledger.of(world.call_id())


def test_flow_that_fails_or_hangs_leaves_no_call_behind() -> None:
    async def fails(session: Session) -> str:
        raise KeyError("x")

    async def hangs(session: Session) -> str:
        while True:
            try:
                await session.wait_key("1", 1000)
            except CallerGoneError:
                await vclock.asyncio.sleep(1e6)

    async def main(w: World) -> None:
        w.flows.walks["main"] = fails
        first = w.carrier.offer("4000")
        await w.sleep()
        assert first.did[-1] == "release 41"
        w.flows.walks["main"] = hangs
        second = w.carrier.offer("4000")
        await w.sleep()
        second.far_disconnect()
        await w.sleep(6)
        del w.flows.walks["main"]
        third = w.carrier.offer("4000")
        await w.sleep()
        assert third.did[-1] == "release 41"

    world = simulate(main)
    assert any(row[2] == "alarm" and "KeyError" in row[5]["text"] for row in world.ledger.rows)


def test_keys_that_control_the_playing() -> None:
    """They are no input, whatever else they would be; a pause that is forgotten ends."""
    got: list[Any] = []

    async def walk(session: Session) -> str:
        controls = {
            "1": "back",
            "2": "pause",
            "3": "forward",
            "4": "slower",
            "5": "faster",
            "6": "louder",
            "7": "previous",
            "9": "next",
        }
        got.append(
            await session.play_collect(
                ["/p/message-400000.wav"], digits=1, interrupt="0#", valid="0", timeout_s=1, control=controls, step_s=7
            )
        )
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep()
        for key in "13454679" + "8":
            w.engine.key(caller.port, key)
            await w.sleep(0.2)
        assert w.engine.acts == [
            ("seek", -7000, True),
            ("seek", 7000, True),
            ("speed", 75),
            ("speed", 100),
            ("speed", 75),
            ("gain", 3.0),
            ("skip", -1),
            ("skip", 1),
        ]
        w.engine.acts.clear()
        w.engine.key(caller.port, "2")
        await w.sleep(0.2)
        w.engine.key(caller.port, "1")
        await w.sleep(0.2)
        assert w.engine.acts == [("pause", True), ("pause", False), ("seek", -7000, True)]
        w.engine.key(caller.port, "2")
        await w.sleep(299)
        assert w.engine.acts[-1] == ("pause", True)
        await w.sleep(2)
        assert w.engine.acts[-1] == ("pause", False)
        assert got == []
        w.engine.key(caller.port, "0")
        await w.sleep(0.5)
        assert (got[0].digits, got[0].reason) == ("0", "full")

    simulate(main)


def test_voicemail(tmp_path: Any) -> None:
    folder = str(tmp_path)
    got: list[float] = []

    async def walk(session: Session) -> str:
        got.append(await session.record(folder + "/a.wav", stop_keys="#", seconds=10))
        got.append(await session.record(folder + "/b.wav", stop_keys="#", seconds=2, beep=False))
        got.append(await session.record(folder + "/full-disk.wav", seconds=2, beep=False))
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep(3.3)
        (recorder,) = w.engine.pool()
        assert w.engine.hears(recorder, caller.port)
        w.engine.key(caller.port, "#")
        await w.sleep(4)

    simulate(main)
    assert 2.8 < got[0] < 3.1
    assert got[1] == 2.0
    assert got[2] < 0.1


def test_flow_connects_to_an_extension_and_goes_on() -> None:
    got: list[Any] = []

    async def walk(session: Session) -> str:
        got.append(await session.connect(["8001"], wait_s=30, queue=False))
        got.append(await session.play_collect(["/p/bye-500.wav"]))
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep()
        callee = w.pbx.made[0]
        callee.far_alerting()
        await w.sleep()
        assert len(w.engine.pool()) == 1  # our ringing tone
        callee.far_answer()
        await w.sleep(5)
        assert w.engine.hears(caller.port, callee.port)
        assert w.engine.hears(callee.port, caller.port)
        callee.far_disconnect(16)
        await w.sleep(0.1)
        assert not got[1:]
        assert len(w.engine.pool()) == 1

    world = simulate(main)
    assert (got[0].outcome, got[0].extension, got[0].cause) == ("ended", "8001", 16)
    assert world.ended()["answered"] is True


@pytest.mark.parametrize(
    ("causes", "outcome"),
    [((17, 17), "busy"), ((17, 19), "no-answer"), ((21, 17), "busy"), ((21, 1), "refused"), ((18, 21), "no-answer")],
)
def test_flow_connect_outcomes(causes: tuple[int, int], outcome: str) -> None:
    got: list[Any] = []

    async def walk(session: Session) -> str:
        got.append(await session.connect(["8001", "8002"], wait_s=30, queue=False))
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        w.carrier.offer("4000")
        for index, cause in enumerate(causes):
            await w.sleep()
            w.pbx.made[index].far_disconnect(cause)
        await w.sleep()

    simulate(main)
    assert got[0].outcome == outcome


def test_flow_connect_to_nobody_and_no_answer_moves_on() -> None:
    got: list[Any] = []

    async def walk(session: Session) -> str:
        got.append(await session.connect([], wait_s=30, queue=True))
        got.append(await session.connect(["9999"], wait_s=30, queue=True))
        got.append(await session.connect(["8001", "8002"], wait_s=0, queue=False))
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        w.carrier.offer("4000")
        await w.sleep(5.1)
        assert [call.called for call in w.pbx.made] == ["8001", "8002"]
        w.pbx.made[1].far_answer()
        await w.sleep()
        w.pbx.made[1].far_disconnect()

    simulate(main, ring_s=5)
    assert [r.outcome for r in got] == ["nobody", "nobody", "ended"]


def test_queue_waits_with_music_in_order_and_times_out() -> None:
    got: list[tuple[str, str]] = []

    async def walk(session: Session) -> str:
        result = await session.connect(["8001"], wait_s=20, queue=True, music="/m/music.wav")
        got.append((session.variables["calling"], result.outcome))
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        callers = [w.carrier.offer("4000", calling=str(n)) for n in range(4)]
        await w.sleep()
        assert len(w.pbx.made) == 1
        w.pbx.made[0].far_answer()
        await w.sleep(8.1)
        assert len(w.engine.pool()) == 3  # music for those who wait; the fourth too
        w.pbx.made[0].far_disconnect()
        await w.sleep(0.1)
        assert [call.calling for call in w.pbx.made] == ["0", "1"]
        w.pbx.made[1].far_answer()
        await w.sleep(1)
        callers[2].far_disconnect()
        await w.sleep(15)
        assert ("3", "waited") in got
        w.pbx.made[1].far_disconnect()

    simulate(main)
    assert got == [("0", "ended"), ("3", "waited"), ("1", "ended")]


def test_queue_is_bounded() -> None:
    got: list[str] = []

    async def walk(session: Session) -> str:
        got.append((await session.connect(["8001"], wait_s=5, queue=True)).outcome)
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        for _ in range(4):
            w.carrier.offer("4000")
        await w.sleep()
        assert got == ["busy", "busy"]
        await w.sleep(6)

    simulate(main, max_waiting=1)
    assert sorted(got) == ["busy", "busy", "no-answer", "waited"]


def test_text_to_speech_is_given_up_when_the_caller_goes() -> None:
    ends: list[str] = []

    async def speak(text: str, language: str) -> str:
        try:
            await vclock.asyncio.sleep(1000)
        except vclock.asyncio.CancelledError:
            ends.append(f"no more {text} in {language}")
            raise
        return "/p/x.wav"

    async def walk(session: Session) -> str:
        await session.answer()
        await session.speak_text("hello", "en")
        return "0000"

    async def main(w: World) -> None:
        w.control.speak = speak
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep(0.5)
        caller.far_disconnect()

    simulate(main)
    assert ends == ["no more hello in en"]


def test_keys_are_heard_in_flows_also_when_not_in_talks() -> None:
    got: list[Any] = []

    async def walk(session: Session) -> str:
        got.append(await session.play_collect([], digits=1, timeout_s=5))
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller, callee = await talk(w)
        w.engine.key(caller.port, "1")
        in_flow = w.carrier.offer("4000")
        await w.sleep()
        w.engine.key(in_flow.port, "2")
        await w.sleep()
        callee.far_disconnect()

    world = simulate(main, detect_in_talk=False)
    assert got[0].digits == "2"
    assert [row[5]["digit"] for row in world.ledger.rows if row[2] == "leg.digit"] == ["2"]
