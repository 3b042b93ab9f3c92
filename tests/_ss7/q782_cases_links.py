"""Cases of ITU-T Q.782, groups 1 to 4: links, message handling, changeover, changeback. See q782_tester.py for the words."""

from __future__ import annotations

from collections.abc import Callable

from q782_tester import NI, K, Tester, code_of

from xunhu._ss7.mtp3_messages import SLT, Label, Message, encode_label, encode_message

Case = Callable[[int], None]
CASES: dict[str, Case] = {}


def case(number: str) -> Callable[[Case], Case]:
    def note(function: Case) -> Case:
        assert number not in CASES
        CASES[number] = function
        return function

    return note


# -- 1 signalling link management --------------------------------------------------------------------------------------------


@case("1.1")
def first_link_activation(bits: int) -> None:
    t = Tester(bits=bits)
    t.slt = False
    t.do(t.iut.start)
    t.do(t.iut.activate_link, 100)
    t.ind("REQ 1-1 EMERGENCY")  # no other link in service
    t.ind("REQ 1-1 START")
    assert t.state("1-1").state == "unavailable: aligning"
    t.l2("1-1", K.IN_SERVICE)
    sltm = t.expect("SLTM {0 *} to B on 1-1")
    assert not t.iut.accessible(t.points["B"])  # not before it has proved itself
    answer(t, "1-1", sltm)
    t.expect("TRA to B on 1-1")  # nothing to be learnt: all destinations are adjacent
    t.raw("1-1", sltm_of(t, "1-1", b"abc"))
    t.expect("SLTA {0 616263} to B on 1-1")
    t.no("RESUME B")
    t.send("TRA", "1-1")
    t.ind("RESUME B")
    assert t.state("1-1").state == "available"
    assert set(t.path("B").values()) == {"1-1"}


def sltm_of(t: Tester, link: str, pattern: bytes, *, slc: int | None = None, origin: str = "") -> bytes:
    code = int(link[2:]) - 1 if slc is None else slc
    label = Label(SLT, NI, 0, t.points["A"], t.points[origin or t.far[int(link[0])]], code)
    return encode_message(Message("SLTM", label, pattern=pattern), t.bits)


def answer(t: Tester, link: str, word: str, *, damage: int = 0) -> None:
    """SLTA for the SLTM in a word."""
    slc, pattern = word[word.index("{") + 1 : word.index("}")].split()
    octets = bytes.fromhex(pattern)
    label = Label(SLT, NI, 0, t.points["A"], t.points[t.far[int(link[0])]], int(slc))
    answered = bytes((octets[0] ^ damage,)) + octets[1:]
    t.raw(link, encode_message(Message("SLTA", label, pattern=answered), t.bits))


