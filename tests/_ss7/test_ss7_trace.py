"""Traces of signalling links: text of signal units, captures that tshark reads as we do, both kinds of links in one file."""

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu._isdn.trace import Tracer
from xunhu._ss7.circuit_primitives import Cause
from xunhu._ss7.isup_codec import encode as isup
from xunhu._ss7.isup_names import MessageType, ParameterCode
from xunhu._ss7.isup_parameters_call import encode_cause_indicators
from xunhu._ss7.isup_parameters_numbers import encode_subsequent_number
from xunhu._ss7.isup_variants import VARIANTS
from xunhu._ss7.mtp2_units import SIE, SIO, SIOS, basic_unit, extended_unit
from xunhu._ss7.mtp3_messages import Label, Message, encode_label, encode_message
from xunhu._ss7.trace import channel_of, describe, describe_message, link_channel, unit_of
from xunhu._ss7.tup_codec import encode as tup
from xunhu._ss7.tup_codec import label as tup_label
from xunhu._ss7.tup_messages import InitialAddress
from xunhu._ss7.tup_tables import VARIANTS as TUP_VARIANTS
from xunhu.protocol.pcap import MTP2, MTP2_WITH_PHDR, CaptureError, packets

T0 = 1_763_859_600_000_000_000
CHINA = {"bits": 24, "isup": "ISUP-CHINA", "tup": "TUP-CHINA"}
ITU = {"bits": 14, "isup": "ISUP-ITU", "tup": "TUP-ITU"}
OURS = {14: 2 << 11 | 100 << 3 | 3, 24: 34 << 16 | 56 << 8 | 78}
FAR = {14: 2 << 11 | 100 << 3 | 5, 24: 34 << 16 | 56 << 8 | 1}


def management(name: str, bits: int, service: int = 0, value: int = 0, pattern: bytes = b"") -> bytes:
    network = 2 if bits == 24 else 0
    label = Label(service, network, 0, FAR[bits], OURS[bits], 1)
    return encode_message(Message(name, label, value, FAR[bits] - 1, pattern), bits)


def rel(bits: int, cic: int = 33) -> bytes:
    variant = VARIANTS["ISUP-CHINA" if bits == 24 else "ISUP-ITU"]
    label = encode_label(Label(5, 2 if bits == 24 else 0, 0, FAR[bits], OURS[bits], cic & 15), bits)
    return label + isup(cic, MessageType.REL, [(ParameterCode.CAUSE_INDICATORS, encode_cause_indicators(Cause(17)))], variant)


def sam(bits: int) -> bytes:
    label = encode_label(Label(5, 2 if bits == 24 else 0, 0, OURS[bits], FAR[bits], 2), bits)
    digits = encode_subsequent_number("4006000998", True)
    return label + isup(34, MessageType.SAM, [(ParameterCode.SUBSEQUENT_NUMBER, digits)], VARIANTS["ISUP-ITU"])


def initial(bits: int) -> bytes:
    variant = TUP_VARIANTS["TUP-CHINA" if bits == 24 else "TUP-ITU"]
    sls, circuit = tup_label(37, bits)
    label = encode_label(Label(4, 2 if bits == 24 else 0, 0, FAR[bits], OURS[bits], sls & 15), bits)
    if bits == 24:
        label = label[:-1] + bytes([sls])  # CIC bits 0-7
    return label + circuit + tup(InitialAddress(0x11, 10, 2, "4006000998"), variant)


def messages(bits: int) -> list[bytes]:
    return [
        management("SLTM", bits, 1, pattern=b"xunhu"), management("SLTA", bits, 1, pattern=b"xunhu"), management("TRA", bits),
        management("TFP", bits), management("TFA", bits), management("TFC", bits, value=1), management("COO", bits, value=99),
        management("CBD", bits, value=7), management("LIN", bits), management("ECO", bits), management("UPU", bits, value=0x25),
        management("RST", bits), sam(bits), rel(bits), initial(bits),
    ]  # fmt: skip


# -- text ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        (basic_unit(5, 1, 9, 0, b""), "FISU      BSN 5/1 FSN 9/0"),
        (basic_unit(127, 1, 127, 1, bytes([SIOS])), "LSSU SIOS BSN 127/1 FSN 127/1"),
        (basic_unit(127, 1, 127, 1, bytes([SIE, 0])), "LSSU SIE  BSN 127/1 FSN 127/1"),
        (basic_unit(127, 1, 127, 1, bytes([7])), "LSSU status 07 BSN 127/1 FSN 127/1"),
        (b"\x01\x02", "invalid   0102"),
        (basic_unit(1, 0, 2, 0, b"")[:2] + b"\x05ab", "invalid   BSN 1/0 FSN 2/0  length 5, 2 octets: 6162"),
    ],
)
def test_units(unit: bytes, text: str) -> None:
    assert describe(unit) == text


def test_extended_units() -> None:
    assert describe(extended_unit(4095, 1, 300, 0, b""), extended=True) == "FISU      BSN 4095/1 FSN 300/0"
    text = describe(extended_unit(1, 0, 2, 1, rel(24) + bytes(70)), **CHINA, extended=True)
    assert text.startswith("MSU       BSN 1/0 FSN 2/1  nat 34-56-78 > 34-56-1 sls 1  ISUP REL cic 33: cause 17")


