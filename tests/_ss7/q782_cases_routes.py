"""Cases of ITU-T Q.782, groups 5, 6, 8 to 11 and 13: rerouting, flow control, route management, restart, traffic test, invalid messages."""

from __future__ import annotations

import random

from q782_cases_links import case, sltm_of
from q782_tester import NI, K, Tester, code_of

from xunhu._ss7.mtp3_messages import SLT, Label, encode_label

# -- 5 forced rerouting ----------------------------------------------------------------------------------------------------------


@case("5.1")
def forced_rerouting(bits: int) -> None:
    for transfer in (False, True):
        t = Tester("B", bits, transfer=transfer).up()
        t.l4("D", 0, "before")
        t.expect("MSU 0 {before} to D on 1-1")
        t.send("TFP", "1-1", destination="D")
        if transfer:
            t.expect("TFP D to C on 2-1")
            t.expect("TFA D to B on 1-1")  # not routed through B any more
        t.l4("D", 0, "after")
        t.expect("MSU 0 {after} to D on 2-1")
        assert set(t.path("B").values()) == {"1-1"}
        t.no("PAUSE *")
        t.expect("RST D to B on 1-1", (30, 60))
        t.expect("RST D to B on 1-1", (30, 60))


@case("5.2")
def forced_rerouting_without_alternative(bits: int) -> None:
    for transfer in (False, True):
        t = Tester("B", bits, transfer=transfer).up("2-1")
        t.send("TFP", "1-1", destination="D")
        t.ind("PAUSE D")
        if transfer:
            t.expect_all("TFP D to B on 1-1", "TFP D to C on 1-1")
        t.l4("D", 0, "lost")
        t.silent()


@case("5.3")
def forced_rerouting_of_several_destinations(bits: int) -> None:
    t = Tester("B", bits).up()
    t.send("TFP", "1-1", destination="D")
    assert set(t.path("D").values()) == {"2-1"}
    assert set(t.path("E").values()) == {"1-1"}
    t.send("TFP", "1-1", destination="E")
    assert set(t.path("E").values()) == {"2-1"}


@case("5.4")
def repeated_tfp(bits: int) -> None:
    t = Tester("B", bits).up()
    t.send("TFP", "1-1", destination="D")
    before = t.iut.routes()
    t.send("TFP", "1-1", destination="D")
    t.send("TFP", "1-1", destination="X")
    t.silent()
    after = t.iut.routes()
    assert [(route.dpc, route.links) for route in before] == [(route.dpc, route.links) for route in after]


@case("5.5")
def tfp_on_the_alternative_route(bits: int) -> None:
    t = Tester("B", bits).up()
    t.send("TFP", "2-1", destination="D")
    assert set(t.path("D").values()) == {"1-1"}
    t.fail("1-1")
    t.ind("PAUSE D")


# -- 6 controlled rerouting ------------------------------------------------------------------------------------------------------


@case("6.1")
def controlled_rerouting_on_tfa(bits: int) -> None:
    for transfer in (False, True):
        t = Tester("B", bits, transfer=transfer).up()
        t.send("TFP", "1-1", destination="D")
        t.messages.clear()
        t.send("TFA", "1-1", destination="D")
        t.l4("D", 0, "first")
        t.l4("D", 0, "second")
        t.silent(0.4)
        if transfer:
            t.expect("TFP D to B on 1-1", (0.1, 0.8))
            t.expect("TFA D to C on 2-1")
            t.expect("MSU 0 {first} to D on 1-1")
        else:
            t.expect("MSU 0 {first} to D on 1-1", (0.1, 0.8))
        t.expect("MSU 0 {second} to D on 1-1")
        t.silent(90)  # no more RST


@case("6.2")
def tfa_for_an_inaccessible_destination(bits: int) -> None:
    for transfer in (False, True):
        t = Tester("B", bits, transfer=transfer).up()
        for link in ("1-1", "2-1"):
            t.send("TFP", link, destination="D")
        t.ind("PAUSE D")
        t.quiet_all()
        t.send("TFA", "1-1", destination="D")
        t.ind("RESUME D")
        if transfer:
            t.expect("TFP D to B on 1-1")
            t.expect("TFA D to C on 2-1")
        t.l4("D", 0, "at once")
        t.expect("MSU 0 {at once} to D on 1-1")


