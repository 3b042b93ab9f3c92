"""HDLC framing as Python sees it: properties, and held against libspandsp's (C's own tests: tests/c/test_hdlc.c)."""

import ctypes
import ctypes.util
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu._e1.hdlc import FRAME_MAX, FRAME_MIN, Receiver, Transmitter, fcs

unhurried = settings(deadline=None)  # no test fails for a slow machine
frames = st.lists(st.binary(min_size=FRAME_MIN, max_size=FRAME_MAX), min_size=1, max_size=6)


def on_line(sent: list[bytes], idle: int = 3) -> bytes:
    tx = Transmitter()
    line = tx.octets(idle)
    for frame in sent:
        while not tx.send(frame):
            line += tx.octets(16)
    while not tx.idle:
        line += tx.octets(16)
    return line + tx.octets(4)


def pieces(line: bytes, cuts: list[int]) -> list[bytes]:
    at = sorted({0, len(line), *(c % (len(line) + 1) for c in cuts)})
    return [line[a:b] for a, b in pairwise(at)]


@unhurried
@given(frames, st.lists(st.integers(0, 3000), max_size=20))
def test_frames_come_back_whatever_the_split(sent: list[bytes], cuts: list[int]) -> None:
    rx = Receiver()
    got = [frame for piece in pieces(on_line(sent), cuts) for frame in rx.receive(piece)]
    assert got == sent
    assert rx.counters() == {
        "frames": len(sent), "fcs_errors": 0, "aborts": 0, "too_long": 0, "too_short": 0, "not_octets": 0,
    }  # fmt: skip


@unhurried
@given(frames, st.lists(st.integers(0, 1 << 16), min_size=1, max_size=6))
def test_bit_errors_give_no_frame_with_a_wrong_fcs(sent: list[bytes], hits: list[int]) -> None:
    line = bytearray(on_line(sent))
    for hit in hits:
        line[hit // 8 % len(line)] ^= 0x80 >> hit % 8
    rx = Receiver()
    got = rx.receive(line)
    # What passes must at least be on the line: sent again alone, its bits are found there.
    bits = "".join(f"{o:08b}" for o in line)
    for frame in got:
        alone = "".join(f"{o:08b}" for o in on_line([frame], 0))
        assert alone.split("01111110")[1] in bits
    assert rx.receive(on_line([b"\x02\x01\x7f"])) == [b"\x02\x01\x7f"]


@unhurried
@given(st.binary(max_size=2000))
def test_any_line_is_taken(line: bytes) -> None:
    rx = Receiver()
    for frame in rx.receive(line):
        assert FRAME_MIN <= len(frame) <= FRAME_MAX


def test_the_frame_goes_lsb_first_and_the_octet_msb_first() -> None:
    tx = Transmitter()
    assert tx.send(b"\x01\x02\x03")
    assert tx.octets(4) == bytes([0x7E, 0x80, 0x40, 0xC0])


def test_lengths_outside_the_range_are_refused() -> None:
    tx = Transmitter()
    for n in (0, FRAME_MIN - 1, FRAME_MAX + 1):
        with pytest.raises(ValueError, match="3 to 300"):
            tx.send(bytes(n))
    with pytest.raises(ValueError, match="negative"):
        tx.octets(-1)
    assert tx.octets(2) == b"\x7e\x7e"


def test_a_full_ring_says_so_and_empties() -> None:
    tx = Transmitter()
    put = 0
    while tx.send(bytes([put]) * FRAME_MAX):
        put += 1
    assert put >= 2
    assert not tx.ready
    got = Receiver().receive(tx.octets(put * FRAME_MAX * 2))
    assert got == [bytes([i]) * FRAME_MAX for i in range(put)]
    assert tx.idle
    assert tx.frames == put


def test_fcs_of_x25_appendix_i() -> None:
    assert fcs(b"\x01\x3f") == 0xDFEB  # SABM
    assert fcs(b"\x01\x73") == 0x5783  # UA
    assert fcs(b"123456789") == 0x906E


# -- libspandsp -----------------------------------------------------------------------------------

FRAME_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(ctypes.c_ubyte), ctypes.c_int, ctypes.c_int)
UNDERFLOW_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


@pytest.fixture(scope="module")
def spandsp() -> ctypes.CDLL:
    name = ctypes.util.find_library("spandsp")
    assert name, "libspandsp is missing: tools/setup-system installs it"
    lib = ctypes.CDLL(name)
    for function in ("hdlc_rx_init", "hdlc_tx_init"):
        getattr(lib, function).restype = ctypes.c_void_p
    return lib


def some_frames(seed: int) -> list[bytes]:
    rng = random.Random(seed)
    sizes = [FRAME_MIN, FRAME_MAX, *(rng.randint(FRAME_MIN, 60) for _ in range(60))]
    return [bytes(rng.choice((0xFF, 0x7E, rng.randrange(256))) for _ in range(n)) for n in sizes]


@pytest.mark.interop
def test_spandsp_reads_what_we_send(spandsp: ctypes.CDLL) -> None:
    got: list[bytes] = []
    bad: list[int] = []

    def handler(_: object, packet: "ctypes._Pointer[ctypes.c_ubyte]", n: int, ok: int) -> None:
        if n < 0:
            return  # a line status, such as "flags seen"
        if ok:
            got.append(bytes(packet[:n]))
        else:
            bad.append(n)

    callback = FRAME_HANDLER(handler)
    rx = ctypes.c_void_p(spandsp.hdlc_rx_init(None, 0, 1, 1, callback, None))
    sent = some_frames(1)
    line = on_line(sent)
    for at in range(0, len(line), 80):
        piece = line[at : at + 80]
        spandsp.hdlc_rx_put(rx, piece, len(piece))
    spandsp.hdlc_rx_free(rx)
    assert got == sent
    assert bad == []


@pytest.mark.interop
def test_we_read_what_spandsp_sends(spandsp: ctypes.CDLL) -> None:
    callback = UNDERFLOW_HANDLER(lambda _: None)
    tx = ctypes.c_void_p(spandsp.hdlc_tx_init(None, 0, 1, 0, callback, None))
    spandsp.hdlc_tx_flags(tx, 3)
    rx = Receiver()
    sent, got = some_frames(2), []
    buffer = ctypes.create_string_buffer(80)
    for frame in sent:
        assert spandsp.hdlc_tx_frame(tx, frame, len(frame)) == 0
        for _ in range(len(frame) * 6 // 5 // 80 + 2):
            n = spandsp.hdlc_tx_get(tx, buffer, 80)
            got += rx.receive(buffer.raw[:n])
    spandsp.hdlc_tx_free(tx)
    assert got == sent
    assert rx.counters()["fcs_errors"] == rx.counters()["not_octets"] == 0
