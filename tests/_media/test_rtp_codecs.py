"""Codecs of RTP: round trips, payloads as RFC 3551, 4867 and 7587 have them, and damaged ones."""

import numpy as np
import numpy.typing as npt
import pytest
from g168_speech import voice
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu._media import rtp_codec as rc

Samples = npt.NDArray[np.int16]
SPEECH: Samples = np.asarray(voice("en-gb", 6000, -18), dtype=np.int16)
NAMES = [codec.name for codec in rc.codecs()]
# Log-spectral distance in dB of a round trip, with room over what was seen; PCM and ADPCM keep the wave, the others its spectrum.
DISTANCE = {
    "PCMU": 0.2,
    "PCMA": 0.2,
    "G722": 0.2,
    "opus": 2.0,
    "AMR": 2.0,
    "G726-40": 0.5,
    "G726-32": 1.0,
    "G726-24": 1.5,
    "G726-16": 2.0,
}


def codec(name: str) -> rc.RtpCodec:
    found = rc.named(name)
    assert found is not None, name
    assert found.available, name
    return found


def packets(name: str, sound: Samples, ms: int, **options: int) -> list[bytes]:
    encoder = codec(name).encoder(**options)
    n = ms * 8
    return [encoder.encode(sound[i : i + n]) for i in range(0, len(sound) - n + 1, n)]


def heard(name: str, payloads: list[bytes], mode: int = 0) -> Samples:
    decoder = codec(name).decoder(mode=mode)
    return np.frombuffer(b"".join(decoder.decode(p) for p in payloads), np.int16)


def aligned(sound: Samples, other: Samples, most: int = 480) -> Samples:
    """other, moved to where it resembles sound most."""
    n = min(len(sound), len(other)) - most
    x = sound[:n].astype(float)
    lag = max(range(most), key=lambda k: float(np.dot(x, other[k : k + n])))
    return other[lag : lag + n]


def distance(sound: Samples, other: Samples) -> float:
    """Mean log-spectral distance in dB over bands of 190 Hz, of frames of 32 ms that are not silent, where there is sound (20 dB)."""
    y = aligned(sound, other)
    apart = []
    for i in range(0, len(y) - 256, 256):
        power = [np.abs(np.fft.rfft(s[i : i + 256] * np.hanning(256))) ** 2 for s in (sound, y)]
        bands = [p[6:108].reshape(-1, 6).mean(1) + 1e4 for p in power]
        if bands[0].mean() > 1e8:
            loud = bands[0] > bands[0].max() / 100
            apart.append(np.sqrt(np.mean((10 * np.log10(bands[0] / bands[1])[loud]) ** 2)))
    return float(np.mean(apart))


def test_the_table() -> None:
    assert NAMES[:2] == ["PCMU", "PCMA"]
    static = {c.name: c.payload_type for c in rc.codecs() if c.payload_type is not None}
    assert static == {"PCMU": 0, "PCMA": 8, "GSM": 3, "G723": 4, "G722": 9, "G729": 18}  # RFC 3551 table 4
    for name, number in static.items():
        found = rc.by_payload_type(number)
        assert found is not None
        assert found.name == name
    assert rc.by_payload_type(101) is None
    assert rc.named("OPUS", 48000) is not None
    assert rc.named("opus", 8000) is None
    assert rc.named("nothing") is None


