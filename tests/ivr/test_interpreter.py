"""Walks through flows: every result, repetition, variables, loops, resuming, the sample flow in both languages."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from ivr_caller import HANG_UP, SAMPLE, FakeSession

from xunhu.ivr.interpreter import Environment, run
from xunhu.ivr.loader import load_flow
from xunhu.ivr.model import Flow
from xunhu.ivr.session import ConnectResult, ServiceError
from xunhu.ivr.variables import GlobalVariables

FlowOf = Callable[[str], Flow]

MENU = """
<node code="m" type="play" files="a" digits="1" valid="12*" repeat="3" {more}>
  <node code="one" type="hangup" key="1" cause="16"/>
  {children}
</node>"""


async def walk(flow: Flow, env: Environment, session: FakeSession) -> FakeSession:
    done = await run(flow, session, env)
    session.log.append((done.result, done.node, str(done.cause)))
    return session


# -- the recording


async def test_record_nodes_command_the_recording_of_the_call(flow_of: FlowOf, env: Environment) -> None:
    flow = flow_of("""
<node code="a" type="record" do="mask">
  <node code="b" type="play" files="a" digits="1" valid="1">
    <node code="c" type="record" do="unmask">
      <node code="d" type="record" do="stop">
        <node code="e" type="hangup"/>
        <node code="f" type="hangup" result="0010" cause="41"/>
      </node>
    </node>
  </node>
</node>""")
    s = await walk(flow, env, FakeSession(["1"]))
    assert s.recordings == [("mask", True), ("mask", False), ("stop", True)]
    assert (s.nodes, s.cause) == (["a", "b", "c", "d", "e"], 16)
    refusing = FakeSession(["1"])
    refusing.no_recording = "not being recorded"
    s = await walk(flow, env, refusing)
    assert (s.nodes, s.cause) == (["a", "b", "c", "d", "f"], 41)  # an error only where a child is there for it
    assert s.notes == ["a: not being recorded", "c: not being recorded", "d: not being recorded"]


async def test_background_nodes_begin_and_end_a_sound(flow_of: FlowOf, env: Environment) -> None:
    flow = flow_of("""
<node code="a" type="background" files="a,http://h.example/m.mp3" gain="-20.5" duck="9">
  <node code="b" type="background">
    <node code="c" type="background" files="nowhere">
      <node code="d" type="hangup" result="0009"/>
    </node>
  </node>
