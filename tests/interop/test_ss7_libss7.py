"""Our MTP 2, MTP 3 and ISUP, without the switch around them, against libss7: an exchange of its own in another process.

After each test every circuit is idle at both ends, no timer of ours runs, and tshark has nothing against a unit that we sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import ss7_tshark
from far_end import Event, Exchange, free_addresses
from our_exchange import OurExchange

from xunhu._ss7 import circuit_primitives as p

pytestmark = pytest.mark.interop

LOW, PEER, HIGH = 1, 2, 3  # point codes: libss7's is between ours, so that either side can control the even circuits


class Rig:
    """Our exchange and libss7's over one or two lines."""

    def __init__(self, own: int, lines: int, start: bool, isup: dict[str, Any] | None, options: dict[str, Any]) -> None:
        at = free_addresses(2 * lines)
        mine, other = ",".join(at[:lines]), ",".join(at[lines:])
        self.theirs = Exchange(local=other, remote=mine, own=PEER, adjacent=own, **options)
        self.ours = OurExchange(mine, other, own=own, adjacent=PEER, isup=isup)
        self.theirs.start()
        if start:
            self.ours.start()
            self.up()

    def up(self) -> None:
        self.ours.until(lambda: self.ours.accessible and self.theirs.of("link-up"), 25)

    def wait(self, event: str, seconds: float = 10, *, count: int = 1, **members: Any) -> Event:
        """The count-th such event of theirs."""
        self.ours.until(lambda: len(self.theirs.of(event, **members)) >= count, seconds)
        return self.theirs.of(event, **members)[count - 1]

    def got(self, kind: type, seconds: float = 10, *, count: int = 1, **members: Any) -> Any:
        """The count-th such primitive of ours."""
        self.ours.until(lambda: len(self.ours.got(kind, **members)) >= count, seconds)
        return self.ours.got(kind, **members)[count - 1]

    def quiet(self) -> None:
        self.ours.quiet()
        for _ in range(20):
            asked = len(self.theirs.of("summary"))
            self.theirs.send("summary")
            if self.wait("summary", count=asked + 1)["busy"] == 0:
                return
            self.ours.run(0.1)
        raise AssertionError(f"calls at the far end: {self.theirs.of('summary')[-1]}")


Make = Callable[..., Rig]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Rig] = []

    def make(
        own: int = LOW, lines: int = 1, start: bool = True, isup: dict[str, Any] | None = None, **options: Any
    ) -> Rig:
        made.append(Rig(own, lines, start, isup, options))
        return made[-1]

    yield make
    for rig in made:
        rig.theirs.stop()
        rig.ours.close()
        capture = tmp_path / "ours.pcap"
        for link in range(len(rig.ours.lines)):
            assert rig.ours.write_pcap(capture, link)
            ss7_tshark.judge(capture)


# -- links -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_a_link_comes_up_whoever_begins(make: Make, first: str) -> None:
    rig = make(start=False)
    if first == "ours":
        rig.theirs.stop()
        rig.ours.start()
        rig.ours.run(1.0)  # nobody there
        rig.theirs.start()
    else:
        rig.ours.run(1.0)
        rig.ours.start()
    rig.up()
    call = rig.ours.call(1)
    rig.got(p.AnswerIndication)
    rig.ours.release(call)
    rig.quiet()


def test_a_link_that_was_stopped_comes_back(make: Make) -> None:
    rig = make()
    rig.theirs.send("cut-link", ms=2500)
    rig.ours.until(lambda: not rig.ours.accessible, 20)
    rig.ours.until(lambda: rig.ours.accessible and rig.ours.in_service() == 1, 30)
    rig.ours.until(lambda: len(rig.theirs.of("mtp2-up")) == 2, 5)
    call = rig.ours.call(2)
    rig.got(p.AnswerIndication, 5)
    rig.ours.release(call)
    rig.quiet()


