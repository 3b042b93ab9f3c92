"""WAV reader and writer: against sox and the standard library's wave, and against damage."""

import errno
import os
import struct
import subprocess
import wave
from array import array
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from xunhu._media import files, g711

Samples = npt.NDArray[np.int16]
CODECS = {files.ALAW: "a-law", files.ULAW: "u-law", files.PCM16: "signed-integer"}


def speech_like(n: int, seed: int = 5) -> Samples:
    rng = np.random.default_rng(seed)
    t = np.arange(n) / 8000
    tone = 6000 * np.sin(2 * np.pi * 440 * t) + 3000 * np.sin(2 * np.pi * 1310 * t + 1)
    return (tone + rng.normal(0, 500, n)).astype(np.int16)


def through_law(fmt: int, x: Samples) -> Samples:
    if fmt == files.ALAW:
        return np.array(g711.alaw_decode(g711.alaw_encode(x)), dtype=np.int16)
    if fmt == files.ULAW:
        return np.array(g711.ulaw_decode(g711.ulaw_encode(x)), dtype=np.int16)
    return x


def sox(*args: str | Path) -> None:
    subprocess.run(["sox", "-D", *map(str, args)], check=True)


def soxi(flag: str, path: Path) -> str:
    return subprocess.run(["soxi", flag, str(path)], check=True, capture_output=True, text=True).stdout.strip()


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


def riff(*chunks: bytes, size: int | None = None) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


def fmt_chunk(tag: int = 1, channels: int = 1, rate: int = 8000, bits: int = 16, align: int | None = None) -> bytes:
    align = channels * bits // 8 if align is None else align
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, rate * align, align, bits))


