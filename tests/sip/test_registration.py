"""Our registration with a registrar: every step on a clock that is a number; the registrar is a line in the test."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu.sip.address import Address
from xunhu.sip.message import SipMessage, request, response
from xunhu.sip.registration import Register, Registration, RegistrationState, Resolve, StateChanged
from xunhu.sip.uri import SipUri

NS = 1_000_000_000
A, B = Address("udp", "192.0.2.1", 5060), Address("udp", "192.0.2.2", 5060)
CONTACT = SipUri.parse("sip:me@192.0.2.9")
S = RegistrationState


class Line:
    def __init__(self, chance: float = 0.5, expires_s: int = 600) -> None:
        self.machine = Registration("c1", expires_s=expires_s, chance=lambda: chance)
        self.now = 0

    def out(self) -> list[Resolve | Register | StateChanged]:
        outputs, self.machine.outputs = self.machine.outputs, []
        return outputs

    def asked(self) -> Register:
        (found,) = [output for output in self.out() if isinstance(output, Register)]
        return found

    def begin(self, *places: Address) -> Register:
        self.machine.start(self.now)
        assert Resolve() in self.out()
        self.machine.resolved(places or (A,), self.now)
        return self.asked()

    def answer(self, status: int, *headers: tuple[str, str], cseq: int = 1) -> None:
        self.machine.answered(status, message(status, cseq, headers), CONTACT, self.now)

    def wait(self) -> float:
        """To the next deadline; seconds."""
        deadline = self.machine.next_deadline
        assert deadline is not None
        waited = (deadline - self.now) / NS
        self.now = deadline
        self.machine.handle_timeout(self.now)
        return waited


def message(status: int, cseq: int = 1, headers: tuple[tuple[str, str], ...] = ()) -> SipMessage:
    rows = [
        ("Via", "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1"),
        ("From", "<sip:me@a>;tag=1"),
        ("To", "<sip:me@a>"),
        ("Call-ID", "c1"),
        ("CSeq", f"{cseq} REGISTER"),
    ]
    return response(request("REGISTER", "sip:a", rows), status, "", "t", list(headers))


def granted(seconds: int) -> tuple[str, str]:
    return "Contact", f"<sip:me@192.0.2.9>;expires={seconds}"


def test_registered_and_refreshed_in_time() -> None:
    line = Line()
    assert line.begin() == Register(A, "c1", 1, 600)
    line.answer(200, granted(600), ("Contact", "<sip:other@192.0.2.7>;expires=7"))
    assert line.out() == [StateChanged(True, S.REGISTERED, "registered")]
    for cseq in range(2, 50):
        assert 300 <= line.wait() <= 540
        assert line.asked() == Register(A, "c1", cseq, 600)
        assert line.machine.registered
        line.answer(200, granted(600), cseq=cseq)
        assert not line.out()  # nothing new to say


def test_refreshes_are_spread() -> None:
    waits = []
    for chance in (0.0, 0.5, 0.999):
        line = Line(chance)
        line.begin()
        line.answer(200, granted(100))
        waits.append(line.wait())
    assert [round(wait) for wait in waits] == [50, 70, 90]


def test_what_the_registrar_grants_counts() -> None:
    line = Line()
    line.begin()
    line.answer(200, granted(3600))
    assert line.wait() > 1800
    line = Line()
    line.begin()
    line.answer(200, ("Expires", "60"))
    assert line.wait() == 42
    line = Line()
    line.begin()
    line.answer(200, granted(0))  # no pause would be left
    assert 5 <= line.wait() <= 10


def test_too_brief_is_raised_once_or_twice() -> None:
    line = Line(expires_s=60)
    line.begin()
    line.answer(423, ("Min-Expires", "300"))
    assert line.asked() == Register(A, "c1", 2, 300)
    line.answer(423, ("Min-Expires", "600"))
    assert line.asked().expires == 600
    line.answer(423, ("Min-Expires", "900"))
    assert line.machine.state is S.WAITING
    for text in ("", "10", "soon", "99999999"):
        line = Line(expires_s=60)
        line.begin()
        line.answer(423, ("Min-Expires", text))
        assert line.machine.state is S.WAITING


def test_challenges_use_numbers_up() -> None:
    line = Line()
    line.begin()
    line.answer(200, granted(600), cseq=4)
    line.wait()
    assert line.asked().cseq == 5


def test_the_next_address_when_one_does_not_answer() -> None:
    line = Line()
    assert line.begin(A, B).to == A
    line.machine.answered(408, None, None, line.now)
    assert line.asked().to == B
    line.answer(200, granted(600))
    line.wait()
    assert line.asked().to == B  # the one that knows us first
    line.machine.answered(503, None, None, line.now)
    assert Resolve() in line.out()  # then all of them, at once
    assert line.machine.registered
    line.machine.resolved((A, B), line.now)
    assert line.asked().to == A


def test_waits_grow_and_end() -> None:
    line = Line()
    line.begin()
    waits = []
    for _ in range(10):
        line.machine.answered(503, None, None, line.now)
        assert line.machine.state is S.WAITING
        waits.append(line.wait())
        line.machine.resolved((A,), line.now)
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300, 300]
    line.answer(200, granted(600))
    assert line.machine.failures == 0


def test_refusals_wait_longer_and_end_the_registration() -> None:
    line = Line()
    line.begin()
    line.answer(200, granted(600))
    line.wait()
    line.out()
    line.answer(403)
    assert line.out() == [StateChanged(False, S.WAITING, "403 Forbidden")]
    assert line.wait() == 120


def test_retry_after() -> None:
    line = Line()
    line.begin()
    line.answer(503, ("Retry-After", "1000 (maintenance)"))
    assert line.wait() == 1000


def test_a_registration_lasts_until_its_end_while_the_registrar_is_away() -> None:
    line = Line()
    line.begin()
    line.answer(200, granted(600))
    end = line.now + 600 * NS
    line.wait()
    while line.now < end:
        assert line.machine.registered
        for output in line.out():
            if isinstance(output, Resolve):
                line.machine.resolved((A,), line.now)
            elif isinstance(output, Register):
                line.machine.answered(408, None, None, line.now)
        if not line.machine.outputs:
            line.wait()
    assert line.now == end
    assert not line.machine.registered
    assert any(isinstance(output, StateChanged) and not output.registered for output in line.out())


def test_no_address() -> None:
    line = Line()
    line.machine.start(0)
    line.out()
    line.machine.resolved((), 0)
    assert line.out() == [StateChanged(False, S.WAITING, "the registrar has no address")]


def test_stopping_takes_it_away() -> None:
    line = Line()
    line.begin()
    line.answer(200, granted(600))
    line.out()
    line.machine.stop(line.now)
    assert line.asked() == Register(A, "c1", 2, 0)
    line.machine.answered(408, None, None, line.now)
    assert line.out() == [StateChanged(False, S.STOPPED, "stopped")]
    assert line.machine.next_deadline is None
    line = Line()
    line.begin()
    line.machine.stop(line.now)
    assert line.machine.state is S.STOPPED
    line.answer(200, granted(600))  # too late
    assert line.machine.state is S.STOPPED


def test_a_lost_connection_registers_anew() -> None:
    line = Line()
    line.begin()
    line.answer(200, granted(600))
    line.out()
    line.machine.restart(line.now)
    assert Resolve() in line.out()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 900)), max_size=80))
def test_any_walk_keeps_a_deadline_or_waits_for_somebody(walk: list[tuple[int, int]]) -> None:
    line = Line()
    machine = line.machine
    cseqs = []
    for what, seconds in walk:
        if what == 0:
            machine.start(line.now)
        elif what == 1:
            machine.resolved((A, B)[: seconds % 3], line.now)
        elif what == 2:
            line.answer(200, granted(seconds), cseq=machine._cseq)
        elif what == 3:
            line.answer((401, 403, 404, 423, 500, 503)[seconds % 6], ("Min-Expires", str(seconds)))
        elif what == 4:
            machine.answered(408, None, None, line.now)
        elif what == 5:
            line.now += seconds * NS
            machine.handle_timeout(line.now)
        elif what == 6 and seconds > 800:
            machine.stop(line.now)
        elif what == 7:
            machine.restart(line.now)
        cseqs += [output.cseq for output in line.out() if isinstance(output, Register)]
        assert cseqs == sorted(set(cseqs))
        if machine.state in (S.REGISTERED, S.WAITING):
            assert machine.next_deadline is not None
        if machine.state is S.REGISTERED:
            assert machine.registered
        if machine.state is S.STOPPED:
            assert not machine.registered
            assert machine.next_deadline is None