@pytest.mark.parametrize(
    ("bits", "octets", "text"),
    [
        (24, management("SLTM", 24, 1, pattern=b"\x01\x02"), "nat 34-56-78 > 34-56-1 slc 1  SLT SLTM pattern 0102"),
        (14, management("COO", 14, value=99), "intl 2-100-3 > 2-100-5 slc 1  SNM COO fsn 99"),
        (14, management("TFP", 14), "intl 2-100-3 > 2-100-5 slc 1  SNM TFP 2-100-4"),
        (24, management("TFC", 24, value=2), "nat 34-56-78 > 34-56-1 slc 1  SNM TFC 34-56-0 level 2"),
        (24, management("UPU", 24, value=0x15), "nat 34-56-78 > 34-56-1 slc 1  SNM UPU 34-56-0 ISUP user_unequipped"),
        (14, management("TRA", 14), "intl 2-100-3 > 2-100-5 slc 1  SNM TRA"),
        (14, b"\x03" + encode_label(Label(3, 0, 0, 1, 2, 3), 14)[1:] + b"\x09", "intl 0-0-2 > 0-0-1 sls 3  SCCP 09"),
        (14, b"\x85\x01", "message of 2 octets has no label of 5: 8501"),
    ],
)
def test_messages(bits: int, octets: bytes, text: str) -> None:
    assert describe_message(octets, bits) == text.replace("user_unequipped", "unequipped")


def test_user_parts_are_described() -> None:
    assert "ISUP SAM cic 34: digits 4006000998" in describe(basic_unit(0, 0, 1, 0, sam(14)), **ITU)
    assert "TUP IAM CIC 37, called 4006000998" in describe(basic_unit(0, 0, 1, 0, initial(24)), **CHINA)
    assert "TUP IAM CIC 37, called 4006000998" in describe(basic_unit(0, 0, 1, 0, initial(14)), **ITU)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=280), st.sampled_from([14, 24]), st.booleans(), st.sampled_from([b"", b"\x80\x81", b"\x80\x81\x3f\x85", b"\x80\x81\x3f\x84"]))
def test_any_octets_have_a_text(octets: bytes, bits: int, extended: bool, prefix: bytes) -> None:
    for unit in (prefix + octets, basic_unit(1, 1, 1, 1, octets), extended_unit(1, 1, 1, 1, octets)):
        text = describe(unit, bits, extended=extended)
        assert text
        assert "\n" not in text


# -- captures ---------------------------------------------------------------------------------------------------------


