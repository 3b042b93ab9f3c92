"""A recording that ends at silence: voices, however soft, and tones hold it open; noise does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dtmf_sounds import noise, pcm, silence, sine
from level_sounds import RMS_0, noise_of, spoken
from numpy.typing import NDArray
from test_engine_level import FAR, NEAR, Line

from xunhu._media import engine as media

Sound = NDArray[np.float64]


def recorded(folder: Path, x: Sound, seconds: float, **options: float) -> media.Event | None:
    """How a recording of this sound, from its 0.2 s on, ended within that time."""
    line = Line(folder)
    line.say(FAR, pcm(x))
    line.run(0.2)
    port = media.LINE_PORTS + 900
    line.engine.record(port, str(folder / "r.wav"), **options)
    line.engine.connect(NEAR, port)
    line.run(seconds)
    ended = [e for e in line.engine.events() if e.type == media.EV_RECORDED]
    if not ended:
        assert line.engine.stats()["voices"] == 1
    return ended[0] if ended else None


@pytest.mark.parametrize("kind", ["white", "pink", "car"])
@pytest.mark.parametrize("level", [-60, -45, -38, -30])
def test_noise_does_not_hold_a_recording_open(tmp_path: Path, kind: str, level: float) -> None:
    hush = noise_of(kind, 8000 * 6, 3) * RMS_0 * 10 ** (level / 20)
    hush[:12000] += spoken("en-gb")[:12000] * 10 ** (-12 / 20)
    ended = recorded(tmp_path, hush, 6, silence_s=1.5)
    assert ended is not None
    assert ended.a0 == media.END_SILENCE
    assert ended.a1 == 1
    assert 12000 + 10000 <= ended.samples <= 12000 + 12000 + 800


@pytest.mark.parametrize("level", [-45, -35])
def test_noise_alone_is_silence(tmp_path: Path, level: float) -> None:
    ended = recorded(tmp_path, noise(np.random.default_rng(7), level, 8000 * 5), 5, silence_s=4.0, lead_s=2.0)
    assert ended is not None
    assert (ended.a0, ended.a1) == (media.END_SILENCE, 0)
    assert ended.samples == pytest.approx(16000, abs=1600)


def test_a_soft_voice_holds_it_open_and_its_end_ends_it(tmp_path: Path) -> None:
    voice = np.tile(spoken("de")[:20000], 2) * 10 ** (-44 / 20)
    x = np.concatenate(
        [
            noise(np.random.default_rng(1), -64, 4000),
            voice + noise(np.random.default_rng(2), -64, len(voice)),
            silence(4000),
        ]
    )
    ended = recorded(tmp_path, x, 9, silence_s=1.5)
    assert ended is not None
    assert (ended.a0, ended.a1) == (media.END_SILENCE, 1)
    assert 44000 + 12000 - 2400 <= ended.samples <= 44000 + 12000 + 1600


@pytest.mark.parametrize("hz", [(425.0,), (350.0, 440.0), (2100.0,)])
def test_a_tone_is_sound(tmp_path: Path, hz: tuple[float, ...]) -> None:
    x = np.sum([sine(f, -30, 8000 * 5) for f in hz], axis=0)
    assert recorded(tmp_path, x, 4, silence_s=1.0) is None


def test_two_tracks_are_heard_and_places_come_back(tmp_path: Path) -> None:
    line = Line(tmp_path)
    port = media.LINE_PORTS + 900
    voice = np.tile(spoken("it")[:16000], 2) * 0.1
    line.say(FAR, pcm(voice))
    line.engine.record(port, str(tmp_path / "two.wav"), tracks=2, silence_s=1.0)
    line.engine.connect(NEAR, port, track=1)
    line.run(3)
    assert line.engine.stats()["voices"] == 2
    assert not [e for e in line.engine.events() if e.type == media.EV_RECORDED]
    line.run(3)
    (ended,) = [e for e in line.engine.events() if e.type == media.EV_RECORDED]
    assert (ended.a0, ended.a1) == (media.END_SILENCE, 1)
    assert line.engine.stats()["voices"] == 0
