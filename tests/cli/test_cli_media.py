"""`xunhu media probe|convert|tone` as its users meet them."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from xunhu._media.media_file import FORMATS, Meter, Reader, Writer

ROOT = Path(__file__).parents[2]
Samples = npt.NDArray[np.int16]
COMMAND = [sys.executable, "-m", "xunhu.cli.main"]


def environment(lang: str = "C.UTF-8") -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LANG": lang, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}


def media(*words: object, cwd: Path = ROOT, lang: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "media", *map(str, words)], capture_output=True, text=True, cwd=cwd, env=environment(lang), timeout=60, check=False
    )


def spoken(level_dbm0: float = -16, *, before: float = 0.1, behind: float = 0.2, seconds: float = 1.5) -> Samples:
    """A buzz at an exact level with silence about it."""
    t = np.arange(int(8000 * seconds)) / 8000
    x = sum(np.sin(2 * np.pi * 150 * k * t + k * k) / k for k in range(1, 12))
    x *= 22779 / 2**0.5 * 10 ** (level_dbm0 / 20) / np.sqrt((x**2).mean())
    return np.concatenate([np.zeros(int(8000 * before)), x, np.zeros(int(8000 * behind))]).astype(np.int16)


def make(path: Path, x: Samples, fmt: str = "wav", channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with Writer(path, fmt, channels=channels) as writer:
        writer.write(x)
    return path


def level(path: Path) -> float:
    meter = Meter()
    with Reader(path) as reader:
        meter.run(reader.read_all())
    return meter.end().active_dbm0


@pytest.mark.parametrize("command", ["probe", "convert", "tone"])
def test_help_has_examples_in_both_languages(command: str) -> None:
    english, chinese = media(command, "--help"), media(command, "--help", lang="zh_CN.UTF-8")
    assert (english.returncode, chinese.returncode) == (0, 0)
    assert f"examples:\n  xunhu media {command}" in english.stdout
    assert "示例：" in chinese.stdout
    assert "--json" in english.stdout


# -- probe -----------------------------------------------------------------------------------------------


def test_probe_of_a_good_prompt(tmp_path: Path) -> None:
    path = make(tmp_path / "a.wav", spoken())
    done = media("probe", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "WAV, PCM 16 bits, 8,000 Hz, mono" in done.stdout
    assert "1.80 s" in done.stdout
    assert "-16.1 dBm0 while there is sound" in done.stdout  # cut to whole numbers, and silence of the first block of 10 ms
    assert "as a prompt  yes" in done.stdout
    assert "适合" in media("probe", path, lang="zh_CN.UTF-8").stdout
    told = json.loads(media("probe", path, "--json").stdout)[0]
    assert told["good_prompt"]
    assert (told["seconds"], told["samples"], told["rate"], told["channels"], told["codec"]) == (1.8, 14400, 8000, 1, "PCM 16 bits")
    levels = told["levels"][0]
    assert levels["active_dbm0"] == pytest.approx(-16, abs=0.1)
    assert (levels["silence_before_s"], levels["silence_after_s"]) == (0.1, 0.2)
    assert levels["dc"] == pytest.approx(0, abs=20)


PROBLEMS = {
    "quiet": (spoken(-40), "too quiet: -40 dBm0", "--normalise"),
    "loud": (spoken(-5), "too loud: -5 dBm0", "--normalise"),
    "silent": (np.zeros(8000, np.int16), "silent from beginning to end", "record it again"),
    "clipped": (np.clip(spoken(-12).astype(int) * 20, -32768, 32767).astype(np.int16), "clipped", "6 dB lower"),
    "DC": ((spoken() + 3000).astype(np.int16), "zero line", "--normalise"),
    "nothing": (np.zeros(0, np.int16), "no sound in it", "make it again"),
}


@pytest.mark.parametrize("kind", PROBLEMS)
def test_probe_says_what_is_wrong_and_what_to_do(kind: str, tmp_path: Path) -> None:
    x, text, remedy = PROBLEMS[kind]
    done = media("probe", make(tmp_path / "a.wav", x))
    assert done.returncode == 1
    assert text in done.stdout
    assert remedy in done.stdout


def test_probe_hints_are_no_failure(tmp_path: Path) -> None:
    done = media("probe", make(tmp_path / "a.wav", spoken(before=1.2, behind=2)))
    assert done.returncode == 0
    assert "as a prompt  fair" in done.stdout
    assert "--trim" in done.stdout


def test_probe_of_many_and_of_what_is_no_sound(tmp_path: Path) -> None:
    make(tmp_path / "a.wav", spoken())
    make(tmp_path / "deep/er/b.vox", spoken(), "vox")
    make(tmp_path / "deep/two.wav", np.repeat(spoken(), 2), channels=2)
    (tmp_path / "deep/readme.txt").write_text("no sound")
    (tmp_path / "c.wav").write_text("this is no sound either")
    done = media("probe", tmp_path)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["FILE", "FORMAT", "SECONDS", "dBm0", "PROMPT"]
    assert [line.split("  ")[0].split("/")[-1] for line in lines[1:5]] == ["a.wav", "c.wav", "two.wav", "b.vox"]
    assert "not readable" in lines[2]
    assert "readme" not in done.stdout
    assert "c.wav: no format that xunhu knows" in done.stdout
    told = json.loads(media("probe", tmp_path, "--json").stdout)
    assert [one["readable"] for one in told] == [True, False, True, True]
    assert "remedy" in told[1]["problems"][0]
    for words, text in (((tmp_path / "none.wav",), "No such file"), ((tmp_path / "deep/readme.txt",), "no format")):
        done = media("probe", *words)
        assert done.returncode == 1
        assert text in done.stdout
    (tmp_path / "empty").mkdir()
    done = media("probe", tmp_path / "empty")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no sound files in this folder" in done.stderr


def test_probe_of_headerless_files(tmp_path: Path) -> None:
    path = make(tmp_path / "old.bin", spoken(), "vox-6k")
    told = json.loads(media("probe", path, "--from", "vox", "--rate", 6000, "--json").stdout)[0]
    assert (told["rate"], told["seconds"]) == (6000, pytest.approx(1.8, abs=0.01))
    for words, text in ((("--from", "nonsense"), "formats: wav-alaw"), (("--from", "wav"), "--from"), (("--rate", 5), "1000 to")):
        done = media("probe", path, *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert text in done.stderr


# -- convert ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", FORMATS)
def test_convert_to_every_format(fmt: str, tmp_path: Path) -> None:
    source = make(tmp_path / "a.wav", spoken())
    done = media("convert", source, "-o", tmp_path / "out", "--format", fmt)
    assert (done.returncode, done.stderr) == (0, "")
    target = tmp_path / "out" / f"a{FORMATS[fmt].suffix}"
    assert f"{source} -> {target}  1.80 s" in done.stdout
    assert level(target) == pytest.approx(-16, abs=1.5)


def test_convert_normalises_and_trims(tmp_path: Path) -> None:
    source = make(tmp_path / "a.wav", (spoken(-35, before=2, behind=3) + 800).astype(np.int16))
    done = media("convert", source, "-o", tmp_path / "b.wav", "--normalise", "--trim")
    assert done.returncode == 0, done.stderr
    assert "+19.1 dB" in done.stdout
    assert level(tmp_path / "b.wav") == pytest.approx(-16, abs=0.2)
    with Reader(tmp_path / "b.wav") as reader:
        x = np.array(reader.read_all())
    assert len(x) / 8000 == pytest.approx(1.5 + 0.05 + 0.15, abs=0.02)
    assert abs(x.mean()) < 60
    done = media("convert", source, "-o", tmp_path / "c.wav", "--normalise", -30)
    assert level(tmp_path / "c.wav") == pytest.approx(-30, abs=0.2)


def test_convert_does_not_clip(tmp_path: Path) -> None:
    x = spoken(-30)
    x[4000] = 30000
    done = media("convert", make(tmp_path / "a.wav", x), "-o", tmp_path / "b.wav", "--normalise")
    assert "more would clip" in done.stdout
    silent = make(tmp_path / "silent.wav", np.zeros(8000, np.int16))
    assert "silent" in media("convert", silent, "-o", tmp_path / "s.wav", "--normalise", "--trim").stdout
    with Reader(tmp_path / "s.wav") as reader:
        assert reader.info.frames == 8000


def test_convert_many_goes_on_over_errors(tmp_path: Path) -> None:
    for n in range(12):
        make(tmp_path / f"in/{n % 3}/p{n}.wav", spoken(seconds=0.2))
    (tmp_path / "in/1/broken.wav").write_text("broken")
    make(tmp_path / "in/2/stereo.wav", np.repeat(spoken(), 2), channels=2)
    done = media("convert", tmp_path / "in", "-o", tmp_path / "out", "--format", "alaw", "--jobs", 2)
    assert done.returncode == 1
    assert "converted 13 of 14 files" in done.stdout
    assert "broken.wav: no format that xunhu knows" in done.stderr
    made = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert made == sorted([*(f"{n % 3}/p{n}.al" for n in range(12)), "2/stereo.al"])
    again = media("convert", tmp_path / "in", "-o", tmp_path / "out", "--format", "alaw", "-q")
    assert again.returncode == 1
    assert "converted 0 of 14" in again.stdout
    assert again.stderr.count("there is such a file already") == 13
    assert "--force" in again.stderr
    forced = media("convert", tmp_path / "in", "-o", tmp_path / "out", "--format", "alaw", "--force", "--json")
    told = json.loads(forced.stdout)
    assert len(told) == 14
    assert sum("error" in one for one in told) == 1
    assert not list((tmp_path / "out").rglob(".*"))


def test_names_of_every_kind(tmp_path: Path) -> None:
    """Blanks, brackets, Chinese, a new line, and octets that are no UTF-8."""
    names = [b"a b.wav", b"[red]x[bold].wav", "欢迎 光临.wav".encode(), b"new\nline.wav", b"caf\xe9.wav", b"-dash.wav"]
    for name in names:
        make(tmp_path / "in" / os.fsdecode(name), spoken(seconds=0.1))
    probed = media("probe", tmp_path / "in")
    assert (probed.returncode, probed.stderr) == (0, "")
    assert "[red]x[bold].wav" in probed.stdout
    assert "欢迎 光临.wav" in probed.stdout
    done = media("convert", tmp_path / "in", "-o", tmp_path / "out", "--format", "vox")
    assert (done.returncode, done.stderr) == (0, "")
    made = sorted(os.listdir(os.fsencode(tmp_path / "out")))
    assert made == sorted(name.replace(b".wav", b".vox") for name in names)
    again = media("convert", tmp_path / "in", "-o", tmp_path / "out", "--format", "vox")
    assert again.returncode == 1
    assert "[red]x[bold].vox: there is such a file already" in again.stderr
    one = media("convert", tmp_path / "in/[red]x[bold].wav", "-o", tmp_path / "x.bin", "--format", "pcm")
    assert one.returncode == 0
    assert (tmp_path / "x.bin").is_file()


def test_convert_in_place_and_modes(tmp_path: Path) -> None:
    path = make(tmp_path / "a.wav", spoken(-30))
    assert media("convert", path, "-o", path, "--normalise").returncode == 1
    assert level(path) == pytest.approx(-30, abs=0.1)
    assert media("convert", path, "-o", path, "--normalise", "--force").returncode == 0
    assert level(path) == pytest.approx(-16, abs=0.2)
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask


def test_convert_of_damaged_and_unfinished_files(tmp_path: Path) -> None:
    octets = bytearray(make(tmp_path / "a.gsm", spoken(), "gsm").read_bytes())
    octets[33 * 60] = 0
    (tmp_path / "a.gsm").write_bytes(octets)
    done = media("convert", tmp_path / "a.gsm", "-o", tmp_path / "b.wav")
    assert done.returncode == 1
    assert "damaged within" in done.stderr
    assert not (tmp_path / "b.wav").exists()
    done = media("convert", tmp_path / "a.gsm", "-o", tmp_path / "b.wav", "--salvage", "--trim")
    assert done.returncode == 0
    assert "only what stands before" in done.stdout
    with Reader(tmp_path / "b.wav") as reader:
        assert 1.0 < (reader.info.frames or 0) / 8000 <= 1.2
    wav = bytearray(make(tmp_path / "c.wav", spoken()).read_bytes())
    wav[4:8] = wav[40:44] = bytes(4)
    (tmp_path / "c.wav").write_bytes(wav)
    done = media("convert", tmp_path / "c.wav", "-o", tmp_path / "d.wav")
    assert done.returncode == 0
    assert "never finished" in done.stdout


WRONG = [
    ((), "no files named"),
    (("a.wav",), "-o"),
    (("a.wav", "-o", "out", "--format", "ogg"), "formats: wav-alaw"),
    (("a.wav", "-o", "b.vox", "--format", "wav"), "suffix says vox"),
    (("a.wav", "-o", "b.ogg"), "no format has this suffix"),
    (("a.wav", "-o", "out", "--jobs", "1000"), "1 to 64"),
    (("a.wav", "-o", "out", "--normalise", "99"), "-60 to 3"),
    (("a.wav", "-o", "out", "--bitrate", "7"), "8, 16"),
]


@pytest.mark.parametrize(("words", "text"), WRONG)
def test_convert_wrong_usage(words: tuple[str, ...], text: str, tmp_path: Path) -> None:
    make(tmp_path / "a.wav", spoken())
    done = media("convert", *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_two_inputs_never_become_one_file(tmp_path: Path) -> None:
    make(tmp_path / "a.wav", spoken())
    make(tmp_path / "a.vox", spoken(), "vox")
    done = media("convert", tmp_path / "a.wav", tmp_path / "a.vox", "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "would both become" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    make(tmp_path / "a.wav", spoken())
    (tmp_path / "file").touch()
    done = media("convert", tmp_path / "a.wav", "-o", tmp_path / "file" / "b.wav")
    assert done.returncode == 1
    assert "Not a directory" in done.stderr
    assert "Traceback" not in done.stderr


def test_list_of_formats() -> None:
    done = media("convert", "--formats")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == list(FORMATS)
    assert len(json.loads(media("convert", "--formats", "--json").stdout)) == len(FORMATS)


def test_interrupted_it_leaves_no_parts(tmp_path: Path) -> None:
    with open(tmp_path / "huge.al", "wb") as file:
        file.truncate(3 << 30)
    child = subprocess.Popen(
        [*COMMAND, "media", "convert", tmp_path / "huge.al", "-o", tmp_path / "out/huge.mp3"], env=environment(), stderr=subprocess.PIPE
    )
    while not list((tmp_path).glob("out/.*part")):
        assert child.poll() is None
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, complaint = child.communicate(timeout=20)
    assert child.returncode == 130
    assert b"Traceback" not in complaint
    assert not list((tmp_path / "out").iterdir())


def test_progress_on_a_terminal(tmp_path: Path) -> None:
    for n in range(5):
        make(tmp_path / f"in/p{n}.wav", spoken(seconds=0.1))
    mine, theirs = pty.openpty()
    command = [*COMMAND, "media", "convert", tmp_path / "in", "-o", tmp_path / "out", "-q"]
    child = subprocess.Popen(command, env=environment() | {"TERM": "xterm"}, stderr=theirs, stdout=subprocess.PIPE)
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(mine, 4096):
            shown += block
    except OSError:  # the other side is closed
        pass
    os.close(mine)
    assert child.communicate(timeout=20)[0] == b"converted 5 of 5 files\n"
    assert b"converting" in shown
    assert b"5/5" in shown


# -- tone ----------------------------------------------------------------------------------------------------


def test_tones_are_listed() -> None:
    done = media("tone")
    assert done.returncode == 0
    assert "milliwatt" in done.stdout
    assert "数字毫瓦" in media("tone", lang="zh_CN.UTF-8").stdout
    assert {"name", "text", "argument", "level_dbm0", "seconds"} <= set(json.loads(media("tone", "--json").stdout)[0])


def test_a_tone_is_what_was_asked_for(tmp_path: Path) -> None:
    done = media("tone", "tone", 1020, "--level", -13, "--seconds", 2.5, "-o", "t.wav", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "t.wav" in done.stdout
    with Reader(tmp_path / "t.wav") as reader:
        x = np.array(reader.read_all(), dtype=float)
    assert len(x) == 20000
    assert 20 * np.log10(np.sqrt((x[100:-100] ** 2).mean()) / (22779 / 2**0.5)) == pytest.approx(-13, abs=0.05)
    assert np.argmax(np.abs(np.fft.rfft(x * np.hanning(len(x))))) * 8000 / len(x) == pytest.approx(1020, abs=0.5)


def test_digits_fit_whole(tmp_path: Path) -> None:
    told = json.loads(media("tone", "dtmf", "13800138000", "--json", cwd=tmp_path).stdout)
    assert told == {"file": "dtmf.wav", "format": "wav", "seconds": 2.2}


def test_tone_wrong_usage(tmp_path: Path) -> None:
    for words, status, text in (
        (("nonsense",), 2, "tones: tone"),
        (("tone", "abc"), 2, "frequency must be"),
        (("tone", "--level", "50"), 2, "level_dbm0"),
        (("silence", "5"), 2, "no argument"),
        (("tone", "-o", "x.ogg"), 2, "--format"),
        (("tone", "--format", "ogg"), 2, "formats: "),
    ):
        done = media("tone", *words, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (status, ""), words
        assert text in done.stderr
        assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
    media("tone", "busy", "germany", "-o", "b.al", cwd=tmp_path)
    before = (tmp_path / "b.al").read_bytes()
    done = media("tone", "tone", "-o", "b.al", cwd=tmp_path)
    assert done.returncode == 1
    assert "--force" in done.stderr
    assert (tmp_path / "b.al").read_bytes() == before
    assert media("tone", "tone", "-o", "b.al", "--force", cwd=tmp_path).returncode == 0
