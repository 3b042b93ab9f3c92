"""FSK modems and the data link layer of caller id: what a line does to them is made by NumPy; libspandsp's: tests/interop."""

from collections.abc import Callable

import numpy as np
import pytest
from dtmf_sounds import FULL, RATE, Sound, alaw, noise, pcm, silence, sine, ulaw
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu._media import fsk
from xunhu._media.fsk import CallerIdReceiver, FskReceiver, caller_id_samples, fsk_samples
from xunhu.protocol.caller_id import CallSetup, DateTime

MODEMS = pytest.mark.parametrize("modem", [fsk.V23, fsk.BELL202])
LEVEL = -13.5
MESSAGE = CallSetup(date_time=DateTime(11, 25, 8, 30), number="13800138000", name="ZHANG SAN").encode()
WHOLE = MESSAGE + bytes((-sum(MESSAGE) & 255,))
Line = Callable[[Sound], Sound]


def spoken(modem: int, message: bytes = MESSAGE, **options: float) -> Sound:
    return np.array(caller_id_samples(modem, message, **options), np.float64)  # type: ignore[arg-type]


def characters(octets: bytes) -> list[int]:
    return [bit for octet in octets for bit in (0, *(octet >> i & 1 for i in range(8)), 1)]


def heard(x: Sound, lead: int = 300) -> list[tuple[bool, bytes]]:
    got = CallerIdReceiver().run(pcm(np.concatenate([silence(lead / 8), x, silence(60)])))
    return [(message.good, message.octets) for message in got]


def tilted(x: Sound, db: float) -> Sound:
    """The space db above the mark (1700 Hz unchanged), as a long line does it."""
    spectrum, f = np.fft.rfft(x), np.fft.rfftfreq(len(x), 1 / RATE)
    return np.fft.irfft(spectrum * 10 ** (np.clip((f - 1700) / 1000, -1, 1) * db / 20), len(x))


