"""system.conf: what dahdi_cfg is told (tests/dahdi lets it read the same)."""

from dataclasses import replace

import pytest

from xunhu._e1.dahdi_conf import DahdiTrunk, system_conf

PRI = DahdiTrunk(number=0, span=1, sync=1)


def rows(*trunks: DahdiTrunk) -> list[str]:
    return [line for line in system_conf(trunks).splitlines() if line and not line.startswith("#")]


def test_pri() -> None:
    assert rows(PRI) == [
        "span=1,1,0,ccs,hdb3,crc4", "bchan=1-15,17-31", "dchan=16", "alaw=1-31", "loadzone=cn", "defaultzone=cn",
    ]  # fmt: skip


def test_ss7_on_the_second_span() -> None:
    trunk = DahdiTrunk(number=4, span=2, framing="ccs, hdb3", signalling="SS7", skip=(1, 16), law="U")
    assert rows(trunk)[:5] == ["span=2,0,0,ccs,hdb3", "bchan=33-46,48-62", "mtp2=32", "mtp2=47", "mulaw=32-62"]


def test_ss7_links_are_where_they_are_said_to_be() -> None:
    trunk = DahdiTrunk(number=4, span=1, signalling="SS7", links=(17,))
    assert rows(trunk)[1:4] == ["bchan=1-16,18-31", "mtp2=17", "alaw=1-31"]
    assert rows(replace(trunk, links=(), skip=()))[1:3] == ["bchan=1-31", "alaw=1-31"]
    assert rows(replace(trunk, links=None, skip=(), bundle=range(1, 32)))[1:3] == ["clear=1-31", "alaw=1-31"]
    assert rows(replace(trunk, links=(16,), bundle=(1, 2, 3)))[1:4] == ["bchan=4-15,17-31", "mtp2=16", "clear=1-3"]


def test_r2_and_none() -> None:
    r2 = DahdiTrunk(number=1, span=3, framing="CAS,AMI,CRC4", sync=2, signalling="R2")
    none = DahdiTrunk(number=2, span=4, signalling="NONE", skip=(), first_channel=101)
    assert rows(none, r2)[:6] == [
        "span=3,2,0,cas,ami,crc4", "cas=63-77,79-93:1101", "alaw=63-77,79-93",
        "span=4,0,0,ccs,hdb3,crc4", "bchan=101-131", "alaw=101-131",
    ]  # fmt: skip


def test_d_channel_elsewhere() -> None:
    assert "dchan=31" in rows(replace(PRI, skip=(31,)))
    assert "bchan=1-30" in rows(replace(PRI, skip=(31,)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"span": 0}, "Trunk0: span is 1 or more"),
        ({"sync": -1}, "sync"),
        ({"law": "X"}, "law is A or U"),
        ({"signalling": "QSIG"}, "QSIG"),
        ({"skip": (0,)}, "timeslots are 1..31"),
        ({"skip": ()}, "needs a timeslot"),
        ({"framing": "CCS,B8ZS"}, "B8ZS"),
        ({"framing": "CCS,HDB3,AMI"}, "two of a kind"),
        ({"framing": "CAS,HDB3"}, "framing CCS"),
        ({"signalling": "R2"}, "framing CAS"),
        ({"first_channel": 0}, "first channel"),
        ({"links": (16,)}, "links are of SS7"),
        ({"signalling": "SS7", "links": (32,)}, "timeslots are 1..31"),
        ({"signalling": "SS7", "links": (16,), "bundle": (15, 16)}, "part of one"),
        ({"signalling": "SS7", "skip": ()}, "needs a timeslot"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        system_conf([replace(PRI, **change)])  # type: ignore[arg-type]


def test_spans_must_not_meet() -> None:
    with pytest.raises(ValueError, match="Trunk0 and Trunk1 both have span 1"):
        system_conf([PRI, replace(PRI, number=1)])
    with pytest.raises(ValueError, match="overlap"):
        system_conf([PRI, DahdiTrunk(number=1, span=2, first_channel=31)])
