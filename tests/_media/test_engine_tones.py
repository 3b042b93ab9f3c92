"""Fax tones and caller id in the engine: what is sent at tone ports, and what the detectors of a port tell, over a loop, on the virtual clock."""

from collections.abc import Callable
from struct import pack

import numpy as np
import pytest

from xunhu._media import engine as en
from xunhu._media import fax_tones, fsk
from xunhu._media.engine import Engine, Event
from xunhu.call.media_detect import FAX_NAMES, CallerIdMessage, Ear, Fax
from xunhu.protocol.caller_id import CallSetup, DateTime, DtmfClip, Message, decode_dtmf, encode_dtmf

LOOP = [{"number": 0, "driver": "loop", "peer": 1}, {"number": 1, "driver": "loop", "peer": 0}]
FAR = 33
POOL = en.LINE_PORTS
LASTING = {
    fax_tones.TONE_1100: 1100,
    fax_tones.ANS: 2100,
    fax_tones.ANS_PR: 2100,
    fax_tones.ANSAM: 2100,
    fax_tones.ANSAM_PR: 2100,
    fax_tones.BELL_ANS: 2225,
}
SETUP = CallSetup(date_time=DateTime(11, 25, 14, 5), number="13800138000", name="LI SI", called="4006000998")


def engine_of(detectors: int, tick_ms: int = 10) -> Engine:
    engine = Engine(LOOP, tick_ms=tick_ms)
    engine.ts_open(1)
    engine.ts_open(FAR)
    engine.detect(FAR, detectors)
    return engine


