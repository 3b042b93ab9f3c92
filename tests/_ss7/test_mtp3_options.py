"""What Q.782 has no case for: national options, several own point codes, bounds, measurements, alarms."""

from __future__ import annotations

import pytest
from q782_cases_links import answer, sltm_of
from q782_tester import NI, K, Tester

from xunhu._ss7.mtp3 import Mtp3
from xunhu._ss7.mtp3_messages import Label, decode_label, encode_label, label_octets
from xunhu._ss7.mtp3_traffic import WAITING_LIMIT
from xunhu._ss7.mtp_primitives import LinkRequest, LinkRequestKind, TransferIndication


def test_low_priorities_are_discarded_on_a_congested_link() -> None:
    """Networks with priorities, §3.8.2.4: below the level the origin is told, below the level before it they are discarded."""
    t = Tester(congestion="national-priorities").up()
    t.l2("1-1", K.TRANSMIT_CONGESTION, value=2)
    for priority in range(4):
        t.l4("B", 0, str(priority), priority)
    assert [word for _, word in t.messages] == [f"MSU 0 {{{n}}} to B on 1-1" for n in (1, 2, 3)]
    t.ind("STATUS B CONGESTED user -1 level 2")
    t.no("STATUS *")
    assert t.state("1-1").counters["discarded: congestion"] == 1


def test_priorities_are_in_the_octet_only_where_the_network_has_them() -> None:
    """§14.2.1: elsewhere those bits are spare."""
    for congestion, bits in (("international", 0), ("national", 0), ("national-priorities", 2)):
        t = Tester(congestion=congestion).up()
        t.iut.transfer_request(5, t.points["A"], t.points["B"], 0, 2, b"x", t.now)
        (request,) = t.iut.drain()
        assert decode_label(request.octets, 14).priority == bits


@pytest.mark.parametrize(("congestion", "level"), [("international", 0), ("national", 2), ("national-priorities", 2)])
def test_tfc_has_the_level_where_there_are_several(congestion: str, level: int) -> None:
    t = Tester("D", congestion=congestion).up()
    t.l2("2-1", K.TRANSMIT_CONGESTION, value=2)
    t.msu("3-1", to="D")
    assert t.messages[0][1].startswith(f"TFC D {{{level}}} to F" if level else "TFC D to F")


def test_management_messages_pass_a_congested_link_of_a_transfer_point() -> None:
    t = Tester("D", congestion="national-priorities").up()
    t.l2("2-1", K.TRANSMIT_CONGESTION, value=3)
    t.send("TRA", "3-1", to="D")
    t.expect("TRA to D on 2-1")
    t.send("RCT", "3-1", to="D")  # priority 0: told that the level is still that high, and discarded
    t.expect("TFC D {3} to F on 3-1")
    t.silent()


@pytest.mark.parametrize("congestion", ["national", "international"])
def test_a_link_that_stays_congested_is_taken_down(congestion: str) -> None:
    t = Tester(congestion=congestion).up()
    t.l2("1-1", K.TRANSMIT_CONGESTION, value=1)
    t.advance(50)
    t.l2("1-1", K.TRANSMIT_CONGESTION, value=2)  # T31 anew
    t.advance(50)
    t.no("REQ 1-1 STOP")
    t.advance(20)
    if congestion == "national":
        t.ind("REQ 1-1 STOP")
        t.ind("MNT link-false-congestion LS1/0")
        t.ind("REQ 1-1 START")
    else:
        t.no("REQ 1-1 STOP")


def test_tfr_is_told_after_t11_on_a_less_efficient_route() -> None:
    """§13.4.2: D is reached by B for longer than T11, then by C again."""
    t = Tester("D", congestion="national").up()
    t.send("TFP", "2-1", destination="D")
    t.quiet_all()
    t.expect("RST D to C on 2-1", (30, 60))
    t.expect("TFR D to *", (0, 60))
    assert {word for _, word in t.messages} == {"TFR D to F on 3-1"}
    t.messages.clear()
    t.send("RST", "3-1", destination="D")
    t.expect("TFR D to F on 3-1")
    t.send("RSR", "3-1", destination="D")
    t.silent()
    t.send("TFA", "2-1", destination="D")
    t.advance(1.2)
    words = {word for _, word in t.messages}
    assert {"TFA D to F on 3-1", "TFA D to B on 1-1", "TFP D to C on 2-1"} <= words
    t.messages.clear()
    t.silent(200)  # T11 is over with


