"""Who has answered, see answer_class.pyi."""
from libc.stddef cimport size_t
from libc.stdint cimport int16_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memset

from collections import namedtuple

cdef extern from "xunhu/answer_class.h" nogil:
    enum: XH_ANSWER_HUMAN, XH_ANSWER_MACHINE, XH_ANSWER_BEEP, XH_ANSWER_QUIET
    enum: XH_ANSWER_ANNOUNCEMENT, XH_ANSWER_FAX, XH_ANSWER_SILENCE
    struct xh_answer_parameters:
        uint16_t initial_silence_ms, greeting_ms, after_greeting_ms, total_ms, min_word_ms, between_words_ms, max_words
        uint16_t quiet_ms
        int16_t threshold_dbm0x10
        uint16_t above_noise_db, beep_low_hz, beep_high_hz, beep_low_ms, beep_high_ms, before_answer
    struct xh_answer_event:
        uint8_t answer
        uint16_t confidence
        uint32_t at_ms, initial_ms, greeting_ms
        uint16_t words, beep_hz
    struct xh_answer:
        uint32_t samples
    int xh_answer_init(xh_answer *a, const xh_answer_parameters *p)
    int xh_answer_run(xh_answer *a, const int16_t *samples, size_t n, xh_answer_event *event)

HUMAN = XH_ANSWER_HUMAN
MACHINE = XH_ANSWER_MACHINE
BEEP = XH_ANSWER_BEEP
QUIET = XH_ANSWER_QUIET
ANNOUNCEMENT = XH_ANSWER_ANNOUNCEMENT
FAX = XH_ANSWER_FAX
SILENCE = XH_ANSWER_SILENCE

AnswerEvent = namedtuple("AnswerEvent", "answer confidence at_ms initial_ms greeting_ms words beep_hz", module=__name__)
_FIELDS = (
    "initial_silence_ms greeting_ms after_greeting_ms total_ms min_word_ms between_words_ms max_words quiet_ms "
    "above_noise_db beep_low_hz beep_high_hz beep_low_ms beep_high_ms"
).split()


cdef int _fill(xh_answer_parameters *p, dict given) except -1:
    memset(p, 0, sizeof(p[0]))
    for name, value in given.items():
        if name == "threshold_dbm0":
            if not -60 <= value <= -0.1:
                raise ValueError(f"threshold_dbm0 must be from -60 to -0.1, not {value!r}")
            p.threshold_dbm0x10 = round(value * 10)
            continue
        if name == "before_answer":
            p.before_answer = bool(value)
            continue
        if name not in _FIELDS:
            raise ValueError(f"no parameter {name!r}; there are {', '.join(_FIELDS)}, threshold_dbm0, before_answer")
        if not isinstance(value, int) or not 1 <= value <= 60000:
            raise ValueError(f"{name} must be a whole number from 1 to 60000, not {value!r}")
        if name == "initial_silence_ms": p.initial_silence_ms = value
        elif name == "greeting_ms": p.greeting_ms = value
        elif name == "after_greeting_ms": p.after_greeting_ms = value
        elif name == "total_ms": p.total_ms = value
        elif name == "min_word_ms": p.min_word_ms = value
        elif name == "between_words_ms": p.between_words_ms = value
        elif name == "max_words": p.max_words = value
        elif name == "quiet_ms": p.quiet_ms = value
        elif name == "above_noise_db": p.above_noise_db = value
        elif name == "beep_low_hz": p.beep_low_hz = value
        elif name == "beep_high_hz": p.beep_high_hz = value
        elif name == "beep_low_ms": p.beep_low_ms = value
        else: p.beep_high_ms = value
    return 0


def parameters(**given):
    """struct xh_answer_parameters; see answer_class.pyi."""
    cdef xh_answer_parameters p
    cdef xh_answer a
    _fill(&p, given)
    if xh_answer_init(&a, &p) != 0:
        raise ValueError(f"the parameters of the classifier do not go together: {given}")
    return (<char *>&p)[: sizeof(p)]


cdef class AnswerClassifier:
    cdef xh_answer a

    def __init__(self, **given):
        cdef xh_answer_parameters p
        _fill(&p, given)
        if xh_answer_init(&self.a, &p) != 0:
            raise ValueError(f"the parameters of the classifier do not go together: {given}")

    def hear(self, const int16_t[::1] samples):
        cdef Py_ssize_t at = 0, n
        cdef xh_answer_event e
        out = []
        while at < samples.shape[0]:
            n = min(80, samples.shape[0] - at)
            if xh_answer_run(&self.a, &samples[at], n, &e):
                out.append(AnswerEvent(e.answer, e.confidence / 1000, e.at_ms, e.initial_ms, e.greeting_ms, e.words, e.beep_hz))
            at += n
        return out

    @property
    def size(self):
        return sizeof(self.a)
