"""Test sounds by name: what `xunhu media tone` makes, and tests hear.

Each row of `CATALOGUE` makes int16 samples (8 kHz, native byte order, 0 dBm0 = 22,779 peak) of `seconds` at `level_dbm0`: of
each sine where there are several, of the carrier where it is modulated, of a sine of the same power for noise. Its `argument`
is what else it takes (digits, a frequency, a number to show); one not given is the row's own.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import pi, sin
from random import Random
from types import MappingProxyType

from xunhu._media import fax_tones, fsk, r2mf, tone_tables
from xunhu._media.tones import Step, ToneGenerator, dtmf_steps
from xunhu.protocol import caller_id

RATE = 8000
PEAK_0DBM0 = 22779.0
Maker = Callable[[float, float, str], bytes]


@dataclass(frozen=True, slots=True)
class Sound:
    """make(seconds, level_dbm0, argument): int16 samples as octets. ValueError: an argument or level that cannot be."""

    make: Maker
    level_dbm0: float  # usual
    seconds: float  # usual
    argument: str  # usual; "" where it takes none
    en: str
    zh: str

    def samples(
        self, seconds: float | None = None, level_dbm0: float | None = None, argument: str | None = None
    ) -> bytes:
        """With what is usual for what is not given. ValueError, as make; also when it takes no argument, or seconds is not
        within 0.001 to 3600."""
        if argument and not self.argument:
            raise ValueError(f"this sound takes no argument, not {argument!r}")
        length = self.seconds if seconds is None else seconds
        if not 0.001 <= length <= 3600:
            raise ValueError(f"seconds must be 0.001 to 3600, not {length}")
        level = self.level_dbm0 if level_dbm0 is None else level_dbm0
        if not -90 <= level <= 3.14:
            raise ValueError(f"level_dbm0 must be -90 to 3.14, not {level}")
        return self.make(length, level, self.argument if argument is None else argument)


def _fit(samples: array[int], seconds: float) -> bytes:
    """Cut or filled with silence to its length."""
    n = round(seconds * RATE)
    return samples[:n].tobytes() + bytes(2 * max(0, n - len(samples)))


def steps_samples(steps: Sequence[Step], seconds: float, *, repeats: int = 0) -> bytes:
    """The tone generator's, falling away cleanly at the end where it goes on for ever."""
    if len(steps) == 1 and steps[0][4] == 0:
        steps = [(*steps[0][:4], max(1, round(seconds * 1000)))]
        repeats = 1
    return _fit(ToneGenerator(steps, repeats=repeats).run(round(seconds * RATE)), seconds)


def _sine(hz: float, seconds: float, level: float) -> bytes:
    return steps_samples([(hz, 0.0, level, 0.0, 0)], seconds)


def _number(argument: str, what: str, least: float, most: float) -> float:
    try:
        value = float(argument)
    except ValueError:
        raise ValueError(f"{what} must be a number, not {argument!r}") from None
    if not least <= value <= most:
        raise ValueError(f"{what} must be {least:g} to {most:g}, not {argument}")
    return value


def _tone(seconds: float, level: float, argument: str) -> bytes:
    return _sine(_number(argument, "frequency", 1, 3999), seconds, level)


def _continuity(seconds: float, level: float, _: str) -> bytes:
    return _sine(tone_tables.CONTINUITY[0], seconds, level)


def _dtmf(seconds: float, level: float, argument: str) -> bytes:
    return steps_samples(dtmf_steps(argument, level_dbm0=level), seconds, repeats=1)


def _progress(name: str) -> Maker:
    def make(seconds: float, level: float, argument: str) -> bytes:
        if argument not in tone_tables.SETS:
            raise ValueError(f"no tones of {argument!r}; there are {', '.join(sorted(tone_tables.SETS))}")
        tone = tone_tables.SETS[argument][name]
        steps = [(f1, f2, level if f1 else 0.0, level if f2 else 0.0, ms) for f1, f2, _, _, ms in tone.steps]
        return steps_samples(steps, seconds, repeats=tone.repeats)

    return make


def _r2(direction: int) -> Maker:
    def make(seconds: float, level: float, argument: str) -> bytes:
        steps: list[Step] = []
        for part in argument.split(","):
            signal = int(_number(part, "signal", 1, 15))
            steps += [r2mf.r2_step(direction, signal, level_dbm0=level, ms=70), (0.0, 0.0, 0.0, 0.0, 70)]
        return steps_samples(steps, seconds)

    return make


def _fax_steps(tone: int) -> Maker:
    return lambda seconds, level, _: steps_samples(fax_tones.fax_steps(tone, level_dbm0=level), seconds)


def _answer(tone: int) -> Maker:
    def make(seconds: float, level: float, _: str) -> bytes:
        generator = fax_tones.AnswerToneGenerator(tone, level_dbm0=level, ms=max(1, round(seconds * 1000)))
        return _fit(generator.run(round(seconds * RATE)), seconds)

    return make


def _v21_preamble(seconds: float, level: float, _: str) -> bytes:
    flags = bytes((0, 1, 1, 1, 1, 1, 1, 0)) * max(1, round(seconds * 300 / 8))
    return _fit(fsk.fsk_samples(fsk.V21_CHANNEL2, flags, level_dbm0=level), seconds)


def _caller_id(modem: int) -> Maker:
    def make(seconds: float, level: float, argument: str) -> bytes:
        message = caller_id.CallSetup(number=argument).encode()
        return _fit(fsk.caller_id_samples(modem, message, level_dbm0=level), seconds)

    return make


def _dtmf_clip(seconds: float, level: float, argument: str) -> bytes:
    digits = caller_id.encode_dtmf(caller_id.DtmfClip(number=argument))
    return steps_samples(dtmf_steps(digits, on_ms=70, off_ms=70, level_dbm0=level), seconds, repeats=1)


