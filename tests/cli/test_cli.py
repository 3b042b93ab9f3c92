"""The command line as its users meet it: help, JSON, exit codes, errors with remedies, the demo from beginning to end."""

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def xunhu(*words: str, cwd: Path = ROOT, lang: str = "C.UTF-8", timeout: float = 100) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "xunhu.cli.main", *words]
    environment = {"PATH": "/usr/bin:/bin", "LANG": lang, "PYTHONPATH": str(ROOT), "HOME": str(cwd)}
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=timeout, check=False
    )


def texts(words: list[str], *, lang: str = "C.UTF-8") -> str:
    """What a refused command says; no traceback, nothing on standard output."""
    done = xunhu(*words, lang=lang)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


COMMANDS = [
    ["run"], ["check"], ["demo"], ["status"], ["spans"], ["calls"], ["hangup"], ["cdr"], ["trace"], ["dahdi-conf"],
    ["flow", "check"], ["flow", "show"], ["flow", "reload"], ["load", "e1"], ["load", "sip"], ["load", "site"],
    *(["record", name] for name in ("list", "start", "stop", "mask", "unmask", "pause", "resume")),
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_examples_in_both_languages(command: list[str]) -> None:
    english = xunhu(*command, "--help")
    chinese = xunhu("--lang", "zh", *command, "--help")
    assert (english.returncode, chinese.returncode) == (0, 0)
    assert f"examples:\n  xunhu {' '.join(command)}" in english.stdout.replace("--lang zh ", "")
    assert "示例：" in chinese.stdout
    assert "--json" in english.stdout


def test_usage_is_2_and_not_running_is_3(tmp_path: Path) -> None:
    assert xunhu().returncode == 2
    assert xunhu("nonsense").returncode == 2
    asked = xunhu("status", "--conf", str(ROOT / "conf"))
    assert asked.returncode == 3
    assert "xunhu run --conf" in asked.stderr
    missing = xunhu("calls", "--conf", str(tmp_path / "none"))
    assert missing.returncode == 1
    assert "--conf DIR" in missing.stderr


def test_wrong_usage_says_what_would_be_right() -> None:
    assert "1 to 127" in texts(["hangup", "x", "--cause", "900", "--conf", "conf"])
    assert "0 (all) or more" in texts(["cdr", "--last", "-3", "--conf", "conf"])
    assert "1 to 30" in texts(["demo", "--calls", "0"])
    assert "xunhu hangup --help" in texts(["hangup"])
    assert "用法：xunhu hangup" in texts(["hangup"], lang="zh_CN.UTF-8")


def test_the_language_may_stand_before_or_after_the_command() -> None:
    chinese = [xunhu("--lang", "zh", "check", "--conf", "conf"), xunhu("check", "--conf", "conf", "--lang=zh")]
    chinese.append(xunhu("check", "--conf", "conf", lang="zh_CN.UTF-8"))
    assert ["正确" in done.stdout for done in chinese] == [True] * 3


def test_output_that_cannot_be_written_is_an_error_without_a_traceback() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "xunhu.cli.main", "check", "--conf", "conf"],
            stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_samples_are_in_order() -> None:
    done = xunhu("check", "--conf", "conf")
    assert done.returncode == 0, done.stderr
    assert "Trunk0" in done.stdout
    assert json.loads(xunhu("check", "--json", "--conf", "conf").stdout) == {"ok": True, "problems": [], "flows": []}


def test_check_names_every_mistake_and_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "Tce1-32.ini").write_text("[Trunk0]\nDriver = dahdy\n")
    (tmp_path / "xunhu.yaml").write_text("routes:\n  - {called: '1*', flow: gone}\n")
    (tmp_path / "flows").mkdir()
    done = xunhu("check", "--conf", str(tmp_path))
    assert done.returncode == 1
    assert "Tce1-32.ini:2: Driver = dahdy is not right" in done.stdout
    (tmp_path / "Tce1-32.ini").write_text("[Trunk0]\nDriver = ces\nLocal = 127.0.0.1:1\nRemote = 127.0.0.1:2\n")
    done = xunhu("check", "--conf", str(tmp_path), "--json")
    assert done.returncode == 1
    assert [row["line"] for row in json.loads(done.stdout)["problems"] if "no flow 'gone'" in row["what"]] == [2]
    refused = xunhu("run", "--conf", str(tmp_path / "flows"))
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr


