"""Codecs of media files, to the bit beside libspandsp and libgsm; beside ffmpeg and sox where they follow the same letter."""

import ctypes
import ctypes.util
import subprocess
from array import array
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu._media import media_file as mf
from xunhu._media.media_file import Coder

Samples = npt.NDArray[np.int16]
N = 24000
RATES = (16, 24, 32, 40)


def library(name: str) -> ctypes.CDLL:
    found = ctypes.util.find_library(name)
    assert found is not None, f"lib{name} is not installed: tools/setup-system base peers"
    return ctypes.CDLL(found)


def sounds() -> dict[str, Samples]:
    rng = np.random.default_rng(11)
    t = np.arange(N)
    bursts = (t // 4000) % 2
    return {
        "tones": (8000 * np.sin(t * 0.2) + 4000 * np.sin(t * 0.71)).astype(np.int16),
        "noise": rng.normal(0, 3000, N).astype(np.int16),
        "sweep in bursts": (20000 * np.sin(1e-5 * t * t) * bursts).astype(np.int16),
        "square, full scale": np.where((t // 5) % 2 == 0, 32767, -32768).astype(np.int16),
        "impulses": np.where(t % 997 == 0, 32767, 0).astype(np.int16),
        "silence": np.zeros(N, np.int16),
        "DC": np.full(N, -20000, np.int16),
        "all bits": rng.integers(-32768, 32768, N).astype(np.int16),
    }


SOUNDS = sounds()
each_sound = pytest.mark.parametrize("sound", SOUNDS)


def encoded(codec: str, x: Samples, **options: int) -> bytes:
    return Coder(codec, encoding=True, **options).encode(x)


def decoded(codec: str, octets: bytes, **options: int) -> Samples:
    return np.array(Coder(codec, **options).decode(octets), dtype=np.int16)


def snr(x: Samples, y: Samples) -> float:
    apart = x.astype(float) - y.astype(float)
    return float(10 * np.log10((x.astype(float) ** 2).sum() / max((apart**2).sum(), 1e-9)))


# -- spandsp -----------------------------------------------------------------------------------------


def spandsp(kind: str, x: Samples, start: Callable[[ctypes.CDLL], int]) -> tuple[bytes, Samples]:
    """What its coder makes of x, and its decoder of that."""
    lib = library("spandsp")
    for name in ("init", "encode", "decode"):
        getattr(lib, f"{kind}_{name}").restype = ctypes.c_void_p if name == "init" else ctypes.c_int
    octets = ctypes.create_string_buffer(2 * len(x) + 16)
    out = (ctypes.c_int16 * (2 * len(x) + 16))()
    n = getattr(lib, f"{kind}_encode")(ctypes.c_void_p(start(lib)), octets, x.ctypes.data_as(ctypes.c_void_p), len(x))
    m = getattr(lib, f"{kind}_decode")(ctypes.c_void_p(start(lib)), out, octets, n)
    return octets.raw[:n], np.array(out[:m], dtype=np.int16)


@each_sound
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("aal2", [False, True], ids=["RFC 3551", "AAL2"])
@pytest.mark.parametrize("plain", [False, True], ids=["vector", "plain"])
def test_g726_to_the_bit_beside_spandsp(sound: str, rate: int, aal2: bool, plain: bool) -> None:
    x = SOUNDS[sound]
    name = f"G.726 {rate} kbit/s" + (" (AAL2)" if aal2 else "")
    theirs, their_sound = spandsp("g726", x, lambda lib: lib.g726_init(None, rate * 1000, 0, 1 if aal2 else 2))
    mf.g726_plain(plain)
    try:
        ours = encoded(name, x)
        sound_back = decoded(name, theirs)
    finally:
        mf.g726_plain(False)
    assert ours == theirs
    # spandsp lets an overload wrap around, G.726 limits (LIMO); all else is the same.
    inside = np.abs(sound_back.astype(int)) < 32764
    assert np.array_equal(sound_back[inside], their_sound[inside])
    assert inside.all() or sound in ("square, full scale", "impulses", "all bits", "sweep in bursts")


@each_sound
def test_vox_to_the_bit_beside_spandsp(sound: str) -> None:
    x = SOUNDS[sound]
    theirs, their_sound = spandsp("oki_adpcm", x, lambda lib: lib.oki_adpcm_init(None, 32000))
    assert encoded("OKI ADPCM (VOX)", x) == theirs
    assert np.array_equal(decoded("OKI ADPCM (VOX)", theirs), their_sound)


@each_sound
def test_dvi4_to_the_bit_beside_spandsp(sound: str) -> None:
    """Its DVI4 has a head of four octets a packet: sample and index."""
    x = SOUNDS[sound]
    theirs, their_sound = spandsp("ima_adpcm", x, lambda lib: lib.ima_adpcm_init(None, 1, 0))
    assert encoded("DVI4 ADPCM 32 kbit/s", x) == theirs[4:]
    assert np.array_equal(decoded("DVI4 ADPCM 32 kbit/s", theirs[4:]), their_sound)


# -- libgsm ------------------------------------------------------------------------------------------


@each_sound
@pytest.mark.parametrize("wav49", [False, True], ids=["GSM", "WAV49"])
def test_gsm_is_libgsm(sound: str, wav49: bool) -> None:
    lib, x = library("gsm"), SOUNDS[sound]
    lib.gsm_create.restype = ctypes.c_void_p
    coder, decoder, yes = ctypes.c_void_p(lib.gsm_create()), ctypes.c_void_p(lib.gsm_create()), ctypes.c_int(1)
    if wav49:
        lib.gsm_option(coder, 4, ctypes.byref(yes))
        lib.gsm_option(decoder, 4, ctypes.byref(yes))
    theirs, back = b"", []
    for k, at in enumerate(range(0, N, 160)):
        frame, out = ctypes.create_string_buffer(33), (ctypes.c_int16 * 160)()
        lib.gsm_encode(coder, x[at : at + 160].ctypes.data_as(ctypes.c_void_p), frame)
        if wav49:  # the second frame of a pair begins in the last octet of the first one
            theirs = theirs[:-1] + frame.raw if k % 2 else theirs + frame.raw
        else:
            theirs += frame.raw
        if not wav49:
            lib.gsm_decode(decoder, frame, out)
            back.append(np.array(out, dtype=np.int16))
    name = "GSM 06.10 (Microsoft)" if wav49 else "GSM 06.10"
    if not wav49:
        assert encoded(name, x) == theirs
        assert np.array_equal(decoded(name, theirs), np.concatenate(back))
    lib.gsm_destroy(coder)
    lib.gsm_destroy(decoder)


# -- ffmpeg and sox ------------------------------------------------------------------------------------


def ffmpeg(*args: str | Path, data: bytes = b"") -> bytes:
    command = ["ffmpeg", "-v", "error", "-y", *map(str, args)]
    return subprocess.run(command, input=data, check=True, capture_output=True).stdout


RAW = ("-f", "s16le", "-ar", "8000", "-ac", "1")


@pytest.mark.interop
@pytest.mark.parametrize("rate", [16, 24, 32])
@pytest.mark.parametrize("aal2", [False, True], ids=["RFC 3551", "AAL2"])
def test_g726_and_ffmpeg(rate: int, aal2: bool) -> None:
    """ffmpeg's G.726 is not exact (and at 40 kbit/s forgets that the leak is 2^-9 there); the packing is the same."""
    x = SOUNDS["tones"]
    name, form = (f"G.726 {rate} kbit/s (AAL2)", "g726") if aal2 else (f"G.726 {rate} kbit/s", "g726le")
    theirs = ffmpeg(*RAW, "-i", "-", "-c:a", form, "-b:a", f"{rate}k", "-f", form, "-", data=x.tobytes())
    back = ffmpeg("-f", form, "-code_size", rate // 8, "-ar", 8000, "-i", "-", *RAW, "-", data=encoded(name, x))
    quality = snr(x, decoded(name, encoded(name, x)))
    assert snr(x, decoded(name, theirs)) > quality - 6
    assert snr(x, np.frombuffer(back, np.int16)[:N]) > quality - 6


@pytest.mark.interop
@pytest.mark.parametrize("codec", ["OKI ADPCM (VOX)", "DVI4 ADPCM 32 kbit/s"])
def test_bare_adpcm_and_sox(codec: str) -> None:
    """sox multiplies before it shifts: a few steps of difference, which nothing in the format takes back: the zero line wanders a little."""
    form, x = ("vox", SOUNDS["tones"]) if "VOX" in codec else ("ima", SOUNDS["tones"])
    raw = ["-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-"]
    there = subprocess.run(["sox", "-D", *raw, "-t", form, "-"], input=x.tobytes(), check=True, capture_output=True).stdout
    back = subprocess.run(["sox", "-D", "-r", "8000", "-t", form, "-", *raw], input=encoded(codec, x), check=True, capture_output=True).stdout
    quality = snr(x, decoded(codec, encoded(codec, x)))
    assert quality > 20
    for y in (decoded(codec, there), np.frombuffer(back, np.int16)):
        apart = y.astype(float) - x
        wander = np.convolve(apart, np.ones(401) / 401, "same")
        assert np.abs(wander).max() < 2500
        assert snr(x, x + apart - wander) > quality - 4


# -- IMA blocks ------------------------------------------------------------------------------------------


def reference_ima(code: int, predictor: int, index: int) -> tuple[int, int]:
    """One nibble by the text of the IMA's recommendation, with its table made by its own rule of 1.1."""
    step = STEPS[index]
    apart = (step if code & 4 else 0) + (step // 2 if code & 2 else 0) + (step // 4 if code & 1 else 0) + step // 8
    predictor = max(-32768, min(32767, predictor - apart if code & 8 else predictor + apart))
    return predictor, max(0, min(88, index + (-1, -1, -1, -1, 2, 4, 6, 8)[code & 7]))


STEPS = [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143, 157,
    173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878,
    2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289,
    16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
]  # fmt: skip


@pytest.mark.parametrize("channels", [1, 2])
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_ima_blocks_by_the_text(channels: int, data: st.DataObject) -> None:
    groups = data.draw(st.integers(0, 5))
    block = data.draw(st.binary(min_size=4 * channels * (1 + groups), max_size=4 * channels * (1 + groups)))
    heads = [block[4 * c : 4 * c + 4] for c in range(channels)]
    coder = Coder("IMA ADPCM", channels=channels, block_octets=len(block))
    assert coder.block_frames == 8 * groups + 1
    if any(head[2] > 88 for head in heads):
        with pytest.raises(mf.MediaError):
            coder.decode(block)
        return
    want = np.zeros((coder.block_frames, channels), np.int16)
    for c, head in enumerate(heads):
        predictor, index = int.from_bytes(head[:2], "little", signed=True), head[2]
        want[0, c] = predictor
        for f in range(8 * groups):
            octet = block[4 * channels + f // 8 * 4 * channels + 4 * c + f % 8 // 2]
            predictor, index = reference_ima(octet >> 4 if f & 1 else octet & 15, predictor, index)
            want[f + 1, c] = predictor
    assert np.array_equal(np.array(coder.decode(block), dtype=np.int16).reshape(-1, channels), want)


@each_sound
@pytest.mark.parametrize("channels", [1, 2])
def test_ima_encoder_follows(sound: str, channels: int) -> None:
    """First samples of blocks are exact; the rest is as near as 4 bits let it."""
    coder = Coder("IMA ADPCM", channels=channels, block_octets=256 * channels, encoding=True)
    each = coder.block_frames * channels
    x = SOUNDS[sound][: N // each * each]
    y = decoded("IMA ADPCM", coder.encode(x), channels=channels, block_octets=256 * channels)
    assert np.array_equal(x.reshape(-1, each)[:, :channels], y.reshape(-1, each)[:, :channels])
    if sound in ("tones", "noise", "DC"):
        assert snr(x, y) > (20 if sound != "noise" and channels == 1 else 10)


# -- linear ------------------------------------------------------------------------------------------------


def test_linear_codecs_beside_numpy() -> None:
    rng = np.random.default_rng(3)
    octets = rng.integers(0, 256, 12000).astype(np.uint8).tobytes()
    x = np.frombuffer(octets, "<i2")
    assert np.array_equal(decoded("PCM 16 bits", octets), x)
    assert encoded("PCM 16 bits", x) == octets
    assert np.array_equal(decoded("PCM 16 bits big endian", octets), np.frombuffer(octets, ">i2"))
    assert encoded("PCM 16 bits big endian", np.frombuffer(octets, ">i2").astype(np.int16)) == octets
    assert np.array_equal(decoded("PCM 8 bits", octets), (np.frombuffer(octets, np.uint8).astype(int) - 128) * 256)
    assert np.array_equal(decoded("PCM 8 bits signed", octets), np.frombuffer(octets, np.int8).astype(int) * 256)
    whole = np.clip(np.round(x / 256 + 1e-9) + 128, 0, 255).astype(np.uint8)
    assert np.array_equal(np.frombuffer(encoded("PCM 8 bits", x), np.uint8), whole)
    wide = np.frombuffer(octets, "<i4").astype(np.int64)
    assert np.array_equal(decoded("PCM 32 bits", octets), np.clip((wide + 32768) >> 16, -32768, 32767))
    three = np.frombuffer(octets, np.uint8).reshape(-1, 3).astype(int)
    value = three[:, 0] + 256 * three[:, 1] + 65536 * three[:, 2]
    value = np.where(value >= 1 << 23, value - (1 << 24), value)
    assert np.array_equal(decoded("PCM 24 bits", octets), np.clip((value + 128) >> 8, -32768, 32767))


def test_float_of_every_kind() -> None:
    x = np.array([0, 0.5, -0.5, 1, -1, 2, -2, np.inf, -np.inf, np.nan, 1e-40, 0.99999], dtype="<f4")
    want = [0, 16384, -16384, 32767, -32768, 32767, -32768, 32767, -32768, 0, 0, 32767]
    assert decoded("float 32 bits", x.tobytes()).tolist() == want


# -- all ------------------------------------------------------------------------------------------------------


SIZED = ("IMA ADPCM", "Microsoft ADPCM")


def codec_names(*, encoding: bool) -> list[str]:
    out = []
    for name in mf.CODECS:
        try:
            Coder(name, block_octets=256 if name in SIZED else 0, encoding=encoding)
        except ValueError:
            continue
        out.append(name)
    return out


@pytest.mark.parametrize("codec", codec_names(encoding=True))
def test_pieces_make_no_difference(codec: str) -> None:
    """A stream cut at any block gives the same octets and samples as in one."""
    ima = {"block_octets": 256} if codec.startswith("IMA") else {}
    one, many = Coder(codec, encoding=True, **ima), Coder(codec, encoding=True, **ima)
    each, rng = one.block_frames, np.random.default_rng(5)
    x = SOUNDS["tones"][: N // each * each]
    whole, parts, at = one.encode(x), b"", 0
    while at < len(x):
        n = int(rng.integers(1, 9)) * each
        parts += many.encode(x[at : at + n])
        at += n
    assert parts == whole
    one, many = Coder(codec, **ima), Coder(codec, **ima)
    back, pieces = one.decode(whole), array("h")
    for at in range(0, len(whole), 3 * one.block_octets):
        pieces.extend(many.decode(whole[at : at + 3 * one.block_octets]))
    assert pieces == back
    many.reset()
    assert many.decode(whole) == back


@pytest.mark.parametrize("codec", codec_names(encoding=False))
@given(octets=st.binary(max_size=700))
@settings(max_examples=40, deadline=None)
def test_any_octets_decode(codec: str, octets: bytes) -> None:
    coder = Coder(codec, block_octets=64 if codec in SIZED else 0)
    octets = octets[: len(octets) // coder.block_octets * coder.block_octets]
    try:
        out = coder.decode(octets)
    except mf.MediaError:
        assert codec.startswith("GSM") or codec in SIZED
        return
    assert len(out) == len(octets) // coder.block_octets * coder.block_frames


@pytest.mark.parametrize("rate", RATES)
def test_g726_decoder_survives_garbage_alike(rate: int) -> None:
    """Vector and plain follow each other over codes that no encoder makes."""
    octets = np.random.default_rng(rate).integers(0, 256, 15000).astype(np.uint8).tobytes()
    fast = decoded(f"G.726 {rate} kbit/s", octets)
    mf.g726_plain(True)
    try:
        slow = decoded(f"G.726 {rate} kbit/s", octets)
    finally:
        mf.g726_plain(False)
    assert np.array_equal(fast, slow)


def test_wrong_use_is_told() -> None:
    with pytest.raises(ValueError, match="MP3"):
        Coder("MP3")
    with pytest.raises(ValueError, match="GSM"):
        Coder("GSM 06.10", channels=2)
    with pytest.raises(ValueError, match="float"):
        Coder("float 32 bits", encoding=True)
    with pytest.raises(ValueError, match="IMA"):
        Coder("IMA ADPCM", block_octets=3)
    with pytest.raises(ValueError, match="whole blocks"):
        Coder("GSM 06.10").decode(b"x")
