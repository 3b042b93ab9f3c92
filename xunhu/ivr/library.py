"""The flows of a directory, loaded while calls run.

A call takes a flow with `use` and keeps that version to its end; `reload` puts new versions beside it. A faulty file changes
nothing: its outcome says why, and the flow loaded before stays. Each version loaded is kept as a copy (NAME.VERSION.xml), so that
after a restart of control a call goes on in the version it began with (`version`).
"""

from __future__ import annotations

import contextlib
import os
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xunhu.ivr.loader import load_flow, parse_flow
from xunhu.ivr.messages import Finding, FlowError, finding
from xunhu.ivr.model import Flow
from xunhu.ivr.prompts import PromptStore

KEEP = 16

LOADED = "loaded"
UNCHANGED = "unchanged"
REFUSED = "refused"
REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reload did with one file. version: the one new calls get after it, "" when there is none."""

    file: str
    flow: str
    status: str  # LOADED | UNCHANGED | REFUSED | REMOVED
    version: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionUse:
    """One version of a flow: how many calls are in it, whether new calls get it."""

    flow: str
    version: str
    calls: int
    current: bool


class FlowLibrary:
    """directory: all its *.xml are flows. versions: folder for the copies, None: none are kept. Not to be used from several threads."""

    def __init__(
        self, directory: Path, *, versions: Path | None = None, prompts: PromptStore | None = None, keep: int = KEEP
    ) -> None:
        self.directory = directory
        self._versions = versions
        self._prompts = prompts
        self._keep = keep
        self._current: dict[str, Flow] = {}
        self._file_flow: dict[str, str] = {}  # file name -> flow name
        self._known: OrderedDict[tuple[str, str], Flow] = OrderedDict()  # the last loaded, oldest first
        self._calls: dict[tuple[str, str], int] = {}
        self.store_error = ""  # why the last copy could not be kept

    def names(self) -> list[str]:
        return sorted(self._current)

    def get(self, name: str) -> Flow | None:
        """The version that new calls get."""
        return self._current.get(name)

    def reload(self) -> list[Outcome]:
        """Read the directory again. One outcome a file, removed ones included; sorted by file."""
        try:
            files = sorted(path for path in self.directory.iterdir() if path.suffix == ".xml" and path.name[0] != ".")
        except OSError as error:
            why = finding(str(self.directory), 0, "unreadable", why=error.strerror or str(error))
            return [Outcome(str(self.directory), "", REFUSED, "", (why,))]
        outcomes: list[Outcome] = []
        taken: dict[str, str] = {}  # flow name -> file, of this reload
        names = {path.name for path in files}
        for gone in sorted(set(self._file_flow) - names):
            name = self._file_flow.pop(gone)
            self._current.pop(name, None)
            outcomes.append(Outcome(str(self.directory / gone), name, REMOVED, ""))
        for path in files:
            outcomes.append(self._load(path, taken))
        return sorted(outcomes, key=lambda outcome: outcome.file)

    def _load(self, path: Path, taken: dict[str, str]) -> Outcome:
        before = self._file_flow.get(path.name, "")
        old = self._current.get(before) if before else None
        old_version = old.version if old else ""
        try:
            flow, warnings = load_flow(path, prompts=self._prompts)
        except FlowError as error:
            if before:
                taken[before] = path.name
            return Outcome(str(path), before, REFUSED, old_version, error.findings)
        other = taken.get(flow.name) or next(
            (file for file, name in self._file_flow.items() if name == flow.name and file != path.name), ""
        )
        if other:
            why = finding(str(path), 0, "same-name", value=flow.name, other=other)
            return Outcome(str(path), before, REFUSED, old_version, (*warnings, why))
        taken[flow.name] = path.name
        if old is not None and old.name == flow.name and old.version == flow.version:
            return Outcome(str(path), flow.name, UNCHANGED, flow.version, warnings)
        if before and before != flow.name:
            self._current.pop(before, None)
        self._file_flow[path.name] = flow.name
        self._current[flow.name] = flow
        self._remember(flow)
        self._store(flow, path)
        return Outcome(str(path), flow.name, LOADED, flow.version, warnings)

    # -- versions in use

    @contextlib.contextmanager
    def use(self, flow: Flow) -> Iterator[Flow]:
        """Count a call in this version for as long as the block lasts."""
        key = (flow.name, flow.version)
        self._calls[key] = self._calls.get(key, 0) + 1
        self._known.setdefault(key, flow)
        try:
            yield flow
        finally:
            self._calls[key] -= 1
            if not self._calls[key]:
                del self._calls[key]
                self._forget()

    def in_use(self) -> list[VersionUse]:
        """Every version with calls in it or current; old ones drain."""
        current = {(flow.name, flow.version) for flow in self._current.values()}
        return [
            VersionUse(name, version, self._calls.get((name, version), 0), (name, version) in current)
            for name, version in sorted(current | set(self._calls))
        ]

    def version(self, name: str, version: str) -> Flow | None:
        """This version, from memory or from its copy; None when it is neither here nor there or the copy is damaged."""
        found = self._known.get((name, version))
        if found is not None or self._versions is None:
            return found
        path = self._copy(name, version)
        try:
            data = path.read_bytes()
            flow, _ = parse_flow(data, Path(f"{name}.xml"))
        except (OSError, FlowError):
            return None
        if flow.version != version:
            return None
        flow = Flow(name, version, str(path), flow.language, flow.title, flow.roots, flow.nodes)
        self._remember(flow)
        return flow

    # -- keeping

    def _remember(self, flow: Flow) -> None:
        key = (flow.name, flow.version)
        self._known[key] = flow
        self._known.move_to_end(key)
        self._forget()

    def _forget(self) -> None:
        """Of each flow the last `keep` versions stay, and those in use or current."""
        counts: dict[str, int] = {}
        for key in reversed(list(self._known)):
            counts[key[0]] = counts.get(key[0], 0) + 1
            flow = self._current.get(key[0])
            if counts[key[0]] > self._keep and key not in self._calls and (flow is None or flow.version != key[1]):
                del self._known[key]

    def _copy(self, name: str, version: str) -> Path:
        assert self._versions is not None
        clean = "".join(c for c in f"{name}.{version}" if c.isalnum() or c in "._-")
        return self._versions / f"{clean}.xml"

    def _store(self, flow: Flow, source: Path) -> None:
        """A copy that cannot be kept (full disk) does not stop the flow from being used; `store_error` says so."""
        if self._versions is None:
            return
        copy = self._copy(flow.name, flow.version)
        temporary = copy.with_name("." + copy.name)
        try:
            self._versions.mkdir(parents=True, exist_ok=True)
            if not copy.exists():
                temporary.write_bytes(source.read_bytes())
                os.replace(temporary, copy)
            os.utime(copy)
            self._prune(flow.name)
            self.store_error = ""
        except OSError as error:
            self.store_error = f"{copy}: {error.strerror}"

    def _prune(self, name: str) -> None:
        assert self._versions is not None
        copies = [path for path in self._versions.glob(f"{name}.*.xml") if path.name[0] != "."]
        copies.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
        kept = {self._copy(*key).name for key in self._calls}
        for path in copies[self._keep :]:
            if path.name not in kept:
                path.unlink(missing_ok=True)
