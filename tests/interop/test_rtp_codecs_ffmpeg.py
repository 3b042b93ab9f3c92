"""Codecs of RTP against decoders and encoders of others: ffmpeg's own (not those of the libraries ours use, but for G.723.1), libspandsp."""

import ctypes
import ctypes.util
import struct
import subprocess

import numpy as np
import numpy.typing as npt
import pytest

from xunhu._media import rtp_codec as rc

Samples = npt.NDArray[np.int16]
RATE = 8000


def _voiced(seconds: float) -> Samples:
    """A voice of a kind: pulses of a falling pitch through two resonances, with pauses."""
    n = round(seconds * RATE)
    t = np.arange(n) / RATE
    pitch = np.cumsum(120 - 25 * np.sin(2.1 * t)) / RATE
    pulses = np.diff(np.floor(pitch), prepend=0.0)
    y = np.random.default_rng(5).normal(0, 0.02, n) + pulses
    for hz, width in ((520, 80), (1650, 140)):
        r, w = np.exp(-np.pi * width / RATE), 2 * np.pi * hz / RATE
        out = np.zeros(n + 2)
        for i in range(n):
            out[i + 2] = y[i] + 2 * r * np.cos(w) * out[i + 1] - r * r * out[i]
        y = out[2:]
    y *= 0.5 + 0.5 * np.sign(np.sin(2 * np.pi * 0.7 * t))
    return (9000 * y / np.abs(y).max()).astype(np.int16)


SOUND = _voiced(4.2)


def codec(name: str) -> rc.RtpCodec:
    found = rc.named(name)
    assert found is not None, name
    assert found.available, name
    return found


def packets(name: str, ms: int, **options: int) -> list[bytes]:
    encoder = codec(name).encoder(**options)
    return [encoder.encode(SOUND[i : i + ms * 8]) for i in range(0, len(SOUND), ms * 8)]


def heard(name: str, payloads: list[bytes], mode: int = 0) -> Samples:
    decoder = codec(name).decoder(mode=mode)
    return np.frombuffer(b"".join(decoder.decode(p) for p in payloads), np.int16)


def ffmpeg(data: bytes, *arguments: str) -> bytes:
    done = subprocess.run(["ffmpeg", "-v", "error", *arguments, "-"], input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def decoded(data: bytes, *form: str) -> Samples:
    pcm = ffmpeg(data, *form, "-i", "-", "-f", "s16le", "-ar", str(RATE), "-ac", "1")
    return np.frombuffer(pcm, np.int16)


def snr(x: Samples, y: Samples) -> float:
    """At the best delay within 25 ms."""
    n = min(len(x), len(y)) - 400
    a = x[200 : 200 + n].astype(float)
    best = -99.0
    for lag in range(400):
        b = y[lag : lag + n].astype(float)
        best = max(best, float(10 * np.log10((a @ a) / max(((a - b) ** 2).sum(), 1.0))))
    return best


@pytest.mark.interop
def test_gsm_both_ways() -> None:
    ours = packets("GSM", 20)
    theirs = ffmpeg(SOUND.tobytes(), "-f", "s16le", "-ar", "8000", "-ac", "1", "-i", "-", "-c:a", "libgsm", "-f", "gsm")
    assert b"".join(ours) == theirs[: 33 * len(ours)]
    assert np.array_equal(
        decoded(b"".join(ours), "-f", "gsm")[: len(SOUND)], heard("GSM", ours)
    )  # ffmpeg's own decoder


@pytest.mark.interop
def test_g729_is_what_ffmpeg_decodes() -> None:
    ours = packets("G729", 20)
    assert snr(heard("G729", ours), decoded(b"".join(ours), "-f", "g729")) > 15


@pytest.mark.interop
@pytest.mark.parametrize("rate", [4750, 5900, 7400, 12200])
def test_amr_is_what_ffmpeg_decodes(rate: int) -> None:
    """The frames of octet-aligned payloads are those of a file (RFC 4867 §5.3)."""
    ours = packets("AMR", 20, bits_per_second=rate, mode=rc.AMR_OCTET_ALIGNED)
    theirs = decoded(b"#!AMR\n" + b"".join(p[1:] for p in ours), "-f", "amr")
    assert snr(heard("AMR", ours, rc.AMR_OCTET_ALIGNED), theirs) > 15


@pytest.mark.interop
def test_g7231_at_both_rates_and_in_silence() -> None:
    ours = packets("G723", 30)
    assert np.array_equal(decoded(b"".join(ours), "-f", "g723_1")[: len(SOUND)], heard("G723", ours)[: len(SOUND)])
    # Rates may change from frame to frame: what is 5.3 kbit/s by its two lowest bits has 20 octets, silence 4, nothing 1.
    low = bytes([ours[9][0] & ~3 | 1]) + ours[9][1:20]
    for payload, frames in ((low, 1), (ours[0] + low, 2), (low + bytes([2, 0x10, 0x20, 0x30]), 2), (low + b"\x03", 2)):
        assert codec("G723").samples(payload) == 240 * frames
        assert len(heard("G723", [*ours[:9], payload])) == 240 * (9 + frames)


# -- G.722, G.726: libspandsp ------------------------------------------------------------------------------------------


def _spandsp() -> ctypes.CDLL:
    found = ctypes.util.find_library("spandsp")
    assert found is not None, "libspandsp is not installed: tools/setup-system peers"
    lib = ctypes.CDLL(found)
    lib.g726_init.restype = ctypes.c_void_p
    lib.g726_init.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_int]
    for name in ("g722_decode_init", "g722_encode_init"):
        getattr(lib, name).restype = ctypes.c_void_p
        getattr(lib, name).argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
    for name in ("g722_decode", "g722_encode", "g726_encode"):
        getattr(lib, name).restype = ctypes.c_int
        getattr(lib, name).argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    return lib


