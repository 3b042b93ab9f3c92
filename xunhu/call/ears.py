"""What is heard of a party that we call: call progress tones before it answers, and by whom it is answered. Both only where they are asked for:
tones by `HearTones` of the trunk, who answers by `CallControl.originate(classify=...)`.

The ledger says it, `leg.heard` with `what`: the name of a tone (busy, congestion, sit, unobtainable ...), or who has answered (human, machine,
beep, quiet, announcement, fax, silence). Nothing is done of it here: a tone ends no call, the line says when it is over.

And fax machines: of callers while a flow serves them, of called parties outside from the answer on. `leg.heard` has what "fax" and the tone then,
each tone once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from xunhu._media import engine as en
from xunhu.call.media import Job, MediaFullError
from xunhu.call.media_detect import FAX_ALONE, FAX_ANSWERS, Answer, Fax, Heard, Progress
from xunhu.call.media_record import RecordOptions

if TYPE_CHECKING:
    from xunhu.call.leg import Leg

#: what classify may be: not at all; as soon as it is known; of a machine, not before it records
CLASSIFY = ("", "answer", "beep")
_NORMAL = ("ringback", "dial")  # tones that say nothing
_LONGEST_S = 12.0  # then it is not known
_BEEP_S = 30.0
_CLIP_S = 30.0


def known_of(who: Answer | None) -> dict[str, str]:
    """Variables of a flow: answered (as the ledger has it, "" not known), confidence, greeting (s)."""
    if who is None:
        return {"answered": "", "confidence": "0", "greeting": "0"}
    return {"answered": who.who, "confidence": f"{who.confidence:.2f}", "greeting": f"{who.greeting_ms / 1000:.1f}"}


OnWho = Callable[[Answer | None], None]


class Ears:
    """Of one leg."""

    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self._port = -1  # where tones are listened for
        self._told = ""
        self._on_who: OnWho | None = None
        self._beep = False
        self._timer: asyncio.TimerHandle | None = None
        self._clip: Job | None = None
        self._clip_path = ""
        self.on_fax: Callable[[], None] | None = None  # a fax machine is at the other end
        self._watches_fax = False
        self._fax = ""  # its newest tone

    # -- tones before the answer ---------------------------------------------------------------------------------

    def rung(self) -> None:
        """The leg has a port: tones are listened for, where its trunk is set so."""
        leg, media = self._leg, self._leg.call.control.media
        if self._watches_fax:
            self.watch_fax()
        if leg.port is None or leg.trunk_call.incoming or leg.answered:
            return
        audio = media.line_audio.get(leg.port // 32)
        if audio is not None and audio.hear_tones:
            self._port = leg.port
            media.listen(leg.port, en.DETECT_PROGRESS, self._tone, country=audio.country)

    def _tone(self, heard: Heard) -> None:
        if not isinstance(heard, Progress) or heard.tone is None or heard.tone in _NORMAL or not self._leg.open:
            return
        if heard.tone != self._told:
            self._told = heard.tone
            sound = heard.sound
            self._log(heard.tone, hz=list(sound.hz), on_ms=sound.on_ms, off_ms=sound.off_ms, level=sound.level_dbm0)

    def answered(self) -> None:
        if not self._leg.trunk_call.incoming and not self._leg.extension:
            self.watch_fax()
        if self._port >= 0 and self._port == self._leg.port:
            self._leg.call.control.media.listen(self._port, 0, None)
        self._port = -1

    # -- fax machines ---------------------------------------------------------------------------------------------

    def watch_fax(self) -> None:
        """From now on."""
        self._watches_fax = True
        if self._leg.port is not None:
            self._leg.call.control.media.watch_fax(self._leg.port, self._fax_tone)

    def _fax_tone(self, heard: Fax) -> None:
        leg = self._leg
        # what answers a call with 2100 Hz may be a modem; who calls with it is none
        machine = heard.tone in FAX_ALONE or (heard.tone in FAX_ANSWERS and not leg.trunk_call.incoming)
        if heard.tone is None or not machine or not leg.open:
            return
        if heard.tone != self._fax:
            self._fax = heard.tone
            self._log("fax", tone=heard.tone, level=heard.level_dbm0)
        if self.on_fax is not None:
            self.on_fax()

    # -- who has answered ----------------------------------------------------------------------------------------

    def classify(self, how: str, on_who: OnWho) -> None:
        """Just answered: on_who gets it when it is known, None when it is not known in time; never after the leg has gone. What is said is kept as
        a clip beside the recordings. how: one of CLASSIFY; "": on_who gets None at once."""
        leg, control = self._leg, self._leg.call.control
        if not how or leg.port is None:
            on_who(None)
            return
        self._on_who, self._beep = on_who, how == "beep"
        path = control.recording_path(leg.call.id)
        path = path.with_name(f"{leg.call.id}-answer{leg.name}{path.suffix}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            options = RecordOptions(control.settings.recorded_as.number, 1, longest_s=_CLIP_S)
            self._clip = control.media.record(str(path), options)
            control.media.connect(leg.port, self._clip.port)
            self._clip_path = str(path)
        except (OSError, MediaFullError, ValueError) as error:
            leg.call.note(f"what is said at the answer is not kept: {error}")
        control.media.answered(leg.port, self._who)
        self._timer = control.loop.call_later(_LONGEST_S, self._over, None)

    def _who(self, heard: Heard) -> None:
        if not isinstance(heard, Answer) or not self._leg.open:
            return
        clip = {"clip": self._clip_path} if self._clip_path else {}
        self._log(heard.who, confidence=heard.confidence, greeting_ms=heard.greeting_ms, words=heard.words, **clip)
        if heard.who in ("machine", "announcement") and self._beep and self._on_who is not None:
            self._wait(_BEEP_S, heard)
        else:
            self._over(heard)

    def _wait(self, seconds: float, heard: Answer) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._leg.call.control.loop.call_later(seconds, self._over, heard)

    def _over(self, heard: Answer | None) -> None:
        on_who, self._on_who = self._on_who, None
        self.close()
        if on_who is not None and self._leg.open:
            on_who(heard)

    def close(self) -> None:
        """The leg goes, or it is known."""
        self._on_who = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._clip is not None:
            self._clip.stop()
            self._clip = None

    def _log(self, what: str, **more: object) -> None:
        leg = self._leg
        leg.call.log("leg.heard", party=leg.party, leg=leg.name, what=what, **more)
