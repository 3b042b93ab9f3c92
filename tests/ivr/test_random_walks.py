"""Any flow that loads, with any caller: the walk ends, every node entered has one result, the call is released once or the caller gone."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ivr_caller import HANG_UP, SAMPLE, FakeSession

from xunhu.ivr.interpreter import Environment, run
from xunhu.ivr.loader import load_flow, parse_flow
from xunhu.ivr.messages import FlowError
from xunhu.ivr.model import RESULTS, TYPE_RESULTS, Flow
from xunhu.ivr.session import ConferenceResult, ServiceError

KEYS = ["", "", "1", "2", "0", "9", "*", "#", "7", "12345678", "20261123#", "12#", "A", HANG_UP]
TALKS = ["ended", "busy", "no-answer", "refused", "waited", "nobody", "caller-gone", "strange"]
ROOMS = ["wrong-pin", "locked", "full", "no-room", "refused", HANG_UP, ConferenceResult("left", "1", 9.0), ConferenceResult("ended", "2", 1.0), ConferenceResult("removed", "3", 2.0)]
RECORDED = [0.0, 3.0, 99.0, HANG_UP, ServiceError("disk full")]


def check(flow: Flow, session: FakeSession, result: str, cause: int) -> None:
    assert session.nodes
    assert [node for node, _, _ in session.results] == session.nodes
    for code, node_result, _ in session.results:
        assert node_result in RESULTS
        kind = flow.nodes[code].type
        assert node_result in TYPE_RESULTS[kind] | {"0000", "0003", "0010"}
    assert session.gone == (result == "0003")
    assert session.cause == (None if session.gone else cause)
    for (before, outcome, key), after in zip(session.results, session.nodes[1:], strict=False):
        node = flow.nodes[before]
        child = node.child(outcome, key)
        assert after == (getattr(node.spec, "goto", None) or (child.code if child else None))


async def test_sample_with_callers_of_all_kinds(env: Environment) -> None:
    """Seeded: 400 callers reach every node of the sample."""
    flow, _ = load_flow(SAMPLE)
    chance = random.Random(4006000998)
    seen: set[str] = set()
    for _ in range(400):
        keys = chance.choices(KEYS, [3, 3, 9, 9, 4, 4, 4, 4, 2, 4, 4, 2, 1, 1], k=chance.randrange(12))
        session = FakeSession(
            keys,
            talks=chance.choices(TALKS, k=4),
            recorded=chance.choices(RECORDED, k=4),
            system={"time": chance.choice(["10:00:00", "20:00:00"])},
        )
        done = await run(flow, session, env)
        check(flow, session, done.result, done.cause)
        seen.update(session.nodes)
    assert seen == set(flow.nodes)


_TYPES = {
    "play": ('files="a,PS@v" digits="1" repeat="2"', 'files="hello" store="v" digits="4" end="#"', 'files="PD@v,nowhere,@v"', 'files="PTx"'),
    "background": ('files="a"', "", 'files="@v" duck="6"'),
    "record": ('do="mask"', 'do="unmask"', 'do="start"'),
    "agent": ('extensions="8001"', 'groups="sales"', 'extensions="@v"'),
    "voicemail": ("", 'startkeys="1"'),
    "conference": ('room="8800"', 'room="@v" role="listen" create="yes"', 'room="8800" pin="@v" ask="no" role="whisper" to="1"'),
    "set": ('values="v=add(@v,1)"', 'values="language=en; global.x=left(@v,2)" branch="less(@v,3)"', 'values="v=div(1,@v)"'),
    "jump": tuple(f'goto="n{i}"' for i in range(6)),
    "hangup": ("", 'cause="17"'),
}


@st.composite
def flows(draw: st.DrawFn) -> str:
    """Nodes n0 .. n9 in a random tree."""
    count = draw(st.integers(6, 10))
    children: dict[int, list[int]] = {}
    for i in range(1, count):
        children.setdefault(draw(st.integers(max(0, i - 4), i - 1)), []).append(i)

    def node(i: int, when: str = "") -> str:
        below = children.get(i, [])
        kind = draw(st.sampled_from(["play", "agent", "voicemail", "conference", "set"] if below else sorted(_TYPES)))
        attributes = draw(st.sampled_from(_TYPES[kind]))
        results = sorted(TYPE_RESULTS[kind] - {"0000"})
        ways = [f'result="{result}"' for result in results]
        if "branch" in attributes or "digits" in attributes:
            ways += ['key="1"', 'key="2"']
        ways = draw(st.permutations(ways))[: max(0, len(below) - 1)]
        if len(ways) < len(below):
            ways = [*ways, ""]  # for 0000 with any key, therefore last
        inner = "".join(node(child, way) for child, way in zip(below, ways, strict=False))
        return f'<node code="n{i}" type="{kind}" {when} {attributes}>{inner}</node>'

    return f"<flow>{node(0)}</flow>"


@given(
    flows(),
    st.lists(st.sampled_from(KEYS), max_size=10),
    st.lists(st.sampled_from(TALKS), max_size=4),
    st.lists(st.sampled_from(RECORDED), max_size=4),
    st.lists(st.sampled_from(ROOMS), max_size=4),
)
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
async def test_any_flow_that_loads_ends(
    env: Environment, xml: str, keys: list[str], talks: list[str], recorded: list[float | str | Exception], rooms: list[ConferenceResult | str]
) -> None:
    try:
        flow, _ = parse_flow(xml.encode(), Path("random.xml"))
    except FlowError:
        return
    session = FakeSession(keys, talks=talks, recorded=recorded, rooms=rooms)
    done = await run(flow, session, dataclasses.replace(env, max_hasty=20, max_keyless=50))
    check(flow, session, done.result, done.cause)