def test_no_tfr_when_the_better_route_is_back_before_t11() -> None:
    t = Tester("D", congestion="national").up()
    t.send("TFP", "2-1", destination="D")
    t.advance(5)
    t.send("TFA", "2-1", destination="D")
    t.advance(5)
    t.quiet_all()
    t.silent(200)


def test_a_message_that_would_go_back_is_discarded() -> None:
    """No circular routes: D is routed over C, and C sends us messages for D."""
    t = Tester("D").up()
    t.msu("2-1", origin="E", to="D")
    t.expect("TFP D to C on 2-1")
    for _ in range(10):
        t.msu("2-1", origin="E", to="D")
    t.silent(0.5)
    assert t.iut.counters["discarded: circular route"] == 11


def test_a_user_of_an_alias() -> None:
    """The adjacent point knows us by another of our codes: management and tests use that, users either."""
    node = Mtp3(1, 2, 14, aliases=(9,))
    node.add_linkset(0, "L", 2, own=9)
    node.add_link(0, 0, 0)
    node.attach_user(5)
    node.start(0)
    node.activate_link(0, 0)
    node.link_indication(0, K.IN_SERVICE, b"", 0, 0)
    sltm = next(o for o in node.drain() if isinstance(o, LinkRequest) and o.kind == LinkRequestKind.MESSAGE)
    assert decode_label(sltm.octets, 14).opc == 9
    for own in (1, 9):
        node.link_indication(0, 0, encode_label(Label(5, 2, 0, own, 2, 0), 14) + b"x", 0, 0)
        (got,) = [o for o in node.drain() if isinstance(o, TransferIndication)]
        assert (got.dpc, got.opc, got.octets) == (own, 2, b"x")


def test_the_octet_behind_wide_codes_is_the_users() -> None:
    """GF 001-9001: TUP has the middle of its CIC in the upper half; routing takes the lower."""
    t = Tester("D", 24).up()
    found = {}
    for octet in (0x07, 0xA7):
        t.iut.transfer_request(5, t.points["A"], t.points["B"], octet, 0, b"x", t.now)
        (request,) = t.iut.drain()
        assert request.octets[label_octets(24) - 1] == octet
        found[octet] = request.link
        head = encode_label(Label(5, NI, 0, t.points["A"], t.points["F"], 7), 24)
        t.iut.link_indication(300, 0, head[:-1] + bytes((octet,)) + b"x", 0, t.now)
        (indication,) = t.iut.drain()
        assert indication.sls == octet
        transit = encode_label(Label(5, NI, 0, t.points["D"], t.points["F"], 7), 24)
        t.iut.link_indication(300, 0, transit[:-1] + bytes((octet,)) + b"x", 0, t.now)
        (passed,) = t.iut.drain()
        assert passed.octets == transit[:-1] + bytes((octet,)) + b"x"
    assert found[0x07] == found[0xA7]


def test_held_messages_are_bounded() -> None:
    t = Tester().up()
    t.fail("1-1")
    held = next(sls for sls, link in enumerate(t.iut.routes()[0].links) if link == 100)
    for n in range(WAITING_LIMIT + 10):
        t.l4("B", held, str(n))
    assert t.iut.counters["discarded: too many wait"] == 10
    t.advance(3)
    assert len([word for _, word in t.messages if word.startswith("MSU")]) == WAITING_LIMIT


def test_origins_of_upu_are_bounded() -> None:
    """A flood of messages of ever new origins for a user part that is not there."""
    t = Tester("D").up()
    for n in range(5000):
        head = encode_label(Label(6, NI, 0, t.points["A"], n, 0), 14)
        t.raw("1-1", head + b"x")
    t.advance(0.1)
    assert len(t.iut._distribution._told) <= 64
    assert t.iut.counters["discarded: no user part"] == 5000


def test_malformed_messages_are_told_once_a_minute() -> None:
    t = Tester().up()
    for _ in range(50):
        t.raw("1-1", b"\x80")
        t.cut("COO", "1-1", less=1)
    assert len([word for _, word in t.others if word.startswith("MNT malformed-message")]) == 1
    assert t.iut.counters["malformed"] == 100
    t.advance(61)
    t.raw("1-1", b"")
    assert len([word for _, word in t.others if word.startswith("MNT malformed-message")]) == 2


