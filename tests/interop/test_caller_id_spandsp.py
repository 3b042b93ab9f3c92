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


@pytest.mark.slow
def test_no_message_in_speech() -> None:
    assert [got for x in speech() for got in CallerIdReceiver().run(x)] == []
