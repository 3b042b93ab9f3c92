"""libspandsp's MFC/R2, FSK, ADSI and connect tone receivers and senders through ctypes, to hold ours against; test use only."""

import ctypes
from ctypes import CDLL, CFUNCTYPE, POINTER, c_char_p, c_float, c_int, c_int16, c_uint8, c_void_p

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
TONE_REPORT = CFUNCTYPE(None, c_void_p, c_int, c_int, c_int)
PUT_BIT = CFUNCTYPE(None, c_void_p, c_int)
GET_BIT = CFUNCTYPE(c_int, c_void_p)
PUT_MESSAGE = CFUNCTYPE(None, c_void_p, POINTER(c_uint8), c_int)


class FskSpec(ctypes.Structure):
    _fields_ = (
        ("name", c_char_p),
        ("freq_zero", c_int),
        ("freq_one", c_int),
        ("tx_level", c_int),
        ("min_level", c_int),
        ("baud_rate", c_int),
    )


V21_CHANNEL2, V23, BELL202 = 1, 2, 6
CLASS, CLIP, CLIP_DTMF = 1, 2, 5
CNG, ANS, ANS_PR, ANSAM, ANSAM_PR, PREAMBLE, CED_OR_PREAMBLE, BELL_ANS, CALLING = range(1, 10)


def _library() -> CDLL:
    lib = CDLL("libspandsp.so.2")
    for name, result, *arguments in (
        ("r2_mf_rx_init", c_void_p, c_void_p, c_int, TONE_REPORT, c_void_p),
        ("r2_mf_rx", c_int, c_void_p, POINTER(c_int16), c_int),
        ("r2_mf_rx_free", c_int, c_void_p),
        ("r2_mf_tx_init", c_void_p, c_void_p, c_int),
        ("r2_mf_tx_put", c_int, c_void_p, ctypes.c_char),
        ("r2_mf_tx", c_int, c_void_p, POINTER(c_int16), c_int),
        ("r2_mf_tx_free", c_int, c_void_p),
        ("fsk_tx_init", c_void_p, c_void_p, POINTER(FskSpec), GET_BIT, c_void_p),
        ("fsk_tx", c_int, c_void_p, POINTER(c_int16), c_int),
        ("fsk_tx_power", None, c_void_p, c_float),
        ("fsk_tx_free", c_int, c_void_p),
        ("fsk_rx_init", c_void_p, c_void_p, POINTER(FskSpec), c_int, PUT_BIT, c_void_p),
        ("fsk_rx", c_int, c_void_p, POINTER(c_int16), c_int),
        ("fsk_rx_signal_cutoff", None, c_void_p, c_float),
        ("fsk_rx_free", c_int, c_void_p),
        ("adsi_tx_init", c_void_p, c_void_p, c_int),
        ("adsi_tx_put_message", c_int, c_void_p, c_char_p, c_int),
        ("adsi_tx", c_int, c_void_p, POINTER(c_int16), c_int),
        ("adsi_tx_free", c_int, c_void_p),
        ("adsi_rx_init", c_void_p, c_void_p, c_int, PUT_MESSAGE, c_void_p),
        ("adsi_rx", c_int, c_void_p, POINTER(c_int16), c_int),
        ("adsi_rx_free", c_int, c_void_p),
        ("modem_connect_tones_tx_init", c_void_p, c_void_p, c_int),
        ("modem_connect_tones_tx", c_int, c_void_p, POINTER(c_int16), c_int),
        ("modem_connect_tones_tx_free", c_int, c_void_p),
        ("modem_connect_tones_rx_init", c_void_p, c_void_p, c_int, TONE_REPORT, c_void_p),
        ("modem_connect_tones_rx", c_int, c_void_p, POINTER(c_int16), c_int),
        ("modem_connect_tones_rx_free", c_int, c_void_p),
    ):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


_lib = _library()
_specs = (FskSpec * 10).in_dll(_lib, "preset_fsk_specs")


def _pointer(x: Samples) -> "ctypes._Pointer[c_int16]":
    return x.ctypes.data_as(POINTER(c_int16))


def _blocks(work: object, state: int, x: Samples, block: int = 80) -> None:
    assert callable(work)
    x = np.ascontiguousarray(x)
    for at in range(0, len(x), block):
        part = x[at : at + block]
        work(state, _pointer(part), len(part))


