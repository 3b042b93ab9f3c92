"""RTP receiver: packets of every kind in, sound out (include/xunhu/rtp_receiver.h)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from plc_sounds import speech

from xunhu._media import g711, rtp
from xunhu._media.cng import pack

Samples = NDArray[np.int16]
TICK = 10_000_000


def alaw(x: Samples) -> Samples:
    return np.asarray(g711.alaw_decode(bytes(g711.alaw_encode(x))), np.int16)


class Line:
    """A receiver on the virtual clock: packets that come before a tick, ticks of 10 ms."""

    def __init__(self, receiver: rtp.Receiver | None = None, block: int = 80) -> None:
        self.r = receiver or rtp.Receiver()
        if receiver is None:
            self.r.accept(8, "PCMA")
            self.r.accept(0, "PCMU")
            self.r.accept(13, kind=rtp.NOISE)
            self.r.accept(101, kind=rtp.KEY)
        self.out: list[Samples] = []
        self.block = block
        self.now = 0
        self.keys: list[tuple[str, bool, int, int, int]] = []

    def tick(self, packets: Iterable[bytes] = ()) -> list[int]:
        verdicts = [self.r.packet(p, self.now) for p in packets]
        out = np.zeros(self.block, np.int16)
        self.r.read(out)
        self.out.append(out)
        self.keys += self.r.keys()
        self.now += self.block * 125_000
        return verdicts

    @property
    def sound(self) -> Samples:
        return np.concatenate(self.out)


def packet(sequence: int, timestamp: int, x: Samples, *, marker: bool = False, ssrc: int = 5, law: str = "A") -> bytes:
    octets = bytes(g711.alaw_encode(x) if law == "A" else g711.ulaw_encode(x))
    return rtp.build(8 if law == "A" else 0, marker, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc, octets)


def position(y: Samples, x: Samples) -> int:
    """Where in y the sound x begins."""
    found = np.correlate(y.astype(float), x.astype(float))
    return int(found.argmax())


@pytest.mark.parametrize("block", [40, 80, 160])
@pytest.mark.parametrize("ptime", [80, 160, 240, 320, 480])
def test_what_comes_is_what_is_heard(ptime: int, block: int) -> None:
    """Octet for octet, for packets of 10 to 60 ms and ticks of 5 to 20."""
    x = speech("en-gb", 5.0)[:24000]
    line = Line(rtp.Receiver(adaptive=False, fixed_ms=60), block)
    line.r.accept(8, "PCMA")
    sent = 0
    for tick in range(24000 // block + 40):
        now = (tick + 1) * block
        due = []
        while (sent + 1) * ptime <= min(now, 24000):
            due.append(packet(sent + 65000, sent * ptime + 2**32 - 3000, x[sent * ptime : (sent + 1) * ptime]))
            sent += 1
        line.tick(due)
    y, want = line.sound, alaw(x)[: sent * ptime]
    at = position(y, want)
    assert np.array_equal(y[at : at + len(want)], want)
    assert not y[:at].any()
    s = line.r.stats()
    assert (s["lost"], s["late"], s["splices"], s["duplicates"]) == (0, 0, 0, 0)
    assert s["conceals"] == 1  # the end: it might go on


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from([80, 160, 240, 320, 400, 480]), min_size=20, max_size=60),
    st.sampled_from("AU"),
    st.integers(0, 2**32 - 1),
)
def test_packets_of_changing_length(lengths: list[int], law: str, first: int) -> None:
    x = speech("de", 5.0)
    line = Line(rtp.Receiver(adaptive=False, fixed_ms=70))
    line.r.accept(8, "PCMA")
    line.r.accept(0, "PCMU")
    ends = np.cumsum(lengths)
    sent = 0
    for tick in range(int(ends[-1]) // 80 + 20):
        due = []
        while sent < len(lengths) and ends[sent] <= (tick + 1) * 80:
            begin = int(ends[sent]) - lengths[sent]
            due.append(packet(sent, first + begin, x[begin : int(ends[sent])], law=law))
            sent += 1
        line.tick(due)
    want = x[: int(ends[-1])]
    want = alaw(want) if law == "A" else np.asarray(g711.ulaw_decode(bytes(g711.ulaw_encode(want))), np.int16)
    at = position(line.sound, want)
    got = line.sound[at : at + len(want)]
    assert line.r.stats()["splices"] or np.array_equal(got, want)
    assert line.r.stats()["conceals"] <= 1  # the end


def test_order_and_repetition_make_no_difference() -> None:
    x = speech("fr", 5.0)[:16000]
    rng = np.random.default_rng(3)
    line = Line(rtp.Receiver(adaptive=False, fixed_ms=80))
    line.r.accept(8, "PCMA")
    waiting: list[tuple[int, bytes]] = []
    for k in range(100):
        p = packet(k, k * 160, x[k * 160 : (k + 1) * 160])
        for _ in range(1 + (k > 2 and rng.random() < 0.2)):
            waiting.append((2 * k + int(rng.integers(0, 6)) * (k > 2), p))
    for tick in range(240):
        line.tick([p for at, p in waiting if at == tick])
    s = line.r.stats()
    assert s["duplicates"] == len(waiting) - 100
    assert s["reordered"] > 5
    assert (s["conceals"], s["late"]) == (1, 0)  # the end
    want = alaw(x)
    at = position(line.sound, want)
    assert np.array_equal(line.sound[at : at + 16000], want)


def test_what_stands_beside_the_payload_is_passed_over() -> None:
    """CSRC, extension and padding."""
    x = speech("ru", 2.0)[:8000]
    line = Line(rtp.Receiver(adaptive=False, fixed_ms=40))
    line.r.accept(8, "PCMA")
    for k in range(60):
        due = []
        if k % 2 == 0 and k < 100:
            p = packet(k // 2, k * 80, x[k * 80 : k * 80 + 160])
            due = [bytes([0xB2]) + p[1:12] + bytes(8) + b"\xbe\xde\0\2" + bytes(8) + p[12:] + b"\0\0\0\4"]
        line.tick(due)
    want = alaw(x[:4000])
    at = position(line.sound, want)
    assert np.array_equal(line.sound[at : at + 4000], want)


def stream(
    line: Line,
    x: Samples,
    *,
    first: int = 0,
    sequence: int = 0,
    ssrc: int = 5,
    lost: Iterable[int] = (),
    marker: bool = False,
) -> None:
    gone = set(lost)
    for k in range(len(x) // 160):
        p = packet(sequence + k, first + k * 160, x[k * 160 : (k + 1) * 160], ssrc=ssrc, marker=marker and k == 0)
        line.tick([] if k in gone else [p])
        line.tick()


def test_the_first_packet_is_heard() -> None:
    """It waits for the second that proves the source (RFC 3550 A.1), also where the sequence number goes round between them."""
    for sequence in (0, 65535, 65534, 1000):
        x = speech("hi", 1.0)[:4800]
        line = Line()
        stream(line, x, sequence=sequence)
        want = alaw(x)
        at = position(line.sound, want[:1600])
        assert np.array_equal(line.sound[at : at + 1600], want[:1600]), sequence
        s = line.r.stats()
        assert (s["lost"], s["loss"], s["invalid"]) == (0, 0, 0)


def test_one_packet_is_no_source() -> None:
    line = Line()
    assert line.tick([packet(5, 0, speech("de", 1.0)[:160])]) == [rtp.KEPT]
    for _ in range(50):
        line.tick()
    assert not line.sound.any()
    assert not line.r.stats()["heard"]


def test_lost_packets_are_concealed_and_counted() -> None:
    x = speech("en-gb", 5.0)[8000:24000]
    line = Line()
    stream(line, x, lost=[20, 40, 41, 60])
    s = line.r.stats()
    assert s["conceals"] == 3
    assert s["concealed"] == 4 * 160
    assert s["lost"] == 4
    assert s["loss"] == pytest.approx(4 / 100, abs=0.001)
    assert s["burst_ratio"] == pytest.approx(4 / 3 * (1 - 0.04), abs=0.01)
    assert np.abs(line.sound[20 * 160 + 400 : 20 * 160 + 800]).max() > 0


def test_another_source_takes_over_when_ours_has_gone() -> None:
    x = speech("en-gb", 5.0)
    line = Line()
    stream(line, x[:8000], ssrc=5)
    for _ in range(7):
        line.tick()
    stream(line, x[8000:16000], ssrc=6, first=77777, sequence=999)
    s = line.r.stats()
    assert (s["ssrc"], s["sources"]) == (6, 2)
    assert (s["lost"], s["packets"]) == (0, 49 + 49)  # the first of each is not believed yet
    want = alaw(x[12000:15000])
    at = position(line.sound, want)
    assert np.array_equal(line.sound[at : at + 3000], want)


def test_a_stranger_beside_ours_is_not_heard() -> None:
    x = speech("en-gb", 5.0)[:16000]
    one, two = Line(), Line()
    rng = np.random.default_rng(1)
    for k in range(100):
        p = packet(k, k * 160, x[k * 160 : (k + 1) * 160])
        q = packet(k + 500, k * 160 + 99, rng.integers(-9000, 9000, 160).astype(np.int16), ssrc=666)
        one.tick([p])
        two.tick([p, q] if k > 5 else [p])
        one.tick()
        two.tick()
    assert np.array_equal(one.sound, two.sound)
    assert two.r.stats()["sources"] == 1
    assert two.r.stats()["invalid"] > 80


def test_timestamps_that_jump_begin_anew() -> None:
    """The same source goes on with other timestamps (a transfer behind a gateway): three packets later it is heard again."""
    x = speech("en-gb", 5.0)[:16000]
    line = Line()
    stream(line, x[:8000])
    stream(line, x[8000:], first=3_000_000_000, sequence=50)
    want = alaw(x[9600:15000])
    at = position(line.sound, want)
    assert np.array_equal(line.sound[at : at + 5400], want)
    assert line.r.stats()["sources"] == 1


def test_timestamps_that_jump_with_a_marker_cost_nothing() -> None:
    """RFC 3550 §5.1 lets the timestamp of a talk spurt be any; RFC 3551 §4.1 marks its first packet. What was waiting is left out."""
    x = speech("en-gb", 5.0)[:16000]
    line = Line()
    stream(line, x[:8000])
    stream(line, x[8000:], first=3_000_000_000, sequence=50, marker=True)
    want = alaw(x[8000:15000])
    at = position(line.sound, want)
    assert np.array_equal(line.sound[at + 40 : at + 6000], want[40:6000])  # the first 4 ms are faded in
    assert (line.r.stats()["sources"], line.r.stats()["lost"]) == (1, 0)


@pytest.mark.parametrize("pause_ms", [300, 1000, 30000])
def test_a_sender_whose_clock_stands_still_in_pauses(pause_ms: int) -> None:
    x = speech("en-gb", 5.0)[:16000]
    line = Line()
    stream(line, x[:8000])
    for _ in range(pause_ms // 10):
        line.tick()
    stream(line, x[8000:], first=8000, sequence=50, marker=True)
    want = alaw(x[9600:15000])
    at = position(line.sound, want)
    assert np.array_equal(line.sound[at : at + 5400], want)
    assert line.r.stats()["lost"] == 0
    assert line.r.stats()["delay_ms"] < 60


def test_a_restarted_source() -> None:
    """RFC 3550 A.1: the same SSRC with other sequence numbers, believed at the second."""
    x = speech("en-gb", 5.0)[:16000]
    line = Line()
    stream(line, x[:8000])
    stream(line, x[8000:], first=123456, sequence=30000)
    want = alaw(x[9600:15000])
    at = position(line.sound, want)
    assert np.array_equal(line.sound[at : at + 5400], want)


def test_comfort_noise() -> None:
    """Speech, a SID, nothing, speech: in between noise of its level without end, no loss, and the second speech whole."""
    x = speech("en-gb", 5.0)[:16000]
    line = Line()
    stream(line, x[:8000])
    line.tick([rtp.build(13, False, 50, 8000, 5, pack(50))])
    for _ in range(299):
        line.tick()
    stream(line, x[8000:], first=8000 + 300 * 80, sequence=51, marker=True)
    s = line.r.stats()
    assert (s["conceals"], s["lost"], s["late"]) == (0, 0, 0)
    noise = line.sound[8000 + 8000 : 8000 + 22000].astype(float)
    assert 20 * np.log10(np.sqrt(np.mean(noise**2)) / 32768) == pytest.approx(-50, abs=1.0)
    want = alaw(x[8000:])[:7000]
    at = position(line.sound[20000:], want)
    assert np.array_equal(line.sound[20000 + at : 20000 + at + 7000], want)


def test_silence_that_is_not_sent_is_no_loss() -> None:
    """No SID, but timestamps that go on: the sequence numbers tell."""
    x = speech("en-gb", 5.0)[:16000]
    line = Line()
    stream(line, x[:8000])
    for _ in range(200):
        line.tick()
    stream(line, x[8000:], first=8000 + 200 * 80, sequence=50, marker=True)
    s = line.r.stats()
    assert (s["lost"], s["late"], s["loss"]) == (0, 0, 0)
    assert not line.sound[8000 + 2000 : 8000 + 15000].any()


def test_talk_spurts_are_put_right_in_silence() -> None:
    """The delay was too long for the network; after a pause it is right at once, without a splice."""
    x = speech("en-gb", 5.0)[:24000]
    line = Line(rtp.Receiver(adaptive=False, fixed_ms=150))
    line.r.accept(8, "PCMA")
    line.r.accept(13, kind=rtp.NOISE)
    stream(line, x[:8000])
    line.r.buffer(adaptive=False, fixed_ms=20)
    line.tick([rtp.build(13, False, 50, 8000, 5, pack(60))])
    for _ in range(99):
        line.tick()
    before = line.r.stats()["splices"]
    stream(line, x[8000:], first=16000, sequence=51, marker=True)
    s = line.r.stats()
    assert s["splices"] - before <= 1
    assert s["delay_ms"] == pytest.approx(20, abs=6)
    assert (s["late"], s["conceals"]) == (0, 0)


def test_keys_beside_speech_come_once_and_cost_no_sound() -> None:
    x = speech("en-gb", 5.0)
    sender, line = rtp.Sender("PCMA", key_type=101), Line()
    sender.digits("159#D!", 80, 60)
    for tick in range(400):
        line.tick(sender.write(x[tick * 80 : tick * 80 + 80]))
    assert [(k, ended) for k, ended, *_ in line.keys] == [(d, e) for d in "159#D!" for e in (False, True)]
    assert all(samples == 640 for _, ended, samples, *_ in line.keys if ended)
    s = line.r.stats()
    assert (s["lost"], s["loss"], s["unknown"], s["invalid"]) == (0, 0, 0, 0)
    assert s["concealed"] == 0


def test_unknown_types_and_rubbish_are_counted() -> None:
    line = Line()
    stream(line, speech("en-gb", 1.0)[:4000])
    assert line.tick([rtp.build(96, False, 30, 0, 5, b"x")]) == [rtp.UNKNOWN_TYPE]
    assert line.tick([b"", b"\x80", bytes(20)])[0] < 0
    assert line.tick([rtp.build(8, False, 31, 4000, 5, bytes(481))]) == [rtp.UNPLAYABLE]
    assert line.tick([rtp.build(8, False, 32, 4000, 5)]) == [rtp.UNPLAYABLE]
    assert line.tick([rtp.build(101, False, 33, 4000, 5, b"abc")]) == [rtp.UNPLAYABLE]
    s = line.r.stats()
    assert (s["unknown"], s["invalid"]) == (1, 6)


def test_reset_in_a_hole() -> None:
    line = Line()
    stream(line, speech("en-gb", 1.0)[:4000])
    for _ in range(4):
        line.tick()
    line.r.reset()
    stream(line, speech("en-gb", 1.0)[:4000])
    s = line.r.stats()
    assert (s["conceals"], s["concealed"]) == (0, 0)


def test_reset_and_limits() -> None:
    line = Line()
    stream(line, speech("en-gb", 1.0)[:4000])
    line.r.reset()
    s = line.r.stats()
    assert (s["packets"], s["played"], s["heard"]) == (0, 0, False)
    stream(line, speech("en-gb", 1.0)[:4000], ssrc=9)
    assert line.r.stats()["packets"] == 24
    for kind in range(90, 96):
        line.r.accept(kind, "PCMU")
    with pytest.raises(ValueError, match="accepted"):
        line.r.accept(96, "PCMU")
    with pytest.raises(ValueError, match="accepted"):
        line.r.accept(128, "PCMU")
    with pytest.raises(ValueError, match="codec"):
        line.r.accept(96, "nothing")
    assert rtp.RECEIVER_SIZE + rtp.SENDER_SIZE < 12 * 1024


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_comes_sound_goes_on(data: st.DataObject) -> None:
    """Any packets at any time: never a sample beyond what was asked, the delay within its limits, twice the same."""
    lines = [Line(), Line()]
    for _ in range(data.draw(st.integers(1, 60))):
        burst = data.draw(
            st.lists(
                st.builds(
                    lambda kind, seq, ts, ssrc, n, m: rtp.build(
                        kind, m, seq, ts, ssrc, bytes(range(256))[:n] * (1 + n % 2)
                    ),
                    st.sampled_from([8, 0, 13, 101, 99]),
                    st.integers(0, 20) | st.integers(0, 65535),
                    st.integers(0, 20).map(lambda k: k * 160) | st.integers(0, 2**32 - 1),
                    st.sampled_from([5, 6]),
                    st.sampled_from([0, 1, 4, 80, 160, 240]),
                    st.booleans(),
                ),
                max_size=4,
            )
        )
        for line in lines:
            line.tick(burst)
    assert np.array_equal(lines[0].sound, lines[1].sound)
    assert lines[0].r.stats() == lines[1].r.stats()
    assert lines[0].r.stats()["delay_ms"] < 100_000