@pytest.mark.parametrize("name", NAMES)
def test_round_trip_at_every_length_of_packet(name: str) -> None:
    frame_ms = max(10, codec(name).frame // 8)
    for ms in range(frame_ms, 61, frame_ms):
        sent = packets(name, SPEECH, ms)
        for payload in sent[:20]:
            assert codec(name).samples(payload) == ms * 8, ms
        assert distance(SPEECH, heard(name, sent)) < DISTANCE.get(name.removeprefix("AAL2-"), 6.5), ms


@pytest.mark.parametrize(
    ("name", "ms", "octets"),
    [("PCMA", 20, 160), ("G729", 20, 20), ("G729", 60, 60), ("G723", 30, 24), ("G723", 60, 48), ("GSM", 40, 66), ("G722", 20, 160),
     ("G726-16", 20, 40), ("G726-24", 20, 60), ("G726-32", 20, 80), ("AAL2-G726-40", 20, 100), ("AMR", 20, 32)],
)  # fmt: skip
def test_octets_of_a_packet(name: str, ms: int, octets: int) -> None:
    assert {len(p) for p in packets(name, SPEECH, ms)} == {octets}


@pytest.mark.parametrize(("rate", "bits"), list(zip((4750, 5150, 5900, 6700, 7400, 7950, 10200, 12200),
                                                    (95, 103, 118, 134, 148, 159, 204, 244), strict=True)))  # fmt: skip
def test_amr_both_packings_hold_the_same(rate: int, bits: int) -> None:
    efficient = packets("AMR", SPEECH, 40, bits_per_second=rate)
    octets = packets("AMR", SPEECH, 40, bits_per_second=rate, mode=rc.AMR_OCTET_ALIGNED)
    assert {len(p) for p in efficient} == {(4 + 2 * 6 + 2 * bits + 7) // 8}  # RFC 4867 §4.3
    assert {len(p) for p in octets} == {1 + 2 + 2 * ((bits + 7) // 8)}  # §4.4
    assert np.array_equal(heard("AMR", efficient), heard("AMR", octets, rc.AMR_OCTET_ALIGNED))


def test_amr_is_asked_for_another_mode() -> None:
    decoder, encoder = codec("AMR").decoder(mode=1), codec("AMR").encoder(mode=1)
    payload = packets("AMR", SPEECH[:160], 20, mode=1)[0]
    assert decoder.asked is None
    decoder.decode(payload)
    assert decoder.asked is None  # 15: no request
    decoder.decode(bytes([2 << 4]) + payload[1:])
    assert decoder.asked == 2
    encoder.obey(2)
    assert len(encoder.encode(SPEECH[:160])) == 1 + 1 + 15  # 5.9 kbit/s
    encoder.obey(9)
    assert len(encoder.encode(SPEECH[:160])) == 17


@pytest.mark.parametrize(("name", "least"), [("G729", 0.6), ("AMR", 0.6), ("opus", 0.6)])
def test_silence_is_not_sent(name: str, least: float) -> None:
    noise = np.random.default_rng(3).normal(0, 3, 48000).astype(np.int16)
    sent = packets(name, noise, 20, silence=True)
    assert sum(not p for p in sent[100:]) > least * len(sent[100:])
    said = packets(name, np.concatenate([noise[:16000], SPEECH]), 20, silence=True)[110:150]
    assert sum(len(p) > 8 for p in said) > 30


@pytest.mark.parametrize("name", [c.name for c in rc.codecs() if c.decoder().conceal(c.frame) is not None])
def test_a_lost_packet_is_concealed(name: str) -> None:
    decoder, n = codec(name).decoder(), codec(name).frame * 2
    for payload in packets(name, SPEECH[2400:9000], n // 8):
        decoder.decode(payload)
    first = np.frombuffer(decoder.conceal(n) or b"", np.int16)
    assert len(first) == n
    assert np.abs(first.astype(int)).max() > 100  # it goes on
    for _ in range(100):
        last = np.frombuffer(decoder.conceal(n) or b"", np.int16)
    assert np.abs(last.astype(int)).max() < 1000  # and dies away
    with pytest.raises(ValueError, match="0 samples"):
        decoder.conceal(0)


@pytest.mark.parametrize("name", ["G729", "AMR"])
def test_background_goes_on_behind_a_silence_frame(name: str) -> None:
    """What is missing then is the sender's silence: it sounds as it did (dtx of the table), here for 0.8 s, five times AMR's interval."""
    noise = np.random.default_rng(4).normal(0, 30, 160 * 120).astype(np.int16)
    decoder = codec(name).decoder()
    for payload in packets(name, noise, 20, silence=True):
        if payload:
            decoder.decode(payload)

    def level(ms: int) -> float:
        frame = codec(name).frame
        made = b"".join(decoder.conceal(frame) or b"" for _ in range(ms * 8 // frame))
        return float(20 * np.log10(np.sqrt((np.frombuffer(made, np.int16).astype(float) ** 2).mean()) + 0.1))

    begin = level(200)
    assert begin == pytest.approx(29.5, abs=3)
    assert [level(200) for _ in range(3)] == pytest.approx([begin] * 3, abs=2)


@pytest.mark.parametrize("name", NAMES)
def test_wrong_lengths_to_encode(name: str) -> None:
    encoder = codec(name).encoder()
    for n in (0, codec(name).frame + 1 if codec(name).frame > 1 else 481, 488):
        with pytest.raises(ValueError, match="Invalid argument"):
            encoder.encode(np.zeros(n, np.int16))


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(NAMES), payloads=st.lists(st.binary(min_size=0, max_size=300), min_size=1, max_size=4))
def test_any_octets(name: str, payloads: list[bytes]) -> None:
    decoder = codec(name).decoder()
    for payload in payloads:
        samples = codec(name).samples(payload)
        try:
            sound = decoder.decode(payload)
        except ValueError:
            continue
        assert samples is None or len(sound) == 2 * samples


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from([n for n in NAMES if n not in ("PCMU", "PCMA")]),
    at=st.integers(0, 10_000),
    bit=st.integers(0, 7),
)
def test_a_flipped_bit(name: str, at: int, bit: int) -> None:
    ms = max(20, codec(name).frame // 8)
    payloads = packets(name, SPEECH[2400:4800], ms)
    damaged = bytearray(payloads[3])
    damaged[at % len(damaged)] ^= 1 << bit
    decoder = codec(name).decoder()
    for payload in [*payloads[:3], bytes(damaged), *payloads[4:]]:
        try:
            decoder.decode(payload)
        except ValueError:
            assert payload == bytes(damaged)