def run(engine: Engine, seconds: float) -> list[Event]:
    engine.tick(round(seconds * 8000) // engine.tick_samples)
    return engine.events()


def heard(events: list[Event]) -> list[object]:
    ear = Ear()
    taken = [ear.take(e) for e in events if e.port == FAR and e.type in (en.EV_FAX, en.EV_CALLER_ID)]
    return [what for what in taken if what is not None]


@pytest.mark.parametrize("tick_ms", [5, 10, 20])
@pytest.mark.parametrize("tone", LASTING)
def test_a_fax_tone_is_sent_and_heard_until_it_ends(tone: int, tick_ms: int) -> None:
    engine = engine_of(en.DETECT_FAX, tick_ms)
    engine.fax_tone(POOL, tone, level_dbm0=-17, ms=2500)
    engine.connect(POOL, 1)
    events = run(engine, 3.5)
    assert [e.type for e in events if e.port == POOL] == [en.EV_TONE_DONE, en.EV_CLOSED]
    told = heard(events)
    assert all(isinstance(t, Fax) for t in told)
    begun = [t.tone for t in told if isinstance(t, Fax) and t.tone]
    assert begun[-1] == FAX_NAMES[tone]
    last = told[-1]
    assert isinstance(last, Fax)
    assert (last.tone, last.ended) == (None, FAX_NAMES[tone])
    assert last.ended_ms == pytest.approx(2500, abs=15)
    first = told[0]
    assert isinstance(first, Fax)
    assert first.level_dbm0 == pytest.approx(-17, abs=1)


@pytest.mark.parametrize(("tone", "name", "ms"), [(fax_tones.CNG, "cng", 500), (fax_tones.CALLING, "calling", 600)])
def test_bursts_are_told_one_by_one(tone: int, name: str, ms: int) -> None:
    engine = engine_of(en.DETECT_FAX)
    engine.fax_tone(POOL, tone, ms=1)  # made up to a whole period
    engine.connect(POOL, 1)
    events = run(engine, 4)
    assert en.EV_TONE_DONE in {e.type for e in events if e.port == POOL}
    (told,) = heard(events)
    assert isinstance(told, Fax)
    assert (told.tone, told.ended) == (name, None)
    assert told.ended_ms == pytest.approx(ms, abs=10)
    engine.fax_tone(POOL, tone)
    engine.connect(POOL, 1)
    assert len(heard(run(engine, 12))) >= 3


@pytest.mark.parametrize("modem", [fsk.V23, fsk.BELL202])
@pytest.mark.parametrize("tick_ms", [5, 10, 20])
def test_a_caller_id_message_comes_whole(modem: int, tick_ms: int) -> None:
    engine = engine_of(en.DETECT_FSK, tick_ms)
    engine.caller_id(POOL, SETUP.encode(), modem=modem, level_dbm0=-20)
    engine.connect(POOL, 1)
    events = run(engine, 2)
    assert [e.type for e in events if e.port == POOL] == [en.EV_TONE_DONE, en.EV_CLOSED]
    (message,) = heard(events)
    assert isinstance(message, CallerIdMessage)
    assert message.good
    assert Message.decode(message.octets).encode(checksum=False) == SETUP.encode()


def test_messages_of_every_length() -> None:
    """0 octets of contents are none; 16 octets an event, the last one part of that."""
    engine = engine_of(en.DETECT_FSK)
    for contents in (1, 12, 13, 14, 29, 30, 254, 255):
        sent = bytes((0x80, contents, *(i % 251 for i in range(contents))))
        engine.caller_id(POOL, sent, seizure_bits=100, mark_bits=80)
        engine.connect(POOL, 1)
        events = run(engine, 0.5 + contents / 100)
        parts = [e for e in events if e.type == en.EV_CALLER_ID]
        assert len(parts) == -(-(contents + 3) // 16)
        (message,) = heard(events)
        assert isinstance(message, CallerIdMessage)
        assert message.good
        assert message.octets[:-1] == sent
        assert sum(message.octets) % 256 == 0


def test_a_message_that_breaks_off_is_told_as_such() -> None:
    engine = engine_of(en.DETECT_FSK)
    engine.caller_id(POOL, SETUP.encode())
    engine.connect(POOL, 1)
    run(engine, 0.55)
    engine.close(POOL)
    (message,) = heard(run(engine, 0.5))
    assert isinstance(message, CallerIdMessage)
    assert not message.good


def test_a_message_of_which_an_event_was_lost_comes_to_nothing() -> None:
    engine = engine_of(en.DETECT_FSK)
    engine.caller_id(POOL, SETUP.encode())
    engine.connect(POOL, 1)
    parts = [e for e in run(engine, 2) if e.type == en.EV_CALLER_ID]
    assert len(parts) > 2
    for lost in range(len(parts)):
        assert heard(parts[:lost] + parts[lost + 1 :]) == []
        assert len(heard(parts[:lost] + parts[lost + 1 :] + parts)) == 1


def test_caller_id_as_dtmf_digits() -> None:
    """What China's and other networks send in the place of FSK: start A or B, digits, end C (EN 300 659-1 Annex B; YD/T 1277.1)."""
    engine = engine_of(en.DETECT_DTMF | en.DETECT_FSK | en.DETECT_FAX)
    clip = DtmfClip(number="02112345678")
    engine.dtmf(POOL, encode_dtmf(clip), on_ms=50, off_ms=50)
    engine.connect(POOL, 1)
    events = run(engine, 3)
    assert decode_dtmf("".join(chr(e.a0) for e in events if e.type == en.EV_DIGIT)) == clip
    assert heard(events) == []


def test_what_was_heard_is_forgotten_with_the_port() -> None:
    engine = engine_of(en.DETECT_FAX | en.DETECT_FSK)
    engine.fax_tone(POOL, fax_tones.ANS)
    engine.connect(POOL, 1)
    assert heard(run(engine, 1)) != []
    engine.close(POOL)
    engine.close(FAR)
    engine.ts_open(FAR)
    engine.detect(FAR, en.DETECT_FAX)
    assert heard(run(engine, 1)) == []


def test_all_channels_at_once() -> None:
    engine = Engine([{"number": n, "driver": "loop", "peer": n ^ 1} for n in range(8)])
    ports = [span * 32 + ts for span in range(8) for ts in range(1, 32)]
    for port in ports:
        engine.ts_open(port)
        engine.detect(port, en.DETECT_FAX | en.DETECT_FSK)
    engine.fax_tone(POOL, fax_tones.ANSAM_PR)
    engine.caller_id(POOL + 1, SETUP.encode())
    for port in ports:
        engine.connect(POOL + (port % 2), port)
    events = run(engine, 3)
    assert {e.port for e in events if e.type == en.EV_FAX and e.a0 == fax_tones.ANSAM_PR} == {p for p in ports if p % 2 == 0}
    assert {e.port for e in events if e.type == en.EV_CALLER_ID} == {p for p in ports if p % 2}
    assert engine.stats()["events_lost"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda e: e.fax_tone(POOL, 0),
        lambda e: e.fax_tone(POOL, 10),
        lambda e: e.fax_tone(1, fax_tones.ANS),
        lambda e: e.fax_tone(POOL, fax_tones.ANS, level_dbm0=1),
        lambda e: e.fax_tone(POOL, fax_tones.ANS, ms=-1),
        lambda e: e.caller_id(POOL, b"\x80"),
        lambda e: e.caller_id(POOL, b"\x80\x02a"),
        lambda e: e.caller_id(POOL, SETUP.encode(), modem=2),
        lambda e: e.caller_id(POOL, SETUP.encode(), seizure_bits=-1),
        lambda e: e.caller_id(POOL, SETUP.encode(), level_dbm0=float("nan")),
    ],
)
def test_what_is_out_of_range_is_refused_at_once(wrong: Callable[[Engine], int]) -> None:
    with pytest.raises(ValueError, match=r"must be|is type, length"):
        wrong(engine_of(0))


def test_a_broken_control_gets_refusals() -> None:
    engine = engine_of(0)
    engine.fax_tone(POOL + 9, fax_tones.ANS)
    run(engine, 0.1)
    wrong = [
        (75, POOL, (fax_tones.V21_PREAMBLE, -130, 0, 0), b""),
        (75, POOL, (0, -130, 0, 0), b""),
        (75, POOL, (99, -130, 0, 0), b""),
        (75, POOL, (fax_tones.ANS, 1, 0, 0), b""),
        (75, POOL, (fax_tones.CNG, -130, 2**31 - 1, 0), b""),
        (75, POOL + 9, (fax_tones.ANS, -130, 0, 0), b""),
        (75, 99999, (fax_tones.ANS, -130, 0, 0), b""),
        (76, POOL, (2, -135, 300, 180), b"\x80\x01a"),
        (76, POOL, (0, -135, 300, 180), b"\x80\x02a"),
        (76, POOL, (0, -135, 300, 180), b""),
        (76, POOL, (0, -135, -1, 180), b"\x80\x01a"),
        (76, POOL, (0, -135, 300, 2**30), b"\x80\x01a"),
        (76, POOL, (0, -135, 300, 180), b"\x80" + b"\xff" * 447),
        (76, 1, (0, -135, 300, 180), b"\x80\x01a"),
    ]
    for op, port, arguments, payload in wrong:
        record = pack("=IIQ6iII4i", op, port, 7, *arguments, 0, 0, len(payload), 0, 0, 0, 0, 0) + payload
        engine.put_raw(record.ljust(512, b"\0"))
    events = run(engine, 0.1)
    assert [e.type for e in events] == [en.EV_REFUSED] * len(wrong)


def test_levels_and_reversals_of_what_the_engine_sends() -> None:
    """By NumPy: carrier within 0.2 dB, a reversal each 450 ms, 15 Hz by 20 %; and the line's meter says the same of what the engine sends."""
    engine = engine_of(0)
    samples = fax_tones.AnswerToneGenerator(fax_tones.ANSAM_PR, level_dbm0=-12, ms=2000).run(16000)
    x = np.array(samples, float)
    base = x * np.exp(-2j * np.pi * 2100 / 8000 * np.arange(len(x)))
    smooth = np.convolve(base, np.ones(80) / 80, "same")
    sign = np.sign(np.real(smooth * np.conj(smooth[1000])))
    changes = np.flatnonzero(np.diff(sign[400:-400])) + 400
    assert np.diff(changes) == pytest.approx(3600, abs=8)
    envelope = np.abs(smooth)[1000:3000]
    assert (envelope.max() - envelope.min()) / (envelope.max() + envelope.min()) == pytest.approx(0.2, abs=0.02)
    assert 20 * np.log10((envelope.max() + envelope.min()) / 22779) == pytest.approx(-12, abs=0.2)
    engine.fax_tone(POOL, fax_tones.ANSAM_PR, level_dbm0=-12)
    engine.connect(POOL, 1)
    engine.detect(FAR, en.DETECT_METER)
    run(engine, 1)
    rms = engine.port(FAR).rms_in_dbm0
    assert rms is not None
    assert rms == pytest.approx(-12 + 10 * np.log10(1 + 0.2**2 / 2), abs=0.6)
