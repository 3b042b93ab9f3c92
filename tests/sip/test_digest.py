"""Digest: the examples of RFC 7616 §3.9 and RFC 2617 §3.5, curl as the other end, and what an attacker sends."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu.sip.digest import (
    ALGORITHMS,
    Challenge,
    authorization,
    choose,
    ha1,
    parse_challenge,
    parse_challenges,
    parse_credentials,
    verify,
)
from xunhu.sip.errors import SipParseError

ALL = [name + session for name in ALGORITHMS for session in ("", "-sess")]
MUFASA = ("GET", "/dir/index.html", "Mufasa", "Circle of Life", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", 1)
TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)
EXAMPLE = Challenge("http-auth@example.org", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", qop=("auth", "auth-int"))


@pytest.mark.parametrize(
    ("challenge", "asked", "response"),
    [
        (EXAMPLE, MUFASA, "8ca523f5e9506fed4657c9700eebdbec"),
        (
            replace(EXAMPLE, algorithm="SHA-256"),
            MUFASA,
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
        (
            Challenge(
                "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"
            ),
            ("GET", "/dir/index.html", "Mufasa", "Circle Of Life", "0a4f113b", 1),
            "6629fae49393a05397450978507c4ef1",  # RFC 2617 §3.5
        ),
        (
            Challenge(
                "api@example.org",
                "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
                "SHA-512-256",
                opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS",
            ),
            ("GET", "/doe.json", "Jäsøn Doe", "Secret, or not?", "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", 1),
            "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",  # §3.9.2 with erratum 4897
        ),
    ],
)
def test_examples(challenge: Challenge, asked: tuple[str, str, str, str, str, int], response: str) -> None:
    header = authorization(challenge, *asked)
    assert parse_credentials(header).response == response
    assert verify(header, "GET", asked[3])
    assert verify(header, "GET", {challenge.algorithm: ha1(asked[2], challenge.realm, asked[3], challenge.algorithm)})


def test_without_qop() -> None:
    """RFC 3261 §22.4: the form of RFC 2069; the value is openssl's: md5 of its three parts."""
    challenge = Challenge("r", "n", qop=())
    header = authorization(challenge, "REGISTER", "sip:r", "u", "p", "unused", 1)
    assert "qop" not in header
    assert "cnonce" not in header

    def md5(text: str) -> str:
        done = subprocess.run(["openssl", "dgst", "-md5", "-r"], input=text.encode(), capture_output=True, check=True)
        return done.stdout.split()[0].decode()

    assert parse_credentials(header).response == md5(f"{md5('u:r:p')}:n:{md5('REGISTER:sip:r')}")
    assert verify(header, "REGISTER", "p")


@pytest.mark.parametrize("algorithm", ALL)
@pytest.mark.parametrize("qop", [(), ("auth",), ("auth-int",), ("auth-int", "auth")])
def test_both_ends(algorithm: str, qop: tuple[str, ...]) -> None:
    challenge = Challenge('re"alm\\', "no,nce", algorithm, qop, "opa=que", stale=True, domain="sip:a sip:b")
    assert parse_challenge(str(challenge)) == challenge
    header = authorization(challenge, "INVITE", "sip:bob@b,c", "al\u00efce", "pässword", "c,n", 0x1F, b"body")
    assert verify(header, "INVITE", "pässword", b"body")
    assert not verify(header, "INVITE", "password", b"body")
    assert not verify(header, "BYE", "pässword", b"body")
    assert verify(header, "INVITE", "pässword", b"other") == (qop != ("auth-int",))
    assert parse_credentials(header).nc == (0x1F if qop else 0)
    assert verify(
        header,
        "INVITE",
        {algorithm.removesuffix("-sess"): ha1("al\u00efce", 're"alm\\', "pässword", algorithm)},
        b"body",
    )
    assert not verify(header, "INVITE", {}, b"body")
    other = replace(parse_credentials(header), nonce="another")
    assert not verify(other, "INVITE", "pässword", b"body")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Basic dTpw",
        "Digest",
        'Digest username="u"',
        'Digest username="u", realm="r", nonce="n", uri="sip:x',
        'Digest username="u", realm="r", nonce="n", uri="sip:x", response="1", qop=auth',
        'Digest username="u", realm="r", nonce="n", uri="sip:x", response="1", qop=auth, cnonce="c", nc=1',
        'Digest username="u", realm="r", nonce="n", uri="sip:x", response="1", qop=auth, cnonce="c", nc=0000000g',
        'Digest username="u", username="v", realm="r", nonce="n", uri="sip:x", response="1"',
        "Digest " + "a" * 9000,
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(SipParseError) as caught:
        parse_credentials(text)
    assert caught.value.status == 400
    assert not verify(text, "INVITE", "p")