def shifted(x: Sound, hz: float) -> Sound:
    spectrum = np.fft.fft(x)
    spectrum[len(x) // 2 :] = 0
    return np.real(2 * np.fft.ifft(spectrum) * np.exp(2j * np.pi * hz * np.arange(len(x)) / RATE))


def noisy(rng: np.random.Generator, snr: float) -> Line:
    return lambda x: x + noise(rng, LEVEL - snr, len(x))


LINES: dict[str, Line] = {
    "as it is": lambda x: x,
    "A-law": alaw,
    "mu-law": ulaw,
    "-12 dBm0": lambda x: x * 10 ** ((-12 - LEVEL) / 20),
    "-40 dBm0": lambda x: x * 10 ** ((-40 - LEVEL) / 20),
    "-40 dBm0, A-law": lambda x: alaw(x * 10 ** ((-40 - LEVEL) / 20)),
    "0 dBm0": lambda x: x * 10 ** (-LEVEL / 20),
    "constant": lambda x: x + 500,
    "hum": lambda x: x + sine(50, -20, len(x)),
    "echo": lambda x: x + np.concatenate([np.zeros(9), x[:-9]]) * 0.2,
}


@MODEMS
@pytest.mark.parametrize("line", LINES)
def test_message_over_a_line(modem: int, line: str) -> None:
    assert heard(LINES[line](spoken(modem))) == [(True, WHOLE)]


@MODEMS
@pytest.mark.parametrize("twist", [-6, 0, 6])
@pytest.mark.parametrize("off", [-30, 0, 30])
def test_20_db_of_noise_without_an_error(modem: int, twist: float, off: float) -> None:
    """Twist of 6 dB between mark and space, frequencies 30 Hz off (1.5 % of 2100 Hz); twelve messages each."""
    rng = np.random.default_rng(20)
    span = 0.8 if modem == fsk.V23 else 1.0
    for lead in range(300, 312):
        x = shifted(tilted(spoken(modem), twist / span), off) if twist or off else spoken(modem)
        assert heard(noisy(rng, 20)(x), lead) == [(True, WHOLE)]


@MODEMS
@pytest.mark.parametrize("rate", [0.99, 1.0, 1.01])
def test_clock_1_percent_off(modem: int, rate: float) -> None:
    rng = np.random.default_rng(21)
    bits = bytes([0, 1] * 150 + [1] * 180 + characters(WHOLE) + [1] * 10)
    x = np.array(fsk_samples(modem, bits, rate=rate), np.float64)
    for _ in range(6):
        assert heard(noisy(rng, 20)(x)) == [(True, WHOLE)]


@MODEMS
@pytest.mark.parametrize("octets", [1, 120, 255])
def test_lengths_of_messages(modem: int, octets: int) -> None:
    message = bytes((0x80, octets)) + bytes(i * 37 % 256 for i in range(octets))
    assert heard(spoken(modem, message)) == [(True, message + bytes((-sum(message) & 255,)))]


@MODEMS
def test_in_a_call_there_is_no_seizure(modem: int) -> None:
    """EN 300 659-2: 80 bits of mark alone."""
    assert heard(spoken(modem, seizure_bits=0, mark_bits=80)) == [(True, WHOLE)]
    assert heard(spoken(modem, seizure_bits=0, mark_bits=55)) == [(True, WHOLE)]


@MODEMS
def test_short_seizure_and_mark_between_octets(modem: int) -> None:
    """EN 300 659-1: up to 10 bits of mark may stand between octets."""
    assert heard(spoken(modem, seizure_bits=96, mark_bits=155)) == [(True, WHOLE)]
    bits = [0, 1] * 150 + [1] * 180
    for octet in WHOLE:
        bits += [*characters(bytes((octet,))), *[1] * 10]
    assert heard(np.array(fsk_samples(modem, bytes(bits)), np.float64)) == [(True, WHOLE)]


@MODEMS
def test_messages_one_after_the_other(modem: int) -> None:
    other = CallSetup(number="110").encode()
    x = np.concatenate([spoken(modem), silence(200), spoken(modem, other), silence(40), spoken(modem)])
    assert [octets[:-1] for good, octets in heard(x) if good] == [MESSAGE, other, MESSAGE]


@MODEMS
def test_a_damaged_message_is_reported_once(modem: int) -> None:
    wrong = bytearray(WHOLE)
    wrong[5] ^= 4
    bits = bytes([0, 1] * 150 + [1] * 180 + characters(bytes(wrong)) + [1] * 10)
    assert heard(np.array(fsk_samples(modem, bits), np.float64)) == [(False, bytes(wrong))]
    # cut off in the middle
    x = spoken(modem)
    (got,) = heard(x[: len(x) - 900])
    assert got[0] is False
    assert WHOLE.startswith(got[1][:-1])
    # a gap of 20 ms in it
    x[len(x) - 1500 : len(x) - 1340] = 0
    assert [good for good, _ in heard(x)] == [False]


def test_sounds_that_are_no_message() -> None:
    """Noise, tones, tones keyed, silence, squares, constants: nothing, not even a bad one."""
    rng, n = np.random.default_rng(22), 5 * RATE
    keyed = np.where(np.arange(n) // 800 % 2, sine(1300, -10, n), sine(450, -10, n))
    square = np.where(sine(1700, 0, n) > 0, 32767.0, -32768.0)
    sweep = 9000 * np.sin(2 * np.pi * np.cumsum(np.linspace(300, 3400, n)) / RATE)
    sounds = [noise(rng, level, n) for level in (0, -20, -40)] + [
        keyed,
        square,
        sweep,
        np.full(n, 32767.0),
        np.zeros(n),
    ]
    sounds += [sine(hz, -10, n) for hz in (1200, 1300, 1700, 2100, 2200)]
    assert [heard(x) for x in sounds] == [[]] * len(sounds)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 200), min_size=1, max_size=40))
def test_blocks_may_be_cut_anywhere(cuts: list[int]) -> None:
    x = pcm(np.concatenate([silence(20), spoken(fsk.V23), silence(60)]))
    receiver, at, got = FskReceiver(fsk.V23), 0, []
    while at < len(x):
        for cut in [*cuts, 1]:
            got += receiver.run(x[at : at + cut])
            at += cut
    assert got == FskReceiver(fsk.V23).run(x)


