"""The dahdi driver against the kernel module: spans 1-2 are PRI back to back, 3-4 the same with CAS bits.

The machine is emulated and slow; nothing here depends on how slow: data are sent no faster than they come back, and what
an idle line puts between them is passed over.
"""

import errno
import fcntl
import itertools
import random
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from xunhu._e1.dahdi_conf import DahdiTrunk, system_conf
from xunhu._e1.hdlc import Receiver, Transmitter
from xunhu._e1.span import ALARM_LOS, ALARM_MISSING, Span, mask_of

IDLE = 0xD5
PATIENCE_S = 60.0
DYNAMIC_CREATE, DYNAMIC_DESTROY = 0xC048DA50, 0x4048DA51


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def pri() -> Iterator[tuple[Span, Span]]:
    with closing(Span.dahdi(1, hdlc=[16], block=160)) as a, closing(Span.dahdi(2, hdlc=[16], block=160)) as b:
        a.start()
        b.start()
        yield a, b


@pytest.fixture
def cas() -> Iterator[tuple[Span, Span]]:
    slots = [t for t in range(1, 32) if t != 16]
    with closing(Span.dahdi(3, cas=slots)) as a, closing(Span.dahdi(4, cas=slots)) as b:
        a.start()
        b.start()
        yield a, b


def voice(seed: int, n: int) -> bytes:
    """Octets that are not idle, and no two of which are alike for long."""
    rng = random.Random(seed)
    return bytes(rng.choice([o for o in range(256) if o != IDLE]) for _ in range(n))


def test_voice_in_20_ms_blocks_loses_no_octet(pri: tuple[Span, Span]) -> None:
    a, b = pri
    slots, blocks, size = (1, 15, 17, 31), 60, 160
    mask = mask_of(slots)
    sent = {(way, t): voice(100 * way + t, blocks * size) for way in (0, 1) for t in slots}
    got = {key: bytearray() for key in sent}
    put = [0, 0]
    end = time.monotonic() + PATIENCE_S
    while any(len(got[key]) < blocks * size for key in sent):
        assert time.monotonic() < end, {key: len(v) for key, v in got.items()}
        for way, (source, sink) in enumerate(((a, b), (b, a))):
            behind = put[way] - min(len(got[way, t]) for t in slots) // size
            if put[way] < blocks and behind < 5:
                block = bytearray(32 * size)
                for t in slots:
                    block[t * size : (t + 1) * size] = sent[way, t][put[way] * size : (put[way] + 1) * size]
                assert source.write(block, mask) == 0
                put[way] += 1
            block, line = sink.read(size, mask)
            assert line == 0
            for t in slots:
                got[way, t] += bytes(o for o in block[t * size : (t + 1) * size] if o != IDLE)
        time.sleep(0.004)
    assert {key: bytes(v) for key, v in got.items()} == sent
    for span in pri:
        status = span.status()
        assert status["alarms"] == 0
        assert status["overruns"] == 0
        assert status["frames_rx"] >= len(slots) * blocks * size


def carry(source: Span, sink: Span, sent: list[bytes]) -> list[bytes]:
    got: list[bytes] = []
    waiting = list(sent)

    def all_there() -> bool:
        while waiting and source.link_write(16, waiting[0]):
            waiting.pop(0)
        while frame := sink.link_read(16):
            got.append(frame)
        return len(got) >= len(sent)

    until(all_there)
    return got


def test_d_channel_frames_go_both_ways(pri: tuple[Span, Span]) -> None:
    a, b = pri
    for span in pri:  # a frame that is under way when its receiver opens is nobody's: both hear flags first, by the driver's clock
        until(lambda span=span: span.read(160, mask_of([1])) and span.status()["frames_rx"] >= 160)
    rng = random.Random(7)
    sent = [rng.randbytes(n) for n in (3, 4, 260, 300, *(rng.randint(3, 80) for _ in range(40)))]
    assert carry(a, b, sent) == sent
    assert carry(b, a, sent) == sent
    with pytest.raises(OSError, match="too long"):
        a.link_write(16, bytes(301))
    with pytest.raises(OSError, match="Invalid argument"):
        a.link_read(17)


