"""Media files of sox and ffmpeg read by xunhu, and those of xunhu read by them: to the sample where the format is exact."""

import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from xunhu._media import media_reasons as why
from xunhu._media.media_file import FORMATS, MediaError, Reader, Writer

pytestmark = pytest.mark.interop
Samples = npt.NDArray[np.int16]


def run(*command: str | Path | int) -> bytes:
    return subprocess.run(list(map(str, command)), check=True, capture_output=True).stdout


def sound(rate: int, channels: int, seconds: float = 1.7) -> Samples:
    t = np.arange(int(rate * seconds)) / rate
    rng = np.random.default_rng(9)
    left = 7000 * np.sin(2 * np.pi * 440 * t) + 2500 * np.sin(2 * np.pi * 1310 * t) + rng.normal(0, 100, len(t))
    right = 6000 * np.sin(2 * np.pi * 700 * t) * (np.sin(2 * np.pi * t) > 0)
    return np.column_stack([left, right][:channels]).astype(np.int16)


@pytest.fixture
def seed(tmp_path: Path, rate: int, channels: int) -> Path:
    """The sound as a plain WAV file made by sox."""
    raw, wav = tmp_path / "seed.raw", tmp_path / "seed.wav"
    raw.write_bytes(sound(rate, channels).tobytes())
    run("sox", "-D", "-t", "raw", "-r", rate, "-c", channels, "-e", "signed", "-b", 16, raw, wav)
    return wav


def native(path: Path) -> tuple[Samples, Reader]:
    reader = Reader(path, out_rate=-1, out_channels=-1)
    return np.array(reader.read_all(), dtype=np.int16).reshape(-1, reader.info.channels), reader


def by_sox(path: Path, *options: str | int) -> Samples:
    raw = run("sox", "-D", *options, path, "-t", "raw", "-e", "signed", "-b", 16, "-")
    return np.frombuffer(raw, np.int16)


def by_ffmpeg(path: Path, *options: str | int) -> Samples:
    return np.frombuffer(run("ffmpeg", "-v", "error", *options, "-i", path, "-f", "s16le", "-"), np.int16)


SOX = {
    "PCM 16": ("-e", "signed", "-b", 16),
    "PCM 8": ("-e", "unsigned", "-b", 8),
    "PCM 24": ("-e", "signed", "-b", 24),
    "PCM 32": ("-e", "signed", "-b", 32),
    "float": ("-e", "floating-point", "-b", 32),
    "A-law": ("-e", "a-law", "-b", 8),
    "u-law": ("-e", "u-law", "-b", 8),
    "IMA": ("-e", "ima-adpcm"),
    "MS ADPCM": ("-e", "ms-adpcm"),
    "GSM": ("-e", "gsm-full-rate"),
}
SHAPES = [(8000, 1), (8000, 2), (16000, 1), (44100, 2), (11025, 1)]
shapes = pytest.mark.parametrize(("rate", "channels"), SHAPES)


