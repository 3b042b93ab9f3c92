"""libspandsp's generator and receiver of answer tones through ctypes, to hold ours against; test use only."""

from ctypes import CDLL, POINTER, c_int, c_int16, c_void_p

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
ANS, ANS_PR, ANSAM, ANSAM_PR = 2, 3, 4, 5


def _library() -> CDLL:
    lib = CDLL("libspandsp.so.2")
    lib.modem_connect_tones_tx_init.restype = c_void_p
    lib.modem_connect_tones_tx_init.argtypes = [c_void_p, c_int]
    lib.modem_connect_tones_tx.argtypes = [c_void_p, POINTER(c_int16), c_int]
    lib.modem_connect_tones_tx_free.argtypes = [c_void_p]
    lib.modem_connect_tones_rx_init.restype = c_void_p
    lib.modem_connect_tones_rx_init.argtypes = [c_void_p, c_int, c_void_p, c_void_p]
    lib.modem_connect_tones_rx.argtypes = [c_void_p, POINTER(c_int16), c_int]
    lib.modem_connect_tones_rx_get.argtypes = [c_void_p]
    lib.modem_connect_tones_rx_free.argtypes = [c_void_p]
    return lib


_lib = _library()


def send(kind: int, samples: int) -> Samples:
    """What its generator sends: silence, the tone, and silence again to fill `samples`."""
    state = _lib.modem_connect_tones_tx_init(None, kind)
    assert state
    x = np.zeros(samples, np.int16)
    _lib.modem_connect_tones_tx(state, x.ctypes.data_as(POINTER(c_int16)), samples)
    _lib.modem_connect_tones_tx_free(state)
    return x


def hears_reversals(x: Samples, *, block: int = 160) -> bool:
    """Does its receiver report an answer tone with phase reversals anywhere in x?"""
    state = _lib.modem_connect_tones_rx_init(None, ANS_PR, None, None)
    assert state
    got = set()
    x = np.ascontiguousarray(x)
    for at in range(0, len(x), block):
        part = x[at : at + block]
        _lib.modem_connect_tones_rx(state, part.ctypes.data_as(POINTER(c_int16)), len(part))
        got.add(_lib.modem_connect_tones_rx_get(state))
    _lib.modem_connect_tones_rx_free(state)
    return bool(got & {ANS_PR, ANSAM_PR})
