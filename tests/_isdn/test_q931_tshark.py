"""Judged from outside: tshark reads every message we can send, and finds nothing to complain of."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest
from q931_pair import NORMAL, Pair

from xunhu._isdn import q931_codec as c
from xunhu._isdn import q931_ie as ie
from xunhu._isdn.causes import CAUSES
from xunhu._isdn.primitives import Cause, InformationIndication, Number, Progress, SetupIndication, SetupRequest

pytestmark = pytest.mark.interop

LINKTYPE_LAPD = 203
I_FRAME = b"\x00\x01\x00\x00"  # SAPI 0, TEI 0, I frame 0 0


def tshark(tmp_path: Path, payloads: list[bytes], *fields: str) -> list[list[str]]:
    """The fields of each message, after tshark has said that none is malformed or odd."""
    capture = tmp_path / "q931.pcap"
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, LINKTYPE_LAPD)]
    for payload in payloads:
        frame = I_FRAME + payload
        out.append(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
    capture.write_bytes(b"".join(out))
    # separate frames, all with N(S) 0, would look like repetitions: only the Q.931 layer is judged
    wanted = ["frame.protocols", "_ws.expert.message", "_ws.malformed", "q931.message_type", *fields]
    arguments = [a for field in wanted for a in ("-e", field)]
    done = subprocess.run(
        ["tshark", "-r", str(capture), "-o", "q931.reassembly:FALSE", "-T", "fields", "-E", "separator=|", *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    rows = [line.split("|") for line in done.stdout.splitlines()]
    assert len(rows) == len(payloads)
    for row, payload in zip(rows, payloads, strict=True):
        assert row[0].startswith("lapd:q931"), (row, payload.hex())
        assert row[1:3] == ["", ""], (row, payload.hex())
    return [row[3:] for row in rows]


BY_CODE: dict[int, object] = {
    0x00: ie.SegmentedMessage(True, 1, c.SETUP),
    0x04: ie.BearerCapability(0, 16, b"\xa3"),
    0x08: Cause(16),
    0x10: ie.Opaque(0x10, b"\x01"),
    0x14: ie.CallState(10),
    0x18: ie.ChannelIdentification((1,)),
    0x1E: Progress(8),
    0x27: ie.Notification(0),
    0x28: ie.Display("xunhu"),
    0x29: ie.DateTime(26, 11, 23, 1, 2),
    0x2C: ie.Keypad("123#"),
    0x34: ie.Signal(0),
    0x4C: ie.ConnectedNumber("8001", 0, 1, 0, 0),
    0x6C: ie.CallingPartyNumber("13800138000", 2, 1, 0, 3),
    0x6D: ie.Subaddress(0x6D, 0, False, b"P12"),
    0x70: ie.CalledPartyNumber("4006000998", 2, 1),
    0x71: ie.Subaddress(0x71, 2, True, b"\x12"),
    0x74: ie.RedirectingNumber("8001", 0, 1, 0, 0, 15),
    0x79: ie.RestartIndicator(7),
    0x7C: ie.LowLayerCompatibility(b"\x80\x90\xa3"),
    0x7D: ie.HighLayerCompatibility(1),
    0x7E: ie.UserUser(4, b"hello"),
    0xA0: ie.SingleOctet(0xA0),
    0xA1: ie.SingleOctet(0xA1),
    0xB0: ie.SingleOctet(0xB0, 15),
    0xD0: ie.SingleOctet(0xD0, 2),
}


def test_every_message_with_every_element(tmp_path: Path) -> None:
    payloads, types = [], []
    for row in c.MESSAGE_ROWS:
        codes = sorted({*row.mandatory, *row.mandatory_from_network, *row.optional} & set(BY_CODE))
        first = [code for code in codes if code >= 0xD0 or code == 0xA1]
        ordered = first + [code for code in codes if code not in first and code < 0x80]
        rest = [code for code in codes if code not in ordered]
        elements = tuple(BY_CODE[code] for code in ordered + rest)
        payloads.append(c.encode(c.Message(row.type, 1, False, elements)))
        types.append(row.type)
    rows = tshark(tmp_path, payloads)
    assert [int(row[0], 16) for row in rows] == types


def test_service_messages(tmp_path: Path) -> None:
    pair = Pair("TR41459")
    pair.user.q.block_channel(5, 0)
    pair.run()
    rows = tshark(tmp_path, pair.user.sent + pair.network.sent, "q931.maintenance_message_type")
    assert [int(row[1], 16) for row in rows] == [c.SERVICE, c.SERVICE_ACKNOWLEDGE]


@pytest.mark.parametrize("variant", ["NET5", "TR41459"])
def test_conversation(tmp_path: Path, variant: str) -> None:
    """What two machines say to each other in calls, overlap, clearing, restart."""
    pair = Pair(variant)
    a, b = pair.talk(
        pair.user,
        display="xunhu",
        redirecting=Number("8001", 0, 1, 0, 0),
        redirecting_reason=15,
        progress=(Progress(3),),
    )
    pair.user.q.status_enquiry_request(a, 0)
    pair.user.q.notify_request(a, 0, 0)
    pair.run()
    pair.network.q.disconnect_request(b, Cause(16), 0, (Progress(8),))
    pair.run()
    if variant == "NET5":
        call = pair.user.q.setup_request(SetupRequest(Number("80"), sending_complete=False), 0)
        pair.run()
        offered = pair.network.take(SetupIndication).call
        pair.network.q.more_info_request(offered, 0, (Progress(8),))
        pair.run()
        pair.user.q.information_request(call, "01", True, 0)
        pair.run()
        assert pair.network.take(InformationIndication).digits == "01"
        pair.network.q.progress_request(offered, 0, (Progress(8),), Cause(17))
    _, refused = pair.offer(pair.network)
    pair.user.q.release_request(refused, NORMAL, 0)
    pair.user.q.restart_request([4], 0)
    pair.user.q.restart_request(None, 0)
    pair.run()
    pair.turn(40)
    sent = pair.user.sent + pair.network.sent
    rows = tshark(tmp_path, sent, "q931.called_party_number.digits", "q931.cause_value")
    assert [int(row[0], 16) for row in rows] == [c.decode(octets).type for octets in sent]
    assert rows[0][1] == "4006000998"


def test_causes(tmp_path: Path) -> None:
    payloads = [c.encode(c.Message(c.RELEASE, 1, False, (Cause(value),))) for value in CAUSES]
    rows = tshark(tmp_path, payloads, "q931.cause_value")
    assert [int(row[1]) for row in rows] == list(CAUSES)


def test_the_judge_complains(tmp_path: Path) -> None:
    """A damaged message is seen as such, so silence above means something."""
    payload = c.encode(c.Message(c.SETUP, 1, False, (ie.BearerCapability(0, 16, b"\xa3"),)))
    with pytest.raises(AssertionError):
        tshark(tmp_path, [payload[:-2]])
