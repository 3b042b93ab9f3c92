"""Who has answered an outbound call: include/xunhu/answer_class.h, docs/answer-class.md."""

from typing import NamedTuple

from typing_extensions import Buffer

HUMAN: int
MACHINE: int
BEEP: int
QUIET: int
ANNOUNCEMENT: int
FAX: int
SILENCE: int

class AnswerEvent(NamedTuple):
    answer: int  # one of the above
    confidence: float  # 0.5 is a guess
    at_ms: int  # since the begin
    initial_ms: int  # silence before the first word
    greeting_ms: int  # begin of the first word to the end of the last
    words: int
    beep_hz: int  # of BEEP, else 0

class AnswerClassifier:
    """One call, from its answer on. Parameters as of `parameters`."""

    def __init__(
        self,
        *,
        initial_silence_ms: int = ...,
        greeting_ms: int = ...,
        after_greeting_ms: int = ...,
        total_ms: int = ...,
        min_word_ms: int = ...,
        between_words_ms: int = ...,
        max_words: int = ...,
        quiet_ms: int = ...,
        above_noise_db: int = ...,
        beep_low_hz: int = ...,
        beep_high_hz: int = ...,
        beep_low_ms: int = ...,
        beep_high_ms: int = ...,
        threshold_dbm0: float = ...,
        before_answer: bool = ...,
    ) -> None:
        """What is not given is the header's default. ValueError: out of range."""
    def hear(self, samples: Buffer) -> list[AnswerEvent]:
        """What has turned out within these samples (int16, 8 kHz). A class comes once; after MACHINE a BEEP or QUIET may follow."""
    @property
    def size(self) -> int:
        """Octets of one classifier."""

def parameters(**given: float) -> bytes:
    """The struct xh_answer_parameters for `EngineControl.detect_answer`; names as of AnswerClassifier. ValueError."""
