"""Which hosts prompts may come from: names, redirects, and URLs made to be read in two ways."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_fetch import Server, ok, play, quick, ramp, status, wave

from xunhu._media import files
from xunhu._media.engine import Engine


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.mark.parametrize(
    ("hosts", "url", "location", "allowed"),
    [
        (["a.example"], "http://a.example/x.wav", None, True),
        (["a.example"], "https://A.Example:8443/x.wav", None, True),
        (["a.example"], "http://b.example/x.wav", None, False),
        (["a.example"], "http://a.example.evil/x.wav", None, False),
        (["a.example"], "http://eva.example/x.wav", None, False),
        (["a.example"], "http://a.example@evil/x.wav", None, False),
        (["a.example"], "http://evil#@a.example/x.wav", None, False),
        (["a.example"], "http://evil?@a.example/", None, False),
        (["a.example"], "http://evil\\@a.example/", None, True),  # that is whom libcurl asks
        ([" a.example ", "b.example"], "http://b.example/", None, True),
        (["*.example"], "http://a.b.example/", None, True),
        (["*.example"], "http://example/", None, False),
        (["*.example"], "http://badexample/", None, False),
        (["*"], "http://anything/", None, True),
        ([], "http://a.example/", None, False),
        (["127.0.0.1"], "http://127.0.0.1/", None, True),
        (["127.0.0.1"], "http://127.1/", None, True),  # libcurl writes it out
        (["a.example"], "http://a.example/x", "/y", True),
        (["a.example"], "http://a.example/x", "y.wav", True),
        (["a.example"], "http://a.example/x", "//b.example/y", False),
        (["a.example"], "http://a.example/x", "http://b.example/y", False),
        (["a.example", "b.example"], "http://a.example/x", "https://b.example/y", True),
        (["a.example"], "http://a.example/x", "file:///etc/passwd", False),
        (["a.example"], "nothing of the kind", None, False),
    ],
)
def test_names(hosts: list[str], url: str, location: str | None, allowed: bool) -> None:
    assert files.host_allowed(hosts, url, location) == allowed


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60))
def test_whatever_the_url_only_the_host_that_is_asked_counts(text: str) -> None:
    """Python reads URLs in its own way: where it finds another host, libcurl does not find ours either, or both would be asked the same."""
    url = f"http://{text}"
    if files.host_allowed(["good.example"], url):
        assert "good.example" in url.lower()
        assert (urlsplit(url).hostname or "").rstrip(".") == "good.example"


def test_hosts_that_are_not_allowed_are_not_asked(server: Server, tmp_path: Path) -> None:
    server.answers["/a.wav"] = ok(wave(tmp_path, ramp(800)))
    for hosts, error in ((["prompts.example"], errno.EACCES), ([], errno.EACCES), (["127.0.0.1"], 0)):
        player = files.Player([server.url("/a.wav")], fetch=files.Fetch(hosts=hosts))
        play(player)
        assert player.state().error == error
    assert len(server.requests) == 1


def test_redirects_lead_to_allowed_hosts_only(server: Server, tmp_path: Path) -> None:
    x = ramp(800)
    other = Server()
    other.answers["/a.wav"] = server.answers["/b.wav"] = ok(wave(tmp_path, x))
    server.answers["/away.wav"] = status(302, f"Location: http://localhost:{other.port}/a.wav")
    server.answers["/long.wav"] = status(302, "Location: /" + "x" * 3000)
    server.answers["/near.wav"] = status(302, "Location: b.wav")
    try:
        for name, error in (("/away.wav", errno.EACCES), ("/long.wav", errno.EACCES), ("/near.wav", 0)):
            player = files.Player([server.url(name)], fetch=files.Fetch(hosts=["127.0.0.1"]))
            heard = play(player)
            assert player.state().error == error
            assert np.array_equal(heard, x[: 0 if error else None])
        assert not other.requests
        player = files.Player([server.url("/away.wav")], fetch=quick())
        assert np.array_equal(play(player), x)  # without a list it goes where it is sent
    finally:
        other.close()


def test_the_engine_takes_limits_and_says_what_is_wrong_with_them() -> None:
    Engine([{"number": 0, "driver": "loop", "peer": 1}], http={"hosts": ["a.example"], "connect_ms": 500, "fresh_ms": 0}).shut()
    for given_, why in (({"host": ["x"]}, "http has no host"), ({"connect_ms": 0}, "connect_ms"), ({"hosts": ["x" * 2048]}, "2047")):
        with pytest.raises(ValueError, match=why):
            Engine([{"number": 0, "driver": "loop", "peer": 1}], http=given_)
