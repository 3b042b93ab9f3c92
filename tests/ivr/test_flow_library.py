"""Reload while calls run: old versions in use, refusals, versions kept for a restart."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from pathlib import Path

import pytest
from ivr_caller import SAMPLE, FakeSession

from xunhu.ivr.interpreter import Environment
from xunhu.ivr.library import FlowLibrary
from xunhu.ivr.service import FlowService
from xunhu.ivr.session import Collected


def write(folder: Path, file: str, cause: int, *, name: str = "") -> Path:
    path = folder / file
    title = f' name="{name}"' if name else ""
    path.write_text(f'<flow{title}><node code="p" type="play" files="a"><node code="h" type="hangup" cause="{cause}"/></node></flow>')
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "flows"
    folder.mkdir()
    return folder


def test_reload(folder: Path) -> None:
    library = FlowLibrary(folder)
    assert library.reload() == []
    write(folder, "flowconfig.xml", 16)
    write(folder, "night.xml", 17)
    (folder / "notes.txt").write_text("x")
    (folder / ".night.xml").write_text("being written")
    assert [(o.flow, o.status) for o in library.reload()] == [("main", "loaded"), ("night", "loaded")]
    assert library.names() == ["main", "night"]
    first = library.get("main")
    assert first is not None
    assert [o.status for o in library.reload()] == ["unchanged", "unchanged"]
    write(folder, "flowconfig.xml", 18)
    outcome = library.reload()[0]
    second = library.get("main")
    assert second is not None
    assert (outcome.status, outcome.version) == ("loaded", second.version)
    assert first.version != second.version
    (folder / "night.xml").unlink()
    assert [(o.flow, o.status) for o in library.reload()] == [("main", "unchanged"), ("night", "removed")]
    assert library.get("night") is None


def test_faulty_file_changes_nothing(folder: Path) -> None:
    path = write(folder, "flowconfig.xml", 16)
    library = FlowLibrary(folder)
    library.reload()
    before = library.get("main")
    assert before is not None
    for text in (b"<flow>", b"", b"<flow><node code='a' type='jump' goto='b'/></flow>"):
        path.write_bytes(text)
        (outcome,) = library.reload()
        assert (outcome.flow, outcome.status, outcome.version) == ("main", "refused", before.version)
        assert outcome.findings
        assert library.get("main") is before
    write(folder, "flowconfig.xml", 16)
    assert [o.status for o in library.reload()] == ["unchanged"]


def test_two_files_of_one_name(folder: Path) -> None:
    write(folder, "a.xml", 1, name="x")
    write(folder, "b.xml", 2, name="x")
    library = FlowLibrary(folder)
    one, two = library.reload()
    assert (one.status, two.status) == ("loaded", "refused")
    assert two.findings[0].code == "same-name"
    one, two = library.reload()
    assert (one.status, two.status) == ("unchanged", "refused")
    (folder / "a.xml").unlink()
    gone, now = library.reload()
    assert (gone.status, now.status, library.names()) == ("removed", "loaded", ["x"])


def test_flow_renamed_inside_its_file(folder: Path) -> None:
    write(folder, "a.xml", 1, name="x")
    library = FlowLibrary(folder)
    library.reload()
    write(folder, "a.xml", 1, name="y")
    assert [(o.flow, o.status) for o in library.reload()] == [("y", "loaded")]
    assert library.names() == ["y"]


def test_directory_missing(tmp_path: Path) -> None:
    (outcome,) = FlowLibrary(tmp_path / "none").reload()
    assert (outcome.status, outcome.findings[0].code) == ("refused", "unreadable")


class Slow(FakeSession):
    """Waits inside the first prompt until let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def play_collect(self, files: list[str], **how: object) -> Collected:  # type: ignore[override]
        await self.go.wait()
        return await super().play_collect(files, **how)  # type: ignore[arg-type]


