"""Speech in several languages for the tests of the echo canceller: espeak-ng, 8 kHz, made once a run."""

import subprocess
import wave
from functools import cache
from io import BytesIO

import numpy as np
from dtmf_sounds import RATE, Sound
from g168_sounds import at_level

TEXTS = {
    "en-gb": "Good morning, you have reached the service line of the water works. Please tell us what we can do for you today.",
    "cmn": "您好，欢迎致电自来水公司服务热线，请问有什么可以帮您？您的订单已经发货，明天下午到达。",
    "de": "Guten Tag, Sie sind mit dem Kundendienst der Stadtwerke verbunden. Wie können wir Ihnen heute behilflich sein?",
    "fr": "Bonjour, vous êtes en relation avec le service des eaux. Que pouvons-nous faire pour vous aujourd'hui?",
    "ru": "Здравствуйте, вы позвонили в справочную службу водоканала. Чем мы можем вам помочь сегодня?",
    "ar": "صباح الخير، لقد اتصلتم بخدمة العملاء لشركة المياه. كيف يمكننا مساعدتكم اليوم؟",
    "hi": "नमस्ते, आपने जल विभाग की सेवा लाइन पर संपर्क किया है। आज हम आपकी क्या सहायता कर सकते हैं?",
    "ja": "おはようございます。すいどうきょくのサービスまどぐちです。きょうはどのようなごようけんでしょうか。",
}  # fmt: skip
VOICES = tuple(TEXTS)


@cache
def _spoken(language: str) -> Sound:
    command = ["espeak-ng", "-v", language, "-s", "160", "--stdout", TEXTS[language]]
    with wave.open(BytesIO(subprocess.run(command, check=True, capture_output=True).stdout)) as w:
        rate, x = w.getframerate(), np.frombuffer(w.readframes(w.getnframes()), np.int16).astype(float)
    n = round(len(x) * RATE / rate)
    spectrum = np.fft.rfft(x)[: n // 2 + 1]
    f = np.arange(len(spectrum)) * RATE / n
    x = np.fft.irfft(np.where((f >= 200) & (f <= 3600), spectrum, 0), n)
    begin = np.flatnonzero(np.abs(x) > np.abs(x).max() / 20)[0]
    return x[begin:]


def voice(language: str, ms: float, level: float) -> Sound:
    """Speech from its first sound on, said again and again; level: of its loud parts (within 15 dB of the loudest 20 ms)."""
    x = np.resize(_spoken(language), round(ms * RATE / 1000))
    power = np.mean(np.square(x[: len(x) // 160 * 160]).reshape(-1, 160), axis=1)
    loud = power[power > power.max() * 10**-1.5].mean()
    return at_level(x, level) * np.sqrt(np.mean(x**2) / loud)
