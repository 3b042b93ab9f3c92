"""Speech to listen to for digits that nobody dialled: espeak-ng, Chinese and English, many voices and pitches.

Made once and kept under build/dtmf_speech; the same text, voices and levels each time. Played faster or slower, the same
words are further voices: other pitches and other formants.
"""

import os
import random
import subprocess
import wave
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CACHE = Path(__file__).resolve().parents[2] / "build" / "dtmf_speech"
RATE = 8000
PIECES = range(16, 40)  # seeds; files of 28 to 100 s, each a voice of its own
SMOOTH = 19 * 20 * 12  # lengths are cut to multiples of it, so that the transforms for SPEEDS are quick
SPEEDS = (1.0, 19 / 20)


def _words(text: str) -> list[str]:
    return text.split()


VARIANTS = ("", "f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "croak", "whisper", "Annie")
CHINESE = _words("""您好 欢迎 致电 请 按 一 二 三 四 五 六 七 八 九 零 井号 星号 键 人工 服务 请问 有 什么 可以 帮 您 的 订单 已经 发货 明天 下午 到达
北京 上海 广州 深圳 成都 杭州 我 想 查询 账户 余额 密码 错误 稍等 马上 为 您 转接 谢谢 再见 不好意思 听 不 清楚 大声 一点 电话 号码
是 多少 手机 没有 信号 银行 卡 丢 了 怎么 办 投诉 经理 昨天 收到 快递 坏 退货 换 新 一个 价格 便宜 贵 元 角 分 天气 下雨 晚上 吃饭
妈妈 爸爸 哥哥 姐姐 啊 哦 嗯 好 的 好 吧 对 不对 知道 了 医院 预约 医生 星期 上午 挂号 发票 地址 小区 楼 单元 房间 修理 空调 冰箱""")
ENGLISH = _words("""hello welcome please press one two three four five six seven eight nine zero pound star key operator service how may I
help you today your order has been shipped and will arrive tomorrow afternoon balance account password wrong hold on transfer thank
goodbye sorry hear clearly louder telephone number mobile signal bank card lost complaint manager yesterday parcel broken return
exchange new price cheap money weather rain evening dinner mother father brother sister oh yes okay alright know hospital doctor
appointment monday morning invoice address street building room repair air conditioner eleven moon noon loom room wool low mellow
wheel meal yellow llama million union opinion onion aluminium worry early rowing arrow railway mirror""")


def _resample(x: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """To RATE, band-limited, over the whole sound at once."""
    n = round(len(x) * RATE / rate)
    spectrum = np.fft.rfft(x)[: n // 2 + 1]
    spectrum[int(len(spectrum) * 0.95) :] = 0  # nothing beyond 3.8 kHz, as on a line
    return np.fft.irfft(spectrum, n) * (n / len(x))


def _speak(piece: int) -> NDArray[np.float64]:
    words = random.Random(piece)
    chinese = piece % 2 == 0
    text = ("" if chinese else " ").join(
        words.choice(CHINESE if chinese else ENGLISH)
        + (words.choice([", ", "。", "!"]) if words.random() < 0.12 else "")
        for _ in range(110 if chinese else 105)
    )
    variant = VARIANTS[(piece // 2) % len(VARIANTS)]
    voice = ("cmn" if chinese else words.choice(["en-us", "en-gb"])) + (f"+{variant}" if variant else "")
    pitch, speed = words.randrange(0, 100), words.randrange(110, 230)
    command = ["espeak-ng", "-v", voice, "-p", str(pitch), "-s", str(speed), "--stdout", text]
    sound = subprocess.run(command, check=True, capture_output=True).stdout
    with wave.open(BytesIO(sound)) as w:
        rate = w.getframerate()
        x = np.frombuffer(w.readframes(w.getnframes()), np.int16).astype(np.float64)
    return _resample(x, rate)


def _levelled(x: NDArray[np.float64], piece: int) -> NDArray[np.int16]:
    """Active speech at -20 to -3 dBm0, limited as the codec limits it."""
    loud = np.sqrt(np.mean(x[np.abs(x) > np.abs(x).max() * 0.05] ** 2))
    level = -3.0 - piece * 7 % 18
    rms = 22779 / np.sqrt(2) * 10 ** (level / 20)
    return np.clip(np.round(x * rms / loud), -32124, 32124).astype(np.int16)


def speech(pieces: range = PIECES) -> list[NDArray[np.int16]]:
    """The pieces as spoken: 8 kHz, int16 with 0 dBm0 = 22779 peak."""
    CACHE.mkdir(parents=True, exist_ok=True)

    def piece(i: int) -> NDArray[np.int16]:
        path = CACHE / f"{i:03}.npy"
        if not path.exists():
            part = CACHE / f"{i:03}.{os.getpid()}.npy"  # several processes may speak it at once
            x = _levelled(_speak(i), i)
            np.save(part, x[: len(x) // SMOOTH * SMOOTH])
            part.rename(path)
        made: NDArray[np.int16] = np.load(path)
        return made

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(piece, pieces))


def played(sound: NDArray[np.int16], speed: float) -> NDArray[np.int16]:
    """The sound at another speed, pitch and all."""
    if speed == 1.0:
        return sound
    return np.clip(np.round(_resample(sound.astype(np.float64), RATE * speed)), -32768, 32767).astype(np.int16)
