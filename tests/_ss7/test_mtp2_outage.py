"""Processor outage with level 3's answers (Q.703 §8), and flow control (§9)."""

from __future__ import annotations

import pytest
from mtp2_far import MS, Far, R, message, numbers
from mtp2_pair import Pair

from xunhu._ss7.mtp2_units import SIB, SIOS, SIPO

# -- processor outage, §8 --------------------------------------------------------------------------------------------


def test_8_the_link_waits_for_level_3_after_an_outage() -> None:
    far = Far().up()
    far.ask(R.LOCAL_PROCESSOR_OUTAGE)
    far.unit(-1, 0, message(7))  # neither delivered nor acknowledged
    assert far.heard() == []
    assert [unit[3] for unit in far.pull()] == [SIPO]
    assert far.ask(R.LOCAL_PROCESSOR_RECOVERED) == []
    assert far.link.state == "processor outage"
    assert far.pull() == [b"\xff\xff\x00"]
    far.ask(R.CONTINUE)
    assert far.link.state == "in service"
    far.unit(-1, 0, b"")  # a FISU that tells of the message: asked for again
    assert far.pull() == [b"\x7f\xff\x00"]
    far.unit(-1, 0, message(7), bib=1, fib=0)
    assert far.heard() == [("MESSAGE", message(7))]


@pytest.mark.parametrize("flush", [False, True])
def test_8_remote_outage_continue_or_flush(flush: bool) -> None:
    far = Far().up()
    far.send(message(0), message(1))
    far.status(SIPO, bsn=0)  # it had accepted the first; the status unit says so
    assert far.heard() == [("REMOTE_PROCESSOR_OUTAGE", 0)]
    assert far.link.next_deadline is None  # T7
    far.send(message(2))
    far.status(SIPO, bsn=0)
    assert far.heard() == []  # said once
    far.unit(0, -1)
    assert far.heard() == [("REMOTE_PROCESSOR_RECOVERED", 0)]
    if flush:
        assert far.ask(R.FLUSH_BUFFERS) == [("BUFFERS_CLEARED", 0)]
        assert far.link.queued == 0
        assert numbers(far.send(message(3))) == [1]
    else:
        far.ask(R.CONTINUE)
        assert numbers(far.pull()) == [2]
        assert far.link.next_deadline == far.now + 1_000 * MS
    assert far.link.state == "in service"


def test_8_flush_before_the_far_end_is_back_takes_its_number_from_the_status_unit() -> None:
    far = Far().up()
    far.send(message(0), message(1))
    far.status(SIPO, bsn=0)
    far.ask(R.FLUSH_BUFFERS)
    assert far.link.state == "processor outage"
    far.unit(0, -1)
    assert far.link.state == "in service"
    assert numbers(far.send(message(2))) == [1]
    far.unit(1, -1)
    assert far.link.queued == 0
    assert far.link.state == "in service"


def test_8_both_ends_out() -> None:
    far = Far().up()
    far.ask(R.LOCAL_PROCESSOR_OUTAGE)
    far.status(SIPO)
    assert far.heard() == [("REMOTE_PROCESSOR_OUTAGE", 0)]
    far.ask(R.LOCAL_PROCESSOR_RECOVERED)
    far.ask(R.CONTINUE)
    assert far.link.state == "processor outage"
    far.unit(-1, -1)
    assert far.heard() == [("REMOTE_PROCESSOR_RECOVERED", 0)]
    assert far.link.state == "in service"
    counters = far.link.counters
    assert (counters["remote_outages"], counters["remote_recoveries"]) == (1, 1)


def test_8_between_two_links() -> None:
    pair = Pair().up()
    pair.send("a", message(1))
    pair.ask("b", R.LOCAL_PROCESSOR_OUTAGE)
    pair.run(50)
    pair.send("a", message(2))
    pair.run(3_000)
    assert pair.a.state == pair.b.state == "processor outage"
    pair.ask("b", R.LOCAL_PROCESSOR_RECOVERED)
    pair.ask("b", R.CONTINUE)
    pair.run(200)
    assert pair.a.state == pair.b.state == "in service"
    assert pair.messages("b") == [message(1), message(2)]