def test_two_links_share_the_load_and_one_is_cut_with_calls_up(make: Make) -> None:
    """All calls that are up stay up and are released by messages; new ones go by the other link."""
    rig = make(lines=2, t1_ms=4000)
    rig.ours.until(lambda: rig.ours.in_service() == 2 and len(rig.theirs.of("mtp2-up")) == 2)
    circuits = range(1, 15)
    calls = [rig.ours.call(circuit) for circuit in circuits]
    rig.got(p.AnswerIndication, count=len(calls))
    used = {link for _, link, ours, unit in rig.ours.units if ours and len(unit) > 10}
    assert used == {0, 1}
    rig.theirs.send("cut-link", line=1, ms=3000)
    rig.ours.until(lambda: rig.ours.in_service() == 1, 2)
    rig.ours.run(2.0)  # T2 of the changeover, for libss7 does not answer the order
    more = [rig.ours.call(circuit) for circuit in range(17, 31)]
    rig.got(p.AnswerIndication, count=len(calls) + len(more))
    assert rig.ours.accessible
    rig.ours.until(lambda: rig.ours.in_service() == 2, 20)
    rig.ours.run(1.5)  # changeback
    assert not rig.ours.ended
    for call in calls + more:
        rig.ours.release(call)
    rig.ours.until(lambda: len(rig.ours.ended) == len(calls) + len(more), 10)
    assert {ended.cause.value for ended in rig.ours.ended.values()} == {16}
    rig.quiet()


# -- calls -------------------------------------------------------------------------------------------------------


def test_a_call_of_ours(make: Make) -> None:
    rig = make(alert_ms=50, answer_ms=200)
    call = rig.ours.call(7, "4006000998")
    acm, alerting = rig.got(p.AddressCompleteIndication), rig.got(p.ProgressIndication)
    answer = rig.got(p.AnswerIndication)
    assert (acm.call, alerting.call, alerting.alerting, answer.call) == (call, call, True, call)
    assert not answer.direct
    iam = rig.wait("iam")
    assert (iam["channel"], iam["called"], iam["called_nature"]) == (7, "4006000998#", p.NatureOfAddress.NATIONAL)
    assert (iam["calling"], iam["calling_nature"], iam["presentation"], iam["screening"]) == ("13800138000", 3, 0, 3)
    assert (iam["category"], iam["medium"], iam["continuity"]) == (10, 0, False)
    rig.ours.release(call)
    assert rig.wait("end")["cause"] == 16
    rig.quiet()


def test_numbers_of_a_diverted_call(make: Make) -> None:
    rig = make()
    call = rig.ours.call(
        9, "8001", redirecting=p.Number("8002"), original_called=p.Number("8003", 4), redirecting_reason=2
    )
    iam = rig.wait("iam")
    assert (iam["redirecting"], iam["original_called"], iam["reason"]) == ("8002", "8003", 2)
    rig.got(p.AnswerIndication)
    rig.ours.release(call)
    rig.quiet()


def test_connected_at_once(make: Make) -> None:
    """CON, without an address complete message before."""
    rig = make(alert_ms=-1)
    call = rig.ours.call(3)
    assert rig.got(p.AnswerIndication).direct
    rig.ours.release(call)
    rig.quiet()


def test_a_call_of_theirs(make: Make) -> None:
    rig = make(hold=300, redirecting="4001")
    rig.theirs.send("call", channel=11, called="4006000998", calling="13900000001")
    setup = rig.got(p.SetupIndication)
    assert (setup.circuit, setup.called.digits, setup.complete) == (11, "4006000998", True)
    assert (setup.calling.digits, setup.calling.nature, setup.calling.screening) == ("13900000001", 3, 3)
    assert (setup.redirecting.digits, setup.redirecting_reason, setup.category, setup.medium) == ("4001", 15, 10, 0)
    rig.wait("alerting")
    rig.wait("answer")
    assert rig.got(p.ReleaseIndication).by_peer
    assert rig.wait("end")["cause"] == 16
    rig.quiet()


def test_calls_on_all_circuits_both_ways(make: Make) -> None:
    rig = make(lines=2, hold=400, calls=31, rate=50)
    ours = []
    for circuit in (*range(63, 48, -1), *range(47, 33, -1)):
        ours.append(rig.ours.call(circuit))
        rig.ours.run(0.02)
    rig.ours.until(lambda: len(rig.ours.got(p.AnswerIndication)) >= len(ours))
    for call in ours:
        rig.ours.release(call)
    rig.wait("done", 20)
    assert {(e["cause"], e["answered"]) for e in rig.theirs.of("end")} == {(16, True)}
    rig.quiet()


CAUSES = tuple(c for c in range(1, 128) if c not in (126,))


def test_all_causes_of_theirs(make: Make) -> None:
    """Every value of Q.850 in their REL reaches us as it is."""
    rig = make(refuse_by_called=True)
    calls: dict[int, int] = {}
    for n, cause in enumerate(CAUSES):
        circuit = 1 + n % 15
        rig.ours.until(lambda c=circuit: rig.ours.isup.circuit_state(c) == "idle")
        calls[rig.ours.call(circuit, f"8{cause:03d}")] = cause
    rig.ours.until(lambda: len(rig.ours.ended) == len(CAUSES), 20)
    heard = {calls[call]: ended for call, ended in rig.ours.ended.items()}
    assert {cause: ended.cause.value for cause, ended in heard.items()} == {cause: cause for cause in CAUSES}
    assert all(ended.by_peer for ended in heard.values())
    rig.quiet()


