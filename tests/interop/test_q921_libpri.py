"""Our LAPD against libpri's: our HDLC and circuit emulation on one side of a UDP line, the far end on the other."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest
from far_end import FarEnd, free_addresses
from our_end import OurEnd

pytestmark = pytest.mark.interop

# speech, channel 1 preferred, called number 8001, call reference 5 of ours
SETUP = bytes.fromhex("0802000505" "04038090a3" "1803a18381" "7005" "80" "38303031" "a1")
RELEASE_COMPLETE = bytes.fromhex("080200055a" "08028090")


@pytest.fixture(params=["network", "user"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[OurEnd, FarEnd]]:
    a, b = free_addresses()
    network = request.param == "network"
    ours = OurEnd(network, a, b, t200_ms=300, t203_ms=1500)
    try:
        with FarEnd(network=not network, local=b, remote=a, answer_ms=-1, t309_ms=30_000) as peer:
            yield ours, peer
    finally:
        ours.span.close()


def test_the_peer_establishes(ends: tuple[OurEnd, FarEnd]) -> None:
    ours, peer = ends
    ours.until(lambda: ours.link.established)
    assert ours.said("DlEstablishIndication") == 1
    ours.until(lambda: bool(peer.of("link-up")))
    seen = ours.link.counters["frames_sent"]
    ours.until(lambda: ours.link.counters["frames_sent"] >= seen + 3)  # T203: enquiries, each answered
    assert ours.errors() == ""


def test_we_establish_and_messages_go_both_ways(ends: tuple[OurEnd, FarEnd]) -> None:
    ours, peer = ends
    ours.link.dl_establish_request(time.monotonic_ns())
    ours.until(lambda: ours.link.established and bool(peer.of("link-up")))
    ours.link.dl_data_request(SETUP, time.monotonic_ns())
    ours.until(lambda: bool(peer.of("ring", called="8001")))
    ours.until(lambda: bool(ours.data(0x02) and ours.data(0x01)))  # CALL PROCEEDING, ALERTING
    ours.link.dl_data_request(RELEASE_COMPLETE, time.monotonic_ns())
    ours.until(lambda: bool(peer.of("end", cause=16)))
    peer.send("call", called="42")
    ours.until(lambda: bool(ours.data(0x05)))  # its SETUP
    setup = ours.data(0x05)[0]
    refuse = setup[:2] + bytes((setup[2] | 0x80, setup[3], 0x5A)) + bytes.fromhex("08028091")
    ours.link.dl_data_request(refuse, time.monotonic_ns())
    ours.until(lambda: bool(peer.of("end", cause=17)))
    assert ours.errors() in ("", "F")  # libpri says SABME once more when both sides begin at once
    assert ours.link.counters["retransmitted"] == 0


class Loss:
    """15 % of all frames, but of libpri's enquiries and our answers to them none of the two after a lost one: it gives its link up when four
    enquiries in a row come to nothing (N200), which chance alone brings about in one run of twenty."""

    def __init__(self, seed: int, *, network: bool) -> None:
        self.dice = random.Random(seed)
        self.bit = 0 if network else 2  # C/R of libpri's commands and of our responses, Q.921 §3.3.2
        self.spare = 0

    def __call__(self, octets: bytes) -> bool:
        lost = self.dice.random() < 0.15
        if octets[0] & 2 == self.bit and octets[2] & 3 == 1 and octets[3] & 1:
            lost = lost and not self.spare
            self.spare = 2 if lost else max(0, self.spare - 1)
        return lost


def test_many_messages_over_a_link_that_loses_frames(ends: tuple[OurEnd, FarEnd]) -> None:
    ours, peer = ends
    ours.until(lambda: ours.link.established and bool(peer.of("link-up")))
    ours.lose = Loss(7, network=ours.link.network)
    for i in range(25):  # calls of references 1.., each given up at once
        for octets in (SETUP, RELEASE_COMPLETE):
            message = octets[:3] + bytes((i + 1,)) + octets[4:]
            ours.link.dl_data_request(message, time.monotonic_ns())
        ours.until(lambda n=i + 1: len(peer.of("ring")) == n and len(peer.of("end")) == n)
    assert ours.link.counters["retransmitted"] + ours.link.counters["out_of_sequence"] > 0
    assert "I" not in ours.errors()
    assert not peer.of("link-down")


@pytest.mark.slow
def test_link_lost_and_established_anew(ends: tuple[OurEnd, FarEnd]) -> None:
    ours, peer = ends
    ours.until(lambda: ours.link.established and bool(peer.of("link-up")))
    peer.send("drop-link", ms=5500)
    ours.until(lambda: ours.said("DlReleaseIndication") == 1)
    assert "I" in ours.errors()
    assert "G" in ours.errors()
    ours.until(lambda: ours.link.established)
    seen = ours.link.counters["frames_received"]
    ours.until(lambda: ours.link.counters["frames_received"] >= seen + 2)
    assert ours.link.established


def test_we_release(ends: tuple[OurEnd, FarEnd]) -> None:
    ours, peer = ends
    ours.until(lambda: ours.link.established and bool(peer.of("link-up")))
    ours.link.dl_release_request(time.monotonic_ns())
    ours.until(lambda: ours.said("DlReleaseConfirm") == 1)
    ours.until(lambda: ours.said("DlEstablishIndication") == 2)  # libpri wants its link for ever