def _sweep(seconds: float, level: float, argument: str) -> bytes:
    low, _, high = argument.partition("-")
    begin, end = _number(low, "first frequency", 1, 3999), _number(high, "last frequency", 1, 3999)
    n, peak = round(seconds * RATE), PEAK_0DBM0 * 10 ** (level / 20)
    out, cycles = array("h"), 0.0
    for i in range(n):
        out.append(round(peak * sin(2 * pi * cycles)))
        cycles = (cycles + (begin + (end - begin) * i / n) / RATE) % 1.0
    return out.tobytes()


def _noise(seconds: float, level: float, _: str) -> bytes:
    """White, Gaussian, the same each time."""
    rng, rms = Random(1), PEAK_0DBM0 / 2**0.5 * 10 ** (level / 20)
    values = (round(rng.gauss(0.0, rms)) for _ in range(round(seconds * RATE)))
    return array("h", (max(-32768, min(32767, v)) for v in values)).tobytes()


def _silence(seconds: float, _level: float, _: str) -> bytes:
    return bytes(2 * round(seconds * RATE))


_ROWS: dict[str, Sound] = {
    "tone": Sound(_tone, -10, 1, "1000", "one sine; its frequency in Hz", "单音；频率（Hz）"),
    "milliwatt": Sound(_tone, 0, 1, "1004", "1004 Hz at 0 dBm0, the digital milliwatt", "1004 Hz，0 dBm0，数字毫瓦"),
    "dtmf": Sound(_dtmf, -9, 2, "0123456789", "DTMF digits, 100 ms on and off", "双音多频号码，通断各 100 ms"),
    "dial": Sound(_progress("dial"), -10, 2, "china", "dial tone of a country", "拨号音；国家"),
    "ringback": Sound(_progress("ringback"), -10, 10, "china", "ringing tone of a country", "回铃音；国家"),
    "busy": Sound(_progress("busy"), -10, 3, "china", "busy tone of a country", "忙音；国家"),
    "congestion": Sound(_progress("congestion"), -10, 3, "china", "congestion tone of a country", "拥塞音；国家"),
    "sit": Sound(_progress("sit"), -10, 2, "china", "special information tone of a country", "特种信息音；国家"),
    "r2-forward": Sound(
        _r2(r2mf.FORWARD),
        -11.5,
        1,
        "1,2,3",
        "MFC/R2 forward signals 1-15, 70 ms on and off",
        "多频互控前向信号 1-15，通断各 70 ms",
    ),
    "r2-backward": Sound(
        _r2(r2mf.BACKWARD),
        -11.5,
        1,
        "1",
        "MFC/R2 backward signals 1-15, 70 ms on and off",
        "多频互控后向信号 1-15，通断各 70 ms",
    ),
    "cng": Sound(
        _fax_steps(fax_tones.CNG),
        -13,
        7,
        "",
        "fax calling tone: 1100 Hz, 0.5 s each 3.5 s",
        "传真主叫音：1100 Hz，0.5 秒通 3 秒断",
    ),
    "ced": Sound(_answer(fax_tones.ANS), -13, 3.3, "", "fax answering tone: 2100 Hz", "传真应答音：2100 Hz"),
    "ans-pr": Sound(
        _answer(fax_tones.ANS_PR),
        -13,
        3.3,
        "",
        "2100 Hz, phase reversed each 450 ms (V.25)",
        "2100 Hz，每 450 ms 反相（V.25）",
    ),
    "ansam": Sound(
        _answer(fax_tones.ANSAM), -13, 3.3, "", "2100 Hz modulated with 15 Hz (V.8)", "2100 Hz，15 Hz 调幅（V.8）"
    ),
    "ansam-pr": Sound(
        _answer(fax_tones.ANSAM_PR),
        -13,
        3.3,
        "",
        "2100 Hz, modulated, phase reversed (V.8)",
        "2100 Hz，调幅并反相（V.8）",
    ),
    "calling": Sound(
        _fax_steps(fax_tones.CALLING),
        -13,
        5,
        "",
        "modem calling tone: 1300 Hz (V.25)",
        "调制解调器主叫音：1300 Hz（V.25）",
    ),
    "v21-preamble": Sound(
        _v21_preamble, -13, 1, "", "fax preamble: flags at 300 bit/s", "传真前导：300 bit/s 标志序列"
    ),
    "caller-id-v23": Sound(
        _caller_id(fsk.V23), -13.5, 1.2, "13800138000", "caller id, V.23 (ETSI)", "来电显示，V.23（ETSI）"
    ),
    "caller-id-bell202": Sound(
        _caller_id(fsk.BELL202),
        -13.5,
        1.2,
        "13800138000",
        "caller id, Bell 202 (GR-30, China)",
        "来电显示，Bell 202（GR-30、中国 FSK 方式）",
    ),
    "caller-id-dtmf": Sound(_dtmf_clip, -9, 2.5, "13800138000", "caller id as DTMF digits", "来电显示，DTMF 方式"),
    "continuity": Sound(
        _continuity, tone_tables.CONTINUITY[2], 2, "", "continuity check tone: 2000 Hz (Q.724)", "导通检验音：2000 Hz（Q.724）"
    ),
    "sweep": Sound(_sweep, -10, 5, "300-3400", "sine gliding between two frequencies", "扫频；起止频率（Hz）"),
    "noise": Sound(_noise, -30, 1, "", "white noise", "白噪声"),
    "silence": Sound(_silence, 0, 1, "", "silence", "静音"),
}
CATALOGUE: Mapping[str, Sound] = MappingProxyType(_ROWS)
