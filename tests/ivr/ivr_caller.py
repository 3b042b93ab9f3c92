"""A caller who does what a script says, for the tests of flows."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from xunhu.ivr.session import CallerGoneError, Collected, ConferenceResult, ConnectResult, FaxHeardError

HANG_UP = "hang up"
# 20 samples of silence.
PROMPT = b"RIFF\x4c\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\x28\0\0\0" + bytes(40)
SAMPLE = Path(__file__).parents[2] / "conf" / "flows" / "flowconfig.xml"


class FakeSession:
    """keys: what the caller presses at each question, in order ("" nothing, HANG_UP); then nothing more.
    talks: how each attempt to connect ends; rooms: how each conference does. recorded: seconds of each recording, HANG_UP in it after some seconds,
    or what is raised."""

    def __init__(
        self,
        keys: Sequence[str] = (),
        *,
        talks: Sequence[ConnectResult | str] = (),
        rooms: Sequence[ConferenceResult | str] = (),
        recorded: Sequence[float | str | Exception] = (),
        system: Mapping[str, str] | None = None,
    ) -> None:
        self.keys = deque(keys)
        self.talks = deque(talks)
        self.rooms = deque(rooms)
        self.recorded = deque(recorded)
        self.system = {
            "calling": "13800138000",
            "called": "4006000998",
            "call": "c1",
            "trunk": "Trunk0",
            "date": "2026-11-23",
            "time": "10:30:00",
            "weekday": "1",
            **(system or {}),
        }
        self.log: list[tuple[str, ...]] = []
        self.nodes: list[str] = []
        self.results: list[tuple[str, str, str]] = []
        self.notes: list[str] = []
        self.played: list[str] = []  # LANGUAGE/stem
        self.asked: list[dict[str, object]] = []
        self.controls: list[tuple[dict[str, str], float]] = []
        self.silences: list[tuple[float, float, bool]] = []
        self.connects: list[tuple[tuple[str, ...], float, bool, str]] = []
        self.entered: list[tuple[str, dict[str, object]]] = []
        self.spoken: list[tuple[str, str]] = []
        self.cause: int | None = None
        self.minds_fax: list[bool] = []
        self.answers = 0
        self.fax = False  # one is heard
        self.gone = False
        self.unplayable: set[str] = set()
        self.speech: str | Exception = "/speech.wav"
        self.recordings: list[tuple[str, bool]] = []
        self.backgrounds: list[tuple[list[str], float | None, float | None]] = []
        self.no_recording = ""  # why it cannot be done
        self.fail_with: BaseException | None = None

    @property
    def variables(self) -> Mapping[str, str]:
        return self.system

    def _there(self) -> None:
        if self.gone:
            raise CallerGoneError
        if self.fail_with is not None:
            raise self.fail_with

    def _hear_fax(self) -> None:
        if self.fax and self.minds_fax[-1:] == [True]:
            self.fax = False
            raise FaxHeardError

    def _leave(self) -> None:
        self.gone = True
        raise CallerGoneError

    async def answer(self) -> None:
        self._there()
        self.answers += 1

    async def play_collect(
        self,
        files: Sequence[str],
        *,
        digits: int = 0,
        valid: str = "0123456789*#",
        interrupt: str = "",
        end: str = "",
        first_end: str = "",
        timeout_s: float = 0.0,
        between_s: float = 5.0,
        control: Mapping[str, str] = MappingProxyType({}),
        step_s: float = 5.0,
    ) -> Collected:
        self._there()
        self._hear_fax()
        self.controls.append((dict(control), step_s))
        self.asked.append(
            {"digits": digits, "valid": valid, "interrupt": interrupt, "end": end, "timeout_s": timeout_s}
        )
        for file in files:
            if file in self.unplayable:
                return Collected("", "missing-file", file)
            path = Path(file)
            self.played.append(f"{path.parent.name}/{path.stem}")
        if digits == 0:
            return Collected("", "played")
        pressed = self.keys.popleft() if self.keys else ""
        if pressed == HANG_UP:
            self._leave()
        got = ""
        for key in pressed:
            if not got and key in first_end:
                return Collected(key, "first-end")
            if key in end:
                return Collected(got, "end-key")
            if key not in valid:
                return Collected(got + key, "invalid")
            got += key
            if len(got) == digits:
                return Collected(got, "full")
        return Collected(got, "timeout")

    async def background(self, files: Sequence[str], *, gain_db: float | None = None, duck_db: float | None = None) -> str:
        self._there()
        self.backgrounds.append((list(files), gain_db, duck_db))
        return self.no_recording

    async def recording(self, what: str, on: bool = True) -> str:
        self._there()
        self.recordings.append((what, on))
        return self.no_recording

    async def record(
        self,
        path: str,
        *,
        stop_keys: str = "",
        seconds: float = 60.0,
        beep: bool = True,
        silence_s: float = 0.0,
        lead_s: float = 0.0,
        cut: bool = True,
    ) -> float:
        self._there()
        self.silences.append((silence_s, lead_s, cut))
        if self.fax:
            Path(path).write_bytes(b"RIFF")
        self._hear_fax()
        length = self.recorded.popleft() if self.recorded else 0.0
        if isinstance(length, Exception):
            raise length
        if length:
            Path(path).write_bytes(b"RIFF")
        if isinstance(length, str):
            self._leave()
        return min(float(length), seconds)

    async def wait_key(self, keys: str, timeout_s: float) -> str:
        self._there()
        pressed = self.keys.popleft() if self.keys else ""
        if pressed == HANG_UP:
            self._leave()
        return pressed if pressed in keys else ""

    async def connect(self, extensions: Sequence[str], *, wait_s: float, queue: bool, music: str = "") -> ConnectResult:
        self._there()
        self.connects.append((tuple(extensions), wait_s, queue, music))
        talk = self.talks.popleft() if self.talks else "busy"
        result = ConnectResult(talk, extensions[0]) if isinstance(talk, str) else talk
        if result.outcome == "caller-gone":
            self.gone = True
        return result

    async def conference(
        self,
        number: str,
        *,
        role: str = "talk",
        pin: str | None = None,
        ask: bool = True,
        create: bool = False,
        to: str = "",
        language: str = "",
    ) -> ConferenceResult:
        self._there()
        wish = {"role": role, "pin": pin, "ask": ask, "create": create, "to": to, "language": language}
        self.entered.append((number, wish))
        room = self.rooms.popleft() if self.rooms else "no-room"
        if room == HANG_UP:
            self._leave()
        return ConferenceResult(room) if isinstance(room, str) else room

    def mind_fax(self, on: bool) -> None:
        self.minds_fax.append(on)

    async def hangup(self, cause: int = 16) -> None:
        self._there()
        self.cause = cause

    async def speak_text(self, text: str, language: str) -> str:
        self._there()
        self.spoken.append((text, language))
        if isinstance(self.speech, Exception):
            raise self.speech
        return self.speech

    def node_entered(self, flow: str, version: str, node: str, variables: Mapping[str, str]) -> None:
        self.nodes.append(node)
        self.log.append(("node", flow, version, node, repr(dict(variables))))

    def node_result(self, node: str, result: str, key: str) -> None:
        self.results.append((node, result, key))

    def note(self, text: str) -> None:
        self.notes.append(text)
