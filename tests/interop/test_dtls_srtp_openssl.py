"""DTLS-SRTP with the openssl program at the other end, as client and as server: both export the same keying material."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from xunhu._media.dtls_srtp import Dtls, Identity

PROFILES = {"SRTP_AES128_CM_SHA1_80": (1, 16, 14), "SRTP_AES128_CM_SHA1_32": (2, 16, 14), "SRTP_AEAD_AES_128_GCM": (5, 16, 12),
            "SRTP_AEAD_AES_256_GCM": (6, 32, 12)}  # fmt: skip
HOST = "127.0.0.1"
WAIT_S = 20.0

pytestmark = pytest.mark.interop


def certificate(folder: Path) -> tuple[Path, bytes]:
    """PEM of certificate and key by openssl, and the fingerprint openssl says it has."""
    pem = folder / "peer.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=peer", "-days", "2",
         "-keyout", pem, "-out", folder / "crt.pem"], check=True, capture_output=True,
    )  # fmt: skip
    pem.write_text(pem.read_text() + (folder / "crt.pem").read_text())
    said = subprocess.run(
        ["openssl", "x509", "-in", pem, "-noout", "-fingerprint", "-sha256"], check=True, capture_output=True, text=True
    )
    return pem, bytes.fromhex(said.stdout.partition("=")[2].strip().replace(":", ""))


@contextmanager
def openssl(*arguments: str | Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out, subprocess.Popen(
        ["openssl", *map(str, arguments)], stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT
    ) as program:  # fmt: skip
        try:
            yield program
        finally:
            program.kill()


def shake(ours: Dtls, wire: socket.socket, peer: tuple[str, int] | None) -> None:
    """Until it is done; what openssl says last is waited for by the caller."""
    ends = time.monotonic() + WAIT_S
    wire.settimeout(0.05)
    ours.start()
    while ours.state in ("new", "shaking") and time.monotonic() < ends:
        for datagram in ours.send():
            assert peer is not None
            wire.sendto(datagram, peer)
        try:
            datagram, peer = wire.recvfrom(2000)
        except TimeoutError:
            if ours.due_ms() == 0:
                ours.timeout()
            continue
        except ConnectionRefusedError:  # openssl's socket is not there yet
            continue
        ours.receive(datagram)
    for datagram in ours.send():
        assert peer is not None
        wire.sendto(datagram, peer)


def exported(log: Path) -> bytes:
    ends = time.monotonic() + WAIT_S
    while time.monotonic() < ends:
        found = re.search(r"Keying material: ([0-9A-F]+)", log.read_text(errors="replace"))
        if found:
            return bytes.fromhex(found[1])
        time.sleep(0.02)
    pytest.fail(f"openssl has agreed on no keys: {log.read_text(errors='replace')[-2000:]}")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((HOST, 0))
        return int(s.getsockname()[1])


def check(ours: Dtls, material: bytes, profile: str, *, client: bool) -> None:
    assert ours.state == "done", ours.why
    keys = ours.keys()
    assert keys is not None
    suite, key, salt = PROFILES[profile]
    assert keys.suite == suite
    sent = material[:key] + material[2 * key : 2 * key + salt]  # RFC 5764 §4.2: the client's
    heard = material[key : 2 * key] + material[2 * key + salt :]
    assert (keys.ours, keys.theirs) == ((sent, heard) if client else (heard, sent))


def export(profile: str) -> list[str]:
    _, key, salt = PROFILES[profile]
    return ["-use_srtp", profile, "-keymatexport", "EXTRACTOR-dtls_srtp", "-keymatexportlen", str(2 * (key + salt))]


@contextmanager
def server(pem: Path, log: Path, *options: str) -> Iterator[tuple[socket.socket, tuple[str, int]]]:
    """openssl as server, and a socket of ours with its address."""
    place = (HOST, free_port())
    with (
        openssl("s_server", "-dtls1_2", "-accept", f"{HOST}:{place[1]}", "-cert", pem, "-key", pem, *options, log=log),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire,
    ):
        wire.bind((HOST, 0))
        yield wire, place


@pytest.mark.parametrize("profile", PROFILES)
def test_openssl_is_the_server(profile: str, tmp_path: Path) -> None:
    pem, fingerprint = certificate(tmp_path)
    log = tmp_path / "log"
    with server(pem, log, "-Verify", "1", *export(profile)) as (wire, place):
        ours = Dtls(Identity(), True, fingerprint)
        shake(ours, wire, place)
        check(ours, exported(log), profile, client=True)


@pytest.mark.parametrize("profile", PROFILES)
def test_openssl_is_the_client(profile: str, tmp_path: Path) -> None:
    pem, fingerprint = certificate(tmp_path)
    log = tmp_path / "log"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((HOST, 0))
        port = wire.getsockname()[1]
        with openssl(
            "s_client", "-dtls1_2", "-connect", f"{HOST}:{port}", "-cert", pem, "-key", pem, *export(profile), log=log
        ):
            ours = Dtls(Identity(), False, fingerprint)
            shake(ours, wire, None)
            check(ours, exported(log), profile, client=False)


def test_openssl_with_another_certificate_is_refused(tmp_path: Path) -> None:
    pem, _ = certificate(tmp_path)
    with server(pem, tmp_path / "log", "-use_srtp", "SRTP_AES128_CM_SHA1_80") as (wire, place):
        ours = Dtls(Identity(pem), True, Identity().fingerprint())
        shake(ours, wire, place)
        assert ours.state == "failed"
        assert ours.keys() is None
