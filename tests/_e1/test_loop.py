"""Spans back to back as Python sees them (the C tests are in tests/c/test_loop.c)."""

import errno
from contextlib import closing

import pytest

from xunhu._e1.span import ALARM_LOF, ALARM_LOS, ALARM_RAI, Span, mask_of


def test_octets_cas_and_alarms_cross() -> None:
    a, b = Span.loop_pair(number_a=4, number_b=5)
    with closing(a), closing(b):
        assert (a.driver, a.number, b.number, a.idle) == ("loop", 4, 5, 0xD5)
        a.start()
        b.start()
        block = bytearray(i % 251 for i in range(32 * 80))
        a.cas_write(7, 0b0101)
        a.send_rai(True)
        assert a.write(block) == 0
        got, line = b.read(80)
        assert (got[80:], line) == (block[80:], 0)
        assert b.cas_read(7) == 0b0101
        assert b.status()["alarms"] == ALARM_RAI
        a.cut(True)
        assert b.read(80)[1] == errno.ENETDOWN
        assert a.status()["alarms"] == b.status()["alarms"] == ALARM_LOS
        a.cut(False)
        b.force_alarms(ALARM_LOF)
        assert b.status()["alarms"] == ALARM_LOF
        assert a.status()["alarms"] == 0


def test_the_same_calls_give_the_same_octets() -> None:
    def run() -> list[bytes]:
        a, b = Span.loop_pair(law="U")
        out = []
        with closing(a), closing(b):
            a.start()
            b.start()
            for k in range(20):
                out += [bytes(a.read(40)[0]), bytes(b.read(40)[0])]
                a.write(bytes([k]) * (32 * 40), mask_of([1, 2, 31]))
                b.write(bytes([k + 100]) * (32 * 40))
        return out

    assert run() == run()
    assert run()[0][40:] == b"\xff" * (31 * 40)


def test_misuse_is_refused() -> None:
    a, b = Span.loop_pair()
    with closing(a), closing(b):
        for frames in (0, 321, -1):
            with pytest.raises(ValueError, match="frames"):
                a.read(frames)
        for size in (0, 31, 33, 32 * 321):
            with pytest.raises(ValueError, match="block"):
                a.write(bytes(size))
        with pytest.raises(NotImplementedError, match="no HDLC"):
            a.link_open(16)
        with pytest.raises(OSError, match="Invalid"):
            a.cas_write(0, 1)
    with pytest.raises(ValueError, match="closed"):
        a.read(80)
    a.close()
    with pytest.raises(ValueError, match=r"1\.\.31"):
        mask_of([32])
    with pytest.raises(ValueError, match="law"):
        Span.loop_pair(law="B")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="loop_pair"):
        Span()