def tshark(path: Path, *options: str) -> list[str]:
    done = subprocess.run(["tshark", "-n", "-r", str(path), *options], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def fields(path: Path, standard: str, *names: str) -> list[list[str]]:
    options = [f"-e{name}" for name in names]
    return [row.split("\t") for row in tshark(path, "-o", f"mtp3.standard:{standard}", "-Tfields", *options)]


@pytest.mark.parametrize(("bits", "standard", "kind"), [(24, "Chinese ITU", CHINA), (14, "ITU", ITU)])
@pytest.mark.parametrize("extended", [False, True])
def test_tshark_reads_what_was_meant(tmp_path: Path, bits: int, standard: str, kind: dict[str, str], extended: bool) -> None:
    """Every kind of unit, without check bits; numbers of 12 bits are known by the pseudo header, no preference is needed."""
    unit = extended_unit if extended else basic_unit
    units = [unit(3, 1, 90, 0, b""), unit(127, 1, 127, 1, bytes([SIO])), *(unit(4, 0, n, 1, octets) for n, octets in enumerate(messages(bits)))]
    channel = link_channel("LinkSet0/1", **kind, number=7, extended=extended)
    tracer = Tracer(channels={"LinkSet0/1": channel})
    for n, octets in enumerate(units):
        tracer.add(T0 + n, "LinkSet0/1", "tx" if n % 2 else "rx", octets)
    path = tmp_path / "t.pcapng"
    assert tracer.write_pcap(path) == len(units)
    assert tshark(path, "-o", f"mtp3.standard:{standard}", "-Y", "_ws.malformed || _ws.expert.severity >= 0x600000") == []
    read = fields(path, standard, "frame.interface_name", "frame.time_epoch", "mtp2.bsn", "mtp2.bib", "mtp2.fsn", "mtp2.fib")
    size = 6 if extended else 3
    for n, (row, octets) in enumerate(zip(read, units, strict=True)):
        assert row[:2] == ["LinkSet0/1", f"1763859600.{n:09d}"]
        text = channel.text(octets, "rx")
        wanted = [int(part, 0) if part.isdigit() else part in {"True", "1"} for part in row[2:]]
        assert f"BSN {int(wanted[0])}/{int(wanted[1])} FSN {int(wanted[2])}/{int(wanted[3])}" in text, (row, octets[:size])
    isup_rows = fields(path, standard, "isup.cic", "isup.message_type", "mtp3.service_indicator")
    assert [row for row in isup_rows if row[0]] == [["34", "2", "0x05"], ["33", "12", "0x05"]]
    names = ["mtp3.opc", "mtp3.dpc"] if bits == 14 else ["mtp3.chinese_opc", "mtp3.chinese_dpc"]
    points = {(row[0].split(",")[0], row[1].split(",")[0]) for row in fields(path, standard, *names)} - {("", "")}
    pair = (str(OURS[14]), str(FAR[14])) if bits == 14 else ("34-56-78", "34-56-1")
    assert points == {pair, pair[::-1]}
    directions = fields(path, standard, "frame.packet_flags_direction")
    assert [int(row[0], 0) for row in directions] == [1 + n % 2 for n in range(len(units))]


def test_d_channels_and_links_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "both.pcap"
    tracer = Tracer(sides={3: True}, channels={"LinkSet0/0": link_channel("LinkSet0/0", 24)}, path=path)
    tracer.add(T0, 3, "tx", bytes.fromhex("02017f"))
    tracer.add(T0 + 1_000, "LinkSet0/0", "rx", basic_unit(0, 0, 1, 0, rel(24)))
    tracer.add(T0 + 2_000, 3, "rx", bytes.fromhex("020173"))
    tracer.close()
    seen = list(packets(path.read_bytes()))
    assert [(p.name, p.direction) for p in seen] == [("Trunk3", "tx"), ("LinkSet0/0", "rx"), ("Trunk3", "rx")]
    assert [row[0] for row in fields(path, "Chinese ITU", "frame.protocols")] == ["lapd", "mtp2:mtp3:isup", "lapd"]
    assert [line.split()[2] for line in tracer.lines()] == ["Trunk3", "LinkSet0/0", "Trunk3"]


def test_a_link_that_nobody_declared_is_traced_all_the_same(tmp_path: Path) -> None:
    tracer = Tracer(path=tmp_path / "t.pcap")
    tracer.add(T0, "LinkSet0/9", "rx", b"\x01\x02")
    tracer.close()
    assert tracer.file_error is None
    assert next(iter(tracer.lines())).endswith("LinkSet0/9 <- 0102")
    assert tshark(tmp_path / "t.pcap", "-Tfields", "-eframe.interface_name") == ["LinkSet0/9"]


def test_a_capture_says_how_it_is_to_be_read() -> None:
    for extended in (False, True):
        channel = link_channel("LinkSet4/2", 24, "ISUP-CHINA", "TUP-CHINA", number=9, extended=extended)
        unit = (extended_unit if extended else basic_unit)(0, 0, 1, 0, rel(24))
        data = channel.data(unit, "tx")
        again = channel_of(channel.link_type, channel.name, channel.description, data)
        direction, octets = unit_of(channel.link_type, data)
        assert octets == unit
        assert direction == ("tx" if extended else None)
        assert again.text(octets, "tx") == channel.text(unit, "tx")
        assert again.data(octets, "tx") == data
    assert channel_of(MTP2, "eth", "", b"").description == "MTP2, point codes of 14 bits, ISUP-ITU, TUP-ITU"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_captures_are_read_as_far_as_they_go(data: st.DataObject) -> None:
    tracer = Tracer(channels={"L": link_channel("L", 14, extended=True)})
    for n in range(3):
        tracer.add(T0 + n, "L", "rx", extended_unit(0, 0, n, 0, rel(14)))
        tracer.add(T0 + n, 1, "tx", bytes.fromhex("02017f"))
    from xunhu.protocol.trace import capture

    octets = bytearray(capture(tracer.frames(), tracer.channel))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(octets) - 1))
        octets[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
        octets += b"\0"
    try:
        found = list(packets(bytes(octets)))
    except CaptureError:
        return
    for packet in found:
        channel = channel_of(MTP2_WITH_PHDR, packet.name, packet.description, packet.data)
        assert channel.text(unit_of(MTP2_WITH_PHDR, packet.data)[1], "rx")


def test_the_command_reads_what_was_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from xunhu.cli.main import main

    path = tmp_path / "t.pcap"
    channels = {"LinkSet0/0": link_channel("LinkSet0/0", 24), "LinkSet0/1": link_channel("LinkSet0/1", 24, extended=True)}
    tracer = Tracer(sides={3: True}, channels=channels, path=path)
    tracer.add(T0, 3, "tx", bytes.fromhex("02017f"))
    tracer.add(T0 + 1, "LinkSet0/0", "rx", basic_unit(0, 0, 1, 0, rel(24)))
    tracer.add(T0 + 2, "LinkSet0/1", "tx", extended_unit(0, 0, 1, 0, initial(24)))
    tracer.close()
    assert main(["trace", "--read", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == list(tracer.lines())
    assert main(["trace", "--read", str(path), "--link", "linkset0/1", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["link"], row["direction"], row["octets"]) == ("LinkSet0/1", "tx", extended_unit(0, 0, 1, 0, initial(24)).hex())
    (tmp_path / "x").write_bytes(b"no capture at all, only words")
    assert main(["trace", "--read", str(tmp_path / "x")]) == 1
    assert "is no capture" in capsys.readouterr().err
