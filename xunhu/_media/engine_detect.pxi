# Commands of detectors: part of engine.pyx.

from xunhu._media.answer_class import parameters as answer_parameters
from xunhu._media.tone_countries import COUNTRIES
from xunhu._media.tones import row_octets

_COUNTRY_NUMBERS = {name: number for number, name in enumerate(COUNTRIES)}


cdef class EngineControl(EngineLevel):
    """All that both faces share (engine.pyi)."""

    def detect_with(self, port, *, str country="china", bint r2_four=False):
        if country not in _COUNTRY_NUMBERS:
            raise ValueError(f"no tones of {country!r}; there are {', '.join(_COUNTRY_NUMBERS)}")
        return self._plain(XH_CMD_DETECT_WITH, _port(port), _COUNTRY_NUMBERS[country], r2_four)

    def tone_row(self, place, row):
        cdef xh_command c
        memset(&c, 0, sizeof(c))
        c.op = XH_CMD_TONE_ROW
        c.a0 = _whole("place of a tone", place, 0, XH_PROGRESS_ROWS - 1)
        return self._send(&c, b"" if row is None else row_octets(row))

    def answer(self, port, **given):
        cdef xh_command c
        memset(&c, 0, sizeof(c))
        c.op = XH_CMD_ANSWER
        c.port = _port(port)
        return self._send(&c, answer_parameters(**given))
