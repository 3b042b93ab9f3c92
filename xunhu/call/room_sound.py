"""What a whole room is given to hear: tones, prompts and names one after the other, and music while nobody talks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from xunhu.call import tones
from xunhu.call.media import Job, MediaFullError

if TYPE_CHECKING:
    from xunhu.call.rooms import Room

_WAITING_MOST = 8  # announcements; when more people come at once, the oldest that waits is left out


class RoomSound:
    """Announcements go one at a time, all to the end. Everything here ends with the room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._waiting: deque[tuple[Callable[[], Job], Callable[[], None]]] = deque()
        self._job: Job | None = None
        self._music: Job | None = None
        self._no_music = False  # its file cannot be played
        self._closed = False

    def tone(self, joins: bool) -> None:
        """Rising for who comes, falling for who goes."""
        steps = tones.JOINED if joins else tones.LEFT
        self._add(lambda: self._room.control.media.tone(steps, repeats=1), _nothing)

    def say(self, *stems: str) -> None:
        """Prompts in the room's language; those that there are none of are left out."""
        files = self._room.control.prompt_files(stems, self._room.settings.language)
        if files:
            self.play(files)

    def play(self, files: Sequence[str], after: Callable[[], None] | None = None) -> None:
        """after: called when this has been heard, or never will be."""
        kept = list(files)
        self._add(lambda: self._room.control.media.play(kept), after or _nothing)

    def _add(self, make: Callable[[], Job], after: Callable[[], None]) -> None:
        if self._closed:
            after()
            return
        if len(self._waiting) >= _WAITING_MOST:
            self._waiting.popleft()[1]()
        self._waiting.append((make, after))
        if self._job is None:
            self._next()

    def _next(self) -> None:
        self._job = None
        while self._waiting and self._job is None:
            make, after = self._waiting.popleft()
            try:
                job = make()
            except (MediaFullError, ValueError) as error:
                self._room.note(f"an announcement is left out: {error}")
                after()
                continue
            self._job = job
            job.feed(self._room.media.port)
            job.done.add_done_callback(partial(self._heard, after))

    def _heard(self, after: Callable[[], None], _ended: object) -> None:
        after()
        if not self._closed:
            self._next()

    def music(self, on: bool) -> None:
        """The site's music; where there is none and the room waits for its leader, a tone now and then."""
        if on and self._music is None and not self._closed:
            media, path = self._room.control.media, self._room.control.settings.music
            try:
                if path and not self._no_music:
                    self._music = media.play([path], loop=True)
                elif not self._room.begun:
                    self._music = media.tone(tones.WAITING)
                else:
                    return
            except (MediaFullError, ValueError) as error:
                self._room.note(f"no music: {error}")
                return
            self._music.feed(self._room.media.port)
            self._music.done.add_done_callback(self._music_over)
        elif not on and self._music is not None:
            music, self._music = self._music, None
            music.stop()

    def _music_over(self, done: object) -> None:
        """By itself it ends only when it cannot be played."""
        if self._music is not None and self._music.done is done:
            self._music = None
            if not self._no_music:
                self._no_music = True
                self._room.note(f"{self._room.control.settings.music or 'the tone for those who wait'} cannot be played")
                self.music(True)

    def close(self) -> None:
        self._closed = True
        self.music(False)
        if self._job is not None:
            self._job.stop()
        while self._waiting:
            self._waiting.popleft()[1]()


def _nothing() -> None:
    return
