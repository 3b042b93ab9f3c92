"""Media files: each format there and back, sought, cut, streamed, appended to; damaged and lying ones."""

import errno
import os
import signal
import struct
import subprocess
import sys
import time
from array import array
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xunhu._media import media_file as mf
from xunhu._media import media_names
from xunhu._media import media_reasons as why
from xunhu._media.media_file import FORMATS, MediaError, Reader, Writer

Samples = npt.NDArray[np.int16]
N = 20001
LOSS_DB = {"wav": 99, "pcm": 99, "pcm-be": 99, "au": 99, "wav-gsm": 4, "gsm": 4, "mp3": 15, "g726-16": 8, "g726-16-aal2": 8, "vox-6k": 15}
each_format = pytest.mark.parametrize("fmt", FORMATS)


def speech_like(n: int, seed: int = 5) -> Samples:
    rng = np.random.default_rng(seed)
    t = np.arange(n) / 8000
    tone = 6000 * np.sin(2 * np.pi * 440 * t) + 3000 * np.sin(2 * np.pi * 1310 * t + 1)
    return (tone * (0.6 + 0.4 * np.sin(2 * np.pi * 2 * t)) + rng.normal(0, 300, n)).astype(np.int16)


def read(source: object, **options: object) -> Samples:
    with Reader(source, **options) as reader:  # type: ignore[arg-type]
        return np.array(reader.read_all(), dtype=np.int16)


def write(path: Path, fmt: str, x: Samples, pieces: int = 0, **options: object) -> Path:
    with Writer(path, fmt, **options) as writer:  # type: ignore[arg-type]
        channels = int(options.get("channels", 1))  # type: ignore[call-overload]
        step = (pieces or max(1, len(x))) * channels
        for at in range(0, len(x), step):
            writer.write(np.ascontiguousarray(x[at : at + step]))
    return path


def file_of(folder: Path, fmt: str, name: str = "x") -> Path:
    return folder / f"{name}{FORMATS[fmt].suffix}"


def quality(x: Samples, y: Samples) -> float:
    apart = x.astype(float) - y.astype(float)
    return float(10 * np.log10((x.astype(float) ** 2).sum() / max((apart**2).sum(), 1e-9)))


def delay(x: Samples, y: Samples, most: int = 2500) -> int:
    """How many samples y comes later."""
    n = len(x) // 2
    at = [float(np.dot(x[:n].astype(float), y[d : d + n].astype(float))) for d in range(min(most, len(y) - n))]
    return int(np.argmax(at))


# -- there and back --------------------------------------------------------------------------------------


@each_format
@pytest.mark.parametrize("n", [0, 1, 2, 159, 505, 506, N])
def test_there_and_back(fmt: str, n: int, tmp_path: Path) -> None:
    x = speech_like(n)
    path = write(file_of(tmp_path, fmt), fmt, x)
    known = FORMATS[fmt]
    if fmt == "mp3":
        y = read(path) if os.path.getsize(path) else np.zeros(0, np.int16)
        assert n <= len(y) <= n + 4 * 1152
        return
    with Reader(path) as reader:
        info, y = reader.info, np.array(reader.read_all(), dtype=np.int16)
    assert (info.container, info.codec, info.rate, info.channels) == (known.container, known.codec, known.rate, 1)
    assert info.frames == len(y)
    assert n <= len(y) < n + 2 * info.block_frames if known.container == "raw" else len(y) == n
    assert not y[n:].any() or known.container == "raw"
    if n == N:
        assert quality(x, y[:n]) > LOSS_DB.get(fmt, 15)


def test_mp3_there_and_back(tmp_path: Path) -> None:
    x = speech_like(N)
    y = read(write(tmp_path / "x.mp3", "mp3", x))
    late = delay(x, y)
    assert quality(x, y[late : late + N]) > LOSS_DB["mp3"]