def _made(work: object, state: int, most: int) -> Samples:
    assert callable(work)
    x = np.zeros(most, np.int16)
    n: int = work(state, _pointer(x), most)
    return x[:n]


def r2_receive(x: Samples, forward: bool) -> list[int]:
    """Codes as its callback reports them: characters, 0 when a signal ends."""
    got: list[int] = []
    report = TONE_REPORT(lambda _user, code, _level, _delay: got.append(code))
    state = _lib.r2_mf_rx_init(None, int(forward), report, None)
    _blocks(_lib.r2_mf_rx, state, x)
    _lib.r2_mf_rx_free(state)
    return got


def r2_receive_timed(x: Samples, forward: bool, step: int = 8) -> list[tuple[int, int]]:
    """As r2_receive, each code with the samples that had been given until then (to the next `step`)."""
    got: list[tuple[int, int]] = []
    at = 0
    report = TONE_REPORT(lambda _user, code, _level, _delay: got.append((code, at)))
    state = _lib.r2_mf_rx_init(None, int(forward), report, None)
    x = np.ascontiguousarray(x)
    for begin in range(0, len(x), step):
        part = x[begin : begin + step]
        at = begin + len(part)
        _lib.r2_mf_rx(state, _pointer(part), len(part))
    _lib.r2_mf_rx_free(state)
    return got


def r2_send(digit: str, forward: bool, samples: int) -> Samples:
    state = _lib.r2_mf_tx_init(None, int(forward))
    assert _lib.r2_mf_tx_put(state, digit.encode()) == 0
    x = _made(_lib.r2_mf_tx, state, samples)
    _lib.r2_mf_tx_free(state)
    return x


def fsk_send(modem: int, bits: bytes, level: float = -14.0) -> Samples:
    """Bits one an octet; the carrier goes when they end."""
    left = iter(bits)
    get = GET_BIT(lambda _user: next(left, -7))  # SIG_STATUS_END_OF_DATA
    state = _lib.fsk_tx_init(None, ctypes.byref(_specs[modem]), get, None)
    _lib.fsk_tx_power(state, level)
    x = _made(_lib.fsk_tx, state, len(bits) * 30 + 400)
    _lib.fsk_tx_free(state)
    return x


def fsk_receive(modem: int, x: Samples, *, framing: int = 0, cutoff: float = -45.0) -> list[int]:
    """Bits (framing 0 or 1), or characters with start and stop bit (framing: how many bits in all); status is negative."""
    got: list[int] = []
    put = PUT_BIT(lambda _user, bit: got.append(bit))
    state = _lib.fsk_rx_init(None, ctypes.byref(_specs[modem]), framing, put, None)
    _lib.fsk_rx_signal_cutoff(state, cutoff)
    _blocks(_lib.fsk_rx, state, x)
    _lib.fsk_rx_free(state)
    return got


def adsi_send(standard: int, message: bytes) -> Samples:
    """Type, length and contents; the checksum is its own (DTMF: the digits)."""
    state = _lib.adsi_tx_init(None, standard)
    assert _lib.adsi_tx_put_message(state, message, len(message)) == len(message)
    x = _made(_lib.adsi_tx, state, 80000)
    _lib.adsi_tx_free(state)
    return x


def adsi_receive(standard: int, x: Samples) -> list[bytes]:
    """Messages, for FSK with type and length, without the checksum."""
    got: list[bytes] = []
    put = PUT_MESSAGE(lambda _user, octets, n: got.append(bytes(octets[:n])))
    state = _lib.adsi_rx_init(None, standard, put, None)
    _blocks(_lib.adsi_rx, state, x)
    _lib.adsi_rx_free(state)
    return got


def connect_send(tone: int, samples: int) -> Samples:
    state = _lib.modem_connect_tones_tx_init(None, tone)
    assert state, f"it has no generator of tone {tone}"
    x = _made(_lib.modem_connect_tones_tx, state, samples)
    _lib.modem_connect_tones_tx_free(state)
    return x


def connect_receive(tone: int, x: Samples) -> list[int]:
    """What its detector for that tone reports, in order."""
    got: list[int] = []
    report = TONE_REPORT(lambda _user, code, _level, _delay: got.append(code))
    state = _lib.modem_connect_tones_rx_init(None, tone, report, None)
    _blocks(_lib.modem_connect_tones_rx, state, x)
    _lib.modem_connect_tones_rx_free(state)
    return got