</node>""")
    s = await walk(flow, env, FakeSession())
    assert s.nodes == ["a", "b", "c", "d"]
    (first, gain, duck), second = s.backgrounds
    assert (Path(first[0]).stem, first[1], gain, duck) == ("a", "http://h.example/m.mp3", -20.5, 9.0)
    assert second == ([], None, None)


# -- keys


async def test_key_leads_to_child(flow_of: FlowOf, env: Environment) -> None:
    s = await walk(flow_of(MENU.format(more="", children="")), env, FakeSession(["1"]))
    assert s.nodes == ["m", "one"]
    assert s.results[0] == ("m", "0000", "1")
    assert s.cause == 16
    assert s.answers == 1


async def test_no_key_repeats_then_ends(flow_of: FlowOf, env: Environment) -> None:
    s = await walk(flow_of(MENU.format(more="", children="")), env, FakeSession([]))
    assert s.played == ["zh/a"] * 3
    assert s.results == [("m", "0001", "")]
    assert s.cause == 16


async def test_no_key_child_after_repeat(flow_of: FlowOf, env: Environment) -> None:
    child = '<node code="none" type="hangup" result="0001" cause="102"/>'
    s = await walk(flow_of(MENU.format(more="", children=child)), env, FakeSession([]))
    assert (s.played, s.nodes, s.cause) == (["zh/a"] * 3, ["m", "none"], 102)


async def test_key_at_last_repetition(flow_of: FlowOf, env: Environment) -> None:
    s = await walk(flow_of(MENU.format(more="", children="")), env, FakeSession(["", "", "1"]))
    assert s.nodes == ["m", "one"]


@pytest.mark.parametrize("key", ["7", "2"])  # outside valid; valid but leading nowhere
async def test_invalid_key_repeats(flow_of: FlowOf, env: Environment, key: str) -> None:
    s = await walk(flow_of(MENU.format(more="", children="")), env, FakeSession([key, key, "1"]))
    assert s.nodes == ["m", "one"]
    s = await walk(flow_of(MENU.format(more="", children="")), env, FakeSession([key] * 9))
    assert s.results == [("m", "0002", key)]
    assert len(s.keys) == 6


@pytest.mark.parametrize("key", ["7", "2"])
async def test_invalid_key_child_taken_at_once(flow_of: FlowOf, env: Environment, key: str) -> None:
    child = '<node code="bad" type="hangup" result="0002" cause="88"/>'
    s = await walk(flow_of(MENU.format(more="", children=child)), env, FakeSession([key]))
    assert (s.nodes, s.cause, len(s.played)) == (["m", "bad"], 88, 1)


async def test_child_without_key_takes_any(flow_of: FlowOf, env: Environment) -> None:
    child = '<node code="any" type="hangup" cause="31"/>'
    s = await walk(flow_of(MENU.format(more="", children=child)), env, FakeSession(["*"]))
    assert s.nodes == ["m", "any"]


async def test_wrong_key_interrupts_a_menu(flow_of: FlowOf, env: Environment) -> None:
    s = await walk(flow_of(MENU.format(more="", children="")), env, FakeSession(["1"]))
    assert set("0123456789*#") <= set(str(s.asked[0]["interrupt"]))


NUMBER = """
<node code="n" type="play" files="a" store="num" digits="4-8" {more}>
  <node code="back" type="hangup" key="*" cause="2"/>
  <node code="exact" type="hangup" key="1234,5678" cause="3"/>
  <node code="ok" type="play" files="PS@num"><node code="end" type="hangup"/></node>
  <node code="no" type="hangup" result="0001" cause="4"/>
  <node code="bad" type="hangup" result="0002" cause="5"/>
