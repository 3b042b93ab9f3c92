"""SIPp: what it writes is read right, what we give it is what it should be (tshark), and our scenarios run against each other."""

from __future__ import annotations

import asyncio
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu._media import g711
from xunhu._media.r2mf import FORWARD, R2Bank
from xunhu.load.called import CalledSipp
from xunhu.load.code import Reader
from xunhu.load.figures import Seconds
from xunhu.load.own_site import free_ports
from xunhu.load.plan import Limits
from xunhu.load.progress import Progress
from xunhu.load.sip import SipRun
from xunhu.load.sipp import PLACING, SCENARIOS, SipPlan, command
from xunhu.load.sipp_files import capture, key_packets, voice, write_files
from xunhu.load.sipp_stats import SippFigures, counters, fill_seconds, read_codes, read_times, rows_of, split_unexpected

NAMES = [
    *("ElapsedTime(C)", "TotalCallCreated", "CurrentCall", "SuccessfulCall(C)", "FailedCall(C)"),
    *("FailedMaxUDPRetrans(C)", "FailedUnexpectedMessage(C)", "FailedTimeoutOnRecv(C)", "Retransmissions(C)"),
]
TABLE = "\n".join(
    [
        ";".join(NAMES) + ";",
        "00:00:00;0;0;0;0;0;0;0;0;",
        "00:00:01;10;6;4;0;0;0;0;0;",
        "00:00:02;20;5;10;5;1;3;0;7;",
        "",
    ]
)


def test_statistics() -> None:
    rows = rows_of(TABLE)
    assert len(rows) == 3
    last = counters(rows[-1])
    assert (last.created, last.good, last.failed, last.up, last.retransmissions) == (20, 10, 5, 5, 7)
    assert last.failures == {"retransmissions": 1, "unexpected": 3, "other": 1}
    split_unexpected(last, Counter({486: 2, 180: 4}))
    figures = last.as_dict()
    assert figures["failures"] == {"status:486": 2, "other": 1, "retransmissions": 1, "unexpected": 1}
    assert figures["failed_percent"] == 33.333
    assert sum(figures["failures"].values()) == figures["failed"]


@given(st.integers(0, len(TABLE)))
def test_a_file_that_is_being_written(cut: int) -> None:
    for row in rows_of(TABLE[:cut]):
        found = counters(row)
        assert found.good + found.failed <= found.created


def test_seconds_from_cumulative_counters() -> None:
    seconds = Seconds()
    fill_seconds(seconds, rows_of(TABLE), offset_s=10)
    rows = seconds.rows()[10:]
    assert [(row["attempts"], row["failed"], row["up"]) for row in rows] == [(10, 0, 6), (10, 5, 5)]


def test_response_times_and_codes() -> None:
    seconds = Seconds()
    text = "Date_ms;response_time_ms;rtd_no\n104.001;3;setup\n1204.001;5;setup\n2000;60;key\n9;nonsense;setup\n10;"
    times = read_times(text, seconds)
    assert times["setup_ms"].values == [3, 5]
    assert times["key_ms"].values == [60]
    assert [row["answered"] for row in seconds.rows()] == [1, 1]
    assert read_codes("date\t17:07:29.6\t1795;00:00:00:515000;486,486,503,\ndate;00:00:01:0;\n") == {486: 2, 503: 1}
    assert SippFigures().as_dict()["failed_percent"] == 0


@pytest.mark.parametrize("name", [*PLACING, "called"])
def test_scenarios_are_whole(name: str) -> None:
    text = (SCENARIOS / f"{name}.xml").read_text()
    root = ET.fromstring(text)
    assert root.get("name") == name
    labels = {element.get("id") for element in root.iter("label")}
    assert {element.get(key) for element in root.iter() for key in ("next", "ontimeout") if element.get(key)} <= labels
    begun = {element.get("start_rtd") for element in root.iter() if element.get("start_rtd")}
    assert begun == {element.get("rtd") for element in root.iter() if element.get("rtd")}
    for send in root.iter("send"):
        lines = [line.strip() for line in (send.text or "").strip().splitlines()]
        assert any(line.startswith("Content-Length:") for line in lines)
        assert ("[len]" in (send.text or "")) == any(line.startswith("Content-Type:") for line in lines)


def test_the_command_line() -> None:
    words = command(SipPlan("answer", "127.0.0.1:5060", rate=0.5, calls=3, port=5070, media=20000), "sipp")
    assert words[words.index("-r") + 1 : words.index("-r") + 2] == ["50"]
    assert words[words.index("-rp") + 1] == "100000"
    assert words[words.index("-m") + 1] == "3"
    assert {"-p", "-mp"} <= set(words)
    assert "-inf" not in words
    assert "-inf" in command(SipPlan("register", "127.0.0.1:5060"), "sipp")


