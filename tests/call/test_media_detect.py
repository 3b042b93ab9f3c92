"""`MediaPlane.listen` and `answered`: what the detectors of a timeslot hear comes to whoever asked, as objects."""

import asyncio

import pytest

from xunhu._media import engine as en
from xunhu._media import fax_tones, r2mf
from xunhu._media.tone_rows import custom_row
from xunhu._media.tone_tables import SETS
from xunhu.call.media import MediaPlane
from xunhu.call.media_detect import Answer, CallerIdMessage, CustomTone, Fax, Heard, Progress, R2Signal, Repeat
from xunhu.protocol.caller_id import CallSetup

LOOP = [{"number": 0, "driver": "loop", "peer": 1}, {"number": 1, "driver": "loop", "peer": 0}]
NEAR, FAR = 1, 33


class Line:
    """Two timeslots on end; what the far one hears is in `heard`."""

    def __init__(self) -> None:
        self.engine = en.Engine(LOOP)
        self.media = MediaPlane(asyncio.get_running_loop())
        self.media.attach(self.engine)
        self.heard: list[Heard] = []
        self.digits: list[str] = []
        for port in (NEAR, FAR):
            self.media.open_timeslot(
                port, lambda digit, _level: self.digits.append(digit), self.refused, dtmf=port == FAR
            )

    def refused(self, error: int) -> None:
        raise AssertionError(error)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.engine.tick(10)
            self.media.pump()

    def sound(self, steps: object, seconds: float) -> None:
        job = self.media.tone(steps)  # type: ignore[arg-type]
        job.feed(NEAR)
        self.run(seconds)
        job.stop()
        self.run(0.5)


async def test_progress_tones_of_a_country() -> None:
    line = Line()
    line.media.listen(FAR, en.DETECT_PROGRESS, line.heard.append, country="usa")
    line.sound(SETS["usa"]["busy"].steps, 4)
    first, last = line.heard
    assert isinstance(first, Progress)
    assert isinstance(last, Progress)
    assert (first.tone, last.tone) == ("busy", None)
    assert sorted(first.sound.hz) == pytest.approx([480, 620], abs=3)
    assert (first.sound.on_ms, first.sound.off_ms) == pytest.approx((500, 500), abs=15)


async def test_keys_and_levels_go_on_while_others_listen() -> None:
    line = Line()
    line.media.listen(FAR, en.DETECT_PROGRESS, line.heard.append)
    line.media.detect(FAR, True)  # as a flow does when it asks for keys
    job = line.media.dtmf("59")
    job.feed(NEAR)
    line.run(1)
    assert line.digits == ["5", "9"]
    line.sound(SETS["china"]["busy"].steps, 3)
    assert [h.tone for h in line.heard if isinstance(h, Progress)] == ["busy", None]
    assert line.engine.port(FAR).rms_in_dbm0 is not None
    line.media.listen(FAR, 0, None)
    line.sound(SETS["china"]["busy"].steps, 3)
    assert len(line.heard) == 2


async def test_own_tones_repetitions_and_r2() -> None:
    line = Line()
    line.media.command(lambda engine: engine.tone_row(0, custom_row(900, hz=(700,), after_ms=400)))
    line.media.listen(FAR, en.DETECT_TONE | en.DETECT_REPEAT | en.DETECT_R2F, line.heard.append)
    line.sound([(700.0, 0.0, -12.0, 0.0, 0)], 1)
    line.sound([(620.0, 0.0, -12.0, 0.0, 200), (0.0, 0.0, 0.0, 0.0, 300)], 4)
    line.sound([r2mf.r2_step(r2mf.FORWARD, 7)], 0.5)
    assert [h.number for h in line.heard if isinstance(h, CustomTone)] == [900, 0]
    assert [h.there for h in line.heard if isinstance(h, Repeat)] == [True, False]
    signals = [h for h in line.heard if isinstance(h, R2Signal)]
    assert [(s.signal, s.ended, s.backward) for s in signals] == [(7, 0, False), (0, 7, False)]


async def test_who_has_answered() -> None:
    line = Line()
    line.run(1)
    line.media.answered(FAR, line.heard.append, initial_silence_ms=1500)
    line.run(2)
    (answer,) = line.heard
    assert isinstance(answer, Answer)
    assert (answer.who, answer.words) == ("silence", 0)


async def test_nobody_hears_of_a_timeslot_that_is_closed() -> None:
    line = Line()
    line.media.listen(FAR, en.DETECT_PROGRESS, line.heard.append)
    line.media.close_timeslot(FAR)
    line.sound(SETS["china"]["busy"].steps, 3)
    assert line.heard == []


async def test_a_timeslot_that_is_taken_over_keeps_its_detectors_when_somebody_listens() -> None:
    line = Line()
    line.media.listen(FAR, en.DETECT_PROGRESS, line.heard.append)
    line.run(0.1)
    line.media.let_go()
    after = MediaPlane(asyncio.get_running_loop())
    after.attach(line.engine)
    after.adopt_timeslot(FAR, lambda digit, _level: line.digits.append(digit))
    after.listen(FAR, en.DETECT_FAX, line.heard.append)
    line.media = after
    line.run(0.1)
    assert line.engine.port(FAR).detect == en.DETECT_DTMF | en.DETECT_METER | en.DETECT_FAX


async def test_fax_tones_and_caller_id() -> None:
    line = Line()
    line.media.listen(FAR, en.DETECT_FAX | en.DETECT_FSK, line.heard.append)
    for begin in (
        lambda engine, port: engine.fax_tone(port, fax_tones.CNG, ms=500),
        lambda engine, port: engine.caller_id(port, CallSetup(number="8001").encode()),
    ):
        job = line.media.begin(en.PORT_TONE, begin)
        job.feed(NEAR)
        line.run(4)
        assert job.done.result().reason == en.END_DONE
    cng, message = line.heard
    assert isinstance(cng, Fax)
    assert (cng.tone, cng.ended) == ("cng", None)
    assert isinstance(message, CallerIdMessage)
    assert CallSetup.decode(message.octets).number == "8001"
