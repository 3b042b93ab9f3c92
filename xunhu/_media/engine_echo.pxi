# Echo cancellers and concealment of timeslots: part of engine.pyx.

EchoRow = namedtuple(
    "EchoRow",
    "erl_db erle_db delay_ms residual_dbm0 noise_dbm0 converged double_talk disabled narrow_band suppressing",
    module=__name__,
)

ConcealRow = namedtuple("ConcealRow", "holes samples", module=__name__)


cdef class EngineEcho(EngineBase):
    """See engine.pyi."""

    def echo(self, port, tail_ms, *, bint nlp=True, bint comfort_noise=True, bint tone_disabler=True):
        cdef int tail = _whole("tail_ms", tail_ms, 0, 128)
        if 0 < tail < 8:
            raise ValueError(f"tail_ms must be 8 to 128, or 0 for none, not {tail}")
        flags = (
            (XH_ECHO_NLP if nlp else 0)
            | (XH_ECHO_COMFORT_NOISE if comfort_noise else 0)
            | (XH_ECHO_TONE_DISABLER if tone_disabler else 0)
        )
        return self._plain(XH_CMD_ECHO, _line_port(port), tail, flags)

    def conceal(self, port, bint on):
        return self._plain(XH_CMD_CONCEAL, _timeslot_port(port), on)

    def concealed(self, port):
        cdef xh_shm *shm = self._live()
        cdef xh_conceal_row *row = &shm.conceal[_timeslot_port(port)]
        return ConcealRow(row.holes, row.samples) if row.on else None

    def echo_state(self, port):
        cdef xh_shm *shm = self._live()
        cdef xh_echo_row *row = &shm.echo[_line_port(port)]
        cdef xh_echo_row c
        xh_row_read(&row.sequence, row, &c, sizeof(c))
        if not c.flags & XH_ECHO_ON:
            return None
        return EchoRow(
            c.erl_dbx10 / 10, c.erle_dbx10 / 10, c.delay_ms, c.residual_dbm0x10 / 10, c.noise_dbm0x10 / 10,
            bool(c.flags & XH_ECHO_CONVERGED), bool(c.flags & XH_ECHO_DOUBLE_TALK), bool(c.flags & XH_ECHO_DISABLED),
            bool(c.flags & XH_ECHO_NARROW_BAND), bool(c.flags & XH_ECHO_SUPPRESSING),
        )
