"""What attackers send: limits hold, nothing but SipParseError is raised, and the work grows as the message does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu.sip import chars, headers, message_base, message_parse, message_stream, uri
from xunhu.sip.chars import quoted, unquoted
from xunhu.sip.errors import SipParseError
from xunhu.sip.message import MAX_HEADERS, MAX_OCTETS, NameAddr, SipMessage, SipUri, StreamReader, Via, parse, response

HEAD = (
    b"OPTIONS sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\n"
    b"From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
)


def refused(octets: bytes) -> SipParseError:
    with pytest.raises(SipParseError) as caught:
        parse(octets).check()
    return caught.value


@pytest.mark.parametrize(
    ("octets", "status", "header"),
    [
        (HEAD + b"Zz: " + b"a" * MAX_OCTETS, 513, ""),
        (HEAD + b"Zz: " + b"a" * 8193 + b"\r\n\r\n", 400, "Zz"),
        (HEAD + b"Zz: a\r\n" + b" a\r\n" * 5000 + b"\r\n", 400, "Zz"),
        (HEAD + b"Zz: 1\r\n" * MAX_HEADERS + b"\r\n", 400, ""),
        (HEAD.replace(b"sip:b@example.com SIP", b"sip:" + b"b" * 2100 + b"@example.com SIP") + b"\r\n", 414, ""),
        (HEAD + b"Contact: <sip:" + b"b" * 2100 + b"@x>\r\n\r\n", 414, "Contact"),
        (HEAD + b"Contact: <sip:a@b>" + b";a" * 65 + b"\r\n\r\n", 400, "Contact"),
        (HEAD + b"Contact: <sip:a@b" + b"".join(b";%d" % n for n in range(65)) + b">\r\n\r\n", 400, "Contact"),
        (HEAD + b"Contact: <sip:a@b" + b"&".join(b"?%d=1" % n for n in range(65)) + b">\r\n\r\n", 400, "Contact"),
        (HEAD + b"Contact: *, <sip:a@b>\r\n\r\n", 400, "Contact"),
        (HEAD + b"Content-Length: 99999999999999999999999999\r\n\r\n", 400, "Content-Length"),
        (HEAD + b"Content-Length: +1\r\n\r\n ", 400, "Content-Length"),
        (HEAD + "Content-Length: ١\r\n\r\n ".encode(), 400, "Content-Length"),
        (HEAD + b"Max-Forwards: 256\r\n\r\n", 400, "Max-Forwards"),
        (HEAD + b"Expires: -1\r\n\r\n", 400, "Expires"),
        (HEAD + b"Content-Type: text\r\n\r\n", 400, "Content-Type"),
        (HEAD + b"Bad Name: 1\r\n\r\n", 400, ""),
        (HEAD + b": 1\r\n\r\n", 400, ""),
        (HEAD + b"nothing\r\n\r\n", 400, ""),
        (HEAD + b"Zz: a\nEvil: 1\r\n\r\n", 400, ""),
        (HEAD + b"Zz: a\rEvil: 1\r\n\r\n", 400, ""),
        (HEAD + b"\nZz: 1\r\n\r\n", 400, ""),
        (HEAD, 400, ""),
        (HEAD[:60], 400, ""),
        (HEAD.replace(b"SIP/2.0\r\nVia", b"SIP/3.0\r\nVia") + b"\r\n", 505, ""),
        (HEAD.replace(b"sip:b@example.com SIP", b"sip:%zz@example.com SIP") + b"\r\n", 400, ""),
        (HEAD.replace(b"sip:b@example.com SIP", b"sip:@example.com SIP") + b"\r\n", 400, ""),
        (HEAD.replace(b"sip:b@example.com SIP", b"sip:b@example.com:99999 SIP") + b"\r\n", 400, ""),
        (HEAD.replace(b"sip:b@example.com SIP", b"sip:b@ SIP") + b"\r\n", 400, ""),
        (HEAD.replace(b"a.example;", b"a.exa mple;") + b"\r\n", 400, "Via"),
        (HEAD.replace(b"z9hG4bK1", b"1;branch=2") + b"\r\n", 400, "Via"),
    ],
)
def test_refused(octets: bytes, status: int, header: str) -> None:
    error = refused(octets)
    assert (error.status, error.header) == (status, header)
    if error.message is not None:
        assert response(error.message, error.status, error.reason, to_tag="t").encode().startswith(b"SIP/2.0")


@pytest.mark.parametrize(
    "octets",
    [b"", b"\r\n\r\n", b"\0" * 100, b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff" * 2000],
)
def test_not_sip_has_no_answer(octets: bytes) -> None:
    assert refused(octets).message is None


def test_line_that_was_cut_is_not_answered_with() -> None:
    error = refused(HEAD + b"Call-ID: cut o")
    assert error.message is not None
    assert error.message.all("Call-ID") == ["1"]
    assert refused(HEAD[:-10]).message is not None


def test_limit_of_octets_can_be_lower() -> None:
    with pytest.raises(SipParseError) as caught:
        parse(HEAD + b"\r\n" + b"x" * 1000, max_octets=1000)
    assert caught.value.status == 513
    assert caught.value.message is not None
    assert caught.value.message.call_id == "1"


def test_stream_without_end_is_cut() -> None:
    reader = StreamReader(max_octets=10_000)
    got = [found for _ in range(200) for found in reader.feed(b"x" * 100)]
    assert [error.status for error in got if isinstance(error, SipParseError)] == [513]
    assert reader.broken
    reader = StreamReader(max_octets=10_000)
    (error,) = reader.feed(HEAD + b"Content-Length: 10000\r\n\r\n")
    assert isinstance(error, SipParseError)
    assert (error.status, reader.broken) == (513, True)


# -- how the work grows: functions called and lines run by the same code uncompiled -----------------------------


def interpreted() -> dict[str, Callable[..., object]]:
    """parse and StreamReader from the sources: what the compiled ones are made of, but countable."""
    import importlib.util

    names = ("chars", "uri", "headers", "message_base", "message_parse", "message_stream", "message")
    kept = {name: sys.modules[f"xunhu.sip.{name}"] for name in names}
    try:
        for name in names:
            path = f"{__import__('xunhu.sip', fromlist=['x']).__path__[0]}/{name}.py"
            spec = importlib.util.spec_from_file_location(f"xunhu.sip.{name}", path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[f"xunhu.sip.{name}"] = module
            spec.loader.exec_module(module)
        made = sys.modules["xunhu.sip.message"]
        return {"parse": made.parse, "StreamReader": made.StreamReader}
    finally:
        for name, module in kept.items():
            sys.modules[f"xunhu.sip.{name}"] = module


PLAIN = interpreted()


def lines_run(work: Callable[[], object]) -> int:
    """Lines of Python that run; a slice or a search counts as one, so this sees loops, not copies within one."""
    count = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except SipParseError:
        pass
    finally:
        sys.settrace(before)
    return count


GROWING: dict[str, Callable[[int], bytes]] = {
    "headers": lambda n: HEAD + b"Zz: 1\r\n" * n + b"\r\n",
    "folds": lambda n: HEAD + b"Zz: 1\r\n" + b" 1\r\n" * n + b"\r\n",
    "quotes": lambda n: HEAD + b"Contact: " + b'"' * n + b"\r\n\r\n",
    "escaped quotes": lambda n: HEAD + b'Contact: "' + b"\\" * n + b"\r\n\r\n",
    "angles": lambda n: HEAD + b"Contact: " + b"<" * n + b"\r\n\r\n",
    "commas": lambda n: HEAD + b"Route: " + b"," * n + b"\r\n\r\n",
    "commas in quotes": lambda n: HEAD + b'Contact: "' + b"," * n + b'"<sip:a@b>\r\n\r\n',
    "parameters": lambda n: HEAD + b"Contact: <sip:a@b>" + b"".join(b";%d=1" % i for i in range(n)) + b"\r\n\r\n",
    "vias": lambda n: HEAD + b"Via: " + b"SIP/2.0/UDP a," * n + b"\r\n\r\n",
    "percents": lambda n: HEAD + b"Contact: <sip:" + b"%41" * n + b"@b>\r\n\r\n",
    "blanks": lambda n: HEAD + b"Contact: " + b" " * n + b";\r\n\r\n",
    "colons": lambda n: HEAD + b":" * n + b"\r\n\r\n",
    "line ends": lambda n: b"\r\n" * n + HEAD + b"\r\n",
    "digits": lambda n: HEAD + b"Content-Length: " + b"0" * n + b"\r\n\r\n",
}


@pytest.mark.parametrize("shape", GROWING)
def test_twice_the_length_is_at_most_twice_the_work(shape: str) -> None:
    def work(n: int) -> int:
        octets = GROWING[shape](n)
        return lines_run(lambda: PLAIN["parse"](octets).check())  # type: ignore[attr-defined]

    base, one, two = work(0), work(30), work(60)
    assert two - base <= 2.2 * max(one - base, 10)


def test_stream_octet_by_octet_searches_each_octet_once() -> None:
    def work(n: int) -> int:
        octets = HEAD + b"Zz: " + b"a" * n
        reader = PLAIN["StreamReader"]()
        return lines_run(lambda: [reader.feed(octets[i : i + 1]) for i in range(len(octets))])  # type: ignore[attr-defined]

    base, one, two = work(0), work(500), work(1000)
    assert two - base <= 2.2 * (one - base)


def test_compiled_and_interpreted_are_the_same_code() -> None:
    octets = HEAD + b"Contact: <sip:a@b>;q=1\r\nContent-Length: 1\r\n\r\nx"
    theirs = PLAIN["parse"](octets)
    ours = parse(octets)
    assert ours.encode() == theirs.encode()  # type: ignore[attr-defined]
    assert all(
        not str(module.__file__).endswith(".py")
        for module in (chars, uri, headers, message_base, message_parse, message_stream)
    )


# -- any octets ------------------------------------------------------------------------------------------------


@given(st.binary(max_size=300))
def test_any_octets(octets: bytes) -> None:
    for data in (
        octets,
        HEAD + octets,
        HEAD + b"Contact: " + octets + b"\r\n\r\n",
        HEAD.replace(b"a.example", octets[:40]) + b"\r\n",
    ):
        try:
            parse(data).check()
        except SipParseError as error:
            assert error.message is None or isinstance(error.message, SipMessage)  # noqa: PT017
        StreamReader().feed(data)


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    for reader in (
        SipUri.parse,
        NameAddr.parse,
        Via.parse,
        lambda row: SipUri.parse(f"sip:{row}"),
        lambda row: NameAddr.parse(f"<sip:a@b>{row}"),
    ):
        try:
            got = reader(text)
        except SipParseError:
            continue
        assert str(got) == text or str(got) == f"sip:{text}" or str(got) == f"<sip:a@b>{text}"


TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)


@given(TEXT)
def test_quoted_strings(text: str) -> None:
    assert unquoted(quoted(text)) == text
    name = NameAddr(text, SipUri(user="u", host="h"), {"tag": "1"})
    assert NameAddr.parse(str(name)).display == text


@given(
    TEXT.filter(bool), TEXT, st.dictionaries(st.text(alphabet="abc;=?&@ %é", min_size=1, max_size=5), TEXT, max_size=4)
)
def test_uris_made_of_any_text(user: str, password: str, params: dict[str, str]) -> None:
    made = SipUri("sips", user, "example.com", 5061, params, {"Replaces": user}, password)
    read = SipUri.parse(str(made))
    assert (read.user, read.password, read.params, read.headers) == (user, password, params, {"Replaces": user})
    assert read == made
    assert hash(read) == hash(made)
