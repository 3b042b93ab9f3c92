"""Variables of a walk: the flow's own, the system's, and the global ones shared by all flows."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from xunhu.ivr.expressions import MAX_VALUE
from xunhu.ivr.model import GLOBAL_PREFIX, SYSTEM_VARIABLES

MAX_GLOBALS = 1000


class GlobalVariables:
    """Name (without "global.") to value; kept in a JSON file when a path is given, written at each change by renaming.

    A write that fails does not disturb calls: the values in memory are right, `save_error` says what is wrong, the next change
    tries again.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._values: dict[str, str] = {}
        self.save_error = ""
        if path is not None and path.exists():
            try:
                stored = json.loads(path.read_text(encoding="utf-8"))
                if not isinstance(stored, dict):
                    raise ValueError("not an object")
                self._values = {str(k): str(v)[:MAX_VALUE] for k, v in list(stored.items())[:MAX_GLOBALS]}
            except OSError as error:
                self.save_error = f"{path}: {error}; the global variables begin empty"
            except ValueError as error:
                self.save_error = f"{path}: {error}; the global variables begin empty" + self._put_aside(path)

    @staticmethod
    def _put_aside(path: Path) -> str:
        """A damaged file is kept for whoever wants to mend it: the next change would write over it."""
        kept = path.with_name(path.name + ".damaged")
        try:
            os.replace(path, kept)
        except OSError as error:
            return f" ({kept}: {error.strerror})"
        return f"; the file is kept as {kept.name}"

    def get(self, name: str) -> str | None:
        return self._values.get(name)

    def set(self, name: str, value: str) -> bool:
        """False: too many variables already."""
        if name not in self._values and len(self._values) >= MAX_GLOBALS:
            return False
        if self._values.get(name) != value:
            self._values[name] = value[:MAX_VALUE]
            self._save()
        return True

    def as_dict(self) -> dict[str, str]:
        return dict(self._values)

    def _save(self) -> None:
        if self._path is None:
            return
        temporary = self._path.with_name(self._path.name + ".new")
        try:
            temporary.write_text(json.dumps(self._values, ensure_ascii=False, sort_keys=True, indent=0), encoding="utf-8")
            os.replace(temporary, self._path)
            self.save_error = ""
        except OSError as error:
            self.save_error = f"{self._path}: {error.strerror}"


class Variables(Mapping[str, str]):
    """What @name means: system variables first (a flow cannot hide them), then the flow's own, then global.NAME.

    system: asked each time, for the hour changes while a caller waits.
    """

    def __init__(
        self, system: Callable[[], Mapping[str, str]], shared: GlobalVariables, own: Mapping[str, str] | None = None
    ) -> None:
        self._system = system
        self._shared = shared
        self.own: dict[str, str] = dict(own or {})

    def __getitem__(self, name: str) -> str:
        if name.startswith(GLOBAL_PREFIX):
            value = self._shared.get(name[len(GLOBAL_PREFIX) :])
            if value is None:
                raise KeyError(name)
            return value
        if name in SYSTEM_VARIABLES:
            return self._system()[name]
        return self.own[name]

    def set(self, name: str, value: str) -> bool:
        """False: no room for another global variable."""
        if name.startswith(GLOBAL_PREFIX):
            return self._shared.set(name[len(GLOBAL_PREFIX) :], value)
        self.own[name] = value[:MAX_VALUE]
        return True

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys((*self._system(), *self.own, *(GLOBAL_PREFIX + n for n in self._shared.as_dict())))

    def __len__(self) -> int:
        return sum(1 for _ in self)
