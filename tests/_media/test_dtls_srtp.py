"""DTLS-SRTP between two of ours: roles, suites, wrong certificates, loss, what comes at the wrong time."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu._media.dtls_srtp import HASHES, Dtls, Identity

ALICE, BOB = Identity(), Identity()
CM_80, CM_32, GCM_128, GCM_256 = 1, 2, 5, 6
SIZES = {CM_80: 30, CM_32: 30, GCM_128: 28, GCM_256: 44}  # key and salt: RFC 4568 §6.2, 7714 §12


def pair(hash: str = "sha-256", ours: tuple[int, ...] = (), theirs: tuple[int, ...] = ()) -> tuple[Dtls, Dtls]:
    client = Dtls(ALICE, True, BOB.fingerprint(hash), hash=hash, suites=ours)
    return client, Dtls(BOB, False, ALICE.fingerprint(hash), hash=hash, suites=theirs)


def run(client: Dtls, server: Dtls, turns: int = 12) -> None:
    client.start()
    for _ in range(turns):
        for one, other in ((client, server), (server, client)):
            for datagram in one.send():
                assert len(datagram) <= 1200
                other.receive(datagram)


@pytest.mark.parametrize("hash", HASHES)
def test_both_have_the_same_keys(hash: str) -> None:
    client, server = pair(hash)
    assert client.keys() is None
    run(client, server)
    assert (client.state, server.state) == ("done", "done")
    ours, theirs = client.keys(), server.keys()
    assert ours is not None
    assert theirs is not None
    assert (ours.ours, ours.theirs, ours.suite) == (theirs.theirs, theirs.ours, theirs.suite)
    assert ours.ours != ours.theirs
    assert client.due_ms() is None


@pytest.mark.parametrize(
    ("ours", "theirs", "agreed"),
    [((CM_80,), (), CM_80), ((CM_32, CM_80), (CM_32,), CM_32), ((), (GCM_128, CM_80), GCM_128), ((GCM_256,), (GCM_256,), GCM_256),
     ((), (), GCM_256)],
)  # fmt: skip
def test_suites(ours: tuple[int, ...], theirs: tuple[int, ...], agreed: int) -> None:
    client, server = pair(ours=ours, theirs=theirs)
    run(client, server)
    keys = client.keys()
    assert keys is not None
    assert (keys.suite, len(keys.ours), len(keys.theirs)) == (agreed, SIZES[agreed], SIZES[agreed])


def test_no_suite_in_common() -> None:
    client, server = pair(ours=(CM_80,), theirs=(GCM_128,))
    run(client, server)
    assert "failed" in (client.state, server.state)
    assert client.keys() is None
    assert server.keys() is None


def test_another_certificate_is_refused() -> None:
    client = Dtls(ALICE, True, Identity().fingerprint())
    server = Dtls(BOB, False, ALICE.fingerprint())
    run(client, server)
    assert client.state == "failed"
    assert "session description" in client.why
    assert client.keys() is None
    assert client.receive(b"\x16garbage") == "failed"


def test_close_is_heard() -> None:
    client, server = pair()
    run(client, server)
    client.close()
    for datagram in client.send():
        server.receive(datagram)
    assert server.state == "closed"
    assert server.keys() is None


def test_both_clients_never_agree() -> None:
    """Two ends that are both active: nothing but a ClientHello meets the other's."""
    one, other = Dtls(ALICE, True, BOB.fingerprint()), Dtls(BOB, True, ALICE.fingerprint())
    one.start()
    other.start()
    for datagram in other.send():
        one.receive(datagram)
    assert one.state in ("shaking", "failed")
    assert one.keys() is None


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), loss=st.floats(0.0, 0.2), noise=st.lists(st.binary(max_size=80), max_size=5))
def test_repeated_and_reordered_datagrams_and_noise(seed: int, loss: float, noise: list[bytes]) -> None:
    """Each datagram may come twice, in any order within its flight, among others; the handshake is over all the same."""
    rng = random.Random(seed)
    client, server = pair()
    client.start()
    for _ in range(12):
        for one, other in ((client, server), (server, client)):
            flight = [d for d in one.send() for _ in range(1 + (rng.random() < loss))]
            for datagram in [
                *flight,
                *(n for n in noise if n[:1] not in (b"\x14", b"\x15", b"\x16", b"\x17", b"\x18", b"\x19")),
            ]:
                other.receive(datagram)
    assert (client.state, server.state) == ("done", "done")


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 5000), xor=st.integers(1, 255), which=st.integers(0, 7))
def test_a_damaged_datagram(at: int, xor: int, which: int) -> None:
    """It is thrown away, or ends the handshake; keys are never had by one side alone with another peer's."""
    client, server = pair()
    client.start()
    count = 0
    for _ in range(8):
        for one, other in ((client, server), (server, client)):
            for datagram in one.send():
                sent = bytearray(datagram)
                if count == which:
                    sent[at % len(sent)] ^= xor
                count += 1
                other.receive(bytes(sent))
    ours, theirs = client.keys(), server.keys()
    if ours is not None and theirs is not None:
        assert (ours.ours, ours.theirs) == (theirs.theirs, theirs.ours)


def test_wrong_parameters(tmp_path: object) -> None:
    with pytest.raises(ValueError, match="fingerprint"):
        Dtls(ALICE, True, b"\0" * 31)
    with pytest.raises(FileNotFoundError):
        Identity("/nowhere.pem")
    with pytest.raises(OSError, match="Bad message"):
        Identity(__file__)