</node>"""


@pytest.mark.parametrize(
    ("pressed", "nodes"),
    [
        ("12345678", ["n", "ok", "end"]),
        ("9999#", ["n", "ok", "end"]),
        ("99999", ["n", "ok", "end"]),  # time between keys over
        ("1234#", ["n", "exact"]),
        ("12#", ["n", "bad"]),
        ("12", ["n", "bad"]),
        ("#", ["n", "bad"]),
        ("*", ["n", "back"]),
        ("12A", ["n", "bad"]),
        ("", ["n", "no"]),
    ],
)
async def test_whole_input(flow_of: FlowOf, env: Environment, pressed: str, nodes: list[str]) -> None:
    s = await walk(flow_of(NUMBER.format(more='firstend="*" repeat="1"')), env, FakeSession([pressed]))
    assert s.nodes == nodes


async def test_first_end_key_is_not_stored(flow_of: FlowOf, env: Environment) -> None:
    done = await run(flow_of(NUMBER.format(more='firstend="*"')), FakeSession(["*"]), env)
    assert "num" not in done.variables
    done = await run(flow_of(NUMBER.format(more='firstend="*"')), FakeSession(["88990011"]), env)
    assert done.variables["num"] == "88990011"


async def test_end_key_alone_may_be_a_choice(flow_of: FlowOf, env: Environment) -> None:
    nodes = '<node code="n" type="play" files="a" store="v" digits="4" end="#"><node code="back" type="hangup" key="#"/></node>'
    s = await walk(flow_of(nodes), env, FakeSession(["#"]))
    assert s.nodes == ["n", "back"]


async def test_empty_input_where_allowed(flow_of: FlowOf, env: Environment) -> None:
    nodes = '<node code="n" type="play" files="a" store="v" digits="0-4"><node code="go" type="hangup"/></node>'
    s = await walk(flow_of(nodes), env, FakeSession(["#"]))
    assert s.nodes == ["n", "go"]


async def test_first_key_chooses_without_store(flow_of: FlowOf, env: Environment) -> None:
    nodes = '<node code="n" type="play" files="a" digits="3"><node code="seven" type="hangup" key="78"/></node>'
    s = await walk(flow_of(nodes), env, FakeSession(["712"]))
    assert s.results[0] == ("n", "0000", "7")


# -- files


async def test_reading_follows_language(flow_of: FlowOf, env: Environment) -> None:
    nodes = """<node code="s" type="set" values="language=en; x=121.5">
      <node code="p" type="play" files="PS@x,PD@x,PY@x,hello"><node code="z" type="set" values="language=zh">
      <node code="q" type="play" files="PD@x"/></node></node></node>"""
    s = await walk(flow_of(nodes), env, FakeSession())
    assert " ".join(s.played) == (
        "en/n1 en/n2 en/n1 en/point en/n5 en/n1 en/hundred en/and en/n20 en/n1 en/point en/n5 en/n1 en/hundred en/and en/n20 en/n1 "
        "en/yuan en/n5 en/jiao en/hello zh/n1 zh/bai zh/n2 zh/n10 zh/n1 zh/point zh/n5"
    )


async def test_missing_file_without_child_is_left_out(flow_of: FlowOf, env: Environment) -> None:
    nodes = '<node code="p" type="play" files="nowhere,a"><node code="q" type="play" files="nowhere2"/></node>'
    s = await walk(flow_of(nodes), env, FakeSession())
    assert s.played == ["zh/a"]
    assert [r for _, r, _ in s.results] == ["0000", "0000"]
    assert s.notes == ["p: missing: nowhere (zh)", "q: missing: nowhere2 (zh)"]


async def test_missing_file_with_child(flow_of: FlowOf, env: Environment) -> None:
    nodes = '<node code="p" type="play" files="nowhere,a"><node code="m" type="hangup" result="0009" cause="47"/></node>'
    s = await walk(flow_of(nodes), env, FakeSession())
    assert (s.nodes, s.results[0][1], s.cause, s.played) == (["p", "m"], "0009", 47, [])


async def test_file_the_engine_cannot_play(flow_of: FlowOf, env: Environment) -> None:
    s = FakeSession()
    s.unplayable = {str(env.prompts.lookup("b", "zh"))}
    await walk(flow_of('<node code="p" type="play" files="b,a"/>'), env, s)
    assert s.played == ["zh/a"]
    s.played.clear()
    await walk(flow_of('<node code="p" type="play" files="b"><node code="m" type="hangup" result="0009"/></node>'), env, s)
    assert s.nodes[-1] == "m"


async def test_prompt_of_other_language_stands_in(flow_of: FlowOf, env: Environment, prompts: object) -> None:
    only = Path(env.prompts.roots[0]) / "en" / "only-english.wav"
    only.touch()
    s = await walk(flow_of('<node code="p" type="play" files="only-english"/>'), env, FakeSession())
    assert s.played == ["en/only-english"]


async def test_variable_names_files_and_number_that_is_none(flow_of: FlowOf, env: Environment) -> None:
    nodes = """<node code="s" type="set" values="list=a,b; n=12x; odd=€; empty=">
      <node code="p" type="play" files="@list,PD@n,PD@odd,PY@empty,PS@gone,he@{part}llo"/></node>"""
    s = await walk(flow_of(nodes), env, FakeSession())
    assert s.played == ["zh/a", "zh/b", "zh/n1", "zh/n2", "zh/letter-x", "zh/hello"]
    assert "variable gone has no value" in s.notes
    assert any("PD: not a number: '12x'" in note for note in s.notes)
    assert any("left out: no prompt for the sign '€'" in note for note in s.notes)


async def test_recording_is_confined_to_mailboxes(flow_of: FlowOf, env: Environment, tmp_path: Path) -> None:
    (env.mailboxes / "box").mkdir(parents=True)
    (env.mailboxes / "box" / "m.wav").touch()
    (tmp_path / "secret.wav").touch()
    nodes = f'<node code="p" type="play" files="PVbox/m.wav,PV../secret.wav,PV{tmp_path}/secret.wav"/>'
    s = await walk(flow_of(nodes), env, FakeSession())
    assert s.played == ["box/m"]
    assert len(s.notes) == 2


async def test_text_to_speech(flow_of: FlowOf, env: Environment) -> None:
    nodes = r'<node code="p" type="play" files="PT你好\, @calling,PT@empty"><node code="f" type="hangup" result="0010" cause="63"/></node>'
    s = await walk(flow_of(nodes), env, FakeSession())
    assert s.spoken == [("你好, 13800138000", "zh")]
    assert s.nodes == ["p"]
    bad = FakeSession()
    bad.speech = ServiceError("no espeak-ng")
    await walk(flow_of(nodes), env, bad)
    assert (bad.nodes, bad.cause) == (["p", "f"], 63)
    bad.nodes.clear()
    await walk(flow_of('<node code="p" type="play" files="PTx,a"/>'), env, bad)
    assert (bad.played, bad.cause) == (["zh/a"], 16)
    assert bad.notes[-1] == "p: not spoken: no espeak-ng"


async def test_play_repeats_without_keys(flow_of: FlowOf, env: Environment) -> None:
    s = await walk(flow_of('<node code="p" type="play" files="a" repeat="4"/>'), env, FakeSession())
    assert s.played == ["zh/a"] * 4


# -- agent

AGENT = '<node code="x" type="agent" extensions="8001,@second" groups="{groups}" wait="20" queue="yes" music="hello">{children}</node>'


@pytest.mark.parametrize(
    ("outcome", "result", "cause"),
    [
        ("ended", "0000", 16),
        ("busy", "0004", 17),
        ("no-answer", "0005", 19),
        ("refused", "0006", 21),
        ("waited", "0007", 16),
        ("nobody", "0008", 16),
    ],
)
async def test_agent_results(flow_of: FlowOf, env: Environment, outcome: str, result: str, cause: int) -> None:
    flow = flow_of(AGENT.format(groups="", children=""))
    s = await walk(flow, env, FakeSession(talks=[outcome]))
    assert s.results == [("x", result, "")]
    assert s.cause == cause
    music = str(env.prompts.lookup("hello", "zh"))
    assert s.connects == [(("8001",), 20.0, True, music)]
    child = f'<node code="c" type="hangup" result="{result}" cause="99"/>'
    s = await walk(flow_of(AGENT.format(groups="", children=child)), env, FakeSession(talks=[outcome]))
    assert s.nodes == ["x", "c"]


async def test_agent_caller_gone(flow_of: FlowOf, env: Environment) -> None:
    s = await walk(flow_of(AGENT.format(groups="", children="")), env, FakeSession(talks=["caller-gone"]))
    assert s.results == [("x", "0003", "")]
    assert s.cause is None
    assert s.log[-1][0] == "0003"


async def test_agent_groups(flow_of: FlowOf, env: Environment) -> None:
    s = await walk(flow_of(AGENT.format(groups="sales,none", children="")), env, FakeSession(talks=["ended"]))
    assert s.connects[0][0] == ("8001", "8002")
    assert "group none has nobody" in s.notes
    s = await walk(flow_of('<node code="x" type="agent" groups="none"/>'), env, FakeSession())
    assert s.results == [("x", "0008", "")]


async def test_agent_extension_and_cause_are_known_afterwards(flow_of: FlowOf, env: Environment) -> None:
    flow = flow_of('<node code="x" type="agent" extensions="8001"/>')
    done = await run(flow, FakeSession(talks=[ConnectResult("refused", "8001", 34)]), env)
    assert (done.variables["extension"], done.variables["cause"]) == ("8001", "34")


async def test_service_error(flow_of: FlowOf, env: Environment) -> None:
    s = FakeSession()
    s.talks.append("no such outcome")
    await walk(flow_of('<node code="x" type="agent" extensions="1"/>'), env, s)
    assert (s.results, s.cause) == ([("x", "0010", "")], 41)
    child = '<node code="x" type="agent" extensions="1"><node code="e" type="hangup" result="0010" cause="63"/></node>'
    s = FakeSession(talks=["strange"])
    await walk(flow_of(child), env, s)
    assert s.cause == 63


async def test_programming_error_comes_through(flow_of: FlowOf, env: Environment) -> None:
    s = FakeSession()
    s.fail_with = KeyError("bug")
    with pytest.raises(KeyError):
        await walk(flow_of('<node code="p" type="play" files="a"/>'), env, s)


# -- voicemail

MAIL = """<node code="v" type="voicemail" seconds="30" box="@called/../x" {more}>
  <node code="thanks" type="play" files="PV@voicemail"/>
  <node code="none" type="hangup" result="0001" cause="3"/>
  <node code="gone" type="set" result="0003" values="global.left=add(@global.left,1)"><node code="h" type="hangup"/></node>
