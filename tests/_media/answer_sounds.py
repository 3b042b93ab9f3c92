"""Answers of people, machines, networks and fax machines, spoken by espeak-ng, for the tests of the classifier. 8 kHz, int16."""

import subprocess
import wave
from functools import cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
Sound = NDArray[np.float64]
FULL = 22779.0

PEOPLE = (
    *(("en-us", "Hello?"), ("en-gb", "Hello, Peter speaking."), ("en-us", "Yes?"), ("en-gb", "Hi, who is this?")),
    *(
        ("cmn", "喂?"),
        ("cmn", "喂,你好。"),
        ("cmn", "你好,请问哪位?"),
        ("cmn", "喂,哪位啊?"),
        ("cmn", "您好,我是王明。"),
    ),
    *(("de", "Müller."), ("de", "Ja, hallo?"), ("de", "Schmidt, guten Tag."), ("fr", "Allô?"), ("fr", "Oui, bonjour?")),
    *(
        ("es", "¿Diga?"),
        ("es", "¿Sí, dígame?"),
        ("it", "Pronto?"),
        ("ru", "Алло?"),
        ("ru", "Да, слушаю вас."),
        ("pt", "Alô?"),
    ),
    *(("ja", "もしもし"), ("nl", "Met Jansen."), ("sv", "Hallå?"), ("pl", "Halo, słucham?"), ("tr", "Alo, efendim?")),
)
COMPANIES = (
    *(("en-us", "Acme support, this is Anna."), ("cmn", "您好,这里是客服中心。"), ("de", "Firma Weber, guten Tag.")),
    *(
        ("fr", "Société Durand, bonjour."),
        ("es", "Hotel Central, buenos días."),
        ("ru", "Компания Весна, добрый день."),
    ),
)
MACHINES = (
    (
        "en-us",
        "Hi, you have reached the voice mail of Peter Jones. I can not take your call right now. Please leave a message after the tone.",
    ),
    (
        "en-gb",
        "This is the answering machine of the Smith family. Nobody is at home at the moment. Please speak after the beep.",
    ),
    ("cmn", "您好,您拨打的用户暂时无法接听您的电话,请在提示音后留言,留言结束后请挂机。"),
    ("cmn", "你好,我是李华,我现在不方便接电话,请留下您的姓名和电话,我会尽快给您回复。"),
    (
        "de",
        "Guten Tag, Sie haben den Anschluss von Familie Weber gewählt. Wir sind zur Zeit nicht da. Bitte sprechen Sie nach dem Signalton.",
    ),
    (
        "fr",
        "Bonjour, vous êtes bien chez Marie. Je ne suis pas disponible pour le moment. Laissez un message après le bip.",
    ),
    (
        "es",
        "Hola, en este momento no puedo atender su llamada. Por favor deje su mensaje después de la señal, gracias.",
    ),
    ("ru", "Здравствуйте, сейчас я не могу ответить на ваш звонок. Пожалуйста, оставьте сообщение после сигнала."),
    ("it", "Salve, non posso rispondere in questo momento. Lasciate un messaggio dopo il segnale acustico."),
    (
        "en-us",
        "You have reached five five five, one two three four. Please leave your name and number after the tone, and we will call you back.",
    ),
)
NETWORK = (
    ("en-us", "The number you have dialed is not in service. Please check the number and dial again."),
    ("cmn", "对不起,您拨打的号码是空号,请核对后再拨。"),
    ("de", "Kein Anschluss unter dieser Nummer. Bitte rufen Sie die Auskunft an."),
)
VARIANTS = ("", "+f2", "+m3", "+f4", "+m7")


@cache
def spoken(voice: str, text: str, speed: int = 165, pitch: int = 50) -> Sound:
    """Without the silence at both ends; active level 0 dBm0 before it is set."""
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text]
    with wave.open(BytesIO(subprocess.run(command, check=True, capture_output=True).stdout)) as w:
        rate = w.getframerate()
        x = np.frombuffer(w.readframes(w.getnframes()), np.int16).astype(float)
    n = round(len(x) * 8000 / rate)
    spectrum = np.fft.rfft(x)[: n // 2 + 1]
    hz = np.arange(len(spectrum)) * 8000 / n
    spectrum[(hz < 200) | (hz > 3500)] = 0
    y: Sound = np.fft.irfft(spectrum, n)
    loud = np.flatnonzero(np.abs(y) > 0.02 * np.abs(y).max())
    y = y[loud[0] : loud[-1] + 1]
    active = y[np.abs(y) > 0.1 * np.abs(y).max()]
    return y * (FULL / np.sqrt(2)) / np.sqrt(np.mean(active**2))


def level(x: Sound, dbm0: float) -> Sound:
    return x * 10 ** (dbm0 / 20)


def quiet(seconds: float) -> Sound:
    return np.zeros(round(seconds * 8000))


def tone(hz: float, seconds: float, dbm0: float) -> Sound:
    n = round(seconds * 8000)
    ramp = np.minimum(1, np.minimum(np.arange(n), np.arange(n)[::-1]) / 20)
    return FULL * 10 ** (dbm0 / 20) * np.sin(2 * np.pi * hz * np.arange(n) / 8000) * ramp


def sit(dbm0: float) -> Sound:
    return np.concatenate([tone(hz, 0.33, dbm0) for hz in (950, 1400, 1800)])


def line(x: Sound, noise_dbm0: float, rng: np.random.Generator) -> Samples:
    """With white noise of that level, as the line has it."""
    noisy = x + rng.normal(0, FULL / np.sqrt(2) * 10 ** (noise_dbm0 / 20), len(x))
    return np.clip(np.rint(noisy), -32768, 32767).astype(np.int16)


def music(seconds: float, rng: np.random.Generator) -> Sound:
    """Chords and a melody of plucked and blown sounds, without a pause."""
    n = round(seconds * 8000)
    out = np.zeros(n + 16000)
    scale = 220 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) / 12)
    at = 0
    while at < n:
        length = round(rng.choice([0.2, 0.3, 0.4, 0.6]) * 8000)
        t = np.arange(min(2 * length, n + 16000 - at)) / 8000
        for f in rng.choice(scale, 3, replace=False) * rng.choice([1, 1, 2]):
            decay = np.exp(-t * rng.uniform(1, 5)) * np.minimum(1, t * 100)
            out[at : at + len(t)] += (
                sum(np.sin(2 * np.pi * f * k * t + k) / k for k in range(1, 7) if f * k < 3400) * decay
            )
        at += length
    x = out[:n]
    return x * (FULL / np.sqrt(2)) / np.sqrt(np.mean(x**2))