@pytest.mark.parametrize(
    ("kind", "rate", "channels"),
    [(kind, rate, channels) for kind in SOX for rate, channels in SHAPES if kind != "GSM" or channels == 1],
)
def test_wav_by_sox(kind: str, seed: Path, rate: int, channels: int, tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    run("sox", "-D", seed, *SOX[kind], path)
    ours, reader = native(path)
    assert (reader.info.rate, reader.info.channels, reader.info.note) == (rate, channels, why.FINE)
    theirs = by_sox(path)[: ours.size].reshape(-1, channels)
    assert len(theirs) == len(ours)
    assert np.abs(ours.astype(int) - theirs).max() <= (1 if kind in ("float", "PCM 24", "PCM 32") else 0)


@shapes
@pytest.mark.parametrize("law", ["a-law", "u-law", "signed"])
def test_au_by_sox(law: str, seed: Path, rate: int, channels: int, tmp_path: Path) -> None:
    path = tmp_path / "x.au"
    run("sox", "-D", seed, "-e", law, "-b", 16 if law == "signed" else 8, path)
    assert np.array_equal(native(path)[0].ravel(), by_sox(path))


FFMPEG = ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw", "adpcm_ima_wav", "adpcm_ms"]


@shapes
@pytest.mark.parametrize("codec", FFMPEG)
def test_wav_by_ffmpeg(codec: str, seed: Path, rate: int, channels: int, tmp_path: Path) -> None:
    """Also through a pipe, where the lengths in the header stay unknown."""
    path, piped = tmp_path / "x.wav", tmp_path / "piped.wav"
    run("ffmpeg", "-v", "error", "-i", seed, "-c:a", codec, path)
    piped.write_bytes(run("ffmpeg", "-v", "error", "-i", seed, "-c:a", codec, "-f", "wav", "-"))
    ours, reader = native(path)
    theirs = by_ffmpeg(path)[: ours.size].reshape(-1, channels)
    assert (reader.info.rate, reader.info.channels) == (rate, channels)
    apart = np.abs(ours.astype(int) - theirs)
    # ffmpeg multiplies a step of IMA ADPCM before it shifts: some ones a sample, until the next block begins.
    assert apart.max() <= (1500 if codec == "adpcm_ima_wav" else 1)
    assert np.sqrt((apart.astype(float) ** 2).mean()) < (100 if codec == "adpcm_ima_wav" else 1)
    again, reader = native(piped)
    assert reader.info.note == why.UNFINISHED
    assert len(again) >= len(ours)
    assert np.array_equal(again[: len(ours)], ours)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1)])
@pytest.mark.parametrize("kbit", [16, 24, 32])
def test_g726_in_wav_by_ffmpeg(kbit: int, seed: Path, rate: int, channels: int, tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    run("ffmpeg", "-v", "error", "-i", seed, "-c:a", "g726", "-b:a", f"{kbit}k", path)
    ours, theirs = native(path)[0].ravel().astype(float), by_ffmpeg(path).astype(float)
    n = min(len(ours), len(theirs))
    assert n >= rate * 1.69
    assert 10 * np.log10((theirs[:n] ** 2).sum() / ((ours[:n] - theirs[:n]) ** 2).sum()) > 12


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 1), (22050, 2), (44100, 2), (48000, 1)])
@pytest.mark.parametrize("options", [("-b:a", "64k"), ("-q:a", "6"), ("-b:a", "32k", "-write_xing", "0")], ids=["CBR", "VBR", "bare"])
def test_mp3_by_ffmpeg(options: tuple[str, ...], seed: Path, rate: int, channels: int, tmp_path: Path) -> None:
    """Bare files, with tags, and in WAV; beside ffmpeg's own decoder."""
    path, tagged, boxed = tmp_path / "x.mp3", tmp_path / "tagged.mp3", tmp_path / "boxed.wav"
    make = ("ffmpeg", "-v", "error", "-i", seed, "-c:a", "libmp3lame", *options)
    run(*make, "-id3v2_version", 0, path)
    run(*make, "-metadata", "title=prompt " * 300, tagged)
    ours, reader = native(path)
    assert (reader.info.rate, reader.info.channels) == (rate, channels)
    theirs = by_ffmpeg(path).reshape(-1, channels)
    n = min(len(ours), len(theirs)) - 2400
    assert n > 1.3 * rate
    best = min(float(np.abs(ours[1200 : 1200 + n - 1200].astype(int) - theirs[1200 + d : d + n]).mean()) for d in (0, 1105, -1105))
    assert best < 2
    assert np.array_equal(native(tagged)[0], ours)
    if "-write_xing" not in options:
        assert abs(len(ours) - 1.7 * rate) <= 3
        assert not reader.info.estimated
    run(*make, "-f", "wav", boxed)
    in_box, reader = native(boxed)
    assert reader.info.container == "wav"
    assert len(in_box) >= 1.6 * rate


