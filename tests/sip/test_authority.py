"""The server's side of digest against our own client's side and against headers computed here; nonces, counts, replays, what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu.sip.authority import Authority, Outcome, Secret
from xunhu.sip.digest import authorization, ha1, parse_challenge
from xunhu.sip.message import SipMessage, request

NS = 1_000_000_000
USERS: dict[str, Secret] = {
    "8001": "secret-8001",
    "8002": {"MD5": ha1("8002", "xunhu", "secret-8002"), "SHA-256": ha1("8002", "xunhu", "secret-8002", "SHA-256")},
    "8003": {"MD5": ha1("8003", "xunhu", "secret-8003")},
}


def counter() -> Callable[[int], bytes]:
    count = 0

    def octets(n: int) -> bytes:
        nonlocal count
        count += 1
        return count.to_bytes(n)

    return octets


def authority(**options: object) -> Authority:
    return Authority("xunhu", b"k" * 32, counter(), USERS.get, **options)  # type: ignore[arg-type]


def message(*headers: tuple[str, str], method: str = "REGISTER") -> SipMessage:
    base = [
        ("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"),
        ("From", "<sip:8001@xunhu>;tag=1"),
        ("To", "<sip:8001@xunhu>"),
        ("Call-ID", "1"),
        ("CSeq", f"1 {method}"),
    ]
    return request(method, "sip:xunhu", [*base, *headers])


def answer(challenge: str, user: str = "8001", password: str = "", nc: int = 1, method: str = "REGISTER") -> str:
    return authorization(parse_challenge(challenge), method, "sip:xunhu", user, password or f"secret-{user}", "c1", nc)


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("proxy", [False, True])
def test_each_algorithm_offered_is_taken(index: int, proxy: bool) -> None:
    a = authority()
    assert a.check(message(), 0, proxy=proxy) == Outcome("none", "")
    name, text = a.challenges(0, proxy=proxy)[index]
    assert name == ("Proxy-Authenticate" if proxy else "WWW-Authenticate")
    assert parse_challenge(text).algorithm == ("SHA-256", "MD5")[index]
    given_ = message(("Proxy-Authorization" if proxy else "Authorization", answer(text)))
    assert a.check(given_, NS, proxy=proxy) == Outcome("ok", "8001")


def test_a_response_computed_by_hand() -> None:
    """RFC 7616 §3.4.1 with MD5 and qop auth, from hashlib alone."""

    def h(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    a = authority()
    nonce = parse_challenge(a.challenges(0)[1][1]).nonce
    reply = h(f"{h('8001:xunhu:secret-8001')}:{nonce}:00000001:abc:auth:{h('REGISTER:sip:xunhu')}")
    text = f'Digest username="8001", realm="xunhu", nonce="{nonce}", uri="sip:xunhu", response="{reply}", cnonce="abc", qop=auth, nc=00000001'
    assert a.check(message(("Authorization", text)), 0).ok


def test_hashed_secrets() -> None:
    a = authority()
    (_, strong), (_, weak) = a.challenges(0)
    assert a.check(message(("Authorization", answer(strong, "8002"))), 0).ok
    assert a.check(message(("Authorization", answer(weak, "8003", nc=2))), 0).ok
    assert (
        a.check(message(("Authorization", answer(strong, "8003", nc=3))), 0).what == "password"
    )  # no such hash is kept


def test_what_does_not_fit() -> None:
    a = authority()
    (_, text), _ = a.challenges(0)
    rows = [
        (answer(text, password="wrong"), Outcome("password", "8001")),
        (answer(text, "nobody"), Outcome("user", "nobody")),
        (answer(text, method="INVITE"), Outcome("password", "8001")),
        (answer(text).replace("SHA-256", "SHA-512-256"), Outcome("none", "8001")),
        (answer(text).replace('realm="xunhu"', 'realm="other"'), Outcome("none", "")),
        ("Digest nonsense", Outcome("malformed", "")),
        ("Basic ODAwMTpzZWNyZXQ=", Outcome("none", "")),
    ]
    for header, outcome in rows:
        assert a.check(message(("Authorization", header)), 0) == outcome, header


def test_other_realms_stand_beside_ours() -> None:
    a = authority()
    (_, text), _ = a.challenges(0)
    other = answer(text).replace('realm="xunhu"', 'realm="proxy"')
    assert a.check(message(("Authorization", other), ("Authorization", answer(text))), 0).ok


def test_nonces_end_and_those_of_others_are_stale_only_with_the_right_password() -> None:
    a = authority(nonce_s=60)
    (_, text), _ = a.challenges(10 * NS)
    assert a.check(message(("Authorization", answer(text))), 69 * NS).ok
    assert a.check(message(("Authorization", answer(text, nc=2))), 71 * NS).what == "stale"
    assert a.check(message(("Authorization", answer(text, password="wrong", nc=3))), 71 * NS).what == "password"
    b = Authority("xunhu", b"another key of 32 octets.........", counter(), USERS.get)
    assert b.check(message(("Authorization", answer(text))), 11 * NS).what == "stale"
    (_, future), _ = a.challenges(1000 * NS)
    assert a.check(message(("Authorization", answer(future))), 500 * NS).what == "stale"
    assert parse_challenge(a.challenges(0, stale=True)[0][1]).stale


def test_fewer_algorithms_for_one_who_chokes_at_others() -> None:
    a = authority()
    assert [parse_challenge(text).algorithm for _, text in a.challenges(0, only=("MD5",))] == ["MD5"]
    assert len(a.challenges(0, only=("none of ours",))) == 2


def test_replays() -> None:
    a = authority()
    (_, text), _ = a.challenges(0)
    counts = [1, 1, 5, 4, 4, 3, 100, 36, 37, 37, 0, 101, 5000, 101]
    results = [a.check(message(("Authorization", answer(text, nc=nc))), 0).ok for nc in counts]
    assert results == [True, False, True, True, False, True, True, False, True, False, False, True, True, False]


def test_without_qop_a_nonce_is_good_once() -> None:
    a = authority()
    nonce = parse_challenge(a.challenges(0)[1][1]).nonce
    text = answer(f'Digest realm="xunhu", nonce="{nonce}", algorithm=MD5')
    assert a.check(message(("Authorization", text)), 0).ok
    assert a.check(message(("Authorization", text)), 0).what == "stale"
    assert (
        a.check(
            message(("Authorization", answer(f'Digest realm="xunhu", nonce="{nonce}", algorithm=MD5, qop="auth"'))), 0
        ).what
        == "stale"
    )


def test_given_up_nonces_are_no_hole() -> None:
    """More nonces in use than are remembered: those given up are stale, never good again."""
    a = authority(nonces=10)
    texts = [a.challenges(n * NS // 10)[0][1] for n in range(30)]
    assert all(a.check(message(("Authorization", answer(text))), 3 * NS).ok for text in texts)
    assert all(a.check(message(("Authorization", answer(text))), 3 * NS).what == "stale" for text in texts)
    assert len(a._used) == 10
    fresh = a.challenges(4 * NS)[0][1]
    assert a.check(message(("Authorization", answer(fresh))), 4 * NS).ok


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="16"):
        Authority("xunhu", b"short", counter(), USERS.get)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=120), st.booleans())
def test_any_header_gives_an_outcome(text: str, digest: bool) -> None:
    clean = text.replace("\r", "").replace("\n", "")
    made = message()
    made.add("Authorization", f"Digest {clean}" if digest else clean)
    assert authority().check(made, 0).what in {"none", "malformed", "password", "user", "stale"}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 200), max_size=60))
def test_no_count_is_taken_twice(counts: list[int]) -> None:
    a = authority()
    (_, text), _ = a.challenges(0)
    taken = [nc for nc in counts if a.check(message(("Authorization", answer(text, nc=nc))), 0).ok]
    assert len(taken) == len(set(taken))
    highest = 0
    for nc in dict.fromkeys(counts):  # whatever is within the window of 64 and new was taken
        if nc > highest - 64:
            assert nc in taken or nc <= max(taken) - 64 or nc in counts[: counts.index(nc)]
        highest = max(highest, nc)
