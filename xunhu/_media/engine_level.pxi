# Level control of timeslots: part of engine.pyx.

LevelSide = namedtuple("LevelSide", "mode gain_db limiter_db voice_dbm0", module=__name__)
LevelRow = namedtuple("LevelRow", "rx tx voice speech_dbm0 noise_dbm0", module=__name__)
_LEVEL_MODES = ("off", "fixed", "agc")


cdef int _tenths(str what, object value, double low, double high, bint zero) except? -32768:
    """zero: 0 stands for the default, so what rounds to it is no value."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ValueError(f"{what} must be from {low:g} to {high:g}, not {value!r}")
    tenths = round(value * 10)
    if tenths == 0 and not zero:
        raise ValueError(f"{what} must be a tenth at least, not {value!r}")
    return tenths


cdef class EngineLevel(EngineEcho):
    """See engine.pyi."""

    def level(self, port, str direction, str mode, *, gain_db=0.0, target_dbm0=-18.0, most_db=18.0, least_db=12.0, rise_db=6.0,
              fall_db=20.0, ceiling_dbm0=2.0):
        cdef xh_command c
        memset(&c, 0, sizeof(c))
        c.op = XH_CMD_LEVEL
        c.port = _line_port(port)
        if direction not in ("rx", "tx"):
            raise ValueError(f"direction must be rx (what comes in) or tx (what goes out), not {direction!r}")
        if mode not in _LEVEL_MODES:
            raise ValueError(f"mode must be one of {', '.join(_LEVEL_MODES)}, not {mode!r}")
        c.a0 = 1 if direction == "tx" else 0
        c.a1 = _LEVEL_MODES.index(mode)
        c.a2 = _tenths("gain_db", gain_db, -30, 30, True)
        c.a3 = _tenths("target_dbm0", target_dbm0, -40, -3, False)
        c.a4 = _tenths("most_db", most_db, 0, 30, False)
        c.a5 = _tenths("least_db", least_db, 0, 30, False)
        c.a6 = _tenths("rise_db", rise_db, 0, 60, False)
        c.a7 = _tenths("fall_db", fall_db, 0, 120, False)
        c.a8 = _tenths("ceiling_dbm0", ceiling_dbm0, -20, 3, False)
        return self._send(&c)

    def level_state(self, port):
        cdef xh_shm *shm = self._live()
        cdef xh_level_row *row = &shm.level[_line_port(port)]
        cdef xh_level_row c
        xh_row_read(&row.sequence, row, &c, sizeof(c))
        sides = [
            LevelSide(_LEVEL_MODES[c.mode[i]], c.gain_dbx10[i] / 10, c.limiter_dbx10[i] / 10, c.voice_dbm0x10[i] / 10) for i in range(2)
        ]
        voice = None if c.voice == XH_VOICE_UNKNOWN else bool(c.voice)
        return LevelRow(sides[0], sides[1], voice, c.speech_dbm0x10 / 10, c.noise_dbm0x10 / 10)