</node>"""


async def test_voicemail(flow_of: FlowOf, env: Environment) -> None:
    for stem in ("2026-11-23-103000-c1", "2026-11-23-103000-c1-2"):
        s = await walk(flow_of(MAIL.format(more="")), env, FakeSession(recorded=[45.0]))
        assert s.nodes == ["v", "thanks"]
        assert s.played == [f"4006000998x/{stem}"]
        assert (env.mailboxes / "4006000998x" / f"{stem}.wav").exists()


async def test_voicemail_start_key(flow_of: FlowOf, env: Environment) -> None:
    flow = flow_of(MAIL.format(more='startkeys="1"'))
    s = await walk(flow, env, FakeSession(["1"], recorded=[3.0]))
    assert s.nodes == ["v", "thanks"]
    s = await walk(flow, env, FakeSession([""], recorded=[3.0]))
    assert s.nodes == ["v", "none"]


async def test_voicemail_nothing_said(flow_of: FlowOf, env: Environment) -> None:
    done = await run(flow_of(MAIL.format(more="")), FakeSession(recorded=[0.0]), env)
    assert done.cause == 3
    assert done.variables["voicemail"] == ""


async def test_voicemail_ended_by_hanging_up_is_kept(flow_of: FlowOf, env: Environment) -> None:
    s = FakeSession(recorded=[HANG_UP])
    done = await run(flow_of(MAIL.format(more="")), s, env)
    assert s.nodes == ["v", "gone", "h"]
    assert (done.result, s.cause) == ("0003", None)
    assert env.shared.get("left") == "1"
    assert (env.mailboxes / done.variables["voicemail"]).exists()


async def test_mailbox_that_cannot_be_made(flow_of: FlowOf, env: Environment, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    env = dataclasses.replace(env, mailboxes=tmp_path / "file")
    s = await walk(flow_of(MAIL.format(more="")), env, FakeSession(recorded=[3.0]))
    assert s.results == [("v", "0010", "")]
    assert "v: [Errno 20]" in s.notes[0]


# -- set, jump, hangup, loops


async def test_set_branches(flow_of: FlowOf, env: Environment) -> None:
    nodes = """<node code="s" type="set" values="open=between(@time,09:00,18:00)" branch="@open">
      <node code="yes" type="hangup" key="1" cause="1"/><node code="no" type="hangup" cause="2"/></node>"""
    for time, cause in (("09:00:00", 1), ("18:00:00", 2), ("08:59:59", 2)):
        s = await walk(flow_of(nodes), env, FakeSession(system={"time": time}))
        assert s.cause == cause
        assert s.answers == 0  # refused before it was answered


async def test_set_fault_and_unknown_language(flow_of: FlowOf, env: Environment) -> None:
    s = await walk(flow_of('<node code="s" type="set" values="x=div(1,0)"><node code="h" type="hangup"/></node>'), env, FakeSession())
    assert (s.results, s.cause) == ([("s", "0010", "")], 41)
    nodes = '<node code="s" type="set" values="language=fr"><node code="p" type="play" files="a"/></node>'
    s = await walk(flow_of(nodes), env, FakeSession())
    assert s.played == ["zh/a"]
    assert s.notes == ["language 'fr' is not there; it stays zh"]


async def test_global_variables_are_shared_and_bounded(flow_of: FlowOf, env: Environment, tmp_path: Path) -> None:
    path = tmp_path / "globals.json"
    env = dataclasses.replace(env, shared=GlobalVariables(path))
    flow = flow_of('<node code="s" type="set" values="global.n=add(@global.n,1)"><node code="h" type="hangup"/></node>')
    for _ in range(3):
        await run(flow, FakeSession(), env)
    assert GlobalVariables(path).get("n") == "3"
    many = GlobalVariables()
    assert [many.set(f"x{i}", "y") for i in range(1001)] == [True] * 1000 + [False]
    assert many.set("x0", "z")


def test_global_variables_survive_a_bad_file(tmp_path: Path) -> None:
    path = tmp_path / "globals.json"
    path.write_text("[1")
    shared = GlobalVariables(path)
    assert "begin empty" in shared.save_error
    blocked = GlobalVariables(tmp_path / "nowhere" / "g.json")
    assert blocked.set("a", "1")
    assert (blocked.get("a"), "nowhere" in blocked.save_error) == ("1", True)


async def test_loop_of_failing_agents_is_ended(flow_of: FlowOf, env: Environment) -> None:
    nodes = '<node code="x" type="agent" extensions="1"><node code="j" type="jump" result="0004" goto="x"/></node>'
    s = await walk(flow_of(nodes), env, FakeSession())
    assert s.log[-1][0] == "0010"
    assert s.cause == 41
    assert len(s.nodes) == 101
    assert any(note.startswith("loop:") for note in s.notes)


async def test_loop_of_prompts_is_ended_later(flow_of: FlowOf, env: Environment) -> None:
    s = await walk(flow_of('<node code="p" type="play" files="a"><node code="j" type="jump" goto="p"/></node>'), env, FakeSession())
    assert (s.log[-1][0], len(s.nodes)) == ("0010", 1001)
    silent = '<node code="p" type="play" files="nowhere"><node code="j" type="jump" goto="p"/></node>'
    s = await walk(flow_of(silent), env, FakeSession())
    assert len(s.nodes) == 101
    assert len(s.notes) == 2  # the missing file once, the loop once


async def test_menu_used_for_long_is_no_loop(flow_of: FlowOf, env: Environment) -> None:
    nodes = MENU.format(more="", children='<node code="again" type="jump" key="*" goto="m"/>')
    s = await walk(flow_of(nodes), env, FakeSession(["*"] * 3000 + ["1"]))
    assert s.nodes[-1] == "one"


async def test_caller_gone_anywhere(flow_of: FlowOf, env: Environment) -> None:
    child = '<node code="gone" type="set" result="0003" values="global.gone=1"><node code="p" type="play" files="a"/></node>'
    s = FakeSession([HANG_UP])
    done = await run(flow_of(MENU.format(more="", children=child)), s, env)
    assert s.nodes == ["m", "gone", "p"]
    assert (done.result, s.cause, env.shared.get("gone")) == ("0003", None, "1")


async def test_resume_at_a_node(flow_of: FlowOf, env: Environment) -> None:
    flow = flow_of(NUMBER.format(more=""))
    s = FakeSession()
    await run(flow, s, env, start_node="ok", variables={"num": "77", "language": "en"})
    assert s.played == ["en/n7", "en/n7"]
    with pytest.raises(ValueError, match="no node 'nowhere'"):
        await run(flow, FakeSession(), env, start_node="nowhere")


async def test_time_goes_on(flow_of: FlowOf, env: Environment) -> None:
    class Later(FakeSession):
        async def wait_key(self, keys: str, timeout_s: float) -> str:
            self.system["time"] = "18:30:00"
            return await super().wait_key(keys, timeout_s)

    nodes = """<node code="v" type="voicemail" startkeys="1"><node code="s" type="set" result="0001" branch="less(@time,18:00)">
      <node code="early" type="hangup" key="1"/><node code="late" type="hangup" key="0"/></node></node>"""
    s = await walk(flow_of(nodes), env, Later())
    assert s.nodes == ["v", "s", "late"]


async def test_globals_that_cannot_be_kept_are_noted(flow_of: FlowOf, env: Environment, tmp_path: Path) -> None:
    env = dataclasses.replace(env, shared=GlobalVariables(tmp_path / "nowhere" / "g.json"))
    s = await walk(flow_of('<node code="s" type="set" values="global.x=1"><node code="h" type="hangup"/></node>'), env, FakeSession())
    assert s.notes == [f"{tmp_path}/nowhere/g.json: No such file or directory"]
    assert env.shared.get("x") == "1"


async def test_system_variables_cannot_be_hidden(flow_of: FlowOf, env: Environment) -> None:
    s = FakeSession()
    await run(flow_of('<node code="p" type="play" files="PS@called"/>'), s, env, variables={"called": "1"})
    assert len(s.played) == 10


# -- the sample flow

@pytest.mark.parametrize(("language", "key"), [("zh", "1"), ("en", "2")])
async def test_sample_order(env: Environment, language: str, key: str) -> None:
    flow, warnings = load_flow(SAMPLE, prompts=env.prompts)
    assert warnings == ()
    s = await walk(flow, env, FakeSession([key, "1", "20261123", "#", "2"], talks=["ended"]))
    assert " ".join(s.nodes) == (
        f"begin welcome language {'chinese' if language == 'zh' else 'english'} to-hours-{language} hours language-set menu order order-read "
        "order-more order-menu menu adviser-open adviser-wait adviser adviser-done adviser-bye goodbye end"
    )
    assert s.connects[0][0] == ("8001", "8002")
    assert s.cause == 16
    heard = [name.removeprefix(f"{language}/") for name in s.played]
    begin = heard.index("order-is")
    price = {
        "zh": "n1 qian liang bai n8 n10 n8 yuan n5 jiao",
        "en": "n1 thousand n2 hundred and n80 n8 yuan n5 jiao",
    }[language].replace("liang bai", "n2 bai")
    days = {"zh": "n10 n2", "en": "n12"}[language]
    digits = "n2 n0 n2 n6 n1 n1 n2 n3"
    assert " ".join(heard[begin:]).startswith(f"order-is {digits} order-price {price} order-days {days} days order-more")
    assert all(name.startswith(f"{language}/") for name in s.played[2:])
    assert not s.notes[1:]  # @global.calls has no value the first time


@pytest.mark.parametrize(
    ("keys", "script", "last", "cause"),
    [
        ([], {}, "end", 16),  # nobody presses anything
        (["1", "9"], {"recorded": [12.0]}, "end", 16),
        (["1", "9"], {"recorded": [0.0]}, "end", 16),
        (["1", "9"], {"recorded": [HANG_UP]}, "message-end", None),
        (["2", "0"], {"talks": ["ended"]}, "end", 16),
        (["2", "0"], {"talks": ["no-answer"], "recorded": [5.0]}, "end", 16),
        (["2", "2"], {"talks": ["busy"], "recorded": [5.0]}, "end", 16),
        (["2", "2"], {"talks": ["strange"]}, "fault-end", 41),
        (["2", "*", "#", "1", "7", "9"], {"recorded": [1.0]}, "end", 16),
        (["1", "1", "*", "1", "123#", "", "", ""], {}, "end", 16),
        (["1", "2"], {"system": {"time": "20:00:00"}, "recorded": [2.0]}, "end", 16),
        ([HANG_UP], {}, "language", None),
    ],
)
async def test_sample_other_ways(
    env: Environment, keys: list[str], script: dict[str, object], last: str, cause: int | None
) -> None:
    flow, _ = load_flow(SAMPLE)
    s = await walk(flow, env, FakeSession(keys, **script))  # type: ignore[arg-type]
    assert (s.nodes[-1], s.cause) == (last, cause)


def test_sample_has_every_type() -> None:
    flow, _ = load_flow(SAMPLE)
    assert {node.type for node in flow.nodes.values()} == {"play", "agent", "voicemail", "jump", "hangup", "set"}


@pytest.mark.parametrize(("key", "last_nodes"), [("5", ["good", "thanks", "end"]), ("2", ["good", "sorry", "why", "why-thanks", "thanks", "end"])])
async def test_sample_survey(env: Environment, key: str, last_nodes: list[str]) -> None:
    flow, warnings = load_flow(SAMPLE.with_name("survey.xml"), prompts=env.prompts)
    assert warnings == ()
    s = await walk(flow, env, FakeSession([key], recorded=[9.0]))
    assert s.nodes == ["begin", "ask", "count", "read", *last_nodes]
    assert s.spoken == [("您好,13800138000", "zh")]
    assert s.played[1:4] == ["zh/survey-ask", "zh/survey-score", f"zh/n{key}"]
    assert (env.shared.get("ratings"), env.shared.get("score")) == ("1", key)
