"""Calls whose prompts and recordings are in formats of every kind: the real engine, sound by its frequency."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_sound import FarEnd, level, simulate
from world import World

from xunhu._media.media_file import FORMATS, Reader, Writer
from xunhu.call.settings import RECORDING_FORMATS
from xunhu.ivr.session import Session

RATE = 8000


def sine(hz: float, seconds: float) -> np.ndarray:
    return (8000 * np.sin(2 * np.pi * hz / RATE * np.arange(round(RATE * seconds)))).astype(np.int16)


def read(path: Path) -> np.ndarray:
    with Reader(path, out_channels=-1) as reader:
        return np.array(reader.read_all(), dtype=float).reshape(-1, reader.info.channels)


def test_prompts_of_every_format_one_after_the_other(tmp_path: Path) -> None:
    """Each with a tone of its own, heard whole and in order."""
    prompts, tones = [], []
    for n, (fmt, info) in enumerate(FORMATS.items()):
        path = tmp_path / f"{fmt}{info.suffix}"
        tones.append(500.0 + 100 * (n % 7))
        with Writer(path, fmt) as writer:
            writer.write(sine(tones[-1], 0.4))
        prompts.append(str(path))
    got = []

    async def walk(session: Session) -> str:
        got.extend([await session.play_collect([path]) for path in prompts])
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep(0.02)
        far = FarEnd(w, caller.port or 0)
        heard = await far.listen(tmp_path / "heard.wav", 0.6 * len(prompts))
        far.leave()
        windows = [heard[i : i + 400] for i in range(0, len(heard) - 400, 400)]
        loudest = [max((level(x, hz), hz) for hz in set(tones)) for x in windows]
        sounding = [hz for loud, hz in loudest if loud > -22]
        kept = [hz for n, hz in enumerate(sounding) if n == 0 or sounding[n - 1] != hz]
        assert kept == tones
        await w.sleep(2)

    simulate(main)
    assert [one.reason for one in got] == ["played"] * len(FORMATS)


@pytest.mark.parametrize("fmt", RECORDING_FORMATS)
def test_recordings_of_every_format(fmt: str, tmp_path: Path) -> None:
    async def main(w: World) -> None:
        caller = w.carrier.offer("8001")
        await w.sleep()
        callee = w.pbx.made[0]
        callee.far_alerting()
        callee.far_answer()
        await w.sleep(0.1)
        a, b = FarEnd(w, caller.port or 0), FarEnd(w, callee.port or 0)
        one, two = a.voice(700), b.voice(1700)
        await w.sleep(3)
        one.stop()
        two.stop()
        caller.far_disconnect()
        await w.sleep(0.2)
        a.leave()
        b.leave()

    w = simulate(main, recording="all", recordings=tmp_path, recording_format=fmt)
    events = dict(w.ledger.of(w.call_id()))
    path = Path(events["rec.start"]["path"])
    assert path.suffix == FORMATS[fmt].suffix
    sound = read(path)
    assert sound.shape[1] == 2
    assert len(sound) / RATE == pytest.approx(events["rec.end"]["seconds"], abs=0.3 if fmt == "mp3" else 0.03)
    talk = slice(RATE, 2 * RATE)
    assert level(sound[talk, 0], 700) == pytest.approx(-10, abs=1)
    assert level(sound[talk, 1], 1700) == pytest.approx(-10, abs=1)
    assert level(sound[talk, 0], 1700) < -40
    assert level(sound[talk, 1], 700) < -40
