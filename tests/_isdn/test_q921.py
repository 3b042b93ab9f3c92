"""LAPD by clause of Q.921: two machines back to back and single machines fed with octets."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from q921_forms import FORMS, MS, Pair

from xunhu._isdn.q921_table import MDL_ERRORS, TRANSITIONS, Event, State
from xunhu.protocol.errors import LocalError


@pytest.fixture(params=list(FORMS))
def q(request: pytest.FixtureRequest) -> ModuleType:
    return FORMS[request.param]


def octets(link: Any) -> list[bytes]:
    """Frames that came out, everything else dropped."""
    return [o.octets for o in link.drain() if type(o).__name__ == "Frame"]


def codes(outputs: list[Any]) -> list[str]:
    return [o.code for o in outputs if type(o).__name__ == "MdlError"]


def names(outputs: list[Any]) -> list[str]:
    return [type(o).__name__ for o in outputs]


def h(text: str) -> bytes:
    return bytes.fromhex(text)


def established(q: ModuleType, **options: Any) -> Any:
    """A user side in state 7; frames of the network: command 02 01, response 00 01."""
    link = q.DataLink(False, **options)
    link.receive(h("02017f"), 0)
    assert [o.octets for o in link.drain() if isinstance(o, q.Frame)] == [h("020173")]
    assert link.state is State.MULTIPLE_FRAME_ESTABLISHED
    return link


# -- the table ---------------------------------------------------------------------------------------------------


def test_every_cell_is_there_once_with_action_and_clause() -> None:
    cells = [(row.state, row.event) for row in TRANSITIONS]
    assert len(cells) == len(set(cells)) == len(State) * len(Event)
    for row in TRANSITIONS:
        assert row.ends_in
        assert row.clause
        for q in FORMS.values():
            assert callable(getattr(q.DataLink, "_" + row.action))
    assert "".join(MDL_ERRORS) == "ABCDEFGHIJKLMNO"


def test_parameters_out_of_range_are_refused(q: ModuleType) -> None:
    for options in ({"k": 0}, {"k": 128}, {"n200": 0}, {"n201": 261}, {"t200_ms": 0}, {"t203_ms": 10}, {"tei": 127}):
        with pytest.raises(ValueError, match=r"range|T200"):
            q.DataLink(True, **options)


# -- §3: formats ---------------------------------------------------------------------------------------------------


def test_address_and_control_octets_of_both_sides(q: ModuleType) -> None:
    network, user = q.DataLink(True), q.DataLink(False)
    network.dl_establish_request(0)
    user.dl_establish_request(0)
    assert octets(network) == [h("02017f")]
    assert octets(user) == [h("00017f")]
    user.receive(h("02017f"), 0)  # collision: UA with F = 1, C/R of a response of the user
    assert octets(user) == [h("020173")]
    user.receive(h("000173"), 0)
    user.dl_data_request(b"abc", 0)
    assert octets(user) == [h("00010000") + b"abc"]
    user.receive(h("02010002") + b"xyz", 0)
    assert octets(user) == [h("02010102")]
    user.dl_unit_data_request(b"u", 0)
    user.dl_release_request(0)
    assert octets(user) == [h("000103") + b"u", h("000153")]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("02010d02", "L"),  # supervisory, not RR, RNR or REJ
        ("020167", "L"),  # unnumbered, M bits of nothing
        ("000100007f", "L"),  # I as a response
        ("00017f", "L"),  # SABME as a response: our own come back
        ("020173", "L"),  # UA as a command
        ("02017f00", "M"),
        ("02014300", "M"),
        ("00017300", "M"),
        ("0201010200", "N"),
        ("00018700", "N"),
        ("02010000" + "55" * 261, "O"),
        ("020103" + "55" * 261, "O"),
    ],
)
def test_frame_rejection_leads_to_reestablishment(q: ModuleType, frame: str, code: str) -> None:
    """§5.8.5, Table II.1 L M N O."""
    link = established(q)
    link.receive(h(frame), 0)
    out = link.drain()
    assert codes(out) == [code]
    assert out[-1] == q.Frame(h("00017f"))
    assert link.state is State.AWAITING_ESTABLISHMENT
    for state in ("", "dl_establish_request"):  # elsewhere it is reported and no more
        other = q.DataLink(False)
        if state:
            other.dl_establish_request(0)
        before = other.state
        other.drain()
        other.receive(h(frame), 0)
        assert names(other.drain()) == ["MdlError"]
        assert other.state is before


@pytest.mark.parametrize("frame", ["", "02", "0201", "030101", "0200010", "020100", "020101", "020001"])
def test_invalid_frames_are_dropped_silently(q: ModuleType, frame: str) -> None:
    """§2.9: too short, address without end."""
    link = established(q)
    link.receive(bytes.fromhex(frame if len(frame) % 2 == 0 else frame + "0"), 0)
    assert link.drain() == []
    assert link.counters["invalid"] == 1


def test_other_sapi_and_tei_are_not_ours(q: ModuleType) -> None:
    link = established(q)
    for frame in ("fcff0301", "06017f", "02037f", "02ff03"):
        link.receive(h(frame), 0)
    assert link.drain() == []
    assert link.counters["foreign"] == 4


# -- §5.5: establishment and release ---------------------------------------------------------------------------------


def test_5_5_1_establishment_and_5_5_3_release(q: ModuleType) -> None:
    pair = Pair(q).up()
    assert pair.said("a") == ["DlEstablishConfirm"]
    assert pair.said("b") == ["DlEstablishIndication"]
    pair.b.dl_release_request(pair.now)
    pair.run(100)
    assert pair.said("a")[1:] == ["DlReleaseIndication"]
    assert pair.said("b")[1:] == ["DlReleaseConfirm"]
    assert pair.a.next_deadline is None
    assert pair.b.next_deadline is None


def test_5_5_1_3_no_answer_to_sabme_n200_times(q: ModuleType) -> None:
    pair = Pair(q, fate=lambda name, n, frame: 0)
    pair.a.dl_establish_request(0)
    pair.run(3999)
    assert pair.log["a"] == []
    pair.run(2)
    assert pair.count["a"] == 4  # once and N200 times again
    assert pair.errors("a") == "G"
    assert pair.said("a") == ["DlReleaseIndication"]
    assert pair.a.state is State.TEI_ASSIGNED


def test_5_5_3_3_no_answer_to_disc_n200_times(q: ModuleType) -> None:
    pair = Pair(q).up()
    pair.fate = lambda name, n, frame: 0
    pair.a.dl_release_request(pair.now)
    pair.run(4001)
    assert pair.errors("a") == "H"
    assert pair.said("a")[-1] == "DlReleaseConfirm"


def test_5_5_1_2_dm_refuses_establishment(q: ModuleType) -> None:
    link = q.DataLink(False)
    link.dl_establish_request(0)
    link.drain()
    link.receive(h("00010f"), 1)  # F = 0: not the answer
    assert link.state is State.AWAITING_ESTABLISHMENT
    link.receive(h("00011f"), 1)
    assert names(link.drain()) == ["DlReleaseIndication"]
    assert link.next_deadline is None


def test_5_5_4_in_tei_assigned(q: ModuleType) -> None:
    link = q.DataLink(False)
    link.receive(h("020153"), 0)  # DISC with P = 1: DM with F = 1
    assert octets(link) == [h("02011f")]
    link.receive(h("020143"), 0)
    assert octets(link) == [h("02010f")]
    link.receive(h("000173"), 0)
    link.receive(h("000163"), 0)
    assert codes(link.drain()) == ["C", "D"]
    for frame in ("02010101", "02010000", "00018700000000000000"[:16], "00011f"):
        link.receive(h(frame), 0)
    assert link.drain() == []
    assert link.counters["ignored"] == 4
    link.receive(h("00010f"), 0)  # DM with F = 0: the peer wants us to establish
    assert octets(link) == [h("00017f")]


def test_5_5_5_collisions(q: ModuleType) -> None:
    pair = Pair(q)
    pair.a.dl_establish_request(0)
    pair.b.dl_establish_request(0)
    pair.run(100)
    assert pair.said("a") == pair.said("b") == ["DlEstablishConfirm"]
    pair.a.dl_release_request(pair.now)
    pair.b.dl_release_request(pair.now)
    pair.run(100)
    assert pair.said("a")[1:] == pair.said("b")[1:] == ["DlReleaseConfirm"]
    pair.a.dl_establish_request(pair.now)  # SABME against DISC: DM, and it is over
    pair.run(100)
    pair.a.dl_release_request(pair.now)
    pair.b.dl_establish_request(pair.now)
    pair.run(5000)
    assert pair.a.state is pair.b.state is State.TEI_ASSIGNED


def test_requests_that_cross_are_kept(q: ModuleType) -> None:
    link = q.DataLink(False)
    link.dl_release_request(0)
    assert names(link.drain()) == ["DlReleaseConfirm"]
    link.dl_establish_request(0)
    link.dl_release_request(0)  # Table D.1, state 5.2
    assert octets(link) == [h("00017f")]
    link.receive(h("000173"), 1)
    assert octets(link) == [h("000153")]
    assert link.state is State.AWAITING_RELEASE
    link.dl_establish_request(2)
    link.receive(h("000173"), 3)
    assert names(link.drain()) == ["DlReleaseConfirm", "Frame"]
    assert link.state is State.AWAITING_ESTABLISHMENT
    link.dl_release_request(4)
    link.receive(h("000173"), 5)
    link.dl_establish_request(6)
    link.dl_release_request(7)  # changed our mind: released it stays
    link.receive(h("000173"), 8)
    assert link.state is State.TEI_ASSIGNED


def test_line_lost(q: ModuleType) -> None:
    link = established(q)
    link.dl_data_request(b"x", 0)
    link.drain()
    link.ph_deactivate_indication(1)
    assert names(link.drain()) == ["DlReleaseIndication"]
    assert link.next_deadline is None
    assert link.queued == 0
    assert link.counters["discarded"] == 1


# -- §5.6: information transfer ----------------------------------------------------------------------------------------


def test_5_6_1_window_of_k(q: ModuleType) -> None:
    link = established(q)
    for i in range(9):
        assert link.dl_data_request(bytes([i]), 0)
    assert len(octets(link)) == 7
    link.receive(h("00010106"), 1)  # RR, N(R) = 3
    assert [f[2] >> 1 for f in octets(link)] == [7, 8]
    assert link.variables == (9, 3, 0)


def test_5_6_1_data_without_a_link_is_refused(q: ModuleType) -> None:
    link = q.DataLink(False)
    assert not link.dl_data_request(b"x", 0)
    link.dl_establish_request(0)
    assert not link.dl_data_request(b"x", 0)
    assert link.counters["data_refused"] == 2
    assert octets(link) == [h("00017f")]


def test_queue_and_length_limits_are_local_errors(q: ModuleType) -> None:
    link = established(q)
    for i in range(256):
        link.dl_data_request(b"", i)
    with pytest.raises(LocalError, match="256"):
        link.dl_data_request(b"", 0)
    with pytest.raises(LocalError, match="N201"):
        link.dl_data_request(bytes(261), 0)
    with pytest.raises(LocalError, match="N201"):
        link.dl_unit_data_request(bytes(261), 0)
    assert link.queued == 256


def test_sequence_numbers_go_round(q: ModuleType) -> None:
    pair = Pair(q).up()
    sent = [i.to_bytes(2, "big") for i in range(300)]
    for payload in sent:
        pair.a.dl_data_request(payload, pair.now)
        pair.b.dl_data_request(payload, pair.now)
        pair.run(20)
    assert pair.data("a") == pair.data("b") == sent
    assert pair.errors("a") == pair.errors("b") == ""


def test_frames_received_together_share_one_acknowledgement(q: ModuleType) -> None:
    link = established(q)
    for n in range(3):
        link.receive(bytes([2, 1, n << 1, 0, n]), 0)
    assert octets(link) == [h("02010106")]


def test_5_6_2_poll_is_answered_at_once(q: ModuleType) -> None:
    link = established(q)
    link.receive(h("0201000141"), 0)
    out = link.drain()
    assert names(out) == ["DlDataIndication", "Frame"]
    assert out[1].octets == h("02010103")  # RR, N(R) = 1, F = 1


def test_5_8_1_one_rej_at_a_time(q: ModuleType) -> None:
    link = established(q)
    link.receive(h("02010200"), 0)
    link.receive(h("02010400"), 0)
    assert octets(link) == [h("02010900")]
    link.receive(h("02010601"), 0)  # P = 1: RR with F = 1
    assert octets(link) == [h("02010101")]
    link.receive(h("02010000"), 0)
    link.receive(h("02010600"), 0)  # a new gap after the old was filled
    assert octets(link) == [h("02010902")]


def test_5_6_4_rej_sends_again(q: ModuleType) -> None:
    link = established(q)
    for i in range(3):
        link.dl_data_request(bytes([i]), 0)
    link.drain()
    link.receive(h("00010902"), 1)  # REJ, N(R) = 1
    assert [f[2] >> 1 for f in octets(link)] == [1, 2]
    assert link.counters["retransmitted"] == 2


def test_5_6_5_peer_busy(q: ModuleType) -> None:
    link = established(q)
    link.receive(h("00010500"), 0)
    link.dl_data_request(b"x", 0)
    assert link.drain() == []
    link.handle_timeout(1000 * MS)  # T200: asked with RR, P = 1
    assert octets(link) == [h("00010101")]
    link.receive(h("00010501"), 1001 * MS)  # still busy
    assert link.state is State.MULTIPLE_FRAME_ESTABLISHED
    assert link.drain() == []
    link.receive(h("00010100"), 1002 * MS)
    assert octets(link) == [h("00010000") + b"x"]


def test_5_6_6_own_busy(q: ModuleType) -> None:
    pair = Pair(q).up()
    pair.b.set_own_receiver_busy(True, pair.now)
    pair.b.set_own_receiver_busy(True, pair.now)
    pair.a.dl_data_request(b"one", pair.now)
    pair.run(3000)
    assert pair.data("b") == []
    assert pair.a.peer_busy
    pair.b.set_own_receiver_busy(False, pair.now)
    pair.run(3000)
    assert pair.data("b") == [b"one"]
    assert pair.errors("a") == ""


def test_own_busy_outlives_reestablishment(q: ModuleType) -> None:
    link = q.DataLink(False)
    link.set_own_receiver_busy(True, 0)
    link.receive(h("02017f"), 0)
    assert octets(link) == [h("020173"), h("02010500")]
    link.receive(h("0201000041"), 0)
    assert link.drain() == []
    link.receive(h("0201000141"), 0)
    assert octets(link) == [h("02010501")]


def test_5_6_7_timer_recovery(q: ModuleType) -> None:
    link = established(q)
    link.dl_data_request(b"x", 0)
    link.drain()
    link.handle_timeout(999 * MS)
    assert link.drain() == []
    link.handle_timeout(1000 * MS)
    assert link.state is State.TIMER_RECOVERY
    assert octets(link) == [h("00010101")]
    link.dl_data_request(b"y", 1001 * MS)  # waits for the answer
    assert link.drain() == []
    link.receive(h("00010101"), 1002 * MS)  # RR, F = 1, N(R) = 0: the frame was lost
    assert octets(link) == [h("00010000") + b"x", h("00010200") + b"y"]
    assert link.state is State.MULTIPLE_FRAME_ESTABLISHED


def test_5_6_7_n200_enquiries_then_reestablishment(q: ModuleType) -> None:
    pair = Pair(q).up()
    pair.fate = lambda name, n, frame: 0
    pair.a.dl_data_request(b"x", pair.now)
    pair.run(5001)
    assert pair.errors("a") == "I"
    assert pair.a.state is State.AWAITING_ESTABLISHMENT
    pair.fate = None
    pair.run(3000)
    assert pair.a.established
    # a frame was not acknowledged: layer 3 hears of it at both ends where something was lost
    assert pair.said("a") == ["DlEstablishConfirm", "DlEstablishIndication"]
    assert pair.errors("b") == "F"


def test_reestablishment_with_nothing_lost_is_not_told(q: ModuleType) -> None:
    pair = Pair(q).up()
    pair.fate = lambda name, n, frame: 0
    pair.run(15_000)  # T203, then enquiries
    assert "I" in pair.errors("a")
    pair.fate = None
    pair.a.dl_data_request(b"kept", pair.now)
    pair.run(3000)
    assert pair.said("a") == ["DlEstablishConfirm"]
    assert pair.data("b") == [b"kept"]


def test_5_10_3_supervision_by_t203(q: ModuleType) -> None:
    pair = Pair(q).up()
    before = dict(pair.count)
    pair.run(10_200)
    assert [f for _, f in pair.frames[sum(before.values()) :]][:1] != []
    assert pair.a.established
    assert pair.b.established
    assert pair.errors("a") == pair.errors("b") == ""
    pair.run(60_000)
    assert pair.count["a"] < before["a"] + 20


# -- §5.8, Appendix II: errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "code", "state"),
    [
        ("00010101", "A", State.MULTIPLE_FRAME_ESTABLISHED),
        ("00011f", "B", State.MULTIPLE_FRAME_ESTABLISHED),
        ("000173", "C", State.MULTIPLE_FRAME_ESTABLISHED),
        ("000163", "D", State.MULTIPLE_FRAME_ESTABLISHED),
        ("00010f", "E", State.AWAITING_ESTABLISHMENT),
        ("02017f", "F", State.MULTIPLE_FRAME_ESTABLISHED),
        ("00010104", "J", State.AWAITING_ESTABLISHMENT),
        ("0201000241", "J", State.AWAITING_ESTABLISHMENT),
        ("00018700000000000", "K", State.AWAITING_ESTABLISHMENT),
    ],
)
def test_appendix_ii_in_multiple_frame(q: ModuleType, frame: str, code: str, state: State) -> None:
    link = established(q)
    link.receive(bytes.fromhex(frame[:16]), 0)
    assert codes(link.drain()) == [code]
    assert link.state is state


@pytest.mark.parametrize(("frame", "code"), [("00011f", "B"), ("00010f", "E"), ("00010121", "J"), ("02010104", "J")])
def test_appendix_ii_in_timer_recovery(q: ModuleType, frame: str, code: str) -> None:
    link = established(q)
    link.handle_timeout(10_000 * MS)
    link.drain()
    assert link.state is State.TIMER_RECOVERY
    link.receive(h(frame), 10_001 * MS)
    assert codes(link.drain()) == [code]
    assert link.state is State.AWAITING_ESTABLISHMENT


def test_peer_reestablishes_with_frames_outstanding(q: ModuleType) -> None:
    """§5.7: layer 3 is told, for what was sent may be lost; what was not sent as well."""
    link = established(q)
    link.dl_data_request(b"x", 0)
    link.drain()
    link.receive(h("02017f"), 1)
    out = link.drain()
    assert names(out) == ["Frame", "MdlError", "DlEstablishIndication"]
    assert link.variables == (0, 0, 0)
    assert link.queued == 0


def test_ui_in_every_state(q: ModuleType) -> None:
    link = q.DataLink(False)
    for _ in range(2):
        link.receive(h("02010377"), 0)
        assert link.drain() == [q.DlUnitDataIndication(b"w")]
        link.dl_establish_request(0)
        link.drain()


def test_xid_is_ignored(q: ModuleType) -> None:
    link = established(q)
    link.receive(h("0201bf828000"), 0)
    assert link.drain() == []
    assert link.counters["ignored"] == 1