def test_music_on_hold_is_a_prompt_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "Tce1-32.ini").write_text("[Trunk0]\nDriver = ces\nLocal = 127.0.0.1:1\nRemote = 127.0.0.1:2\n")
    text = "trunk_groups:\n  a: {trunks: [Trunk0]}\ncalls: {music: %s}\n"
    for name, status in (("music", 0), ("nothing-such", 1)):
        (tmp_path / "xunhu.yaml").write_text(text % name)
        done = xunhu("check", "--conf", str(tmp_path))
        assert done.returncode == status, done.stdout
    assert "no prompt and no file 'nothing-such'" in done.stdout


def test_a_faulty_flow_has_its_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.xml"
    bad.write_text('<flow name="bad">\n  <node code="a" type="plya" files="x"/>\n</flow>\n')
    done = xunhu("flow", "check", str(bad), "--conf", "conf")
    assert done.returncode == 1
    assert "bad.xml:2: error" in done.stdout
    shown = xunhu("flow", "show", "main", "--conf", "conf")
    assert "menu" in shown.stdout
    assert json.loads(xunhu("flow", "show", "--json", "--conf", "conf").stdout)["name"] == "main"


def test_dahdi_conf(tmp_path: Path) -> None:
    (tmp_path / "Tce1-32.ini").write_text("[Trunk0]\nDriver = dahdi\nSpan = 1\nSync = 1\n")
    (tmp_path / "xunhu.yaml").write_text("trunk_groups:\n  a: {trunks: [Trunk0]}\n")
    done = xunhu("dahdi-conf", "--conf", str(tmp_path))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "span=1,1,0,ccs,hdb3,crc4" in lines
    assert "bchan=1-15,17-31" in lines
    assert "dchan=16" in lines
    nothing = xunhu("dahdi-conf", "--conf", "conf")
    assert nothing.returncode == 1


@pytest.mark.slow
def test_the_demo_ends_by_itself_and_leaves_recordings_and_cdrs(tmp_path: Path) -> None:
    """Over both kinds of line and with No.7, at the same time: the calls take as long as people take."""
    with ThreadPoolExecutor(4) as pool:
        for error in pool.map(demo_over, ("loop", "ces", "loop", "ces"), ("pri", "pri", "isup", "tup"), [tmp_path] * 4):
            assert error is None


def demo_over(lines: str, signalling: str, folder: Path) -> None:
    out = folder / f"{lines}-{signalling}"
    done = xunhu("demo", "--calls", "3", "--lines", lines, "--signalling", signalling, "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    conf = str(out / "conf")
    cdrs = json.loads(xunhu("cdr", "--conf", conf, "--json", "--last", "0").stdout)
    assert [row["cause"] for row in cdrs] == [16, 16, 16]
    by_caller = {row["calling"]: row for row in cdrs}
    assert by_caller["13800138001"]["parties"] == ["8001"]
    assert by_caller["13800138000"]["digits"].startswith("1120261123#")
    for row in cdrs:
        (recording,) = row["recordings"]
        info = subprocess.run(["soxi", "-D", recording], capture_output=True, text=True, check=True)
        answered = row["flow_s"] + row["wait_s"] + row["talk_s"]
        assert abs(float(info.stdout) - answered) < 0.5
    one = xunhu("cdr", "--conf", conf, "--call", cdrs[0]["call"])
    assert "flow.node" in one.stdout
    assert xunhu("cdr", "--conf", conf, "--call", "none").returncode == 1


@pytest.mark.slow
def test_an_interrupted_demo_ends_its_calls_and_a_second_in_its_folder_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "a: b #c'd"
    command = [sys.executable, "-m", "xunhu.cli.main", "demo", "--calls", "2", "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as demo:
        assert demo.stdout is not None
        assert demo.stderr is not None
        while "key 1" not in (line := demo.stdout.readline()):
            assert line, demo.stderr.read()
        second = xunhu("demo", "--out", str(out))
        assert second.returncode == 1
        assert "another xunhu writes this ledger" in second.stderr
        assert "--out" in second.stderr
        demo.send_signal(signal.SIGINT)
        _, errors = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert "Traceback" not in errors
    rows = json.loads(xunhu("cdr", "--conf", str(out / "conf"), "--json").stdout)
    assert {row["released_by"] for row in rows} == {"system"}
    assert all(Path(path).stat().st_size > 1000 for row in rows for path in row["recordings"])
    assert not (out / "data" / "xunhu.sock").exists()