@case("6.3")
def tfr_on_the_normal_route(bits: int) -> None:
    t = Tester("B", bits, congestion="national").up()
    t.send("TFR", "1-1", destination="D")
    t.l4("D", 0, "held")
    t.expect("MSU 0 {held} to D on 2-1", (0.5, 1.2))
    t.expect("RSR D to B on 1-1", (29, 60))
    alone = Tester("B", bits, congestion="national").up("2-1")
    alone.send("TFR", "1-1", destination="D")
    assert set(alone.path("D").values()) == {"1-1"}
    elsewhere = Tester("B", bits).up()  # the option is not in use
    elsewhere.send("TFR", "1-1", destination="D")
    assert set(elsewhere.path("D").values()) == {"1-1"}
    elsewhere.silent(90)


@case("6.4")
def repeated_tfa(bits: int) -> None:
    t = Tester("B", bits).up()
    t.send("TFA", "1-1", destination="D")
    t.send("TFA", "1-1", destination="X")
    t.silent()
    assert set(t.path("D").values()) == {"1-1"}


# -- 8 signalling traffic flow control -------------------------------------------------------------------------------------------


@case("8.1")
def tfc_received(bits: int) -> None:
    t = Tester("B", bits).up()
    t.send("TFC", "1-1", destination="D")
    t.ind("STATUS D CONGESTED user -1 level 1")
    t.silent()


@case("8.2")
def tfc_sent(bits: int) -> None:
    t = Tester("D", bits).up()
    t.l2("2-1", K.TRANSMIT_CONGESTION, value=1)
    for n in range(17):
        t.msu("3-1", to="D", data=str(n))
    for n in range(17):
        if n % 8 == 0:
            t.expect("TFC D to F on 3-1")
        t.expect(f"MSU 0 {{{n}}} to D on 2-1")
    t.l2("2-1", K.TRANSMIT_CONGESTION, value=0)
    t.msu("3-1", to="D", data="free")
    t.expect("MSU 0 {free} to D on 2-1")
    t.silent()


