"""Random events: nothing raises, every change of state is one of the tables, routing tables agree with themselves, two nodes agree after quiet."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_mtp3_three_nodes import ENDS, check_rows, three

from xunhu._ss7.mtp3 import Mtp3
from xunhu._ss7.mtp3_messages import MANAGEMENT_MESSAGES, SLT, SNM, TEST_MESSAGES, Body, Label, Message, encode_message
from xunhu._ss7.mtp3_tables import MACHINES
from xunhu._ss7.mtp3_timers import MTP3_TIMERS, OPTIONS, Timer, row_name
from xunhu._ss7.mtp_primitives import LinkIndicationKind, LinkRequest, LinkRequestKind
from xunhu.protocol.errors import LocalError

MS = 1_000_000
LINKS = (0, 1, 2, 3)
POINTS = (2, 3, 4, 5)  # 2 and 3 adjacent


def station(bits: int, transfer: bool, congestion: str) -> Mtp3:
    mtp3 = Mtp3(1, 2, bits, transfer=transfer, congestion=congestion, aliases=(9,), name="n")
    for linkset, adjacent in ((0, 2), (1, 3)):
        mtp3.add_linkset(linkset, f"L{linkset}", adjacent)
        for slc in (0, 1):
            mtp3.add_link(2 * linkset + slc, linkset, slc)
    for point in (4, 5):
        mtp3.add_route(point, 0, 0)
        mtp3.add_route(point, 1, point - 4)
    mtp3.add_route(2, 1, 3)
    mtp3.attach_user(5)
    return mtp3


def consistent(mtp3: Mtp3) -> None:
    """What must hold after every event."""
    core = mtp3._core
    held = 0
    for destination in core.destinations.values():
        assert destination.accessible == (core.running and any(route.usable() for route in destination.routes))
        for sls in range(16):
            on, by, link = destination.current[sls], destination.held[sls], destination.table[sls]
            assert link is (on if by is None else None)
            if by is None:
                assert not destination.waiting[sls]
                if destination.accessible:
                    assert on.usable
                    route = destination.route_by(on.linkset)
                    assert route is not None
                    assert route.usable()
                else:
                    assert on is None
            else:
                assert by.flows[destination.point * 16 + sls] is destination
                held += 1
    moves = list(core.diversion.moves.values())
    changeovers = [link.held for link in core.links.values() if link.held is not None]
    assert held == sum(len(held_by.flows) for held_by in (*moves, *changeovers))
    assert all(move.flows for move in moves)
    for link in core.links.values():
        if link.held is not None and link.held.flows:
            assert link.changeover != 0, link
        assert (link in link.linkset.carriers) == link.usable
    assert core.traffic.waiting == sum(len(m) for d in core.destinations.values() for m in d.waiting)


MESSAGES = [*MANAGEMENT_MESSAGES.values(), *TEST_MESSAGES.values()]
EVENTS = st.one_of(
    st.tuples(st.just("level 2"), st.sampled_from(LINKS), st.sampled_from(list(LinkIndicationKind)[1:]), st.integers(-1, 127)),
    st.tuples(
        st.just("message"), st.sampled_from(LINKS), st.sampled_from(MESSAGES), st.sampled_from((2, 3, 4, 9)), st.sampled_from((1, 9, 4)),
        st.integers(0, 2), st.integers(0, 3), st.sampled_from((1, *POINTS, 77)),
    ),
    st.tuples(st.just("octets"), st.sampled_from(LINKS), st.binary(max_size=20)),
    st.tuples(st.just("user"), st.sampled_from(LINKS), st.sampled_from((2, 4, 77)), st.sampled_from((1, 4, 5, 2)), st.integers(0, 15)),
    st.tuples(st.just("send"), st.sampled_from((*POINTS, 77)), st.integers(0, 15), st.integers(0, 3)),
    st.tuples(
        st.just("manage"),
        st.sampled_from(("activate_link", "deactivate_link", "inhibit_link", "uninhibit_link", "restart_link", "local_processor_outage")),
        st.sampled_from(LINKS), st.booleans(),
    ),
    st.tuples(st.just("time"), st.sampled_from((1, 300, 900, 2_000, 30_000, 70_000))),
    st.tuples(st.just("good"), st.sampled_from(LINKS)),
    st.tuples(st.just("restart allowed"), st.sampled_from((0, 2))),
    st.tuples(st.just("configure"), st.integers(0, 5), st.sampled_from(LINKS), st.sampled_from(POINTS), st.integers(0, 3)),
)  # fmt: skip


class Walk:
    def __init__(self, bits: int, transfer: bool, congestion: str) -> None:
        self.bits = bits
        self.now = 0
        self.rows: list[tuple[Any, ...]] = []
        self.mtp3 = station(bits, transfer, congestion)
        self.mtp3._core.trace = lambda key, subject, *rest: self.rows.append((key, *rest))
        self.mtp3.start(0)
        self.tests: dict[int, bytes] = {}
        self.refused: list[str] = []  # our own caller's mistakes

    def point_of(self, link: int) -> int:
        return 2 + link // 2

    def run(self, event: tuple[Any, ...]) -> None:
        getattr(self, "_" + event[0].replace(" ", "_"))(*event[1:])
        for output in self.mtp3.drain():
            if isinstance(output, LinkRequest) and output.kind == LinkRequestKind.MESSAGE and output.octets[0] & 15 == SLT:
                self.tests[output.link] = output.octets
        consistent(self.mtp3)

    def _level_2(self, link: int, kind: LinkIndicationKind, value: int) -> None:
        octets = bytes((0x85, *range(12))) if kind == LinkIndicationKind.RETRIEVED else b""
        self.mtp3.link_indication(link, kind, octets, value, self.now)

    def _message(self, link: int, row: Any, opc: int, dpc: int, slc: int, value: int, destination: int) -> None:
        label = Label(SNM if row.name in MANAGEMENT_MESSAGES else SLT, 2, 0, dpc, opc, slc)
        has = row.body in (Body.DESTINATION, Body.CONGESTED, Body.USER)
        message = Message(row.name, label, value if row.body is not Body.NOTHING else 0, destination if has else 0, b"ab" if row.body is Body.TEST else b"")
        self.mtp3.link_indication(link, 0, encode_message(message, self.bits), 0, self.now)

    def _octets(self, link: int, octets: bytes) -> None:
        self.mtp3.link_indication(link, 0, octets, 0, self.now)

    def _user(self, link: int, opc: int, dpc: int, sls: int) -> None:
        from xunhu._ss7.mtp3_messages import encode_label

        octets = encode_label(Label(5, 2, 0, dpc, opc, sls), self.bits) + b"x"
        self.mtp3.link_indication(link, 0, octets, 0, self.now)

    def _send(self, dpc: int, sls: int, priority: int) -> None:
        self.mtp3.transfer_request(5, 1, dpc, sls, priority, b"data", self.now)

    def _manage(self, name: str, link: int, flag: bool) -> None:
        method = getattr(self.mtp3, name)
        try:
            if name in ("restart_link", "local_processor_outage"):
                method(link, flag, self.now)
            else:
                method(link, self.now)
        except LocalError:
            assert link not in self.mtp3._core.links or self.mtp3._core.links[link].removing

    def _time(self, ms: int) -> None:
        end = self.now + ms * MS
        while True:
            due = self.mtp3.next_deadline
            if due is None or due > end:
                break
            self.now = max(self.now, due)
            self.mtp3.handle_timeout(self.now)
            consistent(self.mtp3)
        self.now = end

    def _good(self, link: int) -> None:
        """As far as it goes: the link comes into service."""
        if link not in self.mtp3._core.links or self.mtp3._core.links[link].removing:
            return
        self.mtp3.activate_link(link, self.now)
        self._level_2(link, LinkIndicationKind.IN_SERVICE, 0)
        self.run(("time", 0))
        sltm = self.tests.get(link)
        if sltm is not None:
            from xunhu._ss7.mtp3_messages import decode_message

            asked = decode_message(sltm, self.bits)
            label = Label(SLT, 2, 0, 1, asked.label.dpc, asked.slc)
            self.mtp3.link_indication(link, 0, encode_message(Message("SLTA", label, pattern=asked.pattern), self.bits), 0, self.now)

    def _restart_allowed(self, link: int) -> None:
        label = Label(SNM, 2, 0, 1, self.point_of(link), 0)
        self.mtp3.link_indication(link, 0, encode_message(Message("TRA", label), self.bits), 0, self.now)

    def _configure(self, what: int, link: int, point: int, priority: int) -> None:
        mtp3 = self.mtp3
        try:
            if what == 0:
                mtp3.remove_link(link, self.now)
            elif what == 1:
                mtp3.add_link(link, link // 2, link % 2, now=self.now)
            elif what == 2:
                mtp3.add_route(point, link // 2, priority, self.now)
            elif what == 3:
                mtp3.remove_route(point, link // 2, self.now)
            elif what == 4:
                mtp3.deactivate_linkset(link // 2, self.now)
            else:
                mtp3.activate_linkset(link // 2, self.now)
        except LocalError as error:
            self.refused.append(str(error))


@pytest.mark.parametrize("congestion", list(OPTIONS))
@pytest.mark.parametrize("transfer", [False, True])
@settings(max_examples=60, deadline=None)
@given(bits=st.sampled_from((14, 24)), events=st.lists(EVENTS, max_size=60), ready=st.booleans())
def test_any_walk(transfer: bool, congestion: str, bits: int, events: list[tuple[Any, ...]], ready: bool) -> None:
    walk = Walk(bits, transfer, congestion)
    if ready:
        for link in LINKS:
            walk.run(("good", link))
        walk.run(("restart allowed", 0))
        walk.run(("restart allowed", 2))
        assert walk.mtp3.state == "RUNNING"
    for event in events:
        walk.run(event)
    for key, state, event, after, _ in walk.rows:
        assert after in ENDS[key, state, event], (key, state, event, after)
    # everything given up: no timer is left, nothing waits
    for link in list(walk.mtp3._core.links):
        walk.mtp3.deactivate_link(link, walk.now)
    walk.run(("time", 400_000))
    core = walk.mtp3._core
    assert core.traffic.waiting == 0
    assert not core.diversion.moves
    left = {Timer(name) for index in core.subjects for name in core.timers.names(index)}
    assert left <= {Timer.T22, Timer.T23}, left  # marks of inhibited links outlive the links


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_nodes_agree_after_quiet(data: st.DataObject) -> None:
    """Three nodes, faults and commands in any order; when all lines are whole and all is wanted, every node sees every other, and the marks of
    inhibited links agree."""
    net = three()
    lines = list(net.lines)
    for _ in range(data.draw(st.integers(1, 12))):
        name = data.draw(st.sampled_from(lines))
        line = net.lines[name]
        end = line.ends[data.draw(st.integers(0, 1))]
        mtp3 = end.node.mtp3
        what = data.draw(st.sampled_from(("cut", "mend", "inhibit", "uninhibit", "deactivate", "activate", "restart")))
        if what == "cut":
            line.cut(data.draw(st.integers(0, 300)) * MS, data.draw(st.integers(0, 300)) * MS)
        elif what == "mend":
            line.mend()
        elif what == "restart":
            mtp3.restart_link(end.number, False, net.now)
        else:
            getattr(mtp3, f"{what}_link")(end.number, net.now)
        end.node.pump()
        net.run(data.draw(st.sampled_from((0.0, 0.1, 0.6, 1.5, 5.0))))
    for line in net.lines.values():
        line.mend()
        for end in line.ends:
            end.node.mtp3.activate_link(end.number, net.now)
            end.node.pump()
    net.run(800)  # restart, and two rounds of T22 and T23
    check_rows(net)
    assert all(route.accessible for node in net.nodes.values() for route in node.mtp3.routes())
    for line in net.lines.values():
        a, b = (next(s for s in end.node.mtp3.links() if s.link == end.number) for end in line.ends)
        assert a.inhibited_locally == b.inhibited_remotely
        assert a.inhibited_remotely == b.inhibited_locally
        assert (a.state == "available") == (not a.inhibited_locally and not a.inhibited_remotely)


def test_tables_are_complete() -> None:
    for machine in MACHINES:
        cells = {(row.state, row.event) for row in machine.rows}
        assert cells == {(state, event) for state in machine.states for event in machine.events}, machine.key
        assert len(machine.rows) == len(cells)
        assert all(row.clause and row.ends_in for row in machine.rows)


def test_timers_are_within_their_ranges() -> None:
    for row in MTP3_TIMERS.values():
        assert row.minimum_ms is not None
        assert row.maximum_ms is not None
        assert row.minimum_ms <= row.default_ms <= row.maximum_ms
    assert {row_name(timer) for timer in Timer} == set(MTP3_TIMERS)
    with pytest.raises(ValueError, match="T1 = 100 ms is out of range"):
        Mtp3(1, 2, 14, timers_ms={"T1": 100})


def test_timers_given_are_used() -> None:
    mtp3 = Mtp3(1, 2, 14, timers_ms={"T17": 900})
    mtp3.add_linkset(0, "L", 2)
    mtp3.add_link(0, 0, 0)
    mtp3.activate_link(0, 0)
    assert mtp3.next_deadline is None  # level 2 aligns, by its own timers
    mtp3.link_indication(0, LinkIndicationKind.OUT_OF_SERVICE, b"", 1, 7)
    assert mtp3.next_deadline == 7 + 900 * MS


@pytest.mark.parametrize(
    "wrong",
    [
        {"own": 1 << 14},
        {"ni": 4},
        {"bits": 16},
        {"congestion": "regional"},
        {"aliases": (1 << 14,)},
        {"sls_rotation": 4},
    ],
)
def test_wrong_values_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(LocalError):
        Mtp3(**{"own": 1, "ni": 2, "bits": 14, **wrong})


def test_wrong_requests_are_refused() -> None:
    mtp3 = station(14, False, "international")
    for values in ((5, 2, 4, 0, 0, b""), (2, 1, 4, 0, 0, b""), (5, 1, 4, 16, 0, b""), (5, 1, 4, 0, 4, b""), (5, 1, 4, 0, 0, bytes(269))):
        with pytest.raises(LocalError):
            mtp3.transfer_request(*values, 0)
    mtp3.transfer_request(5, 9, 4, 0, 0, bytes(268), 0)  # an alias, and the longest
    for call, arguments in (
        (mtp3.add_linkset, (0, "again", 7)),
        (mtp3.add_linkset, (7, "own", 1)),
        (mtp3.add_linkset, (7, "alias", 9)),
        (mtp3.add_linkset, (7, "large", 1 << 14)),
        (mtp3.remove_linkset, (0,)),
        (mtp3.remove_linkset, (7,)),
        (mtp3.add_link, (0, 0, 5)),
        (mtp3.add_link, (9, 0, 0)),
        (mtp3.add_link, (9, 0, 16)),
        (mtp3.add_link, (9, 7, 0)),
        (mtp3.remove_link, (9,)),
        (mtp3.add_route, (4, 7, 0)),
        (mtp3.add_route, (1, 0, 0)),
        (mtp3.remove_route, (77,)),
        (mtp3.remove_route, (3,)),
        (mtp3.attach_user, (2,)),
        (mtp3.activate_link, (9, 0)),
        (mtp3.inhibit_link, (9, 0)),
        (mtp3.activate_linkset, (9, 0)),
    ):
        with pytest.raises(LocalError):
            call(*arguments)


def test_sls_rotation_turns_which_links_share() -> None:
    """The second point of a row that shares load by the same four bits chooses by others."""
    found = []
    for rotation in (0, 1):
        mtp3 = Mtp3(1, 2, 14, sls_rotation=rotation)
        mtp3.add_linkset(0, "L", 2)
        for slc in (0, 1):
            mtp3.add_link(slc, 0, slc)
        core = mtp3._core
        core.running = True
        for link in core.links.values():
            link.usable = True
        core.linksets[0].refresh()
        core.neighbours[2].open = True
        destination = core.destinations[2]
        assert destination.choose()
        found.append([destination.target(sls, core.rotation).slc for sls in range(16)])
    assert found[0] == [0, 1] * 8
    assert found[1] == [0] * 8 + [1] * 8