@pytest.mark.parametrize("fmt", [name for name, info in FORMATS.items() if info.channels_max == 2])
def test_two_channels(fmt: str, tmp_path: Path) -> None:
    left, right = speech_like(N), (4000 * np.sin(np.arange(N) * 0.9)).astype(np.int16)
    path = write(file_of(tmp_path, fmt), fmt, np.column_stack([left, right]).ravel(), channels=2)
    both = read(path, out_channels=-1).reshape(-1, 2)
    late = delay(left, both[:, 0]) if fmt == "mp3" else 0
    assert quality(left, both[late : late + N, 0]) > LOSS_DB.get(fmt, 15)
    assert quality(right, both[late : late + N, 1]) > (15 if fmt == "mp3" else LOSS_DB.get(fmt, 15))
    mixed = read(path)
    assert np.abs(mixed.astype(int) - (both.astype(int).sum(axis=1) >> 1)).max() <= (40 if fmt == "mp3" else 0)


@pytest.mark.parametrize("fmt", ["alaw", "vox", "g726-32", "wav-gsm", "gsm"])
def test_one_channel_only(fmt: str, tmp_path: Path) -> None:
    with pytest.raises(MediaError) as e:
        Writer(tmp_path / "x", fmt, channels=2)
    assert e.value.errno == errno.EINVAL
    assert not (tmp_path / "x").exists()


@each_format
def test_pieces_make_no_difference(fmt: str, tmp_path: Path) -> None:
    x = speech_like(5000)
    one = write(file_of(tmp_path, fmt, "one"), fmt, x).read_bytes()
    many = write(file_of(tmp_path, fmt, "many"), fmt, x, pieces=37).read_bytes()
    assert one == many
    with Reader(file_of(tmp_path, fmt, "one")) as reader:
        whole = np.array(reader.read_all())
    with Reader(file_of(tmp_path, fmt, "one")) as reader:
        parts = array("h")
        while block := reader.read(113):
            parts.extend(block)
    assert np.array_equal(parts, whole)


# -- seeking ---------------------------------------------------------------------------------------------


def check_seeks(source: object, whole: Samples, tolerance: int = 0, **options: object) -> None:
    with Reader(source, **options) as reader:  # type: ignore[arg-type]
        for frame in (0, 1, 19999, 7, 5000, 5001, 16384, 1, len(whole) - 1, 0, 9999, len(whole), len(whole) + 5, 3):
            reader.seek(frame)
            assert reader.position == frame
            block = np.array(reader.read(700), dtype=int)
            want = whole[frame : frame + len(block)].astype(int)
            assert len(block) > 0 or frame >= len(whole)
            assert len(block) == len(want)
            assert np.abs(block - want).max(initial=0) <= tolerance


@each_format
def test_seek_is_exact(fmt: str, tmp_path: Path) -> None:
    path = write(file_of(tmp_path, fmt), fmt, speech_like(N))
    # A resampler that starts anew differs by its rounding.
    check_seeks(path, read(path), 2 if fmt == "vox-6k" else 0)


@pytest.mark.parametrize("rate", [11025, 16000, 22050, 44100, 48000])
def test_seek_in_other_rates(rate: int, tmp_path: Path) -> None:
    x = (8000 * np.sin(np.arange(3 * rate) * 2 * np.pi * 700 / rate)).astype("<i2")
    raw = x.tobytes()
    whole = read(raw, fmt="pcm", rate=rate)
    assert len(whole) == 24000
    check_seeks(raw, whole, 2, fmt="pcm", rate=rate)


def test_a_stream_goes_only_forward(tmp_path: Path) -> None:
    x = speech_like(N)
    octets = write(tmp_path / "x.wav", "wav", x).read_bytes()
    at = 0

    def give(n: int) -> bytes:
        nonlocal at
        at += min(n, 1000)
        return octets[at - min(n, 1000) : at]

    with Reader(give) as reader:
        assert not reader.info.seekable
        reader.seek(5000)
        assert np.array_equal(reader.read(100), x[5000:5100])
        with pytest.raises(MediaError) as e:
            reader.seek(10)
        assert e.value.errno == errno.ESPIPE


# -- sources -----------------------------------------------------------------------------------------------


