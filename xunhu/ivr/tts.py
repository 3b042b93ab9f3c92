"""Text to speech behind one interface, and espeak-ng behind it.

`TextToSpeech` is what call control asks for a file with a text in it. `EspeakTts` keeps what it has made in a bounded directory, keyed by
voice and text. The work is done by a program of its own (`python -m xunhu.ivr.tts`), so that the loop is not held up and a hanging
synthesiser can be ended: it runs espeak-ng, cuts the silence at both ends, brings the sound to 8 kHz and to the level of all our
prompts, and puts the file in its place by renaming.

Level: 0 dBm0 of G.711 is 3.14 dB below a full-scale sine (ITU-T G.711 §4); -16 dBm0 is a usual speech level for prompts. It is measured
over the frames that hold speech.

espeak-ng 1.51 reads Chinese with the voice "cmn-latn-pinyin"; its voice "cmn" reads the pinyin it makes of the characters as if that were
English. With that voice Latin letters are pinyin, so zh.txt may spell a sound that is guessed wrong (chong2听).
"""

from __future__ import annotations

import argparse
import array
import asyncio
import contextlib
import hashlib
import io
import math
import os
import shutil
import subprocess
import sys
import wave
from collections.abc import Mapping, Sequence
from operator import mul
from pathlib import Path
from typing import Protocol

from xunhu.ivr.session import ServiceError

RATE = 8000
LEVEL_DBM0 = -16.0
FULL_SCALE_RMS = 32767 / math.sqrt(2)  # of a sine, which is +3.14 dBm0
FULL_SCALE_DBM0 = 3.14
MAX_TEXT = 1000  # characters in one piece of speech
VOICES: Mapping[str, str] = {"zh": "cmn-latn-pinyin", "en": "en-us"}
SPEEDS: Mapping[str, int] = {"zh": 175, "en": 150}  # words a minute
_FRAME = RATE // 50


class TtsError(ServiceError):
    """No speech came of it; the text says why and what would help."""


class TextToSpeech(Protocol):
    async def speak(self, text: str, language: str) -> Path:
        """A WAV file, 8 kHz, PCM16, mono, with the text. Raises TtsError."""


