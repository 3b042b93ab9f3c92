"""Prompt tables, the finding of prompts, and the sounds made by espeak-ng, listened to by sox."""

from __future__ import annotations

import os
import subprocess
import wave
from pathlib import Path

import pytest

from xunhu.ivr import prompts as prompts_module
from xunhu.ivr import speak
from xunhu.ivr.checks import prompt_names
from xunhu.ivr.loader import load_flow
from xunhu.ivr.prompts import PromptError, PromptStore, is_stem, make_voices, read_table

ROOT = Path(__file__).parents[2]


def sox_stats(path: Path) -> dict[str, float]:
    """Of `sox stats`: peak and RMS in dB of full scale, length in seconds."""
    done = subprocess.run(["sox", str(path), "-n", "stats"], capture_output=True, text=True, check=True)
    found = {}
    for line in done.stderr.splitlines():
        for name in ("Pk lev dB", "RMS Pk dB", "RMS lev dB", "Length s", "DC offset"):
            if line.startswith(name):
                found[name] = float(line.removeprefix(name).split()[0])
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("target")
    (source / "zh.txt").write_text("n3 = 三\nbai = 百\nwelcome = 您好,欢迎致电远方旅行社。\nletter-a [en-us] = A\n", encoding="utf-8")
    (source / "en.txt").write_text("# numbers\nn3 = three\nhundred = hundred\nwelcome = Welcome to Far Horizon Travel.\n")
    for done in make_voices(source, target):
        assert done.kept == 0
    return target


def test_sound_is_as_the_engine_wants_it(made: Path) -> None:
    files = sorted(made.glob("*/*.wav"))
    assert len(files) == 7
    for path in files:
        with wave.open(str(path)) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        heard = sox_stats(path)
        # -16 dBm0 is 19.14 dB below a full-scale sine, which has an RMS of -3.01 dB: -22.15 dB while somebody speaks, a little
        # less with the pauses
        assert -25.5 < heard["RMS lev dB"] < -21.5
        assert -18 < heard["Pk lev dB"] < -0.5
        assert abs(heard["DC offset"]) < 0.02
    assert 0.15 < sox_stats(made / "zh" / "n3.wav")["Length s"] < 0.8
    assert 1.5 < sox_stats(made / "zh" / "welcome.wav")["Length s"] < 6
    assert 1.0 < sox_stats(made / "en" / "welcome.wav")["Length s"] < 5


def test_ends_are_trimmed(made: Path, tmp_path: Path) -> None:
    for path in made.glob("*/*.wav"):
        out = tmp_path / "trimmed.wav"
        trim = ["silence", "1", "0.005", "-60d", "reverse", "silence", "1", "0.005", "-60d"]
        subprocess.run(["sox", str(path), str(out), *trim], check=True, capture_output=True)
        assert sox_stats(path)["Length s"] - sox_stats(out)["Length s"] < 0.12


def test_chinese_is_spoken_with_chinese_sounds() -> None:
    """espeak-ng's voice "cmn" would read the pinyin as English; the voice in use has the four tones."""
    voice = prompts_module.VOICES["zh"]
    done = subprocess.run(["espeak-ng", "-q", "-x", "-v", voice, "一百二十三"], capture_output=True, text=True, check=True)
    assert "(en)" not in done.stdout
    assert done.stdout.count("_|") == 5


def test_only_changed_lines_are_made_again(tmp_path: Path) -> None:
    source, target = tmp_path / "s", tmp_path / "t"
    source.mkdir()
    table = source / "en.txt"
    table.write_text("a = one\nb = two\n")
    (first,) = make_voices(source, target, languages=["en"])
    assert first.made == ("a", "b")
    before = (target / "en" / "a.wav").stat().st_mtime_ns
    table.write_text("a = one\nb = three\nc = four\n")
    (second,) = make_voices(source, target, languages=["en"])
    assert (second.made, second.kept, second.removed) == (("b", "c"), 1, ())
    assert (target / "en" / "a.wav").stat().st_mtime_ns == before
    (target / "en" / "made.json").write_text("damaged")
    table.write_text("a = one\n")
    (third,) = make_voices(source, target, languages=["en"])
    assert (third.made, third.removed) == (("a",), ("b", "c"))