async def test_calls_end_on_the_version_they_began_with(folder: Path, env: Environment) -> None:
    service = FlowService(FlowLibrary(folder), env)
    sessions, tasks, versions = [], [], []
    for cause in (31, 41, 51):
        write(folder, "flowconfig.xml", cause)
        service.library.reload()
        flow = service.get("main")
        assert flow is not None
        versions.append(service.version(flow))
        for _ in range(2):
            session = Slow()
            sessions.append(session)
            tasks.append(asyncio.create_task(service.run(flow, session)))
    (folder / "flowconfig.xml").write_text("<flow")
    service.library.reload()
    await asyncio.sleep(0)
    uses = {use.version: (use.calls, use.current) for use in service.library.in_use()}
    assert uses == {versions[0]: (2, False), versions[1]: (2, False), versions[2]: (2, True)}
    for session in sessions:
        session.go.set()
    assert await asyncio.gather(*tasks) == ["0000"] * 6
    assert [session.cause for session in sessions] == [31, 31, 41, 41, 51, 51]
    assert [(use.version, use.calls) for use in service.library.in_use()] == [(versions[2], 0)]


async def test_version_returns_after_a_restart(folder: Path, tmp_path: Path, env: Environment) -> None:
    kept = tmp_path / "data" / "flow-versions"
    write(folder, "flowconfig.xml", 31)
    library = FlowLibrary(folder, versions=kept)
    library.reload()
    old = library.get("main")
    assert old is not None
    write(folder, "flowconfig.xml", 41)
    library.reload()

    after = FlowService(FlowLibrary(folder, versions=kept), env)
    after.library.reload()
    found = after.get("main", old.version)
    assert found is not None
    assert found.version == old.version
    session = FakeSession()
    await after.run(found, session, start_node="h", variables={"language": "en"})
    assert session.cause == 31
    assert after.get("main", "000000000000") is None
    assert after.get("../../etc/passwd", old.version) is None

    (kept / f"main.{old.version}.xml").write_text("<flow/>")
    assert FlowLibrary(folder, versions=kept).version("main", old.version) is None


def test_last_sixteen_versions_are_kept(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    library = FlowLibrary(folder, versions=kept)
    versions = []
    for cause in range(1, 31):
        path = write(folder, "main.xml", cause)
        write(folder, "night.xml", 1)
        library.reload()
        flow = library.get("main")
        assert flow is not None
        versions.append(flow.version)
        os.utime(kept / f"main.{flow.version}.xml", ns=(cause * 10**9, cause * 10**9))
    assert path.exists()
    assert len(list(kept.glob("main.????????????.xml"))) == 16
    assert library.version("main", versions[-16]) is not None
    assert library.version("main", versions[0]) is None


def test_version_in_use_is_never_forgotten(folder: Path, tmp_path: Path) -> None:
    library = FlowLibrary(folder, versions=tmp_path / "kept", keep=2)
    write(folder, "main.xml", 1)
    library.reload()
    first = library.get("main")
    assert first is not None
    with library.use(first):
        for cause in range(2, 12):
            write(folder, "main.xml", cause)
            library.reload()
        assert (tmp_path / "kept" / f"main.{first.version}.xml").exists()
        assert library.version("main", first.version) is first
    assert len(library.in_use()) == 1


def test_copy_that_cannot_be_kept(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    write(folder, "main.xml", 1)
    library = FlowLibrary(folder, versions=tmp_path / "file")
    assert library.reload()[0].status == "loaded"
    assert library.get("main") is not None
    assert "file" in library.store_error


async def test_sample_through_the_service(env: Environment) -> None:
    service = FlowService(FlowLibrary(SAMPLE.parent, prompts=env.prompts), dataclasses.replace(env))
    assert [o.status for o in service.library.reload() if o.flow == "main"] == ["loaded"]
    flow = service.get("main")
    assert flow is not None
    assert await service.run(flow, FakeSession(["2", "0"], talks=["ended"])) == "0000"