def test_all_causes_of_ours(make: Make) -> None:
    rig = make()
    rig.ours.refuse_by_called = True
    for n, cause in enumerate(CAUSES):
        rig.theirs.send("call", called=f"8{cause:03d}")
        if n % 10 == 9:
            rig.wait("end", count=n - 4)
    rig.wait("end", 20, count=len(CAUSES))
    assert {e["called"]: e["cause"] for e in rig.theirs.of("end")} == {f"8{c:03d}": c for c in CAUSES}
    rig.quiet()


def test_both_hang_up_at_once(make: Make) -> None:
    rig = make(hold=0)
    rig.theirs.send("call", channel=5)
    rig.wait("answer")
    call = rig.got(p.SetupIndication).call
    rig.theirs.send("hangup", call=0, cause=16)
    rig.theirs.wait("hang-up")
    rig.ours.release(call, 17)
    rig.wait("end")
    rig.got(p.ReleaseIndication, call=call)
    rig.quiet()


def test_overlap_of_ours_digit_by_digit(make: Make) -> None:
    """IAM with two digits, the others in SAM one by one, at last ST."""
    rig = make(overlap=True, expect_digits=30)
    call = rig.ours.call(4, "40", complete=False)
    for digit in "06000998":
        rig.ours.run(0.05)
        rig.ours.ask(lambda now, d=digit: rig.ours.isup.information_request(call, d, False, now))
    rig.ours.run(0.2)
    assert not rig.ours.got(p.AddressCompleteIndication)
    rig.ours.ask(lambda now: rig.ours.isup.information_request(call, "", True, now))
    rig.got(p.AnswerIndication)
    assert rig.theirs.of("ring")[0]["called"] == "40"
    rig.ours.release(call)
    assert rig.wait("end")["called"] == "4006000998"
    rig.quiet()


def test_a_number_without_end_of_theirs(make: Make) -> None:
    """No ST in their IAM: it may be complete all the same when we know how long such numbers are."""
    rig = make(overlap=True, hold=200)
    rig.ours.want_digits = 4
    rig.theirs.send("call", channel=2, called="8001")
    setup = rig.got(p.SetupIndication)
    assert (setup.called.digits, setup.complete) == ("8001", False)
    rig.wait("answer")
    rig.wait("end")
    rig.quiet()


def test_progress_of_theirs(make: Make) -> None:
    rig = make(answer_ms=-1)
    call = rig.ours.call(6)
    far = rig.wait("ring")["call"]
    rig.got(p.ProgressIndication, alerting=True)
    for what, inband in ((2, False), (3, True)):
        rig.theirs.send("progress", call=far, what=what)
        rig.ours.until(lambda i=inband: rig.ours.got(p.ProgressIndication, alerting=False, inband=i))
    rig.theirs.send("answer", call=far)
    rig.got(p.AnswerIndication)
    rig.ours.release(call)
    rig.quiet()


def test_suspended_and_resumed_by_either_side(make: Make) -> None:
    rig = make(hold=0)
    call = rig.ours.call(8)
    far = rig.wait("answered")["call"]
    rig.theirs.send("suspend", call=far)
    assert rig.got(p.SuspendIndication).network
    rig.theirs.send("resume", call=far)
    assert rig.got(p.ResumeIndication).network
    rig.theirs.send("hangup", call=far, cause=16)
    rig.got(p.ReleaseIndication, call=call)
    rig.theirs.send("call", channel=10)
    incoming = rig.got(p.SetupIndication).call
    rig.wait("answer")
    rig.ours.ask(lambda now: rig.ours.isup.suspend_request(incoming, now))
    rig.wait("suspended")
    rig.ours.ask(lambda now: rig.ours.isup.resume_request(incoming, now))
    rig.wait("resumed")
    rig.ours.release(incoming)
    rig.quiet()


