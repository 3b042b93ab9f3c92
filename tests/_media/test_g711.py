"""xunhu._media.g711 against the tables of ITU-T G.711 (11/88), computed here, and against sox."""

import subprocess
from array import array
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from xunhu._media import g711

Ints = npt.NDArray[np.int64]
ALL = np.arange(-32768, 32768, dtype=np.int16)


def a_law_positive() -> tuple[Ints, Ints]:
    """Decision values (lower bounds) and outputs of intervals 0..127 on the 16-bit scale, Table 1a: segments of 32 steps
    (1st) and 16 steps (2nd to 7th), the step of 2 doubling with each segment; 4096 is 32768 here."""
    steps = np.concatenate([np.full(32, 2), *[np.full(16, 2 << k) for k in range(1, 7)]])
    bounds = np.concatenate([[0], np.cumsum(steps)])
    assert bounds[-1] == 4096
    return bounds[:-1] * 8, (bounds[:-1] + bounds[1:]) * 4


def u_law_positive() -> tuple[Ints, Ints]:
    """Table 2a: a first interval 0..1 with output 0, then 15 steps of 2, then segments of 16 steps doubling; 8159 at the end.
    The scale of the table is a quarter of ours."""
    steps = np.concatenate([[1], np.full(15, 2), *[np.full(16, 2 << k) for k in range(1, 8)]])
    bounds = np.concatenate([[0], np.cumsum(steps)])
    assert bounds[-1] == 8159
    outputs = bounds[:-1] + bounds[1:]
    outputs[0] = 0
    return bounds[:-1] * 4, outputs * 2


def a_law_octet(interval: Ints, negative: npt.NDArray[np.bool_]) -> Ints:
    return (interval | np.where(negative, 0, 0x80)) ^ 0x55


def u_law_octet(interval: Ints, negative: npt.NDArray[np.bool_]) -> Ints:
    return np.where(negative, 0x7F, 0xFF) - interval


LAWS = {
    "A": (a_law_positive(), a_law_octet, g711.alaw_encode, g711.alaw_decode, "a-law", "al"),
    "u": (u_law_positive(), u_law_octet, g711.ulaw_encode, g711.ulaw_decode, "u-law", "ul"),
}


@pytest.mark.parametrize("law", LAWS)
def test_decode_all_256(law: str) -> None:
    (_, outputs), octet, _, decode, *_ = LAWS[law]
    table = np.zeros(256, dtype=np.int64)
    for negative in (False, True):
        table[octet(np.arange(128), np.full(128, negative))] = -outputs if negative else outputs
    assert np.array_equal(np.array(decode(bytes(range(256)))), table)


@pytest.mark.parametrize("law", LAWS)
def test_encode_all_65536(law: str) -> None:
    (bounds, _), octet, encode, *_ = LAWS[law]
    wide = ALL.astype(np.int64)
    negative = wide < 0
    # A value on a decision value belongs to the interval above it when positive, to the one nearer zero when negative.
    interval = np.where(
        negative, np.searchsorted(bounds, -wide, side="left") - 1, np.searchsorted(bounds, wide, side="right") - 1
    )
    assert np.array_equal(np.frombuffer(encode(ALL), np.uint8), octet(interval, negative))


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("length", [0, 1, 7, 15, 16, 17, 31, 32, 33, 80, 161])
def test_any_length_and_position(law: str, length: int) -> None:
    """The wide path and the rest behind it agree wherever a block begins."""
    _, _, encode, decode, *_ = LAWS[law]
    octets = encode(ALL)
    for at in range(0, 65536 - length, 1009):
        part = ALL[at : at + length]
        assert encode(part) == octets[at : at + length]
        assert decode(octets[at : at + length]) == decode(octets)[at : at + length]


@pytest.mark.parametrize("law", LAWS)
def test_octets_survive_a_round_trip(law: str) -> None:
    _, _, encode, decode, *_ = LAWS[law]
    octets = bytes(range(256))
    again = encode(decode(octets))
    if law == "u":  # 0x7F is minus zero: linear samples have only one zero
        assert octets[0x7F] == 0x7F
        assert again[0x7F] == 0xFF
        again = again[:0x7F] + b"\x7f" + again[0x80:]
    assert again == octets


@pytest.mark.parametrize("law", LAWS)
def test_sox_agrees_on_all_codes(law: str, tmp_path: Path) -> None:
    _, _, encode, decode, sox_name, suffix = LAWS[law]
    raw = ["-r", "8000", "-c", "1"]
    coded, linear, again = (str(tmp_path / name) for name in (f"codes.{suffix}", "linear.s16", f"again.{suffix}"))
    octets = bytes(range(256))
    Path(coded).write_bytes(octets)
    law_args = ["-t", "raw", *raw, "-e", sox_name, "-b", "8"]
    pcm_args = ["-t", "raw", *raw, "-e", "signed", "-b", "16"]
    subprocess.run(["sox", "-D", *law_args, coded, *pcm_args, linear], check=True)
    subprocess.run(["sox", "-D", *pcm_args, linear, *law_args, again], check=True)
    theirs = array("h", Path(linear).read_bytes())
    assert decode(octets) == theirs
    assert encode(theirs) == Path(again).read_bytes()


def test_zero_dbm0_sequence() -> None:
    """G.711 Tables 5 and 6: these octets, repeated, are a sine of 1 kHz at 0 dBm0."""
    for octets, decode, overload in (
        (bytes.fromhex("342121 34b4a1a1b4"), g711.alaw_decode, 3.14),
        (bytes.fromhex("1e0b0b1e9e8b8b9e"), g711.ulaw_decode, 3.17),
    ):
        rms = np.sqrt(np.mean(np.square(np.array(decode(octets), dtype=float))))
        peak = 32768 if overload == 3.14 else 8159 * 4
        assert 20 * np.log10(rms * np.sqrt(2) / peak) + overload == pytest.approx(0.0, abs=0.02)


def test_wrong_types_are_refused() -> None:
    with pytest.raises(ValueError, match="mismatch"):
        g711.alaw_encode(array("i", [1]))
    with pytest.raises((ValueError, BufferError)):
        g711.ulaw_decode(array("h", [1]))