@pytest.mark.parametrize("change", ["algorithm=SHA-1", "algorithm=MD5-sess", "qop=auth-conf, cnonce=c, nc=00000001"])
def test_unknown_never_fits(change: str) -> None:
    assert not verify(f'Digest username="u", realm="r", nonce="n", uri="x", response="1", {change}', "INVITE", "p")


def test_list_of_challenges() -> None:
    rows = [
        'Basic realm="r, Digest x", Digest realm="a", nonce="1", algorithm=SHA-512, qop="auth"',
        'Digest realm="b" , nonce = "2" , algorithm=sha-256-SESS , qop="auth,auth-int", NewScheme x=1, Digest realm="c",nonce="3"',
        "Digest realm=broken",
        'Digest realm="open',
    ]
    found = parse_challenges(rows)
    assert [(row.realm, row.nonce, row.algorithm) for row in found] == [
        ("a", "1", "SHA-512"),
        ("b", "2", "SHA-256-sess"),
        ("c", "3", "MD5"),
    ]
    chosen = choose(found)
    assert chosen is not None
    assert chosen.realm == "b"
    assert choose(found[:1]) is None
    assert choose([Challenge("r", "n", qop=("token",))]) is None


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    """Nothing but SipParseError, and never true."""
    assert not verify(text, "INVITE", "secret")
    assert not verify(f"Digest {text}", "INVITE", "secret")
    for found in parse_challenges([text, f"Digest {text}"]):
        assert parse_challenge(str(found)).nonce == found.nonce


@given(TEXT, TEXT)
def test_any_user_and_password(user: str, password: str) -> None:
    header = authorization(EXAMPLE, "REGISTER", "sip:x", user, password, "c", 1)
    assert parse_credentials(header).username == user
    assert verify(header, "REGISTER", password)
    assert not verify(header, "REGISTER", password + "x")


class Server(HTTPServer):
    """One challenge to all, and whether what came back fits."""

    challenge = Challenge("r", "n")
    answers: list[bool]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        sent = self.headers.get("Authorization")
        good = sent is not None and verify(sent, "POST", 'Circle "of" Life', body)
        if sent is not None:
            self.server.answers.append(good)
        self.send_response(200 if good else 401)
        if not good:
            self.send_header("WWW-Authenticate", str(self.server.challenge))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(challenge: Challenge) -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    server.challenge = challenge
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# Not here: SHA-512-256, for which curl 7.88 computes SHA-256; and -sess without qop, for which it sends no cnonce.
CURL: list[tuple[str, tuple[str, ...]]] = [("MD5", ()), ("SHA-256", ())]
CURL += [
    (name, qop) for name in ("MD5", "MD5-sess", "SHA-256", "SHA-256-sess") for qop in (("auth",), ("auth", "auth-int"))
]


@pytest.mark.interop
@pytest.mark.parametrize(("algorithm", "qop"), CURL)
def test_curl_answers_our_challenge(algorithm: str, qop: tuple[str, ...]) -> None:
    with served(Challenge("realm of mine", "abc/def==", algorithm, qop, "0p4que")) as server:
        port = server.server_port
        for password, good in (('Circle "of" Life', True), ("wrong", False)):
            server.answers = []
            subprocess.run(
                [
                    "curl",
                    "-s",
                    "--digest",
                    "-u",
                    f"Mu\\fa:{password}",
                    "-d",
                    "body",
                    f"http://127.0.0.1:{port}/dir/a?b=c",
                ],
                check=True,
                timeout=20,
            )
            assert server.answers[0] is good