def resample(samples: Sequence[int], rate: int) -> list[float]:
    """To 8 kHz by a Hann-windowed sinc, cut off at 3.6 kHz (or at 0.45 of a lower rate); +-16 zero crossings."""
    if rate == RATE:
        return [float(s) for s in samples]
    cutoff = min(3600.0, 0.45 * rate) / rate  # of the input rate
    half = math.ceil(16 / (2 * cutoff))
    gcd = math.gcd(rate, RATE)
    up, down = RATE // gcd, rate // gcd
    kernels: dict[int, list[float]] = {}
    padded = [0.0] * half + [float(s) for s in samples] + [0.0] * (half + 1)
    out = []
    for n in range(len(samples) * up // down):
        position, phase = divmod(n * down, up)
        kernel = kernels.get(phase)
        if kernel is None:
            kernel = kernels[phase] = _kernel(phase / up, cutoff, half)
        out.append(sum(map(mul, kernel, padded[position : position + 2 * half + 1])))
    return out


def _kernel(offset: float, cutoff: float, half: int) -> list[float]:
    taps = []
    for k in range(-half, half + 1):
        t = k - offset
        window = 0.5 + 0.5 * math.cos(math.pi * t / (half + 1))
        x = 2 * cutoff * t
        taps.append(2 * cutoff * window * (math.sin(math.pi * x) / (math.pi * x) if x else 1.0))
    gain = sum(taps)
    return [tap / gain for tap in taps]


def shape(samples: Sequence[float], level_dbm0: float = LEVEL_DBM0) -> array.array[int]:
    """Cut silence at both ends (10 ms and 40 ms stay, faded), set the level of the speech. Raises TtsError for silence."""
    frames = [samples[i : i + _FRAME] for i in range(0, len(samples), _FRAME)]
    powers = [sum(s * s for s in frame) / len(frame) for frame in frames]
    loudest = max(powers, default=0.0)
    if loudest < 1.0:
        raise TtsError("the synthesiser gave silence")
    speech = [i for i, power in enumerate(powers) if power > loudest * 10**-3.5]
    begin = max(0, speech[0] * _FRAME - RATE // 100)
    end = min(len(samples), (speech[-1] + 1) * _FRAME + RATE // 25)
    rms = math.sqrt(sum(powers[i] for i in speech) / len(speech))
    gain = FULL_SCALE_RMS * 10 ** ((level_dbm0 - FULL_SCALE_DBM0) / 20) / rms
    fade = RATE // 200
    out = array.array("h")
    for i in range(begin, end):
        edge = min(1.0, (i - begin + 1) / fade, (end - i) / fade)
        value = samples[i] * gain * edge
        if abs(value) > 24000:  # rounds off the few peaks that would clip
            value = math.copysign(24000 + 8000 * math.tanh((abs(value) - 24000) / 8000), value)
        out.append(round(value))
    return out


def read_wav(data: bytes) -> tuple[array.array[int], int]:
    """(samples, rate) of a mono PCM16 WAV; lengths in its header need not be true (a pipe does not know them)."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if file.getnchannels() != 1 or file.getsampwidth() != 2:
                raise TtsError("the synthesiser gave something other than 16 bit mono")
            rate, raw = file.getframerate(), file.readframes(len(data))
    except (wave.Error, EOFError) as error:
        raise TtsError(f"the synthesiser gave no WAV: {error}") from error
    samples = array.array("h", raw[: len(raw) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples, rate


def write_wav(path: Path, samples: array.array[int]) -> None:
    """Write beside and rename, so that nobody ever plays half a file."""
    data = array.array("h", samples)
    if sys.byteorder == "big":
        data.byteswap()
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as raw, wave.open(raw, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(data.tobytes())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def synthesise(text: str, voice: str, *, speed: int = 160, program: str = "espeak-ng", timeout_s: float = 20.0) -> array.array[int]:
    """Speech as 8 kHz samples. Blocks. Raises TtsError."""
    if len(text) > MAX_TEXT:
        raise TtsError(f"{len(text)} characters in one text; {MAX_TEXT} are the most")
    if "\0" in text or not text.strip():
        raise TtsError("nothing to say")
    command = [program, "-v", voice, "-s", str(speed), "--stdin", "--stdout"]
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=timeout_s, check=False)
    except FileNotFoundError:
        raise TtsError(f"{program} is not installed; remedy: apt-get install espeak-ng") from None
    except subprocess.TimeoutExpired:
        raise TtsError(f"{program} was not done after {timeout_s:g} s") from None
    except OSError as error:
        raise TtsError(f"{program}: {error.strerror}") from error
    if done.returncode != 0 or not done.stdout:
        reason = done.stderr.decode(errors="replace").strip() or f"status {done.returncode}"
        raise TtsError(f"{program} failed: {reason[:200]}")
    samples, rate = read_wav(done.stdout)
    return shape(resample(samples, rate))


class EspeakTts:
    """TextToSpeech by espeak-ng.

    directory: where files are kept, made when missing; at most `max_files`, the least recently used go first.
    parallel: how many syntheses at once; further ones wait, at most `max_waiting` of them.
    """

    def __init__(
        self,
        directory: Path,
        *,
        voices: Mapping[str, str] = VOICES,
        program: str = "espeak-ng",
        timeout_s: float = 10.0,
        parallel: int = 2,
        max_files: int = 2000,
        max_waiting: int = 100,
    ) -> None:
        self._directory = directory
        self._voices = dict(voices)
        self._program = program
        self._timeout_s = timeout_s
        self._slots = asyncio.Semaphore(parallel)
        self._max_files = max_files
        self._max_waiting = max_waiting
        self._making: dict[Path, asyncio.Task[None]] = {}
        self.made = 0
        self.reused = 0

    def path_of(self, text: str, language: str) -> Path:
        voice = self._voices.get(language)
        if voice is None:
            raise TtsError(f"no voice for the language {language!r}; there are {', '.join(sorted(self._voices))}")
        key = f"{self._program}\0{voice}\0{SPEEDS.get(language, 160)}\0{text}"
        return self._directory / (hashlib.sha256(key.encode(errors="replace")).hexdigest()[:32] + ".wav")

    async def speak(self, text: str, language: str) -> Path:
        """Several callers wanting the same text at once wait for one synthesis; a caller who leaves does not stop it."""
        path = self.path_of(text, language)
        if path.exists():
            with contextlib.suppress(OSError):  # only the order of forgetting depends on it
                os.utime(path)
            self.reused += 1
            return path
        task = self._making.get(path)
        if task is None:
            if len(self._making) >= self._max_waiting:
                raise TtsError(f"{self._max_waiting} texts are waiting to be spoken already")
            task = self._making[path] = asyncio.create_task(self._make(path, text, language))
            task.add_done_callback(lambda done: self._finished(path, done))
        await asyncio.shield(task)
        return path

    def _finished(self, path: Path, task: asyncio.Task[None]) -> None:
        self._making.pop(path, None)
        if not task.cancelled():
            task.exception()  # every waiting caller has had it; none may be left to complain about

    async def close(self) -> None:
        """End what is being made."""
        tasks = list(self._making.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _make(self, path: Path, text: str, language: str) -> None:
        async with self._slots:
            try:
                self._directory.mkdir(parents=True, exist_ok=True)
                self._forget()
            except OSError as error:
                raise TtsError(f"{self._directory}: {error.strerror}") from error
            command = [sys.executable, "-m", "xunhu.ivr.tts", "--voice", self._voices[language]]
            command += ["--speed", str(SPEEDS.get(language, 160)), "--program", self._program]
            command += ["--timeout", str(self._timeout_s), "--out", str(path)]
            pipe = asyncio.subprocess.PIPE
            worker = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=asyncio.subprocess.DEVNULL, stderr=pipe, start_new_session=True
            )
            try:
                _, errors = await asyncio.wait_for(worker.communicate(text.encode()), self._timeout_s + 5.0)
            except TimeoutError:
                raise TtsError(f"text to speech was not done after {self._timeout_s + 5.0:g} s") from None
            finally:
                if worker.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(worker.pid, 9)  # the session we started: the worker and its espeak-ng
                    await worker.wait()
            if worker.returncode != 0:
                raise TtsError(errors.decode(errors="replace").strip()[-300:] or f"status {worker.returncode}")
            self.made += 1

    def _forget(self) -> None:
        files = []
        for path in self._directory.glob("*.wav"):
            with contextlib.suppress(FileNotFoundError):
                files.append((path.stat().st_mtime_ns, path))
        files.sort()
        for _, path in files[: max(0, len(files) - self._max_files + 1)]:
            path.unlink(missing_ok=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Text on standard input, a WAV file at --out; errors on standard error, status 1."""
    parser = argparse.ArgumentParser(prog="python -m xunhu.ivr.tts")
    parser.add_argument("--voice", required=True)
    parser.add_argument("--speed", type=int, default=160)
    parser.add_argument("--program", default="espeak-ng")
    parser.add_argument("--timeout", type=float, default=20.0)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        text = sys.stdin.buffer.read(MAX_TEXT * 4 + 4).decode(errors="replace")
        samples = synthesise(text, options.voice, speed=options.speed, program=options.program, timeout_s=options.timeout)
        write_wav(options.out, samples)
    except TtsError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{options.out}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def installed(program: str = "espeak-ng") -> bool:
    return shutil.which(program) is not None


if __name__ == "__main__":
    raise SystemExit(main())