@each_format
@pytest.mark.parametrize("drip", [1, 7, 1000, 100000])
def test_a_stream_that_drips(fmt: str, drip: int, tmp_path: Path) -> None:
    """The same samples, however the octets come; None as often as octets."""
    path = write(file_of(tmp_path, fmt), fmt, speech_like(3000 if drip < 10 else N))
    octets, at, turn = path.read_bytes(), 0, 0

    def give(n: int) -> bytes | None:
        nonlocal at, turn
        turn += 1
        if turn % 2:
            return None
        part = octets[at : at + min(n, drip)]
        at += len(part)
        return part

    for size in (None, len(octets)):
        at, got, waits = 0, array("h"), 0
        with Reader(give, name=path.name, size=size) as reader:
            while waits < 300000:
                block = reader.read()
                if block is None:
                    waits += 1
                elif not block:
                    break
                else:
                    got.extend(block)
        assert np.array_equal(got, read(path))


@each_format
def test_memory_and_descriptor_are_like_the_file(fmt: str, tmp_path: Path) -> None:
    path = write(file_of(tmp_path, fmt), fmt, speech_like(4000))
    whole = read(path)
    assert np.array_equal(read(path.read_bytes(), name=str(path)), whole)
    assert np.array_equal(read(os.open(path, os.O_RDONLY), name=path.name), whole)
    assert np.array_equal(read(path.read_bytes(), name=f"http://server/dir.d/{path.name}?key=a.mp3#x"), whole)


def test_the_source_s_own_trouble_comes_through() -> None:
    def give(n: int) -> bytes:
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        Reader(give)


def test_names_do_not_beat_contents(tmp_path: Path) -> None:
    x = speech_like(3000)
    for fmt in ("wav", "wav-ima", "au", "mp3"):
        path = write(tmp_path / f"{fmt}.bin", fmt, x)
        os.rename(path, tmp_path / "x.vox") if fmt in ("wav", "au") else os.rename(path, tmp_path / "x.dat")
        with Reader(tmp_path / ("x.vox" if fmt in ("wav", "au") else "x.dat")) as reader:
            assert reader.info.container == FORMATS[fmt].container


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [("a.sln16", "PCM 16 bits", 16000), ("A.ALAW", "A-law", 8000), ("b.G726-40", "G.726 40 kbit/s", 8000), ("c.ulaw", "u-law", 8000)],
)
def test_suffixes(name: str, codec: str, rate: int) -> None:
    with Reader(b"\0" * 320, name=name) as reader:
        assert (mf.CODECS[reader.info.codec], reader.info.rate) == (codec, rate)


# -- what is no good -----------------------------------------------------------------------------------------


def refused(source: object, **options: object) -> tuple[int, int, int]:
    with pytest.raises(MediaError) as e:
        Reader(source, **options)  # type: ignore[arg-type]
    return e.value.errno, e.value.reason, e.value.detail


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


def riff(*chunks: bytes, size: int | None = None) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


def form(tag: int = 1, channels: int = 1, rate: int = 8000, bits: int = 16, align: int | None = None, extra: bytes = b"") -> bytes:
    align = channels * bits // 8 if align is None else align
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, rate * align & 0xFFFFFFFF, align, bits) + extra)


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.wav")
    assert refused(tmp_path) == (errno.EISDIR, why.NOT_PLAIN, 0)
    assert refused(tmp_path / "fifo.wav") == (errno.EINVAL, why.NOT_PLAIN, 0)
    assert refused("/dev/zero") == (errno.EINVAL, why.NOT_PLAIN, 0)
    assert refused(tmp_path / "none") == (errno.ENOENT, why.SYSTEM, 0)
    (tmp_path / "empty.wav").touch()
    assert refused(tmp_path / "empty.wav") == (errno.ENODATA, why.EMPTY, 0)
    assert refused(b"") == (errno.ENODATA, why.EMPTY, 0)
    assert len(read(b"", name="x.al")) == 0


