"""Text to speech: espeak-ng, the cache, limits, programs that fail or hang; the signal processing by itself."""

from __future__ import annotations

import array
import asyncio
import math
import os
import wave
from pathlib import Path

import numpy as np
import pytest

from xunhu.ivr import tts
from xunhu.ivr.session import ServiceError
from xunhu.ivr.tts import EspeakTts, TtsError


async def test_speaks_and_remembers(tmp_path: Path) -> None:
    speech = EspeakTts(tmp_path / "cache")
    paths = await asyncio.gather(*(speech.speak("您的订单已发货", "zh") for _ in range(5)))
    assert len(set(paths)) == 1
    assert speech.made == 1
    with wave.open(str(paths[0])) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1)
        assert file.getnframes() > 8000
    assert await speech.speak("您的订单已发货", "zh") == paths[0]
    assert await speech.speak("Your order is on its way", "en") != paths[0]
    assert (speech.made, speech.reused) == (2, 1)
    assert await EspeakTts(tmp_path / "cache").speak("您的订单已发货", "zh") == paths[0]


async def test_cache_is_bounded(tmp_path: Path) -> None:
    speech = EspeakTts(tmp_path, max_files=3)
    for age, name in enumerate("vwxyz"):
        path = tmp_path / f"{name}.wav"
        path.touch()
        os.utime(path, ns=(age * 10**9, age * 10**9))
    new = await speech.speak("one", "en")
    assert {path.name for path in tmp_path.glob("*.wav")} == {"y.wav", "z.wav", new.name}


def program(tmp_path: Path, text: str) -> str:
    path = tmp_path / "say"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo no voice >&2; exit 3", "failed: no voice"),
        ("exit 0", "failed: status 0"),
        ("echo nonsense", "gave no WAV"),
        ("exec sleep 60", "was not done after 1 s"),
    ],
)
async def test_program_that_fails(tmp_path: Path, script: str, why: str) -> None:
    speech = EspeakTts(tmp_path / "cache", program=program(tmp_path, script), timeout_s=1.0)
    with pytest.raises(TtsError, match=why):
        await speech.speak("x", "en")
    assert list((tmp_path / "cache").iterdir()) == []


async def test_refusals(tmp_path: Path) -> None:
    speech = EspeakTts(tmp_path / "cache", program="no-such-program")
    with pytest.raises(TtsError, match="not installed; remedy"):
        await speech.speak("x", "en")
    with pytest.raises(TtsError, match="no voice for the language 'fr'"):
        await speech.speak("x", "fr")
    with pytest.raises(ServiceError):
        await EspeakTts(tmp_path).speak("  ", "en")
    with pytest.raises(TtsError, match="1000 are the most"):
        await EspeakTts(tmp_path).speak("x" * 2000, "en")
    (tmp_path / "file").touch()
    with pytest.raises(TtsError, match="file"):
        await EspeakTts(tmp_path / "file").speak("x", "en")


async def test_no_more_than_may_wait(tmp_path: Path) -> None:
    speech = EspeakTts(tmp_path / "cache", program=program(tmp_path, "exec sleep 60"), max_waiting=2, parallel=1)
    waiting = [asyncio.create_task(speech.speak(text, "en")) for text in "ab"]
    await asyncio.sleep(0)
    with pytest.raises(TtsError, match="waiting to be spoken"):
        await speech.speak("c", "en")
    await speech.close()
    assert all(isinstance(r, asyncio.CancelledError) for r in await asyncio.gather(*waiting, return_exceptions=True))


async def test_text_is_never_a_command(tmp_path: Path) -> None:
    target = tmp_path / "touched"
    for text in (f"$(touch {target})", f"-w {target}", f"; touch {target}", f"`touch {target}`"):
        await EspeakTts(tmp_path / "cache").speak(text, "en")
    assert not target.exists()


def sine(hz: float, rate: int, seconds: float, amplitude: float = 10000) -> list[int]:
    return [round(amplitude * math.sin(2 * math.pi * hz * n / rate)) for n in range(int(rate * seconds))]


@pytest.mark.parametrize("rate", [22050, 16000, 44100, 8000])
def test_resampling_keeps_what_a_line_carries(rate: int) -> None:
    for hz in (300, 1000, 3000):
        out = np.array(tts.resample(sine(hz, rate, 0.2), rate))[200:-200]
        n = np.arange(len(out))
        basis = np.stack([np.sin(2 * np.pi * hz * n / 8000), np.cos(2 * np.pi * hz * n / 8000)])
        amplitude = np.hypot(*(basis @ out * 2 / len(out)))
        assert abs(20 * np.log10(amplitude / 10000)) < 0.3
        residue = out - (basis.T @ (basis @ out * 2 / len(out)))
        assert 20 * np.log10(np.std(residue) / 10000) < -40


@pytest.mark.parametrize("hz", [4600, 6000, 9000])
def test_resampling_removes_what_would_fold_back(hz: int) -> None:
    out = np.array(tts.resample(sine(hz, 22050, 0.2), 22050))[200:-200]
    assert 20 * np.log10(np.std(out) / (10000 / math.sqrt(2))) < -50


def test_level_and_trimming() -> None:
    quiet = [0.0] * 4000 + [float(s) for s in sine(1000, 8000, 0.5, 300)] + [0.0] * 8000
    out = np.array(tts.shape(quiet), dtype=float)
    assert len(out) == pytest.approx(4000 + 80 + 320, abs=200)
    rms = np.sqrt(np.mean(out[400:3600] ** 2))
    assert 20 * math.log10(rms / tts.FULL_SCALE_RMS) + tts.FULL_SCALE_DBM0 == pytest.approx(-16.0, abs=0.5)


def test_peaks_are_rounded_off() -> None:
    spikes = [0.0 if n % 400 else 30000.0 for n in range(8000)]
    out = tts.shape(spikes)
    assert max(out) <= 32000


def test_silence_is_refused() -> None:
    for samples in ([], [0.0] * 8000):
        with pytest.raises(TtsError, match="silence"):
            tts.shape(samples)


def test_wav_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    samples = array.array("h", sine(500, 8000, 0.1))
    tts.write_wav(tmp_path / "a.wav", samples)
    data, rate = tts.read_wav((tmp_path / "a.wav").read_bytes())
    assert (data, rate) == (samples, 8000)
    with pytest.raises(OSError, match="No such file"):
        tts.write_wav(tmp_path / "none" / "a.wav", samples)
    (tmp_path / "dir.wav").mkdir()
    with pytest.raises(OSError, match="directory"):
        tts.write_wav(tmp_path / "dir.wav", samples)
    assert {path.name for path in tmp_path.iterdir()} == {"a.wav", "dir.wav"}
