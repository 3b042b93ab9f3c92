"""What codecs of RTP cost: us a packet of 20 ms coded and decoded, and how many channels a core transcodes both ways; G.722 beside libspandsp's.

A channel in talk sends and receives 50 packets a second. G.723.1 has packets of 30 ms. Python's call, some 0.3 us a packet, is in the figures.
"""

from __future__ import annotations

import ctypes
import ctypes.util

import common
import numpy as np
from bench_codecs import best_ns, sound
from numpy.typing import NDArray

from xunhu._media import rtp_codec as rc

NAMES = ("PCMA", "G726-32", "GSM", "G722", "G729", "G723", "AMR", "opus")


def coder(name: str, x: NDArray[np.int16], rounds: int) -> tuple[float, float, int]:
    """us a packet of encoding and decoding; ms of a packet."""
    codec = rc.named(name)
    if codec is None or not codec.available:
        raise SystemExit(f"{name} is not available: tools/setup-system base peers")
    n = codec.ptime_ms * 8
    pieces = [x[at : at + n] for at in range(0, len(x) - n + 1, n)]
    encoder, decoder = codec.encoder(), codec.decoder()
    payloads = [encoder.encode(piece) for piece in pieces]
    there = best_ns(lambda: [encoder.encode(piece) for piece in pieces], rounds)
    back = best_ns(lambda: [decoder.decode(payload) for payload in payloads], rounds)
    return there / len(pieces) / 1000, back / len(pieces) / 1000, codec.ptime_ms


def spandsp_g722(x: NDArray[np.int16], rounds: int) -> tuple[float, float]:
    """us a packet of 20 ms; its sound is of 16 kHz, so that the change of rate, which ours has, is not in it."""
    lib = ctypes.CDLL(ctypes.util.find_library("spandsp"))
    for name in ("g722_encode_init", "g722_decode_init"):
        getattr(lib, name).restype = ctypes.c_void_p
        getattr(lib, name).argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
    for name in ("g722_encode", "g722_decode"):
        getattr(lib, name).argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    encoder, decoder = lib.g722_encode_init(None, 64000, 0), lib.g722_decode_init(None, 64000, 0)
    wide, octets, out = np.repeat(x, 2), np.zeros(len(x), np.uint8), np.zeros(2 * len(x), np.int16)
    there = best_ns(lambda: lib.g722_encode(encoder, octets.ctypes.data, wide.ctypes.data, len(wide)), rounds)
    back = best_ns(lambda: lib.g722_decode(decoder, out.ctypes.data, octets.ctypes.data, len(octets)), rounds)
    packets = len(x) / 160
    return there / packets / 1000, back / packets / 1000


def main() -> None:
    options = common.parser(__doc__).parse_args()
    seconds, rounds = (1, 1) if options.quick else (6, 5)
    x = sound(seconds)
    report = common.Report("rtp_codecs", f"Codecs of RTP, {seconds} s of sound", options.quick)
    theirs = spandsp_g722(x, rounds)
    for name in NAMES:
        there, back, ms = coder(name, x, rounds)
        for what, us, peer in (("encode", there, theirs[0]), ("decode", back, theirs[1])):
            beside = {"peer": "libspandsp", "peer_value": peer} if name == "G722" else {}
            report.add(f"{name} {what}, packet of {ms} ms", us, "us", **beside)  # type: ignore[arg-type]
        report.add(
            f"{name}: channels both ways on a core", 1e6 / ((there + back) * 1000 / ms), "channels", headline=True
        )
    report.print(options)


if __name__ == "__main__":
    main()
