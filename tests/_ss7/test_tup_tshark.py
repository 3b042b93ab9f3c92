"""Judged from outside, as far as tshark goes: it has no dissector for TUP, so it reads the label of our messages (service 4, point codes,
link selection), 14 and 24 bits, and shows what follows as it was sent. The upper half of the octet with the SLS, which with 24 bits holds four
bits of the CIC, it does not show."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest
from tup_pair import A, B, Pair

from xunhu._ss7.circuit_primitives import Cause
from xunhu._ss7.mtp_primitives import TransferRequest

pytestmark = pytest.mark.interop

LINKTYPE_MTP3 = 141
NATIONAL = 2


def unit(message: TransferRequest, bits: int) -> bytes:
    """Service information octet and label as Q.704 §2.2 and GF 001-9001 draw them, lowest bit first."""
    packed = message.dpc | message.opc << bits | message.sls << 2 * bits
    return bytes((NATIONAL << 6 | message.service,)) + packed.to_bytes(7 if bits == 24 else 4, "little") + message.octets


def tshark(capture: Path, messages: list[bytes], standard: str) -> list[dict[str, str]]:
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, LINKTYPE_MTP3)]
    out += [struct.pack("<IIII", 0, 0, len(message), len(message)) + message for message in messages]
    capture.write_bytes(b"".join(out))
    wide = standard != "ITU"
    points = ("mtp3.chinese_dpc", "mtp3.chinese_opc") if wide else ("mtp3.dpc", "mtp3.opc")
    fields = ("frame.protocols", "_ws.malformed", "mtp3.service_indicator", *points, "mtp3.sls", "data.data")
    arguments = [argument for field in fields for argument in ("-e", field)]
    done = subprocess.run(
        ["tshark", "-n", "-r", str(capture), "-o", f"mtp3.standard:{standard}", "-T", "fields", "-E", "separator=|", *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [dict(zip(fields, line.split("|"), strict=True)) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(("bits", "standard"), [(14, "ITU"), (24, "Chinese ITU")])
def test_labels_of_a_call_and_of_groups(bits: int, standard: str, tmp_path: Path) -> None:
    pair = Pair(circuits=32, bits=bits)
    for circuit in (1, 7, 20, 32):
        call, offered = pair.call(circuit)
        pair.sides[B].answer_request(offered, pair.now)
        pair.settle()
        pair.sides[A].release_request(call, Cause(16), pair.now)
        pair.settle()
    pair.sides[B].block_request(range(1, 33), pair.now)
    pair.sides[A].reset_request(range(1, 33), pair.now)
    pair.settle()
    sent = [message for _side, message in pair.sent]
    rows = tshark(tmp_path / "tup.pcap", [unit(message, bits) for message in sent], standard)
    assert len(rows) == len(sent) == 4 * 5 + 4
    for row, message in zip(rows, sent, strict=True):
        # 24 bits are shown as words, as a number and as a number once more
        dpc, opc = (int(row[field].split(",")[1 if bits == 24 else 0], 0) for field in list(row)[3:5])
        assert row["_ws.malformed"] == ""
        assert row["frame.protocols"].startswith("mtp3")
        assert int(row["mtp3.service_indicator"], 0) == 4
        assert (dpc, opc, int(row["mtp3.sls"], 0)) == (message.dpc, message.opc, message.sls & 15)
        assert bytes.fromhex(row["data.data"]) == message.octets