# -- reading -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", CODECS)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("n", [0, 1, 79, 1023, 1024, 1025, 20001])
def test_reads_what_sox_writes(fmt: int, channels: int, n: int, tmp_path: Path) -> None:
    x = speech_like(n * channels).reshape(n, channels)
    raw, wav = tmp_path / "in.raw", tmp_path / "out.wav"
    raw.write_bytes(x.tobytes())
    bits = "16" if fmt == files.PCM16 else "8"
    sox("-t", "raw", "-r", 8000, "-c", channels, "-e", "signed", "-b", "16", raw, "-e", CODECS[fmt], "-b", bits, wav)
    info, samples = files.read_wav(wav)
    assert info == files.WavInfo(fmt, channels, 8000, n, False)
    assert files.wav_info(wav) == info
    # sox finds the octet in its own way: what it wrote, read by sox itself, is the measure.
    back = tmp_path / "back.raw"
    sox(wav, "-t", "raw", "-e", "signed", "-b", "16", back)
    theirs = np.array(array("h", back.read_bytes()), dtype=np.int64).reshape(n, channels)
    assert np.array_equal(np.array(samples, dtype=np.int64), theirs.sum(axis=1) // channels)


def test_reads_what_the_standard_library_writes(tmp_path: Path) -> None:
    x, path = speech_like(5000), tmp_path / "x.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(x.tobytes())
    assert np.array_equal(files.read_wav(path)[1], x)


def test_reads_espeak(tmp_path: Path) -> None:
    """espeak-ng makes 22,050 Hz: refused with a clear errno, read after sox has made it 8 kHz."""
    wide, path = tmp_path / "wide.wav", tmp_path / "x.wav"
    subprocess.run(["espeak-ng", "-w", str(wide), "one two three"], check=True)
    with pytest.raises(OSError, match="not supported") as e:
        files.read_wav(wide)
    assert e.value.errno == errno.ENOTSUP
    sox(wide, "-r", 8000, "-e", "a-law", path)
    info, samples = files.read_wav(path)
    assert info.fmt == files.ALAW
    assert max(samples) > 3000


@pytest.mark.parametrize("hz", [300.0, 1000.0, 2000.0, 3400.0])
def test_16_khz_keeps_the_telephone_band(hz: float, tmp_path: Path) -> None:
    n = 32001
    x = np.rint(10000 * np.sin(2 * np.pi * hz * np.arange(n) / 16000 + 0.3)).astype(np.int16)
    files.write_wav(tmp_path / "x.wav", x, rate=16000)
    info, samples = files.read_wav(tmp_path / "x.wav")
    assert (info.rate, info.frames, len(samples)) == (16000, n, 16001)
    # No delay: the output is every second sample of the input.
    apart = np.array(samples, dtype=float)[50:-50] - x[::2].astype(float)[50:-50]
    assert np.abs(apart).max() < 15


@pytest.mark.parametrize("hz", [4600.0, 5000.0, 7000.0])
def test_16_khz_does_not_fold(hz: float, tmp_path: Path) -> None:
    x = np.rint(10000 * np.sin(2 * np.pi * hz * np.arange(16000) / 16000)).astype(np.int16)
    files.write_wav(tmp_path / "x.wav", x, rate=16000)
    samples = np.array(files.read_wav(tmp_path / "x.wav")[1], dtype=float)[100:-100]
    assert np.abs(samples).max() < 10000 * 10 ** (-60 / 20)


@pytest.mark.parametrize("n", [1, 2, 3, 31, 32, 61, 62, 63, 2047, 2048, 2049])
def test_16_khz_of_any_length(n: int, tmp_path: Path) -> None:
    files.write_wav(tmp_path / "x.wav", np.full(n, 1000, dtype=np.int16), rate=16000)
    samples = np.array(files.read_wav(tmp_path / "x.wav")[1])
    assert len(samples) == (n + 1) // 2
    middle = samples[16:-16]
    assert np.abs(middle - 1000).max(initial=0) <= 1


@pytest.mark.parametrize(("suffix", "fmt"), [(".al", files.ALAW), (".UL", files.ULAW), (".raw", files.PCM16)])
def test_headerless_by_name(suffix: str, fmt: int, tmp_path: Path) -> None:
    x = speech_like(3001)
    octets = {files.ALAW: g711.alaw_encode(x), files.ULAW: g711.ulaw_encode(x), files.PCM16: x.tobytes() + b"!"}
    path = tmp_path / f"prompt{suffix}"
    path.write_bytes(octets[fmt])
    info, samples = files.read_wav(path)
    assert info == files.WavInfo(fmt, 1, 8000, 3001, True)
    assert np.array_equal(samples, through_law(fmt, x))


DATA = speech_like(1000).tobytes()


@pytest.mark.parametrize(
    "content",
    [
        riff(chunk(b"LIST", b"INFOIART\5\0\0\0abcde"), fmt_chunk(), chunk(b"fact", b"\0" * 4), chunk(b"data", DATA)),
        riff(fmt_chunk(), chunk(b"odd ", b"abc"), chunk(b"data", DATA)),
        riff(fmt_chunk(), chunk(b"data", DATA), chunk(b"LIST", b"behind")),
        riff(
            chunk(
                b"fmt ",
                struct.pack("<HHIIHHHHI", 0xFFFE, 1, 8000, 16000, 2, 16, 22, 16, 4)
                + bytes.fromhex("0100000000001000800000aa00389b71"),
            ),
            chunk(b"data", DATA),
        ),
        riff(fmt_chunk(), b"data\0\0\0\0" + DATA, size=0),
        riff(fmt_chunk(), b"data\0\0\0\0" + DATA, size=36),
        riff(fmt_chunk(), b"data\xff\xff\xff\xff" + DATA, size=0xFFFFFFFF),
        riff(fmt_chunk(), b"data\xff\xff\xff\x7f" + DATA),
        riff(fmt_chunk(), b"data" + struct.pack("<I", len(DATA) + 10) + DATA + b"!"),
    ],
    ids=["list", "odd", "behind", "extensible", "size0", "size36", "size-1", "truncated", "half-sample"],
)
def test_unusual_but_whole(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    assert files.read_wav(path)[1].tobytes() == DATA


def test_empty_recording_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(riff(fmt_chunk(), chunk(b"data", b""), chunk(b"LIST", b"not samples")))
    assert len(files.read_wav(path)[1]) == 0


BAD = {
    "empty": (b"", errno.EBADMSG),
    "text": (b"this is not a wav file at all", errno.EBADMSG),
    "big endian": (b"RIFX" + riff(fmt_chunk(), chunk(b"data", DATA))[4:], errno.EBADMSG),
    "no data": (riff(fmt_chunk()), errno.EBADMSG),
    "no format": (riff(chunk(b"data", DATA)), errno.EBADMSG),
    "short format": (riff(chunk(b"fmt ", b"\1\0\1\0"), chunk(b"data", DATA)), errno.EBADMSG),
    "cut in format": (riff(fmt_chunk())[:30], errno.EBADMSG),
    "cut in chunk head": (riff(fmt_chunk(), b"dat"), errno.EBADMSG),
    "chunk beyond the file": (riff(fmt_chunk(), b"LIST\xff\xff\xff\xff" + DATA), errno.EBADMSG),
    "wrong alignment": (riff(fmt_chunk(align=7), chunk(b"data", DATA)), errno.EBADMSG),
    "short extensible": (riff(fmt_chunk(tag=0xFFFE), chunk(b"data", DATA)), errno.EBADMSG),
    "8 bit": (riff(fmt_chunk(bits=8), chunk(b"data", DATA)), errno.ENOTSUP),
    "gsm": (riff(fmt_chunk(tag=49, bits=0, align=65), chunk(b"data", DATA)), errno.ENOTSUP),
    "three channels": (riff(fmt_chunk(channels=3), chunk(b"data", DATA)), errno.ENOTSUP),
    "no channel": (riff(fmt_chunk(channels=0), chunk(b"data", DATA)), errno.ENOTSUP),
    "44.1 kHz": (riff(fmt_chunk(rate=44100), chunk(b"data", DATA)), errno.ENOTSUP),
    "only chunks": (riff(*[chunk(b"junk", b"")] * 2000), errno.EBADMSG),
}


@pytest.mark.parametrize("name", BAD)
def test_damage_is_an_error(name: str, tmp_path: Path) -> None:
    content, code = BAD[name]
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    with pytest.raises(OSError, match="x\\.wav") as e:
        files.read_wav(path)
    assert e.value.errno == code


def test_no_such_file_and_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.wav")
    for path, code in ((tmp_path / "none", errno.ENOENT), (tmp_path, errno.EISDIR), (tmp_path / "fifo.wav", errno.EINVAL)):
        with pytest.raises(OSError, match=str(path)) as e:
            files.read_wav(path)
        assert e.value.errno == code


# -- writing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", CODECS)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("n", [0, 1, 4001])
def test_sox_reads_what_we_write(fmt: int, channels: int, n: int, tmp_path: Path) -> None:
    x = speech_like(n * channels)
    path, back = tmp_path / "x.wav", tmp_path / "back.raw"
    files.write_wav(path, x, fmt=fmt, channels=channels)
    assert soxi("-r", path) == "8000"
    assert soxi("-c", path) == str(channels)
    assert soxi("-s", path) == str(n)
    assert CODECS[fmt].split("-")[0] in soxi("-e", path).lower()
    sox(path, "-t", "raw", "-e", "signed", "-b", "16", back)
    assert np.array_equal(array("h", back.read_bytes()), through_law(fmt, x))
    assert path.stat().st_size % 2 == 0


def test_write_refuses(tmp_path: Path) -> None:
    for options in ({"fmt": 9}, {"channels": 3}, {"channels": 2}, {"rate": 0}):
        with pytest.raises(ValueError, match="fmt is"):
            files.write_wav(tmp_path / "x.wav", np.zeros(3, dtype=np.int16), **options)
    assert not (tmp_path / "x.wav").exists()
