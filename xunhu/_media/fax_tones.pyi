"""Fax and modem tones, ITU-T T.30, V.25, V.8, V.21 (C below: include/xunhu/fax_tones.h)."""

from array import array

from xunhu._media.tones import Step

NONE: int
CNG: int
TONE_1100: int
ANS: int  # CED
ANS_PR: int
ANSAM: int
ANSAM_PR: int
V21_PREAMBLE: int
CALLING: int
BELL_ANS: int
CI: int

def fax_steps(tone: int, *, level_dbm0: float = -13.0, ms: int = 0) -> list[Step]:
    """Steps for the tone generator: CNG and CALLING (burst and pause), TONE_1100, ANS, BELL_ANS (ms, 0 for ever).
    ValueError: another tone, or a value out of range."""

class AnswerToneGenerator:
    """ANS, ANS_PR, ANSAM, ANSAM_PR: 2100 Hz with reversals each 450 ms and modulation of 15 Hz by 20 %."""

    def __init__(self, tone: int, *, level_dbm0: float = -13.0, ms: int = 0) -> None:
        """level: of the carrier, -60 to 0 dBm0; ms 0: for ever. ValueError: another tone, or a value out of range."""
    def run(self, n: int) -> array[int]:
        """The next n samples; fewer when the tone is over."""
