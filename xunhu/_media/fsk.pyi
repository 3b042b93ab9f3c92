"""FSK at 1200 bit/s (V.23, Bell 202) and 300 bit/s (V.21): sender and receiver, and caller id messages over them.

Samples: int16, 8 kHz, 0 dBm0 = 22779 peak. What stands in a message: xunhu.protocol.caller_id.
"""

from array import array
from typing import NamedTuple

from typing_extensions import Buffer

V23: int
BELL202: int
V21_CHANNEL1: int
V21_CHANNEL2: int
CARRIER_UP: int
CARRIER_DOWN: int
FRAMING: int  # a character without a stop bit; it is lost
MARK: int  # mark for 32 bits' time

def fsk_samples(
    modem: int, bits: Buffer, *, level_dbm0: float = -13.5, twist_db: float = 0.0, rate: float = 1.0
) -> array[int]:
    """Bits (an octet each, 0 or 1) as sound. level of the mark, the space twist_db above it; rate times the nominal bit rate.
    ValueError: no such modem, or a value out of range."""

def caller_id_samples(
    modem: int, message: Buffer, *, level_dbm0: float = -13.5, seizure_bits: int = 300, mark_bits: int = 180
) -> array[int]:
    """Channel seizure, mark, the message (type, length, contents) and its checksum. ValueError: message or value out of range."""

class FskReceiver:
    """Hears from -43 dBm0 on. asynchronous: characters of a start bit, 8 bits (the lowest first) and a stop bit; else bits."""

    def __init__(self, modem: int, *, asynchronous: bool = True) -> None: ...
    def run(self, samples: Buffer) -> list[int]:
        """int16 samples, any number. Octets or bits, and CARRIER_UP, CARRIER_DOWN, FRAMING, MARK."""

class CallerIdMessage(NamedTuple):
    offset: int  # behind its last sample, of the samples given
    good: bool  # whole, and the checksum is right; else what was heard of it
    octets: bytes  # type, length, contents, checksum

class CallerIdReceiver:
    """Caller id messages over V.23 or Bell 202 (it hears both)."""

    def __init__(self) -> None: ...
    def run(self, samples: Buffer) -> list[CallerIdMessage]:
        """int16 samples, any number."""