@pytest.mark.parametrize(("rate", "channels"), [(44100, 2), (22050, 1), (48000, 2), (16000, 1), (12345, 1)])
def test_resampling_beside_sox(seed: Path, rate: int, channels: int) -> None:
    with Reader(seed) as reader:
        ours = np.array(reader.read_all(), dtype=float)
        assert reader.info.frames == len(ours) == round(1.7 * rate) * 8000 // rate or abs(len(ours) - 13600) <= 1
    mix = ["remix", "1,2"] if channels == 2 else []
    raw = run("sox", "-D", seed, "-t", "raw", "-e", "signed", "-b", 16, "-", *mix, "rate", "-h", 8000)
    theirs = np.frombuffer(raw, np.int16).astype(float)
    n = min(len(ours), len(theirs)) - 200
    apart = ours[200:n] - theirs[200:n]
    assert np.sqrt((apart**2).mean()) < 0.01 * np.sqrt((theirs**2).mean())


@pytest.mark.parametrize("kind", ["flac", "ogg", "m4a", "amr-nb", "opus"])
def test_what_only_they_read_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{kind}"
    wav = tmp_path / "x.wav"
    with Writer(wav, "wav") as writer:
        writer.write(np.zeros(8000, np.int16))
    run("sox", wav, path) if kind in ("flac", "ogg", "amr-nb") else run("ffmpeg", "-v", "error", "-i", wav, path)
    with pytest.raises(MediaError) as e:
        Reader(path)
    assert e.value.reason == why.UNKNOWN


# -- ours, by them ---------------------------------------------------------------------------------------------

RAW_SOX = {
    "alaw": ("-t", "al", "-r", 8000), "ulaw": ("-t", "ul", "-r", 8000), "pcm": ("-t", "raw", "-r", 8000, "-e", "signed", "-b", 16),
    "pcm-be": ("-t", "raw", "-r", 8000, "-e", "signed", "-b", 16, "-B"), "pcm8": ("-t", "raw", "-r", 8000, "-e", "unsigned", "-b", 8),
    "gsm": ("-t", "gsm", "-r", 8000),
}  # fmt: skip


def with_channels(formats: list[str]) -> list[tuple[str, int]]:
    """Each with every number of channels it can have."""
    return [(fmt, channels) for fmt in formats for channels in range(1, FORMATS[fmt].channels_max + 1)]


@pytest.mark.parametrize(
    ("fmt", "channels"), with_channels([f for f, i in FORMATS.items() if i.container in ("wav", "au") or f in RAW_SOX])
)
def test_ours_by_sox(fmt: str, channels: int, tmp_path: Path) -> None:
    path = tmp_path / f"x{FORMATS[fmt].suffix}"
    x = sound(8000, channels)
    with Writer(path, fmt, channels=channels) as writer:
        writer.write(x.ravel())
    theirs = by_sox(path, *RAW_SOX.get(fmt, ()))
    ours = native(path)[0].ravel()
    assert np.array_equal(theirs[: len(ours)], ours)
    assert len(ours) == x.size or fmt == "gsm"
    assert len(theirs) - len(ours) < 505 * channels  # sox does not look at the fact chunk


@pytest.mark.parametrize(
    ("fmt", "channels"), with_channels([f for f, i in FORMATS.items() if i.container in ("wav", "au", "mp3")])
)
def test_ours_by_ffmpeg(fmt: str, channels: int, tmp_path: Path) -> None:
    path = tmp_path / f"x{FORMATS[fmt].suffix}"
    with Writer(path, fmt, channels=channels) as writer:
        writer.write(sound(8000, channels).ravel())
    told = run("ffprobe", "-v", "error", "-show_entries", "stream=sample_rate,channels", "-of", "csv=p=0", path).decode().strip()
    assert told == f"8000,{channels}"
    theirs, ours = by_ffmpeg(path).astype(int), native(path)[0].ravel().astype(int)
    n = min(len(theirs), len(ours))
    assert n >= 0.98 * 13600 * channels
    apart = np.abs(theirs[:n] - ours[:n])
    if fmt == "mp3":  # ffmpeg leaves out the decoder's delay, or not
        assert min(float(np.abs(theirs[2400:n] - ours[2400 - d * channels : n - d * channels]).mean()) for d in (0, 529, 528, 1105)) < 3
    else:
        assert np.sqrt((apart.astype(float) ** 2).mean()) < (200 if fmt == "wav-ima" else 30 if fmt == "wav-gsm" else 1)
