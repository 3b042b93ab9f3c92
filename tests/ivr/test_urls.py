"""Prompts of web servers in flows: what is refused, what variables may do, and which hosts are allowed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ivr_caller import FakeSession

from xunhu._media import files
from xunhu.ivr import show, urls
from xunhu.ivr.interpreter import Environment, run
from xunhu.ivr.loader import parse_flow
from xunhu.ivr.messages import FlowError
from xunhu.ivr.model import Flow
from xunhu.ivr.prompts import PromptStore

FlowOf = Callable[[str], Flow]
XML = '<flow language="en"><node code="a" type="play" files="{}"><node code="h" type="hangup"/>{}</node></flow>'


class Listener(FakeSession):
    """Keeps what it is given to play as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[str] = []

    async def play_collect(self, files_: list[str], **how: object) -> object:  # type: ignore[override]
        self.files += files_
        return await super().play_collect([], **how)  # type: ignore[arg-type]


def env(folder: Path, hosts: list[str] | None) -> Environment:
    return Environment(PromptStore([folder], hosts=hosts), folder)


async def heard(xml: str, environment: Environment) -> tuple[Listener, str]:
    flow, _ = parse_flow(xml.encode(), Path("x.xml"))
    session = Listener()
    done = await run(flow, session, environment)
    return session, done.node


async def test_a_url_is_played_as_it_stands_and_shown_so(tmp_path: Path) -> None:
    url = "https://prompts.example.com:8443/en/a,b%20c.mp3?x=1"
    xml = XML.format(url.replace(",", "\\,").replace("&", "&amp;"), "")
    session, _ = await heard(xml, env(tmp_path, ["prompts.example.com"]))
    assert session.files == [url]
    flow, _ = parse_flow(xml.encode(), Path("x.xml"))
    assert url in show.render(flow)


async def test_variables_fill_the_path_and_are_escaped(tmp_path: Path) -> None:
    session, _ = await heard(XML.format("http://h.example/@calling/@{called}.wav?when=@time", ""), env(tmp_path, ["h.example"]))
    assert session.files == ["http://h.example/13800138000/4006000998.wav?when=10%3A30%3A00"]


@given(st.text(max_size=30))
def test_no_variable_leads_to_another_host(value: str) -> None:
    from xunhu.ivr.expressions import expand

    for template in ("http://h.example/@v", "http://h.example/a@{v}b?@v#@v", "http://h.example?@v"):
        try:
            url = expand(template, urls.Escaped({"v": value}))
        except UnicodeEncodeError:  # a lone surrogate, which no variable holds: they come from XML and from digits
            return
        try:
            assert urls.host_of(url) == "h.example"
        except urls.UrlError:
            continue
        assert urlsplit(url).hostname == "h.example"
        assert files.host_allowed(["h.example"], url)  # and so reads it libcurl


async def test_a_host_that_is_not_allowed_is_a_missing_file(tmp_path: Path) -> None:
    xml = XML.format("http://other.example/x.wav", '<node code="m" type="hangup" result="0009" cause="41"/>')
    session, node = await heard(xml, env(tmp_path, ["h.example"]))
    assert (session.files, node) == ([], "m")
    assert "this host is not allowed" in session.notes[0]
    session, node = await heard(xml, env(tmp_path, None))
    assert (session.files, node) == (["http://other.example/x.wav"], "h")


@pytest.mark.parametrize(
    ("hosts", "url", "fine"),
    [
        (["h.example"], "http://h.example/x.wav", True),
        (["h.example"], "http://H.EXAMPLE/x.wav", True),
        (["*.example"], "http://a.example/x.wav", True),
        (["h.example"], "http://i.example/x.wav", False),
        ([], "http://h.example/x.wav", False),
        (None, "http://i.example/x.wav", True),
        (["*"], "http://i.example/x.wav", True),
    ],
)
def test_check_names_the_host_and_the_key(hosts: list[str] | None, url: str, fine: bool, tmp_path: Path) -> None:
    store = PromptStore([tmp_path], hosts=hosts)
    for xml in (
        XML.format(url, ""),
        f'<flow><node code="a" type="agent" extensions="1" music="{url}"><node code="h" type="hangup"/></node></flow>',
    ):
        if fine:
            parse_flow(xml.encode(), Path("x.xml"), prompts=store)
            continue
        with pytest.raises(FlowError) as caught:
            parse_flow(xml.encode(), Path("x.xml"), prompts=store)
        (found,) = [f for f in caught.value.findings if f.code == "url-host"]
        assert found.line == 1
        assert "Hosts in [Http] of Tce1-32.ini" in found.render()
        assert "Tce1-32.ini 的 [Http]" in found.render("zh")
