"""Caller id against libspandsp: its senders heard by ours, ours by it, and both receivers on the same damaged lines."""

import numpy as np
import pytest
import spandsp_dtmf
import spandsp_tones as spandsp
from dtmf_speech import speech
from numpy.typing import NDArray

from xunhu._media import fsk
from xunhu._media.dtmf import DtmfBank
from xunhu._media.fsk import CallerIdReceiver, caller_id_samples, fsk_samples
from xunhu._media.tones import ToneGenerator, dtmf_steps
from xunhu.protocol.caller_id import CallSetup, DateTime, DtmfClip, decode_dtmf, encode_dtmf

pytestmark = pytest.mark.interop

Samples = NDArray[np.int16]
STANDARDS = pytest.mark.parametrize(("modem", "standard"), [(fsk.V23, spandsp.CLIP), (fsk.BELL202, spandsp.CLASS)])
SETUPS = [
    CallSetup(number="13800138000"),
    CallSetup(date_time=DateTime(12, 31, 23, 59), number="02112345678", name="ZHANG SAN", call_type=1),
    CallSetup(date_time=DateTime(1, 1, 0, 0), absence="P", name_absence="O"),
    CallSetup(number="1" * 20, name="x" * 50, called="9" * 20, redirecting="5" * 20, forwarded=2, calling_user=4),
]


def ours(x: Samples) -> list[bytes]:
    return [got.octets[:-1] for got in CallerIdReceiver().run(np.concatenate([x, np.zeros(400, np.int16)])) if got.good]


@STANDARDS
@pytest.mark.parametrize("setup", SETUPS)
def test_its_messages_are_heard(modem: int, standard: int, setup: CallSetup) -> None:
    assert ours(spandsp.adsi_send(standard, setup.encode())) == [setup.encode()]


@STANDARDS
@pytest.mark.parametrize("setup", SETUPS)
def test_it_hears_our_messages(modem: int, standard: int, setup: CallSetup) -> None:
    x = np.array(caller_id_samples(modem, setup.encode()), np.int16)
    assert spandsp.adsi_receive(standard, np.concatenate([x, np.zeros(400, np.int16)])) == [setup.encode()]


@STANDARDS
def test_never_worse_in_noise_and_at_low_levels(modem: int, standard: int) -> None:
    rng, message = np.random.default_rng(1), SETUPS[1].encode()
    clean = np.concatenate([np.zeros(400), np.array(caller_id_samples(modem, message), float), np.zeros(800)])
    found = {"ours": 0, "theirs": 0}
    for level, snr in [(-13.5, snr) for snr in (20, 15, 12, 10, 8)] + [(-30.0, 20), (-40.0, 20)]:
        for _ in range(10):
            sigma = 22779 / 2**0.5 * 10 ** ((level - snr) / 20)
            x = np.round(clean * 10 ** ((level + 13.5) / 20) + rng.normal(0, sigma, len(clean))).astype(np.int16)
            mine = ours(x) == [message]
            assert mine or snr < 10
            found["ours"] += mine
            found["theirs"] += spandsp.adsi_receive(standard, x) == [message]
    print(f"standard {standard}: messages of 70 {found}")
    assert found["ours"] >= found["theirs"]


@pytest.mark.parametrize(
    ("modem", "theirs"),
    [(fsk.V23, spandsp.V23), (fsk.BELL202, spandsp.BELL202), (fsk.V21_CHANNEL2, spandsp.V21_CHANNEL2)],
)
def test_modems_both_ways(modem: int, theirs: int) -> None:
    rng = np.random.default_rng(2)
    bits = rng.integers(0, 2, 500).astype(np.uint8)
    sent = np.concatenate([[0, 1] * 30, bits]).astype(np.uint8)
    text = "".join(map(str, bits))
    for x in (np.array(fsk_samples(modem, sent), np.int16), spandsp.fsk_send(theirs, sent.tobytes())):
        x = np.concatenate([np.zeros(200, np.int16), x, np.zeros(400, np.int16)])
        assert text in "".join(str(c) for c in fsk.FskReceiver(modem, asynchronous=False).run(x) if c < 2)
        assert text in "".join(str(c) for c in spandsp.fsk_receive(theirs, x, framing=1) if c >= 0)


@pytest.mark.parametrize(
    "clip", [DtmfClip(number="13800138000"), DtmfClip(number="12345", redirecting="678"), DtmfClip(absence="P")]
)
def test_dtmf_both_ways(clip: DtmfClip) -> None:
    digits = encode_dtmf(clip)
    x = spandsp.adsi_send(spandsp.CLIP_DTMF, digits.encode())
    rows = np.concatenate([x, np.zeros(800, np.int16)])[None]
    assert decode_dtmf("".join(hit.digit for hit in DtmfBank(1).feed(rows))) == clip
    sent = np.array(
        ToneGenerator(dtmf_steps(digits, on_ms=70, off_ms=70), repeats=1).run(140 * 8 * len(digits)), np.int16
    )
    sent = np.concatenate([sent, np.zeros(800, np.int16)])
    assert spandsp_dtmf.receive(sent) == digits
    assert spandsp.adsi_receive(spandsp.CLIP_DTMF, np.concatenate([sent, np.zeros(8000, np.int16)])) == [
        digits.encode()
    ]


