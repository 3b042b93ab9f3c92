"""No.7 in Tce1-32.ini: what is read, and that every mistake names its line, what is wrong, and what would be right."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xunhu.config import inspect, load
from xunhu.config.lines import load_lines
from xunhu.config.ss7 import IMPLIED, point_code, point_text
from xunhu.config.values import ValueFaultError
from xunhu.text import set_language

SAMPLES = Path(__file__).parents[2] / "conf"
# Two networks: China's, 24 bits, with two linksets and a far exchange; an international one, 14 bits, by a link of 2 Mbit/s.
INI = """\
[SS7]
Point0 = 34-56-78, national, 24
Point1 = 2-100-3, international, 14
MTP2.T1 = 45
ISUP.T7 = 25
[LinkSet0]
Own = Point0
Adjacent = 34-56-1
Link0 = Trunk0/16
Link1 = Trunk1/16, 64k, PCR
[LinkSet1]
Own = Point0
Adjacent = 34-56-2
Link0 = Trunk1/1
[LinkSet2]
Own = Point1
Adjacent = 0x1234
Link0 = Trunk2, 2M
[Route0]
Own = Point0
Destination = 34-56-9
LinkSets = LinkSet0:1, LinkSet1:2
[Circuits0]
Own = Point0
Trunk = Trunk0
Destination = 34-56-9
FirstCIC = 1
Variant = ISUP-CHINA
[Circuits1]
Own = Point0
Trunk = Trunk1
Destination = 34-56-9
FirstCIC = 33
Variant = TUP-CHINA
[Trunk0]
Driver = dahdi
Span = 1
Signalling = SS7
[Trunk1]
Driver = dahdi
Span = 2
Signalling = SS7
[Trunk2]
Driver = ces
Local = 127.0.0.1:40000
Remote = 127.0.0.1:40001
Signalling = SS7
[Trunk3]
Driver = dahdi
Span = 4
[SkipTS]
Trunk0 = none
Trunk1 = 16
"""


@pytest.fixture(autouse=True)
def english() -> None:
    set_language("en")


def put(folder: Path, ini: str = INI, yaml: str = "trunk_groups:\n  a: {trunks: [Trunk0, Trunk1, Trunk3]}\n") -> Path:
    (folder / "Tce1-32.ini").write_text(ini)
    (folder / "xunhu.yaml").write_text(yaml)
    return folder


def test_what_is_read(tmp_path: Path) -> None:
    config = load(put(tmp_path))
    ss7 = config.lines.ss7
    assert ss7 is not None
    assert [(p.number, p.point_code, p.ni, p.bits, p.line) for p in ss7.points] == [
        (0, 34 << 16 | 56 << 8 | 78, 2, 24, 2), (1, 2 << 11 | 100 << 3 | 3, 0, 14, 3),
    ]  # fmt: skip
    assert [(s.name, s.own, s.adjacent) for s in ss7.linksets] == [
        ("LinkSet0", 0, 34 << 16 | 56 << 8 | 1), ("LinkSet1", 0, 34 << 16 | 56 << 8 | 2), ("LinkSet2", 1, 0x1234),
    ]  # fmt: skip
    assert [(k.number, k.name, k.trunk, k.timeslot, k.rate, k.correction) for k in ss7.links] == [
        (0, "LinkSet0/0", 0, 16, "64k", "basic"), (1, "LinkSet0/1", 1, 16, "64k", "PCR"),
        (2, "LinkSet1/0", 1, 1, "64k", "basic"), (3, "LinkSet2/0", 2, 0, "2M", "basic"),
    ]  # fmt: skip
    far = 34 << 16 | 56 << 8 | 9
    assert ss7.routes[0].linksets == ((0, 1), (1, 2))
    implied = [(r.own, r.dpc, r.linksets) for r in ss7.routes if r.number == IMPLIED]
    assert implied == [(s.own, s.adjacent, ((s.number, 0),)) for s in ss7.linksets]
    assert [(c.trunk, c.dpc, c.first_cic, c.variant) for c in ss7.circuits] == [
        (0, far, 1, "ISUP-CHINA"), (1, far, 33, "TUP-CHINA"),
    ]  # fmt: skip
    assert ss7.circuits[1].cic(2) == 34
    assert (ss7.transfer, ss7.congestion) == (False, "international")
    assert ss7.timers == {"mtp2": {"T1": 45_000}, "isup": {"T7": 25_000}}
    assert ss7.mtp2_timers(ss7.links[3]) == {}
    voice = [len(t.voice) for t in config.lines.trunks]
    assert voice == [30, 29, 0, 30]  # links are no circuits, said in [SkipTS] or not


def test_a_transfer_point_needs_neither_circuits_nor_flows(tmp_path: Path) -> None:
    ini = INI.replace("MTP2.T1 = 45\nISUP.T7 = 25", "Transfer = yes\nCongestion = national")
    head, tail = ini.split("[Circuits0]")[0], "[Trunk0]" + ini.split("[Trunk0]")[1].split("[Trunk3]")[0]
    config, problems = inspect(put(tmp_path, head + tail, "data: d\n"))
    assert [str(p) for p in problems] == []
    assert config.lines.ss7 is not None
    assert (config.lines.ss7.transfer, config.lines.ss7.congestion, config.lines.ss7.circuits) == (True, "national", ())
    grouped = "trunk_groups:\n  a: {trunks: [Trunk0]}\n"
    _, problems = inspect(put(tmp_path, head + tail, grouped))
    assert any("'Trunk0' is no trunk" in str(p) for p in problems)


def test_priorities(tmp_path: Path) -> None:
    for text, linksets in (
        ("LinkSet1, LinkSet0", ((1, 1), (0, 2))),
        ("LinkSet0:1, LinkSet1:1", ((0, 1), (1, 1))),
        ("LinkSet1:7, linkset0", ((1, 7), (0, 8))),
    ):
        config = load(put(tmp_path, INI.replace("LinkSet0:1, LinkSet1:2", text)))
        assert config.lines.ss7 is not None
        assert config.lines.ss7.routes[0].linksets == linksets


def test_mtp2_timers_of_both_rates(tmp_path: Path) -> None:
    ini = INI.replace("MTP2.T1 = 45", "mtp2.t4(pn) = 8\nMTP2-2M.T4(Pn) = 3\nMTP3.SLT-T1 = 5\nTUP.DIGITS = 16")
    ss7 = load(put(tmp_path, ini)).lines.ss7
    assert ss7 is not None
    assert ss7.mtp2_timers(ss7.links[0]) == {"T4(Pn)": 8_000}
    assert ss7.mtp2_timers(ss7.links[3]) == {"T4(Pn)": 3_000}
    assert ss7.timers["mtp3"] == {"SLT-T1": 5_000}
    assert ss7.timers["tup"] == {"DIGITS": 16_000}


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        # [SS7]
        ("34-56-78, national, 24", "34-56-78", 2, ["CODE, NETWORK, BITS", "34-56-78, national, 24"]),
        ("34-56-78, national, 24", "34-56-78, national, 16", 2, ["bits are 14 or 24, not 16"]),
        ("34-56-78, national, 24", "34-56-78, domestic, 24", 2, ["network indicator", "national-spare", "0 to 3"]),
        ("34-56-78, national, 24", "34-56-278, national, 24", 2, ["278 is too large", "(0..255)-(0..255)-(0..255)"]),
        ("34-56-78, national, 24", "0x1000000, national, 24", 2, ["does not fit into 24 bits", "0xffffff", "255-255-255"]),
        ("2-100-3, international", "8-100-3, international", 3, ["8 is too large", "(0..7)-(0..255)-(0..7)"]),
        ("2-100-3, international", "16384, international", 3, ["at most 16383 (0x3fff, 7-255-7)"]),
        ("2-100-3, international", "2.100.3, international", 3, ["ZONE-AREA-POINT such as 2-100-3"]),
        ("Point1 = 2-100-3, international, 14", "Point1 = 34-56-78, 2, 24", 3, ["Point1 is the same as Point0"]),
        ("Point0 = 34-56-78, national, 24\nPoint1 = 2-100-3, international, 14\n", "", 1, ["no point code of ours", "add Point0"]),
        ("[SS7]", "[SS8]", 1, ["unknown section 'SS8'"]),
        ("MTP2.T1 = 45", "MTP2.T1 = 4", 4, ["MTP2.T1 = 4 is out of range", "from 40 s to 50 s", "Q.703"]),
        ("MTP2.T1 = 45", "MTP2.T9 = 4", 4, ["unknown timer 'MTP2.T9'"]),
        ("MTP2.T1 = 45", "MTP4.T1 = 4", 4, ["unknown level 'MTP4'", "did you mean MTP"]),
        ("MTP2.T1 = 45", "MTP3.T2 = soon", 4, ["is no time", "seconds"]),
        ("MTP2.T1 = 45", "MTP2.T7 = 0.5", 4, ["too short for links with PCR", "0.8 s"]),
        ("MTP2.T1 = 45", "Tranfer = yes", 4, ["unknown key 'Tranfer'", "did you mean Transfer?"]),
        ("MTP2.T1 = 45", "Transfer = maybe", 4, ["yes or no"]),
        ("MTP2.T1 = 45", "Congestion = high", 4, ["international, national, national-priorities"]),
        ("ISUP.T7 = 25", "ISUP.T7 = 45", 5, ["ISUP.T7 = 45 is out of range", "from 20 s to 30 s", "Q.764"]),
        # [LinkSetN]
        ("[LinkSet0]\nOwn = Point0", "[LinkSet0]", 6, ["does not say to which point", "Own = one of Point0, Point1"]),
        ("[LinkSet0]\nOwn = Point0", "[LinkSet0]\nOwn = Point4", 7, ["Own = Point4 is no point", "Point0, Point1"]),
        ("Adjacent = 34-56-1\n", "", 6, ["[LinkSet0] has no Adjacent"]),
        ("Adjacent = 34-56-1\n", "Adjacent = 34-56\n", 8, ["MAIN-SUB-POINT such as 34-56-78"]),
        ("Adjacent = 34-56-1\n", "Adjacent = 34-56-78\n", 6, ["LinkSet0: 34-56-78 is our own point code (Point0)"]),
        ("Link0 = Trunk1/1\n", "", 11, ["[LinkSet1] has no links", "Link0 = Trunk0/16"]),
        ("Link0 = Trunk1/1\n", "Link16 = Trunk1/1\n", 14, ["(SLC) is 0 to 15", "at most 16 links"]),
        ("Link1 = Trunk1/16", "Link0 = Trunk1/16", 10, ["set already in line 9"]),
        ("Link0 = Trunk1/1\n", "Link0 = Trunk1/32\n", 14, ["a timeslot from 1 to 31", "Trunk1/16"]),
        ("Link0 = Trunk1/1\n", "Link0 = Trunk1\n", 14, ["a timeslot from 1 to 31"]),
        ("Link0 = Trunk1/1\n", "Link0 = Trunk1/1, 128k\n", 14, ["64k or 2M"]),
        ("Link0 = Trunk2, 2M", "Link0 = Trunk2/16, 2M", 18, ["a 2M link takes the whole trunk: Trunk2, 2M"]),
        ("Link0 = Trunk1/1\n", "Link0 = Trunk1/16\n", 14, ["Trunk1/16 is already used by LinkSet0/1"]),
        ("Link0 = Trunk2, 2M", "Link0 = Trunk0, 2M", 18, ["Trunk0 is already used by LinkSet0/0"]),
        ("Link0 = Trunk1/1\n", "Link0 = Trunk7/1\n", 14, ["LinkSet1/0: Trunk7 is not a section", "[Trunk7] with Signalling = SS7"]),
        ("Link0 = Trunk1/1\n", "Link0 = Trunk3/16\n", 14, ["Trunk3 has Signalling = PRI", "Signalling = SS7 in [Trunk3]"]),
        ("Adjacent = 34-56-2", "Adjacent = 34-56-1", 14, ["SLC 0 to the same point is that of LinkSet0/0"]),
        # [RouteN]
        ("LinkSets = LinkSet0:1, LinkSet1:2", "LinkSets = LinkSet0:1, LinkSet5:2", 19, ["there is no LinkSet5", "LinkSet0, LinkSet1, LinkSet2"]),
        ("LinkSets = LinkSet0:1, LinkSet1:2", "LinkSets = LinkSet2", 19, ["LinkSet2 belongs to Point1", "its own network"]),
        ("LinkSets = LinkSet0:1, LinkSet1:2", "LinkSets = LinkSet0:0", 22, ["priorities begin with 1"]),
        ("LinkSets = LinkSet0:1, LinkSet1:2", "LinkSets = LinkSet0, LinkSet0", 22, ["only once"]),
        ("LinkSets = LinkSet0:1, LinkSet1:2", "LinkSets = Trunk0", 22, ["LinkSet0:1, LinkSet1:2"]),
        ("LinkSets = LinkSet0:1, LinkSet1:2\n", "", 19, ["[Route0] has no LinkSets"]),
        ("Destination = 34-56-9\nLinkSets", "Destination = 34-56-78\nLinkSets", 19, ["Route0: 34-56-78 is our own"]),
        ("Destination = 34-56-9\nLinkSets = LinkSet0:1,", "Destination = 34-56-1\nLinkSets =", 19, ["LinkSet0 goes straight to 34-56-1", "add LinkSet0"]),
        ("[Circuits0]", "[Route1]\nOwn=0\nDestination=34-56-9\nLinkSets=LinkSet0\n[Circuits0]", 23, ["in [Route0] already"]),
        # [CircuitsN]
        ("Destination = 34-56-9\nFirstCIC = 1\n", "Destination = 34-56-7\nFirstCIC = 1\n", 23, ["no route leads to 34-56-7", "[Route1] with Destination = 34-56-7", "LinkSet0, LinkSet1"]),
        ("FirstCIC = 33\nVariant = TUP-CHINA", "FirstCIC = 30\nVariant = ISUP-CHINA", 29, ["CIC 31 to 34-56-9 (Trunk1/2) is that of Trunk0/31 in [Circuits0] too", "1, 33, 65"]),
        ("FirstCIC = 33", "FirstCIC = 4090", 29, ["timeslot 31 would have CIC 4120", "0 to 4095"]),
        ("FirstCIC = 33", "FirstCIC = 5000", 33, ["0 to 4095"]),
        ("Variant = TUP-CHINA", "Variant = TUP", 34, ["ISUP-CHINA", "TUP-CHINA"]),
        ("Variant = TUP-CHINA", "Variant = ISUP-ITU", 29, ["ISUP-ITU to 34-56-9, but [Circuits0] has ISUP-CHINA", "one variant of ISUP"]),
        ("Trunk = Trunk1\n", "Trunk = Trunk0\n", 29, ["Trunk0 has its circuits in [Circuits0] already"]),
        ("Trunk = Trunk1\n", "Trunk = Trunk2\n", 29, ["Trunk2 is taken as a whole by the 2M link LinkSet2/0"]),
        ("Trunk = Trunk1\n", "Trunk = Trunk3\n", 29, ["Trunk3 has Signalling = PRI"]),
        ("Trunk = Trunk1\n", "Trunk = Trunk9\n", 29, ["Trunk9 is not a section"]),
        ("Variant = TUP-CHINA\n", "", 29, ["[Circuits1] has no Variant"]),
        # [TrunkN]
        ("Span = 1\nSignalling = SS7", "Span = 1\nSignalling = SS7\nVariant = NET5", 39, ["Variant has no meaning with Signalling = SS7"]),
        ("Span = 1\nSignalling = SS7", "Span = 1\nFraming = CAS,HDB3\nSignalling = SS7", 38, ["No.7 has no CAS"]),
        ("Driver = dahdi\nSpan = 4", "Driver = dahdi\nSpan = 4\nSignalling = SS7", 48, ["no links and no circuits"]),
    ],
)  # fmt: skip
def test_every_mistake_has_its_line(tmp_path: Path, old: str, new: str, line: int, words: list[str]) -> None:
    assert old in INI
    _, problems = load_lines(put(tmp_path, INI.replace(old, new, 1)) / "Tce1-32.ini")
    text = "\n".join(str(p) for p in problems.found)
    assert any(p.line == line and p.fatal and p.remedy for p in problems.found), text
    for word in words:
        assert word in text


def test_one_mistake_is_one_complaint(tmp_path: Path) -> None:
    """What follows from a section with a fault is not complained of as well."""
    for old, new in (
        ("Link0 = Trunk0/16", "Link0 = Trunk0/77"),
        ("Adjacent = 34-56-1\n", "Adjacent = 1-2\n"),
        ("Driver = dahdi\nSpan = 1\n", "Driver = dahdi\nSpan = x\n"),
        ("LinkSets = LinkSet0:1, LinkSet1:2", "LinkSets = ?"),
        ("Point1 = 2-100-3, international", "Point1 = 2-100-9, international"),
    ):
        _, problems = load_lines(put(tmp_path, INI.replace(old, new, 1)) / "Tce1-32.ini")
        expected = 1 if "Point1" not in old else 2  # LinkSet2 names Point1, which is not there
        assert len(problems.found) == expected, [str(p) for p in problems.found]


def test_overlap_of_different_user_parts_is_a_warning(tmp_path: Path) -> None:
    _, problems = load_lines(put(tmp_path, INI.replace("FirstCIC = 33", "FirstCIC = 30")) / "Tce1-32.ini")
    assert [(p.line, p.fatal) for p in problems.found] == [(29, False)]


def test_more_links_than_the_engine_has(tmp_path: Path) -> None:
    sets = "".join(
        f"[LinkSet{n}]\nAdjacent = {n + 1}\n" + "".join(f"Link{slc} = Trunk{n}/{slc + 1}\n" for slc in range(16)) for n in range(9)
    )
    trunks = "".join(f"[Trunk{n}]\nDriver = dahdi\nSpan = {n + 1}\nSignalling = SS7\n" for n in range(9))
    _, problems = load_lines(put(tmp_path, "[SS7]\nPoint0 = 1000, 2, 14\n" + sets + trunks) / "Tce1-32.ini")
    assert [(p.line, p.what) for p in problems.found] == [(149, "144 links are too many")]


def test_mistakes_in_chinese(tmp_path: Path) -> None:
    set_language("zh")
    _, problems = load_lines(put(tmp_path, INI.replace("FirstCIC = 33", "FirstCIC = 2")) / "Tce1-32.ini")
    text = "\n".join(str(p) for p in problems.found)
    assert "Tce1-32.ini:29: Circuits1：到 34-56-9 的 CIC 3（Trunk1/2）与 [Circuits0] 的 Trunk0/3 重复" in text


@given(st.integers(0, (1 << 24) - 1), st.sampled_from([14, 24]))
def test_point_codes_in_all_forms(code: int, bits: int) -> None:
    code &= (1 << bits) - 1
    for text in (str(code), hex(code), f"0X{code:X}", point_text(code, bits)):
        assert point_code(text, bits) == code
    with pytest.raises(ValueFaultError):
        point_code(str(code + (1 << bits)), bits)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_files_never_raise(tmp_path: Path, data: st.DataObject) -> None:
    lines = INI.splitlines()
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at] = data.draw(
            st.sampled_from(["", lines[at][: data.draw(st.integers(0, 12))], lines[data.draw(st.integers(0, len(lines) - 1))]])
        )
    _, problems = inspect(put(tmp_path, "\n".join(lines)))
    assert all(p.what for p in problems)


@pytest.mark.parametrize("name", ["ss7", "ss7-stp"])
def test_the_samples_are_right(name: str) -> None:
    config, problems = inspect(SAMPLES / name)
    assert [str(p) for p in problems] == []
    assert config.lines.ss7 is not None
    assert bool(config.lines.ss7.circuits) == (name == "ss7")


def test_what_the_first_sample_has_in_comments_is_right(tmp_path: Path) -> None:
    """Uncommented as it stands."""
    text = (SAMPLES / "Tce1-32.ini").read_text()
    head, _, tail = text.partition(";[SS7]")
    ini = head + "\n".join(line.removeprefix(";") for line in (";[SS7]" + tail).splitlines())
    ini = ini.replace("\nTrunk0 = 16", "\nTrunk8 = none\nTrunk0 = 16")
    yaml = "trunk_groups:\n  a: {trunks: [Trunk0, Trunk1, Trunk4, Trunk5, Trunk8]}\n"
    config, problems = inspect(put(tmp_path, ini, yaml))
    assert [str(p) for p in problems] == []
    ss7 = config.lines.ss7
    assert ss7 is not None
    assert [(len(ss7.linksets), len(ss7.links), len(ss7.circuits))] == [(3, 4, 3)]
    assert [len(t.voice) for t in config.lines.trunks if t.number >= 4] == [30, 30, 30, 0, 31]


@pytest.mark.parametrize("name", ["ss7-operations.md", "ss7-operations.zh-CN.md"])
def test_the_example_of_the_operators_page_is_right(tmp_path: Path, name: str) -> None:
    ini = (SAMPLES.parent / "docs" / name).read_text().split("```ini\n")[1].split("```")[0]
    config, problems = inspect(put(tmp_path, ini, "trunk_groups:\n  city: {trunks: [Trunk0, Trunk1], hunting: circular}\n"))
    assert [str(p) for p in problems] == []
    assert config.lines.ss7 is not None
    assert [(len(config.lines.ss7.links), [len(t.voice) for t in config.lines.trunks])] == [(2, [30, 30])]
