"""Automatic gain beside speexdsp's and webrtc's on the same sounds: talkers of any level, and noise when nobody talks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dtmf_sounds import noise, pcm
from level_sounds import RMS_0, active_level, conversation
from numpy.typing import NDArray

from xunhu._media.level import LevelBank, VadBank

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
import common

Samples = NDArray[np.int16]
LEVELS = (-30, -24, -18, -12, -6)


def ours(x: Samples) -> Samples:
    bank, out = LevelBank(1), x[None].copy()
    bank.set(0, "agc", target_dbm0=-18)
    bank.feed(out, VadBank(1))
    return out[0]


def peer(name: str, libraries: list[str]) -> Callable[[Samples], Samples]:
    def run(x: Samples) -> Samples:
        program = common.peer_program(name, libraries)
        done = subprocess.run([program, "filter", "0"], input=x.tobytes(), stdout=subprocess.PIPE, check=True)
        return np.frombuffer(done.stdout, np.int16)

    return run


speexdsp = peer("speexdsp_level", ["speexdsp", "m"])
webrtc = peer("webrtc_level", ["pkg:webrtc-audio-processing"])


def settled(work: Callable[[Samples], Samples], language: str, level: float) -> float:
    """Active level of the second ten seconds of a talker in soft noise."""
    x = conversation(language, 3, 20) * 10 ** (level / 20)
    out = work(pcm(x + noise(np.random.default_rng(1), -58, len(x))))
    return active_level(out[80000:].astype(float))


def noise_after(work: Callable[[Samples], Samples], level: float) -> float:
    """dBm0 of the last second of twenty of noise alone."""
    out = work(pcm(noise(np.random.default_rng(2), level, 160000)))[-8000:].astype(float)
    return float(10 * np.log10(np.mean(out**2)) - 20 * np.log10(RMS_0))


@pytest.mark.parametrize("language", ["es", "tr", "it"])
def test_talkers_of_24_db_come_to_one_level(language: str) -> None:
    levels = {work: [settled(work, language, level) for level in LEVELS] for work in (ours, speexdsp, webrtc)}
    assert all(abs(level + 18) < 2 for level in levels[ours])
    spread = {work: max(got) - min(got) for work, got in levels.items()}
    assert spread[ours] < 2
    assert spread[ours] < spread[webrtc]
    assert spread[speexdsp] < 1  # closer still: it follows the noise as well as the voice, see below


@pytest.mark.parametrize("level", [-50, -40])
def test_noise_alone_is_left_where_it_is(level: float) -> None:
    assert abs(noise_after(ours, level) - level) < 0.5
    assert noise_after(speexdsp, level) > level + 10  # what automatic gains do that do not ask whether somebody speaks
    assert noise_after(webrtc, level) > level + 3
