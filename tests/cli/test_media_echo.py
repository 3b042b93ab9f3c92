"""`xunhu media echo-test`: what an operator reads of a line, in two languages and as JSON."""

import json
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from xunhu._media.files import write_wav
from xunhu.cli.main import main
from xunhu.cli.media_echo import chart, echo_test, live_word, show_live
from xunhu.cli.output import CommandError
from xunhu.text import set_language

sys.path.insert(0, str(Path(__file__).parents[1] / "_media"))

import g168_sounds as g168
from g168_speech import voice


@pytest.fixture(autouse=True)
def _english() -> None:
    set_language("en")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """call.wav: a hybrid of 10 dB 25 ms away; late.wav: 300 ms away; loud.wav: 3 dB; clean.wav: none; short.wav."""
    made = tmp_path_factory.mktemp("echo")
    x = voice("en-gb", 6000, -15)
    noise = g168.hoth(np.random.default_rng(1), 6000, -60)
    near = g168.convolved(x, g168.path(4, 25, 10)) + noise
    late = np.concatenate([np.zeros(2400), near])[: len(x)]
    loud = g168.convolved(x, g168.path(2, 5, 3)) + noise
    for name, y in (("call", near), ("late", late), ("loud", loud), ("clean", noise)):
        write_wav(made / f"{name}.wav", np.stack([g168.pcm(x), g168.pcm(y)], axis=1).ravel(), channels=2)
    write_wav(made / "sent.wav", g168.pcm(x))
    write_wav(made / "received.wav", g168.pcm(np.concatenate([np.zeros(800), near])))
    write_wav(made / "short.wav", np.stack([g168.pcm(x), g168.pcm(near)], axis=1)[:8000].ravel(), channels=2)
    return made


def run(folder: Path, *names: str, **options: object) -> int:
    given = {"swap": False, "shift": 0, "span": 512, "law": "none", "json": False} | options
    return echo_test(Namespace(files=[folder / name for name in names], **given))


def test_a_call(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "call.wav") == 0
    out = capsys.readouterr().out
    assert "echo return loss (ERL)" in out
    assert "delay ms" in out
    assert "█" in out
    assert "a tail of 64 ms covers it" in out
    set_language("zh")
    assert run(folder, "call.wav") == 0
    assert "64 毫秒的尾长即可覆盖" in capsys.readouterr().out


def test_json_and_two_files_that_began_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "call.wav", json=True) == 0
    one = json.loads(capsys.readouterr().out)
    assert abs(one["erl_db"] - 10) < 2
    assert [25 <= r["delay_ms"] <= 30 for r in one["reflections"]] == [True]
    assert run(folder, "sent.wav", "received.wav", shift=-100, json=True) == 0
    two = json.loads(capsys.readouterr().out)
    assert two["reflections"][0]["delay_ms"] == one["reflections"][0]["delay_ms"]
    assert run(folder, "received.wav", "sent.wav", swap=True, json=True) == 1  # beyond 128 ms
    assert json.loads(capsys.readouterr().out)["reflections"][0]["delay_ms"] == one["reflections"][0]["delay_ms"] + 100


@pytest.mark.parametrize(("name", "status", "said"), [("late", 1, "beyond the longest tail"), ("loud", 1, "returns too much"), ("clean", 0, "no echo")])
def test_what_is_to_be_done(folder: Path, capsys: pytest.CaptureFixture[str], name: str, status: int, said: str) -> None:
    assert run(folder, f"{name}.wav") == status
    assert said in capsys.readouterr().out


def test_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["media", "echo-test", str(folder / "call.wav"), "--law", "none", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tail_ms"] < 64
    with pytest.raises(SystemExit) as ended:
        main(["media", "echo-test", "--help"])
    assert ended.value.code == 0
    assert "examples:\n  xunhu media echo-test call.wav" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["media", "echo-test", str(folder / "call.wav"), "--span", "2000"])
    assert "16 to 1000" in capsys.readouterr().err
    assert main(["media", "echo-test", str(folder / "none.wav")]) == 1


def test_errors_have_remedies(folder: Path) -> None:
    for names, text, remedy, status in (
        (["sent.wav"], "one channel", "SENT RECEIVED", 1),
        (["short.wav"], "too little", "-45 dBm0", 1),
        (["none.wav"], "none.wav", "media probe", 1),
        (["sent.wav"] * 3, "3 files", "one stereo file", 2),
    ):
        with pytest.raises(CommandError, match=text) as caught:
            run(folder, *names)
        assert remedy in caught.value.remedy
        assert caught.value.status == status


def test_a_file_that_is_no_sound_says_so(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("root:x:0:0\n" * 40)
    with pytest.raises(CommandError) as caught:
        run(tmp_path, "list")
    assert "no format that xunhu knows" in str(caught.value)


def test_chart_scales_to_what_there_is() -> None:
    profile = [-99.0] * 512
    profile[100] = -12.0
    bars, scale = chart(profile, 101)
    assert bars.index("█") == 50
    assert scale.split() == ["0", "32", "64", "96", "128", "ms"]
    assert chart(profile, 300)[1].endswith("512 ms")


def test_live_states(capsys: pytest.CaptureFixture[str]) -> None:
    state = {"erl_db": 12.34, "erle_db": 33.0, "delay_ms": 25.0, "residual_dbm0": -55.0, "noise_dbm0": -90.0, "converged": True,
             "double_talk": False, "disabled": False, "narrow_band": False, "suppressing": True}  # fmt: skip
    show_live([("Trunk0/1", state), ("Trunk0/2", state | {"erl_db": 99.0, "converged": False})])
    out = capsys.readouterr().out
    assert "12.3" in out
    assert "cancelled" in out
    assert "no echo" in out
    show_live([])
    assert "no echo canceller" in capsys.readouterr().out
    words = {live_word(state | {"converged": False, name: True}) for name in ("disabled", "narrow_band", "double_talk")}
    assert words == {"off for a modem", "hears tones", "both speak"}
