"""Loading: what is refused and why, what is warned of, and that no bytes at all bring anything but a flow or a FlowError."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ivr_caller import PROMPT, SAMPLE

from xunhu.ivr import messages, show
from xunhu.ivr.loader import MAX_BYTES, check_flow, load_flow, parse_flow
from xunhu.ivr.messages import ERROR, WARNING, Finding, FlowError
from xunhu.ivr.model import RESULTS, TYPE_RESULTS, Play, Voicemail
from xunhu.ivr.prompts import PromptStore

PATH = Path("test.xml")


def findings_of(xml: str | bytes, prompts: PromptStore | None = None) -> tuple[Finding, ...]:
    data = xml.encode() if isinstance(xml, str) else xml
    try:
        return parse_flow(data, PATH, prompts=prompts)[1]
    except FlowError as error:
        refused = error.findings
    assert any(f.severity == ERROR for f in refused)
    return refused


def flow(*lines: str) -> str:
    """Line 1 is <flow>, the nodes begin in line 2."""
    return "\n".join(["<flow>", *lines, "</flow>"])


END = '<node code="end" type="hangup"/>'

CASES = [
    ("xml", 3, flow('<node code="a" type="hangup">', "</nod>")),
    ("xml", 1, ""),
    ("doctype", 1, '<!DOCTYPE flow [<!ENTITY a "b">]><flow/>'),
    ("root", 1, "<tree/>"),
    ("empty", 1, "<flow/>"),
    ("element", 2, flow("<nod/>", END)),
    ("text", 2, flow('<node code="a" type="hangup">hello</node>')),
    ("attribute", 2, flow('<node code="a" type="play" files="x" digit="1"/>')),
    ("attribute", 1, '<flow titel="x">' + END + "</flow>"),
    ("missing", 2, flow('<node type="hangup"/>')),
    ("missing", 2, flow('<node code="a"/>')),
    ("missing", 2, flow('<node code="a" type="play"/>')),
    ("missing", 2, flow('<node code="a" type="jump"/>', END)),
    ("missing", 2, flow('<node code="a" type="set"><node code="b" type="hangup"/></node>')),
    ("type", 2, flow('<node code="a" type="plaay" files="x"/>')),
    ("record", 2, flow('<node code="a" type="record" do="maks">', END, "</node>")),
    ("missing", 2, flow('<node code="a" type="record">', END, "</node>")),
    ("busy-loop", 2, flow('<node code="a" type="record" do="mask">', '<node code="b" type="jump" goto="a"/>', "</node>")),
    ("url", 2, flow('<node code="a" type="play" files="http:///x.wav"/>', END)),
    ("url", 2, flow('<node code="a" type="play" files="http://u:p@h.example/x.wav"/>', END)),
    ("url", 2, flow('<node code="a" type="play" files="http://@calling/x.wav"/>', END)),
    ("url", 2, flow('<node code="a" type="play" files="https://h.example/a b.wav"/>', END)),
    ("url", 2, flow('<node code="a" type="agent" extensions="1" music="http://h.example:port/x.wav"/>', END)),
    ("number", 2, flow('<node code="a" type="background" files="x" gain="-99">', END, "</node>")),
    ("number", 2, flow('<node code="a" type="background" files="x" duck="soft">', END, "</node>")),
    ("url", 2, flow('<node code="a" type="background" files="http:///x">', END, "</node>")),
    ("read-only", 2, flow('<node code="a" type="set" values="answered=human">', END, "</node>")),
    ("code", 2, flow('<node code="a b" type="hangup"/>')),
    ("duplicate", 3, flow('<node code="end" type="play" files="x">', END, "</node>", "")),
    ("name", 1, '<flow name="a/b">' + END + "</flow>"),
    ("language", 1, '<flow language="fr">' + END + "</flow>"),
    ("result", 3, flow('<node code="a" type="play" files="x">', '<node code="b" type="hangup" result="12"/>', "</node>")),
    ("never-result", 3, flow('<node code="a" type="play" files="x">', '<node code="b" type="hangup" result="0004"/>', "</node>")),
    ("never-child", 3, flow('<node code="a" type="hangup">', END, "</node>")),
    (
        "never-after",
        4,
        flow('<node code="a" type="play" files="x">', END, '<node code="b" type="hangup"/>', "</node>"),
    ),
    (
        "never-after",
        4,
        flow(
            '<node code="a" type="play" files="x" digits="1">',
            '<node code="b" type="hangup" key="12"/>',
            '<node code="c" type="hangup" key="2"/>',
            "</node>",
        ),
    ),
    (
        "overlap",
        4,
        flow(
            '<node code="a" type="play" files="x" digits="1">',
            '<node code="b" type="hangup" key="12"/>',
            '<node code="c" type="hangup" key="23"/>',
            "</node>",
        ),
    ),
    (
        "key-never",
        3,
        flow('<node code="a" type="play" files="x" digits="1" valid="12">', '<node code="b" type="hangup" key="3"/>', "</node>"),
    ),
    ("key-no-input", 3, flow('<node code="a" type="play" files="x">', '<node code="b" type="hangup" key="3"/>', "</node>")),
    ("key-no-input", 3, flow('<node code="a" type="set" values="x=1">', '<node code="b" type="hangup" key="3"/>', "</node>")),
    ("key-no-input", 3, flow('<node code="a" type="agent" groups="x">', '<node code="b" type="hangup" key="3"/>', "</node>")),
    (
        "key-result",
        3,
        flow(
            '<node code="a" type="play" files="x" digits="1">',
            '<node code="b" type="hangup" key="3" result="0001"/>',
            END,
            "</node>",
        ),
    ),
    ("number", 2, flow('<node code="a" type="hangup" cause="128"/>')),
    ("number", 2, flow('<node code="a" type="play" files="x" timeout="-1"/>')),
    ("number", 2, flow('<node code="a" type="play" files="x" repeat="1.5"/>')),
    ("number", 2, flow('<node code="a" type="voicemail" seconds="many"/>')),
    ("digits", 2, flow('<node code="a" type="play" files="x" digits="8-4"/>')),
    ("digits", 2, flow('<node code="a" type="play" files="x" digits="65"/>')),
    ("yes-no", 2, flow('<node code="a" type="agent" groups="x" queue="maybe"/>')),
    ("keys", 2, flow('<node code="a" type="play" files="x" digits="1" valid="1x"/>')),
    ("keys", 3, flow('<node code="a" type="play" files="x" digits="1">', '<node code="b" type="hangup" key="1x"/>', "</node>")),
    ("variable", 2, flow('<node code="a" type="play" files="x" digits="2" store="2x"/>')),
    ("read-only", 2, flow('<node code="a" type="set" values="calling=1">', END, "</node>")),
    ("unset", 2, flow('<node code="a" type="play" files="PS@ordr"/>')),
    ("file-item", 2, flow('<node code="a" type="play" files="../../etc/passwd"/>')),
    ("file-item", 2, flow('<node code="a" type="play" files="PS"/>')),
    ("file-item", 2, flow('<node code="a" type="agent" groups="x" music="a,b"/>')),
    ("unreadable-number", 2, flow('<node code="a" type="play" files="PD1x"/>')),
    ("expression", 2, flow('<node code="a" type="set" values="x=add(1)">', END, "</node>")),
    ("pair", 2, flow('<node code="a" type="set" values="x">', END, "</node>")),
    ("no-target", 2, flow('<node code="a" type="jump" goto="ende"/>', END)),
    ("unreached", 3, flow('<node code="a" type="hangup"/>', END)),
    ("no-way", 2, flow('<node code="a" type="agent"/>')),
    ("extension", 2, flow('<node code="a" type="agent" extensions="80x"/>')),
    ("dead-end", 2, flow('<node code="a" type="play" files="x" digits="1"/>')),
    ("set-ends", 2, flow('<node code="a" type="set" values="x=1"/>')),
    ("loop", 2, flow('<node code="a" type="jump" goto="a"/>')),
    ("loop", 2, flow('<node code="a" type="set" values="x=1">', '<node code="b" type="jump" goto="a"/>', "</node>")),
    (
        "busy-loop",
        2,
        flow('<node code="a" type="agent" groups="x">', '<node code="b" type="jump" result="0004" goto="a"/>', "</node>"),
    ),
    (
        "busy-loop",
        2,
        flow(
            '<node code="a" type="set" values="x=add(@x,1)" branch="less(@x,3)">',
            '<node code="b" type="jump" key="1" goto="a"/>',
            END,
            "</node>",
        ),
    ),
    (
        "gone",
        3,
        flow('<node code="a" type="voicemail">', '<node code="b" type="play" result="0003" files="x"/>', "</node>"),
    ),
    ("digits-end", 2, flow('<node code="a" type="play" files="x" digits="2" valid="12#" end="#">', END, "</node>")),
    ("control", 2, flow('<node code="a" type="play" files="x" control="1:back,1:next"/>')),
    ("control", 2, flow('<node code="a" type="play" files="x" control="1:dance"/>')),
    ("control", 2, flow('<node code="a" type="play" files="x" control="back"/>')),
    ("control", 2, flow('<node code="a" type="play" files="x" control="1:back" interrupt="12"/>')),
    ("room", 2, flow('<node code="a" type="conference" room="88 00"/>')),
    ("role", 2, flow('<node code="a" type="conference" room="8800" role="lead"/>')),
    ("pin", 2, flow('<node code="a" type="conference" room="8800" pin="secret"/>')),
    ("to", 2, flow('<node code="a" type="conference" room="8800" to="2"/>')),
    ("party", 2, flow('<node code="a" type="conference" room="8800" role="whisper" to="you"/>')),
    ("long-value", 2, flow(f'<node code="a" type="hangup" name="{"x" * 4001}"/>')),
]


@pytest.mark.parametrize(("code", "line", "xml"), CASES, ids=[f"{code}-{i}" for i, (code, _, _) in enumerate(CASES)])
def test_finding(code: str, line: int, xml: str) -> None:
    found = findings_of(xml)
    assert [(f.code, f.line) for f in found] == [(code, line)]
    first = found[0]
    assert first.render().startswith(f"test.xml:{line}: {first.severity}: ")
    assert first.text_zh != first.text
    assert "{" not in first.render().replace(xml, "")
    assert first.render("zh").startswith(f"test.xml:{line}: {'错误' if first.severity == ERROR else '警告'}: ")


def test_controls_and_silence_are_read() -> None:
    xml = flow(
        '<node code="a" type="play" files="x" digits="1" control="7:back, 8:Pause,9:forward" step="10">',
        '<node code="b" type="voicemail" silence="3" lead="6" cut="no"/>',
        "</node>",
    )
    read, _ = parse_flow(xml.encode(), Path("test.xml"))
    play, message = read.nodes["a"].spec, read.nodes["b"].spec
    assert isinstance(play, Play)
    assert isinstance(message, Voicemail)
    assert play.control == (("7", "back"), ("8", "pause"), ("9", "forward"))
    assert play.step_s == 10
    assert not set(play.interrupt) & set("789")
    assert (message.silence_s, message.lead_s, message.cut) == (3, 6, False)


def test_every_message_is_tested() -> None:
    elsewhere = {"url-host", "unreadable", "too-large", "too-deep", "too-many", "no-prompt", "bad-prompt", "same-name", "no-room"}
    assert {code for code, _, _ in CASES} | elsewhere == set(messages._TEXTS)


def test_suggestions() -> None:
    (found,) = findings_of(flow('<node code="a" type="play" files="x" digit="1"/>'))
    assert "did you mean 'digits'?" in found.render()
    assert "是否应为 'digits'?" in found.render("zh")
    (found,) = findings_of(flow('<node code="a" type="jump" goto="ende"/>', END))
    assert "did you mean 'end'?" in found.remedy


def test_all_faults_at_once() -> None:
    xml = flow('<node code="a" type="hangup" cause="0"/>', '<node code="a" type="nothing"/>', '<node type="jump" goto="a"/>', '<node code="j" type="jump" goto="q"/>')
    found = findings_of(xml)
    assert [(f.line, f.code) for f in found if f.severity == ERROR] == [
        (2, "number"), (3, "duplicate"), (3, "type"), (4, "missing"), (5, "no-target"),
    ]  # fmt: skip


def test_limits() -> None:
    deep = "<flow>" + '<node code="a" type="play" files="x">' * 5000 + "</node>" * 5000 + "</flow>"
    assert findings_of(deep)[0].code in ("too-deep", "xml")
    wide = "<flow>" + "".join(f'<node code="n{i}" type="hangup"/>' for i in range(5001)) + "</flow>"
    assert findings_of(wide)[0].code == "too-many"
    assert findings_of(b" " * (MAX_BYTES + 1))[0].code == "too-large"
    nodes = [f'<node code="n{i}" type="play" files="x">' for i in range(201)]
    assert findings_of("<flow>" + "".join(nodes) + "</node>" * 201 + "</flow>")[0].code == "too-deep"
    good = "<flow>" + "".join(nodes[:200]) + "</node>" * 200 + "</flow>"
    assert findings_of(good) == ()


def test_entities_and_encodings() -> None:
    lines = ['<!ENTITY a0 "ha">', *(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 30))]
    bomb = f"<!DOCTYPE flow [{''.join(lines)}]><flow title='&a29;'/>"
    assert findings_of(bomb)[0].code == "doctype"
    assert findings_of(bomb.encode("utf-16"))[0].code == "doctype"
    assert findings_of(bomb.encode("utf-32"))[0].code == "doctype"
    assert findings_of('<!DOCTYPE f SYSTEM "file:///etc/passwd"><flow/>')[0].code == "doctype"
    text = '<?xml version="1.0" encoding="GB18030"?><flow title="远方"><node code="一" type="hangup"/></flow>'
    loaded, _ = parse_flow(text.encode("gb18030"), PATH)
    assert (loaded.title, loaded.start.code) == ("远方", "一")
    assert findings_of('<?xml version="1.0" encoding="nonsense"?><flow/>')[0].code == "xml"
    assert findings_of(b"<flow title='\xff\xfe'/>")[0].code == "xml"
    assert findings_of(b"\x1f\x8b\x08\x00")[0].code == "xml"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none.xml", tmp_path):
        with pytest.raises(FlowError) as caught:
            load_flow(path)
        assert check_flow(path) == (None, caught.value.findings)
        assert caught.value.findings[0].code == "unreadable"
    big = tmp_path / "big.xml"
    big.write_bytes(b" " * (MAX_BYTES + 100))
    with pytest.raises(FlowError, match=f"{MAX_BYTES + 100} bytes"):
        load_flow(big)


def test_missing_prompts_are_warned_of(prompts: PromptStore, tmp_path: Path) -> None:
    found = findings_of(flow('<node code="a" type="play" files="hello,nowhere"/>'), prompts)
    assert [(f.code, f.line, f.severity) for f in found] == [("no-prompt", 2, WARNING)]
    assert "zh/nowhere.wav, en/nowhere.wav" in found[0].remedy
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "hello.wav").write_bytes(PROMPT)
    (found_one,) = findings_of(flow('<node code="a" type="play" files="hello"/>'), PromptStore([tmp_path]))
    assert "missing in en" in found_one.text
    found = findings_of(flow('<node code="a" type="play" files="PS12"/>'), PromptStore([tmp_path]))
    assert "n7" in {f.text.split("'")[1] for f in found}


def test_prompts_that_cannot_be_played_are_warned_of(tmp_path: Path) -> None:
    for language, name, content in (("zh", "hello.mp3", b"no sound"), ("en", "hello.wav", PROMPT)):
        (tmp_path / language).mkdir()
        (tmp_path / language / name).write_bytes(content)
    (found,) = findings_of(flow('<node code="a" type="play" files="hello"/>'), PromptStore([tmp_path]))
    assert (found.code, found.line, found.severity) == ("bad-prompt", 2, WARNING)
    assert "zh/hello.mp3: no format that xunhu knows" in found.text
    assert "xunhu media probe" in found.remedy
    assert "不是讯呼认识的格式" in found.text_zh


def test_defaults_and_prefixes() -> None:
    xml = flow('<node code="a" type="play" files="x, PS@calling,PT你好" digits="8" store="n">', END, "</node>")
    loaded, _ = parse_flow(xml.encode(), PATH)
    spec = loaded.start.spec
    assert isinstance(spec, Play)
    assert [(f.kind, f.text) for f in spec.files] == [("file", "x"), ("PS", "@calling"), ("PT", "你好")]
    assert (spec.end, spec.repeat, spec.timeout_s, spec.least) == ("#", 3, 5.0, 1)
    assert "#" not in spec.valid
    single, _ = parse_flow(flow('<node code="a" type="play" files="x" digits="1">', END, "</node>").encode(), PATH)
    assert isinstance(single.start.spec, Play)
    assert (single.start.spec.end, "#" in single.start.spec.valid) == ("", True)


def test_name_of_the_flow(tmp_path: Path) -> None:
    for file, text, name in (
        ("flowconfig.xml", flow(END), "main"),
        ("night.xml", flow(END), "night"),
        ("x.xml", flow(END).replace("<flow>", '<flow name="sales">'), "sales"),
    ):
        (tmp_path / file).write_text(text)
        assert load_flow(tmp_path / file)[0].name == name


def test_results_table() -> None:
    assert list(RESULTS) == [f"{n:04}" for n in range(18)]
    assert set().union(*TYPE_RESULTS.values()) == set(RESULTS)


def test_show() -> None:
    loaded, _ = load_flow(SAMPLE)
    rows = show.rows(loaded)
    assert [row.code for row in rows] == list(loaded.nodes)
    text = show.render(loaded)
    assert "   ├─ [2] adviser-open" in text.replace("│", " ") or "[2] adviser-open" in text
    assert "[0001 超时未按键]" in show.render(loaded, "zh")
    data = show.as_json(loaded)
    by_code = {node["code"]: node for node in data["nodes"]}
    assert by_code["order"]["attributes"]["digits"] == 8
    assert by_code["adviser-busy"]["results"] == ["0004", "0005", "0006", "0007", "0008"]
    assert by_code["begin"]["attributes"]["values"][1] == ["price", "1288.50"]
    assert by_code["adviser"]["attributes"]["extensions"] == ["8001", "8002"]


_SAMPLE = SAMPLE.read_bytes()


@given(
    st.lists(
        st.tuples(st.integers(0, len(_SAMPLE) - 1), st.sampled_from(["cut", "flip", "drop", "twice"]), st.integers(0, 255)),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=150, deadline=None)
def test_damaged_sample(damage: list[tuple[int, str, int]]) -> None:
    data = _SAMPLE
    for at, how, byte in damage:
        at = min(at, len(data))
        data = {
            "cut": data[:at],
            "flip": data[:at] + bytes([byte]) + data[at + 1 :],
            "drop": data[:at] + data[at + byte :],
            "twice": data[: at + byte] + data[at:],
        }[how]
    findings_of(data)


@given(st.binary(max_size=300))
@example(b"<flow>\0</flow>")
@example(b"\xfe\xff")
@example(b"\xef\xbb\xbf<flow><node code='a' type='hangup'/></flow>")
def test_random_bytes(data: bytes) -> None:
    findings_of(data)


_WORDS = st.sampled_from(["1", "12", "#", "*", "0001", "0003", "0000,0004", "a", "b", "c", "@a", "PS@a", "PD1", "yes", "", "x=1", "x=len(", "-1", "9-1", "é", "none"])
_NAMES = st.sampled_from(
    ["code", "name", "type", "result", "key", "files", "store", "digits", "valid", "interrupt", "end", "firstend", "repeat", "timeout", "extensions", "groups", "wait", "queue", "startkeys", "stopkeys", "seconds", "goto", "cause", "values", "branch", "music", "box", "between", "room", "role", "pin", "ask", "create", "to"]
)


@st.composite
def _trees(draw: st.DrawFn, depth: int = 0) -> str:
    attributes = draw(st.dictionaries(_NAMES, _WORDS, max_size=6))
    if draw(st.booleans()):
        attributes["code"] = draw(st.sampled_from("abcdefgh"))
    if draw(st.booleans()):
        attributes["type"] = draw(st.sampled_from(sorted(TYPE_RESULTS)))
    text = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    children = draw(st.lists(_trees(depth + 1), max_size=3)) if depth < 3 else []
    return f"<node {text}>{''.join(children)}</node>"


@given(st.lists(_trees(), max_size=3).map("".join))
@settings(max_examples=100, deadline=None)
def test_random_trees(nodes: str) -> None:
    for found in findings_of(f"<flow>{nodes}</flow>"):
        assert found.render()
        assert found.render("zh")
