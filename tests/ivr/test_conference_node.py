"""The flow node `conference`: what is asked of call control, the result of each outcome, what the loader says of it, how it is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ivr_caller import HANG_UP, FakeSession

from xunhu.ivr import checks, show
from xunhu.ivr.interpreter import Environment, run
from xunhu.ivr.loader import parse_flow
from xunhu.ivr.messages import Finding, FlowError
from xunhu.ivr.model import Conference, Flow
from xunhu.ivr.session import ConferenceResult

FlowOf = Callable[[str], Flow]
PATH = Path("test.xml")

NODE = """
<node code="room" type="conference" room="8800">
  <node code="left" type="hangup" cause="16"/>
  <node code="ended" type="hangup" result="0011" cause="101"/>
  <node code="removed" type="hangup" result="0012" cause="102"/>
  <node code="wrong-pin" type="hangup" result="0013" cause="103"/>
  <node code="locked" type="hangup" result="0014" cause="104"/>
  <node code="full" type="hangup" result="0015" cause="105"/>
  <node code="no-room" type="hangup" result="0016" cause="106"/>
  <node code="trouble" type="hangup" result="0010" cause="107"/>
</node>"""


@pytest.mark.parametrize(
    ("outcome", "result", "node"),
    [
        ("left", "0000", "left"),
        ("moved", "0000", "left"),
        ("ended", "0011", "ended"),
        ("removed", "0012", "removed"),
        ("wrong-pin", "0013", "wrong-pin"),
        ("locked", "0014", "locked"),
        ("full", "0015", "full"),
        ("no-room", "0016", "no-room"),
        ("refused", "0010", "trouble"),
        ("lost", "0010", "trouble"),
    ],
)
async def test_outcomes_are_edges(flow_of: FlowOf, env: Environment, outcome: str, result: str, node: str) -> None:
    session = FakeSession(rooms=[outcome])
    await run(flow_of(NODE), session, env)
    assert session.results[0] == ("room", result, "")
    assert session.nodes == ["room", node]


async def test_what_is_asked_of_call_control(flow_of: FlowOf, env: Environment) -> None:
    session = FakeSession(rooms=["left", "left"])
    flow = flow_of("""
        <node code="s" type="set" values="room=8801; code=1234"><node code="a" type="conference" room="8800"><node code="b"
          type="conference" room="@room" pin="@code" role="whisper" to="2" ask="no" create="yes"/></node></node>""")
    await run(flow, session, env)
    usual = {"role": "talk", "pin": None, "ask": True, "create": False, "to": "", "language": "zh"}
    assert session.entered[0] == ("8800", usual)
    assert session.entered[1] == (
        "8801",
        {"role": "whisper", "pin": "1234", "ask": False, "create": True, "to": "2", "language": "zh"},
    )
    assert session.answers == 1, "the call is answered before it is in a room"


async def test_number_in_the_room_and_time_are_known_afterwards(flow_of: FlowOf, env: Environment) -> None:
    done = await run(flow_of(NODE), FakeSession(rooms=[ConferenceResult("ended", "7", 61.4)]), env)
    assert (done.variables["member"], done.variables["seconds"]) == ("7", "61")
    done = await run(flow_of(NODE), FakeSession(rooms=["locked"]), env)
    assert (done.variables["member"], done.variables["seconds"]) == ("", "0")


async def test_hanging_up_in_the_room(flow_of: FlowOf, env: Environment) -> None:
    session = FakeSession(rooms=[HANG_UP])
    done = await run(flow_of(NODE), session, env)
    assert (done.result, session.cause, session.results) == ("0003", None, [("room", "0003", "")])


async def test_a_room_that_lets_nobody_in_makes_no_endless_loop(flow_of: FlowOf, env: Environment) -> None:
    flow = flow_of(
        '<node code="a" type="conference" room="8800"><node code="again" type="jump" result="0014,0015,0016" goto="a"/></node>'
    )
    session = FakeSession(rooms=["full"] * 1000)
    done = await run(flow, session, env)
    assert (done.result, len(session.nodes)) == ("0010", env.max_hasty + 1)


def findings(nodes: str) -> list[Finding]:
    try:
        return list(parse_flow(f"<flow>{nodes}</flow>".encode(), PATH)[1])
    except FlowError as error:
        return list(error.findings)


@pytest.mark.parametrize(
    ("attributes", "codes"),
    [
        ('room="8800"', []),
        ('room="board_1-a" role="leader" pin="123456" ask="yes" create="no"', []),
        ('room="@{called}" role="whisper" to="@digits2"', ["unset"]),
        ("", ["missing"]),
        ('room="88 00"', ["room"]),
        ('room="8800" role="boss"', ["role"]),
        ('room="8800" pin="12a4"', ["pin"]),
        ('room="8800" to="2"', ["to"]),
        ('room="8800" role="whisper" to="bob"', ["party"]),
        ('room="8800" ask="maybe"', ["yes-no"]),
        ('number="8800"', ["attribute", "missing"]),
    ],
)
def test_what_the_loader_says(attributes: str, codes: list[str]) -> None:
    found = findings(f'<node code="a" type="conference" {attributes}/>')
    assert sorted(f.code for f in found) == sorted(codes)
    for one in found:
        assert one.render("en") != one.render("zh")


def test_children_that_can_never_be_taken() -> None:
    found = findings('<node code="a" type="conference" room="1"><node code="b" type="hangup" result="0004"/></node>')
    assert [f.code for f in found] == ["never-result"]
    found = findings('<node code="a" type="conference" room="1"><node code="b" type="hangup" key="1"/></node>')
    assert [f.code for f in found] == ["key-no-input"]
    gone = '<node code="c" type="conference" result="0003" room="2"/>'
    found = findings(f'<node code="a" type="conference" room="1">{gone}</node>')
    assert [f.code for f in found] == ["gone"]


def test_rooms_that_the_configuration_has_not() -> None:
    flow, _ = parse_flow(
        b'<flow><node code="a" type="conference" room="8800"><node code="b" type="conference" room="8801" create="yes">'
        b'<node code="c" type="conference" room="88@key"/></node></node></flow>',
        PATH,
    )
    assert [f.line for f in checks.unknown_rooms(flow, ())] == [1]
    assert not list(checks.unknown_rooms(flow, ("8800",)))
    (close,) = checks.unknown_rooms(flow, ("880",))
    assert "did you mean '880'?" in close.render()
    assert "'880'" in close.render("zh")


def test_show(flow_of: FlowOf) -> None:
    flow = flow_of('<node code="a" type="conference" room="8800" role="whisper" to="2" ask="no" create="yes"/>')
    assert flow.start.spec == Conference("8800", "whisper", "", False, True, "2")
    assert "a: conference 8800 whisper -> 2 no PIN asked create" in show.render(flow)
    assert show.as_json(flow)["nodes"][0]["attributes"]["room"] == "8800"
    assert "[0014 会议已锁定] locked" in show.render(flow_of(NODE), "zh")