def test_the_first_frame_of_a_link_that_opens_arrives() -> None:
    """The other end is up and hears flags; this one opens and has something to say before the driver has sent a single flag."""
    with closing(Span.dahdi(2, hdlc=[16], block=160)) as there:
        there.start()
        for i in range(20):
            with closing(Span.dahdi(1, hdlc=[16], block=160)) as here:
                here.start()
                sent = [bytes([i, 1, 2]), bytes([i, 3, 4, 5])]
                assert carry(here, there, sent) == sent


def test_our_hdlc_and_the_kernels_understand_each_other(pri: tuple[Span, Span]) -> None:
    """Timeslot 2: hdlc.c at one end, DAHDI's framing at the other."""
    a, b = pri
    b.link_open(2)
    rng = random.Random(8)
    down = [rng.randbytes(rng.randint(3, 100)) for _ in range(15)]
    up = [rng.randbytes(rng.randint(3, 100)) for _ in range(15)]
    tx, rx = Transmitter(), Receiver()
    waiting_down, waiting_up, got_down, got_up = list(down), list(up), [], []

    def step() -> bool:
        block, _ = a.read(160, mask_of([2]))
        got_up.extend(rx.receive(block[320:480]))
        while waiting_down and tx.send(waiting_down[0]):
            waiting_down.pop(0)
        row = bytearray(32 * 160)
        row[320:480] = tx.octets(160)
        a.write(row, mask_of([2]))
        while waiting_up and b.link_write(2, waiting_up[0]):
            waiting_up.pop(0)
        while (frame := b.link_read(2)) != b"":
            if frame is not None:
                got_down.append(frame)
        time.sleep(0.02)
        return len(got_down) >= len(down) - 2 and tx.idle and not waiting_down and len(got_up) >= len(up) - 2

    until(step)
    # A stall of the machine may put idle into a frame of ours; nothing else than what was sent may arrive.
    assert [f for f in down if f in got_down] == got_down
    assert [f for f in up if f in got_up] == got_up


def test_cas_bits(cas: tuple[Span, Span]) -> None:
    a, b = cas
    for slot, abcd in itertools.product((1, 2, 31), (0b1001, 0b0001, 0b0101, 0b1101)):
        a.cas_write(slot, abcd)
        b.cas_write(slot, abcd ^ 0b0110)
        until(lambda slot=slot, abcd=abcd: b.cas_read(slot) == abcd)
        until(lambda slot=slot, abcd=abcd: a.cas_read(slot) == abcd ^ 0b0110)
    for slot in (0, 16, 32):
        with pytest.raises(OSError, match="Invalid argument"):
            a.cas_write(slot, 1)
    with pytest.raises(OSError, match="Invalid argument"):
        a.cas_write(1, 16)


def test_cas_bits_change_while_voice_is_read(cas: tuple[Span, Span]) -> None:
    a, b = cas
    a.cas_write(5, 0b1001)
    until(lambda: b.read(80, mask_of([5]))[1] == 0 and b.cas_read(5) == 0b1001)
    a.cas_write(5, 0b0001)
    until(lambda: b.read(80, mask_of([5]))[1] == 0 and b.cas_read(5) == 0b0001)


def dynamic(request: int, span: int, address: str) -> int:
    record = bytearray(struct.pack("20s40siii", b"loc", address.encode(), 31, 0, span))
    with Path("/dev/dahdi/ctl").open("rb", buffering=0) as ctl:
        fcntl.ioctl(ctl, request, record)
    return int(struct.unpack("20s40siii", record)[4])


def test_alarm_comes_and_goes(cas: tuple[Span, Span]) -> None:
    a, b = cas
    b.close()

    def alarm() -> bool:
        a.read(80)
        return bool(a.status()["alarms"] & ALARM_LOS)

    assert not alarm()
    dynamic(DYNAMIC_DESTROY, 0, "2:1")
    until(alarm)
    block, line = a.read(80)
    assert line == errno.ENETDOWN
    assert set(block[80:]) == {IDLE}
    assert dynamic(DYNAMIC_CREATE, 0, "2:1") == 4
    until(lambda: not alarm())
    assert a.read(80)[1] == 0
    a.close()
    subprocess.run(["dahdi_cfg"], check=True, capture_output=True)  # the channels of span 4 anew