def test_the_voice_is_code_words() -> None:
    import numpy as np

    samples = np.asarray(g711.alaw_decode(voice(77)), np.int16).reshape(1, -1)
    reader = Reader()
    heard = [word for hit in R2Bank(1, FORWARD).feed(samples) if hit.code and (word := reader.hear(hit.code)) is not None]
    assert heard == [77] * 20


@pytest.mark.interop
@pytest.mark.parametrize("key", ["5", "*", "#", "0"])
def test_a_key_as_tshark_sees_it(tmp_path: Path, key: str) -> None:
    (tmp_path / "keys.pcap").write_bytes(capture(key_packets(key)))
    fields = ["rtp.p_type", "rtp.marker", "rtpevent.event_id", "rtpevent.end_of_event", "rtpevent.duration", "rtp.timestamp", "ip.checksum.status"]
    done = subprocess.run(
        ["tshark", "-n", "-r", tmp_path / "keys.pcap", "-d", "udp.port==6000,rtp", "-o", "rtpevent.event_payload_type_value:101",
         "-o", "ip.check_checksum:TRUE", "-T", "fields", *[word for name in fields for word in ("-e", name)]],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    event = {"*": "10", "#": "11"}.get(key, key)
    assert len(rows) == 8
    assert {(row[0], row[2], row[5], row[6]) for row in rows} == {("101", event, "8000", "1")}
    assert [row[1] in ("1", "True") for row in rows] == [True] + [False] * 7
    assert [row[3] in ("1", "True") for row in rows] == [False] * 5 + [True] * 3
    assert [int(row[4]) for row in rows] == [160, 160, 320, 480, 640, 800, 800, 800]


def test_users_are_written(tmp_path: Path) -> None:
    write_files(tmp_path, key="1", users=[("8001", "secret-8001")])
    assert (tmp_path / "users.csv").read_text() == "SEQUENTIAL\n8001;[authentication username=8001 password=secret-8001]\n"


@pytest.mark.interop
@pytest.mark.parametrize("scenario", ["answer", "rtp", "hold"])
def test_scenarios_against_the_called_one(scenario: str) -> None:
    """SIPp at both ends: our scenarios are right by themselves."""
    port, media = free_ports(2)
    plan = SipPlan(scenario, f"127.0.0.1:{port}", rate=20, calls=20, hold_s=0.3)

    async def body() -> None:
        with CalledSipp(plan, port, media), Progress(quiet=True) as progress:
            await asyncio.sleep(0.3)
            report = await SipRun(plan, None, Limits(0.0), progress, seconds=1).run()
            assert report["good"], report
            figures = report["figures"]
            assert (figures["attempts"], figures["answered"], figures["failed"]) == (20, 20, 0)
            assert figures["setup_ms"]["count"] == figures["bye_ms"]["count"] == 20
            assert sum(row["attempts"] for row in report["seconds_rows"]) == 20
            if scenario == "hold":
                assert figures["hold_ms"]["count"] == figures["retrieve_ms"]["count"] == 20

    asyncio.run(body())


@pytest.mark.interop
def test_refusals_are_told_by_their_status(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    (tmp_path / "busy.xml").write_text(
        '<?xml version="1.0"?><scenario name="busy"><recv request="INVITE"/><send retrans="500"><![CDATA[\n\n'
        "SIP/2.0 486 Busy Here\n[last_Via:]\n[last_From:]\n[last_To:];tag=[call_number]\n[last_Call-ID:]\n[last_CSeq:]\nContent-Length: 0\n\n"
        ']]></send><recv request="ACK"/></scenario>'
    )
    busy = subprocess.Popen(
        ["sipp", "-sf", "busy.xml", "-i", "127.0.0.1", "-p", str(port), "-nostdin"], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    async def body() -> None:
        with Progress(quiet=True) as progress:
            await asyncio.sleep(0.3)
            plan = SipPlan("answer", f"127.0.0.1:{port}", rate=20, calls=10, hold_s=0.1)
            report = await SipRun(plan, None, Limits(), progress, seconds=1).run()
        assert report["figures"]["failures"] == {"status:486": 10}
        assert report["beyond"] == ["failed 100.00 % > 0.5 %"]

    try:
        asyncio.run(body())
    finally:
        busy.terminate()
        busy.wait()
