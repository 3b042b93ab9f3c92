"""`FlowSession`: a flow's hands (xunhu/ivr/session.py) on one leg of a call.

Each method waits for what it wants or for the caller to go, whichever comes first. Whatever a method has begun (a prompt, a
recording, ringing somebody) is ended when it is left, in whichever way.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from xunhu._media import engine as en
from xunhu.call import causes, room_entry, tones
from xunhu.call.background import set_background
from xunhu.call.call_recording import HIDDEN_KEY
from xunhu.call.errors import NotPossibleError
from xunhu.call.media import Job, MediaFullError
from xunhu.call.media_play import Controller
from xunhu.call.media_record import RecordOptions
from xunhu.call.trunk import NoCircuitError
from xunhu.ivr.session import (
    CallerGoneError,
    Collected,
    ConferenceResult,
    ConnectResult,
    FaxHeardError,
    ServiceError,
)

if TYPE_CHECKING:
    from xunhu.call.call import Call
    from xunhu.call.control import Place
    from xunhu.call.leg import Leg, Outcome

KEY_WAIT_S = 0.2  # after the engine has stopped at a key until its digit must have come
PAUSE_MOST_S = 300.0  # a caller who has paused and forgotten it hears the rest after that
MISSING = "missing-file"
_HARMLESS = frozenset(("result", "language", "extension", "cause", "voicemail", "seconds"))
NO_CONTROL: Mapping[str, str] = MappingProxyType({})
#: reasons of the engine for playing nothing that are not the file's
OUR_FAULT = frozenset((errno.EBUSY, errno.EAGAIN, errno.ENODEV, errno.ENOMEM, errno.EIO))


class FlowSession:
    """Implements `xunhu.ivr.session.Session`."""

    def __init__(self, call: Call, leg: Leg) -> None:
        self.call = call
        self.leg = leg
        self._control = call.control
        self._gone: asyncio.Future[None] = call.control.loop.create_future()
        self._key: asyncio.Future[None] | None = None
        self._before: dict[str, str] = {}  # variables as they were at the last node
        self._private: set[str] = set()  # names of those that the ledger must not have
        self._fax: asyncio.Future[None] = call.control.loop.create_future()
        self._minds_fax = False
        leg.on_key = self._on_key
        leg.ears.on_fax = self._on_fax
        leg.ears.watch_fax()
        self._detect(True)

    # -- waiting -------------------------------------------------------------------------------------------------

    def caller_gone(self) -> None:
        """The caller has left: what is pending, and what is asked from now on, raises CallerGoneError."""
        if not self._gone.done():
            self._gone.set_result(None)

    def close(self) -> None:
        """The flow is over."""
        self.caller_gone()
        self.leg.on_key = None
        self.leg.ears.on_fax = None
        self._detect(False)

    def _detect(self, on: bool) -> None:
        """A flow needs keys also where they are not listened to in talks."""
        if self.leg.port is not None and not self._control.settings.detect_in_talk:
            self._control.media.detect(self.leg.port, on)

    def _check(self) -> None:
        if self._gone.done():
            raise CallerGoneError
        if self._minds_fax and self._fax.done():
            self._fax = self._control.loop.create_future()
            raise FaxHeardError

    async def _wait(self, *futures: asyncio.Future[Any], timeout: float | None = None) -> bool:
        """Wait for one of them; False when the time is over. CallerGoneError."""
        self._check()
        ends = (self._gone, self._fax) if self._minds_fax else (self._gone,)
        await asyncio.wait((*futures, *ends), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        self._check()
        return any(future.done() for future in futures)

    def mind_fax(self, on: bool) -> None:
        self._minds_fax = on

    def _on_fax(self) -> None:
        if not self._fax.done():
            self._fax.set_result(None)

    def _on_key(self) -> None:
        if self._key is not None and not self._key.done():
            self._key.set_result(None)

    def _key_future(self) -> asyncio.Future[Any]:
        self._key = self._control.loop.create_future()
        return self._key

    async def _next_key(self, timeout_s: float) -> str:
        """The next key, typed ahead or coming within timeout_s; "" when none does."""
        self._check()
        if not self.leg.keys and (timeout_s <= 0 or not await self._wait(self._key_future(), timeout=timeout_s)):
            return ""
        return self.leg.keys.popleft()

    # -- what is known of the call -------------------------------------------------------------------------------

    @property
    def variables(self) -> Mapping[str, str]:
        now = self._control.local_time()
        return {
            "calling": self.call.facts.calling,
            "called": self.call.facts.called,
            "call": self.call.id,
            "trunk": self.leg.trunk_call.trunk.name,
            "date": now.strftime("%Y-%m-%d"),
            "time": now.strftime("%H:%M:%S"),
            "weekday": str(now.isoweekday()),
        }

    # -- prompts and keys ----------------------------------------------------------------------------------------

    async def answer(self) -> None:
        self._check()
        self.leg.answer()

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
        control: Mapping[str, str] = NO_CONTROL,
        step_s: float = 5.0,
    ) -> Collected:
        await self.answer()
        keys = self.leg.keys
        while keys and keys[0] not in interrupt:
            keys.popleft()
        if files and not keys:
            missing = await self._play(files, interrupt, control, step_s)
            if missing:
                return Collected("", MISSING, missing)
        if digits <= 0:
            return Collected("", "played")
        got = ""
        while len(got) < digits:
            key = await self._next_key(between_s if got else timeout_s)
            if not key:
                return Collected(got, "timeout")
            if not got and key in first_end:
                return Collected(key, "first-end")
            if key in end:
                return Collected(got, "end-key")
            got += key
            if key not in valid:
                return Collected(got, "invalid")
        return Collected(got, "full")

    async def _play(
        self, files: Sequence[str], interrupt: str, control: Mapping[str, str] = NO_CONTROL, step_s: float = 5.0
    ) -> str:
        """Play until the end, or a key of `interrupt`, which stays in the queue; those of `control` do what they say, others are dropped.
        Returns the file that is missing."""
        try:
            job = self._control.media.play(files, key_port=self.leg.port if interrupt else None, keys=interrupt)
        except MediaFullError as error:
            raise ServiceError(str(error)) from error
        except ValueError as error:
            self.note(f"prompt not played: {error}")
            return files[0]
        self.call.feed(self.leg, job)
        hand = Controller(job, step_s)
        try:
            while not job.done.done():
                if not await self._wait(job.done, self._key_future(), timeout=PAUSE_MOST_S if hand.paused else None):
                    hand.act("pause")
                while self.leg.keys and self.leg.keys[0] in control:
                    hand.act(control[self.leg.keys.popleft()])
                if self._drop_keys_outside(interrupt):
                    return ""
            ended = job.done.result()
            if ended.by_key:
                await self._wait(self._key_future(), timeout=KEY_WAIT_S)
                self._drop_keys_outside(interrupt)
            elif ended.failed and ended.error in OUR_FAULT:
                raise ServiceError(f"the media engine refuses to play: {os.strerror(ended.error)}")
            elif ended.failed:
                missing = files[min(max(ended.file, 0), len(files) - 1)]
                self.note(f"prompt {missing} cannot be played: {os.strerror(ended.error)}")
                return missing
            return ""
        finally:
            job.stop()

    def _drop_keys_outside(self, interrupt: str) -> bool:
        keys = self.leg.keys
        while keys and keys[0] not in interrupt:
            keys.popleft()
        return bool(keys)

    async def wait_key(self, keys: str, timeout_s: float) -> str:
        deadline = self._control.loop.time() + timeout_s
        while True:
            key = await self._next_key(deadline - self._control.loop.time())
            if key == "" or key in keys:
                return key

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
        await self.answer()
        if beep:
            await self._beep()
        self.leg.keys.clear()
        try:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            form = en.REC_ALAW if self._control.settings.law == "A" else en.REC_ULAW
            options = RecordOptions(
                form, 1, seconds, silence_s, lead_s or silence_s, cut_silence=cut and bool(silence_s or lead_s)
            )
            job = self._control.media.record(
                path, options, key_port=self.leg.port if stop_keys else None, keys=stop_keys
            )
        except (OSError, MediaFullError, ValueError) as error:
            raise ServiceError(f"message not recorded: {error}") from error
        if self.leg.port is not None and job.port >= 0:
            self._control.media.connect(self.leg.port, job.port)
        try:
            # the engine stops by itself; the margin is for one that does not answer
            await self._wait(job.done, timeout=seconds + 5.0)
        finally:
            job.stop()
        if not job.done.done():
            await self._wait(job.done, timeout=5.0)
        self.leg.keys.clear()
        if not job.done.done():
            raise ServiceError("message not recorded: the media engine does not answer")
        ended = job.done.result()
        if ended.failed:
            self.note(f"message {path} broke off: {os.strerror(ended.error)}")
            if not ended.samples:
                raise ServiceError(f"message not recorded: {os.strerror(ended.error)}")
        if ended.reason == en.END_SILENCE and not ended.file:  # nobody has said anything
            Path(path).unlink(missing_ok=True)
            return 0.0
        return ended.samples / 8000

    async def _beep(self) -> None:
        try:
            job = self._control.media.tone(tones.BEEP, repeats=1)
        except MediaFullError as error:
            self.note(f"no tone before the message: {error}")
            return
        self.call.feed(self.leg, job)
        try:
            await self._wait(job.done, timeout=2.0)
        finally:
            job.stop()

    # -- reaching somebody ---------------------------------------------------------------------------------------

    async def connect(
        self, extensions: Sequence[str], *, wait_s: float, queue: bool, music: str = ""
    ) -> ConnectResult:
        await self.answer()
        places = [place for place in map(self._control.place_or_none, extensions) if place is not None]
        if not places:
            return ConnectResult("nobody", cause=causes.UNALLOCATED)
        attempt = _Attempt(self, places, music)
        try:
            return await attempt.run(wait_s, queue)
        finally:
            attempt.leave()

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
        return await room_entry.attend(
            self, number, role=role, pin=pin, ask=ask, create=create, to=to, language=language
        )

    async def hangup(self, cause: int = 16) -> None:
        self._check()
        self.call.end(cause, "system", "hung up by the flow")

    async def speak_text(self, text: str, language: str) -> str:
        self._check()
        speaking = asyncio.ensure_future(self._control.speak(text, language))
        try:
            await self._wait(speaking)
            return speaking.result()
        finally:
            speaking.cancel()

    # -- for the ledger ------------------------------------------------------------------------------------------

    def node_entered(self, flow: str, version: str, node: str, variables: Mapping[str, str]) -> None:
        self.call.flow_place = (flow, version, node)
        self.call.log("flow.node", flow=flow, version=version, node=node, variables=self._public(variables))

    def node_result(self, node: str, result: str, key: str) -> None:
        shown = HIDDEN_KEY * len(key) if self.call.recorder.hidden else key
        self.call.log("flow.result", node=node, result=result, key=shown)

    def _public(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Without those that got their value while something was hidden from the recording: the number of a card must not stand in the
        ledger. After a restart of control the flow does without them."""
        if self.call.recorder.hidden:
            changed = (name for name, value in variables.items() if self._before.get(name) != value)
            self._private.update(name for name in changed if name not in _HARMLESS)
        else:
            self._private.discard("key")
        self._before = dict(variables)
        return {name: value for name, value in variables.items() if name not in self._private}

    async def background(self, files: Sequence[str], *, gain_db: float | None = None, duck_db: float | None = None) -> str:
        await self.answer()
        try:
            set_background(self.call, files, gain_db, duck_db)
        except (MediaFullError, ValueError) as error:
            return str(error)
        return ""

    async def recording(self, what: str, on: bool = True) -> str:
        await self.answer()
        try:
            self.call.recorder.act(what, on)
        except NotPossibleError as error:
            return str(error)
        return ""

    def note(self, text: str) -> None:
        self.call.note(text)

    # -- for the attempt -----------------------------------------------------------------------------------------

    async def wait_outcome(self, future: asyncio.Future[Any], timeout: float | None) -> bool:
        return await self._wait(future, timeout=timeout)