def test_a_busy_device_is_said_to_be_busy(pri: tuple[Span, Span]) -> None:
    with closing(Span.dahdi(1, hdlc=[16])) as second:
        with pytest.raises(OSError, match="busy") as e:
            second.start()
        assert e.value.errno == errno.EBUSY
        assert second.status()["alarms"] == ALARM_MISSING
        assert second.status()["error"] == errno.EBUSY
        assert second.read(80)[1] == errno.ENODEV
        pri[0].close()
        second.start()
        assert second.status()["alarms"] == 0


def test_a_span_that_is_not_there() -> None:
    with closing(Span.dahdi(99)) as span:
        with pytest.raises(OSError, match=r".") as e:
            span.start()
        assert e.value.errno in (errno.ENXIO, errno.ENODEV)


def test_an_old_installation_without_the_common_device(tmp_path: Path) -> None:
    """Only numbered devices, as udev names them; then only DAHDI's own names."""
    for name in ("ctl", "chan", *map(str, range(1, 32))):
        (tmp_path / name).symlink_to(f"/dev/dahdi/{name}")
    with closing(Span.dahdi(1, hdlc=[16], root=str(tmp_path))) as span:
        span.start()
        assert span.read(80, mask_of([1]))[1] == 0
    for n in range(1, 32):
        (tmp_path / str(n)).unlink()
    with closing(Span.dahdi(1, hdlc=[16], root=str(tmp_path))) as span:
        span.start()
        assert span.read(80, mask_of([1]))[1] == 0


def test_dahdi_cfg_understands_our_system_conf(tmp_path: Path) -> None:
    file = tmp_path / "system.conf"
    file.write_text(
        system_conf(
            [
                DahdiTrunk(number=0, span=1, sync=1),
                DahdiTrunk(number=1, span=2, framing="CAS,AMI,CRC4", signalling="R2", law="U"),
                DahdiTrunk(number=2, span=3, signalling="SS7", skip=(1, 16)),
                DahdiTrunk(number=3, span=4, signalling="NONE", skip=()),
                DahdiTrunk(number=4, span=5, signalling="SS7", links=(16,), bundle=(1, 2, 3)),
            ]
        )
    )
    done = subprocess.run(["dahdi_cfg", "-t", "-vv", "-c", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for said in ("SPAN 2: CAS/AMI", "SPAN 4: CCS/HDB3", "Channel 94: Clear channel", "154 channels to configure"):
        assert said.replace(" ", "") in done.stdout.replace(" ", ""), done.stdout


def test_the_card_is_taken_away_and_the_module_unloaded_under_us(pri: tuple[Span, Span]) -> None:
    a, b = pri
    b.close()
    assert a.read(80, mask_of([1]))[1] == 0
    (card,) = Path("/sys/bus/dahdi_devices/devices").glob("*/span-1")
    (card.parent / "unassign_span").write_text("1")
    block, line = a.read(80, mask_of([1]))
    assert line == errno.ENODEV
    assert set(block[80:]) == {IDLE}
    status = a.status()
    assert (status["alarms"], status["running"]) == (ALARM_MISSING, 0)
    assert status["error"] in (errno.ENODEV, errno.ENXIO)
    with pytest.raises(OSError, match=r".") as e:
        a.link_write(16, b"\x02\x01\x7f")
    assert e.value.errno == errno.ENODEV
    a.stop()
    # Nothing of ours holds the modules any more.
    for address in ("1:0", "1:1", "2:0", "2:1"):
        with suppress(FileNotFoundError, OSError):
            dynamic(DYNAMIC_DESTROY, 0, address)
    subprocess.run(["rmmod", "dahdi_dynamic_loc", "dahdi_dynamic"], check=True)
    for _ in range(2):
        with pytest.raises(OSError, match=r".") as e:
            a.start()
        assert e.value.errno in (errno.ENODEV, errno.ENXIO)
        assert a.status()["alarms"] == ALARM_MISSING
    subprocess.run(["modprobe", "dahdi_dynamic_loc"], check=True)
    subprocess.run(["dahdi_cfg"], check=True, capture_output=True)
    a.start()
    assert a.read(80, mask_of([1]))[1] == 0
    assert a.status()["running"] == 1
