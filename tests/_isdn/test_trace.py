"""Traces: the text, the ring, the file and its rotation, and tshark as the judge of what we write and send."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from q921_forms import Pair

from xunhu._isdn import q921
from xunhu._isdn.q921_frames import decode_frame
from xunhu._isdn.trace import TracedFrame, Tracer, describe, pcap_bytes
from xunhu.protocol.pcap import packets

T0 = 1_763_859_600 * 10**9  # 2025-11-23 01:00:00 UTC
SETUP = bytes.fromhex("0802000505" "04038090a3" "1803a18381" "6c06218031333930" "7005" "80" "38303031" "a1")
RELEASE_COMPLETE = bytes.fromhex("080280055a" "08028091")


def h(text: str) -> bytes:
    return bytes.fromhex(text)


@pytest.mark.parametrize(
    ("frame", "direction", "network", "text"),
    [
        ("02017f", "rx", False, "SABME P"),
        ("020173", "tx", False, "UA F"),
        ("00010103", "tx", False, "RR P    R=1"),
        ("02010103", "tx", False, "RR F    R=1"),
        ("02010103", "rx", False, "RR P    R=1"),
        ("00010503", "tx", True, "RNR F   R=1"),
        ("00010903", "rx", None, "REJ P/F R=1"),
        ("00010900", "rx", None, "REJ     R=0"),
        ("0001040a" + RELEASE_COMPLETE.hex(), "tx", False, "I       S=2 R=5      RELEASE COMPLETE  ref 5<  cause 17 user busy"),
        (
            "00010000" + SETUP.hex(),
            "tx",
            False,
            "I       S=0 R=0      SETUP  ref 5>  channel 1  calling 1390  called 8001  complete",
        ),
        ("00010000ffff", "tx", False, "I       S=0 R=0      not Q.931 (message of 2 octets): ffff"),
        ("fcff030f", "rx", None, "UI       sapi 63 tei 127  not Q.931 (message of 1 octets): 0f"),
        ("0001", "rx", None, "invalid  0001"),
        ("02010d01", "rx", None, "error L (frame that is not implemented)  02010d01"),
        ("000187" + "00" * 5, "rx", None, "FRMR  0000000000"),
    ],
)
def test_text_of_a_frame(frame: str, direction: str, network: bool | None, text: str) -> None:
    assert describe(h(frame), direction, network) == text


def test_faults_are_shown() -> None:
    text = describe(h("00010000") + h("080200057d" "080281"))
    assert "STATUS  ref 5>" in text
    assert "fault in 0x08, cause 100" in text


def test_lines_in_order_of_time_with_names() -> None:
    tracer = Tracer(sides={0: False}, names={1: "pbx"})
    tracer.add(T0 + 2_000, 0, "rx", h("02017f"))
    tracer.add(T0 + 1_000_001_000, 1, "tx", h("000153"))
    tracer.add(T0 + 3_000, 0, "tx", h("020173"))
    assert list(tracer.lines()) == [
        "2025-11-23 01:00:00.000002  Trunk0   <- SABME P",
        "2025-11-23 01:00:00.000003  Trunk0   -> UA F",
        "2025-11-23 01:00:01.000001  pbx      -> DISC P",
    ]
    assert len(list(tracer.lines(0))) == 2
    assert list(tracer.lines(7)) == []


def test_memory_is_bounded_for_each_trunk() -> None:
    tracer = Tracer(per_trunk=5)
    for i in range(20):
        tracer.add(T0 + i, i % 2, "rx", bytes([2, 1, 1, i << 1]))
    assert [f.time_ns - T0 for f in tracer.frames(0)] == [10, 12, 14, 16, 18]
    assert len(tracer.frames()) == 10
    for bad in ({"per_trunk": 0}, {"rotate_bytes": 10}, {"rotate_keep": -1}):
        with pytest.raises(ValueError, match="rotate_bytes"):
            Tracer(**bad)


@pytest.mark.parametrize("name", ["trace.log", "trace.pcap"])
def test_file_with_rotation(tmp_path: Path, name: str) -> None:
    tracer = Tracer(path=tmp_path / name, rotate_bytes=2048, rotate_keep=2)
    for i in range(200):
        tracer.add(T0 + i * 1000, 0, "rx", bytes([2, 1, 1, (i & 0x7F) << 1]))
    tracer.close()
    files = sorted(tmp_path.iterdir())
    assert [f.name for f in files] == [name, name + ".1", name + ".2"]
    assert all(0 < f.stat().st_size <= 2048 for f in files)
    if name.endswith(".log"):
        lines = "".join(f.read_text() for f in reversed(files)).splitlines()
        assert len(lines) > 50
        assert lines[-1].endswith(f"RR      R={199 & 0x7F}")
        assert lines == sorted(lines)
    else:
        assert {f.read_bytes()[:28] for f in files} == {pcap_bytes([], {})}
        assert len({p.data for f in files for p in packets(f.read_bytes())}) > 30
    assert tracer.file_error is None


def test_file_is_continued_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "t.pcap"
    for _ in range(2):
        tracer = Tracer(path=path)
        tracer.add(T0, 0, "rx", h("02017f"))
        tracer.close()
    assert path.read_bytes() == pcap_bytes([TracedFrame(T0, 0, "rx", h("02017f"))], {}) * 2
    assert tshark(path, "-Tfields", "-eframe.time_epoch", "-eframe.interface_name") == ["1763859600.000000000\tTrunk0"] * 2


def test_no_rotated_files_kept(tmp_path: Path) -> None:
    tracer = Tracer(path=tmp_path / "t.log", rotate_bytes=1024, rotate_keep=0)
    for i in range(100):
        tracer.add(T0 + i, 0, "rx", h("02017f"))
    tracer.close()
    assert [f.name for f in tmp_path.iterdir()] == ["t.log"]


def test_full_disk_ends_the_file_and_not_the_trace() -> None:
    tracer = Tracer(path="/dev/full")
    for i in range(3):
        tracer.add(T0 + i, 0, "rx", h("02017f"))
    assert tracer.file_error is not None
    assert "No space left" in str(tracer.file_error)
    assert tracer.not_written == 3
    assert len(tracer.frames(0)) == 3
    tracer.close()


def test_a_file_that_cannot_be_opened_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        Tracer(path=tmp_path / "nowhere" / "t.log")


@settings(max_examples=300, deadline=None)
@given(frame=st.binary(max_size=300), prefix=st.sampled_from([b"", h("00010000"), h("0001000008020005"), h("020103")]))
def test_any_octets_have_a_text(frame: bytes, prefix: bytes) -> None:
    for network in (None, True, False):
        text = describe(prefix + frame, "tx", network)
        assert text
        assert "\n" not in text


# -- tshark ------------------------------------------------------------------------------------------------------


def tshark(path: Path, *options: str) -> list[str]:
    done = subprocess.run(["tshark", "-n", "-r", str(path), *options], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_tshark_reads_every_frame_of_a_dialogue_as_we_do(tmp_path: Path) -> None:
    """All kinds of frames of both sides of a link with losses, with Q.931 inside."""
    pair = Pair(q921).up()
    pair.fate = lambda name, n, frame: 0 if n % 5 == 0 else 1
    for i in range(20):
        pair.a.dl_data_request(SETUP, pair.now)
        pair.b.dl_data_request(RELEASE_COMPLETE, pair.now)
        pair.run(40)
        pair.b.set_own_receiver_busy(i % 4 == 3, pair.now)
    pair.run(20_000)
    pair.a.receive(h("00010f"), pair.now)  # DM: establishment anew
    pair.a.dl_unit_data_request(SETUP, pair.now)
    pair.fate = None
    pair.run(3_000)
    pair.a.receive(h("0001430000"), pair.now)  # a wrong frame
    pair.b.dl_release_request(pair.now)
    pair.run(3_000)
    pair.b.receive(h("020153"), pair.now)  # DISC when there is nothing: DM
    pair.run(100)

    tracer = Tracer(sides={0: True}, per_trunk=10_000)
    for i, (sender, octets) in enumerate(pair.frames):
        tracer.add(T0 + i, 0, "tx" if sender == "a" else "rx", octets)
    path = tmp_path / "dialogue.pcap"
    assert tracer.write_pcap(path) == len(pair.frames)
    ours = [decode_frame(octets) for _, octets in pair.frames]
    kinds = {i.kind for i in ours}
    assert kinds >= {"SABME", "UA", "DISC", "DM", "I", "RR", "RNR", "REJ", "UI"}

    assert tshark(path, "-Y", "_ws.malformed || _ws.expert.severity >= 0x600000") == []
    fields = [f"-e{name}" for name in ("lapd.cr", "lapd.control.n_s", "lapd.control.n_r", "frame.p2p_dir", "q931.message_type")]
    rows = [line.split("\t") for line in tshark(path, "-T", "fields", *fields)]
    assert len(rows) == len(ours)
    for (cr, ns, nr, direction, message), info, (sender, _) in zip(rows, ours, pair.frames, strict=True):
        assert int(cr) == info.cr
        assert ns == ("" if info.ns is None else str(info.ns))
        assert nr == ("" if info.nr is None else str(info.nr))
        assert direction == ("0" if sender == "a" else "1")
        assert (message != "") == (info.kind in ("I", "UI"))
    names = [line.strip() for line in tshark(path, "-T", "fields", "-e", "_ws.col.Info")]
    for name, info in zip(names, ours, strict=True):
        assert info.kind == "I" or f"func={info.kind}" in name or info.kind == "UI"
