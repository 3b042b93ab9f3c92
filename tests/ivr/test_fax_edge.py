"""Result 0017 of flows: a fax machine is heard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ivr_caller import FakeSession

from xunhu.ivr.interpreter import Environment, run
from xunhu.ivr.messages import FlowError
from xunhu.ivr.model import Flow

FlowOf = Callable[[str], Flow]
MENU = """
<node code="m" type="play" files="a" digits="1" repeat="3">
  <node code="fax" type="play" files="b" result="0017"><node code="bye" type="hangup" cause="31"/></node>
  <node code="one" type="hangup" key="1"/>
</node>"""


async def test_a_fax_machine_takes_its_edge(flow_of: FlowOf, env: Environment) -> None:
    session = FakeSession(["1"])
    session.fax = True
    await run(flow_of(MENU), session, env)
    assert session.nodes == ["m", "fax", "bye"]
    assert session.results[0] == ("m", "0017", "")
    assert session.minds_fax == [True, False]
    assert session.cause == 31


async def test_without_an_edge_it_changes_nothing(flow_of: FlowOf, env: Environment) -> None:
    session = FakeSession(["1"])
    session.fax = True
    await run(flow_of(MENU.replace("0017", "0001")), session, env)
    assert session.nodes == ["m", "one"]
    assert session.minds_fax == [False]


async def test_tones_are_no_message(flow_of: FlowOf, env: Environment) -> None:
    session = FakeSession()
    session.fax = True
    flow = flow_of('<node code="v" type="voicemail"><node code="f" type="hangup" result="0017" cause="31"/></node>')
    done = await run(flow, session, env)
    assert session.nodes == ["v", "f"]
    assert done.variables["voicemail"] == ""
    assert list(env.mailboxes.rglob("*.wav")) == []


@pytest.mark.parametrize("kind", ["set", "agent"])
def test_only_where_something_is_played_or_recorded(flow_of: FlowOf, kind: str) -> None:
    more = 'values="a=1"' if kind == "set" else 'extensions="8001"'
    with pytest.raises(FlowError, match="does not result in 0017"):
        flow_of(f'<node code="x" type="{kind}" {more}><node code="f" type="hangup" result="0017"/></node>')