DAMAGED = {
    "text": (b"hello, world, this is not sound at all\n" * 9, errno.EBADMSG, why.UNKNOWN, 0),
    "garbage called MP3": (b"\x00\x11" * 40000, errno.EBADMSG, why.UNKNOWN, 0),
    "no chunk": (riff(), errno.EBADMSG, why.NO_DATA_CHUNK, 0),
    "no data": (riff(form()), errno.EBADMSG, why.NO_DATA_CHUNK, 0),
    "data before fmt": (riff(chunk(b"data", b"\0" * 8), form()), errno.EBADMSG, why.NO_DATA_CHUNK, 0),
    "fmt cut": (riff(form())[:30], errno.EBADMSG, why.HEADER, 0),
    "fmt short": (riff(chunk(b"fmt ", b"\1\0\1\0"), chunk(b"data", b"")), errno.EBADMSG, why.HEADER, 0),
    "chunk that lies": (riff(b"junk\xff\xff\xff\x7f", form(), chunk(b"data", b"\0" * 8)), errno.EBADMSG, why.NO_DATA_CHUNK, 0),
    "thousands of chunks": (riff(chunk(b"junk", b"") * 2000, form(), chunk(b"data", b"")), errno.EBADMSG, why.NO_DATA_CHUNK, 0),
    "TrueSpeech": (riff(form(0x22, 1, 8000, 1, 32), chunk(b"data", b"\0" * 256)), errno.ENOTSUP, why.CODEC, 0x22),
    "MS ADPCM block of 6": (riff(form(2, 1, 8000, 4, 6), chunk(b"data", b"\0" * 256)), errno.EBADMSG, why.HEADER, 0),
    "12 bits": (riff(form(1, 1, 8000, 12, 2), chunk(b"data", b"\0" * 256)), errno.ENOTSUP, why.CODEC, 1),
    "six channels": (riff(form(1, 6), chunk(b"data", b"\0" * 256)), errno.ENOTSUP, why.CHANNELS_TOO_MANY, 6),
    "no channel": (riff(form(1, 0, 8000, 16, 2), chunk(b"data", b"\0" * 256)), errno.EBADMSG, why.HEADER, 0),
    "rate 0": (riff(form(1, 1, 0), chunk(b"data", b"\0" * 256)), errno.ENOTSUP, why.RATE_ODD, 0),
    "rate of 4 GHz": (riff(form(1, 1, 0xFFFFFFFF), chunk(b"data", b"\0" * 256)), errno.ENOTSUP, why.RATE_ODD, 0xFFFFFFFF),
    "align": (riff(form(1, 1, 8000, 16, 4), chunk(b"data", b"\0" * 256)), errno.EBADMSG, why.HEADER, 0),
    "IMA block of 3": (riff(form(0x11, 1, 8000, 4, 3), chunk(b"data", b"\0" * 256)), errno.EBADMSG, why.HEADER, 0),
    "IMA block of 65535": (riff(form(0x11, 1, 8000, 4, 65535), chunk(b"data", b"\0" * 256)), errno.EBADMSG, why.HEADER, 0),
    "GSM block of 64": (riff(form(0x31, 1, 8000, 0, 64), chunk(b"data", b"\0" * 256)), errno.EBADMSG, why.HEADER, 0),
    "extensible, short": (riff(form(0xFFFE), chunk(b"data", b"\0" * 256)), errno.EBADMSG, why.HEADER, 0),
    "extensible, unknown": (riff(form(0xFFFE, extra=b"\x16\0" + b"x" * 22), chunk(b"data", b"")), errno.ENOTSUP, why.CODEC, 0xFFFE),
    ".au of doubles": (struct.pack(">4sIIIII", b".snd", 24, 8, 7, 8000, 1) + b"\0" * 8, errno.ENOTSUP, why.CODEC, 7),
    ".au of offset 9": (struct.pack(">4sIIIII", b".snd", 9, 8, 3, 8000, 1) + b"\0" * 8, errno.EBADMSG, why.HEADER, 0),
    ".au beyond its end": (struct.pack(">4sIIIII", b".snd", 1 << 31, 8, 3, 8000, 1), errno.EBADMSG, why.HEADER, 0),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_headers(name: str, tmp_path: Path) -> None:
    octets, *want = DAMAGED[name]
    suffix = "x.mp3" if "MP3" in name else "x.wav"
    assert refused(octets, name=suffix) == tuple(want)
    (tmp_path / suffix).write_bytes(octets)
    assert refused(tmp_path / suffix) == tuple(want)
    if name == ".au beyond its end":  # a stream only finds that there is nothing
        return
    parts = [octets[at : at + 5] for at in range(0, len(octets), 5)][::-1]
    with pytest.raises(MediaError) as e:
        Reader(lambda n: parts.pop() if parts else b"", name=suffix).read_all()
    assert (e.value.errno, e.value.reason, e.value.detail) == tuple(want)


def test_every_reason_has_a_text() -> None:
    for reason in range(1, why.REASONS):
        for lang in ("en", "zh"):
            text, remedy = why.explain(reason, 7, lang=lang)
            assert text
            assert remedy


@pytest.mark.parametrize("claim", [0, 0xFFFFFFFF, 0x7FFFF024, 5000])
def test_lengths_that_lie(claim: int) -> None:
    x = speech_like(2000)
    octets = riff(form(), b"data" + struct.pack("<I", claim) + x.tobytes(), size=0 if claim != 5000 else 4036)
    with Reader(octets) as reader:
        assert reader.info.note == (why.TRUNCATED if claim == 5000 else why.UNFINISHED)
        assert np.array_equal(reader.read_all(), x)


def test_what_stands_behind_the_data_is_not_sound() -> None:
    x = speech_like(999)
    octets = riff(chunk(b"LIST", b"INFOabc"), form(), chunk(b"data", x.tobytes()), chunk(b"LIST", b"z" * 999))
    assert np.array_equal(read(octets), x)
    empty = riff(form(), chunk(b"data", b""), chunk(b"LIST", b"z" * 999))
    assert len(read(empty)) == 0


def test_ima_ends_within_a_block(tmp_path: Path) -> None:
    x = speech_like(N)
    octets = write(tmp_path / "x.wav", "wav-ima", x).read_bytes()
    whole = read(octets)
    with Reader(octets[: 60 + 256 * 3 + 37]) as reader:
        assert reader.info.note == why.TRUNCATED
        y = np.array(reader.read_all())
    assert len(y) == 505 * 3 + 65
    assert np.array_equal(y, whole[: len(y)])


@pytest.mark.parametrize("fmt", ["gsm", "wav-ima"])
def test_damage_within(fmt: str, tmp_path: Path) -> None:
    """What stands before it is given, then the error."""
    path = write(file_of(tmp_path, fmt), fmt, speech_like(N))
    octets = bytearray(path.read_bytes())
    at, frames = (33 * 50, 8000) if fmt == "gsm" else (60 + 256 * 10 + 2, 5050)
    octets[at] = 0
    octets[at] = 0xFE
    got = array("h")

    def all_of(reader: Reader) -> None:
        while block := reader.read():
            got.extend(block)

    with Reader(bytes(octets), name=path.name) as reader:
        with pytest.raises(MediaError) as e:
            all_of(reader)
        assert (e.value.errno, e.value.reason) == (errno.EBADMSG, why.DAMAGED)
        with pytest.raises(MediaError):
            reader.read()
    assert np.array_equal(got, read(path)[:frames])


def test_mp3_with_holes(tmp_path: Path) -> None:
    """Garbage in the middle is passed over; tags are not sound."""
    x = speech_like(40000)
    octets = write(tmp_path / "x.mp3", "mp3", x).read_bytes()
    whole = read(octets)
    holed = octets[:9000] + b"\0" * 50000 + octets[9000:]
    assert len(read(holed)) > len(whole) - 4000
    tagged = b"ID3\x04\0\0" + bytes([0, 0, 8, 0]) + b"\xff\xfb" * 512 + octets + b"TAG" + b"a" * 125
    assert np.array_equal(read(tagged)[: len(whole)], whole)
    assert refused(b"ID3\x04\0\0" + bytes([127] * 4) + b"x" * 99, name="x.mp3") == (errno.EBADMSG, why.HEADER, 0)


def test_a_file_cut_while_it_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "x.wav", "wav", speech_like(N))
    with Reader(path) as reader:
        first = reader.read()
        os.truncate(path, 30000)
        rest = reader.read_all()
    assert len(first or ()) == mf.BLOCK
    assert mf.BLOCK + len(rest) < N


