"""libspandsp's DTMF receiver and generator through ctypes, to hold ours against; test use only."""

import ctypes
from ctypes import CDLL, POINTER, c_char_p, c_int, c_int16, c_void_p

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]


def _library() -> CDLL:
    lib = CDLL("libspandsp.so.2")
    lib.dtmf_rx_init.restype = c_void_p
    lib.dtmf_rx_init.argtypes = [c_void_p, c_void_p, c_void_p]
    lib.dtmf_rx.argtypes = [c_void_p, POINTER(c_int16), c_int]
    lib.dtmf_rx_get.argtypes = [c_void_p, c_char_p, c_int]
    lib.dtmf_rx_get.restype = ctypes.c_size_t
    lib.dtmf_rx_free.argtypes = [c_void_p]
    lib.dtmf_rx_parms.argtypes = [c_void_p, c_int, c_int, c_int, c_int]
    lib.dtmf_tx_init.restype = c_void_p
    lib.dtmf_tx_init.argtypes = [c_void_p]
    lib.dtmf_tx_set_level.argtypes = [c_void_p, c_int, c_int]
    lib.dtmf_tx_set_timing.argtypes = [c_void_p, c_int, c_int]
    lib.dtmf_tx_put.argtypes = [c_void_p, c_char_p, c_int]
    lib.dtmf_tx.argtypes = [c_void_p, POINTER(c_int16), c_int]
    lib.dtmf_tx_free.argtypes = [c_void_p]
    lib.tone_gen_descriptor_init.restype = c_void_p
    lib.tone_gen_descriptor_init.argtypes = [c_void_p, *[c_int] * 9]
    lib.tone_gen_descriptor_free.argtypes = [c_void_p]
    lib.tone_gen_init.restype = c_void_p
    lib.tone_gen_init.argtypes = [c_void_p, c_void_p]
    lib.tone_gen.argtypes = [c_void_p, POINTER(c_int16), c_int]
    lib.tone_gen_free.argtypes = [c_void_p]
    return lib


_lib = _library()


def _pointer(x: Samples) -> "ctypes._Pointer[c_int16]":
    return x.ctypes.data_as(POINTER(c_int16))


def receive(x: Samples, *, block: int = 160) -> str:
    """The digits spandsp's receiver, as it comes, finds in x."""
    state = _lib.dtmf_rx_init(None, None, None)
    assert state
    got = ""
    room = ctypes.create_string_buffer(129)
    x = np.ascontiguousarray(x)
    for at in range(0, len(x), block):
        part = x[at : at + block]
        _lib.dtmf_rx(state, _pointer(part), len(part))
        if _lib.dtmf_rx_get(state, room, 128):
            got += room.value.decode()
    _lib.dtmf_rx_free(state)
    return got


def send(digits: str, *, level: int = -10, twist: int = 0, on_ms: int = 50, off_ms: int = 50) -> Samples:
    """What spandsp's generator sends; level of the low tone in dBm0, twist = high over low in dB."""
    state = _lib.dtmf_tx_init(None)
    assert state
    _lib.dtmf_tx_set_level(state, level, twist)
    _lib.dtmf_tx_set_timing(state, on_ms, off_ms)
    made = []
    for at in range(0, len(digits), 64):
        assert _lib.dtmf_tx_put(state, digits[at : at + 64].encode(), -1) == 0
        x = np.zeros(len(digits[at : at + 64]) * (on_ms + off_ms) * 8 + 160, np.int16)
        n = _lib.dtmf_tx(state, _pointer(x), len(x))
        made.append(x[:n])
    _lib.dtmf_tx_free(state)
    return np.concatenate(made)


def tones(f1: int, level1: int, f2: int, level2: int, *, on_ms: int, off_ms: int) -> Samples:
    """spandsp's tone generator: two tones (Hz, dBm0) once on and once off."""
    descriptor = _lib.tone_gen_descriptor_init(None, f1, level1, f2, level2, on_ms, off_ms, 0, 0, 0)
    state = _lib.tone_gen_init(None, descriptor)
    x = np.zeros((on_ms + off_ms) * 8, np.int16)
    n = _lib.tone_gen(state, _pointer(x), len(x))
    _lib.tone_gen_free(state)
    _lib.tone_gen_descriptor_free(descriptor)
    return x[:n]