# -- dual seizure ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("own", [LOW, HIGH])
@pytest.mark.parametrize("circuit", [5, 6])
def test_dual_seizure(make: Make, own: int, circuit: int) -> None:
    """The higher point code controls the even circuits (Q.764 §2.9.1.4); the call of the other side goes on another circuit."""
    rig = make(own=own, hold=300, answer_ms=0)
    rig.theirs.send("call", channel=circuit, called="2222", calling="139")
    rig.theirs.wait("setup")
    call = rig.ours.call(circuit, "1111")
    ours_controls = (own > PEER) == (circuit % 2 == 0)
    if ours_controls:
        assert rig.got(p.AnswerIndication).call == call
        again = rig.got(p.SetupIndication)
        assert again.circuit != circuit
        rig.ours.release(call)
    else:
        lost = rig.got(p.ReleaseIndication, call=call)
        assert lost.again
        assert rig.got(p.SetupIndication).circuit == circuit
    rig.wait("end", dir="out")
    assert rig.theirs.of("end", dir="out")[0]["called"] == "2222"
    assert rig.theirs.of("end", dir="out")[0]["answered"]
    rig.quiet()


# -- circuits ----------------------------------------------------------------------------------------------------


def test_blocking_by_us(make: Make) -> None:
    rig = make()
    ask, isup = rig.ours.ask, rig.ours.isup
    ask(lambda now: isup.block_request([3], now))
    assert rig.wait("blo")["channel"] == 3
    rig.ours.until(lambda: isup.circuit_state(3) == "blocked-local")
    for _ in range(3):
        rig.theirs.send("call", hold=0)
    rig.wait("answer", count=3)
    assert [e["channel"] for e in rig.theirs.of("setup")] == [1, 2, 4]
    ask(lambda now: isup.unblock_request([3], now))
    assert rig.wait("ubl")["channel"] == 3
    rig.theirs.send("hangup-all")
    rig.quiet()


def test_blocking_by_them_and_an_iam_of_theirs_ends_it(make: Make) -> None:
    """Q.764 §2.8.2.3: an IAM on a circuit that its sender has blocked is a call, and the circuit is not blocked any more."""
    rig = make(hold=200)
    rig.theirs.send("block", channel=3)
    rig.wait("bla")
    assert rig.ours.isup.circuit_state(3) == "blocked-remote"
    rig.theirs.send("unblock", channel=3)
    rig.wait("uba")
    rig.ours.until(lambda: rig.ours.isup.circuit_state(3) == "idle")
    rig.theirs.send("block", channel=3)
    rig.wait("bla", count=2)
    rig.theirs.send("call", channel=3)
    rig.wait("answer")
    rig.wait("end")
    rig.quiet()


def test_blocking_of_groups_by_us(make: Make) -> None:
    rig = make()
    ask, isup = rig.ours.ask, rig.ours.isup
    circuits = [*range(1, 16), *range(17, 32)]
    for hardware in (False, True):
        ask(lambda now, h=hardware: isup.block_request(circuits, now, hardware=h))
        rig.ours.until(lambda: all(isup.circuit_state(c) == "blocked-local" for c in circuits))
        rig.ours.run(0.1)
        seen = [e for e in rig.theirs.of("cgb") if e["hardware"] == hardware]
        assert blocked(seen) == set(circuits)
        ask(lambda now, h=hardware: isup.unblock_request(circuits, now, hardware=h))
        rig.ours.until(lambda: all(isup.circuit_state(c) == "idle" for c in circuits))
    rig.quiet()


def blocked(events: list[Event]) -> set[int]:
    return {e["channel"] + n for e in events for n, bit in enumerate(e["status"]) if bit == "1"}


def test_blocking_of_groups_by_them(make: Make) -> None:
    rig = make()
    for hardware in (0, 1):
        rig.theirs.send("block-group", channel=1, last=15, hardware=hardware)
        rig.wait("cgba", hardware=hardware)
        assert [c for c, state in rig.ours.states().items() if state == "blocked-remote"] == list(range(1, 16))
        rig.theirs.send("unblock-group", channel=1, last=15, hardware=hardware)
        rig.wait("cgua", hardware=hardware)
        rig.quiet()


def test_hardware_blocking_releases_calls(make: Make) -> None:
    """Q.764 §2.8.2.2: calls on circuits blocked for hardware failure are over; those blocked for maintenance go on."""
    rig = make(hold=0)
    call = rig.ours.call(4)
    rig.got(p.AnswerIndication)
    rig.theirs.send("block-group", channel=1, last=8, hardware=0)
    rig.wait("cgba", hardware=0)
    rig.ours.run(0.3)
    assert call not in rig.ours.ended
    rig.theirs.send("block-group", channel=1, last=8, hardware=1)
    rig.got(p.ReleaseIndication, call=call)
    for hardware in (0, 1):
        rig.theirs.send("unblock-group", channel=1, last=8, hardware=hardware)
        rig.wait("cgua", hardware=hardware)
    rig.theirs.send("hangup-all")
    rig.quiet()


