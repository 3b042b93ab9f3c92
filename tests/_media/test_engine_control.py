"""The engine and its control: commands refused, links, alarms, overload, lost events, and hostile records."""

import errno
import random
import socket
import struct
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu._media import engine as media
from xunhu._media.engine import Engine, Event

LOOP = [{"number": 0, "driver": "loop", "peer": 1}]
POOL = media.LINE_PORTS
TONE = [(450.0, 0.0, -10.0, -99.0, 0)]
RECORD = struct.Struct("=IIQ6iI5I448s")
CMD_PLAY, CMD_PLAY_MORE, CMD_RECORD, CMD_CONNECT = 3, 4, 5, 8


def of_type(events: list[Event], kind: int) -> list[Event]:
    return [event for event in events if event.type == kind]


def raw(op: int, port: int = 0, args: tuple[int, ...] = (), payload: bytes = b"", length: int | None = None) -> bytes:
    numbers = [*args, 0, 0, 0, 0, 0, 0][:6]
    return RECORD.pack(op, port, 7, *numbers, len(payload) if length is None else length, 0, 0, 0, 0, 0, payload)


@pytest.fixture
def engine() -> Engine:
    """Timeslots 1 and 33 open, a tone at POOL, a link on timeslot 16."""
    e = Engine(LOOP)
    e.ts_open(1)
    e.ts_open(33)
    e.tone(POOL, TONE)
    e.link_open(0, 0, 16)
    e.tick()
    assert e.events() == []
    return e