class _Attempt:
    """One `connect`: rings the places in order, waits in the queue, sees the talk to its end."""

    def __init__(self, session: FlowSession, places: Sequence[Place], music: str) -> None:
        self._session = session
        self._call = session.call
        self._control = session.call.control
        self.places = places
        self._music = music
        self._sound: Job | None = None
        self._leg: Leg | None = None
        self.wake: asyncio.Future[None] | None = None

    def leave(self) -> None:
        """Whatever is still going on for this attempt is ended, a talk excepted: that belongs to the call."""
        self._stop_sound()
        self._control.leave_queue(self)
        if self._leg is not None and self._leg.open and not self._leg.answered:
            self._leg.release(causes.NORMAL)

    def _stop_sound(self) -> None:
        if self._sound is not None:
            self._sound.stop()
            self._sound = None

    async def run(self, wait_s: float, queue: bool) -> ConnectResult:
        loop = self._control.loop
        deadline = loop.time() + wait_s
        if self._music:
            self._sound = self._call.music(self._session.leg, self._music)
        while True:
            result = await self._ring_all(max(deadline - loop.time(), 1.0) if wait_s > 0 else 0.0)
            if result.outcome != "busy" or not queue:
                return result
            left = deadline - loop.time()
            if left <= 0:
                return ConnectResult("waited", cause=causes.BUSY)
            if not self._control.join_queue(self):
                self._session.note("too many callers are waiting")
                return result
            if self._sound is None:
                leg = self._session.leg
                self._sound = self._call.music(leg, self._music) or self._call.ringback(leg)
            self.wake = loop.create_future()
            await self._session.wait_outcome(self.wake, min(left, self._control.settings.busy_retry_s))

    async def _ring_all(self, left_s: float) -> ConnectResult:
        results: list[ConnectResult] = []
        for place in self.places:
            if self._control.busy(place):
                results.append(ConnectResult("busy", place.extension, causes.BUSY))
                continue
            result = await self._ring(place, left_s)
            if result.outcome == "ended":
                return result
            results.append(result)
        for outcome in ("no-answer", "busy"):
            for result in results:
                if result.outcome == outcome:
                    return result
        return results[0]

    async def _ring(self, place: Place, left_s: float) -> ConnectResult:
        call, session = self._call, self._session
        answer: asyncio.Future[Outcome] = self._control.loop.create_future()

        def outcome(rung: Leg, result: Outcome) -> None:
            if result[0] == "answered" and session.leg.answered and not call.ending:
                self._stop_sound()
                call.talk = self._control.loop.create_future()
                call.bridge(session.leg, rung)
            if not answer.done():
                answer.set_result(result)

        ring_s = self._control.settings.ring_s
        try:
            self._leg = call.ring(
                place,
                session.leg,
                outcome,
                ring_s=min(ring_s, left_s) if left_s > 0 else ring_s,
                ringback=self._sound is None,
            )
        except NoCircuitError as error:
            session.note(f"extension {place.extension}: {error}")
            return ConnectResult("refused", place.extension, error.cause)
        talk_before = call.talk
        await session.wait_outcome(answer, None)
        result, cause = answer.result()
        if result != "answered":
            return ConnectResult("refused" if result == "abandoned" else result, place.extension, cause)
        talk = call.talk
        if talk is not None and talk is not talk_before:
            await session.wait_outcome(talk, None)
            cause = talk.result()
        session.leg.keys.clear()
        return ConnectResult("ended", place.extension, cause)