def test_8_a_link_that_comes_up_in_remote_outage_keeps_its_number() -> None:
    far = Far()
    far.ask(R.POWER_ON)
    far.align()
    far.status(SIPO)
    far.unit(-1, 0, message(1))
    assert [kind for kind, _ in far.heard()] == ["REMOTE_PROCESSOR_OUTAGE", "REMOTE_PROCESSOR_RECOVERED", "MESSAGE"]
    far.status(SIOS)
    far.ask(R.START)
    assert far.ask(R.RETRIEVE_BSNT) == [("BSNT", 0)]


def test_8_octets_that_were_flushed_force_no_retransmission() -> None:
    far = Far(correction="PCR", N2=320).up()
    for number in range(2):
        far.link.request(R.MESSAGE, message(number, 104), 0, far.now)
    far.pull(2)
    far.status(SIPO)
    far.ask(R.FLUSH_BUFFERS)
    far.unit(-1, -1)
    assert far.link.state == "in service"
    for number in range(3):
        far.link.request(R.MESSAGE, message(number, 104), 0, far.now)
    assert numbers(far.pull(4)) == [0, 1, 2, 0]


# -- flow control, §9 ------------------------------------------------------------------------------------------------


def test_9_2_congestion_accept_delivers_and_withholds() -> None:
    far = Far().up()
    far.ask(R.CONGESTION_ACCEPT)
    assert [unit[3:] for unit in far.pull()] == [bytes((SIB,)), b""]
    far.unit(-1, 0, message(1))
    assert far.heard() == [("MESSAGE", message(1))]
    assert far.pull() == []
    far.now += 100 * MS
    far.link.handle_timeout(far.now)
    assert [unit[3:] for unit in far.pull()] == [bytes((SIB,)), b""]
    far.unit(-1, 2, message(3))  # one is missing: not said now
    assert far.pull() == []
    far.ask(R.CONGESTION_CEASES)
    assert far.pull() == [b"\x00\xff\x00"]  # acknowledges 0, asks for what follows
    assert far.link.next_deadline is None
    assert far.link.counters["sibs_sent"] == 2


def test_9_2_congestion_discard_asks_for_all_when_it_ends() -> None:
    far = Far().up()
    far.ask(R.CONGESTION_DISCARD)
    far.pull()
    far.unit(-1, 0, message(1))
    far.unit(-1, 0)
    assert far.heard() == []
    far.ask(R.CONGESTION_CEASES)
    assert far.pull() == [b"\x7f\xff\x00"]
    far.unit(-1, 0, message(1), fib=0)
    assert far.heard() == [("MESSAGE", message(1))]


def test_9_2_each_t5_brings_a_sib_though_nothing_else_is_sent() -> None:
    far = Far().up()
    far.ask(R.CONGESTION_ACCEPT)
    for _ in range(3):
        assert [unit[3:] for unit in far.pull(1)] == [bytes((SIB,))]
        far.now += 100 * MS
        far.link.handle_timeout(far.now)


def test_9_3_t6_begins_at_the_first_sib_and_t7_anew_at_each() -> None:
    far = Far().up()
    far.status(SIB)
    assert far.link.next_deadline is None  # nothing waits for an acknowledgement
    far.send(message(0))
    begin = far.now
    for _ in range(39):
        far.now += 100 * MS
        far.status(SIB)
        far.unit(-1, -1)
    assert far.link.state == "in service"
    assert far.link.next_deadline == begin + 4_100 * MS
    far.unit(0, -1)
    assert far.link.next_deadline is None
    far.send(message(1))
    far.status(SIB, bsn=0)
    far.now += 4_000 * MS
    far.link.handle_timeout(far.now)
    assert far.link.state == "out of service"


def test_9_2_local_outage_ends_congestion() -> None:
    far = Far().up()
    far.ask(R.CONGESTION_ACCEPT)
    far.unit(-1, 0, message(1))
    far.ask(R.LOCAL_PROCESSOR_OUTAGE)
    assert far.link.next_deadline is None  # T5
    far.now += 1_000 * MS
    far.link.handle_timeout(far.now)
    assert [unit[3] for unit in far.pull()] == [SIPO]
    far.ask(R.LOCAL_PROCESSOR_RECOVERED)
    assert far.pull() == [b"\x80\xff\x00"]