@case("1.2")
def linkset_deactivation(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.do(t.iut.deactivate_link, 101)
    t.ind("REQ 1-2 STOP")
    t.changeover("1-2", "1-1")
    assert set(t.path("B").values()) == {"1-1"}
    t.do(t.iut.deactivate_link, 100)
    t.ind("REQ 1-1 STOP")
    t.ind("PAUSE B")
    t.l4("B")
    t.silent(120)
    t.no("REQ * START")
    assert t.iut.next_deadline is None


@case("1.3")
def linkset_activation(bits: int) -> None:
    t = Tester(bits=bits)
    t.do(t.iut.start)
    t.do(t.iut.activate_linkset, 1)
    t.ind("REQ 1-1 START")
    t.ind("REQ 1-2 START")
    t.in_service("1-1")
    t.expect("TRA to B on 1-1")
    t.send("TRA", "1-1")
    t.ind("RESUME B")
    t.quiet()
    t.in_service("1-2")
    t.changeback("1-2", "1-1")
    assert set(t.path("B").values()) == {"1-1", "1-2"}


# -- 2 signalling message handling -----------------------------------------------------------------------------------------------


@case("2.1")
def invalid_ssf(bits: int) -> None:
    t = Tester(bits=bits).up()
    for ni in (0, 1, 3):
        t.msu("1-1", ni=ni)
    t.silent()
    t.no("USER *")
    assert t.iut.counters["discarded: network indicator"] == 3


@case("2.2")
def invalid_dpc(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.msu("1-1", to="D")
    t.msu("1-1", to="B")
    t.silent()
    t.no("USER *")
    assert t.iut.counters["discarded: not for us"] == 2


@case("2.3")
def invalid_si(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.msu("1-1", service=4)
    t.expect("UPU A user 4 cause 1 to B on 1-1")
    t.no("USER *")


@case("2.4.1")
def sharing_within_a_linkset(bits: int) -> None:
    t = Tester(bits=bits).up()
    found = t.path("B")
    assert sorted(found.values()).count("1-1") == 8
    assert set(found.values()) == {"1-1", "1-2"}
    for _ in range(99):
        assert t.path("B") == found
    for links in (3, 4, 16):
        shares = list(Tester(bits=bits, links={1: links}).up().path("B").values())
        assert len(set(shares)) == links
        assert max(shares.count(link) for link in shares) - min(shares.count(link) for link in shares) <= 1


@case("2.4.2")
def sharing_with_one_link_unavailable(bits: int) -> None:
    t = Tester(bits=bits).up("1-2")
    assert set(t.path("B").values()) == {"1-1"}


@case("2.5.1")
def sharing_between_linksets(bits: int) -> None:
    t = Tester("C", bits).up()
    found = t.path("D")
    assert [link[0] for link in found.values()].count("1") == 8
    for linkset in "12":  # another bit chooses the link
        inside = [link for link in found.values() if link[0] == linkset]
        assert sorted(inside) == [f"{linkset}-1"] * 4 + [f"{linkset}-2"] * 4


@case("2.5.2")
def sharing_with_one_linkset_unavailable(bits: int) -> None:
    t = Tester("C", bits).up("2-1", "2-2")
    assert {link[0] for link in t.path("D").values()} == {"1"}
    whole = Tester("C", bits).up()
    before = whole.path("D")
    whole.fail("2-1", "2-2")
    whole.messages.clear()
    whole.advance(3)
    whole.messages.clear()
    after = whole.path("D")
    assert {sls: link for sls, link in after.items() if before[sls][0] == "1"} == {
        sls: link for sls, link in before.items() if link[0] == "1"
    }  # what was not on the linkset stays where it was
    assert {link[0] for link in after.values()} == {"1"}


@case("2.6.1")
def inaccessible_by_linkset_failure(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.fail("1-1")
    t.changeover("1-1", "1-2")
    t.no("PAUSE B")
    t.fail("1-2")
    t.ind("PAUSE B")
    t.l4("B")
    assert not t.messages
    t.ind("MNT linkset-unavailable LS1")
    t.ind("MNT route-unavailable *")
    t.ind("REQ 1-1 START", (0.8, 1.5))
    t.ind("REQ 1-2 START", (0, 1.5))


@case("2.6.2")
def inaccessible_by_route_failure(bits: int) -> None:
    t = Tester("B", bits).up("2-1")
    t.send("TFP", "1-1", destination="D")
    t.ind("PAUSE D")
    t.l4("D")
    assert not t.messages
    t.expect("RST D to B on 1-1", (30, 60))
    assert t.iut.accessible(t.points["B"])
    t.no("PAUSE B")


@case("2.7.1")
def upu_received(bits: int) -> None:
    for cause, name in enumerate(("USER_UNAVAILABLE_UNKNOWN", "USER_UNEQUIPPED", "USER_INACCESSIBLE")):
        t = Tester(bits=bits).up()
        t.send("UPU", "1-1", value=cause << 4 | 5, destination="B")
        t.ind(f"STATUS B {name} user 5 level 0")
        t.silent()


@case("2.7.2")
def upu_sent(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.iut.detach_user(5)
    t.msu("1-1")
    t.expect("UPU A user 5 cause 2 to B on 1-1")
    for _ in range(100):
        t.msu("1-1")
    t.silent(0.9)  # once a second
    t.advance(0.2)
    t.msu("1-1")
    t.expect("UPU A user 5 cause 2 to B on 1-1")


# -- 3 changeover -------------------------------------------------------------------------------------------------------------------


@case("3.1")
def changeover_of_our_side(bits: int) -> None:
    t = Tester(bits=bits).up()
    on_1 = [sls for sls, link in t.path("B").items() if link == "1-1"]
    t.fail("1-1")
    t.ind("REQ 1-1 RETRIEVE_BSNT")
    t.l4("B", on_1[0], "new")
    t.l2("1-1", K.BSNT, value=9)
    t.expect("COO 1-1 {9} to B on 1-2")
    t.l4("B", on_1[1], "new")
    t.l4("B", 1, "other")
    t.expect("MSU 1 {other} to B on 1-2")  # traffic of 1-2 goes on
    t.silent(0.2)
    t.send("COA", "1-2", about="1-1", value=3)
    t.ind("REQ 1-1 RETRIEVE 3")
    for n in range(3):
        t.l2("1-1", K.RETRIEVED, old(t, on_1[0], n))
    t.l2("1-1", K.RETRIEVAL_COMPLETE)
    for n in range(3):
        t.expect(f"MSU {on_1[0]} {{old{n}}} to B on 1-2")
    t.expect(f"MSU {on_1[0]} {{new}} to B on 1-2")
    t.expect(f"MSU {on_1[1]} {{new}} to B on 1-2")
    assert set(t.path("B").values()) == {"1-2"}


def old(t: Tester, sls: int, n: int) -> bytes:
    """SIO and SIF of a message that level 2 kept."""
    return encode_label(Label(5, NI, 0, t.points["B"], t.points["A"], sls), t.bits) + b"old%d" % n


@case("3.3")
def changeover_on_coo(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.send("COO", "1-2", about="1-1", value=4)
    t.ind("REQ 1-1 STOP")
    t.ind("REQ 1-1 RETRIEVE_BSNT")
    t.l4("B", 0, "new")
    t.l2("1-1", K.BSNT, value=8)
    t.expect("COA 1-1 {8} to B on 1-2")
    t.ind("REQ 1-1 RETRIEVE 4")
    t.l2("1-1", K.RETRIEVED, old(t, 0, 1))
    t.l2("1-1", K.RETRIEVAL_COMPLETE)
    t.expect("MSU 0 {old1} to B on 1-2")
    t.expect("MSU 0 {new} to B on 1-2")
    t.ind("REQ 1-1 START", (0.8, 1.5))


@case("3.4")
def no_coa(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.fail("1-1")
    t.l2("1-1", K.BSNT, value=9)
    t.expect("COO 1-1 {9} to B on 1-2")
    t.l4("B", 0, "new")
    t.expect("MSU 0 {new} to B on 1-2", (0.7, 2.0))
    t.no("REQ 1-1 RETRIEVE *")
    t.send("COA", "1-2", about="1-1", value=3)  # too late
    t.silent()
    t.no("REQ 1-1 RETRIEVE *")


@case("3.5")
def abnormal_fsn_in_coo(bits: int) -> None:
    """Level 2 is asked and has nothing after that FSN (§5.7.1): the request of the case's data is replaced by that."""
    t = Tester(bits=bits).up()
    t.send("COO", "1-2", about="1-1", value=77)
    t.l2("1-1", K.BSNT, value=8)
    t.expect("COA 1-1 {8} to B on 1-2")
    t.ind("REQ 1-1 RETRIEVE 77")
    t.l2("1-1", K.RETRIEVAL_COMPLETE)
    t.silent()
    assert set(t.path("B").values()) == {"1-2"}


@case("3.6")
def abnormal_fsn_in_coa(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.fail("1-1")
    t.l2("1-1", K.BSNT, value=9)
    t.expect("COO 1-1 {9} to B on 1-2")
    t.send("COA", "1-2", about="1-1", value=77)
    t.ind("REQ 1-1 RETRIEVE 77")
    t.l2("1-1", K.RETRIEVAL_COMPLETE)
    t.silent(3)
    t.no("MNT changeover-not-acknowledged *")  # T2 has been stopped
    assert set(t.path("B").values()) == {"1-2"}


@case("3.8")
def coa_not_asked_for(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.send("COA", "1-2", about="1-1", value=3)
    t.silent()
    assert t.state("1-1").state == "available"


@case("3.10")
def changeover_to_another_linkset(bits: int) -> None:
    for transfer in (False, True):
        t = Tester("B", bits, transfer=transfer).up()
        t.fail("1-1")
        t.l4("D", 0, "new")
        words = [t.expect("TF? ? to ? on 2-1") for _ in t.messages[:]]  # before anything else goes that way
        assert ("TFP D to C on 2-1" in words) is ("TFP B to C on 2-1" in words) is transfer
        t.changeover("1-1", "2-1")
        t.expect("MSU 0 {new} to D on 2-1")


@case("3.11")
def changeover_without_a_path(bits: int) -> None:
    t = Tester("B", bits).up()
    t.send("TFP", "2-1", destination="B")  # linkset 3 is unavailable
    t.fail("1-1")
    t.ind("PAUSE B")
    t.l4("D", 0, "new")
    t.expect("MSU 0 {new} to D on 2-1", (0.5, 1.2))
    t.no("REQ 1-1 RETRIEVE*")
    assert t.iut.accessible(t.points["D"])


@case("3.12")
def changeover_to_several_links(bits: int) -> None:
    t = Tester(bits=bits, links={1: 4}).up()
    before = t.path("B")
    mine = [sls for sls, link in before.items() if link == "1-1"]
    t.fail("1-1")
    t.l2("1-1", K.BSNT, value=9)
    t.expect("COO 1-1 {9} to B on 1-[234]")
    t.send("COA", "1-3", about="1-1", value=3)
    for n in range(2):
        for sls in mine:
            t.l2("1-1", K.RETRIEVED, old(t, sls, n))
    t.l2("1-1", K.RETRIEVAL_COMPLETE)
    for n in range(2):
        for sls in mine:
            t.expect(f"MSU {sls} {{old{n}}} to B on 1-[234]")
    after = t.path("B")
    assert {after[sls] for sls in mine} == {"1-2", "1-3", "1-4"}
    assert all(after[sls] == before[sls] for sls in before if sls not in mine)


@case("3.13")
def emergency_changeover_of_our_side(bits: int) -> None:
    """What was never sent on the link is taken along (§5.6.1): level 2 is asked for it by FSN -1."""
    for name in ("ECA", "COA"):
        t = Tester(bits=bits).up()
        t.fail("1-1")
        t.l2("1-1", K.BSNT, value=-1)
        t.expect("ECO 1-1 to B on 1-2")
        t.l4("B", 0, "new")
        t.send(name, "1-2", about="1-1", value=3 if name == "COA" else 0)
        t.ind("REQ 1-1 RETRIEVE 3" if name == "COA" else "REQ 1-1 RETRIEVE -1")
        t.l2("1-1", K.RETRIEVAL_COMPLETE)
        t.expect("MSU 0 {new} to B on 1-2")


@case("3.14")
def emergency_changeover_on_eco(bits: int) -> None:
    for bsnt, word in ((8, "COA 1-1 {8} to B on 1-2"), (-1, "ECA 1-1 to B on 1-2")):
        t = Tester(bits=bits).up()
        t.send("ECO", "1-2", about="1-1")
        t.ind("REQ 1-1 STOP")
        t.l2("1-1", K.BSNT, value=bsnt)
        t.expect(word)
        t.ind("REQ 1-1 RETRIEVE -1")
        t.l2("1-1", K.RETRIEVAL_COMPLETE)
        assert set(t.path("B").values()) == {"1-2"}


@case("3.15")
def eco_of_both_ends(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.fail("1-1")
    t.l2("1-1", K.BSNT, value=-1)
    t.expect("ECO 1-1 to B on 1-2")
    t.send("ECO", "1-2", about="1-1")
    t.expect("ECA 1-1 to B on 1-2")
    t.l2("1-1", K.RETRIEVAL_COMPLETE)
    t.send("ECA", "1-2", about="1-1")
    t.silent()
    assert set(t.path("B").values()) == {"1-2"}


@case("3.16")
def eca_to_coo(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.fail("1-1")
    t.l2("1-1", K.BSNT, value=9)
    t.expect("COO 1-1 {9} to B on 1-2")
    t.l4("B", 0, "new")
    t.send("ECA", "1-2", about="1-1")
    t.l2("1-1", K.RETRIEVAL_COMPLETE)
    t.expect("MSU 0 {new} to B on 1-2")
    t.silent(3)
    t.no("MNT changeover-not-acknowledged *")


@case("3.17")
def long_processor_outage(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.l2("1-1", K.REMOTE_PROCESSOR_OUTAGE)
    t.l4("B", 0, "new")
    t.expect("MSU 0 {new} to B on 1-2", (0.5, 1.2))
    t.ind("REQ 1-1 FLUSH_BUFFERS")
    t.advance(5)
    t.l2("1-1", K.REMOTE_PROCESSOR_RECOVERED)
    t.no("REQ 1-1 CONTINUE")  # flushing was the answer
    t.changeback("1-1", "1-2")
    assert t.path("B")[0] == "1-1"
    # a short one: nothing is diverted, level 2 goes on with what it has
    t.l2("1-1", K.REMOTE_PROCESSOR_OUTAGE)
    t.l4("B", 0, "held")
    t.silent(0.4)
    t.l2("1-1", K.REMOTE_PROCESSOR_RECOVERED)
    t.ind("REQ 1-1 CONTINUE")
    t.expect("MSU 0 {held} to B on 1-1")
    t.silent(2)


@case("3.19")
def coo_during_time_controlled_changeover(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.l2("1-1", K.REMOTE_PROCESSOR_OUTAGE)
    t.l4("B", 0, "new")
    t.silent(0.3)
    t.send("COO", "1-2", about="1-1", value=4)
    t.ind("REQ 1-1 RETRIEVE_BSNT")
    t.l2("1-1", K.BSNT, value=8)
    t.expect("COA 1-1 {8} to B on 1-2")
    t.ind("REQ 1-1 RETRIEVE 4")
    t.l2("1-1", K.RETRIEVED, old(t, 0, 0))
    t.l2("1-1", K.RETRIEVAL_COMPLETE)
    t.expect("MSU 0 {old0} to B on 1-2")
    t.expect("MSU 0 {new} to B on 1-2")
    t.silent()


@case("3.20")
def changeover_as_compatibility_test(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.do(t.iut.deactivate_link, 100)
    t.l4("B", 0, "held")
    t.changeover("1-1", "1-2")
    t.expect("MSU 0 {held} to B on 1-2")
    t.msu("1-2", sls=0, data="other way")
    t.ind("USER 5 {other way}")
    t.do(t.iut.activate_link, 100)
    t.in_service("1-1")
    t.l4("B", 0, "again")
    t.changeback("1-1", "1-2")
    t.expect("MSU 0 {again} to B on 1-1")
    t.send("CBD", "1-2", about="1-1", value=200)
    t.expect("CBA 1-1 {200} to B on 1-*")
    assert t.iut.counters["user MSUs sent"] == 2
    t.silent(3)


# -- 4 changeback ----------------------------------------------------------------------------------------------------------------------


def restored(bits: int) -> tuple[Tester, str]:
    """1-1 has just come back; the declaration is on its way."""
    t = Tester(bits=bits).up("1-1")
    t.in_service("1-1")
    return t, t.expect("CBD 1-1 {*} to B on 1-2")


@case("4.1")
def changeback_within_a_linkset(bits: int) -> None:
    t, word = restored(bits)
    t.l4("B", 0, "first")
    t.l4("B", 0, "second")
    t.l4("B", 1, "other")
    t.expect("MSU 1 {other} to B on 1-2")
    t.silent(0.4)
    t.send("CBA", "1-2", about="1-1", value=code_of(word))
    t.expect("MSU 0 {first} to B on 1-1")
    t.expect("MSU 0 {second} to B on 1-1")
    assert set(t.path("B").values()) == {"1-1", "1-2"}


@case("4.2")
def additional_cba(bits: int) -> None:
    t, word = restored(bits)
    t.send("CBA", "1-2", about="1-1", value=code_of(word))
    t.send("CBA", "1-2", about="1-1", value=code_of(word))
    t.silent()
    assert t.iut.counters["CBA not asked for"] == 1


@case("4.3")
def additional_cbd(bits: int) -> None:
    t = Tester(bits=bits).up()
    for code in (0, 5, 5, 255):
        t.send("CBD", "1-2", about="1-1", value=code)
        t.expect(f"CBA 1-1 {{{code}}} to B on 1-*")
    t.silent()


@case("4.4")
def no_cba_to_the_first_cbd(bits: int) -> None:
    t, word = restored(bits)
    again = t.expect(word, (0.5, 1.2))
    t.l4("B", 0, "held")
    t.send("CBA", "1-2", about="1-1", value=code_of(again))
    t.expect("MSU 0 {held} to B on 1-1")


@case("4.5")
def no_cba_to_the_repeated_cbd(bits: int) -> None:
    t, word = restored(bits)
    t.expect(word, (0.5, 1.2))
    t.l4("B", 0, "held")
    t.expect("MSU 0 {held} to B on 1-1", (0.5, 1.2))
    t.ind("MNT changeback-not-acknowledged LS1/0")


@case("4.6")
def changeback_from_another_linkset(bits: int) -> None:
    for transfer in (False, True):
        t = Tester("B", bits, transfer=transfer).up()
        t.fail("1-1")
        t.ind("REQ 1-1 RETRIEVE_BSNT")
        t.l2("1-1", K.BSNT, value=9)
        t.send("COA", "2-1", about="1-1", value=3, origin="B")
        t.l2("1-1", K.RETRIEVAL_COMPLETE)
        t.quiet_all()
        t.restore("1-1")  # B has been reached through C: no restart
        t.l4("D", 0, "held")
        t.changeback("1-1", "2-1")
        words = [t.expect("TF? ? to ? on *") for _ in range(len(t.messages) - 1)]
        t.expect("MSU 0 {held} to D on 1-1")
        assert ("TFA D to C on 2-1" in words) is transfer
        assert set(t.path("D").values()) == {"1-1"}


@case("4.8")
def diversion_after_restart_of_the_adjacent_point(bits: int) -> None:
    t = Tester("B", bits).up()
    t.send("TFP", "2-1", destination="B")  # B is not reached through C
    t.fail("1-1")
    t.advance(2)
    t.quiet_all()
    t.in_service("1-1")
    t.expect("TRA to B on 1-1")
    t.l4("D", 0, "before")
    t.expect("MSU 0 {before} to D on 2-1")
    t.send("TRA", "1-1")
    t.ind("RESUME B")
    t.l4("D", 0, "held")
    t.expect("MSU 0 {held} to D on 1-1", (0.5, 1.2))


@case("4.9")
def diversion_without_a_path_for_cbd(bits: int) -> None:
    """B is reached by a third linkset all the while, so that it does not restart; the link that D's traffic comes from does not lead to it."""
    t = Tester("D", bits, transfer=False)
    t.iut.add_route(t.points["B"], 3, 5)
    t.iut.add_route(t.points["D"], 1, -1)
    t.up("1-1")
    assert set(t.path("D").values()) == {"2-1"}
    t.in_service("1-1")
    word = t.expect("CBD 1-1 {*} to B on 3-1")  # B's own traffic, which was on linkset 3
    t.send("CBA", "3-1", about="1-1", value=code_of(word), origin="B")
    t.l4("D", 0, "held")
    t.expect("MSU 0 {held} to D on 1-1", (0.5, 1.2))
    assert set(t.path("D").values()) == set(t.path("B").values()) == {"1-1"}


@case("4.10")
def changeback_as_compatibility_test(bits: int) -> None:
    t, word = restored(bits)
    t.l4("B", 0, "held")
    t.send("CBD", "1-2", about="1-1", value=17)
    t.expect("CBA 1-1 {17} to B on 1-*")
    t.send("CBA", "1-2", about="1-1", value=code_of(word))
    t.expect("MSU 0 {held} to B on 1-1")
    t.msu("1-1", data="other way")
    t.ind("USER 5 {other way}")
    t.silent(3)
