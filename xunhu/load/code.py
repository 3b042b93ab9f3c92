"""The tone code: each party of a call says in short tone bursts who it is, so that whoever hears it knows whose voice has reached him.

A word is six bursts of register signals of R2 (ITU-T Q.441): signal 15, four digits of base 14 (signals 1 to 14), and a check digit. A caller
speaks in forward signals (1380 to 1980 Hz), a called party in backward ones (540 to 1140 Hz), so that a party who hears itself is
told from one who hears another caller. No burst has a frequency of the low group of DTMF beside one of the high group: no switch
takes it for keys. The receivers are those of the media engine (xunhu/_media/r2mf.pyi), which hear through 18 dB of noise.

A word takes 480 ms and is repeated for ever. A false word needs four wrong digits and the check digit that fits them.
"""

from __future__ import annotations

from xunhu._media.r2mf import BACKWARD, FORWARD, r2_step
from xunhu._media.tones import Step

SYNC = 15
BASE = 14
DIGITS = 4
IDS = BASE**DIGITS  # 38,416 calls until an id comes again
ON_MS, OFF_MS = 50, 30
WORD_MS = (DIGITS + 2) * (ON_MS + OFF_MS)
_WEIGHTS = (1, 3, 5, 9)  # without a common factor with 14: each wrong digit and most exchanged pairs change the check digit


def digits_of(identity: int) -> tuple[int, ...]:
    """Most significant first, each 0 to 13. ValueError: not 0 to IDS - 1."""
    if not 0 <= identity < IDS:
        raise ValueError(f"identity {identity}: 0 to {IDS - 1}")
    return tuple(identity // BASE**n % BASE for n in reversed(range(DIGITS)))


def check_of(digits: tuple[int, ...]) -> int:
    return sum(weight * digit for weight, digit in zip(_WEIGHTS, digits, strict=True)) % BASE


def signals_of(identity: int) -> tuple[int, ...]:
    """The six signals of a word."""
    digits = digits_of(identity)
    return (SYNC, *(digit + 1 for digit in (*digits, check_of(digits))))


def word(identity: int, *, backward: bool, level_dbm0: float = -14.0) -> list[Step]:
    """Steps for a tone generator, to be repeated. backward: of a called party. level_dbm0: of each of the two frequencies."""
    direction = BACKWARD if backward else FORWARD
    steps: list[Step] = []
    for signal in signals_of(identity):
        steps.append(r2_step(direction, signal, level_dbm0=level_dbm0, ms=ON_MS))
        steps.append((0.0, 0.0, 0.0, 0.0, OFF_MS))
    return steps


class Reader:
    """Makes words of the signals of one direction. `broken`: words that were begun and not good."""

    def __init__(self) -> None:
        self.broken = 0
        self._digits: list[int] | None = None

    def hear(self, signal: int) -> int | None:
        """A signal begins; the identity when it completes a word."""
        if signal == SYNC:
            if self._digits is not None:
                self.broken += 1
            self._digits = []
            return None
        if self._digits is None:
            return None
        self._digits.append(signal - 1)
        if len(self._digits) <= DIGITS:
            return None
        *said, check = self._digits
        self._digits = None
        digits = tuple(said)
        if check != check_of(digits):
            self.broken += 1
            return None
        identity = 0
        for digit in digits:
            identity = identity * BASE + digit
        return identity
