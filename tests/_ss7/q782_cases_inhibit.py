"""Cases of ITU-T Q.782, groups 7 and 12: management inhibiting, signalling link test. See q782_tester.py for the words."""

from __future__ import annotations

from q782_cases_links import answer, case, sltm_of
from q782_tester import NI, Tester

from xunhu._ss7.mtp3_messages import SLT, Label, Message, encode_message

# -- 7 management inhibiting -----------------------------------------------------------------------------------------------------------


def inhibited(bits: int) -> Tester:
    """1-1 is inhibited from our end."""
    t = Tester(bits=bits).up()
    t.do(t.iut.inhibit_link, 100)
    t.expect("LIN 1-1 to B on 1-*")
    t.send("LIA", "1-1", about="1-1")
    t.ind("MNT link-inhibited LS1/0")
    t.advance(1.2)
    t.quiet()
    return t


def inhibited_remotely(bits: int) -> Tester:
    t = Tester(bits=bits).up()
    t.send("LIN", "1-1", about="1-1")
    t.expect("LIA 1-1 to B on 1-*")
    t.advance(1.2)
    t.quiet()
    return t


@case("7.1.1")
def inhibit_an_available_link(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.do(t.iut.inhibit_link, 100)
    t.expect("LIN 1-1 to B on 1-*")
    t.send("LIA", "1-1", about="1-1")
    t.ind("MNT link-inhibited LS1/0")
    t.l4("B", 0, "held")
    t.expect("MSU 0 {held} to B on 1-2", (0.5, 1.2))
    assert t.state("1-1").state == "unavailable: inhibited"
    t.no("REQ 1-1 STOP")
    t.raw("1-1", sltm_of(t, "1-1", b"still tested"))
    assert t.iut.counters["SLTA sent"] == 1
    other = inhibited_remotely(bits)
    assert other.state("1-1").inhibited_remotely
    assert set(other.path("B").values()) == {"1-2"}


@case("7.1.2")
def inhibit_an_unavailable_link(bits: int) -> None:
    t = Tester(bits=bits).up("1-1")
    t.do(t.iut.inhibit_link, 100)
    t.expect("LIN 1-1 to B on 1-2")
    t.send("LIA", "1-2", about="1-1")
    t.ind("MNT link-inhibited LS1/0")
    t.in_service("1-1")
    t.silent()
    assert set(t.path("B").values()) == {"1-2"}


@case("7.2.1")
def local_reject_on_an_available_link(bits: int) -> None:
    t = Tester(bits=bits).up("1-2")
    t.do(t.iut.inhibit_link, 100)
    t.ind("MNT inhibit-denied LS1/0")
    t.silent()
    assert t.state("1-1").state == "available"
    t.send("LIN", "1-1", about="1-1")  # the mirror: the far end is refused
    t.expect("LID 1-1 to B on 1-1")


@case("7.2.2")
def local_reject_on_an_unavailable_link(bits: int) -> None:
    t = Tester(bits=bits).up("1-1", "1-2")
    t.do(t.iut.inhibit_link, 100)
    t.ind("MNT inhibit-denied LS1/0")
    t.silent()


@case("7.2.4")
def remote_reject_on_an_unavailable_link(bits: int) -> None:
    t = Tester(bits=bits).up("1-1")
    t.do(t.iut.inhibit_link, 100)
    t.expect("LIN 1-1 to B on 1-2")
    t.send("LID", "1-2", about="1-1")
    t.ind("MNT inhibit-denied LS1/0")
    assert not t.state("1-1").inhibited_locally
    t.silent(4)


def t14_expires(t: Tester) -> None:
    t.do(t.iut.inhibit_link, 100)
    t.expect("LIN 1-1 to B on 1-*")
    t.expect("LIN 1-1 to B on 1-*", (2.0, 3.0))
    t.ind("MNT inhibit-failed LS1/0", (2.0, 3.0))
    t.silent(4)
    assert not t.state("1-1").inhibited_locally


@case("7.3.1")
def t14_on_an_available_link(bits: int) -> None:
    t = Tester(bits=bits).up()
    t14_expires(t)
    assert set(t.path("B").values()) == {"1-1", "1-2"}


@case("7.3.2")
def t14_on_an_unavailable_link(bits: int) -> None:
    t14_expires(Tester(bits=bits).up("1-1"))


@case("7.4")
def inhibited_from_both_ends(bits: int) -> None:
    t = inhibited(bits)
    t.send("LIN", "1-2", about="1-1")
    t.expect("LIA 1-1 to B on 1-2")
    t.do(t.iut.uninhibit_link, 100)
    t.expect("LUN 1-1 to B on 1-2")
    t.send("LUA", "1-2", about="1-1")
    t.silent()
    assert set(t.path("B").values()) == {"1-2"}
    t.send("LUN", "1-2", about="1-1")
    t.expect("LUA 1-1 to B on 1-2")
    t.changeback("1-1", "1-2")
    assert set(t.path("B").values()) == {"1-1", "1-2"}


@case("7.5.1")
def uninhibit_with_changeback(bits: int) -> None:
    t = inhibited(bits)
    t.do(t.iut.uninhibit_link, 100)
    t.expect("LUN 1-1 to B on 1-2")
    t.send("LUA", "1-2", about="1-1")
    t.ind("MNT link-inhibited cleared LS1/0")
    t.changeback("1-1", "1-2")
    assert set(t.path("B").values()) == {"1-1", "1-2"}


@case("7.5.2")
def uninhibit_without_changeback(bits: int) -> None:
    t = inhibited(bits)
    t.fail("1-1")
    t.do(t.iut.uninhibit_link, 100)
    t.expect("LUN 1-1 to B on 1-2")
    t.send("LUA", "1-2", about="1-1")
    t.silent()
    assert not t.state("1-1").inhibited_locally
    assert t.state("1-1").state.startswith("unavailable")


@case("7.6")
def t12_expires(bits: int) -> None:
    t = inhibited(bits)
    t.do(t.iut.uninhibit_link, 100)
    t.expect("LUN 1-1 to B on 1-2")
    t.expect("LUN 1-1 to B on 1-2", (0.8, 1.5))
    t.ind("MNT uninhibit-failed LS1/0", (0.8, 1.5))
    assert t.state("1-1").inhibited_locally


@case("7.7")
def uninhibited_by_the_far_end(bits: int) -> None:
    t = inhibited_remotely(bits)
    t.send("LUN", "1-2", about="1-1")
    t.expect("LUA 1-1 to B on 1-2")
    t.changeback("1-1", "1-2")
    assert set(t.path("B").values()) == {"1-1", "1-2"}


@case("7.8")
def automatic_uninhibition(bits: int) -> None:
    """B is lost for the moment of LUN and LUA: messages of 1-2 have no way meanwhile, so that §10.3.2 begins with MTP-PAUSE."""
    t = inhibited(bits)
    t.fail("1-2")
    t.expect("LUN 1-1 to B on 1-1")
    t.send("LUA", "1-1", about="1-1")
    t.ind("RESUME B")
    assert set(t.path("B").values()) == {"1-1"}


@case("7.10")
def t13_expires(bits: int) -> None:
    t = inhibited_remotely(bits)
    t.fail("1-2")
    t.expect("LFU 1-1 to B on 1-1")
    t.expect("LFU 1-1 to B on 1-1", (0.8, 1.5))
    t.ind("MNT uninhibit-failed LS1/0", (0.8, 1.5))
    assert not t.iut.accessible(t.points["B"])


@case("7.11")
def uninhibition_on_lfu(bits: int) -> None:
    t = inhibited(bits)
    t.send("LFU", "1-2", about="1-1")
    t.expect("LUN 1-1 to B on 1-2")
    t.send("LUA", "1-2", about="1-1")
    t.changeback("1-1", "1-2")
    assert not t.state("1-1").inhibited_locally


@case("7.12")
def unexpected_answers(bits: int) -> None:
    t = Tester(bits=bits).up()
    for name in ("LIA", "LID", "LUA"):
        t.send(name, "1-2", about="1-1")
    t.silent()
    assert t.state("1-1").state == "available"


@case("7.13")
def lun_for_a_link_that_is_not_inhibited(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.send("LUN", "1-2", about="1-1")
    t.expect("LUA 1-1 to B on 1-*")
    t.silent()


@case("7.14")
def inhibiting_as_compatibility_test(bits: int) -> None:
    uninhibit_with_changeback(bits)
    uninhibited_by_the_far_end(bits)


@case("7.17.1")
def local_inhibit_test(bits: int) -> None:
    t = inhibited(bits)
    t.expect("LLT 1-1 to B on 1-2", (178, 360))
    t.expect("LLT 1-1 to B on 1-2", (180, 360))
    other = Tester(bits=bits).up()
    other.send("LLT", "1-2", about="1-1")
    other.expect("LFU 1-1 to B on 1-*")
    other.send("LUN", "1-2", about="1-1")
    other.expect("LUA 1-1 to B on 1-*")


@case("7.17.2")
def remote_inhibit_test(bits: int) -> None:
    t = inhibited_remotely(bits)
    t.expect("LRT 1-1 to B on 1-2", (178, 360))
    t.expect("LRT 1-1 to B on 1-2", (180, 360))
    other = Tester(bits=bits).up()
    other.send("LRT", "1-2", about="1-1")
    other.expect("LUN 1-1 to B on 1-*")
    other.send("LUA", "1-2", about="1-1")
    other.silent()


# -- 12 signalling link test -----------------------------------------------------------------------------------------------------------


def aligned(bits: int) -> tuple[Tester, str]:
    t = Tester(bits=bits)
    t.slt = False
    t.do(t.iut.start)
    t.do(t.iut.activate_link, 100)
    t.quiet()
    t.in_service("1-1")
    return t, t.expect("SLTM {0 *} to B on 1-1")


@case("12.1")
def link_test_after_activation(bits: int) -> None:
    t, word = aligned(bits)
    answer(t, "1-1", word)
    assert t.state("1-1").state == "available"
    t.messages.clear()
    for size in (1, 15):
        t.raw("1-1", sltm_of(t, "1-1", bytes(size)))
        t.expect(f"SLTA {{0 {bytes(size).hex()}}} to B on 1-1")


@case("12.2")
def no_answer_to_the_first_sltm(bits: int) -> None:
    t, word = aligned(bits)
    answer(t, "1-1", word, damage=1)  # one with another pattern is none
    again = t.expect("SLTM {0 *} to B on 1-1", (4, 12))
    answer(t, "1-1", again)
    assert t.state("1-1").state == "available"


@case("12.3")
def no_answer_to_the_second_sltm(bits: int) -> None:
    t, _ = aligned(bits)
    t.expect("SLTM {0 *} to B on 1-1", (4, 12))
    t.ind("REQ 1-1 STOP", (4, 12))
    t.ind("MNT link-test-failed LS1/0")
    t.ind("REQ 1-1 START", (0, 2))


@case("12.5")
def supplementary_slta(bits: int) -> None:
    t = Tester(bits=bits).up()
    label = Label(SLT, NI, 0, t.points["A"], t.points["B"], 0)
    t.raw("1-1", encode_message(Message("SLTA", label, pattern=b"x"), bits))
    t.silent()
    assert t.state("1-1").state == "available"


@case("12.6")
def periodic_test(bits: int) -> None:
    t, word = aligned(bits)
    answer(t, "1-1", word)
    t.send("TRA", "1-1")
    t.messages.clear()
    for _ in range(3):
        word = t.expect("SLTM {0 *} to B on 1-1", (30, 90))
        answer(t, "1-1", word)
    t.expect("SLTM *", (30, 90))
    t.expect("SLTM *", (4, 12))
    t.ind("REQ 1-1 STOP", (4, 12))
