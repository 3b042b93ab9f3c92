# Commands of detectors: part of engine.pyx.

from xunhu._media.answer_class import parameters as answer_parameters
from xunhu._media.tone_countries import COUNTRIES
from xunhu._media.tones import row_octets

_COUNTRY_NUMBERS = {name: number for number, name in enumerate(COUNTRIES)}


cdef class EngineControl(EngineRtp):
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

    def fax_tone(self, port, tone, *, double level_dbm0=-13.0, ms=0):
        return self._plain(
            XH_CMD_FAX_TONE, _pool_port(port), _whole("tone", tone, 1, 9), _tenths("level_dbm0", level_dbm0, -60, 0, True),
            _whole("ms", ms, 0, 3_600_000),
        )

    def caller_id(self, port, message, *, modem=0, double level_dbm0=-13.5, seizure_bits=300, mark_bits=180):
        cdef xh_command c
        memset(&c, 0, sizeof(c))
        c.op = XH_CMD_CALLER_ID
        c.port = _pool_port(port)
        c.a0 = _whole("modem", modem, 0, 1)
        c.a1 = _tenths("level_dbm0", level_dbm0, -60, 0, True)
        c.a2 = _whole("seizure_bits", seizure_bits, 0, 3000)
        c.a3 = _whole("mark_bits", mark_bits, 0, 3000)
        octets = bytes(message)
        if not 2 <= len(octets) <= 257 or octets[1] != len(octets) - 2:
            raise ValueError(f"a caller id message is type, length and that many octets, not {octets[:20]!r}")
        return self._send(&c, octets)