def test_faults_are_told_with_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "en.txt"
    for text, why in (
        ("a = one\nhello\n", "en.txt:2: 'hello' is not"),
        ("a = one\n\na = two", "en.txt:3: 'a' is there already, in line 1"),
        ("../x = one", "en.txt:1: '../x' cannot be the name"),
        ("a =", "en.txt:1"),
    ):
        table.write_text(text)
        with pytest.raises(PromptError, match=why):
            read_table(table, "en")
    table.write_bytes(b"a = \xff\n")
    with pytest.raises(PromptError, match="UTF-8"):
        read_table(table, "en")
    with pytest.raises(PromptError, match="No such file"):
        read_table(tmp_path / "none.txt", "en")
    table.write_text("a = one\nb [zz-nothing] = two\n")
    with pytest.raises(PromptError, match=r"en.txt:2: b: espeak-ng failed"):
        make_voices(tmp_path, tmp_path / "out", languages=["en"])
    assert (tmp_path / "out" / "en" / "a.wav").exists()
    assert not (tmp_path / "out" / "en" / "b.wav").exists()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert prompts_module.main(["--source", str(tmp_path), "--target", str(tmp_path / "o")]) == 1
    assert "apt-get install espeak-ng" in capsys.readouterr().err


def test_lookup(tmp_path: Path) -> None:
    own, built = tmp_path / "own", tmp_path / "built"
    for root, language, name in ((own, "zh", "a"), (built, "zh", "a"), (built, "zh", "b"), (built, "en", "c")):
        (root / language).mkdir(parents=True, exist_ok=True)
        (root / language / f"{name}.wav").touch()
    store = PromptStore([own, built])
    assert store.lookup("a", "zh") == own / "zh" / "a.wav"
    assert store.lookup("b.wav", "zh") == built / "zh" / "b.wav"
    assert store.lookup("c", "zh") == built / "en" / "c.wav"
    assert store.lookup("c", "zh", fall_back=False) is None
    assert store.lookup("d", "zh") is None
    assert store.names("zh") == ["a", "b"]
    for name in ("../zh/a", "/etc/passwd", "", ".", "..", "a/b", "a\0", "x" * 100):
        assert store.lookup(name, "zh") is None
        assert not is_stem(name)


def test_lookup_of_any_sound_file(tmp_path: Path) -> None:
    own, built = tmp_path / "own", tmp_path / "built"
    for root, name in ((own, "a.mp3"), (built, "a.wav"), (own, "b.vox"), (own, "b.WAV"), (own, "c.g726-24"), (own, "d.txt"), (built, "x.y.al")):
        (root / "zh").mkdir(parents=True, exist_ok=True)
        (root / "zh" / name).touch()
    (own / "zh" / "e.wav").mkdir()
    store = PromptStore([own, built])
    assert store.find("a", "zh") == store.find("a.wav", "zh") == str(own / "zh" / "a.mp3")
    assert store.find("b.vox", "zh") == str(own / "zh" / "b.WAV")
    assert store.find("c", "zh") == str(own / "zh" / "c.g726-24")
    assert store.find("x.y", "en") == str(built / "zh" / "x.y.al")
    assert store.find("d", "zh") == store.find("e", "zh") == store.find("d.txt", "zh") == ""
    assert store.names("zh") == ["a", "b", "c", "x.y"]


def test_lookup_sees_what_changes(tmp_path: Path) -> None:
    folder = tmp_path / "zh"
    store = PromptStore([tmp_path])
    assert store.find("a", "zh") == ""
    folder.mkdir()
    for n in range(50):  # at once, and long after it was last looked at
        (folder / f"p{n}.wav").touch()
        assert store.find(f"p{n}", "zh")
    os.utime(folder, (1e9, 1e9))
    assert store.find("p1", "zh")
    assert store.find("new", "zh") == ""
    (folder / "new.al").touch()
    (folder / "p1.wav").unlink()
    assert store.find("new", "zh") == str(folder / "new.al")
    assert store.find("p1", "zh") == ""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_tables_hold_all_that_is_read_and_played(language: str) -> None:
    names = {line.stem for line in read_table(ROOT / "conf" / "voice" / f"{language}.txt", language)}
    assert set(speak.stems(language)) <= names
    for path in sorted((ROOT / "conf" / "flows").glob("*.xml")):
        flow, _ = load_flow(path)
        assert {name for node in flow.nodes.values() for name in prompt_names(node)} <= names