NOMINAL = {fsk.V23: (1300.0, 2100.0), fsk.BELL202: (1200.0, 2200.0)}  # mark, space


def made(modem: int, message: bytes, *, off: float = 0.0, rate: float = 1.0, twist: float = 0.0, level: float = -13.5) -> NDArray[np.float64]:
    """By NumPy. off: of both frequencies, a share; rate: times 1200 bit/s; twist: the space over the mark, the weaker at `level`."""
    octets = message + bytes((-sum(message) & 255,))
    bits = [0, 1] * 150 + [1] * 180 + [b for o in octets for b in (0, *(o >> i & 1 for i in range(8)), 1)] + [1] * 4
    n = int(len(bits) * 8000 / (1200 * rate))
    bit = np.array(bits)[np.minimum((np.arange(n) * 1200 * rate / 8000).astype(int), len(bits) - 1)]
    mark, space = (f * (1 + off) for f in NOMINAL[modem])
    phase = 2 * np.pi * np.cumsum(np.where(bit, mark, space)) / 8000
    gain = np.where(bit, max(-twist, 0.0), max(twist, 0.0))
    x = 22779 * 10 ** ((level + gain) / 20) * np.sin(phase)
    return np.concatenate([np.zeros(400), x, np.zeros(800)])


@STANDARDS
@pytest.mark.parametrize("snr", [20, 12])
def test_never_worse_at_the_limits_of_frequency_rate_and_twist(modem: int, standard: int, snr: float) -> None:
    """EN 300 659-1 §5: both frequencies 1.5 % off (GR-30: 1 %), the rate 1 %, the levels of mark and space 6 dB apart, each way. At 20 dB all are
    heard."""
    rng, message = np.random.default_rng(3), SETUPS[1].encode()
    found, sent = {"ours": 0, "theirs": 0}, 0
    for off in (-0.015, 0.0, 0.015):
        for rate in (0.99, 1.0, 1.01):
            for twist in (-6.0, 0.0, 6.0):
                clean = made(modem, message, off=off, rate=rate, twist=twist, level=-22)
                sigma = 22779 / 2**0.5 * 10 ** ((-22 - snr) / 20)
                x = np.round(clean + rng.normal(0, sigma, len(clean))).astype(np.int16)
                sent += 1
                found["ours"] += ours(x) == [message]
                found["theirs"] += spandsp.adsi_receive(standard, x) == [message]
    print(f"standard {standard}, {snr} dB: messages of {sent} {found}")
    assert found["ours"] >= found["theirs"]
    assert found["ours"] == sent or snr < 20


@pytest.mark.parametrize(
    "clip",
    [
        DtmfClip(number="13800138000"),
        DtmfClip(number="02112345678"),
        DtmfClip(number="12345", redirecting="678"),
        DtmfClip(absence="P"),
        DtmfClip(absence="O"),
    ],
)
@pytest.mark.parametrize("shape", [(70, 70, -9.0), (50, 50, -20.0), (45, 45, -25.0)])
def test_dtmf_never_worse_in_noise(clip: DtmfClip, shape: tuple[int, int, float]) -> None:
    """ms on and off, dBm0; 20 and 15 dB of noise. The numbers of China and others (start A, B or D, end C; EN 300 659-1 Annex B)."""
    on_ms, off_ms, level = shape
    digits, rng = encode_dtmf(clip), np.random.default_rng(4)
    clean = np.array(
        ToneGenerator(dtmf_steps(digits, on_ms=on_ms, off_ms=off_ms, level_dbm0=level), repeats=1).run(200 * 8 * len(digits)), float
    )
    clean = np.concatenate([np.zeros(400), clean, np.zeros(8000)])
    found = {"ours": 0, "theirs": 0}
    for snr in (20, 15):
        for _ in range(4):
            x = np.round(clean + rng.normal(0, 22779 / 2**0.5 * 10 ** ((level - snr) / 20), len(clean))).astype(np.int16)
            heard = "".join(hit.digit for hit in DtmfBank(1).feed(x[None]))
            found["ours"] += heard == digits
            found["theirs"] += spandsp.adsi_receive(spandsp.CLIP_DTMF, x) == [digits.encode()]
    print(f"{digits} {shape}: of 8 {found}")
    assert found["ours"] >= found["theirs"]
    assert found["ours"] == 8


@pytest.mark.slow
def test_no_message_in_speech() -> None:
    assert [got for x in speech() for got in CallerIdReceiver().run(x)] == []