def test_reset_of_a_circuit_by_either_side(make: Make) -> None:
    rig = make(hold=0)
    calls = [rig.ours.call(3), rig.ours.call(4)]
    rig.got(p.AnswerIndication, count=2)
    rig.theirs.send("reset", channel=3)
    rig.got(p.ReleaseIndication, call=calls[0])
    rig.wait("rlc", of="rsc")
    rig.ours.ask(lambda now: rig.ours.isup.reset_request([4], now))
    assert rig.wait("rsc")["channel"] == 4
    rig.got(p.ReleaseIndication, call=calls[1])
    rig.theirs.send("reset", channel=20)  # one that is idle
    rig.wait("rlc", of="rsc", count=2)
    rig.quiet()


def test_reset_of_groups_by_either_side(make: Make) -> None:
    rig = make(hold=0, reset=False)
    calls = [rig.ours.call(circuit) for circuit in (2, 3, 18, 19)]
    rig.got(p.AnswerIndication, count=4)
    rig.theirs.send("reset-group", channel=1, last=15)
    assert rig.wait("gra")["status"] == "0" * 15
    rig.ours.until(lambda: set(calls[:2]) <= set(rig.ours.ended))
    assert not set(calls[2:]) & set(rig.ours.ended)
    rig.ours.ask(lambda now: rig.ours.isup.reset_request(range(17, 32), now))
    seen = rig.wait("grs")
    assert (seen["channel"], seen["last"]) == (17, 31)
    rig.ours.until(lambda: set(calls) == set(rig.ours.ended))
    rig.quiet()


def test_reset_keeps_what_we_have_blocked(make: Make) -> None:
    """Their GRS clears what they have blocked, and the answer names what we have blocked for maintenance (Q.764 §2.9.3.2)."""
    rig = make()
    rig.ours.ask(lambda now: rig.ours.isup.block_request([5], now))
    rig.wait("blo")
    rig.theirs.send("block", channel=6)
    rig.wait("bla")
    rig.theirs.send("reset-group", channel=1, last=8)
    assert rig.wait("gra")["status"] == "00001000"
    rig.ours.until(lambda: rig.ours.isup.circuit_state(6) == "idle")
    assert rig.ours.isup.circuit_state(5) == "blocked-local"
    rig.ours.ask(lambda now: rig.ours.isup.unblock_request([5], now))
    rig.wait("ubl")
    rig.quiet()


def test_the_far_end_starts_anew_with_calls_up(make: Make) -> None:
    """It resets its circuits once it is back, as an exchange does (Q.764 §2.9.3): the calls are over, all circuits idle."""
    rig = make(hold=0, reset=True)
    rig.ours.until(lambda: len(rig.theirs.of("gra")) == 2)
    calls = [rig.ours.call(circuit) for circuit in range(1, 9)]
    rig.got(p.AnswerIndication, count=8)
    rig.theirs.stop()
    rig.ours.run(0.5)
    rig.theirs.start()
    rig.ours.until(lambda: set(calls) == set(rig.ours.ended), 40)
    rig.quiet()


# -- continuity --------------------------------------------------------------------------------------------------


def test_continuity_check_of_a_call_of_ours(make: Make) -> None:
    """The far end makes a loop, and goes on with COT."""
    rig = make()
    call = rig.ours.call(12, continuity=True)
    rig.got(p.ContinuityRequest, circuit=12, action=p.ContinuityAction.TONE)
    rig.ours.run(0.2)
    assert not rig.ours.got(p.AddressCompleteIndication)
    rig.ours.ask(lambda now: rig.ours.isup.continuity_detected(12, True, now))
    assert rig.wait("cot")["good"]
    rig.got(p.AnswerIndication)
    rig.ours.release(call)
    rig.quiet()


def test_continuity_check_of_an_idle_circuit(make: Make) -> None:
    rig = make()
    rig.ours.ask(lambda now: rig.ours.isup.continuity_request(13, now))
    assert rig.wait("ccr")["channel"] == 13
    rig.got(p.ContinuityRequest, circuit=13, action=p.ContinuityAction.TONE)
    rig.ours.ask(lambda now: rig.ours.isup.continuity_detected(13, True, now))
    rig.got(p.ContinuityRequest, circuit=13, action=p.ContinuityAction.UNTONE)
    rig.quiet()
