"""The two parties of a call: `Caller` places it and goes through what its kind asks; `Called` is rung by the site and answers.

Both speak their tone code from the answer on and listen to whose code comes. The caller's outcome says what became of the call; the called
party has none of its own, its ear is looked at when the caller is through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from xunhu.call.trunk import CallRequest, NoCircuitError, Party, Trunk
from xunhu.load.code import word
from xunhu.load.far import FarEnd, Line, MediaFullError
from xunhu.load.heard import Audio, Ear, Path, judge
from xunhu.load.plan import CallKind, Plan
from xunhu.load.tally import OK, STOPPED, Outcome

MENU_SIGNAL = 10  # the load flow's prompts are steady backward signals: the menu's, and a key's own (own_site.py)
BACK_KEY = "#"
KEY_SIGNALS = {**{str(n): n for n in range(1, 10)}, "0": 11, "*": 12}
_KEY_S = 3.0  # how long a prompt may take after its key
_NORMAL, _INCOMPLETE = 16, 28


@dataclass(slots=True)
class Pair:
    """What caller and called party of one call have in common."""

    n: int
    caller: Ear
    called: Ear
    party: Called | None = None
    echo: bool = False  # the called party sends back what it hears, in the place of its own code


class Called:
    """A party of ours that the site has called."""

    def __init__(self, far: FarEnd, line: Line, pair: Pair, identity: int, answer_after_s: float) -> None:
        self.line = line
        self._ear = pair.called
        self._identity = identity
        self._echo = pair.echo
        self._far = far
        self._timer: asyncio.TimerHandle | None = None
        self._over = False
        line.open()
        line.call.alert(inband=False)
        if answer_after_s > 0:
            self._timer = far.media.loop.call_later(answer_after_s, self._answer)
        else:
            self._answer()

    def _answer(self) -> None:
        if not self._over:
            self.line.call.answer()
            if self._echo:
                assert self.line.port is not None
                self._far.media.connect(self.line.port, self.line.port)
            else:
                self.line.sound(word(self._identity, backward=True))

    def alerting(self) -> None: ...
    def answered(self) -> None: ...
    def voice(self, at_s: float) -> None: ...

    def released(self, cause: int, by_peer: bool) -> None:
        self._over = True
        if self._timer is not None:
            self._timer.cancel()

    def heard(self, signal: int, backward: bool, at_s: float) -> None:
        self._ear.hear(signal, backward, at_s)


class Caller:
    """One call of ours from its set-up to its release. now: the loop's seconds since the run's beginning."""

    def __init__(
        self, far: FarEnd, plan: Plan, kind: CallKind, pair: Pair, identity: int, now: Callable[[], float]
    ) -> None:
        self._far = far
        self._plan = plan
        self._kind = kind
        self._pair = pair
        self._identity = identity
        self._now = now
        self._line: Line | None = None
        loop = far.media.loop
        self._answered: asyncio.Future[None] = loop.create_future()
        self._gone: asyncio.Future[int] = loop.create_future()
        self._sound: asyncio.Future[float] = loop.create_future()  # engine's second of the first sound after the answer
        self._awaited = 0  # the signal a key is to bring
        self._arrived: asyncio.Future[tuple[int, float]] | None = None
        self._answer_sample_s = 0.0
        self._signal = 0  # what is heard now
        self.outcome = Outcome(pair.n, kind.do, now())

    async def run(self, trunk: Trunk, called: str, calling: str, stop: asyncio.Event) -> Outcome:
        """Through the whole call. stop: the run is to end; the call is released and counts as far as it got."""
        outcome = self.outcome
        try:
            call = trunk.setup(CallRequest(called, Party(calling, screening="network")))
        except NoCircuitError as error:
            outcome.result, outcome.cause = "no-circuit", error.cause
            outcome.ended_s = self._now()
            return outcome
        self._line = self._far.begin(call, self)
        stopping = asyncio.ensure_future(stop.wait())
        script = asyncio.ensure_future(self._script())
        try:
            await asyncio.wait((self._gone, script, stopping), return_when=asyncio.FIRST_COMPLETED)
            cut = self._gone.done() and not script.done()
            early = stopping.done() and not (cut or script.done())
            if not script.done():
                script.cancel()
            if early:
                outcome.result = STOPPED
            if cut:
                self._cut_off()
            elif not self._gone.done():
                call.release(_NORMAL)
            await asyncio.wait((self._gone,), timeout=self._plan.patience_s)
            await asyncio.gather(script, return_exceptions=True)
        finally:
            stopping.cancel()
        fault = None if script.cancelled() else script.exception()
        if fault is not None:
            if not isinstance(fault, MediaFullError):
                raise fault
            self._fail("far-end-full")
        self._conclude()
        return outcome

    # -- what happens to it --------------------------------------------------------------------------------------

    def alerting(self) -> None:
        if self.outcome.alert_ms is None:
            self.outcome.alert_ms = (self._now() - self.outcome.began_s) * 1000

    def answered(self) -> None:
        if self._answered.done():
            return
        self.outcome.setup_ms = (self._now() - self.outcome.began_s) * 1000
        self._answer_sample_s = self._far.media.sample_s
        self._answered.set_result(None)

    def released(self, cause: int, by_peer: bool) -> None:
        if not self._gone.done():
            self._gone.set_result(cause)

    def voice(self, at_s: float) -> None:
        self._first_sound(at_s)

    def _first_sound(self, at_s: float) -> None:
        if self._answered.done() and not self._sound.done():
            self._sound.set_result(at_s)

    def heard(self, signal: int, backward: bool, at_s: float) -> None:
        if not self._answered.done():
            return
        self._signal = signal if backward else self._signal
        if self._kind.do in ("bridge", "echo"):
            self._pair.caller.hear(signal, backward, at_s)
        if backward or self._kind.do == "echo":
            self._first_sound(at_s)
        if self._arrived is not None and not self._arrived.done() and backward:
            self._arrived.set_result((signal, at_s))

    # -- what it does --------------------------------------------------------------------------------------------

    async def _script(self) -> None:
        patience = self._plan.patience_s
        await asyncio.wait((self._answered,), timeout=patience)
        if not self._answered.done():
            self.outcome.result = "no-answer"
            return
        assert self._line is not None
        end = self._now() + self._kind.hold_s
        if self._kind.do in ("bridge", "echo"):
            self._line.sound(word(self._identity, backward=False))
        elif self._kind.do == "prompt":
            self._line.watch_voice()
            await self._await_sound(patience)
        elif self._kind.do == "menu":
            await self._menu(patience)
        await asyncio.sleep(max(0.0, end - self._now()))

    async def _await_sound(self, patience: float) -> None:
        await asyncio.wait((self._sound,), timeout=patience)
        if not self._sound.done():
            self.outcome.result = "no-prompt"

    async def _menu(self, patience: float) -> None:
        """Each key brings a prompt of its own, then # the menu again; both are measured."""
        await self._await_sound(patience)
        if self.outcome.result != OK:
            return
        for key in self._kind.keys:
            for press, signal in ((key, KEY_SIGNALS.get(key, MENU_SIGNAL)), (BACK_KEY, MENU_SIGNAL)):
                if press == BACK_KEY and self._signal == MENU_SIGNAL:
                    continue  # the key was not heard: the menu is still there
                await self._press(press, signal)

    async def _press(self, key: str, signal: int) -> None:
        assert self._line is not None
        await asyncio.sleep(0.1)
        self._arrived = self._far.media.loop.create_future()
        ended_s = await self._line.press(key)
        await asyncio.wait((self._arrived,), timeout=_KEY_S)
        if not self._arrived.done():
            self._fail("key-missed")
            self.outcome.keys_missed += 1
            return
        got, at_s = self._arrived.result()
        self._arrived = None
        if got == signal:
            self.outcome.keys_ms.append((at_s - ended_s) * 1000)
        else:
            self._fail("key-wrong")
            self.outcome.keys_wrong += 1

    def _fail(self, why: str) -> None:
        if self.outcome.result == OK:
            self.outcome.result = why

    def _cut_off(self) -> None:
        """The site has released it before we were through."""
        self.outcome.cause = self._gone.result()
        if self._answered.done():
            self._fail("cut-off")
        else:
            self.outcome.result = f"cause:{self.outcome.cause}"

    def _conclude(self) -> None:
        outcome = self.outcome
        outcome.ended_s = self._now()
        if self._line is not None and self._line.refused:
            self._fail("far-end-full")
        if not self._gone.done():
            self._fail("stuck")
        elif not outcome.cause:
            outcome.cause = self._gone.result()
        if self._sound.done():
            outcome.audio_ms = max(0.0, (self._sound.result() - self._answer_sample_s) * 1000)
        if self._answered.done() and outcome.result != STOPPED:
            if self._kind.do == "bridge":
                self._judge()
            elif self._kind.do == "echo":
                self._judge_echo()

    def _judge(self) -> None:
        """Of a call between two parties of ours: whether each has heard the other."""
        outcome, pair = self.outcome, self._pair
        outcome.words = pair.caller.right + pair.called.right
        outcome.words_broken = pair.caller.broken + pair.called.broken
        if pair.party is None:
            self._fail("no-callee")
            return
        outcome.path = judge(pair.caller.audio, pair.called.audio)
        if outcome.path is not Path.RIGHT:
            self._fail(outcome.path.value)

    def _judge_echo(self) -> None:
        """The other end sends back what it hears: who hears itself is heard."""
        outcome, ear = self.outcome, self._pair.caller
        outcome.words, outcome.words_broken = ear.itself, ear.broken
        outcome.path = {Audio.SELF: Path.RIGHT, Audio.CROSSED: Path.CROSSED, Audio.SILENT: Path.SILENT}.get(ear.audio, Path.GARBLED)
        if outcome.path is not Path.RIGHT:
            self._fail(outcome.path.value)


__all__ = ["BACK_KEY", "KEY_SIGNALS", "MENU_SIGNAL", "Audio", "Called", "Caller", "Pair"]