@pytest.mark.parametrize(
    ("record", "error"),
    [
        (raw(1, 1), errno.EBUSY),
        (raw(1, 0), errno.EINVAL),
        (raw(1, 32), errno.EINVAL),
        (raw(1, 16), errno.EBUSY),  # carries a link
        (raw(1, 65), errno.ENODEV),
        (raw(1, 5000), errno.EINVAL),
        (raw(1, 0xFFFFFFFF), errno.EINVAL),
        (raw(2, 2), errno.ENOENT),
        (raw(2, 16384), errno.EINVAL),
        (raw(3, POOL, (0, 4096), b"/dev/null"), errno.EBUSY),
        (raw(3, 5, (0, 4096), b"/dev/null"), errno.EINVAL),
        (raw(3, POOL + 1, (0, 40000), b"/dev/null"), errno.EINVAL),
        (raw(3, POOL + 1, (4, 4096), b"/dev/null"), errno.EINVAL),
        (raw(3, POOL + 1, (0, 4096), b""), errno.EINVAL),
        (raw(3, POOL + 1, (0, 4096), b"/a\0\0/b"), errno.EINVAL),
        (raw(3, POOL + 1, (0, 4096, 0, 17000, 1), b"/dev/null"), errno.EINVAL),
        (raw(3, POOL + 1, (0, 4096, 0, 10, 1), b"/dev/null"), errno.ENOENT),
        (raw(3, POOL + 1, (0, 4096, 0, 2, 0), b"/dev/null"), errno.EINVAL),
        (raw(3, POOL + 1, (0, 4096), b"/dev/null", 449), errno.EINVAL),
        (raw(4, POOL, (), b"/dev/null"), errno.ENOENT),
        (raw(4, 1, (), b"/dev/null"), errno.EINVAL),
        (raw(5, POOL + 1, (3, 0), b"/dev/null"), errno.EINVAL),
        (raw(5, POOL + 1, (1, 99), b"/dev/null"), errno.EINVAL),
        (raw(5, POOL + 1, (1, 0), b"/dev\0null"), errno.EINVAL),
        (raw(5, POOL + 1, (1, 0, -1), b"/dev/null"), errno.EINVAL),
        (raw(6, POOL + 1, (1, 0), struct.pack("<ffffi", float("nan"), 0, 0, 0, 5)), errno.EINVAL),
        (raw(6, POOL + 1, (1, 0), struct.pack("<ffffi", 450, 0, 99, 0, 5)), errno.EINVAL),
        (raw(6, POOL + 1, (2, 0), struct.pack("<ffffi", 450, 0, 0, 0, 5)), errno.EINVAL),
        (raw(6, POOL + 1, (23, 0), b"", 460), errno.EINVAL),
        (raw(7, POOL + 1, (100, 100, -90, 0), b"12x"), errno.EINVAL),
        (raw(7, POOL + 1, (0, 100, -90, 0), b"12"), errno.EINVAL),
        (raw(8, 0, (1, POOL, 4096, 0)), errno.EINVAL),  # a tone hears nothing
        (raw(8, 0, (1, 2, 4096, 0)), errno.ENOENT),
        (raw(8, 0, (1, 33, -1, 0)), errno.EINVAL),
        (raw(8, 0, (1, 33, 32768, 0)), errno.EINVAL),
        (raw(8, 0, (1, 33, 4096, 2)), errno.EINVAL),
        (raw(8, 0, (1, 16384, 4096, 0)), errno.EINVAL),
        (raw(8, 0, (-1, 1, 4096, 0)), errno.EINVAL),
        (raw(9, 0, (1, 33)), errno.ENOENT),
        (raw(10, 2, (1,)), errno.ENOENT),
        (raw(10, 1, (4096,)), errno.EINVAL),
        (raw(40, POOL, (0, 1)), errno.EINVAL),
        (raw(40, 2, (0, 1)), errno.ENOENT),
        (raw(40, 1, (2, 1)), errno.EINVAL),
        (raw(40, 1, (0, 3)), errno.EINVAL),
        (raw(40, 1, (0, 1, 301)), errno.EINVAL),
        (raw(40, 1, (1, 2, 0, 70000)), errno.EINVAL),
        (raw(11, 0, (0, 1, 16)), errno.EEXIST),
        (raw(11, 0, (1, 0, 16)), errno.EBUSY),
        (raw(11, 0, (1, 0, 1)), errno.EBUSY),
        (raw(11, 0, (1, 7, 16)), errno.ENODEV),
        (raw(11, 0, (128, 0, 16)), errno.EINVAL),
        (raw(11, 0, (1, 64, 16)), errno.EINVAL),
        (raw(11, 0, (1, 0, 0)), errno.EINVAL),
        (raw(11, 0, (1, 0, 5, 3)), errno.EINVAL),
        (raw(11, 0, (1, 0, 5, 2, 0)), errno.EINVAL),
        (raw(11, 0, (1, 0, 5, 2, 0x21)), errno.EINVAL),  # timeslot 0
        (raw(11, 0, (1, 0, 5, 2, 0x22)), errno.EBUSY),  # timeslot 1 is open
        (raw(11, 0, (1, 0, 5, 2, 0x10020)), errno.EBUSY),  # 16 is a link
        (raw(11, 0, (1, 0, 5, 1, 0, 2)), errno.EINVAL),
        (raw(16, 0, (1, 1)), errno.ENOENT),
        (raw(16, 0, (0, 1)), errno.EINVAL),  # a link of HDLC
        (raw(16, 0, (128, 1)), errno.EINVAL),
        (raw(12, 0, (1,)), errno.ENOENT),
        (raw(12, 0, (-1,)), errno.EINVAL),
        (raw(13, 1, (16,)), errno.EINVAL),
        (raw(14, 0, (64, 1)), errno.EINVAL),
        (raw(14, 0, (9, 1)), errno.ENODEV),
        (raw(15, POOL, (1,)), errno.ENOENT),
        (raw(999, 1), errno.ENOSYS),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(engine: Engine, record: bytes, error: int) -> None:
    before = engine.ports(), engine.links()
    engine.put_raw(record)
    engine.tick()
    (event,) = engine.events()
    op = struct.unpack_from("=I", record)[0]
    assert (event.type, event.tag, event.a0, event.a1) == (media.EV_REFUSED, 7, error, op)
    assert (engine.ports(), engine.links()) == before


@pytest.mark.parametrize(
    "call",
    [
        lambda e: e.ts_open(32),
        lambda e: e.ts_open(POOL),
        lambda e: e.close(16384),
        lambda e: e.close("1"),
        lambda e: e.play(1, ["a"]),
        lambda e: e.play(POOL, []),
        lambda e: e.play(POOL, "name.wav"),
        lambda e: e.play(POOL, ["a\0b"]),
        lambda e: e.play(POOL, ["x" * 500]),
        lambda e: e.play(POOL, [f"/{i:0200}" for i in range(11)]),
        lambda e: e.play(POOL, ["a"], gain_db=19),
        lambda e: e.play(POOL, ["a"], gain_db=float("nan")),
        lambda e: e.play(POOL, ["a"], keys="1"),
        lambda e: e.play(POOL, ["a"], key_port=1),
        lambda e: e.play(POOL, ["a"], key_port=1, keys="E"),
        lambda e: e.play_more(POOL, []),
        lambda e: e.record(POOL, "a", tracks=3),
        lambda e: e.record(POOL, "a", fmt=99),
        lambda e: e.record(POOL, "a", longest_s=-1),
        lambda e: e.tone(POOL, []),
        lambda e: e.tone(POOL, TONE * 23),
        lambda e: e.tone(POOL, [(4000.0, 0.0, 0.0, 0.0, 1)]),
        lambda e: e.dtmf(POOL, ""),
        lambda e: e.dtmf(POOL, "1x"),
        lambda e: e.dtmf(POOL, "1", level_dbm0=9),
        lambda e: e.connect(1, 20000),
        lambda e: e.connect(1, 2, track=2),
        lambda e: e.detect(1, 4096),
        lambda e: e.link_open(128, 0, 1),
        lambda e: e.link_open(0, 0, 32),
        lambda e: e.link_send(3, b"abc"),
        lambda e: e.link_send(0, b"ab"),
        lambda e: e.link_send(0, bytes(301)),
        lambda e: e.cas(1, 16),
        lambda e: e.span_status(9),
        lambda e: e.loop_cut(9, True),
    ],
)
def test_bad_arguments_are_value_errors(engine: Engine, call: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        call(engine)
    engine.tick()
    assert engine.events() == []


@pytest.mark.parametrize(
    "spans",
    [
        [{"number": 64, "driver": "loop", "peer": 1}],
        [{"number": 0, "driver": "loop", "peer": 0}],
        [{"number": 0, "driver": "isa", "peer": 1}],
        [{"number": 0, "driver": "loop", "peer": 1, "speed": 9}],
        [{"number": 0, "driver": "loop", "peer": 1}, {"number": 1, "driver": "loop", "peer": 2}],
        [{"number": 0, "driver": "loop", "peer": 1}, {"number": 0, "driver": "loop", "peer": 1}],
        [{"number": 0, "driver": "ces", "local": "127.0.0.1:1", "remote": "127.0.0.1:2", "frames": 7}],
        [{"number": 0, "driver": "ces", "remote": "127.0.0.1:2"}],
        [{"number": 0, "driver": "dahdi", "span": 1, "hdlc": [32]}],
        [{"number": 0, "driver": "loop", "peer": 1, "law": "B"}],
        [{"driver": "loop", "peer": 1}],
    ],
)
def test_spans_that_make_no_sense_are_refused(spans: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match="span"):
        Engine(spans)


def test_a_full_command_ring_says_so() -> None:
    engine = Engine(LOOP)
    for _ in range(4096):
        engine.ts_open(1)
    with pytest.raises(BlockingIOError):
        engine.ts_open(1)
    engine.tick()
    assert len(engine.events()) == 4095  # the first was right
    assert engine.ts_open(2) == 4098


def test_events_without_room_are_counted_and_told() -> None:
    engine = Engine(LOOP)
    for _ in range(5):
        for _ in range(4096):
            engine.close(5)
        engine.tick()
    engine.tick(3)
    events = engine.events()
    assert len(events) == 16384
    assert {e.type for e in events} == {media.EV_REFUSED}
    engine.close(5)
    engine.tick()
    lost, refused = engine.events()
    assert (lost.type, lost.a0) == (media.EV_LOST_EVENTS, 5 * 4096 - 16384)
    assert refused.type == media.EV_REFUSED
    assert engine.stats()["events_lost"] == 5 * 4096 - 16384


def test_port_rows_tell_who_hears_whom(engine: Engine, tmp_path: Path) -> None:
    engine.connect(POOL, 1)
    engine.connect(33, 1)
    tag = engine.record(POOL + 1, str(tmp_path / "a.wav"))
    engine.connect(1, POOL + 1)
    engine.tick(3)
    assert engine.ports() == [1, 33, POOL, POOL + 1]
    row = engine.port(POOL + 1)
    assert (row.kind, row.tag, row.opened, row.samples, row.sources) == (media.PORT_RECORDER, tag, 80, 240, (1,))
    assert set(engine.port(1).sources) == {33, POOL}
    engine.disconnect(33, 1)
    engine.close(POOL)
    engine.tick()
    assert engine.port(1).sources == ()
    assert [e.type for e in engine.events()] == [media.EV_TONE_DONE, media.EV_CLOSED]
    assert engine.port(POOL).kind == media.PORT_FREE


def test_a_link_whose_reader_is_away_drops_and_counts(engine: Engine) -> None:
    engine.link_open(1, 1, 16)
    engine.tick()
    sent = [bytes([i, 0, 1]) * 100 for i in range(160)]
    for frame in sent:
        assert engine.link_send(0, frame)
        engine.tick(5)
    engine.tick(20)
    room = 32768 // 302  # octets of the queue, of a frame in it
    assert engine.links_ready() == [1]
    assert engine.link_receive(1) == sent[:room]
    assert engine.links_ready() == []
    assert engine.link_status(1)["rx_lost"] == 160 - room
    engine.tick(120)
    troubles = of_type(engine.events(), media.EV_LINK)
    assert {(e.a0, e.a1) for e in troubles} == {(1, errno.ENOBUFS)}
    assert sum(e.a2 for e in troubles) == 160 - room


def test_a_full_transmit_queue_is_told_and_a_closed_link_forgets(engine: Engine) -> None:
    assert engine.link_waiting(0) == 0
    room = 32768 // 302
    assert [engine.link_send(0, bytes(300)) for _ in range(room + 1)] == [True] * room + [False]
    assert engine.link_waiting(0) == room * 302
    engine.link_close(0)
    engine.tick()
    assert engine.links() == []
    with pytest.raises(ValueError, match="not open"):
        engine.link_send(0, b"abc")
    engine.link_open(0, 0, 16)
    engine.link_open(1, 1, 16)
    engine.tick(20)
    assert engine.link_receive(1) == []
    assert engine.link_waiting(0) == 0
    assert engine.links() == [(0, 0, 16), (1, 1, 16)]


def test_alarms_come_and_go(engine: Engine) -> None:
    engine.loop_cut(0, True)
    engine.tick()
    assert sorted((e.a0, e.a1, e.a2) for e in engine.events()) == [(0, media.ALARM_LOS, 0), (1, media.ALARM_LOS, 0)]
    assert engine.span_status(1)["alarms"] == media.ALARM_LOS
    engine.loop_cut(0, False)
    engine.loop_alarm(1, media.ALARM_AIS)
    engine.tick()
    assert sorted((e.a0, e.a1, e.a2) for e in engine.events()) == [
        (0, 0, media.ALARM_LOS),
        (1, media.ALARM_AIS, media.ALARM_LOS),
    ]


def test_cas_bits_and_rai_go_across(engine: Engine) -> None:
    engine.cas(1, 9)
    engine.rai(1, True)
    engine.tick(3)
    events = engine.events()
    assert [(e.port, e.a0, e.a1) for e in of_type(events, media.EV_CAS)] == [(33, 9, 13)]
    assert [(e.a0, e.a1) for e in of_type(events, media.EV_ALARM)] == [(0, media.ALARM_RAI)]
    assert engine.port(33).cas_rx == 9


def test_a_span_that_cannot_be_opened_is_tried_again() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        engine = Engine([*LOOP, {"number": 5, "driver": "ces", "local": address, "remote": "127.0.0.1:9"}])
        engine.tick(250)
        status = engine.span_status(5)
        assert (status["alarms"], status["error"]) == (media.ALARM_MISSING, errno.EADDRINUSE)
        (alarm,) = of_type(engine.events(), media.EV_ALARM)
        assert (alarm.a0, alarm.a1, alarm.a2) == (5, media.ALARM_MISSING, 0)
        engine.ts_open(5 * 32 + 1)
        engine.link_open(3, 5, 16)
        engine.tick()
        assert engine.link_send(3, b"abc")
        engine.tick(2)
        assert engine.link_status(3)["tx_lost"] == 1
    engine.tick(101)
    (alarm,) = of_type(engine.events(), media.EV_ALARM)
    assert alarm.a2 == media.ALARM_MISSING
    assert not alarm.a1 & media.ALARM_MISSING
    assert engine.span_status(5)["running"] == 1


def test_a_device_that_is_not_there_is_missing() -> None:
    engine = Engine([{"number": 0, "driver": "dahdi", "span": 1, "hdlc": [16], "root": "/nonexistent/dahdi"}])
    engine.tick()
    status = engine.span_status(0)
    assert status["alarms"] == media.ALARM_MISSING
    assert status["error"] in (errno.ENOENT, errno.ENODEV)
    assert engine.span_drivers() == {0: "dahdi"}


def test_overload_takes_no_further_channel_and_serves_those_it_has(engine: Engine) -> None:
    engine.pretend_load(900)
    engine.tick(100)
    (begins,) = engine.events()
    assert (begins.type, begins.a0) == (media.EV_OVERLOAD, 1)
    assert begins.a1 >= 850
    engine.ts_open(2)
    engine.tone(POOL + 3, TONE)
    engine.tick()
    events = engine.events()
    assert [(e.a0, e.a1) for e in of_type(events, media.EV_REFUSED)] == [(errno.EBUSY, 1)]
    assert engine.port(POOL + 3).kind == media.PORT_TONE
    engine.close(POOL + 3)
    engine.tick()
    engine.events()


def test_a_full_engine_refuses_what_opens_and_lets_close(engine: Engine) -> None:
    engine.pretend_load(1100)
    engine.tick(60)
    (begins,) = engine.events()
    assert (begins.type, begins.a0) == (media.EV_OVERLOAD, 1)
    engine.ts_open(2)
    engine.play(POOL + 1, ["/dev/null"])
    engine.record(POOL + 2, "/dev/null")
    engine.tone(POOL + 3, TONE)
    engine.dtmf(POOL + 4, "1")
    engine.connect(POOL, 1)
    engine.detect(1, media.DETECT_DTMF)
    engine.close(33)
    engine.tick()
    events = engine.events()
    assert [e.a0 for e in of_type(events, media.EV_REFUSED)] == [errno.EBUSY] * 5
    assert [e.port for e in of_type(events, media.EV_CLOSED)] == [33]
    assert engine.port(1).sources == (POOL,)
    engine.pretend_load(100)
    engine.tick(300)
    (ends,) = engine.events()
    assert (ends.type, ends.a0) == (media.EV_OVERLOAD, 0)
    engine.ts_open(2)
    engine.tick()
    assert engine.events() == []


def test_late_ticks_are_told_once_a_second(engine: Engine) -> None:
    engine.tick(200)
    engine.pretend_load(10, late=True)
    engine.tick(150)
    events = engine.events()
    assert [e.a0 for e in of_type(events, media.EV_LATE)] == [1, 100]
    assert [e.a0 for e in of_type(events, media.EV_OVERLOAD)] == [1]
    assert engine.stats()["late_ticks"] == 150


def test_all_pools_can_be_used_up_and_come_back() -> None:
    engine = Engine(LOOP)
    for i in range(2049):
        engine.tone(POOL + i, TONE)
        engine.play(POOL + 2049 + i, [], keep=True)
        if i % 1000 == 999:
            engine.tick()
    engine.tick()
    assert [(e.type, e.a0) for e in engine.events()] == [(media.EV_REFUSED, errno.ENOSPC)] * 2
    assert engine.stats()["ports_open"] == 4096
    for i in (7, 8):
        engine.close(POOL + i)
    engine.tick()
    engine.events()
    for i in (7, 8):
        engine.tone(POOL + i, TONE)
    engine.tick()
    assert engine.events() == []


def test_a_shut_engine_finishes_recordings_and_says_no(tmp_path: Path) -> None:
    engine = Engine(LOOP)
    engine.record(POOL, str(tmp_path / "a.wav"))
    engine.tick(30)
    engine.shut()
    raw_file = (tmp_path / "a.wav").read_bytes()
    assert struct.unpack_from("<I", raw_file, 4)[0] + 8 == len(raw_file)
    assert len(raw_file) == 58 + 2400
    with pytest.raises(RuntimeError, match="no engine"):
        engine.tick()
    engine.shut()


# -- hostile ------------------------------------------------------------------------------------

small = st.sampled_from([0, 1, 2, 3, 16, 33, 34, 2048, 2049, 4097, 4096, 16383, 16384, -1, 100, 32767])
any_number = st.one_of(small, small, st.integers(-(2**31), 2**31 - 1))
records = st.builds(
    lambda op, port, args, payload, length: (op, port & 0xFFFFFFFF, tuple(args), payload, length),
    st.integers(0, 20),
    any_number,
    st.lists(any_number, min_size=6, max_size=6),
    st.binary(max_size=448),
    st.one_of(st.none(), st.none(), st.integers(0, 2**32 - 1)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(records, st.integers(1, 12)), max_size=60))
def test_any_commands_in_any_order_leave_a_working_engine(steps: list[Any]) -> None:
    engine = Engine(LOOP)
    with tempfile.TemporaryDirectory() as folder:
        for step in steps:
            if isinstance(step, int):
                engine.tick(step)
                continue
            op, port, args, payload, length = step
            if op in (CMD_PLAY, CMD_PLAY_MORE, CMD_RECORD):  # no file of this machine is to be touched
                payload, length = f"{folder}/{len(payload)}".encode(), None
            engine.put_raw(raw(op, port, args, payload, length))
        engine.tick()
        engine.events()
        for number in engine.ports():
            engine.close(number)
        engine.tick(3)
        assert engine.ports() == []
        assert engine.stats()["crosspoints"] == 0
        assert engine.stats()["detectors"] == 0
        for link, _, _ in engine.links():
            engine.link_close(link)
        engine.tick()
        engine.events()
        engine.ts_open(1)
        engine.ts_open(33)
        engine.detect(33, media.DETECT_DTMF)
        engine.dtmf(POOL, "7")
        engine.connect(POOL, 1)
        engine.tick(30)
        assert [chr(e.a0) for e in of_type(engine.events(), media.EV_DIGIT)] == ["7"]


def test_a_crowd_of_crosspoints_comes_and_goes() -> None:
    """Random connecting, disconnecting and closing against a model in Python."""
    rng = random.Random(4)
    engine = Engine(LOOP)
    slots = [*range(1, 32), *range(33, 64)]
    model: dict[int, set[int]] = {}
    for _ in range(3000):
        a, b = rng.choice(slots), rng.choice(slots)
        what = rng.random()
        if what < 0.2:
            engine.ts_open(a)
            model.setdefault(a, set())
        elif what < 0.8:
            engine.connect(a, b, gain_db=rng.choice([0.0, -6.0]))
            if a in model and b in model:
                model[b].add(a)
        elif what < 0.95:
            engine.disconnect(a, b)
            model.get(b, set()).discard(a)
        else:
            engine.close(a)
            model.pop(a, None)
            for heard in model.values():
                heard.discard(a)
        if rng.random() < 0.05:
            engine.tick()
            engine.events()
    engine.tick()
    assert engine.ports() == sorted(model)
    assert engine.stats()["crosspoints"] == sum(map(len, model.values()))
    for port, heard in model.items():
        row = engine.port(port)
        assert set(row.sources) <= heard
        assert len(row.sources) == min(4, len(heard))
