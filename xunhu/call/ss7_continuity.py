"""The audio of continuity checks (ITU-T Q.724 §7, Q.764 §2.1.8): the loop, and the 2000 Hz tone with its receiver.

The user part says what a circuit needs (ContinuityRequest) and when; here it is done in the engine, and the tone's coming back is told.
The circuit's timeslot is opened for the check and closed after it: no leg of a call has it yet.
"""

from __future__ import annotations

from collections.abc import Callable

from xunhu._media.tone_tables import CONTINUITY
from xunhu._ss7.circuit_primitives import ContinuityAction, ContinuityRequest
from xunhu.call.media import Job, MediaFullError, MediaPlane


class ContinuityAudio:
    """found(circuit, good): the tone is heard, or the check cannot be made. A tone that never comes is left to the user part's timer."""

    def __init__(self, media: MediaPlane, found: Callable[[int, bool], None]) -> None:
        self._media = media
        self._found = found
        self._loops: set[int] = set()
        self._tones: dict[int, Job] = {}

    def do(self, request: ContinuityRequest) -> None:
        circuit = request.circuit
        match request.action:
            case ContinuityAction.LOOP:
                self._loop(circuit)
            case ContinuityAction.UNLOOP:
                self._unloop(circuit)
            case ContinuityAction.TONE:
                self._tone(circuit)
            case ContinuityAction.UNTONE:
                self._untone(circuit)

    def _loop(self, circuit: int) -> None:
        if circuit not in self._loops:
            self._untone(circuit)
            self._loops.add(circuit)
            self._open(circuit)
            self._media.connect(circuit, circuit)

    def _unloop(self, circuit: int) -> None:
        if circuit in self._loops:
            self._loops.remove(circuit)
            self._media.close_timeslot(circuit)

    def _tone(self, circuit: int) -> None:
        self._unloop(circuit)
        self._untone(circuit)
        try:
            job = self._media.tone((CONTINUITY,))
        except MediaFullError:
            self._found(circuit, False)
            return
        self._tones[circuit] = job
        self._open(circuit)
        self._media.watch_continuity(circuit, lambda there: self._heard(circuit, there))
        job.feed(circuit)

    def _untone(self, circuit: int) -> None:
        job = self._tones.pop(circuit, None)
        if job is not None:
            job.stop()
            self._media.close_timeslot(circuit)

    def _heard(self, circuit: int, there: bool) -> None:
        if there and circuit in self._tones:
            self._found(circuit, True)

    def _open(self, circuit: int) -> None:
        def nobody_listens(_digit: str, _level: int) -> None:
            return

        def refused(_error: int) -> None:
            self._found(circuit, False)

        self._media.open_timeslot(circuit, nobody_listens, refused, dtmf=False, voice=False)
