"""RTP sender (include/xunhu/rtp_sender.h): numbering, packet times, marker, silence that is not sent."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plc_sounds import speech

from xunhu._media import g711, rtp
from xunhu._media.cng import parse

Sent = list[tuple[int, dict[str, Any]]]


def run(sender: rtp.Sender, x: np.ndarray[Any, np.dtype[np.int16]], block: int = 80, voice: bool = True) -> Sent:
    return [
        (t + block, rtp.parse(p))
        for t in range(0, len(x) - block + 1, block)
        for p in sender.write(x[t : t + block], voice)
    ]


@pytest.mark.parametrize("block", [40, 80, 160])
@pytest.mark.parametrize("ptime", [10, 20, 30, 40, 50, 60])
@pytest.mark.parametrize("law", ["PCMU", "PCMA"])
def test_all_of_it_in_its_order(law: str, ptime: int, block: int) -> None:
    x = speech("en-gb", 3.0)[:16000]
    got = run(rtp.Sender(law, ptime_ms=ptime), x, block)
    encode = g711.ulaw_encode if law == "PCMU" else g711.alaw_encode
    sound = b"".join(h["payload"] for _, h in got)
    assert sound == bytes(encode(x))[: len(sound)]
    assert len(x) - len(sound) < 8 * ptime
    n = 8 * ptime
    assert [h["marker"] for _, h in got] == [True] + [False] * (len(got) - 1)
    assert {h["payload_type"] for _, h in got} == {0 if law == "PCMU" else 8}
    assert {h["ssrc"] for _, h in got} == {got[0][1]["ssrc"]}
    for i, (at, h) in enumerate(got):
        assert h["sequence"] == (got[0][1]["sequence"] + i) % 65536
        assert h["timestamp"] == (got[0][1]["timestamp"] + i * n) % 2**32
        assert 0 <= at - (i + 1) * n < block


def test_identities_come_of_the_seed() -> None:
    first = [rtp.Sender(seed=s) for s in range(200)]
    assert len({s.ssrc for s in first}) == 200
    packets = [run(s, np.zeros(160, np.int16))[0][1] for s in first]
    assert len({p["sequence"] for p in packets}) > 190
    assert len({p["timestamp"] for p in packets}) == 200
    again = [run(rtp.Sender(seed=s), np.zeros(160, np.int16))[0][1] for s in range(200)]
    assert packets == again


def test_hold_is_time_without_packets() -> None:
    sender = rtp.Sender("PCMA", key_type=101)
    x = speech("de", 2.0)
    before = run(sender, x[:1600])
    assert [sender.idle() for _ in range(100)] == [[]] * 100
    after = run(sender, x[:1600])
    assert after[0][1]["marker"]
    assert after[0][1]["timestamp"] == (before[-1][1]["timestamp"] + 160 + 8000) % 2**32
    assert after[0][1]["sequence"] == (before[-1][1]["sequence"] + 1) % 65536
    sender.digits("5")
    assert len(sender.idle()) == 1  # keys go out on hold too


def test_another_codec_goes_on_with_the_numbers() -> None:
    sender = rtp.Sender("PCMA", key_type=101)
    before = run(sender, np.zeros(1600, np.int16))
    sender.set("PCMU", ptime_ms=30)
    after = run(sender, np.zeros(1600, np.int16))
    assert {h["payload_type"] for _, h in after} == {0}
    assert after[0][1]["timestamp"] == (before[-1][1]["timestamp"] + 160) % 2**32
    assert after[0][1]["ssrc"] == before[0][1]["ssrc"]
    assert len(after[0][1]["payload"]) == 240


def test_silence_is_a_sid_and_nothing_more() -> None:
    """Speech, two seconds of background of -60 dBov, speech: SIDs at its beginning and each two seconds; marker on what follows."""
    sender = rtp.Sender("PCMA", noise_type=13, dtx=True)
    noise = np.random.default_rng(1).normal(0, 32.768, 16000).astype(np.int16)
    x = speech("en-gb", 3.0)[:8000]
    a, b, c = run(sender, x), run(sender, noise, voice=False), run(sender, x)
    assert {h["payload_type"] for _, h in a + c} == {8}
    sids = [h for _, h in b if h["payload_type"] == 13]
    sound = [h for _, h in b if h["payload_type"] == 8]
    assert len(sound) <= 8
    assert 1 <= len(sids) <= 4
    assert all(not h["marker"] for h in sids)
    assert parse(sids[-1]["payload"])[0] == pytest.approx(60, abs=2)
    assert c[0][1]["marker"]
    assert sum(h["marker"] for _, h in c) == 1
    numbers = [h["sequence"] for _, h in a + b + c]
    assert numbers == [(numbers[0] + i) % 65536 for i in range(len(numbers))]
    assert c[0][1]["timestamp"] == (a[0][1]["timestamp"] + 8000 + 16000) % 2**32


def test_silence_that_is_not_sent_is_heard_as_noise() -> None:
    sender, receiver = rtp.Sender("PCMA", noise_type=13, dtx=True), rtp.Receiver()
    receiver.accept(8, "PCMA")
    receiver.accept(13, kind=rtp.NOISE)
    rng, out, sound = np.random.default_rng(1), np.zeros(80, np.int16), []
    x = speech("en-gb", 3.0)
    for tick in range(600):
        talks = tick < 100 or tick >= 500
        block = x[(tick % 100) * 80 : (tick % 100) * 80 + 80] if talks else rng.normal(0, 60, 80).astype(np.int16)
        for p in sender.write(block, talks):
            assert receiver.packet(p, tick * 10_000_000) == rtp.KEPT
        receiver.read(out)
        sound.append(out.copy())
    s = receiver.stats()
    assert (s["conceals"], s["lost"], s["late"]) == (0, 0, 0)
    level = np.sqrt(np.mean(np.concatenate(sound[200:480]).astype(float) ** 2))
    assert 20 * np.log10(level / 60) == pytest.approx(0, abs=1.5)
    assert s["packets"] < 110


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([40, 80, 160]), st.sampled_from(["write", "idle", "digits", "stop", "set"])),
        max_size=80,
    ),
    st.integers(0, 2**32),
)
def test_numbers_go_on_whatever_is_asked(steps: list[tuple[int, str]], seed: int) -> None:
    sender = rtp.Sender("PCMA", key_type=101, seed=seed)
    got: list[dict[str, Any]] = []
    for block, what in steps:
        if what == "write":
            got += map(rtp.parse, sender.write(np.zeros(block, np.int16)))
        elif what == "idle":
            got += map(rtp.parse, sender.idle(block))
        elif what == "stop":
            sender.digits_stop()
        elif what == "set":
            sender.set("PCMU" if block == 80 else "PCMA", ptime_ms=block // 4, key_type=101)
        elif not sender.dialing:
            sender.digits("5", block, 40)
    for before, after in pairwise(got):
        assert after["sequence"] == (before["sequence"] + 1) % 65536
    assert sender.packets == len(got)
    assert sender.octets == sum(len(p["payload"]) for p in got)


@pytest.mark.parametrize(
    "bad", [{"ptime_ms": 5}, {"ptime_ms": 70}, {"payload_type": 128}, {"key_type": 200}, {"payload_type": 300}]
)
def test_limits(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="payload types"):
        rtp.Sender("PCMA", **bad)
    sender = rtp.Sender("PCMA")
    with pytest.raises(ValueError, match="payload types"):
        sender.set("PCMA", **bad)
    assert run(sender, np.zeros(160, np.int16))[0][1]["payload_type"] == 8