@case("8.3")
def own_link_congestion(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.l2("1-1", K.TRANSMIT_CONGESTION, value=1)
    t.ind("MNT link-congested LS1/0")
    for n in range(16):
        t.l4("B", 0, str(n))
        t.expect(f"MSU 0 {{{n}}} to B on 1-1")
        if n in (0, 8):
            t.ind("STATUS B CONGESTED user -1 level 1")
        t.no("STATUS *")
    t.l2("1-1", K.TRANSMIT_CONGESTION, value=0)
    t.ind("MNT link-congested cleared LS1/0")
    t.l4("B", 0)
    t.no("STATUS *")


@case("8.4")
def route_set_congestion_test(bits: int) -> None:
    t = Tester("B", bits, congestion="national-priorities").up()
    t.send("TFC", "1-1", destination="D", value=2)
    t.ind("STATUS D CONGESTED user -1 level 2")
    t.expect("RCT priority 1 to D on 1-1", (2, 3))
    t.expect("RCT priority 0 to D on 1-1", (1.4, 2.0))
    t.ind("STATUS D CONGESTED user -1 level 1")
    t.ind("STATUS D CONGESTED user -1 level 0", (1.4, 2.0))
    t.silent(10)
    t.send("TFC", "1-1", destination="D", value=2)
    t.expect("RCT priority 1 to D on 1-1", (2, 3))
    t.send("TFC", "1-1", destination="D", value=3)
    t.expect("RCT priority 2 to D on 1-1", (2, 3))


# -- 9 signalling route management -----------------------------------------------------------------------------------------------


@case("9.1.1")
def tfp_on_the_alternative_on_linkset_failure(bits: int) -> None:
    """C is not reached otherwise, so that changeover is time-controlled; the case's data has COO where A, B and C are meshed."""
    t = Tester("D", bits).up()
    t.fail("2-1")
    t.msu("3-1", to="D", data="transit")
    t.expect_all("TFP C to B on 1-1", "TFP C to F on 3-1", "TFP D to B on 1-1", "TFP E to B on 1-1")
    t.expect("MSU 0 {transit} to D on 1-1", (0.5, 1.2))


@case("9.1.2")
def tfp_on_the_alternative_on_tfp(bits: int) -> None:
    t = Tester("D", bits).up()
    t.send("TFP", "2-1", destination="E")
    t.expect("TFP E to B on 1-1")
    t.expect("TFA E to C on 2-1")
    t.msu("3-1", to="E", data="transit")
    t.expect("MSU 0 {transit} to E on 1-1")
    t.silent()


@case("9.2.1")
def broadcast_of_tfp_on_one_failure(bits: int) -> None:
    t = Tester("D", bits).up()
    t.fail("1-1")
    t.ind("PAUSE B")
    t.expect_all("TFP B to C on 2-1", "TFP B to F on 3-1")
    t.msu("3-1", to="B")  # discarded; T8 runs, so no answer
    t.silent(1.2)
    t.msu("3-1", to="B")
    t.expect("TFP B to F on 3-1")  # the response method
    t.msu("3-1", to="B")
    t.silent(0.5)


@case("9.2.2")
def broadcast_of_tfp_on_several_failures(bits: int) -> None:
    t = Tester("D", bits).up("1-1")
    t.do(t.iut.deactivate_link, 200)
    t.expect_all("TFP C to F on 3-1", "TFP D to F on 3-1", "TFP E to F on 3-1")  # B was lost, and told, before
    t.silent()


@case("9.4.1")
def tfa_on_the_alternative_on_linkset_recovery(bits: int) -> None:
    t = Tester("D", bits).up()
    t.fail("2-1")
    t.advance(2)
    t.quiet_all()
    t.in_service("2-1")
    t.expect("TRA to C on 2-1")
    t.send("TRA", "2-1")
    words = sorted(t.expect("TFA C to ? on *") for _ in range(2))
    assert words == ["TFA C to B on 1-1", "TFA C to F on 3-1"]
    t.msu("3-1", to="E", data="held")
    t.advance(1.2)
    found = [t.expect("*") for _ in range(5)]
    assert set(found) == {
        "TFP D to C on 2-1",
        "TFA D to B on 1-1",
        "TFP E to C on 2-1",
        "TFA E to B on 1-1",
        "MSU 0 {held} to E on 2-1",
    }
    assert found[-1].startswith("MSU")


@case("9.4.2")
def tfa_on_the_alternative_on_tfa(bits: int) -> None:
    t = Tester("D", bits).up()
    t.send("TFP", "2-1", destination="E")
    t.quiet_all()
    t.send("TFA", "2-1", destination="E")
    t.msu("3-1", to="E", data="held")
    t.expect("TFP E to C on 2-1", (0.5, 1.2))
    t.expect("TFA E to B on 1-1")
    t.expect("MSU 0 {held} to E on 2-1")


@case("9.5.1")
def broadcast_of_tfa_on_one_recovery(bits: int) -> None:
    t = Tester("D", bits).up("1-1")
    t.in_service("1-1")
    t.expect("TRA to B on 1-1")
    t.send("TRA", "1-1")
    t.ind("RESUME B")
    t.expect_all("TFA B to C on 2-1", "TFA B to F on 3-1")
    t.silent()


@case("9.5.2")
def broadcast_of_tfa_on_several_recoveries(bits: int) -> None:
    t = Tester("D", bits).up("1-1", "2-1")
    t.in_service("2-1")
    assert {t.expect("* to C on 2-1") for _ in range(4)} == {
        "TFP B to C on 2-1",
        "TFP D to C on 2-1",
        "TFP E to C on 2-1",
        "TRA to C on 2-1",
    }
    t.send("TRA", "2-1")
    words = [t.expect("*") for _ in range(5)]
    assert {word for word in words if word.startswith("TFA")} == {f"TFA {letter} to F on 3-1" for letter in "CDE"}
    assert {word for word in words if word.startswith("TFP")} == {"TFP D to C on 2-1", "TFP E to C on 2-1"}


@case("9.6.1")
def route_set_test_sent(bits: int) -> None:
    t = Tester("B", bits).up()
    t.send("TFP", "1-1", destination="D")
    for _ in range(3):
        t.expect("RST D to B on 1-1", (30, 60))
    t.send("TFA", "1-1", destination="D")
    t.silent(120)


@case("9.6.3")
def route_set_test_received(bits: int) -> None:
    t = Tester("D", bits).up()
    t.send("RST", "3-1", destination="D")
    t.expect("TFA D to F on 3-1")
    t.send("RST", "2-1", destination="D")  # routed through C: prohibited, as C takes it
    t.silent()
    t.fail("2-1", "1-1")
    t.quiet_all()
    t.send("RST", "3-1", destination="D")
    t.silent()


@case("9.7")
def tfp_to_a_newly_accessible_point(bits: int) -> None:
    t = Tester("D", bits).up("3-1")
    t.send("TFP", "2-1", destination="D")
    t.send("TFP", "1-1", destination="D")
    t.ind("PAUSE D")
    t.quiet_all()
    t.in_service("3-1")
    t.expect("TFP D to F on 3-1")
    t.expect("TRA to F on 3-1")


# -- 10 signalling point restart ------------------------------------------------------------------------------------------------------


@case("10.1.1")
def recovery_of_a_linkset_at_an_stp(bits: int) -> None:
    t = Tester("D", bits).up("1-1")
    t.iut.add_route(t.points["X"], 1, 0)
    t.send("TFP", "2-1", destination="D")
    t.quiet_all()
    t.in_service("1-1")
    t.expect_all("TFP D to B on 1-1", "TFP X to B on 1-1")
    t.expect("TRA to B on 1-1")
    t.send("TFP", "1-1", destination="D")
    t.l4("B", 0, "too early")
    assert not t.messages
    t.send("TRA", "1-1")
    t.ind("RESUME B")
    t.ind("RESUME X")
    t.no("RESUME D")
    t.expect_all("TFA B to C on 2-1", "TFA B to F on 3-1", "TFP X to B on 1-1", "TFA X to C on 2-1", "TFA X to F on 3-1")
    t.silent(5)


@case("10.1.2")
def recovery_of_a_linkset_at_an_sp(bits: int) -> None:
    t = Tester("B", bits).up()
    t.send("TFP", "2-1", destination="B")
    t.fail("1-1")
    t.quiet_all()
    t.restore("1-1")
    t.messages = [entry for entry in t.messages if not entry[1].startswith("MSU")]
    t.expect("TRA to B on 1-1")
    t.no("RESUME B")
    t.send("TRA", "1-1")
    t.ind("RESUME B")


def isolated(config: str, bits: int) -> Tester:
    t = Tester(config, bits)
    t.do(t.iut.start)
    for number in t.far:
        t.do(t.iut.activate_linkset, number)
    t.quiet_all()
    return t


@case("10.2")
def restart_of_an_sp(bits: int) -> None:
    t = isolated("B", bits)
    t.in_service("1-1")
    assert t.iut.state == "RESTARTING"
    t.send("TFP", "1-1", destination="D")
    t.send("TRA", "1-1")
    t.silent(5)
    t.no("RESUME *")
    t.in_service("2-1")
    t.silent(5)
    t.send("TRA", "2-1")
    t.expect_all("TRA to B on 1-1", "TRA to C on 2-1")
    for letter in "BCD":
        t.ind(f"RESUME {letter}")
    assert set(t.path("D").values()) == {"2-1"}
    assert set(t.path("E").values()) == {"1-1"}


@case("10.3")
def restart_of_an_stp(bits: int) -> None:
    t = isolated("D", bits)
    t.in_service("1-1", "2-1", "3-1")
    t.send("TFP", "2-1", destination="E")
    t.send("TFP", "1-1", destination="E")
    t.send("TRA", "2-1")
    t.send("TRA", "1-1")
    t.msu("3-1", to="D")
    t.silent(5)
    t.no("RESUME *")
    t.send("TRA", "3-1")
    words = [t.expect("*") for _ in range(len(t.messages))]
    for letter, link in (("B", "1-1"), ("C", "2-1"), ("F", "3-1")):
        assert words.index(f"TFP E to {letter} on {link}") < words.index(f"TRA to {letter} on {link}")
    assert "TFP D to C on 2-1" in words
    for letter in "BCDF":
        t.ind(f"RESUME {letter}")
    alone = isolated("D", bits)  # phase 1 ends by T18
    alone.in_service("1-1", "2-1")
    alone.send("TRA", "2-1")
    alone.ind("RESUME C", (1, 58))


@case("10.4")
def t20_expires(bits: int) -> None:
    t = isolated("B", bits)
    t.in_service("1-1")
    t.send("TRA", "1-1")
    t.expect("TRA to B on 1-1", (59, 61))
    t.ind("MNT restart-ended IUT")
    t.ind("RESUME B")


@case("10.5")
def t21_expires(bits: int) -> None:
    t = Tester("B", bits).up()
    t.send("TFP", "2-1", destination="B")
    t.fail("1-1")
    t.advance(1.15)
    t.quiet_all()
    t.in_service("1-1")
    t.expect("TRA to B on 1-1")
    t.ind("RESUME B", (63, 65))
    t.expect("RST B to C on 2-1")
    t.l4("B", 0, "starts")
    t.expect("MSU 0 {starts} to B on 1-1")


@case("10.7")
def tra_while_t19_runs(bits: int) -> None:
    t = Tester(bits=bits)
    t.do(t.iut.start)
    t.do(t.iut.activate_linkset, 1)
    t.in_service("1-1", "1-2")
    t.expect("TRA to B on 1-*")
    t.send("TRA", "1-1")
    t.advance(3)
    t.messages.clear()
    t.send("TRA", "1-1")
    t.silent(70)
    t.send("TRA", "1-1")  # T19 is over: B has restarted unnoticed
    t.expect("TRA to B on 1-*")


@case("10.8")
def rst_and_transit_during_restart(bits: int) -> None:
    t = isolated("D", bits)
    t.in_service("3-1", "2-1")
    t.send("RST", "3-1", destination="D")
    t.msu("3-1", to="D")
    t.silent()
    assert t.iut.counters["discarded: restart"] == 1
    assert t.iut.counters["RST discarded"] == 1


# -- 11 traffic test ------------------------------------------------------------------------------------------------------------------


@case("11.1")
def traffic_test(bits: int) -> None:
    """Ten minutes of traffic on all selections with failures and recoveries of single links; what is sent comes out once and in order.
    Level 2 acknowledges everything before it fails here, so nothing is retrieved; test_mtp3_three_nodes.py has the other half."""
    draw = random.Random(782)
    t = Tester("C", bits).up()
    down: set[str] = set()
    sent: dict[tuple[str, int], list[str]] = {}
    n = 0
    for second in range(600):
        for _ in range(8):
            to, sls = draw.choice("BCD"), draw.randrange(16)
            n += 1
            t.l4(to, sls, str(n))
            sent.setdefault((to, sls), []).append(str(n))
            t.advance(0.125)
        if second % 10 == 0 and not down:
            link = draw.choice(["1-1", "1-2", "2-1", "2-2"])
            down.add(link)
            t.fail(link)
            t.l2(link, K.BSNT, value=1)
            t.send("COA", f"{link[:2]}{3 - int(link[2])}", about=link, value=1)
            t.l2(link, K.RETRIEVAL_COMPLETE)
        elif second % 10 == 6:
            for link in down:
                t.in_service(link)
            down.clear()
        for _, word in t.messages:
            if word.startswith("CBD"):
                link = word.split()[1]
                t.send("CBA", word.rpartition(" ")[2], about=link, value=code_of(word), origin=t.far[int(link[0])])
    t.advance(5)
    got: dict[tuple[str, int], list[str]] = {}
    for _, word in t.messages:
        kind, sls, data, _, to, *_ = word.split() if word.startswith("MSU") else ("", "0", "", "", "")
        if kind == "MSU":
            got.setdefault((to, int(sls)), []).append(data.strip("{}"))
    assert got == sent
    t.no("PAUSE *")


# -- 13 invalid messages --------------------------------------------------------------------------------------------------------------


def unchanged(t: Tester) -> tuple[object, ...]:
    links = [(link.link, link.state, link.inhibited_locally, link.inhibited_remotely, link.changeover) for link in t.iut.links()]
    routes = [(route.dpc, route.accessible, route.links, route.held, [r.status for r in route.routes]) for route in t.iut.routes()]
    return (links, routes, t.iut.state)


def discards(t: Tester, *sends: tuple[str, dict[str, object]]) -> None:
    """Nothing of this is answered, and nothing changes."""
    before = unchanged(t)
    t.quiet_all()
    for name, how in sends:
        if "less" in how:
            t.cut(name, "1-1", **how)  # type: ignore[arg-type]
        else:
            t.send(name, "1-1", **how)  # type: ignore[arg-type]
        assert not t.messages, (name, how, t.messages)
    t.silent(3)
    assert unchanged(t) == before
    t.no("REQ *")
    t.no("STATUS *")


@case("13.1")
def invalid_heading_of_management(bits: int) -> None:
    t = Tester(bits=bits).up()
    for heading in range(256):
        if heading not in HEADINGS:
            discards(t, ("TRA", {"less": 0, "heading": heading}))


HEADINGS = {0x11, 0x21, 0x51, 0x61, 0x12, 0x22, 0x13, 0x23, 0x14, 0x34, 0x54, 0x15, 0x25, 0x17, 0x18, 0x28, 0x38, 0x48, 0x1A} | {
    h << 4 | 6 for h in range(1, 9)
}


@case("13.2")
def invalid_changeover_messages(bits: int) -> None:
    t = Tester(bits=bits).up()
    discards(
        t,
        ("COO", {"slc": 7, "value": 1}),
        ("COO", {"origin": "D", "value": 1}),
        ("COO", {"less": 1}),
        ("COA", {"less": 1}),
        ("ECO", {"slc": 7}),
        ("ECA", {"origin": "D"}),
    )


@case("13.3")
def invalid_changeback_messages(bits: int) -> None:
    t = Tester(bits=bits).up()
    discards(t, ("CBD", {"slc": 7}), ("CBD", {"less": 1}), ("CBA", {"origin": "D"}), ("CBA", {"less": 1}))


@case("13.4")
def invalid_changeback_code(bits: int) -> None:
    t = Tester(bits=bits).up("1-1")
    t.in_service("1-1")
    word = t.expect("CBD 1-1 {*} to B on 1-2")
    t.l4("B", 0, "held")
    t.send("CBA", "1-2", about="1-1", value=code_of(word) ^ 1)
    t.silent(0.3)
    t.send("CBA", "1-2", about="1-1", value=code_of(word))
    t.expect("MSU 0 {held} to B on 1-1")


@case("13.5")
def invalid_inhibition_messages(bits: int) -> None:
    t = Tester(bits=bits).up()
    names = ("LIN", "LUN", "LIA", "LUA", "LID", "LFU", "LLT", "LRT")
    discards(t, *[(name, {"slc": 7}) for name in names], *[(name, {"origin": "D"}) for name in names])


@case("13.6")
def invalid_transfer_control_messages(bits: int) -> None:
    t = Tester(bits=bits).up()
    discards(t, ("TFC", {"destination": "X"}), ("TFC", {"less": 1}), ("TFC", {"less": 2}))


@case("13.7")
def invalid_route_management_messages(bits: int) -> None:
    t = Tester("B", bits, congestion="national").up()
    discards(
        t,
        ("TFP", {"destination": "A"}),
        ("TFP", {"destination": "B"}),
        ("TFP", {"destination": "X"}),
        ("TFA", {"origin": "D", "destination": "D"}),
        ("TFP", {"origin": "D", "destination": "D"}),
        ("TFR", {"less": 1}),
        ("TFP", {"less": 2}),
    )


@case("13.8")
def invalid_route_set_test_messages(bits: int) -> None:
    t = Tester("D", bits).up()
    discards(t, ("RST", {"destination": "X"}), ("RST", {"origin": "E", "destination": "D"}), ("RSR", {"less": 1}))


@case("13.9")
def invalid_restart_allowed(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.advance(70)  # T19 is over: a good one would be answered
    discards(t, ("TRA", {"origin": "D"}), ("TRA", {"to": "D"}))


@case("13.10")
def invalid_heading_of_test(bits: int) -> None:
    t = Tester(bits=bits).up()
    for heading in range(256):
        if heading not in (0x11, 0x21):
            discards(t, ("COO", {"less": 0, "heading": heading, "service": SLT}))


@case("13.11")
def invalid_link_test_messages(bits: int) -> None:
    t = Tester(bits=bits).up()
    t.slt = False
    t.raw("1-1", sltm_of(t, "1-1", b"abc", slc=1))
    t.raw("1-1", sltm_of(t, "1-1", b"abc", origin="D"))
    head = encode_label(Label(SLT, NI, 0, t.points["A"], t.points["B"], 0), bits)
    for body in (b"\x11", b"\x11\x00", b"\x11\x00abc", b"\x11\x20abc", b"\x11\x40abc"):
        t.raw("1-1", head + body)
    t.silent()
    assert t.state("1-1").state == "available"


@case("13.12")
def invalid_user_part_unavailable(bits: int) -> None:
    t = Tester(bits=bits).up()
    discards(t, ("UPU", {"destination": "X"}), ("UPU", {"less": 1}), ("UPU", {"less": 2}))
