"""CDRs from events: the parts add up, transfers change neither caller nor recording."""

from hypothesis import given
from hypothesis import strategies as st

from xunhu.ledger import Event
from xunhu.records.cdr import Cdr, CdrProjection


def feed(rows: list[tuple[float, str, dict[str, object]]]) -> list[Cdr]:
    projection = CdrProjection()
    out: list[Cdr] = []
    for seq, (at, kind, data) in enumerate(rows, 1):
        out += [Cdr.decode(row) for row in projection.feed(Event(seq, int(at * 1e9), kind, "c1", "", data))]
    return out


def test_flow_then_agent_then_transfer() -> None:
    (cdr,) = feed(
        [
            (0.0, "call.new", {"direction": "in", "calling": "13800138000", "called": "4006000998", "trunk": "Trunk0"}),
            (0.0, "leg.new", {"leg": "A", "role": "caller", "calling": "13800138000", "called": "4006000998"}),
            (0.0, "call.route", {"target": "flow:main"}),
            (0.5, "leg.answered", {"leg": "A"}),
            (0.5, "flow.start", {"flow": "main", "version": "ab"}),
            (0.5, "flow.node", {"node": "1"}),
            (0.6, "rec.start", {"path": "r.wav"}),
            (4.0, "leg.digit", {"leg": "A", "digit": "2"}),
            (4.5, "leg.new", {"leg": "B", "role": "callee", "called": "8001"}),
            (10.0, "leg.answered", {"leg": "B"}),
            (10.0, "call.bridged", {"legs": ["A", "B"]}),
            (20.0, "call.unbridged", {"legs": ["A", "B"]}),
            (20.0, "call.transferred", {"how": "blind"}),
            (20.0, "leg.new", {"leg": "C", "role": "callee", "called": "8002"}),
            (25.0, "leg.answered", {"leg": "C"}),
            (25.0, "call.bridged", {"legs": ["A", "C"]}),
            (60.0, "call.ended", {"cause": 16, "by": "caller"}),
        ]
    )
    assert (cdr.ring_s, cdr.flow_s, cdr.wait_s, cdr.talk_s) == (0.5, 4.0, 10.5, 45.0)
    assert cdr.duration_s == 60.0
    assert cdr.parties == ["8001", "8002"]
    assert (cdr.transfers, cdr.recordings, cdr.digits, cdr.nodes) == (1, ["r.wav"], "2", ["1"])
    assert (cdr.cause, cdr.released_by, cdr.route) == (16, "caller", "flow:main")
    assert cdr.start == "1970-01-01T00:00:00.000Z"
    assert cdr.answer == "1970-01-01T00:00:00.500Z"


def test_unanswered() -> None:
    (cdr,) = feed([(1.0, "call.new", {}), (3.25, "call.ended", {"cause": 17, "by": "called"})])
    assert (cdr.ring_s, cdr.duration_s, cdr.answer, cdr.cause) == (2.25, 2.25, "", 17)


def test_digits_one_by_one_make_the_called_number() -> None:
    (cdr,) = feed(
        [
            (0.0, "call.new", {"called": "80"}),
            (1.0, "call.route", {"target": "extension:8001", "called": "8001"}),
            (2.0, "call.ended", {"cause": 16, "by": "caller"}),
        ]
    )
    assert cdr.called == "8001"


KINDS = ["leg.new", "leg.answered", "leg.released", "call.bridged", "call.unbridged", "call.transferred"]


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from("ABC"), st.integers(0, 5_000_000_000)), max_size=40))
def test_the_parts_add_up(walk: list[tuple[str, str, int]]) -> None:
    projection = CdrProjection()
    now = 0
    projection.feed(Event(1, 0, "call.new", "c", "", {}))
    for seq, (kind, leg, step) in enumerate(walk, 2):
        now += step
        role = "caller" if leg == "A" else "callee"
        assert projection.feed(Event(seq, now, kind, "c", "", {"leg": leg, "role": role, "legs": [leg]})) == []
    (row,) = projection.feed(Event(99, now, "call.ended", "c", "", {"cause": 16}))
    cdr = Cdr.decode(row)
    assert abs(cdr.ring_s + cdr.flow_s + cdr.wait_s + cdr.talk_s - cdr.duration_s) < 1e-6
    assert abs(cdr.duration_s - now / 1e9) < 0.003
