"""G.168 test 10 (fax), 13 (low bit rate coder in the echo path) and 14 (data modems), with the modems of libspandsp.

The recommendation's text was not at hand, so what is asked is what a user would: every bit of the near machine comes through
whatever the canceller has just cancelled, the echo of what is sent to it is not louder than without a canceller, and a modem that
tells cancellers to stand aside (2100 Hz with phase reversals) finds the line bit for bit as it is.
"""

import g168_modems as modem
import g168_sounds as g168
import numpy as np
import pytest
from dtmf_sounds import RATE, Sound, alaw
from g168_cancellers import LAWS, SOME_LINES, Cancellers
from g168_sounds import Phase, Samples, css

RATES = {"v29": 9600, "v17": 14_400}


def tone(ms: float, hz: float = 2100, *, reversals: bool = False) -> Sound:
    t = np.arange(round(ms * RATE / 1000)) / RATE
    turned = np.floor(t / 0.45) % 2 if reversals else 0
    return 22779 * 10 ** (-12 / 20) * np.sin(2 * np.pi * hz * t + np.pi * turned)


class Talk:
    """Who says what, one after the other."""

    def __init__(self) -> None:
        self.rin: list[Sound] = []
        self.sgen: list[Sound] = []
        self.ms = 0.0

    def _add(self, far: Sound, near: Sound) -> tuple[int, int]:
        begin = round(self.ms * 8)
        self.rin.append(far)
        self.sgen.append(near)
        self.ms += len(far) / 8
        return begin, round(self.ms * 8)

    def far(self, x: Sound | Samples) -> tuple[int, int]:
        return self._add(np.asarray(x, float), np.zeros(len(x)))

    def near(self, x: Sound | Samples) -> tuple[int, int]:
        return self._add(np.zeros(len(x)), np.asarray(x, float))

    def pause(self, ms: float = 200) -> None:
        """A machine answers 75 ms after it has heard the other; the way to the line's far end and back comes to that."""
        self._add(g168.quiet(ms), g168.quiet(ms))

    def phases(self) -> list[Phase]:
        self.pause(400)
        return [Phase(self.ms // 10 * 10, np.concatenate(self.rin), np.concatenate(self.sgen))]


@pytest.mark.parametrize("law", [None, alaw])
@pytest.mark.parametrize("kind", RATES)
def test_g168_10a_calling_side(kind: str, law: object) -> None:
    """CED and identification come in; the near machine answers, trains and sends its page; the far one confirms."""
    on = Cancellers(SOME_LINES, nlp=True, comfort_noise=True, law=LAWS[law])
    frames = [modem.random_bits(250, seed) for seed in range(4)]
    page = modem.random_bits(RATES[kind] * 3, 9)
    talk = Talk()
    talk.pause(500)
    ced = talk.far(tone(3000))
    talk.pause()
    talk.far(modem.send("v21", frames[0]))
    talk.pause()
    dcs = talk.near(modem.send("v21", frames[1]))
    talk.pause()
    data = talk.near(modem.send(kind, page, RATES[kind]))
    talk.pause()
    talk.far(modem.send("v21", frames[2]))
    talk.pause()
    again = talk.near(modem.send(kind, page, RATES[kind]))
    got = on.through(talk.phases(), law)
    echo, left = (g168.meter(x)[:, slice(*ced)].max(axis=1) for x in (got.sin, got.sout))
    assert on.failing(left, echo + 0.5) == {}
    for (begin, end), what, bits in ((dcs, "v21", frames[1]), (data, kind, page), (again, kind, page)):
        wrong = [modem.errors(bits, modem.receive(what, row[begin - 400 : end + 400], RATES.get(kind, 0))) for row in got.sout]
        assert on.failing(np.array(wrong), 0) == {}, what


@pytest.mark.parametrize("law", [None, alaw])
@pytest.mark.parametrize("kind", RATES)
def test_g168_10b_called_side(kind: str, law: object) -> None:
    """The near machine sends CED and identification, a page of 3 s comes in, and it confirms; then once more."""
    on = Cancellers(SOME_LINES, nlp=True, comfort_noise=True, law=LAWS[law])
    frames = [modem.random_bits(250, seed) for seed in range(4)]
    page = modem.send(kind, modem.random_bits(RATES[kind] * 3, 9), RATES[kind])
    talk = Talk()
    talk.pause(500)
    ced = talk.near(tone(3000))
    talk.pause()
    said = [talk.near(modem.send("v21", frames[0]))]
    for i in (1, 2):
        talk.pause()
        page_at = talk.far(page)
        talk.pause()
        said.append(talk.near(modem.send("v21", frames[i])))
    got = on.through(talk.phases(), law)
    part = slice(ced[0] + 400, ced[1])
    off = np.abs(g168.meter(got.sout)[:, part] - g168.meter(got.sgen)[:, part]).max(axis=1)
    assert on.failing(off, 1) == {}
    for (begin, end), bits in zip(said, frames, strict=False):
        wrong = [modem.errors(bits, modem.receive("v21", row[begin - 400 : end + 400])) for row in got.sout]
        assert on.failing(np.array(wrong), 0) == {}
    echo, left = (g168.meter(x)[:, page_at[0] + 8000 : page_at[1]].max(axis=1) for x in (got.sin, got.sout))
    assert on.failing(left, echo - 20) == {}


@pytest.mark.parametrize("side", ["far", "near"])
def test_g168_10_the_tone_disabler(side: str) -> None:
    """2100 Hz with reversals from either side: from 1 s on, Sout is Sin bit for bit, through two data signals at once; 250 ms after
    both have ended the canceller works again, and knows its path."""
    on = Cancellers(SOME_LINES, nlp=True, comfort_noise=True)
    answer = tone(3000, reversals=True)
    data = modem.send("v29", modem.random_bits(9600 * 2, 1), 9600).astype(float)[:16_000]
    got = on.through(
        [
            Phase(200),
            Phase(4000, css(4000, -10)),
            Phase(3000, **{"rin" if side == "far" else "sgen": answer}),
            Phase(2000, data, data[::-1]),
            Phase(500),
            Phase(1000, css(1000, -10), before=on.freeze),
        ]
    )
    part = slice(got.begins[2] + 8000, got.begins[4])
    assert np.array_equal(got.sout[:, part], got.sin[:, part])
    assert on.failing(got.peak("sout", 5, 50), got.peak("sin", 5, 50) - 25) == {}


def test_g168_10_a_plain_answer_tone_does_not_disable() -> None:
    on = Cancellers(SOME_LINES, nlp=True)
    got = on.through([Phase(200), Phase(4000, css(4000, -10)), Phase(3000, tone(3000)), Phase(100), Phase(1000, css(1000, -10))])
    assert on.failing(got.peak("sout", 4, 50), got.peak("sin", 4, 50) - 25) == {}


def test_g168_13_adpcm_in_the_echo_path() -> None:
    """G.726 at 32 kbit/s both ways: its noise makes a path that no filter fits; 12 dB of the echo go, and nothing is heard of it
    with the non-linear processor."""
    rout = g168.pcm(np.tile(css(8000, -10), (len(SOME_LINES), 1)))
    sent = np.array([modem.g726(rout[0])] * len(SOME_LINES))
    near = g168.line(sent, np.zeros(rout.shape), [[line.path] for line in SOME_LINES], [(0, 0)], None)
    sin = np.array([modem.g726(row) for row in near])
    for nlp, below in ((False, 12), (True, 40)):
        on = Cancellers(SOME_LINES, nlp=nlp, law="A")
        sout = on.run(rout, sin)
        assert on.failing(g168.peak_level(sout, 5000), g168.peak_level(sin, 5000) - below) == {}


@pytest.mark.slow
@pytest.mark.parametrize("line", SOME_LINES[::3], ids=str)
def test_g168_14_full_duplex_modem(line: object) -> None:
    """V.22bis, which does without cancellers and does not disable them: both directions without a bit error, 6 s after training."""
    taps = line.path  # type: ignore[attr-defined]
    on = Cancellers([line], nlp=True, comfort_noise=True, law="A")  # type: ignore[list-item]
    far, near = modem.V22bis(True, 1), modem.V22bis(False, 2)
    past, back = np.zeros(1023), np.zeros(80, np.int16)
    marks = [0, 0]
    for tick in range(1400):
        rout = far.transmit(80)
        hum = np.concatenate([past, alaw(rout.astype(float))])
        past = hum[80:]
        near.receive(g168.pcm(alaw(rout.astype(float))))
        sin = g168.pcm(alaw(near.transmit(80) + np.convolve(hum, np.pad(taps, (0, 1024 - len(taps))), "valid")))
        far.receive(back)
        back = on.run(np.ascontiguousarray(rout[None]), np.ascontiguousarray(sin[None]))[0]
        if tick == 800:
            marks = [len(far.heard), len(near.heard)]
    assert far.trained
    assert near.trained
    for hearer, teller, mark in ((far, near, marks[0]), (near, far, marks[1])):
        heard = hearer.heard[mark:]
        assert len(heard) > 2400 * 5.5
        at = next(i for i in range(len(teller.sent)) if teller.sent[i : i + 64] == heard[:64])
        assert heard == teller.sent[at : at + len(heard)]
    far.close()
    near.close()
