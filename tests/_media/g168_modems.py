"""Modems and a coder of libspandsp through ctypes, for the tests of the echo canceller with fax, data and coded echo paths."""

import ctypes
from collections.abc import Callable
from ctypes import CDLL, CFUNCTYPE, POINTER, c_char_p, c_int, c_int16, c_uint8, c_void_p

import numpy as np
from g168_sounds import Samples

Bits = list[int]
END_OF_DATA = -7
TRAINED = -4
_GET = CFUNCTYPE(c_int, c_void_p)
_PUT = CFUNCTYPE(None, c_void_p, c_int)
_AMP = POINTER(c_int16)


class _FskSpec(ctypes.Structure):
    _fields_ = [("name", c_char_p), *[(n, c_int) for n in ("zero", "one", "tx_level", "min_level", "baud_rate")]]


def _library() -> CDLL:
    lib = CDLL("libspandsp.so.2")
    for name, arguments in {
        "v29_tx_init": [c_void_p, c_int, c_int, _GET, c_void_p],
        "v17_tx_init": [c_void_p, c_int, c_int, _GET, c_void_p],
        "v29_rx_init": [c_void_p, c_int, _PUT, c_void_p],
        "v17_rx_init": [c_void_p, c_int, _PUT, c_void_p],
        "fsk_tx_init": [c_void_p, POINTER(_FskSpec), _GET, c_void_p],
        "fsk_rx_init": [c_void_p, POINTER(_FskSpec), c_int, _PUT, c_void_p],
        "v22bis_init": [c_void_p, c_int, c_int, c_int, _GET, c_void_p, _PUT, c_void_p],
        "g726_init": [c_void_p, c_int, c_int, c_int],
    }.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = c_void_p, arguments
    for name in ("v29_tx", "v29_rx", "v17_tx", "v17_rx", "fsk_tx", "fsk_rx", "v22bis_tx", "v22bis_rx"):
        getattr(lib, name).argtypes = [c_void_p, _AMP, c_int]
    lib.g726_encode.argtypes = [c_void_p, POINTER(c_uint8), _AMP, c_int]
    lib.g726_decode.argtypes = [c_void_p, _AMP, POINTER(c_uint8), c_int]
    for name in ("v29_tx", "v29_rx", "v17_tx", "v17_rx", "fsk_tx", "fsk_rx", "v22bis", "g726"):
        getattr(lib, f"{name}_free").argtypes = [c_void_p]
    return lib


_lib = _library()


def _pointer(x: Samples) -> "ctypes._Pointer[c_int16]":
    return x.ctypes.data_as(_AMP)


def _v21() -> "ctypes._Pointer[_FskSpec]":
    specs = (_FskSpec * 2).in_dll(_lib, "preset_fsk_specs")
    return ctypes.pointer(specs[1])  # channel 2, what fax machines use


def random_bits(n: int, seed: int) -> Bits:
    return np.random.default_rng(seed).integers(0, 2, n).tolist()


def _source(bits: Bits) -> Callable[[int | None], int]:
    rest = iter(bits)
    return lambda _: next(rest, END_OF_DATA)


def send(kind: str, bits: Bits, rate: int = 0) -> Samples:
    """What "v21", "v29" or "v17" sends for the bits, training first; about -14 dBm0."""
    get = _GET(_source(bits))
    if kind == "v21":
        state = _lib.fsk_tx_init(None, _v21(), get, None)
        run, free = _lib.fsk_tx, _lib.fsk_tx_free
    else:
        state = getattr(_lib, f"{kind}_tx_init")(None, rate, 0, get, None)
        run, free = getattr(_lib, f"{kind}_tx"), getattr(_lib, f"{kind}_tx_free")
    out = np.zeros(8000 * 30, np.int16)
    n = run(state, _pointer(out), len(out))
    free(state)
    return out[:n]


def receive(kind: str, x: Samples, rate: int = 0) -> Bits:
    """The bits heard, after training."""
    bits: Bits = []

    def put(_: int | None, bit: int) -> None:
        if bit == TRAINED:
            bits.clear()
        elif bit >= 0:
            bits.append(bit)

    callback = _PUT(put)
    if kind == "v21":
        state = _lib.fsk_rx_init(None, _v21(), 1, callback, None)
        run, free = _lib.fsk_rx, _lib.fsk_rx_free
    else:
        state = getattr(_lib, f"{kind}_rx_init")(None, rate, callback, None)
        run, free = getattr(_lib, f"{kind}_rx"), getattr(_lib, f"{kind}_rx_free")
    x = np.ascontiguousarray(x)
    for at in range(0, len(x), 160):
        part = x[at : at + 160]
        run(state, _pointer(part), len(part))
    free(state)
    return bits


def errors(sent: Bits, heard: Bits) -> int:
    """Bits of `sent` that are wrong in what was heard, wherever it begins there; all, where it is not found."""
    a = np.array(sent)
    best = len(a)
    for at in range(max(len(heard) - len(a) + 1, 0)):
        if heard[at : at + 16] == sent[:16] or heard[at + 32 : at + 48] == sent[32:48]:
            best = min(best, int(np.count_nonzero(a != np.array(heard[at : at + len(a)]))))
    return best


class V22bis:
    """A full duplex modem of 2,400 bit/s that sends random bits."""

    def __init__(self, calling: bool, seed: int) -> None:
        self.sent: Bits = []
        self.heard: Bits = []
        self.trained = False
        self._bits = np.random.default_rng(seed)
        self._get, self._put = _GET(self._next), _PUT(self._take)
        self._state = _lib.v22bis_init(None, 2400, 0, int(calling), self._get, None, self._put, None)

    def _next(self, _: int | None) -> int:
        self.sent.append(int(self._bits.integers(0, 2)))
        return self.sent[-1]

    def _take(self, _: int | None, bit: int) -> None:
        if bit == TRAINED:
            self.trained = True
            self.heard.clear()
        elif bit >= 0:
            self.heard.append(bit)

    def transmit(self, n: int) -> Samples:
        out = np.zeros(n, np.int16)
        _lib.v22bis_tx(self._state, _pointer(out), n)
        return out

    def receive(self, x: Samples) -> None:
        x = np.ascontiguousarray(x)
        _lib.v22bis_rx(self._state, _pointer(x), len(x))

    def close(self) -> None:
        _lib.v22bis_free(self._state)


def g726(x: Samples, rate: int = 32_000) -> Samples:
    """Coded and decoded again by ADPCM."""
    coder, decoder = (_lib.g726_init(None, rate, 0, 0) for _ in range(2))
    x = np.ascontiguousarray(x)
    coded, out = np.zeros(len(x), np.uint8), np.zeros(len(x), np.int16)
    n = _lib.g726_encode(coder, coded.ctypes.data_as(POINTER(c_uint8)), _pointer(x), len(x))
    _lib.g726_decode(decoder, _pointer(out), coded.ctypes.data_as(POINTER(c_uint8)), n)
    _lib.g726_free(coder)
    _lib.g726_free(decoder)
    return out