@settings(deadline=None, max_examples=25)
@given(
    st.binary(max_size=60),
    st.sampled_from([fsk.V23, fsk.BELL202, fsk.V21_CHANNEL1, fsk.V21_CHANNEL2]),
    st.integers(0, 40),
)
def test_any_octets_go_through(octets: bytes, modem: int, lead: int) -> None:
    bits = bytes([1] * 40 + characters(octets) + [1] * 3)
    x = np.concatenate([silence(lead), np.array(fsk_samples(modem, bits), np.float64), silence(60)])
    got = FskReceiver(modem).run(pcm(x))
    assert bytes(code for code in got if code < 256) == octets
    assert got[:2] == [fsk.CARRIER_UP, fsk.MARK]
    assert got[-1] == fsk.CARRIER_DOWN
    assert fsk.FRAMING not in got


@pytest.mark.parametrize("modem", [fsk.V23, fsk.BELL202, fsk.V21_CHANNEL1, fsk.V21_CHANNEL2])
@pytest.mark.parametrize("rate", [0.99, 1.0, 1.01])
def test_bits_alone_follow_the_clock(modem: int, rate: float) -> None:
    rng = np.random.default_rng(23)
    bits = rng.integers(0, 2, 800).astype(np.uint8)
    x = np.array(fsk_samples(modem, np.concatenate([[0, 1] * 20, bits]).astype(np.uint8), rate=rate), np.float64)
    got = FskReceiver(modem, asynchronous=False).run(pcm(noisy(rng, 20)(np.concatenate([silence(20), x, silence(20)]))))
    assert "".join(map(str, bits)) in "".join(str(code) for code in got if code < 2)


@pytest.mark.parametrize(
    ("modem", "mark", "space", "rate"),
    [(0, 1300, 2100, 1200), (1, 1200, 2200, 1200), (2, 980, 1180, 300), (3, 1650, 1850, 300)],
)
def test_sender_has_the_frequencies_and_levels_of_its_standard(modem: int, mark: int, space: int, rate: int) -> None:
    for bit, hz, level in ((1, mark, -10), (0, space, -12)):
        x = np.array(fsk_samples(modem, bytes([bit]) * (rate // 4), level_dbm0=-10, twist_db=-2), np.float64)
        assert abs(len(x) - RATE // 4 - 20) <= 2  # 2.5 ms to fall away
        part, w = x[100:1700], np.blackman(1600)
        spectrum = 2 * np.abs(np.fft.rfft(part * w, 8000)) / w.sum()
        assert int(spectrum.argmax()) == hz
        assert 20 * np.log10(spectrum.max() / FULL) == pytest.approx(level, abs=0.05)
        assert abs(x[0]) < 100
        assert abs(x[-1]) < 100


def test_sender_keeps_its_phase_and_its_time() -> None:
    """Alternating bits: no step between samples beyond what the faster frequency makes; the length is that of the bits."""
    x = np.array(fsk_samples(fsk.BELL202, bytes([0, 1] * 600), level_dbm0=0), np.float64)
    assert len(x) == 8000 + 20
    assert np.abs(np.diff(x)).max() <= 2 * FULL * np.sin(np.pi * 2200 / RATE) + 2


def test_wrong_use_is_refused() -> None:
    for modem in (-1, 4):
        with pytest.raises(ValueError, match="modem"):
            FskReceiver(modem)
        with pytest.raises(ValueError, match="modem"):
            fsk_samples(modem, b"\x01")
    for options in ({"level_dbm0": 4.0}, {"twist_db": 20.0}, {"rate": 3.0}, {"level_dbm0": float("nan")}):
        with pytest.raises(ValueError, match="level"):
            fsk_samples(fsk.V23, b"\x01", **options)
    for message in (b"", b"\x80", b"\x80\x02\x00", bytes(300)):
        with pytest.raises(ValueError, match="message"):
            caller_id_samples(fsk.V23, message)
    with pytest.raises(ValueError, match="Bell 202"):
        caller_id_samples(fsk.V21_CHANNEL1, MESSAGE)
    assert len(fsk_samples(fsk.V23, b"")) == 0
