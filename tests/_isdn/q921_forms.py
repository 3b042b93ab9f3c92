"""Q.921 in both forms, compiled and as source, and a wire between two data links on a fake clock."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from xunhu._isdn import q921

MS = 1_000_000


def source_form() -> ModuleType:
    """The same file not compiled, whatever has been built beside it."""
    name = "q921_source_form"
    if name not in sys.modules:
        path = Path(q921.__file__).parent / "q921.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


FORMS = {"built": q921, "source": source_form()}


class Pair:
    """Network side `a` and user side `b`; every frame takes `delay_ms`. `fate(direction, n, octets)` says how many
    copies of the n-th frame of a direction arrive."""

    def __init__(self, q: ModuleType, fate: Callable[[str, int, bytes], int] | None = None, **options: Any) -> None:
        self.q = q
        self.now = 0
        self.delay = 5 * MS
        self.rows: list[tuple[str, int, int, int]] = []
        trace = lambda name, state, event, after, now: self.rows.append((name, state, event, after))  # noqa: E731
        self.a = q.DataLink(True, name="a", trace=trace, **options)
        self.b = q.DataLink(False, name="b", trace=trace, **options)
        self.fate = fate
        self.count = {"a": 0, "b": 0}
        self.wire: list[tuple[int, str, bytes]] = []  # (arrives, from, octets), in order of arrival
        self.log: dict[str, list[Any]] = {"a": [], "b": []}
        self.frames: list[tuple[str, bytes]] = []

    def pump(self) -> None:
        for name, link in (("a", self.a), ("b", self.b)):
            for out in link.drain():
                if not isinstance(out, self.q.Frame):
                    self.log[name].append(out)
                    continue
                self.frames.append((name, out.octets))
                self.count[name] += 1
                copies = 1 if self.fate is None else self.fate(name, self.count[name], out.octets)
                self.wire += [(self.now + self.delay, name, out.octets)] * copies

    def run(self, ms: int) -> None:
        """Let so much time pass."""
        end = self.now + ms * MS
        while True:
            self.pump()
            times = [t for t in (self.a.next_deadline, self.b.next_deadline) if t is not None]
            times += [self.wire[0][0]] if self.wire else []
            if not times or min(times) > end:
                break
            self.now = max(self.now, min(times))
            while self.wire and self.wire[0][0] <= self.now:
                _, sender, octets = self.wire.pop(0)
                (self.b if sender == "a" else self.a).receive(octets, self.now)
            self.a.handle_timeout(self.now)
            self.b.handle_timeout(self.now)
        self.now = end

    def up(self) -> Pair:
        self.a.dl_establish_request(self.now)
        self.run(100)
        assert self.a.established
        assert self.b.established
        return self

    def data(self, name: str) -> list[bytes]:
        return [o.payload for o in self.log[name] if isinstance(o, self.q.DlDataIndication)]

    def errors(self, name: str) -> str:
        return "".join(o.code for o in self.log[name] if isinstance(o, self.q.MdlError))

    def said(self, name: str) -> list[str]:
        """Class names of what layer 3 was told, data left out."""
        return [type(o).__name__ for o in self.log[name] if not isinstance(o, self.q.DlDataIndication | self.q.MdlError)]
