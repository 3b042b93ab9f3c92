"""Our whole D channel, LAPD and Q.931, against libpri's on both sides; tshark judges every frame we sent."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from far_end import FarEnd, free_addresses
from our_end import OurPri

from xunhu._isdn import primitives as p

pytestmark = pytest.mark.interop

Pair = Callable[..., tuple[OurPri, FarEnd]]


@pytest.fixture(params=["network", "user"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    """pair(layer3, **options of the far end): both ends with the link up. Afterwards tshark reads what we sent."""
    made: list[tuple[OurPri, FarEnd]] = []

    def make(layer3: dict[str, Any] | None = None, **options: Any) -> tuple[OurPri, FarEnd]:
        a, b = free_addresses()
        network = request.param == "network"
        ours = OurPri(network, a, b, layer3=layer3, t200_ms=300, t203_ms=1000)
        peer = FarEnd(network=not network, local=b, remote=a, **options)
        made.append((ours, peer))
        peer.start()
        ours.until(lambda: ours.link.established and bool(peer.of("link-up")))
        return ours, peer

    yield make
    for ours, peer in made:
        peer.stop()
        ours.span.close()
        judged_by_tshark(ours, tmp_path / "ours.pcap")


def judged_by_tshark(ours: OurPri, path: Path) -> None:
    assert ours.tracer.write_pcap(path) >= 4
    complaint = "frame.p2p_dir == 0 && (_ws.malformed || _ws.expert.severity >= 0x600000)"
    command = ["tshark", "-n", "-r", str(path), "-Y", complaint]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == ""


def all_idle(ours: OurPri) -> bool:
    return not ours.q931.calls() and set(ours.q931.channel_states().values()) == {"idle"}


def place(ours: OurPri, called: str = "8001", **fields: Any) -> int:
    request = p.SetupRequest(called=p.Number(called), calling=p.Number("1390000000"), **fields)
    return ours.q931.setup_request(request, time.monotonic_ns())


def test_thirty_calls_at_once_from_libpri(pair: Pair) -> None:
    ours, peer = pair(calls=30, rate=30, hold=2500)
    ours.until(lambda: len(ours.q931.calls()) == 30)
    assert len({c.channel for c in ours.q931.calls()}) == 30
    ours.until(lambda: bool(peer.of("done")))
    ours.until(lambda: all_idle(ours))
    peer.send("summary")
    summary = peer.wait("summary")
    assert (summary["answered"], summary["lost"], summary["causes"]) == (30, 0, {"16": 30})


def test_thirty_calls_at_once_to_libpri(pair: Pair) -> None:
    ours, peer = pair(answer_ms=50)
    for i in range(30):
        place(ours, f"80{i:02d}")
        ours.tick()
    ours.until(lambda: len(ours.got(p.SetupConfirm)) == 30)
    assert len(ours.got(p.AlertingIndication)) == 30
    for call in ours.q931.calls():
        ours.q931.disconnect_request(call.call, p.Cause(16), time.monotonic_ns())
    ours.until(lambda: all_idle(ours) and len(peer.of("end")) == 30)
    assert {e["cause"] for e in peer.of("end")} == {16}
    assert len({e["called"] for e in peer.of("ring")}) == 30


def test_libpri_hangs_up_our_calls(pair: Pair) -> None:
    ours, peer = pair(callee_hold=300)
    for _ in range(5):
        place(ours)
    ours.until(lambda: len(ours.got(p.ReleaseIndication)) == 5)
    assert all(out.by_peer and out.cause.value == 16 for out in ours.got(p.ReleaseIndication))
    ours.until(lambda: all_idle(ours) and len(peer.of("end", answered=True)) == 5)


def test_refusal_by_us_with_every_common_cause(pair: Pair) -> None:
    ours, peer = pair()
    for n, cause in enumerate((1, 3, 16, 17, 18, 19, 21, 22, 27, 28, 31, 34, 38, 41, 42, 47, 58, 63, 88, 127)):
        ours.refuse = p.Cause(cause)
        peer.send("call")
        ours.until(lambda n=n: len(peer.of("end")) == n + 1)
        assert peer.of("end")[n]["cause"] == cause
        ours.until(lambda: all_idle(ours))


@pytest.mark.parametrize("at_once", [True, False])
def test_refusal_by_libpri_with_every_common_cause(pair: Pair, at_once: bool) -> None:
    ours, peer = pair(no_proceeding=at_once)
    for n, cause in enumerate((1, 34, 44) if at_once else (1, 17, 18, 19, 21, 27, 28, 34, 38, 41, 42, 58, 63, 88)):
        peer.send("refuse", cause=cause)
        for _ in range(10):  # 50 ms, so that the far end has read it
            ours.tick()
        place(ours)
        ours.until(lambda n=n: len(ours.got(p.ReleaseIndication)) == n + 1)
        assert ours.got(p.ReleaseIndication)[n].cause.value == cause
        ours.until(lambda: all_idle(ours))


def test_overlap_from_libpri(pair: Pair) -> None:
    ours, peer = pair(overlap=True, calls=1, called="801234", hold=200)
    ours.want_digits = 6
    ours.until(lambda: bool(peer.of("end")))
    assert peer.of("end")[0]["answered"]
    assert list(ours.digits.values()) == ["801234"]
    assert len(ours.got(p.InformationIndication)) > 1


def test_overlap_to_libpri(pair: Pair) -> None:
    ours, peer = pair(overlap=True, expect_digits=6)
    call = place(ours, "80", sending_complete=False)
    ours.until(lambda: bool(ours.got(p.SetupAckIndication)))
    for digit in "1234":
        ours.q931.information_request(call, digit, False, time.monotonic_ns())
        ours.tick()
    ours.until(lambda: bool(ours.got(p.SetupConfirm)))
    assert peer.of("information")[-1]["called"] == "801234"
    ours.q931.disconnect_request(call, p.Cause(16), time.monotonic_ns())
    ours.until(lambda: all_idle(ours))


def test_caller_gives_up_before_the_answer(pair: Pair) -> None:
    ours, peer = pair(answer_ms=-1)
    call = place(ours)
    ours.until(lambda: bool(ours.got(p.AlertingIndication)))
    ours.q931.disconnect_request(call, p.Cause(16), time.monotonic_ns())
    ours.until(lambda: all_idle(ours) and bool(peer.of("end")))
    assert not peer.of("end")[0]["answered"]


@pytest.mark.slow
def test_talk_outlives_loss_of_layer_2_under_t309(pair: Pair) -> None:
    ours, peer = pair(calls=1, hold=0, t309_ms=30_000)
    ours.until(lambda: bool(peer.of("answer")))
    ours.until(lambda: bool(ours.got(p.SetupCompleteIndication)))
    peer.send("drop-link", ms=6_000)
    ours.until(lambda: not ours.q931.link_up, 15)
    assert [name for name, _ in ours.q931.running_timers()] == ["T309"]
    ours.until(lambda: ours.link.established and ours.q931.link_up, 30)
    assert [c.state for c in ours.q931.calls()] == [10]
    assert not peer.of("end")
    peer.send("hangup-all")
    ours.until(lambda: all_idle(ours) and bool(peer.of("end", cause=16)))


def test_libpri_restarts_a_channel(pair: Pair) -> None:
    ours, peer = pair()
    place(ours, channel=3)
    ours.until(lambda: bool(ours.got(p.SetupConfirm)))
    peer.send("restart", channel=3)
    ours.until(lambda: bool(peer.of("restart-ack")))
    assert ours.got(p.RestartIndication)[0].channels == (3,)
    ours.until(lambda: all_idle(ours))
