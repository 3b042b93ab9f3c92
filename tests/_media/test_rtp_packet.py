"""RTP packets and their sources: RFC 3550 §5.1, Appendix A.1, A.3, A.8."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu._media import rtp


def test_header_of_the_rfc() -> None:
    packet = bytes.fromhex("80e30102000003e8deadbeef") + b"sound"
    assert rtp.parse(packet) == {
        "payload_type": 99,
        "marker": True,
        "csrcs": 0,
        "padding": 0,
        "sequence": 0x102,
        "timestamp": 1000,
        "ssrc": 0xDEADBEEF,
        "extension_profile": 0,
        "extension": b"",
        "payload": b"sound",
    }
    assert rtp.build(99, True, 0x102, 1000, 0xDEADBEEF, b"sound") == packet


def whole(csrcs: int, extension: bytes | None, payload: bytes, padding: int) -> bytes:
    first = 0x80 | (0x20 if padding else 0) | (0x10 if extension is not None else 0) | csrcs
    out = struct.pack("!BBHII", first, 8, 7, 8, 9) + bytes(4 * csrcs)
    if extension is not None:
        out += struct.pack("!HH", 0xBEDE, len(extension) // 4) + extension
    return out + payload + (bytes(padding - 1) + bytes([padding]) if padding else b"")


@given(
    st.integers(0, 15),
    st.none() | st.integers(0, 5).map(lambda n: bytes(range(4 * n))),
    st.binary(max_size=40),
    st.integers(0, 20),
)
def test_all_that_stands_before_and_behind_the_payload(
    csrcs: int, extension: bytes | None, payload: bytes, padding: int
) -> None:
    packet = whole(csrcs, extension, payload, padding)
    h = rtp.parse(packet)
    assert (h["csrcs"], h["padding"], h["payload"]) == (csrcs, padding, payload)
    assert h["extension"] == (extension or b"")
    for cut in range(12 + 4 * csrcs + (4 + len(extension) if extension is not None else 0)):
        with pytest.raises(ValueError, match="no RTP"):
            rtp.parse(packet[:cut])


@pytest.mark.parametrize(
    "packet",
    [whole(0, None, b"", 0)[:11], b"\x40" + bytes(20), b"\xa0" + bytes(11), whole(0, None, b"ab", 1)[:-1] + b"\x04"],
)
def test_what_is_none(packet: bytes) -> None:
    with pytest.raises(ValueError, match="no RTP"):
        rtp.parse(packet)


def test_rtcp_beside_rtp() -> None:
    """RFC 5761 §4: 192 to 223; payload types 64 to 95 with the marker would look like it."""
    assert [rtp.is_rtcp(bytes([0x80, second])) for second in (0, 8, 101, 191, 192, 200, 207, 223, 224, 0x80 | 101)] == [
        False,
        False,
        False,
        False,
        True,
        True,
        True,
        True,
        False,
        False,
    ]
    assert not rtp.is_rtcp(b"\x80")


def test_probation_loss_and_wrap() -> None:
    s = rtp.Source(1, 65533)
    assert s.update(65533) == "probation"
    assert s.update(65534) == "valid"
    for n in (65535, 0, 1, 3, 2, 5):  # 4 is lost, 2 comes late
        assert s.update(n & 0xFFFF) == "valid"
    assert s.highest == 65536 + 5
    assert (s.received, s.lost) == (7, 1)
    assert s.fraction() == 256 * 1 // 8
    assert s.fraction() == 0


def test_probation_begins_anew_out_of_order() -> None:
    s = rtp.Source(1, 10)
    assert [s.update(n) for n in (10, 12, 14, 15)] == ["probation", "probation", "probation", "valid"]


def test_a_jump_is_believed_when_it_is_confirmed() -> None:
    s = rtp.Source(1, 10)
    for n in range(10, 20):
        s.update(n)
    assert s.update(30000) == "wild"
    assert s.update(20) == "valid"
    assert [s.update(30000), s.update(30001)] == ["wild", "restarted"]
    assert (s.received, s.lost, s.highest) == (1, 0, 30001)


@given(st.lists(st.integers(0, 400), min_size=2, max_size=200), st.integers(0, 2**32 - 1))
def test_jitter_as_in_the_rfc(late: list[int], first: int) -> None:
    """A.8's estimator with real numbers: J += (|D| - J) / 16, within the rounding of its integers."""
    s, wanted, before = rtp.Source(1, 0), 0.0, None
    for i, more in enumerate(late):
        arrival, timestamp = 160 * i + more, (first + 160 * i) % 2**32
        s.arrived(timestamp, arrival * 125_000)
        if before is not None:
            wanted += (abs(more - before) - wanted) / 16
        before = more
        assert s.jitter == pytest.approx(wanted, abs=1.0)


def test_lost_is_held_to_24_bits() -> None:
    s = rtp.Source(1, 0)
    for n in (0, 1):
        s.update(n)
    at = 1
    for _ in range(8_388_608 // 2999 + 10):
        at += 2999
        s.update(at & 0xFFFF)
    assert s.lost == 0x7FFFFF
    assert s.fraction() == 255


def test_packets_of_ours_in_numpy() -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        kind, seq, ts, ssrc = (
            int(rng.integers(128)),
            int(rng.integers(2**16)),
            int(rng.integers(2**32)),
            int(rng.integers(2**32)),
        )
        packet = rtp.build(kind, bool(seq & 1), seq, ts, ssrc)
        fields = np.frombuffer(packet, np.dtype([("v", "u1"), ("m", "u1"), ("s", ">u2"), ("t", ">u4"), ("x", ">u4")]))[
            0
        ]
        assert (fields["v"], fields["m"], fields["s"], fields["t"], fields["x"]) == (
            0x80,
            kind | (seq & 1) << 7,
            seq,
            ts,
            ssrc,
        )
