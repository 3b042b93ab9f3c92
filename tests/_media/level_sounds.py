"""Speech in noise, and where the speech is, for the tests of voice activity and level control; 8 kHz, 0 dBm0 = 22779 peak."""

from __future__ import annotations

import subprocess
import wave
from functools import cache
from io import BytesIO

import numpy as np
from dtmf_sounds import FULL, RATE, Sound
from g168_speech import TEXTS
from numpy.typing import NDArray

HOP = 80
RMS_0 = FULL / np.sqrt(2)
LANGUAGES = ("en-gb", "cmn", "de", "fr-fr", "ru", "ar", "hi", "ja", "es", "it")
NOISES = ("white", "pink", "car", "babble")
_MORE = {
    "es": "Buenos días, ha llamado al servicio de atención al cliente. ¿En qué podemos ayudarle hoy?",
    "it": "Buongiorno, avete chiamato il servizio clienti. Come possiamo aiutarvi oggi? Restate in linea.",
    "pl": "Dzień dobry, dodzwonili się państwo do działu obsługi klienta. W czym możemy dziś pomóc?",
    "tr": "İyi günler, müşteri hizmetlerini aradınız. Bugün size nasıl yardımcı olabiliriz?",
    "ko": "안녕하세요, 고객 서비스 센터입니다. 오늘은 무엇을 도와 드릴까요?",
    "vi": "Xin chào, bạn đã gọi đến dịch vụ khách hàng. Hôm nay chúng tôi có thể giúp gì cho bạn?",
}
_TEXT = {**TEXTS, "fr-fr": TEXTS["fr"], **_MORE}


@cache
def spoken(language: str, variant: str = "", pitch: int = 50) -> Sound:
    """A text once, in the telephone band, its loud parts at 0 dBm0."""
    command = ["espeak-ng", "-v", language + variant, "-s", "150", "-p", str(pitch), "--stdout", _TEXT[language]]
    with wave.open(BytesIO(subprocess.run(command, check=True, capture_output=True).stdout)) as w:
        rate, x = w.getframerate(), np.frombuffer(w.readframes(w.getnframes()), np.int16).astype(float)
    n = round(len(x) * RATE / rate)
    spectrum = np.fft.rfft(x)[: n // 2 + 1]
    f = np.arange(len(spectrum)) * RATE / n
    x = np.fft.irfft(np.where((f >= 200) & (f <= 3600), spectrum, 0), n)
    sounding = np.flatnonzero(np.abs(x) > np.abs(x).max() / 100)
    x = x[sounding[0] : sounding[-1] + 1]
    return x * RMS_0 / loud_rms(x)


def hop_power(x: Sound) -> NDArray[np.float64]:
    return np.asarray(np.mean(np.square(x[: len(x) // HOP * HOP]).reshape(-1, HOP), axis=1))


def active_level(x: Sound) -> float:
    """Active level of speech in dBm0, method B of ITU-T P.56: envelope of two poles at 30 ms, hangover 200 ms, threshold 15.9 dB
    below the level that it gives itself."""
    g = np.exp(-1 / (RATE * 0.03))
    a = np.abs(x)
    weights = (1 - g) ** 2 * np.arange(1, 2401) * g ** np.arange(2400)  # impulse response of the two poles
    n = len(a) + len(weights)
    envelope = np.fft.irfft(np.fft.rfft(a, n) * np.fft.rfft(weights, n), n)[: len(a)]
    energy, best = np.sum(np.square(x)), -120.0
    for threshold in 10 ** (np.arange(-70, 0, 0.25) / 20) * FULL:
        over = np.flatnonzero(envelope >= threshold)
        if not len(over):
            break
        gaps = np.minimum(np.diff(np.append(over, len(a))), 1600)
        level = 10 * np.log10(energy / gaps.sum() / RMS_0**2)
        margin = level - 20 * np.log10(threshold / RMS_0)
        if margin < 15.9:
            return best
        best = float(level)
    return best


def loud_rms(x: Sound) -> float:
    """Of the parts within 16 dB of the loudest 10 ms: what P.56 calls the active level, about."""
    power = hop_power(x)
    return float(np.sqrt(power[power > power.max() * 10**-1.6].mean()))


def noise_of(kind: str, samples: int, seed: int = 1) -> Sound:
    """Of mean power 1."""
    rng = np.random.default_rng([seed, NOISES.index(kind)])
    if kind == "babble":
        x = np.zeros(samples)
        for _ in range(12):
            language = str(rng.choice(list(_TEXT)))
            voice = spoken(language, str(rng.choice(["", "+f2", "+m3"])), int(rng.integers(25, 75)))
            x += np.roll(np.resize(voice, samples), int(rng.integers(samples)))
    else:
        spectrum = np.fft.rfft(rng.normal(size=samples))
        f = np.maximum(np.fft.rfftfreq(samples, 1 / RATE), 20)
        shape = {"white": 1.0, "pink": 1 / np.sqrt(f), "car": 1 / (1 + (f / 120) ** 2) + 0.003}[kind]
        x = np.fft.irfft(spectrum * shape, samples)
        if kind == "car":  # the road changes slowly
            x *= 1 + 0.3 * np.sin(2 * np.pi * 0.23 * np.arange(samples) / RATE)
    return np.asarray(x / np.sqrt(np.mean(x**2)))


def conversation(language: str, seed: int, seconds: float = 40, variant: str = "", pitch: int = 50) -> Sound:
    """Somebody who says a part of a text, is silent for 0.7 to 3 s, goes on; loud parts at 0 dBm0; first 1.5 s silent."""
    rng = np.random.default_rng([seed, 7])
    voice = spoken(language, variant, pitch)
    parts, length = [np.zeros(int(1.5 * RATE))], 0.0
    at = 0
    while length < seconds * RATE:
        n = int(rng.uniform(0.8, 3.5) * RATE)
        piece = np.resize(np.roll(voice, -at), n).copy()
        at = (at + n) % len(voice)
        fade = np.minimum(1, np.minimum(np.arange(n), np.arange(n)[::-1]) / 80)
        pause = np.zeros(int(rng.uniform(0.7, 3.0) * RATE))
        parts += [piece * fade, pause]
        length += n + len(pause)
    return np.concatenate(parts)[: int(seconds * RATE) // HOP * HOP]


def where_speech(clean: Sound) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Hops that are speech (within 30 dB of the loud ones, on average over 30 ms) and hops that surely are none: no sound at all since
    300 ms. What is in neither is nobody's fault."""
    power = np.convolve(hop_power(clean), np.ones(3) / 3, "same")
    loud = power[power > power.max() * 10**-1.6].mean()
    speech = power > loud * 10**-2.5
    sound = power > loud * 10**-4.0
    recent = np.convolve(sound, np.ones(31), "full")[: len(sound)] > 0
    return speech, ~recent