def test_lines_that_were_exchanged_are_told() -> None:
    """A test message with another link's code comes in: an alarm, no answer, and the link never comes into use."""
    t = Tester()
    t.slt = False
    t.do(t.iut.start)
    t.do(t.iut.activate_link, 100)
    t.in_service("1-1")
    word = t.expect("SLTM *")
    t.raw("1-1", sltm_of(t, "1-1", b"abc", slc=1))
    t.ind("MNT link-test-mismatch LS1/0")
    t.raw("1-1", sltm_of(t, "1-1", b"abc"))
    t.ind("MNT link-test-mismatch cleared LS1/0")
    t.expect("SLTA *")
    answer(t, "1-1", word)
    assert t.state("1-1").state == "available"


def test_durations_and_counters_of_a_link() -> None:
    t = Tester().up()
    before = t.state("1-1").counters
    t.fail("1-1")
    t.l2("1-1", K.BSNT, value=1)
    t.advance(30)
    t.in_service("1-1")
    t.advance(10)
    after = t.state("1-1").counters
    assert after["failures"] - before.get("failures", 0) == 1
    assert after["failures: error rate"] == 1
    assert after["changeovers"] == after["changebacks"] == 1
    t.msu("1-1")  # so that the last call is of this moment
    assert t.state("1-1").counters["unavailable ms"] - before["unavailable ms"] == 30_000
    assert t.state("1-1").received_msus > 1


def test_durations_of_linkset_and_route() -> None:
    t = Tester().up()
    t.fail("1-1", "1-2")
    t.advance(30)
    t.in_service("1-1")
    t.send("TRA", "1-1")
    (linkset,), (route,) = t.iut.linksets(), t.iut.routes()
    assert linkset.state == "available"
    assert linkset.available == (100,)
    assert linkset.counters["unavailable ms"] == route.counters["unavailable ms"] == 30_000
    assert linkset.counters["failures"] == route.counters["unavailable"] == 1
    assert t.iut.counters["restarts"] == 2


def test_alarms_have_their_end() -> None:
    t = Tester().up()
    t.fail("1-1", "1-2")
    raised = {tuple(word.split()[1:]) for _, word in t.others if word.startswith("MNT") and "restart" not in word}
    assert {code for code, *_ in raised} == {"link-failure", "linkset-unavailable", "route-unavailable"}
    t.quiet_all()
    t.advance(2)
    t.in_service("1-1", "1-2")
    t.send("TRA", "1-1")
    cleared = {(word.split()[1], *word.split()[3:]) for _, word in t.others if " cleared " in word}
    assert cleared == raised


def test_restart_of_a_link_in_emergency() -> None:
    t = Tester().up()
    t.do(t.iut.restart_link, 100, True)
    t.ind("REQ 1-1 STOP")
    t.ind("REQ 1-1 EMERGENCY", (0.8, 1.5))
    t.ind("REQ 1-1 START")
    t.in_service("1-1")
    t.advance(3)
    t.do(t.iut.restart_link, 100, False)
    t.ind("REQ 1-1 EMERGENCY_CEASES", (0.8, 1.5))


def test_removing_links_linksets_and_routes() -> None:
    t = Tester("B").up()
    t.do(t.iut.remove_route, t.points["D"], 1)
    assert set(t.path("D").values()) == {"2-1"}
    t.do(t.iut.remove_route, t.points["E"])
    assert not t.iut.accessible(t.points["E"])
    t.ind("PAUSE E")
    t.do(t.iut.remove_link, 100)
    t.changeover("1-1", "2-1")
    t.ind("MNT link-removed LS1/0")
    assert [link.link for link in t.iut.links()] == [200]
    assert set(t.path("B").values()) == {"2-1"}
    t.do(t.iut.remove_linkset, 1)
    assert [linkset.linkset for linkset in t.iut.linksets()] == [2]
    assert t.points["E"] not in [route.dpc for route in t.iut.routes()]
    t.do(t.iut.add_linkset, 1, "LS1", t.points["B"])
    t.do(t.iut.add_link, 100, 1, 0, False)
    t.ind("REQ 1-1 POWER_ON")
    t.do(t.iut.activate_link, 100)
    t.in_service("1-1")
    t.changeback("1-1", "2-1")
    assert set(t.path("B").values()) == {"1-1"}