@pytest.mark.interop
def test_g722_both_ways_with_spandsp() -> None:
    lib = _spandsp()
    ours = b"".join(packets("G722", 20))
    state = lib.g722_decode_init(None, 64000, 0)
    wide = np.zeros(2 * len(ours), np.int16)
    assert lib.g722_decode(state, wide.ctypes.data, ours, len(ours)) == len(wide)
    assert snr(SOUND, wide[::2].copy()) > 12
    encode = lib.g722_encode_init(None, 64000, 0)
    sound = np.repeat(SOUND, 2)
    octets = ctypes.create_string_buffer(len(SOUND))
    assert lib.g722_encode(encode, octets, sound.ctypes.data, len(sound)) == len(SOUND)
    raw = octets.raw
    assert snr(SOUND, heard("G722", [raw[i : i + 160] for i in range(0, len(raw), 160)])) > 12


@pytest.mark.interop
@pytest.mark.parametrize("bits", [2, 3, 4, 5])
@pytest.mark.parametrize(("prefix", "packing"), [("", 2), ("AAL2-", 1)])
def test_g726_to_the_bit_with_spandsp(bits: int, prefix: str, packing: int) -> None:
    lib = _spandsp()
    state = lib.g726_init(None, 8000 * bits, 0, packing)
    octets = ctypes.create_string_buffer(len(SOUND))
    n = lib.g726_encode(state, octets, SOUND.ctypes.data, len(SOUND))
    assert b"".join(packets(f"{prefix}G726-{8 * bits}", 20)) == octets.raw[:n]


# -- Opus: ffmpeg's own coder and decoder, in Ogg ---------------------------------------------------------------


def _ogg_crc(page: bytes) -> int:
    crc = 0
    for octet in page:
        crc ^= octet << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc


def _ogg_page(packet: bytes, sequence: int, granule: int, flags: int) -> bytes:
    lacing = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, 77, sequence, 0, len(lacing))
    page = bytearray(head + lacing + packet)
    page[22:26] = struct.pack("<I", _ogg_crc(bytes(page)))
    return bytes(page)


def _ogg(payloads: list[bytes], samples: int) -> bytes:
    """RFC 7845; samples of 48 kHz a packet."""
    out = _ogg_page(b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 8000, 0, 0), 0, 0, 2)
    out += _ogg_page(b"OpusTags" + struct.pack("<I", 0) + struct.pack("<I", 0), 1, 0, 0)
    for i, payload in enumerate(payloads):
        out += _ogg_page(payload, i + 2, (i + 1) * samples, 4 if i + 1 == len(payloads) else 0)
    return out


def _packets_of(ogg: bytes) -> list[bytes]:
    found: list[bytes] = []
    at, waiting = 0, b""
    while at < len(ogg):
        count = ogg[at + 26]
        lacing = ogg[at + 27 : at + 27 + count]
        at += 27 + count
        for length in lacing:
            waiting += ogg[at : at + length]
            at += length
            if length < 255:
                found.append(waiting)
                waiting = b""
    return found[2:]


@pytest.mark.interop
def test_opus_both_ways_with_ffmpegs_own() -> None:
    ours = packets("opus", 20)
    theirs = ffmpeg(_ogg(ours, 960), "-c:a", "opus", "-f", "ogg", "-i", "-", "-f", "s16le", "-ar", "8000", "-ac", "1")
    assert snr(heard("opus", ours), np.frombuffer(theirs, np.int16)) > 15
    made = ffmpeg(
        SOUND.tobytes(), "-f", "s16le", "-ar", "8000", "-ac", "1", "-i", "-", "-ar", "48000", "-c:a", "opus", "-strict", "-2",
        "-b:a", "64k", "-f", "ogg",
    )  # fmt: skip
    sound = heard("opus", _packets_of(made))
    n = min(len(sound), len(SOUND))
    assert n > 0.95 * len(SOUND)
    power = [np.abs(np.fft.rfft(x[: n // 256 * 256].reshape(-1, 256) * np.hanning(256))) ** 2 for x in (SOUND, sound)]
    bands = [p[:, 6:90].mean(0) for p in power]
    assert (
        np.abs(10 * np.log10(bands[0].sum() / bands[1].sum())) < 1.5
    )  # its coder has no speech mode: the spectrum is what is kept
    assert np.corrcoef(*[np.log(b) for b in bands])[0, 1] > 0.95