@pytest.mark.parametrize("name", ["x.wav", "x.al", "x.vox"])
def test_huge_and_sparse(name: str, tmp_path: Path) -> None:
    """3 GiB that are not there: opened, sought and left in no time, in little memory."""
    path = tmp_path / name
    path.write_bytes(riff(form(6, bits=8), b"data\0\0\0\0", size=0) if name == "x.wav" else b"")
    os.truncate(path, 3 << 30)
    with Reader(path) as reader:
        frames = reader.info.frames
        assert frames is not None
        assert frames > 3_000_000_000
        assert len(reader.read() or ()) == mf.BLOCK
        if name != "x.vox":
            reader.seek(frames - 10)
            assert len(reader.read_all()) == 10


@pytest.mark.parametrize("fmt", [f for f in FORMATS if f != "mp3"])
@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_anywhere(fmt: str, data: st.DataObject, tmp_path: Path) -> None:
    """Octets changed, taken out and put in: samples or a MediaError, and no more samples than the octets can hold."""
    source = tmp_path / f"seed{FORMATS[fmt].suffix}"
    octets = bytearray((source if source.exists() else write(source, fmt, speech_like(3000))).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(octets) - 1))
        octets[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    try:
        with Reader(bytes(octets), name=source.name) as reader:
            total = len(reader.read_all(1 << 22))
            assert total <= len(octets) * 16 * 8
    except MediaError as error:
        told = error.reason
    else:
        told = why.DAMAGED
    assert told


# -- writers ---------------------------------------------------------------------------------------------------


@each_format
def test_playable_at_every_mend(fmt: str, tmp_path: Path) -> None:
    x, path = speech_like(N), file_of(tmp_path, fmt)
    writer = Writer(path, fmt)
    for at in range(0, N, 2000):
        writer.write(x[at : at + 2000])
        writer.mend()
        given_so_far = min(N, at + 2000)
        if fmt == "mp3" and at == 0:
            continue
        with Reader(path) as reader:
            assert reader.info.note == why.FINE
            got = len(reader.read_all())
        assert given_so_far - 2400 < got <= given_so_far + 1152
    writer.close()


def test_killed_writer_leaves_a_file(tmp_path: Path) -> None:
    program = """
import sys, time
from xunhu._media.media_file import FORMATS, Writer
import array
block = array.array("h", [1000, -1000] * 1000)
writers = [Writer(f"{sys.argv[1]}/{fmt}{info.suffix}", fmt) for fmt, info in FORMATS.items()]
for n in range(12):
    for w in writers:
        w.write(block)
        if n < 10: w.mend()
print("written", flush=True)
time.sleep(60)
"""
    child = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"written\n"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    for fmt, info in FORMATS.items():
        assert len(read(tmp_path / f"{fmt}{info.suffix}")) >= 20000 - 2400, fmt


@each_format
@pytest.mark.parametrize("cut", [1, 505, 5000, 8000])
def test_append(fmt: str, cut: int, tmp_path: Path) -> None:
    """The same file as in one go, where the format's blocks can be gone on with; always as long."""
    x, path = speech_like(N), file_of(tmp_path, fmt)
    one = write(file_of(tmp_path, fmt, "one"), fmt, x)
    write(path, fmt, x[:cut])
    with Writer(path, fmt, append=True) as writer:
        assert fmt == "mp3" or cut <= writer.frames < cut + 161
        writer.write(x[cut:])
    y, whole = read(path), read(one)
    if fmt == "mp3":
        assert abs(len(y) - len(whole)) <= 4 * 1152
        return
    assert len(whole) <= len(y) < len(whole) + 320
    codec = mf.CODECS[FORMATS[fmt].codec]
    if codec.startswith(("PCM", "A-law", "u-law")):
        assert path.read_bytes() == one.read_bytes()
    elif "GSM" not in codec and fmt != "vox-6k":
        with Reader(path) as reader:
            each = reader.info.block_frames
        hole = -cut % each if FORMATS[fmt].container == "raw" else 0  # silence to the end of a block
        want = np.concatenate([x[:cut], np.zeros(hole, np.int16), x[cut:]])
        assert quality(want, y[: len(want)]) > quality(x, whole[:N]) - 3


def test_append_makes_a_new_file_too(tmp_path: Path) -> None:
    x = speech_like(1000)
    assert np.array_equal(read(write(tmp_path / "x.wav", "wav", x, append=True)), x)


def test_append_to_something_else(tmp_path: Path) -> None:
    x = speech_like(1000)
    path = write(tmp_path / "x.wav", "wav", x)
    before = path.read_bytes()
    for fmt, channels in (("wav-alaw", 1), ("wav", 2), ("au", 1)):
        with pytest.raises(MediaError) as e:
            Writer(path, fmt, channels=channels, append=True)
        assert (e.value.errno, e.value.reason) == (errno.EINVAL, why.MISMATCH)
    (tmp_path / "t.wav").write_text("no sound in here")
    with pytest.raises(MediaError):
        Writer(tmp_path / "t.wav", "wav", append=True)
    assert path.read_bytes() == before
    assert (tmp_path / "t.wav").read_text() == "no sound in here"


def test_no_file_is_overwritten_unasked(tmp_path: Path) -> None:
    path = write(tmp_path / "x.wav", "wav", speech_like(1000))
    with pytest.raises(MediaError) as e:
        Writer(path, "wav")
    assert (e.value.errno, e.value.reason) == (errno.EEXIST, why.EXISTS)
    assert len(read(write(path, "wav", speech_like(10), replace=True))) == 10
    with pytest.raises(MediaError) as e:
        Writer(tmp_path, "wav", replace=True)
    assert e.value.errno == errno.EISDIR
    with pytest.raises(MediaError):
        Writer("/dev/null", "wav", replace=True)


@pytest.mark.parametrize("fmt", ["wav", "wav-ima", "vox", "mp3"])
def test_full_disk(fmt: str, tmp_path: Path) -> None:
    """What found room is a whole file."""
    program = """
import sys, resource, signal
from xunhu._media.media_file import Writer
import array
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
w = Writer(sys.argv[1], sys.argv[2])
try:
    for n in range(100):
        w.write(array.array("h", [1000, -1000] * 500))
except OSError as error:
    print(error.errno)
try:
    w.close()
except OSError as error:
    print(error.errno)
"""
    path = file_of(tmp_path, fmt)
    done = subprocess.run([sys.executable, "-c", program, str(path), fmt], check=True, capture_output=True, text=True)
    assert done.stdout.split() == [str(errno.EFBIG)] * 2
    assert 4000 <= path.stat().st_size <= 5000
    assert len(read(path)) > 1500


def test_a_container_has_an_end(tmp_path: Path) -> None:
    """A WAV file of nearly 4 GiB takes what its lengths can tell, and says that it is full."""
    path = write(tmp_path / "x.wav", "wav", speech_like(100))
    most = 0xFFFFFFFF - 120
    with open(path, "r+b") as file:
        size = most // 2 * 2 - 2000
        file.truncate(44 + size)
        file.seek(40)
        file.write(struct.pack("<I", size))
        file.seek(4)
        file.write(struct.pack("<I", size + 36))
    writer = Writer(path, "wav", append=True)
    writer.write(speech_like(900))
    with pytest.raises(MediaError) as e:
        writer.write(speech_like(900))
    assert e.value.errno == errno.EFBIG
    with pytest.raises(MediaError):
        writer.close()
    with Reader(path) as reader:
        assert reader.info.frames == most // 2
        assert reader.info.note == why.FINE


def test_speed_of_opening(tmp_path: Path) -> None:
    """No format takes long to open: a prompt of a call begins with it."""
    for fmt in FORMATS:
        path = write(file_of(tmp_path, fmt, fmt), fmt, speech_like(N))
        begin = time.process_time()
        for _ in range(20):
            with Reader(path) as reader:
                reader.read()
        assert (time.process_time() - begin) / 20 < 0.1


def test_the_list_of_suffixes_is_that_of_the_table() -> None:
    named = {info.suffix for info in FORMATS.values()}
    assert named <= set(media_names.SUFFIXES)
    for suffix in media_names.SUFFIXES:
        assert mf.format_of_path(f"x{suffix}") is not None, suffix
        assert media_names.split(f"a.b{suffix.upper()}") == ("a.b", suffix)
    for name in ("x", "x.txt", ".wav", "x."):
        assert media_names.split(name) == (name, "")
